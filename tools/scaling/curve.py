"""Curves as an SVG picture, with axes and a legend; no library needed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

INK, GREY, RULE = "#222", "#666", "#e3e3e3"
COLOURS = ("#0b6e99", "#d9730d", "#6940a5", "#448361")
LEFT, TOP, WIDTH, HEIGHT = 64, 56, 440, 280
BESIDE = 96
"""Between two panels."""


@dataclass(frozen=True)
class Curve:
    """A line through points, in the panel's own units."""

    name: str
    points: Sequence[tuple[float, float]]
    colour: int = 0
    is_dashed: bool = False


@dataclass(frozen=True)
class Panel:
    """Curves over the same axes, which begin at zero."""

    title: str
    across: str
    up: str
    curves: Sequence[Curve]

    @property
    def most(self) -> tuple[float, float]:
        """The ends of both axes."""
        points = [point for curve in self.curves for point in curve.points]
        return max(x for x, _ in points), max(y for _, y in points)


def draw(panels: Sequence[Panel], label: str) -> str:
    """The picture, panels side by side. `label` says what it shows to those who do not see it."""
    width = LEFT + len(panels) * (WIDTH + BESIDE) - 40
    rows = max(len(panel.curves) for panel in panels)
    height = TOP + HEIGHT + 64 + 20 * rows
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        f'font-family="Helvetica, Arial, sans-serif" role="img" aria-label="{escape(label)}">',
        f'<rect width="{width}" height="{height}" fill="#fff"/>',
    ]
    for number, panel in enumerate(panels):
        parts += _panel(panel, LEFT + number * (WIDTH + BESIDE))
    return "\n".join([*parts, "</svg>"]) + "\n"


def _panel(panel: Panel, left: float) -> Iterator[str]:
    ends = tuple(_round_up(most) for most in panel.most)
    yield _text(left, TOP - 24, panel.title, size=15, colour=INK, weight="bold")
    for step in range(6):
        x, y = left + WIDTH * step / 5, TOP + HEIGHT * (1 - step / 5)
        yield f'<line x1="{left}" y1="{y:.1f}" x2="{left + WIDTH}" y2="{y:.1f}" stroke="{RULE}"/>'
        yield _text(x, TOP + HEIGHT + 18, f"{ends[0] * step / 5:,g}", anchor="middle")
        yield _text(left - 8, y + 4, f"{ends[1] * step / 5:,g}", anchor="end")
    yield _text(left + WIDTH / 2, TOP + HEIGHT + 38, panel.across, anchor="middle")
    yield _text(left - 8, TOP - 8, panel.up, anchor="start")
    for number, curve in enumerate(panel.curves):
        yield from _curve(curve, left, ends, number)


def _curve(curve: Curve, left: float, ends: Sequence[float], number: int) -> Iterator[str]:
    colour = COLOURS[curve.colour]
    style = f'fill="none" stroke="{colour}" stroke-width="2"'
    style += ' stroke-dasharray="6 4"' if curve.is_dashed else ""
    path = " ".join(
        f"{left + WIDTH * x / ends[0]:.1f},{TOP + HEIGHT * (1 - y / ends[1]):.1f}"
        for x, y in curve.points
    )
    yield f'<polyline points="{path}" {style}/>'
    y = TOP + HEIGHT + 62 + 20 * number
    yield f'<line x1="{left}" y1="{y - 4}" x2="{left + 34}" y2="{y - 4}" {style}/>'
    yield _text(left + 44, y, curve.name, colour=INK)


def _text(x: float, y: float, text: str, *, size: int = 12, colour: str = GREY, **more: str) -> str:
    anchor = f' text-anchor="{more["anchor"]}"' if "anchor" in more else ""
    weight = f' font-weight="{more["weight"]}"' if "weight" in more else ""
    place = f'x="{x:.1f}" y="{y:.1f}"'
    return f'<text {place} font-size="{size}" fill="{colour}"{anchor}{weight}>{escape(text)}</text>'


def _round_up(value: float) -> float:
    """The next number whose fifths read well."""
    unit = 1.0
    while unit * 10 <= value:
        unit *= 10
    return next(
        unit * step for step in (1, 1.5, 2, 2.5, 3, 4, 5, 6, 7.5, 10) if unit * step >= value
    )
