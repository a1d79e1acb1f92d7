"""How often the service chooses the language that is spoken, where a request names none."""

from collections.abc import Mapping, Sequence
from typing import Any

from numpy.typing import NDArray

from export.demo.evaluate import audio_of, degraded, held_out_speech
from export.demo.hebrew import corpus as hebrew
from export.demo.hindi import corpus as hindi
from export.demo.speech.utterance import load_mono
from service.audio import Audio
from service.recognizer import Recognizer
from service.serving.choice import by_certainty
from service.serving.recording import Recording


def measure_choice(
    recognizers: Mapping[str, Recognizer], hebrew_split: hebrew.Split, hindi_split: hindi.Split
) -> dict[str, Any]:
    """Shares of recordings for which the model of their own language is the most certain one.

    recognizers: by language. Held-out sentences by held-out voices, the same degraded, and the
    human's held-out verses.
    """
    speech = {
        "he": held_out_speech(hebrew.HEBREW, hebrew_split.held_out_lines),
        "hi": held_out_speech(hindi.HINDI, hindi_split.held_out_lines),
    }
    figures: dict[str, Any] = {}
    for language, utterances in speech.items():
        for kind, items in (("clean", utterances), ("degraded", degraded(utterances))):
            waveforms = [item.waveform for item in items]
            figures[f"{language}_{kind}"] = _share_chosen(language, recognizers, waveforms)
    verses = [load_mono(item.path) for item in hebrew_split.held_out_recordings]
    if verses:
        figures["he_human"] = _share_chosen("he", recognizers, verses)
    return figures


def _share_chosen(
    language: str, recognizers: Mapping[str, Recognizer], waveforms: Sequence[NDArray[Any]]
) -> dict[str, Any]:
    wanted = recognizers[language].manifest.id
    contestants = [recognizers[name] for name in sorted(recognizers)]
    right = 0
    for waveform in waveforms:
        recording = _recorded(audio_of(waveform))
        right += by_certainty(recording, contestants).choice.model == wanted
    return {"recordings": len(waveforms), "right": round(right / len(waveforms), 4)}


def _recorded(audio: Audio) -> Recording:
    """At the one rate that both models have."""
    return Recording(lambda _: audio)
