"""Links one mention: a slot of a question, a cell of a table.

It is tried from the surest match to the least: an id, the exact key, an inflection or the same
words in another order, a part of it that is a name where the rest is filler, names that hold all
its words, and names a few edits away.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial

from kgmed.kg.curies import candidates as curie_candidates
from kgmed.kg.linking.context_words import context_stems
from kgmed.kg.linking.link import Candidate, Link
from kgmed.kg.linking.matching import Matcher
from kgmed.kg.linking.normalize import key, tokens, variants
from kgmed.kg.linking.ranking import Ranker
from kgmed.kg.linking.score import Hit, matches_case
from kgmed.kg.linking.stems import stem
from kgmed.kg.linking.words import FILLERS, TIE_WORDS
from kgmed.kg.model import Name
from kgmed.kg.store.base import GraphStore

MIN_COVERAGE = 0.5
"""Share of a longer name that a mention must make up to stand for it."""


class MentionReader:
    """Links mentions; ``read`` finds the names within a mention, as in a text."""

    def __init__(
        self, store: GraphStore, ranker: Ranker, read: Callable[[str], list[Link]]
    ) -> None:
        self._store = store
        self._lexicon = store.lexicon
        self._matcher = Matcher(store.lexicon)
        self._ranker = ranker
        self._read = read

    def candidates(
        self, text: str, *, categories: Sequence[str] = (), context: str = ""
    ) -> list[Candidate]:
        """What a mention may name, best first; [] where nothing comes near."""
        span = text.strip()
        wanted = key(span)
        if not wanted:
            return []
        around = partial(context_stems, tokens(key(context))) if context else None
        for hits in self._attempts(span, wanted):
            found = self._ranker.rank(span, hits, categories=categories, context=around)
            if found:
                return found
        return []

    def _attempts(self, span: str, wanted: str) -> Iterable[list[Hit]]:
        yield self._by_id(span)
        exact = self._lexicon.exact([wanted, *variants(wanted)])
        yield _hits(exact[0], "exact")
        inflected = [hit for hits in exact[1:] for hit in hits]
        yield _hits([hit for hit in inflected if matches_case(span, hit[1].text)], "inflection")
        words = tokens(wanted)
        yield self._matcher.whole(span, any_order=True)
        content = [word for word in words if word not in TIE_WORDS] or words
        longer = self._lexicon.tokens(content, limit=60)
        core = _core(content)
        same = [hit for hit in longer if core and _core(tokens(key(hit[1].text))) == core]
        yield _hits(same, "word order")
        yield self._part(span)
        longer = [hit for hit in longer if len(wanted) >= MIN_COVERAGE * len(key(hit[1].text))]
        if len(content) > 1:  # one word of a longer name is a guess
            yield _hits(longer, "tokens")
        yield [
            Hit(id, name, "fuzzy", edits)
            for id, name, edits in self._lexicon.fuzzy(wanted, limit=20)
            if _worth_guessing(wanted, name.text)
        ]

    def _by_id(self, span: str) -> list[Hit]:
        curies = curie_candidates(span)
        found = self._store.resolve(curies)
        return [
            Hit(id, None, "id", detail=f"id: {curie}", factor=1.0 - 0.05 * place)
            for place, (curie, id) in enumerate(zip(curies, found, strict=True))
            if id is not None
        ]

    def _part(self, span: str) -> list[Hit]:
        """The only name in the span, where all else is filler ("warfarin tablets")."""
        links = self._read(span)
        if len(links) != 1:
            return []
        link = links[0]
        rest = tokens(key(span[: link.start] + " " + span[link.end :]))
        if not rest or any(word not in FILLERS for word in rest):
            return []
        named: list[Link | Candidate] = [link, *link.alternatives]
        return [
            Hit(found.id, None, "part", factor=found.score,
                detail=f"part of the mention; {found.why}")
            for found in named
        ]  # fmt: skip


def _hits(found: Iterable[tuple[str, Name]], match: str) -> list[Hit]:
    return [Hit(id, name, match) for id, name in found]


def _core(words: list[str]) -> list[str]:
    """The stems that carry a name, sorted: without function words and fillers."""
    return sorted(stem(w) for w in words if w not in TIE_WORDS and w not in FILLERS)


def _worth_guessing(wanted: str, name: str) -> bool:
    """Whether a fuzzy hit may stand for the mention: same first letter, similar length."""
    other = key(name)
    return bool(other) and other[0] == wanted[0] and abs(len(other) - len(wanted)) <= 2
