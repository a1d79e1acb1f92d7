"""Which kind of CPU this is: what decides how weights are laid out in memory."""

import platform
from pathlib import Path
from typing import Final

from service.ops.processor import CPUINFO, read_processor

# What matrix kernels are chosen by, as their names begin; not the clock, nor the caches.
INSTRUCTIONS: Final = ("sse", "ssse", "avx", "amx", "fma", "f16c", "asimd", "sve", "sme", "i8mm")


def processor_kind(cpuinfo: Path = CPUINFO) -> str:
    """The architecture and the instruction sets of the first CPU, in words.

    Two machines of which this differs do not share prepared models. Where there is no /proc, the
    architecture alone.
    """
    known = read_processor(cpuinfo).instructions
    return " ".join([platform.machine(), *sorted(i for i in known if i.startswith(INSTRUCTIONS))])
