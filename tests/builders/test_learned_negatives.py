"""False statements of datasets that a trained model chooses: which, and that runs stay the same."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from dataset_rows import block_of, context_for
from plausible import graph as toy
from plausible import lines

import kgmed
from kgmed.builders.datasets.model import Draft
from kgmed.builders.datasets.negatives import Claimed, Counts, Hardest, negatives
from kgmed.builders.datasets.negatives.corrupt import REPLACING
from kgmed.builders.datasets.negatives.hardest import CUT, Triple
from kgmed.builders.datasets.preferences import TASKS as PAIRS
from kgmed.builders.datasets.tasks import TASKS
from kgmed.builders.datasets.tasks.context import Context
from kgmed.facade import Graph
from kgmed.facade.judging import Verdicts
from kgmed.kg.errors import OutputError, StoreError, UsageError

WHOLE = ["multiple_choice", "yes_no", "claim_verification"]


@pytest.fixture(scope="module")
def taught(tmp_path_factory: pytest.TempPathFactory) -> Graph:
    found = kgmed.open_graph(str(toy(tmp_path_factory.mktemp("taught") / "graph").root))
    found.learn_train(model="paths", share=0.15)
    return found


def likely(triples: Sequence[Triple]) -> list[float | None]:
    """A made-up model: a number that a triple's ends give in either order, None for one in ten."""
    texts = ["".join((*sorted((s, o)), p)) for s, p, o in triples]
    numbers = [hashlib.sha256(text.encode()).digest()[0] for text in texts]
    return [None if n < 26 else n / 256 for n in numbers]


def claimed(draft: Draft) -> list[Triple]:
    """What the options of a question say that isn't so."""
    asked, *others = draft.key.split(" ")
    fact = draft.facts[0]
    if fact.subject == asked:
        return [(asked, fact.predicate, end) for end in others]
    return [(end, fact.predicate, asked) for end in others]


def contexts(graph: Graph, *hardest: Hardest | None) -> list[Context]:
    from dataclasses import replace

    plain = context_for(graph)
    return [replace(plain, hardest=one) for one in hardest]


def test_options_are_those_that_a_model_finds_plausible_and_not_likely_true(graph: Graph) -> None:
    block = block_of(graph, some=250)
    drawn, chosen = (
        list(TASKS["multiple_choice"].make(block, "en", context))
        for context in contexts(graph, None, Hardest(likely, 0.9))
    )
    assert len(chosen) > 0.8 * len(drawn) > 50
    told = [[p for p in likely(claimed(draft)) if p is not None] for draft in chosen]
    before = [p for draft in drawn for p in likely(claimed(draft)) if p is not None]
    after = [p for own in told for p in own]
    assert max(after) < 0.9
    assert max(before) > 0.9
    assert sum(after) / len(after) > sum(before) / len(before) + 0.1
    assert [sorted(draft.plausible) for draft in chosen] == [sorted(own) for own in told]
    assert not any(draft.plausible for draft in drawn)


def test_what_a_model_chooses_is_still_judged(graph: Graph) -> None:
    block = block_of(graph, some=250)
    (context,) = contexts(graph, Hardest(likely, 0.9))
    made = list(TASKS["multiple_choice"].make(block, "en", context))
    said = Verdicts(graph.store)([Claimed(*t) for draft in made for t in claimed(draft)])
    assert set(said) <= {"REFUTED", "UNSUPPORTED"}


def test_the_order_of_options_tells_nothing_of_their_probability(graph: Graph) -> None:
    block = block_of(graph, some=250)
    (context,) = contexts(graph, Hardest(likely, 0.9))
    made = [d for d in TASKS["multiple_choice"].make(block, "en", context) if len(d.plausible) == 3]
    falling = sum(list(d.plausible) == sorted(d.plausible, reverse=True) for d in made)
    assert 0.05 < falling / len(made) < 0.35  # a sixth by chance


def test_corruptions_are_tried_from_the_most_plausible_on(graph: Graph) -> None:
    counts = Counts()
    found = list(
        negatives(
            graph.store, Verdicts(graph.store), share=0.02, seed=7, hardest=Hardest(likely, 0.9),
            counts=counts,
        )
    )  # fmt: skip
    plain = list(negatives(graph.store, Verdicts(graph.store), share=0.02, seed=7))
    told = {
        kind: [n.probability for n in found if n.kind == kind and n.probability is not None]
        for kind in REPLACING
    }
    drawn = {
        kind: [p for n in plain if n.kind == kind
               for p in likely([(n.claim.subject, n.claim.predicate, n.claim.object)])
               if p is not None]
        for kind in REPLACING
    }  # fmt: skip
    for kind, own in told.items():
        assert max(own) < 0.9
        assert sum(own) / len(own) > sum(drawn[kind]) / len(drawn[kind]) + 0.1, kind
        assert counts.tried[kind, "too plausible"]
    others = [n for n in found if n.kind not in REPLACING]
    assert {n.probability for n in others} == {None}
    assert {n.statement for n in others} == {n.statement for n in plain if n.kind not in REPLACING}


def test_what_is_likely_true_is_left_out_altogether(graph: Graph) -> None:
    certain = Hardest(lambda triples: [0.99] * len(triples))
    found = list(negatives(graph.store, Verdicts(graph.store), share=0.02, hardest=certain))
    assert found
    assert not REPLACING & {n.kind for n in found}
    (context,) = contexts(graph, certain)
    block = block_of(graph, some=100)
    assert not list(TASKS["multiple_choice"].make(block, "en", context))


def test_a_model_that_knows_nothing_leaves_the_order_as_it_is(graph: Graph) -> None:
    nothing = Hardest(lambda triples: [None] * len(triples))
    block = block_of(graph, some=100)
    plain, same = (
        list(TASKS["multiple_choice"].make(block, "en", context))
        for context in contexts(graph, None, nothing)
    )
    assert {d.key for d in plain} <= {d.key for d in same}
    assert [d for d in same if d.plausible] == []
    for task in PAIRS.values():
        assert list(task.make(block, "en", contexts(graph, nothing)[0]))


def files(out: Path) -> dict[str, str]:
    return {
        str(path.relative_to(out)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(out.rglob("*.jsonl"))
        if ".kgmed" not in path.parts
    }


@pytest.fixture(scope="module")
def written(taught: Graph, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("chosen") / "out"
    taught.write_instructions(out, tasks=WHOLE, languages=["en"], processes=1, learned="default")
    return out


def test_the_rows_are_the_same_however_a_run_is_divided(
    taught: Graph, written: Path, tmp_path: Path
) -> None:
    def write(name: str, **how: Any) -> dict[str, str]:
        taught.write_instructions(
            tmp_path / name, tasks=WHOLE, languages=["en"], learned="default", **how
        )
        return files(tmp_path / name)

    assert write("two", processes=2) == files(written)
    for part in (1, 0):
        write("shares", processes=1, partition=(part, 2))
    assert write("shares", processes=1) == files(written)
    shutil.copytree(written, tmp_path / "again")
    note = next((tmp_path / "again" / ".kgmed" / "instructions").glob("part-*.json"))
    note.unlink()
    assert write("again", processes=1) == files(written)


def test_report_and_card_say_which_model_chose_and_how_plausible_its_choices_are(
    taught: Graph, written: Path
) -> None:
    made = taught.write_instructions(
        written, tasks=WHOLE, languages=["en"], processes=1, learned="default"
    )
    told = made.distractors
    assert (told["model"], told["method"], told["cut"]) == ("default", "paths", CUT)
    assert told["snapshot"] == taught.info().snapshot
    assert 0.3 < told["mean_probability"] < CUT
    assert told["statements"] > 100
    figures = taught.learn_info("default").models[0].distractors
    assert figures is not None
    assert told["turned_out_true"]["all it chose"]["value"] == figures.learned.value
    card = (written / "README.md").read_text()
    assert "## Chosen by a trained model: instructions" in card
    assert f"| their mean probability | {told['mean_probability']:.3f} |" in card
    assert "turned out true, below the cut" in card


def test_without_the_option_nothing_is_told_of_a_model(taught: Graph, tmp_path: Path) -> None:
    made = taught.write_preferences(tmp_path / "out", languages=["en"], processes=1)
    assert made.distractors == {}
    assert "trained model" not in (tmp_path / "out" / "README.md").read_text()
    notes = sorted((tmp_path / "out" / ".kgmed" / "preferences").glob("part-*.json"))
    assert all("plausible" not in json.loads(note.read_text()) for note in notes)
    run = json.loads((tmp_path / "out" / ".kgmed" / "preferences" / "run.json").read_text())
    assert run["settings"]["more"] == {}


def test_a_run_goes_on_with_the_same_model_alone(taught: Graph, tmp_path: Path) -> None:
    taught.learn_train(model="paths", share=0.15, name="other", seed=3)
    out = tmp_path / "out"
    taught.write_preferences(out, languages=["en"], processes=1, learned="other", partition=(0, 2))
    with pytest.raises(OutputError, match="made with another setting"):
        taught.write_preferences(out, languages=["en"], processes=1, learned="default")
    with pytest.raises(UsageError, match="found no model 'none', expected one of: default"):
        taught.write_preferences(out, languages=["en"], processes=1, learned="none")


def test_a_model_of_a_source_that_may_not_leave_chooses_nothing_that_leaves(
    tmp_path: Path,
) -> None:
    edges = tmp_path / "edges.tsv"
    rows = [f"x:{s}\tbiolink:treats\tx:{o}" for s, _p, o in lines() if "Disease" in o]
    edges.write_text("\n".join(["subject\tpredicate\tobject", *rows]) + "\n")
    config = tmp_path / "kgmed.toml"
    config.write_text(
        'open = false\n[[source]]\ntype = "kgx"\nedges = ["edges.tsv"]\n'
        'infores = "infores:closed"\nlicence = "UMLS-0"\n'
    )
    kgmed.build(tmp_path / "graph", config=config)
    closed = kgmed.open_graph(str(tmp_path / "graph"))
    closed.learn_train(model="paths", share=0.15)
    with pytest.raises(UsageError, match="was trained on infores:closed, whose licence isn't open"):
        closed.forecast_preferences(learned="default")


def test_a_worker_refuses_a_model_that_was_trained_again(taught: Graph) -> None:
    from dataclasses import replace

    from kgmed.facade.plausible import opens

    model = taught.scorer().learned
    assert opens(model)(taught.store).plausible([]) == []
    with pytest.raises(StoreError, match="was trained again since this run began"):
        opens(replace(model, crc=1))(taught.store)
