"""A trained model as what chooses among false statements, opened by name in each process."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from functools import partial
from typing import TYPE_CHECKING, Any

from kgmed.kg.errors import StoreError, UsageError
from kgmed.kg.views.licensing import Terms

if TYPE_CHECKING:
    from kgmed.builders.datasets.instructions import Choose
    from kgmed.builders.datasets.negatives.hardest import Hardest
    from kgmed.kg.store.base import GraphStore
    from kgmed.kg.store.snapshot import Snapshot
    from kgmed.reasoning.plausibility.told import Learned


def opens(model: Learned) -> Choose:
    """What opens this model, and no other of its name, over a graph's store; it is pickled."""
    return partial(_open, model.name, model.crc)


def check_leaves(model: Learned, snapshot: Snapshot, allow: Sequence[str]) -> None:
    """Raise :class:`~kgmed.kg.errors.UsageError` where a model was trained on a source whose
    statements may not leave: what it chooses tells of them."""
    terms = Terms.of(snapshot, allow)
    held = [
        row["infores"]
        for row in snapshot.manifest["sources"]
        if row["infores"] in model.sources and not terms.lets(row["infores"], row["licence"])
    ]
    if held:
        without = " ".join(f"--without {name}" for name in held)
        raise UsageError(
            f"The model {model.name!r} was trained on {', '.join(held)}, whose licence isn't open, "
            "and what it chooses would tell of it. Train one without: kgmed learn train --name "
            f"open {without}. Or, if you may pass it on: --allow-restricted {held[0]}."
        )


def noted(model: Learned, cut: float) -> dict[str, Any]:
    """What a run notes of a model, as JSON's own types: which it is, from which probability on a
    statement is left out, and the share of its choices that turned out true when it was measured.
    """
    found = model.distractors
    measured: dict[str, Any] = {}
    if found is not None:
        told = {"drawn": found.drawn, "all it chose": found.learned, "below the cut":
                found.below.get(f"{cut:g}")}  # fmt: skip
        measured = {way: asdict(figure) for way, figure in told.items() if figure is not None}
    return {
        "model": model.name, "method": model.method, "snapshot": model.snapshot,
        "crc": model.crc, "cut": cut, "turned_out_true": measured,
        "hidden": 0.0 if found is None else found.hidden,
    }  # fmt: skip


def _open(name: str, crc: int, store: GraphStore) -> Hardest:
    from kgmed.builders.datasets.negatives.hardest import Hardest
    from kgmed.kg.store.embedded import EmbeddedStore
    from kgmed.reasoning.plausibility.scorer import Scorer

    if not isinstance(store, EmbeddedStore):
        raise TypeError("a trained model lies beside a graph in a folder")
    scorer = Scorer.open(store.snapshot, name)
    if scorer.learned.crc != crc:
        raise StoreError(
            f"The model {name!r} was trained again since this run began, so that its rows would "
            "differ. Run it again, with another --out."
        )
    return Hardest(scorer.score)
