"""The names of an overlay and of the graph under it, read as one.

Both are files of :mod:`kgmed.kg.store.names`. The overlay's holds only what was added; its new
concepts are numbered after the base's last, and its concepts that the base has too keep their
numbers. Hits of both are merged in the order that one file of all names would have.
"""

from __future__ import annotations

import json
from array import array
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from kgmed.kg.linking.normalize import key
from kgmed.kg.model import Name
from kgmed.kg.store.names import LIST_ITEM, TOKEN_HITS, Names, unpack


class OverlayNames(Names):
    """:class:`~kgmed.kg.store.names.Names` of a base file and an overlay's file.

    ``more`` is the overlay's, ``concepts`` the number of concepts in the base. Where only the base
    has hits, they are its own, untouched.
    """

    def __init__(
        self,
        base: Path,
        overlay: Path,
        *,
        base_sources: Sequence[str],
        sources: Sequence[str],
        concepts: int,
    ) -> None:
        super().__init__(base, base_sources)
        self.more = Names(overlay, sources)
        self._concepts = concepts
        self._changed = frozenset(self.numbers("changed", "i"))
        self.places = self.numbers("places", "d")

    def close(self) -> None:
        super().close()
        self.more.close()

    def numbers(self, what: str, code: str) -> list[Any]:
        """One of the overlay's lists of numbers; ``code`` is their type in :mod:`array`."""
        found = array(code)
        found.frombytes(self.more.query("SELECT data FROM numbers WHERE what = ?", (what,))[0][0])
        return found.tolist()

    def place(self, cid: int) -> float:
        """New concepts stand between the base's, in the order of ids."""
        return cid if cid < self._concepts else self.places[cid - self._concepts]

    def renamed(self, cid: int) -> bool:
        """Whether the overlay changes anything of a concept but its statements."""
        return cid >= self._concepts or cid in self._changed

    # Concepts

    def cids(self, curies: Sequence[str]) -> list[int | None]:
        found = super().cids(curies)
        if None in found:
            missed = [curie for curie, cid in zip(curies, found, strict=True) if cid is None]
            more = iter(self.more.cids(missed))
            found = [next(more) if cid is None else cid for cid in found]
        return found

    def id_of(self, cid: int) -> str:
        return super().id_of(cid) if cid < self._concepts else self.more.id_of(cid)

    def ids_of(self, cids: Sequence[int]) -> dict[int, str]:
        found = super().ids_of(cids)
        if len(found) < len(cids):
            found |= self.more.ids_of([cid for cid in cids if cid not in found])
        return found

    def concept(self, cid: int) -> tuple[str, list[str], list[str], list[str], dict[str, str]]:
        if cid >= self._concepts:
            return self.more.concept(cid)
        if cid not in self._changed:
            return super().concept(cid)
        id, categories, _sources, equivalents, _names = super().concept(cid)
        row = self.more.query("SELECT sources, names FROM concept WHERE cid = ?", (cid,))[0]
        return id, categories, row[0].split(LIST_ITEM), equivalents, json.loads(row[1] or "{}")

    def of_concept(self, cid: int) -> list[Name]:
        if self.renamed(cid):
            rows = self.more.query("SELECT rows FROM names WHERE cid = ?", (cid,))
            if rows:
                return [Name(*row) for row in unpack(rows[0][0])]
        return super().of_concept(cid)

    # Names

    def exact(self, key: str) -> list[tuple[int, Name]]:
        found, more = super().exact(key), self.more.exact(key)
        return sorted(found + more, key=_Order(self)) if more else found

    def held(self, hashes: Sequence[int]) -> list[int]:
        return sorted({*super().held(hashes), *self.more.held(hashes)})

    def hashed(self, hashes: Sequence[int], *, limit: int) -> list[list[tuple[int, Name]]]:
        found = super().hashed(hashes, limit=limit)
        for at, more in enumerate(self.more.hashed(hashes, limit=limit)):
            if more:
                found[at] = sorted(found[at] + more, key=_Order(self))[:limit]
        return found

    def prefix(self, key: str, *, limit: int) -> list[tuple[int, Name]]:
        found, more = super().prefix(key, limit=limit), self.more.prefix(key, limit=limit)
        if not more:
            return found
        order = _Order(self)
        return sorted(found + more, key=lambda hit: (_key(hit[1]), order(hit)))[:limit]

    def tokens(self, words: Sequence[str], *, limit: int) -> list[tuple[int, Name]]:
        more = self.more.first_matches(words, limit=limit) if words else []
        if not more:
            return super().tokens(words, limit=limit)
        order = _Order(self)
        hits = sorted(self.first_matches(words, limit=limit) + more, key=order)
        hits = hits[: limit * TOKEN_HITS]
        return sorted(hits, key=lambda hit: len(hit[1].text))[:limit]

    def is_word(self, words: Sequence[str]) -> list[bool]:
        pairs = zip(super().is_word(words), self.more.is_word(words), strict=True)
        return [base or more for base, more in pairs]

    def in_vocabulary(self, words: Sequence[str]) -> list[str]:
        return list(dict.fromkeys(super().in_vocabulary(words) + self.more.in_vocabulary(words)))

    def alike(self, grams: Sequence[str]) -> list[str]:
        return list(dict.fromkeys(super().alike(grams) + self.more.alike(grams)))


def _key(name: Name) -> str:
    return key(name.text)


class _Order:
    """Where a hit stands: the place of its concept, then that of the name among the concept's."""

    def __init__(self, names: OverlayNames) -> None:
        self._names = names
        self._of: dict[int, dict[tuple[str, str], int]] = {}

    def __call__(self, hit: tuple[int, Name]) -> tuple[float, int]:
        cid, name = hit
        place = self._names.place(cid)
        if not self._names.renamed(cid):
            return place, 0  # hits of one file keep their order
        if cid not in self._of:
            held = self._names.of_concept(cid)
            self._of[cid] = {(n.language, n.text): place for place, n in enumerate(held)}
        return place, self._of[cid][name.language, name.text]
