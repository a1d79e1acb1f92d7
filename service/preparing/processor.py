"""Which kind of CPU this is: what decides how weights are laid out in memory."""

import platform
from pathlib import Path
from typing import Final

CPUINFO: Final = Path("/proc/cpuinfo")
# Of /proc/cpuinfo, on x86 `flags`, on ARM `Features`: what matrix kernels are chosen by. Not the
# clock, nor the caches.
FIELDS: Final = ("vendor_id", "CPU implementer")
FLAGS: Final = ("flags", "Features")
INSTRUCTIONS: Final = ("sse", "ssse", "avx", "amx", "fma", "f16c", "asimd", "sve", "sme", "i8mm")


def processor_kind(cpuinfo: Path = CPUINFO) -> str:
    """The architecture, the vendor and the instruction sets of the first CPU, in words.

    Two machines of which this differs do not share prepared models. Where there is no /proc, the
    architecture alone.
    """
    fields = _fields(cpuinfo)
    vendor = [fields[name] for name in FIELDS if name in fields]
    flags = {flag for name in FLAGS for flag in fields.get(name, "").split()}
    known = sorted(flag for flag in flags if flag.startswith(INSTRUCTIONS))
    return " ".join([platform.machine(), *vendor, *known])


def _fields(cpuinfo: Path) -> dict[str, str]:
    try:
        first, _, _ = cpuinfo.read_text(encoding="utf-8", errors="replace").partition("\n\n")
    except OSError:
        return {}
    pairs = (line.partition(":") for line in first.splitlines())
    return {name.strip(): value.strip() for name, _, value in pairs}
