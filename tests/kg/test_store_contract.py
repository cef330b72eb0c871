"""What every back end of a graph must do: one suite, run on each of them."""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support import concept, source, tables_of
from untold import Untold

from kgmed.builders.overlay import make_overlay
from kgmed.builders.pipeline import build
from kgmed.facade import load_graph, open_graph
from kgmed.kg.errors import UnknownConcept
from kgmed.kg.linking.stems import name_hash
from kgmed.kg.model import statement_id
from kgmed.kg.predicates import registry
from kgmed.kg.store.base import GraphStore
from kgmed.kg.store.embedded import EmbeddedStore, open_store

N = 60
PREDICATES = ("interacts_with", "treats", "subclass_of", "home_made")
SOURCE = "infores:test"


def _statements() -> list[dict[str, Any]]:
    chance = random.Random(5)
    rows = {}
    for number in range(400):
        predicate = chance.choice(PREDICATES)
        low, high = sorted(chance.sample(range(N), 2))
        subject, object = (low, high) if predicate == "subclass_of" else (high, low)
        row = {
            "subject": f"mesh:D{subject:06d}",
            "predicate": predicate,
            "object": f"mesh:D{object:06d}",
            "negated": number % 17 == 0,
            "source_record": f"R{number}",
            "publications": [f"pubmed:{number}"] if number % 3 == 0 else [],
            "text": "naïve “text”\nof two lines, 中文 🧪" if number % 5 == 0 else "",
            "qualifiers": '{"severity":"Critical"}' if number % 7 == 0 else "",
            "knowledge_level": "knowledge_assertion",
            "agent_type": "manual_agent",
        }
        rows[row["subject"], row["object"], predicate, row["negated"], row["qualifiers"]] = row
    return list(rows.values())


STATEMENTS = _statements()
VALUES = [
    {"subject": "mesh:D000001", "predicate": "has_definition", "value": "A 定义.",
     "value_type": "text", "value_language": "zh"},
    {"subject": "mesh:D000001", "predicate": "has_half_life", "value": "36", "value_type": "number",
     "unit": "h"},
]  # fmt: skip


def _id(row: dict[str, Any]) -> str:
    subject, object = row["subject"], row["object"]
    entry = registry().get(row["predicate"])
    if entry is not None and entry.symmetric and subject > object:
        subject, object = object, subject
    return statement_id(
        primary_knowledge_source=SOURCE,
        subject=subject,
        predicate=row["predicate"],
        object=object,
        negated=row["negated"],
        qualifiers=row["qualifiers"],
    )


def _ends(row: dict[str, Any]) -> tuple[str, str]:
    entry = registry().get(row["predicate"])
    ends = (row["subject"], row["object"])
    symmetric = entry is not None and entry.symmetric
    return (min(ends), max(ends)) if symmetric else ends


EXPECTED = {_id(row): (*_ends(row), row) for row in STATEMENTS}


ON_TOUCH = "blocks verified on touch"
ON_SERVER = "in Neo4j"
BACK_ENDS = [
    "embedded", f"embedded, {ON_TOUCH}", "overlay", f"overlay, {ON_TOUCH}",
    pytest.param(f"base, {ON_SERVER}", marks=pytest.mark.real),
    pytest.param(f"overlay, {ON_SERVER}", marks=pytest.mark.real),
]  # fmt: skip


def _overlaid(root: Path, ids: list[dict[str, dict[str, Any]]]) -> None:
    """The same graph, of a base that lacks some of it and states some that isn't so."""
    wrong = [{**row, "predicate": "contraindicated_in"} for row in STATEMENTS[::9]]
    wrong += [{**row, "negated": not row["negated"]} for row in STATEMENTS[::11]]
    wrong = [row for row in wrong if _id(row) not in EXPECTED]
    false_value = {**VALUES[0], "value": "B"}
    base = tables_of([entry for number, entry in enumerate(ids) if number % 4])
    nodes = {row["id"] for row in base["concepts"]}
    told = [r for r in [*STATEMENTS[::2], *wrong] if {r["subject"], r["object"]} <= nodes]
    build([source(SOURCE, **base, statements=[*told, VALUES[1], false_value])], root)
    gone = {_id(row) for row in wrong if row in told}
    values = EmbeddedStore(root).values(["mesh:D000001"])[0]
    gone |= {s.id for s in values if s.value is not None and s.value.text == "B"}
    errata = root.parent / "errata.tsv"
    rows = "".join(f"{id}\twrong\tme\t2026-11-20\n" for id in sorted(gone))
    errata.write_text("statement_id\treason\twho\tdate\n" + rows, encoding="utf-8")
    every = source(SOURCE, **tables_of(ids), statements=STATEMENTS + VALUES)
    made = make_overlay(root, errata=[errata], sources=[every])
    assert made.report.actions["retracted"] == len(gone) > 20
    assert made.report.statements["already in the graph"] > 50


@pytest.fixture(scope="module", params=BACK_ENDS)
def store(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[GraphStore]:
    root = tmp_path_factory.mktemp("contract") / "graph"
    ids = [concept(f"mesh:D{i:06d}", f"thing {i}", "Drug") for i in range(N + 1)]
    if request.param.startswith("overlay"):
        _overlaid(root, ids)
    else:
        build([source(SOURCE, **tables_of(ids), statements=STATEMENTS + VALUES)], root)
    if request.param.endswith(ON_SERVER):
        uri = request.getfixturevalue("neo4j_uri")
        load_graph(uri, root, prune=True, tell=Untold())
        with open_graph(uri, progress=Untold()) as graph:
            yield graph.store
        return
    on_touch = request.param.endswith(ON_TOUCH)
    with pytest.MonkeyPatch.context() as patch:
        if on_touch:
            patch.setattr("kgmed.kg.store.snapshot.VERIFY_AT_OPEN", 0)
        opened = open_store(root)
        assert opened.snapshot.verified != on_touch
    yield opened
    opened.close()


def test_info_counts_what_was_put_in(store: GraphStore) -> None:
    info = store.info()
    assert (info.concepts, info.statements, info.values) == (N + 1, len(EXPECTED), 2)
    assert sum(info.predicates.values()) == len(EXPECTED) + 2


def test_any_id_resolves_and_an_unknown_one_gives_none(store: GraphStore) -> None:
    assert store.resolve(["mesh:D000003", "mesh:nothing"]) == ["mesh:D000003", None]


def test_concepts_come_in_the_order_asked(store: GraphStore) -> None:
    found = store.concepts(["mesh:D000007", "mesh:nothing", "mesh:D000002"])
    assert [c and c.name for c in found] == ["thing 7", None, "thing 2"]


def test_every_statement_comes_back_whole(store: GraphStore) -> None:
    for id, (subject, object, row) in EXPECTED.items():
        found = store.statements([id])[0]
        assert found is not None
        assert (found.id, found.subject, found.object) == (id, subject, object)
        assert found.predicate == row["predicate"]
        assert found.negated is row["negated"]
        assert found.source_record == (row["source_record"],)
        assert found.publications == tuple(row["publications"])
        assert found.text == row["text"]
        assert found.primary_knowledge_source == SOURCE
        assert found.release == "2026"
        assert found.licence == "CC0-1.0"
        assert dict(found.qualifiers) == ({"severity": "Critical"} if row["qualifiers"] else {})


def test_a_prefix_of_an_id_is_enough_where_one_statement_has_it(store: GraphStore) -> None:
    id = next(iter(EXPECTED))
    found = store.statements([id[:12], "0" * 32, "short", "not hexadecimal!"])
    assert [s and s.id for s in found] == [id, None, None, None]


def _edges_at(id: str) -> list[tuple[str, str, str, str]]:
    out = [(p["predicate"], o, k, s) for k, (s, o, p) in EXPECTED.items() if s == id]
    into = [(p["predicate"], s, k, o) for k, (s, o, p) in EXPECTED.items() if o == id]

    def order(edges: list[tuple[str, str, str, str]]) -> list[tuple[str, str, str, str]]:
        return sorted(edges, key=lambda e: (e[0], EXPECTED[e[2]][2]["negated"], e[1], e[2]))

    return order(out) + order(into)


def test_neighbors_are_complete_and_in_the_protocol_s_order(store: GraphStore) -> None:
    ids = [f"mesh:D{i:06d}" for i in range(N)]
    for id, edges in zip(ids, store.neighbors(ids), strict=True):
        seen = [
            (e.predicate, e.object if e.subject == id else e.subject, e.statement) for e in edges
        ]
        assert seen == [edge[:3] for edge in _edges_at(id)]


@pytest.mark.parametrize("direction", ["out", "in", "both"])
@pytest.mark.parametrize("limit", [None, 0, 1, 3, 1000])
@pytest.mark.parametrize("predicates", [None, ["treats"], ["treats", "home_made"], ["unheard"], []])
def test_neighbors_filter_and_limit(
    store: GraphStore, direction: Any, limit: int | None, predicates: list[str] | None
) -> None:
    for number in range(0, N, 7):
        id = f"mesh:D{number:06d}"
        every = store.neighbors([id])[0]
        wanted = [
            edge
            for edge in every
            if (predicates is None or edge.predicate in predicates)
            and (direction == "both" or (edge.subject == id) == (direction == "out"))
        ]
        found = store.neighbors([id], predicates=predicates, direction=direction, limit=limit)[0]
        assert found == wanted[:limit]


def test_an_unknown_id_has_no_neighbors(store: GraphStore) -> None:
    assert store.neighbors(["mesh:nothing"]) == [[]]


def test_degrees_count_both_directions(store: GraphStore) -> None:
    ids = [f"mesh:D{i:06d}" for i in range(N)]
    assert store.degrees([*ids, "mesh:nothing"]) == [len(_edges_at(id)) for id in ids] + [0]


def test_statements_are_found_by_their_triple_and_a_negated_one_is_not(store: GraphStore) -> None:
    triples = [(s, row["predicate"], o) for s, o, row in EXPECTED.values()]
    triples += [("mesh:D000001", "treats", "mesh:D000001"), ("mesh:nothing", "treats", "mesh:x")]
    for triple, found in zip(triples, store.find_statements(triples), strict=True):
        wanted = sorted(
            id
            for id, (s, o, row) in EXPECTED.items()
            if (s, row["predicate"], o) == triple and not row["negated"]
        )
        assert found == wanted
    assert store.has_statements(triples) == [bool(f) for f in store.find_statements(triples)]


def test_statements_that_deny_a_triple_are_found_when_asked_for(store: GraphStore) -> None:
    triples = [(s, row["predicate"], o) for s, o, row in EXPECTED.values()]
    for triple, found in zip(triples, store.find_statements(triples, negated=True), strict=True):
        assert found == sorted(
            id
            for id, (s, o, row) in EXPECTED.items()
            if (s, row["predicate"], o) == triple and row["negated"]
        )


@pytest.mark.parametrize("direction", ["out", "in", "both"])
@pytest.mark.parametrize("predicates", [None, ["treats"], ["unheard"], []])
def test_the_sources_at_a_concept_are_those_of_its_edges(
    store: GraphStore, direction: Any, predicates: list[str] | None
) -> None:
    ids = [f"mesh:D{i:06d}" for i in range(N)]
    edges = store.neighbors(ids, predicates=predicates, direction=direction)
    expected = [[SOURCE] if some else [] for some in edges]
    assert store.sources_of(ids, predicates=predicates, direction=direction) == expected
    assert store.sources_of(["mesh:nothing"]) == [[]]


def test_values_come_with_unit_and_language(store: GraphStore) -> None:
    found = store.values(["mesh:D000001"])[0]
    assert [(s.predicate, s.value and s.value.text) for s in found] == [
        ("has_definition", "A 定义."),
        ("has_half_life", "36"),
    ]
    assert found[1].value is not None
    assert (found[1].value.unit, found[1].value.type) == ("h", "number")
    assert store.values(["mesh:D000001"], predicates=["has_half_life"])[0] == found[1:]
    assert store.statements([found[0].id]) == [found[0]]
    assert store.values(["mesh:D000002"]) == [[]]


def test_a_scan_gives_every_statement_once_in_order(store: GraphStore) -> None:
    found = list(store.scan())
    assert {s.id for s in found} == set(EXPECTED)
    keys = [(s.subject, s.predicate, s.negated, s.object, s.id) for s in found]
    assert keys == sorted(keys)
    some = [s.id for s in found if s.predicate == "treats"]
    assert [s.id for s in store.scan(predicate="treats")] == some


def test_expanding_a_node_leaves_denied_statements_out(store: GraphStore) -> None:
    for number in range(N):
        id = f"mesh:D{number:06d}"
        node = store.node(id)
        assert node is not None
        found = store.node_ids(store.expand([node])[0])
        edges = [e for e in store.neighbors([id])[0] if not e.negated]
        assert found == [e.object if e.subject == id else e.subject for e in edges]
        only = store.node_ids(store.expand([node], predicates=["treats"])[0])
        treats = [e for e in edges if e.predicate == "treats"]
        assert only == [e.object if e.subject == id else e.subject for e in treats]


def test_names_are_found_exactly_by_prefix_by_tokens_and_fuzzily(store: GraphStore) -> None:
    lexicon = store.lexicon
    assert [[id for id, _ in hits] for hits in lexicon.exact(["thing 7", "no thing", ""])] == [
        ["mesh:D000007"],
        [],
        [],
    ]
    assert len(lexicon.prefix("thing 1", limit=5)) == 5
    assert [id for id, _ in lexicon.tokens(["8", "thing"])] == ["mesh:D000008"]
    assert "mesh:D000009" in {id for id, _name, _edits in lexicon.fuzzy("thnig 9")}
    assert [n.text for n in lexicon.names(["mesh:D000009"])[0]] == ["thing 9"]
    hashes = [name_hash(words) for words in (["9", "things"], ["no", "thing"], ["thing", "9"])]
    assert lexicon.held(hashes) == lexicon.held(np.array(hashes, np.uint64)) == [0, 2]
    assert [[(id, name.text) for id, name in hits] for hits in lexicon.hashed(hashes)] == [
        [("mesh:D000009", "thing 9")],
        [],
        [("mesh:D000009", "thing 9")],
    ]
    assert lexicon.one_edit("thnig") == ["thing"]
    assert lexicon.one_edit("thing") == lexicon.one_edit("nothing like it") == []


def test_an_ambiguous_prefix_is_an_error_that_says_so(store: GraphStore, tmp_path: Path) -> None:
    ids = sorted(EXPECTED)
    twins = [a[:8] for a, b in pairwise(ids) if a[:8] == b[:8]]
    for twin in twins:
        with pytest.raises(UnknownConcept, match="Several statements"):
            store.statements([twin])
    assert store.statements([ids[0][:7]]) == [None]
