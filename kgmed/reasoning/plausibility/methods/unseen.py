"""How sure a model is of concepts that nothing was trained on: told by another training of its
kind, which holds out all that is said of some.

The model itself can't tell: whoever is said to be related to a concept has numbers that show it,
even where those of the concept are hidden.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from kgmed.kg.errors import UsageError
from kgmed.reasoning.plausibility.embedding.epochs import Trained
from kgmed.reasoning.plausibility.embedding.settings import Settings
from kgmed.reasoning.plausibility.methods.compare import leads_of, measured
from kgmed.reasoning.plausibility.methods.fit import STANDINS, Fitting
from kgmed.reasoning.plausibility.told import UnseenConcepts
from kgmed.reasoning.plausibility.triples.data import Longs, Triples
from kgmed.reasoning.plausibility.triples.splits import Split


def without_some(
    held_out: Callable[[], Split],
    triples: Triples,
    settings: Settings,
    model: str,
    names: Sequence[Longs],
    *,
    tell: Callable[[str], None],
    **how: Any,
) -> tuple[UnseenConcepts | None, Trained | None]:
    """A model of this kind, trained without some concepts and measured on these; ``names`` are the
    n-grams of each concept's names. None where the graph is too small to hold any out."""
    try:
        made = held_out()
        fitting = Fitting(triples, made, settings, names=lambda: names, **how)
    except UsageError as error:
        tell(f"concepts without a statement stay unknown to the model: {error}")
        return None, None
    method = f"{model}+names+{STANDINS}"
    compared = ("degree", model, f"{model}+nearest", f"{model}+names", method)
    methods = {one: fitting.method(one) for one in compared}
    samples = {one: fitting.sample(found) for one, found in methods.items()}
    told = UnseenConcepts(
        method, dict(made.settings), fitting.parts(),
        {
            one: measured([sample], [methods[one].trained], triples.predicates)
            for one, sample in samples.items()
        },
        leads_of({one: [sample] for one, (sample, _judged) in samples.items()}),
        methods[method].calibration.to_json(),
    )  # fmt: skip
    return told, methods[method].trained
