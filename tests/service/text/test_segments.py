"""Lines and sentences."""

from pathlib import Path
from typing import Literal

import pytest
from bundles import planted_bundle

from service.text.mapping import written_text
from service.text.vocabulary import Vocabulary, vocabulary_of


@pytest.fixture(scope="module")
def vocabulary(tmp_path_factory: pytest.TempPathFactory) -> Vocabulary:
    return vocabulary_of(planted_bundle(Path(tmp_path_factory.mktemp("bundle"))))


def divided(
    text: str, vocabulary: Vocabulary, language: str, by: Literal["sentence", "line"]
) -> list[str]:
    written = written_text(text, language, vocabulary, segments=by)
    return [segment.text for segment in written.segments]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("אחת שתיים. שלוש", ["אחת שתיים.", "שלוש"]),
        ("מה? כן! טוב… ככה...", ["מה?", "כן!", "טוב…", "ככה..."]),
        ('הוא אמר: "בוא." והלך', ['הוא אמר: "בוא."', "והלך"]),
        ("(סוף.) התחלה", ["(סוף.)", "התחלה"]),
        ("בראשית ברא׃ והארץ", ["בראשית ברא׃", "והארץ"]),
        ("פרק 3.5 כאן. ועוד", ["פרק 3.5 כאן.", "ועוד"]),
        ("בשנת 2024. אחר כך", ["בשנת 2024.", "אחר כך"]),
        ("1. ראשון 2. שני", ["1. ראשון 2.", "שני"]),  # a list's number begins an item
        ("א. ב. יהושע כתב. סוף", ["א. ב. יהושע כתב.", "סוף"]),
        ("J. R. R. טולקין", ["J. R. R. טולקין"]),
        ("שורה\nשורה", ["שורה", "שורה"]),
        ("שורה\u2028שורה\r\n\r\nעוד", ["שורה", "שורה", "עוד"]),
        (" \n רווח \n ", ["רווח"]),
        ("", []),
    ],
)
def test_hebrew_sentences(vocabulary: Vocabulary, text: str, expected: list[str]) -> None:
    """Full stops end them, not those of initials, numbers and lists; line breaks do, too."""
    assert divided(text, vocabulary, "he", "sentence") == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("यह घर है। वह नगर है॥ और", ["यह घर है।", "वह नगर है॥", "और"]),
        ("डॉ. शर्मा आए। रु. 500 दिए।", ["डॉ. शर्मा आए।", "रु. 500 दिए।"]),
        ("ए. पी. जे. अब्दुल कलाम थे. वे", ["ए. पी. जे. अब्दुल कलाम थे.", "वे"]),
        ("वह आया । फिर गया ।", ["वह आया ।", "फिर गया ।"]),
    ],
)
def test_hindi_sentences(vocabulary: Vocabulary, text: str, expected: list[str]) -> None:
    """Dandas end them, and full stops that are not an abbreviation's."""
    assert divided(text, vocabulary, "hi", "sentence") == expected


def test_lines_alone(vocabulary: Vocabulary) -> None:
    """A segment a line, whatever ends in it."""
    text = "אחת. שתיים.\nשלוש? ארבע"
    assert divided(text, vocabulary, "he", "line") == ["אחת. שתיים.", "שלוש? ארבע"]


def test_a_segment_knows_its_words_and_its_line(vocabulary: Vocabulary) -> None:
    """Its first and its last word, and whether a line begins with it."""
    segments = written_text("אחת. שתיים\n\nשלוש ארבע.", "he", vocabulary).segments
    assert [(item.first, item.last, item.begins_line) for item in segments] == [
        (0, 0, True),
        (1, 1, False),
        (2, 3, True),
    ]
    assert [(item.char_start, item.char_end) for item in segments] == [(0, 4), (5, 10), (12, 22)]
