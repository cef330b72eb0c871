"""Which of a concept's names stands in a sentence.

The preferred name of the language, with two exceptions: a name turned round for an index
("Diabetes Mellitus, Type 2") gives way to the same words in their order where the graph has them
(none is turned by rule: "atrial fibrillation, familial, 14" has no one order), and a substance in
capitals ("SIMEPREVIR") to another spelling, or is written small. Without a name in the language the
concept has its name in the other one. A name that several concepts share stays, because a rarer
synonym reads worse; :func:`shared` tells which, for writers whose sentences are read back.
"""

from __future__ import annotations

import re
from collections.abc import Container, Sequence

from kgmed.kg.categories import is_a
from kgmed.kg.linking.normalize import key
from kgmed.kg.model import Language, Name
from kgmed.kg.store.base import GraphStore
from kgmed.kg.verbalize.number import word_set

_SPELT = 6
"""Letters from which on a word in capitals is taken for a spelling, not for an abbreviation."""
_SYMBOLS = ("Gene", "GeneFamily", "Protein", "MacromolecularComplex")


def display(names: Sequence[Name], lang: Language, *, categories: Sequence[str] = ()) -> str:
    """The name that a sentence of ``lang`` tells, of a concept's names; '' for none at all.

    >>> names = [Name("Diabetes Mellitus, Type 2", "en", "preferred", "mesh"),
    ...          Name("Type 2 Diabetes Mellitus", "en", "synonym", "mesh")]
    >>> display(names, "en"), display(names, "zh")
    ('Type 2 Diabetes Mellitus', 'Type 2 Diabetes Mellitus')
    >>> display([Name("SIMEPREVIR", "en", "preferred", "x")], "en", categories=("Drug",))
    'simeprevir'
    """
    own = _of(names, lang)
    language: Language = lang
    if not own:
        language = "en" if lang == "zh" else "zh"
        own = _of(names, language) or list(names)
    if not own:
        return ""
    first = own[0].text
    if language == "en":
        first = _uninverted(first, own)
        first = _spelt(first, own, categories)
    return first


_CAPITAL = re.compile(r"(?<![^\s(/-])[A-Z][a-z]{2,}(?![\w'’])")
_PERSONS = word_set(
    "apert banks bell best black blue boxer brown burns christmas coats cooks crane cross down fox "
    "frank good graves gray green grey gross hand hunter king little long love marsh may north "
    "pick price rich root rose salt short sly south still stone strong swift temple weaver west "
    "white wolf wood young"
)
"""Names of persons, and of places, that are words as well: Still disease, Bell palsy."""


def small(name: str, common: Container[str]) -> str:
    """An English name with the initials of its common nouns small, as inside a sentence.

    ``common`` holds words that the graph's names write small; a name with a capital that isn't one
    of them stays, because it may be a person's, a brand's or a species'.

    >>> common = {"acetate", "channel", "disease", "medroxyprogesterone", "syndrome", "vitamin"}
    >>> [small(n, common) for n in ("Medroxyprogesterone Acetate", "Parkinson's Disease")]
    ['medroxyprogesterone acetate', "Parkinson's disease"]
    >>> [small(n, common) for n in ("Vitamin B12", "Down syndrome", "Wilson Disease", "E. coli")]
    ['vitamin B12', 'Down syndrome', 'Wilson Disease', 'E. coli']
    """
    for word in _CAPITAL.findall(name):
        low = word.lower()
        if low in _PERSONS or not (low in common or low.removesuffix("s") in common):
            return name
    return _CAPITAL.sub(lambda found: found[0].lower(), name)


def display_names(store: GraphStore, ids: Sequence[str], *, lang: Language) -> dict[str, str]:
    """The display names of concepts, by id. An id that the graph hasn't stands for itself."""
    wanted = list(dict.fromkeys(ids))
    known = store.lexicon.names(wanted)
    concepts = store.concepts(wanted)
    found = {}
    for id, names, concept in zip(wanted, known, concepts, strict=True):
        categories = concept.categories if concept is not None else ()
        found[id] = display(names, lang, categories=categories) or id
    return found


def shared(store: GraphStore, names: dict[str, str]) -> set[str]:
    """The ids whose name another concept has, too: read back, it may mean that one."""
    ids = list(names)
    hits = store.lexicon.exact([key(names[id]) for id in ids])
    return {id for id, found in zip(ids, hits, strict=True) if {i for i, _ in found} - {id}}


def _of(names: Sequence[Name], lang: Language) -> list[Name]:
    """The names of a language, preferred first."""
    own = [name for name in names if name.language == lang]
    return sorted(own, key=lambda name: name.kind != "preferred")


def _uninverted(text: str, names: Sequence[Name]) -> str:
    if ", " not in text:
        return text
    words = sorted(key(text).split())
    for name in names:
        if "," not in name.text and sorted(key(name.text).split()) == words:
            return name.text
    return text


def _spelt(text: str, names: Sequence[Name], categories: Sequence[str]) -> str:
    plain = all(word.isalpha() for word in text.split())
    if not (plain and text.isupper() and len(text) >= _SPELT):
        return text
    for name in names:
        if name.text != text and name.text.casefold() == text.casefold():
            return name.text
    symbol = any(is_a(category, kind) for category in categories for kind in _SYMBOLS)
    substance = any(is_a(category, "ChemicalEntity") for category in categories)
    return text.lower() if substance and not symbol else text
