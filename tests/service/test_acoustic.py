"""How ONNX Runtime is asked to run a bundle."""

from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from service.acoustic import OnnxAcousticModel
from service.bundle import open_bundle
from service.errors import InferenceError, OutOfMemory
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


@pytest.mark.parametrize(
    ("raised", "expected"),
    [
        (MemoryError(), OutOfMemory),
        (RuntimeError("std::bad_alloc"), OutOfMemory),
        (RuntimeError("BFCArena: Failed to allocate memory for requested buffer"), OutOfMemory),
        (RuntimeError("Non-zero status code"), InferenceError),
    ],
)
def test_memory_that_lacks_is_no_fault_of_the_model(
    root: Path, monkeypatch: pytest.MonkeyPatch, raised: Exception, expected: type[Exception]
) -> None:
    """Whatever ONNX Runtime calls it, it is told apart from a graph that fails."""

    class Session:
        def run(self, *_: object) -> None:
            raise raised

    model = OnnxAcousticModel(open_bundle(root / "models/he-demo"))
    monkeypatch.setattr(model, "_session", Session())
    with pytest.raises(expected):
        model.logits(np.zeros(16_000, np.float32))
