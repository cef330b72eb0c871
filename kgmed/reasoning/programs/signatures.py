"""The programs' DSPy signatures: words from :mod:`kgmed.prompts.programs`, outputs bounded.

An answer longer than its bounds comes from an endpoint that takes no schema; it is cut when read.
"""

from __future__ import annotations

from collections.abc import Sequence
from string import ascii_uppercase
from typing import Annotated, Any, Literal

import dspy
from pydantic import BaseModel, Field, WithJsonSchema

from kgmed.kg.model import Language
from kgmed.prompts.programs import task

Kind = Literal["open", "choice", "yes_no"]
KINDS: tuple[Kind, ...] = ("open", "choice", "yes_no")
"""Forms of a question: in words, one of some options, or yes, no or maybe."""
MOST_STEPS, MOST_STEP, MOST_ANSWER, MOST_CITED = 6, 240, 900, 12
"""Steps, characters of one and of an answer, numbers cited."""
MOST_THOUGHTS, MOST_NAMES, MOST_OPTIONS = 6, 24, 12
VERDICTS = ("yes", "no", "maybe")


class Thought(BaseModel):
    """A way on that a model chose, what it tells about the question, and how good it is."""

    number: int
    thought: str = Field(max_length=300)
    score: int = Field(ge=0, le=10)


Step = Annotated[str, WithJsonSchema({"type": "string", "maxLength": MOST_STEP})]
Steps = Annotated[list[Step], Field(max_length=MOST_STEPS)]
Answer = Annotated[str, Field(max_length=MOST_ANSWER)]
Citations = Annotated[list[int], Field(max_length=MOST_CITED)]
Thoughts = Annotated[list[Thought], Field(max_length=MOST_THOUGHTS)]


def answer_signature(
    kind: Kind = "open", lang: Language = "en", *, steps: bool = False, options: int = 0
) -> Any:
    """``question, evidence[, options] -> answerable[, steps][, choice | verdict], answer,
    citations``; ``options`` is how many there are to choose from, 26 of which have letters."""
    instructions = task("answer", lang).instructions(kind, steps=steps)
    outputs = _answering(kind, steps=steps, options=options)
    return signature_of("answer", lang, _inputs(kind), outputs, instructions)


def recall_signature(
    kind: Kind = "open", lang: Language = "en", *, steps: bool = False, options: int = 0
) -> Any:
    """``question[, options] -> answerable[, steps][, choice | verdict], answer``: what a model
    knows by itself."""
    instructions = task("recall", lang).instructions(kind, steps=steps)
    inputs = [name for name in _inputs(kind) if name != "evidence"]
    outputs = _answering(kind, steps=steps, options=options)
    del outputs["citations"]
    return signature_of("recall", lang, inputs, outputs, instructions)


def revise_signature(kind: Kind = "open", lang: Language = "en", *, options: int = 0) -> Any:
    """``question, evidence[, options], draft, objections -> answerable[, choice | verdict],
    answer, citations``."""
    inputs = [*_inputs(kind), "draft", "objections"]
    outputs = _answering(kind, steps=False, options=options)
    return signature_of("revise", lang, inputs, outputs, task("revise", lang).instructions(kind))


def _inputs(kind: Kind) -> list[str]:
    return ["question", "evidence", *(["options"] if kind == "choice" else [])]


def _answering(kind: Kind, *, steps: bool, options: int) -> dict[str, Any]:
    """The outputs of an answer to a form of question."""
    outputs: dict[str, Any] = {"answerable": bool}
    if steps:
        outputs["steps"] = Steps
    if kind == "choice":
        outputs["choice"] = Literal[tuple(ascii_uppercase[: options or MOST_OPTIONS])]
    elif kind == "yes_no":
        outputs["verdict"] = Literal[VERDICTS]
    return {**outputs, "answer": Answer, "citations": Citations}


def thoughts_signature(lang: Language = "en") -> Any:
    """``question, known, candidates -> thoughts``."""
    outputs = {"thoughts": Thoughts}
    inputs = ["question", "known", "candidates"]
    return signature_of("thoughts", lang, inputs, outputs, task("thoughts", lang).instructions())


def names_signature(lang: Language = "en", names: Sequence[str] = ()) -> Any:
    """``question, evidence, candidates -> answerable, names, citations``; ``names`` are all that
    an answer may hold. They stand in the schema; who reads an answer checks it against them."""
    item: Any = Annotated[str, WithJsonSchema({"type": "string", "enum": list(names)})]
    listed: Any = list[item] if names else list[str]
    chosen: Any = Annotated[listed, Field(max_length=MOST_NAMES)]
    outputs = {"answerable": bool, "names": chosen, "citations": Citations}
    inputs = ["question", "evidence", "candidates"]
    return signature_of("names", lang, inputs, outputs, task("names", lang).instructions())


def signature_of(
    name: str, lang: Language, inputs: Sequence[str], outputs: dict[str, Any], instructions: str
) -> Any:
    """A signature whose words are those of a task: each field's, and its instructions."""
    words = task(name, lang).fields
    fields: dict[str, Any] = {n: (str, dspy.InputField(desc=words[n])) for n in inputs}
    fields |= {n: (kind, dspy.OutputField(desc=words[n])) for n, kind in outputs.items()}
    return dspy.Signature(fields, instructions)
