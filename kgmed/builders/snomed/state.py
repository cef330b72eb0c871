"""A release's state at a date: its rows in a DuckDB of its own, and what became of each.

Every content is a table of the newest row per id at or before the date, with a column ``fate``: ''
for a row that is used, else the reason why it isn't. Tallies are counted from these.
"""

from __future__ import annotations

import shutil
import tempfile
import weakref
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kgmed.builders.rows import BadRows
from kgmed.builders.snomed import codes
from kgmed.builders.snomed.layout import LAYOUTS, Content, Kind, Layout, ReleaseFile
from kgmed.builders.snomed.package import Release
from kgmed.builders.snomed.rows import Checks, records_of
from kgmed.builders.source import Tally

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

MEMORY = "1GB"
"""What the database holds in memory at most; the rest goes to a folder for temporary files."""

_TYPES: dict[Kind, str] = {
    "sctid": "BIGINT",
    "code": "BIGINT",
    "uuid": "UUID",
    "time": "INTEGER",
    "flag": "BOOLEAN",
    "number": "INTEGER",
    "language": "VARCHAR",
    "value": "VARCHAR",
    "text": "VARCHAR",
    "optional": "VARCHAR",
}

RETIRED = "of a retired concept"
_ACTIVE = "WHEN NOT r.active THEN 'inactive'"
_CONCEPT = "LEFT JOIN concept {0} ON {0}.id = r.{1}"
_ENDS = f"WHEN NOT coalesce(s.active, true) OR NOT coalesce(o.active, true) THEN '{RETIRED}'"
_VIEW = f"""
    WHEN r.characteristicTypeId NOT IN ({codes.INFERRED}, {codes.ADDITIONAL})
      THEN 'stated or qualifying, not of the inferred view'
    WHEN r.modifierId <> {codes.SOME} THEN 'modifier other than |Existential restriction|'"""

_FATES: dict[Content, tuple[str, str]] = {
    "concept": ("", _ACTIVE),
    "description": (
        _CONCEPT.format("s", "conceptId"),
        f"""{_ACTIVE} WHEN NOT coalesce(s.active, true) THEN '{RETIRED}'
        WHEN r.typeId NOT IN ({codes.FSN}, {codes.SYNONYM})
          THEN 'type other than |Fully specified name| and |Synonym|'""",
    ),
    "text_definition": (
        _CONCEPT.format("s", "conceptId"),
        f"""{_ACTIVE} WHEN NOT coalesce(s.active, true) THEN '{RETIRED}'
        WHEN r.typeId <> {codes.DEFINITION} THEN 'type other than |Definition|'""",
    ),
    "relationship": (
        f"{_CONCEPT.format('s', 'sourceId')} {_CONCEPT.format('o', 'destinationId')}",
        f"{_ACTIVE} {_VIEW} {_ENDS}",
    ),
    "concrete_value": (
        _CONCEPT.format("s", "sourceId"),
        f"{_ACTIVE} {_VIEW} WHEN NOT coalesce(s.active, true) THEN '{RETIRED}'",
    ),
    "language": (
        """LEFT JOIN (SELECT id FROM description WHERE fate = '' UNION
                      SELECT id FROM text_definition WHERE fate = '') d
             ON d.id = r.referencedComponentId""",
        f"""{_ACTIVE} WHEN d.id IS NULL THEN 'of a description that is not used'
        WHEN r.acceptabilityId NOT IN ({codes.PREFERRED}, {codes.ACCEPTABLE})
          THEN 'acceptability other than preferred and acceptable'""",
    ),
    "association": (
        "",
        f"""{_ACTIVE}
        WHEN r.referencedComponentId // 10 % 10 <> 0 OR r.targetComponentId // 10 % 10 <> 0
          THEN 'about a description'
        WHEN r.refsetId = {codes.MOVED_TO} THEN 'names a namespace, no concept'""",
    ),
    "simple_map": (
        _CONCEPT.format("s", "referencedComponentId"),
        f"""{_ACTIVE} WHEN NOT coalesce(s.active, true) THEN '{RETIRED}'
        WHEN r.referencedComponentId // 10 % 10 <> 0 THEN 'about a description'""",
    ),
    "extended_map": (
        _CONCEPT.format("s", "referencedComponentId"),
        f"""{_ACTIVE} WHEN NOT coalesce(s.active, true) THEN '{RETIRED}'
        WHEN r.referencedComponentId // 10 % 10 <> 0 THEN 'about a description'
        WHEN trim(r.mapTarget) = '' AND trim(r.mapAdvice) = '' THEN 'neither code nor advice'""",
    ),
}
"""Content -> the joins and conditions that give a row's fate, in this order: a later table may
look at an earlier one. A concept that the release lacks isn't retired: an extension's package
names concepts of the edition that it extends."""


class State:
    """The tables of one release at its date, filled when it is made."""

    def __init__(
        self, release: Release, bad: BadRows, tallies: dict[str, Tally], replaced: Counter[str]
    ) -> None:
        import duckdb

        folder = Path(tempfile.mkdtemp(prefix="kgmed-snomed-"))
        self.connection = duckdb.connect()
        self._finalizer = weakref.finalize(self, _remove, self.connection, folder)
        self.connection.execute(f"SET memory_limit = '{MEMORY}'")
        self.connection.execute("SET temp_directory = ?", [str(folder / "spill")])
        self.twice: list[tuple[str, str]] = []
        self.streamed: set[str] = set()
        try:
            for content in _FATES:
                files = [file for file in release.files if file.content == content]
                if not files:
                    self._create(content, LAYOUTS[content], "fate VARCHAR")
                    continue
                self._load(LAYOUTS[content], files, bad, tallies, replaced)
                self._settle(content, files, release.as_of, tallies)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Remove the database."""
        self._finalizer()

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """A query's rows."""
        return self.connection.execute(query).fetchall()

    def stream(self, query: str, batch_rows: int) -> Iterable[pa.RecordBatch]:
        """A query's rows as record batches, read as they are asked for."""
        reader: Iterable[pa.RecordBatch] = (
            self.connection.cursor().sql(query).to_arrow_reader(batch_rows)
        )
        return reader

    def _load(
        self,
        layout: Layout,
        files: list[ReleaseFile],
        bad: BadRows,
        tallies: dict[str, Tally],
        replaced: Counter[str],
    ) -> None:
        stored = [column for column in layout.columns if column.stored]
        self._create("raw", layout)
        for number, file in enumerate(files):
            tally = tallies[file.name] = Tally()
            check = Checks(file)
            for records, control_characters in records_of(file, layout, tally):
                if control_characters:
                    replaced[file.name] += control_characters
                problems, found = check(records)
                bad.reject(file.path, records, problems, tally)
                if problems:
                    _, found = check(records.without(problems))
                self._insert(number, [column.name for column in stored], found)

    def _create(self, name: str, layout: Layout, *more: str) -> None:
        """A table of the stored columns of a layout, and the file that each row is from."""
        columns = [f"{c.name} {_TYPES[c.kind]}" for c in layout.columns if c.stored]
        self.connection.execute(
            f"CREATE TABLE {name} ({', '.join(('file INTEGER', *columns, *more))})"
        )

    def _insert(self, file: int, names: list[str], columns: dict[str, pa.Array]) -> None:
        import pyarrow as pa

        rows = pa.RecordBatch.from_arrays([columns[name] for name in names], names=names)
        if rows.num_rows:
            self.connection.register("block", rows)
            self.connection.execute(f"INSERT INTO raw SELECT {file}, * FROM block")
            self.connection.unregister("block")

    def _settle(
        self, content: Content, files: list[ReleaseFile], as_of: int, tallies: dict[str, Tally]
    ) -> None:
        """Keep the newest row per id, decide each row's fate, and count."""
        joins, conditions = _FATES[content]
        newest = self._newest(content, as_of)
        self.connection.execute(f"""
            CREATE TABLE {content} AS
            SELECT r.*, CASE {conditions} ELSE '' END AS fate FROM ({newest}) r {joins}""")
        counts = self.rows(f"""
            SELECT file, fate, count(*) FROM {content} GROUP BY ALL
            UNION ALL SELECT file, 'after the date', count(*) FROM raw
                      WHERE effectiveTime > {as_of} GROUP BY ALL
            UNION ALL SELECT file, 'superseded by a newer row', n - coalesce(kept, 0)
                      FROM (SELECT file, count(*) AS n FROM raw
                            WHERE effectiveTime <= {as_of} GROUP BY ALL)
                      LEFT JOIN (SELECT file, count(*) AS kept FROM {content} GROUP BY ALL)
                      USING (file)
            ORDER BY ALL""")
        for number, fate, count in counts:
            tally = tallies[files[number].name]
            if not fate:
                tally.kept += count
            elif count:
                tally.skipped[fate] += count
        self.connection.execute("DROP TABLE raw; DROP TABLE IF EXISTS several")

    def _newest(self, content: Content, as_of: int) -> str:
        """The query for the newest row per id; most ids of a Snapshot have just one."""
        self.connection.execute(f"""
            CREATE TABLE several AS SELECT id FROM raw
            WHERE effectiveTime <= {as_of} GROUP BY id HAVING count(*) > 1""")
        there = f"SELECT * FROM raw WHERE effectiveTime <= {as_of}"
        if not self.rows("SELECT 1 FROM several LIMIT 1"):
            return there
        columns = [column.name for column in LAYOUTS[content].columns if column.stored]
        self.twice += [
            (content, str(id))
            for (id,) in self.rows(f"""
                SELECT id FROM (
                  SELECT id, effectiveTime, count(*) AS n
                  FROM ({there}) SEMI JOIN several USING (id)
                  GROUP BY ALL)
                WHERE n > 1 GROUP BY id ORDER BY id""")
        ]
        order = ", ".join(f"{name} DESC" for name in ("effectiveTime", *columns, "file"))
        return f"""
            SELECT * FROM ({there}) ANTI JOIN several USING (id)
            UNION ALL
            SELECT * FROM ({there}) SEMI JOIN several USING (id)
            QUALIFY row_number() OVER (PARTITION BY id ORDER BY {order}) = 1"""


def _remove(connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
    connection.close()
    shutil.rmtree(folder, ignore_errors=True)
