"""What a graph covers of a benchmark, and what of it datasets hold."""

from __future__ import annotations

import gzip
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from claim_graphs import Told, curie

from kgmed.facade import Graph
from kgmed.kg.errors import DataError, UsageError
from kgmed.kg.predicates import registry
from kgmed.reasoning.evaluation.benchmarks import read_benchmark
from kgmed.reasoning.evaluation.contents import ItemCoverage, contents
from kgmed.reasoning.evaluation.coverage import AT_ONCE, CoverageReader
from kgmed.reasoning.evaluation.leaks import leaks
from kgmed.reasoning.evaluation.model import Benchmark, Item

EVAL = Path(__file__).parents[2] / "../shared/data/eval_dev"
at_hand = pytest.mark.skipif(not EVAL.is_dir(), reason="the evaluation files aren't at hand")

LINES = (
    "warfarin interacts_with amiodarone",
    "warfarin interacts_with aspirin",
    "metformin treats diabetes",
    "imatinib inhibits ABL1",
    "salbutamol treats asthma",
)


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> CoverageReader:
    told = Told(tmp_path_factory.mktemp("graph") / "g", *LINES)
    return CoverageReader(told.store, registry())


def choice(question: str, right: str, *options: str, id: str = "1") -> Item:
    lettered = dict(zip("ABCDE", options, strict=False))
    return Item(id, "b", "choice", "en", question, lettered, tuple(right), "")


def said(question: str, right: str, candidate: str = "") -> Item:
    kind: Any = "judgement" if candidate else "yes_no"
    return Item("1", "b", kind, "en", question, right=(right,), candidate=candidate)


def one(reader: CoverageReader, item: Item) -> ItemCoverage:
    (found,) = reader.read([item])
    return found


def test_a_choice_is_covered_where_a_statement_joins_the_question_with_a_right_option(
    reader: CoverageReader,
) -> None:
    found = one(reader, choice("A man on warfarin bleeds. Which drug did it?", "A", "Amiodarone",
                               "Paroxetine"))  # fmt: skip
    assert (found.level, found.why, found.only_right) == ("covered", "joined", True)
    assert found.question == (curie("warfarin"),)
    assert (found.right, found.predicates) == ((curie("amiodarone"),), ("interacts_with",))
    assert len(found.statements) == 1


def test_a_wrong_option_that_is_joined_too_is_told(reader: CoverageReader) -> None:
    question = "A man on warfarin bleeds. Which drug did it?"
    both = one(reader, choice(question, "A", "amiodarone", "aspirin"))
    assert (both.level, both.only_right) == ("covered", False)
    several = one(reader, choice(question, "AB", "amiodarone", "aspirin", "paroxetine"))
    assert (several.level, several.only_right) == ("covered", True)
    misled = one(reader, choice(question, "B", "amiodarone", "paroxetine"))
    assert (misled.level, misled.only_right) == ("linked", False)


def test_an_item_is_linked_where_both_ends_are_known_and_nothing_joins_them(
    reader: CoverageReader,
) -> None:
    linked = one(reader, choice("Which drug for gout?", "A", "paroxetine", "talcum"))
    assert (linked.level, linked.why, linked.only_right) == ("linked", "", None)
    assert one(reader, choice("Which drug for gout?", "B", "paroxetine", "talcum")).level == "none"
    assert one(reader, choice("Who was the king?", "A", "warfarin", "talcum")).level == "none"


def test_an_option_that_repeats_the_question_is_joined_to_nothing(reader: CoverageReader) -> None:
    assert one(reader, choice("Is warfarin ...?", "A", "warfarin", "talcum")).level == "none"


def test_a_yes_no_question_is_covered_by_what_joins_its_concepts_or_by_what_it_asks(
    reader: CoverageReader,
) -> None:
    joined = one(reader, said("Does warfarin interact with aspirin?", "yes"))
    assert (joined.level, joined.why) == ("covered", "joined")
    # the source speaks of both under this predicate, and doesn't join them: the answer is told
    silent = one(reader, said("Does salbutamol treat diabetes?", "maybe"))
    assert (silent.level, silent.why, silent.statements) == ("covered", "asked", ())
    unknown = one(reader, said("Does paroxetine treat diabetes?", "maybe"))
    assert (unknown.level, unknown.why) == ("linked", "")
    assert one(reader, said("Does paroxetine help?", "yes")).level == "none"


def test_what_is_judged_is_covered_by_its_own_concepts_or_its_claims(
    reader: CoverageReader,
) -> None:
    true = said("Is it so?", "supported", "Imatinib inhibits ABL1.")
    assert one(reader, true).why == "joined"
    false = said("Is it so?", "hallucinated", "Metformin treats asthma.")
    assert (one(reader, false).level, one(reader, false).why) == ("covered", "asked")
    about = said("What does warfarin do?", "supported", "It changes what amiodarone does.")
    assert one(reader, about).why == "joined"
    none = said("Is it so?", "hallucinated", "Paroxetine treats gout.")
    assert one(reader, none).level == "linked"


def test_an_open_question_is_covered_by_its_answer_or_by_what_it_asks(
    reader: CoverageReader,
) -> None:
    item = Item("1", "b", "open", "en", "What treats asthma?", answer="Salbutamol treats it.")
    assert one(reader, item).why == "joined"
    assert one(reader, replace(item, answer="An inhaler.")).why == "asked"
    assert one(reader, replace(item, question="What treats gout?")).level == "linked"


def test_many_items_are_read_as_each_alone(reader: CoverageReader) -> None:
    texts = ("Which drug for asthma?", "A man on warfarin bleeds.", "Which drug for gout?")
    some = [
        choice(texts[n % 3], "AB"[n % 2], "salbutamol", "aspirin", "paroxetine", id=str(n))
        for n in range(AT_ONCE + 5)
    ]
    together = list(reader.read(some))
    assert [found.id for found in together] == [item.id for item in some]
    assert together == [one(reader, item) for item in some]


def test_the_counts_of_a_benchmark_add_up(reader: CoverageReader) -> None:
    items = (
        choice("A man on warfarin bleeds.", "A", "amiodarone", "paroxetine", id="1"),
        replace(said("Does salbutamol treat diabetes?", "maybe"), id="2", about={"topic": "drugs"}),
        replace(said("Who was the king?", "no"), id="3", context="A long story."),
    )
    benchmark = Benchmark("b", "B", "https://b", "MIT", items, "ab", {"broken": 1})
    found = contents("b.json", benchmark, coverage=reader.read(items), snapshot="s")
    assert (found.kinds, found.languages) == ({"yes_no": 2, "choice": 1}, {"en": 3})
    assert (found.right, found.about) == ({"A": 1, "maybe": 1, "no": 1}, {"topic": {"drugs": 1}})
    assert (found.with_context, found.options) == (1, {"2": 1})
    whole = found.coverage["all"]
    assert (whole.items, whole.covered, whole.asked, whole.none) == (3, 2, 1, 1)
    assert whole.only_right == 1
    assert [each.coverage for each in found.each] == ["covered", "covered", "none"]
    assert contents("b.json", benchmark).coverage == {}


@at_hand
@pytest.mark.parametrize(
    ("path", "covered"), [("medqa", 0.12), ("medmcqa", 0.06), ("pubmedqa", 0.06)]
)
def test_the_open_graph_covers_little_of_the_public_exams_and_says_so(
    graph: Graph, path: str, covered: float
) -> None:
    benchmark = read_benchmark(EVAL / path)
    found = list(CoverageReader(graph.store, graph.registry).read(benchmark.items))
    assert len(found) == len(benchmark.items)
    assert 0 < sum(each.level == "covered" for each in found) < covered * len(found)
    for each in found:
        for statement in each.statements:
            ends = graph.statement(statement)
            assert {ends.subject, ends.object} & set(each.question)


ITEM = Item(
    "7", "b", "choice", "en",
    "A tall man with a red hat takes one small white tablet every morning and bleeds. Why?",
    {"A": "Warfarin", "B": "The second question of a test is what he reads in bed at night"},
    ("A",), context="He was seen in March.",
)  # fmt: skip
SHORT = Item("8", "b", "yes_no", "en", "Does white talc treat gout?", right=("no",))


def rows(path: Path, *said: str, **more: Any) -> Path:
    records = [
        {"id": f"r{n}", "messages": [{"role": "user", "content": text}], "licence": "x", **more}
        for n, text in enumerate(said, 1)
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    return path


def test_items_that_share_text_with_rows_are_told_with_where(tmp_path: Path) -> None:
    path = rows(
        tmp_path / "train-0.jsonl",
        "Nothing of it.",
        f"Case: {ITEM.question.upper()}",
        "Tell me, does white talc treat gout?",
    )
    found = leaks([ITEM, SHORT, replace(SHORT, id="9")], [path])
    assert [(leak.id, leak.rule, leak.row) for leak in found.found] == [
        ("7", "words", "r2"), ("8", "whole", "r3"), ("9", "whole", "r3"),
    ]  # fmt: skip
    assert found.ids == {"7", "8", "9"}
    assert (found.rows, found.items, found.rules) == (3, 3, {"whole": 2, "words": 1})


def test_options_and_contexts_are_compared_and_names_of_things_are_not(tmp_path: Path) -> None:
    option = rows(tmp_path / "a.jsonl", "Why? The second question of a test is what he reads in bed"
                  " at night, and warfarin.")  # fmt: skip
    assert [leak.field for leak in leaks([ITEM], [option]).found] == ["options.B"]
    assert leaks([ITEM, SHORT], [rows(tmp_path / "b.jsonl", "Warfarin is a drug.")]).found == ()


def test_rows_that_no_model_is_trained_on_are_passed_over(tmp_path: Path) -> None:
    folder = tmp_path / "dataset"
    rows(folder / "instructions/test-0.jsonl", SHORT.question)
    rows(folder / "instructions/train-0.jsonl", "Something else.", licence=SHORT.question)
    rows(folder / ".kgmed/part.jsonl", SHORT.question)
    found = leaks([SHORT], [folder])
    assert (found.found, found.rows, found.tests) == ((), 1, 0)
    held_out = rows(tmp_path / "own.jsonl", SHORT.question, split="test")
    assert leaks([SHORT], [held_out]).tests == 1
    packed = tmp_path / "own.txt.gz"
    packed.write_bytes(gzip.compress(f"{SHORT.question}\n".encode()))
    assert leaks([SHORT], [packed]).ids == {"8"}


def test_a_dataset_that_isnt_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="expected a dataset's"):
        leaks([SHORT], [tmp_path / "nowhere"])
    (tmp_path / "empty").mkdir()
    with pytest.raises(UsageError, match=r"found no file of .jsonl"):
        leaks([SHORT], [tmp_path / "empty"])
