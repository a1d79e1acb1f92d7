"""Files of models that change below a running service."""

import shutil
import signal
from pathlib import Path

import httpx
import pytest
from asking import post, speech
from servers import running_server

MODEL = "model.int8.onnx"
HEARD_ANEW: dict[str, object] = {"emission_cache_bytes": 0}  # else the model would not be asked


def one_model(folder: Path, root: Path, source: str = "he-demo") -> Path:
    """A copy of an embedded one, under the name of he-demo."""
    shutil.copytree(root / "models" / source, folder / "he-demo")
    return folder


def answer(client: httpx.Client) -> object:
    """The words with their times."""
    return post(client, speech(3)).raise_for_status().json()["words"]


def weights_of(cache: Path) -> Path:
    """The file that is mapped."""
    (found,) = cache.glob("*/weights.bin")
    return found


@pytest.mark.parametrize("prepared", [True, False])
def test_a_model_that_is_replaced_is_served_until_the_next_start(
    tmp_path: Path, root: Path, prepared: bool
) -> None:
    """Answers stay those of what was loaded, whether its files are replaced or gone."""
    models, cache = one_model(tmp_path / "models", root), tmp_path / "cache"
    settings = {**HEARD_ANEW, "models_dir": models, "cache_dir": cache if prepared else ""}
    with running_server(tmp_path / "s", **settings) as server, server.client() as client:
        before = answer(client)
        other = root / "models/hi-demo" / MODEL
        shutil.copy(other, tmp_path / "new.onnx")
        (tmp_path / "new.onnx").replace(models / "he-demo" / MODEL)
        assert answer(client) == before
        shutil.rmtree(models / "he-demo")
        shutil.rmtree(cache, ignore_errors=True)
        assert answer(client) == before
    assert not server.has_logged_errors()


def test_a_bundle_that_is_overwritten_in_place_is_served_until_the_next_start(
    tmp_path: Path, root: Path
) -> None:
    """A bundle's own file is read at load: what is written into it later changes nothing, and the
    next start refuses it.
    """
    models = one_model(tmp_path / "models", root)
    settings = {**HEARD_ANEW, "models_dir": models, "cache_dir": ""}
    with running_server(tmp_path / "s", **settings) as server, server.client() as client:
        before = answer(client)
        (models / "he-demo" / MODEL).write_bytes(b"")
        assert answer(client) == before
    with running_server(tmp_path / "again", ready=False, **settings) as server:
        assert MODEL in httpx.get(f"{server.url}/readyz").text


def test_weights_that_are_cut_off_while_they_are_mapped_end_the_process(
    tmp_path: Path, root: Path
) -> None:
    """A prepared file is mapped, and one that somebody cuts off in place is the one change that the
    process does not survive; the next start sees it, prepares it anew, and gives the same answers.
    """
    models, cache = one_model(tmp_path / "models", root), tmp_path / "cache"
    settings = {**HEARD_ANEW, "models_dir": models, "cache_dir": cache}
    with running_server(tmp_path / "s", **settings) as server, server.client() as client:
        before = answer(client)
        with weights_of(cache).open("r+b") as file:
            file.truncate(0)
        with pytest.raises(httpx.TransportError):
            answer(client)
        assert server.process.wait(timeout=30) == -signal.SIGBUS
    with running_server(tmp_path / "again", **settings) as server, server.client() as client:
        assert answer(client) == before


def test_prepared_files_cannot_be_written_to_by_accident(tmp_path: Path, root: Path) -> None:
    """They are for reading alone, so that only somebody who means to can cut them off."""
    models, cache = one_model(tmp_path / "models", root), tmp_path / "cache"
    with running_server(tmp_path / "s", models_dir=models, cache_dir=cache):
        folder = weights_of(cache).parent
    for path in (folder / "model.onnx", folder / "weights.bin"):
        assert path.stat().st_mode & 0o222 == 0, path.name
