"""From what was heard to a plan: the cheapest treatment of each layer that is exact enough."""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
from onnx import ModelProto

from export.calibration.listening import Layer, listen, run
from export.calibration.simulation import layer_error, smoothing
from export.graph.builder import GraphBuilder
from export.graph.plan import IN_FLOAT, PLAIN, Plan, Treatment
from export.graph.products import Products
from export.graph.weights import Array
from export.network import Network
from service.ctc import log_softmax
from service.quantization import WeightBits

logger = logging.getLogger(__name__)

# Of a layer's products, relative, by the weights' bits: without outliers plain int8 errs by 0.4 to
# 1.7 % with 8. With 7 the weights alone round twice as coarsely, and no treatment helps that.
MAX_LAYER_ERROR: Final[Mapping[WeightBits, float]] = {7: 0.03, 8: 0.02}
# Of the whole graph, nats a frame, the mean: a hundredth of the gate's. he-demo is at 0.0001.
TARGET_DIVERGENCE: Final = 0.001


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

    def graph(plan: Plan) -> tuple[Products, ModelProto]:
        products = Products(GraphBuilder(), plan)
        return products, network.integer_graph(products)

    def divergence(plan: Plan) -> float:
        answers = run(graph(plan)[1], network, inputs, folder)
        return _divergence(listened.logits, answers)

    found = [divergence(plan)]
    if found[0] > TARGET_DIVERGENCE:
        logger.info("int8 diverges by %.3g nats a frame: looking for its worst layers", found[0])
        for better in _with_worst_in_float(plan, errors, divergence):
            plan = better
            found.append(divergence(plan))
            if found[-1] <= TARGET_DIVERGENCE:
                break
    products, model = graph(plan)
    return Calibration(plan, model, products, errors, tuple(found))


def _cheapest(parts: Sequence[Layer], bits: WeightBits) -> tuple[Treatment, float]:
    """The first in the order of their costs that is exact enough, and its error."""
    if parts[0].is_fixed:
        return IN_FLOAT, 0.0
    for treatment in _treatments(parts):
        error = layer_error(parts, treatment, bits)
        if error <= MAX_LAYER_ERROR[bits]:
            return treatment, error
    return IN_FLOAT, 0.0


def _treatments(parts: Sequence[Layer]) -> list[Treatment]:
    if parts[0].is_moved:
        return [PLAIN]
    smoothed = Treatment(divisors=smoothing(parts[0]))
    return [PLAIN, smoothed, Treatment(by_row=True), replace(smoothed, by_row=True)]


def _with_worst_in_float(
    plan: Plan, layers: Iterable[str], divergence: Callable[[Plan], float]
) -> Iterator[Plan]:
    """Plans with one block more in float32 each: those first that diverge most when they alone are
    int8. A block is a layer of the network: what errs early is heard by all that comes after, so
    that errors of single products do not tell.
    """
    blocks: dict[str, list[str]] = {}
    for layer in layers:
        if not plan.of(layer).in_float:
            blocks.setdefault(".".join(layer.split(".")[:2]), []).append(layer)
    alone = {name: divergence(_only(plan, inside)) for name, inside in blocks.items()}
    for name in sorted(blocks, key=alone.__getitem__, reverse=True):
        logger.info("kept in float32: %s (%.3g by itself)", name, alone[name])
        plan = _in_float(plan, blocks[name])
        yield plan


def _only(plan: Plan, layers: Iterable[str]) -> Plan:
    """These layers as they are, and all others in float32."""
    return replace(plan, treatments={name: plan.of(name) for name in layers}, others=IN_FLOAT)


def _in_float(plan: Plan, layers: Iterable[str]) -> Plan:
    return replace(plan, treatments={**plan.treatments, **dict.fromkeys(layers, IN_FLOAT)})


def _divergence(float32: Sequence[Array], int8: Sequence[Array]) -> float:
    """KL(float32 || int8), the mean over all frames, in nats."""
    total, frames = 0.0, 0
    for logits, answer in zip(float32, int8, strict=True):
        exact, rounded = log_softmax(logits), log_softmax(answer)
        total += float((np.exp(exact) * (exact - rounded)).sum())
        frames += len(exact)
    return total / frames
