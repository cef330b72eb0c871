"""What of a graph may leave, by licence: the rows, the duties they carry, and what stays behind.

A statement leaves by its own licence; a name, a mapping and a source's mention in a concept by the
licences of its source. All must be open, or be let out by name. Beyond that:

- A concept leaves where a source of it does, or a statement that it is an end of.
- Of its ids leave all, where all its sources do; else its main id and those that a statement or a
  mapping that leaves names itself.
- Where the preferred name of a language stays behind, the next one takes its place.
- A curated path leaves with those of its lines whose statements all do.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kgmed.kg import layers
from kgmed.kg.errors import UsageError
from kgmed.kg.layers import literal
from kgmed.kg.licences import LICENCES, licence

if TYPE_CHECKING:
    import duckdb

    from kgmed.kg.store.snapshot import Snapshot

USERS_OWN = "override"
"""The source of a user's own mappings, which states no licence and is bound by none."""
TIERS = ("open", "noncommercial", "registered", "unknown")
DUTIES = ("attribution", "share_alike", "noncommercial", "no_derivatives", "registered")
"""What licences ask, in the order in which it is told: fields of Licence."""


@dataclass(frozen=True, slots=True)
class Held:
    """Rows of one source under one licence that stay behind."""

    source: str
    licence: str
    tier: str
    statements: int = 0
    names: int = 0
    mappings: int = 0


@dataclass(frozen=True, slots=True)
class Leaving:
    """What leaves, and on which terms.

    ``licences`` are those of the rows that leave, ``duties`` the union of what they ask,
    ``attributions`` the sources' own words, ``unknown`` the licences that kgmed doesn't know.
    ``snapshot`` is the graph's hash where all of it leaves, else one of graph and remainder.
    """

    snapshot: str
    licences: tuple[str, ...]
    duties: tuple[str, ...]
    unknown: tuple[str, ...]
    attributions: tuple[str, ...]
    left_out: tuple[Held, ...] = ()
    concepts_left_out: int = 0
    ids_left_out: int = 0
    paths_left_out: int = 0

    @property
    def whole(self) -> bool:
        """Whether all of the graph leaves."""
        return not self.left_out and not self.concepts_left_out


class Terms:
    """The licences of a graph's sources, and which of them may leave.

    ``sources`` are (infores, licence) of each; ``allow`` names licences or sources that aren't open
    and may leave. Raises :class:`~kgmed.kg.errors.UsageError` for one that isn't among them.
    """

    def __init__(self, sources: Iterable[tuple[str, str]], allow: Sequence[str]) -> None:
        found: dict[str, set[str]] = {}
        for infores, text in sources:
            found.setdefault(infores, set()).update(text.split(" AND "))
        self.of_source = {source: tuple(sorted(ids)) for source, ids in sorted(found.items())}
        if USERS_OWN in self.of_source:
            self.of_source[USERS_OWN] = ()
        self._known = {*self.of_source, *(id for ids in found.values() for id in ids if id)}
        for name in allow:
            if not self.knows(name):
                raise UsageError(
                    f"Found the licence or source {name!r}, expected one of this graph's: "
                    f"{', '.join(sorted(self._known))}."
                )
        self._allowed = {name.removeprefix("infores:") for name in allow}

    @classmethod
    def of(cls, snapshot: Snapshot, allow: Sequence[str]) -> Terms:
        """Those of a snapshot's sources."""
        rows = snapshot.manifest["sources"]
        return cls([(row["infores"], row["licence"]) for row in rows], allow)

    def knows(self, name: str) -> bool:
        """Whether a name is that of a licence or a source of the graph."""
        return name in self._known or f"infores:{name}" in self._known

    def lets(self, source: str, licences: str) -> bool:
        """Whether a statement of a source leaves; it is under all of ``A AND B``."""
        return self._lets(source, licences.split(" AND "))

    def _lets(self, source: str, ids: Iterable[str]) -> bool:
        return source.removeprefix("infores:") in self._allowed or all(
            licence(id).tier == "open" or id in self._allowed for id in ids
        )

    def lets_source(self, source: str) -> bool:
        """Whether a source's names and mappings leave."""
        return self._lets(source, self.of_source.get(source, ("",)))

    def text(self, source: str) -> str:
        """A source's licences as one text."""
        return " AND ".join(self.of_source.get(source, ("",)))


def tier(licences: str) -> str:
    """The tier of rows under all of some licences: that of the least open.

    >>> tier("CC0-1.0"), tier("CC-BY-NC-4.0 AND CC0-1.0"), tier("")
    ('open', 'noncommercial', 'unknown')
    """
    return max((licence(id).tier for id in licences.split(" AND ")), key=TIERS.index)


def define(
    connection: duckdb.DuckDBPyConnection, snapshot: Snapshot, *, allow: Sequence[str] = ()
) -> Leaving:
    """Make the views of :func:`kgmed.kg.layers.define`, showing only what may leave.

    ``allow`` names licences or sources (``umls`` or ``infores:umls``) that aren't open and may
    leave. ``n`` of a name is its order, as there. The steps of ``paths`` hold only lines that
    stand. Raises :class:`~kgmed.kg.errors.UsageError` for a name that the graph doesn't know.
    """
    terms = Terms.of(snapshot, allow)
    layers.define(connection, snapshot, prefix="every_")
    statements = {
        row[:3]: row[3]
        for row in connection.execute("""
            SELECT profile, primary_knowledge_source, licence, count(*) FROM every_rows
            JOIN every_profile USING (profile) GROUP BY ALL ORDER BY ALL""").fetchall()
    }
    names = _by_source(connection, "every_names")
    mappings = _by_source(connection, "every_mappings")
    spoken = sorted({*terms.of_source, *names, *mappings})
    held_profiles = [key[0] for key in statements if not terms.lets(key[1], key[2])]
    held_sources = [source for source in spoken if not terms.lets_source(source)]
    if held_profiles or held_sources:
        _restrict(connection, held_profiles, [s for s in spoken if s not in held_sources])
    else:
        for table in _TABLES:
            connection.execute(f"CREATE VIEW {table} AS SELECT * FROM every_{table}")
    if held_profiles or held_sources or snapshot.base is not None:
        _standing_paths(connection)
    else:
        connection.execute("CREATE VIEW paths AS SELECT * FROM every_paths")

    counts: dict[tuple[str, str], dict[str, int]] = {}
    gone: dict[tuple[str, str], dict[str, int]] = {}
    for (profile, source, text), n in statements.items():
        _count(gone if profile in held_profiles else counts, (source, text), "statements", n)
    for what, rows in (("names", names), ("mappings", mappings)):
        for source, n in rows.items():
            target = gone if source in held_sources else counts
            _count(target, (source, terms.text(source)), what, n)
    left_out = tuple(
        Held(source, text, tier(text), **n) for (source, text), n in sorted(gone.items())
    )
    used = sorted({id for _, text in counts for id in text.split(" AND ") if id})
    lost = {
        f"{table}_left_out": _rows(connection, f"every_{table}") - _rows(connection, table)
        for table in ("concepts", "ids", "paths")
    }
    whole = not left_out and not lost["concepts_left_out"]
    return Leaving(
        snapshot.manifest["snapshot"] if whole else _hash(snapshot, left_out),
        tuple(used),
        tuple(duty for duty in DUTIES if any(getattr(licence(id), duty) for id in used)),
        tuple(id for id in used if id not in LICENCES),
        tuple(
            dict.fromkeys(
                row["attribution"]
                for row in snapshot.manifest["sources"]
                if row["attribution"] and any(source == row["infores"] for source, _ in counts)
            )
        ),
        left_out,
        **lost,
    )


_TABLES = ("concepts", "ids", "names", "rows", "mappings", "predicate", "profile", "retraction")


def _by_source(connection: duckdb.DuckDBPyConnection, table: str) -> dict[str, int]:
    query = f"SELECT source, count(*) FROM {table} GROUP BY 1 ORDER BY 1"
    return dict(connection.execute(query).fetchall())


def _rows(connection: duckdb.DuckDBPyConnection, table: str) -> int:
    return int(connection.execute(f"SELECT count(*) FROM {table}").fetchall()[0][0])


def _count(
    counts: dict[tuple[str, str], dict[str, int]], key: tuple[str, str], what: str, n: int
) -> None:
    row = counts.setdefault(key, {})
    row[what] = row.get(what, 0) + n


def _hash(snapshot: Snapshot, left_out: Iterable[Held]) -> str:
    held = sorted(f"{row.source}\t{row.licence}" for row in left_out)
    return hashlib.sha256("\n".join([snapshot.manifest["snapshot"], *held]).encode()).hexdigest()


def _restrict(
    connection: duckdb.DuckDBPyConnection, held_profiles: Sequence[int], sources: Sequence[str]
) -> None:
    """The views of what leaves: all but ``held_profiles`` of statements, ``sources`` of others."""
    passing = ", ".join(map(literal, sources)) or "NULL"
    profiles = ", ".join(map(str, held_profiles)) or "-1"
    connection.execute(f"""
        CREATE VIEW predicate AS SELECT * FROM every_predicate;
        CREATE VIEW profile AS SELECT * FROM every_profile;
        CREATE VIEW retraction AS SELECT * FROM every_retraction;
        CREATE VIEW rows AS SELECT * FROM every_rows WHERE profile NOT IN ({profiles});
        CREATE TABLE kept_concept AS
        SELECT cid, list_has_all([{passing}]::VARCHAR[], sources) AS whole FROM every_concepts
        WHERE list_has_any(sources, [{passing}]::VARCHAR[]) OR cid IN (
          SELECT s FROM rows UNION SELECT o FROM rows WHERE o IS NOT NULL);
        CREATE VIEW mappings AS
        SELECT m.* REPLACE (a.cid AS subject_cid, b.cid AS object_cid)
        FROM every_mappings m LEFT JOIN kept_concept a ON a.cid = m.subject_cid
        LEFT JOIN kept_concept b ON b.cid = m.object_cid WHERE source IN ({passing});
        CREATE TABLE kept_id AS
        WITH part AS (SELECT cid FROM kept_concept WHERE NOT whole), said AS (
          SELECT s AS cid, original_subject AS curie FROM rows SEMI JOIN part ON part.cid = s
          UNION SELECT o, original_object FROM rows SEMI JOIN part ON part.cid = o
          UNION SELECT subject_cid, subject FROM mappings
          UNION SELECT object_cid, object FROM mappings
          UNION SELECT cid, id FROM every_concepts)
        SELECT i.curie, i.cid FROM every_ids i JOIN part USING (cid)
        SEMI JOIN said ON said.cid = i.cid AND said.curie = i.curie;
        CREATE VIEW ids AS
        SELECT curie, cid FROM every_ids SEMI JOIN (SELECT cid FROM kept_concept WHERE whole)
        USING (cid) UNION ALL SELECT curie, cid FROM kept_id;
        CREATE VIEW concepts AS
        SELECT cid, id, categories, list_filter(sources, lambda x: x IN ({passing})) AS sources,
               CASE WHEN whole THEN equivalent_ids
                    ELSE list_filter(equivalent_ids, lambda x: list_contains(curies, x))
               END AS equivalent_ids
        FROM every_concepts JOIN kept_concept USING (cid)
        LEFT JOIN (SELECT cid, list(curie) AS curies FROM kept_id GROUP BY cid) USING (cid);
        CREATE VIEW names AS
        SELECT cid, row_number() OVER (PARTITION BY cid ORDER BY later, language, n) - 1 AS n,
               text, language, CASE WHEN later THEN kind ELSE 'preferred' END AS kind, source, key
        FROM (SELECT *, row_number() OVER (PARTITION BY cid, language ORDER BY n) > 1 AS later
              FROM every_names SEMI JOIN kept_concept USING (cid) WHERE source IN ({passing}))
        """)


def _standing_paths(connection: duckdb.DuckDBPyConnection) -> None:
    """The table ``paths``: those with a line of statements that all leave, and such lines alone.

    An overlay's retractions take lines away, too. Paths are few beside statements.
    """
    found = connection.execute('SELECT start, "end", path, steps FROM every_paths').fetchall()
    lines = [json.loads(steps) for *_, steps in found]
    ids = sorted({id for path in lines for line in path for id, _way in line})
    layers.fill(connection, "path_statement", "id VARCHAR", [[id] for id in ids])
    standing = {
        id
        for (id,) in connection.execute("""
            SELECT id FROM path_statement
            WHERE unhex(id) IN (SELECT id FROM rows)""").fetchall()
    }
    kept = []
    for (start, end, path, _steps), held in zip(found, lines, strict=True):
        left = [line for line in held if all(id in standing for id, _way in line)]
        if left:
            kept.append([start, end, path, json.dumps(left)])
    columns = 'start INT, "end" INT, path VARCHAR, steps VARCHAR'
    layers.fill(connection, "paths", columns, kept)
