"""What CMeKG says of the world: triples of Chinese strings.

The predicates and how many triples each has are those that CMeKG's own tools publish
(https://github.com/king-yyf/CMeKG_tools, predicate.json; 370,000 triples in all).
"""

from __future__ import annotations

from functools import cached_property
from typing import NamedTuple

import numpy as np

from kgmed.builders.synthetic.text import HAN, Ints, draw, pick, words
from kgmed.builders.synthetic.world import KIND, World

Pool = str
TEXT: Pool = ""
"""The object is free text."""


class Predicate(NamedTuple):
    """A predicate: its triples at scale 1, what its subjects and objects are."""

    triples: int
    subject: Pool
    object: Pool


PREDICATES = {
    "相关疾病": Predicate(12410, "检查", "疾病"), "相关症状": Predicate(10880, "检查", "症状"),
    "临床表现": Predicate(94657, "疾病", "症状"), "检查": Predicate(8543, "疾病", "检查"),
    "用法用量": Predicate(10914, "药物", TEXT), "贮藏": Predicate(5604, "药物", TEXT),
    "性状": Predicate(8431, "药物", TEXT), "禁忌": Predicate(6828, "药物", "疾病"),
    "不良反应": Predicate(62339, "药物", "症状"), "有效期": Predicate(2464, "药物", TEXT),
    "注意事项": Predicate(24955, "药物", TEXT), "适应症": Predicate(23720, "药物", "疾病"),
    "成份": Predicate(22637, "药物", "成分"), "病因": Predicate(2954, "疾病", "病原体"),
    "治疗": Predicate(5374, "疾病", "药物"), "规格": Predicate(6046, "药物", TEXT),
    "并发症": Predicate(6109, "疾病", "疾病"), "药物相互作用": Predicate(5378, "药物", "药物"),
    "主治": Predicate(23428, "中药", "疾病"), "入药部位": Predicate(2333, "中药", TEXT),
    "功效": Predicate(5623, "中药", TEXT), "性味": Predicate(5306, "中药", TEXT),
    "功能主治": Predicate(17784, "中药", TEXT),
}  # fmt: skip

VARIANTS = {"禁忌": "禁忌证", "适应症": "适应证", "成份": "成分", "治疗": "药物治疗"}
"""Predicate -> another word that files use for it."""

TEXTS = {
    "用法用量": "口服，一次{}片，一日3次", "贮藏": "密封，在{}℃以下保存",
    "性状": "本品为第{}号白色片", "有效期": "{}个月", "规格": "{}mg×12片",
    "注意事项": "用药超过{}天时应遵医嘱",
    "入药部位": "第{}类根茎", "功效": "清热解毒，第{}方", "性味": "苦，寒，归第{}经",
    "功能主治": "用于风热感冒，咽喉肿痛，见第{}条",
}  # fmt: skip
"""Predicate -> its free text, with a number in it."""

NOISE = ("", "。", "、")
"""Objects that say nothing."""

_KINDS = {"疾病": ("disorder", 11_000), "症状": ("finding", 6_000), "检查": ("procedure", 3_000),
          "药物": ("substance", 10_000), "中药": ("", 8_000), "成分": ("chemical", 3_000),
          "病原体": ("organism", 1_000)}  # fmt: skip
"""Pool -> the kind of UMLS concept that its members are, '' for none; members at scale 1."""

POOLS = tuple(_KINDS)
SHAPES = 4
"""Each pool's members are dealt to the four file shapes by turns."""


class Triples(NamedTuple):
    """Triples of one predicate: members of the subject's and the object's pool, or the number in
    the free text."""

    predicate: str
    subject: Ints
    object: Ints


class Cmekg:
    """CMeKG's strings and triples in a world."""

    def __init__(self, world: World) -> None:
        self.world = world

    def size(self, pool: Pool) -> int:
        """How many members a pool has."""
        kind, count = _KINDS[pool]
        wanted = max(round(count * self.world.scale), 12)
        if pool == "药物":
            return min(wanted, self.world.drugs)
        return min(wanted, self.world.blocks[kind].cuis) if kind else wanted

    def concept(self, pool: Pool) -> Ints:
        """Per member, the UMLS concept whose Chinese name it bears, -1 for every third, which has
        a name of its own."""
        kind = _KINDS[pool][0]
        member = np.arange(self.size(pool))
        if not kind:
            return np.full(len(member), -1)
        return np.where(member % 3 == 2, -1, self.world.blocks[kind].cui + member)

    @cached_property
    def names(self) -> dict[Pool, list[str]]:
        """Pool -> the string of each member. No two members share one."""
        found = {}
        for number, pool in enumerate(POOLS):
            concept = self.concept(pool)
            kind = _KINDS[pool][0]
            place = np.full(len(concept), KIND[kind] if kind else 0)
            own = words(
                9_200_000 + number * 20_000 + np.arange(len(concept)),
                script=HAN,
                after=pick([f"{pool[:1]}型"], np.zeros(len(concept), np.int64)),
            ).to_pylist()
            shared = self.world.chinese(np.maximum(concept, 0), place).to_pylist()
            both = zip(concept.tolist(), shared, own, strict=True)
            found[pool] = [a if at >= 0 else b for at, a, b in both]
        return found

    def linked(self, pool: Pool) -> Ints:
        """Per member, the UMLS concept that has its string among its names, or -1."""
        concept = self.concept(pool)
        known = self.world.has_chinese(np.maximum(concept, 0))
        return np.where((concept >= 0) & known, concept, -1)

    def icd10(self, member: int) -> tuple[str, bool]:
        """The ICD-10 code of a disease's record, '' for none, and whether it is its own: a code
        may belong to another disease, whose names then disagree."""
        concept = int(self.concept("疾病")[member])
        table = self.world.icd_table
        if concept < 0:
            return (table[member % len(table)], False) if member % 12 == 2 else ("", False)
        code = int(self.world.icd_of_cui(np.array([concept]))[0])
        if code < 0 or member % 2:
            return "", False
        wrong = member % 40 == 6
        return table[(code + 1) % len(table)] if wrong else table[code], not wrong

    def triples(self) -> list[Triples]:
        """All triples; one may occur more than once."""
        found = []
        for number, (name, predicate) in enumerate(PREDICATES.items()):
            count = max(round(predicate.triples * self.world.scale), 3)
            index = np.arange(count)
            subject = draw(self.world.seed, f"cs{number}", index, self.size(predicate.subject))
            below = self.size(predicate.object) if predicate.object else 200
            object = draw(self.world.seed, f"co{number}", index, below)
            found.append(Triples(name, subject, object))
        return found

    def object_text(self, predicate: str, object: int) -> str:
        """A triple's object as its file says it."""
        pool = PREDICATES[predicate].object
        return self.names[pool][object] if pool else TEXTS[predicate].format(object + 1)
