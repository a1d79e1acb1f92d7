"""Which model answers a request that names none, and why.

A text is written in one of the models' scripts; a recording is heard by every model, and the one
that is most certain of what it hears is taken.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal, NamedTuple

from service.audio import Audio
from service.errors import UndecidedLanguage
from service.recognizer import Recognizer
from service.serving.recording import Recording
from service.spans import Transcript
from service.text.script import letters_by_script

PROBE_SEC: Final = 8.0  # from the first sound on, heard by every candidate

By = Literal["request", "only", "script", "certainty"]


@dataclass(frozen=True)
class Choice:
    """The id of the model that answers, what decided, and why in a sentence with its numbers.

    candidates: model -> the figure that was compared, in [0, 1]; empty if nothing was compared.
    """

    model: str
    by: By
    reason: str
    candidates: Mapping[str, float] = field(default_factory=dict)


class Heard(NamedTuple):
    """The most certain model; `transcript` is its answer where the probe was the whole sound."""

    choice: Choice
    recognizer: Recognizer
    transcript: Transcript | None


def by_script(text: str, scripts: Mapping[str, str | None]) -> Choice:
    """The model in whose script most of the text's letters are; the first of those that tie.

    scripts: model -> the script of its letters. Raises UndecidedLanguage if no letter is in any.
    """
    found = letters_by_script(text)
    counts = {model: found[script] if script else 0 for model, script in scripts.items()}
    most = max(counts.values())
    if most == 0:
        raise _undecided(found, scripts)
    best, *others = (model for model, count in counts.items() if count == most)
    shares = {model: round(count / found.total(), 4) for model, count in counts.items()}
    tie = f"; {best} comes before {', '.join(others)}" if others else ""
    return Choice(best, "script", _told(found, scripts) + tie, shares)


def by_certainty(recording: Recording, recognizers: Sequence[Recognizer]) -> Heard:
    """The model that is most certain of PROBE_SEC from the first sound on; the first of those that
    tie.
    """
    audios = [recording.at(recognizer.manifest.sample_rate) for recognizer in recognizers]
    start_sec = _probe_start_sec(audios[0])
    probes = [audio.part(start_sec, PROBE_SEC) for audio in audios]
    heard = [item.transcribe(probe) for item, probe in zip(recognizers, probes, strict=True)]
    best = max(range(len(heard)), key=lambda index: heard[index].certainty)
    place = _place(start_sec, probes[best].duration_sec)
    choice = _most_certain(heard, best, place)
    whole = probes[best] is audios[best]
    return Heard(choice, recognizers[best], heard[best] if whole else None)


def _probe_start_sec(audio: Audio) -> float:
    """Of a recording that is longer than the probe: its first sound, as far as a whole probe
    follows.
    """
    return min(audio.onset_sec, max(0.0, audio.duration_sec - PROBE_SEC))


def _place(start_sec: float, probe_sec: float) -> str:
    """E.g. "the first 8.0 s", or "8.0 s from 12.3 s" where silence went before."""
    start = f"{start_sec:.1f}"
    return f"{probe_sec:.1f} s from {start} s" if float(start) else f"the first {probe_sec:.1f} s"


def _told(found: Counter[str], scripts: Mapping[str, str | None]) -> str:
    """E.g. "the text has 9 letters: 7 Hebrew (he-demo), 2 Latin"."""
    parts = []
    for script, count in found.most_common():
        models = ", ".join(model for model, own in scripts.items() if own == script)
        parts.append(f"{count} {script.title()}" + (f" ({models})" if models else ""))
    return f"the text has {found.total()} letters: " + ", ".join(parts)


def _most_certain(heard: Sequence[Transcript], best: int, place: str) -> Choice:
    candidates = {item.model: round(item.certainty, 4) for item in heard}
    winner = heard[best]
    if winner.certainty == 0:
        reason = f"no model hears speech in {place}: {winner.model} ({winner.language}) comes first"
    else:
        ranked = sorted(heard, key=lambda item: -item.certainty)
        (model, certainty), *others = ((item.model, item.certainty) for item in ranked)
        rest = "".join(f", {other} to {value:.2f}" for other, value in others)
        reason = f"{model} is certain to {certainty:.2f}{rest}, on {place}"
    return Choice(winner.model, "certainty", reason, candidates)


def _undecided(found: Counter[str], scripts: Mapping[str, str | None]) -> UndecidedLanguage:
    known = sorted({script for script in scripts.values() if script})
    came = [script for script, _ in found.most_common()]
    got = f"{found.total()} in {', '.join(came)}" if came else "none"
    return UndecidedLanguage(
        f"expected letters in {' or '.join(known)} to choose the language by, got {got}: "
        "give the language or the model",
        param="language",
        scripts_known=known,
        scripts_found=came,
    )
