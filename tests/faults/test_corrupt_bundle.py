"""Bundles whose files are damaged: before the start, and between the start and the first use."""

import shutil
from pathlib import Path

import httpx
import pytest
from asking import code, post, speech
from servers import running_server

MODEL = "model.int8.onnx"


def two_models(folder: Path, root: Path) -> Path:
    """Copies of the embedded ones."""
    for name in ("he-demo", "hi-demo"):
        shutil.copytree(root / "models" / name, folder / name)
    return folder


def damage(path: Path) -> None:
    """Change a byte in the middle, the size stays."""
    with path.open("r+b") as file:
        file.seek(path.stat().st_size // 2)
        byte = file.read(1)
        file.seek(-1, 1)
        file.write(bytes([byte[0] ^ 0xFF]))


def cut_off(path: Path) -> None:
    """As a copy that was interrupted."""
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size // 2)


@pytest.mark.parametrize("spoil", [damage, cut_off, Path.unlink], ids=lambda one: one.__name__)
def test_a_bundle_that_is_broken_at_start_is_named_and_left_out(
    tmp_path: Path, root: Path, spoil: object
) -> None:
    """/readyz names its folder and its file, it is never asked, and the other model serves."""
    models = two_models(tmp_path / "models", root)
    assert callable(spoil)
    spoil(models / "he-demo" / MODEL)
    with running_server(tmp_path / "s", models_dir=models) as server, server.client() as client:
        ready = client.get("/readyz").raise_for_status().json()
        assert ready["models"] == ["hi-demo"]
        assert MODEL in ready["broken"]["he-demo"]
        assert client.post("/transcribe", files={"audio": speech(3)}).status_code == 200
        response = client.post("/transcribe", files={"audio": speech(3)}, data={"model": "he-demo"})
        assert (response.status_code, code(response)) == (500, "bundle_error")


def test_a_graph_that_is_broken_at_its_first_use_is_told_and_the_others_serve(
    tmp_path: Path, root: Path
) -> None:
    """With KOLVANI_LOAD=first_use, a file that was damaged after the start is an error of that
    model's requests alone, now and later.
    """
    models = two_models(tmp_path / "models", root)
    settings = {"models_dir": models, "load": "first_use", "cache_dir": ""}
    with running_server(tmp_path / "s", **settings) as server, server.client() as client:
        cut_off(models / "he-demo" / MODEL)
        for _ in range(2):
            response = post(client, speech(3), model="he-demo")
            assert (response.status_code, code(response)) == (500, "bundle_error")
            assert MODEL in response.json()["error"]["message"]
        answer = client.post("/transcribe", files={"audio": speech(3)}, data={"model": "hi-demo"})
        assert answer.status_code == 200
        broken = client.get("/readyz").raise_for_status().json()["broken"]
        assert list(broken) == ["he-demo"]
        assert client.get("/health").status_code == httpx.codes.OK
    assert not server.has_logged_errors()
