"""A graph that ``kgmed export rdf`` wrote, read back: every source of it as a source again.

N-Quads and TriG hold all that a graph is made of, and a build from such a file alone gives the same
concepts, names, statements, values, mappings and curated paths. Turtle and N-Triples have no named
graphs: of several sources of one concept, they don't say which gave a name, and the first has it.
What identity decided is in the file and stands.
"""

from __future__ import annotations

import json
import shutil
import tempfile
import weakref
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from kgmed.builders.rdf_load import Loader, described
from kgmed.builders.rows import digest
from kgmed.builders.source import SourceInfo, TableName, Tally, schema
from kgmed.builders.statements import STATEMENT_ID_SQL
from kgmed.kg.errors import DataError
from kgmed.kg.layers import fill, literal
from kgmed.kg.model import canonical_qualifiers
from kgmed.kg.quiet import no_progress_bar
from kgmed.kg.store.csr import DETAIL_ITEM
from kgmed.kg.views import rdf_terms as terms

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

READER_VERSION = "kgmed-rdf 1"
BATCH_ROWS = 50_000
NOT_ITS_ID = "statement whose id isn't that of what it says"
_LISTED = 100
_COLUMNS = {
    "concepts": "id, categories, [] AS equivalent_ids, [infores] AS sources",
    "names": "id, text, language, kind, '' AS source, 0 AS position",
    "statements": """subject, predicate, object, value, value_type, unit, value_language,
        qualifiers, negated, source_record, publications, text, original_predicate,
        knowledge_level, agent_type, primary_knowledge_source, release, licence""",
    "mappings": """subject, predicate, object, modifier, justification, confidence, subject_label,
        object_label, '' AS source, status, reason""",
    "paths": 'path, start, "end", position, subject, predicate, object, qualifiers',
}
"""Table -> what is asked for of it, and sorted by."""


class RdfGraph:
    """One file, and the sources in it: :attr:`sources`, in the order that the graph had them."""

    def __init__(self, path: Path, *, work: Path | None = None, memory: str = "2GB") -> None:
        self.path = path
        self.memory = memory
        self._work = work
        self._folder: Path | None = None
        self._connection: duckdb.DuckDBPyConnection | None = None
        self._said = described(path)
        self.tally = Tally()
        self.findings: dict[str, list[dict[str, str]]] = {}
        self.sources = self._sources()
        self._open = len(self.sources)

    def _sources(self) -> list[RdfGraphSource]:
        found = []
        for iri, said in self._said.items():
            name = terms.source_name(iri)
            if name and said.get("position", "").isdigit():
                info = SourceInfo(
                    name,
                    said.get("title", ""),
                    said.get("release", ""),
                    said.get("licence", ""),
                    attribution=said.get("attribution", ""),
                )
                found.append((int(said["position"]), info))
        if not found:
            raise DataError(
                f"{self.path}: found no description of a kgmed graph's sources, expected one as"
                " 'kgmed export rdf' writes it. For another RDF file use a source of type rdf."
            )
        ordered = sorted(found, key=lambda entry: entry[0])
        return [RdfGraphSource(self, n, info) for n, (_, info) in enumerate(ordered)]

    def tables(self) -> duckdb.DuckDBPyConnection:
        """The file's rows, read at first use."""
        if self._connection is None:
            import duckdb

            parent = self._work if self._work is not None and self._work.is_dir() else None
            folder = Path(tempfile.mkdtemp(prefix="kgmed-rdf-", dir=parent))
            self._remove = weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
            connection = duckdb.connect()  # in memory, and what doesn't fit spills
            no_progress_bar(connection)
            connection.execute(f"SET memory_limit = {literal(self.memory)}")
            connection.execute(f"SET temp_directory = {literal(str(folder / 'spill'))}")
            connection.execute("SET preserve_insertion_order = false")
            self.tally.read = self.tally.kept = 0
            self.tally.skipped.clear()
            Loader(connection, self.tally).load(self.path)
            self._arrange(connection)
            self._connection = connection
        return self._connection

    def close(self) -> None:
        """Let the rows go, once every source is done with them."""
        self._open -= 1
        if self._open <= 0:
            self._open = len(self.sources)
            if self._connection is not None:
                self._connection.close()
                self._connection = None
                self._remove()

    def _arrange(self, c: duckdb.DuckDBPyConnection) -> None:
        """``out_concepts`` ... ``out_paths``: rows as sources give them, each with ``giver``."""
        c.create_function("kgmed_qualifiers", _canonical, ["VARCHAR"], "VARCHAR")
        c.create_function("kgmed_language", terms.language_of, ["VARCHAR"], "VARCHAR")
        infores = {source.info.infores: n for n, source in enumerate(self.sources)}
        fill(c, "source", "name VARCHAR, number INT", infores.items())
        graphs = [
            (
                iri,
                terms.source_name(said["source"]),
                said.get("release", ""),
                said.get("licence", ""),
            )
            for iri, said in self._said.items()
            if "source" in said
        ]
        columns = "graph VARCHAR, source VARCHAR, release VARCHAR, licence VARCHAR"
        fill(c, "named", columns, graphs)
        c.execute(_CONCEPTS)
        c.execute(_NAMES)
        c.execute(_STATEMENTS)
        c.execute(_MAPPINGS)
        wrong = c.execute(
            "SELECT thing, subject, predicate, object FROM stated WHERE NOT its_id ORDER BY 1"
        ).fetchmany(_LISTED)
        self.findings.clear()
        if wrong:
            self.findings[NOT_ITS_ID] = [
                {"id": id, "subject": s, "predicate": p, "object": o} for id, s, p, o in wrong
            ]
        self._paths(c)

    @staticmethod
    def _paths(c: duckdb.DuckDBPyConnection) -> None:
        """A path's links, each once, in the order of its lines."""
        c.execute("""
            CREATE TABLE link(path VARCHAR, start VARCHAR, "end" VARCHAR, position INT,
                              thing VARCHAR)""")
        found = c.execute("""
            SELECT max(text) FILTER (what = 'path'), max(text) FILTER (what = 'start'),
                   max(text) FILTER (what = 'end'), max(text) FILTER (what = 'steps')
            FROM pt GROUP BY thing ORDER BY ALL""").fetchall()
        rows = []
        for path, start, end, steps in found:
            ids = dict.fromkeys(id for line in json.loads(steps) for id, _way in line)
            rows += [(path, start, end, n, id) for n, id in enumerate(ids)]
        if rows:
            c.executemany("INSERT INTO link VALUES (?, ?, ?, ?, ?)", rows)
        c.execute("""
            CREATE TABLE out_paths AS
            SELECT min(giver) OVER (PARTITION BY path, start, "end") AS giver, path, start, "end",
                   position, subject, predicate, object, qualifiers
            FROM link JOIN stated USING (thing)""")


class RdfGraphSource:
    """One source of a graph that kgmed wrote as RDF."""

    def __init__(self, graph: RdfGraph, number: int, info: SourceInfo) -> None:
        self.graph = graph
        self.number = number
        self.info = info
        self.tallies: dict[str, Tally] = {}
        self.findings: dict[str, list[dict[str, str]]] = graph.findings if not number else {}

    def fingerprint(self) -> str:
        """A digest of the file's bytes, this source and the reader's version."""
        return digest(f"{READER_VERSION} {self.info.infores}", [("rdf", self.graph.path)])

    def batches(self, table: TableName) -> Iterator[pa.RecordBatch]:
        """One table's rows, sorted."""
        tally = self.tallies[f"{self.info.infores} {table}"] = Tally()
        connection = self.graph.tables()
        if self.number == 0:
            self.tallies[self.graph.path.name] = self.graph.tally
        columns = _COLUMNS[table]
        rows = connection.cursor().sql(
            f"""SELECT {columns} FROM out_{table}, (SELECT {literal(self.info.infores)} AS infores)
                WHERE giver = {self.number} ORDER BY ALL"""
        )
        its = schema(table)
        for batch in rows.to_arrow_reader(BATCH_ROWS):
            if batch.num_rows:
                tally.read += batch.num_rows
                tally.kept += batch.num_rows
                yield batch.cast(its)

    def close(self) -> None:
        """Let the file's rows go, once the last source is done."""
        self.graph.close()


def sources_of(path: Path | str, *, work: Path | None = None) -> Sequence[RdfGraphSource]:
    """The sources of a graph in an RDF file that kgmed wrote: ``.nq``, ``.trig``, ``.ttl`` or
    ``.nt``, also with ``.gz``.

    Raises :class:`~kgmed.kg.errors.DataError` for a file that doesn't describe a graph's sources.
    """
    return RdfGraph(Path(path), work=work).sources


def _canonical(pairs: str) -> str:
    """Qualifiers as their canonical text."""
    return canonical_qualifiers(dict(json.loads(pairs)))


_CONCEPTS = """
    CREATE TABLE spoken AS
    SELECT DISTINCT thing AS id, number FROM (
      SELECT cc.thing, n.source AS name FROM cc JOIN named n USING (graph) WHERE what = 'concept'
      UNION ALL SELECT thing, text FROM cc WHERE what = 'source') JOIN source USING (name);
    INSERT INTO spoken
    SELECT DISTINCT thing, 0 FROM cc
    WHERE what = 'concept' AND thing NOT IN (SELECT id FROM spoken);
    CREATE TABLE speakers AS SELECT id, list(number) AS numbers FROM spoken GROUP BY id;
    CREATE TABLE out_concepts AS
    SELECT s.number AS giver, s.id, coalesce(k.categories, []) AS categories
    FROM spoken s LEFT JOIN (
      SELECT thing AS id, list_sort(list(DISTINCT text)) AS categories FROM cc
      WHERE what = 'category' GROUP BY thing) k USING (id)"""

_NAMES = """
    CREATE TABLE out_names AS
    SELECT coalesce(s.number, list_min(p.numbers), 0) AS giver, n.id, n.text,
           kgmed_language(n.tag) AS language, n.kind
    FROM (SELECT thing AS id, text, tag, graph,
                 CASE WHEN bool_or(what = 'preferred') THEN 'preferred'
                      WHEN bool_or(what = 'brand') THEN 'brand'
                      WHEN bool_or(what = 'abbreviation') THEN 'abbreviation'
                      ELSE 'synonym' END AS kind
          FROM nm GROUP BY ALL) n
    LEFT JOIN named g USING (graph) LEFT JOIN source s ON s.name = g.source
    LEFT JOIN speakers p ON p.id = n.id"""


def _one(what: str, otherwise: str = "''") -> str:
    return f"coalesce(max(text) FILTER (what = '{what}'), {otherwise})"


_STATEMENTS = f"""
    CREATE TABLE spelt AS SELECT tag, kgmed_language(tag) AS language FROM (
      SELECT DISTINCT tag FROM st WHERE what = 'literal');
    CREATE TABLE joined AS
    WITH one AS (
      SELECT thing, {_one("subject")} AS s, {_one("object")} AS o,
             {_one("original_subject", "s")} AS subject, {_one("predicate")} AS predicate,
             {_one("original_object", "o")} AS object, {_one("value", _one("literal"))} AS value,
             CASE WHEN bool_or(what = 'literal') THEN {_one("value_type", "'text'")} ELSE '' END
               AS value_type,
             {_one("unit")} AS unit, {_one("value_language", "NULL")} AS value_language,
             coalesce(max(tag) FILTER (what = 'literal'), '') AS tag,
             {_one("negated")} = 'true' AS negated, {_one("text")} AS text,
             {_one("own")} AS original_predicate,
             {_one("level", "'not_provided'")} AS knowledge_level,
             {_one("agent", "'not_provided'")} AS agent_type,
             {_one("source")} AS primary_knowledge_source, {_one("part", "max(graph)")} AS graph
      FROM st WHERE what NOT IN ('record', 'publication') AND NOT starts_with(what, 'qualifier:')
      GROUP BY thing),
    listed AS (
      SELECT thing, list_sort(list_distinct(list(text) FILTER (what = 'record'))) AS records,
             list_sort(list_distinct(list(text) FILTER (what = 'publication'))) AS cited
      FROM st WHERE what IN ('record', 'publication') GROUP BY thing),
    qualified AS (
      SELECT thing, kgmed_qualifiers(to_json(list([substr(what, 11), text]))) AS qualifiers
      FROM st WHERE starts_with(what, 'qualifier:') GROUP BY thing)
    SELECT one.* REPLACE (coalesce(value_language, language, '') AS value_language),
           coalesce(qualifiers, '') AS qualifiers,
           coalesce(array_to_string(records, {literal(DETAIL_ITEM)}), '') AS source_record,
           coalesce(cited, []) AS publications
    FROM one LEFT JOIN spelt USING (tag) LEFT JOIN listed USING (thing)
    LEFT JOIN qualified USING (thing);
    CREATE TABLE stated AS
    WITH placed AS (
      SELECT j.*, coalesce(n.release, '') AS release, coalesce(n.licence, '') AS licence,
             coalesce(list_filter([own.number], lambda x: list_contains(p.numbers, x)
                        AND (j.o = '' OR list_contains(q.numbers, x)))[1],
                      CASE WHEN j.o = '' THEN list_min(p.numbers)
                           ELSE list_min(list_intersect(p.numbers, q.numbers)) END,
                      list_min(p.numbers), 0) AS giver
      FROM joined j LEFT JOIN named n USING (graph)
      LEFT JOIN source own ON own.name = j.primary_knowledge_source
      LEFT JOIN speakers p ON p.id = j.s LEFT JOIN speakers q ON q.id = j.o),
    known AS (SELECT *, {STATEMENT_ID_SQL} = thing AS as_said FROM placed)
    SELECT * EXCLUDE (as_said, up) REPLACE (CASE WHEN up THEN 'subclass_of' ELSE predicate END
             AS predicate), as_said OR up AS its_id
    FROM (SELECT *, NOT as_said AND predicate = 'broader' AND (
            SELECT {STATEMENT_ID_SQL.replace("predicate", "'subclass_of'")}) = thing AS up
          FROM known);
    CREATE VIEW out_statements AS SELECT * FROM stated"""

_MAPPINGS = f"""
    CREATE TABLE out_mappings AS
    SELECT coalesce(s.number, 0) AS giver, m.* FROM (
      SELECT thing, {_one("subject")} AS subject, {_one("predicate")} AS predicate,
             {_one("object")} AS object, {_one("modifier")} AS modifier,
             {_one("justification")} AS justification,
             max(text) FILTER (what = 'confidence')::DOUBLE AS confidence,
             {_one("subject_label")} AS subject_label, {_one("object_label")} AS object_label,
             {_one("status")} AS status, {_one("reason")} AS reason,
             {_one("source")} AS provider, max(graph) AS graph
      FROM mp GROUP BY thing) m
    LEFT JOIN named g USING (graph)
    LEFT JOIN source s ON s.name = coalesce(nullif(m.provider, ''), g.source)"""
