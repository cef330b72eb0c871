"""Rows of a table -> batches of concepts, names, mappings and statements, by its mapping."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from kgmed.builders.columns import (
    Curies,
    clean_lists,
    constant,
    each,
    languages,
    make_batch,
    mapped,
    split_lists,
)
from kgmed.builders.kgx.columns import FALSE, TRUE
from kgmed.builders.rows import Problem, not_a_curie, shown
from kgmed.builders.source import Tally
from kgmed.builders.tables.files import Rows
from kgmed.builders.tables.mapping import (
    LEFT_OUT,
    Cell,
    Edges,
    Ids,
    Nodes,
    Predicate,
    Table,
    Texts,
    meant,
)
from kgmed.kg.categories import PARENTS
from kgmed.kg.model import canonical_qualifiers

if TYPE_CHECKING:
    import pyarrow as pa

    from kgmed.kg.predicates import Registry

KINDS = frozenset(("preferred", "synonym", "brand", "abbreviation"))

Convert = Callable[[Table, Rows], "tuple[dict[int, Problem], pa.RecordBatch | None]"]
"""A table's rows -> the rows that break the format, or the batch that they make."""

_US = "\x1f"


def selected(table: Table, rows: Rows, tally: Tally) -> Rows:
    """The rows that the mapping reads; the others are counted under their reason."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    reasons: pa.Array | None = None
    for column, allowed in table.where.items():
        fits = pc.is_in(rows.columns[column], value_set=pa.array(allowed, pa.string()))
        listed = " or ".join(text or "empty" for text in allowed[:4])
        why = f"{column} isn't {listed}{' ...' if len(allowed) > 4 else ''}"
        reasons = _reason(reasons, pc.if_else(fits, "", why))
    for _, cell in table.cells():
        if any(text.startswith(LEFT_OUT) for text in (*cell.values.values(), cell.default or "")):
            found = _texts(cell, rows)
            out = pc.starts_with(found, LEFT_OUT)
            reasons = _reason(reasons, pc.if_else(out, pc.utf8_slice_codeunits(found, 1), ""))
    if reasons is None:
        return rows
    encoded = reasons.dictionary_encode()
    names = encoded.dictionary.to_pylist()
    codes = encoded.indices.to_numpy()
    counts = np.bincount(codes, weights=rows.weights, minlength=len(names))
    for name, count in zip(names, counts, strict=True):
        if name:
            tally.skipped[name] += int(count)
    keep = np.flatnonzero(pc.equal(reasons, "").to_numpy(zero_copy_only=False))
    return rows if len(keep) == len(rows) else rows.take(keep)


def _reason(before: pa.Array | None, more: pa.Array) -> pa.Array:
    import pyarrow.compute as pc

    return more if before is None else pc.if_else(pc.equal(before, ""), more, before)


def _raw(cell: Cell, rows: Rows) -> pa.Array:
    """A cell's text as it stands in the file."""
    import pyarrow.compute as pc

    if cell.constant:
        return constant(cell.constant, len(rows))
    if cell.column:
        return rows.columns[cell.column]
    columns = [rows.columns[name] for name in cell.columns]
    return pc.binary_join_element_wise(*columns, cell.joined_by)


def _texts(cell: Cell | None, rows: Rows) -> pa.Array:
    """A cell's text after its pattern and values; '' where the mapping has no such cell."""
    if cell is None:
        return constant("", len(rows))
    found = _raw(cell, rows)
    if cell.pattern:
        pattern = re.compile(cell.pattern)

        def first_group(text: str) -> str:
            match = pattern.search(text)
            return (match[1] or "") if match else ""

        found = mapped(found, each(first_group))
    if cell.values or cell.default is not None:
        found = mapped(found, each(partial(_value, cell)))
    return found


def _value(cell: Cell, text: str) -> str:
    known = cell.values.get(text)
    if known is not None:
        return known
    return text if cell.default is None else cell.default


class _Identifier:
    """Makes CURIEs of one cell's texts."""

    def __init__(self, cell: Ids) -> None:
        self._cell = cell
        self._curies = Curies()

    def __call__(self, written: list[str]) -> list[str]:
        curies = [self._curie(text) for text in written]
        made = iter(self._curies.all([curie for curie in curies if curie]))
        return [next(made) if curie else "" for curie in curies]

    def _curie(self, text: str) -> str:
        """A cell as a CURIE that isn't normalised yet; '' where it can't be one."""
        prefix, local = self._parts(text)
        if prefix is None or not local or "://" in local:
            return ""
        if self._cell.pad and local.isdigit():
            local = local.zfill(self._cell.pad.get(prefix, 0))
        return f"{prefix}:{local}" if prefix else local

    def _parts(self, text: str) -> tuple[str | None, str]:
        cell = self._cell
        if not cell.prefixes:
            return cell.prefix, text
        key, found, local = text.partition(cell.split or _US)
        return (cell.prefixes.get(key) if found else None), local

    def problem(self, name: str, text: str) -> Problem:
        prefix, local = self._parts(text)
        cell = self._cell
        if prefix is None:
            key = text.partition(cell.split or _US)[0]
            return Problem(
                f"{name} of an unknown kind",
                f"{name} {shown(text.replace(_US, ' '))}",
                f"one that begins with {' or '.join(cell.prefixes)}"
                if cell.split
                else f"one of the kinds {', '.join(cell.prefixes)}",
                f"Add {key!r} to prefixes.{meant(key, cell.prefixes)}",
            )
        return not_a_curie(name, f"{prefix}:{local}" if prefix and local else local)


def _with_key(cell: Ids, rows: Rows) -> pa.Array:
    """A cell's texts, with the key of their prefix in front where it has a column of its own."""
    import pyarrow.compute as pc

    found = _texts(cell, rows)
    if not cell.prefix_column:
        return found
    return pc.binary_join_element_wise(rows.columns[cell.prefix_column], found, _US)


def _ids(name: str, cell: Ids, rows: Rows, problems: dict[int, Problem]) -> pa.Array:
    import pyarrow.compute as pc

    written = _with_key(cell, rows)
    make = _Identifier(cell)
    found = mapped(written, make)
    for row in pc.indices_nonzero(pc.equal(found, "")).to_pylist():
        problems[row] = make.problem(name, written[row].as_py())
    return found


def _listed(cell: Texts | Ids, texts: pa.Array) -> pa.Array:
    """Cells as lists: cut at the separator, or of one item."""
    import pyarrow as pa

    if cell.separator:
        return split_lists(texts, cell.separator)
    offsets = pa.array(range(len(texts) + 1), pa.int32())
    return clean_lists(pa.ListArray.from_arrays(offsets, texts))


def _node_ids(table: Table, rows: Rows) -> tuple[Nodes, pa.Array, dict[int, Problem]]:
    """A table of nodes, their ids, and the rows that have none."""
    assert isinstance(table, Nodes)  # noqa: S101  # the source gives no other
    problems: dict[int, Problem] = {}
    return table, _ids("id", table.id, rows, problems), problems


def _count_others(texts: pa.Array, known: Container[str], others: Counter[str]) -> None:
    """Count the texts that aren't among the known ones."""
    for entry in texts.value_counts().to_pylist():
        if entry["values"] not in known:
            others[entry["values"]] += entry["counts"]


class Concepts:
    """Rows -> concepts."""

    def __init__(self) -> None:
        self.unknown: Counter[str] = Counter()

    def __call__(
        self, table: Table, rows: Rows
    ) -> tuple[dict[int, Problem], pa.RecordBatch | None]:
        import pyarrow as pa

        nodes, ids, problems = _node_ids(table, rows)
        if problems or nodes.names_only:
            return problems, None
        if nodes.category is None:
            return {}, make_batch("concepts", {"id": ids}, len(ids))
        lists = _listed(nodes.category, _texts(nodes.category, rows))
        flat = mapped(lists.flatten(), each(lambda name: name.removeprefix("biolink:")))
        _count_others(flat, PARENTS, self.unknown)
        categories = pa.ListArray.from_arrays(lists.offsets, flat)
        return {}, make_batch("concepts", {"id": ids, "categories": categories}, len(ids))


class Names:
    """Rows -> names."""

    def __init__(self) -> None:
        self.unknown: Counter[str] = Counter()

    def __call__(
        self, table: Table, rows: Rows
    ) -> tuple[dict[int, Problem], pa.RecordBatch | None]:
        import pyarrow as pa
        import pyarrow.compute as pc

        nodes, ids, problems = _node_ids(table, rows)
        if problems or (nodes.name is None and nodes.synonyms is None):
            return problems, None
        names = _texts(nodes.name, rows)
        kinds = self._kinds(nodes, rows)
        spoken = _texts(nodes.language, rows)
        named = pc.not_equal(names, "")
        parts = [(ids, names, kinds, spoken)]
        parts = [tuple(column.filter(named) for column in parts[0])]
        if nodes.synonyms is not None:
            lists = _listed(nodes.synonyms, _texts(nodes.synonyms, rows))
            others, places = lists.flatten(), pc.list_parent_indices(lists)
            new = pc.not_equal(others, names.take(places))
            others, places = others.filter(new), places.filter(new)
            synonym = constant("synonym", len(others))
            parts.append((ids.take(places), others, synonym, spoken.take(places)))
        of, texts, kind, language = (
            pa.concat_arrays(list(column)) for column in zip(*parts, strict=True)
        )
        guessed = pc.if_else(pc.equal(language, ""), languages(texts), language)
        columns = {"id": of, "text": texts, "language": guessed, "kind": kind}
        return {}, make_batch("names", columns, len(texts))

    def _kinds(self, table: Nodes, rows: Rows) -> pa.Array:
        import pyarrow as pa

        if table.kind is None:
            return constant("preferred", len(rows))
        found = _texts(table.kind, rows)
        _count_others(found, KINDS, self.unknown)
        known = mapped(found, each(lambda kind: kind if kind in KINDS else "synonym"))
        return known.cast(pa.string())


class Mappings:
    """Rows -> mappings; a cross-reference that is no CURIE is counted, not used."""

    def __init__(self) -> None:
        self.odd: Counter[str] = Counter()

    def __call__(
        self, table: Table, rows: Rows
    ) -> tuple[dict[int, Problem], pa.RecordBatch | None]:
        import pyarrow as pa
        import pyarrow.compute as pc

        nodes, ids, problems = _node_ids(table, rows)
        if problems or not nodes.mappings:
            return problems, None
        labels = _texts(nodes.name, rows)
        parts = []
        for mapping in nodes.mappings:
            lists = _listed(mapping.id, _texts(mapping.id, rows))
            written, places = lists.flatten(), pc.list_parent_indices(lists)
            if mapping.id.prefix_column:
                keys = rows.columns[mapping.id.prefix_column].take(places)
                written = pc.binary_join_element_wise(keys, written, _US)
            objects = mapped(written, _Identifier(mapping.id))
            for place in pc.indices_nonzero(pc.equal(objects, "")).to_pylist():
                self.odd[written[place].as_py().replace(_US, " ")[:200]] += 1
            subjects = ids.take(places)
            keep = pc.and_(pc.not_equal(objects, ""), pc.not_equal(objects, subjects))
            objects, places = objects.filter(keep), places.filter(keep)
            parts.append(
                (
                    subjects.filter(keep),
                    constant(mapping.predicate, len(objects)),
                    objects,
                    labels.take(places),
                )
            )
        columns = {
            name: pa.concat_arrays(list(arrays))
            for name, arrays in zip(
                ("subject", "predicate", "object", "subject_label"),
                zip(*parts, strict=True),
                strict=True,
            )
        }
        columns["justification"] = constant("semapv:UnspecifiedMatching", len(columns["object"]))
        return {}, make_batch("mappings", columns, len(columns["object"]))


@dataclass(slots=True)
class Statements:
    """Rows -> statements."""

    registry: Registry
    unknown: Counter[str] = field(default_factory=Counter)
    _known: dict[tuple[str, str], tuple[str, bool, bool]] = field(default_factory=dict)

    def __call__(
        self, table: Table, rows: Rows
    ) -> tuple[dict[int, Problem], pa.RecordBatch | None]:
        assert isinstance(table, Edges)  # noqa: S101
        import pyarrow as pa
        import pyarrow.compute as pc

        problems: dict[int, Problem] = {}
        labels = _texts(table.predicate, rows).dictionary_encode()
        resolved = [
            self._predicate(table.predicate, text) for text in labels.dictionary.to_pylist()
        ]
        predicates = pa.array([name for name, _, _ in resolved], pa.string()).take(labels.indices)
        _require(predicates, "predicate", "a predicate such as treats", problems)
        negated = _negated(table.negated, rows, problems)
        columns: dict[str, pa.Array] = {}
        if table.object is not None:
            columns["object"] = _ids("object", table.object, rows, problems)
        else:
            columns["value"] = _texts(table.value, rows)
            columns["value_type"] = _value_types(table.value_type, rows, problems)
            columns["unit"] = _texts(table.unit, rows)
            columns["value_language"] = _texts(table.value_language, rows)
            _require(columns["value"], "value", "a text, a number or a date", problems)
        columns["subject"] = _ids("subject", table.subject, rows, problems)
        if problems:
            return problems, None
        for entry in labels.indices.value_counts().to_pylist():
            name, _, known = resolved[entry["values"]]
            if not known:
                self.unknown[name] += entry["counts"]
        if table.object is not None and any(turned for _, turned, _ in resolved):
            turn = pa.array([turned for _, turned, _ in resolved]).take(labels.indices)
            subject, object = columns["subject"], columns["object"]
            columns["subject"] = pc.if_else(turn, object, subject)
            columns["object"] = pc.if_else(turn, subject, object)
        columns |= {
            "predicate": predicates,
            "negated": negated,
            "qualifiers": _qualifiers(table.qualifiers, rows),
            "original_predicate": _raw(table.predicate, rows),
            "publications": _publications(table.publications, rows),
        }
        for name in (
            "source_record",
            "text",
            "knowledge_level",
            "agent_type",
            "primary_knowledge_source",
            "release",
            "licence",
        ):
            columns[name] = _texts(getattr(table, name), rows)
        return {}, make_batch("statements", columns, len(rows))

    def _predicate(self, cell: Predicate, label: str) -> tuple[str, bool, bool]:
        """kgmed's name of a label, whether it states the reverse, and whether it is known."""
        key = cell.vocabulary, label
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = self._look_up(cell.vocabulary, label)
        return found

    def _look_up(self, vocabulary: str, label: str) -> tuple[str, bool, bool]:
        turned = label.startswith("^")
        name = label.removeprefix("^").removeprefix("biolink:")
        if name in self.registry:
            return name, turned, True
        snake = "_".join(name.split())
        for spelling in (name, snake, f"biolink:{snake}"):
            known = self.registry.from_label(vocabulary, spelling)
            if known is not None:
                return known[0].name, known[1] != turned, True
        if snake in self.registry:
            return snake, turned, True
        return snake, turned, False


def _require(column: pa.Array, name: str, expected: str, problems: dict[int, Problem]) -> None:
    import pyarrow.compute as pc

    for row in pc.indices_nonzero(pc.equal(column, "")).to_pylist():
        problems[row] = Problem(
            f"{name} is empty", f"an empty {name}", expected, "Fill the cell or drop the row."
        )


def _negated(cell: Cell | None, rows: Rows, problems: dict[int, Problem]) -> pa.Array:
    import pyarrow as pa
    import pyarrow.compute as pc

    texts = pc.utf8_lower(_texts(cell, rows))
    known = pa.array(sorted(TRUE | FALSE), pa.string())
    for row in pc.indices_nonzero(pc.invert(pc.is_in(texts, value_set=known))).to_pylist():
        problems[row] = Problem(
            "negated isn't true or false",
            f"negated {shown(texts[row].as_py())}",
            "true, false or nothing",
            "Map the cell's values with values = { ... }.",
        )
    return pc.is_in(texts, value_set=pa.array(sorted(TRUE), pa.string()))


def _value_types(cell: Cell, rows: Rows, problems: dict[int, Problem]) -> pa.Array:
    import pyarrow as pa
    import pyarrow.compute as pc

    found = _texts(cell, rows)
    known = pa.array(["text", "number", "date"])
    for row in pc.indices_nonzero(pc.invert(pc.is_in(found, value_set=known))).to_pylist():
        problems[row] = Problem(
            "value_type isn't one", f"{shown(found[row].as_py())}", "text, number or date"
        )
    return found


def _qualifiers(cells: Mapping[str, Cell], rows: Rows) -> pa.Array:
    """Qualifiers as canonical text, made once for each combination that occurs."""
    import pyarrow.compute as pc

    if not cells:
        return constant("", len(rows))
    names = list(cells)
    columns = [_texts(cell, rows) for cell in cells.values()]
    joined = pc.binary_join_element_wise(*columns, _US)

    def text(combination: str) -> str:
        given = zip(names, combination.split(_US), strict=True)
        return canonical_qualifiers({name: value for name, value in given if value})

    return mapped(joined, each(text))


def _publications(cell: Ids | None, rows: Rows) -> pa.Array:
    """References: CURIEs normalised, anything else as it is."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if cell is None:
        offsets = pa.repeat(pa.scalar(0, pa.int32()), len(rows) + 1)
        return pa.ListArray.from_arrays(offsets, pa.array([], pa.string()))
    lists = _listed(cell, _texts(cell, rows))
    flat = lists.flatten()
    ids = mapped(flat, _Identifier(cell))
    return pa.ListArray.from_arrays(lists.offsets, pc.if_else(pc.equal(ids, ""), flat, ids))
