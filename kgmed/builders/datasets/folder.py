"""The folder of a dataset: what runs left in it, and whether another run may go on there."""

from __future__ import annotations

import json
import os
import shutil
import socket
from collections.abc import Collection, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

from kgmed.builders.datasets.job import NOTES, Job
from kgmed.builders.datasets.parts import write_text
from kgmed.builders.datasets.quality.overlaps import HITS
from kgmed.builders.datasets.quality.sample import SAMPLE
from kgmed.builders.datasets.writers import cannot_write, digest_of
from kgmed.kg.errors import OutputError
from kgmed.kg.store.snapshot import is_running

RUN = "run.json"
PARTS = "part-*.json"
WORK = "work-"
ENDED = "ended-"
"""Before the name of a folder that is being removed."""
_SHARED = {"snapshot": "the graph (its snapshot hash)", "files": "the file type"}
"""What all kinds of datasets in a folder have in common."""


def enter(out: Path, kind: str, settings: dict[str, Any]) -> None:
    """Make the folder, or see that what it holds was made with the same settings.

    Raises :class:`~kgmed.kg.errors.OutputError` for a folder that can't be written, that holds
    other files, or another run's rows.
    """
    if out.exists() and not out.is_dir():
        raise OutputError(f"{out}: a file is in the way; --out names a folder.")
    if out.is_dir() and not (out / NOTES).is_dir():
        foreign = sorted(path.name for path in out.iterdir())
        if foreign:
            raise OutputError(
                f"{out}: the folder holds other files ({foreign[0]} ...) and no dataset that kgmed "
                "made. Name an empty or a new folder."
            )
    notes = out / NOTES / kind
    begun = False
    for path in sorted((out / NOTES).glob(f"*/{RUN}")) if out.is_dir() else []:
        if any(path.parent.glob(PARTS)):  # else nothing came of it yet
            _compare(out, path.parent.name, read_run(path), settings, mine=path.parent == notes)
            begun = begun or path.parent == notes
    try:
        notes.mkdir(parents=True, exist_ok=True)
        if not begun:
            text = json.dumps({"settings": settings}, ensure_ascii=False, indent=1)
            write_text(notes / RUN, text)
    except OSError as error:
        raise cannot_write(error, notes) from error


def read_run(path: Path) -> dict[str, Any]:
    """The settings of a run that wrote to a folder."""
    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))["settings"]
    except (ValueError, KeyError, OSError) as error:
        raise OutputError(
            f"{path}: can't be read ({error}). Without it nothing is known of the rows in the "
            "folder: name another folder."
        ) from error
    return found


def _compare(
    out: Path, kind: str, there: dict[str, Any], settings: dict[str, Any], *, mine: bool
) -> None:
    shared = {name: settings[name] for name in _SHARED}
    compared = {**shared, **settings} if mine else shared
    for name, wanted in compared.items():
        found = there.get(name)
        if found != wanted:
            what = _SHARED.get(name, name)
            raise OutputError(
                f"{out}: holds {kind} made with another setting: {what} is {_shown(found)} there "
                f"and {_shown(wanted)} here. Name another folder, or the same settings to go on."
            )


def _shown(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "none"
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict) else repr(value)


def finished(job: Job, parts: int, *, known: Collection[int] = ()) -> dict[int, dict[str, Any]]:
    """The notes of the parts that are finished, by number; their files are read and compared.

    Parts that are ``known`` are left out.

    Raises :class:`~kgmed.kg.errors.OutputError` for a file that isn't what the run wrote.
    """
    notes = {}
    for number in range(parts):
        path = job.note(number)
        if number in known or not path.exists():
            continue
        try:
            note = json.loads(path.read_text(encoding="utf-8"))
            files = note["files"]
        except (ValueError, KeyError) as error:
            raise OutputError(
                f"{path}: isn't the note that a run wrote ({error}). Remove it: the part is "
                "then written anew."
            ) from error
        if note["digest"] != job.digest or note["parts"] != parts:
            raise OutputError(
                f"{path}: was written by a run with other settings. Name another folder."
            )
        for file in files:
            _check(job.out / file["path"], file, path)
        notes[number] = note
    return notes


def _check(path: Path, file: dict[str, Any], note: Path) -> None:
    try:
        size = path.stat().st_size
        same = size == file["bytes"] and digest_of(path) == file["sha256"]
    except FileNotFoundError:
        found = "it is gone"
    except OSError as error:
        found = f"it can't be read ({error.strerror})"
    else:
        if same:
            return
        found = f"found {size:,} bytes" if size != file["bytes"] else "its SHA-256 differs"
    raise OutputError(
        f"{path}: was changed since it was written: {found}, expected {file['bytes']:,} bytes with "
        f"the SHA-256 {file['sha256'][:16]}... To have its part written anew, remove {note}."
    )


def clear(job: Job, notes: Iterable[dict[str, Any]]) -> None:
    """Remove the files and notes of parts that came to nothing."""
    for note in notes:
        for file in note["files"]:
            (job.out / file["path"]).unlink(missing_ok=True)
        path = job.note(note["part"])
        for ending in (path.suffix, ".npy", SAMPLE, HITS):
            path.with_suffix(ending).unlink(missing_ok=True)


def _runs(pid: int) -> bool:
    """Whether a process of this number runs; one that was killed and not waited for doesn't."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return is_running(pid)
    return state.rpartition(")")[2].split()[0] not in {"Z", "X"}


def start_work(job_notes: Path) -> Path:
    """The folder of a run's own files; those of killed runs of this machine are removed."""
    host = socket.gethostname()
    for path in job_notes.glob(f"{ENDED}*"):
        shutil.rmtree(path, ignore_errors=True)
    for path in job_notes.glob(f"{WORK}*"):
        name, _, pid = path.name.removeprefix(WORK).rpartition("-")
        if name == host and pid.isdigit() and not _runs(int(pid)):
            end_work(path)
    folder = job_notes / f"{WORK}{host}-{os.getpid()}"
    end_work(folder)
    return folder


def end_work(folder: Path) -> None:
    """Remove a run's own files: all at once, so that whoever makes a part still and sees the folder
    when it is done has read all that was there."""
    ended = folder.with_name(f"{ENDED}{folder.name}")
    with suppress(OSError):
        folder.replace(ended)
    for path in (ended, folder):
        shutil.rmtree(path, ignore_errors=True)
