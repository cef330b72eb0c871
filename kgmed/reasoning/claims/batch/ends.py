"""The ends of a table's claims: CURIEs, bare ids or names, each looked up once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from kgmed.kg.curies import PREFIXES, normalize
from kgmed.kg.errors import CurieError
from kgmed.reasoning.claims.batch.arrays import Arrays, Ints, Longs

if TYPE_CHECKING:
    import pyarrow as pa

    from kgmed.kg.linking.link import Candidate

GUESSES = ("fuzzy", "tokens", "part")
"""Kinds of match (:mod:`kgmed.kg.linking.score`) that may be a misunderstanding."""
MOST_CHOICES = 5
"""Concepts that a name may mean, of which each is tried."""
Mention = Callable[[str], "list[Candidate]"]


@dataclass(frozen=True, slots=True)
class Ends:
    """Per row the concept of an end, -1 where there is none.

    ``scores`` (0-1) are those of the links, 1 for an id. ``choices`` holds the concepts that an
    ambiguous or fuzzy name may mean, by the number in ``unsure``, which is -1 for a certain end.
    """

    numbers: Ints
    scores: npt.NDArray[np.float64]
    unsure: Longs
    choices: Sequence[Ints]


def look_up(arrays: Arrays, column: pa.ChunkedArray, mention: Mention) -> Ends:
    """The concepts of a column's texts; ``mention`` links those that aren't ids of the graph."""
    encoded = column.combine_chunks().dictionary_encode()
    indices, texts = encoded.indices, encoded.dictionary
    numbers = arrays.batch.numbers(texts)
    scores = np.ones(len(texts))
    unsure = np.full(len(texts), -1)
    choices: list[Ints] = []
    missing = np.flatnonzero(numbers < 0)
    asked = [texts[int(i)].as_py() for i in missing]
    written = [_normalised(text) for text in asked]
    found = arrays.batch.numbers([text or "" for text in written]) if asked else numbers[:0]
    for i, text, curie, number in zip(missing.tolist(), asked, written, found.tolist(), strict=True):
        if number >= 0 or curie is not None or not text.strip():
            numbers[i] = number
            continue
        candidates = mention(text)
        if not candidates:
            continue
        ids = arrays.batch.numbers([candidate.id for candidate in candidates])
        numbers[i], scores[i] = ids[0], candidates[0].score
        if len(candidates) > 1 or candidates[0].why.startswith(GUESSES):
            unsure[i] = len(choices)
            choices.append(ids[:MOST_CHOICES])
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


def _normalised(text: str) -> str | None:
    """A CURIE of a known prefix as kgmed writes it; None for what is a name or a bare id."""
    try:
        curie = normalize(text)
    except CurieError:
        return None
    prefix = curie.partition(":")[0]
    return curie if prefix in PREFIXES or text == curie else None
