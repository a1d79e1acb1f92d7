"""Throughput under many clients, against one client on one core, in one run.

    python -m bench.scheduling --model models/he-demo

Clients ask again as soon as they are answered, through the pool and the cores that the service has.
Each round measures every row once, in turn; the ratios are medians over rounds. The wait is a
client's median. CPU seconds tell what a second of audio costs, whoever else is on the machine.
"""

import argparse
import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np

from service.audio import Audio
from service.bundle import Bundle, open_bundle
from service.ops.cores import Cores
from service.ops.pool import Pool
from service.ops.quota import usable_cpus
from service.preparing.cache import PreparedModels
from service.recognizer import Recognizer

CLIENTS: Final = (1, 2, 4, 8, 16)
LENGTH_SEC: Final = 10.0  # of a request, one window
LONG_SEC: Final = 60.0
LEAST_REQUESTS: Final = 4  # of a row
ROUNDS: Final = 3


class Figures(NamedTuple):
    """Seconds of audio a second, seconds that a request took, CPU seconds a second of audio."""

    rate: float
    wait: float
    cpu: float


@dataclass(frozen=True)
class Load:
    """So many clients at a time, who all send the same."""

    clients: int
    audio: Audio
    requests: int  # of all clients

    def run(self, recognizer: Recognizer, cores: Cores) -> Figures:
        """What it took."""
        pool = Pool(cores.count, self.clients, cores=cores)
        waits: list[float] = []

        async def client() -> None:
            for _ in range(self.requests // self.clients):
                began = time.perf_counter()
                await pool.run(lambda _: recognizer.transcribe(self.audio))
                waits.append(time.perf_counter() - began)

        async def everybody() -> None:
            await asyncio.gather(*(client() for _ in range(self.clients)))

        began, cpu = time.perf_counter(), time.process_time()
        asyncio.run(everybody())
        took, cpu = time.perf_counter() - began, time.process_time() - cpu
        pool.close()
        heard = len(waits) * self.audio.duration_sec
        return Figures(heard / took, statistics.median(waits), cpu / heard)


def noise(seconds: float, rate: int) -> Audio:
    """What costs as much as speech."""
    samples = np.random.default_rng(0).standard_normal(round(seconds * rate), np.float32)
    return Audio(samples * np.float32(0.1), rate, seconds)


Row = Callable[[], Figures]


def rows(bundle: Bundle, prepared: PreparedModels, cpus: int) -> dict[str, Row]:
    """What is measured, by name; the first is what the others are held against."""
    rate = bundle.manifest.sample_rate
    short, long = noise(LENGTH_SEC, rate), noise(LONG_SEC, rate)
    few = Load(1, short, LEAST_REQUESTS)

    def on(cores: Cores) -> Callable[[Load], Row]:
        recognizer = Recognizer.load(bundle, 1, prepared, cores)
        recognizer.transcribe(short)  # warm
        return lambda load: lambda: load.run(recognizer, cores)

    one, all_ = on(Cores(1)), on(Cores(cpus))
    found = {
        "1 client on 1 core": one(few),
        f"1 client on 1 core, {LONG_SEC:g} s": one(Load(1, long, 1)),
        f"1 client, {LONG_SEC:g} s": all_(Load(1, long, 1)),
    }
    for clients in CLIENTS:
        load = Load(clients, short, max(clients, LEAST_REQUESTS))
        found[f"{clients} client{'s'[: clients > 1]}"] = all_(load)
    return found


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, default=Path("models/he-demo"))
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    options = parser.parse_args()
    cpus = usable_cpus()
    with tempfile.TemporaryDirectory() as folder:
        measured = rows(open_bundle(options.model), PreparedModels(Path(folder)), cpus)
        rounds = [{name: row() for name, row in measured.items()} for _ in range(options.rounds)]
    first = next(iter(measured))
    print(f"{options.model.name}, {cpus} cores, {LENGTH_SEC:g} s a request unless told\n")
    print("clients                       audio-s/s   ratio   wait s   CPU s a second of audio")
    for name in measured:
        rate, wait, cpu = map(statistics.median, zip(*(one[name] for one in rounds), strict=True))
        ratio = statistics.median(one[name].rate / one[first].rate for one in rounds)
        print(f"{name:<28} {rate:10.1f} {ratio:7.2f} {wait:8.3f} {cpu:9.4f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
