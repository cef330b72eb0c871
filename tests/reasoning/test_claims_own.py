"""A graph's own statements against each other: the arrays find what the rules refute."""

from __future__ import annotations

from pathlib import Path

import pytest
from claim_graphs import Told
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from test_claims_rules import LINES

from kgmed.facade import Graph
from kgmed.kg.predicates import registry
from kgmed.reasoning.claims.batch import own
from kgmed.reasoning.claims.batch.arrays import Arrays
from kgmed.reasoning.claims.batch.own import OwnStatements, own_statements
from kgmed.reasoning.claims.rules import RULES, Assertion, Facts

BUILDS = settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
CONTRARY = [
    "salbutamol agonist_of ADRB2",
    "b: salbutamol antagonist_of ADRB2",
    "c: salbutamol antagonist_of ADRB2",
    "aspirin interacts_with warfarin severity=Critical",
    "b: not warfarin interacts_with aspirin",
    "b: not imatinib has_target ABL1",
    "imatinib inhibits ABL1",
    "liver part_of abdomen",
    "abdomen part_of body",
    "b: body part_of liver",
    "warfarin affects albumin aspect=level direction=increased affected=x:albumin",
    "b: warfarin affects albumin aspect=level direction=decreased affected=x:albumin",
    "gout treats aspirin",
    "metformin treats type-2-diabetes",
    "type-2-diabetes subclass_of diabetes",
    "diabetes subclass_of disease",
    "b: not metformin treats diabetes",
    "warfarin increases_activity_of albumin",
    "b: warfarin decreases_activity_of albumin",
]


def check(graph: Told) -> OwnStatements:
    return own_statements(Arrays(graph.store.snapshot), graph.store, registry())


def refuted(graph: Told) -> dict[str, set[str]]:
    """By what rules each statement is refuted, if it is, by the rules applied one by one."""
    known = registry()
    every = list(graph.store.scan())
    concepts = [c for c in graph.store.concepts([s.subject for s in every] +
                                                [s.object for s in every]) if c]  # fmt: skip
    found = {}
    for statement in every:
        others = [s for s in every if s.id != statement.id]
        facts = Facts(
            known,
            others,
            {c.id: c.categories for c in concepts},
            {c.id: c.name for c in concepts},
        )
        assertion = Assertion(
            statement.subject, statement.predicate, statement.object, statement.qualifiers
        )
        effect = "supports" if statement.negated else "refutes"
        rules = {
            rule.name
            for rule in RULES.values()
            if rule.effect == effect and rule.entails and rule.find(assertion, facts)
        }
        if rules:
            found[statement.id] = rules
    return found


def same(graph: Told) -> None:
    truth, told = refuted(graph), check(graph)
    assert told.statements == graph.store.snapshot.manifest["counts"]["statements"]
    assert sum(told.refuted.values()) == len(truth)
    for conflict in told.conflicts:
        assert conflict.rule in truth[conflict.statement.id]
        assert bool(conflict.against) == (conflict.rule != "ill_typed")
    named = {s.id for c in told.conflicts for s in (c.statement, *c.against)}
    assert truth.keys() <= named


def test_what_contradicts_is_found_by_every_rule_and_what_only_opposes_is_not(
    tmp_path: Path,
) -> None:
    graph = Told(tmp_path / "g", *CONTRARY)
    same(graph)
    told = check(graph)
    assert told.refuted == {
        "statement": 1,
        "sub_predicate": 1,
        "asymmetric_reverse": 3,
        "excludes": 5,
        "ill_typed": 1,
    }
    pairs = [sorted(s.source_record[0] for s in (c.statement, *c.against)) for c in told.conflicts]
    assert ["aspirin interacts_with warfarin severity=Critical",
            "not warfarin interacts_with aspirin"] in pairs  # fmt: skip
    assert len(pairs) == len({tuple(pair) for pair in pairs}) + 1  # two sources say antagonist_of
    assert not any("increases_activity_of" in line for pair in pairs for line in pair)
    assert not any("diabetes" in line for pair in pairs for line in pair)


def test_a_graph_without_contradictions_has_none(tmp_path: Path) -> None:
    graph = Told(tmp_path / "g", *LINES)
    same(graph)
    assert check(graph).refuted == {}


SUBJECTS = st.sampled_from(["warfarin", "aspirin", "liver", "gout"])
OBJECTS = st.sampled_from(["warfarin", "ADRB2", "albumin", "body", "liver", "gout"])
PREDICATES = st.sampled_from(
    ["interacts_with", "treats", "part_of", "inhibits", "activates", "has_target", "agonist_of",
     "antagonist_of", "has_ingredient", "has_active_ingredient", "form_of", "affects",
     "increases_activity_of", "related_to", "contraindicated_in", "located_in"]
)  # fmt: skip
QUALIFIERS = st.sampled_from(
    ["", "", "", " severity=Critical", " dose=low",
     " aspect=level direction=increased affected=x:albumin",
     " aspect=level direction=decreased affected=x:albumin"]
)  # fmt: skip
LINE = st.tuples(
    st.sampled_from(["", "", "b: "]), st.sampled_from(["", "", "", "not "]),
    SUBJECTS, PREDICATES, OBJECTS, QUALIFIERS,
).map(lambda p: f"{p[0]}{p[1]}{p[2]} {p[3]} {p[4]}{p[5]}")  # fmt: skip


@BUILDS
@given(lines=st.lists(LINE, min_size=20, max_size=60, unique=True))
def test_the_arrays_find_what_the_rules_find_and_nothing_else(
    tmp_path_factory: pytest.TempPathFactory, lines: list[str]
) -> None:
    same(Told(tmp_path_factory.mktemp("own") / "g", *lines))


def test_blocks_change_nothing_and_lists_are_cut_where_counts_are_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    graph = Told(tmp_path / "g", *CONTRARY)
    whole = check(graph)
    monkeypatch.setattr(own, "BLOCK", 3)
    assert check(graph) == whole
    monkeypatch.setattr(own, "LISTED", 1)
    cut = check(graph)
    assert cut.refuted == whole.refuted
    assert len(cut.conflicts) == len(whole.refuted)


def test_no_statement_of_the_open_graph_is_refuted_by_another(graph: Graph) -> None:
    store = graph.local_store()
    told = own_statements(Arrays(store.snapshot), store, registry())
    assert (told.refuted, told.conflicts) == ({}, [])
    assert told.statements > 50_000
