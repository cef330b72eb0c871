"""How names stand in sentences, told once for all names of a graph.

What sentences need beyond a name is three bits: whether it has a capital where it opens a sentence,
whether a verb agrees with it as with a plural, and whether it brings its own full stop. They take
longer to tell than a sentence to write, and a name stands in many.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from kgmed.builders.datasets.feed import Feed
from kgmed.kg.model import Language
from kgmed.kg.verbalize import Verbalizer
from kgmed.kg.verbalize.batch import Sentences
from kgmed.kg.verbalize.template import STOPS, form
from kgmed.kg.workers import Workers

CAPITAL, PLURAL, CLOSED, ODD = 1, 2, 4, 8
"""Bits of a name; one that is ODD has a form that the others don't tell."""
RANGE = 100_000
WORTH_IT = 200_000
"""Concepts from which on the bits are told before the run, by all of its processes."""
_CLOSED_ZH = "[!?。！？]$"


def bits(names: list[str | None], lang: Language) -> npt.NDArray[np.uint8]:
    """The bits of names; shape (n,).

    >>> bits(["beta blockers", "Plasmodium sp.", "pH"], "en").tolist()
    [3, 4, 0]
    """
    found = np.zeros(len(names), np.uint8)
    for place, name in enumerate(names):
        if name is None:
            continue
        told = form(name, lang)
        bit = PLURAL if told.plural else 0
        if told.opening != name:
            bit |= CAPITAL if told.opening == name[:1].upper() + name[1:] else ODD
        if told.closing == name:
            bit |= CLOSED
        elif told.closing != name + STOPS[lang]:
            bit |= ODD
        found[place] = bit
    return found


def lay_out(feed: Feed, processes: int) -> None:
    """Tell the bits of all English names, if there are so many that it pays."""
    path = feed.folder / "forms-en.npy"
    if "en" not in feed.languages() or feed.concepts < WORTH_IT or path.exists():
        return
    starts = range(0, feed.concepts, RANGE)
    if processes == 1:
        parts = [_range(feed, start) for start in starts]
    else:
        with Workers(processes, _open, (feed.folder,)) as pool:
            parts = list(pool.map(_of_range, starts))
    np.save(path, np.concatenate(parts))


_OPENED: list[Feed] = []


def _open(folder: Path) -> None:
    _OPENED[:] = [Feed(folder)]


def _of_range(start: int) -> npt.NDArray[np.uint8]:
    return _range(_OPENED[0], start)


def _range(feed: Feed, start: int) -> npt.NDArray[np.uint8]:
    return bits(feed.names("en").slice(start, RANGE).to_pylist(), "en")


class Formed(Sentences):
    """Writes sentences of the names of some concepts of a feed, given with their numbers.

    ``texts`` are the names as they are told, shape (n,), none of them null.
    """

    def __init__(
        self, say: Verbalizer, feed: Feed, numbers: npt.NDArray[Any], texts: pa.Array, *,
        lang: Language,
    ) -> None:  # fmt: skip
        path = feed.folder / "forms-en.npy"
        if lang == "en" and path.exists():
            told = np.load(path, mmap_mode="r")[numbers]
        elif lang == "en":
            told = bits(texts.to_pylist(), lang)
        else:
            told = np.zeros(len(texts), np.uint8)
        if (told & ODD).any():
            super().__init__(say, texts.to_pylist(), lang=lang)
            return
        self._say, self._lang, self._text = say, lang, texts
        self._plural = (told & PLURAL) > 0
        self._opening = texts
        if lang == "en":
            mask = pa.array((told & CAPITAL) > 0)
            capital = [name[:1].upper() + name[1:] for name in texts.filter(mask).to_pylist()]
            self._opening = pc.replace_with_mask(texts, mask, pa.array(capital, texts.type))
            closed = pa.array((told & CLOSED) > 0)
            ended = _with(texts, STOPS[lang])
        else:
            closed = pc.match_substring_regex(texts, _CLOSED_ZH)
            ended = _with(pc.replace_substring_regex(texts, r"\.$", ""), STOPS[lang])
        self._closing = pc.if_else(closed, texts, ended)


def _with(texts: pa.Array, stop: str) -> pa.Array:
    return pc.binary_join_element_wise(
        texts, pa.scalar(stop, texts.type), pa.scalar("", texts.type)
    )
