"""Small graphs made of plain lines, for tests of verdicts."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from support import RowSource, concept, source, tables_of

from kgmed.builders.pipeline import build
from kgmed.kg.model import canonical_qualifiers
from kgmed.kg.predicates import registry
from kgmed.kg.store.embedded import EmbeddedStore, open_store
from kgmed.reasoning.claims.model import Checked, Claim
from kgmed.reasoning.claims.verify import Verifier

SEED = "infores:seed"
CATEGORIES = {
    "Drug": "warfarin warfarin-sodium warfarin-potassium coumadin amiodarone aspirin ibuprofen "
    "imatinib salbutamol metformin tamoxifen paroxetine lithium potassium kcl kcitrate propranolol",
    "DrugClass": "nsaid analgesic",
    "ChemicalRole": "anticoagulant role",
    "Disease": "gout arthritis joint-disease disease type-2-diabetes diabetes metabolic-disease "
    "kidney-failure acute-kidney-failure asthma thrombosis polyuria",
    "Gene": "ABL1 kinase ADRB2 CYP2D6",
    "GrossAnatomicalStructure": "liver abdomen body",
    "Protein": "albumin",
}
KIND = {name: kind for kind, names in CATEGORIES.items() for name in names.split()}


def curie(name: str) -> str:
    """The id of a thing that a line names."""
    return f"x:{name}"


def row(line: str) -> dict[str, Any]:
    """A statement's row of a line: ``[not ]subject predicate object [name=value ...]``."""
    words = line.removeprefix("not ").split()
    return {
        "subject": curie(words[0]),
        "predicate": words[1],
        "object": curie(words[2]),
        "negated": line.startswith("not "),
        "qualifiers": canonical_qualifiers(dict(word.split("=", 1) for word in words[3:])),
        "source_record": line,
    }


def sources(lines: Sequence[str], kinds: dict[str, str] | None = None) -> list[RowSource]:
    """Sources of lines; ``source-b: line`` is told by another source than the rest."""
    told: dict[str, list[dict[str, Any]]] = {"infores:a": []}
    for line in lines:
        who, colon, rest = line.partition(": ")
        told.setdefault(f"infores:{who}" if colon else "infores:a", []).append(
            row(rest if colon else line)
        )
    every = {**KIND, **(kinds or {})}
    things = [concept(curie(name), name, kind) for name, kind in every.items()]
    seed = source(SEED, **tables_of(things))
    return [seed, *(source(who, statements=rows) for who, rows in told.items())]


class Told:
    """A built graph of lines and its verifier."""

    def __init__(self, root: Path, *lines: str, kinds: dict[str, str] | None = None) -> None:
        build(sources(lines, kinds), root)
        self.store: EmbeddedStore = open_store(root)
        self.verifier = Verifier(self.store, registry())

    def check(self, line: str) -> Checked:
        """The verdict on a line, ``not`` in front of a denial."""
        return self.verifier.claim(claim(line))

    def said(self, checked: Checked) -> list[str]:
        """The lines that a proof rests on."""
        assert checked.proof is not None
        return [s.source_record[0] for s in checked.proof.statements]


def claim(line: str) -> Claim:
    """A claim of a line."""
    made = row(line)
    words = line.removeprefix("not ").split()
    qualifiers = dict(word.split("=", 1) for word in words[3:])
    return Claim(made["subject"], made["predicate"], made["object"], made["negated"], qualifiers)
