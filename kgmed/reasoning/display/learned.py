"""How trained models, and how methods measured, show in a notebook."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kgmed.kg.display.html import SHOWN, Html, facts, folded, heading, note, table
from kgmed.reasoning.plausibility.measures.page import by_predicate_table, figures_table

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kgmed.reasoning.plausibility.told import (
        Learned,
        LearnedModels,
        LearnEvaluation,
        MethodFigures,
    )


def evaluation_html(found: LearnEvaluation) -> Html:
    """An evaluation: what was held out, the figures, and what came of it."""
    counts = " + ".join(f"{one.test:,}" for one in found.parts)
    return Html(
        heading("held-out statements", besides=f"{counts}, split {found.split['how']}")
        + _figures(found.methods) + note(found.verdict)
    )  # fmt: skip


def learned_html(found: Learned) -> Html:
    """A model: what it was trained on, and how it measured."""
    told = facts([
        ("method", found.method),
        ("snapshot", found.snapshot[:16]),
        ("concepts", found.concepts),
        ("triples", found.parts.train),
        ("held out", f"{found.parts.valid:,} to stop and calibrate by, {found.parts.test:,} to "
         f"measure on (split {found.split['how']})"),
        ("created", found.created),
    ])  # fmt: skip
    return Html(heading(found.name, besides="model") + told + _figures(found.figures)
                + note(found.verdict))  # fmt: skip


def models_html(found: LearnedModels) -> Html:
    """The models beside a graph, and why one can't be used."""
    rows: list[tuple[object, ...]] = [
        (one.name, one.method, one.parts.train, _auc(one), one.created,
         found.unusable.get(one.name, ""))
        for one in found.models
    ]  # fmt: skip
    known = {one.name for one in found.models}
    rows += [
        (name, "", "", "", "", why) for name, why in found.unusable.items() if name not in known
    ]
    if not rows:
        return note("No model lies beside this graph; learn_train() makes one.")
    heads = ("model", "method", "triples", "AUC", "created", "can't be used")
    return table(heads, rows, limit=SHOWN, more=".models")


def _auc(one: Learned) -> str:
    return f"{one.figures[one.method].figures['auc'].value:.3f}"


def _figures(methods: Mapping[str, MethodFigures]) -> str:
    shown = figures_table(methods)
    parts = [table(shown.heads, shown.rows)]
    for name, one in methods.items():
        if len(one.by_predicate) > 1:
            own = by_predicate_table(name, one)
            parts.append(folded(own.title, table(own.heads, own.rows, limit=SHOWN)))
    return "".join(parts) + note(shown.note)
