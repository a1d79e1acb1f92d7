"""Products of u8 and s8 as a CPU without VNNI sums them, in numpy.

vpmaddubsw adds two neighbouring products into 16 bits, which saturate; pairs are summed in 32. ONNX
Runtime's kernels for AVX2 and AVX-512 do so (onnxruntime/core/mlas/lib/x86_64/QgemmU8X8Kernel*.S).

python -m bench.saturating   what that does to one product whose activations have an outlier
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

LEAST, MOST = -(1 << 15), (1 << 15) - 1  # of 16 bits
M, K, N = 200, 1024, 64  # of the product that `python -m bench.saturating` looks at
OUTLIERS = (3, 10, 30)  # of one channel, in deviations of the others
SPREAD = 0.1  # its own deviation, of its mean
HEADER = """\
| outlier | zero point | 8 bits: pairs over | exact | saturated | 7 bits: over | exact | saturated |
|---|---|---|---|---|---|---|---|"""


def product(activations: NDArray[np.uint8], weights: NDArray[np.int8]) -> NDArray[np.int64]:
    """Activations [M, K], weights [K, N]. Returns [M, N], summed with saturation."""
    total = np.zeros((len(activations), weights.shape[1]), dtype=np.int64)
    for pair in _pairs(activations, weights):
        total += np.clip(pair, LEAST, MOST)
    return total


def overflowing(activations: NDArray[np.uint8], weights: NDArray[np.int8]) -> int:
    """How many of the M * N * ceil(K / 2) pairs saturate."""
    pairs = _pairs(activations, weights)
    return sum(int(((pair < LEAST) | (pair > MOST)).sum()) for pair in pairs)


def _pairs(
    activations: NDArray[np.uint8], weights: NDArray[np.int8]
) -> Iterator[NDArray[np.int32]]:
    """The sums of two neighbouring products, int32 [M, N], one pair of K at a time."""
    rows, columns = activations.astype(np.int32).T, weights.astype(np.int32)
    for first in range(0, len(columns), 2):
        both = slice(first, first + 2)
        yield np.einsum("km,kn->mn", rows[both], columns[both])


def main() -> None:
    """Print what saturation does to one product, by what the activations are."""
    rng = np.random.default_rng(0)
    weights, plain = rng.normal(size=(K, N)), rng.normal(size=(M, K))
    print(HEADER)
    print(_row("none", plain, weights))
    for times in OUTLIERS:
        outlying = plain.copy()
        outlying[:, 0] = -times * (1 + SPREAD * rng.normal(size=M))
        print(_row(f"one of -{times}", outlying, weights))


def _row(name: str, activations: NDArray[np.float64], weights: NDArray[np.float64]) -> str:
    """Relative errors of the product with weights of 8 bits and of 7, summed exactly and not."""
    low, high = min(activations.min(), 0.0), max(activations.max(), 0.0)
    step = (high - low) / 255
    zero = int(np.rint(-low / step))
    taken = np.clip(np.rint(activations / step) + zero, 0, 255).astype(np.uint8)
    expected = activations @ weights
    cells = [name, str(zero)]
    for largest in (127, 64):
        steps = abs(weights).max(axis=0) / largest
        narrow = np.rint(weights / steps).astype(np.int8)
        exact = taken.astype(np.int64) @ narrow.astype(np.int64)
        shift = zero * narrow.sum(axis=0, dtype=np.int64)
        cells.append(f"{overflowing(taken, narrow) / (M * N * K / 2):.2%}")
        for total in (exact, product(taken, narrow)):
            error = (total - shift) * step * steps - expected
            cells.append(f"{np.linalg.norm(error) / np.linalg.norm(expected):.3f}")
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    main()
