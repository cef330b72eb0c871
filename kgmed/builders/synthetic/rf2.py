"""Writes the world as SNOMED CT: RF2 files of the Snapshot, Full and Delta releases.

https://confluence.ihtsdotools.org/display/DOCRELFMT (Release File Specifications, 2024): tab
separated, unquoted, CRLF line ends, a header. Full holds every version of a row, Snapshot the last
one, Delta those of this release.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt

from kgmed.builders.synthetic import snomed_names as names
from kgmed.builders.synthetic.snomed_facts import (
    ATTRIBUTES,
    CONCRETE,
    ROOT,
    concrete_values,
    relationships,
)
from kgmed.builders.synthetic.text import (
    Ints,
    body,
    chunks,
    digits,
    draw,
    in_order,
    join,
    only,
    pick,
    uuids,
)  # fmt: skip
from kgmed.builders.synthetic.world import RF2_DATE, World

if TYPE_CHECKING:
    import pyarrow as pa

View = Literal["Full", "Snapshot", "Delta"]
VIEWS: tuple[View, ...] = ("Full", "Snapshot", "Delta")
CHUNK = 21_000
INFERRED, ADDITIONAL = 900000000000011006, 900000000000227009
SOME_MODIFIER, ENTIRE_TERM = 900000000000451002, 900000000000448009
PRIMITIVE, DEFINED = 900000000000074008, 900000000000073002
RELATIONSHIP_SLOTS, OLD_SLOT = 32, 18

_COMPONENT = "id\teffectiveTime\tactive\tmoduleId\t"
_MEMBER = _COMPONENT + "refsetId\treferencedComponentId\t"
_RELATION = "relationshipGroup\ttypeId\tcharacteristicTypeId\tmodifierId"
_MAP = "mapGroup\tmapPriority\tmapRule\tmapAdvice\tmapTarget\tcorrelationId\tmapCategoryId"
_LANGUAGE = "conceptId\tlanguageCode\ttypeId\tterm\tcaseSignificanceId"

FILES: dict[str, tuple[str, str]] = {
    "concept": ("Terminology/sct2_Concept_{}_INT_{}.txt", _COMPONENT + "definitionStatusId"),
    "description": ("Terminology/sct2_Description_{}-en_INT_{}.txt", _COMPONENT + _LANGUAGE),
    "definition": ("Terminology/sct2_TextDefinition_{}-en_INT_{}.txt", _COMPONENT + _LANGUAGE),
    "relationship": (
        "Terminology/sct2_Relationship_{}_INT_{}.txt",
        _COMPONENT + "sourceId\tdestinationId\t" + _RELATION,
    ),
    "concrete": (
        "Terminology/sct2_RelationshipConcreteValues_{}_INT_{}.txt",
        _COMPONENT + "sourceId\tvalue\t" + _RELATION,
    ),
    "language": (
        "Refset/Language/der2_cRefset_Language{}-en_INT_{}.txt",
        _MEMBER + "acceptabilityId",
    ),
    "association": (
        "Refset/Content/der2_cRefset_Association{}_INT_{}.txt",
        _MEMBER + "targetComponentId",
    ),
    "simple": ("Refset/Map/der2_sRefset_SimpleMap{}_INT_{}.txt", _MEMBER + "mapTarget"),
    "extended": (
        "Refset/Map/der2_iisssccRefset_ExtendedMap{}_INT_{}.txt",
        _MEMBER + _MAP,
    ),
}  # fmt: skip
"""Table -> its path below the release's folder (view, date), and its header."""


@dataclass
class Rows:
    """Rows of one table with their history: ``created`` and ``changed`` are places in
    ``snomed_names.DATES`` (changed -1: never), ``active`` is their last state, before which they
    were active."""

    ids: pa.Array
    created: Ints
    changed: Ints
    active: npt.NDArray[np.bool_]
    cells: list[pa.Array | str]
    before: dict[int, str] = field(default_factory=dict)  # cell -> what it said before the change

    def lines(self, view: View) -> pa.Array:
        """The lines of one view."""
        import pyarrow as pa
        import pyarrow.compute as pc

        changed = self.changed >= 0
        rows = np.arange(len(self.created))
        old = np.zeros(0, np.int64) if view == "Snapshot" else rows[changed]
        row = np.concatenate([old, rows])
        early = np.arange(len(row)) < len(old)
        date = np.where(~early & changed[row], self.changed[row], self.created[row])
        active = early | self.active[row]
        if view == "Delta":
            keep = date == names.NOW
            row, early, date, active = row[keep], early[keep], date[keep], active[keep]
        at = pa.array(row)
        parts: list[pa.Array | str] = []
        for place, cell in enumerate(self.cells):
            text = cell if isinstance(cell, str) else cell.take(at)
            if place in self.before:
                text = pc.if_else(pa.array(early), self.before[place], text)
            parts += ["\t", text]
        state = pick(
            [f"\t{d}\t{a}\t{names.CORE_MODULE}" for d in names.DATES for a in "01"],
            date * 2 + active,
        )
        return join(self.ids.take(at), state, *parts, "\r\n")


def write_rf2(world: World, folder: Path) -> dict[str, int]:
    """Write the three releases below ``folder``; returns rows per file, headers not counted."""
    makers: dict[str, Callable[[World, Ints], Rows]] = {
        "concept": _concepts, "description": _descriptions, "definition": _definitions,
        "relationship": _relationships, "concrete": _concrete, "language": _language,
        "association": _associations, "simple": _simple_map, "extended": _extended_map,
    }  # fmt: skip
    rows = {}
    for table, make in makers.items():
        name, header = FILES[table]
        paths = [folder / view / name.format(view, RF2_DATE) for view in VIEWS]
        for path in paths:
            path.parent.mkdir(parents=True, exist_ok=True)
        files = [path.open("wb") for path in paths]
        counts = [0] * len(VIEWS)
        try:
            for file in files:
                file.write(f"{header}\r\n".encode())
            every = chunks(world.snomed + world.retired, CHUNK)
            for made in in_order(partial(_views, world, make), every):
                for place, lines in enumerate(made):
                    files[place].write(body(lines))
                    counts[place] += len(lines)
            for line in _metadata(table):
                for place, view in enumerate(VIEWS):
                    if view != "Delta":
                        files[place].write(line.encode())
                        counts[place] += 1
        finally:
            for file in files:
                file.close()
        for path, count in zip(paths, counts, strict=True):
            rows[str(path.relative_to(folder))] = count
    package = {"effectiveTime": str(RF2_DATE), "deltaFromDate": str(names.DATES[-2]),
               "licenceStatement": "Synthetic data, no licence needed."}  # fmt: skip
    target = folder / "release_package_information.json"
    target.write_text(json.dumps(package, indent=1), encoding="utf-8")
    return rows


def _views(world: World, make: Callable[[World, Ints], Rows], sct: Ints) -> list[pa.Array]:
    rows = make(world, sct)
    return [rows.lines(view) for view in VIEWS]


def _concepts(world: World, sct: Ints) -> Rows:
    active = sct < world.snomed
    came = names.created(world, sct)
    later = names.changed(world, sct)
    redefined = (draw(world.seed, "redef", sct, 10) == 0) & (came < names.NOW)
    full = draw(world.seed, "defined", sct, 3) == 0
    return Rows(
        digits(world.concept_sctids(sct)),
        came,
        np.where(~active | redefined, later, -1),
        active,
        [pick([str(PRIMITIVE), str(DEFINED)], full.astype(np.int64))],
        {0: str(PRIMITIVE)},
    )


def _description_ids(world: World, found: names.Descriptions) -> Ints:
    return world.sctids(found.sct * 16 + found.slot, "11")


def _descriptions(world: World, sct: Ints) -> Rows:
    found = names.descriptions(world, sct)
    came = names.created(world, found.sct)
    later = 3 + draw(world.seed, "dchange", found.sct * 8 + found.slot, names.NOW - 2)
    kinds = np.where(found.slot == 0, 0, 1)
    return Rows(
        digits(_description_ids(world, found)),
        came,
        np.where(found.active, -1, later),
        found.active,
        [
            digits(world.concept_sctids(found.sct)),
            "en",
            pick([str(names.FSN), str(names.SYNONYM)], kinds),
            names.terms(world, found),
            str(ENTIRE_TERM),
        ],
    )


def _definitions(world: World, sct: Ints) -> Rows:
    own = sct[names.defined(world, sct)]
    return Rows(
        digits(world.sctids(own * 16 + names.DEFINITION_SLOT, "11")),
        names.created(world, own),
        np.full(len(own), -1),
        np.ones(len(own), np.bool_),
        [
            digits(world.concept_sctids(own)),
            "en",
            str(names.DEFINITION),
            names.definition_texts(world, own),
            str(ENTIRE_TERM),
        ],
    )


def _sctids_or_root(world: World, sct: Ints) -> pa.Array:
    return digits(np.where(sct < 0, ROOT, world.concept_sctids(np.maximum(sct, 0))))


def _relationships(world: World, sct: Ints) -> Rows:
    """The active ones, and as many again that were withdrawn."""
    said = relationships(world, sct[sct < world.snomed])
    turns = 14
    row, turn = np.nonzero(np.arange(turns) < draw(world.seed, "oldrels", sct, turns)[:, None])
    known = names.created(world, sct[row]) < names.NOW
    old, turn = sct[row][known], turn[known]
    number = old * turns + turn
    past = draw(world.seed, "oldto", number, world.snomed)
    past = np.where(names.created(world, past) < names.NOW, past, -1)
    old_type = draw(world.seed, "oldtype", number, len(ATTRIBUTES))
    source = np.concatenate([said.source, old])
    to = np.concatenate([said.destination, past])
    live = np.arange(len(source)) < len(said.source)
    came = np.maximum(names.created(world, source), names.created(world, np.maximum(to, 0)))
    slot = np.concatenate([said.slot, OLD_SLOT + turn])
    later = 3 + draw(world.seed, "rchange", source * RELATIONSHIP_SLOTS + slot, names.NOW - 2)
    group = np.concatenate([said.group, turn % 3])
    kinds = np.concatenate([said.attribute, old_type])
    return Rows(
        digits(world.sctids(source * RELATIONSHIP_SLOTS + slot, "12")),
        came,
        np.where(live, -1, later),
        live,
        [
            digits(world.concept_sctids(source)),
            _sctids_or_root(world, to),
            digits(group),
            pick([str(a.sctid) for a in ATTRIBUTES], kinds),
            str(INFERRED),
            str(SOME_MODIFIER),
        ],
    )


def _concrete(world: World, sct: Ints) -> Rows:
    found = concrete_values(world, sct[sct < world.snomed])
    return Rows(
        digits(world.sctids(found.source * RELATIONSHIP_SLOTS + 30 + found.attribute, "12")),
        names.created(world, found.source),
        np.full(len(found.source), -1),
        np.ones(len(found.source), np.bool_),
        [
            digits(world.concept_sctids(found.source)),
            join("#", numbers(found.tenths)),
            digits(found.group),
            pick([str(sctid) for sctid, _ in CONCRETE], found.attribute),
            str(INFERRED),
            str(SOME_MODIFIER),
        ],
    )


def numbers(tenths: Ints) -> pa.Array:
    """Decimal numbers without a needless point: 20 tenths are 2."""
    whole = tenths % 10 == 0
    return join(digits(tenths // 10), only(~whole, join(".", digits(tenths % 10))))


def _members(
    world: World, stream: str, number: Ints, refset: Ints, component: Ints, *cells: pa.Array | str
) -> Rows:
    """Members of a reference set: active, from the first release on unless the caller says."""
    return Rows(
        uuids(world.seed, stream, number),
        np.zeros(len(number), np.int64),
        np.full(len(number), -1),
        np.ones(len(number), np.bool_),
        [digits(refset), digits(component), *cells],
    )


def _language(world: World, sct: Ints) -> Rows:
    found = names.descriptions(world, sct)
    found = names.Descriptions(found.sct[found.active], found.slot[found.active])
    british = draw(world.seed, "british", found.sct, 20) == 0
    american = found.slot != names.GB_SLOT
    us = np.flatnonzero(american)
    row = np.concatenate([us, np.arange(len(found.sct))])
    is_us = np.arange(len(row)) < len(us)
    slot = found.slot[row]
    first = np.where(is_us | ~british[row], slot == 1, slot == names.GB_SLOT) | (slot == 0)
    made = _members(
        world,
        "lang",
        (found.sct[row] * 16 + slot) * 2 + is_us,
        np.where(is_us, names.US, names.GB),
        _description_ids(world, found)[row],
        pick([str(names.ACCEPTABLE), str(names.PREFERRED)], first.astype(np.int64)),
    )
    made.created = names.created(world, found.sct[row])
    return made


def _associations(world: World, sct: Ints) -> Rows:
    retired = sct[sct >= world.snomed] - world.snomed
    association, to = names.successors(world, retired)
    maybe = retired[retired % 3 == 2]
    retired, association, to = (
        np.concatenate([retired, maybe]),
        np.concatenate([association, np.full(len(maybe), names.POSSIBLY)]),
        np.concatenate([to, maybe * 24 + 1]),
    )
    made = _members(
        world, "assoc", retired * world.snomed + to, association,
        world.concept_sctids(retired + world.snomed), digits(world.concept_sctids(to)),
    )  # fmt: skip
    made.created = names.changed(world, retired + world.snomed)
    return made


def _simple_map(world: World, sct: Ints) -> Rows:
    own = sct[sct % 4 == 0]
    refset = np.full(len(own), names.SIMPLE_MAP)
    target = join("X", digits(own % 10_000 + 10_000))
    made = _members(world, "simple", own, refset, world.concept_sctids(own), target)
    made.created = names.created(world, own)
    return made


def _extended_map(world: World, sct: Ints) -> Rows:
    import pyarrow as pa
    import pyarrow.compute as pc

    found = names.icd_map(world, sct)
    codes = [*world.icd_table, ""]
    code = pick(codes, np.where(found.code < 0, world.icd_codes, found.code))
    age = "IFA 445518008 | Age at onset of clinical finding (observable entity) | < 18.0 years"
    rule = pick(["TRUE", age, "OTHERWISE TRUE"], found.rule)
    none = found.code < 0
    advice = join(
        pick(["ALWAYS ", "IF AGE AT ONSET BEFORE 18.0 YEARS CHOOSE ", "ALWAYS "], found.rule), code
    )
    sorry = "MAP SOURCE CONCEPT CANNOT BE CLASSIFIED WITH AVAILABLE DATA"
    made = _members(
        world, "map", found.sct * 4 + found.priority, np.full(len(found.sct), names.ICD10_MAP),
        world.concept_sctids(found.sct), "1", digits(found.priority), rule,
        pc.if_else(pa.array(none), sorry, advice), code, "447561005",
        pick(["447637006", "447638001"], none.astype(np.int64)),
    )  # fmt: skip
    made.created = names.created(world, found.sct)
    return made


def _metadata(table: str) -> Iterator[str]:
    """Rows of the format's own concepts."""
    head = f"\t{names.DATES[0]}\t1\t{names.MODEL_MODULE}\t"
    for number, (sctid, term, tag, parent) in enumerate(names.METADATA):
        slot = 90_000_000 + number * 4
        ids = np.array([slot, slot + 1])
        described = World(0.01, 0).sctids(ids, "11").tolist()
        if table == "concept":
            yield f"{sctid}{head}{PRIMITIVE}\r\n"
        elif table == "description":
            fsn = f"{term} ({tag})"
            for id, kind, text in zip(
                described, (names.FSN, names.SYNONYM), (fsn, term), strict=True
            ):
                yield f"{id}{head}{sctid}\ten\t{kind}\t{text}\t{ENTIRE_TERM}\r\n"
        elif table == "relationship" and parent:
            id = World(0.01, 0).sctids(ids[:1], "12")[0]
            yield (
                f"{id}{head}{sctid}\t{parent}\t0\t{ATTRIBUTES[0].sctid}\t{INFERRED}\t"
                f"{SOME_MODIFIER}\r\n"
            )
        elif table == "language":
            for id in described:
                for refset in (names.US, names.GB):
                    member = uuids(refset, "meta", np.array([id]))[0]
                    yield f"{member}{head}{refset}\t{id}\t{names.PREFERRED}\r\n"
