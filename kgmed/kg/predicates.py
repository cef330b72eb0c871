"""The predicates: what each means, which source words it covers, and how people say it.

All of it is data, in ``predicates.toml`` beside this file, which :mod:`kgmed.kg.predicate_table`
reads and checks.
Names follow the Biolink model (https://biolink.github.io/biolink-model/) where it has one; flags
and property chains follow the Relation Ontology (https://github.com/oborel/obo-relations).

>>> registry()["treats"].inverse
'treated_by'
>>> registry().ancestors("partial_agonist_of")
('partial_agonist_of', 'has_target', 'affects', 'related_to')
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal, TypeVar, overload

T = TypeVar("T")
LANGUAGES = ("en", "zh")
VOCABULARIES = (
    "biolink",
    "cmekg",
    "doid",
    "drugbank",
    "drugcentral",
    "drugmechdb",
    "ndfrt",
    "obo",
    "pharmacotherapydb",
    "snomed",
    "umls",
)
"""Whose words ``labels`` may hold; the comment on top of predicates.toml says what each is."""

VALUE = "value"
"""The range of a predicate whose object is a text, a number or a date."""


@dataclass(frozen=True, slots=True)
class Wording:
    """How one language says a predicate.

    ``nouns`` list objects ("interactions of S"), ``inverse_nouns`` list subjects ("treatments of
    O"); ``noun`` and ``inverse_noun`` are their singulars. ``verbs`` stand between S and O,
    ``passives`` between O and S. The first of each is what answers use. ``sentence`` (told from S),
    ``inverse_sentence`` (told from O) and ``frames`` hold both slots, ``questions`` one or both;
    :mod:`kgmed.kg.verbalize` writes the first two with their grammar.
    """

    sentence: tuple[str, ...]
    inverse_sentence: tuple[str, ...]
    nouns: tuple[str, ...]
    noun: tuple[str, ...]
    inverse_nouns: tuple[str, ...]
    inverse_noun: tuple[str, ...]
    verbs: tuple[str, ...]
    passives: tuple[str, ...]
    frames: tuple[str, ...]
    questions: tuple[str, ...]
    cues: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Inheritance:
    """Whether a statement passes along subclass_of from one of its ends (DESIGN, section 7).

    ``up`` with ``some``: said of the narrower, it holds of some of the broader. ``down`` with
    ``entailed``: said of the broader, it holds of everything narrower.
    """

    direction: Literal["none", "up", "down"]
    strength: Literal["", "entailed", "some"]


@dataclass(frozen=True, slots=True)
class Chain:
    """A property chain: predicates that, walked in order, give this one.

    A step that starts with ``^`` is walked against its direction. ``gives`` is ``entailed`` where
    ``source`` declares the chain, ``plausible`` where it only suggests one.
    """

    steps: tuple[str, ...]
    gives: Literal["entailed", "plausible"]
    source: str


@dataclass(frozen=True, slots=True)
class Predicate:
    """One predicate. ``biolink`` is its Biolink name, or '' and then ``nearest`` is the nearest
    one above. ``inverse`` names the reading from object to subject. ``weight`` (0-1) says how much
    a path through it explains. ``labels`` hold every vocabulary, empty where it has no word."""

    name: str
    biolink: str
    nearest: str
    parent: str
    inverse: str
    symmetric: bool
    transitive: bool
    asymmetric: bool
    domain: tuple[str, ...]
    range: tuple[str, ...]
    excludes: tuple[str, ...]
    opposes: tuple[str, ...]
    inherit_subject: Inheritance
    inherit_object: Inheritance
    chains: tuple[Chain, ...]
    weight: float
    labels: Mapping[str, tuple[str, ...]]
    wording: Mapping[str, Wording]

    @property
    def takes_value(self) -> bool:
        """Whether the object is a text, a number or a date rather than a concept.

        >>> registry()["has_half_life"].takes_value, registry()["treats"].takes_value
        (True, False)
        """
        return self.range == (VALUE,)


class Registry(Mapping[str, Predicate]):
    """All predicates by name, in the order of the file.

    ``ancestors`` and ``descendants`` also answer for a name that isn't here: a source's own
    predicate that nobody mapped, which has no relatives.
    """

    __slots__ = ("_ancestors", "_by_label", "_descendants", "_predicates")

    def __init__(
        self, predicates: dict[str, Predicate], by_label: dict[tuple[str, str], tuple[str, bool]]
    ) -> None:
        self._predicates = predicates
        self._by_label = by_label
        self._ancestors = {name: way_up(predicates, name) for name in predicates}
        below: dict[str, list[str]] = {name: [name] for name in predicates}
        for name, chain in self._ancestors.items():
            for ancestor in chain[1:]:
                below[ancestor].append(name)
        self._descendants = {name: tuple(names) for name, names in below.items()}

    def __getitem__(self, name: str) -> Predicate:
        return self._predicates[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._predicates)

    def __len__(self) -> int:
        return len(self._predicates)

    @overload
    def get(self, name: str, /) -> Predicate | None: ...
    @overload
    def get(self, name: str, /, default: Predicate | T) -> Predicate | T: ...
    def get(self, name: str, /, default: Any = None) -> Any:
        """A predicate by its name, or the default."""
        return self._predicates.get(name, default)

    def ancestors(self, name: str) -> tuple[str, ...]:
        """The predicate and everything that it implies, nearest first.

        >>> registry().ancestors("has_adverse_effect")
        ('has_adverse_effect', 'causes', 'contributes_to', 'related_to')
        """
        return self._ancestors.get(name, (name,))

    def descendants(self, name: str) -> tuple[str, ...]:
        """The predicate and everything that implies it, itself first, then in file order.

        >>> registry().descendants("modulates")[:2]
        ('modulates', 'positive_modulator_of')
        """
        return self._descendants.get(name, (name,))

    def from_label(self, vocabulary: str, label: str) -> tuple[Predicate, bool] | None:
        """The predicate of a source's word, and whether that word states it in reverse.

        >>> predicate, is_reversed = registry().from_label("drugmechdb", "caused by")
        >>> predicate.name, is_reversed
        ('causes', True)
        >>> registry().from_label("umls", "no_such_rela") is None
        True
        """
        found = self._by_label.get((vocabulary, label))
        return None if found is None else (self._predicates[found[0]], found[1])


def fill(template: str, *, s: str, o: str) -> str:
    """Put a subject and an object into a wording's slots. Braces in them are left alone.

    >>> fill("{o} is caused by {s}", s="HBV {o}", o="hepatitis B")
    'hepatitis B is caused by HBV {o}'
    """
    return s.join(part.replace("{o}", o) for part in template.split("{s}"))


@cache
def registry() -> Registry:
    """The predicates that ship with kgmed, read once."""
    from kgmed.kg.predicate_table import load

    path = Path(__file__).with_name("predicates.toml")
    return load(path.read_text(encoding="utf-8"), where=path.name)


def digest() -> str:
    """A digest of the predicates that ship with kgmed: another one may make another graph."""
    return sha256(Path(__file__).with_name("predicates.toml").read_bytes()).hexdigest()


def way_up(predicates: Mapping[str, Predicate], name: str) -> tuple[str, ...]:
    """The predicate and its ancestors, nearest first; stops before it would repeat one."""
    chain = [name]
    above = predicates[name].parent
    while above and above not in chain:
        chain.append(above)
        above = predicates[above].parent
    return tuple(chain)
