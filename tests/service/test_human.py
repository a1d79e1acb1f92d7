"""A human's recordings decode and align; how well is reported, not asserted."""

import csv
from collections import Counter
from pathlib import Path

import pytest

from service.audio import Audio, decode_file
from service.bundle import open_bundle
from service.recognizer import Recognizer

MAX_SEC = 60.0


def verses(folder: Path) -> dict[str, dict[str, str]]:
    """The published table, by file name."""
    with (folder / "verses.tsv").open(encoding="utf-8") as file:
        rows = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        return {row["audio"]: row for row in rows}


def read(path: Path, recognizer: Recognizer) -> Audio:
    return decode_file(path, recognizer.manifest.sample_rate, MAX_SEC)


def test_human_recordings_transcribe_and_align(root: Path, human_recordings: Path) -> None:
    """All verses, mp3 and m4a, with their published texts, of which some words are wrong: nearly
    every word gets a time, and every verse is known for what it is.
    """
    recognizer = Recognizer.load(open_bundle(root / "models/he-demo"))
    table = verses(human_recordings)
    assert len(table) == 39
    statuses: Counter[str] = Counter()
    for name, verse in table.items():
        audio = read(human_recordings / name, recognizer)
        assert audio.duration_sec == pytest.approx(float(verse["duration_sec"]), abs=0.1)
        assert recognizer.transcribe(audio).words
        alignment = recognizer.align(audio, verse["text"])
        words = alignment.words
        assert [word.word for word in words] == verse["text"].split()
        spoken = [word for word in words if any("א" <= char <= "ת" for char in word.word)]
        statuses.update(word.status for word in spoken)
        assert alignment.quality > 0.5
    assert set(statuses) <= {"aligned", "not_found"}
    assert statuses["not_found"] <= 0.04 * statuses.total()
