"""DrugBank's files as streams: plain, .gz or in the download's .zip; drugs one by one.

The XML (https://docs.drugbank.com/xml/, drugbank.xsd 5.1) is one file of 1.7 GB. expat feeds C's
tree builder directly, and finished drugs are cut off the root after every piece of the file, so
that memory holds one drug and one piece. A DTD is refused before anything in it is read: DrugBank's
files have none, and one is where entity bombs and references to other files are declared.
"""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO, NamedTuple, NoReturn, cast
from xml.etree.ElementTree import Element, TreeBuilder  # no parser of its own
from xml.parsers import expat  # refuses DTDs below

from kgmed.builders import rows
from kgmed.builders.rows import shown
from kgmed.kg.errors import DataError, RowError

PIECE_BYTES = 1 << 20
DRUG_BYTES = 256 << 20
"""No drug is longer; the longest of the real ones takes a few MB."""
MAJOR = "5"
FORMATS = (".xml", ".csv")


class Header(NamedTuple):
    """What the root element says of the release."""

    version: str
    exported_on: str


class Place(NamedTuple):
    """An element of the file: the ``nth`` ``tag``, from 0, that lies ``depth`` deep in the drug of
    that ``number``; depth 2 is the drug itself."""

    number: int
    depth: int
    tag: str
    nth: int


def content_name(path: Path) -> str:
    """The name of the file, or of the one in the .zip, in lower case and without .gz."""
    name = path.name.lower()
    if name.endswith(".zip"):
        with opened(path) as file:
            return PurePosixPath(str(getattr(file, "name", ""))).name.lower()
    return name.removesuffix(".gz")


@contextmanager
def opened(path: Path) -> Iterator[IO[bytes]]:
    """The bytes of the database. Raises :class:`DataError` where they can't be read to the end."""
    try:
        if path.name.lower().endswith(".zip"):
            with zipfile.ZipFile(path) as archive, archive.open(_member(path, archive)) as file:
                yield file
        else:
            with rows.opened(path) as file:
                yield file
    except (EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise DataError(
            f"{path}: found damaged zip data ({error}), expected a whole .zip file. "
            "Is the download complete?"
        ) from error
    except OSError as error:
        raise DataError(f"{path}: can't be read ({error.strerror or error}).") from error


def _member(path: Path, archive: zipfile.ZipFile) -> zipfile.ZipInfo:
    infos = [info for info in archive.infolist() if not info.is_dir()]
    for info in infos:
        if info.filename.startswith(("/", "\\")) or ".." in PurePosixPath(info.filename).parts:
            raise DataError(
                f"{path}: found the member {shown(info.filename)}, expected names inside the "
                "archive. This isn't DrugBank's download; fetch it again."
            )
    fitting = [
        info
        for info in infos
        if info.filename.lower().endswith(FORMATS) and not info.filename.startswith("__MACOSX")
    ]
    if len(fitting) != 1:
        names = ", ".join(info.filename for info in fitting or infos[:5]) or "nothing"
        raise DataError(
            f"{path}: found {names}, expected one .xml or .csv file. Unpack it and name the file."
        )
    if fitting[0].flag_bits & 1:
        raise DataError(f"{path}: {fitting[0].filename} is encrypted. Unpack it and name the file.")
    return fitting[0]


def read_header(path: Path) -> Header:
    """The root's version and date. Raises :class:`DataError` for anything but DrugBank 5."""
    with opened(path) as file:
        parser = _Parser(path)
        while parser.header is None:
            if not (piece := file.read(PIECE_BYTES)):
                parser.feed(b"", last=True)
                break
            parser.feed(piece)
    assert parser.header is not None  # noqa: S101  # else feed raised: no root is no XML
    return parser.header


def read_drugs(path: Path) -> Iterator[tuple[int, Element]]:
    """Stream the drugs with their number in the file, from 0."""
    number = 0
    with opened(path) as file:
        parser = _Parser(path)
        waiting = 0
        while piece := file.read(PIECE_BYTES):
            parser.feed(piece)
            ready = parser.take(all_of_them=False)
            waiting = 0 if ready else waiting + len(piece)
            if waiting > DRUG_BYTES:
                parser.fail(f"a record of more than {DRUG_BYTES:,} bytes", "drugs of a few MB")
            for drug in ready:
                yield number, drug
                number += 1
        parser.feed(b"", last=True)
        for drug in parser.take(all_of_them=True):
            yield number, drug
            number += 1


def locate(path: Path, places: set[Place]) -> dict[Place, int]:
    """The line of each element: a second reading, only done where a row is wrong."""
    if not places:
        return {}
    last = max(place.number for place in places)
    found: dict[Place, int] = {}
    counts: dict[tuple[int, str], int] = {}
    depth, drug = 0, -1

    def start(tag: str, _attributes: dict[str, str]) -> None:
        nonlocal depth, drug
        depth += 1
        tag = tag.rpartition(":")[2]
        if depth == 2 and tag == "drug":
            drug += 1
            counts.clear()
        place = Place(drug, depth, tag, counts.get((depth, tag), 0))
        counts[depth, tag] = place.nth + 1
        if place in places:
            found[place] = parser.expat.CurrentLineNumber

    def end(_tag: str) -> None:
        nonlocal depth
        depth -= 1

    with opened(path) as file:
        parser = _Parser(path, start, end)
        while len(found) < len(places) and drug <= last and (piece := file.read(PIECE_BYTES)):
            parser.feed(piece)
    return found


class _Parser:
    """expat over a tree builder: refuses DTDs, checks the root, and has handlers of its own where
    given; ``take`` cuts off what is finished below the root."""

    def __init__(
        self,
        path: Path,
        start: Callable[[str, dict[str, str]], object] | None = None,
        end: Callable[[str], object] | None = None,
    ) -> None:
        self.path, self.header, self._root = path, cast("Header | None", None), Element("")
        builder = TreeBuilder()
        self._start = start or builder.start
        self.expat = expat.ParserCreate()
        self.expat.buffer_text = True
        self.expat.StartDoctypeDeclHandler = self._refuse_dtd
        self.expat.StartElementHandler = self._begin
        self.expat.EndElementHandler = end or builder.end
        if start is None:
            self.expat.CharacterDataHandler = builder.data

    def feed(self, piece: bytes, *, last: bool = False) -> None:
        """Parse a piece of the file."""
        try:
            self.expat.Parse(piece, last)
        except expat.ExpatError as error:
            reason = expat.ErrorString(error.code)
            cut = last or error.code in _CUT
            raise RowError(
                self.path,
                error.lineno,
                found=f"XML that isn't well-formed ({reason}, column {error.offset + 1})",
                expected="a DrugBank XML file" + (" to its end" if cut else ""),
                hint="Is the download complete?" if cut else "Was the file changed? Download it.",
            ) from error
        except (LookupError, ValueError) as error:  # the declared encoding isn't one
            self.fail(f"an encoding that can't be read ({error})", "UTF-8")

    def take(self, *, all_of_them: bool) -> list[Element]:
        """The finished drugs, which leave the tree; the last one may be under way."""
        end = len(self._root) if all_of_them else len(self._root) - 1
        if end < 1:
            return []
        ready = [child for child in self._root[:end] if child.tag == "drug"]
        del self._root[:end]
        return ready

    def fail(self, found: str, expected: str, hint: str = "") -> NoReturn:
        """Refuse the file at the present line."""
        line = self.expat.CurrentLineNumber
        raise RowError(self.path, line, found=found, expected=expected, hint=hint)

    def _refuse_dtd(self, name: str, *_more: object) -> None:
        self.fail(
            f"a document type declaration (<!DOCTYPE {name[:40]})",
            "none: DrugBank's files have none, and one can hold entities that grow without end",
            "The file isn't DrugBank's own; download it again.",
        )

    def _begin(self, tag: str, attributes: dict[str, str]) -> None:
        """The root: check it, then hand the rest to the handler proper."""
        prefix, _, local = tag.rpartition(":")
        version = attributes.get("version", "")
        if local != "drugbank":
            hint = "Is this the full database, and not a table or a single record?"
            self.fail(f"the root element <{tag[:40]}>", "<drugbank>", hint)
        if version.partition(".")[0] != MAJOR:
            self.fail(
                f"DrugBank of version {shown(version)}",
                f"version {MAJOR}",
                f"Download a release of DrugBank {MAJOR}, or a kgmed that reads this one.",
            )
        self.header = Header(version, attributes.get("exported-on", ""))
        start = self._start
        if prefix:  # written again by some program, with prefixes

            def without_prefix(tag: str, attributes: dict[str, str]) -> object:
                return start(tag.removeprefix(f"{prefix}:"), attributes)

            self.expat.StartElementHandler = without_prefix
        else:
            self.expat.StartElementHandler = start
        root = start(local, attributes)
        if isinstance(root, Element):
            self._root = root


_CUT = frozenset(
    expat.errors.codes[message]
    for message in (
        expat.errors.XML_ERROR_NO_ELEMENTS,
        expat.errors.XML_ERROR_UNCLOSED_TOKEN,
        expat.errors.XML_ERROR_PARTIAL_CHAR,
        expat.errors.XML_ERROR_UNCLOSED_CDATA_SECTION,
    )
)
