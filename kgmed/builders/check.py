"""Reads sources as a build would, and tells what is wrong with them; builds nothing.

Beside what readers count and find themselves, ids are compared: an id that statements use and no
concept of the source has (in a KGX graph an edge without its node), and one that several rows
define.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from kgmed.builders.report import check_rows
from kgmed.builders.source import TABLES, Closing, Source, SourceReport
from kgmed.builders.staging import connect

if TYPE_CHECKING:
    import duckdb

EXAMPLES = 5
NO_NODE = "id of a statement that no concept row has"
TWICE = "id that several concept rows have"


@dataclass(frozen=True, slots=True)
class InputCheck:
    """What reading found. ``set_aside`` are lines of bad rows: file, line, reason, the row."""

    sources: list[SourceReport]
    set_aside: list[str]
    schema: str = "kgmed.input_check/1"

    @property
    def bad_rows(self) -> int:
        """Rows that broke their format; a build stops at the first, or skips them if so told."""
        return len(self.set_aside)

    def to_dict(self) -> dict[str, object]:
        """As plain values."""
        return asdict(self)

    def lines(self) -> list[str]:
        """The check as text."""
        found = []
        for source in self.sources:
            rows = ", ".join(f"{n:,} {table}" for table, n in source.rows.items() if n)
            found.append(f"{source.name} ({source.infores}): {rows or 'nothing'}")
            for file, counts in source.files.items():
                skipped = "".join(f"; {n:,} {why}" for why, n in counts["skipped"].items())
                found.append(f"  {file}: read {counts['read']:,}, kept {counts['kept']:,}{skipped}")
            for kind, some in source.findings.items():
                shown = "; ".join(" ".join(row.values()) for row in some[:EXAMPLES])
                found.append(f"  {kind}: {len(some):,} ({shown})")
        found += [f"bad row: {line}" for line in self.set_aside[:EXAMPLES]]
        if self.bad_rows > EXAMPLES:
            found.append(f"bad rows: {self.bad_rows - EXAMPLES:,} more")
        return found


def check_sources(
    sources: Sequence[Source],
    work: Path,
    *,
    quarantine: Path | None = None,
    progress: Callable[[str], None] = lambda _text: None,
) -> InputCheck:
    """Read all rows of sources that set bad rows aside in ``quarantine``; ``work`` is a folder for
    ids, which wait on disk. Raises what reading raises where a file can't be read at all."""
    reports = []
    with connect(work) as connection:
        for source in sources:
            progress(f"reading {source.info.name}")
            reports.append(_read(source, connection))
            if isinstance(source, Closing):
                source.close()
    check_rows(reports)
    text = ""
    if quarantine is not None and quarantine.exists():
        text = quarantine.read_text(encoding="utf-8", errors="replace")
    return InputCheck(reports, text.splitlines()[1:])


def _read(source: Source, connection: duckdb.DuckDBPyConnection) -> SourceReport:
    connection.execute("CREATE OR REPLACE TABLE defined(id VARCHAR)")
    connection.execute("CREATE OR REPLACE TABLE used(id VARCHAR)")
    rows: dict[str, int] = {}
    for table in TABLES:
        rows[table] = 0
        for batch in source.batches(table):
            rows[table] += batch.num_rows
            if table == "concepts":
                connection.execute("INSERT INTO defined SELECT id FROM batch")
            elif table == "statements":
                connection.execute(
                    "INSERT INTO used SELECT DISTINCT unnest([subject, object]) FROM batch"
                )
    report = SourceReport.of(source, rows)
    report.findings = {**report.findings, **_ids(connection, rows)}
    return report


def _ids(
    connection: duckdb.DuckDBPyConnection, rows: dict[str, int]
) -> dict[str, list[dict[str, str]]]:
    found = {}
    if rows["concepts"]:
        found[NO_NODE] = """SELECT DISTINCT id FROM used
                            WHERE id <> '' AND id NOT IN (FROM defined) ORDER BY id"""
        found[TWICE] = "SELECT id FROM defined GROUP BY id HAVING count(*) > 1 ORDER BY id"
    listed = {
        kind: [{"id": row[0]} for row in connection.execute(query).fetchall()]
        for kind, query in found.items()
    }
    return {kind: some for kind, some in listed.items() if some}
