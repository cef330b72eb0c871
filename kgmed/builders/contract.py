"""What every source must keep to, built-in or not, as one check that any test can run.

    def test_my_source() -> None:
        assert violations(lambda: MySource("fixture.csv")) == []

It reads the source three times, so give it a small file.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from kgmed.builders.source import TABLES, Source, TableName, schema_of
from kgmed.kg.curies import normalize
from kgmed.kg.errors import CurieError
from kgmed.kg.model import canonical_qualifiers
from kgmed.kg.store.names import NAME_KINDS

if TYPE_CHECKING:
    import pyarrow as pa

MAX_BATCH_ROWS = 65_536
"""A batch may have so many rows: memory is bounded by the batch, not by the file."""

ID_COLUMNS: dict[TableName, tuple[str, ...]] = {
    "concepts": ("id",),
    "names": ("id",),
    "statements": ("subject", "object"),
    "mappings": ("subject", "object"),
    "paths": ("start", "end", "subject", "object"),
}
VALUE_TYPES = ("text", "number", "date")
_LISTED = 3


def violations(
    make: Callable[[], Source], *, change: Callable[[], None] | None = None
) -> list[str]:
    """What a source does that it mustn't, one line each; none for a good source.

    ``make`` makes the source anew from the same files. ``change`` changes a byte of them that the
    source reads, after everything else is checked.
    """
    source, again = make(), make()
    if not isinstance(source, Source):
        return [f"{type(source).__name__} lacks info, tallies, findings, fingerprint or batches"]
    found = list(_info(source))
    before = source.fingerprint()
    if before != again.fingerprint():
        found.append("fingerprint: two sources of the same files differ")
    read: dict[TableName, pa.Table] = {}
    for table in TABLES:
        read[table], problems = _read(source, table)
        found += problems
        found += _rows(table, read[table])
    found += _tallies(source)
    for table in TABLES:
        for other, how in ((again, "a source made anew"), (source, "a second reading")):
            if not _read(other, table)[0].equals(read[table]):
                found.append(f"{table}: {how} gives other rows, or another order")
    if again.tallies != source.tallies:
        found.append("tallies: a second reading counts otherwise")
    if source.fingerprint() != before:
        found.append("fingerprint: it changes by reading")
    if change is not None:
        change()
        if make().fingerprint() == before:
            found.append("fingerprint: it stays although a file's bytes changed")
    return found


def _info(source: Source) -> Iterator[str]:
    info = source.info
    if not info.infores.startswith("infores:") or len(info.infores.split()) != 1:
        yield f"info.infores: found {info.infores!r}, expected an id such as infores:my-source"
    for name in ("name", "release", "licence"):
        if not getattr(info, name):
            yield f"info.{name} is empty"


def _read(source: Source, table: TableName) -> tuple[pa.Table, list[str]]:
    import pyarrow as pa

    batches, found = [], []
    for batch in source.batches(table):
        if batch.schema != schema_of(source, table):
            found.append(f"{table}: a batch has another schema than kgmed.builders.source.schema")
            continue
        if batch.num_rows > MAX_BATCH_ROWS:
            found.append(
                f"{table}: a batch of {batch.num_rows:,} rows, expected <= {MAX_BATCH_ROWS:,}"
            )
        batches.append(batch)
    return pa.Table.from_batches(batches, schema_of(source, table)), list(dict.fromkeys(found))


def _rows(table: TableName, rows: pa.Table) -> Iterator[str]:
    for name in rows.column_names:
        if rows.column(name).null_count and name != "confidence":
            yield f"{table}.{name}: nulls, expected '' or []"
            return
    records = rows.to_pylist()
    for name in ID_COLUMNS[table]:
        empty = name == "object" and table == "statements"
        ids = dict.fromkeys(record[name] for record in records)
        yield from _some(
            f"{table}.{name} isn't a CURIE as kgmed writes it",
            (id for id in ids if not (_is_curie(id) or (empty and not id))),
        )
    checks: dict[TableName, dict[str, Callable[[dict[str, Any]], bool]]] = {
        "names": {
            "a name without text or language": lambda r: bool(r["text"].strip() and r["language"]),
            f"a kind other than {', '.join(NAME_KINDS)}": lambda r: r["kind"] in NAME_KINDS,
        },
        "statements": {
            "no predicate": lambda r: bool(r["predicate"]),
            "neither an object nor a value, or both": lambda r: (
                bool(r["object"]) != bool(r["value"])
            ),
            "a value_type that doesn't fit": lambda r: (
                r["value_type"] in VALUE_TYPES if r["value"] else not r["value_type"]
            ),
            "qualifiers that aren't canonical": lambda r: _is_canonical(r["qualifiers"]),
        },
        "mappings": {
            "a predicate that isn't a CURIE": lambda r: ":" in r["predicate"],
            "a modifier other than Not": lambda r: r["modifier"] in {"", "Not"},
            "a confidence that isn't 0-1": lambda r: (
                r["confidence"] is None or 0 <= r["confidence"] <= 1
            ),
        },
    }
    for what, holds in checks.get(table, {}).items():
        yield from _some(f"{table}: {what}", (str(r) for r in records if not holds(r)))


def _some(what: str, wrong: Iterator[str]) -> Iterator[str]:
    shown = [text for _, text in zip(range(_LISTED), wrong, strict=False)]
    if shown:
        yield f"{what}: {'; '.join(shown)}"


def _is_curie(text: str) -> bool:
    try:
        return normalize(text) == text and len(text.split()) == 1
    except CurieError:
        return False


def _is_canonical(text: str) -> bool:
    try:
        return not text or canonical_qualifiers(json.loads(text)) == text
    except (ValueError, TypeError):
        return False


def _tallies(source: Source) -> Iterator[str]:
    if not source.tallies:
        yield "tallies: none, expected one per file or table"
    for file, tally in source.tallies.items():
        if not tally.adds_up:
            skipped = sum(tally.skipped.values())
            yield (
                f"tallies: {file}: read {tally.read} isn't kept {tally.kept} + skipped {skipped}"
            )
    for kind, rows in source.findings.items():
        if not all(isinstance(text, str) for row in rows for text in row.values()):
            yield f"findings: {kind}: a row has values that aren't texts"
