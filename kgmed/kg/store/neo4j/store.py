"""``Neo4jStore``: a graph on a Neo4j server, with the answers of the embedded store."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import asdict
from functools import cached_property
from pathlib import Path as FilePath
from typing import Any, cast

from kgmed.kg.errors import StoreError, UnknownConcept
from kgmed.kg.model import (
    STATEMENT_ID_LENGTH,
    Concept,
    Direction,
    Mapping,
    Path,
    Statement,
    Step,
)
from kgmed.kg.store.base import (
    CoverageRow,
    Edge,
    EdgeDirection,
    GraphInfo,
    Lexicon,
)
from kgmed.kg.store.names import MAPPING_FIELDS
from kgmed.kg.store.neo4j import decode, queries
from kgmed.kg.store.neo4j.address import Address
from kgmed.kg.store.neo4j.connection import Connection, Row, numbers
from kgmed.kg.store.neo4j.lexicon import FetchedNames
from kgmed.kg.store.neo4j.marker import read_marker
from kgmed.kg.views import neo4j_schema as schema

Progress = Callable[[str], None]

IDS_AT_ONCE = 500
"""Ids of one query; what is at them may be many times more."""
PAGE = 500
"""Concepts whose statements a scan holds at once."""
_WATCH_S = 5.0
"""Seconds after which the marker is looked at again: a load may have begun."""
_PREFIX = re.compile(r"[0-9a-f]{8,%d}" % STATEMENT_ID_LENGTH)  # noqa: UP031


class Neo4jStore:
    """A graph on a server; see :class:`kgmed.kg.store.base.GraphStore`.

    ``home`` is where graphs and fetched names are kept. Opening connects and reads the marker. It
    raises :class:`~kgmed.kg.errors.ServerError` where the server can't be used,
    :class:`~kgmed.kg.errors.NotAGraph` where the database holds no graph of kgmed,
    :class:`~kgmed.kg.errors.StoreError` where its load isn't complete and
    :class:`~kgmed.kg.errors.FormatVersion` where another kgmed shaped it.
    """

    expand_at_once = 200

    def __init__(
        self, address: Address, *, home: FilePath, progress: Progress = lambda _text: None
    ) -> None:
        self._home = home
        self._progress = progress
        self._connection = Connection(address)
        self._names: FetchedNames | None = None
        try:
            marker = read_marker(self._connection)
        except BaseException:
            self._connection.close()
            raise
        self._hash = str(marker["hash"])
        self._info = decode.graph_info(json.loads(marker["info"]), address.uri)
        self._known = {str(name) for name, _negated in json.loads(marker["predicates"])}
        self._sorts = bool(marker.get(schema.PLAIN_ORDER)) and (
            numbers(self._connection.version) >= queries.COLLECTS
        )
        self._looked = time.monotonic()

    def __repr__(self) -> str:
        return f"<Neo4jStore {self._connection.where}>"

    def close(self) -> None:
        """Give the connections back, and release the names."""
        self._connection.close()
        if self._names is not None:
            self._names.close()

    def _read(self, query: str, **parameters: Any) -> list[Row]:
        """Ask; now and then see whether the database still holds the snapshot that was opened."""
        if time.monotonic() - self._looked > _WATCH_S:
            found = self._connection.read(queries.STATE)
            if found != [[self._hash, "complete"]]:
                raise StoreError(
                    f"{self._connection.where}: the database changed while it was open: a load "
                    "began, or another snapshot took this one's place. Open the graph again."
                )
            self._looked = time.monotonic()
        return self._connection.read(query, **parameters)

    def _of_each(self, query: str, ids: Sequence[str], **parameters: Any) -> list[list[Row]]:
        """For each id the rows of a query, without the place that they begin with."""
        found: list[list[Row]] = [[] for _ in ids]
        for start in range(0, len(ids), IDS_AT_ONCE):
            part = list(ids[start : start + IDS_AT_ONCE])
            for place, *row in self._read(query, ids=part, **parameters):
                found[start + place].append(row)
        return found

    def _wanted(self, predicates: Sequence[str] | None) -> list[str] | None:
        """The predicates that the graph has, of those asked for; None for any."""
        return None if predicates is None else sorted(self._known.intersection(predicates))

    # What the graph is

    @property
    def lexicon(self) -> Lexicon:
        """The names, of a local graph or fetched once; progress goes where the store was told."""
        if self._names is None:
            self._names = FetchedNames(self._read, self._info, self._home, progress=self._progress)
        return self._names.lexicon

    def info(self) -> GraphInfo:
        return self._info

    def coverage(self) -> list[CoverageRow]:
        return list(self._coverage)

    @cached_property
    def _coverage(self) -> list[CoverageRow]:
        text = self._read(queries.COVERAGE)[0][0]
        return [CoverageRow(**row) for row in json.loads(text)]

    def check(self) -> list[str]:
        """Count what the database holds; a line for each count that isn't the snapshot's."""
        where, info = self._connection.where, self._info
        problems = []
        for name, query in queries.COUNTS.items():
            found, expected = self._read(query)[0][0], getattr(info, name)
            if found != expected:
                problems.append(f"{where}: found {found:,} {name}, expected {expected:,}.")
        statements = sum(self._read(queries.count(name))[0][0] for name in sorted(self._known))
        expected = info.statements + info.values
        if statements != expected:
            problems.append(f"{where}: found {statements:,} statements, expected {expected:,}.")
        degrees = self._read(queries.DEGREE_SUM)[0][0]
        if degrees != 2 * info.statements:
            problems.append(
                f"{where}: the concepts' degrees add up to {degrees:,}, expected "
                f"{2 * info.statements:,}."
            )
        states = dict(self._read(queries.INDEXES))
        for text in schema.constraints() + schema.indexes(self._known):
            name = text.split()[text.split().index("IF") - 1]
            if states.get(name) != "ONLINE":
                problems.append(f"{where}: the index {name} is {states.get(name, 'missing')}.")
        return problems

    # Concepts

    def resolve(self, curies: Sequence[str]) -> list[str | None]:
        return [rows[0][0] if rows else None for rows in self._of_each(queries.RESOLVE, curies)]

    def concepts(self, ids: Sequence[str]) -> list[Concept | None]:
        found = self._of_each(queries.CONCEPTS, ids)
        return [decode.concept(*rows[0]) if rows else None for rows in found]

    def degrees(self, ids: Sequence[str]) -> list[int]:
        return [rows[0][0] if rows else 0 for rows in self._of_each(queries.DEGREES, ids)]

    # Statements between concepts

    def neighbors(
        self,
        ids: Sequence[str],
        *,
        predicates: Sequence[str] | None = None,
        direction: EdgeDirection = "both",
        limit: int | None = None,
    ) -> list[list[Edge]]:
        wanted = self._wanted(predicates)
        result: list[list[Edge]] = [[] for _ in ids]
        if wanted == [] or limit == 0:
            return result
        for incoming in (False, True):
            if direction == ("out" if incoming else "in"):
                continue
            asked = [n for n, edges in enumerate(result) if limit is None or len(edges) < limit]
            found = self._edges([ids[n] for n in asked], wanted, limit, incoming=incoming)
            for n, edges in zip(asked, found, strict=True):
                result[n] += edges if limit is None else edges[: limit - len(result[n])]
        return result

    def _edges(
        self, ids: Sequence[str], wanted: list[str] | None, limit: int | None, *, incoming: bool
    ) -> Iterator[list[Edge]]:
        """The edges of each concept in one direction; with a limit, not many more than that."""
        if limit is not None and self._sorts:
            query = queries.first_edges(wanted, incoming=incoming)
            for rows in self._of_each(query, ids, limit=limit):
                yield [edge for row in rows for edge in decode.first_edges(*row, incoming=incoming)]
            return
        for groups in self._of_each(queries.edges(wanted, incoming=incoming), ids):
            yield decode.edges(groups, incoming=incoming)

    def find_statements(
        self, triples: Sequence[tuple[str, str, str]], *, negated: bool = False
    ) -> list[list[str]]:
        result: list[list[str]] = [[] for _ in triples]
        places = [n for n, triple in enumerate(triples) if triple[1] in self._known]
        for start in range(0, len(places), IDS_AT_ONCE):
            part = places[start : start + IDS_AT_ONCE]
            predicates = [triples[n][1] for n in part]
            rows = self._read(
                queries.find(sorted(set(predicates))),
                subjects=[triples[n][0] for n in part],
                objects=[triples[n][2] for n in part],
                predicates=predicates,
                negated=negated,
            )
            for place, ids in rows:
                result[part[place]] = sorted(ids)
        return result

    def _of_pairs(self, query: str, pairs: Sequence[tuple[str, str]]) -> Iterator[tuple[int, Row]]:
        """The rows of a query about pairs of concepts, each with the place of its pair."""
        for start in range(0, len(pairs), IDS_AT_ONCE):
            part = pairs[start : start + IDS_AT_ONCE]
            rows = self._read(
                query, subjects=[pair[0] for pair in part], objects=[pair[1] for pair in part]
            )
            for place, *row in rows:
                yield start + place, row

    def has_statements(self, triples: Sequence[tuple[str, str, str]]) -> list[bool]:
        return [bool(ids) for ids in self.find_statements(triples)]

    def sources_of(
        self,
        ids: Sequence[str],
        *,
        predicates: Sequence[str] | None = None,
        direction: EdgeDirection = "both",
    ) -> list[list[str]]:
        wanted = self._wanted(predicates)
        found: list[set[str]] = [set() for _ in ids]
        for way in ("out", "in"):
            if direction in (way, "both") and wanted != []:
                query = queries.sources(wanted, incoming=way == "in")
                for sources, rows in zip(found, self._of_each(query, ids), strict=True):
                    sources.update(source for row in rows for source in row[0])
        return [sorted(sources) for sources in found]

    def statements(self, ids: Sequence[str]) -> list[Statement | None]:
        texts = [id.lower() for id in ids]
        asked = [n for n, text in enumerate(texts) if _PREFIX.fullmatch(text)]
        if not asked:
            return [None] * len(texts)
        prefixes = [texts[n] for n in asked]
        found: list[list[Statement]] = [[] for _ in asked]
        if self._known:
            terms = [id if len(id) == STATEMENT_ID_LENGTH else f"{id}*" for id in prefixes]
            for place, rows in enumerate(self._of_each(queries.STATEMENTS, terms)):
                found[place] += [decode.statement(*row) for row in rows]
        if self._has_retracted:
            for place, rows in enumerate(self._of_each(queries.RETRACTED, prefixes)):
                found[place] += [schema.statement_of(row[0]) for row in rows]
        result: list[Statement | None] = [None] * len(texts)
        for n, some in zip(asked, found, strict=True):
            if len(some) > 1:
                raise UnknownConcept(
                    f"Several statements begin with {texts[n]!r}; give more of its digits."
                )
            result[n] = some[0] if some else None
        return result

    @cached_property
    def _has_retracted(self) -> bool:
        return self._info.overlay is not None and self._info.overlay.retracted > 0

    def between(
        self, pairs: Sequence[tuple[str, str]], *, predicates: Sequence[str] | None = None
    ) -> list[list[Statement]]:
        wanted = self._wanted(predicates)
        result: list[list[Statement]] = [[] for _ in pairs]
        if wanted == []:
            return result
        query = queries.between(wanted)
        for ends in (pairs, [(right, left) for left, right in pairs]):
            found: dict[int, list[Statement]] = {}
            for n, row in self._of_pairs(query, ends):
                found.setdefault(n, []).append(decode.statement(*row))
            for n, statements in found.items():
                result[n] += sorted(statements, key=lambda s: (s.predicate, s.id))
        return result

    # Statements with a value

    def values(
        self, ids: Sequence[str], *, predicates: Sequence[str] | None = None
    ) -> list[list[Statement]]:
        wanted = self._wanted(predicates)
        if wanted == []:
            return [[] for _ in ids]
        return [
            sorted(
                (decode.statement(found, name, s, "", value) for found, name, s, value in rows),
                key=lambda s: (s.predicate, s.negated, s.id),
            )
            for rows in self._of_each(queries.values(wanted), ids)
        ]

    # Paths, mappings, scans

    def curated_paths(self, start: str, end: str) -> list[Path]:
        rows = sorted(self._read(queries.PATHS, start=start, end=end))
        lines = [(record, line) for record, steps in rows for line in json.loads(steps)]
        ids = list(dict.fromkeys(id for _record, line in lines for id, _way in line))
        known = dict(zip(ids, self.statements(ids), strict=True))
        paths = []
        for record, line in lines:
            steps = [(decode.known(known[id], id), cast(Direction, way)) for id, way in line]
            if all(statement.retracted is None for statement, _way in steps):
                paths.append(Path(tuple(Step(*step) for step in steps), curated=record))
        return paths

    def mappings(self, ids: Sequence[str]) -> list[list[Mapping]]:
        return [
            sorted((decode.mapping(row[0]) for row in rows), key=decode.mapping_order)
            for rows in self._of_each(queries.MAPPINGS, ids)
        ]

    def mapping_table(self, folder: FilePath) -> FilePath:
        import pyarrow as pa
        import pyarrow.parquet as pq

        form = pa.schema(
            [
                (name, pa.float64() if name == "confidence" else pa.string())
                for name in MAPPING_FIELDS
            ]
        )
        rows = [asdict(decode.mapping(row[0])) for row in self._read(queries.ALL_MAPPINGS)]
        table = pa.Table.from_pylist(rows, schema=form)
        order = ["subject", "object", "source", "predicate", *MAPPING_FIELDS]
        target = folder / "mappings.parquet"
        pq.write_table(
            table.sort_by([(name, "ascending") for name in dict.fromkeys(order)]), target
        )
        return target

    def scan(self, *, predicate: str | None = None) -> Iterator[Statement]:
        wanted = self._wanted(None if predicate is None else [predicate])
        if wanted == []:
            return
        query = queries.scan(wanted)
        for ids in queries.pages(self._read, PAGE):
            found = [decode.statement(*row) for row in self._read(query, ids=ids)]
            found.sort(key=lambda s: (s.subject, s.predicate, s.negated, s.object, s.id))
            yield from found

    # Walking, for path search

    def node(self, id: str) -> Hashable | None:
        return self.resolve([id])[0]

    def node_ids(self, nodes: Sequence[Hashable]) -> list[str]:
        return list(cast(Sequence[str], nodes))

    def expand(
        self, nodes: Sequence[Hashable], *, predicates: Sequence[str] | None = None
    ) -> list[list[Hashable]]:
        wanted = self._wanted(predicates)
        result: list[list[Hashable]] = [[] for _ in nodes]
        if wanted == []:
            return result
        for incoming in (False, True):
            query = queries.around(wanted, incoming=incoming)
            for place, groups in enumerate(self._of_each(query, cast(Sequence[str], nodes))):
                for _predicate, neighbors in sorted(groups):
                    result[place] += sorted(neighbors)
        return result

    def node_degrees(self, nodes: Sequence[Hashable]) -> list[int]:
        found = self._of_each(queries.NODE_DEGREES, cast(Sequence[str], nodes))
        return [rows[0][0] if rows else 0 for rows in found]
