"""What shares text with a benchmark is found, wherever it stands; what doesn't isn't."""

from __future__ import annotations

import gzip
import json
import string
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kgmed.builders.datasets.quality.benchmark_texts import benchmark_texts
from kgmed.kg.errors import DataError, UsageError
from kgmed.kg.overlap import (
    CHARACTERS,
    WORDS,
    BenchmarkText,
    Contamination,
    compared,
)

EVAL = Path(__file__).parents[2] / "../shared/data/eval_dev"
letters = st.text(string.ascii_lowercase, min_size=2, max_size=8)


def of(*texts: str) -> Contamination:
    return Contamination(BenchmarkText("exam", n, "question", t) for n, t in enumerate(texts, 1))


@given(st.lists(letters, min_size=WORDS, max_size=40), st.data())
def test_thirteen_words_in_a_row_are_found_wherever_they_stand(
    words: list[str], data: st.DataObject
) -> None:
    first = data.draw(st.integers(0, len(words) - WORDS))
    held = words[first : first + WORDS]
    row = f"Q1 {' '.join(data.draw(st.lists(letters, max_size=9)))} 77 {' '.join(held).upper()}; 9"
    found = of(" ".join(words)).overlap(row)
    assert found is not None
    assert found.rule == "words"


@given(st.lists(letters, min_size=30, max_size=40, unique=True), st.integers(0, 17))
def test_twelve_words_in_a_row_of_a_long_text_are_not(words: list[str], first: int) -> None:
    held = words[first : first + WORDS - 1]
    if len("".join(held)) < CHARACTERS:
        assert of(" ".join(words)).overlap(f"0 {' '.join(held)} 1") is None


@given(
    st.text("糖尿病高血压药物治疗患者心脏肺部感染症状", min_size=CHARACTERS, max_size=150),
    st.data(),
)
def test_sixty_four_characters_in_a_row_are_found_whatever_the_spaces(
    text: str, data: st.DataObject
) -> None:
    first = data.draw(st.integers(0, len(text) - CHARACTERS))
    held = text[first : first + CHARACTERS]
    found = of(text).overlap(f"问：{'，'.join((held[:20], held[20:]))}？")
    assert found is not None
    assert found.rule == "characters"


def test_a_short_question_is_found_whole_in_either_language() -> None:
    known = of("Which drugs interact with warfarin?", "哪些藥物會與華法林發生相互作用？", "Aspirin")
    found = known.overlap("Tell me: which drugs interact with Warfarin")
    assert found is not None
    assert (found.rule, found.place) == ("whole", "exam record 1, question")
    assert known.overlap("请问哪些药物会与华法林发生相互作用") is not None
    assert known.overlap("Which drugs interact with aspirin?") is None
    assert known.overlap("Aspirin") is None  # an option is no benchmark


def test_every_text_that_a_row_shares_with_is_told_once() -> None:
    long = "a steady dose of one tablet in the morning lowers the pressure of most"
    known = of("Which drugs interact with warfarin?", long, f"{long} people", "What treats gout?")
    found = known.overlaps(f"Which drugs interact with warfarin? {long} adults: {long}")
    assert [(o.rule, o.place) for o in found] == [
        ("words", "exam record 2, question"),
        ("words", "exam record 3, question"),
        ("whole", "exam record 1, question"),
    ]
    assert known.overlap(f"... {long} ...") == known.overlaps(f"... {long} ...")[0]
    assert known.overlaps("Nothing of it is here.") == []


def test_repetition_costs_no_more_than_its_length() -> None:
    known = of("the same " * 2000)
    assert known.overlap("the same thing " * 2000) is None
    assert known.overlap("of the same " + "the same " * 7) is not None


@pytest.mark.skipif(not EVAL.is_dir(), reason="the evaluation files aren't at hand")
def test_real_benchmarks_are_read_whatever_their_shape_and_a_planted_question_is_caught() -> None:
    counts = {}
    for name in ("medqa", "medmcqa", "pubmedqa"):
        files = list(benchmark_texts(EVAL / name))
        counts[name] = len({(text.file, text.record) for text in files})
        known = Contamination(files)
        for text in files[:: max(1, len(files) // 200)]:
            if len(compared(text.text)) >= WORDS:
                assert known.overlap(f"Please answer. {text.text} Thank you.") is not None
        assert known.overlap("Warfarin interacts with amiodarone, aspirin and fluconazole.") is None
    assert counts["medqa"] >= 200
    assert counts["medmcqa"] >= 400
    assert counts["pubmedqa"] >= 1000


def test_every_format_gives_the_same_texts(tmp_path: Path) -> None:
    rows = [{"question": "What treats gout?", "options": {"A": "x"}, "tags": ["a", "b"]}]
    (tmp_path / "a.json").write_text(json.dumps(rows), encoding="utf-8")
    (tmp_path / "b.jsonl").write_text(json.dumps(rows[0]) + "\n", encoding="utf-8")
    (tmp_path / "c.json").write_text(json.dumps({"q1": rows[0]}), encoding="utf-8")
    with gzip.open(tmp_path / "d.jsonl.gz", "wt", encoding="utf-8") as file:
        file.write("\n" + json.dumps(rows[0]))
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "e.parquet")
    for name in ("a.json", "b.jsonl", "c.json", "d.jsonl.gz", "e.parquet"):
        texts = [(t.field, t.text) for t in benchmark_texts(tmp_path / name)]
        assert texts == [
            ("question", "What treats gout?"), ("options.A", "x"), ("tags", "a"), ("tags", "b"),
        ]  # fmt: skip
    (tmp_path / "f.csv").write_text("question,cop\nWhat treats gout?,1\n", encoding="utf-8")
    assert [t.text for t in benchmark_texts(tmp_path / "f.csv")] == ["What treats gout?", "1"]
    assert len(list(benchmark_texts(tmp_path))) == 5 * 4 + 2


def test_what_cant_be_read_is_said(tmp_path: Path) -> None:
    (tmp_path / "a.docx").write_bytes(b"")
    with pytest.raises(UsageError, match=r"found the ending '.docx', expected one of .json"):
        list(benchmark_texts(tmp_path / "a.docx"))
    with pytest.raises(UsageError, match="found no file of"):
        list(benchmark_texts(tmp_path))
    (tmp_path / "b.jsonl").write_text('{"question": "x"}\n{"quest', encoding="utf-8")
    with pytest.raises(DataError, match=r"b.jsonl line 2: found no JSON"):
        list(benchmark_texts(tmp_path / "b.jsonl"))
    (tmp_path / "c.parquet").write_bytes(b"PAR1")
    with pytest.raises(DataError, match=r"c.parquet: can't be read as Parquet"):
        list(benchmark_texts(tmp_path / "c.parquet"))
    (tmp_path / "d.txt").write_bytes(b"\xff\xfe")
    with pytest.raises(DataError, match="aren't UTF-8 at 0"):
        list(benchmark_texts(tmp_path / "d.txt"))
