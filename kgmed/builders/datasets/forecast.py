"""What a run will write, and how long it will take: told before it begins.

Tasks are run on a sample of the concepts, spread evenly over the graph, and their rows are scaled
up by the statements at the sampled concepts. The same graph and settings give the same rows; the
time is that of this machine.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from time import perf_counter

import numpy as np

from kgmed.builders.datasets.block import PartBlock
from kgmed.builders.datasets.feed import Feed
from kgmed.builders.datasets.formats import line
from kgmed.builders.datasets.job import Chunk, Job, Making, Rewriting
from kgmed.builders.datasets.parts import CHOICE, Counts, selected
from kgmed.builders.datasets.report import Forecast
from kgmed.kg.verbalize.size import tokens
from kgmed.kg.views.licensing import Leaving
from kgmed.prompts.asks import Asks

RANGES = 32
"""Ranges of concepts that are sampled."""
RANGE = 40
"""Concepts in each, and LEAST and MOST their ends of statements."""
LEAST, MOST = 200, 5_000
START_S = 1.5
"""Seconds that a process takes to start."""


def forecast(
    job: Job, feed: Feed, making: Making, leaving: Leaving, *, processes: int, prepared_s: float
) -> Forecast:
    """Run the tasks on a sample, and scale up what came out. A language model isn't asked: the
    rows are then the most that can come of what it would be asked for."""
    counts, size, weight = Counts(), 0, 0
    asks = [0, 0, 0]
    configs = job.maker.configs()
    ranges = list(sampled(feed))
    for first, last in ranges[:1]:  # what is opened at the first question isn't scaled up
        for _made in selected(
            job, feed, making, [PartBlock(feed, np.arange(first, last))], Counts()
        ):
            pass
    start = perf_counter()
    for first, last in ranges:
        weight += feed.weight(first, last)
        for one in selected(job, feed, making, [PartBlock(feed, np.arange(first, last))], counts):
            if isinstance(one, Chunk):
                counts.add_chunk(one)
                size += len(one.data)
                continue
            draft, made, _block = one
            if isinstance(making, Rewriting):
                about = making.asks(draft)
                asks[0] += about.calls
                asks[1] += about.prompt_tokens
                asks[2] += about.completion_tokens
            counts.add(made)
            for config in job.maker.configs_of(made.task):
                size += len(line(configs[config].record(made)))
    took = perf_counter() - start
    scale = feed.weight(0, feed.concepts) / max(1, weight)
    rows: Counter[tuple[str, str]] = Counter()
    told = 0.0
    for (task, lang, split), n in counts.rows.items():
        rows[task, lang] += n
        told += tokens(counts.characters[task, lang, split], lang) * scale
    total, most = sum(rows.values()) * scale, job.settings.max_rows
    kept = most / total if most and total > most else 1.0
    looked_at = min(1.0, CHOICE * kept)  # a bound is chosen from so many
    found: dict[str, dict[str, int]] = {}
    for (task, lang), n in sorted(rows.items()):
        found.setdefault(task, {})[lang] = round(n * scale * kept)
    return Forecast(
        job.settings.kind,
        found,
        round(told * kept),
        round(size * scale * kept),
        prepared_s + (START_S if processes > 1 else 0.0) + looked_at * took * scale / processes,
        sum(last - first for first, last in ranges) == feed.concepts,
        leaving,
        job.snapshot,
        Asks(*(round(n * scale * kept) for n in asks)) if isinstance(making, Rewriting) else None,
    )


def sampled(feed: Feed) -> Iterator[tuple[int, int]]:
    """Ranges of concepts, at even distances; all of a small graph."""
    if feed.concepts <= RANGES * RANGE:
        if feed.concepts:
            yield 0, feed.concepts
        return
    step = feed.concepts / RANGES
    for number in range(RANGES):
        first = int(number * step)
        last = first
        end = min(int((number + 1) * step), first + RANGE * 10)
        while last < end and feed.weight(first, last) < MOST:
            last += 1
            if last - first >= RANGE and feed.weight(first, last) >= LEAST:
                break
        yield first, max(last, first + 1)
