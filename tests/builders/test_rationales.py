"""Rationales of a user's questions are paths of the graph that explain, or nothing."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from kgmed import open_graph
from kgmed.builders.datasets.rationales import REASONS, Counts, Rationales, explains
from kgmed.facade import Graph
from kgmed.kg.errors import DataError, UsageError
from kgmed.kg.linking.linker import Linker
from kgmed.kg.paths.find import find_paths
from kgmed.kg.predicates import registry
from kgmed.kg.qa import QaItem, read_qa

EVAL = Path(__file__).parents[2] / "../shared/data/eval_dev"


@pytest.fixture(scope="module")
def graph() -> Graph:
    return open_graph("kgmed:open")


@pytest.fixture(scope="module")
def make(graph: Graph) -> Rationales:
    return Rationales(graph.store, registry(), Linker(graph.store))


def question(text: str, answer: str, *wrong: str) -> QaItem:
    options = dict(zip("ABCD", (answer, *wrong), strict=False)) if wrong else {}
    return QaItem("1", text, answer, options, ("A",) if wrong else ())


def test_a_path_from_question_to_answer_is_the_rationale(graph: Graph, make: Rationales) -> None:
    draft = make.row(
        question("Which drug lowers the uric acid of a man with gout?", "Allopurinol", "Aspirin")
    )
    assert not isinstance(draft, str)
    assert draft.messages[0][1].endswith("\nA. Allopurinol\nB. Aspirin")
    assert draft.messages[1][1] == draft.rationale
    assert draft.rationale.endswith("So the answer is A: Allopurinol.")
    ids = [id for fact in draft.facts for id in fact.ids]
    found = graph.store.statements(ids)
    assert ids
    assert all(found)
    ends = {end for s in found if s for end in (s.subject, s.object)}
    assert "drugbank:DB00437" in ends
    for said in draft.rationale.split(". ")[1:-1]:
        verdicts = {c.verdict for c in graph.verify(said + ".").claims}
        assert verdicts <= {"SUPPORTED"}, said


def test_chinese_questions_have_chinese_rationales(make: Rationales) -> None:
    draft = make.row(question("哪种药物可用于治疗痛风？", "别嘌醇"))
    assert not isinstance(draft, str)
    assert draft.lang == "zh"
    assert draft.rationale.endswith("因此答案是别嘌醇。")
    assert "题目涉及痛风" in draft.rationale
    assert "别嘌醇" in draft.rationale.split("。")[1]


@pytest.mark.parametrize(
    ("item", "reason"),
    [
        (question("Is gout treated with allopurinol?", "yes"), 0),
        (question("What is it?", "gout"), 1),
        (question("Which drug treats gout?", "the purple one"), 2),
        (question("Which drug treats gout?", "a drug that some take with allopurinol at night"), 2),
        (question("Does warfarin?", "warfarin"), 3),
        (question("What is good in eating disorder?", "cerulenin"), 4),
    ],
)
def test_no_path_no_row_and_the_reason_is_counted(
    make: Rationales, item: QaItem, reason: int
) -> None:
    counts = Counts()
    assert list(make.rows([item], counts)) == []
    assert dict(counts.without) == {REASONS[reason]: 1}


def test_what_speaks_for_a_wrong_option_too_decides_nothing(make: Rationales) -> None:
    item = question("Which drug treats gout?", "Allopurinol", "Colchicine")
    assert make.row(item) == REASONS[5]


def test_a_path_that_takes_a_step_back_explains_nothing(graph: Graph) -> None:
    ids = "drugbank:DB00437", "drugbank:DB01394"  # allopurinol, colchicine
    found = find_paths(graph.store, *ids, registry=registry(), hops=2, limit=50).paths
    assert found
    for path in found:
        shape = [(s.statement.predicate, s.direction) for s in path.steps]
        if len(shape) == 2 and shape[0][0] == shape[1][0]:
            assert not explains(path)


@pytest.mark.skipif(not EVAL.is_dir(), reason="the evaluation files aren't at hand")
def test_each_question_of_an_exam_has_a_row_or_a_reason(make: Rationales) -> None:
    counts = Counts()
    rows = list(make.rows(read_qa(EVAL / "medqa/us_4options_first200.jsonl"), counts))
    assert counts.questions == 200 == counts.rows + sum(counts.without.values())
    assert counts.rows == len(rows) >= 5
    for row in rows:
        assert row.facts
        assert row.extra["answer"] in row.messages[1][1]


@pytest.mark.skipif(not EVAL.is_dir(), reason="the evaluation files aren't at hand")
def test_a_files_rationales_are_a_dataset_with_a_card(graph: Graph, tmp_path: Path) -> None:
    file, out = EVAL / "medqa/us_4options_first200.jsonl", tmp_path / "out"
    made = graph.write_rationales(file, out)
    lines = [
        json.loads(line)
        for path in sorted((out / "rationales").glob("*.jsonl"))
        for line in path.read_text(encoding="utf-8").splitlines()
    ]
    assert made.tasks["rationale"]["en"] == len(lines) >= 5
    assert all(line["statements"] and line["rationale"] for line in lines)
    card = (out / "README.md").read_text(encoding="utf-8")
    told = [int(n) for n in re.findall(r"\| rationale \| en \| [a-z ]+ \| (\d+) \|", card)]
    assert sum(told) + len(lines) == 200
    again = {p.name: p.read_bytes() for p in (out / "rationales").iterdir()}
    graph.write_rationales(file, out, processes=2)
    assert {p.name: p.read_bytes() for p in (out / "rationales").iterdir()} == again


def test_what_cant_be_used_is_said(graph: Graph, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="can't be read"):
        graph.write_rationales(tmp_path / "none.jsonl", tmp_path / "a")
    path = tmp_path / "q.jsonl"
    path.write_text('{"question": "Is gout treated?", "answer": "yes"}\n', encoding="utf-8")
    with pytest.raises(UsageError, match="expected 1 to 4 hops"):
        graph.write_rationales(path, tmp_path / "b", hops=9)
    with pytest.raises(UsageError, match="No row came out"):
        graph.write_rationales(path, tmp_path / "c")
