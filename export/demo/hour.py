"""An hour of sentences whose places are known: pauses and music between them, many voices.

It is written sentence by sentence, so that any length may be asked for. `audio.wav` is 16-bit mono
at 16 kHz, `text.txt` has a line a sentence, and `sentences.tsv` when each of them is said.
"""

import itertools
import random as stdlib_random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import soundfile
from numpy.random import Generator
from numpy.typing import NDArray

from export.demo.speech.music import music
from export.demo.speech.speaker import Language, Speaker, Style
from export.demo.speech.utterance import FAINT, SAMPLE_RATE, Utterance

SEED: Final = 2026
PAUSE_SEC: Final = (0.3, 3.0)  # from a sentence's last sound to the next one's first
ECHO_SEC: Final = 0.1  # of a voice that has one; part of the pause
MUSIC_SHARE: Final = 0.12  # of the pauses, which are longer by that
MUSIC_SEC: Final = (2.0, 12.0)
# Read aloud, as books are, by voices of which he-demo hears few letters wrong: chosen for that,
# after wider ones had left more sentences off (docs/BENCHMARKS.md has the figures of all).
READING: Final = Style(rate=(130, 165), pitch=(40, 60), pitch_range=(45, 65), throat=(0.99, 1.02))
READERS: Final = (
    "Denis", "Mr serious", "adam", "benjamin", "caleb", "ed", "f3", "f4", "iven3", "iven4",
    "klatt", "klatt6", "linda", "m1", "m3", "m4", "m6", "max", "michael", "sandro",
)  # fmt: skip
PEAK: Final = (0.15, 0.9)  # of a sentence
AUDIO, TEXT, SENTENCES = "audio.wav", "text.txt", "sentences.tsv"

Waveform = NDArray[np.float32]


@dataclass(frozen=True)
class Corpus:
    """What may be said: the sentences that no model was trained on come first."""

    language: Language
    held_out_lines: Sequence[Sequence[str]]
    lines: Sequence[Sequence[str]]

    def shuffled(self, seed: int) -> list[Sequence[str]]:
        """Every sentence once, the held-out ones before the others."""
        shuffler = stdlib_random.Random(seed)
        parts = [
            list(dict.fromkeys(map(tuple, part))) for part in (self.held_out_lines, self.lines)
        ]
        for part in parts:
            shuffler.shuffle(part)
        return [line for part in parts for line in part]


class Said(NamedTuple):
    """A sentence and when its sound begins and ends, in seconds."""

    start: float
    end: float
    text: str


def write_hour(corpus: Corpus, folder: Path, minutes: float, seed: int = SEED) -> list[Said]:
    """Write the three files, of about `minutes` of audio; returns the sentences.

    The same seed gives the same hour but for the synthesiser's own slight randomness. Raises
    ValueError if there are too few sentences.
    """
    folder.mkdir(parents=True, exist_ok=True)
    said: list[Said] = []
    wanted = int(minutes * 60 * SAMPLE_RATE)
    with soundfile.SoundFile(folder / AUDIO, "w", SAMPLE_RATE, 1, "PCM_16") as file:
        for piece, utterance in _pieces(corpus, seed):
            if utterance is not None:
                start = file.frames / SAMPLE_RATE
                end = start + len(piece) / SAMPLE_RATE - ECHO_SEC
                said.append(Said(start, end, " ".join(utterance.words)))
            file.write(piece)
            if utterance is None and file.frames >= wanted:
                break
        else:
            raise ValueError(f"expected sentences for {minutes:g} minutes, got {len(said)} in all")
    _write_texts(folder, said)
    return said


def _pieces(corpus: Corpus, seed: int) -> Iterator[tuple[Waveform, Utterance | None]]:
    """A pause, then sentences, each with a pause behind it; all of it above a floor of noise."""
    speaker = Speaker(corpus.language, READERS, READING)
    yield _pause(np.random.default_rng(seed)), None
    for number, line in enumerate(corpus.shuffled(seed)):
        # Its own generator: how long the one before became must not change this one.
        random = np.random.default_rng((seed, number))
        utterance = speaker.speak(line, random)
        yield _on_floor(_sentence(utterance, random), random), utterance
        yield _pause(random), None


def _sentence(utterance: Utterance, random: Generator) -> Waveform:
    """From its first word to its last one's echo, at a random level."""
    if utterance.ends is None:
        raise ValueError("expected an utterance whose ends are known")
    first, end = int(utterance.onsets[0]), int(utterance.ends[-1])
    sound = utterance.waveform[first : end + round(ECHO_SEC * SAMPLE_RATE)]
    missing = end + round(ECHO_SEC * SAMPLE_RATE) - first - len(sound)
    sound = np.pad(sound, (0, missing))
    level = random.uniform(*PEAK) / float(np.abs(sound).max(initial=1e-9))
    return sound * np.float32(level)


def _pause(random: Generator) -> Waveform:
    """What is left of a pause after the echo; now and then with music in it."""
    silence = np.zeros(round((random.uniform(*PAUSE_SEC) - ECHO_SEC) * SAMPLE_RATE), np.float32)
    if random.random() >= MUSIC_SHARE:
        return _on_floor(silence, random)
    tune = music(random.uniform(*MUSIC_SEC), SAMPLE_RATE, random)
    before, after = np.array_split(silence, 2)
    return _on_floor(np.concatenate([before, tune, after]), random)


def _on_floor(sound: Waveform, random: Generator) -> Waveform:
    """With faint noise."""
    floor = FAINT * random.standard_normal(len(sound))
    return np.clip(sound + floor.astype(np.float32), -1.0, 1.0)


def _write_texts(folder: Path, said: Sequence[Said]) -> None:
    text = "".join(f"{item.text}\n" for item in said)
    (folder / TEXT).write_text(text, encoding="utf-8")
    rows = (f"{item.start:.4f}\t{item.end:.4f}\t{item.text}\n" for item in said)
    table = "".join(itertools.chain(["start_sec\tend_sec\ttext\n"], rows))
    (folder / SENTENCES).write_text(table, encoding="utf-8")
