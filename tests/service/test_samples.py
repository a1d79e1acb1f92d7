"""Samples in memory and in a file are read alike, and a file leaves nothing behind."""

import errno
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from service import samples as module
from service.errors import StorageFull
from service.samples import IN_MEMORY_SAMPLES, Samples, Spool, StoredSamples, blocks

LONG = IN_MEMORY_SAMPLES + 1


def noise(count: int) -> NDArray[np.float32]:
    return np.random.default_rng(count).standard_normal(count, dtype=np.float32)


def spooled(waveform: NDArray[np.float32], piece: int = 4096) -> Samples:
    spool = Spool()
    for block in blocks(waveform, piece):
        spool.write(block)
    return spool.finish()


def open_files() -> set[str]:
    return {str(link.readlink()) for link in Path("/proc/self/fd").iterdir() if link.is_symlink()}


@pytest.fixture(scope="module")
def waveform() -> NDArray[np.float32]:
    return noise(LONG + 12_345)


@pytest.fixture(scope="module")
def stored(waveform: NDArray[np.float32]) -> Iterator[StoredSamples]:
    samples = spooled(waveform)
    assert isinstance(samples, StoredSamples)
    yield samples
    samples.close()


@given(data=st.data())
def test_what_is_stored_is_sliced_as_an_array_is(
    data: st.DataObject, waveform: NDArray[np.float32], stored: StoredSamples
) -> None:
    """Any two ends, also beyond the samples, from behind, or left out."""
    ends = st.none() | st.integers(-len(waveform) - 5, len(waveform) + 5)
    span = slice(data.draw(ends), data.draw(ends))
    assert len(stored) == len(waveform)
    np.testing.assert_array_equal(stored[span], waveform[span])


def test_only_neighbours_are_read(stored: StoredSamples) -> None:
    """A step is refused, not ignored."""
    with pytest.raises(ValueError, match="steps of 2"):
        stored[0:10:2]


@pytest.mark.parametrize("size", [1, 7, 4096, 5000])
def test_blocks_are_all_samples_in_order(size: int) -> None:
    """Each of the size that is asked for, but for the last."""
    waveform = noise(5000)
    found = list(blocks(waveform, size))
    np.testing.assert_array_equal(np.concatenate(found), waveform)
    assert {len(block) for block in found[:-1]} <= {size}
    assert 1 <= len(found[-1]) <= size


def test_few_samples_stay_in_memory() -> None:
    """As many as may, as an array, and none at all too."""
    for count in (0, 1, IN_MEMORY_SAMPLES):
        waveform = noise(count)
        samples = spooled(waveform)
        assert isinstance(samples, np.ndarray)
        np.testing.assert_array_equal(samples, waveform)


def test_the_file_has_no_name_and_is_gone_when_closed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing lies in the folder while it is used, and no descriptor stays afterwards."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    before = open_files()
    samples = spooled(noise(LONG))
    assert isinstance(samples, StoredSamples)
    assert len(open_files() - before) == 1
    assert list(tmp_path.iterdir()) == []
    samples.close()
    assert open_files() <= before
    with pytest.raises(ValueError, match="closed"):
        samples[0:1]


def test_a_spool_that_is_given_up_leaves_nothing() -> None:
    """Closing it is enough, whatever has come; twice does no harm."""
    before = open_files()
    spool = Spool()
    spool.write(noise(10))
    spool.write(noise(LONG))
    spool.close()
    spool.close()
    assert open_files() <= before


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_is_told(number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """As an error of its own, with the time after which to come back."""

    def full(**_: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(module.tempfile, "TemporaryFile", full)
    spool = Spool()
    with pytest.raises(StorageFull, match="room on the disk") as caught:
        spool.write(noise(LONG))
    assert caught.value.facts["retry_after_sec"]
    spool.close()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_disk_that_fills_up_on_the_way_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where only the buffer's last bytes do not fit; and closing still works."""
    monkeypatch.setattr(
        module.tempfile,
        "TemporaryFile",
        lambda buffering: Path("/dev/full").open("wb", buffering),  # noqa: SIM115  # the spool's
    )
    spool = Spool()
    with pytest.raises(StorageFull):
        spool.write(noise(LONG))
    spool.close()


def test_another_error_of_the_disk_stays_what_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only a full disk is the client's to wait for."""

    def broken(**_: object) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(module.tempfile, "TemporaryFile", broken)
    with pytest.raises(OSError, match=os.strerror(errno.EIO)):
        Spool().write(noise(LONG))


def test_a_file_cut_short_is_an_error() -> None:
    """Never samples that were not written."""
    with tempfile.TemporaryFile() as file:
        file.write(noise(10).tobytes())
        file.flush()
        samples = StoredSamples(file, 11)
        assert len(samples[0:10]) == 10
        with pytest.raises(OSError, match="expected 44 bytes at 0, got 40"):
            samples[0:11]
