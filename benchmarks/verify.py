"""Claims verified: triples a second, one claim's latency with hubs, and accuracy on known labels.

    python benchmarks/verify.py [--graph URI] [--triples N] [--negatives N] [--json FILE]

Without ``--graph`` the open graph is asked. The table goes to standard output, progress to standard
error; the exit code is 1 where a target is missed, a true statement is refuted, or a negative is
supported.
"""

from __future__ import annotations

import argparse
import platform
import random
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import verify_accuracy
import verify_peers
from measure import Figure, anonymous_bytes, latencies, p50_p99, say, seconds, table, write_json

from kgmed.facade import open_graph
from kgmed.kg.predicates import registry
from kgmed.kg.store.base import GraphStore
from kgmed.kg.store.snapshot import Snapshot
from kgmed.reasoning.claims.batch import TableVerifier, verify_file
from kgmed.reasoning.claims.model import Claim
from kgmed.reasoning.claims.verify import Verifier

SINGLE, HUBS = 3_000, 20


def questions(snapshot: Snapshot, count: int, *, seed: int = 5) -> pa.Table:
    """Triples as CURIEs: half statements of the graph, the rest with another object, another
    subject, the ends swapped or another predicate; a tenth negated."""
    from measure import database

    tables, rng = snapshot.folder / "tables", np.random.default_rng(seed)
    with database() as connection:
        ids = connection.sql(f"SELECT id FROM '{tables / 'concepts.parquet'}' ORDER BY cid")
        curies = pa.chunked_array(ids.to_arrow_table().column("id"))
        columns = connection.sql(
            f"SELECT s, p, o FROM '{tables / 'statements.parquet'}' USING SAMPLE {count} ROWS"
            " (reservoir, 5)"
        ).fetchnumpy()
    s, p, o = (np.resize(columns[name].astype(np.int64), count) for name in "spo")
    mixed = rng.permutation(count)
    kind = rng.integers(0, 8, count)
    o = np.where(kind == 0, o[mixed], o)
    s = np.where(kind == 1, s[mixed], s)
    s, o = np.where(kind == 2, o, s), np.where(kind == 2, s, o)
    names = pa.array([name for name, _negated in snapshot.manifest["predicates"]])
    p = np.where(kind == 3, p[mixed], p)
    return pa.table(
        {
            "subject": curies.take(pa.array(s)),
            "predicate": names.take(pa.array(p)),
            "object": curies.take(pa.array(o)),
            "negated": pa.array(rng.random(count) < 0.1),
        }
    )


def speed(root: Path, asked: pa.Table) -> list[Figure]:
    """Rates of tables: in one process as values, and as files by two."""
    verifier = TableVerifier(root, registry())
    few = asked.slice(0, 2000)
    verifier.verify(few)  # compiles, maps and verifies the files
    count, figures = asked.num_rows, []
    for proof, wanted in ((False, 300_000), (True, 50_000)):
        what = "with proof" if proof else "verdict only"
        before = anonymous_bytes()
        spent = seconds(lambda proof=proof: verifier.verify(asked, proof=proof))
        grown = (anonymous_bytes() - before) / 1e6
        figures.append(
            Figure("table", what, count / spent, "claims/s", wanted, "at least",
                   note=f"one process, RssAnon grown by {grown:,.0f} MB"),
        )  # fmt: skip
        say(f"  {what}: {count / spent:,.0f} claims/s")
        with tempfile.TemporaryDirectory() as folder:
            source, target = Path(folder) / "asked.parquet", Path(folder) / "told.parquet"
            pq.write_table(asked, source)
            begin = time.perf_counter()
            verify_file(root, source, target, proof=proof, processes=2, rows=100_000)
            spent = time.perf_counter() - begin
        figures.append(
            Figure("file", f"{what}, Parquet to Parquet", count / spent, "claims/s",
                   note="2 processes, their start and compiled code's loading included"),
        )  # fmt: skip
    return figures


def single(store: GraphStore, snapshot: Snapshot, asked: pa.Table) -> list[Figure]:
    """One claim at a time, proof in words included; hubs apart."""
    verifier = Verifier(store, registry())
    rows = asked.slice(0, SINGLE).to_pylist()
    claims = [Claim(r["subject"], r["predicate"], r["object"], negated=r["negated"]) for r in rows]
    offsets = np.memmap(snapshot.folder / "csr" / "out_off.bin", np.int64, "r")
    into = np.memmap(snapshot.folder / "csr" / "in_off.bin", np.int64, "r")
    degrees = np.diff(offsets) + np.diff(into)
    hubs = [store.node_ids([int(n)])[0] for n in np.argsort(degrees)[-HUBS:]]
    chance = random.Random(5)  # noqa: S311  a workload, not a secret
    at_hubs = [
        Claim(*pair, negated=claim.negated)
        for claim in claims[: SINGLE // 3]
        for pair in (
            (chance.choice(hubs), claim.predicate, claim.object)
            if chance.random() < 0.5
            else (claim.subject, claim.predicate, chance.choice(hubs)),
        )
    ]
    figures = []
    for what, some in (("random claims", claims), ("hubs at one end", at_hubs)):
        first = latencies(verifier.claim, some)
        again = latencies(verifier.claim, some)
        p50, p99 = p50_p99(again)
        note = f"p50 {p50:.3g}; first pass p99 {p50_p99(first)[1]:.3g}; n={len(some):,}"
        figures.append(Figure("one claim", f"{what}, p99", p99, "ms", 10, note=note))
    rate = len(claims) / seconds(lambda: verifier.claims(claims))
    figures.append(Figure("claims", "a list of them, in words", rate, "claims/s"))
    return figures


def main() -> None:
    """Read the command line, run, print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--graph", help="folder of a graph; default: the open graph")
    parser.add_argument("--triples", type=int, default=1_000_000, help="claims of the rates")
    parser.add_argument("--negatives", type=int, default=50_000, help="claims of known labels")
    parser.add_argument("--own", type=int, default=5_000_000, help="the graph's own, at most")
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    chosen = parser.parse_args()
    with open_graph(chosen.graph or "kgmed:open") as graph:
        store = graph.local_store()
        snapshot = store.snapshot
        if snapshot.base is not None:
            parser.error(f"{snapshot.root}: an overlay lies on this graph; name one without")
        info = graph.info()
        held = f"{info.concepts:,} concepts, {info.statements:,} statements"
        say(f"rates over {held}")
        asked = questions(snapshot, chosen.triples)
        verdicts = TableVerifier(snapshot.root, registry()).verify(
            asked.slice(0, 100_000), proof=False
        )
        mix = Counter(verdicts.column("verdict").to_pylist())
        figures = speed(snapshot.root, asked)
        say("one claim at a time")
        figures += single(store, snapshot, asked)
        say("peers")
        figures = verify_peers.beside(figures, snapshot, asked)
        say("accuracy")
        figures += verify_accuracy.accuracy(store, negatives=chosen.negatives, own=chosen.own)
    print(f"{held}; {asked.num_rows:,} claims: {dict(mix.most_common())} of the first 100,000.")
    print(f"Python {platform.python_version()}, 2 cores, page cache warm.\n")
    print(table(figures))
    if chosen.json:
        write_json(chosen.json, figures, graph=str(snapshot.root), held=held, mix=dict(mix))
    sys.exit(1 if any(figure.verdict == "MISS" for figure in figures) else 0)


if __name__ == "__main__":
    main()
