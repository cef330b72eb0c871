"""From the slots of a reading to concepts: linking, ambiguity, and what was taken for what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kgmed.kg.linking.link import Candidate, Link
from kgmed.kg.linking.linker import Linker
from kgmed.kg.linking.normalize import key
from kgmed.kg.linking.score import CLOSE
from kgmed.reasoning.claims.model import Claim
from kgmed.reasoning.question import Reading, Slot
from kgmed.reasoning.retrieve import End, Retriever

SURE = 0.9
"""A link of at least this score is taken before a later reading is tried."""


@dataclass(frozen=True, slots=True)
class Bound:
    """A reading with a link for each slot, or what stands in the way of it.

    ``unlinked`` holds the slots that name nothing in the graph, ``ambiguous`` those whose
    candidates would lead to different answers.
    """

    reading: Reading
    links: tuple[Link, ...] = ()
    unlinked: tuple[Slot, ...] = ()
    ambiguous: tuple[tuple[Slot, tuple[Candidate, ...]], ...] = ()

    @property
    def complete(self) -> bool:
        return not self.unlinked and not self.ambiguous

    @property
    def sure(self) -> bool:
        return self.complete and all(link.score >= SURE for link in self.links)


def whether(bound: Bound) -> Claim | None:
    """The claim that "yes" makes, of a question that it answers."""
    reading = bound.reading
    if not bound.complete or reading.form != "yes_no" or not reading.predicate:
        return None
    if len(bound.links) < 2:
        return None
    return Claim(bound.links[0], reading.predicate, bound.links[1])


def expected_categories(reading: Reading, place: int, retriever: Retriever) -> tuple[str, ...]:
    """The categories that fit a slot, by the predicate's domain or range; () for any."""
    if reading.predicate is None:
        return ()
    entry = retriever.registry[reading.predicate]
    return entry.domain if slot_end(reading, place) == "subject" else entry.range


def slot_end(reading: Reading, place: int) -> End:
    """Which end of the predicate a slot stands for."""
    if reading.form in {"yes_no", "path"}:
        return "subject" if place == 0 else "object"
    return reading.given


def bind(readings: Sequence[Reading], linker: Linker, retriever: Retriever) -> Bound:
    """The first reading whose slots all link surely, else the first that links, else the first."""
    tried = []
    for reading in readings:
        bound = _bind(reading, linker, retriever)
        if bound.sure:
            return bound
        tried.append(bound)
    for bound in tried:
        if bound.complete:
            return bound
    return min(tried, key=lambda bound: len(bound.unlinked))


def _bind(reading: Reading, linker: Linker, retriever: Retriever) -> Bound:
    links: list[Link] = []
    unlinked: list[Slot] = []
    ambiguous: list[tuple[Slot, tuple[Candidate, ...]]] = []
    for place, slot in enumerate(reading.slots):
        categories = expected_categories(reading, place, retriever)
        found = linker.mention(slot.text, categories=categories)
        if not found:
            unlinked.append(slot)
            continue
        chosen, rivals = _choose(found, slot, reading, slot_end(reading, place), retriever)
        if rivals:
            ambiguous.append((slot, rivals))
        others = tuple(c for c in found if c.id != chosen.id)
        links.append(
            Link(
                slot.text,
                slot.start,
                slot.end,
                chosen.id,
                chosen.name,
                chosen.category,
                chosen.score,
                chosen.why,
                alternatives=others,
            )
        )
    return Bound(reading, tuple(links), tuple(unlinked), tuple(ambiguous))


def _choose(
    found: Sequence[Candidate], slot: Slot, reading: Reading, end: End, retriever: Retriever
) -> tuple[Candidate, tuple[Candidate, ...]]:
    """The candidate to take, and the rivals where taking one would be a guess.

    Candidates that score alike are told apart by what the graph holds of the predicate: one of them
    that has statements wins. Concepts of the same name that no mapping joined are no rivals.
    """
    best = found[0]
    close = [c for c in found if best.score - c.score < CLOSE]
    if len(close) == 1:
        return best, ()
    if reading.predicate is not None:
        close = [c for c in close if retriever.hits(c.id, reading.predicate, end)] or close[:1]
    if len({key(c.name) for c in close}) == 1:
        return close[0], ()
    exact = [c for c in close if key(c.name) == key(slot.text)]
    if len(exact) == 1:
        return exact[0], ()
    return close[0], tuple(close)
