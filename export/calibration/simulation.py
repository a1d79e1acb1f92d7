"""What quantisation does to one layer, in numpy: the same roundings as in the graph."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from export.calibration.listening import Heard, Layer
from export.graph.plan import Treatment
from export.graph.products import ROW_LEVELS, SMALLEST_SCALE, quantized_columns
from export.graph.weights import Array
from service.quantization import WeightBits

LEVELS: Final = 255  # steps of a u8 between its ends
BALANCE: Final = 0.5  # of the range between activations and weights (SmoothQuant's alpha)


def layer_error(parts: Sequence[Layer], treatment: Treatment, bits: WeightBits) -> float:
    """Of a product's middle column, root mean square, relative to the column's; the largest of all
    products'. Not of all columns together: some of an outlier's would be all that is seen.
    """
    return max(
        _site_error(site.weight, layer.heard, treatment, bits)
        for layer in parts
        for site in layer.sites
    )


def smoothing(layer: Layer) -> Array:
    """Divisors of the channels, float32 [K], that share their range with the weights (Xiao et al.,
    2023, equation 4), their geometric mean 1. Weights count relative to their columns' steps.
    """
    weights = np.max([_share_of_columns(site.weight) for site in layer.sites], axis=0)
    peaks, weights = (np.maximum(part, SMALLEST_SCALE) for part in (layer.peaks, weights))
    logs = BALANCE * np.log(peaks) - (1 - BALANCE) * np.log(weights)
    divisors: Array = np.exp(logs - logs.mean()).astype(np.float32)
    return divisors


def _share_of_columns(weight: Array) -> Array:
    """The largest part that a row has of the range of any column: float32 [K]."""
    ranges = np.maximum(np.abs(weight).max(axis=0), SMALLEST_SCALE)
    share: Array = (np.abs(weight) / ranges).max(axis=1)
    return share


def _site_error(
    weight: Array, pieces: Sequence[Heard], treatment: Treatment, bits: WeightBits
) -> float:
    rounded = _rounded_weight(weight, treatment.divisors, bits)
    error, whole = np.zeros((2, weight.shape[1]))
    for heard in pieces:
        exact = heard.rows @ weight
        error += np.square(_rounded_rows(heard, treatment) @ rounded - exact).sum(axis=0)
        whole += np.square(exact).sum(axis=0)
    return float(np.sqrt(np.median(error / np.maximum(whole, SMALLEST_SCALE))))


def _rounded_weight(weight: Array, divisors: Array | None, bits: WeightBits) -> Array:
    """As it is multiplied with rows that are not divided."""
    by = np.ones(1, np.float32) if divisors is None else divisors
    integers, scales = quantized_columns(weight * by[:, np.newaxis], bits)
    rounded: Array = integers * scales / by[:, np.newaxis]
    return rounded


def _rounded_rows(heard: Heard, treatment: Treatment) -> Array:
    by = treatment.divisors
    rows = heard.rows if by is None else heard.rows / by
    if treatment.by_row:
        scale = np.maximum(np.abs(rows).max(axis=1, keepdims=True), SMALLEST_SCALE) / ROW_LEVELS
        rounded = np.rint(rows / scale) * scale
    else:
        ends = [end if by is None else end / by for end in (heard.lowest, heard.highest)]
        low, high = min(0.0, float(ends[0].min())), max(0.0, float(ends[1].max()))
        scale = max((high - low) / LEVELS, SMALLEST_SCALE)
        zero = np.rint(-low / scale)
        rounded = (np.clip(np.rint(rows / scale) + zero, 0, LEVELS) - zero) * scale
    result: Array = (rounded if by is None else rounded * by).astype(np.float32)
    return result
