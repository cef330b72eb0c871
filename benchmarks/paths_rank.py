"""Whether ``paths --rank learned`` puts first what curators drew: DrugMechDB's mechanisms.

    python benchmarks/paths_rank.py --seeds 0,1,2 [--model complex] [--json FILE]

For each seed a fifth of the drugs' indications with a curated mechanism is held out: the statements
that no other mechanism or source states, and each *treats* of the two, are retracted from a copy of
the open graph; a model is trained on what is left, as ``kgmed learn train`` does. Candidates are
the shortest paths between drug and disease in that graph, as ``kgmed paths`` finds them, without
*treats*. A candidate is right where all its concepts are on a held-out mechanism of the two
(``concepts``), or where it is that mechanism, concept by concept (``path``). Only indications with
right and wrong candidates are counted.

Methods: the default order; ``dwpc``, the mean logarithm of what the steps weigh (Himmelstein et al.
2017); ``odds``, the mean log odds that the model gives the statements; ``learned``, of which the
formula was chosen on a draw of its own. Printed: mean reciprocal rank, Hits@1 and Hits@5 of the
first right candidate, with 95% intervals of 1,000 bootstrap draws of the diseases, as those that
have one mechanism in common aren't independent, and how far the reciprocal rank is ahead of the
default's on the same indications.

What leaks: a concept of a held-out mechanism is often on that of another disease of the same drug,
which stays in the graph; that is known of the drug in practice, too. With all mechanisms of a drug
held out (``--by drug``) too few right candidates are left to measure.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import tempfile
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path as FilePath

import numpy as np
import numpy.typing as npt

import kgmed
from kgmed.facade import Graph
from kgmed.kg.model import Path
from kgmed.kg.paths.find import find_paths
from kgmed.reasoning.plausibility.scorer import Scorer
from kgmed.reasoning.plausibility.uses.paths import path_scores, step_scores

Pair = tuple[str, str]
Ranks = npt.NDArray[np.float64]
HOPS, POOL = 4, 64
LEFT_OUT = ("treats", "contraindicated_in")


def mechanisms(graph: Graph) -> dict[Pair, list[Path]]:
    """The curated paths of each drug and disease that a source says it treats."""
    found = {}
    for statement in graph.store.scan(predicate="treats"):
        pair = (statement.subject, statement.object or "")
        if pair not in found and (paths := graph.store.curated_paths(*pair)):
            found[pair] = paths
    return found


def held_out(pairs: Sequence[Pair], by: str, seed: int) -> set[Pair]:
    """A fifth of the pairs, or all those of a fifth of the drugs or diseases."""
    rng = random.Random(seed)  # noqa: S311  a sample
    if by == "pair":
        return set(rng.sample(pairs, len(pairs) // 5))
    end = 0 if by == "drug" else 1
    ends = sorted({pair[end] for pair in pairs})
    chosen = set(rng.sample(ends, len(ends) // 5))
    return {pair for pair in pairs if pair[end] in chosen}


def without(folder: FilePath, by: str, seed: int) -> dict[Pair, list[Path]]:
    """Retract what only the held-out mechanisms state from the graph in a folder; these."""
    with kgmed.open_graph(folder) as graph:
        every = mechanisms(graph)
        out = held_out(sorted(every), by, seed)
        used: dict[str, set[Pair]] = defaultdict(set)
        curator: dict[str, str] = {}
        for pair, paths in every.items():
            for statement in (s for path in paths for s in path.statements):
                used[statement.id].add(pair)
                curator[statement.id] = statement.primary_knowledge_source
        gone = {id for id, pairs in used.items()
                if pairs <= out and curator[id] == "infores:drugmechdb"}  # fmt: skip
        direct = graph.store.between(sorted(out), predicates=["treats"])
        gone |= {statement.id for some in direct for statement in some}
    kgmed.retract(folder, sorted(gone), reason="held out", who="benchmark", date="2026-01-01")
    return {pair: every[pair] for pair in sorted(out)}


def odds(scorer: Scorer, paths: Sequence[Path]) -> list[float]:
    """The mean log odds of each path's statements; of those alone that the model can tell of."""
    found = []
    for path in paths:
        told = scorer.score([(s.subject, s.predicate, s.object or "") for s in path.statements])
        given = np.clip([p for p in told if p is not None], 1e-9, 1 - 1e-9)
        found.append(float(np.log(given / (1 - given)).mean()) if len(given) else 0.0)
    return found


def ranks(
    graph: Graph, model: str, held: Mapping[Pair, Sequence[Path]]
) -> dict[str, list[tuple[str, list[int]]]]:
    """For what counts as right, each disease and the rank of the first right candidate by each
    method."""
    scorer = graph.scorer(model)
    predicates = [name for name in graph.info().predicates if name not in LEFT_OUT]
    found: dict[str, list[tuple[str, list[int]]]] = {"concepts": [], "path": []}
    for (start, end), curated in held.items():
        paths = find_paths(
            graph.store, start, end, registry=graph.registry, hops=HOPS, limit=POOL,
            predicates=predicates,
        ).paths  # fmt: skip
        if len(paths) < 2:
            continue
        on = {id for path in curated for id in path.nodes}
        drawn = {path.nodes for path in curated}
        truth = {
            "concepts": [on.issuperset(path.nodes) for path in paths],
            "path": [path.nodes in drawn for path in paths],
        }
        scores = [step_scores(scorer, paths), odds(scorer, paths), path_scores(scorer, paths)]
        orders = [np.arange(len(paths))]
        orders += [np.argsort(-np.array(some), kind="stable") for some in scores]
        for name, right in truth.items():
            if any(right) and not all(right):
                first = [int(np.argmax(np.array(right)[order])) + 1 for order in orders]
                found[name].append((end, first))
    return found


METHODS = ("default", "dwpc", "odds", "learned")
MEASURES = {
    "mrr": lambda r: 1 / r,
    "hits_1": lambda r: (r <= 1).astype(float),
    "hits_5": lambda r: (r <= 5).astype(float),
}


def interval(values: Ranks, of: npt.NDArray[np.int64]) -> tuple[float, float, float]:
    """The mean, and the interval that holds 95% of its bootstrap samples; ``of`` numbers what is
    drawn together."""
    rng = np.random.default_rng(0)
    total, count = np.bincount(of, values), np.bincount(of)
    drawn = rng.integers(0, len(count), (1000, len(count)))
    means = total[drawn].sum(1) / count[drawn].sum(1)
    low, high = np.quantile(means, [0.025, 0.975]).tolist()
    return float(values.mean()), low, high


def main() -> None:
    """Print the table."""
    given = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    given.add_argument("--seeds", default="0,1,2")
    given.add_argument("--by", default="pair", choices=["pair", "drug", "disease"])
    given.add_argument("--model", default="paths")
    given.add_argument("--json", type=FilePath)
    asked = given.parse_args()
    found: dict[str, list[tuple[str, list[int]]]] = {"concepts": [], "path": []}
    with kgmed.open_graph() as graph:
        root = graph.local_store().snapshot.root
    for seed in map(int, asked.seeds.split(",")):
        with tempfile.TemporaryDirectory() as folder:
            copy = FilePath(folder) / "graph"
            shutil.copytree(root, copy, ignore=shutil.ignore_patterns("learned"))
            held = without(copy, asked.by, seed)
            with kgmed.open_graph(copy) as graph:
                graph.learn_train(model=asked.model, name="held", seed=seed)
                for name, rows in ranks(graph, "held", held).items():
                    print(f"seed {seed}: {len(held)} held out, {len(rows)} to rank by {name}")
                    found[name] += rows
    told = {}
    for name, rows in found.items():
        if not rows:
            continue
        table = np.array([ranked for _disease, ranked in rows], float)
        diseases, of = np.unique([disease for disease, _ranked in rows], return_inverse=True)
        print(f"\nright by {name}, {len(rows)} indications of {len(diseases)} diseases")
        for n, method in enumerate(METHODS):
            each = {key: interval(take(table[:, n]), of) for key, take in MEASURES.items()}
            ahead = interval(1 / table[:, n] - 1 / table[:, 0], of)
            told[f"{name}/{method}"] = each | {"mrr_ahead": ahead}
            figures = [f"{key} {v:.3f} ({a:.3f}-{b:.3f})" for key, (v, a, b) in each.items()]
            figures.append(f"ahead {ahead[0]:+.3f} ({ahead[1]:+.3f} to {ahead[2]:+.3f})")
            print("\t".join([method, *figures]))
    if asked.json:
        asked.json.write_text(json.dumps(told, indent=1))


if __name__ == "__main__":
    main()
