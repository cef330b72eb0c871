"""From what was found to a verdict: the table of DESIGN section 7, and nothing else.

>>> from kgmed.reasoning.claims.model import Proof
>>> stated, denied = Proof("statement"), Proof("explicit_negative")
>>> decide(Findings(supports=(stated,), refutes=(denied,)), negated=False).verdict
'SUPPORTED'
>>> decide(Findings(refutes=(denied,)), negated=False).verdict
'REFUTED'
>>> decide(Findings(supports=(stated,)), negated=True).verdict
'REFUTED'
"""

from __future__ import annotations

from dataclasses import dataclass

from kgmed.kg.model import Statement
from kgmed.reasoning.claims.coverage import Coverage
from kgmed.reasoning.claims.model import Proof, Verdict
from kgmed.reasoning.claims.rules import RULES

REASONS = {
    "ambiguous": "an end may mean several concepts, and they would get different verdicts",
    "members_only": "the graph says it of members of the class, not of the class",
    "no_common_source": "no one source speaks of both ends under this predicate",
    "no_value": "the claim names no value",
    "not_linked": "an end isn't a concept of the graph",
    "not_stated": "a source that speaks of both ends doesn't state it",
    "object_not_covered": "the graph holds nothing of this predicate for the object",
    "predicate_absent": "the graph holds no statement of this predicate",
    "qualifiers_differ": "it is stated, but not with these qualifiers",
    "some_only": "denied in general, while the graph states it of something narrower or of a class",
    "subject_not_covered": "the graph holds nothing of this predicate for the subject",
    "uncertain_link": "it would be refuted, but the text doesn't surely mean these concepts",
    "unknown_predicate": "no such predicate",
}
"""What ``reason`` may say of a claim that is neither supported nor refuted."""


@dataclass(frozen=True, slots=True)
class Findings:
    """All that was found for and against a claim as if it weren't negated.

    ``supports`` and ``refutes`` come best first, the entailing before the others; ``warns`` are
    proofs by ``opposes``; ``differing`` statements join the ends with other qualifiers; ``members``
    counts (members that have it, members looked at) of a class, ``plausible`` are chains that
    suggest it. ``coverage`` is None where nobody needed to ask.
    """

    supports: tuple[Proof, ...] = ()
    refutes: tuple[Proof, ...] = ()
    warns: tuple[Proof, ...] = ()
    differing: tuple[Statement, ...] = ()
    members: tuple[int, int] = (0, 0)
    plausible: tuple[Proof, ...] = ()
    coverage: Coverage | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """A verdict, why in a word, its proof, and what speaks against it."""

    verdict: Verdict
    reason: str = ""
    proof: Proof | None = None
    against: tuple[Proof, ...] = ()
    alternatives: tuple[Proof, ...] = ()

    @property
    def conflicts(self) -> tuple[bool, ...]:
        """Of each proof in ``against``, whether it would decide the claim the other way, had the
        verdict's own not come first.

        >>> stated, denied, warns = Proof("statement"), Proof("explicit_negative"), Proof("opposes")
        >>> found = Findings(supports=(stated,), refutes=(denied,), warns=(warns,))
        >>> decide(found, negated=False).conflicts
        (True, False)
        """
        decided = self.verdict in {"SUPPORTED", "REFUTED"}
        return tuple(decided and RULES[proof.rule].entails for proof in self.against)


def decide(found: Findings, *, negated: bool) -> Decision:
    """The verdict on a claim, or on its denial.

    A denial that a source states is supported even where others state the contrary, as a statement
    is; what a rule entails refutes it, what merely holds of some doesn't.
    """
    if not negated:
        if found.supports:
            against = (*found.refutes, *found.warns)
            return _by(found.supports, "SUPPORTED", against)
        if found.refutes:
            return _by(found.refutes, "REFUTED", ())
        return _open(found, found.warns)
    denials = tuple(proof for proof in found.refutes if proof.rule == "explicit_negative")
    entailed = tuple(proof for proof in found.supports if RULES[proof.rule].entails)
    if denials:
        return _by(denials, "SUPPORTED", found.supports)
    if entailed:
        return _by(entailed, "REFUTED", found.refutes)
    if found.supports:
        against = (*found.supports[:1], *found.refutes)
        return Decision("UNSUPPORTED", "some_only", Proof("some_only"), against)
    if found.refutes:
        return _by(found.refutes, "SUPPORTED", ())
    return _open(found, ())


def _by(proofs: tuple[Proof, ...], verdict: Verdict, against: tuple[Proof, ...]) -> Decision:
    return Decision(verdict, "", proofs[0], against, proofs[1:])


def _open(found: Findings, against: tuple[Proof, ...]) -> Decision:
    """UNSUPPORTED or NOT_COVERED: nothing decides the claim."""
    plausible = tuple(
        f"plausible only, by {' and '.join(s.id[:8] for s in p.statements)}"
        for p in found.plausible[:1]
    )
    if found.differing:
        proof = Proof("qualifiers_differ", found.differing, premises=plausible)
        return Decision("UNSUPPORTED", "qualifiers_differ", proof, against)
    having, members = found.members
    if having:
        counted = f"{having} of {members} members have it"
        proof = Proof("members_only", premises=(counted, *plausible))
        return Decision("UNSUPPORTED", "members_only", proof, against)
    coverage = found.coverage or Coverage((), ())
    if coverage.gap:
        proof = Proof("not_covered", premises=plausible)
        return Decision("NOT_COVERED", coverage.gap, proof, against)
    sources = tuple(f"covered by {source}" for source in coverage.common)
    proof = Proof("covered", premises=(*sources, *plausible))
    return Decision("UNSUPPORTED", "not_stated", proof, against)
