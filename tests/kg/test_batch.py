"""Batch reads give what single reads give, with numba and without it."""

from __future__ import annotations

import random

import numpy as np
import pyarrow as pa
import pytest

from kgmed.facade import Graph
from kgmed.kg.paths.find import shortest_ways
from kgmed.kg.store.batch import MISSING, Batch


@pytest.fixture(scope="module")
def batch(graph: Graph) -> Batch:
    return Batch(graph.store.snapshot)


@pytest.fixture(scope="module")
def triples(graph: Graph) -> list[tuple[str, str, str]]:
    """Half true; the rest corrupted at one end, unknown, or of another predicate."""
    chance = random.Random(2)
    statements = chance.sample(list(graph.store.scan()), 2000)
    ids = [s.object for s in statements]
    rows = []
    for statement in statements:
        kind = chance.randrange(6)
        triple = (statement.subject, statement.predicate, statement.object)
        if kind == 0:
            triple = (statement.subject, statement.predicate, chance.choice(ids))
        elif kind == 1:
            triple = (statement.object, statement.predicate, statement.subject)
        elif kind == 2:
            triple = (statement.subject, "loves", statement.object)
        rows.append(triple)
    return [*rows, ("mesh:nothing", "treats", ids[0]), (ids[0], "treats", "mesh:nothing")]


def _table(triples: list[tuple[str, str, str]]) -> pa.Table:
    columns = zip(*triples, strict=True)
    return pa.table(dict(zip(("subject", "predicate", "object"), columns, strict=True)))


@pytest.mark.parametrize("compiled", [True, False])
def test_triples_are_checked_as_one_by_one(
    graph: Graph,
    batch: Batch,
    triples: list[tuple[str, str, str]],
    compiled: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if compiled:
        pytest.importorskip("numba")
    else:
        monkeypatch.setattr("kgmed.kg.store.batch._numba_search", lambda: None)
    found = batch.check_triples(_table(triples)).tolist()
    assert found == graph.store.has_statements(triples)
    assert 0 < sum(found) < len(found)


def test_numbers_of_any_equivalent_id(graph: Graph, batch: Batch) -> None:
    numbers = batch.numbers(["drugbank:DB00682", "rxnorm:11289", "mesh:nothing"]).tolist()
    assert numbers[0] == numbers[1] != MISSING
    assert numbers[2] == MISSING


def test_no_rows_give_no_results(batch: Batch) -> None:
    assert batch.check_triples(_table([("a", "b", "c")]).slice(0, 0)).tolist() == []


def test_distances_are_those_of_the_single_search(graph: Graph, batch: Batch) -> None:
    pytest.importorskip("numba")
    chance = random.Random(4)
    statements = list(graph.store.scan())
    ids = sorted({s.subject for s in statements})
    pairs = [(chance.choice(ids), chance.choice(ids)) for _ in range(150)]
    pairs += [(s.subject, s.object) for s in chance.sample(statements, 50)]
    starts, ends = (batch.numbers(list(column)) for column in zip(*pairs, strict=True))
    for hops in (1, 2, 3):
        found = batch.distances(starts, ends, hops=hops).tolist()
        for (a, b), distance in zip(pairs, found, strict=True):
            first, last = graph.store.node(a), graph.store.node(b)
            assert first is not None
            assert last is not None
            ways = [] if a == b else shortest_ways(graph.store, first, last, hops=hops)[0]
            expected = 0 if a == b else len(ways[0]) - 1 if ways else -1
            assert distance == expected, (a, b, hops)


def test_distances_respect_the_predicates_asked_for(graph: Graph, batch: Batch) -> None:
    pytest.importorskip("numba")
    numbers = batch.numbers(["drugbank:DB00682", "drugbank:DB01118"])
    starts, ends = np.array([numbers[0]]), np.array([numbers[1]])
    assert batch.distances(starts, ends, hops=1, predicates=["interacts_with"]).tolist() == [1]
    assert batch.distances(starts, ends, hops=1, predicates=["treats"]).tolist() == [-1]
