"""Rows that share text with a benchmark are held back, and each is told with what it shares."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from kgmed.builders.datasets.model import Row
from kgmed.builders.datasets.quality.screen import Screen
from kgmed.kg.overlap import Overlap

FILTER = "benchmark overlap"
"""What rows that are held back are counted under."""
AT_ONCE = 2_000
HITS = ".hits.jsonl"
"""The end of the name of a part's file of hits, beside its note."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A row that was held back: where in it stands what it shares with a benchmark, by which rule,
    and where that stands in the benchmark. ``where`` is user, assistant, text, rejected or
    rationale."""

    id: str
    task: str
    lang: str
    where: str
    rule: str
    benchmark: str
    shared: str

    @classmethod
    def of(cls, id: str, task: str, lang: str, where: str, overlap: Overlap) -> Hit:
        """The hit of a row."""
        return cls(id, task, lang, where, overlap.rule, overlap.place, overlap.shared)


def texts_of(row: Row) -> Iterator[tuple[str, str]]:
    """(where, text) of what of a row is compared: all that a model learns from."""
    for role, text in row.messages:
        if role != "system":
            yield role or "text", text
    if row.rejected:
        yield "rejected", row.rejected
    if row.rationale:
        yield "rationale", row.rationale


def held_back(
    screen: Screen, rows: Iterable[Row | Any], tell: Callable[[Row, Hit], None]
) -> Iterator[Row | Any]:
    """The rows that share nothing with a benchmark, in their order; ``tell`` is told of the others.

    What isn't a row is passed on in its place: it was compared when it was made.
    """
    some: list[Row] = []
    for made in rows:
        if isinstance(made, Row):
            some.append(made)
            if len(some) < AT_ONCE:
                continue
            yield from _free(screen, some, tell)
        else:
            yield from _free(screen, some, tell)
            yield made
        some = []
    yield from _free(screen, some, tell)


def _free(screen: Screen, rows: list[Row], tell: Callable[[Row, Hit], None]) -> Iterator[Row]:
    texts: list[str] = []
    places: list[tuple[int, str]] = []
    for place, row in enumerate(rows):
        for where, text in texts_of(row):
            texts.append(text)
            places.append((place, where))
    found: dict[int, Hit] = {}
    for at, overlap in sorted(screen.overlaps(texts).items()):
        place, where = places[at]
        row = rows[place]
        found.setdefault(place, Hit.of(row.id, row.task, row.lang, where, overlap))
    for place, row in enumerate(rows):
        if place in found:
            tell(row, found[place])
        else:
            yield row


def write_hits(path: Path, hits: Iterable[Hit]) -> None:
    """Write a part's hits; no file where there are none."""
    lines = "".join(json.dumps(asdict(hit), ensure_ascii=False) + "\n" for hit in hits)
    if lines:
        path.write_text(lines, encoding="utf-8")
    else:
        path.unlink(missing_ok=True)


def hits_name(kind: str) -> str:
    """The name of the file, in a dataset's folder, of all rows of a kind that were held back.

    >>> hits_name("corpus")
    'benchmark-overlap-corpus.jsonl'
    """
    return f"benchmark-overlap-{kind}.jsonl"


def gather(parts: Iterable[Path], target: Path) -> int:
    """Write the hits of all parts into one file, and how many there are."""
    count = 0
    work = target.with_name(f".{target.name}.unfinished")
    with work.open("wb") as file:
        for path in parts:
            if path.exists():
                text = path.read_bytes()
                count += text.count(b"\n")
                file.write(text)
    work.replace(target)
    return count


def counted(hits: Iterable[Hit]) -> list[tuple[str, str, int]]:
    """(benchmark file, rule, rows held back)."""
    found = Counter((hit.benchmark.partition(" record ")[0], hit.rule) for hit in hits)
    return [(file, rule, n) for (file, rule), n in sorted(found.items())]
