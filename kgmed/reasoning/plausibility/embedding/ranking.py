"""The ranks of validation, computed where the model is: at millions of concepts the way from a GPU
to the CPU would take longer than the training.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np

from kgmed.reasoning.plausibility.embedding.models import (
    candidates,
    compared,
    paired,
    placed,
    queries,
    torch_package,
)
from kgmed.reasoning.plausibility.embedding.score import NODES, NODES_IM, Kind
from kgmed.reasoning.plausibility.measures.measure import ROWS, TIE, Answers, struck
from kgmed.reasoning.plausibility.triples.data import Ints, Longs, Mask, Triples
from kgmed.reasoning.plausibility.triples.negatives import ENDS, End, Slots

COLUMNS = 65_536
"""Candidates that are scored at once."""


class _Block(NamedTuple):
    """Some queries of one predicate and end, and what isn't compared: ``rows`` and ``columns`` of
    the candidates, ascending by column."""

    code: int
    end: End
    anchors: Any
    wanted: Any
    candidates: Any
    rows: Any
    columns: Any
    bounds: list[int]


class Ranking:
    """The ranks of some triples, as :func:`~kgmed.reasoning.plausibility.measures.measure.ranks`
    gives them, by a model on its device."""

    def __init__(self, triples: Triples, slots: Slots, part: Longs, device: str) -> None:
        self._symmetric, self._places = triples.symmetric, len(part)
        self._blocks: list[tuple[Longs, int, _Block]] = []
        answers, there = Answers(triples), {}  # answers to these queries alone are kept
        for code in np.unique(triples.p[part]).tolist():
            own = np.flatnonzero(triples.p[part] == code)
            for number, end in enumerate(ENDS):
                pool = slots.slot(code, end).candidates
                if id(pool) not in there:  # slots share them
                    there[id(pool)] = placed(pool, device)
                for start in range(0, len(own), ROWS):
                    rows = own[start : start + ROWS]
                    s, o = triples.s[part[rows]], triples.o[part[rows]]
                    anchors, wanted = (s, o) if number else (o, s)
                    block = _block((code, end), (anchors, wanted), pool, answers, device)
                    block = block._replace(candidates=there[id(pool)])
                    self._blocks.append((rows, number, block))

    def of(self, kind: Kind, model: Any) -> Any:
        """Shape (n, 2), float64: the ranks of subject and object."""
        torch = torch_package()
        found = np.zeros((self._places, 2))
        with torch.no_grad():
            for rows, number, block in self._blocks:
                found[rows, number] = self._ranks(kind, model, block).cpu().numpy()
        return found

    def _ranks(self, kind: Kind, model: Any, block: _Block) -> Any:
        torch = torch_package()
        forward = block.end == "object"
        code = torch.full((1,), block.code, device=block.anchors.device)
        ways = (forward, not forward) if self._symmetric[block.code] else (forward,)
        asked = [queries(kind, model, block.anchors, code, forward=way) for way in ways]
        right = candidates(kind, model, block.wanted)
        aim = sum(paired(kind, query, right) for query in asked)[:, None] / len(ways)
        rank = torch.ones(len(aim), dtype=torch.float64, device=aim.device)
        for n, start in enumerate(range(0, len(block.candidates), COLUMNS)):
            rows = candidates(kind, model, block.candidates[start : start + COLUMNS])
            table = sum(compared(kind, query, rows) for query in asked) / len(ways)
            out = slice(block.bounds[n], block.bounds[n + 1])
            table[block.rows[out], block.columns[out] - start] = -torch.inf
            equal = (table - aim).abs() <= TIE * aim.abs()
            rank += ((table > aim) & ~equal).sum(1) + equal.sum(1) / 2
        return rank


def _block(
    slot: tuple[int, End], asked: tuple[Ints, Ints], pool: Ints, answers: Answers, device: str
) -> _Block:
    (code, end), (anchors, wanted) = slot, asked
    row, answer = answers.of(anchors, code, end)
    each = np.arange(len(anchors))
    rows = np.concatenate([row, each, each])
    kept, column = struck(pool, np.concatenate([answer, wanted, anchors]))
    order = np.argsort(column, kind="stable")
    starts = np.arange(0, len(pool) + COLUMNS, COLUMNS)
    return _Block(
        code, end, placed(anchors, device), placed(wanted, device), None,
        placed(rows[kept][order], device), placed(column[order], device),
        np.searchsorted(column[order], starts).tolist(),
    )  # fmt: skip


class Unseen:
    """Concepts without a training triple, and those of their categories that have one."""

    def __init__(self, triples: Triples, seen: Mask, device: str) -> None:
        kinds, types = len(triples.categories), triples.types
        order = np.flatnonzero(seen)[np.argsort(types[seen], kind="stable")]
        ends = np.cumsum(np.bincount(types[seen], minlength=kinds)).tolist()
        lacking = np.flatnonzero(~seen)
        self._rows, self._kinds = placed(lacking, device), placed(types[lacking], device)
        wanted = set(types[lacking].tolist())
        self._of_kind = [
            placed(order[low:high], device) if kind in wanted else None
            for kind, (low, high) in enumerate(zip([0, *ends[:-1]], ends, strict=True))
        ]

    @contextmanager
    def filled(self, model: Any) -> Iterator[None]:
        """Within, such a concept has the mean of the others of its category, which is what is
        known of it; after, what it had."""
        torch = torch_package()
        if not len(self._rows):
            yield
            return
        tables = [weight.data for name, weight in model.named_parameters()
                  if name in (NODES, NODES_IM)]  # fmt: skip
        kept = [table[self._rows] for table in tables]
        for table in tables:
            mean = torch.zeros(len(self._of_kind), table.shape[1], device=table.device)
            for kind, rows in enumerate(self._of_kind):
                if rows is not None and len(rows):
                    mean[kind] = table[rows].mean(0)
            table[self._rows] = mean[self._kinds]
        try:
            yield
        finally:
            for table, rows in zip(tables, kept, strict=True):
                table[self._rows] = rows
