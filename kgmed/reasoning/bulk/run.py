"""Asks many questions side by side, and writes each answer down as it comes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Any

from kgmed.kg.errors import KgmedError, LanguageModelError, UsageError
from kgmed.reasoning.bulk.journal import Journal
from kgmed.reasoning.bulk.questions import Question

CONCURRENCY = 16
"""Questions that are under way at once."""
IN_A_ROW = 8
"""Failures in a row, for each eight under way, after which a run ends: the model is gone."""
EVERY_S = 2.0

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Asked:
    """What came of a question: the row that is written, and the tokens it took."""

    row: Mapping[str, Any]
    tokens: int = 0


Failed = Callable[[Question, KgmedError], Mapping[str, Any]]
"""The row of a question that can't be answered."""
Ask = Callable[[Question], Coroutine[Any, Any, Asked]]
"""Answers one question; a :class:`~kgmed.kg.errors.KgmedError` is that question's alone."""


@dataclass(frozen=True, slots=True)
class Done:
    """A run's end: how many questions there were, how many answers were there before, and how many
    failed; seconds, tokens and the last error of this run."""

    questions: int
    kept: int
    failed: int
    seconds: float
    tokens: int
    error: str = ""

    @property
    def rate(self) -> float:
        """Questions a second, of those asked in this run."""
        return (self.questions - self.kept) / self.seconds if self.seconds else 0.0


async def answer_all(
    questions: Sequence[Question],
    ask: Ask,
    journal: Journal,
    *,
    concurrency: int = CONCURRENCY,
    tell: Tell = lambda _text: None,
    failed: Failed | None = None,
) -> Done:
    """Answer the questions that the journal lacks, and finish its file.

    One that can't be answered is written with its ``error``, as ``failed`` makes its row. Where
    many in a row can't be, the run ends with :class:`~kgmed.kg.errors.LanguageModelError` and goes
    on when it is started again, as it does after Ctrl-C or a kill. Raises
    :class:`~kgmed.kg.errors.UsageError` for a concurrency below 1.
    """
    if concurrency < 1:
        raise UsageError(f"Found concurrency={concurrency}, expected at least 1.")
    kept = len(journal)
    watch = _Watch(len(questions), kept, tell)
    missing = (n for n in range(len(questions)) if n not in journal)
    most = IN_A_ROW * -(-concurrency // IN_A_ROW)
    under_way: dict[asyncio.Task[Asked], int] = {}
    in_a_row, last = 0, ""
    try:
        _fill(under_way, missing, questions, ask, concurrency)
        while under_way:
            ended, _rest = await asyncio.wait(under_way, return_when=asyncio.FIRST_COMPLETED)
            for task in sorted(ended, key=under_way.__getitem__):
                number = under_way.pop(task)
                error = task.exception()
                if error is None:
                    asked, in_a_row = task.result(), 0
                    journal.add(number, asked.row)
                    watch.add(asked.tokens)
                    continue
                if not isinstance(error, KgmedError):
                    raise error
                in_a_row, last = in_a_row + _is_the_models(error), str(error)
                question = questions[number]
                journal.add(number, (failed or _failed)(question, error), failed=True)
                watch.add(0, failed=True)
                if in_a_row >= most:
                    raise LanguageModelError(
                        f"{in_a_row} questions in a row had no answer; the last: {error} What is "
                        f"answered is kept in {journal.path}: run the same command to go on."
                    ) from error
            _fill(under_way, missing, questions, ask, concurrency)
    finally:
        for task in under_way:
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)
    failures = len(journal.failed)
    journal.finish()
    return Done(len(questions), kept, failures, watch.seconds, watch.tokens, last)


def _failed(question: Question, error: KgmedError) -> Mapping[str, Any]:
    return {"id": question.id, "question": question.text, "error": str(error)}


def _is_the_models(error: KgmedError) -> bool:
    """Whether the model failed, rather than one question."""
    return isinstance(error, LanguageModelError) and not error.of_the_request


def _fill(
    under_way: dict[asyncio.Task[Asked], int], missing: Iterable[int],
    questions: Sequence[Question], ask: Ask, concurrency: int,
) -> None:  # fmt: skip
    """Start as many questions as there is room for."""
    while len(under_way) < concurrency:
        number = next(iter(missing), None)
        if number is None:
            return
        under_way[asyncio.ensure_future(ask(questions[number]))] = number


class _Watch:
    """Tells how far a run is."""

    def __init__(self, total: int, kept: int, tell: Tell) -> None:
        self._total, self._kept, self._tell = total, kept, tell
        self._start = self._told = monotonic()
        self._done = self._failed = self.tokens = 0
        if kept:
            tell(f"{kept:,} of {total:,} were answered before")

    @property
    def seconds(self) -> float:
        return monotonic() - self._start

    def add(self, tokens: int, *, failed: bool = False) -> None:
        self._done += 1
        self._failed += failed
        self.tokens += tokens
        now = monotonic()
        if now - self._told < EVERY_S:
            return
        self._told = now
        rate = self._done / self.seconds
        left = (self._total - self._kept - self._done) / rate
        failures = f", {self._failed:,} failed" if self._failed else ""
        self._tell(
            f"{self._kept + self._done:,} of {self._total:,}, {rate:,.1f} questions/s, "
            f"{self.tokens / self.seconds:,.0f} tokens/s{failures}, about {left:,.0f} s left"
        )
