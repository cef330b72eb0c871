"""How far an optimizer goes within its bound of answers, and about what that asks of a model.

DSPy's optimizers bound their steps, not their answers: MIPROv2 asks all items of its validation set
at each trial, SIMBA all items of its training set at the end. So the sets that they are given are
cut to what the bound allows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from kgmed.prompts.asks import Asks

Optimizer: TypeAlias = Literal["bootstrap", "mipro", "gepa", "simba"]
SIMBA_BATCH, SIMBA_CANDIDATES = 8, 3
GEPA_BATCH = 3
"""Items of a step of GEPA, which asks them before and after."""
SUMMARIES = 2
"""What MIPROv2 asks about the items before it proposes instructions."""
EXAMPLE = 0.9
"""Tokens of an example that is shown, for each of a prompt without examples."""
SHOWN = {"mipro": 0.5, "simba": 0.25}
"""The share of the most examples that is shown while an optimizer is at work."""
REFLECTION, REFLECTED = {"mipro": (400, 2), "gepa": (300, 3), "simba": (1200, 3)}, 200
"""Tokens of a prompt that reflects, besides so many prompts of the program; tokens of its answer.
Measured on DSPy 3.4."""


@dataclass(frozen=True, slots=True)
class Size:
    """What an optimizer is given: how many items to learn from and to choose by, ``steps`` (trials
    of MIPROv2), ``candidates`` (sets of examples, and instructions)."""

    train: int
    dev: int
    steps: int = 0
    candidates: int = 0

    def answers(self, optimizer: Optimizer, calls: int) -> int:
        """About how many answers it asks for, at most so many."""
        if optimizer == "bootstrap":
            return self.train
        if optimizer == "gepa":
            return calls
        if optimizer == "mipro":
            return (self.candidates - 2) * self.train + (self.steps + 1) * self.dev
        return self.steps * _simba_step(self.train) + _simba_finals(self.steps) * self.train

    def reflections(self, optimizer: Optimizer, calls: int, predictors: int) -> int:
        """How often it asks for more than answers, at most: for instructions, or advice."""
        if optimizer == "mipro":
            return self.candidates * predictors + SUMMARIES
        if optimizer == "gepa":
            return max(1, (calls - self.dev) // (2 * GEPA_BATCH))
        return self.steps * (SIMBA_CANDIDATES + 1) if optimizer == "simba" else 0


def sized(optimizer: Optimizer, calls: int, shots: int, train: int, dev: int) -> Size:
    """What an optimizer is given so that it asks for about ``calls`` answers, of so many items to
    learn from and to choose by.

    >>> size = sized("simba", 200, 3, 1000, 500)
    >>> size.train, size.steps, size.answers("simba", 200)
    (22, 2, 178)
    """
    if optimizer == "bootstrap":
        return Size(min(train, calls), dev)
    if optimizer == "gepa":
        return Size(train, min(dev, max(4, calls // 5)))
    if optimizer == "mipro":
        candidates = 6 if calls >= 100 else 3
        sets = candidates - 2
        mine = min(train, max(shots, calls // (4 * sets)))
        chosen = min(dev, max(4, calls // 8))
        trials = max(2, (calls - sets * mine) // chosen - 1)
        return Size(mine, chosen, trials, min(candidates, max(3, trials)))
    mine = min(train, max(SIMBA_BATCH, calls // 9))
    steps = max(1, (calls - (SIMBA_CANDIDATES + 1) * mine) // _simba_step(mine))
    return Size(mine, dev, steps)


@dataclass(frozen=True, slots=True)
class OptimizeForecast:
    """About what optimizing a program asks of a model, at most: the answers that the optimizer asks
    for, those that measure the program before and after, and what it asks besides of the same model
    (``reflect``: instructions, advice). ``train`` and ``dev`` count the items to learn from and to
    measure on, ``sampled`` those whose prompts were made to tell."""

    train: int
    dev: int
    sampled: int
    optimize: Asks
    measure: Asks
    reflect: Asks
    all: Asks


def foreseen(
    optimizer: Optimizer, calls: int, shots: int, *, train: int, dev: int, predictors: int,
    sampled: int, each: tuple[float, float, float], prices: tuple[float, float] | None,
) -> OptimizeForecast:  # fmt: skip
    """What a run asks; ``each`` are calls, tokens of prompts and of answers of an item, without
    examples."""
    size = sized(optimizer, calls, shots, train, dev)
    times, prompt, answer = each
    shown = shots * (EXAMPLE * prompt + answer) if optimizer != "gepa" else 0.0
    while_learning = SHOWN.get(optimizer, 0.0) * shown
    answers, measured = size.answers(optimizer, calls), 2 * dev
    several = size.reflections(optimizer, calls, predictors)
    own, prompts = REFLECTION.get(optimizer, (0, 0))
    parts = [
        (answers * times, answers * (prompt + while_learning), answers * answer),
        (measured * times, measured * (prompt + shown / 2), measured * answer),
        (several, several * (own + prompts * prompt / (times or 1)), several * REFLECTED),
    ]
    optimize, measure, reflect = (Asks(*map(round, part)).priced(prices) for part in parts)
    sums = Asks(*(round(sum(column)) for column in zip(*parts, strict=True))).priced(prices)
    return OptimizeForecast(train, dev, sampled, optimize, measure, reflect, sums)


def _simba_step(train: int) -> int:
    """Answers of a step: each item of its batch by each candidate, then by each new one."""
    return min(SIMBA_BATCH, train) * (2 * SIMBA_CANDIDATES + 1)


def _simba_finals(steps: int) -> int:
    """Programs that are measured on all items in the end."""
    return min(steps, SIMBA_CANDIDATES) + 1
