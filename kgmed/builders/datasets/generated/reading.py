"""A text as it is read against statements: its sentences, claims with verdicts, and mentions.

What reads is handed in (:class:`Reader`): datasets know no verifier.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from kgmed.kg.model import Language

Key = tuple[str, str, str, bool, tuple[tuple[str, str], ...]]
"""Subject, predicate, object, whether it is denied, and qualifiers; the ends of a symmetric
predicate are sorted."""
Question = tuple[str, ...]
"""What a question asks: its form, its predicate, which end is given, and the ids that it names."""
SUPPORTED, REFUTED = "SUPPORTED", "REFUTED"


@dataclass(frozen=True, slots=True)
class Mention:
    """A name in a text, from ``start`` to ``end``, and the concept that it means."""

    start: int
    end: int
    id: str


@dataclass(frozen=True, slots=True)
class ReadClaim:
    """A claim with its verdict; ``statements`` are those of its proof, ``ends`` where its two names
    stand, ``at`` where it does."""

    key: Key
    verdict: str
    statements: tuple[str, ...]
    ends: tuple[tuple[int, int], ...]
    at: tuple[int, int]


@dataclass(frozen=True, slots=True)
class ReadSentence:
    """A sentence; ``reason`` says why no claim was taken from it, "" where one was.

    ``questions`` are the ways to understand it as a question or request, best first.
    """

    start: int
    end: int
    text: str
    reason: str
    questions: tuple[Question, ...] = ()


@dataclass(frozen=True, slots=True)
class ReadText:
    """All of a text, in its order."""

    text: str
    sentences: tuple[ReadSentence, ...]
    claims: tuple[ReadClaim, ...]
    mentions: tuple[Mention, ...]

    def claims_in(self, sentence: ReadSentence) -> list[ReadClaim]:
        """The claims of a sentence."""
        return [c for c in self.claims if c.at[0] < sentence.end and sentence.start < c.at[1]]

    def mentions_in(self, sentence: ReadSentence) -> list[Mention]:
        """The names in a sentence."""
        return [m for m in self.mentions if sentence.start <= m.start and m.end <= sentence.end]

    @property
    def ids(self) -> frozenset[str]:
        """The concepts that are named."""
        return frozenset(mention.id for mention in self.mentions if mention.id)


class Reader(Protocol):
    """Reads texts against statements."""

    @property
    def reads_all(self) -> bool:
        """Whether it takes claims from any words, not from those of the predicates alone."""
        ...

    def __call__(self, text: str, lang: Language, statements: Sequence[str] | None, /) -> ReadText:
        """Read a text: verdicts by these statements alone, or by the whole graph where None."""
        ...
