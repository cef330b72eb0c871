"""Compressed sparse rows read with the standard library alone: mmap, memoryview and bisect.

Edges are numbered in the order (subject, predicate code, object, statement id); ``out_*`` arrays
lie in that order, ``in_*`` arrays in (object, predicate code, subject, statement id). Concepts are
numbered in the byte order of their ids and predicate codes in the order of (name, negated), so that
numeric order is the protocol's order.

    out_off  int64   N+1   first edge of each subject       in_off  int64  N+1
    out_nbr  int32   E     object                           in_nbr  int32  E   subject
    out_p    uint16  E     predicate code                   in_p    uint16 E
    out_prof uint32  E     profile (source, licence ...)    in_eid  int32  E   edge number
    st_id    16 bytes each, the statement id                id_eid  int32  E   edges by id
    d_eid    int32   D     edges that have details          d_off   int64  D+1 into details.bin

Every block of 64 KiB is verified against its CRC-32 on first touch, unless the whole snapshot was
verified when it was opened.
"""

from __future__ import annotations

import mmap
import sys
import zlib
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from math import isqrt
from pathlib import Path
from typing import Literal

from kgmed.kg.errors import CorruptSnapshot, StoreError
from kgmed.kg.store.snapshot import BLOCK, Snapshot

DTYPES: dict[str, Literal["q", "i", "I", "H", "B"]] = {
    "int64": "q",
    "int32": "i",
    "uint32": "I",
    "uint16": "H",
    "uint8": "B",
}
"""Names of types in the manifest -> codes of the struct module."""
LONG_ROW = 16_384
"""Edges of a row up to which a search through its bytes beats one bisection per predicate."""
DETAIL_FIELD, DETAIL_ITEM = "\x1f", "\x1e"
DETAIL_FIELDS = (
    "source_record",
    "publications",
    "text",
    "original_subject",
    "original_object",
    "qualifiers",
)
"""What ``details.bin`` holds of an edge, joined by U+001F; lists inside joined by U+001E."""


class Array:
    """One memory-mapped array: ``view`` is a typed memoryview, ``touch`` verifies a range."""

    __slots__ = ("_blocks", "_checked", "_map", "_name", "itemsize", "view")

    def __init__(self, path: Path, dtype: str, blocks: memoryview | None) -> None:
        self._name = str(path)
        self._map: mmap.mmap | None = None
        if path.stat().st_size:
            with path.open("rb") as file:
                self._map = mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ)
            self._map.madvise(mmap.MADV_RANDOM)
            self.view = memoryview(self._map).cast(DTYPES[dtype])
        else:
            self.view = memoryview(b"").cast(DTYPES[dtype])
        self.itemsize = self.view.itemsize
        self._blocks = blocks
        self._checked = bytearray(len(blocks)) if blocks is not None else bytearray()

    def __len__(self) -> int:
        return len(self.view)

    def touch(self, start: int, stop: int) -> None:
        """Verify the blocks that hold items ``start`` to ``stop``; free once they were."""
        if self._blocks is None or stop <= start:
            return
        first, last = start * self.itemsize // BLOCK, (stop * self.itemsize - 1) // BLOCK
        checked = self._checked
        for block in range(first, last + 1):
            if not checked[block]:
                assert self._map is not None  # noqa: S101  an empty array has no blocks
                piece = self._map[block * BLOCK : (block + 1) * BLOCK]
                if zlib.crc32(piece) != self._blocks[block]:
                    raise CorruptSnapshot(
                        f"{self._name}: bytes {block * BLOCK:,}-{block * BLOCK + len(piece):,} "
                        "differ from what the build wrote. Run 'kgmed check', then build again."
                    )
                checked[block] = 1

    def bisect(self, value: int) -> int:
        """``bisect_left`` over the whole array, which is sorted; few blocks are touched."""
        view, items = self.view, BLOCK // self.itemsize
        low, high = 0, (len(view) + items - 1) // items  # the first block that starts at or past
        while low < high:
            middle = (low + high) // 2
            self.touch(middle * items, middle * items + 1)
            if view[middle * items] < value:
                low = middle + 1
            else:
                high = middle
        start, stop = max(low - 1, 0) * items, min(low * items, len(view))
        self.touch(start, stop)
        return bisect_left(view, value, start, stop)

    def close(self) -> None:
        self.view.release()
        if self._map is not None:
            self._map.close()


class Csr:
    """The adjacency of one snapshot, over concept and edge numbers."""

    def __init__(self, snapshot: Snapshot) -> None:
        if sys.byteorder != "little":
            raise StoreError("Snapshots hold little-endian arrays; this machine is big-endian.")
        folder = snapshot.folder / "csr"
        arrays = snapshot.manifest["arrays"]
        checks: memoryview | None = None
        if not snapshot.verified:
            raw = (folder / "blocks.crc").read_bytes()
            if zlib.crc32(raw) != snapshot.manifest["files"]["csr/blocks.crc"][1]:
                raise CorruptSnapshot(f"{folder / 'blocks.crc'}: its CRC-32 differs.")
            checks = memoryview(raw).cast("I")

        def load(name: str) -> Array:
            entry = arrays[name]
            first, count = entry["first_block"], entry["blocks"]
            blocks = None if checks is None else checks[first : first + count]
            return Array(folder / f"{name}.bin", entry["dtype"], blocks)

        self.out_off, self.out_nbr, self.out_p = load("out_off"), load("out_nbr"), load("out_p")
        self.in_off, self.in_nbr, self.in_p = load("in_off"), load("in_nbr"), load("in_p")
        self.out_prof, self.in_eid = load("out_prof"), load("in_eid")
        self.st_id, self.id_eid = load("st_id"), load("id_eid")
        self.d_eid, self.d_off, self.details_bytes = load("d_eid"), load("d_off"), load("details")
        self.nodes = len(self.out_off) - 1
        self.edges = len(self.out_nbr)

    def _range(self, offsets: Array, node: int) -> tuple[int, int]:
        offsets.touch(node, node + 2)
        return offsets.view[node], offsets.view[node + 1]

    def out_range(self, node: int, code: int | None = None) -> tuple[int, int]:
        """First and past-the-last edge number out of ``node``, of one predicate code if given."""
        return self._slice(*self._range(self.out_off, node), self.out_p, code)

    def in_range(self, node: int, code: int | None = None) -> tuple[int, int]:
        """First and past-the-last position in the ``in_*`` arrays for ``node``."""
        return self._slice(*self._range(self.in_off, node), self.in_p, code)

    @staticmethod
    def _slice(start: int, stop: int, codes: Array, code: int | None) -> tuple[int, int]:
        if code is None or start == stop:
            return start, stop
        codes.touch(start, stop)
        return (
            bisect_left(codes.view, code, start, stop),
            bisect_right(codes.view, code, start, stop),
        )

    def degree(self, node: int) -> int:
        """Edges at ``node``, in and out."""
        start, stop = self._range(self.out_off, node)
        start_in, stop_in = self._range(self.in_off, node)
        return stop - start + stop_in - start_in

    def degrees(self, nodes: Sequence[int]) -> list[int]:
        """:meth:`degree` of many nodes: each block is verified once."""
        for offsets in (self.out_off, self.in_off):
            items = BLOCK // offsets.itemsize
            for block in {node // items for node in nodes}:
                offsets.touch(block * items, min(block * items + items + 1, len(offsets)))
        out, into = self.out_off.view, self.in_off.view
        return [out[node + 1] - out[node] + into[node + 1] - into[node] for node in nodes]

    def find(self, subject: int, code: int, object: int) -> range:
        """The numbers of the edges with these three."""
        start, stop = self.out_range(subject, code)
        if start == stop:
            return range(0)
        self.out_nbr.touch(start, stop)
        view = self.out_nbr.view
        first = bisect_left(view, object, start, stop)
        return range(first, bisect_right(view, object, first, stop))

    def between(self, subject: int, object: int) -> list[int]:
        """The numbers of the edges from one node to another, whatever the predicate.

        The shorter of the two rows is searched: through its bytes, or, where it is long, by a
        bisection per predicate code in it.
        """
        start, stop = self.out_range(subject)
        first, last = self.in_range(object)
        if stop - start <= last - first:
            return self._places(self.out_p, self.out_nbr, object, start, stop)
        places = self._places(self.in_p, self.in_nbr, subject, first, last)
        for place in places:
            self.in_eid.touch(place, place + 1)
        return [self.in_eid.view[place] for place in places]

    @staticmethod
    def _places(codes: Array, neighbors: Array, wanted: int, start: int, stop: int) -> list[int]:
        neighbors.touch(start, stop)
        found: list[int] = []
        if stop - start <= LONG_ROW:
            row, pattern = neighbors.view[start:stop].tobytes(), wanted.to_bytes(4, "little")
            place = row.find(pattern)
            while place >= 0:
                if place % 4 == 0:
                    found.append(start + place // 4)
                place = row.find(pattern, place + 1)
            return found
        codes.touch(start, stop)
        while start < stop:
            end = bisect_right(codes.view, codes.view[start], start, stop)
            place = bisect_left(neighbors.view, wanted, start, end)
            found += range(place, bisect_right(neighbors.view, wanted, place, end))
            start = end
        return found

    def subject(self, edge: int) -> int:
        """The subject of an edge, found by bisection in ``out_off``."""
        return self.out_off.bisect(edge + 1) - 1

    def statement_id(self, edge: int) -> str:
        """The statement id of an edge, 32 hexadecimal digits."""
        return self._raw_id(edge).hex()

    def _raw_id(self, edge: int) -> bytes:
        start = edge * 16
        self.st_id.touch(start, start + 16)
        return self.st_id.view[start : start + 16].tobytes()

    def edges_with_id(self, prefix: str, *, limit: int = 2) -> list[int]:
        """Edges whose statement id begins with ``prefix`` (hexadecimal), at most ``limit``."""
        if len(prefix) > 32:
            return []
        low = self._first_from(bytes.fromhex(prefix.ljust(32, "0")))
        found: list[int] = []
        while low < self.edges and len(found) < limit:
            self.id_eid.touch(low, low + 1)
            edge = self.id_eid.view[low]
            if not self.statement_id(edge).startswith(prefix):
                break
            found.append(edge)
            low += 1
        return found

    def _first_from(self, wanted: bytes) -> int:
        """The first place in ``id_eid`` whose statement id isn't less than ``wanted``.

        Ids are hashes, so that a place by proportion is near: about the root of their number away.
        """
        guess = int.from_bytes(wanted[:8], "big") * self.edges >> 64
        reach = isqrt(self.edges) + 1
        low, high = max(0, guess - reach), min(self.edges, guess + reach)
        while low > 0 and not self._is_before(low - 1, wanted):
            low = max(0, low - 2 * reach)
        while high < self.edges and self._is_before(high, wanted):
            high = min(self.edges, high + 2 * reach)
        while low < high:
            middle = (low + high) // 2
            if self._is_before(middle, wanted):
                low = middle + 1
            else:
                high = middle
        return low

    def _is_before(self, place: int, wanted: bytes) -> bool:
        self.id_eid.touch(place, place + 1)
        return self._raw_id(self.id_eid.view[place]) < wanted

    def details(self, edge: int) -> dict[str, str]:
        """What ``details.bin`` holds of an edge; an edge without details gives {}."""
        place = self.d_eid.bisect(edge)
        self.d_eid.touch(place, min(place + 1, len(self.d_eid)))
        if place == len(self.d_eid) or self.d_eid.view[place] != edge:
            return {}
        self.d_off.touch(place, place + 2)
        start, stop = self.d_off.view[place], self.d_off.view[place + 1]
        self.details_bytes.touch(start, stop)
        text = bytes(self.details_bytes.view[start:stop]).decode()
        return dict(zip(DETAIL_FIELDS, text.split(DETAIL_FIELD), strict=False))

    def close(self) -> None:
        for value in vars(self).values():
            if isinstance(value, Array):
                value.close()
