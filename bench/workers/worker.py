"""The parent's end of a worker: started, asked, and ended, each within a bounded time."""

import json
import os
import selectors
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

ROOT: Final = Path(__file__).parents[2]
CHILD: Final = ("-m", "bench.workers.child")
END_SEC: Final = 10.0  # for a worker to end by itself
SAID: Final = 200  # characters of its last line

Reply = dict[str, Any]


class WorkerFailed(RuntimeError):  # the runtime's errors are for requests
    """A worker died, hung, or answered with an error."""


class Worker:
    """One engine's process. Requests and replies are JSON, a line each."""

    def __init__(self, command: Sequence[str], timeout_sec: float) -> None:
        """Start it and wait until it is loaded: `loaded` is what it says of that.

        Raises WorkerFailed.
        """
        self._log = tempfile.TemporaryFile()  # noqa: SIM115  # closed by `close`
        self._unread = b""
        self._process = subprocess.Popen(  # noqa: S603  # our own module
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._log, cwd=ROOT
        )
        try:
            self.loaded: Reply = self._reply(timeout_sec)
        except WorkerFailed:
            self.close()
            raise

    @classmethod
    def of(cls, python: Path, engine: Mapping[str, object], timeout_sec: float) -> Self:
        """A worker for an engine: `bench.peers.engines.find` says what describes one."""
        return cls([str(python), *CHILD, json.dumps(dict(engine))], timeout_sec)

    @property
    def pid(self) -> int:
        """Of its process."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether it can be asked."""
        return self._process.poll() is None

    def ask(self, request: Mapping[str, object], timeout_sec: float) -> Reply:
        """Its answer. Raises WorkerFailed; a worker that hangs is ended."""
        stdin = self._process.stdin
        try:
            if stdin is None:
                raise BrokenPipeError
            stdin.write(json.dumps(dict(request)).encode() + b"\n")
            stdin.flush()
        except OSError as error:
            raise self._died() from error
        return self._reply(timeout_sec)

    def close(self) -> None:
        """End it: its input ends first; then it is killed."""
        stdin, stdout = self._process.stdin, self._process.stdout
        try:
            if stdin is not None:
                stdin.close()
            self._process.wait(END_SEC)
        except (OSError, subprocess.TimeoutExpired):
            self._process.kill()
            self._process.wait()
        if stdout is not None:
            stdout.close()
        self._log.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None
    ) -> None:
        self.close()

    def _reply(self, timeout_sec: float) -> Reply:
        reply: Reply = json.loads(self._line(timeout_sec))
        if "failed" in reply:
            raise WorkerFailed(reply["failed"])
        return reply

    def _line(self, timeout_sec: float) -> bytes:
        stdout = self._process.stdout
        if stdout is None:
            raise self._died()
        deadline = time.monotonic() + timeout_sec
        with selectors.DefaultSelector() as selector:
            selector.register(stdout, selectors.EVENT_READ)
            while b"\n" not in self._unread:
                if not selector.select(max(0.0, deadline - time.monotonic())):
                    self._process.kill()
                    raise WorkerFailed(f"no answer within {timeout_sec:g} s")
                read = os.read(stdout.fileno(), 1 << 16)
                if not read:
                    raise self._died()
                self._unread += read
        line, _, self._unread = self._unread.partition(b"\n")
        return line

    def _died(self) -> WorkerFailed:
        self._process.wait()
        self._log.seek(0)
        said = [line.strip() for line in self._log.read().decode(errors="replace").splitlines()]
        last = next((line for line in reversed(said) if line), "said nothing")
        status = self._process.returncode
        how = f"signal {-status}" if status < 0 else f"status {status}"
        return WorkerFailed(f"ended with {how}: {last[:SAID]}")
