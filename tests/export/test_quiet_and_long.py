"""int8 on what is not a few seconds of speech: silence, clicks, single frames, a minute."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
from numpy.typing import NDArray
from rapidfuzz.distance import Levenshtein
from tiny import write_checkpoint

from export.calibration.deciding import calibrate
from export.calibration.listening import fed
from export.demo.hebrew.restored import restore_hebrew
from export.huggingface import Wav2Vec2Network, read_checkpoint
from export.probes import read_recording, speech_like
from service.bundle import open_bundle
from service.ctc import greedy_decode, log_softmax

Array = NDArray[np.float32]

RATE, FRAME = 16_000, 400
MINUTE = 60 * RATE
TINY = {
    "layer norm, stable": {},
    "layer norm": {"do_stable_layer_norm": False},
    "group norm": {"feat_extract_norm": "group"},
}


class Pair:
    """A network, and its int8 graph as calibration decides it."""

    def __init__(self, network: Wav2Vec2Network, heard: Array, folder: Path) -> None:
        self.network = network
        model = calibrate(network, 8, [network.prepare(heard[: 5 * RATE])], folder).model
        self._session = onnxruntime.InferenceSession(model.SerializeToString())

    def log_probs(self, waveform: Array) -> tuple[Array, Array]:
        """Of torch, and of int8: float32 [T, V]."""
        model_input = self.network.prepare(waveform)
        (logits,) = self._session.run(
            [self.network.output], fed(self._session, self.network, model_input)
        )
        return log_softmax(self.network.logits(model_input)), log_softmax(logits[0])

    def divergence(self, waveform: Array) -> float:
        """KL(float32 || int8), nats, the frames' mean; not a number if either has one."""
        exact, rounded = self.log_probs(waveform)
        return float((np.exp(exact) * (exact - rounded)).sum(axis=1).mean())

    def texts(self, waveform: Array) -> list[list[int]]:
        """The tokens that torch and int8 hear."""
        blank = self.network.blank_id
        answers = self.log_probs(waveform)
        return [[span.token for span in greedy_decode(answer, blank)] for answer in answers]


def minute(root: Path) -> Array:
    """The example clips, one after the other and again, 60 s."""
    clips = [read_recording(root / f"examples/he-{index}.wav", RATE) for index in (1, 2, 3)]
    return np.resize(np.concatenate(clips), MINUTE)


@pytest.fixture(scope="module")
def trained(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Pair:
    """he-demo."""
    folder = tmp_path_factory.mktemp("restored")
    restore_hebrew(open_bundle(root / "models/he-demo"), folder)
    return Pair(read_checkpoint(folder), minute(root), folder)


@pytest.fixture(scope="module", params=TINY.values(), ids=TINY.keys())
def tiny(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Pair:
    """Random weights."""
    folder = tmp_path_factory.mktemp("tiny")
    network = read_checkpoint(write_checkpoint(folder / "tiny", **request.param))
    return Pair(network, speech_like(RATE, RATE), folder)


def quiet() -> Iterator[tuple[str, Array]]:
    """Names and waveforms, float32 [N]."""
    for name, length in (("a frame", FRAME), ("two frames", 720), ("10 s", 10 * RATE)):
        yield f"{name} of silence", np.zeros(length, np.float32)
        click = np.zeros(length, np.float32)
        click[length // 2] = 1
        yield f"a click in {name}", click
        hum = 1e-4 * np.random.default_rng(length).standard_normal(length)
        yield f"{name} of faint noise", hum.astype(np.float32)
        yield f"{name} of a constant", np.full(length, 0.3, np.float32)
        yield f"{name} of speech", speech_like(length, RATE, seed=3)
    spoken = speech_like(RATE, RATE, seed=4)
    yield "speech, then silence", np.concatenate([spoken, np.zeros(5 * RATE, np.float32)])
    loud = np.sign(spoken).astype(np.float32)
    yield "speech, clipped, between silence", np.pad(loud, RATE)


QUIET = dict(quiet())


@pytest.mark.parametrize("name", QUIET)
def test_a_tiny_network_hears_it_as_in_float32(name: str, tiny: Pair) -> None:
    """Nothing is divided by nothing, and nothing drowns: 0.003 nats a frame at most."""
    assert tiny.divergence(QUIET[name]) < 0.005


@pytest.mark.parametrize("name", QUIET)
def test_a_trained_network_hears_it_as_in_float32(name: str, trained: Pair) -> None:
    """As near as speech is, in every token's log-probability."""
    exact, rounded = trained.log_probs(QUIET[name])
    assert np.abs(exact - rounded).max() < 1
    assert trained.divergence(QUIET[name]) < 0.001


@pytest.mark.parametrize("length", [FRAME, RATE, MINUTE])
def test_silence_is_no_word(length: int, trained: Pair) -> None:
    """From one frame of it to a minute, in float32 as in int8."""
    assert trained.texts(np.zeros(length, np.float32)) == [[], []]


def test_a_minute_of_speech_is_heard_as_ten_seconds_are(root: Path, trained: Pair) -> None:
    """Its divergence is at most half as much again, and of 100 tokens at least 98 are the same."""
    spoken = minute(root)
    assert trained.divergence(spoken) < 1.5 * trained.divergence(spoken[: 10 * RATE])
    exact, rounded = trained.texts(spoken)
    assert len(exact) > 300
    assert Levenshtein.distance(exact, rounded) < 0.02 * len(exact)


def test_a_minute_is_no_further_off_in_a_tiny_network(tiny: Pair) -> None:
    """Whatever the family: attention over 3,000 frames adds no error."""
    sound = speech_like(MINUTE, RATE)
    assert tiny.divergence(sound) < 1.5 * tiny.divergence(sound[: 10 * RATE])
