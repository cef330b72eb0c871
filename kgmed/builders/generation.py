"""From merged tables to a published generation: CSR, names, coverage, manifest.

The last part of every build, apart from :mod:`kgmed.builders.pipeline` because the benchmark of
the store comes in here, with tables of its own making.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kgmed.builders.coverage import coverage
from kgmed.builders.snapshot_hash import snapshot_hash
from kgmed.builders.source import SourceInfo
from kgmed.kg.store.snapshot import FORMAT, Snapshot, publish
from kgmed.kg.store.write import write_csr, write_names

if TYPE_CHECKING:
    import duckdb

Progress = Callable[[str], None]


def finish_generation(
    connection: duckdb.DuckDBPyConnection,
    root: Path,
    folder: Path,
    *,
    sources: Sequence[SourceInfo],
    configuration: str,
    inputs: str = "",
    progress: Progress = lambda _text: None,
    complete: Callable[[Snapshot], None] = lambda _snapshot: None,
) -> Snapshot:
    """Write everything beside ``folder/tables`` and publish the generation.

    The connection holds ``predicate_code(p, predicate, negated)`` and ``profile_code(profile,
    primary_knowledge_source, release, licence, original_predicate, knowledge_level, agent_type)``.
    ``inputs`` is a digest of all that the build read, '' where it isn't known. ``complete`` gets
    the generation as it will be published, and may write further files into it.
    """
    tables = folder / "tables"
    connection.execute("SET preserve_insertion_order = true")  # the tables are sorted already

    def rows(query: str, *parameters: object) -> list[tuple[Any, ...]]:
        return connection.execute(query, list(parameters)).fetchall()

    def count(name: str) -> int:
        return int(
            rows("SELECT count(*) FROM read_parquet(?)", str(tables / f"{name}.parquet"))[0][0]
        )

    counts = {
        name: count(name)
        for name in ("concepts", "names", "statements", "values", "mappings", "paths")
    }
    predicates = rows("SELECT predicate, negated FROM predicate_code ORDER BY p")
    profiles = rows(
        "SELECT primary_knowledge_source, release, licence, original_predicate, knowledge_level,"
        " agent_type FROM profile_code ORDER BY profile"
    )
    name_sources = [
        row[0]
        for row in rows(
            "SELECT DISTINCT source FROM read_parquet(?) ORDER BY 1", str(tables / "names.parquet")
        )
    ]
    progress("adjacency")
    arrays = write_csr(connection, folder, concepts=counts["concepts"], edges=counts["statements"])
    write_names(connection, folder, sources=name_sources, progress=progress)
    progress("coverage")
    text = json.dumps(coverage(connection, folder), ensure_ascii=False, indent=0)
    (folder / "coverage.json").write_text(text, encoding="utf-8")
    progress("snapshot hash")
    dictionaries = json.dumps([predicates, profiles], ensure_ascii=False)
    manifest = {
        "snapshot": snapshot_hash(connection, tables, configuration + dictionaries),
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "counts": counts,
        "predicates": [[name, bool(negated)] for name, negated in predicates],
        "profiles": [list(row) for row in profiles],
        "name_sources": name_sources,
        "arrays": arrays,
        "sources": _source_rows(connection, folder, sources),
        "built_from": len(sources),
        "inputs": inputs,
        **_tallies(connection, folder),
    }
    unpublished = {**manifest, "format": FORMAT, "files": {}}
    complete(Snapshot(root, folder, unpublished, verified=True))
    progress("checksums")
    return publish(root, folder, manifest)


def _all_statements(folder: Path) -> str:
    def parquet(name: str) -> str:
        return "read_parquet('" + str(folder / "tables" / name).replace("'", "''") + "')"

    return f"""(SELECT s, p, o, profile FROM {parquet("statements.parquet")}
                UNION ALL SELECT s, p, NULL AS o, profile FROM {parquet("values.parquet")})"""


def _source_rows(
    connection: duckdb.DuckDBPyConnection, folder: Path, sources: Sequence[SourceInfo]
) -> list[dict[str, object]]:
    statements = {
        (source, release, licence): n
        for source, release, licence, n in connection.execute(f"""
            SELECT f.primary_knowledge_source, f.release, f.licence, count(*)
            FROM {_all_statements(folder)} t JOIN profile_code f USING (profile)
            GROUP BY 1, 2, 3""").fetchall()
    }
    path = str(folder / "tables" / "concepts.parquet")
    concepts = dict(
        connection.execute(
            "SELECT source, count(*) FROM (SELECT unnest(sources) AS source FROM read_parquet(?))"
            " GROUP BY 1",
            [path],
        ).fetchall()
    )
    return source_rows(sources, statements, concepts)


def source_rows(
    sources: Sequence[SourceInfo],
    statements: Mapping[tuple[str, str, str], int],
    concepts: Mapping[str, int],
) -> list[dict[str, object]]:
    """The manifest's sources: those of the build in order, then those that statements name.

    ``statements`` counts by (source, release, licence), ``concepts`` by source.
    """
    statements = dict(statements)
    known = {info.infores for info in sources}
    rows = [
        {
            "infores": info.infores,
            "name": info.name,
            "release": info.release,
            "licence": info.licence,
            "attribution": info.attribution,
            "concepts": concepts.get(info.infores, 0),
            "statements": statements.pop((info.infores, info.release, info.licence), 0),
        }
        for info in sources
    ]
    rows += [
        {
            "infores": source,
            "name": source.removeprefix("infores:"),
            "release": release,
            "licence": licence,
            "attribution": "",
            "concepts": 0 if source in known else concepts.get(source, 0),
            "statements": n,
        }
        for (source, release, licence), n in sorted(statements.items())
    ]
    return rows


def _tallies(connection: duckdb.DuckDBPyConnection, folder: Path) -> dict[str, dict[str, int]]:
    def counts(query: str) -> dict[str, int]:
        return dict(connection.execute(query).fetchall())

    concepts = str(folder / "tables" / "concepts.parquet").replace("'", "''")
    everything = _all_statements(folder)
    return {
        "predicate_counts": counts(f"""
            SELECT CASE WHEN negated THEN 'not ' ELSE '' END || predicate AS name, count(*) AS n
            FROM {everything} t JOIN predicate_code USING (p) GROUP BY 1 ORDER BY 2 DESC, 1"""),
        "licence_counts": counts(f"""
            SELECT licence, count(*) AS n FROM {everything} t JOIN profile_code USING (profile)
            GROUP BY 1 ORDER BY 2 DESC, 1"""),
        "category_counts": counts(f"""
            SELECT category, count(*) AS n FROM (
              SELECT unnest(categories) AS category FROM read_parquet('{concepts}'))
            GROUP BY 1 ORDER BY 2 DESC, 1"""),
    }
