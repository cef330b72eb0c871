"""Writes the world as CMeKG: its four shapes, two in UTF-8 and two in GB18030.

| file | shape | members of each pool |
|---|---|---|
| spo_list.json | ``[{"text", "spo_list": [[s, p, o]]}]``, UTF-8 | 0, 4, 8 ... |
| records.json | ``[{"中心词", predicate: [objects]}]``, GB18030 | 1, 5, 9 ... |
| dump.json | ``{"疾病": [{"名称", predicate: [objects]}]}``, UTF-8 | 2, 6, 10 ... |
| triples.csv | ``subject,predicate,object``, GB18030 | 3, 7, 11 ... |

A member's triples stand in the file of its turn. Records have ``ICD-10`` and ``所属科室`` as well;
predicates go by a second word now and then; some objects are noise.
"""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from pathlib import Path

from kgmed.builders.synthetic.cmekg_facts import NOISE, PREDICATES, SHAPES, VARIANTS, Cmekg
from kgmed.builders.synthetic.world import World

FILES = ("spo_list.json", "records.json", "dump.json", "triples.csv")
DEPARTMENT, ICD10 = "所属科室", "ICD-10"
DEPARTMENTS = ("心内科", "神经内科", "儿科")
NOISE_EVERY = 100

Facts = dict[str, list[str]]


def write_cmekg(world: World, folder: Path) -> dict[str, int]:
    """Write the four files into ``folder``; returns triples per file, those of noise included."""
    records = _records(Cmekg(world))
    spo, flat, dump, rows = records
    _write(folder / FILES[0], _spo_list(spo), "utf-8")
    _write(folder / FILES[1], [{"中心词": n, **facts} for (_, n), facts in flat.items()], "gb18030")
    grouped: dict[str, list[dict[str, object]]] = defaultdict(list)
    for (pool, name), facts in dump.items():
        grouped[pool].append({"名称": name, **facts})
    _write(folder / FILES[2], grouped, "utf-8")
    with (folder / FILES[3]).open("w", encoding="gb18030", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("subject", "predicate", "object"))
        for (_, name), facts in rows.items():
            writer.writerows((name, p, o) for p, objects in facts.items() for o in objects)
    return {
        name: sum(len(objects) for facts in part.values() for objects in facts.values())
        for name, part in zip(FILES, records, strict=True)
    }


def department(member: int) -> str:
    """The department of a disease, '' where its record says none."""
    return DEPARTMENTS[member % len(DEPARTMENTS)] if member % 5 == 1 else ""


def said(predicate: str, member: int) -> str:
    """The word that a member's record uses for a predicate."""
    return VARIANTS.get(predicate, predicate) if member % 6 > 3 else predicate


def _records(world: Cmekg) -> list[dict[tuple[str, str], Facts]]:
    """Shape -> (pool, subject) -> word of the predicate -> objects."""
    found: list[dict[tuple[str, str], Facts]] = [{} for _ in range(SHAPES)]
    names = world.names
    for member, name in enumerate(names["疾病"]):
        if member % SHAPES == 0:
            continue
        facts: Facts = {}
        if code := world.icd10(member)[0]:
            facts[ICD10] = [code]
        if place := department(member):
            facts[DEPARTMENT] = [place]
        if facts:
            found[member % SHAPES]["疾病", name] = facts
    for triples in world.triples():
        pool = PREDICATES[triples.predicate].subject
        pairs = zip(triples.subject.tolist(), triples.object.tolist(), strict=True)
        for number, (subject, object) in enumerate(pairs):
            key = pool, names[pool][subject]
            word = said(triples.predicate, subject)
            facts = found[subject % SHAPES].setdefault(key, {})
            objects = facts.setdefault(word, [])
            objects.append(world.object_text(triples.predicate, object))
            if number % NOISE_EVERY == 50:
                turn = number // NOISE_EVERY % (len(NOISE) + 1)
                objects.append(NOISE[turn] if turn < len(NOISE) else key[1])
    return found


def _spo_list(records: dict[tuple[str, str], Facts]) -> list[dict[str, object]]:
    return [
        {
            "text": f'"{name}"的资料：\n'
            + "；".join(f"{p}是{'，'.join(o)}" for p, o in facts.items()),
            "spo_list": [[name, p, o] for p, objects in facts.items() for o in objects],
        }
        for (_, name), facts in records.items()
    ]


def _write(path: Path, content: object, encoding: str) -> None:
    with path.open("w", encoding=encoding, newline="\n") as file:
        json.dump(content, file, ensure_ascii=False, indent=1)
