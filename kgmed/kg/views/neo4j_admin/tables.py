"""What each file of data holds, as SQL over the views of a graph, and how neo4j-admin reads it.

The views are those of :func:`kgmed.kg.layers.define`; the tables ``degree`` (cid, degree),
``retracted`` and ``marker`` are made by :mod:`.write`. What is gathered per concept is written in
parts, a range of concept numbers after the other, so that memory doesn't grow with the graph.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from kgmed.kg.layers import literal
from kgmed.kg.store.names import MAPPING_FIELDS
from kgmed.kg.views import neo4j_schema as schema

Kind = Literal["row", "number", "text", "code", "list", "items", "labels"]
"""What a column holds. A ``row`` is a number of its own for each row of all files of a label, a
``code`` a text that can't hold a line break or be empty; ``items`` are texts joined by U+001E, and
``labels`` a list that is read as labels."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its SQL, and the dictionary (a small table) that its texts come from, if one."""

    name: str
    sql: str
    kind: Kind = "text"
    dictionary: str = ""


@dataclass(frozen=True, slots=True)
class Read:
    """One way to read a file: as nodes of a label or relationships of a type ('': a column says).

    ``heads`` gives what neo4j-admin takes each column for; columns without one are ignored.
    """

    what: Literal["nodes", "relationships"]
    token: str
    heads: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Look:
    """Where line breaks and U+001F are looked for before a table is written: SQL of texts, and of
    those that become items of lists."""

    rows: str
    texts: tuple[str, ...]
    items: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Table:
    """One kind of row: ``rows`` is what follows FROM, ``where`` what follows WHERE.

    Where that speaks of ``@RANGE``, a condition on cid, the table is written in parts. ``looks``
    are cheaper than looking at the rows themselves, which is done without any.
    """

    name: str
    rows: str
    columns: tuple[Column, ...]
    reads: tuple[Read, ...]
    where: str = "true"
    looks: tuple[Look, ...] = ()

    @property
    def parted(self) -> bool:
        """Whether it is written in parts."""
        return RANGE in self.rows


RANGE = "@RANGE"


def _texts(*names: str) -> tuple[Column, ...]:
    return tuple(Column(name, name) for name in names)


def _same(*names: str) -> dict[str, str]:
    return {name: name for name in names}


def _id(group: str) -> str:
    """A node's number in its group, which its label is the key of."""
    return f":ID({group})"


def _start(group: str) -> str:
    return f":START_ID({group})"


def _end(group: str) -> str:
    return f":END_ID({group})"


NUMBER = Column("row", "row_number() OVER ()", "row")
C = schema.CONCEPT

_SAID = (
    Column("id", "lower(hex(r.id))", "code"),
    Column("negated", "negated", "number"),
    Column("qualifiers", "qualifiers"),
    Column("primary_knowledge_source", "primary_knowledge_source", dictionary="profile"),
    Column("source_record", "source_record", "items"),
    Column("publications", "publications", "items"),
    Column("release", "release", dictionary="profile"),
    Column("licence", "licence", dictionary="profile"),
    Column("text", "text"),
    Column("original_subject", "original_subject"),
    Column("original_predicate", "original_predicate", dictionary="profile"),
    Column("original_object", "original_object"),
    Column("knowledge_level", "knowledge_level", dictionary="profile"),
    Column("agent_type", "agent_type", dictionary="profile"),
)
_SAID_HEADS = {
    column.name: {"negated": "negated:boolean", "source_record": "source_record:string[]",
                  "publications": "publications:string[]"}.get(column.name, column.name)
    for column in _SAID
}  # fmt: skip
_TYPE = Column("type", "predicate", dictionary="predicate")
_ROWS = "rows r JOIN profile USING (profile) JOIN predicate USING (p)"

_RESERVED = ", ".join(map(literal, schema.LABELS))
CONCEPTS = Table(
    "concepts",
    f"""(SELECT * FROM concepts WHERE {RANGE}) c
    LEFT JOIN (SELECT cid, list({{'language': language, 'text': text}} ORDER BY n) AS names
               FROM names WHERE kind = 'preferred' AND {RANGE} GROUP BY cid) USING (cid)
    LEFT JOIN (SELECT * FROM degree WHERE {RANGE}) USING (cid)""",
    (
        Column("cid", "cid", "number"),
        Column("id", "id"),
        Column("name", "coalesce(list_filter(names, lambda x: x.language = 'en')[1].text,"
                       " names[1].text)"),
        Column("labels", f"list_filter(categories, lambda x: x NOT IN ({_RESERVED}))", "labels"),
        Column("categories", "categories", "list"),
        Column("preferred_languages", "list_transform(names, lambda x: x.language)", "list"),
        Column("preferred_names", "list_transform(names, lambda x: x.text)", "list"),
        Column("equivalent_ids", "equivalent_ids", "list"),
        Column("sources", "sources", "list"),
        Column("degree", "coalesce(degree, 0)", "number"),
    ),
    (
        Read("nodes", C, {
            "cid": _id(C), "labels": ":LABEL", "degree": "degree:long", **_same("id", "name"),
            **{name: f"{name}:string[]" for name in (
                "categories", "preferred_languages", "preferred_names", "equivalent_ids", "sources"
            )},
        }),
    ),
    looks=(
        Look("names WHERE kind = 'preferred'", (), ("language", "text")),
        Look("concepts", ("id",), tuple(
            f"array_to_string({name}, '')" for name in ("categories", "equivalent_ids", "sources")
        )),
    ),
)  # fmt: skip

IDENTIFIERS = Table(
    "identifiers",
    "ids",
    (NUMBER, Column("cid", "cid", "number"), Column("id", "curie")),
    (
        Read("nodes", schema.IDENTIFIER, {"row": _id(schema.IDENTIFIER), "id": "id"}),
        Read("relationships", schema.IDENTIFIES, {
            "row": _start(schema.IDENTIFIER), "cid": _end(C),
        }),
    ),
)  # fmt: skip

_PLACE = "n - first"
NAMES = Table(
    "names",
    f"""(SELECT * FROM names WHERE {RANGE}) m
    JOIN (SELECT cid, id FROM concepts WHERE {RANGE}) USING (cid)
    JOIN (SELECT cid, min(n) AS first FROM names WHERE {RANGE} GROUP BY cid) USING (cid)""",
    (
        NUMBER,
        Column("cid", "cid", "number"),
        Column("uid", schema.uid_sql("id", _PLACE), "code"),
        Column("n", _PLACE, "number"),
        Column("text", "text"),
        *_texts("language", "kind", "source"),
        Column("key", f"CASE WHEN strlen(key) <= {schema.KEY_BYTES} THEN key END"),
    ),
    (
        Read("nodes", schema.NAME, {
            "row": _id(schema.NAME), "n": "n:long",
            **_same("uid", "text", "language", "kind", "source", "key"),
        }),
        Read("relationships", schema.HAS_NAME, {"cid": _start(C), "row": _end(schema.NAME)}),
    ),
    looks=(Look("names", ("text", "language", "kind", "source", "key")),),
)  # fmt: skip

STATEMENTS = Table(
    "statements",
    _ROWS,
    (Column("s", "s", "number"), Column("o", "o", "number"), _TYPE, *_SAID),
    (Read("relationships", "", {"s": _start(C), "o": _end(C), "type": ":TYPE", **_SAID_HEADS}),),
    where="o IS NOT NULL",
)

VALUES = Table(
    "values",
    _ROWS,
    (
        NUMBER,
        Column("s", "s", "number"),
        _TYPE,
        *_SAID,
        *_texts("value", "value_type", "unit", "value_language"),
    ),
    (
        Read("nodes", schema.VALUE, {
            "row": _id(schema.VALUE), **_same("id", "value", "unit"),
            "value_type": "type", "value_language": "language",
        }),
        Read("relationships", "", {
            "s": _start(C), "row": _end(schema.VALUE), "type": ":TYPE", **_SAID_HEADS,
        }),
    ),
    where="o IS NULL",
)  # fmt: skip


def _mappings(name: str, where: str, ends: tuple[str, ...]) -> Table:
    """Mappings of which the same ends are concepts of the graph."""
    heads = {field: field for field in MAPPING_FIELDS} | {"confidence": "confidence:double"}
    return Table(
        name,
        "mappings",
        (
            NUMBER,
            *(Column(end, end, "number") for end in ends),
            Column("uid", schema.uid_sql(*MAPPING_FIELDS), "code"),
            *(
                Column(field, field, "number" if field == "confidence" else "text")
                for field in MAPPING_FIELDS
            ),
        ),
        (
            Read("nodes", schema.MAPPING, {"row": _id(schema.MAPPING), "uid": "uid", **heads}),
            *(
                Read("relationships", schema.HAS_MAPPING, {
                    end: _start(C), "row": _end(schema.MAPPING),
                })
                for end in ends
            ),
        ),
        where=where,
    )  # fmt: skip


_BOTH = "subject_cid IS NOT NULL AND object_cid IS NOT NULL AND subject_cid <> object_cid"
MAPPINGS = (
    _mappings("mappings-two", _BOTH, ("subject_cid", "object_cid")),
    _mappings(
        "mappings-one",
        "subject_cid IS NOT NULL AND (object_cid IS NULL OR object_cid = subject_cid)",
        ("subject_cid",),
    ),
    _mappings("mappings-object", "subject_cid IS NULL AND object_cid IS NOT NULL", ("object_cid",)),
    _mappings("mappings-none", "subject_cid IS NULL AND object_cid IS NULL", ()),
)

_FIELDS = ("path", "a.id", "b.id", "steps")
PATHS = Table(
    "paths",
    'paths JOIN concepts a ON a.cid = start JOIN concepts b ON b.cid = "end"',
    (
        NUMBER,
        Column("first", "start", "number"),
        Column("last", '"end"', "number"),
        Column("uid", schema.uid_sql(*_FIELDS), "code"),
        Column("path", "path"),
        Column("start", "a.id"),
        Column("end", "b.id"),
        Column("steps", "steps"),
    ),
    (
        Read("nodes", schema.PATH, {
            "row": _id(schema.PATH), **_same("uid", "path", "start", "end", "steps"),
        }),
        Read("relationships", schema.STARTS_PATH, {"first": _start(C), "row": _end(schema.PATH)}),
        Read("relationships", schema.ENDS_PATH, {"row": _start(schema.PATH), "last": _end(C)}),
    ),
)  # fmt: skip

_RETRACTED = ("id", "reason", "who", "date", "statement")
RETRACTED = Table(
    "retracted",
    "retracted",
    (NUMBER, *_texts(*_RETRACTED)),
    (Read("nodes", schema.RETRACTED, {"row": _id(schema.RETRACTED), **_same(*_RETRACTED)}),),
)

MARKER_TEXTS = (
    "id", "hash", "state", "info", "coverage", "predicates", "created", "loaded",
)  # fmt: skip
MARKER = Table(
    "snapshot",
    "marker",
    (
        NUMBER,
        *_texts(*MARKER_TEXTS),
        Column("format", "format", "number"),
        Column("schema", "schema", "number"),
        Column(schema.PLAIN_ORDER, schema.PLAIN_ORDER, "number"),
    ),
    (
        Read("nodes", schema.SNAPSHOT, {
            "row": _id(schema.SNAPSHOT), **_same(*MARKER_TEXTS),
            "format": "format:long", "schema": "schema:long",
            schema.PLAIN_ORDER: f"{schema.PLAIN_ORDER}:boolean",
        }),
    ),
)  # fmt: skip

TABLES = (CONCEPTS, IDENTIFIERS, NAMES, STATEMENTS, VALUES, *MAPPINGS, PATHS, RETRACTED, MARKER)
