"""Questions, read without looking at the graph: a text in, its possible readings out.

:func:`parse` matches generic frames (:mod:`.frames_en`, :mod:`.frames_zh`) in which the predicate
registry's wordings stand: a new predicate gets every form of question from its entry alone. It
offers all readings, best first; the caller takes the first whose slots link. A question that no
frame fits has none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kgmed.kg.linking.language import detect_language
from kgmed.kg.linking.normalize import is_cjk
from kgmed.kg.model import Language
from kgmed.reasoning.question.readings import Reader, Reading, Slot
from kgmed.reasoning.question.text import tokenize
from kgmed.reasoning.question.wordings import Wordings

if TYPE_CHECKING:
    from kgmed.kg.predicates import Registry

__all__ = ["Reading", "Slot", "detect_language", "parse", "what_it_can_answer"]

_READERS: dict[tuple[int, Language], tuple[Registry, Reader]] = {}
_READERS_KEPT = 8


def parse(
    question: str, *, registry: Registry, language: Language | None = None
) -> tuple[Language, tuple[Reading, ...]]:
    """Read a question: its language, and its readings, best first; none where it can't be read.

    The language is detected where it isn't given. A question of which that language's frames read
    nothing is tried in the other one, if it has words of both or was detected to be in it. Only
    the first 2,000 code points are read.

    >>> from kgmed.kg.predicates import registry
    >>> language, (first, *_) = parse("Which drugs treat gout?", registry=registry())
    >>> language, first.form, first.predicate, first.slots[0].text, first.category
    ('en', 'reverse', 'treats', 'gout', 'Drug')
    >>> parse("Should I stop taking warfarin?", registry=registry())
    ('en', ())
    """
    tokens = tokenize(question)
    detected = detect_language(tokens.question)
    chosen = language or detected
    other: Language = "en" if chosen == "zh" else "zh"
    if not tokens.words:
        return chosen, ()
    readings = _reader(registry, chosen).read(tokens)
    if not readings and (chosen != detected or _has_both_scripts(tokens.words)):
        readings = _reader(registry, other).read(tokens)
    return chosen, readings or _reader(registry, chosen).read_name(tokens)


def what_it_can_answer(language: Language) -> str:
    """One paragraph with an example of each form, for a question that can't be read."""
    return _EXAMPLES[language]


def _reader(registry: Registry, language: Language) -> Reader:
    """The reader of a registry, built once."""
    key = (id(registry), language)
    kept = _READERS.get(key)
    if kept is not None and kept[0] is registry:
        return kept[1]
    if language == "zh":
        from kgmed.reasoning.question.frames_zh import TABLES
    else:
        from kgmed.reasoning.question.frames_en import TABLES
    reader = Reader(Wordings(registry, language, TABLES))
    if len(_READERS) >= _READERS_KEPT:
        _READERS.clear()
    _READERS[key] = (registry, reader)
    return reader


def _has_both_scripts(words: tuple[str, ...]) -> bool:
    return any(word.isascii() and word.isalpha() for word in words) and any(
        is_cjk(word[0]) for word in words
    )


_EXAMPLES: dict[Language, str] = {
    "en": (
        "I can list what is known (drug interactions of warfarin), search the other way round "
        "(which drugs target PTGS2?), answer yes or no (does aspirin interact with warfarin?), "
        "count (how many drugs interact with simvastatin?), look up a code or a value (DrugBank id "
        "of tamoxifen), find what things share (what do aspirin and ibuprofen both target?), check "
        "a list in pairs (patient on metformin, warfarin, lisinopril: which interact?), show how "
        "two things are connected (how does warfarin treat pulmonary embolism?), describe (what is "
        "warfarin?) and compare (compare aspirin and ibuprofen)."
    ),
    "zh": (
        "可以这样提问：列举（华法林的药物相互作用有哪些）、反查（哪些药物作用于PTGS2）、"
        "是非（阿司匹林与华法林有相互作用吗）、计数（有多少种药物与辛伐他汀有相互作用）、"
        "查编号或数值（他莫昔芬的DrugBank编号）、求共同点（阿司匹林和布洛芬共同的靶点）、"
        "两两核对（患者服用华法林、胺碘酮和辛伐他汀，哪些有相互作用）、"
        "路径（华法林如何治疗肺栓塞）、释义（华法林是什么）、比较（比较阿司匹林和布洛芬）。"
    ),
}
