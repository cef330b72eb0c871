"""How well a graph bears out what a model wrote: a reward for training, by the verifier's verdicts.

:class:`Reward` is called as TRL's trainers call reward functions
(https://huggingface.co/docs/trl/grpo_trainer): lists in, a number for each completion out. What is
weighed, most to least:

    refuted       one refuted claim costs more than any number of others brings
    empty         nothing written
    evidence      the evidence of the prompt written down instead of an answer
    unsupported   claims that the graph covers and doesn't bear out, then those it doesn't cover
    unchecked     text without a claim
    abstained     it says that it can't tell, and claims nothing
    supported     claims that the graph bears out, about what was asked

A claim counts once, however often it is written. A supported one brings something only if it says
what was asked: of the question's relation where that can be read, between two of its concepts where
it names several, else about the one it names. A safe claim is no answer. The value says how much of
what was claimed holds, between -1 and 1.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from kgmed.kg.errors import UsageError
from kgmed.kg.linking.linker import Linker
from kgmed.kg.predicates import Registry
from kgmed.kg.store.base import GraphStore
from kgmed.reasoning.claims.model import Checked, Claim
from kgmed.reasoning.claims.texts import Extractor, TextVerifier
from kgmed.reasoning.claims.verify import Verifier
from kgmed.reasoning.programs.slots import bind, whether
from kgmed.reasoning.question import parse
from kgmed.reasoning.retrieve import Retriever

Message = Mapping[str, Any]
Completion = str | Sequence[Message]
"""A text, or messages of which the assistant's count."""


@dataclass(frozen=True, slots=True)
class Weights:
    """What each outcome is worth, from -1 to 1.

    ``refuted`` to ``abstained`` are values of a whole completion, ``unsupported`` and
    ``not_covered`` what such a claim brings where a supported one brings 1.
    """

    refuted: float = -1.0
    empty: float = -0.6
    evidence: float = -0.5
    unchecked: float = 0.0
    abstained: float = 0.1
    unsupported: float = -0.4
    not_covered: float = -0.2

    def __post_init__(self) -> None:
        if not -1 <= self.refuted < self.empty < self.unchecked <= self.abstained < 1:
            raise UsageError(
                f"Found {self}, expected -1 <= refuted < empty < unchecked <= abstained < 1: else "
                "a model is paid for saying what is false, or nothing."
            )


@dataclass(frozen=True, slots=True)
class Weighed:
    """A completion's reward, why, and its claims: each once, with whether it says what was
    asked."""

    value: float
    reason: str
    claims: tuple[tuple[Checked, bool], ...] = ()


class Reward:
    """Weighs completions against one graph.

    ``extractor`` takes the claims from a text, by rules if none is given. Texts that come again
    aren't verified again, up to ``keep`` of them.
    """

    __name__ = "kgmed_reward"  # what TRL's logs call it

    def __init__(
        self,
        store: GraphStore,
        registry: Registry,
        *,
        weights: Weights | None = None,
        extractor: Extractor | None = None,
        keep: int = 4_096,
    ) -> None:
        self.weights = weights or Weights()
        self._registry, self._keep = registry, keep
        self._linker = Linker(store)
        self._retriever = Retriever(store, registry)
        self._verifier = Verifier(store, registry)
        self._texts = TextVerifier(
            self._linker, self._verifier, snapshot=store.info().snapshot, extractor=extractor
        )
        self._known: dict[str, tuple[Checked, ...]] = {}

    def __call__(
        self,
        completions: Sequence[Completion],
        prompts: Sequence[Completion] | None = None,
        **_columns: Any,
    ) -> list[float]:
        """A reward for each completion, in order; ``prompts`` say what was asked.

        Other columns of a dataset are taken and not looked at. Raises
        :class:`~kgmed.kg.errors.UsageError` for prompts of another number than completions.
        """
        asked = list(prompts) if prompts is not None else [""] * len(completions)
        if len(asked) != len(completions):
            raise UsageError(
                f"Found {len(asked):,} prompts for {len(completions):,} completions, expected one "
                "for each."
            )
        return [
            self.explain(completion, prompt).value
            for completion, prompt in zip(completions, asked, strict=True)
        ]

    def explain(self, completion: Completion, prompt: Completion = "") -> Weighed:
        """The reward of one completion, and how it comes about."""
        weights = self.weights
        text = _text(completion, "assistant").strip()
        if not any(character.isalnum() for character in text):
            return Weighed(weights.empty, "empty")
        question, evidence = _parts(_text(prompt, "user"))
        claims = self._claims(text, question)
        if any(checked.verdict == "REFUTED" for checked, _about in claims):
            return Weighed(weights.refuted, "refuted", claims)
        if evidence and _copied(text, evidence):
            return Weighed(weights.evidence, "the evidence copied", claims)
        counted = [checked for checked, says in claims if says or checked.verdict != "SUPPORTED"]
        if not counted:
            if not claims and abstains(text):
                return Weighed(weights.abstained, "abstained")
            return Weighed(weights.unchecked, "nothing that was asked", claims)
        worth = {"SUPPORTED": 1.0, "UNSUPPORTED": weights.unsupported,
                 "NOT_COVERED": weights.not_covered}  # fmt: skip
        value = sum(worth[checked.verdict] for checked in counted) / len(counted)
        return Weighed(round(value, 4), "claims", claims)

    def _claims(self, text: str, question: str) -> tuple[tuple[Checked, bool], ...]:
        """The claims of a text, each once, and whether they say what was asked."""
        asked = self._asked(question)
        seen: dict[tuple[object, ...], tuple[Checked, bool]] = {}
        for checked in self._checked(text) or self._in_a_word(text, asked):
            subject, predicate, object = checked.claim.triple
            key = (frozenset((subject, object)), predicate, checked.claim.negated,
                   tuple(sorted(checked.claim.qualifiers.items())))  # fmt: skip
            seen.setdefault(key, (checked, asked.says(subject, predicate, object)))
        return tuple(seen.values())

    def _checked(self, text: str) -> tuple[Checked, ...]:
        known = self._known.get(text)
        if known is None:
            if len(self._known) >= self._keep:
                self._known.clear()
            known = self._known[text] = self._texts.verify(text).claims
        return known

    def _in_a_word(self, text: str, asked: _Asked) -> tuple[Checked, ...]:
        """What "yes" or "no" claims, where the question is one that they answer."""
        word = _YES_NO.match(text)
        if word is None or asked.whether is None:
            return ()
        return (self._verifier.claim(replace(asked.whether, negated=word["no"] is not None)),)

    def _asked(self, question: str) -> _Asked:
        """What a question asks, as far as it can be read."""
        if not question.strip():
            return _Asked((), frozenset())
        ids = dict.fromkeys(link.id for link in self._linker.text(question) if link.id)
        near = self._near(list(ids))
        concepts = tuple(frozenset({id, *others}) for id, others in zip(ids, near, strict=True))
        _lang, readings = parse(question.strip().splitlines()[-1], registry=self._registry)
        name = readings[0].predicate if readings else None
        if name is None:
            return _Asked(concepts, frozenset())
        bound = bind(readings, self._linker, self._retriever)
        around = {*self._registry.descendants(name), *self._registry.ancestors(name)}
        return _Asked(concepts, frozenset(around), whether(bound))

    def _near(self, ids: Sequence[str]) -> list[list[str]]:
        """What stands directly above and below each concept: a question about diabetes is
        answered by a claim about type 2 diabetes."""
        store = self._retriever.store
        lists = store.neighbors(ids, predicates=["subclass_of", "form_of"])
        return [[end for e in edges for end in (e.subject, e.object)] for edges in lists]


@dataclass(frozen=True, slots=True)
class _Asked:
    """The concepts of a question, each with its neighbours in the hierarchy, the predicates, and
    the claim that "yes" makes."""

    concepts: tuple[frozenset[str], ...]
    predicates: frozenset[str]
    whether: Claim | None = None

    def says(self, subject: str, predicate: str, object: str) -> bool:
        """Whether a claim says what was asked."""
        if self.predicates and predicate not in self.predicates:
            return False
        met = sum(bool({subject, object} & ids) for ids in self.concepts)
        return met >= min(2, len(self.concepts))


_ABSTAINS = re.compile(
    r"\b(?:i (?:do not|don't|can ?not|can't) (?:know|tell|say|answer|determine)"
    r"|(?:not|isn't|aren't) (?:listed|known|covered|stated|enough (?:evidence|information))"
    r"|(?:no|insufficient|not enough) (?:evidence|information|data)"
    r"|can ?not be (?:answered|determined|told)|unable to (?:answer|tell|determine))"
    r"|不知道|无法(?:回答|判断|确定)|不能(?:回答|判断|确定)|没有(?:足够的?)?(?:证据|信息|记载|依据)"
    r"|证据不足|未(?:收录|列出|记载)",
    re.I,
)
_YES_NO = re.compile(
    r"\W*(?:(?:yes|correct|right|true|是的?|有的?|会的?|可以|对)|(?P<no>no|not|false|否|不|没有?))\b",
    re.I,
)
_FENCE = re.compile(r"<text ([0-9a-f]{8,64})>\n(.*?)\n</text \1>", re.S)
_NUMBERED = re.compile(r"^\s*\[\d+\]\s*(.+)$", re.M)
_WORD = re.compile(r"[a-z0-9]+|[^\W_a-z0-9]")
_COPY_LINES = 4
"""Pieces of evidence from which writing most of them down is no answer."""
_COPY_SHARE = 0.6


def abstains(text: str) -> bool:
    """Whether a text says that it can't tell.

    >>> abstains("There is no evidence for that in the graph."), abstains("Warfarin treats gout.")
    (True, False)
    """
    return _ABSTAINS.search(text.replace("’", "'")) is not None


def _text(said: Completion, role: str) -> str:
    """What a role says last, of messages; a text is itself."""
    if isinstance(said, str):
        return said
    own = [str(m.get("content") or "") for m in said if m.get("role") == role]
    return own[-1] if own else ""


def _parts(prompt: str) -> tuple[str, list[str]]:
    """The question of a prompt, and the lines of evidence that stand in it."""
    fenced = [line for found in _FENCE.finditer(prompt) for line in found[2].splitlines()]
    rest = _FENCE.sub("\n", prompt)
    numbered = [found[1] for found in _NUMBERED.finditer(rest)]
    lines = [_NUMBERED.sub(r"\1", line).strip() for line in fenced] + numbered
    return _NUMBERED.sub("", rest), [line for line in lines if line]


def _copied(text: str, evidence: Sequence[str]) -> bool:
    """Whether most of the evidence is written down."""
    if len(evidence) < _COPY_LINES:
        return False
    written = " ".join(_WORD.findall(text.casefold()))
    lines = [" ".join(_WORD.findall(line.casefold())) for line in evidence]
    there = sum(len(line) for line in lines if line and line in written)
    return there > _COPY_SHARE * sum(map(len, lines))
