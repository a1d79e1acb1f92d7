"""What a process holds, and how it grows."""

import os
from pathlib import Path

import pytest

from bench.loads.watching import Sample, sample, slope


def of(requests: int, megabytes: float) -> Sample:
    return Sample(requests, megabytes, megabytes, 10, 5, 1, 0)


def test_growth_is_told_per_thousand_requests() -> None:
    """2 MB in 500 requests are 4 MB in a thousand."""
    samples = [of(0, 100.0), of(250, 101.0), of(500, 102.0)]
    assert slope(samples, "anonymous_mb") == pytest.approx(4.0)
    assert slope(samples, "descriptors") == pytest.approx(0.0, abs=1e-9)
    assert slope(samples[:1], "anonymous_mb") == 0.0


def test_a_sample_counts_what_is_held(tmp_path: Path) -> None:
    """Memory, threads and descriptors of a process, and the files of a folder."""
    (tmp_path / "left").write_bytes(b"")
    found = sample(os.getpid(), 7, tmp_path)
    assert found.requests == 7
    assert found.resident_mb > found.anonymous_mb > 1
    assert found.threads >= 1
    assert found.descriptors >= 3
    assert found.files == 1
