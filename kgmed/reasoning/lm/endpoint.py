"""An OpenAI-compatible endpoint as an engine of DSPy 3.4: one for programs that wait, one for those
that ask side by side.

DSPy's own client sends the requests (https://dspy.ai, ``dspy.lm15``), as a provider declared with
what vLLM takes: a JSON Schema in strict mode, and its ``structured_outputs`` (choice, regex,
grammar) by the extensions of a request
(https://docs.vllm.ai/en/latest/features/structured_outputs.html). Here is what DSPy leaves to an
engine's owner: when a request is sent again and how long that waits, how many are under way, what
they cost, and what an error means.
"""

from __future__ import annotations

import asyncio
import json
import re
import threading
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import replace
from itertools import count
from typing import Any
from weakref import WeakKeyDictionary

from dspy import lm15

from kgmed.reasoning.lm import failures
from kgmed.reasoning.lm.served import served_models
from kgmed.reasoning.lm.settings import LMSettings
from kgmed.reasoning.lm.usage import Meter

PROVIDER = "kgmed"
"""What the endpoint is called in the name of a ``dspy.LM``."""
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.5, 20.0
LONGEST_WAIT_S = 120.0
"""Seconds that an endpoint's Retry-After is waited for; where it says more, the request fails."""
TIMEOUTS = 2
"""Waits for an answer that doesn't come, before the request fails."""
EARLY = "the stream ended before the answer did"
_CONTROL = re.compile(r"[\x00-\x1f]")
_THOUGHT = re.compile(r"\A\s*(?:<think>)?(.*?)</think>\s*", re.DOTALL)


class Endpoint:
    """What both engines of one endpoint share: where it is, how it is asked, what was counted.

    ``url`` is where it is, for messages; ``provider`` and ``model`` are what DSPy's client is asked
    for.
    """

    def __init__(self, settings: LMSettings, meter: Meter, *, sleep: Any = time.sleep) -> None:
        self.settings, self.meter = settings, meter
        self.sleep = sleep
        self.url = settings.api_base or settings.name
        own = settings.api_base != ""
        head, _, rest = settings.name.partition("/")
        self.provider, self.model = (PROVIDER, settings.name) if own else (head, rest)
        self.answered = False
        self._turn = count()

    def config(self) -> lm15.RouterConfig:
        """The settings of DSPy's client."""
        asked = self.settings
        waits = lm15.Timeouts(read=asked.timeout_s, write=asked.timeout_s, pool=None)
        most = asked.concurrency + 1
        if not asked.api_base:
            keys = {self.provider: asked.api_key} if asked.api_key else None
            return lm15.RouterConfig(api_keys=keys, timeouts=waits, max_connections=most)
        access = lm15.AccessPolicy(
            provider=PROVIDER,
            supports=lm15.EndpointSupport(complete=True, stream=True, models=True),
            auth_modes=("bearer",),
            base_url=asked.api_base,
        )
        definition = lm15.ProviderDefinition.chat(
            access, compat=lm15.OpenAIChatCompat.preset("vllm"), placeholder_key="none"
        )
        keys = {PROVIDER: asked.api_key} if asked.api_key else None
        return lm15.RouterConfig(
            api_keys=keys, timeouts=waits, max_connections=most, providers=(definition,)
        )

    def pause_s(self, error: BaseException, tries: int) -> float:
        """How long to wait before a request is sent again; raises where it isn't.

        ``tries`` counts those that failed, this one included.
        """
        asked = self.settings
        most = min(asked.retries, TIMEOUTS - 1) if failures.is_timeout(error) else asked.retries
        if failures.is_refused(error) and not self.answered:
            most = 0  # never there: a wrong URL rather than a server that restarts
        if not failures.is_passing(error) or tries > most:
            raise self.explained(error, tries) from error
        wanted = getattr(error, "retry_after", None)
        if wanted is not None:
            if wanted > LONGEST_WAIT_S:
                raise failures.waits_too_long(self.url, wanted, LONGEST_WAIT_S) from error
            return float(wanted)
        spread = 0.75 + 0.5 * (
            (next(self._turn) * 0.618034) % 1
        )  # so that not all come back at once
        return float(min(FIRST_PAUSE_S * 2 ** (tries - 1), LONGEST_PAUSE_S) * spread)

    def explained(self, error: BaseException, tries: int) -> failures.EndpointError:
        """What an error means."""
        asked = self.settings
        served = None
        if getattr(error, "status", None) == 404 and asked.api_base:
            served = served_models(asked.api_base, asked.api_key, timeout_s=min(asked.timeout_s, 5))
        return failures.explained(
            error, url=self.url, name=asked.name, timeout_s=asked.timeout_s, tries=tries,
            served=served,
        )  # fmt: skip

    def counted(self, response: lm15.Response, request: lm15.Request) -> lm15.Response:
        """Count an answer, and hand it on: thoughts set apart, JSON as JSON has to be."""
        self.count(response.usage)
        apart = thoughts_apart(response)
        return apart if request.config.response_format is None else with_escapes(apart)

    def count(self, used: Any) -> None:
        """Count an answer by the tokens that the endpoint says it used, if it does."""
        self.answered = True
        told = {
            "prompt_tokens": "input_tokens", "completion_tokens": "output_tokens",
            "reasoning_tokens": "reasoning_tokens", "cached_tokens": "cache_read_tokens",
        }  # fmt: skip
        counts = {name: getattr(used, theirs, None) or 0 for name, theirs in told.items()}
        self.meter.add(calls=1, **counts)


class SyncEngine:
    """The engine that ``dspy.LM`` calls from threads; see :class:`Endpoint`.

    Raises :class:`~kgmed.reasoning.lm.failures.EndpointError`, which is kgmed's LanguageModelError.
    """

    supports_response_schema = True
    supports_function_calling = False
    supports_reasoning = False
    supported_params = (
        "temperature", "max_tokens", "top_p", "stream", "stop", "seed", "response_format",
        "logprobs", "top_logprobs",
    )  # fmt: skip

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self._router = lm15.LMRouter(endpoint.config())
        self._limit = threading.BoundedSemaphore(endpoint.settings.concurrency)
        self._lock = threading.Lock()
        self._client: Any = None

    def complete(self, request: lm15.Request) -> lm15.Response:
        """One answer."""
        client, asked = self._asked(request)
        with self._limit:
            tries = 0
            while True:
                tries += 1
                try:
                    return self._endpoint.counted(client.complete(asked), asked)
                except (lm15.LM15Error, ValueError) as error:
                    pause = self._endpoint.pause_s(error, tries)
                self._endpoint.meter.add(retries=1)
                self._endpoint.sleep(pause)

    def stream(self, request: lm15.Request) -> Iterator[Any]:
        """One answer, as it is written; it is asked for again only while nothing of it came."""
        client, asked = self._asked(request)
        with self._limit:
            tries, begun = 0, False
            while True:
                tries += 1
                try:
                    for event in client.stream(asked):
                        begun = begun or event.type == "delta"
                        if _is_end(self._endpoint, event):
                            yield event
                            return
                        yield event
                    raise lm15.StreamAssemblyError(EARLY)
                except (lm15.LM15Error, ValueError) as error:
                    if begun:
                        raise self._endpoint.explained(error, tries) from error
                    pause = self._endpoint.pause_s(error, tries)
                self._endpoint.meter.add(retries=1)
                self._endpoint.sleep(pause)

    def close(self) -> None:
        """Close the connections."""
        self._router.close()

    def dump_state(self) -> dict[str, Any]:
        """What a saved program keeps: the settings, without the key."""
        return self._endpoint.settings.as_dict()

    @classmethod
    def load_state(cls, state: dict[str, Any]) -> SyncEngine:
        """The engine of a saved program; it has no key."""
        return cls(Endpoint(LMSettings.from_dict(state), Meter()))

    def __deepcopy__(self, memo: dict[int, Any]) -> SyncEngine:
        return self  # programs are copied, connections aren't

    def _asked(self, request: lm15.Request) -> tuple[Any, lm15.Request]:
        with self._lock:
            if self._client is None:
                self._client = _client(self._router, self._endpoint)
        return self._client, replace(request, model=self._endpoint.model)


class AsyncEngine:
    """The engine that ``dspy.LM`` awaits. Each event loop has connections of its own."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self._loops: WeakKeyDictionary[Any, tuple[Any, Any, asyncio.Semaphore]] = (
            WeakKeyDictionary()
        )

    async def complete(self, request: lm15.Request) -> lm15.Response:
        """One answer."""
        client, limit, asked = self._asked(request)
        async with limit:
            tries = 0
            while True:
                tries += 1
                try:
                    return self._endpoint.counted(await client.complete(asked), asked)
                except (lm15.LM15Error, ValueError) as error:
                    pause = await asyncio.to_thread(self._endpoint.pause_s, error, tries)
                self._endpoint.meter.add(retries=1)
                await asyncio.sleep(pause)

    async def stream(self, request: lm15.Request) -> AsyncIterator[Any]:
        """One answer, as it is written; it is asked for again only while nothing of it came."""
        client, limit, asked = self._asked(request)
        async with limit:
            tries, begun = 0, False
            while True:
                tries += 1
                try:
                    async for event in client.stream(asked):
                        begun = begun or event.type == "delta"
                        if _is_end(self._endpoint, event):
                            yield event
                            return
                        yield event
                    raise lm15.StreamAssemblyError(EARLY)
                except (lm15.LM15Error, ValueError) as error:
                    if begun:
                        raise self._endpoint.explained(error, tries) from error
                    pause = await asyncio.to_thread(self._endpoint.pause_s, error, tries)
                self._endpoint.meter.add(retries=1)
                await asyncio.sleep(pause)

    async def aclose(self) -> None:
        """Close this event loop's connections."""
        found = self._loops.pop(asyncio.get_running_loop(), None)
        if found is not None:
            await found[0].aclose()

    def dump_state(self) -> dict[str, Any]:
        """What a saved program keeps: the settings, without the key."""
        return self._endpoint.settings.as_dict()

    @classmethod
    def load_state(cls, state: dict[str, Any]) -> AsyncEngine:
        """The engine of a saved program; it has no key."""
        return cls(Endpoint(LMSettings.from_dict(state), Meter()))

    def __deepcopy__(self, memo: dict[int, Any]) -> AsyncEngine:
        return self

    def _asked(self, request: lm15.Request) -> tuple[Any, asyncio.Semaphore, lm15.Request]:
        loop = asyncio.get_running_loop()
        found = self._loops.get(loop)
        if found is None:
            router = lm15.AsyncLMRouter(self._endpoint.config())
            limit = asyncio.Semaphore(self._endpoint.settings.concurrency)
            found = self._loops[loop] = (router, _client(router, self._endpoint), limit)
        _router, client, limit = found
        return client, limit, replace(request, model=self._endpoint.model)


class Extended:
    """An engine whose every request carries further fields, as vLLM's ``structured_outputs``."""

    def __init__(self, engine: Any, fields: Mapping[str, Any]) -> None:
        self._engine, self._fields = engine, dict(fields)
        for name in ("response_schema", "function_calling", "reasoning"):
            setattr(self, f"supports_{name}", getattr(engine, f"supports_{name}", False))
        self.supported_params = getattr(engine, "supported_params", ())

    def complete(self, request: lm15.Request) -> Any:
        """One answer, or for an engine that is awaited what gives it."""
        return self._engine.complete(self._with_fields(request))

    def stream(self, request: lm15.Request) -> Any:
        """One answer, as it is written."""
        return self._engine.stream(self._with_fields(request))

    def __deepcopy__(self, memo: dict[int, Any]) -> Extended:
        return self

    def _with_fields(self, request: lm15.Request) -> lm15.Request:
        config = request.config
        more = {**(config.extensions or {}), **self._fields}
        return replace(request, config=replace(config, extensions=more))


class AsyncExtended(Extended):
    """:class:`Extended` for an engine that is awaited."""

    async def complete(self, request: lm15.Request) -> Any:
        """One answer."""
        return await self._engine.complete(self._with_fields(request))


def thoughts_apart(response: lm15.Response) -> lm15.Response:
    """An answer whose thoughts, where the server left them in its text, are a part of their own.

    vLLM tells them apart by ``--reasoning-parser``; without it they end with ``</think>``.
    """
    parts = response.message.parts
    if any(part.type == "thinking" for part in parts):
        return response
    first = next((n for n, part in enumerate(parts) if part.type == "text"), None)
    found = None if first is None else _THOUGHT.match(parts[first].text)
    if first is None or found is None:
        return response
    rest = lm15.TextPart(parts[first].text[found.end() :])
    thought = found[1].strip()
    apart = (lm15.ThinkingPart(text=thought),) if thought else ()
    message = replace(response.message, parts=(*parts[:first], *apart, rest, *parts[first + 1 :]))
    return replace(response, message=message)


def with_escapes(response: lm15.Response) -> lm15.Response:
    """An answer in JSON whose strings hold raw control characters, which JSON forbids, with these
    escaped. vLLM's xgrammar back end lets them through where a string has a maxLength."""
    parts = tuple(map(_with_escapes, response.message.parts))
    return replace(response, message=replace(response.message, parts=parts))


def _with_escapes(part: Any) -> Any:
    if part.type != "text" or _CONTROL.search(part.text) is None:
        return part
    try:
        found = json.loads(part.text, strict=False)
    except ValueError:
        return part  # cut short, or no JSON: the reader's to tell
    return lm15.TextPart(json.dumps(found, ensure_ascii=False))


def _client(router: Any, endpoint: Endpoint) -> Any:
    try:
        return router.lm(f"{endpoint.provider}:{endpoint.model}")
    except lm15.LM15Error as error:
        raise failures.EndpointError(
            f"DSPy can't reach {endpoint.settings.name!r} ({failures.told(error)}). Name what an "
            "endpoint serves and where it is: --lm NAME --api-base URL."
        ) from error


def _is_end(endpoint: Endpoint, event: Any) -> bool:
    """Whether an answer that is streamed ends here; it is counted then."""
    if event.type != "end":
        return False
    endpoint.count(event.usage)
    return True
