"""Probabilities keep their word, on scores whose truth is known."""

from __future__ import annotations

import json

import numpy as np
import pytest
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression

from kgmed.kg.errors import CorruptSnapshot
from kgmed.reasoning.plausibility.measures.calibrate import (
    Calibration,
    at_prior,
    calibrated,
    expected_calibration_error,
    fitted,
    judged,
    reliability,
    sigmoid,
)
from kgmed.reasoning.plausibility.told import Reliability


def drawn(n: int, seed: int, *, bend: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """Scores, and whether each is true, by a probability that its score bends."""
    rng = np.random.default_rng(seed)
    scores = rng.normal(size=n) * 3
    told = sigmoid(np.sign(scores) * np.abs(scores) ** bend)
    return scores, rng.random(n) < told


def test_platt_is_logistic_regression() -> None:
    scores, true = drawn(4000, 0)
    curve = fitted("platt", scores, true, np.ones(4000))
    other = LogisticRegression(C=np.inf).fit(scores[:, None], true)
    grid = np.linspace(-6, 6, 25)
    assert curve(grid) == pytest.approx(other.predict_proba(grid[:, None])[:, 1], abs=2e-3)


def test_isotonic_is_that_of_scikit_learn_within_its_bounds() -> None:
    scores, true = drawn(900, 1, bend=2.0)
    scores = scores.round(1)  # ties
    weight = np.random.default_rng(2).random(900)
    curve = fitted("isotonic", scores, true, weight)
    other = IsotonicRegression(out_of_bounds="clip").fit(scores, true, sample_weight=weight)
    least = 1 / (weight.sum() + 2)
    grid = np.linspace(-9, 9, 91)
    assert curve(grid) == pytest.approx(np.clip(other.predict(grid), least, 1 - least), abs=1e-9)
    assert (np.diff(curve(grid)) >= 0).all()


def test_scores_that_part_true_from_false_give_no_certainty() -> None:
    scores = np.r_[np.zeros(20), np.ones(20)]
    true = scores > 0
    for method in ("platt", "isotonic"):
        told = fitted(method, scores, true, np.ones(40))(np.array([-5.0, 0, 1, 1e9]))  # type: ignore[arg-type]
        assert (told[1] < 0.1) & (told[2] > 0.9)
        assert np.isfinite(told).all()
    assert 0 < told[0] < told[3] < 1


def test_each_predicate_keeps_its_word_on_statements_it_was_not_made_of() -> None:
    rng = np.random.default_rng(3)

    def sample(seed: int) -> tuple[np.ndarray, ...]:
        rng = np.random.default_rng(seed)
        predicate = rng.integers(0, 2, 2000).astype(np.int32)
        true = rng.normal(1.5 - 4 * predicate, 1)
        of = np.repeat(np.arange(2000), 2).astype(np.int32)
        false = rng.normal(-4 * predicate[of], 1 + predicate[of])
        return true, false, of, predicate

    calibration = calibrated(judged(*sample(4)), ["p", "q"])
    assert set(calibration.curves) == {"", "p", "q"}
    fresh = judged(*sample(5))
    told = calibration(fresh.scores, np.array(["p", "q"])[fresh.predicate].tolist())
    error = expected_calibration_error(reliability(told, fresh.true, fresh.weight))
    assert error < 0.03
    pooled = calibration.curves[""](fresh.scores)
    assert expected_calibration_error(
        [one for code in (0, 1) for one in reliability(*(
            column[fresh.predicate == code] for column in (pooled, fresh.true, fresh.weight)))]
    ) > 0.1  # fmt: skip
    del rng


def test_few_statements_share_a_curve() -> None:
    scores, of = np.arange(10.0), np.arange(10, dtype=np.int32)
    codes = np.r_[np.zeros(9, np.int32), np.ones(1, np.int32)]
    calibration = calibrated(judged(scores, scores - 4, of, codes), ["p", "q"], fewest=9)
    assert set(calibration.curves) == {"", "p"}
    assert calibration(np.array([3.0, 3.0]), ["q", "never seen"]).tolist() == [
        calibration.curves[""](np.array(3.0)).item()
    ] * 2  # fmt: skip


def test_bins_weigh_the_same_and_hold_equals_together() -> None:
    told = np.r_[np.full(50, 0.2), np.full(50, 0.9)]
    true = np.r_[np.arange(50) < 10, np.arange(50) < 40]
    bins = reliability(told, true, np.ones(100))
    assert [(round(b.told, 6), b.true, b.weight) for b in bins] == [(0.2, 0.2, 50), (0.9, 0.8, 50)]
    assert expected_calibration_error(bins) == pytest.approx(0.05)
    spread = reliability(np.linspace(0, 1, 300), np.ones(300, bool), np.ones(300))
    assert [b.weight for b in spread] == [20] * 15
    assert expected_calibration_error([Reliability(0.5, 0.5, 3)]) == 0


def test_a_rarer_truth_is_less_probable() -> None:
    told = np.array([0.2, 0.5, 0.9])
    assert at_prior(told, 0.5) == pytest.approx(told)
    assert at_prior(told, 0.01)[1] == pytest.approx(0.01)


def test_a_calibration_is_read_as_it_was_written() -> None:
    scores, true = drawn(500, 6)
    weight = np.ones(500)
    made = Calibration({
        "": fitted("platt", scores, true, weight), "p": fitted("isotonic", scores, true, weight)
    })  # fmt: skip
    again = Calibration.from_json(json.loads(json.dumps(made.to_json())))
    names = ["p", "q"] * 250
    assert again(scores, names).tolist() == made(scores, names).tolist()
    broken: list[dict[str, object]] = [
        {}, {"": {"method": "platt"}}, {"": {"method": "guess", "x": [], "y": []}}
    ]  # fmt: skip
    for found in broken:
        with pytest.raises(CorruptSnapshot, match="calibration"):
            Calibration.from_json(found)
