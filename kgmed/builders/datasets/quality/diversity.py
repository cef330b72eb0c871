"""How varied the texts of a dataset are: distinct-n and lengths, over a sample of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from kgmed.kg.overlap import compared


@dataclass(frozen=True, slots=True)
class Diversity:
    """Figures of some texts. ``distinct`` is the share of the n-grams that differ, by n
    (Li et al. 2016, https://aclanthology.org/N16-1014); lengths are in words, where each Chinese
    character is one."""

    texts: int
    words: int
    vocabulary: int
    distinct: dict[int, float]
    shortest: int
    median: int
    longest: int


def diversity(texts: Iterable[str], *, sizes: tuple[int, ...] = (1, 2, 3)) -> Diversity:
    """Measure texts. Memory grows with their different n-grams: give a sample of a large set.

    >>> diversity(["a b a b", "a b c"]).distinct[2]
    0.6
    """
    seen: dict[int, set[tuple[str, ...]]] = {size: set() for size in sizes}
    total: Counter[int] = Counter()
    lengths: list[int] = []
    vocabulary: set[str] = set()
    for text in texts:
        words = compared(text)
        lengths.append(len(words))
        vocabulary.update(words)
        for size in sizes:
            grams = list(zip(*(words[at:] for at in range(size)), strict=False))
            seen[size].update(grams)
            total[size] += len(grams)
    lengths.sort()
    return Diversity(
        texts=len(lengths),
        words=sum(lengths),
        vocabulary=len(vocabulary),
        distinct={
            size: round(len(seen[size]) / total[size], 4) if total[size] else 0.0 for size in sizes
        },
        shortest=lengths[0] if lengths else 0,
        median=lengths[len(lengths) // 2] if lengths else 0,
        longest=lengths[-1] if lengths else 0,
    )
