"""What people use instead, on the same UMLS tables; run by the Python of their own environment.

    python build_peers.py owlready2|biocypher|pandas UMLS-FOLDER OUT-FOLDER

Prints one line of JSON: seconds, peak RssAnon in bytes, and what was done. Imports nothing of
kgmed. Each does less than kgmed's build does: none resolves identity, pairs inverse rows, breaks
cycles, or accounts for rows.
"""

from __future__ import annotations

import contextlib
import io
import json
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any


def rss_anon() -> int:
    """RssAnon of this process in bytes."""
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith("RssAnon:"):
            return int(line.split()[1]) * 1024
    return 0


def owlready2(umls: Path, out: Path) -> str:
    """PyMedTermino2's importer: every atom, relation and definition into a quadstore, and FTS."""
    from owlready2 import default_world
    from owlready2.pymedtermino2.umls import import_umls

    release = out / "umls-2099AA-metathesaurus"  # it takes the version from the folder's name
    release.symlink_to(umls.resolve(), target_is_directory=True)
    default_world.set_backend(filename=str(out / "pym.sqlite3"))
    import_umls(str(release))
    default_world.save()
    return "import_umls into its quadstore with full text"


def tables(umls: Path) -> tuple[Any, Any]:
    """Concepts with names and types, and relations, as people script it with pandas."""
    import pandas as pd

    def read(name: str, **columns: int) -> Any:
        frame = pd.read_csv(umls / f"{name}.RRF", sep="|", header=None, dtype=str, quoting=3,
                            usecols=list(columns.values()), keep_default_na=False)  # fmt: skip
        return frame.rename(columns={at: name for name, at in columns.items()})

    atoms = read("MRCONSO", cui=0, lat=1, ts=2, stt=4, ispref=6, sab=11, text=14, suppress=16)
    types = read("MRSTY", cui=0, sty=3).groupby("cui").sty.agg("|".join)
    definitions = read("MRDEF", cui=0, text=5).groupby("cui").text.first()
    atoms = atoms[atoms.suppress == "N"]
    best = (atoms.lat == "ENG") & (atoms.ts == "P") & (atoms.stt == "PF") & (atoms.ispref == "Y")
    concepts = atoms.drop_duplicates("cui").set_index("cui")[["text"]]
    concepts.update(atoms[best].drop_duplicates("cui").set_index("cui")[["text"]])
    concepts["synonyms"] = atoms.groupby("cui").text.agg(
        lambda texts: "|".join(dict.fromkeys(texts))
    )
    concepts = concepts.join(types).join(definitions.rename("definition"))
    relations = read("MRREL", first=0, rel=3, second=4, rela=7, sab=10, suppress=14)
    relations = relations[(relations.suppress == "N") & (relations["first"] != relations.second)]
    relations["predicate"] = relations.rela.where(relations.rela != "", relations.rel)
    relations = relations[["second", "predicate", "first", "sab"]].drop_duplicates()
    return concepts.fillna(""), relations


def pandas(umls: Path, out: Path) -> str:
    """Merge the tables in memory and write two CSV files."""
    concepts, relations = tables(umls)
    concepts.to_csv(out / "nodes.csv")
    relations.to_csv(out / "edges.csv", index=False)
    return "merge in memory, write nodes.csv and edges.csv"


def biocypher(umls: Path, out: Path) -> str:
    """The same tables through a BioCypher adapter into files for neo4j-admin."""
    import biocypher as bc

    (out / "schema.yaml").write_text(
        "disease or phenotypic feature:\n  represented_as: node\n  preferred_id: umls\n"
        "  input_label: concept\n"
        "related to:\n  represented_as: edge\n  source: disease or phenotypic feature\n"
        "  target: disease or phenotypic feature\n  input_label: relation\n"
        "  properties: {predicate: str, sab: str}\n"
    )
    (out / "config.yaml").write_text(
        f"biocypher:\n  dbms: neo4j\n  offline: true\n  strict_mode: false\n"
        f"  schema_config_path: {out / 'schema.yaml'}\n"
        f"  output_directory: {out / 'files'}\n"
    )
    concepts, relations = tables(umls)

    def nodes() -> Iterator[tuple[str, str, dict[str, str]]]:
        for cui, text, synonyms, sty, definition in concepts.itertuples():
            yield cui, "concept", {"name": text, "synonyms": synonyms, "sty": sty,
                                   "definition": definition}  # fmt: skip

    def edges() -> Iterator[tuple[None, str, str, str, dict[str, str]]]:
        for second, predicate, first, sab in relations.itertuples(index=False):
            yield None, second, first, "relation", {"predicate": predicate, "sab": sab}

    graph = bc.BioCypher(
        biocypher_config_path=str(out / "config.yaml"), head_ontology=_ontology(out)
    )
    graph.write_nodes(nodes())
    graph.write_edges(edges())
    return "pandas tables through write_nodes and write_edges into neo4j-admin files"


def _ontology(out: Path) -> dict[str, str]:
    """A head ontology of the two classes that are used: BioCypher's own is fetched from the web."""
    owl = """<?xml version="1.0"?>
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
 xmlns:owl="http://www.w3.org/2002/07/owl#" xmlns:rdfs="http://www.w3.org/2000/01/rdf-schema#">
<owl:Class rdf:about="https://example.org/Entity"><rdfs:label>entity</rdfs:label></owl:Class>
<owl:Class rdf:about="https://example.org/Disease">
 <rdfs:label>disease or phenotypic feature</rdfs:label>
 <rdfs:subClassOf rdf:resource="https://example.org/Entity"/></owl:Class>
<owl:Class rdf:about="https://example.org/Related"><rdfs:label>related to</rdfs:label>
 <rdfs:subClassOf rdf:resource="https://example.org/Entity"/></owl:Class>
</rdf:RDF>
"""
    path = out / "head.owl"
    path.write_text(owl)
    return {"url": str(path), "root_node": "entity"}


def main() -> None:
    """Run one peer and tell how it went."""
    peer, umls, out = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    peak, done = 0, threading.Event()

    def sample() -> None:
        nonlocal peak
        while not done.wait(0.05):
            peak = max(peak, rss_anon())

    thread = threading.Thread(target=sample, daemon=True)
    thread.start()
    begin = time.perf_counter()
    with contextlib.redirect_stdout(io.StringIO()):
        did = {"owlready2": owlready2, "biocypher": biocypher, "pandas": pandas}[peer](umls, out)
    seconds = time.perf_counter() - begin
    done.set()
    thread.join()
    print(json.dumps({"seconds": seconds, "rss_anon": peak, "did": did}))


if __name__ == "__main__":
    main()
