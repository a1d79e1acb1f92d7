"""The text of a greedy path while its frames come in, told word by word."""

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from service.text.vocabulary import Vocabulary

OnText = Callable[[str], None]  # gets what comes next in the text; may raise, to stop

SPACE: Final = " "


class Dictation:
    """Tells each word once the next one begins: nothing that comes later can change it then.

    A frame's best token does not depend on other frames, so what is told, joined, is the beginning
    of the text that `service.words.heard_words` finds in all frames together.
    """

    def __init__(self, vocabulary: Vocabulary, on_text: OnText) -> None:
        self._vocabulary = vocabulary
        self._on_text = on_text
        self._last_token = vocabulary.blank_id
        self._word = ""  # as far as it has been heard
        self._told = False

    def hear(self, log_probs: NDArray[np.float32]) -> None:
        """The next frames: float32 [n, V], log domain. What they complete is told at once, with the
        space before it. Raises what `on_text` raises.
        """
        words = self._completed(log_probs.argmax(axis=-1))
        if words:
            text = SPACE.join(words)
            self._on_text(SPACE + text if self._told else text)
            self._told = True

    def _completed(self, tokens: NDArray[np.intp]) -> list[str]:
        """The words that end among the frames' tokens, int [n]."""
        before = np.concatenate([[self._last_token], tokens[:-1]])
        words: list[str] = []
        for token in tokens[(tokens != before) & (tokens != self._vocabulary.blank_id)].tolist():
            reading = self._vocabulary.read(token)
            if reading is None:  # a special token leaves no trace
                continue
            if reading.begins_word and self._word:
                words.append(self._word)
                self._word = ""
            self._word += reading.letters
        self._last_token = int(tokens[-1]) if len(tokens) else self._last_token
        return words
