"""Concepts where they never stand: whose numbers stand in for theirs, and what that is worth."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from plausible import graph, scores_of_numpy, telling, toy

from kgmed.kg.store.snapshot import Snapshot
from kgmed.reasoning.plausibility.embedding.score import NODES, NODES_IM, RELATIONS, Embedded
from kgmed.reasoning.plausibility.embedding.score import RELATIONS_IM as RELATIONS_TURNED
from kgmed.reasoning.plausibility.embedding.settings import Settings
from kgmed.reasoning.plausibility.learn import Wanted, evaluate, learn
from kgmed.reasoning.plausibility.methods.alike import grams
from kgmed.reasoning.plausibility.methods.standing import Standing
from kgmed.reasoning.plausibility.methods.standins import STRETCH, StandIns
from kgmed.reasoning.plausibility.scorer import Scorer
from kgmed.reasoning.plausibility.told import Learned
from kgmed.reasoning.plausibility.triples.data import Longs, Triples
from kgmed.reasoning.plausibility.triples.negatives import ENDS
from kgmed.reasoning.plausibility.triples.splits import split

SETTINGS = Settings(dimension=16, epochs=12, batch=128, decay=0.02)
WANTED = Wanted("entity", predicates=["interacts_with"], share=0.15)


@pytest.fixture(scope="module")
def triples() -> Triples:
    return toy()


@pytest.fixture(scope="module")
def part(triples: Triples) -> Longs:
    """A training without the interactions of some drugs, and without what others treat."""
    interactions = split(triples, "entity", predicates=["interacts_with"], share=0.2).train
    treated = split(triples, "entity", predicates=["treats"], share=0.2, seed=1).train
    return np.intersect1d(interactions, treated)


@pytest.fixture(scope="module")
def model(triples: Triples) -> Embedded:
    rng = np.random.default_rng(0)
    weights = {
        name: rng.normal(size=(size, 8)).astype(np.float32)
        for name, size in (
            (NODES, triples.concepts), (NODES_IM, triples.concepts),
            (RELATIONS, len(triples.predicates)), (RELATIONS_TURNED, len(triples.predicates)),
        )
    }  # fmt: skip
    return Embedded("complex", weights, triples.symmetric)


@pytest.fixture(scope="module")
def standins(triples: Triples, part: Longs, model: Embedded) -> StandIns:
    return StandIns.of(model, triples, part, [grams([telling(id)]) for id in triples.ids])


def stand(triples: Triples, part: Longs, p: int, end: str) -> set[int]:
    """Who stands at an end of a predicate; in the toy, each is a family by itself."""
    own = part[triples.p[part] == p]
    ends = {"subject": set(triples.s[own].tolist()), "object": set(triples.o[own].tolist())}
    return ends["subject"] | ends["object"] if triples.symmetric[p] else ends[end]


def test_who_stands_where(triples: Triples, part: Longs) -> None:
    standing = Standing.of(triples, part)
    for p in range(len(triples.predicates)):
        for end in ENDS:
            expected = stand(triples, part, p, end)
            assert set(np.flatnonzero(standing.at(p, end)).tolist()) == expected
    assert len(stand(triples, part, triples.codes(["treats"])[0], "subject")) < 60


def test_predicates_of_a_family_stand_together(triples: Triples, part: Longs) -> None:
    treats, inhibits = triples.codes(["treats", "inhibits"])
    families = triples.families.copy()
    families[treats] = families[inhibits]
    together = Standing.of(replace(triples, families=families), part)
    expected = stand(triples, part, treats, "object") | stand(triples, part, inhibits, "object")
    for p in (treats, inhibits):
        assert set(np.flatnonzero(together.at(p, "object")).tolist()) == expected


def test_who_stands_has_its_own_score(
    triples: Triples, part: Longs, model: Embedded, standins: StandIns
) -> None:
    s, p, o = triples.s[part], triples.p[part], triples.o[part]
    assert standins.score(s, p, o) == pytest.approx(model.score(s, p, o), abs=1e-5)


def test_who_doesnt_has_the_numbers_of_those_alike_that_do(
    triples: Triples, part: Longs, model: Embedded, standins: StandIns
) -> None:
    (treats,) = triples.codes(["treats"])
    drug = triples.categories.index("Drug")
    those = stand(triples, part, treats, "subject")
    lacking = [n for n in np.flatnonzero(triples.types == drug).tolist() if n not in those]
    assert lacking
    (one, *_rest) = lacking
    own, how = standins.peers(one, treats, "subject")
    assert set(own.tolist()) <= those
    assert len(own) == 10
    assert how.tolist() == sorted(how.tolist(), reverse=True)
    weights = dict(model.weights)
    for name in (NODES, NODES_IM):
        table = weights[name].copy()
        mean = table[sorted(those)].mean(0)
        table[one] = mean + STRETCH * (np.average(table[own], 0, how**3) - mean)
        weights[name] = table
    diseases = np.array(sorted(stand(triples, part, treats, "object")), np.int32)
    of, code = np.full(len(diseases), one, np.int32), np.full(len(diseases), treats, np.int32)
    expected = Embedded("complex", weights, triples.symmetric).score(of, code, diseases)
    assert standins.score(of, code, diseases) == pytest.approx(expected, abs=1e-4)
    assert standins.score(of, code, diseases) != pytest.approx(model.score(of, code, diseases))
    assert standins.stands(int(own[0]), treats, "subject")
    assert not standins.stands(one, treats, "subject")


def test_ranking_and_scoring_agree_for_every_predicate_and_end(
    triples: Triples, standins: StandIns
) -> None:
    anchors = np.arange(0, triples.concepts, 9, dtype=np.int32)
    others = np.arange(triples.concepts, dtype=np.int32)
    for p in range(len(triples.predicates)):
        for end in ENDS:
            table = standins.against(anchors, p, end, others)
            a, b = np.repeat(anchors, len(others)), np.tile(others, len(anchors))
            s, o = (a, b) if end == "object" else (b, a)
            given = np.full(len(s), p, np.int32)
            assert standins.score(s, given, o) == pytest.approx(table.ravel(), abs=1e-4)


def test_they_come_back_from_their_arrays(
    triples: Triples, part: Longs, model: Embedded, standins: StandIns
) -> None:
    arrays = {**standins.arrays, "types": triples.types}
    again = StandIns.of_arrays(model, arrays, len(triples.categories))
    rng = np.random.default_rng(0)
    s, o = rng.integers(0, triples.concepts, (2, 500)).astype(np.int32)
    p = rng.integers(0, len(triples.predicates), 500).astype(np.int32)
    assert (again.score(s, p, o) == standins.score(s, p, o)).all()


# A model that was trained ------------------------------------------------------------------------


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    pytest.importorskip("torch_geometric", reason="needs torch_geometric: pip install kgmed[learn]")
    return graph(tmp_path_factory.mktemp("graph") / "graph", name_of=telling)


@pytest.mark.filterwarnings("ignore::DeprecationWarning:torch.*")
def test_drugs_without_an_interaction_are_known_better(snapshot: Snapshot) -> None:
    methods = ["degree", "complex", "complex+standins", "complex+standins+paths"]
    found = evaluate(snapshot, SETTINGS, WANTED, methods=methods, seeds=[0, 1])
    own, with_others = (found.methods[name].figures for name in methods[1:3])
    assert with_others["auc"].value > own["auc"].value + 0.05
    assert with_others["mrr"].value > own["mrr"].value


@pytest.fixture(scope="module")
def learned(snapshot: Snapshot) -> Learned:
    return learn(snapshot, SETTINGS, WANTED, unseen=False)


@pytest.mark.filterwarnings("ignore::DeprecationWarning:torch.*")
def test_a_model_in_use_ranks_as_it_scores(snapshot: Snapshot, learned: Learned) -> None:
    assert learned.method == "complex+standins+paths"
    scorer = Scorer.open(snapshot)
    for concept, predicate, end in (
        ("x:Drug5", "interacts_with", "object"), ("x:Disease5", "treats", "subject"),
    ):  # fmt: skip
        best = scorer.rank(concept, predicate, end, limit=1000)  # type: ignore[arg-type]
        told = scorer.score([
            (concept, predicate, one.id) if end == "object" else (one.id, predicate, concept)
            for one in best
        ])  # fmt: skip
        assert [one.probability for one in best] == pytest.approx(told, abs=1e-4)


@pytest.mark.filterwarnings("ignore::DeprecationWarning:torch.*")
def test_a_model_in_use_tells_whose_numbers_stand_in(snapshot: Snapshot, learned: Learned) -> None:
    scorer = Scorer.open(snapshot)
    drugs = [f"x:Drug{n}" for n in range(60)]
    found = {id: scorer.stand_ins(id, "interacts_with", "object") for id in drugs}
    lacking = [id for id in drugs if found[id]]
    assert 0 < len(lacking) < 30
    for id in lacking:
        own, how = zip(*((one.id, one.alike) for one in found[id]), strict=True)
        assert set(own) <= set(drugs) - set(lacking)
        assert len(own) == 10
        assert list(how) == sorted(how, reverse=True)
        assert 0 < how[-1] <= how[0] <= 1
    assert not any(scorer.stand_ins(id, "treats") for id in drugs)
    for id, predicate in (("x:Drug5", "cures"), ("x:nobody", "treats"), ("x:Disease5", "treats")):
        assert scorer.stand_ins(id, predicate) == []


@pytest.mark.filterwarnings("ignore::DeprecationWarning:torch.*")
def test_a_process_without_torch_tells_the_same(snapshot: Snapshot, learned: Learned) -> None:
    asked = [(f"x:Drug{n}", "interacts_with", f"x:Drug{n + 7}") for n in range(20)]
    assert scores_of_numpy(snapshot, asked) == Scorer.open(snapshot).score(asked)
