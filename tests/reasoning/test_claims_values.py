"""Claims about values (half-lives, dosages), one by one and in tables, on every back end."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from claim_graphs import sources
from support import RowSource, source
from untold import Untold

from kgmed.builders.overlay import make_overlay
from kgmed.builders.pipeline import build
from kgmed.facade import load_graph, open_graph
from kgmed.kg.predicates import registry
from kgmed.kg.store.base import GraphStore
from kgmed.kg.store.embedded import open_store
from kgmed.reasoning.claims.batch import verify_file, verify_triples
from kgmed.reasoning.claims.model import Claim
from kgmed.reasoning.claims.verify import Verifier

Asked = tuple[str, str, str, bool, dict[str, str]]
DOSAGE = "口服，一次 0.3 g"


def value(subject: str, predicate: str, text: str, **more: Any) -> dict[str, Any]:
    kind = "number" if text.replace(".", "").isdigit() else "text"
    named = {"subject": f"x:{subject}", "predicate": predicate, "value": text, "value_type": kind}
    return {**named, **more}


def stated() -> list[RowSource]:
    mine = [
        value("warfarin", "has_half_life", "40", unit="h"),
        value("warfarin", "has_half_life", "36", unit="h"),
        value("metformin", "has_half_life", "6.2", unit="h"),
        value("aspirin", "has_dosage", DOSAGE, qualifiers='{"route":"oral"}'),
        value("aspirin", "has_half_life", "20", unit="min", negated=True),
    ]
    theirs = [value("warfarin", "has_half_life", "40", unit="h", negated=True)]
    return [
        *sources(["warfarin interacts_with aspirin"]),
        source("infores:v", statements=mine),
        source("infores:w", statements=theirs),
    ]


EXPECTED: list[tuple[Asked, str, str]] = [
    (("x:metformin", "has_half_life", "6.2 h", False, {}), "SUPPORTED", "value"),
    (("x:metformin", "has_half_life", "6.20 H", False, {}), "SUPPORTED", "value"),
    (("x:metformin", "has_half_life", "6.2", False, {}), "SUPPORTED", "value"),
    (("x:metformin", "has_half_life", "6.2 h", True, {}), "REFUTED", "value"),
    (("6.2 h", "half_life_of", "x:metformin", False, {}), "SUPPORTED", "value"),
    (("x:metformin", "has_half_life", "6.2 min", False, {}), "UNSUPPORTED", "not_stated"),
    (("x:metformin", "has_half_life", "7 h", False, {}), "UNSUPPORTED", "not_stated"),
    (("x:metformin", "has_half_life", "7 h", True, {}), "UNSUPPORTED", "not_stated"),
    (("x:warfarin", "has_half_life", "36 h", False, {}), "SUPPORTED", "value"),
    (("x:aspirin", "has_half_life", "20 min", False, {}), "REFUTED", "explicit_negative"),
    (("x:aspirin", "has_half_life", "20 min", True, {}), "SUPPORTED", "explicit_negative"),
    (("x:aspirin", "has_dosage", DOSAGE, False, {}), "SUPPORTED", "value"),
    (("x:aspirin", "has_dosage", DOSAGE, False, {"route": "oral"}), "SUPPORTED", "value"),
    (("x:aspirin", "has_dosage", DOSAGE, False, {"route": "iv"}), "UNSUPPORTED",
     "qualifiers_differ"),
    (("x:gout", "has_half_life", "1 h", False, {}), "NOT_COVERED", "subject_not_covered"),
    (("x:gout", "has_clearance", "1 L/h", False, {}), "NOT_COVERED", "predicate_absent"),
    (("x:nothing", "has_half_life", "1 h", False, {}), "NOT_COVERED", "not_linked"),
    (("x:metformin", "has_half_life", "", False, {}), "NOT_COVERED", "no_value"),
    (("x:metformin", "has_half_life", " ", True, {}), "NOT_COVERED", "no_value"),
]  # fmt: skip
OTHERS: list[Asked] = [  # between values, and looked up in the arrays
    ("x:warfarin", "interacts_with", "x:aspirin", False, {}),
    ("x:warfarin", "loves", "x:aspirin", False, {}),
]


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("values") / "g"
    build(stated(), folder)
    return folder


def table(rows: list[Asked]) -> pa.Table:
    names = ("subject", "predicate", "object", "negated")
    columns: dict[str, list[Any]] = {n: [r[i] for r in rows] for i, n in enumerate(names)}
    columns["qualifiers"] = [json.dumps(r[4]) if r[4] else None for r in rows]
    return pa.table(columns)


def claim(row: Asked) -> Claim:
    return Claim(row[0], row[1], row[2], row[3], row[4])


@pytest.mark.parametrize(("row", "verdict", "why"), EXPECTED)
def test_a_claim_about_a_value(root: Path, row: Asked, verdict: str, why: str) -> None:
    checked = Verifier(open_store(root), registry()).claim(claim(row))
    assert checked.proof is not None
    assert (checked.verdict, checked.reason or checked.proof.rule) == (verdict, why)
    assert checked.proof.words


def same_as_single(store: GraphStore) -> list[dict[str, Any]]:
    rows = [row for row, _verdict, _why in EXPECTED]
    rows = [*rows[:5], OTHERS[0], *rows[5:], OTHERS[1]]
    found: list[dict[str, Any]] = verify_triples(store, table(rows)).to_pylist()
    single = Verifier(store, registry()).claims([claim(row) for row in rows])
    for row, told, checked in zip(rows, found, single, strict=True):
        assert checked.proof is not None
        assert (told["subject"], told["object"]) == (row[0], row[2])
        assert told["statements"] == [s.id for s in checked.proof.statements], row
        assert (told["verdict"], told["rule"], told["reason"], told["confidence"]) == (
            checked.verdict, checked.proof.rule, checked.reason, checked.confidence,
        ), row  # fmt: skip
    return found


def test_tables_give_values_the_verdicts_of_single_claims_among_others(root: Path) -> None:
    found = same_as_single(open_store(root))
    assert found[5]["rule"] == "symmetric"
    assert [told["verdict"] for told in found].count("SUPPORTED") == 9


def test_a_name_or_nothing_at_the_subject_and_no_text_at_the_value(root: Path) -> None:
    asked = {
        "subject": ["metformin", "metformine", None, "x:metformin"],
        "predicate": ["has_half_life"] * 4,
        "object": ["6.2 h", "7 h", "6.2 h", None],
    }
    found = verify_triples(open_store(root), asked).to_pylist()
    assert [(told["verdict"], told["reason"]) for told in found] == [
        ("SUPPORTED", ""), ("UNSUPPORTED", "not_stated"), ("NOT_COVERED", "not_linked"),
        ("NOT_COVERED", "no_value"),
    ]  # fmt: skip


def test_two_sources_that_disagree_on_a_value_are_a_conflict(root: Path) -> None:
    verifier = Verifier(open_store(root), registry())
    for negated, other in ((False, "explicit_negative"), (True, "value")):
        checked = verifier.claim(Claim("x:warfarin", "has_half_life", "40 h", negated))
        assert (checked.verdict, checked.conflict) == ("SUPPORTED", True)
        assert [p.rule for p in checked.against] == [other]


def test_a_file_of_values_is_verified(root: Path, tmp_path: Path) -> None:
    rows = ["subject,predicate,object", "metformin,has_half_life,6.2 h",
            "metformin,has_half_life,7 h", "warfarin,interacts_with,aspirin"]  # fmt: skip
    (tmp_path / "in.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    verify_file(root, tmp_path / "in.csv", tmp_path / "out.csv")
    with (tmp_path / "out.csv").open(encoding="utf-8", newline="") as file:
        found = [row["verdict"] for row in csv.DictReader(file)]
    assert found == ["SUPPORTED", "UNSUPPORTED", "SUPPORTED"]


def test_a_retracted_value_bears_nothing_out_and_covers_nothing(
    tmp_path: Path,
) -> None:
    build(stated(), tmp_path / "g")
    (half_life,) = open_store(tmp_path / "g").values(["x:metformin"])[0]
    errata = tmp_path / "errata.tsv"
    errata.write_text(
        f"statement_id\treason\twho\tdate\n{half_life.id}\twrong\tme\t2026-11-20\n",
        encoding="utf-8",
    )
    make_overlay(tmp_path / "g", errata=[errata], sources=[])
    found = verify_triples(open_store(tmp_path / "g"), table([EXPECTED[0][0], EXPECTED[3][0]]))
    assert [(told["verdict"], told["reason"]) for told in found.to_pylist()] == [
        ("NOT_COVERED", "subject_not_covered"),
    ] * 2


@pytest.mark.real
def test_a_server_gives_values_the_same_verdicts(root: Path, neo4j_uri: str) -> None:
    load_graph(neo4j_uri, root, prune=True, tell=Untold())
    with open_graph(neo4j_uri, progress=Untold()) as served:
        assert same_as_single(served.store) == same_as_single(open_store(root))
