"""A checkpoint's way into a bundle, through the command."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch
from tiny import BLANK_ID, TOKENS, Exporter, write_checkpoint
from transformers import BertConfig, BertForMaskedLM, Wav2Vec2ForCTC, Wav2Vec2Model

from export.huggingface import export_onnx, read_checkpoint
from export.probes import speech_like
from service.acoustic import OnnxAcousticModel
from service.bundle import open_bundle
from service.ctc import log_softmax
from service.features import features_of
from service.recipes import WaveformRecipe

FAMILIES = {
    "layer norm, stable": {},
    "layer norm": {"do_stable_layer_norm": False},
    "group norm": {"feat_extract_norm": "group"},
    "group norm, stable": {"feat_extract_norm": "group", "do_stable_layer_norm": True},
}


@pytest.mark.parametrize("changes", FAMILIES.values(), ids=FAMILIES.keys())
def test_the_bundle_answers_as_the_checkpoint(
    changes: dict[str, object],
    export: Exporter,
    tmp_path: Path,
) -> None:
    """The runtime opens the bundle, and its int8 logits stay near torch's."""
    checkpoint = write_checkpoint(tmp_path / "tiny", **changes)
    assert export(checkpoint) == 0
    bundle = open_bundle(export.models / "tiny")
    waveform = speech_like(8000, 16000, seed=1)
    features = features_of(bundle.manifest)(waveform)
    answer = log_softmax(OnnxAcousticModel(bundle).logits(features))
    model = Wav2Vec2ForCTC.from_pretrained(checkpoint).eval()
    with torch.inference_mode():
        logits = model(torch.from_numpy(features)[None]).logits[0].numpy()
    assert np.abs(answer - log_softmax(logits)).max() < 0.5


def test_the_manifest_says_what_the_checkpoint_says(checkpoint: Path, export: Exporter) -> None:
    """Blank, delimiter, special tokens, framing, rate and normalisation come from its files."""
    assert export(checkpoint, "--language", "he", "--id", "named") == 0
    bundle = open_bundle(export.models / "named")
    manifest = bundle.manifest
    assert bundle.tokens == TOKENS
    assert (manifest.id, manifest.language, manifest.family) == ("named", "he", "wav2vec2")
    assert (manifest.blank_id, manifest.word_delimiter) == (BLANK_ID, "|")
    assert set(manifest.special_tokens) == {"[UNK]", "[PAD]"}
    assert (manifest.framing.stride, manifest.framing.min_samples) == (320, 400)
    assert (manifest.sample_rate, manifest.features) == (16000, WaveformRecipe(normalize=True))
    assert manifest.source["checkpoint"] == "tiny"
    assert manifest.source["revision"] == "local"
    assert manifest.licence.startswith("unknown")
    assert manifest.report["quantized_products"] == manifest.report["constant_products"] > 0
    assert len(manifest.report["probes"]) == len(export.lengths)


@pytest.mark.parametrize(("options", "bits"), [((), 8), (("--reduce-range",), 7)])
def test_the_manifest_names_the_weights_range(
    options: tuple[str, ...], bits: int, checkpoint: Path, export: Exporter
) -> None:
    """Weights of 8 bits, or of 7 where they must sum exactly on any CPU."""
    assert export(checkpoint, *options) == 0
    manifest = open_bundle(export.models / "tiny").manifest
    assert manifest.quantization.weight_bits == bits


def test_a_layer_norm_graph_takes_a_mask(checkpoint: Path, export: Exporter) -> None:
    """Two lengths in one masked batch answer as they do alone, which the report states."""
    assert export(checkpoint) == 0
    manifest = open_bundle(export.models / "tiny").manifest
    assert manifest.length_input is None  # what is served hears one waveform at a time
    assert manifest.report["batch_error"] < 1e-4


def test_a_group_norm_graph_takes_none(export: Exporter, tmp_path: Path) -> None:
    """Such models are neither trained nor served with a mask."""
    assert export(write_checkpoint(tmp_path / "tiny", feat_extract_norm="group")) == 0
    manifest = open_bundle(export.models / "tiny").manifest
    assert manifest.report["batch_error"] is None


def test_float32_answers_as_torch_with_a_padded_batch(checkpoint: Path, tmp_path: Path) -> None:
    """The traced graph reads the mask: padded rows equal torch's masked ones."""
    read = read_checkpoint(checkpoint)
    session = onnxruntime.InferenceSession(export_onnx(read, tmp_path))
    waveforms = np.zeros((2, 9000), dtype=np.float32)
    waveforms[0] = read.prepare(speech_like(9000, 16000))
    waveforms[1, :4000] = read.prepare(speech_like(4000, 16000))
    mask = (np.arange(9000) < np.array([[9000], [4000]])).astype(np.int64)
    (logits,) = session.run(["logits"], {"input_values": waveforms, "attention_mask": mask})
    with torch.inference_mode():
        expected = read.model(torch.from_numpy(waveforms), attention_mask=torch.from_numpy(mask))
    frames = [read.framing.frame_count(9000), read.framing.frame_count(4000)]
    for row, reference, count in zip(logits, expected.logits.numpy(), frames, strict=True):
        assert np.abs(row[:count] - reference[:count]).max() < 1e-4


def test_another_network_is_refused(
    export: Exporter, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A language model is told apart from its configuration, in one line, with status 1."""
    config = BertConfig(
        vocab_size=9, hidden_size=8, num_hidden_layers=1, num_attention_heads=1, intermediate_size=8
    )
    BertForMaskedLM(config).save_pretrained(tmp_path / "bert")
    assert export(tmp_path / "bert") == 1
    message = capsys.readouterr().err.strip().splitlines()[-1]
    assert message.startswith("error: checkpoint: expected a CTC model: Wav2Vec2ForCTC, got Bert")
    assert export.left_behind == []


def test_a_network_without_a_head_is_refused(
    checkpoint: Path, export: Exporter, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A pretrained wav2vec2 has no CTC head, and none is made up for it."""
    headless = shutil.copytree(checkpoint, tmp_path / "headless")
    Wav2Vec2Model.from_pretrained(checkpoint).save_pretrained(headless)
    assert export(headless) == 1
    assert "expected a CTC model: Wav2Vec2ForCTC, got Wav2Vec2Model" in capsys.readouterr().err


def test_missing_weights_are_refused(
    checkpoint: Path,
    export: Exporter,
    tmp_path: Path,
    edit_json: Callable[..., None],
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A head that the configuration promises and the weights lack is named, not invented."""
    headless = shutil.copytree(checkpoint, tmp_path / "headless")
    Wav2Vec2Model.from_pretrained(checkpoint).save_pretrained(headless)
    edit_json(headless / "config.json", architectures=["Wav2Vec2ForCTC"])
    assert export(headless) == 1
    assert "expected all weights, got 2 missing, first lm_head.bias" in capsys.readouterr().err


@pytest.mark.parametrize(
    "changes", [{"add_adapter": True, "output_hidden_size": 32}, {"adapter_attn_dim": 4}]
)
def test_adapters_are_refused(
    changes: dict[str, object],
    export: Exporter,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Adapters change the frame formula or the vocabulary: not exported here."""
    assert export(write_checkpoint(tmp_path / "adapted", **changes)) == 1
    assert "expected no adapter layers, got some" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["config.json", "preprocessor_config.json", "vocab.json"])
def test_a_missing_file_is_named(
    name: str,
    checkpoint: Path,
    export: Exporter,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A folder that lacks a file fails with what was expected of it."""
    broken = shutil.copytree(checkpoint, tmp_path / "broken")
    (broken / name).unlink()
    assert export(broken) == 1
    assert name in capsys.readouterr().err.strip().splitlines()[-1]


def test_the_model_card_gives_the_licence(
    checkpoint: Path, export: Exporter, tmp_path: Path
) -> None:
    """The card's header is read, and the command line goes before it."""
    carded = shutil.copytree(checkpoint, tmp_path / "tiny")
    (carded / "README.md").write_text("---\nlicense: apache-2.0\n---\n# Tiny\n", encoding="utf-8")
    assert export(carded) == 0
    manifest = export.models / "tiny" / "manifest.json"
    assert json.loads(manifest.read_text(encoding="utf-8"))["licence"] == "apache-2.0"
    assert export(carded, "--licence", "MIT") == 0
    assert open_bundle(export.models / "tiny").manifest.licence == "MIT"


def test_progress_is_told_step_by_step(
    checkpoint: Path,
    export: Exporter,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Six steps in order on the log, and the table of figures on stdout."""
    with caplog.at_level("INFO", logger="export"):
        assert export(checkpoint) == 0
    steps = [line.split()[0] for line in caplog.messages if line[1:3] == "/6"]
    assert steps == [f"{step}/6" for step in range(1, 7)]
    rows = capsys.readouterr().out.splitlines()
    assert rows[0].startswith("probe")
    assert [row.split()[1] for row in rows[1:-1]] == [str(length) for length in export.lengths]
