"""Corpora: the fast way writes what the slow one does; passages keep to their budget."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from dataset_runs import make_graph, rows, run_corpus

from kgmed.builders.datasets import prepare
from kgmed.builders.datasets.block import PartBlock
from kgmed.builders.datasets.corpus import TASKS, maker, sentences
from kgmed.builders.datasets.corpus.common import name_in, wording_of
from kgmed.builders.datasets.corpus.voice import Voice
from kgmed.builders.datasets.feed import Feed
from kgmed.builders.datasets.formats import TEXT, line
from kgmed.builders.datasets.model import Draft, Fact
from kgmed.builders.datasets.prepare import prepare as lay_out
from kgmed.builders.datasets.rows import row
from kgmed.kg.model import Language
from kgmed.kg.predicates import registry
from kgmed.kg.store.embedded import open_store
from kgmed.kg.verbalize import Verbalizer
from kgmed.kg.verbalize.size import tokens


@pytest.fixture(scope="module")
def graph(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_graph(tmp_path_factory.mktemp("graph") / "graph")


@pytest.fixture(autouse=True)
def parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prepare, "SMALLEST", 100)
    monkeypatch.setattr(prepare, "LARGEST", 100)


def tellable(block: PartBlock, fact: Fact, lang: Language) -> bool:
    """Whether a fact can be told in a language: both ends have names, one of them in it, and what
    its qualifiers speak of; a value that is in another language can't."""
    if fact.subject == fact.object:
        return False
    name = name_in(block, lang)
    ends = [fact.subject] if fact.value is not None else [fact.subject, fact.object]
    if fact.value is not None and fact.value.language not in ("", lang):
        return False
    return all(map(name, ends)) and any(block.name(end, lang) for end in ends)


def singly(block: PartBlock, lang: Language, say: Verbalizer) -> Iterator[Draft]:
    """The sentences of a part's facts, one by one: what columns are compared with."""
    name = name_in(block, lang)

    def named(concept: str) -> str:
        return name(concept) or concept

    facts = (fact for entity in block.entities for said in entity.said.values() for fact in said)
    for fact in facts:
        if not tellable(block, fact, lang):
            continue
        wording = wording_of(fact, say.wordings(fact.predicate, lang))
        told = say.claim(
            fact.subject, fact.predicate, fact.value if fact.value is not None else fact.object,
            named, lang=lang, negated=fact.negated, qualifiers=fact.qualifiers, wording=wording,
        )  # fmt: skip
        yield Draft(sentences.TASK, lang, (("", told),), (fact,), wording)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_sentences_at_once_are_those_written_one_by_one(
    graph: Path, tmp_path: Path, lang: Any
) -> None:
    snapshot = open_store(graph).snapshot
    lay_out(snapshot, tmp_path / "feed", languages=("en", "zh"))
    feed, say = Feed(tmp_path / "feed"), Verbalizer(registry())
    found = 0
    for part in range(len(feed)):
        block = PartBlock.of_part(feed, part)
        quick = {
            text
            for made in sentences.sentences(block, Voice(feed, lang, say))
            for chunk in made.chunks(snapshot=feed.snapshot, text_only=False)
            for text in bytes(chunk.data).splitlines(keepends=True)
        }
        slow = {
            line(TEXT.record(row(draft, block, snapshot=feed.snapshot)))
            for draft in singly(block, lang, say)
        }
        assert quick == slow
        found += len(quick)
    assert found > 100


@pytest.fixture(scope="module")
def corpus(graph: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("corpus") / "corpus"
    run_corpus(graph, out, more={"passage_tokens": 120})
    return out


def test_every_task_has_a_config_and_rows(corpus: Path) -> None:
    for task in TASKS:
        found = rows(corpus, task)
        if task != "paths_curated":  # the graph has none
            assert {row["lang"] for row in found} == {"en", "zh"}, task
        assert all(row["text"] and row["statements"] for row in found)


def test_passages_keep_to_their_budget(corpus: Path) -> None:
    for task in (name for name in TASKS if name.startswith("passages")):
        for one in rows(corpus, task):
            assert tokens(len(one["text"]), one["lang"]) <= 120, one


def test_a_passage_in_training_touches_nothing_held_out(corpus: Path, graph: Path) -> None:
    store = open_store(graph)
    of = {"train": set[str](), "test": set[str]()}
    for one in rows(corpus, "passages_one_hop"):
        for s in store.statements(one["statements"]):
            assert s is not None
            of[one["split"]] |= {s.subject, s.object}
    assert of["test"] - of["train"]
    shares = [row["split"] for row in rows(corpus, "passages_two_hop")]
    assert shares.count("train") > shares.count("test")


def test_plain_text_is_a_text_a_line(graph: Path, corpus: Path, tmp_path: Path) -> None:
    run_corpus(graph, tmp_path / "out", files="txt", tasks=("sentences",))
    lines = [text for path in sorted((tmp_path / "out/sentences").glob("*.txt"))
             for text in path.read_text(encoding="utf-8").splitlines()]  # fmt: skip
    assert sorted(lines) == sorted(row["text"] for row in rows(corpus, "sentences"))


def test_parquet_and_bounds_go_the_slow_way(graph: Path, corpus: Path, tmp_path: Path) -> None:
    import pyarrow.parquet as pq

    run_corpus(graph, tmp_path / "out", files="parquet", tasks=("sentences",))
    found = [row for path in sorted((tmp_path / "out/sentences").glob("*.parquet"))
             for row in pq.read_table(path).to_pylist()]  # fmt: skip
    by_id = {row["id"]: row for row in rows(corpus, "sentences")}
    assert {row["id"]: row for row in found} == by_id
    run_corpus(graph, tmp_path / "few", max_rows=20, tasks=("sentences",))
    few = rows(tmp_path / "few", "sentences")
    assert 0 < len(few) <= 20
    assert all(by_id[row["id"]] == row for row in few)


def test_the_example_of_the_card_is_a_row(corpus: Path) -> None:
    lowest = min(row["id"] for row in rows(corpus, "sentences") if row["lang"] == "en")
    assert f'"id": "{lowest}"' in (corpus / "README.md").read_text(encoding="utf-8")


def test_held_out_concepts_are_about_a_twentieth() -> None:
    from kgmed.builders.datasets.splits import held_out

    curies = pa.array([f"x:{n}" for n in range(20_000)])
    degrees = np.arange(20_000)
    held = held_out(curies, degrees, seed=3)
    assert 0.045 < held.mean() < 0.055
    assert not held[-200:].any()
    assert (held_out(pa.array(curies.to_pylist()[::-1]), degrees[::-1], seed=3)[::-1] == held).all()


def test_the_card_tells_how_sure_the_count_of_statements_is(tmp_path: Path) -> None:
    from kgmed.builders.datasets.counted import unique_statements

    generator = np.random.default_rng(0)
    ids = generator.integers(0, 2**64, 200_000, np.uint64)
    np.save(tmp_path / "a.npy", np.unique(ids[:150_000]))
    np.save(tmp_path / "b.npy", np.unique(ids[50_000:]))
    files = sorted(tmp_path.glob("*.npy"))
    assert unique_statements(files) == (200_000, True)
    about, exact = unique_statements(files, exact=50_000)
    assert not exact
    assert abs(about - 200_000) < 5_000


def test_corpus_notes_name_the_budget(corpus: Path) -> None:
    note = json.loads((corpus / ".kgmed/corpus/run.json").read_text())
    assert note["settings"]["more"] == {"passage_tokens": 120}
    assert maker.BUDGET == 512
