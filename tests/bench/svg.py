"""The little of SVG that the plots need. They adapt to a light or a dark page by themselves."""

from dataclasses import dataclass, field
from typing import Final
from xml.sax.saxutils import escape

_STYLE: Final = """
svg { font: 12px system-ui, sans-serif; }
text { fill: #24292f; } .faint { fill: #57606a; } .title { font-weight: 600; font-size: 14px; }
.grid { stroke: #d0d7de; stroke-width: 1; } .mark { stroke: #24292f; stroke-width: 2; }
.s0 { fill: #0969da; stroke: #0969da; } .s1 { fill: #bc4c00; stroke: #bc4c00; }
.s2 { fill: #1a7f37; stroke: #1a7f37; } .s3 { fill: #8250df; stroke: #8250df; }
.dot { fill-opacity: .55; stroke: none; } .line { fill: none; stroke-width: 2; }
text.s0, text.s1, text.s2, text.s3 { stroke: none; }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3; } .faint { fill: #8d96a0; } .grid { stroke: #30363d; }
  .mark { stroke: #e6edf3; }
  .s0 { fill: #4493f8; stroke: #4493f8; } .s1 { fill: #f0883e; stroke: #f0883e; }
  .s2 { fill: #3fb950; stroke: #3fb950; } .s3 { fill: #ab7df8; stroke: #ab7df8; }
}
""".strip()
Point = tuple[float, float]


@dataclass(slots=True, kw_only=True)
class Drawing:
    """A picture of this size, with a title for those who do not see it."""

    width: int
    height: int
    title: str
    _shapes: list[str] = field(default_factory=list)

    def text(self, at: Point, words: str, *, style: str = "", anchor: str = "start") -> None:
        x, y = at
        attributes = f'x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"'
        self._shapes.append(f'<text {attributes} class="{style}">{escape(words)}</text>')

    def line(self, begin: Point, end: Point, *, style: str) -> None:
        (x1, y1), (x2, y2) = begin, end
        ends = f'x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"'
        self._shapes.append(f'<line {ends} class="{style}"/>')

    def dot(self, at: Point, *, style: str, radius: float = 3) -> None:
        x, y = at
        self._shapes.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:g}" class="{style}"/>')

    def path(self, points: list[Point], *, style: str) -> None:
        through = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        self._shapes.append(f'<polyline points="{through}" class="{style}"/>')

    def __str__(self) -> str:
        size = f'width="{self.width}" height="{self.height}"'
        box = f'viewBox="0 0 {self.width} {self.height}"'
        head = f'<svg xmlns="http://www.w3.org/2000/svg" {size} {box} role="img">'
        told = f"<title>{escape(self.title)}</title>"
        return "\n".join((head, told, f"<style>{_STYLE}</style>", *self._shapes, "</svg>", ""))
