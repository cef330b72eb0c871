"""The names of a file as a lexicon with concepts' ids."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from kgmed.kg.model import Name
from kgmed.kg.store.names import Names


class LocalLexicon:
    """The names of a file, of any back end's; see :class:`kgmed.kg.store.base.Lexicon`.

    ``ids_of`` turns concepts' numbers into their ids.
    """

    def __init__(self, names: Names, ids_of: Callable[[Sequence[int]], list[str]]) -> None:
        self._names = names
        self._ids_of = ids_of

    def _with_ids(self, hits: Sequence[tuple[int, Name]]) -> list[tuple[str, Name]]:
        ids = self._ids_of([cid for cid, _ in hits])
        return [(id, name) for id, (_, name) in zip(ids, hits, strict=True)]

    def exact(self, norms: Sequence[str]) -> list[list[tuple[str, Name]]]:
        found = [self._names.exact(norm) if norm else [] for norm in norms]
        ids = iter(self._ids_of([cid for hits in found for cid, _ in hits]))
        return [[(next(ids), name) for _, name in hits] for hits in found]

    def held(self, hashes: Sequence[int]) -> list[int]:
        return self._names.held(hashes)

    def hashed(self, hashes: Sequence[int], *, limit: int = 40) -> list[list[tuple[str, Name]]]:
        found = self._names.hashed(hashes, limit=limit)
        ids = iter(self._ids_of([cid for hits in found for cid, _ in hits]))
        return [[(next(ids), name) for _, name in hits] for hits in found]

    def prefix(self, norm: str, *, limit: int = 20) -> list[tuple[str, Name]]:
        return self._with_ids(self._names.prefix(norm, limit=limit)) if norm else []

    def tokens(self, tokens: Sequence[str], *, limit: int = 20) -> list[tuple[str, Name]]:
        return self._with_ids(self._names.tokens(tokens, limit=limit))

    def fuzzy(self, norm: str, *, limit: int = 20) -> list[tuple[str, Name, int]]:
        hits = self._names.fuzzy(norm, limit=limit) if norm else []
        ids = self._ids_of([cid for cid, _, _ in hits])
        return [(id, name, edits) for id, (_, name, edits) in zip(ids, hits, strict=True)]

    def one_edit(self, word: str) -> list[str]:
        return self._names.one_edit(word)

    def names(self, ids: Sequence[str]) -> list[list[Name]]:
        return [[] if cid is None else self._names.of_concept(cid) for cid in self._names.cids(ids)]
