"""Cases of identity as text -> sources' rows, and what identity makes of sources.

``identity_cases.txt`` says how a case is written.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
from support import RowSource, source

from kgmed.builders.identity import IdentityReport, IdentityRules, resolve_identity
from kgmed.builders.source import REPLACED_BY, Source
from kgmed.builders.staging import open_staged, stage
from kgmed.kg.linking.normalize import key

OPERATORS = {
    "=": ("skos:exactMatch", ""),
    "!=": ("skos:exactMatch", "Not"),
    "~": ("oboInOwl:hasDbXref", ""),
    "!~": ("oboInOwl:hasDbXref", "Not"),
    "->": (REPLACED_BY, ""),
    "<": ("skos:broadMatch", ""),
    "close": ("skos:closeMatch", ""),
}
STATED = {"form_of": "form_of", "not_form_of": "form_of", "contains": "has_active_ingredient"}
JUSTIFICATIONS = {
    "curated": "semapv:ManualMappingCuration",
    "lexical": "semapv:LexicalMatching",
}
KINDS = {"b": ("en", "brand"), "a": ("en", "abbreviation"), "zh": ("zh", "preferred")}
_WORD = re.compile(r'(\w*)"([^"]*)"|(\S+)')

Row = dict[str, Any]


@dataclass
class Case:
    """What sources say, and what is expected: (leader, members) of classes, and fates."""

    title: str
    tables: dict[str, dict[str, list[Row]]] = field(default_factory=dict)
    classes: set[tuple[str, frozenset[str]]] = field(default_factory=set)
    fates: list[tuple[str, str, str, str]] = field(default_factory=list)

    def sources(self) -> list[RowSource]:
        """A source of each name; ``a`` is ``infores:a``, as is ``a#2``."""
        return [
            source(name if name == "override" else f"infores:{name.partition('#')[0]}", **tables)
            for name, tables in self.tables.items()
        ]

    def add(self, line: str) -> None:
        words = [match.groups() for match in _WORD.finditer(line)]
        name, id, third = words[0][2], words[1][2], words[2][2]
        tables = self.tables.setdefault(
            name, {"concepts": [], "names": [], "statements": [], "mappings": []}
        )
        if third in STATED:
            predicate, negated = STATED[third], third.startswith("not_")
            row = {"subject": id, "predicate": predicate, "object": words[3][2], "negated": negated}
            tables["statements"].append(row)
        elif third in OPERATORS:
            tables["mappings"].append(_mapping(id, third, words[3][2], words[4:]))
        else:
            plain = "preferred"
            for prefix, text, _ in words[2:]:
                if text is not None:
                    language, kind = KINDS.get(prefix, ("en", plain))
                    tables["names"].append(
                        {"id": id, "text": text, "language": language, "kind": kind}
                    )
                    plain = "synonym" if not prefix else plain
            categories = [word for _, text, word in words[2:] if text is None]
            if categories:
                tables["concepts"].append({"id": id, "categories": categories})

    @property
    def ids(self) -> set[str]:
        """Every id that some source speaks of."""
        return {
            row[column]
            for tables in self.tables.values()
            for rows in tables.values()
            for row in rows
            for column in ("id", "subject", "object")
            if column in row
        }


def _mapping(subject: str, operator: str, object: str, rest: Sequence[tuple[str, ...]]) -> Row:
    predicate, modifier = OPERATORS[operator]
    row: Row = {
        "subject": subject, "predicate": predicate, "object": object, "modifier": modifier,
        "justification": "semapv:UnspecifiedMatching",
    }  # fmt: skip
    labels = [text for _, text, _ in rest if text is not None]
    if labels:
        row["subject_label"], row["object_label"] = labels
    for _, text, word in rest:
        if text is None and word in JUSTIFICATIONS:
            row["justification"] = JUSTIFICATIONS[word]
        elif text is None:
            row["confidence"] = float(word)
    return row


def cases(path: Path) -> Iterator[Case]:
    """The cases of a file; a line that is none of a case's kinds is an error."""
    case: Case | None = None
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        where = f"{path.name} line {number}"
        if line.startswith("# "):
            if case is not None:
                yield case
            case = Case(line[2:])
        elif case is None or not line or line.startswith("== "):
            continue
        elif line.startswith("=> "):
            for group in re.findall(r"\{[^}]*\}|\S+", line[3:]):
                members = group.strip("{}").split()
                case.classes.add((members[0], frozenset(members)))
        elif line.startswith("!! "):
            subject, object, status, *words = line[3:].replace(":  ", ": ").split(" ")
            case.fates.append((subject, object, status.rstrip(":"), " ".join(words)))
        else:
            try:
                case.add(line)
            except (ValueError, IndexError, KeyError) as error:
                raise ValueError(f"{where}: found {line!r}, expected a row of a case") from error
    if case is not None:
        yield case


@dataclass
class Resolved:
    """What identity made of some sources: ``leader`` of each id, and the mappings' fates."""

    leader: dict[str, str]
    fates: dict[tuple[str, str], list[tuple[str, str]]]
    report: IdentityReport

    @property
    def classes(self) -> set[tuple[str, frozenset[str]]]:
        """(leader, members) of each class."""
        members: dict[str, set[str]] = {}
        for id, leader in self.leader.items():
            members.setdefault(leader, set()).add(id)
        return {(leader, frozenset(ids)) for leader, ids in members.items()}

    def one(self, *ids: str) -> bool:
        """Whether the ids share a concept."""
        return len({self.leader[id] for id in ids}) == 1

    def apart(self, *ids: str) -> bool:
        """Whether each of the ids has a concept of its own."""
        return len({self.leader[id] for id in ids}) == len(ids)

    def fate(self, subject: str, object: str) -> tuple[str, str]:
        """(status, reason) of the only mapping between two ids."""
        (found,) = self.fates[subject, object]
        return found


def in_memory() -> duckdb.DuckDBPyConnection:
    """A connection as :func:`kgmed.builders.staging.connect` makes them, for a few rows."""
    connection = duckdb.connect()
    connection.execute("SET threads = 1")
    connection.create_function("kgmed_key", key, ["VARCHAR"], "VARCHAR")
    return connection


def resolved(connection: duckdb.DuckDBPyConnection, folder: Path, *sources: Source) -> Resolved:
    """Stage sources in ``folder`` and resolve their ids as a build does."""
    staged = [stage(one, folder / str(number)) for number, one in enumerate(sources)]
    for one in staged:
        files = one.report.files.values()
        assert all(f["read"] == f["kept"] + sum(f["skipped"].values()) for f in files)
    open_staged(connection, staged)
    report = resolve_identity(connection, IdentityRules())
    leader = dict(connection.execute("SELECT id, leader FROM id_class").fetchall())
    fates: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for subject, object, status, reason in connection.execute(
        "SELECT DISTINCT subject, object, status, reason FROM mapping_out ORDER BY ALL"
    ).fetchall():
        fates.setdefault((subject, object), []).append((status, reason))
    return Resolved(leader, fates, report)
