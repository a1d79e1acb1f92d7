"""Utterances with known word onsets: synthesised from pointed text, and cut from recordings."""

import csv
import random as stdlib_random
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path
from typing import Final

import numpy as np
import soundfile
import soxr
from numpy.random import Generator
from numpy.typing import NDArray

from export.demo import augment
from export.demo.espeak import Delivery, Espeak
from export.demo.hebrew import pronounce, split_words, unpointed

SAMPLE_RATE: Final = 16_000  # Hz
SPLIT_SEED: Final = 20261121
HELD_OUT_LINES: Final = 400
HELD_OUT_RECORDINGS: Final = 10
UNKNOWN_ONSET: Final = -1
# Variants that speak Hebrew intelligibly. The held-out ones are never heard in training.
HELD_OUT_VOICES: Final = ("f4", "m4", "steph3", "Andy", "linda", "klatt3", "michael", "Lee")
VOICES: Final = (
    "Alex", "Alicia", "Andrea", "Annie", "Denis", "Diogo", "Gene", "Gene2", "Henrique", "Hugo",
    "Jacky", "Marco", "Mario", "Mike", "Mr serious", "Nguyen", "adam", "anika", "antonio", "aunty",
    "belinda", "benjamin", "boris", "caleb", "david", "ed", "edward", "edward2", "f1", "f2", "f3",
    "f5", "grandma", "grandpa", "gustave", "iven", "iven2", "iven3", "iven4", "john",
    "kaukovalta", "klatt", "klatt2", "klatt4", "klatt5", "klatt6", "m1", "m2", "m3", "m5", "m6",
    "m7", "m8", "marcelo", "max", "michel", "miguel", "norbert", "pablo", "paul", "pedro",
    "quincy", "rob", "robert", "sandro", "shelby", "steph", "steph2", "travis", "victor", "zac",
)  # fmt: skip


@dataclass(frozen=True)
class Utterance:
    """waveform: float32 [N] at 16 kHz; onsets: int64, the first sample of each word.

    A first word's onset may be UNKNOWN_ONSET.
    """

    waveform: NDArray[np.float32]
    words: tuple[str, ...]
    onsets: NDArray[np.int64]


@dataclass(frozen=True)
class Recording:
    """A verse read by a human; `words` and `onsets` (seconds) are as published."""

    path: Path
    words: tuple[str, ...]
    onsets: tuple[float, ...]
    pointed: tuple[str, ...]


@dataclass(frozen=True)
class Split:
    """What is trained on, and what is kept apart. No held-out line is ever synthesised."""

    lines: tuple[tuple[str, ...], ...]
    held_out_lines: tuple[tuple[str, ...], ...]
    recordings: tuple[Recording, ...]
    held_out_recordings: tuple[Recording, ...]


def split_corpus(text_files: Sequence[Path], recordings_dir: Path | None) -> Split:
    """Divide text and recordings, the same way each time."""
    lines = [
        tuple(split_words(line))
        for file in text_files
        for line in file.read_text(encoding="utf-8").splitlines()
        if line.strip()
    ]
    recordings = read_recordings(recordings_dir, lines) if recordings_dir else []
    shuffler = stdlib_random.Random(SPLIT_SEED)
    faithful = [item for item in recordings if _is_faithful(item)]
    held_out = shuffler.sample(faithful, min(HELD_OUT_RECORDINGS, len(faithful)))
    # A verse may stand twice in the text, so apartness is by wording, not by line number.
    spoken_apart = {_spelling(item.pointed) for item in held_out}
    candidates = [line for line in lines if _spelling(line) not in spoken_apart]
    apart = min(HELD_OUT_LINES, len(candidates) // 4)
    written_apart = {_spelling(line) for line in shuffler.sample(candidates, apart)}
    return Split(
        lines=tuple(line for line in candidates if _spelling(line) not in written_apart),
        held_out_lines=tuple(line for line in candidates if _spelling(line) in written_apart),
        recordings=tuple(item for item in recordings if item not in held_out),
        held_out_recordings=tuple(held_out),
    )


def read_recordings(folder: Path, lines: Sequence[tuple[str, ...]]) -> list[Recording]:
    """Read `words.tsv` beside the audio and find each verse in the pointed text."""
    rows: dict[str, list[tuple[str, float]]] = {}
    with (folder / "words.tsv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
            word = (unpointed(row["word"]), float(row["start_sec"]))
            rows.setdefault(row["audio"], []).append(word)
    skeletons = [" ".join(map(skeleton, line)) for line in lines]
    recordings = []
    for name, words in sorted(rows.items()):
        line = _closest(" ".join(skeleton(word) for word, _ in words), skeletons)
        recordings.append(
            Recording(
                folder / name,
                tuple(word for word, _ in words),
                tuple(onset for _, onset in words),
                lines[line],
            )
        )
    return recordings


def skeleton(word: str) -> str:
    """A word without the letters that older and modern spelling write or leave out."""
    return unpointed(word).replace("ו", "").replace("י", "")


def matching_runs(recording: Recording) -> list[tuple[int, int, int]]:
    """(start, pointed start, length) of runs of words whose label agrees with the pointed text."""
    ours = [skeleton(word) for word in recording.words]
    theirs = [skeleton(word) for word in recording.pointed]
    blocks = SequenceMatcher(None, ours, theirs, autojunk=False).get_matching_blocks()
    return [(block.a, block.b, block.size) for block in blocks if block.size]


def load_mono(path: Path) -> NDArray[np.float32]:
    """A recording as float32 [N] at 16 kHz."""
    samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
    waveform: NDArray[np.float32] = soxr.resample(samples.mean(axis=1), rate, SAMPLE_RATE)
    return waveform


class Synthesiser:
    """Speaks pointed words and reports onsets at 16 kHz."""

    def __init__(self, voices: Sequence[str] = VOICES) -> None:
        self._espeak = Espeak()
        self._voices = voices

    def speak(self, pointed: Sequence[str], random: Generator) -> Utterance:
        """One random delivery of the words."""
        delivery = Delivery(
            voice=f"he+{random.choice(self._voices)}",
            rate=int(random.integers(85, 200)),
            pitch=int(random.integers(20, 85)),
            pitch_range=int(random.integers(20, 90)),
        )
        vocal = bool(random.random() < 0.5)
        trilled = bool(random.random() < 0.3)
        spoken = [pronounce(word, vocal_sheva=vocal) for word in pointed]
        if trilled:
            spoken = [word.replace('Q"', "r") for word in spoken]
        pauses = random.random(len(spoken)) < random.choice((0.0, 0.1, 0.3))
        spoken = [word + "," if pause else word for word, pause in zip(spoken, pauses, strict=True)]
        speech = self._espeak.speak(spoken, delivery)
        # A wrong source rate moves pitch and formants together: other throats, for nothing.
        source_rate = speech.sample_rate * random.uniform(0.9, 1.15)
        waveform = soxr.resample(speech.waveform, source_rate, SAMPLE_RATE, quality="MQ")
        onsets = np.round(speech.onsets * (SAMPLE_RATE / source_rate)).astype(np.int64)
        return _padded(Utterance(waveform, tuple(map(unpointed, pointed)), onsets), random)


class RecordedSpeech:
    """Cuts runs of correctly labelled words out of recordings."""

    def __init__(self, recordings: Sequence[Recording]) -> None:
        self._recordings = recordings
        self._waveforms = [load_mono(item.path) for item in recordings]

    def cut(self, words: int, random: Generator) -> Utterance:
        """Up to `words` words, at a slightly changed speed."""
        index = int(random.integers(len(self._recordings)))
        recording = self._recordings[index]
        runs = matching_runs(recording)
        start, pointed_start, length = runs[int(random.integers(len(runs)))]
        taken = min(length, words)
        offset = int(random.integers(length - taken + 1))
        first, last = start + offset, start + offset + taken
        ends = [*recording.onsets[1:], len(self._waveforms[index]) / SAMPLE_RATE]
        begin, end = (int(t * SAMPLE_RATE) for t in (recording.onsets[first], ends[last - 1]))
        waveform = self._waveforms[index][begin:end]
        pointed = recording.pointed[pointed_start + offset : pointed_start + offset + taken]
        speed = random.uniform(0.85, 1.2)
        waveform = soxr.resample(waveform, SAMPLE_RATE * speed, SAMPLE_RATE, quality="MQ")
        times = np.array(recording.onsets[first:last]) - recording.onsets[first]
        onsets = np.round(times * SAMPLE_RATE / speed).astype(np.int64)
        if first == 0:  # the published time is 0.0, whenever speech begins
            onsets[0] = UNKNOWN_ONSET
        return _padded(Utterance(waveform, tuple(map(unpointed, pointed)), onsets), random)


@dataclass(frozen=True)
class BatchPlan:
    """How batches are drawn: `seconds` of audio each, of utterances of similar length."""

    seconds: float = 48.0
    word_counts: tuple[int, ...] = (2, 4, 6, 8, 12, 16, 24)
    weights: tuple[float, ...] = (0.05, 0.15, 0.25, 0.25, 0.15, 0.1, 0.05)
    recorded_share: float = 0.12
    shuffled_share: float = 0.15  # words in random order: every word, not the common ones only
    noise_share: float = 0.02  # no speech at all, no words


class Mixture:
    """Endless training batches, each a function of the seed and its number.

    Only the synthesiser's own slight randomness differs from run to run.
    """

    def __init__(self, split: Split, seed: int, plan: BatchPlan | None = None) -> None:
        self._lines = split.lines
        self._words = sorted({word for line in split.lines for word in line})
        self._seed, self._plan = seed, plan or BatchPlan()
        self._synthesiser = Synthesiser()
        self._recorded = RecordedSpeech(split.recordings) if split.recordings else None

    def batch(self, number: int) -> list[Utterance]:
        """Utterances of similar length, about `plan.seconds` in all when padded."""
        random = np.random.default_rng((self._seed, number))
        words = int(random.choice(self._plan.word_counts, p=self._plan.weights))
        batch: list[Utterance] = []
        longest = 0
        while True:
            # Its own generator: how long the one before became must not change this one.
            own = np.random.default_rng((self._seed, number, len(batch)))
            utterance = self._draw(words, own)
            longest = max(longest, len(utterance.waveform))
            if batch and longest * (len(batch) + 1) > self._plan.seconds * SAMPLE_RATE:
                return batch
            batch.append(utterance)

    def _draw(self, words: int, random: Generator) -> Utterance:
        kind = random.random()
        if random.random() < self._plan.noise_share:
            utterance = _noise(random)
        elif self._recorded and kind < self._plan.recorded_share:
            utterance = self._recorded.cut(words, random)
        else:
            shuffled = kind > 1 - self._plan.shuffled_share
            pointed = self._shuffled(words, random) if shuffled else self._phrase(words, random)
            utterance = self._synthesiser.speak(pointed, random)
        heard = augment.record(utterance.waveform, SAMPLE_RATE, random)
        return Utterance(heard, utterance.words, utterance.onsets)

    def _phrase(self, words: int, random: Generator) -> list[str]:
        line = int(random.integers(len(self._lines)))
        start = int(random.integers(len(self._lines[line])))
        phrase: list[str] = []
        while len(phrase) < words:  # verses follow one another as in the book
            phrase += self._lines[line][start:]
            line, start = (line + 1) % len(self._lines), 0
        return phrase[:words]

    def _shuffled(self, words: int, random: Generator) -> list[str]:
        return [self._words[index] for index in random.integers(len(self._words), size=words)]


def _noise(random: Generator) -> Utterance:
    faint = random.standard_normal(int(random.integers(SAMPLE_RATE // 2, 4 * SAMPLE_RATE)))
    return Utterance((1e-3 * faint).astype(np.float32), (), np.zeros(0, dtype=np.int64))


def _padded(utterance: Utterance, random: Generator) -> Utterance:
    """With silence before and after."""
    longest = SAMPLE_RATE * random.choice((0.5, 2.0), p=(0.9, 0.1))
    before, after = (int(length) for length in random.integers(0, int(longest), size=2))
    waveform = np.pad(utterance.waveform.astype(np.float32), (before, after))
    onsets = np.where(utterance.onsets == UNKNOWN_ONSET, UNKNOWN_ONSET, utterance.onsets + before)
    return Utterance(waveform, utterance.words, onsets)


def _closest(wanted: str, candidates: Sequence[str]) -> int:
    matcher = SequenceMatcher(autojunk=False)
    matcher.set_seq2(wanted)
    best, best_ratio = 0, 0.0
    for index, candidate in enumerate(candidates):
        matcher.set_seq1(candidate)
        if matcher.real_quick_ratio() > best_ratio and matcher.quick_ratio() > best_ratio:
            ratio = matcher.ratio()
            if ratio > best_ratio:
                best, best_ratio = index, ratio
    return best


def _is_faithful(recording: Recording) -> bool:
    """Whether the label is the pointed text's, but for matres: fit to measure CER on."""
    return [*map(skeleton, recording.words)] == [*map(skeleton, recording.pointed)]


def _spelling(line: Sequence[str]) -> str:
    return " ".join(map(unpointed, line))
