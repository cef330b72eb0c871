"""What a method made of an item: one line of a run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from kgmed.reasoning.claims.model import VERDICTS
from kgmed.reasoning.evaluation.methods.asking import said_by
from kgmed.reasoning.evaluation.model import Item
from kgmed.reasoning.programs.base import Verify
from kgmed.reasoning.programs.citing import without_numbers

ENOUGH = 0.5
"""The F1 of an open answer's concepts from which it counts as right."""


@dataclass(frozen=True, slots=True)
class Recorder:
    """Makes records. ``concepts_in`` gives the ids of the concepts that a text names, ``coverage``
    how far the graph covers an item (its id -> covered, linked, none)."""

    verify: Verify
    concepts_in: Callable[[str], Collection[str]]
    coverage: Mapping[str, str]

    def record(
        self, item: Item, prediction: Any, usage: Mapping[str, int], ms: float, *, grounded: bool
    ) -> dict[str, Any]:
        """The record of an answer; ``grounded`` says whether it was to rest on evidence."""
        text = str(prediction.answer or "")
        abstained = not prediction.answerable
        claims: Counter[str] = Counter()
        said_text = item.candidate or (text if not abstained else "")
        if said_text:
            found = self.verify(without_numbers(said_text), lang=item.lang).claims
            claims.update(checked.verdict for checked in found)
        said = said_by(item, prediction)
        score, correct = self._judged(item, said, text, abstained=abstained)
        kind = ""
        if correct is False or (abstained and item.kind != "judgement"):
            kind = self._error(item, prediction, claims, grounded=grounded)
        return {
            **_head(item), "said": said, "correct": correct, "abstained": abstained,
            "reason": str(prediction.failed or ("unanswered" if abstained else "")), "text": text,
            "score": _confidence(item, prediction), "overlap": score,
            "claims": {verdict: claims[verdict] for verdict in VERDICTS},
            "citations": len(prediction.citations), "coverage": self.coverage.get(item.id, ""),
            "error_kind": kind, "calls": prediction.calls,
            "prompt_tokens": usage.get("prompt_tokens", 0),
            "completion_tokens": usage.get("completion_tokens", 0), "ms": round(ms, 1),
            "about": dict(item.about), "error": "",
        }  # fmt: skip

    def failed(self, item: Item, error: str) -> dict[str, Any]:
        """The record of an item that no answer came for."""
        return {
            **_head(item), "said": "", "correct": None, "abstained": True, "reason": "failed",
            "text": "", "score": None, "overlap": None, "claims": dict.fromkeys(VERDICTS, 0),
            "citations": 0, "coverage": self.coverage.get(item.id, ""), "error_kind": "",
            "calls": 0, "prompt_tokens": 0, "completion_tokens": 0, "ms": 0.0,
            "about": dict(item.about), "error": error,
        }  # fmt: skip

    def _judged(
        self, item: Item, said: str, text: str, *, abstained: bool
    ) -> tuple[float | None, bool | None]:
        """(how far an open answer's concepts are the right ones, whether an answer is right); None
        where that can't be told, or nothing was answered."""
        if abstained:
            return None, None
        if item.kind != "open":
            return None, said in item.right
        found = overlap(item, text, self.concepts_in)
        return found, None if found is None else found >= ENOUGH

    def _error(
        self, item: Item, prediction: Any, claims: Mapping[str, int], *, grounded: bool
    ) -> str:
        """Why an item wasn't answered rightly."""
        if prediction.failed == "unread":
            return "unread"
        if claims.get("REFUTED") or prediction.failed == "refuted":
            return "refuted"
        if not grounded:
            return "wrong" if prediction.answerable else ""
        covered = self.coverage.get(item.id, "")
        if covered == "none":
            return "not_linked"
        if covered == "linked":
            return "not_covered"
        return "evidence_ignored" if self._is_shown(item, prediction) else "evidence_missed"

    def _is_shown(self, item: Item, prediction: Any) -> bool:
        """Whether the right answer stands in the evidence."""
        evidence = prediction.evidence
        if item.answer and item.answer.casefold() in evidence.text.casefold():
            return True
        right = set(self.concepts_in(item.answer))
        about = {id for piece in evidence.pieces for id in piece.about}
        if item.kind == "yes_no":
            right = set(self.concepts_in(item.question))
            return len(right & about) > 1
        return bool(right & about)


def overlap(item: Item, text: str, concepts_in: Callable[[str], Collection[str]]) -> float | None:
    """How far an open answer names the right concepts: F1 (0-1), those of the question aside; None
    where the right answer names none."""
    asked = set(concepts_in(item.question))
    right = set(concepts_in(item.answer)) - asked
    if not right:
        return None
    told = set(concepts_in(without_numbers(text))) - asked
    return round(2 * len(told & right) / (len(told) + len(right)), 4)


def _confidence(item: Item, prediction: Any) -> float | None:
    """How sure an answer is (0-1): the agreement of its samples, or what a detector makes of it."""
    found = prediction.get("score" if item.kind == "judgement" else "agreement")
    if found is None:
        return None
    sure = float(found)
    return round(1 - sure if item.kind == "judgement" and sure < 0.5 else sure, 4)


def _head(item: Item) -> dict[str, Any]:
    own = {"id": item.id, "benchmark": item.benchmark, "kind": item.kind, "lang": item.lang}
    return {**own, "question": item.question, "right": list(item.right), "answer": item.answer}
