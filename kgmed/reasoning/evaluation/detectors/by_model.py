"""Detectors that ask a language model: a judge, alone or with the graph's evidence; a chain of
verification; agreement between samples."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import dspy
from pydantic import Field

from kgmed.kg.errors import UsageError
from kgmed.kg.model import Language
from kgmed.prompts import fenced, fenced_line
from kgmed.prompts.programs import task
from kgmed.reasoning.claims.extract.sentences import sentences
from kgmed.reasoning.evaluation.detectors.base import Detector, by_judge, judged
from kgmed.reasoning.evidence import BUDGET, Evidence, Gatherer
from kgmed.reasoning.programs.base import LANGUAGES, Asked, Run, Steps, Verify, shown
from kgmed.reasoning.programs.signatures import recall_signature, signature_of

MOST_QUESTIONS, MOST_QUESTION = 5, 200
SAMPLES, MOST_SAMPLES, TEMPERATURE = 5, 20, 1.0
Questions = Annotated[list[str], Field(max_length=MOST_QUESTIONS)]
Numbers = Annotated[list[int], Field(max_length=40)]


class Judge(Detector):
    """A language model as judge, by what it knows (Zheng et al.,
    https://arxiv.org/abs/2306.05685, apart from grades and pairs)."""

    name = "judge"
    by = "alone"

    def __init__(
        self,
        gatherer: Gatherer,
        verify: Verify,
        *,
        budget: int = BUDGET,
        languages: Sequence[Language] = LANGUAGES,
    ) -> None:
        super().__init__(gatherer, verify, budget=budget, languages=languages)
        more = {"alone": (), "evidence": ("evidence",), "findings": ("findings",)}[self.by]
        outputs = {"reason": str, "supported": bool, "confidence": int}
        for lang in self.languages:
            told = task("judge", lang).instructions(self.by)
            inputs = ("question", "candidate", *more)
            made = signature_of("judge", lang, inputs, outputs, told)
            self.predictors_of[f"judge_{lang}"] = dspy.Predict(made)

    def judging(self, run: Run, candidate: str) -> Steps:
        inputs = {"question": run.question, "candidate": fenced_line(candidate)}
        if self.by == "evidence":
            inputs["evidence"] = shown(run.evidence)
        said = yield Asked(f"judge_{run.lang}", inputs, run.lang, "judge")
        return by_judge(run, said)


class EvidenceJudge(Judge):
    """A judge that is shown the graph's evidence on the question and the answer."""

    name = "evidence-judge"
    by = "evidence"

    def evidence_on(self, question: str, candidate: str, lang: Language) -> Evidence:
        return self.tools.gatherer.gather(
            question, language=lang, options=(candidate,), budget=self.tools.budget
        )


class ChainOfVerification(Judge):
    """Questions about the answer's claims are planned, each is answered alone, without sight of the
    answer, and the answer is judged by what came out: the factored form of Dhuliawala et al.,
    https://arxiv.org/abs/2309.11495."""

    name = "chain-of-verification"
    by = "findings"

    def __init__(self, gatherer: Gatherer, verify: Verify, **more: Any) -> None:
        super().__init__(gatherer, verify, **more)
        for lang in self.languages:
            made = signature_of(
                "checks", lang, ("question", "candidate"), {"questions": Questions},
                task("checks", lang).instructions(),
            )  # fmt: skip
            self.predictors_of[f"checks_{lang}"] = dspy.Predict(made)
            self.predictors_of[f"recall_{lang}"] = dspy.Predict(recall_signature("open", lang))

    def judging(self, run: Run, candidate: str) -> Steps:
        own = {"question": run.question, "candidate": fenced_line(candidate)}
        planned = yield Asked(f"checks_{run.lang}", own, run.lang, "checks")
        asked = [str(text)[:MOST_QUESTION] for text in (planned or {}).get("questions", ())]
        findings = []
        for text in asked[:MOST_QUESTIONS]:
            said = yield Asked(f"recall_{run.lang}", {"question": text}, run.lang, "recall")
            known = said is not None and said["answerable"]
            answer = str(said["answer"]) if known and said is not None else "-"
            findings.append(f"{text} {answer}")
            run.trace.append({"kind": "step", "text": findings[-1]})
        inputs = {**own, "findings": fenced("\n".join(findings) or "-")}
        said = yield Asked(f"judge_{run.lang}", inputs, run.lang, "judge")
        return by_judge(run, said)


class SampleAgreement(Detector):
    """How far other answers of the same model bear the answer's sentences out: the prompt form of
    SelfCheckGPT (Manakul et al., https://arxiv.org/abs/2303.08896), all sentences of an answer
    compared with a sample at once."""

    name = "sample-agreement"

    def __init__(
        self,
        gatherer: Gatherer,
        verify: Verify,
        *,
        samples: int = SAMPLES,
        budget: int = BUDGET,
        languages: Sequence[Language] = LANGUAGES,
    ) -> None:
        if not 1 <= samples <= MOST_SAMPLES:
            raise UsageError(f"Found {samples} samples, expected 1 to {MOST_SAMPLES}.")
        super().__init__(gatherer, verify, budget=budget, languages=languages)
        self.samples = samples
        for lang in self.languages:
            made = signature_of(
                "agree", lang, ("question", "sentences", "sample"), {"supported": Numbers},
                task("agree", lang).instructions(),
            )  # fmt: skip
            self.predictors_of[f"agree_{lang}"] = dspy.Predict(made)
            self.predictors_of[f"recall_{lang}"] = dspy.Predict(recall_signature("open", lang))

    def judging(self, run: Run, candidate: str) -> Steps:
        parts = [one.text for one in sentences(candidate, lang=run.lang)] or [candidate]
        listed = fenced("\n".join(f"[{n}] {text}" for n, text in enumerate(parts, 1)))
        shares = []
        for number in range(self.samples):
            said = yield Asked(
                f"recall_{run.lang}", {"question": run.question}, run.lang, "recall",
                sample=(number, TEMPERATURE),
            )  # fmt: skip
            if said is None or not said["answerable"]:
                continue
            inputs = {"question": run.question, "sentences": listed,
                      "sample": fenced_line(str(said["answer"]))}  # fmt: skip
            agreed = yield Asked(f"agree_{run.lang}", inputs, run.lang, "agree")
            if agreed is not None:
                held = {n for n in agreed["supported"] if 1 <= n <= len(parts)}
                shares.append(1 - len(held) / len(parts))
                run.trace.append({"kind": "sample", "text": str(said["answer"])})
        if not shares:
            return judged(run, None, "the model gave no other answer")
        score = sum(shares) / len(shares)
        return judged(run, round(score, 4), f"{len(shares)} samples")
