"""The methods that are compared, by name, and what each is made of.

Each is a module that answers as :class:`~kgmed.reasoning.programs.base.Grounded` does, so that the
same questions, model, prompts and bounds go into all of them: closed-book ones ask the model alone,
``rag`` ones show passages of plain text, ``graph`` ones the graph's evidence, ``verified`` has the
answers checked and sent back.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from kgmed.kg.errors import UsageError
from kgmed.kg.qa import QaItem
from kgmed.reasoning.evaluation.detectors.by_graph import ByGraph
from kgmed.reasoning.evaluation.detectors.by_model import (
    ChainOfVerification,
    EvidenceJudge,
    Judge,
    SampleAgreement,
)
from kgmed.reasoning.evaluation.methods.auto_cot import auto_examples
from kgmed.reasoning.evaluation.methods.passages import PassageGatherer
from kgmed.reasoning.evaluation.methods.recalled import recalled_examples
from kgmed.reasoning.evaluation.model import Item
from kgmed.reasoning.evidence import BUDGET, Gatherer
from kgmed.reasoning.programs.base import Verify
from kgmed.reasoning.programs.closed_book import ClosedBook, ClosedBookChain
from kgmed.reasoning.programs.constrained import Constrained
from kgmed.reasoning.programs.examples import examples
from kgmed.reasoning.programs.predict import ChainOfThought, Predict
from kgmed.reasoning.programs.revise import VerifyAndRevise
from kgmed.reasoning.programs.self_consistency import SAMPLES, SelfConsistency
from kgmed.reasoning.programs.tree_of_thoughts import TreeOfThoughts

SHOTS = 3
"""Examples that few-shot methods show of a form of question and language."""


@dataclass(frozen=True, slots=True)
class Setup:
    """What methods are made of.

    ``gatherer`` finds the graph's evidence, ``passages`` gives what finds the plain texts of
    ``rag`` methods; ``solved`` are items with answers that aren't asked, for few-shot ones.
    A run that was ``begun`` has its examples on disk: what a model wrote isn't asked for again.
    """

    gatherer: Gatherer
    verify: Verify
    passages: Callable[[], PassageGatherer]
    solved: Sequence[Item] = ()
    trusted: bool = False
    shots: int = SHOTS
    samples: int = SAMPLES
    rounds: int = 1
    budget: int = BUDGET
    seed: int = 0
    begun: bool = False

    @property
    def own(self) -> dict[str, Any]:
        """What every program takes."""
        return {"gatherer": self.gatherer, "verify": self.verify}

    def with_texts(self) -> dict[str, Any]:
        """What a program over plain texts takes."""
        return {"gatherer": self.passages(), "verify": self.verify, "budget": self.budget}

    def few(self, name: str) -> Sequence[Item]:
        """The solved items; raises :class:`~kgmed.kg.errors.UsageError` where there are none."""
        if not self.solved:
            raise UsageError(
                f"Found no solved questions for the method {name}, expected a file of them "
                "(--solved FILE) whose items aren't asked."
            )
        return self.solved


@dataclass(frozen=True, slots=True)
class Method:
    """A method: its name, what it does in a line, and what makes its module."""

    name: str
    description: str
    make: Callable[[Setup], Any]


def _few_shot(setup: Setup) -> Any:
    shown = recalled_examples(setup.few("closed-few"), setup.shots, seed=setup.seed)
    return ClosedBook(**setup.own, examples=shown)


def _auto_cot(setup: Setup) -> Any:
    asking = ClosedBookChain(**setup.own)
    if setup.begun:
        return asking
    shown = auto_examples(setup.few("auto-cot"), asking, setup.shots, seed=setup.seed)
    return ClosedBookChain(**setup.own, examples=shown)


def _graph_few(setup: Setup) -> Any:
    items = [_qa(item) for item in setup.few("graph-few") if item.kind != "judgement"]
    made = examples(items[: 4 * setup.shots], setup.gatherer)
    return Predict(**setup.own, budget=setup.budget, examples=made.shown[: setup.shots])


def _votes(setup: Setup, program: Any, *, weighted: bool) -> Any:
    return SelfConsistency(
        **setup.own, program=program, samples=setup.samples, weighted=weighted, budget=setup.budget
    )


METHODS: dict[str, Method] = {
    method.name: method
    for method in (
        Method("closed", "the model alone, zero-shot", lambda s: ClosedBook(**s.own)),
        Method("closed-few", "the model alone, after solved questions", _few_shot),
        Method("closed-cot", "the model alone, in steps", lambda s: ClosedBookChain(**s.own)),
        Method("auto-cot", "the model alone, after steps that it wrote for other questions",
               _auto_cot),
        Method("closed-sc", "the model alone, in steps, several samples, a vote",
               lambda s: _votes(s, ClosedBookChain(**s.own), weighted=False)),
        Method("rag", "passages of plain text found by BM25", lambda s: Predict(**s.with_texts())),
        Method("rag-cot", "the same, in steps", lambda s: ChainOfThought(**s.with_texts())),
        Method("graph", "the graph's evidence", lambda s: Predict(**s.own, budget=s.budget)),
        Method("graph-few", "the same, after solved questions with their evidence", _graph_few),
        Method("graph-cot", "the graph's evidence, in steps",
               lambda s: ChainOfThought(**s.own, budget=s.budget)),
        Method("graph-sc", "the same, several samples, votes weighed by the verifier",
               lambda s: _votes(s, None, weighted=True)),
        Method("graph-tot", "a tree of thoughts over the graph, pruned by the verifier",
               lambda s: TreeOfThoughts(**s.own)),
        Method("constrained", "names out of the evidence alone", lambda s: Constrained(**s.own)),
        Method("verified", "the graph's evidence, in steps, then verified and revised",
               lambda s: VerifyAndRevise(
                   **s.own, rounds=s.rounds, budget=s.budget,
                   program=ChainOfThought(**s.own, budget=s.budget))),
    )
}  # fmt: skip
"""Name -> method, in the order in which they are told."""
DETECTORS: dict[str, Method] = {
    method.name: method
    for method in (
        Method("verifier", "the graph's verdicts on an answer's claims; no model is asked",
               lambda s: ByGraph(**s.own)),
        Method("judge", "a language model as judge, by what it knows", lambda s: Judge(**s.own)),
        Method("evidence-judge", "the same, shown the graph's evidence",
               lambda s: EvidenceJudge(**s.own, budget=s.budget)),
        Method("chain-of-verification", "questions about the claims, answered one by one",
               lambda s: ChainOfVerification(**s.own)),
        Method("sample-agreement", "how far other answers of the model agree",
               lambda s: SampleAgreement(**s.own, samples=s.samples)),
    )
}  # fmt: skip
"""Name -> what judges whether an answer is hallucinated."""


def method(name: str) -> Method:
    """A method or detector by its name; raises :class:`~kgmed.kg.errors.UsageError` for an unknown
    one."""
    known = METHODS | DETECTORS
    if name not in known:
        raise UsageError(f"Found the method {name!r}, expected one of: {', '.join(known)}.")
    return known[name]


def _qa(item: Item) -> QaItem:
    answer = item.right[0] if item.kind == "yes_no" and item.right else item.answer
    letters = item.right if item.kind == "choice" else ()
    return QaItem(item.id, item.question, answer, item.options, letters)
