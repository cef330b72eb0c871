"""What a language model says of a text's claims: its bounded schema, and its answers read.

An answer is read as far as it can be: an item that breaks the schema is left out and told, an
answer that was cut short gives the items before the cut. Nothing here is believed yet; see
:mod:`kgmed.reasoning.claims.decompose.align`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import from_json

MOST_QUOTE, MOST_NAME, MOST_PREDICATE, MOST_VALUE, MOST_QUALIFIERS = 400, 200, 80, 80, 4
"""Code points of a claim's parts, and its qualifiers."""
MOST_SHOWN = 200
"""Code points of what a model said that are shown of it."""
OTHER = "other"
"""The predicate for what none of the relations fits."""

NOT_JSON, CUT_SHORT, NOT_AS_ASKED, TOO_MANY = (
    "the model's answer isn't JSON", "the model's answer was cut short",
    "not as asked for", "too many claims",
)  # fmt: skip

_BEGIN = re.compile(r'\{\s*"claims"')
"""Where an answer begins: not at a brace in thoughts before it."""


class SaidQualifier(BaseModel):
    """What a text says of a claim besides."""

    model_config = ConfigDict(frozen=True)

    name: Literal["severity", "aspect", "direction", "dose", "route", "frequency"]
    value: str = Field(min_length=1, max_length=MOST_VALUE)


class Said(BaseModel):
    """One claim as a model gives it: the words of the text that say it come first."""

    model_config = ConfigDict(frozen=True)

    quote: str = Field(min_length=1, max_length=MOST_QUOTE)
    subject: str = Field(min_length=1, max_length=MOST_NAME)
    predicate: str = Field(min_length=1, max_length=MOST_PREDICATE)
    object: str = Field(min_length=1, max_length=MOST_NAME)
    negated: bool
    qualifiers: tuple[SaidQualifier, ...] = Field(default=(), max_length=MOST_QUALIFIERS)

    def shown(self) -> str:
        """The claim as one line."""
        words = f"{self.subject} {'not ' * self.negated}{self.predicate} {self.object}"
        return printable(words)


class SaidClaims(BaseModel):
    """A whole answer."""

    claims: list[Said]


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as far as it can be read: its claims in order, and (what was said, why it is left
    out)."""

    claims: list[Said] = field(default_factory=list)
    left_out: list[tuple[str, str]] = field(default_factory=list)


def schema(predicates: Sequence[str], *, most: int) -> dict[str, Any]:
    """The JSON Schema of an answer with at most so many claims of these predicates, or ``other``.

    Strict as endpoints ask for: every property is required, and there is none besides.

    >>> made = schema(["treats"], most=8)
    >>> made["properties"]["claims"]["maxItems"]
    8
    >>> made["$defs"]["Said"]["properties"]["predicate"]["enum"]
    ['treats', 'other']
    """
    made: dict[str, Any] = json.loads(_own_schema())
    for part in (made, *made["$defs"].values()):
        part.pop("description")
        part["required"] = list(part["properties"])
        part["additionalProperties"] = False
    said = made["$defs"]["Said"]["properties"]
    said["predicate"] = {"type": "string", "enum": [*predicates, OTHER]}
    said["qualifiers"].pop("default")
    made["properties"]["claims"]["maxItems"] = most
    return made


@cache
def _own_schema() -> str:
    return json.dumps(SaidClaims.model_json_schema())


def read(answer: str, *, most: int) -> Answer:
    """The claims of an answer, at most so many.

    Words around the JSON (a fence of Markdown, thoughts before it) don't matter.

    >>> found = read('{"claims": [{"quote": "A treats B", "subject": "A", "predicate": "treats", '
    ...              '"object": "B", "negated": false, "qualifiers": []}, {"quote": "A tre', most=8)
    >>> found.claims[0].shown(), found.left_out
    ('A treats B', [('', "the model's answer was cut short")])
    """
    items, problem = _items(answer)
    found = Answer()
    for item in items:
        try:
            said = Said.model_validate(item)
        except ValidationError:
            found.left_out.append((printable(str(item)), NOT_AS_ASKED))
            continue
        if len(found.claims) < most:
            found.claims.append(said)
        else:
            found.left_out.append((said.shown(), TOO_MANY))
    if problem:
        found.left_out.append(("", problem))
    return found


def printable(text: str) -> str:
    """What a model said, fit to be shown: on one line, cut, without control characters.

    >>> printable("a\\x1b[2J\\n b")
    'a[2J b'
    """
    line = " ".join(text.split())
    return "".join(c for c in line[:MOST_SHOWN] if c.isprintable())


def _items(answer: str) -> tuple[list[Any], str]:
    """What the list of claims holds, and what is wrong with the answer as a whole."""
    begun = _BEGIN.search(answer)
    start, end = begun.start() if begun else answer.find("{"), answer.rfind("}")
    if start < 0:
        return [], NOT_JSON
    try:
        return _listed(from_json(_utf8(answer[start : end + 1])))
    except ValueError:
        pass
    try:
        items, problem = _listed(from_json(_utf8(answer[start:]), allow_partial=True))
    except ValueError:
        return [], NOT_JSON
    return items[:-1], problem or CUT_SHORT  # the last may lack what came behind the cut


def _listed(found: object) -> tuple[list[Any], str]:
    items = found.get("claims") if isinstance(found, dict) else None
    return (items, "") if isinstance(items, list) else ([], NOT_AS_ASKED)


def _utf8(text: str) -> bytes:
    return text.encode("utf-8", "replace")
