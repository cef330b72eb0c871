"""Models beside a graph: trained, kept, read by another process, refused by another snapshot."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
from plausible import graph, scores_of_numpy, sources
from support import concept, source, tables_of

from kgmed.builders.overlay import make_overlay
from kgmed.builders.pipeline import build
from kgmed.facade import Graph, open_graph
from kgmed.kg.errors import CorruptSnapshot, StoreError, UnknownConcept, UsageError
from kgmed.kg.store.snapshot import Snapshot, open_snapshot
from kgmed.reasoning.plausibility.embedding.settings import Settings
from kgmed.reasoning.plausibility.learn import Wanted, evaluate, learn, settings_of
from kgmed.reasoning.plausibility.methods.compare import verdict
from kgmed.reasoning.plausibility.scorer import Scorer
from kgmed.reasoning.plausibility.stored import Ids, ids_as_arrays, names_of, read
from kgmed.reasoning.plausibility.told import Figure, Learned, MethodFigures
from kgmed.reasoning.plausibility.triples.data import read_triples
from kgmed.wire import adapter, to_json

ASKED = [
    ("x:Drug1", "treats", "x:Disease1"), ("x:Drug1", "treats", "x:Disease2"),
    ("x:Drug7", "interacts_with", "x:Drug3"), ("x:Drug7", "cures", "x:Drug3"),
    ("x:nobody", "treats", "x:Disease2"), ("x:Drug1", "interacts_with", "x:Drug1"),
]  # fmt: skip
WANTED = Wanted(predicates=["treats", "inhibits", "interacts_with"], share=0.15)


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    return graph(tmp_path_factory.mktemp("graph") / "graph")


@pytest.fixture(scope="module")
def learned(snapshot: Snapshot) -> Learned:
    return learn(snapshot, Settings(), WANTED, model="paths")


def test_a_model_tells_what_it_is_and_how_it_measured(snapshot: Snapshot, learned: Learned) -> None:
    assert (learned.model, learned.method) == ("", "paths")
    assert learned.snapshot == snapshot.manifest["snapshot"]
    assert set(learned.figures) == {"degree", "dwpc", "paths"}
    assert learned.figures["paths"].figures["auc"].value > 0.7
    assert learned.figures["paths"].ece < 0.1
    assert learned.predicates["interacts_with"].symmetric
    assert learned.predicates["treats"].object == ("Disease",)
    assert learned.parts.train == sum(one.triples for one in learned.predicates.values())
    assert read(snapshot.root, "default") == learned
    assert adapter("kgmed.learned/1").validate_json(to_json(learned)).name == "default"


def test_probabilities_rank_what_is_likely_before_what_is_not(
    snapshot: Snapshot, learned: Learned
) -> None:
    scorer = Scorer.open(snapshot)
    told = scorer.score(ASKED)
    assert told[3:] == [None, None, None]
    assert told[0] is not None
    assert told[1] is not None
    assert 0 < told[1] < told[0] < 1


def test_the_probabilities_are_the_same_in_a_new_process_that_has_numpy_alone(
    snapshot: Snapshot, learned: Learned
) -> None:
    assert scores_of_numpy(snapshot, ASKED) == Scorer.open(snapshot).score(ASKED)


def test_concepts_are_ranked_by_their_scores(snapshot: Snapshot, learned: Learned) -> None:
    scorer = Scorer.open(snapshot)
    for end, one_end, many in (("object", "x:Drug4", "Disease"), ("subject", "x:Disease4", "Drug")):
        found = scorer.rank(one_end, "treats", end, limit=1000)  # type: ignore[arg-type]
        assert {one.id.rstrip("0123456789") for one in found} == {f"x:{many}"}
        triples = [
            (one_end, "treats", one.id) if end == "object" else (one.id, "treats", one_end)
            for one in found
        ]
        assert [one.probability for one in found] == pytest.approx(scorer.score(triples))
        assert [one.probability for one in found] == sorted(
            (one.probability for one in found), reverse=True
        )
    first = scorer.rank("x:Drug4", "treats", limit=2)
    (other,) = scorer.rank("x:Drug4", "treats", limit=1, leave_out={first[0].id})
    assert other == first[1]
    assert "x:Drug4" not in {one.id for one in scorer.rank("x:Drug4", "interacts_with", limit=99)}
    with pytest.raises(UsageError, match="in_drug_class"):
        scorer.rank("x:Drug4", "cures")
    with pytest.raises(UnknownConcept, match="nobody"):
        scorer.rank("x:nobody", "treats")


def test_a_model_of_another_snapshot_is_refused_by_both_hashes(
    snapshot: Snapshot, learned: Learned, tmp_path: Path
) -> None:
    other = graph(tmp_path / "other", seed=1)
    (snapshot.root / "learned").rename(tmp_path / "moved")
    try:
        (tmp_path / "moved").rename(other.root / "learned")
        with pytest.raises(StoreError) as told:
            Scorer.open(other)
        for part in (snapshot, other):
            assert part.manifest["snapshot"][:16] in str(told.value)
        assert "kgmed learn train --name default" in str(told.value)
        with open_graph(other.root) as chosen:
            found = chosen.learn_info()
            assert [one.name for one in found.models] == ["default"]
            assert learned.snapshot[:16] in found.unusable["default"]
    finally:
        (other.root / "learned").rename(snapshot.root / "learned")


def test_what_is_broken_or_missing_is_told(snapshot: Snapshot, learned: Learned) -> None:
    folder = snapshot.root / "learned" / "default"
    numbers = folder / learned.weights
    whole = numbers.read_bytes()
    try:
        numbers.write_bytes(whole[:-8] + b"\0\1\2\3\4\5\6\7")
        with pytest.raises(CorruptSnapshot, match="CRC-32"):
            Scorer.open(snapshot)
        numbers.unlink()
        with pytest.raises(CorruptSnapshot, match="No such file"):
            Scorer.open(snapshot)
    finally:
        numbers.write_bytes(whole)
    text = (folder / "model.json").read_text(encoding="utf-8")
    for bad in ("{", "{}", text.replace("kgmed.learned/1", "kgmed.learned/9")):
        (folder / "model.json").write_text(bad, encoding="utf-8")
        with pytest.raises(CorruptSnapshot, match=r"model\.json"):
            Scorer.open(snapshot)
    (folder / "model.json").write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match="expected one of: default"):
        Scorer.open(snapshot, "other")
    for name in ("", "../x", ".x", "a b"):
        with pytest.raises(UsageError, match="name of a model"):
            Scorer.open(snapshot, name)


def test_a_model_takes_the_place_of_one_of_its_name_and_leaves_others(
    snapshot: Snapshot, learned: Learned
) -> None:
    second = learn(snapshot, Settings(seed=5), WANTED, model="paths", name="second")
    again = learn(snapshot, Settings(seed=6), WANTED, model="paths", name="second")
    assert names_of(snapshot.root) == ["default", "second"]
    folder = snapshot.root / "learned" / "second"
    assert {entry.name for entry in folder.iterdir()} == {"model.json", again.weights}
    assert read(snapshot.root, "second").split["seed"] == 6
    assert second.figures != again.figures
    with open_graph(snapshot.root) as chosen:
        assert chosen.check() == []  # the graph's own files are as they were


def test_ids_are_found_by_bisection() -> None:
    names = tuple(sorted(["x:b", "x:a", "x:阿司匹林", "x:", "x:aa", "é"], key=str.encode))
    ids = Ids(ids_as_arrays(names))
    assert [ids.number(name) for name in names] == list(range(len(names)))
    assert [ids.number(name) for name in ("", "x:ab", "y", "z" * 99)] == [-1] * 4
    assert tuple(ids[n] for n in range(len(ids))) == names
    with pytest.raises(IndexError):
        ids[-1]


def test_methods_are_compared_over_seeds(snapshot: Snapshot) -> None:
    told: list[str] = []
    found = evaluate(
        snapshot, Settings(), WANTED, methods=["degree", "dwpc", "paths"], seeds=[0, 1],
        tell=told.append,
    )  # fmt: skip
    assert found.seeds == (0, 1)
    assert len(found.parts) == 2
    assert found.best == max(
        found.methods, key=lambda name: found.methods[name].figures["auc"].value
    )
    for one in found.methods.values():
        assert set(one.by_predicate) == {"treats", "inhibits", "interacts_with"}
        assert sum(one.held_out.values()) == sum(part.test for part in found.parts)
        assert sum(b.weight for b in one.reliability) > 0
    assert any("seed 1: dwpc" in line for line in told)
    assert "paths" in found.verdict
    assert adapter("kgmed.learn-evaluation/1").validate_json(to_json(found)).best == found.best
    again = evaluate(snapshot, Settings(), WANTED, methods=["degree", "dwpc", "paths"],
                     seeds=[0, 1])  # fmt: skip
    assert again.methods == found.methods


def test_a_predicate_stands_for_those_below_it(snapshot: Snapshot) -> None:
    wanted = Wanted(predicates=["has_target"], share=0.2)
    found = evaluate(snapshot, Settings(), wanted, methods=["degree"], seeds=[0])
    assert set(found.methods["degree"].by_predicate) == {"inhibits"}
    causes = replace(wanted, predicates=["causes"])
    with pytest.raises(UsageError, match="expected one that joins two concepts"):
        evaluate(snapshot, Settings(), causes, methods=["degree"], seeds=[0])


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"methods": ["guess"]}, "complex\\+paths"),
        ({"seeds": []}, "at least one"),
    ],
)
def test_what_cannot_be_compared_is_told(
    snapshot: Snapshot, more: dict[str, list[str]], told: str
) -> None:
    with pytest.raises(UsageError, match=told):
        evaluate(snapshot, Settings(), WANTED, **more)  # type: ignore[arg-type]


def test_settings_and_models_by_unknown_names_are_told(snapshot: Snapshot) -> None:
    with pytest.raises(UsageError, match="dimension, epochs"):
        settings_of({"size": 3})
    assert settings_of({"dimension": 8, "epochs": None}) == Settings(dimension=8)
    with pytest.raises(UsageError, match="paths, distmult"):
        learn(snapshot, Settings(), WANTED, model="guess")


def figure(value: float) -> MethodFigures:
    return MethodFigures({"auc": Figure(value, 0, 1)}, {}, {}, 0, ())


@pytest.mark.parametrize(
    ("ahead", "told"),
    [
        (Figure(0.1, 0.05, 0.15), "better than dwpc (AUC 0.900; 0.500 by degree, 0.800 by dwpc; "
                                  "+0.100, 95% interval +0.050 to +0.150)"),
        (Figure(0.1, -0.01, 0.21), "is not surely better than dwpc"),
        (Figure(-0.1, -0.2, 0.0), "does not tell held-out statements from hard negatives better"),
    ],
)  # fmt: skip
def test_the_verdict_says_whether_the_simple_scores_are_beaten(ahead: Figure, told: str) -> None:
    table = {"degree": figure(0.5), "dwpc": figure(0.8), "complex+paths": figure(0.9)}
    said = verdict(table, {"complex+paths": ahead}, "complex+paths")
    assert told in said
    assert said.endswith("dwpc is the better choice here.") == (ahead.value < 0)
    assert "AUC 0.500" in verdict({"degree": figure(0.5)}, {}, "degree")


def test_a_trained_model_is_used_without_torch(snapshot: Snapshot) -> None:
    pytest.importorskip("torch_geometric", reason="needs torch_geometric: pip install kgmed[learn]")
    settings = Settings(dimension=16, epochs=20, batch=128, decay=0.02)
    found = learn(snapshot, settings, WANTED, model="complex", name="embedded")
    assert found.method == "complex+standins+paths"
    assert set(found.figures) == {"degree", "dwpc", "complex", "complex+standins+paths"}
    assert found.epoch > 0
    assert found.figures[found.method].figures["auc"].value > 0.75
    assert asdict(settings).items() <= found.settings.items()
    told = Scorer.open(snapshot, "embedded").score(ASKED)
    assert told[0] is not None
    assert told[1] is not None
    assert told[1] < told[0]
    assert not (snapshot.root / "learned" / ".work").exists() or not any(
        (snapshot.root / "learned" / ".work").iterdir()
    )


@pytest.fixture(scope="module")
def opened(snapshot: Snapshot, learned: Learned) -> Graph:
    return open_graph(snapshot.root)


def test_the_facade_takes_names_and_changes_no_verdict(opened: Graph) -> None:
    by_id = opened.plausibility([("x:Drug1", "treats", "x:Disease2")])
    assert by_id == opened.plausibility([("Drug1", "treats", "Disease2")])
    text = "Drug1 treats Disease2."
    before = opened.verify(text).claims
    assert opened.plausibility([("Drug1", "treats", "Disease2")]) == by_id
    after = opened.verify(text).claims
    assert [one.verdict for one in before] == [one.verdict for one in after]
    with pytest.raises(UnknownConcept):
        opened.plausibility([("nobody at all", "treats", "Disease2")])


def test_a_concept_that_an_overlay_adds_has_its_place_among_the_ids(tmp_path: Path) -> None:
    base = graph(tmp_path / "g")
    drug = concept("x:Drag9", "Drag9", "Drug")
    told = {"subject": "x:Drag9", "predicate": "treats", "object": "x:Disease3"}
    more = source("infores:more", statements=[told], **tables_of([drug]))
    make_overlay(base.root, errata=[], sources=[more])
    before, after = read_triples(base), read_triples(open_snapshot(base.root))
    assert set(after.ids) - set(before.ids) == {"x:Drag9"}
    assert list(after.ids) == sorted(after.ids, key=str.encode)
    assert (np.diff(after.keys) > 0).all()
    old = {before.names_at(t) for t in range(len(before))}
    said = {after.names_at(t) for t in range(len(after))}
    assert said - old == {("x:Drag9", "treats", "x:Disease3")}
    assert old < said


def test_a_model_names_the_sources_that_it_was_trained_on_alone(tmp_path: Path) -> None:
    more = {"subject": "x:Drug1", "predicate": "treats", "object": "x:Disease20"}
    things = tables_of([concept("x:Drug1", "Drug1", "Drug"),
                        concept("x:Disease20", "Disease20", "Disease")])  # fmt: skip
    build([source("infores:other", statements=[more], **things), *sources()], tmp_path / "graph")
    snapshot = open_snapshot(tmp_path / "graph")
    every = learn(snapshot, Settings(), WANTED, model="paths")
    some = learn(snapshot, Settings(), replace(WANTED, without=("infores:other",)), model="paths")
    assert every.sources == ("infores:other", "infores:test")
    assert some.sources == ("infores:test",)
