"""A ward's drug cards as a kgmed source: ``key: value`` lines, a blank line between two cards."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kgmed.builders.rows import BATCH_ROWS
from kgmed.builders.source import SourceInfo, TableName, Tally, record_batch
from kgmed.kg.curies import is_well_formed, normalize
from kgmed.kg.errors import ConfigError, DataError, RowError

if TYPE_CHECKING:
    import pyarrow as pa

VERSION = "ward-cards 1"
KEYS = ("drug", "name", "name-zh", "half-life", "avoid-with")


def make_source(options: dict[str, Any]) -> WardCards:
    """What the entry point names: the ``[[source]]`` table of kgmed.toml becomes a source."""
    known = {"path", "release", "licence", "on_error", "quarantine"}
    unknown = sorted(set(options) - known)
    if unknown or "path" not in options:
        raise ConfigError(
            f"ward-cards: found the options {', '.join(sorted(options))}, expected path, and"
            " perhaps release and licence."
        )
    return WardCards(
        Path(options["path"]),
        release=options.get("release", ""),
        licence=options.get("licence", "CC0-1.0"),
        skip=options.get("on_error") == "skip",
    )


@dataclass(frozen=True)
class Card:
    """One card, its values under the keys of the file."""

    drug: str
    name: str
    name_zh: str
    half_life: str
    avoid_with: str


class WardCards:
    """The cards of one file."""

    def __init__(self, path: Path, *, release: str, licence: str, skip: bool = False) -> None:
        self.path = path
        with path.open(encoding="utf-8") as file:
            first = file.readline()
        said = first.removeprefix("# release:").strip() if first.startswith("# release:") else ""
        self.info = SourceInfo("infores:ward-cards", "Ward cards", release or said, licence)
        self.tallies: dict[str, Tally] = {}
        self.findings: dict[str, list[dict[str, str]]] = {}
        self._skip = skip

    def fingerprint(self) -> str:
        """The same digest for the same bytes and options: then the same rows come out."""
        options = f"{VERSION} {self.info} {self._skip}".encode()
        return hashlib.sha256(options + self.path.read_bytes()).hexdigest()

    def batches(self, table: TableName) -> Iterator[pa.RecordBatch]:
        """Stream one table: a batch as soon as it is full, so that no file is too long."""
        rows: list[dict[str, Any]] = []
        for card in self._cards():
            rows += self._rows(card, table)
            if len(rows) >= BATCH_ROWS:
                yield record_batch(table, rows)
                rows = []
        if rows:
            yield record_batch(table, rows)

    def _cards(self) -> Iterator[Card]:
        """Read the file; every card is counted as kept, or as skipped for a reason."""
        tally = self.tallies[self.path.name] = Tally()
        for line, values in _blocks(self.path):
            tally.read += 1
            id = f"DRUGBANK:{values.get('drug', '')}"
            problem = "" if values.get("drug") else "a card without drug"
            if not problem and not is_well_formed(normalize(id)):
                problem = f"drug {values['drug']!r}"
            if problem and not self._skip:
                raise RowError(
                    self.path, line, found=problem, expected="a DrugBank id such as DB00682"
                )
            if problem:
                tally.skipped["no DrugBank id"] += 1
                continue
            tally.kept += 1
            yield Card(normalize(id), *(values.get(key, "") for key in KEYS[1:]))

    def _rows(self, card: Card, table: TableName) -> Iterator[dict[str, Any]]:
        """A card -> the rows of one table."""
        if table == "concepts":
            yield {"id": card.drug, "categories": ["Drug"]}
        elif table == "names":
            for text, language in ((card.name, "en"), (card.name_zh, "zh")):
                if text:
                    yield {"id": card.drug, "text": text, "language": language, "kind": "preferred"}
        elif table == "statements":
            if card.half_life:
                value, _, unit = card.half_life.partition(" ")
                yield {
                    "subject": card.drug,
                    "predicate": "has_half_life",
                    "value": value,
                    "value_type": "number",
                    "unit": unit,
                    "original_predicate": "half-life",
                    "knowledge_level": "knowledge_assertion",
                    "agent_type": "manual_agent",
                }
            for other in card.avoid_with.split():
                yield {
                    "subject": card.drug,
                    "predicate": "interacts_with",
                    "object": normalize(f"DRUGBANK:{other}"),
                    "original_predicate": "avoid-with",
                    "knowledge_level": "knowledge_assertion",
                    "agent_type": "manual_agent",
                }


def _blocks(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """The cards' lines: the number of the first, and key -> value."""
    first, values = 0, dict[str, str]()
    with path.open(encoding="utf-8") as file:
        for number, line in enumerate(file, start=1):
            bare = line.strip()
            if bare.startswith("#"):
                continue
            if not bare:
                if values:
                    yield first, values
                values = {}
                continue
            key, colon, value = bare.partition(":")
            if not colon or key not in KEYS:
                raise DataError(
                    f"{path} line {number}: found {bare[:40]!r}, expected one of"
                    f" {', '.join(KEYS)} and a colon."
                )
            if not values:
                first = number
            values[key] = value.strip()
    if values:
        yield first, values
