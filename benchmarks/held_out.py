"""The open graph with a part of it hidden: what learned negatives and suggestions are measured on.

    python benchmarks/held_out.py FOLDER

builds the open graph as FOLDER/whole and again as FOLDER/part, where an overlay retracts all that a
tenth of the pairs of concepts say of what treats, interacts and targets. What a verifier over
``part`` doesn't support and one over ``whole`` does is true and was hidden: nobody who works on
``part`` can know it.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from kgmed.builders.overlay import make_overlay
from kgmed.facade.building import build
from kgmed.kg.predicates import registry
from kgmed.kg.store.batch import mapped
from kgmed.kg.store.snapshot import open_snapshot
from kgmed.reasoning.plausibility.triples.data import read_triples
from kgmed.reasoning.plausibility.triples.splits import pair_keys, split

TARGETS = ("has_target", "decreases_activity_of", "increases_activity_of")
HIDDEN = ("interacts_with", "treats", *TARGETS)
SHARE = 0.1


def hide(folder: Path, *, seed: int = 0) -> int:
    """Build both graphs; how many statements are hidden."""
    whole, part = folder / "whole", folder / "part"
    for path in (whole, part):
        build(out=path)
    snapshot = open_snapshot(part)
    triples = read_triples(snapshot)
    known = registry()
    names = [n for top in HIDDEN for n in known.descendants(top) if n in triples.predicates]
    made = split(triples, "random", predicates=sorted(set(names)), share=SHARE, seed=seed)
    keys = pair_keys(triples)
    places = np.flatnonzero(np.isin(keys, keys[made.test]))
    rows = np.concatenate([triples.rows[triples.first[t] : triples.first[t + 1]] for t in places])
    ids = np.asarray(mapped(snapshot, "st_id")).reshape(-1, 16)[rows]
    errata = folder / "errata.tsv"
    lines = [f"{bytes(id).hex()}\thidden\tbenchmark\t2026-01-01" for id in ids]
    errata.write_text("\n".join(["statement_id\treason\twho\tdate", *lines]) + "\n")
    make_overlay(part, errata=[errata])
    return len(lines)


if __name__ == "__main__":
    print(f"hidden: {hide(Path(sys.argv[1])):,} statements")
