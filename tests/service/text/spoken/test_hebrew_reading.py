"""Hebrew digits, abbreviations and symbols as they are read aloud."""

import itertools
from pathlib import Path

import pytest
from bundles import planted_bundle
from hypothesis import given
from hypothesis import strategies as st

from service.text.mapping import written_text
from service.text.spoken.hebrew.cardinals import Gender, cardinal, with_and
from service.text.vocabulary import Vocabulary, vocabulary_of

UNITS = {
    "feminine": [
        "אפס",
        "אחת",
        "שתיים",
        "שלוש",
        "ארבע",
        "חמש",
        "שש",
        "שבע",
        "שמונה",
        "תשע",
        "עשר",
    ],
    "masculine": [
        "אפס",
        "אחד",
        "שניים",
        "שלושה",
        "ארבעה",
        "חמישה",
        "שישה",
        "שבעה",
        "שמונה",
        "תשעה",
        "עשרה",
    ],
}
TEENS = {"feminine": "עשרה", "masculine": "עשר"}
TENS = ["עשרים", "שלושים", "ארבעים", "חמישים", "שישים", "שבעים", "שמונים", "תשעים"]
CONSTRUCT = ["שלושת", "ארבעת", "חמשת", "ששת", "שבעת", "שמונת", "תשעת", "עשרת"]
POWERS = {"אלף": 10**3, "אלפים": 10**3, "מיליון": 10**6, "מיליארד": 10**9, "טריליון": 10**12}


@pytest.fixture(scope="module")
def vocabulary(tmp_path_factory: pytest.TempPathFactory) -> Vocabulary:
    return vocabulary_of(planted_bundle(Path(tmp_path_factory.mktemp("bundle"))))


def readings(text: str, vocabulary: Vocabulary, word: int = 0) -> list[str]:
    return [reading.text for reading in written_text(text, "he", vocabulary).words[word].readings]


def below_hundred(gender: Gender) -> dict[str, int]:
    """How the numbers up to 99 are said, written out here by hand."""
    units = UNITS[gender]
    said = dict(zip(units, range(11), strict=True))
    teens = ["שתים" if unit == "שתיים" else unit for unit in units[1:10]]
    said |= {f"{unit} {TEENS[gender]}": 10 + number for number, unit in enumerate(teens, 1)}
    for ten, name in enumerate(TENS, 2):
        said[name] = 10 * ten
        said |= {f"{name} ו{units[unit]}": 10 * ten + unit for unit in range(1, 10)}
    return said


@pytest.mark.parametrize("gender", ["feminine", "masculine"])
def test_numbers_below_a_hundred_are_said_by_gender(gender: Gender) -> None:
    """All hundred of them."""
    assert {cardinal(number, gender): number for number in range(100)} == below_hundred(gender)


def value(said: str) -> int:
    """The number that words say: small numbers add up, hundreds and powers multiply."""
    small = below_hundred("feminine") | below_hundred("masculine")
    small |= {name: number for number, name in enumerate(CONSTRUCT, 3)} | {"שני": 2}
    total = part = last = 0
    words = said.split()
    for index, word in enumerate(words):
        bare = word.removeprefix("ו")
        if bare in {"עשרה", "עשר"} and index and words[index - 1].removeprefix("ו") in UNIT_WORDS:
            part += 10
        elif bare in POWERS:
            total, part = total + (part or 1) * POWERS[bare], 0
        elif bare == "מאות":
            part += 99 * last
        elif bare == "אלפיים":
            total += 2000
        else:
            last = {"מאה": 100, "מאתיים": 200, "שתים": 2}.get(bare) or small[bare]
            part += last
    return total + part


UNIT_WORDS = {*UNITS["feminine"][1:10], *UNITS["masculine"][1:10], "שתים"}


@given(
    st.integers(0, 10**15 - 1) | st.integers(0, 9999), st.sampled_from(["feminine", "masculine"])
)
def test_numbers_say_their_value(number: int, gender: Gender) -> None:
    """Read back word by word, with and without another "and"."""
    assert value(cardinal(number, gender)) == number
    assert value(with_and(number, gender)) == number


@pytest.mark.parametrize(
    ("number", "said", "other"),
    [
        (120, "מאה עשרים", "מאה ועשרים"),
        (1_500, "אלף חמש מאות", "אלף וחמש מאות"),
        (2_000, "אלפיים", "אלפיים"),
        (2_024, "אלפיים עשרים וארבע", "אלפיים ועשרים וארבע"),
        (8_000, "שמונת אלפים", "שמונת אלפים"),
        (11_000, "אחד עשר אלף", "אחד עשר אלף"),
        (250_000, "מאתיים חמישים אלף", "מאתיים חמישים אלף"),
        (1_200_000, "מיליון מאתיים אלף", "מיליון ומאתיים אלף"),
        (10**12, "טריליון", "טריליון"),
    ],
)
def test_large_numbers_have_an_and_where_people_put_it(number: int, said: str, other: str) -> None:
    """Before the units always; before a round last part now and then."""
    assert (cardinal(number), with_and(number)) == (said, other)


@pytest.mark.parametrize(
    ("text", "best", "others"),
    [
        ("5", "חמש", ["חמישה", "חמישי"]),
        ("2024", "אלפיים עשרים וארבע", ["עשרים עשרים וארבע", "שתיים אפס שתיים ארבע"]),
        ("1948", "אלף תשע מאות ארבעים ושמונה", ["תשע עשרה ארבעים ושמונה"]),
        ("1,000", "אלף", []),
        ("12,345", "שניים עשר אלף שלוש מאות ארבעים וחמש", []),
        ("007", "אפס אפס שבע", ["שבע"]),
        ("-5", "מינוס חמש", ["חמש"]),
        ("+5", "פלוס חמש", []),
        ("٣", "שלוש", []),  # digits of any script
        # prefixes
        ("ב-2024", "באלפיים עשרים וארבע", ["בעשרים עשרים וארבע"]),
        ("ב2024", "באלפיים עשרים וארבע", []),
        ("ל־5", "לחמש", ["לחמישה"]),
        ("ומ-10", "ומעשר", ["ומעשרה"]),
        ("(כ-100)", "כמאה", []),
        ("של-5", "של חמש", []),  # a word of its own
        # ordinals
        ("ה-10", "העשירי", ["העשירית", "העשר"]),
        ("ה-21", "העשרים ואחת", ["העשרים ואחד"]),
        ("3-י", "שלישי", ["שלישית", "שלוש"]),
        ("3-ית", "שלישית", ["שלישי"]),
        ("10-ה", "עשירי", ["עשר"]),
        # decimals and fractions
        ("3.14", "שלוש נקודה ארבע עשרה", ["שלוש נקודה אחת ארבע"]),
        ("19.90", "תשע עשרה נקודה תשעים", ["תשע עשרה תשעים"]),
        ("2.5", "שתיים וחצי", ["שתיים נקודה חמש"]),
        ("0.5", "חצי", ["אפס נקודה חמש"]),
        ("1/2", "חצי", ["אחת חלקי שתיים", "ראשון בשני"]),
        ("½", "חצי", []),
        # dates
        ("1.2.2024", "ראשון בשני אלפיים עשרים וארבע", ["אחד בפברואר אלפיים עשרים וארבע"]),
        ("2024-02-01", "ראשון בשני אלפיים עשרים וארבע", []),
        ("31/12/99", "שלושים ואחד בשניים עשר תשעים ותשע", ["שלושים ואחד בדצמבר תשעים ותשע"]),
        ("ב-1.2.24", "בראשון בשני עשרים וארבע", ["באחד בפברואר עשרים וארבע"]),
        # times
        ("14:30", "שתיים וחצי", ["ארבע עשרה שלושים", "ארבע עשרה ושלושים"]),
        ("8:15", "שמונה ורבע", ["שמונה חמש עשרה"]),
        ("9:45", "רבע לעשר", ["תשע ארבעים וחמש"]),
        ("12:05", "שתים עשרה וחמש", ["שתים עשרה וחמישה", "שתים עשרה אפס חמש"]),
        ("0:30", "שתים עשרה וחצי", ["אפס שלושים"]),
        ("20:00", "עשרים", ["שמונה", "עשרים אפס אפס"]),
        ("14:30:15", "ארבע עשרה שלושים חמש עשרה", []),
        ("3:1", "שלוש אחת", ["שלוש לאחת"]),
        # ranges
        ("10-15", "עשר עד חמש עשרה", ["עשר חמש עשרה", "עשרה עד חמישה עשר"]),
        ("1990–1995", "אלף תשע מאות תשעים עד אלף תשע מאות תשעים וחמש", []),
        ("5%-10%", "חמישה אחוזים עד עשרה אחוזים", []),
        ("10:00-12:30", "עשר עד שתים עשרה וחצי", []),
        # sums
        ("5%", "חמישה אחוזים", ["חמישה אחוז", "חמש אחוז"]),
        ("1%", "אחוז אחד", ["אחוז"]),
        ("2%", "שני אחוזים", []),
        ("20%", "עשרים אחוז", ["עשרים אחוזים"]),
        ("3.5%", "שלושה וחצי אחוזים", ["שלושה נקודה חמש אחוז"]),
        ("10-15%", "עשרה עד חמישה עשר אחוז", []),
        ("₪5", "חמישה שקלים", ["חמישה שקל", "חמש שקל"]),
        ("5₪", "חמישה שקלים", []),
        ("$20", "עשרים דולר", ["עשרים דולרים"]),
        ("5.90₪", "חמישה שקלים ותשעים אגורות", ["חמש תשעים"]),
        ("20°", "עשרים מעלות", ["עשרים מעלה"]),
        ('5ק"מ', "חמש קילומטר", ["חמישה קילומטרים"]),
        # telephone numbers, versions, scores
        ("050-1234567", "אפס חמש אפס אחת שתיים שלוש ארבע חמש שש שבע", []),
        ("03-6123456", "אפס שלוש שש אחת שתיים שלוש ארבע חמש שש", []),
        ("1.2.3", "אחת נקודה שתיים נקודה שלוש", ["אחת שתיים שלוש"]),
        ("1-2-3", "אחת שתיים שלוש", []),
        # symbols
        ("%", "אחוז", ["אחוזים"]),
        ("&", "ו", []),
    ],
)
def test_digits_are_read_in_several_ways(
    vocabulary: Vocabulary, text: str, best: str, others: list[str]
) -> None:
    """The best guess first."""
    found = readings(text, vocabulary)
    assert found[0] == best
    assert set(others) <= set(found)


def test_a_telephone_number_is_read_in_pairs_too(vocabulary: Vocabulary) -> None:
    """With the odd digit first, three digits first, or the odd one last."""
    assert readings("050-1234567", vocabulary)[1:] == [
        "אפס חמישים אחת עשרים ושלוש ארבעים וחמש שישים ושבע",
        "אפס חמישים מאה עשרים ושלוש ארבעים וחמש שישים ושבע",
        "אפס חמש אפס שתים עשרה שלושים וארבע חמישים ושש שבע",
    ]


@pytest.mark.parametrize(
    ("text", "best"),
    [
        ("2 שקלים", "שני"),
        ("2 דקות", "שתי"),
        ("3 שנים", "שלוש"),
        ("3 ימים", "שלושה"),
        ('100 ש"ח', "מאה"),
        ("5 במאי", "חמישה"),
        ("1 באפריל", "אחד"),
        ("3 אנשים", "שלושה"),
        ("3 NATO", "שלוש"),
        ("2 ש״ח,", "שני"),
    ],
)
def test_the_next_word_tells_the_gender(vocabulary: Vocabulary, text: str, best: str) -> None:
    """Of what is counted; other readings stay."""
    found = readings(text, vocabulary)
    assert found[0] == best
    assert len(found) > 1


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('ד"ר', ["דוקטור", "דר"]),
        ("ד״ר", ["דוקטור", "דר"]),
        ('לד"ר', ["לדוקטור", "לדר"]),
        ("עמ' 5", ["עמוד", "עמודים", "עמ"]),
        ("וכו'.", ["וכולי", "וכיוצא בזה", "וכו"]),
        ('(בארה"ב),', ["בארצות הברית", "בארהב"]),
        ('צה"ל', ["צהל"]),
        ("ג'ירפה", ["גירפה"]),
        ('"שלום"', ["שלום"]),
        ("שלום", ["שלום"]),
    ],
)
def test_abbreviations_are_said_in_full_or_as_written(
    vocabulary: Vocabulary, text: str, expected: list[str]
) -> None:
    """Those that are known; all others by their letters."""
    assert readings(text, vocabulary) == expected


def test_a_number_is_one_word_with_all_its_targets_on_its_characters(
    vocabulary: Vocabulary,
) -> None:
    """Four spoken words, separators between them, and each letter for the whole number."""
    (word,) = written_text("2024", "he", vocabulary).words
    reading = word.readings[0]
    separators = [index for index, target in enumerate(reading.targets) if not target.places]
    assert len(separators) == 2
    assert {target.places for target in reading.targets} == {(0, 1, 2, 3), ()}
    assert len(reading.targets) == len(reading.text)


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("1.2.2024", [(0,), (2,), (4, 5, 6, 7)]),
        ("10-15%", [(0, 1), (2,), (3, 4, 5)]),
        ("₪5", [(0, 1)]),
        ("ב-5", [(0,), (2,)]),
        ("1,000", [(0, 1, 2, 3, 4)]),
        ("050-1234567", [(place,) for place in (0, 1, 2, 4, 5, 6, 7, 8, 9, 10)]),
        ("\u200f5\u200f", [(1,)]),
    ],
)
def test_spoken_parts_know_their_characters(
    vocabulary: Vocabulary, text: str, places: list[tuple[int, ...]]
) -> None:
    """A day its digits, a range its hyphen, a unit the number that it belongs to."""
    reading = written_text(text, "he", vocabulary).words[0].readings[0]
    found = [target.places for target in reading.targets if target.places]
    assert [key for key, _ in itertools.groupby(found)] == places


@pytest.mark.parametrize("text", ["99.99.2024", "25:00", "1:75", "1,00", "1,2,3", "12.345.678"])
def test_what_is_no_date_and_no_time_is_read_as_digits(vocabulary: Vocabulary, text: str) -> None:
    """All the digits are said."""
    reading = written_text(text, "he", vocabulary).words[0].readings[0]
    spoken = {place for target in reading.targets for place in target.places}
    assert {place for place, char in enumerate(text) if char.isdigit()} <= spoken
    assert reading.free == ()


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("½", "חצי"),
        ("2½", "שתיים וחצי"),
        ("3¼", "שלוש ורבע"),
        ("2¾", "שתיים ושלושה רבעים"),
        ("ב-2½", "בשתיים וחצי"),
        ("1,000½", "אלף וחצי"),
        ("2¼₪", "שניים ורבע שקלים"),
        ("1\u20442", "חצי"),
        ("2-3½", "שתיים עד שלוש וחצי"),
    ],
)
def test_fractions_are_said_with_their_number(
    vocabulary: Vocabulary, written: str, said: str
) -> None:
    """A sign for a fraction belongs to the digits before it."""
    assert readings(written, vocabulary)[0] == said


def test_a_number_with_a_fraction_has_either_gender(vocabulary: Vocabulary) -> None:
    """What is counted may be far from it; nobody reads a point."""
    assert readings("2½", vocabulary) == ["שתיים וחצי", "שניים וחצי"]


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("10²", ["עשר בריבוע", "עשר"]),  # or the number of a note
        ("2³", ["שתיים בשלישית"]),
        ("מ²", ["מטר רבוע"]),
        ("50m²", ["חמישים מטר רבוע"]),
        ('ק"מ²', ["קילומטר רבוע"]),
    ],
)
def test_powers_are_said_of_numbers_and_units(
    vocabulary: Vocabulary, written: str, said: list[str]
) -> None:
    """A square metre, ten squared."""
    found = readings(written, vocabulary)
    assert found[0] == said[0]
    assert set(said) <= set(found)


@pytest.mark.parametrize("word", ["x²", "א²", "①"])
def test_a_power_of_anything_else_is_free(vocabulary: Vocabulary, word: str) -> None:
    """It is no digit: the reading shows it as it is written."""
    reading = written_text(word, "he", vocabulary).words[0].readings[0]
    assert reading.text == word
    assert len(reading.targets) in reading.free
