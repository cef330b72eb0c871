"""How one language calls a block's concepts, and which of its facts it can tell.

Both are looked up for all facts of a side at once, and for all tasks that write of the block.
"""

from __future__ import annotations

import re
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from kgmed.builders.datasets.around import of_feed
from kgmed.builders.datasets.block import Near, PartBlock
from kgmed.builders.datasets.edges import parsed
from kgmed.builders.datasets.sides import Side
from kgmed.kg.model import Language

ENDS = ("affected", "actor")
"""Qualifiers that hold a concept."""
_END = re.compile(rf'"(?:{"|".join(ENDS)})"\s*:\s*"([^"]*)"')
MISSED = 200
"""Names that are looked up one by one before all of a block are."""
_SHOUTED = re.compile(r"[A-Z]{8,}")


def tidy(name: str) -> str:
    """A name as it stands in a text: one that a source writes in capitals is written small.

    >>> tidy("SIMEPREVIR"), tidy("HIV"), tidy("ADRA1A")
    ('simeprevir', 'HIV', 'ADRA1A')
    """
    return name.lower() if _SHOUTED.fullmatch(name) else name


class Spoken(dict[str, str]):
    """Names of a block's concepts in one language, by id; '' where there is none.

    The block's own are known from the start, and those of all that its facts speak of once more
    than a few of them have been asked for.
    """

    def __init__(self, block: PartBlock, lang: Language) -> None:
        super().__init__()
        self._block, self._lang = block, lang
        self._told: dict[Side, bytes] = {}
        self._sides: dict[Side, npt.NDArray[np.bool_]] = {}
        self._others: dict[Side, list[str]] = {}
        self._missed = 0
        self.update(zip(block.own.texts, self._tidied(block.own), strict=True))

    def _tidied(self, near: Near) -> list[str]:
        column = near.named(self._lang).fill_null("")
        names: list[str] = column.to_pylist()
        shouted = pc.match_substring_regex(column, f"^{_SHOUTED.pattern}$")
        for at in np.flatnonzero(shouted.to_numpy(zero_copy_only=False)).tolist():
            names[at] = tidy(names[at])
        return names

    @cached_property
    def _names(self) -> list[str]:
        """The names of all that the block's facts speak of."""
        return self._tidied(self._block.near)

    def __missing__(self, id: str) -> str:
        self._missed += 1
        if self._missed == MISSED:
            self.update(zip(self._block.near.texts, self._names, strict=True))
            if id in self:
                return self[id]
        found = self[id] = tidy(of_feed(self._block.feed).name(id, self._lang) or "")
        return found

    def others(self, side: Side) -> list[str]:
        """The name of each fact's other end."""
        found = self._others.get(side)
        if found is None:
            names = np.array(self._names, object)
            found = self._others[side] = names[self._block.near.at(side.edges.other)].tolist()
        return found

    def told(self, side: Side) -> bytes:
        """1 for each fact of a side that is :meth:`tellable`, else 0."""
        found = self._told.get(side)
        if found is None:
            places = np.arange(len(side.edges))
            found = self._told[side] = self.tellable(side, places).tobytes()
        return found

    def tellable(self, side: Side, places: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
        """Whether some facts, ascending, can be told: their ends have names, and different ones,
        and so have the concepts that their qualifiers speak of. Shape of ``places``."""
        found = self._named(side)[places]
        asked = np.flatnonzero(found)
        known: dict[str, bool] = {}
        for index, text in side.edges.qualified(places[asked]):
            named = known.get(text)
            if named is None:
                named = known[text] = all(map(self.__getitem__, _ends(text)))
            if not named:
                found[asked[index]] = False
        return found

    def _named(self, side: Side) -> npt.NDArray[np.bool_]:
        """Whether the ends of each fact of a side have names, and different ones."""
        found = self._sides.get(side)
        if found is not None:
            return found
        near, edges = self._block.near, side.edges
        column = near.named(self._lang)
        sizes = pc.fill_null(pc.utf8_length(column), 0).to_numpy()
        own, other = near.at(edges.own), near.at(edges.other)
        size, its = sizes[own], sizes[other]
        found = np.asarray((size > 0) & (its > 0) & (own != other))
        alike = np.flatnonzero(found & (size == its))
        ends = (column.take(pa.array(at[alike])).to_pylist() for at in (own, other))
        for place, one, two in zip(alike.tolist(), *ends, strict=True):
            if one.casefold() == two.casefold():
                found[place] = False
        self._sides[side] = found
        return found


def _ends(text: str) -> list[str]:
    """The concepts that qualifiers (JSON) hold."""
    if "\\" in text:
        said = parsed(text)
        return [said[key] for key in ENDS if key in said]
    return _END.findall(text)


def spoken(block: PartBlock, lang: Language) -> Spoken:
    """How a language calls a block's concepts; made once for all tasks."""
    return block.once(("spoken", lang), lambda block: Spoken(block, lang))
