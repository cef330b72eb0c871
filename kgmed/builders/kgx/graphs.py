"""KGX that was a graph of kgmed's: what ``has_attribute`` says of a row comes before its columns.

:mod:`kgmed.kg.views.kgx` writes such rows. Their names keep language, kind, source and place, their
identity isn't decided anew, and a statement has the id that it had. Rows of one file that have no
such item are read as any KGX.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kgmed.builders.columns import Curies
from kgmed.builders.kgx.columns import FALSE, Converted, list_column, texts
from kgmed.builders.rows import Problem, Records, not_a_curie, opened, shown
from kgmed.builders.source import record_batch
from kgmed.kg.model import canonical_qualifiers, statement_id
from kgmed.kg.store.names import NAME_KINDS
from kgmed.kg.views.kgx import ATTRIBUTE, STATEMENT

if TYPE_CHECKING:
    import pyarrow as pa

Said = dict[str, Any]
Plain = Callable[[Records], Converted]
Exact = Callable[[Records, Sequence[Said]], Converted]
SAMPLE = 256 * 1024


def is_graph(path: Path) -> bool:
    """Whether a file of nodes begins with some that kgmed wrote."""
    with opened(path) as file:
        start = file.read(SAMPLE)
    return f"{ATTRIBUTE}{{".encode() in start


class Either:
    """Converts rows that kgmed wrote by ``exact``, all others by ``plain``."""

    def __init__(self, plain: Plain, exact: Exact) -> None:
        self._plain, self._exact = plain, exact

    def __call__(self, records: Records) -> Converted:
        """The rows' problems by position, and their batch."""
        import pyarrow as pa

        texts = _attributes(records)
        ours = [row for row, text in enumerate(texts) if text]
        if not ours:
            return self._plain(records)
        problems: dict[int, Problem] = {}
        said: list[Said] = []
        for row in ours:
            found = _parsed(texts[row])
            if isinstance(found, str):
                problems[row] = _bad("JSON", found)
            else:
                said.append(found)
        if problems:
            return problems, None
        if len(ours) == len(records):
            return self._exact(records, said)
        chosen = set(ours)
        rest = [row for row in range(len(records)) if row not in chosen]
        batches = []
        for rows, (bad, batch) in (
            (ours, self._exact(records.take(ours), said)),
            (rest, self._plain(records.take(rest))),
        ):
            problems |= {rows[at]: problem for at, problem in bad.items()}
            batches += [batch] if batch is not None else []
        if problems or not batches:
            return problems, None
        return {}, pa.Table.from_batches(batches).combine_chunks().to_batches()[0]


def nothing(_records: Records, _said: Sequence[Said] = ()) -> Converted:
    """No rows."""
    return {}, None


def _attributes(records: Records) -> list[str]:
    """The JSON text of each row that kgmed wrote, '' for any other."""
    if "has_attribute" not in records.columns:
        return [""] * len(records)
    found = []
    for items in list_column(records, "has_attribute").to_pylist():
        text = next((item for item in items if item.startswith(ATTRIBUTE + "{")), "")
        found.append(text.removeprefix(ATTRIBUTE))
    return found


@lru_cache(maxsize=4096)
def _parsed(text: str) -> Said | str:
    """A JSON object, or why the text is none."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        return str(error)[:120]
    return found if isinstance(found, dict) else f"a JSON {type(found).__name__}"


def _bad(what: str, found: str) -> Problem:
    return Problem(
        "has_attribute isn't what kgmed writes",
        f"has_attribute with {what} {shown(found)}",
        "what kgmed export kgx writes",
        "Was the file edited? Without the item that begins with kgmed: it is read as any KGX.",
    )


def _lists(records: Records, name: str) -> list[list[str]]:
    return [row or [] for row in list_column(records, name).to_pylist()]


def _texts(records: Records, name: str) -> list[str]:
    found: list[str] = texts(records, name).to_pylist()
    return found


def _is_texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


class Ids:
    """The ids of node records, and the problems of those that have none."""

    def __init__(self) -> None:
        self._curies = Curies()

    def __call__(self, records: Records) -> tuple[list[str], dict[int, Problem]]:
        written = _texts(records, "id")
        ids = [self._curies.one(id) for id in written]
        bad = {row: not_a_curie("id", written[row]) for row, id in enumerate(ids) if not id}
        return ids, bad

    def one(self, written: str) -> str:
        """One CURIE normalised, '' for what is none."""
        return self._curies.one(written)


class Concepts:
    """Nodes -> concepts with their other ids and sources."""

    def __init__(self) -> None:
        self._ids = Ids()

    def __call__(self, records: Records, said: Sequence[Said]) -> Converted:
        ids, problems = self._ids(records)
        shown_as = _lists(records, "category")
        categories: list[list[str]] = []
        others: list[list[str]] = []
        for row, (written, about) in enumerate(
            zip(_lists(records, "equivalent_identifiers"), said, strict=True)
        ):
            found = [self._ids.one(id) for id in written]
            if "" in found:
                problems[row] = not_a_curie("equivalent_identifiers", written[found.index("")])
            others.append(found)
            plain = [name.removeprefix("biolink:") for name in shown_as[row]]
            given = about.get("categories", plain)
            if not _is_texts(given):
                problems[row] = _bad("categories", str(given))
            categories.append(given)
        if problems:
            return problems, None
        sources = _lists(records, "provided_by")
        columns = zip(ids, categories, others, sources, strict=True)
        heads = ("id", "categories", "equivalent_ids", "sources")
        rows = [dict(zip(heads, row, strict=True)) for row in columns]
        return {}, record_batch("concepts", rows)


class Names:
    """Nodes -> names, each with its language, kind, source and place."""

    def __init__(self) -> None:
        self._ids = Ids()

    def __call__(self, records: Records, said: Sequence[Said]) -> Converted:
        ids, problems = self._ids(records)
        heads = ("id", "text", "language", "kind", "source", "position")
        rows: list[Said] = []
        for row, (id, about) in enumerate(zip(ids, said, strict=True)):
            names = about.get("names", [])
            if not isinstance(names, list) or not all(_is_name(name) for name in names):
                problems[row] = _bad("names", str(names))
                continue
            rows += [
                dict(zip(heads, (id, *name, place), strict=True))
                for place, name in enumerate(names, 1)
            ]
        if problems:
            return problems, None
        return {}, record_batch("names", rows) if rows else None


def _is_name(name: object) -> bool:
    """Whether it is a text with its language, kind and source."""
    return _is_texts(name) and len(name) == 4 and name[2] in NAME_KINDS  # type: ignore[arg-type, index]


class Values:
    """Nodes -> statements with a value."""

    def __init__(self) -> None:
        self._ids = Ids()

    def __call__(self, records: Records, said: Sequence[Said]) -> Converted:
        ids, problems = self._ids(records)
        rows: list[Said] = []
        for row, (id, about) in enumerate(zip(ids, said, strict=True)):
            values = about.get("values", [])
            if not isinstance(values, list) or not all(_is_value(value) for value in values):
                problems[row] = _bad("values", str(values))
                continue
            for value in values:
                subject = value.get("original_subject") or id
                told = {"value_type": value["type"], "value_language": value.get("language", "")}
                rows += _statements({**value, **told, "subject": subject, "object": ""})
        if problems:
            return problems, None
        return {}, _statement_batch(rows)


def _is_value(value: object) -> bool:
    """Whether it is an object with a predicate, a value and its type, and all else as it should."""
    return (
        isinstance(value, dict)
        and all(isinstance(value.get(name), str) for name in ("predicate", "value", "type"))
        and _is_details(value)
    )


def _is_details(said: Said) -> bool:
    qualifiers = said.get("qualifiers", {})
    return (
        all(isinstance(said.get(name, ""), str) for name in _TEXTS)
        and all(_is_texts(said.get(name, [])) for name in ("source_record", "publications"))
        and isinstance(qualifiers, dict)
        and all(isinstance(value, str) for value in qualifiers.values())
    )


_TEXTS = (
    "subject", "predicate", "object", "value", "value_type", "unit", "value_language", "text",
    "original_predicate", "knowledge_level", "agent_type", "primary_knowledge_source", "release",
    "licence",
)  # fmt: skip


def _statements(said: Said) -> list[Said]:
    """The rows of a statement: one for each of its source's records, which a build joins again."""
    row = {
        **{name: said.get(name, "") for name in _TEXTS},
        "knowledge_level": said.get("knowledge_level", "not_provided"),
        "agent_type": said.get("agent_type", "not_provided"),
        "qualifiers": canonical_qualifiers(said.get("qualifiers") or {}),
        "publications": said.get("publications", []),
        "negated": bool(said.get("negated")),
        "source_record": "",
    }
    return [{**row, "source_record": record} for record in said.get("source_record", [])] or [row]


class Statements:
    """Edges -> statements under the ids that they had.

    ``predicate`` gives kgmed's name of a Biolink predicate.
    """

    def __init__(self, predicate: Callable[[str], str]) -> None:
        self._predicate = predicate
        self._ids = Ids()

    def __call__(self, records: Records, said: Sequence[Said]) -> Converted:
        columns = {name: _texts(records, name) for name in _EDGE_TEXTS}
        publications = _lists(records, "publications")
        texts = _lists(records, "supporting_text")
        problems: dict[int, Problem] = {}
        rows: list[Said] = []
        for row, about in enumerate(said):
            cells = {name: cells[row] for name, cells in columns.items()}
            if not _is_details(about):
                problems[row] = _bad("a statement", str(about))
                continue
            ends = {}
            for end in ("subject", "object"):
                written = cells[f"original_{end}"] or cells[end]
                ends[end] = self._ids.one(written)
                if not ends[end]:
                    problems[row] = not_a_curie(end, written)
            whole = {
                **{name: cells[name] for name in _SLOTS},
                "text": "".join(texts[row][:1]),
                "publications": [self._ids.one(text) or text for text in publications[row]],
                "negated": cells["negated"].lower() not in FALSE,
                **about,
                **ends,
                "predicate": about.get("predicate") or self._predicate(cells["predicate"]),
            }
            if whole["predicate"] == "broader" and self._was_subclass(cells["id"], whole):
                whole["predicate"] = "subclass_of"
            rows += _statements(whole)
        if problems:
            return problems, None
        return {}, _statement_batch(rows)

    @staticmethod
    def _was_subclass(written: str, row: Said) -> bool:
        """Whether its id says that it was ``subclass_of`` before a build broke a cycle there."""
        id = statement_id(
            primary_knowledge_source=row["primary_knowledge_source"],
            subject=row["subject"],
            predicate="subclass_of",
            object=row["object"],
            negated=row["negated"],
            qualifiers=canonical_qualifiers(row.get("qualifiers") or {}),
        )
        return written == STATEMENT + id


_SLOTS = ("primary_knowledge_source", "knowledge_level", "agent_type", "original_predicate")
_EDGE_TEXTS = (
    "id", "subject", "predicate", "object", "negated", "original_subject", "original_object",
    *_SLOTS,
)  # fmt: skip


def _statement_batch(rows: Sequence[Said]) -> pa.RecordBatch | None:
    return record_batch("statements", rows) if rows else None
