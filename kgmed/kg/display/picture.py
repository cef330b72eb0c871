"""Concepts and what joins them as a picture: inline SVG without script, style sheet or links.

Boxes have their category's colour and, below the name, its word; lines carry their predicate, and
arrows where it has a direction. What is denied is dashed. Boxes and labels don't lie on each other:
where labels find no room, all is drawn further apart.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import hypot

from kgmed.kg.display.html import Html
from kgmed.kg.display.layout import columns
from kgmed.kg.display.measure import SIZE, SMALL, Box, width, wrapped
from kgmed.kg.linking.html import colour, plain

WIDE = 780
"""Pixels that a page has room for; a wider picture is scrolled, a wider chain goes downwards."""
_LINE = 15
_PAD = 9
_CHIP = 16
"""Pixels of the height of a label on a line."""
_PLACES = (0.5, 0.58, 0.42, 0.66, 0.34, 0.74, 0.26, 0.82, 0.18)
"""Where on a line a label may stand."""
_OFF = (0.66, 0.6, 0.72, 0.54, 0.78, 0.48, 0.84, 0.4, 0.3)
_TRIES = 5
_MARGIN = 12


@dataclass(frozen=True, slots=True)
class Node:
    """A box: a concept's id, name and category; ``main`` ones are those that were asked about."""

    id: str
    name: str
    category: str = ""
    main: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """A line between two boxes, with its label; ``told`` is what shows under the pointer."""

    start: str
    end: str
    label: str = ""
    arrow: bool = True
    negated: bool = False
    told: str = ""


@dataclass(frozen=True, slots=True)
class _Drawn:
    """A line's course: from one end over a point that bends it, if any, to the other."""

    line: Line
    a: tuple[float, float]
    b: tuple[float, float]
    bend: tuple[float, float] | None = None

    def at(self, t: float) -> tuple[float, float]:
        """The point at a share of the way."""
        (x1, y1), (x2, y2) = self.a, self.b
        if self.bend is None:
            return x1 + (x2 - x1) * t, y1 + (y2 - y1) * t
        (cx, cy), s = self.bend, 1 - t
        return (
            s * s * x1 + 2 * s * t * cx + t * t * x2,
            s * s * y1 + 2 * s * t * cy + t * t * y2,
        )


def picture(
    nodes: Sequence[Node],
    lines: Sequence[Line],
    *,
    title: str,
    described: str = "",
    start: str = "",
    both: bool = True,
    chain: bool = False,
) -> Html:
    """The picture, in a block that scrolls sideways where it is wider than the page.

    Lines whose ends aren't among ``nodes`` are left out. ``title`` and ``described`` are read out
    to those who can't see it. ``start`` is the concept that the columns are counted from; ``chain``
    says that the nodes follow one upon the other, and may go downwards.
    """
    known = {node.id for node in nodes}
    joined = _joined([line for line in lines if line.start in known and line.end in known])
    pairs = [(line.start, line.end) for line in joined]
    found: tuple[dict[str, Box], list[_Drawn], list[Box | None]] = {}, [], []
    for attempt in range(_TRIES):
        spread = 1 + 0.4 * attempt
        if chain and _across(nodes, joined) > WIDE:
            found = _downwards(nodes, joined, spread)
        else:
            parts = columns([node.id for node in nodes], pairs, start, both=both)
            found = _columns(nodes, parts, joined, spread)
        if None not in found[2]:
            break
    return _svg(nodes, *found, title=title, described=described)


def _joined(lines: Sequence[Line]) -> list[Line]:
    """Lines between the same boxes, the same way, as one with all their words."""
    grouped: dict[tuple[str, str, bool, bool], list[Line]] = {}
    for line in lines:
        a, b = (line.start, line.end) if line.arrow else sorted((line.start, line.end))
        grouped.setdefault((a, b, line.arrow, line.negated), []).append(line)
    made = []
    for (a, b, arrow, negated), several in grouped.items():
        labels = list(dict.fromkeys(line.label for line in several if line.label))
        label = ", ".join(labels[:2]) + (f" +{len(labels) - 2}" if len(labels) > 2 else "")
        told = "\n".join(dict.fromkeys(line.told for line in several[:8] if line.told))
        made.append(Line(a, b, label, arrow, negated, told))
    return made


def _size(node: Node) -> tuple[float, float]:
    lines = wrapped(node.name)
    longest = max(width(text) for text in lines) * (1.12 if node.main else 1)  # those are bold
    longest = max(longest, width(node.category, SMALL))
    return longest + 2 * _PAD, _LINE * len(lines) + (13 if node.category else 0) + 10


def _chip(label: str) -> tuple[str, float]:
    text = wrapped(label, 170, 1)[0]
    return text, width(text, SMALL) + 10 if text else 0.0


def _across(nodes: Sequence[Node], lines: Sequence[Line]) -> float:
    labels = sum(max(60.0, _chip(line.label)[1] + 40) for line in lines)
    return labels + sum(_size(node)[0] for node in nodes) + 2 * _MARGIN


def _downwards(
    nodes: Sequence[Node], lines: Sequence[Line], spread: float
) -> tuple[dict[str, Box], list[_Drawn], list[Box | None]]:
    """A chain from top to bottom."""
    boxes: dict[str, Box] = {}
    middle = max([*(_size(n)[0] for n in nodes), *(_chip(x.label)[1] for x in lines), 0]) / 2
    y = float(_MARGIN)
    for node in nodes:
        wide, high = _size(node)
        boxes[node.id] = Box(_MARGIN + middle, y + high / 2, wide, high)
        y += high + 44 * spread
    drawn = []
    for line in lines:
        a, b = boxes[line.start], boxes[line.end]
        down = 1 if a.y < b.y else -1
        drawn.append(
            _Drawn(line, (a.x, a.y + down * a.height / 2), (b.x, b.y - down * b.height / 2))
        )
    return boxes, drawn, _chips(boxes, drawn)


def _columns(
    nodes: Sequence[Node],
    parts: Sequence[Sequence[Sequence[str]]],
    lines: Sequence[Line],
    spread: float,
) -> tuple[dict[str, Box], list[_Drawn], list[Box | None]]:
    """Columns side by side; parts that nothing joins stand below each other."""
    sizes = {node.id: _size(node) for node in nodes}
    boxes: dict[str, Box] = {}
    top = float(_MARGIN)
    for part in parts:
        column_of = {id: n for n, ids in enumerate(part) for id in ids}
        apart = 12 * spread
        heights = [sum(sizes[id][1] for id in ids) + apart * (len(ids) - 1) for ids in part]
        tallest = max(heights)
        x = float(_MARGIN)
        for n, ids in enumerate(part):
            wide = max(sizes[id][0] for id in ids)
            y = top + (tallest - heights[n]) / 2
            for id in ids:
                boxes[id] = Box(x + wide / 2, y + sizes[id][1] / 2, *sizes[id])
                y += sizes[id][1] + apart
            x += wide + _gap(n, lines, column_of) * spread
        top += tallest + 26
    drawn = [_course(line, boxes, lines) for line in lines]
    return boxes, drawn, _chips(boxes, drawn)


def _gap(column: int, lines: Sequence[Line], column_of: dict[str, int]) -> float:
    """Room to the right of a column, for the labels of the lines that are drawn there."""
    labels = [
        _chip(line.label)[1]
        for line in lines
        if line.start in column_of and min(column_of[line.start], column_of[line.end]) == column
    ]
    return max(64.0, *(label + 44 for label in labels)) if labels else 64.0


def _course(line: Line, boxes: dict[str, Box], lines: Sequence[Line]) -> _Drawn:
    a, b = boxes[line.start], boxes[line.end]
    aside = 0.0
    if any((other.start, other.end) == (line.end, line.start) for other in lines):
        aside = 7.0 if line.start < line.end else -7.0
    if abs(a.x - b.x) * 2 < a.width + b.width:  # one column: out to the right and back
        right_a, right_b = a.x + a.width / 2, b.x + b.width / 2
        out = max(right_a, right_b) + 34 + min(60.0, 0.25 * abs(a.y - b.y)) + aside
        return _Drawn(line, (right_a, a.y), (right_b, b.y), (out, (a.y + b.y) / 2))
    side = 1 if a.x < b.x else -1
    return _Drawn(
        line,
        (a.x + side * a.width / 2, a.y + aside),
        (b.x - side * b.width / 2, b.y + aside),
    )


def _chips(boxes: dict[str, Box], drawn: Sequence[_Drawn]) -> list[Box | None]:
    """Where each label stands: a box of no width for no label, None where there is no room."""
    taken = list(boxes.values())
    placed: list[Box | None] = []
    ends = Counter(end for one in drawn for end in (one.line.start, one.line.end))
    for one in drawn:
        _text, wide = _chip(one.line.label)
        if not wide:
            placed.append(Box(*one.at(0.5), 0, 0))
            continue
        crowd = ends[one.line.start] - ends[one.line.end]  # labels go where fewer lines meet
        places = _PLACES if abs(crowd) < 3 else _OFF if crowd > 0 else [1 - t for t in _OFF]
        spots = (Box(*one.at(t), wide, _CHIP) for t in places)
        spot = next((s for s in spots if not any(s.meets(o, 2) for o in taken)), None)
        placed.append(spot)
        if spot is not None:
            taken.append(spot)
    return placed


def _svg(
    nodes: Sequence[Node],
    boxes: dict[str, Box],
    drawn: Sequence[_Drawn],
    chips: Sequence[Box | None],
    *,
    title: str,
    described: str,
) -> Html:
    everything = [*boxes.values(), *(chip for chip in chips if chip is not None)]
    everything += [Box(*one.at(t), 2, 2) for one in drawn if one.bend for t in (0.25, 0.5, 0.75)]
    left = min((b.x - b.width / 2 for b in everything), default=0) - _MARGIN
    top = min((b.y - b.height / 2 for b in everything), default=0) - _MARGIN
    wide = max((b.x + b.width / 2 for b in everything), default=0) + _MARGIN - left
    high = max((b.y + b.height / 2 for b in everything), default=0) + _MARGIN - top
    inside = "".join([
        *(_line(one) for one in drawn),
        *(_box(node, boxes[node.id]) for node in nodes),
        *(_label(one.line, chip) for one, chip in zip(drawn, chips, strict=True) if chip),
    ])  # fmt: skip
    told = f"<desc>{plain(described)}</desc>" if described else ""
    left_out = sum(chip is None for chip in chips)
    missing = (
        f"<p><small>{left_out:,} lines stand without their words</small></p>" if left_out else ""
    )
    return Html(
        f'<div style="overflow-x:auto"><svg xmlns="http://www.w3.org/2000/svg" role="img"'
        f' aria-label="{plain(title)}" width="{wide:.0f}" height="{high:.0f}"'
        f' viewBox="{left:.0f} {top:.0f} {wide:.0f} {high:.0f}"'
        ' style="max-width:none;font-family:system-ui,sans-serif">'
        f"<title>{plain(title)}</title>{told}{inside}</svg>{missing}</div>"
    )


def _line(one: _Drawn) -> str:
    (x1, y1), (x2, y2) = one.a, one.b
    bend = one.bend
    course = f"L{x2:.1f} {y2:.1f}" if bend is None else "Q{:.1f} {:.1f} {:.1f} {:.1f}".format(
        *bend, x2, y2
    )  # fmt: skip
    dash = ' stroke-dasharray="5 4"' if one.line.negated else ""
    told = f"<title>{plain(one.line.told)}</title>" if one.line.told else ""
    drawn = (
        f'<path d="M{x1:.1f} {y1:.1f}{course}" fill="none" stroke="currentColor"'
        f' stroke-opacity=".6" stroke-width="1.3"{dash}/>'
    )
    if one.line.arrow:
        drawn += _head(bend or one.a, one.b)
    return f"<g>{told}{drawn}</g>"


def _head(start: tuple[float, float], end: tuple[float, float]) -> str:
    """The head of an arrow that comes from ``start`` and ends at ``end``."""
    dx, dy = end[0] - start[0], end[1] - start[1]
    length = hypot(dx, dy) or 1.0
    ux, uy = dx / length, dy / length
    x, y = end[0] - 9 * ux, end[1] - 9 * uy
    corners = [end, (x - 4 * uy, y + 4 * ux), (x + 4 * uy, y - 4 * ux)]
    points = " ".join(f"{px:.1f},{py:.1f}" for px, py in corners)
    return f'<polygon points="{points}" fill="currentColor"/>'


def _box(node: Node, box: Box) -> str:
    x, y = box.x - box.width / 2, box.y - box.height / 2
    stroke = 'stroke="currentColor" stroke-width="2.4"' if node.main else 'stroke="#777"'
    lines = wrapped(node.name)
    weight = ' font-weight="700"' if node.main else ""
    texts = "".join(_text(box.x, y + 17 + _LINE * n, text, weight) for n, text in enumerate(lines))
    if node.category:
        texts += _text(box.x, y + 16 + _LINE * len(lines), node.category, small=True)
    return (
        f"<g><title>{plain(node.name)} ({plain(node.id)})</title>"
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{box.width:.1f}" height="{box.height:.1f}" rx="6"'
        f' fill="{colour(node.category)}" {stroke}/>{texts}</g>'
    )


def _text(x: float, y: float, text: str, more: str = "", *, small: bool = False) -> str:
    size, fill = (SMALL, "#444") if small else (SIZE, "#111")
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="middle" font-size="{size:g}"'
        f' fill="{fill}"{more}>{plain(text)}</text>'
    )


def _label(line: Line, chip: Box) -> str:
    text, wide = _chip(line.label)
    if not wide:
        return ""
    x, y = chip.x - chip.width / 2, chip.y - chip.height / 2
    told = f"<title>{plain(line.told)}</title>" if line.told else ""
    return (
        f'<g>{told}<rect x="{x:.1f}" y="{y:.1f}" width="{chip.width:.1f}" height="{_CHIP}" rx="4"'
        f' fill="#f2f2f2" stroke="#999" stroke-width=".6"/>'
        f'<text x="{chip.x:.1f}" y="{chip.y + 3.6:.1f}" text-anchor="middle"'
        f' font-size="{SMALL:g}" fill="#222">{plain(text)}</text></g>'
    )


def texts(nodes: Sequence[Node], lines: Sequence[Line]) -> Iterator[str]:
    """What a picture says, in words: for its description."""
    names = {node.id: node.name for node in nodes}
    for line in lines:
        if line.start in names and line.end in names:
            word = f"not {line.label}" if line.negated else line.label
            yield f"{names[line.start]} {word} {names[line.end]}"
