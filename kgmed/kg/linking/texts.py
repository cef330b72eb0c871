"""Finds mentions in running text.

A text becomes tokens and windows (:mod:`kgmed.kg.linking.segment`). The windows whose hash some
name has are compared with those names; what is likely no mention is dropped
(:mod:`kgmed.kg.linking.quality`); the longest of those that overlap stay; the concepts of each are
ranked (:mod:`kgmed.kg.linking.ranking`). Abbreviations that the text defines stand for what it says
they stand for, and parts of coordinated mentions for the whole ("type 1 and type 2 diabetes").
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache, partial

from kgmed.kg.categories import is_a
from kgmed.kg.linking.abbreviations import definitions
from kgmed.kg.linking.context import Contexts
from kgmed.kg.linking.context_words import context_stems
from kgmed.kg.linking.coordination import coordinated
from kgmed.kg.linking.english import zipf
from kgmed.kg.linking.link import Candidate, Link
from kgmed.kg.linking.normalize import is_cjk, key, tokens
from kgmed.kg.linking.quality import Quality, features, learnt_key
from kgmed.kg.linking.ranking import Ranker
from kgmed.kg.linking.rerank import Reranker, reranked
from kgmed.kg.linking.salts import CATIONS, SALTS, base_of
from kgmed.kg.linking.score import Hit, matches_case
from kgmed.kg.linking.segment import Tokens, read
from kgmed.kg.linking.stems import FUNCTION_WORDS, name_hash, stem, token_hash
from kgmed.kg.linking.traditional import simplified
from kgmed.kg.linking.words import STOP_WORDS
from kgmed.kg.model import Name
from kgmed.kg.store.base import Lexicon

AT_ONCE = 20_000
"""Code points of a longer text that are read at once, up to the end of a line or sentence."""
REMEMBERED = 20_000
"""Hashes whose names are kept."""
NAMES = 200
"""Names of one hash that are looked at."""
CONTEXT_TOKENS = 40
"""Tokens on either side of a mention that may speak for one of its concepts."""
ALTERNATIVES = 9
MIN_FUZZY, MIN_FUZZY_ALONE = 5, 6
"""Letters of the shortest word that may be a misspelling, in a longer name and alone."""
COMMON = 5.0
"""Words this common in English are no word's correction."""
MAX_SALT = 4
"""Chinese characters of a salt before or behind a drug's name."""
MODIFIERS = 3
"""Words before a name that a mention takes in at most."""

_Known = tuple[str, Name, str, tuple[str, ...]]
"""A concept's id, a name of it, the name's key, and the key's tokens."""


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
    candidates: list[Candidate] = field(default_factory=list)


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
        self._lexicon = lexicon
        self._reranker = reranker
        self._ranker = ranker
        self._quality = quality
        self._known: dict[int, list[_Known]] = {}
        self._matched: dict[tuple[str, int, bool], list[Hit]] = {}
        self._near_known: dict[str, list[str]] = {}

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
        mentions = self.matches(read_)
        if fuzzy:
            mentions += self._misspelt(read_, mentions)
        mentions += salted(read_, mentions)
        if categories:
            mentions = self.of_categories(mentions, categories)
        if flags:
            mentions += self._coordinated(text, read_)
            mentions = self._abbreviated(text, read_, mentions, defined=defined, meant=meant)
        chosen = longest(mentions)
        self._ranker.prepare(hit.id for mention in chosen for hit in mention.hits)
        contexts = Contexts(text) if flags and chosen else None
        links = []
        past = 0
        for mention in chosen:
            self.extend_left(read_, mention, after=past)
            past = mention.past
            span = text[mention.start : mention.end]
            low = max(0, mention.first - CONTEXT_TOKENS)
            around = partial(context_stems, read_.words[low : mention.past + CONTEXT_TOKENS])
            text_ = mention.text or span
            usual = self._quality.names.get(learnt_key(text_, key(text_)))
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

    # Windows

    def matches(self, read_: Tokens) -> list[Mention]:
        """The windows that match names and are likely mentions; they may overlap."""
        firsts, pasts, hashes = read_.windows()
        found = []
        for at, held in enumerate(self._lexicon.holds(hashes)):
            if held:
                mention = self._mention(read_, firsts[at], pasts[at], hashes[at])
                if mention is not None:
                    found.append(mention)
        return found

    def _misspelt(self, read_: Tokens, mentions: Iterable[Mention]) -> list[Mention]:
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
            for near in self._near(word):
                firsts, pasts, hashes = read_.around(at, token_hash(near))
                for place, held in enumerate(self._lexicon.holds(hashes)):
                    if held:
                        mention = self._near_mention(
                            read_, (firsts[place], at, pasts[place]), near, hashes[place]
                        )
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
            for hit in self._hits(hash, meant, meant, words, any_order=False)
        ]
        if not hits:
            return None
        likely = self._likely(read_, first, past, span=span, wanted=meant, hits=hits)
        if likely < self._quality.threshold:
            return None
        return Mention(read_.starts[first], read_.ends[past - 1], first, past, hits, likely)

    def _near(self, word: str) -> list[str]:
        """The tokens of names that a misspelt word may be: one edit away, with its first letter."""
        found = self._near_known.get(word)
        if found is None:
            if len(self._near_known) >= REMEMBERED:
                self._near_known.clear()
            found = self._near_known[word] = [
                near
                for near in self._lexicon.one_edit(word)
                if near[0] == word[0] and zipf(near) < COMMON and stem(near) != stem(word)
            ]
        return found

    def _mention(self, read_: Tokens, first: int, past: int, hash: int) -> Mention | None:
        words = read_.words[first:past]
        start, end = read_.starts[first], read_.ends[past - 1]
        span = read_.text[start:end]
        if span[-2:].casefold() in {"'s", "\u2019s"}:
            span, end = span[:-2], end - 2
        if len(words) == 1 and not _may_stand_alone(words[0], span):
            return None
        wanted = key(span)
        loose = len(words) > 1 and not any(read_.gaps[first + 1 : past])
        known = self._matched.get((span, hash, loose))
        if known is None:
            if len(self._matched) >= REMEMBERED:
                self._matched.clear()
            known = self._hits(hash, span, wanted, words, any_order=loose)
            self._matched[span, hash, loose] = known
        if not known:
            return None
        hits = known
        likely = self._likely(read_, first, past, span=span, wanted=wanted, hits=hits)
        if likely < self._quality.threshold:
            return None
        return Mention(start, end, first, past, hits, likely)

    def _hits(
        self, hash: int, span: str, wanted: str, words: list[str], *, any_order: bool
    ) -> list[Hit]:
        """The names of a hash that match a span."""
        return [
            Hit(id, name, match, factor=1.0 if match == "exact" else unlike(words, parts))
            for id, name, other, parts in self._names(hash)
            if matches_case(span, name.text)
            and (match := how(wanted, words, other, parts, any_order=any_order))
        ]

    def _names(self, hash: int) -> list[_Known]:
        found = self._known.get(hash)
        if found is None:
            if len(self._known) >= REMEMBERED:
                self._known.clear()
            found = []
            for id, name in self._lexicon.hashed(hash, limit=NAMES):
                other = key(name.text)
                found.append((id, name, other, tuple(tokens(other))))
            self._known[hash] = found
        return found

    def _likely(
        self, read_: Tokens, first: int, past: int, *, span: str, wanted: str, hits: list[Hit]
    ) -> float:
        best = min(hits, key=lambda hit: (_ORDER[hit.match], _KINDS[hit.name.kind]))  # type: ignore[union-attr]
        ids = {hit.id for hit in hits}
        sources = {hit.name.source for hit in hits if hit.id == best.id and hit.name is not None}
        start, end, text = read_.starts[first], read_.ends[past - 1], read_.text
        hyphens = (text[start - 1 : start] == "-") + (text[end : end + 1] == "-")
        assert best.name is not None  # noqa: S101  windows match names alone
        found = features(
            span, read_.words[first:past], best.match, kind=best.name.kind,
            exact_case=span == best.name.text, concepts=len(ids), sources=len(sources),
            hyphens=hyphens, before=_word(read_, first - 1, first), after=_word(read_, past, past),
        )  # fmt: skip
        everyone = {hit.name.source for hit in hits if hit.name is not None}
        return self._quality.of(learnt_key(span, wanted), found, everyone)

    def of_categories(self, mentions: list[Mention], wanted: Sequence[str]) -> list[Mention]:
        """The mentions with a concept of one of the categories: a longer one without doesn't hide
        a shorter one with."""
        self._ranker.prepare(hit.id for mention in mentions for hit in mention.hits)
        return [
            mention
            for mention in mentions
            if any(
                is_a(have, want)
                for hit in mention.hits
                if (concept := self._ranker.concept(hit.id)) is not None
                for have in concept.categories
                for want in wanted
            )
        ]

    # Mentions that stand for more than their text

    def _whole(self, text: str) -> list[Hit]:
        """What a whole text names, exactly or by inflection."""
        wanted = key(text)
        words = tokens(wanted)
        return self._hits(name_hash(words), text, wanted, words, any_order=False)

    def _alike(self, short: str, long: str) -> list[Hit]:
        """The readings of a short form with a name that shares most words with its long form."""
        hits = self._whole(short)
        words = set(context_stems(tokens(key(long))))
        ids = list(dict.fromkeys(hit.id for hit in hits))
        alike = {
            id
            for id, names in zip(ids, self._lexicon.names(ids), strict=True)
            if any(
                2 * len(words & set(context_stems(tokens(key(name.text))))) > len(words)
                for name in names
            )
        }
        return [hit for hit in hits if hit.id in alike]

    def _coordinated(self, text: str, read_: Tokens) -> list[Mention]:
        found = []
        for group in coordinated(text):
            for start, end, full in group.texts:
                hits = [
                    hit._replace(match="coordination", detail=f"{full!r} in the text")
                    for hit in self._whole(full)
                ]
                first = bisect_left(read_.starts, start)
                past = bisect_left(read_.starts, end)
                if hits and past > first:
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
                hits = self._whole(text[long_start:long_end])
                hits = hits or self._alike(short, text[long_start:long_end])
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


_ORDER = {
    "exact": 0, "abbreviation": 1, "coordination": 2, "spacing": 3, "inflection": 4,
    "other words": 5, "word order": 6, "fuzzy": 7,
}  # fmt: skip
_KINDS = {"preferred": 0, "synonym": 1, "brand": 2, "abbreviation": 3}


def _word(read_: Tokens, at: int, gap: int) -> str:
    """The token at a place, "" where there is none or a mark lies before the token at ``gap``."""
    inside = 0 <= at < len(read_) and not read_.gaps[gap]
    return read_.words[at] if inside else ""


def _may_stand_alone(word: str, span: str) -> bool:
    """Whether a single token may be a mention: no number, letter, or common word, but such a word
    in capitals may ("NO", nitric oxide)."""
    if is_cjk(word[0]):
        return True
    if len(word) < 2 or word.isdigit():
        return False
    return word not in STOP_WORDS or span.isupper()


def how(
    wanted: str, words: Sequence[str], other: str, parts: Sequence[str], *, any_order: bool
) -> str:
    """How a span's key and tokens match a name's of the same hash; "" where they don't.

    >>> how("lung cancers", ["lung", "cancers"], "lung cancer", ["lung", "cancer"], any_order=True)
    'inflection'
    >>> how("cancer of lung", ["cancer", "of", "lung"], "lung cancer", ["lung", "cancer"],
    ...     any_order=True)
    'word order'
    """
    if wanted == other:
        return "exact"
    mine = [word for word in words if word not in FUNCTION_WORDS] or list(words)
    theirs = [word for word in parts if word not in FUNCTION_WORDS] or list(parts)
    if is_cjk(wanted[0]) or is_cjk(other[:1] or " "):
        return "exact" if simplified(wanted) == simplified(other) else ""
    stems = list(map(stem, mine))
    if stems == list(map(stem, theirs)):
        if all(_same_word(a, b) for a, b in zip(mine, theirs, strict=True)):
            return "inflection"
        return "other words"
    if "".join(stems) == "".join(map(stem, theirs)):
        return "spacing"
    if any_order and sorted(stems) == sorted(map(stem, theirs)):
        return "word order"
    return ""


def unlike(words: Sequence[str], parts: Sequence[str]) -> float:
    """What the tokens that a span and a name don't share take from the match, at most 2%.

    >>> unlike(["blockers", "beta"], ["beta", "blocker"])
    0.995
    """
    shared = set(words)
    others = sum(part not in shared and part not in FUNCTION_WORDS for part in parts)
    return 1 - 0.005 * min(others, 4)


@lru_cache(maxsize=1 << 14)
def _same_word(left: str, right: str) -> bool:
    """Whether two tokens of one stem are forms of one word: they begin alike."""
    size = max(3, min(len(left), len(right)) - 3)
    return left[:size] == right[:size] or (
        left.isdigit() == right.isdigit() is False
        and (
            left.replace("ae", "e").replace("oe", "e")[:4]
            == right.replace("ae", "e").replace("oe", "e")[:4]
        )
    )


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
