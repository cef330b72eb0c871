"""What is told of trained models and of how they measure; plain values, published shapes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path as FilePath
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kgmed.kg.display.shown import View


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure, and the interval that holds 95% of its bootstrap samples."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Reliability:
    """Statements told about the same: the mean probability told, the share that was true, and how
    many true statements it weighs."""

    told: float
    true: float
    weight: float


@dataclass(frozen=True, slots=True)
class MethodFigures:
    """How one method ranks and separates what was held out: ``mrr``, ``hits_1``, ``hits_3``,
    ``hits_10``, ``auc`` and ``average_precision`` over all, and by predicate, where ``held_out``
    counts its statements. ``ece`` is the calibration error of its probabilities on the same, and
    ``reliability`` the bins that it is computed from. ``epochs`` and ``seconds`` are those of the
    training, one a seed; empty where nothing is trained."""

    figures: Mapping[str, Figure]
    by_predicate: Mapping[str, Mapping[str, Figure]]
    held_out: Mapping[str, int]
    ece: float
    reliability: tuple[Reliability, ...]
    epochs: tuple[int, ...] = ()
    seconds: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Parts:
    """How many triples were trained on, validated by and tested on; ``leaks`` counts those that
    are in none of the three, as they give a held-out one away, by reason. ``unseen`` counts the
    triples of the test at a concept that no training triple has."""

    train: int
    valid: int
    test: int
    unseen: int
    leaks: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class LearnEvaluation:
    """What ``kgmed learn evaluate --json`` prints: how methods find what was held out, the mean
    over ``seeds``. ``leads`` is how far each is ahead, by AUC against hard negatives, of the simple
    one that separates best; ``best`` the one with the largest AUC, ``verdict`` says what came of
    it in a sentence; ``split`` and ``settings`` are how triples were held out and models
    trained."""

    snapshot: str
    split: Mapping[str, Any]
    settings: Mapping[str, Any]
    seeds: tuple[int, ...]
    parts: tuple[Parts, ...]
    methods: Mapping[str, MethodFigures]
    leads: Mapping[str, Figure]
    best: str
    verdict: str
    version: str
    schema: str = "kgmed.learn-evaluation/1"

    def _repr_html_(self) -> str:
        from kgmed.reasoning.display.learned import evaluation_html

        return evaluation_html(self)

    def page(self) -> View:
        """The whole page with plots, in a frame of its own; :meth:`save` keeps it."""
        from kgmed.reasoning.pages.whole import in_frame
        from kgmed.reasoning.plausibility.measures.page import page

        return in_frame(page(self), "Methods compared")

    def save(self, path: str | FilePath) -> None:
        """Write that page to a file; raises :class:`~kgmed.kg.errors.OutputError` where that can't
        be done."""
        from kgmed.reasoning.pages.whole import save
        from kgmed.reasoning.plausibility.measures.page import page

        save(page(self), path)


@dataclass(frozen=True, slots=True)
class UnseenConcepts:
    """How a model does on concepts that nothing was trained on, as another training of its kind
    showed, which held out all that is said of some: ``figures`` by method, ``method`` the one that
    is used, ``leads`` how far it is ahead of degree. ``calibration`` makes probabilities of its
    scores."""

    method: str
    split: Mapping[str, Any]
    parts: Parts
    figures: Mapping[str, MethodFigures]
    leads: Mapping[str, Figure]
    calibration: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Distractors:
    """What share of the wrong options that a model chooses is true after all, of those that were
    hidden from it: a share ``hidden`` of the statements.

    ``questions`` were asked of training statements, each with options drawn among the concepts that
    stand there. The share is that of three options of each: the first ``drawn``, the most probable
    (``learned``), and the most probable ``below`` a probability, by that (``"0.95"``).
    ``probability`` is the mean of theirs, by the same names.
    """

    questions: int
    hidden: float
    drawn: Figure
    learned: Figure
    below: Mapping[str, Figure]
    probability: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class LearnedPredicate:
    """A predicate of a model: its training triples, whether it is symmetric, and the categories
    that stand at its ends."""

    triples: int
    symmetric: bool
    subject: tuple[str, ...]
    object: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Learned:
    """A model that was trained on a graph, as ``model.json`` beside it and ``kgmed learn train
    --json`` tell it.

    ``model`` is the kind of embedding, '' for path counts alone. ``snapshot`` is the hash of the
    graph, which must be that of the graph it is used with. ``figures`` are those on what was held
    out, by method: the model's own and the simple ones that it has to beat, by how much in
    ``leads``; ``method`` is the one whose probabilities are given. ``weighing`` and ``calibration``
    make them of scores. ``unseen`` is how it does on concepts that it wasn't trained on, None for
    one that knows no others. ``distractors`` says what share of the wrong options that the model
    chooses turned out true, None where too little was held out to tell. ``weights`` and ``crc``
    name the file of numbers beside it.
    """

    name: str
    model: str
    method: str
    settings: Mapping[str, Any]
    snapshot: str
    sources: tuple[str, ...]
    concepts: int
    categories: tuple[str, ...]
    predicates: Mapping[str, LearnedPredicate]
    split: Mapping[str, Any]
    parts: Parts
    epoch: int
    validation_mrr: float
    figures: Mapping[str, MethodFigures]
    leads: Mapping[str, Figure]
    verdict: str
    weighing: Mapping[str, Any]
    calibration: Mapping[str, Any]
    created: str
    version: str
    unseen: UnseenConcepts | None = None
    weights: str = ""
    crc: int = 0
    distractors: Distractors | None = None
    schema: str = "kgmed.learned/1"

    def _repr_html_(self) -> str:
        from kgmed.reasoning.display.learned import learned_html

        return learned_html(self)

    def page(self) -> View:
        """The whole page with plots, in a frame of its own; :meth:`save` keeps it."""
        from kgmed.reasoning.pages.whole import in_frame
        from kgmed.reasoning.plausibility.measures.page import page

        return in_frame(page(self), "A model and how it measured")

    def save(self, path: str | FilePath) -> None:
        """Write that page to a file; raises :class:`~kgmed.kg.errors.OutputError` where that can't
        be done."""
        from kgmed.reasoning.pages.whole import save
        from kgmed.reasoning.plausibility.measures.page import page

        save(page(self), path)


@dataclass(frozen=True, slots=True)
class LearnedModels:
    """What ``kgmed learn info --json`` prints: the models beside a graph, and, by name, what keeps
    one from being used."""

    snapshot: str
    models: tuple[Learned, ...]
    unusable: Mapping[str, str] = field(default_factory=dict)
    schema: str = "kgmed.learned_models/1"

    def _repr_html_(self) -> str:
        from kgmed.reasoning.display.learned import models_html

        return models_html(self)
