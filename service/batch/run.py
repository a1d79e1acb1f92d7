"""A run over many recordings: what is due is done, and all of it stands in a table."""

import errno
import logging
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Final

from service.batch.outputs.keys import Keys, key_of
from service.batch.outputs.lock import alone
from service.batch.outputs.table import Cells, Row, Table
from service.batch.outputs.target import make_folder
from service.batch.plan import Run, count_checked
from service.batch.status import DONE, FAILED, LOW_QUALITY
from service.batch.task import Outcome, Task
from service.batch.working import Workers
from service.errors import BundleError, KolvaniError
from service.ops.files import Unwritable
from service.progress import CountBar

logger = logging.getLogger(__name__)

REPORT: Final = "report.tsv"
# What ails the name of one answer; all else that cannot be written would be so for the next, too.
OF_ONE_NAME: Final = (errno.ENAMETOOLONG, errno.EISDIR, errno.ENOTDIR, errno.EEXIST, errno.EILSEQ)


def run_all(run: Run) -> int:
    """Do what is due, and return the exit status.

    A recording that cannot be done is told, and stops nothing. Raises InvalidField before any work
    where two answers would have one name; Unwritable and BundleError end the run.
    """
    count = count_checked(run)
    folder = run.target.path or Path()
    make_folder(folder)
    with (
        alone(folder),
        closing(Table(run.report)) as table,
        closing(CountBar(sys.stderr, count)) as bar,
        closing(Workers(run.work, run.jobs)) as workers,
    ):
        going = _Going(run, table, bar)
        for ended in workers.ended(going.due()):
            if ended is not None:
                going.settle(*ended)
            going.show(workers.begun)
        low = going.finish()
    sys.stderr.write(f"{going.summary(low)}: {run.report}\n")
    if going.failed:
        return FAILED
    return LOW_QUALITY if low else DONE


class _Going:
    """How far a run is."""

    def __init__(self, run: Run, table: Table, bar: CountBar) -> None:
        self._run, self._table, self._bar = run, table, bar
        self._before = Keys(cells["key"] for cells in table)
        self._keys = Keys()  # of this run
        self._waiting: dict[Task, str] = {}  # its key
        self.done = self.kept = self.failed = 0

    def due(self) -> Iterator[Task]:
        """What an earlier run has not done, or not as it would be done now."""
        for task in self._run.tasks():
            if task.fault is not None:
                self._fail(task, task.fault)
                continue
            try:
                key = key_of(task, self._run.depends_on)
            except OSError as error:
                self._fail(task, told(error))
                continue
            except ValueError as error:  # a path that no file can have
                self._fail(task, f"expected a path, got: {error}")
                continue
            self._keys.add(key)
            if key in self._before and self._written(task):
                self.kept += 1
            else:
                self._waiting[task] = key
                yield task

    def settle(self, task: Task, outcome: Outcome | Exception) -> None:
        """Write an answer and its line, or say what went wrong."""
        key = self._waiting.pop(task)
        if isinstance(outcome, BundleError):  # no recording's fault
            raise outcome
        if isinstance(outcome, Exception):
            self._fail(task, told(outcome))
            return
        try:
            self._run.target.write(task.name, outcome.files)
        except Unwritable as error:
            if error.errno not in OF_ONE_NAME:
                raise
            self._fail(task, f"expected a name that a file can have, got: {error.strerror}")
            return
        output = self._run.names(task)[0]
        self._table.add(Row(task.shown, output, "done", key, outcome.facts))
        self.done += 1

    def show(self, begun: float) -> None:
        """On the bar."""
        self._bar.show(self.done + self.kept + self.failed + begun, self.failed)

    def finish(self) -> int:
        """Drop the lines of what this run was not given; how many are below the least quality."""
        least = self._run.min_quality
        low = 0

        def wanted(cells: Cells) -> bool:
            nonlocal low
            keep = cells["status"] != "done" or cells["key"] in self._keys
            low += keep and least is not None and _quality(cells) < least
            return keep

        self._table.keep(wanted)
        return low

    def summary(self, low: int) -> str:
        """In a line."""
        counts = {"done before": self.kept, "failed": self.failed, "of low quality": low}
        return ", ".join(
            [f"{self.done} done", *(f"{count} {what}" for what, count in counts.items() if count)]
        )

    def _fail(self, task: Task, fault: str) -> None:
        self.failed += 1
        self._bar.say(f"{task.state}: {task.shown}: {fault}")
        self._table.add(Row(task.shown, "", task.state, error=fault))

    def _written(self, task: Task) -> bool:
        target = self._run.target
        return all(target.file(task.name, suffix).is_file() for suffix in self._run.suffixes(task))


def _quality(cells: Cells) -> float:
    """1 where there is none, or something else was written there."""
    try:
        return float(cells["quality"])
    except ValueError:
        return 1.0


def told(error: Exception) -> str:
    """What went wrong with one recording, in a line."""
    if isinstance(error, KolvaniError):
        return f"{error.code}: {error.message}"
    if isinstance(error, OSError):
        return f"expected a file that can be read, got: {error.strerror or error}"
    logger.error("a recording failed", exc_info=error)
    return f"internal: {type(error).__name__}: {error}"
