"""What is weighed together separates better than its parts, and is the same either way asked."""

from __future__ import annotations

import json

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from kgmed.reasoning.plausibility.measures.calibrate import judged, logistic
from kgmed.reasoning.plausibility.measures.measure import figures, sampled
from kgmed.reasoning.plausibility.methods.baselines import PathCounts
from kgmed.reasoning.plausibility.methods.mix import Features, Mixed, Weighing, weighed
from kgmed.reasoning.plausibility.triples.data import Floats, Ints, Triples
from kgmed.reasoning.plausibility.triples.negatives import End, Slots, hard_negatives
from kgmed.reasoning.plausibility.triples.splits import Split, split


class Kind:
    """Knows a part of what decides: whether the numbers fit, with noise."""

    name = "kind"

    def __init__(self, triples: Triples) -> None:
        self._number = np.array([int("".join(c for c in id if c.isdigit())) for id in triples.ids])

    def score(self, s: Ints, p: Ints, o: Ints) -> Floats:
        noise = np.sin(s * 12.9898 + o * 78.233)
        return 3.0 * ((self._number[s] - self._number[o]) % 6 == 0) + noise

    def against(self, anchors: Ints, p: int, end: End, candidates: Ints) -> Floats:
        left, right = anchors[:, None], candidates[None, :]
        s, o = (left, right) if end == "object" else (right, left)
        return self.score(s, np.array(p), o)


@pytest.fixture(scope="module")
def held(triples: Triples) -> Split:
    return split(triples, predicates=["treats", "inhibits"], share=0.2)


def made(triples: Triples, held: Split, learned: Kind | None, fewest: int = 20) -> Mixed:
    slots = Slots(triples, held.train)
    negatives = hard_negatives(slots, held.valid)
    features = Features(learned, PathCounts(triples, held.train))
    n = len(held.valid)
    columns = [
        np.concatenate([column[held.valid], more])
        for column, more in ((triples.s, negatives.s), (triples.p, negatives.p),
                             (triples.o, negatives.o))
    ]  # fmt: skip
    told = judged(np.zeros(n), np.zeros(len(negatives)), negatives.of, triples.p[held.valid])
    found = weighed(features.names, features.of(*columns), told, triples.predicates, fewest=fewest)
    again = Weighing.from_json(json.loads(json.dumps(found.to_json())))
    assert again == found
    return Mixed(features, again, triples.predicates, name="mixed")


def test_the_mix_separates_better_than_its_parts(triples: Triples, held: Split) -> None:
    slots = Slots(triples, held.train)
    negatives = hard_negatives(slots, held.test, seed=1)
    learned = Kind(triples)
    auc = {
        scores.name: figures([sampled(scores, slots, held.test, negatives)], draws=2)["auc"].value
        for scores in (learned, PathCounts(triples, held.train), made(triples, held, learned))
    }  # fmt: skip
    assert auc["mixed"] > max(auc["kind"], auc["dwpc"]) + 0.01


def test_predicates_with_enough_statements_have_weights_of_their_own(
    triples: Triples, held: Split
) -> None:
    names = made(triples, held, None).weighing.weights
    assert set(names) == {"", "treats", "inhibits"}
    assert set(made(triples, held, None, fewest=10_000).weighing.weights) == {""}


@pytest.mark.parametrize("end", ["subject", "object"])
@pytest.mark.parametrize("with_model", [True, False])
def test_candidates_get_the_scores_of_their_triples(
    triples: Triples, held: Split, end: End, with_model: bool
) -> None:
    mixed = made(triples, held, Kind(triples) if with_model else None)
    (code,) = triples.codes(["treats"])
    own = triples.p == code
    s, o = np.unique(triples.s[own])[:5], np.unique(triples.o[own])[:7]
    table = mixed.against(s, code, "object", o)
    if end == "subject":
        table = mixed.against(o, code, "subject", s).T
    left, right = np.repeat(s, 7), np.tile(o, 5)
    scores = mixed.score(left, np.full(35, code), right)
    assert table.ravel() == pytest.approx(scores, rel=1e-9)


def test_logistic_regression_is_that_of_scikit_learn() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(3, 5000))
    x = (x - x.mean(1, keepdims=True)) / x.std(1, keepdims=True)
    true = rng.random(5000) < 1 / (1 + np.exp(-(x[0] - 2 * x[1] + 0.5)))
    other = LogisticRegression(C=1 / 3, tol=1e-10).fit(x.T, true)
    found = logistic(x, true, np.ones(5000), ridge=3.0)
    assert found == pytest.approx(np.r_[other.coef_[0], other.intercept_], abs=0.02)
