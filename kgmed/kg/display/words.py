"""The words of a statement that stand on an arrow, and those of a whole one."""

from __future__ import annotations

from collections.abc import Mapping

from kgmed.kg.model import Language, Statement
from kgmed.kg.predicates import Registry, registry


def relation(predicate: str, lang: Language = "en", *, known: Registry | None = None) -> str:
    """What stands on the arrow of a path: the predicate's words without its ends.

    >>> relation("interacts_with"), relation("unheard_of", "zh")
    ('interacts with', 'unheard of')
    """
    entry = (known if known is not None else registry()).get(predicate)
    if entry is None:
        return predicate.replace("_", " ")
    wording = entry.wording[lang]
    if wording.verbs:
        return wording.verbs[0]
    text = wording.sentence[0].removeprefix("{s}").removesuffix("{o}")
    return text.replace("{s}", "…").replace("{o}", "…").strip(" ，,")


def symmetric(predicate: str) -> bool:
    """Whether a predicate reads the same from both ends, so that it has no arrow."""
    entry = registry().get(predicate)
    return entry is not None and entry.symmetric


def sentence(statement: Statement, names: Mapping[str, str], lang: Language = "en") -> str:
    """A statement as a sentence; a concept without a name stands with its id."""
    from kgmed.kg.verbalize import Verbalizer

    return Verbalizer(registry()).statement(statement, names, lang=lang)
