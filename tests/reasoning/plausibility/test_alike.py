"""How alike concepts are by their marks, against the plainest way to compute it."""

from __future__ import annotations

import numpy as np
import pytest
from plausible import toy

from kgmed.reasoning.plausibility.embedding.score import NODES
from kgmed.reasoning.plausibility.methods.alike import Alike, grams
from kgmed.reasoning.plausibility.methods.peers import (
    filled,
    marks_width,
    peers,
    row_of,
    statement_marks,
)
from kgmed.reasoning.plausibility.triples.data import Longs

NAMES = [
    ["Simvastatin"], ["Lovastatin", "Mevacor"], ["Captopril"], ["Enalapril"], ["高血压"],
    ["肺动脉高血压"], ["Simvastatin"],
]  # fmt: skip
TYPES = np.array([0, 0, 0, 0, 1, 1, 1], np.int32)


@pytest.fixture(scope="module")
def marks() -> list[Longs]:
    return [grams(names) for names in NAMES]


def plain(marks: list[Longs], n: int, others: list[int]) -> dict[int, float]:
    """Cosines of inverse document frequencies, with dictionaries."""
    size = len(others)

    def weight(mark: int) -> float:
        return float(np.log((1 + size) / (1 + sum(mark in marks[one] for one in others))))

    def weights(one: int) -> dict[int, float]:
        return {mark: weight(mark) for mark in marks[one].tolist()}

    def length(of: dict[int, float]) -> float:
        return sum(value**2 for value in of.values()) ** 0.5

    own = weights(n)
    found = {}
    for one in others:
        other = weights(one)
        shared = sum(own[mark] ** 2 for mark in own.keys() & other.keys())
        if shared and one != n:
            found[one] = shared / (length(own) * length(other))
    return found


@pytest.mark.parametrize("n", [0, 1, 2, 4])
def test_likeness_is_the_cosine_of_what_is_rare_in_the_category(marks: list[Longs], n: int) -> None:
    index = Alike(marks, TYPES, np.ones(len(marks), bool))
    expected = plain(marks, n, np.flatnonzero(TYPES[n] == TYPES).tolist())
    own, how = index.nearest(marks[n], int(TYPES[n]), limit=9, leave_out=n)
    assert dict(zip(own.tolist(), how.tolist(), strict=True)) == pytest.approx(expected, rel=1e-5)
    assert how.tolist() == sorted(how.tolist(), reverse=True)


def test_names_of_a_kind_are_nearest_and_only_in_their_category(marks: list[Longs]) -> None:
    among = np.array([False, True, True, True, True, True, True])
    index = Alike(marks, TYPES, among)
    assert index.nearest(marks[0], 0, limit=1)[0].tolist() == [1]
    assert index.nearest(marks[0], 1, limit=1)[0].tolist() == [6]
    assert 0 not in index.nearest(marks[1], 0, limit=9)[0]
    assert index.nearest(grams(["高血压病"]), 1, limit=1)[0].tolist() == [4]
    for empty in (index.nearest(grams(["zzz"]), 0, limit=9), index.nearest(marks[0], 7, limit=9)):
        assert len(empty[0]) == len(empty[1]) == 0


def test_an_index_comes_back_from_its_arrays(marks: list[Longs]) -> None:
    index = Alike(marks, TYPES, np.ones(len(marks), bool))
    again = Alike.of_arrays(index.arrays("names"), "names")
    for n in range(len(marks)):
        for one, other in zip(
            index.nearest(marks[n], int(TYPES[n]), limit=9),
            again.nearest(marks[n], int(TYPES[n]), limit=9),
            strict=True,
        ):
            assert (one == other).all()


def test_a_part_of_an_index_tells_of_it_what_the_whole_does(marks: list[Longs]) -> None:
    index = Alike(marks, TYPES, np.ones(len(marks), bool))
    among = np.array([True, False, True, True, True, True, False])
    part = index.only(among)
    for n in range(len(marks)):
        whole = index.nearest(marks[n], int(TYPES[n]), limit=9, leave_out=n)
        own, how = part.nearest_to(n)
        kept = among[whole[0]]
        assert own.tolist() == whole[0][kept].tolist()
        assert how == pytest.approx(whole[1][kept], rel=1e-6)
    assert part.nearest_to(0)[0].tolist() != index.nearest_to(0)[0].tolist()


def test_peers_are_those_alike_by_the_sum_of_both(marks: list[Longs]) -> None:
    said = [np.array(one, np.int64) for one in ([1, 2], [9], [1, 2], [9], [], [], [])]
    everything = np.ones(len(marks), bool)
    names, statements = Alike(marks, TYPES, everything), Alike(said, TYPES, everything, width=10)
    assert peers([(names, marks[0])], 0, leave_out=0)[0][0] == 1
    own, how = peers([(names, marks[0]), (statements, said[0])], 0, leave_out=0)
    assert own[0] == 2
    assert how[0] > 1 - 1e-6


def test_statements_mark_both_ends_but_not_those_that_are_asked_for() -> None:
    triples = toy()
    asked = triples.families[triples.codes(["treats"])]
    part = np.arange(len(triples))
    found = statement_marks(triples, part, asked)
    assert len(found) == triples.concepts
    kept = ~np.isin(triples.families[triples.p], asked)
    for n in (0, 50, 100, triples.concepts - 1):
        own = kept & ((triples.s == n) | (triples.o == n))
        assert len(found[n]) == len(set(found[n].tolist())) == own.sum()
        assert (found[n] < marks_width(triples)).all()
    interacts = triples.codes(["interacts_with"])[0]
    t = int(np.flatnonzero(triples.p == interacts)[0])
    third = int(triples.s[t]), int(triples.o[t])
    shared = [set(found[n].tolist()) for n in third]
    assert interacts * triples.concepts + third[1] in shared[0]
    assert interacts * triples.concepts + third[0] in shared[1]


def test_a_row_goes_from_the_mean_through_that_of_the_peers() -> None:
    weights = {NODES: np.array([[1, 0], [0, 1], [4, 4]], np.float32)}
    mean = np.array([0.5, 0.5], np.float32)
    own, how = np.array([0, 1], np.int32), np.array([0.5, 0.25], np.float32)
    expected = mean + 2 * (np.array([8, 1]) / 9 - mean)
    assert row_of(weights, NODES, mean, own, how) == pytest.approx(expected)
    assert row_of(weights, NODES, mean, own[:0], how[:0]) is mean


def test_only_unseen_concepts_get_other_numbers(marks: list[Longs]) -> None:
    triples = toy()
    seen = np.ones(triples.concepts, bool)
    seen[3] = False
    weights = {NODES: np.random.default_rng(0).normal(size=(triples.concepts, 4)).astype("f4")}
    names = [grams([id]) for id in triples.ids]
    found = filled(weights, triples, seen, names, filling="nearest")
    assert (found[NODES][seen] == weights[NODES][seen]).all()
    kin = seen & (triples.types == triples.types[3])
    assert any((found[NODES][3] == row).all() for row in weights[NODES][kin])
    assert not (filled(weights, triples, seen, names)[NODES][3] == found[NODES][3]).all()
