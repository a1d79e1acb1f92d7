"""Windows of long audio: what they cost, and how far they agree with hearing all of it at once.

    python -m bench.windows --model models/he-demo --clips examples/he-*.wav

A row a length, and for each context: the seconds that go through the model for a second of audio,
the CPU time of it as a ratio to the windows that are served (medians over interleaved repetitions),
and the share of letters that are others than in the text of all the audio heard at once: edits, as
in a letter error rate. A last table holds a minute in one request against six windows that keep ten
seconds each, with their context.
"""

import argparse
import platform
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from itertools import cycle
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from bench.transcribe import medians
from service.acoustic import OnnxAcousticModel
from service.audio import Audio, decode_file
from service.bundle import Bundle, open_bundle
from service.chunking import Emitter
from service.ctc import greedy_decode
from service.features import features_of
from service.windows import WINDOWING, Windowing, windows

Waveform = NDArray[np.float32]

HEARD_SEC = (5.0, 6.0, 8.0, 10.0, 12.0, 15.0, 20.0, 30.0)
CONTEXTS_SEC = (0.5, 1.0, 2.0)
GAP_SEC = 0.4
WHOLE = Windowing(1e6, 0.0)
MAX_SEC = 3600.0
MINUTE_SEC = 60.0
TENS = 6
TEN_SEC = 10.0


def table(emitter: Emitter, audio: Audio, repetitions: int, *, blank_id: int) -> None:
    """Cost and agreement by length and context."""
    tried = [
        Windowing(heard - 2 * context, context) for heard in HEARD_SEC for context in CONTEXTS_SEC
    ]
    emitters = [emitter, *(replace(emitter, windowing=one) for one in tried)]
    works = [partial(one.log_probs, audio) for one in emitters]
    own, *costs = medians(*works, repetitions=repetitions, clock=time.process_time)
    whole = letters(replace(emitter, windowing=WHOLE).log_probs(audio), blank_id)
    print(f"served: at most {told(WINDOWING)}, {1000 * own / audio.duration_sec:.2f} ms of CPU ")
    print(
        f"a second of {audio.duration_sec:.0f} s, of which {len(whole)} letters are heard at once"
    )
    print("\nmost     " + "   ".join(f"context {one:4.2f} s        " for one in CONTEXTS_SEC))
    print("heard    " + "   ".join("heard   cost  others " for _ in CONTEXTS_SEC))
    for row, heard in enumerate(HEARD_SEC):
        cells = []
        for column in range(len(CONTEXTS_SEC)):
            index = row * len(CONTEXTS_SEC) + column
            one = emitters[1 + index]
            others = edits(letters(one.log_probs(audio), blank_id), whole) / max(1, len(whole))
            share = heard_frames(one, audio) / one.frame_count(len(audio.waveform))
            cells.append(f"{share:5.2f}  {costs[index] / own:5.2f}  {others:6.1%}")
        print(f"{heard:3.0f} s    " + "   ".join(cells))


def minute_table(emitter: Emitter, audio: Audio, repetitions: int) -> None:
    """A minute in one request, against windows that keep ten seconds of it each."""
    context = emitter.windowing.context_sec
    rate = audio.sample_rate
    minute = Audio(audio.waveform[: round(MINUTE_SEC * rate)], rate, MINUTE_SEC)
    part = Audio(audio.waveform[: round((TEN_SEC + 2 * context) * rate)], rate, TEN_SEC)
    once = replace(emitter, windowing=WHOLE)

    def tens() -> None:
        for _ in range(TENS):
            once.log_probs(part)

    served, parts = medians(
        partial(emitter.log_probs, minute), tens, repetitions=repetitions, clock=time.process_time
    )
    frame_sec = emitter.framing.stride / rate
    heard_sec = heard_frames(emitter, minute) * frame_sec
    parts_sec = TENS * emitter.frame_count(len(part.waveform)) * frame_sec
    print(f"a minute in one request: {heard_sec:.1f} s heard, {heard_sec / parts_sec:.3f} x those ")
    print(f"of 6 x 10 s with {context:g} s on both sides; CPU time {served / parts:.3f} x")


def heard_frames(emitter: Emitter, audio: Audio) -> int:
    """What goes through the model."""
    plan = windows(
        emitter.frame_count(len(audio.waveform)),
        *emitter.windowing.frames(emitter.framing, audio.sample_rate),
    )
    return sum(window.last - window.first for window in plan)


def letters(log_probs: NDArray[np.float32], blank_id: int) -> list[int]:
    """The tokens of the best path."""
    return [span.token for span in greedy_decode(log_probs, blank_id)]


def edits(ones: Sequence[int], others: Sequence[int]) -> int:
    """Levenshtein's distance, a row at a time."""
    row = np.arange(len(others) + 1)
    places = np.arange(len(others) + 1)
    targets = np.array(others, dtype=int)
    for index, one in enumerate(ones):
        best = np.minimum(row[1:] + 1, row[:-1] + (targets != one))
        best = np.concatenate([[index + 1], best])
        row = np.minimum.accumulate(best - places) + places
    return int(row[-1])


def told(windowing: Windowing) -> str:
    """In words."""
    return f"{windowing.kept_sec:g} s kept and {windowing.context_sec:g} s of context on each side"


def joined(paths: Sequence[Path], rate: int, seconds: float) -> Audio:
    """The clips one after another, again from the first where they are too short."""
    clips = [decode_file(path, rate, MAX_SEC).waveform[:] for path in paths]
    pieces: list[Waveform] = []
    for clip in cycle(clips):
        pieces += [clip, np.zeros(round(GAP_SEC * rate), np.float32)]
        if sum(map(len, pieces)) >= seconds * rate:
            break
    whole = np.concatenate(pieces)[: round(seconds * rate)]
    return Audio(whole, rate, len(whole) / rate)


def emitter_of(bundle: Bundle) -> Emitter:
    """A model, one thread."""
    manifest = bundle.manifest
    return Emitter(OnnxAcousticModel(bundle), features_of(manifest), manifest.framing)


def main() -> int:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, default=Path("models/he-demo"))
    parser.add_argument("--clips", type=Path, nargs="+", required=True)
    parser.add_argument("--seconds", type=float, default=120.0, help="of audio a measurement")
    parser.add_argument("--repetitions", type=int, default=3)
    parser.add_argument("--skip", choices=["lengths", "minute"], help="leave one table out")
    options = parser.parse_args()
    bundle = open_bundle(options.model)
    emitter = emitter_of(bundle)
    audio = joined(options.clips, bundle.manifest.sample_rate, options.seconds)
    print(f"{bundle.manifest.id}, ONNX Runtime {onnxruntime.__version__}, {platform.machine()}, ")
    print(f"Python {platform.python_version()}, 1 thread\n")
    if options.skip != "lengths":
        table(emitter, audio, options.repetitions, blank_id=bundle.manifest.blank_id)
        print()
    if options.skip != "minute":
        minute_table(emitter, audio, options.repetitions)
    return 0


if __name__ == "__main__":
    sys.exit(main())
