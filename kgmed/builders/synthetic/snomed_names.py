"""What SNOMED CT calls things: descriptions, their acceptability, definitions, retirement."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from kgmed.builders.synthetic.snomed_facts import ATTRIBUTES, CONCRETE, ROOT
from kgmed.builders.synthetic.text import Ints, Mask, draw, join, pick, words
from kgmed.builders.synthetic.world import HARD, KINDS, RF2_DATE, World

if TYPE_CHECKING:
    import pyarrow as pa

CORE_MODULE, MODEL_MODULE = 900000000000207008, 900000000000012004
FSN, SYNONYM, DEFINITION = 900000000000003001, 900000000000013009, 900000000000550004
US, GB = 900000000000509007, 900000000000508004
PREFERRED, ACCEPTABLE = 900000000000548007, 900000000000549004
REPLACED_BY, SAME_AS, POSSIBLY = 900000000000526001, 900000000000527005, 900000000000523009
ICD10_MAP, SIMPLE_MAP = 447562003, 900000000000497000
MODEL, LINKAGE = 900000000000441003, 410662002

METADATA: tuple[tuple[int, str, str, int], ...] = (
    (ROOT, "SNOMED CT Concept", "SNOMED RT+CTV3", 0),
    (MODEL, "SNOMED CT Model Component", "metadata", ROOT),
    (LINKAGE, "Concept model attribute", "attribute", MODEL),
    *((a.sctid, a.term, "attribute", LINKAGE) for a in ATTRIBUTES),
    *((sctid, term, "attribute", LINKAGE) for sctid, term in CONCRETE),
    (CORE_MODULE, "SNOMED CT core module", "core metadata concept", MODEL),
    (MODEL_MODULE, "SNOMED CT model component module", "core metadata concept", MODEL),
    (FSN, "Fully specified name", "core metadata concept", MODEL),
    (SYNONYM, "Synonym", "core metadata concept", MODEL),
    (DEFINITION, "Definition", "core metadata concept", MODEL),
    (US, "United States of America English language reference set",
     "foundation metadata concept", MODEL),
    (GB, "Great Britain English language reference set", "foundation metadata concept", MODEL),
    (REPLACED_BY, "REPLACED BY association reference set", "foundation metadata concept", MODEL),
    (SAME_AS, "SAME AS association reference set", "foundation metadata concept", MODEL),
    (POSSIBLY, "POSSIBLY EQUIVALENT TO association reference set",
     "foundation metadata concept", MODEL),
    (ICD10_MAP, "ICD-10 complex map reference set", "foundation metadata concept", MODEL),
    (SIMPLE_MAP, "CTV3 simple map reference set", "foundation metadata concept", MODEL),
)  # fmt: skip
"""The format's own concepts: SCTID, term, semantic tag, parent (0: none)."""

DATES = (20200131, 20200731, 20210131, 20210731, 20220131, 20220731, 20230131, 20230731, RF2_DATE)
NOW = len(DATES) - 1

INACTIVE_SLOT, GB_SLOT, DESCRIPTION_SLOTS = 6, 7, 8
DEFINITION_SLOT = 8
_FIRST = ("", "", "Recurrent ", "Congenital ", "Severe ", "Mild ", "Obsolete ", "British ")


def created(world: World, sct: Ints) -> Ints:
    """When each concept came, as a place in :data:`DATES`: 1% in this release, the rest in the
    first three."""
    turn = draw(world.seed, "created", sct, 100)
    new = (turn < 5) & (sct < world.snomed) & (sct % 5 == 1)
    return np.where(new, NOW, turn % 3)


def changed(world: World, sct: Ints) -> Ints:
    """When each concept changed or was retired, if it was."""
    return 3 + draw(world.seed, "changed", sct, NOW - 2)


class Descriptions(NamedTuple):
    """Descriptions: their concept and slot (0 the FSN, 1 the preferred term, 6 inactive, 7
    preferred in Great Britain only, the rest synonyms)."""

    sct: Ints
    slot: Ints

    @property
    def active(self) -> Mask:
        found: Mask = self.slot != INACTIVE_SLOT
        return found


def kinds_of(world: World, sct: Ints) -> Ints:
    """Kinds of concepts, retired ones as their first successor's."""
    return world.sct_kind(np.where(sct < world.snomed, sct, (sct - world.snomed) * 24))


def descriptions(world: World, sct: Ints) -> Descriptions:
    """The descriptions of these concepts, retired ones included."""
    has = np.zeros((len(sct), DESCRIPTION_SLOTS), np.bool_)
    has[:, :2] = True
    count = draw(world.seed, "synonym", sct, 1000) * 45 // 10_000
    has[:, 2:6] = np.arange(4) < count[:, None]
    old = created(world, sct) < NOW
    has[:, INACTIVE_SLOT] = old & (draw(world.seed, "oldname", sct, 100) < 51)
    has[:, GB_SLOT] = draw(world.seed, "british", sct, 20) == 0
    row, slot = np.nonzero(has)
    return Descriptions(sct[row], slot)


def _words(world: World, sct: Ints) -> Ints:
    return np.where(sct < world.snomed, world.sct_word(sct), world.concepts + sct)


def terms(world: World, found: Descriptions) -> pa.Array:
    """The term of each description. A pipe and a quote are data in RF2, and some have them."""
    kind, word = kinds_of(world, found.sct), _words(world, found.sct)
    plain = found.slot < 2
    hard = np.where(plain, world.hard(word), 0)
    pipe = (~plain) & (draw(world.seed, "pipe", found.sct, 150) == 0)
    cases = len(HARD)
    after = [
        *(f"{case.after}{k.noun}" for k in KINDS for case in HARD),
        *(f"{case.after}{k.noun} ({k.tag})" for k in KINDS for case in HARD),
        *(f'{k.noun} | "variant"' for k in KINDS),
    ]
    last = kind * cases + hard + (found.slot == 0) * len(KINDS) * cases
    last = np.where(pipe, 2 * len(KINDS) * cases + kind, last)
    first = np.where(plain, hard, cases + found.slot)
    return words(
        word,
        before=pick([*(case.before for case in HARD), *_FIRST], first),
        after=pick(after, last),
    )


def defined(world: World, sct: Ints) -> Mask:
    """Which concepts have a text definition: 2% of the active ones."""
    found: Mask = (draw(world.seed, "textdef", sct, 50) == 0) & (sct < world.snomed)
    return found


def definition_texts(world: World, sct: Ints) -> pa.Array:
    """The text definition of each concept."""
    kind = pick([k.tag for k in KINDS], world.sct_kind(sct))
    return join(words(_words(world, sct), before='A "', after='", by convention a '), kind, ".")


def successors(world: World, retired: Ints) -> tuple[Ints, Ints]:
    """Why each retired concept (numbered from 0) went, as the SCTID of an association, and the
    concept that takes its place; those POSSIBLY_EQUIVALENT_TO have the concept after it as well."""
    association = np.array([REPLACED_BY, SAME_AS, POSSIBLY])[retired % 3]
    return association, retired * 24


class IcdMap(NamedTuple):
    """Rows of the ICD-10 map: a disorder, a code (-1: can't be classified), place in its group,
    and whether the row has a rule about age or is the last resort after it."""

    sct: Ints
    code: Ints
    priority: Ints
    rule: Ints


def icd_map(world: World, sct: Ints) -> IcdMap:
    """The ICD-10 map of these concepts: disorders only; every tenth has two rows, by age."""
    ill = sct[sct < world.blocks["disorder"].scts]
    code = world.icd_of_disorder(ill)
    without = draw(world.seed, "nocode", ill, 40) == 0
    by_age = (ill % 10 == 4) & ~without
    first = IcdMap(
        ill, np.where(without, -1, code), np.ones(len(ill), np.int64), by_age.astype(np.int64)
    )
    again = ill[by_age]
    other = (code[by_age] + 1) % world.icd_codes
    second = IcdMap(again, other, np.full(len(again), 2), np.full(len(again), 2))
    return IcdMap(*(np.concatenate(pair) for pair in zip(first, second, strict=True)))
