"""Silence that is skipped: what it saves, what finding it costs, and what it does to the words.

    python -m bench.silence --model models/he-demo --clips examples/he-*.wav
    python -m bench.silence --model models/he-demo --clips FOLDER/*.mp3 --skip costs

Recordings are clips with pauses between them, in which a room can be heard. Costs are medians of
CPU time over interleaved repetitions. Words are compared with those that are heard where nothing is
skipped: lost are those that were said and that lie in what was skipped; moved are those whose start
is more than a frame off; others are heard as other words, because the windows lie elsewhere: a
column tells how many are where everything is heard, with some seconds of the room ahead. In a pause
are words whose middle is there: invented, or two that are heard as one.
"""

import argparse
import difflib
import platform
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import onnxruntime
import soxr
from numpy.typing import NDArray

from bench.transcribe import medians
from service.audio import Audio, decode_file
from service.bundle import open_bundle
from service.levels import levels
from service.recognizer import Recognizer
from service.spans import Transcript, Word
from service.speech import SKIPPING, stretches
from service.voice import voice
from service.windows import WINDOWING, windows, windows_over

Waveform = NDArray[np.float32]

SHARES = (0.0, 0.2, 0.5, 0.8)  # of silence
BREATH_SEC = 0.4  # between two clips
PAUSE_SEC = 12.0
ROOM_DB = -55.0  # of the pauses
AHEAD_SEC = 3.0
EVERY_OTHER = "every other clip 20 dB lower"
MAX_SEC = 3600.0
SEED = 15


class Recording(NamedTuple):
    """waveform: float32 [N]; said: where the clips are, in seconds."""

    waveform: Waveform
    said: list[tuple[float, float]]


def joined(clips: Sequence[Waveform], rate: int, share: float, seconds: float) -> Recording:
    """Clips, again and again, with long pauses that make up a share of the whole."""
    pieces: list[Waveform] = []
    said: list[tuple[float, float]] = []
    done, paused, index = 0.0, 0.0, 0
    while done < seconds:
        if paused < share * done:
            sound, length = np.zeros(0, np.float32), PAUSE_SEC
            paused += PAUSE_SEC
        else:
            sound, length = clips[index % len(clips)], BREATH_SEC
            index += 1
            said.append((done, done + len(sound) / rate))
        pieces += [sound, np.zeros(round(length * rate), np.float32)]
        done += len(sound) / rate + length
    whole = np.concatenate(pieces)
    return Recording(whole + room(len(whole)), said)


def room(samples: int) -> Waveform:
    """What is heard where nobody speaks."""
    noise = np.random.default_rng(SEED).standard_normal(samples)
    return (10 ** (ROOM_DB / 20) * noise).astype(np.float32)


def cost_table(
    recognizer: Recognizer, clips: Sequence[Waveform], seconds: float, repetitions: int
) -> None:
    """CPU time by how much of a recording is silence."""
    framing, rate = recognizer.manifest.framing, recognizer.manifest.sample_rate
    kept, context = WINDOWING.frames(framing, rate)
    print("silence   heard without   heard with vad   CPU with / without   detector / inference")
    for share in SHARES:
        waveform = joined(clips, rate, share, seconds).waveform
        audio = Audio(waveform, rate, len(waveform) / rate)
        loudness = levels(waveform, rate)
        hear = partial(recognizer.transcribe, audio)
        detect = partial(voice, audio, loudness, lambda: None)
        full, skipping, detecting = medians(
            hear,
            partial(hear, skipping=SKIPPING),
            detect,
            repetitions=repetitions,
            clock=time.process_time,
        )
        frames = framing.frame_count(len(waveform))
        worth = stretches(detect(), frames, framing.stride / rate, SKIPPING)
        plans = (windows(frames, kept, context), windows_over(worth, kept, context))
        without, with_vad = (
            sum(window.last - window.first for window in plan) / frames for plan in plans
        )
        print(
            f"{share:6.0%}    {without:12.2f}   {with_vad:14.2f}   {skipping / full:18.2f}   "
            f"{detecting / full:20.1%}   ({1000 * detecting / audio.duration_sec:.1f} ms a second)"
        )


def with_noise(sound: Waveform, ratio_db: float) -> Waveform:
    """White noise, below the whole's level."""
    noise = np.random.default_rng(SEED).standard_normal(len(sound))
    level = np.sqrt(np.mean(sound**2)) * 10 ** (-ratio_db / 20)
    noisy: Waveform = (sound + level * noise).astype(np.float32)
    return noisy


def telephone(sound: Waveform) -> Waveform:
    """What 8 kHz leave, in steps of 8 bits."""
    narrow = soxr.resample(soxr.resample(sound, 16_000, 8_000), 8_000, 16_000)
    coarse: Waveform = (np.round(narrow * 127) / 127).astype(np.float32)
    return coarse


DEGRADED: dict[str, Callable[[Waveform], Waveform]] = {
    "as they are": lambda sound: sound,
    "noise, 10 dB": partial(with_noise, ratio_db=10.0),
    "noise, 0 dB": partial(with_noise, ratio_db=0.0),
    "40 dB lower": lambda sound: sound * np.float32(0.01),
    EVERY_OTHER: lambda sound: sound,  # done to the clips
    "telephone": telephone,
}


def words_table(recognizer: Recognizer, clips: Sequence[Waveform]) -> None:
    """Every clip once, a long pause between each two and the next."""
    rate = recognizer.manifest.sample_rate
    seconds = sum(map(len, clips)) / rate
    print(
        "recording                      words  lost  moved  others  by the windows alone  "
        "in a pause: off  auto  skipped"
    )
    for name, degrade in DEGRADED.items():
        quiet = 0.1 if name == EVERY_OTHER else 1.0
        levelled = [clip * np.float32(quiet ** (i % 2)) for i, clip in enumerate(clips)]
        waveform, said = joined(levelled, rate, 0.5, 2 * seconds)
        audio = Audio(degrade(waveform), rate, len(waveform) / rate)
        full = recognizer.transcribe(audio)
        skipping = recognizer.transcribe(audio, skipping=SKIPPING)
        ahead = room(round(AHEAD_SEC * rate))
        later = degrade(np.concatenate([ahead, waveform]))
        shifted = [(begin + AHEAD_SEC, end + AHEAD_SEC) for begin, end in said]
        spoken, kept = (spoken_in(one, said) for one in (full, skipping))
        elsewhere = spoken_in(recognizer.transcribe(Audio(later, rate, len(later) / rate)), shifted)
        skips = [(skip.start, skip.end) for skip in skipping.skipped]
        lost = sum(within(word, skips) for word in spoken)
        same = same_words(spoken, kept)
        frame_sec = recognizer.manifest.framing.stride / rate
        moved = sum(abs(start(one) - start(other)) > 1.01 * frame_sec for one, other in same)
        alone = len(spoken) - len(same_words(spoken, elsewhere))
        in_pauses = [len(full.words) - len(spoken), len(skipping.words) - len(kept)]
        share = sum(end - begin for begin, end in skips) / full.duration_sec
        print(
            f"{name:29s}  {len(spoken):5d}  {lost:4d}  {moved:5d}  "
            f"{len(spoken) - lost - len(same):6d}  {alone:20d}  "
            f"{in_pauses[0]:15d}  {in_pauses[1]:4d}  {share:7.0%}"
        )


def spoken_in(transcript: Transcript, said: Sequence[tuple[float, float]]) -> list[Word]:
    """The words where something is said."""
    return [word for word in transcript.words if within(word, said)]


def same_words(ones: Sequence[Word], others: Sequence[Word]) -> list[tuple[Word, Word]]:
    """Those that both have, in the order of both."""
    first, second = ([word.word for word in words] for words in (ones, others))
    blocks = difflib.SequenceMatcher(None, first, second, autojunk=False).get_matching_blocks()
    return [
        pair
        for one, other, length in blocks
        for pair in zip(ones[one:], others[other : other + length], strict=False)
    ]


def start(word: Word) -> float:
    """Of a word that was heard."""
    return word.start or 0.0


def within(word: Word, spans: Sequence[tuple[float, float]]) -> bool:
    """Whether its middle is in one of the spans."""
    middle = (start(word) + (word.end or 0.0)) / 2
    return any(begin <= middle <= end for begin, end in spans)


def main() -> int:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, default=Path("models/he-demo"))
    parser.add_argument("--clips", type=Path, nargs="+", required=True)
    parser.add_argument("--skip", choices=["costs", "words"], help="leave one table out")
    parser.add_argument("--seconds", type=float, default=120.0, help="of audio a measurement")
    parser.add_argument("--repetitions", type=int, default=3)
    options = parser.parse_args()
    bundle = open_bundle(options.model)
    recognizer = Recognizer.load(bundle)
    rate = bundle.manifest.sample_rate
    clips = [decode_file(path, rate, MAX_SEC).waveform[:] for path in options.clips]
    print(f"{bundle.manifest.id}, {len(clips)} clips, ONNX Runtime {onnxruntime.__version__}, ")
    print(f"{platform.machine()}, Python {platform.python_version()}, 1 thread\n")
    if options.skip != "costs":
        cost_table(recognizer, clips, options.seconds, options.repetitions)
        print()
    if options.skip != "words":
        words_table(recognizer, clips)
    return 0


if __name__ == "__main__":
    sys.exit(main())
