"""What is done to each layer's input before it is quantised."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from export.graph.weights import Array
from service.quantization import WeightBits


@dataclass(frozen=True)
class Treatment:
    """How the products of one layer get their activation.

    in_float: not quantised at all. divisors: float32 [C], by which channels are divided first and
    rows of the weights multiplied (SmoothQuant: Xiao et al., 2023), so that no channel alone sets
    the range. by_row: a scale a row (a frame) in place of one for the whole tensor.
    """

    in_float: bool = False
    divisors: Array | None = None
    by_row: bool = False

    @property
    def name(self) -> str:
        """As the report calls it."""
        if self.in_float:
            return "float32"
        parts = [*(["smoothed"] if self.divisors is not None else [])]
        return " ".join([*parts, *(["by row"] if self.by_row else [])]) or "plain"


PLAIN: Final = Treatment()
IN_FLOAT: Final = Treatment(in_float=True)


@dataclass(frozen=True)
class Plan:
    """bits: of the weights; treatments: by the layer's name; others: of all other layers."""

    bits: WeightBits
    treatments: Mapping[str, Treatment] = field(default_factory=dict)
    others: Treatment = PLAIN

    def of(self, layer: str) -> Treatment:
        """The layer's treatment."""
        return self.treatments.get(layer, self.others)
