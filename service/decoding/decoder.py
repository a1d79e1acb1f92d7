"""One decoder as the service has it: a process, its socket, and how it ended."""

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final

from service.decoding.channel import Channel, ChannelClosed

END_TIMEOUT_SEC: Final = 10.0
WORKER: Final = "service.decoding.worker"

KEPT_BYTES: Final = 16 << 20
ENVIRONMENT: Final = {
    "PYTHONDONTWRITEBYTECODE": "1",
    # The C library gives memory back after every file, and takes it again for the next: 500 page
    # faults for ten seconds, 2 ms. The service's own has long learnt what it needs.
    "MALLOC_TRIM_THRESHOLD_": str(KEPT_BYTES),
    "MALLOC_MMAP_THRESHOLD_": str(KEPT_BYTES),
}

# Why one was replaced.
CPU, CRASH, FAILED, KILLED, MEMORY, STOPPED = REASONS = (
    *("cpu", "crash", "failed", "killed"),
    *("memory", "stopped"),
)


class Decoder:
    """A child process that is starting, ready, or gone.

    on_change: called with it when it gets ready and when it is gone, from a thread of its own.
    """

    def __init__(self, on_change: "Callable[[Decoder], None]") -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            try:
                self._process = _start(theirs.fileno())
            except BaseException:
                ours.close()
                raise
        self.channel = Channel(ours)
        self.started = False  # it has been ready
        self.leaving: str | None = None  # why it takes no more work; None: it does, or is gone
        self._ended = threading.Event()
        self._on_change = on_change
        threading.Thread(target=self._watch, name="decoder", daemon=True).start()

    @property
    def pid(self) -> int:
        """Its process."""
        return self._process.pid

    @property
    def ready(self) -> bool:
        """Whether it takes work."""
        return self.started and self.leaving is None and not self.ended

    @property
    def ended(self) -> bool:
        """Whether it is gone."""
        return self._ended.is_set()

    @property
    def signal(self) -> int:
        """The signal that ended it; 0 where it ended by itself."""
        return max(0, -self._process.returncode)

    @property
    def reason(self) -> str:
        """Of `REASONS`, for one that is gone."""
        if self.leaving is not None:
            return self.leaving
        by_signal = {0: FAILED, signal.SIGKILL: KILLED, signal.SIGXCPU: CPU}
        return by_signal.get(self.signal, CRASH)

    def wait_ended(self) -> None:
        """Until it is gone; one that has closed its socket and stays is killed."""
        if not self._ended.wait(END_TIMEOUT_SEC):
            self.kill(FAILED)
            self._ended.wait()

    def kill(self, reason: str) -> None:
        """End it now, whatever it does. reason: one of `REASONS`."""
        self.leaving = self.leaving or reason
        self._process.send_signal(signal.SIGKILL)  # does nothing to one that is gone

    def _watch(self) -> None:
        try:
            self.channel.receive()  # says that it is ready
        except ChannelClosed:
            pass
        else:
            self.started = True
            self._on_change(self)
        self._process.wait()
        self._ended.set()
        self._on_change(self)


def _start(descriptor: int) -> "subprocess.Popen[bytes]":
    # Not forked: of a process with threads, a fork may hold locks for ever. Nothing of the
    # environment is for it but where the modules are.
    path = os.pathsep.join(str(Path(entry).resolve()) for entry in sys.path)
    return subprocess.Popen(  # noqa: S603  # ourselves
        [sys.executable, "-P", "-m", WORKER, str(descriptor)],
        cwd="/",
        env={"PYTHONPATH": path, **ENVIRONMENT},
        pass_fds=[descriptor],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
