"""A dictionary of (name, MeSH id) pairs from open data, and a kgmed graph of it.

    python benchmarks/linking_dictionary.py --data ../shared/data [--out FOLDER] [--no-training]

Sources, in this order, each adding the pairs that none before it has: the names annotated in the
training texts of BC5CDR; DrugMechDB's drugs, diseases and other nodes with a MeSH id (processes and
proteins left out); the Disease Ontology of 2016 and 2026, names and EXACT synonyms, through terms
with exactly one MeSH xref; MONDO's mappings to MeSH; both labels of Biomappings' exact mappings;
NDF-RT and DrugCentral through the MeSH ids that DrugMechDB gives for DrugBank ids. Names of one
letter and ids that aren't MeSH's are left out. The development texts are read for the ceiling only.

The MeSH ids of the training texts are the annotators'; all others are the publishers'.
"""

from __future__ import annotations

import argparse
import csv
import re
import tarfile
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from linking_score import Gold, read_pubtator
from measure import say

from kgmed.builders.open_data.extract.common import clean, read_rows
from kgmed.builders.open_data.extract.obo import synonym
from kgmed.builders.open_data.extract.yaml_subset import load
from kgmed.builders.pipeline import build
from kgmed.builders.source import SourceInfo, TableName, Tally, record_batch

TRAINING = "eval_dev/bc5cdr/CDR_TrainingSet.PubTator.txt"
DEVELOPMENT = "eval_dev/bc5cdr/CDR_DevelopmentSet.PubTator.txt"
MESH = re.compile(r"[CD]\d{6,9}")
NOT_THINGS = frozenset(("BiologicalProcess", "GeneFamily", "Protein"))
"""DrugMechDB's labels of nodes that are no drug, disease, sign or part of the body."""

SOURCES = {
    "bc5cdr": ("BC5CDR training names", "BioCreative V", "CC-PDM-1.0"),
    "drugmechdb": ("DrugMechDB", "2026-07-02", "CC0-1.0"),
    "doid": ("Disease Ontology 2016 and 2026", "2016, 2026", "CC0-1.0"),
    "mondo": ("MONDO's mappings to MeSH", "2026", "CC-BY-4.0"),
    "biomappings": ("Biomappings", "2026", "CC0-1.0"),
    "ndfrt": ("NDF-RT through DrugBank ids", "2014", "US-PD"),
    "drugcentral": ("DrugCentral through DrugBank ids", "2026", "CC-BY-SA-4.0"),
}
"""Key of ``infores:KEY`` -> name, release, licence."""

ANCHOR = {"bc5cdr": 2602, "drugmechdb": 3045, "doid": 13900, "mondo": 5441, "biomappings": 11683,
          "ndfrt": 758, "drugcentral": 317, "pairs": 37746, "lower-case names": 31260, "ids": 16337,
          "ambiguous names": 547, "gold names (%)": 74.5, "gold ids (%)": 91.1}  # fmt: skip
"""What the peers were measured with when the targets were set."""

CATEGORIES = {
    "chebi": "ChemicalEntity", "drugbank": "Drug", "doid": "Disease", "mondo": "Disease",
    "hp": "PhenotypicFeature", "go": "BiologicalProcess", "uberon": "AnatomicalEntity",
    "cl": "Cell", "hgnc": "Gene", "uniprot": "Protein", "pr": "Protein", "maxo": "Procedure",
    "fplx": "GeneFamily",
}  # fmt: skip
"""Prefix of the id that Biomappings maps a MeSH id to -> what the MeSH id is."""

LABELS = {
    "Drug": "Drug", "Disease": "Disease", "ChemicalSubstance": "ChemicalEntity", "Cell": "Cell",
    "PhenotypicFeature": "PhenotypicFeature", "CellularComponent": "CellularComponent",
    "GrossAnatomicalStructure": "GrossAnatomicalStructure",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Entry:
    """A name of a MeSH id (``D006973``), where it was found, and what it is said to be.

    ``kind`` is preferred, synonym or abbreviation; ``category`` is '' where the source doesn't say.
    """

    name: str
    id: str
    source: str
    kind: str = "synonym"
    category: str = ""


@dataclass(slots=True)
class Dictionary:
    """Pairs in the order of their sources, without repetition, and what each source's rows gave."""

    entries: list[Entry] = field(default_factory=list)
    tallies: dict[str, Tally] = field(default_factory=dict)
    categories: dict[str, dict[str, None]] = field(default_factory=lambda: defaultdict(dict))
    training: Counter[tuple[str, str]] = field(default_factory=Counter)
    """How often a lower-case name stands for an id in the training texts; empty without them."""

    def add(self, source: str, rows: Iterable[Entry]) -> None:
        """Take a source's rows: each is kept or skipped for a reason."""
        tally = self.tallies.setdefault(source, Tally())
        seen = {(entry.name, entry.id) for entry in self.entries}
        for entry in rows:
            tally.read += 1
            reason = _reason(entry, seen)
            if entry.category and reason not in {"not an id of MeSH", "no one id"}:
                self.categories[entry.id][entry.category] = None
            if reason:
                tally.skipped[reason] += 1
                continue
            tally.kept += 1
            seen.add((entry.name, entry.id))
            self.entries.append(entry)

    def ids_of(self) -> dict[str, list[str]]:
        """Lower-case name -> its ids; the one most frequent in training first, then in order."""
        found: dict[str, dict[str, None]] = defaultdict(dict)
        for entry in self.entries:
            found[entry.name.lower()][entry.id] = None
        return {
            name: sorted(ids, key=lambda one: -self.training[name, one])
            for name, ids in found.items()
        }

    def counts(self) -> dict[str, float]:
        """The numbers that ``ANCHOR`` has."""
        kept: dict[str, float] = {key: tally.kept for key, tally in self.tallies.items()}
        names = self.ids_of()
        return kept | {
            "pairs": len(self.entries),
            "lower-case names": len(names),
            "ids": len({entry.id for entry in self.entries}),
            "ambiguous names": sum(len(ids) > 1 for ids in names.values()),
        }

    def ceiling(self, documents: Sequence[Gold]) -> dict[str, float]:
        """Share of the mentions whose text is a name as it stands, and whose id is held, in %."""
        names, ids = self.ids_of(), {entry.id for entry in self.entries}
        texts = [m.text.lower() in names for d in documents for m in d.mentions]
        held = [bool(ids & set(m.ids)) for d in documents for m in d.mentions]
        return {
            "gold names (%)": 100 * sum(texts) / len(texts),
            "gold ids (%)": 100 * sum(held) / len(held),
        }


def _reason(entry: Entry, seen: set[tuple[str, str]]) -> str:
    if not entry.id:
        return "no one id"
    if not MESH.fullmatch(entry.id):
        return "not an id of MeSH"
    if len(entry.name) < 2:
        return "a name of one letter"
    return "there already" if (entry.name, entry.id) in seen else ""


def read_dictionary(
    data: Path, *, training: bool = True, texts: Sequence[Gold] | None = None
) -> Dictionary:
    """Read all sources below ``data``; without ``training``, no name of the annotated texts.

    ``texts`` are those to take names from, all training texts where none are given.
    """
    made = Dictionary()
    if training:
        documents = list(read_pubtator(data / TRAINING)) if texts is None else texts
        made.add("bc5cdr", training_names(documents))
        for mention in (m for d in documents for m in d.mentions if len(m.ids) == 1):
            made.training[mention.text.lower(), mention.ids[0]] += 1
    records = list(_records(data / "open/drugmechdb/drugmechdb_kb_paths.tar.gz"))
    made.add("drugmechdb", _drugmechdb(records))
    made.add("doid", _disease_ontology(data / "open"))
    mondo = data / "open/mondo_sssom/mondo_exactmatch_mesh.sssom.tsv"
    made.add("mondo", (
        Entry(clean(row["subject_label"]), row["object_id"].removeprefix("mesh:"), "mondo",
              category="Disease")
        for row in read_rows(mondo, comment="#")
    ))  # fmt: skip
    made.add("biomappings", _biomappings(data / "open/biomappings/positive.sssom.tsv"))
    mesh = _mesh_of_drugbank(records)
    made.add("ndfrt", _ndfrt(data / "open/ndfrt_interactions/NDFRT-Drugbank-mapping.csv", mesh))
    made.add("drugcentral", _drugcentral(data / "open/drugcentral", mesh))
    return made


def training_names(documents: Iterable[Gold]) -> Iterator[Entry]:
    """What is annotated with one id; composite mentions name several things at once."""
    kinds = {"Chemical": "ChemicalEntity", "Disease": "Disease"}
    for document in documents:
        for mention in document.mentions:
            id = mention.ids[0] if len(mention.ids) == 1 else ""
            yield Entry(mention.text, id, "bc5cdr", category=kinds[mention.type])


def _records(archive: Path) -> Iterator[Any]:
    with tarfile.open(archive) as files:
        for member in files:
            if member.name.endswith(".yaml") and (file := files.extractfile(member)):
                record = load(file.read().decode("utf-8"), where=member.name)
                if isinstance(record, dict):  # one file lists the others
                    yield record


def _drugmechdb(records: Iterable[Any]) -> Iterator[Entry]:
    for record in records:
        graph = record["graph"]
        for thing, category in (("drug", "Drug"), ("disease", "Disease")):
            id = str(graph.get(f"{thing}_mesh") or "").removeprefix("MESH:")
            yield Entry(clean(str(graph[thing])), id, "drugmechdb", category=category)
        for node in record["nodes"]:
            prefix, _, id = str(node["id"]).partition(":")
            if prefix == "MESH" and node["label"] not in NOT_THINGS:
                category = LABELS.get(node["label"], "")
                yield Entry(clean(node["name"]), id, "drugmechdb", category=category)


def _mesh_of_drugbank(records: Iterable[Any]) -> dict[str, str]:
    """DrugBank id -> its MeSH id, where all records agree."""
    found: dict[str, set[str]] = defaultdict(set)
    for record in records:
        graph = record["graph"]
        id = str(graph.get("drug_mesh") or "").removeprefix("MESH:")
        if MESH.fullmatch(id):
            found[str(graph.get("drugbank") or "").removeprefix("DB:")].add(id)
    return {drug: min(ids) for drug, ids in found.items() if drug and len(ids) == 1}


def _disease_ontology(folder: Path) -> Iterator[Entry]:
    files = [folder / "doid_2016_obo/HumanDO.obo"]
    files += [
        folder / f"doid/DO_{part}_slim.obo" for part in ("cancer", "infectious_disease", "rare")
    ]
    for file in files:
        for stanza in file.read_text(encoding="utf-8").split("\n\n"):
            if stanza.startswith("[Term]") and "\nis_obsolete: true" not in stanza:
                yield from _term(stanza)
    mesh: dict[str, set[str]] = defaultdict(set)
    labels = {}
    for row in read_rows(folder / "doid/allXREFinDO.tsv"):
        labels[row["id"]] = row["label"]
        if row["xref"].startswith("MESH:"):
            mesh[row["id"]].add(row["xref"].removeprefix("MESH:"))
    for term, ids in mesh.items():
        for id in sorted(ids):
            yield Entry(clean(labels[term]), id, "doid", "synonym", "Disease")


def _term(stanza: str) -> Iterator[Entry]:
    xrefs = re.findall(r"^xref: (?:MSH|MESH):(\S+)", stanza, re.MULTILINE)
    id = xrefs[0] if len(set(xrefs)) == 1 else ""
    if not xrefs:
        return
    for line in stanza.split("\n"):
        if line.startswith("name: "):
            yield Entry(clean(line.removeprefix("name: ")), id, "doid", category="Disease")
        elif line.startswith("synonym: "):
            found = synonym(line.removeprefix("synonym: "))
            if found and found.scope == "EXACT":
                kind = "abbreviation" if found.acronym else "synonym"
                yield Entry(clean(found.text), id, "doid", kind, "Disease")


def _biomappings(path: Path) -> Iterator[Entry]:
    """Both labels of a mapping; MeSH's own is its preferred name."""
    for row in read_rows(path, comment="#"):
        for mine, other in (("subject", "object"), ("object", "subject")):
            prefix, _, id = row[f"{mine}_id"].partition(":")
            if prefix != "mesh" or row["predicate_id"] != "skos:exactMatch":
                continue
            category = CATEGORIES.get(row[f"{other}_id"].partition(":")[0], "")
            for side, kind in ((mine, "preferred"), (other, "synonym")):
                yield Entry(clean(row[f"{side}_label"]), id, "biomappings", kind, category)


def _ndfrt(path: Path, mesh: dict[str, str]) -> Iterator[Entry]:
    """No header, a BOM, and names with commas in them."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        for row in csv.reader(file):
            name = re.sub(r" \[[^]]*\]$", "", ",".join(row[1:-2]))
            yield Entry(clean(name), mesh.get(row[-2], ""), "ndfrt", category="Drug")


def _drugcentral(folder: Path, mesh: dict[str, str]) -> Iterator[Entry]:
    for file in ("targets", "drug-to-class"):
        for row in read_rows(folder / f"{file}.tsv"):
            id = mesh.get(row["drugbank_id"], "")
            yield Entry(clean(row["drugbank_name"]), id, "drugcentral", category="Drug")


# The graph ---------------------------------------------------------------------------------------


class _Part:
    """One source's entries as kgmed's builder reads a source."""

    def __init__(self, key: str, made: Dictionary, preferred: set[Entry]) -> None:
        name, release, licence = SOURCES[key]
        self.info = SourceInfo(f"infores:{key}", name, release, licence)
        self.tallies: dict[str, Tally] = {}
        self.findings: dict[str, list[dict[str, str]]] = {}
        self._key, self._made, self._preferred = key, made, preferred

    def fingerprint(self) -> str:
        return f"{self._key} {len(self._made.entries)}"

    def batches(self, table: TableName) -> Iterator[Any]:
        mine = [entry for entry in self._made.entries if entry.source == self._key]
        rows: list[dict[str, Any]] = []
        if table == "concepts":
            rows = [
                {"id": f"mesh:{id}", "categories": list(self._made.categories.get(id, {}))}
                for id in dict.fromkeys(entry.id for entry in mine)
            ]
        elif table == "names":
            rows = [
                {"id": f"mesh:{entry.id}", "text": entry.name, "language": "en",
                 "kind": "preferred" if entry in self._preferred else entry.kind}
                for entry in mine
            ]  # fmt: skip
        if rows:
            self.tallies[table] = Tally(len(rows), len(rows))
            yield record_batch(table, rows)


def preferred_entries(made: Dictionary) -> set[Entry]:
    """One name for each id: MeSH's own where Biomappings has it, else the first published one."""
    order = {"mondo": 1, "doid": 2, "drugmechdb": 3, "ndfrt": 4, "drugcentral": 5, "bc5cdr": 6}
    best: dict[str, tuple[int, Entry]] = {}
    for entry in made.entries:
        rank = 0 if entry.kind == "preferred" else order.get(entry.source, 7)
        if entry.id not in best or rank < best[entry.id][0]:
            best[entry.id] = (rank, entry)
    return {entry for _, entry in best.values()}


def build_graph(made: Dictionary, root: Path) -> None:
    """Build a graph of the dictionary through kgmed's own builder; ids are ``mesh:D...``."""
    preferred = preferred_entries(made)
    keys = dict.fromkeys(entry.source for entry in made.entries)
    build([_Part(key, made, preferred) for key in keys], root, progress=lambda _text: None)


def beside_the_anchor(made: Dictionary, documents: Sequence[Gold]) -> str:
    """The counts and the ceiling beside those that the peers were measured with, as Markdown."""
    lines = ["| | here | when the targets were set |", "|---|--:|--:|"]
    for what, value in (made.counts() | made.ceiling(documents)).items():
        shown = f"{value:.1f}" if "%" in what else f"{value:,.0f}"
        lines.append(f"| {what} | {shown} | {ANCHOR.get(what, 0):,} |")
    return "\n".join(lines)


def main() -> None:
    """Print the counts, the ceiling and the account of rows; with ``--out``, build the graph."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--out", type=Path, help="folder of the graph")
    parser.add_argument("--no-training", action="store_true", help="without BC5CDR's names")
    chosen = parser.parse_args()
    made = read_dictionary(chosen.data, training=not chosen.no_training)
    print(beside_the_anchor(made, list(read_pubtator(chosen.data / DEVELOPMENT))))
    for key, tally in made.tallies.items():
        skipped = ", ".join(f"{n:,} {reason}" for reason, n in tally.skipped.most_common())
        print(f"{key}: {tally.read:,} read = {tally.kept:,} kept; {skipped}")
        assert tally.adds_up
    if chosen.out:
        say("build")
        build_graph(made, chosen.out)


if __name__ == "__main__":
    main()
