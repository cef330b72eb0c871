"""One snapshot in two back ends: random questions by every method, whose answers must be the same.

``CHECKS`` holds a function per method or group of methods; :func:`compare` runs one of them, with
the same questions each time.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import islice, zip_longest
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import pytest

from kgmed.kg import layers
from kgmed.kg.errors import UnknownConcept
from kgmed.kg.linking.normalize import key, tokens
from kgmed.kg.paths.find import find_paths
from kgmed.kg.predicates import registry
from kgmed.kg.store.base import GraphStore
from kgmed.kg.store.embedded import EmbeddedStore
from kgmed.kg.store.names import MAPPING_FIELDS

QUERIES = 2_000
"""Questions of each method."""
AT_ONCE = 100
DRAWN = 20_000
"""Statements and concepts, at most, that questions are drawn from."""
SCANNED = 150_000
"""Statements that a scan compares at most."""
Check = Callable[[EmbeddedStore, GraphStore, "Some"], None]
"""Asks the embedded store and another one what the third draws, and asserts the same answers."""


class Some:
    """Random questions about a graph, drawn by ``chance``."""

    def __init__(self, store: EmbeddedStore) -> None:
        self.chance = random.Random(11)
        with duckdb.connect() as connection:
            layers.define(connection, store.snapshot)

            def column(query: str) -> list[Any]:
                return [row[0] for row in connection.execute(query).fetchall()]

            drawn = f"ORDER BY hash(id), id LIMIT {DRAWN}"
            statements = f"SELECT lower(hex(id)) AS id FROM rows WHERE o IS {{}} NULL {drawn}"
            said = store.statements(column(statements.format("NOT")))
            self.statements = [s for s in said if s is not None]
            self.value_ids = column(statements.format(""))
            connection.execute("""
                CREATE TABLE degree AS SELECT cid, count(*) AS degree FROM (
                  SELECT s AS cid FROM rows WHERE o IS NOT NULL
                  UNION ALL SELECT o FROM rows WHERE o IS NOT NULL) GROUP BY 1""")
            at = "SELECT id FROM concepts JOIN degree USING (cid)"
            self.hubs: list[str] = column(f"{at} ORDER BY degree DESC, id LIMIT 50")
            self.ids: list[str] = column(f"{at} {drawn}")
            self.valued: list[str] = column(f"""
                SELECT id FROM concepts SEMI JOIN (SELECT s FROM rows WHERE o IS NULL) ON s = cid
                {drawn}""")
            self.mapped: list[str] = column(f"""
                SELECT id FROM concepts WHERE cid IN (
                  SELECT subject_cid FROM mappings UNION SELECT object_cid FROM mappings)
                {drawn}""")
            self.curies: list[str] = column(f"SELECT curie AS id FROM ids {drawn}")
            self.names: list[str] = column(f"SELECT text AS id FROM names {drawn}")
            ends = connection.execute(f"""
                SELECT first, last FROM (
                  SELECT DISTINCT a.id AS first, b.id AS last FROM paths
                  JOIN concepts a ON a.cid = start JOIN concepts b ON b.cid = "end")
                ORDER BY hash(first || last), first, last LIMIT {DRAWN}""")
            self.path_ends: list[tuple[str, str]] = [(a, b) for a, b in ends.fetchall()]
        self.predicates = sorted({s.predicate for s in self.statements})
        self.valued_predicates = sorted(
            {s.predicate for s in store.statements(self.value_ids[:1_000]) if s is not None}
        )

    def id(self) -> str:
        """Mostly an id of a concept; now and then a hub, another id of one, or none's."""
        kind = self.chance.random()
        if kind < 0.02:
            return self.chance.choice(["mesh:none", "", "x'\"`:\\", "drugbank:DB00682 "])
        if kind < 0.06:
            return self.chance.choice(self.hubs)
        return self.chance.choice(self.curies if kind < 0.4 else self.ids)

    def one_of(self, ids: list[str]) -> Callable[[], str]:
        """Draws every other one of these, where there are any."""
        return lambda: self.chance.choice(ids) if ids and self.chance.random() < 0.5 else self.id()

    def pair(self) -> tuple[str, str]:
        """Mostly two ends of a statement, either way around."""
        if self.chance.random() < 0.3:
            return self.id(), self.id()
        s = self.chance.choice(self.statements)
        return (s.subject, s.object) if self.chance.random() < 0.5 else (s.object, s.subject)

    def some_predicates(self) -> list[str] | None:
        kind = self.chance.random()
        if kind < 0.5:
            return None
        if kind < 0.55:
            return []
        known = [*self.predicates, *self.valued_predicates, "unheard`of"]
        return self.chance.sample(known, min(len(known), self.chance.randint(1, 4)))

    def triple(self) -> tuple[str, str, str]:
        s = self.chance.choice(self.statements)
        if self.chance.random() < 0.7:
            return s.subject, s.predicate, s.object
        subject, object = self.pair()
        return subject, self.chance.choice(self.predicates), object

    def statement(self) -> str:
        """A statement's id, whole or its beginning, or none's."""
        id = self.chance.choice(self.statements).id
        if self.value_ids and self.chance.random() < 0.3:
            id = self.chance.choice(self.value_ids)
        kind = self.chance.random()
        if kind < 0.3:
            return id[: self.chance.randint(12, 32)]
        if kind < 0.4:
            return self.chance.choice([id.upper(), id + "00", id[:7], "0" * 32, "no hex ->", ""])
        return id


def many(make: Callable[[], Any], count: int = QUERIES) -> Iterator[list[Any]]:
    """Questions in lists as long as one call takes."""
    for _ in range(0, count, AT_ONCE):
        yield [make() for _ in range(AT_ONCE)]


def _of_ids(method: str) -> Check:
    def check(here: EmbeddedStore, there: GraphStore, some: Some) -> None:
        for ids in many(some.one_of(some.mapped)):
            assert getattr(there, method)(ids) == getattr(here, method)(ids)

    return check


def _of_triples(method: str) -> Check:
    def check(here: EmbeddedStore, there: GraphStore, some: Some) -> None:
        for triples in many(some.triple):
            assert getattr(there, method)(triples) == getattr(here, method)(triples)

    return check


def _neighbors(here: EmbeddedStore, there: GraphStore, some: Some) -> None:
    for ids in many(some.id):
        given: dict[str, Any] = {
            "predicates": some.some_predicates(),
            "direction": some.chance.choice(["out", "in", "both"]),
            "limit": some.chance.choice([None, 0, 1, 7, 500]),
        }
        assert there.neighbors(ids, **given) == here.neighbors(ids, **given), given


def _neighbors_of_hubs(here: EmbeddedStore, there: GraphStore, some: Some) -> None:
    """Each hub's edges, all of them and the first of every way to ask."""
    for hub in some.hubs[:10]:
        assert there.neighbors([hub]) == here.neighbors([hub])
    for _ in range(QUERIES // AT_ONCE):
        given: dict[str, Any] = {
            "predicates": some.some_predicates(),
            "direction": some.chance.choice(["out", "in", "both"]),
            "limit": some.chance.choice([1, 20, 333]),
        }
        assert there.neighbors(some.hubs, **given) == here.neighbors(some.hubs, **given), given


def _statements(here: EmbeddedStore, there: GraphStore, some: Some) -> None:
    for ids in many(some.statement):
        try:
            expected = here.statements(ids)
        except UnknownConcept as error:
            with pytest.raises(UnknownConcept, match=str(error)):
                there.statements(ids)
            continue
        assert there.statements(ids) == expected


def _between(here: EmbeddedStore, there: GraphStore, some: Some) -> None:
    for pairs in many(some.pair):
        predicates = some.some_predicates()
        found = there.between(pairs, predicates=predicates)
        assert found == here.between(pairs, predicates=predicates)


def _values(here: EmbeddedStore, there: GraphStore, some: Some) -> None:
    for ids in many(some.one_of(some.valued)):
        predicates = some.some_predicates()
        found = there.values(ids, predicates=predicates)
        assert found == here.values(ids, predicates=predicates)


def _curated_paths(here: EmbeddedStore, there: GraphStore, some: Some) -> None:
    ends = some.chance.sample(some.path_ends, min(len(some.path_ends), QUERIES - 100))
    for start, end in [*ends, *(some.pair() for _ in range(QUERIES - len(ends)))]:
        assert there.curated_paths(start, end) == here.curated_paths(start, end)


def _walking(here: EmbeddedStore, there: GraphStore, some: Some) -> None:
    for ids in many(some.id):
        predicates = some.some_predicates()
        nodes = [[store.node(id) for id in ids] for store in (there, here)]
        assert [n is None for n in nodes[0]] == [n is None for n in nodes[1]]
        found = []
        for store, keys in zip((there, here), nodes, strict=True):
            known = [key for key in keys if key is not None]
            around = store.expand(known, predicates=predicates)
            found.append([store.node_ids(known), store.node_degrees(known),
                          [store.node_ids(row) for row in around]])  # fmt: skip
        assert found[0] == found[1]


def _paths(here: EmbeddedStore, there: GraphStore, some: Some) -> None:
    given: dict[str, Any] = {"registry": registry(), "hops": 4, "limit": 5}
    for _ in range(150):
        start, end = some.chance.choice(some.ids), some.chance.choice(some.ids)
        found = find_paths(there, start, end, **given)
        assert found == find_paths(here, start, end, **given)


def _scan(here: EmbeddedStore, there: GraphStore, some: Some) -> None:
    every = zip_longest(islice(there.scan(), SCANNED), islice(here.scan(), SCANNED))
    for n, (found, expected) in enumerate(every):
        assert found == expected, n
    counts = here.info().predicates
    few = sorted(some.predicates, key=lambda name: counts.get(name, 0))[:20]
    for predicate in [*few, "unheard`of"]:
        assert list(there.scan(predicate=predicate)) == list(here.scan(predicate=predicate))


def _about(here: EmbeddedStore, there: GraphStore, some: Some) -> None:
    found = there.info()  # a snapshot of the same hash may have been built at another time
    assert found == replace(here.info(), uri=found.uri, created=found.created)
    assert there.coverage() == here.coverage()
    assert there.check() == []


def _mapping_table(here: EmbeddedStore, there: GraphStore, some: Some) -> None:
    with TemporaryDirectory() as folder, duckdb.connect() as connection:
        files = [store.mapping_table(Path(folder)) for store in (here, there)]
        rows = [
            connection.read_parquet(str(file)).select(*MAPPING_FIELDS).order("ALL").fetchall()
            for file in files
        ]
    assert rows[1] == rows[0]


def _names(here: EmbeddedStore, there: GraphStore, some: Some) -> None:
    ours, theirs = here.lexicon, there.lexicon
    for ids in many(some.id):
        assert theirs.names(ids) == ours.names(ids)
    texts = [key(some.chance.choice(some.names)) for _ in range(QUERIES)]
    assert theirs.exact(texts) == ours.exact(texts)
    for text in texts:
        assert theirs.prefix(text[:4]) == ours.prefix(text[:4])
        assert theirs.tokens(tokens(text)[:2]) == ours.tokens(tokens(text)[:2])
    for text in texts[:300]:  # tens of milliseconds each
        typed = text[:2] + text[3:]
        assert theirs.fuzzy(typed) == ours.fuzzy(typed)


CHECKS: dict[str, Check] = {
    **{method: _of_ids(method) for method in ("resolve", "concepts", "degrees", "mappings")},
    **{method: _of_triples(method) for method in ("find_statements", "has_statements")},
    "neighbors": _neighbors,
    "neighbors of hubs": _neighbors_of_hubs,
    "statements": _statements,
    "between": _between,
    "values": _values,
    "curated_paths": _curated_paths,
    "walking": _walking,
    "paths": _paths,
    "scan": _scan,
    "info, coverage, check": _about,
    "mapping_table": _mapping_table,
    "names": _names,
}


def compare(check: str, here: EmbeddedStore, there: GraphStore, some: Some) -> None:
    """Run one of the checks, with the questions that its name is the seed of."""
    some.chance.seed(check)
    CHECKS[check](here, there, some)
