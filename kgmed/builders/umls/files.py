"""Where the tables of a Metathesaurus lie: a folder of RRF files, or the distribution's archives.

NLM distributes the Metathesaurus as a zip file that holds ``.nlm`` files, which are zip files
themselves; in these lie the tables, compressed and cut into parts (``MRCONSO.RRF.aa.gz``,
``MRCONSO.RRF.ab.gz`` ...). Its installer writes a folder ``META`` of plain or ``.gz`` tables
(https://www.ncbi.nlm.nih.gov/books/NBK9683/). All of these are read as they are: nothing is
unpacked to disk but a ``.nlm`` file that is itself compressed inside its zip file.
"""

from __future__ import annotations

import io
import os
import re
import shutil
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from string import ascii_lowercase
from typing import IO, BinaryIO, NamedTuple, cast

from kgmed.kg.errors import DataError

TABLE = re.compile(r"(MR[A-Z]+\.RRF)(?:\.(?!gz)([a-z]{2}))?(\.gz)?", re.ASCII)
ARCHIVE_SUFFIXES = (".zip", ".nlm")
RELEASE_DAT = "release.dat"
LEFT_OUT = frozenset(("CHANGE", "mmsys.zip"))
"""Folders and archives of a release that hold no tables of the Metathesaurus itself."""

MAX_DEPTH = 4
"""How deep below the given folder tables are looked for."""

_SUFFIXES = [a + b for a in ascii_lowercase for b in ascii_lowercase]


class Part(NamedTuple):
    """One file of a table: its label in messages, how to open it, the file on disk it lies in."""

    label: str
    open: Callable[[], AbstractContextManager[IO[bytes]]]
    compressed: bool
    path: Path


@dataclass(frozen=True, slots=True)
class Table:
    """A table of the Metathesaurus, ``MRCONSO.RRF``, of one or more parts in order."""

    name: str
    parts: tuple[Part, ...]

    @property
    def path(self) -> Path:
        """What messages call it: the file, or folder and name of a table in parts."""
        if len(self.parts) == 1:
            return Path(self.parts[0].label)
        return Path(self.parts[0].label).parent / self.name


@dataclass(frozen=True, slots=True)
class Files:
    """The tables found, by name, and the texts of every ``release.dat`` beside them."""

    root: Path
    tables: dict[str, Table]
    release_dat: tuple[str, ...]

    def require(self, name: str) -> Table:
        """A table, or :class:`DataError` that says what else was found."""
        table = self.tables.get(name)
        if table is None:
            found = ", ".join(sorted(self.tables))
            raise DataError(
                f"{self.root}: found {found}, but no {name}. A Metathesaurus has one; is the "
                "download, or the subset that MetamorphoSys wrote, complete?"
            )
        return table


class _Found(NamedTuple):
    """A file of a table as it was met: ``folder`` it lies in, within an archive or on disk."""

    table: str
    suffix: str
    folder: str
    part: Part


def find_files(path: Path, spool: Path) -> Files:
    """Find the tables below a folder or in an archive; plain files win over archives.

    ``spool`` is a folder for compressed archives inside archives. Raises :class:`DataError` where
    there are none, where a part is missing, and where there are two copies of a table.
    """
    if path.is_file():
        found, texts = _in_archives([path], spool)
    elif path.is_dir():
        found, texts, archives = _in_folder(path)
        if not found:
            found, texts = _in_archives(archives, spool)
    else:
        raise DataError(f"{path}: there is no such file or folder.")
    if not found:
        raise DataError(
            f"{path}: found no table of the Metathesaurus (MRCONSO.RRF ...), expected the folder "
            "META that MetamorphoSys writes, or the .zip or .nlm files as NLM distributes them."
        )
    names = sorted({item.table for item in found})
    return Files(path, {name: _table(name, found) for name in names}, tuple(texts))


def _table(name: str, found: list[_Found]) -> Table:
    """One table's parts in order: the plain file, else the compressed one, else the cut ones."""
    items = [item for item in found if item.table == name]
    whole = [item for item in items if not item.suffix]
    chosen = [item for item in whole if not item.part.compressed] or whole
    if chosen:
        if len(chosen) > 1:
            raise _two_copies(name, chosen)
        return Table(name, (chosen[0].part,))
    items = [item for item in items if not item.part.compressed] or items
    by_suffix: dict[str, list[_Found]] = {}
    for item in items:
        by_suffix.setdefault(item.suffix, []).append(item)
    for several in by_suffix.values():
        if len(several) > 1:
            raise _two_copies(name, several)
    ordered = sorted(by_suffix)
    for have, expected in zip(ordered, _SUFFIXES, strict=False):
        if have != expected:
            raise DataError(
                f"{items[0].part.path.parent}: found the parts {', '.join(ordered)} of {name}, "
                f"expected also {expected}. Is the download complete?"
            )
    return Table(name, tuple(by_suffix[suffix][0].part for suffix in ordered))


def _two_copies(name: str, items: list[_Found]) -> DataError:
    places = " and ".join(item.part.label for item in items[:2])
    return DataError(
        f"{name}: found two copies, {places}, expected one. Two releases must not be mixed: name "
        "the folder or archive of one of them."
    )


# On disk ------------------------------------------------------------------------------------------


def _in_folder(root: Path) -> tuple[list[_Found], list[str], list[Path]]:
    found: list[_Found] = []
    texts: list[str] = []
    archives: list[Path] = []
    for folder, folders, files in os.walk(root):
        depth = len(Path(folder).relative_to(root).parts)
        folders[:] = sorted(f for f in folders if f not in LEFT_OUT and not f.startswith("."))
        if depth >= MAX_DEPTH:
            folders.clear()
        for file in sorted(files):
            path = Path(folder, file)
            match = TABLE.fullmatch(file)
            if match:
                part = Part(str(path), _opener(path), bool(match[3]), path)
                found.append(_Found(match[1], match[2] or "", folder, part))
            elif file == RELEASE_DAT:
                texts.append(path.read_text(encoding="utf-8", errors="replace"))
            elif path.suffix.lower() in ARCHIVE_SUFFIXES and file not in LEFT_OUT:
                archives.append(path)
    return found, texts, archives


def _opener(path: Path) -> Callable[[], AbstractContextManager[IO[bytes]]]:
    return lambda: path.open("rb")


# In archives --------------------------------------------------------------------------------------

_Open = Callable[[], AbstractContextManager[zipfile.ZipFile]]


def _in_archives(paths: list[Path], spool: Path) -> tuple[list[_Found], list[str]]:
    archives = _Archives(spool)
    for path in paths:
        archives.look_into(path, str(path), _zip_opener(path, str(path)), nested=False)
    return archives.found, archives.texts


class _Archives:
    """Lists archives' tables; of archives inside them too, one level down."""

    def __init__(self, spool: Path) -> None:
        self.found: list[_Found] = []
        self.texts: list[str] = []
        self._spool = spool

    def look_into(self, path: Path, label: str, opened: _Open, *, nested: bool) -> None:
        with opened() as archive:
            infos = archive.infolist()
        if min((info.header_offset for info in infos), default=0):
            # Cut off, an archive of stored archives ends with the directory of one of these.
            raise DataError(
                f"{label}: found an archive that doesn't begin where its directory says, expected "
                "a whole .zip or .nlm file. Is the download complete?"
            )
        for info in infos:
            _check_member(label, info)
            if info.is_dir():
                continue
            *folders, file = info.filename.split("/")
            if LEFT_OUT & {*folders, file}:
                continue
            inside = f"{label}/{info.filename}"
            match = TABLE.fullmatch(file)
            if match:
                member = _member_opener(opened, info.filename, inside)
                part = Part(inside, member, bool(match[3]), path)
                folder = inside.removesuffix(file)
                self.found.append(_Found(match[1], match[2] or "", folder, part))
            elif file == RELEASE_DAT:
                with _member_opener(opened, info.filename, inside)() as stream:
                    self.texts.append(stream.read(1 << 16).decode("utf-8", "replace"))
            elif Path(file).suffix.lower() in ARCHIVE_SUFFIXES and not nested:
                inner = _nested_opener(path, opened, info, inside, self._spool)
                self.look_into(path, inside, inner, nested=True)


def _check_member(label: str, info: zipfile.ZipInfo) -> None:
    name = info.orig_filename.replace("\\", "/")
    if name.startswith("/") or ".." in name.split("/") or re.match(r"[A-Za-z]:", name):
        raise DataError(
            f"{label}: found the name {info.orig_filename[:80]!r}, expected names inside the "
            "archive. It wasn't made by NLM; download it again from https://uts.nlm.nih.gov."
        )
    if info.flag_bits & 1:
        raise DataError(
            f"{label}: {info.filename} is encrypted, expected an archive without a key."
        )


def _zip_opener(path: Path, label: str) -> _Open:
    @contextmanager
    def opened() -> Iterator[zipfile.ZipFile]:
        with _zip_errors(label), zipfile.ZipFile(path) as archive:
            yield archive

    return opened


def _nested_opener(
    path: Path, outer: _Open, info: zipfile.ZipInfo, label: str, spool: Path
) -> _Open:
    """Opens an archive inside an archive: in place where it is only stored, else spooled once."""
    copy = spool / f"{path.name}-{info.filename.replace('/', '-')}"

    @contextmanager
    def opened() -> Iterator[zipfile.ZipFile]:
        with _zip_errors(label):
            if info.compress_type == zipfile.ZIP_STORED:
                with (
                    _Slice(path, info) as stream,
                    zipfile.ZipFile(cast(IO[bytes], stream)) as zipped,
                ):
                    yield zipped
                return
            if not copy.is_file():
                spool.mkdir(parents=True, exist_ok=True)
                partial = copy.with_name(copy.name + ".part")
                with outer() as archive, archive.open(info) as source, partial.open("wb") as target:
                    shutil.copyfileobj(source, target, 1 << 20)
                partial.rename(copy)
            with zipfile.ZipFile(copy) as zipped:
                yield zipped

    return opened


def _member_opener(
    opened: _Open, name: str, label: str
) -> Callable[[], AbstractContextManager[IO[bytes]]]:
    @contextmanager
    def member() -> Iterator[IO[bytes]]:
        with _zip_errors(label), opened() as archive, archive.open(name) as stream:
            yield stream

    return member


@contextmanager
def _zip_errors(label: str) -> Iterator[None]:
    try:
        yield
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
        raise DataError(
            f"{label}: found a damaged archive ({error}), expected a whole .zip or .nlm file. "
            "Is the download complete?"
        ) from error


class _Slice(io.RawIOBase):
    """The bytes of a member that is stored without compression, as a seekable file."""

    def __init__(self, path: Path, info: zipfile.ZipInfo) -> None:
        super().__init__()
        self._file: BinaryIO = path.open("rb")
        self._file.seek(info.header_offset)
        header = self._file.read(30)  # local file header: APPNOTE.TXT 4.3.7, names' lengths at 26
        if len(header) < 30 or header[:4] != b"PK\x03\x04":
            self._file.close()
            raise zipfile.BadZipFile("no local header where the directory says")
        name, extra = (
            int.from_bytes(header[26:28], "little"),
            int.from_bytes(header[28:30], "little"),
        )
        self._start = info.header_offset + 30 + name + extra
        self._size = info.file_size
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        self._at = max(0, base + offset)
        return self._at

    def tell(self) -> int:
        return self._at

    def read(self, size: int | None = -1) -> bytes:
        left = max(0, self._size - self._at)
        wanted = left if size is None or size < 0 else min(size, left)
        self._file.seek(self._start + self._at)
        data = self._file.read(wanted)
        self._at += len(data)
        return data

    def close(self) -> None:
        self._file.close()
        super().close()
