"""What kind of CPU it is decides which prepared models are its own."""

from pathlib import Path

import pytest

from service.preparing.processor import processor_kind

XEON = """\
processor : 0
vendor_id : GenuineIntel
cpu MHz : 2600.0
cache size : 1024 KB
flags : fpu sse2 avx avx2 avx512f avx512_vnni amx_int8

processor : 1
vendor_id : other
"""


@pytest.fixture
def xeon(tmp_path: Path) -> Path:
    path = tmp_path / "cpuinfo"
    path.write_text(XEON)
    return path


def changed(xeon: Path, before: str, after: str) -> str:
    path = xeon.with_name("other")
    path.write_text(XEON.replace(before, after))
    return processor_kind(path)


def test_instructions_are_told(xeon: Path) -> None:
    """In a fixed order, of the first CPU."""
    kind = processor_kind(xeon)
    assert kind.endswith(" amx_int8 avx avx2 avx512_vnni avx512f sse2")


@pytest.mark.parametrize("after", ["", "avx512_bf16", "avx512_vnni avx_vnni"])
def test_another_set_of_instructions_is_another_kind(xeon: Path, after: str) -> None:
    """One more or one less is enough."""
    assert changed(xeon, "avx512_vnni", after) != processor_kind(xeon)


@pytest.mark.parametrize(("before", "after"), [("2600", "3100"), ("1024", "2048"), ("fpu", "pae")])
def test_clock_and_caches_do_not_matter(xeon: Path, before: str, after: str) -> None:
    """Nor do flags that no matrix kernel asks for."""
    assert changed(xeon, before, after) == processor_kind(xeon)


def test_arm_tells_its_features(tmp_path: Path) -> None:
    """In other words."""
    (tmp_path / "arm").write_text("Features : fp asimd asimddp i8mm\nCPU part : 0xd40\n")
    assert processor_kind(tmp_path / "arm").endswith(" asimd asimddp i8mm")


def test_without_proc_there_is_the_architecture(tmp_path: Path) -> None:
    """Which is never empty."""
    assert processor_kind(tmp_path / "none").strip()
