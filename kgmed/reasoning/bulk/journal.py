"""What a run has answered so far, on disk: a line for each question, as soon as it is answered.

The journal stands beside the file that the run writes, under its name and ``.part``. A line that
was cut short is dropped when it is opened again, one that tells a failure is asked again. When all
is answered the lines go into the file, in the order of the questions, and the journal is removed.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from kgmed.kg.errors import OutputError

SUFFIX = ".part"
_SHAPE = "kgmed.answers/1"


class Journal:
    """The journal of one run; use it in ``with``.

    ``digest`` tells what is asked, and how: a journal of another run is refused, and so is one that
    another process writes now. Raises :class:`~kgmed.kg.errors.OutputError` for these, and where it
    can't be written.
    """

    def __init__(self, out: Path, digest: str) -> None:
        self.out, self.path = out, out.with_name(out.name + SUFFIX)
        self._digest = digest
        self._places: dict[int, tuple[int, int]] = {}
        """(offset, length) of each answer's line, by its question's number."""
        self.failed: set[int] = set()
        self._file: IO[bytes] | None = None

    def __enter__(self) -> Self:
        try:
            self._open()
        except BaseException as error:
            if self._file is not None:
                self._file.close()
            if isinstance(error, OSError):
                raise self._cannot(error) from error
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, _value: BaseException | None,
        _where: TracebackType | None,
    ) -> None:  # fmt: skip
        if self._file is not None:
            self._file.close()

    def __len__(self) -> int:
        return len(self._places)

    def __contains__(self, number: int) -> bool:
        return number in self._places

    def add(self, number: int, row: Mapping[str, Any], *, failed: bool = False) -> None:
        """Write what became of a question down; a failure counts for nothing when run again."""
        line = json.dumps({"n": number, "failed": failed, "row": row}, ensure_ascii=False)
        data = line.encode("utf-8", "backslashreplace") + b"\n"
        assert self._file is not None  # noqa: S101  entered
        try:
            place = self._file.seek(0, os.SEEK_END)
            self._file.write(data)
            self._file.flush()
        except OSError as error:
            raise self._cannot(error) from error
        self._places[number] = (place, len(data))
        (self.failed.add if failed else self.failed.discard)(number)

    def finish(self) -> None:
        """Write the file, a row a question in their order, and remove the journal."""
        assert self._file is not None  # noqa: S101
        new = self.out.with_name(self.out.name + ".new")
        try:
            with new.open("wb") as file:
                for _number, (place, length) in sorted(self._places.items()):
                    self._file.seek(place)
                    row = json.loads(self._file.read(length))["row"]
                    text = json.dumps(row, ensure_ascii=False)
                    file.write(text.encode("utf-8", "backslashreplace") + b"\n")
                file.flush()
                os.fsync(file.fileno())
            new.replace(self.out)
            self._file.close()
            self.path.unlink()
        except OSError as error:
            raise self._cannot(error) from error

    def _open(self) -> None:
        self._file = self._alone()
        if not self._file.seek(0, os.SEEK_END):
            self._file.write(json.dumps({"shape": _SHAPE, "digest": self._digest}).encode() + b"\n")
            self._file.flush()
            return
        self._file.seek(0)
        first = self._file.readline()
        if not first.endswith(b"\n") or _parsed(first).get("shape") != _SHAPE:
            raise OutputError(
                f"{self.path}: found something else than the answers of a run that was ended, "
                "expected a file that kgmed wrote. Name another file, or move this one."
            )
        if _parsed(first)["digest"] != self._digest:
            raise OutputError(
                f"{self.path}: found the answers of a run with other questions, another graph, "
                "model or program. Give the same again to go on with it, or remove the file."
            )
        end = self._file.tell()
        for line in self._file:
            entry = _parsed(line) if line.endswith(b"\n") else {}
            if "n" not in entry:
                break
            if not entry["failed"]:
                self._places[entry["n"]] = (end, len(line))
            end += len(line)
        self._file.seek(end)
        self._file.truncate()

    def _alone(self) -> IO[bytes]:
        """The journal's file, which no other process has: made where there is none."""
        while True:
            file = self.path.open("a+b")
            try:
                import fcntl
            except ImportError:  # Windows: two runs at once answer twice, and lose nothing
                return file
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                file.close()
                raise OutputError(
                    f"{self.path}: found another run that is writing it now. Wait for its end, or "
                    "name another file."
                ) from None
            with suppress(FileNotFoundError):
                if os.path.samestat(os.fstat(file.fileno()), self.path.stat()):
                    return file
            file.close()  # the run that had it has come to its end

    def _cannot(self, error: OSError) -> OutputError:
        return OutputError(
            f"{self.path}: can't be written ({error.strerror or error}). What is answered is kept "
            "there as far as it got: run the same command again, or name another file."
        )


def kept(out: Path) -> set[int]:
    """The numbers of the questions that a run which was ended has answered; none where there is no
    journal of one. The journal is only looked at."""
    try:
        lines = out.with_name(out.name + SUFFIX).read_bytes().splitlines(keepends=True)
    except OSError:
        return set()
    entries = (_parsed(line) for line in lines if line.endswith(b"\n"))
    return {entry["n"] for entry in entries if "n" in entry and not entry.get("failed")}


def _parsed(line: bytes) -> dict[str, Any]:
    try:
        found = json.loads(line)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
