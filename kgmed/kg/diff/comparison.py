"""Compare two snapshots: counts at once, rows when they are asked for."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Self, TypeVar

from kgmed.kg.diff.concepts import compare_concepts
from kgmed.kg.diff.files import write_rows
from kgmed.kg.diff.model import ConceptChange, ConceptKind, Diff, StatementChange, StatementKind
from kgmed.kg.diff.names import compare_names, compare_paths
from kgmed.kg.diff.rows import first_names, first_statements, read_concepts, read_statements
from kgmed.kg.diff.statements import compare_statements
from kgmed.kg.diff.summary import side_of, summarise
from kgmed.kg.diff.tables import DEFAULT_MEMORY, attach, connect, errors_named
from kgmed.kg.errors import UsageError
from kgmed.kg.store.snapshot import Snapshot

Progress = Callable[[str], None]
Row = TypeVar("Row")


class Comparison:
    """Two snapshots, compared. It holds a work folder until it is closed: use it in ``with``.

    ``summary`` are the counts. The rows come from :meth:`statements` and :meth:`concepts`, one by
    one and in order, or go to a file by :meth:`write`.
    """

    def __init__(
        self,
        old: Snapshot,
        new: Snapshot,
        *,
        graphs: tuple[str, str] | None = None,
        source: str = "",
        memory: str = DEFAULT_MEMORY,
        progress: Progress = lambda _text: None,
    ) -> None:
        begin = time.perf_counter()
        self._source = _known_source(source, old, new)
        self._graphs = graphs or (str(old.root), str(new.root))
        self._work = Path(tempfile.mkdtemp(prefix="kgmed-diff-"))
        try:
            with errors_named(self._work):
                self._connection = connect(self._work, memory=memory)
                found = self._compare(old, new, progress)
        except BaseException:
            self.close()
            raise
        self.summary: Diff = replace(found, elapsed_ms=(time.perf_counter() - begin) * 1e3)

    def _compare(self, old: Snapshot, new: Snapshot, progress: Progress) -> Diff:
        equal = old.manifest["snapshot"] == new.manifest["snapshot"]
        attach(self._connection, old, new, empty=equal)
        progress("concepts")
        compare_concepts(self._connection)
        progress("statements")
        compare_statements(self._connection, source=self._source)
        progress("names and mappings")
        counts = compare_names(self._connection, source=self._source)
        paths = (0, 0) if self._source else compare_paths(self._connection)
        return summarise(
            self._connection, (side_of(old, self._graphs[0]), side_of(new, self._graphs[1])),
            (old, new), source=self._source, counts=counts, paths=paths,
        )  # fmt: skip

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Remove the work folder."""
        if hasattr(self, "_connection"):
            self._connection.close()
        shutil.rmtree(self._work, ignore_errors=True)

    def statements(
        self,
        *,
        kinds: Sequence[StatementKind] | None = None,
        fields: Sequence[str] | None = None,
    ) -> Iterator[StatementChange]:
        """The statements that differ, by id: of these kinds, and where one of these fields does.

        Raises :class:`~kgmed.kg.errors.UsageError` for an unknown kind or field.
        """
        return self._named(read_statements(self._connection, kinds=kinds, fields=fields))

    def concepts(self, *, kinds: Sequence[ConceptKind] | None = None) -> Iterator[ConceptChange]:
        """What became of concepts, by id, kind and language; raises as :meth:`statements`."""
        return self._named(read_concepts(self._connection, source=self._source, kinds=kinds))

    def _named(self, rows: Iterator[Row]) -> Iterator[Row]:
        with errors_named(self._work):
            yield from rows

    def with_examples(self, limit: int) -> Diff:
        """The summary with the first ``limit`` rows of each kind, and their concepts' names."""
        if limit < 1 or self.summary.same:
            return self.summary
        with errors_named(self._work):
            statements = tuple(first_statements(self._connection, limit))
            return replace(
                self.summary,
                statement_examples=statements,
                concept_examples=tuple(
                    read_concepts(self._connection, source=self._source, limit=limit)
                ),
                names_of=first_names(self._connection, statements),
            )

    def write(self, target: Path | str) -> None:
        """Write every row to a ``.jsonl``, ``.tsv`` or ``.parquet`` file, concepts first.

        A JSON line holds ``what`` (``concept`` or ``statement``) and ``row``, the fields of
        :class:`ConceptChange` or :class:`StatementChange`. The tables have a column for each field
        of a concept's row and of a statement; in TSV, lists are joined by ``|``.
        """
        with errors_named(self._work):
            write_rows(self._connection, Path(target), source=self._source)


def _known_source(source: str, old: Snapshot, new: Snapshot) -> str:
    """The source as the snapshots spell it; 'ndfrt' means 'infores:ndfrt'."""
    if not source:
        return ""
    known = {
        *(entry["infores"] for side in (old, new) for entry in side.manifest["sources"]),
        *(name for side in (old, new) for name in side.manifest["name_sources"]),
    }
    for name in (source, f"infores:{source}"):
        if name in known:
            return name
    raise UsageError(f"Found source {source!r}, expected one of: {', '.join(sorted(known))}.")


def compare(
    old: Snapshot,
    new: Snapshot,
    *,
    graphs: tuple[str, str] | None = None,
    source: str = "",
    memory: str = DEFAULT_MEMORY,
    progress: Progress = lambda _text: None,
) -> Comparison:
    """Compare two opened snapshots; ``source`` (``infores:...``) looks at one source alone.

    ``graphs`` are the URIs that the summary calls them by; by default, their folders.
    ``memory`` is what DuckDB may hold, ``"4GB"`` say; the rest spills to the folder for temporary
    files (``TMPDIR``). Raises :class:`~kgmed.kg.errors.UsageError` for a source that neither
    snapshot has, and :class:`~kgmed.kg.errors.StoreError` where disk or memory run out.
    """
    return Comparison(old, new, graphs=graphs, source=source, memory=memory, progress=progress)
