"""How much memory this process holds."""

import os
from pathlib import Path
from typing import Final

STATM: Final = Path("/proc/self/statm")
RESIDENT_FIELD: Final = 1  # of "size resident shared text lib data dt", in pages


def resident_bytes(statm: Path = STATM) -> int | None:
    """Resident memory, shared pages included; None where there is no /proc."""
    try:
        fields = statm.read_text(encoding="ascii").split()
    except OSError:
        return None
    return int(fields[RESIDENT_FIELD]) * os.sysconf("SC_PAGE_SIZE")
