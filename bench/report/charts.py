"""Small SVG charts, written by hand: no library, and the same bytes for the same figures."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from math import floor, log10
from typing import Final

WIDTH, HEIGHT = 720, 360  # pixels
LEFT, RIGHT, TOP, BOTTOM = 60, 210, 36, 44  # margins; the legend stands in the right one
PLOT_WIDTH: Final = WIDTH - LEFT - RIGHT
PLOT_HEIGHT: Final = HEIGHT - TOP - BOTTOM
TICKS: Final = 5
LINE: Final = 17  # pixels, of the legend
# Okabe and Ito's colours, which the colour-blind tell apart, and two greys.
COLOURS: Final = (
    *("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9"),
    *("#000000", "#8c8c8c", "#5b3f00", "#7d5fb2"),
)
STEPS: Final = (1, 2, 5, 10)

Point = tuple[float, float]


@dataclass(frozen=True)
class Frame:
    """What stands around a chart."""

    title: str
    across: str
    up: str


def line_chart(frame: Frame, series: Mapping[str, Sequence[Point]]) -> str:
    """A line a series over x, whose values are spaced evenly; y from 0."""
    places = sorted({x for points in series.values() for x, _ in points})
    top = ceiling(max((y for points in series.values() for _, y in points), default=1.0))
    across = {x: LEFT + PLOT_WIDTH * (index + 0.5) / len(places) for index, x in enumerate(places)}
    parts = [*axes(frame, top), *(tick(across[x], f"{x:g}") for x in places)]
    for index, (name, points) in enumerate(series.items()):
        colour = COLOURS[index % len(COLOURS)]
        dots = [(across[x], height(y, top)) for x, y in sorted(points)]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in dots)
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>' for x, y in dots]
        parts.append(legend(index, name, colour))
    return document(parts)


def bar_chart(frame: Frame, bars: Mapping[str, Mapping[str, float]]) -> str:
    """A bar a name, of stacked parts that have the same colours in all."""
    top = ceiling(max((sum(parts.values()) for parts in bars.values()), default=1.0))
    names = list(dict.fromkeys(name for parts in bars.values() for name in parts))
    colours = {name: COLOURS[index % len(COLOURS)] for index, name in enumerate(names)}
    drawn = axes(frame, top)
    width = PLOT_WIDTH / max(1, len(bars))
    for index, (bar, parts) in enumerate(bars.items()):
        left, reached = LEFT + width * (index + 0.2), 0.0
        for name, value in parts.items():
            upper = height(reached + value, top)
            drawn.append(
                f'<rect x="{left:.1f}" y="{upper:.1f}" width="{width * 0.6:.1f}" '
                f'height="{height(reached, top) - upper:.1f}" fill="{colours[name]}"/>'
            )
            reached += value
        drawn.append(tick(left + width * 0.3, bar))
    drawn += [legend(index, name, colours[name]) for index, name in enumerate(names)]
    return document(drawn)


def ceiling(value: float) -> float:
    """The next round number above."""
    power = 10.0 ** floor(log10(value)) if value > 0 else 1.0
    return next(step * power for step in STEPS if step * power >= value)


def height(value: float, top: float) -> float:
    """Where a value stands, in pixels from above."""
    return TOP + PLOT_HEIGHT * (1 - value / top)


def axes(frame: Frame, top: float) -> list[str]:
    """Title, grid and names."""
    parts = [
        text(LEFT, TOP - 14, frame.title, weight="bold"),
        text(LEFT + PLOT_WIDTH / 2, HEIGHT - 8, frame.across, anchor="middle"),
        sideways(14, TOP + PLOT_HEIGHT / 2, frame.up),
    ]
    for index in range(TICKS + 1):
        value = top * index / TICKS
        y = height(value, top)
        parts.append(
            f'<line x1="{LEFT}" x2="{LEFT + PLOT_WIDTH}" y1="{y:.1f}" y2="{y:.1f}" stroke="#ddd"/>'
        )
        parts.append(text(LEFT - 6, y + 4, f"{value:.4g}", anchor="end"))
    return parts


def tick(x: float, name: str) -> str:
    """A name below the axis."""
    return text(x, TOP + PLOT_HEIGHT + 18, name, anchor="middle")


def legend(index: int, name: str, colour: str) -> str:
    """A colour and its name, at the right."""
    x, y = LEFT + PLOT_WIDTH + 14, TOP + LINE * index
    swatch = f'<rect x="{x}" y="{y}" width="10" height="10" fill="{colour}"/>'
    return swatch + text(x + 16, y + 9, name)


def text(x: float, y: float, content: str, anchor: str = "start", weight: str = "normal") -> str:
    """A line of it."""
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-weight="{weight}">'
        f"{escape(content)}</text>"
    )


def sideways(x: float, y: float, content: str) -> str:
    """A line of it that reads upwards."""
    turned = f'<text transform="translate({x:g} {y:g}) rotate(-90)" text-anchor="middle">'
    return f"{turned}{escape(content)}</text>"


def document(parts: Sequence[str]) -> str:
    """The file."""
    body = "\n".join(parts)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        f'font-family="sans-serif" font-size="12" fill="#222">\n'
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>\n{body}\n</svg>\n'
    )
