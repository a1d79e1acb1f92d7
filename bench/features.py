"""What log-mel features cost: against NeMo's own preprocessor, and against the model they feed.

    .venv-export/bin/python -m bench.features

Everything on one thread and in turn, the model in int8. Ratios are of medians over interleaved
repetitions; milliseconds are shown only to tell the size. They are of CPU time, for a neighbour's
turn on the core would be most of what a wall clock shows of so little work.
"""

import platform
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np
import onnxruntime
import torch
from numpy.typing import NDArray

from bench.medium import CONFIG, medium_conformer, medium_preprocessor
from bench.transcribe import medians, tiled
from export.nemo.recipe import read_recipe
from service.audio import decode_file
from service.features import LogMel

LENGTHS_SEC: Final = (1, 10, 60)
REPETITIONS: Final = 21
CLIP: Final = Path("examples/he-1.wav")

RECIPE: Final = read_recipe(CONFIG["preprocessor"], edges="zeros")


def one_thread_session(graph: Path) -> onnxruntime.InferenceSession:
    """A session on the caller's thread alone."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])


def print_table(session: onnxruntime.InferenceSession, speech: NDArray[np.float32]) -> None:
    """Ours, NeMo's and the model's time for each length."""
    ours, nemo = LogMel(RECIPE), medium_preprocessor()
    print("audio        ours    NeMo's preprocessor    int8 model    ours / model")
    for length in LENGTHS_SEC:
        waveform = tiled(speech, length * RECIPE.sample_rate)
        tensor, samples = torch.from_numpy(waveform)[np.newaxis], torch.tensor([len(waveform)])
        features = ours(waveform)
        feeds = {
            "audio_signal": features[np.newaxis],
            "length": np.array([features.shape[1]], np.int64),
        }
        mine, theirs, model = medians(
            partial(ours, waveform),
            partial(nemo, input_signal=tensor, length=samples),
            partial(session.run, ["logprobs"], feeds),
            repetitions=REPETITIONS,
            clock=time.process_time,
        )
        print(
            f"{length:4d} s   {mine * 1000:6.2f} ms  {theirs / mine:16.2f} x  "
            f"{model * 1000:10.1f} ms  {mine / model:12.2%}"
        )


def main() -> int:
    """Export the model into a temporary folder, and print the table."""
    torch.set_num_threads(1)
    speech = decode_file(CLIP, RECIPE.sample_rate, max_sec=60).waveform[:]
    with tempfile.TemporaryDirectory() as folder:
        session = one_thread_session(medium_conformer(Path(folder)))
        print(f"numpy {np.__version__}, torch {torch.__version__}, ", end="")
        print(f"ONNX Runtime {onnxruntime.__version__}, {platform.machine()}, ", end="")
        print(f"Python {platform.python_version()}, 1 thread\n")
        print_table(session, speech)
    return 0


if __name__ == "__main__":
    sys.exit(main())
