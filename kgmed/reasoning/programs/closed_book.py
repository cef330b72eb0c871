"""Answers without the graph: from what a model knows by itself, to measure what the graph adds."""

from __future__ import annotations

from typing import Any

from kgmed.kg.model import Language
from kgmed.reasoning.programs.predict import ChainOfThought, Predict
from kgmed.reasoning.programs.signatures import Kind, recall_signature


class ClosedBook(Predict):
    """The question alone, answered in one call. It has no evidence, and cites nothing."""

    name = "closed-book"
    grounded = False
    words = "recall"

    def signature(self, kind: Kind, lang: Language, *, options: int = 0) -> Any:
        return recall_signature(kind, lang, steps=self.in_steps, options=options)


class ClosedBookChain(ChainOfThought, ClosedBook):
    """Short steps from what the model knows, then the answer, in one call."""

    name = "closed-book-cot"
