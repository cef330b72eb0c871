"""Questions of every published shape are read, and what is none is said."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from kgmed.kg.errors import DataError, KgmedError, UsageError
from kgmed.kg.qa import QaItem, read_qa

EVAL = Path(__file__).parents[2] / "../shared/data/eval_dev"
at_hand = pytest.mark.skipif(not EVAL.is_dir(), reason="the evaluation files aren't at hand")


def items(folder: Path, *records: Any, name: str = "a.jsonl") -> list[QaItem]:
    path = folder / name
    path.write_text("\n".join(json.dumps(r, ensure_ascii=False) for r in records), "utf-8")
    return list(read_qa(path))


@at_hand
@pytest.mark.parametrize(
    ("file", "count", "options"),
    [
        ("medqa/us_4options_first200.jsonl", 200, 4),
        ("medmcqa/dev_first400.json", 400, 4),
        ("pubmedqa/ori_pqal.json", 1000, 0),
    ],
)
def test_published_files_are_read_whole(file: str, count: int, options: int) -> None:
    found = list(read_qa(EVAL / file))
    assert len(found) == len({item.id for item in found}) == count
    assert {len(item.options) for item in found} == {options}
    for item in found:
        assert item.question
        if options:
            assert [item.options[letter] for letter in item.letters] == [item.answer]
        else:
            assert item.answer in {"yes", "no", "maybe"}
            assert item.context


@at_hand
def test_the_right_option_is_the_one_that_the_file_says() -> None:
    medqa = json.loads((EVAL / "medqa/us_4options_first200.jsonl").read_text().splitlines()[0])
    first = next(read_qa(EVAL / "medqa/us_4options_first200.jsonl"))
    assert (first.letters, first.answer) == ((medqa["answer_idx"],), medqa["answer"])
    medmcqa = next(read_qa(EVAL / "medmcqa/dev_first400.json"))
    assert medmcqa.letters == ("A",)  # "cop": 1, which counts from 1
    assert medmcqa.answer.startswith("Impulse through myelinated fibers is slower")


def test_a_copy_that_counts_options_from_zero_is_told_by_its_lowest(tmp_path: Path) -> None:
    row = {"question": "Which?", "opa": "one", "opb": "two", "opc": "three", "opd": "four"}
    found = items(tmp_path, {**row, "cop": 0}, {**row, "cop": 3})
    assert [item.answer for item in found] == ["one", "four"]
    found = items(tmp_path, {**row, "cop": 1}, {**row, "cop": 4})
    assert [item.answer for item in found] == ["one", "four"]


@pytest.mark.parametrize(
    ("record", "answer", "letters"),
    [
        ({"question": "q", "choices": ["a", "b"], "answer": 1}, "b", ("B",)),
        ({"question": "q", "option": {"A": "甲", "B": "乙"}, "answer": "B"}, "乙", ("B",)),
        ({"question": "q", "option": {"A": "x", "B": "y"}, "answer": "AB"}, "x; y", ("A", "B")),
        ({"question": "q", "options": ["a", "b"], "answer": "b"}, "b", ("B",)),
        ({"question": "q", "answer": "gout"}, "gout", ()),
    ],
)
def test_answers_are_places_letters_or_texts(
    tmp_path: Path, record: dict[str, Any], answer: str, letters: tuple[str, ...]
) -> None:
    (item,) = items(tmp_path, record)
    assert (item.answer, item.letters) == (answer, letters)


def test_every_format_gives_the_same(tmp_path: Path) -> None:
    record = {"id": "7", "question": "What treats gout?", "answer": "colchicine"}
    expected = items(tmp_path, record)
    assert expected == [QaItem("7", "What treats gout?", "colchicine")]
    (tmp_path / "b.json").write_text(json.dumps([record]), "utf-8")
    (tmp_path / "c.json").write_text(json.dumps({"7": record}), "utf-8")
    (tmp_path / "d.csv").write_text("id,question,answer\n7,What treats gout?,colchicine\n", "utf-8")
    with gzip.open(tmp_path / "e.jsonl.gz", "wt") as file:
        file.write(json.dumps(record))
    pq.write_table(pa.Table.from_pylist([record]), tmp_path / "f.parquet")
    for name in ("b.json", "c.json", "d.csv", "e.jsonl.gz", "f.parquet"):
        assert list(read_qa(tmp_path / name)) == expected, name


@pytest.mark.parametrize(
    ("record", "message"),
    [
        ({"prompt": "x", "answer": "y"}, r"record 1: found no question \(fields: answer, prompt\)"),
        ({"question": "q", "options": ["a"], "answer": "E"}, r"found the answer 'E', expected one"),
        ({"question": "q", "choices": ["a"], "answer": 4}, r"found the answer 4, expected one of"),
        ({"question": "q"}, r"found the answer None, expected a text"),
        (["question"], r"record 1: found a str, expected an object"),
    ],
)
def test_what_is_no_question_with_an_answer_is_said(
    tmp_path: Path, record: Any, message: str
) -> None:
    with pytest.raises(DataError, match=message):
        items(tmp_path, record)


def test_files_that_cant_be_read_are_said(tmp_path: Path) -> None:
    cases: list[tuple[str, bytes, type[KgmedError], str]] = [
        ("a.txt", b"", UsageError, "found the ending '.txt'"),
        ("a.jsonl", b'{"question": "x", "answer": "y"}\n{"q', DataError, "line 2: found no JSON"),
        ("a.csv", b"\xff\xfe", DataError, "aren't UTF-8"),
        ("a.parquet", b"PAR1", DataError, "can't be read as Parquet"),
        ("a.jsonl.gz", b"\x1f\x8b", DataError, "damaged gzip|can't be read"),
    ]
    for name, data, error, message in cases:
        (tmp_path / name).write_bytes(data)
        with pytest.raises(error, match=message):
            list(read_qa(tmp_path / name))
    with pytest.raises(DataError, match="can't be read"):
        list(read_qa(tmp_path / "none.jsonl"))
    row = {"id": "1", "question": "q", "answer": "a"}
    with pytest.raises(DataError, match="record 2: found the id '1' again"):
        items(tmp_path, row, row, name="twice.jsonl")
