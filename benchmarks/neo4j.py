"""A graph in Neo4j: in bulk beside BioCypher's files, online beside the embedded store.

    python benchmarks/neo4j.py [bulk] [online] --graph GRAPH --neo4j SCRIPT --work DIR
                               [--peers peers/bin/python] [--count N] [--json FILE]

Without ``bulk`` or ``online`` both run. ``GRAPH`` is a folder or ``kgmed:open``; all of it is
written, whatever its licences. ``--neo4j`` names a script as in tests/neo4j_server.py: its
neo4j-admin imports the files, and its server, started in DIR, takes the load and is asked.
``--server URI`` asks a server of your own instead, whose database the load replaces. ``--peers``
names the Python of an environment with biocypher and pyarrow. The table goes to standard output;
exit code 1: a target is missed.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

# This file has the name of the driver's package: its folder is looked through after that package's.
sys.path.append(sys.path.pop(0))

import neo4j_bulk
import neo4j_online
from measure import Figure, say, table, write_json

PARTS = ("bulk", "online")


def main() -> int:
    """Run the parts that are asked for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("parts", nargs="*", metavar="bulk|online", help="default: both")
    parser.add_argument("--graph", default="kgmed:open", help="a folder, or kgmed:open")
    parser.add_argument("--work", type=Path, help="where to write; default: the temporary folder")
    parser.add_argument("--neo4j", type=Path, help="the script that starts a server")
    parser.add_argument("--server", help="the URI of a server to load into and ask")
    parser.add_argument("--no-load", action="store_true", help="--server holds the graph already")
    parser.add_argument("--count", type=int, default=300, help="questions of a kind")
    parser.add_argument("--peers", type=Path, help="the Python that has biocypher")
    parser.add_argument("--peer-rows", type=int, default=300_000)
    parser.add_argument("--json", type=Path, help="write the figures here, too")
    given = parser.parse_args()
    parts = given.parts or PARTS
    if wrong := set(parts) - set(PARTS):
        parser.error(f"found {', '.join(sorted(wrong))}, expected one of: {', '.join(PARTS)}")
    if "online" in parts and not (given.server or given.neo4j):
        parser.error("online asks a server: give --server or --neo4j")
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory(dir=given.work) as folder:
        say(f"working in {folder}")
        if "bulk" in parts:
            figures += neo4j_bulk.figures(
                given.graph,
                Path(folder),
                peers=given.peers,
                peer_rows=given.peer_rows,
                neo4j=given.neo4j,
            )
        if "online" in parts:
            with neo4j_online.server(given.server, given.neo4j, Path(folder)) as uri:
                if not given.no_load:
                    figures += neo4j_online.measure_load(uri, given.graph)
                figures += neo4j_online.measure_questions(uri, given.graph, count=given.count)
    print(table(figures))
    if given.json:
        write_json(given.json, figures, graph=given.graph)
    return 1 if any(figure.verdict == "MISS" for figure in figures) else 0


if __name__ == "__main__":
    sys.exit(main())
