"""Merged tables of millions of names for the linking benchmark: a dictionary's, and made-up ones.

The made-up names have 1 to 5 words, half of which are words of the texts that will be linked, so
that windows of a text begin many of them; a name of one word is never a word of the texts, and none
equals a name of the dictionary. Sizes and rows are the same for the same texts and seed. What isn't
about names (statements, mappings) is as :mod:`store_tables` makes it, and small.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from linking_dictionary import Dictionary, preferred_entries
from store_tables import (
    CATEGORIES,
    CHUNK,
    Sizes,
    _joined,
    _mappings,
    _statements,
    _values,
    _words,
    concept_ids,
    dictionaries,
)

NAMES_A_CONCEPT = 3.75
STATEMENTS = 100_000
_WORD = re.compile(r"[a-z][a-z-]{2,}[a-z]")

CONCEPTS = pa.schema(
    {
        "cid": pa.int32(),
        "id": pa.string(),
        "categories": pa.list_(pa.string()),
        "sources": pa.list_(pa.string()),
        "equivalent_ids": pa.list_(pa.string()),
    }
)
NAMES = pa.schema(
    {
        "nid": pa.int32(),
        "cid": pa.int32(),
        "text": pa.string(),
        "language": pa.string(),
        "kind": pa.string(),
        "source": pa.string(),
    }
)


def make_tables(
    folder: Path, made: Dictionary, texts: Iterable[str], *, names: int, seed: int = 7
) -> None:
    """Write all tables but ``ids`` and the names' keys, which :mod:`store_build` makes."""
    folder.mkdir(parents=True, exist_ok=True)
    coded = dictionaries()
    ids = sorted({entry.id for entry in made.entries})
    synthetic = max(0, names - len(made.entries))
    sizes = Sizes(len(ids) + int(synthetic / NAMES_A_CONCEPT), names, STATEMENTS)
    rng = np.random.default_rng([seed, 6])
    _concepts(folder, made, ids, sizes.concepts - len(ids), rng)
    words = _Words(pa.array(sorted(_vocabulary(texts))), _words(rng), _known(made))
    _names(folder, made, ids, sizes, words=words, rng=rng)
    _statements(folder, sizes, coded, seed)
    _values(folder, sizes, coded, rng)
    _mappings(folder, Sizes(min(sizes.concepts, STATEMENTS), 0, 0), rng)
    empty = {"path": pa.string(), "start": pa.int32(), "end": pa.int32(), "steps": pa.string()}
    pq.write_table(pa.schema(list(empty.items())).empty_table(), folder / "paths.parquet")


@dataclass(frozen=True, slots=True)
class _Words:
    """Words of the texts, made-up ones, and the names that no made-up name may equal."""

    common: pa.Array
    rare: pa.Array
    known: pa.Array


def _known(made: Dictionary) -> pa.Array:
    return pa.array(sorted({entry.name.lower() for entry in made.entries}))


def _vocabulary(texts: Iterable[str]) -> set[str]:
    return {word for text in texts for word in _WORD.findall(text.lower())}


def _concepts(
    folder: Path, made: Dictionary, ids: list[str], more: int, rng: np.random.Generator
) -> None:
    """The dictionary's concepts, then made-up ones: both in the order of their ids."""
    sources: dict[str, dict[str, None]] = {id: {} for id in ids}
    for entry in made.entries:
        sources[entry.id][f"infores:{entry.source}"] = None
    with pq.ParquetWriter(folder / "concepts.parquet", CONCEPTS, compression="zstd") as writer:
        curies = [f"mesh:{id}" for id in ids]
        columns = [
            list(range(len(ids))),
            curies,
            [sorted(made.categories.get(id, ())) or ["NamedThing"] for id in ids],
            [sorted(sources[id]) for id in ids],
            [[curie] for curie in curies],
        ]
        arrays = [pa.array(c, t) for c, t in zip(columns, CONCEPTS.types, strict=True)]
        writer.write_batch(pa.record_batch(arrays, schema=CONCEPTS))
        categories = pa.array(CATEGORIES)
        for begin in range(0, more, CHUNK):
            n = min(CHUNK, more - begin)
            leaders = concept_ids(np.arange(begin, begin + n))
            one = pa.array(np.arange(n + 1, dtype=np.int32))
            kind = categories.take(pa.array(rng.integers(0, len(CATEGORIES), n)))
            origin = pa.array(["infores:source-00"] * n)
            rows = [
                pa.array(np.arange(len(ids) + begin, len(ids) + begin + n), pa.int32()),
                leaders,
                *(pa.ListArray.from_arrays(one, column) for column in (kind, origin, leaders)),
            ]
            writer.write_batch(pa.record_batch(rows, schema=CONCEPTS))


def _names(
    folder: Path,
    made: Dictionary,
    ids: list[str],
    sizes: Sizes,
    *,
    words: _Words,
    rng: np.random.Generator,
) -> None:
    number = {id: cid for cid, id in enumerate(ids)}
    preferred = preferred_entries(made)
    ordered = sorted(made.entries, key=lambda entry: (number[entry.id], entry not in preferred))
    columns = [
        list(range(len(ordered))),
        [number[entry.id] for entry in ordered],
        [entry.name for entry in ordered],
        ["en"] * len(ordered),
        ["preferred" if entry in preferred else entry.kind for entry in ordered],
        [f"infores:{entry.source}" for entry in ordered],
    ]
    arrays = [pa.array(c, t) for c, t in zip(columns, NAMES.types, strict=True)]
    owners = _owners(len(ids), sizes.concepts, sizes.names - len(ordered), rng)
    with pq.ParquetWriter(folder / "names_raw.parquet", NAMES, compression="zstd") as writer:
        writer.write_batch(pa.record_batch(arrays, schema=NAMES))
        for begin in range(0, len(owners), CHUNK):
            owner = owners[begin : begin + CHUNK]
            first = np.diff(owner, prepend=owners[begin - 1] if begin else -1) != 0
            rows = [
                pa.array(np.arange(len(owner)) + len(ordered) + begin, pa.int32()),
                pa.array(owner),
                _made_up(len(owner), words, rng),
                pa.array(["en"] * len(owner)),
                pa.array(np.where(first, "preferred", "synonym")),
                pa.array(["infores:source-00"] * len(owner)),
            ]
            writer.write_batch(pa.record_batch(rows, schema=NAMES))


def _owners(
    first: int, concepts: int, names: int, rng: np.random.Generator
) -> npt.NDArray[np.int32]:
    """The concept of each made-up name: at least one each, the rest evenly."""
    n = concepts - first
    more = np.bincount(rng.integers(0, n, names - n), minlength=n) if n else np.empty(0, np.int64)
    return np.repeat(np.arange(first, concepts, dtype=np.int32), 1 + more)


def _made_up(n: int, words: _Words, rng: np.random.Generator) -> Any:
    long = rng.choice(5, n, p=[0.12, 0.3, 0.3, 0.18, 0.1]) + 1
    split = len(words.common)
    picks = np.where(
        rng.random((n, 5)) < 0.5,
        rng.integers(0, split, (n, 5)),
        split + rng.integers(0, len(words.rare), (n, 5)),
    )
    alone = split + rng.integers(0, len(words.rare), n)
    picks[:, 0] = np.where(long == 1, alone, picks[:, 0])
    every = pa.concat_arrays([words.common, words.rare])
    text = _joined(every, picks, long, " ", every)
    ending = words.rare.take(pa.array(rng.integers(0, len(words.rare), n)))
    longer = pc.binary_join_element_wise(text, ending, " ")
    return pc.if_else(pc.is_in(text, value_set=words.known), longer, text)
