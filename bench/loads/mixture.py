"""Requests of every kind that a service meets: lengths, formats, tasks, bad input, hang-ups."""

import contextlib
import http.client
import io
import random
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

import numpy as np
import soundfile

from bench.loopback import BOUNDARY, Post
from bench.replay import encoded

LENGTHS_SEC: Final = (0.2, 0.5, 1, 2, 3, 5, 7, 10, 15, 20, 30, 45, 60, 90, 150, 240)
WEIGHTS: Final = (4, 6, 10, 12, 12, 14, 10, 10, 6, 5, 4, 3, 2, 1, 0.7, 0.4)
CLIP: Final = Path("examples/he-1.wav")
TEXT: Final = CLIP.with_suffix(".txt")
BAD_SHARE: Final = 0.08
GONE_SHARE: Final = 0.08
PARTS: Final = 3  # of a body, of which one that hangs up sends the first
ANSWER_SEC: Final = 120.0
TASKS: Final = ("transcribe", "transcribe", "align", "stream")
SNDFILE: Final = {"wav": ("WAV", "PCM_16"), "flac": ("FLAC", "PCM_16"), "ogg": ("OGG", "OPUS")}
FORMATS: Final = ("wav", "wav", "flac", "ogg", "mp3", "m4a")

Manner = Literal["well", "bad", "gone in the body", "gone while waiting"]


@dataclass(frozen=True)
class Sent:
    """A request, and what its client does."""

    path: str
    body: bytes
    manner: Manner


Files = Mapping[tuple[float, str], bytes]  # by seconds and format


def recordings() -> Files:
    """One of every length in every format."""
    samples, rate = soundfile.read(CLIP, dtype="float32")
    return {
        (seconds, suffix): _file(np.resize(samples, round(seconds * rate)), suffix)
        for seconds in LENGTHS_SEC
        for suffix in dict.fromkeys(FORMATS)
    }


class Mixture:
    """Requests by a seed, of `recordings`."""

    def __init__(self, seed: int, files: Files) -> None:
        self._random = random.Random(seed)  # noqa: S311  # no secret
        self._files = files
        self._clip_sec = soundfile.info(CLIP).duration
        self._text = TEXT.read_text(encoding="utf-8").split()

    def next(self) -> Sent:
        """Another one."""
        pick = self._random
        (seconds,) = pick.choices(LENGTHS_SEC, WEIGHTS)
        content = self._files[seconds, pick.choice(FORMATS)]
        task = pick.choice(TASKS)
        share, manner = pick.random(), "well"
        if share < BAD_SHARE:
            content, manner = self._spoilt(content), "bad"
        elif share < BAD_SHARE + GONE_SHARE:
            manner = pick.choice(("gone in the body", "gone while waiting"))
        texts = {"language": "he"}
        if task == "align":
            words = max(1, int(seconds / self._clip_sec * len(self._text)))
            texts["transcript"] = " ".join(self._text[at % len(self._text)] for at in range(words))
        elif task == "stream":
            texts["stream"] = "true"
        path = "/align" if task == "align" else "/transcribe"
        return Sent(path, Post(path, {"audio": ("sound", content)}, texts).body(), manner)  # type: ignore[arg-type]

    def _spoilt(self, content: bytes) -> bytes:
        pick = self._random
        kind = pick.randrange(4)
        if kind == 0:
            return b""
        if kind == 1:
            return pick.randbytes(2000)
        if kind == 2:  # noqa: PLR2004  # the third kind
            return content[: len(content) // 3]
        place = pick.randrange(len(content))
        return content[:place] + pick.randbytes(200) + content[place + 200 :]


def _file(samples: np.ndarray[tuple[int], np.dtype[np.float32]], suffix: str) -> bytes:
    if suffix not in SNDFILE:
        return encoded(samples, 16_000, suffix)
    container, subtype = SNDFILE[suffix]
    buffer = io.BytesIO()
    soundfile.write(buffer, samples, 16_000, format=container, subtype=subtype)
    return buffer.getvalue()


def send(port: int, sent: Sent) -> int | None:
    """The status, None for one that hung up. Raises OSError for a connection that fails."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=ANSWER_SEC)
    head = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
    with contextlib.closing(connection):
        if sent.manner.startswith("gone"):
            connection.putrequest("POST", sent.path)
            for name, value in {**head, "Content-Length": str(len(sent.body))}.items():
                connection.putheader(name, value)
            whole = sent.manner == "gone while waiting"
            connection.endheaders(sent.body if whole else sent.body[: len(sent.body) // PARTS])
            if isinstance(connection.sock, socket.socket):
                connection.sock.shutdown(socket.SHUT_RDWR)
            return None
        connection.request("POST", sent.path, sent.body, head)
        answer = connection.getresponse()
        answer.read()
        return answer.status


def statuses_told(counts: Sequence[int | None]) -> dict[str, int]:
    """How many of each."""
    names = ["gone" if status is None else str(status) for status in counts]
    return {name: names.count(name) for name in sorted(set(names))}
