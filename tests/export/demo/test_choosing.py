"""The share of recordings that go to the model of their language is counted as it is described."""

from types import SimpleNamespace

import pytest

from export.demo import evaluate
from export.demo.choice import measure_choice
from export.demo.hebrew.corpus import Split as HebrewSplit
from export.demo.hindi.corpus import Split as HindiSplit
from export.demo.speech.mixture import Phrases
from service.audio import Audio
from service.spans import Transcript


class Sure:
    """A model that is as certain of everything as it is told."""

    def __init__(self, language: str, certainty: float) -> None:
        self.manifest = SimpleNamespace(id=f"{language}-demo", language=language, sample_rate=16000)
        self._certainty = certainty

    def transcribe(self, audio: Audio) -> Transcript:
        """Nothing, with its certainty."""
        name = self.manifest
        return Transcript("", self._certainty, (), audio.duration_sec, name.language, name.id, {})


@pytest.mark.parametrize(("hebrew", "hindi", "right"), [(0.9, 0.1, (1, 0)), (0.1, 0.9, (0, 1))])
def test_a_recording_is_right_where_its_own_model_is_surer(
    hebrew: float, hindi: float, right: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of each language's sentences, clean and degraded, the share that its model wins."""
    monkeypatch.setattr(evaluate, "UTTERANCES", 2)
    verses = (("שָׁלוֹם", "לָכֶם"), ("יוֹם", "טוֹב"))
    sentences = (("आज", "बारिश"), ("मेरी", "बहन"))
    figures = measure_choice(
        {"he": Sure("he", hebrew), "hi": Sure("hi", hindi)},
        HebrewSplit((), verses, (), ()),
        HindiSplit(Phrases((), ()), sentences),
    )
    assert figures == {
        "he_clean": {"recordings": 2, "right": right[0]},
        "he_degraded": {"recordings": 2, "right": right[0]},
        "hi_clean": {"recordings": 2, "right": right[1]},
        "hi_degraded": {"recordings": 2, "right": right[1]},
    }
