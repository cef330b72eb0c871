"""Models of PyKEEN's, each trained for so many seconds of CPU time; run by the Python of its own.

    python learn_pykeen_peer.py FOLDER MODEL,... --seconds 60 --search 15 [--dimension 64]

FOLDER holds train.tsv, valid.tsv, test.tsv and measured.tsv (rows of test), three labels a line,
and symmetric.txt, the predicates that are true both ways: their triples are given in both
directions.
Each model is trained in some ways for the seconds of the search, then for all of them in the way
that was the best for validation: ``lcwa`` (each pair of concept and predicate against all concepts,
cross entropy, inverse triples) or ``slcwa`` (32 concepts drawn for each triple, self-adversarial
loss), by Adam with a rate. PyKEEN's own evaluator says which weights on the way were the best; that
isn't counted as training. Prints a line of JSON a model, and writes MODEL.npy into FOLDER: the
scores of all concepts at the object (row 2n) and at the subject (2n + 1) of each measured triple.
Imports nothing of kgmed.

pip install torch==2.13.0, then pykeen==1.11.1
"""

from __future__ import annotations

import argparse
import json
import logging
import math
import time
import warnings
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import torch
from pykeen.evaluation import RankBasedEvaluator
from pykeen.losses import CrossEntropyLoss, NSSALoss
from pykeen.models import ComplEx, DistMult, RotatE, TransE
from pykeen.training import LCWATrainingLoop, SLCWATrainingLoop, TrainingCallback
from pykeen.triples import CoreTriplesFactory

Way = tuple[str, float]
MANY = 1000
"""Concepts."""
BATCH = {"lcwa": 256, "slcwa": 512}
NEGATIVES = 32
VALIDATED, LOOKS = 500, 6
"""Validation triples, and how often they are looked at."""


class OverBudget(Exception):
    """The seconds are spent."""


class Budget(TrainingCallback):
    """Ends a training when its seconds of CPU time are spent, and keeps the best weights."""

    def __init__(self, seconds: float, valid: torch.Tensor, known: list[torch.Tensor]) -> None:
        super().__init__()
        self.seconds, self.valid, self.known = seconds, valid, known
        self.begun, self.apart = time.process_time(), 0.0
        self.looked, self.epochs = 0.0, 0.0
        self.best, self.state, self.batches = -1.0, {}, 0

    def spent(self) -> float:
        return time.process_time() - self.begun - self.apart

    def on_batch(self, epoch: int, batch: Any, batch_loss: float, **kwargs: Any) -> None:
        self.batches += 1
        if self.spent() >= self.seconds:
            self.look()
            raise OverBudget

    def post_epoch(self, epoch: int, epoch_loss: float, **kwargs: Any) -> None:
        self.epochs = epoch
        if self.spent() - self.looked >= self.seconds / LOOKS:
            self.look()

    def look(self) -> None:
        self.looked, begun = self.spent(), time.process_time()
        mrr = measured(self.model, self.valid, self.known)["mrr"]
        if mrr > self.best:
            self.best = mrr
            self.state = {name: one.clone() for name, one in self.model.state_dict().items()}
        self.model.train()
        self.apart += time.process_time() - begun


def measured(model: Any, rows: torch.Tensor, known: list[torch.Tensor]) -> dict[str, float]:
    """PyKEEN's own figures, all concepts being candidates."""
    found = RankBasedEvaluator(filtered=True).evaluate(
        model, rows, batch_size=32, additional_filter_triples=known, use_tqdm=False
    )
    return {
        "mrr": float(found.get_metric("both.realistic.inverse_harmonic_mean_rank")),
        "hits_10": float(found.get_metric("both.realistic.hits_at_10")),
    }


def read(folder: Path) -> tuple[dict[str, torch.Tensor], int, int]:
    """The parts by name, as numbers: concepts and predicates in the order of their labels."""
    parts = {
        name: [
            tuple(line.split("\t")) for line in (folder / f"{name}.tsv").read_text().splitlines()
        ]
        for name in ("train", "valid", "test", "measured")
    }
    rows = [row for part in parts.values() for row in part]
    concept = {one: n for n, one in enumerate(sorted({end for s, _p, o in rows for end in (s, o)}))}
    code = {one: n for n, one in enumerate(sorted({p for _s, p, _o in rows}))}
    symmetric = set((folder / "symmetric.txt").read_text().split())
    made = {}
    for name, part in parts.items():
        numbers = [(concept[s], code[p], concept[o]) for s, p, o in part]
        if name != "measured":
            numbers += [(concept[o], code[p], concept[s]) for s, p, o in part if p in symmetric]
        made[name] = torch.tensor(numbers)
    return made, len(concept), len(code)


def make(kind: str, dimension: int, loss: Any, factory: Any) -> Any:
    """A model of PyKEEN's, with as many numbers a concept as kgmed's."""
    common = {"embedding_dim": dimension, "triples_factory": factory, "loss": loss,
              "random_seed": 0}  # fmt: skip
    if kind == "distmult":  # concepts of length one can't reach a probability near one
        return DistMult(entity_constrainer=None, regularizer=None, **common)
    if kind == "transe":
        return TransE(scoring_fct_norm=2, **common)
    if kind == "complex":
        small = torch.nn.init.xavier_uniform_  # its own start makes scores of dozens
        return ComplEx(
            regularizer=None, entity_initializer=small, relation_initializer=small, **common
        )
    return RotatE(**common)


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("models", type=lambda text: text.split(","))
    parser.add_argument("--seconds", type=float, default=60.0, help="of CPU time")
    parser.add_argument("--search", type=float, default=15.0, help="of CPU time, for each way")
    parser.add_argument("--dimension", type=int, default=64)
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    logging.disable(logging.WARNING)
    warnings.simplefilter("ignore")
    parts, concepts, predicates = read(chosen.folder)
    sizes = concepts, predicates, chosen.dimension
    for kind in chosen.models:
        found: dict[Way, float] = {}
        for way in ways(kind, concepts):
            found[way] = trained(kind, way, parts, sizes, chosen.search)[1]["valid_mrr"]
        best = max(found, key=lambda way: found[way])
        model, told = trained(kind, best, parts, sizes, chosen.seconds)
        known = [parts[name] for name in ("train", "valid", "test")]
        told |= measured(model, parts["measured"], known)
        told["tried"] = {f"{name} {rate}": mrr for (name, rate), mrr in found.items()}
        np.save(chosen.folder / f"{kind}.npy", scores(model, parts["measured"], concepts))
        print(json.dumps(told), flush=True)


def ways(kind: str, concepts: int) -> list[Way]:
    """What is tried; a distance of each pair from all of many concepts takes too long."""
    if kind in ("transe", "rotate") and concepts > MANY:
        return [("slcwa", 0.01), ("slcwa", 0.001)]
    return [("lcwa", 0.01), ("slcwa", 0.01)]


def trained(
    kind: str, way: Way, parts: dict[str, torch.Tensor], sizes: tuple[int, int, int], seconds: float
) -> tuple[Any, dict[str, Any]]:
    """A model with its best weights, and what is told of it."""
    concepts, predicates, dimension = sizes
    lcwa = way[0] == "lcwa"
    factory = CoreTriplesFactory(
        parts["train"], num_entities=concepts, num_relations=predicates,
        create_inverse_triples=lcwa,
    )  # fmt: skip
    distance = kind in ("transe", "rotate")
    # where scores are at most 0, a margin lets a triple be likely
    loss = CrossEntropyLoss() if lcwa else NSSALoss(margin=9.0 if distance else 0.0)
    model = make(kind, dimension, loss, factory)
    optimizer = torch.optim.Adam(model.get_grad_params(), lr=way[1])
    common = {"model": model, "triples_factory": factory, "optimizer": optimizer}
    loop = (
        LCWATrainingLoop(**common)
        if lcwa
        else SLCWATrainingLoop(
            negative_sampler_kwargs={"num_negs_per_pos": NEGATIVES, "filtered": False}, **common
        )
    )
    rows = parts["valid"]
    if len(rows) > VALIDATED:
        rng = np.random.default_rng(0)
        rows = rows[np.sort(rng.choice(len(rows), VALIDATED, replace=False))]
    budget = Budget(seconds, rows, [parts[name] for name in ("train", "valid", "test")])
    with suppress(OverBudget):
        loop.train(
            factory, num_epochs=1_000_000, batch_size=BATCH[way[0]], use_tqdm=False,
            use_tqdm_batch=False, callbacks=budget, pin_memory=False,
        )  # fmt: skip
    model.load_state_dict(budget.state)
    model.eval()
    epochs = budget.batches / batches(factory, way[0])
    return model, {
        "model": kind, "way": f"{way[0]} {way[1]}", "valid_mrr": budget.best,
        "seconds": budget.looked, "epochs": epochs,
        "triples_per_s": epochs * len(parts["train"]) / budget.looked,
    }  # fmt: skip


def batches(factory: Any, way: str) -> int:
    """Batches of an epoch."""
    rows = factory.mapped_triples
    if factory.create_inverse_triples:
        rows = torch.cat([rows, rows[:, [2, 1, 0]] + torch.tensor([0, factory.num_relations, 0])])
    size = len(torch.unique(rows[:, :2], dim=0)) if way == "lcwa" else len(rows)
    return math.ceil(size / BATCH[way])


@torch.inference_mode()
def scores(model: Any, rows: torch.Tensor, concepts: int) -> np.ndarray:
    """Of all concepts at either end of each row; float32 [2 rows, concepts]."""
    table = np.empty((2 * len(rows), concepts), np.float32)
    for at in range(0, len(rows), 32):
        some = rows[at : at + 32]
        table[2 * at : 2 * (at + len(some)) : 2] = model.predict_t(some[:, :2]).numpy()
        table[2 * at + 1 : 2 * (at + len(some)) : 2] = model.predict_h(some[:, 1:]).numpy()
    return table


if __name__ == "__main__":
    main()
