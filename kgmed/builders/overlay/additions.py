"""What is added: staged rows of sources, resolved against the base and checked as a build does.

Ids become the base's concepts by any equivalent id; others become new concepts, each a class of
its own. Statements get their ids by the build's own SQL. A statement or name that the base holds
already is counted, and stays as it is. Whatever would join, part or re-categorise concepts isn't an
overlay's business: identity mappings are refused, categories of known concepts are listed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING, Any

from kgmed.builders.identity import BASE_CONFIDENCE_SQL, IDENTITY_PREDICATES, XREF
from kgmed.builders.overlay.statements import identify_statements
from kgmed.kg.errors import DataError
from kgmed.kg.layers import fill
from kgmed.kg.model import Name
from kgmed.kg.predicates import registry
from kgmed.kg.store.embedded import EmbeddedStore
from kgmed.kg.store.names import MAPPING_FIELDS, NAME_KINDS

if TYPE_CHECKING:
    import duckdb

SAME_AS = (
    "same_as", "exact_match", "exactMatch", "equivalent_class", "equivalentClass", "sameAs",
    *(name for name in IDENTITY_PREDICATES if name != XREF),
)  # fmt: skip
"""Predicates of edges that claim that two ids are one."""

HIERARCHY = "subclass_of"
MAX_ABOVE = 1_000_000
"""Concepts above a class that the search for a cycle looks at."""


@dataclass(slots=True)
class Additions:
    """Numbered concepts, names and mappings to add, and what was found on the way.

    ``names``: (concept, name, key) in the order of ids; ``merged``: all names of a concept that
    gets some, in order; ``changed``: base concept -> its sources with the new ones. ``statements``
    counts staged rows, ``known`` what the base had; ``findings`` are rows for a curator.
    """

    new_ids: list[str] = field(default_factory=list)
    categories: dict[int, list[str]] = field(default_factory=dict)
    changed: dict[int, list[str]] = field(default_factory=dict)
    names: list[tuple[int, Name, str]] = field(default_factory=list)
    merged: dict[int, list[Name]] = field(default_factory=dict)
    mappings: list[tuple[Any, ...]] = field(default_factory=list)
    statements: Counter[str] = field(default_factory=Counter)
    known: Counter[str] = field(default_factory=Counter)
    findings: dict[str, list[dict[str, str]]] = field(default_factory=dict)
    gained: Counter[str] = field(default_factory=Counter)
    """Source -> concepts of the base or new that it speaks of and didn't before."""


def resolve_additions(connection: duckdb.DuckDBPyConnection, base: EmbeddedStore) -> Additions:
    """Number the staged rows' concepts, names and mappings; fills ``st`` with new statements.

    Raises :class:`~kgmed.kg.errors.DataError` where a row would change which ids are one concept.
    """
    added = Additions()
    _identify(connection, base, added)
    _refuse_identity(connection)
    _concepts(connection, base, added)
    _names(connection, base, added)
    _mappings(connection, base, added)
    identify_statements(connection, registry())
    _leave_known_out(connection, base, added)
    return added


def _rows(connection: duckdb.DuckDBPyConnection, query: str) -> list[tuple[Any, ...]]:
    return connection.execute(query).fetchall()


def _identify(connection: duckdb.DuckDBPyConnection, base: EmbeddedStore, added: Additions) -> None:
    """``id_cid(id, cid, leader)``: every id that is, or is of, a concept."""
    used = {
        id
        for (id,) in _rows(
            connection,
            """SELECT id FROM in_concepts UNION SELECT subject FROM in_statements
               UNION SELECT object FROM in_statements WHERE object <> ''""",
        )
    }
    named = {
        id
        for (id,) in _rows(
            connection,
            """SELECT id FROM in_names UNION SELECT subject FROM in_mappings
               UNION SELECT object FROM in_mappings
               UNION SELECT unnest(equivalent_ids) FROM in_concepts""",
        )
    }
    ids = sorted(used | named)
    numbers = dict(zip(ids, base._names.cids(ids), strict=True))
    added.new_ids = [id for id in ids if numbers[id] is None and id in used]
    first = base._csr.nodes
    known = [(id, cid) for id, cid in numbers.items() if cid is not None]
    base._remember([cid for _id, cid in known])
    rows = [(id, cid, base.id_of(cid)) for id, cid in known]
    rows += [(id, number, id) for number, id in enumerate(added.new_ids, first)]
    fill(connection, "id_cid", "id VARCHAR, cid INT, leader VARCHAR", rows)


def _refuse_identity(connection: duckdb.DuckDBPyConnection) -> None:
    """Nothing that is added may change which ids are one concept."""
    identity = ", ".join(f"'{name}'" for name in IDENTITY_PREDICATES if name != XREF)
    same = ", ".join(f"'{name}'" for name in SAME_AS)
    rows = _rows(
        connection,
        f"""
        WITH claim AS (
          SELECT subject, predicate, object, modifier = 'Not' AS apart FROM in_mappings
          WHERE subject <> object AND (predicate IN ({identity}) OR modifier = 'Not')
          UNION ALL SELECT id, 'skos:exactMatch', other, false
          FROM (SELECT id, unnest(equivalent_ids) AS other FROM in_concepts) WHERE id <> other
          UNION ALL SELECT subject, predicate, object, negated FROM in_statements
          WHERE object <> '' AND subject <> object AND predicate IN ({same}))
        SELECT DISTINCT c.subject, CASE WHEN apart THEN 'not ' ELSE '' END || predicate, c.object
        FROM claim c LEFT JOIN id_cid a ON a.id = c.subject LEFT JOIN id_cid b ON b.id = c.object
        WHERE coalesce(a.cid = b.cid, false) = apart ORDER BY ALL""",
    )
    if rows:
        more = f" (and {len(rows) - 1:,} more)" if len(rows) > 1 else ""
        raise DataError(
            f"Found {' '.join(rows[0])}{more}, which would change what ids are one concept. An "
            "overlay leaves identity as it is. Leave these out (columns same_as and "
            "equivalent_identifiers of nodes, edges of these predicates), or build the graph again "
            "with --overrides mappings.sssom.tsv."
        )


def _concepts(connection: duckdb.DuckDBPyConnection, base: EmbeddedStore, added: Additions) -> None:
    """Categories of new concepts; sources of both new and known ones."""
    first = base._csr.nodes
    kinds = _rows(
        connection,
        """SELECT cid, list_sort(list(DISTINCT category)) FROM (
             SELECT id, unnest(categories) AS category FROM in_concepts) JOIN id_cid USING (id)
           WHERE category <> 'NamedThing' GROUP BY cid ORDER BY cid""",
    )
    added.categories = {cid: ["NamedThing"] for cid in range(first, first + len(added.new_ids))}
    other = []
    for cid, categories in kinds:
        if cid >= first:
            added.categories[cid] = categories
            continue
        id, held = base._names.concept(cid)[:2]
        new = [category for category in categories if category not in held]
        if new:
            other.append({"id": id, "has": ", ".join(held), "also": ", ".join(new)})
    if other:
        added.findings["category that a known concept lacks; a build adds it"] = other
    speaks = _rows(
        connection,
        """SELECT cid, list_sort(list(DISTINCT source)) FROM (
             SELECT id, unnest(CASE WHEN len(sources) > 0 THEN sources ELSE [source] END) AS source
             FROM in_concepts UNION SELECT subject, source FROM in_statements
             UNION SELECT object, source FROM in_statements WHERE object <> '')
           JOIN id_cid USING (id) GROUP BY cid ORDER BY cid""",
    )
    for cid, sources in speaks:
        held = base._names.concept(cid)[2] if cid < first else []
        new = [source for source in sources if source not in held]
        if new:
            added.changed[cid] = sorted({*held, *sources})
            added.gained.update(new)


def _names(connection: duckdb.DuckDBPyConnection, base: EmbeddedStore, added: Additions) -> None:
    """Names after those of the base, by the build's rules (:mod:`kgmed.builders.merge`).

    The base's preferred name of a language stays so.
    """
    kinds = " ".join(f"WHEN '{kind}' THEN {rank}" for rank, kind in enumerate(NAME_KINDS))
    rows = _rows(
        connection,
        f"""SELECT c.cid, n.language, CASE n.kind {kinds} ELSE 1 END, n.source_number,
                   n.id <> c.leader, n.id, n.position, n.text, n.source, n.key
            FROM in_names n JOIN id_cid c USING (id) ORDER BY ALL""",
    )
    added.known["names already there"] = 0
    for cid, group in groupby(rows, key=lambda row: row[0]):
        held = base._names.of_concept(cid) if cid < base._csr.nodes else []
        have = {(name.language, name.text) for name in held}
        ranked: list[tuple[tuple[Any, ...], str, str, str]] = [
            ((n.language, NAME_KINDS.index(n.kind), -1, False, "", place, ""), n.text, n.source, "")
            for place, n in enumerate(held)
        ]
        for _cid, language, rank, number, borrowed, id, place, text, source, key in sorted(
            group, key=lambda row: row[2:8]
        ):
            if (language, text) in have:
                added.known["names already there"] += 1
                continue
            have.add((language, text))
            order = (language, rank, number, borrowed, id, place, text)
            ranked.append((order, text, source, key))
        if len(ranked) > len(held):
            _merge_names(cid, sorted(ranked), added)
    first, ids = base._csr.nodes, added.new_ids
    base._remember([cid for cid in added.merged if cid < first])
    added.names.sort(key=lambda row: base.id_of(row[0]) if row[0] < first else ids[row[0] - first])


def _merge_names(
    cid: int, ranked: list[tuple[tuple[Any, ...], str, str, str]], added: Additions
) -> None:
    """The names of one concept in order: of each language the first, then the others."""
    firsts: list[tuple[Name, str, bool]] = []
    others: list[tuple[Name, str, bool]] = []
    seen: set[str] = set()
    for (language, rank, number, *_rest), text, source, key in ranked:
        kind = NAME_KINDS[max(rank, 1)] if language in seen else NAME_KINDS[0]
        to = others if language in seen else firsts
        seen.add(language)
        to.append((Name(text, language, kind, source), key, number >= 0))  # type: ignore[arg-type]
    merged = firsts + others
    added.merged[cid] = [name for name, _key, _new in merged]
    added.names += [(cid, name, key) for name, key, new in merged if new]


def _mappings(connection: duckdb.DuckDBPyConnection, base: EmbeddedStore, added: Additions) -> None:
    """Mapping rows with their status; one that the base holds is counted."""
    identity = ", ".join(f"'{name}'" for name in IDENTITY_PREDICATES)
    rows = _rows(
        connection,
        f"""
        WITH m AS (
          SELECT m.*, round({BASE_CONFIDENCE_SQL}, 4) AS base, a.cid AS s, b.cid AS o
          FROM in_mappings m LEFT JOIN id_cid a ON a.id = m.subject
          LEFT JOIN id_cid b ON b.id = m.object)
        SELECT DISTINCT subject, predicate, object, modifier, justification, base, source,
          subject_label, object_label,
          CASE WHEN modifier = 'Not' THEN 'negative'
               WHEN predicate IN ({identity}) AND subject <> object AND s = o THEN 'merged'
               ELSE 'related' END,
          CASE WHEN modifier = 'Not' THEN 'states that they differ'
               WHEN predicate NOT IN ({identity}) THEN 'its predicate claims no identity'
               WHEN subject = object THEN 'maps an id to itself'
               WHEN s = o THEN ''
               ELSE 'a cross-reference of an overlay, which joins no ids; a build may' END,
          s, o
        FROM m ORDER BY ALL""",
    )
    added.known["mappings already there"] = 0
    for row in rows:
        *fields, s, o = row
        cid = next((c for c in (s, o) if c is not None and c < base._csr.nodes), None)
        if cid is not None and _held(fields, base._mapping_rows(cid)):
            added.known["mappings already there"] += 1
        else:
            added.mappings.append(row)


def _held(fields: Sequence[object], rows: Sequence[Sequence[object]]) -> bool:
    """Whether a mapping is among rows, but for the status and reason that a build gave it."""
    told = len(MAPPING_FIELDS) - 2
    return any(list(fields[:told]) == list(row[:told]) for row in rows)


# Statements --------------------------------------------------------------------------------------


def _leave_known_out(
    connection: duckdb.DuckDBPyConnection, base: EmbeddedStore, added: Additions
) -> None:
    """Count ``st`` by what becomes of its rows, and leave only new statements in it."""
    rows = _rows(
        connection,
        """SELECT sid, any_value(s), any_value(o), any_value(predicate), any_value(negated),
                  count(*) FROM st WHERE object = '' OR s <> o GROUP BY sid ORDER BY sid""",
    )
    read, loops = _rows(
        connection, "SELECT count(*), count(*) FILTER (WHERE object <> '' AND s = o) FROM st"
    )[0]
    there = [(row[0], row[5]) for row in rows if _is_there(base, row)]
    fill(connection, "there", "sid VARCHAR, n BIGINT", there)
    connection.execute(
        "DELETE FROM st WHERE sid IN (SELECT sid FROM there) OR object <> '' AND s = o"
    )
    already = sum(n for _sid, n in there)
    kept = len(rows) - len(there)
    added.statements.update(
        {
            "read": read,
            "added": kept,
            "already in the graph": already,
            "both ends are one concept": loops,
            "the same statement of the same source": read - loops - already - kept,
        }
    )


def _is_there(base: EmbeddedStore, row: tuple[Any, ...]) -> bool:
    """Whether the base holds a statement; looked for where it would stand, not by its id."""
    csr = base._csr
    sid, s, o, predicate, negated, *_ = row
    if s >= csr.nodes:
        return False
    if o is None:
        return any(row[2].hex() == sid for row in base._value_rows(s))
    if o >= csr.nodes:
        return False
    names = (predicate, "broader") if predicate == HIERARCHY else (predicate,)
    return any(
        csr.statement_id(edge) == sid
        for name in names
        for code in base._codes.get(name, ())
        if base._predicates[code][1] == negated
        for edge in csr.find(s, code, o)
    )


def break_cycles(
    connection: duckdb.DuckDBPyConnection,
    base: EmbeddedStore,
    *,
    gone: frozenset[int],
    retracted: Sequence[str],
) -> list[dict[str, str]]:
    """Added edges of ``subclass_of`` that would close a cycle become ``broader``, as in a build.

    ``gone`` are edges of the base, ``retracted`` ids of statements; both don't count. The base's
    own edges stay what they are. Returns what was changed.
    """
    rows = _rows(
        connection,
        f"""SELECT DISTINCT s, o, sid, subject, object, primary_knowledge_source FROM st
            WHERE predicate = '{HIERARCHY}' AND NOT negated AND object <> ''
            ORDER BY subject, object, sid""",
    )
    out = set(retracted)
    above: dict[int, list[int]] = {}
    changed, found = [], []
    for s, o, sid, subject, object, source in rows:
        if sid in out:
            continue
        if _reaches(base, o, s, above, gone):
            changed.append((sid,))
            found.append({"subject": subject, "object": object, "source": source})
        else:
            above.setdefault(s, []).append(o)
    if changed:
        fill(connection, "cyclic", "sid VARCHAR", changed)
        connection.execute(
            "UPDATE st SET predicate = 'broader' WHERE sid IN (SELECT sid FROM cyclic)"
        )
    return found


def _reaches(
    base: EmbeddedStore, start: int, end: int, above: dict[int, list[int]], gone: frozenset[int]
) -> bool:
    """Whether ``end`` is above ``start``, or is it."""
    codes = [code for code, known in enumerate(base._predicates) if known == (HIERARCHY, False)]
    csr = base._csr
    seen, todo = {start}, [start]
    while todo and len(seen) < MAX_ABOVE:
        node = todo.pop()
        if node == end:
            return True
        parents = list(above.get(node, ()))
        if node < csr.nodes:
            for code in codes:
                first, last = csr.out_range(node, code)
                csr.out_nbr.touch(first, last)
                parents += [csr.out_nbr.view[e] for e in range(first, last) if e not in gone]
        todo += [parent for parent in parents if parent not in seen]
        seen.update(parents)
    return False
