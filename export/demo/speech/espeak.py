"""espeak-ng through its C library: speech with the samples at which each word begins and ends.

The command line tool does not print word events, so the library is called with ctypes. It keeps
global state, which every call sets anew; one thread at a time may speak.

A word begins at its WORD event. It ends where the pause after it begins, by the PHONEME event of
the pause; where there is none, at the next word's beginning. The sound stops at that very sample,
but for the echo that a few voices have. A stop's closure at the start of a word is the word's own.
"""

import ctypes
import ctypes.util
import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

SYNCHRONOUS = 2  # espeak_AUDIO_OUTPUT: the callback gets the samples, nothing is played
CHARS_UTF8 = 0x1
PHONEMES = 0x100  # [[...]] in the text holds phoneme mnemonics
MNEMONICS = "[["
POSITION_CHARACTER = 1
EVENT_LIST_TERMINATED = 0
EVENT_WORD = 1
EVENT_PHONEME = 7
PHONEME_EVENTS = 1  # an option of espeak_Initialize
PAUSE = b"_"  # what the names of pauses begin with
RATE, PITCH, RANGE = 1, 3, 4  # espeak_PARAMETER


class EspeakError(RuntimeError):
    """The espeak-ng library is missing or refused a call."""


class _EventId(ctypes.Union):
    _fields_ = [("number", ctypes.c_int), ("name", ctypes.c_char_p), ("string", ctypes.c_char * 8)]


class _Event(ctypes.Structure):
    _fields_ = [
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", _EventId),
    ]


_CALLBACK = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event)
)


@dataclass(frozen=True)
class Delivery:
    """How a sentence is spoken.

    `voice` is an espeak-ng name such as "he+f2"; `rate` is in words a minute; `pitch` and
    `pitch_range` run from 0 to 100.
    """

    voice: str
    rate: int = 160
    pitch: int = 50
    pitch_range: int = 50


@dataclass(frozen=True)
class Speech:
    """waveform: float32 [N] in [-1, 1]; onsets, ends: int64 [words], the first sample of each word
    and the one after its last. Between a word's end and the next one's onset lies a pause, or
    nothing.
    """

    waveform: NDArray[np.float32]
    sample_rate: int
    onsets: NDArray[np.int64]
    ends: NDArray[np.int64]


class Phoneme(NamedTuple):
    """A phoneme's first sample, and whether it is a pause."""

    sample: int
    pause: bool


class Espeak:
    """The library, opened once."""

    def __init__(self) -> None:
        name = ctypes.util.find_library("espeak-ng") or "libespeak-ng.so.1"
        try:
            self._library = ctypes.CDLL(name)
        except OSError as error:
            raise EspeakError(
                f"expected the library {name} (Debian: apt-get install espeak-ng), got: {error}"
            ) from error
        self.sample_rate = int(
            self._library.espeak_Initialize(SYNCHRONOUS, 0, None, PHONEME_EVENTS)
        )
        if self.sample_rate <= 0:
            raise EspeakError(f"espeak_Initialize failed with {self.sample_rate}")
        self._blocks: list[NDArray[np.int16]] = []
        self._onsets: dict[int, int] = {}  # position in the text -> sample
        self._phonemes: list[Phoneme] = []
        # The library keeps the pointer: the callback object must live as long as this one.
        self._callback = _CALLBACK(self._receive)

    def speak(self, words: list[str], delivery: Delivery) -> Speech:
        """Speak words, each written as text or as `[[phoneme mnemonics]]`.

        A word may end in "," for a pause. Raises EspeakError if the library refuses the voice, or
        does not report one onset for every word.
        """
        self._configure(delivery)
        self._blocks, self._onsets, self._phonemes = [], {}, []
        text = " ".join(words).encode()
        code = self._library.espeak_Synth(
            text, len(text) + 1, 0, POSITION_CHARACTER, 0, CHARS_UTF8 | PHONEMES, None, None
        )
        # The library now and then reports an event too many, at a place where no word begins.
        places = _places(words)
        if code != 0 or not self._blocks or not all(place in self._onsets for place in places):
            raise EspeakError(
                f"expected {len(words)} word onsets at {places}, got {self._onsets} (code {code})"
            )
        onsets = [self._onsets[place] for place in places]
        samples = np.concatenate(self._blocks)
        waveform = samples.astype(np.float32) / 32768.0
        ends = word_ends(onsets, self._phonemes, len(waveform))
        times = (np.array(samples, dtype=np.int64) for samples in (onsets, ends))
        return Speech(waveform, self.sample_rate, *times)

    def _configure(self, delivery: Delivery) -> None:
        self._library.espeak_SetSynthCallback(self._callback)
        if self._library.espeak_SetVoiceByName(delivery.voice.encode()) != 0:
            raise EspeakError(f"espeak-ng has no voice {delivery.voice!r}")
        for parameter, value in (
            (RATE, delivery.rate),
            (PITCH, delivery.pitch),
            (RANGE, delivery.pitch_range),
        ):
            self._library.espeak_SetParameter(parameter, value, 0)

    def _receive(self, samples: Any, count: int, events: Any) -> int:  # noqa: ANN401  # C pointers
        if samples and count > 0:
            self._blocks.append(np.ctypeslib.as_array(samples, shape=(count,)).copy())
        index = 0
        while events[index].type != EVENT_LIST_TERMINATED:
            if events[index].type == EVENT_WORD:
                self._onsets[events[index].text_position] = events[index].sample
            elif events[index].type == EVENT_PHONEME:
                pause = events[index].id.string.startswith(PAUSE)
                self._phonemes.append(Phoneme(events[index].sample, pause=pause))
            index += 1
        return 0


def word_ends(onsets: Sequence[int], phonemes: Sequence[Phoneme], samples: int) -> list[int]:
    """The sample at which each word's sound has ended.

    onsets: the words' first samples, ascending; phonemes: in order; samples: of the whole speech.
    A pause within a word, where more of it follows, is the word's; so are pauses where nothing else
    of it is reported.
    """
    ends = []
    for onset, limit in itertools.pairwise([*onsets, samples]):
        own = [phoneme for phoneme in phonemes if onset <= phoneme.sample < limit]
        after = list(itertools.takewhile(lambda phoneme: phoneme.pause, reversed(own)))
        ends.append(after[-1].sample if 0 < len(after) < len(own) else limit)
    return ends


def _places(words: list[str]) -> list[int]:
    """Where the library sees each word begin, in characters from 1; brackets are not the word's."""
    lengths = [len(word) + 1 for word in words]
    starts = itertools.accumulate(lengths[:-1], initial=1)
    brackets = (len(MNEMONICS) if word.startswith(MNEMONICS) else 0 for word in words)
    return [start + skipped for start, skipped in zip(starts, brackets, strict=True)]
