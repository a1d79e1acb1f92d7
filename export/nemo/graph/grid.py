"""Which numbers a convolution of 3 x 3 and stride 2 sees, as indices into a flat plane.

A plane has a row for each frame, one more before and behind them, and a column for each frequency,
one more before them. Those are zeros; what lies beyond the last frequency is read there too.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from export.graph.builder import GraphBuilder
from export.nemo.graph.mask import Mask

KERNEL: Final = 3
STRIDE: Final = 2
TAPS: Final = KERNEL * KERNEL
BEHIND: Final = 1  # column of the features' plane that tells which frames are heard


@dataclass(frozen=True)
class Grid:
    """The features' plane: float32 [B, (T + 2) * (F + 2)], 0 where nothing is heard. Its last
    column is 1 where a frame is. count: T, int64 without axes; both are names in the graph.
    """

    graph: GraphBuilder
    plane: str
    count: str
    frequencies: int

    @classmethod
    def of(cls, graph: GraphBuilder, features: str, lengths: str, frequencies: int) -> "Grid":
        """features: float32 [B, F, T]; lengths: int64 [B]."""
        op, integers, name = graph.op, graph.integers, "plane"
        frames = op("Transpose", features, name=f"{name}.frames", perm=[0, 2, 1])
        mask = Mask.of(graph, frames, lengths, 1, f"{name}.mask")
        heard = op("Mul", frames, mask.factors, name=f"{name}.heard")
        marked = op("Concat", heard, mask.factors, name=f"{name}.marked", axis=2)
        framed = op("Pad", marked, integers(0, 1, 1, 0, 1, 0), name=f"{name}.framed")
        size = op("Shape", frames, name=f"{name}.size", start=1, end=2)
        count = op("Squeeze", size, name=f"{name}.count")
        plane = op("Reshape", framed, integers(0, -1), name=name)
        return cls(graph, plane, count, frequencies)

    def features_seen(self, *, framed: bool) -> str:
        """What the first convolution sees: float32 [B, T', F', TAPS + 1], the last one 1 where the
        answer's frame is heard. framed: with the rows and the column of zeros of a plane.
        """
        width = self.frequencies + 1 + BEHIND
        ones = np.full((halved(self.frequencies), 1), width + self.frequencies + BEHIND)
        columns = np.concatenate((_columns(self.frequencies, width), ones), axis=1)
        index = self._index(self._rows(0, 0), columns, width, framed=framed)
        return self.graph.op("Gather", self.plane, index, name="plane.seen", axis=1)

    def seen(self, plane: str, stage: int, inputs: int, channels: int, *, framed: bool) -> str:
        """What the convolution `stage`, 1 for the second, sees of a plane of `inputs` frequencies:
        [B, T', F', TAPS * C] of [B, T + 2, F + 1, C].
        """
        graph, width = self.graph, inputs + 1
        index = self._index(self._rows(stage, stage), _columns(inputs, width), width, framed=framed)
        flat = graph.op("Reshape", plane, graph.integers(0, -1, channels), name=f"{plane}.flat")
        seen = graph.op("Gather", flat, index, name=f"{plane}.seen", axis=1)
        shape = graph.integers(0, 0, 0, TAPS * channels)
        return graph.op("Reshape", seen, shape, name=f"{plane}.taps")

    def silenced(self, value: str, stage: int, outputs: int, *, framed: bool) -> str:
        """The answer of the convolution `stage`, [B, T', F', C], 0 where nothing is heard."""
        width = self.frequencies + 1 + BEHIND
        columns = np.full((outputs, 1), width + self.frequencies + BEHIND)
        index = self._index(self._rows(stage, 0), columns, width, framed=framed)
        factors = self.graph.op("Gather", self.plane, index, name=f"{value}.factors", axis=1)
        return self.graph.op("Mul", value, factors, name=f"{value}.silenced")

    def _rows(self, stage: int, since: int) -> str:
        """The row in the middle of what each answer of convolution `stage` sees, of the answers of
        convolution `since` - 1, or for 0 of the features: int64 [T'].
        """
        op, scalar, name = self.graph.op, self.graph.scalar, f"plane.{stage}.{since}"
        step = scalar(STRIDE ** (stage + 1))
        firsts = op("Range", scalar(0), self.count, step, name=f"{name}.firsts")
        return op("Div", firsts, scalar(STRIDE**since), name=f"{name}.rows")

    def _index(self, rows: str, columns: NDArray[np.int64], width: int, *, framed: bool) -> str:
        """int64 [T', F', taps]: rows * width + columns, [F', taps]; 0, a zero, in the frame."""
        op, graph, name = self.graph.op, self.graph, f"{rows}.index"
        starts = op("Mul", rows, graph.scalar(width), name=f"{name}.starts")
        apart = op("Unsqueeze", starts, graph.integers(1, 2), name=f"{name}.apart")
        index = op("Add", apart, graph.constant(f"{name}.columns", columns), name=name)
        if not framed:
            return index
        return op("Pad", index, graph.integers(1, 1, 0, 1, 0, 0), name=f"{name}.framed")


def halved(count: int) -> int:
    """Frequencies, or frames, after one convolution."""
    return -(-count // STRIDE)


def _columns(inputs: int, width: int) -> NDArray[np.int64]:
    """Places of the taps, counted from where the row of the first begins: int64 [F', TAPS]."""
    first = np.arange(halved(inputs))[:, np.newaxis] * STRIDE
    columns = first + np.arange(KERNEL)
    columns[columns > inputs] = 0
    rows = np.arange(KERNEL)[:, np.newaxis] * width
    taps: NDArray[np.int64] = (columns[:, np.newaxis] + rows).reshape(len(first), TAPS)
    return taps
