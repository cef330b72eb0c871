"""An overlay on a large snapshot: how long it takes to make and to open, and what it costs readers.

    python benchmarks/store.py --scale 0.1 --work DIR --keep
    python benchmarks/overlay.py DIR/graph --retract 10000 --add 10000 [--json FILE]

Half of the changes are at hubs, half at the ends of random statements; each tenth added statement
has a new concept at one end. The overlay is dropped again at the end. The table goes to standard
output, progress to standard error.
"""

from __future__ import annotations

import argparse
import csv
import random
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from statistics import median

import numpy as np
from measure import (
    Figure,
    bytes_under,
    database,
    latencies,
    p50_p99,
    say,
    seconds,
    table,
    write_json,
)
from store_queries import Workload, warm, workload

from kgmed.builders.kgx import KgxSource
from kgmed.builders.overlay import drop_overlay, make_overlay
from kgmed.kg.paths.find import shortest_ways
from kgmed.kg.store.batch import Batch
from kgmed.kg.store.embedded import open_store
from kgmed.kg.store.snapshot import Snapshot, open_snapshot

RUNS = 11
_OPEN = """
import sys, time
begin = time.perf_counter()
from kgmed.kg.store.embedded import open_store
store = open_store(sys.argv[1])
print(time.perf_counter() - begin)
"""


def hubs(snapshot: Snapshot, n: int = 20) -> list[int]:
    """The concepts with most outgoing statements."""
    path = snapshot.folder / "csr" / "out_off.bin"
    degrees = np.diff(np.memmap(path, np.int64, "r"))
    return [int(cid) for cid in np.argsort(degrees)[-n:]]


def write_changes(snapshot: Snapshot, folder: Path, retract: int, add: int) -> tuple[Path, Path]:
    """``errata.tsv`` and ``edges.tsv`` for a snapshot."""
    rng = random.Random(5)  # noqa: S311  a workload, not a secret
    tables = snapshot.folder / "tables"
    big = hubs(snapshot)
    with database() as connection:
        statements = str(tables / "statements.parquet")
        some = connection.execute(
            "SELECT lower(hex(id)), s, o FROM read_parquet(?) ORDER BY hash(id) LIMIT ?",
            [statements, retract // 2 + add],
        ).fetchall()
        at_hubs = connection.execute(
            "SELECT lower(hex(id)), s, o FROM read_parquet(?) WHERE s IN (SELECT unnest(?))"
            " OR o IN (SELECT unnest(?)) ORDER BY hash(id) LIMIT ?",
            [statements, big, big, retract - retract // 2],
        ).fetchall()
        ids = dict(
            connection.execute(
                "SELECT cid, id FROM read_parquet(?)", [str(tables / "concepts.parquet")]
            ).fetchall()
        )
    gone = sorted({row[0] for row in [*some[: retract // 2], *at_hubs]})
    errata, edges = folder / "errata.tsv", folder / "edges.tsv"
    with errata.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file, delimiter="\t")
        out.writerow(("statement_id", "reason", "who", "date"))
        out.writerows((id, "wrong", "benchmark", "2026-11-20") for id in gone)
    with edges.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file, delimiter="\t")
        out.writerow(("subject", "predicate", "object"))
        for n, (_id, s, o) in enumerate(some[retract // 2 :]):
            subject = ids[rng.choice(big)] if n % 2 else ids[s]
            object = f"mesh:N{n:07d}" if n % 10 == 0 else ids[o]
            if subject != object:
                out.writerow((subject, "biolink:treats", object))
    return errata, edges


def questions(root: Path, work: Workload, touched: Sequence[str], label: str) -> list[Figure]:
    """Neighbours and paths through the store that opens the graph."""
    store = open_store(root)
    figures = []

    def measured(what: str, call: object, items: Sequence[object], target: float | None) -> None:
        latencies(call, items)  # type: ignore[arg-type]
        middle, p99 = p50_p99(latencies(call, items))  # type: ignore[arg-type]
        note = f"p50 {middle:.3g}; n={len(items):,}"
        say(f"  {label}: {what}: p99 {p99:.3g} ms ({note})")
        figures.append(Figure(label, f"{what}, p99", p99, "ms", target, note=note))

    def around(id: str) -> object:
        return store.neighbors([id], limit=100)

    mixed = [*work.random_ids, *work.busy_ids, *work.hub_ids * 5]
    measured("neighbours, limit 100, random, busy and hubs", around, mixed, 1)
    measured("neighbours, limit 100, changed concepts", around, touched, 1)
    pairs = [(store.node(a), store.node(b)) for a, b in [*work.pairs, *work.hub_pairs]]
    measured(
        "paths <= 4 hops",
        lambda pair: shortest_ways(store, pair[0], pair[1], hops=4),
        pairs,
        30,
    )
    store.close()
    snapshot = open_snapshot(root)
    figures.append(Figure(label, "batch: open", seconds(lambda: Batch(snapshot)), "s"))
    rng = np.random.default_rng(3)
    concepts = (snapshot.base or snapshot).manifest["counts"]["concepts"]
    codes = len((snapshot.base or snapshot).manifest["predicates"])
    s, o = rng.integers(0, concepts, (2, 1_000_000)).astype(np.int32)
    p = rng.integers(0, codes, 1_000_000).astype(np.int32)
    batch = Batch(snapshot)
    batch.has_statements(s[:9], p[:9], o[:9])
    spent = seconds(lambda: batch.has_statements(s, p, o), repeat=3)
    figures.append(Figure(label, "batch: 1,000,000 triples as ids", spent, "s", 0.4))
    batch.distances(s[:9], o[:9], hops=2)
    spent = seconds(lambda: batch.distances(s[:200_000], o[:200_000], hops=2))
    figures.append(
        Figure(
            label, "batch: pairs within 2 hops", 200_000 / spent, "pairs/s/core", None, "at least"
        )
    )
    return figures


def opening(root: Path, label: str) -> Figure:
    """Import and open in a fresh process."""
    spent = []
    for _ in range(RUNS):
        done = subprocess.run(
            [sys.executable, "-c", _OPEN, str(root)], capture_output=True, check=True, text=True
        )
        spent.append(float(done.stdout) * 1000)
    note = f"least {min(spent):.1f}; {RUNS} fresh processes, imports included"
    return Figure(label, "import and open", median(spent), "ms", 60, note=note)


def main() -> None:
    """Read the command line, run, print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("graph", type=Path, help="a graph without an overlay")
    parser.add_argument("--retract", type=int, default=1000)
    parser.add_argument("--add", type=int, default=1000)
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    chosen = parser.parse_args()
    root: Path = chosen.graph
    drop_overlay(root)
    base = open_snapshot(root)
    warm(root)
    errata, edges = write_changes(base, root.parent, chosen.retract, chosen.add)
    work = workload(base, hubs(base))
    say("without an overlay")
    figures = [opening(root, "without")]
    with edges.open(encoding="utf-8") as file:
        ends = [row[0] for row in csv.reader(file, delimiter="\t")][1:2001]
    figures += questions(root, work, ends, "without")
    say("making the overlay")
    try:
        spent = seconds(
            lambda: make_overlay(root, errata=[errata], sources=[KgxSource(None, edges)])
        )
        what = f"make: {chosen.retract:,} retracted, {chosen.add:,} added"
        figures.append(Figure("overlay", what, spent, "s"))
        say(f"  {spent:.2f} s")
        size = bytes_under(open_snapshot(root).folder)
        figures.append(Figure("overlay", "size on disk", size / 1e6, "MB"))
        figures.append(opening(root, "with"))
        figures += questions(root, work, ends, "with")
    finally:
        drop_overlay(root)
    counts = base.manifest["counts"]
    print(", ".join(f"{n:,} {what}" for what, n in counts.items()) + ". Page cache warm.\n")
    print(table(figures))
    if chosen.json:
        write_json(chosen.json, figures, counts=counts)
    sys.exit(1 if any(figure.verdict == "MISS" for figure in figures) else 0)


if __name__ == "__main__":
    main()
