"""Self-consistency: samples of one program side by side, and a vote on what they mean.

After https://arxiv.org/abs/2203.11171; votes are on linked concepts and weighted by verification.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from typing import Any

import dspy

from kgmed.kg.errors import LanguageModelError, UsageError
from kgmed.kg.model import Language
from kgmed.reasoning.blocking import blocking
from kgmed.reasoning.claims.model import Checked, told
from kgmed.reasoning.evidence import BUDGET, Evidence, Gatherer
from kgmed.reasoning.programs.base import LANGUAGES, Grounded, Run, Verify, nothing, sampled
from kgmed.reasoning.programs.citing import without_numbers
from kgmed.reasoning.programs.predict import ChainOfThought
from kgmed.reasoning.programs.signatures import KINDS, Kind
from kgmed.reasoning.programs.votes import Vote, weight, won

SAMPLES, TEMPERATURE, MOST_SAMPLES = 5, 0.7, 64
NO_ANSWER = "-"


class SelfConsistency(Grounded):
    """Asks a program ``samples`` times at a ``temperature`` and takes the answer that the samples,
    weighted by verification, are most like. ``Prediction.agreement`` says how far they agree.

    ``program`` is any module that answers as :class:`Grounded` does, a chain of thought if none is
    given. Without ``weighted`` each sample has one vote, whatever the graph makes of it. Samples
    differ in ``rollout_id`` and ``seed`` and run side by side; one that fails is told in the trace
    and doesn't vote.
    """

    name = "self-consistency"

    def __init__(
        self,
        gatherer: Gatherer,
        verify: Verify,
        *,
        program: Any = None,
        samples: int = SAMPLES,
        weighted: bool = True,
        temperature: float = TEMPERATURE,
        budget: int = BUDGET,
        kinds: Sequence[Kind] = KINDS,
        languages: Sequence[Language] = LANGUAGES,
        examples: Sequence[Any] = (),
    ) -> None:
        if not 1 <= samples <= MOST_SAMPLES:
            raise UsageError(f"Found {samples} samples, expected 1 to {MOST_SAMPLES}.")
        super().__init__(gatherer, verify, budget=budget, kinds=kinds, languages=languages)
        self.program = program or ChainOfThought(
            gatherer, verify, budget=budget, kinds=kinds, languages=languages, examples=examples
        )
        self.grounded = getattr(self.program, "grounded", True)
        self.samples, self.weighted, self.temperature = samples, weighted, temperature

    def forward(
        self,
        question: str,
        options: Sequence[str] = (),
        evidence: Evidence | None = None,
        language: Language | None = None,
    ) -> dspy.Prediction:
        return blocking(self.aforward(question, options, evidence, language))

    async def aforward(
        self,
        question: str,
        options: Sequence[str] = (),
        evidence: Evidence | None = None,
        language: Language | None = None,
    ) -> dspy.Prediction:
        run = self.begin(question, options, evidence, language)
        if self.grounded and not run.evidence.pieces:
            return nothing(run, "no_evidence")
        found = await asyncio.gather(
            *(self._sample(run, number) for number in range(self.samples)), return_exceptions=True
        )
        for problem in found:
            if isinstance(problem, BaseException) and not isinstance(problem, LanguageModelError):
                raise problem
        made = [one for one in found if isinstance(one, dspy.Prediction)]
        if not made:
            raise next(one for one in found if isinstance(one, LanguageModelError))
        return self._voted(run, made, [one for one in found if isinstance(one, Exception)])

    async def _sample(self, run: Run, number: int) -> dspy.Prediction:
        with dspy.context(lm=sampled(number, self.temperature)):
            return await self.program.acall(
                question=run.question, options=run.options, evidence=run.evidence, language=run.lang
            )

    def _voted(
        self, run: Run, made: Sequence[dspy.Prediction], problems: Sequence[Exception]
    ) -> dspy.Prediction:
        votes = []
        for sample in made:
            claims: Sequence[Checked] = ()
            if self.weighted and sample.answerable:
                claims = self.claims(sample.answer, run.lang)
            verdicts = [checked.verdict for checked in claims]
            says = self._says(run, sample)
            unread = sample.failed and not sample.answerable
            vote = Vote(says, 0.0 if unread else weight(verdicts))
            votes.append(vote)
            run.trace.append({
                "kind": "sample", "text": sample.answer, "label": sample.label,
                "concepts": sorted(says), "weight": round(vote.weight, 4),
                "claims": told(claims), "citations": sample.citations, "failed": sample.failed,
                "steps": [entry["text"] for entry in sample.trace if entry["kind"] == "step"],
                "chosen": False,
            })  # fmt: skip
        result = won(votes)
        run.trace[result.chosen]["chosen"] = True
        run.trace += [{"kind": "sample", "text": "", "failed": str(one)} for one in problems]
        chosen = made[result.chosen]
        fields = dict(chosen.items())
        fields |= {
            "trace": [*run.trace, *chosen.trace],
            "calls": sum(sample.calls for sample in made) + len(problems),
            "agreement": round(result.agreement, 4),
            "samples": len(made) + len(problems),
        }
        return dspy.Prediction(**fields)

    def _says(self, run: Run, sample: dspy.Prediction) -> frozenset[str]:
        """What a sample's vote is for."""
        if not sample.answerable:
            return frozenset({NO_ANSWER})
        if run.kind != "open":
            return frozenset({sample.label})
        own = {link.id for link in run.evidence.links}
        named = {*self.tools.gatherer.concepts_in(without_numbers(sample.answer)),
                 *sample.get("entities", ())} - own  # fmt: skip
        words = re.sub(r"\W+", " ", without_numbers(sample.answer).casefold()).strip()
        return frozenset(named or {words})
