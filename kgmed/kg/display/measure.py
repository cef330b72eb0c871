"""How much room texts take on a picture, without a font at hand: an estimate on the safe side."""

from __future__ import annotations

from dataclasses import dataclass
from unicodedata import east_asian_width

SIZE = 12
"""Pixels of a letter's height in a box; what stands on lines and below names is smaller."""
SMALL = 10.5
_NARROW = frozenset("iljtfrI.,:;'|!()[] -")
_LONGEST = 150
"""Pixels of a line in a box; a longer name goes on in a second, and is then cut."""


def width(text: str, size: float = SIZE) -> float:
    """Pixels that a text takes.

    >>> width("il") < width("MW") < width("华法林")
    True
    """
    return size * sum(_em(character) for character in text)


def _em(character: str) -> float:
    if east_asian_width(character) in "WF":
        return 1.02
    if character in _NARROW:
        return 0.36
    return 0.74 if character.isupper() or character in "mwMW@%→←" else 0.58


def wrapped(text: str, longest: float = _LONGEST, lines: int = 2) -> list[str]:
    """A text in at most so many lines, cut with an ellipsis where it is longer.

    >>> wrapped("Warfarin"), wrapped("a" * 80, lines=1)[0][-1]
    (['Warfarin'], '…')
    """
    found: list[str] = []
    rest = " ".join(text.split())
    while rest and len(found) < lines:
        fits = _fitting(rest, longest)
        if fits == len(rest):
            return [*found, rest]
        if len(found) == lines - 1:
            return [*found, rest[: max(1, _fitting(rest, longest - width("…")))].rstrip() + "…"]
        gap = rest.rfind(" ", 1, fits + 1)
        cut = gap if gap > 0 else fits
        found.append(rest[:cut].rstrip())
        rest = rest[cut:].lstrip()
    return found or [""]


def _fitting(text: str, longest: float) -> int:
    taken = 0.0
    for place, character in enumerate(text):
        taken += width(character)
        if taken > longest:
            return max(1, place)
    return len(text)


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle by its middle and its sizes, in pixels."""

    x: float
    y: float
    width: float
    height: float

    def meets(self, other: Box, apart: float = 0) -> bool:
        """Whether two are less than ``apart`` from each other, both ways.

        >>> Box(0, 0, 10, 10).meets(Box(9, 0, 10, 10)), Box(0, 0, 10, 10).meets(Box(11, 0, 10, 10))
        (True, False)
        """
        return (
            abs(self.x - other.x) * 2 < self.width + other.width + 2 * apart
            and abs(self.y - other.y) * 2 < self.height + other.height + 2 * apart
        )
