"""``Service``: what it takes, what it refuses, and that it answers as the graph does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from kgmed.facade import Graph
from kgmed.kg.errors import UnknownConcept, UsageError
from kgmed.serve.limits import Limits
from kgmed.serve.service import Service
from kgmed.serve.shapes import SourceRelease
from kgmed.wire import adapter, to_json

WARFARIN = "drugbank:DB00682"


@pytest.fixture(scope="module")
def service(graph: Graph) -> Service:
    return Service(graph)


def test_pages_of_statements_are_all_statements_in_the_graphs_order(
    service: Service, graph: Graph
) -> None:
    found, cursor = [], None
    while True:
        page = service.statements(WARFARIN, limit=40, cursor=cursor)
        assert len(page.rows) <= 40
        assert {end for s in page.rows for end in (s.subject, s.object)} == set(page.concepts)
        found += [s.id for s in page.rows]
        cursor = page.cursor
        if cursor is None:
            break
    assert found == [edge.statement for edge in graph.store.neighbors([WARFARIN])[0]]
    assert len(found) == service.concept(WARFARIN).statements > 100


@pytest.mark.parametrize("source", ["infores:ndfrt", "infores:drugcentral", "infores:kgmed"])
def test_pages_of_a_source_hold_its_statements_alone(service: Service, source: str) -> None:
    found, cursor = [], None
    while True:
        page = service.statements(WARFARIN, source=source, limit=7, cursor=cursor)
        found += page.rows
        cursor = page.cursor
        if cursor is None:
            break
    every = service.statements(WARFARIN, limit=200).rows
    assert found == [s for s in every if s.primary_knowledge_source == source]


def test_statements_have_a_direction_and_a_predicate(service: Service) -> None:
    out = service.statements(WARFARIN, direction="out", limit=200).rows
    into = service.statements(WARFARIN, direction="in", limit=200).rows
    assert {s.subject for s in out} == {WARFARIN} == {s.object for s in into}
    treats = service.statements(WARFARIN, predicate="treats", limit=200).rows
    assert treats
    assert [s for s in (*out, *into) if s.predicate == "treats"] == list(treats)
    shown = service.concept(WARFARIN)
    counts = {(c.predicate, c.direction): c.statements for c in shown.counts}
    assert counts["treats", "out"] == sum(s.predicate == "treats" for s in out)
    assert sum(counts.values()) == shown.statements


@pytest.mark.parametrize("cursor", ["e1", "146eb4951a63-x1", "146eb4951a63-e", "-e٣", "x" * 65])
def test_a_cursor_that_is_none_is_refused(service: Service, cursor: str) -> None:
    with pytest.raises(UsageError, match="cursor"):
        service.statements(WARFARIN, cursor=cursor)


def test_a_cursor_of_another_snapshot_is_refused(service: Service) -> None:
    with pytest.raises(UsageError, match="Begin with the first page"):
        service.statements(WARFARIN, cursor="000000000000-e5")


def test_the_concepts_of_an_answer_are_had_at_once(service: Service, graph: Graph) -> None:
    answer = service.ask("drug interactions of warfarin")
    ends = sorted({end for s in answer.statements.values() for end in (s.subject, s.object) if end})
    found = service.concepts(ends)
    assert sorted(found.concepts) == ends
    assert len(ends) > 100
    assert all(found.concepts[id] == graph.concept(id) for id in ends[:20])
    mixed = service.concepts(["DB00682", "nix", "drugbank:DB99999", "11289"])
    assert mixed.concepts["DB00682"] == mixed.concepts["11289"]
    assert mixed.unknown == ("nix", "drugbank:DB99999")


def test_search_finds_by_id_name_and_beginning(service: Service) -> None:
    assert service.search("DB00682").hits[0].how == "id"
    assert service.search("11289").hits[0].id == WARFARIN
    named = service.search("heart attack").hits[0]
    assert (named.name, named.how) == ("myocardial infarction", "name")
    assert WARFARIN in {hit.id for hit in service.search("warf").hits}
    assert service.search("华法林", lang="zh").hits[0].name == "华法林"
    assert not service.search("qqqqzzzz").hits
    only = service.search("gout", category="Disease", limit=50).hits
    assert only
    assert "drug" not in {hit.category.casefold() for hit in only}
    ids = [hit.id for hit in service.search("acid", limit=30).hits]
    assert len(ids) == len(set(ids)) == 30


def test_pairs_are_listed_or_not_listed_and_never_safe(service: Service) -> None:
    found = service.interactions(["warfarin", "DB01118", "metformin", "nosuchdrugatall"])
    pairs = {(pair.left, pair.right): pair for pair in found.pairs}
    assert len(pairs) == 3
    listed = pairs[WARFARIN, "drugbank:DB01118"]
    assert listed.listed
    assert listed.item is not None
    assert listed.item.qualifiers["severity"] == "Critical"
    assert set(listed.item.statements) <= set(found.statements)
    assert [pair.listed for pair in found.pairs] == [True, False, False]
    assert found.unread == ("nosuchdrugatall",)
    assert SourceRelease("infores:ndfrt", "2014-07-07") in found.sources
    assert "no evidence of safety" in found.text
    assert "safe" not in found.text.casefold().replace("no evidence of safety", "")
    zh = service.interactions(["warfarin", "metformin"], lang="zh")
    assert "不代表安全" in zh.text


def test_pairs_agree_with_what_the_question_is_answered(service: Service, graph: Graph) -> None:
    drugs = ["warfarin", "amiodarone", "simvastatin", "aspirin", "metformin"]
    asked = graph.ask(f"patient on {', '.join(drugs)}: which interact?")
    found = service.interactions(drugs)
    assert [pair.item for pair in found.pairs if pair.listed] == list(asked.items)


def test_rows_are_verified_in_order_and_keep_their_fields(service: Service) -> None:
    rows = [
        {"subject": "warfarin", "predicate": "interacts_with", "object": "amiodarone", "row": 7},
        {"subject": WARFARIN, "predicate": "treats", "object": "nosuchthing"},
    ]
    found = service.verify_triples(rows)
    assert [row.verdict for row in found.rows] == ["SUPPORTED", "NOT_COVERED"]
    assert found.rows[0].row["row"] == 7
    assert set(found.rows[0].statements) == set(found.statements)


def test_a_long_answer_is_cut_and_says_so(graph: Graph) -> None:
    whole = graph.ask("drug interactions of warfarin")
    cut = Service(graph, Limits(items=10)).ask("drug interactions of warfarin", limit=5)
    assert cut.items == whole.items[:10]
    assert cut.items_left_out == len(whole.items) - 10 > 0
    assert set(cut.statements) == {id for item in cut.items for id in item.statements}
    assert cut.text.partition("\n")[0] == whole.text.partition("\n")[0]


LONG = "a" * 20_001
REFUSED: list[tuple[str, Callable[[Service], Any]]] = [
    ("question", lambda s: s.ask("")),
    ("question", lambda s: s.ask("x" * 2_001)),
    ("question", lambda s: s.ask("gout\x00")),
    ("question", lambda s: s.ask("gout \ud800")),
    ("lang", lambda s: s.ask("gout", lang="de")),
    ("limit", lambda s: s.ask("gout", limit=0)),
    ("limit", lambda s: s.ask("gout", limit=True)),
    ("program", lambda s: s.ask("gout", program="cot")),
    ("program", lambda s: s.ask("gout", program="/etc/passwd.json")),
    ("program", lambda s: s.ask_events("gout", program="cot")),
    ("text", lambda s: s.link(LONG)),
    ("text", lambda s: s.verify(LONG)),
    ("hops", lambda s: s.paths("warfarin", "gout", hops=5)),
    ("limit", lambda s: s.paths("warfarin", "gout", limit=51)),
    ("end", lambda s: s.paths("warfarin", " ")),
    ("id", lambda s: s.concepts([])),
    ("id", lambda s: s.concepts(["DB00682"] * 201)),
    (r"id\[0\]", lambda s: s.concepts([" "])),
    ("category", lambda s: s.search("gout", category="Nonsense")),
    ("limit", lambda s: s.search("gout", limit=201)),
    ("predicate", lambda s: s.statements(WARFARIN, predicate="nonsense")),
    ("source", lambda s: s.statements(WARFARIN, source="infores:nix")),
    ("direction", lambda s: s.statements(WARFARIN, direction="up")),
    ("drugs", lambda s: s.interactions(["warfarin"])),
    ("drugs", lambda s: s.interactions(["warfarin"] * 31)),
    (r"drugs\[1\]", lambda s: s.interactions(["warfarin", ""])),
    ("triples", lambda s: s.verify_triples([])),
    (r"triples\[0\].object", lambda s: s.verify_triples([{"subject": "a", "predicate": "b"}])),
    (r"triples\[0\]", lambda s: s.verify_triples(["x"])),  # type: ignore[list-item]
    ("negated", lambda s: s.verify_triples([
        {"subject": "a", "predicate": "b", "object": "c", "negated": 1}])),
    ("qualifiers", lambda s: s.verify_triples([
        {"subject": "a", "predicate": "b", "object": "c", "qualifiers": {"x": 1}}])),
    ("task", lambda s: s.sample("nonsense")),
    ("count", lambda s: s.sample("yes_no", count=21)),
    ("--diff", lambda s: s.diff()),
]  # fmt: skip


@pytest.mark.parametrize(("where", "call"), REFUSED)
def test_what_is_beyond_the_limits_is_refused_by_name(
    service: Service, where: str, call: Callable[[Service], Any]
) -> None:
    with pytest.raises(UsageError, match=where):
        call(service)


def test_what_the_graph_lacks_is_unknown(service: Service) -> None:
    for call in (
        lambda: service.concept("DB99999"),
        lambda: service.statement("0123456789abcdef"),
        lambda: service.paths("nosuchthing", "gout"),
        lambda: service.why("X:1", "X:2"),
    ):
        with pytest.raises(UnknownConcept):
            call()


def test_every_shape_is_valid_by_its_own_schema(service: Service) -> None:
    for shape in (
        service.info(), service.coverage(), service.search("gout"), service.concept(WARFARIN),
        service.statements(WARFARIN), service.paths("warfarin", "VKORC1"),
        service.interactions(["warfarin", "amiodarone"]), service.ask("what is gout?"),
    ):  # fmt: skip
        adapter(shape.schema).validate_json(to_json(shape))


def test_a_sample_is_what_an_export_begins_with(service: Service) -> None:
    found = service.sample("yes_no", count=2)
    assert [row["task"] for row in found.rows] == ["yes_no", "yes_no"]
    cited = {id for row in found.rows for id in row["statements"]}
    assert cited == set(found.statements)
    assert service.sample("yes_no", count=1).rows == found.rows[:1]
