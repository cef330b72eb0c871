"""A graph of which only what may leave is read, against what an export of it would hold."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from claim_graphs import KIND, curie, row
from support import RowSource, concept, exact, source, tables_of

from kgmed.builders.pipeline import build
from kgmed.builders.source import SourceInfo
from kgmed.facade import Graph
from kgmed.kg.errors import UsageError
from kgmed.kg.predicates import registry
from kgmed.kg.store.embedded import EmbeddedStore, open_store
from kgmed.kg.store.licensed import licensed_store
from kgmed.kg.views.licensing import Terms, define

CLOSED = "infores:closed"


def closed(**tables: list[dict[str, object]]) -> RowSource:
    info = SourceInfo(CLOSED, "Closed", "1", "LicenseRef-DrugBank")
    return RowSource(info, tables)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedStore]:
    """An open source and a restricted one, which shares concepts, names, ids and paths with it."""
    words = ("gout", "aspirin", "ibuprofen", "warfarin", "amiodarone")
    things = [concept(curie(n), n, KIND[n]) for n in words]
    secret = concept("x:secret", "secretol", "Drug")
    shared = concept("y:aspirin", "acetylsalicylum", "Drug")
    half = concept("x:half", "halfonium", "Drug")
    open_ = source(
        "infores:open", **tables_of(things), statements=[
            row("aspirin treats gout"), row("warfarin interacts_with amiodarone severity=Critical"),
            {**row("aspirin treats gout"), "object": "x:half", "predicate": "interacts_with"},
        ],
    )  # fmt: skip
    other = {"id": curie("warfarin"), "text": "Closedadin", "language": "en", "kind": "brand"}
    zh = {"id": curie("gout"), "text": "痛风", "language": "zh", "kind": "preferred"}
    tables = tables_of([secret, shared, half])
    rows = closed(
        concepts=tables["concepts"], names=[*tables["names"], other, zh],
        mappings=[exact("y:aspirin", curie("aspirin"), confidence=1.0)],
        statements=[
            row("ibuprofen treats gout"), row("secret treats gout"),
            row("warfarin interacts_with ibuprofen"), row("not amiodarone treats gout"),
            {"subject": curie("gout"), "predicate": "has_definition", "value": "A secret text.",
             "value_type": "text", "value_language": "en"},
        ],
        paths=[],
    )  # fmt: skip
    root = tmp_path_factory.mktemp("mixed") / "graph"
    build([open_, rows], root)
    with Graph(open_store(root), registry()) as graph:
        yield graph.local_store()


@pytest.fixture(scope="module")
def leaving(mixed: EmbeddedStore) -> EmbeddedStore:
    return licensed_store(mixed, Terms.of(mixed.snapshot, ()))


class Exported:
    """What an export of the graph holds, by DuckDB over its tables."""

    def __init__(self, store: EmbeddedStore) -> None:
        self.connection = duckdb.connect()
        define(self.connection, store.snapshot)

    def rows(self, query: str) -> list[tuple[object, ...]]:
        return self.connection.execute(query).fetchall()


@pytest.fixture(scope="module")
def exported(mixed: EmbeddedStore) -> Iterator[Exported]:
    found = Exported(mixed)
    yield found
    found.connection.close()


def every_id(store: EmbeddedStore) -> list[str]:
    """All ids of all concepts of the whole graph."""
    with duckdb.connect() as connection:
        define(connection, store.snapshot, allow=["closed"])
        return [str(id) for (id,) in connection.execute("SELECT curie FROM ids").fetchall()]


def test_its_concepts_are_those_of_an_export(
    mixed: EmbeddedStore, leaving: EmbeddedStore, exported: Exported
) -> None:
    ids = every_id(mixed)
    assert len(ids) >= 8
    told = {
        concept.id: (set(concept.sources), set(concept.equivalent_ids), set(concept.categories))
        for concept in leaving.concepts(ids)
        if concept is not None
    }
    rows = exported.rows("SELECT id, sources, equivalent_ids, categories FROM concepts")
    assert told == {id: (set(some), set(same), set(kinds)) for id, some, same, kinds in rows}  # type: ignore[call-overload]
    resolved = {(id, found) for id, found in zip(ids, leaving.resolve(ids), strict=True) if found}
    assert {id for id, _ in resolved} == {id for (id,) in exported.rows("SELECT curie FROM ids")}


def test_its_names_are_those_of_an_export(
    mixed: EmbeddedStore, leaving: EmbeddedStore, exported: Exported
) -> None:
    ids = list(dict.fromkeys(c.id for c in leaving.concepts(every_id(mixed)) if c is not None))
    told = {
        (id, name.text, name.language, name.kind)
        for id, names in zip(ids, leaving.lexicon.names(ids), strict=True)
        for name in names
    }
    assert told == set(exported.rows(
        "SELECT id, text, language, kind FROM names JOIN concepts USING (cid)"
    ))  # fmt: skip
    gout = leaving.concepts([curie("gout")])[0]
    assert gout is not None
    assert dict(gout.names) == {"en": "gout"}


def test_its_statements_are_those_of_an_export(
    mixed: EmbeddedStore, leaving: EmbeddedStore, exported: Exported
) -> None:
    wanted = {id for (id,) in exported.rows("SELECT lower(hex(id)) FROM rows")}
    ids = [c.id for c in leaving.concepts(every_id(mixed)) if c is not None]
    edges = {e.statement for row in leaving.neighbors(ids) for e in row}
    values = {s.id for row in leaving.values(ids) for s in row}
    assert edges | values == wanted
    assert {s.id for s in leaving.scan()} == edges
    whole = {e.statement for row in mixed.neighbors(every_id(mixed)) for e in row}
    whole |= {s.id for row in mixed.values(every_id(mixed)) for s in row}
    assert len(whole) > len(wanted)
    for id, found in zip(sorted(whole), leaving.statements(sorted(whole)), strict=True):
        assert (found is not None) == (id in wanted)


def test_counts_limits_and_walks_pass_over_what_is_hidden(
    mixed: EmbeddedStore, leaving: EmbeddedStore
) -> None:
    ids = [curie(name) for name in ("gout", "aspirin", "ibuprofen", "warfarin", "amiodarone")]
    for id, count in zip(ids, leaving.degrees(ids), strict=True):
        edges = leaving.neighbors([id])[0]
        assert count == len(edges)
        assert leaving.neighbors([id], limit=1)[0] == edges[:1]
        node = leaving.node(id)
        assert node is not None
        around = leaving.node_ids(leaving.expand([node])[0])
        assert around == [e.object if e.subject == id else e.subject for e in edges
                          if not e.negated]  # fmt: skip
        assert leaving.node_degrees([node]) == [count]
    assert leaving.has_statements([(curie("ibuprofen"), "treats", curie("gout"))]) == [False]
    assert mixed.has_statements([(curie("ibuprofen"), "treats", curie("gout"))]) == [True]
    assert leaving.between([(curie("ibuprofen"), curie("gout"))]) == [[]]
    assert leaving.sources_of([curie("gout")]) == [["infores:open"]]
    assert {row.source for row in leaving.coverage()} == {"infores:open"}
    denied = [(curie("amiodarone"), "treats", curie("gout"))]
    assert mixed.find_statements(denied, negated=True) != [[]]
    assert leaving.find_statements(denied, negated=True) == [[]]


def test_hidden_names_are_found_by_nothing(leaving: EmbeddedStore) -> None:
    names = leaving.lexicon
    for text in ("secretol", "closedadin", "acetylsalicylum", "痛风"):
        assert names.exact([text]) == [[]]
        assert names.prefix(text[:6]) == []
        assert names.tokens([text]) == []
        assert names.fuzzy(text) == []
    assert names.exact(["gout"]) != [[]]
    graph = Graph(leaving, registry())
    assert [link.name for link in graph.link("secretol or aspirin, Closedadin, 痛风")] == [
        "aspirin"
    ]


def test_ids_that_only_a_hidden_source_gave_are_hidden(
    mixed: EmbeddedStore, leaving: EmbeddedStore
) -> None:
    assert mixed.resolve(["y:aspirin"]) != [None]
    assert leaving.resolve(["y:aspirin"]) == [None]
    assert leaving.mappings([curie("aspirin")]) == [[]]
    assert leaving.resolve(["x:half", "x:secret"]) == ["x:half", None]


def test_what_a_query_came_upon_is_counted_once(leaving: EmbeddedStore) -> None:
    licensed = leaving.again()
    take = licensed.take_withheld  # type: ignore[attr-defined]
    assert take() == {}
    licensed.neighbors([curie("gout")])
    licensed.neighbors([curie("gout")])
    assert take() == {(CLOSED, "LicenseRef-DrugBank"): 3}
    assert take() == {}


def test_it_has_no_table_of_mappings(leaving: EmbeddedStore, tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        leaving.mapping_table(tmp_path)


def test_a_source_that_is_allowed_leaves(mixed: EmbeddedStore) -> None:
    let = licensed_store(mixed, Terms.of(mixed.snapshot, ["closed"]))
    ids = every_id(mixed)
    assert let.resolve(ids) == mixed.resolve(ids)
    assert let.neighbors(ids) == mixed.neighbors(ids)
    assert let.concepts(ids) == mixed.concepts(ids)


def test_an_open_graph_is_read_as_it_is(graph: Graph) -> None:
    store = graph.local_store()
    let = licensed_store(store, Terms.of(store.snapshot, ()))
    ids = ["drugbank:DB00682", "umls:C0027051", "ncbigene:79001"]
    assert let.concepts(ids) == store.concepts(ids)
    assert let.neighbors(ids) == store.neighbors(ids)
    assert let.degrees(ids) == store.degrees(ids)
    again = Graph(let, graph.registry)
    question = "how does warfarin treat pulmonary embolism"
    assert again.ask(question).text == graph.ask(question).text
    assert again.find_paths("warfarin", "gout") == graph.find_paths("warfarin", "gout")
