"""How people ask for what a predicate says: question wordings, English and Chinese.

They stand in ``questions.toml``; a predicate that isn't there is asked by its nouns in
``predicates.toml`` ("the side effects of warfarin"), and not at all where it has none.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from kgmed.kg.model import Language
from kgmed.kg.predicates import Registry, registry
from kgmed.kg.verbalize.number import is_plural

_AGREES = {"is": "are", "does": "do", "has": "have"}
_MARK = re.compile(r"\{(is|does|has)\}")
_SLOT = re.compile(r"\{[so]\}")
IT = "it"
_ITS = tuple(
    (re.compile(pattern), its)
    for pattern, its in (
        (r"^Name (\w+)(?: of the)? ([\w -]+) of \{\}", r"Name \1 of its \2"),
        (r"^Give all listed ([\w -]+) of \{\}", r"Give all its listed \1"),
        (r"\bthe ([\w -]+?) of \{\}", r"its \1"),
    )
)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a predicate's questions are from one end, with that end's slot as ``{}``.

    ``things`` is a plural noun phrase for the other ends, ``asks`` are whole questions.
    """

    things: str
    asks: tuple[str, ...]


def say(template: str, name: str, lang: Language) -> str:
    """A question or noun phrase with its name in it; English verbs agree with the name.

    >>> say("What {is} {} used to treat?", "proton pump inhibitors", "en")
    'What are proton pump inhibitors used to treat?'
    >>> say("{}用于治疗什么疾病？", "阿司匹林", "zh")
    '阿司匹林用于治疗什么疾病？'
    >>> say("What are the roles of {}?", "it", "en"), say("Name two forms of {}.", "it", "en")
    ('What are its roles?', 'Name two of its forms.')
    """
    if lang == "en" and name == IT:
        for pattern, its in _ITS:
            template = pattern.sub(its, template)
    before, gap, behind = template.partition("{}")
    if not gap:
        return template
    if lang == "en" and "{" in template:
        many = is_plural(name)
        before, behind = (
            _MARK.sub(lambda m: _AGREES[m[1]] if many else m[1], part) for part in (before, behind)
        )
    return f"{before}{name}{behind}"


@cache
def asked(predicate: str, lang: Language, *, inverse: bool = False) -> Asked | None:
    """How a predicate is asked for from its subject, or, ``inverse``, from its object; None where
    there is no good question.

    >>> asked("has_symptom", "en", inverse=True).things
    'diseases with the symptom {}'
    >>> asked("has_adverse_effect", "en").asks
    ('What are the side effects of {}?', 'Which side effects of {} are listed?')
    >>> asked("releases", "en") is None
    True
    """
    entry = _table().get(predicate)
    if entry is None:
        return _from_nouns(registry(), predicate, lang, inverse=inverse)
    side = "inverse_" if inverse else ""
    things, asks = entry[lang][side + "things"], entry[lang][side + "asks"]
    if not isinstance(things, str) or not things:
        return None
    return Asked(_SLOT.sub("{}", things), tuple(_SLOT.sub("{}", text) for text in asks))


def unasked(lang: Language) -> list[str]:
    """The predicates that nobody would ask for from either end, in the registry's order.

    >>> unasked("en")[:2]
    ['related_to', 'releases']
    """
    return [
        name
        for name in registry()
        if asked(name, lang) is None and asked(name, lang, inverse=True) is None
    ]


def _from_nouns(known: Registry, predicate: str, lang: Language, *, inverse: bool) -> Asked | None:
    entry = known.get(predicate)
    if entry is None:
        return None
    wording = entry.wording[lang]
    nouns = wording.inverse_nouns if inverse else wording.nouns
    if not nouns:
        return None
    if lang == "zh":
        things = "{}的" + nouns[0]
        return Asked(things, (f"{things}是什么？", f"请说明{things}。"))
    if entry.takes_value and wording.noun:
        return Asked(f"{nouns[0]} of {{}}", (f"What is the {wording.noun[0]} of {{}}?",))
    things = f"{nouns[0]} of {{}}"
    return Asked(things, (f"What are the {things}?", f"Which {things} are listed?"))


@cache
def _table() -> dict[str, dict[str, dict[str, list[str] | str]]]:
    path = Path(__file__).with_name("questions.toml")
    return tomllib.loads(path.read_text(encoding="utf-8"))
