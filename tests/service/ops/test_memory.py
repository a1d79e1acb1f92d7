"""Resident memory as the kernel tells it."""

import os
from pathlib import Path

import numpy as np
import pytest

from service.ops.memory import STATM, resident_bytes


def test_the_second_field_is_resident_pages(tmp_path: Path) -> None:
    """Of size, resident, shared ...; the answer is in bytes."""
    statm = tmp_path / "statm"
    statm.write_text("1000 42 7 1 0 30 0\n")
    assert resident_bytes(statm) == 42 * os.sysconf("SC_PAGE_SIZE")


def test_without_proc_nothing_is_told(tmp_path: Path) -> None:
    """None, and no guess."""
    assert resident_bytes(tmp_path / "none") is None


@pytest.mark.skipif(not STATM.exists(), reason="no /proc")
def test_memory_that_is_touched_is_seen() -> None:
    """64 MiB written to are 64 MiB more, give or take what Python does."""
    before = resident_bytes()
    block = np.ones(64 << 20, dtype=np.uint8)
    after = resident_bytes()
    assert before is not None
    assert after is not None
    assert after - before == pytest.approx(block.nbytes, rel=0.2)
