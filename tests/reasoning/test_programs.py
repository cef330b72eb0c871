"""Programs on a language model: evidence in, cited and checked answers out, whatever it says."""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path
from typing import Any

import pytest
from scripted_engine import ScriptedEngine, scripted

from kgmed import wire
from kgmed.facade import Graph
from kgmed.facade.how import LM_PROGRAMS
from kgmed.kg.errors import LanguageModelError, UsageError

dspy = pytest.importorskip("dspy", reason="needs dspy: pip install 'kgmed[llm]'")

QUESTIONS = (
    ("Which drugs treat gout?", ()),
    ("Does warfarin interact with amiodarone?", ()),
    ("Which drug treats gout?", ("metformin", "allopurinol", "warfarin")),
    ("How does warfarin treat pulmonary embolism?", ()),
    ("哪些药物治疗痛风？", ()),
    ("华法林与胺碘酮有相互作用吗？", ()),
    ("哪种药物治疗痛风？", ("二甲双胍", "别嘌醇", "华法林")),
)
ANSWER = {"answerable": True, "answer": "Warfarin inhibits VKORC1 [1].", "citations": [1]}


def ask(graph: Graph, lm: Any, question: str = "What does warfarin inhibit?", **given: Any) -> Any:
    return graph.ask(question, lm=lm, **{"program": "predict", "trusted": True, **given})


# Each program, with the embedded engine


@pytest.mark.parametrize("program", LM_PROGRAMS)
@pytest.mark.parametrize(("question", "options"), QUESTIONS)
def test_an_answer_is_cited_and_its_claims_are_borne_out(
    graph: Graph, program: str, question: str, options: tuple[str, ...]
) -> None:
    answer = graph.ask(question, program=program, lm="embedded", options=options)
    assert (answer.abstained, answer.program, answer.model) == (False, program, "embedded")
    shown = re.findall(r"\[([0-9a-f]{8})\]", answer.text)
    assert shown
    assert {id[:8] for id in answer.statements} >= set(shown)
    assert all(graph.statement(id) == statement for id, statement in answer.statements.items())
    verdicts = [claim.verdict for claim in answer.claims]
    assert "SUPPORTED" in verdicts
    assert "REFUTED" not in verdicts
    assert answer.usage["calls"] >= 1
    assert answer.usage["prompt_tokens"] > 100 * answer.usage["calls"]
    assert answer.snapshot == graph.info().snapshot
    if options:
        assert answer.value == options[1]
    elif answer.form == "yes_no":
        assert answer.value is True
    else:
        assert answer.items
        assert all(item.statements for item in answer.items[:1])


@pytest.mark.parametrize("program", LM_PROGRAMS)
def test_the_answer_is_the_published_shape(graph: Graph, program: str) -> None:
    answer = graph.ask("Which drugs treat gout?", program=program, lm="embedded")
    plain = json.loads(wire.to_json(answer))
    adapter = wire.adapter("kgmed.answer/1")
    assert json.loads(adapter.dump_json(adapter.validate_python(plain))) == plain
    for claim in answer.claims:
        assert claim.text.split()[0] in answer.text[claim.start : claim.end]


@pytest.mark.parametrize("program", LM_PROGRAMS)
def test_without_evidence_no_model_is_asked(graph: Graph, program: str) -> None:
    lm, engine = scripted(ANSWER)
    answer = ask(graph, lm, "Who was Napoleon?", program=program)
    assert (answer.abstained, answer.reason) == (True, "not_linked")
    assert (engine.asked, answer.usage["calls"]) == ([], 0)


@pytest.mark.parametrize("program", LM_PROGRAMS)
def test_a_question_that_the_evidence_leaves_open_is_not_answered(
    graph: Graph, program: str
) -> None:
    answer = graph.ask("What is the capital of warfarin?", program=program, lm="embedded")
    assert (answer.abstained, answer.reason, answer.statements) == (True, "no_evidence", {})
    assert "not evidence that there is none" in answer.text


# What a model says


def test_numbers_become_the_ids_of_the_statements_that_the_words_name(graph: Graph) -> None:
    text = "Warfarin interacts with Fluconazole [1] and with nothing else [99]."
    lm, engine = scripted({"answerable": True, "citations": [1, 99], "answer": text})
    answer = ask(graph, lm, "drug interactions of warfarin")
    assert "[1] Warfarin interacts with Fluconazole, " in engine.asked[0]
    (statement,) = answer.statements.values()
    names = {c.name for c in graph.store.concepts([statement.subject, statement.object or ""]) if c}
    assert names == {"Warfarin", "Fluconazole"}
    assert f"Fluconazole [{statement.id[:8]}] and with nothing else." in answer.text
    assert [item.name for item in answer.items] == ["Fluconazole"]


@pytest.mark.parametrize(
    ("question", "lie"),
    [
        ("What does warfarin do to VKORC1?", "Warfarin activates VKORC1 [1]."),
        ("华法林对VKORC1有什么作用？", "华法林激活VKORC1 [1]。"),
    ],
)
@pytest.mark.parametrize("program", ["predict", "cot", "tot", "self-consistency"])
def test_a_made_up_claim_is_refuted_in_the_answer_and_in_the_trace(
    graph: Graph, program: str, question: str, lie: str
) -> None:
    said = {"answerable": True, "steps": [lie], "answer": lie, "citations": [1],
            "thoughts": [{"number": 1, "thought": lie, "score": 10}]}  # fmt: skip
    lm, _engine = scripted(said)
    answer = ask(graph, lm, question, program=program, revise=0)
    (claim,) = answer.claims
    assert (claim.verdict, claim.proof and claim.proof.rule) == ("REFUTED", "excludes")
    assert claim.text in answer.text.splitlines()[1]  # told beneath the answer
    told = [c for entry in answer.trace for c in entry.get("claims", ())]
    assert (
        program == "predict"
        or {"verdict": "REFUTED", "rule": "excludes"}.items() <= {**told[0]}.items()
    )


def test_a_thought_that_the_graph_refutes_is_pruned_whatever_its_score(graph: Graph) -> None:
    def say(user: str) -> Any:
        if "## candidates" not in user:
            return ANSWER
        found = re.search(r"^\[(\d+)\] Warfarin inhibits VKORC1", user, re.MULTILINE)
        right = int(found[1]) if found else 2
        return {"thoughts": [
            {"number": 1 if right > 1 else 2, "thought": "Warfarin activates VKORC1.", "score": 10},
            {"number": right, "thought": "Warfarin inhibits VKORC1.", "score": 4},
            {"number": right, "thought": "The same again.", "score": 9},
            {"number": 99, "thought": "There is no such candidate.", "score": 9},
        ]}  # fmt: skip

    lm, engine = scripted(say=say)
    answer = ask(graph, lm, program="tot")
    thoughts = [entry for entry in answer.trace if entry["kind"] == "thought"]
    first = [(t["text"], t["kept"], t.get("pruned")) for t in thoughts if t["depth"] == 1]
    assert first == [
        ("Warfarin activates VKORC1.", False, "refuted"),
        ("Warfarin inhibits VKORC1.", True, None),
    ]
    assert {t["parent"] for t in thoughts if t["depth"] == 2} == {thoughts[1]["id"]}
    assert thoughts[0]["follows"] not in engine.asked[-1].split("## evidence")[1].split("\n[2]")[0]


@pytest.mark.parametrize(("depth", "calls", "most"), [(3, 9, 4), (3, 2, 2), (1, 9, 2)])
def test_a_tree_keeps_to_its_bounds(graph: Graph, depth: int, calls: int, most: int) -> None:
    def say(user: str) -> Any:
        if "## candidates" not in user:
            return ANSWER
        found = re.findall(r"^\[(\d+)\] (.+)$", user, re.MULTILINE)
        return {"thoughts": [{"number": int(n), "thought": text, "score": 5} for n, text in found]}

    lm, engine = scripted(say=say)
    program = graph.program("tot", depth=depth, calls=calls, beam=2, width=4)
    with dspy.context(lm=lm):
        found = program(question="What does warfarin inhibit?")
    assert len(engine.asked) == found.calls <= most
    kept = [t for t in found.trace if t["kind"] == "thought" and t["kept"]]
    assert max(t["depth"] for t in kept) <= depth
    for level in range(1, depth + 1):
        assert sum(t["depth"] == level for t in kept) <= 2
    ids = {t["id"] for t in kept}
    assert all(t["parent"] in ids | {0} for t in kept)


# Answers that can't be read


@pytest.mark.parametrize("program", ["predict", "cot"])
def test_an_unreadable_answer_is_asked_for_once_more_with_what_was_wrong(
    graph: Graph, program: str
) -> None:
    lm, engine = scripted('{"answer": "Warf', {**ANSWER, "steps": []})
    answer = ask(graph, lm, program=program)
    assert not answer.abstained
    assert (len(engine.asked), answer.usage["calls"]) == (2, 2)
    assert "could not be read" in engine.system[1]
    assert "could not be read" not in engine.system[0]
    assert answer.trace[0]["kind"] == "unread"


@pytest.mark.parametrize("program", LM_PROGRAMS)
def test_an_answer_that_stays_unreadable_is_a_clear_failure(graph: Graph, program: str) -> None:
    lm, engine = scripted("I would rather not say.")
    answer = ask(graph, lm, program=program)
    assert (answer.abstained, answer.reason) == (True, "unread")
    assert "could not be read, twice (it is no JSON object)" in answer.text
    assert len(engine.asked) == answer.usage["calls"]


def test_an_option_that_there_is_none_of_is_asked_for_again(graph: Graph) -> None:
    said = {"answerable": True, "choice": "F", "answer": "x", "citations": []}
    lm, _engine = scripted(said, {**said, "choice": "B"})
    answer = ask(graph, lm, "Which drug treats gout?", options=("metformin", "allopurinol"))
    assert answer.value == "allopurinol"
    assert answer.trace[0]["problem"] == "choice isn't what was asked for"


@pytest.mark.parametrize(("text", "value", "was"), [
    ("Allopurinol treats gout [1].", "allopurinol", "A"),
    ("Metformin treats gout [1].", "metformin", None),
    ("Allopurinol treats gout, as metformin doesn't [1].", "metformin", None),
    ("It treats gout [1].", "metformin", None),
])  # fmt: skip
def test_a_letter_gives_way_to_the_option_that_its_sentence_names(
    graph: Graph, text: str, value: str, was: str | None
) -> None:
    lm, _engine = scripted({"answerable": True, "choice": "A", "answer": text, "citations": [1]})
    answer = ask(graph, lm, "Which drug is for gout?", options=("metformin", "allopurinol"))
    assert answer.value == value
    letters = [entry["was"] for entry in answer.trace if entry["kind"] == "letter"]
    assert letters == ([was] if was else [])


def test_a_model_that_is_not_there_is_an_error_in_words(graph: Graph) -> None:
    from dspy.utils.exceptions import LMServerError

    def say(_user: str) -> Any:
        raise LMServerError("the server is gone")

    lm, _engine = scripted(say=say)
    for program in LM_PROGRAMS:
        with pytest.raises(LanguageModelError, match="the server is gone"):
            ask(graph, lm, program=program)


def test_a_model_that_says_it_cannot_answer_abstains_and_its_words_stay_in_the_trace(
    graph: Graph,
) -> None:
    lm, _engine = scripted({**ANSWER, "answerable": False, "answer": "No dose is given."})
    answer = ask(graph, lm)
    assert (answer.abstained, answer.reason) == (True, "no_evidence")
    assert answer.trace[-1] == {"kind": "unanswered", "text": "No dose is given."}


@pytest.mark.parametrize("said", ["yes", "no"])
def test_yes_and_no_are_values_only_where_the_graph_bears_them_out(graph: Graph, said: str) -> None:
    text = {"yes": "Metformin interacts with gout.", "no": "Metformin doesn't treat gout."}[said]
    lm, _engine = scripted({**ANSWER, "verdict": said, "answer": text, "citations": []})
    answer = ask(graph, lm, "Does metformin treat gout?", revise=0)
    assert answer.value is None
    assert f"The model says {said}; the graph doesn't bear that out" in answer.text


def test_whether_two_drugs_are_safe_together_is_not_judged(graph: Graph) -> None:
    text = "Warfarin interacts with Amiodarone [1]."
    lm, _engine = scripted({**ANSWER, "verdict": "yes", "answer": text})
    answer = ask(graph, lm, "Can warfarin and amiodarone be taken together?")
    assert answer.value is None
    assert "kgmed doesn't judge safety" in answer.text


# Self-consistency


def sample(text: str) -> dict[str, Any]:
    return {"answerable": True, "steps": [], "answer": text, "citations": [1]}


def test_two_names_of_one_concept_are_one_vote(graph: Graph) -> None:
    texts = ["Gout is treated with colchicine [2].", "Gout is treated with aspirin [1].",
             "Gout is treated with acetylsalicylic acid [1]."]  # fmt: skip
    lm, engine = scripted(*map(sample, texts))
    answer = ask(graph, lm, "Which drug treats gout?", program="self-consistency", samples=3)
    assert len(engine.asked) == answer.usage["calls"] == 3
    assert "olchicine" not in answer.text
    assert answer.agreement == pytest.approx(2 / 3, abs=1e-3)
    assert sum(entry.get("chosen", False) for entry in answer.trace) == 1
    assert sorted(engine.seeds) == [0, 1, 2]


def test_a_refuted_majority_loses_to_what_is_borne_out(graph: Graph) -> None:
    texts = ["Warfarin activates VKORC1 [1]."] * 2 + ["Warfarin inhibits VKORC1 [1]."]
    lm, _engine = scripted(*map(sample, texts))
    question = "What is the target of warfarin?"
    answer = ask(graph, lm, question, program="self-consistency", samples=3)
    weights = sorted(entry["weight"] for entry in answer.trace if entry["kind"] == "sample")
    assert weights == [0.0, 0.0, 1.0]
    assert answer.text.startswith("Warfarin inhibits")


def test_a_sample_that_fails_is_told_and_the_others_vote(graph: Graph) -> None:
    from dspy.utils.exceptions import LMServerError

    turns = iter(range(3))

    def say(_user: str) -> Any:
        if next(turns) == 1:
            raise LMServerError("overloaded")
        return sample("Warfarin inhibits VKORC1 [1].")

    lm, _engine = scripted(say=say)
    answer = ask(graph, lm, program="self-consistency", samples=3)
    assert not answer.abstained
    assert any("overloaded" in entry.get("failed", "") for entry in answer.trace)


def test_samples_run_where_a_loop_is_running(graph: Graph) -> None:
    async def inside() -> Any:
        return graph.ask("Which drugs treat gout?", program="self-consistency", lm="embedded")

    assert not asyncio.run(inside()).abstained


def test_many_questions_are_gathered(graph: Graph) -> None:
    lm, engine = scripted(ANSWER)
    program = graph.program("predict")

    async def together() -> list[Any]:
        names = ("warfarin", "imatinib", "gout", "aspirin")
        return await asyncio.gather(*(program.acall(question=f"Tell of {n}") for n in names))

    with dspy.context(lm=lm):
        found = asyncio.run(together())
    assert [one.question for one in found] == [
        "Tell of warfarin", "Tell of imatinib", "Tell of gout", "Tell of aspirin",
    ]  # fmt: skip
    assert len(engine.asked) == 4


# Constrained


def test_a_constrained_answer_holds_candidates_alone(graph: Graph) -> None:
    said = {"answerable": True, "names": ["Colchicine", "Snake oil"], "citations": [2]}
    lm, _engine = scripted(said)
    answer = ask(graph, lm, "Which drugs treat gout?", program="constrained")
    assert [item.name for item in answer.items] == ["Colchicine"]
    assert "Snake oil" not in answer.text
    assert {"kind": "dropped", "text": "Snake oil", "problem": "no candidate"} in answer.trace
    assert {claim.verdict for claim in answer.claims} == {"SUPPORTED"}


def test_the_schema_of_a_constrained_answer_holds_the_candidates(graph: Graph) -> None:
    from kgmed.reasoning.lm.adapter import CompactAdapter

    schemas = []

    class Watching(ScriptedEngine):
        supports_response_schema = True
        supported_params = ("response_format",)

        def complete(self, request: Any) -> Any:
            schemas.append(request.config.response_format)
            return super().complete(request)

    engine = Watching({"answerable": False, "names": [], "citations": []})
    lm = dspy.LM("scripted", engine=engine, cache=False)
    with dspy.context(lm=lm, adapter=CompactAdapter()):
        graph.program("constrained")(question="Which drugs treat gout?")
    asked = schemas[0].get("schema") or schemas[0]["json_schema"]["schema"]
    names = asked["properties"]["names"]
    assert {"Colchicine", "Allopurinol"} <= set(names["items"]["enum"])
    assert "gout" not in {name.casefold() for name in names["items"]["enum"]}
    assert names["maxItems"] == 24
    assert asked["additionalProperties"] is False


# Programs as modules


@pytest.mark.parametrize("program", LM_PROGRAMS)
def test_a_program_is_saved_and_loaded_without_the_graph(
    graph: Graph, program: str, tmp_path: Path
) -> None:
    made = graph.program(program)
    for predictor in made.predictors():
        predictor.demos = [{"question": "q", "evidence": "e", "answer": program}]
    path = tmp_path / "program.json"
    made.save(path)
    assert "Warfarin" not in path.read_text("utf-8").replace('"Warfarin interacts', "")
    again = graph.program(program)
    again.load(path)
    assert again.dump_state() == made.dump_state()
    assert [p.demos[0]["answer"] for p in again.predictors()] == [program] * len(made.predictors())


def test_a_copy_of_a_program_asks_the_same_graph(graph: Graph) -> None:
    made = graph.program("cot", kinds=("open",), languages=("en",))
    copied = made.deepcopy()
    assert copied.tools is made.tools
    assert len(copied.predictors()) == 1
    with pytest.raises(UsageError, match="found a question of the form yes_no"):
        copied(question="Does warfarin interact with amiodarone?")


def test_an_optimizer_of_dspy_fills_a_program_with_examples(graph: Graph) -> None:
    from kgmed.reasoning.lm.engine import embedded_lm

    examples = [dspy.Example(question=q).with_inputs("question")
                for q in ("Which drugs treat gout?", "drug interactions of warfarin")]  # fmt: skip
    student = graph.program("cot", kinds=("open",), languages=("en",))
    with dspy.context(lm=embedded_lm()):
        optimizer = dspy.BootstrapFewShot(
            metric=lambda _example, found, _trace=None: bool(found.citations),
            max_bootstrapped_demos=2,
        )
        better = optimizer.compile(student, trainset=examples)
        assert len(better.predictors()[0].demos) == 2
        assert better(question="drug interactions of tamoxifen").citations


def test_an_answer_shows_in_a_notebook_with_its_text_escaped(graph: Graph) -> None:
    lie = "Warfarin activates VKORC1 <b>[1]</b>."
    lm, _engine = scripted({**ANSWER, "answer": lie, "steps": [lie]})
    html = ask(graph, lm, program="cot")._repr_html_()
    assert "<details><summary>cot on scripted</summary>" in html
    assert "step: Warfarin activates VKORC1 &lt;b&gt;" in html
    assert "REFUTED" in html
    assert "<b>[" not in html


def test_a_users_own_module_answers(graph: Graph) -> None:
    class Twice(dspy.Module):  # type: ignore[misc]
        def __init__(self, inner: Any) -> None:
            super().__init__()
            self.inner = inner

        def forward(self, **given: Any) -> Any:
            self.inner(**given)
            return self.inner(**given)

    lm, engine = scripted(ANSWER)
    answer = ask(graph, lm, program=Twice(graph.program("predict")))
    assert (answer.program, len(engine.asked)) == ("Twice", 2)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"program": "magic"}, "expected one of: direct, predict, cot"),
        ({"program": "cot", "samples": 3}, "self-consistency votes"),
        ({"program": "direct", "budget": 300}, "Found budget with the program direct"),
        ({"program": "cot", "options": ("one",)}, "expected none or 2 to 12"),
        ({"program": "cot", "lm": 7}, "expected a name, a model that is connected"),
        ({"program": "self-consistency", "samples": 0}, "expected 1 to 64"),
        ({"program": "cot", "question": "  "}, "The question is empty"),
    ],
)
def test_what_cannot_be_asked_is_refused_in_words(
    graph: Graph, given: dict[str, Any], message: str
) -> None:
    given = dict(given)
    with pytest.raises(UsageError, match=message):
        graph.ask(given.pop("question", "Which drugs treat gout?"), **given)
