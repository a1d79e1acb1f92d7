"""CPU limits as containers state them."""

import os
from pathlib import Path

import pytest

from service.ops.quota import cgroup_memory_limit, cgroup_quota, usable_cpus


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"cpu.max": "150000 100000\n"}, 1.5),
        ({"cpu.max": "max 100000\n"}, None),
        ({"cpu/cpu.cfs_quota_us": "400000", "cpu/cpu.cfs_period_us": "100000"}, 4.0),
        ({"cpu/cpu.cfs_quota_us": "-1", "cpu/cpu.cfs_period_us": "100000"}, None),
        ({}, None),
    ],
)
def test_quotas_of_both_cgroup_versions_are_read(
    tmp_path: Path, files: dict[str, str], expected: float | None
) -> None:
    """Version 2 first, then version 1, else no limit."""
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(content)
    assert cgroup_quota(tmp_path) == expected


def test_a_fraction_of_a_cpu_is_one(tmp_path: Path) -> None:
    """At least one CPU, and never more than the affinity mask holds."""
    (tmp_path / "cpu.max").write_text("20000 100000")
    assert usable_cpus(tmp_path) == 1
    (tmp_path / "cpu.max").write_text("99900000 100000")
    assert usable_cpus(tmp_path) == len(os.sched_getaffinity(0))


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"memory.max": "536870912\n"}, 1 << 29),
        ({"memory.max": "max\n"}, None),
        ({"memory/memory.limit_in_bytes": "1073741824\n"}, 1 << 30),
        ({"memory/memory.limit_in_bytes": "9223372036854771712\n"}, None),
        ({}, None),
    ],
)
def test_memory_limits_of_both_cgroup_versions_are_read(
    tmp_path: Path, files: dict[str, str], expected: int | None
) -> None:
    """Version 2 first, then version 1, whose largest number is no limit."""
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(content)
    assert cgroup_memory_limit(tmp_path) == expected
