"""Spans of a text that may be mentions, and how they come to terms with one another."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from kgmed.kg.linking.normalize import is_cjk
from kgmed.kg.linking.salts import CATIONS, SALTS, base_of
from kgmed.kg.linking.score import Hit
from kgmed.kg.linking.segment import Tokens

AT_ONCE = 20_000
"""Code points of a longer text that are read at once, up to the end of a line or sentence."""
MAX_SALT = 4
"""Chinese characters of a salt before or behind a drug's name."""


@dataclass(slots=True)
class Mention:
    """A span that may be a mention: its tokens, what it matches, and how likely it is one."""

    start: int
    end: int
    first: int
    past: int
    hits: list[Hit]
    likely: float
    text: str = ""
    note: str = ""


def occurrences(text: str, form: str) -> Iterator[tuple[int, int]]:
    """Where a short form stands in a text, also as a plural with a small s.

    >>> list(occurrences("an SSRI, two SSRIs", "SSRI"))
    [(3, 7), (13, 18)]
    """
    start = text.find(form)
    while start >= 0:
        end = start + len(form)
        plural = text[end : end + 1] == "s" and not text[end + 1 : end + 2].isalnum()
        yield start, end + plural
        start = text.find(form, end)


def salted(read_: Tokens, mentions: Iterable[Mention]) -> list[Mention]:
    """The mentions of a base with the words or characters of its salt, and a note of them."""
    words, gaps = read_.words, read_.gaps
    found = []
    for mention in mentions:
        first, past = mention.first, mention.past
        chinese = is_cjk(words[first][0])
        before = not gaps[first] and first > 0
        after = past < len(words) and not gaps[past]
        if chinese:
            left = range(MAX_SALT + 1) if before else range(1)
            right = range(MAX_SALT + 1) if after else range(1)
        else:
            left = range(2) if before and words[first - 1] in CATIONS else range(1)
            right = range(3) if after and words[past] in SALTS else range(1)
        for low, high in ((first - a, past + b) for a in left for b in right if a or b):
            if low < 0 or high > len(words) or any(gaps[low + 1 : high]):
                continue
            base = base_of(read_.key(low, high))
            if base is not None and base[0] == read_.key(first, past):
                start, end = read_.starts[low], read_.ends[high - 1]
                text = read_.text[mention.start : mention.end]
                found.append(
                    Mention(
                        start, end, low, high, mention.hits, mention.likely, text,
                        note=f"salt: {base[1]}",
                    )
                )  # fmt: skip
    return found


def closed(text: str, start: int, end: int) -> int:
    """The end of a name, behind the bracket that closes one within it.

    >>> text = "DNA gyrase (fragment), DNA"
    >>> text[: closed(text, 0, 20)], text[: closed(text, 0, 10)]
    ('DNA gyrase (fragment)', 'DNA gyrase')
    """
    if text[end : end + 1] == ")":
        return end + (text.count("(", start, end) > text.count(")", start, end))
    return end


def apart(text: str, mentions: Sequence[Mention]) -> Sequence[Mention]:
    """The mentions without those that run together what the text parts.

    - "conjunctivitis, allergic" of "allergic conjunctivitis, allergic rhinitis" and "depressive
      disorder, major" of "depressive disorder, major depressive disorder", where names reach into
      its sides;
    - "arthralgia, arthritis", which isn't "arthralgia/arthritis";
    - the last two of "fever, nausea and vomiting", where each is a name by itself;
    - "activity of adenylate cyclase", where adenylate cyclase is a name: mostly it is said to be
      raised or lowered.
    """
    dropped = {
        id(doubt)
        for doubt in mentions
        if doubt.past - doubt.first > 1 and _runs_together(text, doubt, mentions)
    }
    return [m for m in mentions if id(m) not in dropped] if dropped else mentions


def _runs_together(text: str, doubt: Mention, mentions: Sequence[Mention]) -> bool:
    comma = text.find(", ", doubt.start, doubt.end)
    if comma >= 0:
        before = any(m.start <= doubt.start < m.end <= comma for m in mentions)
        if before and any(comma < m.start < doubt.end < m.end for m in mentions):
            return True
        if any(hit.name is not None and "," in hit.name.text for hit in doubt.hits):
            return False
        halves = {(doubt.start, comma), (comma + 2, doubt.end)}
        return halves <= {(m.start, m.end) for m in mentions}
    if text.startswith(_ACTIVITY, doubt.start):
        start = doubt.start + len(_ACTIVITY)
        return any(m.start == start and m.end >= doubt.end for m in mentions)
    cut = text.find(_AND, doubt.start, doubt.end)
    if cut < 0 or not text.startswith(", ", doubt.start - 2):
        return False
    first = [m for m in mentions if m.start == doubt.start and m.end == cut]
    last = [m for m in mentions if m.start == cut + len(_AND) and m.end == doubt.end]
    if not first or not last:
        return False  # nor is "learning and memory impairment" two
    return first[0].past - first[0].first >= last[0].past - last[0].first


_ACTIVITY, _AND = "activity of ", " and "


def longest(mentions: Iterable[Mention]) -> list[Mention]:
    """The longest of mentions that overlap, then the likelier, then the first; left to right."""
    ranked = sorted(mentions, key=lambda m: (m.start - m.end, -m.likely, m.start))
    starts: list[int] = []
    chosen: list[Mention] = []
    for mention in ranked:
        at = bisect_right(starts, mention.start)
        if at and chosen[at - 1].end > mention.start:
            continue
        if at < len(chosen) and chosen[at].start < mention.end:
            continue
        starts.insert(at, mention.start)
        chosen.insert(at, mention)
    return chosen


def pieces(text: str) -> list[tuple[int, int]]:
    """Where a long text is cut: after a line's or a sentence's end, else after a space.

    >>> pieces("one text")
    [(0, 8)]
    """
    found = []
    start = 0
    while len(text) - start > AT_ONCE:
        end = start + AT_ONCE
        low = start + AT_ONCE // 2
        for mark in ("\n", "。", ". ", "；", "; ", "，", " "):
            at = text.rfind(mark, low, end)
            if at >= 0:
                end = at + len(mark)
                break
        found.append((start, end))
        start = end
    found.append((start, len(text)))
    return found
