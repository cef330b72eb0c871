"""Staged rows that outlive the build that read them, so that an unchanged source isn't read again.

    FOLDER/
      FINGERPRINT/                concepts.parquet ... paths.parquet, report.json
      .partial-PID-NUMBER/        what a running build, or one that was killed, has so far

The fingerprint is the source's own (:meth:`~kgmed.builders.source.Source.fingerprint`: its files'
bytes, its reader's version and options) and the version of the staged rows. A folder takes its
name in one rename once everything is in it, so that a kill leaves whole entries or none.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from dataclasses import asdict, replace
from hashlib import sha256
from pathlib import Path

from kgmed.builders.source import Source, SourceReport
from kgmed.builders.staging import Staged, stage
from kgmed.kg.store.snapshot import is_running

STAGED_VERSION = 3
"""Raised when the same fingerprint has to give other staged rows."""


class StagedCache:
    """A folder of staged sources; see the module's text."""

    def __init__(self, folder: Path, *, quarantine: Path | None = None) -> None:
        self.folder = folder
        self._quarantine = quarantine
        self._used: set[str] = set()

    def stage(
        self, source: Source, *, progress: Callable[[int], None] = lambda _rows: None
    ) -> tuple[Staged, bool]:
        """A source's staged rows, and whether they were there already.

        Rows that the reader set aside go to the quarantine file of this build either way.
        """
        text = f"{STAGED_VERSION} {source.fingerprint()}"
        name = sha256(text.encode()).hexdigest()[:32]
        entry = self.folder / name
        found = self._read(source, entry)
        self._used.add(name)
        if found is None:
            return self._make(source, entry, progress), False
        if self._quarantine is not None:
            _append(entry / "quarantine.tsv", self._quarantine)
        return found, True

    def _make(self, source: Source, entry: Path, progress: Callable[[int], None]) -> Staged:
        partial = self.folder / f".partial-{os.getpid()}-{len(self._used)}"
        shutil.rmtree(partial, ignore_errors=True)
        before = _size(self._quarantine)
        staged = stage(source, partial, progress=progress)
        if self._quarantine is not None and _size(self._quarantine) > before:
            with self._quarantine.open("rb") as file:
                file.seek(before)
                (partial / "quarantine.tsv").write_bytes(file.read())
        sizes = {path.name: path.stat().st_size for path in partial.glob("*.parquet")}
        text = json.dumps({"sizes": sizes, "report": asdict(staged.report)}, ensure_ascii=False)
        (partial / "report.json").write_text(text, encoding="utf-8")
        try:
            partial.rename(entry)
        except OSError:  # another build was as fast, or what is there is damaged
            shutil.rmtree(entry, ignore_errors=True)
            partial.rename(entry)
        return replace(staged, folder=entry)

    @staticmethod
    def _read(source: Source, entry: Path) -> Staged | None:
        try:
            text = json.loads((entry / "report.json").read_text(encoding="utf-8"))
            sizes = {name: (entry / name).stat().st_size for name in text["sizes"]}
        except (OSError, ValueError):
            return None
        if sizes != text["sizes"]:
            return None
        report = replace(
            SourceReport(**text["report"]), name=source.info.name, infores=source.info.infores
        )
        return Staged(source.info, entry, report)

    def prune(self) -> None:
        """Remove entries that this build didn't use, and what killed builds left."""
        if not self.folder.is_dir():
            return
        for entry in self.folder.iterdir():
            if entry.name.startswith("."):
                pid = entry.name.split("-")[1]
                if pid.isdigit() and is_running(int(pid)):
                    continue
            elif entry.name in self._used:
                continue
            shutil.rmtree(entry, ignore_errors=True)


def _size(path: Path | None) -> int:
    return path.stat().st_size if path is not None and path.exists() else 0


def _append(rows: Path, target: Path) -> None:
    """Add a cached quarantine's rows to this build's, under one header."""
    if not rows.exists():
        return
    lines = rows.read_bytes()
    head = b"file\tline\treason\trow\n"
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("ab") as file:
        body = lines.removeprefix(head)
        file.write(head + body if file.tell() == 0 else body)
