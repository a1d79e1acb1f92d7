"""What is made of a level: throughput, quantiles, overhead, what a refusal costs."""

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from bench.loads.clients import OK, REFUSED, Heard, Request

TOP: Final = 0.95
RATIO_AIM: Final = 0.9  # of the bare recogniser's throughput
OVERHEAD_AIM_SEC: Final = 0.01


@dataclass
class Level:
    """So many clients of a manner, round by round: what they saw, and the bare recogniser's share.

    cpu_sec: the server's, a round, and bare_cpu_sec the recogniser's.
    """

    clients: int
    manner: str
    heard: list[Heard] = field(default_factory=list)
    bare: list[Sequence[Request]] = field(default_factory=list)
    cpu_sec: list[float] = field(default_factory=list)
    bare_cpu_sec: list[float] = field(default_factory=list)


def audio_rate(requests: Sequence[Request], lengths: Sequence[float]) -> float:
    """Seconds of audio a second, between the first answer and the last: what was under way at
    either end counts for neither.
    """
    if len(requests) < 2:  # noqa: PLR2004  # a span needs two ends
        return 0.0
    first, *others = requests
    heard_sec = sum(lengths[request.clip] for request in others)
    return heard_sec / (others[-1].ended - first.ended)


def cpu_ratio(level: Level, lengths: Sequence[float]) -> float:
    """Audio for a CPU second of the server's, over audio for one of the recogniser's: others on the
    machine do not change that. What was dropped at the end counts as lost.
    """
    served = sum(lengths[one.clip] for heard in level.heard for one in heard.of(OK))
    alone = sum(lengths[one.clip] for bare in level.bare for one in bare)
    return served / sum(level.cpu_sec) / (alone / sum(level.bare_cpu_sec))


def quantile(values: Sequence[float], share: float) -> float:
    """The value that so many are not above."""
    ranked = sorted(values)
    return ranked[min(len(ranked) - 1, int(share * len(ranked)))]


def by_clip(requests: Sequence[Request]) -> Mapping[int, float]:
    """Median seconds of each clip."""
    found: dict[int, list[float]] = {}
    for request in requests:
        found.setdefault(request.clip, []).append(request.seconds)
    return {clip: statistics.median(seconds) for clip, seconds in found.items()}


def overhead_sec(level: Level) -> float:
    """What a request takes longer than the recogniser alone for the same clip, median."""
    served = by_clip([request for heard in level.heard for request in heard.of(OK)])
    alone = by_clip([request for requests in level.bare for request in requests])
    return statistics.median(served[clip] - alone[clip] for clip in served if clip in alone)


def row(level: Level, lengths: Sequence[float], places: int) -> dict[str, Any]:
    """A level's figures. places: requests that may be in the service at a time.

    The bound of p95 is what the last of so many requests waits if all of them are of the longest
    clip, and taken in the order in which they came, at the throughput that there was.
    """
    admitted = [request for heard in level.heard for request in heard.of(OK)]
    refused = [request for heard in level.heard for request in heard.of(REFUSED)]
    wall = sum(heard.wall_sec for heard in level.heard)
    ratios = [
        audio_rate(heard.of(OK), lengths) / audio_rate(bare, lengths)
        for heard, bare in zip(level.heard, level.bare, strict=True)
    ]
    seconds = [request.seconds for request in admitted]
    alone = [request for bare in level.bare for request in bare]
    rates = [audio_rate(heard.of(OK), lengths) for heard in level.heard]
    return {
        "clients": level.clients,
        "manner": level.manner,
        "audio_sec_per_sec": statistics.median(rates),
        "bare_audio_sec_per_sec": statistics.median(
            audio_rate(bare, lengths) for bare in level.bare
        ),
        "ratio": statistics.median(ratios),
        "ratios": ratios,
        "cpu_ratio": cpu_ratio(level, lengths),
        "admitted": len(admitted),
        "admitted_per_sec": statistics.median(rates) / statistics.mean(lengths),
        "p50_sec": quantile(seconds, 0.5),
        "p95_sec": quantile(seconds, TOP),
        "p95_bound_sec": places * max(lengths) / statistics.median(rates),
        "bare_p50_sec": statistics.median(request.seconds for request in alone),
        "overhead_p50_sec": overhead_sec(level),
        "refused": len(refused),
        "refused_per_sec": len(refused) / wall,
        "refusal_p50_sec": quantile([one.seconds for one in refused], 0.5) if refused else None,
        "faults": sum(heard.faults for heard in level.heard),
        "server_cpu_share": sum(level.cpu_sec) / wall,
        "clients_cpu_share": sum(heard.cpu_sec for heard in level.heard) / wall,
    }


def refusal_cpu_sec(pushing: Mapping[str, Any], patient: Mapping[str, Any]) -> float | None:
    """What one refusal takes of the server's CPU: what it uses beyond what as many answers use of
    clients who wait.
    """
    refusals = pushing["refused_per_sec"] - patient["refused_per_sec"]
    if refusals <= 0 or not patient["admitted_per_sec"]:
        return None
    an_answer = patient["server_cpu_share"] / patient["admitted_per_sec"]
    beyond = float(pushing["server_cpu_share"] - an_answer * pushing["admitted_per_sec"])
    return max(0.0, beyond / float(refusals))


def aims(name: str, rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """In the manner of bench/results/aims.json."""
    found = []
    for one in rows:
        what = f"{name}, {one['clients']} clients" + (
            " that do not wait" if one["manner"] == "pushing" else ""
        )
        found += [
            _aim(f"{what}: throughput over the bare recogniser's", one["ratio"], RATIO_AIM, ">="),
            _aim(f"{what}: errors other than 503", one["faults"], 0, "<="),
            _aim(f"{what}: p95 of those admitted, s", one["p95_sec"], one["p95_bound_sec"], "<="),
        ]
    alone = next(one for one in rows if one["clients"] == 1)
    value = alone["overhead_p50_sec"]
    found.append(
        _aim(f"{name}, 1 client: p50 over the recogniser's, s", value, OVERHEAD_AIM_SEC, "<=")
    )
    return found


def _aim(name: str, value: float, aim: float, direction: str) -> dict[str, Any]:
    return {"name": name, "value": value, "aim": aim, "direction": direction}
