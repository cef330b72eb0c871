"""How much of a benchmark a graph covers at all, told before any score: one without it misleads.

    covered   a statement joins a concept of the question with one of a right option or answer; of a
              yes-no question, two concepts that it names; of a judgement, two of what is judged or
              one of these with one of the question. Or the question, or what is judged, is read as
              a claim that the graph covers (:mod:`kgmed.reasoning.claims.coverage`), or asks for a
              relation of which the concept has statements.
    linked    both ends of such a statement link, and no more
    none      less

It tells what a graph could bear on, not what it answers: the statement that joins two concepts may
say something else than what is asked. ``only_right`` is stricter: no wrong option is joined. Paths
of several statements, and what follows from a hierarchy, aren't counted. Contexts aren't read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, islice, product

from kgmed.kg.linking.linker import Linker
from kgmed.kg.predicates import Registry
from kgmed.kg.store.base import GraphStore
from kgmed.reasoning.claims.model import Claim
from kgmed.reasoning.claims.texts import by_rules
from kgmed.reasoning.claims.verify import Verifier
from kgmed.reasoning.evaluation.contents import ItemCoverage, Level
from kgmed.reasoning.evaluation.model import Item
from kgmed.reasoning.programs.slots import bind, slot_end, whether
from kgmed.reasoning.question import parse
from kgmed.reasoning.retrieve import Retriever

SETTLED = ("SUPPORTED", "REFUTED", "UNSUPPORTED")
"""Verdicts of claims that a graph covers."""
AT_ONCE = 512
"""Items whose pairs of concepts are looked up together."""

Pair = tuple[str, str]


@dataclass(slots=True)
class _Ends:
    """The concepts of an item, and the pairs whose statements cover it, and would cover a wrong
    option."""

    item: Item
    question: tuple[str, ...]
    right: tuple[str, ...]
    pairs: tuple[Pair, ...]
    wrong: tuple[Pair, ...]


class CoverageReader:
    """Tells how much of items one graph covers."""

    def __init__(self, store: GraphStore, registry: Registry) -> None:
        self._store, self._registry = store, registry
        self._linker = Linker(store)
        self._retriever = Retriever(store, registry)
        self._verifier = Verifier(store, registry)

    def read(self, items: Iterable[Item]) -> Iterator[ItemCoverage]:
        """The coverage of each item, in their order, many at once."""
        rest = iter(items)
        while some := list(islice(rest, AT_ONCE)):
            ends = [self._ends(item) for item in some]
            joined = self._joined(ends)
            silent = [e for e in ends if not any(joined[pair] for pair in e.pairs)]
            asked = self._asked([e.item for e in silent])
            for e in ends:
                yield _told(e, joined, asked=e.item.id in asked)

    def _ends(self, item: Item) -> _Ends:
        question = self._concepts(item.question)
        if item.kind == "choice":
            each = {
                letter: self._concepts(text, names=True) for letter, text in item.options.items()
            }
            right = _distinct(id for letter in item.right for id in each.get(letter, ()))
            others = _distinct(
                id for letter, ids in each.items() if letter not in item.right for id in ids
            )
            wrong = _pairs(question, [id for id in others if id not in right])
            return _Ends(item, question, right, _pairs(question, right), wrong)
        if item.kind == "yes_no":
            return _Ends(item, question, (), tuple(combinations(question, 2)), ())
        if item.kind == "judgement":
            said = self._concepts(item.candidate)
            whole = _distinct((*question, *said))
            pairs = dict.fromkeys([*combinations(said, 2), *_pairs(question, said)])
            return _Ends(item, whole, (), tuple(pairs), ())
        right = self._concepts(item.answer)
        return _Ends(item, question, right, _pairs(question, right), ())

    def _concepts(self, text: str, *, names: bool = False) -> tuple[str, ...]:
        """The concepts of a text; of the ``names`` in it, whatever stands around them."""
        return _distinct(link.id for link in self._linker.text(text, flags=not names))

    def _joined(self, ends: Sequence[_Ends]) -> dict[Pair, list[tuple[str, str]]]:
        """(statement, predicate) of what joins each pair."""
        pairs = list(dict.fromkeys(pair for e in ends for pair in (*e.pairs, *e.wrong)))
        found = self._store.between(pairs)
        return {
            pair: [(s.id, s.predicate) for s in statements]
            for pair, statements in zip(pairs, found, strict=True)
        }

    def _asked(self, items: Sequence[Item]) -> set[str]:
        """The ids of the items that the graph covers by what they ask."""
        covered: set[str] = set()
        claims: list[Claim] = []
        owners: list[str] = []
        for item in items:
            found: Sequence[Claim] = ()
            if item.kind == "judgement":
                found, _ = by_rules(item.candidate, self._linker, self._registry, lang=item.lang)
            elif item.kind != "choice":
                found = self._claimed(item, covered)
            claims += found
            owners += [item.id] * len(found)
        for owner, checked in zip(owners, self._verifier.claims(claims), strict=True):
            if checked.verdict in SETTLED:
                covered.add(owner)
        return covered

    def _claimed(self, item: Item, covered: set[str]) -> list[Claim]:
        """The claim that "yes" makes; an open question's id goes to ``covered`` where the graph has
        statements of what it asks."""
        _lang, readings = parse(item.question, registry=self._registry, language=item.lang)
        bound = bind(readings, self._linker, self._retriever) if readings else None
        if bound is None or not bound.complete or not bound.reading.predicate:
            return []
        claim = whether(bound)
        if item.kind == "yes_no":
            return [claim] if claim is not None else []
        reading = bound.reading
        if not self._registry[bound.reading.predicate].takes_value and any(
            self._retriever.hits(link.id, bound.reading.predicate, slot_end(reading, place))
            for place, link in enumerate(bound.links)
        ):
            covered.add(item.id)
        return []


def _told(e: _Ends, joined: dict[Pair, list[tuple[str, str]]], *, asked: bool) -> ItemCoverage:
    found = dict.fromkeys(each for pair in e.pairs for each in joined[pair])
    misled = any(joined[pair] for pair in e.wrong)
    level: Level = "none"
    if found or asked:
        level = "covered"
    elif e.pairs:
        level = "linked"
    return ItemCoverage(
        e.item.id,
        level,
        "joined" if found else "asked" if asked else "",
        e.question,
        e.right,
        tuple(id for id, _predicate in found),
        _distinct(predicate for _id, predicate in found),
        bool(found) and not misled if e.item.kind == "choice" and (found or misled) else None,
    )


def _pairs(ones: Sequence[str], others: Sequence[str]) -> tuple[Pair, ...]:
    return tuple((one, other) for one, other in product(ones, others) if one != other)


def _distinct(ids: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(id for id in ids if id))
