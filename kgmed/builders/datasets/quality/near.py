"""Near duplicates among texts that a language model wrote: those that say nearly the same words.

Texts are compared by their runs of words, each Chinese character being one, with MinHash
(https://doi.org/10.1109/SEQUEN.1997.666900) as rensa has it. Rows of a template that differ in a
drug alone have nearly the same words and are other facts, so each text comes with what it is
``about``, the ids of its statements: texts about different things are never compared.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from hashlib import blake2b
from itertools import islice
from typing import Any

import numpy as np

from kgmed.builders.datasets.quality.grams import grams
from kgmed.kg.errors import MissingExtra

THRESHOLD = 0.6
"""The share of runs of words that near duplicates have in common, at least (Jaccard). Of texts with
one word in ten changed 95% have it, of texts with one in five a quarter: those are kept apart."""
RUN = 2
"""Words of a run."""
PERMUTATIONS, BANDS = 128, 32
"""Hashes of a text, and the bands of them that find what to compare it with."""
AT_ONCE = 500
_BYTES = 8


class NearDuplicates:
    """Takes texts in their order and tells which nearly repeat an earlier one about the same.

    What it tells depends on the texts and their order alone; a text that is a near duplicate is not
    remembered. Memory is about 1.5 kB a text. All texts about one thing must pass through one
    object: those of a part of a dataset do, as a part holds all rows of its statements.

    Raises :class:`~kgmed.kg.errors.MissingExtra` without rensa.

    >>> near = NearDuplicates()
    >>> said = "Allopurinol is a drug that is used to treat gout and its painful attacks."
    >>> again = "Allopurinol is a drug that's used to treat gout and its painful attacks."
    >>> near.add([said, again, again], about=["s1", "s1", "s2"])
    [False, True, False]
    """

    def __init__(self, *, threshold: float = THRESHOLD) -> None:
        try:
            from rensa import RMinHashDeduplicator
        except ImportError as error:
            raise MissingExtra("rensa", "dedup") from error
        self._kept: Any = RMinHashDeduplicator(
            threshold=threshold, num_perm=PERMUTATIONS, use_lsh=True, num_bands=BANDS
        )
        self._count = 0

    def add(self, texts: Sequence[str], *, about: Sequence[str]) -> list[bool]:
        """Which of some texts nearly repeat one that was added before, or an earlier one of them.

        ``about`` says for each what it speaks of: the ids of its statements, joined.
        """
        found: list[bool] = []
        pairs = iter(zip(texts, about, strict=True))
        while some := list(islice(pairs, AT_ONCE)):
            tokens = _tokens([text for text, _about in some], [about for _text, about in some])
            named = ((str(self._count + n), each) for n, each in enumerate(tokens))
            found += [not kept for kept in self._kept.add_pairs(named)]
            self._count += len(some)
        return found


def _tokens(texts: Sequence[str], about: Sequence[str]) -> Iterator[list[bytes]]:
    """The runs of words of each text, as bytes that hold what it is about."""
    of = grams(texts)
    runs = of.runs(RUN)
    marks = np.array([_mark(text) for text in about], np.uint64)
    each = np.maximum(of.words - RUN + 1, 0)
    text = np.repeat(np.arange(of.texts), each)
    nth = np.arange(len(text)) - np.repeat(np.cumsum(each) - each, each)
    hashes = runs[of.first_word[text] + nth] ^ marks[text] if len(text) else np.empty(0, np.uint64)
    data = hashes.astype("<u8").view("S8").tolist()
    end = 0
    for number, count in enumerate(each.tolist()):
        start, end = end, end + count
        if count:
            yield data[start:end]
        else:  # a word, or none
            yield [f"{about[number]}\x1f{texts[number]}".encode()]


def _mark(about: str) -> int:
    return int.from_bytes(blake2b(about.encode(), digest_size=_BYTES).digest(), "big")
