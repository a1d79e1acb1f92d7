"""A NeMo model's tokens: SentencePiece pieces, or characters, and the blank behind them."""

from dataclasses import dataclass
from typing import Any, Final

from nemo.collections.asr.models import EncDecCTCModel, EncDecCTCModelBPE
from nemo.collections.common.tokenizers import SentencePieceTokenizer
from sentencepiece import SentencePieceProcessor, sentencepiece_model_pb2

from export.errors import UnsupportedCheckpoint, VocabularyMismatch

BLANK: Final = "<blk>"
MARK: Final = "▁"  # of a piece that begins a word
SPACE: Final = " "  # of a character model
UNKNOWN: Final = "<unk>"


@dataclass(frozen=True)
class NemoVocabulary:
    """`tokens[i]` is the text of token id i, the blank last; `tokenizer` is the SentencePiece
    model, serialised, or None where tokens are characters.
    """

    tokens: tuple[str, ...]
    word_delimiter: str
    special_tokens: tuple[str, ...]
    tokenizer: bytes | None


def read_vocabulary(model: EncDecCTCModel) -> NemoVocabulary:
    """Raises UnsupportedCheckpoint for another tokenizer than SentencePiece's or pieces across
    words, VocabularyMismatch where the tokens and the network's outputs differ in number.
    """
    if isinstance(model, EncDecCTCModelBPE):
        vocabulary = _pieces(model.tokenizer)
    else:
        vocabulary = _characters(tuple(model.decoder.vocabulary))
    width = model.decoder.num_classes_with_blank
    if len(vocabulary.tokens) != width:
        expected = f"{width} tokens, one an output, the blank among them"
        got = len(vocabulary.tokens)
        raise VocabularyMismatch("vocabulary", expected=expected, got=got)
    return vocabulary


def _pieces(tokenizer: Any) -> NemoVocabulary:  # noqa: ANN401  # one of NeMo's, checked here
    if not isinstance(tokenizer, SentencePieceTokenizer):
        got = type(tokenizer).__name__
        raise UnsupportedCheckpoint("tokenizer", expected="a SentencePiece tokenizer", got=got)
    processor: SentencePieceProcessor = tokenizer.tokenizer
    ids = range(processor.get_piece_size())
    pieces = [processor.id_to_piece(index) for index in ids]
    across = [piece for piece in pieces if MARK in piece[1:]]
    if across:
        expected, got = "pieces of single words", f"{across[0]!r}"
        raise UnsupportedCheckpoint("tokenizer", expected=expected, got=got)
    special = [index for index in ids if _is_special(processor, index)]
    return NemoVocabulary(
        tokens=(*pieces, BLANK),
        word_delimiter=MARK,
        special_tokens=(*(pieces[index] for index in special), BLANK),
        tokenizer=_without_paths(processor.serialized_model_proto()),
    )


def _without_paths(serialized: bytes) -> bytes:
    """A SentencePiece model that does not tell on whose disk it was trained."""
    # Its classes are made when the module is imported.
    proto = sentencepiece_model_pb2.ModelProto.FromString(serialized)  # type: ignore[attr-defined]
    proto.trainer_spec.ClearField("input")
    proto.trainer_spec.ClearField("model_prefix")
    stripped: bytes = proto.SerializeToString()
    return stripped


def _is_special(processor: SentencePieceProcessor, index: int) -> bool:
    kinds = (processor.is_unknown, processor.is_control, processor.is_unused, processor.is_byte)
    return any(is_kind(index) for is_kind in kinds)


def _characters(labels: tuple[str, ...]) -> NemoVocabulary:
    if SPACE not in labels:
        got = f"{len(labels)} labels without one"
        raise UnsupportedCheckpoint("labels", expected="a space among them", got=got)
    special = (UNKNOWN,) if UNKNOWN in labels else ()
    return NemoVocabulary((*labels, BLANK), SPACE, (*special, BLANK), tokenizer=None)
