"""What the service and a decoder say to each other about one upload."""

import logging
import os
from collections.abc import Callable
from typing import BinaryIO, Final

from service.audio import Audio
from service.decoding import faults
from service.decoding.channel import ChannelClosed, Message
from service.decoding.decoder import FAILED, STOPPED, Decoder
from service.decoding.descriptors import disk_file
from service.errors import DecoderFailed, KolvaniError, StorageFull
from service.samples import IN_MEMORY_SAMPLES, SAMPLE_BYTES, Samples, StoredSamples

OnSeconds = Callable[[float], None]

TELL_SEC: Final = 0.5  # at most, from one call of on_seconds to the next
SILENT_SEC: Final = 300.0  # from a decoder that works; its CPU time is limited to less

logger = logging.getLogger(__name__)


class Conversation:
    """One question to a decoder and all until its answer. Whatever ends it before that ends the
    decoder. For one thread.
    """

    def __init__(self, decoder: Decoder, on_seconds: OnSeconds | None = None) -> None:
        self._decoder = decoder
        self._on_seconds = on_seconds or _ignore
        self._seconds = 0.0
        self._file: BinaryIO | None = None

    def decode(self, descriptor: int, sample_rate: int, max_sec: float) -> Audio:
        """Raises what decoding raises, ChannelClosed, DecoderFailed, and what on_seconds does."""
        question = {"do": "decode", "sample_rate": sample_rate, "max_sec": max_sec}
        try:
            answer, descriptors = self._ask(question, descriptor)
            return self._audio(answer, descriptors, sample_rate)
        except BaseException:
            if self._file is not None:
                self._file.close()
            raise

    def measure(self, descriptor: int) -> float | None:
        """Raises what measuring raises, ChannelClosed, DecoderFailed, and what on_seconds does."""
        answer, _ = self._ask({"do": "measure"}, descriptor)
        seconds = answer.get("seconds")
        return float(seconds) if isinstance(seconds, (int, float)) else None

    def _ask(self, question: Message, descriptor: int) -> tuple[Message, list[int]]:
        try:
            self._decoder.channel.send(question, [descriptor])
            while True:
                answer, descriptors = self._next()
                if "done" in answer or "seconds" in answer:
                    return answer, descriptors
                _close(descriptors)
                if "error" in answer or "failed" in answer:
                    break
                self._go_on(answer)
        except ChannelClosed:
            raise
        except BaseException:
            self._decoder.kill(STOPPED)
            raise
        raise self._error(answer)

    def _next(self) -> tuple[Message, list[int]]:
        silent_sec = 0.0
        while True:
            try:
                return self._decoder.channel.receive(TELL_SEC)
            except TimeoutError:
                self._on_seconds(self._seconds)
            silent_sec += TELL_SEC
            if silent_sec > SILENT_SEC:
                self._decoder.kill(FAILED)

    def _go_on(self, message: Message) -> None:
        if "progress" in message:
            self._seconds = float(message["progress"])
            self._on_seconds(self._seconds)
        elif "need" in message and self._file is None:
            try:
                self._file = disk_file()
            except StorageFull as error:
                self._decoder.channel.send({"full": faults.written(error)})
            else:
                self._decoder.channel.send({}, [self._file.fileno()])

    def _error(self, answer: Message) -> KolvaniError:
        self._decoder.leaving = answer.get("leaving")
        if "error" in answer:
            try:
                return faults.read(answer["error"])
            except (KeyError, TypeError):
                self._decoder.kill(FAILED)
        logger.error("a decoder failed: %s", answer.get("failed"))
        return DecoderFailed(
            "expected a decoder that reads this file, got one that failed", param="audio"
        )

    def _audio(self, answer: Message, descriptors: list[int], sample_rate: int) -> Audio:
        brought = os.fdopen(descriptors[0], "rb", buffering=0) if descriptors else None
        try:
            stored = _stored(brought or self._file, int(answer["done"]))
            samples: Samples = stored if brought is None else stored[:IN_MEMORY_SAMPLES]
            lengths = float(answer["duration_sec"]), float(answer["padding_sec"])
        except (KeyError, TypeError, ValueError) as error:
            self._decoder.kill(FAILED)
            raise ChannelClosed(str(error)) from error
        finally:
            if brought is not None:
                brought.close()
        return Audio(samples, sample_rate, *lengths)


def _stored(file: BinaryIO | None, count: int) -> StoredSamples:
    """float32 [count] in a file. Raises ValueError where there is no such file."""
    if file is None or os.fstat(file.fileno()).st_size != count * SAMPLE_BYTES:
        raise ValueError(f"expected a file of {count} samples, got another or none")
    return StoredSamples(file, count)


def _close(descriptors: list[int]) -> None:
    for descriptor in descriptors:
        os.close(descriptor)


def _ignore(_: float) -> None:
    pass
