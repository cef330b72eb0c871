"""Verdicts as displays: a colour, a sign and a line each, so that none is told by colour alone."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TypeAlias

from kgmed.kg.display.html import SHOWN, Html, folded, note, rest, table
from kgmed.kg.display.values import path_html, statements_table
from kgmed.kg.display.words import relation
from kgmed.kg.linking.html import plain
from kgmed.kg.linking.link import Link
from kgmed.kg.model import Path, Statement
from kgmed.reasoning.claims.model import (
    VERDICTS,
    Checked,
    Verdict,
    Verification,
    VerifiedClaim,
    verified_claim,
)
from kgmed.reasoning.plausibility.uses.words import meanings, nearest

Claimed: TypeAlias = Checked | VerifiedClaim

SIGNS: dict[str, str] = {
    "SUPPORTED": "✓", "REFUTED": "✗", "UNSUPPORTED": "?", "NOT_COVERED": "∅",
}  # fmt: skip
"""What stands beside the colour of a verdict."""
COLOURS: dict[str, str] = {
    "SUPPORTED": "#bfe3c8", "REFUTED": "#f7c6c0", "UNSUPPORTED": "#fbe6a8",
    "NOT_COVERED": "#dddddd",
}  # fmt: skip
_BELOW: dict[str, str] = {
    "SUPPORTED": "2px solid #1f6b3a", "REFUTED": "3px double #a3261b",
    "UNSUPPORTED": "2px dashed #7a5a00", "NOT_COVERED": "2px dotted #555",
}  # fmt: skip
WORST: tuple[Verdict, ...] = ("REFUTED", "UNSUPPORTED", "NOT_COVERED", "SUPPORTED")
"""Which verdict a span shows that holds several claims: the first of these."""
MARKED = 20_000
"""Characters of a text that a notebook shows."""


def style(verdict: str) -> str:
    """The style of what is marked with a verdict: dark text on light, a line of its own kind."""
    below = _BELOW.get(verdict, "1px solid #555")
    ground = COLOURS.get(verdict, "#eee")
    return f"background:{ground};color:#111;border-bottom:{below}"


def chip(verdict: str) -> Html:
    """A verdict by its sign and its word.

    >>> "✗ REFUTED" in chip("REFUTED")
    True
    """
    sign = SIGNS.get(verdict, "·")
    kind = f"{style(verdict)};white-space:nowrap;padding:0 .2em"
    return Html(f'<span style="{kind}">{sign} {plain(verdict)}</span>')


def legend(verdicts: Sequence[str] = VERDICTS) -> Html:
    """The signs of verdicts, with their words."""
    return Html(" ".join(chip(verdict) for verdict in verdicts))


def marked(text: str, claims: Sequence[tuple[int, int, str]]) -> Html:
    """A text, cut where claims (start, end, verdict) begin and end; a stretch has the colour of the
    worst of its verdicts, and begins with the signs and numbers of the claims that begin there.

    >>> "✓1" in marked("Warfarin interacts with aspirin.", [(0, 31, "SUPPORTED")])
    True
    """
    edges = {0, len(text)}
    for start, end, _verdict in claims:
        edges |= {start, end}
    cuts = sorted(edge for edge in edges if 0 <= edge <= len(text))
    parts = []
    for start, end in pairwise(cuts):
        shown = plain(text[start:end]).replace("\n", "<br>\n")
        here = [
            (n, verdict)
            for n, (first, last, verdict) in enumerate(claims, 1)
            if first <= start and end <= last
        ]
        if here:
            worst = min((v for _n, v in here), key=_rank)
            told = plain(", ".join(f"{n}: {verdict}" for n, verdict in here))
            begun = [(n, v) for n, v in here if claims[n - 1][0] == start]
            signs = _signs(begun)
            sup = f'<b style="font-size:.75em">{signs}</b> ' if signs else ""
            shown = f'<mark style="{style(worst)}" title="{told}">{sup}{shown}</mark>'
        parts.append(shown)
    return Html("".join(parts))


def _signs(begun: Sequence[tuple[int, str]]) -> str:
    """The signs of claims with their numbers; a run of one verdict by its first and last.

    >>> _signs([(1, "REFUTED"), (2, "SUPPORTED"), (3, "SUPPORTED"), (4, "SUPPORTED")])
    '✗1 ✓2-4'
    """
    runs: list[tuple[str, int, int]] = []
    for n, verdict in begun:
        if runs and runs[-1][0] == verdict and runs[-1][2] == n - 1:
            runs[-1] = (verdict, runs[-1][1], n)
        else:
            runs.append((verdict, n, n))
    return " ".join(
        f"{SIGNS.get(verdict, '·')}{first}" + (f"-{last}" if last > first else "")
        for verdict, first, last in runs
    )


def _rank(verdict: str) -> int:
    return WORST.index(verdict) if verdict in WORST else len(WORST)


def verification_html(found: Verification) -> Html:
    """A verification: the text marked by verdict, a row per claim, what states nothing folded."""
    text = found.text[:MARKED]
    spans = [(c.claim.start, c.claim.end, c.verdict) for c in found.claims]
    verdicts = [verdict for verdict in VERDICTS if any(c.verdict == verdict for c in found.claims)]
    cut = rest(len(found.text) - len(text), "") if len(found.text) > len(text) else ""
    skipped = table(
        ("sentence", "why"),
        [(one.claimed or one.text, one.reason) for one in found.skipped],
        limit=SHOWN, more=".skipped",
    ) if found.skipped else ""  # fmt: skip
    torn = sum(checked.conflict for checked in found.claims)
    return Html(
        f'<div dir="auto" style="line-height:1.8">{marked(text, spans)}</div>{cut}'
        + (f"<p><small>{legend(verdicts)}</small></p>" if verdicts else "")
        + (claims_html(found.claims) if found.claims else note("No claim that can be checked."))
        + (note(f"Sources disagree on {torn} of them.") if torn else "")
        + "".join(
            note(line) for line in meanings([c.plausibility for c in found.claims], found.lang)
        )
        + folded(
            f"sentences that state nothing that can be checked ({len(found.skipped):,})", skipped
        )
    )


def checked_html(checked: Checked) -> Html:
    """A claim with its verdict, its proof and what speaks against it."""
    return Html(claims_html([checked]) + _proofs(verified_claim(checked)))


def claims_html(claims: Sequence[Claimed], *, limit: int = SHOWN) -> Html:
    """Claims, a row each: verdict, claim, why, and the statements that prove it."""
    rows = []
    for number, one in enumerate(claims[:limit], 1):
        claim = verified_claim(one) if isinstance(one, Checked) else one
        against = [f"against: {proof.words}" for proof in claim.against if proof.words]
        why = claim.proof.words if claim.proof and claim.proof.words else claim.reason
        told = [claim.plausibility.words] if claim.plausibility is not None else []
        words = " ".join([why, *against, *told])
        rows.append((number, chip(claim.verdict), triple(claim), words, _cites(claim)))
    made = table(("", "verdict", "claim", "why", "statements"), rows)
    drawn = [
        path_html(path, _names(claim))
        for claim in claims[:limit]
        if (path := _path(claim)) is not None and len(path.steps) > 1
    ]
    return Html(
        made + rest(len(claims) - len(rows), ".claims")
        + folded("proofs of more than one step", "".join(drawn)) + _nearest(claims[:limit])
    )  # fmt: skip


def _nearest(claims: Sequence[Claimed]) -> str:
    """The paths between the ends of claims that a model was asked about."""
    told = [one.plausibility for one in claims if one.plausibility is not None]
    lines = [(nearest(path, "en"),) for one in told for path in one.paths]
    return folded("nearest paths, no proof", table(("path",), lines)) if lines else ""


def _path(claim: Claimed) -> Path | None:
    return claim.proof.path if claim.proof is not None else None


def said(claim: VerifiedClaim) -> str:
    """A claim as its text has it, else as its triple."""
    if claim.text:
        return " ".join(claim.text.split())
    return f"{_name(claim.subject)} {'not ' * claim.negated}{claim.predicate} {_name(claim.object)}"


def triple(claim: VerifiedClaim) -> str:
    """A claim as a triple in words; several in one stretch of text read alike otherwise."""
    denied = "not " if claim.negated else ""
    return f"{_name(claim.subject)} {denied}{relation(claim.predicate)} {_name(claim.object)}"


def _name(end: str | Link) -> str:
    return end if isinstance(end, str) else end.name or end.text


def _names(claim: Claimed) -> dict[str, str]:
    own = claim.claim if isinstance(claim, Checked) else claim
    return {end.id: end.name for end in (own.subject, own.object) if not isinstance(end, str)}


def _cites(claim: VerifiedClaim) -> str:
    statements: list[Statement] = []
    for proof in (claim.proof, *claim.against):
        statements += proof.statements if proof is not None else ()
    shown = [
        f"{s.id[:8]} {s.primary_knowledge_source.removeprefix('infores:')}" for s in statements[:4]
    ]
    more = f" … {len(statements) - 4} more" if len(statements) > 4 else ""
    return ", ".join(shown) + more


def _proofs(claim: VerifiedClaim) -> str:
    statements = [
        s for p in (claim.proof, *claim.against, *claim.alternatives) if p for s in p.statements
    ]
    if not statements:
        return ""
    return folded("statements", statements_table(statements, _names(claim), more=""))
