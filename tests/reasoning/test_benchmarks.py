"""Each benchmark is read in its published format, and what is none is said."""

from __future__ import annotations

import gzip
import json
import pkgutil
from collections import Counter
from hashlib import sha256
from importlib import import_module
from pathlib import Path

import published as shapes
import pytest
from published import document, lines, parquet, published, table

from kgmed.kg.errors import DataError, KgmedError, UsageError
from kgmed.reasoning.evaluation import benchmarks
from kgmed.reasoning.evaluation.benchmarks import FORMATS, read_benchmark
from kgmed.reasoning.evaluation.model import Benchmark, Item

EVAL = Path(__file__).parents[2] / "../shared/data/eval_dev"
at_hand = pytest.mark.skipif(not EVAL.is_dir(), reason="the evaluation files aren't at hand")


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return published(tmp_path_factory.mktemp("published"))


def by_id(found: Benchmark) -> dict[str, Item]:
    return {item.id: item for item in found.items}


def test_every_reader_is_registered() -> None:
    modules = (
        import_module(f"{benchmarks.__name__}.{module.name}")
        for module in pkgutil.iter_modules(benchmarks.__path__)
    )
    written = {module.FORMAT.name for module in modules if hasattr(module, "FORMAT")}
    assert written == set(FORMATS)


@pytest.mark.parametrize("name", FORMATS)
def test_a_format_is_told_by_its_fields_and_read_the_same_by_its_name(
    files: dict[str, Path], name: str
) -> None:
    found = read_benchmark(files[name])
    assert found.name == name
    assert found == read_benchmark(files[name], name)
    assert {item.benchmark for item in found.items} == {name}
    assert len(by_id(found)) == len(found.items)
    for item in found.items:
        assert item.question
        match item.kind:
            case "choice":
                assert set(item.right) <= set(item.options)
                assert item.answer == "; ".join(item.options[letter] for letter in item.right)
            case "yes_no":
                assert item.right[0] in {"yes", "no", "maybe"}
                assert not item.options
            case "judgement":
                assert item.right[0] in {"supported", "hallucinated"}
                assert item.candidate
            case "open":
                assert item.answer


def test_what_medqa_says_of_a_question_is_kept(files: dict[str, Path]) -> None:
    first, second = read_benchmark(files["medqa"]).items
    assert (first.kind, first.right, first.answer) == ("choice", ("B",), "Amiodarone")
    assert (first.about, second.about) == ({"exam": "step1"}, {"exam": "step2&3"})


def test_questions_of_medmcqa_without_an_answer_are_counted(tmp_path: Path) -> None:
    found = read_benchmark(lines(tmp_path / "test.json", shapes.MEDMCQA))
    assert [item.right for item in found.items] == [("B",), ("A",)]
    assert found.items[0].about == {"subject": "Pharmacology", "choice": "multi"}
    unanswered = [{**shapes.MEDMCQA[0], "id": "m3", "cop": -1}]
    more = read_benchmark(lines(tmp_path / "more.json", shapes.MEDMCQA + unanswered))
    assert (more.items, more.notes) == (found.items, {"without an answer": 1})


def test_only_the_official_test_split_of_pubmedqa_is_read_where_its_file_is_there(
    tmp_path: Path,
) -> None:
    path = document(tmp_path / "ori_pqal.json", shapes.PUBMEDQA)
    every = read_benchmark(path)
    assert [item.right for item in every.items] == [("yes",), ("maybe",)]
    assert every.items[0].context == "We gave it. It helped."
    assert every.items[0].answer == "Aspirin helped most."
    assert every.digest == sha256(path.read_bytes()).hexdigest()
    document(tmp_path / "test_ground_truth.json", {"101": "yes"})
    split = read_benchmark(path)
    assert [item.id for item in split.items] == ["101"]
    assert split.items[0].about == {"year": "2011", "split": "test"}
    assert split.notes == {"not in the official test split": 1}
    assert split.digest != every.digest


def test_a_ground_truth_of_another_release_is_refused(tmp_path: Path) -> None:
    path = document(tmp_path / "ori_pqal.json", shapes.PUBMEDQA)
    document(tmp_path / "test_ground_truth.json", {"101": "no"})
    with pytest.raises(DataError, match="found 'yes' for 101, and 'no'"):
        read_benchmark(path)
    document(tmp_path / "test_ground_truth.json", {"101": "yes", "999": "no"})
    with pytest.raises(DataError, match=r"the 1 others that .* names \(999"):
        read_benchmark(path)
    document(tmp_path / "test_ground_truth.json", ["101"])
    with pytest.raises(DataError, match="as PubMedQA publishes it"):
        read_benchmark(path)


def test_medical_subjects_of_mmlu_are_read_from_files_without_a_head(
    files: dict[str, Path], tmp_path: Path
) -> None:
    found = read_benchmark(files["mmlu"])
    assert [item.id for item in found.items] == ["anatomy-000", "anatomy-001"]
    assert found.items[0].right == ("B",)
    assert found.items[0].question.startswith("Which vessel, if any,")
    assert found.items[0].about == {"subject": "anatomy", "split": "test"}
    assert found.notes == {"of a subject that isn't medical": 1}
    alone = read_benchmark(files["mmlu"] / "test/astronomy_test.csv")
    assert (len(alone.items), alone.notes) == (1, {})  # who names a file means it
    hub = [{"question": q, "choices": c, "answer": "ABCD".index(a), "subject": "anatomy"}
           for q, *c, a in shapes.MMLU]  # fmt: skip
    of_the_hub = read_benchmark(parquet(tmp_path / "hub.parquet", hub))
    assert [item.right for item in of_the_hub.items] == [item.right for item in found.items]


def test_the_sets_of_mirage_are_told_apart(files: dict[str, Path]) -> None:
    found = by_id(read_benchmark(files["mirage"]))
    assert found["pubmedqa/101"].kind == found["bioasq/5e"].kind == "yes_no"
    assert (found["pubmedqa/101"].right, found["bioasq/5e"].right) == (("maybe",), ("yes",))
    assert found["medqa/0000"].about == {"set": "medqa"}
    about = found["mmlu/college_biology-007"].about
    assert about == {"set": "mmlu", "subject": "college_biology"}


def test_the_reasoning_tests_of_med_halt_are_read_and_the_memory_tests_counted(
    files: dict[str, Path],
) -> None:
    found = read_benchmark(files["medhalt"])
    items = by_id(found)
    assert found.notes == {"memory test": 1, "answer and index disagree": 1,
                           "fewer than two options": 1}  # fmt: skip
    wrong, right = items["FCT/f1"], items["FCT/f2"]
    assert (wrong.kind, wrong.candidate, wrong.right) == ("judgement", "Talc", ("hallucinated",))
    assert wrong.options == {"A": "Lidocaine", "B": "Talc", "C": 'It\'s "wax"'}
    assert wrong.answer == "Lidocaine"
    assert (right.candidate, right.right) == ("Warfarin", ("supported",))
    assert (items["nota/n1"].kind, items["nota/n1"].right) == ("choice", ("B",))
    fake = items["fake/k1"]  # of two options that decline, one is left: two can't be told apart
    assert fake.options == {"A": "The left", "B": "The right", "C": "I do not know"}
    assert fake.right == ("C",)
    assert fake.about == {"test": "fake", "dataset": "medmcqa", "subject": "Anatomy",
                          "split": "train"}  # fmt: skip


@pytest.mark.parametrize("name", ["medhallu", "halueval"])
def test_both_answers_of_a_record_are_judged(files: dict[str, Path], name: str) -> None:
    right, wrong = read_benchmark(files[name]).items
    assert (right.right, wrong.right) == (("supported",), ("hallucinated",))
    assert right.candidate == right.answer == wrong.answer != wrong.candidate
    assert (right.question, right.context) == (wrong.question, wrong.context)
    assert right.context


def test_the_kind_of_hallucination_is_told_of_the_hallucinated_answer(
    files: dict[str, Path],
) -> None:
    right, wrong = read_benchmark(files["medhallu"]).items
    assert right.about == {"difficulty": "hard"}
    assert wrong.about["category"] == "Mechanism and Pathway Misattribution"
    assert right.context == "We gave it. It helped."


def test_several_right_options_of_cmb_are_kept_and_its_test_finds_its_answers_beside(
    files: dict[str, Path], tmp_path: Path
) -> None:
    one, several = read_benchmark(files["cmb"]).items
    assert (one.right, several.right, several.answer) == (("B",), ("A", "C"), "华法林; 肝素")
    assert (one.lang, list(one.options)) == ("zh", ["A", "B", "C"])
    unanswered = [
        {**{name: value for name, value in record.items() if name != "answer"}, "id": number}
        for number, record in enumerate(shapes.CMB, 1)
    ]
    path = document(tmp_path / "CMB-test-choice-question-merge.json", unanswered)
    with pytest.raises(DataError, match=r"CMB-test-choice-answer.json beside it. Get that from"):
        read_benchmark(path)
    document(tmp_path / "CMB-test-choice-answer.json", [{"id": 1, "answer": "B"}])
    found = read_benchmark(tmp_path)
    assert [item.right for item in found.items] == [("B",)]
    assert found.notes == {"without an answer": 1}


def test_the_test_rows_of_our_own_datasets_are_read(files: dict[str, Path]) -> None:
    found = read_benchmark(files["kgmed"])
    choice, unlisted, claim, answer = found.items
    assert found.notes == {"a claim that the graph doesn't cover": 1, "not of the test split": 1,
                           "another task: dialogue": 1}  # fmt: skip
    assert (choice.question, choice.right) == ("Which of these treats gout?", ("B",))
    assert choice.options["B"] == choice.answer == "Allopurinol"
    assert (unlisted.kind, unlisted.lang, unlisted.right) == ("yes_no", "zh", ("maybe",))
    assert (claim.candidate, claim.right) == ("Talc treats gout.", ("hallucinated",))
    assert claim.about["verdict"] == "UNSUPPORTED"
    assert (answer.kind, answer.answer) == ("open", "Allopurinol treats gout.")


def test_another_split_of_our_own_datasets_is_read_when_asked_for(tmp_path: Path) -> None:
    trained = [{**row, "split": "train", "id": f"t{n}"} for n, row in enumerate(shapes.ROWS[:3])]
    lines(tmp_path / "train-00000.jsonl", trained)
    lines(tmp_path / "test-00000.jsonl", shapes.ROWS[:2])
    found = read_benchmark(tmp_path, split="train")
    assert {item.id for item in found.items} <= {"t0", "t1", "t2"}
    assert {item.about["split"] for item in found.items} == {"train"}
    assert {item.about["split"] for item in read_benchmark(tmp_path).items} == {"test"}


def test_packed_files_and_tables_of_ones_own_are_read(tmp_path: Path) -> None:
    path = tmp_path / "medqa.jsonl.gz"
    path.write_bytes(gzip.compress(lines(tmp_path / "a.jsonl", shapes.MEDQA).read_bytes()))
    assert read_benchmark(path).items == read_benchmark(tmp_path / "a.jsonl").items
    own = table(tmp_path / "own.csv", [["question", "answer"], ["What treats gout?", "Colchicine"]])
    assert read_benchmark(own).name == "questions"


@at_hand
@pytest.mark.parametrize(
    ("path", "name", "kinds", "left_out"),
    [
        ("medqa", "medqa", {"choice": 200}, 0),
        ("medmcqa", "medmcqa", {"choice": 400}, 0),
        ("pubmedqa", "pubmedqa", {"yes_no": 500}, 500),
    ],
)
def test_published_files_are_read_whole(
    path: str, name: str, kinds: dict[str, int], left_out: int
) -> None:
    found = read_benchmark(EVAL / path)
    assert found.name == name
    assert Counter(item.kind for item in found.items) == kinds
    assert sum(found.notes.values()) == left_out


@at_hand
def test_the_official_split_of_pubmedqa_has_the_published_decisions() -> None:
    truth = json.loads((EVAL / "pubmedqa/test_ground_truth.json").read_text())
    found = read_benchmark(EVAL / "pubmedqa")
    assert {item.id: item.right[0] for item in found.items} == truth
    assert all(item.context and item.answer not in {"yes", "no", "maybe"} for item in found.items)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("nowhere/medhallu.parquet", "huggingface.co/datasets/UTAustin-AIHealth/MedHallu"),
        ("benchmark.json", "github.com/Teddy-XiongGZ/MIRAGE"),
        ("nowhere", "github.com/FreedomIntelligence/CMB"),
    ],
)
def test_a_missing_file_is_told_with_where_to_get_it(
    tmp_path: Path, path: str, expected: str
) -> None:
    with pytest.raises(DataError, match="found no file and no folder") as raised:
        read_benchmark(tmp_path / path)
    assert expected in str(raised.value)


def test_what_is_no_benchmark_is_said(tmp_path: Path) -> None:
    other = lines(tmp_path / "a.jsonl", [{"name": "gout", "code": 7}])
    with pytest.raises(
        DataError, match=r"no known benchmark \(name, code\), expected one of kgmed"
    ):
        read_benchmark(other)
    with pytest.raises(DataError, match="found no question"):
        read_benchmark(other, "medqa")
    with pytest.raises(UsageError, match="Found the benchmark 'usmle', expected one of kgmed"):
        read_benchmark(other, "usmle")
    (tmp_path / "data.tar").write_bytes(b"")
    with pytest.raises(UsageError, match=r"found the ending '.tar'.*unpacked"):
        read_benchmark(tmp_path / "data.tar")
    dialogue = lines(tmp_path / "d.jsonl", [{"knowledge": "k", "dialogue_history": "h",
                                             "right_response": "r"}])  # fmt: skip
    with pytest.raises(DataError, match="found None in 'question'"):
        read_benchmark(dialogue, "halueval")


def test_a_quote_that_is_never_closed_is_told(tmp_path: Path) -> None:
    path = tmp_path / "reasoning_nota.csv"
    path.write_text(f'question,options,split_type,correct_index\n"{"long " * 50_000}', "utf-8")
    with pytest.raises(DataError, match=r"reasoning_nota.csv: found no table \(field larger"):
        read_benchmark(path)


def test_a_file_without_an_item_says_what_was_left_out(tmp_path: Path) -> None:
    train = lines(tmp_path / "train.jsonl", [shapes.ROWS[5]])
    with pytest.raises(DataError, match=r"no item of kgmed's own rows \(not of the test split"):
        read_benchmark(train)


def test_a_folder_of_several_benchmarks_asks_which(tmp_path: Path) -> None:
    document(tmp_path / "benchmark.json", shapes.MIRAGE)
    lines(tmp_path / "qa_data.json", shapes.HALUEVAL)
    with pytest.raises(UsageError, match="files of mirage, halueval, expected those of one"):
        read_benchmark(tmp_path)
    assert read_benchmark(tmp_path, "halueval").name == "halueval"
    with pytest.raises(DataError, match=r"no file of a benchmark.* Expected medhalt"):
        read_benchmark(tmp_path, "medhalt")


def test_an_id_comes_once(tmp_path: Path) -> None:
    twice = lines(tmp_path / "twice.jsonl", [shapes.ROWS[0], shapes.ROWS[0]])
    with pytest.raises(DataError, match="found the id 'r1' twice"):
        read_benchmark(twice)


@pytest.mark.parametrize("name", FORMATS)
def test_a_file_cut_anywhere_is_refused_or_read_as_far_as_it_is_whole(
    files: dict[str, Path], tmp_path: Path, name: str
) -> None:
    whole = files[name]
    for path in [whole] if whole.is_file() else sorted(whole.rglob("*.csv")):
        data = path.read_bytes()
        full = read_benchmark(path, name) if "IR_" not in path.name else None
        for end in range(1, len(data), max(1, len(data) // 60)):
            cut = tmp_path / path.name
            cut.write_bytes(data[:end])
            found, told = read_or_refused(cut, name)
            if found is None:
                assert path.name in told
                continue
            assert full is not None
            read, expected = by_id(found), by_id(full)
            whole_ones = [id for id in read if read[id] == expected.get(id)]
            assert len(read) - len(whole_ones) <= 1  # a cut field of the last row may look whole


def read_or_refused(path: Path, name: str) -> tuple[Benchmark | None, str]:
    try:
        return read_benchmark(path, name), ""
    except KgmedError as error:
        return None, str(error)


def test_a_document_that_was_cut_is_told_where_it_ends(tmp_path: Path) -> None:
    path = tmp_path / "ori_pqal.json"
    whole = json.dumps({str(n): {"QUESTION": "Does it?", "final_decision": "yes"}
                        for n in range(9)}, indent=1)  # fmt: skip
    path.write_text(whole[:-200], encoding="utf-8")
    with pytest.raises(DataError, match=r"ori_pqal\.json line 2\d: found no JSON .* complete\?"):
        read_benchmark(path)


def test_a_file_without_a_record_is_told(tmp_path: Path) -> None:
    path = tmp_path / "empty.jsonl"
    path.touch()
    with pytest.raises(DataError, match=r"found no record in it, .*Is the download complete\?"):
        read_benchmark(path)
