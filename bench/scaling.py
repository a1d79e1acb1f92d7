"""Throughput of one replica and of two behind nginx, each with one worker, in one run.

    python -m bench.scaling

wrk's clients post recordings of 5 to 10 s. The rows take turns: one replica asked directly, the
same through the proxy, two through the proxy. Two cores are all that this can show of scaling, and
they are shared with the proxy and the clients, whose share is told.
"""

import argparse
import contextlib
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from bench.figures import write
from bench.hardware import hardware
from bench.loads.clients import OK, heard, write_bodies
from bench.loads.clips import clips
from bench.loads.figures import audio_rate
from bench.loads.served import Served, cpu_sec, free_port, serving

EXAMPLE: Final = Path("deploy/proxy/nginx.conf")
LISTENS: Final = "127.0.0.1:8080"
REPLICAS: Final = ("127.0.0.1:8001", "127.0.0.1:8002")
PATH: Final = "/transcribe"
SETTLE_SEC: Final = 1.0
# Else its workers run as nobody, who may not enter a folder of root's.
AS_ROOT: Final = ("-g", "user root;") if os.geteuid() == 0 else ()


@contextlib.contextmanager
def nginx(folder: Path, replicas: Sequence[Served]) -> Iterator[tuple[str, list[int]]]:
    """Its address and its processes. As many servers as there are replicas."""
    folder.mkdir()
    listens = f"127.0.0.1:{free_port()}"
    text = EXAMPLE.read_text(encoding="utf-8").replace(LISTENS, listens)
    for index, example in enumerate(REPLICAS):
        if index < len(replicas):
            text = text.replace(example, f"127.0.0.1:{replicas[index].port}")
        else:
            text = text.replace(f"server {example} max_fails=0;", "")
    configuration = folder / "nginx.conf"
    configuration.write_text(text, encoding="utf-8")
    command = ["nginx", "-p", str(folder), "-c", str(configuration), *AS_ROOT]
    process = subprocess.Popen(command)  # noqa: S603  # with a file of ours
    try:
        time.sleep(SETTLE_SEC)
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        yield f"http://{listens}", [process.pid, *map(int, children)]
    finally:
        process.terminate()
        process.wait()


def turn(
    url: str, processes: Sequence[int], bodies: Path, options: argparse.Namespace
) -> dict[str, float]:
    """Audio seconds a second, answers of neither 200 nor 503, and whose shares of a core."""
    lengths = [clip.seconds for clip in clips()]
    before = sum(map(cpu_sec, processes))
    found = heard(url, bodies, options.clients, options.seconds, "patient", PATH)
    return {
        "audio_sec_per_sec": audio_rate(found.of(OK), lengths),
        "faults": found.faults,
        "clients_cpu_share": found.cpu_sec / found.wall_sec,
        "proxy_cpu_share": (sum(map(cpu_sec, processes)) - before) / found.wall_sec,
    }


def measured(model: Path, options: argparse.Namespace) -> dict[str, dict[str, float]]:
    """Medians by row, with the ratio to one replica alone."""
    rounds: dict[str, list[dict[str, float]]] = {}
    with tempfile.TemporaryDirectory(prefix="kolvani-scaling-") as scratch:
        folder = Path(scratch)
        (folder / "models").mkdir()
        (folder / "models" / model.name).symlink_to(model.resolve())
        write_bodies(folder / "bodies", clips(), {})
        told = {
            "models_dir": folder / "models",
            "cache_dir": Path("build/bench/cache").resolve(),
            "emission_cache_bytes": 0,
            "workers": 1,
        }
        with (
            serving(folder / "one", told) as one,
            serving(folder / "two", told) as two,
            nginx(folder / "proxy-1", [one]) as (alone, first),
            nginx(folder / "proxy-2", [one, two]) as (both, second),
        ):
            rows: list[tuple[str, str, list[int]]] = [
                ("one replica", one.url, []),
                ("one replica behind nginx", alone, first),
                ("two replicas behind nginx", both, second),
            ]
            for _ in range(options.rounds + 1):  # the first one is not counted
                for name, url, processes in rows:
                    came = turn(url, processes, folder / "bodies", options)
                    rounds.setdefault(name, []).append(came)
                    for server in (one, two):
                        server.wait_until_idle()
    medians = {
        name: {key: statistics.median(one[key] for one in turns[1:]) for key in turns[0]}
        for name, turns in rounds.items()
    }
    alone_rate = medians["one replica"]["audio_sec_per_sec"]
    return {
        name: {**row, "times": row["audio_sec_per_sec"] / alone_rate}
        for name, row in medians.items()
    }


def table(rows: dict[str, dict[str, float]]) -> str:
    """For docs/BENCHMARKS.md."""
    lines = [
        "| | audio-s/s | times one replica | errors | nginx's cores | wrk's |",
        "|---|---|---|---|---|---|",
    ]
    for name, row in rows.items():
        lines.append(
            f"| {name} | {row['audio_sec_per_sec']:.1f} | {row['times']:.2f} | {row['faults']:g} "
            f"| {row['proxy_cpu_share']:.2f} | {row['clients_cpu_share']:.2f} |"
        )
    return "\n".join(lines)


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--model", type=Path, default=Path("models/he-demo"))
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--seconds", type=int, default=10, help="of a turn (%(default)s)")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    rows: dict[str, Any] = measured(options.model, options)
    print(table(rows))
    if options.json is not None:
        document = {"machine": hardware(), "figures": {"clients": options.clients, "rows": rows}}
        write(options.json, document)
    return 0


if __name__ == "__main__":
    sys.exit(main())
