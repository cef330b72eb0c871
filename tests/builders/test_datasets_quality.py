"""What a dataset tells of itself: filters, predicates, diversity; and rows that are bounded."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest
from dataset_runs import content, make_graph, rows, run, run_corpus

from kgmed.builders.datasets import parts as parts_of
from kgmed.builders.datasets import prepare
from kgmed.builders.datasets.balance import SHARE, caps
from kgmed.builders.datasets.model import Row
from kgmed.builders.datasets.quality.diversity import diversity
from kgmed.builders.datasets.quality.sample import Sample, measured
from kgmed.kg.store.embedded import open_store


@pytest.fixture(scope="module")
def graph(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_graph(tmp_path_factory.mktemp("graph") / "graph")


@pytest.fixture(autouse=True)
def parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prepare, "SMALLEST", 60)
    monkeypatch.setattr(prepare, "LARGEST", 60)


def test_figures_are_those_of_the_rows(graph: Path, tmp_path: Path) -> None:
    made = run(graph, tmp_path / "out")
    every = rows(tmp_path / "out")
    store = open_store(graph)
    ids = sorted({id for row in every for id in row["statements"]})
    assert made.statements == len(ids)
    of = {s.id: s.predicate for s in store.statements(ids) if s is not None}
    wanted = Counter(p for row in every for p in {of[id] for id in row["statements"]})
    assert made.predicates == dict(wanted)
    assert made.filters["rows"] == len(every)
    assert made.filters["drafts"] == len(every)
    for task, languages in made.diversity.items():
        for lang, figures in languages.items():
            said = ["\n".join(m["content"] for m in row["messages"] if m["role"] != "system")
                    for row in every if (row["task"], row["lang"]) == (task, lang)]  # fmt: skip
            if len(said) <= 200:  # all of them are in the sample
                assert figures == diversity(said)
    card = (tmp_path / "out/README.md").read_text(encoding="utf-8")
    figures = made.diversity["lists"]["en"]
    assert f"| lists | en | {figures.texts} | {figures.distinct[1]:.3f} |" in card
    (name, n), *_ = wanted.most_common()
    assert f"| {name} | {n:,} | {n / len(every):.1%} |" in card


def test_a_sample_is_the_same_in_any_run_and_small(graph: Path, tmp_path: Path) -> None:
    made = run(graph, tmp_path / "one")
    run(graph, tmp_path / "two", processes=2)
    for path in sorted((tmp_path / "one/.kgmed/instructions").glob("*.sample.jsonl")):
        assert path.read_bytes() == (tmp_path / "two/.kgmed/instructions" / path.name).read_bytes()
    again = run(graph, tmp_path / "one")
    assert again.made == 0
    assert again.diversity == made.diversity

    def row(n: int) -> Row:
        return Row(
            f"{n:02x}{0:014}", "t", "en", (("user", f"word{n}"),), "", (), (), "", "train", "s"
        )

    sample = Sample(3)
    for n in (9, 5, 7, 1, 8):
        sample.add(row(n))
    sample.write(tmp_path / "x.sample.jsonl")
    assert json.loads((tmp_path / "x.sample.jsonl").read_text())[2] == ["word1", "word5", "word7"]
    assert measured([tmp_path / "x.sample.jsonl"])["t", "en"].texts == 3


def test_sentences_made_at_once_are_counted_like_single_ones(graph: Path, tmp_path: Path) -> None:
    given = {"tasks": ("sentences",), "languages": ("en",)}
    at_once = run_corpus(graph, tmp_path / "one", **given)
    singly = run_corpus(graph, tmp_path / "two", per_hub=10**9, **given)
    assert at_once.predicates == singly.predicates
    assert at_once.filters == singly.filters
    assert at_once.diversity == singly.diversity
    assert at_once.statements == singly.statements


# A bound on rows ----------------------------------------------------------------------------------


def test_a_few_rows_are_chosen_without_making_all(
    graph: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = run(graph, tmp_path / "whole")
    monkeypatch.setattr(parts_of, "FEW", 1)
    few = run(graph, tmp_path / "few", max_rows=30)
    chosen = rows(tmp_path / "few")
    assert 15 <= len(chosen) <= 30
    assert {row["id"] for row in chosen} < {row["id"] for row in rows(tmp_path / "whole")}
    assert few.filters["drafts"] < 0.6 * whole.filters["drafts"]
    assert few.filters["drafts"] == few.filters["bound on rows"] + few.filters["rows"]
    assert set(few.predicates) == set(whole.predicates) - {"has_definition"}
    run(graph, tmp_path / "other", max_rows=30, seed=2)
    assert {row["id"] for row in rows(tmp_path / "other")} != {row["id"] for row in chosen}


def test_a_bound_chooses_the_same_in_processes_and_shares(graph: Path, tmp_path: Path) -> None:
    run(graph, tmp_path / "one", max_rows=40)
    run(graph, tmp_path / "two", max_rows=40, processes=2)
    assert content(tmp_path / "two") == content(tmp_path / "one")
    for share in range(2):
        run(graph, tmp_path / "shares", max_rows=40, partition=(share, 2))
    assert content(tmp_path / "shares") == content(tmp_path / "one")


def test_a_bound_that_nothing_reaches_takes_nothing_away(graph: Path, tmp_path: Path) -> None:
    run(graph, tmp_path / "whole")
    made = run(graph, tmp_path / "out", max_rows=10**6)
    ids = [sorted(row["id"] for row in rows(tmp_path / name)) for name in ("whole", "out")]
    assert ids[0] == ids[1]
    assert made.filters["bound on rows"] == 0


# Balance ------------------------------------------------------------------------------------------


def test_balance_caps_by_what_the_graph_holds(
    graph: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kgmed.builders.datasets.balance.LEAST", 1)
    plain = run(graph, tmp_path / "plain", tasks=("singles",), languages=("en",))
    made = run(graph, tmp_path / "out", tasks=("singles",), languages=("en",), balanced=True)
    held = json.loads((tmp_path / "out/.kgmed/instructions/run.json").read_text())["prepared"]
    predicate, hub = caps(held["statements"])
    assert predicate == int(SHARE * sum(held["statements"].values()))
    assert max(plain.predicates.values()) > 4 * predicate
    assert max(made.predicates.values()) < 2 * predicate
    assert made.filters["balance"] == made.filters["drafts"] - made.filters["rows"] > 0
    named = run(graph, tmp_path / "named", tasks=("singles",), languages=("en",),
                per_predicate=predicate, per_hub=hub)  # fmt: skip
    assert named.filters == made.filters
    own = run(graph, tmp_path / "own", tasks=("singles",), languages=("en",), balanced=True,
              per_predicate=10**6, per_hub=10**6)  # fmt: skip
    assert own.filters["balance"] == 0  # what is asked for by number holds
    card = (tmp_path / "out/README.md").read_text(encoding="utf-8")
    assert f"| none | {predicate} | {hub} |" in card
