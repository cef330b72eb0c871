"""Edge records -> statements."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from kgmed.builders.columns import Curies, make_batch
from kgmed.builders.kgx.columns import FALSE, TRUE, Converted, list_column, relisted, texts
from kgmed.builders.kgx.qualifiers import qualifiers
from kgmed.builders.rows import Problem, Records, not_a_curie, shown
from kgmed.kg.predicates import Registry

if TYPE_CHECKING:
    import pyarrow as pa


class Statements:
    """Edge records -> statements."""

    def __init__(self, registry: Registry) -> None:
        self.unknown: Counter[str] = Counter()
        self._registry = registry
        self._curies = Curies()
        self._predicates: dict[str, tuple[str, bool, bool]] = {}

    def __call__(self, records: Records) -> Converted:
        import pyarrow as pa
        import pyarrow.compute as pc

        rows = len(records)
        labels = texts(records, "predicate").dictionary_encode()
        written = labels.dictionary.to_pylist()
        table = [self.predicate(label) for label in written]
        predicates = pa.array([name for name, _, _ in table], pa.string()).take(labels.indices)
        negated, problems = _negated(records)
        for row in pc.indices_nonzero(pc.equal(predicates, "")).to_pylist():
            problems[row] = Problem(
                "predicate is empty",
                f"predicate {shown(written[labels.indices[row].as_py()])}",
                "a Biolink predicate such as biolink:treats",
                "Fill the cell or drop the row.",
            )
        ends: dict[str, pa.Array] = {}
        for end in ("object", "subject"):  # a row's first problem is its subject's
            column = texts(records, end)
            ends[end], bad = self._curies.column(column)
            problems |= {row: not_a_curie(end, column[row].as_py()) for row in bad}
        if problems:
            return problems, None
        for entry in labels.indices.value_counts().to_pylist():
            name, _, known = table[entry["values"]]
            if not known:
                self.unknown[name] += entry["counts"]
        subjects, objects = ends["subject"], ends["object"]
        columns: dict[str, pa.Array | None] = {
            "subject": subjects,
            "predicate": predicates,
            "object": objects,
            "negated": negated,
            "qualifiers": qualifiers(records, subjects, objects),
            "original_predicate": labels.dictionary.take(labels.indices),
            "source_record": _first(records, "source_record", "id"),
            "text": _first(records, "text", "supporting_text"),
            "primary_knowledge_source": _first(records, "primary_knowledge_source"),
            "release": _first(records, "release"),
            "licence": _first(records, "licence", "license"),
            "publications": self._publications(records),
        }
        if any(reverse for _, reverse, _ in table):
            turn = pa.array([reverse for _, reverse, _ in table]).take(labels.indices)
            columns["subject"] = pc.if_else(turn, objects, subjects)
            columns["object"] = pc.if_else(turn, subjects, objects)
        for name in ("knowledge_level", "agent_type"):
            values = texts(records, name)
            columns[name] = pc.if_else(pc.equal(values, ""), "not_provided", values)
        given = {name: values for name, values in columns.items() if values is not None}
        return {}, make_batch("statements", given, rows)

    def predicate(self, label: str) -> tuple[str, bool, bool]:
        """kgmed's name of a label, whether it states the reverse, and whether it is known."""
        found = self._predicates.get(label)
        if found is None:
            found = self._predicates[label] = self._look_up(label)
        return found

    def _look_up(self, label: str) -> tuple[str, bool, bool]:
        name = label.removeprefix("biolink:")
        if not name:
            return "", False, False
        if name == label and name in self._registry:
            return name, False, True
        known = self._registry.from_label("biolink", "biolink:" + name)
        if known is not None:
            return known[0].name, known[1], True
        return name, False, name in self._registry

    def _publications(self, records: Records) -> pa.Array | None:
        """References: CURIEs normalised, anything else as it is."""
        import pyarrow.compute as pc

        if "publications" not in records.columns:
            return None
        lists = list_column(records, "publications")
        flat = lists.flatten()
        ids, _ = self._curies.column(flat)
        return relisted(lists, pc.if_else(pc.equal(ids, ""), flat, ids))


def _negated(records: Records) -> tuple[pa.Array | None, dict[int, Problem]]:
    import pyarrow as pa

    if "negated" not in records.columns:
        return None, {}
    cells = records.columns["negated"].dictionary_encode()
    table = [cell.strip().lower() for cell in cells.dictionary.to_pylist()]
    problems: dict[int, Problem] = {}
    if not set(table) <= TRUE | FALSE:
        for row, at in enumerate(cells.indices.to_pylist()):
            if table[at] not in TRUE | FALSE:
                problems[row] = Problem(
                    "negated isn't true or false",
                    f"negated {shown(cells[row].as_py())}",
                    "true, false or nothing",
                    "Correct the cell.",
                )
    return pa.array([cell in TRUE for cell in table], pa.bool_()).take(cells.indices), problems


def _first(records: Records, *names: str) -> pa.Array | None:
    """The first of some columns that has something, row by row; None where none has."""
    import pyarrow.compute as pc

    found: pa.Array | None = None
    for name in names:
        if name not in records.columns:
            continue
        values = texts(records, name)
        found = values if found is None else pc.if_else(pc.equal(found, ""), values, found)
    return found
