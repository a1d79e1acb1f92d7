"""A request to the model that answers it: named, the only one, or chosen.

    shortlist -> script of the text, or certainty on the recording -> choice -> recognizer -> answer

Synchronous, for the pool's threads: models may load here, and sound is decoded and heard.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from service.catalogue import Shortlist
from service.choice import Choice, by_certainty, by_script
from service.errors import BundleError
from service.recognizer import Recognizer
from service.recording import Recording
from service.served import ServedModel
from service.spans import Alignment, Transcript

Result = TypeVar("Result", Transcript, Alignment)
Stages = dict[str, float]  # seconds by stage


@dataclass(frozen=True)
class Answer(Generic[Result]):
    """What a model answered, why that model, and the seconds of the stages before its own."""

    result: Result
    choice: Choice
    before: Stages


def transcribe(shortlist: Shortlist, recording: Recording) -> Answer[Transcript]:
    """What is said, by the model that was asked for or is most certain.

    Raises BundleError if none of them loads, and what decoding raises.
    """
    before: Stages = {}
    recognizers = _warm_ones(shortlist.models, before)
    choice = shortlist.choice or _only_one(recognizers)
    if choice is None:
        return _most_certain(recognizers, recording, before)
    audio = recording.at(recognizers[0].manifest.sample_rate)
    before["decode"] = recording.decode_sec
    return Answer(recognizers[0].transcribe(audio), choice, before)


def align(shortlist: Shortlist, recording: Recording, text: str) -> Answer[Alignment]:
    """When each word is said, by the model that was asked for or has the text's script.

    Raises UndecidedLanguage, BundleError if the model does not load, and what decoding and
    alignment raise.
    """
    before: Stages = {}
    models = {model.manifest.id: model for model in shortlist.models}
    choice = shortlist.choice
    if choice is None:
        began = time.perf_counter()
        choice = by_script(text, {name: model.script for name, model in models.items()})
        before["language"] = time.perf_counter() - began
    recognizer = _warm(models[choice.model], before)
    audio = recording.at(recognizer.manifest.sample_rate)
    before["decode"] = recording.decode_sec
    return Answer(recognizer.align(audio, text), choice, before)


def _most_certain(
    recognizers: Sequence[Recognizer], recording: Recording, before: Stages
) -> Answer[Transcript]:
    began = time.perf_counter()
    choice, recognizer, transcript = by_certainty(recording, recognizers)
    comparing_sec = time.perf_counter() - began - recording.decode_sec
    if transcript is not None:  # its stages are told as its own
        comparing_sec -= sum(transcript.timings.values())
    before |= {"decode": recording.decode_sec, "language": comparing_sec}
    if transcript is None:
        transcript = recognizer.transcribe(recording.at(recognizer.manifest.sample_rate))
    return Answer(transcript, choice, before)


def _warm_ones(models: Sequence[ServedModel], before: Stages) -> list[Recognizer]:
    """Those that load; a broken one is passed over, unless it leaves none."""
    warm = []
    for model in models:
        try:
            warm.append(_warm(model, before))
        except BundleError:
            if model is models[-1] and not warm:
                raise
    return warm


def _warm(model: ServedModel, before: Stages) -> Recognizer:
    """The recognizer; the stage `load` is told by requests that load it or wait for that."""
    if model.loaded is not None:
        return model.loaded.recognizer
    began = time.perf_counter()
    recognizer = model.recognizer()
    before["load"] = before.get("load", 0.0) + time.perf_counter() - began
    return recognizer


def _only_one(recognizers: Sequence[Recognizer]) -> Choice | None:
    if len(recognizers) > 1:
        return None
    only = recognizers[0].manifest.id
    return Choice(only, "only", f"{only} is the only model that loads")
