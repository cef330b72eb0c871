"""How names stand in sentences, told once for all names of a graph.

What sentences need beyond a name is three bits: whether it has a capital where it opens a sentence,
whether a verb agrees with it as with a plural, and whether it brings its own full stop. They take
longer to tell than a sentence to write, and a name stands in many.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from kgmed.builders.datasets.corpus.common import OTHER
from kgmed.builders.datasets.feed import Feed
from kgmed.kg.model import Language
from kgmed.kg.verbalize.template import CLOSED as STOPPED
from kgmed.kg.verbalize.template import form
from kgmed.kg.workers import Workers

CAPITAL, PLURAL, CLOSED, ODD, SEVERAL, DOTTED = 1, 2, 4, 8, 16, 32
"""Bits of a name; the opening of an ODD one is no mere capital, one that is SEVERAL reads as
several in a list of others, and the full stop of a DOTTED one becomes a Chinese one."""
RANGE = 100_000
WORTH_IT = 200_000
"""Concepts from which on names are told before the run, by all of its processes."""
_SEVERAL = {"en": (", ", ";"), "zh": ("、", "，")}


def several(name: str, lang: Language) -> bool:
    """Whether a name reads as several in a list (:func:`kgmed.kg.verbalize.lists.join`)."""
    return any(mark in name for mark in _SEVERAL[lang])


def bits(names: list[str | None], lang: Language) -> npt.NDArray[np.uint8]:
    """The bits of names; shape (n,). Of a Chinese one, CLOSED, DOTTED and SEVERAL alone.

    >>> bits(["beta blockers", "Plasmodium sp.", "pH", "Diabetes Mellitus, Type 2"], "en").tolist()
    [3, 4, 0, 16]
    """
    found = np.zeros(len(names), np.uint8)
    for place, name in enumerate(names):
        if name is None:
            continue
        bit = SEVERAL if several(name, lang) else 0
        if lang == "zh":
            bit |= DOTTED if name.endswith(".") else CLOSED if name.endswith(STOPPED) else 0
            found[place] = bit
            continue
        told = form(name, lang)
        if told.plural:
            bit |= PLURAL
        if told.opening != name:
            bit |= CAPITAL if told.opening == name[:1].upper() + name[1:] else ODD
        if told.closing == name:
            bit |= CLOSED
        found[place] = bit
    return found


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of names. Shapes (n,): their bits; numbers that sort them; and numbers that are
    equal for names that differ in case alone."""

    bits: npt.NDArray[np.uint8]
    order: npt.NDArray[np.int32]
    fold: npt.NDArray[np.int32]


def known(
    feed: Feed, lang: Language, numbers: npt.NDArray[Any], texts: pa.Array, *, lists: bool = True
) -> Known:
    """What is known of the names ``texts`` of some concepts: laid out for the run, or told now. The
    order of names is of use where there are ``lists`` of them."""
    forms, *others = _paths(feed, lang)
    found = (np.load(forms, mmap_mode="r")[numbers] if forms.exists()
             else bits(texts.to_pylist(), lang))  # fmt: skip
    if not lists:
        none = np.zeros(len(texts), np.int32)
        return Known(found, none, none)
    if all(path.exists() for path in others):
        return Known(found, *(np.load(path, mmap_mode="r")[numbers] for path in others))
    return Known(found, *_sorted(texts))


def _paths(feed: Feed, lang: str) -> list[Path]:
    return [feed.folder / f"{name}-{lang}.npy" for name in ("forms", "order", "fold")]


def _sorted(texts: pa.Array) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]:
    """The places of names in their order, and their numbers by what they are without case."""
    order = np.empty(len(texts), np.int32)
    order[pc.sort_indices(texts).to_numpy()] = np.arange(len(texts), dtype=np.int32)
    small = pc.utf8_lower(texts)
    plain = pc.string_is_ascii(texts)
    if not pc.all(plain).as_py():
        other = pc.invert(pc.fill_null(plain, True))
        folded = [text.casefold() for text in texts.filter(other).to_pylist()]
        small = pc.replace_with_mask(small, other, pa.array(folded, small.type))
    indices = small.dictionary_encode().indices
    fold = pc.fill_null(indices, -1).to_numpy(zero_copy_only=False).astype(np.int32)
    return order, fold


def lay_out(feed: Feed, processes: int, languages: Sequence[Language] = ("en",), *,
            lists: bool = True) -> None:  # fmt: skip
    """Tell the bits of all names, and their order where there are ``lists`` of them, if there are
    so many that it pays."""
    for lang in languages:
        if lang not in feed.languages() or feed.concepts < WORTH_IT:
            continue
        forms, *others = _paths(feed, lang)
        if not forms.exists():
            starts = [(lang, start) for start in range(0, feed.concepts, RANGE)]
            if processes == 1:
                parts = [_range(feed, *start) for start in starts]
            else:
                with Workers(processes, _open, (feed.folder,)) as pool:
                    parts = list(pool.map(_of_range, starts))
            np.save(forms, np.concatenate(parts))
        if lists and not all(path.exists() for path in others):
            for path, array in zip(others, _sorted(_names(feed, lang)), strict=True):
                np.save(path, array)


_OPENED: list[Feed] = []


def _open(folder: Path) -> None:
    _OPENED[:] = [Feed(folder)]


def _of_range(asked: tuple[Language, int]) -> npt.NDArray[np.uint8]:
    return _range(_OPENED[0], *asked)


def _range(feed: Feed, lang: Language, start: int) -> npt.NDArray[np.uint8]:
    return bits(_names(feed, lang, start, RANGE).to_pylist(), lang)


def _names(feed: Feed, lang: Language, start: int = 0, count: int | None = None) -> pa.Array:
    """The names that texts of a language tell, of a range of concepts."""
    names = feed.names(lang).slice(start, count)
    other = OTHER.get(lang)
    if other in feed.languages():
        names = pc.coalesce(names, feed.names(other).slice(start, count))
    return names
