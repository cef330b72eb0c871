"""Every rule on a small built graph: what it decides, and where it must not."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest
from claim_graphs import Told
from hypothesis import given
from hypothesis import strategies as st

from kgmed.kg.predicates import registry
from kgmed.reasoning.claims.batch import TableVerifier
from kgmed.reasoning.claims.evidence import Ask, run
from kgmed.reasoning.claims.ground import ROW, Ground
from kgmed.reasoning.claims.judge import judge
from kgmed.reasoning.claims.model import Verification
from kgmed.reasoning.claims.report import lines
from kgmed.reasoning.claims.rules import RULES, Assertion, Facts, holds
from kgmed.reasoning.claims.rules.examples import said, told
from kgmed.reasoning.claims.verdict import REASONS
from kgmed.reasoning.claims.verify import bottleneck
from kgmed.reasoning.claims.words import PHRASES

LINES = [
    "amiodarone interacts_with warfarin severity=Critical",
    "b: not aspirin interacts_with warfarin",
    "b: aspirin interacts_with metformin",
    "not paroxetine interacts_with metformin dose=low",
    "salbutamol agonist_of ADRB2",
    "imatinib inhibits ABL1",
    "ABL1 subclass_of kinase",
    "kinase subclass_of CYP2D6",
    "warfarin increases_activity_of albumin",
    "b: warfarin decreases_activity_of albumin",
    "metformin treats type-2-diabetes kind=symptomatic",
    "metformin treats gout",
    "metformin contraindicated_in kidney-failure",
    "aspirin treats acute-kidney-failure",
    "propranolol contraindicated_in asthma",
    "propranolol treats asthma",
    "type-2-diabetes subclass_of diabetes",
    "diabetes subclass_of metabolic-disease",
    "metabolic-disease subclass_of disease",
    "acute-kidney-failure subclass_of kidney-failure",
    "gout subclass_of arthritis",
    "arthritis subclass_of joint-disease",
    "warfarin has_role anticoagulant",
    "anticoagulant subclass_of role",
    "warfarin-sodium form_of warfarin",
    "warfarin-potassium form_of warfarin",
    "coumadin has_active_ingredient warfarin-sodium",
    "kcl form_of potassium",
    "kcitrate form_of potassium",
    "kcl interacts_with amiodarone",
    "ibuprofen in_drug_class nsaid",
    "aspirin in_drug_class nsaid",
    "nsaid interacts_with lithium",
    "ibuprofen interacts_with propranolol",
    "tamoxifen metabolized_by CYP2D6",
    "paroxetine decreases_activity_of CYP2D6",
    "albumin located_in liver",
    "liver part_of abdomen",
    "abdomen part_of body",
    "salbutamol interacts_with lithium aspect=level direction=increased affected=x:lithium",
    "imatinib affects albumin aspect=activity direction=increased",
    "imatinib affects CYP2D6 aspect=activity direction=increased affected=x:CYP2D6",
    "b: gout has_symptom polyuria",
    "warfarin home_made aspirin",
]


@pytest.fixture(scope="module")
def graph(tmp_path_factory: pytest.TempPathFactory) -> Told:
    return Told(tmp_path_factory.mktemp("claims") / "graph", *LINES)


@pytest.mark.parametrize(
    ("line", "verdict", "why"),
    [
        # one statement
        ("amiodarone interacts_with warfarin", "SUPPORTED", "statement"),
        ("warfarin interacts_with amiodarone", "SUPPORTED", "symmetric"),
        ("ABL1 inhibited_by imatinib", "SUPPORTED", "inverse"),
        ("imatinib has_target ABL1", "SUPPORTED", "sub_predicate"),
        ("imatinib related_to ABL1", "SUPPORTED", "sub_predicate"),
        ("ABL1 related_to imatinib", "SUPPORTED", "sub_predicate"),
        ("imatinib biolink:related_to ABL1", "SUPPORTED", "sub_predicate"),
        ("warfarin home_made aspirin", "SUPPORTED", "statement"),
        ("ABL1 has_target imatinib", "NOT_COVERED", "subject_not_covered"),
        # qualifiers
        ("amiodarone interacts_with warfarin severity=critical", "SUPPORTED", "statement"),
        ("amiodarone interacts_with warfarin severity=Minor", "UNSUPPORTED", "qualifiers_differ"),
        ("amiodarone interacts_with warfarin dose=low", "UNSUPPORTED", "qualifiers_differ"),
        ("metformin treats gout kind=symptomatic", "UNSUPPORTED", "qualifiers_differ"),
        # several
        ("gout subclass_of joint-disease", "SUPPORTED", "transitive"),
        ("liver part_of body", "SUPPORTED", "transitive"),
        ("coumadin has_active_ingredient warfarin", "SUPPORTED", "property_chain"),
        ("coumadin has_ingredient warfarin", "SUPPORTED", "property_chain"),
        ("albumin located_in abdomen", "SUPPORTED", "property_chain"),
        ("albumin located_in body", "SUPPORTED", "property_chain"),
        ("tamoxifen interacts_with paroxetine", "NOT_COVERED", "subject_not_covered"),
        # drug levels
        ("warfarin-sodium interacts_with amiodarone", "SUPPORTED", "form"),
        ("amiodarone interacts_with warfarin-potassium", "SUPPORTED", "form"),
        ("coumadin interacts_with amiodarone", "SUPPORTED", "product"),
        ("ibuprofen interacts_with lithium", "SUPPORTED", "by_class"),
        ("lithium interacts_with aspirin", "SUPPORTED", "by_class"),
        ("kcitrate interacts_with amiodarone", "NOT_COVERED", "subject_not_covered"),
        ("coumadin treats gout", "NOT_COVERED", "subject_not_covered"),
        ("nsaid interacts_with propranolol", "UNSUPPORTED", "members_only"),
        # inheritance
        ("metformin treats diabetes", "SUPPORTED", "some_narrower"),
        ("metformin treats metabolic-disease", "SUPPORTED", "some_narrower"),
        ("metformin treats disease", "NOT_COVERED", "object_not_covered"),
        ("metformin treats joint-disease", "NOT_COVERED", "object_not_covered"),
        ("imatinib inhibits kinase", "SUPPORTED", "some_narrower"),
        ("metformin contraindicated_in acute-kidney-failure", "SUPPORTED", "inherited"),
        ("warfarin has_role role", "SUPPORTED", "inherited"),
        ("arthritis has_symptom polyuria", "NOT_COVERED", "subject_not_covered"),
        # against
        ("warfarin interacts_with aspirin", "REFUTED", "explicit_negative"),
        ("paroxetine interacts_with metformin", "UNSUPPORTED", "not_stated"),
        ("paroxetine interacts_with metformin dose=low", "REFUTED", "explicit_negative"),
        ("arthritis subclass_of gout", "REFUTED", "asymmetric_reverse"),
        ("joint-disease subclass_of gout", "REFUTED", "asymmetric_reverse"),
        ("warfarin-sodium has_ingredient coumadin", "REFUTED", "asymmetric_reverse"),
        ("salbutamol antagonist_of ADRB2", "REFUTED", "excludes"),
        ("salbutamol partial_agonist_of ADRB2", "NOT_COVERED", "predicate_absent"),
        ("imatinib activates ABL1", "REFUTED", "excludes"),
        (
            "lithium interacts_with salbutamol aspect=level direction=decreased affected=x:lithium",
            "REFUTED",
            "excludes",
        ),
        (
            "lithium interacts_with salbutamol aspect=level direction=decreased "
            "affected=x:salbutamol",
            "UNSUPPORTED",
            "qualifiers_differ",
        ),
        (
            "imatinib affects CYP2D6 aspect=activity direction=decreased affected=x:CYP2D6",
            "REFUTED",
            "excludes",
        ),
        (
            "imatinib affects CYP2D6 aspect=activity direction=decreased",
            "UNSUPPORTED",
            "qualifiers_differ",
        ),
        (
            "imatinib affects albumin aspect=activity direction=decreased",
            "UNSUPPORTED",
            "qualifiers_differ",
        ),
        ("paroxetine increases_activity_of CYP2D6", "NOT_COVERED", "subject_not_covered"),
        ("warfarin treats aspirin", "REFUTED", "ill_typed"),
        ("gout treats asthma", "NOT_COVERED", "subject_not_covered"),
        ("gout inhibits ABL1", "REFUTED", "ill_typed"),
        # silence
        ("metformin treats asthma", "UNSUPPORTED", "not_stated"),
        ("salbutamol treats gout", "NOT_COVERED", "subject_not_covered"),
        ("aspirin interacts_with amiodarone", "NOT_COVERED", "no_common_source"),
        ("warfarin has_enzyme CYP2D6", "NOT_COVERED", "subject_not_covered"),
        ("tamoxifen has_enzyme albumin", "NOT_COVERED", "object_not_covered"),
        ("warfarin prevents gout", "NOT_COVERED", "predicate_absent"),
        ("warfarin unheard_of gout", "NOT_COVERED", "unknown_predicate"),
        ("nothing treats gout", "NOT_COVERED", "not_linked"),
        # denials
        ("not amiodarone interacts_with warfarin", "REFUTED", "statement"),
        ("not gout subclass_of joint-disease", "REFUTED", "transitive"),
        ("not coumadin interacts_with amiodarone", "REFUTED", "product"),
        ("not warfarin interacts_with aspirin", "SUPPORTED", "explicit_negative"),
        ("not salbutamol antagonist_of ADRB2", "SUPPORTED", "excludes"),
        ("not arthritis subclass_of gout", "SUPPORTED", "asymmetric_reverse"),
        ("not warfarin treats aspirin", "SUPPORTED", "ill_typed"),
        ("not metformin treats diabetes", "UNSUPPORTED", "some_only"),
        ("not ibuprofen interacts_with lithium", "UNSUPPORTED", "some_only"),
        ("not metformin treats asthma", "UNSUPPORTED", "not_stated"),
        ("not salbutamol treats gout", "NOT_COVERED", "subject_not_covered"),
    ],
)
def test_a_claim_gets_the_verdict_of_its_rule(
    graph: Told, line: str, verdict: str, why: str
) -> None:
    checked = graph.check(line)
    rule = checked.proof.rule if checked.proof else ""
    assert (checked.verdict, checked.reason or rule) == (verdict, why)
    assert checked.proof is not None
    assert checked.proof.words
    assert "{" not in checked.proof.words
    assert checked.reason in {"", *REASONS}


def test_a_proof_is_made_again_from_its_own_statements_and_from_nothing_less(graph: Told) -> None:
    made = 0
    carried = [
        "coumadin interacts_with amiodarone",
        "metformin treats diabetes",
        "gout subclass_of joint-disease",
        "albumin located_in body",
        "ibuprofen interacts_with lithium",
        "warfarin has_role role",
    ]
    for line in LINES + carried:
        words = line.split(": ")[-1].removeprefix("not ").split()
        checked = graph.check(line.split(": ")[-1])
        proof = checked.proof
        assert proof is not None
        if not proof.statements:
            continue
        assertion = Assertion(
            f"x:{words[0]}", words[1], f"x:{words[2]}", dict(w.split("=") for w in words[3:])
        )
        facts = Facts(registry())
        assert holds(proof, assertion, facts), line
        for left_out in proof.statements:
            rest = [s for s in proof.statements if s != left_out]
            again = RULES[proof.rule].find(assertion, Facts(registry(), rest))
            assert proof.statements not in [p.statements for p in again], line
        made += 1
    assert made > 40


def test_what_speaks_against_a_supported_claim_stands_beside_it(tmp_path: Path) -> None:
    graph = Told(tmp_path / "g", "salbutamol agonist_of ADRB2", "b: salbutamol antagonist_of ADRB2")
    checked = graph.check("salbutamol agonist_of ADRB2")
    assert checked.verdict == "SUPPORTED"
    (proof,) = checked.against
    assert (proof.rule, proof.statements[0].primary_knowledge_source) == ("excludes", "infores:b")
    denial = graph.check("not salbutamol agonist_of ADRB2")
    assert (denial.verdict, [p.rule for p in denial.against]) == ("REFUTED", ["excludes"])


def test_the_opposite_direction_is_shown_and_refutes_nothing(graph: Told) -> None:
    both = graph.check("warfarin increases_activity_of albumin")  # two sources, two directions
    (proof,) = both.against
    assert (both.verdict, proof.rule) == ("SUPPORTED", "opposes")
    assert proof.premises == ("direction: decreases_activity_of",)
    assert "opposite effect" in proof.words
    one = graph.check("paroxetine increases_activity_of CYP2D6")
    assert (one.verdict, one.reason) == ("NOT_COVERED", "subject_not_covered")
    assert [p.rule for p in one.against] == ["opposes"]
    denied = graph.check("not paroxetine increases_activity_of CYP2D6")
    assert denied.verdict == "NOT_COVERED"


def test_a_contraindication_is_a_warning_and_refutes_nothing(graph: Told) -> None:
    checked = graph.check("propranolol treats asthma")
    assert (checked.verdict, [p.rule for p in checked.against]) == ("SUPPORTED", ["opposes"])
    assert checked.against[0].premises == ("safety: contraindicated_in",)
    assert checked.against[0].words.startswith("Safety: ")
    narrower = graph.check("metformin treats acute-kidney-failure")  # stated of kidney failure
    assert narrower.verdict == "UNSUPPORTED"
    assert [p.rule for p in narrower.against] == ["opposes"]


def test_a_denial_and_an_assertion_by_two_sources_are_a_conflict_and_both_supported(
    tmp_path: Path,
) -> None:
    graph = Told(
        tmp_path / "g", "aspirin interacts_with warfarin", "b: not aspirin interacts_with warfarin"
    )
    for line, rule, other in (
        ("warfarin interacts_with aspirin", "symmetric", "explicit_negative"),
        ("not warfarin interacts_with aspirin", "explicit_negative", "symmetric"),
    ):
        checked = graph.check(line)
        assert (checked.verdict, checked.conflict) == ("SUPPORTED", True)
        assert checked.proof is not None
        assert (checked.proof.rule, [p.rule for p in checked.against]) == (rule, [other])
        sides = [s.primary_knowledge_source for p in (checked.proof, *checked.against)
                 for s in p.statements]  # fmt: skip
        assert sorted(sides) == ["infores:a", "infores:b"]
        assert not checked.proof.words.startswith("Sources disagree.")
        assert checked.against[0].words.startswith("Sources disagree. ")
        printed = list(lines(Verification("", "en", (checked,))))
        assert printed[-1] == "Sources disagree on 1 of them."


def test_a_conflict_is_told_in_chinese_too(tmp_path: Path) -> None:
    graph = Told(
        tmp_path / "g", "aspirin interacts_with warfarin", "b: not aspirin interacts_with warfarin"
    )
    graph.verifier._lang = "zh"
    checked = graph.check("aspirin interacts_with warfarin")
    assert checked.against[0].words.startswith("来源不一致。")


def test_what_only_warns_or_holds_of_some_is_no_conflict(graph: Told) -> None:
    for line in (
        "propranolol treats asthma",  # and contraindicated in it
        "warfarin increases_activity_of albumin",  # and decreases it
        "not metformin treats diabetes",  # treats some diabetes
        "metformin treats gout",
    ):
        checked = graph.check(line)
        assert not checked.conflict, line
        assert not any(p.words.startswith("Sources disagree") for p in checked.against)
    assert graph.check("not metformin treats diabetes").against


def test_a_plausible_chain_is_told_and_supports_nothing(tmp_path: Path) -> None:
    graph = Told(
        tmp_path / "g",
        "tamoxifen metabolized_by CYP2D6",
        "paroxetine decreases_activity_of CYP2D6",
        "tamoxifen interacts_with warfarin",
        "warfarin interacts_with paroxetine",
    )
    for line in ("tamoxifen interacts_with paroxetine", "paroxetine interacts_with tamoxifen"):
        checked = graph.check(line)
        assert (checked.verdict, checked.reason) == ("UNSUPPORTED", "not_stated")
        assert checked.proof is not None
        assert [p.split(",")[0] for p in checked.proof.premises] == [
            "covered by infores:a",
            "plausible only",
        ]


def test_members_of_a_class_are_counted_and_are_no_proof(graph: Told) -> None:
    checked = graph.check("nsaid interacts_with propranolol")
    assert checked.proof is not None
    assert checked.proof.premises == ("1 of 2 members have it",)


def test_what_only_members_have_is_unsupported_even_where_no_source_covers_the_class(
    tmp_path: Path,
) -> None:
    graph = Told(
        tmp_path / "g",
        "ibuprofen in_drug_class nsaid",
        "aspirin in_drug_class nsaid",
        "ibuprofen interacts_with lithium",  # nothing of the kind is stated of the class
        "warfarin has_role anticoagulant",
        "b: warfarin interacts_with aspirin",
    )
    table = TableVerifier(graph.store, registry())
    for line, verdict, why in (
        ("nsaid interacts_with lithium", "UNSUPPORTED", "members_only"),
        ("lithium interacts_with nsaid", "UNSUPPORTED", "members_only"),
        ("not nsaid interacts_with lithium", "UNSUPPORTED", "members_only"),
        ("anticoagulant interacts_with aspirin", "UNSUPPORTED", "members_only"),
        # that members have nothing of it says nothing: what no source covers isn't covered
        ("nsaid interacts_with metformin", "NOT_COVERED", "subject_not_covered"),
        ("analgesic interacts_with lithium", "NOT_COVERED", "subject_not_covered"),
    ):
        checked = graph.check(line)
        assert (checked.verdict, checked.reason) == (verdict, why), line
        words = line.removeprefix("not ").split()
        row = {"subject": [f"x:{words[0]}"], "predicate": [words[1]], "object": [f"x:{words[2]}"],
               "negated": [line.startswith("not ")]}  # fmt: skip
        (told,) = table.verify(pa.table(row)).to_pylist()
        assert (told["verdict"], told["reason"]) == (verdict, why), line
    counted = graph.check("nsaid interacts_with lithium").proof
    assert counted is not None
    assert counted.premises == ("1 of 2 members have it",)
    assert counted.statements == ()


def test_the_best_evidenced_of_equal_proofs_comes_first_and_the_rest_on_request(
    tmp_path: Path,
) -> None:
    graph = Told(
        tmp_path / "g",
        "metformin treats type-2-diabetes",
        "b: metformin treats type-2-diabetes",
        "type-2-diabetes subclass_of diabetes",
        "diabetes subclass_of metabolic-disease",
        "metformin treats diabetes kind=symptomatic",
    )
    graph.verifier._every = True
    checked = graph.check("metformin treats diabetes")
    assert checked.proof is not None
    assert [p.rule for p in (checked.proof, *checked.alternatives)] == [
        "statement",
        "some_narrower",
        "some_narrower",
    ]
    every = [[s.id for s in p.statements] for p in (checked.proof, *checked.alternatives)]
    assert every[1] != every[2]
    assert every[1][1:] == every[2][1:]


def test_a_hub_is_not_read_whole_and_the_proof_is_found_from_the_other_end(tmp_path: Path) -> None:
    kinds = {f"disease-{n}": "Disease" for n in range(ROW + 40)}
    crowd = [f"metformin treats {name}" for name in kinds]
    broad = [f"{name} subclass_of metabolic-disease" for name in kinds if name != "disease-7"]
    graph = Told(
        tmp_path / "g",
        *crowd,
        *broad,
        "aspirin treats disease-290",
        "ibuprofen treats disease-99",
        "metformin treats type-2-diabetes",
        "type-2-diabetes subclass_of diabetes",
        "diabetes subclass_of metabolic-disease",
        "metabolic-disease subclass_of disease",
        kinds=kinds,
    )
    limits: list[int] = []
    neighbors = graph.store.neighbors

    def watched(*args: object, **options: object) -> object:
        limits.append(int(str(options["limit"])))
        return neighbors(*args, **options)  # type: ignore[arg-type]

    graph.store.neighbors = watched  # type: ignore[method-assign]
    assert graph.said(graph.check("metformin treats diabetes"))[0] == (
        "metformin treats type-2-diabetes"
    )
    assert graph.check("aspirin treats metabolic-disease").verdict == "SUPPORTED"
    last = graph.check("ibuprofen treats metabolic-disease")  # stated of the row's last
    assert graph.said(last)[0] == "ibuprofen treats disease-99"
    assert limits
    assert max(limits) == ROW + 1


def test_many_claims_at_once_get_what_each_gets_alone(graph: Told) -> None:
    from claim_graphs import claim

    claims = [claim(line.split(": ")[-1]) for line in LINES] * 8
    alone = [graph.verifier.claim(one) for one in claims[: len(LINES)]]
    assert graph.verifier.claims(claims) == alone * 8


def test_the_driver_asks_once_for_what_many_searches_want() -> None:
    calls = []

    class Store:
        def resolve(self, ids: list[str]) -> list[str]:
            calls.append(ids)
            return [id.upper() for id in ids]

    def search(id: str):  # type: ignore[no-untyped-def]
        found = yield Ask("resolve", [id, id])
        return found

    found = run(Store(), [search("a"), search("b")])  # type: ignore[arg-type]
    assert found == [["A", "A"], ["B", "B"]]
    assert calls == [["a", "a", "b", "b"]]


def test_every_rule_says_where_it_is_sound_and_is_shown_by_an_example() -> None:
    for rule in RULES.values():
        assert rule.effect in {"supports", "refutes", "notes"}
        assert ">>> " in rule.documentation, rule.name
        if rule.effect != "notes":
            assert "Sound" in rule.documentation, rule.name
            limits = ("Not applied", "Not the other way", "never to a")
            assert any(words in rule.documentation for words in limits), rule.name


def test_both_languages_have_the_same_phrases_and_every_rule_and_reason_has_one() -> None:
    assert PHRASES["en"].keys() == PHRASES["zh"].keys()
    shared = {"statement", "inverse", "symmetric", "value", "sub_predicate", "transitive"}
    spoken = PHRASES["en"].keys() | shared | {"property_chain", "inherited"}
    assert RULES.keys() <= spoken
    assert REASONS.keys() - {"not_stated"} <= spoken


PLACES = st.sampled_from(["a", "b", "c", "d"])
NAMES = st.sampled_from(
    ["interacts_with", "treats", "contraindicated_in", "subclass_of", "part_of", "inhibits",
     "activates", "has_target", "form_of", "has_active_ingredient", "in_drug_class", "related_to",
     "increases_activity_of", "decreases_activity_of", "located_in"]
)  # fmt: skip
LINE = st.tuples(st.booleans(), PLACES, NAMES, PLACES).map(
    lambda parts: ("not " if parts[0] else "") + " ".join(parts[1:])
)


@given(st.lists(LINE, max_size=8), PLACES, NAMES, PLACES)
def test_no_rule_makes_a_proof_that_its_own_statements_do_not_make(
    lines: list[str], subject: str, predicate: str, object: str
) -> None:
    assertion = said(f"{subject} {predicate} {object}")
    facts = told(*lines)
    for rule in RULES.values():
        for proof in rule.find(assertion, facts):
            assert all(s in facts.statements for s in proof.statements)
            assert holds(proof, assertion, facts)
            if rule.effect == "supports":
                assert not any(s.negated for s in proof.statements)
                assert proof.path is not None
                assert (proof.path.nodes[0], proof.path.nodes[-1]) == (subject, object)


@given(st.lists(LINE, max_size=8), PLACES, NAMES, PLACES, NAMES)
def test_a_statement_about_others_adds_and_takes_away_no_proof(
    lines: list[str], subject: str, predicate: str, object: str, name: str
) -> None:
    assertion = said(f"{subject} {predicate} {object}")
    before, after = told(*lines), told(*lines, f"y {name} z")
    for rule in RULES.values():
        assert rule.find(assertion, before) == rule.find(assertion, after)


def test_judging_needs_nothing_but_the_store(graph: Told) -> None:
    ground = Ground(registry(), frozenset(graph.store.info().predicates))
    assertion = Assertion("x:imatinib", "inhibits", "x:ABL1")
    (judged,) = run(graph.store, [judge(ground, assertion, negated=False, every=False)])
    assert judged.decision.verdict == "SUPPORTED"


def test_confidence_is_that_of_the_weakest_mapping() -> None:
    assert bottleneck([], "a:1", "b:1") == 1.0
