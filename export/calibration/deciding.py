"""From what was heard to a plan: the cheapest treatment of each layer that is exact enough."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
from onnx import ModelProto

from export.calibration.listening import Layer, Listened, listen, run
from export.calibration.simulation import layer_error, smoothing
from export.graph.builder import GraphBuilder
from export.graph.plan import IN_FLOAT, PLAIN, Plan, Treatment
from export.graph.products import Products
from export.graph.weights import Array
from export.network import Network
from service.ctc import log_softmax
from service.quantization import WeightBits

logger = logging.getLogger(__name__)

# Of a layer's products, relative: plain int8 of activations without outliers errs by 0.5 to 2 %.
MAX_LAYER_ERROR: Final = 0.03
TARGET_DIVERGENCE: Final = (
    0.005  # nats a frame, mean, of the whole graph: a twentieth of the gate's
)
ROUNDS: Final = 8  # of taking the worst layers back to float32
SHARE: Final = 6  # a round takes one in so many of the layers that are int8


@dataclass(frozen=True)
class Calibration:
    """The plan, its graph, and what led to it.

    errors: of each layer in the treatment that it got; divergence: KL(float32 || int8) of the
    whole, the mean of all frames in nats, after each round.
    """

    plan: Plan
    model: ModelProto
    products: Products
    errors: Mapping[str, float]
    divergence: tuple[float, ...]

    def as_manifest(self) -> dict[str, Any]:
        """What the report keeps: the layers that are not plain, and the figures."""
        treated = {
            layer: treatment.name
            for layer, treatment in self.plan.treatments.items()
            if treatment is not PLAIN
        }
        return {
            "layers": len(self.errors),
            "treated": treated,
            "largest_layer_error": max(self.errors.values(), default=0.0),
            "divergence": list(self.divergence),
        }


def calibrate(
    network: Network, bits: WeightBits, inputs: Sequence[Array], folder: Path
) -> Calibration:
    """Decide on model inputs of speech, a few seconds each. Raises UnknownStructure."""
    listened = listen(network, inputs, folder)
    chosen = {name: _cheapest(parts, bits) for name, parts in listened.layers.items()}
    errors = {name: error for name, (_, error) in chosen.items()}
    plan = Plan(bits, {name: treatment for name, (treatment, _) in chosen.items()})
    found: list[float] = []
    while True:
        products = Products(GraphBuilder(), plan)
        model = network.integer_graph(products)
        found.append(_divergence(listened, run(model, network, inputs, folder)))
        if found[-1] <= TARGET_DIVERGENCE or len(found) > ROUNDS:
            return Calibration(plan, model, products, errors, tuple(found))
        del model
        plan = _with_worst_in_float(plan, errors)
        errors |= {name: 0.0 for name in errors if plan.of(name).in_float}


def _cheapest(parts: Sequence[Layer], bits: WeightBits) -> tuple[Treatment, float]:
    """The first in the order of their costs that is exact enough, and its error."""
    if parts[0].is_fixed:
        return IN_FLOAT, 0.0
    for treatment in _treatments(parts):
        error = layer_error(parts, treatment, bits)
        if error <= MAX_LAYER_ERROR:
            return treatment, error
    return IN_FLOAT, 0.0


def _treatments(parts: Sequence[Layer]) -> list[Treatment]:
    if parts[0].is_moved:
        return [PLAIN]
    smoothed = Treatment(divisors=smoothing(parts[0]))
    return [PLAIN, smoothed, Treatment(by_row=True), replace(smoothed, by_row=True)]


def _with_worst_in_float(plan: Plan, errors: Mapping[str, float]) -> Plan:
    left = sorted((name for name in errors if not plan.of(name).in_float), key=errors.__getitem__)
    worst = left[-max(1, len(left) // SHARE) :]
    logger.info("kept in float32: %s", ", ".join(worst))
    return replace(plan, treatments={**plan.treatments, **dict.fromkeys(worst, IN_FLOAT)})


def _divergence(listened: Listened, answers: Sequence[Array]) -> float:
    """KL(float32 || int8), the mean over all frames, in nats."""
    total, frames = 0.0, 0
    for logits, answer in zip(listened.logits, answers, strict=True):
        exact, rounded = log_softmax(logits), log_softmax(answer)
        total += float((np.exp(exact) * (exact - rounded)).sum())
        frames += len(exact)
    return total / frames
