"""Many texts at once against benchmarks: which share text with one, by the rules of
:mod:`~kgmed.kg.overlap`.

The benchmarks are laid out once for all processes of a run, in mapped files: their texts, and the
hashes of their blocks. Texts are hashed a batch at a time (:mod:`.grams`), and what has the hash of
a block is compared word by word, so that a hash in common decides nothing. Memory for a benchmark
is about 20 bytes a word, mapped.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import chain, islice
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from kgmed.builders.datasets.quality.benchmark_texts import benchmark_texts
from kgmed.builders.datasets.quality.grams import Grams, grams
from kgmed.kg.errors import UsageError
from kgmed.kg.overlap import (
    CHARACTER_BLOCK,
    CHARACTERS,
    LEAST_CHINESE,
    LEAST_WORDS,
    WORD_BLOCK,
    WORDS,
    BenchmarkText,
    Contamination,
    Overlap,
)

BENCHMARKS = "benchmarks"
"""The folder of benchmarks that were laid out, among what a run reads."""
BATCH = 250_000
"""Characters that are hashed at once: their arrays fit into a processor's cache."""
AT_ONCE = 2_000
"""Benchmark texts that are laid out at once."""
_KEY = 3
_SPREAD = np.uint64(0x9E3779B97F4A7C15)


def lay_out(paths: Sequence[Path], folder: Path) -> int:
    """Write what a screen of benchmark files reads into an empty folder; how many texts it has.

    Raises :class:`~kgmed.kg.errors.UsageError` where no text is long enough to be told again, and
    what :func:`~kgmed.builders.datasets.quality.benchmark_texts.benchmark_texts` raises.
    """
    folder.mkdir(parents=True)
    read = texts = 0
    blocks: dict[str, list[npt.NDArray[Any]]] = {"words": [], "letters": [], "whole": []}
    offsets = [0]
    with (folder / "texts.jsonl").open("wb") as file:
        every = chain.from_iterable(map(benchmark_texts, paths))
        while batch := list(islice(every, AT_ONCE)):
            read += len(batch)
            of = grams([text.text for text in batch])
            kept = np.flatnonzero(_long_enough(of))
            for at in kept.tolist():
                text = batch[at]
                line = json.dumps([text.file, text.record, text.field, text.text])
                file.write(line.encode() + b"\n")
                offsets.append(offsets[-1] + len(line) + 1)
            numbers = np.full(len(batch), -1, np.int64)
            numbers[kept] = texts + np.arange(len(kept))
            texts += len(kept)
            asks = np.array([text.asks for text in batch])
            for name, found in _blocks(of, numbers, asks):
                blocks[name].append(found)
    if not texts:
        listed = ", ".join(str(path) for path in paths)
        raise UsageError(
            f"{listed}: found {read:,} texts, none of {LEAST_WORDS} words or {LEAST_CHINESE} "
            "Chinese characters: there is no question that a row could hold."
        )
    np.save(folder / "offsets.npy", np.array(offsets, np.int64))
    for name, parts in blocks.items():
        whole = np.concatenate(parts)
        np.save(folder / f"{name}.npy", np.unique(whole))
    return texts


def _short(of: Grams) -> npt.NDArray[np.bool_]:
    found: npt.NDArray[np.bool_] = np.where(of.chinese, of.letters < CHARACTERS, of.words < WORDS)
    return found


def _long_enough(of: Grams) -> npt.NDArray[np.bool_]:
    found: npt.NDArray[np.bool_] = np.where(
        of.chinese, of.letters >= LEAST_CHINESE, of.words >= LEAST_WORDS
    )
    return found


BLOCK = np.dtype([("hash", "<u8"), ("text", "<u4")])
WHOLE = np.dtype([("hash", "<u8"), ("whole", "<u8"), ("words", "<u4"), ("text", "<u4")])


def _blocks(
    of: Grams, numbers: npt.NDArray[np.int64], asks: npt.NDArray[np.bool_]
) -> Iterator[tuple[str, npt.NDArray[Any]]]:
    """The blocks of the texts that have a number, by rule."""
    told = numbers >= 0
    for name, size, firsts, counts, mine in (
        ("words", WORD_BLOCK, of.first_word, of.words, told & ~of.chinese),
        ("letters", CHARACTER_BLOCK, of.first_letter, of.letters, told),
    ):
        each = np.where(mine, counts // size, 0)
        text = np.repeat(np.arange(of.texts), each)
        nth = np.arange(len(text)) - np.repeat(np.cumsum(each) - each, each)
        hashes = of.runs(size, of_letters=name == "letters")
        found = np.empty(len(text), BLOCK)
        found["hash"] = hashes[firsts[text] + nth * size] if len(text) else 0
        found["text"] = numbers[text]
        yield name, found
    at = np.flatnonzero(told & asks & _short(of))
    starts, words = of.first_word[at], of.words[at]
    found = np.empty(len(at), WHOLE)
    found["hash"] = of.run(starts, np.minimum(words, _KEY))
    found["whole"] = of.run(starts, words)
    found["words"], found["text"] = words, numbers[at]
    yield "whole", found


class _Table:
    """Blocks by their hash: a map of bits says at once what isn't there."""

    def __init__(self, blocks: npt.NDArray[Any]) -> None:
        self.blocks = blocks
        self._hashes = np.ascontiguousarray(blocks["hash"])
        bits = max(12, min(27, (16 * len(blocks)).bit_length()))
        self._shift = np.uint64(64 - bits)
        self._there = np.zeros(1 << bits, bool)
        self._there[self._place(self._hashes)] = True

    def _place(self, hashes: npt.NDArray[Any]) -> npt.NDArray[Any]:
        return (hashes * _SPREAD) >> self._shift

    def found(self, hashes: npt.NDArray[Any]) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
        """(places of hashes, places of blocks) that have the same hash."""
        if not len(self.blocks):
            return np.empty(0, np.int64), np.empty(0, np.int64)
        at = np.flatnonzero(self._there[self._place(hashes)])
        wanted = hashes[at]
        first = np.searchsorted(self._hashes, wanted)
        last = np.searchsorted(self._hashes, wanted, "right")
        counts = last - first
        nth = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
        return np.repeat(at, counts), np.repeat(first, counts) + nth


class Screen:
    """Benchmarks that were laid out in a folder, ready to be compared with texts."""

    def __init__(self, folder: Path) -> None:
        self._offsets = np.load(folder / "offsets.npy", mmap_mode="r")
        self._texts = np.memmap(folder / "texts.jsonl", np.uint8, "r")
        self._tables = {
            name: _Table(np.load(folder / f"{name}.npy", mmap_mode="r"))
            for name in ("words", "letters", "whole")
        }
        self._known = lru_cache(maxsize=2_000)(self._read)

    def __len__(self) -> int:
        """How many texts of benchmarks there are."""
        return len(self._offsets) - 1

    def _read(self, number: int) -> Contamination:
        line = self._texts[self._offsets[number] : self._offsets[number + 1]].tobytes()
        return Contamination([BenchmarkText(*json.loads(line))])

    def overlaps(self, texts: Sequence[str]) -> dict[int, Overlap]:
        """What texts share with benchmarks, by their place among ``texts``; the others share
        nothing."""
        found: dict[int, Overlap] = {}
        for first, some in _batches(texts):
            for place, number in self._suspects(some):
                if first + place in found:
                    continue
                overlap = self._known(number).overlap(some[place])
                if overlap is not None:
                    found[first + place] = overlap
        return found

    def _suspects(self, texts: Sequence[str]) -> Iterable[tuple[int, int]]:
        """(place of a text, number of a benchmark's text) that may share text, in order."""
        of = grams(texts)
        pairs = []
        for name, size, firsts in (
            ("words", WORD_BLOCK, of.first_word), ("letters", CHARACTER_BLOCK, of.first_letter),
        ):  # fmt: skip
            table = self._tables[name]
            at, blocks = table.found(of.runs(size, of_letters=name == "letters"))
            pairs.append((_text_of(at, firsts), table.blocks["text"][blocks]))
        pairs.append(self._wholes(of))
        place = np.concatenate([place for place, _number in pairs])
        number = np.concatenate([number for _place, number in pairs])
        both = np.unique(np.stack([place, number.astype(np.int64)], axis=1), axis=0)
        return ((int(a), int(b)) for a, b in both)

    def _wholes(self, of: Grams) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
        table = self._tables["whole"]
        at, blocks = table.found(of.runs(_KEY))
        whole = table.blocks[blocks]
        same = of.run(at, whole["words"].astype(np.int64)) == whole["whole"]
        return _text_of(at[same], of.first_word), whole["text"][same]


def _text_of(at: npt.NDArray[Any], firsts: npt.NDArray[Any]) -> npt.NDArray[Any]:
    return np.searchsorted(firsts, at, "right") - 1


def _batches(texts: Sequence[str]) -> Iterator[tuple[int, Sequence[str]]]:
    """Texts of about so many characters together, and the place of the first."""
    first = size = 0
    for place, text in enumerate(texts):
        size += len(text) + 1
        if size >= BATCH:
            yield first, texts[first : place + 1]
            first, size = place + 1, 0
    if first < len(texts):
        yield first, texts[first:]
