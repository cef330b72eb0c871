"""What an alignment did, for the build report."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from kgmed.builders.align.rules import RULES, SOURCE
from kgmed.builders.source import SourceInfo

if TYPE_CHECKING:
    import duckdb

LISTED = 1000
"""Rows kept of each list; the counts say how many there were."""


@dataclass(slots=True)
class AlignReport:
    """Counts by rule, and the lists that a curator should look at.

    ``exact``, ``broad``: concepts with a mapping of that predicate; one with both counts as exact.
    ``rules``: rule -> concepts; ``refused``: reason -> candidates that a rule found and that don't
    count. ``categories``: category -> concepts, and how many of them have which mapping.
    ``outcome``: status that identity gave the mappings -> count.
    """

    authorities: list[str] = field(default_factory=list)
    concepts: int = 0
    mapped_already: int = 0
    exact: int = 0
    broad: int = 0
    rules: dict[str, int] = field(default_factory=dict)
    categories: dict[str, dict[str, int]] = field(default_factory=dict)
    refused: dict[str, int] = field(default_factory=dict)
    ties: int = 0
    tied: list[dict[str, str]] = field(default_factory=list)
    another_code: list[dict[str, str]] = field(default_factory=list)
    outcome: dict[str, int] = field(default_factory=dict)
    sources: list[SourceInfo] = field(default_factory=list)

    @property
    def unaligned(self) -> int:
        """Concepts without a mapping of any rule, and without one of another source."""
        return self.concepts - self.mapped_already - self.exact - self.broad

    def settle(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Count what identity made of the mappings; call it after identity."""
        if self.sources:
            self.outcome = dict(
                connection.execute(
                    "SELECT status, count(*) FROM mapping_out WHERE source = ? GROUP BY 1"
                    " ORDER BY 1",
                    [SOURCE],
                ).fetchall()
            )

    def to_markdown(self) -> list[str]:
        """The lines of the section Alignment; none where there was nothing to align."""
        if not self.concepts:
            return []
        share = 100 * self.unaligned / self.concepts
        lines = [
            "## Alignment",
            "",
            f"{self.concepts:,} concepts of {', '.join(self.authorities)}, which have no"
            f" identifiers: {self.exact:,} aligned, {self.broad:,} with something broader only,"
            f" {self.mapped_already:,} mapped by a source already, {self.unaligned:,}"
            f" ({share:.1f}%) unaligned, {self.ties:,} of them for a tie.",
            "",
            "| category | concepts | aligned | broader | unaligned |",
            "|---|--:|--:|--:|--:|",
        ]
        lines += [
            f"| {name} | {n['concepts']:,} | {n['exact']:,} | {n['broad']:,} | {n['none']:,} |"
            for name, n in self.categories.items()
        ]
        lines += ["", "| rule | predicate | confidence | concepts |", "|---|---|--:|--:|"]
        lines += [
            f"| {name} | {RULES[name].predicate} | {RULES[name].confidence:.2f} | {n:,} |"
            for name, n in self.rules.items()
        ]
        lines.append("")
        for title, counts in (
            ("Candidates refused", self.refused),
            ("What identity made of the mappings", self.outcome),
        ):
            if counts:
                lines += [f"{title}:", "", *(f"- {k}: {n:,}" for k, n in counts.items()), ""]
        return lines
