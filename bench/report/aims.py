"""What was aimed at, and what was reached. A missed aim keeps its row."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Literal

from bench.plan import AT_SEC, BASE, OUTLIERS, OWN, STOCK
from bench.report.results import Results, least, over

Direction = Literal[">=", "<="]
PEERS: Final = ("torchaudio", "ctc-forced-aligner", "ctc-segmentation")
QUICK, MIDDLE, LARGE, HOUR = "500", "3000", "30000", "180000"  # frames


@dataclass(frozen=True)
class Aim:
    """A figure and its bound."""

    name: str
    aim: float
    direction: Direction
    value: Callable[[Results], float | None]


@dataclass(frozen=True)
class Reached:
    """An aim beside what was measured; None: not measured."""

    name: str
    value: float | None
    aim: float
    direction: Direction

    @property
    def met(self) -> bool | None:
        """None where it was not measured."""
        if self.value is None:
            return None
        return self.value >= self.aim if self.direction == ">=" else self.value <= self.aim

    def row(self) -> dict[str, Any]:
        """As aims.json has it."""
        return {
            "name": self.name,
            "value": self.value,
            "aim": self.aim,
            "direction": self.direction,
        }


def own(results: Results) -> float | None:
    """Seconds of ours for ten seconds on one thread."""
    return results.seconds("contest", OWN, AT_SEC)


def against(engine: str) -> Callable[[Results], float | None]:
    """How many times faster than another engine."""
    return lambda results: over(results.seconds("contest", engine, AT_SEC), own(results))


def outliers(results: Results) -> float | None:
    """How many times faster than float32 with the counter-measures on."""
    base = results.seconds("contest", BASE, AT_SEC)
    return over(base, results.seconds("contest", OUTLIERS, AT_SEC))


def two_clients(results: Results) -> float | None:
    """Throughput of two clients over that of one."""
    return over(results.clients(OWN, 2), results.clients(OWN, 1))


def windowed(results: Results) -> float | None:
    """A minute's cost over that of as many seconds in windows of ten."""
    found = results.figures("windows").get("times_expected")
    return None if found is None else float(found)


def conformer(results: Results) -> float | None:
    """How many times faster than the stock int8."""
    stock = results.seconds("conformer", STOCK, AT_SEC)
    return over(stock, results.seconds("conformer", OWN, AT_SEC))


def recognizer(peer: str) -> Callable[[Results], float | None]:
    """How many times faster than a peer's better form, from the file to the text."""

    def value(results: Results) -> float | None:
        forms = (f"{peer} fp32", f"{peer} int8")
        theirs = least(results.seconds("recognition", form, AT_SEC) for form in forms)
        return over(theirs, results.seconds("recognition", OWN, AT_SEC))

    return value


def align(problem: str, frames: str, aligner: str, field: str) -> Callable[[Results], float | None]:
    """A figure of bench.align."""

    def value(results: Results) -> float | None:
        found = results.figures("align").get(problem, {}).get(frames, {}).get(aligner, {})
        return None if found.get(field) is None else float(found[field])

    return value


def align_ratio(
    problem: str, frames: str, above: str, below: str, field: str = "cpu_sec"
) -> Callable[[Results], float | None]:
    """One aligner's figure over another's."""
    one, other = align(problem, frames, above, field), align(problem, frames, below, field)
    return lambda results: over(one(results), other(results))


def least_memory(frames: str) -> Callable[[Results], float | None]:
    """Ours over the least of the others'."""
    ours = align("synthetic", frames, "ours", "grown_mb")
    others = [align("synthetic", frames, name, "grown_mb") for name in PEERS]
    return lambda results: over(ours(results), least(other(results) for other in others))


AIMS: Final = (
    Aim("300M, 10 s, 1 thread: times faster than ORT fp32", 3.0, ">=", against(BASE)),
    Aim("300M, 10 s, 1 thread: times faster than stock int8", 1.3, ">=", against(STOCK)),
    Aim(
        "300M, 10 s, 1 thread: times faster than OpenVINO's best",
        1.2,
        ">=",
        lambda results: over(results.best_openvino(AT_SEC), own(results)),
    ),
    Aim(
        "300M, 10 s, 1 thread: fraction of the int8 GEMM peak",
        0.65,
        ">=",
        lambda results: results.fraction("contest", OWN, AT_SEC),
    ),
    Aim(
        "300M, 10 s, 1 thread, counter-measures against outliers: times faster than ORT fp32",
        2.7,
        ">=",
        outliers,
    ),
    Aim("300M: throughput of two clients on two cores over one's on one", 1.85, ">=", two_clients),
    Aim("300M: 60 s in one request over its windows of 10 s alone", 1.05, "<=", windowed),
    Aim("conformer medium, 10 s, 1 thread: times faster than stock int8", 1.3, ">=", conformer),
    Aim(
        "conformer medium, a file of 10 s: times faster than sherpa-onnx",
        1.0,
        ">=",
        recognizer("sherpa-onnx"),
    ),
    Aim(
        "conformer medium, a file of 10 s: times faster than onnx-asr",
        1.0,
        ">=",
        recognizer("onnx-asr"),
    ),
    Aim(
        "300M: peak memory of a 60 s request, private weights, MB",
        900.0,
        "<=",
        lambda results: results.request_memory("private", "peak_mb"),
    ),
    Aim(
        "aligner: CPU seconds at 500 frames",
        0.005,
        "<=",
        align("synthetic", QUICK, "ours", "cpu_sec"),
    ),
    Aim(
        "aligner: times the time of ctc-forced-aligner's kernel at 3,000 frames",
        2.0,
        "<=",
        align_ratio("synthetic", MIDDLE, "ours", "ctc-forced-aligner"),
    ),
    Aim(
        "aligner: times the time of torchaudio's kernel at 3,000 frames",
        2.0,
        "<=",
        align_ratio("synthetic", MIDDLE, "ours", "torchaudio"),
    ),
    Aim(
        "aligner: times faster than ctc-forced-aligner at 30,000 frames",
        2.5,
        ">=",
        align_ratio("synthetic", LARGE, "ctc-forced-aligner", "ours"),
    ),
    Aim(
        "aligner: times faster than torchaudio at 30,000 frames",
        2.5,
        ">=",
        align_ratio("synthetic", LARGE, "torchaudio", "ours"),
    ),
    Aim(
        "aligner: CPU seconds for an hour", 20.0, "<=", align("synthetic", HOUR, "ours", "cpu_sec")
    ),
    Aim(
        "aligner: CPU seconds for an hour, another text",
        20.0,
        "<=",
        align("another text", HOUR, "ours", "cpu_sec"),
    ),
    Aim(
        "aligner: memory for an hour, another text, MB",
        300.0,
        "<=",
        align("another text", HOUR, "ours", "grown_mb"),
    ),
    *(
        Aim(
            f"aligner: memory at {int(frames):,} frames over the least of the peers'",
            1.0,
            "<=",
            least_memory(frames),
        )
        for frames in (QUICK, MIDDLE, LARGE)
    ),
)


def reached(results: Results) -> list[Reached]:
    """A row for each aim, measured or not."""
    return [Reached(aim.name, aim.value(results), aim.aim, aim.direction) for aim in AIMS]
