"""A file is there whole or not at all."""

import os
from pathlib import Path

import pytest

from service.ops.files import Unwritable, write_output, write_whole


def test_a_new_file_has_the_usual_permissions(tmp_path: Path) -> None:
    """As if it had been opened for writing; nothing else is left in the folder."""
    (tmp_path / "usual").write_bytes(b"")
    write_whole(tmp_path / "a", b"x")
    assert (tmp_path / "a").read_bytes() == b"x"
    assert (tmp_path / "a").stat().st_mode == (tmp_path / "usual").stat().st_mode
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "usual"]


def test_a_file_that_stood_there_keeps_its_permissions_and_its_links(tmp_path: Path) -> None:
    """The link stays a link, and what it leads to is replaced."""
    (tmp_path / "a").write_bytes(b"old")
    (tmp_path / "a").chmod(0o640)
    (tmp_path / "link").symlink_to("a")
    write_whole(tmp_path / "link", b"new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "a").read_bytes() == b"new"
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o640


def test_a_device_is_written_to() -> None:
    """And stays a device."""
    write_whole(Path(os.devnull), b"x")
    assert Path(os.devnull).is_char_device()


def test_an_interrupt_leaves_what_stood_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And nothing beside it."""
    (tmp_path / "a").write_bytes(b"old")

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fchmod", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_whole(tmp_path / "a", b"new")
    assert (tmp_path / "a").read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


@pytest.mark.parametrize("name", [".", "none/a"])
def test_what_cannot_be_written_is_named(tmp_path: Path, name: str) -> None:
    """A folder, and a file in a folder that is not there."""
    with pytest.raises(Unwritable) as caught:
        write_whole(tmp_path / name, b"x")
    assert caught.value.filename == str(tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_output_that_nobody_reads_is_told_once() -> None:
    """What was left is not tried again at the end."""
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w", encoding="utf-8") as output:
        with pytest.raises(Unwritable, match="standard output"):
            write_output(output, b"x" * 100_000)
        assert output.closed
