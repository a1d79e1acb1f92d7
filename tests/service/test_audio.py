"""Every format that is promised, made here and read back; and everything that is no audio."""

import contextlib
import io
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from service import audio as module
from service import samples
from service.audio import Audio, decode, decode_file, recognize
from service.errors import (
    AudioTooLong,
    CorruptAudio,
    EmptyAudio,
    InputError,
    InvalidSamples,
    UnsupportedAudio,
)
from service.samples import StoredSamples

RATE = 16_000  # Hz
TONE_HZ = 440.0
SECONDS = 0.5

SNDFILE_FORMATS = [
    ("WAV", "PCM_U8"),
    ("WAV", "PCM_16"),
    ("WAV", "PCM_24"),
    ("WAV", "PCM_32"),
    ("WAV", "FLOAT"),
    ("WAV", "DOUBLE"),
    ("WAVEX", "PCM_16"),
    ("W64", "PCM_16"),
    ("FLAC", "PCM_16"),
    ("FLAC", "PCM_24"),
    ("OGG", "VORBIS"),
    ("OGG", "OPUS"),
    ("MP3", "MPEG_LAYER_III"),
    ("AIFF", "PCM_16"),
    ("CAF", "PCM_16"),
    ("AU", "PCM_16"),
]
AV_FORMATS = [("mp4", "aac"), ("adts", "aac"), ("webm", "libopus"), ("matroska", "flac")]


def tone(rate: int = RATE, seconds: float = SECONDS, channels: int = 1) -> NDArray[np.float32]:
    time = np.arange(int(rate * seconds)) / rate
    wave = (0.4 * np.sin(2 * np.pi * TONE_HZ * time)).astype(np.float32)
    return np.repeat(wave[:, np.newaxis], channels, axis=1)


def sndfile_bytes(samples: NDArray[np.float32], rate: int, container: str, subtype: str) -> bytes:
    buffer = io.BytesIO()
    soundfile.write(buffer, samples, rate, format=container, subtype=subtype)
    return buffer.getvalue()


def av_bytes(samples: NDArray[np.float32], rate: int, container: str, codec: str) -> bytes:
    buffer = io.BytesIO()
    layout = "stereo" if samples.shape[1] == 2 else "mono"
    with av.open(buffer, mode="w", format=container) as output:
        stream = output.add_stream(codec, rate=rate, layout=layout)
        frame = av.AudioFrame.from_ndarray(samples.T.copy(), format="fltp", layout=layout)
        frame.sample_rate, frame.time_base = rate, Fraction(1, rate)
        fifo = av.AudioFifo()
        fifo.write(frame)
        size = stream.codec_context.frame_size or 960
        while piece := fifo.read(size) or fifo.read(size, partial=True):
            output.mux(stream.encode(piece))
        output.mux(stream.encode(None))
    return buffer.getvalue()


def read(content: bytes, max_sec: float = 60.0) -> Audio:
    return decode(io.BytesIO(content), RATE, max_sec)


def loudest_hz(audio: Audio) -> float:
    spectrum = np.abs(np.fft.rfft(audio.waveform))
    return float(spectrum.argmax() * audio.sample_rate / len(audio.waveform))


@pytest.mark.parametrize(("container", "subtype"), SNDFILE_FORMATS)
def test_formats_of_libsndfile_come_back_as_they_were(container: str, subtype: str) -> None:
    """A tone keeps its pitch, length and loudness through each format."""
    rate = 48_000 if subtype == "OPUS" else 44_100
    audio = read(sndfile_bytes(tone(rate), rate, container, subtype))
    assert audio.waveform.dtype == np.float32
    assert audio.duration_sec == pytest.approx(SECONDS, abs=0.06)
    assert loudest_hz(audio) == pytest.approx(TONE_HZ, abs=5)
    assert np.abs(audio.waveform).max() == pytest.approx(0.4, abs=0.1)


@pytest.mark.parametrize(("container", "codec"), AV_FORMATS)
@pytest.mark.parametrize("channels", [1, 2])
def test_formats_of_ffmpeg_come_back_as_they_were(
    container: str, codec: str, channels: int
) -> None:
    """M4A, raw AAC and WebM are read through PyAV, mono and stereo."""
    audio = read(av_bytes(tone(48_000, channels=channels), 48_000, container, codec))
    assert audio.duration_sec == pytest.approx(SECONDS, abs=0.06)
    assert loudest_hz(audio) == pytest.approx(TONE_HZ, abs=5)
    assert np.abs(audio.waveform).max() == pytest.approx(0.4, abs=0.1)


@pytest.mark.parametrize("rate", [4_000, 8_000, 11_025, 16_000, 22_050, 44_100, 96_000, 192_000])
@pytest.mark.parametrize("channels", [1, 2, 6])
def test_any_rate_and_channel_count_becomes_mono_at_the_models_rate(
    rate: int, channels: int
) -> None:
    """Length and pitch do not depend on the source's rate or channels."""
    audio = read(sndfile_bytes(tone(rate, channels=channels), rate, "WAV", "PCM_16"))
    assert audio.waveform.ndim == 1
    assert len(audio.waveform) == pytest.approx(SECONDS * RATE, abs=1)
    assert audio.duration_sec == pytest.approx(SECONDS, abs=1e-3)
    assert loudest_hz(audio) == pytest.approx(TONE_HZ, abs=5)


def test_channels_are_averaged() -> None:
    """Sound on one of two channels comes at half its amplitude."""
    samples = tone(channels=2)
    samples[:, 1] = 0
    audio = read(sndfile_bytes(samples, RATE, "WAV", "FLOAT"))
    np.testing.assert_allclose(audio.waveform, samples[:, 0] / 2, atol=1e-6)


def test_sixteen_bit_audio_at_the_models_rate_is_untouched() -> None:
    """No resampling, no change: the samples are those of the file."""
    samples = tone()
    audio = read(sndfile_bytes(samples, RATE, "WAV", "PCM_16"))
    np.testing.assert_allclose(audio.waveform, samples[:, 0], atol=1 / 32768)


@pytest.mark.parametrize("samples", [1, 2, 399, 400, 401])
@pytest.mark.parametrize("rate", [RATE, 192_000])
def test_a_few_samples_are_audio(samples: int, rate: int) -> None:
    """Even one sample decodes, to at least one."""
    audio = read(sndfile_bytes(tone(rate)[:samples], rate, "WAV", "PCM_16"))
    assert len(audio.waveform) >= 1
    assert audio.duration_sec == pytest.approx(samples / rate)


def test_audio_longer_than_the_limit_is_refused_with_the_limit() -> None:
    """The error names the limit and what to do instead; the limit itself is fine."""
    content = sndfile_bytes(tone(seconds=2.0), RATE, "WAV", "PCM_16")
    assert read(content, max_sec=2.0).duration_sec == 2.0
    with pytest.raises(AudioTooLong, match=r"at most 1\.9 s.*cut it") as caught:
        read(content, max_sec=1.9)
    assert caught.value.facts["max_audio_sec"] == 1.9


@pytest.mark.parametrize("container", ["WAV", "FLAC"])
def test_no_samples_are_empty_audio(container: str) -> None:
    """A header without samples is refused as empty, and so are no bytes."""
    content = sndfile_bytes(np.zeros((0, 1), dtype=np.float32), RATE, container, "PCM_16")
    with pytest.raises(EmptyAudio):
        read(content)
    with pytest.raises(EmptyAudio):
        read(b"")


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_samples_that_are_no_numbers_are_refused_with_their_place(value: float) -> None:
    """NaN and infinity name the first sample that holds one."""
    samples = tone(channels=2)
    samples[1234, 1] = value
    with pytest.raises(InvalidSamples, match="1234"):
        read(sndfile_bytes(samples, RATE, "WAV", "FLOAT"))


@pytest.mark.parametrize(
    ("head", "name"),
    [
        (b"\x89PNG\r\n\x1a\n", "a PNG image"),
        (b"\xff\xd8\xff\xe0", "a JPEG image"),
        (b"%PDF-1.7", "a PDF document"),
        (b"PK\x03\x04", "a ZIP archive"),
        (b"  <!DOCTYPE html>", "an HTML page"),
        (b'{"a": 1}', "a JSON document"),
        (b"hello", "data of no known format"),
        ("hello".encode("utf-16"), "data of no known format"),
        (b"\x00", "data of no known format"),
    ],
)
def test_what_is_no_audio_is_named(head: bytes, name: str) -> None:
    """The error says what was recognised."""
    with pytest.raises(UnsupportedAudio) as caught:
        recognize(head)
    assert caught.value.facts["recognized"] == name
    assert name in caught.value.message


def pieces(container: str, codec: str, options: dict[str, str]) -> bytes:
    """Two seconds of a tone, through PyAV, with the muxer's own options."""
    buffer = io.BytesIO()
    with av.open(buffer, mode="w", format=container, options=options) as output:
        stream = output.add_stream(codec, rate=48_000, layout="mono")
        frame = av.AudioFrame.from_ndarray(
            tone(48_000, 2.0).T.copy(),
            format="fltp",
            layout="mono",
        )
        frame.sample_rate, frame.time_base = 48_000, Fraction(1, 48_000)
        resampler = av.AudioResampler(
            format=stream.codec_context.format, frame_size=stream.codec_context.frame_size or 1024
        )
        for part in [*resampler.resample(frame), *resampler.resample(None)]:
            output.mux(stream.encode(part))
        output.mux(stream.encode(None))
    return buffer.getvalue()


def test_an_mp3_without_a_length_is_read_to_its_end() -> None:
    """Without a Xing header a player can only guess how long it is."""
    content = pieces("mp3", "libmp3lame", {"write_xing": "0", "id3v2_version": "0"})
    assert read(content).duration_sec == pytest.approx(2.0, abs=0.1)


@pytest.mark.parametrize(
    ("container", "codec"), [("mp3", "libmp3lame"), ("ogg", "libopus"), ("adts", "aac")]
)
def test_joined_files_are_read_to_their_end(container: str, codec: str) -> None:
    """`cat a b` keeps both parts."""
    content = pieces(container, codec, {})
    assert read(content * 2).duration_sec == pytest.approx(4.0, abs=0.2)


def test_a_flac_that_came_through_a_pipe_is_read_to_its_end() -> None:
    """Its header says that it has no samples."""
    content = bytearray(sndfile_bytes(tone(), RATE, "FLAC", "PCM_16"))
    content[21] &= 0xF0  # the last 36 bits before the MD5 are the number of samples
    content[22:26] = bytes(4)
    assert read(bytes(content)).duration_sec == pytest.approx(SECONDS, abs=0.01)


def test_tags_in_any_encoding_are_no_obstacle() -> None:
    """A title in windows-1255 is ignored, not decoded."""
    content = av_bytes(tone(48_000), 48_000, "mp4", "aac")
    buffer = io.BytesIO()
    with av.open(io.BytesIO(content)) as source, av.open(buffer, "w", format="mp4") as output:
        output.metadata["title"] = "XXXXXXXX"
        stream = output.add_stream_from_template(source.streams.audio[0])
        for packet in source.demux(audio=0):
            if packet.dts is not None:
                packet.stream = stream
                output.mux(packet)
    tagged = buffer.getvalue()
    assert b"XXXXXXXX" in tagged
    hebrew = "שלוםשלום".encode("cp1255")
    assert read(tagged.replace(b"XXXXXXXX", hebrew)).duration_sec > SECONDS / 2


@pytest.mark.parametrize("value", [1e20, -3e38])
def test_samples_beyond_any_recording_are_refused(value: float) -> None:
    """Finite, but no sound."""
    samples = tone()
    samples[7] = value
    with pytest.raises(InvalidSamples, match="sample 7"):
        read(sndfile_bytes(samples, RATE, "WAV", "FLOAT"))


def test_a_file_named_by_its_owner_is_judged_by_its_content(tmp_path: Path) -> None:
    """An extension means nothing."""
    path = tmp_path / "speech.raw"
    path.write_bytes(sndfile_bytes(tone(), RATE, "WAV", "PCM_16"))
    assert decode_file(path, RATE, 60.0).duration_sec == SECONDS


def test_frames_of_one_kind_share_a_converter(monkeypatch: pytest.MonkeyPatch) -> None:
    """Making one takes longer than decoding a frame, so that a file needs one and not hundreds."""
    made: list[av.AudioResampler] = []

    def counted(**options: object) -> av.AudioResampler:
        made.append(make(**options))
        return made[-1]

    make = av.AudioResampler
    content = pieces("mp3", "libmp3lame", {})
    monkeypatch.setattr(av, "AudioResampler", counted)
    assert read(content).duration_sec == pytest.approx(2.0, abs=0.1)
    assert len(made) == 1


def test_channels_that_change_on_the_way_are_refused_or_mixed() -> None:
    """Raw AAC may turn from mono to stereo between frames: an input error at most."""
    content = b"".join(
        av_bytes(tone(48_000, channels=channels), 48_000, "adts", "aac") for channels in (1, 2)
    )
    with contextlib.suppress(CorruptAudio):
        assert read(content).duration_sec == pytest.approx(2 * SECONDS, abs=0.1)


def test_many_channels_cost_no_more_memory_than_few() -> None:
    """Blocks are counted in samples of all channels together."""
    audio = read(sndfile_bytes(tone(seconds=0.2, channels=255), RATE, "WAV", "PCM_16"))
    assert loudest_hz(audio) == pytest.approx(TONE_HZ, abs=5)


def test_video_without_sound_is_unsupported() -> None:
    """An MP4 file that has no audio track is named as such."""
    buffer = io.BytesIO()
    with av.open(buffer, mode="w", format="mp4") as output:
        stream = output.add_stream("mpeg4", rate=25)
        stream.width, stream.height, stream.pix_fmt = 16, 16, "yuv420p"
        picture = np.zeros((16, 16, 3), dtype=np.uint8)
        output.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        output.mux(stream.encode(None))
    with pytest.raises(UnsupportedAudio, match="MP4 without"):
        read(buffer.getvalue())


CORRUPTIBLE = {
    "WAV": b"RIFF\x24\x00\x00\x00WAVE" + b"\xff" * 64,
    "FLAC": b"fLaC" + b"\x00" * 64,
    "OGG": b"OggS" + b"\x01" * 64,
    "MP3": b"ID3\x04" + b"\x00" * 64,
    "MP4": b"\x00\x00\x00\x18ftypM4A " + b"\x00" * 64,
    "WebM": b"\x1a\x45\xdf\xa3" + b"\x00" * 64,
    "AAC": b"\xff\xf1" + b"\x00" * 64,
}


@pytest.mark.parametrize("name", CORRUPTIBLE)
def test_a_known_format_that_cannot_be_decoded_is_corrupt(name: str) -> None:
    """The error names the format, whichever library failed."""
    with pytest.raises((CorruptAudio, EmptyAudio)) as caught:
        read(CORRUPTIBLE[name])
    assert caught.value.facts["format"] == name


ENCODED = [
    sndfile_bytes(tone(seconds=0.1), RATE, "WAV", "PCM_16"),
    sndfile_bytes(tone(seconds=0.1), RATE, "FLAC", "PCM_16"),
    sndfile_bytes(tone(seconds=0.1), RATE, "OGG", "VORBIS"),
    sndfile_bytes(tone(seconds=0.1), RATE, "MP3", "MPEG_LAYER_III"),
    av_bytes(tone(48_000, 0.1), 48_000, "mp4", "aac"),
    av_bytes(tone(48_000, 0.1), 48_000, "webm", "libopus"),
]


@given(
    st.sampled_from(ENCODED),
    st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), max_size=8),
    st.floats(0, 1),
)
@settings(max_examples=300)
def test_damaged_files_decode_or_are_refused(
    content: bytes, changes: list[tuple[float, int]], kept: float
) -> None:
    """Whatever bytes are changed or cut off, the result is audio or an input error."""
    damaged = bytearray(content)
    for place, value in changes:
        damaged[int(place * len(damaged))] = value
    with contextlib.suppress(InputError):
        audio = read(bytes(damaged[: int(kept * len(damaged))]), max_sec=5.0)
        assert np.isfinite(audio.waveform).all()


LONG_SEC = 70.0  # more than stays in memory


def swelling(seconds: float, rate: int = RATE) -> NDArray[np.float32]:
    return tone(rate, seconds) * np.linspace(0.1, 1, int(rate * seconds), dtype=np.float32)[:, None]


@pytest.mark.parametrize("rate", [8_000, RATE])
@pytest.mark.parametrize(("container", "subtype"), [("WAV", "PCM_16"), ("OGG", "VORBIS")])
def test_long_audio_is_the_same_in_its_file(
    container: str, subtype: str, rate: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Samples, silence, onset and parts are those of the audio that stays in memory."""
    content = sndfile_bytes(swelling(LONG_SEC, rate), rate, container, subtype)
    with contextlib.closing(read(content, LONG_SEC)) as stored:
        monkeypatch.setattr(samples, "IN_MEMORY_SAMPLES", 1 << 30)
        kept = read(content, LONG_SEC)
        assert isinstance(stored.waveform, StoredSamples)
        assert isinstance(kept.waveform, np.ndarray)
        np.testing.assert_array_equal(stored.waveform[:], kept.waveform)
        np.testing.assert_array_equal(np.concatenate(list(stored.blocks())), kept.waveform)
        assert stored.duration_sec == kept.duration_sec == pytest.approx(LONG_SEC, abs=0.01)
        assert (stored.silent, stored.onset_sec) == (kept.silent, kept.onset_sec)
        part = stored.part(30.0, 8.0)
        np.testing.assert_array_equal(part.waveform, kept.part(30.0, 8.0).waveform)
        assert isinstance(part.waveform, np.ndarray)
    kept.close()
    assert kept.waveform[:1].shape == (1,)  # an array needs no closing


@pytest.mark.parametrize("max_sec", [LONG_SEC, LONG_SEC - 1])
def test_long_audio_that_fails_leaves_no_file(max_sec: float) -> None:
    """However late the error comes, the descriptor is closed with it."""
    sound = swelling(LONG_SEC)
    sound[-1] = np.nan
    content = sndfile_bytes(sound, RATE, "WAV", "FLOAT")
    before = set(Path("/proc/self/fd").iterdir())
    with pytest.raises(InvalidSamples if max_sec == LONG_SEC else AudioTooLong):
        read(content, max_sec)
    assert set(Path("/proc/self/fd").iterdir()) == before


def test_silence_is_told_from_quiet_speech() -> None:
    """Digital zeros and a faint hiss are silent, a quiet tone is not."""
    hiss = np.random.default_rng(0).normal(0, 1e-4, RATE).astype(np.float32)
    assert Audio(np.zeros(RATE, dtype=np.float32), RATE, 1.0).silent
    assert Audio(hiss, RATE, 1.0).silent
    assert not Audio(tone()[:, 0] / 50, RATE, SECONDS).silent
    assert Audio(np.zeros(1, dtype=np.float32), RATE, 1 / RATE).silent


@pytest.mark.parametrize("seconds", [0.001, 0.0249, 0.025, 0.07, 8.2, 9.0, 20.01])
def test_silence_and_onset_do_not_depend_on_blocks(
    seconds: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Any size of the blocks that are looked at gives the same."""
    waveform = np.zeros(round(seconds * RATE), dtype=np.float32)
    waveform[-300:] = 0.1
    audio = Audio(waveform, RATE, seconds)
    expected = audio.silent, audio.onset_sec
    for size in (1, 399, 401, 5_000):
        monkeypatch.setattr(module, "BLOCK_SAMPLES", size)
        assert (audio.silent, audio.onset_sec) == expected


def test_the_first_seconds_are_a_part_or_the_very_same() -> None:
    """What is longer is cut, samples and duration; what is not is not even copied."""
    audio = Audio(np.arange(10, dtype=np.float32), 10, 1.0)
    part = audio.part(0.0, 0.4)
    assert part.waveform.tolist() == [0, 1, 2, 3]
    assert (part.sample_rate, part.duration_sec) == (10, 0.4)
    assert audio.part(0.0, 1.0) is audio
    assert audio.part(3.0, 8.0) is audio


def test_a_part_lies_within_the_audio() -> None:
    """From where it is asked for, or as late as all of it still fits."""
    audio = Audio(np.arange(1000, dtype=np.float32), 1000, 1.0)
    assert audio.part(0.25, 0.5).waveform.tolist() == list(range(250, 750))
    assert audio.part(0.75, 0.5).waveform.tolist() == list(range(500, 1000))


@pytest.mark.parametrize("onset_sec", [0.0, 0.025, 2.5])
def test_the_onset_is_the_first_loud_moment(onset_sec: float) -> None:
    """To the moment, 25 ms; what is silent throughout has none, and begins at 0."""
    waveform = np.zeros(3 * RATE, dtype=np.float32)
    assert (Audio(waveform, RATE, 3.0).onset_sec, Audio(waveform, RATE, 3.0).silent) == (0, True)
    waveform[round(onset_sec * RATE) :] = 0.1
    audio = Audio(waveform, RATE, 3.0)
    assert (audio.onset_sec, audio.silent) == (pytest.approx(onset_sec), False)


def test_eight_channels_in_planes_are_mixed() -> None:
    """7.1 sound, as AAC has it: PyAV reads beyond the planes of so many channels."""
    out = io.BytesIO()
    with av.open(out, "w", format="adts") as file:
        stream = file.add_stream("aac", rate=16_000)
        stream.layout = "7.1"
        sound = np.full((1, 8 * 16_000), 0.25, np.float32)
        frame = av.AudioFrame.from_ndarray(sound, format="flt", layout="7.1")
        frame.sample_rate = 16_000
        resampler = av.AudioResampler("fltp", "7.1", 16_000, 1024)
        for piece in (*resampler.resample(frame), *resampler.resample(None)):
            file.mux(stream.encode(piece))
        file.mux(stream.encode(None))
    audio = decode(out, 16_000, 60.0)
    assert 0.15 < float(np.mean(audio.waveform[4000:12000])) < 0.3
