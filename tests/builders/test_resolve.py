"""Identity: the rules of uniqueness, ties and negative mappings, over numbered ids."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from kgmed.builders.resolve import EDITORIAL, Problem, components, resolve

Edge = tuple[int, int, float]


def problem(
    size: int,
    edges: list[Edge],
    *,
    authority: dict[int, int] | None = None,
    apart: list[tuple[int, int]] | None = None,
    kind: list[int] | None = None,
    excluding: list[tuple[int, int]] | None = None,
) -> Problem:
    left = np.array([e[0] for e in edges], np.int64)
    right = np.array([e[1] for e in edges], np.int64)
    strict = np.zeros(size, np.int64)
    for member, number in (authority or {}).items():
        strict[member] = number
    confidence = np.array([e[2] for e in edges])
    pairs = np.array(apart or [], np.int64).reshape(-1, 2)
    kinds = None if kind is None else np.array(kind, np.int64)
    both = frozenset(pair for a, b in excluding or [] for pair in ((a, b), (b, a)))
    return Problem(size, left, right, confidence, strict, pairs, kinds, both)


def classes(found: Problem) -> set[frozenset[int]]:
    groups: dict[int, set[int]] = {}
    for member, label in enumerate(resolve(found).label.tolist()):
        groups.setdefault(label, set()).add(member)
    return {frozenset(group) for group in groups.values() if len(group) > 1}


def test_mappings_chain_into_one_class() -> None:
    assert classes(problem(4, [(0, 1, 0.9), (2, 1, 0.8), (2, 3, 0.7)])) == {frozenset(range(4))}


def test_the_weakest_link_between_two_ids_of_one_authority_is_refused() -> None:
    # umls:A - mondo - doid - umls:B; doid - umls:B is the weakest
    chain = problem(4, [(0, 1, 0.95), (1, 2, 0.95), (2, 3, 0.75)], authority={0: 1, 3: 1})
    assert classes(chain) == {frozenset({0, 1, 2})}
    assert resolve(chain).refused == {2: ("authority", (0, 3))}


def test_a_tie_refuses_both_and_keeps_what_dangles() -> None:
    # mondo (0) maps to umls 1 and umls 2 alike; its omim (3) is not part of the quarrel
    tie = problem(4, [(0, 1, 0.9), (0, 2, 0.9), (0, 3, 0.9)], authority={1: 1, 2: 1})
    assert classes(tie) == {frozenset({0, 3})}
    assert {edge: kind for edge, (kind, _) in resolve(tie).refused.items()} == {0: "tie", 1: "tie"}


def test_a_tie_inside_a_longer_way_refuses_the_whole_way() -> None:
    way = problem(4, [(0, 1, 0.9), (1, 2, 0.9), (2, 3, 0.9)], authority={0: 1, 3: 1})
    assert classes(way) == set()


def test_a_better_mapping_decides_what_would_be_a_tie() -> None:
    decided = problem(3, [(0, 1, 0.97), (0, 2, 0.9)], authority={1: 1, 2: 1})
    assert classes(decided) == {frozenset({0, 1})}


def test_a_negative_mapping_keeps_two_ids_apart_across_a_chain() -> None:
    kept = problem(3, [(0, 1, 0.9), (1, 2, 0.8)], apart=[(0, 2)])
    assert classes(kept) == {frozenset({0, 1})}
    assert resolve(kept).refused == {1: ("apart", (0, 2))}


def test_an_override_wins_over_uniqueness() -> None:
    wins = problem(3, [(0, 1, 0.9), (1, 2, 2.0)], authority={0: 1, 2: 1})
    assert classes(wins) == {frozenset({1, 2})}


def test_kinds_that_exclude_each_other_share_no_class_through_an_id_of_none() -> None:
    # gene (0) - OMIM (1) - disease (2): the surer mapping has the entry
    hub = problem(3, [(0, 1, 0.7), (1, 2, 0.9)], kind=[1, 0, 2], excluding=[(1, 2)])
    assert classes(hub) == {frozenset({1, 2})}
    assert resolve(hub).refused == {0: ("kind", (0, 2))}


def test_kinds_that_go_together_join() -> None:
    both = problem(3, [(0, 1, 0.7), (1, 2, 0.9)], kind=[1, 3, 2], excluding=[(2, 4)])
    assert classes(both) == {frozenset({0, 1, 2})}


def test_kinds_do_not_speak_against_an_editors_assignment() -> None:
    stands = problem(2, [(0, 1, EDITORIAL)], kind=[1, 2], excluding=[(1, 2)])
    assert classes(stands) == {frozenset({0, 1})}


def test_uniqueness_speaks_against_an_editors_assignment_too() -> None:
    tie = problem(3, [(0, 1, EDITORIAL), (0, 2, EDITORIAL)], authority={1: 1, 2: 1})
    assert classes(tie) == set()


def test_two_ids_of_a_lenient_authority_may_share_a_class() -> None:
    assert classes(problem(3, [(0, 1, 0.9), (0, 2, 0.9)])) == {frozenset({0, 1, 2})}


def _distinct(rows: list[Edge]) -> list[Edge]:
    return sorted({(min(a, b), max(a, b)): (a, b, c) for a, b, c in rows if a != b}.values())


edges = st.lists(
    st.tuples(st.integers(0, 11), st.integers(0, 11), st.sampled_from([0.6, 0.8, 0.9])),
    max_size=24,
).map(_distinct)
authorities = st.dictionaries(st.integers(0, 11), st.integers(1, 3), max_size=8)
pairs = st.lists(st.tuples(st.integers(0, 11), st.integers(0, 11)), max_size=3).map(
    lambda rows: [(a, b) for a, b in rows if a != b]
)


kinds = st.lists(st.integers(0, 3), min_size=12, max_size=12)


@given(edges, authorities, pairs, kinds)
def test_no_class_breaks_a_rule(
    rows: list[Edge], strict: dict[int, int], apart: list[tuple[int, int]], kind: list[int]
) -> None:
    found = problem(12, rows, authority=strict, apart=apart, kind=kind, excluding=[(1, 2)])
    for group in classes(found):
        assert not {1, 2} <= {kind[member] for member in group}
        numbers = [strict[member] for member in group if member in strict]
        assert len(numbers) == len(set(numbers))
        assert not any(a in group and b in group for a, b in apart)


@given(edges, authorities, pairs, kinds, st.randoms(use_true_random=False))
def test_the_order_of_mappings_changes_nothing(
    rows: list[Edge],
    strict: dict[int, int],
    apart: list[tuple[int, int]],
    kind: list[int],
    chance: object,
) -> None:
    shuffled = list(rows)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    excluding = [(1, 2)]
    first = problem(12, rows, authority=strict, apart=apart, kind=kind, excluding=excluding)
    second = problem(
        12, shuffled, authority=strict, apart=apart[::-1], kind=kind, excluding=excluding
    )
    assert classes(first) == classes(second)


@given(edges)
def test_components_are_those_of_a_plain_search(rows: list[Edge]) -> None:
    label = components(
        12, np.array([e[0] for e in rows], np.int64), np.array([e[1] for e in rows], np.int64)
    ).tolist()
    for a, b, _ in rows:
        assert label[a] == label[b]
    for member in range(12):
        reached, frontier = {member}, [member]
        while frontier:
            node = frontier.pop()
            for a, b, _ in rows:
                for near, far in ((a, b), (b, a)):
                    if near == node and far not in reached:
                        reached.add(far)
                        frontier.append(far)
        assert label[member] == min(reached)


def test_a_long_chain_is_one_component() -> None:
    n = 5000
    ends = np.array(list(pairwise(range(n - 1, -1, -1))), np.int64)
    assert set(components(n, ends[:, 0], ends[:, 1]).tolist()) == {0}
