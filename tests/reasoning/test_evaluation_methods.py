"""The methods that are compared, and the detectors: what each asks of a model, and what it makes of
the answers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from scripted_engine import scripted

from kgmed.facade import Graph
from kgmed.kg.errors import UsageError
from kgmed.reasoning.evaluation.model import Item

dspy = pytest.importorskip("dspy", reason="needs dspy: pip install 'kgmed[evaluate]'")
pytest.importorskip("bm25s", reason="needs bm25s: pip install 'kgmed[evaluate]'")

from kgmed.reasoning.evaluation.methods import auto_cot, passages  # noqa: E402
from kgmed.reasoning.evaluation.methods.asking import form_of, options_of, right_label  # noqa: E402
from kgmed.reasoning.evaluation.methods.registry import (  # noqa: E402
    DETECTORS,
    METHODS,
    Setup,
    method,
)

PICK = Item("p", "b", "choice", "en", "Which of these treats gout?",
            {"A": "metformin", "B": "allopurinol"}, ("B",), "allopurinol")  # fmt: skip
WHETHER = Item("w", "b", "yes_no", "en", "Does warfarin interact with amiodarone?", {}, ("yes",))
SOLVED = [
    PICK,
    WHETHER,
    Item("a", "b", "choice", "en", "Which of these treats asthma?",
         {"A": "salbutamol", "B": "warfarin"}, ("A",), "salbutamol"),
    Item("o", "b", "open", "en", "What does imatinib inhibit?", {}, (), "ABL1"),
]  # fmt: skip


@pytest.fixture(scope="module")
def setup(graph: Graph) -> Setup:
    return graph._setup(True, SOLVED, ())


def asked(made: Any, engine_says: Any, item: Item = PICK) -> tuple[Any, Any]:
    lm, engine = scripted(engine_says)
    with dspy.context(lm=lm):
        found = made(question=item.question, options=options_of(item), language=item.lang)
    return found, engine


SAID = {"answerable": True, "steps": ["Gout is treated with allopurinol."], "choice": "B",
        "answer": "Allopurinol treats gout [1].", "citations": [1], "names": [], "thoughts": [],
        "verdict": "yes"}  # fmt: skip


@pytest.mark.parametrize("name", METHODS)
def test_every_method_answers_a_question_with_options(setup: Setup, name: str) -> None:
    lm, _engine = scripted(SAID)
    with dspy.context(lm=lm):
        made = method(name).make(setup)
    found, engine = asked(made, SAID)
    assert (found.answerable, found.label) == (True, "B")
    prompt = engine.asked[-1]
    assert "allopurinol" in prompt
    alone = name in {"closed", "closed-few", "closed-cot", "auto-cot", "closed-sc"}
    assert ("[[ ## evidence ## ]]" in prompt) is not alone
    assert bool(found.evidence.pieces) is not alone


def test_the_model_alone_is_shown_nothing_of_the_graph(setup: Setup) -> None:
    found, engine = asked(method("closed").make(setup), SAID)
    assert engine.before == [[]]
    assert "<text" not in engine.asked[0]
    assert found.citations == []
    found, engine = asked(method("closed").make(setup), {"answerable": False, "answer": ""})
    assert not found.answerable


def test_solved_questions_are_shown_in_their_form(setup: Setup) -> None:
    _found, engine = asked(method("closed-few").make(setup), SAID)
    roles = [role for role, _text in engine.before[0]]
    assert roles == ["user", "assistant"] * 2
    texts = "\n".join(text for _role, text in engine.before[0])
    assert "Which of these treats asthma?" in texts
    assert "imatinib" not in texts
    with pytest.raises(UsageError, match="--solved FILE"):
        method("closed-few").make(Setup(setup.gatherer, setup.verify, setup.passages))


def test_automatic_examples_hold_the_models_own_steps_of_unlike_questions(setup: Setup) -> None:
    lm, engine = scripted(SAID)
    with dspy.context(lm=lm):
        made = method("auto-cot").make(setup)
    assert len(engine.asked) == 4  # the solved questions, without an example
    assert engine.before == [[]] * 4
    _found, engine = asked(made, SAID)
    answers = [json.loads(text) for role, text in engine.before[0] if role == "assistant"]
    assert answers
    assert all(one["steps"] == SAID["steps"] for one in answers)
    near = [
        Item(str(n), "b", "open", "en", text)
        for n, text in enumerate(
            (
                "what treats gout",
                "what treats gout today",
                "which gene is mutated",
                "what treats it",
            )
        )
    ]
    first, second, *_rest = auto_cot.unlike(near, 3, seed=0)
    assert (first.id, second.id) == ("0", "2")


def test_a_vote_of_closed_answers_verifies_nothing(setup: Setup) -> None:
    found, engine = asked(method("closed-sc").make(setup), SAID)
    assert len(engine.asked) == setup.samples
    votes = [entry for entry in found.trace if entry["kind"] == "sample"]
    assert all(entry["claims"] == [] for entry in votes)
    assert found.agreement == 1.0


def test_plain_text_is_found_by_its_words(graph: Graph) -> None:
    texts = passages.of_graph(graph.store, graph.registry, "en")
    held = passages.Passages(texts)
    best = held.best("Which drugs treat gout?", 20)
    assert sum("gout" in text.casefold() for text in best) > 15
    assert any("llopurinol" in text for text in best)
    assert held.best("???") == []
    made: list[str] = []

    def of(lang: str) -> passages.Passages | None:
        made.append(lang)
        return {"en": held}.get(lang)

    gatherer = passages.PassageGatherer(graph.store, graph.registry, of)
    evidence = gatherer.gather("Which drugs treat gout?", budget=200)
    assert evidence.tokens <= 220
    assert [piece.number for piece in evidence.pieces] == [*range(1, len(evidence.pieces) + 1)]
    assert made == ["en"]  # those of a language that nothing is asked in aren't made
    assert gatherer.gather("哪些药物治疗痛风？").pieces == ()
    assert gatherer.gather("哪些药物治疗哮喘？").pieces == ()
    assert made == ["en", "zh"]


def test_texts_of_files_are_cut_between_sentences(tmp_path: Path) -> None:
    long = " ".join(f"Sentence number {n} says a little about gout." for n in range(60))
    (tmp_path / "a.jsonl").write_text(json.dumps({"text": long}) + "\n", encoding="utf-8")
    (tmp_path / "b.txt").write_text("别嘌醇治疗痛风。\n", encoding="utf-8")
    (tmp_path / "card.md").write_text("no passage", encoding="utf-8")
    found = passages.of_files([tmp_path])
    assert found["zh"] == ["别嘌醇治疗痛风。"]
    assert len(found["en"]) > 3
    assert " ".join(found["en"]) == long


@pytest.mark.parametrize(("item", "form", "options", "label"), [
    (PICK, "choice", ("metformin", "allopurinol"), "B"),
    (WHETHER, "yes_no", (), "yes"),
    (Item("v", "b", "yes_no", "en", "Visual acuity: a difference?", {}, ("no",)), "choice",
     ("yes", "no", "maybe"), "B"),
    (Item("m", "b", "choice", "zh", "下列哪些", {"A": "一", "B": "二"}, ("A", "B")), None,
     ("一", "二"), "A"),
    (Item("j", "b", "judgement", "en", "Q?", candidate="A."), None, (), ""),
])  # fmt: skip
def test_how_an_item_is_asked(
    item: Item, form: str | None, options: tuple[str, ...], label: str
) -> None:
    assert (form_of(item), options_of(item), right_label(item)) == (form, options, label)


# Detectors

TRUE = "Warfarin interacts with amiodarone."
FALSE = "Warfarin does not interact with amiodarone."
ASK = "Does warfarin interact with amiodarone?"


def judged(setup: Setup, name: str, candidate: str, *says: Any) -> tuple[Any, Any]:
    lm, engine = scripted(*says)
    with dspy.context(lm=lm):
        return method(name).make(setup)(question=ASK, candidate=candidate), engine


def test_the_verifier_judges_without_a_model(setup: Setup) -> None:
    found, engine = judged(setup, "verifier", TRUE, {})
    assert (found.label, found.score, engine.asked) == ("supported", 0.0, [])
    found, _ = judged(setup, "verifier", FALSE, {})
    assert (found.label, found.score) == ("hallucinated", 1.0)
    assert found.answer
    found, _ = judged(setup, "verifier", "I would rest a little.", {})
    assert (found.label, found.score, found.answerable) == ("", None, False)


@pytest.mark.parametrize(("said", "label", "score"), [
    ({"reason": "r", "supported": True, "confidence": 10}, "supported", 0.0),
    ({"reason": "r", "supported": True, "confidence": 0}, "supported", 0.499),
    ({"reason": "r", "supported": False, "confidence": 10}, "hallucinated", 1.0),
    ({"reason": "r", "supported": False, "confidence": 99}, "hallucinated", 1.0),
])  # fmt: skip
def test_a_judge_is_as_sure_as_it_says(
    setup: Setup, said: dict[str, Any], label: str, score: float
) -> None:
    found, engine = judged(setup, "judge", TRUE, said)
    assert (found.label, found.score) == (label, score)
    assert "<text" in engine.asked[0]  # the answer is data
    assert "[[ ## evidence ## ]]" not in engine.asked[0]
    found, engine = judged(setup, "evidence-judge", TRUE, said)
    assert "[[ ## evidence ## ]]" in engine.asked[0]
    assert "Amiodarone" in engine.asked[0]


def test_a_judge_that_returns_nonsense_is_asked_again_and_then_left(setup: Setup) -> None:
    found, engine = judged(setup, "judge", TRUE, "I think so", "Yes!")
    assert len(engine.asked) == 2
    assert (found.failed, found.label, found.answerable) == ("unread", "", False)


def test_a_chain_of_verification_answers_each_question_out_of_sight(setup: Setup) -> None:
    plan = {"questions": ["Does warfarin interact with amiodarone?", "What is warfarin?"]}
    known = {"answerable": True, "answer": "It does."}
    none = {"answerable": False, "answer": ""}
    last = {"reason": "r", "supported": False, "confidence": 8}
    found, engine = judged(setup, "chain-of-verification", FALSE, plan, known, none, last)
    assert found.calls == len(engine.asked) == 4
    for prompt in engine.asked[1:3]:
        assert "does not interact" not in prompt
    assert "Does warfarin interact with amiodarone? It does." in engine.asked[3]
    assert "What is warfarin? -" in engine.asked[3]
    assert found.label == "hallucinated"


def test_agreement_is_the_share_of_sentences_that_samples_bear_out(setup: Setup) -> None:
    sample = {"answerable": True, "answer": "They interact."}
    made = [sample, {"supported": [1]}, sample, {"supported": []}, sample, {"supported": [1, 7]},
            {"answerable": False, "answer": ""}, sample, {"supported": []}]  # fmt: skip
    found, engine = judged(setup, "sample-agreement", TRUE, *made)
    assert found.score == 0.5
    assert found.calls == 9
    assert len({seed for seed in engine.seeds if seed is not None}) == 5
    found, _ = judged(setup, "sample-agreement", TRUE, {"answerable": False, "answer": ""})
    assert (found.label, found.answerable) == ("", False)


def test_the_known_methods_are_told_where_another_is_named() -> None:
    with pytest.raises(UsageError, match=r"'graf', expected one of: closed, .*, verifier"):
        method("graf")
    assert not METHODS.keys() & DETECTORS.keys()
