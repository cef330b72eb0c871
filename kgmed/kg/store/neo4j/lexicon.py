"""The names of a graph on a server, read from this machine's disk.

A lexicon is asked far more often than a graph, and its search is kgmed's own. It is fetched once:

    KGMED_HOME/lexicons/HASH/names.index    the names by hash
    KGMED_HOME/lexicons/HASH/names.sqlite   what kgmed.kg.store.write makes of the fetched rows
    KGMED_HOME/lexicons/HASH/lexicon.json   the sources of names, and the size of the file above

The folder gets its name in one rename when it is whole. Where a graph in KGMED_HOME has the same
snapshot hash, its names are used, and nothing is fetched.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kgmed.kg.errors import StoreError
from kgmed.kg.linking import stems
from kgmed.kg.linking.normalize import key
from kgmed.kg.quiet import no_progress_bar
from kgmed.kg.store.base import GraphInfo, Lexicon
from kgmed.kg.store.embedded import EmbeddedStore, open_store
from kgmed.kg.store.local_lexicon import LocalLexicon
from kgmed.kg.store.names import Names
from kgmed.kg.store.neo4j import queries
from kgmed.kg.store.neo4j.queries import Read
from kgmed.kg.store.snapshot import MAGIC, is_running

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

VERSION = f"2.{stems.VERSION}"
"""Raised when fetched names have to be fetched again."""
CONCEPTS_AT_ONCE = 2_000
_EVERY = 50_000
"""Concepts between two notes of progress."""


class FetchedNames:
    """The lexicon of a snapshot; files are opened, or made, here, and closed by :meth:`close`."""

    lexicon: Lexicon

    def __init__(
        self, read: Read, info: GraphInfo, home: Path, *, progress: Callable[[str], None]
    ) -> None:
        if not re.fullmatch(r"[0-9a-f]{12,128}", info.snapshot):
            raise StoreError(
                f"{info.uri}: found the snapshot hash {info.snapshot[:80]!r}, expected hexadecimal "
                "digits. Load the graph again."
            )
        self._local: EmbeddedStore | None = _graph_at_home(home, info.snapshot)
        self._names: Names | None = None
        if self._local is not None:
            self.lexicon = self._local.lexicon
            return
        folder = home / "lexicons" / info.snapshot
        sources = _sources_of(folder)
        if sources is None:
            _fetch(read, info, folder, progress)
            sources = _sources_of(folder)
        if sources is None:
            raise StoreError(
                f"{folder}: the names that were fetched can't be read back. Is the disk full?"
            )
        self._names = names = Names(folder / "names.sqlite", sources)
        known: dict[int, str] = {}

        def ids_of(cids: Sequence[int]) -> list[str]:
            known.update(names.ids_of([cid for cid in dict.fromkeys(cids) if cid not in known]))
            return [known[cid] for cid in cids]

        self.lexicon = LocalLexicon(names, ids_of)

    def close(self) -> None:
        """Release the files."""
        for held in (self._local, self._names):
            if held is not None:
                held.close()


def _graph_at_home(home: Path, snapshot: str) -> EmbeddedStore | None:
    """The graph of this snapshot among those that kgmed keeps."""
    for pointer in sorted((home / "graphs").glob("*/CURRENT")):
        words = pointer.read_text(encoding="utf-8", errors="replace").split(" ")
        if words[0] != MAGIC or len(words) < 3 or not words[2].startswith(snapshot[:12]):
            continue
        try:
            store = open_store(pointer.parent)
        except StoreError:
            continue  # what can't be opened is no help; the names are fetched
        if store.snapshot.manifest["snapshot"] == snapshot:
            return store
        store.close()
    return None


def _sources_of(folder: Path) -> list[str] | None:
    """The sources of a fetched lexicon; None where there is none, or not a whole one."""
    try:
        found = json.loads((folder / "lexicon.json").read_bytes())
        size = (folder / "names.sqlite").stat().st_size
    except (OSError, ValueError):
        return None
    if found.get("version") != VERSION or found.get("bytes") != size:
        return None
    sources: list[str] = found["sources"]
    return sources


def _fetch(read: Read, info: GraphInfo, folder: Path, progress: Callable[[str], None]) -> None:
    """Fetch all names into a folder beside the one that is meant, and move it there."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    _remove_killed(folder.parent)
    work = folder.parent / f".fetching-{os.getpid()}"
    shutil.rmtree(work, ignore_errors=True)
    try:
        progress(f"fetching {info.names:,} names from {info.uri}, once")
        sources = _build(read, info, work, progress)
        size = (work / "names.sqlite").stat().st_size
        text = json.dumps({"version": VERSION, "bytes": size, "sources": sources})
        (work / "lexicon.json").write_text(text, encoding="utf-8")
        shutil.rmtree(work / "tables")
        for path in work.iterdir():
            _sync(path)
        shutil.rmtree(folder, ignore_errors=True)  # one that isn't whole
        try:
            work.rename(folder)
        except OSError:  # another process was faster
            if _sources_of(folder) is None:
                raise
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _build(read: Read, info: GraphInfo, work: Path, progress: Callable[[str], None]) -> list[str]:
    """Write the tables that names are made of, and ``names.sqlite``; returns the names' sources."""
    import duckdb
    import pyarrow as pa

    from kgmed.kg.store.write import write_names

    text, texts, number = pa.string(), pa.list_(pa.string()), pa.int64()
    concept = pa.schema([("id", text), ("categories", texts), ("sources", texts),
                         ("equivalent_ids", texts)])  # fmt: skip
    name = pa.schema([("id", text), ("n", number), ("text", text), ("language", text),
                      ("kind", text), ("source", text), ("key", text)])  # fmt: skip
    tables = work / "tables"
    tables.mkdir(parents=True)
    with duckdb.connect(str(tables / "work.duckdb")) as connection:
        no_progress_bar(connection)
        connection.execute("SET memory_limit = '2GB'")
        connection.execute("SET temp_directory = ?", [str(tables)])
        _fill(connection, "fetched_concept", concept, [])
        _fill(connection, "fetched_name", name, [])
        done = 0
        for ids in queries.pages(read, CONCEPTS_AT_ONCE):
            _fill(connection, "fetched_concept", concept, read(queries.LEXICON_CONCEPTS, ids=ids))
            rows = read(queries.LEXICON_NAMES, ids=ids)
            rows = [[*row[:6], key(row[2]) if row[6] is None else row[6]] for row in rows]
            _fill(connection, "fetched_name", name, rows)
            done += len(ids)
            if done % _EVERY < CONCEPTS_AT_ONCE:
                progress(f"names of {done:,} of {info.concepts:,} concepts")
        connection.execute("""
            CREATE TABLE concept AS
            SELECT (row_number() OVER (ORDER BY id) - 1)::INT AS cid, * FROM fetched_concept""")
        for table, query in _TABLES.items():
            target = str(tables / f"{table}.parquet").replace("'", "''")
            connection.execute(f"COPY ({query}) TO '{target}' (FORMAT parquet)")
        sources = [
            str(row[0])
            for row in connection.execute(
                "SELECT DISTINCT source FROM fetched_name ORDER BY 1"
            ).fetchall()
        ]
        write_names(connection, work, sources=sources, progress=progress)
    return sources


_DETAILS = ", ".join(
    f"'' AS {name}"
    for name in (
        "source_record", "publications", "text", "original_subject", "original_object",
        "qualifiers", "value_type", "value", "unit", "value_language",
    )
)  # fmt: skip
_TABLES = {
    "concepts": "SELECT * FROM concept ORDER BY cid",
    "ids": "SELECT unnest(equivalent_ids) AS curie, cid FROM concept ORDER BY curie",
    "names": """
        SELECT row_number() OVER (ORDER BY cid, n) - 1 AS nid, cid, text, language, kind, source,
               key
        FROM fetched_name JOIN (SELECT id, cid FROM concept) USING (id) ORDER BY nid""",
    "values": f"SELECT 0 AS s, 0 AS p, ''::BLOB AS id, 0 AS profile, {_DETAILS} WHERE false",
    "mappings": """
        SELECT '' AS subject, '' AS predicate, '' AS object, '' AS modifier, '' AS justification,
               0.0 AS confidence, '' AS source, '' AS subject_label, '' AS object_label,
               '' AS status, '' AS reason, 0 AS subject_cid, 0 AS object_cid WHERE false""",
    "paths": "SELECT 0 AS start, 0 AS \"end\", '' AS path, '' AS steps WHERE false",
}
"""The tables of a generation; those that names aren't made of are empty."""


def _fill(
    connection: duckdb.DuckDBPyConnection, table: str, form: pa.Schema, rows: Sequence[list[Any]]
) -> None:
    """Append rows to a table, which is made where it isn't there."""
    import pyarrow as pa

    columns = list(zip(*rows, strict=True)) or [()] * len(form)
    arrays = [pa.array(cells, kind) for cells, kind in zip(columns, form.types, strict=True)]
    connection.register("rows", pa.Table.from_arrays(arrays, schema=form))
    connection.execute(f"CREATE TABLE IF NOT EXISTS {table} AS SELECT * FROM rows WHERE false")
    connection.execute(f"INSERT INTO {table} SELECT * FROM rows")
    connection.unregister("rows")


def _remove_killed(parent: Path) -> None:
    for entry in parent.glob(".fetching-*"):
        pid = entry.name.removeprefix(".fetching-")
        if not (pid.isdigit() and is_running(int(pid))):
            shutil.rmtree(entry, ignore_errors=True)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
