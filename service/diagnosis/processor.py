"""The CPU: its instructions, its quota, and the threads that share it."""

from pathlib import Path
from typing import Final

from service.diagnosis.finding import Finding
from service.ops.processor import CPUINFO, read_processor
from service.ops.settings import Settings

NEWER: Final = (
    "use a CPU with VNNI: Intel from Ice Lake or Alder Lake on, AMD from Zen 4 on; on ARM one with "
    "the dot product (asimddp)"
)


def check_instructions(cpuinfo: Path = CPUINFO) -> Finding:
    """Whether int8 is fast here."""
    processor = read_processor(cpuinfo)
    name, known = processor.name, processor.instructions
    if not known:
        return Finding("cpu", "ok", f"what {name} can do cannot be told here")
    if processor.fast:
        return Finding("cpu", "ok", f"{name} multiplies int8 fast ({', '.join(processor.fast)})")
    widest = next((flag for flag in ("avx512f", "avx2", "avx") if flag in known), None)
    rest = f"only {widest}" if widest else "and no AVX either"
    told = f"{name} has no instructions for int8 (VNNI), {rest}: half the speed or less"
    return Finding("cpu", "warning", told, NEWER)


def check_quota(quota: float | None, cpus: int) -> Finding:
    """quota: CPUs that the cgroup allows; cpus: whole ones that are used."""
    if quota is None:
        return Finding("quota", "ok", f"no quota; {_cpus(cpus)} may be used")
    if quota < 1:
        told = f"a quota of {quota:g} CPUs: one thread is stopped for a part of the time"
        return Finding("quota", "warning", told, "allow at least one whole CPU")
    if quota > cpus and quota % 1:
        told = f"a quota of {quota:g} CPUs, of which {cpus} are used: one more would be stopped"
        return Finding("quota", "warning", told, "allow a whole number of CPUs")
    return Finding("quota", "ok", f"a quota of {quota:g} CPUs; {_cpus(cpus)} may be used")


def check_threads(settings: Settings, cpus: int, threads: int, workers: int) -> Finding:
    """threads, workers: those that the server would have of the settings, on so many CPUs."""
    told = f"the server hears {workers} at a time, with {threads} thread{'s'[: threads > 1]} each"
    if settings.intra_op_threads > threads or settings.workers > workers:
        asked = f"{settings.workers or 'any number of'} x {settings.intra_op_threads}"
        change = (
            f"set KOLVANI_WORKERS and KOLVANI_INTRA_OP_THREADS to a product of at most {cpus}, or "
            "leave them away"
        )
        told = f"{told}, as {asked} are more than the {_cpus(cpus)}"
        return Finding("threads", "warning", told, change)
    if workers * threads < cpus:
        change = "leave KOLVANI_WORKERS and KOLVANI_INTRA_OP_THREADS away to use all"
        return Finding("threads", "warning", f"{told}, of {_cpus(cpus)}", change)
    return Finding("threads", "ok", told)


def _cpus(count: int) -> str:
    return f"{count} CPU{'s'[: count != 1]}"
