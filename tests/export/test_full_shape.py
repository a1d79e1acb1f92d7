"""The real Hebrew checkpoint's shape, with random weights: what it costs."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from tiny import TOKENS, Exporter, write_checkpoint
from tiny_nemo import write_medium

XLS_R_300M = {
    "hidden_size": 1024,
    "num_hidden_layers": 24,
    "num_attention_heads": 16,
    "intermediate_size": 4096,
    "conv_dim": (512,) * 7,
    "num_conv_pos_embeddings": 128,
    "num_conv_pos_embedding_groups": 16,
}
MEGABYTE = 1e6  # bytes
FIVE_MINUTES = 4_800_000  # samples


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_300m_shape_exports_within_360_megabytes(tmp_path: Path) -> None:
    """The same command turns 1.26 GB into at most 360 MB and holds every gate."""
    tokens = ("<s>", "</s>", "־", "׳", "״", "ך", "ם", *TOKENS)  # 32, as the real one has
    checkpoint = write_checkpoint(tmp_path / "xls-r", tokens, head_gain=1, **XLS_R_300M)
    export = Exporter(tmp_path, lengths=(400, 719, 16000, 160000, 960000))
    # In a process of its own, whose memory is gone afterwards.
    command = [sys.executable, "-m", "export", *export.arguments(checkpoint)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    sys.stdout.write(result.stdout)
    manifest = export.models / "xls-r" / "manifest.json"
    report = json.loads(manifest.read_text(encoding="utf-8"))["report"]
    assert 1200 < report["fp32_bytes"] / MEGABYTE < 1300
    assert report["int8_bytes"] / MEGABYTE <= 360
    # The convolutions behind the first, the groups of the positional one, six of each layer, what
    # leads to the layers, and the head.
    assert report["quantized_products"] == report["constant_products"] == 6 + 16 + 24 * 6 + 2
    assert report["kept_in_float"] == 1


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_the_medium_conformers_shape_exports_up_to_five_minutes(tmp_path: Path) -> None:
    """The Hindi model's shape: 35 MB without a table of positions, every gate held."""
    checkpoint = write_medium(tmp_path / "medium.nemo")
    export = Exporter(tmp_path).of("nemo", (160, 799, 16000, 160000, FIVE_MINUTES))
    command = [sys.executable, "-m", "export", *export.arguments(checkpoint)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    sys.stdout.write(result.stdout)
    manifest = export.models / "medium" / "manifest.json"
    report = json.loads(manifest.read_text(encoding="utf-8"))["report"]
    assert 120 < report["fp32_bytes"] / MEGABYTE < 125
    assert report["int8_bytes"] / MEGABYTE <= 36
    # Of a layer: four of the feed-forwards, six of attention, three of the convolution; besides, a
    # convolution, what leads from it to the layers, and the head.
    assert report["quantized_products"] == report["constant_products"] == 18 * 13 + 3
    assert report["kept_in_float"] == 1
