"""What is measured: engines, lengths, threads, rounds. A quick run is a smaller plan."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

OWN: Final = "ours"
BASE: Final = "ORT fp32"
STOCK: Final = "ORT int8, stock"
OUTLIERS: Final = "ours, against outliers"
REDUCED: Final = "ours, 7 bits"
PREPARED: Final = "ours, prepared and mapped"
OPENVINO: Final = ("OpenVINO fp32", "OpenVINO bf16", "OpenVINO int8")
AT_SEC: Final = 10  # of audio: where engines are compared
CONTEST: Final = (BASE, STOCK, *OPENVINO[1:], OWN, OUTLIERS)
CONTEST_ROUNDS, QUICK_ROUNDS = 11, 3
WIDE_LENGTHS_SEC: Final = (1, AT_SEC)


@dataclass(frozen=True)
class Engine:
    """How a worker loads it. form: the attribute of the models that gives the file.

    own: whether it runs in the service's environment, where there is no torch. up_to_sec: of audio:
    what longer audio would tell, another row tells.
    """

    name: str
    kind: str
    form: str
    own: bool = False
    options: Mapping[str, Any] = field(default_factory=dict)
    up_to_sec: int = sys.maxsize

    def description(self, model: Path, threads: int) -> dict[str, Any]:
        """What the worker's process is told."""
        return {"kind": self.kind, "model": str(model), "threads": threads, **self.options}


WAV2VEC2: Final = (
    Engine(BASE, "ort", "fp32", own=True),
    Engine("torch fp32", "torch", "checkpoint", options={"precision": "float32"}),
    Engine("torch int8, dynamic", "torch", "checkpoint", options={"precision": "int8"}),
    Engine(STOCK, "ort", "stock", own=True),
    Engine(OPENVINO[0], "openvino", "fp32", options={"precision": "f32"}, up_to_sec=AT_SEC),
    Engine(OPENVINO[1], "openvino", "fp32", options={"precision": "bf16"}),
    Engine(OPENVINO[2], "openvino", "openvino_int8", options={"precision": "bf16"}),
    Engine(OWN, "ours", "ours", own=True),
    Engine(OUTLIERS, "ours", "ours_outliers", own=True, up_to_sec=AT_SEC),
    Engine(REDUCED, "ours", "ours_reduced", own=True, up_to_sec=AT_SEC),
    Engine(PREPARED, "ours", "ours_prepared", own=True, options={"prepared": True}),
)
CONFORMER: Final = (
    Engine(BASE, "ort", "fp32", own=True),
    Engine("NeMo fp32", "nemo", "checkpoint", options={"frames": 2_000}),
    Engine(STOCK, "ort", "stock", own=True),
    Engine(OWN, "ours", "ours", own=True),
)
FILES: Final = (
    Engine("sherpa-onnx fp32", "sherpa-onnx", "for_peers", options={"quantization": "none"}),
    Engine("sherpa-onnx int8", "sherpa-onnx", "for_peers", options={"quantization": "int8"}),
    Engine("onnx-asr fp32", "onnx-asr", "for_peers", options={"quantization": "none"}),
    Engine("onnx-asr int8", "onnx-asr", "for_peers", options={"quantization": "int8"}),
    Engine(OWN, "file", "ours", own=True),
)


@dataclass(frozen=True)
class Plan:
    """Rounds are by seconds of audio: short ones cost little and vary much."""

    shape: str
    engines: tuple[Engine, ...]
    lengths_sec: tuple[int, ...]
    threads: tuple[int, ...]
    rounds: Mapping[int, int]
    clients: tuple[int, ...]
    crowded: tuple[str, ...]  # engines that hear several clients
    sections: tuple[str, ...]
    folder: Path
    python: Path  # of the service's environment
    contest_rounds: int = CONTEST_ROUNDS
    load_sec: float = 300.0  # at most
    ask_sec: float = 600.0  # at most

    def lengths(self, threads: int) -> tuple[int, ...]:
        """With more threads than one, some lengths: what they gain is much the same at all."""
        if threads == 1:
            return self.lengths_sec
        return tuple(seconds for seconds in self.lengths_sec if seconds in WIDE_LENGTHS_SEC)

    def contest(self) -> "Plan":
        """Those that the aims are about, alone: while eleven engines take turns, the ones that wait
        lose their caches, and with much memory in use their pages.
        """
        return replace(
            self,
            engines=self.only(*CONTEST),
            lengths_sec=(AT_SEC,),
            threads=(1,),
            rounds={AT_SEC: self.contest_rounds},
        )

    def interpreter(self, engine: Engine) -> Path:
        """The Python that its worker runs in."""
        return self.python if engine.own and self.python.exists() else Path(sys.executable)

    def only(self, *names: str) -> tuple[Engine, ...]:
        """Those of the engines."""
        return tuple(engine for engine in self.engines if engine.name in names)


LENGTHS_SEC: Final = (1, 3, 5, 10, 20, 30, 60)
ROUNDS: Final = {1: 7, 3: 5, 5: 5, 10: 7, 20: 2, 30: 1, 60: 1}
SECTIONS: Final = (
    *("limits", "contest", "wav2vec2", "throughput"),
    *("operators", "windows", "conformer", "recognition"),
)
QUICK_SECTIONS: Final = ("limits", "contest", "throughput")
QUICK: Final = (BASE, STOCK, OPENVINO[1], OWN)


def full(shape: str, folder: Path, python: Path) -> Plan:
    """Everything."""
    crowded = (STOCK, OPENVINO[2], OWN)
    return Plan(
        shape,
        WAV2VEC2,
        LENGTHS_SEC,
        (1, 2),
        ROUNDS,
        (1, 2, 4, 8, 16),
        crowded,
        sections=SECTIONS,
        folder=folder,
        python=python,
    )


def quick(shape: str, folder: Path, python: Path) -> Plan:
    """Four engines at 10 s of audio on one thread, two clients of ours, and the limits.

    Left out: other engines and lengths, two threads, the profiler, the minute in one request, and
    the conformer.
    """
    engines = tuple(engine for engine in WAV2VEC2 if engine.name in QUICK)
    return Plan(
        shape,
        engines,
        (AT_SEC,),
        (1,),
        {AT_SEC: QUICK_ROUNDS},
        (1, 2),
        (OWN,),
        sections=QUICK_SECTIONS,
        folder=folder,
        python=python,
        contest_rounds=QUICK_ROUNDS,
    )
