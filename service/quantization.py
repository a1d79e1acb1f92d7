"""How a bundle's matrix products became int8."""

from dataclasses import dataclass
from typing import Final, Literal

Policy = Literal["stock", "integer-graph"]
WeightBits = Literal[7, 8]

# Pairs of products u8 x s8 fit 16 bits with weights in [-64, 64]: 2 * 255 * 64 < 2**15.
SAFE_BITS: Final[WeightBits] = 7
FULL_BITS: Final[WeightBits] = 8


@dataclass(frozen=True)
class Quantization:
    """policy: `stock`, ONNX Runtime's quantize_dynamic, or `integer-graph`, a graph of our own.

    weight_bits: weights are whole numbers in [-127, 127] with 8, in [-64, 64] with 7.
    """

    policy: Policy = "stock"
    weight_bits: int = SAFE_BITS
