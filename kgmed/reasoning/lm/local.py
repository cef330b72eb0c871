"""Models that run in this process as engines of DSPy: the deterministic one, and a folder's."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from importlib import import_module
from typing import Any

from dspy import lm15

from kgmed.kg.errors import KgmedError, LanguageModelError
from kgmed.reasoning.lm.base import Completion, Request
from kgmed.reasoning.lm.endpoint import thoughts_apart
from kgmed.reasoning.lm.failures import EndpointError, told
from kgmed.reasoning.lm.settings import LMSettings
from kgmed.reasoning.lm.usage import Meter


class Local:
    """An engine in this process, counted; what it raises is kgmed's LanguageModelError."""

    supports_response_schema = True
    supports_function_calling = False
    supports_reasoning = False
    supported_params = ("temperature", "max_tokens", "seed", "response_format")

    def __init__(self, engine: Any, settings: LMSettings, meter: Meter) -> None:
        self._engine, self._settings, self._meter = engine, settings, meter

    def complete(self, request: lm15.Request) -> lm15.Response:
        """One answer."""
        try:
            response = self._engine.complete(request)
        except EndpointError:
            raise
        except (KgmedError, lm15.LM15Error, ValueError, RuntimeError) as error:
            raise EndpointError(told(error)) from error
        used = response.usage
        self._meter.add(
            calls=1, prompt_tokens=used.input_tokens or 0, completion_tokens=used.output_tokens or 0
        )
        return thoughts_apart(response)

    def stream(self, request: lm15.Request) -> Iterator[Any]:
        """One answer, at once."""
        return iter(lm15.response_to_events(self.complete(request)))

    def close(self) -> None:
        """Nothing is open."""

    def dump_state(self) -> dict[str, Any]:
        """What a saved program keeps: the settings."""
        return self._settings.as_dict()

    @classmethod
    def load_state(cls, state: dict[str, Any]) -> Local:
        """The engine of a saved program."""
        settings = LMSettings.from_dict(state)
        return cls(local_engine(settings), settings, Meter())

    def __deepcopy__(self, memo: dict[int, Any]) -> Local:
        return self


class AsyncLocal:
    """:class:`Local` for programs that await; what it does is done in a thread."""

    def __init__(self, engine: Local) -> None:
        self._engine = engine

    async def complete(self, request: lm15.Request) -> lm15.Response:
        """One answer."""
        return await asyncio.to_thread(self._engine.complete, request)

    async def stream(self, request: lm15.Request) -> Any:
        """One answer, at once."""
        for event in lm15.response_to_events(await self.complete(request)):
            yield event

    async def aclose(self) -> None:
        """Nothing is open."""

    def dump_state(self) -> dict[str, Any]:
        """What a saved program keeps: the settings."""
        return self._engine.dump_state()

    @classmethod
    def load_state(cls, state: dict[str, Any]) -> AsyncLocal:
        """The engine of a saved program."""
        return cls(Local.load_state(state))

    def __deepcopy__(self, memo: dict[int, Any]) -> AsyncLocal:
        return self


class CompletionEngine:
    """A :class:`~kgmed.reasoning.lm.base.Completion` as an engine of DSPy.

    Its prompt is the system's text and the rest of the conversation. ``tokens`` counts those of a
    text; without it, four characters are counted as one.
    """

    def __init__(self, complete: Completion, *, tokens: Any = None) -> None:
        self._complete = complete
        self._tokens = tokens or (lambda text: len(text) // 4)

    def complete(self, request: lm15.Request) -> lm15.Response:
        """One answer."""
        asked = as_request(request)
        text = self._complete(asked)
        used = lm15.Usage(
            input_tokens=self._tokens(asked.system + asked.user), output_tokens=self._tokens(text)
        )
        return lm15.Response(
            id=None, model=request.model, finish_reason="stop", usage=used,
            message=lm15.Message.assistant([lm15.TextPart(text)]),
        )  # fmt: skip


def as_request(request: lm15.Request) -> Request:
    """A request of DSPy as kgmed's: examples before the last message stand in the user's text."""
    config = request.config
    form = config.response_format or {}
    turns = [(m.role, m.text or "") for m in request.messages]
    user = turns[-1][1]
    if len(turns) > 1:
        user = "\n\n".join(f"{role}: {text}" for role, text in turns[:-1]) + f"\n\n{user}"
    made = Request(
        _text_of(request.system), user, form.get("schema"), str(form.get("name", "answer")),
        temperature=config.temperature, seed=config.seed,
    )  # fmt: skip
    return made if config.max_tokens is None else replace(made, max_tokens=config.max_tokens)


def _text_of(system: Any) -> str:
    if system is None or isinstance(system, str):
        return system or ""
    return "\n\n".join(getattr(part, "text", "") for part in system)


def local_engine(settings: LMSettings) -> Any:
    """The engine of ``embedded``, or of the folder of a model."""
    if settings.folder is None:
        try:
            engine = import_module("kgmed.reasoning.lm.engine")
        except ModuleNotFoundError as error:
            raise LanguageModelError("This kgmed has no embedded engine.") from error
        return engine.EmbeddedEngine()
    from kgmed.reasoning.lm.embedded import Embedded

    model = Embedded(settings.folder)
    return CompletionEngine(model, tokens=model.tokens)
