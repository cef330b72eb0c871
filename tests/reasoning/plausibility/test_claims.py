"""What a model says of UNSUPPORTED claims stands apart: nothing else depends on it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from plausible import graph as small

from kgmed.builders.overlay import make_overlay
from kgmed.facade import Graph, open_graph
from kgmed.kg.errors import StoreError, UsageError
from kgmed.kg.model import canonical_qualifiers
from kgmed.kg.paths.find import find_paths
from kgmed.reasoning.claims.batch import verify_file
from kgmed.reasoning.claims.batch.plausible import PLAUSIBLE
from kgmed.reasoning.claims.model import Checked, Claim
from kgmed.reasoning.claims.recheck import recheck
from kgmed.reasoning.claims.report import lines, page, refchecker
from kgmed.reasoning.claims.verify import Verifier
from kgmed.reasoning.display.verdicts import checked_html
from kgmed.reasoning.plausibility.uses.claims import moved
from kgmed.reasoning.plausibility.uses.words import PHRASES, REASONS, sentence, shown
from kgmed.wire import adapter, to_json, to_plain, verified

MORE = [
    {"subject": "x:Drug3", "predicate": "interacts_with", "object": "x:Drug9",
     "qualifiers": canonical_qualifiers({"severity": "critical"})},
    {"subject": "x:Drug4", "predicate": "treats", "object": "x:Disease9", "negated": True},
    {"subject": "x:Drug5", "predicate": "has_half_life", "value": "40", "value_type": "number",
     "unit": "h"},
]  # fmt: skip
OTHERWISE = Claim("x:Drug3", "interacts_with", "x:Drug9", qualifiers={"severity": "minor"})


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = small(tmp_path_factory.mktemp("graph") / "graph", more=MORE).root
    with open_graph(found) as opened:
        opened.learn_train(model="paths", share=0.15)
    return found


@pytest.fixture(scope="module")
def learned(root: Path) -> Iterator[Graph]:
    with open_graph(root) as opened:
        yield opened


KINDS = {"Drug": 12, "Disease": 12, "Gene": 6, "DrugClass": 6}
NAMES = [f"{kind}{n}" for kind, most in KINDS.items() for n in range(most)]
ENDS = st.sampled_from([f"x:{name}" for name in NAMES] + ["x:nobody"])
PREDICATES = st.sampled_from(
    ["treats", "interacts_with", "inhibits", "in_drug_class", "treated_by", "affects",
     "has_half_life", "biolink:treats", "no_such"]
)  # fmt: skip
CLAIMS = st.one_of(
    st.builds(
        Claim, ENDS, PREDICATES, ENDS, st.booleans(),
        st.sampled_from([{}, {}, {}, {"severity": "minor"}]),
    ),
    st.just(OTHERWISE),
)  # fmt: skip


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(CLAIMS, min_size=1, max_size=12))
def test_all_but_the_plausibility_is_the_same_with_a_model_and_without(
    learned: Graph, claims: list[Claim]
) -> None:
    without = learned.verify_claims(claims)
    found = learned.verify_claims(claims, plausibility=True)
    assert [replace(one, plausibility=None) for one in found] == without
    for plain, one in zip(without, found, strict=True):
        assert (one.plausibility is not None) == (plain.verdict == "UNSUPPORTED")
        if one.plausibility is None:
            continue
        told = one.plausibility
        assert (told.probability is None) == (told.reason in REASONS)
        assert told.model == "default"
        if told.probability is not None:
            assert 0 < told.probability < 1
            assert not one.claim.negated
        assert len(told.paths) <= 3
        for path in told.paths:
            assert len(path.steps) <= 3
            assert set(path.names) == set(path.nodes)


def probability(graph: Graph, *claim: str) -> float:
    (found,) = graph.verify_claims([Claim(*claim)], plausibility=True)
    assert found.plausibility is not None
    assert found.plausibility.probability is not None
    return found.plausibility.probability


def unstated(graph: Graph, predicate: str, kind: str) -> list[tuple[str, str, str]]:
    pairs = [(f"x:Drug{a}", predicate, f"x:{kind}{b}") for a in range(60) for b in range(24)]
    stated = graph.store.has_statements(pairs)
    return [pair for pair, there in zip(pairs, stated, strict=True) if not there]


def test_what_is_likely_but_unstated_is_more_plausible(learned: Graph) -> None:
    pairs = unstated(learned, "treats", "Disease")
    found = learned.verify_claims([Claim(*pair) for pair in pairs], plausibility=True)
    told = [
        ((int(s[6:]) - int(o[9:])) % 6 == 0, one.plausibility.probability)
        for (s, _p, o), one in zip(pairs, found, strict=True)
        if one.plausibility is not None and one.plausibility.probability is not None
    ]
    likely, unlikely = ([p for kind, p in told if kind == wanted] for wanted in (True, False))
    assert min(len(likely), len(unlikely)) > 20
    assert np.mean(likely) > np.mean(unlikely) + 0.3


def test_the_probability_is_the_scorers_whatever_the_claims_wording(learned: Graph) -> None:
    s, p, o = unstated(learned, "treats", "Disease")[0]
    (expected,) = learned.plausibility([(s, p, o)])
    assert probability(learned, s, p, o) == expected
    assert probability(learned, o, "treated_by", s) == expected
    assert probability(learned, s, "biolink:treats", o) == expected


def test_where_a_model_tells_nothing_it_says_why(learned: Graph) -> None:
    s, p, o = unstated(learned, "treats", "Disease")[0]
    asked = {
        "negated": Claim(s, p, o, negated=True),
        "stated_otherwise": OTHERWISE,
        "value": Claim("x:Drug5", "has_half_life", "41 h"),
    }
    found = learned.verify_claims(list(asked.values()), plausibility=True)
    assert [one.verdict for one in found] == ["UNSUPPORTED"] * 3
    for reason, one in zip(asked, found, strict=True):
        told = one.plausibility
        assert told is not None
        assert (told.probability, told.reason) == (None, reason)
        assert told.words.startswith("No plausibility by the model `default`: ")
    assert found[1].plausibility is not None
    stated = found[1].plausibility.paths[0].statements
    assert [dict(one.qualifiers) for one in stated] == [{"severity": "critical"}]
    assert found[2].plausibility is not None
    assert found[2].plausibility.paths == ()


def test_what_a_model_has_not_seen_is_named(learned: Graph) -> None:
    scorer = learned.scorer()
    assert scorer.lack("x:Drug1", "cures", "x:Drug2") == "unseen_predicate"
    assert scorer.lack("x:nobody", "treats", "x:Disease2") == "unseen_subject"
    assert scorer.lack("x:Drug1", "treats", "x:nobody") == "unseen_object"
    assert scorer.lack("x:Drug1", "treats", "x:Drug1") == "one_concept"
    assert scorer.lack("x:Drug1", "treats", "x:Disease2") == ""
    assert scorer.fits("x:Drug1", "treats", "x:Disease2")
    assert not scorer.fits("x:Disease2", "treats", "x:Drug1")


def test_the_paths_are_those_that_a_search_finds(learned: Graph) -> None:
    s, p, o = unstated(learned, "treats", "Disease")[0]
    (found,) = learned.verify_claims([Claim(s, p, o)], plausibility=True)
    expected = find_paths(learned.store, s, o, registry=learned.registry, hops=3, limit=3).paths
    assert found.plausibility is not None
    assert found.plausibility.paths == expected != ()


def test_another_share_of_true_statements_moves_the_probability_alone(learned: Graph) -> None:
    s, p, o = unstated(learned, "treats", "Disease")[0]
    even, rare = (learned.verify_claims([Claim(s, p, o)], plausibility=True, prior=prior)[0]
                  for prior in (0.5, 0.05))  # fmt: skip
    assert even.plausibility is not None
    assert rare.plausibility is not None
    assert even.plausibility.probability is not None
    odds = even.plausibility.probability / (1 - even.plausibility.probability) * 0.05 / 0.95
    assert rare.plausibility.probability == pytest.approx(odds / (1 + odds))
    assert rare.plausibility.prior == 0.05
    assert moved(1.0, 0.05) > 0.99
    with pytest.raises(UsageError, match="prior=1, expected the share"):
        learned.verify("x", plausibility=True, prior=1)


TEXT = "Drug1 treats Disease2. Drug1 does not treat Disease2. Drug1 treats Disease1. Is it safe?"


def test_a_text_and_a_stream_say_the_same_in_both_languages(learned: Graph) -> None:
    plain, found = learned.verify(TEXT), learned.verify(TEXT, plausibility="default")
    assert [replace(one, plausibility=None) for one in found.claims] == list(plain.claims)
    streamed = [
        one for part in learned.verify_stream(iter(TEXT), plausibility=True) for one in part.claims
    ]
    assert [one.plausibility for one in streamed] == [one.plausibility for one in found.claims]
    (chinese,) = learned.verify("药物 Drug1 可以治疗 Disease2。", plausibility=True).claims
    assert chinese.plausibility is not None
    assert "这不是证据" in chinese.plausibility.words
    assert found.claims[0].plausibility is not None
    assert chinese.plausibility.probability == found.claims[0].plausibility.probability


def test_labels_and_kept_verdicts_are_the_same(learned: Graph) -> None:
    plain, found = learned.verify(TEXT), learned.verify(TEXT, plausibility=True)
    assert refchecker(found) == refchecker(plain)
    stored = json.loads(to_json(verified(found)))
    verifier = Verifier(learned.store, learned.registry)
    assert recheck(stored, learned.store, verifier).changes == ()
    for one in stored["claims"]:
        one.pop("plausibility")
    expected = to_plain(verified(plain))["claims"]
    assert stored["claims"] == [
        {k: v for k, v in one.items() if k != "plausibility"} for one in expected
    ]


def test_the_shape_holds_it_and_reads_files_that_lack_it(learned: Graph) -> None:
    shape = verified(learned.verify(TEXT, plausibility=True))
    back = adapter("kgmed.verification/1").validate_json(to_json(shape))
    assert [one.plausibility for one in back.claims] == [one.plausibility for one in shape.claims]
    old = json.loads(to_json(shape))
    for one in old["claims"]:
        one.pop("plausibility")
    read = adapter("kgmed.verification/1").validate_json(json.dumps(old))
    assert all(one.plausibility is None for one in read.claims)


def test_people_are_told_that_it_is_no_evidence_and_what_it_means(learned: Graph) -> None:
    found, plain = learned.verify(TEXT, plausibility=True), learned.verify(TEXT)
    told = "\n".join(lines(found))
    line = found.claims[0].plausibility
    assert line is not None
    assert line.words.startswith("Not in the graph. Plausibility by the model `default`: 0.")
    assert line.words.endswith("Not evidence.")
    meaning = "a mixture of 50% true statements and 50%"
    nearest = "Nearest path: Drug1 "
    for whole in (told, page(found), found._repr_html_()):
        assert "Plausibility by the model `default`: 0." in whole
        assert whole.count(meaning) == 1
        assert nearest in whole
    assert "Not evidence." in checked_html(found.claims[0])
    bare = "\n".join(lines(plain))
    assert "lausib" not in bare + page(plain) + plain._repr_html_()
    assert [one for one in told.splitlines() if one in set(bare.splitlines())] == bare.splitlines()


def test_phrases_are_the_same_in_both_languages_and_name_every_reason() -> None:
    assert PHRASES["en"].keys() == PHRASES["zh"].keys()
    assert set(REASONS) < PHRASES["en"].keys()
    banned = ("support", "proof", "支持", "证明")
    for lang in PHRASES:
        said = " ".join(PHRASES[lang].values())
        assert not [word for word in banned if word in said]
    assert (shown(0.999), shown(0.0), shown(0.5)) == (">0.99", "<0.01", "0.50")


def test_what_is_known_by_name_alone_is_said() -> None:
    plain = sentence(0.5, "near", "", "en")
    assert sentence(0.5, "near", "", "en", ["a", "b"]) == (
        f"{plain} It was trained on no statement about a and b: it goes by names that are alike."
    )
    assert "关于a、b的陈述" in sentence(0.5, "near", "", "zh", ["a", "b"])


def test_a_model_that_is_not_there_or_of_another_snapshot_is_told_before_reading(
    root: Path, tmp_path: Path
) -> None:
    def parts() -> Iterator[str]:
        raise AssertionError("read")
        yield ""

    with open_graph(root) as opened:
        with pytest.raises(UsageError, match="no model 'other'"):
            opened.verify_stream(parts(), plausibility="other")
        with pytest.raises(UsageError, match="no model 'other'"):
            verify_file(root, tmp_path / "none.csv", tmp_path / "out.csv", model="other")
    old = small(tmp_path / "graph", seed=1).root
    with open_graph(old) as opened:
        opened.learn_train(model="paths", share=0.15)
        statement = next(iter(opened.store.scan()))
    errata = tmp_path / "errata.tsv"
    errata.write_text(
        f"statement_id\treason\twho\tdate\n{statement.id}\twrong\tme\t2026-01-01\n", "utf-8"
    )
    make_overlay(old, errata=[errata])
    with open_graph(old) as opened, pytest.raises(StoreError, match="was trained on snapshot"):
        opened.verify(TEXT, plausibility=True)


# Tables


def rows(learned: Graph) -> list[dict[str, str]]:
    some = unstated(learned, "treats", "Disease")[:40]
    found = [{"subject": s, "predicate": p, "object": o, "negated": ""} for s, p, o in some]
    found += [{**one, "negated": "true"} for one in found[:3]]
    found += [{"subject": one["object"], "predicate": "treated_by", "object": one["subject"],
               "negated": ""} for one in found[:3]]  # fmt: skip
    found += [
        {"subject": "Drug1", "predicate": "treats", "object": "Disease1", "negated": ""},
        {"subject": "x:Drug5", "predicate": "has_half_life", "object": "41 h", "negated": ""},
        {"subject": "x:nobody", "predicate": "treats", "object": "x:Disease1", "negated": ""},
        {"subject": "drug 2", "predicate": "treats", "object": "Disease 5", "negated": ""},
    ]
    return [{**one, "severity": ""} for one in found] + [
        {"subject": "x:Drug3", "predicate": "interacts_with", "object": "x:Drug9", "negated": "",
         "severity": "minor"},
    ]  # fmt: skip


def singly(learned: Graph, given: list[dict[str, str]]) -> list[Checked]:
    from kgmed.reasoning.claims.batch.singly import Row, Singly

    single = Singly(learned.store, learned.registry)
    told = [
        Row(one["subject"], one["predicate"], one["object"], bool(one["negated"]),
            {"severity": one["severity"]} if one["severity"] else {})
        for one in given
    ]  # fmt: skip
    return learned.verify_claims([single._claim(one) for one in told], plausibility=True)


def test_a_table_has_what_each_claim_has(learned: Graph, root: Path, tmp_path: Path) -> None:
    given = rows(learned)
    source, plain, out = tmp_path / "t.csv", tmp_path / "plain.parquet", tmp_path / "o.parquet"
    head = list(given[0])
    source.write_text(
        "\n".join([",".join(head), *(",".join(one[name] for name in head) for one in given)]) + "\n"
    )
    verify_file(root, source, plain)
    verify_file(root, source, out, model="default", rows=7, processes=2)
    without, found = pq.read_table(plain), pq.read_table(out)
    assert found.column_names == [*without.column_names, *PLAUSIBLE]
    assert found.select(without.column_names).to_pylist() == without.to_pylist()
    for one, row in zip(singly(learned, given), found.to_pylist(), strict=True):
        assert one.verdict == row["verdict"]
        told = one.plausibility
        assert row["plausibility_model"] == (told.model if told else None)
        assert row["plausibility"] == (told.probability if told else None)
    assert sum(row["plausibility"] is not None for row in found.to_pylist()) > 20


def test_lines_of_json_and_an_overlay_have_the_columns_too(root: Path, tmp_path: Path) -> None:
    lines = tmp_path / "t.jsonl"
    lines.write_text('{"subject": "x:Drug1", "predicate": "treats", "object": "x:Disease2"}\n')
    verify_file(root, lines, tmp_path / "o.jsonl", model="default")
    told = json.loads((tmp_path / "o.jsonl").read_text())
    assert told["plausibility_model"] == "default"
    assert 0 < told["plausibility"] < 1
    taken = tmp_path / "taken.jsonl"
    taken.write_text(lines.read_text().replace("{", '{"plausibility": 1, '))
    verify_file(root, taken, tmp_path / "kept.jsonl")
    assert json.loads((tmp_path / "kept.jsonl").read_text())["plausibility"] == 1
    with pytest.raises(Exception, match="'plausibility'"):
        verify_file(root, taken, tmp_path / "o2.jsonl", model="default")
