"""Claims verified: accuracy on known labels, rates, one claim's latency with hubs, and baselines.

    python benchmarks/verify.py [--graph DIR/graph] [--peers PEERS/bin/python] [--json FILE]
    python benchmarks/verify.py --only accuracy [--graph DIR/graph] [--peers PEERS/bin/python]
    python benchmarks/verify.py --only speed --graph DIR/graph
    python benchmarks/verify.py --quick

Accuracy is measured on the open graph: (a) generated claims by kind, labelled in SQL; (b) sentences
labelled by hand; (c) DrugMechDB paths held out; (d) all of its own statements. ``--graph`` names a
graph of UMLS's size for (a) and (d) and for rates; without it the open graph is timed. ``--peers``
is a Python with scikit-learn, bm25s and torch for what is compared on sentences. ``--quick`` does a
little of everything.

The tables go to standard output, progress to standard error; the exit code is 1 where a target is
missed.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import claims_denied
import claims_generated
import verify_accuracy
import verify_peers
import verify_speed
import verify_text
from claims_generated import Generated
from measure import Figure, say, table, write_json

from kgmed.facade import Graph, open_graph
from kgmed.kg.predicates import registry
from kgmed.reasoning.claims.batch import TableVerifier

OPEN, LARGE = "open graph", "UMLS size"


@dataclass(frozen=True, slots=True)
class Sizes:
    """How many claims of each sort."""

    generated: int = 50_000
    singly: int = 50_000
    negatives: int = 25_000
    denied: int = 4_000
    worded: int = 4_000
    trained: int = 20_000
    triples: int = 2_000_000
    single: int = 6_000
    own: int = 60_000_000
    texts: int = 1_500
    sentences: int = 1_000
    seconds: float = 180


QUICK = Sizes(
    generated=1_000, singly=300, negatives=200, denied=80, worded=100, trained=500,
    triples=10_000, single=150, own=20_000, texts=60, sentences=60, seconds=5,
)  # fmt: skip


@dataclass(slots=True)
class Report:
    """Everything that is printed."""

    figures: list[Figure] = field(default_factory=list)
    blocks: list[str] = field(default_factory=list)


def generated(graph: Graph, sizes: Sizes, report: Report, *, name: str, singly: int) -> Generated:
    """(a) on one graph."""
    store = graph.local_store()
    say(f"(a) generated claims, {name}")
    made = claims_generated.generate(store, sizes.generated)
    told = claims_generated.judged(store, made, singly=singly)
    report.figures += claims_generated.figures(made, told, graph=name)
    other = claims_generated.differing(made, told[0])
    pairs = Counter((row["label"], row["verdict"]) for row in other)
    report.blocks.append(
        f"(a), {name}: {made.rows.num_rows:,} claims; not as labelled: "
        + (", ".join(f"{a} told {b} {n:,}" for (a, b), n in pairs.most_common()) or "none")
        + f"; tables and single claims differ on {claims_generated.apart(told):,}"
    )
    return made


def accuracy(graph: Graph, sizes: Sizes, report: Report, peers: Path | None) -> Generated:
    """(a) to (d) on the open graph, and the baselines."""
    store = graph.local_store()
    made = generated(graph, sizes, report, name=OPEN, singly=sizes.singly)
    say("denials in an overlay")
    report.figures += claims_denied.denied(store, sizes.denied)
    say("the package's hard negatives")
    report.figures += verify_accuracy.hard_negatives(store, sizes.negatives)
    say("(b) labelled sentences")
    sentences, reading, figures, tables = verify_text.labelled(graph, sizes.sentences)
    report.figures += figures
    report.blocks += tables
    say("(c) paths held out")
    report.figures += verify_accuracy.held_out(store)
    say("(d) own statements")
    report.figures += verify_accuracy.own_statements(store, sizes.own, graph=OPEN)
    say("beside what uses no rules")
    train = claims_generated.generate(store, sizes.trained, seed=11) if peers else None
    report.blocks += verify_text.beside(
        graph, sentences, reading, made, train,
        count=sizes.worded, peers=peers, seconds=sizes.seconds,
    )  # fmt: skip
    return made


def large(graph: Graph, sizes: Sizes, report: Report, *, only: str | None) -> None:
    """(a), (d) and rates on a graph of UMLS's size."""
    if only == "speed":
        made = claims_generated.generate(graph.local_store(), sizes.texts * 4)
    else:
        made = generated(graph, sizes, report, name=LARGE, singly=sizes.singly // 5)
        say("(d) own statements")
        store = graph.local_store()
        report.figures += verify_accuracy.own_statements(store, sizes.own, graph=LARGE)
    if only != "accuracy":
        speed(graph, made, sizes, report, name=LARGE)


def speed(graph: Graph, made: Generated, sizes: Sizes, report: Report, *, name: str) -> None:
    """Rates, latencies and memory of one graph."""
    store = graph.local_store()
    snapshot = store.snapshot
    say(f"rates, {name}")
    asked = verify_speed.questions(snapshot, sizes.triples)
    figures = verify_speed.tables(snapshot.root, asked, graph=name)
    say("one claim at a time")
    more = verify_speed.questions(snapshot, sizes.single, seed=9)
    figures += verify_speed.single(store, snapshot, more, graph=name)
    figures += verify_speed.texts(graph, made, sizes.texts, name=name)
    say("peers")
    report.figures += verify_peers.beside(figures, snapshot, asked)
    verdicts = TableVerifier(snapshot.root, registry()).verify(asked.slice(0, 100_000), proof=False)
    mix = Counter(verdicts.column("verdict").to_pylist())
    info = graph.info()
    report.blocks.append(
        f"{name}: {info.concepts:,} concepts, {info.names:,} names, {info.statements:,} statements;"
        f" of the first {len(verdicts):,} of {asked.num_rows:,} claims timed: "
        + ", ".join(f"{verdict} {n:,}" for verdict, n in mix.most_common())
    )


def main() -> None:
    """Read the command line, run, print the tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--graph", type=Path, help="folder of a graph of UMLS's size")
    parser.add_argument("--peers", type=Path, help="Python with what is compared")
    parser.add_argument("--quick", action="store_true", help="a little of everything")
    parser.add_argument("--only", choices=("accuracy", "speed"), help="leave the rest out")
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    chosen = parser.parse_args()
    sizes, report = QUICK if chosen.quick else Sizes(), Report()
    with open_graph("kgmed:open") as graph:
        made = None
        if chosen.only != "speed":
            made = accuracy(graph, sizes, report, chosen.peers)
        if chosen.graph is None and chosen.only != "accuracy":
            made = made or claims_generated.generate(graph.local_store(), sizes.texts * 4)
            speed(graph, made, sizes, report, name=OPEN)
    if chosen.graph is not None:
        with open_graph(str(chosen.graph)) as graph:
            snapshot = graph.local_store().snapshot
            if snapshot.base is not None:
                parser.error(f"{snapshot.root}: an overlay lies on this graph; name one without")
            large(graph, sizes, report, only=chosen.only)
    load = ", ".join(f"{n:.1f}" for n in os.getloadavg())
    print(f"Python {platform.python_version()}, {os.cpu_count()} cores, load at the end {load}.")
    print("Page cache warm, every claim timed once. S, R, U, N: labelled so > told so.\n")
    print(table(report.figures))
    for block in report.blocks:
        print(f"\n{block}")
    if chosen.json:
        write_json(chosen.json, report.figures, notes=report.blocks)
    sys.exit(1 if any(figure.verdict == "MISS" for figure in report.figures) else 0)


if __name__ == "__main__":
    main()
