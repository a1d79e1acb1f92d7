"""A checkpoint's tokens: read from its tokenizer, held against its logits, and frozen.

The blank is the padding token, as in the checkpoint's own CTC loss.
"""

import json
import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from transformers import Wav2Vec2CTCTokenizer, Wav2Vec2PhonemeCTCTokenizer

from export.errors import CheckpointNotFound, VocabularyDrift, VocabularyMismatch
from service.bundle import read_tokens, write_tokens
from service.manifest import Units

logger = logging.getLogger(__name__)

SHOWN_DIFFERENCES: Final = 5
TOKENIZER_CONFIG: Final = "tokenizer_config.json"

Tokenizer = Wav2Vec2CTCTokenizer | Wav2Vec2PhonemeCTCTokenizer


@dataclass(frozen=True)
class Vocabulary:
    """`tokens[i]` is the text of token id i; there are as many as logits a frame.

    word_delimiter: the token between words; "" where phonemes have none.
    """

    tokens: tuple[str, ...]
    blank_id: int
    word_delimiter: str
    special_tokens: tuple[str, ...]
    units: Units


def read_vocabulary(
    folder: Path, width: int, blank_id: int | None, units: Units | None = None
) -> Vocabulary:
    """Read a tokenizer for logits of `width`, whose blank is `blank_id` by the configuration.

    units: what its tokens are; None for what the tokenizer's class says.

    Raises CheckpointNotFound, or VocabularyMismatch if ids have gaps, their number is not `width`,
    the padding token is not the blank, or there is no delimiter of words that are in letters.
    """
    try:
        tokenizer = _open_tokenizer(folder)
    except (OSError, TypeError, ValueError) as error:
        expected = "a CTC tokenizer with its vocab.json"
        raise CheckpointNotFound(str(folder), expected=expected, got=error) from error
    units = units or _units(tokenizer)
    tokens = _tokens(tokenizer, width)
    _check_blank(tokenizer, tokens, blank_id)
    delimiter = _word_delimiter(tokenizer, tokens, units)
    known = [token for token in tokenizer.all_special_tokens if token in tokens]
    special = tuple(token for token in dict.fromkeys(known) if token != delimiter)
    return Vocabulary(tokens, tokenizer.pad_token_id, delimiter, special, units)


def check_frozen(path: Path, tokens: tuple[str, ...]) -> None:
    """Hold tokens against the map that an earlier export froze, if there is one.

    Raises VocabularyDrift with the first differences.
    """
    if not path.exists():
        return
    frozen = read_tokens(path)
    if frozen == tokens:
        return
    rows = [
        (index, _at(frozen, index), _at(tokens, index))
        for index in range(max(len(frozen), len(tokens)))
        if _at(frozen, index) != _at(tokens, index)
    ][:SHOWN_DIFFERENCES]
    expected = ", ".join(f"{index}={old}" for index, old, _ in rows)
    got = ", ".join(f"{index}={new}" for index, _, new in rows)
    raise VocabularyDrift(str(path), expected=expected, got=got)


def freeze(path: Path, tokens: tuple[str, ...]) -> bool:
    """Write the map unless it is there. True if it was written."""
    if path.exists():
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.partial")
    try:
        write_tokens(partial, tokens)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
    logger.info("froze the token map into %s: it was not there before", path)
    return True


def _open_tokenizer(folder: Path) -> Tokenizer:
    """By the class that the checkpoint names: phonemes, or else letters."""
    tokenizer: Tokenizer
    if _tokenizer_class(folder) == Wav2Vec2PhonemeCTCTokenizer.__name__:
        # It need not find a phonemizer, as only its tokens are read; nor complain of having no
        # word delimiter, which is usual.
        tokenizer = Wav2Vec2PhonemeCTCTokenizer.from_pretrained(
            folder, do_phonemize=False, verbose=False
        )
    else:
        tokenizer = Wav2Vec2CTCTokenizer.from_pretrained(folder)
    return tokenizer


def _tokenizer_class(folder: Path) -> object:
    path = folder / TOKENIZER_CONFIG
    document = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    return document.get("tokenizer_class") if isinstance(document, dict) else None


def _units(tokenizer: Tokenizer) -> Units:
    return "phonemes" if isinstance(tokenizer, Wav2Vec2PhonemeCTCTokenizer) else "characters"


def _word_delimiter(tokenizer: Tokenizer, tokens: tuple[str, ...], units: Units) -> str:
    """The token; "" for phonemes without one."""
    delimiter = tokenizer.word_delimiter_token
    if delimiter in tokens:
        return str(delimiter)
    if units == "phonemes":
        return ""
    raise VocabularyMismatch("vocabulary", expected="a word delimiter", got=repr(delimiter))


def _tokens(tokenizer: Tokenizer, width: int) -> tuple[str, ...]:
    by_id = {index: token for token, index in tokenizer.get_vocab().items()}
    # transformers adds <s> and </s> behind a vocabulary that lacks them, unless told otherwise;
    # such ids have no logits, and no other id may be without.
    added = {tokenizer.bos_token, tokenizer.eos_token}
    kept = {index: token for index, token in by_id.items() if index < width or token not in added}
    if len(kept) != width or sorted(kept) != list(range(width)):
        expected = f"ids 0 to {width - 1}, one for each of the {width} logits"
        got = f"{len(kept)} ids up to {max(kept)}"
        raise VocabularyMismatch("vocabulary", expected=expected, got=got)
    return tuple(kept[index] for index in range(width))


def _check_blank(tokenizer: Tokenizer, tokens: tuple[str, ...], blank_id: int | None) -> None:
    found = tokenizer.pad_token_id
    if found is None or found != blank_id or found >= len(tokens):
        expected = f"the configuration's pad_token_id {blank_id}, which is the blank"
        got = f"the tokenizer's {tokenizer.pad_token} with id {found}"
        raise VocabularyMismatch("blank", expected=expected, got=got)


def _at(tokens: tuple[str, ...], index: int) -> str:
    return repr(tokens[index]) if index < len(tokens) else "nothing"
