"""A graph's statements as arrays, where the snapshot's own don't do: of a graph with an overlay."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from kgmed.kg.store.csr import DETAIL_FIELD, DETAIL_FIELDS

if TYPE_CHECKING:
    import duckdb

DTYPES = {"out_off": "int64", "out_nbr": "int32", "out_p": "uint16", "out_prof": "uint32",
          "st_id": "uint8", "in_off": "int64", "in_nbr": "int32", "in_p": "uint16",
          "in_eid": "int32", "d_eid": "int32", "d_off": "int64", "details": "uint8"}  # fmt: skip
"""The arrays of :mod:`kgmed.kg.store.csr` that are read, and their types."""


def laid_out(
    connection: duckdb.DuckDBPyConnection, number: npt.NDArray[np.int32], concepts: int
) -> dict[str, Any]:
    """The statements of the view ``every_rows`` as arrays.

    ``number`` gives a concept's place in the order of ids, by its number in the snapshot.
    """
    import pyarrow as pa

    connection.register("numbers", pa.table({"cid": np.arange(len(number)), "n": number}))
    blanks = ", ".join("''" for _ in DETAIL_FIELDS[:-1])
    details = f"rtrim(concat_ws('{DETAIL_FIELD}', {blanks}, qualifiers), '{DETAIL_FIELD}')"
    table = connection.sql(f"""
        SELECT a.n AS s, p, b.n AS o, profile, id, {details} AS details FROM every_rows
        JOIN numbers a ON a.cid = s JOIN numbers b ON b.cid = o WHERE o IS NOT NULL
        ORDER BY a.n, p, b.n, id""").to_arrow_table()
    connection.unregister("numbers")
    s, p, o = (table.column(name).to_numpy() for name in "spo")
    order = np.lexsort((np.arange(len(s)), p, o))
    texts = table.column("details").to_pylist()
    some = [place for place, text in enumerate(texts) if text]
    blobs = [texts[place].encode() for place in some]
    ids = b"".join(table.column("id").to_pylist())

    def offsets(of: Any) -> npt.NDArray[np.int64]:
        return np.concatenate([[0], np.cumsum(np.bincount(of, minlength=concepts))])

    made = {
        "out_off": offsets(s), "out_nbr": o, "out_p": p,
        "out_prof": table.column("profile").to_numpy(), "st_id": np.frombuffer(ids, np.uint8),
        "in_off": offsets(o), "in_nbr": s[order], "in_p": p[order], "in_eid": order,
        "d_eid": np.array(some), "details": np.frombuffer(b"".join(blobs), np.uint8),
        "d_off": np.concatenate([[0], np.cumsum([len(b) for b in blobs])]),
    }  # fmt: skip
    return {name: np.ascontiguousarray(made[name], DTYPES[name]) for name in DTYPES}
