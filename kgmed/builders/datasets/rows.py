"""From a draft to a row: its number, its licence and sources, its side of the split."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from hashlib import blake2b

from kgmed.builders.datasets.model import Block, Draft, Fact, Row
from kgmed.builders.datasets.sides import Facts, Parts

ID_BYTES = 8
_FIELD = "\x1f"


def row_id(
    task: str, lang: str, wording: int, statements: Sequence[str], *, asked: str, key: str = ""
) -> str:
    """16 hexadecimal digits that depend on what a row asks and rests on, not on its answer's text.

    ``statements`` are sorted; ``asked`` is the first message: what interacts with X, and what with
    Y, may rest on one and the same statement.

    >>> row_id("relation", "en", 0, ["8f53"], asked="What treats gout?")
    'a3455088bf1c7059'
    """
    text = _FIELD.join((task, lang, str(wording), asked, key, *statements))
    return blake2b(text.encode(), digest_size=ID_BYTES).hexdigest()


def row(draft: Draft, block: Block, *, snapshot: str) -> Row:
    """The row of a draft. It is a test where training mustn't see a concept that it touches."""
    facts = draft.facts
    predicates: tuple[str, ...]
    if isinstance(facts, (Facts, Parts)):
        statements, (sources, licences), predicates = facts.rests()
    elif len(facts) == 1:
        (fact,) = facts
        statements, sources, licences = fact.ids, fact.sources, fact.licences
        predicates = (fact.predicate,)
    else:
        statements = tuple(sorted({id for fact in facts for id in fact.ids}))
        sources = tuple(sorted({text for fact in facts for text in fact.sources}))
        licences = tuple(sorted({text for fact in facts for text in fact.licences}))
        predicates = tuple(dict.fromkeys(fact.predicate for fact in facts))
    if not facts:
        sources, licences = name_terms(block, draft.about)
    asked = next((text for role, text in draft.messages if role == "user"), "")
    key = _FIELD.join((draft.key, *draft.about))
    return Row(
        row_id(draft.task, draft.lang, draft.wording, statements, asked=asked, key=key),
        draft.task,
        draft.lang,
        draft.messages,
        draft.rationale,
        statements,
        sources,
        " AND ".join(licences),
        "test" if is_test(draft, block) else "train",
        snapshot,
        draft.extra,
        draft.rejected,
        predicates,
        draft.tokens,
        draft.plausible,
    )


def is_test(draft: Draft, block: Block) -> bool:
    """Whether a draft touches a concept that is held out, by a fact or by what it speaks of."""
    held = block.held_out
    return _touch(draft.facts, held) or any(map(held, draft.about))


def _touch(facts: Sequence[Fact], held: Callable[[str], bool]) -> bool:
    """Whether one of some facts touches a concept that is held out."""
    if isinstance(facts, Facts):
        return facts.held_out()
    if isinstance(facts, Parts):
        return any(_touch(part, held) for part in facts.parts)
    return any(held(f.subject) or (f.object != "" and held(f.object)) for f in facts)


def name_terms(block: Block, ids: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The sources and licences of names: what a row rests on that no statement stands behind."""
    sources: set[str] = set()
    licences: set[str] = set()
    for id in ids:
        for source, text in block.name_terms(id):
            sources.add(source)
            licences.update(part for part in text.split(" AND ") if part)
    return tuple(sorted(sources)), tuple(sorted(licences))
