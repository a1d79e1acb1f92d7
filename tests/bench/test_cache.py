"""What is built once and kept."""

from pathlib import Path

import pytest

from bench.models.cache import NotBuilt, code_digest, made


def test_what_is_there_is_not_made_again(tmp_path: Path) -> None:
    """The first call makes it, in its place and whole; the second finds it."""
    target = tmp_path / "model.onnx"
    assert made(target, Path.touch) == target
    target.write_text("kept", encoding="utf-8")
    assert made(target, Path.touch).read_text(encoding="utf-8") == "kept"
    assert list(tmp_path.iterdir()) == [target]


def test_what_could_not_be_made_leaves_nothing_in_its_place(tmp_path: Path) -> None:
    """The error is told; the next try starts afresh."""
    target = tmp_path / "model.onnx"
    with pytest.raises(NotBuilt, match=r"model\.onnx: .*No such file"):
        made(target, Path.read_bytes)
    assert not target.exists()
    assert made(target, Path.touch).exists()


def test_a_bundle_is_of_the_code_and_of_how_it_was_asked_for() -> None:
    """Another option is another bundle; the same is the same."""
    assert code_digest() == code_digest()
    assert code_digest("--reduce-range") != code_digest()
