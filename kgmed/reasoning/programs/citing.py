"""Citations in what a model wrote: "[3]" and "[1, 4]", found, left out, made into statement ids."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from kgmed.reasoning.claims.model import Checked, Verification

NUMBERS = re.compile(r"[ ]?[\[［【](\d{1,3}(?:\s*[,，、;；\-–]\s*\d{1,3})*)[\]］】]")
_RANGE = re.compile(r"(\d+)\s*[\-–]\s*(\d+)")
MOST_RANGE = 30


def numbers_in(text: str) -> list[int]:
    """The numbers that a text cites, in order, each once.

    >>> numbers_in("A treats B [2]. C doesn't [1, 2][4-6].")
    [2, 1, 4, 5, 6]
    """
    return list(dict.fromkeys(n for found in NUMBERS.finditer(text) for n in _listed(found[1])))


def without_numbers(text: str) -> str:
    """A text without its citations.

    >>> without_numbers("A treats B [2]. 甲治疗乙［1］。")
    'A treats B. 甲治疗乙。'
    """
    return NUMBERS.sub("", text)


def numbered(text: str, number: int) -> str:
    """A sentence that cites a number, before its stop.

    >>> numbered("A treats B.", 2), numbered("甲治疗乙。", 1)
    ('A treats B [2].', '甲治疗乙 [1]。')
    """
    stop = text[-1:] if text[-1:] in {".", "。"} else "."
    return f"{text.rstrip('.。')} [{number}]{stop}"


@dataclass(frozen=True, slots=True)
class Recited:
    """A text whose citations were replaced: the text, the same without any, and for each character
    of the latter, and its end, where it stands in the former."""

    text: str
    plain: str
    places: tuple[int, ...]


def recited(
    text: str, cite: Callable[[Sequence[int], str], str], *, aside: re.Pattern[str] | None = None
) -> Recited:
    """A text with each citation replaced by what ``cite`` makes of its numbers and of the words
    before it, since the last stop or citation; "" leaves it out. What
    ``aside`` finds stays in the text and isn't part of the plain one.

    >>> made = recited("A treats B [2].", lambda numbers, before: f" [s{numbers[0]}]")
    >>> made.text, made.plain, made.text[made.places[10]]
    ('A treats B [s2].', 'A treats B.', '.')
    """
    parts: list[str] = []
    plain: list[str] = []
    places: list[int] = []
    at = length = 0
    asides = [*aside.finditer(text)] if aside is not None else []
    cited = [
        n for n in NUMBERS.finditer(text) if not any(a.start() < n.end() <= a.end() for a in asides)
    ]
    for found in [*sorted([*cited, *asides], key=re.Match.start), None]:
        words = text[at : found.start() if found else len(text)]
        parts.append(words)
        plain.append(words)
        places += range(length, length + len(words))
        length += len(words)
        if found is not None:
            if found.re is NUMBERS:
                before = re.split(r"[.。!！?？]\s*", "".join(plain).rstrip(".。"))[-1]
                made = cite(_listed(found[1]), before)
            else:
                made = found[0]
            parts.append(made)
            length += len(made)
            at = found.end()
    return Recited("".join(parts), "".join(plain), (*places, length))


def verified_uncited(text: str, verify: Callable[[str], Verification]) -> Verification:
    """What a text claims, its citations aside; offsets are those of the text with them."""
    cited = [found[0] for found in NUMBERS.finditer(text)]
    made = recited(text, lambda _numbers, _before: cited.pop(0))
    found = verify(made.plain)
    return replace(found, claims=tuple(moved(one, made.places) for one in found.claims))


def moved(checked: Checked, places: Sequence[int]) -> Checked:
    """A claim of a plain text at its places in another."""

    def span(start: int, end: int) -> dict[str, Any]:
        return {"start": places[start], "end": places[max(end - 1, 0)] + 1}

    claim = checked.claim
    ends: dict[str, Any] = {}
    for name in ("subject", "object"):
        link = getattr(claim, name)
        if not isinstance(link, str):
            ends[name] = replace(link, **span(link.start, link.end))
    return replace(checked, claim=replace(claim, **span(claim.start, claim.end), **ends))


def _listed(text: str) -> list[int]:
    found: list[int] = []
    for part in re.split(r"[,，、;；]", text):
        span = _RANGE.search(part)
        if span is None:
            found.append(int(part))
            continue
        first, last = int(span[1]), int(span[2])
        found += range(first, min(last, first + MOST_RANGE) + 1)
    return found
