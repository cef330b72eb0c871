"""Schemas as agents get them, and wire shapes without what says nothing.

A tool's result is a wire shape of which nested fields that are empty, as they are by default, are
left out: whoever reads the shape gets them back, and an agent pays for no empty fields.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from functools import cache
from typing import Any, cast

from pydantic import BaseModel

from kgmed.wire import adapter

MORE = {
    "type": "object",
    "description": "There is more than this: how much is left where that is known, and the cursor "
    "that gives it.",
    "properties": {"left": {"type": "integer"}, "cursor": {"type": "string"}},
}
"""What a bounded result says of the rest."""
_SAID_ELSEWHERE = ("title", "description")


def lean(shape: Any) -> dict[str, Any]:
    """A wire shape as JSON's own types; below the top, empty defaults are left out.

    >>> from kgmed.kg.model import Name
    >>> from kgmed.wire import Shown
    >>> lean(Shown(names=(Name("gout", "en", "preferred", ""),)))["names"]
    [{'text': 'gout', 'language': 'en', 'kind': 'preferred', 'source': ''}]
    """
    return {field.name: _lean(getattr(shape, field.name)) for field in fields(shape)}


def _lean(value: Any) -> Any:
    if is_dataclass(value):
        told = ((field, getattr(value, field.name)) for field in fields(value))
        return {f.name: _lean(one) for f, one in told if one or not _is_default(f, one)}
    if isinstance(value, Mapping):
        return {str(name): _lean(item) for name, item in value.items()}
    if isinstance(value, tuple | list):
        return [_lean(item) for item in value]
    return value


def _is_default(field: Field[Any], value: Any) -> bool:
    if field.default_factory is not MISSING:
        return bool(field.default_factory() == value)
    return field.default is not MISSING and bool(field.default == value)


@cache
def output_schema(shape: str) -> dict[str, Any]:
    """The JSON Schema of a tool's structured result: a wire shape, and maybe ``more``."""
    found = cast("dict[str, Any]", _bare(adapter(shape).json_schema()))
    found["description"] = f"{shape}, as kgmed's reference on wire shapes has it"
    found["properties"]["more"] = MORE
    return found


def input_schema(arguments: type[BaseModel]) -> dict[str, Any]:
    """The JSON Schema of a tool's arguments, self-contained, with no words but the fields'."""
    found = arguments.model_json_schema()
    parts = found.pop("$defs", {})
    shown = cast("dict[str, Any]", _plain(found, parts))
    shown.pop("description", None)
    return {"properties": {}, **shown}


def _bare(schema: Any) -> Any:
    """A schema without titles and descriptions, which the reference has."""
    if isinstance(schema, list):
        return [_bare(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    kept = {}
    for name, value in schema.items():
        if name in {"properties", "$defs"}:
            kept[name] = {key: _bare(one) for key, one in value.items()}
        elif name not in _SAID_ELSEWHERE or not isinstance(value, str):
            kept[name] = _bare(value)
    return kept


def _plain(schema: Any, parts: Mapping[str, Any]) -> Any:
    """A schema with its parts in place and without titles; "or null" is told by not needing it."""
    if isinstance(schema, list):
        return [_plain(one, parts) for one in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        part = dict(_plain(parts[schema["$ref"].rpartition("/")[2]], parts))
        part.pop("description", None)
        return part
    kept: dict[str, Any] = {}
    for name, value in schema.items():
        if name == "properties":
            kept[name] = {key: _plain(one, parts) for key, one in value.items()}
        elif name == "anyOf":
            (one,) = (_plain(one, parts) for one in value if one != {"type": "null"})
            kept.update(one)
        elif name != "title" and not (name == "default" and value is None):
            kept[name] = _plain(value, parts)
    return kept
