"""What a served graph takes and gives at most, and the checks that say so.

Each check returns what it was given, or raises :class:`~kgmed.kg.errors.UsageError` with what was
found, where, and what was expected.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from kgmed.kg.errors import UsageError

if TYPE_CHECKING:
    from kgmed.kg.model import Language

LANGUAGES = ("en", "zh")
ID_LENGTH = 300
"""Code points of an id or a name."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Texts in Unicode code points, times in seconds, the rest in numbers.

    ``timeout_s`` is how long a query may take, waiting for its turn included, ``lm_timeout_s`` the
    same of one that asks a language model, ``sample_timeout_s`` of a sample of a dataset. ``items``
    are those of an answer, ``rows`` those of a page of statements or of search results.
    """

    question: int = 2_000
    text: int = 20_000
    drugs: int = 30
    triples: int = 500
    hops: int = 4
    paths: int = 50
    rows: int = 200
    items: int = 1_000
    edges: int = 20_000
    samples: int = 20
    timeout_s: float = 10.0
    lm_timeout_s: float = 120.0
    sample_timeout_s: float = 60.0


def text_within(value: Any, where: str, most: int) -> str:
    """A text that isn't empty, has no control characters and at most so many code points.

    >>> text_within("gout", "q", 100)
    'gout'
    >>> text_within("", "q", 100)
    Traceback (most recent call last):
        ...
    kgmed.kg.errors.UsageError: Found an empty q, expected a text of 1 to 100 characters.
    """
    if not isinstance(value, str):
        kind = type(value).__name__
        raise UsageError(f"Found {where} of the kind {kind}, expected a text.")
    if not value.strip():
        raise UsageError(f"Found an empty {where}, expected a text of 1 to {most:,} characters.")
    if len(value) > most:
        raise UsageError(
            f"Found {len(value):,} characters in {where}, expected at most {most:,}. Send it in "
            "parts."
        )
    for place, character in enumerate(value):
        point = ord(character)
        if (point < 32 and character not in "\t\n\r") or 0xD800 <= point < 0xE000:
            raise UsageError(
                f"Found the control character U+{point:04X} at position {place} of {where}, "
                "expected text in UTF-8."
            )
    return value


def number_within(value: Any, where: str, least: int, most: int) -> int:
    """A whole number between two others, both included."""
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise UsageError(
            f"Found {where}={str(value)[:40]}, expected a whole number from {least} to {most:,}."
        )
    return value


def one_of(value: Any, where: str, known: Iterable[str]) -> str:
    """One of the known words."""
    words = sorted(known)
    if value not in words:
        shown = str(value).encode("utf-8", "backslashreplace").decode()[:80]
        raise UsageError(f"Found {where} {shown!r}, expected one of: {', '.join(words)}.")
    return cast(str, value)


def language(value: Any) -> Language | None:
    """A language, or None for that of the text."""
    return None if value is None else cast("Language", one_of(value, "lang", LANGUAGES))


def texts_within(
    values: Any, where: str, *, least: int, most: int, length: int = ID_LENGTH
) -> Sequence[str]:
    """So many texts, each within ``length`` code points."""
    if not isinstance(values, list | tuple) or not least <= len(values) <= most:
        found = len(values) if isinstance(values, list | tuple) else type(values).__name__
        raise UsageError(f"Found {found} in {where}, expected a list of {least} to {most:,} texts.")
    return [text_within(value, f"{where}[{n}]", length) for n, value in enumerate(values)]
