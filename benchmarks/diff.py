"""A diff at UMLS's size: two synthetic snapshots, compared through the product's code.

    python benchmarks/diff.py --scale 0.2 [--work DIR] [--keep] [--memory 800MB] [--json FILE]

Scale 1 is 4M concepts, 15M names and 50M statements a side. The new snapshot differs from the old
in everything that a diff tells: of the concepts, one in a hundred is retired, added, merged and led
by another id; of the statements, one in a hundred is removed, added and has another text, and one
source of twenty has a new release. Numbers of concepts shift, as they do in every build. Snapshots
hold tables and a manifest, which is all that a diff reads. ``--memory`` is DuckDB's limit: what it
doesn't hold is spilled. The table goes to standard output, progress to standard error.
"""

from __future__ import annotations

import argparse
import json
import platform
import shutil
import tempfile
from pathlib import Path
from typing import Any

from measure import Figure, Stages, database, say, table, write_json
from store_build import ensure_tables
from store_tables import SOURCES, Dictionaries, dictionaries

from kgmed.kg.diff.comparison import Comparison
from kgmed.kg.diff.tables import DEFAULT_MEMORY
from kgmed.kg.store.snapshot import Snapshot

RELEASED = SOURCES - 1
"""The source with a new release; the later a source, the fewer statements it has."""


def make_pair(work: Path, scale: float) -> tuple[Snapshot, Snapshot]:
    """Both snapshots; those that a run with ``--keep`` left are taken as they are."""
    tables = work / "tables"
    ensure_tables(tables, scale)
    coded = dictionaries()
    old, new = work / "old", work / "new"
    if not (new / "manifest.json").exists():
        shutil.rmtree(old, ignore_errors=True)
        shutil.rmtree(new, ignore_errors=True)
        say("two snapshots")
        _copy_old(tables, old / "tables")
        _change(old / "tables", new / "tables")
        _manifest(old, coded, released="2026AA")
        _manifest(new, coded, released="2026AB")
    return _opened(old), _opened(new)


def _opened(folder: Path) -> Snapshot:
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    return Snapshot(folder, folder, manifest, verified=False)


def _copy_old(tables: Path, target: Path) -> None:
    target.mkdir(parents=True)
    for file in tables.glob("*.parquet"):
        name = "names.parquet" if file.name == "names_raw.parquet" else file.name
        shutil.copy(file, target / name)


def _change(old: Path, new: Path) -> None:
    """Write the changed tables. Concepts go by their number's rest by 100."""
    new.mkdir(parents=True)
    connection = database()
    connection.execute("SET memory_limit = '6GB'")
    connection.execute(f"SET temp_directory = '{new}/spill'")

    def write(name: str, query: str) -> None:
        connection.execute(
            f"COPY ({query}) TO '{new}/{name}.parquet' (FORMAT parquet, COMPRESSION zstd)"
        )

    connection.execute(f"""
        CREATE TABLE led AS
        SELECT cid AS old, CASE cid % 100 WHEN 20 THEN cid + 1 ELSE cid END AS kept,
               CASE WHEN cid % 100 = 30 THEN replace(id, 'umls:', 'mondo:') ELSE id END AS id
        FROM '{old}/concepts.parquet' WHERE cid % 100 <> 10;
        CREATE TABLE number AS
        SELECT id, kept, row_number() OVER (ORDER BY id) - 1 AS cid
        FROM (SELECT id, kept FROM led WHERE kept = old
              UNION ALL SELECT id || 'X', -1 - kept FROM led WHERE old % 100 = 40);
        CREATE TABLE became AS
        SELECT l.old, n.cid::INT AS cid FROM led l JOIN number n ON n.kept = l.kept""")
    write("concepts", f"""
        SELECT n.cid::INT AS cid, n.id,
               coalesce(any_value(c.categories), ['Drug']) AS categories,
               coalesce(any_value(c.sources), ['infores:source-00']) AS sources,
               list_concat([n.id], list_filter(
                   coalesce(flatten(list(c.equivalent_ids ORDER BY c.cid)), []),
                   lambda curie: curie <> n.id)) AS equivalent_ids
        FROM number n LEFT JOIN became b ON b.cid = n.cid
        LEFT JOIN '{old}/concepts.parquet' c ON c.cid = b.old
        GROUP BY n.cid, n.id ORDER BY 1""")  # fmt: skip
    write("names", f"""
        SELECT row_number() OVER (ORDER BY cid, nid) - 1 AS nid, * EXCLUDE (nid)
        FROM (SELECT n.nid, b.cid, language, kind, source,
                     CASE WHEN n.nid % 100 = 5 THEN text || ' (new)' ELSE text END AS text
              FROM '{old}/names.parquet' n JOIN became b ON b.old = n.cid)
        ORDER BY 1""")  # fmt: skip
    for name, ends, order in (
        ("statements", "s.cid AS s, p, o.cid AS o", "s, p, o, id"),
        ("values", "s.cid AS s, p", "s, p, id"),
    ):
        both = name == "statements"
        number = "(row_number() OVER (ORDER BY s, p, o, id) - 1)::INT AS eid," if both else ""
        write(name, f"""
            SELECT {number} * FROM (
              SELECT {ends},
                     t.* EXCLUDE ({"eid, s, p, o" if both else "s, p"}, text),
                     CASE WHEN hash(id) % 100 = 3 THEN 'as corrected' ELSE text END AS text
              FROM (SELECT * FROM '{old}/{name}.parquet' WHERE hash(id) % 100 <> 1
                    UNION ALL
                    SELECT * REPLACE (unhex(md5(id)) AS id) FROM '{old}/{name}.parquet'
                    WHERE hash(id) % 100 = 2) t
              JOIN became s ON s.old = t.s {"JOIN became o ON o.old = t.o" if both else ""}
              {"WHERE s.cid <> o.cid" if both else ""})
            ORDER BY {order}""")  # fmt: skip
    write(
        "mappings",
        f"""
        SELECT * REPLACE (CASE WHEN subject_cid % 100 = 4 THEN 'refused' ELSE status END AS status)
        FROM '{old}/mappings.parquet' WHERE subject_cid % 100 <> 8""",
    )
    shutil.copy(old / "paths.parquet", new / "paths.parquet")
    connection.close()


def _manifest(folder: Path, coded: Dictionaries, *, released: str) -> None:
    """What a diff reads of a manifest."""
    connection = database()

    def rows(query: str) -> list[tuple[Any, ...]]:
        return connection.execute(query).fetchall()

    profiles = [list(row[1:]) for row in coded.profiles]
    for number, row in enumerate(profiles):
        row[3] += f"_{number}"  # a build has no two equal profiles
        if row[0] == coded.sources[RELEASED]:
            row[1] = released
    counts = {
        file.stem: rows(f"SELECT count(*) FROM '{file}'")[0][0]
        for file in (folder / "tables").glob("*.parquet")
    }
    held = dict(
        rows(f"""
        SELECT profile // {len(coded.predicates)}, count(*) FROM (
          SELECT profile FROM '{folder}/tables/statements.parquet'
          UNION ALL SELECT profile FROM '{folder}/tables/values.parquet') GROUP BY 1""")
    )
    sources = [
        {"infores": name, "name": name, "licence": "UMLS-1", "statements": held.get(n, 0),
         "release": released if n == RELEASED else "2026AA"}
        for n, name in enumerate(coded.sources)
    ]  # fmt: skip
    manifest = {
        "snapshot": folder.name, "created": "", "counts": counts, "sources": sources,
        "predicates": [list(row[1:]) for row in coded.predicates], "profiles": profiles,
        "name_sources": coded.sources,
    }  # fmt: skip
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")


def run(work: Path, scale: float, memory: str) -> tuple[list[Figure], dict[str, int]]:
    """Compare, list, write."""
    old, new = make_pair(work, scale)
    stages = Stages()
    with stages.sampling():
        stages.start("opening")
        with Comparison(old, new, memory=memory, progress=stages.start) as found:
            summary = found.summary
            stages.start("examples")
            found.with_examples(3)
            stages.start("changed texts, listed")
            listed = sum(1 for _ in found.statements(fields=["text"]))
            stages.start("every row to JSON lines")
            found.write(work / "rows.jsonl")
            stages.start("every row to Parquet")
            found.write(work / "rows.parquet")
    s, peak = summary.statements, max(stages.peaks.values())
    say(f"{s}, {summary.concepts}")
    compared = sum(stages.spent[name] for name in
                   ("opening", "concepts", "statements", "names and mappings"))  # fmt: skip
    figures = [
        Figure(
            "diff", "all counts", compared, "s", note=f"{(s.old + s.new) / compared:,.0f} rows/s"
        ),
        Figure("diff", "peak RssAnon", peak / 1e9, "GB", note=f"DuckDB's limit: {memory}"),
    ]
    for name, spent in stages.spent.items():
        note = f"RssAnon {stages.peaks[name] / 1e6:,.0f} MB"
        if name == "changed texts, listed":
            note += f"; {listed:,} rows"
        figures.append(Figure("diff stage", name, spent, "s", note=note))
    counts = {name: getattr(s, name) for name in
              ("old", "new", "added", "removed", "changed", "moved")}  # fmt: skip
    return figures, counts


def main() -> None:
    """Read the command line, run, print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--scale", type=float, default=0.02, help="1 is UMLS's size; at most 1")
    parser.add_argument("--work", type=Path, help="folder for the snapshots")
    parser.add_argument("--keep", action="store_true", help="leave the snapshots in --work")
    parser.add_argument("--memory", default=DEFAULT_MEMORY, help="DuckDB's limit")
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    chosen = parser.parse_args()
    work = chosen.work or Path(tempfile.mkdtemp(prefix="kgmed-diff-benchmark-"))
    work.mkdir(parents=True, exist_ok=True)
    try:
        figures, counts = run(work, chosen.scale, chosen.memory)
    finally:
        for file in work.glob("rows.*"):
            file.unlink()
        if not chosen.keep:
            for name in ("tables", "old", "new"):
                shutil.rmtree(work / name, ignore_errors=True)
    held = ", ".join(f"{n:,} {what}" for what, n in counts.items())
    print(f"Scale {chosen.scale}: {held}. Python {platform.python_version()}.\n")
    print(table(figures))
    if chosen.json:
        write_json(chosen.json, figures, scale=chosen.scale, counts=counts)


if __name__ == "__main__":
    main()
