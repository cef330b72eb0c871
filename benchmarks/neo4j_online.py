"""The Neo4j back end: rows a second of a load; latencies of questions beside the embedded store.

    python benchmarks/neo4j_online.py --server bolt://localhost:7687 [--graph GRAPH] [--count N]

Both back ends hold the same snapshot and are asked the same questions in the same process, one
after the other: every list twice, of which the second pass is measured. The load replaces what the
database of the server holds.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from measure import Figure, latencies, p50_p99, say, table, write_json

from kgmed.facade import Graph, load_graph, open_graph
from kgmed.kg.paths.find import find_paths
from kgmed.kg.store.neo4j.report import Loaded

AREA = "Neo4j, online"
TIMES_AT_P99 = 10.0
"""How many times faster the embedded store is to be at the 99th percentile."""
QUESTIONS = (
    "drug interactions of warfarin",
    "does aspirin interact with warfarin?",
    "what treats gout?",
    "how does imatinib treat chronic myeloid leukemia?",
    "DrugBank id of tamoxifen",
    "华法林的药物相互作用",
    "which drugs target PTGS2",
    "what are the symptoms of influenza?",
)


class Told:
    """Where a load tells how it goes."""

    def __call__(self, text: str) -> None:
        say(text)

    note = __call__

    def update(self, text: str) -> None:
        """Numbers of a step: too many to print."""


def measure_load(uri: str, graph: str | Path | None = None) -> tuple[list[Figure], Loaded]:
    """Load a graph into a server, and what that took; a row is a node with its relationships, a
    statement, or a relationship between other nodes."""
    made = load_graph(uri, graph, prune=True, tell=Told())
    if made.mode == "same":
        made = load_graph(uri, graph, again=True, tell=Told())
    rows, spent = sum(made.merged.values()), made.elapsed_ms / 1e3
    what = "rows loaded" if made.mode == "new" else "rows loaded over others, and pruned"
    figure = Figure(
        AREA, what, rows / spent, "rows/s", sense="at least", note=f"{rows:,} rows in {spent:.0f} s"
    )
    return [figure], made


def measure_questions(
    uri: str, graph: str | Path | None = None, *, count: int = 300, seed: int = 5
) -> list[Figure]:
    """Latencies of neighbours, statements, paths and answers: embedded, with Neo4j as the peer."""
    figures: list[Figure] = []
    with open_graph(graph) as here, open_graph(uri) as there:
        pool = [s for n, s in enumerate(here.store.scan()) if n % 7 == 0]
        chance = random.Random(seed)  # noqa: S311  a workload, not a secret
        picked = [chance.choice(pool) for _ in range(2 * count)]
        ids = [s.subject for s in picked[:count]]
        pairs = list(zip(ids, [s.object for s in picked[count:]], strict=True))
        statements = [s.id for s in picked[:count]]
        lists: list[tuple[str, Sequence[Any], Callable[[Graph], Callable[[Any], object]]]] = [
            ("neighbours of a concept", ids, lambda g: lambda curie: g.store.neighbors([curie])),
            ("statement by id", statements, lambda g: lambda given: g.store.statements([given])),
            ("paths of up to 4 hops", pairs[: count // 3], _paths),
            ("an answer (kgmed ask)", QUESTIONS * max(1, count // 60), _answers),
        ]
        for what, items, of in lists:
            say(what)
            spent = []
            for graph_ in (here, there):
                call = of(graph_)
                latencies(call, items)
                spent.append(p50_p99(latencies(call, items)))
            (p50, p99), (there_p50, there_p99) = spent
            figures += [
                Figure(AREA, f"{what}, p50", p50, "ms", peer="Neo4j", peer_value=there_p50),
                Figure(
                    AREA, f"{what}, p99", p99, "ms", target=there_p99 / TIMES_AT_P99,
                    peer="Neo4j", peer_value=there_p99,
                ),
            ]  # fmt: skip
    return figures


def _paths(graph: Graph) -> Callable[[Any], object]:
    def call(pair: tuple[str, str]) -> object:
        return find_paths(graph.store, *pair, registry=graph.registry, hops=4)

    return call


def _answers(graph: Graph) -> Callable[[Any], object]:
    return lambda question: graph.ask(question, limit=20)


def main() -> int:
    """Run both parts; the exit code is 1 where a target is missed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--server", required=True, help="the server's URI")
    parser.add_argument("--graph", help="the graph; default: the open graph")
    parser.add_argument("--count", type=int, default=300, help="questions of a kind")
    parser.add_argument("--no-load", action="store_true", help="the server holds the graph already")
    parser.add_argument("--json", type=Path, help="write the figures here, too")
    given = parser.parse_args()
    figures: list[Figure] = []
    if not given.no_load:
        figures += measure_load(given.server, given.graph)[0]
    figures += measure_questions(given.server, given.graph, count=given.count)
    print(table(figures))
    if given.json:
        write_json(given.json, figures)
    return int(any(figure.verdict == "MISS" for figure in figures))


if __name__ == "__main__":
    raise SystemExit(main())
