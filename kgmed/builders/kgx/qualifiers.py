"""Edge columns -> qualifiers."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from typing import TYPE_CHECKING

from kgmed.builders.columns import something, trimmed
from kgmed.builders.rows import Records
from kgmed.kg.model import canonical_qualifiers

if TYPE_CHECKING:
    import pyarrow as pa

EDGE_COLUMNS = frozenset(
    ("subject", "predicate", "object", "negated", "primary_knowledge_source", "knowledge_level",
     "agent_type", "publications", "id", "source_record", "release", "licence", "license", "text",
     "supporting_text")
)  # fmt: skip
"""Edge columns that have a column of their own in kgmed's statements."""

BOOKKEEPING = frozenset(
    ("category", "type", "relation", "aggregator_knowledge_source", "provided_by",
     "knowledge_source", "supporting_data_source", "supporting_data_set", "source", "sources",
     "retrieval_source_ids", "iri", "name", "description", "original_subject",
     "original_predicate", "original_object", "subject_category", "object_category",
     "subject_label", "object_label", "subject_name", "object_name", "created_by",
     "creation_date", "update_date", "date", "deprecated", "attributes", "has_attribute", "key")
)  # fmt: skip
"""Edge columns that are about the record, not about what it says."""

_SIDES = {"subject_": "actor_", "object_": ""}


def _is_of(column: str, side: str) -> bool:
    return column.startswith(side) and column.endswith("_qualifier")


def qualifier_name(column: str) -> str:
    """The qualifier that an edge column holds.

    >>> qualifier_name("severity_qualifier"), qualifier_name("dose")
    ('severity', 'dose')
    >>> qualifier_name("object_aspect_qualifier"), qualifier_name("subject_aspect_qualifier")
    ('aspect', 'actor_aspect')
    """
    for side, name in _SIDES.items():
        if _is_of(column, side):
            return name + column.removeprefix(side).removesuffix("_qualifier")
    return column.removesuffix("_qualifier") or column


def qualifiers(records: Records, subjects: pa.Array, objects: pa.Array) -> pa.Array | None:
    """Qualifiers as canonical text, made once for each combination that occurs."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    known = EDGE_COLUMNS | BOOKKEEPING
    columns = {
        name: trimmed(values)
        for name, values in sorted(records.columns.items())
        if name not in known and something(values)
    }
    if not columns:
        return None
    named = [(name, qualifier_name(name)) for name in columns]
    arrays = list(columns.values())
    for side, end, ids in (("subject_", "actor", subjects), ("object_", "affected", objects)):
        parts = [pc.not_equal(values, "") for name, values in columns.items() if _is_of(name, side)]
        if parts:
            stated = reduce(pc.or_, parts)
            named.append(("", end))
            arrays.append(pc.if_else(stated, ids, ""))
    codes = np.zeros(len(subjects), np.int64)
    encoded = [array.dictionary_encode() for array in arrays]
    for column in encoded:
        codes = codes * len(column.dictionary) + column.indices.to_numpy()
        if len(codes) and codes.max() > 1 << 31:
            codes = np.unique(codes, return_inverse=True)[1].astype(np.int64)
    _, rows, which = np.unique(codes, return_index=True, return_inverse=True)
    cells = zip(*(array.take(pa.array(rows)).to_pylist() for array in arrays), strict=True)
    texts = pa.array([_qualifier_text(named, row) for row in cells], pa.string())
    return texts.take(pa.array(which))


def _qualifier_text(named: Sequence[tuple[str, str]], cells: Sequence[str]) -> str:
    """:func:`kgmed.kg.model.canonical_qualifiers` of one row.

    Where two columns mean one qualifier and differ, the second keeps its column's name.
    """
    found: dict[str, str] = {}
    for (column, name), cell in zip(named, cells, strict=True):
        value = cell.removeprefix("biolink:")
        if not value or found.get(name) == value:
            continue
        if name not in found:
            found[name] = value
        elif column:  # an 'affected' column of the file's own wins
            found[column] = value
    return canonical_qualifiers(found)
