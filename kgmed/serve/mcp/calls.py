"""Calls of tools: arguments in, a bounded text and a bounded wire shape out."""

from __future__ import annotations

import json
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

from kgmed.kg.errors import UsageError
from kgmed.serve.mcp import arguments as given
from kgmed.serve.mcp.schemas import lean
from kgmed.serve.mcp.tools import Tool
from kgmed.serve.mcp.words import Words

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from kgmed.kg.model import Language
    from kgmed.kg.predicates import Registry
    from kgmed.serve.engine import Engine
    from kgmed.serve.mcp.pages import Page
    from kgmed.serve.service import Service

MOST = 40_000
"""Characters of a structured result; pages are made smaller until they are within it."""
MOST_TEXT = 16_000
"""Characters of a text."""
CUT = "\n... cut here; the structured result has all of it."


def answered(tool: Tool, service: Service, asked: given.Arguments) -> dict[str, Any]:
    """What a tool answers: ``text`` and ``structured``."""
    count = getattr(asked, "limit", 1)
    while True:
        page = tool.get(service, asked, count)
        made = told(page, service.graph.registry, asked)
        size = len(json.dumps(made["structured"], ensure_ascii=False))
        if size <= MOST or count <= 1:
            return made
        count = max(1, min(count - 1, int(count * MOST * 0.9 / size)))


def told(page: Page, registry: Registry, asked: given.Arguments) -> dict[str, Any]:
    """A page as text and as its shape."""
    lang: Language = getattr(page.shape, "lang", None) or getattr(asked, "lang", None) or "en"
    text = Words(registry, lang).of(page)
    if len(text) > MOST_TEXT:
        text = text[: MOST_TEXT - len(CUT)] + CUT
    structured = lean(page.shape)
    if page.more:
        structured["more"] = page.more
    return {"text": text, "structured": structured}


async def call(
    engine: Engine, tool: Tool, arguments: Any, progress: Callable[[float, str], Awaitable[None]]
) -> dict[str, Any]:
    """Have a tool answer in a thread of the engine's, within its time.

    A question to a language model tells of each claim as it is checked. Where the call is
    cancelled, so is what runs. Raises what the engine raises.
    """
    asked = given.read(tool.arguments, arguments)
    if tool.name == "ask" and engine.plain.asks_a_model(asked.program):
        return await _by_model(engine, asked, progress)
    raw = await engine.json(lambda service: answered(tool, service, asked), sample=tool.slow)
    made: dict[str, Any] = json.loads(raw)
    return made


async def _by_model(
    engine: Engine, asked: given.Ask, progress: Callable[[float, str], Awaitable[None]]
) -> dict[str, Any]:
    from kgmed.serve.mcp.pages import cut_answer

    if asked.cursor is not None:
        raise UsageError("cursor: found one with a question to a model, expected program direct.")
    events = engine.events(
        lambda s: s.ask_events(
            asked.question, lang=asked.lang, program=asked.program, limit=asked.limit
        ),
        lm=True,
    )
    count, answer = 0, None
    async with aclosing(events):
        async for event in events:
            count += 1
            if event.answer is not None:
                answer = event.answer
            else:
                shown = event.claim.verdict if event.claim is not None else event.text.strip()
                await progress(count, shown[:200])
    if answer is None:
        raise UsageError("The question got no answer; ask it again.")
    page = cut_answer(answer, 0, asked.limit)
    made: dict[str, Any] = told(page, engine.plain.graph.registry, asked)
    return made
