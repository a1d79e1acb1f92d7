"""Pointed verses to speak, and recordings of verses to cut phrases from."""

import csv
import random as stdlib_random
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path
from typing import Final

import numpy as np
import soxr
from numpy.random import Generator

from export.demo.hebrew.pronunciation import pronounce, split_words, unpointed
from export.demo.speech.mixture import Phrases
from export.demo.speech.speaker import Language
from export.demo.speech.utterance import (
    SAMPLE_RATE,
    UNKNOWN_ONSET,
    Utterance,
    load_mono,
    padded,
)

SPLIT_SEED: Final = 20261121
HELD_OUT_LINES: Final = 400
HELD_OUT_RECORDINGS: Final = 10
TRILLED_SHARE: Final = 0.3  # of speakers, who roll their r


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
        return padded(Utterance(waveform, tuple(map(unpointed, pointed)), onsets), random)


def phrases_of(split: Split) -> Phrases:
    """The verses that may be spoken, and each of their words."""
    return Phrases(split.lines, sorted({word for line in split.lines for word in line}))


def _as_read(words: Sequence[str], random: Generator) -> list[str]:
    """One speaker's way: with or without an initial sheva's vowel, with either r."""
    vocal = bool(random.random() < 0.5)
    spoken = [pronounce(word, vocal_sheva=vocal) for word in words]
    if random.random() < TRILLED_SHARE:
        spoken = [word.replace('Q"', "r") for word in spoken]
    return [f"[[{word}]]" for word in spoken]


HEBREW: Final = Language("he", _as_read, unpointed)


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
