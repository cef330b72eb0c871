"""Which of a concept's names stands in a sentence.

The preferred name of the language, with three exceptions: a name turned round for an index
("Diabetes Mellitus, Type 2") gives way to the same words in their order where the graph has them; a
substance in capitals ("SIMEPREVIR") to another spelling, or is written small; and, where asked, a
name that several concepts share to one that only this concept has, so that the sentence can be read
back. Without a name in the language the concept has its name in the other one.
"""

from __future__ import annotations

from collections.abc import Sequence

from kgmed.kg.categories import is_a
from kgmed.kg.linking.normalize import key
from kgmed.kg.model import Language, Name
from kgmed.kg.store.base import GraphStore

_SPELT = 6
"""Letters from which on a word in capitals is taken for a spelling, not for an abbreviation."""
_SYMBOLS = ("Gene", "GeneFamily", "Protein", "MacromolecularComplex")
_MOST = 80
"""Code points of a name that may replace a shared one; longer ones are descriptions."""


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


def display_names(
    store: GraphStore, ids: Sequence[str], *, lang: Language, unambiguous: bool = False
) -> dict[str, str]:
    """The display names of concepts, by id. An id that the graph hasn't stands for itself.

    With ``unambiguous`` a name that other concepts share gives way to the first synonym that they
    don't, where there is one.
    """
    wanted = list(dict.fromkeys(ids))
    known = store.lexicon.names(wanted)
    concepts = store.concepts(wanted)
    found = {}
    for id, names, concept in zip(wanted, known, concepts, strict=True):
        categories = concept.categories if concept is not None else ()
        found[id] = display(names, lang, categories=categories) or id
    if unambiguous:
        _untangle(store, found, dict(zip(wanted, known, strict=True)), lang)
    return found


def shared(store: GraphStore, names: dict[str, str]) -> set[str]:
    """The ids whose name another concept has, too: read back, it may mean that one."""
    ids = list(names)
    hits = store.lexicon.exact([key(names[id]) for id in ids])
    return {id for id, found in zip(ids, hits, strict=True) if {i for i, _ in found} - {id}}


def _untangle(
    store: GraphStore, found: dict[str, str], known: dict[str, list[Name]], lang: Language
) -> None:
    for id in shared(store, found):
        others = [
            name.text
            for name in _of(known[id], lang)
            if name.kind != "abbreviation" and len(name.text) <= _MOST and ", " not in name.text
        ]
        hits = store.lexicon.exact([key(text) for text in others])
        for text, owners in zip(others, hits, strict=True):
            if {owner for owner, _ in owners} == {id}:
                found[id] = text
                break


def _of(names: Sequence[Name], lang: Language) -> list[Name]:
    """The names of a language, preferred first."""
    own = [name for name in names if name.language == lang]
    return sorted(own, key=lambda name: name.kind != "preferred")


def _uninverted(text: str, names: Sequence[Name]) -> str:
    if ", " not in text:
        return text
    words = sorted(key(text).split())
    for name in names:
        if ", " not in name.text and sorted(key(name.text).split()) == words:
            return name.text
    return text


def _spelt(text: str, names: Sequence[Name], categories: Sequence[str]) -> str:
    if not text.isupper() or len(text) < _SPELT:
        return text
    for name in names:
        if name.text != text and name.text.casefold() == text.casefold():
            return name.text
    plain = all(word.isalpha() for word in text.replace("-", " ").split())
    symbol = any(is_a(category, kind) for category in categories for kind in _SYMBOLS)
    substance = any(is_a(category, "ChemicalEntity") for category in categories)
    return text.lower() if plain and substance and not symbol else text
