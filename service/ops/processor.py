"""The CPU, as the system describes it, and how ONNX Runtime sums int8 products on it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

CPUINFO: Final = Path("/proc/cpuinfo")
# What multiplies int8 four at a time and sums in 32 bits: on x86 VNNI and AMX, on ARM dot products.
VNNI: Final = ("avx512_vnni", "avx_vnni", "amx_int8")
DOT_PRODUCTS: Final = ("i8mm", "asimddp")


@dataclass(frozen=True)
class Processor:
    """instructions: those it has, in the words of /proc/cpuinfo; empty where it is not told."""

    name: str
    instructions: frozenset[str]

    @property
    def fast(self) -> tuple[str, ...]:
        """Those that multiply int8 fast."""
        return tuple(name for name in (*VNNI, *DOT_PRODUCTS) if name in self.instructions)

    @property
    def sums_exactly(self) -> bool | None:
        """Whether products of u8 and 8-bit weights are summed exactly; None where it is not told.

        With AVX2 or AVX-512 but no VNNI of the same width, ONNX Runtime adds pairs of them into 16
        bits that saturate (vpmaddubsw). What is older, and every ARM, is exact: decision 16.
        """
        known = self.instructions
        if "avx2" in known:
            vnni = "avx512_vnni" if "avx512bw" in known else "avx_vnni"
            return vnni in known or "amx_int8" in known
        return True if known & {"sse2", "asimd"} else None


UNKNOWN: Final = Processor("this CPU", frozenset())


def read_processor(cpuinfo: Path = CPUINFO) -> Processor:
    """The first CPU of the machine; of other systems than Linux nothing is known."""
    try:
        first, _, _ = cpuinfo.read_text(encoding="utf-8", errors="replace").partition("\n\n")
    except OSError:
        first = ""
    pairs = (line.partition(":") for line in first.splitlines())
    fields = {name.strip(): value.strip() for name, _, value in pairs}
    known = fields.get("flags") or fields.get("Features") or ""
    return Processor(fields.get("model name", UNKNOWN.name), frozenset(known.split()))
