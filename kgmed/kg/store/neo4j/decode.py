"""From what a server returns to the values of the model and the protocol."""

from __future__ import annotations

import json
from typing import Any

from kgmed.kg.errors import UnknownConcept
from kgmed.kg.model import Concept, Mapping, Statement, Value
from kgmed.kg.store.base import Edge, GraphInfo, OverlayInfo, SourceRow
from kgmed.kg.store.names import MAPPING_FIELDS
from kgmed.kg.store.neo4j.connection import Row


def graph_info(plain: dict[str, Any], uri: str) -> GraphInfo:
    """What the marker says of a graph, which goes by ``uri``."""
    overlay = plain.pop("overlay", None)
    sources = tuple(SourceRow(**row) for row in plain.pop("sources"))
    plain.pop("uri", None)
    return GraphInfo(
        **plain,
        uri=uri,
        sources=sources,
        overlay=OverlayInfo(**overlay) if overlay else None,
    )


def concept(
    id: str,
    categories: list[str],
    languages: list[str] | None,
    names: list[str] | None,
    equivalents: list[str],
    sources: list[str] | None,
) -> Concept:
    """A concept of a node's properties."""
    return Concept(
        id,
        tuple(categories),
        dict(zip(languages or (), names or (), strict=True)),
        tuple(equivalents),
        tuple(sources or ()),
    )


def edges(groups: list[Row], *, incoming: bool) -> list[Edge]:
    """The edges of groups (id, predicate, negated, [[neighbour, statement] ...]), in order."""
    edges = []
    for id, predicate, negated, ends in sorted(groups, key=lambda group: group[1:3]):
        for neighbor, statement in sorted(ends):
            subject, object = (neighbor, id) if incoming else (id, neighbor)
            edges.append(Edge(subject, predicate, object, statement, negated))
    return edges


def first_edges(id: str, rows: list[Row], *, incoming: bool) -> list[Edge]:
    """The edges of rows (predicate, negated, neighbour, statement), which come in order."""
    if incoming:
        return [Edge(other, name, id, said, negated) for name, negated, other, said in rows]
    return [Edge(id, name, other, said, negated) for name, negated, other, said in rows]


def statement(
    found: dict[str, Any],
    predicate: str,
    subject: str,
    object: str,
    value: dict[str, Any] | None = None,
) -> Statement:
    """A statement of a relationship's properties, its type and its ends."""
    get = found.get
    if value is not None:
        object = ""
    return Statement(
        id=found["id"],
        subject=subject,
        predicate=predicate,
        object=object,
        value=None
        if value is None
        else Value(
            value.get("value", ""),
            value.get("type", "text"),
            value.get("unit", ""),
            value.get("language", ""),
        ),
        qualifiers=json.loads(get("qualifiers") or "{}"),
        negated=bool(get("negated")),
        primary_knowledge_source=get("primary_knowledge_source", ""),
        source_record=tuple(get("source_record", ())),
        publications=tuple(get("publications", ())),
        release=get("release", ""),
        licence=get("licence", ""),
        text=get("text", ""),
        original_subject=get("original_subject") or subject,
        original_predicate=get("original_predicate", ""),
        original_object=get("original_object") or object,
        knowledge_level=get("knowledge_level", ""),
        agent_type=get("agent_type", ""),
    )


def known(statement: Statement | None, id: str) -> Statement:
    """A statement that a path names; raises :class:`~kgmed.kg.errors.UnknownConcept` for none."""
    if statement is None:
        raise UnknownConcept(f"The graph holds no statement {id!r}.")
    return statement


def mapping(found: dict[str, Any]) -> Mapping:
    """A mapping of a node's properties."""
    fields = {name: found.get(name, "") for name in MAPPING_FIELDS}
    return Mapping(**{**fields, "confidence": found.get("confidence")})


def mapping_order(mapping: Mapping) -> tuple[object, ...]:
    """The order of all fields; a confidence that isn't known comes last."""
    fields = (getattr(mapping, name) for name in MAPPING_FIELDS)
    return tuple((True, "") if field is None else (False, field) for field in fields)
