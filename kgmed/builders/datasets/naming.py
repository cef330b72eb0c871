"""The name by which texts call a concept: of all concepts at once.

The rules are those of :mod:`kgmed.kg.verbalize.names`. Names turned round for an index are many,
and are turned back in SQL; those in capitals are few, and told one by one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from kgmed.kg.model import Name
from kgmed.kg.verbalize.names import display

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

_PREFERRED = """
    SELECT cid, n, text, source FROM names WHERE kind = 'preferred' AND language = ?"""
_ENGLISH = f"""
    WITH preferred AS ({_PREFERRED.replace("source", "source, key")}),
    upright AS (
      SELECT p.cid, arg_min(o.text, o.n) AS text, arg_min(o.source, o.n) AS source
      FROM (SELECT * FROM preferred WHERE contains(text, ', ')) p JOIN names o USING (cid)
      WHERE o.language = 'en' AND NOT contains(o.text, ',')
        AND list_sort(string_split(o.key, ' ')) = list_sort(string_split(p.key, ' '))
      GROUP BY 1)
    SELECT cid, n, coalesce(u.text, p.text) AS text, coalesce(u.source, p.source) AS source
    FROM preferred p LEFT JOIN upright u USING (cid)"""
"""Preferred names, and instead of one turned round for an index ("Diabetes Mellitus, Type 2") the
same words in their order, where the concept has them."""
_SHOUTED = """
    SELECT cid, text, kind, source FROM names
    WHERE language = 'en' AND cid IN (
      SELECT cid FROM names WHERE language = 'en' AND kind = 'preferred'
        AND length(text) >= 6 AND regexp_full_match(text, '[\\p{Lu} ]+'))
    ORDER BY cid, n"""
"""All names of concepts whose preferred one is in capitals."""


def told_names(
    connection: duckdb.DuckDBPyConnection,
    language: str,
    categories: Callable[[int], tuple[str, ...]],
) -> pa.Table:
    """The names of a language that texts tell: cid, n (the name's order), text and source.

    ``connection`` holds the views of :mod:`kgmed.kg.layers`, ``categories`` gives those of a
    concept by its number.
    """
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    query = _ENGLISH if language == "en" else _PREFERRED
    table = connection.sql(query, params=[language]).to_arrow_table()
    if language != "en":
        return table
    names: dict[int, list[Name]] = {}
    for cid, text, kind, source in connection.execute(_SHOUTED).fetchall():
        names.setdefault(cid, []).append(Name(text, "en", kind, source))
    cids = table.column("cid").to_numpy()
    mask = np.isin(cids, list(names))
    told = [display(names[cid], "en", categories=categories(cid)) for cid in cids[mask].tolist()]
    column = table.column("text").combine_chunks()
    text = pc.replace_with_mask(column, pa.array(mask), pa.array(told, column.type))
    return table.set_column(table.schema.get_field_index("text"), "text", text)
