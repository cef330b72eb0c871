"""What an optimizer works towards: right answers, borne out by the graph, cited, and short.

The verifier is what sets it apart from an exam's key: an answer may be right by chance, and an open
question has no key at all. What is wrong with an answer is told in sentences, with the statements
that contradict it; GEPA rewrites instructions by these.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from kgmed.kg.verbalize.size import tokens_of
from kgmed.reasoning.claims.model import Checked
from kgmed.reasoning.evaluation.methods.asking import said_by
from kgmed.reasoning.evaluation.model import Item
from kgmed.reasoning.evaluation.records import overlap
from kgmed.reasoning.programs.base import Verify
from kgmed.reasoning.programs.citing import numbers_in, without_numbers
from kgmed.reasoning.revision import objections

WEIGHTS: Mapping[str, float] = {"match": 0.5, "supported": 0.3, "cited": 0.15, "brief": 0.05}
"""What each part counts; where one can't be told the others share its weight."""
ABSTAINED = 0.25
"""What an answer that says it can't tell counts as a match: more than a wrong one."""
BRIEF = 120
"""Tokens up to which an answer is brief."""


class ConceptsIn(Protocol):
    """The ids of the concepts that a text names."""

    def __call__(self, text: str) -> Collection[str]: ...


@dataclass(frozen=True, slots=True)
class Score:
    """How good an answer is (0-1), by its parts, and what is wrong with it in sentences."""

    total: float
    parts: Mapping[str, float]
    feedback: str = ""


@dataclass(frozen=True, slots=True)
class Measure:
    """Scores predictions of items."""

    verify: Verify
    concepts_in: ConceptsIn
    weights: Mapping[str, float] = field(default_factory=lambda: WEIGHTS)

    def score(self, item: Item, prediction: Any) -> Score:
        """The score of an answer to an item."""
        if prediction.failed == "unread":
            return Score(0.0, {}, "The answer could not be read: it wasn't the JSON object.")
        said: list[str] = []
        parts: dict[str, float | None] = {"match": self._match(item, prediction, said)}
        if prediction.answerable:
            text = str(prediction.answer)
            found = self.verify(without_numbers(text), lang=item.lang)
            parts["supported"] = _supported(found.claims)
            said += objections(found, item.lang, verdicts=("REFUTED", "UNSUPPORTED"))
            if prediction.evidence.pieces:
                parts["cited"] = _cited(prediction, text, said)
            brief = parts["brief"] = min(1.0, BRIEF / max(1, tokens_of(text)))
            if brief < 1:
                said.append("The answer is longer than it need be.")
        known = {name: value for name, value in parts.items() if value is not None}
        weight = sum(self.weights[name] for name in known)
        total = sum(self.weights[name] * value for name, value in known.items()) / (weight or 1)
        return Score(round(total, 6), known, " ".join(said) or "The answer is right.")

    def _match(self, item: Item, prediction: Any, said: list[str]) -> float | None:
        if not prediction.answerable:
            said.append(f"The model gave no answer; right is {_right(item)}.")
            return ABSTAINED
        if item.kind == "open":
            found = overlap(item, str(prediction.answer), self.concepts_in)
            if found is not None and found < 1:
                said.append(f"Right is {_right(item)}; the answer names that only in part.")
            return found
        own = said_by(item, prediction)
        if own in item.right:
            return 1.0
        said.append(f"Right is {_right(item)}; the answer said {own or 'nothing'}.")
        return 0.0


def _right(item: Item) -> str:
    letters = ", ".join(item.right)
    return f"{letters} ({item.answer})" if letters and item.answer else letters or item.answer


def _supported(claims: Sequence[Checked]) -> float | None:
    """The share of claims that the graph bears out, refuted ones taken off; None for no claims."""
    if not claims:
        return None
    worth = {"SUPPORTED": 1, "REFUTED": -1}
    return max(0.0, sum(worth.get(checked.verdict, 0) for checked in claims) / len(claims))


def _cited(prediction: Any, text: str, said: list[str]) -> float:
    """Whether an answer cites evidence, and only numbers that there are."""
    held = {piece.number for piece in prediction.evidence.pieces}
    inside = numbers_in(text)
    wrong = [n for n in inside if n not in held]
    if wrong:
        said.append(f"It cites {wrong}, and the evidence has no such number.")
    if not prediction.citations:
        said.append("It cites no evidence by its number.")
        return 0.0
    return 1.0 - len(wrong) / max(1, len(inside))
