"""Which concepts are alike: by the marks that they share.

Marks of a name are its n-grams: of three to five characters in lower case, of one and two where it
has Chinese ones. Drugs are named by their kind (-statin, -pril, -mab), diseases by part and
process. Marks of a statement are its predicate, direction and other end. A mark's weight is the
rarer, the larger (inverse document frequency, within a category), and how alike two concepts of a
category are is the cosine of their weights (0-1). NumPy alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any, Self
from zlib import crc32

import numpy as np

from kgmed.kg.linking.normalize import is_cjk
from kgmed.reasoning.plausibility.triples.data import Floats, Ints, Longs, Mask, Reals

BUCKETS = 1 << 18
"""Hashes of n-grams."""
LENGTHS, CJK_LENGTHS = (3, 4, 5), (1, 2)
COMMON = 500
"""A mark of more concepts of a category finds none."""
LOOKED_AT = 200
"""Concepts alike by one kind of mark that peers are chosen from."""


def grams(names: Iterable[str]) -> Longs:
    """The distinct n-grams of names, as hashes, ascending.

    >>> len(np.intersect1d(grams(["Simvastatin"]), grams(["lovastatin"])))
    18
    """
    found: set[int] = set()
    for name in names:
        text = f" {' '.join(name.lower().split())} "
        chinese = any(is_cjk(one) for one in text)
        for length in CJK_LENGTHS if chinese else LENGTHS:
            found.update(
                crc32(text[at : at + length].encode()) % BUCKETS
                for at in range(len(text) - length + 1)
            )
    return np.array(sorted(found), np.int64)


class Alike:
    """Concepts by their marks, category by category.

    ``of_concept`` are the marks of each, ascending numbers below ``width``; ``types`` (int32 [N])
    their categories; those ``among`` (bool [N]) are found.
    """

    def __init__(
        self, of_concept: Sequence[Longs], types: Ints, among: Mask, *, width: int = BUCKETS
    ) -> None:
        chosen = np.flatnonzero(among)
        sizes = [len(of_concept[n]) for n in chosen.tolist()]
        own = np.repeat(chosen, sizes)
        parts = [np.empty(0, np.int64), *(of_concept[n] for n in chosen.tolist())]
        key = types[own].astype(np.int64) * width + np.concatenate(parts)
        order = np.argsort(key, kind="stable")
        keys, starts = np.unique(key[order], return_index=True)
        first = np.append(starts, len(key)).astype(np.int64)
        members = np.bincount(types[chosen], minlength=int(types.max(initial=0)) + 1)
        rarity = _rarity(members[keys // width], np.diff(first))
        square = np.repeat(rarity**2, np.diff(first))
        norm = np.sqrt(np.bincount(own[order], square, len(types)))
        rare = np.diff(first) <= COMMON
        kept = np.repeat(rare, np.diff(first))
        self._width = width
        self._set(
            keys[rare], np.append(0, np.cumsum(np.diff(first)[rare])),
            own[order][kept].astype(np.int32), norm.astype(np.float32), members.astype(np.int64),
        )  # fmt: skip

    def _set(self, keys: Longs, first: Longs, concepts: Ints, norm: Reals, members: Longs) -> None:
        self._keys, self._first, self._concepts = keys, first, concepts
        self._norm, self._members = norm, members

    @classmethod
    def of_arrays(cls, arrays: Mapping[str, Any], what: str, *, width: int = BUCKETS) -> Self:
        """The index that :meth:`arrays` gave under a name."""
        made = cls.__new__(cls)
        made._width = width
        made._set(*(
            arrays[f"{what}.{name}"] for name in ("keys", "first", "concepts", "norm", "members")
        ))  # fmt: skip
        return made

    def arrays(self, what: str) -> dict[str, Any]:
        """All that looking up needs, to be kept under a name: for mark ``keys[n]`` of a category,
        its concepts from ``first[n]`` to ``first[n + 1]``; the length of each concept's weights,
        ``norm``; how many concepts a category has, ``members``."""
        return {
            f"{what}.keys": self._keys, f"{what}.first": self._first,
            f"{what}.concepts": self._concepts, f"{what}.norm": self._norm,
            f"{what}.members": self._members,
        }  # fmt: skip

    def nearest(
        self, marks: Longs, category: int, *, limit: int, leave_out: int = -1
    ) -> tuple[Ints, Reals]:
        """The concepts of a category that share marks, and how alike they are (0-1); the most
        alike first, ties by number, at most ``limit``."""
        if not len(self._keys) or not 0 <= category < len(self._members):
            return np.empty(0, np.int32), np.empty(0, np.float32)
        wanted = category * self._width + marks
        place = np.minimum(np.searchsorted(self._keys, wanted), len(self._keys) - 1)
        place = place[self._keys[place] == wanted]
        unknown = len(marks) - len(place)
        square = self._squares[place].sum()
        square += unknown * _rarity(self._members[category], 0) ** 2
        return self._most_alike(place, float(np.sqrt(square)), leave_out, limit)

    def nearest_to(self, concept: int, *, limit: int = LOOKED_AT) -> tuple[Ints, Reals]:
        """Of the other concepts of the category those that share marks with a concept of the index,
        as :meth:`nearest` tells them."""
        first, places = self._marks_of
        place = places[first[concept] : first[concept + 1]]
        return self._most_alike(place, float(self._norm[concept]), concept, limit)

    def only(self, among: Mask) -> Alike:
        """The index with those ``among`` (bool [N]) its concepts alone to be found; how alike they
        are is told as before."""
        made = Alike.__new__(Alike)
        made._width = self._width
        kept = among[self._concepts]
        first = np.append(0, np.cumsum(kept))[self._first]
        made._set(self._keys, first, self._concepts[kept], self._norm, self._members)
        made.__dict__ |= {"_squares": self._squares, "_marks_of": self._marks_of}
        return made

    def _most_alike(
        self, place: Longs, length: float, leave_out: int, limit: int
    ) -> tuple[Ints, Reals]:
        """The concepts that have most of the marks at some places of the keys."""
        counts = self._first[place + 1] - self._first[place]
        ends = np.cumsum(counts)
        total = int(ends[-1]) if len(ends) else 0
        places = np.arange(total) + np.repeat(self._first[place] - ends + counts, counts)
        found, inverse = np.unique(self._concepts[places], return_inverse=True)
        shared = np.bincount(inverse, np.repeat(self._squares[place], counts), len(found))
        alike = shared / np.maximum(self._norm[found] * length, 1e-9)
        alike[found == leave_out] = 0
        order = np.lexsort((found, -alike))[:limit]
        order = order[alike[order] > 0]
        return found[order], alike[order].astype(np.float32)

    @cached_property
    def _squares(self) -> Floats:
        """The square of each key's weight."""
        found: Floats = _rarity(self._members[self._keys // self._width], np.diff(self._first)) ** 2
        return found

    @cached_property
    def _marks_of(self) -> tuple[Longs, Longs]:
        """The marks of each concept of the index, as places of the keys: those of concept n from
        ``first[n]`` to ``first[n + 1]``."""
        place = np.repeat(np.arange(len(self._keys)), np.diff(self._first))
        order = np.argsort(self._concepts, kind="stable")
        first = np.searchsorted(self._concepts[order], np.arange(len(self._norm) + 1))
        return first, place[order]


def _rarity(members: Any, counts: Any) -> Any:
    """The weight of marks that ``counts`` of the members of a category have."""
    return np.log((1 + members) / (1 + np.asarray(counts)))
