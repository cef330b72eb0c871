"""Verify and revise: a program's claims are checked, and refuted ones sent back with their proof.

Each round tells the model which of its claims are refuted, and by what; it answers again. After the
last round what is still refuted is taken out (:mod:`kgmed.reasoning.revision`), so that no refuted
claim is ever in the answer, and what the graph doesn't bear out is marked, or goes as well. Where
nothing is left to say, there is no answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import dspy

from kgmed.kg.errors import UsageError
from kgmed.kg.model import Language
from kgmed.prompts import fenced
from kgmed.reasoning.claims.model import Checked, Claim, Verification
from kgmed.reasoning.evidence import BUDGET, Evidence, Gatherer
from kgmed.reasoning.programs.base import (
    LANGUAGES,
    Asked,
    Grounded,
    Run,
    Steps,
    Verify,
    concluded,
    lettered,
    nothing,
    shown,
)
from kgmed.reasoning.programs.citing import numbers_in, verified_uncited, without_numbers
from kgmed.reasoning.programs.predict import ChainOfThought
from kgmed.reasoning.programs.signatures import KINDS, MOST_OPTIONS, Kind, revise_signature
from kgmed.reasoning.revision import Cleaned, Unsupported, cleaned, objections

ROUNDS, MOST_ROUNDS = 2, 8
UNSUPPORTED: tuple[Unsupported, ...] = ("mark", "remove", "keep")


class VerifyAndRevise(Grounded):
    """A program's answer, verified, and revised at most ``rounds`` times.

    ``program`` is any module that answers as :class:`Grounded` does, a chain of thought if none is
    given; one that is bounded to names (``revisable`` is False) isn't asked again, its answer is
    only cleaned. ``unsupported`` says what becomes of claims that the graph doesn't bear out:
    ``mark``, ``remove`` or ``keep``. The trace holds a ``round`` for each verification, with claims
    and objections, and what was taken out in the end. ``Prediction.rounds`` counts the revisions.
    """

    name = "revised"

    def __init__(
        self,
        gatherer: Gatherer,
        verify: Verify,
        *,
        program: Any = None,
        rounds: int = ROUNDS,
        unsupported: Unsupported = "mark",
        budget: int = BUDGET,
        kinds: Sequence[Kind] = KINDS,
        languages: Sequence[Language] = LANGUAGES,
    ) -> None:
        if not 0 <= rounds <= MOST_ROUNDS:
            raise UsageError(f"Found {rounds} rounds, expected 0 to {MOST_ROUNDS}.")
        if unsupported not in UNSUPPORTED:
            raise UsageError(
                f"Found {unsupported!r} for what isn't borne out, expected one of: "
                f"{', '.join(UNSUPPORTED)}."
            )
        super().__init__(gatherer, verify, budget=budget, kinds=kinds, languages=languages)
        self.program = program or ChainOfThought(
            gatherer, verify, budget=budget, kinds=kinds, languages=languages
        )
        self.name = getattr(self.program, "name", type(self.program).__name__)
        free = getattr(self.program, "revisable", True)
        self.rounds, self.unsupported = rounds if free else 0, unsupported
        for lang in self.languages:
            for kind in self.kinds:
                made = dspy.Predict(revise_signature(kind, lang))
                self.predictors_of[f"revise_{kind}_{lang}"] = made

    def forward(
        self,
        question: str,
        options: Sequence[str] = (),
        evidence: Evidence | None = None,
        language: Language | None = None,
    ) -> dspy.Prediction:
        run = self.begin(question, options, evidence, language)
        if not run.evidence.pieces:
            return nothing(run, "no_evidence")
        return self.driven(run, self._revising(run, self.program(**_given(run))))

    async def aforward(
        self,
        question: str,
        options: Sequence[str] = (),
        evidence: Evidence | None = None,
        language: Language | None = None,
    ) -> dspy.Prediction:
        run = self.begin(question, options, evidence, language)
        if not run.evidence.pieces:
            return nothing(run, "no_evidence")
        draft = await self.program.acall(**_given(run))
        return await self.adriven(run, self._revising(run, draft))

    # The rounds

    def _revising(self, run: Run, draft: dspy.Prediction) -> Steps:
        """Rounds of objections and answers, then the last word."""
        run.trace += draft.trace
        run.evidence = draft.evidence  # a tree has found its own
        run.calls += draft.calls
        told: set[tuple[str, str]] = set()
        for number in range(self.rounds + 1):
            if not draft.answerable:
                return self._given_up(draft, number, run)
            said = self._objections(run, draft)
            entry = self.traced("round", draft.answer, run, round=number, label=draft.label)
            entry["objections"] = said
            if not said or number == self.rounds or (draft.answer, draft.label) in told:
                return self._last_word(run, draft, number)
            told.add((draft.answer, draft.label))
            answer = yield self._sent_back(run, draft, said)
            if answer is None:
                return self._last_word(run, draft, number)
            draft = concluded(run, answer, **_carried(draft))
        raise AssertionError  # the last round returns

    def _objections(self, run: Run, draft: dspy.Prediction) -> list[str]:
        """What is to be said against a draft, and against its "yes" or "no"."""
        lines = objections(self._verified(run, draft.answer), run.lang)
        label = self._label_text(run, draft.label)
        if label:
            against = objections(self._verified(run, label), run.lang)
            lines += [line for line in against if line not in lines]
        return lines

    def _label_text(self, run: Run, label: str) -> str:
        """What "yes" or "no" says, as a sentence; "" for what says neither."""
        claim = run.evidence.whether
        if claim is None or run.kind != "yes_no" or label not in {"yes", "no"}:
            return ""
        return _sentence(self.tools.gatherer, claim, run.lang, negated=label == "no")

    def _verified(self, run: Run, text: str) -> Verification:
        return self.tools.verify(without_numbers(text), lang=run.lang)

    def _sent_back(self, run: Run, draft: dspy.Prediction, said: Sequence[str]) -> Asked:
        """The draft, sent back with its objections."""
        key, signature = f"revise_{run.kind}_{run.lang}", None
        written = f"{draft.label}: {draft.answer}" if draft.label else draft.answer
        inputs = {
            "question": run.question,
            "evidence": shown(run.evidence),
            "draft": fenced(written),
            "objections": fenced("\n".join(f"- {line}" for line in said)),
        }
        if run.kind == "choice":
            inputs["options"] = lettered(run.options)
            if len(run.options) < MOST_OPTIONS:
                made = revise_signature(run.kind, run.lang, options=len(run.options))
                own = self.predictors_of[key].signature
                letters = made.output_fields["choice"].annotation
                signature = own.with_updated_fields("choice", type_=letters)
        return Asked(key, inputs, run.lang, "revise", signature)

    def _last_word(self, run: Run, draft: dspy.Prediction, rounds: int) -> dspy.Prediction:
        """The draft without what is refuted, and with its doubts marked."""

        def verify(plain: str) -> Verification:
            return self.tools.verify(plain, lang=run.lang)

        made = cleaned(
            draft.answer, lambda text: verified_uncited(text, verify),
            self.tools.gatherer.say, run.lang, unsupported=self.unsupported,
            cite=lambda checked: _cited(checked, run.evidence),
        )  # fmt: skip
        label = draft.label
        against = self._label_text(run, label)
        if against and objections(self._verified(run, against), run.lang):
            label = "maybe"
        if made.removed or made.marked or label != draft.label:
            run.trace.append(_taken_out(made, draft.label, label))
        named = draft.get("entities")
        if made.removed and named:
            still = self.tools.gatherer.concepts_in(without_numbers(made.text))
            named = [id for id in named if id in still]
        more = {} if named is None else {"entities": named}
        left = bool(made.text) and not (run.kind == "choice" and _refuted_choice(made, run, label))
        fields = dict(draft.items())
        fields |= {
            "answer": made.text, "label": label if left else "", "answerable": left,
            "trace": run.trace, "calls": run.calls, "rounds": rounds, "removed": made.removed,
            "marked": made.marked, "failed": "" if left else self._why_nothing(run, draft, label),
            "citations": _still_cited(draft.citations, made), **more,
        }  # fmt: skip
        return dspy.Prediction(**fields)

    def _why_nothing(self, run: Run, draft: dspy.Prediction, label: str) -> str:
        """Why nothing is left: all was refuted, or not borne out."""
        bad = label != draft.label or objections(self._verified(run, draft.answer), run.lang)
        return "refuted" if bad else "unsupported"

    def _given_up(self, draft: dspy.Prediction, rounds: int, run: Run) -> dspy.Prediction:
        """A draft that says that it can't answer."""
        fields = {**dict(draft.items()), "trace": run.trace, "calls": run.calls, "rounds": rounds,
                  "removed": 0, "marked": 0}  # fmt: skip
        return dspy.Prediction(**fields)


def _given(run: Run) -> dict[str, Any]:
    return {"question": run.question, "options": run.options, "evidence": run.evidence,
            "language": run.lang}  # fmt: skip


def _carried(draft: dspy.Prediction) -> dict[str, Any]:
    """What a revision keeps of the program's own figures."""
    return {name: draft[name] for name in ("agreement", "samples") if name in draft}


def _sentence(gatherer: Gatherer, claim: Claim, lang: Language, *, negated: bool) -> str:
    ends = (claim.subject, claim.object)
    names = {end if isinstance(end, str) else end.id: end if isinstance(end, str) else end.text
             for end in ends}  # fmt: skip
    subject, predicate, object = claim.triple
    return gatherer.say.claim(subject, predicate, object, names, lang=lang, negated=negated)


def _cited(checked: Checked, evidence: Evidence) -> str:
    """The number of the piece that a claim's proof stands in, in brackets; "" for none."""
    ids = {s.id for s in checked.proof.statements} if checked.proof else set()
    for piece in evidence.pieces:
        if ids & set(piece.statements):
            return f" [{piece.number}]"
    return ""


def _still_cited(numbers: Sequence[int], made: Cleaned) -> list[int]:
    """The citations of a draft that hold for what is left of it."""
    inside = set(numbers_in(made.text))
    return [n for n in numbers if n in inside] if made.removed and inside else list(numbers)


def _refuted_choice(made: Cleaned, run: Run, label: str) -> bool:
    """Whether an option was chosen by what was taken out: nothing that is left names it."""
    if not made.removed or not label:
        return False
    chosen = run.options[ord(label) - 65].casefold()
    return chosen not in made.text.casefold()


def _taken_out(made: Cleaned, before: str, label: str) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "kind": "cleaned", "text": made.text, "removed": made.removed, "told": made.told,
        "marked": made.marked,
    }  # fmt: skip
    return entry if before == label else {**entry, "label": label, "was": before}
