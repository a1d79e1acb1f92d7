"""Which words of a text were not said, and where it lacks speech.

One line has to place every word. Around those that cannot have been said where they are, the words
are searched for again with the choice to leave some out: at UNSAID nats for each token, so that a
word stays just where it explains its frames better than that (service/search/subset.py).
"""

from collections.abc import Collection, Iterator
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from service.placing.lines import Lines
from service.placing.placement import PASSAGE, Extent, Placement, joined, leaving_out, losses, said
from service.search.subset import LEFT_OUT, Thinnable, best_subset
from service.text.written import Reading

ANCHORS: Final = 3  # neighbours that were surely said; what lies beyond them stays as it is
SURE: Final = -1.0  # nats a token, the least evidence of an anchor
# Frames times labels that are searched again at once: about a minute of work. In a larger part of a
# text, which hardly fits then, all that cannot have been said is left out.
MOST_CELLS: Final = 2e9


class Thinned(NamedTuple):
    """missing: the words that were not said; opened: those before which there is other speech."""

    missing: frozenset[int]
    opened: frozenset[int]


def thinned(lines: Lines, found: Placement) -> Thinned | None:
    """What has to change for a text to fit; None where it does as it is."""
    suspects = found.unsaid(lines.rule) | _beside_speech(lines, found)
    if not suspects:
        return None
    missing: set[int] = set()
    opened: set[int] = set()
    for words in _regions(found, suspects):
        part = _thin(lines, found, words)
        if part is None:
            missing |= found.unsaid(lines.rule).intersection(words)
            opened |= suspects.intersection(words)
        else:
            missing |= part.missing
            opened |= part.opened
    return Thinned(frozenset(missing), frozenset(opened - missing))


def _beside_speech(lines: Lines, found: Placement) -> set[int]:
    """The placed words between which speech is taken for blanks."""
    lost = losses(lines.log_probs, found, lines.blank_id, lines.rule.absorb)
    positions = np.flatnonzero(lost > lines.rule.passed_over)
    placed = [index for index, place in enumerate(found.line.places) if place is not None]
    firsts = [found.place(index)[0] for index in placed]
    after = np.searchsorted(firsts, positions)
    beside = {*(after - 1).tolist(), *after.tolist()}
    return {placed[item] for item in beside if 0 <= item < len(placed)}


def _regions(found: Placement, suspects: Collection[int]) -> Iterator[range]:
    """The words around the suspects, up to the second anchor on each side, or the text's end."""
    sure = found.evidence >= SURE
    sure[list(suspects)] = False
    runs = np.lib.stride_tricks.sliding_window_view(sure, min(ANCHORS, len(sure))).all(axis=1)
    begins = np.flatnonzero(runs)  # of three anchors
    regions = []
    for index in suspects:
        before = int(np.searchsorted(begins, index)) - 1
        after = int(np.searchsorted(begins, index, side="right"))
        first = int(begins[before]) + ANCHORS - 2 if before >= 0 else 0
        last = int(begins[after]) + 1 if after < len(begins) else len(sure) - 1
        regions.append(range(first, last + 1))
    yield from joined(regions)


def _thin(lines: Lines, found: Placement, words: range) -> Thinned | None:
    """The best choice of a region's words; None if the region is too large."""
    whole = len(found.line.places)
    start = found.extent(words.start).start if words.start else 0
    end = found.extent(words.stop - 1).end if words.stop < whole else len(found.tokens)
    spoken = [index for index in words if said(lines.written, found, index).targets]
    readings = [said(lines.written, found, index) for index in spoken]
    if (end - start) * sum(len(reading.targets) for reading in readings) > MOST_CELLS:
        return None
    text = _thinnable(lines, readings, Extent(start, end))
    held = best_subset(text, lines.on_progress)
    owners = np.searchsorted(text.firsts, held, side="right") - 1
    kept = set(owners[held != LEFT_OUT].tolist())
    missing = frozenset(index for item, index in enumerate(spoken) if item not in kept)
    opened = frozenset(spoken[item] for item in _after_speech(lines, text, held, owners))
    return Thinned(missing, opened)


def _thinnable(lines: Lines, readings: Collection[Reading], frames: Extent) -> Thinnable:
    """The words as a text of which some may be left out."""
    heard = lines.log_probs[frames.start : frames.end]
    tokens = np.array([t.token for reading in readings for t in reading.targets], dtype=np.int64)
    counts = np.array([len(reading.targets) for reading in readings], dtype=np.int64)
    firsts = np.concatenate([[0], np.cumsum(counts)])
    columns, labels = np.unique(tokens, return_inverse=True)
    blanks = heard[:, lines.blank_id].astype(np.float64)
    loose = np.zeros(len(tokens) + 1, dtype=bool)
    for reading, first in zip(readings, firsts.tolist(), strict=False):
        loose[[first + position for position in reading.free]] = True
    return Thinnable(
        emissions=heard[:, columns].astype(np.float64) - blanks[:, None],
        labels=labels.astype(np.int64),
        firsts=firsts,
        gaps=_gaps(lines, heard) - blanks,
        loose=loose[:-1],
        costs=leaving_out(counts.tolist(), lines.rule),
        passage=PASSAGE,
    )


def _gaps(lines: Lines, heard: NDArray[np.float32]) -> NDArray[np.float64]:
    """Log-probability of each frame between two words: blank, separator, or other speech."""
    gaps = np.maximum(heard[:, lines.blank_id], lines.rule.absorb)
    if lines.written.separator_id is not None:
        gaps = np.maximum(gaps, heard[:, lines.written.separator_id])
    return gaps.astype(np.float64)


def _after_speech(
    lines: Lines, text: Thinnable, held: NDArray[np.int64], owners: NDArray[np.int64]
) -> Iterator[int]:
    """The kept words of a region before which other speech was absorbed."""
    between = held == LEFT_OUT
    gained = np.concatenate([[0.0], np.cumsum(np.where(between, text.gaps, 0.0))])
    begins = np.flatnonzero(~between & np.diff(owners, prepend=-1).astype(bool))
    ends = np.flatnonzero(~between & np.diff(owners, append=-1).astype(bool)) + 1
    for begin, end in zip(begins.tolist(), [0, *ends.tolist()], strict=False):
        if gained[begin] - gained[end] > lines.rule.passed_over:
            yield int(owners[begin])
