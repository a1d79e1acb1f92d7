"""Files, folders and patterns to recordings, each with what stands beside it.

A folder gives every file in it and below whose name ends as audio does, hidden ones left out: its
own in the order of their names, then those of its folders. A pattern gives the files that it
matches, in the order of their paths; `**` stands for any folders. Nothing is read here.
"""

import glob
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from service.batch.inputs.sources import DASH, STDIN_NAME, FileSource, Stdin
from service.batch.task import Task
from service.errors import InvalidField

AUDIO_SUFFIXES: Final = frozenset(
    f".{name}"
    for names in (
        ("wav", "w64", "flac", "aiff", "aif", "aifc", "caf", "au", "snd"),
        ("ogg", "oga", "opus", "mp2", "mp3", "aac"),
        ("mp4", "m4a", "m4b", "mov", "webm", "weba", "mkv", "mka"),
    )
    for name in names
)
TEXT_SUFFIXES: Final = (".txt",)
SUBTITLE_SUFFIXES: Final = (".srt", ".vtt", ".TextGrid")


def is_many(given: str) -> bool:
    """Whether an argument may stand for several recordings."""
    return given != DASH and (Path(given).is_dir() or _is_pattern(given))


def recordings(given: str) -> Iterator[Task]:
    """The recordings that an argument stands for. Raises InvalidField if a folder or a pattern
    stands for none.
    """
    yield from _at_least_one(given, _recordings(given))


def pairs(given: str, suffixes: Sequence[str], outputs: Path | None = None) -> Iterator[Task]:
    """The recordings of a folder or a pattern, each with the file beside it that has its name and
    one of the suffixes; more than one make as many tasks. What has no pair is `unpaired`: in a
    folder, also files of those suffixes, but for those in `outputs`.
    """
    if Path(given).is_dir():
        parts = _folders(Path(given), outputs)
        found = (task for part in parts for task in _paired(part, suffixes))
    else:
        found = (task for item in _recordings(given) for task in _with_neighbours(item, suffixes))
    yield from _at_least_one(given, found)


def _recordings(given: str) -> Iterator[Task]:
    path = Path(given)
    if given == DASH:
        yield Task(DASH, STDIN_NAME, Stdin())
    elif path.is_dir():
        for part in _folders(path):
            yield from (_task(file, path) for file in part.audio)
    elif _is_pattern(given):
        root = _fixed_part(given)
        found = sorted(map(Path, glob.iglob(given, recursive=True)))  # noqa: PTH207  # may be absolute
        yield from (_task(file, root) for file in found if file.is_file())
    else:
        yield _task(path, path.parent)


def _is_pattern(given: str) -> bool:
    """A file may have brackets in its name."""
    return glob.has_magic(given) and not Path(given).exists()


def _fixed_part(pattern: str) -> Path:
    """The folder before the first part of a pattern that matches several names."""
    parts = Path(pattern).parts
    magic = next(index for index, part in enumerate(parts) if glob.has_magic(part))
    return Path(*parts[:magic])


class _Folder:
    """A folder's files, without those of its folders."""

    def __init__(self, root: Path, path: Path, names: Sequence[str]) -> None:
        self.root = root
        files = [path / name for name in sorted(names) if not name.startswith(".")]
        self.audio = [file for file in files if file.suffix.lower() in AUDIO_SUFFIXES]
        self.others = [file for file in files if file.suffix.lower() not in AUDIO_SUFFIXES]


def _folders(root: Path, outputs: Path | None = None) -> Iterator[_Folder]:
    passed = None if outputs is None else outputs.resolve()
    for path, folders, names in os.walk(root):
        near = Path(path)
        folders[:] = sorted(
            name
            for name in folders
            if not name.startswith(".") and (near / name).resolve() != passed
        )
        yield _Folder(root, near, names)


def _paired(folder: _Folder, suffixes: Sequence[str]) -> Iterator[Task]:
    stems = {file.stem for file in folder.audio}
    wanted = {suffix.lower() for suffix in suffixes}
    beside = [file for file in folder.others if file.suffix.lower() in wanted]
    for audio in folder.audio:
        mine = [file for file in beside if file.stem == audio.stem]
        yield from _tasks(_task(audio, folder.root), mine, suffixes)
    for file in beside:
        if file.stem not in stems:
            yield _alone(_task(file, folder.root), f"expected a recording beside {file}, got none")


def _with_neighbours(task: Task, suffixes: Sequence[str]) -> Iterator[Task]:
    """Of a file that was named, whose folder is not to be listed."""
    path = Path(task.shown)
    forms = [form(suffix) for suffix in suffixes for form in (str, str.lower, str.upper)]
    near = [path.with_suffix(suffix) for suffix in dict.fromkeys(forms)]
    yield from _tasks(task, [file for file in near if file.is_file()], suffixes)


def _tasks(task: Task, beside: Sequence[Path], suffixes: Sequence[str]) -> Iterator[Task]:
    for file in beside:
        yield Task(task.shown, task.name, task.audio, FileSource(file))
    if not beside:
        wanted = " or ".join(suffixes)
        yield _alone(task, f"expected a file with {wanted} beside {task.shown}, got none")


def _alone(task: Task, fault: str) -> Task:
    return Task(task.shown, task.name, None, None, fault, "unpaired")


def _task(file: Path, root: Path) -> Task:
    """Named by the path from the folder on that was given, so that outputs stand as inputs do."""
    name = file.relative_to(root).with_suffix("").as_posix()
    return Task(str(file), name, FileSource(file))


def _at_least_one(given: str, found: Iterator[Task]) -> Iterator[Task]:
    none = True
    for task in found:
        none = False
        yield task
    if none:
        kind = "a folder with recordings" if Path(given).is_dir() else "a pattern that files match"
        raise InvalidField(f"expected {kind}, got {given}", param="audio")
