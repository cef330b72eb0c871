"""Tables of claims get the verdicts of single claims."""

from __future__ import annotations

import json
import random
from collections import Counter
from typing import Any

import pyarrow as pa
import pytest

from kgmed.facade import Graph
from kgmed.kg.errors import UsageError
from kgmed.kg.predicates import registry
from kgmed.reasoning.claims.batch import TableVerifier, verify_triples
from kgmed.reasoning.claims.model import Claim
from kgmed.reasoning.claims.verify import Verifier

Row = tuple[str, str, str, bool, dict[str, str]]
UP_OR_DOWN = ["subclass_of", "form_of", "has_active_ingredient", "in_drug_class"]


def table(rows: list[Row]) -> pa.Table:
    columns = list(zip(*rows, strict=True))
    names = ("subject", "predicate", "object", "negated")
    stated = [json.dumps(q) if q else None for q in columns[4]]
    return pa.table({**dict(zip(names, map(list, columns[:4]), strict=True)), "qualifiers": stated})


def claims(graph: Graph, count: int, seed: int) -> list[Row]:
    """True, corrupted, reversed, inverted, generalised, moved along hierarchies, qualified and
    negated triples."""
    chance, known = random.Random(seed), registry()
    store = graph.store
    statements = list(store.scan())
    subjects = sorted({s.subject for s in statements})
    objects = sorted({s.object for s in statements})

    def beside(id: str) -> str:
        edges = store.neighbors([id], predicates=UP_OR_DOWN, limit=40)[0]
        return chance.choice([end for e in edges for end in (e.subject, e.object)] or [id])

    rows: list[Row] = []
    for s in chance.sample(statements, count):
        subject, predicate, object = s.subject, s.predicate, s.object
        stated: dict[str, str] = {}
        match chance.randrange(10):
            case 0:
                object = chance.choice(objects)
            case 1:
                subject, object = object, subject
            case 2:
                subject = chance.choice(subjects)
            case 3:
                predicate = chance.choice(list(known))
            case 4:
                subject, predicate, object = object, known[predicate].inverse, subject
            case 5:
                predicate = known[predicate].parent or predicate
            case 6:
                values = ["Critical", "significant", "symptomatic"]
                stated = {k: chance.choice([v, *values]) for k, v in s.qualifiers.items()}
            case 7:
                object = beside(object)
            case 8:
                subject = beside(subject)
        rows.append((subject, predicate, object, chance.random() < 0.25, stated))
    missing = "mesh:nothing"
    rows += [(missing, "treats", objects[0], False, {}), (objects[0], "loves", missing, True, {})]
    return rows


@pytest.fixture(scope="module")
def verifier(graph: Graph) -> TableVerifier:
    return TableVerifier(graph.store, registry())


@pytest.fixture(scope="module")
def checked(graph: Graph) -> tuple[list[Row], list[dict[str, Any]]]:
    """Claims, and what they get one by one."""
    rows = claims(graph, 4000, seed=11)
    single = Verifier(graph.store, registry())
    found = single.claims([Claim(s, p, o, negated=n, qualifiers=q) for s, p, o, n, q in rows])
    told = [
        {
            "verdict": c.verdict,
            "rule": c.proof.rule if c.proof else "",
            "reason": c.reason,
            "confidence": c.confidence,
        }
        for c in found
    ]
    return rows, told


@pytest.mark.parametrize("compiled", [True, False])
def test_tables_get_the_verdicts_rules_and_reasons_of_single_claims(
    verifier: TableVerifier,
    checked: tuple[list[Row], list[dict[str, Any]]],
    compiled: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if compiled:
        pytest.importorskip("numba")
    else:
        from kgmed.kg.store import batch

        monkeypatch.setattr(
            "kgmed.reasoning.claims.batch.arrays.lower_bounds", batch._numpy_lower_bounds
        )
    rows, told = checked
    found = verifier.verify(table(rows)).to_pylist()
    differ = [
        (row, {k: mine[k] for k in its}, its)
        for row, mine, its in zip(rows, found, told, strict=True)
        if {k: mine[k] for k in its} != its
    ]
    assert differ == []
    assert len({(t["verdict"], t["rule"]) for t in told}) > 15  # most rules were at work


def test_without_proof_verdicts_are_the_same(verifier: TableVerifier, graph: Graph) -> None:
    rows = table(claims(graph, 500, seed=3))
    bare = verifier.verify(rows, proof=False)
    assert "statements" not in bare.schema.names
    for name in ("verdict", "rule", "reason"):
        assert bare[name].to_pylist() == verifier.verify(rows)[name].to_pylist()


def test_statements_prove_the_verdict(verifier: TableVerifier, graph: Graph) -> None:
    rows = claims(graph, 1500, seed=5)
    for row, told in zip(rows, verifier.verify(table(rows)).to_pylist(), strict=True):
        if told["verdict"] in ("UNSUPPORTED", "NOT_COVERED") or told["rule"] == "ill_typed":
            continue
        proof = graph.store.statements(told["statements"])
        assert proof
        assert all(proof)
        ends = {end for s in proof if s for end in (s.subject, s.object)}
        assert set(graph.store.resolve([row[0], row[2]])) <= ends


def test_as_many_members_of_a_class_are_looked_at_as_for_a_single_claim(
    verifier: TableVerifier, graph: Graph
) -> None:
    """A predicate with many below it leaves room for few members: "affects" for six."""
    acts = {(s.subject, s.object) for s in graph.store.scan(predicate="decreases_activity_of")}
    roles: dict[str, list[str]] = {}
    for s in graph.store.scan(predicate="has_role"):
        roles.setdefault(s.object, []).append(s.subject)
    rows: list[Row] = [
        (role, "affects", object, False, {})
        for role, members in sorted(roles.items())
        if len(members) > 6
        for subject, object in sorted(acts)
        if subject in members
    ][:400]
    told = verifier.verify(table(rows))["reason"].to_pylist()
    single = Verifier(graph.store, registry()).claims([Claim(*row) for row in rows])
    assert told == [c.reason for c in single]
    assert len({"members_only", "subject_not_covered"} & set(told)) == 2


def test_no_statement_of_the_graph_is_refuted(verifier: TableVerifier, graph: Graph) -> None:
    rows = [(s.subject, s.predicate, s.object, s.negated, {}) for s in graph.store.scan()]
    verdicts = Counter(verifier.verify(table(rows), proof=False)["verdict"].to_pylist())
    assert verdicts == {"SUPPORTED": len(rows)}


def test_columns_are_carried_through_in_order(graph: Graph) -> None:
    given = pa.table(
        {
            "n": [3, 1, 2],
            "subject": ["warfarin", "DB00682", "zorblaxin"],
            "predicate": ["interacts_with", "loves", "treats"],
            "object": ["drugbank:DB01118", "gout", None],
        }
    )
    found = verify_triples(graph.store, given)
    assert found.schema.names == [*given.schema.names, "verdict", "rule", "statements",
                                  "confidence", "reason"]  # fmt: skip
    assert found["n"].to_pylist() == [3, 1, 2]
    assert found["verdict"].to_pylist() == ["SUPPORTED", "NOT_COVERED", "NOT_COVERED"]
    assert found["reason"].to_pylist() == ["", "unknown_predicate", "not_linked"]


def test_a_misspelt_name_never_refutes(graph: Graph) -> None:
    typo = {"subject": ["Imatinb"], "predicate": ["treats"], "object": ["Warfrin"]}
    right = {"subject": ["imatinib"], "predicate": ["treats"], "object": ["warfarin"]}
    assert verify_triples(graph.store, right)["verdict"].to_pylist() == ["REFUTED"]
    found = verify_triples(graph.store, typo).to_pylist()[0]
    assert (found["verdict"], found["reason"]) == ("NOT_COVERED", "uncertain_link")


def test_no_rows_give_no_rows(graph: Graph) -> None:
    empty = pa.table(
        {name: pa.array([], pa.string()) for name in ("subject", "predicate", "object")}
    )
    assert verify_triples(graph.store, empty).num_rows == 0


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ({"subject": ["a"], "object": ["b"]}, "predicate is missing"),
        (
            {"subject": [1], "predicate": ["treats"], "object": ["b"]},
            "column subject of type int64",
        ),
        (
            {"subject": ["a"], "predicate": ["treats"], "object": ["b"], "verdict": [""]},
            "would be overwritten: verdict",
        ),
        (
            {"subject": ["a"], "predicate": ["treats"], "object": ["b"], "negated": ["maybe"]},
            "row 1: found negated 'maybe'",
        ),
        (
            {"subject": ["a"], "predicate": ["treats"], "object": ["b"], "qualifiers": ["x"]},
            "row 1: found qualifiers 'x'",
        ),
    ],
)
def test_columns_that_are_none_are_told(
    graph: Graph, columns: dict[str, list[Any]], words: str
) -> None:
    with pytest.raises(UsageError, match=words):
        verify_triples(graph.store, columns)
