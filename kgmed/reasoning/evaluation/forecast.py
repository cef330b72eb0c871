"""What a method will ask of a language model, told by some of its items.

Their prompts are made as they will be, evidence and examples included, and put to a stand-in
(:mod:`kgmed.reasoning.lm.stand_in`); no model is asked. What all items come to is their mean.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dspy

from kgmed.kg.errors import KgmedError
from kgmed.prompts.asks import Asks
from kgmed.reasoning.blocking import blocking
from kgmed.reasoning.bulk.journal import kept
from kgmed.reasoning.evaluation.methods.asking import inputs_of
from kgmed.reasoning.evaluation.model import Item
from kgmed.reasoning.evaluation.run import finished, held
from kgmed.reasoning.evaluation.runs import RECORDS_FILE
from kgmed.reasoning.evaluation.told import MethodForecast
from kgmed.reasoning.lm.stand_in import stand_in
from kgmed.reasoning.lm.usage import Usage

SAMPLE = 16
"""Items whose prompts are made."""


def forecast(
    method: str,
    make: Callable[[], Any],
    items: Sequence[Item],
    *,
    folder: Path | None = None,
    prices: tuple[float, float] | None = None,
    left_out: Mapping[str, int] | None = None,
    sample: int = SAMPLE,
) -> MethodForecast:
    """About what a method asks of a model. ``make`` gives its module; ``folder`` is where it was
    run before, if it was; ``prices`` are those of a million tokens of prompts and of answers."""
    out = dict(left_out or {})
    if folder is not None and finished(folder, items):
        return MethodForecast(
            method, len(items), len(items), 0, Asks(0, 0, 0).priced(prices), 0, out
        )
    before = {*kept(folder / RECORDS_FILE), *held(folder, items)} if folder is not None else set()
    left = [item for place, item in enumerate(items) if place not in before]
    told = rendered(make, left, sample=sample)
    scale = len(left) / (told.sampled or 1)
    asks = Asks(*(round(then + n * scale) for then, n in zip(told.begun, told.asked, strict=True)))
    back = told.rounds * round(told.items_asked * scale)
    return MethodForecast(
        method, len(items), len(before), told.sampled, asks.priced(prices), back, out
    )


@dataclass(frozen=True, slots=True)
class Rendered:
    """What a module asks about some items: calls, tokens of prompts and of answers, before the
    first (``begun``) and for all ``sampled`` ones. ``items_asked`` of these have a call; ``rounds``
    are those in which an answer may be sent back."""

    sampled: int
    begun: tuple[int, int, int]
    asked: tuple[int, int, int]
    items_asked: int
    rounds: int


def rendered(make: Callable[[], Any], items: Sequence[Item], *, sample: int = SAMPLE) -> Rendered:
    """What a module asks about some of these items, taken all over them; a stand-in is asked."""
    step = max(1, len(items) // sample)
    chosen = items[::step][:sample]
    model = stand_in()
    with dspy.context(lm=model.lm):
        module = make()
        begun = _counts(model.usage)
        asked = [blocking(_asked(module, item)) for item in chosen]
    calls, prompts, answers = _counts(model.usage)
    spent = calls - begun[0], prompts - begun[1], answers - begun[2]
    return Rendered(len(chosen), begun, spent, sum(asked), getattr(module, "rounds", 0))


async def _asked(module: Any, item: Item) -> bool:
    """Put an item to a module; whether it has a call. What can't be asked costs nothing."""
    try:
        said = await module.acall(**inputs_of(item))
    except KgmedError:
        return False
    return bool(said.calls)


def _counts(usage: Usage) -> tuple[int, int, int]:
    return usage.calls, usage.prompt_tokens, usage.completion_tokens
