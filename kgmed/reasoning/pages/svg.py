"""Drawing with inline SVG: axes, marks and texts, in the page's own colours.

A series has a colour, a shape, a dash and a number that stands beside it, so that a plot can be
read without colour. Nothing is loaded and nothing runs; every text is escaped.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from html import escape
from math import floor, log10

from kgmed.kg.linking.html import plain

WIDTH = 640
SERIES = 8
"""Colours and shapes, after which they begin again; the numbers go on."""
FILLS = 4
"""Patterns of bars; there are two colours for each."""
_APART = 13
"""Pixels between two lines of text."""
_DASHES = ("", "6 3", "2 3", "8 3 2 3", "12 4", "4 2", "1 4", "10 2 2 2")


@dataclass
class Drawing:
    """An SVG picture of a title, with what is drawn on it; lengths are pixels of a 640 wide one."""

    title: str
    height: int
    parts: list[str] = field(default_factory=list)

    def text(self, x: float, y: float, text: str, *, anchor: str = "start", of: str = "") -> None:
        """A text whose line begins, has its middle or its end at a point."""
        kind = f' class="{of}"' if of else ""
        self.parts.append(
            f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{kind}>{plain(text)}</text>'
        )

    def line(self, x1: float, y1: float, x2: float, y2: float, *, of: str = "axis") -> None:
        """A straight line."""
        self.parts.append(
            f'<line class="{of}" x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"/>'
        )

    def path(self, points: Sequence[tuple[float, float]], series: int) -> None:
        """The line of a series."""
        places = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        dash = _DASHES[series % SERIES]
        self.parts.append(
            f'<polyline class="line s{series % SERIES}" points="{places}"'
            + (f' stroke-dasharray="{dash}"/>' if dash else "/>")
        )

    def mark(self, x: float, y: float, series: int, *, told: str = "", size: float = 5) -> None:
        """The shape of a series at a point; ``told`` shows under the pointer."""
        title = f"<title>{plain(told)}</title>" if told else ""
        self.parts.append(
            f'<path class="mark s{series % SERIES}" d="{_shape(x, y, series % SERIES, size)}">'
            f"{title}</path>"
        )

    def bar(self, x: float, y: float, width: float, *, fill: int, told: str) -> None:
        """A filled bar of 20 pixels; each fill has a colour and a pattern."""
        box = f'x="{x:.1f}" y="{y:.1f}" width="{max(0.0, width):.1f}" height="20"'
        self.parts.append(
            f'<rect class="f{fill}" {box}><title>{plain(told)}</title></rect>'
            f'<rect class="pattern" fill="url(#p{fill % FILLS})" {box}/>'
        )

    def labels(self, points: Sequence[tuple[float, float, str]]) -> None:
        """A text to the right of each point, moved down where it would lie on another."""
        placed: list[tuple[float, float]] = []
        for x, y, text in sorted(points, key=lambda point: (point[1], point[0])):
            right, line = min(x + 9, WIDTH - 14), y + 4
            for other, taken in placed:
                if abs(other - right) < _APART and line < taken + _APART:
                    line = taken + _APART
            placed.append((right, line))
            self.text(right, line, text, of="label")

    def svg(self) -> str:
        """The picture."""
        name = escape(self.title, quote=True)
        return (
            f'<svg viewBox="0 0 {WIDTH} {self.height}" role="img" aria-label="{name}">'
            f"{''.join(self.parts)}</svg>"
        )


@dataclass(frozen=True)
class Axes:
    """The frame of a plot: what the numbers on its sides are on the picture."""

    drawing: Drawing
    low: tuple[float, float]
    high: tuple[float, float]
    left: float = 56
    right: float = WIDTH - 24
    top: float = 12
    below: float = 44

    @property
    def bottom(self) -> float:
        """Where the lower axis is."""
        return self.drawing.height - self.below

    def place(self, x: float, y: float) -> tuple[float, float]:
        """Where a point of the plot is on the picture."""
        across = (x - self.low[0]) / ((self.high[0] - self.low[0]) or 1)
        up = (y - self.low[1]) / ((self.high[1] - self.low[1]) or 1)
        return (
            self.left + across * (self.right - self.left),
            self.bottom - up * (self.bottom - self.top),
        )

    def draw(self, across: str, up: str, *, percents: tuple[bool, bool]) -> None:
        """The two axes with ticks, and what they are of."""
        d = self.drawing
        for tick in ticks(self.low[0], self.high[0]):
            x, _ = self.place(tick, self.low[1])
            d.line(x, self.top, x, self.bottom, of="grid")
            d.text(x, self.bottom + 15, ticked(tick, percents[0]), anchor="middle")
        for tick in ticks(self.low[1], self.high[1]):
            _, y = self.place(self.low[0], tick)
            d.line(self.left, y, self.right, y, of="grid")
            d.text(self.left - 6, y + 4, ticked(tick, percents[1]), anchor="end")
        d.line(self.left, self.bottom, self.right, self.bottom)
        d.line(self.left, self.top, self.left, self.bottom)
        d.text((self.left + self.right) / 2, d.height - 8, across, anchor="middle")
        d.parts.append(
            f'<text transform="translate(12 {(self.top + self.bottom) / 2:.1f}) rotate(-90)"'
            f' text-anchor="middle">{plain(up)}</text>'
        )

    def across(self, text: str, *, percents: bool = True) -> None:
        """The lower axis alone, 0 to 1, and what it is of."""
        d = self.drawing
        for fifth in range(6):
            x, _ = self.place(fifth / 5, 0)
            d.line(x, self.top, x, self.bottom, of="grid")
            d.text(x, self.bottom + 15, ticked(fifth / 5, percents), anchor="middle")
        d.line(self.left, self.bottom, self.right, self.bottom)
        d.text((self.left + self.right) / 2, d.height - 8, text, anchor="middle")

    def interval(self, low: float, high: float, y: float, series: int) -> None:
        """A line across from low to high with its two ends, at ``y`` pixels."""
        kind = f"line s{series % SERIES}"
        left, right = self.place(low, 0)[0], self.place(high, 0)[0]
        self.drawing.line(left, y, right, y, of=kind)
        for end in (left, right):
            self.drawing.line(end, y - 5, end, y + 5, of=kind)


def ticks(low: float, high: float) -> list[float]:
    """Round numbers from low to high, about five.

    >>> ticks(0, 1), ticks(0, 1234)
    ([0.0, 0.2, 0.4, 0.6, 0.8, 1.0], [0, 200, 400, 600, 800, 1000, 1200])
    """
    span = high - low
    if span <= 0:
        return [low]
    unit = 10 ** floor(log10(span / 5))
    step = next(unit * times for times in (1, 2, 5, 10) if span / (unit * times) <= 6.5)
    first, last = -floor(-low / step + 1e-9), floor(high / step + 1e-9)
    return [round(number * step, 10) for number in range(first, last + 1)]


def ticked(value: float, percent: bool) -> str:
    """A number beside an axis.

    >>> ticked(0.2, True), ticked(1500, False)
    ('20%', '1,500')
    """
    return f"{100 * value:g}%" if percent else f"{value:,g}"


def patterns() -> str:
    """What bars are filled with besides their colours; once a page."""
    drawn = (
        "",
        '<path d="M0 8L8 0M-2 2L2 -2M6 10L10 6"/>',
        '<circle cx="4" cy="4" r="1.3"/>',
        '<path d="M4 0V8"/>',
    )
    made = "".join(
        f'<pattern id="p{number}" width="8" height="8" patternUnits="userSpaceOnUse">{one}'
        "</pattern>"
        for number, one in enumerate(drawn)
    )
    return f'<svg class="defs" width="0" height="0" aria-hidden="true"><defs>{made}</defs></svg>'


def key(names: Sequence[str]) -> str:
    """What the series are: number, shape and name of each."""
    return "<ul class='key'>" + "".join(_keyed(names)) + "</ul>"


def _keyed(names: Sequence[str]) -> Iterator[str]:
    for number, name in enumerate(names):
        series = number % SERIES
        dash = _DASHES[series]
        dashed = f' stroke-dasharray="{dash}"' if dash else ""
        yield (
            f'<li><svg viewBox="0 0 36 14" width="36" height="14" aria-hidden="true">'
            f'<line class="line s{series}" x1="0" y1="7" x2="36" y2="7"{dashed}/>'
            f'<path class="mark s{series}" d="{_shape(18, 7, series, 5)}"/></svg>'
            f" {number + 1} {plain(name)}</li>"
        )


def _shape(x: float, y: float, series: int, r: float) -> str:
    """The outline of a series' mark: round, square, triangles, diamond, cross, plus, bar."""
    arm = r * 0.4
    corners: dict[int, list[tuple[float, float]]] = {
        1: [(-r, -r), (r, -r), (r, r), (-r, r)],
        2: [(0, -r), (r, r), (-r, r)],
        3: [(0, -1.3 * r), (1.3 * r, 0), (0, 1.3 * r), (-1.3 * r, 0)],
        4: [(-r, -r), (r, -r), (0, r)],
        5: [(-arm, -r), (arm, -r), (arm, -arm), (r, -arm), (r, arm), (arm, arm), (arm, r),
            (-arm, r), (-arm, arm), (-r, arm), (-r, -arm), (-arm, -arm)],
        6: [(-r, -r), (0, -arm), (r, -r), (arm, 0), (r, r), (0, arm), (-r, r), (-arm, 0)],
        7: [(-arm, -1.3 * r), (arm, -1.3 * r), (arm, 1.3 * r), (-arm, 1.3 * r)],
    }  # fmt: skip
    if series not in corners:
        return (
            f"M{x - r:.1f} {y:.1f}a{r:.1f} {r:.1f} 0 1 0 {2 * r:.1f} 0"
            f"a{r:.1f} {r:.1f} 0 1 0 {-2 * r:.1f} 0Z"
        )
    return "M" + "L".join(f"{x + dx:.1f} {y + dy:.1f}" for dx, dy in corners[series]) + "Z"
