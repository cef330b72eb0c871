"""What methods gave, as figures beside each other: over several seeds, with intervals, and how far
each is ahead of the simple ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from kgmed.reasoning.plausibility.embedding.epochs import Trained
from kgmed.reasoning.plausibility.measures.calibrate import (
    Judged,
    expected_calibration_error,
    reliability,
)
from kgmed.reasoning.plausibility.measures.measure import Sample, by_predicate, figures, lead
from kgmed.reasoning.plausibility.told import Figure, MethodFigures

SIMPLE = ("degree", "dwpc")
"""What a fitted method has to beat."""


def measured(
    samples: Sequence[tuple[Sample, Judged]],
    trained: Sequence[Trained | None],
    predicates: Sequence[str],
    *,
    draws: int = 1000,
) -> MethodFigures:
    """The figures of a method over the samples of several seeds."""
    held = pooled([sample for sample, _ in samples])
    told = [one for _, one in samples]
    bins = reliability(*(np.concatenate(column) for column in (
        [one.scores for one in told], [one.true for one in told], [one.weight for one in told]
    )))  # fmt: skip
    own = by_predicate(held, predicates)
    done = [one for one in trained if one is not None]
    return MethodFigures(
        figures([sample for sample, _ in samples], draws=draws),
        {name: found for name, (_count, found) in own.items()},
        {name: count for name, (count, _found) in own.items()},
        round(expected_calibration_error(bins), 6), tuple(bins),
        tuple(one.epoch for one in done),
        tuple(round(one.history[-1].seconds, 1) for one in done),
    )  # fmt: skip


def pooled(samples: Sequence[Sample]) -> Sample:
    """The samples of several seeds as one."""
    sizes = np.cumsum([0, *(len(sample.p) for sample in samples)])
    of = [sample.of + start for sample, start in zip(samples, sizes[:-1], strict=True)]
    return Sample(
        np.concatenate([sample.ranks for sample in samples]),
        np.concatenate([sample.p for sample in samples]),
        np.concatenate([sample.true for sample in samples]),
        np.concatenate([sample.false for sample in samples]),
        np.concatenate(of).astype(np.int32),
    )


def leads_of(samples: Mapping[str, Sequence[Sample]]) -> dict[str, Figure]:
    """How far each method is ahead, by AUC, of the simple one that separates best."""
    simple = {name: figures(samples[name], draws=1)["auc"].value for name in SIMPLE
              if name in samples}  # fmt: skip
    if not simple:
        return {}
    best = max(simple, key=lambda name: simple[name])
    return {
        name: lead(own, samples[best]) for name, own in samples.items() if name not in simple
    }  # fmt: skip


def verdict(methods: Mapping[str, MethodFigures], leads: Mapping[str, Figure], chosen: str) -> str:
    """In a sentence, whether a method separates true from hard negatives better than the simple
    ones: one that doesn't is no better than they."""
    auc = {name: one.figures["auc"].value for name, one in methods.items()}
    if chosen not in leads:
        return f"{chosen} tells held-out statements from hard negatives with AUC {auc[chosen]:.3f}."
    simple = {name: auc[name] for name in SIMPLE if name in auc}
    best = max(simple, key=lambda name: simple[name])
    ahead = leads[chosen]
    told = (
        f"AUC {auc[chosen]:.3f}; " + ", ".join(f"{simple[name]:.3f} by {name}" for name in simple)
        + f"; {ahead.value:+.3f}, 95% interval {ahead.low:+.3f} to {ahead.high:+.3f}"
    )  # fmt: skip
    if ahead.low > 0:
        return (
            f"{chosen} tells held-out statements from hard negatives better than {best} ({told})."
        )
    if ahead.value > 0:
        return (
            f"{chosen} is not surely better than {best} at telling held-out statements from hard "
            f"negatives ({told})."
        )
    return (
        f"{chosen} does not tell held-out statements from hard negatives better than {best} "
        f"({told}): {best} is the better choice here."
    )
