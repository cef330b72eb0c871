"""How often a graph states both predicates of a pair that excludes or opposes each other.

    python benchmarks/verify_excludes.py [--graph FOLDER]

The rule ``excludes`` refutes a claim by a statement of the other predicate of such a pair, so a
pair that real data state both ways must not stand under ``excludes`` in predicates.toml. Without
``--graph`` the open graph is asked. The exit code is 1 where a pair that excludes is stated both
ways. Counted are pairs of concepts between which there is a positive statement:

first, second  of the one predicate, of the other
both ways      of both, whatever their sources and qualifiers
one source     one and the same source states both
two            two different sources do
same           both statements have the same qualifiers
inherited      of the one, while another rule than a statement bears the other out (forms, products,
               classes, something narrower), so that a claim of it is supported
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc
from measure import database

from kgmed.facade import open_graph
from kgmed.kg.predicates import registry
from kgmed.kg.store.embedded import EmbeddedStore, open_store
from kgmed.kg.store.snapshot import Snapshot
from kgmed.reasoning.claims.batch import TableVerifier

if TYPE_CHECKING:
    import duckdb

SHOWN = 3


@dataclass(frozen=True, slots=True)
class Pair:
    """The counts of one pair of predicates; ``examples`` are subjects and objects stated both ways,
    by name."""

    kind: str
    first: str
    second: str
    counts: tuple[int, ...]
    inherited: int
    examples: tuple[tuple[str, str], ...]

    @property
    def is_unsound(self) -> bool:
        """Whether the pair refutes what a source states."""
        return self.kind == "excludes" and self.counts[2] > 0


def pairs(store: EmbeddedStore) -> list[Pair]:
    """Every pair of predicates.toml, those that exclude before those that oppose."""
    known, verifier = registry(), TableVerifier(store, registry())
    return [
        _counted(store, verifier, kind, name, other)
        for kind in ("excludes", "opposes")
        for name, entry in known.items()
        for other in getattr(entry, kind)
        if name < other
    ]


_COUNTS = """
    WITH joined AS (
      SELECT s, o, a.source = b.source AS one, a.qualifiers = b.qualifiers AS same
      FROM a JOIN b USING (s, o))
    SELECT (SELECT count(DISTINCT (s, o)) FROM a), (SELECT count(DISTINCT (s, o)) FROM b),
           count(DISTINCT (s, o)), count(DISTINCT (s, o)) FILTER (one),
           count(DISTINCT (s, o)) FILTER (NOT one), count(DISTINCT (s, o)) FILTER (same)
    FROM joined"""


def _counted(
    store: EmbeddedStore, verifier: TableVerifier, kind: str, first: str, second: str
) -> Pair:
    with database() as connection:
        for name, predicate in (("a", first), ("b", second)):
            _lay_out(connection, store.snapshot, name, predicate)
        counts = connection.sql(_COUNTS).fetchall()[0]
        both = connection.sql(
            f"SELECT DISTINCT s, o FROM a JOIN b USING (s, o) ORDER BY ALL LIMIT {SHOWN}"
        ).fetchall()
        inherited = sum(
            _inherited(connection, verifier, name, other)
            for name, other in (("a", second), ("b", first))
        )
    ids = [id for pair in both for id in pair]
    names = [concept.name if concept else "" for concept in store.concepts(ids)]
    examples = tuple(zip(names[::2], names[1::2], strict=True))
    return Pair(kind, first, second, counts, inherited, examples)


def _lay_out(
    connection: duckdb.DuckDBPyConnection, snapshot: Snapshot, name: str, predicate: str
) -> None:
    """A table of a predicate's positive statements: ids, source, qualifiers."""
    code = next(
        (code for code, pair in enumerate(snapshot.manifest["predicates"])
         if pair == [predicate, False]), -1,
    )  # fmt: skip
    profiles = pa.table({"source": [row[0] for row in snapshot.manifest["profiles"]]})
    connection.register("profiles", profiles.append_column("profile", _numbers(len(profiles))))
    concepts = f"'{snapshot.folder}/tables/concepts.parquet'"
    connection.execute(f"""
        CREATE TABLE {name} AS
        SELECT x.id AS s, y.id AS o, source, qualifiers
        FROM '{snapshot.folder}/tables/statements.parquet' t JOIN profiles USING (profile)
        JOIN {concepts} x ON x.cid = t.s JOIN {concepts} y ON y.cid = t.o WHERE p = {code}""")


def _numbers(count: int) -> pa.Array:
    return pa.array(range(count), pa.int64())


def _inherited(
    connection: duckdb.DuckDBPyConnection, verifier: TableVerifier, name: str, other: str
) -> int:
    ends = connection.sql(f"SELECT DISTINCT s AS subject, o AS object FROM {name}")
    claims = ends.to_arrow_table()
    claims = claims.append_column("predicate", pa.array([other] * len(claims), pa.string()))
    told = verifier.verify(claims, proof=False)
    borne_out = pc.and_(
        pc.equal(told["verdict"], "SUPPORTED"), pc.not_equal(told["rule"], "statement")
    )
    return int(pc.sum(borne_out).as_py() or 0)


def main() -> None:
    """Read the command line, count, print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--graph", type=Path, help="folder of a graph; default: the open graph")
    chosen = parser.parse_args()
    if chosen.graph:
        counted = pairs(open_store(chosen.graph))
    else:
        with open_graph() as graph:
            counted = pairs(graph.local_store())
    print(
        "| | first | second | stated | stated | both ways | one source | two | same | inherited |"
    )
    print("|---|---|---|" + "--:|" * 7)
    for pair in counted:
        numbers = " | ".join(f"{n:,}" for n in (*pair.counts, pair.inherited))
        print(f"| {pair.kind} | {pair.first} | {pair.second} | {numbers} |")
    for pair in counted:
        if pair.examples:
            named = "; ".join(f"{s} / {o}" for s, o in pair.examples)
            print(f"\n{pair.first} and {pair.second}: {named}")
    sys.exit(1 if any(pair.is_unsound for pair in counted) else 0)


if __name__ == "__main__":
    main()
