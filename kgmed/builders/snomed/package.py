"""A release folder or zip: its files, and which of them make one state of one edition.

A package holds up to three release types. The Snapshot is read, or the Full release where an
earlier date is asked for or there is no Snapshot; a Delta only where it is newer than these: it
then brings them up to its own date. Nothing of an archive is unpacked to disk.
"""

from __future__ import annotations

import stat
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date as Date  # noqa: N812
from functools import partial
from pathlib import Path, PurePosixPath
from typing import IO, cast

from kgmed.builders.rows import Block, blocks_of
from kgmed.builders.snomed.layout import (
    LAYOUTS,
    Content,
    ReleaseFile,
    ReleaseType,
    release_file,
)
from kgmed.kg.errors import DataError, UsageError


@dataclass(frozen=True, slots=True)
class Release:
    """The files that are read, of one edition, and the date whose state they are read for.

    ``date`` is the newest file's, ``as_of`` the one asked for, else the same; both YYYYMMDD.
    """

    edition: str
    date: int
    as_of: int
    release_type: ReleaseType
    files: tuple[ReleaseFile, ...]
    unread: tuple[ReleaseFile, ...]

    @property
    def name(self) -> str:
        """What statements call the release: edition and date.

        >>> Release("INT", 20260101, 20250701, "Full", (), ()).name
        'INT 20260101, as of 20250701'
        """
        earlier = f", as of {self.as_of}" if self.as_of < self.date else ""
        return f"{self.edition} {self.date}{earlier}"


def as_date(given: str | int | Date | None) -> int | None:
    """A date as the number YYYYMMDD.

    >>> as_date("2025-07-01"), as_date(20250701), as_date(Date(2025, 7, 1)), as_date(None)
    (20250701, 20250701, 20250701, None)
    """
    if given is None:
        return None
    text = given.isoformat()[:10] if isinstance(given, Date) else str(given)
    digits = text.replace("-", "")
    if not is_date(digits):
        raise UsageError(f"date: found {text[:40]!r}, expected one such as 20260101.")
    return int(digits)


def is_date(text: str) -> bool:
    """Whether a text is a date YYYYMMDD.

    >>> is_date("20240229"), is_date("20250229"), is_date("2025-2-1")
    (True, False, False)
    """
    if len(text) != 8 or not (text.isascii() and text.isdigit()):
        return False
    try:
        Date(int(text[:4]), int(text[4:6]), int(text[6:]))
    except ValueError:
        return False
    return True


def find_files(path: Path) -> list[ReleaseFile]:
    """Every RF2 file of a release folder, or of its zip."""
    if path.is_dir():
        found = [
            release_file(file, partial(cast("Callable[[str], IO[bytes]]", file.open), "rb"))
            for file in sorted(path.rglob("*.txt"))
            if file.is_file()
        ]
    elif path.is_file():
        found = [release_file(path / name, partial(_member, path, name)) for name in _names(path)]
    else:
        raise DataError(f"{path}: there is no such folder or file.")
    files = [file for file in found if file is not None]
    if not files:
        example = LAYOUTS["concept"].file_name("Snapshot", "", "INT", 20260101)
        archive = next(iter(sorted(path.glob("*.zip"))), None) if path.is_dir() else None
        hint = f"Give {archive.name} itself." if archive else "Is this a SNOMED CT release?"
        raise DataError(f"{path}: found no RF2 file, expected files such as {example}. {hint}")
    return files


def _names(path: Path) -> list[str]:
    """The members' names of an archive that nothing could escape from."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, EOFError, ValueError, NotImplementedError) as error:
        raise DataError(
            f"{path}: found no readable zip ({error}), expected a release folder or its .zip. "
            "Is the download complete?"
        ) from error
    except OSError as error:
        raise DataError(f"{path}: can't be read ({error.strerror or error}).") from error
    for member in members:
        name = member.filename.replace("\\", "/")
        parts = PurePosixPath(name).parts
        if ".." in parts or name.startswith("/") or (parts and parts[0].endswith(":")):
            raise DataError(
                f"{path}: found the member {member.filename[:200]!r}, expected names inside the "
                "archive. No release has such a name: don't use the file."
            )
        if stat.S_ISLNK(member.external_attr >> 16):
            raise DataError(
                f"{path}: found the link {member.filename[:200]!r}, expected files only."
            )
    return sorted(member.filename for member in members if not member.is_dir())


def _member(path: Path, name: str) -> IO[bytes]:
    with zipfile.ZipFile(path) as archive:
        return archive.open(name)  # keeps the archive's file open until it is closed itself


def sizes_of(path: Path, files: Iterable[ReleaseFile]) -> list[int]:
    """The bytes of each file of a release folder or zip, unpacked."""
    if path.is_dir():
        return [file.path.stat().st_size for file in files]
    with zipfile.ZipFile(path) as archive:
        sizes = {path / member.filename: member.file_size for member in archive.infolist()}
    return [sizes[file.path] for file in files]


@contextmanager
def opened(file: ReleaseFile) -> Iterator[IO[bytes]]:
    """A file's bytes; what goes wrong on the way is a :class:`DataError`."""
    try:
        with file.open() as stream:
            yield stream
    except (EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise DataError(
            f"{file.path}: found damaged zip data ({error}), expected a whole archive. "
            "Is the download complete?"
        ) from error
    except (NotImplementedError, RuntimeError) as error:
        raise DataError(
            f"{file.path}: can't be unpacked ({error}). Unpack the archive and give its folder."
        ) from error
    except OSError as error:
        raise DataError(f"{file.path}: can't be read ({error.strerror or error}).") from error


def read_blocks(file: ReleaseFile) -> Iterator[Block]:
    """Stream a file's lines, as :func:`kgmed.builders.rows.read_blocks` does a path's."""
    with opened(file) as stream:
        yield from blocks_of(stream, file.path, hint="Is this an RF2 file?")


def choose(path: Path, files: Sequence[ReleaseFile], as_of: int | None) -> Release:
    """The files that together give an edition's state at a date, by default the newest.

    Raises :class:`DataError` where the files are of several releases or editions, where a file
    that the others need is missing, and where the files can't tell of the date.
    """
    _one_edition(path, files)
    whole = [file for file in files if file.release_type != "Delta"]
    deltas = [file for file in files if file.release_type == "Delta"]
    if not whole:
        raise DataError(
            f"{path}: found a Delta release only ({deltas[0].name}), expected a Snapshot or Full "
            "release: a Delta holds no more than what changed. Put the Snapshot or Full files of "
            "the release before into the same folder, or download the whole release."
        )
    date = _one_date(path, whole)
    update = _one_date(path, deltas) if deltas else date
    if update < date:
        raise DataError(
            f"{path}: found releases mixed: a Delta of {update} beside files of {date}, expected a "
            f"newer one or none. Remove {deltas[0].name} and its like."
        )
    newest = max(date, update)
    release_type = _release_type(path, whole, newest, as_of)
    used = [file for file in whole if file.release_type == release_type]
    _complete(path, used, release_type, files[0].edition, date)
    if update > date:
        used += deltas
    read = tuple(file for file in used if file.content is not None)
    unread = tuple(file for file in used if file.content is None)
    as_of = newest if as_of is None else min(as_of, newest)
    return Release(files[0].edition, newest, as_of, release_type, read, unread)


def _one_edition(path: Path, files: Sequence[ReleaseFile]) -> None:
    by_name: dict[str, ReleaseFile] = {}
    for file in files:
        twin = by_name.setdefault(file.name, file)
        if twin is not file:
            raise DataError(
                f"{path}: found {file.name} twice, in {twin.path.parent} and {file.path.parent}, "
                "expected one release. Name the folder of the one to read."
            )
    first, other = _first_two(files, lambda file: file.edition)
    if other is not None:
        raise DataError(
            f"{path}: found editions mixed: {first.edition} ({first.name}) and {other.edition} "
            f"({other.name}), expected one. Give each edition's package as a source of its own."
        )


def _one_date(path: Path, files: Sequence[ReleaseFile]) -> int:
    first, other = _first_two(files, lambda file: file.date)
    if other is not None:
        raise DataError(
            f"{path}: found releases mixed: {first.date} ({first.name}) and {other.date} "
            f"({other.name}), expected files of one. Name the folder of the release to read."
        )
    return first.date


def _first_two(
    files: Sequence[ReleaseFile], what: Callable[[ReleaseFile], object]
) -> tuple[ReleaseFile, ReleaseFile | None]:
    first = files[0]
    return first, next((file for file in files if what(file) != what(first)), None)


def _release_type(
    path: Path, files: Sequence[ReleaseFile], newest: int, as_of: int | None
) -> ReleaseType:
    found = {file.release_type for file in files if file.content == "concept"}
    found = found or {file.release_type for file in files}
    earlier = as_of is not None and as_of < newest
    if "Full" in found and (earlier or "Snapshot" not in found):
        return "Full"
    if earlier:
        raise DataError(
            f"{path}: found a Snapshot of {newest} only, expected the Full release to tell the "
            f"state at {as_of}. Add the Full files, or leave the date out."
        )
    return "Snapshot"


def _complete(
    path: Path, files: Sequence[ReleaseFile], release_type: str, edition: str, date: int
) -> None:
    """Refuse a release that lacks a required file, or a language's descriptions."""
    by_content: dict[Content | None, set[str]] = {}
    for file in files:
        by_content.setdefault(file.content, set()).add(file.language)
    spoken = by_content.get("description", set())
    named = by_content.get("language", set()) | by_content.get("text_definition", set()) - {""}
    for layout in LAYOUTS.values():
        if not layout.required or layout.content in by_content:
            continue
        language = ""
        if layout.content in {"description", "language"}:
            language = min((spoken | named) - {""}, default="en")
        _missing(path, layout.file_name(release_type, language, edition, date))
    if "" not in spoken and (silent := named - spoken - {""}):
        language = min(silent)
        name = LAYOUTS["description"].file_name(release_type, language, edition, date)
        _missing(path, name, f" for the files in {language!r} beside it")


def _missing(path: Path, name: str, why: str = "") -> None:
    raise DataError(
        f"{path}: found no {name}, expected one{why}: without it the release isn't whole. "
        "Is the download or the unpacking complete? An edition's package has it."
    )
