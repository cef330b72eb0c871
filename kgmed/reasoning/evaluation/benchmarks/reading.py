"""Reads a benchmark from a file or a folder, in the format that it was published in."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256
from itertools import islice
from pathlib import Path

from kgmed.kg.errors import DataError, UsageError
from kgmed.kg.qa import FORMATS as ENDINGS
from kgmed.kg.records import format_of, records
from kgmed.reasoning.evaluation.benchmarks import (
    cmb,
    halueval,
    medhallu,
    medhalt,
    medmcqa,
    medqa,
    mirage,
    mmlu,
    own,
    pubmedqa,
    rows,
)
from kgmed.reasoning.evaluation.benchmarks.format import TEST, Format, Given
from kgmed.reasoning.evaluation.model import Benchmark

FORMATS: dict[str, Format] = {
    module.FORMAT.name: module.FORMAT
    for module in (
        rows,
        mirage,
        medqa,
        medmcqa,
        pubmedqa,
        medhalt,
        mmlu,
        medhallu,
        halueval,
        cmb,
        own,
    )
}
"""The formats by name, in the order in which a file is held against them."""


def read_benchmark(path: Path, name: str | None = None, *, split: str = TEST) -> Benchmark:
    """The items of a benchmark's file, or of the files of one in a folder.

    The format is told by the records' fields, in a folder by the files' names, where ``name``
    doesn't say; ``split`` is the one that is read of kgmed's own datasets. Raises
    :class:`~kgmed.kg.errors.UsageError` for a name that isn't known and a folder that may hold
    several, :class:`~kgmed.kg.errors.DataError` where nothing is (with where to get it), for a file
    of another format and one that is broken or holds no item.
    """
    if name is not None and name not in FORMATS:
        raise UsageError(f"Found the benchmark {name!r}, expected one of {', '.join(FORMATS)}.")
    chosen = FORMATS[name] if name is not None else None
    if not path.exists():
        raise DataError(f"{path}: found no file and no folder. {_where_to_get(path, chosen)}")
    if path.is_dir():
        format, files = _of_folder(path, chosen, split)
    else:
        _checked_ending(path)
        format, files = chosen or _told(path), (path,)
    given = Given(files, split)
    items = tuple(format.read(given))
    if not items:
        left = ", ".join(f"{why}: {n:,}" for why, n in given.notes.items()) or "no record"
        raise DataError(
            f"{path}: found no item of {format.title} ({left}). Expected {format.help}."
        )
    _once_each(path, (item.id for item in items))
    return Benchmark(
        format.name, format.title, format.url, format.licence, items, _digest(given.used),
        dict(given.notes),
    )  # fmt: skip


def _told(path: Path) -> Format:
    """The format of a file, by its first records."""
    if mmlu.is_headless(path):
        return mmlu.FORMAT
    sample = [(id, r) for id, r in islice(records(path), 20) if isinstance(r, dict)]
    for format in FORMATS.values():
        if format.fits(sample):
            return format
    if not sample:
        raise DataError(
            f"{path}: found no record in it, expected those of a benchmark: {', '.join(FORMATS)}. "
            "Is the download complete?"
        )
    fields = ", ".join(map(str, list(sample[0][1])[:12]))
    raise DataError(
        f"{path}: found records of no known benchmark ({fields}), expected one of "
        f"{', '.join(FORMATS)}."
    )


def _checked_ending(path: Path) -> None:
    if format_of(path) not in ENDINGS:
        raise UsageError(
            f"{path}: found the ending {path.suffix!r}, expected one of {', '.join(ENDINGS)}"
            " (also with .gz), unpacked from the archive that it was published in."
        )


def _of_folder(path: Path, chosen: Format | None, split: str) -> tuple[Format, tuple[Path, ...]]:
    """The format of a folder's files, and those that are read."""
    found = {}
    for format in [chosen] if chosen else FORMATS.values():
        globs = [glob.format(split=split) for glob in format.files]
        files = tuple(sorted({file for glob in globs for file in path.glob(glob)}))
        if files:
            found[format.name] = files
    if len(found) == 1:
        ((name, files),) = found.items()
        return FORMATS[name], files
    if found:
        raise UsageError(
            f"{path}: found files of {', '.join(found)}, expected those of one benchmark. Name the "
            "file, or the benchmark."
        )
    known = {name for format in FORMATS.values() for name in format.companions}
    single = [
        file
        for file in sorted(path.iterdir())
        if file.is_file() and format_of(file) in ENDINGS and file.name not in known
    ]
    if len(single) == 1:
        return chosen or _told(single[0]), (single[0],)
    raise DataError(
        f"{path}: found no file of a benchmark by its published name in this folder. "
        f"Name the file, or download one. {_where_to_get(path, chosen)}"
    )


def _where_to_get(path: Path, chosen: Format | None) -> str:
    named = chosen or next(
        (f for f in FORMATS.values() if f.name in path.name.casefold() or path.name in f.get), None
    )
    if named is not None:
        return f"Expected {named.help}."
    return "Expected a file of one of these:\n" + "\n".join(
        f"  {format.help}" for format in FORMATS.values() if format is not own.FORMAT
    )


def _once_each(path: Path, ids: Iterable[str]) -> None:
    seen: set[str] = set()
    for id in ids:
        if id in seen:
            raise DataError(f"{path}: found the id {id!r} twice, expected each once.")
        seen.add(id)


def _digest(files: Iterable[Path]) -> str:
    """The sha256 of a file's bytes; of several, over their names and bytes."""
    each = [(file.name, sha256(file.read_bytes()).hexdigest()) for file in dict.fromkeys(files)]
    if len(each) == 1:
        return each[0][1]
    return sha256(
        "".join(f"{name} {digest}\n" for name, digest in sorted(each)).encode()
    ).hexdigest()
