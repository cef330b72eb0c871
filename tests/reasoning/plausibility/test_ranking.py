"""What training looks up on a device is what NumPy looks up, whatever is cut into pieces."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("torch_geometric", reason="needs torch_geometric: pip install 'kgmed[learn]'")
import torch

from kgmed.reasoning.plausibility.embedding import models, ranking
from kgmed.reasoning.plausibility.embedding.batches import Batches
from kgmed.reasoning.plausibility.embedding.ranking import Ranking, Unseen
from kgmed.reasoning.plausibility.embedding.score import KINDS, NODES, Embedded, Kind
from kgmed.reasoning.plausibility.measures.measure import Answers, ranks
from kgmed.reasoning.plausibility.triples.data import Triples
from kgmed.reasoning.plausibility.triples.negatives import ENDS, Slots
from kgmed.reasoning.plausibility.triples.splits import Split


def made(triples: Triples, kind: Kind) -> object:
    generator = torch.Generator().manual_seed(1)
    return models.make(kind, triples.concepts, len(triples.predicates), 8, generator=generator)


@pytest.mark.parametrize("kind", KINDS)
def test_ranks_on_a_device_are_those_of_numpy(
    triples: Triples, held: Split, kind: Kind, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ranking, "COLUMNS", 7)  # candidates come in pieces, the last one short
    monkeypatch.setattr(ranking, "ROWS", 5)
    model = made(triples, kind)
    slots = Slots(triples, held.train)
    found = Ranking(triples, slots, held.test, "cpu").of(kind, model)
    scores = Embedded(kind, models.weights_of(model), triples.symmetric)
    assert (found == ranks(scores, slots, held.test)).all()
    assert found.max() > 5


def test_ties_count_half_on_a_device_too(triples: Triples, held: Split) -> None:
    model = made(triples, "distmult")
    with torch.no_grad():
        model.node_emb.weight.zero_()  # type: ignore[attr-defined]
    slots = Slots(triples, held.train)
    found = Ranking(triples, slots, held.test, "cpu").of("distmult", model)
    scores = Embedded("distmult", models.weights_of(model), triples.symmetric)
    assert (found == ranks(scores, slots, held.test)).all()
    assert (found % 1 == 0.5).any()


def test_a_concept_without_a_triple_is_a_mean_for_as_long_as_it_is_measured(
    triples: Triples,
) -> None:
    model = made(triples, "complex")
    before = models.weights_of(model)
    seen = np.ones(triples.concepts, bool)
    lone = np.array([0, 3, triples.concepts - 1])
    seen[lone] = False
    with Unseen(triples, seen, "cpu").filled(model):
        within = models.weights_of(model)
    for name, array in models.weights_of(model).items():
        assert (array == before[name]).all()
    for n in lone.tolist():
        same = (triples.types == triples.types[n]) & seen
        assert within[NODES][n] == pytest.approx(before[NODES][same].mean(0), abs=1e-6)
    assert (within[NODES][seen] == before[NODES][seen]).all()


def test_what_a_pool_holds_of_the_answers_is_left_out(triples: Triples, held: Split) -> None:
    batches = Batches(triples, held.train, size=64, members=10, drawn=10)
    answers = Answers(triples, held.train)
    rng = np.random.default_rng(0)
    for code, rows in batches.of_epoch(rng):
        for end in ENDS:
            pool = batches.pool(code, end, rng)
            assert (np.diff(pool) > 0).all()
            anchors = (triples.s if end == "object" else triples.o)[rows]
            others = batches.others(anchors, code, end, pool).numpy()
            row, answer = answers.of(anchors, code, end)
            said = set(zip(row.tolist(), answer.tolist(), strict=True))
            for n in range(len(anchors)):
                expected = [(n, other) not in said for other in pool.tolist()]
                assert others[n].tolist() == expected
            assert not others.all() or len(rows) < 10


def test_an_epoch_holds_each_triple_once_in_batches_of_one_predicate(
    triples: Triples, held: Split
) -> None:
    batches = Batches(triples, held.train, size=50, members=5, drawn=5)
    orders = []
    for seed in (0, 1):
        found = list(batches.of_epoch(np.random.default_rng(seed)))
        for code, rows in found:
            assert 1 <= len(rows) <= 50
            assert (triples.p[rows] == code).all()
        orders.append(np.concatenate([rows for _code, rows in found]))
        assert np.array_equal(np.sort(orders[-1]), held.train)
    assert (orders[0] != orders[1]).any()


def test_members_are_drawn_the_likelier_the_more_often_they_stand_there(triples: Triples) -> None:
    every = np.arange(len(triples))
    batches = Batches(triples, every, size=50, members=8, drawn=0)
    (code,) = triples.codes(["treats"])
    slot = batches.slots.slot(code, "object")
    rng = np.random.default_rng(0)
    counts = np.zeros(triples.concepts)
    for _ in range(2000):
        counts[batches.pool(code, "object", rng)] += 1
    share = slot.degrees**0.75 / (slot.degrees**0.75).sum()
    expected = 2000 * (1 - (1 - share) ** 8)
    assert counts[slot.members] == pytest.approx(expected, rel=0.2)
    assert counts.sum() == counts[slot.members].sum()
