"""SNOMED CT identifiers: their parts, and the Verhoeff check of millions of them at once.

Follows the SNOMED CT Release File Specification, section 6 (SCTIDs;
https://docs.snomed.org/snomed-ct-specifications/snomed-ct-release-file-specification): 6-18 digits
without leading zeros, the last one a Verhoeff check digit, the two before it the partition: which
kind of component it names. The check digit's tables are those of J. Verhoeff, Error Detecting
Decimal Codes (1969): the dihedral group D5 and a permutation applied once more per position.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import pyarrow as pa

Ints = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

MIN_DIGITS, MAX_DIGITS = 6, 18

PARTITIONS = {"concept": 0, "description": 1, "relationship": 2}
"""Kind of component -> second digit of its partition; the first tells that a namespace follows."""

_PRODUCT = np.array(
    [
        [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
        [1, 2, 3, 4, 0, 6, 7, 8, 9, 5],
        [2, 3, 4, 0, 1, 7, 8, 9, 5, 6],
        [3, 4, 0, 1, 2, 8, 9, 5, 6, 7],
        [4, 0, 1, 2, 3, 9, 5, 6, 7, 8],
        [5, 9, 8, 7, 6, 0, 4, 3, 2, 1],
        [6, 5, 9, 8, 7, 1, 0, 4, 3, 2],
        [7, 6, 5, 9, 8, 2, 1, 0, 4, 3],
        [8, 7, 6, 5, 9, 3, 2, 1, 0, 4],
        [9, 8, 7, 6, 5, 4, 3, 2, 1, 0],
    ],
    np.uint8,
)
_STEP = (1, 5, 7, 6, 2, 8, 3, 0, 9, 4)
_INVERSE = (0, 4, 3, 2, 1, 5, 6, 7, 8, 9)

_GROUP_DIGITS = 4
_GROUP = 10**_GROUP_DIGITS


@cache
def _permutations() -> tuple[tuple[int, ...], ...]:
    """What each digit stands for at a position from the right, modulo 8."""
    rows = [tuple(range(10))]
    for _ in range(7):
        rows.append(tuple(rows[-1][_STEP[digit]] for digit in range(10)))
    return tuple(rows)


def _checksum(digits: str, *, at: int = 0) -> int:
    total = 0
    for place, digit in enumerate(reversed(digits), at):
        total = int(_PRODUCT[total, _permutations()[place % 8][int(digit)]])
    return total


def check_digit(digits: str) -> str:
    """The digit that makes an SCTID of ``digits``.

    >>> "11668000" + check_digit("11668000"), check_digit("90000000000000300")
    ('116680003', '1')
    """
    return str(_INVERSE[_checksum(digits, at=1)])


def is_sctid(text: str) -> bool:
    """Whether a text is an SCTID with the right check digit.

    >>> is_sctid("116680003"), is_sctid("116680008"), is_sctid("0116680003"), is_sctid("3")
    (True, False, False, False)
    """
    return (
        MIN_DIGITS <= len(text) <= MAX_DIGITS
        and text.isascii()
        and text.isdigit()
        and text[0] != "0"
        and _checksum(text) == 0
    )


@cache
def _group_tables() -> tuple[npt.NDArray[np.uint8], ...]:
    """What four digits at once come to, for even and odd groups from the right.

    The second half of each table is for the leftmost group, whose leading zeros aren't digits.
    """
    tables = []
    for offset in (0, _GROUP_DIGITS):
        table = np.empty(2 * _GROUP, np.uint8)
        for value in range(_GROUP):
            table[value] = _checksum(f"{value:0{_GROUP_DIGITS}d}", at=offset)
            table[_GROUP + value] = _checksum(str(value) if value else "", at=offset)
        tables.append(table)
    return tuple(tables)


def have_check_digit(ids: Ints) -> Mask:
    """Which of the numbers end in their Verhoeff check digit.

    >>> have_check_digit(np.array([116680003, 116680008, 900000000000003001])).tolist()
    [True, False, True]
    """
    tables, product = _group_tables(), _PRODUCT.ravel()
    total = np.zeros(len(ids), np.uint8)
    rest = ids
    for group in range(-(-MAX_DIGITS // _GROUP_DIGITS)):
        left = rest // _GROUP
        digits = rest - left * _GROUP
        digits += (left == 0) * _GROUP
        total = product[total * np.uint8(10) + tables[group % 2][digits]]
        rest = left
        if not rest.any():
            break
    result: Mask = total == 0
    return result


def is_kind(ids: Ints, kinds: tuple[str, ...]) -> Mask:
    """Which of the SCTIDs name a component of one of the kinds.

    >>> is_kind(np.array([116680003, 900000000000003001]), ("concept",)).tolist()
    [True, True]
    >>> is_kind(np.array([680946014]), ("concept",)).tolist()
    [False]
    """
    partition = ids // 10 % 100
    allowed = [tens + PARTITIONS[kind] for kind in kinds for tens in (0, 10)]
    return np.isin(partition, allowed)


def parse(column: pa.Array) -> tuple[Ints, Mask]:
    """A text column as numbers, and which of them are 6-18 digits without a leading zero.

    What isn't is 0; the check digit isn't looked at.

    >>> import pyarrow as pa
    >>> numbers, fine = parse(pa.array(["116680003", "x16680003", "", "0116680003"]))
    >>> numbers.tolist(), fine.tolist()
    ([116680003, 0, 0, 0], [True, False, False, False])
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    rows = len(column)
    if not rows:
        return np.empty(0, np.int64), np.empty(0, np.bool_)
    _, offset_buffer, data_buffer = column.buffers()
    offsets = np.frombuffer(offset_buffer, np.int32)[column.offset : column.offset + rows + 1]
    if data_buffer is None or offsets[0] == offsets[-1]:
        return np.zeros(rows, np.int64), np.zeros(rows, np.bool_)
    data = np.frombuffer(data_buffer, np.uint8)[: offsets[-1]]
    lengths = np.diff(offsets)
    fine = (lengths >= MIN_DIGITS) & (lengths <= MAX_DIGITS)
    first = data[np.minimum(offsets[:-1], len(data) - 1)]
    fine &= first != ord("0")
    odd = np.flatnonzero((data[offsets[0] :] - np.uint8(ord("0"))) > 9) + offsets[0]
    if len(odd):
        fine[np.searchsorted(offsets, odd, "right") - 1] = False
    if not fine.all():
        column = pc.if_else(pa.array(fine), column, "0")
    return pc.cast(column, pa.int64()).to_numpy(zero_copy_only=False), fine
