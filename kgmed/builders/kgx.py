"""KGX graphs: node and edge files as TSV or JSON Lines, plain or gzipped.

Follows https://github.com/biolink/kgx (specification/kgx-format.md) and its own readers and
writers where the text is silent: TSV is unquoted (a quote is data), lists are joined with ``|``,
an empty cell is absent. Columns are slots of the Biolink model
(https://biolink.github.io/biolink-model/). Concepts, names and mappings come from node files,
statements from edge files.

Qualifiers: Biolink says ``subject_aspect_qualifier`` and ``object_aspect_qualifier``, which turn
wrong when a statement is read from its other end. Here the object's become ``aspect`` with
``affected``, the CURIE it happens to, and the subject's ``actor_aspect`` with ``actor``.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kgmed.builders.rows import (
    BATCH_ROWS,
    BadRows,
    Block,
    Curies,
    OnError,
    Problem,
    Records,
    as_paths,
    count_separators,
    counted,
    digest,
    labels_of,
    language_of,
    not_a_curie,
    read_blocks,
    shown,
    split_name,
    without_separators,
)
from kgmed.builders.source import COLUMNS, SourceInfo, TableName, Tally, schema
from kgmed.kg.categories import PARENTS
from kgmed.kg.curies import normalize
from kgmed.kg.errors import CurieError, DataError

if TYPE_CHECKING:
    import pyarrow as pa

    from kgmed.kg.predicates import Registry

READER_VERSION = "kgx 1"
FORMATS = (".tsv", ".jsonl")

NODE_COLUMNS = frozenset(
    ("id", "category", "name", "synonym", "xref", "equivalent_identifiers", "same_as",
     "provided_by")
)  # fmt: skip
"""Node columns that are read (``provided_by`` only known); others are listed as a finding."""

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
     "creation_date", "update_date", "date", "deprecated", "attributes", "key")
)  # fmt: skip
"""Edge columns that are about the record, not about what it says."""

LISTS = frozenset(
    ("category", "synonym", "xref", "equivalent_identifiers", "same_as", "publications")
)

TRUE, FALSE = frozenset(("true", "1", "yes")), frozenset(("", "false", "0", "no"))

_MAPPING_PREDICATES = (
    ("xref", "oboInOwl:hasDbXref"),
    ("equivalent_identifiers", "skos:exactMatch"),
    ("same_as", "skos:exactMatch"),
)
_JUSTIFICATION = "semapv:UnspecifiedMatching"

_canonical = json.JSONEncoder(sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode
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

    def batches(self, table: TableName) -> Iterator[pa.RecordBatch]:
        """Stream one table's rows; node files are read once for each of their three tables."""
        if table == "concepts":
            unknown: Counter[str] = Counter()
            yield from self._read(self.nodes, _Concepts(unknown))
            self._find("category that kgmed doesn't know", counted("category", unknown))
        elif table == "names":
            yield from self._read(self.nodes, _names)
        elif table == "mappings":
            odd: Counter[str] = Counter()
            yield from self._read(self.nodes, _Mappings(odd))
            self._find("xref that isn't a CURIE", counted("xref", odd))
        elif table == "statements":
            from kgmed.kg.predicates import registry

            statements = _Statements(registry())
            yield from self._read(self.edges, statements)
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
            for records in self._records(path, tally):
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
        required = ("id",) if path in self.nodes else ("subject", "predicate", "object")
        is_tsv = split_name(path)[1] == ".tsv"
        header: list[str] = []
        label = self._labels[path]
        self._replaced[label] = 0
        for block in read_blocks(path):
            self._replaced[label] += block.replaced
            start = 0
            if is_tsv and not header:
                header, start = _header(path, block, required), 1
                self._note_columns(path, header)
            lines = block.lines
            while start < len(lines):
                stop = min(start + BATCH_ROWS, len(lines))
                problems = {at: why for at, why in block.problems.items() if start <= at < stop}
                index = [at for at in range(start, stop) if lines[at] and at not in problems]
                tally.read += stop - start
                if blank := stop - start - len(index) - len(problems):
                    tally.skipped["blank line"] += blank
                if is_tsv:
                    records = _tsv(block, index, header, problems)
                else:
                    records, replaced = _jsonl(block, index, problems)
                    self._replaced[label] += replaced
                    self._note_columns(path, records.columns)
                yield records
                start = stop
        if is_tsv and not header:
            raise DataError(f"{path}: found an empty file, expected a header line.")

    def _note_columns(self, path: Path, columns: Iterable[str]) -> None:
        if path in self.nodes:
            self._unread.setdefault(self._labels[path], set()).update(set(columns) - NODE_COLUMNS)


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
    return Records(block, index, dict(zip(header, columns, strict=True)), problems)


def _jsonl(block: Block, index: list[int], problems: dict[int, Problem]) -> tuple[Records, int]:
    parsed: list[dict[str, Any]] = []
    kept: list[int] = []
    replaced = 0
    for at in index:
        line = block.lines[at]
        try:
            record = json.loads(line)
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
    names = dict.fromkeys(chain.from_iterable(parsed))
    columns: dict[str, Sequence[Any]] = {}
    for name in names:
        values = [record.get(name) for record in parsed]
        columns[name] = [_items(v) for v in values] if name in LISTS else [_cell(v) for v in values]
    return Records(block, kept, columns, problems), replaced


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
    if isinstance(value, list):
        return [text for item in value if (text := _cell(item).strip())]
    text = _cell(value).strip()
    return [text] if text else []


def _list_column(records: Records, name: str) -> Sequence[list[str]]:
    """A column of lists: of TSV's joined texts, or JSON's own."""
    column = records.columns.get(name)
    if column is None:
        return [[]] * len(records)
    if not column or isinstance(column[0], list):
        return column
    nothing: list[str] = []
    return [
        [part for item in cell.split("|") if (part := item.strip())] if cell else nothing
        for cell in column
    ]


def _ids(records: Records, curies: Curies) -> tuple[list[str], dict[int, Problem]]:
    column = records.columns.get("id", [""] * len(records))
    ids, bad = curies.column(column)
    return ids, {row: not_a_curie("id", column[row]) for row in bad}


def _batch(table: TableName, columns: dict[str, Any], rows: int) -> pa.RecordBatch:
    """A record batch of one table; a column that isn't given is empty."""
    import pyarrow as pa

    types = schema(table)
    arrays = []
    for name, kind in COLUMNS[table].items():
        values = columns.get(name)
        if values is not None:
            arrays.append(pa.array(values, types.field(name).type))
        elif kind == "double":
            arrays.append(pa.nulls(rows, pa.float64()))
        elif kind == "bool":
            arrays.append(pa.repeat(pa.scalar(False), rows))
        elif kind == "list<string>":
            offsets = pa.repeat(pa.scalar(0, pa.int32()), rows + 1)
            arrays.append(pa.ListArray.from_arrays(offsets, pa.array([], pa.string())))
        else:
            arrays.append(pa.repeat(pa.scalar(""), rows))
    return pa.RecordBatch.from_arrays(arrays, schema=types)


class _Concepts:
    """Node records -> concepts; unknown categories are kept and counted."""

    def __init__(self, unknown: Counter[str]) -> None:
        self._unknown = unknown
        self._curies = Curies()

    def __call__(self, records: Records) -> Converted:
        ids, problems = _ids(records, self._curies)
        if problems:
            return problems, None
        lists = _list_column(records, "category")
        categories = [
            list(dict.fromkeys([name.removeprefix("biolink:") for name in names])) if names else []
            for names in lists
        ]
        for name, n in Counter(chain.from_iterable(categories)).items():
            if name not in PARENTS:
                self._unknown[name] += n
        return {}, _batch("concepts", {"id": ids, "categories": categories}, len(ids))


def _names(records: Records) -> Converted:
    ids, problems = _ids(records, Curies())
    if problems:
        return problems, None
    empty = [""] * len(ids)
    rows: list[tuple[str, str, str, str]] = []
    add = rows.append
    synonyms = _list_column(records, "synonym")
    for id, name, others in zip(ids, records.columns.get("name", empty), synonyms, strict=True):
        name = name.strip()  # noqa: PLW2901
        if name:
            add((id, name, language_of(name), "preferred"))
        for other in dict.fromkeys(others):
            if other != name:
                add((id, other, language_of(other), "synonym"))
    columns = zip(*rows, strict=True) if rows else ((), (), (), ())
    return {}, _batch("names", dict(zip(COLUMNS["names"], columns, strict=True)), len(rows))


class _Mappings:
    """Node records -> mappings; a cross-reference that is no CURIE is counted, not used."""

    def __init__(self, odd: Counter[str]) -> None:
        self._odd = odd
        self._curies = Curies()

    def __call__(self, records: Records) -> Converted:
        ids, problems = _ids(records, self._curies)
        if problems:
            return problems, None
        names = records.columns.get("name", [""] * len(ids))
        rows: dict[tuple[str, str, str], str] = {}
        for column, predicate in _MAPPING_PREDICATES:
            if column not in records.columns:
                continue
            lists = _list_column(records, column)
            written = list(chain.from_iterable(lists))
            objects, bad = self._curies.column(written)
            self._odd.update(written[at][:200] for at in bad)
            at = 0
            for id, name, items in zip(ids, names, lists, strict=True):
                for object in objects[at : at + len(items)]:
                    if object and object != id:
                        rows[id, predicate, object] = name.strip()
                at += len(items)
        columns: dict[str, Any] = {
            "subject": [key[0] for key in rows],
            "predicate": [key[1] for key in rows],
            "object": [key[2] for key in rows],
            "justification": [_JUSTIFICATION] * len(rows),
            "subject_label": list(rows.values()),
        }
        return {}, _batch("mappings", columns, len(rows))


class _Statements:
    """Edge records -> statements."""

    def __init__(self, registry: Registry) -> None:
        self.unknown: Counter[str] = Counter()
        self._registry = registry
        self._curies = Curies()
        self._predicates: dict[str, tuple[str, bool, bool]] = {}

    def __call__(self, records: Records) -> Converted:
        rows = len(records)
        given = records.columns
        empty = [""] * rows
        labels = given.get("predicate", empty)
        table = {label: self._predicate(label) for label in set(labels)}
        problems: dict[int, Problem] = {}
        if "" in {name for name, _, _ in table.values()}:
            for row, label in enumerate(labels):
                if not table[label][0]:
                    problems[row] = Problem(
                        "predicate is empty",
                        f"predicate {shown(label)}" if label else "an empty predicate",
                        "a Biolink predicate such as biolink:treats",
                        "Fill the cell or drop the row.",
                    )
        ends: dict[str, list[str]] = {}
        for end in ("object", "subject"):  # a row's first problem is its subject's
            column = given.get(end, empty)
            ends[end], bad = self._curies.column(column)
            problems |= {row: not_a_curie(end, column[row]) for row in bad}
        negated = self._negated(given.get("negated"), problems)
        if problems:
            return problems, None
        for label, n in Counter(labels).items():
            if not table[label][2]:
                self.unknown[table[label][0]] += n
        subjects, objects = ends["subject"], ends["object"]
        qualifiers = self._qualifiers(given, subjects, objects)
        if any(reverse for _, reverse, _ in table.values()):
            turned = [
                (o, s) if table[label][1] else (s, o)
                for label, s, o in zip(labels, subjects, objects, strict=True)
            ]
            subjects, objects = [pair[0] for pair in turned], [pair[1] for pair in turned]
        columns: dict[str, Any] = {
            "subject": subjects,
            "predicate": [table[label][0] for label in labels],
            "object": objects,
            "qualifiers": qualifiers,
            "negated": negated,
            "original_predicate": _stripped(labels),
            "source_record": _first(given, "source_record", "id"),
            "text": _first(given, "text", "supporting_text"),
            "primary_knowledge_source": _first(given, "primary_knowledge_source"),
            "release": _first(given, "release"),
            "licence": _first(given, "licence", "license"),
        }
        for name in ("knowledge_level", "agent_type"):
            values = _first(given, name) or empty
            columns[name] = [value or "not_provided" for value in values]
        if "publications" in given:
            columns["publications"] = _publications(_list_column(records, "publications"))
        return {}, _batch("statements", columns, rows)

    def _predicate(self, label: str) -> tuple[str, bool, bool]:
        """kgmed's name of a label, whether it states the reverse, and whether it is known."""
        found = self._predicates.get(label)
        if found is None:
            found = self._predicates[label] = self._look_up(label.strip())
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

    @staticmethod
    def _negated(column: Sequence[str] | None, problems: dict[int, Problem]) -> list[bool] | None:
        if column is None:
            return None
        table = {cell: cell.strip().lower() for cell in set(column)}
        if not set(table.values()) <= TRUE | FALSE:
            for row, cell in enumerate(column):
                if table[cell] not in TRUE | FALSE and row not in problems:
                    problems[row] = Problem(
                        "negated isn't true or false",
                        f"negated {shown(cell)}",
                        "true, false or nothing",
                        "Correct the cell.",
                    )
        return [table[cell] in TRUE for cell in column]

    @staticmethod
    def _qualifiers(
        given: dict[str, Sequence[Any]], subjects: Sequence[str], objects: Sequence[str]
    ) -> list[str] | None:
        names = [
            name
            for name in sorted(given)
            if name not in EDGE_COLUMNS and name not in BOOKKEEPING and any(given[name])
        ]
        if not names:
            return None
        columns: list[Sequence[str]] = [given[name] for name in names]
        empty = [""] * len(subjects)
        for side, ids in (("subject_", subjects), ("object_", objects)):
            parts = [given[name] for name in names if _is_of(name, side)]
            columns.append(
                [id if any(cells) else "" for id, *cells in zip(ids, *parts, strict=True)]
                if parts
                else empty
            )
        named = [*((name, qualifier_name(name)) for name in names), *_ENDS]
        made: dict[tuple[str, ...], str] = {}
        out = []
        for cells in zip(*columns, strict=True):
            text = made.get(cells)
            if text is None:
                text = made[cells] = _qualifier_text(named, cells)
            out.append(text)
        return out


_SIDES = {"subject_": "actor_", "object_": ""}
_ENDS = (("", "actor"), ("", "affected"))


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


def _qualifier_text(named: Sequence[tuple[str, str]], cells: Sequence[str]) -> str:
    """:func:`kgmed.kg.model.canonical_qualifiers` of one row.

    Where two columns mean one qualifier and differ, the second keeps its column's name.
    """
    found: dict[str, str] = {}
    for (column, name), cell in zip(named, cells, strict=True):
        value = cell.strip().removeprefix("biolink:")
        if not value or found.get(name) == value:
            continue
        if name not in found:
            found[name] = value
        elif column:  # an 'affected' column of the file's own wins
            found[column] = value
    return _canonical(found) if found else ""


def _stripped(column: Sequence[str]) -> list[str]:
    table = {cell: cell.strip() for cell in set(column)}
    return [table[cell] for cell in column]


def _first(given: dict[str, Sequence[str]], *names: str) -> list[str] | None:
    """The first of some columns that has something, row by row; None where there is nothing."""
    columns = [given[name] for name in names if name in given and any(given[name])]
    if not columns:
        return None
    if len(columns) == 1:
        return [cell.strip() for cell in columns[0]]
    return [
        next((c.strip() for c in cells if c.strip()), "") for cells in zip(*columns, strict=True)
    ]


def _publications(lists: Sequence[list[str]]) -> list[list[str]]:
    made: dict[str, str] = {}
    return [
        [made.get(item) or made.setdefault(item, _publication(item)) for item in items]
        if items
        else items
        for items in lists
    ]


def _publication(text: str) -> str:
    """A reference as kgmed writes it: a CURIE normalised, anything else as it is."""
    try:
        return text if "://" in text else normalize(text)
    except CurieError:
        return text
