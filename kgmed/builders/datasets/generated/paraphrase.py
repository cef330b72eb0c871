"""The rows of instructions, said anew by a model.

Only messages of which something was read are sent: questions that are understood, and answers with
claims that the row's statements support. A message that comes back must say the same
(:mod:`.faithful`); others stay as they are, and so does a row's rationale.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from kgmed.builders.datasets.generated import faithful
from kgmed.builders.datasets.generated.asking import Model, data, read_object
from kgmed.builders.datasets.generated.faithful import Before
from kgmed.builders.datasets.generated.reading import Reader
from kgmed.builders.datasets.generated.writing import Plan
from kgmed.builders.datasets.model import Draft, Message, Row
from kgmed.kg.predicates import Registry
from kgmed.prompts import prompt

PROMPTS = ("paraphrase",)
TASKS = ("description", "relation_qa", "reverse", "yes_no", "multi_hop", "comparison", "dialogue")
"""The tasks whose rows may be said anew; of the others the wording is the point."""
NOTHING = "not asked: nothing that can be said anew and checked"
TOO_LONG = "not asked: too long for one prompt"
MOST = 3_000
"""Code points of a row's messages that are sent."""


@dataclass(frozen=True, slots=True)
class Paraphrase:
    """Says rows anew. ``model`` is how the model is asked, ``read`` reads texts."""

    model: Model
    read: Reader
    registry: Registry

    def plan(self, draft: Draft, row: Row) -> Plan | str:
        """Send the messages of which something was read."""
        statements = row.statements
        found: dict[int, Before] = {}
        for at, (role, text) in enumerate(draft.messages):
            if role == "system":
                continue
            old = faithful.before(text, draft.lang, statements, self.read, self.registry)
            if old.can_change:
                found[at] = old
        if not any(old.keys for old in found.values()):
            return NOTHING
        texts = [draft.messages[at][1] for at in found]
        if sum(map(len, texts)) > MOST:
            return TOO_LONG
        lines = []
        for at, old in found.items():
            keep = "".join(f" [[{text}]]" for text in old.pinned)
            lines.append(draft.messages[at][1] + keep)
        asked = self.model.asked(
            "paraphrase", draft.lang, _schema(len(texts)), count=str(len(texts)), texts=data(lines)
        )
        return Plan(draft, row, asked, found)

    def estimate(self, draft: Draft) -> tuple[int, int]:
        """All messages are sent, and come back."""
        told = prompt("paraphrase", draft.lang)
        size = sum(len(text) for _role, text in draft.messages)
        return len(told.system) + len(told.user) + size, size + 30

    def judged(self, plan: Plan, answers: Sequence[str]) -> Iterator[Draft | str]:
        """A draft for each answer that says the same."""
        for sample, answer in enumerate(answers):
            yield self._judged(plan, answer, sample)

    def _judged(self, plan: Plan, answer: str, sample: int) -> Draft | str:
        draft, found = plan.draft, plan.kept
        texts = read_texts(answer, len(found))
        if texts is None:
            return faithful.NOT_JSON
        messages: list[Message] = list(draft.messages)
        for (at, old), text in zip(found.items(), texts, strict=True):
            reason, _new = faithful.compare(
                old, text, plan.row.statements, self.read, self.registry
            )
            if reason:
                return reason
            messages[at] = (messages[at][0], text.strip())
        if [faithful.plain(t).casefold() for _r, t in messages] == [
            faithful.plain(t).casefold() for _r, t in draft.messages
        ]:
            return faithful.COPY
        return replace(
            draft,
            messages=tuple(messages),
            key=f"{draft.key} paraphrase {sample}",
            extra={**draft.extra, "paraphrase_of": plan.row.id, "sample": str(sample)},
        )


def read_texts(answer: str, count: int) -> list[str] | None:
    """The texts of an answer, if they are as many as were asked for.

    >>> read_texts('{"texts": ["a"]}', 1), read_texts("a", 1)
    (['a'], None)
    """
    found: Any = (read_object(answer) or {}).get("texts")
    if not isinstance(found, list) or len(found) != count:
        return None
    return found if all(isinstance(text, str) for text in found) else None


def _schema(count: int) -> dict[str, Any]:
    texts = {"type": "array", "items": {"type": "string"}, "minItems": count, "maxItems": count}
    return {"type": "object", "properties": {"texts": texts}, "required": ["texts"],
            "additionalProperties": False}  # fmt: skip
