"""The counts of a base with an overlay's changes: what its manifest and coverage.json say.

Distinct subjects and objects of a coverage row change only where a statement was the first or the
last of its concept in that row; the base's adjacency around that concept tells, and is read until
it does.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from kgmed.kg.store.embedded import EmbeddedStore
from kgmed.kg.store.names import LIST_ITEM
from kgmed.kg.store.overlay import COVERAGE_KEY, coverage_key

COUNTS = ("statements", "subjects", "objects")
CHUNK = 500
"""Edges of a row that are looked at before asking whether enough is known."""

Row = tuple[str, ...]
"""The :data:`~kgmed.kg.store.overlay.COVERAGE_KEY` of a coverage row."""


class _Asked(NamedTuple):
    """Whose remaining statements of a predicate and source are looked for, at which end."""

    cid: int
    code: int
    source: str
    release: str
    at_subject: bool


class Said(NamedTuple):
    """A statement by its numbers; ``object`` is None for one with a value.

    ``edge`` is its number, None for a value.
    """

    subject: int
    code: int
    object: int | None
    profile: int
    edge: int | None


@dataclass(frozen=True, slots=True)
class Dictionaries:
    """Predicates (name, negated) and profiles by number, the base's first."""

    predicates: Sequence[tuple[str, bool]]
    profiles: Sequence[Sequence[str]]


def changed(counts: dict[str, int], delta: Counter[str]) -> dict[str, int]:
    """Counts with changes, most first, without zeros.

    >>> changed({"a": 3, "b": 1}, Counter({"c": 2, "b": -1}))
    {'a': 3, 'c': 2}
    """
    total = Counter(counts)
    total.update(delta)
    kept = {name: n for name, n in total.items() if n}
    return dict(sorted(kept.items(), key=lambda item: (-item[1], item[0])))


def tallies(
    coded: Dictionaries, added: Iterable[Said], gone: Iterable[Said]
) -> tuple[Counter[str], Counter[str], Counter[tuple[str, str, str]]]:
    """Changes by predicate, by licence, and by (source, release, licence)."""
    predicates: Counter[str] = Counter()
    licences: Counter[str] = Counter()
    sources: Counter[tuple[str, str, str]] = Counter()
    for sign, said in ((1, added), (-1, gone)):
        for statement in said:
            name, negated = coded.predicates[statement.code]
            source, release, licence = coded.profiles[statement.profile][:3]
            predicates["not " + name if negated else name] += sign
            licences[licence] += sign
            sources[source, release, licence] += sign
    return predicates, licences, sources


class Coverage:
    """Changes the rows of a base's ``coverage.json``.

    ``new`` are the categories of the overlay's concepts; known ones keep theirs.
    """

    def __init__(self, base: EmbeddedStore, coded: Dictionaries, new: dict[int, list[str]]) -> None:
        self._base, self._csr, self._coded = base, base._csr, coded
        self._categories: dict[int, list[str]] = dict(new)
        self._profiles: defaultdict[tuple[str, str], set[int]] = defaultdict(set)

    def change(
        self, rows: Sequence[dict[str, Any]], added: Sequence[Said], gone: Sequence[Said]
    ) -> list[dict[str, Any]]:
        """The rows that change, as they are after it; a row that is left empty has 0 statements."""
        added = [s for s in added if not self._coded.predicates[s.code][1]]
        gone = [s for s in gone if not self._coded.predicates[s.code][1]]
        self._learn({c for s in (*added, *gone) for c in (s.subject, s.object) if c is not None})
        delta: dict[Row, list[int]] = defaultdict(lambda: [0, 0, 0])
        for sign, said in ((1, added), (-1, gone)):
            for statement in said:
                for row in self._rows(statement):
                    delta[row][0] += sign
        for column, at_subject in ((1, True), (2, False)):
            for row, n in self._distinct(added, gone, at_subject=at_subject).items():
                delta[row][column] += n
        before = {key: row for row in rows if (key := coverage_key(row)) in delta}
        found = []
        for key, numbers in sorted(delta.items()):
            if any(numbers):
                held = before.get(key, {})
                counts = {
                    name: held.get(name, 0) + n for name, n in zip(COUNTS, numbers, strict=True)
                }
                found.append({**dict(zip(COVERAGE_KEY, key, strict=True)), **counts})
        return found

    def _rows(self, statement: Said) -> Iterable[Row]:
        name = self._coded.predicates[statement.code][0]
        source, release = self._coded.profiles[statement.profile][:2]
        ends = [""] if statement.object is None else self._categories[statement.object]
        for left in self._categories[statement.subject]:
            for right in ends:
                yield name, left, right, source, release

    def _distinct(
        self, added: Sequence[Said], gone: Sequence[Said], *, at_subject: bool
    ) -> Counter[Row]:
        """How many more concepts each row counts at one end."""
        touched: dict[tuple[int, Row], list[bool]] = defaultdict(lambda: [False, False])
        asked: dict[_Asked, set[str]] = defaultdict(set)
        for which, said in enumerate((gone, added)):
            for statement in said:
                cid = statement.subject if at_subject else statement.object
                if cid is None:
                    continue
                source, release = self._coded.profiles[statement.profile][:2]
                for row in self._rows(statement):
                    touched[cid, row][which] = True
                    far = row[2] if at_subject else row[1]
                    asked[_Asked(cid, statement.code, source, release, at_subject)].add(far)
        lost: dict[tuple[int, int], list[Said]] = defaultdict(list)
        for statement in gone:
            end = statement.subject if at_subject else statement.object
            if end is not None:
                lost[end, statement.code].append(statement)
        remains: set[tuple[int, str, str, str, str]] = set()
        for question, wanted in asked.items():
            name = self._coded.predicates[question.code][0]
            out = lost.get((question.cid, question.code), ())
            found = self._remaining(question, wanted - {""}, out)
            if "" in wanted:
                found |= self._values_left(question, out)
            remains.update(
                (question.cid, name, category, question.source, question.release)
                for category in found
            )
        delta: Counter[Row] = Counter()
        for (cid, row), (was_gone, is_added) in touched.items():
            far_end = row[2] if at_subject else row[1]
            stays = (cid, row[0], far_end, row[3], row[4]) in remains
            delta[row] += int(stays or is_added) - int(stays or was_gone)
        return delta

    def _values_left(self, asked: _Asked, out: Sequence[Said]) -> set[str]:
        """{''} where statements with a value stay in the base."""
        cid, code = asked.cid, asked.code
        if cid >= self._csr.nodes or code >= len(self._base._predicates):
            return set()
        profiles = self._profiles_of(asked.source, asked.release)
        held = sum(row[1] == code and row[3] in profiles for row in self._base._value_rows(cid))
        lost = sum(s.object is None and s.profile in profiles for s in out)
        return {""} if held > lost else set()

    def _remaining(self, asked: _Asked, wanted: set[str], out: Sequence[Said]) -> set[str]:
        """The wanted categories of the other ends of a concept's edges that stay in the base."""
        csr, found = self._csr, set[str]()
        cid, code = asked.cid, asked.code
        if not wanted or cid >= csr.nodes or code >= len(self._base._predicates):
            return found
        start, stop = csr.out_range(cid, code) if asked.at_subject else csr.in_range(cid, code)
        profiles = self._profiles_of(asked.source, asked.release)
        gone = {said.edge for said in out}
        for first in range(start, stop, CHUNK):
            others = self._others(first, min(first + CHUNK, stop), asked.at_subject, profiles, gone)
            self._learn(others)
            found.update(*(self._categories[other] for other in others))
            if wanted <= found:
                break
        return found & wanted

    def _others(
        self, start: int, stop: int, at_subject: bool, profiles: set[int], gone: set[int | None]
    ) -> list[int]:
        """The other ends of a row's edges that have one of the profiles and aren't gone."""
        csr = self._csr
        ends = csr.out_nbr if at_subject else csr.in_nbr
        ends.touch(start, stop)
        edges: Sequence[int] = range(start, stop)
        if not at_subject:
            csr.in_eid.touch(start, stop)
            edges = csr.in_eid.view[start:stop].tolist()
        found: dict[int, None] = {}
        for edge, end in zip(edges, ends.view[start:stop], strict=True):
            csr.out_prof.touch(edge, edge + 1)
            if end not in found and csr.out_prof.view[edge] in profiles and edge not in gone:
                found[end] = None
        return list(found)

    def _profiles_of(self, source: str, release: str) -> set[int]:
        """The base's profiles of a source and release."""
        if not self._profiles:
            for place, profile in enumerate(self._base._profiles):
                self._profiles[profile[0], profile[1]].add(place)
        return self._profiles[source, release]

    def _learn(self, cids: Iterable[int]) -> None:
        """Read the categories of concepts."""
        missing = sorted({cid for cid in cids if cid not in self._categories})
        for start in range(0, len(missing), 500):
            part = missing[start : start + 500]
            marks = ",".join("?" * len(part))
            rows = self._base._names.query(
                f"SELECT cid, categories FROM concept WHERE cid IN ({marks})", part
            )
            self._categories.update((cid, text.split(LIST_ITEM)) for cid, text in rows)
