"""Messages between the service and a decoder: lines of JSON, some of which bring descriptors."""

import json
import os
import socket
from collections.abc import Sequence
from typing import Any, Final

Message = dict[str, Any]

MAX_MESSAGE_BYTES: Final = 1 << 16  # an error's text and facts are the longest
MAX_DESCRIPTORS: Final = 1  # of a message; the kernel closes more
READ_BYTES: Final = 1 << 14
ENDED: Final = b"\n"
DESCRIPTORS: Final = "descriptors"
# What comes is not for processes that are started later.
FLAGS: Final[int] = getattr(socket, "MSG_CMSG_CLOEXEC", 0)  # not on macOS


class ChannelClosed(Exception):
    """The other end is gone, or says what no end says."""


class Channel:
    """One end of a pair of stream sockets. For one thread at a time."""

    def __init__(self, connection: socket.socket) -> None:
        self._socket = connection
        self._buffer = bytearray()
        self._descriptors: list[int] = []

    def send(self, message: Message, descriptors: Sequence[int] = ()) -> None:
        """Send a message; the descriptors stay the sender's as well. Raises ChannelClosed."""
        line = json.dumps({**message, DESCRIPTORS: len(descriptors)}).encode() + ENDED
        try:
            self._socket.settimeout(None)
            if descriptors:
                sent = socket.send_fds(self._socket, [line], list(descriptors))
                line = line[sent:]
            self._socket.sendall(line)
        except OSError as error:
            raise ChannelClosed(str(error)) from error

    def receive(self, timeout_sec: float | None = None) -> tuple[Message, list[int]]:
        """The next message and its descriptors, which the caller closes.

        Raises ChannelClosed, and TimeoutError where none has come.
        """
        self._socket.settimeout(timeout_sec)
        while (end := self._buffer.find(ENDED)) < 0:
            self._read()
        line = bytes(self._buffer[:end])
        del self._buffer[: end + 1]
        try:
            message = json.loads(line)
            count = int(message[DESCRIPTORS])
        except (ValueError, TypeError, KeyError) as error:
            raise ChannelClosed(f"expected a message, got {line[:40]!r}") from error
        if not 0 <= count <= len(self._descriptors):
            raise ChannelClosed(f"expected {count} descriptors, got {len(self._descriptors)}")
        # Those of a message may come with the end of the one before it.
        descriptors, self._descriptors = self._descriptors[:count], self._descriptors[count:]
        return message, descriptors

    def close(self) -> None:
        """Let go of the socket, and of descriptors that nobody asked for."""
        for descriptor in self._descriptors:
            os.close(descriptor)
        self._descriptors.clear()
        self._socket.close()

    def _read(self) -> None:
        try:
            data, descriptors, _, _ = socket.recv_fds(
                self._socket, READ_BYTES, MAX_DESCRIPTORS, FLAGS
            )
        except TimeoutError:
            raise
        except OSError as error:
            raise ChannelClosed(str(error)) from error
        self._descriptors += descriptors
        self._buffer += data
        if not data:
            raise ChannelClosed("end of file")
        if len(self._buffer) > MAX_MESSAGE_BYTES:
            raise ChannelClosed(f"expected a message of at most {MAX_MESSAGE_BYTES} bytes")
