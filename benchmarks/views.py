"""Exports of a graph beside pyoxigraph and rdflib on the same quads, and KGX, in one run.

    python benchmarks/views.py [--graph GRAPH] [--work DIR] [--peer-quads 1000000] [--json FILE]

Rows are statements. ``N-Quads`` is measured with the text thrown away, which shows what kgmed takes
without the disk, and written to a file, with ``.gz`` too; pyoxigraph and rdflib parse and write the
first quads of that file. KGX is written in both formats and checked as ``kgmed build --check``
does; its rows are nodes and edges. All licences are let out. HeteroData is measured where
torch_geometric is installed. The table goes to standard output, progress to standard error.
"""

from __future__ import annotations

import argparse
import csv
import importlib.util
import shutil
import tempfile
import time
import warnings
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import Any

from measure import Figure, database, say, table, write_json

from kgmed.builders.check import check_sources
from kgmed.builders.kgx import KgxSource
from kgmed.facade import Graph, open_graph
from kgmed.kg.views.licensing import Terms
from kgmed.kg.views.rdf_sql import Lines
from kgmed.kg.views.rdf_write import BATCH_ROWS, _text
from kgmed.kg.views.tables import Tables

TARGET = 500_000


def timed(work: Callable[[], Any]) -> tuple[Any, float]:
    """What it gives, and the seconds it takes."""
    begin = time.perf_counter()
    found = work()
    return found, time.perf_counter() - begin


def formatted(graph: Graph, *, plain: bool) -> tuple[int, int]:
    """Statements put together as N-Quads, and their bytes; nothing is written."""
    info = graph.info()
    chosen = Terms(
        [(row.infores, row.licence) for row in info.sources],
        sorted({row.infores for row in info.sources}),
    )
    rows = size = 0
    with Tables(graph.store.snapshot, ordered=False) as tables:
        queries = Lines(tables.connection, chosen, info.snapshot, quads=True, plain=plain)
        for part in ("statements", "values"):
            for query in queries.queries()[part]:
                for batch in tables.connection.sql(query).to_arrow_reader(BATCH_ROWS):
                    rows += batch.num_rows
                    size += len(_text(batch.column(0))) if batch.num_rows else 0
    return rows, size


def streamed(graph: Graph) -> int:
    """All statements with all fields as Arrow batches."""
    with graph.tables(ordered=False) as tables:
        return sum(batch.num_rows for batch in tables.reader("statements"))


def peers(file: Path, quads: int, figures: list[Figure], ours: float) -> None:
    """pyoxigraph and rdflib on the first quads of a file that kgmed wrote."""
    import pyoxigraph
    import rdflib

    with file.open("rb") as lines:
        sample = b"".join(islice(lines, quads))
    form = pyoxigraph.RdfFormat.N_QUADS
    parsed, parse_s = timed(lambda: list(pyoxigraph.parse(sample, format=form)))
    _, write_s = timed(lambda: pyoxigraph.serialize(parsed, format=form))
    figures.append(
        Figure("N-Quads", "quads written", ours, "/s", sense="at least",
               peer="pyoxigraph serialize", peer_value=len(parsed) / write_s)
    )  # fmt: skip
    figures.append(Figure("N-Quads", "pyoxigraph parse", len(parsed) / parse_s, "/s"))
    few = b"\n".join(sample.split(b"\n")[: quads // 20]) + b"\n"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        dataset = rdflib.Dataset()
        _, parse_s = timed(lambda: dataset.parse(data=few, format="nquads"))
        _, write_s = timed(lambda: dataset.serialize(format="nquads"))
    count = few.count(b"\n")
    figures.append(
        Figure("N-Quads", "quads written", ours, "/s", sense="at least",
               peer="rdflib serialize", peer_value=count / write_s)
    )  # fmt: skip
    figures.append(Figure("N-Quads", "rdflib parse", count / parse_s, "/s"))


def plain_kgx(work: Path) -> tuple[Path, Path]:
    """KGX TSV as others write it: 100,000 nodes and 1,000,000 edges."""
    nodes, edges = work / "plain_nodes.tsv", work / "plain_edges.tsv"
    form = "(FORMAT csv, DELIMITER '\t', HEADER, QUOTE '')"
    with database() as connection:
        connection.execute(f"""
            COPY (SELECT printf('MONDO:%07d', n) AS id, 'biolink:Disease' AS category,
                         'disease number ' || n AS name, 'illness ' || n || '|ill ' || n AS synonym,
                         printf('DOID:%d', n) AS xref
                  FROM range(100000) t(n)) TO '{nodes}' {form};
            COPY (SELECT 'urn:edge:' || n AS id, printf('MONDO:%07d', hash(n) % 100000) AS subject,
                         CASE WHEN n % 3 = 0 THEN 'biolink:subclass_of' ELSE 'biolink:causes' END
                           AS predicate,
                         printf('MONDO:%07d', hash(n + 7) % 100000) AS object,
                         'infores:mondo' AS primary_knowledge_source,
                         'knowledge_assertion' AS knowledge_level, 'manual_agent' AS agent_type,
                         'PMID:' || n AS publications
                  FROM range(1000000) t(n)) TO '{edges}' {form}""")
    return nodes, edges


def foreign_kgx(work: Path) -> Figure:
    """Checking a KGX graph that isn't kgmed's, beside a loop that only reads it."""
    say("KGX of others")
    nodes, edges = plain_kgx(work)
    source = KgxSource(nodes, edges, on_error="skip")
    with tempfile.TemporaryDirectory(dir=work) as ids:
        found, took = timed(lambda: check_sources([source], Path(ids)))
    read = sum(file["read"] for file in found.sources[0].files.values())

    def loop() -> int:
        rows = 0
        for path in (nodes, edges):
            with path.open(encoding="utf-8", newline="") as lines:
                rows += sum(
                    1 for _ in csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
                )
        return rows

    rows, spent = timed(loop)
    return Figure(
        "KGX", "checked, of others (TSV)", read / took, "rows/s", 200_000, "at least",
        "csv.DictReader, which checks nothing", rows / spent, note=f"{read:,} rows in {took:.1f} s",
    )  # fmt: skip


def kgx(graph: Graph, work: Path, allow: list[str]) -> list[Figure]:
    """KGX out, and checked."""
    figures = []
    for form in ("jsonl", "tsv"):
        say(f"KGX, {form}")
        folder = work / form
        made, took = timed(
            lambda form=form, folder=folder: graph.write_kgx(
                folder, format=form, allow_restricted=allow
            )
        )
        rows = made.concepts + made.statements
        size = sum(Path(file).stat().st_size for file in (made.nodes, made.edges))
        note = f"{rows:,} rows, {size / 1e9:.1f} GB, {took:.0f} s"
        figures.append(
            Figure("KGX", f"{form} written", rows / took, "rows/s", TARGET, "at least", note=note)
        )
        source = KgxSource(made.nodes, made.edges, on_error="skip")
        with tempfile.TemporaryDirectory(dir=work) as ids:
            found, took = timed(lambda source=source, ids=ids: check_sources([source], Path(ids)))
        read = sum(file["read"] for file in found.sources[0].files.values())
        figures.append(
            Figure("KGX", f"{form} checked, with all that kgmed adds", read / took, "rows/s",
                   sense="at least", note=f"{read:,} rows in {took:.0f} s")
        )  # fmt: skip
        shutil.rmtree(folder)
    return figures


def run(graph: Graph, work: Path, quads: int) -> list[Figure]:
    """All figures."""
    figures: list[Figure] = []
    say("tables")
    rows, took = timed(lambda: streamed(graph))
    figures.append(Figure("tables", "statements, all fields", rows / took, "rows/s"))
    for plain in (True, False):
        say(f"N-Quads, {'plain' if plain else 'with details'}, thrown away")
        (rows, size), took = timed(lambda plain=plain: formatted(graph, plain=plain))
        what = "triples alone" if plain else "with details"
        figures.append(
            Figure("N-Quads", f"statements, {what}, no disk", rows / took, "rows/s", TARGET,
                   "at least", note=f"{size / 1e9:.1f} GB")
        )  # fmt: skip
    allow = sorted({row.infores for row in graph.info().sources})
    figures.append(foreign_kgx(work))
    figures += kgx(graph, work, allow)
    ours = 0.0
    for name, plain in (("plain.nq", True), ("whole.nq.gz", False)):
        say(f"the whole graph, {name}")
        made, took = timed(
            lambda name=name, plain=plain: graph.write_rdf(
                work / name, plain=plain, allow_restricted=allow
            )
        )
        ours = ours or made.quads / took
        note = f"{made.quads:,} quads, {made.bytes / 1e9:.1f} GB, {took:.0f} s"
        figures.append(Figure("export", name, made.quads / took, "quads/s", note=note))
    peers(work / "plain.nq", quads, figures, ours)
    if importlib.util.find_spec("torch_geometric"):
        say("HeteroData")
        data, took = timed(graph.to_pyg)
        edges = sum(data[kind].edge_index.shape[1] for kind in data.edge_types)
        figures.append(Figure("HeteroData", "edges", edges / took, "rows/s"))
    return figures


def main() -> None:
    """Measure, print, and write if so asked."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--graph")
    parser.add_argument("--work", type=Path)
    parser.add_argument("--peer-quads", type=int, default=1_000_000)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(dir=options.work) as work,
        open_graph(options.graph) as graph,
    ):
        figures = run(graph, Path(work), options.peer_quads)
    print(table(figures))
    if options.json:
        write_json(options.json, figures)


if __name__ == "__main__":
    main()
