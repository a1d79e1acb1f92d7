"""TextGrids: boundaries move, intervals and texts stay; checked with praatio, too."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from praatio import textgrid
from subtitle_files import GRID, SHORT_GRID

from service.errors import CorruptSubtitles, EmptySubtitles, InvalidField
from service.subtitles.reading import Subtitles, read_subtitles


def grid(*labels: str, step: float = 1.0) -> str:
    """A short TextGrid with one tier, an interval a label."""
    head = 'File type = "ooTextFile"\nObject class = "TextGrid"\n\n'
    end = len(labels) * step
    intervals = "".join(
        f'{i * step:g}\n{(i + 1) * step:g}\n"{label}"\n' for i, label in enumerate(labels)
    )
    tier = f'"IntervalTier"\n"a"\n0\n{end:g}\n{len(labels)}\n'
    return f"{head}0\n{end:g}\n<exists>\n1\n{tier}{intervals}"


def spans(subtitles: Subtitles) -> list[tuple[float, float]]:
    return [(cue.start, cue.end) for cue in subtitles.cues]


@pytest.mark.parametrize("content", [GRID, SHORT_GRID], ids=["long", "short"])
def test_praatio_reads_the_same_cues(content: str, tmp_path: Path) -> None:
    """Before and after: the labelled intervals of the tier, and the tiers' names."""
    path = tmp_path / "a.TextGrid"
    # It takes "item [" within a label for a tier.
    subtitles = read_subtitles(content.replace('"" item [2]:"', '"""').encode(), "words")
    for found in (subtitles, subtitles.retimed([(0.75, 1.5), (1.75, 2.25)])):
        path.write_bytes(found.content)
        peer = textgrid.openTextgrid(str(path), includeEmptyIntervals=False)
        read = [(entry.start, entry.end, entry.label) for entry in peer.getTier("words").entries]
        assert read == [(cue.start, cue.end, cue.text) for cue in found.cues]
        peer.validate("error")


def test_tiers_that_share_a_boundary_move_along() -> None:
    """In proportion between the boundaries that moved; others stay, and so do points."""
    new = read_subtitles(GRID.encode(), "words").retimed([(1.0123456789, 1.75), (1.75, 2.5)])
    phones = [(cue.start, cue.end) for cue in read_subtitles(new.content, "phones").cues]
    share = (1.0 - 0.5123456789) / (1.25 - 0.5123456789)
    middle = 1.0123456789 + share * (1.75 - 1.0123456789)
    assert phones == [(0, pytest.approx(middle, abs=1e-6)), (pytest.approx(middle, abs=1e-6), 1.75)]
    assert spans(read_subtitles(new.content, "speaker")) == [(0, 1.75)]
    assert "number = 1.5 " in new.text


def test_cues_that_touch_keep_one_boundary_at_the_start_of_the_second() -> None:
    """A start counts for more than an end."""
    new = read_subtitles(grid("", "a", "b", "").encode()).retimed([(0.5, 1.5), (1.75, 2.5)])
    assert spans(new) == [(0.5, 1.75), (1.75, 2.5)]


def test_the_ends_of_the_grid_stay() -> None:
    """A first and a last interval with a label reach to them."""
    new = read_subtitles(grid("a", "b").encode()).retimed([(0.5, 0.9), (1.25, 1.5)])
    assert spans(new) == [(0, 1.25), (1.25, 2)]


def test_a_cue_after_the_end_makes_the_grid_longer() -> None:
    """In every tier and in the head; empty intervals keep a millisecond."""
    new = read_subtitles(GRID.encode(), "words").retimed([(1, 2), (4, 6)])
    assert "4.5" not in new.text
    assert new.text.count("xmax = 6.001 ") == 1 + 4 + 3
    assert spans(new) == [(1, 4), (4, 6)]
    assert spans(read_subtitles(new.content, "speaker")) == [(0, 1.75)]


def test_empty_intervals_between_cues_share_what_is_left() -> None:
    """In their old proportion."""
    new = read_subtitles(grid("a", "", "", "b").encode()).retimed([(0, 2), (3, 4)])
    assert new.text.split("\n")[12:24] == [
        "0", "2", '"a"', "2", "2.5", '""', "2.5", "3", '""', "3", "4", '"b"',
    ]  # fmt: skip


TIMES = st.tuples(st.floats(-1, 12), st.floats(-1, 12))


@given(st.lists(st.sampled_from(["", "a", "b"]), min_size=1, max_size=8), st.data())
def test_boundaries_ascend_whatever_is_asked_for(labels: list[str], data: st.DataObject) -> None:
    """Every interval lasts, none is lost, and the result is a TextGrid again."""
    labels = [*labels, "c"]
    subtitles = read_subtitles(grid(*labels).encode())
    asked = data.draw(st.lists(TIMES, min_size=len(subtitles.cues), max_size=len(subtitles.cues)))
    new = subtitles.retimed(asked)
    assert [cue.text for cue in new.cues] == [label for label in labels if label]
    numbers = [float(line) for line in new.text.split("\n")[12:] if line and line[0].isdigit()]
    starts, ends = numbers[::2], numbers[1::2]
    assert starts[0] == 0
    assert starts[1:] == ends[:-1]
    assert all(end - start > 0.0009 for start, end in zip(starts, ends, strict=True))


def test_a_tier_must_be_named_where_there_are_several() -> None:
    """The error has their names; a tier without labels is none of them."""
    for tier in (None, "nope", "tones"):
        with pytest.raises(InvalidField) as caught:
            read_subtitles(GRID.encode(), tier)
        assert caught.value.facts["tiers"] == ["words", "phones", "speaker"]
    assert read_subtitles(GRID.encode(), "speaker").cues[0].text == "Dana"


def test_a_grid_without_labels_is_empty() -> None:
    """As is one without tiers."""
    for content in (grid("", ""), 'File type = "ooTextFile"\n"TextGrid" 0 1 <exists> 0'):
        with pytest.raises(EmptySubtitles):
            read_subtitles(content.encode())


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ('"ooTextFile"', '"ooBinaryFile"', 1),
        ('"TextGrid"\n', '"TextGrid 2"\n', 2),
        ("\n1\n2\n", "\n1.5\n2\n", 16),
        ("\n0\n1\n", "\n0\n-1\n", 14),
        ('"one"', '"one', 21),
        ("\n3\n0\n", "\n4\n0\n", 22),
        ("\n3\n0\n", "\n3.5\n0\n", 12),
        ("IntervalTier", "SoundTier", 9),
        ("\n2\n3\n", "\n2\nx\n", 21),
    ],
)
def test_a_line_that_is_no_textgrids_is_named(old: str, new: str, line: int) -> None:
    """What was expected, and where."""
    with pytest.raises(CorruptSubtitles, match="expected") as caught:
        read_subtitles(SHORT_GRID.replace(old, new, 1).encode())
    assert caught.value.facts["line"] == line
