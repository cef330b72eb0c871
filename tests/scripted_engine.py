"""DSPy engines that say what a test tells them to; they keep what they were asked."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any


class ScriptedEngine:
    """Answers with ``say(user's message)``, or with these answers one a call, the last again and
    again; a dict is sent as JSON. ``before`` are the messages in front of the user's last."""

    def __init__(self, *answers: Any, say: Callable[[str], Any] | None = None) -> None:
        self.answers, self.say = answers, say
        self.asked: list[str] = []
        self.before: list[list[tuple[str, str]]] = []
        self.system: list[str] = []
        self.seeds: list[int | None] = []

    def complete(self, request: Any) -> Any:
        from dspy import lm15

        user = request.messages[-1].text
        self.asked.append(user)
        self.before.append([(m.role, m.text) for m in request.messages[:-1]])
        self.system.append(str(request.system))
        self.seeds.append(request.config.seed)
        place = min(len(self.asked), len(self.answers)) - 1
        said = self.say(user) if self.say else self.answers[place]
        text = said if isinstance(said, str) else json.dumps(said, ensure_ascii=False)
        return lm15.Response(
            id=None, model=request.model, finish_reason="stop",
            message=lm15.Message.assistant([lm15.TextPart(text)]),
            usage=lm15.Usage(input_tokens=100, output_tokens=10, total_tokens=110),
        )  # fmt: skip

    def close(self) -> None:
        pass


def scripted(*answers: Any, say: Callable[[str], Any] | None = None) -> tuple[Any, ScriptedEngine]:
    """A ``dspy.LM`` of a scripted engine, and the engine."""
    import dspy

    engine = ScriptedEngine(*answers, say=say)
    return dspy.LM("scripted", engine=engine, cache=False, num_retries=0), engine
