"""A whole graph as an RDF file, streamed: N-Quads, N-Triples, TriG or Turtle.

DuckDB puts the text of N-Quads and N-Triples together (:mod:`kgmed.kg.views.rdf_sql`), and its
buffers go to the file as they are. TriG and Turtle are what pyoxigraph makes of that stream. What a
licence doesn't let pass on is left out, counted, unless it is named. The same snapshot gives the
same rows, in no order.
"""

from __future__ import annotations

import io
import json
import zlib
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, cast

from kgmed.kg.errors import MissingExtra, UsageError
from kgmed.kg.mapping_set import LeftOut
from kgmed.kg.views import rdf_terms as terms
from kgmed.kg.views.licensing import Terms, tier
from kgmed.kg.views.rdf_provenance import lines, provenance
from kgmed.kg.views.rdf_sql import Lines
from kgmed.kg.views.tables import DEFAULT_MEMORY, RAW, Tables
from kgmed.kg.views.written import RdfWritten

if TYPE_CHECKING:
    from kgmed.kg.store.base import GraphInfo
    from kgmed.kg.store.snapshot import Snapshot

FORMATS = {"nquads": ".nq", "ntriples": ".nt", "trig": ".trig", "turtle": ".ttl"}
"""Format -> the ending of its files."""
PARTS = ("concepts", "names", "statements", "values", "mappings", "paths")
WITH_GRAPHS = ("nquads", "trig")
BATCH_ROWS = 20_000
_CHUNK = 4 << 20
_LEVEL = 3
_WAITING = 4


def write_rdf(
    snapshot: Snapshot,
    out: Path,
    info: GraphInfo,
    *,
    format: str = "",
    plain: bool = False,
    allow: Sequence[str] = (),
    memory: str = DEFAULT_MEMORY,
    progress: Callable[[str], None] = lambda _text: None,
) -> RdfWritten:
    """Write a snapshot as RDF; ``format`` is told by the file's ending where it isn't given.

    A name ending in ``.gz`` is compressed. ``plain`` writes the triples alone, without the
    resources that hold a statement's or mapping's details: a smaller file, which can't be read
    back. ``allow`` names licences or sources that aren't open and may leave. Raises
    :class:`~kgmed.kg.errors.UsageError`, and :class:`~kgmed.kg.errors.MissingExtra` for TriG or
    Turtle without pyoxigraph.
    """
    format = format_of(out, format)
    chosen = Terms([(row.infores, row.licence) for row in info.sources], allow)
    quads = format in WITH_GRAPHS
    text = format in {"nquads", "ntriples"}
    if not text:
        _pyoxigraph()
    partial = out.with_name(f".{out.name}.partial")
    rows = Counter(dict.fromkeys(PARTS, 0))
    try:
        with ExitStack() as stack:
            tables = stack.enter_context(Tables(snapshot, memory=memory, ordered=False))
            queries = Lines(tables.connection, chosen, info.snapshot, quads=quads, plain=plain)
            kept, left_out = _counts(tables, queries)
            parts = _parts(tables, queries, info, kept=kept, rows=rows, progress=progress)
            file = cast("IO[bytes]", stack.enter_context(partial.open("wb")))
            target: IO[bytes] = file
            if out.name.endswith(".gz"):
                target = cast("IO[bytes]", stack.enter_context(_Gzip(file)))
            count = _copy(parts, target) if text else _convert(parts, target, format)
        size = partial.stat().st_size
        partial.replace(out)
    except OSError as error:
        raise UsageError(f"{out}: can't be written ({error.strerror or error}).") from error
    finally:
        partial.unlink(missing_ok=True)
    used = {id for _source, _release, ids in kept for id in ids.split(" AND ")}
    return RdfWritten(
        str(out), format, dict(rows), count, size, tuple(sorted(used)), left_out, info.snapshot
    )


def format_of(out: Path, format: str) -> str:
    """The format of a file: the one given, else by its ending. Raises ``UsageError``."""
    if not out.parent.is_dir():
        raise UsageError(f"{out}: there is no folder {out.parent}.")
    if not format:
        ending = Path(out.name.removesuffix(".gz")).suffix
        found = [name for name, its in FORMATS.items() if its == ending]
        format = found[0] if found else ""
        if not format:
            raise UsageError(
                f"Found the file {out.name!r}, expected one ending in"
                f" {', '.join(FORMATS.values())}, or --format."
            )
    if format not in FORMATS:
        raise UsageError(f"Found format {format!r}, expected one of: {', '.join(FORMATS)}.")
    return format


def _counts(
    tables: Tables, queries: Lines
) -> tuple[list[tuple[str, str, str]], tuple[LeftOut, ...]]:
    """The graphs whose statements leave, and the rows that don't, by source and licence."""
    c = tables.connection
    statements = c.execute(f"""
        SELECT primary_knowledge_source, release, licence, passes, count(*)
        FROM {RAW}rows JOIN {RAW}profile USING (profile) JOIN rdf_profile USING (profile)
        GROUP BY ALL ORDER BY ALL""").fetchall()
    kept = [(source, release, id) for source, release, id, passes, _ in statements if passes]
    held: Counter[tuple[str, str]] = Counter()
    for source, _release, id, passes, n in statements:
        held[source, id] += 0 if passes else n
    if not queries.everything:
        for source, n in c.execute(f"""
                SELECT source, count(*) FROM (
                  SELECT source FROM {RAW}names UNION ALL SELECT source FROM {RAW}mappings)
                JOIN rdf_source USING (source) WHERE NOT passes GROUP BY 1""").fetchall():
            held[source, queries.terms_of.text(source)] += n
    left = tuple(LeftOut(source, id, tier(id), n) for (source, id), n in sorted(held.items()) if n)
    return sorted(set(kept)), left


def _parts(
    tables: Tables,
    queries: Lines,
    info: GraphInfo,
    *,
    kept: Sequence[tuple[str, str, str]],
    rows: Counter[str],
    progress: Callable[[str], None],
) -> Iterator[Any]:
    """The file's bytes, in buffers; ``rows`` are counted meanwhile."""
    said = provenance(info, kept, predicates=_names(info.predicates), categories=info.categories)
    yield lines(said, terms.PROVENANCE if queries.quads else "").encode()
    for part, parts in queries.queries().items():
        progress(part)
        for query in parts:
            for batch in tables.connection.sql(query).to_arrow_reader(BATCH_ROWS):
                if batch.num_rows:
                    rows[part] += batch.num_rows if part != "concepts" else 0
                    yield _text(batch.column(0))
    rows["concepts"] = int(
        tables.connection.execute("SELECT count(*) FROM rdf_concept").fetchall()[0][0]
    )
    if not queries.plain:
        text, rows["paths"] = _paths(tables, queries)
        yield text.encode()


def _names(predicates: Any) -> set[str]:
    return {name.removeprefix("not ") for name in predicates}


def _text(column: Any) -> memoryview:
    """The bytes of a text column's values, one after the other, as they lie in memory."""
    import numpy as np

    _valid, offsets, data = column.buffers()
    width = np.int64 if str(column.type).startswith("large") else np.int32
    places = np.frombuffer(offsets, width)[column.offset : column.offset + len(column) + 1]
    return memoryview(data)[int(places[0]) : int(places[-1])]


def _paths(tables: Tables, queries: Lines) -> tuple[str, int]:
    """The sources' own paths, those of which every statement leaves."""
    c = tables.connection
    found = c.execute(f"""
        SELECT p.path, s.iri, e.iri, p.steps FROM {RAW}paths p
        JOIN rdf_concept s ON s.cid = p."start" JOIN rdf_concept e ON e.cid = p."end"
        ORDER BY ALL""").fetchall()
    if not queries.everything:
        ids = {bytes.fromhex(id) for row in found for line in json.loads(row[3]) for id, _ in line}
        import pyarrow as pa

        c.register("rdf_steps", pa.table({"id": pa.array(sorted(ids), pa.binary())}))
        passed = {
            bytes(row[0]).hex()
            for row in c.execute(f"""
                SELECT id FROM {RAW}rows SEMI JOIN rdf_steps USING (id)
                JOIN rdf_profile USING (profile) WHERE passes""").fetchall()
        }
        found = [
            row
            for row in found
            if all(id in passed for line in json.loads(row[3]) for id, _way in line)
        ]
    text = "".join(
        lines(path_quads(path, start, end, steps), _graph(queries))
        for path, start, end, steps in found
    )
    return text, len(found)


def _graph(queries: Lines) -> str:
    return queries.own.strip(" <>.\n") if queries.quads else ""


def path_quads(path: str, start: str, end: str, steps: str) -> Iterator[tuple[str, str, str]]:
    """A source's own path; ``start`` and ``end`` as N-Quads writes them."""
    from hashlib import md5

    key = md5("\x1f".join((path, start, end, steps)).encode(), usedforsecurity=False).hexdigest()
    this = f"<{terms.PATH}{key}>"
    yield this, f"<{terms.RDF}type>", f"<{terms.KGMED}CuratedPath>"
    yield this, f"<{terms.KGMED}record>", terms.literal(path)
    yield this, f"<{terms.KGMED}start>", start
    yield this, f"<{terms.KGMED}end>", end
    yield this, f"<{terms.KGMED}steps>", terms.literal(steps)


def _copy(parts: Iterator[Any], target: IO[bytes]) -> int:
    import numpy as np

    count = 0
    for part in parts:
        target.write(part)
        count += int(np.count_nonzero(np.frombuffer(part, np.uint8) == 10))
    return count


def _convert(parts: Iterator[Any], target: IO[bytes], format: str) -> int:
    """Write TriG or Turtle through pyoxigraph."""
    pyoxigraph = _pyoxigraph()
    formats = pyoxigraph.RdfFormat
    graphs = format in WITH_GRAPHS
    count = 0

    def counted() -> Iterator[Any]:
        nonlocal count
        source = cast("IO[bytes]", io.BufferedReader(_Stream(parts), 1 << 20))
        given = formats.N_QUADS if graphs else formats.N_TRIPLES
        for quad in pyoxigraph.parse(source, format=given):
            count += 1
            yield quad if graphs else quad.triple

    pyoxigraph.serialize(
        counted(),
        output=target,
        format=formats.TRIG if graphs else formats.TURTLE,
        prefixes=terms.PREFIXES_OF_FILES,
    )
    return count


def _pyoxigraph() -> Any:
    try:
        import pyoxigraph
    except ImportError as error:
        raise MissingExtra("pyoxigraph", "rdf") from error
    return pyoxigraph


class _Stream(io.RawIOBase):
    """An iterator of buffers as a file that can be read."""

    def __init__(self, parts: Iterator[Any]) -> None:
        self._parts = parts
        self._rest = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not len(self._rest):
            part = next(self._parts, None)
            if part is None:
                return 0
            self._rest = memoryview(part).cast("B")
        size = min(len(buffer), len(self._rest))
        buffer[:size] = self._rest[:size]
        self._rest = self._rest[size:]
        return size


class _Gzip(io.RawIOBase):
    """Compresses chunks in threads, each a gzip member of its own (RFC 1952, section 2.2)."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._chunk = bytearray()
        self._pool = ThreadPoolExecutor()
        self._waiting: deque[Future[bytes]] = deque()

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._chunk += data
        if len(self._chunk) >= _CHUNK:
            self._send()
        return len(data)

    def _send(self) -> None:
        self._waiting.append(self._pool.submit(_compressed, bytes(self._chunk)))
        self._chunk.clear()
        while len(self._waiting) > _WAITING:
            self._file.write(self._waiting.popleft().result())

    def close(self) -> None:
        if self.closed:
            return
        try:
            self._send()
            while self._waiting:
                self._file.write(self._waiting.popleft().result())
        finally:
            self._pool.shutdown(cancel_futures=True)
            super().close()


def _compressed(data: bytes) -> bytes:
    packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, 31)
    return packer.compress(data) + packer.flush()
