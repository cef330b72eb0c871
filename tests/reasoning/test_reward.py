"""The reward: what is true and was asked is worth most, and no easy way leads around that."""

from __future__ import annotations

import pytest

import kgmed
from kgmed.facade import Graph
from kgmed.kg.errors import UsageError
from kgmed.prompts import fenced
from kgmed.reasoning.evidence import Gatherer
from kgmed.reasoning.reward import Reward, Weights, abstains

PAIR = "Does warfarin interact with amiodarone?"
LIST = "Which drugs treat gout?"
CHOICE = "Which of these is a biguanide? A. Metformin B. Glipizide"
PAIR_ZH = "华法林与胺碘酮有相互作用吗？"


@pytest.fixture(scope="module")
def weigh(graph: Graph) -> Reward:
    return graph.rewards()


@pytest.mark.parametrize(
    ("question", "text", "value", "reason"),
    [
        (PAIR, "Yes. Warfarin interacts with amiodarone (severity: critical).", 1.0, "claims"),
        (PAIR, "Yes.", 1.0, "claims"),
        (PAIR, "No.", -1.0, "refuted"),
        (PAIR, "No, warfarin does not interact with amiodarone.", -1.0, "refuted"),
        (PAIR, "I cannot tell from the evidence.", 0.1, "abstained"),
        (PAIR_ZH, "是的，华法林与胺碘酮存在相互作用。", 1.0, "claims"),
        (PAIR_ZH, "不，华法林与胺碘酮没有相互作用。", -1.0, "refuted"),
        (PAIR_ZH, "无法判断。", 0.1, "abstained"),
        (LIST, "Allopurinol treats gout.", 1.0, "claims"),
        (LIST, "Allopurinol treats gout. Warfarin treats gout.", 0.3, "claims"),
        (LIST, "Warfarin treats gout.", -0.4, "claims"),
        (CHOICE, "A. Metformin is a biguanide.", 1.0, "claims"),
        # easy ways
        (PAIR, "", -0.6, "empty"),
        (PAIR, " . \n", -0.6, "empty"),
        (PAIR, "Imatinib inhibits ABL1.", 0.0, "nothing that was asked"),
        (PAIR, "Warfarin treats thrombosis.", 0.0, "nothing that was asked"),
        (LIST, "Gout is a kind of arthritis.", 0.0, "nothing that was asked"),
        (CHOICE, "Metformin treats type 2 diabetes.", 0.0, "nothing that was asked"),
        (PAIR, "It depends on many things.", 0.0, "nothing that was asked"),
        (PAIR, "I can't tell. Warfarin does not interact with amiodarone.", -1.0, "refuted"),
    ],
)
def test_a_completion_is_worth_what_it_claims(
    weigh: Reward, question: str, text: str, value: float, reason: str
) -> None:
    found = weigh.explain(text, question)
    assert (found.value, found.reason) == (value, reason)


def test_saying_it_again_brings_nothing(weigh: Reward) -> None:
    once = weigh.explain("Warfarin interacts with amiodarone. Warfarin treats gout.", PAIR)
    again = "Warfarin interacts with amiodarone. " * 30 + "Amiodarone interacts with warfarin. "
    often = weigh.explain(again + "Warfarin treats gout.", PAIR)
    assert often.value == once.value < 1


def test_a_safe_claim_beside_a_refuted_one_saves_nothing(weigh: Reward) -> None:
    safe = "Warfarin interacts with amiodarone. Warfarin interacts with ibuprofen. "
    assert weigh.explain(safe + "Amiodarone does not interact with warfarin.", PAIR).value == -1.0


def test_evidence_written_down_is_no_answer(graph: Graph, weigh: Reward) -> None:
    evidence = Gatherer(graph.store, graph.registry).gather(PAIR).text
    for shown in (evidence, fenced(evidence)):
        prompt = f"{shown}\nQuestion: {PAIR}"
        copied = weigh.explain(evidence, prompt)
        assert (copied.value, copied.reason) == (-0.5, "the evidence copied")
        assert copied.value < weigh.explain("I can't tell.", prompt).value
        quoted = weigh.explain(
            "Warfarin interacts with Amiodarone (severity: critical). [1]", prompt
        )
        assert quoted.value == 1.0


def test_it_is_called_as_trainers_call_it(weigh: Reward) -> None:
    messages = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": PAIR}]
    said = [{"role": "assistant", "content": "Yes."}]
    values = weigh(
        prompts=[messages, PAIR], completions=[said, "No."], completion_ids=[[1], [2]],
        trainer_state=None, statements=[["a"], ["b"]],
    )  # fmt: skip
    assert values == [1.0, -1.0]
    assert weigh.__name__ == "kgmed_reward"
    assert kgmed.reward(["Yes."], prompts=[PAIR]) == [1.0]


def test_without_prompts_every_claim_counts(weigh: Reward) -> None:
    assert weigh(["Imatinib inhibits ABL1.", ""]) == [1.0, -0.6]


def test_prompts_of_another_number_are_refused(weigh: Reward) -> None:
    with pytest.raises(UsageError, match="1 prompts for 2 completions"):
        weigh(["a", "b"], ["c"])


def test_weights_that_pay_for_falsehood_are_refused() -> None:
    with pytest.raises(UsageError, match="paid for saying what is false"):
        Weights(refuted=0.5)
    with pytest.raises(UsageError, match="expected -1 <= refuted"):
        Weights(abstained=-0.7)


@pytest.mark.parametrize(
    "text",
    ["I don't know.", "This isn't listed in the graph.", "There is no evidence for it.",
     "Insufficient information.", "证据不足，无法回答。", "图谱中未记载。"],
)  # fmt: skip
def test_abstaining_is_told_by_its_words(text: str) -> None:
    assert abstains(text)
    assert not abstains("Warfarin is known to interact with amiodarone.")
