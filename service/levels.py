"""How loud a recording is, hop by hop: what tells where a word's sound ends."""

from collections.abc import Iterable, Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

Levels = NDArray[np.float32]

HOPS_A_SEC: Final = 100
LEVEL_HOP_SEC: Final = 1 / HOPS_A_SEC
BLOCK_SAMPLES: Final = 1 << 18
SILENCE_DB: Final = -100.0  # digital silence; nothing is less


def levels(sound: NDArray[np.float32] | Iterable[NDArray[np.float32]], sample_rate: int) -> Levels:
    """The level of each hundredth of a second, in dB of full scale (0: a constant of 1).

    sound: float32 [N], mono, linear, or blocks of it in order, of any lengths; how it is divided
    does not matter, and no more than a block is held at a time. Returns float32 [M], where M is
    ceil(100 N / rate), at least SILENCE_DB: 10 log10 of the mean square. The last hop may be a part
    of one. At rates that 100 does not divide, hops differ by a sample: no time is lost over hours.
    """
    blocks = _parts(sound) if isinstance(sound, np.ndarray) else sound
    found: list[Levels] = []
    rest, first, hop = np.zeros(0, dtype=np.float32), 0, 0  # samples left over, and their places
    for block in blocks:
        held = np.concatenate([rest, block])
        last_hop = (first + len(held)) * HOPS_A_SEC // sample_rate
        edges = _edges(hop, last_hop, sample_rate) - first
        found.append(_decibels(held[: edges[-1]], edges))
        rest, first, hop = held[edges[-1] :], first + int(edges[-1]), last_hop
    if len(rest):
        found.append(_decibels(rest, np.array([0, len(rest)])))
    return np.concatenate([np.zeros(0, dtype=np.float32), *found])


def _parts(waveform: NDArray[np.float32]) -> Iterator[NDArray[np.float32]]:
    """The waveform in blocks, as squares take more memory than it does itself."""
    return (
        waveform[first : first + BLOCK_SAMPLES] for first in range(0, len(waveform), BLOCK_SAMPLES)
    )


def _edges(first: int, last: int, sample_rate: int) -> NDArray[np.int64]:
    """The first sample of each hop from `first` to `last`, both included."""
    return -(-np.arange(first, last + 1, dtype=np.int64) * sample_rate // HOPS_A_SEC)


def _decibels(samples: NDArray[np.float32], edges: NDArray[np.int64]) -> Levels:
    """samples: float32; edges: int64 [n + 1], where the hops begin, and the last one's end."""
    if len(edges) < 2:  # noqa: PLR2004  # not one whole hop
        return np.zeros(0, dtype=np.float32)
    power = np.add.reduceat(samples.astype(np.float64) ** 2, edges[:-1]) / np.diff(edges)
    least = 10 ** (SILENCE_DB / 10)
    decibels: Levels = (10 * np.log10(np.maximum(power, least))).astype(np.float32)
    return decibels
