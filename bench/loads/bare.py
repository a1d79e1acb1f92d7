"""The recogniser alone, in a process of its own: what the service could do at most.

    python -m bench.loads.bare BUNDLE CLIPS...

The same windows, session options, prepared weights and shared cores as the service has, on decoded
samples. Reads `clients seconds` a line from standard input, and answers with a line of JSON: for
each transcript the number of its clip and when it began and ended, by the monotonic clock, and the
CPU seconds of all of it.
"""

import json
import sys
import threading
import time
from pathlib import Path
from typing import Final

from service.app import share_out
from service.audio import Audio, decode_file
from service.bundle import open_bundle
from service.ops.cores import Cores
from service.ops.quota import usable_cpus
from service.ops.settings import Settings
from service.preparing.cache import prepared_models
from service.recognizer import Recognizer

MAX_SEC: Final = 60.0

Row = tuple[int, float, float]


def work(
    recognizer: Recognizer, cores: Cores, sounds: list[Audio], first: int, until: float
) -> list[Row]:
    """One transcript after another."""
    rows: list[Row] = []
    index = first
    while (began := time.monotonic()) < until:
        index = (index + 1) % len(sounds)
        with cores.one():
            recognizer.transcribe(sounds[index])
        rows.append((index, began, time.monotonic()))
    return rows


def busy(
    recognizer: Recognizer, cores: Cores, sounds: list[Audio], clients: int, seconds: float
) -> list[Row]:
    """As many threads as there are clients, and no more than there are workers."""
    until = time.monotonic() + seconds
    found: list[list[Row]] = []
    threads = [
        threading.Thread(
            target=lambda first=first: found.append(work(recognizer, cores, sounds, first, until))
        )
        for first in range(min(clients, cores.count))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted((row for rows in found for row in rows), key=lambda row: row[2])


def main() -> int:
    """Serve standard input."""
    folder, *paths = map(Path, sys.argv[1:])
    settings = Settings.model_validate({})
    threads, workers = share_out(usable_cpus(), settings)
    cores, bundle = Cores(workers), open_bundle(folder)
    recognizer = Recognizer.load(bundle, threads, prepared_models(settings.cache_dir), cores)
    sounds = [decode_file(path, bundle.manifest.sample_rate, MAX_SEC) for path in paths]
    for sound in sounds:
        recognizer.warm(sound)
    print(json.dumps({"workers": workers}), flush=True)
    for line in sys.stdin:
        clients, seconds = line.split()
        before = time.process_time()
        rows = busy(recognizer, cores, sounds, int(clients), float(seconds))
        cpu_sec = time.process_time() - before
        print(json.dumps({"rows": rows, "cpu_sec": cpu_sec}), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
