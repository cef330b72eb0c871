"""Triples of a graph, and what is held out of them without giving itself away."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from claim_graphs import sources

from kgmed.builders.pipeline import build
from kgmed.kg.errors import UsageError
from kgmed.kg.store.snapshot import open_snapshot
from kgmed.reasoning.plausibility.triples.data import Triples, read_triples
from kgmed.reasoning.plausibility.triples.splits import HOW, pair_keys, split

DRUGS = ["warfarin", "amiodarone", "aspirin", "ibuprofen", "imatinib", "salbutamol", "metformin"]
LINES = [
    *(f"{a} interacts_with {b}" for n, a in enumerate(DRUGS) for b in DRUGS[n + 1 :]),
    "b: amiodarone interacts_with warfarin",  # the same triple: symmetric, and another source
    "c: imatinib inhibits ABL1",
    "c: imatinib antagonist_of ABL1",
    "imatinib inhibits CYP2D6",
    "salbutamol agonist_of ADRB2",
    "metformin treats diabetes",
    "not aspirin treats gout",
    "c: ibuprofen treats gout",
    "aspirin in_drug_class nsaid",
    "ibuprofen in_drug_class nsaid",
]


@pytest.fixture(scope="module")
def triples(tmp_path_factory: pytest.TempPathFactory) -> Triples:
    root = tmp_path_factory.mktemp("graph") / "graph"
    build(sources(LINES), root)
    return read_triples(open_snapshot(root))


def said(triples: Triples, part: np.ndarray) -> set[str]:
    return {" ".join(triples.names_at(t)).replace("x:", "") for t in part.tolist()}


def test_every_positive_statement_is_in_one_triple(triples: Triples) -> None:
    assert len(triples) == 21 + 8
    assert triples.left_out["same triple as another statement"] == 1
    assert triples.first[-1] == len(triples.rows) == 30
    assert "x:gout" in triples.ids
    assert ("x:aspirin", "treats", "x:gout") not in [triples.names_at(t) for t in range(29)]
    symmetric = triples.symmetric[triples.p]
    assert symmetric.sum() == 21
    assert (triples.s < triples.o)[symmetric].all()
    assert (np.diff(triples.keys) > 0).all()


def test_what_is_known_is_so_in_both_directions_of_a_symmetric_predicate(triples: Triples) -> None:
    a, b, c = triples.numbers(["x:amiodarone", "x:warfarin", "x:nsaid"])
    p, q = triples.codes(["interacts_with", "in_drug_class"])
    assert triples.known(np.array([a, b, a]), np.array([p]), np.array([b, a, c])).tolist() == [
        True, True, False,
    ]  # fmt: skip
    drug = triples.numbers(["x:aspirin"])[0]
    assert triples.known(np.array([drug, c]), np.array([q]), np.array([c, drug])).tolist() == [
        True, False,
    ]  # fmt: skip
    assert triples.numbers(["x:nobody"]).tolist() == [-1]


def test_a_triple_is_of_the_sources_that_say_it(triples: Triples) -> None:
    a, b = sorted(triples.numbers(["x:amiodarone", "x:warfarin"]).tolist())
    t = int(np.flatnonzero((triples.s == a) & (triples.o == b))[0])
    own = triples.origin[triples.first[t] : triples.first[t + 1]]
    assert {triples.origins[n][0] for n in own} == {"infores:a", "infores:b"}


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("how", ["random", "entity"])
def test_no_part_holds_a_pair_of_another(triples: Triples, how: str, seed: int) -> None:
    made = split(triples, how, predicates=["interacts_with"], share=0.3, seed=seed)  # type: ignore[arg-type]
    keys = pair_keys(triples)
    parts = [set(keys[part].tolist()) for part in (made.train, made.valid, made.test)]
    assert all(parts)
    assert sum(map(len, parts)) == len(set.union(*parts))
    assert sum(map(len, (made.train, made.valid, made.test))) == len(triples)
    assert not made.leaks


def test_a_held_out_concept_has_no_such_triple_left(triples: Triples) -> None:
    made = split(triples, "entity", predicates=["interacts_with"], share=0.25, seed=1)
    ends = {
        name: set(triples.s[part].tolist() + triples.o[part].tolist())
        for name, part in (("test", made.test), ("train", made.train[triples.p[made.train]
                           == triples.codes(["interacts_with"])[0]]))
    }  # fmt: skip
    held = ends["test"] - ends["train"]
    assert held
    for t in made.test.tolist():
        assert {int(triples.s[t]), int(triples.o[t])} & held


def test_what_a_source_alone_says_is_held_out_and_its_twin_leaves_the_training(
    tmp_path: Path,
) -> None:
    lines = [*LINES, "imatinib releases ABL1", "gout treats ibuprofen"]
    build(sources(lines), tmp_path / "graph")
    triples = read_triples(open_snapshot(tmp_path / "graph"))
    made = split(triples, "source", source="infores:c", seed=3)
    held = said(triples, np.concatenate([made.valid, made.test]))
    assert held == {
        "imatinib inhibits ABL1", "imatinib antagonist_of ABL1", "ibuprofen treats gout"
    }  # fmt: skip
    assert made.leaks == {
        "a predicate of the same family": 1, "the same predicate turned round": 1
    }  # fmt: skip
    train = said(triples, made.train)
    assert "imatinib inhibits CYP2D6" in train
    assert not {"imatinib releases ABL1", "gout treats ibuprofen"} & train


def test_the_reason_of_a_leak_is_told(tmp_path: Path) -> None:
    lines = ["c: imatinib inhibits ABL1", "imatinib has_target ABL1", "c: aspirin has_target ABL1",
             "aspirin inhibits ABL1", "warfarin inhibits ABL1"]  # fmt: skip
    build(sources(lines), tmp_path / "graph")
    triples = read_triples(open_snapshot(tmp_path / "graph"))
    made = split(triples, "source", source="infores:c")
    assert made.leaks == {"a predicate that implies it": 1, "a predicate that it implies": 1}


def test_the_same_seed_gives_the_same_split(triples: Triples) -> None:
    one, two, other = (split(triples, share=0.2, seed=seed) for seed in (4, 4, 5))
    assert one.test.tolist() == two.test.tolist() != other.test.tolist()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"how": "source", "source": "infores:z"}, "infores:a, infores:b, infores:c"),
        ({"how": "release"}, "that of the first release"),
        ({"how": "release", "since": "9999"}, "0 in valid"),
        ({"how": "half"}, ", ".join(HOW)),
        ({"predicates": ["cures"]}, "interacts_with"),
        ({"share": 0.5}, "less than 0.5"),
    ],
)
def test_what_cannot_be_held_out_is_told(
    triples: Triples, arguments: dict[str, str], told: str
) -> None:
    with pytest.raises(UsageError, match=told):
        split(triples, **arguments)  # type: ignore[arg-type]


def test_an_unknown_source_or_predicate_is_told(tmp_path: Path) -> None:
    build(sources(LINES), tmp_path / "graph")
    snapshot = open_snapshot(tmp_path / "graph")
    with pytest.raises(UsageError, match="infores:c"):
        read_triples(snapshot, sources=["infores:z"])
    with pytest.raises(UsageError, match="in_drug_class"):
        read_triples(snapshot, predicates=["cures"])
    left = read_triples(snapshot, without=["infores:c"])
    assert "antagonist_of" not in left.predicates
    assert len(read_triples(snapshot, predicates=["treats"])) == 2
