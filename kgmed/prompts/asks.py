"""What a run asks of a language model, in calls, tokens and money."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Asks:
    """What a run asks of a model, about: requests, and tokens of prompts and answers.

    ``cost`` is in the currency of the prices that were given, None without any.
    """

    calls: int
    prompt_tokens: int
    completion_tokens: int
    cost: float | None = None

    def priced(self, prices: tuple[float, float] | None) -> Asks:
        """With the cost at prices per million tokens of (prompts, answers).

        >>> Asks(10, 2_000_000, 500_000).priced((0.5, 2.0)).cost
        2.0
        """
        if prices is None:
            return self
        cost = (self.prompt_tokens * prices[0] + self.completion_tokens * prices[1]) / 1e6
        return Asks(self.calls, self.prompt_tokens, self.completion_tokens, cost)
