"""A trained model beside the snapshot that it was trained on.

    GRAPH/learned/NAME/
      model.json                 what it is (kgmed.learned/1), how it measured, its calibration
      model-CRC.safetensors      its numbers

``model.json`` names the file of numbers and is replaced in one rename, so that a reader finds the
old model or the new one, whole. The numbers: those of the embeddings under the names that they have
in torch_geometric; ``paths.*`` (:attr:`PathCounts.arrays`); ``types``, a number of the model's
categories for each concept; ``seen``, whether it was trained on; ``names.*``,
``statements.*`` and ``standing.*`` (:attr:`StandIns.arrays`), where some get the numbers of their
peers; ``ids`` and ``ids.first``, the concepts' ids as one text, sorted. Reading needs NumPy alone.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import asdict, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from kgmed.kg.errors import CorruptSnapshot, StoreError, UsageError
from kgmed.kg.store.snapshot import VERIFY_AT_OPEN, crc_of
from kgmed.reasoning.plausibility.tensors import Arrays, read_tensors, write_tensors
from kgmed.reasoning.plausibility.told import (
    Distractors,
    Figure,
    Learned,
    LearnedPredicate,
    MethodFigures,
    Parts,
    Reliability,
    UnseenConcepts,
)

if TYPE_CHECKING:
    from kgmed.kg.store.snapshot import Snapshot

FOLDER = "learned"
FILE = "model.json"
DEFAULT = "default"
"""The model that is used where none is named."""
_CHARACTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_."


def folder_of(root: Path, name: str) -> Path:
    """Where a model lies; raises :class:`~kgmed.kg.errors.UsageError` for a name that can't be
    that of a folder."""
    if not name or name[0] == "." or set(name) - set(_CHARACTERS) or len(name) > 100:
        raise UsageError(
            f"Found {name!r} as the name of a model, expected letters, digits, '-', '_' and '.', "
            "without '.' in front."
        )
    return root / FOLDER / name


def names_of(root: Path) -> list[str]:
    """The models beside a graph, whatever snapshot they are of."""
    folder = root / FOLDER
    if not folder.is_dir():
        return []
    return sorted(entry.name for entry in folder.iterdir() if (entry / FILE).is_file())


def save(root: Path, learned: Learned, arrays: Arrays) -> Learned:
    """Write a model, in place of one of its name; what was written is told."""
    folder = folder_of(root, learned.name)
    folder.mkdir(parents=True, exist_ok=True)
    made = folder / f".writing-{os.getpid()}"
    try:
        write_tensors(made, arrays, {"schema": learned.schema, "snapshot": learned.snapshot})
        crc = crc_of(made)
        learned = replace(learned, weights=f"model-{crc:08x}.safetensors", crc=crc)
        made.replace(folder / learned.weights)
        text = json.dumps(asdict(learned), ensure_ascii=False, indent=1)
        with made.open("w", encoding="utf-8") as file:
            file.write(text + "\n")
            file.flush()
            os.fsync(file.fileno())
        made.replace(folder / FILE)
    finally:
        made.unlink(missing_ok=True)
    for entry in folder.iterdir():
        if entry.name not in (FILE, learned.weights):
            shutil.rmtree(entry) if entry.is_dir() else entry.unlink(missing_ok=True)
    return learned


def read(root: Path, name: str) -> Learned:
    """What a model is, whatever snapshot it is of.

    Raises :class:`~kgmed.kg.errors.UsageError` where there is none of that name, and
    :class:`~kgmed.kg.errors.CorruptSnapshot` for a file that can't be read.
    """
    path = folder_of(root, name) / FILE
    if not path.is_file():
        there = names_of(root)
        hint = f"expected one of: {', '.join(there)}" if there else "and there is no other"
        raise UsageError(f"{root}: found no model {name!r}, {hint}. 'kgmed learn train' makes one.")
    try:
        return _learned(json.loads(path.read_bytes()))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise CorruptSnapshot(
            f"{path}: can't be read as kgmed.learned/1 ({error}). Train the model again: "
            f"kgmed learn train --name {name}"
        ) from error


def load(snapshot: Snapshot, name: str = DEFAULT) -> tuple[Learned, Mapping[str, Any]]:
    """A model and its numbers, mapped.

    Raises what :func:`read` does, and :class:`~kgmed.kg.errors.StoreError` where the model was
    trained on another snapshot than this.
    """
    learned = read(snapshot.root, name)
    check_snapshot(learned, str(snapshot.manifest["snapshot"]))
    path = folder_of(snapshot.root, name) / learned.weights
    try:
        wrong = path.stat().st_size <= VERIFY_AT_OPEN and crc_of(path) != learned.crc
    except OSError as error:
        raise CorruptSnapshot(
            f"{path}: can't be read ({error.strerror}). Train the model again: kgmed learn train "
            f"--name {name}"
        ) from error
    if wrong:
        raise CorruptSnapshot(
            f"{path}: its CRC-32 differs from the one in {FILE}. Train the model again: "
            f"kgmed learn train --name {name}"
        )
    arrays, _metadata = read_tensors(path)
    return learned, arrays


def check_snapshot(learned: Learned, snapshot: str) -> None:
    """Raise :class:`~kgmed.kg.errors.StoreError` where a model is of another snapshot."""
    if learned.snapshot != snapshot:
        raise StoreError(
            f"The model {learned.name!r} was trained on snapshot {learned.snapshot[:16]}; this "
            f"graph is snapshot {snapshot[:16]}, so its concepts and statements may be others. "
            f"Train it again: kgmed learn train --name {learned.name}"
        )


def ids_as_arrays(ids: tuple[str, ...]) -> dict[str, Any]:
    """Ids, which must be sorted by their bytes, as arrays."""
    encoded = [id.encode() for id in ids]
    first = np.zeros(len(ids) + 1, np.int64)
    np.cumsum([len(one) for one in encoded], out=first[1:])
    return {"ids": np.frombuffer(b"".join(encoded), np.uint8), "ids.first": first}


class Ids:
    """Sorted ids, looked up by bisection in one text."""

    def __init__(self, arrays: Mapping[str, Any]) -> None:
        self._text, self._first = memoryview(arrays["ids"]), arrays["ids.first"]

    def __len__(self) -> int:
        return len(self._first) - 1

    def __getitem__(self, number: int) -> str:
        if not 0 <= number < len(self):
            raise IndexError(number)
        return bytes(self._text[self._first[number] : self._first[number + 1]]).decode()

    def number(self, id: str) -> int:
        """The number of an id, -1 where it isn't there."""
        wanted = id.encode()
        low, high = 0, len(self)
        while low < high:
            middle = (low + high) // 2
            if bytes(self._text[self._first[middle] : self._first[middle + 1]]) < wanted:
                low = middle + 1
            else:
                high = middle
        return low if low < len(self) and self[low] == id else -1


def _learned(found: Mapping[str, Any]) -> Learned:
    known = {field.name for field in fields(Learned)}
    plain: dict[str, Any] = {name: value for name, value in found.items() if name in known}
    if plain.get("schema") != "kgmed.learned/1":
        raise ValueError(f"schema {plain.get('schema')!r}")
    plain["sources"], plain["categories"] = tuple(plain["sources"]), tuple(plain["categories"])
    plain["parts"] = Parts(**plain["parts"])
    plain["predicates"] = {
        name: LearnedPredicate(
            one["triples"], one["symmetric"], tuple(one["subject"]), tuple(one["object"])
        )
        for name, one in plain["predicates"].items()
    }
    plain["figures"] = {name: _figures(one) for name, one in plain["figures"].items()}
    unseen = plain.get("unseen")
    if unseen is not None:
        told = {name: _figures(one) for name, one in unseen["figures"].items()}
        leads = {name: Figure(**one) for name, one in unseen["leads"].items()}
        parts = Parts(**unseen["parts"])
        plain["unseen"] = UnseenConcepts(
            unseen["method"], unseen["split"], parts, told, leads, unseen["calibration"]
        )
    plain["leads"] = {name: Figure(**one) for name, one in plain["leads"].items()}
    if plain.get("distractors") is not None:
        plain["distractors"] = _distractors(plain["distractors"])
    return Learned(**plain)


def _distractors(found: Mapping[str, Any]) -> Distractors:
    return Distractors(
        found["questions"], found["hidden"], Figure(**found["drawn"]), Figure(**found["learned"]),
        {name: Figure(**one) for name, one in found["below"].items()}, found["probability"],
    )  # fmt: skip


def _figures(found: Mapping[str, Any]) -> MethodFigures:
    def each(table: Mapping[str, Any]) -> dict[str, Figure]:
        return {name: Figure(**one) for name, one in table.items()}

    return MethodFigures(
        each(found["figures"]),
        {name: each(table) for name, table in found["by_predicate"].items()},
        found["held_out"], found["ece"], tuple(Reliability(**one) for one in found["reliability"]),
        tuple(found["epochs"]), tuple(found["seconds"]),
    )  # fmt: skip
