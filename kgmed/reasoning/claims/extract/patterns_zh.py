"""The registry's Chinese wordings as patterns around two mentions, and the words that fall away.

Every wording is brought to three texts: what stands before the first mention, between the two, and
behind the second. :func:`plain` takes the words from a text that change nothing (可, 常, 主要), so
that "可用于治疗" and "主要用来治疗" are one pattern; negations are counted apart.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from kgmed.kg.predicates import Registry

_FILLER = re.compile(
    r"可以|能够|可|能|会|经常|常常|常见的|常见|常用的|常用|常|通常|往往|一般|主要的|主要"
    r"|多|也|还|又|均|都|同样|亦|便|就"
    r"|较|很|强效|强|选择性地?|特异性地?|有效地|临床上|目前|现已|已|广泛|明确的|明确|显著"
    r"|明显|直接|确实|的确|其实"
    r"|之一|这种|该|此|一种|一类|一个|了|着|所|地|典型的|典型|重要的|重要|严重的|严重"
    r"|较为|之间|相互间|两者|二者|三者"
    r"|有时|有时候|时常|长期|大剂量|口服|静脉|外用|急性|慢性|轻度|中度|重度|成人|儿童"
    r"|老年|患者的|患者中|病人的|作为"
    r"|首选的|最|竞争性|不可逆性?|可逆性?|非选择性|被用来|用来|来|则|却|而|并且|并|且"
    r"|同时|进而|从而|因而|因此|故|即|又名|酶活性|是因为|全部|非常|十分|极易|易|容易|适合|特别"
    r"|受体|通道|蛋白|基因|一直|仍|仍然|依然|药效上|属于是|本身|或多或少|对人体|人体内"
    r"|在体内|体内|经代谢|在成人中|临床|[“”\"'《》 　（）()]"
)
_BOTH = re.compile("不但|不仅仅|不仅|不只|不光|不单|分别|无论")
NEGATION = re.compile(
    r"并不是|并不|并非|不是|绝非|不会|不能|不可以|不可|没有|未见|未能|从不|绝不|毫无|从未"
    r"|不|没|未|无"
)
_KEPT = (
    "不良反应",
    "不良事件",
    "不能用于",
    "不可用于",
    "不宜用于",
    "不宜使用",
    "不宜用",
    "不能用",
    "不能吃",
    "不宜",
)
_SYMMETRIC_TAIL = re.compile(r"^(?:存在|具有|有|发生|产生|出现|有着)")
SUBSTANCE = (
    "药物|药|抗生素|治疗药物|药剂|西药|老药|一线药物|一线药|首选药物|首选药"
    "|常用药物|常用药|有效药物|特效药|疾病|病|病原体|物质|抗菌药"
)
_COPULAS = ("包括", "有", "是", "为", "如", "包含", "：", ":")


class Pattern(NamedTuple):
    """``before`` and ``behind`` are what must stand around the mentions; ``forward`` says that the
    first of the two is the subject."""

    before: str
    behind: str
    predicate: str
    forward: bool


@lru_cache(maxsize=4096)
def plain(text: str) -> tuple[str, bool]:
    """A text without the words that change nothing, and whether it is denied.

    >>> plain("也可用于治疗"), plain("并不会引起"), plain("不是")
    (('用于治疗', False), ('引起', True), ('是', True))
    """
    text = _BOTH.sub("", text)
    denied = len(NEGATION.findall(text)) % 2 == 1
    return _FILLER.sub("", NEGATION.sub(_left_over, text)), denied


def _left_over(match: re.Match[str]) -> str:
    return "是" if match.group().endswith(("是", "非")) else ""


def kept(text: str) -> str:
    """The plain text of one whose negation is a wording's own ("不能用于"); "" of another."""
    for word in _KEPT:
        if word in text:
            head, _, rest = text.partition(word)
            if NEGATION.search(head) is None and NEGATION.search(rest) is None:
                return _FILLER.sub("", head) + word + _FILLER.sub("", rest)
    return ""


def shorter(text: str) -> str:
    """The plain text alone."""
    return kept(text) or plain(text)[0]


class ChinesePatterns:
    """All patterns of a registry, by the plain text between the two mentions."""

    def __init__(self, registry: Registry) -> None:
        self.between: dict[str, list[Pattern]] = {}
        self._known: set[tuple[str, str, str]] = set()
        self.mutual: dict[str, str] = {}
        """What stands behind a list of things that do something to one another."""
        self.verbs: dict[str, Pattern] = {}
        """What may begin a clause whose subject stands before."""
        for name, predicate in registry.items():
            if predicate.takes_value:
                continue
            wording = predicate.wording["zh"]
            clauses = (*wording.frames, *wording.sentence, *wording.inverse_sentence)
            for text in clauses:
                self._clause(text, name, symmetric=predicate.symmetric)
            for text in wording.verbs:
                self._verb(text, name, forward=True)
            for text in wording.passives:
                self._verb(text, name, forward=False)
            for text in (*wording.nouns, *wording.noun):
                self._noun(text, name, lists_objects=True)
            for text in (*wording.inverse_nouns, *wording.inverse_noun):
                self._noun(text, name, lists_objects=False)
        for patterns in self.between.values():
            patterns.sort(key=lambda p: (-len(p.behind), -len(p.before)))

    def _add(self, before: str, middle: str, behind: str, name: str, *, forward: bool) -> None:
        middle = shorter(middle)
        if not middle:
            return
        pattern = Pattern(shorter(before), shorter(behind), name, forward)
        if (middle, pattern.before, pattern.behind) not in self._known:
            self._known.add((middle, pattern.before, pattern.behind))
            self.between.setdefault(middle, []).append(pattern)

    def _clause(self, text: str, name: str, *, symmetric: bool) -> None:
        parts = re.split(r"\{([so])\}", text)
        if len(parts) != 5:
            return
        before, first, middle, _, behind = parts
        self._add(before, middle, behind, name, forward=first == "s")
        if symmetric and middle in {"与", "和", "跟", "同"} and behind:
            tail = _SYMMETRIC_TAIL.sub("", shorter(behind))
            if tail and tail != "结合":
                self.mutual.setdefault(tail, name)

    def _verb(self, text: str, name: str, *, forward: bool) -> None:
        self._add("", text, "", name, forward=forward)
        middle = shorter(text)
        if not middle:
            return
        self.verbs.setdefault(middle, Pattern("", "", name, forward))
        if text.startswith("的"):
            self.verbs.setdefault(middle[1:], Pattern("", "", name, forward))
            return
        for noun in SUBSTANCE.split("|"):
            self._add("", "是" + text, "的" + noun, name, forward=forward)
            for copula in _COPULAS:
                self._add(text, "的" + noun + copula, "", name, forward=not forward)
        if forward:
            self._add("", text + "的", "", name, forward=True)
            self._add("由", text + "的", "", name, forward=True)
            self._add("", "被", text, name, forward=False)

    def _noun(self, text: str, name: str, *, lists_objects: bool) -> None:
        for of in ("的", ""):
            for copula in _COPULAS:
                self._add("", of + text + copula, "", name, forward=lists_objects)
            for copula in ("是", "为", "属于", "属", "系"):
                self._add("", copula, of + text, name, forward=not lists_objects)
        if len(text) > 1:
            self._add("", "，", text, name, forward=not lists_objects)
