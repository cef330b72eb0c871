"""The ends of a table's claims: CURIEs, bare ids or names, each looked up once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from kgmed.kg.curies import PREFIXES, candidates, normalize
from kgmed.kg.errors import CurieError
from kgmed.kg.linking.score import CLOSE
from kgmed.reasoning.claims.batch.arrays import Arrays, Flags, Ints, Longs

if TYPE_CHECKING:
    import pyarrow as pa

    from kgmed.kg.linking.link import Candidate

GUESSES = ("fuzzy", "tokens", "part")
"""Kinds of match (:mod:`kgmed.kg.linking.score`) that may be a misunderstanding."""
READINGS = 4
"""Concepts that one name is tried for: the best, and what it may as well mean."""
Mention = Callable[[str], "list[Candidate]"]


@dataclass(frozen=True, slots=True)
class Choice:
    """What an uncertain name may mean: concepts and their names, and whether it may be misspelt."""

    numbers: tuple[int, ...]
    names: tuple[str, ...]
    is_guess: bool


@dataclass(frozen=True, slots=True)
class Ends:
    """Per row the concept of an end, -1 where there is none.

    ``scores`` (0-1) are those of the links, 1 for an id. ``choices`` holds the concepts that an
    ambiguous or fuzzy name may mean, by the number in ``unsure``, which is -1 for a certain end.
    """

    numbers: Ints
    scores: npt.NDArray[np.float64]
    unsure: Longs
    choices: Sequence[Choice]

    def meanings(self, row: int) -> list[tuple[int, str]]:
        """The concepts that an end may mean, with their names; one without a name if it is sure."""
        which = int(self.unsure[row])
        if which < 0:
            return [(int(self.numbers[row]), "")]
        choice = self.choices[which]
        return list(zip(choice.numbers, choice.names, strict=True))

    def is_guess(self, row: int) -> bool:
        """Whether an end's name may be misspelt or incomplete."""
        which = int(self.unsure[row])
        return which >= 0 and self.choices[which].is_guess


def look_up(arrays: Arrays, column: pa.ChunkedArray, mention: Mention, *, apart: Flags) -> Ends:
    """The concepts of a column's texts, subjects and then objects; ``mention`` links those that
    aren't ids of the graph. Rows ``apart`` are left without."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if apart.any():
        column = pc.if_else(pa.array(np.concatenate([apart, apart])), None, column)
    encoded = column.combine_chunks().dictionary_encode()
    indices, texts = encoded.indices, encoded.dictionary
    numbers = arrays.batch.numbers(texts)
    scores = np.ones(len(texts))
    unsure = np.full(len(texts), -1)
    choices: list[Choice] = []
    missing = np.flatnonzero(numbers < 0)
    asked = [texts[int(i)].as_py() for i in missing]
    spelt = [candidates(text) for text in asked]
    every = [curie for some in spelt for curie in some]
    known = dict(zip(every, arrays.batch.numbers(every).tolist(), strict=True)) if every else {}
    for i, text, some in zip(missing.tolist(), asked, spelt, strict=True):
        numbers[i] = next((known[curie] for curie in some if known[curie] >= 0), -1)
        if numbers[i] >= 0 or is_curie(text) or not text.strip():
            continue
        found = mention(text)
        if not found:
            continue
        best = found[0]
        rivals = [other for other in found[1:] if best.score - other.score < CLOSE]
        meant = [best, *rivals[: READINGS - 1]]
        ids = arrays.batch.numbers([candidate.id for candidate in meant])
        numbers[i], scores[i] = ids[0], best.score
        is_guess = best.why.startswith(GUESSES)
        if len(meant) > 1 or is_guess:
            unsure[i] = len(choices)
            choices.append(Choice(tuple(ids.tolist()), tuple(c.name for c in meant), is_guess))
    if not len(texts):
        return Ends(*_nothing(len(column)), [])
    places = _filled(indices)
    null = places < 0
    return Ends(
        np.where(null, -1, numbers[places]).astype(np.int32),
        scores[places],
        np.where(null, -1, unsure[places]),
        choices,
    )


def _filled(indices: Any) -> Longs:
    """Indices of a dictionary, -1 for null."""
    import pyarrow.compute as pc

    places: Longs = pc.fill_null(indices, -1).to_numpy(zero_copy_only=False).astype(np.int64)
    return places


def _nothing(count: int) -> tuple[Ints, npt.NDArray[np.float64], Longs]:
    return np.full(count, -1, np.int32), np.ones(count), np.full(count, -1)


def is_curie(text: str) -> bool:
    """Whether a text is a CURIE of a known prefix, and so no name."""
    try:
        return normalize(text).partition(":")[0] in PREFIXES
    except CurieError:
        return False
