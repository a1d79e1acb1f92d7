"""What Schemathesis cannot know: recordings that can be read, and what is equal in a form."""

from pathlib import Path
from typing import Any, Final

import schemathesis
from hypothesis import strategies

EXAMPLES: Final = Path(__file__).parents[2] / "examples"
CLIPS: Final = [path.read_bytes() for path in sorted(EXAMPLES.glob("*.wav"))]
BROKEN: Final = [CLIPS[0][:44], CLIPS[0][:1000], b"RIFF", b"", b"%PDF-1.7", b"\x00" * 2048]

schemathesis.openapi.format("binary", strategies.sampled_from([*CLIPS, *BROKEN]))


@schemathesis.hook
def filter_body(_: schemathesis.HookContext, body: Any) -> bool:  # noqa: ANN401  # any JSON
    """Leave out what only the schema calls wrong: a form has no types but text, and its readers
    take an empty field for an absent one, and names in any case, with spaces around.
    """
    return not isinstance(body, dict) or not any(map(_is_taken_kindly, body.values()))


def _is_taken_kindly(value: object) -> bool:
    if isinstance(value, str):
        return not value.strip() or value != value.strip().lower()
    return isinstance(value, bool)
