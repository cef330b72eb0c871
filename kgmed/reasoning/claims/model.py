"""A claim, its verdict, and the proof of it: frozen values, the shapes that ``--json`` prints.

A claim says that a predicate holds between two concepts, or that it doesn't. The verdict is one of
:data:`VERDICTS` and never a model's opinion: it follows by named rules from statements, which the
proof lists.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from kgmed.kg.linking.link import Link
from kgmed.kg.model import Language, Path, Statement

Verdict = Literal["SUPPORTED", "REFUTED", "UNSUPPORTED", "NOT_COVERED"]
VERDICTS: tuple[Verdict, ...] = ("SUPPORTED", "REFUTED", "UNSUPPORTED", "NOT_COVERED")
"""Borne out; contradicted, and borne out by nothing; covered by a source that doesn't state it;
about something that no source covers."""


@dataclass(frozen=True, slots=True)
class Claim:
    """What is claimed: subject, predicate, object; CURIEs, or links where they come from a text.

    ``start`` and ``end`` are the claim's span in its text in code points, ``text`` that span and
    ``sentence`` the sentence around it; 0, 0, "" and "" for a claim that comes from no text.
    """

    subject: str | Link
    predicate: str
    object: str | Link
    negated: bool = False
    qualifiers: Mapping[str, str] = field(default_factory=dict)
    start: int = 0
    end: int = 0
    text: str = ""
    sentence: str = ""

    @property
    def triple(self) -> tuple[str, str, str]:
        """Ids of both ends, and the predicate between them."""
        return _id(self.subject), self.predicate, _id(self.object)


def _id(end: str | Link) -> str:
    return end if isinstance(end, str) else end.id


@dataclass(frozen=True, slots=True)
class Proof:
    """Why: the rule, the statements it was applied to, in order, and the path they form if any.

    ``premises`` are what the rule took for granted besides, in words ("gout is a subclass of
    arthritis", or counts of members); ``words`` is the proof in one plain sentence.
    """

    rule: str
    statements: tuple[Statement, ...] = ()
    path: Path | None = None
    premises: tuple[str, ...] = ()
    words: str = ""
    confidence: float = 1.0


@dataclass(frozen=True, slots=True)
class Plausibility:
    """How plausible a trained model finds a claim that is UNSUPPORTED. It is no evidence and has no
    part in the verdict.

    ``probability`` (0-1) is that in a mixture of which the share ``prior`` is true and the rest are
    hard negatives; None where there is none, and ``reason`` says why in a word
    (:data:`kgmed.reasoning.plausibility.uses.words.REASONS`). ``model`` is the model's name.
    ``paths`` are the nearest between the two concepts, the best first; ``words`` is all but them in
    one plain sentence.
    """

    probability: float | None
    model: str
    reason: str = ""
    prior: float = 0.5
    paths: tuple[Path, ...] = ()
    words: str = ""


@dataclass(frozen=True, slots=True)
class Checked:
    """A claim with its verdict.

    ``reason`` says in a word why it isn't supported ("ambiguous", "no such predicate", ...), and is
    empty where the proof says all. ``confidence`` (0-1) is the least of those of links, mappings
    and statements that were used, and no probability. ``against`` holds what speaks against the
    verdict; ``conflict`` says that it contradicts the proof, so that the sources disagree (a drug
    that treats what it is contraindicated in is no conflict). ``alternatives`` are further proofs,
    where they were asked for. ``plausibility`` is what a trained model says of an UNSUPPORTED
    claim, where one was asked; nothing else here depends on it.
    """

    claim: Claim
    verdict: Verdict
    reason: str = ""
    confidence: float = 0.0
    proof: Proof | None = None
    against: tuple[Proof, ...] = ()
    alternatives: tuple[Proof, ...] = ()
    conflict: bool = False
    plausibility: Plausibility | None = None

    def _repr_html_(self) -> str:
        from kgmed.reasoning.display.verdicts import checked_html

        return checked_html(self)


@dataclass(frozen=True, slots=True)
class Skipped:
    """A sentence of a text that states no claim, and why: a question, a condition, no concept.

    Or what a language model claimed and the text doesn't say: ``claimed`` is that claim, and the
    span is the quote it gave, empty where the text has no such words.
    """

    start: int
    end: int
    text: str
    reason: str
    claimed: str = ""


@dataclass(frozen=True, slots=True)
class Verification:
    """A text's claims with their verdicts: what ``kgmed verify --json`` prints."""

    text: str
    lang: Language
    claims: tuple[Checked, ...]
    skipped: tuple[Skipped, ...] = ()
    snapshot: str = ""
    elapsed_ms: float = 0.0
    schema: str = "kgmed.verification/1"

    def _repr_html_(self) -> str:
        from kgmed.reasoning.display.verdicts import verification_html

        return verification_html(self)

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        from kgmed.reasoning.claims.report import lines

        printer.text("\n".join(lines(self)))


@dataclass(frozen=True, slots=True)
class VerifiedClaim:
    """A claim of a text and its verdict side by side, as they are printed; ``subject`` and
    ``object`` are links or CURIEs. ``conflict``: sources disagree, and ``against`` holds the other
    side. ``plausibility``: what a trained model says of an UNSUPPORTED claim, where it was asked
    for; no evidence."""

    start: int
    end: int
    text: str
    subject: str | Link
    predicate: str
    object: str | Link
    negated: bool
    qualifiers: Mapping[str, str]
    verdict: str
    reason: str
    confidence: float
    proof: Proof | None
    against: tuple[Proof, ...]
    sentence: str
    alternatives: tuple[Proof, ...] = ()
    conflict: bool = False
    plausibility: Plausibility | None = None


def verified_claim(checked: Checked) -> VerifiedClaim:
    """A checked claim as it is printed."""
    claim = checked.claim
    return VerifiedClaim(
        claim.start, claim.end, claim.text, claim.subject, claim.predicate, claim.object,
        claim.negated, claim.qualifiers, checked.verdict, checked.reason, checked.confidence,
        checked.proof, checked.against, claim.sentence, checked.alternatives, checked.conflict,
        checked.plausibility,
    )  # fmt: skip


def told(claims: Sequence[Checked]) -> list[dict[str, Any]]:
    """Claims as a trace shows them: text, verdict, the rule behind it."""
    return [
        {"text": c.claim.text, "verdict": c.verdict, "rule": c.proof.rule if c.proof else c.reason}
        for c in claims
    ]
