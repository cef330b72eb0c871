"""Path search: shortest, complete within its cap, ranked, and the same every time."""

from __future__ import annotations

import random

import networkx as nx
import pytest

from kgmed.facade import Graph
from kgmed.kg.errors import UnknownConcept, UsageError
from kgmed.kg.model import Path, Statement, Step
from kgmed.kg.paths.find import find_paths
from kgmed.kg.predicates import registry


def test_lengths_are_those_of_networkx(graph: Graph) -> None:
    statements = [s for s in graph.store.scan() if not s.negated]
    plain = nx.Graph((s.subject, s.object) for s in statements)
    chance = random.Random(1)
    ids = sorted(plain)
    for _ in range(60):
        a, b = chance.choice(ids), chance.choice(ids)
        found = find_paths(graph.store, a, b, registry=registry(), hops=4).paths
        try:
            length = nx.shortest_path_length(plain, a, b)
        except nx.NetworkXNoPath:
            length = 99
        if a == b or length > 4:
            assert found == ()
        else:
            assert {len(path.steps) for path in found} == {length}
            for path in found:
                assert (path.nodes[0], path.nodes[-1]) == (a, b)
                assert len(set(path.nodes)) == len(path.nodes)


def test_the_same_search_finds_the_same_paths(graph: Graph) -> None:
    first, second = (graph.find_paths("metformin", "warfarin", limit=9) for _ in range(2))
    assert first == second


def test_paths_keep_to_the_predicates_asked_for(graph: Graph) -> None:
    paths = graph.find_paths("simvastatin", "warfarin", predicates=["has_role", "in_drug_class"])
    used = {step.statement.predicate for path in paths for step in path.steps}
    assert used <= {"has_role", "in_drug_class"}


def test_a_direct_statement_that_explains_more_is_chosen(graph: Graph) -> None:
    (path, *_) = graph.find_paths("imatinib", "ABL1")
    assert path.steps[0].statement.predicate == "inhibits"


def test_hops_out_of_range_and_unknown_names_are_refused(graph: Graph) -> None:
    with pytest.raises(UsageError, match="expected 1 to"):
        graph.find_paths("warfarin", "gout", hops=0)
    with pytest.raises(UnknownConcept, match="No concept"):
        graph.find_paths("warfarin", "zzqqxx")
    with pytest.raises(UnknownConcept, match="may be"):
        graph.find_paths("warfarin", "MS")


def test_a_search_that_reaches_its_cap_says_so(
    graph: Graph, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kgmed.kg.paths.find.MAX_STATEMENTS_READ", 3)
    a, b = graph.named("metformin"), graph.named("warfarin")
    found = find_paths(graph.store, a, b, registry=registry(), hops=4)
    assert found.paths == ()
    assert not found.exhausted


def test_a_path_must_hang_together() -> None:
    left = Statement("1", "a", "treats", "b")
    right = Statement("2", "c", "treats", "d")
    with pytest.raises(ValueError, match="breaks between b and c"):
        Path((Step(left, "out"), Step(right, "out")))
