"""What of a cue is said: no tags, no speaker names in tags, no sounds in brackets."""

import html
import re
from typing import Final

from webvtt import Caption

_OVERRIDE: Final = re.compile(r"\{\\[^{}]*\}")  # {\an8}, of ASS, which SRT players know, too
# The innermost: what is bracketed within brackets goes first. Each stops at the next bracket.
_ROUND: Final = re.compile(r"\([^()]*\)")
_SQUARE: Final = re.compile(r"\[[^\[\]]*\]")
_NOTES: Final = re.compile("[♩♪♫♬]")
# Marks of direction and no-break spaces of zero width; the joiners of Hindi stay.
_UNSEEN: Final = re.compile("[\u200b\u200e\u200f\u061c\u202a-\u202e\u2060\u2066-\u2069\ufeff]")
_DIALOGUE_DASH: Final = re.compile(r"^\s*[-‐‑–—]+\s*")
# What aligners and annotators write for silence and noise in the intervals of a TextGrid.
SILENCES: Final = frozenset({"sil", "sp", "spn", "silence", "noise", "#", "_", "xxx", "..."})


def spoken_text(text: str) -> str:
    """The words of a cue on one line; "" if nothing is said in it.

    A sung line between notes is said. A bracket that is not closed within the cue stays.
    """
    shown = _SQUARE.sub(" ", _ROUND.sub(" ", html.unescape(_untagged(text))))
    lines = _NOTES.sub(" ", _UNSEEN.sub("", shown)).split("\n")
    words = " ".join(_DIALOGUE_DASH.sub("", line) for line in lines).split()
    return " ".join(words) if any(map(_has_letter, words)) else ""


def spoken_label(text: str) -> str:
    """The same for an interval of a TextGrid, whose label may be a mark for silence."""
    return "" if text.strip().lower() in SILENCES else spoken_text(text)


def _untagged(text: str) -> str:
    tagged: str = Caption(text=_OVERRIDE.sub("", text)).text  # <i>, <v Dana>, <00:01.000>, <font>
    return tagged


def _has_letter(word: str) -> bool:
    return any(character.isalnum() for character in word)
