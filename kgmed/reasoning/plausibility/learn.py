"""From a snapshot to a trained model beside it, or to a table of how methods measure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from functools import cache, partial
from typing import TYPE_CHECKING, Any

import numpy as np

from kgmed.kg.errors import UsageError
from kgmed.kg.predicates import Registry
from kgmed.kg.predicates import registry as shipped
from kgmed.kg.store.embedded import store_of
from kgmed.kg.version import VERSION
from kgmed.reasoning.plausibility.embedding.epochs import Progress, Trained
from kgmed.reasoning.plausibility.embedding.models import kge_package
from kgmed.reasoning.plausibility.embedding.score import KINDS
from kgmed.reasoning.plausibility.embedding.settings import Settings
from kgmed.reasoning.plausibility.measures.measure import Sample
from kgmed.reasoning.plausibility.methods.compare import SIMPLE, leads_of, measured, verdict
from kgmed.reasoning.plausibility.methods.fit import (
    BASELINES,
    MODELS,
    PATHS,
    Fitting,
    Method,
    mixed_name,
)
from kgmed.reasoning.plausibility.methods.mix import Mixed
from kgmed.reasoning.plausibility.methods.peers import BY_PEERS, filled, marks_of_names
from kgmed.reasoning.plausibility.methods.standins import StandIns
from kgmed.reasoning.plausibility.methods.unseen import without_some
from kgmed.reasoning.plausibility.stored import DEFAULT, folder_of, ids_as_arrays, save
from kgmed.reasoning.plausibility.told import (
    Learned,
    LearnedPredicate,
    LearnEvaluation,
)
from kgmed.reasoning.plausibility.triples.data import Longs, Triples, read_triples
from kgmed.reasoning.plausibility.triples.negatives import Slots
from kgmed.reasoning.plausibility.triples.splits import Ends, How, Split, split
from kgmed.reasoning.plausibility.uses.distractors import turned_out_true

if TYPE_CHECKING:
    from kgmed.kg.store.snapshot import Snapshot
    from kgmed.reasoning.plausibility.measures.calibrate import Judged

METHODS = (*BASELINES, "complex", "complex+paths", mixed_name("complex"))
"""What is compared unless said."""
WORK = ".work"
"""In the folder of a graph's models, the states of trainings that were ended."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which triples are learnt from, and which of them are held out
    (:func:`~kgmed.reasoning.plausibility.triples.splits.split`). Predicates stand for those below
    them, too; ``without`` are sources left out altogether."""

    how: How = "random"
    predicates: Sequence[str] | None = None
    share: float = 0.05
    end: Ends = "subject"
    source: str = ""
    since: str = ""
    without: Sequence[str] = ()


def learn(
    snapshot: Snapshot,
    settings: Settings,
    wanted: Wanted,
    *,
    name: str = DEFAULT,
    model: str = "complex",
    unseen: bool = True,
    registry: Registry | None = None,
    device: str = "cpu",
    tell: Callable[[str], None] = lambda _text: None,
) -> Learned:
    """Train a model on a snapshot, measure it on what is held out, and keep it beside the snapshot
    as ``name``, in place of one of that name.

    ``model`` is distmult, complex, transe or rotate, which is weighed together with path counts, or
    ``paths`` for these alone, without torch. With ``unseen``, complex and distmult are trained once
    more without some concepts, to tell how sure they are of those that they know by name alone. A
    training that was ended goes on. Raises :class:`~kgmed.kg.errors.UsageError` for what isn't
    there, and :class:`~kgmed.kg.errors.MissingExtra` without torch or torch_geometric.
    """
    if model not in MODELS:
        raise UsageError(f"Found model {model!r}, expected one of: {', '.join(MODELS)}.")
    root, known = snapshot.root, registry or shipped()
    folder_of(root, name)  # sees that it may be one
    if model != PATHS:
        kge_package()  # told before a graph is read
    triples, made = _held_out(snapshot, wanted, settings.seed, known)
    tell(_sizes(triples, made))
    how: dict[str, Any] = {"device": device, "checkpoints": folder_of(root, name).parent / WORK}
    names_of_all = cache(partial(_names, snapshot, triples))
    fitting = Fitting(
        triples, made, settings, progress=_told(model, tell), names=names_of_all, **how
    )
    method = mixed_name(model)
    names = list(dict.fromkeys([*SIMPLE, *([] if model == PATHS else [model]), method]))
    methods: dict[str, Method] = {}
    samples = {}
    for one in names:
        methods[one] = fitting.method(one)
        tell(f"measuring {one} on {len(made.test):,} held-out statements")
        samples[one] = fitting.sample(methods[one])
    told = {
        one: measured([sample], [methods[one].trained], triples.predicates)
        for one, sample in samples.items()
    }
    leads = leads_of({one: [sample] for one, (sample, _judged) in samples.items()})
    chosen = methods[method]
    assert isinstance(chosen.scores, Mixed)  # noqa: S101  for the type checker
    trained = chosen.trained
    slots = fitting.slots
    learned = Learned(
        name=name, model="" if model == PATHS else model, method=method,
        settings={"device": device, **({} if trained is None else asdict(trained.settings))},
        snapshot=triples.snapshot,
        sources=tuple(sorted({triples.origins[n][0] for n in np.unique(triples.origin).tolist()})),
        concepts=triples.concepts, categories=triples.categories,
        predicates={
            one: _predicate(triples, made, slots, code)
            for code, one in enumerate(triples.predicates)
        },
        split={**made.settings, "without": list(wanted.without)}, parts=fitting.parts(),
        epoch=0 if trained is None else trained.epoch,
        validation_mrr=0.0 if trained is None else trained.mrr,
        figures=told, leads=leads, verdict=verdict(told, leads, method),
        weighing=chosen.scores.weighing.to_json(), calibration=chosen.calibration.to_json(),
        created=datetime.now(UTC).isoformat(timespec="seconds"), version=VERSION,
        distractors=turned_out_true(
            chosen.scores, chosen.calibration, slots, made, seed=settings.seed
        ),
    )  # fmt: skip
    arrays: dict[str, Any] = {
        **fitting.paths.arrays, **ids_as_arrays(triples.ids), "types": triples.types,
        "seen": fitting.seen, **({} if trained is None else trained.weights),
    }  # fmt: skip
    again: Trained | None = None
    if isinstance(chosen.scores.features.learned, StandIns):
        arrays |= chosen.scores.features.learned.arrays
    if unseen and trained is not None and model in BY_PEERS:
        marks = names_of_all()
        arrays |= filled(trained.weights, triples, fitting.seen, marks)
        apart = replace(wanted, how="unseen", end="either", share=wanted.share / 2)
        others, again = without_some(
            lambda: _held_out(snapshot, apart, settings.seed, known, triples)[1],
            triples, settings, model, marks, tell=tell,
            progress=_told(f"{model} without some concepts", tell), **how,
        )  # fmt: skip
        learned = replace(learned, unseen=others)
    kept = save(root, learned, arrays)
    for done in (trained, again):
        if done is not None and done.kept is not None:
            done.kept.unlink(missing_ok=True)
    return kept


def evaluate(
    snapshot: Snapshot,
    settings: Settings,
    wanted: Wanted,
    *,
    methods: Sequence[str] = METHODS,
    seeds: Sequence[int] = (0, 1, 2),
    registry: Registry | None = None,
    device: str = "cpu",
    tell: Callable[[str], None] = lambda _text: None,
) -> LearnEvaluation:
    """How methods find what is held out, each trained anew for each seed, which draws what is held
    out, the model's first numbers, and the negatives.

    ``methods`` are degree, dwpc, paths, the models, and ``MODEL+paths``. Nothing is kept. Raises as
    :func:`learn` does.
    """
    if not seeds or not methods:
        raise UsageError("Found no seed or no method, expected at least one of each.")
    if any(name.partition("+")[0] in KINDS for name in methods):
        kge_package()
    samples: dict[str, list[tuple[Sample, Judged]]] = {name: [] for name in methods}
    trained: dict[str, list[Trained | None]] = {name: [] for name in methods}
    parts, of = [], None

    @cache
    def names() -> list[Longs]:
        assert of is not None  # noqa: S101  for the type checker
        return _names(snapshot, of)

    for seed in seeds:
        of, made = _held_out(snapshot, wanted, seed, registry or shipped(), of)
        tell(f"seed {seed}: {_sizes(of, made)}")
        fitting = Fitting(
            of, made, replace(settings, seed=seed), device=device,
            progress=_told(f"seed {seed}", tell), names=names,
        )  # fmt: skip
        parts.append(fitting.parts())
        for name, found in samples.items():
            tell(f"seed {seed}: {name}")
            method = fitting.method(name)
            found.append(fitting.sample(method))
            trained[name].append(method.trained)
    assert of is not None  # noqa: S101  for the type checker
    told = {
        name: measured(own, trained[name], of.predicates) for name, own in samples.items()
    }  # fmt: skip
    leads = leads_of({name: [sample for sample, _ in own] for name, own in samples.items()})
    best = max(told, key=lambda name: told[name].figures["auc"].value)
    fitted = [name for name in told if name not in SIMPLE]
    chosen = max(fitted or told, key=lambda name: told[name].figures["auc"].value)
    return LearnEvaluation(
        of.snapshot, {**made.settings, "without": list(wanted.without)},
        {"device": device, **asdict(settings)}, tuple(seeds), tuple(parts), told, leads, best,
        verdict(told, leads, chosen), VERSION,
    )  # fmt: skip


def _held_out(
    snapshot: Snapshot,
    wanted: Wanted,
    seed: int,
    known: Registry,
    triples: Triples | None = None,
) -> tuple[Triples, Split]:
    if triples is None:
        triples = read_triples(snapshot, without=wanted.without, registry=known)
    predicates = None
    if wanted.predicates:
        predicates = _with_narrower(triples, wanted.predicates, known)
    made = split(
        triples, wanted.how, predicates=predicates, share=wanted.share, end=wanted.end,
        source=wanted.source, since=wanted.since, seed=seed, registry=known,
    )  # fmt: skip
    return triples, made


def _names(snapshot: Snapshot, triples: Triples) -> list[Longs]:
    """The n-grams of the names of each concept."""
    store = store_of(snapshot)
    try:
        return marks_of_names(store, triples.ids)
    finally:
        store.close()


def _with_narrower(triples: Triples, names: Sequence[str], known: Registry) -> list[str]:
    """Predicates and those that imply them, as far as the graph has them."""
    there = set(triples.predicates)
    found = [one for name in names for one in known.descendants(name) if one in there]
    for name in names:
        if not there & set(known.descendants(name)):
            triples.codes([name])  # tells what there is
    return list(dict.fromkeys(found))


def _predicate(triples: Triples, made: Split, slots: Slots, code: int) -> LearnedPredicate:
    kinds = [
        tuple(triples.categories[n] for n in np.unique(triples.types[slot.members]).tolist())
        for slot in (slots.slot(code, "subject"), slots.slot(code, "object"))
    ]
    count = int((triples.p[made.train] == code).sum())
    return LearnedPredicate(count, bool(triples.symmetric[code]), kinds[0], kinds[1])


def _sizes(triples: Triples, made: Split) -> str:
    leaks = sum(made.leaks.values())
    told = (
        f"{len(triples):,} triples of {triples.concepts:,} concepts: {len(made.train):,} to train "
        f"on, {len(made.valid):,} to validate by, {len(made.test):,} to test on"
    )
    return told + (f"; {leaks:,} left out, as they give held-out ones away" if leaks else "")


def _told(what: str, tell: Callable[[str], None]) -> Callable[[Progress], None]:
    def told(one: Progress) -> None:
        mrr = "" if one.mrr is None else f", validation MRR {one.mrr:.4f}"
        tell(f"{what}: epoch {one.epoch}, loss {one.loss:.4f}{mrr}, {one.seconds:.0f} s")

    return told


def settings_of(given: Mapping[str, Any]) -> Settings:
    """Settings with some of their values named; raises :class:`~kgmed.kg.errors.UsageError` for a
    name that is none."""
    known = Settings.__dataclass_fields__
    for name in given:
        if name not in known:
            raise UsageError(f"Found setting {name!r}, expected one of: {', '.join(known)}.")
    return Settings(**{name: value for name, value in given.items() if value is not None})
