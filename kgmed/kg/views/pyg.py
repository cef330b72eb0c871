"""The graph as PyTorch Geometric's ``HeteroData``, for models that learn from it.

A node's type is one of its concept's categories: one that the caller prefers, else the most
specific by Biolink's tree, the first by name of several. An edge type is (subject's type,
predicate, object's type). Statements that are negated, and those with a value, are no edges.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from kgmed.kg.categories import ancestors
from kgmed.kg.errors import MissingExtra, UsageError
from kgmed.kg.layers import literal
from kgmed.kg.views.tables import RAW, Tables

if TYPE_CHECKING:
    from torch_geometric.data import HeteroData

    from kgmed.kg.store.snapshot import Snapshot


def to_pyg(
    snapshot: Snapshot,
    *,
    predicates: Sequence[str] | None = None,
    sources: Sequence[str] | None = None,
    prefer: Sequence[str] = (),
    isolated: bool = False,
    statement_ids: bool = True,
) -> HeteroData:
    """The positive statements between concepts as a heterogeneous graph.

    ``data[type].id`` and ``data[type].name`` are lists in the order of the nodes, which is that of
    the ids; ``num_nodes`` their count. ``data[edge_type].edge_index`` is an int64 tensor [2, E];
    ``data[edge_type].statement_id`` a uint8 tensor [E, 16], the statements' ids as bytes (left out
    with ``statement_ids=False``). ``data.kgmed_snapshot`` is the graph's hash. Concepts without
    such a statement are left out unless ``isolated``. :func:`where` finds a concept's node. Raises
    :class:`~kgmed.kg.errors.UsageError` for a predicate or source that the graph doesn't have, and
    :class:`~kgmed.kg.errors.MissingExtra` without torch_geometric.
    """
    torch, data = _torch()
    import numpy as np

    with Tables(snapshot) as tables:
        rows = _rows(tables, predicates, sources, statement_ids)
        ids, names, types, labels = _nodes(tables, prefer)
        known = [row[0] for row in tables.sql(f"SELECT predicate FROM {RAW}predicate ORDER BY p")
                 .fetchall()]  # fmt: skip
    s, o, p = (rows[name].to_numpy() for name in ("s", "o", "p"))
    used = np.ones(len(ids), bool) if isolated else np.zeros(len(ids), bool)
    used[s] = used[o] = True
    local = np.zeros(len(ids), np.int64)
    for number, label in enumerate(labels):
        cids = np.flatnonzero(used & (types == number))
        if not len(cids):
            continue
        local[cids] = np.arange(len(cids))
        data[label].num_nodes = len(cids)
        data[label].id = ids.take(cids).to_pylist()
        data[label].name = names.take(cids).to_pylist()
    key = (types[s] * len(known) + p.astype(np.int64)) * len(labels) + types[o]
    order = np.argsort(key, kind="stable")
    found, first = np.unique(key[order], return_index=True)
    blob = _bytes(rows["id"]) if statement_ids else None
    for code, edges in zip(found.tolist(), np.split(order, first[1:]), strict=True):
        if not len(edges):
            continue
        rest, target = divmod(code, len(labels))
        source, predicate = divmod(rest, len(known))
        store = data[labels[source], known[predicate], labels[target]]
        pair = np.stack([local[s[edges]], local[o[edges]]])
        store.edge_index = torch.from_numpy(pair)
        if blob is not None:
            store.statement_id = torch.from_numpy(blob[edges])
    data.kgmed_snapshot = snapshot.manifest["snapshot"]
    return data


def where(data: HeteroData) -> dict[str, tuple[str, int]]:
    """Concept id -> its node's type and index: the way back from a graph to the model's numbers."""
    return {id: (label, n) for label in data.node_types for n, id in enumerate(data[label].id)}


def node_type(categories: Sequence[str], prefer: Sequence[str] = ()) -> str:
    """The type of a concept of these categories.

    >>> node_type(["ChemicalEntity", "Drug"]), node_type(["Disease", "Gene"], prefer=["Gene"])
    ('Drug', 'Gene')
    """
    for name in prefer:
        if name in categories:
            return name
    return min(categories, key=lambda name: (-len(ancestors(name)), name))


def _rows(
    tables: Tables,
    predicates: Sequence[str] | None,
    sources: Sequence[str] | None,
    statement_ids: bool,
) -> Any:
    conditions = ["row >= 0", "NOT negated"]
    for column, wanted in (("predicate", predicates), ("primary_knowledge_source", sources)):
        if wanted is None:
            continue
        view = "predicate" if column == "predicate" else "profile"
        there = {
            row[0] for row in tables.sql(f"SELECT DISTINCT {column} FROM {RAW}{view}").fetchall()
        }
        for name in wanted:
            if name not in there:
                raise UsageError(
                    f"Found {name!r}, expected one of the graph's: {', '.join(sorted(there))}."
                )
        conditions.append(f"{column} IN ({', '.join(map(literal, wanted)) or 'NULL'})")
    return tables.sql(f"""
        SELECT r.s, r.o, r.p{", r.id" if statement_ids else ""}
        FROM {RAW}rows r JOIN {RAW}predicate USING (p) JOIN {RAW}profile USING (profile)
        WHERE {" AND ".join(conditions)} ORDER BY row""").to_arrow_table()


def _nodes(tables: Tables, prefer: Sequence[str]) -> tuple[Any, Any, Any, list[str]]:
    """By concept number: ids, names and the number of the type; and the types."""
    import numpy as np

    table = tables.sql(f"""
        SELECT k.id, c.name, k.categories FROM {RAW}concepts k JOIN concepts c USING (id)
        ORDER BY cid""").to_arrow_table()
    distinct: dict[tuple[str, ...], str] = {}
    of_concept = []
    for categories in table["categories"].to_pylist():
        key = tuple(categories)
        if key not in distinct:
            distinct[key] = node_type(key, prefer)
        of_concept.append(distinct[key])
    labels = sorted(set(of_concept))
    numbers = {label: n for n, label in enumerate(labels)}
    types = np.fromiter((numbers[label] for label in of_concept), np.int64, len(of_concept))
    return table["id"], table["name"], types, labels


def _bytes(column: Any) -> Any:
    import numpy as np

    return np.frombuffer(b"".join(column.to_pylist()), np.uint8).reshape(-1, 16).copy()


def _torch() -> tuple[Any, Any]:
    try:
        import torch
        from torch_geometric.data import HeteroData
    except ImportError as error:
        raise MissingExtra("torch-geometric", "learn") from error
    return torch, HeteroData()
