"""Training learns, stops, goes on after an end, and needs no torch to be used."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch_geometric", reason="needs torch_geometric: pip install 'kgmed[learn]'")
import torch

from kgmed.kg.errors import CorruptSnapshot, UsageError
from kgmed.reasoning.plausibility.embedding import models
from kgmed.reasoning.plausibility.embedding.epochs import Progress
from kgmed.reasoning.plausibility.embedding.score import KINDS, Embedded, Kind
from kgmed.reasoning.plausibility.embedding.settings import Settings
from kgmed.reasoning.plausibility.embedding.train import train
from kgmed.reasoning.plausibility.measures.measure import figures, sampled
from kgmed.reasoning.plausibility.triples.data import Triples
from kgmed.reasoning.plausibility.triples.negatives import ENDS, Slots, hard_negatives
from kgmed.reasoning.plausibility.triples.splits import Split, split

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:torch.*")
QUICK = Settings(dimension=16, epochs=8, batch=128, validate_every=2, decay=0.02)


@pytest.fixture(scope="module")
def held(triples: Triples) -> Split:
    return split(triples, predicates=["interacts_with", "treats", "inhibits"], share=0.15)


@pytest.mark.parametrize("kind", KINDS)
def test_numpy_and_the_batched_products_give_the_scores_of_torch_geometric(
    triples: Triples, held: Split, kind: Kind
) -> None:
    trained = train(triples, held, replace(QUICK, kind=kind, epochs=2))
    model = models.make(kind, triples.concepts, len(triples.predicates), QUICK.dimension)
    model.load_state_dict(
        {name: torch.from_numpy(array) for name, array in trained.weights.items()}, strict=False
    )
    s, p, o = (torch.from_numpy(column[::3].astype(np.int64)) for column in
               (triples.s, triples.p, triples.o))  # fmt: skip
    with torch.no_grad():
        forward = model(s, p, o).numpy()
        scores = Embedded(kind, trained.weights, np.zeros(len(triples.predicates), bool))
        assert scores.score(s.numpy(), p.numpy(), o.numpy()) == pytest.approx(
            forward, rel=1e-5, abs=1e-6
        )
        for end in ENDS:
            anchors, others = (s, o) if end == "object" else (o, s)
            query = models.queries(kind, model, anchors, p, forward=end == "object")
            rows = models.candidates(kind, model, others)
            table = models.compared(kind, query, rows)
            assert table.diagonal().numpy() == pytest.approx(forward, rel=1e-4, abs=1e-5)
            assert models.paired(kind, query, rows).numpy() == pytest.approx(
                forward, rel=1e-5, abs=1e-6
            )
            for code in np.unique(p.numpy()).tolist():
                own = p.numpy() == code
                against = scores.against(anchors.numpy()[own], code, end, others.numpy()[own])
                assert against == pytest.approx(table.numpy()[own][:, own], rel=1e-4, abs=1e-5)


def test_a_symmetric_predicate_scores_both_directions_alike(triples: Triples, held: Split) -> None:
    scores = train(triples, held, replace(QUICK, epochs=1)).scores(triples)
    own = triples.symmetric[triples.p]
    s, p, o = triples.s[own], triples.p[own], triples.o[own]
    assert scores.score(s, p, o) == pytest.approx(scores.score(o, p, s), rel=1e-5, abs=1e-6)


@pytest.mark.parametrize("kind", KINDS)
def test_what_was_held_out_is_told_from_hard_negatives(
    triples: Triples, held: Split, kind: Kind
) -> None:
    trained = train(triples, held, replace(QUICK, kind=kind, epochs=30))
    slots = Slots(triples, held.train)
    sample = sampled(trained.scores(triples), slots, held.test, hard_negatives(slots, held.test))
    least = 0.6 if kind == "transe" else 0.75  # a translation there and back is none
    assert figures([sample], draws=2)["auc"].value > least
    losses = [one.loss for one in trained.history]
    assert losses[-1] < losses[0]


def test_the_other_answers_of_training_are_spared_or_compared_with(
    triples: Triples, held: Split
) -> None:
    """In a row without them there is less to be told from: the loss of the start is smaller."""
    spared, compared = (
        train(triples, held, replace(QUICK, epochs=2, spare_known=spare)) for spare in (True, False)
    )
    assert spared.history[0].loss < compared.history[0].loss
    sure = train(triples, held, replace(QUICK, epochs=30, spare_known=False))
    slots = Slots(triples, held.train)
    sample = sampled(sure.scores(triples), slots, held.test, hard_negatives(slots, held.test))
    assert figures([sample], draws=2)["auc"].value > 0.75


def test_training_stops_when_validation_gets_no_better(triples: Triples, held: Split) -> None:
    told: list[Progress] = []
    settings = replace(QUICK, epochs=90, patience=2, decay=0.0, validate_every=1)
    trained = train(triples, held, settings, progress=told.append)
    assert len(told) < 90
    seen = [one.mrr for one in told if one.mrr is not None]
    assert trained.mrr == max(seen)
    assert told[trained.epoch - 1].mrr == trained.mrr
    assert len(seen) == trained.epoch + 2
    assert trained.history == told


def test_a_concept_without_a_triple_is_the_mean_of_its_category(
    triples: Triples, held: Split
) -> None:
    lone = int(triples.s[triples.p == triples.codes(["treats"])[0]][0])
    out = (triples.s == lone) | (triples.o == lone)
    part = Split(held.train[~out[held.train]], held.valid, held.test, {})
    weights = train(triples, part, replace(QUICK, epochs=1)).weights
    same = triples.types == triples.types[lone]
    same[lone] = False
    for name in ("node_emb.weight", "node_emb_im.weight"):
        assert weights[name][lone] == pytest.approx(weights[name][same].mean(0), abs=1e-6)


def test_the_same_seed_gives_the_same_weights_and_another_others(
    triples: Triples, held: Split
) -> None:
    one, two, other = (
        train(triples, held, replace(QUICK, epochs=2, seed=seed)) for seed in (3, 3, 4)
    )
    for name, array in one.weights.items():
        assert (array == two.weights[name]).all()
        assert not (array == other.weights[name]).all()


def test_a_training_that_was_ended_goes_on_as_if_it_had_not_been(
    triples: Triples, held: Split, tmp_path: Path
) -> None:
    settings = replace(QUICK, epochs=6, validate_every=2)
    whole = train(triples, held, settings)

    def end(told: Progress) -> None:
        if told.epoch == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(triples, held, settings, checkpoints=tmp_path, checkpoint_s=0, progress=end)
    (kept,) = tmp_path.iterdir()
    seen: list[int] = []
    again = train(
        triples, held, settings, checkpoints=tmp_path, checkpoint_s=0,
        progress=lambda told: seen.append(told.epoch),
    )  # fmt: skip
    assert seen == [4, 5, 6]
    assert not kept.exists()
    assert [(one.epoch, one.loss, one.mrr) for one in again.history] == [
        (one.epoch, one.loss, one.mrr) for one in whole.history
    ]
    for name, array in whole.weights.items():
        assert (array == again.weights[name]).all()


def test_another_training_does_not_go_on_from_it(
    triples: Triples, held: Split, tmp_path: Path
) -> None:
    def end(_told: Progress) -> None:
        if any(tmp_path.iterdir()):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(triples, held, QUICK, checkpoints=tmp_path, checkpoint_s=0, progress=end)
    seen: list[int] = []
    train(triples, held, replace(QUICK, rate=0.05, epochs=2), checkpoints=tmp_path,
          progress=lambda told: seen.append(told.epoch))  # fmt: skip
    assert seen == [1, 2]
    (kept,) = tmp_path.iterdir()
    kept.write_bytes(kept.read_bytes()[:200])
    with pytest.raises(CorruptSnapshot, match="Remove it"):
        train(triples, held, QUICK, checkpoints=tmp_path)


KILLED = """
import json, sys
from dataclasses import asdict
from pathlib import Path
from plausible import toy
from kgmed.reasoning.plausibility.triples.splits import split
from kgmed.reasoning.plausibility.embedding.settings import Settings
from kgmed.reasoning.plausibility.embedding.train import train
triples = toy()
held = split(triples, predicates=["interacts_with", "treats", "inhibits"], share=0.15)
settings = Settings(**json.loads(sys.argv[2]))
tell = lambda told: print(told.epoch, flush=True)
found = train(triples, held, settings, checkpoints=Path(sys.argv[1]), checkpoint_s=0, progress=tell)
print(json.dumps({n: float(a.sum()) for n, a in sorted(found.weights.items())}))
"""


def test_a_killed_process_loses_an_epoch_at_most(tmp_path: Path) -> None:
    from dataclasses import asdict

    settings = json.dumps(asdict(replace(QUICK, epochs=40, validate_every=40)))
    path = os.pathsep.join([str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH", "")])
    command = [sys.executable, "-W", "ignore", "-c", KILLED]

    def started(folder: Path) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [*command, str(folder), settings], stdout=subprocess.PIPE, text=True,
            env={**os.environ, "PYTHONPATH": path, "OMP_NUM_THREADS": "1"},
        )  # fmt: skip

    with started(tmp_path / "a") as running:
        assert running.stdout is not None
        for line in running.stdout:
            if int(line) == 5:
                running.send_signal(signal.SIGKILL)
                break
        printed = [int(line) for line in running.stdout]
        last = max([5, *printed])
    with started(tmp_path / "a") as resumed:
        first, *_, told = (resumed.communicate()[0] or "").split("\n")[:-1]
    with started(tmp_path / "b") as whole:
        lines = (whole.communicate()[0] or "").split("\n")[:-1]
    assert int(first) in (last, last + 1)
    assert lines[-1] == told


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"kind": "guess"}, "distmult, complex, transe, rotate"),
        ({"epochs": 0}, "epochs=0"),
        ({"members": 0, "drawn": 0}, "one above"),
        ({"rate": 0.0}, "positive"),
    ],
)
def test_settings_that_make_no_sense_are_told(
    triples: Triples, held: Split, more: dict[str, object], told: str
) -> None:
    with pytest.raises(UsageError, match=told):
        train(triples, held, replace(QUICK, **more))  # type: ignore[arg-type]


def test_a_device_that_is_not_there_is_told(triples: Triples, held: Split) -> None:
    with pytest.raises(UsageError, match="Expected cpu"):
        train(triples, held, QUICK, device="cuda:9")
    with pytest.raises(UsageError, match="Expected cpu"):
        train(triples, held, QUICK, device="abacus")


def test_lower_precision_learns_too(triples: Triples, held: Split) -> None:
    trained = train(triples, held, replace(QUICK, precision="bfloat16", epochs=20))
    assert trained.weights["node_emb.weight"].dtype == np.float32
    assert trained.history[-1].loss < 0.8 * trained.history[0].loss
