"""A part of the graph as a networkx multigraph, every attribute kept."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any

from kgmed.kg.model import Concept, Statement
from kgmed.kg.views.subgraph import Subgraph

if TYPE_CHECKING:
    import networkx as nx

_ENDS = ("subject", "object")


def to_networkx(part: Subgraph) -> nx.MultiDiGraph:
    """A directed multigraph: nodes are concept ids, edge keys statement ids.

    A node has the attributes ``name``, ``names``, ``categories``, ``equivalent_ids``, ``sources``,
    and ``values``: its statements with a value. An edge has the fields of
    :class:`kgmed.kg.model.Statement` but for its ends. ``graph["cut"]`` says what a limit left out,
    '' for nothing. Nodes and edges are added in order.
    """
    import networkx as nx

    graph = nx.MultiDiGraph(cut=part.cut)
    values: dict[str, list[Statement]] = {}
    for statement in part.values:
        values.setdefault(statement.subject, []).append(statement)
    for id, concept in part.concepts.items():
        graph.add_node(id, **node(concept), values=tuple(values.get(id, ())))
    for statement in part.statements:
        graph.add_edge(statement.subject, statement.object, key=statement.id, **edge(statement))
    return graph


def node(concept: Concept) -> dict[str, Any]:
    """A concept's attributes."""
    return {
        "name": concept.name,
        "names": dict(concept.names),
        "categories": concept.categories,
        "equivalent_ids": concept.equivalent_ids,
        "sources": concept.sources,
    }


def edge(statement: Statement) -> dict[str, Any]:
    """A statement's fields but for its ends, which are the edge's."""
    return {
        entry.name: getattr(statement, entry.name)
        for entry in fields(statement)
        if entry.name not in _ENDS
    }
