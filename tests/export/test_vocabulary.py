"""Tokens are read from the checkpoint, fit its logits, and never drift."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from tiny import BLANK_ID, TOKENS, Exporter, write_checkpoint

from export.errors import VocabularyMismatch
from export.vocabulary import read_vocabulary
from service.bundle import open_bundle, read_tokens, write_tokens

WIDTH = len(TOKENS)


@pytest.fixture
def tokenizer(checkpoint: Path, tmp_path: Path) -> Path:
    """A checkpoint's folder that a test may change."""
    return shutil.copytree(checkpoint, tmp_path / "tiny")


def test_sentence_marks_added_by_default_are_left_out(
    tokenizer: Path, edit_json: Callable[..., None]
) -> None:
    """Transformers appends <s> and </s> to a vocabulary without them; they have no logits."""
    edit_json(tokenizer / "tokenizer_config.json", bos_token="<s>", eos_token="</s>")  # noqa: S106
    assert read_vocabulary(tokenizer, WIDTH, BLANK_ID).tokens == TOKENS


def test_sentence_marks_with_logits_are_kept(
    tokenizer: Path, edit_json: Callable[..., None]
) -> None:
    """A checkpoint trained with the two appended marks has them behind its letters."""
    edit_json(tokenizer / "tokenizer_config.json", bos_token="<s>", eos_token="</s>")  # noqa: S106
    vocabulary = read_vocabulary(tokenizer, WIDTH + 2, BLANK_ID)
    assert vocabulary.tokens == (*TOKENS, "<s>", "</s>")
    assert set(vocabulary.special_tokens) == {"<s>", "</s>", "[UNK]", "[PAD]"}
    assert vocabulary.blank_id == BLANK_ID


def test_a_vocabulary_wider_than_the_logits_stops_the_export(
    export: Exporter,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """One token more than logits: the figures are told, and nothing is written."""
    checkpoint = write_checkpoint(tmp_path / "wide", vocab_size=WIDTH - 1)
    assert export(checkpoint) == 1
    line = capsys.readouterr().err.strip().splitlines()[-1]
    assert line == (
        f"error: vocabulary: expected ids 0 to {WIDTH - 2}, one for each of the {WIDTH - 1} logits,"
        f" got {WIDTH} ids up to {WIDTH - 1}"
    )
    assert export.left_behind == []


def test_logits_wider_than_the_vocabulary_stop_the_export(export: Exporter, tmp_path: Path) -> None:
    """A logit that no token explains is refused as well."""
    assert export(write_checkpoint(tmp_path / "narrow", vocab_size=WIDTH + 1)) == 1
    assert export.left_behind == []


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"word_delimiter_token": "#"}, "a word delimiter"),
        ({"pad_token": "[UNK]"}, "pad_token_id"),
    ],
)
def test_tokens_that_contradict_the_configuration_are_refused(
    changes: dict[str, str], message: str, tokenizer: Path, edit_json: Callable[..., None]
) -> None:
    """The delimiter must be a token, and the padding token the configured blank."""
    edit_json(tokenizer / "tokenizer_config.json", **changes)
    with pytest.raises(VocabularyMismatch, match=message):
        read_vocabulary(tokenizer, WIDTH, BLANK_ID)


def test_the_first_export_freezes_the_map_and_says_so(
    checkpoint: Path, export: Exporter, caplog: pytest.LogCaptureFixture
) -> None:
    """tokens/<id>.txt is written once; a second export finds it unchanged, in silence."""
    with caplog.at_level("INFO", logger="export"):
        assert export(checkpoint) == 0
    frozen = export.tokens / "tiny.txt"
    assert read_tokens(frozen) == TOKENS == open_bundle(export.models / "tiny").tokens
    assert any("froze the token map" in line for line in caplog.messages)
    caplog.clear()
    assert export(checkpoint) == 0
    assert not any("froze the token map" in line for line in caplog.messages)


def test_drift_stops_the_export(
    checkpoint: Path, export: Exporter, capsys: pytest.CaptureFixture[str]
) -> None:
    """Two tokens swapped against the frozen map: both are shown, and no bundle is written."""
    export.tokens.mkdir()
    write_tokens(export.tokens / "tiny.txt", (TOKENS[1], TOKENS[0], *TOKENS[2:]))
    assert export(checkpoint) == 1
    message = capsys.readouterr().err
    assert "expected 0='ב', 1='א', got 0='א', 1='ב'" in message
    assert export.left_behind == ["tiny.txt"]


def test_a_shorter_map_is_drift(
    checkpoint: Path, export: Exporter, capsys: pytest.CaptureFixture[str]
) -> None:
    """A token more than before is shown against nothing."""
    export.tokens.mkdir()
    write_tokens(export.tokens / "tiny.txt", TOKENS[:-1])
    assert export(checkpoint) == 1
    assert f"expected {BLANK_ID}=nothing, got {BLANK_ID}='[PAD]'" in capsys.readouterr().err
