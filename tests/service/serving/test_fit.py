"""A bundle's weights and the CPU that has to sum their products."""

import json
import logging
from pathlib import Path

import pytest
from bundles import write_bundle

from service.monitoring.logs import JsonFormatter
from service.ops.processor import UNKNOWN, Processor
from service.quantization import Quantization
from service.serving.catalogue import Catalogue
from service.serving.fit import Fit

HASWELL = Processor("Haswell", frozenset({"sse2", "avx2"}))
ZEN4 = Processor("Zen 4", frozenset({"sse2", "avx2", "avx512bw", "avx512_vnni"}))


@pytest.mark.parametrize(
    ("bits", "processor", "exact"),
    [
        (7, HASWELL, True),
        (7, ZEN4, True),
        (7, UNKNOWN, True),
        (8, HASWELL, False),
        (8, ZEN4, True),
        (8, UNKNOWN, None),
    ],
)
def test_seven_bits_fit_everywhere(bits: int, processor: Processor, exact: bool | None) -> None:
    """Eight need a CPU that sums them in 32 bits; what is not known is said to be so."""
    assert Fit(Quantization("stock", bits), processor).exact is exact


@pytest.mark.parametrize(("processor", "warned"), [(HASWELL, ["wide"]), (ZEN4, []), (UNKNOWN, [])])
def test_an_unfit_model_is_warned_of_once(
    processor: Processor, warned: list[str], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """When the folder is read: what was expected, what came, and what to do."""
    write_bundle(tmp_path / "narrow", id="narrow")
    table = {"policy": "stock", "weight_bits": 8}
    write_bundle(tmp_path / "wide", id="wide", quantization=table)
    Catalogue.read(tmp_path, processor=processor)
    warnings = [record for record in caplog.records if record.levelno == logging.WARNING]
    told = [json.loads(JsonFormatter().format(record)) for record in warnings]
    assert [line["model"] for line in told] == warned
    for line in told:
        assert line["expected"] == "7-bit weights on Haswell, which has no VNNI"
        assert line["got"].startswith("8-bit weights")
        assert "--reduce-range" in line["change"]
