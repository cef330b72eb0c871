"""A few rows of a dataset, as an export writes them."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kgmed.serve.shapes import Sample

if TYPE_CHECKING:
    from kgmed.facade import Graph


def sample(
    graph: Graph, task: str, lang: str, count: int, *, most: int, allow: Sequence[str] = ()
) -> Sample:
    """``count`` rows of a task, with the statements behind them.

    They are made as an export makes them, in a folder that is removed again. What isn't openly
    licensed, nor named by ``allow``, is left out. It takes seconds, on a graph of millions of
    statements minutes.
    """
    rows = _rows(graph, task, lang, most, allow)[:count]
    ids = list(dict.fromkeys(id for row in rows for id in row.get("statements", ())))
    cited = {s.id: s for s in graph.store.statements(ids) if s is not None}
    return Sample(task, lang, tuple(rows), cited, graph.info().snapshot)


def _rows(
    graph: Graph, task: str, lang: str, count: int, allow: Sequence[str]
) -> list[dict[str, Any]]:
    with tempfile.TemporaryDirectory(prefix="kgmed-sample-") as folder:
        out = Path(folder) / "sample"
        whole = type(graph)(getattr(graph.store, "inner", graph.store), graph.registry)
        whole.write_instructions(
            out,
            tasks=[task],
            languages=[lang],
            max_rows=count,
            processes=1,
            seed=0,
            allow_restricted=allow,
        )
        found = []
        for path in sorted(out.glob("*/*.jsonl")):
            with path.open(encoding="utf-8") as lines:
                found += [json.loads(line) for line in lines]
    return found
