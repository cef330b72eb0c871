"""What was found out about an endpoint."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """One question to an endpoint: whether it does that (None where nobody can tell), what was
    found, and what to do where it doesn't."""

    name: str
    needed: bool
    ok: bool | None
    found: str
    fix: str = ""


@dataclass(frozen=True, slots=True)
class LMCheck:
    """What ``kgmed lm check --json`` prints. ``ok``: nothing that is needed is missing."""

    name: str
    api_base: str
    ok: bool
    trusted: bool
    why_trusted: str
    served: tuple[str, ...]
    context_tokens: int | None
    findings: tuple[Finding, ...]
    elapsed_ms: float
    schema: str = "kgmed.lm/1"
