"""Measures over records, held against scipy, scikit-learn, sacrebleu and values made by hand."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from evaluation_runs import judgements, open_answers, record, records
from hypothesis import given
from hypothesis import strategies as st

from kgmed.reasoning.evaluation.measures.accuracy import accuracy, macro_f1, points
from kgmed.reasoning.evaluation.measures.claims import claims
from kgmed.reasoning.evaluation.measures.confidence import (
    brier,
    confidence,
    ece,
    reliability,
    risk_coverage,
)
from kgmed.reasoning.evaluation.measures.cost import cost
from kgmed.reasoning.evaluation.measures.detection import auc, detection
from kgmed.reasoning.evaluation.measures.paired import holm, mcnemar, paired
from kgmed.reasoning.evaluation.measures.resampling import (
    Resampling,
    drawn_sums,
    interval,
    mean,
    share,
)
from kgmed.reasoning.evaluation.measures.texts import bleu, common_length, rouge_l, texts, tokens

stats = pytest.importorskip("scipy.stats", reason="needs scipy: pip install -e '.[dev]'")
metrics = pytest.importorskip("sklearn.metrics", reason="needs scikit-learn")

FEW = Resampling(500)
OUTCOME = st.sampled_from([True, False, None])
OUTCOMES = st.lists(OUTCOME, min_size=1, max_size=30)
LETTERS = st.sampled_from("ABC")


def run_of(outcomes: Sequence[bool | None]) -> list[dict[str, Any]]:
    return [record(str(n), correct=one) for n, one in enumerate(outcomes)]


# --- resampling


def test_an_interval_is_the_one_of_scipys_bootstrap() -> None:
    values = (np.arange(150) % 3 == 0).astype(float)
    ours = mean(values, Resampling(20_000))
    theirs = stats.bootstrap(
        (values,), np.mean, n_resamples=20_000, method="percentile", rng=1
    ).confidence_interval
    assert ours.low == pytest.approx(theirs.low, abs=0.011)
    assert ours.high == pytest.approx(theirs.high, abs=0.011)


def test_a_ratio_is_resampled_with_its_denominator() -> None:
    generator = np.random.default_rng(3)
    below = generator.integers(0, 4, 120)
    top = np.minimum(below, generator.integers(0, 3, 120))
    ours = share(top, below, Resampling(20_000))
    theirs = stats.bootstrap(
        (top, below), lambda a, b, axis: a.sum(axis) / b.sum(axis), paired=True,
        n_resamples=20_000, method="percentile", rng=1,
    ).confidence_interval  # fmt: skip
    assert ours.value == top.sum() / below.sum()
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high), abs=0.01)


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=20))
def test_every_draw_has_as_many_items_as_there_are(rows: list[tuple[int, int]]) -> None:
    columns = np.column_stack([np.ones(len(rows)), np.array(rows)])
    drawn = drawn_sums(columns, Resampling(50))
    assert (drawn[:, 0] == len(rows)).all()
    highest, lowest = columns.max(axis=0), columns.min(axis=0)
    assert (drawn <= highest * len(rows)).all()
    assert (drawn >= lowest * len(rows)).all()


@given(OUTCOMES)
def test_an_interval_holds_its_value_and_the_order_of_items_doesnt_matter(
    outcomes: list[bool | None],
) -> None:
    found = accuracy(run_of(outcomes), how=FEW)
    assert found == accuracy(run_of(outcomes[::-1]), how=FEW)
    for one in (found.accuracy, found.of_answered, found.points):
        if one.value is not None and one.low is not None and one.high is not None:
            assert one.low <= one.value <= one.high


@pytest.mark.parametrize("right", [True, False])
def test_a_share_of_all_or_nothing_has_wilsons_interval(right: bool) -> None:
    found = accuracy(run_of([right] * 17))
    theirs = stats.binomtest(17 if right else 0, 17).proportion_ci(method="wilson")
    assert found.accuracy.low == pytest.approx(theirs.low, abs=1e-12)
    assert found.accuracy.high == pytest.approx(theirs.high, abs=1e-12)


def test_all_right_of_few_answered_is_less_sure_than_of_many_items() -> None:
    found = accuracy(run_of([True, True, *[None] * 98]))
    assert found.of_answered.value == 1
    assert found.of_answered.low == pytest.approx(0.342, abs=0.001)  # Wilson's of 2, not of 100


def test_nothing_measured_has_no_value() -> None:
    assert accuracy([]).accuracy.value is None
    assert accuracy(run_of([None, None])).of_answered.value is None
    assert interval(np.zeros((0, 2)), lambda sums: sums[:, 0]).value is None


def test_one_seed_gives_one_interval_and_another_seed_another() -> None:
    rows = records(100, seed=3)
    assert accuracy(rows, how=Resampling(1000, 1)) == accuracy(rows, how=Resampling(1000, 1))
    one, other = (accuracy(rows, how=Resampling(300, seed)).macro_f1 for seed in (1, 2))
    assert one.value == other.value
    assert (one.low, one.high) != (other.low, other.high)


# --- accuracy


def test_an_item_is_right_wrong_abstained_failed_or_unread() -> None:
    rows = [
        record("1"),
        record("2", correct=False),
        record("3", correct=None),
        record("4", correct=None, abstained=False, error="timed out"),
        record("5", correct=None, abstained=False),
        record("6", kind="open", correct=None, abstained=False),
        record("7", kind="open", correct=True),
    ]
    found = accuracy(rows)
    counts = (found.right, found.wrong, found.abstained, found.failed, found.unread)
    assert counts == (2, 1, 1, 1, 1)
    assert (found.items, found.ungraded) == (6, 1)
    assert found.accuracy.value == pytest.approx(2 / 6)
    assert found.of_answered.value == pytest.approx(2 / 3)


@given(OUTCOMES, st.floats(0, 3))
def test_points_reward_silence_over_a_wrong_answer(
    outcomes: list[bool | None], penalty: float
) -> None:
    found = points(run_of(outcomes), penalty=penalty, how=FEW).value
    by_hand = sum({True: 1.0, None: 0.0, False: -penalty}[one] for one in outcomes)
    assert found == pytest.approx(by_hand / len(outcomes))


@given(st.lists(st.tuples(LETTERS, LETTERS), min_size=1, max_size=30))
def test_macro_f1_is_scikit_learns(pairs: list[tuple[str, str]]) -> None:
    rows = [record(str(n), right=[right], said=said) for n, (right, said) in enumerate(pairs)]
    right, said = zip(*pairs, strict=True)
    wanted = metrics.f1_score(right, said, average="macro", labels=sorted({*right, *said}))
    assert macro_f1(rows, how=FEW).value == pytest.approx(wanted)


SETS = st.sets(LETTERS, min_size=1).map(sorted)


@given(st.lists(st.tuples(SETS, SETS), min_size=1, max_size=20))
def test_macro_f1_of_several_right_letters_is_scikit_learns(
    pairs: list[tuple[list[str], list[str]]],
) -> None:
    rows = [record(str(n), right=r, said=", ".join(s)) for n, (r, s) in enumerate(pairs)]
    names = sorted({letter for right, said in pairs for letter in (*right, *said)})
    matrices = [[[name in one for name in names] for one in side] for side in zip(*pairs)]  # noqa: B905
    right, said = (np.array(matrix, dtype=int) for matrix in matrices)
    wanted = metrics.f1_score(right, said, average="macro")
    if len(names) == 1:
        wanted = metrics.f1_score(right[:, 0], said[:, 0])
    assert macro_f1(rows, how=FEW).value == pytest.approx(wanted)


def test_silence_costs_recall_and_no_precision() -> None:
    rows = [record("1", right=["yes"], said="yes", kind="yes_no"),
            record("2", right=["yes"], said="", correct=None, kind="yes_no")]  # fmt: skip
    assert macro_f1(rows).value == pytest.approx(2 / 3)


def test_a_label_that_a_draw_lacks_is_no_part_of_its_mean() -> None:
    rare = record("rare", right=["B"], said="A", correct=False)
    rows = [*(record(str(n)) for n in range(19)), rare]
    found = macro_f1(rows)
    assert found.value == pytest.approx((2 * 19 / 39 + 0) / 2)
    assert found.high == 1.0  # about a third of the draws have the label A alone


# --- two runs


@given(st.integers(0, 60), st.integers(0, 60))
def test_mcnemar_is_scipys_binomial_test(only_first: int, only_second: int) -> None:
    n = only_first + only_second
    wanted = stats.binomtest(only_first, n).pvalue if n else 1.0
    assert mcnemar(only_first, only_second) == pytest.approx(wanted, rel=1e-9)


def test_mcnemar_of_thousands_of_items_is_a_number() -> None:
    assert 0 < mcnemar(1900, 2100) < 0.01
    assert mcnemar(0, 5000) == 0.0  # less than the smallest float


@given(st.lists(st.tuples(OUTCOME, OUTCOME), min_size=1, max_size=25))
def test_swapping_two_runs_turns_the_difference(
    pairs: list[tuple[bool | None, bool | None]],
) -> None:
    first, second = (run_of(side) for side in zip(*pairs, strict=True))
    one, other = paired(first, second, how=FEW), paired(second, first, how=FEW)
    assert one.both + one.only_first + one.only_second + one.neither == one.items == len(pairs)
    assert (one.only_first, one.only_second) == (other.only_second, other.only_first)
    assert one.p == other.p
    assert one.difference.value == pytest.approx(-(other.difference.value or 0))
    gap = accuracy(second, how=FEW).accuracy.value or 0
    gap -= accuracy(first, how=FEW).accuracy.value or 0
    assert one.difference.value == pytest.approx(gap)


def test_pairing_makes_the_interval_narrower_than_that_of_two_runs_apart() -> None:
    first = run_of([True] * 60 + [False] * 40)
    second = run_of([True] * 65 + [False] * 35)
    found = paired(first, second).difference
    assert found.low is not None
    assert found.low > 0
    apart = accuracy(first).accuracy
    assert apart.high is not None
    assert apart.high > 0.65


@given(st.lists(st.floats(0, 1), min_size=1, max_size=8))
def test_adjusted_ps_keep_their_order_and_are_never_smaller(ps: list[float]) -> None:
    found = holm(ps)
    assert all(p <= adjusted <= 1 for p, adjusted in zip(ps, found, strict=True))
    assert min(found) == pytest.approx(min(1.0, min(ps) * len(ps)))
    by_p = [adjusted for _, adjusted in sorted(zip(ps, found, strict=True))]
    assert by_p == sorted(by_p)


# --- confidence

SCORED = st.lists(st.tuples(st.sampled_from([0.0, 0.2, 0.5, 0.5, 0.9, 1.0]), st.booleans()),
                  min_size=1, max_size=40)  # fmt: skip


@given(SCORED)
def test_brier_is_scikit_learns(pairs: list[tuple[float, bool]]) -> None:
    scores, right = np.array([s for s, _ in pairs]), np.array([r for _, r in pairs])
    wanted = metrics.brier_score_loss(right, scores, labels=[False, True])
    assert brier(scores, right) == pytest.approx(wanted)


@given(SCORED, st.integers(1, 12))
def test_bins_hold_every_answer_once_in_order_of_confidence(
    pairs: list[tuple[float, bool]], bins: int
) -> None:
    scores, right = np.array([s for s, _ in pairs]), np.array([float(r) for _, r in pairs])
    found = reliability(scores, right, bins=bins)
    assert sum(bin.answers for bin in found) == len(pairs)
    assert len(found) <= bins
    means = [bin.confidence for bin in found]
    assert means == sorted(set(means))
    assert sum(bin.answers * bin.right for bin in found) == pytest.approx(right.sum())
    turned = reliability(scores[::-1], right[::-1], bins=bins)
    assert [(b.answers, pytest.approx(b.right)) for b in turned] == [
        (b.answers, b.right) for b in found
    ]


def test_a_run_that_is_right_as_often_as_it_says_is_calibrated() -> None:
    scores = np.repeat([0.25, 0.75], 8)
    right = np.array([1, 1, 0, 0, 0, 0, 0, 0] + [1] * 6 + [0] * 2)
    assert ece(scores, right, bins=4) == pytest.approx(0)
    assert ece(np.full(8, 0.9), np.zeros(8)) == pytest.approx(0.9)


@given(st.lists(st.tuples(st.sampled_from([0.1, 0.5, 0.9]), st.booleans()), min_size=1, max_size=5))
def test_the_area_of_risk_is_the_mean_over_every_order_of_the_equally_sure(
    pairs: list[tuple[float, bool]],
) -> None:
    rows = [record(str(n), correct=right, score=s) for n, (s, right) in enumerate(pairs)]
    found, curve = risk_coverage(rows)
    areas = []
    for order in itertools.permutations(pairs):
        if [s for s, _ in order] == sorted((s for s, _ in order), reverse=True):
            errors = np.cumsum([not right for _, right in order])
            areas.append(float((errors / np.arange(1, len(order) + 1)).mean()))
    assert found == pytest.approx(sum(areas) / len(areas))
    assert curve[-1].coverage == 1


def test_silence_comes_last_in_the_area_of_risk() -> None:
    rows = [record("1", score=0.9), record("2", correct=False, score=0.5),
            record("3", correct=None, score=None)]  # fmt: skip
    area, curve = risk_coverage(rows)
    assert area == pytest.approx((0 + 1 / 2 + 2 / 3) / 3)
    assert [(round(one.coverage, 3), one.risk) for one in curve] == [(0.333, 0), (0.667, 0.5)]


def test_answers_without_confidence_come_before_silence_that_has_one() -> None:
    rows = [record("1", correct=None, score=0.99), record("2", score=None),
            record("3", correct=False, score=0.4)]  # fmt: skip
    area, curve = risk_coverage(rows)
    assert area == pytest.approx((1 + 1 / 2 + 2 / 3) / 3)
    assert curve[-1].coverage == pytest.approx(2 / 3)


def test_a_run_without_confidence_has_no_calibration() -> None:
    found = confidence(run_of([True, False]))
    assert (found.ece, found.brier, found.aurc) == (None, None, None)
    assert (found.answers, found.unscored) == (0, 2)


def test_a_long_curve_is_thinned_and_keeps_its_ends() -> None:
    rows = [record(str(n), correct=n % 3 > 0, score=n / 5000) for n in range(5000)]
    curve = confidence(rows).curve
    assert len(curve) <= 200
    assert (curve[0].coverage, curve[-1].coverage) == (1 / 5000, 1.0)


# --- claims and cost


def test_claims_are_shares_over_all_and_faithfulness_over_the_covered() -> None:
    rows = [
        record("1", claims={"SUPPORTED": 2, "REFUTED": 1, "NOT_COVERED": 5}, citations=2),
        record("2", claims={"SUPPORTED": 1, "UNSUPPORTED": 1}, citations=1),
        record("3"),
    ]
    found = claims(rows)
    assert (found.claims, found.items, found.citations) == (10, 2, 3)
    assert {v: s.value for v, s in found.shares.items()} == {
        "SUPPORTED": 0.3, "REFUTED": 0.1, "UNSUPPORTED": 0.1, "NOT_COVERED": 0.5,
    }  # fmt: skip
    assert found.faithful.value == pytest.approx(3 / 5)
    assert claims([record()]).faithful.value is None


def test_tokens_are_counted_per_right_answer_and_times_are_percentiles() -> None:
    rows = [record(str(n), correct=n < 2, ms=float(n)) for n in range(11)]
    found = cost(rows)
    assert (found.calls, found.tokens_each, found.tokens_per_right) == (11, 120, 11 * 120 / 2)
    assert (found.ms_p50, found.ms_p90) == (5, 9)
    failed = record("failed", correct=None, error="timed out", ms=0.0)
    assert cost([*rows, *[failed] * 9]).ms_p50 == 5
    assert cost([]).ms_p50 is None


# --- detectors

JUDGED = st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=40)


@given(JUDGED)
def test_a_detectors_measures_are_scikit_learns(pairs: list[tuple[bool, bool]]) -> None:
    names = {True: "hallucinated", False: "supported"}
    rows = [
        record(str(n), kind="judgement", right=[names[bad]], said=names[said], correct=bad == said)
        for n, (bad, said) in enumerate(pairs)
    ]
    found = detection(rows, how=FEW)
    bad, said = zip(*pairs, strict=True)
    assert found.caught + found.missed == sum(bad)
    assert found.false_alarms + found.passed == len(bad) - sum(bad)
    if any(said):
        assert found.precision.value == pytest.approx(metrics.precision_score(bad, said))
    else:
        assert found.precision.value is None
    if any(bad):
        assert found.recall.value == pytest.approx(metrics.recall_score(bad, said))
        assert found.f1.value == pytest.approx(metrics.f1_score(bad, said))
    if any(bad) and not all(bad):
        wanted = metrics.balanced_accuracy_score(bad, said)
        assert found.balanced.value == pytest.approx(wanted)


@given(SCORED)
def test_auc_is_scikit_learns(pairs: list[tuple[float, bool]]) -> None:
    scores, bad = np.array([s for s, _ in pairs]), np.array([b for _, b in pairs])
    found = auc(bad, scores, how=FEW)
    if bad.all() or not bad.any():
        assert found.value is None
    else:
        assert found.value == pytest.approx(metrics.roc_auc_score(bad, scores))
        assert found.low is None or found.low <= found.value <= (found.high or 1)


def test_the_interval_of_auc_is_the_one_of_drawing_texts() -> None:
    generator = np.random.default_rng(5)
    bad = generator.random(90) < 0.4
    scores = np.round(generator.normal(size=90) + bad, 1)
    ours = auc(bad, scores, how=Resampling(4000))
    areas = []
    for _ in range(1500):
        drawn = generator.integers(0, 90, 90)
        if bad[drawn].any() and not bad[drawn].all():
            areas.append(metrics.roc_auc_score(bad[drawn], scores[drawn]))
    low, high = np.percentile(areas, [2.5, 97.5])
    assert (ours.low, ours.high) == pytest.approx((low, high), abs=0.02)


def test_a_detector_that_stays_silent_flags_nothing() -> None:
    rows = [record("1", kind="judgement", right=["hallucinated"], correct=None, score=0.9)]
    found = detection(rows)
    assert (found.missed, found.silent, found.recall.value, found.auc.value) == (1, 1, 0.0, None)


def test_texts_that_werent_judged_have_no_part_in_auc() -> None:
    rows = [
        record("1", kind="judgement", right=["hallucinated"], said="hallucinated", score=0.8),
        record("2", kind="judgement", right=["supported"], said="supported", score=0.9),
        record("3", kind="judgement", right=["hallucinated"], correct=None, score=0.99),
    ]
    assert detection(rows).auc.value == 1


def test_confidence_in_supported_is_little_suspicion() -> None:
    found = detection(judgements(200, skill=0.9))
    assert found.auc.value is not None
    assert found.auc.value > 0.9


# --- open answers

WORDS = st.lists(st.sampled_from("abcd"), max_size=12)


@given(WORDS, WORDS)
def test_the_longest_common_subsequence_is_the_tables(first: list[str], second: list[str]) -> None:
    table = [[0] * (len(second) + 1) for _ in range(len(first) + 1)]
    for i, one in enumerate(first, 1):
        for j, other in enumerate(second, 1):
            table[i][j] = (
                table[i - 1][j - 1] + 1 if one == other else max(table[i - 1][j], table[i][j - 1])
            )
    assert common_length(first, second) == table[-1][-1]


@pytest.mark.parametrize(
    ("said", "wanted", "value"),
    [  # what rouge-score 0.1.2 gives as rougeL, without stemming
        ("Aspirin interacts with warfarin, an anticoagulant.", "Warfarin interacts with aspirin.",
         0.4),
        ("police killed the gunman", "the gunman was shot dead by police", 0.363636),
        ("daily dose: 5 mg at 8", "Take 5 mg once daily, at 8 o'clock", 0.533333),
        ("metformin", "gout", 0.0),
    ],
)  # fmt: skip
def test_rouge_l_is_that_of_rouge_score(said: str, wanted: str, value: float) -> None:
    assert rouge_l(tokens(said), tokens(wanted)) == pytest.approx(value, abs=1e-6)


def test_chinese_is_compared_by_characters() -> None:
    found = texts(open_answers(lang="zh"), how=FEW)
    assert [(one.lang, one.answers) for one in found] == [("zh", 12)]
    assert found[0].rouge_l.value is not None
    assert 0.7 < found[0].rouge_l.value < 1
    assert rouge_l(tokens("华法林"), tokens("华法令")) == pytest.approx(2 / 3)


def test_bleu_is_sacrebleus_with_the_tokenizer_of_the_language() -> None:
    sacrebleu = pytest.importorskip("sacrebleu", reason="needs sacrebleu")
    said, wanted = ["华法林增加出血风险"], ["华法林会增加出血的风险"]
    value, signature = bleu(said, wanted, lang="zh")
    assert value == pytest.approx(sacrebleu.corpus_bleu(said, [wanted], tokenize="zh").score)
    assert "tok:zh" in signature
    same = ["Warfarin interacts with aspirin."]
    assert bleu(same, same, lang="en")[0] == pytest.approx(100)


def test_the_languages_of_open_answers_are_told_apart() -> None:
    rows = [*open_answers(8), *open_answers(4, lang="zh"), *records(10)]
    assert [(one.lang, one.answers) for one in texts(rows, how=FEW)] == [("en", 8), ("zh", 4)]


def test_an_abstention_is_an_empty_answer() -> None:
    spoken, silent = open_answers(2)
    silent = {**silent, "abstained": True, "text": "I can't say."}
    found = texts([spoken, silent], how=FEW)[0]
    assert found.words == len(tokens(spoken["text"])) / 2
    assert not math.isnan(found.distinct_1)
