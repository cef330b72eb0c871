"""How one language calls a block's concepts, and which of its facts it can tell.

Both are looked up for all facts of a side at once, and for all tasks that write of the block.
"""

from __future__ import annotations

import re

import numpy as np
import numpy.typing as npt

from kgmed.builders.datasets.around import of_feed
from kgmed.builders.datasets.edges import Edges, parsed
from kgmed.builders.datasets.feed import Near, PartBlock
from kgmed.builders.datasets.sides import Side
from kgmed.kg.model import Language

ENDS = ("affected", "actor")
"""Qualifiers that hold a concept."""
_SHOUTED = re.compile(r"[A-Z]{8,}")


def tidy(name: str) -> str:
    """A name as it stands in a text: one that a source writes in capitals is written small.

    >>> tidy("SIMEPREVIR"), tidy("HIV"), tidy("ADRA1A")
    ('simeprevir', 'HIV', 'ADRA1A')
    """
    return name.lower() if name.isupper() and _SHOUTED.fullmatch(name) else name


class Spoken(dict[str, str]):
    """Names of a block's concepts in one language, by id; '' where there is none.

    The block's own are known from the start, those of its facts once one is asked for.
    """

    def __init__(self, block: PartBlock, lang: Language) -> None:
        super().__init__()
        self._feed, self._lang = block.feed, lang
        self._near: Near | None = None
        self._told: dict[Side, bytes] = {}
        self._block = block
        self._learn(block.own)

    def _learn(self, near: Near) -> list[str]:
        names = [tidy(name) if name else "" for name in near.named(self._lang)]
        self.update(zip(near.texts, names, strict=True))
        return names

    def __missing__(self, id: str) -> str:
        if self._near is None:
            self._all()
            if id in self:
                return self[id]
        found = self[id] = tidy(of_feed(self._feed).name(id, self._lang) or "")
        return found

    def _all(self) -> Near:
        """Look up all that the block's facts speak of."""
        if self._near is None:
            self._near = self._block.near
            self._learn(self._near)
        return self._near

    def told(self, side: Side) -> bytes:
        """1 for each fact of a side that can be told, else 0: its ends have names, and different
        ones, and so have the concepts that its qualifiers speak of."""
        found = self._told.get(side)
        if found is None:
            found = self._told[side] = self._tellable(side.edges).tobytes()
        return found

    def _tellable(self, edges: Edges) -> npt.NDArray[np.bool_]:
        near = self._all()
        names = near.named(self._lang)
        sizes = np.fromiter((len(name) if name else 0 for name in names), np.int32, len(names))
        own, other = near.at(edges.own), near.at(edges.other)
        size, its = sizes[own], sizes[other]
        found: npt.NDArray[np.bool_] = (size > 0) & (its > 0) & (own != other)
        alike = np.flatnonzero(found & (size == its))
        ends = own[alike].tolist(), other[alike].tolist()
        for at, one, two in zip(alike.tolist(), *ends, strict=True):
            found[at] = (names[one] or "").casefold() != (names[two] or "").casefold()
        named: dict[str, bool] = {}
        for at, text in edges.qualifiers.items():
            if text not in named:
                said = parsed(text) if any(f'"{key}"' in text for key in ENDS) else {}
                named[text] = all(self[said[key]] for key in ENDS if key in said)
            found[at] &= named[text]
        return found


def spoken(block: PartBlock, lang: Language) -> Spoken:
    """How a language calls a block's concepts; made once for all tasks."""
    return block.once(("spoken", lang), lambda block: Spoken(block, lang))
