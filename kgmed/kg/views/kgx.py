"""The graph as KGX: node and edge files, TSV or JSON Lines, that Biolink's tools read.

Every column is a slot of the Biolink model (https://biolink.github.io/biolink-model/), and what it
has no slot for - the language, kind and source of a name, a statement's release, licence and
qualifiers, statements with a value - stands in ``has_attribute`` as ``kgmed:`` and a JSON object.
kgmed's reader (:mod:`kgmed.builders.kgx`) takes it from there, so that nothing is lost; other
readers have a text more. KGX's TSV can't hold a tab or a line break in a cell, nor ``|`` in an item
of a list: they become a blank and ``¦``, and the text as it is goes to ``has_attribute`` too, where
JSON escapes it.

Lines are put together by DuckDB, concept by concept in the order of numbers, and written as they
come: memory is that of a part of the nodes. Curated paths have no form in KGX.
"""

from __future__ import annotations

import gzip
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from typing import IO, TYPE_CHECKING, Literal, cast, get_args

from kgmed.kg.categories import PARENTS
from kgmed.kg.curies import PREFIXES
from kgmed.kg.layers import literal
from kgmed.kg.predicates import Registry
from kgmed.kg.quiet import no_progress_bar
from kgmed.kg.store.csr import DETAIL_ITEM
from kgmed.kg.store.snapshot import Snapshot
from kgmed.kg.views.licensing import define
from kgmed.kg.views.written import KgxWritten

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

Format = Literal["jsonl", "tsv"]
FORMATS: tuple[Format, ...] = get_args(Format)
Progress = Callable[[str], None]

NODE_SLOTS = (
    "id", "category", "name", "synonym", "description", "equivalent_identifiers", "provided_by",
    "has_attribute",
)  # fmt: skip
EDGE_SLOTS = (
    "id", "category", "subject", "predicate", "object", "negated", "qualifiers", "publications",
    "primary_knowledge_source", "knowledge_level", "agent_type", "original_subject",
    "original_predicate", "original_object", "supporting_text", "has_attribute",
)  # fmt: skip
LISTS = frozenset(
    ("category", "synonym", "equivalent_identifiers", "provided_by", "has_attribute", "qualifiers",
     "publications", "supporting_text")
)  # fmt: skip
"""Slots that hold lists."""

ATTRIBUTE = "kgmed:"
"""What an item of ``has_attribute`` begins with that holds what KGX has no slot for."""
STATEMENT = "kgmed.statement:"
"""Prefix of an edge's id; the statement's id follows."""

LEVELS = ("knowledge_assertion", "logical_entailment", "prediction", "statistical_association",
          "observation", "not_provided")  # fmt: skip
AGENTS = ("manual_agent", "automated_agent", "data_analysis_pipeline", "computational_model",
          "text_mining_agent", "image_processing_agent", "manual_validation_of_automated_agent",
          "not_provided")  # fmt: skip
"""Biolink's KnowledgeLevelEnum and AgentTypeEnum."""

NO_NODES = ("ChemicalRole", "ClinicalAttribute", "DrugClass", "Publication",
            "SituationWithExplicitContext")  # fmt: skip
"""Categories that Biolink lacks, or that ask for slots which kgmed can't fill: such a node is a
NamedThing to others, and keeps its category in ``has_attribute``."""

_NO = "not_provided"
_RELATED = "biolink:related_to"
_DEFINITION = "has_definition"

PART = 200_000
"""Concepts whose nodes are put together at a time."""


def write_kgx(
    snapshot: Snapshot,
    folder: Path,
    registry: Registry,
    *,
    format: Format = "jsonl",
    compress: bool = False,
    allow: Sequence[str] = (),
    memory: str = "3GB",
    progress: Progress = lambda _text: None,
) -> KgxWritten:
    """Write ``nodes`` and ``edges`` into a folder, as ``.tsv`` or ``.jsonl``, ``.gz`` or not.

    ``allow`` names licences or sources that may leave though they aren't open. A file takes its
    name once it is whole. Raises :class:`~kgmed.kg.errors.UsageError` for a name that the graph
    doesn't know.
    """
    import duckdb

    folder.mkdir(parents=True, exist_ok=True)
    ending = f"{format}.gz" if compress else format
    with (
        tempfile.TemporaryDirectory(prefix=".kgx-", dir=folder) as work,
        closing(duckdb.connect()) as connection,
    ):
        no_progress_bar(connection)
        connection.execute(f"SET memory_limit = {literal(memory)}")
        connection.execute(f"SET temp_directory = {literal(work)}")
        leaving = define(connection, snapshot, allow=allow)
        _dictionaries(connection, registry, format)
        _spell_concepts(connection, format)
        write = _Lines(connection, format, compress=compress)
        progress("nodes")
        write.file(Path(work, "nodes"), NODE_SLOTS, _node_parts(connection, format))
        progress("edges")
        _prepare_edges(connection, format)
        write.file(Path(work, "edges"), EDGE_SLOTS, [_edges(format)])
        rows = connection.execute("""
            SELECT (SELECT count(*) FROM spelled_concept),
                   count(*) FILTER (o IS NOT NULL), count(*) FILTER (o IS NULL),
                   (SELECT count(*) FROM paths)
            FROM rows""").fetchall()[0]
        files = [folder / f"{name}.{ending}" for name in ("nodes", "edges")]
        for file in files:
            Path(work, file.name.partition(".")[0]).replace(file)
    nodes, edges = map(str, files)
    concepts, statements, values, paths = (int(n) for n in rows)
    return KgxWritten(nodes, edges, leaving, concepts, statements, values, paths)


class _Lines:
    """Writes the one column of queries, whose texts end their own lines."""

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, format: Format, *, compress: bool
    ) -> None:
        self._connection, self._format, self._compress = connection, format, compress

    def file(self, path: Path, slots: Sequence[str], queries: Iterable[str]) -> None:
        with ExitStack() as stack:
            if self._compress:  # without a name or a time: the same rows, the same bytes
                plain = stack.enter_context(path.open("wb"))
                made = gzip.GzipFile("", "wb", compresslevel=5, fileobj=plain, mtime=0)
                file = cast("IO[bytes]", stack.enter_context(made))
            else:
                file = stack.enter_context(path.open("wb"))
            if self._format == "tsv":
                file.write(("\t".join(slots) + "\n").encode())
            for query in queries:
                for batch in self._connection.sql(query).to_arrow_reader(100_000):
                    file.write(_bytes(batch.column(0)))


def _bytes(column: pa.Array) -> memoryview:
    """The bytes of a column of texts, one after the other, as they lie in memory."""
    import numpy as np
    import pyarrow as pa

    _valid, offsets, data = column.buffers()
    if data is None:
        return memoryview(b"")
    kind = np.int64 if pa.types.is_large_string(column.type) else np.int32
    ends = np.frombuffer(offsets, kind)[column.offset : column.offset + len(column) + 1]
    return memoryview(data)[int(ends[0]) : int(ends[-1])]


def _dictionaries(
    connection: duckdb.DuckDBPyConnection, registry: Registry, format: Format
) -> None:
    """``slot(predicate, cell, name)``: the Biolink predicate as a cell, and kgmed's own where that
    isn't what the reader makes of it."""
    names = [name for (name,) in connection.execute("SELECT predicate FROM predicate").fetchall()]
    rows = []
    for name in dict.fromkeys(names):
        slot = _slot(registry, name)
        known = registry.from_label("biolink", slot)
        same = known is not None and not known[1] and known[0].name == name
        rows.append((name, slot, "" if same else name))
    spelled = ", ".join(
        f"{literal(prefix)}: {literal(entry.biolink)}" for prefix, entry in PREFIXES.items()
    )
    connection.execute(f"""
        CREATE MACRO spelled(id) AS
        coalesce((MAP {{{spelled}}})[split_part(id, ':', 1)], split_part(id, ':', 1))
        || substr(id, instr(id, ':'))""")
    connection.execute("CREATE TABLE slot(predicate VARCHAR, cell VARCHAR, name VARCHAR)")
    if rows:
        connection.executemany("INSERT INTO slot VALUES (?, ?, ?)", rows)
    connection.execute(f"UPDATE slot SET cell = {_text(format, 'cell')}")


def _slot(registry: Registry, name: str) -> str:
    """The Biolink predicate of a predicate, or the nearest one."""
    entry = registry.get(name)
    return (entry.biolink or entry.nearest if entry else "") or _RELATED


def _spell_concepts(connection: duckdb.DuckDBPyConnection, format: Format) -> None:
    """``spelled_concept(cid, id, cell)``: ids in Biolink's spelling, and as a cell."""
    connection.execute(f"""
        CREATE TABLE spelled_concept AS
        SELECT cid, spelled(id) AS id, {_text(format, "spelled(id)")} AS cell
        FROM concepts ORDER BY cid""")


# Cells --------------------------------------------------------------------------------------------


def _text(format: Format, value: str) -> str:
    """A text as a cell, or as JSON."""
    if format == "jsonl":
        return f"to_json({value})::VARCHAR"
    return f"regexp_replace({value}, '[\\t\\r\\n]', ' ', 'g')"


def _list(format: Format, values: str) -> str:
    """A list of texts as a cell, or as JSON."""
    if format == "jsonl":
        return f"to_json({values})::VARCHAR"
    items = f"list_transform({values}, lambda x: replace(x, '|', '¦'))"
    return _text(format, f"array_to_string({items}, '|')")


def _is_lossy(format: Format, value: str, *, listed: bool = False) -> str:
    """Whether a text comes back otherwise than it is: readers drop blanks at the ends, and TSV
    can't hold some characters."""
    blank = r"[\s\p{Z}\p{C}]"
    inside = f"|[\\t\\r\\n{'|' if listed else ''}]" if format == "tsv" else ""
    return f"regexp_matches({value}, '^{blank}|{blank}${inside}')"


def _are_lossy(format: Format, values: str) -> str:
    """The same of a statement's list of texts; plain ASCII is safe."""
    plain = "[!-{}~" if format == "tsv" else "[!-~"
    return f"{values} <> '' AND NOT regexp_full_match({values}, '{plain}{DETAIL_ITEM}]*')"


def _line(format: Format, slots: Sequence[str], cells: dict[str, tuple[str, str]]) -> str:
    """The text of a row, of slot -> (cell, condition that it is there)."""
    if format == "tsv":
        parts = [
            f"CASE WHEN {when} THEN {cell} ELSE '' END" if when != "true" else cell
            for cell, when in (cells[slot] for slot in slots)
        ]
        return " || chr(9) || ".join(parts) + " || chr(10)"
    parts = []
    for number, slot in enumerate(slots):
        cell, when = cells[slot]
        text = f"'{',' if number else '{'}\"{slot}\":' || {cell}"
        parts.append(f"CASE WHEN {when} THEN {text} ELSE '' END" if when != "true" else text)
    return " || ".join(parts) + " || '}' || chr(10)"


def _members(fields: dict[str, tuple[str, str]]) -> str:
    """The members of a JSON object, of name -> (JSON text, condition), a comma before each."""
    return " || ".join(
        f"CASE WHEN {when} THEN ',\"{name}\":' || {json} ELSE '' END"
        for name, (json, when) in fields.items()
    )


def _object(members: str) -> str:
    return f"'{{' || substr({members}, 2) || '}}'"


def _json(value: str) -> str:
    return f"to_json({value})::VARCHAR"


def _json_items(column: str) -> str:
    """The items of a statement's details as JSON; mostly there is one."""
    return f"""CASE WHEN contains({column}, '{DETAIL_ITEM}') THEN {_json(_items(column))}
               ELSE '[' || {_json(column)} || ']' END"""


def _items(column: str) -> str:
    """The items of a statement's details that are lists."""
    return f"CASE {column} WHEN '' THEN [] ELSE string_split({column}, '{DETAIL_ITEM}') END"


# Edges --------------------------------------------------------------------------------------------


def _among(column: str, known: Sequence[str]) -> str:
    return f"{column} IN ({', '.join(map(literal, known))})"


def _prepare_edges(connection: duckdb.DuckDBPyConnection, format: Format) -> None:
    """``frame``: what many edges share, made once for each profile."""
    level = f"CASE WHEN {_among('knowledge_level', LEVELS)} THEN knowledge_level ELSE '{_NO}' END"
    agent = f"CASE WHEN {_among('agent_type', AGENTS)} THEN agent_type ELSE '{_NO}' END"
    head = _members({
        "release": (_json("release"), "release <> ''"),
        "licence": (_json("licence"), "licence <> ''"),
        "knowledge_level": (_json("knowledge_level"), f"NOT {_among('knowledge_level', LEVELS)}"),
        "agent_type": (_json("agent_type"), f"NOT {_among('agent_type', AGENTS)}"),
        "original_predicate": (_json("original_predicate"),
                               _is_lossy(format, "original_predicate")),
    })  # fmt: skip
    escaped = f"regexp_extract(to_json({head})::VARCHAR, '^\"(.*)\"$', 1)"
    connection.execute(f"""
        CREATE TABLE frame AS
        SELECT profile, {_text(format, "primary_knowledge_source")} AS source,
               {_text(format, level)} AS level, {_text(format, agent)} AS agent,
               CASE WHEN original_predicate <> '' THEN {_text(format, "original_predicate")}
                    ELSE '' END AS original_predicate,
               {escaped if format == "jsonl" else head} AS head
        FROM profile""")


def _edges(format: Format) -> str:
    """The query of the edges' lines."""
    said = """list_transform(json_keys(qualifiers::JSON),
                lambda k: k || '=' || (qualifiers::JSON ->> k))"""
    pmid = "lambda x: regexp_replace(x, '^pubmed:(\\d+)$', 'PMID:\\1')"
    references = f"list_transform({_items('publications')}, {pmid})"
    quote, quoted = ('"', """ || '"'""") if format == "jsonl" else ("", "")

    def original(end: str) -> str:
        """An end as its source has it, mostly the concept's own id, whose cell is there."""
        other = f"spelled(original_{end})"
        return f"CASE WHEN {other} = {end}_id THEN {end} ELSE {_text(format, other)} END"

    extra = _members({
        "predicate": (_json("name"), "name <> ''"),
        "qualifiers": ("qualifiers", "qualifiers <> ''"),
        "source_record": (_json_items("source_record"), "source_record <> ''"),
        "publications": (_json(_items("publications")),
                         _are_lossy(format, "publications")),
        "text": (_json("text"), _is_lossy(format, "text", listed=True)),
    })  # fmt: skip
    cells = {
        "id": (f"'{quote}{STATEMENT}' || lower(hex(sid)){quoted}", "true"),
        "category": (_list(format, "['biolink:Association']"), "true"),
        "subject": ("subject", "true"),
        "predicate": ("slot", "true"),
        "object": ("object", "true"),
        "negated": ("'true'", "negated"),
        "qualifiers": (_list(format, said), "qualifiers <> ''"),
        "publications": (_list(format, references), "publications <> ''"),
        "primary_knowledge_source": ("source", "true"),
        "knowledge_level": ("level", "true"),
        "agent_type": ("agent", "true"),
        "original_subject": (original("subject"), "original_subject <> ''"),
        "original_predicate": ("original_predicate", "original_predicate <> ''"),
        "original_object": (original("object"), "original_object <> ''"),
        "supporting_text": (_list(format, "[text]"), "text <> ''"),
        "has_attribute": (_said(format), "true"),
    }
    return f"""
        SELECT {_line(format, EDGE_SLOTS, cells)} FROM (
          SELECT *, {extra} AS extra FROM (
            SELECT t.* EXCLUDE (id), t.id AS sid, f.* EXCLUDE (profile), a.cell AS subject,
                   b.cell AS object, a.id AS subject_id, b.id AS object_id, negated,
                   l.cell AS slot, l.name
            FROM rows t JOIN frame f USING (profile) JOIN predicate USING (p)
            JOIN slot l USING (predicate)
            JOIN spelled_concept a ON a.cid = t.s JOIN spelled_concept b ON b.cid = t.o))"""


def _said(format: Format) -> str:
    """The cell of an edge's ``has_attribute``: the members of ``head``, which are escaped for JSON
    already, and of ``extra``."""
    if format == "tsv":
        return f"replace('{ATTRIBUTE}' || {_object('head || extra')}, '|', '\\u007c')"
    rest = "CASE extra WHEN '' THEN '}\"' ELSE substr(to_json(extra || '}')::VARCHAR, 2) END"
    both = f"CASE head || extra WHEN '' THEN '}}\"' ELSE substr(head || {rest}, 2) END"
    return f"""'["{ATTRIBUTE}{{' || {both} || ']'"""


def _attribute(format: Format) -> str:
    """The cell of ``has_attribute`` that holds ``extra``."""
    text = f"'{ATTRIBUTE}' || extra"
    return f"replace({text}, '|', '\\u007c')" if format == "tsv" else _list(format, f"[{text}]")


# Nodes --------------------------------------------------------------------------------------------


def _node_parts(connection: duckdb.DuckDBPyConnection, format: Format) -> Iterator[str]:
    """The queries of the nodes' lines, each for some of the concepts."""
    fields = _members({
        "predicate": (_json("predicate"), "true"),
        "negated": ("'true'", "negated"),
        "value": (_json("value"), "true"),
        "type": (_json("value_type"), "true"),
        "unit": (_json("unit"), "unit <> ''"),
        "language": (_json("value_language"), "value_language <> ''"),
        "qualifiers": ("qualifiers", "qualifiers <> ''"),
        "primary_knowledge_source": (_json("primary_knowledge_source"), "true"),
        "source_record": (_json(_items("source_record")), "source_record <> ''"),
        "publications": (_json(_items("publications")), "publications <> ''"),
        "release": (_json("release"), "release <> ''"),
        "licence": (_json("licence"), "licence <> ''"),
        "text": (_json("text"), "text <> ''"),
        "original_subject": (_json("original_subject"), "original_subject <> ''"),
        "original_predicate": (_json("original_predicate"), "original_predicate <> ''"),
        "knowledge_level": (_json("knowledge_level"), f"knowledge_level <> '{_NO}'"),
        "agent_type": (_json("agent_type"), f"agent_type <> '{_NO}'"),
    })  # fmt: skip
    connection.execute(f"""
        CREATE TABLE valued AS
        SELECT s AS cid, '[' || string_agg({_object(fields)}, ',' ORDER BY p, id) || ']' AS said,
               arg_min(value, (value_language <> 'en', value_language, id))
                 FILTER (predicate = '{_DEFINITION}' AND NOT negated) AS description
        FROM rows JOIN profile USING (profile) JOIN predicate USING (p)
        WHERE o IS NULL GROUP BY s""")
    (last,) = connection.execute("SELECT coalesce(max(cid), -1) FROM spelled_concept").fetchall()[0]
    for first in range(0, last + 1, PART):
        yield _nodes(format, f"cid >= {first} AND cid < {first + PART}")


def _nodes(format: Format, chosen: str) -> str:
    """The query of the lines of some nodes."""
    extra = _members({
        "names": (_json("names"), "names IS NOT NULL"),
        "categories": (_json("categories"), "len(slots) < len(categories)"),
        "values": ("said", "said IS NOT NULL"),
    })  # fmt: skip
    known = ", ".join(literal(name) for name in PARENTS if name not in NO_NODES)
    others = "list_filter(list_transform(names, lambda x: x[1]), lambda x: x <> name)"
    cells = {
        "id": (_text(format, "id"), "true"),
        "category": (_list(format, "shown"), "true"),
        "name": (_text(format, "name"), "name IS NOT NULL"),
        "synonym": (_list(format, "synonym"), "len(synonym) > 0"),
        "description": (_text(format, "description"), "description IS NOT NULL"),
        "equivalent_identifiers": (_list(format, "others"), "len(others) > 0"),
        "provided_by": (_list(format, "sources"), "len(sources) > 0"),
        "has_attribute": (_attribute(format), "true"),
    }
    return f"""
        WITH chosen AS MATERIALIZED (SELECT * FROM spelled_concept WHERE {chosen}),
        named AS MATERIALIZED (
          SELECT cid, list([text, language, kind, source] ORDER BY n) AS names,
                 coalesce(arg_min(text, n) FILTER (kind = 'preferred' AND language = 'en'),
                          arg_min(text, n)) AS name
          FROM names WHERE {chosen} GROUP BY cid),
        kind AS MATERIALIZED (
          SELECT cid, categories, sources, equivalent_ids,
                 list_filter(categories, lambda x: x IN ({known})) AS slots
          FROM concepts WHERE {chosen}),
        whole AS (
          SELECT id, categories, slots, sources, names, name, said, description,
                 CASE WHEN len(slots) = 0 THEN ['biolink:NamedThing']
                      ELSE list_transform(slots, lambda x: 'biolink:' || x) END AS shown,
                 list_filter(list_transform(equivalent_ids, lambda x: spelled(x)),
                             lambda x: x <> id) AS others,
                 coalesce(list_distinct({others}), []) AS synonym
          FROM chosen JOIN kind USING (cid) LEFT JOIN named USING (cid)
          LEFT JOIN valued USING (cid) ORDER BY cid)
        SELECT {_line(format, NODE_SLOTS, cells)} FROM (
          SELECT *, {_object(extra)} AS extra FROM whole)"""
