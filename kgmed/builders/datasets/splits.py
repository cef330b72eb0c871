"""Which concepts training never sees.

A seeded hash of the CURIE marks :data:`HELD_OUT` of the concepts, so that the same concepts are
held out of every release of a graph. The most connected ones never are: half of all statements
touch them, and a model that hasn't seen water or a fever is of no use.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import pyarrow as pa

HELD_OUT = 0.05
"""The share of concepts that training never sees; a hash marks about this share of any category."""
TOP = 0.01
"""The share of concepts, by degree, that are never held out."""
SPLITS = ("train", "test")
AT_ONCE = 100_000


def draw(seed: int, text: str) -> float:
    """A number in 0-1 that depends on the seed and the text alone.

    >>> 0 <= draw(0, "drugbank:DB00682") < 1, draw(1, "x") == draw(1, "x")
    (True, True)
    """
    digest = blake2b(f"{seed}:{text}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") / 2**64


def held_out(
    curies: pa.Array, degrees: npt.NDArray[Any], *, seed: int, share: float = HELD_OUT
) -> npt.NDArray[np.bool_]:
    """Which concepts are held out. Shapes (n,); ``degrees`` counts the statements at each.

    A concept of which nothing is said may be held out as well: rows about its name then are tests.
    """
    drawn = np.empty(len(curies), np.uint64)
    seeded = f"{seed}:".encode()
    for start in range(0, len(curies), AT_ONCE):
        texts = curies.slice(start, AT_ONCE).to_pylist()
        digests = [blake2b(seeded + text.encode(), digest_size=8).digest() for text in texts]
        drawn[start : start + len(texts)] = np.frombuffer(b"".join(digests), ">u8")
    marked: npt.NDArray[np.bool_] = drawn < np.uint64(min(share * 2.0**64, 2.0**64 - 2048))
    said = degrees[degrees > 0]
    if len(said):
        marked &= degrees <= np.quantile(said, 1 - TOP, method="higher")
    return marked
