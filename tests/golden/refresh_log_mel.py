"""Write again what NeMo makes of a clip, for the runtime's tests, which run without NeMo.

.venv-export/bin/python tests/golden/refresh_log_mel.py
"""

import json
import sys
from dataclasses import replace
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests"), str(ROOT / "tests/export")]

from nemo_log_mel import nemo_log_mel  # noqa: E402
from recipes import CONFORMER  # noqa: E402

from service.audio import decode_file  # noqa: E402
from service.recipes import Edges  # noqa: E402

GOLDEN = ROOT / "tests/golden/log-mel.json"
BINS = [0, 1, 2, 10, 25, 40, 55, 70, 78, 79]
FRAMES = [0, 1, 2, 50, 100, 200, 300, -3, -2, -1]


def main() -> None:
    """Refresh the file."""
    waveform = decode_file(ROOT / "examples/he-1.wav", CONFORMER.sample_rate, 60).waveform
    golden = {}
    dialects: tuple[Edges, ...] = ("zeros", "reflect")
    for edges in dialects:
        features = nemo_log_mel(replace(CONFORMER, edges=edges))(waveform)
        values = [[round(float(features[bin_, frame]), 4) for frame in FRAMES] for bin_ in BINS]
        golden[edges] = {
            "shape": features.shape,
            "bins": BINS,
            "frames": FRAMES,
            "values": values,
        }
    GOLDEN.write_text(json.dumps(golden) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
