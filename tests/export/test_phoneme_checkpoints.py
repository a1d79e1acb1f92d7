"""A checkpoint whose tokens are phonemes becomes a bundle that transcribes and aligns in them."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from tiny import BLANK_ID, PHONEMES, TOKENS, Exporter, write_phoneme_checkpoint
from transformers import Wav2Vec2PhonemeCTCTokenizer

from export.errors import VocabularyMismatch
from export.probes import speech_like
from export.vocabulary import read_vocabulary
from service.audio import Audio
from service.bundle import open_bundle
from service.recognizer import AlignOptions, Recognizer

RATE = 16_000  # Hz
SPECIAL = {"<pad>", "<s>", "</s>", "<unk>"}


@pytest.fixture(scope="module")
def phonemes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Nothing stands between words."""
    return write_phoneme_checkpoint(tmp_path_factory.mktemp("checkpoints") / "phonemes")


def test_the_bundle_of_phonemes_answers_in_them(phonemes: Path, export: Exporter) -> None:
    """Its class of tokenizer says what it is, without a phonemizer; the transcript is that of
    transformers' own decoder, and it aligns to the same sound.
    """
    assert export(phonemes, "--language", "en") == 0
    bundle = open_bundle(export.models / "phonemes")
    manifest = bundle.manifest
    assert (manifest.units, manifest.word_delimiter, manifest.blank_id) == ("phonemes", "", 0)
    assert (bundle.tokens, set(manifest.special_tokens)) == (PHONEMES, SPECIAL)
    document = json.loads((bundle.folder / "manifest.json").read_text(encoding="utf-8"))
    assert (document["units"], document["word_delimiter"]) == ("phonemes", None)
    audio = Audio(speech_like(3 * RATE, RATE, seed=4), RATE, 3.0)
    recognizer = Recognizer.load(bundle)
    heard = recognizer.transcribe(audio).text
    assert heard == decoded(phonemes, recognizer, audio)
    options = AlignOptions(gaps="none", with_characters=True)
    characters = recognizer.align(audio, heard, options).characters
    assert characters is not None
    assert [item.char for item in characters] == heard.split()


def decoded(checkpoint: Path, recognizer: Recognizer, audio: Audio) -> str:
    """By the checkpoint's own tokenizer, without special tokens."""
    tokenizer = Wav2Vec2PhonemeCTCTokenizer.from_pretrained(
        checkpoint, do_phonemize=False, verbose=False
    )
    tokens = np.argmax(recognizer.listen(audio).log_probs, axis=1)
    text = str(tokenizer.decode(tokens, skip_special_tokens=False))
    return " ".join(token for token in text.split() if token not in SPECIAL)


def test_a_delimiter_of_words_is_kept(tmp_path: Path) -> None:
    """Where the tokenizer has one."""
    tokens = (*PHONEMES, "|")
    folder = write_phoneme_checkpoint(tmp_path / "parted", tokens)
    vocabulary = read_vocabulary(folder, len(tokens), blank_id=0)
    assert (vocabulary.units, vocabulary.word_delimiter) == ("phonemes", "|")
    assert set(vocabulary.special_tokens) == SPECIAL


def test_phonemes_in_a_plain_tokenizer_have_to_be_named(
    checkpoint: Path, tmp_path: Path, edit_json: Callable[..., None]
) -> None:
    """Its class does not say it; with a delimiter that is no token they have none, and letters
    cannot be without.
    """
    assert read_vocabulary(checkpoint, len(TOKENS), BLANK_ID).units == "characters"
    named = read_vocabulary(checkpoint, len(TOKENS), BLANK_ID, "phonemes")
    assert (named.units, named.word_delimiter) == ("phonemes", "|")
    folder = shutil.copytree(checkpoint, tmp_path / "joined")
    edit_json(folder / "tokenizer_config.json", word_delimiter_token="#")  # noqa: S106
    joined = read_vocabulary(folder, len(TOKENS), BLANK_ID, "phonemes")
    assert (joined.units, joined.word_delimiter) == ("phonemes", "")
    with pytest.raises(VocabularyMismatch, match="a word delimiter"):
        read_vocabulary(folder, len(TOKENS), BLANK_ID, "characters")


def test_units_can_be_named_on_the_command_line(checkpoint: Path, export: Exporter) -> None:
    """They go before what the tokenizer says."""
    assert export(checkpoint, "--units", "phonemes") == 0
    assert open_bundle(export.models / "tiny").manifest.units == "phonemes"
