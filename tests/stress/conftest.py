"""The table that the runs of mutated files end with."""

from __future__ import annotations

from collections import Counter, defaultdict

import pytest

OUTCOMES = ("refused", "read", "read in part")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    totals: dict[str, Counter[str]] = defaultdict(Counter)
    for report in terminalreporter.getreports("passed"):
        for name, value in report.user_properties:
            if name == "mutations":
                reader, counts = value
                totals[reader].update(counts)
    if not totals:
        return
    terminalreporter.section("mutated files")
    terminalreporter.write_line(
        "  ".join(f"{name:>12}" for name in ("reader", "inputs", *OUTCOMES))
    )
    for reader, counts in totals.items():
        cells = (f"{n:,}" for n in (counts.total(), *(counts[outcome] for outcome in OUTCOMES)))
        terminalreporter.write_line("  ".join(f"{cell:>12}" for cell in (reader, *cells)))
