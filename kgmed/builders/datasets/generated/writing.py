"""How rows are made of what a model answers: selected drafts in, drafts that hold up out.

A **writer** asks for something of each draft and judges the answers. Requests are taken in ahead,
so that several are asked at a time; drafts come out in the order in which they went in.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from kgmed.builders.datasets.block import PartBlock
from kgmed.builders.datasets.generated.asking import Answered, Ask, Asked, Model, Spent
from kgmed.builders.datasets.generated.faithful import NEAR
from kgmed.builders.datasets.job import Chunk, Making
from kgmed.builders.datasets.model import Draft, Row
from kgmed.kg.verbalize.size import tokens
from kgmed.prompts.asks import Asks

ASKED = "answers asked for"
"""What answers are counted by, of which some are dropped for one of the reasons."""
CLAIMS_ASKED = "requests for claims"
"""What the requests are counted by in which a model takes claims from its answers."""
PROMPT_TOKENS, COMPLETION_TOKENS = "tokens of prompts", "tokens of answers"
"""What tokens are counted by, of all that was asked; no reasons either."""
SPENT = (CLAIMS_ASKED, PROMPT_TOKENS, COMPLETION_TOKENS)
Near = Callable[[str, str], bool]
"""Whether a text nearly repeats an earlier one about the same (the ids of its statements, joined);
it remembers the text."""


def never_near() -> Near:
    """What takes no text for a near duplicate."""
    return lambda _text, _about: False


@dataclass(frozen=True, slots=True)
class Plan:
    """What is asked of one draft, and what its writer needs to judge the answers."""

    draft: Draft
    row: Row
    asked: Asked
    kept: Any = None


class Writer(Protocol):
    """Asks for something of drafts, and judges what is answered."""

    @property
    def model(self) -> Model: ...

    def plan(self, draft: Draft, row: Row) -> Plan | str:
        """What to ask, or the reason why nothing is asked."""
        ...

    def estimate(self, draft: Draft) -> tuple[int, int]:
        """Characters of the prompt and of an answer, about."""
        ...

    def judged(self, plan: Plan, answers: Sequence[str]) -> Iterator[Draft | str]:
        """What the answers to all samples come to: drafts, and the reasons for the others."""
        ...


@dataclass(frozen=True)
class Written:
    """Makes drafts with ``base``, and of those that are chosen what a model writes of them.

    ``taken`` counts (task, language, reason), as parts tell them, and tokens. ``near`` makes, for
    each part, what tells near duplicates. ``judging`` tells what has been spent on judging answers,
    where a model takes claims from them.
    """

    base: Making
    writer: Writer
    ask: Ask
    near: Callable[[], Near] = never_near
    judging: Callable[[], Spent] = Spent
    taken: Counter[tuple[str, str, str]] = field(default_factory=Counter)

    def drafts(self, block: PartBlock) -> Iterator[Draft | Chunk]:
        """What the model is asked about."""
        return self.base.drafts(block)

    def asks(self, draft: Draft) -> Asks:
        """What is asked for one draft, about."""
        samples = self.writer.model.samples
        prompt, answer = self.writer.estimate(draft)
        return Asks(
            samples, samples * tokens(prompt, draft.lang),
            samples * min(tokens(answer, draft.lang), self.writer.model.max_tokens),
        )  # fmt: skip

    def rewritten(self, selected: Iterable[tuple[Draft, Row]]) -> Iterator[tuple[Row, Draft]]:
        """The drafts that a model's answers come to, each with the row it was written of."""
        near = self.near()
        plans: deque[Plan] = deque()
        samples = self.writer.model.samples

        def requests() -> Iterator[Asked]:
            for draft, row in selected:
                plan = self.writer.plan(draft, row)
                if isinstance(plan, str):
                    self.taken[draft.task, draft.lang, plan] += 1
                    continue
                plans.append(plan)
                for sample in range(samples):
                    yield replace(plan.asked, sample=sample)

        answers: list[Answered] = []
        for answer in self.ask(requests()):
            answers.append(answer)
            if len(answers) == samples:
                plan = plans.popleft()
                yield from self._judged(plan, answers, near)
                answers = []

    def _judged(
        self, plan: Plan, answers: Sequence[Answered], near: Near
    ) -> Iterator[tuple[Row, Draft]]:
        key = (plan.draft.task, plan.draft.lang)
        self.taken[(*key, ASKED)] += len(answers)
        self.taken[(*key, PROMPT_TOKENS)] += sum(one.prompt_tokens for one in answers)
        self.taken[(*key, COMPLETION_TOKENS)] += sum(one.completion_tokens for one in answers)
        before = self.judging()
        judged = list(self.writer.judged(plan, [one.text for one in answers]))
        for name, now, then in zip(SPENT, self.judging(), before, strict=True):
            self.taken[(*key, name)] += now - then
        for made in judged:
            if isinstance(made, str):
                self.taken[(*key, made)] += 1
            elif near("\n".join(text for _role, text in made.messages), _about(made)):
                self.taken[(*key, NEAR)] += 1
            else:
                yield plan.row, made


def _about(draft: Draft) -> str:
    return " ".join(sorted({id for fact in draft.facts for id in fact.ids}))
