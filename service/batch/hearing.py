"""What every command that hears recordings needs of a run."""

import hashlib
import json
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass

from service import __version__
from service.audio import decode
from service.batch.inputs.sources import Source, opened
from service.batch.outputs.target import Target
from service.batch.status import DONE, LOW_QUALITY
from service.batch.task import Task, Tell, Work
from service.chunking import Progress
from service.ops.files import write_output
from service.progress import ProgressBar
from service.serving.catalogue import Shortlist
from service.serving.recording import Recording


def sound_of(task: Task) -> Source:
    """The recording of a task without a fault."""
    return _there(task.audio, task)


def beside_of(task: Task) -> Source:
    """What belongs to the recording of a task without a fault."""
    return _there(task.beside, task)


def _there(source: Source | None, task: Task) -> Source:
    if source is None:
        raise ValueError(f"expected a task that can be done, got: {task.fault or task.shown}")
    return source


@contextmanager
def recording_of(sound: Source, max_sec: float) -> Iterator[Recording]:
    """A recording that is closed in the end. Raises OSError; decoding raises what `decode` does."""
    with (
        opened(sound) as file,
        closing(Recording(lambda rate: decode(file, rate, max_sec))) as recording,
    ):
        yield recording


def telling(recording: Recording, tell: Tell) -> Progress:
    """Progress in a recording, whose length is known once it is decoded."""
    return lambda done_sec: tell(done_sec, recording.duration_sec)


def run_one(task: Task, work: Work, target: Target, min_quality: float | None = None) -> int:
    """Do one task, and return the exit status. Raises what the work does, and Unwritable."""
    with closing(ProgressBar(sys.stderr)) as bar:
        outcome = work(task, bar.show)
    write_output(sys.stdout, target.write(task.name, outcome.files))
    quality = outcome.facts.quality
    low = min_quality is not None and quality is not None and quality < min_quality
    return LOW_QUALITY if low else DONE


@dataclass(frozen=True)
class Circumstances:
    """What all answers of a run depend on, beside the recordings and their texts."""

    command: str
    shortlist: Shortlist
    options: object  # frozen dataclasses, whose repr tells all

    @property
    def hashed(self) -> str:
        """Another for other options, models, or another version of the program."""
        models = [
            [model.manifest.id, dict(model.manifest.files)]
            for line in self.shortlist.lines
            for model in line
        ]
        whole = [__version__, self.command, models, repr(self.options)]
        return hashlib.sha256(json.dumps(whole).encode()).hexdigest()
