"""Latencies and rates of a published snapshot: names, neighbours, paths, batches.

Every list of questions is asked twice. The first pass pays for the first touch of each 64 KiB
block (its CRC-32) and for SQLite's own cache; the second is the steady state that the targets are
about. The page cache is warm in both.
"""

from __future__ import annotations

import random
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import pyarrow as pa
from measure import Figure, anonymous_bytes, database, latencies, p50_p99, say, seconds

from kgmed.kg.linking.normalize import is_cjk, key, tokens
from kgmed.kg.store.batch import Batch
from kgmed.kg.store.embedded import EmbeddedStore
from kgmed.kg.store.snapshot import Snapshot, open_snapshot

HOPS = 4
COLD_RUNS = 15


@dataclass(frozen=True, slots=True)
class Workload:
    """Questions about a snapshot, drawn with a seed."""

    names: list[str]
    prefixes: list[str]
    tokens: list[list[str]]
    typos: list[str]
    typos_zh: list[str]
    random_ids: list[str]
    busy_ids: list[str]
    hub_ids: list[str]
    pairs: list[tuple[str, str]]
    hub_pairs: list[tuple[str, str]]


def workload(snapshot: Snapshot, hubs: Sequence[int], *, seed: int = 11) -> Workload:
    """Names and concepts to ask about; ``busy`` concepts are ends of random statements."""
    rng = random.Random(seed)  # noqa: S311  a workload, not a secret
    tables = snapshot.folder / "tables"
    counts = snapshot.manifest["counts"]
    texts = _some(tables / "names.parquet", "text", "nid", _drawn(rng, counts["names"], 6000))
    rng.shuffle(texts)
    ids = _some(tables / "concepts.parquet", "id", "cid", _drawn(rng, counts["concepts"], 3000))
    rng.shuffle(ids)
    edges = _drawn(rng, counts["statements"], 3000)
    ends = _rows(tables / "statements.parquet", "s, o", "eid", edges)
    every = {cid for pair in ends for cid in pair} | set(hubs)
    id_of = dict(_rows(tables / "concepts.parquet", "cid, id", "cid", sorted(every)))
    rng.shuffle(ends)
    hub_ids = [id_of[cid] for cid in hubs]
    latin = [k for t in texts if not is_cjk(t[0]) and len(k := key(t)) > 4]
    chinese = [k for t in texts if is_cjk(t[0]) and len(k := key(t)) > 3]
    busy = [id_of[s if n % 2 else o] for n, (s, o) in enumerate(ends)]
    return Workload(
        names=[t.upper() if n % 2 else t for n, t in enumerate(texts[:2000])],
        prefixes=[
            k[: rng.randint(2, 3)] if is_cjk(k[0]) else k[: rng.randint(4, 8)]
            for k in map(key, texts[2000:4000])
        ],
        tokens=[list(dict.fromkeys(tokens(key(t))))[::-1][:3] for t in texts[4000:]],
        typos=[_typo(k, rng) for k in latin[:1000]],
        typos_zh=[_typo(k, rng) for k in chinese[:300]],
        random_ids=ids[:2000],
        busy_ids=busy[:2000],
        hub_ids=hub_ids,
        pairs=[
            *zip(ids[:300], ids[300:600], strict=True),
            *((id_of[a[0]], id_of[b[1]]) for a, b in zip(ends[:300], ends[300:600], strict=True)),
        ],
        hub_pairs=[
            *((hub_ids[n % len(hub_ids)], ids[600 + n]) for n in range(150)),
            *((hub_ids[n % len(hub_ids)], busy[600 + n]) for n in range(150)),
            *((a, b) for a in hub_ids[:8] for b in hub_ids[:8] if a != b),
        ],
    )


def _drawn(rng: random.Random, rows: int, n: int) -> list[int]:
    return sorted(rng.sample(range(rows), min(n, rows)))


def _some(path: Path, column: str, place: str, chosen: Sequence[int]) -> list[str]:
    return [row[0] for row in _rows(path, column, place, chosen)]


def _rows(path: Path, columns: str, place: str, chosen: Sequence[int]) -> list[tuple[Any, ...]]:
    connection = database()
    wanted = pa.table({place: pa.array(chosen, pa.int64())})
    connection.register("wanted", wanted)
    rows = connection.execute(
        f"SELECT {columns} FROM read_parquet(?) JOIN wanted USING ({place}) ORDER BY {place}",
        [str(path)],
    ).fetchall()
    connection.close()
    return rows


def _typo(text: str, rng: random.Random) -> str:
    """Leave out one character that isn't the first of a word."""
    places = [n for n in range(1, len(text)) if text[n] != " " and text[n - 1] != " "]
    place = rng.choice(places)
    return text[:place] + text[place + 1 :]


# Single questions --------------------------------------------------------------------------------


def single_questions(root: Path, hubs: Sequence[int]) -> list[Figure]:
    """Names, neighbours and paths through one EmbeddedStore; standard library only."""
    snapshot = open_snapshot(root)
    work = workload(snapshot, hubs)
    warm(root)
    store = EmbeddedStore(root)
    before = anonymous_bytes()
    figures: list[Figure] = []

    def measured(
        area: str,
        what: str,
        call: Callable[[Any], object],
        items: Sequence[Any],
        target: float | None = None,
    ) -> None:
        first = p50_p99(latencies(call, items))
        median_ms, p99 = p50_p99(latencies(call, items))
        note = f"p50 {median_ms:.3g}; first pass p99 {first[1]:.3g}; n={len(items):,}"
        say(f"  {area}, {what}: p99 {p99:.3g} ms ({note})")
        figures.append(Figure(area, f"{what}, p99", p99, "ms", target, note=note))

    lexicon = store.lexicon
    exact = "exact, normalising included"
    measured("names", exact, lambda t: lexicon.exact([key(t)]), work.names, 0.5)
    measured("names", "prefix, 20 hits", lexicon.prefix, work.prefixes, 0.5)
    measured("names", "all of 1-3 tokens, 20 hits", lexicon.tokens, work.tokens, 5)
    measured("names", "fuzzy, one letter missing", lexicon.fuzzy, work.typos, 100)
    measured("names", "fuzzy, one Chinese character missing", lexicon.fuzzy, work.typos_zh, 100)
    found = sum(bool(lexicon.fuzzy(typo)) for typo in work.typos) / len(work.typos)
    figures.append(Figure("names", "fuzzy, typos with a hit", 100 * found, "%"))

    def around(limit: int | None) -> Callable[[str], object]:
        return lambda concept: store.neighbors([concept], limit=limit)

    mixed = [*work.random_ids, *work.busy_ids, *work.hub_ids * 5]
    measured("neighbours", "limit 100, random, busy and hub concepts", around(100), mixed, 1)
    measured("neighbours", "all, random concepts", around(None), work.random_ids, 1)
    measured("neighbours", "all, ends of random statements", around(None), work.busy_ids[:1000], 1)
    measured("neighbours", "all, hubs", around(None), work.hub_ids, 1)
    degree = sum(store.degrees(work.hub_ids))
    rate = degree / seconds(lambda: [store.neighbors([concept]) for concept in work.hub_ids])
    note = f"{degree:,} edges of {len(work.hub_ids)} hubs"
    figures.append(
        Figure("neighbours", "rate at hubs", rate, "edges/s", None, "at least", note=note)
    )

    from kgmed.kg.paths.find import find_paths, shortest_ways
    from kgmed.kg.predicates import registry

    predicates = registry()
    kinds = {"random and busy pairs": work.pairs, "hubs at one or both ends": work.hub_pairs}
    for what, pairs in kinds.items():
        nodes = [(store.node(a), store.node(b)) for a, b in pairs]
        measured(
            f"paths <= {HOPS} hops",
            f"search, {what}",
            lambda pair: shortest_ways(store, pair[0], pair[1], hops=HOPS),
            nodes,
            30,
        )
        measured(
            f"paths <= {HOPS} hops",
            f"search, statements and ranking, {what}",
            lambda pair: find_paths(store, pair[0], pair[1], registry=predicates, hops=HOPS),
            pairs,
            30,
        )
    grown = (anonymous_bytes() - before) / 1e6
    figures.append(Figure("memory", "RssAnon grown by all of these questions", grown, "MB"))
    return figures


# Batches -----------------------------------------------------------------------------------------


def batches(root: Path, *, checks: int = 1_000_000) -> list[Figure]:
    """Many checks and path lengths at once: NumPy and numba, one core each unless said."""
    snapshot = open_snapshot(root)
    batch = Batch(snapshot)
    opening = seconds(lambda: Batch(snapshot))
    figures = [Figure("batch", "open, all CRCs verified", opening, "s")]
    rng = np.random.default_rng(11)
    s, p, o = _triples(snapshot, checks, rng)
    batch.has_statements(s[:10], p[:10], o[:10])  # compile
    spent = seconds(lambda: batch.has_statements(s, p, o), repeat=3)
    share = batch.has_statements(s, p, o).mean()
    note = f"{share:.0%} of them hold"
    figures.append(Figure("batch", f"{checks:,} triples as ids", spent, "s", 0.4, note=note))
    say(f"  ids: {spent:.3f} s")
    table = _as_curies(snapshot, s, p, o)
    spent = seconds(lambda: batch.check_triples(table), repeat=3)
    what = f"{checks:,} triples as CURIEs"
    figures.append(Figure("batch", what, spent, "s", 1.2, note="2 cores"))
    say(f"  CURIEs: {spent:.3f} s")
    assert (batch.check_triples(table) == batch.has_statements(s, p, o)).all()
    part = [tuple(row.values()) for row in table.slice(0, 50_000).to_pylist()]
    store = EmbeddedStore(root)
    store.has_statements(part)
    rate = len(part) / seconds(lambda: store.has_statements(part))
    what = "one by one through the protocol (standard library)"
    figures.append(Figure("batch", what, rate, "triples/s", sense="at least"))
    concepts = snapshot.manifest["counts"]["concepts"]
    for hops, pairs, target in ((2, 1_000_000, 250_000), (3, 200_000, 30_000), (4, 5_000, None)):
        ends = rng.integers(0, concepts, (2, pairs)).astype(np.int32)
        batch.distances(ends[0, :10], ends[1, :10], hops=hops)
        spent = seconds(lambda e=ends, h=hops: batch.distances(e[0], e[1], hops=h))
        say(f"  {hops} hops: {pairs / spent:,.0f} pairs/s")
        what = f"random pairs within {hops} hops (numba)"
        figures.append(Figure("batch", what, pairs / spent, "pairs/s/core", target, "at least"))
    return figures


def _triples(
    snapshot: Snapshot, n: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Half of them statements of the graph, half with another object."""
    chosen = np.sort(rng.integers(0, snapshot.manifest["counts"]["statements"], n)).tolist()
    path = snapshot.folder / "tables" / "statements.parquet"
    rows = np.array(_rows(path, "s, p, o", "eid", chosen), np.int32)
    positive = np.array([not negated for _name, negated in snapshot.manifest["predicates"]])
    rows = rows[positive[rows[:, 1]]]
    rows = rows[rng.integers(0, len(rows), n)]
    false = rng.random(n) < 0.5
    rows[false, 2] = rng.integers(0, snapshot.manifest["counts"]["concepts"], int(false.sum()))
    s, p, o = (np.ascontiguousarray(column) for column in rows.T)
    return s, p, o


def _as_curies(snapshot: Snapshot, s: np.ndarray, p: np.ndarray, o: np.ndarray) -> pa.Table:
    ids = (
        database()
        .sql(
            f"SELECT id FROM read_parquet('{snapshot.folder / 'tables' / 'concepts.parquet'}')"
            " ORDER BY cid"
        )
        .to_arrow_table()["id"]
        .combine_chunks()
    )
    names = pa.array([name for name, _negated in snapshot.manifest["predicates"]])
    columns = {"subject": ids.take(pa.array(s)), "predicate": names.take(pa.array(p)),
               "object": ids.take(pa.array(o))}  # fmt: skip
    return pa.table(columns)


# Cold start --------------------------------------------------------------------------------------

_STORE_PART = """
import sys, time
begin = time.perf_counter()
from kgmed.kg.store.embedded import EmbeddedStore
store = EmbeddedStore(sys.argv[1])
opened = time.perf_counter()
id = store.resolve([sys.argv[2]])[0]
edges = store.neighbors([id], limit=100)[0]
assert edges
print(time.perf_counter() - begin, opened - begin)
"""


def warm(root: Path) -> None:
    """Read the files that questions touch into the page cache."""
    folder = open_snapshot(root).folder
    for path in [*sorted((folder / "csr").iterdir()), folder / "names.sqlite"]:
        with path.open("rb") as file:
            while file.read(1 << 24):
                pass


def cold_store(root: Path, hubs: Sequence[int]) -> list[Figure]:
    """Import, open, resolve and neighbours in a fresh process: the store's part of an answer."""
    work = workload(open_snapshot(root), hubs)
    warm(root)
    spent, opened, whole = [], [], []
    for id in work.busy_ids[:COLD_RUNS]:
        begin = time.perf_counter()
        command = [sys.executable, "-c", _STORE_PART, str(root), id]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        whole.append((time.perf_counter() - begin) * 1000)
        parts = done.stdout.split()
        spent.append(float(parts[0]) * 1000)
        opened.append(float(parts[1]) * 1000)
    note = f"opening {median(opened):.3g}; whole process {median(whole):.3g}; median of {COLD_RUNS}"
    what = "import, open, resolve, 100 neighbours, fresh process"
    return [Figure("cold", what, median(spent), "ms", 60, note=note)]


def cold_ask(graph: str | None) -> list[Figure]:
    """``kgmed ask`` as a whole process; nothing where the graph can't be opened."""
    command = [sys.executable, "-m", "kgmed.cli", "ask", "drug interactions of warfarin", "--quiet"]
    if graph:
        command += ["--graph", graph]
    first = subprocess.run(command, check=False, capture_output=True, text=True)
    if first.returncode not in {0, 3}:
        say(f"  kgmed ask doesn't run here: {first.stderr.strip()[-200:]}")
        return []
    spent = [
        1000 * seconds(lambda: subprocess.run(command, check=False, capture_output=True))
        for _ in range(COLD_RUNS)
    ]
    where = "this snapshot" if graph else "the open graph"
    note = f"median of {COLD_RUNS}, exit {first.returncode}"
    return [Figure("cold", f"kgmed ask on {where}", median(spent), "ms", 200, note=note)]
