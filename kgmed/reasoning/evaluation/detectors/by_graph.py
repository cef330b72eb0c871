"""The verifier as a detector: what the graph makes of an answer's claims; it asks no model."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import dspy

from kgmed.reasoning.claims.model import told
from kgmed.reasoning.evaluation.detectors.base import Detector, judged
from kgmed.reasoning.programs.base import Asked, Run
from kgmed.reasoning.programs.citing import without_numbers

WORTH = {"SUPPORTED": 0.0, "UNSUPPORTED": 0.7, "REFUTED": 1.0}
"""How likely an answer is hallucinated by the verdict of a claim; one that no source covers says
nothing."""


class ByGraph(Detector):
    """An answer with a refuted claim is hallucinated; one whose claims are all supported isn't.
    Between these it is told by the share of claims that a source covers and doesn't state; an
    answer of which the graph covers nothing isn't judged."""

    name = "verifier"

    def judging(self, run: Run, candidate: str) -> Generator[Asked, Any, dspy.Prediction]:
        claims = self.claims(without_numbers(candidate), run.lang)
        run.trace.append({"kind": "round", "text": candidate, "claims": told(claims)})
        worth = [WORTH[checked.verdict] for checked in claims if checked.verdict in WORTH]
        if not worth:
            reason = "no claim was found" if not claims else "no source covers its claims"
            return judged(run, None, reason)
        refuted = [checked for checked in claims if checked.verdict == "REFUTED"]
        score = 1.0 if refuted else sum(worth) / len(worth)
        words = [checked.proof.words for checked in refuted if checked.proof]
        return judged(run, round(score, 4), "; ".join(words) or f"{len(worth)} claims")
        yield  # a generator, as those that ask are
