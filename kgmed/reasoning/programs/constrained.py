"""Answers whose entities come out of the evidence: the endpoint's grammar leaves no others.

The candidates are the concepts that the evidence speaks of, or that its paths end in. They stand in
the answer's JSON Schema as an enum, which vLLM and other endpoints with structured outputs hold the
model to while it writes; what another endpoint gives is checked against them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import dspy

from kgmed.kg.model import Language
from kgmed.prompts import fenced
from kgmed.reasoning.evidence import Gatherer
from kgmed.reasoning.programs.base import (
    LANGUAGES,
    Asked,
    Run,
    Steps,
    Verify,
    concluded,
    nothing,
    shown,
)
from kgmed.reasoning.programs.citing import numbered
from kgmed.reasoning.programs.examples import demos
from kgmed.reasoning.programs.predict import Predict
from kgmed.reasoning.programs.signatures import KINDS, MOST_NAMES, Kind, names_signature

BUDGET = 400


class Constrained(Predict):
    """Answers an open question with names of candidates alone; options and yes or no are bounded
    by their own enums. ``Prediction.entities`` are the ids of what was chosen."""

    name = "constrained"
    revisable = False
    """A revision would be free text."""

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
        super().__init__(
            gatherer, verify, budget=budget, kinds=kinds, languages=languages, examples=examples
        )
        for lang in self.languages:
            made = dspy.Predict(names_signature(lang))
            made.demos = demos(examples, made.signature, "open", lang)
            self.predictors_of[f"names_{lang}"] = made

    def steps(self, run: Run) -> Steps:
        if run.kind != "open":
            return (yield from super().steps(run))
        offered = run.evidence.nameable()
        if not offered:
            return nothing(run, "no_evidence")
        key = f"names_{run.lang}"
        kind = names_signature(run.lang, list(offered)).output_fields["names"].annotation
        signature = self.predictors_of[key].signature.with_updated_fields("names", type_=kind)
        inputs = {
            "question": run.question,
            "evidence": shown(run.evidence),
            "candidates": fenced("\n".join(offered)),
        }
        said = yield Asked(key, inputs, run.lang, "names", signature)
        if said is None:
            return nothing(run, "unread")
        return self._told(run, said, offered)

    def _told(
        self, run: Run, said: Mapping[str, Any], offered: Mapping[str, tuple[str, ...]]
    ) -> dspy.Prediction:
        """The chosen names as the evidence's own sentences, each with its number."""
        names = list(dict.fromkeys(said.get("names", ())))[:MOST_NAMES]
        outside = [name for name in names if name not in offered]
        if outside:
            run.trace.append({"kind": "dropped", "text": ", ".join(outside),
                              "problem": "no candidate"})  # fmt: skip
        chosen = [name for name in names if name in offered]
        ids = {id for name in chosen for id in offered[name]}
        cited = set(said.get("citations", ()))
        lines = [
            numbered(text, piece.number)
            for piece in run.evidence.pieces
            if (not cited or piece.number in cited)
            and (text := self.tools.gatherer.told_of(run.evidence, piece, ids))
        ]
        joiner, comma = ("", "、") if run.lang == "zh" else (" ", ", ")
        answer = joiner.join(lines) or comma.join(chosen)
        given = {**said, "answer": answer, "answerable": bool(chosen) and said["answerable"]}
        return concluded(run, given, entities=sorted(ids))
