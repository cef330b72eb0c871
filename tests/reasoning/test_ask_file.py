"""``kgmed ask --file``: every question answered once, whatever ends the run or the server."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from scripted_lm import Reply, ScriptedLM, broken, busy, overflow

from kgmed.facade import Graph
from kgmed.kg.errors import UsageError

pytest.importorskip("dspy", reason="needs dspy: pip install 'kgmed[llm]'")

NUMBER = re.compile(r"case (\d+)")


def answered(body: dict[str, Any]) -> str:
    """An answer that tells which question it is for."""
    asked = str(body["messages"][-1]["content"])
    number = NUMBER.search(asked)
    text = f"Colchicine treats gout in case {number[1] if number else '-'}."
    return json.dumps({"answerable": True, "answer": text, "citations": [1]})


def questions(path: Path, many: int) -> Path:
    rows = [{"id": f"q{n}", "question": f"Which drugs treat gout, case {n}?"} for n in range(many)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def command(server: ScriptedLM | None, file: Path, out: Path, *more: str) -> list[str]:
    where = ["--lm", server.name, "--api-base", server.url] if server else []
    program = ["--program", "predict", "--budget", "60", *where] if server else []
    return [sys.executable, "-m", "kgmed.cli", "ask", "--file", str(file), "--out", str(out),
            *program, *more]  # fmt: skip


def run(arguments: list[str], cwd: Path) -> tuple[int, str, str]:
    done = subprocess.run(arguments, capture_output=True, text=True, check=False, cwd=cwd)
    return done.returncode, done.stdout, done.stderr


def rows(out: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in out.read_text().splitlines()]


def asked(server: ScriptedLM) -> Counter[str]:
    found = (NUMBER.search(str(seen.body["messages"][-1]["content"])) for seen in server.requests)
    return Counter(number[1] for number in found if number)


def wait_for(process: subprocess.Popen[Any], server: ScriptedLM, requests: int) -> None:
    while process.poll() is None and len(server.requests) < requests:
        time.sleep(0.01)
    assert process.poll() is None, "it ended before it could be stopped"


def is_whole(out: Path, many: int) -> None:
    """Each question's row, in order, with its own answer and verdicts."""
    found = rows(out)
    assert [row["id"] for row in found] == [f"q{n}" for n in range(many)]
    for number, row in enumerate(found):
        assert f"in case {number}" in row["text"]
        assert row["question"].endswith(f"case {number}?")
        assert row["schema"] == "kgmed.answer/1"
        assert row["usage"]["calls"] >= 1
    assert not out.with_name(out.name + ".part").exists()


@pytest.mark.parametrize("many", [200, pytest.param(2_000, marks=pytest.mark.stress)])
def test_a_run_that_is_killed_goes_on_and_answers_each_once(tmp_path: Path, many: int) -> None:
    file, out = questions(tmp_path / "q.jsonl", many), tmp_path / "a.jsonl"
    with ScriptedLM(answered) as server:
        arguments = command(server, file, out, "--concurrency", "32")
        process = subprocess.Popen(arguments, cwd=tmp_path, stderr=subprocess.DEVNULL)
        wait_for(process, server, many // 2)
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert not out.exists()
        code, printed, err = run(arguments, tmp_path)
        assert code == 0, err
        assert "were answered before" in err
        before = re.search(r"\(([\d,]+) before\), 0 failed; [\d.,]+ questions/s", printed)
        assert before is not None, printed
        assert int(before[1].replace(",", "")) >= many // 2 - 33
        often = asked(server)
    is_whole(out, many)
    assert len(often) == many
    assert sum(often.values()) <= many + 32  # those that were under way, and no other
    assert server.most_under_way <= 32


def test_ctrl_c_keeps_what_is_answered_and_says_how_to_go_on(tmp_path: Path) -> None:
    file, out = questions(tmp_path / "q.jsonl", 60), tmp_path / "a.jsonl"
    with ScriptedLM(lambda body: Reply(answered(body), delay_s=0.05)) as server:
        arguments = command(server, file, out, "--concurrency", "4")
        process = subprocess.Popen(arguments, cwd=tmp_path, stderr=subprocess.PIPE, text=True)
        wait_for(process, server, 20)
        process.send_signal(signal.SIGINT)
        err = process.communicate()[1]
        assert process.returncode == 130
        assert "kept in" in err
        assert "the same command goes on" in err
        assert "Traceback" not in err
        code, printed, _err = run(arguments, tmp_path)
    assert code == 0
    assert "before)" in printed
    is_whole(out, 60)


def test_a_server_that_dies_ends_the_run_which_goes_on_later(tmp_path: Path) -> None:
    (tmp_path / "kgmed.toml").write_text("[lm]\nretries = 1\n")
    file, out = questions(tmp_path / "q.jsonl", 60), tmp_path / "a.jsonl"
    server = ScriptedLM(lambda body: Reply(answered(body), delay_s=0.02)).start()
    arguments = command(server, file, out, "--concurrency", "4")
    process = subprocess.Popen(arguments, cwd=tmp_path, stderr=subprocess.PIPE, text=True)
    wait_for(process, server, 20)
    server.kill()
    err = process.communicate(timeout=60)[1]
    assert process.returncode == 1
    assert "8 questions in a row had no answer" in err
    assert f"{server.url} can't be reached" in err
    assert "run the same command to go on" in err
    assert "Traceback" not in err
    with server:
        code, printed, err = run(arguments, tmp_path)
    assert code == 0, err
    assert "0 failed" in printed
    is_whole(out, 60)


def test_a_busy_and_a_failing_server_are_asked_again(tmp_path: Path) -> None:
    file, out = questions(tmp_path / "q.jsonl", 20), tmp_path / "a.jsonl"
    script = [busy("0.05"), broken(), "x", busy("0.05"), broken(503)]
    with ScriptedLM(answered, script=script) as server:
        code, _printed, err = run(command(server, file, out), tmp_path)
    assert code == 0, err
    is_whole(out, 20)


def test_a_question_that_is_too_long_is_a_row_and_the_others_go_on(tmp_path: Path) -> None:
    def sometimes(body: dict[str, Any]) -> Any:
        number = NUMBER.search(str(body["messages"][-1]["content"]))
        return overflow() if number and 5 <= int(number[1]) < 25 else answered(body)

    file, out = questions(tmp_path / "q.jsonl", 30), tmp_path / "a.jsonl"
    with ScriptedLM(sometimes) as server:
        code, printed, err = run(command(server, file, out, "--concurrency", "4"), tmp_path)
    assert code == 1
    assert "30 questions, 20 failed" in printed
    assert "20 of 30 questions have no answer" in err
    assert "The last: " in err
    assert "longer than scripted takes" in err
    failed = [row for row in rows(out) if "error" in row]
    assert [row["id"] for row in failed] == [f"q{n}" for n in range(5, 25)]
    assert "longer than scripted takes" in failed[0]["error"]
    assert sum("in case" in row.get("text", "") for row in rows(out)) == 10


def test_another_program_model_or_file_does_not_go_on_with_it(tmp_path: Path) -> None:
    file, out = questions(tmp_path / "q.jsonl", 30), tmp_path / "a.jsonl"
    with ScriptedLM(lambda body: Reply(answered(body), delay_s=0.1)) as server:
        process = subprocess.Popen(
            command(server, file, out, "--concurrency", "2"), cwd=tmp_path,
            stderr=subprocess.DEVNULL,
        )  # fmt: skip
        wait_for(process, server, 6)
        process.kill()
        process.wait()
        arguments = command(server, file, out, "--revise", "0")
        code, _out, err = run(arguments, tmp_path)
    assert code == 1
    assert "other questions, another graph, model or program" in err


# In this process


def test_the_graph_alone_answers_a_file(graph: Graph, tmp_path: Path) -> None:
    file, out = tmp_path / "q.txt", tmp_path / "a.jsonl"
    file.write_text("drug interactions of warfarin\n哪些药物治疗痛风？\nwho was Napoleon?\n")
    done = graph.ask_file(file, out)
    assert (done.questions, done.failed) == (3, 0)
    found = rows(out)
    assert [row["id"] for row in found] == ["1", "2", "3"]
    assert [row["abstained"] for row in found] == [False, False, True]
    assert found[0]["text"] == graph.ask("drug interactions of warfarin").text
    assert found[1]["lang"] == "zh"


def test_options_are_those_of_the_record(graph: Graph, tmp_path: Path) -> None:
    file, out = tmp_path / "q.jsonl", tmp_path / "a.jsonl"
    record = {"question": "Which drug treats gout?", "answer_idx": "B",
              "options": {"A": "metformin", "B": "allopurinol"}}  # fmt: skip
    odd = {"question": "Which drug treats gout?", "options": ["only one"]}
    file.write_text(json.dumps(record) + "\n" + json.dumps(odd) + "\n")
    told: list[str] = []
    done = graph.ask_file(file, out, program="cot", lm="embedded", tell=told.append)
    assert (done.questions, done.failed) == (2, 1)
    first, second = rows(out)
    assert (first["value"], first["program"], first["model"]) == ("allopurinol", "cot", "embedded")
    assert "expected none or 2 to 12" in second["error"]
    assert done.tokens > 100


def test_a_users_module_without_an_asynchronous_twin_answers_a_file(
    graph: Graph, tmp_path: Path
) -> None:
    import dspy

    class Own(dspy.Module):  # type: ignore[misc,name-defined]
        def __init__(self, inner: Any) -> None:
            super().__init__()
            self.inner = inner

        def forward(self, **given: Any) -> Any:
            return self.inner(**given)

    file, out = tmp_path / "q.txt", tmp_path / "a.jsonl"
    file.write_text("Which drugs treat gout?\nWhat does imatinib inhibit?\n")
    graph.ask_file(file, out, program=Own(graph.program("predict")), lm="embedded")
    assert [row["program"] for row in rows(out)] == ["Own", "Own"]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"out": "q.txt"}, "the questions' own file"),
        ({"concurrency": 0}, "expected at least 1"),
        ({"program": "direct", "budget": 90}, "Found budget with the program direct"),
        ({"program": "magic"}, "expected one of: direct"),
    ],
)
def test_what_cannot_be_asked_of_a_file_is_refused(
    graph: Graph, tmp_path: Path, given: dict[str, Any], message: str
) -> None:
    given = dict(given)
    file = tmp_path / "q.txt"
    file.write_text("What is gout?\n")
    with pytest.raises(UsageError, match=message):
        graph.ask_file(file, tmp_path / given.pop("out", "a.jsonl"), **given)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--file", "q.txt"], "--file needs --out"),
        (["what is gout?", "--file", "q.txt", "--out", "a.jsonl"], "Found QUESTION with --file"),
        (["what is gout?", "--out", "a.jsonl"], "--out or --concurrency without --file"),
        ([], "Found nothing to ask"),
        (["--file", "none.txt", "--out", "a.jsonl"], "none.txt: can't be read"),
    ],
)
def test_a_command_line_that_contradicts_itself(
    tmp_path: Path, arguments: list[str], message: str
) -> None:
    (tmp_path / "q.txt").write_text("What is gout?\n")
    code, _out, err = run([sys.executable, "-m", "kgmed.cli", "ask", *arguments], tmp_path)
    assert code in {1, 2}
    assert message in err
