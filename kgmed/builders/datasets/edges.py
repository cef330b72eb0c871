"""The facts at one end of a part's concepts, as columns: what tasks' values are made of on demand.

Statements of equal ends, predicate, sign and qualifiers are one fact, whatever source says them.
"""

from __future__ import annotations

from binascii import hexlify
from dataclasses import dataclass, field
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
    and ``ids`` (n * 16 bytes) are those of the first statement. ``qualifiers`` holds those that
    have some (JSON), ``more`` the further statements of a fact: (profile, id).
    ``starts`` (concepts + 1) are the first facts of each of the concepts.
    """

    own: npt.NDArray[np.int32]
    code: npt.NDArray[np.uint16]
    other: npt.NDArray[np.int32]
    profile: npt.NDArray[np.uint32]
    ids: bytes
    starts: npt.NDArray[np.int64]
    qualifiers: dict[int, str] = field(default_factory=dict)
    more: dict[int, list[tuple[int, str]]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.code)

    def id(self, place: int) -> str:
        """The first statement's id, in hexadecimal."""
        return self.ids[place * ID_BYTES : (place + 1) * ID_BYTES].hex()


def edges(
    arrays: Arrays, leaves: npt.NDArray[np.bool_], numbers: npt.NDArray[Any], way: str, *,
    most: int | None = None,
) -> Edges:  # fmt: skip
    """The facts out of (``way`` "out") or into ("in") some concepts, at most so many of each.

    ``numbers`` are ascending; ``leaves`` says which profiles may leave, shape (profiles,).
    """
    offsets = arrays[f"{way}_off"]
    starts, lengths = offsets[numbers], offsets[numbers + 1] - offsets[numbers]
    if most is not None:
        lengths = np.minimum(lengths, most)
    ends = np.cumsum(lengths)
    place = np.arange(ends[-1] if len(ends) else 0) + np.repeat(starts - ends + lengths, lengths)
    other = arrays[f"{way}_nbr"][place]
    code = arrays[f"{way}_p"][place]
    own = np.repeat(numbers.astype(np.int32), lengths)
    row = place if way == "out" else arrays["in_eid"][place]
    profile = arrays["out_prof"][row]
    kept = leaves[profile]
    if not kept.all():
        own, other, code, row, profile = (a[kept] for a in (own, other, code, row, profile))
    qualified = _qualifiers(arrays, row)
    ids = arrays["st_id"].reshape(-1, ID_BYTES)[row]
    return _merged((own, code, other), profile, ids, qualified, numbers)


def _qualifiers(arrays: Arrays, row: npt.NDArray[Any]) -> dict[int, str]:
    """Place -> qualifiers, of the statements that have some.

    They are the last field of an edge's details, and a JSON object: only details that end in a
    brace are looked at.
    """
    with_details = arrays["d_eid"]
    if not len(with_details) or not len(row):
        return {}
    low, high = 0, len(with_details)
    if len(row) == row[-1] - row[0] + 1:  # one stretch: the rest of a long array isn't touched
        low, high = np.searchsorted(with_details, [row[0], row[-1] + 1]).tolist()
    place = np.searchsorted(with_details[low:high], row) + low
    inside = place < len(with_details)
    found = np.flatnonzero(inside)
    found = found[with_details[place[found]] == row[found]]
    offsets, blob = arrays["d_off"], arrays["details"]
    entry = place[found]
    ends = offsets[entry + 1]
    braced = blob[ends - 1] == ord("}")
    result = {}
    for at, start, end in zip(
        found[braced].tolist(), offsets[entry[braced]].tolist(), ends[braced].tolist(), strict=True
    ):
        fields = blob[start:end].tobytes().decode().split(DETAIL_FIELD)
        if len(fields) == len(DETAIL_FIELDS):
            result[at] = fields[-1]
    return result


def _merged(
    key: tuple[npt.NDArray[Any], npt.NDArray[Any], npt.NDArray[Any]], profile: npt.NDArray[Any],
    ids: npt.NDArray[Any], qualified: dict[int, str], numbers: npt.NDArray[Any],
) -> Edges:  # fmt: skip
    """Columns of facts, of columns of statements in the order (own, code, other, id)."""
    own, code, other = key
    same = np.zeros(len(own), bool)
    same[1:] = (own[1:] == own[:-1]) & (code[1:] == code[:-1]) & (other[1:] == other[:-1])
    head = np.ones(len(own), bool)
    further: dict[int, list[int]] = {}
    if same.any() and not qualified:
        head = ~same
        places = np.flatnonzero(same)
        leads = np.flatnonzero(head)[np.cumsum(head)[places] - 1]
        for lead, place in zip(leads.tolist(), places.tolist(), strict=True):
            further.setdefault(lead, []).append(place)
    elif same.any():
        starts = np.flatnonzero(same & ~np.append(False, same[:-1])) - 1
        breaks = np.append(np.flatnonzero(~same), len(own))
        stops = breaks[np.searchsorted(breaks, starts, side="right")]
        for start, stop in zip(starts.tolist(), stops.tolist(), strict=True):
            seen: dict[str, int] = {}
            for place in range(start, stop):
                lead = seen.setdefault(qualified.get(place, ""), place)
                if lead != place:
                    head[place] = False
                    further.setdefault(lead, []).append(place)
    starts_of = np.searchsorted(own[head], np.append(numbers, np.iinfo(np.int32).max))
    number = np.cumsum(head) - 1
    more = _further(further, number, profile, ids) if further else {}
    kept = {int(number[at]): text for at, text in qualified.items() if head[at]}
    return Edges(own[head], code[head], other[head], profile[head],
                 np.ascontiguousarray(ids[head]).tobytes(), starts_of, kept, more)  # fmt: skip


def _further(
    further: dict[int, list[int]], number: npt.NDArray[Any], profile: npt.NDArray[Any],
    ids: npt.NDArray[Any],
) -> dict[int, list[tuple[int, str]]]:  # fmt: skip
    """The further statements of facts, by the facts' places."""
    places = [place for listed in further.values() for place in listed]
    digits = hexadecimal(np.ascontiguousarray(ids[places]).tobytes()).decode()
    cut = [digits[at : at + 32] for at in range(0, len(digits), 32)]
    told = iter(zip(profile[places].tolist(), cut, strict=True))
    leads = number[list(further)].tolist()
    return {
        lead: [next(told) for _place in listed]
        for lead, listed in zip(leads, further.values(), strict=True)
    }


def hexadecimal(ids: bytes) -> bytes:
    """Many ids of 16 bytes as 32 hexadecimal digits each."""
    return hexlify(ids)
