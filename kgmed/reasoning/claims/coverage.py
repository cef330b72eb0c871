"""Whether a graph covers a claim: without that, its silence means nothing.

``covered(s, p, o)`` (DESIGN, section 7): one and the same source has s as subject and o as object
of p or of a predicate below it, at least once each; at either end where p is symmetric. A source
that speaks of both so, and doesn't join them, leaves the claim unsupported. Anything less, and the
graph has nothing to say.
"""

from __future__ import annotations

from dataclasses import dataclass

from kgmed.kg.store.base import EdgeDirection
from kgmed.reasoning.claims import evidence
from kgmed.reasoning.claims.evidence import Search
from kgmed.reasoning.claims.rules import Assertion
from kgmed.reasoning.claims.search import Ground


@dataclass(frozen=True, slots=True)
class Coverage:
    """The sources that speak of each end under the claim's predicate.

    >>> Coverage(("infores:a", "infores:b"), ("infores:b",)).common
    ('infores:b',)
    >>> Coverage(("infores:a",), ("infores:b",)).gap, Coverage((), ("infores:b",)).gap
    ('no_common_source', 'subject_not_covered')
    """

    subject: tuple[str, ...]
    object: tuple[str, ...]

    @property
    def common(self) -> tuple[str, ...]:
        """The sources that speak of both."""
        return tuple(source for source in self.subject if source in self.object)

    @property
    def gap(self) -> str:
        """Why the claim isn't covered, in a word; '' where it is."""
        if self.common:
            return ""
        if not self.subject:
            return "subject_not_covered"
        return "no_common_source" if self.object else "object_not_covered"


def coverage(ground: Ground, assertion: Assertion) -> Search[Coverage]:
    """The sources at each end of a claim. A value has no end of its own: the subject's stand."""
    entry = ground.registry.get(assertion.predicate)
    predicates: tuple[str, ...] | None = ground.below(assertion.predicate)
    if entry is not None and not entry.parent:
        predicates = None  # the root: statements of any predicate
    ends: tuple[EdgeDirection, EdgeDirection] = ("out", "in")
    if entry is not None and entry.symmetric:
        ends = ("both", "both")
    subject = yield from evidence.sources(assertion.subject, predicates, ends[0])
    object: list[str] = []
    if subject:
        object = yield from evidence.sources(assertion.object, predicates, ends[1])
    return Coverage(tuple(subject), tuple(object))
