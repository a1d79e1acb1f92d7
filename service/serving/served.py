"""A model of the folder: checked on disk, and in memory from its first use."""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from service.audio import decode_file
from service.bundle import Bundle
from service.errors import BundleError, KolvaniError, OutOfMemory
from service.manifest import MANIFEST_FILE
from service.ops.memory import resident_bytes, within_memory
from service.ops.processor import UNKNOWN, Processor
from service.recognizer import Recognizer
from service.serving.fit import Fit
from service.text.script import main_script

logger = logging.getLogger(__name__)

# Two synthetic words. Silence would leave the kernels that speech needs untouched.
WARM_UP_SPEECH: Final = Path(__file__).with_name("warm_up.flac")
WARM_UP_MAX_SEC: Final = 10.0
FLOAT_BYTES: Final = 4

Opener = Callable[[Bundle], Recognizer]


@dataclass(frozen=True)
class Loaded:
    """A model in memory, and what it took."""

    recognizer: Recognizer
    load_sec: float
    memory_bytes: int | None  # the process grew by this much; None where that cannot be measured


class ServedModel:
    """A bundle that has passed the checks, and its recognizer once somebody needs it."""

    def __init__(
        self,
        bundle: Bundle,
        opener: Opener,
        loading: threading.Lock,
        processor: Processor = UNKNOWN,
    ) -> None:
        """`loading` is held while a model loads: one at a time, so that growth has one cause."""
        self.bundle = bundle
        self.fit = Fit(bundle.manifest.quantization, processor)
        self.manifest = bundle.manifest
        special = self.manifest.special_tokens
        self.script = main_script(token for token in bundle.tokens if token not in special)
        self.file_bytes = sum(
            (bundle.folder / name).stat().st_size for name in bundle.manifest.files
        )
        self.written_at = int((bundle.folder / MANIFEST_FILE).stat().st_mtime)  # since 1970
        stride, rate = self.manifest.framing.stride, self.manifest.sample_rate
        # What is heard in a second of audio takes so much memory: float32 [frames, tokens].
        self.emission_bytes = FLOAT_BYTES * len(bundle.tokens) * rate / stride
        self.fault: str | None = None  # why it cannot be served, once loading has failed
        self.loaded: Loaded | None = None
        self._opener, self._loading = opener, loading

    def recognizer(self) -> Recognizer:
        """The recognizer, warm; loads it where nobody has yet, and waits where somebody does.

        Raises BundleError if it does not load, then and ever after, and OutOfMemory, which may
        pass.
        """
        loaded = self.loaded
        if loaded is None:
            with self._loading:
                loaded = self.loaded or self._load()
        return loaded.recognizer

    def _load(self) -> Loaded:
        if self.fault is not None:
            raise BundleError(self.fault, model=self.manifest.id)
        try:
            with within_memory():
                self.loaded = self._open_and_warm()
        except OutOfMemory:  # there may be some for the next request
            raise
        except Exception as error:  # whatever it is, it is this model's alone
            self.fault = self._told(error)
            logger.error("model %s cannot be served: %s", self.manifest.id, self.fault)
            raise BundleError(self.fault, model=self.manifest.id) from error
        logger.info("model %s is ready", self.manifest.id)
        return self.loaded

    def _open_and_warm(self) -> Loaded:
        speech = decode_file(WARM_UP_SPEECH, self.manifest.sample_rate, WARM_UP_MAX_SEC)
        began, before = time.perf_counter(), resident_bytes()
        recognizer = self._opener(self.bundle)
        recognizer.warm(speech)
        after = resident_bytes()
        growth = None if before is None or after is None else max(0, after - before)
        return Loaded(recognizer, time.perf_counter() - began, growth)

    def _told(self, error: Exception) -> str:
        if isinstance(error, KolvaniError):
            return error.message
        folder = self.bundle.folder
        return f"{folder}: expected a model that loads, got {type(error).__name__}: {error}"
