"""The plots of the report: each figure that was measured is a dot, none is hidden in a mean."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from tests.bench.figures import percentile
from tests.bench.svg import Drawing, Point

_WIDTH: Final = 860
_LEFT: Final = 150
_RIGHT: Final = 30
_TOP: Final = 58
_BOTTOM: Final = 34
_LANE: Final = 15
_GAP: Final = 12
Series = Mapping[str, Sequence[float]]
"""Figures by the name of a system."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogScale:
    """Decades between two ends, in pixels. What is below the first one lies on it."""

    low: int
    high: int
    begin: float
    end: float

    def at(self, value: float) -> float:
        place = math.log10(max(value, 10.0**self.low)) - self.low
        return self.begin + (self.end - self.begin) * place / (self.high - self.low)

    @property
    def decades(self) -> range:
        return range(self.low, self.high + 1)


def _decades(values: Sequence[float]) -> tuple[int, int]:
    """From the one that holds the smallest value but zero to the one above the greatest."""
    above = [value for value in values if value > 0]
    if not above:
        return 0, 1
    low, high = math.floor(math.log10(min(above))), math.ceil(math.log10(max(above)))
    return low, max(high, low + 1)


def _decade(exponent: int) -> str:
    return str(10**exponent) if exponent >= 0 else f"{10.0**exponent:g}"


def strips(title: str, unit: str, groups: Mapping[str, Series], systems: Sequence[str]) -> str:
    """A lane for each system in each group: dots for the figures, a stroke for their median."""
    every = [v for series in groups.values() for found in series.values() for v in found]
    low = max(-1, _decades(every)[0])
    high = max(low + 1, _decades(every)[1])
    scale = LogScale(low=low, high=high, begin=_LEFT, end=_WIDTH - _RIGHT)
    height = _TOP + _BOTTOM + sum(_lanes(series) * _LANE + _GAP for series in groups.values())
    drawing = Drawing(width=_WIDTH, height=height, title=title)
    drawing.text((12, 22), title, style="title")
    _legend(drawing, systems, y=42)
    for decade in scale.decades:
        x = scale.at(10.0**decade)
        drawing.line((x, _TOP - 6), (x, height - _BOTTOM), style="grid")
        words = _decade(decade) if decade > low else f"≤ {_decade(decade)}"
        drawing.text((x, height - 16), f"{words} {unit}", style="faint", anchor="middle")
    y = float(_TOP)
    for group, series in groups.items():
        drawing.text((12, y + _lanes(series) * _LANE / 2 + 4), group)
        for system in (s for s in systems if s in series):
            _lane(drawing, scale, series[system], y + _LANE / 2, f"s{systems.index(system)}")
            y += _LANE
        y += _GAP
    return str(drawing)


def _lanes(series: Series) -> int:
    return max(1, len(series))


def _lane(
    drawing: Drawing, scale: LogScale, figures: Sequence[float], y: float, style: str
) -> None:
    for figure in figures:
        drawing.dot((scale.at(figure), y), style=f"dot {style}", radius=4)
    if figures:
        x = scale.at(percentile(figures, 50))
        drawing.line((x, y - 6), (x, y + 6), style="mark")


def curves(
    title: str, x_unit: str, y_unit: str, lines: Mapping[str, Sequence[Point]], *, height: int = 330
) -> str:
    """Points that belong together, both scales in decades."""
    xs = [x for line in lines.values() for x, _ in line]
    ys = [y for line in lines.values() for _, y in line]
    across = LogScale(
        low=_decades(xs)[0], high=_decades(xs)[1], begin=100.0, end=float(_WIDTH - _RIGHT)
    )
    up = LogScale(
        low=_decades(ys)[0], high=_decades(ys)[1], begin=float(height - 50), end=float(_TOP)
    )
    drawing = Drawing(width=_WIDTH, height=height, title=title)
    drawing.text((12, 22), title, style="title")
    _legend(drawing, tuple(lines), y=42)
    for decade in across.decades:
        x = across.at(10.0**decade)
        drawing.line((x, up.end), (x, up.begin), style="grid")
        drawing.text((x, up.begin + 18), _decade(decade), style="faint", anchor="middle")
    for decade in up.decades:
        y = up.at(10.0**decade)
        drawing.line((across.begin, y), (across.end, y), style="grid")
        words = f"{_decade(decade)} {y_unit}"
        drawing.text((across.begin - 6, y + 4), words, style="faint", anchor="end")
    drawing.text(((across.begin + across.end) / 2, height - 12), x_unit, anchor="middle")
    for number, line in enumerate(lines.values()):
        points = [(across.at(x), up.at(y)) for x, y in line]
        drawing.path(points, style=f"line s{number}")
        for point in points:
            drawing.dot(point, style=f"s{number}")
    return str(drawing)


def shares(title: str, unit: str, series: Series, *, height: int = 300) -> str:
    """How many percent of the figures are no greater than each."""
    greatest = max((max(figures) for figures in series.values() if figures), default=1.0)
    left, right, base, top = 70.0, float(_WIDTH - _RIGHT), float(height - 50), float(_TOP)
    drawing = Drawing(width=_WIDTH, height=height, title=title)
    drawing.text((12, 22), title, style="title")
    _legend(drawing, tuple(series), y=42)
    for percent in (0, 25, 50, 75, 100):
        y = base + (top - base) * percent / 100
        drawing.line((left, y), (right, y), style="grid")
        drawing.text((left - 6, y + 4), f"{percent} %", style="faint", anchor="end")
    for tenth in range(0, 11, 2):
        x = left + (right - left) * tenth / 10
        words = f"{greatest * tenth / 10:.2g} {unit}"
        drawing.text((x, base + 18), words, style="faint", anchor="middle")
    for number, figures in enumerate(series.values()):
        ordered = sorted(max(0.0, figure) for figure in figures)
        points = [
            (left + (right - left) * figure / greatest, base + (top - base) * place / len(ordered))
            for place, figure in enumerate(ordered, start=1)
        ]
        drawing.path(points, style=f"line s{number}")
    return str(drawing)


def _legend(drawing: Drawing, names: Sequence[str], *, y: float) -> None:
    x = 12.0
    for number, name in enumerate(names):
        drawing.dot((x + 5, y - 4), style=f"s{number}", radius=5)
        drawing.text((x + 15, y), name)
        x += 30 + 7 * len(name)
