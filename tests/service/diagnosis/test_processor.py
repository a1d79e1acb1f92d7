"""What is said of a CPU, its quota and its threads."""

from pathlib import Path

import pytest

from service.diagnosis.finding import Finding, worst
from service.diagnosis.processor import check_instructions, check_quota, check_threads
from service.ops.settings import Settings


def instructions(folder: Path, *lines: str) -> Finding:
    (folder / "cpuinfo").write_text("\n".join([*lines, "", "processor : 1"]), encoding="utf-8")
    return check_instructions(folder / "cpuinfo")


@pytest.mark.parametrize(
    ("flags", "verdict", "told"),
    [
        ("fpu avx2 avx512f avx512_vnni", "ok", "X1 multiplies int8 fast (avx512_vnni)"),
        ("fpu avx2 avx_vnni", "ok", "X1 multiplies int8 fast (avx_vnni)"),
        ("fpu avx2 avx512f", "warning", "X1 has no instructions for int8 (VNNI), only avx512f"),
        ("fpu avx2", "warning", "X1 has no instructions for int8 (VNNI), only avx2"),
        ("fpu sse2", "warning", "X1 has no instructions for int8 (VNNI), and no AVX either"),
    ],
)
def test_int8_needs_vnni(tmp_path: Path, flags: str, verdict: str, told: str) -> None:
    """Without, it says which CPUs have it."""
    found = instructions(tmp_path, "model name : X1", f"flags : {flags}")
    assert found.verdict == verdict
    assert found.told.startswith(told)
    assert ("VNNI" in found.change) == (verdict == "warning")


@pytest.mark.parametrize(("features", "verdict"), [("fp asimd asimddp", "ok"), ("fp", "warning")])
def test_on_arm_it_is_the_dot_product(tmp_path: Path, features: str, verdict: str) -> None:
    """Of which /proc/cpuinfo speaks in other words."""
    assert instructions(tmp_path, f"Features : {features}").verdict == verdict


def test_a_system_that_does_not_tell_is_not_blamed(tmp_path: Path) -> None:
    """There may be no /proc, or nothing in it."""
    assert check_instructions(tmp_path / "none").verdict == "ok"
    assert instructions(tmp_path, "model name : X1").verdict == "ok"


@pytest.mark.parametrize(
    ("quota", "cpus", "verdict"),
    [(None, 4, "ok"), (2.0, 2, "ok"), (8.0, 4, "ok"), (2.5, 2, "warning"), (0.5, 1, "warning")],
)
def test_a_quota_is_best_whole(quota: float | None, cpus: int, verdict: str) -> None:
    """The rest of it is not used; under one CPU every thread is stopped now and then."""
    assert check_quota(quota, cpus).verdict == verdict


@pytest.mark.parametrize(
    ("settings", "threads", "workers", "verdict"),
    [
        (Settings(), 1, 4, "ok"),
        (Settings(workers=2, intra_op_threads=2), 2, 2, "ok"),
        (Settings(workers=8), 1, 4, "warning"),
        (Settings(intra_op_threads=8), 4, 1, "warning"),
        (Settings(workers=1), 1, 1, "warning"),
        (Settings(intra_op_threads=3), 3, 1, "warning"),
    ],
)
def test_threads_should_be_as_many_as_cpus(
    settings: Settings, threads: int, workers: int, verdict: str
) -> None:
    """Of four; more would be cut down, and fewer leave some idle."""
    found = check_threads(settings, 4, threads, workers)
    assert found.verdict == verdict
    assert ("KOLVANI_WORKERS" in found.change) == (verdict == "warning")


def test_the_worst_finding_counts() -> None:
    """Warnings are more than nothing, and less than what is broken."""
    ok, warning, broken = (Finding("x", verdict, "") for verdict in ("ok", "warning", "broken"))
    assert worst([]) == worst([ok]) == "ok"
    assert worst([ok, warning, ok]) == "warning"
    assert worst([broken, warning]) == "broken"
