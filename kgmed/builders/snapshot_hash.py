"""The hash of a snapshot: of what its tables say, whatever the order and the files' bytes."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from kgmed.kg.store.csr import DETAIL_FIELDS

if TYPE_CHECKING:
    import duckdb

_HASHED = {
    "concepts": "id, array_to_string(categories, '|'), array_to_string(equivalent_ids, '|'),"
    " array_to_string(sources, '|')",
    "names": "cid, text, language, kind, source",
    "statements": "s, p, o, profile, hex(id), " + ", ".join(DETAIL_FIELDS),
    "values": "s, p, profile, hex(id), value_type, value, unit, value_language, "
    + ", ".join(DETAIL_FIELDS),
    "mappings": "subject, predicate, object, modifier, justification, confidence, source,"
    " subject_label, object_label, status, reason",
    "paths": 'start, "end", path, steps',
}


def snapshot_hash(connection: duckdb.DuckDBPyConnection, tables: Path, configuration: str) -> str:
    """An order-free hash of the logical rows and the configuration, 64 hexadecimal digits.

    Per table, the rows' MD5 numbers are summed modulo 2^128; the sums and the configuration are
    hashed with SHA-256. Never the bytes of files: compression and page layout don't count.
    """
    digest = hashlib.sha256(configuration.encode())
    for table, columns in _HASHED.items():
        row = f"concat_ws(chr(31), {columns})"
        low, high, count = connection.execute(
            f"SELECT coalesce(sum(md5_number_lower({row})::HUGEINT), 0),"
            f" coalesce(sum(md5_number_upper({row})::HUGEINT), 0), count(*) FROM read_parquet(?)",
            [str(tables / f"{table}.parquet")],
        ).fetchall()[0]
        total = (int(low) + (int(high) << 64)) % (1 << 128)
        digest.update(f"{table} {count} {total:032x}\n".encode())
    return digest.hexdigest()
