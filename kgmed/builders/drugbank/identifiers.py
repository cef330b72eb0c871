"""Identifiers of a drug -> mappings; its ATC codes and their groups -> its classes.

A drug's ATC code is a ``skos:broadMatch``; the group above it is its class, and the groups are
``broader`` than one another: ATC isn't a hierarchy of kinds. A DrugBank id that another one
replaced is mapped by ``IAO:0100001`` (term replaced by).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from kgmed.builders.drugbank.rows import CURATION, Rows, text_of
from kgmed.builders.drugbank.vocabularies import RESOURCES
from kgmed.kg.curies import is_well_formed

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

UNSTATED = "semapv:UnspecifiedMatching"
ID = re.compile(r"DB\d{5}")


def identifiers(
    rows: Rows, id: str, name: str, ids: list[tuple[bool, str]], parts: dict[str, Element]
) -> None:
    """Older DrugBank ids ``ids`` (whether it is the primary one, and the id), registries' numbers,
    other resources' identifiers and ATC codes."""
    tally = rows.tallies["drugbank-id"]
    for primary, old in ids:
        tally.read += 1
        if primary:
            tally.kept += 1
        elif ID.fullmatch(old):
            tally.kept += 1
            rows.mappings.add(f"drugbank:{old}", "IAO:0100001", id, CURATION, "")
        else:
            tally.skipped["an accession number of older releases"] += 1
    for tag, prefix in (("cas-number", "cas"), ("unii", "unii")):
        if tag in parts and (number := (parts[tag].text or "").strip()):
            rows.mappings.add(id, "skos:exactMatch", f"{prefix}:{number}", CURATION, name)
    tally = rows.tallies["external-identifier"]
    for entry in rows.entries(parts, "external-identifiers", "external-identifier"):
        tally.read += 1
        resource, local = text_of(entry, "resource"), text_of(entry, "identifier")
        if resource not in RESOURCES:
            tally.skipped["resource without a prefix"] += 1
            rows.unknown["resource"][resource] += 1
            continue
        prefix, predicate = RESOURCES[resource]
        local = "_".join(local.split()).removeprefix(f"{prefix.upper()}:")
        if not local or not is_well_formed(f"{prefix}:{local}"):
            tally.skipped["not an identifier of its resource"] += 1
            continue
        tally.kept += 1
        rows.mappings.add(id, predicate, f"{prefix}:{local}", UNSTATED, name)
    tally = rows.tallies["atc-code"]
    for code in rows.entries(parts, "atc-codes", "atc-code"):
        tally.read += 1
        atc = f"atc:{code.get('code', '').strip()}"
        if not is_well_formed(atc):
            tally.skipped["not an ATC code"] += 1
            continue
        tally.kept += 1
        rows.mappings.add(id, "skos:broadMatch", atc, CURATION, name)
        _atc_groups(rows, id, code)


def _atc_groups(rows: Rows, id: str, code: Element) -> None:
    below = ""
    for level in code:
        group = f"atc:{level.get('code', '').strip()}"
        if not is_well_formed(group):
            continue
        if rows.first("concept", group):
            rows.concepts.add(group, ["DrugClass"])
        rows.name(group, _atc_name(level.text or group))
        if not below:
            rows.state(id, "atc-code", group, id)
        elif rows.first("broader", f"{below} {group}"):
            rows.facts.add(below, "broader", group, "", "", [], "atc-code/level")
        below = group


def _atc_name(text: str) -> str:
    """A group's name; the upper levels stand in capitals.

    >>> _atc_name("ANTITHROMBOTIC AGENTS"), _atc_name("Vitamin K antagonists")
    ('Antithrombotic agents', 'Vitamin K antagonists')
    """
    text = text.strip()
    return text.capitalize() if text.isupper() else text
