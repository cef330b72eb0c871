"""Finds mentions in running text.

A text becomes tokens and windows (:mod:`kgmed.kg.linking.segment`). The windows whose hash some
name has are compared with those names; what is likely no mention is dropped
(:mod:`kgmed.kg.linking.quality`); the longest of those that overlap stay; the concepts of each are
ranked (:mod:`kgmed.kg.linking.ranking`). Abbreviations that the text defines stand for what it says
they stand for, and parts of coordinated mentions for the whole ("type 1 and type 2 diabetes").
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from kgmed.kg.categories import is_a
from kgmed.kg.linking.abbreviations import definitions
from kgmed.kg.linking.context import Contexts
from kgmed.kg.linking.context_words import Around
from kgmed.kg.linking.coordination import coordinated
from kgmed.kg.linking.finding import Finder
from kgmed.kg.linking.link import Candidate, Link
from kgmed.kg.linking.matching import Matcher
from kgmed.kg.linking.normalize import key
from kgmed.kg.linking.quality import Quality, learnt_key
from kgmed.kg.linking.ranking import Ranker
from kgmed.kg.linking.rerank import Reranker, reranked
from kgmed.kg.linking.segment import Tokens, read
from kgmed.kg.linking.spans import Mention, apart, closed, longest, occurrences, pieces, salted
from kgmed.kg.store.base import Lexicon

CONTEXT_TOKENS = 40
"""Tokens on either side of a mention that may speak for one of its concepts."""
ALTERNATIVES = 9


class TextReader:
    """Finds mentions with one lexicon; remembers names between texts, and nothing else."""

    def __init__(
        self,
        lexicon: Lexicon,
        ranker: Ranker,
        quality: Quality,
        *,
        reranker: Reranker | None = None,
    ) -> None:
        self._matcher = Matcher(lexicon)
        self._finder = Finder(self._matcher, quality)
        self._reranker = reranker
        self._ranker = ranker
        self._quality = quality

    def links(
        self,
        text: str,
        *,
        categories: Sequence[str] = (),
        flags: bool = True,
        fuzzy: bool = False,
    ) -> list[Link]:
        """The mentions of a text, left to right, without overlaps."""
        defined = definitions(text) if flags else []
        found: list[Link] = []
        meant: dict[str, Mention | None] = {}
        for start, end in pieces(text):
            part = text[start:end] if (start, end) != (0, len(text)) else text
            inside = [
                (
                    d.short_start - start,
                    d.short_end - start,
                    d.long_start - start,
                    d.long_end - start,
                )
                for d in defined
                if start <= min(d.short_start, d.long_start) and max(d.short_end, d.long_end) <= end
            ]
            found += [
                link if not start else replace(link, start=link.start + start, end=link.end + start)
                for link in self._piece(
                    part,
                    categories=categories,
                    defined=inside,
                    meant=meant,
                    flags=flags,
                    fuzzy=fuzzy,
                )
            ]
        return found

    def _piece(
        self,
        text: str,
        *,
        categories: Sequence[str],
        defined: list[tuple[int, int, int, int]],
        meant: dict[str, Mention | None],
        flags: bool,
        fuzzy: bool,
    ) -> list[Link]:
        read_ = read(text)
        mentions = self._finder.exact(read_)
        if fuzzy:
            mentions += self._finder.misspelt(read_, mentions)
        mentions += salted(read_, mentions)
        if categories:
            self._ranker.prepare(hit.id for mention in mentions for hit in mention.hits)
            mentions = [m for m in mentions if self._ranker.has(m.hits, categories)]
        if flags:
            mentions += self._coordinated(text, read_)
            mentions = self._abbreviated(text, read_, mentions, defined=defined, meant=meant)
        chosen = longest(apart(text, mentions))
        self._ranker.prepare(hit.id for mention in chosen for hit in mention.hits)
        contexts = Contexts(text) if flags and chosen else None
        words = Around(read_.words)
        links = []
        past = 0
        for mention in chosen:
            self._finder.extend_left(read_, mention, after=past)
            past = mention.past
            mention.end = closed(text, mention.start, mention.end)
            span = text[mention.start : mention.end]
            low = max(0, mention.first - CONTEXT_TOKENS)
            around = partial(words.between, low, mention.past + CONTEXT_TOKENS)
            text_ = mention.text or span
            names = self._quality.names
            usual = names.get(learnt_key(text_, key(text_))) if names else None
            ranked = self._ranker.rank(
                text_, mention.hits, context=around, usual=usual.ids if usual else ()
            )
            if self._reranker is not None:
                ranked = reranked(self._reranker, text, mention.start, mention.end, ranked)
            if categories:
                ranked = [c for c in ranked if any(is_a(c.category, want) for want in categories)]
            if ranked:
                links.append(_link(mention, span, ranked, contexts))
        return links

    # Mentions that stand for more than their text

    def _coordinated(self, text: str, read_: Tokens) -> list[Mention]:
        found = []
        parts = [part for group in coordinated(text) for part in group.texts]
        named = self._matcher.wholes([full for _, _, full in parts])
        for (start, end, full), whole in zip(parts, named, strict=True):
            if not whole:
                continue
            detail = f"{full!r} in the text"
            hits = [hit._replace(match="coordination", detail=detail) for hit in whole]
            first = bisect_left(read_.starts, start)
            past = bisect_left(read_.starts, end)
            if past > first:
                found.append(Mention(start, end, first, past, hits, 0.9, text=full))
        return found

    def _abbreviated(
        self,
        text: str,
        read_: Tokens,
        mentions: list[Mention],
        *,
        defined: list[tuple[int, int, int, int]],
        meant: dict[str, Mention | None],
    ) -> list[Mention]:
        """The mentions, where each short form that the text defines means its long form."""
        by_end: dict[int, list[Mention]] = {}
        for mention in mentions:
            by_end.setdefault(mention.end, []).append(mention)
        for short_start, short_end, long_start, long_end in defined:
            short = text[short_start:short_end]
            fits = [m for m in by_end.get(long_end, ()) if m.start >= long_start]
            best = min(fits, key=lambda m: m.start, default=None)
            if best is None:
                hits = self._matcher.whole(text[long_start:long_end])
                hits = hits or self._matcher.alike(short, text[long_start:long_end])
                if hits:
                    best = Mention(long_start, long_end, 0, 0, hits, 0.9)
            meant[short] = best
        if not meant:
            return mentions
        kept: dict[tuple[int, int], Mention] = {}
        for short, long in meant.items():
            detail = f"{short} is defined so in the text"
            hits = [
                hit._replace(match="abbreviation", detail=detail)
                for hit in (long.hits if long else ())
            ]
            for start, end in occurrences(text, short):
                first, past = bisect_left(read_.starts, start), bisect_left(read_.ends, end) + 1
                whole = first < len(read_) and read_.starts[first] == start
                if whole and past <= len(read_) and read_.ends[past - 1] == end:
                    kept[start, end] = Mention(start, end, first, past, hits, 1.0, text=short)
        rest = [m for m in mentions if (m.start, m.end) not in kept]
        return rest + [mention for mention in kept.values() if mention.hits]


def _link(mention: Mention, span: str, ranked: list[Candidate], contexts: Contexts | None) -> Link:
    best, *others = ranked
    said = contexts.of(mention.start, mention.end) if contexts is not None else None
    return Link(
        span, mention.start, mention.end, best.id, best.name, best.category, best.score, best.why,
        negated=said.negated if said else False,
        alternatives=tuple(others[:ALTERNATIVES]),
        uncertain=said.uncertain if said else False,
        experiencer=said.experiencer if said else "patient",
        note=mention.note,
        mention=round(mention.likely, 4),
        parts=best.parts,
    )  # fmt: skip
