"""KGX graphs: node and edge files as TSV or JSON Lines, plain or gzipped.

Follows https://github.com/biolink/kgx (specification/kgx-format.md) and its own readers and
writers where the text is silent: TSV is unquoted (a quote is data), lists are joined with ``|``,
an empty cell is absent. Columns are slots of the Biolink model
(https://biolink.github.io/biolink-model/). Concepts, names and mappings come from node files,
statements from edge files.

Qualifiers: Biolink says ``subject_aspect_qualifier`` and ``object_aspect_qualifier``, which turn
wrong when a statement is read from its other end. Here the object's become ``aspect`` with
``affected``, the CURIE it happens to, and the subject's ``actor_aspect`` with ``actor``.

Suggestions of a trained model are set aside until a curator accepts them
(:mod:`kgmed.builders.suggestions.review`).
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import reduce
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kgmed.builders import kgx_graph
from kgmed.builders.forecast import InputFile, survey_files
from kgmed.builders.kgx_graph import Either, nothing
from kgmed.builders.rows import (
    BATCH_ROWS,
    BadRows,
    Block,
    Curies,
    OnError,
    Problem,
    Records,
    as_paths,
    clean_lists,
    constant,
    count_separators,
    counted,
    digest,
    each,
    labels_of,
    languages,
    make_batch,
    mapped,
    not_a_curie,
    read_blocks,
    read_clean,
    shown,
    something,
    split_lists,
    split_name,
    trimmed,
    without_separators,
)
from kgmed.builders.source import SourceInfo, TableName, Tally
from kgmed.builders.suggestions.review import only_accepted, only_others
from kgmed.kg.categories import PARENTS
from kgmed.kg.errors import DataError

if TYPE_CHECKING:
    import pyarrow as pa

    from kgmed.kg.predicates import Registry

READER_VERSION = "kgx 3"
PACE = 2.0
"""Seconds to read a million rows."""
FORMATS = (".tsv", ".jsonl")

NODE_COLUMNS = frozenset(
    ("id", "category", "name", "synonym", "xref", "equivalent_identifiers", "same_as",
     "provided_by")
)  # fmt: skip
"""Node columns that are read (``provided_by`` only known); others are listed as a finding."""
OF_GRAPHS = frozenset(("has_attribute", "description"))
"""Node columns that are read, or told twice, where kgmed wrote the file."""

EDGE_COLUMNS = frozenset(
    ("subject", "predicate", "object", "negated", "primary_knowledge_source", "knowledge_level",
     "agent_type", "publications", "id", "source_record", "release", "licence", "license", "text",
     "supporting_text")
)  # fmt: skip
"""Edge columns that have a column of their own in kgmed's statements."""

BOOKKEEPING = frozenset(
    ("category", "type", "relation", "aggregator_knowledge_source", "provided_by",
     "knowledge_source", "supporting_data_source", "supporting_data_set", "source", "sources",
     "retrieval_source_ids", "iri", "name", "description", "original_subject",
     "original_predicate", "original_object", "subject_category", "object_category",
     "subject_label", "object_label", "subject_name", "object_name", "created_by",
     "creation_date", "update_date", "date", "deprecated", "attributes", "has_attribute", "key")
)  # fmt: skip
"""Edge columns that are about the record, not about what it says."""

NODE_LISTS = frozenset(
    ("category", "synonym", "xref", "equivalent_identifiers", "same_as", "provided_by",
     "has_attribute")
)  # fmt: skip
EDGE_LISTS = frozenset(("publications", "has_attribute", "supporting_text"))
"""Columns that hold lists."""

TRUE, FALSE = frozenset(("true", "1", "yes")), frozenset(("", "false", "0", "no"))

MAPPING_COLUMNS = {
    "xref": "oboInOwl:hasDbXref",
    "equivalent_identifiers": "skos:exactMatch",
    "same_as": "skos:exactMatch",
}
"""Node column -> the mapping predicate that it states."""
JUSTIFICATION = "semapv:UnspecifiedMatching"

_canonical = json.JSONEncoder(sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode
_scan = json.JSONDecoder().scan_once  # type: ignore[attr-defined]  # undocumented
_plain = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode

Converted = tuple["dict[int, Problem]", "pa.RecordBatch | None"]


class KgxSource:
    """A KGX graph of any number of node and edge files; either may be absent.

    ``info`` names the source; without it the first file's name does, and the licence is unknown.
    With ``on_error="skip"`` rows that break the format go to the file ``quarantine``, or are only
    counted where there is none. Raises :class:`~kgmed.kg.errors.DataError` for a file of another
    format, :class:`~kgmed.kg.errors.RowError` for a bad row.
    """

    def __init__(
        self,
        nodes: Path | str | Sequence[Path | str] | None,
        edges: Path | str | Sequence[Path | str] | None,
        *,
        info: SourceInfo | None = None,
        on_error: OnError = "stop",
        quarantine: Path | None = None,
    ) -> None:
        self.nodes, self.edges = as_paths(nodes), as_paths(edges)
        files = (*self.nodes, *self.edges)
        if not files:
            raise DataError("A KGX graph needs a nodes file, an edges file, or both; found none.")
        for path in files:
            if split_name(path)[1] not in FORMATS:
                raise DataError(
                    f"{path}: found a file of format {split_name(path)[1] or 'unknown'!r}, expected"
                    " .tsv, .tsv.gz, .jsonl or .jsonl.gz. Convert it with kgx transform."
                )
        self.info = info or _info(files[0])
        self.tallies: dict[str, Tally] = {}
        self.findings: dict[str, list[dict[str, str]]] = {}
        self._labels = labels_of(files)
        self._on_error: OnError = on_error
        self._bad = BadRows(on_error, quarantine)
        self._replaced: dict[str, int] = {}
        self._unread: dict[str, set[str]] = {}

    def fingerprint(self) -> str:
        """SHA-256 over the files' bytes and the reader's version."""
        files = [(f"nodes{split_name(path)[1]}", path) for path in self.nodes]
        files += [(f"edges{split_name(path)[1]}", path) for path in self.edges]
        return digest(f"{READER_VERSION} {self._on_error} {self.info}", files)

    def survey(self) -> list[InputFile]:
        """The files, with their rows by their size."""
        return survey_files((*self.nodes, *self.edges), pace=PACE)

    def batches(self, table: TableName) -> Iterator[pa.RecordBatch]:
        """Stream one table's rows; node files are read once for each of their three tables."""
        if table == "concepts":
            concepts = _Concepts()
            yield from self._read(self.nodes, Either(concepts, kgx_graph.Concepts()))
            self._find("category that kgmed doesn't know", counted("category", concepts.unknown))
        elif table == "names":
            yield from self._read(self.nodes, Either(_Names(), kgx_graph.Names()))
        elif table == "mappings":
            mappings = _Mappings()
            yield from self._read(self.nodes, Either(mappings, nothing))
            self._find("xref that isn't a CURIE", counted("xref", mappings.odd))
        elif table == "statements":
            from kgmed.kg.predicates import registry

            statements = _Statements(registry())
            valued = [path for path in self.nodes if kgx_graph.is_graph(path)]
            yield from self._read(valued, Either(nothing, kgx_graph.Values()))
            exact = kgx_graph.Statements(lambda slot: statements.predicate(slot)[0])
            yield from self._read(self.edges, Either(statements, exact))
            self._find(
                "predicate that predicates.toml lacks", counted("predicate", statements.unknown)
            )

    def _find(self, kind: str, rows: list[dict[str, str]]) -> None:
        self.findings.pop(kind, None)
        if rows:
            self.findings[kind] = rows

    def _read(
        self, paths: Iterable[Path], convert: Callable[[Records], Converted]
    ) -> Iterator[pa.RecordBatch]:
        for path in paths:
            label = self._labels[path]
            tally = self.tallies[label] = Tally()
            review = only_accepted if path in self.edges else only_others
            for rows in self._records(path, tally):
                records, aside = review(rows)
                tally.skipped.update(aside)
                problems, batch = convert(records)
                self._bad.reject(path, records, problems, tally)
                kept = len(records) - len(problems)
                if problems:
                    _, batch = convert(records.without(problems))
                tally.kept += kept
                if batch is not None and batch.num_rows:
                    yield batch
            self._report_replaced()

    def _report_replaced(self) -> None:
        rows = [{"file": file, "count": str(n)} for file, n in self._replaced.items() if n]
        self._find("control characters, now spaces", rows)
        unread = [
            {"file": file, "columns": ", ".join(sorted(names))}
            for file, names in self._unread.items()
            if names
        ]
        self._find("node columns that aren't read", unread)

    def _records(self, path: Path, tally: Tally) -> Iterator[Records]:
        label = self._labels[path]
        lists = NODE_LISTS if path in self.nodes else EDGE_LISTS
        self._replaced[label] = 0
        is_tsv = split_name(path)[1] == ".tsv"
        header: list[str] = []
        for block in read_blocks(path):
            self._replaced[label] += block.replaced
            start = 0
            if is_tsv and not header:
                required = ("id",) if path in self.nodes else ("subject", "predicate", "object")
                header, start = _header(path, block, required), 1
                self._note_columns(path, header)
            clean = read_clean(block, start, header) if is_tsv else None
            for first in range(start, len(block), BATCH_ROWS):
                stop = min(first + BATCH_ROWS, len(block))
                tally.read += stop - first
                if clean is not None:
                    rows = clean.slice(first - start, stop - first).combine_chunks()
                    columns = {name: rows.column(name).combine_chunks() for name in header}
                    yield Records(block, range(first, stop), columns)
                    continue
                problems = {at: why for at, why in block.problems.items() if first <= at < stop}
                index = [at for at in range(first, stop) if block.lines[at] and at not in problems]
                if blank := stop - first - len(index) - len(problems):
                    tally.skipped["blank line"] += blank
                if is_tsv:
                    yield _tsv(block, index, header, problems)
                else:
                    records, replaced = _jsonl(block, index, problems, lists)
                    self._replaced[label] += replaced
                    self._note_columns(path, records.columns)
                    yield records
        if is_tsv and not header:
            raise DataError(f"{path}: found an empty file, expected a header line.")

    def _note_columns(self, path: Path, columns: Iterable[str]) -> None:
        if path in self.nodes:
            unread = set(columns) - NODE_COLUMNS
            if unread & OF_GRAPHS and kgx_graph.is_graph(path):
                unread -= OF_GRAPHS
            self._unread.setdefault(self._labels[path], set()).update(unread)


def _info(path: Path) -> SourceInfo:
    name = split_name(path)[0]
    for ending in ("_nodes", "_edges", "-nodes", "-edges", ".nodes", ".edges"):
        name = name.removesuffix(ending)
    return SourceInfo(f"infores:{'-'.join(name.lower().split())}", name, "", "")


def _header(path: Path, block: Block, required: Sequence[str]) -> list[str]:
    if 0 in block.problems:
        why = block.problems[0]
        raise DataError(f"{path} line 1: found {why.found}, expected {why.expected}. {why.hint}")
    header = [name.strip() for name in block.lines[0].split("\t")]
    found = ", ".join(name[:40] for name in header[:40])
    missing = [name for name in required if name not in header]
    if missing:
        hint = "Are the nodes and edges files swapped, or the columns not separated by tabs?"
        raise DataError(
            f"{path} line 1: found the columns {found}, expected also {', '.join(missing)}. {hint}"
        )
    twice = sorted(name for name, n in Counter(header).items() if n > 1 and name)
    if twice or "" in header:
        what = f"{twice[0]!r} twice" if twice else f"no name for column {header.index('') + 1}"
        raise DataError(
            f"{path} line 1: found {what}, expected a name of its own for each column."
            " Rename or drop it."
        )
    return header


def _tsv(
    block: Block, index: list[int], header: list[str], problems: dict[int, Problem]
) -> Records:
    import pyarrow as pa

    lines = block.lines
    rows = [lines[at].split("\t") for at in index]
    width = len(header)
    if set(map(len, rows)) - {width}:
        for at, row in zip(index, rows, strict=True):
            if len(row) != width:
                problems[at] = Problem(
                    "wrong number of fields",
                    f"{len(row)} fields",
                    f"{width}",
                    "Does a value hold a tab or a line break, or is a tab missing?",
                )
        index = [at for at in index if at not in problems]
        rows = [row for row in rows if len(row) == width]
    columns = zip(*rows, strict=True) if rows else ((),) * width
    arrays = [pa.array(column, pa.string()) for column in columns]
    return Records(block, index, dict(zip(header, arrays, strict=True)), problems)


def _jsonl(
    block: Block, index: list[int], problems: dict[int, Problem], lists: frozenset[str]
) -> tuple[Records, int]:

    parsed: list[dict[str, Any]] = []
    kept: list[int] = []
    replaced = 0
    for at in index:
        line = block.lines[at]
        try:
            record = _load(line)
        except (ValueError, RecursionError) as error:
            why = str(error)[:120]
            hint = "Is it one object a line (JSONL), and not one JSON document?"
            problems[at] = Problem("not JSON", f"text that doesn't parse ({why})", "JSON", hint)
            continue
        if not isinstance(record, dict):
            found = f"a JSON {type(record).__name__}"
            problems[at] = Problem("not a JSON object", found, "an object", "One record a line.")
            continue
        if "\\u" in line:
            try:
                text = _plain(record)
                text.encode()
            except UnicodeEncodeError:
                problems[at] = Problem(
                    "half a surrogate pair",
                    "an escape that is half of a surrogate pair",
                    "whole characters",
                    "The file was cut or written by a faulty program; write it again.",
                )
                continue
            record, n = _without_separators(record)
            replaced += n
        parsed.append(record)
        kept.append(at)
    columns: dict[str, pa.Array] = {}
    for name in dict.fromkeys(chain.from_iterable(parsed)):
        values = [record.get(name) for record in parsed]
        columns[name] = _lists(values) if name in lists else _cells(values)
    return Records(block, kept, columns, problems), replaced


def _cells(values: list[Any]) -> pa.Array:
    """JSON values as a column of texts: what TSV would say."""
    import pyarrow as pa
    import pyarrow.compute as pc

    try:
        return pc.fill_null(pa.array(values, pa.string()), "")
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        return pa.array([_cell(value) for value in values], pa.string())


def _lists(values: list[Any]) -> pa.Array:
    """JSON values as a column of lists."""
    import pyarrow as pa

    kind = pa.list_(pa.string())
    plain = all(value is None or isinstance(value, list) for value in values)
    try:  # Arrow would take a text for the list of its characters
        if plain:
            return clean_lists(pa.array(values, kind))
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        pass
    return clean_lists(pa.array([_items(value) for value in values], kind))


def _load(line: str) -> Any:
    """``json.loads``; less its overhead, which is half the time of a short line."""
    try:
        value, end = _scan(line, 0)
    except StopIteration:
        return json.loads(line)
    return value if end == len(line) else json.loads(line)


def _without_separators(value: Any) -> tuple[Any, int]:
    """A JSON value with separators that stood in it as escapes replaced; and how many."""
    if isinstance(value, str):
        n = count_separators(value)
        return (without_separators(value), n) if n else (value, 0)
    if isinstance(value, list):
        items = [_without_separators(item) for item in value]
        return [item for item, _ in items], sum(n for _, n in items)
    if isinstance(value, dict):
        pairs = [(_without_separators(key), _without_separators(v)) for key, v in value.items()]
        return {key: v for (key, _), (v, _) in pairs}, sum(a + b for (_, a), (_, b) in pairs)
    return value, 0


def _cell(value: Any) -> str:
    """A JSON value as a cell of a table: what TSV would say."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, list):
        return "|".join(map(_cell, value))
    return _canonical(value)


def _items(value: Any) -> list[str]:
    """A JSON value as a list of texts."""
    return [_cell(item) for item in value] if isinstance(value, list) else [_cell(value)]


def _texts(records: Records, name: str) -> pa.Array:
    """A column of texts, trimmed; empty where the file lacks it."""
    column = records.columns.get(name)
    return constant("", len(records)) if column is None else trimmed(column)


def _list_column(records: Records, name: str) -> pa.Array:
    """A column of lists: of TSV's joined texts, or JSON's own."""
    import pyarrow as pa

    column = records.columns.get(name)
    if column is None:
        column = constant("", len(records))
    return split_lists(column) if pa.types.is_string(column.type) else column


def _relisted(lists: pa.Array, flat: pa.Array) -> pa.Array:
    """Lists of the same lengths with other items."""
    import pyarrow as pa

    return pa.ListArray.from_arrays(lists.offsets, flat)


def _ids(records: Records, curies: Curies) -> tuple[pa.Array, dict[int, Problem]]:
    column = _texts(records, "id")
    ids, bad = curies.column(column)
    return ids, {row: not_a_curie("id", column[row].as_py()) for row in bad}


class _Concepts:
    """Node records -> concepts; unknown categories are kept and counted."""

    def __init__(self) -> None:
        self.unknown: Counter[str] = Counter()
        self._curies = Curies()

    def __call__(self, records: Records) -> Converted:
        ids, problems = _ids(records, self._curies)
        if problems:
            return problems, None
        lists = _list_column(records, "category")
        flat = mapped(lists.flatten(), each(lambda name: name.removeprefix("biolink:")))
        for entry in flat.value_counts().to_pylist():
            if entry["values"] not in PARENTS:
                self.unknown[entry["values"]] += entry["counts"]
        columns = {"id": ids, "categories": _relisted(lists, flat)}
        return {}, make_batch("concepts", columns, len(ids))


class _Names:
    """Node records -> names: a preferred one, and synonyms."""

    def __init__(self) -> None:
        self._curies = Curies()

    def __call__(self, records: Records) -> Converted:
        import pyarrow as pa
        import pyarrow.compute as pc

        ids, problems = _ids(records, self._curies)
        if problems:
            return problems, None
        names, lists = _texts(records, "name"), _list_column(records, "synonym")
        others, rows = lists.flatten(), pc.list_parent_indices(lists)
        new = pc.not_equal(others, names.take(rows))
        others, rows = others.filter(new), rows.filter(new)
        named = pc.not_equal(names, "")
        names, owners = names.filter(named), ids.filter(named)
        texts = pa.concat_arrays([names, others])
        columns = {
            "id": pa.concat_arrays([owners, ids.take(rows)]),
            "text": texts,
            "language": languages(texts),
            "kind": pa.concat_arrays(
                [constant("preferred", len(names)), constant("synonym", len(others))]
            ),
        }
        return {}, make_batch("names", columns, len(texts))


class _Mappings:
    """Node records -> mappings; a cross-reference that is no CURIE is counted, not used."""

    def __init__(self) -> None:
        self.odd: Counter[str] = Counter()
        self._curies = Curies()

    def __call__(self, records: Records) -> Converted:
        import pyarrow as pa
        import pyarrow.compute as pc

        ids, problems = _ids(records, self._curies)
        if problems:
            return problems, None
        names = _texts(records, "name")
        parts: dict[str, list[pa.Array]] = {
            column: [] for column in ("subject", "predicate", "object", "subject_label")
        }
        for column, predicate in MAPPING_COLUMNS.items():
            if column not in records.columns:
                continue
            lists = _list_column(records, column)
            written, rows = lists.flatten(), pc.list_parent_indices(lists)
            objects, bad = self._curies.column(written)
            self.odd.update(written[at].as_py()[:200] for at in bad)
            subjects = ids.take(rows)
            keep = pc.and_(pc.not_equal(objects, ""), pc.not_equal(objects, subjects))
            parts["object"].append(objects.filter(keep))
            parts["subject"].append(subjects.filter(keep))
            parts["subject_label"].append(names.take(rows.filter(keep)))
            parts["predicate"].append(constant(predicate, len(parts["object"][-1])))
        if not parts["object"]:
            return {}, None
        columns = {name: pa.concat_arrays(arrays) for name, arrays in parts.items()}
        columns["justification"] = constant(JUSTIFICATION, len(columns["object"]))
        return {}, make_batch("mappings", columns, len(columns["object"]))


class _Statements:
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
        labels = _texts(records, "predicate").dictionary_encode()
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
            column = _texts(records, end)
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
            "qualifiers": _qualifiers(records, subjects, objects),
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
            values = _texts(records, name)
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
        lists = _list_column(records, "publications")
        flat = lists.flatten()
        ids, _ = self._curies.column(flat)
        return _relisted(lists, pc.if_else(pc.equal(ids, ""), flat, ids))


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
        values = _texts(records, name)
        found = values if found is None else pc.if_else(pc.equal(found, ""), values, found)
    return found


_SIDES = {"subject_": "actor_", "object_": ""}


def _is_of(column: str, side: str) -> bool:
    return column.startswith(side) and column.endswith("_qualifier")


def qualifier_name(column: str) -> str:
    """The qualifier that an edge column holds.

    >>> qualifier_name("severity_qualifier"), qualifier_name("dose")
    ('severity', 'dose')
    >>> qualifier_name("object_aspect_qualifier"), qualifier_name("subject_aspect_qualifier")
    ('aspect', 'actor_aspect')
    """
    for side, name in _SIDES.items():
        if _is_of(column, side):
            return name + column.removeprefix(side).removesuffix("_qualifier")
    return column.removesuffix("_qualifier") or column


def _qualifiers(records: Records, subjects: pa.Array, objects: pa.Array) -> pa.Array | None:
    """Qualifiers as canonical text, made once for each combination that occurs."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    known = EDGE_COLUMNS | BOOKKEEPING
    columns = {
        name: trimmed(values)
        for name, values in sorted(records.columns.items())
        if name not in known and something(values)
    }
    if not columns:
        return None
    named = [(name, qualifier_name(name)) for name in columns]
    arrays = list(columns.values())
    for side, end, ids in (("subject_", "actor", subjects), ("object_", "affected", objects)):
        parts = [pc.not_equal(values, "") for name, values in columns.items() if _is_of(name, side)]
        if parts:
            stated = reduce(pc.or_, parts)
            named.append(("", end))
            arrays.append(pc.if_else(stated, ids, ""))
    codes = np.zeros(len(subjects), np.int64)
    encoded = [array.dictionary_encode() for array in arrays]
    for column in encoded:
        codes = codes * len(column.dictionary) + column.indices.to_numpy()
        if len(codes) and codes.max() > 1 << 31:
            codes = np.unique(codes, return_inverse=True)[1].astype(np.int64)
    _, rows, which = np.unique(codes, return_index=True, return_inverse=True)
    cells = zip(*(array.take(pa.array(rows)).to_pylist() for array in arrays), strict=True)
    texts = pa.array([_qualifier_text(named, row) for row in cells], pa.string())
    return texts.take(pa.array(which))


def _qualifier_text(named: Sequence[tuple[str, str]], cells: Sequence[str]) -> str:
    """:func:`kgmed.kg.model.canonical_qualifiers` of one row.

    Where two columns mean one qualifier and differ, the second keeps its column's name.
    """
    found: dict[str, str] = {}
    for (column, name), cell in zip(named, cells, strict=True):
        value = cell.removeprefix("biolink:")
        if not value or found.get(name) == value:
            continue
        if name not in found:
            found[name] = value
        elif column:  # an 'affected' column of the file's own wins
            found[column] = value
    return _canonical(found) if found else ""
