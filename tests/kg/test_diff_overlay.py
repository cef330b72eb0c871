"""What a diff says of overlays: what they retract and add, beside what they lie on."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from support import RowSource, concept, source, tables_of

from kgmed.builders.overlay import drop_overlay, make_overlay
from kgmed.builders.pipeline import build
from kgmed.kg.diff.comparison import compare
from kgmed.kg.model import Retraction
from kgmed.kg.store.embedded import open_store
from kgmed.kg.store.snapshot import open_generation, open_snapshot

TREATS = {"subject": "mesh:D1", "predicate": "treats", "object": "mesh:D3"}
CAUSES = {"subject": "mesh:D2", "predicate": "causes", "object": "mesh:D3"}
HALF_LIFE = {
    "subject": "mesh:D1", "predicate": "half_life", "value": "36", "value_type": "number",
    "unit": "h",
}  # fmt: skip
LINK = {"path": "R1", "start": "mesh:D1", "end": "mesh:D3", "position": 0, **TREATS}
MORE = source("infores:more", **tables_of([concept("mesh:D4", "thing 4", "Drug")]),
              statements=[{**TREATS, "subject": "mesh:D4"},
                          {**HALF_LIFE, "subject": "mesh:D4"}])  # fmt: skip


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A graph of two statements and a value, and a curated path over one of them."""
    names = [concept(f"mesh:D{n}", f"thing {n}", "Drug") for n in (1, 2, 3)]
    said: list[dict[str, Any]] = [TREATS, CAUSES, HALF_LIFE]
    build(
        [source("infores:base", **tables_of(names), statements=said, paths=[LINK])],
        tmp_path / "graph",
    )
    return tmp_path / "graph"


def ids(root: Path) -> dict[str, str]:
    """Predicate -> the id of the statement of it, as the graph was built."""
    with closing(open_store(root)) as store:
        subjects = ["mesh:D1", "mesh:D2"]
        values = [value for row in store.values(subjects) for value in row]
        return {s.predicate: s.id for s in (*store.scan(), *values)}


def overlay(root: Path, *lines: tuple[str, str], more: tuple[RowSource, ...] = ()) -> None:
    """Make an overlay of errata, each an id and an action."""
    path = root.parent / "errata.tsv"
    rows = [f"{id}\twrong\tDr. Li\t2026-11-20\t{action}" for id, action in lines]
    path.write_text("\n".join(["statement_id\treason\twho\tdate\taction", *rows]) + "\n")
    make_overlay(root, errata=[path] if lines else [], sources=more)


def test_what_an_overlay_retracts_and_adds_is_told(root: Path, tmp_path: Path) -> None:
    base, of = open_snapshot(root), ids(root)
    overlay(root, (of["treats"], "retract"), (of["half_life"], "retract"), more=(MORE,))
    with compare(base, open_snapshot(root)) as found:
        counts = found.summary.statements
        assert (counts.old, counts.new, counts.unchanged) == (3, 3, 1)
        assert (counts.added, counts.retracted, counts.restored) == (2, 2, 0)
        assert (counts.removed, counts.changed, counts.moved) == (0, 0, 0)
        assert (found.summary.paths_added, found.summary.paths_removed) == (0, 1)
        assert [c.id for c in found.concepts(kinds=["added"])] == ["mesh:D4"]
        rows = {c.statement.predicate: c for c in found.statements(kinds=["retracted"])}
        assert {name: c.id for name, c in rows.items()} == {
            name: of[name] for name in ("treats", "half_life")
        }
        assert rows["treats"].statement.retracted == Retraction("wrong", "Dr. Li", "2026-11-20")
        assert rows["half_life"].statement.value is not None
        assert all(c.statement.retracted is None for c in found.statements(kinds=["added"]))
        by_source = {s.source: s.statements for s in found.summary.sources}
        assert by_source["infores:base"].retracted == 2
        assert by_source["infores:more"].added == 2
        found.write(tmp_path / "rows.jsonl")
        lines = [json.loads(line) for line in (tmp_path / "rows.jsonl").read_text().splitlines()]
        taken = {
            line["row"]["statement"]["id"]: line["row"]["statement"]["retracted"]
            for line in lines
            if line["what"] == "statement" and line["row"]["kind"] == "retracted"
        }
        assert taken[of["treats"]] == {"reason": "wrong", "who": "Dr. Li", "date": "2026-11-20"}


def test_what_the_next_overlay_restores_is_told(root: Path) -> None:
    of = ids(root)
    overlay(root, (of["treats"], "retract"), (of["causes"], "retract"), more=(MORE,))
    overlay(root, (of["treats"], "restore"))
    with compare(open_generation(root, "previous"), open_snapshot(root)) as found:
        counts = found.summary.statements
        assert (counts.old, counts.new, counts.unchanged) == (3, 4, 3)
        assert (counts.restored, counts.retracted, counts.added, counts.removed) == (1, 0, 0, 0)
        (row,) = found.statements()
        assert (row.kind, row.id, row.statement.retracted) == ("restored", of["treats"], None)
        assert found.summary.paths_added == 1


def test_a_dropped_overlay_takes_back_what_it_did(root: Path) -> None:
    of = ids(root)
    overlay(root, (of["causes"], "retract"), more=(MORE,))
    with_it = open_snapshot(root)
    drop_overlay(root)
    with compare(with_it, open_snapshot(root)) as found:
        counts = found.summary.statements
        assert (counts.restored, counts.removed, counts.unchanged) == (1, 2, 2)
        assert [c.id for c in found.concepts(kinds=["retired"])] == ["mesh:D4"]


def test_a_retracted_statement_that_a_new_build_lacks_is_no_difference(root: Path) -> None:
    of = ids(root)
    overlay(root, (of["causes"], "retract"))
    with_it = open_snapshot(root)
    names = [concept(f"mesh:D{n}", f"thing {n}", "Drug") for n in (1, 2, 3)]
    said: list[dict[str, Any]] = [TREATS, HALF_LIFE]
    again = root.parent / "again"
    build([source("infores:base", **tables_of(names), statements=said, paths=[LINK])], again)
    with compare(with_it, open_snapshot(again)) as found:
        assert found.summary.same
