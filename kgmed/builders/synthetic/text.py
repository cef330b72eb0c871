"""Texts by the million: hashes, made-up words in eight scripts, check digits, joined lines.

Everything is a pure function of numbers, so that any part of a file can be written without the
rest. Words are syllables that encode a number: distinct numbers give distinct words.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache
from itertools import islice, product
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import pyarrow as pa

Ints = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
T = TypeVar("T")
R = TypeVar("R")

WORD_BITS = 24
"""Distinct words: 2 to this power."""

_MULTIPLIER = 0x9E3779
_CONSONANTS = "bcdfglmnprstvxzk"
_SYLLABLES: tuple[tuple[str, ...], ...] = (
    tuple(c + v for c in _CONSONANTS for v in "aeio"),
    tuple((c + v).upper() for c in _CONSONANTS for v in "aeio"),
    tuple(
        "阿巴贝比博布达德迪多杜法费佛福加戈格古哈赫胡吉卡科克库拉莱勒利罗鲁马梅米莫姆纳内尼诺帕佩皮普齐萨塞沙斯苏塔特提托瓦维沃西亚伊扎泽"
    ),
    tuple(c + v for c in "бвгджзклмнпрстфх" for v in "аеио"),
    tuple(c + v for c in "βγδζθκλμνξπρστφχ" for v in "αειο"),
    tuple(c + v for c in "בגדהזחטכלמנספצקר" for v in "אויע"),
    tuple(
        "가나다라마바사아자차카타파하거너더러머버서어저처커터퍼허고노도로모보소오조초코토포호구누두루무부수우주추쿠투푸후그느드르므브스으"
    ),
    tuple(
        "アイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワガギグゲゴザジズゼゾダデドバビブベボパピ"
    ),
)
LATIN, CAPITALS, HAN, CYRILLIC, GREEK, HEBREW, HANGUL, KATAKANA = range(len(_SYLLABLES))

_D = np.array(
    [[0, 1, 2, 3, 4, 5, 6, 7, 8, 9], [1, 2, 3, 4, 0, 6, 7, 8, 9, 5],
     [2, 3, 4, 0, 1, 7, 8, 9, 5, 6], [3, 4, 0, 1, 2, 8, 9, 5, 6, 7],
     [4, 0, 1, 2, 3, 9, 5, 6, 7, 8], [5, 9, 8, 7, 6, 0, 4, 3, 2, 1],
     [6, 5, 9, 8, 7, 1, 0, 4, 3, 2], [7, 6, 5, 9, 8, 2, 1, 0, 4, 3],
     [8, 7, 6, 5, 9, 3, 2, 1, 0, 4], [9, 8, 7, 6, 5, 4, 3, 2, 1, 0]]
)  # fmt: skip
_P = np.array(
    [[0, 1, 2, 3, 4, 5, 6, 7, 8, 9], [1, 5, 7, 6, 2, 8, 3, 0, 9, 4],
     [5, 8, 0, 3, 7, 9, 6, 1, 4, 2], [8, 9, 1, 6, 0, 4, 3, 5, 2, 7],
     [9, 4, 5, 3, 1, 2, 6, 8, 7, 0], [4, 2, 8, 6, 5, 7, 3, 9, 0, 1],
     [2, 7, 9, 3, 8, 0, 6, 4, 1, 5], [7, 0, 4, 6, 9, 1, 3, 2, 5, 8]]
)  # fmt: skip
_INVERSE = np.array([0, 4, 3, 2, 1, 5, 6, 7, 8, 9])


def draw(seed: int, stream: str, index: Ints, below: int) -> Ints:
    """A number in 0 ... ``below`` - 1 per index: splitmix64 of seed, stream and index.

    >>> draw(1, "x", np.arange(5), 10).tolist() == draw(1, "x", np.arange(5), 10).tolist()
    True
    """
    salt = int.from_bytes(stream.encode()[:7].ljust(7, b"."), "big") * 1_000_003 + seed
    z = index.astype(np.uint64) + np.full(1, salt % (1 << 64), np.uint64)
    z = z * np.uint64(0x9E3779B97F4A7C15)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        z = (z ^ (z >> np.uint64(shift))) * np.uint64(factor)
    return ((z ^ (z >> np.uint64(31))) % np.uint64(below)).astype(np.int64)


def verhoeff(numbers: Ints) -> Ints:
    """Append the Verhoeff check digit that ends every SCTID.

    https://confluence.ihtsdotools.org/display/DOCRELFMT/6.5+Check-Digit

    >>> verhoeff(np.array([13887500, 90000000000000300])).tolist()
    [138875005, 900000000000003001]
    """
    check = np.zeros(len(numbers), np.int64)
    rest = numbers.copy()
    for place in range(1, 19):
        more = rest > 0
        check = np.where(more, _D[check, _P[place % 8][rest % 10]], check)
        rest //= 10
    whole: Ints = numbers * 10 + _INVERSE[check]
    return whole


def is_verhoeff(identifier: str) -> bool:
    """Whether an identifier's last digit is its Verhoeff check digit.

    >>> is_verhoeff("138875005"), is_verhoeff("138875004")
    (True, False)
    """
    check = 0
    for place, digit in enumerate(reversed(identifier)):
        check = int(_D[check, _P[place % 8][int(digit)]])
    return check == 0


@cache
def _halves() -> tuple[pa.Array, pa.Array]:
    import pyarrow as pa

    tails = [a + b for syllables in _SYLLABLES for a, b in product(syllables, repeat=2)]
    heads = [text.capitalize() for text in tails[:4096]] + tails[4096:]
    return pa.array(heads), pa.array(tails)


def words(
    index: Ints, *, script: Ints | int = LATIN, before: pa.Array | str = "", after: pa.Array | str
) -> pa.Array:
    """A word per number, with texts before and after it. Distinct below 2^24.

    >>> words(np.array([0, 1]), after=" disease").to_pylist()
    ['Babababa disease', 'Roponeze disease']
    """
    import pyarrow as pa

    code = (index * _MULTIPLIER) & ((1 << WORD_BITS) - 1)
    base = np.zeros(len(index), np.int64) + script * 4096
    heads, tails = _halves()
    return join(
        before,
        heads.take(pa.array(base + (code >> 12))),
        tails.take(pa.array(base + (code & 4095))),
        after,
    )


def join(*parts: pa.Array | str) -> pa.Array:
    """Texts put together, row by row; a plain text goes into every row."""
    import pyarrow.compute as pc

    return pc.binary_join_element_wise(*parts, "")


def digits(numbers: Ints) -> pa.Array:
    """Whole numbers as texts."""
    import pyarrow as pa
    import pyarrow.compute as pc

    return pc.cast(pa.array(numbers), pa.string())


def pick(table: Sequence[str], codes: Ints) -> pa.Array:
    """The texts of a table, by code."""
    import pyarrow as pa

    return pa.array(table, pa.string()).take(pa.array(codes))


def only(mask: Mask, texts: pa.Array) -> pa.Array:
    """The texts where ``mask`` holds, '' elsewhere."""
    import pyarrow as pa
    import pyarrow.compute as pc

    return pc.if_else(pa.array(mask), texts, "")


def uuids(seed: int, stream: str, index: Ints) -> pa.Array:
    """Version 4 UUIDs, as RF2 identifies rows of reference sets.

    >>> uuids(1, "x", np.array([5])).to_pylist()[0][14]
    '4'
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    if not len(index):
        return pa.array([], pa.string())
    top = 1 << 32
    parts = [draw(seed, stream + letter, index, top).astype(">u4") for letter in "abcd"]
    raw = np.stack(parts, axis=1).view(np.uint8).reshape(len(index), 16)
    nibbles = np.stack([raw >> 4, raw & 15], axis=2).reshape(len(index), 32)
    nibbles[:, 12] = 4
    nibbles[:, 16] = (nibbles[:, 16] & 3) | 8
    letters = np.frombuffer(b"0123456789abcdef", np.uint8)[nibbles]
    out = np.full((len(index), 36), ord("-"), np.uint8)
    for start, end, at in ((0, 8, 0), (8, 12, 9), (12, 16, 14), (16, 20, 19), (20, 32, 24)):
        out[:, at : at + end - start] = letters[:, start:end]
    fixed = pa.FixedSizeBinaryArray.from_buffers(
        pa.binary(36), len(index), [None, pa.py_buffer(out.tobytes())]
    )
    return pc.cast(pc.cast(fixed, pa.binary()), pa.string())


def chunks(total: int, size: int) -> Iterator[Ints]:
    """The numbers 0 ... ``total`` - 1 in runs of at most ``size``."""
    for start in range(0, total, size):
        yield np.arange(start, min(start + size, total), dtype=np.int64)


def in_order(function: Callable[[T], R], items: Iterable[T], *, ahead: int = 2) -> Iterator[R]:
    """Map with two threads, at most ``ahead`` results in waiting: Arrow and NumPy let go of the
    interpreter's lock."""
    source = iter(items)
    with ThreadPoolExecutor(max_workers=2) as pool:
        waiting: list[Future[R]] = [pool.submit(function, item) for item in islice(source, ahead)]
        while waiting:
            done = waiting.pop(0).result()
            waiting.extend(pool.submit(function, item) for item in islice(source, 1))
            yield done


def body(lines: pa.Array) -> memoryview:
    """The bytes of a text array end to end, without copying: lines that carry their ends."""

    if not len(lines):
        return memoryview(b"")
    offsets = np.frombuffer(lines.buffers()[1], np.int32)
    first, last = int(offsets[lines.offset]), int(offsets[lines.offset + len(lines)])
    buffer: pa.Buffer = lines.buffers()[2]
    return memoryview(buffer)[first:last]


def write_lines(path: Path, parts: Iterable[pa.Array], *, header: str = "") -> int:
    """Write text arrays one after the other; returns the rows written, without the header."""
    rows = 0
    with path.open("wb") as file:
        file.write(header.encode())
        for lines in parts:
            file.write(body(lines))
            rows += len(lines)
    return rows
