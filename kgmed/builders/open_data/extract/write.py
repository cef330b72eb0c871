"""Run every publisher's extraction and write the files that are committed."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import asdict
from pathlib import Path

from kgmed.builders.open_data.extract import (
    biomappings,
    conclusions,
    doid,
    drugcentral,
    drugmechdb,
    mondo,
    ncbi_gene,
    ndfrt,
    pharmacotherapydb,
)
from kgmed.builders.open_data.extract.common import Extract
from kgmed.builders.open_data.extract.other_names import OTHER_NAMES
from kgmed.builders.open_data.files import (
    EXTRACTION,
    file_name,
    gzip_bytes,
    split_constants,
    to_tsv,
)
from kgmed.builders.source import COLUMNS, TABLES
from kgmed.kg.curies import normalize
from kgmed.kg.errors import DataError

README = "README.md"


def extract_all(data: Path) -> list[Extract]:
    """Extract every source, in the order in which one needs what another found."""
    diseases = doid.extract(data)
    synonyms = doid.extract_old(data, diseases)
    mondo_sets = mondo.extract(data)
    mapped = biomappings.extract(data)
    indications = pharmacotherapydb.extract(data, diseases)
    central = drugcentral.extract(data)
    interactions = ndfrt.extract(data)
    mechanisms = drugmechdb.extract(data)
    drugmechdb.finish(
        mechanisms,
        _names_elsewhere(
            diseases, mondo_sets, interactions, [mapped.labels, indications.drugs, central.drugs]
        ),
    )
    drugs = conclusions.collect(mechanisms, indications, central)
    own = conclusions.extract(interactions, mechanisms, drugs, central)
    genes = ncbi_gene.extract(data, central.genes)
    extracts = [
        *(interactions.extract, mechanisms.extract, diseases.extract, synonyms),
        *(mondo_sets.extract, mapped.extract, indications.extract, central.extract, genes, own),
    ]
    used = {row["id"] for extract in extracts for row in extract.tables["concepts"]}
    biomappings.name_ids(mapped, used)
    for extract in extracts:
        extract.finish()
        for file, tally in extract.tallies.items():
            if not tally.adds_up:
                raise DataError(f"{extract.key}, {file}: read {tally.read}, but {tally}")
    return extracts


def _names_elsewhere(
    diseases: doid.Doid,
    mondo_sets: mondo.Mondo,
    interactions: ndfrt.Ndfrt,
    labels: list[dict[str, str]],
) -> dict[str, set[str]]:
    """Id -> the names that sources other than DrugMechDB have for it."""
    found: dict[str, set[str]] = defaultdict(set)
    for row in mondo_sets.extract.tables["mappings"]:
        if row["predicate"] == "skos:exactMatch":
            found[row["object"]].add(mondo_sets.labels[row["subject"]])
    for row in diseases.extract.tables["mappings"]:
        found[row["object"]].add(row["subject_label"])
    for id, label in diseases.labels.items():
        found[normalize(id)].add(label)
    for source in labels:
        for id, name in source.items():
            if name:
                found[id].add(name)
    for id, names in OTHER_NAMES.items():
        found[id].update(names)
    for nui, code in interactions.drugbank.items():
        found[f"drugbank:{code}"].update(interactions.names[nui])
    return dict(found)


def build(data: Path) -> dict[str, bytes]:
    """Make every committed file that the extraction writes: file name -> bytes."""
    files: dict[str, bytes] = {}
    sources: dict[str, object] = {}
    extracts = extract_all(data)
    for extract in extracts:
        constants, counts = {}, {}
        for table in TABLES:
            rows = extract.tables[table]
            if not rows:
                continue
            name = file_name(extract.key, table)
            columns, constant, cells = split_constants(list(COLUMNS[table]), rows)
            files[name] = gzip_bytes(to_tsv(columns, cells, where=name))
            constants[table] = constant
            counts[table] = len(cells)
        sources[extract.key] = {
            "info": asdict(extract.info),
            "tables": counts,
            "constants": constants,
            "tallies": {
                file: {"read": t.read, "kept": t.kept, "skipped": dict(sorted(t.skipped.items()))}
                for file, t in extract.tallies.items()
            },
            "findings": {
                kind: sorted(found, key=lambda row: list(row.values()))
                for kind, found in sorted(extract.findings.items())
            },
        }
    text = json.dumps({"sources": sources}, indent=1, ensure_ascii=False) + "\n"
    files[EXTRACTION] = text.encode()
    files[README] = readme(extracts, {name: len(data) for name, data in files.items()}).encode()
    return files


def write(files: dict[str, bytes], folder: Path) -> None:
    """Write the files, and remove tables that are no longer made."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.tsv.gz"):
        if old.name not in files:
            old.unlink()
    for name, data in files.items():
        (folder / name).write_bytes(data)


def readme(extracts: list[Extract], sizes: dict[str, int]) -> str:
    """The page of counts that stands beside the tables."""
    total = sum(sizes.values())
    lines = [
        "# The open graph's tables",
        "",
        "Made by `python -m kgmed.builders.open_data.extract` from the publishers' files; not to",
        "be edited by hand. `names_zh.tsv`, `names_common.tsv` and `products.tsv` are kgmed's own",
        "and are.",
        "Format: `kgmed/builders/open_data/files.py`. Attribution and licences: `NOTICE`. Every",
        "finding in full, and the constants of each table: `extraction.json`.",
        "",
        f"{len(sizes)} files, {total / 1e6:.1f} MB.",
        "",
        "| source | release | licence | " + " | ".join(TABLES) + " |",
        "|---|---|---|" + "--:|" * len(TABLES),
    ]
    for extract in extracts:
        counts = " | ".join(
            f"{len(extract.tables[t]):,}" if extract.tables[t] else "" for t in TABLES
        )
        info = extract.info
        lines.append(
            f"| {info.name} (`{extract.key}`) | {info.release} | {info.licence} | {counts} |"
        )
    for extract in extracts:
        lines += ["", f"## {extract.info.name}", "", extract.info.attribution, ""]
        lines += ["| file | read | kept | skipped |", "|---|--:|--:|---|"]
        for file, tally in extract.tallies.items():
            skipped = "; ".join(f"{n:,} {reason}" for reason, n in sorted(tally.skipped.items()))
            lines.append(f"| {file} | {tally.read:,} | {tally.kept:,} | {skipped} |")
        if extract.findings:
            lines += ["", "Findings for a curator:", ""]
            for kind, found in sorted(extract.findings.items()):
                first = ", ".join(f"{k} {v}" for k, v in found[0].items() if v)
                lines.append(
                    f"- {kind}: {len(found):,} ({first}{' ...' if len(found) > 1 else ''})"
                )
    return "\n".join(lines) + "\n"
