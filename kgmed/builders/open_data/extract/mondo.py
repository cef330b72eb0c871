"""MONDO's mapping sets (SSSOM): MONDO's names, and its ids in other vocabularies.

https://mondo.monarchinitiative.org. Release and licence stand in each file's header. MedDRA's ids
aren't shipped. Labels of the other side are kept only where their publisher lets them be.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from kgmed.builders.open_data.extract.common import Extract, clean, read_rows
from kgmed.builders.source import SourceInfo
from kgmed.kg.curies import normalize
from kgmed.kg.errors import RowError

FOLDER = "mondo_sssom"
SETS = (
    "mondo_exactmatch_umls.sssom.tsv",
    "mondo_exactmatch_sctid.sssom.tsv",
    "mondo_exactmatch_mesh.sssom.tsv",
    "mondo_exactmatch_doid.sssom.tsv",
    "mondo_exactmatch_omim.sssom.tsv",
    "mondo_exactmatch_ncit.sssom.tsv",
    "mondo_exactmatch_icd10cm.sssom.tsv",
    "mondo_broadmatch_icd10cm.sssom.tsv",
    "mondo_exactmatch_icd10who.sssom.tsv",
    "mondo_exactmatch_icd11.foundation.sssom.tsv",
)
LABELS_KEPT = frozenset({"doid", "icd10cm"})
"""Vocabularies whose labels are in the public domain and decide whether a mapping is exact."""

LICENCES = {"https://creativecommons.org/publicdomain/zero/1.0/": "CC0-1.0"}


@dataclass(slots=True)
class Mondo:
    """MONDO's tables, and its names."""

    extract: Extract
    labels: dict[str, str]


def extract(data: Path) -> Mondo:
    """Read the mapping sets."""
    headers = {file: _header(data / FOLDER / file) for file in SETS}
    if len(set(headers.values())) != 1:
        raise RowError(SETS[0], 1, found=f"{set(headers.values())}", expected="one release")
    release, licence = headers[SETS[0]]
    info = SourceInfo(
        infores="infores:mondo",
        name="MONDO mappings",
        release=release,
        licence=LICENCES[licence],
        url="https://mondo.monarchinitiative.org",
        attribution="Mondo Disease Ontology, Monarch Initiative.",
    )
    out = Extract("mondo", info)
    labels: dict[str, str] = {}
    for file in SETS:
        tally = out.tally(file)
        for row in read_rows(data / FOLDER / file, comment="#", quoted=False):
            tally.read += 1
            label = clean(row["subject_label"])
            if label.startswith("obsolete "):
                tally.skipped["the MONDO id is obsolete"] += 1
                continue
            tally.kept += 1
            subject, object = normalize(row["subject_id"]), normalize(row["object_id"])
            if object.startswith("omim:PS"):
                object = f"omim.ps:{object[7:]}"
            labels[subject] = label
            kept = object.partition(":")[0] in LABELS_KEPT
            out.mapping(
                *(subject, row["predicate_id"], object),
                justification=row["mapping_justification"],
                object_label=clean(row.get("object_label", "")) if kept else "",
            )
    for id, label in labels.items():
        out.concept(id, "Disease")
        out.name(id, label, kind="preferred")
    return Mondo(out, labels)


def _header(path: Path) -> tuple[str, str]:
    release = licence = ""
    with path.open(encoding="utf-8") as file:
        for line in file:
            if not line.startswith("#"):
                break
            match = re.match(r"# mapping_set_version: .*/releases/([\d-]+)/", line)
            release = match[1] if match else release
            match = re.match(r"# license: (\S+)", line)
            licence = match[1] if match else licence
    return release, licence
