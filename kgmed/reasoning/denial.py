"""Whether a text says that something is not so."""

from __future__ import annotations

import re
from collections.abc import Iterable

_DENIED = re.compile(
    r"\b(?:not|no|none|never|neither|nor|cannot|without|except|unlike)\b|n't\b"
    r"|不(?!良)|未|没|并非|除了|除外",
    re.IGNORECASE,
)


def denies(text: str, names: Iterable[str] = ()) -> bool:
    """Whether a text says that something is not so; a "non-" in these names says nothing.

    >>> denies("It isn't warfarin."), denies("It is warfarin.")
    (True, False)
    >>> denies("生精障碍是男性不育的一种。", ["男性不育"])
    False
    """
    text = text.casefold()
    for name in sorted(names, key=len, reverse=True):
        text = text.replace(name.casefold(), " ") if name else text
    return bool(_DENIED.search(text))
