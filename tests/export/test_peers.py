"""Bundles open in the systems that read such models, and say there what they say here."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper
from rapidfuzz.distance import Levenshtein

from export.peers import (
    add_metadata,
    conformer_config,
    conformer_metadata,
    fold_mask,
    peer_vocabulary,
)
from service.audio import decode_file
from service.bundle import open_bundle, read_tokens
from service.recognizer import Recognizer

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs/PEERS.md"
CODE = re.compile(r"```python\n(.*?)```", re.DOTALL)
# What may differ of our text, in characters: docs/PEERS.md says why anything may.
MAX_DIFFERENCE = {
    ("onnx_asr", "hi-demo"): 0.05,
    ("sherpa_onnx", "hi-demo"): 0.05,
    ("sherpa_onnx", "he-demo"): 0.0,
}


def documented() -> Iterator[tuple[str, str, str]]:
    """The page's programs: peer, bundle, code."""
    for code in CODE.findall(PAGE.read_text(encoding="utf-8")):
        (peer,) = re.findall(r"^import (onnx_asr|sherpa_onnx)$", code, re.MULTILINE)
        (bundle,) = set(re.findall(r"models/([\w-]+)", code))
        yield peer, bundle, code


PROGRAMS = {(peer, bundle): code for peer, bundle, code in documented()}


def heard_by_peer(code: str) -> str:
    """What a program prints. In a process of its own: sherpa-onnx may end the one it is in."""
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_the_page_has_a_program_for_each_pair_that_works() -> None:
    """Three of four pairs; the page says why not the fourth."""
    assert set(PROGRAMS) == set(MAX_DIFFERENCE)


@pytest.mark.parametrize(("peer", "bundle"), MAX_DIFFERENCE)
def test_a_peer_hears_what_we_hear(peer: str, bundle: str) -> None:
    """The page's program, run over every example of the language, prints our text."""
    recognizer = Recognizer.load(open_bundle(ROOT / "models" / bundle))
    language = recognizer.manifest.language
    clips = sorted((ROOT / "examples").glob(f"{language}-*.wav"))
    assert clips
    for clip in clips:
        theirs = heard_by_peer(PROGRAMS[peer, bundle].replace(f"{language}-1.wav", clip.name))
        ours = recognizer.transcribe(decode_file(clip, 16000, 60.0)).text
        assert ours
        edits = Levenshtein.distance(ours, theirs)
        assert edits <= MAX_DIFFERENCE[peer, bundle] * len(ours), (clip.name, ours, theirs)


@pytest.mark.parametrize("bundle", ["he-demo", "hi-demo"])
def test_the_embedded_bundles_vouch_for_the_peers_files(bundle: str) -> None:
    """What is there for others is checked like the rest: no file goes without a hash."""
    folder = ROOT / "models" / bundle
    names = {path.name for path in folder.iterdir()} - {"manifest.json"}
    assert names == set(open_bundle(folder).manifest.files)
    assert "vocab.txt" in names


def test_the_peers_vocabulary_differs_in_two_names(tmp_path: Path) -> None:
    """Blank and space have the peers' names, and every token keeps its id."""
    files = peer_vocabulary(("א", "|", "[PAD]", "ב"), blank_id=2, word_delimiter="|")
    assert set(files) == {"vocab.txt"}
    (tmp_path / "vocab.txt").write_text(files["vocab.txt"], encoding="utf-8")
    assert read_tokens(tmp_path / "vocab.txt") == ("א", "▁", "<blk>", "ב")


def test_a_conformer_says_what_it_is_in_both_places(tmp_path: Path) -> None:
    """onnx-asr reads a file, sherpa-onnx the graph, whose other metadata stay."""
    graph = masked_graph(tmp_path / "model.onnx")
    add_metadata(graph, {"made": "here", "vocab_size": "0"})
    facts = conformer_metadata(width=129, subsampling_factor=4, normalize="per_feature")
    add_metadata(graph, facts)
    found = {entry.key: entry.value for entry in onnx.load(graph).metadata_props}
    assert found == {
        "made": "here",
        "vocab_size": "128",
        "subsampling_factor": "4",
        "normalize_type": "per_feature",
        "model_type": "EncDecCTCModelBPE",
    }
    files = peer_vocabulary(("<unk>", "▁क", "<blk>"), blank_id=2, word_delimiter="▁")
    assert files["vocab.txt"] == "<unk> 0\n▁क 1\n<blk> 2\n"
    config = conformer_config(subsampling_factor=4, features_size=80)
    assert '"subsampling_factor": 4' in config["config.json"]


def test_a_folded_mask_is_a_mask_of_ones(tmp_path: Path) -> None:
    """One input is left, and the answer is that with nothing masked."""
    graph = masked_graph(tmp_path / "model.onnx")
    waveform = np.arange(6, dtype=np.float32).reshape(1, 6)
    ones = np.ones((1, 6), dtype=np.int64)
    (before,) = onnxruntime.InferenceSession(graph).run(None, {"waveform": waveform, "mask": ones})
    fold_mask(graph, "waveform", "mask")
    session = onnxruntime.InferenceSession(graph)
    assert [node.name for node in session.get_inputs()] == ["waveform"]
    (after,) = session.run(None, {"waveform": waveform})
    np.testing.assert_array_equal(before, after)


def masked_graph(path: Path) -> Path:
    """Write waveform * mask."""
    axes = ["batch", "samples"]
    nodes = [
        helper.make_node("Cast", ["mask"], ["weights"], to=TensorProto.FLOAT),
        helper.make_node("Mul", ["waveform", "weights"], ["masked"]),
    ]
    inputs = [
        helper.make_tensor_value_info("waveform", TensorProto.FLOAT, axes),
        helper.make_tensor_value_info("mask", TensorProto.INT64, axes),
    ]
    output = helper.make_tensor_value_info("masked", TensorProto.FLOAT, axes)
    graph = helper.make_graph(nodes, "masked", inputs, [output])
    opset = helper.make_opsetid("", 18)
    onnx.save(helper.make_model(graph, opset_imports=[opset], ir_version=8), path)
    return path
