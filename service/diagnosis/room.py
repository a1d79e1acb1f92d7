"""Memory, and the folder for long audio."""

import shutil
import tempfile
from typing import Final

from service.diagnosis.finding import Finding

MIB: Final = 1 << 20
SAMPLE_BYTES: Final = 4  # float32
RATE: Final = 16_000  # Hz; of the models that there are
TRIED_BYTES: Final = MIB
HOUR_SEC: Final = 3600


def check_memory(available: int | None, needed: int) -> Finding:
    """available: bytes, None where it cannot be told; needed: what the settings allow at most."""
    if available is None:
        return Finding("memory", "ok", "how much there is cannot be told here")
    told = f"{_mib(available)} to be had"
    if available >= needed:
        return Finding("memory", "ok", f"{told}; the settings may take {_mib(needed)}")
    return Finding(
        "memory",
        "warning",
        f"{told}, while the longest audio in every worker may take {_mib(needed)}",
        "give it more memory, or set KOLVANI_MAX_AUDIO_SEC, KOLVANI_WORKERS or "
        "KOLVANI_EMISSION_CACHE_BYTES lower",
    )


def check_temporary_folder(max_audio_sec: float, workers: int) -> Finding:
    """Whether long audio can be put there: it is written to and read back."""
    change = "set TMPDIR to a folder that can be written to, on a disk with room"
    try:
        folder = tempfile.gettempdir()
        _try(folder)
        free = shutil.disk_usage(folder).free
    except OSError as error:
        told = f"no temporary folder can be written to: {error.strerror or error}"
        return Finding("temporary folder", "broken", told, change)
    needed = int(max_audio_sec * RATE * SAMPLE_BYTES * workers)
    told = f"{folder} can be written to, {_mib(free)} free"
    if free >= needed:
        return Finding("temporary folder", "ok", told)
    hours = f"{max_audio_sec / HOUR_SEC:g} h"
    told = f"{told}; {workers} x {hours} of audio, the most allowed, take {_mib(needed)}"
    return Finding("temporary folder", "warning", told, f"{change}, or lower KOLVANI_MAX_AUDIO_SEC")


def _try(folder: str) -> None:
    written = bytes(range(256)) * (TRIED_BYTES // 256)
    with tempfile.TemporaryFile(dir=folder) as file:
        file.write(written)
        file.flush()
        file.seek(0)
        if file.read() != written:
            raise OSError("what was written does not come back")


def _mib(count: int) -> str:
    return f"{count / MIB:,.0f} MiB"
