"""Write a generation from merged Parquet tables: the CSR files and ``names.sqlite``.

The tables (``tables/*.parquet`` of the generation; made by :mod:`kgmed.builders.merge`) are sorted
and numbered already, so every step here is one pass in bounded memory:

    concepts    cid, id, categories, sources, equivalent_ids           by cid
    ids         curie, cid: every equivalent id                        by curie
    names       nid, cid, text, language, kind, source, key            by nid, so by cid
    statements  eid, s, p, o, profile, id (16 bytes), DETAIL_FIELDS    by eid
    values      s, p, profile, id (16 bytes), value fields, details    by (s, p, id)
    mappings    the fields of Mapping, subject_cid, object_cid
    paths       path, start, end, steps (JSON: lists of [statement id, direction])

The dictionaries of predicates (name, negated) and profiles are part of the manifest.
"""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import chain, groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kgmed.kg.errors import StoreError
from kgmed.kg.linking.normalize import ASCII_KEY_SQL, is_cjk
from kgmed.kg.quiet import no_progress_bar
from kgmed.kg.store.csr import DETAIL_FIELD, DETAIL_FIELDS
from kgmed.kg.store.name_index import write_index
from kgmed.kg.store.names import FUZZY_MIN_LENGTH, LIST_ITEM, MAPPING_FIELDS, NAME_KINDS, pack
from kgmed.kg.store.snapshot import BLOCK

if TYPE_CHECKING:
    import duckdb
    import numpy as np
    import numpy.typing as npt
    import pyarrow as pa

Progress = Callable[[str], None]
_BATCH = 200_000


def write_csr(
    connection: duckdb.DuckDBPyConnection, folder: Path, *, concepts: int, edges: int
) -> dict[str, dict[str, Any]]:
    """Write ``csr/`` from ``tables/statements.parquet``; returns the manifest's ``arrays``.

    Peak memory is about 30 bytes an edge: one packed 64-bit key and the columns it is made of.
    """
    import numpy as np

    target = folder / "csr"
    target.mkdir()
    writer = _ArrayWriter(target)
    subjects = np.empty(edges, np.int32)
    codes = np.empty(edges, np.uint16)
    objects = np.empty(edges, np.int32)
    detail_edges: list[npt.NDArray[np.int32]] = []
    detail_lengths: list[npt.NDArray[np.int64]] = []
    position = 0
    with (
        writer.open("out_prof", "uint32") as profiles,
        writer.open("details", "uint8") as blob,
        writer.open("st_id", "uint8") as ids,
    ):
        for batch in _statement_batches(connection, folder / "tables" / "statements.parquet"):
            stop = position + batch.num_rows
            numbers = batch.column("eid").to_numpy()
            if not np.array_equal(numbers, np.arange(position, stop)):
                raise AssertionError(f"statements.parquet: the order of eid breaks at {position:,}")
            subjects[position:stop] = batch.column("s").to_numpy()
            codes[position:stop] = batch.column("p").to_numpy()
            objects[position:stop] = batch.column("o").to_numpy()
            ids.write(_fixed_bytes(batch.column("id")))
            profiles.write(batch.column("profile").to_numpy().astype(np.uint32).tobytes())
            kept, lengths, data = _texts(batch.column("details"))
            detail_edges.append((kept + position).astype(np.int32))
            detail_lengths.append(lengths)
            blob.write(data)
            position = stop
    if position != edges:
        raise AssertionError(f"statements.parquet held {position:,} rows, not {edges:,}")
    writer.save("id_eid", "int32", _id_order(target / "st_id.bin", edges))
    writer.save("d_eid", "int32", _concatenate(detail_edges, np.int32))
    lengths = _concatenate(detail_lengths, np.int64)
    writer.save("d_off", "int64", np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64))
    writer.save("out_off", "int64", _offsets(subjects, concepts))
    writer.save("out_nbr", "int32", objects)
    writer.save("out_p", "uint16", codes)
    order = _incoming_order(objects, codes, edges, concepts)
    writer.save("in_off", "int64", _offsets(objects, concepts))
    del objects
    writer.save("in_eid", "int32", order)
    writer.save("in_nbr", "int32", subjects[order])
    writer.save("in_p", "uint16", codes[order])
    return writer.finish()


def _statement_batches(
    connection: duckdb.DuckDBPyConnection, path: Path
) -> Iterator[pa.RecordBatch]:
    """The rows in the file's order, which DuckDB keeps; sorting them again would hold them all."""
    query = f"""SELECT eid, s, p, o, profile, id, {_details_sql()} AS details
                FROM read_parquet(?)"""
    yield from _reader(connection, query, str(path))


def _id_order(path: Path, edges: int) -> npt.NDArray[np.int32]:
    """Edge numbers in the order of the 16-byte ids in a file.

    The first bits of an id and the edge number fit one 64-bit key, which sorts in place; the few
    ids that agree in those bits are put in order afterwards.
    """
    import numpy as np

    if not edges:
        return np.empty(0, np.int32)
    ids = np.memmap(path, np.uint8, "r").reshape(-1, 16)
    edge_bits = max(1, (edges - 1).bit_length())
    low = np.uint64((1 << edge_bits) - 1)
    key = ids.view(">u8")[:, 0].astype(np.uint64)
    key &= ~low
    key |= np.arange(edges, dtype=np.uint64)
    key.sort()
    order = (key & low).astype(np.int32)
    key &= ~low
    ties = np.flatnonzero(key[1:] == key[:-1])
    starts = ties[np.diff(ties, prepend=-2) > 1]
    for start in starts.tolist():
        stop = start + 2
        while stop < edges and key[stop] == key[start]:
            stop += 1
        order[start:stop] = sorted(order[start:stop], key=lambda edge: ids[edge].tobytes())
    return order


def _reader(
    connection: duckdb.DuckDBPyConnection, query: str, *parameters: object
) -> pa.RecordBatchReader:
    return connection.sql(query, params=list(parameters)).to_arrow_reader(_BATCH)


def _details_sql() -> str:
    columns = ", ".join(f"coalesce({name}, '')" for name in DETAIL_FIELDS)
    return f"rtrim(concat_ws('{DETAIL_FIELD}', {columns}), '{DETAIL_FIELD}')"


def _incoming_order(
    objects: npt.NDArray[np.int32], codes: npt.NDArray[np.uint16], edges: int, concepts: int
) -> npt.NDArray[np.int32]:
    """Edge numbers in the order (object, predicate code, edge number).

    Edge numbers ascend with the subject, so this is the protocol's order of incoming edges. The
    three fit one 64-bit key, which sorts several times faster than an argsort.
    """
    import numpy as np

    code_bits, edge_bits = 16, max(1, (edges - 1).bit_length())
    if max(1, (concepts - 1).bit_length()) + code_bits + edge_bits > 63:
        return np.lexsort((np.arange(edges), codes, objects)).astype(np.int32)
    key = objects.astype(np.int64)
    key <<= code_bits
    key |= codes
    key <<= edge_bits
    key |= np.arange(edges, dtype=np.int64)
    key.sort()
    key &= (1 << edge_bits) - 1
    return key.astype(np.int32)


def _offsets(column: npt.NDArray[np.int32], concepts: int) -> npt.NDArray[np.int64]:
    import numpy as np

    offsets = np.zeros(concepts + 1, np.int64)
    np.cumsum(np.bincount(column, minlength=concepts), out=offsets[1:])
    return offsets


def _concatenate(parts: list[Any], dtype: Any) -> Any:
    import numpy as np

    return np.concatenate(parts) if parts else np.empty(0, dtype)


def _fixed_bytes(column: pa.Array) -> bytes:
    """The bytes of a column of 16-byte blobs, end to end."""
    import numpy as np
    import pyarrow as pa

    _validity, offsets, data = column.cast(pa.binary()).buffers()
    bounds = np.frombuffer(offsets, np.int32)[column.offset : column.offset + len(column) + 1]
    return bytes(memoryview(data)[bounds[0] : bounds[-1]])


def _texts(column: pa.Array) -> tuple[Any, Any, bytes]:
    """Rows with a text, their UTF-8 lengths, and the texts end to end."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    lengths = pc.binary_length(column).to_numpy(zero_copy_only=False)
    kept = np.flatnonzero(lengths)
    texts = column.cast(pa.large_string())
    _validity, offsets, data = texts.buffers()
    bounds = np.frombuffer(offsets, np.int64)[texts.offset : texts.offset + len(texts) + 1]
    raw = b"" if data is None else bytes(memoryview(data)[bounds[0] : bounds[-1]])
    return kept, lengths[kept].astype(np.int64), raw


class _ArrayWriter:
    """Writes arrays and, at the end, a CRC-32 per block of each."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._dtypes: dict[str, str] = {}

    def open(self, name: str, dtype: str) -> Any:
        self._dtypes[name] = dtype
        return (self._folder / f"{name}.bin").open("wb")

    def save(self, name: str, dtype: str, array: npt.NDArray[Any]) -> None:
        with self.open(name, dtype) as file:
            array.astype(dtype, copy=False).tofile(file)

    def finish(self) -> dict[str, dict[str, Any]]:
        entries: dict[str, dict[str, Any]] = {}
        checks = bytearray()
        for name, dtype in self._dtypes.items():
            first = len(checks) // 4
            with (self._folder / f"{name}.bin").open("rb") as file:
                while block := file.read(BLOCK):
                    checks += zlib.crc32(block).to_bytes(4, "little")
            entries[name] = {
                "dtype": dtype,
                "first_block": first,
                "blocks": len(checks) // 4 - first,
            }
        (self._folder / "blocks.crc").write_bytes(bytes(checks))
        return entries


# Names, ids, mappings, values, paths -------------------------------------------------------------

NAME_SCHEMA = """
CREATE TABLE name(nid INTEGER PRIMARY KEY, cid INT, language TEXT, kind INT, source INT, text TEXT);
CREATE TABLE key(key TEXT, nid INT, PRIMARY KEY(key, nid)) WITHOUT ROWID;
"""
SCHEMA = (
    NAME_SCHEMA
    + """
CREATE TABLE concept(cid INTEGER PRIMARY KEY, id TEXT, categories TEXT, sources TEXT,
                     equivalents TEXT, names TEXT, first_nid INT, past_nid INT);
CREATE TABLE curie(curie TEXT PRIMARY KEY, cid INT) WITHOUT ROWID;
CREATE TABLE value(s INT, p INT, id BLOB, profile INT, type TEXT, value TEXT, unit TEXT,
                   language TEXT, details TEXT, PRIMARY KEY(s, p, id)) WITHOUT ROWID;
CREATE INDEX value_id ON value(id);
CREATE TABLE mapping(cid INTEGER PRIMARY KEY, rows BLOB);
CREATE TABLE path(start INT, "end" INT, path TEXT, steps BLOB,
                  PRIMARY KEY(start, "end", path)) WITHOUT ROWID;
CREATE VIRTUAL TABLE fts USING fts5(t, content='', columnsize=0, detail=full,
                                    tokenize='unicode61 remove_diacritics 0');
CREATE VIRTUAL TABLE vocabulary USING fts5vocab(fts, row);
CREATE VIRTUAL TABLE trigram USING fts5(t, detail=none, columnsize=0, tokenize='trigram');
"""
)
APART = 2_000_000
"""Names from which a second process fills their tables beside the full-text index."""


def write_names(
    connection: duckdb.DuckDBPyConnection,
    folder: Path,
    *,
    sources: list[str],
    progress: Progress = lambda _text: None,
) -> None:
    """Write ``names.sqlite`` from the generation's tables; ``sources`` numbers the names' sources.

    Rows arrive in the order of their keys, so that every B-tree is filled from left to right.
    """
    tables = folder / "tables"
    database = _connect(folder / "names.sqlite", SCHEMA)

    def fill(table: str, query: str, *parameters: object) -> None:
        _fill(database, table, _reader(connection, query, *parameters))

    def parquet(name: str) -> str:
        return str(tables / f"{name}.parquet")

    progress("names and full-text index")
    names = parquet("names")
    count = connection.execute("SELECT count(*) FROM read_parquet(?)", [names]).fetchall()[0][0]
    if count < APART:
        _fill_names(database, connection, names, sources)
        _write_index(connection, names, folder / "names.index")
        _fill_full_text(database, connection, names)
    else:
        with _names_apart(folder, names, sources) as part:
            _fill_full_text(database, connection, names)
        database.execute("ATTACH ? AS part", (str(part),))
        for table in ("name", "key"):  # equal schemas: SQLite copies the rows as they are
            database.execute(f"INSERT INTO main.{table} SELECT * FROM part.{table}")
        database.execute("DETACH part")
        part.unlink()
    progress("concepts")
    fill(
        "concept",
        f"""SELECT c.cid, c.id, array_to_string(categories, '{LIST_ITEM}'),
                   array_to_string(sources, '{LIST_ITEM}'),
                   array_to_string(equivalent_ids, '{LIST_ITEM}'), n.names,
                   coalesce(n.first, 0), coalesce(n.past, 0)
            FROM read_parquet(?) c LEFT JOIN (
              SELECT cid, min(nid) AS first, max(nid) + 1 AS past,
                     to_json(map_from_entries(list((language, text) ORDER BY nid)
                             FILTER (WHERE first_of_language))) AS names
              FROM (SELECT *, row_number() OVER (PARTITION BY cid, language ORDER BY nid) = 1
                           AS first_of_language FROM read_parquet(?))
              GROUP BY cid) n USING (cid)
            ORDER BY c.cid""",
        parquet("concepts"),
        parquet("names"),
    )
    fill(
        "curie",
        "SELECT curie, cid FROM read_parquet(?) ORDER BY curie",
        parquet("ids"),
    )
    progress("values, mappings, paths")
    fill(
        "value",
        f"""SELECT s, p, id, profile, value_type, value, unit, value_language,
                   {_details_sql()} FROM read_parquet(?) ORDER BY s, p, id""",
        parquet("values"),
    )
    _fill_mappings(database, connection, parquet("mappings"))
    _fill_paths(database, connection, parquet("paths"))
    database.execute("PRAGMA locking_mode=NORMAL")
    database.close()


def _connect(path: Path, schema: str) -> sqlite3.Connection:
    database = sqlite3.connect(path, isolation_level=None)
    database.executescript(
        "PRAGMA page_size=8192; PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF;"
        "PRAGMA locking_mode=EXCLUSIVE; PRAGMA cache_size=-200000;" + schema
    )
    return database


def _fill_names(
    database: sqlite3.Connection,
    connection: duckdb.DuckDBPyConnection,
    names: str,
    sources: Sequence[str],
) -> None:
    reader = _reader(
        connection,
        """SELECT nid, cid, language, list_position($1, kind) - 1,
                  list_position($2, source) - 1, text FROM read_parquet($3)""",
        list(NAME_KINDS),
        list(sources),
        names,
    )
    _fill(database, "name(nid, cid, language, kind, source, text)", reader)
    reader = _reader(connection, "SELECT key, nid FROM read_parquet(?) ORDER BY key, nid", names)
    _fill(database, "key(key, nid)", reader)


@contextmanager
def _names_apart(folder: Path, names: str, sources: Sequence[str]) -> Iterator[Path]:
    """A process of its own fills the tables ``name`` and ``key`` of a file while the block runs,
    and writes the index by hash."""
    part = folder.parent / "names-part.sqlite"
    part.unlink(missing_ok=True)
    code = f"from {__name__} import fill_names_part; fill_names_part()"
    task = json.dumps(
        {
            "part": str(part),
            "names": names,
            "sources": list(sources),
            "index": str(folder / "names.index"),
        }
    )
    process = subprocess.Popen(  # noqa: S603  this Python, our own code
        [sys.executable, "-c", code, task],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield part
        _output, errors = process.communicate()
        if process.returncode:
            raise StoreError(f"The process that fills the names failed: {errors.strip()[-2000:]}")
    finally:
        process.kill()
        process.wait()


def fill_names_part() -> None:
    """What the process of :func:`write_names` runs; its task is its first argument, as JSON."""
    import duckdb

    task = json.loads(sys.argv[1])
    part = Path(task["part"])
    connection = duckdb.connect()
    no_progress_bar(connection)
    connection.execute("SET memory_limit = '2GB'")
    connection.execute("SET temp_directory = ?", [str(part.parent)])
    database = _connect(part, NAME_SCHEMA)
    _fill_names(database, connection, task["names"], task["sources"])
    database.close()
    _write_index(connection, task["names"], Path(task["index"]))


CJK = r"[\x{3400}-\x{9FFF}\x{20000}-\x{323AF}\x{F900}-\x{FAFF}]"
"""RE2's form of :func:`kgmed.kg.linking.normalize.is_cjk`: each such character is a token."""


def _fill(database: sqlite3.Connection, table: str, reader: pa.RecordBatchReader) -> None:
    marks = ", ".join("?" * len(reader.schema))
    database.execute("BEGIN")
    for batch in reader:
        database.executemany(f"INSERT INTO {table} VALUES ({marks})", _rows(batch))
    database.execute("COMMIT")


def _rows(batch: pa.RecordBatch) -> Iterator[tuple[Any, ...]]:
    """A batch's rows as tuples, by way of NumPy: three times faster than ``to_pylist``.

    A column with nulls takes the slow way, as NumPy would turn its numbers into floats.
    """
    columns = (
        column.to_pylist() if column.null_count else column.to_numpy(zero_copy_only=False).tolist()
        for column in batch.columns
    )
    return zip(*columns, strict=True)


def _fill_mappings(
    database: sqlite3.Connection, connection: duckdb.DuckDBPyConnection, mappings: str
) -> None:
    """A compressed list of mapping rows per concept: they are read together or not at all."""
    fields = ", ".join(MAPPING_FIELDS)
    reader = _reader(
        connection,
        f"""SELECT cid, {fields} FROM (
              SELECT subject_cid AS cid, * FROM read_parquet($1) WHERE subject_cid IS NOT NULL
              UNION ALL SELECT object_cid, * FROM read_parquet($1)
              WHERE object_cid IS NOT NULL AND object_cid IS DISTINCT FROM subject_cid)
            ORDER BY cid, {fields}""",
        mappings,
    )
    rows = (row for batch in reader for row in _rows(batch))
    database.execute("BEGIN")
    database.executemany(
        "INSERT INTO mapping VALUES (?, ?)",
        (
            (cid, pack([row[1:] for row in group]))
            for cid, group in groupby(rows, key=lambda row: row[0])
        ),
    )
    database.execute("COMMIT")


def _fill_paths(
    database: sqlite3.Connection, connection: duckdb.DuckDBPyConnection, paths: str
) -> None:
    query = 'SELECT start, "end", path, steps FROM read_parquet(?) ORDER BY 1, 2, 3'
    database.execute("BEGIN")
    for batch in _reader(connection, query, paths):
        rows = zip(*(column.to_pylist() for column in batch.columns), strict=True)
        database.executemany(
            "INSERT INTO path VALUES (?, ?, ?, ?)",
            ((start, end, path, pack(json.loads(steps))) for start, end, path, steps in rows),
        )
    database.execute("COMMIT")


SPACED_KEYS = f"""SELECT nid, CASE WHEN regexp_full_match(key, '[ -~]*') THEN key
                             ELSE regexp_replace(key, '{CJK}', ' \\0 ', 'g') END AS key
                  FROM read_parquet(?)"""
"""The names' numbers and keys, each Chinese character a token of its own."""


def _write_index(connection: duckdb.DuckDBPyConnection, names: str, path: Path) -> None:
    """The index by hash; a name with a hyphen between letters is there as one word, too."""
    spaced = f"""SELECT nid, CASE WHEN regexp_full_match(key, '[ -~]*') THEN key ELSE
                   trim(regexp_replace(regexp_replace(key, '{CJK}', ' \\0 ', 'g'), ' +', ' ', 'g'))
                   END AS spaced FROM read_parquet(?)"""
    joined = f"""SELECT nid, {ASCII_KEY_SQL.format("replace(text, '-', '')")} AS spaced
                 FROM read_parquet(?)
                 WHERE contains(text, '-') AND regexp_matches(text, '[A-Za-z]-[A-Za-z]')
                   AND regexp_full_match(text, '[ -~]*')"""
    readers = (_reader(connection, query, names) for query in (spaced, joined))
    write_index(chain.from_iterable(readers), path)


def _fill_full_text(
    database: sqlite3.Connection, connection: duckdb.DuckDBPyConnection, names: str
) -> None:
    database.execute("INSERT INTO fts(fts, rank) VALUES('automerge', 0)")
    _fill(database, "fts(rowid, t)", _reader(connection, SPACED_KEYS, names))
    database.execute("INSERT INTO fts(fts) VALUES('optimize')")
    database.execute("BEGIN")
    vocabulary = database.execute(
        "SELECT term FROM vocabulary WHERE length(term) >= ?", (FUZZY_MIN_LENGTH,)
    ).fetchall()
    database.executemany(
        "INSERT INTO trigram(t) VALUES (?)",
        (row for row in vocabulary if not is_cjk(row[0][0]) and not row[0].isdigit()),
    )
    database.execute("COMMIT")
    database.execute("INSERT INTO trigram(trigram) VALUES('optimize')")
