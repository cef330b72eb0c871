"""What a language model writes, heard while it is written.

:class:`Heard` is an engine of DSPy that asks another one for a stream, so that programs that wait
for whole answers can be listened to; :func:`answer_so_far` reads the answer out of JSON that is
still being written.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

from dspy import lm15

from kgmed.reasoning.lm.endpoint import thoughts_apart, with_escapes

_ANSWER = re.compile(r'(?<!\\)"answer"\s*:\s*"((?:[^"\\]|\\u[0-9a-fA-F]{4}|\\[^u])*)', re.DOTALL)
_HALF = re.compile(r"\\u[dD][89abAB][0-9a-fA-F]{2}$")


class Heard:
    """An engine whose every answer is passed on as it comes: ``heard`` is called with all of its
    text so far, and with "" where an answer begins."""

    def __init__(self, engine: Any, heard: Callable[[str], None]) -> None:
        self._engine, self._heard = engine, heard
        for name in ("response_schema", "function_calling", "reasoning"):
            setattr(self, f"supports_{name}", getattr(engine, f"supports_{name}", False))
        self.supported_params = getattr(engine, "supported_params", ())

    def complete(self, request: lm15.Request) -> lm15.Response:
        """One answer."""
        made = thoughts_apart(lm15.materialize_response(self._events(request), request))
        return made if request.config.response_format is None else with_escapes(made)

    def stream(self, request: lm15.Request) -> Iterator[Any]:
        """One answer, as it is written."""
        return iter(self._engine.stream(request))

    def close(self) -> None:
        """The connection is the other engine's."""

    def __deepcopy__(self, memo: dict[int, Any]) -> Heard:
        return self

    def _events(self, request: lm15.Request) -> Iterator[Any]:
        text = ""
        self._heard(text)
        for event in self._engine.stream(request):
            if event.type == "delta" and event.delta.type == "text":
                text += event.delta.text
                self._heard(text)
            yield event


def answer_so_far(text: str) -> str:
    """The field ``answer`` of a JSON object of which only the beginning is there.

    >>> answer_so_far('{"answerable": true, "answer": "Warfarin inhi')
    'Warfarin inhi'
    >>> answer_so_far('{"steps": ["\\\\"answer\\\\": ')
    ''
    """
    found = _ANSWER.search(text)
    if found is None:
        return ""
    return str(json.loads(f'"{_HALF.sub("", found[1])}"', strict=False))
