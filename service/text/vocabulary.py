"""Text to token ids and back: the one owner of the blank, the word delimiter and the unknowns."""

from collections.abc import Iterable, Sequence

from service.bundle import Manifest


class Vocabulary:
    """A character vocabulary, as wav2vec2 checkpoints have it."""

    def __init__(self, tokens: Sequence[str], manifest: Manifest) -> None:
        special = {manifest.word_delimiter, *manifest.special_tokens}
        self.blank_id = manifest.blank_id
        self.delimiter_id = tokens.index(manifest.word_delimiter)
        self._text = {
            index: token
            for index, token in enumerate(tokens)
            if token not in special and index != manifest.blank_id
        }
        self._ids = {token: index for index, token in self._text.items()}

    def id_of(self, character: str) -> int | None:
        """The token of a character, in its own case or the vocabulary's; None if it has none."""
        for variant in (character, character.lower(), character.upper()):
            if variant in self._ids:
                return self._ids[variant]
        return None

    def is_letter(self, token: int) -> bool:
        """Whether a token stands for text: not the blank, the delimiter or a special one."""
        return token in self._text

    def text_of(self, tokens: Iterable[int]) -> str:
        """The letters of a word's tokens."""
        return "".join(self._text[token] for token in tokens)
