"""A graph in Neo4j: the files for neo4j-admin, beside BioCypher's.

    python benchmarks/neo4j.py bulk --graph GRAPH --work DIR [--peers peers/bin/python]
                                    [--neo4j SCRIPT] [--json FILE]

``GRAPH`` is a folder or ``kgmed:open``; all of it is written, whatever its licences. ``--peers``
names the Python of an environment with biocypher and pyarrow, ``--neo4j`` a script as in
tests/neo4j_server.py, which imports what was written. The table goes to standard output; exit code
1: a target is missed.

This file has the name of the driver's package: what needs the driver runs in a process that doesn't
start here.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

import neo4j_bulk
from measure import say, table, write_json


def main() -> int:
    """Run the part that is asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("part", choices=["bulk"])
    parser.add_argument("--graph", default="kgmed:open")
    parser.add_argument("--work", type=Path)
    parser.add_argument("--peers", type=Path)
    parser.add_argument("--peer-rows", type=int, default=300_000)
    parser.add_argument("--neo4j", type=Path)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=arguments.work) as folder:
        say(f"working in {folder}")
        figures = neo4j_bulk.figures(
            arguments.graph,
            Path(folder),
            peers=arguments.peers,
            peer_rows=arguments.peer_rows,
            neo4j=arguments.neo4j,
        )
    print(table(figures))
    if arguments.json:
        write_json(arguments.json, figures, graph=arguments.graph)
    return 1 if any(figure.verdict == "MISS" for figure in figures) else 0


if __name__ == "__main__":
    sys.exit(main())
