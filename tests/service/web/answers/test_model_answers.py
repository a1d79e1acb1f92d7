"""What is told of a model."""

import threading
from pathlib import Path

from bundles import Opener, phoneme_bundle

from service.serving.served import ServedModel
from service.web.answers.models import model_answer


def test_a_model_of_phonemes_says_so(tmp_path: Path) -> None:
    """A client knows by it what texts, transcripts and characters are made of."""
    model = ServedModel(phoneme_bundle(tmp_path), Opener({}), threading.Lock())
    answer = model_answer(model)
    assert (answer.units, answer.language) == ("phonemes", "en")
