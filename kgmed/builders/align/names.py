"""What a name of a source without identifiers may be called elsewhere. Pure functions.

A *reading* of a name is a key to look up among the names of other sources and the rule by which it
was made. Keys are :func:`kgmed.kg.linking.normalize.key` in simplified characters.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from kgmed.kg.linking.normalize import is_cjk, key
from kgmed.kg.linking.traditional import simplified


class Reading(NamedTuple):
    """A key that a name may be found under, and the rule (:data:`.rules.RULES`) that made it."""

    key: str
    rule: str


DOSAGE_FORMS = (
    "注射用", "注射液", "注射剂", "粉针剂", "粉针", "冻干粉", "滴注液", "葡萄糖注射液",
    "氯化钠注射液", "片", "片剂", "缓释片", "控释片", "肠溶片", "分散片", "咀嚼片", "泡腾片",
    "口崩片", "口腔崩解片", "含片", "舌下片", "阴道片", "阴道泡腾片", "薄膜衣片", "糖衣片", "胶囊",
    "胶囊剂", "缓释胶囊", "控释胶囊", "肠溶胶囊", "软胶囊", "硬胶囊", "胶丸", "颗粒", "颗粒剂",
    "干混悬剂", "混悬液", "混悬剂", "口服混悬液", "口服溶液", "口服液", "溶液", "溶液剂", "糖浆",
    "糖浆剂", "滴剂", "滴丸", "滴眼液", "滴眼剂", "滴耳液", "滴鼻液", "鼻喷雾剂", "喷雾剂",
    "气雾剂", "粉雾剂", "吸入剂", "吸入粉雾剂", "吸入气雾剂", "雾化吸入溶液", "软膏", "软膏剂",
    "乳膏", "乳膏剂", "眼膏", "眼用凝胶", "凝胶", "凝胶剂", "洗剂", "搽剂", "酊", "酊剂", "贴片",
    "贴剂", "透皮贴剂", "贴膏", "栓", "栓剂", "阴道栓", "膜", "散", "丸", "乳剂", "脂肪乳注射液",
    "脂质体注射液",
)  # fmt: skip
"""Dosage forms as Chinese product names carry them: 注射用 before the substance, all others after
it. A product is none of its ingredients: what is left names something broader."""

SALTS_BEFORE = (
    "盐酸", "硫酸", "磷酸", "硝酸", "氢溴酸", "枸橼酸", "柠檬酸", "马来酸", "富马酸", "酒石酸",
    "重酒石酸", "琥珀酸", "丁二酸", "苯磺酸", "甲磺酸", "甲苯磺酸", "对甲苯磺酸", "醋酸", "乙酸",
    "乳酸", "草酸", "丙酸", "戊酸", "苯甲酸", "丁酸", "糠酸", "双羟萘酸", "门冬氨酸", "乳糖酸",
)  # fmt: skip
SALTS_AFTER = (
    "钠", "钾", "钙", "镁", "二钠", "磷酸二钠", "磷酸钠", "琥珀酸钠", "丁二酸钠", "盐酸盐",
    "硫酸盐", "氨丁三醇", "赖氨酸盐", "精氨酸盐", "葡甲胺",
)  # fmt: skip
"""Acids and bases of salts as Chinese drug names carry them, before or after the base's name."""

_FORMS_AFTER = sorted((form for form in DOSAGE_FORMS if form != "注射用"), key=len, reverse=True)
_SALTS_BEFORE = sorted(SALTS_BEFORE, key=len, reverse=True)
_SALTS_AFTER = sorted(SALTS_AFTER, key=len, reverse=True)
_COMPOUND = re.compile("^复方|^小儿复方|^双|和|/|、")
"""What a combination product's name begins with or holds: no one of its ingredients is broader."""

_GLOSS = re.compile(r"^([^()]+?)\s*\(\s*([^()]+?)\s*\)$")
_LATIN = re.compile(r"[A-Za-z][A-Za-z0-9 ,.'’\-]*")
_WORD = re.compile(r"[A-Za-z]?[a-z]{3,}")
_NUMERALS = (
    ("1", "i", "一"), ("2", "ii", "二"), ("3", "iii", "三"), ("4", "iv", "四"), ("5", "v", "五"),
    ("6", "vi", "六"), ("7", "vii", "七"), ("8", "viii", "八"), ("9", "ix", "九"),
)  # fmt: skip
_WRITINGS = {written: row for row in _NUMERALS for written in row}
_NUMERAL = re.compile(
    r"(?<![0-9a-z])([1-9]|viii|vii|vi|iv|v|iii|ii|ix|i|[一二三四五六七八九])(?=型|期|度|级)"
)


@lru_cache(maxsize=1 << 16)
def folded(text: str) -> str:
    """The key of a name in simplified characters.

    >>> folded("β-地中海貧血（Thalassemia）")
    'beta地中海贫血thalassemia'
    """
    return simplified(key(text))


def is_telling(found: str) -> bool:
    """Whether a key says enough to be looked up: two characters, or one Chinese one.

    >>> is_telling("癌"), is_telling("b"), is_telling("b6"), is_telling("12")
    (True, False, True, False)
    """
    if not found or found.replace(" ", "").isdigit():
        return False
    return len(found) > 1 or is_cjk(found)


def readings(text: str, *, is_synonym: bool) -> list[Reading]:
    """The keys under which a name may be found elsewhere, each under its best rule.

    >>> readings("阿司匹林(Aspirin)", is_synonym=False)[1:3]
    [Reading(key='阿司匹林', rule='gloss'), Reading(key='aspirin', rule='latin')]
    >>> [r.key for r in readings("尼曼-皮克氏病", is_synonym=True) if r.rule == "spelling"]
    ['尼曼皮克病']
    """
    found: dict[str, str] = {}
    own = folded(text)
    for name, rule in _each(text, own, "synonym" if is_synonym else "name"):
        if is_telling(name):
            found.setdefault(name, rule)
    return [Reading(name, rule) for name, rule in found.items()]


def _each(text: str, own: str, rule: str) -> Iterator[tuple[str, str]]:
    yield own, rule
    gloss = _GLOSS.match(unicodedata.normalize("NFKC", text).strip())
    if gloss:
        parts = {bool(_LATIN.fullmatch(part)): part for part in gloss.groups()}
        if len(parts) == 2 and any(map(is_cjk, parts[False])):
            yield folded(parts[False]), "gloss"
            if _WORD.search(parts[True]):  # an abbreviation alone says too little
                yield folded(parts[True]), "latin"
            own = folded(parts[False])
    if any(map(is_cjk, own)):
        spelt = list(spellings(own))
        for name in spelt:
            yield name, "spelling"
        for name in (own, *spelt):
            for other in endings(name):
                yield other, "ending"


def spellings(name: str) -> Iterator[str]:
    """Other ways to write a key that change nothing of its sense.

    Numerals before 型, 期, 度 and 级; 综合症 for 综合征; 氏 after a person's name.

    >>> list(spellings("ii型糖尿病")), list(spellings("唐氏综合症"))
    (['2型糖尿病', '二型糖尿病'], ['唐氏综合征', '唐综合征', '唐综合症'])
    """
    one = name.replace("综合症", "综合征")
    forms = [one] + [base.replace("氏", "") for base in (one, name) if re.search("氏.", base[1:])]
    made = list(dict.fromkeys(form for form in forms if form != name))
    for form in (name, *made):
        numeral = _NUMERAL.search(form)
        if numeral:
            for written in _WRITINGS[numeral[1]]:
                made.append(form[: numeral.start()] + written + form[numeral.end() :])
    yield from dict.fromkeys(form for form in made if form != name)


def endings(name: str) -> Iterator[str]:
    """A key with 症 at its end added or dropped, three characters at least without it.

    Not 病: a 纤维瘤病 is no 纤维瘤, a 息肉病 no 息肉, and 恐惧 no 恐惧症.

    >>> list(endings("血小板减少症")), list(endings("肌萎缩侧索硬化")), list(endings("恐惧"))
    (['血小板减少'], ['肌萎缩侧索硬化症'], [])
    """
    if name.endswith("症"):
        if len(name) > 3:
            yield name[:-1]
    elif len(name) > 2 and not name.endswith("病"):
        yield name + "症"


def ingredients(text: str) -> list[Reading]:
    """What a drug product's or salt's name says it holds: rule ``form`` or ``salt``.

    ``form`` took off a dosage form, ``salt`` the acid or base as well. Nothing for a combination.

    >>> ingredients("阿司匹林肠溶片"), ingredients("注射用头孢曲松钠")[1]
    ([Reading(key='阿司匹林', rule='form')], Reading(key='头孢曲松', rule='salt'))
    >>> [(r.key, r.rule) for r in ingredients("盐酸二甲双胍片")]
    [('盐酸二甲双胍', 'form'), ('二甲双胍', 'salt')]
    >>> ingredients("复方甘草片"), ingredients("阿司匹林")
    ([], [])
    """
    gloss = _GLOSS.match(unicodedata.normalize("NFKC", text).strip())
    name = folded(gloss[1] if gloss else text)
    if _COMPOUND.search(name):
        return []
    bare = name.removeprefix("注射用")
    for form in _FORMS_AFTER:
        if bare.endswith(form) and len(bare) > len(form) + 1:
            bare = bare[: -len(form)]
            break
    found = [Reading(bare, "form")] if bare != name else []
    base = bare
    for salt in _SALTS_BEFORE:
        if base.startswith(salt) and len(base) > len(salt) + 1:
            base = base[len(salt) :]
            break
    for salt in _SALTS_AFTER:
        if base.endswith(salt) and len(base) > len(salt) + 1:
            base = base[: -len(salt)]
            break
    if base != bare:
        found.append(Reading(base, "salt"))
    return found
