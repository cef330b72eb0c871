"""What was told beside what was so, as a plot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from kgmed.reasoning.pages.svg import Axes, Drawing, key


class Bin(NamedTuple):
    """Cases of which about the same was told: the mean of it, the share that was so (both 0-1), and
    what shows under the pointer."""

    told: float
    so: float
    words: str


def reliability_drawing(
    title: str, axes: tuple[str, str], names: Sequence[str], bins: Mapping[int, Sequence[Bin]]
) -> str:
    """The share that was so by what was told, a line for each series that has bins; on the diagonal
    it is what was told. Nothing where no series has any.

    ``axes`` says what lies across and what upwards; ``bins`` are by place in ``names``.
    """
    shown = {series: found for series, found in bins.items() if found}
    if not shown:
        return ""
    drawing = Drawing(title, 300)
    frame = Axes(drawing, (0, 0), (1, 1))
    frame.draw(*axes, percents=(True, True))
    drawing.line(*frame.place(0, 0), *frame.place(1, 1), of="diagonal")
    labels = []
    for series, found in shown.items():
        points = [frame.place(one.told, one.so) for one in found]
        drawing.path(points, series)
        for one, (x, y) in zip(found, points, strict=True):
            drawing.mark(x, y, series, told=one.words, size=3.5)
        labels.append((*points[-1], str(series + 1)))
    drawing.labels(labels)
    return drawing.svg() + key(names)
