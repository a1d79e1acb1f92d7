"""The machine and the versions, without names of hosts or folders."""

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Final

FLAGS: Final = ("avx2", "avx512f", "avx512_vnni", "avx_vnni", "amx_int8", "amx_bf16")
PACKAGES: Final = (
    *("numpy", "onnxruntime", "onnx", "torch", "transformers", "optimum-onnx", "nemo_toolkit"),
    *("openvino", "nncf", "sherpa-onnx", "onnx-asr"),
)
GIB: Final = 1 << 30


def hardware() -> dict[str, Any]:
    """CPU, the instructions that matter, memory, and the packages' versions."""
    cpu = _fields(Path("/proc/cpuinfo"))
    memory = _fields(Path("/proc/meminfo")).get("MemTotal", "0 kB").split()[0]
    flags = set(cpu.get("flags", "").split())
    return {
        "cpu": cpu.get("model name", platform.machine()),
        "cpus": len(os.sched_getaffinity(0)),
        "instructions": [flag for flag in FLAGS if flag in flags],
        "memory_gib": round(int(memory) * 1024 / GIB, 1),
        "python": platform.python_version(),
        "versions": {name: found for name in PACKAGES if (found := _version(name))},
    }


def _fields(path: Path) -> dict[str, str]:
    """The first value of each name."""
    found: dict[str, str] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        name, _, value = line.partition(":")
        found.setdefault(name.strip(), value.strip())
    return found


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
