"""What a run over many recordings is to do, and whether its answers find their places."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from service.batch.inputs.sources import FileSource, Source
from service.batch.outputs.keys import Keys, name_key
from service.batch.outputs.target import Target
from service.batch.task import Task, Work
from service.errors import InvalidField


@dataclass(frozen=True)
class Run:
    """tasks: may be asked for several times. suffixes: of the files of each answer. depends_on:
    what all answers depend on. min_quality: None where none is asked for.
    """

    tasks: Callable[[], Iterator[Task]]
    work: Work
    jobs: int
    target: Target
    report: Path
    suffixes: Callable[[Task], tuple[str, ...]]
    depends_on: str
    min_quality: float | None = None

    def names(self, task: Task) -> list[str]:
        """The files of an answer, below the folder."""
        return [] if task.fault else [f"{task.name}{suffix}" for suffix in self.suffixes(task)]


def count_checked(run: Run) -> int:
    """How many tasks there are. Raises InvalidField where two answers have one name, or where one
    would stand in the place of what it is made of or of the table.
    """
    names, count = Keys(), 0
    for task in run.tasks():
        count += 1
        if task.fault is None:
            for name in run.names(task):
                names.add(name_key(name))
            _check_place(run, task)
    if (again := names.repeated()) is not None:
        shown = [task.shown for task in run.tasks() if again in map(name_key, run.names(task))]
        raise InvalidField(
            f"expected recordings with names of their own, without their suffixes, got "
            f"{' and '.join(shown[:2])}",
            param="output",
        )
    return count


def _check_place(run: Run, task: Task) -> None:
    for suffix in run.suffixes(task):
        path = run.target.file(task.name, suffix)
        if path == run.report or any(is_same(path, given) for given in (task.audio, task.beside)):
            raise InvalidField(
                f"expected answers apart from what they are made of, got {path}: give another "
                "--output",
                param="output",
            )


def is_same(path: Path, given: Source | None) -> bool:
    """Whether a file that would be written is one that is read."""
    if not isinstance(given, FileSource):
        return False
    try:
        return path.samefile(given.path)
    except (OSError, ValueError):  # one of them is not there
        return False
