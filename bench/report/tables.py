"""The tables of the page, in Markdown, each from one section of the figures."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from bench.plan import AT_SEC, BASE
from bench.report.aims import Reached
from bench.report.results import Results, over

NOTHING = "-"  # what was not measured


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Markdown; empty if there are no rows."""
    lines = [f"| {' | '.join(row)} |" for row in rows]
    if not lines:
        return ""
    return "\n".join([f"| {' | '.join(head)} |", f"{'|---' * len(head)}|", *lines])


def number(value: float | None, pattern: str) -> str:
    """A figure, or that there is none."""
    return NOTHING if value is None else format(value, pattern)


def machine_line(results: Results) -> str:
    """Hardware and versions."""
    machine = results.machine
    if not machine:
        return ""
    versions = ", ".join(f"{name} {version}" for name, version in machine["versions"].items())
    return (
        f"{machine['cpus']} cores of an {machine['cpu']} ({', '.join(machine['instructions'])}), "
        f"{machine['memory_gib']:g} GiB, Python {machine['python']}; {versions}."
    )


def aims_table(rows: Sequence[Reached]) -> str:
    """Every aim, met, missed or not measured."""
    words = {True: "met", False: "**missed**", None: "not measured"}
    signs = {">=": "at least", "<=": "at most"}
    return table(
        ("aim", "bound", "measured", ""),
        [
            (
                row.name,
                f"{signs[row.direction]} {row.aim:g}",
                number(row.value, ".3g" if (row.value or 0) < 100 else ".0f"),  # noqa: PLR2004
                words[row.met],
            )
            for row in rows
        ],
    )


def length_table(results: Results, section: str, threads: int) -> str:
    """Seconds and, against ORT fp32, times as fast, by engine and length."""
    engines = results.run(section, threads)["engines"]
    lengths = sorted({int(length) for engine in engines.values() for length in engine["lengths"]})
    return table(
        (f"{threads} thread{'s' if threads > 1 else ''}", *(f"{length} s" for length in lengths)),
        [
            (name, *(cell(results, section, name, length, threads) for length in lengths))
            for name in engines
        ],
    )


def cell(results: Results, section: str, name: str, length: int, threads: int) -> str:
    """Seconds, and how many times faster than ORT fp32."""
    seconds = results.seconds(section, name, length, threads)
    if seconds is None:
        return NOTHING
    times = over(results.seconds(section, BASE, length, threads), seconds)
    shown = f"{seconds:.3g} s"
    return shown if times is None or name == BASE else f"{shown} ({times:.2f} x)"


def cost_table(results: Results, section: str) -> str:
    """What an engine takes besides time."""
    rows = []
    for name, engine in results.run(section, 1)["engines"].items():
        memory = engine.get("memory", {})
        rows.append(
            (
                name,
                number(engine.get("size_mb"), ".0f"),
                number(engine.get("load_sec"), ".2f"),
                number(engine.get("loaded_rss_mb"), ".0f"),
                number(engine.get("loaded_private_mb"), ".0f"),
                number(memory.get("rss_mb"), ".0f"),
                number(memory.get("peak_mb"), ".0f"),
            )
        )
    longest = results.run(section, 1).get("longest_sec", "?")
    head = (
        *("", "MB on disk", "load, s", "MB resident, loaded", "of it private"),
        *(f"after {longest} s of audio", "peak of that request"),
    )
    return table(head, rows)


def limits_table(results: Results, engines: Sequence[str]) -> str:
    """The machine's peaks, and the fraction of the int8 one that each engine comes to."""
    rows = []
    for run in results.figures("limits") or ():
        threads = run["threads"]
        for kind in ("float32", "int8"):
            if kind in run:
                peak = f"{run[kind]['peak_gops']:.0f}"
                rows.append((f"{kind} product, {threads} thread(s)", peak, NOTHING))
        for name in engines:
            seconds = results.seconds("wav2vec2", name, AT_SEC, threads)
            if seconds is not None:
                rate = results.figures("wav2vec2")["operations"][str(AT_SEC)] / seconds / 1e9
                fraction = number(results.fraction("wav2vec2", name, AT_SEC, threads), ".2f")
                rows.append((f"{name}, {threads} thread(s)", f"{rate:.0f}", fraction))
    return table(("", "GOP/s", "of the int8 peak"), rows)


def clients_table(results: Results) -> str:
    """Seconds of audio a second, by clients, and times one client's."""
    found = results.figures("throughput").get("audio_sec_per_sec", {})
    counts = sorted({int(count) for engine in found.values() for count in engine})
    rows = []
    for name in found:
        alone = results.clients(name, 1)
        cells = []
        for count in counts:
            rate = results.clients(name, count)
            times = number(over(rate, alone), ".2f")
            cells.append(NOTHING if rate is None else f"{rate:.1f} ({times} x)")
        rows.append((name, *cells))
    return table(("clients", *map(str, counts)), rows)


def operators_table(results: Results, most: int) -> str:
    """Milliseconds by operator, those of the most time in any of the engines."""
    found: dict[str, dict[str, float]] = results.figures("operators").get("milliseconds", {})
    return table(
        ("operator, ms", *found),
        [
            (operator, *(f"{spent.get(operator, 0.0):.0f}" for spent in found.values()))
            for operator in heaviest(found, most)
        ],
    )


def heaviest(found: Mapping[str, Mapping[str, float]], most: int) -> list[str]:
    """The operators that take the most time in any of the engines, by that time."""
    weight: dict[str, float] = {}
    for spent in found.values():
        for operator, milliseconds in spent.items():
            weight[operator] = max(weight.get(operator, 0.0), milliseconds)
    return sorted(weight, key=lambda operator: -weight[operator])[:most]


def windows_line(results: Results) -> str:
    """The figures of a minute in one request."""
    found: dict[str, Any] = results.figures("windows")
    if not found:
        return ""
    return (
        f"A minute in one request: {found['request_sec']:.2f} s, in {found['windows']} windows "
        f"that hear {found['heard_sec']:.1f} s, {found['context_sec']:.1f} s of it context. A "
        f"window of 10 s alone takes {found['window_sec']:.3f} s, as many seconds in such windows "
        f"{found['expected_sec']:.2f} s: {found['times_expected']:.3f} x. Of six windows without "
        f"context it is {found['times_six_windows']:.2f} x."
    )


def memory_line(results: Results) -> str:
    """The memory of a minute in one request."""
    parts = []
    for weights in ("private", "mapped"):
        figures = (results.request_memory(weights, field) for field in ("peak_mb", "anonymous_mb"))
        peak, anonymous = (number(figure, ".0f") for figure in figures)
        parts.append(
            f"with {weights} weights {peak} MB at its peak, {anonymous} MB of it in no file that "
            "other processes could share"
        )
    return "" if not results.figures("windows").get("memory") else f"Memory: {'; '.join(parts)}."


def failures_list(results: Results) -> str:
    """What could not be measured, and why."""
    lines = []
    for section in ("wav2vec2", "conformer", "recognition"):
        for threads in (1, 2):
            for name, why in results.run(section, threads)["failures"].items():
                lines.append(f"- {section}, {name}, {threads} thread(s): {why}")
    return "\n".join(lines)
