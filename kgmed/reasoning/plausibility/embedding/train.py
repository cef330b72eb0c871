"""Training: each query of a batch against many candidates at once, until validation says stop.

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

import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal

import numpy as np

from kgmed.kg.errors import CorruptSnapshot, UsageError
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
from kgmed.reasoning.plausibility.embedding.score import Embedded, Kind
from kgmed.reasoning.plausibility.triples.data import Ints, Reals, Triples
from kgmed.reasoning.plausibility.triples.negatives import ENDS
from kgmed.reasoning.plausibility.triples.splits import Split

Precision = Literal["auto", "float32", "bfloat16"]


@dataclass(frozen=True, slots=True)
class Settings:
    """How a model is trained; docs/learn-measured.md says what the defaults were chosen by.

    ``dimension`` counts a concept's numbers, complex ones where the model has these. ``members``
    and ``drawn`` are how many concepts a batch is compared with: of those at an end, the likelier
    the more often they stand there (all, where there are no more), and of its categories, all
    alike. With ``spare_known`` a right answer isn't compared with the others that training triples
    give; without, it is, which is better for small, dense graphs. ``rate`` is Adagrad's. ``decay``
    weighs the N3 penalty of distmult and complex, ``scale`` multiplies the distances of transe and
    rotate. Each ``validate_every`` epochs the MRR of at most ``validated`` validation triples is
    taken; after ``patience`` of these without a better one the training ends, and the numbers of
    the best are kept. ``precision`` ``auto`` is bfloat16 for products on a GPU, and float32 else.
    """

    kind: Kind = "complex"
    dimension: int = 64
    epochs: int = 100
    batch: int = 512
    members: int = 256
    drawn: int = 128
    spare_known: bool = True
    rate: float = 0.05
    decay: float = 0.05
    scale: float = 10.0
    validate_every: int = 4
    validated: int = 2000
    patience: int = 2
    seed: int = 0
    precision: Precision = "auto"


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


def train(
    triples: Triples,
    split: Split,
    settings: Settings,
    *,
    device: str = "cpu",
    checkpoints: Path | None = None,
    checkpoint_s: float = 60.0,
    keep: bool = False,
    progress: Callable[[Progress], None] = lambda _one: None,
) -> Trained:
    """Train a model on ``split.train``, stopped by ``split.valid``; ``split.test`` isn't looked at.

    ``device`` is torch's name of one: cpu, cuda. In the folder ``checkpoints`` the state is kept
    every ``checkpoint_s`` seconds, at the end of an epoch; the same training goes on from there,
    and removes it when done; with ``keep`` it stays, named in what is returned. On one device the
    same seed gives the same weights, whether it was ended in between or not. A CPU works on one
    thread: batches are so small that more wait for each other.

    Raises :class:`~kgmed.kg.errors.MissingExtra` without torch or torch_geometric, and
    :class:`~kgmed.kg.errors.UsageError` for an unknown model, device or setting.
    """
    _checked(settings)
    with _one_thread(_device(device)):
        run = _Training(triples, split, settings, device)
        return _trained(run, checkpoints, checkpoint_s, progress, keep=keep)


@contextmanager
def _one_thread(device: str) -> Iterator[None]:
    """Within, torch has one thread where it computes on a CPU."""
    torch = torch_package()
    before = torch.get_num_threads()
    torch.set_num_threads(1 if device.startswith("cpu") else before)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _trained(
    run: _Training,
    checkpoints: Path | None,
    checkpoint_s: float,
    progress: Callable[[Progress], None],
    *,
    keep: bool,
) -> Trained:
    """Train to the end, from a kept state where there is one."""
    file = None if checkpoints is None else checkpoints / f"{run.digest()}.pt"
    if file is not None and file.exists():
        run.load(file)
    begun = time.monotonic() - run.seconds
    kept = time.monotonic()
    while run.wants_more():
        loss = run.epoch_done()
        run.seconds = time.monotonic() - begun
        mrr = run.validated()
        told = Progress(run.epoch, loss, mrr, run.seconds)
        run.best.history.append(told)
        progress(told)
        if file is not None and time.monotonic() - kept >= checkpoint_s and run.wants_more():
            run.save(file)
            kept = time.monotonic()
    if file is not None and keep:
        run.save(file)
        run.best.kept = file
    elif file is not None:
        file.unlink(missing_ok=True)
    return run.best


def _checked(settings: Settings) -> None:
    for name in ("dimension", "epochs", "batch", "validate_every", "validated", "patience"):
        if getattr(settings, name) < 1:
            raise UsageError(f"Found {name}={getattr(settings, name)}, expected at least 1.")
    if settings.members < 0 or settings.drawn < 0 or not settings.members + settings.drawn:
        raise UsageError(
            f"Found members={settings.members} and drawn={settings.drawn}, expected candidates to "
            "compare with: neither below 0, and one above."
        )
    if settings.rate <= 0 or settings.decay < 0 or settings.scale <= 0:
        raise UsageError(
            f"Found rate={settings.rate}, decay={settings.decay} and scale={settings.scale}, "
            "expected positive numbers; decay may be 0."
        )


def _device(name: str) -> str:
    torch = torch_package()
    try:
        torch.empty(1, device=name)
    except (RuntimeError, AssertionError) as error:
        raise UsageError(
            f"Found device {name!r}, which torch can't use here ({str(error).splitlines()[0]}). "
            "Expected cpu, or cuda on a machine with a GPU and a torch made for it."
        ) from error
    return name


class _Training:
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

    def digest(self) -> str:
        """What tells this training from others."""
        made = sha256(json.dumps([asdict(self.settings), self.device]).encode())
        for array in (self.triples.keys, self.split.train, self.valid):
            made.update(np.ascontiguousarray(array).data)
        made.update("\n".join((self.triples.snapshot, *self.triples.ids)).encode())
        return made.hexdigest()[:32]

    def save(self, file: Path) -> None:
        """Keep the state; a file is there whole or not at all."""
        torch = torch_package()
        file.parent.mkdir(parents=True, exist_ok=True)
        best = self.best
        state = {
            "model": self.model.state_dict(), "optimizer": self.optimizer.state_dict(),
            "best": {name: torch.from_numpy(array) for name, array in best.weights.items()},
            "numbers": [self.epoch, self.since, self.seconds, best.epoch, best.mrr],
            "history": [
                [one.epoch, one.loss, one.mrr, one.seconds] for one in best.history
            ],
        }  # fmt: skip
        made = file.with_name(f".{file.name}-{os.getpid()}")
        with made.open("wb") as out:
            torch.save(state, out)
            out.flush()
            os.fsync(out.fileno())
        made.replace(file)

    def load(self, file: Path) -> None:
        """Go on from a state that was kept."""
        torch = torch_package()
        try:
            # what is loaded goes where the model is; Adagrad counts its steps on the CPU
            state = torch.load(file, map_location="cpu", weights_only=True)
            self.model.load_state_dict(state["model"])
            self.optimizer.load_state_dict(state["optimizer"])
            best = {name: tensor.numpy() for name, tensor in state["best"].items()}
            self.epoch, self.since, self.seconds, epoch, mrr = state["numbers"]
            history = [Progress(*one) for one in state["history"]]
        except (OSError, RuntimeError, ValueError, KeyError, EOFError) as error:
            raise CorruptSnapshot(
                f"{file}: the state of a training can't be read ({error}). Remove it; the training "
                "begins anew."
            ) from error
        self.best = Trained(self.settings, best, epoch, mrr, history)
