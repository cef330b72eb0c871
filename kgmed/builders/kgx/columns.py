"""Columns of node and edge records."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kgmed.builders.columns import Curies, constant, split_lists, trimmed
from kgmed.builders.rows import Problem, Records, not_a_curie

if TYPE_CHECKING:
    import pyarrow as pa

TRUE, FALSE = frozenset(("true", "1", "yes")), frozenset(("", "false", "0", "no"))
"""What is written for them, in lower case."""
Converted = tuple["dict[int, Problem]", "pa.RecordBatch | None"]
"""Problems by row, and the batch where there are none."""


def texts(records: Records, name: str) -> pa.Array:
    """A column of texts, trimmed; empty where the file lacks it."""
    column = records.columns.get(name)
    return constant("", len(records)) if column is None else trimmed(column)


def list_column(records: Records, name: str) -> pa.Array:
    """A column of lists: of TSV's joined texts, or JSON's own."""
    import pyarrow as pa

    column = records.columns.get(name)
    if column is None:
        column = constant("", len(records))
    return split_lists(column) if pa.types.is_string(column.type) else column


def relisted(lists: pa.Array, flat: pa.Array) -> pa.Array:
    """Lists of the same lengths with other items."""
    import pyarrow as pa

    return pa.ListArray.from_arrays(lists.offsets, flat)


def ids_of(records: Records, curies: Curies) -> tuple[pa.Array, dict[int, Problem]]:
    """The normalised ids of nodes, and the problems of those that have none."""
    column = texts(records, "id")
    ids, bad = curies.column(column)
    return ids, {row: not_a_curie("id", column[row].as_py()) for row in bad}
