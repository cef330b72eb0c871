"""PharmacotherapyDB: which drug treats which disease, disease-modifying or symptomatic.

https://doi.org/10.15363/thinklab.d182. Three physicians reviewed each pair; pairs that they found
to be no indication (``NOT``) are no statements here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from kgmed.builders.open_data.extract.common import Extract, clean, plain, read_rows
from kgmed.builders.open_data.extract.doid import Doid
from kgmed.builders.source import SourceInfo
from kgmed.kg.curies import normalize
from kgmed.kg.model import canonical_qualifiers

FILE = "indications.tsv"
KINDS = {"DM": "disease-modifying", "SYM": "symptomatic"}

INFO = SourceInfo(
    infores="infores:pharmacotherapydb",
    name="PharmacotherapyDB",
    release="1.0",
    licence="CC0-1.0",
    url="https://github.com/dhimmel/indications",
    attribution="Himmelstein et al., PharmacotherapyDB 1.0, 2016.",
)


@dataclass(slots=True)
class PharmacotherapyDb:
    """PharmacotherapyDB's tables, and the names of its drugs."""

    extract: Extract
    drugs: dict[str, str] = field(default_factory=dict)


def extract(data: Path, doid: Doid) -> PharmacotherapyDb:
    """Read the catalogue."""
    found = PharmacotherapyDb(Extract("pharmacotherapydb", INFO))
    out = found.extract
    tally = out.tally(FILE)
    for row in read_rows(data / "pharmacotherapydb" / FILE):
        tally.read += 1
        if row["category"] not in KINDS:
            tally.skipped[f"category {row['category']}: not an indication"] += 1
            continue
        tally.kept += 1
        drug, disease = f"drugbank:{row['drugbank_id']}", normalize(row["doid_id"])
        found.drugs[drug] = clean(row["drug"])
        if plain(row["disease"]) not in doid.names.get(row["doid_id"], set()):
            columns = {"id": disease, "name": row["disease"]}
            label = doid.labels.get(row["doid_id"], "")
            out.find("disease has another name in 2026", **columns, label=label)
        out.concept(drug, "Drug")
        out.name(drug, clean(row["drug"]), kind="preferred")
        out.concept(disease, "Disease")
        out.statement(
            *(drug, "treats", disease),
            qualifiers=canonical_qualifiers({"kind": KINDS[row["category"]]}),
            original_predicate=row["category"],
            knowledge_level="knowledge_assertion",
            agent_type="manual_agent",
        )
    findings = out.findings.get("disease has another name in 2026", [])
    distinct = {tuple(row.items()): row for row in findings}
    if findings:
        out.findings["disease has another name in 2026"] = list(distinct.values())
    return found
