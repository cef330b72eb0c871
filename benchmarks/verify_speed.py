"""Rates, latencies and memory of verifying, on claims that come once: no pass is repeated.

The first claims of a graph pay for mapping its files and verifying their blocks ("first touch");
the figures with a target are of other claims after those.
"""

from __future__ import annotations

import random
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import claims_sentences
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from claims_generated import Generated
from measure import Figure, Stages, anonymous_bytes, database, latencies, p50_p99, say

from kgmed.facade import Graph
from kgmed.kg.predicates import registry
from kgmed.kg.store.base import GraphStore
from kgmed.kg.store.snapshot import Snapshot
from kgmed.reasoning.claims.batch import TableVerifier, verify_file
from kgmed.reasoning.claims.model import Claim
from kgmed.reasoning.claims.verify import Verifier

HUBS = 20
ENOUGH = 100_000
"""Claims below which a rate is no figure: its target isn't held against it."""
FIRST = 20_000
"""Claims of the first touch."""


def questions(snapshot: Snapshot, count: int, *, seed: int = 5) -> pa.Table:
    """At most ``count`` distinct triples as CURIEs, no more than the graph has statements: half are
    statements, the rest have another object, another subject, the ends swapped or another
    predicate; a tenth is negated."""
    tables, rng = snapshot.folder / "tables", np.random.default_rng(seed)
    with database() as connection:
        ids = connection.sql(f"SELECT id FROM '{tables / 'concepts.parquet'}' ORDER BY cid")
        curies = pa.chunked_array(ids.to_arrow_table().column("id"))
        columns = connection.sql(
            f"SELECT s, p, o FROM '{tables / 'statements.parquet'}' USING SAMPLE {count} ROWS"
            f" (reservoir, {seed})"
        ).fetchnumpy()
    s, p, o = (columns[name].astype(np.int64) for name in "spo")
    count = len(s)
    mixed, kind = rng.permutation(count), rng.integers(0, 8, count)
    o = np.where(kind == 0, o[mixed], o)
    s = np.where(kind == 1, s[mixed], s)
    s, o = np.where(kind == 2, o, s), np.where(kind == 2, s, o)
    p = np.where(kind == 3, p[mixed], p)
    _keys, once = np.unique(np.stack([s, p, o]), axis=1, return_index=True)
    once = rng.permutation(once)
    names = pa.array([name for name, _negated in snapshot.manifest["predicates"]])
    return pa.table(
        {
            "subject": curies.take(pa.array(s[once])),
            "predicate": names.take(pa.array(p[once])),
            "object": curies.take(pa.array(o[once])),
            "negated": pa.array(rng.random(len(once)) < 0.1),
        }
    )


def tables(root: Path, asked: pa.Table, *, graph: str) -> list[Figure]:
    """Rates of tables: in one process as values, and as files by two; each claim once."""
    verifier = TableVerifier(root, registry())
    few = min(FIRST, asked.num_rows // 5)
    half = (asked.num_rows - few) // 2
    begin = time.perf_counter()
    verifier.verify(asked.slice(0, few), proof=False)
    first = few / (time.perf_counter() - begin)
    figures = [
        Figure(f"table, {graph}", "first touch: files mapped and verified, code compiled", first,
               "claims/s", note=f"n={few:,}"),
    ]  # fmt: skip
    for proof, wanted, part in (
        (False, 300_000, asked.slice(few, half)),
        (True, 50_000, asked.slice(few + half, half)),
    ):
        what = "with proof" if proof else "verdict only"
        before, stages, processor = anonymous_bytes(), Stages(), time.process_time()
        with stages.sampling():
            stages.start(what)
            verifier.verify(part, proof=proof)
        processor = time.process_time() - processor
        spent, peak = stages.spent[what], stages.peaks[what] / 1e6
        memory = f"RssAnon {before / 1e6:,.0f} MB before, {peak:,.0f} MB at most"
        note = f"one process, n={half:,}; {half / processor:,.0f} by processor time; {memory}"
        target = wanted if half >= ENOUGH else None
        figures.append(
            Figure(f"table, {graph}", what, half / spent, "claims/s", target, "at least", note=note)
        )
        say(f"  {what}: {half / spent:,.0f} claims/s")
        with tempfile.TemporaryDirectory() as folder:
            source, target = Path(folder) / "asked.parquet", Path(folder) / "told.parquet"
            pq.write_table(part, source)
            begin = time.perf_counter()
            verify_file(root, source, target, proof=proof, processes=2)
            spent = time.perf_counter() - begin
        figures.append(
            Figure(f"file, {graph}", f"{what}, Parquet to Parquet", half / spent, "claims/s",
                   note="2 processes, their start and compiled code's loading included"),
        )  # fmt: skip
    return figures


def single(store: GraphStore, snapshot: Snapshot, asked: pa.Table, *, graph: str) -> list[Figure]:
    """One claim at a time, proof in words included; hubs apart. The first third touches."""
    verifier = Verifier(store, registry())
    rows = asked.to_pylist()
    claims = [Claim(r["subject"], r["predicate"], r["object"], negated=r["negated"]) for r in rows]
    at_hubs = _at_hubs(store, snapshot, claims)
    figures = []
    for what, some in (("random claims", claims), ("hubs at one end", at_hubs)):
        third = len(some) // 3
        first = latencies(verifier.claim, some[:third])
        processor: list[float] = []

        def asked(claim: Claim, spent: list[float] = processor) -> None:
            begin = time.thread_time_ns()
            verifier.claim(claim)
            spent.append((time.thread_time_ns() - begin) / 1e6)

        spent = latencies(asked, some[third:])
        p50, p99 = p50_p99(spent)
        note = (
            f"p50 {p50:.3g}, most {max(spent):.3g}; by processor time p99 "
            f"{p50_p99(processor)[1]:.3g}; the {third:,} before them, first touch: p99 "
            f"{p50_p99(first)[1]:.3g}; n={len(spent):,}, all distinct"
        )
        figures.append(Figure(f"one claim, {graph}", f"{what}, p99", p99, "ms", 10, note=note))
        say(f"  {what}: p99 {p99:.3g} ms ({note})")
    return figures


def _at_hubs(store: GraphStore, snapshot: Snapshot, claims: Sequence[Claim]) -> list[Claim]:
    offsets = np.memmap(snapshot.folder / "csr" / "out_off.bin", np.int64, "r")
    into = np.memmap(snapshot.folder / "csr" / "in_off.bin", np.int64, "r")
    degrees = np.diff(offsets) + np.diff(into)
    hubs = [store.node_ids([int(n)])[0] for n in np.argsort(degrees)[-HUBS:]]
    chance = random.Random(5)  # noqa: S311  a workload, not a secret
    made = {}
    for claim in claims:
        pair = (
            (chance.choice(hubs), claim.predicate, claim.object)
            if chance.random() < 0.5
            else (claim.subject, claim.predicate, chance.choice(hubs))
        )
        made[pair] = Claim(*pair, negated=claim.negated)
    return list(made.values())


def texts(graph: Graph, made: Generated, count: int, *, name: str) -> list[Figure]:
    """Generated claims as sentences, each read, linked and verified for the first time."""
    store = graph.local_store()
    sentences = claims_sentences.in_words(store, made, 2 * count, seed=7)[:count]
    third = len(sentences) // 3
    first = claims_sentences.read(graph, sentences[:third])
    after = claims_sentences.read(graph, sentences[third:])
    before = anonymous_bytes() / 1e6
    note = (
        f"{after.claims:,} claims of {len(sentences) - third:,} sentences; first touch "
        f"{first.claims / first.seconds:,.0f}; RssAnon {before:,.0f} MB"
    )
    rate = after.claims / after.seconds
    say(f"  texts: {rate:,.0f} claims/s ({note})")
    return [Figure(f"text claims, {name}", "one sentence at a time", rate, "claims/s", note=note)]
