"""Write docs/BENCHMARKS.md's generated part, its charts, and bench/results/aims.json.

    python -m bench.report
    python -m bench.report --results build/bench/quick --print

All from the figures that are there; nothing is measured.
"""

import argparse
import sys
from pathlib import Path
from typing import Final

from bench.figures import write
from bench.report.aims import reached
from bench.report.page import charts, generated, placed
from bench.report.results import Results
from bench.report.tables import aims_table

RESULTS: Final = Path("bench/results")
PAGE: Final = Path("docs/BENCHMARKS.md")
AIMS: Final = "aims.json"


def main() -> int:
    """Write, or print the aims alone."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--results", type=Path, default=RESULTS, help="(%(default)s)")
    parser.add_argument("--page", type=Path, default=PAGE, help="(%(default)s)")
    parser.add_argument("--print", action="store_true", help="print; write the aims, and no page")
    options = parser.parse_args()
    results = Results.read(options.results)
    aims = reached(results)
    write(options.results / AIMS, [row.row() for row in aims])
    drawn = charts(results)
    text = generated(results, aims, drawn)
    if options.print:
        print(text)
        return 0
    images = options.page.parent / "img/bench"
    images.mkdir(parents=True, exist_ok=True)
    for name, svg in drawn.items():
        (images / f"{name}.svg").write_text(svg, encoding="utf-8")
    page = options.page.read_text(encoding="utf-8")
    options.page.write_text(placed(page, text), encoding="utf-8")
    print(aims_table(aims))
    return 0


if __name__ == "__main__":
    sys.exit(main())
