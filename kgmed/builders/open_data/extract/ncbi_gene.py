"""NCBI Gene: symbols of the human genes that are targets of DrugCentral's drugs."""

from __future__ import annotations

from pathlib import Path

from kgmed.builders.open_data.extract.common import Extract, read_rows
from kgmed.builders.source import SourceInfo

FILE = "gene_symbols.tsv"

INFO = SourceInfo(
    infores="infores:ncbi-gene",
    name="NCBI Gene symbols",
    release="Hetionet 1.0",
    licence="US-PD",
    url="https://www.ncbi.nlm.nih.gov/gene",
    attribution="NCBI Gene, US National Library of Medicine; as listed by Hetionet 1.0.",
)


def extract(data: Path, used: set[str]) -> Extract:
    """Read the symbols of ``used`` genes."""
    out = Extract("ncbi_gene", INFO)
    tally = out.tally(FILE)
    named = set()
    for row in read_rows(data / "ncbi_gene" / FILE):
        tally.read += 1
        if row["id"] not in used:
            tally.skipped["a gene that takes no part in the graph"] += 1
            continue
        tally.kept += 1
        named.add(row["id"])
        out.name(row["id"], row["symbol"], kind="preferred")
    for id in sorted(used - named):
        out.find("gene without a symbol", id=id)
    return out
