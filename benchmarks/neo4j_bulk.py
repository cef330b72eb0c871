"""The bulk part of neo4j.py: rows written a second, and neo4j-admin's import of them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from pathlib import Path

from measure import Figure, Stages, database, say

from kgmed.facade import Graph, open_graph
from kgmed.kg import layers
from kgmed.kg.licences import licence
from kgmed.kg.views.neo4j_admin import Neo4jFiles

TARGET = 1_000_000


def figures(
    uri: str, work: Path, *, peers: Path | None, peer_rows: int, neo4j: Path | None
) -> list[Figure]:
    """Write a graph in both formats, its rows through the peer, and import what was written."""
    found: list[Figure] = []
    with open_graph(uri) as graph:
        peer, ratio_rows = (None, 0)
        if peers is not None:
            peer, ratio_rows = _biocypher(graph, work, peers, peer_rows)
        for format in ("csv", "parquet"):
            made, peak = _export(graph, work / format, format)
            found.append(
                Figure(
                    "bulk", f"{format}: rows written", made.rows / made.seconds, "rows/s",
                    target=TARGET, sense="at least",
                    peer="BioCypher's offline writer" if peer else "", peer_value=peer,
                    note=_note(made, peak, ratio_rows),
                )
            )  # fmt: skip
            if neo4j is not None and format == "csv":
                seconds = _import(neo4j, work / format, work / "neo4j")
                found.append(
                    Figure("bulk", "neo4j-admin imports them", made.rows / seconds, "rows/s",
                           sense="at least", note=f"{seconds:,.0f} s")
                )  # fmt: skip
            shutil.rmtree(work / format)
    return found


def _note(made: Neo4jFiles, peak: int, peer_rows: int) -> str:
    nodes, relationships = sum(made.nodes.values()), sum(made.relationships.values())
    text = (
        f"{nodes:,} nodes and {relationships:,} relationships in {made.seconds:.1f} s,"
        f" {made.bytes / 1e9:.2f} GB; RssAnon {peak / 1e6:,.0f} MB"
    )
    return text + (f"; the peer wrote {peer_rows:,}" if peer_rows else "")


def _export(graph: Graph, out: Path, format: str) -> tuple[Neo4jFiles, int]:
    say(f"writing {format}")
    held = sorted(
        id
        for row in graph.info().sources
        for id in row.licence.split(" AND ")
        if licence(id).tier != "open" and id
    )
    stages = Stages()
    with stages.sampling():
        made = graph.export_neo4j(
            out, format=format, allow_restricted=list(dict.fromkeys(held)), progress=stages.start
        )
    return made, max(stages.peaks.values())


def _biocypher(graph: Graph, work: Path, python: Path, most: int) -> tuple[float, int]:
    """Rows a second of the peer, and how many it wrote: the graph's first concepts, with their
    names, and the first statements among them, with the same properties as kgmed's files."""
    say("BioCypher's offline writer")
    with database() as connection:
        layers.define(connection, graph.store.snapshot)
        connection.execute(f"""
            COPY (SELECT id, any_value(categories) AS categories, any_value(sources) AS sources,
                         any_value(equivalent_ids) AS equivalent_ids,
                         list(text ORDER BY n) FILTER (WHERE kind = 'preferred') AS names
                  FROM (SELECT * FROM concepts ORDER BY cid LIMIT {most // 3})
                  JOIN names USING (cid)
                  GROUP BY id) TO '{work / "nodes.parquet"}' (FORMAT parquet);
            COPY (SELECT lower(hex(r.id)) AS id, a.id AS s, b.id AS o, predicate, negated,
                         qualifiers, primary_knowledge_source, source_record, publications,
                         release, licence, text, original_subject, original_predicate,
                         original_object, knowledge_level, agent_type
                  FROM rows r JOIN profile USING (profile) JOIN predicate USING (p)
                  JOIN concepts a ON a.cid = s JOIN concepts b ON b.cid = o
                  LIMIT {most - most // 3}) TO '{work / "edges.parquet"}' (FORMAT parquet)""")
    script = Path(__file__).with_name("neo4j_peers.py")
    done = subprocess.run(
        [str(python), str(script), str(work)],
        capture_output=True, text=True, check=False, cwd=work,
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])
    told = json.loads(done.stdout.splitlines()[-1])
    return told["rows"] / told["seconds"], told["rows"]


def _import(script: Path, folder: Path, home: Path) -> float:
    say("neo4j-admin database import full")
    home.mkdir()
    begin = time.perf_counter()
    subprocess.run(
        [str(folder / "import.sh"), "neo4j", "--overwrite-destination=true"],
        env={"NEO4J_HEAP": "2g", **os.environ, "NEO4J_ADMIN": f"{script} admin {home}"},
        cwd=home,
        capture_output=True,
        check=True,
    )
    seconds = time.perf_counter() - begin
    shutil.rmtree(home)
    return seconds
