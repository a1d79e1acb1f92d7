"""One aligner on one problem, in a process of its own: its time, its memory, its path's score.

`python -m bench.aligners NAME PROBLEM.npz REPETITIONS` prints a JSON object: CPU seconds of each
repetition, the most that memory grew by above the emissions, and the score; or what went wrong.
Only numpy and the aligner are needed, so that it runs in a peer's environment too.
"""

import argparse
import ctypes
import importlib
import importlib.util
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Problem = tuple[NDArray[np.float32], NDArray[np.int64], int]  # log_probs, targets, blank_id
Aligner = Callable[[NDArray[np.float32], NDArray[np.int64], int], float | None]

CUDA_LIBRARIES: Final = ("libcudart.so.13", "libc10_cuda.so", "libtorch_cuda.so")


def ours() -> Aligner:
    """service.align."""
    from service.align import forced_align  # noqa: PLC0415  # not needed by peers

    def align(log_probs: NDArray[np.float32], targets: NDArray[np.int64], blank_id: int) -> float:
        return float(forced_align(log_probs, targets, blank_id)[1].sum(dtype=np.float64))

    return align


def torchaudio() -> Aligner:
    """torchaudio.functional.forced_align's C++ kernel."""
    torch: Any = importlib.import_module("torch")
    torch.set_num_threads(1)
    try:
        importlib.import_module("torchaudio")
    except OSError:  # a wheel for CUDA beside a torch for CPUs
        _without_cuda("torchaudio")
    kernel = torch.ops.torchaudio.forced_align

    def align(log_probs: NDArray[np.float32], targets: NDArray[np.int64], blank_id: int) -> float:
        batch = torch.from_numpy(log_probs)[None], torch.from_numpy(targets)[None]
        lengths = torch.tensor([len(log_probs)]), torch.tensor([len(targets)])
        paths, scores = kernel(*batch, *lengths, blank_id)  # the wrapper gathers the path's own
        return float(scores[0, torch.arange(len(log_probs)), paths[0]].double().sum())

    return align


def ctc_forced_aligner() -> Aligner:
    """ctc-forced-aligner's C++ kernel, without the package's import of librosa."""
    folder = _folder("ctc_forced_aligner")
    found = importlib.util.spec_from_file_location("ctc_aligner", folder / "ctc_aligner.py")
    if found is None or found.loader is None:
        raise ImportError("expected ctc_aligner.py")
    module: Any = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)

    def align(log_probs: NDArray[np.float32], targets: NDArray[np.int64], blank_id: int) -> float:
        _, scores = module.align_sequences(log_probs[None], targets[None], blank_id)
        return float(scores.sum(dtype=np.float64))

    return align


def ctc_segmentation() -> Aligner:
    """ctc-segmentation, in Cython. It maximises something else, so that its score says nothing."""
    package: Any = importlib.import_module("ctc_segmentation")

    def align(log_probs: NDArray[np.float32], targets: NDArray[np.int64], blank_id: int) -> None:
        tokens = [str(token) for token in range(log_probs.shape[1])]
        config = package.CtcSegmentationParameters(char_list=tokens, blank=blank_id)
        truth, _ = package.prepare_token_list(config, [targets])
        package.ctc_segmentation(config, log_probs, truth)

    return align


ALIGNERS: Final[dict[str, Callable[[], Aligner]]] = {
    "ours": ours,
    "torchaudio": torchaudio,
    "ctc-forced-aligner": ctc_forced_aligner,
    "ctc-segmentation": ctc_segmentation,
}


def _folder(package: str) -> Path:
    found = importlib.util.find_spec(package)
    if found is None or found.origin is None:
        raise ImportError(f"expected the package {package}")
    return Path(found.origin).parent


def _without_cuda(package: str) -> None:
    """Load a package's kernels with bench/cuda_absent.c in CUDA's place."""
    for library in CUDA_LIBRARIES:
        ctypes.CDLL(str(Path(sys.prefix) / "cuda_absent" / library), ctypes.RTLD_GLOBAL)
    ctypes.CDLL(str(_folder(package) / "lib" / f"lib{package}.abi3.so"))


def memory_mb(field: str) -> float:
    """VmRSS, what is resident now, or VmHWM, the most there has been since it was reset."""
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith(f"{field}:"):
            return int(line.split()[1]) / 1024
    raise LookupError(field)


def grown_mb(work: Callable[[], object]) -> float:
    """By how much resident memory grows above what it was, at most, while `work` is done."""
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    before = memory_mb("VmRSS")
    work()
    return memory_mb("VmHWM") - before


def measured(name: str, problem: Problem, repetitions: int) -> dict[str, Any]:
    """Memory of a first call, times of those after it, or of the first if there are no others."""
    align = ALIGNERS[name]()
    align(np.log(np.full((9, 3), 1 / 3, dtype=np.float32)), np.array([1, 2]), 0)
    seconds = []
    scores = []

    def once() -> None:
        began = time.process_time()
        scores.append(align(*problem))
        seconds.append(time.process_time() - began)

    grown = grown_mb(once)
    for _ in range(repetitions):
        once()
    return {"seconds": seconds[1:] or seconds, "grown_mb": grown, "score": scores[0]}


def main() -> int:
    """Print one measurement."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", choices=sorted(ALIGNERS))
    parser.add_argument("problem", type=Path)
    parser.add_argument("repetitions", type=int)
    options = parser.parse_args()
    stored = np.load(options.problem)
    problem = (stored["log_probs"], stored["targets"], int(stored["blank_id"]))
    try:
        answer = measured(options.name, problem, options.repetitions)
    except (ImportError, OSError, RuntimeError, MemoryError, AssertionError, ValueError) as error:
        answer = {"failed": f"{type(error).__name__}: {error}".splitlines()[0]}
    print(json.dumps(answer))
    return 0


if __name__ == "__main__":
    sys.exit(main())
