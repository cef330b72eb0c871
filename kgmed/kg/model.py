"""The values that a kgmed graph is made of; all frozen, all plain.

Field names follow the Biolink model (https://w3id.org/biolink, association slots) and SSSOM
(https://w3id.org/sssom) where these have a name for the thing. Two names are kgmed's own and say
where they differ: categories and predicates are written without the ``biolink:`` prefix, because
kgmed has predicates that Biolink lacks (``has_symptom``); the views add the prefix on the way out.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping as MappingABC
from dataclasses import dataclass, field
from typing import Literal

Language = Literal["en", "zh"]
NameKind = Literal["preferred", "synonym", "brand", "abbreviation"]
ValueType = Literal["text", "number", "date"]
Direction = Literal["out", "in"]

STATEMENT_ID_LENGTH = 32
"""Characters of a statement id: 128 bits of SHA-256 in lower-case hexadecimal."""

_FIELD = "\x1f"


def canonical_qualifiers(qualifiers: MappingABC[str, str]) -> str:
    """Write qualifiers as the one text that is hashed and stored: sorted JSON, '' for none.

    >>> canonical_qualifiers({"severity": "Critical", "aspect": "activity"})
    '{"aspect":"activity","severity":"Critical"}'
    >>> canonical_qualifiers({})
    ''
    """
    if not qualifiers:
        return ""
    return json.dumps(dict(qualifiers), sort_keys=True, ensure_ascii=False, separators=(",", ":"))


@dataclass(frozen=True, slots=True)
class Value:
    """The object of a statement that isn't a concept: a text, a number or a date.

    ``text`` is the value as written; ``unit`` a UCUM unit or ''; ``language`` is set for texts.
    """

    text: str
    type: ValueType = "text"
    unit: str = ""
    language: str = ""


def statement_id(
    *,
    primary_knowledge_source: str,
    subject: str,
    predicate: str,
    object: str = "",
    value: Value | None = None,
    negated: bool = False,
    qualifiers: str = "",
) -> str:
    """Compute the id of a statement: 128 bits of SHA-256, as 32 hexadecimal digits.

    ``subject`` and ``object`` are the ids that the source used, after a symmetric statement's ends
    were put in order; ``qualifiers`` is :func:`canonical_qualifiers` text. Release, licence, text
    and canonical ids are left out on purpose: a new release or a corrected mapping keeps the id.
    The build computes the same digest in SQL (``builders/statements.py``); a test compares the two.

    >>> statement_id(primary_knowledge_source="infores:ndfrt", subject="ndfrt:N0000146389",
    ...              predicate="interacts_with", object="ndfrt:N0000148057")
    '8f537b0da669def208865ec83ed3af76'
    """
    if value is None:
        target = "o" + object
    else:
        target = _FIELD.join(("v" + value.type, value.unit, value.language, value.text))
    text = _FIELD.join(
        (primary_knowledge_source, subject, predicate, target, "1" if negated else "0", qualifiers)
    )
    return hashlib.sha256(text.encode()).hexdigest()[:STATEMENT_ID_LENGTH]


@dataclass(frozen=True, slots=True)
class Name:
    """One name of a concept."""

    text: str
    language: str
    kind: NameKind
    source: str


@dataclass(frozen=True, slots=True)
class Concept:
    """A thing the graph speaks of: one class of ids that mean the same.

    ``id`` is the leader's CURIE, ``equivalent_ids`` all of them with the leader first,
    ``names`` the preferred name per language.
    """

    id: str
    categories: tuple[str, ...]
    names: MappingABC[str, str]
    equivalent_ids: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The English name, or whichever there is, or the id.

        >>> Concept("symp:0000613", ("PhenotypicFeature",), {"zh": "发热", "en": "fever"}).name
        'fever'
        """
        return self.name_in("en")

    def name_in(self, language: str) -> str:
        """The preferred name in ``language``, else in any other, else the id."""
        names = self.names
        return names.get(language) or names.get("en") or next(iter(names.values()), self.id)

    def _repr_html_(self) -> str:
        from kgmed.kg.display.values import concept_html

        return concept_html(self)


@dataclass(frozen=True, slots=True)
class Retraction:
    """Who took a statement back, when (ISO date) and why; an overlay records it."""

    reason: str
    who: str
    date: str


@dataclass(frozen=True, slots=True)
class Statement:
    """Something a source says: subject, predicate, and an object or a value.

    Exactly one of ``object`` and ``value`` is set. ``source_record`` and ``publications`` are the
    source's own record ids and the references it gives, several of them joined over merged rows.
    One that an overlay ``retracted`` can be read by its id and is evidence for nothing.
    """

    id: str
    subject: str
    predicate: str
    object: str = ""
    value: Value | None = None
    qualifiers: MappingABC[str, str] = field(default_factory=dict)
    negated: bool = False
    primary_knowledge_source: str = ""
    source_record: tuple[str, ...] = ()
    publications: tuple[str, ...] = ()
    release: str = ""
    licence: str = ""
    text: str = ""
    original_subject: str = ""
    original_predicate: str = ""
    original_object: str = ""
    knowledge_level: str = "not_provided"
    agent_type: str = "not_provided"
    retracted: Retraction | None = None

    def _repr_html_(self) -> str:
        from kgmed.kg.display.values import statement_html

        return statement_html(self)


@dataclass(frozen=True, slots=True)
class Mapping:
    """One SSSOM mapping, and what identity resolution made of it.

    ``confidence`` lies in 0-1. ``status`` is ``merged`` (it joined two ids), ``related`` (its
    predicate doesn't claim identity), ``negative``, or ``refused`` with the ``reason``.
    """

    subject: str
    predicate: str
    object: str
    modifier: str = ""
    justification: str = ""
    confidence: float = 0.0
    source: str = ""
    subject_label: str = ""
    object_label: str = ""
    status: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """One statement of a path, walked along (``out``) or against (``in``) its direction."""

    statement: Statement
    direction: Direction

    @property
    def start(self) -> str:
        return self.statement.subject if self.direction == "out" else self.statement.object

    @property
    def end(self) -> str:
        return self.statement.object if self.direction == "out" else self.statement.subject


@dataclass(frozen=True, slots=True)
class Path:
    """Statements end to end. ``curated`` is the source's record id where a source states the
    whole path (DrugMechDB does), '' for a path that a search found. ``names`` are those of its
    concepts, by id, where who made it knew them; they are no part of what it is."""

    steps: tuple[Step, ...]
    curated: str = ""
    names: MappingABC[str, str] = field(default_factory=dict, compare=False, repr=False)

    def __post_init__(self) -> None:
        for left, right in zip(self.steps, self.steps[1:], strict=False):
            if left.end != right.start:
                raise ValueError(f"a path breaks between {left.end} and {right.start}")

    @property
    def nodes(self) -> tuple[str, ...]:
        """The ids along the path, one more than steps."""
        return (self.steps[0].start, *(step.end for step in self.steps)) if self.steps else ()

    @property
    def statements(self) -> tuple[Statement, ...]:
        return tuple(step.statement for step in self.steps)

    def _repr_html_(self) -> str:
        from kgmed.kg.display.values import path_html

        return path_html(self)
