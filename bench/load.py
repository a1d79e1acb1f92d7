"""The service under load, against the bare recogniser in the same run.

    python -m bench.models && python -m bench.load

1 to 200 clients post recordings of 5 to 10 s to a server of its own; wrk makes the load. At every
level, round by round, the recogniser hears the same recordings in a process with nothing around it,
as many at a time, and the ratio is that of the two. Nothing is kept between requests. Clients are
patient, and wait as Retry-After says, or pushing, and ask again at once; the latter take CPU for
being refused. docs/BENCHMARKS.md tells what was found.
"""

import argparse
import contextlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, cast

from bench.figures import write
from bench.hardware import hardware
from bench.loads.clients import Manner, Request, heard, write_bodies
from bench.loads.clips import Clip, clips
from bench.loads.figures import Level, aims, refusal_cpu_sec, row
from bench.loads.served import Served, serving

RESULTS: Final = Path("bench/results/load.json")
FOLDER: Final = Path("build/bench")
LARGE: Final = "300M"
EMBEDDED: Final = "embedded"
LEVELS: Final = (1, 10, 50, 200)
PUSHING: Final = (50, 200)
PATH: Final = "/transcribe"


@dataclass(frozen=True)
class Plan:
    """seconds: of a level's turn; rounds: turns."""

    levels: Sequence[int]
    pushing: Sequence[int]
    seconds: int
    rounds: int
    max_queue: int


class Bare:
    """The recogniser's process."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process
        self.workers = int(self._answer()["workers"])

    def heard(self, clients: int, seconds: int) -> tuple[list[Request], float]:
        """What so many at a time come to in so long, and the CPU seconds that it took."""
        if self._process.stdin is None:
            raise RuntimeError("expected a process that is asked")
        self._process.stdin.write(f"{clients} {seconds}\n")
        self._process.stdin.flush()
        answer = self._answer()
        rows = [Request(200, int(clip), began, ended) for clip, began, ended in answer["rows"]]
        return rows, float(answer["cpu_sec"])

    def _answer(self) -> Any:  # noqa: ANN401  # JSON
        if self._process.stdout is None:
            raise RuntimeError("expected a process that answers")
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"expected figures, got status {self._process.wait()}")
        return json.loads(line)


@contextlib.contextmanager
def bare(bundle: Path, sounds: Sequence[Path], cache: Path) -> Iterator[Bare]:
    """One that is warm; ends with the block."""
    command = [sys.executable, "-m", "bench.loads.bare", str(bundle), *map(str, sounds)]
    with subprocess.Popen(  # noqa: S603  # the project's own command
        command,
        env={**os.environ, "KOLVANI_CACHE_DIR": str(cache)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        yield Bare(process)


def measured(
    server: Served, alone: Bare, plan: Plan, bodies: Path, sent: Sequence[Clip]
) -> list[dict[str, Any]]:
    """A row a level and manner. Rounds take turns over all of them, so a drift hits all alike."""
    levels = [Level(count, "patient") for count in plan.levels]
    levels += [Level(count, "pushing") for count in plan.pushing]
    for turn in range(plan.rounds):
        for level in levels:
            if turn % 2:
                _served(server, level, plan, bodies)
                _alone(alone, level, plan)
            else:
                _alone(alone, level, plan)
                _served(server, level, plan, bodies)
    lengths = [clip.seconds for clip in sent]
    places = alone.workers + plan.max_queue
    return [row(level, lengths, min(places, level.clients)) for level in levels]


def _alone(alone: Bare, level: Level, plan: Plan) -> None:
    rows, cpu_sec = alone.heard(level.clients, plan.seconds)
    level.bare.append(rows)
    level.bare_cpu_sec.append(cpu_sec)


def _served(server: Served, level: Level, plan: Plan, bodies: Path) -> None:
    before = server.cpu_sec()
    manner = cast("Manner", level.manner)
    level.heard.append(heard(server.url, bodies, level.clients, plan.seconds, manner, PATH))
    level.cpu_sec.append(server.cpu_sec() - before)
    server.wait_until_idle()


def model(name: str, bundle: Path, plan: Plan, cache: Path) -> dict[str, Any]:
    """All levels of one model."""
    with tempfile.TemporaryDirectory(prefix="kolvani-load-") as scratch:
        folder = Path(scratch)
        models = folder / "models"
        models.mkdir()
        (models / bundle.name).symlink_to(bundle.resolve())
        sent = clips()
        write_bodies(folder / "bodies", sent, {})
        sounds = [folder / f"{index}.wav" for index in range(len(sent))]
        for path, clip in zip(sounds, sent, strict=True):
            path.write_bytes(clip.content)
        settings = {
            "models_dir": models,
            "cache_dir": cache.resolve(),
            "emission_cache_bytes": 0,
            "max_queue": plan.max_queue,
            "log_format": "json",
        }
        with (
            serving(folder / "server", settings) as server,
            bare(bundle, sounds, cache.resolve()) as alone,
        ):
            heard(server.url, folder / "bodies", 2, 2, "patient", PATH)  # all is warm
            server.wait_until_idle()
            rows = measured(server, alone, plan, folder / "bodies", sent)
            workers = alone.workers
    for one in rows:
        print(line(name, one), flush=True)
    return {"model": name, "workers": workers, "max_queue": plan.max_queue, "rows": rows}


def line(name: str, one: dict[str, Any]) -> str:
    """A row, for whoever waits."""
    return (
        f"{name:9s} {one['clients']:4d} {one['manner']:8s} {one['audio_sec_per_sec']:7.1f}"
        f" audio-s/s ({one['ratio']:.3f} of bare, by CPU {one['cpu_ratio']:.3f})"
        f"  p50 {one['p50_sec']:.3f}  p95 {one['p95_sec']:.3f}"
        f" (bound {one['p95_bound_sec']:.3f})  +{one['overhead_p50_sec'] * 1000:.1f} ms"
        f"  503: {one['refused_per_sec']:.1f}/s  faults {one['faults']}"
        f"  CPU {one['server_cpu_share']:.2f} + wrk {one['clients_cpu_share']:.2f}"
    )


def refusals(rows: Sequence[dict[str, Any]]) -> dict[str, float | None]:
    """CPU seconds of a refusal, by the number of clients."""
    patient = {one["clients"]: one for one in rows if one["manner"] == "patient"}
    return {
        str(one["clients"]): refusal_cpu_sec(one, patient[one["clients"]])
        for one in rows
        if one["manner"] == "pushing" and one["clients"] in patient
    }


def table(runs: Sequence[dict[str, Any]]) -> str:
    """For docs/BENCHMARKS.md."""
    head = (
        *("model", "clients", "who is refused", "of the bare recogniser", "by CPU", "requests/s"),
        "p50, s",
        *("p95, s", "its bound", "refused/s", "errors", "server's cores", "wrk's"),
    )
    rows = [f"| {' | '.join(head)} |", "|---" * len(head) + "|"]
    for run in runs:
        for one in run["rows"]:
            waits = "waits" if one["manner"] == "patient" else "asks again at once"
            cells = (
                *(run["model"], str(one["clients"]), waits, f"{one['ratio']:.3f}"),
                f"{one['cpu_ratio']:.3f}",
                *(f"{one['admitted_per_sec']:.2f}", f"{one['p50_sec']:.3f}"),
                *(f"{one['p95_sec']:.3f}", f"{one['p95_bound_sec']:.3f}"),
                *(f"{one['refused_per_sec']:.1f}", str(one["faults"])),
                *(f"{one['server_cpu_share']:.2f}", f"{one['clients_cpu_share']:.2f}"),
            )
            rows.append(f"| {' | '.join(cells)} |")
    return "\n".join(rows)


def sizes(runs: Sequence[dict[str, Any]]) -> str:
    """For docs/OPERATIONS.md."""
    rows = []
    for run in runs:
        for one in run["rows"]:
            if one["manner"] == "patient":
                cells = (
                    *(str(run["workers"]), run["model"], str(one["clients"]), "5 to 10 s"),
                    *(f"{one['admitted_per_sec']:.2f}", f"{one['p50_sec']:.2f} s"),
                    f"{one['p95_sec']:.2f} s",
                )
                rows.append(f"| {' | '.join(cells)} |")
    return "\n".join(rows)


def built() -> Path:
    """The newest bundle of the 300M shape. Raises SystemExit where there is none."""
    found = sorted(
        FOLDER.glob("xls-r-300m/ours-*/ours/manifest.json"), key=lambda path: path.stat().st_mtime
    )
    if not found:
        raise SystemExit(f"expected the 300M shape under {FOLDER}: run `python -m bench.models`")
    return found[-1].parent


def main() -> int:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--large", type=Path, help="a bundle of the 300M shape (the one built)")
    parser.add_argument("--embedded", type=Path, default=Path("models/he-demo"))
    parser.add_argument("--models", nargs="+", default=[LARGE, EMBEDDED])
    parser.add_argument("--levels", type=int, nargs="+", default=LEVELS)
    parser.add_argument("--pushing", type=int, nargs="*", default=PUSHING)
    parser.add_argument("--seconds", type=int, default=20, help="of a turn (%(default)s)")
    parser.add_argument("--rounds", type=int, default=3, help="(%(default)s)")
    parser.add_argument("--max-queue", type=int, default=32, help="(%(default)s, the default)")
    parser.add_argument("--json", type=Path, help=f"where to write, such as {RESULTS}")
    options = parser.parse_args()
    plan = Plan(options.levels, options.pushing, options.seconds, options.rounds, options.max_queue)
    runs = []
    for name in options.models:
        bundle = (options.large or built()) if name == LARGE else options.embedded
        runs.append(model(name, bundle, plan, FOLDER / "cache"))
    for run in runs:
        run["refusal_cpu_sec"] = refusals(run["rows"])
    found = [aim for run in runs for aim in aims(run["model"], run["rows"])]
    print(f"\n{table(runs)}\n\n{sizes(runs)}\n")
    for run in runs:
        print(f"{run['model']}: CPU seconds of a refusal, by clients: {run['refusal_cpu_sec']}")
    if options.json is not None:
        write(options.json, {"machine": hardware(), "figures": {"runs": runs}, "aims": found})
    return 0


if __name__ == "__main__":
    sys.exit(main())
