"""What is told of a model."""

import threading
from pathlib import Path

import pytest
from bundles import Opener, phoneme_bundle, write_bundle

from service.bundle import open_bundle
from service.ops.processor import Processor
from service.serving.served import ServedModel
from service.web.answers.models import model_answer


def test_a_model_of_phonemes_says_so(tmp_path: Path) -> None:
    """A client knows by it what texts, transcripts and characters are made of."""
    model = ServedModel(phoneme_bundle(tmp_path), Opener({}), threading.Lock())
    answer = model_answer(model)
    assert (answer.units, answer.language) == ("phonemes", "en")


@pytest.mark.parametrize(("instructions", "fits"), [({"avx2"}, False), (set(), None)])
def test_an_answer_tells_the_weights_range_and_whether_it_fits(
    instructions: set[str], fits: bool | None, tmp_path: Path
) -> None:
    """An operator sees it without the log."""
    write_bundle(tmp_path, quantization={"policy": "integer-graph", "weight_bits": 8})
    processor = Processor("X1", frozenset(instructions))
    model = ServedModel(open_bundle(tmp_path), Opener({}), threading.Lock(), processor)
    told = model_answer(model).quantization
    assert (told.policy, told.weight_bits, told.fits_cpu) == ("integer-graph", 8, fits)
