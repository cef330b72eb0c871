"""The index of names by hash: which windows of a text may be a name, at 15M names, from a file.

    names.index   "KGNI", version of the hashes, bits of a bucket, number of hashes, number of words
                  buckets   uint32  2**bits + 1   first entry of each bucket: a hash's first bits
                  hashes    uint64  N             sorted hashes (kgmed.kg.linking.stems.name_hash)
                  numbers   uint32  N             the name of each hash
                                                  (of a longer name's head: one of those names)
                  words     uint64  W             sorted hashes of the names' tokens of letters a-z

Little-endian, each part aligned to 8 bytes, mapped into memory. A look-up reads two buckets and
goes through the few hashes between them. Reading needs the standard library alone.
"""

from __future__ import annotations

import mmap
import struct
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, cast

from kgmed.kg.errors import CorruptSnapshot
from kgmed.kg.linking.normalize import CJK_FROM
from kgmed.kg.linking.stems import HEAD, MAX_WORDS, VERSION, name_hash, stem_hash, token_hash

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pyarrow as pa

SUFFIX = ".index"
"""Of the file beside a file of names."""

_MAGIC = b"KGNI"
_HEAD = struct.Struct("<4sIIIQQ")
_READ = (VERSION, 3)
"""Versions that are read; 3 has no heads of longer names, which aren't found by it."""
AT_ONCE = 1_000_000
"""Names that are hashed at once."""
_PER_BUCKET = 2
_REACH = 4096
"""How far from where an even spread would put it a hash is looked for first."""


class NameIndex:
    """Reads ``names.index``; safe to use from several threads."""

    def __init__(self, path: Path) -> None:
        size = path.stat().st_size
        with path.open("rb") as file:
            head = file.read(_HEAD.size)
            self._map = mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ) if size else None
        try:
            magic, version, bits, _padding, count, words = _HEAD.unpack(head)
        except struct.error as error:
            raise CorruptSnapshot(f"{path}: found {size} bytes. Build the graph again.") from error
        buckets = _aligned(4 * ((1 << bits) + 1))
        expected = _HEAD.size + buckets + 8 * count + _aligned(4 * count) + 8 * words
        if magic != _MAGIC or version not in _READ or size != expected or self._map is None:
            raise CorruptSnapshot(
                f"{path}: found an index of version {version} and {size:,} bytes, expected version "
                f"{VERSION} and {expected:,}. Build the graph again."
            )
        self._map.madvise(mmap.MADV_RANDOM)
        whole = memoryview(self._map)
        at = _HEAD.size
        self._buckets = whole[at : at + 4 * ((1 << bits) + 1)].cast("I")
        at += buckets
        self._hashes = whole[at : at + 8 * count].cast("Q")
        at += 8 * count
        self._numbers = whole[at : at + 4 * count].cast("I")
        self._words = whole[at + _aligned(4 * count) :].cast("Q")
        self._shift = 64 - bits
        self._whole = whole

    def __len__(self) -> int:
        return len(self._numbers)

    def held(self, hashes: Sequence[int]) -> list[int]:
        """The places of the hashes that some name has; of an array, by NumPy."""
        if not isinstance(hashes, list | tuple):
            return self._held_of_many(cast("npt.NDArray[np.uint64]", hashes))
        buckets, shift, view = self._buckets, self._shift, self._hashes
        found = []
        for place, value in enumerate(hashes):
            bucket = value >> shift
            at, stop = buckets[bucket], buckets[bucket + 1]
            while at < stop and view[at] < value:  # few: see _PER_BUCKET
                at += 1
            if at < stop and view[at] == value:
                found.append(place)
        return found

    def _held_of_many(self, hashes: npt.NDArray[np.uint64]) -> list[int]:
        import numpy as np

        starts = np.frombuffer(self._buckets, np.uint32)
        view = np.frombuffer(self._hashes, np.uint64)
        bucket = (hashes >> np.uint64(self._shift)).astype(np.int64)
        at, stop = starts[bucket].astype(np.int64), starts[bucket + 1]
        found = np.zeros(len(hashes), bool)
        left = np.flatnonzero(at < stop)
        at = at[left]
        while len(left):
            here, wanted = view[at], hashes[left]
            found[left[here == wanted]] = True
            at += 1
            more = (here < wanted) & (at < stop[left])
            left, at = left[more], at[more]
        return np.flatnonzero(found).tolist()

    def numbers(self, value: int, *, limit: int | None = None) -> list[int]:
        """The numbers of the names with a hash, at most ``limit`` of them."""
        bucket = value >> self._shift
        stop = self._buckets[bucket + 1]
        first = past = bisect_left(self._hashes, value, self._buckets[bucket], stop)
        stop = stop if limit is None else min(stop, first + limit)
        while past < stop and self._hashes[past] == value:
            past += 1
        return list(self._numbers[first:past])

    def has_words(self, words: Sequence[str]) -> list[bool]:
        """Whether each is a token of some name, of letters a-z alone."""
        view, count = self._words, len(self._words)
        found = []
        for word in words:
            value = stem_hash(word)
            guess = value * count >> 64
            low, high = max(0, guess - _REACH), min(count, guess + _REACH)
            if (low and view[low] > value) or (high < count and view[high] < value):
                low, high = 0, count
            at = bisect_left(view, value, low, high)
            found.append(at < count and view[at] == value)
        return found

    def close(self) -> None:
        """Unmap the file."""
        for view in (self._buckets, self._hashes, self._numbers, self._words, self._whole):
            view.release()
        if self._map is not None:
            self._map.close()


def _aligned(size: int) -> int:
    return (size + 7) // 8 * 8


# Writing -----------------------------------------------------------------------------------------


def write_index(batches: Iterable[pa.RecordBatch], path: Path) -> None:
    """Write the index of names that come as (number, spaced key); a name may come several times.

    A spaced key has its tokens apart, Chinese characters too. Memory: 32 bytes a name.
    """
    import numpy as np

    known: dict[str, int] = {}
    numbers, hashes = np.empty(0, np.uint32), np.empty(0, np.uint64)
    parts = []
    for batch in _joined(batches):
        own, rows, heads = _hashes(batch.column(1), known)
        of_names = batch.column(0).to_numpy().astype(np.uint32)
        parts += [(of_names, own), (of_names[rows], heads)]
    if parts:
        numbers, hashes = (np.concatenate(columns) for columns in zip(*parts, strict=True))
        del parts
        order = np.argsort(hashes, kind="stable")
        numbers, hashes = numbers[order], hashes[order]
    bits = max(1, (len(hashes) // _PER_BUCKET).bit_length())
    edges = np.arange(1 << bits, dtype=np.uint64) << np.uint64(64 - bits)
    buckets = np.append(np.searchsorted(hashes, edges), len(hashes)).astype("<u4")
    spelt = [word for word in known if word.isascii() and word.isalpha()]
    words = np.sort(np.fromiter(map(stem_hash, spelt), np.uint64, len(spelt)))
    with path.open("wb") as file:
        file.write(_HEAD.pack(_MAGIC, VERSION, bits, 0, len(hashes), len(words)))
        file.write(buckets.tobytes().ljust(_aligned(buckets.nbytes), b"\0"))
        hashes.astype("<u8", copy=False).tofile(file)
        file.write(
            numbers.astype("<u4", copy=False).tobytes().ljust(_aligned(4 * len(numbers)), b"\0")
        )
        words.astype("<u8", copy=False).tofile(file)


def _joined(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Batches of about :data:`AT_ONCE` rows: the larger, the fewer times a word is looked up."""
    import pyarrow as pa

    held: list[pa.RecordBatch] = []
    for batch in batches:
        held.append(batch)
        if sum(one.num_rows for one in held) >= AT_ONCE:
            yield pa.concat_batches(held)
            held = []
    if held:
        yield pa.concat_batches(held)


def _hashes(
    keys: pa.Array, known: dict[str, int]
) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.int64], npt.NDArray[np.uint64]]:
    """The hash of each key; the rows of longer names and the hashes of their heads, each once.

    ``known`` holds the hashes of tokens, and grows.
    """
    import numpy as np
    import pyarrow.compute as pc

    lists = pc.split_pattern(pc.utf8_trim_whitespace(keys), " ")
    tokens = lists.flatten().dictionary_encode()
    words = tokens.dictionary.to_pylist()
    for word in words:
        if word not in known:
            known[word] = token_hash(word)
    of_word = np.fromiter(map(known.__getitem__, words), np.uint64, len(words))
    of_token = np.append(of_word[tokens.indices.to_numpy()], np.uint64(0))
    edges = lists.offsets.to_numpy() - lists.offsets[0].as_py()
    first = edges[:-1]
    found = np.add.reduceat(of_token, first) if len(first) else np.empty(0, np.uint64)
    for row in np.flatnonzero(found == 0).tolist():
        found[row] = name_hash(lists[row].as_py())
    cjk = np.fromiter((word > CJK_FROM for word in words), bool, len(words))
    of_token, cjk = of_token[:-1], cjk[tokens.indices.to_numpy()]
    rows = np.flatnonzero(np.diff(edges) > MAX_WORDS)  # as head_hash has it, for all of them
    begin, past = first[rows], edges[1:][rows]
    while (idle := (begin + MAX_WORDS < past) & (of_token[begin] == 0)).any():
        begin += idle
    fits = (begin + MAX_WORDS < past) & ~cjk[begin]
    at = begin[fits, None] + np.arange(MAX_WORDS)
    heads = of_token[at].sum(axis=1, dtype=np.uint64) + np.uint64(HEAD)
    heads, places = np.unique(heads, return_index=True)
    return found, rows[fits][places], heads
