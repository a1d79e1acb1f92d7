"""Build the bundle of a shape with random weights where it is missing: python -m bench.models.

Runs in the environment of export; prints the bundle's folder.
"""

import argparse
import os
import sys
from pathlib import Path
from typing import Final

from bench.models.wav2vec2 import Wav2Vec2Models
from bench.shapes import SHAPES, XLS_R_300M

FOLDER: Final = Path("build/bench")


def main() -> int:
    """Build it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shape", choices=sorted(SHAPES), default=XLS_R_300M.name)
    parser.add_argument("--folder", type=Path, default=FOLDER, help="(%(default)s)")
    options = parser.parse_args()
    os.environ["HF_HUB_OFFLINE"] = "1"  # everything is built here
    print(Wav2Vec2Models(options.folder.resolve(), SHAPES[options.shape]).ours)
    return 0


if __name__ == "__main__":
    sys.exit(main())
