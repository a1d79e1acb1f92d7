"""Text to token ids and back: the one owner of the blank, of what parts words, of the unknowns."""

import functools
import unicodedata
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

from sentencepiece import SentencePieceProcessor

from service.bundle import TOKENS_FILE, Bundle
from service.fields import broken
from service.manifest import Units
from service.text.phonemes import PhonemeVocabulary
from service.text.tokens import (
    SpelledToken,
    TokenText,
    Vocabulary,
    decomposed,
    is_mark,
    spoken_tokens,
)

__all__ = ["SpelledToken", "TokenText", "Vocabulary", "vocabulary_of"]

_MEDIAL: Final = str.maketrans("ךםןףץ", "כמנפצ")
MAX_MARKS: Final = 4  # on one letter; a fifth is no writing, and is left out


def vocabulary_of(bundle: Bundle) -> Vocabulary:
    """The bundle's vocabulary. Raises BundleError if the tokenizer and the tokens disagree."""
    if bundle.manifest.units == "phonemes":
        return PhonemeVocabulary(bundle)
    if bundle.tokenizer_path is None:
        return CharacterVocabulary(bundle)
    return PieceVocabulary(bundle, bundle.tokenizer_path)


class CharacterVocabulary:
    """A token a character, and one between words: wav2vec2's, and NeMo's character models.

    A letter with its marks may be one token, however it is written in the vocabulary and the text.
    """

    units: Units = "characters"

    def __init__(self, bundle: Bundle) -> None:
        self.blank_id = bundle.manifest.blank_id
        self.separator_id: int | None = bundle.tokens.index(bundle.manifest.word_delimiter)
        self._texts = spoken_tokens(bundle)
        del self._texts[self.separator_id]
        ids = {decomposed(text): token for token, text in self._texts.items()}
        self._ids = {text: token for text, token in ids.items() if _is_one_letter(text)}
        self._longest = max(map(len, self._ids), default=1)

    def spell(self, letters: str) -> list[SpelledToken]:
        """Each letter with as many of its marks as have a token, in its own case or the
        vocabulary's.
        """
        token_of = functools.cache(self._token)
        spelled, begin = [], 0
        while begin < len(letters):
            token, end = self._next(letters, begin, token_of)
            if token is not None:
                spelled.append(SpelledToken(token, tuple(range(begin, end))))
            begin = end
        return spelled

    def read(self, token: int) -> TokenText | None:
        """A letter, or the space between words."""
        if token == self.separator_id:
            return TokenText("", begins_word=True)
        letter = self._texts.get(token)
        return None if letter is None else TokenText(letter, begins_word=False)

    def _next(
        self, letters: str, begin: int, token_of: Callable[[str], int | None]
    ) -> tuple[int | None, int]:
        """The longest token at `begin`, and where it ends; None for a letter without one, whose
        marks go with it.
        """
        for end in range(min(begin + self._longest, len(letters)), begin, -1):
            if (token := token_of(letters[begin:end])) is not None:
                return token, end
        end = begin + 1
        if not is_mark(letters[begin]):
            while end < len(letters) and is_mark(letters[end]):
                end += 1
        return None, end

    def _token(self, text: str) -> int | None:
        """Of a letter with its marks, in its own case or the vocabulary's."""
        for variant in _variants(text):
            if (token := self._ids.get(decomposed(variant))) is not None:
                return token
        return None


class PieceVocabulary:
    """SentencePiece's pieces of words (Kudo and Richardson, 2018); a word's first has a mark."""

    separator_id: int | None = None
    units: Units = "characters"

    def __init__(self, bundle: Bundle, tokenizer_path: Path) -> None:
        """Raises BundleError if the SentencePiece model is unreadable or has other pieces."""
        self.blank_id = bundle.manifest.blank_id
        self._mark = bundle.manifest.word_delimiter
        self._processor = _open_tokenizer(tokenizer_path)
        self._ids = _ids_of_pieces(self._processor, bundle, tokenizer_path)
        written = {token for piece, token in enumerate(self._ids) if self._is_written(piece)}
        self._texts = {
            token: text for token, text in spoken_tokens(bundle).items() if token in written
        }
        self._letters = set("".join(self._texts.values())) - {self._mark}

    def spell(self, letters: str) -> list[SpelledToken]:
        """The pieces that SentencePiece chooses, as it did when the model was trained."""
        known, places = self._known(letters)
        found = self._processor.encode(known, return_type="offset_mapping")
        spelled = [
            SpelledToken(self._ids[piece], tuple(dict.fromkeys(places[begin:end])))
            for piece, (begin, end) in zip(found["ids"], found["offsets"], strict=True)
            if self._ids[piece] in self._texts
        ]
        # A mark alone is not a word.
        return spelled if any(token.spoken for token in spelled) else []

    def read(self, token: int) -> TokenText | None:
        """A piece without its mark."""
        piece = self._texts.get(token)
        if piece is None:
            return None
        return TokenText(piece.removeprefix(self._mark), begins_word=piece.startswith(self._mark))

    def _known(self, letters: str) -> tuple[str, list[int]]:
        """What pieces can be made of, and of each character in it the place of its letter."""
        spoken_of = functools.cache(self._spoken)
        known: list[str] = []
        places: list[int] = []
        cluster = ""  # a letter and the marks on it
        dropped = False  # whether the letter that marks stand on is left out
        for place, letter in enumerate(letters):
            if dropped and is_mark(letter):
                continue
            if not unicodedata.combining(letter):
                cluster = ""
            elif not 1 <= len(cluster) <= MAX_MARKS:  # the first: its letter is not known
                continue
            spoken = spoken_of(cluster, letter)
            if not is_mark(letter) and unicodedata.category(letter) != "Cf":  # a joiner is neither
                dropped = not spoken
            cluster += spoken
            known += spoken
            places += [place] * len(spoken)
        return "".join(known), places

    def _spoken(self, cluster: str, letter: str) -> str:
        """What pieces can be made of after `cluster`, in either case; "" if none."""
        # SentencePiece may join a letter and its mark to one, of which there is no piece.
        variants = (text for text in _variants(letter) if self._is_known(cluster + text))
        return next(variants, "")

    def _is_written(self, piece: int) -> bool:
        """Whether SentencePiece has a text for it: not for unknowns, sentence marks and bytes."""
        kinds = ("is_unknown", "is_control", "is_unused", "is_byte")
        return not any(getattr(self._processor, kind)(piece) for kind in kinds)

    def _is_known(self, text: str) -> bool:
        """Whether pieces spell it, after SentencePiece's own normalisation."""
        if any(map(_is_surrogate, text)):  # no character, and no UTF-8
            return False
        normal = self._processor.normalize(text).replace(self._mark, "").strip()
        return bool(normal) and self._letters.issuperset(normal)


def _variants(text: str) -> Iterable[str]:
    """As it is and in either case; a single character also without its mark, and a letter that ends
    a Hebrew word as it stands within one.
    """
    bases = (text, decomposed(text)[0].translate(_MEDIAL)) if len(text) == 1 else (text,)
    return dict.fromkeys(form for base in bases for form in (base, base.lower(), base.upper()))


def _is_one_letter(text: str) -> bool:
    """Of a decomposed text: whether it is a letter with its marks."""
    return len(text) == 1 or all(map(unicodedata.combining, text[1:]))


def _is_surrogate(character: str) -> bool:
    return unicodedata.category(character) == "Cs"


def _open_tokenizer(path: Path) -> SentencePieceProcessor:
    try:
        return SentencePieceProcessor(model_file=str(path))
    except (OSError, RuntimeError) as error:
        raise broken(path, "a SentencePiece model", error) from error


def _ids_of_pieces(
    processor: SentencePieceProcessor, bundle: Bundle, path: Path
) -> tuple[int, ...]:
    """The token of each of SentencePiece's ids: its own are the same without the blank."""
    blank_id = bundle.manifest.blank_id
    ids = tuple(index for index in range(len(bundle.tokens)) if index != blank_id)
    ours = [bundle.tokens[index] for index in ids]
    pieces = [processor.id_to_piece(index) for index in range(processor.get_piece_size())]
    if pieces != ours:
        differing = [pair for pair in zip(pieces, ours, strict=False) if pair[0] != pair[1]]
        got = f"{len(pieces)}" + "".join(f", {one!r} for {our!r}" for one, our in differing[:1])
        raise broken(path, f"the {len(ours)} pieces of {TOKENS_FILE}", got)
    return ids
