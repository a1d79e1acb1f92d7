"""What of a cue is said."""

import pytest

from service.subtitles.spoken import spoken_label, spoken_text


@pytest.mark.parametrize(
    ("text", "spoken"),
    [
        ("שלום עולם", "שלום עולם"),
        ("<i>שלום</i>\n<b>עולם</b>", "שלום עולם"),
        ("{\\an8}שלום", "שלום"),
        ('<font color="red">שלום</font>', "שלום"),
        ("<v Dana>שלום <00:00:01.000><c.loud>עולם</c>", "שלום עולם"),
        ("[מוזיקה]", ""),
        ("(צחוק) שלום", "שלום"),
        ("(a [b] c) שלום [d (e)]", "שלום"),
        ("שלום (עולם", "שלום (עולם"),
        ("♪", ""),
        ("♪ शाम ♪", "शाम"),
        ("- כן\n– לא", "כן לא"),
        ("- [צחוק] כן", "כן"),
        ("בית-ספר", "בית-ספר"),
        ("a &amp; b", "a & b"),
        ("\u202bשלום\u202c\u200f", "שלום"),
        ("क्\u200dष", "क्\u200dष"),
        ("...", ""),
        ("1984", "1984"),
        ("2 < 3", "2 < 3"),
        ("", ""),
    ],
)
def test_tags_and_sounds_are_not_said(text: str, spoken: str) -> None:
    """Words stay as written; a cue without letters or digits says nothing."""
    assert spoken_text(text) == spoken


@pytest.mark.parametrize("label", ["sil", "SP", " spn ", "<eps>", "", "..."])
def test_an_aligners_marks_for_silence_are_not_said(label: str) -> None:
    """In a TextGrid alone: a subtitle may say them."""
    assert spoken_label(label) == ""
    assert spoken_text("sil") == "sil"
