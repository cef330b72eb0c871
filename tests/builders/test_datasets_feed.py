"""What tasks read is what the graph's store says: of a graph, and of one with an overlay."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from dataset_runs import make_graph, rows, run
from support import concept, source, tables_of

from kgmed.builders.datasets import prepare, sides
from kgmed.builders.datasets.block import PartBlock
from kgmed.builders.datasets.feed import Feed
from kgmed.builders.datasets.model import Entity, Fact
from kgmed.builders.datasets.prepare import prepare as lay_out
from kgmed.builders.overlay import make_overlay
from kgmed.kg.model import Statement, canonical_qualifiers
from kgmed.kg.store.base import GraphStore
from kgmed.kg.store.embedded import open_store

Key = tuple[object, ...]


@pytest.fixture(autouse=True)
def parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prepare, "SMALLEST", 90)
    monkeypatch.setattr(prepare, "LARGEST", 90)


@pytest.fixture(scope="module", params=["graph", "overlay"])
def root(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp(request.param)
    root = make_graph(folder / "graph")
    if request.param == "overlay":
        store = open_store(root)
        gone = [edge.statement for edge in store.neighbors(["mesh:D007"])[0]][:3]
        lines = [
            "statement_id\treason\twho\tdate",
            *(f"{id}\twrong\tLi\t2026-01-01" for id in gone),
        ]
        (folder / "errata.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")
        new = [concept("chebi:2", "a first thing", "Drug"), concept("zfin:9", "a last one", "Gene")]
        more = source("infores:more", **tables_of(new), statements=[
            {"subject": "chebi:2", "predicate": "treats", "object": "mesh:E001",
             "qualifiers": '{"severity":"Minor"}'},
            {"subject": "mesh:D003", "predicate": "treats", "object": "mesh:E001"},
            {"subject": "zfin:9", "predicate": "causes", "object": "mesh:E002"},
            {"subject": "chebi:2", "predicate": "has_definition", "value": "new",
             "value_type": "text", "value_language": "en"},
        ])  # fmt: skip
        make_overlay(root, errata=[folder / "errata.tsv"], sources=[more], who="Li", reason="new")
    return root


def by_store(store: GraphStore, id: str) -> dict[Key, set[str]]:
    """The statements at a concept that may leave, those that say the same together."""
    edges = store.neighbors([id])[0]
    found = [s for s in store.statements([edge.statement for edge in edges]) if s is not None]
    told: dict[Key, set[str]] = {}
    for s in [*found, *store.values([id])[0]]:
        if s.licence != "UMLS":
            told.setdefault(key(s), set()).add(s.id)
    return told


def key(s: Statement | Fact) -> Key:
    return (s.subject, s.predicate, s.object, s.value, s.negated,
            canonical_qualifiers(s.qualifiers))  # fmt: skip


def blocks(root: Path, folder: Path) -> Iterator[tuple[GraphStore, PartBlock]]:
    store = open_store(root)
    lay_out(store.snapshot, folder, languages=("en", "zh"))
    feed = Feed(folder)
    assert len(feed) > 3
    for part in range(len(feed)):
        yield store, PartBlock.of_part(feed, part)


def facts(entity: Entity) -> list[Fact]:
    return [fact for side in (entity.said, entity.of) for row in side.values() for fact in row]


def test_an_entity_has_what_the_store_says_of_it(root: Path, tmp_path: Path) -> None:
    seen: list[str] = []
    for store, block in blocks(root, tmp_path / "feed"):
        for entity in block.entities:
            seen.append(entity.id)
            assert {key(f): set(f.ids) for f in facts(entity)} == by_store(store, entity.id)
            concept = store.concepts([entity.id])[0]
            assert concept is not None
            assert entity.names == {k: v for k, v in concept.names.items() if k in {"en", "zh"}}
            assert set(entity.categories) == set(concept.categories)
            assert entity.degree == store.degrees([entity.id])[0]
    assert seen == sorted(seen)
    assert len(seen) == len(set(seen)) >= 100


def test_facts_stand_in_the_order_of_their_other_ends(root: Path, tmp_path: Path) -> None:
    for _store, block in blocks(root, tmp_path / "feed"):
        for entity in block.entities:
            for side in (entity.said, entity.of):
                for name, row in side.items():
                    order = [(fact.other(entity.id), fact.ids[0]) for fact in row if fact.object]
                    assert order == sorted(order), name
                    assert all(fact.predicate == name for fact in row)
                    assert all(fact.ids == tuple(sorted(fact.ids)) for fact in row)


def test_a_long_row_is_made_as_it_is_asked_for(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = [facts(entity) for _store, block in blocks(root, tmp_path / "a")
            for entity in block.entities]  # fmt: skip
    monkeypatch.setattr(sides, "LONG", 1)
    made = [facts(entity) for _store, block in blocks(root, tmp_path / "b")
            for entity in block.entities]  # fmt: skip
    assert made == kept


def test_names_and_marks_of_far_concepts_are_looked_up(root: Path, tmp_path: Path) -> None:
    store = open_store(root)
    lay_out(store.snapshot, tmp_path / "feed", languages=("en", "zh"), seed=4)
    feed = Feed(tmp_path / "feed")
    few = PartBlock(feed, np.array([feed.number("mesh:D001")]))
    every = PartBlock(feed, np.arange(feed.concepts))
    for entity in every.entities:
        assert few.name(entity.id, "en") == every.name(entity.id, "en")
        assert few.name(entity.id, "zh") == every.name(entity.id, "zh")
        assert few.held_out(entity.id) == every.held_out(entity.id) == entity.held_out
        assert few.name_terms(entity.id) == every.name_terms(entity.id)
    assert few.name("mesh:nothing", "en") is None
    assert not few.held_out("mesh:nothing")
    assert few.name_terms("mesh:nothing") == []


def test_a_few_facts_of_each_are_the_first(root: Path, tmp_path: Path) -> None:
    store = open_store(root)
    lay_out(store.snapshot, tmp_path / "feed", languages=("en",))
    feed = Feed(tmp_path / "feed")
    numbers = np.arange(0, feed.concepts, 3)
    whole = {e.id: facts(e) for e in PartBlock(feed, numbers).entities}
    for entity in PartBlock(feed, numbers, most=2).entities:
        assert {key(f) for f in facts(entity)} <= {key(f) for f in whole[entity.id]}
        assert all(len(row) <= 2 for row in entity.of.values())


def test_what_may_not_leave_is_not_there_unless_it_is_named(root: Path, tmp_path: Path) -> None:
    store = open_store(root)
    held = lay_out(store.snapshot, tmp_path / "held", languages=("en",))
    let = lay_out(store.snapshot, tmp_path / "let", languages=("en",), allow=("infores:held",))
    assert held.held_back == 1
    assert let.held_back == 0
    assert let.statements["causes"] == held.statements.get("causes", 0) + 1
    for name, count in (("held", 0), ("let", 1)):
        feed = Feed(tmp_path / name)
        number = feed.number("mesh:D000")
        assert number is not None
        (entity,) = PartBlock(feed, np.array([number])).entities
        assert len(entity.said.get("causes", ())) == count


def test_a_run_over_an_overlay_writes_its_rows(root: Path, tmp_path: Path) -> None:
    run(root, tmp_path / "out", tasks=("singles",), languages=("en",))
    used = {id for row in rows(tmp_path / "out") for id in row["statements"]}
    store = open_store(root)
    standing = {s.id for s in store.scan() if s.object and s.licence != "UMLS"}
    assert used == standing
