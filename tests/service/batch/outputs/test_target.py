"""Answers go where they were asked to."""

from pathlib import Path

import pytest

from service.batch.outputs.target import target_of
from service.batch.status import WrongUsage
from service.ops.files import Unwritable

FILES = {".txt": b"text", ".srt": b"subtitles"}


def test_one_answer_goes_to_standard_output() -> None:
    """Where no place is named."""
    assert target_of(None, 1, many=False).write("a", {".txt": b"text"}) == b"text"


def test_one_answer_goes_to_a_file(tmp_path: Path) -> None:
    """Whatever its suffix."""
    assert target_of(str(tmp_path / "b.sub"), 1, many=False).write("a", {".srt": b"x"}) == b""
    assert (tmp_path / "b.sub").read_bytes() == b"x"


@pytest.mark.parametrize(
    ("output", "formats", "many"), [("new", 2, False), ("new", 1, True), ("new/", 1, False)]
)
def test_several_answers_go_to_a_folder(
    tmp_path: Path, output: str, formats: int, *, many: bool
) -> None:
    """It is made with the folders in it; a slash at the end asks for one, too."""
    target = target_of(f"{tmp_path}/{output}", formats, many=many)
    target.write("x/a", FILES)
    assert (tmp_path / "new/x/a.txt").read_bytes() == b"text"
    assert (tmp_path / "new/x/a.srt").read_bytes() == b"subtitles"
    assert set(target.files("x/a", [".txt", ".srt"])) == set((tmp_path / "new/x").iterdir())


def test_a_folder_that_is_there_is_one(tmp_path: Path) -> None:
    """Without a slash."""
    target_of(str(tmp_path), 1, many=False).write("a", {".txt": b"text"})
    assert (tmp_path / "a.txt").read_bytes() == b"text"


@pytest.mark.parametrize(("formats", "many"), [(2, False), (1, True)])
def test_several_answers_need_a_folder(tmp_path: Path, formats: int, *, many: bool) -> None:
    """Neither standard output nor a file is one."""
    (tmp_path / "file").touch()
    with pytest.raises(WrongUsage, match="expected --output with a folder"):
        target_of(None, formats, many=many)
    with pytest.raises(WrongUsage, match="got the file"):
        target_of(str(tmp_path / "file"), formats, many=many)


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    """With its name."""
    (tmp_path / "file").touch()
    with pytest.raises(Unwritable, match="file/x"):
        target_of(f"{tmp_path}/file/x/", 1, many=False).write("a", FILES)
