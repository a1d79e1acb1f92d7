"""Parameters of torch as arrays."""

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

Array = NDArray[np.float32]


def as_array(parameter: Tensor) -> Array:
    """float32, on the CPU, apart from its gradient; the parameter's own memory, where it can be."""
    values: Array = parameter.detach().cpu().numpy().astype(np.float32, copy=False)
    return values
