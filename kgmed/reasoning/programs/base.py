"""What every program on a language model stands on: evidence in, a cited prediction out.

A program is a ``dspy.Module``. What it does for one question is written once, as a generator that
yields what is to be asked and is sent what was answered; :meth:`Grounded.forward` asks one after
another, :meth:`Grounded.aforward` without blocking, so that samples and batches run side by side.
The graph is not part of a program's state: what is saved are its predictors, their instructions and
examples.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol

import dspy
from dspy.utils.exceptions import (
    AdapterParseError,
    ContextWindowExceededError,
    LMError,
    LMUnsupportedFeatureError,
)

from kgmed.kg.errors import KgmedError, LanguageModelError, UsageError
from kgmed.kg.linking.language import detect_language
from kgmed.kg.model import Language
from kgmed.prompts import fenced
from kgmed.prompts.programs import task
from kgmed.reasoning.claims.model import Checked, Verification, told
from kgmed.reasoning.evidence import BUDGET, Evidence, Gatherer
from kgmed.reasoning.lm.adapter import CompactAdapter
from kgmed.reasoning.programs.choices import named_option
from kgmed.reasoning.programs.citing import numbers_in, without_numbers
from kgmed.reasoning.programs.signatures import KINDS, MOST_ANSWER, MOST_OPTIONS, Kind

LANGUAGES: tuple[Language, ...] = ("en", "zh")
MOST_PROBLEM = 160
"""Characters of what was wrong with an answer that a model is told."""
_YES_NO = re.compile(
    r"^\W*(?:is|are|was|were|does|do|did|can|could|may|might|should|will|would|has|have)\b"
    r"|吗[？?]?$|是否|能否|可否|会不会|能不能|可不可以|是不是|有没有",
    re.IGNORECASE,
)


class Verify(Protocol):
    """What verifies a text: :meth:`kgmed.facade.Graph.verify`."""

    def __call__(self, text: str, *, lang: Language | None = None) -> Verification: ...


@dataclass(frozen=True, slots=True)
class Tools:
    """What a program needs of a graph. It stays one and the same where DSPy copies a program."""

    gatherer: Gatherer
    verify: Verify
    budget: int = BUDGET

    def __deepcopy__(self, _memo: dict[int, Any]) -> Tools:
        return self


@dataclass(frozen=True, slots=True)
class Asked:
    """One call of a language model: which predictor, with which inputs, and under another
    signature than its own if one is given. A ``sample`` (its number, the temperature) differs from
    the others of one prompt."""

    predictor: str
    inputs: Mapping[str, str]
    lang: Language
    words: str = "answer"
    signature: Any = None
    sample: tuple[int, float] | None = None


@dataclass(slots=True)
class Run:
    """One question on its way through a program."""

    question: str
    kind: Kind
    lang: Language
    options: tuple[str, ...]
    evidence: Evidence
    trace: list[dict[str, Any]] = field(default_factory=list)
    calls: int = 0


Steps = Generator[Asked, Mapping[str, Any] | None, dspy.Prediction]


class Grounded(dspy.Module):  # type: ignore[misc]
    """A program that answers from a graph's evidence.

    ``gatherer`` finds the evidence, ``verify`` checks claims, ``budget`` is about how many tokens
    of evidence are shown. ``kinds`` and ``languages`` say for which forms of question, and in which
    languages, there are predictors: an optimizer works on each that there is.
    """

    name = "grounded"
    grounded = True
    """Whether evidence is gathered, and nothing is asked without any."""

    def __init__(
        self,
        gatherer: Gatherer,
        verify: Verify,
        *,
        budget: int = BUDGET,
        kinds: Sequence[Kind] = KINDS,
        languages: Sequence[Language] = LANGUAGES,
    ) -> None:
        super().__init__()
        self.tools = Tools(gatherer, verify, budget)
        self.kinds, self.languages = tuple(kinds), tuple(languages)
        self.predictors_of: dict[str, Any] = {}

    # What a program does

    def steps(self, run: Run) -> Steps:
        """What is asked for one question, and what comes of it."""
        raise NotImplementedError

    def forward(
        self,
        question: str,
        options: Sequence[str] = (),
        evidence: Evidence | None = None,
        language: Language | None = None,
    ) -> dspy.Prediction:
        """Answer a question; raises :class:`~kgmed.kg.errors.LanguageModelError` where the model
        can't be asked at all."""
        run = self.begin(question, options, evidence, language)
        if self.grounded and not run.evidence.pieces:
            return nothing(run, "no_evidence")
        return self.driven(run, self.steps(run))

    async def aforward(
        self,
        question: str,
        options: Sequence[str] = (),
        evidence: Evidence | None = None,
        language: Language | None = None,
    ) -> dspy.Prediction:
        """:meth:`forward`, without blocking while the model answers."""
        run = self.begin(question, options, evidence, language)
        if self.grounded and not run.evidence.pieces:
            return nothing(run, "no_evidence")
        return await self.adriven(run, self.steps(run))

    def driven(self, run: Run, steps: Steps) -> dspy.Prediction:
        """What steps come to: each call that they ask for is made, and they are sent its answer."""
        try:
            asked = next(steps)
            while True:
                asked = steps.send(self._ask(run, asked))
        except StopIteration as done:
            return done.value

    async def adriven(self, run: Run, steps: Steps) -> dspy.Prediction:
        """:meth:`driven`, without blocking."""
        try:
            asked = next(steps)
            while True:
                asked = steps.send(await self._aask(run, asked))
        except StopIteration as done:
            return done.value

    def begin(
        self,
        question: str,
        options: Sequence[str],
        evidence: Evidence | None,
        language: Language | None,
    ) -> Run:
        """A question with its evidence and its form."""
        options = tuple(options)
        if len(options) > MOST_OPTIONS or len(options) == 1:
            raise UsageError(
                f"Found {len(options)} option(s), expected none or 2 to {MOST_OPTIONS}."
            )
        if not self.grounded:
            evidence = Evidence(question, language or detect_language(question))
        elif evidence is None:
            evidence = self.tools.gatherer.gather(
                question, language=language, options=options, budget=self.tools.budget
            )
        lang = language or evidence.lang
        kind: Kind = "choice" if options else "yes_no" if asks_yes_no(question) else "open"
        if kind not in self.kinds or lang not in self.languages:
            raise UsageError(
                f"The program was made for {', '.join(self.kinds)} in {', '.join(self.languages)}; "
                f"found a question of the form {kind} in {lang}."
            )
        return Run(question, kind, lang, options, evidence)

    # Asking

    def _ask(self, run: Run, asked: Asked) -> Mapping[str, Any] | None:
        """What the model answered; None where it couldn't be read, twice."""
        signature = asked.signature
        for last in (False, True):
            run.calls += 1
            try:
                with own_adapter():
                    said: Mapping[str, Any] = self._predictor(asked)(**_arguments(asked, signature))
                return said
            except AdapterParseError as error:
                signature = self._again(run, asked, error, last=last)
            except LMError as error:
                raise _unreached(error) from error
        return None

    async def _aask(self, run: Run, asked: Asked) -> Mapping[str, Any] | None:
        signature = asked.signature
        for last in (False, True):
            run.calls += 1
            predictor, given = self._predictor(asked), _arguments(asked, signature)
            try:
                said: Mapping[str, Any]
                with own_adapter():
                    try:
                        said = await predictor.acall(**given)
                    except LMUnsupportedFeatureError:  # an engine without an asynchronous twin
                        said = await asyncio.to_thread(predictor, **given)
                return said
            except AdapterParseError as error:
                signature = self._again(run, asked, error, last=last)
            except LMError as error:
                raise _unreached(error) from error
        return None

    def _predictor(self, asked: Asked) -> Any:
        return self.predictors_of[asked.predictor]

    def _again(self, run: Run, asked: Asked, error: AdapterParseError, *, last: bool) -> Any:
        """The signature to ask once more with; what was wrong goes into the trace."""
        problem = unread(error)
        said = " ".join(str(error.lm_response or "").split())[:MOST_PROBLEM]
        run.trace.append({"kind": "unread", "text": said, "problem": problem, "again": not last})
        signature = asked.signature or self._predictor(asked).signature
        told = task(asked.words, asked.lang).asked_again(problem)
        return signature.with_instructions(f"{signature.instructions}\n{told}")

    # Checking

    def claims(self, text: str, lang: Language) -> tuple[Checked, ...]:
        """The claims of what a model wrote, its citations aside."""
        return self.tools.verify(without_numbers(text), lang=lang).claims

    def traced(self, kind: str, text: str, run: Run, **more: Any) -> dict[str, Any]:
        """An entry of the trace: a text, the numbers it cites, its claims with their verdicts."""
        held = {piece.number for piece in run.evidence.pieces}
        entry = {
            "kind": kind,
            "text": text,
            "citations": [n for n in numbers_in(text) if n in held],
            "claims": told(self.claims(text, run.lang)),
            **more,
        }
        run.trace.append(entry)
        return entry


@contextmanager
def own_adapter() -> Iterator[None]:
    """DSPy's configured adapter; the programs' own where none is."""
    with dspy.context(adapter=dspy.settings.adapter or CompactAdapter()):
        yield


def asks_yes_no(question: str) -> bool:
    """Whether a question asks for yes or no.

    >>> asks_yes_no("Does aspirin treat gout?"), asks_yes_no("阿司匹林能治痛风吗？")
    (True, True)
    >>> asks_yes_no("What does aspirin treat?")
    False
    """
    return bool(_YES_NO.search(question.strip()))


def shown(evidence: Evidence) -> str:
    """Evidence as a model is shown it: numbered, as data, with names that the question has."""
    lines = [evidence.text]
    lines += [f"= {said}: {name}" for said, name in evidence.spoken_names().items()]
    return fenced("\n".join(lines))


def lettered(options: Sequence[str]) -> str:
    """Options as a model is shown them.

    >>> lettered(["gout", "asthma"])
    'A. gout\\nB. asthma'
    """
    return "\n".join(f"{chr(65 + place)}. {text}" for place, text in enumerate(options))


def concluded(run: Run, said: Mapping[str, Any] | None, **more: Any) -> dspy.Prediction:
    """A prediction of what was answered last; a failure where that couldn't be read.

    A letter that its own sentence contradicts gives way to the option that the sentence names; the
    trace says so.
    """
    if said is None:
        return nothing(run, "unread")
    text = str(said.get("answer", ""))[:MOST_ANSWER]
    held = {piece.number for piece in run.evidence.pieces}
    cited = [*said.get("citations", ()), *numbers_in(text)]
    label = str(said.get("choice") or said.get("verdict") or "")
    if run.kind == "choice" and label:
        place = named_option(text, run.options, run.question)
        if place is not None and chr(65 + place) != label:
            was, label = label, chr(65 + place)
            run.trace.append({"kind": "letter", "text": text, "label": label, "was": was})
        text = text or run.options[ord(label) - 65]
    return _prediction(
        run,
        answer=text,
        answerable=bool(said.get("answerable", True)) and bool(text.strip()),
        label=label,
        citations=[n for n in dict.fromkeys(cited) if n in held],
        reasoning=[e["text"] for e in run.trace if e["kind"] in {"step", "thought"}],
        **more,
    )


def nothing(run: Run, failed: str) -> dspy.Prediction:
    """A prediction without an answer, and why: ``no_evidence``, or ``unread`` answers."""
    return _prediction(
        run, answer="", answerable=False, label="", citations=[], reasoning=[], failed=failed
    )


def _prediction(run: Run, **fields: Any) -> dspy.Prediction:
    given = {"failed": "", "question": run.question, "kind": run.kind, "options": list(run.options),
             "language": run.lang, "evidence": run.evidence, "trace": run.trace,
             "calls": run.calls}  # fmt: skip
    return dspy.Prediction(**{**given, **fields})


def unread(error: AdapterParseError) -> str:
    """What was wrong with an answer, in one line."""
    missing = error.parsed_result is not None and [
        name for name in error.signature.output_fields if name not in error.parsed_result
    ]
    if missing:
        return f"it lacks {', '.join(missing)}"
    message = re.search(r"Failed to parse field (\w+)", str(error))
    return f"{message[1]} isn't what was asked for" if message else "it is no JSON object"


def _arguments(asked: Asked, signature: Any) -> dict[str, Any]:
    given: dict[str, Any] = dict(asked.inputs)
    if signature is not None:
        given["signature"] = signature
    if asked.sample is not None:
        number, temperature = asked.sample
        given["lm"] = sampled(number, temperature)
    return given


def sampled(number: int, temperature: float) -> Any:
    """The configured language model, for one of several samples."""
    lm = dspy.settings.lm
    if lm is None:
        raise UsageError("No language model is configured: dspy.configure(lm=...) does.")
    return lm.copy(temperature=temperature, rollout_id=number, seed=number)


def _unreached(error: LMError) -> KgmedError:
    if isinstance(error, KgmedError):
        return error  # says it all
    told = " ".join(str(error).split())[:300]
    made = LanguageModelError(
        f"The language model gave no answer ({type(error).__name__}: {told}). Is it running, and "
        "does it take a prompt of this length? `kgmed lm check` tells."
    )
    made.of_the_request = isinstance(error, ContextWindowExceededError)
    return made
