"""Concepts that nothing was trained on: held out, known by name, and told apart from others."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from plausible import graph, scores_of_numpy, telling, toy

from kgmed.kg.errors import UnknownConcept, UsageError
from kgmed.kg.store.snapshot import Snapshot
from kgmed.reasoning.plausibility.embedding.settings import Settings
from kgmed.reasoning.plausibility.learn import Wanted, evaluate, learn
from kgmed.reasoning.plausibility.methods.peers import row_of
from kgmed.reasoning.plausibility.methods.unseen import without_some
from kgmed.reasoning.plausibility.scorer import Scorer
from kgmed.reasoning.plausibility.stored import read
from kgmed.reasoning.plausibility.told import Learned
from kgmed.reasoning.plausibility.triples.splits import split
from kgmed.wire import adapter, to_json

WANTED = Wanted(predicates=["treats", "inhibits", "interacts_with"], share=0.15)
SETTINGS = Settings(dimension=16, epochs=12, batch=128, decay=0.02)
NEW = {
    "New1": ("drzustatin", "Drug"), "New2": ("drzupril", "Drug"), "Odd": ("qqq", "Drug"),
    "Cell1": ("drzustatin", "Cell"),
}  # fmt: skip
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:torch.*")


@pytest.mark.parametrize("end", ["subject", "object", "either"])
def test_nothing_is_trained_on_that_an_unseen_concept_has(end: str) -> None:
    triples = toy()
    made = split(triples, "unseen", predicates=["treats"], share=0.2, end=end)  # type: ignore[arg-type]
    parts = [made.train, made.valid, made.test, made.context]
    together = np.concatenate(parts)
    assert len(np.unique(together)) == len(together) == len(triples) - sum(made.leaks.values())
    seen = np.zeros(triples.concepts, bool)
    seen[triples.s[made.train]] = seen[triples.o[made.train]] = True
    (treats,) = triples.codes(["treats"])
    for held in (made.valid, made.test):
        assert (triples.p[held] == treats).all()
        new = ~seen[triples.s[held]], ~seen[triples.o[held]]
        assert (new[end == "object"] if end != "either" else new[0] | new[1]).all()
    at = ~seen[triples.s[made.context]] | ~seen[triples.o[made.context]]
    assert at.all()
    assert len(made.context) == 0 if end == "object" else (triples.p[made.context] != treats).all()
    other = split(triples, "entity", predicates=["treats"], share=0.2, end=end)  # type: ignore[arg-type]
    assert (other.test == made.test).all()
    assert len(other.context) == 0


def test_an_end_that_is_none_is_told() -> None:
    with pytest.raises(UsageError, match="subject, object, either"):
        split(toy(), "unseen", end="middle")  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    return graph(tmp_path_factory.mktemp("graph") / "graph", name_of=telling, alone=NEW)


@pytest.fixture(scope="module")
def learned(snapshot: Snapshot) -> Learned:
    pytest.importorskip("torch_geometric", reason="needs torch_geometric: pip install kgmed[learn]")
    return learn(snapshot, SETTINGS, WANTED)


def test_peers_find_what_is_held_out_of_unseen_concepts(snapshot: Snapshot) -> None:
    pytest.importorskip("torch_geometric", reason="needs torch_geometric: pip install kgmed[learn]")
    methods = ["degree", "dwpc", "complex", "complex+nearest", "complex+names", "complex+peers",
               "complex+peers+paths"]  # fmt: skip
    wanted = replace(WANTED, how="unseen", predicates=["treats"])
    found = evaluate(snapshot, SETTINGS, wanted, methods=methods, seeds=[0])
    assert found.parts[0].unseen == found.parts[0].test
    auc = {name: found.methods[name].figures["auc"].value for name in methods}
    assert auc["complex"] < 0.65
    assert auc["degree"] < 0.65
    assert auc["dwpc"] > 0.6  # by the context: the other statements of the held-out drugs
    assert min(auc["complex+names"], auc["complex+peers"], auc["complex+peers+paths"]) > 0.7
    for wrong in ("complex+paths+names", "complex+names+peers", "complex+guess", "paths+names",
                  "rotate+standins", "complex+standins+names"):  # fmt: skip
        with pytest.raises(UsageError, match=r"complex\+names"):
            evaluate(snapshot, SETTINGS, wanted, methods=[wrong], seeds=[0])


def test_a_model_tells_how_it_does_on_unseen_concepts(snapshot: Snapshot, learned: Learned) -> None:
    told = learned.unseen
    assert told is not None
    assert told.method == "complex+names+standins"
    assert set(told.figures) == {
        "degree", "complex", "complex+nearest", "complex+names", told.method
    }  # fmt: skip
    assert told.parts.unseen == told.parts.test > 0
    assert told.figures[told.method].figures["auc"].value > 0.7
    assert told.split["end"] == "either"
    assert read(snapshot.root, "default") == learned
    assert adapter("kgmed.learned/1").validate_json(to_json(learned)).unseen == told
    work = snapshot.root / "learned" / ".work"
    assert not any(work.iterdir())


def test_a_concept_without_a_statement_is_known_by_its_name(
    snapshot: Snapshot, learned: Learned
) -> None:
    scorer = Scorer.open(snapshot)
    assert scorer.seen("x:Drug1")
    assert not scorer.seen("x:New1")
    own = [one.id for one in scorer.peers("x:New1")]
    assert {int(id.removeprefix("x:Drug")) % 6 for id in own[:5]} == {1}
    assert scorer.peers("x:Drug1") == []
    assert scorer.fits("x:New1", "treats", "x:Disease1")
    assert not scorer.fits("x:New1", "treats", "x:Drug1")
    assert not scorer.fits("x:Disease1", "treats", "x:New1")
    likely, less = scorer.score([
        ("x:New1", "treats", "x:Disease1"), ("x:New1", "treats", "x:Disease2")
    ])  # fmt: skip
    assert likely is not None
    assert less is not None
    assert less < 0.5 < likely
    two, same = scorer.score([
        ("x:New1", "interacts_with", "x:New2"), ("x:New2", "interacts_with", "x:New1")
    ])  # fmt: skip
    assert two == pytest.approx(same)
    best = scorer.rank("x:New1", "treats", limit=1000)
    assert {int(one.id.removeprefix("x:Disease")) % 6 for one in best[:4]} == {1}
    told = scorer.score([("x:New1", "treats", one.id) for one in best])
    assert [one.probability for one in best] == pytest.approx(told)


def test_what_is_asked_meanwhile_is_told_the_same(
    snapshot: Snapshot, learned: Learned, monkeypatch: pytest.MonkeyPatch
) -> None:
    scorer = Scorer.open(snapshot)
    asked = [("x:New1", "treats", "x:Disease1")]
    (expected,) = Scorer.open(snapshot).score(asked)
    told: list[list[float | None]] = []

    def interrupted(*given: Any) -> Any:
        if not told:
            told.append([])
            told[0] = scorer.score(asked)  # as another thread of a server may, while this one looks
        return row_of(*given)

    monkeypatch.setattr("kgmed.reasoning.plausibility.methods.newcomers.row_of", interrupted)
    assert scorer.score(asked) == [expected]
    assert told == [[expected]]


def test_a_concept_like_none_stays_unknown(snapshot: Snapshot, learned: Learned) -> None:
    scorer = Scorer.open(snapshot)
    for id in ("x:Odd", "x:Cell1", "x:nobody"):
        assert scorer.score([(id, "treats", "x:Disease1")]) == [None]
        assert scorer.peers(id) == []
        with pytest.raises(UnknownConcept):
            scorer.rank(id, "treats")


def test_seen_concepts_have_the_same_probabilities_with_and_without_names(
    snapshot: Snapshot, learned: Learned
) -> None:
    without = learn(snapshot, SETTINGS, WANTED, name="plain", unseen=False)
    assert without.unseen is None
    asked = [(f"x:Drug{a}", "treats", f"x:Disease{b}") for a in range(9) for b in range(9)]
    plain, named = Scorer.open(snapshot, "plain"), Scorer.open(snapshot)
    assert all(named.seen(s) and named.seen(o) for s, _p, o in asked)
    assert plain.score(asked) == named.score(asked)
    assert plain.score([("x:New1", "treats", "x:Disease1")]) == [None]
    assert plain.peers("x:New1") == []


def test_names_are_used_without_torch_or_duckdb_and_tell_the_same(
    snapshot: Snapshot, learned: Learned
) -> None:
    asked = [("x:New1", "treats", "x:Disease1"), ("x:New2", "interacts_with", "x:Drug1")]
    assert scores_of_numpy(snapshot, asked) == Scorer.open(snapshot).score(asked)


def test_where_no_concept_can_be_held_out_the_model_knows_none_by_name() -> None:
    triples, told = toy(), list[str]()
    found = without_some(
        lambda: split(triples, "unseen", predicates=["cures"]), triples, SETTINGS, "complex", [],
        tell=told.append,
    )  # fmt: skip
    assert found == (None, None)
    assert "stay unknown" in told[0]
    assert "'cures'" in told[0]
