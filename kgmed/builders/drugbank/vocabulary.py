"""DrugBank's open vocabulary CSV: ids, names, CAS, UNII, synonyms, under CC0.

https://go.drugbank.com/releases/latest#open-data ("DrugBank Vocabulary"). UTF-8, quoted where
needed; lists are joined with ``|``.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Generator
from pathlib import Path
from typing import IO, TYPE_CHECKING, NamedTuple

from kgmed.builders.columns import language_of
from kgmed.builders.drugbank.rows import CURATION
from kgmed.builders.drugbank.stream import opened
from kgmed.builders.rows import Problem, shown, without_separators
from kgmed.builders.source import Tally
from kgmed.kg.curies import is_well_formed
from kgmed.kg.errors import DataError, RowError

if TYPE_CHECKING:
    from _csv import Reader

    from kgmed.builders.spool import Spool

COLUMNS = ("DrugBank ID", "Common name", "CAS", "UNII", "Synonyms")
LICENCE = "CC0-1.0"


class BadLine(NamedTuple):
    """A row that can't be used: its line, why, and its text."""

    line: int
    problem: Problem
    text: str


def read_columns(path: Path) -> list[str]:
    """The header. Raises :class:`DataError` where it isn't the vocabulary's."""
    with opened(path) as file, _text(file) as lines:
        return _header(path, csv.reader(lines, strict=True))


def read_vocabulary(path: Path, spool: Spool, tally: Tally) -> Generator[BadLine, None, None]:
    """Add the rows of a vocabulary to a spool; yields what can't be used."""
    concepts = spool.rows("concepts", "id", "categories")
    names = spool.rows("names", "id", "text", "language", "kind")
    mappings = spool.rows(
        "mappings",
        *("subject", "object", "subject_label"),
        predicate="skos:exactMatch",
        justification=CURATION,
    )
    seen: set[str] = set()
    with opened(path) as file, _text(file) as lines:
        reader = csv.reader(lines, strict=True)
        header = _header(path, reader)
        while True:
            try:
                cells = next(reader)
            except StopIteration:
                break
            except csv.Error as error:
                raise RowError(
                    path, reader.line_num, found=f"a broken line ({error})", expected="CSV"
                ) from error
            except UnicodeDecodeError as error:
                raise _not_utf8(path, reader.line_num + 1, error) from error
            if not cells:
                continue
            tally.read += 1
            problem, row = _checked(cells, header, seen)
            if problem is not None:
                tally.skipped[problem.reason] += 1
                yield BadLine(reader.line_num, problem, ",".join(cells))
                continue
            tally.kept += 1
            id, name = f"drugbank:{row['DrugBank ID']}", row["Common name"]
            seen.add(row["DrugBank ID"])
            concepts.add(id, ["Drug"])
            names.add(id, name, "en", "preferred")
            for synonym in row["Synonyms"].split("|"):
                if (text := synonym.strip()) and text != name:
                    names.add(id, text, language_of(text), "synonym")
            for column, prefix in (("CAS", "cas"), ("UNII", "unii")):
                if row[column]:
                    mappings.add(id, f"{prefix}:{row[column]}", name)


def _checked(
    cells: list[str], header: list[str], seen: set[str]
) -> tuple[Problem | None, dict[str, str]]:
    if len(cells) != len(header):
        found = f"{len(cells)} fields"
        return Problem("wrong number of fields", found, f"{len(header)}", "Is a quote missing?"), {}
    values = [without_separators(cell).strip() for cell in cells]
    row = dict(zip(header, values, strict=True))
    id = row["DrugBank ID"]
    if not is_well_formed(f"drugbank:{id}"):
        found, expected = f"the id {shown(id)}", "a DrugBank id such as DB00682"
        return Problem("not a DrugBank id", found, expected, "Correct or drop the row."), row
    if not row["Common name"]:
        return Problem("drug without a name", f"{id} without a name", "one", "Fill it in."), row
    if id in seen:
        return Problem("its id again", f"{id} a second time", "each drug once", ""), row
    return None, row


def _text(file: IO[bytes]) -> io.TextIOWrapper:
    return io.TextIOWrapper(file, "utf-8-sig", newline="")


def _header(path: Path, reader: Reader) -> list[str]:
    try:
        header = [name.strip() for name in next(reader, [])]
    except csv.Error as error:
        raise RowError(path, 1, found=f"a broken line ({error})", expected="CSV") from error
    except UnicodeDecodeError as error:
        raise _not_utf8(path, 1, error) from error
    missing = [name for name in COLUMNS if name not in header]
    if missing:
        raise DataError(
            f"{path} line 1: found the columns {', '.join(header)[:200]}, expected also "
            f"{', '.join(missing)}. Is it the DrugBank Vocabulary?"
        )
    return header


def _not_utf8(path: Path, line: int, error: UnicodeDecodeError) -> RowError:
    return RowError(
        path,
        line,
        found=f"text that isn't UTF-8 (at line {line} or soon after: {error.reason})",
        expected="UTF-8",
        hint="Convert the file: iconv -f LATIN1 -t UTF-8.",
    )
