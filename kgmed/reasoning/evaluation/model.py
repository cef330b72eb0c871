"""What an evaluation works on: the items of a benchmark, whatever its published format.

Kinds of items:

    choice      options by letter, one or more of them right
    yes_no      right is "yes", "no" or "maybe"
    open        a reference answer, no closed set to choose from
    judgement   a candidate answer, right is "supported" or "hallucinated"
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from kgmed.kg.model import Language

Kind = Literal["choice", "yes_no", "open", "judgement"]

KINDS: tuple[Kind, ...] = ("choice", "yes_no", "open", "judgement")
"""The kinds of items, in the order in which they are shown."""


@dataclass(frozen=True, slots=True)
class Item:
    """One question of a benchmark.

    ``options`` are the choices by letter, in order, {} where there are none. ``right`` holds the
    right letters of a choice, "yes", "no" or "maybe" of a yes_no item, "supported" or
    "hallucinated" of a judgement; () of an open item. ``answer`` is the right answer's text
    (several joined by "; "). ``context`` is text that the question comes with, ``candidate`` the
    answer that a judgement is of. ``about`` holds what the file says besides (subject, topic,
    split, difficulty), for breakdowns.
    """

    id: str
    benchmark: str
    kind: Kind
    lang: Language
    question: str
    options: Mapping[str, str] = field(default_factory=dict)
    right: tuple[str, ...] = ()
    answer: str = ""
    context: str = ""
    candidate: str = ""
    about: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Benchmark:
    """The items of a file, in its order, and where it is from.

    ``digest`` is the sha256 of the file's bytes (of a folder: over its files' names and bytes, in
    order of name), in hex. ``notes`` counts what was left out, by reason: read = items + notes.
    """

    name: str
    title: str
    url: str
    licence: str
    items: tuple[Item, ...]
    digest: str
    notes: Mapping[str, int] = field(default_factory=dict)
