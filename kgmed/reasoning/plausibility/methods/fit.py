"""Methods fitted to a split and measured on what it holds out: the same for training one model and
for comparing several.

Validation stops the training, weighs and calibrates; the test is looked at once, to measure.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from kgmed.kg.errors import UsageError
from kgmed.reasoning.plausibility.embedding.epochs import Progress, Trained
from kgmed.reasoning.plausibility.embedding.score import KINDS, Embedded
from kgmed.reasoning.plausibility.embedding.settings import Settings
from kgmed.reasoning.plausibility.embedding.train import train
from kgmed.reasoning.plausibility.measures.calibrate import (
    Calibration,
    Judged,
    calibrated,
    judged,
)
from kgmed.reasoning.plausibility.measures.measure import (
    Answers,
    Sample,
    Scores,
    sampled,
)
from kgmed.reasoning.plausibility.methods.baselines import Degree, PathCounts
from kgmed.reasoning.plausibility.methods.compare import SIMPLE
from kgmed.reasoning.plausibility.methods.mix import Features, Mixed, weighed
from kgmed.reasoning.plausibility.methods.peers import (
    BY_PEERS,
    FILLINGS,
    Filling,
    filled,
    statement_marks,
)
from kgmed.reasoning.plausibility.methods.standins import StandIns
from kgmed.reasoning.plausibility.told import Parts
from kgmed.reasoning.plausibility.triples.data import Longs, Mask, Triples
from kgmed.reasoning.plausibility.triples.negatives import Negatives, Slots, hard_negatives
from kgmed.reasoning.plausibility.triples.splits import Split, to_stop_by

PATHS = "paths"
"""The method of path counts alone, which needs no model."""
STANDINS = "standins"
"""After a model, that a concept has the numbers of others where it stands in no triple."""
BASELINES = (*SIMPLE, PATHS)
MODELS = (PATHS, *KINDS)
NEGATIVES = 5
"""Hard negatives for either end of a held-out triple."""
TEST_SEED = 1_000_003
"""What parts the negatives of the test from those of validation, of the same seed."""


def mixed_name(kind: str) -> str:
    """The method that is kept of a model: its score, with stand-ins where means of numbers mean
    something, weighed together with path counts.

    >>> mixed_name("complex"), mixed_name("rotate"), mixed_name("paths")
    ('complex+standins+paths', 'rotate+paths', 'paths')
    """
    if kind == PATHS:
        return kind
    return "+".join([kind, *([STANDINS] if kind in BY_PEERS else []), PATHS])


@dataclass(frozen=True, eq=False)
class Held:
    """Held-out triples and their negatives, to be scored."""

    part: str
    triples: Triples
    places: np.ndarray
    negatives: Negatives

    def judged(self, scores: Scores) -> Judged:
        """What a method gives both, with what is known of them."""
        t, places, false = self.triples, self.places, self.negatives
        return judged(
            scores.score(t.s[places], t.p[places], t.o[places]),
            scores.score(false.s, false.p, false.o), false.of, t.p[places],
        )  # fmt: skip


@dataclass(frozen=True, eq=False)
class Method:
    """A method fitted to a split: its scores, and the probabilities that they stand for."""

    scores: Scores
    calibration: Calibration
    trained: Trained | None = None


class Fitting:
    """The methods of one split and seed, made when they are asked for."""

    def __init__(
        self,
        triples: Triples,
        split: Split,
        settings: Settings,
        *,
        device: str = "cpu",
        checkpoints: Path | None = None,
        progress: Callable[[Progress], None] = lambda _one: None,
        names: Callable[[], Sequence[Longs]] = tuple,
    ) -> None:
        """``names`` gives the n-grams of each concept's names, which nearest, names and peers
        need."""
        self.triples, self.split, self.settings = triples, split, settings
        self._names = names
        self._stop = split
        if split.settings.get("how") == "unseen":
            self._stop = to_stop_by(split, seed=settings.seed)
        self._how = {
            "device": device, "checkpoints": checkpoints, "progress": progress, "keep": True,
        }  # fmt: skip
        self.slots = Slots(triples, split.train)
        self.answers = Answers(triples)
        self.paths = PathCounts(triples, np.sort(np.concatenate([split.train, split.context])))
        self._trained: dict[str, Trained] = {}
        self.valid, self.test = (
            Held(name, triples, places,
                 hard_negatives(self.slots, places, each=NEGATIVES, seed=settings.seed + more))
            for name, places, more in (("valid", split.valid, 0), ("test", split.test, TEST_SEED))
        )  # fmt: skip
        for held in (self.valid, self.test):
            if not len(held.negatives):
                raise UsageError(
                    f"Found no negative for the {len(held.places):,} triples of {held.part}, "
                    "expected concepts of their categories that are unrelated. Hold out other "
                    "predicates, or more."
                )

    def method(self, name: str) -> Method:
        """A method by its name: degree, dwpc, paths, a model, or a model with paths; after the
        model whose numbers concepts get that it wasn't trained on, and ``standins``."""
        kind, *more = name.split("+")
        filling = next((one for one in FILLINGS if one in more[:1]), None)
        trained = self._model(kind) if kind in KINDS and _is_known(kind, more) else None
        scores: Scores
        model: Scores
        if trained is not None:
            model = self._embedded(trained, filling, name)
            if STANDINS in more:
                model = self._standins(model, name)
            scores = self._mixed(model, name) if PATHS in more else model
        elif name == PATHS:
            scores = self._mixed(None, name)
        elif name in BASELINES:
            scores = Degree(self.slots) if name == "degree" else self.paths
        else:
            raise UsageError(
                f"Found method {name!r}, expected one of: {', '.join((*BASELINES, *KINDS))}; after "
                f"a model, in this order: for concepts unseen in training one of "
                f"{', '.join(FILLINGS)}; {STANDINS} (of {' and '.join(BY_PEERS)} alone); {PATHS}. "
                "So complex+paths, complex+names, complex+standins+paths."
            )
        calibration = calibrated(self.valid.judged(scores), self.triples.predicates)
        return Method(scores, calibration, trained)

    def _model(self, kind: str) -> Trained:
        if kind not in self._trained:
            settings = replace(self.settings, kind=kind)  # type: ignore[arg-type]  # one of them
            self._trained[kind] = train(self.triples, self._stop, settings, **self._how)  # type: ignore[arg-type]
        return self._trained[kind]

    @property
    def seen(self) -> Mask:
        """Which concepts have a triple that models are trained on; bool [N]."""
        found = np.zeros(self.triples.concepts, bool)
        found[self.triples.s[self._stop.train]] = found[self.triples.o[self._stop.train]] = True
        return found

    def _embedded(self, trained: Trained, filling: Filling | None, name: str) -> Embedded:
        if filling is None:
            return trained.scores(self.triples, name=name)
        triples, split = self.triples, self.split
        statements = None
        if filling == "peers":
            asked = np.concatenate([split.valid, split.test])
            families = np.unique(triples.families[triples.p[asked]])
            said = np.sort(np.concatenate([split.train, split.context]))
            statements = statement_marks(triples, said, families)
        weights = filled(
            trained.weights, triples, self.seen, self._names(), filling=filling,
            statements=statements,
        )  # fmt: skip
        return Embedded(trained.settings.kind, weights, triples.symmetric, name=name)

    def _standins(self, model: Embedded, name: str) -> StandIns:
        return StandIns.of(model, self.triples, self._stop.train, self._names(), name=name)

    def _mixed(self, model: Scores | None, name: str) -> Mixed:
        triples, places, false = self.triples, self.valid.places, self.valid.negatives
        features = Features(model, self.paths)
        s, p, o = (
            np.concatenate([known[places], unknown])
            for known, unknown in ((triples.s, false.s), (triples.p, false.p), (triples.o, false.o))
        )
        found = features.of(s, p, o)
        told = judged(np.zeros(len(places)), np.zeros(len(false)), false.of, triples.p[places])
        weighing = weighed(features.names, found, told, triples.predicates)
        return Mixed(features, weighing, triples.predicates, name=name)

    def sample(self, method: Method) -> tuple[Sample, Judged]:
        """What a method gives the test: its ranks and scores, and the probabilities it tells."""
        scores = method.scores
        sample = sampled(
            scores, self.slots, self.split.test, self.test.negatives, answers=self.answers
        )
        found = judged(sample.true, sample.false, sample.of, sample.p)
        names = np.array(self.triples.predicates)[found.predicate].tolist()
        return sample, replace(found, scores=method.calibration(found.scores, names))

    def parts(self) -> Parts:
        """The sizes of the split."""
        triples, split = self.triples, self.split
        seen = np.zeros(triples.concepts, bool)
        seen[triples.s[split.train]] = seen[triples.o[split.train]] = True
        both = seen[triples.s[split.test]] & seen[triples.o[split.test]]
        return Parts(
            len(split.train), len(split.valid), len(split.test), int((~both).sum()),
            dict(split.leaks),
        )  # fmt: skip


def _is_known(kind: str, more: Sequence[str]) -> bool:
    """Whether these may stand after the name of a model."""
    filling = [one for one in FILLINGS if one in more]
    others = [STANDINS] * (STANDINS in more and kind in BY_PEERS) + [PATHS] * (PATHS in more)
    return list(more) == filling + others and len(filling) < 2
