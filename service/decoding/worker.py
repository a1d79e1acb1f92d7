"""A decoder: a process that reads one upload after the other, with as little as that takes.

It is started by `Decoder`, with a socket for its only descriptor, an empty environment and `/` for
its folder. It ends when the socket does, be it in the middle of a file.
"""

import contextlib
import io
import os
import select
import signal
import socket
import sys
import threading
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import IO, BinaryIO, Final, cast

import numpy as np

from service.audio import decode
from service.decoding import faults
from service.decoding.channel import Channel, ChannelClosed, Message
from service.decoding.descriptors import Positional, memory_file
from service.decoding.length import duration_sec
from service.decoding.limits import (
    CPU_SEC_OF_MEASURING,
    MEMORY_BYTES,
    CpuLimit,
    cpu_sec_for,
    limit_output,
    restrict,
)
from service.errors import CorruptAudio, KolvaniError
from service.samples import BUFFER_BYTES, SAMPLE_BYTES, Samples, StoredSamples

Answer = tuple[Message, list[int]]  # and the descriptors that it brings

READ_BYTES: Final = 1 << 16
LEAVING: Final = "leaving"  # in an answer, why it is the last one
TELL_SEC: Final = 0.1  # between two messages of progress


class Worker:
    """Answers one message after the other."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._told = 0.0

    def serve(self) -> None:
        """Until the socket ends, or an answer leaves this process in doubt."""
        self._channel.send({"ready": True})
        answer: Message = {}
        while LEAVING not in answer:
            question, descriptors = self._channel.receive()
            (descriptor,) = descriptors
            with contextlib.ExitStack() as held:
                # The upload is let go of before the answer, what the answer brings after it.
                with io.BufferedReader(Positional(descriptor), READ_BYTES) as source:
                    answer, brought = self._answer(question, cast("BinaryIO", source), held)
                self._channel.send(answer, brought)

    def _answer(self, question: Message, source: BinaryIO, held: contextlib.ExitStack) -> Answer:
        try:
            if question["do"] == "measure":
                return self._measure(source), []
            return self._decode(question, source, held)
        except KolvaniError as error:
            return {"error": faults.written(error)}, []
        except MemoryError:
            return {"error": faults.written(_too_much_memory()), LEAVING: "memory"}, []
        except ChannelClosed:
            raise
        except Exception as error:  # noqa: BLE001  # told to the parent, which logs it
            return {"failed": _told(error), LEAVING: "failed"}, []

    def _measure(self, source: BinaryIO) -> Message:
        CpuLimit(CPU_SEC_OF_MEASURING)
        return {"seconds": duration_sec(source)}

    def _decode(self, question: Message, source: BinaryIO, held: contextlib.ExitStack) -> Answer:
        rate, max_sec = int(question["sample_rate"]), float(question["max_sec"])
        limit_output(int(max_sec * rate) * SAMPLE_BYTES)
        limit = CpuLimit(cpu_sec_for(max_sec))
        self._told = time.monotonic()
        audio = decode(source, rate, max_sec, self._progress(limit), self._ask_for_file)
        held.callback(audio.close)
        done: Message = {
            "done": len(audio.waveform),
            "duration_sec": audio.duration_sec,
            "padding_sec": audio.padding_sec,
        }
        if isinstance(audio.waveform, StoredSamples):
            return done, []  # the file is the parent's already
        file = held.enter_context(memory_file())
        _write(file, audio.waveform)
        return done, [file.fileno()]

    def _progress(self, limit: CpuLimit) -> Callable[[float], None]:
        def tell(seconds: float) -> None:
            limit.progressed()
            now = time.monotonic()
            if now - self._told > TELL_SEC:
                self._told = now
                self._channel.send({"progress": seconds})

        return tell

    def _ask_for_file(self) -> IO[bytes]:
        self._channel.send({"need": "file"})
        answer, descriptors = self._channel.receive()
        if "full" in answer:
            raise faults.read(answer["full"])
        (descriptor,) = descriptors
        return os.fdopen(descriptor, "w+b", BUFFER_BYTES)


def _write(file: IO[bytes], samples: Samples) -> None:
    left = np.ascontiguousarray(samples[:]).data.cast("B")
    while left:
        left = left[file.write(left) :]


def _told(error: Exception) -> str:
    """An error that nobody expected: what and where, without what it quotes."""
    *_, last = traceback.extract_tb(error.__traceback__)
    return (
        f"{type(error).__name__} in {last.name}, line {last.lineno} of {Path(last.filename).name}"
    )


def _too_much_memory() -> CorruptAudio:
    return CorruptAudio(
        f"expected audio that can be decoded in {MEMORY_BYTES >> 20} MiB of memory, "
        "got a file that asks for more",
        param="audio",
        decoder_memory_bytes=MEMORY_BYTES,
    )


def _end_with(connection: socket.socket) -> None:
    """End this process when the other end of the socket is gone, whatever it does then."""
    poll = select.poll()
    poll.register(connection, getattr(select, "POLLRDHUP", select.POLLHUP) | select.POLLHUP)
    poll.poll()
    os._exit(0)


def main(descriptor: int) -> None:
    """Serve the socket of this number."""
    # The service is asked to end, and ends its decoders when it has no more need of them.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    restrict()
    connection = socket.socket(fileno=descriptor)
    threading.Thread(target=_end_with, args=(connection,), daemon=True).start()
    with contextlib.suppress(ChannelClosed):
        Worker(Channel(connection)).serve()


if __name__ == "__main__":
    main(int(sys.argv[1]))
