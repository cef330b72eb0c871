"""A graph's mappings as an SSSOM TSV: streamed, with licences respected and metadata embedded.

Follows https://mapping-commons.github.io/sssom/spec-formats-tsv/ (SSSOM 1.0, fields of 1.1). Each
row keeps its publisher (``mapping_provider``), its licence, and in ``comment`` what identity made
of it. What the licence of a source doesn't let pass on is left out, counted, unless it is named.
There is no date in the file: the same snapshot gives the same bytes.
"""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import IO, TYPE_CHECKING, cast

from kgmed.builders.sssom.convert import INFORES, STATUSES
from kgmed.builders.sssom.files import OF_KGMED
from kgmed.kg.curies import PREFIXES
from kgmed.kg.errors import UsageError
from kgmed.kg.iris import BIOREGISTRY, OWN, expansion
from kgmed.kg.licences import licence
from kgmed.kg.mapping_set import LeftOut, MappingsWritten
from kgmed.kg.quiet import no_progress_bar
from kgmed.kg.views.licensing import Terms, tier

if TYPE_CHECKING:
    import duckdb

    from kgmed.kg.store.base import GraphInfo

CLAIMS = ("merged", "related", "negative")
COLUMNS = (
    "subject_id", "subject_label", "predicate_id", "predicate_modifier", "object_id",
    "object_label", "mapping_justification", "confidence", "subject_source", "object_source",
    "mapping_provider", "license", "comment",
)  # fmt: skip
UNSPECIFIED = "https://w3id.org/sssom/license/unspecified"
BATCH_ROWS = 100_000
_NO_URI = r"[^A-Za-z0-9._~:/?#@!$&()*+,;=-]"


def write_mappings(
    table: Path,
    out: Path,
    info: GraphInfo,
    *,
    statuses: Sequence[str] = CLAIMS,
    prefixes: Sequence[str] = (),
    allow: Sequence[str] = (),
) -> MappingsWritten:
    """Write ``tables/mappings.parquet`` to ``out``: ``.tsv``, or ``.tsv.gz``.

    ``prefixes`` keeps mappings with an end of one of them. ``allow`` names licences or sources
    whose mappings may leave though they aren't open. Memory is that of a batch. Raises
    :class:`~kgmed.kg.errors.UsageError` for a status, a licence or a file that can't be.
    """
    import duckdb

    _check(statuses, out)
    chosen = Terms([(row.infores, row.licence) for row in info.sources], allow)
    terms = chosen.of_source
    open_sources = [source for source in terms if chosen.lets_source(source)]
    with duckdb.connect() as connection:
        no_progress_bar(connection)
        connection.execute("SET threads = 1")  # rows stream in the table's order
        ends = "split_part(subject, ':', 1) IN ({0}) OR split_part(object, ':', 1) IN ({0})"
        kept = ends.format(_quoted(prefixes)) if prefixes else "true"
        connection.execute(f"""
            CREATE VIEW chosen AS
            SELECT *, source IN ({_quoted(open_sources)}) AS passes,
                   {_case(terms, _provider, "")} AS provider,
                   {_case(terms, lambda source: _url(terms[source]), UNSPECIFIED)} AS licence
            FROM read_parquet('{str(table).replace("'", "''")}')
            WHERE status IN ({_quoted(statuses)}) AND ({kept})""")
        counts = connection.execute(
            "SELECT source, status, passes, count(*) FROM chosen GROUP BY ALL ORDER BY ALL"
        ).fetchall()
        written = [(source, status, n) for source, status, passes, n in counts if passes]
        held = _sums((source, n) for source, _, passes, n in counts if not passes)
        used = sorted({id for source, _, _ in written for id in terms.get(source, ())})
        rows = sum(n for _, _, n in written)
        head = _metadata(connection, info, used)
        _stream(connection, out, head)
    return MappingsWritten(
        str(out),
        rows,
        _sums((status, n) for _, status, n in written),
        _sums((source, n) for source, _, n in written),
        tuple(used),
        tuple(
            LeftOut(source, chosen.text(source), tier(chosen.text(source)), n)
            for source, n in held.items()
        ),
        info.snapshot,
    )


def _check(statuses: Sequence[str], out: Path) -> None:
    for status in statuses:
        if status not in STATUSES:
            raise UsageError(f"Found status {status!r}, expected one of: {', '.join(STATUSES)}.")
    if not out.parent.is_dir():
        raise UsageError(f"{out}: there is no folder {out.parent}.")
    if out.name.removesuffix(".gz").rpartition(".")[2] != "tsv":
        raise UsageError(f"Found the file {out.name!r}, expected one ending in .tsv or .tsv.gz.")


def _url(ids: Sequence[str]) -> str:
    """One licence's URL; rows under several, or under one that kgmed doesn't know, state none."""
    return (licence(ids[0]).url if len(ids) == 1 else "") or UNSPECIFIED


def _provider(source: str) -> str:
    name = source.removeprefix("infores:")
    return f"{INFORES}{name}" if name != source else ""


def _sums(pairs: Iterable[tuple[str, int]]) -> dict[str, int]:
    found: dict[str, int] = {}
    for name, n in pairs:
        found[name] = found.get(name, 0) + n
    return dict(sorted(found.items()))


def _case(sources: Iterable[str], of: Callable[[str], str], otherwise: str) -> str:
    """SQL: what is said of a row's source. A join would hold the large side in memory."""
    cases = " ".join(f"WHEN {_quoted([name])} THEN {_quoted([of(name)])}" for name in sources)
    return f"CASE source {cases} ELSE '{otherwise}' END"


def _quoted(values: Iterable[str]) -> str:
    return ", ".join("'" + value.replace("'", "''") + "'" for value in values) or "''"


def _metadata(
    connection: duckdb.DuckDBPyConnection, info: GraphInfo, licences: Sequence[str]
) -> list[str]:
    from importlib.metadata import version

    prefixes = [
        row[0]
        for row in connection.execute("""
            SELECT DISTINCT split_part(unnest([subject, object, predicate, justification]), ':', 1)
              AS prefix FROM chosen WHERE passes ORDER BY 1""").fetchall()
    ]
    used = sorted({*prefixes, "semapv", "bioregistry"} - {""})
    maps = {name: f"{BIOREGISTRY}" if name == "bioregistry" else expansion(name) for name in used}
    return [
        "#curie_map:",
        *(f'#  {name}: "{uri}"' for name, uri in maps.items()),
        f'#license: "{_url(licences)}"',
        f'#mapping_set_id: "{OF_KGMED}{info.snapshot}"',
        '#mapping_set_title: "Mappings of a kgmed graph"',
        f'#mapping_set_version: "{info.snapshot[:16]}"',
        '#mapping_tool: "kgmed"',
        f'#mapping_tool_version: "{version("kgmed")}"',
        '#sssom_version: "1.0"',
    ]


def _cell(expression: str) -> str:
    """SQL: the value, in quotes where RFC 4180 asks for them."""
    return (
        f"CASE WHEN regexp_matches({expression}, '[\\t\\r\\n\"]')"
        f" THEN '\"' || replace({expression}, '\"', '\"\"') || '\"' ELSE {expression} END"
    )


def _curie(column: str) -> str:
    """SQL: an id, percent-encoded where it holds what no URI may: SSSOM wants 感冒 so."""
    encoded = (
        f"split_part({column}, ':', 1) || ':' ||"
        f" url_encode(substr({column}, strpos({column}, ':') + 1))"
    )
    return f"CASE WHEN regexp_matches({column}, '{_NO_URI}') THEN {encoded} ELSE {column} END"


def _stream(connection: duckdb.DuckDBPyConnection, out: Path, head: Sequence[str]) -> None:
    registered = _quoted(name for name in PREFIXES if name not in OWN)
    source = (
        "CASE WHEN split_part({0}, ':', 1) IN (" + registered + ")"
        " THEN 'bioregistry:' || split_part({0}, ':', 1) ELSE '' END"
    )
    cells = (
        _curie("subject"), _cell("subject_label"), _cell("predicate"), "modifier",
        _curie("object"), _cell("object_label"),
        "CASE WHEN justification = '' THEN 'semapv:UnspecifiedMatching' ELSE justification END",
        "coalesce(CAST(round(confidence, 4) AS VARCHAR), '')",
        source.format("subject"), source.format("object"), "provider", "licence",
        _cell("status || CASE WHEN reason = '' THEN '' ELSE ': ' || reason END"),
    )  # fmt: skip
    lines = connection.sql(
        f"SELECT concat_ws(chr(9), {', '.join(cells)}) AS line FROM chosen WHERE passes"
    ).to_arrow_reader(BATCH_ROWS)
    partial = out.with_name(f".{out.name}.partial")
    try:
        with ExitStack() as stack:
            file = cast("IO[bytes]", stack.enter_context(partial.open("wb")))
            if out.name.endswith(".gz"):
                file = cast(
                    "IO[bytes]",
                    stack.enter_context(gzip.GzipFile("", "wb", 6, file, mtime=0)),
                )
            file.write(("\n".join([*head, "\t".join(COLUMNS)]) + "\n").encode())
            for batch in lines:
                if batch.num_rows:
                    file.write(("\n".join(batch.column(0).to_pylist()) + "\n").encode())
        partial.replace(out)
    except OSError as error:
        raise UsageError(f"{out}: can't be written ({error.strerror or error}).") from error
    finally:
        if partial.exists():
            partial.unlink()
