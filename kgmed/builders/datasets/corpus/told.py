"""Rows of a corpus that are made many at once: as lines of JSON or text, or one by one as drafts.

Both come of the same columns, so that a corpus has the same rows whatever files it is written in.
"""

from __future__ import annotations

import json
from binascii import hexlify
from collections.abc import Iterator
from dataclasses import dataclass, replace
from hashlib import blake2b
from json.encoder import encode_basestring
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from kgmed.builders.datasets.corpus.facts import Facts, by_key, keys_of
from kgmed.builders.datasets.corpus.telling import Ints, Pieces, ranges
from kgmed.builders.datasets.feed import Feed
from kgmed.builders.datasets.job import Chunk
from kgmed.builders.datasets.model import Draft, Fact
from kgmed.builders.datasets.quality.overlaps import Hit
from kgmed.builders.datasets.quality.sample import SIZE
from kgmed.builders.datasets.rows import ID_BYTES
from kgmed.kg.model import Language
from kgmed.kg.overlap import Overlap

_SAFE = '[\\x00-\\x1f"\\\\]'
"""What JSON escapes in a text."""
_FIELD = b"\x1f"
DIGITS = 32
"""Digits of a statement's id."""


@dataclass(slots=True)
class Rows:
    """Rows of one task and language. Shapes (n,) but of ``codes``, ``starts`` (n + 1) - the pieces
    of the texts - and the facts that rows rest on, in the rows' order: ``fact`` among those of
    ``sides[side]``. ``number`` is the concept that a row is about, whose id is its key; None where
    rows have no key."""

    task: str
    lang: Language
    number: Ints | None
    wording: Ints
    codes: Ints
    starts: Ints
    row: Ints
    side: Ints
    fact: Ints
    sides: list[Facts]
    pieces: Pieces

    def __len__(self) -> int:
        return len(self.wording)

    def keys(self, chosen: Ints | None = None) -> list[bytes]:
        """What tells the rows, or some of them, from others of the same facts and wording."""
        if self.number is None:
            return [b""] * (len(self) if chosen is None else len(chosen))
        number = self.number if chosen is None else self.number[chosen]
        ids = self.sides[0].block.feed.ids.take(pa.array(number))
        keys: list[bytes] = ids.cast(pa.large_binary()).to_pylist()
        return keys

    def drafts(self) -> Iterator[Draft]:
        """The rows one by one."""
        texts = self.pieces.joined(self.codes, self.starts).to_pylist()
        ids = [id.decode() for id in self.keys()]
        ends = np.searchsorted(self.row, np.arange(len(self) + 1)).tolist()
        told = list(zip(self.side.tolist(), self.fact.tolist(), strict=True))
        for at, (text, id, wording) in enumerate(zip(texts, ids, self.wording.tolist(),
                                                     strict=True)):  # fmt: skip
            facts: tuple[Fact, ...] = tuple(
                self.sides[side].fact(fact) for side, fact in told[ends[at] : ends[at + 1]]
            )
            yield Draft(self.task, self.lang, (("", text),), facts, wording, key=id)

    def chunks(self, *, snapshot: str, text_only: bool) -> Iterator[Chunk]:
        """The rows as lines, those for training and those for tests."""
        if len(self):
            yield from _Lines(self, snapshot).chunks(text_only=text_only)


class _Lines:
    """The columns of rows that lines are made of."""

    def __init__(self, rows: Rows, snapshot: str) -> None:
        self._rows, self._snapshot = rows, snapshot
        feed = self._feed = rows.sides[0].block.feed
        row, ids, profile, held = _statements(rows, feed)
        order = by_key(row, keys_of(ids))
        row, profile = row[order], profile[order]
        self._ids = np.ascontiguousarray(ids[order])
        self._profile = profile
        self._ends = np.searchsorted(row, np.arange(len(rows) + 1))
        self._held = np.zeros(len(rows), bool)
        self._held[rows.row[held]] = True
        self._row = row
        self._digits = np.frombuffer(hexlify(self._ids.tobytes()), np.uint8).reshape(-1, DIGITS)

    def _row_ids(self, chosen: Ints) -> npt.NDArray[np.uint64]:
        """The ids of some rows (:func:`kgmed.builders.datasets.rows.row_id`)."""
        rows = self._rows
        parted = np.full((len(self._digits), DIGITS + 1), _FIELD[0], np.uint8)
        parted[:, :DIGITS] = self._digits
        said = memoryview(parted.tobytes())
        keys = rows.keys(chosen)
        heads = [f"{rows.task}\x1f{rows.lang}\x1f{n}\x1f\x1f".encode()
                 for n in range(int(rows.wording.max()) + 1)]  # fmt: skip
        starts = (self._ends[chosen] * (DIGITS + 1)).tolist()
        stops = (self._ends[chosen + 1] * (DIGITS + 1) - 1).tolist()
        digests = []
        for key, wording, start, stop in zip(
            keys, rows.wording[chosen].tolist(), starts, stops, strict=True
        ):
            made = blake2b(heads[wording] + key + _FIELD, digest_size=ID_BYTES)
            made.update(said[start:stop])
            digests.append(made.digest())
        return np.frombuffer(b"".join(digests), ">u8").astype(np.uint64)

    def chunks(self, *, text_only: bool) -> Iterator[Chunk]:
        shared = self._shared()
        for split, mask in (("train", ~self._held), ("test", self._held)):
            hits = self._hits({at: shared[at] for at in shared if mask[at]})
            mask[list(shared)] = False
            if mask.any():
                yield replace(
                    self._chunk(split, np.flatnonzero(mask), text_only=text_only), hits=hits
                )
            elif hits:
                rows = self._rows
                yield Chunk(rows.task, rows.task, rows.lang, split, b"", 0, 0, {}, {}, b"",
                            hits=hits)  # fmt: skip

    def _shared(self) -> dict[int, Overlap]:
        """Rows that share text with a benchmark, and what."""
        screen, rows = self._feed.screen, self._rows
        if screen is None:
            return {}
        return screen.overlaps(rows.pieces.joined(rows.codes, rows.starts).to_pylist())

    def _hits(self, shared: dict[int, Overlap]) -> list[Hit]:
        rows = self._rows
        numbers = self._row_ids(np.array(list(shared), np.int64)).tolist()
        return [Hit.of(f"{number:016x}", rows.task, rows.lang, "text", overlap)
                for number, overlap in zip(numbers, shared.values(), strict=True)]  # fmt: skip

    def _predicates(self, chosen: Ints) -> dict[str, int]:
        """Rows by each predicate of their facts."""
        rows, names = self._rows, [name for name, _negated in self._feed.predicates]
        known = sorted(set(names))
        number = np.array([known.index(name) for name in names])
        at = np.full(len(rows), -1)
        at[chosen] = np.arange(len(chosen))
        has = np.zeros((len(chosen), len(known)), bool)
        for side, facts in enumerate(rows.sides):
            mine = np.flatnonzero((rows.side == side) & (at[rows.row] >= 0))
            has[at[rows.row[mine]], number[facts.code[rows.fact[mine]]]] = True
        counts = has.sum(axis=0).tolist()
        return {name: n for name, n in zip(known, counts, strict=True) if n}

    def _chunk(self, split: str, chosen: Ints, *, text_only: bool) -> Chunk:
        rows = self._rows
        codes, place = ranges(rows.starts[chosen], rows.starts[chosen + 1])
        codes = rows.codes[codes]
        starts = np.append(0, np.cumsum(np.bincount(place, minlength=len(chosen))))
        characters = int(rows.pieces.lengths()[codes].sum())
        said, of = ranges(self._ends[chosen], self._ends[chosen + 1])
        sources, shown_sources = self._sources(said, of, len(chosen))
        licences, shown_licences = self._licences(said, of, len(chosen))
        if text_only:
            texts = rows.pieces.joined(codes, starts, in_a_line)
            lines = joined(texts, "\n")
            numbers = self._row_ids(chosen)
            lowest = int(numbers.argmin())
            shown = {"id": f"{int(numbers[lowest]):016x}", "text": texts[lowest].as_py()}
            example = json.dumps(shown, ensure_ascii=False)
        else:
            numbers = self._row_ids(chosen)
            ids = texts_of(hexlify(numbers.astype(">u8").tobytes()), 2 * ID_BYTES)
            lowest = int(numbers.argmin())
            texts = rows.pieces.joined(codes, starts, escaped)
            lines = joined(
                '{"id":"', ids, f'","task":"{rows.task}","lang":"{rows.lang}","text":"', texts,
                '","rationale":"","statements":["', self._listed(said, of, len(chosen)),
                '"sources":[', shown_sources, '"licence":', shown_licences,
                f',"split":"{split}","snapshot":"{self._snapshot}","extra":""}}\n',
            )  # fmt: skip
            example = lines[lowest].as_py()
        return Chunk(rows.task, rows.task, rows.lang, split, bytes_of(lines), len(chosen),
                     characters, sources, licences, self._ids[said].tobytes(), example,
                     self._predicates(chosen), (), self._sample(chosen, numbers))  # fmt: skip

    def _sample(self, chosen: Ints, numbers: Ints) -> list[tuple[str, str]]:
        """(id, text) of the rows with the lowest ids."""
        rows, lowest = self._rows, np.arange(len(numbers))
        if len(numbers) > SIZE:
            lowest = np.argpartition(numbers, SIZE)[:SIZE]
        codes, place = ranges(rows.starts[chosen[lowest]], rows.starts[chosen[lowest] + 1])
        starts = np.append(0, np.cumsum(np.bincount(place, minlength=len(lowest))))
        texts = rows.pieces.joined(rows.codes[codes], starts).to_pylist()
        ids = [f"{number:016x}" for number in numbers[lowest].tolist()]
        return list(zip(ids, texts, strict=True))

    def _listed(self, said: Ints, of: Ints, count: int) -> pa.Array:
        """The ids of the statements of each row: ``a","b"],``."""
        listed = np.empty((len(said), DIGITS + 3), np.uint8)
        listed[:, :DIGITS] = self._digits[said]
        listed[:, DIGITS:] = np.frombuffer(b'","', np.uint8)
        ends = np.cumsum(np.bincount(of, minlength=count))
        listed[ends - 1, DIGITS:] = np.frombuffer(b'"],', np.uint8)
        offsets = np.append(0, ends).astype(np.int64) * (DIGITS + 3)
        return pa.LargeStringArray.from_buffers(
            count, pa.py_buffer(offsets), pa.py_buffer(listed.tobytes())
        )

    def _sources(self, said: Ints, of: Ints, count: int) -> tuple[dict[str, int], pa.Array]:
        """Rows by source, and the sources of each row: ``"a","b"],``."""
        feed = self._feed
        known = sorted({source for names in feed.sources for source in names})
        place = np.array([known.index(names[0]) for names in feed.sources])
        has = np.zeros((count, len(known)), bool)
        has[of, place[self._profile[said]]] = True
        found = dict(zip(known, has.sum(axis=0).tolist(), strict=True))
        row, source = np.nonzero(has)
        last = np.append(row[1:] != row[:-1], True)
        quoted = list(map(encode_basestring, known))
        pieces = pa.array([f"{q}," for q in quoted] + [f"{q}]," for q in quoted], pa.large_string())
        every = pieces.take(pa.array(source + len(known) * last))
        _valid, offsets, data = every.buffers()
        starts = np.append(0, np.cumsum(np.bincount(row, minlength=count)))
        ends = np.ascontiguousarray(np.frombuffer(offsets, np.int64)[starts])
        listed = pa.LargeStringArray.from_buffers(count, pa.py_buffer(ends), data)
        return {name: n for name, n in found.items() if n}, listed

    def _licences(self, said: Ints, of: Ints, count: int) -> tuple[dict[str, int], pa.Array]:
        """Rows by licence, and the licence of each row in quotes."""
        feed = self._feed
        known = sorted({text for texts in feed.licences for text in texts})
        marks = np.zeros((len(feed.licences), max(1, len(known))), bool)
        for at, texts in enumerate(feed.licences):
            marks[at, [known.index(text) for text in texts]] = True
        kinds, kind = np.unique(marks, axis=0, return_inverse=True)
        has = np.zeros((count, len(kinds)), bool)
        has[of, kind.reshape(-1)[self._profile[said]]] = True
        packed = np.packbits(has, axis=1)
        width = packed.shape[1]
        whole = pa.FixedSizeBinaryArray.from_buffers(
            pa.binary(width), count, [None, pa.py_buffer(packed.tobytes())]
        ).dictionary_encode()
        which = whole.indices.to_numpy()
        counts = np.bincount(which, minlength=len(whole.dictionary))
        several = np.frombuffer(b"".join(whole.dictionary.to_pylist()), np.uint8)
        several = several.reshape(-1, width)
        told = []
        for row in np.unpackbits(several, axis=1, count=len(kinds)).astype(bool):
            licences = kinds[row].any(axis=0)
            told.append(" AND ".join(known[at] for at in np.flatnonzero(licences)))
        found: dict[str, int] = {}
        for text, n in zip(told, counts.tolist(), strict=True):
            found[text] = found.get(text, 0) + n
        quoted = pa.array(list(map(encode_basestring, told)), pa.large_string())
        return found, quoted.take(whole.indices)


def _statements(rows: Rows, feed: Feed) -> tuple[Ints, npt.NDArray[np.uint8], Ints, Ints]:
    """The statements behind rows: row, id and profile of each; and which of the rows' facts touch a
    concept that training mustn't see."""
    row: list[Ints] = []
    ids: list[npt.NDArray[np.uint8]] = []
    profile: list[Ints] = []
    held = np.zeros(len(rows.fact), bool)
    for number, facts in enumerate(rows.sides):
        mine = np.flatnonzero(rows.side == number)
        fact = rows.fact[mine]
        row.append(rows.row[mine])
        ids.append(facts.ids[fact])
        profile.append(facts.profile[fact])
        other = facts.other[fact]
        held[mine] = feed.held[facts.numbers[facts.own[fact]]] | (
            (other >= 0) & feed.held[np.maximum(other, 0)]
        )
        if len(facts.further_ids):
            places, of = ranges(facts.further[fact, 0], facts.further[fact, 1])
            row.append(rows.row[mine][of])
            ids.append(facts.further_ids[places])
            profile.append(facts.further_profiles[places])
    return np.concatenate(row), np.concatenate(ids), np.concatenate(profile), np.flatnonzero(held)


def escaped(texts: pa.Array) -> pa.Array:
    """Texts as they stand between the quotes of a JSON text."""
    unsafe = pc.match_substring_regex(texts, _SAFE)
    if not pc.any(unsafe).as_py():
        return texts
    written = [encode_basestring(text)[1:-1] for text in texts.filter(unsafe).to_pylist()]
    return pc.replace_with_mask(texts, unsafe, pa.array(written, pa.large_string()))


def in_a_line(texts: pa.Array) -> pa.Array:
    """Texts without line breaks."""
    return pc.replace_substring(texts, "\n", " ")


def texts_of(digits: bytes, size: int) -> pa.Array:
    """Digits as texts of so many each."""
    count = len(digits) // size
    offsets = np.arange(count + 1, dtype=np.int64) * size
    return pa.LargeStringArray.from_buffers(count, pa.py_buffer(offsets), pa.py_buffer(digits))


def joined(*parts: Any) -> pa.Array:
    """Texts and columns of texts joined row by row."""
    large = [pa.scalar(part, pa.large_string()) if isinstance(part, str) else part
             for part in parts]  # fmt: skip
    return pc.binary_join_element_wise(*large, pa.scalar("", pa.large_string()))


def bytes_of(lines: pa.Array) -> memoryview:
    """The bytes of a column of texts, one after the other, as they lie in memory."""
    _valid, offsets, data = lines.buffers()
    ends = np.frombuffer(offsets, np.int64)[lines.offset : lines.offset + len(lines) + 1]
    return memoryview(data)[int(ends[0]) : int(ends[-1])]
