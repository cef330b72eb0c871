"""The online part of neo4j.py: rows a second of a load; questions beside the embedded store.

Both back ends hold the same snapshot and are asked the same questions in the same process, one
after the other: every list twice, of which the second pass is measured.
"""

from __future__ import annotations

import random
import re
import socket
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from measure import Figure, latencies, p50_p99, say

from kgmed.facade import Graph, load_graph, open_graph
from kgmed.kg.paths.find import find_paths

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
    """Where a load tells how it goes; ``speeds`` has each table's last rows a second."""

    def __init__(self) -> None:
        self.speeds: dict[str, str] = {}

    def __call__(self, text: str) -> None:
        say(text)

    note = __call__

    def update(self, text: str) -> None:
        """Numbers of a step: too many to print."""
        found = re.fullmatch(r"(.+): .* rows, (.+) a second", text)
        if found:
            self.speeds[found[1]] = found[2]


@contextmanager
def server(uri: str | None, script: Path | None, work: Path) -> Iterator[str]:
    """The URI of a server: the one that is named, or one that runs in ``work`` meanwhile."""
    if uri or script is None:
        yield uri or ""
        return
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    home = work / "server"
    say("starting a server")
    start = [str(script), "start", str(home), str(port)]
    try:
        said = subprocess.run(start, stdout=subprocess.PIPE, text=True, check=True)
        yield said.stdout.split()[-1]
    finally:
        subprocess.run([str(script), "stop", str(home)], check=True)


def measure_load(uri: str, graph: str) -> list[Figure]:
    """Load a graph into a server, twice: into what is there, if anything, and over itself. A row is
    a node with its relationships, a statement, or a relationship between other nodes."""
    figures = []
    for again in (False, True):
        told = Told()
        made = load_graph(uri, graph, prune=not again, again=again, trusted=True, tell=told)
        if made.mode == "same":
            continue
        rows, spent = sum(made.merged.values()), made.elapsed_ms / 1e3
        what = "rows loaded" if made.mode == "new" else "rows loaded over others, and pruned"
        parts = ", ".join(f"{name} {speed}" for name, speed in told.speeds.items())
        figures.append(
            Figure(
                AREA, what, rows / spent, "rows/s", sense="at least",
                note=f"{rows:,} rows in {spent:.0f} s; rows/s: {parts}",
            )
        )  # fmt: skip
    return figures


def measure_questions(uri: str, graph: str, *, count: int = 300, seed: int = 5) -> list[Figure]:
    """Latencies of neighbours, statements, paths and answers: embedded, with Neo4j as the peer."""
    figures: list[Figure] = []
    with open_graph(graph) as here, open_graph(uri) as there:
        pool = [s for n, s in enumerate(here.store.scan()) if n % 7 == 0]
        chance = random.Random(seed)  # noqa: S311  a workload, not a secret
        picked = [chance.choice(pool) for _ in range(2 * count)]
        ids = [s.subject for s in picked[:count]]
        pairs = list(zip(ids, [s.object for s in picked[count:]], strict=True))
        ends = [end for s in pool for end in (s.subject, s.object)]
        hubs = [curie for curie, _degree in Counter(ends).most_common(20)]
        statements = [s.id for s in picked[:count]]
        lists: list[tuple[str, Sequence[Any], Callable[[Graph], Callable[[Any], object]]]] = [
            ("neighbours of a concept", ids, lambda g: lambda curie: g.store.neighbors([curie])),
            ("the first 20 neighbours of a hub", hubs * 5, _first),
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


def _first(graph: Graph) -> Callable[[Any], object]:
    return lambda curie: graph.store.neighbors([curie], limit=20)


def _paths(graph: Graph) -> Callable[[Any], object]:
    def call(pair: tuple[str, str]) -> object:
        return find_paths(graph.store, *pair, registry=graph.registry, hops=4)

    return call


def _answers(graph: Graph) -> Callable[[Any], object]:
    return lambda question: graph.ask(question, limit=20)
