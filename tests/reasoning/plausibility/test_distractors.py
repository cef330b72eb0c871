"""What share of the wrong options that a model chooses turned out true."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
from plausible import graph, toy

import kgmed
from kgmed.reasoning.plausibility.measures.calibrate import Calibration, Curve
from kgmed.reasoning.plausibility.triples.data import Floats, Ints, Triples
from kgmed.reasoning.plausibility.triples.negatives import End, Slots
from kgmed.reasoning.plausibility.triples.splits import split
from kgmed.reasoning.plausibility.uses.distractors import CUTS, _options, turned_out_true


class Knows:
    """Scores that know what is true, or its opposite."""

    name = "knows"

    def __init__(self, triples: Triples, sign: float) -> None:
        self.triples, self.sign = triples, sign

    def score(self, s: Ints, p: Ints, o: Ints) -> Floats:
        return self.sign * (self.triples.known(s, p, o) - 0.5)

    def against(self, anchors: Ints, p: int, end: End, candidates: Ints) -> Floats:
        raise AssertionError("no ranks are asked for")


def test_a_model_that_knows_the_hidden_chooses_them_and_its_cut_leaves_them_out() -> None:
    triples = toy()
    made = split(triples, predicates=["treats"], share=0.2)
    slots = Slots(triples, made.train)
    calibration = Calibration({"": Curve("platt", (10.0, 0.0))})  # 0.993 and 0.007
    knows, errs = (
        turned_out_true(Knows(triples, sign), calibration, slots, made) for sign in (1.0, -1.0)
    )
    assert knows is not None
    assert errs is not None
    assert knows.drawn == errs.drawn
    assert 0.02 < knows.drawn.low < knows.drawn.value < knows.drawn.high < 0.3
    assert knows.learned.value > 2 * knows.drawn.value
    assert errs.learned.value < knows.drawn.value / 2
    assert set(knows.below) == {f"{cut:g}" for cut in CUTS}
    assert [figure.value for figure in knows.below.values()] == [0.0] * len(CUTS)
    assert abs(knows.probability["0.5"] - 0.0067) < 1e-3
    assert abs(knows.hidden - 0.2) < 0.02


def test_options_are_hidden_or_unknown_and_the_same_for_the_same_seed() -> None:
    triples = toy()
    made = split(triples, predicates=["interacts_with", "treats"], share=0.2)
    slots = Slots(triples, made.train)
    s, p, o, question = _options(slots, made, 0)
    again = _options(slots, made, 0)
    assert all((one == other).all() for one, other in zip((s, p, o, question), again, strict=True))
    hidden = set(zip(*(c[made.test].tolist() for c in (triples.p, triples.s, triples.o)),
                     strict=True))  # fmt: skip
    seen = 0
    for a, code, b in zip(s.tolist(), p.tolist(), o.tolist(), strict=True):
        known = bool(triples.known(np.array([a]), np.array([code]), np.array([b]))[0])
        low, high = (b, a) if triples.symmetric[code] and a > b else (a, b)
        assert known == ((code, low, high) in hidden)
        assert a != b
        seen += known
    assert seen > 20
    assert np.bincount(question).max() <= 48


def test_figures_are_kept_with_the_model(tmp_path: Path) -> None:
    opened = kgmed.open_graph(str(graph(tmp_path / "graph").root))
    made = opened.learn_train(model="paths", share=0.15)
    assert made.distractors is not None
    assert opened.learn_info("default").models[0].distractors == made.distractors


def test_where_no_question_has_options_nothing_is_told() -> None:
    triples = toy({"Drug": 30, "Disease": 8, "Gene": 2, "DrugClass": 6})
    made = split(triples, predicates=["inhibits"], share=0.2)
    anchors = triples.p[made.train] == triples.codes(["inhibits"])[0]
    few = replace(made, train=made.train[~anchors])
    calibration = Calibration({"": Curve("platt", (1.0, 0.0))})
    slots = Slots(triples, few.train)
    assert turned_out_true(Knows(triples, 1.0), calibration, slots, few) is None
