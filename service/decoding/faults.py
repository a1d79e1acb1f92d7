"""The errors of decoding, from one process to another."""

from typing import Final

from service.decoding.channel import Message
from service.errors import (
    AudioTooLong,
    CorruptAudio,
    EmptyAudio,
    InvalidSamples,
    KolvaniError,
    StorageFull,
    UnsupportedAudio,
)

# What a decoder may raise. A decoder that was taken over could say no other.
CLASSES: Final[dict[str, type[KolvaniError]]] = {
    raised.__name__: raised
    for raised in (
        AudioTooLong,
        CorruptAudio,
        EmptyAudio,
        InvalidSamples,
        StorageFull,
        UnsupportedAudio,
    )
}


def written(error: KolvaniError) -> Message:
    """An error as a message tells it."""
    return {
        "class": type(error).__name__,
        "message": error.message,
        "param": error.param,
        "facts": error.facts,
    }


def read(message: Message) -> KolvaniError:
    """The same error again. Raises KeyError for one that is none of decoding."""
    return CLASSES[message["class"]](message["message"], param=message["param"], **message["facts"])
