"""The names of a part's concepts as numbered pieces, and what sentences need to know of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from kgmed.builders.datasets.corpus.forms import (
    CAPITAL,
    CLOSED,
    DOTTED,
    ODD,
    PLURAL,
    SEVERAL,
    known,
    several,
)
from kgmed.builders.datasets.corpus.voice import Voice
from kgmed.kg.verbalize.number import opening
from kgmed.kg.verbalize.template import CLOSED as STOPPED


def numbered(concepts: int, *numbers: npt.NDArray[Any]) -> tuple[Any, npt.NDArray[np.int32]]:
    """The concepts of some arrays (-1 for none), ascending, each once; and the place of each of all
    concepts among them, -1 for the others."""
    marked = np.zeros(concepts + 1, bool)
    for some in numbers:
        marked[some] = True
    marked[-1] = False
    used = np.flatnonzero(marked)
    place = np.full(concepts + 1, -1, np.int32)
    place[used] = np.arange(len(used), dtype=np.int32)
    return used, place


class Words:
    """Names, openings of sentences, and further texts (values, words of qualifiers), by number.

    ``place`` maps a concept's number to that of its name, ``opening`` a name's to that of its form
    at the beginning of a sentence, ``closing`` to that before a full stop. ``order`` sorts names,
    ``fold`` is one number for names that differ in case alone: of use where there are ``lists``.
    Texts may be added until :meth:`texts` is called.
    """

    def __init__(self, voice: Voice, numbers: npt.NDArray[Any], *, lists: bool = True) -> None:
        self.voice = voice
        feed, lang = voice.feed, voice.lang
        used, self.place = numbered(feed.concepts, numbers)
        chosen = pa.array(used)
        names = feed.names(lang).take(chosen)
        if voice.fallback:
            names = pc.coalesce(names, feed.names(voice.fallback).take(chosen))
        names = names.fill_null("")
        told = known(feed, lang, used, names, lists=lists)
        self.order, self.fold = told.order, told.fold
        self.plural = (told.bits & PLURAL) > 0
        self.closed = (told.bits & CLOSED) > 0
        self.several = (told.bits & SEVERAL) > 0
        self.opening = np.arange(len(used), dtype=np.int32)
        self._columns = [names]
        self._added: list[str] = []
        self.count = len(used)
        if lang == "en":
            capital = np.flatnonzero(told.bits & (CAPITAL | ODD))
            texts = names.take(pa.array(capital)).to_pylist()
            odd = (told.bits[capital] & ODD).tolist()
            self._columns.append(pa.array(
                [opening(text) if mark else text[:1].upper() + text[1:]
                 for text, mark in zip(texts, odd, strict=True)], pa.large_string()))  # fmt: skip
            self.opening[capital] = self.count + np.arange(len(capital), dtype=np.int32)
            self.count += len(capital)
        self.closing = np.arange(len(used), dtype=np.int32)
        if lang == "zh":
            dotted = np.flatnonzero(told.bits & DOTTED)
            texts = [text.removesuffix(".") for text in names.take(pa.array(dotted)).to_pylist()]
            self.closing[dotted] = self.count + np.arange(len(dotted), dtype=np.int32)
            self._columns.append(pa.array(texts, pa.large_string()))
            self.count += len(dotted)

    def add(self, texts: Sequence[str]) -> int:
        """Add texts; the number of the first."""
        first = self.count
        self._added += texts
        self.count += len(texts)
        return first

    def add_values(self, texts: Sequence[str]) -> int:
        """Add values, about which the same is known as about names; the number of the first."""
        if not texts:
            return self.count
        lang = self.voice.lang
        gap = self.add(texts) - len(self.closed)
        folds: dict[str, int] = {}
        base = int(self.fold.max(initial=0)) + 1
        fold = [folds.setdefault(text.casefold(), base + len(folds)) for text in texts]
        openings = [text if lang == "zh" else opening(text) for text in texts]
        dotted = [lang == "zh" and text.endswith(".") for text in texts]
        at = self.add(openings)
        bare = self.add([text.removesuffix(".") for text in texts])

        def grown(known: npt.NDArray[Any], more: Any, fill: Any) -> Any:
            return np.concatenate([known, np.full(gap, fill, known.dtype),
                                   np.array(more, known.dtype)])  # fmt: skip

        self.order = grown(self.order, np.full(len(texts), -1), -1)
        self.fold = grown(self.fold, fold, -1)
        self.plural = grown(self.plural, [False] * len(texts), False)
        closed = [
            text.endswith(STOPPED) and not dot for text, dot in zip(texts, dotted, strict=True)
        ]
        self.closed = grown(self.closed, closed, False)
        closing = [(bare if dot else at - len(texts)) + n for n, dot in enumerate(dotted)]
        self.closing = grown(self.closing, closing, 0)
        self.several = grown(self.several, [several(text, lang) for text in texts], False)
        self.opening = grown(self.opening, np.arange(at, at + len(texts)), 0)
        return at - len(texts)

    def texts(self, first: int = 0) -> pa.Array:
        """All pieces by number, the voice's own behind those of names and those added; or the last
        ones of the voice, from ``first`` on."""
        if first:
            return pa.array(self.voice.fixed[first - self.count :], pa.large_string())
        added = pa.array([*self._added, *self.voice.fixed], pa.large_string())
        return pa.concat_arrays([*self._columns, added])
