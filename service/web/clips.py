"""The example recordings that the page offers: those of `examples/`, if they are at hand.

They are looked for once. A request names a clip of this table and never a path.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

EXAMPLES_DIR: Final = Path(__file__).parents[2] / "examples"


@dataclass(frozen=True)
class Clip:
    """A recording and its text; `name` is the file's, as `he-1.wav`: its language comes first."""

    name: str
    language: str
    text: str
    path: Path


def find_clips(folder: Path = EXAMPLES_DIR) -> Mapping[str, Clip]:
    """Every `<language>-<number>.wav` beside which its text stands, by name; none of no folder."""
    return {clip.name: clip for clip in _clips(folder)}


def _clips(folder: Path) -> Iterator[Clip]:
    for path in sorted(folder.glob("*-*.wav")):
        text = path.with_suffix(".txt")
        if text.is_file():
            language = path.stem.partition("-")[0]
            yield Clip(path.name, language, text.read_text("utf-8").strip(), path)
