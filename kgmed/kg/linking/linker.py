"""Links mentions and texts to concepts through a graph's lexicon.

A mention (a slot of a question, a cell of a table) is tried from the surest match to the least:
an id, the exact key, its singular or plural, the same words in another order, a part of it that is
a name where the rest is filler, names that hold all its words, and names a few edits away. A text
is read for the longest names in it, left to right.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

from kgmed.kg.categories import is_a
from kgmed.kg.curies import candidates as curie_candidates
from kgmed.kg.linking import score
from kgmed.kg.linking.link import Candidate, Link
from kgmed.kg.linking.normalize import is_cjk, key, tokens, variants
from kgmed.kg.linking.rerank import Reranker, reranked
from kgmed.kg.linking.words import FILLERS, FUNCTION_WORDS, NEGATION_CUES, STOP_WORDS
from kgmed.kg.model import Concept, Name
from kgmed.kg.store.base import GraphStore

MIN_COVERAGE = 0.5
"""Share of a longer name that a mention must make up to stand for it."""

_WINDOW_WORDS = 8
_WINDOW_CJK = 20
_SCOPE = 40
"""Characters before a mention in which a negation cue counts, within the clause."""

_PIECE = re.compile(r"[^\W_]+(?:['\u2019-][^\W_]+)*", re.UNICODE)
_CLAUSE = re.compile(r"[.;:!?,。；：！？，]|\bbut\b|但")


class Linker:
    """Links against one store. Keeps no state between calls.

    ``reranker`` puts the candidates of a span in a text in order (:mod:`.rerank`).
    """

    def __init__(self, store: GraphStore, *, reranker: Reranker | None = None) -> None:
        self._store = store
        self._reranker = reranker
        self._lexicon = store.lexicon

    # Mentions

    def mention(
        self, text: str, *, categories: Sequence[str] = (), limit: int = 10
    ) -> list[Candidate]:
        """What a mention may name, best first; [] where nothing comes near.

        ``categories`` are those that fit the mention's place in a question or table.
        """
        span = text.strip()
        wanted = key(span)
        if not wanted:
            return []
        for hits in self._attempts(span, wanted):
            found = self._rank(hits, categories)
            if found:
                return found[:limit]
        return []

    def _attempts(self, span: str, wanted: str) -> Iterable[list[tuple[str, float, str]]]:
        yield self._by_id(span)
        exact = self._lexicon.exact([wanted, *variants(wanted)])
        yield self._scored(span, exact[0], "exact")
        yield self._scored(span, [hit for hits in exact[1:] for hit in hits], "inflection")
        words = tokens(wanted)
        content = [word for word in words if word not in FUNCTION_WORDS] or words
        hits = self._lexicon.tokens(content, limit=60)
        core = _core(content)
        same = [hit for hit in hits if core and _core(tokens(key(hit[1].text))) == core]
        yield self._scored(span, same, "word order")
        yield self._part(span)
        longer = [hit for hit in hits if len(wanted) >= MIN_COVERAGE * len(key(hit[1].text))]
        if len(content) > 1:  # one word of a longer name is a guess
            yield self._scored(span, longer, "tokens")
        yield [
            (id, *score.name_score(span, name, "fuzzy", edits=edits))
            for id, name, edits in self._lexicon.fuzzy(wanted, limit=20)
            if _worth_guessing(wanted, name.text)
        ]

    def _by_id(self, span: str) -> list[tuple[str, float, str]]:
        curies = curie_candidates(span)
        found = self._store.resolve(curies)
        return [
            (id, 1.0 - 0.05 * place, f"id: {curie}")
            for place, (curie, id) in enumerate(zip(curies, found, strict=True))
            if id is not None
        ]

    def _part(self, span: str) -> list[tuple[str, float, str]]:
        """The only name in the span, where all else is filler ("warfarin tablets")."""
        links = self.text(span, negation=False)
        if len(links) != 1:
            return []
        link = links[0]
        rest = tokens(key(span[: link.start] + " " + span[link.end :]))
        if not rest or any(word not in FILLERS for word in rest):
            return []
        best = (link.id, link.score * score.MATCH["part"], f"part of the mention; {link.why}")
        others = [
            (other.id, other.score * score.MATCH["part"], f"part of the mention; {other.why}")
            for other in link.alternatives
        ]
        return [best, *others]

    def _scored(
        self, span: str, hits: Sequence[tuple[str, Name]], match: str
    ) -> list[tuple[str, float, str]]:
        return [(id, *score.name_score(span, name, match)) for id, name in hits]

    def _rank(
        self, hits: Sequence[tuple[str, float, str]], categories: Sequence[str]
    ) -> list[Candidate]:
        best: dict[str, tuple[float, str]] = {}
        for id, value, why in hits:
            if id not in best or value > best[id][0]:
                best[id] = (value, why)
        ids = list(best)
        concepts = self._store.concepts(ids)
        degrees = self._store.degrees(ids)
        ranked = []
        for concept, degree in zip(concepts, degrees, strict=True):
            if concept is None:
                continue
            value, why = best[concept.id]
            factor = score.category_factor(concept.categories, categories)
            if factor < 1:
                why += ", unexpected category"
            candidate = Candidate(
                concept.id, concept.name, main_category(concept), round(value * factor, 4), why
            )
            ranked.append((-candidate.score, -degree, concept.id, candidate))
        return [row[-1] for row in sorted(ranked, key=lambda row: row[:3])]

    # Texts

    def text(
        self, text: str, *, categories: Sequence[str] = (), negation: bool = True
    ) -> list[Link]:
        """The longest names in a text, left to right, without overlaps.

        Offsets count code points. With ``categories``, only concepts of these are linked.
        """
        pieces = _pieces(text)
        links: list[Link] = []
        position = 0
        for run in _runs(text, pieces):
            index = 0
            while index < len(run):
                found = self._longest(text, run, index, categories)
                if found is None:
                    index += 1
                    continue
                link, used = found
                if link.start >= position:
                    links.append(_negated(text, link) if negation else link)
                    position = link.end
                index += used
        return links

    def _longest(
        self, text: str, run: list[tuple[int, int]], index: int, categories: Sequence[str]
    ) -> tuple[Link, int] | None:
        start = run[index][0]
        width = _WINDOW_CJK if is_cjk(text[start]) else _WINDOW_WORDS
        windows = [run[index + size - 1][1] for size in range(1, min(width, len(run) - index) + 1)]
        spans = [text[start:end] for end in windows]
        keys = [key(span) for span in spans]
        lookups = [(k, *variants(k)) for k in keys]
        flat = iter(self._lexicon.exact([k for group in lookups for k in group]))
        hits = [[next(flat) for _ in group] for group in lookups]
        for size in range(len(spans), 0, -1):
            span, (exact, *inflected) = spans[size - 1], hits[size - 1]
            if size == 1 and (keys[0] in STOP_WORDS or (len(keys[0]) < 2 and keys[0].isascii())):
                continue
            for match, names in (
                ("exact", exact),
                ("inflection", [h for g in inflected for h in g]),
            ):
                kept = [hit for hit in names if score.matches_case(span, hit[1])]
                ranked = self._rank(self._scored(span, kept, match), ())
                if categories:
                    ranked = [c for c in ranked if any(is_a(c.category, w) for w in categories)]
                if ranked:
                    if self._reranker is not None:
                        end = start + len(span)
                        ranked = reranked(self._reranker, text, start, end, ranked)
                    best, *others = ranked
                    link = Link(
                        span, start, start + len(span), best.id, best.name, best.category,
                        best.score, best.why, alternatives=tuple(others[:9]),
                    )  # fmt: skip
                    return link, size
        return None


def _pieces(text: str) -> list[tuple[int, int]]:
    """Offsets of words; each Chinese character is one."""
    pieces = []
    for match in _PIECE.finditer(text):
        start, end = match.span()
        begin = start
        for offset in range(start, end):
            if is_cjk(text[offset]):
                if begin < offset:
                    pieces.append((begin, offset))
                pieces.append((offset, offset + 1))
                begin = offset + 1
        if begin < end:
            pieces.append((begin, end))
    return pieces


def _runs(text: str, pieces: list[tuple[int, int]]) -> list[list[tuple[int, int]]]:
    """Pieces that a name may span: no clause mark, line break or long gap between them."""
    runs: list[list[tuple[int, int]]] = []
    for piece in pieces:
        gap = text[runs[-1][-1][1] : piece[0]] if runs else ""
        if runs and len(gap) <= 3 and not any(c in ".;!?\n。；！？，、" for c in gap):
            runs[-1].append(piece)
        else:
            runs.append([piece])
    return runs


def _negated(text: str, link: Link) -> Link:
    before = _CLAUSE.split(text[max(0, link.start - _SCOPE) : link.start])[-1].lower()
    words = set(re.findall(r"[a-z']+", before))
    cue = any(c in words if c.isascii() else c in before for c in NEGATION_CUES)
    if not cue:
        return link
    return Link(
        link.text, link.start, link.end, link.id, link.name, link.category, link.score, link.why,
        negated=True, alternatives=link.alternatives,
    )  # fmt: skip


def _core(words: list[str]) -> list[str]:
    """The words that carry a name, sorted: without function words and fillers."""
    return sorted(w for w in words if w not in FUNCTION_WORDS and w not in FILLERS)


def _worth_guessing(wanted: str, name: str) -> bool:
    """Whether a fuzzy hit may stand for the mention: same first letter, similar length."""
    other = key(name)
    return bool(other) and other[0] == wanted[0] and abs(len(other) - len(wanted)) <= 2


@lru_cache(maxsize=1024)
def _depth(category: str) -> int:
    from kgmed.kg.categories import ancestors

    return len(ancestors(category))


def main_category(concept: Concept) -> str:
    """The one category to show of a concept: drugs and diseases first, then the most specific."""
    first = ("Drug", "Disease", "PhenotypicFeature", "Gene", "Protein", "DrugClass")
    for category in first:
        if category in concept.categories:
            return category
    return max(concept.categories, key=lambda c: (_depth(c), c), default="NamedThing")
