"""Mean and variance of what does not fit into memory at once."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Moments:
    """count: values a mean is of; mean and squares, the sum of squared distances from it: float64,
    in the shape of the blocks but for a 1 where values were taken together.
    """

    count: int
    mean: NDArray[np.float64]
    squares: NDArray[np.float64]

    @classmethod
    def of(cls, blocks: Iterable[NDArray[np.float32]], axis: int | None) -> "Moments":
        """Over all blocks, along `axis` or all axes. Raises ValueError if there is none.

        Blocks are put together pairwise-stably (Chan, Golub and LeVeque, 1979), so that a mean far
        from zero costs no digits.
        """
        total: Moments | None = None
        for block in blocks:
            own = cls._of_one(block, axis)
            total = own if total is None else total.merged(own)
        if total is None:
            raise ValueError("expected at least one block, got none")
        return total

    @classmethod
    def _of_one(cls, block: NDArray[np.float32], axis: int | None) -> "Moments":
        mean = block.mean(axis=axis, keepdims=True, dtype=np.float64)
        squares = np.square(block - mean).sum(axis=axis, keepdims=True)
        return cls(block.size if axis is None else block.shape[axis], mean, squares)

    def merged(self, other: "Moments") -> "Moments":
        """Of both together."""
        count = self.count + other.count
        apart = other.mean - self.mean
        mean = self.mean + apart * (other.count / count)
        between = np.square(apart) * (self.count * other.count / count)
        return Moments(count, mean, self.squares + other.squares + between)

    def variance(self, ddof: int) -> NDArray[np.float64]:
        """Squares over count - ddof; 0 for a single value."""
        return self.squares / max(1, self.count - ddof)
