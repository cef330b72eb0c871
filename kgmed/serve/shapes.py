"""Wire shapes that only a served graph gives; the others stand in :mod:`kgmed.wire`.

``withheld`` counts, by source and licence, the statements that were looked at and may not leave
this machine; it is empty where everything may.
"""

from __future__ import annotations

from collections.abc import Mapping as MappingABC
from dataclasses import dataclass, field
from typing import Any, Literal

from kgmed.kg.model import Concept, Direction, Mapping, Name, Statement
from kgmed.reasoning.answer import Item, Withheld
from kgmed.reasoning.claims.model import Plausibility


@dataclass(frozen=True, slots=True)
class Hit:
    """A concept that was found, and the name or id it was found by.

    ``how`` is ``id``, ``name`` (that is its name, or near it), ``prefix`` or ``words``.
    """

    id: str
    name: str
    names: MappingABC[str, str]
    category: str
    match: str
    how: Literal["id", "name", "prefix", "words"]
    statements: int


@dataclass(frozen=True, slots=True)
class Search:
    """What ``/v1/search`` answers: concepts, the best first."""

    text: str
    hits: tuple[Hit, ...]
    snapshot: str
    schema: str = "kgmed.search/1"


@dataclass(frozen=True, slots=True)
class Count:
    """Statements of a predicate at a concept that is their subject (``out``) or object."""

    predicate: str
    direction: Direction
    statements: int


@dataclass(frozen=True, slots=True)
class ConceptShown:
    """What ``/v1/concepts/{id}`` answers.

    ``statements`` counts all at the concept; ``counts`` has them by predicate and direction, those
    with a value as ``out``; ``counted`` is false where there were too many to count by predicate,
    and the counts are of the first.
    """

    concept: Concept
    names: tuple[Name, ...]
    mappings: tuple[Mapping, ...]
    counts: tuple[Count, ...]
    statements: int
    sources: tuple[str, ...]
    snapshot: str
    counted: bool = True
    withheld: tuple[Withheld, ...] = ()
    schema: str = "kgmed.concept/1"


@dataclass(frozen=True, slots=True)
class Concepts:
    """What ``/v1/concepts`` answers: concepts by the ids that were asked for; ``unknown`` are those
    that no concept has."""

    concepts: MappingABC[str, Concept]
    unknown: tuple[str, ...]
    snapshot: str
    schema: str = "kgmed.concepts/1"


@dataclass(frozen=True, slots=True)
class Statements:
    """What ``/v1/concepts/{id}/statements`` answers: a page of the statements at a concept.

    They lie in a total order; ``cursor`` is what asks for the next page, None after the last.
    ``concepts`` are those at the statements' ends.
    """

    id: str
    rows: tuple[Statement, ...]
    concepts: MappingABC[str, Concept]
    snapshot: str
    cursor: str | None = None
    withheld: tuple[Withheld, ...] = ()
    schema: str = "kgmed.statements/1"


@dataclass(frozen=True, slots=True)
class Drug:
    """A name of a list as it was read; ``id`` is None where no concept has it."""

    text: str
    id: str | None
    name: str = ""
    why: str = ""
    rivals: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Pair:
    """Two drugs. ``listed`` says whether a source states that they interact; false is no evidence
    of safety. ``item`` tells severity, what the statements speak of, and their ids."""

    left: str
    right: str
    listed: bool
    item: Item | None = None


@dataclass(frozen=True, slots=True)
class SourceRelease:
    """A source that was looked at: its Information Resource id and its release, "" for none."""

    source: str
    release: str


@dataclass(frozen=True, slots=True)
class Interactions:
    """What ``/v1/interactions`` answers: every pair of a list, those listed first.

    ``unread`` are the names that no concept has, so that nothing was looked up for them;
    ``sources`` are those whose statements were looked at, each with its release.
    """

    lang: str
    drugs: tuple[Drug, ...]
    pairs: tuple[Pair, ...]
    statements: MappingABC[str, Statement]
    unread: tuple[str, ...]
    sources: tuple[SourceRelease, ...]
    text: str
    notice: str
    snapshot: str
    withheld: tuple[Withheld, ...] = ()
    schema: str = "kgmed.interactions/1"


@dataclass(frozen=True, slots=True)
class TripleVerdict:
    """A row that was sent, its own columns under ``row``, and what came of it. ``plausibility``:
    what a trained model says of an UNSUPPORTED row, where it was asked for; no evidence."""

    row: MappingABC[str, Any]
    verdict: str
    rule: str
    statements: tuple[str, ...]
    confidence: float
    reason: str
    plausibility: Plausibility | None = None


@dataclass(frozen=True, slots=True)
class Triples:
    """What ``/v1/verify/triples`` answers: the rows in order, and the statements of their
    proofs."""

    rows: tuple[TripleVerdict, ...]
    statements: MappingABC[str, Statement]
    snapshot: str
    withheld: tuple[Withheld, ...] = ()
    schema: str = "kgmed.triples/1"


@dataclass(frozen=True, slots=True)
class Sample:
    """What ``/v1/samples`` answers: rows of a dataset as an export writes them, with the
    statements behind them."""

    task: str
    lang: str
    rows: tuple[MappingABC[str, Any], ...]
    statements: MappingABC[str, Statement]
    snapshot: str
    schema: str = "kgmed.sample/1"


@dataclass(frozen=True, slots=True)
class Problem:
    """What went wrong: ``kind`` is a word for programs, ``where`` the field or part it is about."""

    kind: str
    message: str
    where: str = ""


@dataclass(frozen=True, slots=True)
class Failure:
    """What every error answers."""

    error: Problem


@dataclass(frozen=True, slots=True)
class Health:
    """What ``/healthz`` and ``/readyz`` answer."""

    ok: bool
    snapshot: str = ""
    problems: tuple[str, ...] = field(default=())
