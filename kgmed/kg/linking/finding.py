"""The windows of a text that are names, and likely mentions."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain

from kgmed.kg.linking.english import zipf
from kgmed.kg.linking.matching import REMEMBERED, Matcher
from kgmed.kg.linking.normalize import CJK_FROM, is_cjk, key
from kgmed.kg.linking.quality import Own, Quality, features, features_of_place, learnt_key
from kgmed.kg.linking.score import Hit
from kgmed.kg.linking.segment import Tokens
from kgmed.kg.linking.spans import Mention
from kgmed.kg.linking.stems import token_hash
from kgmed.kg.linking.words import STOP_WORDS

MIN_FUZZY, MIN_FUZZY_ALONE = 5, 6
"""Letters of the shortest word that may be a misspelling, in a longer name and alone."""
MODIFIERS = 3
"""Words before a name that a mention takes in at most."""


class Finder:
    """Finds the windows that match names and are likely mentions; they may overlap."""

    def __init__(self, matcher: Matcher, quality: Quality) -> None:
        self._matcher = matcher
        self._quality = quality
        self._own: dict[tuple[str, int], tuple[list[Hit], Own]] = {}

    def exact(self, read_: Tokens) -> list[Mention]:
        """The windows that match names as they stand."""
        held = list(chain(*map(self._matcher.held, (read_.windows(), read_.others()))))
        if heads := [first for first, past, _ in held if not past]:
            held += self._matcher.held(read_.longer(heads))
        windows = [window for window in held if _may_be_a_name(read_, *window[:2])]
        self._matcher.fetch(hash for _, _, hash in windows)
        found = (self._mention(read_, *window) for window in windows)
        return [mention for mention in found if mention is not None]

    def misspelt(self, read_: Tokens, mentions: Iterable[Mention]) -> list[Mention]:
        """The windows that match a name but for one token, which isn't a word and lies near one.

        A token of a mention is no misspelling.
        """
        covered = {at for mention in mentions for at in range(mention.first, mention.past)}
        found = []
        for at, word in enumerate(read_.words):
            if at in covered or len(word) < MIN_FUZZY or zipf(word):
                continue
            if not (word.isascii() and word.isalpha()):
                continue
            for near in self._matcher.near(word):
                windows = read_.around(at, token_hash(near))
                for first, past, hash in self._matcher.held(windows):
                    mention = self._near_mention(read_, (first, at, past), near, hash)
                    if mention is not None:
                        found.append(mention)
        return found

    def _near_mention(
        self, read_: Tokens, place: tuple[int, int, int], near: str, hash: int
    ) -> Mention | None:
        first, at, past = place
        if past - first == 1 and len(near) < MIN_FUZZY_ALONE:
            return None
        words = [*read_.words[first:at], near, *read_.words[at + 1 : past]]
        span = read_.span(first, past)
        meant = " ".join(words)
        hits = [
            hit._replace(match="fuzzy", edits=1, factor=1.0)
            for hit in self._matcher.hits(hash, meant, meant, words, any_order=False)
        ]
        if not hits:
            return None
        likely = self._likely(read_, first, past, span=span, wanted=meant, hits=hits)
        if likely < self._quality.threshold:
            return None
        return Mention(read_.starts[first], read_.ends[past - 1], first, past, hits, likely)

    def _mention(self, read_: Tokens, first: int, past: int, hash: int) -> Mention | None:
        words = read_.words[first:past]
        start, end = read_.starts[first], read_.ends[past - 1]
        span = read_.text[start:end]
        if span[-2:] in _POSSESSIVE:
            span, end = span[:-2], end - 2
        wanted = key(span)
        loose = len(words) > 1 and not any(read_.gaps[first + 1 : past])
        hits = self._matcher.hits(hash, span, wanted, words, any_order=loose)
        if not hits:
            return None
        likely = self._likely(read_, first, past, span=span, wanted=wanted, hits=hits)
        if likely < self._quality.threshold:
            return None
        return Mention(start, end, first, past, hits, likely)

    def _likely(
        self, read_: Tokens, first: int, past: int, *, span: str, wanted: str, hits: list[Hit]
    ) -> float:
        asked = (span, id(hits))
        known = self._own.get(asked)
        if known is None or known[0] is not hits:  # another list in the same place
            if len(self._own) >= REMEMBERED:
                self._own.clear()
            own = self._judged(read_.words[first:past], span, wanted, hits)
            known = self._own[asked] = hits, own
        own = known[1]
        if own.features[-1].startswith("characters"):
            return self._quality.of(own, ())
        start, end, text = read_.starts[first], read_.ends[past - 1], read_.text
        place = features_of_place(
            (text[start - 1 : start] == "-") + (text[end : end + 1] == "-"),
            _word(read_, first - 1, first),
            _word(read_, past, past),
        )
        return self._quality.of(own, place)

    def _judged(self, words: list[str], span: str, wanted: str, hits: list[Hit]) -> Own:
        best = min(hits, key=lambda hit: (_ORDER[hit.match], _KINDS[hit.name.kind]))  # type: ignore[union-attr]
        sources = {hit.name.source for hit in hits if hit.id == best.id and hit.name is not None}
        assert best.name is not None  # noqa: S101  windows match names alone
        found = features(
            span, words, best.match, kind=best.name.kind, exact_case=span == best.name.text,
            concepts=len({hit.id for hit in hits}), sources=len(sources),
        )  # fmt: skip
        everyone = (hit.name.source for hit in hits if hit.name is not None)
        return self._quality.own(learnt_key(span, wanted), found, everyone)

    def extend_left(self, read_: Tokens, mention: Mention, *, after: int = 0) -> None:
        """Take the words before a name that belong to the mention, where texts taught which do;
        none before the token ``after``."""
        first = mention.first
        while (
            first > max(after, mention.first - MODIFIERS)
            and not read_.gaps[first]
            and read_.hashes[first - 1]
            and self._quality.takes(read_.words[first - 1])
        ):
            first -= 1
        if first < mention.first:
            mention.text = mention.text or read_.text[mention.start : mention.end]
            words = read_.text[read_.starts[first] : mention.start].strip(" -")
            mention.note = f"more in the text: {words}"
            mention.first, mention.start = first, read_.starts[first]


_ORDER = {
    "exact": 0, "abbreviation": 1, "coordination": 2, "spacing": 3, "inflection": 4,
    "other words": 5, "word order": 6, "fuzzy": 7,
}  # fmt: skip
_POSSESSIVE = frozenset(("'s", "'S", "\u2019s", "\u2019S"))
_KINDS = {"preferred": 0, "synonym": 1, "brand": 2, "abbreviation": 3}


def _word(read_: Tokens, at: int, gap: int) -> str:
    """The token at a place, "" where there is none, a mark lies before the token at ``gap``, or it
    is Chinese: what such a word tells of an English name was taught by English texts."""
    if not 0 <= at < len(read_) or read_.gaps[gap]:
        return ""
    word = read_.words[at]
    return word if word < CJK_FROM else ""


def _may_be_a_name(read_: Tokens, first: int, past: int) -> bool:
    """Whether a window may be a mention: a single token is none that is a number, a letter, or a
    common word, unless that stands in capitals ("NO", nitric oxide)."""
    if not past:  # the head of one
        return False
    word = read_.words[first]
    if past - first > 1 or is_cjk(word[0]):
        return True
    if len(word) < 2 or word.isdigit():
        return False
    return word not in STOP_WORDS or read_.span(first, past).removesuffix("'s").isupper()
