"""The graph that should come out of the synthetic files, from the world itself, not from files.

For small scales: everything is a Python set. What predicates are called comes from
``predicates.toml``; everything else is decided here and written down in ``docs/synthetic.md``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

import networkx as nx

from kgmed.builders.resolve import LEADERS
from kgmed.builders.synthetic.world import World
from kgmed.kg.predicates import registry

SOURCES = ("umls", "snomed", "drugbank", "cmekg")


class Fact(NamedTuple):
    """One statement after identity: an object, or a value with its type (text | number) and
    language. ``qualifiers`` is :func:`~kgmed.kg.model.canonical_qualifiers` text; ``source`` one of
    :data:`SOURCES`, ``vocabulary`` UMLS's SAB. Ends of a symmetric predicate are in order."""

    subject: str
    predicate: str
    object: str = ""
    value: str = ""
    value_type: str = ""
    language: str = ""
    qualifiers: str = ""
    negated: bool = False
    source: str = ""
    vocabulary: str = ""


class Name(NamedTuple):
    """A name of a concept, by its id after identity; ``language`` is ISO 639-1."""

    id: str
    text: str
    language: str


@dataclass(slots=True)
class Expected:
    """What should be in the graph.

    ``preferred``: (id that the source uses, source) -> language -> the source's preferred name.
    ``same``: id -> the id that it should be known by, for every id that isn't its own leader.
    ``refused``: pairs of ids whose mapping has to be refused. ``metadata``: ids of SNOMED CT's own
    model, with names and is-a like any concept. ``loops``: statements whose ends are one concept.
    """

    concepts: set[str] = field(default_factory=set)
    statements: set[Fact] = field(default_factory=set)
    names: set[Name] = field(default_factory=set)
    preferred: dict[tuple[str, str], dict[str, str]] = field(default_factory=dict)
    same: dict[str, str] = field(default_factory=dict)
    refused: set[tuple[str, str]] = field(default_factory=set)
    metadata: set[str] = field(default_factory=set)
    loops: set[Fact] = field(default_factory=set)

    def add(self, fact: Fact, *, is_reversed: bool = False) -> None:
        """Add a statement; ``is_reversed``: the source's word states the reverse."""
        if is_reversed:
            fact = fact._replace(subject=fact.object, object=fact.subject)
        known = registry().get(fact.predicate)
        if known and known.symmetric and fact.object < fact.subject and fact.object:
            fact = fact._replace(subject=fact.object, object=fact.subject)
        (self.loops if fact.subject == fact.object else self.statements).add(fact)
        self.concepts.update(filter(None, (fact.subject, fact.object)))

    def name(self, id: str, text: str, language: str) -> None:
        """Add a name and its concept."""
        self.concepts.add(id)
        self.names.add(Name(id, text, language))

    def prefer(self, id: str, source: str, language: str, text: str) -> None:
        """Say which name a source prefers for an id of its own."""
        self.preferred.setdefault((id, source), {})[language] = text

    def known_as(self, id: str, leader: str) -> str:
        """Record that an id is known by another; returns that one."""
        if id != leader:
            self.same[id] = leader
        return leader


UNCHECKED = {
    ("drugbank", "has_active_ingredient"): "products and mixtures: their ids are the reader's own",
    ("snomed", "has_classification_code"): "the ICD-10 map as values: wording is the reader's own",
}
"""(source, predicate) -> why its statements aren't among the expected; the same goes for concepts
that only such statements, or only mappings, speak of."""


def leader(ids: Iterable[str]) -> str:
    """The id that a class is known by: authorities in their order, then the smallest.

    >>> leader(["drugbank:DB00682", "umls:C0043031"]), leader(["uniprot:P1", "drugbank.target:B"])
    ('umls:C0043031', 'drugbank.target:B')
    """
    order = {prefix: place for place, prefix in enumerate(LEADERS)}
    return min(ids, key=lambda curie: (order.get(curie.partition(":")[0], len(order)), curie))


def predicate(vocabulary: str, *labels: str) -> tuple[str, bool]:
    """The predicate of the first label that ``predicates.toml`` knows, else the first label; and
    whether the label states the reverse."""
    for label in labels:
        if found := registry().from_label(vocabulary, label):
            return found[0].name, found[1]
    return labels[0], False


def expected(scale: float, seed: int, *, sources: Iterable[str] = SOURCES) -> Expected:
    """The graph to expect of these sources' files at a scale and seed, without the open graph.

    Meant for scales up to 0.02. Every id is the one it has after identity among these sources.
    """
    from kgmed.builders.synthetic.expected_others import add_cmekg, add_drugbank
    from kgmed.builders.synthetic.expected_terminologies import add_snomed, add_umls

    world, chosen, graph = World(scale, seed), set(sources), Expected()
    for name, add in (
        ("umls", add_umls), ("snomed", add_snomed), ("drugbank", add_drugbank),
        ("cmekg", add_cmekg),
    ):  # fmt: skip
        if name in chosen:
            more = {"with_drugbank": "drugbank" in chosen} if name == "umls" else {}
            add(graph, world, with_umls="umls" in chosen, **more)
    graph.statements = without_cycles(graph.statements)
    return graph


def without_cycles(facts: set[Fact]) -> set[Fact]:
    """``subclass_of`` inside a circle is only ``broader``."""
    tree = nx.DiGraph((f.subject, f.object) for f in facts if f.predicate == "subclass_of")
    inside = {id: n for n, part in enumerate(nx.strongly_connected_components(tree)) for id in part}
    return {
        fact._replace(predicate="broader")
        if fact.predicate == "subclass_of" and inside[fact.subject] == inside[fact.object]
        else fact
        for fact in facts
    }
