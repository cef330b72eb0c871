"""DrugBank as a source: the full database XML, or the open vocabulary CSV.

XML: https://docs.drugbank.com/xml/ (drugbank.xsd 5.1), under DrugBank's own licence, which an
academic or commercial user has from DrugBank. CSV: the DrugBank Vocabulary, CC0. See
:mod:`.drug` for what becomes of which element, :mod:`.sentences` for interactions,
:mod:`.products` for brands.
"""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from kgmed.builders.drugbank.drug import Drugs
from kgmed.builders.drugbank.rows import BadElement
from kgmed.builders.drugbank.stream import (
    content_name,
    locate,
    opened,
    read_drugs,
    read_header,
)
from kgmed.builders.drugbank.vocabulary import LICENCE, read_columns, read_vocabulary
from kgmed.builders.forecast import InputFile, estimated_rows
from kgmed.builders.rows import BadRows, Block, OnError, Problem, Records, counted, digest
from kgmed.builders.source import SourceInfo, TableName, Tally
from kgmed.builders.spool import Spool, filled
from kgmed.kg.errors import DataError

if TYPE_CHECKING:
    import pyarrow as pa

READER_VERSION = "drugbank 2"
PACE = 16.0
"""Seconds to read a million interactions with the drugs that they belong to."""
_AT_ONCE = 1000
"""Bad elements located together: each time is a reading of the file."""


class DrugBankSource:
    """DrugBank's full database (.xml) or open vocabulary (.csv), plain, .gz or in its .zip.

    ``path`` is the file or its folder; of a folder with both, the full database is read.

    With ``on_error="skip"`` elements that break the format go to the file ``quarantine``, or are
    only counted where there is none. Raises :class:`~kgmed.kg.errors.DataError` for a file of
    another format or major version, :class:`~kgmed.kg.errors.RowError` for a broken element. The
    file is read once, at the first :meth:`batches`, into a temporary folder.
    """

    def __init__(
        self,
        path: Path | str,
        *,
        on_error: OnError = "stop",
        quarantine: Path | None = None,
    ) -> None:
        self.path = _file_at(Path(path))
        self.tallies: dict[str, Tally] = {}
        self.findings: dict[str, list[dict[str, str]]] = {}
        self._on_error: OnError = on_error
        self._bad = BadRows(on_error, quarantine)
        self._spool: Spool | None = None
        self._name = content_name(self.path)
        licence, release = LICENCE, "open vocabulary"
        if self._name.endswith(".xml"):
            header = read_header(self.path)
            licence = "DrugBank"
            release = " ".join(filter(None, (header.version, header.exported_on)))
        elif self._name.endswith(".csv"):
            read_columns(self.path)
        else:
            raise DataError(
                f"{self.path}: found a file of another format, expected .xml or .csv, plain, .gz or"
                " .zip. Name DrugBank's full database or its open vocabulary."
            )
        self.info = SourceInfo(
            "infores:drugbank",
            "DrugBank",
            release,
            licence,
            "https://go.drugbank.com",
            "DrugBank (Knox et al., Nucleic Acids Research 2024)",
        )

    def fingerprint(self) -> str:
        """SHA-256 over the file's bytes and the reader's version."""
        return digest(f"{READER_VERSION} {self._on_error}", [("drugbank", self.path)])

    def survey(self) -> list[InputFile]:
        """The file, with its interactions, or a vocabulary's rows, by its size."""
        size = self.path.stat().st_size
        compressed = self.path.name.lower().endswith((".gz", ".zip"))
        row = b"<drug-interaction>" if self._name.endswith(".xml") else b"\n"
        rows = estimated_rows(lambda: opened(self.path), size, compressed=compressed, row=row)
        return [InputFile(self.path.name, size, rows, PACE)]

    def batches(self, table: TableName) -> Iterator[pa.RecordBatch]:
        """Stream one table's rows."""
        if self._spool is None:
            self._spool = filled(self._read)
        yield from self._spool.batches(table)

    def _read(self, spool: Spool) -> None:
        if self._name.endswith(".xml"):
            with _no_collection():
                self._read_xml(spool)
        else:
            self._read_csv(spool)

    def _read_xml(self, spool: Spool) -> None:
        from kgmed.kg.predicates import registry

        drugs = Drugs(spool, registry())
        bad = (bad for number, drug in read_drugs(self.path) for bad in drugs.read(number, drug))
        with closing(bad):
            if self._on_error == "stop":
                self._reject(islice(bad, 1))
            while some := list(islice(bad, _AT_ONCE)):
                self._reject(some)
        drugs.finish()
        if not drugs.rows.tallies["drug"].read:
            raise DataError(f"{self.path}: found no drug, expected DrugBank's full database.")
        file = self.path.name
        self.tallies = {f"{file} <{tag}>": tally for tag, tally in drugs.rows.tallies.items()}
        self.findings = _findings(drugs)

    def _read_csv(self, spool: Spool) -> None:
        tally = Tally()
        with closing(read_vocabulary(self.path, spool, tally)) as found:
            for bad in found:
                self._set_aside(bad.line, bad.problem, bad.text)
        self.tallies = {self.path.name: tally}

    def _reject(self, bad: Iterable[BadElement]) -> None:
        elements = list(bad)
        lines = locate(self.path, {element.place for element in elements})
        for element in sorted(elements, key=lambda element: lines.get(element.place, 0)):
            self._set_aside(lines.get(element.place, 0), element.problem, element.text)

    def _set_aside(self, line: int, problem: Problem, text: str) -> None:
        """Stop at a bad element or write it to the quarantine; its tally has it already."""
        block = Block(line, (" ".join(text.split()) + "\n").encode())
        self._bad.reject(self.path, Records(block, [], {}, {0: problem}), {}, Tally())


def _file_at(path: Path) -> Path:
    if not path.is_dir():
        return path
    for ending in (".xml", ".xml.gz", ".xml.zip", ".zip", ".csv", ".csv.gz"):
        found = sorted(file for file in path.iterdir() if file.name.lower().endswith(ending))
        if len(found) == 1:
            return found[0]
        if found:
            names = ", ".join(file.name for file in found)
            raise DataError(f"{path}: found {names}, expected one file. Name the one to read.")
    raise DataError(
        f"{path}: found neither .xml nor .csv, expected DrugBank's full database or its open"
        " vocabulary. Name the file, or the folder that it lies in."
    )


@contextmanager
def _no_collection() -> Iterator[None]:
    """Without the search for reference cycles: a drug's tree has none, and going through its
    elements again and again takes a third of the time."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _findings(drugs: Drugs) -> dict[str, list[dict[str, str]]]:
    sentences = drugs.sentences
    share = sentences.parsed / sentences.read if sentences.read else 1.0
    rows = {
        "interaction sentences parsed": [
            {
                "read": str(sentences.read),
                "parsed": str(sentences.parsed),
                "share": f"{share:.2%}",
            }
        ]
        if sentences.read
        else [],
        "interaction sentence of another pattern": counted("sentence", sentences.unparsed),
        "action that predicates.toml lacks": counted("action", drugs.rows.unknown["action"]),
        "resource without a prefix": counted("resource", drugs.rows.unknown["resource"]),
        "language that isn't known": counted("language", drugs.rows.unknown["language"]),
        "ingredient of a mixture that names no drug, or several": counted(
            "ingredient", drugs.products.unresolved
        ),
        "elements that aren't read": counted("element", drugs.rows.unread),
    }
    return {kind: found for kind, found in rows.items() if found}
