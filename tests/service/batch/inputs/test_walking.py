"""Files, folders and patterns stand for the recordings that a person would expect."""

from pathlib import Path

import pytest

from service.batch.inputs.sources import FileSource, Stdin
from service.batch.inputs.walking import (
    AUDIO_SUFFIXES,
    SUBTITLE_SUFFIXES,
    TEXT_SUFFIXES,
    is_many,
    pairs,
    recordings,
)
from service.batch.task import Task
from service.diagnosis.decoding import TONES
from service.errors import InvalidField


def made(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def told(task: Task, folder: Path) -> tuple[str, str | None]:
    """A task's name, and what is beside it or how it cannot be done."""
    beside = task.beside
    if isinstance(beside, FileSource):
        return task.name, str(beside.path.relative_to(folder))
    return task.name, task.state if task.fault else None


def test_a_folder_is_walked_in_order(tmp_path: Path) -> None:
    """Its own recordings first, then those of its folders; hidden files and others left out."""
    made(tmp_path, "b.wav", "a.MP3", "z.txt", "._a.wav", "d/c.flac", "c/e/x.opus", ".git/y.wav")
    found = list(recordings(str(tmp_path)))
    assert [task.name for task in found] == ["a", "b", "c/e/x", "d/c"]
    assert [task.audio for task in found] == [
        FileSource(tmp_path / name) for name in ("a.MP3", "b.wav", "c/e/x.opus", "d/c.flac")
    ]


def test_a_pattern_gives_the_files_that_it_matches(tmp_path: Path) -> None:
    """Named from its first wildcard on, in the order of their paths, folders left out."""
    made(tmp_path, "x/b.wav", "x/y/a.wav", "x/c.raw", "z.wav", "x/folder.wav/d.wav")
    pattern = f"{tmp_path}/x/**/*.wav"
    assert is_many(pattern)
    assert [task.name for task in recordings(pattern)] == ["b", "folder.wav/d", "y/a"]
    assert [task.name for task in recordings(f"{tmp_path}/[x]/*.raw")] == ["x/c"]


def test_a_file_may_have_the_signs_of_a_pattern_in_its_name(tmp_path: Path) -> None:
    """It is one file then."""
    made(tmp_path, "talk [1].wav")
    given = str(tmp_path / "talk [1].wav")
    assert not is_many(given)
    assert [task.name for task in recordings(given)] == ["talk [1]"]


def test_a_dash_is_standard_input(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever files there are."""
    made(tmp_path, "-")
    monkeypatch.chdir(tmp_path)
    (task,) = recordings("-")
    assert (task.name, task.audio) == ("stdin", Stdin())


def test_a_folder_pairs_recordings_with_their_texts(tmp_path: Path) -> None:
    """What has no pair is told of both kinds; texts among the outputs are no texts."""
    made(tmp_path, "a.wav", "a.txt", "b.wav", "c.txt", "c.md", "d/e.mp3", "d/e.TXT", "out/a.txt")
    found = list(pairs(str(tmp_path), TEXT_SUFFIXES, tmp_path / "out"))
    assert [told(task, tmp_path) for task in found] == [
        ("a", "a.txt"),
        ("b", "unpaired"),
        ("c", "unpaired"),
        ("d/e", "d/e.TXT"),
    ]
    assert found[1].fault == f"expected a file with .txt beside {tmp_path}/b.wav, got none"
    assert found[2].fault == f"expected a recording beside {tmp_path}/c.txt, got none"


def test_a_pattern_pairs_what_it_matches(tmp_path: Path) -> None:
    """Other texts of the folder are not asked for; several subtitles make several tasks."""
    made(tmp_path, "a.wav", "a.srt", "a.TextGrid", "b.wav", "c.srt")
    found = list(pairs(f"{tmp_path}/*.wav", SUBTITLE_SUFFIXES))
    assert [told(task, tmp_path) for task in found] == [
        ("a", "a.srt"),
        ("a", "a.TextGrid"),
        ("b", "unpaired"),
    ]


@pytest.mark.parametrize("given", ["", "*.wav", "none/**/*"])
def test_nothing_found_is_told(tmp_path: Path, given: str) -> None:
    """A folder or a pattern that stands for no recording is a mistake."""
    with pytest.raises(InvalidField, match=r"expected a (folder|pattern)"):
        list(recordings(f"{tmp_path}/{given}"))
    with pytest.raises(InvalidField, match=r"expected a (folder|pattern)"):
        list(pairs(f"{tmp_path}/{given}", TEXT_SUFFIXES))


def test_every_format_that_is_read_is_found_in_a_folder() -> None:
    """By the suffix that it commonly has."""
    assert {path.suffix for path in TONES.iterdir()} <= AUDIO_SUFFIXES
