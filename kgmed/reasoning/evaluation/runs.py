"""Run folders: what a method made of each item of a benchmark, and what it was made with.

A folder holds ``run.json``, ``records.jsonl`` (a JSON object a line, in the order of the items) and
``program.json`` (the prompts). ``run.json`` is an object of

    schema       kgmed.run/1
    kgmed        the version that made it
    benchmark    {"name", "digest", "items"}: sha256 of the benchmark's file, how many were asked
    method       closed_book, graph ...; ``settings`` is an object of what it was given
    model        as the settings name it; ``snapshot`` the graph's hash, "" without a graph
    seed         a number; ``prompts`` the digest of instructions and demonstrations
    started, finished   ISO 8601 times

and a record one of ``id, benchmark, kind, lang, right, said, correct, abstained, reason, text,
score, claims, citations, coverage, error_kind, calls, prompt_tokens, completion_tokens, ms, about,
error``, with ``question`` and ``answer`` (the reference) where they are kept. Of these ``id``,
``kind`` and ``correct`` must be there; the rest has the empty value of its type.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeAlias

from kgmed.kg.errors import DataError, RowError, UsageError
from kgmed.reasoning.evaluation.model import KINDS

RUN_SCHEMA = "kgmed.run/1"
RUN_FILE = "run.json"
RECORDS_FILE = "records.jsonl"
UNFINISHED = RECORDS_FILE + ".part"

Record: TypeAlias = Mapping[str, Any]
"""What a method made of one item; this module's text names the fields."""
Key: TypeAlias = tuple[str, str]
"""An item's benchmark and id."""

EMPTY: Mapping[str, Any] = {
    "benchmark": "", "lang": "en", "right": (), "said": "", "abstained": False, "reason": "",
    "text": "", "score": None, "claims": {}, "citations": 0, "coverage": "", "error_kind": "",
    "calls": 0, "prompt_tokens": 0, "completion_tokens": 0, "ms": None, "about": {}, "error": "",
    "question": "", "answer": "",
}  # fmt: skip
"""The fields that a record may leave out, and what they are then."""

_TYPES: Mapping[str, tuple[type, ...]] = {
    "id": (str,), "benchmark": (str,), "kind": (str,), "lang": (str,), "right": (list, tuple),
    "said": (str,), "correct": (bool, type(None)), "abstained": (bool,), "reason": (str,),
    "text": (str,), "score": (int, float, type(None)), "claims": (dict,), "citations": (int,),
    "coverage": (str,), "error_kind": (str,), "calls": (int,), "prompt_tokens": (int,),
    "completion_tokens": (int,), "ms": (int, float, type(None)), "about": (dict,), "error": (str,),
    "question": (str,), "answer": (str,),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Run:
    """A run: its name (for tables), what it was made with, and its records in order."""

    name: str
    benchmark: str
    digest: str
    method: str
    records: tuple[Record, ...]
    model: str = ""
    snapshot: str = ""
    version: str = ""
    seed: int = 0
    prompts: str = ""
    started: str = ""
    finished: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)
    items: int = 0
    """Items that were to be asked; fewer records mean that some are missing."""
    left_out: Mapping[str, int] = field(default_factory=dict)
    """Items of the file that weren't to be asked, by reason."""


def read_run(folder: Path) -> Run:
    """The run of a folder, named for the folder.

    Raises :class:`~kgmed.kg.errors.UsageError` where there is no run, or one that was ended before
    its end, and :class:`~kgmed.kg.errors.DataError` for one of another version or a file that is
    damaged; the message names the file and line.
    """
    file = folder / RUN_FILE
    if not file.is_file():
        raise UsageError(
            f"{folder}: found no {RUN_FILE}, expected the folder of a run (kgmed evaluate run)."
        )
    told = _object(file)
    schema = told.get("schema")
    if schema != RUN_SCHEMA:
        by = f", made by kgmed {told['kgmed']}" if told.get("kgmed") else ""
        raise DataError(
            f"{file}: found the schema {schema!r}{by}, expected {RUN_SCHEMA!r}. Compare it with the"
            " kgmed that made it, or run it again with this one."
        )
    benchmark = _field(file, told, "benchmark", dict)
    path = folder / RECORDS_FILE
    if not path.is_file():
        if (folder / UNFINISHED).is_file():
            raise UsageError(
                f"{folder}: found a run that was ended before its end ({UNFINISHED}). Run the same"
                " command again: it goes on where it stopped."
            )
        raise DataError(f"{folder}: found no {RECORDS_FILE}, expected the records of the run.")
    return Run(
        name=folder.resolve().name,
        benchmark=str(benchmark.get("name", "")),
        digest=str(benchmark.get("digest", "")),
        method=_field(file, told, "method", str),
        records=tuple(_records(path)),
        model=str(told.get("model") or ""),
        snapshot=str(told.get("snapshot") or ""),
        version=str(told.get("kgmed") or ""),
        seed=int(told.get("seed") or 0),
        prompts=str(told.get("prompts") or ""),
        started=str(told.get("started") or ""),
        finished=str(told.get("finished") or ""),
        settings=told.get("settings") or {},
        items=int(benchmark.get("items") or 0),
        left_out=benchmark.get("left_out") or {},
    )


def read_runs(folders: Sequence[Path]) -> tuple[Run, ...]:
    """The runs of folders, in order; where two have one name, their parents' names stand before.

    Raises as :func:`read_run` does, and :class:`~kgmed.kg.errors.UsageError` for a folder that is
    named twice.
    """
    places = [folder.resolve() for folder in folders]
    for place in places:
        if places.count(place) > 1:
            raise UsageError(f"{place}: found the same run twice, expected each run once.")
    names = _names(places)
    runs = [read_run(folder) for folder in folders]
    return tuple(replace(run, name=name) for run, name in zip(runs, names, strict=True))


def completed(record: Record) -> dict[str, Any]:
    """A record with every field.

    >>> completed({"id": "1", "kind": "choice", "correct": True})["claims"]
    {}
    """
    return {**EMPTY, **record}


def key(record: Record) -> Key:
    """What tells an item from the others."""
    return (record["benchmark"], record["id"])


def _names(places: Sequence[Path]) -> list[str]:
    """The shortest ends of paths that differ."""
    depth = 1
    deepest = max((len(place.parts) for place in places), default=1)
    while depth < deepest:
        found = ["/".join(place.parts[-depth:]) for place in places]
        if len(set(found)) == len(found):
            return found
        depth += 1
    return [str(place) for place in places]


def _object(file: Path) -> dict[str, Any]:
    try:
        told = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise DataError(f"{file}: can't be read ({error.strerror or error}).") from error
    except ValueError as error:
        raise DataError(
            f"{file}: found text that is no JSON ({error}), expected what kgmed evaluate run wrote."
        ) from error
    if not isinstance(told, dict):
        raise DataError(f"{file}: found a {type(told).__name__}, expected an object.")
    return told


def _field(file: Path, told: Mapping[str, Any], name: str, kind: type) -> Any:
    if not isinstance(told.get(name), kind):
        raise DataError(
            f"{file}: found {name} {told.get(name)!r}, expected "
            + ("an object." if kind is dict else "a text.")
        )
    return told[name]


def _records(path: Path) -> Iterable[dict[str, Any]]:
    seen: set[Key] = set()
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: found bytes that aren't UTF-8 at {error.start}.") from error
    except OSError as error:
        raise DataError(f"{path}: can't be read ({error.strerror or error}).") from error
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except ValueError as error:
            raise RowError(
                path, number, found=f"no JSON ({error})", expected="a record",
                hint="Was the file cut short? Run the same command again.",
            ) from error  # fmt: skip
        whole = _checked(path, number, record)
        if key(whole) in seen:
            raise RowError(
                path, number, found=f"the item {whole['id']!r} again", expected="each item once"
            )
        seen.add(key(whole))
        yield whole


def _checked(path: Path, number: int, record: Any) -> dict[str, Any]:
    """A record with every field, each of its type."""
    if not isinstance(record, dict):
        raise RowError(path, number, found=f"a {type(record).__name__}", expected="an object")
    missing = [name for name in ("id", "kind", "correct") if name not in record]
    if missing:
        raise RowError(
            path, number, found=f"no {missing[0]!r}", expected="id, kind and correct of an item"
        )
    whole = completed(record)
    for name, types in _TYPES.items():
        value = whole[name]
        if not isinstance(value, types) or (isinstance(value, bool) and bool not in types):
            names = " or ".join("null" if t is type(None) else t.__name__ for t in types)
            raise RowError(path, number, found=f"{name} {value!r}", expected=f"{name}: {names}")
    if whole["kind"] not in KINDS:
        raise RowError(
            path, number, found=f"the kind {whole['kind']!r}", expected=f"one of {', '.join(KINDS)}"
        )
    for name in ("citations", "calls", "prompt_tokens", "completion_tokens", "ms"):
        value = whole[name]
        if value is not None and not 0 <= value < float("inf"):
            raise RowError(path, number, found=f"{name} {value!r}", expected="0 or more")
    if not all(isinstance(right, str) for right in whole["right"]):
        raise RowError(path, number, found=f"right {whole['right']!r}", expected="texts")
    for verdict, count in whole["claims"].items():
        if not isinstance(count, int) or count < 0:
            raise RowError(
                path, number, found=f"{count!r} claims {verdict}", expected="a number from 0"
            )
    score = whole["score"]
    if score is not None and not 0 <= score <= 1:
        raise RowError(path, number, found=f"score {score!r}", expected="a number from 0 to 1")
    return whole
