"""Optimizing programs: the score that is worked towards, what is saved, and that it loads again."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import pytest
from scripted_engine import scripted
from scripted_lm import ScriptedLM

from kgmed.facade import Graph
from kgmed.kg.errors import DataError, OutputError, ProgramWarning, UsageError
from kgmed.reasoning.evaluation.model import Item
from kgmed.wire import adapter

dspy = pytest.importorskip("dspy", reason="needs dspy: pip install 'kgmed[optimize]'")
pytest.importorskip("optuna", reason="needs optuna: pip install 'kgmed[optimize]'")

from kgmed.reasoning.optimize.compiled import read_compiled  # noqa: E402
from kgmed.reasoning.optimize.plan import foreseen, sized  # noqa: E402
from kgmed.reasoning.optimize.run import OPTIMIZERS  # noqa: E402

PAIRS = (
    ("gout", "Allopurinol"), ("hypertension", "Lisinopril"), ("asthma", "Montelukast"),
    ("epilepsy", "Phenytoin"), ("malaria", "Quinine"), ("tuberculosis", "Isoniazid"),
)  # fmt: skip


def rows(many: int = 12) -> list[dict[str, Any]]:
    """Questions whose right option the evidence states."""
    return [
        {"question": f"Which of these treats {disease}? ({n})", "answer": drug, "answer_idx": "B",
         "options": {"A": "water", "B": drug, "C": "sand", "D": "music"}}
        for n, (disease, drug) in zip(range(many), PAIRS * 4, strict=False)
    ]  # fmt: skip


@pytest.fixture
def train(tmp_path: Path) -> Path:
    path = tmp_path / "train.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows()), encoding="utf-8")
    return path


RIGHT = {"answerable": True, "steps": ["It is so [1]."], "choice": "B", "answer": "It is B [1].",
         "citations": [1]}  # fmt: skip
WRONG = {**RIGHT, "choice": "A", "answer": "It is A.", "citations": []}


def is_easy(user: str) -> bool:
    """Whether a question is one of each three, by the number in brackets at its end."""
    found = re.search(r"\((\d+)\)", user)
    return found is None or int(found[1]) % 3 == 0


def learner(by: str) -> Any:
    """A model that answers rightly every other time, and always once it is shown examples
    (``by`` "demos") or told the magic word, which it proposes when it is asked for instructions."""

    class Learner:
        name = "learner"

        def __init__(self) -> None:
            self.asked = 0

        def complete(self, request: Any) -> Any:
            from dspy import lm15

            user, system = request.messages[-1].text, str(request.system)
            if "[[ ## evidence ## ]]" not in user:
                text = "The magic word is xyzzy. Answer from the evidence."
                text = f"```\n{text}\n```"
                for field in ("proposed_instruction", "new_instruction"):
                    if f"[[ ## {field} ## ]]" in system + user:
                        text = f"[[ ## {field} ## ]]\n{text}\n[[ ## completed ## ]]"
                    elif field in system + user:
                        text = json.dumps({field: text})
            else:
                self.asked += 1
                shown = len(request.messages) > 1 if by == "demos" else "xyzzy" in system
                easy = is_easy(user)
                text = json.dumps(RIGHT if shown or easy else WRONG)
            return lm15.Response(
                id=None, model=request.model, finish_reason="stop",
                message=lm15.Message.assistant([lm15.TextPart(text)]),
                usage=lm15.Usage(input_tokens=9, output_tokens=9, total_tokens=18),
            )  # fmt: skip

        def close(self) -> None:
            pass

    engine = Learner()
    return dspy.LM("learner", engine=engine, cache=False, num_retries=0), engine


@pytest.mark.parametrize(("optimizer", "by"), [
    ("bootstrap", "demos"), ("gepa", "word"), ("mipro", "demos"), ("simba", "demos"),
])  # fmt: skip
def test_a_model_that_can_learn_does(  # noqa: PLR0917
    graph: Graph, train: Path, tmp_path: Path, optimizer: str, by: str, capfd: Any
) -> None:
    lm, _engine = learner(by)
    out = tmp_path / "cot.json"
    told: list[str] = []
    made = graph.optimize(
        train, out, optimizer=optimizer, lm=lm, trusted=True, calls=60, concurrency=2,
        tell=told.append,
    )  # fmt: skip
    assert made.before < 0.6
    assert made.score > made.before
    assert (made.optimizer, made.kinds, made.languages) == (optimizer, ("choice",), ("en",))
    assert any("about" in line for line in told)
    captured = capfd.readouterr()
    assert captured.out == ""
    assert "it/s" not in captured.err
    plain = json.loads(out.read_text(encoding="utf-8"))
    assert plain["schema"] == "kgmed.program/1"
    assert plain["snapshot"] == graph.info().snapshot
    assert graph.score(out, train, lm=lm, trusted=True) > made.before
    again = graph.program(str(out))
    state = json.dumps(again.dump_state(), sort_keys=True, default=str)
    kept = json.dumps(dict(read_compiled(out).state), sort_keys=True, default=str)
    assert json.loads(state) == json.loads(kept)
    if by == "word":
        assert "xyzzy" in kept
    else:
        assert again.predictors()[0].demos


def say(body: dict[str, Any]) -> str:
    """The learner behind an endpoint: it learns by examples and by the magic word."""
    user = body["messages"][-1]["content"]
    every = "".join(message["content"] for message in body["messages"])
    if "[[ ## evidence ## ]]" not in user:
        text = "```\nThe magic word is xyzzy. Answer from the evidence.\n```"
        for field in ("proposed_instruction", "new_instruction"):
            if f"[[ ## {field} ## ]]" in every:
                return f"[[ ## {field} ## ]]\n{text}\n[[ ## completed ## ]]"
            if field in every:
                return json.dumps({field: text})
        return text
    shown = len(body["messages"]) > 2 or "xyzzy" in every
    return json.dumps(RIGHT if shown or is_easy(user) else WRONG)


@pytest.mark.parametrize("optimizer", ["bootstrap", "mipro", "gepa", "simba"])
def test_a_compiled_program_scores_the_same_in_a_new_process(
    train: Path, tmp_path: Path, optimizer: str
) -> None:

    out = tmp_path / "cot.json"
    dev = tmp_path / "dev.jsonl"
    dev.write_text("".join(json.dumps(row) + "\n" for row in rows(24)[12:]), encoding="utf-8")
    with ScriptedLM(say) as server:
        reached = ["--lm", server.name, "--api-base", server.url, "--quiet"]

        def run(shape: str, *given: str) -> Any:
            done = subprocess.run(
                [sys.executable, "-m", "kgmed.cli", "optimize", *given, *reached, "--json"],
                capture_output=True, text=True, check=False,
            )  # fmt: skip
            assert done.returncode == 0, done.stderr
            return adapter(shape).validate_json(done.stdout)

        given = (str(train), "--dev", str(dev), "--out", str(out), "--optimizer", optimizer,
                 "--calls", "120" if optimizer == "simba" else "40")  # fmt: skip
        made = run("kgmed.optimized/1", *given)
        assert made.score > made.before
        asked = len(server.requests)
        foreseen = made.forecast
        assert foreseen.measure.calls == 2 * 12
        assert 0 < foreseen.optimize.calls <= 120
        scored = ("kgmed.score/1", str(dev), "--score", "--program", str(out))
        assert run(*scored).score == made.score
        before = len(server.requests)
        out.unlink()
        again = run("kgmed.optimized/1", *given)
        assert again == made
        chats = [seen for seen in server.requests[before:] if "messages" in seen.body]
        assert len(chats) < asked / 4  # what was answered is kept


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("calls", [40, 200, 1000])
def test_an_optimizer_keeps_to_its_bound_whatever_the_files_hold(
    optimizer: Any, calls: int
) -> None:
    for train, dev in ((8, 4), (60, 30), (400, 200), (10_000, 5_000)):
        size = sized(optimizer, calls, 3, train, dev)
        assert 1 <= size.train <= train
        assert 1 <= size.dev <= dev
        assert size.answers(optimizer, calls) <= max(1.25 * calls, 90)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_what_is_asked_is_about_what_was_foreseen(
    graph: Graph, tmp_path: Path, optimizer: str
) -> None:
    many = [{**row, "question": f"{row['question'][:-4]}({n})"} for n, row in
            enumerate(rows(24) * 4)]  # fmt: skip
    train = tmp_path / "many.jsonl"
    train.write_text("".join(json.dumps(row) + "\n" for row in many), encoding="utf-8")
    lm, engine = learner("demos")
    told: list[str] = []
    given: dict[str, Any] = {"optimizer": optimizer, "lm": lm, "trusted": True, "calls": 80}
    expected = graph.forecast_optimization(train, **given)
    assert engine.asked == 0
    heard: list[Any] = []
    graph.optimize(train, tmp_path / "p.json", concurrency=2, tell=told.append,
                   forecast=heard.append, **given)  # fmt: skip
    assert heard == [expected]
    assert (expected.train, expected.dev) == (64, 32)
    answers = expected.optimize.calls + expected.measure.calls
    if optimizer == "bootstrap":
        assert 64 < engine.asked <= answers  # it stops when it has enough examples
    else:
        assert engine.asked == pytest.approx(answers, rel=0.2)
    assert expected.all.calls == answers + expected.reflect.calls
    assert (expected.reflect.calls > 0) == (optimizer != "bootstrap")
    far = [line for line in told if line.startswith(f"{optimizer}: ")]
    assert re.match(rf"{optimizer}: 1 of about \d+ answers, [\d.,]+ a second, ", far[0])
    assert any(line.startswith("before: 32 of 32 answers, ") for line in told)
    assert any(line.startswith("now: 32 of 32 answers, ") for line in told)


def test_the_cost_is_that_of_all_parts() -> None:
    found = foreseen("gepa", 100, 3, train=20, dev=10, predictors=1, sampled=8,
                     each=(1.0, 500.0, 60.0), prices=(1e6, 1e6))  # fmt: skip
    assert found.optimize.calls == 100
    assert found.measure.prompt_tokens == 20 * 500
    assert found.all.cost == found.all.prompt_tokens + found.all.completion_tokens
    parts = (found.optimize, found.measure, found.reflect)
    assert found.all.calls == sum(part.calls for part in parts)


def test_a_program_goes_where_programs_are_unless_said(
    graph: Graph, train: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    lm, _engine = learner("demos")
    graph.optimize(train, lm=lm, trusted=True, calls=20)
    assert (tmp_path / "prompts" / "programs" / "cot-bootstrap.json").is_file()


def test_a_program_of_another_model_is_not_lost(graph: Graph, train: Path, tmp_path: Path) -> None:
    lm, engine = learner("demos")
    out = tmp_path / "cot.json"
    given: dict[str, Any] = {"lm": lm, "trusted": True, "calls": 20}
    graph.optimize(train, out, **given)
    graph.optimize(train, out, **given)  # of the same model and graph
    plain = json.loads(out.read_text(encoding="utf-8"))
    asked = engine.asked
    for other, match in (
        ({**plain, "model": "another"}, "compiled for the model another, and this one .* learner"),
        ({**plain, "snapshot": "0" * 64}, "compiled for the snapshot 000000"),
        ({"question": "mine"}, r"no compiled program\. Name another file \(--out\), or give --f"),
    ):
        out.write_text(json.dumps(other), encoding="utf-8")
        with pytest.raises(OutputError, match=match):
            graph.optimize(train, out, **given)
        assert json.loads(out.read_text(encoding="utf-8")) == other
    assert engine.asked == asked
    graph.optimize(train, out, force=True, **given)
    assert read_compiled(out).model == "learner"


def test_the_command_tells_what_it_will_ask(train: Path, tmp_path: Path) -> None:
    def run(*more: str) -> Any:
        command = [sys.executable, "-m", "kgmed.cli", "optimize", str(train), "--lm", "embedded",
                   "--optimizer", "gepa", "--calls", "20", *more]  # fmt: skip
        return subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)

    dry = run("--dry-run", "--prices", "1,4")
    assert dry.returncode == 0, dry.stderr
    first, answers, measure, reflect = dry.stdout.splitlines()
    assert first.startswith("forecast: 8 items to learn from, 4 to measure on; about ")
    assert answers.startswith("  gepa asks for answers: 20 calls, ")
    assert measure.startswith("  measuring before and after: 8 calls, ")
    assert reflect.startswith("  instructions and advice, at most: 2 calls, ")
    assert "at these prices" in reflect
    told = adapter("kgmed.optimized/1").validate_json(run("--dry-run", "--json").stdout)
    assert (told.out, told.score) == ("prompts/programs/cot-gepa.json", None)
    assert not (tmp_path / "prompts").exists()
    done = run()
    assert done.returncode == 0, done.stderr
    assert "kgmed: the program goes to prompts/programs/cot-gepa.json" in done.stderr
    assert "kgmed: forecast: 8 items to learn from" in done.stderr
    assert done.stdout.startswith("prompts/programs/cot-gepa.json: cot, ")


def test_a_program_of_another_model_or_snapshot_is_told(
    graph: Graph, train: Path, tmp_path: Path
) -> None:
    lm, _engine = learner("demos")
    out = tmp_path / "cot.json"
    graph.optimize(train, out, lm=lm, trusted=True, calls=20)
    given: Any = {"program": str(out), "options": ["water", "Allopurinol"]}
    with warnings.catch_warnings():
        warnings.simplefilter("error", ProgramWarning)
        graph.ask("Which of these treats gout? (1)", lm=lm, trusted=True, **given)
    other, _engine = scripted(RIGHT)
    with pytest.warns(ProgramWarning, match="compiled for the model learner, and runs on scripted"):
        graph.ask(
            "Which treats gout?", program=str(out), lm=other, options=["water", "Allopurinol"]
        )
    plain = json.loads(out.read_text(encoding="utf-8"))
    out.write_text(json.dumps({**plain, "snapshot": "0" * 64}), encoding="utf-8")
    with pytest.warns(ProgramWarning, match="over the snapshot 000000000000"):
        graph.ask("Which treats gout?", lm=lm, **given)
    out.write_text(json.dumps(plain), encoding="utf-8")
    with pytest.raises(UsageError, match="made for choice in en"):
        graph.ask("Which drugs treat gout?", program=str(out), lm=lm)


def test_what_is_no_compiled_program(graph: Graph, tmp_path: Path) -> None:
    path = tmp_path / "p.json"
    with pytest.raises(DataError, match="found no file"):
        graph.program(str(path))
    for text, match in (("{", "can't be read"), ("{}", r"found no kgmed\.program/1"),
                        ('{"schema": "kgmed.program/1"}', "other fields")):  # fmt: skip
        path.write_text(text, encoding="utf-8")
        with pytest.raises(DataError, match=match):
            graph.program(str(path))


def test_bad_settings_are_told(graph: Graph, train: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="'adam', expected one of: bootstrap, mipro, gepa, simba"):
        graph.optimize(train, tmp_path / "p.json", optimizer="adam", lm="embedded")
    with pytest.raises(UsageError, match="calls=0"):
        graph.optimize(train, tmp_path / "p.json", calls=0, lm="embedded")
    with pytest.raises(UsageError, match="expected at least 2 and 1"):
        graph.optimize(train, tmp_path / "p.json", limit=2, lm="embedded")


# The measure

PICK = Item("p", "b", "choice", "en", "Which treats gout?",
            {"A": "metformin", "B": "allopurinol"}, ("B",), "allopurinol")  # fmt: skip


def scored(graph: Graph, item: Item, said: dict[str, Any], **more: Any) -> Any:
    lm, _engine = scripted(said)
    module = graph.program("predict", trusted=True)
    with dspy.context(lm=lm):
        found = module(question=item.question, options=tuple(item.options.values()))
    return graph._measure().score(item, found)


def test_what_is_right_borne_out_cited_and_short_is_best(graph: Graph) -> None:
    said = {"answerable": True, "choice": "B", "answer": "Allopurinol treats gout [1].",
            "citations": [1]}  # fmt: skip
    best = scored(graph, PICK, said)
    assert (best.total, best.feedback) == (1.0, "The answer is right.")
    other = {**said, "choice": "A", "answer": "Probenecid treats gout [1]."}
    wrong = scored(graph, PICK, other)
    assert wrong.total == pytest.approx(0.5)
    assert "Right is B (allopurinol); the answer said A." in wrong.feedback
    uncited = scored(graph, PICK, {**said, "answer": "Allopurinol treats gout.", "citations": []})
    assert uncited.total == pytest.approx(0.85)
    assert "cites no evidence" in uncited.feedback
    bad = scored(graph, PICK, {**said, "answer": "Allopurinol treats gout [1][77]."})
    assert "[77]" in bad.feedback
    assert bad.total < 1
    abstained = scored(graph, PICK, {"answerable": False, "answer": "", "citations": [],
                                     "choice": "A"})  # fmt: skip
    assert wrong.total > abstained.total > 0
    long = scored(graph, PICK, {**said, "answer": "Allopurinol treats gout [1]. " * 25})
    assert 0.9 < long.total < 1


def test_a_refuted_claim_costs_more_than_none_and_is_told_with_its_proof(graph: Graph) -> None:
    item = Item("w", "b", "yes_no", "en", "Does warfarin interact with amiodarone?", {}, ("yes",))
    said = {"answerable": True, "verdict": "yes", "citations": [1],
            "answer": "Warfarin does not interact with amiodarone [1]."}  # fmt: skip
    found = scored(graph, item, said)
    assert found.parts["supported"] == 0.0
    assert "is refuted" in found.feedback
    plain = scored(graph, item, {**said, "answer": "Yes [1]."})
    assert plain.total > found.total
