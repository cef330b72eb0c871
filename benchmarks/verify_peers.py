"""What membership alone costs elsewhere: the same triples, of the same statements, in memory.

A peer answers whether a triple is there: no rule, no coverage, no negation, no proof.
"""

from __future__ import annotations

import importlib.util
import sqlite3
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pyarrow as pa
from measure import Figure, database, say, seconds

from kgmed.kg.store.snapshot import Snapshot

STATEMENTS, QUESTIONS = 1_000_000, 200_000
Triple = tuple[str, str, str]


def beside(figures: Sequence[Figure], snapshot: Snapshot, asked: pa.Table) -> list[Figure]:
    """The figures of tables, with pyoxigraph beside verdicts and SQLite beside proofs."""
    rows = asked.slice(0, QUESTIONS)
    triples = _statements(snapshot, rows)
    columns = (rows.column(name).to_pylist() for name in ("subject", "predicate", "object"))
    questions = list(zip(*columns, strict=True))
    found = {"with proof": ("sqlite3 in memory, membership only", _sqlite(triples, questions))}
    if importlib.util.find_spec("pyoxigraph") is None:
        say("  pyoxigraph isn't installed: left out")
    else:
        found["verdict only"] = ("pyoxigraph, membership only", _pyoxigraph(triples, questions))
    return [
        replace(f, peer=found[f.what][0], peer_value=found[f.what][1])
        if f.area.startswith("table") and f.what in found
        else f
        for f in figures
    ]


def _statements(snapshot: Snapshot, asked: pa.Table) -> list[Triple]:
    """A million statements, those that are asked for among them."""
    tables = snapshot.folder / "tables"
    names = [name for name, _negated in snapshot.manifest["predicates"]]
    with database() as connection:
        connection.register("asked", asked)
        connection.execute(
            f"""CREATE VIEW st AS SELECT a.id AS s, p, b.id AS o
                FROM '{tables / "statements.parquet"}' t
                JOIN '{tables / "concepts.parquet"}' a ON a.cid = t.s
                JOIN '{tables / "concepts.parquet"}' b ON b.cid = t.o"""
        )
        rows = connection.sql(
            f"""SELECT s, p, o FROM st SEMI JOIN asked ON s = subject AND o = object UNION ALL
                (SELECT s, p, o FROM st LIMIT {STATEMENTS})"""
        ).fetchall()
    return list({(s, names[p], o): None for s, p, o in rows})[:STATEMENTS]


def _sqlite(triples: list[Triple], questions: list[Triple]) -> float:
    base = sqlite3.connect(":memory:")
    base.execute("CREATE TABLE st(s TEXT, p TEXT, o TEXT, PRIMARY KEY(s, p, o)) WITHOUT ROWID")
    base.executemany("INSERT OR IGNORE INTO st VALUES (?, ?, ?)", triples)
    sql = "SELECT 1 FROM st WHERE s = ? AND p = ? AND o = ?"
    return len(questions) / seconds(lambda: [base.execute(sql, t).fetchone() for t in questions])


def _pyoxigraph(triples: list[Triple], questions: list[Triple]) -> float:
    from pyoxigraph import NamedNode, Quad, Store

    def quad(triple: Triple) -> Any:
        return Quad(*(NamedNode(f"https://example.org/{term}") for term in triple))

    store = Store()
    store.bulk_extend(quad(triple) for triple in triples)
    return len(questions) / seconds(lambda: [quad(triple) in store for triple in questions])
