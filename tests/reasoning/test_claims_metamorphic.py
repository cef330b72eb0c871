"""What may not change a verdict, whatever is claimed: another wording, another name, the other end
first, a denial but for its sign, statements about other things, and what must: no proof without its
statements.

Claims are drawn over a graph on which every rule is at work.
"""

from __future__ import annotations

import json
import shutil
from collections import Counter
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path

import pyarrow as pa
import pytest
from claim_graphs import KIND, Told, curie, sources
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from support import source
from test_claims_rules import LINES

from kgmed.builders.overlay import make_overlay
from kgmed.builders.pipeline import build
from kgmed.facade import Graph
from kgmed.kg.predicates import registry
from kgmed.kg.store.embedded import EmbeddedStore, open_store
from kgmed.reasoning.claims.batch import TableVerifier
from kgmed.reasoning.claims.model import VERDICTS, Checked, Claim
from kgmed.reasoning.claims.rules import RULES
from kgmed.reasoning.claims.verify import Verifier

CONFLICTS = [
    "lithium antagonist_of ADRB2",
    "b: lithium agonist_of ADRB2",
    "ibuprofen interacts_with paroxetine",
    "b: not paroxetine interacts_with ibuprofen",
]
KNOWN = sorted({line.split(": ")[-1].removeprefix("not ").split()[1] for line in LINES})
NAMES = sorted(
    {word for line in LINES for word in line.split(": ")[-1].removeprefix("not ").split()[:3:2]}
)
FOLLOWING = [  # by rules of several statements
    "metformin treats diabetes",
    "imatinib inhibits kinase",
    "ibuprofen interacts_with lithium",
    "aspirin interacts_with lithium",
    "nsaid interacts_with propranolol",
    "coumadin interacts_with amiodarone",
    "warfarin-sodium interacts_with amiodarone",
    "metformin contraindicated_in acute-kidney-failure",
    "gout subclass_of joint-disease",
    "albumin located_in body",
    "warfarin has_role role",
]
ABSENT = ["prevents", "exacerbates", "diagnosed_by"]
"""Predicates that the graph has no statement of."""
STATED = [line.split(": ")[-1].removeprefix("not ") for line in LINES + CONFLICTS] + FOLLOWING
MANY = settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
FEW = settings(max_examples=6, suppress_health_check=[HealthCheck.function_scoped_fixture])


def synonym(name: str) -> str:
    """Another name of a thing, unlike every first name."""
    return f"{name[::-1]} quux"


@dataclass(frozen=True)
class Opened:
    root: Path
    store: EmbeddedStore
    verifier: Verifier
    tables: TableVerifier

    def check(self, claim: Claim) -> Checked:
        return self.verifier.claim(claim)


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Opened:
    root = tmp_path_factory.mktemp("metamorphic") / "g"
    named = [
        {"id": curie(name), "text": synonym(name), "language": "en", "kind": "synonym"}
        for name in KIND
    ]
    build([*sources(LINES + CONFLICTS), source("infores:names", names=named)], root)
    store = open_store(root)
    return Opened(root, store, Verifier(store, registry()), TableVerifier(store, registry()))


def _claim(words: list[str], negated: bool) -> Claim:
    qualifiers = dict(word.split("=", 1) for word in words[3:])
    return Claim(curie(words[0]), words[1], curie(words[2]), negated, qualifiers)


CROSSED = st.tuples(
    st.sampled_from(NAMES), st.sampled_from([n for n in KNOWN + ABSENT if n in registry()]),
    st.sampled_from(NAMES),
).map(list)  # fmt: skip
NEAR = st.tuples(
    st.sampled_from(STATED),
    st.sampled_from(["", "turned", "parent", "bare"]),
).map(lambda drawn: _near(*drawn))
CLOSE = st.tuples(NEAR, st.booleans()).map(lambda drawn: _claim(*drawn))
CLAIMS = st.tuples(st.one_of(CROSSED, NEAR), st.booleans()).map(lambda drawn: _claim(*drawn))
"""Claims of any two things, and claims close to what is stated: turned round, generalised, without
their qualifiers."""


def _near(line: str, change: str) -> list[str]:
    subject, predicate, object, *qualifiers = line.split()
    if predicate not in registry():
        predicate = "interacts_with"
    if change == "turned":
        subject, object = object, subject
    if change == "parent":
        predicate = registry()[predicate].parent or predicate
    return [subject, predicate, object, *(qualifiers if change != "bare" else [])]


def sign(checked: Checked) -> tuple[str, str, tuple[str, ...], frozenset[str]]:
    """What must stay: verdict, reason, the proof's statements, and those against it."""
    assert checked.proof is not None
    against = frozenset(s.id for proof in checked.against for s in proof.statements)
    return checked.verdict, checked.reason, tuple(s.id for s in checked.proof.statements), against


def test_the_drawn_claims_get_all_verdicts_by_most_rules(opened: Opened) -> None:
    claims = [
        _claim(_near(line, change), negated)
        for line in STATED
        for change in ("", "turned", "parent", "bare")
        for negated in (False, True)
    ]
    checked = [opened.check(claim) for claim in claims]
    assert {c.verdict for c in checked} == set(VERDICTS)
    assert len(Counter(c.proof.rule for c in checked if c.proof)) >= 8


@MANY
@given(claim=CLAIMS)
def test_the_inverse_with_its_ends_swapped_says_the_same(opened: Opened, claim: Claim) -> None:
    entry = registry()[claim.predicate]
    turned = replace(claim, subject=claim.object, predicate=entry.inverse, object=claim.subject)
    plain, swapped = opened.check(claim), opened.check(turned)
    if not entry.symmetric:
        assert sign(plain) == sign(swapped)
        return
    # its inverse is itself: another end is the subject, and a path is walked the other way
    ends = {"subject_not_covered", "object_not_covered"}
    assert plain.verdict == swapped.verdict
    assert plain.reason == swapped.reason or {plain.reason, swapped.reason} == ends
    assert sign(plain)[3] == sign(swapped)[3]


@MANY
@given(claim=CLAIMS)
def test_a_denial_turns_what_the_rules_entail_and_nothing_else(
    opened: Opened, claim: Claim
) -> None:
    plain = opened.check(replace(claim, negated=False))
    denial = opened.check(replace(claim, negated=True))
    assert plain.proof is not None
    expected = {"REFUTED": "SUPPORTED"}.get(plain.verdict, plain.verdict)
    if plain.verdict == "SUPPORTED":
        entailed = RULES[plain.proof.rule].entails
        expected = "REFUTED" if entailed else "UNSUPPORTED"
        if any(proof.rule == "explicit_negative" for proof in plain.against):
            expected = "SUPPORTED"  # a source says so: a conflict, either way
    assert denial.verdict == expected
    assert denial.conflict == (plain.conflict and denial.verdict != "UNSUPPORTED")


@settings(max_examples=3, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(claims=st.lists(CLAIMS, min_size=60, max_size=100))
def test_another_name_says_the_same(opened: Opened, claims: list[Claim]) -> None:
    plain = opened.verifier.claims(claims)
    for rename in (str, _first, _other, _mixed):
        rows = [
            {
                "subject": rename(str(claim.subject)),
                "predicate": claim.predicate,
                "object": rename(str(claim.object)),
                "negated": claim.negated,
                "qualifiers": json.dumps(claim.qualifiers) if claim.qualifiers else None,
            }
            for claim in claims
        ]
        told = opened.tables.verify(pa.Table.from_pylist(rows)).to_pylist()
        for checked, its in zip(plain, told, strict=True):
            said = (its["verdict"], its["reason"], tuple(its["statements"]))
            assert said == sign(checked)[:3]


def _first(id: str) -> str:
    return id.removeprefix("x:")


def _other(id: str) -> str:
    return synonym(_first(id))


def _mixed(id: str) -> str:
    return _other(id).upper() if len(id) % 2 else _first(id)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_sentence_with_another_name_of_the_open_graph_says_the_same(
    graph: Graph, data: st.DataObject
) -> None:
    pairs = [("Warfarin", "amiodarone"), ("Warfarin", "fluconazole"), ("Warfarin", "gabapentin"),
             ("aspirin", "methotrexate"), ("simvastatin", "clarithromycin"),
             ("lithium", "ibuprofen"), ("phenytoin", "rifampin")]  # fmt: skip
    ends = data.draw(st.sampled_from(pairs))
    verb = data.draw(st.sampled_from(["interacts with", "does not interact with"]))
    others = []
    for end in ends:
        (link, *_rest) = graph.link(end)
        (names,) = graph.store.lexicon.names([link.id])
        known = [
            name.text
            for name in names
            if name.language == "en" and [found.id for found in graph.link(name.text)] == [link.id]
        ]
        others.append(data.draw(st.sampled_from(known)))
    texts = [f"{s} {verb} {o}." for s, o in (ends, others)]
    links = [[link.id for link in graph.link(text)] for text in texts]
    assume(links[0] == links[1])  # an abbreviation may mean nothing to be linked in a sentence
    first, second = (graph.verify(text).claims for text in texts)
    assume("ambiguous" not in {claim.reason for claim in second})  # or one of several things
    assert [sign(c) for c in first] == [sign(c) for c in second]
    assert len(first) == 1


ELSE = st.sampled_from(["y", "z", "w"])
UNRELATED = st.tuples(
    st.sampled_from(["", "b: "]), st.booleans(), ELSE,
    st.sampled_from([*KNOWN, *ABSENT]), ELSE,
).map(lambda drawn: f"{drawn[0]}{'not ' * drawn[1]}{' '.join(drawn[2:])}")  # fmt: skip


@FEW
@given(lines=st.lists(UNRELATED, min_size=1, max_size=12), claims=st.lists(CLAIMS, min_size=40))
def test_statements_about_other_things_change_nothing(
    tmp_path_factory: pytest.TempPathFactory,
    opened: Opened,
    lines: list[str],
    claims: list[Claim],
) -> None:
    kinds = {"y": "Drug", "z": "Disease", "w": "Gene"}
    root = tmp_path_factory.mktemp("more") / "g"
    more = Told(root, *LINES, *CONFLICTS, *lines, kinds=kinds)
    for before, after in zip(
        opened.verifier.claims(claims), more.verifier.claims(claims), strict=True
    ):
        if before.reason != "predicate_absent":  # the others may have brought the predicate
            assert before.reason == after.reason
        assert (before.verdict, *sign(before)[2:]) == (after.verdict, *sign(after)[2:])


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("retracted")


NUMBERS = count()


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(claim=CLOSE, data=st.data())
def test_no_proof_outlives_one_of_its_statements(
    folders: Path, opened: Opened, claim: Claim, data: st.DataObject
) -> None:
    before = opened.check(claim)
    proofs = [p for p in (before.proof, *before.against) if p is not None and p.statements]
    if not proofs:
        return
    gone = data.draw(st.sampled_from([s for p in proofs for s in p.statements]))
    place = folders / str(next(NUMBERS))
    shutil.copytree(opened.root, place / "g")
    errata = place / "errata.tsv"
    errata.write_text(
        f"statement_id\treason\twho\tdate\n{gone.id}\twrong\tme\t2026-11-20\n", encoding="utf-8"
    )
    make_overlay(place / "g", errata=[errata], sources=[])
    store = open_store(place / "g")
    after = Verifier(store, registry()).claim(claim)
    store.close()
    assert after.proof is not None
    for proof in (after.proof, *after.against):
        assert gone.id not in {s.id for s in proof.statements}
