"""Emissions that are kept, so that an edited text is aligned again without running the model."""

import threading
from collections import OrderedDict
from dataclasses import replace
from typing import NamedTuple

from service.emissions import Emissions
from service.speech import Skipping


class EmissionKey(NamedTuple):
    """content: sha256 of the recording's file; model: the id of who heard it; skipping: which
    silence it did not hear, None where it heard everything.
    """

    content: str
    model: str
    skipping: Skipping | None = None


class EmissionCache:
    """At most `max_bytes` of emissions; the ones that were not asked for longest go first.

    Threads may share it: emissions are never changed.
    """

    def __init__(self, max_bytes: int) -> None:
        self.max_bytes = max_bytes
        self.held_bytes = 0
        self.hits = 0
        self.misses = 0
        self._kept: OrderedDict[EmissionKey, Emissions] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, key: EmissionKey) -> Emissions | None:
        """What is kept under a key, as the one that was asked for last."""
        with self._lock:
            found = self._kept.get(key)
            if found is None:
                self.misses += 1
                return None
            self.hits += 1
            self._kept.move_to_end(key)
            return found

    def put(self, key: EmissionKey, emissions: Emissions) -> None:
        """Keep emissions, unless they alone are too large; others make room."""
        if emissions.nbytes > self.max_bytes:
            return
        with self._lock:
            self._forget(key)
            self._kept[key] = replace(emissions, timings={})
            self.held_bytes += emissions.nbytes
            while self.held_bytes > self.max_bytes:
                self._forget(next(iter(self._kept)))

    def _forget(self, key: EmissionKey) -> None:
        forgotten = self._kept.pop(key, None)
        if forgotten is not None:
            self.held_bytes -= forgotten.nbytes
