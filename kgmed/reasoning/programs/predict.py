"""Answers in one call: at once (:class:`Predict`), or after steps (:class:`ChainOfThought`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import dspy

from kgmed.kg.model import Language
from kgmed.reasoning.evidence import BUDGET, Gatherer
from kgmed.reasoning.programs.base import (
    LANGUAGES,
    Asked,
    Grounded,
    Run,
    Steps,
    Verify,
    concluded,
    lettered,
    shown,
)
from kgmed.reasoning.programs.examples import demos
from kgmed.reasoning.programs.signatures import (
    KINDS,
    MOST_OPTIONS,
    MOST_STEP,
    MOST_STEPS,
    Kind,
    answer_signature,
)


class Predict(Grounded):
    """The question and its evidence, answered in one call.

    ``examples`` are ``dspy.Example`` s of a signature's fields
    (:func:`~kgmed.reasoning.programs.examples.examples` makes them), shown before questions of the
    same form and language; without any it is zero-shot.
    """

    name = "predict"
    in_steps = False
    words = "answer"

    def __init__(
        self,
        gatherer: Gatherer,
        verify: Verify,
        *,
        budget: int = BUDGET,
        kinds: Sequence[Kind] = KINDS,
        languages: Sequence[Language] = LANGUAGES,
        examples: Sequence[Any] = (),
    ) -> None:
        super().__init__(gatherer, verify, budget=budget, kinds=kinds, languages=languages)
        for lang in self.languages:
            for kind in self.kinds:
                made = dspy.Predict(self.signature(kind, lang))
                made.demos = demos(examples, made.signature, kind, lang)
                self.predictors_of[f"{kind}_{lang}"] = made

    def signature(self, kind: Kind, lang: Language, *, options: int = 0) -> Any:
        """The signature for a form of question; ``options`` is how many there are."""
        return answer_signature(kind, lang, steps=self.in_steps, options=options)

    def asked(self, run: Run) -> Asked:
        """The question as it is put to the model."""
        inputs = {"question": run.question}
        if self.grounded:
            inputs["evidence"] = shown(run.evidence)
        key, signature = f"{run.kind}_{run.lang}", None
        if run.kind == "choice":
            inputs["options"] = lettered(run.options)
            if len(run.options) < MOST_OPTIONS:
                own = self.predictors_of[key].signature
                made = self.signature(run.kind, run.lang, options=len(run.options))
                letters = made.output_fields["choice"].annotation
                signature = own.with_updated_fields("choice", type_=letters)
        return Asked(key, inputs, run.lang, self.words, signature)

    def steps(self, run: Run) -> Steps:
        said = yield self.asked(run)
        self.note(run, said)
        return concluded(run, said)

    def note(self, run: Run, said: Mapping[str, Any] | None) -> None:
        """What is kept of an answer in the trace."""


class ChainOfThought(Predict):
    """Short steps before the answer, in the same call. Each step's claims stand in the trace with
    their own verdicts."""

    name = "cot"
    in_steps = True

    def note(self, run: Run, said: Mapping[str, Any] | None) -> None:
        for step in list((said or {}).get("steps", ()))[:MOST_STEPS]:
            self.traced("step", " ".join(str(step).split())[:MOST_STEP], run)
