"""How plausible a model finds the UNSUPPORTED claims of a table: two columns more, and nothing else
changes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from kgmed.reasoning.claims.batch.arrays import Flags, Ints, Longs
from kgmed.reasoning.claims.batch.decide import REASON, UNSUPPORTED, Asked, Decided, Relation

if TYPE_CHECKING:
    from kgmed.kg.store.embedded import EmbeddedStore
    from kgmed.reasoning.claims.batch.singly import Told
    from kgmed.reasoning.claims.verify import Verifier

PLAUSIBLE = ("plausibility", "plausibility_model")
"""What is added where a model is asked: a probability (0-1), null where there is none, and the
model's name; both are null for a claim that isn't UNSUPPORTED."""
Triple = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Model:
    """A model of this name, which tells the probability of triples of concept ids; None for one
    that it can't tell of."""

    name: str
    tell: Callable[[Sequence[Triple]], list[float | None]]


def of_arrays(
    model: Model,
    store: EmbeddedStore,
    asked: Asked,
    ends: tuple[Ints, Ints],
    decided: Decided,
    relations: Sequence[Relation],
) -> dict[str, pa.Array]:
    """The columns of rows that were decided in arrays; ``ends`` are the concepts that they turned
    out to mean."""
    is_open = decided.verdict == UNSUPPORTED
    rows = np.flatnonzero(
        is_open & ~asked.negated & (decided.reason != REASON["qualifiers_differ"])
    )
    numbers, place = np.unique(np.concatenate([ends[0][rows], ends[1][rows]]), return_inverse=True)
    ids = store.ids_of(numbers.tolist())
    subjects, objects = place[: len(rows)].tolist(), place[len(rows) :].tolist()
    triples: list[Triple] = []
    for which, s, o in zip(asked.relations[rows].tolist(), subjects, objects, strict=True):
        its = relations[which]
        triples.append((ids[o], its.name, ids[s]) if its.reverse else (ids[s], its.name, ids[o]))
    return _columns(model, is_open, rows, model.tell(triples))


def of_singles(model: Model, told: Sequence[Told], verifier: Verifier) -> dict[str, pa.Array]:
    """The columns of rows that were verified claim by claim."""
    is_open = np.array([one.verdict == "UNSUPPORTED" for one in told], bool)
    entries = verifier.registry
    rows, triples = [], []
    claims = [told[row].claim for row in np.flatnonzero(is_open).tolist()]
    asserted = verifier.asserted(claims)
    for row, claim, one in zip(np.flatnonzero(is_open).tolist(), claims, asserted, strict=True):
        entry = None if one is None else entries.get(one.predicate)
        if one is None or claim.negated or told[row].reason == "qualifiers_differ":
            continue
        if entry is None or not entry.takes_value:
            rows.append(row)
            triples.append((one.subject, one.predicate, one.object))
    return _columns(model, is_open, np.array(rows, np.int64), model.tell(triples))


def _columns(
    model: Model, is_open: Flags, rows: Longs, told: Sequence[float | None]
) -> dict[str, pa.Array]:
    found: list[Any] = [None] * len(is_open)
    for row, probability in zip(rows.tolist(), told, strict=True):
        found[row] = probability
    names = [model.name if one else None for one in is_open.tolist()]
    columns = (pa.array(found, pa.float64()), pa.array(names, pa.string()))
    return dict(zip(PLAUSIBLE, columns, strict=True))
