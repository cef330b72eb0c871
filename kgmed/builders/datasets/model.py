"""What datasets are made of: facts, the entities they are about, and the rows made of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from kgmed.kg.model import Language, Value

Message = tuple[str, str]
"""A role (``system``, ``user``, ``assistant``) and what it says."""


@dataclass(frozen=True, slots=True)
class Fact:
    """What one or more sources say: statements of equal ends, predicate, qualifiers and sign.

    ``ids`` are their ids, sorted; ``sources`` (infores) and ``licences`` theirs, sorted, each once.
    ``object`` is "" beside a ``value``.
    """

    ids: tuple[str, ...]
    subject: str
    predicate: str
    object: str
    sources: tuple[str, ...]
    licences: tuple[str, ...]
    negated: bool = False
    qualifiers: Mapping[str, str] = field(default_factory=dict)
    value: Value | None = None

    def other(self, id: str) -> str:
        """The end that isn't ``id``."""
        return self.object if self.subject == id else self.subject


@dataclass(frozen=True, slots=True)
class Entity:
    """A concept and what may leave of what is said of it, by predicate.

    ``said`` are facts it is the subject of, ``of`` those it is the object of, each in the order
    (other end, first id); a symmetric statement stands in one of them, as it is stored. ``degree``
    counts the graph's statements at it; ``held_out`` marks one that training never sees.
    """

    id: str
    categories: tuple[str, ...]
    names: Mapping[str, str]
    said: Mapping[str, Sequence[Fact]]
    of: Mapping[str, Sequence[Fact]]
    degree: int
    held_out: bool = False


def _no_terms(_id: str) -> Sequence[tuple[str, str]]:
    return ()


@dataclass(frozen=True, slots=True)
class Block:
    """The entities of a part, by id, and the names of all that their facts speak of.

    ``name(id, lang)`` is the preferred name in that language, or None where there is none;
    ``held_out(id)`` says whether training never sees a concept, ``name_terms(id)`` what sources
    and licences (source, licence) its names are from: a row that rests on no statement has these.
    """

    entities: Sequence[Entity]
    name: Callable[[str, Language], str | None]
    held_out: Callable[[str], bool]
    name_terms: Callable[[str], Sequence[tuple[str, str]]] = _no_terms


@dataclass(frozen=True, slots=True)
class Draft:
    """What a task makes of facts, before it is filtered, split and numbered.

    ``wording`` says which of the task's wordings it is, ``facts`` what it rests on (an abstention
    rests on none), ``about`` the concepts it speaks of beyond those of its facts, ``rationale`` the
    reasoning that leads to the answer, ``key`` what else tells it from another draft of the same
    facts and wording. ``extra`` are further columns (the kind of a hard negative, a verdict).
    ``rejected`` is the worse answer of a preference pair, whose better one is the last message.
    ``tokens`` are the ids of a packed context, filled up to its length. ``plausible`` are the
    probabilities of the false statements in it, where a trained model chose them.
    """

    task: str
    lang: Language
    messages: tuple[Message, ...]
    facts: Sequence[Fact]
    wording: int = 0
    about: tuple[str, ...] = ()
    rationale: str = ""
    key: str = ""
    extra: Mapping[str, str] = field(default_factory=dict)
    rejected: str = ""
    tokens: tuple[int, ...] = ()
    plausible: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Row:
    """A row as it is written; ``extra`` are further columns. ``predicates`` are those of what it
    rests on, each once: rows are counted by them. ``plausible`` is in no column, and counted."""

    id: str
    task: str
    lang: Language
    messages: tuple[Message, ...]
    rationale: str
    statements: tuple[str, ...]
    sources: tuple[str, ...]
    licence: str
    split: str
    snapshot: str
    extra: Mapping[str, str] = field(default_factory=dict)
    rejected: str = ""
    predicates: tuple[str, ...] = ()
    tokens: tuple[int, ...] = ()
    plausible: tuple[float, ...] = ()
