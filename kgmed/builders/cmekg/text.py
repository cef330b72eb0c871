"""CMeKG's files as text: which encoding, and JSON values one by one out of a file of any size.

Files are UTF-8 or GB18030 (https://www.gb18030.com, of which GBK and GB2312 are parts); none says
which. A file that is UTF-8 throughout is UTF-8: text in GB18030 never is by chance.
"""

from __future__ import annotations

import codecs
import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

from kgmed.builders.rows import opened
from kgmed.kg.errors import RowError

PIECE = 1 << 20
VALUE_CHARACTERS = 64 << 20
"""No single record is longer."""
_SURE = 16
"""So many characters of several bytes that are valid UTF-8 don't come about by chance."""
_SURE_OF_ERROR = 64
"""A JSON error this far before the end of what was read isn't for want of the rest."""


@contextmanager
def opened_text(path: Path, encoding: str) -> Iterator[io.TextIOWrapper]:
    """The text of a file whose encoding is known; only ``\\n`` ends a line."""
    with opened(path) as file, io.TextIOWrapper(file, encoding, newline="\n") as text:
        yield text


def detect_encoding(path: Path) -> str:
    """``utf-8-sig`` or ``gb18030``, whichever the whole file is.

    Raises :class:`RowError` where it is neither, or is UTF-8 that was damaged or cut.
    """
    decoder = codecs.getincrementaldecoder("utf-8")()
    line, sure = 1, 0
    with opened(path) as file:
        while True:
            piece = file.read(PIECE)
            if line == 1 and sure == 0 and piece[:2] in (b"\xff\xfe", b"\xfe\xff"):
                _refuse(path, 1, "UTF-16", "Convert the file: iconv -f UTF-16 -t UTF-8.")
            try:
                text = decoder.decode(piece, final=not piece)
            except UnicodeDecodeError as error:
                good = error.object[: error.start]
                sure += sum(byte >= 0xC0 for byte in good[:PIECE])
                if sure < _SURE and piece:
                    break
                line += good.count(b"\n")
                if not piece:
                    _refuse(path, line, "a character that is cut off at the end of the file",
                            "Is the download complete?")  # fmt: skip
                _refuse(path, line, f"byte 0x{error.object[error.start]:02x}, which isn't UTF-8",
                        "The file was damaged or put together from two encodings.")  # fmt: skip
            if not piece:
                return "utf-8-sig"
            if sure < _SURE:
                sure += sum(byte >= 0xC0 for byte in piece)
            line += text.count("\n")
    _check_gb18030(path)
    return "gb18030"


def _check_gb18030(path: Path) -> None:
    decoder = codecs.getincrementaldecoder("gb18030")()
    line = 1
    with opened(path) as file:
        while True:
            piece = file.read(PIECE)
            try:
                line += decoder.decode(piece, final=not piece).count("\n")
            except UnicodeDecodeError as error:
                line += error.object[: error.start].count(b"\n")
                hint = "Convert the file to UTF-8 with iconv, or download it again."
                _refuse(path, line, "bytes that are neither UTF-8 nor GB18030", hint)
            if not piece:
                return


def _refuse(path: Path, line: int, found: str, hint: str) -> NoReturn:
    raise RowError(path, line, found=found, expected="UTF-8 or GB18030 text", hint=hint)


class JsonText:
    """Reads JSON values out of a text stream; memory holds one value and one piece."""

    def __init__(self, path: Path, text: io.TextIOWrapper) -> None:
        self.path, self._text = path, text
        self.buffer, self._at, self._line, self._ended = "", 0, 1, False
        self._column = self._counted = 0
        self._more()

    @property
    def line(self) -> int:
        """The line of the next character, from 1."""
        if self._at > self._counted:  # only ahead: from the start each time is quadratic
            self._line += self.buffer.count("\n", self._counted, self._at)
            self._counted = self._at
        return self._line

    def peek(self) -> str:
        """The next character that isn't white space, '' at the end; it is not taken."""
        while True:
            while self._at < len(self.buffer):
                if not self.buffer[self._at].isspace():
                    return self.buffer[self._at]
                self._at += 1
            if self._ended:
                return ""
            self._more()

    def take(self, *expected: str) -> str:
        """Take the next character, which must be one of ``expected``."""
        found = self.peek()
        if found not in expected or not found:
            if not found:
                self._fail("the end of the file", " or ".join(expected), _COMPLETE)
            self._fail(repr(found), " or ".join(expected))
        self._at += 1
        return found

    def value(self) -> Any:
        """Take the next value. Raises :class:`RowError` with line and column of what is wrong."""
        self.peek()
        while True:
            try:
                value, end = _DECODER.raw_decode(self.buffer, self._at)
            except RecursionError:
                self._fail("JSON nested too deep", "records of CMeKG")
            except ValueError as error:
                at = getattr(error, "pos", self._at)
                cut = str(error).startswith("Unterminated string")
                if self._ended or not (cut or at >= len(self.buffer) - _SURE_OF_ERROR):
                    cut = cut or at >= len(self.buffer.rstrip()) - 1
                    self._refuse(at, str(error).partition(": line ")[0][:120], cut=cut)
            else:
                if end < len(self.buffer) or self._ended:
                    self._at = end
                    return value
            if len(self.buffer) - self._at > VALUE_CHARACTERS:
                self._fail(f"a record of more than {VALUE_CHARACTERS:,} characters", "a short one")
            self._more()

    def _refuse(self, at: int, why: str, *, cut: bool) -> NoReturn:
        self._at = at
        if cut:
            self._fail(f"JSON that is cut off ({why})", "a whole document", _COMPLETE)
        self._fail(f"text that isn't JSON ({why})", "JSON")

    def _more(self) -> None:
        newline = self.buffer.rfind("\n", 0, self._at)
        self._line, self._counted = self.line, 0
        self._column = self._at - newline - 1 if newline >= 0 else self._column + self._at
        self.buffer = self.buffer[self._at :]
        self._at = 0
        piece = self._text.read(max(PIECE, len(self.buffer)))
        self._ended = not piece
        self.buffer += piece

    def _fail(self, found: str, expected: str, hint: str = "") -> NoReturn:
        newline = self.buffer.rfind("\n", 0, self._at)
        column = self._at - newline if newline >= 0 else self._column + self._at + 1
        raise RowError(
            self.path, self.line, found=f"{found} at column {column}", expected=expected, hint=hint
        )


_COMPLETE = "The file was cut: is the download complete?"
_DECODER = json.JSONDecoder()
