"""What verifying a new graph's statements against each other found: a part of the build report.

The verifier is no part of the builders: who builds passes it in (:data:`SelfCheck`;
:func:`kgmed.facade.self_check` is the one that ships).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from kgmed.kg.store.snapshot import Snapshot

RULES = {
    "explicit_negative": "denied by another",
    "asymmetric_reverse": "the reverse is stated, and the predicate has one direction",
    "excludes": "another excludes it",
    "ill_typed": "an end of a category that the predicate doesn't take",
}
"""What refutes a statement, in words; any other rule bears out what a denial denies."""
DENIAL = "a denial of what another states"


@dataclass(slots=True)
class SelfCheckReport:
    """How many statements were verified, in how many seconds, and what others refute.

    ``refuted`` counts statements by rule. ``conflicts`` list them: the statement, what it says and
    its source, and the same of those against it; the first of each rule, a pair that refutes each
    other once. ``ran`` is False for a build without a self-check.
    """

    ran: bool = False
    statements: int = 0
    seconds: float = 0.0
    refuted: dict[str, int] = field(default_factory=dict)
    conflicts: list[dict[str, str]] = field(default_factory=list)

    @property
    def count(self) -> int:
        """Statements that others refute."""
        return sum(self.refuted.values())

    def by_reason(self) -> dict[str, int]:
        """The counts, by rule in words.

        >>> SelfCheckReport(True, 9, refuted={"statement": 1, "symmetric": 2}).by_reason()
        {'a denial of what another states': 3}
        """
        found: dict[str, int] = {}
        for rule, count in self.refuted.items():
            reason = RULES.get(rule, DENIAL)
            found[reason] = found.get(reason, 0) + count
        return found

    def line(self) -> str:
        """One line for whoever builds.

        >>> SelfCheckReport(True, 1200).line()
        'self-check: 0 of 1,200 statements refuted'
        >>> SelfCheckReport(True, 1200, refuted={"excludes": 2}).line()
        'self-check: 2 of 1,200 statements refuted: another excludes it (2)'
        """
        if not self.ran:
            return "self-check: left out"
        reasons = "; ".join(f"{name} ({n:,})" for name, n in self.by_reason().items())
        of = f"{self.count:,} of {self.statements:,} statements refuted"
        return f"self-check: {of}: {reasons}" if reasons else f"self-check: {of}"


SelfCheck = Callable[[Snapshot], SelfCheckReport]
"""Verifies the statements of a generation that isn't published yet."""
