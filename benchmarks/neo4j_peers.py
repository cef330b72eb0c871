"""BioCypher's offline writer on a graph's rows; run by the Python of its own environment.

    python neo4j_peers.py FOLDER      reads FOLDER/nodes.parquet and edges.parquet

Prints one line of JSON: seconds and rows. Imports nothing of kgmed.
"""

from __future__ import annotations

import contextlib
import io
import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import biocypher as bc
import pyarrow.parquet as pq
from build_peers import _ontology


def rows(path: Path) -> Iterator[dict[str, Any]]:
    """The rows of a Parquet file."""
    for batch in pq.ParquetFile(path).iter_batches(50_000):
        yield from batch.to_pylist()


def main() -> None:
    """Write the rows, and tell how long it took."""
    folder = Path(sys.argv[1])
    edge = [name for name in pq.read_schema(folder / "edges.parquet").names
            if name not in {"id", "s", "o"}]  # fmt: skip
    lists = ("categories", "sources", "equivalent_ids", "names")
    items = ", ".join(f"{name}: 'str[]'" for name in lists)
    (folder / "schema.yaml").write_text(
        "disease or phenotypic feature:\n  represented_as: node\n  preferred_id: id\n"
        f"  input_label: concept\n  properties: {{{items}}}\n"
        "related to:\n  represented_as: edge\n  source: disease or phenotypic feature\n"
        "  target: disease or phenotypic feature\n  input_label: relation\n"
        f"  properties: {{{', '.join(f'{n}: str' for n in edge)}}}\n"
    )
    (folder / "config.yaml").write_text(
        "biocypher:\n  dbms: neo4j\n  offline: true\n  strict_mode: false\n"
        f"  schema_config_path: {folder / 'schema.yaml'}\n"
        f"  output_directory: {folder / 'files'}\n"
        "neo4j:\n  array_delimiter: '|'\n"
    )
    count = 0

    def nodes() -> Iterator[tuple[str, str, dict[str, Any]]]:
        nonlocal count
        for row in rows(folder / "nodes.parquet"):
            count += 1
            yield row["id"], "concept", {name: row[name] or [] for name in lists}

    def edges() -> Iterator[tuple[str, str, str, str, dict[str, Any]]]:
        nonlocal count
        for row in rows(folder / "edges.parquet"):
            count += 1
            yield row["id"], row["s"], row["o"], "relation", {
                name: str(row[name]) for name in edge
            }  # fmt: skip

    begin = time.perf_counter()
    with contextlib.redirect_stdout(io.StringIO()):
        graph = bc.BioCypher(
            biocypher_config_path=str(folder / "config.yaml"), head_ontology=_ontology(folder)
        )
        graph.write_nodes(nodes())
        graph.write_edges(edges())
    print(json.dumps({"seconds": time.perf_counter() - begin, "rows": count}))


if __name__ == "__main__":
    main()
