"""Text to token ids and back: the one owner of the blank, of what parts words, of the unknowns."""

import unicodedata
from typing import NamedTuple, Protocol

from sentencepiece import SentencePieceProcessor

from service.bundle import Bundle
from service.errors import BundleError


class Reading(NamedTuple):
    """What a token adds to a text: letters, after a space where it begins a word."""

    letters: str
    begins_word: bool


class SpelledToken(NamedTuple):
    """A token, and the letters [begin, end) that it stands for; none for a mere word mark."""

    token: int
    begin: int
    end: int


class Vocabulary(Protocol):
    """A model's tokens as text."""

    @property
    def blank_id(self) -> int:
        """CTC's blank."""

    @property
    def separator_id(self) -> int | None:
        """The token between words, which belongs to neither; None where a word's first token says
        that it begins one.
        """

    def spell(self, letters: str) -> list[SpelledToken]:
        """The tokens of one spoken word; what has no token is left out, and never a special one."""

    def read(self, token: int) -> Reading | None:
        """None for what is no text: the blank and the special tokens."""


def vocabulary_of(bundle: Bundle) -> Vocabulary:
    """The bundle's vocabulary. Raises BundleError if the tokenizer and the tokens disagree."""
    if bundle.tokenizer_path is None:
        return CharacterVocabulary(bundle)
    return PieceVocabulary(bundle)


class CharacterVocabulary:
    """A token a character, and one between words: wav2vec2's, and NeMo's character models."""

    def __init__(self, bundle: Bundle) -> None:
        manifest = bundle.manifest
        self.blank_id = manifest.blank_id
        self.separator_id: int | None = bundle.tokens.index(manifest.word_delimiter)
        self._texts = _spoken_tokens(bundle)
        self._texts.pop(self.separator_id)
        self._ids = {token: index for index, token in self._texts.items()}

    def spell(self, letters: str) -> list[SpelledToken]:
        """Each character in its own case or the vocabulary's."""
        found = ((place, self._id_of(letter)) for place, letter in enumerate(letters))
        return [
            SpelledToken(token, place, place + 1) for place, token in found if token is not None
        ]

    def read(self, token: int) -> Reading | None:
        """A letter, or the space between words."""
        if token == self.separator_id:
            return Reading("", begins_word=True)
        letter = self._texts.get(token)
        return None if letter is None else Reading(letter, begins_word=False)

    def _id_of(self, letter: str) -> int | None:
        for variant in (letter, letter.lower(), letter.upper()):
            if variant in self._ids:
                return self._ids[variant]
        return None


class PieceVocabulary:
    """SentencePiece's pieces of words (Kudo and Richardson, 2018); a word's first has a mark."""

    separator_id: int | None = None

    def __init__(self, bundle: Bundle) -> None:
        """Raises BundleError if the SentencePiece model is unreadable or has other pieces."""
        manifest = bundle.manifest
        self.blank_id = manifest.blank_id
        self._mark = manifest.word_delimiter
        self._texts = _spoken_tokens(bundle)
        self._letters = set("".join(self._texts.values())) - {self._mark}
        self._processor = _open_tokenizer(bundle)

    def spell(self, letters: str) -> list[SpelledToken]:
        """The pieces that the model was trained with."""
        known, places = self._known(letters)
        spelled = [
            SpelledToken(
                token, places[begin], places[end - 1] + 1 if end > begin else places[begin]
            )
            for token, begin, end in self._encode(known)
            if token in self._texts
        ]
        # A mark alone is not a word.
        return spelled if any(token.end > token.begin for token in spelled) else []

    def read(self, token: int) -> Reading | None:
        """A piece without its mark."""
        piece = self._texts.get(token)
        if piece is None:
            return None
        return Reading(piece.removeprefix(self._mark), begins_word=piece.startswith(self._mark))

    def _known(self, letters: str) -> tuple[str, list[int]]:
        """The letters that pieces are made of, and the place of each, with one more at the end.

        A letter that is lacking may be one with a mark: then it is written without.
        """
        kept = [
            (spoken, place)
            for place, letter in enumerate(letters)
            if (spoken := self._spoken(letter)) is not None
        ]
        # SentencePiece joins some letters and their marks to one, of which it may have no piece.
        text = "".join(letter for letter, _ in kept)
        for token, begin, end in reversed(self._encode(text)):
            if token not in self._texts:
                del kept[begin + 1 : end]
        return "".join(letter for letter, _ in kept), [*(place for _, place in kept), len(letters)]

    def _spoken(self, letter: str) -> str | None:
        bare = unicodedata.normalize("NFD", letter)[0]
        return next(filter(self._is_known, (letter, letter.lower(), letter.upper(), bare)), None)

    def _is_known(self, letter: str) -> bool:
        """Whether pieces spell it, after SentencePiece's own normalisation."""
        normal = self._processor.normalize(letter).replace(self._mark, "").strip()
        return bool(normal) and self._letters.issuperset(normal)

    def _encode(self, text: str) -> list[SpelledToken]:
        found = self._processor.encode(text, return_type="offset_mapping")
        spans = zip(found["ids"], found["offsets"], strict=True)
        return [SpelledToken(token, begin, end) for token, (begin, end) in spans]


def _spoken_tokens(bundle: Bundle) -> dict[int, str]:
    """All but the blank and the special ones."""
    manifest = bundle.manifest
    return {
        index: token
        for index, token in enumerate(bundle.tokens)
        if token not in manifest.special_tokens and index != manifest.blank_id
    }


def _open_tokenizer(bundle: Bundle) -> SentencePieceProcessor:
    path = bundle.tokenizer_path
    try:
        processor = SentencePieceProcessor(model_file=str(path))
        pieces = [processor.id_to_piece(index) for index in range(processor.get_piece_size())]
    except (OSError, RuntimeError) as error:
        raise BundleError(f"{path}: expected a SentencePiece model, got {error}") from error
    blank_id = bundle.manifest.blank_id
    ours = [token for index, token in enumerate(bundle.tokens) if index != blank_id]
    if pieces != ours:
        raise BundleError(f"{path}: expected the {len(ours)} pieces of tokens.txt, got others")
    return processor
