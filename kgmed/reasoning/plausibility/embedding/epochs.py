"""Epochs of a training: each query of a batch against many candidates at once.

A batch holds triples of one predicate. Either end is asked for in turn: the true concept against
those that stand at that end most, and some by chance of the categories that stand there; the ones
that training triples give as well are left out of the row, unless the settings say otherwise. What
is held out is spared nothing: who leaves it out of the negatives teaches the model what was held
out.

The loss is the cross entropy of the true concept among its row (Lacroix et al. 2018,
https://proceedings.mlr.press/v80/lacroix18a.html), with their N3 penalty for bilinear models; steps
are Adagrad's on the rows that a batch touches. All that is drawn in an epoch follows from its
number and the seed, so that a training that was ended goes on as if it hadn't been.
"""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from kgmed.reasoning.plausibility.embedding.batches import Batches
from kgmed.reasoning.plausibility.embedding.models import (
    candidates,
    compared,
    make,
    paired,
    penalty,
    placed,
    queries,
    torch_package,
    weights_of,
)
from kgmed.reasoning.plausibility.embedding.ranking import Ranking, Unseen
from kgmed.reasoning.plausibility.embedding.score import Embedded
from kgmed.reasoning.plausibility.embedding.settings import Settings
from kgmed.reasoning.plausibility.triples.data import Ints, Reals, Triples
from kgmed.reasoning.plausibility.triples.negatives import ENDS
from kgmed.reasoning.plausibility.triples.splits import Split


@dataclass(frozen=True, slots=True)
class Progress:
    """One epoch: the mean loss, the validation's MRR where it was due, seconds since the start."""

    epoch: int
    loss: float
    mrr: float | None
    seconds: float


@dataclass(eq=False)
class Trained:
    """A trained model: its weights by name, the epoch they are of, the MRR of validation then,
    what was seen on the way, and the file of its last state, where that was kept."""

    settings: Settings
    weights: dict[str, Reals]
    epoch: int
    mrr: float
    history: list[Progress] = field(default_factory=list)
    kept: Path | None = None

    def scores(self, triples: Triples, *, name: str = "") -> Embedded:
        """The model's scores over the triples' numbers."""
        return Embedded(self.settings.kind, self.weights, triples.symmetric, name=name)


class Training:
    """A training between two epochs."""

    def __init__(self, triples: Triples, split: Split, settings: Settings, device: str) -> None:
        torch = torch_package()
        self.triples, self.split, self.settings, self.device = triples, split, settings, device
        self.batches = Batches(
            triples, split.train, size=settings.batch, members=settings.members,
            drawn=settings.drawn, device=device,
        )  # fmt: skip
        seen = np.zeros(triples.concepts, bool)
        seen[triples.s[split.train]] = seen[triples.o[split.train]] = True
        self.unseen = Unseen(triples, seen, device)
        rng = np.random.default_rng([settings.seed, 0])
        self.valid = split.valid
        if len(self.valid) > settings.validated:
            self.valid = np.sort(rng.choice(self.valid, settings.validated, replace=False))
        self.ranking = Ranking(triples, self.batches.slots, self.valid, device)
        generator = torch.Generator().manual_seed(settings.seed)
        self.model = make(
            settings.kind, triples.concepts, len(triples.predicates), settings.dimension,
            generator=generator,
        ).to(device)  # fmt: skip
        self.optimizer = torch.optim.Adagrad(
            self.model.parameters(), lr=settings.rate, foreach=False
        )
        low = settings.precision == "bfloat16" or (
            settings.precision == "auto" and device.startswith("cuda")
        )
        self.autocast = torch.autocast(device.partition(":")[0], torch.bfloat16, enabled=low)
        self.best = Trained(settings, {}, 0, -1.0)
        self.epoch, self.since, self.seconds = 0, 0, 0.0

    def wants_more(self) -> bool:
        return self.epoch < self.settings.epochs and self.since < self.settings.patience

    def epoch_done(self) -> float:
        """One epoch; its mean loss."""
        self.epoch += 1
        torch = torch_package()
        rng = np.random.default_rng([self.settings.seed, self.epoch])
        # summed where it arises: to ask for each loss would wait for each batch
        total = torch.zeros((), dtype=torch.float64, device=self.device)
        for code, rows in self.batches.of_epoch(rng):
            s, o = self.triples.s[rows], self.triples.o[rows]
            if self.triples.symmetric[code]:
                turned = rng.random(len(rows)) < 0.5
                s, o = np.where(turned, o, s), np.where(turned, s, o)
            self.optimizer.zero_grad()
            loss = self._loss(s, o, code, rng)
            loss.backward()
            # its warning asks to choose
            with torch.sparse.check_sparse_tensor_invariants(enable=False):
                self.optimizer.step()
            total += loss.detach() * len(rows)
        return float(total) / len(self.split.train)

    def _loss(self, s: Ints, o: Ints, code: int, rng: np.random.Generator) -> Any:
        torch, settings, kind = torch_package(), self.settings, self.settings.kind
        codes = torch.full((1,), code, device=self.device)  # one row, for all of the batch
        subjects, objects = placed(s, self.device), placed(o, self.device)
        total: Any = 0.0
        with self.autocast:
            for end in ENDS:
                forward = end == "object"
                anchors, wanted = (subjects, objects) if forward else (objects, subjects)
                pool = placed(self.batches.pool(code, end, rng), self.device)
                query = queries(kind, self.model, anchors, codes, forward=forward)
                right = paired(kind, query, candidates(kind, self.model, wanted))
                table = compared(kind, query, candidates(kind, self.model, pool))
                if kind in ("transe", "rotate"):
                    right, table = right * settings.scale, table * settings.scale
                if settings.spare_known:
                    others = self.batches.others(anchors, code, end, pool)
                else:
                    others = pool != wanted[:, None]
                table = table.float().masked_fill(~others, float("-inf"))
                row = torch.cat([right.float()[:, None], table], 1)
                total = total + (torch.logsumexp(row, 1) - right.float()).mean()
            if settings.decay:
                total = total + settings.decay * penalty(kind, self.model, subjects, codes, objects)
        return total

    def validated(self) -> float | None:
        """The MRR of validation where it is due; the best weights are kept."""
        settings = self.settings
        if self.epoch % settings.validate_every and self.epoch != settings.epochs:
            return None
        # a mean is near all, by distance the best
        means = settings.kind in ("distmult", "complex")
        with self.unseen.filled(self.model) if means else nullcontext():
            mrr = float((1 / self.ranking.of(settings.kind, self.model)).mean())
            self.since += 1
            if mrr > self.best.mrr:
                self.best.weights = weights_of(self.model)
                self.best.mrr, self.best.epoch, self.since = mrr, self.epoch, 0
        return mrr
