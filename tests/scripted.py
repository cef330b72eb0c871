"""Language models that say what a test tells them to."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from kgmed.reasoning.lm.base import Request


def claim(
    quote: str,
    subject: str,
    predicate: str,
    object: str,
    *,
    negated: bool = False,
    **qualifiers: str,
) -> dict[str, Any]:
    """A claim as a model gives it."""
    listed = [{"name": name, "value": value} for name, value in qualifiers.items()]
    return {"quote": quote, "subject": subject, "predicate": predicate, "object": object,
            "negated": negated, "qualifiers": listed}  # fmt: skip


def answer(*claims: dict[str, Any]) -> str:
    """Claims as a model's answer."""
    return json.dumps({"claims": claims}, ensure_ascii=False)


class Scripted:
    """A model that gives these answers, one a request, the last again and again; it keeps what it
    was asked."""

    def __init__(self, *answers: str) -> None:
        self.answers: Sequence[str] = answers
        self.asked: list[Request] = []

    def __call__(self, request: Request, /) -> str:
        self.asked.append(request)
        return self.answers[min(len(self.asked), len(self.answers)) - 1]


def says(*claims: dict[str, Any]) -> Scripted:
    """A model that finds these claims in whatever it is asked about."""
    return Scripted(answer(*claims))
