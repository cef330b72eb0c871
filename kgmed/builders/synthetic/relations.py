"""The relationships of UMLS, MRREL: what is stated, before it is written in both directions.

https://www.ncbi.nlm.nih.gov/books/NBK9685/ (section 3.3.9, MRREL.RRF): REL and RELA are the
relationship *of the second concept to the first*: ``CUI1|...|CHD|CUI2|...|isa`` says that CUI2 is
a child of CUI1, CUI2 isa CUI1. Every row has its inverse row.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from kgmed.builders.synthetic.atoms import atom_counts
from kgmed.builders.synthetic.snomed_facts import ATTRIBUTES, relationships
from kgmed.builders.synthetic.text import Ints, draw
from kgmed.builders.synthetic.world import KIND, KINDS, World


class Relation(NamedTuple):
    """A relation and its inverse, as one source of UMLS writes both. Subject REL/RELA object."""

    sab: str
    rel: str
    rela: str
    inverse_rel: str
    inverse_rela: str
    suppress: str = "N"


class Rule(NamedTuple):
    """A relation from every concept of a kind to ``times`` drawn ones; ``percent`` of the kind
    have it. ``to`` is a kind, ``tree`` for a parent of the same kind, ``near`` for a neighbour."""

    relation: Relation
    of: str
    to: str
    times: int = 1
    percent: int = 100


def _ro(sab: str, rela: str, inverse: str) -> Relation:
    return Relation(sab, "RO", rela, "RO", inverse)


_ISA = {kind.name: Relation(kind.sab, "CHD", "isa", "PAR", "inverse_isa") for kind in KINDS}
_TREE = Relation("MSH", "CHD", "", "PAR", "")
_SIB = Relation("MSH", "SIB", "", "SIB", "")
_NARROW = Relation("MTH", "RN", "", "RB", "")
_OTHER = Relation("MSH", "RO", "", "RO", "")
_LOOSE = Relation("MTH", "RQ", "", "RQ", "")
_TREATS = _ro("MED-RT", "may_treat", "may_be_treated_by")

RULES = (
    *(Rule(_ISA[kind.name], kind.name, "tree") for kind in KINDS if not kind.tag),
    *(Rule(_TREE, kind.name, "tree2", 1, 50) for kind in KINDS),
    *(Rule(_SIB, kind.name, "near", 1) for kind in KINDS),
    *(Rule(_OTHER, kind.name, "near2", 1, 45) for kind in KINDS),
    *(Rule(_NARROW, kind.name, "tree2", 1, 30) for kind in KINDS),
    *(Rule(_LOOSE, kind.name, "near3", 1, 10) for kind in KINDS),
    Rule(_TREATS, "substance", "disorder", 3),
    Rule(_TREATS, "chemical", "disorder", 1, 70),
    Rule(_ro("MED-RT", "may_prevent", "may_be_prevented_by"), "substance", "disorder"),
    Rule(
        _ro("MED-RT", "contraindicated_with_disease", "has_contraindicated_drug"),
        "substance", "disorder", 2,
    ),
    Rule(
        _ro("MED-RT", "has_mechanism_of_action", "mechanism_of_action_of"),
        "chemical", "activity",
    ),
    Rule(
        _ro("NCI", "chemical_or_drug_affects_gene_product",
            "gene_product_affected_by_chemical_or_drug"),
        "chemical", "protein",
    ),
    Rule(_ro("NCI", "gene_associated_with_disease", "disease_has_associated_gene"),
         "gene", "disease", 2),
    Rule(_ro("NCI", "gene_found_in_organism", "organism_has_gene"), "gene", "taxon"),
    Rule(_ro("NCI", "gene_plays_role_in_process", "process_involves_gene"), "gene", "activity"),
    Rule(
        _ro("NCI", "gene_product_plays_role_in_biological_process",
            "biological_process_involves_gene_product"),
        "protein", "activity", 2,
    ),
    Rule(_ro("RXNORM", "has_ingredient", "ingredient_of"), "clinical drug", "chemical", 2),
    Rule(_ro("RXNORM", "has_dose_form", "dose_form_of"), "clinical drug", "qualifier"),
    Rule(_ro("LNC", "analyzes", "analyzed_by"), "laboratory", "chemical", 2),
    Rule(_ro("NCI", "disease_has_finding", "is_finding_of_disease"), "disease", "finding", 2),
    Rule(_ro("NCI", "disease_has_associated_anatomic_site", "is_associated_anatomic_site_of"),
         "disease", "body"),
    Rule(_ro("SNOMEDCT_US", "mapped_to", "mapped_from"), "disease", "disorder", 1, 40),
)  # fmt: skip

_FROM_SNOMED = tuple(
    Relation("SNOMEDCT_US", "CHD", a.rela, "PAR", a.inverse_rela)
    if a.rela == "isa"
    else _ro("SNOMEDCT_US", a.rela, a.inverse_rela)
    for a in ATTRIBUTES
)
CYCLE = Relation("NCI", "CHD", "isa", "PAR", "inverse_isa")

_PLAIN = (*(rule.relation for rule in RULES), *_FROM_SNOMED, CYCLE)
RELATIONS = (*_PLAIN, *(relation._replace(suppress="O") for relation in _PLAIN))
"""What ``Stated.relation`` counts in: every relation, then every one as obsolete."""

LOOPS = (
    *(Relation(sab, "SY", "", "SY", "") for sab in ("MTH", "NCI", "SNOMEDCT_US", "MSH")),
    Relation("MSH", "RO", "", "RO", ""), Relation("NCI", "RQ", "", "RQ", ""),
    Relation("MSH", "SY", "permuted_term_of", "SY", "has_permuted_term"),
    Relation("MSH", "RQ", "entry_version_of", "RQ", "has_entry_version"),
    Relation("SCTSPA", "SY", "translation_of", "SY", "has_translation"),
)  # fmt: skip
"""Relations between two atoms of one concept: 42% of MRREL, two thirds of them without RELA."""


class Stated(NamedTuple):
    """Relationships between concepts: subject, place in :data:`RELATIONS`, object."""

    subject: Ints
    relation: Ints
    object: Ints


class Loops(NamedTuple):
    """Relationships inside a concept: its two atoms' slots, and a place in :data:`LOOPS`."""

    concept: Ints
    first: Ints
    second: Ints
    relation: Ints


def stated(world: World, concept: Ints) -> Stated:
    """What is stated with one of these concepts as its subject; they are consecutive and begin
    and end at multiples of six, or at the end of the world."""
    kind = world.kind(concept)
    starts = np.array([block.cui for block in world.blocks.values()])
    sizes = np.array([block.cuis for block in world.blocks.values()])
    place = concept - starts[kind]
    parts = list(_by_rule(world, concept, kind, (starts, sizes)))
    shared = concept[concept < world.shared]
    if len(shared):
        sct = np.arange(shared[0] // 6 * 7, (shared[-1] // 6 + 1) * 7)
        found = relationships(world, sct[world.cui_of_sct(sct) >= 0])
        to = world.cui_of_sct(np.maximum(found.destination, 0))
        known = (found.destination >= 0) & (to >= 0)
        attribute = found.attribute[known] + len(RULES)
        parts.append((world.cui_of_sct(found.source[known]), attribute, to[known]))
    # A circle among the first diseases: the root is said to be a kind of its own first child.
    root = concept[(kind == KIND["disease"]) & (place == 0)]
    parts.append((root, np.full(len(root), len(_PLAIN) - 1), root + 1))
    subject = np.concatenate([part[0] for part in parts])
    relation = np.concatenate([part[1] for part in parts])
    object = np.concatenate([part[2] for part in parts])
    obsolete = draw(world.seed, "obsolete", subject * 64 + relation, 100) == 0
    return Stated(subject, relation + obsolete * len(_PLAIN), object)


def _by_rule(
    world: World, concept: Ints, kind: Ints, blocks: tuple[Ints, Ints]
) -> Iterator[tuple[Ints, Ints, Ints]]:
    place = concept - blocks[0][kind]
    for number, rule in enumerate(RULES):
        of = kind == KIND[rule.of]
        if not of.any():
            continue
        if rule.percent < 100:
            of &= draw(world.seed, f"has{number}", concept, 100) < rule.percent
        if rule.to.startswith("tree"):
            of &= place > 0
        subject = concept[of]
        for time in range(rule.times):
            yield (
                subject,
                np.full(len(subject), number),
                _objects(world, rule, f"{number}.{time}", subject, blocks),
            )


def _objects(
    world: World, rule: Rule, stream: str, subject: Ints, blocks: tuple[Ints, Ints]
) -> Ints:
    starts, sizes = blocks
    own, to = KIND[rule.of], KIND.get(rule.to, 0)
    place = subject - starts[own]
    object: Ints
    if rule.to in {"tree", "tree2"}:
        object = (place - 1) // (5 if rule.to == "tree" else 9) + starts[own]
    elif rule.to.startswith("near"):
        step = 1 + draw(world.seed, stream, subject, 40)
        object = (place + step) % sizes[own] + starts[own]
    else:
        object = starts[to] + draw(world.seed, stream, subject, int(sizes[to]))
    return object


def loops(world: World, concept: Ints) -> Loops:
    """Relationships between two atoms of one concept, three or four per concept."""
    counts = atom_counts(world, concept)
    pairs = 3 + (draw(world.seed, "loops", concept, 100) < 70)
    row, turn = np.nonzero(np.arange(4) < pairs[:, None])
    first = turn % counts[row]
    second = (first + 1 + turn // counts[row]) % counts[row]
    again = first == second
    second = np.where(again, (first + 1) % counts[row], second)
    relation = draw(world.seed, "looprel", concept[row] * 4 + turn, len(LOOPS))
    return Loops(concept[row], first, second, relation)
