"""What Schemathesis cannot make up: recordings that can be read, and a text that fits them."""

from pathlib import Path

import schemathesis
from hypothesis import strategies

EXAMPLES = Path(__file__).parents[2] / "examples"
CLIPS = [path.read_bytes() for path in sorted(EXAMPLES.glob("*.wav"))]
BROKEN = [CLIPS[0][:44], CLIPS[0][:1000], b"RIFF", b"", b"%PDF-1.7", b"\x00" * 2048]

schemathesis.openapi.format("binary", strategies.sampled_from([*CLIPS, *BROKEN]))
