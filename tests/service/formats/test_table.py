import io
import zipfile

import pytest
from documents import document
from hypothesis import given
from hypothesis import strategies as st

from service.errors import InvalidField
from service.formats.archive import zipped
from service.formats.options import FormatOptions
from service.formats.table import FORMATS, render

EMPTY = document([], [], [], [], 1500)
UNFOUND = document(["א", "ב"], [None, None], ["not_found"] * 2, [1, 2], 1500)


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("written", [EMPTY, UNFOUND])
def test_every_format_is_written_of_nothing(name: str, written: object) -> None:
    """Of silence, and of a text none of whose words was found."""
    assert isinstance(render(written, name, FormatOptions()), bytes)  # type: ignore[arg-type]


def test_an_unknown_format_is_refused_with_the_known_ones() -> None:
    """By name."""
    with pytest.raises(InvalidField, match="srt, vtt, ass") as caught:
        render(EMPTY, "docx", FormatOptions())
    assert caught.value.param == "format"
    assert caught.value.facts["known"] == list(FORMATS)


def test_no_two_formats_have_a_file_of_one_name() -> None:
    """So that an archive can hold them all."""
    assert len({item.suffix for item in FORMATS.values()}) == len(FORMATS)


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("max_line_width", 0),
        ("max_line_width", 1001),
        ("max_line_count", 0),
        ("max_line_count", 21),
        ("max_cue_sec", 0.0),
        ("max_cue_sec", float("nan")),
        ("max_cue_sec", float("inf")),
        ("bidi", "rtl"),
    ],
)
def test_options_out_of_range_are_refused(option: str, value: object) -> None:
    """With their name."""
    with pytest.raises(InvalidField) as caught:
        FormatOptions(**{option: value})  # type: ignore[arg-type]
    assert caught.value.param == option


def test_words_are_highlighted_or_timed() -> None:
    """Not both."""
    with pytest.raises(InvalidField, match="got both"):
        FormatOptions(highlight_words=True, word_timestamps=True)


@given(st.dictionaries(st.sampled_from([".srt", ".TextGrid", ".json"]), st.binary(max_size=50)))
def test_an_archive_holds_its_files(contents: dict[str, bytes]) -> None:
    """Under their names, in any script; equal ones are equal to the byte."""
    content = zipped("שיחה", contents)
    assert content == zipped("שיחה", contents)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        assert {name: archive.read(name) for name in archive.namelist()} == {
            f"שיחה{suffix}": held for suffix, held in contents.items()
        }
