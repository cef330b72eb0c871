"""Which items of a benchmark share text with datasets: a model trained on these has seen them.

The rules are those by which ``kgmed export --benchmarks`` holds rows back
(:mod:`kgmed.kg.overlap`): 13 words or 64 characters in a row, or a short question whole. Of an item
its question, options, context and the answer to judge are compared; of a row every text that a
model learns from.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from kgmed.kg.errors import DataError, UsageError
from kgmed.kg.overlap import BenchmarkText, Contamination, compared
from kgmed.kg.records import FORMATS, format_of, records
from kgmed.reasoning.evaluation.contents import Leak, Leaks
from kgmed.reasoning.evaluation.model import Item

UNLEARNT = frozenset(
    {"id", "task", "lang", "statements", "sources", "licence", "split", "snapshot", "extra", "role",
     "from", "system"}
)  # fmt: skip
"""Fields of a row that no model learns from."""
TRAINING = ("train-*.jsonl", "train-*.parquet")
"""The files of a dataset's folder that are trained on; all of another folder."""


def leaks(items: Sequence[Item], datasets: Iterable[Path]) -> Leaks:
    """Hold items against the rows of datasets: files of any format of :mod:`kgmed.kg.records`, or
    folders, of which the training files are read where they are named so.

    Raises :class:`~kgmed.kg.errors.DataError` for one that isn't there or can't be read, and
    :class:`~kgmed.kg.errors.UsageError` for a folder without such files.
    """
    texts, owners = _texts(items)
    known = Contamination(texts)
    found: dict[str, Leak] = {}
    rows = tests = 0
    for file in [file for path in datasets for file in _files(path)]:
        for number, (id, record) in enumerate(records(file), 1):
            if isinstance(record, dict) and record.get("split") == "test":
                tests += 1
                continue
            rows += 1
            row = str((record.get("id") if isinstance(record, dict) else "") or id or number)
            for text in learnt(record):
                for overlap in known.overlaps(text):
                    for owner, field in owners[overlap.place]:
                        if owner not in found:
                            found[owner] = Leak(
                                owner, field, overlap.rule, file.name, row, overlap.shared
                            )
    ordered = tuple(found[item.id] for item in items if item.id in found)
    return Leaks(ordered, len(items), rows, tests)


def learnt(record: Any) -> Iterator[str]:
    """The texts of a row that a model learns from, whatever its form.

    >>> list(learnt({"id": "7", "messages": [{"role": "user", "content": "What treats gout?"}]}))
    ['What treats gout?']
    """
    if isinstance(record, str):
        yield record
    elif isinstance(record, dict):
        for name, value in record.items():
            if name not in UNLEARNT:
                yield from learnt(value)
    elif isinstance(record, list):
        for value in record:
            yield from learnt(value)


def _texts(
    items: Sequence[Item],
) -> tuple[list[BenchmarkText], dict[str, list[tuple[str, str]]]]:
    """The texts of items, each once, and by its place the (item's id, field) that have it."""
    places: dict[str, str] = {}
    texts: list[BenchmarkText] = []
    owners: dict[str, list[tuple[str, str]]] = {}
    for number, item in enumerate(items, 1):
        for field, text in _fields(item):
            same = " ".join(compared(text))
            if same not in places:
                made = BenchmarkText(item.benchmark, number, field, text)
                places[same] = made.place
                texts.append(made)
            owners.setdefault(places[same], []).append((item.id, field))
    return texts, owners


def _fields(item: Item) -> Iterator[tuple[str, str]]:
    yield "question", item.question
    for letter, text in item.options.items():
        yield f"options.{letter}", text
    if item.context:
        yield "context", item.context
    if item.candidate:
        yield "candidate", item.candidate


def _files(path: Path) -> list[Path]:
    if not path.exists():
        raise DataError(f"{path}: found no file and no folder, expected a dataset's.")
    if path.is_file():
        return [path]
    every = (file for file in sorted(path.rglob("*")) if file.is_file())
    shown = [
        file
        for file in every
        if format_of(file) in FORMATS
        and not any(part.startswith(".") for part in file.relative_to(path).parts)
    ]
    found = [file for file in shown if any(file.match(glob) for glob in TRAINING)] or shown
    if not found:
        raise UsageError(f"{path}: found no file of {', '.join(FORMATS)} in this folder.")
    return found
