"""Hard negatives: one change of a true statement, and never supported."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from itertools import islice

import pyarrow as pa
import pytest

from kgmed.builders.datasets.negatives import KINDS, Claimed, Counts, Negative, negatives
from kgmed.facade import Graph
from kgmed.kg.errors import UsageError
from kgmed.kg.predicates import registry
from kgmed.reasoning.claims.batch import TableVerifier
from kgmed.reasoning.claims.model import Claim
from kgmed.reasoning.claims.verify import Verifier


class Judge:
    """A table's verifier as negatives ask for it."""

    def __init__(self, graph: Graph) -> None:
        self._tables = TableVerifier(graph.store, registry())

    def __call__(self, claims: Sequence[Claimed]) -> list[str]:
        rows = {
            name: [getattr(c, name) for c in claims] for name in ("subject", "predicate", "object")
        }
        rows["qualifiers"] = [json.dumps(dict(c.qualifiers)) for c in claims]
        found: list[str] = self._tables.verify(pa.table(rows), proof=False)["verdict"].to_pylist()
        return found


@pytest.fixture(scope="module")
def judge(graph: Graph) -> Judge:
    return Judge(graph)


@pytest.fixture(scope="module")
def made(graph: Graph, judge: Judge) -> list[Negative]:
    return list(negatives(graph.store, judge, share=0.02, seed=7))


def test_every_kind_is_made(made: list[Negative]) -> None:
    assert set(Counter(n.kind for n in made)) == set(KINDS)
    assert all(n.verdict != "SUPPORTED" for n in made)


def test_single_claims_get_the_verdict_that_a_negative_has(
    graph: Graph, made: list[Negative]
) -> None:
    claims = [
        Claim(n.claim.subject, n.claim.predicate, n.claim.object, qualifiers=n.claim.qualifiers)
        for n in made
    ]
    found = Verifier(graph.store, registry()).claims(claims)
    assert [c.verdict for c in found] == [n.verdict for n in made]


def test_a_negative_changes_its_statement_in_one_place(graph: Graph, made: list[Negative]) -> None:
    true = graph.store.statements([n.statement for n in made])
    for negative, statement in zip(made, true, strict=True):
        assert statement is not None
        claim = negative.claim
        ours = (claim.subject, claim.predicate, claim.object, dict(claim.qualifiers))
        its = (statement.subject, statement.predicate, statement.object, dict(statement.qualifiers))
        if negative.kind == "swapped":
            assert ours == (its[2], its[1], its[0], its[3])
        else:
            place = {"class_mate": 0, "excluded_predicate": 1, "qualifier": 3}.get(negative.kind, 2)
            assert [i for i in range(4) if ours[i] != its[i]] == [place]


def test_another_object_is_of_the_same_category(graph: Graph, made: list[Negative]) -> None:
    pairs = [
        (n.claim.object, s.object)
        for n, s in zip(made, graph.store.statements([n.statement for n in made]), strict=True)
        if n.kind == "object" and s is not None
    ]
    columns = [graph.store.concepts(list(ids)) for ids in zip(*pairs, strict=True)]
    for ours, its in zip(*columns, strict=True):
        assert ours is not None
        assert its is not None
        assert set(ours.categories) & set(its.categories)


def test_the_same_seed_gives_the_same_and_another_others(
    graph: Graph, judge: Judge, made: list[Negative]
) -> None:
    again = list(negatives(graph.store, judge, share=0.02, seed=7))
    assert again == made
    other = list(islice(negatives(graph.store, judge, share=0.02, seed=8), len(made)))
    assert other != made


def test_counts_tell_what_became_of_every_corruption(graph: Graph, judge: Judge) -> None:
    counts = Counts()
    wanted = ("UNSUPPORTED",)
    found = list(
        negatives(graph.store, judge, kinds=["class_mate"], wanted=wanted, share=0.02,
                  counts=counts)
    )  # fmt: skip
    assert counts.kept("class_mate", wanted) == len(found)
    assert counts.tried["class_mate", "SUPPORTED"] > 0  # a drug of the class often does the same
    assert {n.verdict for n in found} == {"UNSUPPORTED"}


def test_a_stream_reads_no_more_than_it_gives(graph: Graph) -> None:
    read = 0

    def statements():  # type: ignore[no-untyped-def]
        nonlocal read
        for statement in graph.store.scan():
            read += 1
            yield statement

    some = negatives(
        graph.store, lambda claims: ["UNSUPPORTED"] * len(claims), statements=statements()
    )
    assert len(list(islice(some, 10))) == 10
    assert read <= 5_000


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"kinds": ["typo"]}, "the kind 'typo', expected object"),
        ({"wanted": ["SUPPORTED"]}, "the verdict 'SUPPORTED', expected REFUTED"),
        ({"share": 0}, "share=0"),
    ],
)
def test_unknown_choices_are_told(
    graph: Graph, judge: Judge, options: dict[str, object], words: str
) -> None:
    with pytest.raises(UsageError, match=words):
        negatives(graph.store, judge, **options)  # type: ignore[arg-type]
