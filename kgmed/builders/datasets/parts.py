"""One part of a dataset: its rows made, filtered, written, and noted."""

from __future__ import annotations

import gc
import json
import os
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

from kgmed.builders.datasets.balance import Balance, Lowest, chosen, quota
from kgmed.builders.datasets.block import PartBlock
from kgmed.builders.datasets.feed import Feed
from kgmed.builders.datasets.formats import RATIONALES
from kgmed.builders.datasets.job import Chunk, Job, Making, Rewriting
from kgmed.builders.datasets.model import Draft, Row
from kgmed.builders.datasets.quality import overlaps
from kgmed.builders.datasets.quality.overlaps import FILTER, HITS, Hit, held_back, write_hits
from kgmed.builders.datasets.quality.sample import SAMPLE, SIZE, Sample
from kgmed.builders.datasets.rows import row
from kgmed.builders.datasets.splits import SPLITS, draw
from kgmed.builders.datasets.writers import Lines, Shards, cannot_write
from kgmed.kg.errors import OutputError

FILTERS = ("drafts", "exact duplicates", "balance", FILTER, "bound on rows", "rows")
"""What drafts are counted by, in order: made, taken away by each filter, and left."""
CHOICE = 8
"""Rows that are met for each that is kept, where their number is bounded: they are spread over
concepts and predicates, and not all rows of a large graph are made for a few."""
FEW = 4
"""Concepts that are looked at first where rows are bounded."""
COLLECTED = 100_000, 10, 100
"""New values for which the youngest are looked at for cycles, and turns for which older ones are.
"""
_MIX = 0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB


@dataclass(slots=True)
class Counts:
    """What a part wrote, and what its filters took away.

    ``rows`` and ``characters`` are by (task, language, split), ``filters`` by (task, language,
    filter); ``examples`` hold the row with the lowest id of each (task, language),
    ``hits`` the rows that share text with a benchmark, ``seen`` the ids of rows that were met.
    ``plausible`` are the false statements that a model chose, and the sum of their probabilities.
    ``origins`` are the drafts and blocks of rows under way, by row id, where they are asked for.
    """

    rows: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    characters: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    filters: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    sources: Counter[str] = field(default_factory=Counter)
    licences: Counter[str] = field(default_factory=Counter)
    statements: set[str] = field(default_factory=set)
    packed: list[bytes] = field(default_factory=list)
    examples: dict[tuple[str, str], tuple[str, dict[str, Any]]] = field(default_factory=dict)
    predicates: Counter[str] = field(default_factory=Counter)
    hits: list[Hit] = field(default_factory=list)
    sample: Sample = field(default_factory=lambda: Sample(0))
    seen: set[int] = field(default_factory=set)
    plausible: tuple[int, float] = (0, 0.0)
    origins: dict[str, tuple[Draft, PartBlock]] | None = None

    def add(self, made: Row) -> None:
        """Count a row."""
        key = (made.task, made.lang, made.split)
        self.rows[key] += 1
        self.characters[key] += sum(len(text) for _role, text in made.messages)
        self.sources.update(made.sources)
        self.licences[made.licence] += 1
        self.statements.update(made.statements)
        self.predicates.update(made.predicates)
        self.sample.add(made)
        if made.plausible:
            count, told = self.plausible
            self.plausible = count + len(made.plausible), told + sum(made.plausible)

    def hold(self, made: Row, hit: Hit) -> None:
        """Count a row that shares text with a benchmark."""
        self.filters[made.task, made.lang, FILTER] += 1
        self.hits.append(hit)

    def add_chunk(self, chunk: Chunk) -> None:
        """Count many rows."""
        key = (chunk.task, chunk.lang, chunk.split)
        self.rows[key] += chunk.rows
        self.characters[key] += chunk.characters
        self.filters[chunk.task, chunk.lang, "drafts"] += chunk.rows + len(chunk.hits)
        self.filters[chunk.task, chunk.lang, FILTER] += len(chunk.hits)
        self.filters[chunk.task, chunk.lang, "rows"] += chunk.rows
        self.sources.update(chunk.sources)
        self.licences.update(chunk.licences)
        self.packed.append(chunk.statements)
        self.predicates.update(chunk.predicates)
        self.hits.extend(chunk.hits)
        self.sample.add_texts(chunk.task, chunk.lang, chunk.sample)
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
        first = bytes.fromhex("".join([id[:16] for id in self.statements]))
        parts = [np.frombuffer(first, ">u8")]
        parts += [np.frombuffer(ids, ">u8")[::2] for ids in self.packed]
        every: np.ndarray[Any, np.dtype[np.uint64]] = np.sort(
            np.concatenate(parts).astype(np.uint64)
        )
        return np.asarray(every[np.append(True, every[1:] != every[:-1])[: len(every)]])


def make_part(job: Job, feed: Feed, making: Making, number: int) -> dict[str, Any]:
    """Write a part's files and then its note, and return that.

    Raises :class:`~kgmed.kg.errors.OutputError` where they can't be written: a full disk, a folder
    that may not be written to.
    """
    with _seldom_collected():
        return _made(job, feed, making, number)


@contextmanager
def _seldom_collected() -> Iterator[None]:
    """Have cycles collected seldom: rows make none, and to look at all that they are made of again
    and again takes a third of the time."""
    before = gc.get_threshold()
    if gc.isenabled():
        gc.set_threshold(*COLLECTED)
    try:
        yield
    finally:
        gc.set_threshold(*before)


def _made(job: Job, feed: Feed, making: Making, number: int) -> dict[str, Any]:
    start = perf_counter()
    settings = job.settings
    weights = feed.weights()
    counts = Counts(sample=Sample(quota(SIZE, weights, number)))
    try:
        with Shards(
            job.out, dict(job.maker.configs()), SPLITS, settings.files, part=number, parts=len(feed)
        ) as shards:
            most = None
            if settings.max_rows:
                every = settings.kind == RATIONALES  # few rows, anywhere
                giving = weights if every else chosen(settings.max_rows, weights)
                most = quota(settings.max_rows, giving, number)
            blocks = iter([PartBlock.of_part(feed, number)]) if most is None else growing(
                feed, number, seed=settings.seed
            )  # fmt: skip
            for made in rows_of(job, feed, making, _cleared(blocks), counts, most=most):
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
            _see_that_it_was_there(feed, number)
            files = shards.finish()
        note = {
            "part": number, "parts": len(feed), "digest": job.digest, "files": files,
            **as_json(counts), "seconds": round(perf_counter() - start, 3),
        }  # fmt: skip
        path = job.note(number)
        np.save(path.with_suffix(".npy"), used)
        counts.sample.write(path.with_suffix(SAMPLE))
        write_hits(path.with_suffix(HITS), counts.hits)
        write_text(path, json.dumps(note, ensure_ascii=False))
    except OSError as error:
        _see_that_it_was_there(feed, number)
        raise cannot_write(error, Path(error.filename or job.out)) from error
    return note


def _see_that_it_was_there(feed: Feed, number: int) -> None:
    """Refuse a part that was being made when its run took its files away: rows may lack what was no
    longer there."""
    if not feed.folder.is_dir():
        raise OutputError(
            f"{feed.folder}: is gone, with what part {number} is made of: its run was ended. The "
            "part isn't written: run the same command again."
        )


def rows_of(
    job: Job, feed: Feed, making: Making, blocks: Iterable[PartBlock], counts: Counts, *,
    most: int | None = None,
) -> Iterator[Row | Chunk]:  # fmt: skip
    """The rows of blocks that pass the filters; what these take away is counted.

    With ``most``, at most so many, those of the lowest numbers drawn: no further block is looked
    at when there are :data:`CHOICE` times as many to choose from. A maker that rewrites is handed
    those, and its rows pass the filters for texts once more.
    """
    if not isinstance(making, Rewriting):
        for made in _bounded(job, feed, making, blocks, counts, most=most):
            if isinstance(made, Row):
                counts.filters[made.task, made.lang, "rows"] += 1
            yield made
        return
    chosen = selected(job, feed, making, blocks, counts, most=most)
    rows = _rewritten(job, making, counts, chosen)
    for made in rows if feed.screen is None else held_back(feed.screen, rows, counts.hold):
        if isinstance(made, Row):
            counts.filters[made.task, made.lang, "rows"] += 1
            yield made
    _take(making, counts)


def selected(
    job: Job, feed: Feed, making: Making, blocks: Iterable[PartBlock], counts: Counts, *,
    most: int | None = None,
) -> Iterator[tuple[Draft, Row, PartBlock] | Chunk]:  # fmt: skip
    """The drafts of blocks that pass the filters, with the rows they make as they are."""
    origins: dict[str, tuple[Draft, PartBlock]] = {}
    counts.origins = origins
    for made in _bounded(job, feed, making, blocks, counts, most=most):
        if isinstance(made, Chunk):
            yield made
        else:
            draft, block = origins.pop(made.id)
            yield draft, made, block


def _bounded(
    job: Job, feed: Feed, making: Making, blocks: Iterable[PartBlock], counts: Counts, *,
    most: int | None,
) -> Iterator[Row | Chunk]:  # fmt: skip
    """The rows of blocks that pass the filters, at most so many."""
    if most is None:
        for block in blocks:
            yield from _free(job, feed, making, block, counts)
        return
    lowest: Lowest[Row] = Lowest(most)
    met = 0
    for block in blocks if most else ():
        for made in _free(job, feed, making, block, counts):
            if isinstance(made, Chunk):
                raise TypeError("rows made many at once aren't chosen among")
            counts.filters[made.task, made.lang, "bound on rows"] += 1
            lowest.add(draw(job.settings.seed, made.id), made.id, made)
            met += 1
        if met >= CHOICE * most:
            break
    for made in lowest:
        counts.filters[made.task, made.lang, "bound on rows"] -= 1
        yield made


def _free(
    job: Job, feed: Feed, making: Making, block: PartBlock, counts: Counts
) -> Iterator[Row | Chunk]:
    """The rows of a block that share no text with a benchmark, where some are named."""
    rows = _kept(job, feed, making, block, counts)
    return rows if feed.screen is None else held_back(feed.screen, rows, counts.hold)


def _kept(
    job: Job, feed: Feed, making: Making, block: PartBlock, counts: Counts
) -> Iterator[Row | Chunk]:
    """The rows of a block that balance keeps, each once."""
    settings = job.settings
    hubs = _hubs(feed, block, settings.per_hub)
    balance = Balance(settings.seed, settings.per_predicate, settings.per_hub, job.statements, hubs)
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
        if number in counts.seen:
            counts.filters[(*key, "exact duplicates")] += 1
            continue
        counts.seen.add(number)
        if counts.origins is not None:
            counts.origins[made.id] = (draft, block)
        yield made
    _take(making, counts)


def _take(making: Making, counts: Counts) -> None:
    """Take out what a maker counted itself."""
    taken: Counter[tuple[str, str, str]] | None = getattr(making, "taken", None)
    if taken is not None:
        counts.filters.update(taken)
        taken.clear()


def _rewritten(
    job: Job,
    making: Rewriting,
    counts: Counts,
    chosen: Iterator[tuple[Draft, Row, PartBlock] | Chunk],
) -> Iterator[Row]:
    """The rows that a model writes of drafts, each text once."""
    blocks: dict[str, PartBlock] = {}

    def asked() -> Iterator[tuple[Draft, Row]]:
        for one in chosen:
            if not isinstance(one, Chunk):
                draft, made, blocks[made.id] = one
                yield draft, made

    seen: set[str] = set()
    for origin, draft in making.rewritten(asked()):
        made = row(draft, blocks[origin.id], snapshot=job.snapshot)
        said = "\n".join((draft.lang, *(text for _role, text in draft.messages), draft.rejected))
        if made.id in seen or said in seen:
            counts.filters[draft.task, draft.lang, "exact duplicates"] += 1
            continue
        seen |= {made.id, said}
        yield made


def growing(feed: Feed, part: int, *, seed: int) -> Iterator[PartBlock]:
    """The concepts of a part in blocks, few at first and twice as many each time, in an order that
    depends on the seed."""
    first, last = feed.parts[part], feed.parts[part + 1]
    numbers = np.arange(first, last)
    start = np.uint64((seed + 1) * _MIX[0] % (1 << 64))
    mixed = (numbers.astype(np.uint64) + start) * np.uint64(_MIX[1])
    mixed ^= mixed >> np.uint64(31)
    order = numbers[np.argsort(mixed * np.uint64(_MIX[2]), kind="stable")]
    done, size = 0, FEW
    while done < len(order):
        yield PartBlock(feed, np.sort(order[done : done + size]))
        done, size = done + size, 2 * size


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
        "predicates": dict(sorted(counts.predicates.items())),
        "hits": overlaps.counted(counts.hits),
        "examples": [[*key, record] for key, (_id, record) in sorted(counts.examples.items())],
        **({"plausible": counts.plausible} if counts.plausible[0] else {}),
    }  # fmt: skip


def _cleared(blocks: Iterable[PartBlock]) -> Iterator[PartBlock]:
    """Blocks, each cleared when the next one is asked for: they refer to themselves."""
    for block in blocks:
        yield block
        block.clear()


def write_text(path: Path, text: str) -> None:
    """Write a small file whole: it has its old content or its new one."""
    work = path.with_name(f".{path.name}.{os.getpid()}")
    work.write_text(text, encoding="utf-8")
    work.replace(path)
