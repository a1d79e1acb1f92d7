"""Speech that a text lacks: how much of it is reported, and where; and how often a warning is."""

import itertools
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

import numpy as np

from export.demo.trust.figures import errors, share, table
from export.demo.trust.listening import Heard, Speech
from export.demo.trust.variants import (
    CUT,
    Variant,
    alike,
    exact,
    middle,
    mismatched,
    without_ends,
    without_middle,
)
from service.placing.placement import PASSED_OVER, UNSAID, PlacementRule
from service.spans import Unwritten
from service.text.lineup import Gaps

# What the warnings of service/plausibility.py say of whom.
_WARNINGS: Final = {
    "hardly fits": "misfit",
    "not found": "not found",
    "longer than": "long word",
    "nobody speaks": "fast",
    "gap between their letters": "torn word",
}


class Tally(NamedTuple):
    """Stretches that a text lacks: how many are reported, and how far off, in seconds."""

    found: int
    lacking: int
    starts: list[float]
    ends: list[float]
    before: list[float]  # how far off the end of the word before is


def report(speeches: Sequence[Speech]) -> Iterator[str]:
    """Of stretches that were lacking, and of texts that lack nothing."""
    found = ("", "text", "stretches reported", "start", "end", "end of the word before")
    yield from table(found, (row for speech in speeches for row in _found(speech)))
    yield ""
    alarms = ("", "text", "stretches reported, a text", "texts with a warning", "of them")
    yield from table(alarms, (row for speech in speeches for row in _alarms(speech)))
    yield ""
    yield f"lost by blanks in one gap, nats; more than {PASSED_OVER:g} is searched for again"
    losses = ("", "exact: median", "most", "without its middle: least", "median")
    yield from table(losses, map(_losses, speeches))


def _losses(speech: Speech) -> list[str]:
    """Of texts that a first search without gaps finds nothing wrong with: every word fits."""
    rule = PlacementRule(unsaid=-np.inf, passed_over=np.inf)
    cells = [speech.name]
    for vary, shares in ((exact, (50, 100)), (without_middle, (0, 50))):
        variants = [(heard, vary(heard.words)) for heard in speech.heard]
        found = [
            speech.model.find(heard, item.words, rule=rule) for heard, item in variants if item
        ]
        lost = [item.lost for item in found if item and min(item.placement.evidence) >= UNSAID]
        cells += [f"{np.percentile(lost, part):.1f}" if lost else "-" for part in shares]
    return cells


def _found(speech: Speech) -> Iterator[list[str]]:
    cases: tuple[tuple[str, Gaps], ...] = (
        ("ends", "ends"),
        ("middle", "words"),
        ("middle", "ends"),
    )
    for place, gaps in cases:
        tally = Tally(0, 0, [], [], [])
        for heard in speech.heard:
            tally = _with(tally, speech, heard, place, gaps)
        found = f"{share(tally.found, tally.lacking)} of {tally.lacking}"
        name = f'without its {place}, gaps "{gaps}"'
        late = (tally.starts, tally.ends, tally.before)
        yield [speech.name, name, found, *map(errors, late)]


def _with(tally: Tally, speech: Speech, heard: Heard, place: str, gaps: Gaps) -> Tally:
    """Another utterance counted."""
    count = len(heard.words)
    if place == "ends":
        variant = without_ends(heard.words)
        stretches = [range(CUT), range(count - CUT, count)]
    else:
        variant, stretches = without_middle(heard.words), [middle(heard.words)]
    answer = speech.model.align(heard, variant.words, gaps) if variant else None
    if not variant or not answer:
        return tally
    found, lacking, starts, ends, before = tally
    for stretch in stretches:
        times = _times(heard, stretch)
        if times is None:
            continue
        begin, end = times
        lacking += 1
        if own := [item for item in answer.unwritten if _overlap(item, begin, end) > 0]:
            found += sum(_overlap(item, begin, end) for item in own) > (end - begin) / 2
            starts.append(own[0].start - heard.onsets_sec[stretch[0]])
            ends.append(own[-1].end - heard.ends_sec[stretch[-1]])
        if (last := stretch[0] - 1) in variant.said:
            word = answer.words[variant.said.index(last)]
            before.append(np.nan if word.end is None else word.end - heard.ends_sec[last])
    return Tally(found, lacking, starts, ends, before)


def _times(heard: Heard, stretch: range) -> tuple[float, float] | None:
    """When it is said, between its neighbours or the recording's ends where its own are not known;
    None where they are not either.
    """
    begin, end = float(heard.onsets_sec[stretch[0]]), float(heard.ends_sec[stretch[-1]])
    if np.isnan(begin) and stretch[0] == 0:
        begin = 0.0
    if np.isnan(end):
        following = [*heard.onsets_sec.tolist(), heard.emissions.clock.duration_sec]
        end = following[stretch[-1] + 1]
    return None if np.isnan(begin) or np.isnan(end) else (begin, end)


def _overlap(item: Unwritten, begin: float, end: float) -> float:
    return max(0.0, min(item.end, end) - max(item.start, begin))


def _alarms(speech: Speech) -> Iterator[list[str]]:
    sentences = [heard.words for heard in speech.heard]
    right = list(map(exact, sentences))
    wrong = [mismatched(alike(sentences, index)) for index in range(len(sentences))]
    cases: tuple[tuple[str, Sequence[Variant], Gaps], ...] = (
        ("exact", right, "ends"),
        ("exact", right, "words"),
        ("exact", right, "none"),
        ("mismatched", wrong, "ends"),
        ("mismatched", wrong, "none"),
    )
    for name, variants, gaps in cases:
        yield [speech.name, f'{name}, gaps "{gaps}"', *_counted(speech, variants, gaps)]


def _counted(speech: Speech, variants: Sequence[Variant], gaps: Gaps) -> tuple[str, str, str]:
    """The last three cells of a row."""
    pairs = zip(speech.heard, variants, strict=True)
    answers = [speech.model.align(heard, variant.words, gaps) for heard, variant in pairs]
    placed = [answer for answer in answers if answer]
    warned = sum(bool(answer.warnings) for answer in placed)
    kinds = Counter(
        itertools.chain.from_iterable(map(_kinds, (answer.warnings for answer in placed)))
    )
    stretches = sum(len(answer.unwritten) for answer in placed) / len(placed)
    told = ", ".join(f"{kind} {count}" for kind, count in kinds.most_common()) or "-"
    return f"{stretches:.2f}", share(warned, len(placed)), told


def _kinds(warnings: Sequence[str]) -> Iterator[str]:
    for warning in warnings:
        yield next((name for part, name in _WARNINGS.items() if part in warning), "other")
