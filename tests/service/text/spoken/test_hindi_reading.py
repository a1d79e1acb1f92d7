"""Hindi digits, abbreviations and symbols as they are read aloud."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.bundle import open_bundle
from service.text.mapping import written_text
from service.text.spoken.hindi.cardinals import cardinal, in_hundreds
from service.text.vocabulary import Vocabulary, vocabulary_of

BELOW_HUNDRED = re.findall(
    r"\S+",
    """
शून्य एक दो तीन चार पाँच छह सात आठ नौ
दस ग्यारह बारह तेरह चौदह पंद्रह सोलह सत्रह अठारह उन्नीस
बीस इक्कीस बाईस तेईस चौबीस पच्चीस छब्बीस सत्ताईस अट्ठाईस उनतीस
तीस इकतीस बत्तीस तैंतीस चौंतीस पैंतीस छत्तीस सैंतीस अड़तीस उनतालीस
चालीस इकतालीस बयालीस तैंतालीस चवालीस पैंतालीस छियालीस सैंतालीस अड़तालीस उनचास
पचास इक्यावन बावन तिरेपन चौवन पचपन छप्पन सत्तावन अट्ठावन उनसठ
साठ इकसठ बासठ तिरेसठ चौंसठ पैंसठ छियासठ सड़सठ अड़सठ उनहत्तर
सत्तर इकहत्तर बहत्तर तिहत्तर चौहत्तर पचहत्तर छिहत्तर सतहत्तर अठहत्तर उनासी
अस्सी इक्यासी बयासी तिरासी चौरासी पचासी छियासी सत्तासी अट्ठासी नवासी
नब्बे इक्यानबे बानबे तिरानबे चौरानबे पंचानबे छियानबे सत्तानबे अट्ठानबे निन्यानबे
""",
)
POWERS = {"सौ": 100, "हज़ार": 10**3, "लाख": 10**5, "करोड़": 10**7, "अरब": 10**9, "खरब": 10**11}
VALUES = {name: number for number, name in enumerate(BELOW_HUNDRED)}


@pytest.fixture(scope="module")
def vocabulary() -> Vocabulary:
    return vocabulary_of(open_bundle(Path(__file__).parents[4] / "models" / "hi-demo"))


def readings(text: str, vocabulary: Vocabulary, word: int = 0) -> list[str]:
    return [reading.text for reading in written_text(text, "hi", vocabulary).words[word].readings]


def value(said: str) -> int:
    """The number that words say: each power multiplies what stands before it."""
    total = part = 0
    for word in said.split():
        power = POWERS.get(word)
        if power is None:
            part += VALUES[word]
        elif power == 100:
            part *= power
        elif word == "खरब":  # more than a hundred of these are counted in smaller powers
            total, part = (total + part) * power, 0
        else:
            total, part = total + part * power, 0
    return total + part


def test_numbers_below_a_hundred_are_the_taught_ones() -> None:
    """All hundred of them, none like another."""
    assert [cardinal(number) for number in range(100)] == BELOW_HUNDRED
    assert len(set(BELOW_HUNDRED)) == 100


@given(st.integers(0, 10**15 - 1) | st.integers(0, 10**6))
def test_numbers_say_their_value(number: int) -> None:
    """Read back word by word, in lakhs and crores."""
    assert value(cardinal(number)) == number


@given(st.integers(0, 20_000))
def test_hundreds_say_the_same_value(number: int) -> None:
    """Where people count in hundreds."""
    said = in_hundreds(number)
    assert not said or value(said) == number


@pytest.mark.parametrize(
    ("text", "best", "others"),
    [
        ("5", "पाँच", ["पांच"]),
        ("५", "पाँच", []),
        ("6", "छह", ["छः"]),
        ("1947", "उन्नीस सौ सैंतालीस", ["एक हज़ार नौ सौ सैंतालीस"]),
        ("१९४७", "उन्नीस सौ सैंतालीस", []),
        ("2024", "दो हज़ार चौबीस", ["दो शून्य दो चार", "दो हजार चौबीस"]),
        ("1,200", "एक हज़ार दो सौ", ["बारह सौ"]),
        ("1500", "पंद्रह सौ", ["एक हज़ार पाँच सौ"]),
        ("100", "एक सौ", ["सौ"]),
        ("1,00,000", "एक लाख", []),
        ("12,34,567", "बारह लाख चौंतीस हज़ार पाँच सौ सड़सठ", []),
        ("1,23,45,678", "एक करोड़ तेईस लाख पैंतालीस हज़ार छह सौ अठहत्तर", []),
        ("1,000,000", "दस लाख", []),
        ("-5", "माइनस पाँच", ["पाँच"]),
        # decimals and fractions
        ("3.14", "तीन दशमलव एक चार", ["तीन पॉइंट एक चार", "तीन दशमलव चौदह"]),
        ("1.5", "एक दशमलव पाँच", ["डेढ़"]),
        ("2.5", "दो दशमलव पाँच", ["ढाई"]),
        ("3.5", "तीन दशमलव पाँच", ["साढ़े तीन"]),
        ("1/2", "आधा", ["एक बटा दो"]),
        ("3/4", "तीन चौथाई", []),
        # ordinals
        ("1ला", "पहला", []),
        ("2री", "दूसरी", []),
        ("3रे", "तीसरे", []),
        ("4था", "चौथा", []),
        ("6ठी", "छठी", []),
        ("5वाँ", "पाँचवाँ", ["पांचवां"]),
        ("10वीं", "दसवीं", []),
        ("21वें", "इक्कीसवें", []),
        ("5-वां", "पाँचवाँ", []),
        # dates and times
        ("15/8/1947", "पंद्रह अगस्त उन्नीस सौ सैंतालीस", ["पंद्रह आठ उन्नीस सौ सैंतालीस"]),
        ("26-01-1950", "छब्बीस जनवरी उन्नीस सौ पचास", []),
        ("14:30", "ढाई", ["चौदह बजकर तीस मिनट", "चौदह तीस"]),
        ("4:30", "साढ़े चार", ["चार तीस"]),
        ("4:15", "सवा चार", []),
        ("4:45", "पौने पाँच", ["चार बजकर पैंतालीस मिनट"]),
        ("10:00", "दस", ["दस बजे"]),
        # ranges and sums
        ("10-15", "दस से पंद्रह", ["दस पंद्रह"]),
        ("1990–1995", "उन्नीस सौ नब्बे से उन्नीस सौ पंचानबे", []),
        ("10%-20%", "दस प्रतिशत से बीस प्रतिशत", []),
        ("50%", "पचास प्रतिशत", ["पचास फ़ीसदी"]),
        ("₹100", "एक सौ रुपये", ["सौ रुपये", "सौ रुपए"]),
        ("रु.500", "पाँच सौ रुपये", []),
        ("500रु.", "पाँच सौ रुपये", []),
        ("₹5.50", "पाँच रुपये पचास पैसे", ["साढ़े पाँच रुपये"]),
        ("$20", "बीस डॉलर", []),
        # telephone numbers
        ("98765-43210", "नौ आठ सात छह पाँच चार तीन दो एक शून्य", []),
        ("9876543210", "नौ आठ सात छह पाँच चार तीन दो एक शून्य", ["अट्ठानबे छिहत्तर चौवन बत्तीस दस"]),
        # short words
        ("डॉ.", "डॉक्टर", ["डॉ"]),
        ("रु.", "रुपये", ["रुपए"]),
        ("कि.मी.", "किलोमीटर", ["किमी"]),
        ("(कि.मी.),", "किलोमीटर", []),
        ("ई.पू.", "ईसा पूर्व", []),
        ("5किमी", "पाँच किलोमीटर", []),
        ("%", "प्रतिशत", []),
        ("से.", "से", []),  # a word at the end of a sentence
    ],
)
def test_digits_are_read_in_several_ways(
    vocabulary: Vocabulary, text: str, best: str, others: list[str]
) -> None:
    """The best guess first."""
    found = readings(text, vocabulary)
    assert found[0] == best
    assert set(others) <= set(found)


def test_digits_and_a_letter_that_cannot_be_spelled(vocabulary: Vocabulary) -> None:
    """The digits are read, the letter is free."""
    reading = written_text("F16", "hi", vocabulary).words[0].readings[0]
    assert reading.text == "F सोलह"
    assert reading.free == (0,)


@given(st.integers(0, 10**6))
def test_both_kinds_of_digits_are_read_alike(vocabulary: Vocabulary, number: int) -> None:
    """Latin ones and Devanagari."""
    native = str(number).translate({48 + digit: 0x966 + digit for digit in range(10)})
    assert readings(native, vocabulary) == readings(str(number), vocabulary)


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("डॉ॰", "डॉक्टर"),
        ("(डॉ॰", "डॉक्टर"),
        ("डा०", "डॉक्टर"),  # a zero where the stop was not at hand
        ("कि॰मी॰", "किलोमीटर"),
        ("कि०मी०", "किलोमीटर"),
        ("रु॰100", "एक सौ रुपये"),
    ],
)
def test_abbreviations_end_in_any_stop(vocabulary: Vocabulary, written: str, said: str) -> None:
    """Devanagari has one of its own, and a zero looks like it."""
    assert readings(written, vocabulary)[0] == said


@pytest.mark.parametrize(
    ("written", "said"), [("0", "शून्य"), ("०%", "शून्य प्रतिशत"), ("$0", "शून्य डॉलर")]
)
def test_a_zero_is_a_number(vocabulary: Vocabulary, written: str, said: str) -> None:
    """Where no abbreviation is made by taking it for a stop."""
    assert readings(written, vocabulary)[0] == said


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("½", "आधा"),
        ("1½", "डेढ़"),
        ("2½", "ढाई"),
        ("3½", "साढ़े तीन"),
        ("1¼", "सवा"),
        ("1¾", "पौने दो"),
        ("1,000½", "साढ़े एक हज़ार"),
        ("2½₹", "ढाई रुपये"),
        ("2¼₹", "सवा दो रुपये"),
        ("1\u20442", "आधा"),
    ],
)
def test_fractions_are_said_with_their_number(
    vocabulary: Vocabulary, written: str, said: str
) -> None:
    """A sign for a fraction belongs to the digits before it."""
    assert readings(written, vocabulary)[0] == said


@pytest.mark.parametrize(
    ("written", "said"),
    [("10²", "दस वर्ग"), ("2³", "दो घन"), ("m²", "वर्ग मीटर"), ("5मी²", "पाँच वर्ग मीटर")],
)
def test_powers_are_said_of_numbers_and_units(
    vocabulary: Vocabulary, written: str, said: str
) -> None:
    """A square metre, ten squared."""
    assert readings(written, vocabulary)[0] == said


@pytest.mark.parametrize("word", ["x²", "क²", "①", "क½"])
def test_a_power_of_anything_else_is_free(vocabulary: Vocabulary, word: str) -> None:
    """It is no digit: the reading shows it as it is written."""
    reading = written_text(word, "hi", vocabulary).words[0].readings[0]
    assert reading.text == word
    assert len(reading.targets) in reading.free
