"""A graph in ONNX Runtime, as its own documentation has it: all optimisations, threads as told."""

import json
import tempfile
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
import onnxruntime
from numpy.typing import NDArray

KERNEL: Final = "_kernel_time"  # of a node, in a profile
LOOP: Final = "Loop"
MASK: Final = "attention_mask"
LENGTH: Final = "length"

Feed = dict[str, NDArray[Any]]


def settings(threads: int) -> onnxruntime.SessionOptions:
    """The defaults, but for the number of threads; 0 is one, for clients side by side."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads or 1
    options.inter_op_num_threads = 1
    return options


def feed(names: list[str], values: NDArray[np.float32]) -> Feed:
    """One input of a batch of one: the first name's; a mask is of ones, a length that of the input.

    values: float32 [N] samples or [features, T] frames.
    """
    fed: Feed = {}
    for name in names:
        if name == MASK:
            fed[name] = np.ones((1, values.shape[-1]), dtype=np.int64)
        elif name == LENGTH:
            fed[name] = np.array([values.shape[-1]], dtype=np.int64)
        else:
            fed[name] = values[np.newaxis]
    return fed


def profiled(graph: Path, options: onnxruntime.SessionOptions, fed: Feed) -> dict[str, float]:
    """Microseconds by operator of a second pass, by ONNX Runtime's own profiler."""
    with tempfile.TemporaryDirectory() as folder:
        options.enable_profiling = True
        options.profile_file_prefix = str(Path(folder) / "profile")
        session = onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
        for _ in range(2):
            session.run(None, fed)
        events = json.loads(Path(session.end_profiling()).read_text(encoding="utf-8"))
    return by_operator(events, passes=2)


def by_operator(events: list[dict[str, Any]], passes: int) -> dict[str, float]:
    """Microseconds of the last of so many equal passes, largest first. A loop's are those that its
    rounds' operators do not take, each of which is counted by itself.
    """
    kernels = [
        event for event in events if event.get("cat") == "Node" and event["name"].endswith(KERNEL)
    ]
    last = kernels[len(kernels) * (passes - 1) // passes :]
    spent: Counter[str] = Counter()
    for event in last:
        spent[event["args"]["op_name"]] += event["dur"]
    for loop in (event for event in last if event["args"]["op_name"] == LOOP):
        until = loop["ts"] + loop["dur"]
        inside = (event for event in last if loop["ts"] <= event["ts"] < until)
        spent[LOOP] -= sum(event["dur"] for event in inside if event is not loop)
    return dict(spent.most_common())


class OnnxRuntime:
    """A graph, its inputs told by their names."""

    def __init__(self, description: Mapping[str, Any]) -> None:
        self._graph, self._threads = Path(description["model"]), description["threads"]
        self._session = onnxruntime.InferenceSession(
            self._graph, settings(self._threads), providers=["CPUExecutionProvider"]
        )
        self._names = [node.name for node in self._session.get_inputs()]
        self.facts = {"onnxruntime": onnxruntime.__version__}

    def prepare(self, path: str) -> Feed:
        """path: an array in numpy's format."""
        return feed(self._names, np.load(path))

    def run(self, prepared: Feed) -> dict[str, Any]:
        """One pass."""
        outputs = self._session.run(None, prepared)
        return {"frames": outputs[0].shape[1]}

    def operators(self, prepared: Feed) -> dict[str, float]:
        """From a session that profiles."""
        return profiled(self._graph, settings(self._threads), prepared)


ENGINES: Final = {"ort": OnnxRuntime}
