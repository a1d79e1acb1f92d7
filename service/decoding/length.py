"""How long a file's sound is, told without decoding it.

It is what the file says: its header, or its packets where the header says nothing or too much. It
may be wrong, or a lie, so that the limit is held while decoding all the same.
"""

import os
from typing import BinaryIO, Final

import av
import soundfile
from av.container import InputContainer

from service.audio import DEMUXERS, HEAD_BYTES, corrupt, demuxed, recognize
from service.errors import EmptyAudio

MAX_PACKETS: Final = 2_000  # 52 s of MP3, 5 s of raw PCM in a container; the rest is extrapolated
LEAST_BITS_A_SECOND: Final = 1_000  # codecs for speech take 2,000 and more; silence takes less
HEADERLESS: Final = ("MP3", "AAC")  # frames follow each other; a first one may tell of the others
MICROSECONDS: Final = 1_000_000


def duration_sec(source: BinaryIO) -> float | None:
    """Seconds, None where they cannot be told.

    Raises EmptyAudio, UnsupportedAudio or CorruptAudio where decoding would do so for certain.
    """
    source.seek(0)
    name = recognize(source.read(HEAD_BYTES))
    size = source.seek(0, os.SEEK_END)
    source.seek(0)
    return _of_demuxer(source, name, size) if name in DEMUXERS else _of_sndfile(source, name)


def _of_sndfile(source: BinaryIO, name: str) -> float | None:
    try:
        with soundfile.SoundFile(source) as file:
            frames, rate = file.frames, file.samplerate
    except soundfile.SoundFileError as error:
        raise corrupt(name, str(error)) from error
    if frames == 0:
        raise EmptyAudio("expected audio, got a file without samples", param="audio", format=name)
    return float(frames / rate) if rate > 0 else None


def _of_demuxer(source: BinaryIO, name: str, size: int) -> float | None:
    with demuxed(source, name) as container:
        claimed = _claimed_sec(container)
        likely = claimed is not None and claimed * LEAST_BITS_A_SECOND <= size * 8
        if likely and name not in HEADERLESS:
            return claimed
        return _counted_sec(container, size) or claimed


def _claimed_sec(container: InputContainer) -> float | None:
    stream = container.streams.audio[0]
    if stream.duration and stream.duration > 0 and stream.time_base:
        return float(stream.duration * stream.time_base)
    if container.duration and container.duration > 0:
        return container.duration / MICROSECONDS
    return None


def _counted_sec(container: InputContainer, size: int) -> float | None:
    """From the first packets' times, and the share of the file that they are."""
    begin: float | None = None
    end, place, count = 0.0, 0, 0
    try:
        for packet in container.demux(audio=0):
            if packet.pts is None or packet.time_base is None:
                continue
            at = float(packet.pts * packet.time_base)
            begin = at if begin is None else begin
            end = max(end, at + float((packet.duration or 0) * packet.time_base))
            place = max(place, (packet.pos or 0) + packet.size)
            count += 1
            if count == MAX_PACKETS:
                break
    except av.FFmpegError:
        return None  # decoding may get past it
    if begin is None or end <= begin:
        return None
    whole = count < MAX_PACKETS or place <= 0
    return (end - begin) * (1.0 if whole else max(1.0, size / place))
