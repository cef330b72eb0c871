"""What SNOMED CT says of the world: its active inferred relationships and concrete values.

Attributes follow the concept model (https://confluence.ihtsdotools.org/display/DOCEG). Role group
0 holds what isn't grouped, is-a among it; every fifth disorder has two groups.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from kgmed.builders.synthetic.text import Ints, Mask, draw
from kgmed.builders.synthetic.world import KIND, KINDS, SNOMED_KINDS, World


class Attribute(NamedTuple):
    """An attribute: its SCTID, and what UMLS calls it and its inverse (RELA; REL is CHD/PAR for
    is-a, RO for the rest)."""

    sctid: int
    term: str
    rela: str
    inverse_rela: str


ATTRIBUTES = (
    Attribute(116680003, "Is a", "isa", "inverse_isa"),
    Attribute(363698007, "Finding site", "has_finding_site", "finding_site_of"),
    Attribute(
        116676008, "Associated morphology", "has_associated_morphology", "associated_morphology_of"
    ),
    Attribute(246075003, "Causative agent", "has_causative_agent", "causative_agent_of"),
    Attribute(42752001, "Due to", "due_to", "cause_of"),
    Attribute(260686004, "Method", "has_method", "method_of"),
    Attribute(
        405813007,
        "Procedure site - Direct",
        "has_direct_procedure_site",
        "direct_procedure_site_of",
    ),
    Attribute(127489000, "Has active ingredient", "has_active_ingredient", "active_ingredient_of"),
    Attribute(411116001, "Has manufactured dose form", "has_dose_form", "dose_form_of"),
    Attribute(738774007, "Is modification of", "is_modification_of", "has_modification"),
)
ISA, SITE, MORPHOLOGY, AGENT, DUE_TO, METHOD, DIRECT_SITE, INGREDIENT, FORM, MODIFICATION = range(
    len(ATTRIBUTES)
)

CONCRETE = (
    (1142135004, "Has presentation strength numerator value"),
    (1142139005, "Count of base of active ingredient"),
)
"""Attributes with a number for their value: SCTID and term."""

ROOT = 138875005


class Relationships(NamedTuple):
    """Relationships between SNOMED CT concepts by number (-1: the root); ``attribute`` is a place
    in :data:`ATTRIBUTES`, ``slot`` counts a source's relationships from 0 with gaps."""

    source: Ints
    attribute: Ints
    destination: Ints
    group: Ints
    slot: Ints


def relationships(world: World, sct: Ints) -> Relationships:
    """The active relationships of these SNOMED CT concepts."""
    kind = world.sct_kind(sct)
    starts = np.array([world.blocks[k.name].sct for k in KINDS[:SNOMED_KINDS]])
    place = sct - starts[kind]
    parts: list[tuple[Ints, int, Ints, int]] = []

    def add(mask: Mask, attribute: int, to: Ints, group: int) -> None:
        at = np.flatnonzero(mask)
        parts.append((at, attribute, to[at], group))

    def some(name: str, stream: str) -> Ints:
        block = world.blocks[name]
        return block.sct + draw(world.seed, stream, sct, block.scts)

    def of(name: str) -> Mask:
        found: Mask = kind == KIND[name]
        return found

    parent, second = (place - 1) // 5, (place - 1) // 11
    add(place >= 0, ISA, np.where(place == 0, -1, starts[kind] + parent), 0)
    add((place > 0) & (place % 3 == 0) & (second != parent), ISA, starts[kind] + second, 0)
    ill = of("disorder")
    add(ill, SITE, some("body", "site"), 1)
    add(ill & (place % 3 != 1), MORPHOLOGY, some("morphology", "morph"), 1)
    add(ill & (place % 5 == 0), SITE, some("body", "site2"), 2)
    add(ill & (place % 5 == 0), MORPHOLOGY, some("morphology", "morph2"), 2)
    add(ill & (place % 4 == 1), AGENT, some("organism", "agent"), 1)
    add(ill & (place % 10 == 7), DUE_TO, some("disorder", "cause"), 0)
    add(of("finding"), SITE, some("body", "fsite"), 1)
    add(of("procedure"), METHOD, some("qualifier", "method"), 1)
    add(of("procedure"), DIRECT_SITE, some("body", "psite"), 1)
    add(of("product"), INGREDIENT, some("substance", "ingred"), 1)
    add(of("product") & (place % 3 == 0), INGREDIENT, some("substance", "ingred2"), 2)
    add(of("product"), FORM, some("qualifier", "form"), 0)
    add(of("substance") & (place % 4 == 3) & (place > 0), MODIFICATION, sct - 1, 0)
    at = np.concatenate([part[0] for part in parts])
    order = np.argsort(at, kind="stable")
    return Relationships(
        sct[at][order],
        np.concatenate([np.full(len(p[0]), p[1]) for p in parts])[order],
        np.concatenate([p[2] for p in parts])[order],
        np.concatenate([np.full(len(p[0]), p[3]) for p in parts])[order],
        np.concatenate([np.full(len(p[0]), n) for n, p in enumerate(parts)])[order],
    )


class Values(NamedTuple):
    """Concrete values of products: ``attribute`` a place in :data:`CONCRETE`, ``tenths`` the
    number times ten, so that 2.5 is 25."""

    source: Ints
    attribute: Ints
    tenths: Ints
    group: Ints


def concrete_values(world: World, sct: Ints) -> Values:
    """The active concrete values of these SNOMED CT concepts."""
    products = sct[world.sct_kind(sct) == KIND["product"]]
    strength = draw(world.seed, "tenths", products, 5000) + 5
    count = np.where((products - world.blocks["product"].sct) % 3 == 0, 20, 10)
    both = len(products)
    return Values(
        np.concatenate([products, products]),
        np.repeat(np.arange(2), both),
        np.concatenate([strength, count]),
        np.repeat(np.array([1, 0]), both),
    )
