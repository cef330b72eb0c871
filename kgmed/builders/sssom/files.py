"""Mapping files: their metadata, embedded or beside them, and their header."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import NamedTuple

from kgmed.builders.quoted import UNCLOSED, unquoted_fields
from kgmed.builders.rows import Problem, is_gzip, read_blocks, split_name
from kgmed.builders.sssom.metadata import parse_metadata, text_of
from kgmed.kg.errors import DataError
from kgmed.kg.suggestion import SET

REQUIRED = ("subject_id", "predicate_id", "object_id", "mapping_justification")
OF_KGMED = "urn:kgmed:snapshot:"
"""What the id of a set that kgmed wrote begins with: ids in it are percent-encoded
(:mod:`kgmed.builders.sssom.write`), and are decoded. Its rows keep their source
and status, and its labels are no names: they were taken from the graph."""


class MappingFile(NamedTuple):
    """What the beginning of a mapping file says: metadata, columns, lines before the rows."""

    path: Path
    metadata: dict[str, str | list[str] | dict[str, str]]
    ignored: list[str]
    header: list[str]
    start: int
    metadata_path: Path | None

    @property
    def set_id(self) -> str:
        """The id of its mapping set."""
        return text_of(self.metadata, "mapping_set_id")

    @property
    def of_kgmed(self) -> bool:
        """Whether it is one that kgmed wrote of a graph's mappings."""
        return self.set_id.startswith(OF_KGMED)

    @property
    def suggested(self) -> bool:
        """Whether it is one of a model's suggestions."""
        return self.set_id.startswith(SET)


def open_file(path: Path, external: Path | None) -> MappingFile:
    """Read a file's metadata and header. Raises :class:`DataError` where columns are missing."""
    if split_name(path)[1] not in (".tsv", ".txt"):
        raise DataError(
            f"{path}: found a file of format {split_name(path)[1] or 'unknown'!r}, expected SSSOM"
            " as .tsv or .tsv.gz. Convert it with sssom parse or sssom convert."
        )
    block = next(iter(read_blocks(path)), None)
    lines = block.lines if block is not None else []
    start = 0
    while start < len(lines) and (lines[start].startswith("#") or not lines[start].strip()):
        start += 1
    if block is None or start == len(lines):
        raise DataError(
            f"{path}: found no header line, expected the columns {', '.join(REQUIRED)}."
        )
    if start in block.problems:
        why = block.problems[start]
        raise DataError(
            f"{path} line {start + 1}: found {why.found}, expected {why.expected}. {why.hint}"
        )
    embedded = [line[1:] for line in lines[:start] if line.startswith("#")]
    metadata, ignored = parse_metadata(embedded)
    beside = external or (_beside(path) if not embedded else None)
    if beside is not None:
        its, more = parse_metadata(_metadata_lines(beside))
        metadata, ignored = metadata | its, ignored + more
    fields, span = unquoted_fields(lines, start)
    if isinstance(fields, Problem) or span != 1:
        wrong = fields if isinstance(fields, Problem) else UNCLOSED
        raise DataError(
            f"{path} line {start + 1}: found {wrong.found}, expected {wrong.expected}. {wrong.hint}"
        )
    header = [name.strip() for name in fields]
    _check_header(path, start + 1, header)
    return MappingFile(path, metadata, ignored, header, start + 1, beside)


def _check_header(path: Path, line: int, header: list[str]) -> None:
    found = ", ".join(name[:40] for name in header[:40])
    missing = [name for name in REQUIRED if name not in header]
    if missing:
        hint = "Add them, and name the columns as SSSOM does (https://w3id.org/sssom)."
        if len(header) == 1 and "," in header[0]:
            hint = "The columns are separated by commas; SSSOM TSV needs tabs."
        elif "match_type" in header and missing == ["mapping_justification"]:
            hint = "match_type is of SSSOM before 0.9.1: rename it and write semapv: terms."
        raise DataError(
            f"{path} line {line}: found the columns {found}, expected also {', '.join(missing)}."
            f" {hint}"
        )
    twice = sorted(name for name, n in Counter(header).items() if n > 1)
    if twice:
        raise DataError(
            f"{path} line {line}: found {twice[0]!r} twice, expected a name of its own for each"
            " column. Rename or drop it."
        )


def _beside(path: Path) -> Path | None:
    """The metadata file of the same name, where there is one."""
    inner = path.with_suffix("") if is_gzip(path) else path
    stem = inner.with_suffix("")
    names = [f"{stem.name}.yml", f"{stem.name.removesuffix('.sssom')}.sssom.yml"]
    return next((found for name in names if (found := path.with_name(name)).is_file()), None)


def _metadata_lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8-sig").split("\n")
    except OSError as error:
        raise DataError(f"{path}: can't be read ({error.strerror or error}).") from error
    except UnicodeDecodeError as error:
        raise DataError(
            f"{path}: found byte {error.start + 1} that isn't UTF-8, expected UTF-8 text."
            " Convert the file with iconv."
        ) from error
