"""Synthetic sources: valid, licence-free UMLS, SNOMED CT, DrugBank and CMeKG files at any scale.

One made-up world (:mod:`.world`), drawn from a seed, is written in the four published formats, so
that the files refer to each other: SNOMED CT and DrugBank codes in MRCONSO, ICD-10 codes and UMLS's
Chinese names in CMeKG. Scale 1 is the real size: 3.4 M concepts, 17 M MRCONSO rows, 60 M MRREL
rows; 360 k SNOMED CT concepts, 1.6 M descriptions, 3.4 M relationships; 16.6 k drugs with 2.8 M
directed interactions; 370 k CMeKG triples. Memory is bounded by a chunk, whatever the scale.

:func:`write` writes files, :func:`expected` says which graph should come out of them, computed from
the world and not from the files. In short (``docs/synthetic.md`` has it row by row):

- **UMLS.** Names: atoms with SUPPRESS N. Preferred per language: best in MRRANK, then lowest AUI.
  Statements: each pair of MRREL rows once, unless both ends are one CUI, SUPPRESS isn't N, or REL
  is SIB without a RELA; and MRDEF with SUPPRESS N. MRSAT states nothing.
- **SNOMED CT.** Names and statements: active rows of active concepts. A concept is known by its
  CUI; one in 56 has none. Two thirds of the retired are known as their successor.
- **DrugBank.** A drug is known by its CUI; every tenth has none, every fiftieth's id is held by
  two CUIs, of which one has its name as its first, every fiftieth gives another drug's RxCUI,
  which is refused. An interaction told by both sides is one statement; where they tell it
  differently, two.
- **CMeKG.** A string is known by the CUI that has it for a Chinese name, else by ``cmekg:`` and
  itself. Objects that are empty, punctuation or the subject itself state nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from kgmed.builders.synthetic.expected import SOURCES, UNCHECKED, Expected, Fact, Name, expected
from kgmed.builders.synthetic.world import MAX_SCALE, World
from kgmed.kg.errors import UsageError

__all__ = [
    "MAX_SCALE", "SOURCES", "UNCHECKED", "Expected", "Fact", "Name", "World", "expected", "write",
]  # fmt: skip


def _writers() -> dict[str, Callable[[World, Path], dict[str, int]]]:
    from kgmed.builders.synthetic.cmekg import write_cmekg
    from kgmed.builders.synthetic.drugbank import write_drugbank
    from kgmed.builders.synthetic.rf2 import write_rf2
    from kgmed.builders.synthetic.umls import write_umls

    return {
        "umls": write_umls, "snomed": write_rf2, "drugbank": write_drugbank, "cmekg": write_cmekg,
    }  # fmt: skip


def write(source: str, folder: Path, *, scale: float, seed: int) -> dict[str, int]:
    """Write one source's files into ``folder``, which may be new; returns rows per file.

    Raises :class:`~kgmed.kg.errors.UsageError` for an unknown source or scale.
    """
    if source not in SOURCES:
        raise UsageError(f"Found source {source!r}, expected one of: {', '.join(SOURCES)}.")
    world = World(scale, seed)
    folder.mkdir(parents=True, exist_ok=True)
    return _writers()[source](world, folder)
