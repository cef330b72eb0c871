"""Evidence packs: statements of one entity, from which a model writes a question with its answer,
or a dialogue.

A pack of ``qa`` is all that is said of an entity by one predicate from one side, so that an answer
to "which ..." can be complete; a pack of ``talk`` is several such groups. Both are bounded: what
would be too long is left out whole, and counted.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from kgmed.builders.datasets.generated import faithful
from kgmed.builders.datasets.generated.asking import Model, data, read_object
from kgmed.builders.datasets.generated.reading import SUPPORTED, Key, Reader, ReadText
from kgmed.builders.datasets.generated.writing import Plan
from kgmed.builders.datasets.model import Block, Draft, Message, Row
from kgmed.builders.datasets.tasks.context import Context, Make, TaskKind, context_of
from kgmed.builders.datasets.tasks.teller import Group, Teller
from kgmed.kg.model import Language
from kgmed.kg.predicates import Registry
from kgmed.prompts import prompt

QA, TALK = "generated_qa", "generated_dialogue"
PROMPTS = {QA: "question_answer", TALK: "dialogue"}
MOST_FACTS = 12
"""Statements of a pack."""
PACK_TOKENS = 600
"""Tokens of a pack's sentences, about; four characters each (Chinese: one and a half)."""
GROUPS = 4
"""Groups of a dialogue's pack, at most; two at least."""
PACKS = 3
"""Packs of an entity for questions, at most."""
MOST_TURNS = 5
LEAST_CLAIMS = 2
"""Claims of a dialogue."""
NOT_READ = "not asked: a statement of the pack isn't read back from its sentence"
_SHARE = {"en": 4.0, "zh": 1.5}


def qa(block: Block, lang: Language, context: Context) -> Iterator[Draft]:
    """A pack for each of a few groups of an entity, drawn by chance."""
    teller = Teller(block, lang, context)
    for entity in block.entities:
        if not teller.name(entity.id):
            continue
        groups = [group for group in teller.groups(entity) if _fits(teller, [group])]
        for group in teller.some_of(groups, PACKS, QA, entity.id):
            yield _draft(teller, QA, entity.id, [group])


def talk(block: Block, lang: Language, context: Context) -> Iterator[Draft]:
    """One pack of an entity of which several things are said."""
    teller = Teller(block, lang, context)
    for entity in block.entities:
        if not teller.name(entity.id):
            continue
        groups = [group for group in teller.groups(entity) if _fits(teller, [group])]
        chosen: list[Group] = []
        for group in teller.some_of(groups, GROUPS, TALK, entity.id):
            if _fits(teller, [*chosen, group]):
                chosen.append(group)
        if len(chosen) > 1:
            yield _draft(teller, TALK, entity.id, chosen)


def _fits(teller: Teller, groups: Sequence[Group]) -> bool:
    facts = [fact for group in groups for fact in group.facts]
    if len(facts) > MOST_FACTS or any(fact.value is not None for fact in facts):
        return False
    if any(group.untold for group in groups):
        return False
    size = sum(len(text) for group in groups for text in _sentences(teller, group))
    return size <= PACK_TOKENS * _SHARE[teller.lang]


def _sentences(teller: Teller, group: Group) -> list[str]:
    return [teller.sentence(fact, of=group.id) for fact in group.facts]


def _draft(teller: Teller, task: str, id: str, groups: Sequence[Group]) -> Draft:
    """A pack as a draft: its one message holds the sentences, a line for each fact."""
    lines = [text for group in groups for text in _sentences(teller, group)]
    facts = tuple(fact for group in groups for fact in group.facts)
    key = " ".join(f"{g.predicate}{'^' * g.inverse}" for g in groups)
    return Draft(task, teller.lang, (("system", "\n".join(lines)),), facts, about=(id,), key=key)


@dataclass(frozen=True, slots=True)
class _Pack:
    """A pack as it was read: its sentences, what they claim, and their text without the names."""

    lines: tuple[str, ...]
    keys: frozenset[Key]
    ids: frozenset[str]
    statements: tuple[str, ...]
    bare: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Generate:
    """Has questions with answers and dialogues written. ``model`` is how the model is asked."""

    model: Model
    read: Reader
    registry: Registry

    def plan(self, draft: Draft, row: Row) -> Plan | str:
        """Send a pack, if each of its statements is read back from its own sentence."""
        lines = draft.messages[0][1].split("\n")
        keys: set[Key] = set()
        ids: set[str] = set()
        bare = []
        for line in lines:
            read = self.read(line, draft.lang, row.statements)
            if not read.claims or any(claim.verdict != SUPPORTED for claim in read.claims):
                return NOT_READ
            keys.update(claim.key for claim in read.claims)
            ids |= read.ids
            bare.append(faithful.bare_text(read))
        statements = tuple(id for fact in draft.facts for id in fact.ids)
        pack = _Pack(tuple(lines), frozenset(keys), frozenset(ids), statements, tuple(bare))
        name = PROMPTS[draft.task]
        asked = self.model.asked(name, draft.lang, _SCHEMA, statements=data(lines))
        return Plan(draft, row, asked, pack)

    def estimate(self, draft: Draft) -> tuple[int, int]:
        """The pack is sent; an answer says about as much, and its questions."""
        told = prompt(PROMPTS[draft.task], draft.lang)
        size = len(draft.messages[0][1])
        return len(told.system) + len(told.user) + size, round(size * 1.3) + 150

    def judged(self, plan: Plan, answers: Sequence[str]) -> Iterator[Draft | str]:
        """A draft for each answer that the pack bears out."""
        for sample, answer in enumerate(answers):
            yield self._judged(plan, answer, sample)

    def _judged(self, plan: Plan, answer: str, sample: int) -> Draft | str:
        draft, pack = plan.draft, plan.kept
        messages = read_messages(answer)
        if messages is None:
            return faithful.NOT_JSON
        if draft.task == QA and len(messages) != 2:
            return faithful.NOT_JSON
        reads: list[ReadText] = []
        claimed: set[Key] = set()
        used: set[str] = set()
        for role, text in messages:
            if not text.strip():
                return faithful.EMPTY
            read = self.read(text, draft.lang, pack.statements)
            if not faithful.in_language(read, draft.lang):
                return faithful.LANGUAGE
            reason = faithful.unfaithful(
                read, [*pack.bare, *map(faithful.bare_text, reads)], self.registry,
                verbatim=map(faithful.plain, pack.lines), freely=self.read.reads_all,
                asks=role == "user",
                predicates={key[1] for key in pack.keys} if role == "user" else (),
            )  # fmt: skip
            if reason:
                return reason
            if not read.ids <= pack.ids:
                return faithful.UNREAD
            if role == "assistant":
                claimed.update(claim.key for claim in read.claims)
                used.update(id for claim in read.claims for id in claim.statements)
            reads.append(read)
        if not claimed:
            return faithful.NO_CLAIM
        if draft.task == QA:
            reason = self._complete(draft, pack, reads, claimed)
            if reason:
                return reason
        elif len(claimed) < LEAST_CLAIMS:
            return faithful.NO_CLAIM
        facts = tuple(fact for fact in draft.facts if used & set(fact.ids))
        return replace(
            draft,
            messages=tuple((role, text.strip()) for role, text in messages),
            facts=facts,
            about=tuple(sorted({id for read in reads for id in read.ids})),
            key=f"{draft.key} {sample}",
            extra={"pack": " ".join(pack.statements), "sample": str(sample)},
        )

    def _complete(
        self, draft: Draft, pack: _Pack, reads: Sequence[ReadText], claimed: set[Key]
    ) -> str:
        """Why an answer isn't that to its question: it asks for all of the pack."""
        asks = [s.questions[0] for s in reads[0].sentences if s.questions]
        entity = draft.about[0]
        if not reads[0].ids or entity not in reads[0].ids or reads[0].claims:
            return faithful.QUESTION
        if asks and not any(ask[1] in {"", draft.facts[0].predicate} for ask in asks):
            return faithful.QUESTION
        return "" if pack.keys <= claimed else faithful.NOT_COMPLETE


def read_messages(answer: str) -> list[Message] | None:
    """The messages of an answer: from the user and the assistant in turn, the assistant last.

    >>> read_messages('{"messages": [{"role": "user", "content": "a"}]}') is None
    True
    """
    found: Any = (read_object(answer) or {}).get("messages")
    if not isinstance(found, list) or not found or len(found) > 2 * MOST_TURNS:
        return None
    messages: list[Message] = []
    for at, one in enumerate(found):
        role, text = (one.get("role"), one.get("content")) if isinstance(one, dict) else ("", "")
        if role != ("user", "assistant")[at % 2] or not isinstance(text, str):
            return None
        messages.append((role, text))
    return messages if len(messages) % 2 == 0 else None


_MESSAGE = {
    "type": "object",
    "properties": {"role": {"type": "string", "enum": ["user", "assistant"]},
                   "content": {"type": "string"}},
    "required": ["role", "content"], "additionalProperties": False,
}  # fmt: skip
_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "messages": {"type": "array", "items": _MESSAGE, "minItems": 2, "maxItems": 2 * MOST_TURNS}
    },
    "required": ["messages"],
    "additionalProperties": False,
}


def _task(name: str, description: str, make: Make) -> TaskKind:
    return TaskKind(name, description, make, frozenset())


TASKS: dict[str, TaskKind] = {
    kind.name: kind
    for kind in (
        _task(QA, "a question that a model wrote, and its complete answer", qa),
        _task(TALK, "a dialogue that a model wrote", talk),
    )
}
"""Name -> task."""

__all__ = ["QA", "TALK", "TASKS", "Generate", "context_of", "qa", "talk"]
