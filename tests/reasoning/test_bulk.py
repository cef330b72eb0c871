"""Questions of a file: each answered once, none lost, whatever ends the run."""

from __future__ import annotations

import asyncio
import json
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from kgmed.kg.errors import DataError, LanguageModelError, OutputError, UsageError
from kgmed.reasoning.bulk import Asked, Done, Journal, Question, answer_all, digest, read_questions

HERE = Path(__file__).parent
MANY = [Question(f"q{n}", f"What is {n}?") for n in range(200)]


def run(out: Path, ask: Any, questions: list[Question] = MANY, **more: Any) -> Done:
    async def all_of_them() -> Done:
        with Journal(out, digest(questions, {"program": "cot"})) as journal:
            return await answer_all(questions, ask, journal, **more)

    return asyncio.run(all_of_them())


async def answered(question: Question) -> Asked:
    await asyncio.sleep(random.random() / 500)
    return Asked({"id": question.id, "text": question.text[::-1]}, tokens=10)


def rows(out: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in out.read_text().splitlines()]


def test_every_question_is_answered_in_its_order(tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    told: list[str] = []
    done = run(out, answered, concurrency=32, tell=told.append)
    assert [row["id"] for row in rows(out)] == [q.id for q in MANY]
    assert (done.questions, done.kept, done.failed, done.tokens) == (200, 0, 0, 2000)
    assert done.rate > 50
    assert not list(tmp_path.glob("*.part"))


def test_no_more_are_under_way_than_asked_for(tmp_path: Path) -> None:
    now = most = 0

    async def counted(question: Question) -> Asked:
        nonlocal now, most
        now += 1
        most = max(most, now)
        found = await answered(question)
        now -= 1
        return found

    run(tmp_path / "out.jsonl", counted, concurrency=7)
    assert most == 7


def test_a_question_that_fails_is_written_and_the_rest_goes_on(tmp_path: Path) -> None:
    async def some(question: Question) -> Asked:
        if question.id.endswith("7"):
            raise LanguageModelError("The prompt is too long.")
        return await answered(question)

    out = tmp_path / "out.jsonl"
    assert run(out, some, concurrency=4).failed == 20
    failed = [row for row in rows(out) if "error" in row]
    assert len(failed) == 20
    assert failed[0] == {"id": "q7", "question": "What is 7?", "error": "The prompt is too long."}


def test_a_model_that_is_gone_ends_the_run_which_goes_on_later(tmp_path: Path) -> None:
    left = 60

    async def dying(question: Question) -> Asked:
        nonlocal left
        left -= 1
        if left < 0:
            raise LanguageModelError("Nothing listens there.")
        return await answered(question)

    out = tmp_path / "out.jsonl"
    with pytest.raises(LanguageModelError, match=r"8 questions in a row.*Nothing listens there"):
        run(out, dying, concurrency=4)
    assert not out.exists()
    told: list[str] = []
    done = run(out, answered, concurrency=4, tell=told.append)
    assert 56 <= done.kept <= 60  # those under way at the end are asked again
    assert told[0] == f"{done.kept} of 200 were answered before"
    assert [row["id"] for row in rows(out)] == [q.id for q in MANY]
    assert not any("error" in row for row in rows(out))


def test_a_mistake_in_the_program_is_no_answer(tmp_path: Path) -> None:
    async def broken(_question: Question) -> Asked:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        run(tmp_path / "out.jsonl", broken)


KILLED = """
import asyncio, sys
from pathlib import Path
sys.path.insert(0, {here!r})
from test_bulk import MANY, run
from kgmed.reasoning.bulk import Asked
asked = Path({asked!r}).open("a", buffering=1)
async def slow(question):
    await asyncio.sleep(0.01)
    asked.write(question.id + "\\n")
    return Asked({{"id": question.id, "text": "x" * 5000}}, 1)
run(Path({out!r}), slow, concurrency=8)
"""


def test_a_run_that_is_killed_again_and_again_loses_nothing(tmp_path: Path) -> None:
    out, asked = tmp_path / "out.jsonl", tmp_path / "asked.txt"
    code = KILLED.format(here=str(HERE), asked=str(asked), out=str(out))
    kills = 0
    while not out.exists():
        before = asked.read_text().count("\n") if asked.exists() else 0
        process = subprocess.Popen([sys.executable, "-c", code])
        while process.poll() is None and kills < 3:
            if asked.exists() and asked.read_text().count("\n") > before + 40:
                process.send_signal(signal.SIGKILL)
                kills += 1
                break
            time.sleep(0.005)
        assert process.wait() in {0, -signal.SIGKILL}
    assert kills == 3
    assert [row["id"] for row in rows(out)] == [q.id for q in MANY]
    often = Counter(asked.read_text().split())
    assert set(often) == {q.id for q in MANY}
    assert sum(often.values()) <= len(MANY) + 8 * kills  # those under way, and no other


@pytest.mark.parametrize("cut", [1, 7, 30])
def test_a_line_that_was_cut_short_is_asked_again(tmp_path: Path, cut: int) -> None:
    out = tmp_path / "out.jsonl"
    with Journal(out, digest(MANY, {"program": "cot"})) as journal:
        for number in (3, 5):
            journal.add(number, {"id": f"q{number}", "text": "kept"})
    part = tmp_path / "out.jsonl.part"
    part.write_bytes(part.read_bytes()[:-cut])
    done = run(out, answered)
    assert done.kept == 1
    assert [row["text"] for row in rows(out)][3] == "kept"
    assert [row["id"] for row in rows(out)] == [q.id for q in MANY]


def test_what_another_run_left_is_refused(tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    with Journal(out, "another"):
        pass
    with pytest.raises(OutputError, match="other questions, another graph, model or program"):
        run(out, answered)
    (tmp_path / "out.jsonl.part").write_text("my notes\n")
    with pytest.raises(OutputError, match="something else than the answers"):
        run(out, answered)
    assert (tmp_path / "out.jsonl.part").read_text() == "my notes\n"
    with pytest.raises(OutputError, match="can't be written"):
        run(tmp_path / "nowhere" / "out.jsonl", answered)
    with pytest.raises(UsageError, match="concurrency=0"):
        run(tmp_path / "other.jsonl", answered, concurrency=0)


def test_questions_are_read_in_the_forms_that_people_have(tmp_path: Path) -> None:
    lines = tmp_path / "q.txt"
    lines.write_text("What is gout?\n\n什么是痛风？\n", encoding="utf-8")
    assert [(q.id, q.text) for q in read_questions(lines)] == [
        ("1", "What is gout?"), ("2", "什么是痛风？"),
    ]  # fmt: skip
    exam = tmp_path / "q.jsonl"
    record = {"id": 7, "question": "Which?", "options": {"A": "gout", "B": "asthma"}, "topic": "x"}
    exam.write_text(json.dumps(record) + "\n")
    (question,) = read_questions(exam)
    assert (question.id, question.options) == ("7", {"A": "gout", "B": "asthma"})
    assert question.more["topic"] == "x"
    table = tmp_path / "q.csv"
    table.write_text("id,question\na,What?\nb,Who?\n")
    assert [q.id for q in read_questions(table)] == ["a", "b"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"text": "x"}', r"record 1: found no question \(fields: text\)"),
        ('{"id": 1, "question": "a"}\n{"id": 1, "question": "b"}', "found the id '1' again"),
        ("[1]\n", "found a int, expected a question|found a list"),
        ("\n", "found no question"),
    ],
)
def test_a_file_without_questions_is_refused(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "q.jsonl"
    path.write_text(text)
    with pytest.raises(DataError, match=message):
        read_questions(path)


def test_two_runs_never_write_one_journal(tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    with Journal(out, "d") as first:
        first.add(0, {"id": "a"})
        with pytest.raises(OutputError, match="another run that is writing it now"):
            Journal(out, "d").__enter__()
        first.add(1, {"id": "b"})
    with Journal(out, "d") as again:
        assert 0 in again
        assert 1 in again
