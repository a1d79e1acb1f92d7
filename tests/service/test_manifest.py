"""What a conformer's manifest says, and how it says what is wrong."""

import json
from pathlib import Path
from typing import Any

import pytest
from bundles import conformer_document, manifest_document
from recipes import CONFORMER

from service.errors import BundleError
from service.framing import Subsampling
from service.manifest import MANIFEST_FILE, Manifest, read_manifest
from service.quantization import Quantization

FEATURES = conformer_document()["features"]


def read(folder: Path, document: dict[str, Any]) -> Manifest:
    path = folder / MANIFEST_FILE
    path.write_text(json.dumps({"files": {}, **document}), encoding="utf-8")
    return read_manifest(path)


def test_a_conformers_manifest_is_read(tmp_path: Path) -> None:
    """Recipe and framing are those of the document."""
    manifest = read(tmp_path, conformer_document())
    assert manifest.features == CONFORMER
    assert manifest.framing == Subsampling(CONFORMER, 4)
    assert (manifest.input, manifest.length_input) == ("audio_signal", "length")
    assert manifest.tokenizer == "tokenizer.model"


def test_null_is_none(tmp_path: Path) -> None:
    """Where a setting may be absent, it is said to be."""
    nulls = dict.fromkeys(("highfreq", "mel_norm", "preemph", "normalize"))
    recipe = read(tmp_path, conformer_document(features=FEATURES | nulls)).features
    assert {getattr(recipe, name) for name in nulls} == {None}
    assert read(tmp_path, manifest_document()).tokenizer is None
    assert read(tmp_path, manifest_document()).length_input is None


def test_units_are_characters_unless_they_are_said_to_be_phonemes(tmp_path: Path) -> None:
    """Bundles that were written before there were others stay valid; phonemes alone may have
    nothing between words.
    """
    assert "units" not in manifest_document()
    assert read(tmp_path, manifest_document()).units == "characters"
    assert read(tmp_path, conformer_document(units="characters")).units == "characters"
    phonemes = read(tmp_path, manifest_document(units="phonemes", word_delimiter=None))
    assert (phonemes.units, phonemes.word_delimiter) == ("phonemes", "")
    assert read(tmp_path, manifest_document(units="phonemes")).word_delimiter == "|"


def test_weights_are_of_seven_bits_unless_they_are_said_to_be_of_eight(tmp_path: Path) -> None:
    """All were, by ONNX Runtime's own quantisation, before there was a choice."""
    assert "quantization" not in manifest_document()
    assert read(tmp_path, manifest_document()).quantization == Quantization("stock", 7)
    table = {"policy": "integer-graph", "weight_bits": 8, "of a later version": 1}
    manifest = read(tmp_path, manifest_document(quantization=table))
    assert manifest.quantization == Quantization("integer-graph", 8)


@pytest.mark.parametrize("setting", sorted(FEATURES))
def test_every_setting_of_the_features_is_needed(tmp_path: Path, setting: str) -> None:
    """None has a silent default, not even those that may be null."""
    features = {name: value for name, value in FEATURES.items() if name != setting}
    with pytest.raises(BundleError, match=f"in features.{setting}, got nothing") as caught:
        read(tmp_path, conformer_document(features=features))
    assert caught.value.message.count(MANIFEST_FILE) == 1


@pytest.mark.parametrize(
    ("setting", "value", "named"),
    [
        ("n_window_size", 0, "n_window_size: expected a number >= 1, got 0"),
        ("n_window_stride", 0, "n_window_stride"),
        ("n_window_stride", 160.0, "int in features.n_window_stride, got float"),
        ("window", "kaiser", "window: expected hann | hamming"),
        ("n_fft", 511, "n_fft: expected an even number >= n_window_size, 400, got 511"),
        ("features", -1, "a number >= 0 in features.features"),
        ("features", True, "features.features"),
        ("lowfreq", -1, "lowfreq"),
        ("lowfreq", "0", "int | float in features.lowfreq, got str"),
        ("lowfreq", None, "features.lowfreq, got NoneType"),
        ("highfreq", 8001, "highfreq: expected None or 0 < Hz <= 8000.0, got 8001.0"),
        ("mel_norm", "htk", "mel_norm: expected slaney | None"),
        ("mel_norm", "", "a text in features.mel_norm, got an empty one"),
        ("preemph", float("nan"), "a finite number in features.preemph, got nan"),
        ("preemph", float("inf"), "a finite number in features.preemph, got inf"),
        ("preemph", True, "a finite number in features.preemph, got True"),
        ("mag_power", 0, "mag_power"),
        ("mag_power", 10**400, "a finite number in features.mag_power"),
        ("log_zero_guard_type", "max", "log_zero_guard_type: expected add | clamp"),
        ("log_zero_guard_value", "tiny", "log_zero_guard_value, got str"),
        ("log_zero_guard_value", 0, "log_zero_guard_value"),
        ("normalize", "per_band", "normalize: expected per_feature"),
        ("edges", "wrap", "edges: expected zeros | reflect"),
    ],
)
def test_a_wrong_setting_is_named(tmp_path: Path, setting: str, value: object, named: str) -> None:
    """With the file, what was expected and what came."""
    with pytest.raises(BundleError) as caught:
        read(tmp_path, conformer_document(features=FEATURES | {setting: value}))
    assert named in caught.value.message
    assert caught.value.facts["file"] == MANIFEST_FILE


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"framing": {}}, "int in framing.subsampling, got nothing"),
        ({"framing": {"subsampling": 0}}, "a number >= 1 in framing.subsampling, got 0"),
        ({"framing": {"convolutions": [[10, 5]]}}, "framing.subsampling"),
        ({"features": {"normalize": True}}, "features.n_window_size"),
        ({"tokenizer": ""}, "a text in tokenizer, got an empty one"),
        ({"word_delimiter": ""}, "a text in word_delimiter, got an empty one"),
        ({"word_delimiter": None}, "str in word_delimiter, got NoneType"),
        ({"units": "words"}, "units in characters, phonemes, got words"),
        ({"units": None}, "str in units, got NoneType"),
        ({"units": "phonemes"}, "no tokenizer where units are phonemes, got 'tokenizer.model'"),
        ({"units": "phonemes", "tokenizer": None, "word_delimiter": ""}, "a text in word_delim"),
        ({"quantization": None}, "dict in quantization, got NoneType"),
        ({"quantization": {"policy": "stock"}}, "int in quantization.weight_bits, got nothing"),
        ({"quantization": {"weight_bits": 8}}, "str in quantization.policy, got nothing"),
        (
            {"quantization": {"policy": "static", "weight_bits": 8}},
            "quantization.policy in stock, integer-graph, got static",
        ),
        (
            {"quantization": {"policy": "stock", "weight_bits": 4}},
            "a number >= 7 in quantization.weight_bits, got 4",
        ),
        (
            {"quantization": {"policy": "stock", "weight_bits": 16}},
            "a number <= 8 in quantization.weight_bits, got 16",
        ),
        ({"graph": {"input": "x", "output": "y", "length_input": 1}}, "str in graph.length_input"),
    ],
)
def test_a_wrong_field_is_named(tmp_path: Path, changes: dict[str, Any], named: str) -> None:
    """Families have framings and features of their own."""
    with pytest.raises(BundleError) as caught:
        read(tmp_path, conformer_document(**changes))
    assert named in caught.value.message


def test_what_no_answer_could_hold_is_refused(tmp_path: Path) -> None:
    """GET /models shows the report: a few levels are shown, hundreds are not."""

    def nested(levels: int) -> dict[str, Any]:
        report: dict[str, Any] = {}
        for _ in range(levels):
            report = {"inner": [report]}
        return report

    assert read(tmp_path, manifest_document(report=nested(30))).report
    with pytest.raises(BundleError, match="values at most 64 deep"):
        read(tmp_path, manifest_document(report=nested(100)))


def test_a_document_nested_too_deeply_is_refused(tmp_path: Path) -> None:
    """As what is no JSON."""
    path = tmp_path / MANIFEST_FILE
    path.write_text("[" * 100_000)
    with pytest.raises(BundleError, match=r"manifest\.json"):
        read_manifest(path)
