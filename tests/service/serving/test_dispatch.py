"""A request reaches the model that was named, or the one that fits, and is told which."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from bundles import (
    HINDI_LETTERS,
    LETTERS,
    RATE,
    STRIDE,
    FailingModel,
    Opener,
    PlantedModel,
    path_of,
    two_languages,
    write_bundle,
)

from service.audio import Audio
from service.errors import (
    BundleError,
    NoSpeech,
    NothingToAlign,
    TranscriptTooLong,
    UndecidedLanguage,
)
from service.serving import dispatch
from service.serving.catalogue import Catalogue
from service.serving.choice import PROBE_SEC
from service.serving.emission_cache import EmissionCache
from service.serving.recording import Keeping, Recording

PATH = path_of("_שלום_")
SECONDS = len(PATH) * STRIDE / RATE
HINDI_WORD = "".join(HINDI_LETTERS[LETTERS.index(letter)] for letter in "שלום")
SURE, UNSURE = 10.0, 3.0  # logits above the others


def planted(hebrew: float = SURE, hindi: float = UNSURE) -> dict[str, PlantedModel]:
    return {"hebrew": PlantedModel(PATH, hebrew), "hindi": PlantedModel(PATH, hindi)}


def noise(seconds: float = SECONDS) -> Recording:
    samples = round(seconds * RATE)
    waveform = np.random.default_rng(0).normal(0, 0.1, samples).astype(np.float32)
    return Recording(lambda rate: Audio(waveform, rate, seconds))


def unheard() -> Recording:
    def decode_at(rate: int) -> Audio:
        raise AssertionError(f"decoded at {rate} Hz")

    return Recording(decode_at)


def forget(models: Mapping[str, PlantedModel]) -> None:
    """Leave out what was heard while the models were warmed."""
    for model in models.values():
        model.heard.clear()


def test_a_named_model_works_alone(tmp_path: Path) -> None:
    """Nothing is compared, and no other model is even loaded."""
    opener = Opener(planted())
    shortlist = two_languages(tmp_path, opener).shortlist(None, "hi")
    answer = dispatch.transcribe(shortlist, noise())
    assert (answer.result.text, answer.result.language) == (HINDI_WORD, "hi")
    assert answer.choice.by == "request"
    assert set(answer.before) == {"load", "decode"}
    assert opener.opened == ["hindi"]


@pytest.mark.parametrize(
    ("levels", "language", "text"),
    [((SURE, UNSURE), "he", "שלום"), ((UNSURE, SURE), "hi", HINDI_WORD)],
)
def test_speech_goes_to_the_more_certain_model(
    tmp_path: Path, levels: tuple[float, float], language: str, text: str
) -> None:
    """Language, text and reason are the winner's."""
    shortlist = two_languages(tmp_path, Opener(planted(*levels))).shortlist()
    answer = dispatch.transcribe(shortlist, noise())
    assert (answer.result.language, answer.result.text) == (language, text)
    assert (answer.choice.by, answer.choice.model) == ("certainty", answer.result.model)
    assert answer.choice.reason.startswith(f"{answer.result.model} is certain to 1.00")


@pytest.mark.parametrize("seconds", [SECONDS, PROBE_SEC, PROBE_SEC + 1])
def test_the_winner_hears_a_short_recording_once(tmp_path: Path, seconds: float) -> None:
    """What is longer than the probe, it hears again in full; the loser hears the probe alone."""
    models = planted()
    catalogue = two_languages(tmp_path, Opener(models))
    catalogue.load_all()
    forget(models)
    answer = dispatch.transcribe(catalogue.shortlist(), noise(seconds))
    whole, probe = round(seconds * RATE), round(min(seconds, PROBE_SEC) * RATE)
    assert models["hindi"].heard == [probe]
    assert models["hebrew"].heard == ([probe] if whole == probe else [probe, whole])
    assert answer.result.duration_sec == seconds
    assert list(answer.before) == ["decode", "language"]
    assert all(spent >= 0 for spent in answer.before.values())


def test_silence_is_an_empty_text_of_the_first_language(tmp_path: Path) -> None:
    """No model is asked, and the reason says that nothing is heard."""
    models = planted()
    catalogue = two_languages(tmp_path, Opener(models))
    catalogue.load_all()
    forget(models)
    silence = Recording(lambda rate: Audio(np.zeros(rate, dtype=np.float32), rate, 1.0))
    answer = dispatch.transcribe(catalogue.shortlist(), silence)
    assert (answer.result.text, answer.result.language) == ("", "he")
    assert answer.choice.candidates == {"hebrew": 0.0, "hindi": 0.0}
    assert "no model hears speech" in answer.choice.reason
    assert [model.heard for model in models.values()] == [[], []]


@pytest.mark.parametrize(("text", "model"), [("שלום", "hebrew"), (HINDI_WORD, "hindi")])
def test_a_text_is_aligned_by_the_model_of_its_script(
    tmp_path: Path, text: str, model: str
) -> None:
    """However certain the other is; and only that model is loaded."""
    opener = Opener(planted())
    answer = dispatch.align(two_languages(tmp_path, opener).shortlist(), noise(), text)
    assert (answer.result.model, answer.choice.by) == (model, "script")
    assert [word.status for word in answer.result.words] == ["aligned"]
    assert opener.opened == [model]
    assert list(answer.before) == ["language", "load", "text", "decode"]


def test_in_a_mixed_text_the_majority_decides_and_the_rest_is_interpolated(tmp_path: Path) -> None:
    """Every word comes back; the reason has both counts."""
    text = f"שלום {HINDI_WORD[:2]}"
    answer = dispatch.align(two_languages(tmp_path, Opener(planted())).shortlist(), noise(), text)
    assert [word.status for word in answer.result.words] == ["aligned", "interpolated"]
    assert answer.choice.reason == "the text has 6 letters: 4 Hebrew (hebrew), 2 Devanagari (hindi)"


def test_a_text_without_letters_is_undecided_before_anything_is_done(tmp_path: Path) -> None:
    """Digits only: no sound is decoded and no model loaded."""
    opener = Opener(planted())
    with pytest.raises(UndecidedLanguage):
        dispatch.align(two_languages(tmp_path, opener).shortlist(), unheard(), "42")
    assert opener.opened == []


def test_a_named_model_takes_any_text(tmp_path: Path) -> None:
    """Its own errors say what it cannot speak, or that nothing is heard."""
    shortlist = two_languages(tmp_path, Opener(planted())).shortlist("hebrew")
    with pytest.raises(NothingToAlign):
        dispatch.align(shortlist, noise(), HINDI_WORD)
    silence = Recording(lambda rate: Audio(np.zeros(rate, dtype=np.float32), rate, 1.0))
    with pytest.raises(NoSpeech):
        dispatch.align(shortlist, silence, "שלום")


def test_loading_is_a_stage_of_the_requests_that_wait_for_it(tmp_path: Path) -> None:
    """The first has it, the second does not."""
    catalogue = two_languages(tmp_path, Opener(planted()))
    first, second = (dispatch.transcribe(catalogue.shortlist(), noise()) for _ in range(2))
    assert "load" in first.before
    assert "load" not in second.before


def half_broken(folder: Path) -> Catalogue:
    """`hebrew` answers, and `hindi` fails when it is warmed."""
    return two_languages(folder, Opener({**planted(), "hindi": FailingModel()}))


def test_a_model_that_fails_to_load_is_passed_over(tmp_path: Path) -> None:
    """The request that finds out is answered by the other, and so are the next ones."""
    catalogue = half_broken(tmp_path)
    first = dispatch.transcribe(catalogue.shortlist(), noise())
    assert (first.result.model, first.choice.by) == ("hebrew", "only")
    assert first.choice.reason == "hebrew answers: no model of hi loads"
    assert set(catalogue.broken) == {"hindi"}
    second = dispatch.transcribe(catalogue.shortlist(), noise())
    assert (second.result.text, second.choice.by) == ("שלום", "only")


def with_a_broken_default(folder: Path) -> Catalogue:
    """he-demo and hi-demo answer; `real`, of Hindi too, would come first and fails."""
    write_bundle(folder / "he-demo", id="he-demo")
    write_bundle(folder / "hi-demo", HINDI_LETTERS, id="hi-demo", language="hi")
    write_bundle(folder / "real", HINDI_LETTERS, id="real", language="hi")
    models = {
        "he-demo": PlantedModel(PATH, UNSURE),
        "hi-demo": PlantedModel(PATH, SURE),
        "real": FailingModel(),
    }
    return Catalogue.read(folder, opener=Opener(models))


PASSED_OVER = "; passed over, as it does not load: real"


@pytest.mark.parametrize("language", [None, "auto", "hi"])
@pytest.mark.parametrize("task", ["transcribe", "align"])
def test_a_default_that_fails_at_first_use_leaves_its_language_to_the_next(
    tmp_path: Path, task: str, language: str | None
) -> None:
    """The request that finds out, and those after it, are answered and told who was passed over."""
    catalogue = with_a_broken_default(tmp_path)
    for _ in range(2):
        shortlist = catalogue.shortlist(None, language)
        answer = (
            dispatch.transcribe(shortlist, noise())
            if task == "transcribe"
            else dispatch.align(shortlist, noise(), HINDI_WORD)
        )
        assert (answer.result.model, answer.choice.model) == ("hi-demo", "hi-demo")
        assert answer.choice.reason.endswith(PASSED_OVER)
        assert answer.choice.reason.count("real") == 1
        assert "real" not in answer.choice.candidates
    if language == "hi":
        told = "language hi was asked for, and hi-demo is its default"
        assert answer.choice.reason == told + PASSED_OVER
    with pytest.raises(BundleError, match="got nothing"):
        dispatch.transcribe(catalogue.shortlist("real"), noise())


def test_other_languages_do_not_tell_of_it(tmp_path: Path) -> None:
    """A Hebrew text is aligned as ever, and the broken model is not even tried."""
    catalogue = with_a_broken_default(tmp_path)
    answer = dispatch.align(catalogue.shortlist(), noise(), "שלום")
    assert answer.choice.reason == "the text has 4 letters: 4 Hebrew (he-demo)"
    assert catalogue.broken == {}


def test_who_needs_the_model_that_fails_is_told(tmp_path: Path) -> None:
    """By name, by language or by the script of the text: a BundleError, and no other model."""
    catalogue = half_broken(tmp_path)
    with pytest.raises(BundleError, match="got nothing"):
        dispatch.align(catalogue.shortlist(), noise(), HINDI_WORD)
    for shortlist in (catalogue.shortlist("hindi"), catalogue.shortlist(None, "hi")):
        with pytest.raises(BundleError, match="got nothing"):
            dispatch.transcribe(shortlist, noise())


def test_where_no_model_loads_the_error_says_so(tmp_path: Path) -> None:
    """The last fault is raised, not an empty comparison."""
    opener = Opener({"hebrew": FailingModel(), "hindi": FailingModel()})
    catalogue = two_languages(tmp_path, opener)
    with pytest.raises(BundleError, match="got nothing"):
        dispatch.transcribe(catalogue.shortlist(), noise())


def test_requests_of_all_kinds_at_once_answer_as_alone(tmp_path: Path) -> None:
    """32 in 8 threads on models that are not loaded yet: each loads once, nothing is mixed up."""
    opener = Opener(planted())
    catalogue = two_languages(tmp_path, opener)
    languages = (None, "he", "hi", "auto")

    def text(number: int) -> str:
        shortlist = catalogue.shortlist(None, languages[number % len(languages)])
        return dispatch.transcribe(shortlist, noise()).result.text

    with ThreadPoolExecutor(8) as threads:
        texts = list(threads.map(text, range(32)))
    assert texts == ["שלום", "שלום", HINDI_WORD, "שלום"] * 8
    assert sorted(opener.opened) == ["hebrew", "hindi"]


@pytest.mark.parametrize("model", ["hebrew", None])
def test_progress_is_told_of_the_model_that_answers(tmp_path: Path, model: str | None) -> None:
    """Named or chosen, transcribing or aligning; and what it raises ends the request."""
    told: list[float] = []
    shortlist = two_languages(tmp_path, Opener(planted())).shortlist(model)
    dispatch.align(shortlist, noise(), "שלום", on_progress=told.append)
    assert told == sorted(told)
    assert set(told) == {0.0, SECONDS}  # 0 while the text is read
    told.clear()
    if model:  # where models are compared, the probe was the whole sound, and is the answer
        dispatch.transcribe(shortlist, noise(), on_progress=told.append)
        assert told == [SECONDS]

    def stop(_: float) -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        dispatch.align(shortlist, noise(), "שלום", on_progress=stop)


@pytest.mark.parametrize("times", [1, 2])
def test_a_text_is_refused_by_the_sound_that_it_is_for(tmp_path: Path, times: int) -> None:
    """Before any model hears it, or by what was kept of it."""
    models = planted()
    shortlist = two_languages(tmp_path, Opener(models)).shortlist("hebrew")
    dispatch.transcribe(shortlist, noise())  # loads it
    silent = Audio(np.zeros(RATE, dtype=np.float32), RATE, 1.0)
    for sound, error in ((noise().at(RATE), TranscriptTooLong), (silent, NoSpeech)):
        keeping = Keeping(EmissionCache(10**6), lambda: "content", 10.0)
        again = [Recording(lambda _, it=sound: it, keeping) for _ in range(times)]
        for earlier in again[1:]:
            dispatch.transcribe(shortlist, earlier)
        forget(models)
        with pytest.raises(error):
            dispatch.align(shortlist, again[0], "שלום " * 100)
        assert not models["hebrew"].heard


def test_a_file_is_named_by_its_content_once(tmp_path: Path) -> None:
    """Naming it reads all of it; it is needed to look for what was kept, and to keep it."""
    shortlist = two_languages(tmp_path, Opener(planted())).shortlist("hebrew")
    sound, named = noise().at(RATE), []

    def content_id() -> str:
        named.append(1)
        return "content"

    cache = EmissionCache(10**6)
    for cached in (False, True):
        named.clear()
        recording = Recording(lambda _: sound, Keeping(cache, content_id, 10.0))
        assert dispatch.align(shortlist, recording, "שלום").cached is cached
        assert named == [1]


def test_progress_is_told_after_the_models_were_compared(tmp_path: Path) -> None:
    """Of the whole sound, not of the probe."""
    told: list[float] = []
    shortlist = two_languages(tmp_path, Opener(planted())).shortlist()
    dispatch.transcribe(shortlist, noise(PROBE_SEC + 1), on_progress=told.append)
    assert told == [PROBE_SEC + 1]
