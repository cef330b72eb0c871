"""The facts at one end of a part's concepts, as columns: what tasks' values are made of on demand.

Statements of equal ends, predicate, sign and qualifiers are one fact, whatever source says them.
"""

from __future__ import annotations

import json
from binascii import hexlify
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from kgmed.kg.store.csr import DETAIL_FIELD, DETAIL_FIELDS

if TYPE_CHECKING:
    from kgmed.builders.datasets.feed import Arrays

ID_BYTES = 16


@dataclass(slots=True)
class Edges:
    """Facts in the order (own end, predicate code, other end, first id). Shapes (n,).

    ``own`` and ``other`` are concept numbers, ``code`` is the predicate with its sign, ``profile``
    and ``ids`` (n * 16 bytes) are those of the first statement. ``starts`` (concepts + 1) are the
    first facts of each of the concepts.

    ``said_at`` are the facts with qualifiers, ascending, ``said`` where they lie in ``details``.
    ``more_at`` are the facts that further statements say, ascending, once for each of them, with
    ``more_profile`` and ``more_ids`` (n, 16).
    """

    own: npt.NDArray[np.int32]
    code: npt.NDArray[np.uint16]
    other: npt.NDArray[np.int32]
    profile: npt.NDArray[np.uint32]
    ids: bytes
    starts: npt.NDArray[np.int64]
    said_at: npt.NDArray[np.int64]
    said: npt.NDArray[np.int64]
    details: npt.NDArray[np.uint8]
    more_at: npt.NDArray[np.int64]
    more_profile: npt.NDArray[np.uint32]
    more_ids: npt.NDArray[np.uint8]
    _qualifiers: dict[int, str] | None = None
    _more: dict[int, list[tuple[int, str]]] | None = None

    def __len__(self) -> int:
        return len(self.code)

    def id(self, place: int) -> str:
        """The first statement's id, in hexadecimal."""
        return self.ids[place * ID_BYTES : (place + 1) * ID_BYTES].hex()

    def texts(self, chosen: npt.NDArray[Any] | None = None) -> list[str]:
        """The qualifiers (JSON) of facts that have some, by their places in ``said_at``."""
        return _texts(self.details, self.said if chosen is None else self.said[chosen])

    @property
    def qualifiers(self) -> dict[int, str]:
        """The qualifiers (JSON) of the facts that have some."""
        if self._qualifiers is None:
            found = zip(self.said_at.tolist(), self.texts(), strict=True)
            self._qualifiers = {at: text for at, text in found if text}
        return self._qualifiers

    def qualified(self, places: npt.NDArray[Any]) -> Iterator[tuple[int, str]]:
        """Those of some facts that have qualifiers, by their index among ``places`` (ascending),
        and these (JSON)."""
        if not len(self.said_at):
            return
        at = np.minimum(np.searchsorted(self.said_at, places), len(self.said_at) - 1)
        index = np.flatnonzero(self.said_at[at] == places)
        if self._qualifiers is None and 2 * len(index) < len(self.said_at):
            yield from zip(index.tolist(), self.texts(at[index]), strict=True)
            return
        known = self.qualifiers
        for one, place in zip(index.tolist(), places[index].tolist(), strict=True):
            if place in known:
                yield one, known[place]

    @property
    def more(self) -> dict[int, list[tuple[int, str]]]:
        """The further statements of facts: (profile, id)."""
        if self._more is None:
            self._more = {}
            digits = hexadecimal(self.more_ids.tobytes()).decode()
            told = zip(self.more_at.tolist(), self.more_profile.tolist(), strict=True)
            for place, (at, profile) in enumerate(told):
                id = digits[place * 2 * ID_BYTES : (place + 1) * 2 * ID_BYTES]
                self._more.setdefault(at, []).append((profile, id))
        return self._more


def edges(
    arrays: Arrays, leaves: npt.NDArray[np.bool_], numbers: npt.NDArray[Any], way: str, *,
    said: npt.NDArray[np.int32], most: int | None = None,
) -> Edges:  # fmt: skip
    """The facts out of (``way`` "out") or into ("in") some concepts, at most so many of each.

    ``numbers`` are ascending; ``leaves`` says which profiles may leave, shape (profiles,), and
    ``said`` where the qualifiers of statements lie (:func:`qualified`).
    """
    offsets = arrays[f"{way}_off"]
    starts, lengths = offsets[numbers], offsets[numbers + 1] - offsets[numbers]
    if most is not None:
        lengths = np.minimum(lengths, most)
    ends = np.cumsum(lengths)
    place = np.arange(ends[-1] if len(ends) else 0) + np.repeat(starts - ends + lengths, lengths)
    own = np.repeat(numbers.astype(np.int32), lengths)
    return edges_at(arrays, leaves, numbers, way, (own, place), said=said)


def edges_at(
    arrays: Arrays, leaves: npt.NDArray[np.bool_], numbers: npt.NDArray[Any], way: str,
    places: tuple[npt.NDArray[np.int32], npt.NDArray[Any]], *, said: npt.NDArray[np.int32],
) -> Edges:  # fmt: skip
    """The facts of chosen statements: of each its concept, one of ``numbers``, and its place among
    all out of or into concepts, ascending."""
    own, place = places
    other = arrays[f"{way}_nbr"][place]
    code = arrays[f"{way}_p"][place]
    row = place if way == "out" else arrays["in_eid"][place]
    profile = arrays["out_prof"][row]
    kept = leaves[profile]
    if not kept.all():
        own, other, code, row, profile = (a[kept] for a in (own, other, code, row, profile))
    ids = arrays["st_id"].reshape(-1, ID_BYTES)[row]
    return _merged((own, code, other), profile, ids, _qualified(arrays, row, said), numbers)


def qualified(arrays: Arrays) -> npt.NDArray[np.int32]:
    """The number of each statement's entry among the details that may hold qualifiers, -1 for none;
    shape (statements,).

    Qualifiers are the last field of an entry, and a JSON object: only one that ends in a brace may
    hold some.
    """
    found = np.full(len(arrays["out_nbr"]), -1, np.int32)
    if len(arrays["d_eid"]):
        braced = np.flatnonzero(arrays["details"][arrays["d_off"][1:] - 1] == ord("}"))
        found[arrays["d_eid"][braced]] = braced
    return found


_SEPARATOR = DETAIL_FIELD.encode()


def _qualified(
    arrays: Arrays, row: npt.NDArray[Any], said: npt.NDArray[np.int32]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.uint8]]:
    """Places of the statements that may have qualifiers, where these lie, and all details."""
    entry = said[row]
    found = np.flatnonzero(entry >= 0)
    entry, offsets = entry[found], arrays["d_off"]
    return found, np.stack([offsets[entry], offsets[entry + 1]], axis=1), arrays["details"]


def _texts(blob: npt.NDArray[np.uint8], lie: npt.NDArray[np.int64]) -> list[str]:
    """The qualifiers in details, '' where there are none after all; those that are equal are one
    text."""
    whole = memoryview(blob)  # type: ignore[arg-type]
    found = []
    one: dict[bytes, str] = {}
    for start, end in lie.tolist():
        entry = bytes(whole[start:end])
        last = entry[entry.rfind(_SEPARATOR) + 1 :]
        text = one.get(last)
        if text is None:
            text = one[last] = last.decode()
        several = entry.count(_SEPARATOR) + 1 == len(DETAIL_FIELDS)
        found.append(text if several else "")
    return found


def _merged(
    key: tuple[npt.NDArray[Any], npt.NDArray[Any], npt.NDArray[Any]], profile: npt.NDArray[Any],
    ids: npt.NDArray[Any], qualified: tuple[npt.NDArray[Any], npt.NDArray[Any], npt.NDArray[Any]],
    numbers: npt.NDArray[Any],
) -> Edges:  # fmt: skip
    """Columns of facts, of columns of statements in the order (own, code, other, id)."""
    own, code, other = key
    said_at, lie, details = qualified
    same = np.zeros(len(own), bool)
    same[1:] = (own[1:] == own[:-1]) & (code[1:] == code[:-1]) & (other[1:] == other[:-1])
    head = ~same
    lead = np.maximum.accumulate(np.where(head, np.arange(len(own)), 0))
    if len(said_at) and same.any():
        _part_qualified(same, head, lead, said_at, _texts_at(said_at, lie, details, same))
    starts_of = np.searchsorted(own[head], np.append(numbers, np.iinfo(np.int32).max))
    number = np.cumsum(head) - 1
    further = np.flatnonzero(~head)
    more_at = number[lead[further]]
    order = np.argsort(more_at, kind="stable")
    further = further[order]
    kept = head[said_at]
    return Edges(
        own[head], code[head], other[head], profile[head],
        np.ascontiguousarray(ids[head]).tobytes(), starts_of, number[said_at[kept]], lie[kept],
        details, more_at[order], profile[further], np.ascontiguousarray(ids[further]),
    )  # fmt: skip


def _texts_at(
    said_at: npt.NDArray[Any], lie: npt.NDArray[Any], details: npt.NDArray[Any],
    same: npt.NDArray[np.bool_],
) -> dict[int, str]:  # fmt: skip
    """Qualifiers by place, of statements whose ends and predicate the one before or behind has."""
    near = same[said_at]
    near |= np.append(same, False)[said_at + 1]
    return dict(zip(said_at[near].tolist(), _texts(details, lie[near]), strict=True))


def _part_qualified(
    same: npt.NDArray[np.bool_], head: npt.NDArray[np.bool_], lead: npt.NDArray[Any],
    said_at: npt.NDArray[Any], texts: dict[int, str],
) -> None:  # fmt: skip
    """Tell statements of the same ends and predicate apart by their qualifiers."""
    first = np.flatnonzero(~same)
    stop = np.append(first[1:], len(same))
    run = np.unique(np.cumsum(~same)[said_at] - 1)
    run = run[stop[run] - first[run] > 1]
    for start, end in zip(first[run].tolist(), stop[run].tolist(), strict=True):
        seen: dict[str, int] = {}
        for place in range(start, end):
            mine = seen.setdefault(texts.get(place, ""), place)
            head[place] = mine == place
            lead[place] = mine


@lru_cache(maxsize=1 << 16)
def parsed(text: str) -> Mapping[str, str]:
    """Qualifiers (JSON) as a mapping; one for all facts with the same ones."""
    found: Mapping[str, str] = json.loads(text)
    return found


def hexadecimal(ids: bytes) -> bytes:
    """Many ids of 16 bytes as 32 hexadecimal digits each."""
    return hexlify(ids)
