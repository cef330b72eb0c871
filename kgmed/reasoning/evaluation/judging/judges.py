"""The modules that judge: marks for one answer, and which of two is better.

A model's marks and preferences are an opinion, told apart from the verifier's verdicts, and swayed
by the place in which an answer stands (Zheng et al., https://arxiv.org/abs/2306.05685): a pair is
asked both ways round, and only what holds both ways counts.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import dspy
from pydantic import Field

from kgmed.kg.model import Language
from kgmed.prompts import fenced_line
from kgmed.prompts.programs import task
from kgmed.reasoning.evaluation.judging.model import LEAST, MARKS, MOST
from kgmed.reasoning.evaluation.runs import Record
from kgmed.reasoning.evidence import Evidence
from kgmed.reasoning.programs.base import Asked, Grounded, Run, Steps
from kgmed.reasoning.programs.signatures import signature_of

SIDES = ("first", "second", "equal")
Mark = Annotated[int, Field(ge=LEAST, le=MOST)]


class Marking(Grounded):
    """Marks one answer on each of :data:`MARKS`."""

    name = "marks"
    grounded = False

    def __init__(self, gatherer: Any, verify: Any) -> None:
        super().__init__(gatherer, verify)
        outputs = {"reason": str, **dict.fromkeys(MARKS, Mark)}
        inputs = ("question", "candidate", "reference")
        self.predictors_of = _predictors(self.languages, "rate", inputs, outputs)

    async def aforward(self, record: Record) -> dspy.Prediction:  # type: ignore[override]
        """The marks of a record's answer; ``marks`` is {} where they couldn't be read."""
        run = _run(record)
        return await self.adriven(run, self._marking(run, record))

    def _marking(self, run: Run, record: Record) -> Steps:
        inputs = {**_asked(record), "candidate": fenced_line(str(record["text"]))}
        said = yield Asked(f"rate_{run.lang}", inputs, run.lang, "rate")
        marks = {} if said is None else {name: _mark(said[name]) for name in MARKS}
        reason = "" if said is None else str(said["reason"])
        return dspy.Prediction(marks=marks, reason=reason, calls=run.calls)


class Preferring(Grounded):
    """Says which of two answers to a question is better, asked both ways round."""

    name = "pairs"
    grounded = False

    def __init__(self, gatherer: Any, verify: Any) -> None:
        super().__init__(gatherer, verify)
        outputs = {"reason": str, "better": Literal[SIDES]}
        inputs = ("question", "first", "second", "reference")
        self.predictors_of = _predictors(self.languages, "prefer", inputs, outputs)

    async def aforward(self, one: Record, other: Record) -> dspy.Prediction:  # type: ignore[override]
        """``better`` is ``first`` (``one``), ``second`` or ``equal``, ``swayed`` says that the two
        orders gave different winners; "" where an answer couldn't be read."""
        run = _run(one)
        return await self.adriven(run, self._preferring(run, one, other))

    def _preferring(self, run: Run, one: Record, other: Record) -> Steps:
        said = []
        for first, second in ((one, other), (other, one)):
            inputs = {**_asked(one), "first": fenced_line(str(first["text"])),
                      "second": fenced_line(str(second["text"]))}  # fmt: skip
            said.append((yield Asked(f"prefer_{run.lang}", inputs, run.lang, "prefer")))
        ahead, behind = said
        if ahead is None or behind is None:
            return dspy.Prediction(better="", swayed=False, reason="", calls=run.calls)
        there, back = str(ahead["better"]), _turned(str(behind["better"]))
        better = there if there == back else "equal"
        swayed = {there, back} == {"first", "second"}
        return dspy.Prediction(
            better=better, swayed=swayed, reason=str(ahead["reason"]), calls=run.calls
        )


def _predictors(
    languages: Any, name: str, inputs: tuple[str, ...], outputs: dict[str, Any]
) -> dict[str, Any]:
    return {
        f"{name}_{lang}": dspy.Predict(
            signature_of(name, lang, inputs, outputs, task(name, lang).instructions())
        )
        for lang in languages
    }


def _run(record: Record) -> Run:
    lang: Language = record["lang"]
    question = str(record["question"])
    return Run(question, "open", lang, (), Evidence(question, lang))


def _asked(record: Record) -> dict[str, str]:
    answer = str(record["answer"])
    return {
        "question": str(record["question"]),
        "reference": fenced_line(answer) if answer else "-",
    }


def _mark(value: Any) -> int:
    return max(LEAST, min(MOST, int(value)))


def _turned(side: str) -> str:
    return {"first": "second", "second": "first"}.get(side, side)
