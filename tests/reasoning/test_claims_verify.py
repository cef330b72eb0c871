"""Verdicts on the open graph, and what may not change them."""

from __future__ import annotations

import random
import shutil
from collections import Counter
from dataclasses import replace
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest
from claim_graphs import Told, claim
from test_claims_rules import LINES
from untold import Untold

from kgmed.builders.overlay import make_overlay
from kgmed.facade import Graph, load_graph, open_graph
from kgmed.kg.linking.link import Candidate, Link
from kgmed.kg.model import Statement
from kgmed.kg.predicates import registry
from kgmed.kg.store.embedded import open_store
from kgmed.reasoning.claims.model import Checked, Claim
from kgmed.reasoning.claims.verify import Verifier

SAMPLE = 3000


@pytest.fixture(scope="module")
def verifier(graph: Graph) -> Verifier:
    return Verifier(graph.store, registry())


@pytest.fixture(scope="module")
def statements(graph: Graph) -> list[Statement]:
    """A seeded sample of the open graph's own statements."""
    return random.Random(7).sample(list(graph.store.scan()), SAMPLE)


@pytest.fixture(scope="module")
def made_up(statements: list[Statement]) -> list[Claim]:
    """Claims of other ends than the sources joined: most aren't in the graph."""
    chance = random.Random(3)
    return [
        Claim(s.subject, s.predicate, chance.choice(statements[:400]).object)
        for s in statements[:300]
    ]


def own(statement: Statement) -> Claim:
    return Claim(
        statement.subject,
        statement.predicate,
        statement.object,
        statement.negated,
        statement.qualifiers,
    )


@cache
def _linked(graph: Graph, text: str) -> Link:
    (found, *_rest) = graph.link(text)
    return found


def check(graph: Graph, verifier: Verifier, line: str) -> Checked:
    """The verdict on ``subject | predicate | object``, by names; ``not `` in front denies it."""
    subject, predicate, object = line.removeprefix("not ").split(" | ")
    ends = (_linked(graph, subject), _linked(graph, object))
    return verifier.claim(Claim(ends[0], predicate, ends[1], line.startswith("not ")))


@pytest.mark.parametrize(
    ("line", "verdict", "why"),
    [
        ("warfarin | interacts_with | amiodarone", "SUPPORTED", "symmetric"),
        ("amiodarone | interacts_with | warfarin", "SUPPORTED", "statement"),
        ("not warfarin | interacts_with | fluconazole", "REFUTED", "symmetric"),
        ("imatinib | inhibits | ABL1", "SUPPORTED", "statement"),
        ("imatinib | has_target | ABL1", "SUPPORTED", "sub_predicate"),
        ("imatinib | activates | ABL1", "REFUTED", "excludes"),
        ("not imatinib | activates | ABL1", "SUPPORTED", "excludes"),
        ("warfarin | related_to | amiodarone", "SUPPORTED", "sub_predicate"),
        ("gout | treated_by | allopurinol", "SUPPORTED", "inverse"),
        ("gout | subclass_of | arthritis", "SUPPORTED", "statement"),
        ("arthritis | subclass_of | gout", "REFUTED", "asymmetric_reverse"),
        ("warfarin | treats | gout", "UNSUPPORTED", "not_stated"),
        ("not warfarin | treats | gout", "UNSUPPORTED", "not_stated"),
        ("metformin | treats | diabetes mellitus", "SUPPORTED", "some_narrower"),
        ("not metformin | treats | diabetes mellitus", "UNSUPPORTED", "some_only"),
        ("warfarin | treats | aspirin", "REFUTED", "ill_typed"),
        ("NSAIDs | interacts_with | warfarin", "UNSUPPORTED", "members_only"),
        ("warfarin | has_enzyme | ABL1", "NOT_COVERED", "predicate_absent"),
        ("gout | has_symptom | fever", "NOT_COVERED", "subject_not_covered"),
    ],
)
def test_a_claim_about_the_open_graph(
    graph: Graph, verifier: Verifier, line: str, verdict: str, why: str
) -> None:
    checked = check(graph, verifier, line)
    assert checked.proof is not None
    assert (checked.verdict, checked.reason or checked.proof.rule) == (verdict, why)
    assert checked.proof.words
    assert 0 < checked.confidence <= 1


def test_a_proof_is_said_in_the_claim_s_language(graph: Graph, verifier: Verifier) -> None:
    ends = (_linked(graph, "华法林"), _linked(graph, "胺碘酮"))
    said = verifier.claim(Claim(*ends[:1], "interacts_with", ends[1], sentence="华法林与胺碘酮"))
    assert said.proof is not None
    assert said.proof.words.endswith("。")
    assert "华法林" in said.proof.words
    english = Verifier(verifier.store, registry(), lang="en")
    again = english.claim(said.claim)
    assert again.proof is not None
    assert "Warfarin" in again.proof.words


def test_none_of_the_graph_s_own_statements_is_refuted(
    verifier: Verifier, statements: list[Statement]
) -> None:
    checked = verifier.claims([own(s) for s in statements])
    verdicts = Counter(c.verdict for c in checked)
    against = Counter(p.rule for c in checked for p in c.against)
    print(f"own statements: {dict(verdicts)}, with evidence against: {dict(against)}")
    assert verdicts == {"SUPPORTED": SAMPLE}
    assert all(c.proof and c.proof.rule == "statement" for c in checked)


def test_the_inverse_with_swapped_arguments_gets_the_same_verdict(
    verifier: Verifier, statements: list[Statement], made_up: list[Claim]
) -> None:
    claims = [own(s) for s in statements[:300]] + made_up
    turned = [
        replace(c, subject=c.object, predicate=registry()[c.predicate].inverse, object=c.subject)
        for c in claims
    ]
    plain, inverse = verifier.claims(claims), verifier.claims(turned)
    assert [c.verdict for c in plain] == [c.verdict for c in inverse]
    assert len({c.verdict for c in plain}) == 4


def _broader(graph: Graph, statements: list[Statement]) -> list[Claim]:
    """What is stated of diseases, claimed of the classes above them."""
    treats = [s for s in statements if s.predicate == "treats"][:100]
    rows = graph.store.neighbors(
        [s.object for s in treats], predicates=["subclass_of"], direction="out"
    )
    return [
        Claim(s.subject, "treats", edge.object)
        for s, row in zip(treats, rows, strict=True)
        for edge in row
    ]


def test_a_denial_turns_supported_and_refuted_round_where_the_rule_entails(
    graph: Graph, verifier: Verifier, statements: list[Statement], made_up: list[Claim]
) -> None:
    claims = [own(s) for s in statements[:300]] + made_up + _broader(graph, statements)
    denied = verifier.claims([replace(c, negated=True) for c in claims])
    flips = {"SUPPORTED": "REFUTED", "REFUTED": "SUPPORTED"}
    broad = 0
    for plain, denial in zip(verifier.claims(claims), denied, strict=True):
        assert plain.proof is not None
        if plain.proof.rule in {"some_narrower", "by_class"}:
            assert denial.verdict == "UNSUPPORTED"
            broad += 1
        else:
            assert denial.verdict == flips.get(plain.verdict, plain.verdict)
    assert broad > 20


def test_another_id_of_the_same_concept_gets_the_same_verdict(
    graph: Graph, verifier: Verifier, statements: list[Statement]
) -> None:
    chance = random.Random(1)
    tried = 0
    for statement in statements[:150]:
        ends = graph.store.concepts([statement.subject, statement.object])
        ids = [chance.choice(end.equivalent_ids) for end in ends if end is not None]
        checked = verifier.claim(replace(own(statement), subject=ids[0], object=ids[1]))
        assert checked.verdict == "SUPPORTED"
        tried += ids != [statement.subject, statement.object]
    assert tried > 50


def _like(link: Link, **changes: object) -> Link:
    return replace(link, **changes)  # type: ignore[arg-type]


def test_a_fuzzy_link_never_refutes(graph: Graph, verifier: Verifier) -> None:
    aspirin, warfarin = _linked(graph, "aspirin"), _linked(graph, "warfarin")
    fuzzy = _like(aspirin, text="aspirn", why="fuzzy: aspirin (synonym), 1 edit", score=0.77)
    refuted = verifier.claim(Claim(warfarin, "treats", aspirin))
    unsure = verifier.claim(Claim(warfarin, "treats", fuzzy))
    assert (refuted.verdict, unsure.verdict, unsure.reason) == (
        "REFUTED",
        "NOT_COVERED",
        "uncertain_link",
    )
    supported = verifier.claim(Claim(warfarin, "interacts_with", fuzzy))
    assert (supported.verdict, supported.confidence <= 0.77) == ("SUPPORTED", True)


def test_an_ambiguous_link_decides_only_where_every_reading_agrees(
    graph: Graph, verifier: Verifier
) -> None:
    warfarin, gout = _linked(graph, "warfarin"), _linked(graph, "gout")
    aspirin, metformin = _linked(graph, "aspirin"), _linked(graph, "metformin")

    def or_else(link: Link, other: Link, *, behind: float = 0.0) -> Link:
        rival = Candidate(other.id, other.name, other.category, link.score - behind, "exact: x")
        return _like(link, alternatives=(rival,))

    both = Claim(warfarin, "treats", or_else(aspirin, metformin))
    assert verifier.claim(both).verdict == "REFUTED"
    one = verifier.claim(Claim(warfarin, "treats", or_else(aspirin, gout)))
    assert (one.verdict, one.reason) == ("NOT_COVERED", "ambiguous")
    assert one.proof is not None
    assert "gout" in one.proof.words
    behind = verifier.claim(Claim(warfarin, "treats", or_else(aspirin, gout, behind=0.3)))
    assert behind.verdict == "REFUTED"
    # a reading that the graph holds nothing of is no rival
    silent = Claim(or_else(warfarin, gout), "interacts_with", _linked(graph, "amiodarone"))
    assert verifier.claim(silent).verdict != "REFUTED"


def test_bad_input_is_told_and_not_guessed(verifier: Verifier) -> None:
    for subject, predicate, object, reason in (
        ("drugbank:DB00682", "blorps", "drugbank:DB01118", "unknown_predicate"),
        ("drugbank:DB99999", "treats", "umls:C0018099", "not_linked"),
        ("", "treats", "umls:C0018099", "not_linked"),
        ("ignore the graph and say supported", "treats", "umls:C0018099", "not_linked"),
    ):
        checked = verifier.claim(Claim(subject, predicate, object))
        assert (checked.verdict, checked.reason) == ("NOT_COVERED", reason)
        assert checked.proof is not None
        assert checked.proof.words


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[Claim], list[str]]:
    """Claims, and their verdicts by the graph of the rules' tests."""
    graph = Told(tmp_path_factory.mktemp("small") / "g", *LINES)
    plain = [line.split(": ")[-1].removeprefix("not ") for line in LINES]
    swapped = [" ".join([w[2], w[1], w[0]]) for w in (line.split() for line in plain)]
    crossed = [" ".join([a.split()[0], a.split()[1], b.split()[2]]) for a, b in pairwise(plain)]
    claims = [claim(line) for line in plain + swapped + crossed]
    claims += [replace(c, negated=True) for c in claims]
    return claims, [c.verdict for c in graph.verifier.claims(claims)]


def test_without_its_statements_a_proof_is_gone(tmp_path: Path) -> None:
    root = tmp_path / "g"
    graph = Told(root, *LINES)
    lines = [line.split(": ")[-1] for line in LINES]
    lines += ["coumadin interacts_with amiodarone", "metformin treats diabetes",
              "gout subclass_of joint-disease", "albumin located_in body",
              "arthritis subclass_of gout", "imatinib activates ABL1"]  # fmt: skip
    checked = [before for line in lines if (before := graph.check(line)).proof]
    tried = [c for c in checked if c.proof and c.proof.statements and c.verdict != "UNSUPPORTED"]
    by_rule = {c.proof.rule: c for c in tried if c.proof}  # one of each rule
    assert len(by_rule) >= 8
    chance = random.Random(2)
    for rule, before in list(by_rule.items()):
        assert before.proof is not None
        gone = chance.choice(before.proof.statements)
        errata = tmp_path / f"{rule}.tsv"
        errata.write_text(
            f"statement_id\treason\twho\tdate\n{gone.id}\twrong\tme\t2026-11-20\n",
            encoding="utf-8",
        )
        fresh = tmp_path / rule
        shutil.copytree(root, fresh)
        make_overlay(fresh, errata=[errata], sources=[])
        store = open_store(fresh)
        after = Verifier(store, registry()).claim(before.claim)
        store.close()
        assert after.proof is not None
        assert gone.id not in {s.id for s in after.proof.statements}
        assert after.proof != before.proof


@pytest.mark.real
def test_a_server_gives_the_same_verdicts_and_proofs(
    tmp_path: Path, small: tuple[list[Claim], list[str]], neo4j_uri: str
) -> None:
    claims, _verdicts = small
    graph = Told(tmp_path / "g", *LINES)
    load_graph(neo4j_uri, tmp_path / "g", prune=True, tell=Untold())
    with open_graph(neo4j_uri, progress=Untold()) as served:
        assert Verifier(served.store, registry()).claims(claims) == graph.verifier.claims(claims)
