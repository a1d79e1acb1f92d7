"""What decides how far an alignment is trusted is fitted and measured as it is described."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from export.demo import __main__ as command
from export.demo.hebrew.corpus import HEBREW
from export.demo.hebrew.pronunciation import unpointed
from export.demo.hindi.corpus import HINDI
from export.demo.trust import absorption, listening, numbers, unsaid, variants
from export.demo.trust.figures import errors, roc_area, share
from export.demo.trust.listening import Heard, Model, Speech, spoken
from export.demo.trust.pointed_numbers import pointed
from service.bundle import Bundle, open_bundle
from service.emissions import Emissions
from service.spans import FrameClock

VERSES: Final = (
    ["בְּרֵאשִׁית", "בָּרָא", "אֱלֹהִים", "אֵת", "הַשָּׁמַיִם", "וְאֵת", "הָאָרֶץ", "וְהָאָרֶץ", "הָיְתָה", "תֹהוּ", "וָבֹהוּ"],
    ["וַיֹּאמֶר", "אֱלֹהִים", "יְהִי", "אוֹר", "וַיְהִי", "אוֹר", "וַיַּרְא", "אֱלֹהִים", "אֶת", "הָאוֹר", "כִּי", "טוֹב"],
)
SENTENCES: Final = ("आज सुबह से बारिश हो रही है", "मेरी बहन बाज़ार से दूध लाई है अब")
NAMES: Final = ("מֹשֶׁה", "דָּוִד", "שָׁאוּל", "אַבְרָהָם", "יִצְחָק", "יַעֲקֹב", "יוֹסֵף", "אַהֲרֹן")
HINDI_NAMES: Final = ("राम", "श्याम", "मोहन", "गीता", "सीता", "रमेश", "सुरेश", "दिनेश")
WORDS = st.lists(st.sampled_from("abcdefgh"), min_size=1, max_size=14)


@given(WORDS, WORDS, st.integers(0, 2**32 - 1))
def test_variants_know_which_of_their_words_were_said(
    words: list[str], other: list[str], seed: int
) -> None:
    """Every word that is said to be one of the utterance's is that one."""
    random = np.random.default_rng(seed)
    made = (
        variants.exact(words),
        variants.without_ends(words),
        variants.without_middle(words),
        variants.with_inserted(words, other, random),
        variants.with_sentence(words, other, random),
        variants.replaced(words, other, 0.5, random),
        variants.shuffled(words, random),
        variants.mismatched(other),
    )
    for variant in made:
        if variant is None:
            assert len(words) < variants.LEAST_WORDS
            continue
        assert len(variant.words) == len(variant.said)
        for word, own in zip(variant.words, variant.said, strict=True):
            assert own is None or words[own] == word


def test_another_text_is_one_of_about_the_same_length() -> None:
    """And never the same words again."""
    sentences = [["aaa", "bb"], ["bb", "aaa"], ["cccccccccc"], ["dd", "ee"]]
    assert variants.alike(sentences, 0) == ["dd", "ee"]
    assert variants.alike(sentences, 2) == ["aaa", "bb"]


def test_figures_are_what_they_say() -> None:
    """Ties count half; errors without a time are left out."""
    assert roc_area(np.array([1.0, 2.0]), np.array([0.0, 1.0])) == 0.875
    assert errors([0.1, -0.3, np.nan]) == "200 / 280 ms, 50.0 %"
    assert errors([]) == "-"
    assert (share(1, 8), share(0, 0)) == ("12.5 %", "-")


def test_number_words_are_said_with_their_points() -> None:
    """The service's spelling, with "and" before it or not; what is not known is not said."""
    reading = ["אלפיים", "עשרים", "וארבע"]
    said = pointed(reading)
    assert said is not None
    assert [unpointed(word) for word in said] == reading
    assert pointed(["עשרים", "צפרדע"]) is None


@pytest.mark.parametrize("kind", numbers.KINDS)
def test_numbers_of_every_kind_can_be_said(kind: str, root: Path) -> None:
    """At least one reading of each of some is known to the voices."""
    model = Model(open_bundle(root / "models/he-demo"))
    random = np.random.default_rng(0)
    for _ in range(20):
        (readings,) = model.readings([numbers.written(kind, random)])
        assert any(pointed(reading.text.split()) for reading in readings)


def test_readings_that_sound_alike_are_one() -> None:
    """Hindi has several spellings for one sound."""
    assert numbers.sound("पन्द्रह छः पांच", HINDI) == numbers.sound("पंद्रह छह पाँच", HINDI)
    assert numbers.sound("שלוש", HEBREW) != numbers.sound("שתיים", HEBREW)


@pytest.fixture(scope="module")
def speeches(root: Path) -> Sequence[Speech]:
    """Two verses, one to fit on and one to measure."""
    model = Model(open_bundle(root / "models/he-demo"))
    return list(spoken(model, HEBREW, VERSES))


def test_nothing_is_measured_on_what_was_fitted_on(speeches: Sequence[Speech]) -> None:
    """Other sentences by other voices."""
    kinds = [(speech.kind, speech.fitting, len(speech.heard)) for speech in speeches]
    assert kinds == [
        ("fitting, clean", True, 1),
        ("fitting, degraded", True, 1),
        ("held out, clean", False, 1),
        ("held out, degraded", False, 1),
    ]
    assert speeches[0].heard[0].words == tuple(map(unpointed, VERSES[0]))
    assert speeches[2].heard[0].words == tuple(map(unpointed, VERSES[1]))


def test_absorbing_saves_what_the_text_lacks(root: Path) -> None:
    """Without it the first word of a text is dragged to a longer sound like its own before it."""
    words = ["אב", "גד", "הו", "אז", "חט", "יכ", "למ", "נס", "עת"]
    bundle = open_bundle(root / "models/he-demo")
    speech = Speech("lured", Model(bundle), (_drawn(words, bundle, lure=10),))
    rows = [line for line in absorption.report([speech]) if "without both ends" in line]
    cells = [cell.strip() for cell in rows[0].strip("| ").split("|")]
    assert cells[2].endswith(", 33.3 %")  # never
    assert cells[6].endswith(", 0.0 %")  # -1


def _drawn(words: Sequence[str], bundle: Bundle, *, lure: int) -> Heard:
    """Emissions by hand, the same on every machine: a word each 20 frames, two frames a letter, but
    `lure` for the very first, then the space.
    """
    log_probs = np.full((20 * len(words), len(bundle.tokens)), -10.0, dtype=np.float32)
    for index, word in enumerate(words):
        held = 2 if index else lure
        frames = [word[0]] * held + [word[1]] * 2 + ["|"]
        best = [bundle.tokens.index(token) for token in frames]
        best += [bundle.manifest.blank_id] * (20 - len(best))
        log_probs[np.arange(20 * index, 20 * (index + 1)), best] = -0.01
    clock = FrameClock(stride=320, sample_rate=16_000, duration_sec=0.4 * len(words))
    levels = np.zeros(40 * len(words), dtype=np.float32)
    onsets = 0.4 * np.arange(len(words))
    return Heard(tuple(words), onsets, onsets + 0.1, Emissions(log_probs, levels, clock))


def test_words_that_were_not_said_are_counted(speeches: Sequence[Speech]) -> None:
    """A row for each threshold, of both sets."""
    both = Speech("both", speeches[0].model, (*speeches[0].heard, *speeches[2].heard))
    rows = list(unsaid.report([both]))[2:]
    assert len(rows) == len(unsaid.THRESHOLDS)
    kept = next(row for row in rows if "| -3 |" in row)
    assert kept.startswith("| he-demo, both | -3 | 0.0 % |")


def test_one_command_reports_on_both_models(
    root: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """All five parts, from the texts that they were trained on."""
    monkeypatch.chdir(root)
    monkeypatch.setattr(listening, "UTTERANCES", 2)
    monkeypatch.setattr(numbers, "UTTERANCES", 3)
    verses = "\n".join(f"{name} {' '.join(line)}" for name in NAMES for line in VERSES)
    sentences = "\n".join(f"{name} {line}" for name in HINDI_NAMES for line in SENTENCES)
    arguments = ["trust"]
    for name, content in (("text", verses), ("sentences", sentences), ("words", "आज 3\nहै 2")):
        (tmp_path / name).write_text(content, encoding="utf-8")
        arguments += [f"--{name}", str(tmp_path / name)]
    assert command.main(arguments) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line for line in lines if line.startswith("## ")] == [
        "## Quality",
        "## Speech that a text lacks, and warnings",
        "## What a frame that is absorbed costs: errors of starts",
        "## Words that were not said",
        "## Numbers",
    ]
    assert any(line.startswith("CERTAIN = ") for line in lines)
    for model in ("he-demo", "hi-demo"):
        assert any(line.startswith(f"| {model}, held out, degraded |") for line in lines)
