"""Biomappings: curated mappings between vocabularies, positive and unsure (SSSOM).

https://github.com/biopragmatics/biomappings. Kept: mappings between vocabularies that the open
graph uses, with SKOS predicates; and the labels, as names of ids that another source speaks of.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from kgmed.builders.open_data.extract.common import Extract, clean, read_rows
from kgmed.builders.source import SourceInfo
from kgmed.kg.curies import normalize

POSITIVE, UNSURE = "positive.sssom.tsv", "unsure.sssom.tsv"
UNSURE_CONFIDENCE = "0.3"
"""What an unsure mapping without a confidence of its own counts: kept, below every threshold."""

USED = frozenset(
    ("chebi", "cl", "doid", "drugbank", "efo", "go", "hgnc", "hp", "kegg.pathway", "mesh", "mondo",
     "ncit", "pfam", "pr", "pubchem.compound", "reactome", "uberon", "umls", "uniprot", "vo")
)  # fmt: skip
"""Prefixes of the vocabularies that the open graph's other tables speak of."""


@dataclass(slots=True)
class Biomappings:
    """Biomappings' tables, and the labels beside its ids."""

    extract: Extract
    labels: dict[str, str] = field(default_factory=dict)


def extract(data: Path) -> Biomappings:
    """Read both files."""
    folder = data / "biomappings"
    dates = [row["mapping_date"] for row in _rows(folder / POSITIVE)]
    info = SourceInfo(
        infores="infores:biomappings",
        name="Biomappings",
        release=max(dates),
        licence="CC0-1.0",
        url="https://github.com/biopragmatics/biomappings",
        attribution="Hoyt et al., Prediction and curation of missing biomedical identifier "
        "mappings with Biomappings, Bioinformatics 2023.",
    )
    found = Biomappings(Extract("biomappings", info))
    out = found.extract
    for file in (POSITIVE, UNSURE):
        tally = out.tally(file)
        for row in _rows(folder / file):
            tally.read += 1
            subject, object = normalize(row["subject_id"]), normalize(row["object_id"])
            foreign = {id.partition(":")[0] for id in (subject, object)} - USED
            if foreign:
                tally.skipped["a vocabulary that the graph doesn't use"] += 1
                continue
            if not row["predicate_id"].startswith("skos:"):
                tally.skipped[f"predicate {row['predicate_id']}"] += 1
                continue
            tally.kept += 1
            labels = (clean(row["subject_label"]), clean(row["object_label"]))
            if file == POSITIVE:
                found.labels.update(zip((subject, object), labels, strict=True))
            out.mapping(
                *(subject, row["predicate_id"], object),
                modifier=row.get("predicate_modifier", ""),
                justification=row["mapping_justification"],
                confidence=_confidence(row, file),
                subject_label=labels[0],
                object_label=labels[1],
            )
    return found


def _confidence(row: dict[str, str], file: str) -> str:
    if file == POSITIVE:
        return row.get("confidence", "")
    return min(row.get("confidence") or UNSURE_CONFIDENCE, UNSURE_CONFIDENCE)


def _rows(path: Path) -> list[dict[str, str]]:
    return list(read_rows(path, comment="#", quoted=False))


def name_ids(found: Biomappings, used: set[str]) -> None:
    """Add the labels of ids that another source speaks of."""
    for id in sorted(used & set(found.labels)):
        if found.labels[id]:
            found.extract.name(id, found.labels[id])
