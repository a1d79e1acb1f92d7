"""What all layers of the encoder know of its frames."""

from dataclasses import dataclass

from export.nemo.graph.mask import Mask
from export.nemo.graph.places import Places


@dataclass(frozen=True)
class Frames:
    """Which are heard, where they are, and how many before and behind each a convolution sees."""

    mask: Mask
    places: Places
    reach: tuple[int, int]
