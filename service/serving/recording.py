"""A request's sound, at the rate of whichever model listens, and what models heard in it."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from service.audio import Audio, check_duration
from service.chunking import Progress
from service.dictation import OnText
from service.emissions import Emissions
from service.recognizer import Recognizer
from service.serving.emission_cache import EmissionCache, EmissionKey
from service.speech import Skipping


@dataclass(frozen=True)
class Keeping:
    """Where emissions are kept between requests. content_id: names what the sound's file holds;
    max_audio_sec: the longest sound that this request may ask for.
    """

    cache: EmissionCache
    content_id: Callable[[], str]
    max_audio_sec: float


class Recording:
    """One upload or file, decoded once for each rate that is asked for. For one thread.

    It owns what was decoded, of which the long ones are files: whoever makes it, closes it.
    """

    def __init__(self, decode_at: Callable[[int], Audio], keeping: Keeping | None = None) -> None:
        self._decode_at = decode_at
        self._keeping = keeping
        self._decoded: dict[int, Audio] = {}
        self._content_id: str | None = None
        self.decode_sec = 0.0  # spent on the file so far

    def at(self, sample_rate: int) -> Audio:
        """The whole sound at `sample_rate` Hz. Raises what decoding raises."""
        if sample_rate not in self._decoded:
            began = time.perf_counter()
            self._decoded[sample_rate] = self._decode_at(sample_rate)
            self.decode_sec += time.perf_counter() - began
        return self._decoded[sample_rate]

    def sound_for(
        self, recognizer: Recognizer, skipping: Skipping | None = None
    ) -> Audio | Emissions:
        """What a model heard in an earlier request of the same sound, if that was kept; the sound
        otherwise. skipping: as `Recognizer.listen` has it; what was heard with another is none of
        it. Raises what decoding raises, and AudioTooLong.
        """
        key = self._key(recognizer, skipping)
        kept = self._keeping.cache.get(key) if self._keeping and key else None
        if kept is not None and self._keeping is not None:
            length = kept.clock.duration_sec
            check_duration(length, kept.padding_sec, self._keeping.max_audio_sec)
            return kept
        return self.at(recognizer.manifest.sample_rate)

    def heard_by(
        self,
        recognizer: Recognizer,
        sound: Audio | Emissions | None = None,
        *,
        on_progress: Progress | None = None,
        on_text: OnText | None = None,
        skipping: Skipping | None = None,
    ) -> tuple[Emissions, bool]:
        """What a model hears, and whether that was kept from an earlier request of the same sound.

        sound: its `sound_for`, where that was asked for before; on_text, skipping: as
        `Recognizer.listen` has them, the first not called where the emissions were kept. Raises
        what the two and the model raise.
        """
        if sound is None:
            sound = self.sound_for(recognizer, skipping)
        if isinstance(sound, Emissions):
            return sound, True
        emissions = recognizer.listen(
            sound, on_progress=on_progress, on_text=on_text, skipping=skipping
        )
        key = self._key(recognizer, skipping)
        if self._keeping and key:
            self._keeping.cache.put(key, emissions)
        return emissions, False

    @property
    def duration_sec(self) -> float:
        """Of what was decoded; 0 before."""
        return max((audio.duration_sec for audio in self._decoded.values()), default=0.0)

    def close(self) -> None:
        """Let go of all audio."""
        for audio in self._decoded.values():
            audio.close()
        self._decoded.clear()

    def _key(self, recognizer: Recognizer, skipping: Skipping | None) -> EmissionKey | None:
        """None where nothing could be kept."""
        if self._keeping is None or self._keeping.cache.max_bytes == 0:
            return None
        if self._content_id is None:  # reads the whole file
            began = time.perf_counter()
            self._content_id = self._keeping.content_id()
            self.decode_sec += time.perf_counter() - began
        return EmissionKey(self._content_id, recognizer.manifest.id, skipping)
