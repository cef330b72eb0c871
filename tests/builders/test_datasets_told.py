"""Passages and narratives made many at once: the texts that the verbalizer writes of their facts,
and the same rows one by one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from dataset_runs import make_graph

from kgmed.builders.datasets import prepare
from kgmed.builders.datasets.block import PartBlock
from kgmed.builders.datasets.corpus import narratives, passages
from kgmed.builders.datasets.corpus.common import name_in, statement
from kgmed.builders.datasets.corpus.told import Rows
from kgmed.builders.datasets.corpus.voice import Voice
from kgmed.builders.datasets.feed import Feed
from kgmed.builders.datasets.formats import TEXT, line
from kgmed.builders.datasets.model import Draft
from kgmed.builders.datasets.prepare import prepare as lay_out
from kgmed.builders.datasets.rows import row
from kgmed.kg.categories import label
from kgmed.kg.model import Concept, Step
from kgmed.kg.model import Path as Walk
from kgmed.kg.predicates import registry
from kgmed.kg.store.embedded import open_store
from kgmed.kg.verbalize import Verbalizer

BUDGET = 120
TASKS = (*passages.SIZES, narratives.FOUND)


@pytest.fixture(scope="module")
def feed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Feed]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(prepare, "SMALLEST", 100)
        patch.setattr(prepare, "LARGEST", 100)
        graph = make_graph(tmp_path_factory.mktemp("graph") / "graph")
        folder = tmp_path_factory.mktemp("feed") / "feed"
        lay_out(open_store(graph).snapshot, folder, languages=("en", "zh"))
        yield Feed(folder)


def made(block: PartBlock, lang: Any, task: str, *, budget: int = BUDGET) -> list[Rows]:
    voice = Voice(block.feed, lang, Verbalizer(registry()))
    if task == narratives.FOUND:
        return list(narratives.found(block, voice))
    return list(passages.passages(block, voice, task, budget=budget))


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("task", TASKS)
def test_rows_at_once_are_those_written_one_by_one(feed: Feed, lang: Any, task: str) -> None:
    found = 0
    for part in range(len(feed)):
        block = PartBlock.of_part(feed, part)
        for rows in made(block, lang, task):
            quick = {
                text
                for chunk in rows.chunks(snapshot=feed.snapshot, text_only=False)
                for text in bytes(chunk.data).splitlines(keepends=True)
            }
            slow = {
                line(TEXT.record(row(draft, block, snapshot=feed.snapshot)))
                for draft in rows.drafts()
            }
            assert quick == slow
            found += len(quick)
    assert found > 50


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("task", ["one_hop", "balanced"])
def test_a_passage_is_the_verbalizers_paragraph(feed: Feed, lang: Any, task: str) -> None:
    say = Verbalizer(registry())
    for part in range(len(feed)):
        block = PartBlock.of_part(feed, part)
        for rows in made(block, lang, task):
            for draft in rows.drafts():
                assert draft.messages[0][1] == paragraph(block, say, draft)


def paragraph(block: PartBlock, say: Verbalizer, draft: Draft) -> str:
    """What the verbalizer writes of a passage's facts."""
    name = name_in(block, draft.lang)
    entity = block.entity(block.near.numbers[draft.key])
    kinds = tuple(c for c in entity.categories
                  if label(c, language=draft.lang) not in ("concept", "概念"))  # fmt: skip
    facts = sorted(draft.facts, key=lambda f: (f.predicate, name(f.other(entity.id)) or ""))
    return say.concept(
        Concept(entity.id, kinds, entity.names), [statement(fact) for fact in facts],
        named_in(block, draft.lang), lang=draft.lang, wording=draft.wording,
    )  # fmt: skip


def named_in(block: PartBlock, lang: Any) -> Callable[[str], str]:
    name = name_in(block, lang)

    def named(concept: str) -> str:
        return name(concept) or concept

    return named


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_found_path_is_the_verbalizers_narrative(feed: Feed, lang: Any) -> None:
    say, found = Verbalizer(registry()), 0
    for part in range(len(feed)):
        block = PartBlock.of_part(feed, part)
        for rows in made(block, lang, narratives.FOUND):
            for draft in rows.drafts():
                first, second = draft.facts
                middle = first.other(draft.key)
                walk = Walk((
                    Step(statement(first), "out" if first.subject == draft.key else "in"),
                    Step(statement(second), "out" if second.subject == middle else "in"),
                ))  # fmt: skip
                text = say.path(walk, named_in(block, lang), lang=lang, wording=draft.wording)
                assert draft.messages[0][1] == text
                end = second.other(middle)
                entity = block.entity(block.near.numbers[draft.key])
                near = {fact.other(entity.id) for side in (entity.said, entity.of)
                        for facts in side.values() for fact in facts}  # fmt: skip
                assert end not in near | {entity.id}
                found += 1
    assert found > 20


def test_a_budget_is_used_and_kept(feed: Feed) -> None:
    whole = {d.key: d for d in drafts(feed, "one_hop", 10_000)}
    cut = {d.key: d for d in drafts(feed, "one_hop", 40)}
    assert cut
    for id, draft in cut.items():
        text = draft.messages[0][1]
        assert len(text) / 4.2 <= 40
        if len(draft.facts) < len(whole[id].facts):
            assert len(text) > 60  # a name and a half more would be too long
            told, every = ({fact.ids for fact in one.facts} for one in (draft, whole[id]))
            assert told < every


def drafts(feed: Feed, task: str, budget: int) -> list[Draft]:
    return [draft for part in range(len(feed))
            for rows in made(PartBlock.of_part(feed, part), "en", task, budget=budget)
            for draft in rows.drafts()]  # fmt: skip


def test_a_second_hop_says_nothing_twice_and_goes_on_with_what_was_told(feed: Feed) -> None:
    found = drafts(feed, "two_hop", BUDGET)
    assert found
    for draft in found:
        ids = [fact.ids for fact in draft.facts]
        assert len(set(ids)) == len(ids)
        near = {fact.other(draft.key) for fact in draft.facts
                if draft.key in {fact.subject, fact.object}}  # fmt: skip
        further = [f for f in draft.facts if draft.key not in {f.subject, f.object}]
        assert all({fact.subject, fact.object} & near for fact in further)
