"""How ONNX Runtime is asked to run a bundle."""

from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import pytest

from service.acoustic import OnnxAcousticModel
from service.bundle import open_bundle
from service.ops.processor import Processor
from service.quantization import Quantization, WeightBits

WITHOUT_VNNI = Processor("Haswell", frozenset({"sse2", "avx2"}))
WITH_VNNI = Processor("Ice Lake", frozenset({"sse2", "avx2", "avx512bw", "avx512_vnni"}))
PRECISION = "session.x64quantprecision"


@pytest.mark.parametrize(
    ("bits", "processor", "asked"),
    [(8, WITHOUT_VNNI, True), (7, WITHOUT_VNNI, False), (8, WITH_VNNI, False)],
)
def test_products_that_would_overflow_are_summed_in_another_way(
    bits: WeightBits,
    processor: Processor,
    asked: bool,
    root: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Where weights have 8 bits and the CPU no VNNI, exact sums are asked for, and nowhere else."""
    monkeypatch.setattr("service.acoustic.read_processor", lambda: processor)
    bundle = open_bundle(root / "models/he-demo")
    manifest = replace(bundle.manifest, quantization=Quantization("stock", bits))
    model = OnnxAcousticModel(replace(bundle, manifest=manifest))
    options = model._session.get_session_options()
    with nullcontext() if asked else pytest.raises(RuntimeError, match=PRECISION):
        assert options.get_session_config_entry(PRECISION) == "1"
