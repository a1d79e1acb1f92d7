"""From figures to aims, tables, charts and the page."""

import json
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest

from bench.figures import rounded, write
from bench.measures.windows import summed
from bench.peers.onnx_runtime import by_operator
from bench.plan import BASE, OPENVINO, OUTLIERS, OWN, STOCK, full, quick
from bench.report.aims import AIMS, reached
from bench.report.charts import Frame, bar_chart, ceiling, line_chart
from bench.report.page import BEGIN, END, MarksMissing, charts, generated, placed
from bench.report.results import Results
from bench.report.tables import table

# What the issue and the aligner's own set, in the order of the rows.
BOUNDS = [
    *((3.0, ">="), (1.3, ">="), (1.2, ">="), (0.65, ">="), (2.7, ">="), (1.85, ">=")),
    *((1.05, "<="), (1.3, ">="), (1.0, ">="), (1.0, ">="), (900.0, "<=")),
    *((0.005, "<="), (2.0, "<="), (2.0, "<="), (2.5, ">="), (2.5, ">=")),
    *((20.0, "<="), (20.0, "<="), (300.0, "<="), (1.0, "<="), (1.0, "<="), (1.0, "<=")),
]
SVG = "{http://www.w3.org/2000/svg}"


def seconds(**engines: float) -> dict[str, Any]:
    """A run of one thread at ten seconds, and at a minute three times as long each."""
    names = {"base": BASE, "stock": STOCK, "own": OWN, "outliers": OUTLIERS}
    names |= {"vino": OPENVINO[1], "vino8": OPENVINO[2]}
    return {
        "threads": 1,
        "longest_sec": 60,
        "engines": {
            names.get(name, name): {
                "size_mb": 10.0,
                "load_sec": 0.5,
                "loaded_rss_mb": 100.0,
                "loaded_private_mb": 90.0,
                "facts": {},
                "memory": {"rss_mb": 500.0, "peak_mb": 600.0},
                "lengths": {"10": {"median_sec": value}, "60": {"median_sec": 9 * value}},
            }
            for name, value in engines.items()
        },
        "failures": {"torch fp32": "ended with signal 9: said nothing"},
    }


def sections() -> dict[str, Any]:
    """Small figures of every section."""
    wav2vec2 = seconds(base=6.0, stock=3.0, vino=2.0, vino8=1.5, own=1.0, outliers=2.0)
    files = {"engines": {}, "failures": {}, "threads": 1}
    forms = (("sherpa-onnx fp32", 0.5), ("sherpa-onnx int8", 0.4), ("onnx-asr int8", 0.6))
    for name, value in (*forms, (OWN, 0.2)):
        files["engines"][name] = {"lengths": {"10": {"median_sec": value}}}
    machine = {
        "cpu": "Some CPU",
        "cpus": 2,
        "instructions": ["avx2"],
        "memory_gib": 8.0,
        "python": "3.11",
        "versions": {"onnxruntime": "1.0"},
    }
    timed = {
        "shape": "xls-r-300m",
        "operations": {"10": 5e11, "60": 4e12},
        "runs": [wav2vec2],
    }
    crowded = seconds(base=12.0, stock=9.0, vino=9.0, vino8=9.0, own=9.0, outliers=9.0)
    figures = {
        "contest": timed,
        "wav2vec2": {**timed, "runs": [crowded]},
        "limits": [{"threads": 1, "int8": {"peak_gops": 1000.0}, "float32": {"peak_gops": 100.0}}],
        "throughput": {"audio_sec_per_sec": {OWN: {"1": 10.0, "2": 19.0}}},
        "operators": {"milliseconds": {OWN: {"MatMul": 7.0, "Gelu": 1.0}, BASE: {"Conv": 9.0}}},
        "windows": {
            **summed({"request": [8.4, 8.2, 9.9], "window": [1.0, 1.0, 1.1]}, [160_000] * 8),
            "memory": {
                "private": {"anonymous_mb": 680.0, "peak_mb": 800.0},
                "mapped": {"anonymous_mb": 90.0, "peak_mb": 650.0},
            },
        },
        "conformer": {"runs": [seconds(base=0.4, stock=0.3, own=0.2)]},
        "recognition": [files],
        "align": {
            "synthetic": {
                "500": {"ours": {"cpu_sec": 0.004, "grown_mb": 0.4}},
                "30000": {
                    "ours": {"cpu_sec": 0.4, "grown_mb": 6.0},
                    "torchaudio": {"failed": "ended by signal 11"},
                    "ctc-forced-aligner": {"cpu_sec": 1.2, "grown_mb": 80.0},
                },
            }
        },
    }
    return {name: {"machine": machine, "figures": item} for name, item in figures.items()}


@pytest.fixture
def results() -> Results:
    return Results(sections())


def values(results: Results) -> dict[str, float | None]:
    return {row.name: row.value for row in reached(results)}


def test_every_aim_has_a_row_with_its_bound() -> None:
    """Measured or not: a row an aim, and no bound was moved."""
    rows = reached(Results({}))
    assert [(row.aim, row.direction) for row in rows] == BOUNDS
    assert len({row.name for row in rows}) == len(AIMS) == len(BOUNDS)
    assert {row.value for row in rows} == {None}
    assert {row.met for row in rows} == {None}
    assert set(rows[0].row()) == {"name", "value", "aim", "direction"}


def test_aims_are_ratios_of_the_same_run(results: Results) -> None:
    """Each value by hand; OpenVINO's is the contest's best, a recogniser's its better form."""
    found = list(values(results).values())
    assert found[:6] == pytest.approx([6.0, 3.0, 1.5, 0.5, 3.0, 1.9])
    assert found[6:11] == pytest.approx([1.05, 1.5, 2.0, 3.0, 800.0])
    assert found[11] == 0.004
    assert found[14] == pytest.approx(3.0)


def test_a_missed_aim_stays_and_says_so(results: Results) -> None:
    """Half of the peak is no 0.65; what failed was not measured."""
    rows = reached(results)
    assert [row.met for row in rows[:4]] == [True, True, True, False]
    by_name = {row.name: row for row in rows}
    assert by_name["aligner: times faster than torchaudio at 30,000 frames"].met is None
    assert by_name["aligner: memory at 30,000 frames over the least of the peers'"].value == (
        pytest.approx(6 / 80)
    )


def test_the_committed_aims_are_those_of_the_committed_figures(root: Path) -> None:
    """aims.json has a row for each aim, made of the files beside it."""
    folder = root / "bench/results"
    if not (folder / "aims.json").exists():
        pytest.skip("nothing is measured yet")
    kept = json.loads((folder / "aims.json").read_text(encoding="utf-8"))
    assert kept == rounded([row.row() for row in reached(Results.read(folder))])


def test_a_page_tells_all_of_it(results: Results) -> None:
    """Aims, every table, charts and failures; sections without figures are left out."""
    drawn = charts(results)
    text = generated(results, reached(results), drawn)
    assert "| 300M, 10 s, 1 thread: times faster than ORT fp32 | at least 3 | 6 | met |" in text
    assert "| at least 0.65 | 0.5 | **missed** |" in text
    assert "| ours | 1 s (6.00 x) | 9 s (6.00 x) |" in text
    assert "| ours | 9 s (1.33 x) | 81 s (1.33 x) |" in text
    assert "| ours, 1 thread(s) | 56 | 0.06 |" in text
    assert "| ours | 10.0 (1.00 x) | 19.0 (1.90 x) |" in text
    assert "in 8 windows that hear 80.0 s, 20.0 s of it context" in text
    assert "with private weights 800 MB at its peak" in text
    assert "with mapped weights 650 MB at its peak, 90 MB of it in no file" in text
    assert "- wav2vec2, torch fp32, 1 thread(s): ended with signal 9" in text
    assert text.count("![") == len(drawn) == 3
    bare = generated(Results({}), reached(Results({})), {})
    assert "not measured" in bare
    assert "###" in bare
    assert "Clients" not in bare


def test_the_rest_of_a_page_is_left_alone() -> None:
    """What stands between the marks is replaced, as often as one likes."""
    page = f"# Title\n\n{BEGIN}\n\nold\n\n{END}\n\nby hand\n"
    once = placed(page, "new")
    assert once == f"# Title\n\n{BEGIN}\n\nnew\n\n{END}\n\nby hand\n"
    assert placed(once, "new") == once
    for broken in ("no marks", f"{END}{BEGIN}", BEGIN):
        with pytest.raises(MarksMissing):
            placed(broken, "new")


def test_the_benchmarks_page_has_the_marks(root: Path) -> None:
    """So that the command can write there."""
    placed((root / "docs/BENCHMARKS.md").read_text(encoding="utf-8"), "")


def test_the_command_writes_page_charts_and_aims(root: Path, tmp_path: Path) -> None:
    """From files to files, in a process of its own, with the runtime's packages alone."""
    folder, page = tmp_path / "results", tmp_path / "docs/PAGE.md"
    for path in (folder, page.parent):
        path.mkdir()
    for name, document in sections().items():
        write(folder / f"{name}.json", document)
    page.write_text(f"# Title\n{BEGIN}\n{END}\n", encoding="utf-8")
    command = [sys.executable, "-m", "bench.report", "--results", folder, "--page", page]
    subprocess.run(command, cwd=root, check=True, capture_output=True)
    assert "### Against the aims" in page.read_text(encoding="utf-8")
    names = sorted(path.name for path in (page.parent / "img/bench").iterdir())
    assert names == ["operators.svg", "rtf.svg", "throughput.svg"]
    aims = json.loads((folder / "aims.json").read_text(encoding="utf-8"))
    assert len(aims) == len(BOUNDS)


def test_charts_are_drawn_to_scale() -> None:
    """Twice the value stands twice as high; names are escaped."""
    frame = Frame("a < b", "x", "y")
    lines = ET.fromstring(line_chart(frame, {"one & two": [(1.0, 1.0), (2.0, 2.0)]}))  # noqa: S314
    dots = [float(dot.attrib["cy"]) for dot in lines.iter(f"{SVG}circle")]
    zero = max(float(line.attrib["y1"]) for line in lines.iter(f"{SVG}line"))
    assert zero - dots[1] == pytest.approx(2 * (zero - dots[0]), abs=0.2)
    assert "one & two" in {text.text for text in lines.iter(f"{SVG}text")}
    bars = ET.fromstring(bar_chart(frame, {"p": {"m": 3.0, "n": 1.0}, "q": {"n": 2.0}}))  # noqa: S314
    heights = [float(bar.attrib["height"]) for bar in bars.iter(f"{SVG}rect") if "y" in bar.attrib]
    stacked = [height for height in heights if height > 20]
    assert stacked[0] == pytest.approx(3 * stacked[1], abs=0.2)
    assert stacked[2] == pytest.approx(2 * stacked[1], abs=0.2)


@pytest.mark.parametrize(
    ("value", "above"), [(0.013, 0.02), (1, 1), (2.1, 5), (7, 10), (999, 1000), (0, 1)]
)
def test_scales_end_on_round_numbers(value: float, above: float) -> None:
    """1, 2 or 5 times a power of ten."""
    assert ceiling(value) == pytest.approx(above)


def test_a_table_without_rows_is_nothing() -> None:
    """No head without a body."""
    assert table(("a",), []) == ""


def test_figures_keep_five_digits(tmp_path: Path) -> None:
    """And integers as they are."""
    write(tmp_path / "x.json", {"a": [1.23456789, 123456789], "b": (0.1,)})
    found = json.loads((tmp_path / "x.json").read_text(encoding="utf-8"))
    assert found == {"a": [1.2346, 123456789], "b": [0.1]}


def test_a_profile_is_summed_over_its_last_pass() -> None:
    """Kernels alone, by operator, the largest first; the first pass warms up."""

    def event(operator: str, micro: int, kind: str = "_kernel_time") -> dict[str, Any]:
        return {"cat": "Node", "name": f"n{kind}", "dur": micro, "args": {"op_name": operator}}

    passes = [
        *(event("Gelu", 90), event("MatMul", 90), event("MatMul", 90)),
        *(event("Gelu", 5), event("MatMul", 3), event("MatMul", 4)),
    ]
    noise = [{"cat": "Session", "name": "model_run", "dur": 999}, event("Gelu", 7, "_fence")]
    assert by_operator([*noise, *passes], passes=2) == {"MatMul": 7, "Gelu": 5}


def test_a_loop_is_not_counted_twice() -> None:
    """What its rounds' operators take is theirs; the profiler notes a node when it has ended."""

    def event(operator: str, begin: int, micro: int) -> dict[str, Any]:
        times = {"ts": begin, "dur": micro}
        return {"cat": "Node", "name": "n_kernel_time", "args": {"op_name": operator}, **times}

    inside = [event("MatMul", 110, 30), event("Gelu", 145, 20), event("MatMul", 170, 25)]
    events = [event("Gelu", 90, 9), *inside, event("Loop", 100, 100), event("MatMul", 200, 7)]
    assert by_operator(events, passes=1) == {"MatMul": 62, "Gelu": 29, "Loop": 25}


def test_plans_measure_what_they_say() -> None:
    """The full one has all lengths, threads and clients; every length has its rounds."""
    for make in (full, quick):
        plan = make("tiny", Path(), Path())
        assert set(plan.lengths_sec) <= set(plan.rounds)
        names = [engine.name for engine in plan.engines]
        assert len(set(names)) == len(names)
        assert set(plan.crowded) <= set(names)
        assert {BASE, OWN} <= set(names)
    plan = full("tiny", Path(), Path())
    assert plan.lengths_sec == (1, 3, 5, 10, 20, 30, 60)
    assert plan.clients == (1, 2, 4, 8, 16)
    assert plan.threads == (1, 2)
    assert set(quick("tiny", Path(), Path()).sections) < set(plan.sections)


def test_a_contest_is_between_few() -> None:
    """Those that the aims are about, at ten seconds on one thread, in more turns."""
    contest = full("tiny", Path(), Path()).contest()
    assert {engine.name for engine in contest.engines} == {
        *(BASE, STOCK, OPENVINO[1], OPENVINO[2], OWN, OUTLIERS)
    }
    assert (contest.lengths_sec, contest.threads, contest.rounds) == ((10,), (1,), {10: 11})
