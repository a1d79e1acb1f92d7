"""Which model is chosen, and whether the reason says why."""

from pathlib import Path

import numpy as np
import pytest
from bundles import RATE, TOKENS, PlantedModel, path_of, planted_bundle, write_bundle

from service.audio import Audio
from service.bundle import open_bundle
from service.errors import UndecidedLanguage
from service.recognizer import Recognizer
from service.serving.choice import PROBE_SEC, by_certainty, by_script
from service.serving.recording import Recording

SCRIPTS = {"he-demo": "HEBREW", "hi-demo": "DEVANAGARI"}
SURE, UNSURE = 10.0, 4.0  # logits above the others
SHORT_SEC, LONG_SEC = 1.0, PROBE_SEC + 1


def noise(seconds: float) -> Recording:
    samples = round(seconds * RATE)
    waveform = np.random.default_rng(0).normal(0, 0.1, samples).astype(np.float32)
    return Recording(lambda rate: Audio(waveform, rate, seconds))


def recognizer(folder: Path, name: str, model: PlantedModel, rate: int = RATE) -> Recognizer:
    bundle = open_bundle(write_bundle(folder / name, id=name, language=name, sample_rate=rate))
    return Recognizer(bundle, model)


def own_certainty(level: float) -> float:
    """The probability of a token whose logit is `level` above all others."""
    return float(np.exp(level) / (np.exp(level) + len(TOKENS) - 1))


def pair(folder: Path, first: PlantedModel, second: PlantedModel) -> list[Recognizer]:
    return [recognizer(folder, "aa", first), recognizer(folder, "bb", second)]


@pytest.mark.parametrize(
    ("text", "model", "shares", "reason"),
    [
        (
            "שלום עולם",
            "he-demo",
            {"he-demo": 1.0, "hi-demo": 0.0},
            "the text has 8 letters: 8 Hebrew (he-demo)",
        ),
        (
            "नमन",
            "hi-demo",
            {"he-demo": 0.0, "hi-demo": 1.0},
            "the text has 3 letters: 3 Devanagari (hi-demo)",
        ),
        (
            "नमन שלום",
            "he-demo",
            {"he-demo": 0.5714, "hi-demo": 0.4286},
            "the text has 7 letters: 4 Hebrew (he-demo), 3 Devanagari (hi-demo)",
        ),
        (
            "the NATO summit, न",
            "hi-demo",
            {"he-demo": 0.0, "hi-demo": 0.0714},
            "the text has 14 letters: 13 Latin, 1 Devanagari (hi-demo)",
        ),
        (
            "אב नम",
            "he-demo",
            {"he-demo": 0.5, "hi-demo": 0.5},
            (
                "the text has 4 letters: 2 Hebrew (he-demo), 2 Devanagari (hi-demo); "
                "he-demo comes before hi-demo"
            ),
        ),
    ],
)
def test_a_text_goes_to_the_model_of_most_of_its_letters(
    text: str, model: str, shares: dict[str, float], reason: str
) -> None:
    """The majority among the models' scripts decides; the reason has every script's count."""
    choice = by_script(text, SCRIPTS)
    assert (choice.model, choice.by, choice.reason) == (model, "script", reason)
    assert choice.candidates == shares


@pytest.mark.parametrize(
    ("text", "found", "got"),
    [
        ("42, 2024!", [], "got none"),
        ("hello мир", ["LATIN", "CYRILLIC"], "got 8 in LATIN, CYRILLIC"),
    ],
)
def test_a_text_in_no_models_letters_is_refused(text: str, found: list[str], got: str) -> None:
    """Digits only, or foreign letters only: the error says what is known and what came."""
    with pytest.raises(UndecidedLanguage, match=got) as caught:
        by_script(text, SCRIPTS)
    assert caught.value.param == "language"
    assert caught.value.facts == {"scripts_known": ["DEVANAGARI", "HEBREW"], "scripts_found": found}


def test_a_model_without_letters_is_never_meant() -> None:
    """It has no script to be chosen by."""
    assert by_script("אב", {"symbols": None, "he-demo": "HEBREW"}).model == "he-demo"


@pytest.mark.parametrize(("levels", "winner"), [((SURE, UNSURE), "aa"), ((UNSURE, SURE), "bb")])
def test_the_more_certain_model_is_chosen(
    tmp_path: Path, levels: tuple[float, float], winner: str
) -> None:
    """Whichever it is; the figures stand in the candidates and in the reason, the highest first."""
    models = [PlantedModel(path_of("_שלום_"), level) for level in levels]
    choice, chosen, _ = by_certainty(noise(SHORT_SEC), pair(tmp_path, *models))
    (loser,) = {"aa", "bb"} - {winner}
    assert (choice.model, choice.by, chosen.manifest.id) == (winner, "certainty", winner)
    assert set(choice.candidates) == {"aa", "bb"}
    high, low = choice.candidates[winner], choice.candidates[loser]
    assert high == pytest.approx(1, abs=0.01)
    assert low == pytest.approx(own_certainty(UNSURE), abs=1e-4)
    assert choice.reason == (
        f"{winner} is certain to 1.00, {loser} to {low:.2f}, on the first 1.0 s"
    )


def test_models_that_hear_nothing_lose_to_one_that_does(tmp_path: Path) -> None:
    """Blanks are no certainty, however sure they are."""
    models = PlantedModel(path_of("______"), SURE), PlantedModel(path_of("_ש__"), UNSURE)
    choice = by_certainty(noise(SHORT_SEC), pair(tmp_path, *models)).choice
    assert choice.model == "bb"
    assert choice.candidates["aa"] == 0


@pytest.mark.parametrize("loudness", [0.0, 0.1])
def test_where_nothing_is_heard_the_first_language_answers(tmp_path: Path, loudness: float) -> None:
    """Silence, or noise in which no model hears a letter; the reason says so."""
    waveform = np.full(RATE, loudness, dtype=np.float32)
    models = [PlantedModel(path_of("____")) for _ in range(2)]
    recording = Recording(lambda rate: Audio(waveform, rate, 1.0))
    choice = by_certainty(recording, pair(tmp_path, *models)).choice
    assert choice.candidates == {"aa": 0.0, "bb": 0.0}
    assert choice.model == "aa"
    assert choice.reason == "no model hears speech in the first 1.0 s: aa (aa) comes first"


def test_a_short_recording_is_heard_once_by_each(tmp_path: Path) -> None:
    """Up to the probe's length, what the winner heard is its answer."""
    for seconds in (SHORT_SEC, PROBE_SEC):
        models = PlantedModel(path_of("_שלום_"), SURE), PlantedModel(path_of("_ש_"), UNSURE)
        heard = by_certainty(noise(seconds), pair(tmp_path, *models))
        assert heard.transcript is not None
        assert (heard.transcript.text, heard.transcript.duration_sec) == ("שלום", seconds)
        assert [model.heard for model in models] == [[round(seconds * RATE)]] * 2


def test_of_a_long_recording_only_the_beginning_is_compared(tmp_path: Path) -> None:
    """No model hears more than PROBE_SEC, and nobody's answer is taken for the whole."""
    models = PlantedModel(path_of("_שלום_"), SURE), PlantedModel(path_of("_ש_"), UNSURE)
    heard = by_certainty(noise(LONG_SEC), pair(tmp_path, *models))
    assert heard.transcript is None
    assert [model.heard for model in models] == [[round(PROBE_SEC * RATE)]] * 2
    assert heard.choice.reason.endswith("on the first 8.0 s")


@pytest.mark.parametrize(
    ("silent_sec", "sound_sec", "start_sec"),
    [(12.3, 9.0, 12.3), (0.3, 9.0, 0.3), (12.0, 1.0, 5.0), (9.0, 8.0, 9.0)],
)
def test_the_probe_begins_with_the_sound(
    tmp_path: Path, silent_sec: float, sound_sec: float, start_sec: float
) -> None:
    """Silence before it is not heard, but for what a whole probe needs; the reason says where."""
    sound = noise(sound_sec).at(RATE).waveform
    waveform = np.concatenate([np.zeros(round(silent_sec * RATE), dtype=np.float32), sound])
    recording = Recording(lambda rate: Audio(waveform, rate, silent_sec + sound_sec))
    models = PlantedModel(path_of("_שלום_"), SURE), PlantedModel(path_of("_ש_"), UNSURE)
    heard = by_certainty(recording, pair(tmp_path, *models))
    assert heard.choice.candidates["aa"] > 0.9
    assert heard.transcript is None
    assert [model.heard for model in models] == [[round(PROBE_SEC * RATE)]] * 2
    assert heard.choice.reason.endswith(f", on 8.0 s from {start_sec} s")


def test_each_model_hears_its_own_rate(tmp_path: Path) -> None:
    """Models of different rates are compared on the same seconds."""
    models = [PlantedModel(path_of("_ש_")), PlantedModel(path_of("_ש_"))]
    rates = (RATE, RATE // 2)
    recognizers = [
        recognizer(tmp_path, f"at-{rate}", model, rate)
        for rate, model in zip(rates, models, strict=True)
    ]

    def decode_at(rate: int) -> Audio:
        return Audio(np.full(rate * 9, 0.1, dtype=np.float32), rate, 9.0)

    by_certainty(Recording(decode_at), recognizers)
    assert [model.heard for model in models] == [[rate * 8] for rate in rates]


def test_a_transcript_knows_how_certain_it_is(tmp_path: Path) -> None:
    """Of its letters, not of its blanks; 0 for silence."""
    unsure = PlantedModel(path_of("__ש__"), UNSURE)
    subject = Recognizer(planted_bundle(tmp_path), unsure)
    assert subject.transcribe(noise(0.2).at(RATE)).certainty == pytest.approx(own_certainty(UNSURE))
    silence = Audio(np.zeros(RATE, dtype=np.float32), RATE, 1.0)
    assert subject.transcribe(silence).certainty == 0
