"""A stand-in for a language model: it answers nothing, at a usual length, and what it is asked is
counted, so that a run's calls and tokens can be told before a model is asked.

Prompts are really rendered, and their tokens those of :mod:`kgmed.kg.verbalize.size`; answers have
the form that is asked for, with texts of about :data:`TEXT` characters, or half of the most that
they may have.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from kgmed.reasoning.lm.connect import LanguageModel
from kgmed.reasoning.lm.engine import EmbeddedEngine
from kgmed.reasoning.lm.local import AsyncLocal, Local
from kgmed.reasoning.lm.settings import EMBEDDED, LMSettings
from kgmed.reasoning.lm.usage import Meter

if TYPE_CHECKING:
    from dspy.lm15 import Request

TEXT, ITEMS = 160, 3
"""Characters of a text, and items of a list, where more may stand."""
_WORDS = "and so on, as far as it goes, "


class StandIn(EmbeddedEngine):
    """An engine of DSPy whose answers have a form and a length, and say nothing."""

    def text_of(self, user: str, schema: Mapping[str, Any] | None, request: Request) -> str:
        """An answer of the form that is asked for; to what asks for no JSON, that of the rules."""
        if schema is None:
            return super().text_of(user, schema, request)
        return json.dumps(usual(schema, schema.get("$defs", {})))


def stand_in() -> LanguageModel:
    """A stand-in; its ``usage`` counts what it was asked."""
    settings, meter = LMSettings(EMBEDDED), Meter()
    engine = Local(StandIn(), settings, meter)
    return LanguageModel(settings, (engine, AsyncLocal(engine)), meter)


def usual(schema: Mapping[str, Any], named: Mapping[str, Any], number: int = 1) -> Any:
    """A value of a JSON Schema, of a usual length; ``named`` are the schemas that it refers to,
    ``number`` is its place in a list.

    >>> usual({"type": "array", "items": {"type": "integer"}}, {})
    [1, 2, 3]
    >>> len(usual({"type": "string", "maxLength": 100}, {}))
    50
    """
    if "$ref" in schema:
        return usual(named[str(schema["$ref"]).rpartition("/")[2]], named, number)
    if schema.get("enum"):
        return schema["enum"][0]
    if "const" in schema:
        return schema["const"]
    kind = schema.get("type")
    if kind == "object":
        return {name: usual(one, named, number) for name, one in schema["properties"].items()}
    if kind == "array":
        most = min(ITEMS, schema.get("maxItems", ITEMS))
        return [usual(schema.get("items", {}), named, n) for n in range(1, most + 1)]
    if kind == "boolean":
        return True
    if kind in {"integer", "number"}:
        return max(number, schema.get("minimum", number))
    if "anyOf" in schema:
        return usual(schema["anyOf"][0], named, number)
    length = min(TEXT, schema.get("maxLength", 2 * TEXT) // 2)
    return (_WORDS * (1 + length // len(_WORDS)))[:length]
