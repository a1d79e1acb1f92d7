"""A request to the model that answers it: named, the only one, or chosen.

    shortlist -> script of the text, or certainty on the recording -> choice -> recognizer -> answer

Synchronous, for the pool's threads: models may load here, and sound is decoded and heard.
"""

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Generic, NamedTuple, TypeVar

from service.chunking import Progress
from service.dictation import OnText
from service.emissions import Emissions
from service.errors import BundleError
from service.monitoring.facts import Fit, note_fit
from service.plausibility import LEAST_QUALITY
from service.recognizer import DEFAULTS, AlignOptions, Recognizer
from service.serving.catalogue import Shortlist, preference
from service.serving.choice import Choice, by_certainty, by_script
from service.serving.recording import Recording
from service.serving.served import ServedModel
from service.spans import Alignment, Transcript
from service.speech import Skipping

Result = TypeVar("Result", Transcript, Alignment)
Stages = dict[str, float]  # seconds by stage


@dataclass(frozen=True)
class Answer(Generic[Result]):
    """What a model answered, why that model, and the seconds of the stages before its own.

    cached: the model had heard this sound for an earlier request, and did not run again.
    """

    result: Result
    choice: Choice
    before: Stages
    cached: bool = False


def transcribe(
    shortlist: Shortlist,
    recording: Recording,
    *,
    on_progress: Progress | None = None,
    on_text: OnText | None = None,
    skipping: Skipping | None = None,
) -> Answer[Transcript]:
    """What is said, by the model that was asked for or is most certain.

    `on_progress` gets the seconds of audio that are done, `on_text` the answer's text, piece by
    piece as it is heard; each stops all by raising. skipping: which silence is not heard; None: all
    of it is. Raises BundleError if none of the models loads, and what decoding raises.
    """
    if on_text is None:
        return _transcribed(shortlist, recording, on_progress, None, skipping)
    told = Told(on_text)
    answer = _transcribed(shortlist, recording, on_progress, told, skipping)
    told.rest_of(answer.result.text)
    return answer


class Told:
    """How much of a text has been told."""

    def __init__(self, on_text: OnText) -> None:
        self._on_text = on_text
        self._length = 0

    def __call__(self, piece: str) -> None:
        """Tell what comes next."""
        self._length += len(piece)
        self._on_text(piece)

    def rest_of(self, text: str) -> None:
        """Tell what is left of the whole text, if anything is."""
        if rest := text[self._length :]:
            self(rest)


def _transcribed(
    shortlist: Shortlist,
    recording: Recording,
    on_progress: Progress | None,
    on_text: OnText | None,
    skipping: Skipping | None,
) -> Answer[Transcript]:
    before: Stages = {}
    hear = partial(recording.heard_by, on_progress=on_progress, on_text=on_text, skipping=skipping)
    found = _warm_ones(shortlist.lines, before)
    passed = [name for one in found for name in one.passed]
    if len(found) > 1:
        recognizers = [one.recognizer for one in found]
        return _most_certain(recognizers, recording, hear, passed, before)
    recognizer = found[0].recognizer
    choice = (
        shortlist.decision.choice(found[0].model)
        if shortlist.decision
        else _only_one(recognizer, shortlist)
    )
    emissions, cached = hear(recognizer)
    before["decode"] = recording.decode_sec
    return Answer(recognizer.read(emissions), _telling(choice, passed), before, cached)


def align(
    shortlist: Shortlist,
    recording: Recording,
    text: str,
    options: AlignOptions = DEFAULTS,
    *,
    on_progress: Progress | None = None,
) -> Answer[Alignment]:
    """When each word is said, by the model that was asked for or has the text's script.

    `on_progress` as in `transcribe`. Raises UndecidedLanguage, BundleError if the model does not
    load, and what decoding and alignment raise.
    """
    before: Stages = {}
    if shortlist.decision is None:
        found, choice = _of_script(shortlist, text, before)
    else:
        found = _first_that_loads(shortlist.lines[0], before)
        choice = shortlist.decision.choice(found.model)
    recognizer = found.recognizer
    sound = recording.sound_for(recognizer)
    began = time.perf_counter()
    frames = recognizer.frame_count(sound)  # no more of a text is read than they can hold
    written = recognizer.written(text, options, frames=frames, on_progress=on_progress)
    before["text"] = time.perf_counter() - began
    emissions, cached = recording.heard_by(recognizer, sound, on_progress=on_progress)
    before["decode"] = recording.decode_sec
    result = recognizer.place(emissions, written, options, on_progress=on_progress)
    note_fit(_fit(result))
    return Answer(result, _telling(choice, found.passed), before, cached)


def _fit(result: Alignment) -> Fit:
    words = Counter[str](word.status for word in result.words)
    return Fit(result.token_count, words, result.quality, result.quality >= LEAST_QUALITY)


class _Found(NamedTuple):
    """A model of a line that loads, and the ids of those before it, which do not."""

    model: ServedModel
    recognizer: Recognizer
    passed: list[str]


def _of_script(shortlist: Shortlist, text: str, before: Stages) -> tuple[_Found, Choice]:
    """The model of the language in whose default's script most of the text's letters are."""
    began = time.perf_counter()
    scripts = {model.manifest.id: model.script for model in shortlist.models}
    choice = by_script(text, scripts)
    before["language"] = time.perf_counter() - began
    line = next(line for line in shortlist.lines if line[0].manifest.id == choice.model)
    found = _first_that_loads([model for model in line if model.script == line[0].script], before)
    name = found.model.manifest.id
    if name != choice.model:  # told again, of the one that stands in
        renamed = {name if one == choice.model else one: scripts[one] for one in scripts}
        choice = by_script(text, renamed)
    return found, choice


def _most_certain(
    recognizers: Sequence[Recognizer],
    recording: Recording,
    hear: Callable[[Recognizer], tuple[Emissions, bool]],
    passed: Sequence[str],
    before: Stages,
) -> Answer[Transcript]:
    began = time.perf_counter()
    choice, recognizer, transcript = by_certainty(recording, recognizers)
    comparing_sec = time.perf_counter() - began - recording.decode_sec
    if transcript is not None:  # its stages are told as its own
        comparing_sec -= sum(transcript.timings.values())
    before |= {"decode": recording.decode_sec, "language": comparing_sec}
    cached = False
    if transcript is None:
        emissions, cached = hear(recognizer)
        transcript = recognizer.read(emissions)
    return Answer(transcript, _telling(choice, passed), before, cached)


def _warm_ones(lines: Sequence[Sequence[ServedModel]], before: Stages) -> list[_Found]:
    """The first of each line that loads; a line without one is passed over, unless none is left."""
    found: list[_Found] = []
    for line in lines:
        try:
            found.append(_first_that_loads(line, before))
        except BundleError:
            if line is lines[-1] and not found:
                raise
    return found


def _first_that_loads(line: Sequence[ServedModel], before: Stages) -> _Found:
    """Raises the BundleError of the first if none does."""
    faults = []
    for model in line:
        try:
            recognizer = _warm(model, before)
        except BundleError as error:
            faults.append(error)
        else:
            # One that failed for an earlier request stands behind those that may load.
            better = (item for item in line if preference(item) < preference(model))
            return _Found(model, recognizer, [item.manifest.id for item in better if item.fault])
    raise faults[0]


def _warm(model: ServedModel, before: Stages) -> Recognizer:
    """The recognizer; the stage `load` is told by requests that load it or wait for that."""
    if model.loaded is not None:
        return model.loaded.recognizer
    began = time.perf_counter()
    recognizer = model.recognizer()
    before["load"] = before.get("load", 0.0) + time.perf_counter() - began
    return recognizer


def _only_one(recognizer: Recognizer, shortlist: Shortlist) -> Choice:
    """Of several languages' models, the only one that is left."""
    only = recognizer.manifest
    others = [
        line[0].manifest.language
        for line in shortlist.lines
        if line[0].manifest.language != only.language
    ]
    reason = f"{only.id} answers: no model of {', '.join(others)} loads"
    return Choice(only.id, "only", reason)


def _telling(choice: Choice, passed: Sequence[str]) -> Choice:
    """The choice, with the models in its reason that would have come before and do not load."""
    if not passed:
        return choice
    reason = f"{choice.reason}; passed over, as it does not load: {', '.join(passed)}"
    return replace(choice, reason=reason)
