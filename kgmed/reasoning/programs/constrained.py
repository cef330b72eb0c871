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
from kgmed.reasoning.evidence import Evidence, Gatherer, Piece
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
from kgmed.reasoning.programs.predict import Predict
from kgmed.reasoning.programs.signatures import KINDS, MOST_NAMES, Kind, names_signature

BUDGET = 400
MOST_CANDIDATES = 60


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
    ) -> None:
        super().__init__(gatherer, verify, budget=budget, kinds=kinds, languages=languages)
        for lang in self.languages:
            self.predictors_of[f"names_{lang}"] = dspy.Predict(names_signature(lang))

    def steps(self, run: Run) -> Steps:
        if run.kind != "open":
            return (yield from super().steps(run))
        offered = candidates(run.evidence)
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
            f"{text.rstrip('.。')} [{piece.number}]{text[-1:] if text[-1:] in '.。' else '.'}"
            for piece in run.evidence.pieces
            if (not cited or piece.number in cited)
            and (text := self._sentence(run.evidence, piece, ids))
        ]
        joiner, comma = ("", "、") if run.lang == "zh" else (" ", ", ")
        answer = joiner.join(lines) or comma.join(chosen)
        given = {**said, "answer": answer, "answerable": bool(chosen) and said["answerable"]}
        return concluded(run, given, entities=sorted(ids))

    def _sentence(self, evidence: Evidence, piece: Piece, ids: set[str]) -> str:
        """What a piece says of the chosen; "" where it says nothing of them."""
        if piece.path is not None:
            return piece.text if ids & set(piece.path.nodes) else ""
        rows = [evidence.statements[id] for id in piece.statements]
        held = [s for s in rows if s.subject in ids or s.object in ids]
        if not held or any(s.value is not None for s in held):
            return ""
        both = set.intersection(*({s.subject, s.object or ""} for s in held)) - ids
        about = next(iter(sorted(both)), held[0].subject)
        return self.tools.gatherer.sentence(held, about, evidence.names, evidence.lang)


def candidates(evidence: Evidence, *, most: int = MOST_CANDIDATES) -> dict[str, tuple[str, ...]]:
    """The names that an answer may hold, and the concepts of each: what the evidence speaks of
    besides the question's own concepts, the best pieces' first."""
    own = {link.id for link in evidence.links}
    found: dict[str, tuple[str, ...]] = {}
    for piece in evidence.pieces:
        nodes = piece.path.nodes if piece.path is not None else piece.about
        for id in nodes:
            name = evidence.names.get(id, "")
            if id in own or not name:
                continue
            if name not in found and len(found) >= most:
                continue
            found[name] = tuple(dict.fromkeys((*found.get(name, ()), id)))
    return found
