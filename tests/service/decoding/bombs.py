"""Small files that ask for much: huge tables, lengths, channel counts, pictures and depths."""

import io
import struct
import zlib
from collections.abc import Callable
from typing import Final

import numpy as np
import soundfile

MILLIONS: Final = 30_000_000
HOURS: Final = 10


def box(kind: bytes, *content: bytes) -> bytes:
    """An MP4 box."""
    body = b"".join(content)
    return struct.pack(">I", 8 + len(body)) + kind + body


def full(kind: bytes, *content: bytes) -> bytes:
    """One with a version and flags."""
    return box(kind, bytes(4), *content)


def words(*numbers: int) -> bytes:
    """32-bit, big-endian."""
    return struct.pack(f">{len(numbers)}I", *numbers)


def mp4(table: bytes, *more: bytes, samples: int = MILLIONS) -> bytes:
    """A file with one track of raw PCM at 8 kHz, and that sample table."""
    entry = struct.pack(">6xHHHIHHHHI", 1, 0, 0, 0, 1, 8, 0, 0, 8000 << 16)
    media = box(
        b"mdia",
        full(b"mdhd", words(0, 0, 8000, samples), bytes(4)),
        full(b"hdlr", bytes(4), b"soun", bytes(12), b"\0"),
        box(
            b"minf",
            full(b"smhd", bytes(4)),
            box(b"stbl", full(b"stsd", words(1), box(b"sowt", entry)), table),
        ),
    )
    head = full(b"mvhd", words(0, 0, 8000, samples), bytes(80))
    track = box(b"trak", full(b"tkhd", words(0, 0, 1, 0, samples), bytes(60)), media)
    moov = box(b"moov", head, track, *more)
    return box(b"ftyp", b"isom", bytes(4)) + moov + box(b"mdat", bytes(64))


def mp4_samples_by_the_million() -> bytes:
    """A kilobyte whose constant-size samples are numbered up to 30 million."""
    # Chunks of two sizes keep the demuxer from taking each for one sample.
    return mp4(
        full(b"stts", words(1, MILLIONS, 1))
        + full(b"stsc", words(2, 1, MILLIONS // 2, 1, 2, MILLIONS // 2 + 1, 1))
        + full(b"stsz", words(64, MILLIONS))
        + full(b"stco", words(2, 600, 610))
    )


def mp4_offsets_by_the_million() -> bytes:
    """A run of composition offsets that is written out sample by sample."""
    return mp4(
        full(b"stts", words(1, MILLIONS, 1))
        + full(b"ctts", words(2, MILLIONS, 1, MILLIONS, 2))
        + full(b"stsc", words(1, 1, MILLIONS, 1))
        + full(b"stsz", words(64, MILLIONS))
        + full(b"stco", words(1, 600))
    )


def mp4_claimed_tables() -> bytes:
    """Tables that say they have 2**28 entries and end after one."""
    many = 1 << 28
    return mp4(
        full(b"stts", words(many, 1, 1))
        + full(b"stsc", words(many, 1, 1, 1))
        + full(b"stsz", words(0, many, 1))
        + full(b"stco", words(many, 600))
    )


def mp4_fragments() -> bytes:
    """Fragments of a hundred million samples each, whose sizes are a default."""
    start = mp4(
        full(b"stts", words(0)) + full(b"stsc", words(0)) + full(b"stsz", words(0, 0))
        + full(b"stco", words(0)),
        box(b"mvex", full(b"trex", words(1, 1, 1, 1, 0))),
    )  # fmt: skip
    run = full(b"trun", words(MILLIONS))
    track = box(b"traf", b"".join((full(b"tfhd", words(1)), run, run, run)))
    return start + box(b"moof", full(b"mfhd", words(1)), track) * 3 + box(b"mdat", bytes(64))


def mp4_nested() -> bytes:
    """Boxes in boxes, two thousand deep."""
    inner = b""
    for _ in range(2_000):
        inner = box(b"moov", inner)
    return box(b"ftyp", b"isom", bytes(4)) + inner


def mp4_tracks() -> bytes:
    """Fifty thousand empty tracks."""
    return box(b"ftyp", b"isom", bytes(4)) + box(b"moov", box(b"trak") * 50_000)


def riff(channels: int, rate: int, claimed: int, bits: int = 16) -> bytes:
    """A WAV header, and a kilobyte of samples whatever it says."""
    align = channels * bits // 8
    form = struct.pack(
        "<HHIIHH", 1, channels, rate, rate * align & 0xFFFFFFFF, align & 0xFFFF, bits
    )
    return (
        b"RIFF" + struct.pack("<I", claimed) + b"WAVEfmt " + struct.pack("<I", 16) + form
        + b"data" + struct.pack("<I", claimed) + bytes(1024)
    )  # fmt: skip


def wav_ten_hours() -> bytes:
    """A kilobyte that claims ten hours."""
    return riff(1, 8000, HOURS * 3600 * 8000 * 2)


def wav_channels() -> bytes:
    """65,535 channels."""
    return riff(65_535, 8000, 0x7FFFFFF0, bits=8)


def wav_thousand_channels() -> bytes:
    """As many channels as libsndfile takes, at the highest rate."""
    return riff(1024, 768_000, 0x7FFFFFF0, bits=8)


def wav_rate() -> bytes:
    """Four billion samples a second."""
    return riff(1, 0xFFFFFFFF, 1024)


def flac(*blocks: tuple[int, int, bytes]) -> bytes:
    """Kind, claimed length and content of metadata blocks after a STREAMINFO; no frames."""
    info = (
        struct.pack(">HH6x", 4096, 4096) + struct.pack(">Q", (8000 << 44) | (15 << 36)) + bytes(16)
    )
    written = b"fLaC" + struct.pack(">I", len(info)) + info
    for kind, claimed, content in blocks:
        written += struct.pack(">I", kind << 24 | claimed) + content
    return written


def flac_metadata() -> bytes:
    """Blocks that say they have 16 MB, of an application, of comments and of a picture."""
    many = struct.pack("<II", 0, 0xFFFFFFFF)
    return flac((2, 0xFFFFFF, b"none"), (4, 0xFFFFFF, many), (6, 0xFFFFFF, bytes(32)))


def flac_ten_hours() -> bytes:
    """Ten hours of silence in half a megabyte, really there."""
    buffer = io.BytesIO()
    rate = 1000
    with soundfile.SoundFile(buffer, "w", rate, 1, "PCM_16", format="FLAC") as file:
        for _ in range(HOURS):
            file.write(np.zeros(3600 * rate, np.int16))
    return buffer.getvalue()


def png(side: int) -> bytes:
    """A picture of one colour, of which the first rows are there."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        check = zlib.crc32(kind + content)
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", check)

    head = struct.pack(">IIBBBBB", side, side, 8, 6, 0, 0, 0)
    rows = zlib.compress(bytes((side * 4 + 1) * 20))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def flac_cover() -> bytes:
    """A cover of 20,000 by 20,000 pixels, 1.6 GB as RGBA."""
    side = 20_000
    content = png(side)
    picture = words(3, 9) + b"image/png" + words(0, side, side, 32, 0, len(content)) + content
    return flac((0x86, len(picture), picture))


def mp3_tag() -> bytes:
    """A tag that claims 256 MB, with a picture that claims as much."""
    size = b"\x7f\x7f\x7f\x7f"
    return b"ID3\x04\0\0" + size + b"APIC" + size + b"\0\0" + b"\0image/png\0\x03\0" + bytes(512)


def element(identity: str, content: bytes, size: int | None = None) -> bytes:
    """An element of Matroska; size: what it claims, eight bytes long."""
    claimed = len(content) if size is None else size
    return bytes.fromhex(identity) + struct.pack(">Q", 1 << 56 | claimed) + content


def webm(track: bytes, *more: bytes) -> bytes:
    """One with a track entry of that content."""
    head = element("1A45DFA3", element("4282", b"webm"))
    tracks = element("1654AE6B", element("AE", track))
    return head + element("18538067", b"".join((tracks, *more)))


def webm_codec_data() -> bytes:
    """A codec's private data of 255 MB, which are not there."""
    about = element("D7", b"\1") + element("83", b"\2") + element("86", b"A_OPUS")
    return webm(about + element("63A2", bytes(64), 0x0FFFFFFF))


def webm_elements() -> bytes:
    """Elements of terabytes."""
    about = element("D7", b"\1") + element("83", b"\2") + element("86", b"A_VORBIS")
    return webm(about, element("1F43B675", bytes(64), 1 << 50), element("EC", b"", 1 << 54))


def webm_nested() -> bytes:
    """Tags in tags, a thousand deep."""
    inner = b""
    for _ in range(1_000):
        inner = element("67C8", inner)
    return webm(b"", element("1254C367", element("7373", inner)))


def ogg_packet() -> bytes:
    """One packet that goes on over two hundred pages, 13 MB."""
    pages, serial = [], 7
    for number in range(200):
        content = b"\x01vorbis" + bytes(255 * 255 - 7) if number == 0 else bytes(255 * 255)
        head = struct.pack("<4sBBqIII", b"OggS", 0, 2 if number == 0 else 1, -1, serial, number, 0)
        page = bytearray(head + b"\xff" + b"\xff" * 255 + content)
        page[22:26] = struct.pack("<I", _ogg_crc(bytes(page)))
        pages.append(bytes(page))
    return b"".join(pages)


def au_header() -> bytes:
    """A header of 2 GB, and 2**32 - 1 channels."""
    return b".snd" + words(0x7FFFFFFF, 0xFFFFFFFF, 3, 8000, 0xFFFFFFFF) + bytes(512)


def caf_chunks() -> bytes:
    """Chunks whose lengths are near 2**63."""
    about = struct.pack(">d4sIIIII", 8000.0, b"lpcm", 0, 2, 1, 1, 16)
    chunks = b"desc" + struct.pack(">q", len(about)) + about
    chunks += b"info" + struct.pack(">qI", (1 << 63) - 20, 0xFFFFFFFF)
    return b"caff" + struct.pack(">HH", 1, 0) + chunks + b"data" + struct.pack(">q", -1) + bytes(64)


def _ogg_crc(page: bytes) -> int:
    table = _OGG_TABLE
    crc = 0
    for byte in page:
        crc = (crc << 8 & 0xFFFFFFFF) ^ table[crc >> 24 ^ byte]
    return crc


def _ogg_table() -> list[int]:
    table = []
    for byte in range(256):
        value = byte << 24
        for _ in range(8):
            value = (value << 1 & 0xFFFFFFFF) ^ (0x04C11DB7 if value & 0x80000000 else 0)
        table.append(value)
    return table


_OGG_TABLE: Final = _ogg_table()

BOMBS: Final[dict[str, Callable[[], bytes]]] = {
    made.__name__: made
    for made in (
        *(mp4_samples_by_the_million, mp4_offsets_by_the_million, mp4_claimed_tables),
        *(mp4_fragments, mp4_nested, mp4_tracks),
        *(wav_ten_hours, wav_channels, wav_thousand_channels, wav_rate),
        *(flac_metadata, flac_ten_hours, flac_cover, mp3_tag),
        *(webm_codec_data, webm_elements, webm_nested),
        *(ogg_packet, au_header, caf_chunks),
    )
}
