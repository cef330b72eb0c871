"""Writes the smaller tables of UMLS: types, definitions, attributes, ranks, sources, vocabulary.

https://www.ncbi.nlm.nih.gov/books/NBK9685/ (UMLS Reference Manual, chapter 3).
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from kgmed.builders.synthetic.atoms import AUI_STEP, FIRST_AUI, LANGUAGES, RANKED, TYPES
from kgmed.builders.synthetic.relations import LOOPS, RELATIONS
from kgmed.builders.synthetic.text import (
    Ints,
    chunks,
    digits,
    draw,
    in_order,
    join,
    only,
    pick,
    words,
    write_lines,
)  # fmt: skip
from kgmed.builders.synthetic.world import KINDS, UMLS_RELEASE, World

if TYPE_CHECKING:
    import pyarrow as pa

CHUNK = 100_000

RESTRICTION = {
    "MTH": 0, "RXNORM": 0, "MSH": 0, "NCI": 0, "NCBI": 0, "LNC": 0, "CHV": 0, "MED-RT": 0,
    "DRUGBANK": 0, "ICD10": 3, "SNOMEDCT_US": 9, "SCTSPA": 9,
    **{f"MDR{lat}": 3 for lat in LANGUAGES if lat not in {"ENG", "SPA"}}, "MSHSPA": 3,
}  # fmt: skip
"""SAB -> SRL, the source restriction level of MRSAB."""

SEMANTIC_TYPES = {
    "T004": ("A1.1.2", "Fungus"), "T007": ("A1.1.3.1.1", "Bacterium"),
    "T023": ("A1.2.3.1", "Body Part, Organ, or Organ Component"),
    "T028": ("A1.2.3.5", "Gene or Genome"), "T029": ("A2.1.5.2", "Body Location or Region"),
    "T033": ("A2.2", "Finding"), "T034": ("A2.2.1", "Laboratory or Test Result"),
    "T043": ("B2.2.1.1.3", "Cell Function"), "T044": ("B2.2.1.1.4", "Molecular Function"),
    "T046": ("B2.2.1.2", "Pathologic Function"), "T047": ("B2.2.1.2.1", "Disease or Syndrome"),
    "T060": ("B1.3.1.2", "Diagnostic Procedure"),
    "T061": ("B1.3.1.3", "Therapeutic or Preventive Procedure"),
    "T080": ("A2.1.2", "Qualitative Concept"), "T081": ("A2.1.3", "Quantitative Concept"),
    "T086": ("A2.1.5.3.1", "Nucleotide Sequence"),
    "T109": ("A1.4.1.2.1", "Organic Chemical"),
    "T116": ("A1.4.1.2.1.7", "Amino Acid, Peptide, or Protein"),
    "T121": ("A1.4.1.1.1", "Pharmacologic Substance"), "T126": ("A1.4.1.1.3.3", "Enzyme"),
    "T169": ("A2.1.4", "Functional Concept"), "T170": ("A2.4", "Intellectual Product"),
    "T184": ("A2.2.2", "Sign or Symptom"), "T190": ("A1.2.2", "Anatomical Abnormality"),
    "T191": ("B2.2.1.2.1.2", "Neoplastic Process"), "T200": ("A1.3.3", "Clinical Drug"),
    "T201": ("A2.3.1", "Clinical Attribute"), "T204": ("A1.1.1", "Eukaryote"),
}  # fmt: skip
"""TUI -> tree number and name, as the Semantic Network publishes them."""


class Definition(NamedTuple):
    """Definitions of concepts; ``spanish`` marks those of MSHSPA."""

    concept: Ints
    spanish: Ints
    suppressed: Ints


def write_small(world: World, folder: Path) -> dict[str, int]:
    """Write MRSTY, MRDEF, MRSAT, MRCUI, MRRANK, MRSAB, MRDOC and release.dat; returns rows per
    file."""
    rows = {}
    for name, make in (("MRSTY", _mrsty), ("MRDEF", _mrdef), ("MRSAT", _mrsat)):
        parts = in_order(partial(make, world), chunks(world.concepts, CHUNK))
        rows[f"{name}.RRF"] = write_lines(folder / f"{name}.RRF", parts)
    parts = in_order(partial(_mrcui, world), chunks(retired(world), CHUNK))
    rows["MRCUI.RRF"] = write_lines(folder / "MRCUI.RRF", parts)
    for name, lines in (("MRRANK", _mrrank()), ("MRSAB", _mrsab(world)), ("MRDOC", _mrdoc())):
        (folder / f"{name}.RRF").write_text("".join(lines), encoding="utf-8")
        rows[f"{name}.RRF"] = len(lines)
    (folder / "release.dat").write_text(
        f"umls.release.name={UMLS_RELEASE}\numls.release.description=Synthetic {UMLS_RELEASE}\n"
        f"umls.release.date={UMLS_RELEASE[:4]}0501\n",
        encoding="utf-8",
    )
    return rows


def second_types(world: World, concept: Ints) -> Ints:
    """How many semantic types each concept has: two for 6%, else one."""
    return 1 + (draw(world.seed, "types", concept, 100) < 6)


def _mrsty(world: World, concept: Ints) -> pa.Array:
    entries = [
        f"|{t}|{SEMANTIC_TYPES[t][0]}|{SEMANTIC_TYPES[t][1]}|AT" for k in KINDS for t in k.types
    ]
    row, nth = np.nonzero(np.arange(2) < second_types(world, concept)[:, None])
    return join(
        world.cuis(concept[row]),
        pick(entries, world.kind(concept[row]) * 2 + nth),
        digits(10_000_000 + concept[row] * 2 + nth),
        "|256|\n",
    )


def definitions(world: World, concept: Ints) -> Definition:
    """Which of these concepts have a definition: about one in eleven."""
    turn = draw(world.seed, "defined", concept, 1100)
    has = turn < 100
    return Definition(
        concept[has], (turn[has] < 5).astype(np.int64), (turn[has] == 99).astype(np.int64)
    )


def definition_texts(world: World, found: Definition) -> pa.Array:
    """DEF of each definition: two sentences, with quotes in some."""
    nouns = [kind.noun for kind in KINDS]
    before = [
        'A kind of thing, also said "idiopathic", that goes with ',
        "Tipo de cosa que acompaña a ",
    ]
    return words(
        found.concept,
        before=pick(before, found.spanish),
        after=pick([f"{noun}. Made up; 95% of it is <new>." for noun in nouns],
                   world.kind(found.concept)),
    )  # fmt: skip


def _mrdef(world: World, concept: Ints) -> pa.Array:
    found = definitions(world, concept)
    number = found.concept * AUI_STEP
    return join(
        world.cuis(found.concept),
        "|A",
        digits(FIRST_AUI + number),
        "|AT",
        digits(200_000_000 + number),
        pick(["||NCI|", "||MSHSPA|"], found.spanish),
        definition_texts(world, found),
        pick(["|N||\n", "|O||\n"], found.suppressed),
    )


def _mrsat(world: World, concept: Ints) -> pa.Array:
    """An attribute per concept, on its first atom; none of them is a statement."""
    names = ("TH", "LT", "NDC", "UMLSREL", "Semantic_Type")
    values = ("NLM (2099)", "TRD", "99999-0001-01", "RB", 'Kind "A"')
    which = draw(world.seed, "sat", concept, len(names))
    entries = [
        f"||{n}|{s}|{v}|N||\n"
        for n, s, v in zip(names, ("MSH", "MSH", "RXNORM", "MTH", "NCI"), values, strict=True)
    ]
    number = digits(FIRST_AUI + concept * AUI_STEP)
    return join(
        world.cuis(concept), "|L", number, "|S", number, "|A", number, "|AUI|9",
        digits(concept + 10_000_000), "|AT", digits(300_000_000 + concept),
        pick(entries, which),
    )  # fmt: skip


class Retired(NamedTuple):
    """CUIs of earlier releases: their number, the REL of :data:`RETIRED`, the concept named."""

    cui: Ints
    rel: Ints
    to: Ints


RETIRED = ("SY", "SY", "SY", "DEL", "RO", "RB", "RN", "DEL")
"""REL of each retired CUI in turn."""


def retired(world: World) -> int:
    """How many CUIs were retired: one for every ten concepts."""
    return world.concepts // 10


def histories(world: World, number: Ints) -> Retired:
    """What became of these retired CUIs, numbered from 0. Theirs follow those of MRSAB."""
    return Retired(
        world.first_cui + world.concepts + 1000 + number,
        number % len(RETIRED),
        draw(world.seed, "heir", number, world.concepts),
    )


def _mrcui(world: World, number: Ints) -> pa.Array:
    found = histories(world, number)
    named = np.array([rel != "DEL" for rel in RETIRED])[found.rel]
    rels = [f"|2098AB|{rel}|||" for rel in RETIRED]
    return join(
        "C",
        digits(found.cui),
        pick(rels, found.rel),
        only(named, world.cuis(found.to)),
        pick(["||\n", "|Y|\n"], named.astype(np.int64)),
    )


def _mrrank() -> list[str]:
    top = len(RANKED)
    used = {(kind.sab, kind.tty): kind.suppress for kind in reversed(TYPES)}
    return [
        f"{top - n:04d}|{sab}|{tty}|{'Y' if used[sab, tty] in 'Y' else 'N'}|\n"
        for n, (sab, tty) in enumerate(RANKED)
    ]


def _mrsab(world: World) -> list[str]:
    lat = {kind.sab: kind.lat for kind in TYPES} | {"MED-RT": "ENG", "MSHSPA": "SPA"}
    lines = []
    for number, (sab, level) in enumerate(sorted(RESTRICTION.items())):
        cui = world.first_cui + world.concepts + number
        ttys = ",".join(sorted({kind.tty for kind in TYPES if kind.sab == sab}))
        fields = (
            f"C{cui}", f"C{cui + 50}", f"{sab}_2099", sab, f"Synthetic {sab}, 2099", sab, "2099",
            "", "", UMLS_RELEASE, "", f"kgmed;no real person;;;;;;;;;;;{sab}@example.org", "",
            str(level), "", "", "FULL", ttys, "", lat[sab], "UTF-8", "Y", "Y", f"Synthetic {sab}",
            ";;;;Synthetic data;;;;;;;;",
        )  # fmt: skip
        lines.append("|".join(fields) + "|\n")
    return lines


def _mrdoc() -> list[str]:
    rels = {"CHD": "PAR", "PAR": "CHD", "RB": "RN", "RN": "RB", "RO": "RO", "RQ": "RQ",
            "SIB": "SIB", "SY": "SY"}  # fmt: skip
    relas = {r.rela: r.inverse_rela for r in (*RELATIONS, *LOOPS) if r.rela}
    relas |= {inverse: rela for rela, inverse in relas.items()}
    lines = [f"REL|{a}|rel_inverse|{b}|\n" for a, b in sorted(rels.items())]
    lines += [f"RELA|{a}|rela_inverse|{b}|\n" for a, b in sorted(relas.items())]
    lines += [f"LAT|{lat}|expanded_form|{e[0]}|\n" for lat, e in LANGUAGES.items()]
    lines += [f"TUI|{t}|expanded_form|{name}|\n" for t, (_, name) in SEMANTIC_TYPES.items()]
    return lines
