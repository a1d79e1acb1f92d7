"""Windows are heard on the cores that are idle: the same answers, in the same order."""

import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from bundles import BLANK_ID, PlantedModel, planted_bundle
from numpy.typing import NDArray

from service.audio import Audio
from service.bundle import open_bundle
from service.chunking import Emitter, Windowing
from service.crew import Crew
from service.ctc import log_softmax
from service.features import features_of
from service.ops.cores import Cores
from service.preparing.cache import PreparedModels
from service.preparing.opening import open_pair
from service.recognizer import Recognizer

RATE = 16_000
WAIT_SEC = 30.0
SHORT = Windowing(kept_sec=1.0, context_sec=0.25)


class Named(PlantedModel):
    """Tells what its model hears, and how many cores were held meanwhile."""

    def __init__(self, cores: Cores, together: int = 1) -> None:
        super().__init__([BLANK_ID])
        self._cores, self.held = cores, list[int]()
        self._barrier = threading.Barrier(together)

    def logits(self, model_input: NDArray[np.float32]) -> NDArray[np.float32]:
        """Of every frame, what its first samples are."""
        self._barrier.wait(WAIT_SEC)
        self.held.append(self._cores.held)
        self.heard.append(len(model_input))
        frames = (len(model_input) - 400) // 320 + 1
        starts = model_input[: frames * 320 : 320]
        return np.stack([starts, -starts], axis=1)


def audio(seconds: float) -> Audio:
    waveform = np.random.default_rng(3).standard_normal(round(seconds * RATE)).astype(np.float32)
    return Audio(waveform, RATE, seconds)


def emitter(folder: Path, model: PlantedModel, crew: Crew | None = None) -> Emitter:
    manifest = planted_bundle(folder).manifest
    return Emitter(model, features_of(manifest), manifest.framing, SHORT, crew)


def test_one_window_alone_is_heard_on_all_cores(tmp_path: Path) -> None:
    """By the wide model; where there is none, or the machine has one core, by the narrow one."""
    for count, has_wide, chosen in ((4, True, "wide"), (4, False, "narrow"), (1, True, "narrow")):
        cores = Cores(count)
        models = {name: Named(cores) for name in ("narrow", "wide")}
        crew = Crew(cores, models["wide"] if has_wide else None)
        with cores.one():
            emitter(tmp_path, models["narrow"], crew).log_probs(audio(1.0))
        assert models[chosen].held == [count if chosen == "wide" else 1]
        assert sum(len(model.heard) for model in models.values()) == 1


def test_beside_another_job_each_has_a_core(tmp_path: Path) -> None:
    """One window of many cores that are not all idle is heard by the narrow model on its own."""
    cores = Cores(2)
    narrow, wide = Named(cores), Named(cores)
    with cores.one(), cores.one():
        emitter(tmp_path, narrow, Crew(cores, wide)).log_probs(audio(4.0))
    assert wide.heard == []
    assert set(narrow.held) == {2}


def test_warming_reaches_both_models(tmp_path: Path) -> None:
    """Who comes first beside others finds the narrow one warm, too."""
    cores = Cores(2)
    narrow, wide = PlantedModel([BLANK_ID] * 49), PlantedModel([BLANK_ID] * 49)
    Recognizer(planted_bundle(tmp_path), narrow, Crew(cores, wide)).warm(audio(1.0))
    assert (len(narrow.heard), len(wide.heard), cores.held) == (1, 1, 0)


def test_windows_are_heard_side_by_side(tmp_path: Path) -> None:
    """Two at a time on two cores, as the barrier needs; the last, left alone, on both."""
    cores = Cores(2)
    narrow, wide = Named(cores, together=2), Named(cores)
    with cores.one():
        emitter(tmp_path, narrow, Crew(cores, wide)).log_probs(audio(5.2))
    assert len(narrow.heard) == 4
    assert len(wide.heard) == 1
    assert max(*narrow.held, *wide.held) == 2


@pytest.mark.parametrize("seconds", [0.5, 1.5, 1.6, 5.2, 7.0])
@pytest.mark.parametrize("count", [1, 2, 3, 8])
def test_the_answer_is_that_of_one_after_the_other(
    tmp_path: Path, seconds: float, count: int
) -> None:
    """The same numbers, shown in the same parts, with the same progress."""
    cores = Cores(count)
    alone = emitter(tmp_path, Named(cores))
    crewed = emitter(tmp_path, Named(cores), Crew(cores, Named(cores)))
    told: list[list[float]] = [[], []]
    shown: list[list[NDArray[np.float32]]] = [[], []]
    answers = [
        one.log_probs(audio(seconds), on_progress=tell.append, on_heard=show.append)
        for one, tell, show in zip((alone, crewed), told, shown, strict=True)
    ]
    assert np.array_equal(*answers)
    assert told[0] == told[1]
    assert all(np.array_equal(*parts) for parts in zip(*shown, strict=True))


def test_cores_come_back_when_a_listener_stops_it(tmp_path: Path) -> None:
    """Or a model fails."""
    cores = Cores(2)

    def stop(_: float) -> None:
        raise TimeoutError

    subject = emitter(tmp_path, Named(cores), Crew(cores, Named(cores)))
    with pytest.raises(TimeoutError), cores.one():
        subject.log_probs(audio(7.0), on_progress=stop)
    assert cores.held == 0


def answers(
    root: Path, cache: Path, name: str, cores: int
) -> Iterator[tuple[NDArray[np.float32], NDArray[np.float32]]]:
    """Log-probabilities of noise, on one core and on so many."""
    bundle = open_bundle(root / "models" / name)
    pair = open_pair(bundle, 1, cores, PreparedModels(cache))
    assert pair.wide is not None
    features = features_of(bundle.manifest)
    for samples in (400, 1_001, 16_001, 47_000, 160_000):
        heard = features(np.random.default_rng(samples).standard_normal(samples, np.float32))
        yield log_softmax(pair.narrow.logits(heard)), log_softmax(pair.wide.logits(heard))


@pytest.mark.parametrize("name", ["he-demo", "hi-demo"])
def test_two_threads_change_no_bit_of_an_answer(
    root: Path, prepared_models: Path, name: str
) -> None:
    """int8 products are exact, and two threads share float convolutions without splitting sums."""
    for narrow, wide in answers(root, prepared_models, name, 2):
        assert np.array_equal(narrow, wide)


@pytest.mark.parametrize("name", ["he-demo", "hi-demo"])
@pytest.mark.parametrize("cores", [3, 4])
def test_more_threads_change_what_rounding_does(
    root: Path, prepared_models: Path, name: str, cores: int
) -> None:
    """They sum a float convolution in another order, 4e-6, and then some activations are rounded to
    the next of 255 steps: the same letters.
    """
    for narrow, wide in answers(root, prepared_models, name, cores):
        assert np.abs(np.exp(narrow) - np.exp(wide)).max() < 0.05
        assert np.mean(narrow.argmax(axis=1) == wide.argmax(axis=1)) > 0.99


def test_without_a_cache_there_is_no_wide_model(root: Path) -> None:
    """It would take the weights once more; nor is there one for a single core."""
    bundle = open_bundle(root / "models/he-demo")
    assert open_pair(bundle, 1, 2, None).wide is None


def test_a_single_core_has_no_wide_model(root: Path, prepared_models: Path) -> None:
    """There is nothing to be wide on."""
    bundle = open_bundle(root / "models/he-demo")
    assert open_pair(bundle, 1, 1, PreparedModels(prepared_models)).wide is None
