"""From a network to its int8 graph: one that is written for it, or the stock policy's."""

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import onnx

from export.calibration.deciding import Calibration, calibrate
from export.errors import UnknownStructure
from export.graph.weights import Array
from export.network import Network
from export.probes import Probe
from export.quantize import QuantizationReport, quantize
from service.quantization import SAFE_BITS, WeightBits

logger = logging.getLogger(__name__)

PIECE_SEC: Final = 5.0  # of a probe that the calibration hears
MAX_PIECES: Final = 8


def write_int8(
    network: Network, fp32: Path, path: Path, bits: WeightBits, probes: Sequence[Probe]
) -> QuantizationReport:
    """Write `path` from the network's weights as `probes` need it, or where its structure is not
    known from `fp32`, its float32 graph. bits: of the weights. Raises NotQuantized.
    """
    try:
        calibration = calibrate(network, bits, pieces(network, probes), path.parent)
    except UnknownStructure as error:
        logger.warning("the stock policy is taken: %s", error)
        return quantize(fp32, path, reduce_range=bits == SAFE_BITS, fallback=str(error))
    onnx.save(calibration.model, path)
    return _report(calibration, bits, fp32, path)


def pieces(network: Network, probes: Sequence[Probe]) -> list[Array]:
    """Model inputs of the recordings, and of the longest of the synthetic ones, of which the
    others are beginnings.
    """
    spoken = [probe for probe in probes if probe.recorded]
    synthetic = [probe for probe in probes if not probe.recorded]
    spoken += sorted(synthetic, key=lambda probe: len(probe.waveform))[-1:]
    length = round(PIECE_SEC * network.sample_rate)
    return [network.prepare(probe.waveform[:length]) for probe in spoken[-MAX_PIECES:]]


def _report(
    calibration: Calibration, bits: WeightBits, fp32: Path, path: Path
) -> QuantizationReport:
    products = calibration.products
    return QuantizationReport(
        policy="integer-graph",
        weight_bits=bits,
        constant_products=len(products.quantized),
        quantized_products=len(products.quantized),
        kept_in_float=len(products.kept),
        fp32_bytes=fp32.stat().st_size,
        int8_bytes=path.stat().st_size,
        calibration=calibration.as_manifest(),
    )
