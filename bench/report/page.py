"""The generated part of docs/BENCHMARKS.md, and the charts beside it."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from bench.plan import AT_SEC, OPENVINO, OUTLIERS, OWN, REDUCED, STOCK
from bench.report.aims import Reached
from bench.report.charts import Frame, bar_chart, line_chart
from bench.report.results import Results
from bench.report.tables import (
    aims_table,
    clients_table,
    cost_table,
    failures_list,
    heaviest,
    length_table,
    limits_table,
    machine_line,
    memory_line,
    operators_table,
    windows_line,
)

BEGIN: Final = (
    "<!-- bench: begin. `python -m bench.report` writes what stands between the marks -->"
)
END: Final = "<!-- bench: end -->"
IMAGES: Final = "img/bench"  # as the page names it
OPERATORS: Final = 9  # that have a colour; the rest is one part
ROWS: Final = 14  # of the operators' table
REST: Final = "the rest"
HOW: Final = (
    "Medians over turns in which every engine hears the same audio, one after another; times "
    "against ONNX Runtime's float32 in the same run. Random weights, which cost what trained ones "
    "cost. Each engine runs in a process of its own, on as many cores as it has threads."
)
LIMITS: Final = (
    "The fastest product with constant weights that ONNX Runtime does here, in the same run; all "
    "multiplications of the model (`bench/shapes.py`) counted as int8."
)
CLIENTS: Final = (
    f"Seconds of audio a second, {AT_SEC} s a request, all clients on one shared session of one "
    "thread a request. Ours has a core for each request and lets the others wait, as the service "
    "does; OpenVINO has a stream a core; with the stock graph all run at once."
)


class MarksMissing(ValueError):
    """A page without the two marks."""


def placed(page: str, generated: str) -> str:
    """The page with this between its marks. Raises MarksMissing."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise MarksMissing(f"expected a line {BEGIN!r} and, after it, {END!r}")
    return f"{before}{BEGIN}\n\n{generated.strip()}\n\n{END}{after}"


def generated(results: Results, aims: list[Reached], charts: Mapping[str, str]) -> str:
    """The text. Sections without figures are left out."""
    parts = [
        "## Inference against its peers: `make bench`",
        HOW,
        machine_line(results),
        "### Against the aims",
        aims_table(aims),
    ]
    shape = results.figures("wav2vec2").get("shape", "")
    for section, title in (
        ("contest", "### The contest: 10 s, one thread, nobody else in memory"),
        ("wav2vec2", f"### wav2vec2, {shape}"),
        ("conformer", "### Conformer, medium"),
        ("recognition", "### Conformer, from a file to its text"),
    ):
        tables = [length_table(results, section, threads) for threads in (1, 2)]
        if any(tables):
            parts += [title, *tables]
        if section == "wav2vec2":
            parts.append(image(charts, "rtf"))
        if section in {"wav2vec2", "conformer"}:
            parts.append(cost_table(results, section))
    parts += limits_parts(results)
    if results.figures("throughput"):
        parts += [
            "### Clients side by side",
            CLIENTS,
            clients_table(results),
            image(charts, "throughput"),
        ]
    if results.figures("operators"):
        title = f"### Time by operator, {AT_SEC} s, one thread, with the profiler on"
        parts += [title, operators_table(results, ROWS), image(charts, "operators")]
    if windows_line(results):
        parts += ["### A minute in one request", windows_line(results), memory_line(results)]
    if failures_list(results):
        parts += ["### Not measured", failures_list(results)]
    return "\n\n".join(part for part in parts if part)


def limits_parts(results: Results) -> list[str]:
    """The machine's limits, and which kernels OpenVINO took."""
    if not results.figures("limits"):
        return []
    engines = results.run("wav2vec2", 1)["engines"]
    kernels = [
        f"{name}: " + ", ".join(f"{kernel} {count}" for kernel, count in found.items())
        for name in OPENVINO
        if (found := engines.get(name, {}).get("facts", {}).get("kernels"))
    ]
    parts = [
        "### The machine's limits",
        LIMITS,
        limits_table(results, (STOCK, *OPENVINO, OWN, OUTLIERS, REDUCED)),
    ]
    if kernels:
        parts.append(f"OpenVINO's kernels, by their number: {'; '.join(kernels)}.")
    return parts


def image(charts: Mapping[str, str], name: str) -> str:
    """A chart in the text, if there is one."""
    return f"![{name}]({IMAGES}/{name}.svg)" if name in charts else ""


def charts(results: Results) -> dict[str, str]:
    """SVG by name."""
    found = {}
    engines: Mapping[str, Any] = results.run("wav2vec2", 1)["engines"]
    factors = {
        name: [
            (float(length), row["median_sec"] / float(length))
            for length, row in engine["lengths"].items()
        ]
        for name, engine in engines.items()
        if engine["lengths"]
    }
    if factors:
        frame = Frame("Real-time factor, one thread", "seconds of audio", "seconds a second")
        found["rtf"] = line_chart(frame, factors)
    rates: Mapping[str, Mapping[str, float]] = results.figures("throughput").get(
        "audio_sec_per_sec", {}
    )
    if rates:
        frame = Frame("Throughput, sessions of one thread", "clients", "seconds of audio a second")
        points = {
            name: [(float(count), rate) for count, rate in by_count.items()]
            for name, by_count in rates.items()
        }
        found["throughput"] = line_chart(frame, points)
    spent = results.figures("operators").get("milliseconds", {})
    if spent:
        frame = Frame(f"Time by operator, {AT_SEC} s of audio, one thread", "", "milliseconds")
        named = heaviest(spent, OPERATORS)
        found["operators"] = bar_chart(frame, {name: parted(spent[name], named) for name in spent})
    return found


def parted(spent: Mapping[str, float], named: Sequence[str]) -> dict[str, float]:
    """These operators, and all others as one."""
    kept = {operator: spent.get(operator, 0.0) for operator in named}
    return {**kept, REST: sum(spent.values()) - sum(kept.values())}
