"""The folder of prepared models: found by what they depend on, made where there is none.

    <cache>/<key>/model.onnx    the optimised graph
    <cache>/<key>/weights.bin   its weights, packed for this CPU: mapped, never read
    <cache>/<key>/record.json   of what these were made, and their hashes

The key is a hash of the model's own hash, of ONNX Runtime's build and of the CPU's kind. A folder
takes its name when all of it is written and checked. docs/decisions/013-prepared-models.md.
"""

import errno
import hashlib
import logging
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from service.acoustic import RUNTIME
from service.bundle import MODEL_FILE, Bundle
from service.errors import BundleError, KolvaniError
from service.fields import broken
from service.preparing.making import write_prepared
from service.preparing.processor import processor_kind
from service.preparing.record import Known, Record, read_record

logger = logging.getLogger(__name__)

FORMAT: Final = 1  # of the folder; another one is made anew
RECORD: Final = "record.json"
BEGUN: Final = ".begun-"  # how folders are called that are being written
ROOM: Final = 2.5  # times the model's file; up to 2 are taken, its weights and packed ones
ANY_WRITE: Final = 0o222
ABANDONED_SEC: Final = 3600.0  # after which nobody writes to them any more


@dataclass(frozen=True)
class Prepared:
    """A folder that fits its bundle, this CPU and this ONNX Runtime."""

    folder: Path
    record: Record

    @property
    def total_bytes(self) -> int:
        """On disk."""
        return sum(known.stamp.size for known in self.record.files.values())

    def unchanged(self) -> bool:
        """Whether its files are those that were written, by their sizes and times."""
        return all(known.unchanged(self.folder / name) for name, known in self._files())

    def whole(self) -> bool:
        """The same by their hashes; reads all of them."""
        return all(known.whole(self.folder / name) for name, known in self._files())

    def _files(self) -> Iterator[tuple[str, Known]]:
        yield from self.record.files.items()


class PreparedModels:
    """One cache folder, as seen from this CPU and this ONNX Runtime."""

    def __init__(
        self,
        folder: Path,
        runtime: str = RUNTIME,
        processor: str | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """clock: seconds since 1970, as files' times are."""
        self.folder = folder
        self._runtime = runtime
        self._processor = processor_kind() if processor is None else processor
        self._clock = clock
        self._given_up: set[str] = set()  # ids of models that could not be prepared
        self._unwritable = False

    def vouches(self, path: Path, sha256: str) -> bool:
        """Whether the model file was seen to have that hash, and was not changed since.

        It was read in full when it was prepared. Now its size, times and place are looked at, which
        tells any change but one that is made below the file system (`doctor` reads it all).
        """
        if path.name != MODEL_FILE:
            return False
        record = read_record(self._place(sha256) / RECORD)
        return (
            record is not None
            and record.model.sha256 == sha256
            and record.model_path == str(path.resolve())
            and record.model.unchanged(path)
        )

    def find(self, bundle: Bundle) -> Prepared | None:
        """What was made of this bundle, if it is all there; looks at sizes and times alone."""
        sha256 = bundle.manifest.files[MODEL_FILE]
        folder = self._place(sha256)
        record = read_record(folder / RECORD)
        if record is None or not self._fits(record, sha256):
            return None
        prepared = Prepared(folder, record)
        return prepared if prepared.unchanged() else None

    def obtain(self, bundle: Bundle) -> Prepared | None:
        """What was made of this bundle, or is made now; None where that cannot be, which is told in
        the log, once.
        """
        found = self.find(bundle)
        if found is not None or self._unwritable or bundle.manifest.id in self._given_up:
            return found
        try:
            return self.make(bundle)
        except (OSError, KolvaniError) as error:
            self._unwritable = isinstance(error, OSError)
            self._given_up.add(bundle.manifest.id)
            logger.warning(
                "%s is served as it is, slower to load: %s", bundle.manifest.id, told(error)
            )
            return None

    def make(self, bundle: Bundle) -> Prepared:
        """Write it anew, and drop what was made of the same file before.

        Raises OSError where the folder cannot be written to, and BundleError for a graph that does
        not load, or that would answer otherwise once prepared. Leaves nothing behind then.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        self._sweep()
        _check_room(self.folder, bundle)
        work = Path(tempfile.mkdtemp(prefix=BEGUN, dir=self.folder))
        try:
            write_prepared(bundle, work)
            for path in work.iterdir():
                _make_read_only(path)
            self._record(bundle, work).write(work / RECORD)
            for path in (*work.iterdir(), work):
                _flush(path)
            prepared = self._put_in_place(bundle, work)
        finally:
            shutil.rmtree(work, ignore_errors=True)
        self._drop_former(prepared.record)
        return prepared

    def damaged(self, bundle: Bundle) -> bool:
        """Whether something stands in its place that is not what was written; reads all of it."""
        folder = self._place(bundle.manifest.files[MODEL_FILE])
        if not folder.exists():
            return False
        found = self.find(bundle)
        return found is None or not found.whole()

    def discard(self, bundle: Bundle) -> None:
        """Whatever there is of it. Raises OSError."""
        shutil.rmtree(self._place(bundle.manifest.files[MODEL_FILE]))

    def tidy(self) -> int:
        """Drop what nobody can use any more: of models that are gone or were replaced, and of other
        versions. Returns how many. Raises OSError.
        """
        stale = [folder for folder, record in self._all() if self._stale(record)]
        for folder in stale:
            shutil.rmtree(folder)
        self._sweep()
        return len(stale)

    def _place(self, sha256: str) -> Path:
        whole = f"{FORMAT}\n{sha256}\n{self._runtime}\n{self._processor}"
        return self.folder / hashlib.sha256(whole.encode()).hexdigest()[:32]

    def _fits(self, record: Record, sha256: str) -> bool:
        found = (record.runtime, record.processor, record.model.sha256)
        return found == (self._runtime, self._processor, sha256) and bool(record.files)

    def _record(self, bundle: Bundle, work: Path) -> Record:
        model = Known.of(bundle.model_path)
        if model.sha256 != bundle.manifest.files[MODEL_FILE]:
            raise broken(bundle.model_path, "the file of the manifest", "another since it was read")
        return Record(
            id=bundle.manifest.id,
            runtime=self._runtime,
            processor=self._processor,
            model_path=str(bundle.model_path.resolve()),
            model=model,
            files={path.name: Known.of(path) for path in sorted(work.iterdir())},
        )

    def _put_in_place(self, bundle: Bundle, work: Path) -> Prepared:
        sha256 = bundle.manifest.files[MODEL_FILE]
        place = self._place(sha256)
        try:
            work.rename(place)
        except OSError:
            # Another process was faster, or what stands there is damaged.
            if (found := self.find(bundle)) is not None:
                return found
            shutil.rmtree(place, ignore_errors=True)
            work.rename(place)
        made = self.find(bundle)
        if made is None:
            raise BundleError(f"{place}: expected what was just written, got something else")
        return made

    def _drop_former(self, new: Record) -> None:
        """Of the same file, for this CPU: another content, or another version of ONNX Runtime."""
        for folder, record in self._all():
            same = (record.model_path, record.processor) == (new.model_path, new.processor)
            if same and (record.runtime, record.model) != (new.runtime, new.model):
                shutil.rmtree(folder, ignore_errors=True)

    def _stale(self, record: Record) -> bool:
        """What another kind of CPU has made is its own: the folder may be shared."""
        gone = not record.model.unchanged(Path(record.model_path))
        return gone or (record.processor == self._processor and record.runtime != self._runtime)

    def _all(self) -> Iterator[tuple[Path, Record]]:
        for path in sorted(self.folder.glob(f"*/{RECORD}")):
            record = read_record(path)
            if record is not None and not path.parent.name.startswith(BEGUN):
                yield path.parent, record

    def _sweep(self) -> None:
        """What a process that was killed had begun."""
        for folder in self.folder.glob(f"{BEGUN}*"):
            try:
                age_sec = self._clock() - folder.stat().st_mtime
            except OSError:  # its process has just put it in place
                continue
            if age_sec > ABANDONED_SEC:
                shutil.rmtree(folder, ignore_errors=True)


def prepared_models(folder: Path | None) -> PreparedModels | None:
    """In the folder of that setting, whose ~ is the user's home; None where there is to be none."""
    if folder is None:
        return None
    try:
        return PreparedModels(folder.expanduser())
    except RuntimeError:  # the user has no home
        logger.warning("models are served as they are: KOLVANI_CACHE_DIR is in a home that is not")
        return None


def told(error: Exception) -> str:
    """What stood in the way, in a line."""
    if isinstance(error, OSError):
        place = error.filename or "the folder"
        return (
            f"KOLVANI_CACHE_DIR: expected room to write to, got {place}: {error.strerror or error}"
        )
    return str(error)


def _check_room(folder: Path, bundle: Bundle) -> None:
    """Raises OSError. What ONNX Runtime says of a full disk is no word of it."""
    needed = round(ROOM * bundle.model_path.stat().st_size)
    if shutil.disk_usage(folder).free < needed:
        raise OSError(errno.ENOSPC, f"{os.strerror(errno.ENOSPC)}, {needed} bytes", str(folder))


def _make_read_only(path: Path) -> None:
    """Whoever cut off a file that is mapped would end every process that has it."""
    path.chmod(path.stat().st_mode & ~ANY_WRITE)


def _flush(path: Path) -> None:
    """To the disk, so that not even a power cut leaves half of it under its name."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
