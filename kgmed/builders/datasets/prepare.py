"""What a run reads, laid out once: names, ids and categories by concept number, in mapped files.

Every process of a run maps the same files, so that four million names take memory once. They hold
what may leave by licence and nothing else. Concepts are numbered in the order of their ids; in a
graph without an overlay those are the snapshot's own numbers, and its own arrays are read as they
lie. Of a graph with an overlay the statements are written out anew in the same form.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from kgmed.builders.datasets.arrays import DTYPES, laid_out
from kgmed.builders.datasets.edges import qualified
from kgmed.builders.datasets.naming import told_names
from kgmed.builders.datasets.splits import held_out
from kgmed.kg import layers
from kgmed.kg.errors import UsageError
from kgmed.kg.layers import PROFILE, literal
from kgmed.kg.quiet import no_progress_bar
from kgmed.kg.store.batch import mapped
from kgmed.kg.views.licensing import Leaving, Terms, define

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

    from kgmed.kg.store.snapshot import Snapshot

PARTS, SMALLEST, LARGEST = 64, 40_000, 150_000
"""A graph has about so many parts, of at least and at most so many ends of statements (a statement
has two). The number of parts depends on the graph alone, never on what is written."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """What was laid out: where, on which terms, and how much of it.

    ``statements`` counts those that leave, by predicate; ``names`` the concepts that have a name,
    by language; ``parts`` are first concept numbers, one more than there are parts.
    """

    folder: Path
    leaving: Leaving
    statements: dict[str, int]
    held_back: int
    concepts: int
    names: dict[str, int]
    parts: int
    paths: int


def prepare(
    snapshot: Snapshot,
    folder: Path,
    *,
    languages: Sequence[str],
    every_language: bool = False,
    allow: Sequence[str] = (),
    seed: int = 0,
    memory: str = "1GB",
) -> Prepared:
    """Lay out what tasks read of a snapshot into an empty folder.

    Names are those of ``languages``, or with ``every_language`` of others, too. ``allow`` names
    licences or sources that aren't open and may leave. DuckDB holds up to ``memory``. Raises
    :class:`~kgmed.kg.errors.UsageError` for a name that the graph doesn't know, where no statement
    may leave, and for a language that no concept has a name in.
    """
    import duckdb

    folder.mkdir(parents=True, exist_ok=True)
    with closing(duckdb.connect()) as connection:
        no_progress_bar(connection)
        connection.execute(f"SET memory_limit = {literal(memory)}")
        connection.execute(f"SET temp_directory = {literal(str(folder / 'spill'))}")
        leaving = define(connection, snapshot, allow=allow)
        statements = _statements(connection)
        if not statements:
            raise UsageError(_nothing_leaves(leaving))
        lay = _Layout(connection, snapshot, folder, Terms.of(snapshot, allow))
        lay.concepts()
        names = {language: lay.names(language) for language in languages}
        for language, count in names.items():
            if not count:
                known = ", ".join(_languages(connection)) or "none"
                raise UsageError(
                    f"Found the language {language!r}, in which no concept that may leave has a "
                    f"name; the graph's names are in: {known}."
                )
        for language in _languages(connection) if every_language else ():
            if language not in names:
                lay.names(language)
        arrays = lay.statements()
        np.save(folder / "said.npy", qualified(arrays))
        lay.values()
        paths = lay.paths()
        degrees = np.diff(arrays["out_off"]) + np.diff(arrays["in_off"])
        np.save(folder / "held.npy", held_out(lay.curies, degrees, seed=seed))
        parts = _parts(degrees)
        held_back = sum(held.statements for held in leaving.left_out)
        lay.note(parts)
    made = Prepared(folder, leaving, statements, held_back, len(lay.curies), names,
                    len(parts) - 1, paths)  # fmt: skip
    return made


def _statements(connection: duckdb.DuckDBPyConnection) -> dict[str, int]:
    rows = connection.execute(
        "SELECT predicate, count(*) FROM rows JOIN predicate USING (p) GROUP BY 1 ORDER BY 1"
    ).fetchall()
    return {name: int(n) for name, n in rows}


def languages_of(snapshot: Snapshot) -> list[str]:
    """The languages in which a graph has names, whatever their licences."""
    import duckdb

    with closing(duckdb.connect()) as connection:
        no_progress_bar(connection)
        layers.define(connection, snapshot)
        return _languages(connection)


def _languages(connection: duckdb.DuckDBPyConnection) -> list[str]:
    found = connection.execute("SELECT DISTINCT language FROM names ORDER BY 1").fetchall()
    return [language for (language,) in found if language]


def _nothing_leaves(leaving: Leaving) -> str:
    held = sorted({(row.source, row.licence, row.tier) for row in leaving.left_out})
    listed = "; ".join(f"{source}, licence {text or 'not stated'} ({tier})"
                       for source, text, tier in held)  # fmt: skip
    if not held:
        return "The graph holds no statement: there is nothing to make rows of."
    return (
        f"No statement of this graph may leave: {listed}. Name a source or licence that you may "
        f"pass on: --allow-restricted {held[0][0]}."
    )


def _parts(degrees: npt.NDArray[np.int64]) -> list[int]:
    """First concept numbers of parts of about equal weight, and the number of concepts.

    A concept weighs its statements and one for itself, so that a part with few statements hasn't
    all the concepts.
    """
    total = np.cumsum(degrees + 1)
    if not len(total):
        return [0, 0]
    whole = int(total[-1])
    count = max(1, round(whole / min(LARGEST, max(SMALLEST, whole // PARTS))))
    wanted = np.arange(1, count) * (whole / count)
    inner = np.unique(np.searchsorted(total, wanted))
    return [0, *(int(n) for n in inner if 0 < n < len(total)), len(total)]


class _Layout:
    """Writes the files of one run."""

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, snapshot: Snapshot, folder: Path, terms: Terms
    ) -> None:
        self._connection, self._snapshot = connection, snapshot
        self._folder, self._terms = folder, terms
        self.curies: Any = ()
        self._number: npt.NDArray[np.int32] | None = None
        self._categories: list[tuple[str, ...]] = []
        self._category_of: npt.NDArray[np.int32] = np.empty(0, np.int32)
        self._sources: list[str] = []
        self._csr: dict[str, Any] = {}

    def concepts(self) -> None:
        """``ids``, and per concept its set of categories, whether it leaves, and its number."""
        query = """SELECT e.cid, e.id, c.cid IS NOT NULL AS leaves,
                          array_to_string(list_sort(e.categories), '|') AS categories
                   FROM every_concepts e LEFT JOIN concepts c USING (cid)"""
        table = self._connection.sql(query).to_arrow_table()
        cid = table.column("cid").to_numpy()
        ids = _one(table.column("id"))
        if self._snapshot.base is None:
            order = np.argsort(cid)
        else:  # an overlay's numbers follow its base's
            texts = ids.to_pylist()
            order = np.array(sorted(range(len(texts)), key=texts.__getitem__), np.int64)
            self._number = np.full(int(cid.max(initial=-1)) + 1, -1, np.int32)
            self._number[cid[order]] = np.arange(len(order), dtype=np.int32)
        ids = ids.take(order)
        self.curies = ids
        self._write("ids", {"id": ids})
        sets = _one(table.column("categories")).take(order).dictionary_encode()
        self._categories = [
            tuple(filter(None, text.split("|"))) for text in sets.dictionary.to_pylist()
        ]
        self._category_of = sets.indices.to_numpy()
        np.save(self._folder / "categories.npy", self._category_of)
        leaves = table.column("leaves").to_numpy()[order]
        np.save(self._folder / "leaves.npy", leaves)

    def names(self, language: str) -> int:
        """``names-LANGUAGE``: the display name by number (:mod:`kgmed.kg.verbalize.names`), and the
        source that it is from."""
        import pyarrow as pa

        table = told_names(self._connection, language, self._categories_at)
        order = np.lexsort((-table.column("n").to_numpy(), table.column("cid").to_numpy()))
        place = np.full(len(self.curies), -1, np.int64)
        place[self._numbered(table.column("cid").to_numpy()[order])] = order
        taken = pa.array(place, mask=place < 0)
        source = _one(table.column("source")).dictionary_encode()
        known = {name: code for code, name in enumerate(self._sources)}
        coded = []
        for name in source.dictionary.to_pylist():
            if name not in known:
                known[name] = len(known)
                self._sources.append(name)
            coded.append(known[name])
        codes = np.array([*coded, -1], np.int32)[source.indices.to_numpy()]
        of = pa.array(np.where(place < 0, -1, codes[place] if len(codes) else -1), pa.int32())
        text = _one(table.column("text")).take(taken)
        self._write(f"names-{language}", {"text": text, "source": of})
        return int((place >= 0).sum())

    def statements(self) -> dict[str, Any]:
        """The arrays of statements: the snapshot's own, or an overlay's laid out anew."""
        snapshot = self._snapshot
        if snapshot.base is None:
            for name in DTYPES:
                self._csr[name] = str(snapshot.folder / "csr" / f"{name}.bin")
            return {name: mapped(snapshot, name) for name in DTYPES}
        if self._number is None:
            raise AssertionError("concepts are numbered before statements are laid out")
        arrays = laid_out(self._connection, self._number, len(self.curies))
        for name, array in arrays.items():
            path = self._folder / f"{name}.bin"
            array.tofile(path)
            self._csr[name] = str(path)
        return arrays

    def values(self) -> None:
        """``values``: statements with a value, in the order (subject, predicate, id)."""
        columns = "s, p, profile, id, qualifiers, value, value_type, unit, value_language"
        table = self._connection.sql(
            f"SELECT {columns} FROM rows WHERE o IS NULL ORDER BY s, p, id"
        ).to_arrow_table()
        subjects = self._numbered(table.column("s").to_numpy())
        order = np.argsort(subjects, kind="stable")
        offsets = np.concatenate(
            [[0], np.cumsum(np.bincount(subjects, minlength=len(self.curies)))]
        )
        np.save(self._folder / "values.npy", offsets.astype(np.int64))
        self._write("values", {name: _one(table.column(name)).take(order)
                               for name in columns.split(", ")[1:]})  # fmt: skip

    def paths(self) -> int:
        """``paths``: the sources' own paths with their statements, by the number of their start."""
        import pyarrow as pa

        found = self._connection.execute(
            "SELECT start, path, steps FROM paths ORDER BY start, path"
        ).fetchall()
        rows = [(start, path, number, line) for start, path, steps in found
                for number, line in enumerate(json.loads(steps))]  # fmt: skip
        ids = sorted({id for *_, line in rows for id, _way in line})
        self._connection.register("asked", pa.table({"id": pa.array(ids, pa.string())}))
        of = {
            id: (s, p, o, profile, qualifiers)
            for id, s, p, o, profile, qualifiers in self._connection.execute(
                """SELECT a.id, s, p, o, profile, qualifiers FROM rows
                   JOIN (SELECT id, unhex(id) AS sid FROM asked) a ON a.sid = rows.id"""
            ).fetchall()
        } if ids else {}  # fmt: skip
        self._connection.unregister("asked")
        table = []
        for start, path, number, line in rows:
            steps = [[id, way, *of[id]] for id, way in line if id in of]
            if len(steps) == len(line):
                for step in steps:
                    step[2], step[4] = self._one_number(step[2]), self._one_number(step[4])
                table.append((self._one_number(start), f"{path}#{number}", json.dumps(steps)))
        table.sort()
        numbers = np.array([row[0] for row in table], np.int64)
        offsets = np.searchsorted(numbers, np.arange(len(self.curies) + 1))
        np.save(self._folder / "paths.npy", offsets.astype(np.int64))
        self._write(
            "paths",
            {
                "path": pa.array([row[1] for row in table], pa.string()),
                "steps": pa.array([row[2] for row in table], pa.string()),
            },
        )
        return len(table)

    def note(self, parts: list[int]) -> None:
        """``feed.json``: the dictionaries, and where the arrays lie."""
        snapshot = self._snapshot
        profiles = self._connection.execute(
            f"SELECT profile, {', '.join(PROFILE[:3])} FROM profile ORDER BY profile"
        ).fetchall()
        text = json.dumps({
            "snapshot": snapshot.manifest["snapshot"],
            "predicates": snapshot.manifest["predicates"],
            "profiles": [
                {"source": source, "release": release, "licence": text,
                 "leaves": self._terms.lets(source, text)}
                for _, source, release, text in profiles
            ],
            "categories": self._categories,
            "name_sources": [[name, self._terms.text(name)] for name in self._sources],
            "arrays": self._csr,
            "dtypes": DTYPES,
            "parts": parts,
        }, ensure_ascii=False)  # fmt: skip
        (self._folder / "feed.json").write_text(text, encoding="utf-8")

    def _numbered(self, cids: npt.NDArray[Any]) -> npt.NDArray[Any]:
        return cids if self._number is None else self._number[cids]

    def _categories_at(self, cid: int) -> tuple[str, ...]:
        names: tuple[str, ...] = self._categories[int(self._category_of[self._one_number(cid)])]
        return names

    def _one_number(self, cid: int) -> int:
        return cid if self._number is None else int(self._number[cid])

    def _write(self, name: str, columns: dict[str, pa.Array]) -> None:
        import pyarrow as pa

        arrays = {
            key: array.cast(pa.large_string()) if pa.types.is_string(array.type) else array
            for key, array in columns.items()
        }
        batch = pa.record_batch(list(arrays.values()), names=list(arrays))
        with (
            pa.OSFile(str(self._folder / f"{name}.arrow"), "wb") as file,
            pa.ipc.new_file(file, batch.schema) as writer,
        ):
            writer.write_batch(batch)


def _one(column: pa.ChunkedArray) -> pa.Array:
    """A column as one array; texts with wide offsets, as all names may be over 2 GB."""
    import pyarrow as pa

    if pa.types.is_string(column.type):
        column = column.cast(pa.large_string())
    if not column.num_chunks:
        return pa.array([], column.type)
    return column.combine_chunks() if column.num_chunks > 1 else column.chunk(0)


def as_json(prepared: Prepared) -> dict[str, Any]:
    """What was laid out, as JSON's own types, for a run's note."""
    return {"leaving": asdict(prepared.leaving), "statements": prepared.statements,
            "held_back": prepared.held_back, "concepts": prepared.concepts,
            "names": prepared.names, "parts": prepared.parts, "paths": prepared.paths}  # fmt: skip
