"""Ranks, separation and baselines against the plainest way to compute them."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from plausible import SIZES, toy

from kgmed.reasoning.plausibility.measures.measure import (
    Sample,
    by_predicate,
    figures,
    lead,
    ranks,
    sampled,
    separation,
)
from kgmed.reasoning.plausibility.methods.baselines import Degree, PathCounts
from kgmed.reasoning.plausibility.triples.data import Floats, Ints, Triples
from kgmed.reasoning.plausibility.triples.negatives import End, Slots, hard_negatives
from kgmed.reasoning.plausibility.triples.splits import Split


class Made:
    """Scores of a formula, with many ties."""

    name = "made"

    def score(self, s: Ints, p: Ints, o: Ints) -> Floats:
        return ((s.astype(np.int64) + o) * 7 % 11 + p).astype(np.float64)

    def against(self, anchors: Ints, p: int, end: End, candidates: Ints) -> Floats:
        return self.score(anchors[:, None], np.array(p), candidates[None, :])


def test_a_rank_counts_the_better_and_half_the_equal_and_leaves_other_answers_out(
    triples: Triples, held: Split
) -> None:
    slots, scores = Slots(triples, held.train), Made()
    found = ranks(scores, slots, held.test)
    said = {(int(s), int(p), int(o)) for s, p, o in zip(triples.s, triples.p, triples.o)}  # noqa: B905
    said |= {(o, p, s) for s, p, o in said if triples.symmetric[p]}
    for row, t in enumerate(held.test.tolist()):
        s, p, o = int(triples.s[t]), int(triples.p[t]), int(triples.o[t])
        aim = scores.score(np.array(s), np.array(p), np.array(o))
        for number, end in enumerate(("subject", "object")):
            rank = 1.0
            for other in slots.slot(p, end).candidates.tolist():  # type: ignore[arg-type]
                one = (s, p, other) if number else (other, p, o)
                if other in (s, o) or one in said:
                    continue
                score = scores.score(*map(np.array, one))
                rank += 1.0 * bool(score > aim) + 0.5 * bool(score == aim)
            assert found[row, number] == rank


def test_an_end_that_no_training_triple_has_is_first_by_itself(triples: Triples) -> None:
    """Nothing to choose from but the right one."""
    part = np.flatnonzero(triples.p == triples.codes(["treats"])[0])
    other = np.flatnonzero(triples.p != triples.codes(["treats"])[0])
    assert (ranks(Made(), Slots(triples, other), part) == 1).all()


def test_hard_negatives_are_unsaid_of_the_same_category_and_about_as_common(
    triples: Triples, held: Split
) -> None:
    slots = Slots(triples, held.train)
    made = hard_negatives(slots, held.test, each=3, seed=2)
    assert not triples.known(made.s, made.p, made.o).any()
    s, p, o = (column[held.test][made.of] for column in (triples.s, triples.p, triples.o))
    assert (made.p == p).all()
    assert (np.where(made.end == 1, made.s == s, made.o == o)).all()
    replaced, drawn = np.where(made.end == 1, o, s), np.where(made.end == 1, made.o, made.s)
    assert (replaced != drawn).all()
    assert (triples.types[replaced] == triples.types[drawn]).all()
    assert (made.s != made.o).all()
    each = np.bincount(made.of * 2 + made.end)
    assert each.max() == 3
    triple = np.unique(np.stack([made.of, made.end, drawn]), axis=1)
    assert triple.shape[1] == len(made)
    for code, end in product(np.unique(p).tolist(), (0, 1)):
        own = (p == code) & (made.end == end)
        name: End = "object" if end else "subject"
        wanted = slots.degrees(code, name, replaced[own])
        given = slots.degrees(code, name, drawn[own])
        assert abs(wanted.mean() - given.mean()) < 0.35 * max(wanted.mean(), 1)


def plain_separation(sample: Sample, counts: Floats) -> tuple[float, float]:
    """By going over all pairs."""
    each = np.bincount(sample.of, minlength=len(sample.true))
    weight = counts[sample.of] / each[sample.of]
    won = total = 0.0
    for n, score in enumerate(sample.true):
        share = ((score > sample.false) + 0.5 * (score == sample.false)) @ weight
        won, total = won + counts[n] * share, total + counts[n] * weight.sum()
    precision = 0.0
    for n, score in enumerate(sample.true):
        hits = counts[sample.true >= score].sum()
        misses = weight[sample.false >= score].sum()
        precision += counts[n] * hits / (hits + misses)
    return won / total, precision / counts.sum()


def test_separation_is_that_of_all_pairs() -> None:
    rng = np.random.default_rng(0)
    true, false = rng.integers(0, 9, 40).astype(float), rng.integers(0, 7, 130).astype(float)
    of = np.sort(np.r_[np.arange(40), rng.integers(0, 40, 90)]).astype(np.int32)
    sample = Sample(np.ones((40, 2)), np.zeros(40, np.int32), true, false, of)
    weights = rng.integers(0, 3, (3, 40)).astype(float)
    auc, precision = separation(sample, weights)
    for row in range(3):
        expected = plain_separation(sample, weights[row])
        assert (auc[row], precision[row]) == pytest.approx(expected)


def test_perfect_and_useless_scores() -> None:
    of = np.repeat(np.arange(30), 2).astype(np.int32)
    ones, p = np.ones((30, 2)), np.zeros(30, np.int32)
    best = figures([Sample(ones, p, np.ones(30), np.zeros(60), of)], draws=20)
    for name in ("mrr", "hits_1", "hits_10", "auc", "average_precision"):
        assert (best[name].value, best[name].low, best[name].high) == (1, 1, 1)
    tied = figures([Sample(ones * 20, p, np.ones(30), np.ones(60), of)], draws=20)
    assert tied["auc"].value == tied["average_precision"].value == 0.5
    assert tied["mrr"].value == 0.05
    assert tied["hits_10"].value == 0


def test_statements_without_a_negative_are_told_apart_by_chance() -> None:
    none = np.empty(0)
    sample = Sample(np.ones((3, 2)), np.zeros(3, np.int32), np.arange(3.0), none, none.astype("i4"))
    assert [one.tolist() for one in separation(sample, np.ones((2, 3)))] == [[0.5, 0.5]] * 2
    assert figures([sample], draws=4)["auc"].value == 0.5


def test_the_interval_holds_the_value_and_shrinks_with_more_seeds(
    triples: Triples, held: Split
) -> None:
    slots = Slots(triples, held.train)
    samples = [
        sampled(PathCounts(triples, held.train), slots, held.test,
                hard_negatives(slots, held.test, seed=seed))
        for seed in range(4)
    ]  # fmt: skip
    one, four = figures(samples[:1]), figures(samples)
    for name, figure in one.items():
        assert figure.low <= figure.value <= figure.high
        if figure.high > figure.low:
            assert four[name].high - four[name].low < figure.high - figure.low
    assert one == figures(samples[:1])


def test_a_lead_is_the_difference_of_both_on_the_same_triples(
    triples: Triples, held: Split
) -> None:
    slots = Slots(triples, held.train)
    paths, degree = (
        [sampled(one, slots, held.test, hard_negatives(slots, held.test, seed=seed))
         for seed in range(2)]
        for one in (PathCounts(triples, held.train), Degree(slots))
    )  # fmt: skip
    ahead = lead(paths, degree)
    auc = [figures(samples, draws=300)["auc"] for samples in (paths, degree)]
    assert ahead.value == pytest.approx(auc[0].value - auc[1].value, abs=2e-6)
    assert ahead.low < ahead.value < ahead.high
    assert lead(degree, paths).value == -ahead.value
    none = lead(paths, paths)
    assert (none.value, none.low, none.high) == (0, 0, 0)


def test_predicates_are_measured_by_themselves(triples: Triples, held: Split) -> None:
    slots = Slots(triples, held.train)
    negatives = hard_negatives(slots, held.test)
    sample = sampled(Degree(slots), slots, held.test, negatives)
    found = by_predicate(sample, triples.predicates)
    assert set(found) == {"interacts_with", "treats"}
    assert sum(count for count, _ in found.values()) == len(held.test)
    mean = sum(count * one["mrr"].value for count, one in found.values()) / len(held.test)
    assert mean == pytest.approx(figures([sample], draws=2)["mrr"].value, abs=1e-5)


def test_degree_is_the_product_of_how_often_the_ends_stand_there(triples: Triples) -> None:
    slots = Slots(triples, np.arange(len(triples)))
    scores = Degree(slots)
    (code,) = triples.codes(["treats"])
    own = triples.p == code
    s, o = triples.s[own], triples.o[own]
    expected = [(1 + (s == a).sum()) * (1 + (o == b).sum()) for a, b in zip(s, o, strict=True)]
    assert scores.score(s, np.full(len(s), code), o).tolist() == expected
    table = scores.against(s, code, "object", o)
    assert np.diag(table).tolist() == expected


def plain_paths(
    triples: Triples, start: int, end: int, lengths: tuple[int, ...], skip: int
) -> float:
    """The count by walking every path."""
    degrees: dict[tuple[int, int, int], int] = {}
    edges: list[tuple[int, int, int, int]] = []
    for t, (s, p, o) in enumerate(zip(triples.s, triples.p, triples.o, strict=True)):
        edges.append((t, int(s), int(p), int(o)))
        for concept, side in ((s, 0), (o, 0 if triples.symmetric[p] else 1)):
            key = (int(p), side, int(concept))
            degrees[key] = degrees.get(key, 0) + 1

    def steps(node: int) -> list[tuple[int, float, int]]:
        found = []
        for t, s, p, o in edges:
            side = 0 if triples.symmetric[p] else 1
            weight = (degrees[p, 0, s] * degrees[p, side, o]) ** -0.4
            found += [(o, weight, t)] if s == node else [(s, weight, t)] if o == node else []
        return found

    def walked(path: list[int], weight: float) -> float:
        total = 0.0
        for node, more, t in steps(path[-1]):
            if node in path or t == skip:
                continue
            if node == end:
                total += weight * more if len(path) in lengths else 0
            elif len(path) < max(lengths):
                total += walked([*path, node], weight * more)
        return total

    return walked([start], 1.0)


@pytest.mark.parametrize("lengths", [(1,), (2,), (3,), (1, 2, 3)])
def test_paths_are_counted_as_by_walking_each(lengths: tuple[int, ...]) -> None:
    triples = toy(sizes={name: size // 3 for name, size in SIZES.items()})
    counts = PathCounts(triples, np.arange(len(triples)), lengths=lengths)
    chosen = np.arange(0, len(triples), 5)
    s, p, o = triples.s[chosen], triples.p[chosen], triples.o[chosen]
    found = counts.score(s, p, o)
    skip = chosen if lengths in {(2,), (3,)} else np.full(len(chosen), -1)
    expected = [
        plain_paths(triples, int(a), int(b), lengths, int(t))
        for a, b, t in zip(s, o, skip, strict=True)
    ]
    assert found == pytest.approx(expected, rel=1e-6)
    assert max(expected) > 0
    for end, anchors, others in (("object", s, o), ("subject", o, s)):
        table = counts.against(anchors, 0, end, others)  # type: ignore[arg-type]
        assert np.diag(table) == pytest.approx(expected, rel=1e-6)


def test_true_statements_without_negatives_are_told_by_chance() -> None:
    none = np.zeros(0)
    sample = Sample(np.ones((1, 2)), np.zeros(1, np.int32), np.ones(1), none, none.astype(np.int32))
    auc, precision = separation(sample, np.ones((1, 1)))
    assert (auc.tolist(), precision.tolist()) == ([0.5], [0.5])
