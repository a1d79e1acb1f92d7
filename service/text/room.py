"""How much text some frames can hold, counted while the text is read."""

from service.errors import TranscriptTooLong
from service.text.written import Reading


class Room:
    """The frames that words fill: one a token, and a blank between equal ones.

    Whoever reads a text adds word after word, so that one that is far too long is refused before
    most of it has cost anything.
    """

    def __init__(self, frames: int | None, separator_id: int | None) -> None:
        """frames: how many there are; None for any number."""
        self._frames = frames
        self._separator_id = separator_id
        self._last: int | None = None  # token
        self._tokens = 0
        self._needed = 0

    def add(self, reading: Reading) -> None:
        """Put a word behind the last. Raises TranscriptTooLong once the frames are too few."""
        if not reading.targets or self._frames is None:
            return
        if self._tokens and self._separator_id is not None:
            self._put(self._separator_id)
        for target in reading.targets:
            self._put(target.token)
        if self._needed > self._frames:
            raise self._too_long(self._frames)

    def _put(self, token: int) -> None:
        self._tokens += 1
        self._needed += 2 if token == self._last else 1
        self._last = token

    def _too_long(self, frames: int) -> TranscriptTooLong:
        return TranscriptTooLong(
            f"expected audio of at least {self._needed} frames for the first {self._tokens} "
            f"tokens of the text, got {frames}",
            param="transcript",
            frames_needed=self._needed,
            frames=frames,
            tokens=self._tokens,
        )
