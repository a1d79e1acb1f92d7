"""The decoders of a service: as many processes as it decodes at a time, and one that measures."""

import logging
import queue
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import BinaryIO, Final, TypeVar

from service.audio import HEAD_BYTES, Audio, recognize
from service.decoding.channel import ChannelClosed
from service.decoding.conversation import TELL_SEC, Conversation, OnSeconds
from service.decoding.decoder import CPU, CRASH, REASONS, STOPPED, Decoder
from service.decoding.descriptors import descriptor_of
from service.errors import CorruptAudio, DecoderFailed

Answer = TypeVar("Answer")

START_TIMEOUT_SEC: Final = 60.0
RESTART_SEC: Final = 1.0  # after one that never got ready
TRIES: Final = 2
RETRY_SEC: Final = 1

logger = logging.getLogger(__name__)


class _Seat:
    """A place for one decoder after the other. in_use: the one that somebody talks with."""

    def __init__(self) -> None:
        self.decoder: Decoder | None = None
        self.in_use: Decoder | None = None


class Decoders:
    """Child processes that decode, each replaced as soon as it is gone; for any number of threads.

    count: how many files are decoded at a time. One process more tells durations, so that nobody
    waits for hours of audio to learn how long a file is.
    """

    def __init__(self, count: int) -> None:
        # Reason -> decoders that were replaced.
        self.restarts: Mapping[str, int] = dict.fromkeys(REASONS, 0)
        self._closed = threading.Event()
        self._last_started = False
        self._changed = threading.Condition()
        self._seats = [_Seat() for _ in range(count + 1)]
        # The last one used comes first: its memory is warm, and others' stays untouched.
        self._decoding: queue.LifoQueue[_Seat] = queue.LifoQueue()
        self._measuring: queue.LifoQueue[_Seat] = queue.LifoQueue()
        self._measuring.put(self._seats[0])
        for seat in self._seats[1:]:
            self._decoding.put(seat)
        for seat in self._seats:
            self._fill(seat)

    @property
    def ready(self) -> bool:
        """Whether processes start: a file can be decoded, at once or when one is replaced."""
        return self._last_started

    @property
    def pids(self) -> list[int]:
        """The processes that there are now."""
        with self._changed:
            found = [seat.decoder for seat in self._seats if seat.decoder]
        return [decoder.pid for decoder in found if not decoder.ended]

    def decode(
        self,
        source: BinaryIO,
        sample_rate: int,
        max_sec: float,
        on_seconds: OnSeconds | None = None,
    ) -> Audio:
        """`service.audio.decode` in a process of its own.

        on_seconds: gets the source's seconds decoded so far, twice a second at least, and may raise
        to stop it. Raises what decoding raises; CorruptAudio also where the file ends the process
        or takes more than a file may; DecoderFailed where something else does, twice.
        """
        _recognize(source)
        with descriptor_of(source) as descriptor:
            return self._tried(
                self._decoding,
                on_seconds,
                lambda talk: talk.decode(descriptor, sample_rate, max_sec),
            )

    def duration_sec(self, source: BinaryIO) -> float | None:
        """Seconds of audio that a file claims, or what its packets tell; None where neither does.

        Nothing is decoded. Raises EmptyAudio, UnsupportedAudio or CorruptAudio where decoding would
        do so for certain, and DecoderFailed.
        """
        _recognize(source)
        with descriptor_of(source) as descriptor:
            return self._tried(self._measuring, None, lambda talk: talk.measure(descriptor))

    def close(self) -> None:
        """End all processes, in the middle of a file too, and wait for that."""
        with self._changed:
            self._closed.set()
            self._changed.notify_all()
            decoders = [seat.decoder for seat in self._seats if seat.decoder]
        for decoder in decoders:
            decoder.kill(STOPPED)
        for decoder in decoders:
            decoder.wait_ended()

    def _tried(
        self,
        free: "queue.LifoQueue[_Seat]",
        on_seconds: OnSeconds | None,
        work: Callable[[Conversation], Answer],
    ) -> Answer:
        with _taken(free, on_seconds) as seat:
            for _ in range(TRIES):
                with self._decoder_of(seat) as decoder:
                    try:
                        return work(Conversation(decoder, on_seconds))
                    except ChannelClosed:
                        decoder.wait_ended()
                        _blame_file(decoder)
        raise _failed("one that was ended twice")

    @contextmanager
    def _decoder_of(self, seat: _Seat) -> Iterator[Decoder]:
        """The seat's, once it is ready."""
        waited_sec = 0.0
        with self._changed:
            while not (seat.decoder and seat.decoder.ready):
                if self._closed.is_set() or waited_sec > START_TIMEOUT_SEC:
                    raise _failed("none that starts")
                self._changed.wait(TELL_SEC)
                waited_sec += TELL_SEC
            decoder = seat.in_use = seat.decoder
        try:
            yield decoder
        finally:
            with self._changed:
                seat.in_use = None
                if seat.decoder is not decoder or decoder.ended:
                    decoder.channel.close()

    def _fill(self, seat: _Seat) -> None:
        """Start a decoder, sooner or later."""
        while True:
            with self._changed:
                if self._closed.is_set():
                    return
                try:
                    seat.decoder = Decoder(partial(self._on_change, seat))
                except OSError as error:
                    logger.error("no decoder could be started: %s", error)
                else:
                    return
            self._closed.wait(RESTART_SEC)

    def _on_change(self, seat: _Seat, decoder: Decoder) -> None:
        with self._changed:
            self._last_started = decoder.started
            if decoder.ended:
                seat.decoder = None
                if seat.in_use is not decoder:
                    decoder.channel.close()
            self._changed.notify_all()
            if not decoder.ended or self._closed.is_set():
                return
            count = self.restarts[decoder.reason] + 1
            self.restarts = {**self.restarts, decoder.reason: count}
        logger.warning("a decoder is replaced: %s", decoder.reason)
        if not decoder.started:
            self._closed.wait(RESTART_SEC)
        self._fill(seat)


@contextmanager
def _taken(free: "queue.LifoQueue[_Seat]", on_seconds: OnSeconds | None) -> Iterator[_Seat]:
    while True:
        try:
            seat = free.get(timeout=TELL_SEC)
            break
        except queue.Empty:
            if on_seconds is not None:
                on_seconds(0.0)
    try:
        yield seat
    finally:
        free.put(seat)


def _recognize(source: BinaryIO) -> str:
    source.seek(0)
    return recognize(source.read(HEAD_BYTES))


def _blame_file(decoder: Decoder) -> None:
    """Raises CorruptAudio where the file is what ended its decoder."""
    if decoder.reason == CPU:
        raise CorruptAudio(
            "expected audio that can be decoded in reasonable time, got a file that takes more CPU "
            "time than any should",
            param="audio",
        )
    if decoder.reason == CRASH:
        raise CorruptAudio(
            f"expected audio that can be decoded, got: the decoder ended by signal "
            f"{decoder.signal}",
            param="audio",
            signal=decoder.signal,
        )


def _failed(got: str) -> DecoderFailed:
    return DecoderFailed(
        f"expected a decoder for this file, got {got}", param="audio", retry_after_sec=RETRY_SEC
    )
