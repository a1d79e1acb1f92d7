"""Audio in any common format to mono float32 at the model's rate.

The format is told from the first bytes, never from a name that the client sent. libsndfile reads
plain samples; what is compressed goes to FFmpeg's libraries through PyAV, because libsndfile stops
where a header's estimate of the length says so (docs/decisions/002-decoders.md). The demuxer is
named outright, so that nothing in a file can make FFmpeg open another one. Decoding goes block by
block, to a file where the audio is long (service/samples.py), and stops at the limit, whatever the
header claims.
"""

import itertools
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, BinaryIO, Final, NamedTuple

import av
import numpy as np
import soundfile
import soxr
from av.container import InputContainer
from numpy.typing import NDArray

from service.errors import AudioTooLong, CorruptAudio, EmptyAudio, InvalidSamples, UnsupportedAudio
from service.samples import Samples, Spool, StoredSamples, Waveform, blocks, temporary_file

HEAD_BYTES: Final = 64
BLOCK_SAMPLES: Final = 1 << 17  # of all channels together
MIN_RATE, MAX_RATE = 1_000, 768_000  # Hz; beyond these a header lies
SILENCE_WINDOW_SEC: Final = 0.025
SILENCE_RMS: Final = 10 ** (-65 / 20)  # -65 dBFS; a quiet room through a cheap microphone is louder

PADDING_SEC: Final = 0.1  # what an encoder may add to audio that is just as long as allowed
MAX_MAGNITUDE: Final = 2.0**31  # of a sample; float files hold [-1, 1], or integers as they were
MAX_BAD_PACKETS: Final = 4  # tags between joined files; more is damage

DEMUXERS: Final = {
    "MP3": "mp3",
    "OGG": "ogg",
    "FLAC": "flac",
    "MP4": "mov",
    "WebM": "matroska",
    "AAC": "aac",
}
MPEG_SYNC, MPEG_LAYER = 0xFFE0, 0x0006
LAYER_II, LAYER_III, ADTS_SYNC = 0x0004, 0x0002, 0xFFF0  # ADTS: layer bits are 0
READABLE: Final = "WAV, FLAC, OGG, MP3, AIFF, CAF, AU, W64, MP4/M4A, AAC or WebM"


class Signature(NamedTuple):
    """`magic` at `offset` tells `name`."""

    name: str
    magic: bytes
    offset: int = 0


READ_HERE: Final = (
    Signature("WAV", b"WAVE", 8),
    Signature("W64", b"riff"),
    Signature("FLAC", b"fLaC"),
    Signature("OGG", b"OggS"),
    Signature("AIFF", b"AIF", 8),
    Signature("CAF", b"caff"),
    Signature("AU", b".snd"),
    Signature("MP3", b"ID3"),
    Signature("MP4", b"ftyp", 4),
    Signature("WebM", b"\x1a\x45\xdf\xa3"),
)
# Known, so that the error can say what came.
NOT_READ_HERE: Final = (
    Signature("a PNG image", b"\x89PNG"),
    Signature("a JPEG image", b"\xff\xd8\xff"),
    Signature("a GIF image", b"GIF8"),
    Signature("a PDF document", b"%PDF"),
    Signature("a ZIP archive", b"PK\x03\x04"),
    Signature("a gzip archive", b"\x1f\x8b"),
    Signature("an AVI video", b"AVI ", 8),
    Signature("an AMR recording", b"#!AMR"),
    Signature("a Windows Media file", b"\x30\x26\xb2\x75"),
    Signature("an HTML page", b"<"),
    Signature("a JSON document", b"{"),
)


@dataclass(frozen=True)
class Audio:
    """waveform: float32 [N], mono, an array or a long recording's file, of which slices are arrays.

    `duration_sec` is the source's, before resampling, of which an encoder may have added
    `padding_sec`. Whoever decodes closes it: a Recording does.
    """

    waveform: Samples
    sample_rate: int  # Hz
    duration_sec: float
    padding_sec: float = 0.0

    @property
    def silent(self) -> bool:
        """Whether even the loudest moment is below what a microphone hears in a quiet room."""
        return not any(loud.any() for loud in self._loud())

    @property
    def onset_sec(self) -> float:
        """Where the first moment begins that is not silent; 0 where all are."""
        before = 0  # moments
        for loud in self._loud():
            if loud.any():
                return (before + int(loud.argmax())) * self._moment() / self.sample_rate
            before += len(loud)
        return 0.0

    def part(self, start_sec: float, seconds: float) -> "Audio":
        """`seconds` from `start_sec` on, in memory; this very audio if that is all of it."""
        samples = max(1, round(seconds * self.sample_rate))
        if len(self.waveform) <= samples:
            return self
        first = min(round(start_sec * self.sample_rate), len(self.waveform) - samples)
        return Audio(self.waveform[first : first + samples], self.sample_rate, seconds)

    def blocks(self) -> Iterator[Waveform]:
        """All samples in order, as float32 arrays of a size that does not matter in memory."""
        return blocks(self.waveform)

    def close(self) -> None:
        """Let go of the file, if there is one; an array stays."""
        if isinstance(self.waveform, StoredSamples):
            self.waveform.close()

    def _loud(self) -> Iterator[NDArray[np.bool_]]:
        """Of each moment, whether it is no silence: bool [n], block by block."""
        moment = self._moment()
        for block in blocks(self.waveform, max(1, BLOCK_SAMPLES // moment) * moment):
            moments = block[: len(block) // moment * moment].reshape(-1, moment)
            yield np.sqrt(np.mean(moments**2, axis=1)) >= SILENCE_RMS

    def _moment(self) -> int:
        """Samples of one."""
        return min(len(self.waveform), int(SILENCE_WINDOW_SEC * self.sample_rate))


def decode(
    source: BinaryIO,
    sample_rate: int,
    max_sec: float,
    on_seconds: Callable[[float], None] | None = None,
    open_file: Callable[[], IO[bytes]] = temporary_file,
) -> Audio:
    """Read a seekable file to its end, mixed to mono and resampled to `sample_rate`.

    on_seconds: gets the source's seconds so far after every block, and may raise to stop it;
    open_file: makes the file for audio that is long, as `Spool` has it.

    The caller closes what comes. Raises EmptyAudio, UnsupportedAudio, CorruptAudio, InvalidSamples,
    StorageFull, or AudioTooLong as soon as more than `max_sec` seconds have come; nothing is left
    behind then.
    """
    source.seek(0)
    name = recognize(source.read(HEAD_BYTES))
    source.seek(0)
    decoded = _ffmpeg_blocks(source, name) if name in DEMUXERS else _sndfile_blocks(source, name)
    padding_sec = PADDING_SEC if name in DEMUXERS else 0.0
    limit = _Limit(max_sec, padding_sec)
    spool = Spool(open_file)

    def told() -> Iterator[tuple[int, Waveform]]:
        frames = 0
        for rate, block in decoded:
            yield rate, block
            frames += len(block)
            if on_seconds is not None:
                on_seconds(frames / rate)

    try:
        duration_sec = _resample(told(), name, sample_rate, limit, spool)
        return Audio(_at_least_one(spool.finish()), sample_rate, duration_sec, padding_sec)
    except BaseException:
        spool.close()
        raise


def decode_file(path: Path, sample_rate: int, max_sec: float) -> Audio:
    """`decode` for a path."""
    # Read by number: soundfile would judge a file that has a name by its extension. Opened by name:
    # the system's complaint about a directory tells it.
    with path.open("rb") as named, os.fdopen(os.dup(named.fileno()), "rb") as file:
        return decode(file, sample_rate, max_sec)


def recognize(head: bytes) -> str:
    """The name of a readable format by its first bytes.

    Raises EmptyAudio for no bytes, UnsupportedAudio with what was recognised for anything else.
    """
    if not head:
        raise EmptyAudio("expected audio, got an empty file", param="audio")
    if found := _find(head, READ_HERE):
        return found
    if found := _mpeg_frame(head):
        return found
    got = _find(head.lstrip(), NOT_READ_HERE) or "data of no known format"
    raise UnsupportedAudio(
        f"expected audio as {READABLE}, got {got}",
        param="audio",
        recognized=got,
        first_bytes=head[:8].hex(" "),
    )


class _Limit(NamedTuple):
    """The longest that may come: `max_sec`, and what an encoder may add."""

    max_sec: float
    padding_sec: float

    def check(self, duration_sec: float) -> None:
        if duration_sec > self.max_sec + self.padding_sec:
            raise AudioTooLong(
                f"expected at most {self.max_sec:g} s of audio, got more: "
                "cut it into parts and send each",
                param="audio",
                max_audio_sec=self.max_sec,
            )


def check_duration(duration_sec: float, padding_sec: float, max_sec: float) -> None:
    """Raises AudioTooLong where `decode` would, for audio that was decoded under another limit."""
    _Limit(max_sec, padding_sec).check(duration_sec)


def _resample(
    decoded: Iterator[tuple[int, Waveform]],
    name: str,
    sample_rate: int,
    limit: _Limit,
    spool: Spool,
) -> float:
    """Write all that is decoded to `spool`, mono at `sample_rate`; returns the source's seconds."""
    frames, rate, resampler = 0, 0, None
    for rate, block in decoded:
        if resampler is None:
            resampler = soxr.ResampleStream(_plausible(rate, name), sample_rate, 1, dtype="float32")
        frames += len(block)
        limit.check(frames / rate)
        spool.write(resampler.resample_chunk(_mono(block, frames - len(block))))
    if resampler is None or frames == 0:
        raise EmptyAudio("expected audio, got a file without samples", param="audio", format=name)
    spool.write(resampler.resample_chunk(np.zeros(0, dtype=np.float32), last=True))
    return frames / rate


def _find(head: bytes, signatures: tuple[Signature, ...]) -> str | None:
    for name, magic, offset in signatures:
        if head[offset : offset + len(magic)] == magic:
            return name
    return None


def _mpeg_frame(head: bytes) -> str | None:
    """MP3 or raw AAC by its frame header: eleven or twelve bits of sync, then the layer."""
    header = int.from_bytes(head[:2], "big")
    if header & 0xFFF6 == ADTS_SYNC:
        return "AAC"
    layer = header & MPEG_LAYER if header & MPEG_SYNC == MPEG_SYNC else None
    return "MP3" if layer in (LAYER_II, LAYER_III) else None


def _sndfile_blocks(source: BinaryIO, name: str) -> Iterator[tuple[int, Waveform]]:
    """(rate, float32 [frames, channels]) blocks through libsndfile."""
    try:
        with soundfile.SoundFile(source) as file:
            frames = max(1, BLOCK_SAMPLES // file.channels)
            while len(block := file.read(frames, dtype="float32", always_2d=True)):
                yield file.samplerate, block
    except soundfile.SoundFileError as error:
        raise corrupt(name, str(error)) from error


@contextmanager
def demuxed(source: BinaryIO, name: str) -> Iterator[InputContainer]:
    """A file with an audio track, opened by FFmpeg.

    Raises UnsupportedAudio without such a track, and CorruptAudio for whatever FFmpeg complains of
    until the end of the block.
    """
    try:
        with av.open(source, "r", DEMUXERS[name], metadata_errors="ignore") as container:
            if not container.streams.audio:
                raise UnsupportedAudio(
                    f"expected an audio track, got {name} without one",
                    param="audio",
                    recognized=name,
                )
            yield container
    except av.FFmpegError as error:
        raise corrupt(name, error.strerror or str(error)) from error


def _ffmpeg_blocks(source: BinaryIO, name: str) -> Iterator[tuple[int, Waveform]]:
    """(rate, float32 [frames, channels]) blocks through FFmpeg."""
    with demuxed(source, name) as container:
        if container.streams.audio[0].codec_context is None:
            raise corrupt(name, "a codec that is not known")
        rate = 0
        for kind, alike in itertools.groupby(_frames(container, name), key=_kind):
            rate = rate or kind.rate
            if kind.rate != rate:
                raise corrupt(name, f"{rate} Hz that turns into {kind.rate} Hz")
            for block in _packed(alike):
                yield rate, block


def _frames(container: InputContainer, name: str) -> Iterator[av.AudioFrame]:
    """The first audio track's frames; a few packets may be no audio."""
    bad = 0
    for packet in container.demux(audio=0):
        try:
            frames = packet.decode()
        except av.InvalidDataError as error:
            bad += 1
            if bad > MAX_BAD_PACKETS:
                raise corrupt(name, f"{bad} broken packets") from error
            continue
        yield from (frame for frame in frames if isinstance(frame, av.AudioFrame))


class _Kind(NamedTuple):
    """What one converter of samples takes."""

    rate: int  # Hz
    sample_format: str
    layout: str


def _kind(frame: av.AudioFrame) -> _Kind:
    return _Kind(frame.sample_rate, frame.format.name, frame.layout.name)


def _packed(alike: Iterable[av.AudioFrame]) -> Iterator[Waveform]:
    """Frames of one kind as float32 [n, channels], put together to blocks of BLOCK_SAMPLES samples.

    They share a converter, as making one takes longer than decoding a frame. Packed: of planes,
    PyAV reads past the last one where there are eight or more.
    """
    converter: av.AudioResampler | None = None
    for frame in itertools.chain(alike, [None]):  # which has it give up what it still holds
        if converter is None and frame is not None:
            size = max(1, BLOCK_SAMPLES // frame.layout.nb_channels)
            converter = av.AudioResampler(format="flt", frame_size=size)
        for block in converter.resample(frame) if converter else ():
            packed = block.to_ndarray().astype(np.float32, copy=False)
            yield packed.reshape(-1, block.layout.nb_channels)


def _mono(block: Waveform, first: int) -> Waveform:
    """Mean over channels. block: float32 [frames, channels], `first` the number of its frame 0."""
    sound = np.abs(block) <= MAX_MAGNITUDE  # false for NaN, too
    if not sound.all():
        bad = first + int(np.argmin(sound.all(axis=1)))
        raise InvalidSamples(
            f"expected finite samples of at most 2**31, got another at sample {bad}",
            param="audio",
            sample=bad,
        )
    # Added channel by channel: numpy is six times slower along an axis of two.
    mixed: Waveform = np.ascontiguousarray(block.T).mean(axis=0, dtype=np.float32)
    return mixed


def _plausible(rate: int, name: str) -> int:
    if not MIN_RATE <= rate <= MAX_RATE:
        raise corrupt(name, f"a sample rate of {rate} Hz")
    return rate


def _at_least_one(waveform: Samples) -> Samples:
    """A single sample at a high rate may resample to nothing; it is audio all the same."""
    return waveform if len(waveform) else np.zeros(1, dtype=np.float32)


def corrupt(name: str, detail: str) -> CorruptAudio:
    """The error of a format's file that cannot be decoded, and why not."""
    return CorruptAudio(
        f"expected {name} audio that can be decoded, got: {detail.rstrip('.')}",
        param="audio",
        format=name,
        detail=detail,
    )
