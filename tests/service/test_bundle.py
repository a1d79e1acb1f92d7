"""A bundle is opened only when everything in it fits together."""

import json
from pathlib import Path
from typing import Any

import pytest
from bundles import (
    TOKENIZER_FILE,
    TOKENS,
    manifest_document,
    write_bundle,
    write_conformer,
)
from hypothesis import given
from hypothesis import strategies as st

from service.bundle import open_bundle, read_tokens, write_tokens
from service.errors import BundleError
from service.manifest import MANIFEST_FILE, read_manifest


def test_a_good_bundle_opens(tmp_path: Path) -> None:
    """Tokens stand at their ids, and the manifest's facts are typed."""
    bundle = open_bundle(write_bundle(tmp_path))
    assert bundle.tokens == TOKENS
    assert bundle.manifest.framing.stride == 320
    assert bundle.model_path.is_file()


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"manifest_version": 99}, "manifest_version 2, got 99"),
        ({"id": ""}, "id"),
        ({"id": "a/b"}, "an id of the form [A-Za-z0-9][A-Za-z0-9._-]*, got 'a/b'"),
        ({"id": ".hidden"}, "an id of the form"),
        ({"id": "a\n"}, "an id of the form"),
        ({"id": "מודל"}, "an id of the form"),
        ({"sample_rate": 999}, "a number >= 1000 in sample_rate, got 999"),
        ({"sample_rate": 768_001}, "a number <= 768000 in sample_rate, got 768001"),
        ({"sample_rate": 10**400}, "sample_rate, got one of 401 digits"),
        ({"blank_id": 10**400}, "blank_id, got one of 401 digits"),
        ({"framing": {"convolutions": [[10**400, 1]]}}, "framing.convolutions, got one of 401"),
        ({"licence": "\ud800"}, "texts of whole characters, got the surrogate U+D800"),
        ({"report": {"x": [{"\udfff": 1}]}}, "texts of whole characters, got the surrogate U+DFFF"),
        ({"sample_rate": "16000"}, "int in sample_rate, got str"),
        ({"sample_rate": True}, "sample_rate"),
        ({"blank_id": -1}, "blank_id"),
        ({"blank_id": 99}, "the blank's id 99"),
        ({"family": "whisper"}, "family in wav2vec2, nemo-conformer, got whisper"),
        ({"word_delimiter": "#"}, "the word delimiter '#'"),
        ({"special_tokens": ["<s>"]}, "the token '<s>'"),
        ({"special_tokens": [1]}, "special_tokens"),
        ({"framing": {"convolutions": [[10]]}}, "framing.convolutions"),
        ({"framing": {"convolutions": [[10, 0]]}}, "framing.convolutions"),
        ({"features": {}}, "features.normalize"),
        ({"framing": {"convolutions": []}}, "framing.convolutions, got none"),
        ({"graph": {"output": "x"}}, "str in graph.input, got nothing"),
        ({"graph": {"input": "x"}}, "graph.length_input"),
        ({"graph": {"input": "x", "length_input": ""}}, "graph.length_input, got an empty one"),
        ({"graph": {"input": "x", "length_input": None}}, "graph.output"),
        ({"tokenizer": 3}, "str in tokenizer, got int"),
        ({"tokenizer": "missing.model"}, "a sha256 of missing.model"),
        ({"files": {}}, "a sha256 of model.int8.onnx"),
        ({"report": None}, "dict in report, got NoneType"),
    ],
)
def test_a_wrong_field_is_named(tmp_path: Path, changes: dict[str, Any], named: str) -> None:
    """The error names the file, the field, what was expected and what came."""
    with pytest.raises(BundleError) as caught:
        open_bundle(write_bundle(tmp_path, **changes))
    assert named in caught.value.message
    assert caught.value.facts["file"] in ("manifest.json", "tokens.txt")


@pytest.mark.parametrize(
    "name", ["a\0b", "\ud800", "../tokens.txt", "/etc/passwd", "", "x" * 5000, ".."]
)
def test_names_of_files_are_checked_before_any_is_opened(tmp_path: Path, name: str) -> None:
    """What names no file beside the manifest is a BundleError, whatever it holds."""
    write_bundle(tmp_path, files={"model.int8.onnx": "", "tokens.txt": "", name: ""})
    (tmp_path / "model.int8.onnx").unlink()
    with pytest.raises(BundleError) as caught:
        open_bundle(tmp_path)
    caught.value.message.encode()


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"word_delimiter": "[PAD]"}, "'[PAD]' among the spoken tokens"),
        ({"word_delimiter": "[UNK]"}, "'[UNK]' among the spoken tokens"),
    ],
)
def test_what_parts_words_is_spoken(tmp_path: Path, changes: dict[str, Any], named: str) -> None:
    """Neither the blank nor a special token."""
    with pytest.raises(BundleError, match=r"tokens\.txt") as caught:
        open_bundle(write_bundle(tmp_path, **changes))
    assert named in caught.value.message


@pytest.mark.parametrize("field", sorted(set(manifest_document()) - {"manifest_version"}))
def test_every_field_is_needed(tmp_path: Path, field: str) -> None:
    """No field has a silent default."""
    write_bundle(tmp_path)
    path = tmp_path / MANIFEST_FILE
    document = json.loads(path.read_text())
    del document[field]
    path.write_text(json.dumps(document))
    with pytest.raises(BundleError, match=field):
        read_manifest(path)


@pytest.mark.parametrize("name", ["tokens.txt", "model.int8.onnx"])
def test_a_changed_file_is_refused(tmp_path: Path, name: str) -> None:
    """A hash that differs stops the bundle and names the file."""
    write_bundle(tmp_path)
    with (tmp_path / name).open("ab") as file:
        file.write(b"\n")
    with pytest.raises(BundleError, match=name):
        open_bundle(tmp_path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """So is a file that is not there."""
    write_bundle(tmp_path)
    (tmp_path / "model.int8.onnx").unlink()
    with pytest.raises(BundleError, match=r"model\.int8\.onnx"):
        open_bundle(tmp_path)


def test_files_outside_the_bundle_are_refused(tmp_path: Path) -> None:
    """A manifest cannot point to other folders."""
    folder = write_bundle(tmp_path / "bundle")
    path = folder / MANIFEST_FILE
    document = json.loads(path.read_text())
    document["files"]["../secret"] = "0" * 64
    path.write_text(json.dumps(document))
    with pytest.raises(BundleError, match=r"\.\./secret"):
        open_bundle(folder)


@pytest.mark.parametrize("content", ["", "[]", "{", "null", "\x00"])
def test_a_manifest_that_is_no_object_is_refused(tmp_path: Path, content: str) -> None:
    """Any text at all gives a BundleError that names the file."""
    path = tmp_path / MANIFEST_FILE
    path.write_text(content)
    with pytest.raises(BundleError, match=r"manifest\.json"):
        read_manifest(path)


@given(
    st.lists(
        st.text(st.characters(codec="utf-8", exclude_characters="\n\r")), min_size=1, unique=True
    )
)
def test_tokens_come_back_as_they_were_written(
    tmp_path_factory: pytest.TempPathFactory, tokens: list[str]
) -> None:
    """Whatever they are: a space, or what other programs take for the end of a line."""
    path = tmp_path_factory.getbasetemp() / "tokens.txt"
    write_tokens(path, tuple(tokens))
    assert read_tokens(path) == tuple(tokens)


def test_a_conformers_tokenizer_is_checked_like_every_file(tmp_path: Path) -> None:
    """It stands beside the tokens, and a missing or changed one is refused by name."""
    bundle = open_bundle(write_conformer(tmp_path))
    assert bundle.tokenizer_path == tmp_path / TOKENIZER_FILE
    bundle.tokenizer_path.write_bytes(b"other")
    with pytest.raises(BundleError, match=r"tokenizer\.model: expected sha256"):
        open_bundle(tmp_path)
    bundle.tokenizer_path.unlink()
    with pytest.raises(BundleError, match=r"tokenizer\.model: expected a readable file"):
        open_bundle(tmp_path)


def test_a_tokenizer_needs_a_hash(tmp_path: Path) -> None:
    """A file that the manifest does not vouch for is not opened."""
    with pytest.raises(BundleError, match=r"a sha256 of tokenizer\.model, got none"):
        open_bundle(write_conformer(tmp_path, files={"model.int8.onnx": "", "tokens.txt": ""}))


@pytest.mark.parametrize(
    "content", ["", "a\n", "a x\n", "a 0\nb 0\n", "a 0\nb 2\n", "a -1\n", "a " + "1" * 5000]
)
def test_token_lists_have_no_gaps_and_no_doubles(tmp_path: Path, content: str) -> None:
    """Ids run from 0, each once."""
    path = tmp_path / "tokens.txt"
    path.write_text(content)
    with pytest.raises(BundleError, match=r"tokens\.txt"):
        read_tokens(path)
