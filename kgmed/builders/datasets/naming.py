"""The name by which texts call a concept: of all concepts at once.

The rules are those of :mod:`kgmed.kg.verbalize.names`. Names turned round for an index are many,
and are turned back in SQL; those in capitals are few, and told one by one. Common nouns that a
source begins with a capital ("Warfarin", "Allergic conjunctivitis") are written small.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from typing import TYPE_CHECKING

from kgmed.kg import layers
from kgmed.kg.model import Name
from kgmed.kg.quiet import no_progress_bar
from kgmed.kg.verbalize.names import display, small

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

    from kgmed.kg.store.snapshot import Snapshot

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


_SAMPLE = 500_000
"""Names that words are counted in, chosen by a hash where there are more."""
_COMMON = """
    WITH chosen AS (
      SELECT text FROM names WHERE language = 'en' AND regexp_matches(text, '(^| )[a-z]')
        AND hash(text) % greatest(1, (SELECT count(*) FROM names) // ?) = 0),
    low AS (SELECT unnest(regexp_extract_all(text, '\\b[a-z]{3,}\\b')) AS word FROM chosen),
    high AS (
      SELECT lower(unnest(regexp_extract_all(text, '[ (-]([A-Z][a-z]{2,})\\b', 1))) AS word
      FROM chosen),
    counted AS (
      SELECT word, 1 AS small, 0 AS large FROM low UNION ALL SELECT word, 0, 1 FROM high)
    SELECT word FROM counted GROUP BY word HAVING sum(small) > sum(large)"""
"""Words that English names write small, and seldom with a capital inside a name."""
_GENERIC = """
    SELECT DISTINCT lower(regexp_extract(text, '^[A-Z][a-z]+')),
                    string_split(regexp_extract(text, '^[A-Z][a-z]+ (.*)$', 1), ' ')
    FROM names JOIN concepts c USING (cid)
    WHERE language = 'en' AND kind = 'preferred'
      AND (starts_with(c.id, 'drugbank:') AND regexp_full_match(text, '[A-Z][a-z]{3,}( [a-z]{3,})*')
           OR list_contains(c.categories, 'PhenotypicFeature')
              AND regexp_full_match(text, '[A-Z][a-z]{3,}'))"""
"""DrugBank's generic names, alone or with a salt's, and signs of one word: the first word, and the
others."""
_OWN = ("OrganismTaxon", "Gene")
"""What has a name of its own, whose capital stays."""


def common_words(connection: duckdb.DuckDBPyConnection) -> frozenset[str]:
    """The common nouns of a graph, by how its names write them; ``connection`` holds its views.

    "conjunctivitis" is one, because names begin with it or hold it with a small initial;
    "parkinson" isn't: "secondary Parkinson disease".
    """
    found = {word for (word,) in connection.execute(_COMMON, [_SAMPLE]).fetchall()}
    generic = {
        first
        for first, others in connection.execute(_GENERIC).fetchall()
        if found.issuperset(filter(None, others))
    }
    return frozenset(found | generic)


def common_words_of(snapshot: Snapshot) -> frozenset[str]:
    """:func:`common_words` of a graph on its own."""
    import duckdb

    with closing(duckdb.connect()) as connection:
        no_progress_bar(connection)
        layers.define(connection, snapshot)
        return common_words(connection)


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
    capital = pc.match_substring_regex(text, r"(^|[\s(/-])[A-Z][a-z][a-z]").to_numpy(
        zero_copy_only=False
    )
    common = common_words(connection)
    lowered = [
        text if set(_OWN).intersection(categories(cid)) else small(text, common)
        for cid, text in zip(cids[capital].tolist(), text.filter(capital).to_pylist(), strict=True)
    ]
    text = pc.replace_with_mask(text, pa.array(capital), pa.array(lowered, text.type))
    return table.set_column(table.schema.get_field_index("text"), "text", text)
