"""Small files that ask for much get an error in time, and take no more than a decoder may."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from bombs import BOMBS

from service import errors
from service.decoding.limits import MEMORY_BYTES

LIBRARIES_BYTES = 64 << 20  # mapped, and shared by all
MEASURED = Path(__file__).with_name("measured_bombs.py")
ONCE_SEC = 120.0


@pytest.fixture(scope="module")
def told(root: Path) -> dict[str, dict[str, Any]]:
    """What became of each."""
    done = subprocess.run(
        [sys.executable, str(MEASURED)],
        env={"PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
        check=True,
        timeout=ONCE_SEC,
    )
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    return {line["name"]: line for line in lines}


@pytest.mark.parametrize("name", BOMBS)
def test_memory_stays_bounded(told: dict[str, dict[str, Any]], name: str) -> None:
    """Of the decoders, dead ones included, and of the service; no bomb even ends its decoder."""
    line = told[name]
    assert max(*line["peak_bytes"], line["dead_bytes"]) <= MEMORY_BYTES + LIBRARIES_BYTES
    assert line["grown_bytes"] <= line["bytes"] + (8 << 20)
    assert line["restarts"] == 0


@pytest.mark.parametrize("name", BOMBS)
@pytest.mark.parametrize("work", ["measured", "decoded"])
def test_the_file_is_blamed(told: dict[str, dict[str, Any]], name: str, work: str) -> None:
    """Where it is no sound that could be decoded all the same."""
    outcome = told[name][work]
    assert outcome == "answered" or issubclass(getattr(errors, outcome), errors.InputError)


@pytest.mark.parametrize("name", ["mp4_fragments", "mp4_claimed_tables", "webm_codec_data"])
def test_tables_that_do_not_fit_are_corrupt(told: dict[str, dict[str, Any]], name: str) -> None:
    """Not an answer, and not another's fault."""
    assert told[name]["decoded"] == "CorruptAudio"


def test_ten_hours_in_a_small_file_stop_at_the_limit(told: dict[str, dict[str, Any]]) -> None:
    """They are told before anything is decoded, and no more than the limit is decoded."""
    assert told["flac_ten_hours"]["measured"] == "answered"
    assert told["flac_ten_hours"]["decoded"] == "AudioTooLong"
