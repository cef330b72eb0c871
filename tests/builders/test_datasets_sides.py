"""What is read of columns is what facts themselves say, one by one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from dataset_runs import make_graph

from kgmed.builders.datasets import prepare
from kgmed.builders.datasets.block import PartBlock
from kgmed.builders.datasets.edges import parsed
from kgmed.builders.datasets.feed import Feed
from kgmed.builders.datasets.model import Block, Draft, Entity
from kgmed.builders.datasets.prepare import prepare as lay_out
from kgmed.builders.datasets.rows import row
from kgmed.builders.datasets.sides import Facts
from kgmed.builders.datasets.spoken import _ends
from kgmed.builders.datasets.tasks import context_of
from kgmed.builders.datasets.tasks.hard import facts as one_by_one
from kgmed.builders.datasets.tasks.teller import Group, Teller
from kgmed.builders.datasets.tasks.told import stated, told
from kgmed.kg.model import Language
from kgmed.kg.predicates import registry
from kgmed.kg.store.embedded import open_store

LANGUAGES: tuple[Language, ...] = ("en", "zh")


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_graph(tmp_path_factory.mktemp("graph") / "graph")


@pytest.fixture
def tellers(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> list[tuple[Teller, Teller]]:
    """Of each part and language, a teller of columns and one of the same facts one by one."""
    monkeypatch.setattr(prepare, "SMALLEST", 90)
    monkeypatch.setattr(prepare, "LARGEST", 90)
    store = open_store(root)
    lay_out(store.snapshot, tmp_path / "feed", languages=LANGUAGES)
    feed, context = Feed(tmp_path / "feed"), context_of(store, registry())
    found = []
    for part in range(len(feed)):
        block = PartBlock.of_part(feed, part)
        plain = Block(
            [_plain(entity) for entity in PartBlock.of_part(feed, part).entities],
            block.name, block.held_out, block.name_terms,
        )  # fmt: skip
        found += [
            (Teller(block, lang, context), Teller(plain, lang, context)) for lang in LANGUAGES
        ]
    return found


def _plain(entity: Entity) -> Entity:
    said, of = (
        {name: list(row) for name, row in side.items()} for side in (entity.said, entity.of)
    )
    return replace(entity, said=said, of=of)


def groups(teller: Teller) -> Iterator[Group]:
    for entity in teller.block.entities:
        yield from teller.groups(entity)


def test_groups_of_columns_are_those_of_facts(tellers: list[tuple[Teller, Teller]]) -> None:
    several = 0
    for columns, plain in tellers:
        for one, other in zip(groups(columns), groups(plain), strict=True):
            several += len(one.facts) > 1
            assert (one.id, one.predicate, one.inverse) == (
                other.id,
                other.predicate,
                other.inverse,
            )
            assert (one.negated, one.untold, one.ends) == (other.negated, other.untold, other.ends)
            assert tuple(one.facts) == other.facts
            assert tuple(one.facts[1:]) == other.facts[1:]
            assert one.facts[-1] == other.facts[-1]
            assert columns.sentences(one) == plain.sentences(other)
            some = set(one.ends[::2])
            assert tuple(one.among(some)) == other.among(some)
    assert several > 20


def test_a_row_rests_on_the_same_whether_its_facts_were_made_or_not(
    tellers: list[tuple[Teller, Teller]],
) -> None:
    for columns, plain in tellers:
        for entity, other in zip(columns.block.entities, plain.block.entities, strict=True):
            together = Facts.together([group.facts for group in columns.groups(entity)])
            made = tuple(fact for group in plain.groups(other) for fact in group.facts)
            assert tuple(together) == made
            if made:
                drafts = [Draft("t", "en", (("user", "?"),), facts) for facts in (together, made)]
                one, two = (
                    row(draft, teller.block, snapshot="")
                    for draft, teller in zip(drafts, (columns, plain), strict=True)
                )
                assert set(one.predicates) == set(two.predicates)
                assert replace(one, predicates=two.predicates) == two


def test_facts_are_chosen_of_columns_as_one_by_one(tellers: list[tuple[Teller, Teller]]) -> None:
    count = 0
    for columns, plain in tellers:
        whole = list(one_by_one(plain.block))
        assert list(told(columns)) == [fact for fact in whole if plain.tellable(fact)]
        assert list(told(plain)) == list(told(columns))
        even = [f for f in told(plain) if int(f.ids[0], 16) % 2 == 0]
        assert list(told(columns, chosen=lambda id_: int(id_, 16) % 2 == 0)) == even
        some = {"treats", "interacts_with"}
        assert list(stated(columns.block, some)) == [f for f in whole if f.predicate in some]
        count += len(even)
    assert count > 20


def test_a_concept_that_a_qualifier_speaks_of_is_found_in_any_json() -> None:
    assert _ends('{"affected":"mesh:1","severity":"Major"}') == ["mesh:1"]
    assert _ends('{"actor": "mesh:2", "note": "\\"affected\\":\\"x\\""}') == ["mesh:2"]
    assert parsed('{"a":"b"}') is parsed('{"a":"b"}')
