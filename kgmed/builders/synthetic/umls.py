"""Writes the world as UMLS: the large tables of the Rich Release Format.

https://www.ncbi.nlm.nih.gov/books/NBK9685/ (UMLS Reference Manual, chapter 3): UTF-8, ``|`` after
every field, no quoting; a name can't hold the separator, so none does.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from kgmed.builders.synthetic.atoms import (
    AUI_STEP,
    FIRST_AUI,
    TYPES,
    atoms,
    codes,
    strings,
)
from kgmed.builders.synthetic.relations import LOOPS, RELATIONS, Relation, loops, stated
from kgmed.builders.synthetic.text import (
    Ints,
    chunks,
    digits,
    in_order,
    join,
    only,
    pick,
    write_lines,
)
from kgmed.builders.synthetic.umls_small import RESTRICTION, write_small
from kgmed.builders.synthetic.world import World

if TYPE_CHECKING:
    import pyarrow as pa

CHUNK = 30_000
"""Concepts worked on at a time; a multiple of six (see :class:`World`)."""

_STYPES = {"SNOMEDCT_US": "SCUI", "MSH": "SDUI", "NCI": "SCUI", "LNC": "CODE"}


def write_umls(world: World, folder: Path) -> dict[str, int]:
    """Write all tables into ``folder``; returns rows per file."""
    parts = chunks(world.concepts, CHUNK)
    rows = {"MRCONSO.RRF": write_lines(
        folder / "MRCONSO.RRF", in_order(partial(_mrconso, world), parts)
    )}  # fmt: skip
    count = -(-world.concepts // CHUNK)
    order = (pair for n in range(count) for pair in ((n, True), ((n + count // 2) % count, False)))
    rows["MRREL.RRF"] = write_lines(folder / "MRREL.RRF", in_order(partial(_mrrel, world), order))
    return rows | write_small(world, folder)


def _mrconso(world: World, concept: Ints) -> pa.Array:
    found = atoms(world, concept)
    head = [f"|{kind.lat}|{ts}|L" for kind in TYPES for ts in "SP"]
    flags = [f"|{stt}|S" for stt in ("VO", "PF")]
    kinds = [f"|{kind.sab}|{kind.tty}|" for kind in TYPES]
    tails = [f"|{RESTRICTION[kind.sab]}|{kind.suppress}||\n" for kind in TYPES]
    best = found.best.astype(np.int64)
    number = _atom_numbers(found.concept, found.slot)
    code = codes(world, found)
    named = np.array([kind.code != "NOCODE" for kind in TYPES])[found.type]
    mesh = np.array([kind.sab == "MSH" for kind in TYPES])[found.type]
    rx = np.array([kind.sab in {"RXNORM", "SNOMEDCT_US"} for kind in TYPES])[found.type]
    return join(
        world.cuis(found.concept),
        pick(head, found.type * 2 + best),
        digits(number),
        pick(flags, best),
        digits(number),
        pick(["|N|A", "|Y|A"], best),
        digits(number),
        pick(["|", "|90"], rx.astype(np.int64)),
        only(rx, digits(number)),
        "|",
        only(named & ~mesh, code),
        only(mesh, join("M", digits(found.concept + 990_000_000))),
        "|",
        only(mesh, code),
        pick(kinds, found.type),
        code,
        "|",
        strings(world, found),
        pick(tails, found.type),
    )


def _atom_numbers(concept: Ints, slot: Ints) -> Ints:
    return FIRST_AUI + concept * AUI_STEP + slot


def _pieces(relations: tuple[Relation, ...]) -> tuple[list[str], list[str], list[str]]:
    """What stands between the numbers of a row: for the row that reads forward, then for its
    inverse, per relation."""
    first, second, last = [], [], []
    for item in relations:
        stype = _STYPES.get(item.sab, "AUI")
        for rel, rela, way in (
            (item.rel, item.rela, "Y"),
            (item.inverse_rel, item.inverse_rela, "N"),
        ):
            first.append(f"|{stype}|{rel}|C")
            second.append(f"|{stype}|{rela}|R")
            direction = way if rela else ""
            last.append(f"||{item.sab}|{item.sab}||{direction}|{item.suppress}||\n")
    return first, second, last


def _mrrel(world: World, part: tuple[int, bool]) -> pa.Array:
    """Rows of one chunk's statements: the forward ones, or their inverses, which come elsewhere."""
    number, forward = part
    concept = np.arange(number * CHUNK, min((number + 1) * CHUNK, world.concepts))
    said, inside = stated(world, concept), loops(world, concept)
    relation = np.concatenate([said.relation, inside.relation + len(RELATIONS)])
    subject = np.concatenate([said.subject, inside.concept])
    object = np.concatenate([said.object, inside.concept])
    zero = np.zeros(len(said.subject), np.int64)
    subject_slot = np.concatenate([zero, inside.first])
    object_slot = np.concatenate([zero, inside.second])
    rui = 100_000_000 + number * CHUNK * 64 + np.arange(len(subject)) * 2 + (not forward)
    first, second, last = _pieces((*RELATIONS, *LOOPS))
    code = relation * 2 + (not forward)
    # REL and RELA are the second concept's to the first: the subject comes second.
    one, two = (object, subject) if forward else (subject, object)
    slots = (object_slot, subject_slot) if forward else (subject_slot, object_slot)
    return join(
        world.cuis(one),
        "|A",
        digits(_atom_numbers(one, slots[0])),
        pick(first, code),
        digits(two + world.first_cui),
        "|A",
        digits(_atom_numbers(two, slots[1])),
        pick(second, code),
        digits(rui),
        pick(last, code),
    )
