"""One part of a dataset: its rows made, filtered, written, and noted."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

from kgmed.builders.datasets.balance import Balance, Lowest, quota
from kgmed.builders.datasets.feed import Feed, PartBlock
from kgmed.builders.datasets.job import Chunk, Job, Making, Rewriting
from kgmed.builders.datasets.model import Draft, Row
from kgmed.builders.datasets.rows import row
from kgmed.builders.datasets.splits import SPLITS, draw
from kgmed.builders.datasets.writers import Lines, Shards, cannot_write

FILTERS = ("drafts", "exact duplicates", "balance", "bound on rows", "rows")
"""What drafts are counted by, in order: made, taken away by each filter, and left."""


@dataclass(slots=True)
class Counts:
    """What a part wrote, and what its filters took away.

    ``rows`` and ``characters`` are by (task, language, split), ``filters`` by (task, language,
    filter); ``examples`` hold the row with the lowest id of each (task, language).
    """

    rows: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    characters: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    filters: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    sources: Counter[str] = field(default_factory=Counter)
    licences: Counter[str] = field(default_factory=Counter)
    statements: set[str] = field(default_factory=set)
    packed: list[bytes] = field(default_factory=list)
    examples: dict[tuple[str, str], tuple[str, dict[str, Any]]] = field(default_factory=dict)

    def add(self, made: Row) -> None:
        """Count a row."""
        key = (made.task, made.lang, made.split)
        self.rows[key] += 1
        self.characters[key] += sum(len(text) for _role, text in made.messages)
        self.sources.update(made.sources)
        self.licences[made.licence] += 1
        self.statements.update(made.statements)

    def add_chunk(self, chunk: Chunk) -> None:
        """Count many rows."""
        key = (chunk.task, chunk.lang, chunk.split)
        self.rows[key] += chunk.rows
        self.characters[key] += chunk.characters
        self.filters[chunk.task, chunk.lang, "drafts"] += chunk.rows
        self.filters[chunk.task, chunk.lang, "rows"] += chunk.rows
        self.sources.update(chunk.sources)
        self.licences.update(chunk.licences)
        self.packed.append(chunk.statements)
        if chunk.example:
            record = json.loads(chunk.example)
            self.exemplify(chunk.task, chunk.lang, record["id"], record)

    def exemplify(self, task: str, lang: str, id: str, record: dict[str, Any]) -> None:
        """Keep a row as an example, if its id is the lowest so far."""
        known = self.examples.get((task, lang))
        if known is None or id < known[0]:
            self.examples[task, lang] = (id, record)

    def used(self) -> np.ndarray[Any, np.dtype[np.uint64]]:
        """The first eight bytes of the ids of all statements used, each once."""
        first = b"".join(bytes.fromhex(id[:16]) for id in self.statements)
        parts = [np.frombuffer(first, ">u8")]
        parts += [np.frombuffer(ids, ">u8")[::2] for ids in self.packed]
        return np.unique(np.concatenate(parts).astype(np.uint64))


def make_part(job: Job, feed: Feed, making: Making, number: int) -> dict[str, Any]:
    """Write a part's files and then its note, and return that.

    Raises :class:`~kgmed.kg.errors.OutputError` where they can't be written: a full disk, a folder
    that may not be written to.
    """
    start = perf_counter()
    settings = job.settings
    counts = Counts()
    try:
        with Shards(
            job.out, dict(job.maker.configs()), SPLITS, settings.files, part=number, parts=len(feed)
        ) as shards:
            block = feed.block(number)
            most = quota(settings.max_rows, feed.weights(), number) if settings.max_rows else None
            for made in rows_of(job, feed, making, block, counts, most=most):
                if isinstance(made, Chunk):
                    counts.add_chunk(made)
                    shard = shards.files[made.config, made.split]
                    if not isinstance(shard, Lines):
                        raise TypeError("rows made many at once are lines")
                    shard.write_lines(made.data, made.rows)
                    continue
                counts.add(made)
                configs = job.maker.configs_of(made.task)
                for config in configs:
                    record = job.maker.configs()[config].record(made)
                    shards.files[config, made.split].write(record)
                    if config == configs[0]:
                        counts.exemplify(made.task, made.lang, made.id, record)
            used = counts.used()
            files = shards.finish()
        note = {
            "part": number, "parts": len(feed), "digest": job.digest, "files": files,
            **as_json(counts), "seconds": round(perf_counter() - start, 3),
        }  # fmt: skip
        path = job.note(number)
        np.save(path.with_suffix(".npy"), used)
        write_text(path, json.dumps(note, ensure_ascii=False))
    except OSError as error:
        raise cannot_write(error, Path(error.filename or job.out)) from error
    return note


def rows_of(
    job: Job, feed: Feed, making: Making, block: PartBlock, counts: Counts, *,
    most: int | None = None,
) -> Iterator[Row | Chunk]:  # fmt: skip
    """The rows of a part that pass its filters, at most so many; what they take away is counted."""
    if isinstance(making, Rewriting):
        yield from _rewritten(job, making, block, counts, selected(
            job, feed, making, block, counts, most=most))  # fmt: skip
    else:
        for made in selected(job, feed, making, block, counts, most=most):
            yield made if isinstance(made, Chunk) else made[1]


def _take(making: Making, counts: Counts) -> None:
    """Take out what a maker counted itself."""
    taken: Counter[tuple[str, str, str]] | None = getattr(making, "taken", None)
    if taken is not None:
        counts.filters.update(taken)
        taken.clear()


def selected(
    job: Job, feed: Feed, making: Making, block: PartBlock, counts: Counts, *,
    most: int | None = None,
) -> Iterator[tuple[Draft, Row] | Chunk]:  # fmt: skip
    """The drafts of a part that pass its filters, with their rows."""
    settings = job.settings
    hubs = _hubs(feed, block, settings.per_hub)
    balance = Balance(settings.seed, settings.per_predicate, settings.per_hub, job.statements, hubs)
    lowest: Lowest[tuple[Draft, Row]] | None = None if most is None else Lowest(most)
    seen: set[int] = set()
    for draft in making.drafts(block):
        if isinstance(draft, Chunk):
            yield draft
            continue
        key = (draft.task, draft.lang)
        counts.filters[(*key, "drafts")] += 1
        if not balance.keeps(draft):
            counts.filters[(*key, "balance")] += 1
            continue
        made = row(draft, block, snapshot=job.snapshot)
        number = int(made.id, 16)
        if number in seen:
            counts.filters[(*key, "exact duplicates")] += 1
            continue
        seen.add(number)
        if lowest is None:
            counts.filters[(*key, "rows")] += 1
            yield draft, made
        else:
            counts.filters[(*key, "bound on rows")] += 1
            lowest.add(draw(settings.seed, made.id), made.id, (draft, made))
    _take(making, counts)
    for draft, made in lowest or ():
        counts.filters[made.task, made.lang, "bound on rows"] -= 1
        counts.filters[made.task, made.lang, "rows"] += 1
        yield draft, made


def _rewritten(
    job: Job,
    making: Rewriting,
    block: PartBlock,
    counts: Counts,
    chosen: Iterator[tuple[Draft, Row] | Chunk],
) -> Iterator[Row]:
    """The rows that a model writes of drafts; what was asked about counts as no row."""

    def asked() -> Iterator[tuple[Draft, Row]]:
        for one in chosen:
            if not isinstance(one, Chunk):
                counts.filters[one[1].task, one[1].lang, "rows"] -= 1
                yield one

    seen: set[str] = set()
    for draft in making.rewritten(asked()):
        made = row(draft, block, snapshot=job.snapshot)
        said = "\n".join((draft.lang, *(text for _role, text in draft.messages), draft.rejected))
        if made.id in seen or said in seen:
            counts.filters[draft.task, draft.lang, "exact duplicates"] += 1
            continue
        seen |= {made.id, said}
        counts.filters[draft.task, draft.lang, "rows"] += 1
        yield made
    _take(making, counts)


def _hubs(feed: Feed, block: PartBlock, most: int) -> dict[str, int]:
    """Concepts that a part speaks of with more than so many statements, and how many."""
    if not most:
        return {}
    numbers = np.fromiter(block.near.ids, np.int64, len(block.near.ids))
    into, out = feed.arrays["in_off"], feed.arrays["out_off"]
    degrees = out[numbers + 1] - out[numbers] + into[numbers + 1] - into[numbers]
    large = np.flatnonzero(degrees > most)
    return {block.near.ids[int(numbers[at])]: int(degrees[at]) for at in large}


def as_json(counts: Counts) -> dict[str, Any]:
    """Counts as JSON's own types."""
    return {
        "rows": [[*key, n, counts.characters[key]] for key, n in sorted(counts.rows.items())],
        "filters": [[*key, n] for key, n in sorted(counts.filters.items()) if n],
        "sources": dict(sorted(counts.sources.items())),
        "licences": dict(sorted(counts.licences.items())),
        "examples": [[*key, record] for key, (_id, record) in sorted(counts.examples.items())],
    }  # fmt: skip


def write_text(path: Path, text: str) -> None:
    """Write a small file whole: it has its old content or its new one."""
    work = path.with_name(f".{path.name}.{os.getpid()}")
    work.write_text(text, encoding="utf-8")
    work.replace(path)
