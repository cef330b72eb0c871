"""A snapshot's rows as tables: for SQL, Arrow, pandas and Polars.

The tables are views in DuckDB over the snapshot's Parquet files, an overlay's laid over its base's
(:mod:`kgmed.kg.layers`). Nothing is copied or loaded before a query asks for it, and a query reads
the columns and row groups that it needs.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

from kgmed.kg.errors import MissingExtra, UsageError
from kgmed.kg.layers import define, literal
from kgmed.kg.quiet import no_progress_bar
from kgmed.kg.store.csr import DETAIL_ITEM

if TYPE_CHECKING:
    import duckdb
    import pandas
    import polars
    import pyarrow as pa

    from kgmed.kg.store.snapshot import Snapshot

DEFAULT_MEMORY = "4GB"
BATCH_ROWS = 100_000
RAW = "raw_"
"""Prefix of the views of :mod:`kgmed.kg.layers`, which the tables are made of."""


def _items(column: str) -> str:
    return f"CASE {column} WHEN '' THEN [] ELSE string_split({column}, {literal(DETAIL_ITEM)}) END"


CONCEPTS = f"""
    SELECT c.id, coalesce(map_extract_value(n.names, 'en'), map_values(n.names)[1], c.id) AS name,
           coalesce(n.names, MAP {{}}::MAP(VARCHAR, VARCHAR)) AS names,
           c.categories, c.equivalent_ids, c.sources
    FROM {RAW}concepts c LEFT JOIN (
      SELECT cid, map_from_entries(list(ROW(language, text) ORDER BY language)) AS names
      FROM {RAW}names WHERE kind = 'preferred' GROUP BY cid) n USING (cid)"""
NAMES = f"""
    SELECT c.id, n.text, n.language, n.kind, n.source
    FROM {RAW}names n JOIN {RAW}concepts c USING (cid)"""
STATEMENTS = f"""
    SELECT replace(r.id::UUID::VARCHAR, '-', '') AS id, s.id AS subject, q.predicate,
           coalesce(o.id, '') AS object, r.value, r.value_type, r.unit, r.value_language,
           coalesce(nullif(r.qualifiers, ''), '{{}}') AS qualifiers, q.negated,
           f.primary_knowledge_source, {_items("r.source_record")} AS source_record,
           {_items("r.publications")} AS publications, f.release, f.licence, r.text,
           coalesce(nullif(r.original_subject, ''), s.id) AS original_subject,
           f.original_predicate,
           coalesce(nullif(r.original_object, ''), o.id, '') AS original_object,
           f.knowledge_level, f.agent_type
    FROM {RAW}rows r JOIN {RAW}predicate q USING (p) JOIN {RAW}profile f USING (profile)
    JOIN {RAW}concepts s ON s.cid = r.s LEFT JOIN {RAW}concepts o ON o.cid = r.o"""
MAPPINGS = f"SELECT * EXCLUDE (subject_cid, object_cid) FROM {RAW}mappings"
PATHS = f"""
    SELECT p.path, s.id AS "start", e.id AS "end", p.steps
    FROM {RAW}paths p JOIN {RAW}concepts s ON s.cid = p."start"
    JOIN {RAW}concepts e ON e.cid = p."end" """

VIEWS: dict[str, str] = {
    "concepts": CONCEPTS,
    "names": NAMES,
    "statements": STATEMENTS,
    "mappings": MAPPINGS,
    "paths": PATHS,
}
NAMES_OF_TABLES = (*VIEWS, "coverage")
FILTERS: dict[str, dict[str, str]] = {
    "concepts": {"sources": "sources", "categories": "categories"},
    "names": {"sources": "source", "languages": "language", "kinds": "kind"},
    "statements": {
        "predicates": "predicate",
        "sources": "primary_knowledge_source",
        "licences": "licence",
    },
    "mappings": {"predicates": "predicate", "sources": "source", "statuses": "status"},
    "paths": {},
    "coverage": {"predicates": "predicate", "sources": "source"},
}
"""Table -> what :meth:`Tables.reader` filters it by -> the column."""


class Tables:
    """A snapshot's tables. Use it in ``with``, or close it; one instance per thread.

    - ``concepts``: id, name, names (a map, language -> preferred name), categories,
      equivalent_ids, sources
    - ``names``: id, text, language, kind, source
    - ``statements``: the fields of :class:`kgmed.kg.model.Statement`, a value as value, value_type,
      unit and value_language; ``object`` is '' beside a value; ``qualifiers`` is a JSON object
    - ``mappings``: the fields of :class:`kgmed.kg.model.Mapping`
    - ``paths``: the sources' own paths: path, start, end, steps (JSON: lists of
      [statement id, direction])
    - ``coverage``: the fields of :class:`kgmed.kg.store.base.CoverageRow`

    What an overlay retracted isn't there. Without ``ordered``, rows come in no order that isn't
    asked for, and sooner.
    """

    def __init__(
        self, snapshot: Snapshot, *, memory: str = DEFAULT_MEMORY, ordered: bool = True
    ) -> None:
        import duckdb

        self.snapshot = snapshot
        self.connection: duckdb.DuckDBPyConnection = duckdb.connect()
        no_progress_bar(self.connection)
        self.connection.execute(f"SET memory_limit = {literal(memory)}")
        self.connection.execute(f"SET preserve_insertion_order = {ordered}")
        define(self.connection, snapshot, prefix=RAW)
        for name, query in VIEWS.items():
            self.connection.execute(f"CREATE VIEW {name} AS {query}")
        self._coverage()

    def _coverage(self) -> None:
        import pyarrow as pa

        rows = json.loads((self.snapshot.folder / "coverage.json").read_text(encoding="utf-8"))
        texts = ("predicate", "subject_category", "object_category", "source", "release")
        numbers = ("statements", "subjects", "objects")
        types = [(name, pa.string()) for name in texts] + [(name, pa.int64()) for name in numbers]
        self.connection.register(
            "coverage_rows", pa.Table.from_pylist(rows, schema=pa.schema(types))
        )
        self.connection.execute("CREATE TABLE coverage AS SELECT * FROM coverage_rows")
        self.connection.unregister("coverage_rows")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let the files go."""
        self.connection.close()

    @cached_property
    def counts(self) -> dict[str, int]:
        """Rows of each table; ``statements`` are those with an object and those with a value."""
        counts = {
            name: int(self.connection.execute(f"SELECT count(*) FROM {name}").fetchall()[0][0])
            for name in ("concepts", "names", "mappings", "paths", "coverage")
        }
        rows = self.connection.execute(f"SELECT count(*) FROM {RAW}rows").fetchall()[0][0]
        counts["statements"] = int(rows)
        return {name: counts[name] for name in NAMES_OF_TABLES}

    def __repr__(self) -> str:
        sizes = ", ".join(f"{n:,} {name}" for name, n in self.counts.items())
        return f"<Tables {self.snapshot.folder.name}: {sizes}>"

    def _repr_html_(self) -> str:
        from kgmed.kg.display.html import table

        rows = [(name, n, ", ".join(self.columns(name))) for name, n in self.counts.items()]
        return table(("table", "rows", "columns"), rows)

    def columns(self, name: str) -> tuple[str, ...]:
        """The columns of a table."""
        return tuple(self.connection.sql(f"SELECT * FROM {_known(name)} LIMIT 0").columns)

    def sql(self, query: str, parameters: Sequence[Any] = ()) -> duckdb.DuckDBPyRelation:
        """The result of a query, not yet run: ``.fetchall()``, ``.to_arrow_table()``, ``.df()``.

        The tables are there by name; ``?`` stands for a parameter. Raises
        :class:`~kgmed.kg.errors.UsageError` for SQL that DuckDB can't read.
        """
        import duckdb

        try:
            return self.connection.sql(query, params=list(parameters) or None)
        except (duckdb.ParserException, duckdb.CatalogException, duckdb.BinderException) as error:
            raise UsageError(
                f"DuckDB can't run this query: {error} The tables are {', '.join(NAMES_OF_TABLES)}."
            ) from error

    def arrow(self, name: str) -> pa.Table:
        """A whole table in memory as an Arrow table; see :meth:`reader` for more than fits."""
        return self.connection.sql(f"SELECT * FROM {_known(name)}").to_arrow_table()

    def pandas(self, name: str) -> pandas.DataFrame:
        """A whole table in memory as a pandas frame."""
        _import("pandas")
        return self.connection.sql(f"SELECT * FROM {_known(name)}").df()

    def polars(self, name: str) -> polars.DataFrame:
        """A whole table in memory as a Polars frame."""
        _import("polars")
        import polars

        found = polars.from_arrow(self.arrow(name))
        assert isinstance(found, polars.DataFrame)  # noqa: S101  for the type checker
        return found

    def reader(
        self,
        name: str,
        *,
        columns: Sequence[str] | None = None,
        where: str = "",
        batch_rows: int = BATCH_ROWS,
        **filters: Sequence[str] | None,
    ) -> pa.RecordBatchReader:
        """Stream a table in Arrow batches, in memory that doesn't grow with the table.

        ``columns`` are those wanted, in that order; ``filters`` keep rows whose value is one of the
        given: ``predicates``, ``sources`` and ``licences`` of statements, ``sources``,
        ``languages`` and ``kinds`` of names, ``sources`` and ``categories`` of concepts,
        ``predicates``, ``sources`` and ``statuses`` of mappings. ``where`` is a further condition
        in SQL. Other queries may run meanwhile. Raises :class:`~kgmed.kg.errors.UsageError`.
        """
        known = self.columns(name)
        chosen = tuple(columns) if columns is not None else known
        for column in chosen:
            if column not in known:
                raise UsageError(f"Found column {column!r}, expected one of: {', '.join(known)}.")
        conditions = [f"({where})"] if where else []
        conditions += [
            _condition(name, filter, values)
            for filter, values in filters.items()
            if values is not None
        ]
        query = f"SELECT {', '.join(_quoted(column) for column in chosen)} FROM {name}"
        if conditions:
            query += f" WHERE {' AND '.join(conditions)}"
        return self.connection.cursor().sql(query).to_arrow_reader(batch_rows)


def _quoted(column: str) -> str:
    return f'"{column}"'


def _condition(table: str, filter: str, values: Sequence[str]) -> str:
    column = FILTERS[table].get(filter)
    if column is None:
        known = ", ".join(FILTERS[table]) or "none"
        raise UsageError(f"Found filter {filter!r} of table {table}, expected one of: {known}.")
    if isinstance(values, str):
        raise UsageError(f"Found {filter}={values!r}, expected a list of texts.")
    listed = ", ".join(map(literal, values))
    if table == "concepts":
        return f"list_has_any({column}, [{listed}]::VARCHAR[])"
    return f"{column} IN ({listed or 'NULL'})"


def _known(name: str) -> str:
    if name not in NAMES_OF_TABLES:
        raise UsageError(f"Found table {name!r}, expected one of: {', '.join(NAMES_OF_TABLES)}.")
    return name


def _import(package: str) -> None:
    from importlib.util import find_spec

    if find_spec(package) is None:
        raise MissingExtra(package, "views")
