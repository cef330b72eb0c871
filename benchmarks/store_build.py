"""Build a snapshot from synthetic tables through the product's own code, stage by stage."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
from measure import Stages, bytes_under, say
from store_tables import Dictionaries, dictionaries, make_tables

from kgmed.builders.generation import finish_generation
from kgmed.builders.source import SourceInfo
from kgmed.builders.staging import connect, key_sql
from kgmed.kg.store.snapshot import start_generation

NAME_STAGES = ("key computation", "names and full-text index")
"""What counts as the name index; the rest of names.sqlite is concepts, ids, mappings, values."""


@dataclass(frozen=True, slots=True)
class Built:
    """Seconds and peak anonymous bytes of each stage, and what the snapshot holds."""

    spent: dict[str, float]
    peaks: dict[str, int]
    counts: dict[str, int]
    disk: dict[str, int]


def ensure_tables(folder: Path, scale: float) -> None:
    """Make the synthetic tables, unless a run with ``--keep`` left them."""
    done = folder / f"scale-{scale}"
    if done.exists():
        say(f"tables: those in {folder}")
        return
    shutil.rmtree(folder, ignore_errors=True)
    stages = Stages()
    with stages.sampling():
        stages.start("synthetic tables")
        make_tables(folder, scale=scale)
    done.touch()


def build(tables: Path, root: Path) -> Built:
    """Number, key and publish: what a build does after merging."""
    folder = start_generation(root)
    work = folder.parent / "work"
    target = folder / "tables"
    target.mkdir()
    for file in tables.glob("*.parquet"):
        if file.name != "names_raw.parquet":
            os.link(file, target / file.name)
    coded = dictionaries()
    stages = Stages()
    connection = connect(work)
    with stages.sampling():
        _register(connection, coded)
        stages.start("id table")
        _copy(
            connection,
            "SELECT unnest(equivalent_ids) AS curie, cid FROM "
            f"read_parquet('{target / 'concepts.parquet'}') ORDER BY curie",
            target / "ids.parquet",
        )
        keyed = f"SELECT *, {key_sql('text')} AS key FROM '{tables / 'names_raw.parquet'}'"
        stages.start("key computation")
        connection.execute(f"SELECT bit_xor(hash(key)) FROM ({keyed})").fetchall()
        stages.start("names table, keys computed again")
        _copy(connection, keyed, target / "names.parquet")
        stages.start("counts")
        infos = [SourceInfo(s, s, "2026AA", "UMLS-1") for s in coded.sources]
        snapshot = finish_generation(
            connection, root, folder, sources=infos, configuration="{}", progress=stages.start
        )
    connection.close()
    disk = {
        "csr": bytes_under(snapshot.folder / "csr"),
        "names.sqlite": bytes_under(snapshot.folder / "names.sqlite"),
        "tables": bytes_under(snapshot.folder / "tables"),
    }
    return Built(stages.spent, stages.peaks, snapshot.manifest["counts"], disk)


def _register(connection: Any, coded: Dictionaries) -> None:
    p, predicate, negated = (list(column) for column in zip(*coded.predicates, strict=True))
    codes = pa.table({"p": pa.array(p, pa.uint16()), "predicate": predicate, "negated": negated})
    names = (
        "profile", "primary_knowledge_source", "release", "licence", "original_predicate",
        "knowledge_level", "agent_type",
    )  # fmt: skip
    columns = [list(column) for column in zip(*coded.profiles, strict=True)]
    profiles = pa.table(dict(zip(names, columns, strict=True)))
    for name, rows in (("predicate_code", codes), ("profile_code", profiles)):
        connection.register("rows", rows)
        connection.execute(f"CREATE TABLE {name} AS SELECT * FROM rows")
        connection.unregister("rows")


def _copy(connection: Any, query: str, target: Path) -> None:
    connection.execute(f"COPY ({query}) TO '{target}' (FORMAT parquet, COMPRESSION zstd)")
