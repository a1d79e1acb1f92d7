"""Whether a CPU sums a bundle's int8 products exactly with its fastest instructions."""

from dataclasses import dataclass
from typing import Final

from service.ops.processor import Processor
from service.quantization import SAFE_BITS, Quantization

CHANGE: Final = (
    "export the model again with --reduce-range, or serve it on a CPU with VNNI; until then it is "
    "summed in another way, which is exact and slower"
)


@dataclass(frozen=True)
class Fit:
    """A bundle's weights on a CPU."""

    quantization: Quantization
    processor: Processor

    @property
    def exact(self) -> bool | None:
        """None where nobody tells what the CPU can do."""
        if self.quantization.weight_bits <= SAFE_BITS:
            return True
        return self.processor.sums_exactly

    @property
    def expected(self) -> str:
        """Of an unfit one."""
        return f"{SAFE_BITS}-bit weights on {self.processor.name}, which has no VNNI"

    @property
    def got(self) -> str:
        """Of an unfit one."""
        bits = self.quantization.weight_bits
        return f"{bits}-bit weights, of which pairs of products overflow 16 bits there"
