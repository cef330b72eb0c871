"""The store at UMLS's size: build a synthetic snapshot through the product's code and ask it.

    python benchmarks/store.py --scale 1.0 [--work DIR] [--keep] [--json FILE]

Scale 1 is 4M concepts, 15M names and 50M statements: 12 GB of disk and about ten minutes on 2
cores. Each phase runs in a process of its own, so that its memory is its own. The table goes to
standard output, progress to standard error.
"""

from __future__ import annotations

import argparse
import multiprocessing
import platform
import shutil
import sys
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import store_build
import store_peers
import store_queries
import store_tables
from measure import Figure, say, table, write_json

from kgmed.kg.store.snapshot import open_snapshot


def apart(call: Callable[..., Any], *arguments: object) -> Any:
    """Run a phase in a fresh process and return what it returns."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context) as pool:
        return pool.submit(call, *arguments).result()


def build_figures(built: store_build.Built) -> list[Figure]:
    """Stage times, the name index's rate, memory and disk."""
    names, spent = built.counts["names"], built.spent
    index = sum(spent[stage] for stage in store_build.NAME_STAGES)
    parts = ", ".join(f"{stage} {spent[stage]:.1f} s" for stage in store_build.NAME_STAGES)
    peak = max(built.peaks.values()) / 1e9
    worst = max(built.peaks, key=lambda stage: built.peaks[stage])
    figures = [
        Figure("name index", "names/s", names / index, "names/s", 180_000, "at least", note=parts),
        Figure("build", "adjacency (CSR)", spent["adjacency"], "s",
               note=f"{built.counts['statements'] / spent['adjacency']:,.0f} statements/s"),
        Figure("build", "peak RssAnon", peak, "GB", 8, note=f"in '{worst}'"),
    ]  # fmt: skip
    figures += [
        Figure("build stage", stage, s, "s", note=f"RssAnon {built.peaks[stage] / 1e6:,.0f} MB")
        for stage, s in spent.items()
        if stage not in {"adjacency", *store_build.NAME_STAGES}
    ]
    figures.append(Figure("build", "merged tables to published graph", sum(spent.values()), "s"))
    figures += [Figure("disk", name, size / 1e9, "GB") for name, size in built.disk.items()]
    return figures


def with_peers(figures: Sequence[Figure], measured: store_peers.Measured) -> list[Figure]:
    """Put each peer's figure beside ours."""
    result = []
    for figure in figures:
        for (area, what), (peer, value) in measured.items():
            if figure.area == area and figure.what.startswith(what):
                figure = replace(figure, peer=peer, peer_value=value)  # noqa: PLW2901
        result.append(figure)
    return result


def run(work: Path, scale: float) -> tuple[list[Figure], dict[str, int]]:
    """All phases; returns the figures and what the snapshot holds."""
    tables, root = work / "tables", work / "graph"
    work.mkdir(parents=True, exist_ok=True)
    apart(store_build.ensure_tables, tables, scale)
    say("build")
    shutil.rmtree(root, ignore_errors=True)
    built: store_build.Built = apart(store_build.build, tables, root)
    figures = build_figures(built)
    hubs = apart(store_tables.hubs, scale)
    say("cold start")
    figures += store_queries.cold_store(root, hubs)
    figures += store_queries.cold_ask(None) + store_queries.cold_ask(str(root))
    say("single questions")
    figures += apart(store_queries.single_questions, root, hubs)
    say("batches")
    figures += apart(store_queries.batches, root)
    say("peers")
    snapshot = open_snapshot(root)
    predicates = [name for name, _negated in snapshot.manifest["predicates"]]
    measured = apart(store_peers.peers, snapshot.folder / "tables", predicates)
    return with_peers(figures, measured), built.counts


def main() -> None:
    """Read the command line, run, print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--scale", type=float, default=0.02, help="1 is UMLS's size; at most 1")
    parser.add_argument("--work", type=Path, help="folder for tables and graph")
    parser.add_argument("--keep", action="store_true", help="leave tables and graph in --work")
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    chosen = parser.parse_args()
    if not 0.001 <= chosen.scale <= 1:
        parser.error(f"found --scale {chosen.scale}, expected 0.001 to 1")
    work = chosen.work or Path(tempfile.mkdtemp(prefix="kgmed-store-"))
    try:
        figures, counts = run(work, chosen.scale)
    finally:
        if not chosen.keep:
            for name in ("tables", "graph"):
                shutil.rmtree(work / name, ignore_errors=True)
    held = ", ".join(f"{n:,} {what}" for what, n in counts.items())
    print(f"Scale {chosen.scale}: {held}. Page cache warm; Python {platform.python_version()}.\n")
    print(table(figures))
    if chosen.json:
        facts = {"scale": chosen.scale, "counts": counts, "python": platform.python_version()}
        write_json(chosen.json, figures, **facts)
    sys.exit(1 if any(figure.verdict == "MISS" for figure in figures) else 0)


if __name__ == "__main__":
    main()
