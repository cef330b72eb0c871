"""Paths told as narratives: those that a source states whole, and ones found in the graph.

A found path leads from a concept over a neighbour to a concept that no statement joins it to. Of
each concept's there is one: the one whose predicates explain most, over the rarest neighbour.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

import numpy as np

from kgmed.builders.datasets.corpus.passages import statement
from kgmed.builders.datasets.corpus.sentences import name_in, tellable, wording_of
from kgmed.builders.datasets.feed import PartBlock
from kgmed.builders.datasets.model import Draft, Entity, Fact
from kgmed.kg.model import Language, Path, Step
from kgmed.kg.verbalize import Verbalizer

CURATED, FOUND = "paths_curated", "paths_found"
WORDINGS = 3
BRANCHES = 6
"""Neighbours of a concept that a path is looked for over, the rarest first."""
READ = 24
"""Facts that are read of each."""


def curated(block: PartBlock, lang: Language, say: Verbalizer) -> Iterator[Draft]:
    """The sources' own paths that start at a block's concepts."""
    feed = block.feed
    name = name_in(block, lang)
    for number in block.numbers.tolist():
        start, stop = int(feed.path_starts[number]), int(feed.path_starts[number + 1])
        if start == stop:
            continue
        table = feed.table("paths").slice(start, stop - start)
        for path, steps in zip(
            table.column("path").to_pylist(), table.column("steps").to_pylist(), strict=True
        ):
            walked = [(_fact(block, step), step[1]) for step in json.loads(steps)]
            ends = {end for fact, _way in walked for end in (fact.subject, fact.object)}
            if not all(map(name, ends)) or not block.name(block.near.ids[number], lang):
                continue
            yield _draft(block, lang, say, CURATED, walked=walked, key=path)


def _fact(block: PartBlock, step: list[object]) -> Fact:
    """A step of a path as it was laid out: id, way, subject, predicate, object, profile,
    qualifiers."""
    feed = block.feed
    id, _way, s, p, o, profile, qualifiers = step
    predicate, negated = feed.predicates[int(str(p))]
    ends = [feed.ids[int(str(end))].as_py() for end in (s, o)]
    said = json.loads(str(qualifiers)) if qualifiers else {}
    profile = int(str(profile))
    return Fact((str(id),), ends[0], predicate, ends[1], feed.sources[profile],
                feed.licences[profile], negated, said)  # fmt: skip


def found(block: PartBlock, lang: Language, say: Verbalizer) -> Iterator[Draft]:
    """A path of two statements from each of a block's concepts that has one."""
    entities = [entity for entity in block.entities if block.name(entity.id, lang)]
    branches = {entity.id: _branches(block, entity, lang, say) for entity in entities}
    wanted = sorted({block.near.numbers[fact.other(id)]
                     for id, facts in branches.items() for fact in facts})  # fmt: skip
    if not wanted:
        return
    around = PartBlock(block.feed, np.array(wanted), most=READ)
    block.near.add(around.near)
    for entity in entities:
        near = {fact.other(entity.id) for side in (entity.said, entity.of)
                for facts in side.values() for fact in facts if fact.object}  # fmt: skip
        best: tuple[float, str, list[tuple[Fact, str]]] | None = None
        for fact in branches[entity.id]:
            number = block.near.numbers[fact.other(entity.id)]
            if not block.feed.leaves[number]:
                continue
            middle = around.entity(number)
            for second in _facts(around, middle, lang):
                end = second.other(middle.id)
                if end == entity.id or end in near or second.ids == fact.ids:
                    continue
                score = _weight(say, fact) * _weight(say, second) / (1 + middle.degree)
                if best is None or (-score, second.ids[0]) < (best[0], best[1]):
                    steps = [(fact, _way(fact, entity.id)), (second, _way(second, middle.id))]
                    best = (-score, second.ids[0], steps)
        if best is not None:
            yield _draft(block, lang, say, FOUND, walked=best[2], key=entity.id)


def _branches(block: PartBlock, entity: Entity, lang: Language, say: Verbalizer) -> list[Fact]:
    """The facts that a path may begin with, those to the rarest neighbours first."""
    facts = [fact for fact in _facts(block, entity, lang) if _weight(say, fact) > 0]
    numbers = np.array([block.near.numbers[fact.other(entity.id)] for fact in facts], np.int64)
    degrees = block.feed.degree(numbers).tolist() if facts else []
    order = sorted(range(len(facts)), key=lambda at: (degrees[at], facts[at].ids[0]))
    return [facts[at] for at in order[:BRANCHES]]


def _facts(block: PartBlock, entity: Entity, lang: Language) -> Iterator[Fact]:
    for side in (entity.said, entity.of):
        for facts in side.values():
            for fact in facts[:READ]:
                if fact.object and not fact.negated and tellable(block, fact, lang):
                    yield fact


def _way(fact: Fact, start: str) -> str:
    return "out" if fact.subject == start else "in"


def _weight(say: Verbalizer, fact: Fact) -> float:
    entry = say.registry.get(fact.predicate)
    return entry.weight if entry is not None else 0.0


def _draft(
    block: PartBlock, lang: Language, say: Verbalizer, task: str, *,
    walked: list[tuple[Fact, str]], key: str,
) -> Draft:  # fmt: skip
    name = name_in(block, lang)

    def named(id: str) -> str:
        return name(id) or id

    facts = tuple(fact for fact, _way in walked)
    steps = tuple(Step(statement(fact), "out" if way == "out" else "in") for fact, way in walked)
    wording = wording_of(facts[0], WORDINGS)
    text = say.path(Path(steps), named, lang=lang, wording=wording)
    return Draft(task, lang, (("", text),), facts, wording, key=key)
