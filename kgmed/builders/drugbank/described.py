"""What a drug's record says of it: texts, categories and pathways.

Groups (approved, withdrawn, experimental ...) are value statements ``has_regulatory_status``, one
for each group, so that answers can show them and a diff between releases lists them. A category
with a MeSH id is that MeSH concept; one without is ``kgmed.drugclass:`` and its name.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from kgmed.builders.drugbank.rows import Rows, prose, text_of
from kgmed.builders.drugbank.vocabularies import TEXTS
from kgmed.kg.curies import is_well_formed

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_SMPDB = re.compile(r"SMP0*(\d+)")


def texts(rows: Rows, id: str, parts: dict[str, Element]) -> None:
    """Texts, groups and interactions with food -> values."""
    tally = rows.tallies["text"]
    for tag in TEXTS:
        if tag in parts and (text := prose(parts[tag].text)):
            tally.read += 1
            tally.kept += 1
            rows.value(id, tag, text)
    for tag, within in (("group", "groups"), ("food-interaction", "food-interactions")):
        tally = rows.tallies[tag]
        for entry in rows.entries(parts, within, tag):
            tally.read += 1
            if text := prose(entry.text):
                tally.kept += 1
                rows.value(id, tag, text)
            else:
                tally.skipped["empty"] += 1


def classes(rows: Rows, id: str, parts: dict[str, Element]) -> None:
    """Categories -> classes of drugs."""
    tally = rows.tallies["category"]
    for entry in rows.entries(parts, "categories", "category"):
        tally.read += 1
        text, mesh = text_of(entry, "category"), text_of(entry, "mesh-id")
        group = f"mesh:{mesh}" if mesh else f"kgmed.drugclass:{_slug(text)}"
        if not (text and is_well_formed(group)):
            tally.skipped["no name, or not a MeSH id"] += 1
            continue
        tally.kept += 1
        if rows.first("concept", group):
            rows.concepts.add(group, ["DrugClass"])
        if rows.first("name", f"{group} {text}"):
            rows.names.add(group, text, "en", "preferred")
        rows.state(id, "category", group, id)


def pathways(rows: Rows, id: str, parts: dict[str, Element]) -> None:
    """Pathways, with the proteins in them."""
    tally = rows.tallies["pathway"]
    for entry in rows.entries(parts, "pathways", "pathway"):
        tally.read += 1
        number = _SMPDB.fullmatch(text_of(entry, "smpdb-id"))
        if not number:
            tally.skipped["not an SMPDB id"] += 1
            continue
        tally.kept += 1
        pathway = f"smpdb:SMP{number[1]:0>7}"
        rows.state(id, "pathway", pathway, id)
        if rows.first("concept", pathway):
            rows.concepts.add(pathway, ["Pathway"])
        rows.name(pathway, text_of(entry, "name"))
        for enzyme in entry.findall("enzymes/uniprot-id"):
            protein = f"uniprot:{(enzyme.text or '').strip()}"
            if is_well_formed(protein) and rows.first("member", f"{protein} {pathway}"):
                rows.state(protein, "pathway", pathway, pathway)


def _slug(text: str) -> str:
    return re.sub(r"[^\w]+", "-", text.casefold()).strip("-_")
