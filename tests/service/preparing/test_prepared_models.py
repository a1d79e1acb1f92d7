"""Prepared models: made once, found by size and time, and never trusted further than that."""

import errno
import json
import logging
import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from service.acoustic import PREPARED_WEIGHTS, OnnxAcousticModel
from service.bundle import MODEL_FILE, Bundle, open_bundle, sha256_of
from service.errors import BundleError
from service.preparing import cache as cache_module
from service.preparing.cache import ABANDONED_SEC, BEGUN, RECORD, PreparedModels, prepared_models
from service.preparing.opening import open_model, open_pair
from service.preparing.record import Known

SAMPLES = np.random.default_rng(7).standard_normal(24_000).astype(np.float32)
MAPS = Path("/proc/self/maps")


@pytest.fixture
def bundle(root: Path, tmp_path: Path) -> Bundle:
    """A copy that a test may change."""
    return open_bundle(Path(shutil.copytree(root / "models/he-demo", tmp_path / "models/he-demo")))


@pytest.fixture
def cache(tmp_path: Path) -> PreparedModels:
    return PreparedModels(tmp_path / "cache")


def replace_model(bundle: Bundle) -> Bundle:
    """The same bundle with another file of the same graph, as an export would leave it."""
    content = bundle.model_path.read_bytes()
    bundle.model_path.write_bytes(content + b"\x12\x04more")  # the name of its producer
    return rehashed(bundle)


def rehashed(bundle: Bundle) -> Bundle:
    document = json.loads((bundle.folder / "manifest.json").read_text(encoding="utf-8"))
    for name in document["files"]:
        document["files"][name] = sha256_of(bundle.folder / name)
    (bundle.folder / "manifest.json").write_text(json.dumps(document), encoding="utf-8")
    return open_bundle(bundle.folder)


def test_the_prepared_form_answers_bit_for_bit(bundle: Bundle, cache: PreparedModels) -> None:
    """With any number of threads; what is opened is mapped, not read."""
    expected = OnnxAcousticModel(bundle).logits(SAMPLES)
    for threads in (1, 2):
        model = open_model(bundle, threads, cache)
        assert np.array_equal(model.logits(SAMPLES), expected)
    found = cache.find(bundle)
    assert found is not None
    assert found.whole()
    if MAPS.exists():
        assert str(found.folder / PREPARED_WEIGHTS) in MAPS.read_text(encoding="utf-8")


def test_it_is_made_once(bundle: Bundle, cache: PreparedModels) -> None:
    """A second process finds it, and writes nothing."""
    made = cache.obtain(bundle)
    again = PreparedModels(cache.folder).obtain(bundle)
    assert made is not None
    assert again == made
    assert [path.name for path in cache.folder.iterdir()] == [made.folder.name]


@pytest.mark.parametrize("other", [{"runtime": "onnxruntime 0"}, {"processor": "z80"}])
def test_another_cpu_or_runtime_has_its_own(
    bundle: Bundle, cache: PreparedModels, other: dict[str, str]
) -> None:
    """What one has written the other does not open."""
    made = cache.make(bundle)
    elsewhere = PreparedModels(cache.folder, **other)
    assert elsewhere.find(bundle) is None
    assert elsewhere.make(bundle).folder != made.folder


def test_an_upgrade_drops_what_it_replaces(bundle: Bundle, cache: PreparedModels) -> None:
    """Another CPU's stays: the folder may be shared. So does another model's."""
    former = PreparedModels(cache.folder, runtime="onnxruntime 0").make(bundle)
    foreign = PreparedModels(cache.folder, processor="z80").make(bundle)
    made = cache.make(bundle)
    assert not former.folder.exists()
    assert {path.name for path in cache.folder.iterdir()} == {foreign.folder.name, made.folder.name}


def test_a_model_that_is_replaced_drops_the_former(bundle: Bundle, cache: PreparedModels) -> None:
    """By the path of its file."""
    former = cache.make(bundle)
    made = cache.make(replace_model(bundle))
    assert made.folder != former.folder
    assert [path.name for path in cache.folder.iterdir()] == [made.folder.name]


def cut(path: Path) -> None:
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size // 2)


def spoil(path: Path) -> None:
    with path.open("r+b") as file:
        file.seek(path.stat().st_size // 2)
        file.write(b"spoilt")


@pytest.mark.parametrize("change", [cut, spoil, Path.unlink, Path.touch])
def test_what_was_changed_is_made_anew(bundle: Bundle, cache: PreparedModels, change: Any) -> None:  # noqa: ANN401  # a function of a path
    """A file that is shorter, written to, gone, or just looks so."""
    made = cache.make(bundle)
    change(made.folder / PREPARED_WEIGHTS)
    assert cache.find(bundle) is None
    assert cache.damaged(bundle)
    anew = cache.obtain(bundle)
    assert anew is not None
    assert anew.whole()
    assert not cache.damaged(bundle)


@pytest.mark.parametrize("record", [b"", b"[]", b'{"files": 3}', b'{"files": {}}', b"\xff"])
def test_a_record_that_says_nothing_is_none(
    bundle: Bundle, cache: PreparedModels, record: bytes
) -> None:
    """It is made anew; nothing of it is believed."""
    made = cache.make(bundle)
    (made.folder / RECORD).write_bytes(record)
    assert cache.find(bundle) is None
    assert cache.obtain(bundle) is not None


def test_a_decayed_file_is_found_by_its_hash(bundle: Bundle, cache: PreparedModels) -> None:
    """Where size and time tell nothing, as when a disk fails."""
    made = cache.make(bundle)
    record = json.loads((made.folder / RECORD).read_text())
    record["files"][PREPARED_WEIGHTS]["sha256"] = "0" * 64
    (made.folder / RECORD).write_text(json.dumps(record))
    assert cache.find(bundle) is not None
    assert cache.damaged(bundle)


def test_processes_that_race_end_with_one(bundle: Bundle, cache: PreparedModels) -> None:
    """Each makes its own, the first to be done wins, the others use that; nothing is left over."""
    with ThreadPoolExecutor(3) as threads:
        made = list(threads.map(lambda _: PreparedModels(cache.folder).make(bundle), range(3)))
    assert len({one.folder for one in made}) == 1
    assert [path.name for path in cache.folder.iterdir()] == [made[0].folder.name]
    assert made[0].whole()


def test_what_was_begun_is_taken_for_nothing(bundle: Bundle, tmp_path: Path) -> None:
    """A kill in the middle leaves a folder that is swept when it is an hour old."""
    folder = tmp_path / "cache"
    begun = folder / f"{BEGUN}killed"
    begun.mkdir(parents=True)
    (begun / PREPARED_WEIGHTS).write_bytes(b"half")
    started = begun.stat().st_mtime
    soon = PreparedModels(folder, clock=lambda: started + 1)
    assert soon.find(bundle) is None
    soon.make(bundle)
    assert begun.exists()
    PreparedModels(folder, "later", clock=lambda: started + ABANDONED_SEC + 1).make(bundle)
    assert not begun.exists()


def test_no_room_is_told_once_and_served_all_the_same(
    bundle: Bundle, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A folder that cannot be made: the bundle answers, and the log says so once."""
    (tmp_path / "file").touch()
    cache = PreparedModels(tmp_path / "file/cache")
    with caplog.at_level(logging.WARNING):
        models = [open_model(bundle, 1, cache) for _ in range(2)]
    assert np.array_equal(*(model.logits(SAMPLES) for model in models))
    (line,) = [record.message for record in caplog.records]
    assert "he-demo is served as it is" in line
    assert "KOLVANI_CACHE_DIR: expected room to write to" in line


def test_a_full_disk_leaves_nothing(
    bundle: Bundle, cache: PreparedModels, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was begun is removed."""

    def full(_: Bundle, folder: Path) -> None:
        (folder / PREPARED_WEIGHTS).write_bytes(b"half")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(folder))

    monkeypatch.setattr(cache_module, "write_prepared", full)
    assert cache.obtain(bundle) is None
    assert list(cache.folder.iterdir()) == []


def test_a_disk_that_is_nearly_full_is_not_filled(
    bundle: Bundle,
    cache: PreparedModels,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Nothing is written where there is less room than it may take; that is told."""
    nearly_full = SimpleNamespace(free=bundle.model_path.stat().st_size)
    monkeypatch.setattr(cache_module.shutil, "disk_usage", lambda _: nearly_full)
    monkeypatch.setattr(cache_module, "write_prepared", None)
    assert cache.obtain(bundle) is None
    assert "No space left on device" in caplog.text


def test_a_graph_that_cannot_be_prepared_is_tried_once(
    bundle: Bundle, cache: PreparedModels, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And served as it is, on one core a request."""
    tried = []

    def fail(tried_bundle: Bundle, _: Path) -> None:
        tried.append(tried_bundle.manifest.id)
        raise BundleError("expected the same logits once prepared, got others")

    monkeypatch.setattr(cache_module, "write_prepared", fail)
    assert open_pair(bundle, 1, 2, cache).wide is None
    assert tried == ["he-demo"]


def test_a_form_that_does_not_load_is_made_anew(bundle: Bundle, cache: PreparedModels) -> None:
    """Whatever its sizes and times say."""
    made = cache.make(bundle)
    graph = made.folder / "model.onnx"
    graph.write_bytes(b"no graph")
    files = {**made.record.files, graph.name: Known.of(graph)}
    replace(made.record, files=files).write(made.folder / RECORD)
    assert cache.find(bundle) is not None
    expected = OnnxAcousticModel(bundle).logits(SAMPLES)
    assert np.array_equal(open_model(bundle, 1, cache).logits(SAMPLES), expected)
    assert graph.read_bytes() != b"no graph"


def test_a_form_that_answers_otherwise_is_not_kept(
    bundle: Bundle, cache: PreparedModels, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is held against the bundle before it gets its name."""
    shifts = iter([0.0, 1e-6])

    class Shifted(OnnxAcousticModel):
        def logits(self, model_input: NDArray[np.float32]) -> NDArray[np.float32]:
            return super().logits(model_input) + np.float32(next(shifts))

    monkeypatch.setattr("service.preparing.making.OnnxAcousticModel", Shifted)
    with pytest.raises(BundleError, match="expected the same logits once prepared"):
        cache.make(bundle)
    assert list(cache.folder.iterdir()) == []


def test_a_file_that_was_prepared_is_not_hashed_again(
    bundle: Bundle, cache: PreparedModels, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As long as it has the size, times and place that it had when it was."""
    cache.make(bundle)
    hashed: list[str] = []
    monkeypatch.setattr("service.bundle._check_hash", lambda path, _: hashed.append(path.name))
    open_bundle(bundle.folder, cache.vouches)
    assert MODEL_FILE not in hashed
    assert hashed
    os.utime(bundle.model_path)
    open_bundle(bundle.folder, cache.vouches)
    assert MODEL_FILE in hashed


def test_a_file_that_was_changed_is_hashed_and_refused(
    bundle: Bundle, cache: PreparedModels
) -> None:
    """A write of the same length, and its old time put back, do not pass."""
    cache.make(bundle)
    before = bundle.model_path.stat()
    spoil(bundle.model_path)
    os.utime(bundle.model_path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert bundle.model_path.stat().st_mtime_ns == before.st_mtime_ns
    with pytest.raises(BundleError, match="expected sha256"):
        open_bundle(bundle.folder, cache.vouches)


def test_nobody_vouches_for_a_copy(bundle: Bundle, cache: PreparedModels, tmp_path: Path) -> None:
    """It is read in full, and then what is prepared of the same content serves it, too."""
    made = cache.make(bundle)
    copy = open_bundle(Path(shutil.copytree(bundle.folder, tmp_path / "copy")))
    assert not cache.vouches(copy.model_path, copy.manifest.files[MODEL_FILE])
    assert cache.find(copy) == made


def test_tidying_drops_what_is_of_no_use(bundle: Bundle, cache: PreparedModels) -> None:
    """Of models that are gone, and of other versions on this CPU."""
    cache.make(bundle)
    assert cache.tidy() == 0
    bundle.model_path.unlink()
    assert cache.tidy() == 1
    assert list(cache.folder.iterdir()) == []


def test_there_may_be_no_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """None is asked for, or the user has no home; ~ is the user's."""
    assert prepared_models(None) is None
    monkeypatch.setenv("HOME", str(tmp_path))
    home = prepared_models(Path("~/cache"))
    assert home is not None
    assert home.folder == tmp_path / "cache"

    def homeless(path: Path) -> Path:
        raise RuntimeError(f"no home for {path}")

    monkeypatch.setattr(Path, "expanduser", homeless)
    assert prepared_models(Path("~/cache")) is None
