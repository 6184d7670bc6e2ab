"""Charts as inline SVG, without scripts."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from math import log10

from chorusline.evaluate.base import Chart

WIDTH, HEIGHT = 460, 300
LEFT, RIGHT, TOP, BOTTOM = 62, 14, 12, 44


def svg(chart: Chart) -> str:
    """Draw a chart; returns an <svg> element with a title for readers who can't see it."""
    x_low, x_high, y_low, y_high = _range(chart)
    across = _scale(x_low, x_high, LEFT, WIDTH - RIGHT, chart.log)
    up = _scale(y_low, y_high, HEIGHT - BOTTOM, TOP, chart.log)
    parts = [
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(chart.title, quote=True)}">',
        f"<title>{escape(chart.title)}</title>",
        *_axes(chart, across, up, (x_low, x_high, y_low, y_high)),
    ]
    if chart.diagonal:
        low, high = max(x_low, y_low), min(x_high, y_high)
        parts.append(_line(across(low), up(low), across(high), up(high), "promise"))
    parts += _bars(chart, across, up) if chart.kind == "bars" else _curve(chart, across, up)
    return "".join((*parts, "</svg>"))


def _range(chart: Chart) -> tuple[float, float, float, float]:
    if chart.kind == "bars":
        return 0.0, 1.0, 0.0, max(*chart.y, 1.0)
    if chart.log:
        low = min((v for v in (*chart.x, *chart.y) if v > 0), default=0.001)
        low = 10.0 ** min(-2, round(log10(low) - 0.5))
        return low, 1.0, low, 1.0
    return 0.0, 1.0, 0.0, 1.0


def _scale(low: float, high: float, start: float, end: float, log: bool) -> Callable[[float], float]:
    """Return the map from values to pixels."""
    if log:
        return lambda v: (
            start + (end - start) * (log10(max(v, low)) - log10(low)) / (log10(high) - log10(low))
        )
    return lambda v: start + (end - start) * (v - low) / (high - low)


def _ticks(low: float, high: float, log: bool) -> list[float]:
    if log:
        return [10.0**k for k in range(round(log10(low)), round(log10(high)) + 1)]
    return [low + (high - low) * k / 4 for k in range(5)]


def _axes(
    chart: Chart,
    across: Callable[[float], float],
    up: Callable[[float], float],
    limits: tuple[float, float, float, float],
) -> list[str]:
    x_low, x_high, y_low, y_high = limits
    parts = []
    for value in _ticks(x_low, x_high, chart.log):
        parts.append(_line(across(value), TOP, across(value), HEIGHT - BOTTOM, "grid"))
        parts.append(_word(across(value), HEIGHT - BOTTOM + 16, f"{value:g}", "middle"))
    for value in _ticks(y_low, y_high, chart.log):
        parts.append(_line(LEFT, up(value), WIDTH - RIGHT, up(value), "grid"))
        parts.append(_word(LEFT - 6, up(value) + 4, f"{value:,.6g}", "end"))
    parts.append(_word((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 6, chart.x_label, "middle"))
    middle = (TOP + HEIGHT - BOTTOM) / 2
    turned = f'transform="rotate(-90 14 {middle:.1f})"'
    parts.append(
        f'<text x="14" y="{middle:.1f}" text-anchor="middle" {turned}>{escape(chart.y_label)}</text>'
    )
    return parts


def _curve(chart: Chart, across: Callable[[float], float], up: Callable[[float], float]) -> list[str]:
    points = [(across(x), up(y)) for x, y in zip(chart.x, chart.y, strict=True)]
    parts = [
        _line(across(x), up(low), across(x), up(high), "interval")
        for x, low, high in zip(chart.x, chart.low, chart.high, strict=False)
    ]
    parts.append('<polyline class="curve" points="' + " ".join(f"{x:.1f},{y:.1f}" for x, y in points) + '"/>')
    if len(points) <= 50:
        parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3"/>' for x, y in points]
    return parts


def _bars(chart: Chart, across: Callable[[float], float], up: Callable[[float], float]) -> list[str]:
    wide = chart.x[1] - chart.x[0] if len(chart.x) > 1 else 1.0
    return [
        f'<rect x="{across(x) + 0.5:.1f}" y="{up(y):.1f}" width="{across(x + wide) - across(x) - 1:.1f}" '
        f'height="{up(0) - up(y):.1f}"><title>{y:,g}</title></rect>'
        for x, y in zip(chart.x, chart.y, strict=True)
    ]


def _line(x1: float, y1: float, x2: float, y2: float, look: str) -> str:
    return f'<line class="{look}" x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"/>'


def _word(x: float, y: float, word: str, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(word)}</text>'
