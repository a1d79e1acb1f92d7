"""Thousands of mixed requests, and what they leave behind in the service.

    python -m bench.soak --minutes 10
    python -m bench.soak --minutes 3 --variants all

Four clients send recordings of 0.2 s to 4 minutes in all kinds of formats, to be transcribed,
aligned and followed by events; some are broken, and some clients hang up. Memory, descriptors,
threads and temporary files are looked at while nothing is under way, every hundred requests. Growth
is that after the first third, by least squares; the aim is less than 1 MB a thousand requests.
With --variants, the same requests meet other settings of memory, one after another.
"""

import argparse
import itertools
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from bench.figures import write
from bench.hardware import hardware
from bench.loads.mixture import Mixture, recordings, send, statuses_told
from bench.loads.served import serving
from bench.loads.tuned import AS_IT_IS, ENVIRONMENTS, NAMES
from bench.loads.watching import Sample, sample, slope

CLIENTS: Final = 4
EVERY: Final = 100  # requests
SEED: Final = 11
MODELS: Final = Path("models")
WARM_UP_SHARE: Final = 1 / 3
MOST_MB_PER_THOUSAND: Final = 1.0
EXPECTED: Final = {None, 200, 400, 413, 415, 422, 503}
FIELDS: Final = ("resident_mb", "anonymous_mb", "descriptors", "threads")


def soaked(variant: str, minutes: float, mixture: Mixture) -> dict[str, Any]:
    """Until the time is over, or the server ends. Raises RuntimeError for an unexpected answer."""
    with tempfile.TemporaryDirectory(prefix="kolvani-soak-") as scratch:
        folder = Path(scratch)
        settings = {
            "models_dir": MODELS.resolve(),
            "cache_dir": Path("build/bench/cache").resolve(),
            "log_level": "warning",
            "emission_cache_bytes": 1 << 24,  # full soon, so that it does not count as growth
        }
        command = ("service",) if variant == AS_IT_IS else ("bench.loads.tuned", variant)
        environment = ENVIRONMENTS.get(variant, {})
        with (
            serving(folder, settings, environment, command=command) as server,
            ThreadPoolExecutor(CLIENTS) as clients,
        ):
            samples: list[Sample] = []
            statuses: list[int | None] = []
            began = time.monotonic()
            for turn in itertools.count(1):
                requests = [mixture.next() for _ in range(EVERY)]
                statuses += clients.map(lambda sent: send(server.port, sent), requests)
                server.wait_until_idle()
                samples.append(sample(server.process.pid, turn * EVERY, server.temporary))
                if time.monotonic() - began > minutes * 60:
                    break
            wrong = [status for status in statuses if status not in EXPECTED]
            if wrong:
                log = server.log.read_text()[-3000:]
                raise RuntimeError(f"expected no such answers: {statuses_told(wrong)}: {log}")
            seconds, cpu = time.monotonic() - began, server.cpu_sec()
    return summary(variant, samples, statuses, seconds, cpu)


def summary(
    variant: str,
    samples: list[Sample],
    statuses: list[int | None],
    seconds: float,
    cpu: float,
) -> dict[str, Any]:
    """Growth after warming up, and the most there was."""
    steady = samples[int(len(samples) * WARM_UP_SHARE) :]
    return {
        "variant": variant,
        "requests": len(statuses),
        "statuses": statuses_told(statuses),
        "seconds": seconds,
        "cpu_sec_per_thousand": cpu / len(statuses) * 1000,
        "growth_per_thousand": {field: slope(steady, field) for field in FIELDS},
        "first": asdict(samples[0]),
        "last": asdict(samples[-1]),
        "most_resident_mb": max(one.resident_mb for one in samples),
        "most_anonymous_mb": max(one.anonymous_mb for one in samples),
        "files_left": max(one.files for one in samples),
        "samples": [asdict(one) for one in samples],
    }


def table(runs: list[dict[str, Any]]) -> str:
    """A row a variant."""
    lines = [
        (
            "| setting | requests | MB resident | of it anonymous | MB more per 1,000 requests | "
            "descriptors more per 1,000 | files left | CPU s per 1,000 |"
        ),
        "|---|---|---|---|---|---|---|---|",
    ]
    for run in runs:
        growth = run["growth_per_thousand"]
        cells = (
            *(run["variant"], str(run["requests"]), f"{run['most_resident_mb']:.0f}"),
            *(f"{run['most_anonymous_mb']:.0f}", f"{growth['anonymous_mb']:.2f}"),
            *(f"{growth['descriptors']:.2f}", str(run["files_left"])),
            f"{run['cpu_sec_per_thousand']:.0f}",
        )
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def main() -> int:
    """Soak, print, write; 1 where memory or descriptors grow."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--minutes", type=float, default=10.0, help="of a variant (%(default)s)")
    parser.add_argument("--variants", nargs="+", choices=[*NAMES, "all"], default=[AS_IT_IS])
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    names = NAMES if "all" in options.variants else options.variants
    runs, files = [], recordings()
    for name in names:
        runs.append(soaked(name, options.minutes, Mixture(SEED, files)))
        print(table(runs[-1:]), flush=True)
    if len(runs) > 1:
        print(table(runs))
    if options.json is not None:
        aims = [
            {
                "name": "soak: anonymous memory, MB more per 1,000 requests",
                "value": runs[0]["growth_per_thousand"]["anonymous_mb"],
                "aim": MOST_MB_PER_THOUSAND,
                "direction": "<=",
            }
        ]
        write(options.json, {"machine": hardware(), "figures": {"runs": runs}, "aims": aims})
    growth = runs[0]["growth_per_thousand"]["anonymous_mb"]
    return 0 if growth < MOST_MB_PER_THOUSAND and not runs[0]["files_left"] else 1


if __name__ == "__main__":
    sys.exit(main())
