"""TextGrids, read back by Praat itself and by praatio."""

import itertools
import shutil
import subprocess
from collections import defaultdict
from pathlib import Path

import pytest
from documents import HOSTILE, document, documents
from hypothesis import given
from praatio.utilities import textgrid_io

from service.formats.document import Document
from service.formats.labels import one_line
from service.formats.options import FormatOptions
from service.formats.table import render
from service.spans import Character, Segment, Word
from service.subtitles.reading import read_subtitles

READER = """
form read
    sentence folder x
endform
names = Create Strings as file list: "names", folder$ + "/*.TextGrid"
count = Get number of strings
for number to count
    selectObject: names
    name$ = Get string: number
    grid = Read from file: folder$ + "/" + name$
    tiers = Get number of tiers
    for tier to tiers
        tier$ = Get tier name: tier
        intervals = Get number of intervals: tier
        for interval to intervals
            start = Get start time of interval: tier, interval
            end = Get end time of interval: tier, interval
            label$ = Get label of interval: tier, interval
            appendInfoLine: name$, tab$, tier$, tab$, fixed$ (start, 3), tab$, fixed$ (end, 3),
            ... tab$, label$
        endfor
    endfor
    removeObject: grid
endfor
"""
Tiers = dict[str, list[tuple[float, float, str]]]


def grid(written: Document) -> str:
    return render(written, "textgrid", FormatOptions()).decode()


def by_praatio(text: str) -> Tiers:
    read = textgrid_io.parseTextgridStr(text, includeEmptyIntervals=True)
    return {
        tier["name"]: [(float(start), float(end), label) for start, end, label in tier["entries"]]
        for tier in read["tiers"]
    }


def check(written: Document, tiers: Tiers) -> None:
    """Tiers contiguous from 0 to one end, with the label of all that has a time, in its time."""
    names = ["words", "characters", "segments"]
    if written.characters is None:
        names.remove("characters")
    assert list(tiers) == names
    end = max(intervals[-1][1] for intervals in tiers.values())
    assert end >= round(written.duration_sec, 3)
    for name, intervals in tiers.items():
        assert (intervals[0][0], intervals[-1][1]) == (0, end)
        assert all(a[1] == b[0] for a, b in itertools.pairwise(intervals))
        assert all(start < over for start, over, _ in intervals)
        wanted = items(written, name)
        space = "" if name == "characters" else " "
        labels = [(start, over, label) for start, over, label in intervals if label]
        assert space.join(label for _, _, label in labels) == space.join(
            label for _, label in wanted
        )
        check_times(labels, wanted)


def items(written: Document, name: str) -> list[tuple[Word | Character | Segment, str]]:
    """What has a time, with its label."""
    every: dict[str, list[tuple[Word | Character | Segment, str]]] = {
        "words": [(item, one_line(item.word)) for item in written.words],
        "characters": [(item, one_line(item.char)) for item in written.characters or ()],
        "segments": [(item, one_line(item.text)) for item in written.segments],
    }
    return [(item, label) for item, label in every[name] if item.start is not None]


def check_times(
    labels: list[tuple[float, float, str]], wanted: list[tuple[Word | Character | Segment, str]]
) -> None:
    """What lasts has an interval of its own time."""
    found = {(start, over) for start, over, _ in labels}
    for item, _ in wanted:
        if item.end - item.start >= 0.001:  # type: ignore[operator]  # it has a time
            assert (item.start, item.end) in found


@given(documents())
def test_praatio_reads_what_is_written(written: Document) -> None:
    """Every label and every time."""
    check(written, by_praatio(grid(written)))


@given(documents())
def test_our_own_reader_reads_it(written: Document) -> None:
    """The tier of words, as /retime does."""
    wanted = [label for _, label in items(written, "words")]
    if wanted:
        cues = read_subtitles(grid(written).encode(), "words").cues
        assert " ".join(cue.text for cue in cues).split() == wanted


def test_characters_that_last_no_time_stay_with_their_word() -> None:
    """A comma after it, a quote before it."""
    written = document(["ab", "cd"], [(0, 200), (300, 500)], ["aligned"] * 2, [2], 600)
    times = [('"', 0.3, 0.3), ("c", 0.3, 0.4), ("d", 0.4, 0.5), (",", 0.5, 0.5)]
    ab = [Character(char, 0.0, 0.2, 0.5, "aligned", place) for place, char in enumerate("a")]
    cd = [Character(char, a, b, 0.5, "aligned", 3) for char, a, b in times]
    changed = Document(**{**vars(written), "characters": (*ab, *cd)})
    assert [label for _, _, label in by_praatio(grid(changed))["characters"] if label] == [
        "a", '"c', "d,",
    ]  # fmt: skip


def test_praat_reads_what_is_written(tmp_path: Path) -> None:
    """The program that the format belongs to: every label and every time, of hostile words one by
    one and together.
    """
    praat = shutil.which("praat")
    if praat is None:
        pytest.skip("Praat is not on this machine (Debian: apt-get install praat)")
    (tmp_path / "read.praat").write_text(READER, encoding="utf-8")
    held = {f"{number:03d}": [word, "x"] for number, word in enumerate(HOSTILE)}
    held["all"] = list(HOSTILE)
    written = {}
    for name, texts in held.items():
        times = [(300 * place, 300 * place + 250) for place in range(len(texts))]
        statuses = ["aligned"] * len(texts)
        written[name] = document(texts, times, statuses, [1, len(texts)], 300 * len(texts))
        (tmp_path / f"{name}.TextGrid").write_text(grid(written[name]), encoding="utf-8")
    ran = subprocess.run(
        [praat, "--run", "read.praat", str(tmp_path)], cwd=tmp_path, capture_output=True, check=True
    )
    read: dict[str, Tiers] = defaultdict(lambda: defaultdict(list))
    for line in ran.stdout.decode().splitlines():
        name, tier, start, end, label = line.split("\t")
        read[name.removesuffix(".TextGrid")][tier].append((float(start), float(end), label))
    assert set(read) == set(written)
    for name, tiers in read.items():
        check(written[name], tiers)
