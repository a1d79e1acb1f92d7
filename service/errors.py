"""Everything that can go wrong, as one tree.

    KolvaniError
    ├── InputError (ValueError)          what the client sent cannot be served
    │   ├── MissingField                 a field that is needed is absent
    │   ├── InvalidField                 a field holds something else than expected
    │   ├── UnsupportedTask              work that no model here is made for
    │   ├── EmptyTranscript              no text to align
    │   ├── NothingToAlign               text, but nothing in it that the model can speak
    │   ├── UndecidedLanguage            text in no letters that tell its language
    │   ├── TranscriptTooLong            more text than the audio can hold
    │   ├── NoSpeech                     text to align, but silent audio
    │   ├── UnsupportedSubtitles         not a subtitle format that is read here
    │   ├── CorruptSubtitles             a known format with a line that cannot be read
    │   ├── EmptySubtitles               no cue in which anything is said
    │   ├── SubtitlesTooLong             more bytes or cues than the limit
    │   ├── UnsupportedAudio             not an audio format that is read here
    │   ├── CorruptAudio                 a known format that cannot be decoded
    │   ├── EmptyAudio                   no samples at all
    │   ├── InvalidSamples               NaN or infinite samples
    │   ├── AudioTooLong                 longer than the limit
    │   ├── UploadTooLarge               more bytes than the limit
    │   ├── UnknownHost                  a Host header that is not served here
    │   ├── HeadersTooLarge              more header fields, or bytes of them, than the limit
    │   └── BodyTooSlow                  a body that comes too slowly to wait for
    ├── Refused (PermissionError)
    │   ├── MissingKey                   no API key where one is asked for
    │   ├── InvalidKey                   one that is not known
    │   ├── Forbidden                    one that is not for this
    │   └── RateLimited                  as much as the client may have, for now
    ├── NotFound (LookupError)
    │   ├── UnknownModel                 no model of that name
    │   └── UnknownLanguage              no model for that language
    ├── Unavailable (RuntimeError)
    │   ├── Overloaded                   the queue is full: come back later
    │   ├── DeadlineExceeded             no answer within the time that there was
    │   ├── Stopping                     the server goes away: ask another one
    │   ├── TooManyConnections           no room for another connection
    │   ├── NotReady                     no model is warm yet
    │   ├── StorageFull                  no room on the disk for long audio
    │   ├── OutOfMemory                  no room in memory for this request
    │   └── DecoderFailed                what decodes was ended, or does not start
    ├── BundleError (ValueError)         a model folder that cannot be served
    └── InferenceError (RuntimeError)    a model answered with something else than it promised

An error carries its facts as keyword arguments; they stand beside the message in the answer. HTTP
statuses are not known here: service/app.py has the one table.
"""

import re
from typing import ClassVar, Final

Fact = str | int | float | bool | None | list[str]

_WORD_START: Final = re.compile(r"(?<!^)(?=[A-Z])")


class KolvaniError(Exception):
    """An error with a machine-readable code, the parameter it is about, and facts."""

    type: ClassVar[str] = "server_error"

    def __init__(self, message: str, *, param: str | None = None, **facts: Fact) -> None:
        super().__init__(message)
        self.message = message
        self.param = param
        self.facts = facts

    @property
    def code(self) -> str:
        """The class's name in snake case."""
        return _WORD_START.sub("_", type(self).__name__).lower()

    def as_dict(self) -> dict[str, dict[str, Fact]]:
        """The one error shape: `{"error": {"type", "code", "message", "param", ...facts}}`."""
        named = {"type": self.type, "code": self.code, "message": self.message}
        return {"error": {**named, "param": self.param, **self.facts}}


class InputError(KolvaniError, ValueError):
    """What the client sent cannot be served."""

    type = "invalid_request_error"


class MissingField(InputError):
    """A field that is needed is absent."""


class InvalidField(InputError):
    """A field holds something else than expected."""


class UnsupportedTask(InputError):
    """Work that no model here is made for."""


class EmptyTranscript(InputError):
    """No text to align."""


class NothingToAlign(InputError):
    """Text, but nothing in it that the model can speak."""


class UndecidedLanguage(InputError):
    """Text in no letters that tell which of the languages it is."""


class TranscriptTooLong(InputError):
    """More text than the audio can hold: CTC needs T >= L + repeats."""


class NoSpeech(InputError):
    """Text to align, but silent audio."""


class UnsupportedSubtitles(InputError):
    """Not a subtitle format that is read here."""


class CorruptSubtitles(InputError):
    """A known format with a line that cannot be read; `line` says which, from 1."""


class EmptySubtitles(InputError):
    """No cue in which anything is said."""


class SubtitlesTooLong(InputError):
    """More bytes or cues than the limit."""


class UnsupportedAudio(InputError):
    """Not an audio format that is read here."""


class CorruptAudio(InputError):
    """A known format that cannot be decoded."""


class EmptyAudio(InputError):
    """No samples at all."""


class InvalidSamples(InputError):
    """NaN or infinite samples."""


class AudioTooLong(InputError):
    """Longer than the limit."""


class UploadTooLarge(InputError):
    """More bytes than the limit."""


class UnknownHost(InputError):
    """A Host header that is not served here."""


class HeadersTooLarge(InputError):
    """More header fields, or bytes of them, than the limit."""


class BodyTooSlow(InputError):
    """A body that comes too slowly to wait for."""


class Refused(KolvaniError, PermissionError):
    """Not for this client."""

    type = "authentication_error"


class MissingKey(Refused):
    """No API key where one is asked for."""


class InvalidKey(Refused):
    """An API key that is not known."""


class Forbidden(Refused):
    """An API key that is not for this."""

    type = "permission_error"


class RateLimited(Refused):
    """As much as the client may have, for now; `retry_after_sec` says when there is more."""

    type = "rate_limit_error"


class NotFound(KolvaniError, LookupError):
    """A name that is not known here."""

    type = "invalid_request_error"


class UnknownModel(NotFound):
    """No model of that name."""


class UnknownLanguage(NotFound):
    """No model for that language."""


class Unavailable(KolvaniError, RuntimeError):
    """Not now."""


class Overloaded(Unavailable):
    """The queue is full; `retry_after_sec` says when to come back."""


class DeadlineExceeded(Unavailable):
    """No answer within the time that the client or the server gave."""


class Stopping(Unavailable):
    """The server goes away; `retry_after_sec` says when another one may be there."""


class TooManyConnections(Unavailable):
    """No room for another connection."""


class NotReady(Unavailable):
    """No model is warm yet."""


class StorageFull(Unavailable):
    """No room on the disk for long audio, for now."""


class OutOfMemory(Unavailable):
    """No room in memory for this request, for now."""


class DecoderFailed(Unavailable):
    """The process that decodes was ended by something else than the file, or does not start."""


class BundleError(KolvaniError, ValueError):
    """A model folder that cannot be served."""


class InferenceError(KolvaniError, RuntimeError):
    """A model answered with something else than its manifest promises."""
