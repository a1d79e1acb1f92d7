"""The embedded models know the example clips' texts from others, and say what is amiss."""

from pathlib import Path

import pytest

from service.audio import Audio, decode_file
from service.bundle import open_bundle
from service.recognizer import Recognizer
from service.spans import Alignment

CLIPS = tuple(f"{language}-{number}" for language in ("he", "hi") for number in (1, 2, 3))
MAX_SEC = 60.0


@pytest.fixture(scope="module")
def recognizers(root: Path) -> dict[str, Recognizer]:
    """By language."""
    return {
        language: Recognizer.load(open_bundle(root / f"models/{language}-demo"))
        for language in ("he", "hi")
    }


class Clips:
    """The example clips with their texts."""

    def __init__(self, folder: Path, recognizers: dict[str, Recognizer]) -> None:
        self._folder = folder
        self._recognizers = recognizers

    def words(self, clip: str) -> list[str]:
        """What is said in it."""
        return (self._folder / f"{clip}.txt").read_text(encoding="utf-8").split()

    def align(self, clip: str, words: list[str]) -> Alignment:
        """Any text in it."""
        recognizer = self._recognizers[clip.partition("-")[0]]
        return recognizer.align(self._audio(clip, recognizer), " ".join(words))

    def _audio(self, clip: str, recognizer: Recognizer) -> Audio:
        path = self._folder / f"{clip}.wav"
        return decode_file(path, recognizer.manifest.sample_rate, MAX_SEC)


@pytest.fixture(scope="module")
def clips(root: Path, recognizers: dict[str, Recognizer]) -> Clips:
    return Clips(root / "examples", recognizers)


def others(clip: str) -> list[str]:
    """The clips of the same language."""
    return [other for other in CLIPS if other[:2] == clip[:2] and other != clip]


@pytest.mark.parametrize("clip", CLIPS)
def test_a_clips_own_text_is_trusted(clip: str, clips: Clips) -> None:
    """Every word is found, nothing else is said, and there is no warning."""
    answer = clips.align(clip, clips.words(clip))
    assert answer.quality >= 0.9
    assert {word.status for word in answer.words} == {"aligned"}
    assert (answer.unspoken, answer.unwritten, answer.warnings) == ((), (), ())


@pytest.mark.parametrize("clip", CLIPS)
def test_another_clips_text_is_not_trusted(clip: str, clips: Clips) -> None:
    """It seems hardly said at all, most of its words are not found, and what is said is told."""
    for other in others(clip):
        answer = clips.align(clip, clips.words(other))
        assert answer.quality <= 0.2
        missing = [word for word in answer.words if word.status == "not_found"]
        assert len(missing) > len(answer.words) / 2
        assert answer.unwritten
        assert any("do not trust" in warning for warning in answer.warnings)


@pytest.mark.parametrize("place", ["before", "within", "after"])
@pytest.mark.parametrize("clip", CLIPS)
def test_an_inserted_sentence_is_not_found(clip: str, place: str, clips: Clips) -> None:
    """But for one that sounds like a word that is said, and may stand in its place; the others
    keep their times to a frame or two.
    """
    said, extra = clips.words(clip), clips.words(others(clip)[0])
    at = {"before": 0, "within": len(said) // 2, "after": len(said)}[place]
    answer = clips.align(clip, [*said[:at], *extra, *said[at:]])
    found = [word for word in answer.words[at : at + len(extra)] if word.start is not None]
    kept = (*answer.words[:at], *answer.words[at + len(extra) :])
    pairs = list(zip(kept, clips.align(clip, said).words, strict=True))
    lost = [own for word, own in pairs if word.start is None]
    assert len(found) <= 1
    assert [own.start for own in lost] == pytest.approx([word.start for word in found], abs=0.1)
    for word, own in pairs:
        if word.start is not None:
            assert word.start == pytest.approx(own.start, abs=0.1)


@pytest.mark.parametrize("clip", CLIPS)
def test_speech_that_the_text_lacks_is_told(clip: str, clips: Clips) -> None:
    """Two words in the middle: one stretch, where they are said; all others keep their places."""
    said = clips.words(clip)
    at = len(said) // 2 - 1
    exact = clips.align(clip, said).words
    answer = clips.align(clip, [*said[:at], *said[at + 2 :]])
    (stretch,) = answer.unwritten
    assert stretch.start == pytest.approx(exact[at].start, abs=0.15)
    assert stretch.end == pytest.approx(exact[at + 1].end, abs=0.15)
    for word, own in zip(answer.words, (*exact[:at], *exact[at + 2 :]), strict=True):
        assert word.start == pytest.approx(own.start, abs=0.05)
        assert word.end == pytest.approx(own.end, abs=0.15)
    assert answer.unspoken == ()


@pytest.mark.parametrize("clip", CLIPS)
def test_a_word_of_another_script_has_the_time_of_what_was_said(clip: str, clips: Clips) -> None:
    """From its start to its end, as if it had been written in the model's letters."""
    said = clips.words(clip)
    at = len(said) // 2
    own = clips.align(clip, said).words[at]
    answer = clips.align(clip, [*said[:at], "Kolvani", *said[at + 1 :]])
    word = answer.words[at]
    assert word.status == "interpolated"
    assert word.start == pytest.approx(own.start, abs=0.15)
    assert word.end == pytest.approx(own.end, abs=0.15)
    assert answer.unwritten == ()
