"""A model's own answers as preference pairs: those that the graph bears out before those that it
refutes.

A question is asked several times. An answer is **chosen** if all that it says is supported and it
says something of what was asked, **rejected** if the graph refutes a claim of it. Where there
aren't both there is no pair: what the graph doesn't know is neither.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from kgmed.builders.datasets.generated import faithful
from kgmed.builders.datasets.generated.asking import Model
from kgmed.builders.datasets.generated.reading import REFUTED, SUPPORTED, Reader, ReadText
from kgmed.builders.datasets.generated.writing import Plan
from kgmed.builders.datasets.model import Draft, Fact, Row
from kgmed.kg.model import Statement
from kgmed.kg.predicates import Registry
from kgmed.kg.store.base import GraphStore
from kgmed.prompts import fenced, prompt

PROMPTS = ("answer",)
TASKS = ("relation_qa", "reverse", "yes_no")
"""The tasks whose questions are asked."""
SAMPLES = 4
ANSWER = 400
"""Characters of an answer, about."""
NEITHER = "no pair: no sample is supported, none refuted"
NONE_SUPPORTED = "no pair: no sample is fully supported"
NONE_REFUTED = "no pair: no sample is refuted"
MAY_NOT_LEAVE = "no pair: it would rest on statements that may not leave"
NOT_ONE_QUESTION = "not asked: not one question and its answer"


@dataclass(frozen=True, slots=True)
class FromModel:
    """Ranks a model's answers. ``lets`` says which statements may leave, by (source, licence)."""

    model: Model
    read: Reader
    registry: Registry
    store: GraphStore
    lets: Callable[[str, str], bool]

    def plan(self, draft: Draft, row: Row) -> Plan | str:
        """Ask the question of a row; its own answer tells what belongs to it."""
        if [role for role, _text in draft.messages] != ["user", "assistant"]:
            return NOT_ONE_QUESTION
        question = draft.messages[0][1]
        asked = self.model.asked("answer", draft.lang, None, question=fenced(question))
        told = [self.read(text, draft.lang, None) for _role, text in draft.messages]
        return Plan(draft, row, asked, tuple(told))

    def estimate(self, draft: Draft) -> tuple[int, int]:
        """A question, and a few sentences."""
        told = prompt("answer", draft.lang)
        return len(told.system) + len(told.user) + len(draft.messages[0][1]), ANSWER

    def judged(self, plan: Plan, answers: Sequence[str]) -> Iterator[Draft | str]:
        """The one pair of a question, or why there is none."""
        asked, told = plan.kept
        wanted = {claim.key for claim in told.claims}
        named = asked.ids
        good: list[tuple[int, int, ReadText]] = []
        bad: list[tuple[int, int, ReadText]] = []
        for sample, answer in enumerate(answers):
            text = answer.strip()
            if not text:
                continue
            read = self.read(text, plan.draft.lang, None)
            refuted = sum(claim.verdict == REFUTED for claim in read.claims)
            own = [claim.key for claim in read.claims if claim.key in wanted]
            if refuted and named & read.ids:
                bad.append((-refuted, sample, read))
            elif own and self._is_supported(read, asked, told, plan.draft):
                good.append((-len(own), sample, read))
        if not good or not bad:
            yield NEITHER if not good and not bad else NONE_REFUTED if good else NONE_SUPPORTED
            return
        yield self._pair(plan, min(good, key=_order), min(bad, key=_order))

    def _is_supported(self, read: ReadText, asked: ReadText, told: ReadText, draft: Draft) -> bool:
        if not faithful.in_language(read, draft.lang):
            return False
        before = [faithful.bare_text(asked), faithful.bare_text(told)]
        return not faithful.unfaithful(read, before, self.registry, freely=self.read.reads_all)

    def _pair(
        self, plan: Plan, chosen: tuple[int, int, ReadText], rejected: tuple[int, int, ReadText]
    ) -> Draft | str:
        draft, (_n, at, good), (_m, other, bad) = plan.draft, chosen, rejected
        refuted = [claim for claim in bad.claims if claim.verdict == REFUTED]
        proofs = [id for claim in good.claims if claim.verdict == SUPPORTED
                  for id in claim.statements]  # fmt: skip
        proofs += [id for claim in refuted for id in claim.statements]
        ids = list(dict.fromkeys(proofs))
        found = [s for s in self.store.statements(ids) if s is not None]
        if not all(self.lets(s.primary_knowledge_source, s.licence) for s in found):
            return MAY_NOT_LEAVE
        first = refuted[0]
        return replace(
            draft,
            messages=(draft.messages[0], ("assistant", good.text)),
            facts=tuple(map(fact_of, found)),
            about=tuple(sorted(good.ids | bad.ids | plan.kept[0].ids)),
            rationale="",
            key=f"{draft.key} from model",
            extra={
                "question_of": plan.row.id, "verdict": REFUTED,
                "refuted": " ".join(bad.text[slice(*first.at)].split()),
                "chosen_sample": str(at), "rejected_sample": str(other),
            },
            rejected=bad.text,
        )  # fmt: skip


def _order(one: tuple[int, int, ReadText]) -> tuple[int, int]:
    return one[0], one[1]


def fact_of(statement: Statement) -> Fact:
    """A statement as a fact of one source."""
    return Fact(
        (statement.id,), statement.subject, statement.predicate, statement.object,
        (statement.primary_knowledge_source,),
        tuple(sorted(filter(None, statement.licence.split(" AND ")))),
        statement.negated, statement.qualifiers, statement.value,
    )  # fmt: skip
