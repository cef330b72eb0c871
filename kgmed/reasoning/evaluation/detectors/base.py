"""What every detector is: a module that is given a question and an answer, and judges the answer.

Its prediction has ``label``, ``supported`` or ``hallucinated``; ``score``, how likely the answer is
hallucinated (0-1); ``answerable``, which is False where it can't tell; ``answer``, its reason.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import dspy

from kgmed.kg.linking.language import detect_language
from kgmed.kg.model import Language
from kgmed.reasoning.evidence import Evidence
from kgmed.reasoning.programs.base import Grounded, Run, Steps

SUPPORTED, HALLUCINATED = "supported", "hallucinated"


class Detector(Grounded):
    """Judges answers. ``judging`` is written once, as :meth:`Grounded.steps` is."""

    grounded = False

    def judging(self, run: Run, candidate: str) -> Steps:
        """What is asked about one answer, and what comes of it."""
        raise NotImplementedError

    def forward(  # type: ignore[override]
        self, question: str, candidate: str, language: Language | None = None
    ) -> dspy.Prediction:
        """Judge an answer to a question."""
        run = self._run(question, candidate, language)
        return self.driven(run, self.judging(run, candidate))

    async def aforward(  # type: ignore[override]
        self, question: str, candidate: str, language: Language | None = None
    ) -> dspy.Prediction:
        """:meth:`forward`, without blocking while the model answers."""
        run = self._run(question, candidate, language)
        return await self.adriven(run, self.judging(run, candidate))

    def _run(self, question: str, candidate: str, language: Language | None) -> Run:
        lang = language or detect_language(f"{question}\n{candidate}")
        return Run(question, "open", lang, (), self.evidence_on(question, candidate, lang))

    def evidence_on(self, question: str, candidate: str, lang: Language) -> Evidence:
        """The evidence that an answer is judged by; none here."""
        return Evidence(question, lang)


def judged(run: Run, score: float | None, reason: str, *, failed: str = "") -> dspy.Prediction:
    """A prediction: ``score`` is how likely the answer is hallucinated, None where that can't be
    told."""
    known = score is not None and not failed
    label = "" if not known or score is None else HALLUCINATED if score >= 0.5 else SUPPORTED
    return dspy.Prediction(
        answer=reason, answerable=known, label=label, score=score, citations=[], reasoning=[],
        failed=failed, evidence=run.evidence, trace=run.trace, calls=run.calls,
        question=run.question, kind="judgement", options=[], language=run.lang,
    )  # fmt: skip


def by_judge(run: Run, said: Mapping[str, Any] | None) -> dspy.Prediction:
    """What a judge said, with its confidence: one that is sure (10) is at 0 or 1, one that isn't
    (0) at the middle, on its side of it."""
    if said is None:
        return judged(run, None, "", failed="unread")
    sure = max(0, min(10, int(said.get("confidence", 5)))) / 20
    score = 0.499 - 0.499 * 2 * sure if said["supported"] else 0.5 + sure
    return judged(run, round(score, 4), str(said.get("reason", "")))
