"""A model is loaded on its first use, once, and weighed."""

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from bundles import BLANK_ID, HINDI_LETTERS, FailingModel, Opener, PlantedModel, write_bundle

from service.acoustic import OnnxAcousticModel
from service.bundle import MODEL_FILE, TOKENS_FILE, Bundle, open_bundle
from service.errors import BundleError, OutOfMemory
from service.recognizer import Recognizer
from service.serving.served import Opener as AnyOpener
from service.serving.served import ServedModel

WAIT_SEC = 30.0
BLOCK_BYTES = 64 << 20


def planted() -> PlantedModel:
    return PlantedModel([BLANK_ID] * 8)


def served(folder: Path, opener: AnyOpener, name: str = "aa") -> ServedModel:
    bundle = open_bundle(write_bundle(folder / name, id=name))
    return ServedModel(bundle, opener, threading.Lock())


def test_nothing_is_loaded_before_it_is_used(tmp_path: Path) -> None:
    """The manifest, the script and the files' size are known, and no session is open."""
    opener = Opener({"aa": planted()})
    model = served(tmp_path, opener)
    files = [tmp_path / "aa" / name for name in (MODEL_FILE, TOKENS_FILE)]
    assert (model.manifest.id, model.script) == ("aa", "HEBREW")
    assert model.file_bytes == sum(len(file.read_bytes()) for file in files)
    assert (model.loaded, model.fault, opener.opened) == (None, None, [])


def test_the_first_use_opens_and_warms(tmp_path: Path) -> None:
    """The model has heard speech before anybody gets it; the second use finds it there."""
    model = planted()
    opener = Opener({"aa": model})
    subject = served(tmp_path, opener)
    recognizer = subject.recognizer()
    assert len(model.heard) == 1
    assert subject.recognizer() is recognizer
    assert opener.opened == ["aa"]
    assert subject.loaded is not None
    assert subject.loaded.load_sec > 0


def test_requests_at_the_same_moment_load_it_once(tmp_path: Path) -> None:
    """The others wait for the first, and all get the same recognizer."""
    callers = 8
    together = threading.Barrier(callers)
    opener = Opener({"aa": planted()})
    subject = served(tmp_path, opener)

    def use(_: int) -> Recognizer:
        together.wait(WAIT_SEC)
        return subject.recognizer()

    with ThreadPoolExecutor(callers) as threads:
        recognizers = list(threads.map(use, range(callers)))
    assert opener.opened == ["aa"]
    assert len({id(recognizer) for recognizer in recognizers}) == 1


def test_models_load_one_at_a_time_and_a_loaded_one_never_waits(tmp_path: Path) -> None:
    """While one loads, another's load waits and a loaded model answers."""
    loading = threading.Lock()
    begun, release = threading.Event(), threading.Event()
    plain = Opener({"aa": planted(), "cc": planted()})

    def slow(bundle: Bundle) -> Recognizer:
        begun.set()
        assert release.wait(WAIT_SEC)
        return Recognizer(bundle, planted())

    first, second, third = (
        ServedModel(open_bundle(write_bundle(tmp_path / name, id=name)), opener, loading)
        for name, opener in (("aa", plain), ("bb", slow), ("cc", plain))
    )
    ready = first.recognizer()
    with ThreadPoolExecutor(2) as threads:
        threads.submit(second.recognizer)
        assert begun.wait(WAIT_SEC)
        waiting = threads.submit(third.recognizer)
        assert first.recognizer() is ready
        assert plain.opened == ["aa"]
        release.set()
        waiting.result(WAIT_SEC)
    assert plain.opened == ["aa", "cc"]


class Heavy(PlantedModel):
    """Holds 64 MiB that it has written to."""

    def __init__(self) -> None:
        super().__init__([BLANK_ID] * 8)
        self.block = np.ones(BLOCK_BYTES, dtype=np.uint8)


def test_memory_is_what_the_process_grew_by(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A model that takes 64 MiB is told to, and one that frees more than it takes is 0."""

    def heavy(bundle: Bundle) -> Recognizer:
        return Recognizer(bundle, Heavy())

    model = ServedModel(open_bundle(write_bundle(tmp_path / "aa")), heavy, threading.Lock())
    model.recognizer()
    assert model.loaded is not None
    assert model.loaded.memory_bytes == pytest.approx(BLOCK_BYTES, rel=0.2)

    for readings, expected in (([700, 500], 0), ([500, 700], 200), ([None, 700], None)):
        told = iter(readings)
        monkeypatch.setattr("service.serving.served.resident_bytes", lambda told=told: next(told))
        model = served(tmp_path, Opener({"aa": planted()}))
        model.recognizer()
        assert model.loaded is not None
        assert model.loaded.memory_bytes == expected


def test_a_load_that_fails_is_remembered(tmp_path: Path) -> None:
    """Everybody who asks gets a BundleError with the first fault; it is not tried again."""
    opener = Opener({"aa": FailingModel()})
    subject = served(tmp_path, opener)
    for _ in range(2):
        with pytest.raises(BundleError, match="got nothing") as caught:
            subject.recognizer()
        assert caught.value.facts == {"model": "aa"}
    assert subject.fault is not None
    assert "got nothing" in subject.fault
    assert opener.opened == ["aa"]
    assert subject.loaded is None


def test_memory_that_lacks_once_is_no_fault(tmp_path: Path) -> None:
    """Who asks is told to come back, and whoever comes next may find it loaded."""
    errors: list[Exception] = [MemoryError(), MemoryError()]

    def opened(bundle: Bundle) -> Recognizer:
        if errors:
            raise errors.pop()
        return Recognizer(bundle, planted())

    subject = served(tmp_path, opened)
    for _ in range(2):
        with pytest.raises(OutOfMemory) as caught:
            subject.recognizer()
        assert caught.value.facts["retry_after_sec"]
    assert subject.fault is None
    assert subject.recognizer()


def test_a_fault_of_any_kind_is_the_models_alone(tmp_path: Path) -> None:
    """What no check foresaw is told with its folder."""
    bundle = open_bundle(write_bundle(tmp_path / "aa", id="aa"))
    subject = ServedModel(bundle, Opener({}), threading.Lock())  # a KeyError
    with pytest.raises(BundleError, match=rf"{tmp_path}/aa: expected a model that loads, got \w+:"):
        subject.recognizer()
    assert subject.fault is not None


def test_a_file_that_goes_after_the_check_is_a_fault(tmp_path: Path) -> None:
    """The runtime's complaint names the file."""
    bundle = open_bundle(write_bundle(tmp_path / "aa", HINDI_LETTERS, id="aa"))
    subject = ServedModel(
        bundle, lambda item: Recognizer(item, OnnxAcousticModel(item)), threading.Lock()
    )
    (tmp_path / "aa" / MODEL_FILE).unlink()
    with pytest.raises(BundleError, match=r"model\.int8\.onnx"):
        subject.recognizer()
