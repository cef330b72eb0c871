"""Runs one of DSPy's optimizers over a program, and tells its score before and after.

The optimizers are DSPy's own (https://dspy.ai): BootstrapFewShot chooses examples out of answers
that went well, MIPROv2 and SIMBA propose instructions and examples, GEPA rewrites instructions by
what the verifier says of each answer.
"""

from __future__ import annotations

import asyncio
import io
import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from functools import partialmethod
from pathlib import Path
from threading import RLock
from time import monotonic
from typing import Any, get_args

import dspy

from kgmed.kg.errors import MissingExtra, UsageError
from kgmed.reasoning.blocking import blocking
from kgmed.reasoning.evaluation.forecast import rendered
from kgmed.reasoning.evaluation.methods.asking import options_of
from kgmed.reasoning.evaluation.model import Item
from kgmed.reasoning.optimize.measure import Measure, Score
from kgmed.reasoning.optimize.plan import (
    SIMBA_BATCH,
    SIMBA_CANDIDATES,
    OptimizeForecast,
    Optimizer,
    Size,
    foreseen,
    sized,
)

OPTIMIZERS: tuple[Optimizer, ...] = get_args(Optimizer)
CALLS = 200
"""Answers that an optimizer may ask for, unless said."""
SHOTS = 3

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Task:
    """What is optimized: a module, items to learn from, and others to measure it on."""

    module: Any
    train: Sequence[Item]
    dev: Sequence[Item]
    measure: Measure


@dataclass(frozen=True, slots=True)
class Bounds:
    """How far an optimizer may go. ``calls`` is about how many answers it asks for, ``shots`` the
    most examples of a predictor, ``work`` a folder in which one that can go on keeps its state."""

    optimizer: Optimizer
    calls: int = CALLS
    shots: int = SHOTS
    concurrency: int = 8
    seed: int = 0
    work: Path | None = None

    def __post_init__(self) -> None:
        if self.optimizer not in OPTIMIZERS:
            raise UsageError(
                f"Found the optimizer {self.optimizer!r}, expected one of: {', '.join(OPTIMIZERS)}."
            )
        for name in ("calls", "shots", "concurrency"):
            if getattr(self, name) < 1:
                raise UsageError(f"Found {name}={getattr(self, name)}, expected at least 1.")


@dataclass(frozen=True, slots=True)
class Mean:
    """The mean score over items, and of each part."""

    total: float
    parts: dict[str, float]


class OneAtATime:
    """Something of a graph that threads ask in turn, all such things together: optimizers use
    several threads, a graph's files are for one at a time."""

    _lock = RLock()

    def __init__(self, own: Any) -> None:
        self._own = own

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._own, name)
        return self._turned(found) if callable(found) else found

    def __call__(self, *given: Any, **named: Any) -> Any:
        with self._lock:
            return self._own(*given, **named)

    def _turned(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def turned(*given: Any, **named: Any) -> Any:
            with self._lock:
                return function(*given, **named)

        return turned


def forecast(
    task: Task, bounds: Bounds, prices: tuple[float, float] | None = None
) -> OptimizeForecast:
    """About what a run asks the model for; the prompts of some items are put to a stand-in."""
    items = [*task.train, *task.dev]
    told = rendered(lambda: task.module, items)
    each = [count / (told.sampled or 1) for count in told.asked]
    return foreseen(
        bounds.optimizer, bounds.calls, bounds.shots, train=len(task.train), dev=len(task.dev),
        predictors=len(task.module.predictors()), sampled=told.sampled,
        each=(each[0], each[1], each[2]), prices=prices,
    )  # fmt: skip


def mean_score(
    module: Any,
    items: Sequence[Item],
    measure: Measure,
    *,
    concurrency: int,
    tell: Tell = lambda _text: None,
) -> Mean:
    """The mean score of a module's answers, many asked side by side."""
    watch = _Watch(len(items), tell)

    async def all_of_them() -> list[Score]:
        gate = asyncio.Semaphore(concurrency)

        async def one(item: Item) -> Score:
            async with gate:
                found = await module.acall(
                    question=item.question, options=options_of(item), language=item.lang
                )
            score = measure.score(item, found)
            watch.add(score.total)
            return score

        return list(await asyncio.gather(*map(one, items)))

    scores = blocking(all_of_them())
    sums: Counter[str] = Counter()
    known: Counter[str] = Counter()
    for score in scores:
        for name, value in score.parts.items():
            sums[name] += value  # type: ignore[assignment]
            known[name] += 1
    parts = {name: round(sums[name] / known[name], 4) for name in sorted(known)}
    return Mean(round(sum(score.total for score in scores) / len(scores), 6), parts)


def optimized(task: Task, bounds: Bounds, *, tell: Tell) -> Any:
    """The module, optimized; the configured language model is asked, and reflects on its answers.
    Raises :class:`~kgmed.kg.errors.MissingExtra` where an optimizer's package is absent."""
    size = sized(bounds.optimizer, bounds.calls, bounds.shots, len(task.train), len(task.dev))
    chance = random.Random(bounds.seed)  # noqa: S311  an order, no secret
    trainset, devset = ([_example(item) for item in items] for items in (task.train, task.dev))
    chance.shuffle(trainset)
    if size.dev < len(devset):
        chance.shuffle(devset)
    trainset, devset = trainset[: size.train], devset[: size.dev]
    answers = size.answers(bounds.optimizer, bounds.calls)
    watched = _Watched(task.measure, _Watch(answers, tell, about="about "))
    with _quiet():
        if bounds.optimizer == "bootstrap":
            optimizer = dspy.BootstrapFewShot(
                metric=watched.good, max_bootstrapped_demos=bounds.shots, max_labeled_demos=0,
                max_errors=len(trainset),
            )  # fmt: skip
            return optimizer.compile(task.module, trainset=trainset)
        if bounds.optimizer == "mipro":
            return _mipro(task.module, (trainset, devset), bounds, size, watched)
        if bounds.optimizer == "gepa":
            return _gepa(task.module, trainset, devset, bounds, watched)
        return _simba(task.module, trainset, bounds, size, watched)


def _mipro(
    module: Any, sets: tuple[Any, Any], bounds: Bounds, size: Size, watched: _Watched
) -> Any:
    try:
        import optuna  # noqa: F401
    except ImportError as error:
        raise MissingExtra("optuna", "optimize") from error
    optimizer = dspy.MIPROv2(
        metric=watched.score, auto=None, num_candidates=size.candidates, seed=bounds.seed,
        max_bootstrapped_demos=bounds.shots, max_labeled_demos=0,
        num_threads=bounds.concurrency, track_stats=False,
    )  # fmt: skip
    return optimizer.compile(
        module, trainset=sets[0], valset=sets[1], num_trials=size.steps, minibatch=False,
        program_aware_proposer=False,
    )  # fmt: skip


def _gepa(module: Any, trainset: Any, devset: Any, bounds: Bounds, watched: _Watched) -> Any:
    optimizer = dspy.GEPA(
        metric=watched.feedback, max_metric_calls=bounds.calls, reflection_lm=dspy.settings.lm,
        num_threads=bounds.concurrency, seed=bounds.seed, warn_on_score_mismatch=False,
        log_dir=str(bounds.work) if bounds.work is not None else None,
    )  # fmt: skip
    return optimizer.compile(module, trainset=trainset, valset=devset)


def _simba(module: Any, trainset: Any, bounds: Bounds, size: Size, watched: _Watched) -> Any:
    optimizer = dspy.SIMBA(
        metric=watched.feedback, bsize=min(SIMBA_BATCH, len(trainset)),
        num_candidates=SIMBA_CANDIDATES, max_steps=size.steps, max_demos=bounds.shots,
        num_threads=bounds.concurrency,
    )  # fmt: skip
    return optimizer.compile(module, trainset=trainset, seed=bounds.seed)


class _Watch:
    """Tells how far answers are, at what rate and with which score."""

    def __init__(self, total: int, tell: Tell, *, about: str = "") -> None:
        self._total, self._tell, self._about = total, tell, about
        self._lock = RLock()
        self._start = monotonic()
        self._asked = 0
        self._sum = 0.0

    def add(self, score: float) -> None:
        """Count an answer; from any thread."""
        with self._lock:
            self._asked += 1
            self._sum += score
            rate = self._asked / max(monotonic() - self._start, 1e-9)
            left = max(0, self._total - self._asked) / rate
            self._tell(
                f"{self._asked:,} of {self._about}{self._total:,} answers, {rate:,.1f} a second, "
                f"{self._sum / self._asked:.3f} on average, about {left:,.0f} s left"
            )


class _Watched:
    """A measure in the forms that optimizers call it, told of as it goes."""

    def __init__(self, measure: Measure, watch: _Watch) -> None:
        self._measure, self._watch = measure, watch

    def score(self, example: Any, prediction: Any, trace: Any = None) -> float:
        """The score alone."""
        return self._scored(example, prediction).total

    def good(self, example: Any, prediction: Any, trace: Any = None) -> bool:
        """Whether an answer may become an example: right, and nothing that it says refuted."""
        found = self._scored(example, prediction)
        match = found.parts.get("match")
        right = match is None or match >= 0.5
        return right and prediction.answerable and found.parts.get("supported", 1.0) > 0

    def feedback(
        self, gold: Any, pred: Any, trace: Any = None, pred_name: Any = None, pred_trace: Any = None
    ) -> Any:
        """The score with what is wrong, in sentences."""
        found = self._scored(gold, pred)
        return dspy.Prediction(score=found.total, feedback=found.feedback)

    def _scored(self, example: Any, prediction: Any) -> Score:
        found = self._measure.score(example.item, prediction)
        self._watch.add(found.total)
        return found


def _example(item: Item) -> Any:
    return dspy.Example(
        question=item.question, options=list(options_of(item)), language=item.lang, item=item
    ).with_inputs("question", "options", "language")


@contextmanager
def _quiet() -> Iterator[None]:
    """Optimizers print bars, logs and lines; what a user is told comes from here."""
    import logging

    from tqdm import tqdm

    loggers = [logging.getLogger(name) for name in ("dspy", "gepa", "optuna")]
    levels = [logger.level for logger in loggers]
    begin = tqdm.__init__
    for logger in loggers:
        logger.setLevel(logging.ERROR)
    tqdm.__init__ = partialmethod(begin, disable=True)
    try:
        with redirect_stdout(io.StringIO()):
            yield
    finally:
        tqdm.__init__ = begin
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
