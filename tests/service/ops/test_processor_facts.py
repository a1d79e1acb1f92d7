"""What ONNX Runtime makes of a CPU, by what /proc/cpuinfo says of it."""

from pathlib import Path

import pytest

from service.ops.processor import read_processor


@pytest.mark.parametrize(
    ("line", "exact"),
    [
        ("flags : fpu sse2 avx2 avx512bw avx512_vnni", True),
        ("flags : fpu sse2 avx2 avx_vnni", True),
        ("flags : fpu sse2 avx2 amx_int8", True),
        ("flags : fpu sse2 avx2 avx512f avx512bw", False),
        ("flags : fpu sse2 avx2 avx512bw avx_vnni", False),
        ("flags : fpu sse2 avx2", False),
        ("flags : fpu sse2 avx", True),
        ("Features : fp asimd asimddp", True),
        ("Features : fp asimd", True),
        ("Features : fp", None),
        ("hart : 0", None),
    ],
)
def test_avx2_without_vnni_saturates(tmp_path: Path, line: str, exact: bool | None) -> None:
    """Newer instructions sum in 32 bits, older ones widen first, and the unknown is not blamed."""
    (tmp_path / "cpuinfo").write_text(f"model name : X1\n{line}\n\nprocessor : 1\n")
    processor = read_processor(tmp_path / "cpuinfo")
    assert (processor.name, processor.sums_exactly) == ("X1", exact)


def test_without_proc_nothing_is_known(tmp_path: Path) -> None:
    """On systems other than Linux."""
    assert read_processor(tmp_path / "none").sums_exactly is None
