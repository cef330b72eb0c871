"""(a) Generated claims by kind: what the verifiers say of them, beside their labels.

A false SUPPORTED is a claim that is told SUPPORTED and isn't labelled so; a false REFUTED likewise.
Both must be none. A claim labelled SUPPORTED or REFUTED that is told otherwise is missed: the
verifier's search is bounded, the labels' isn't.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import claims_kinds
import claims_labels
import claims_tables
import pyarrow as pa
from measure import Figure, say

from kgmed.kg.predicates import registry
from kgmed.kg.store.embedded import EmbeddedStore
from kgmed.reasoning.claims.batch import TableVerifier
from kgmed.reasoning.claims.model import Claim
from kgmed.reasoning.claims.verify import Verifier

COLUMNS = ("kind", "label", "why", "subject", "predicate", "object", "qualifiers", "negated")
SHORT = {"SUPPORTED": "S", "REFUTED": "R", "UNSUPPORTED": "U", "NOT_COVERED": "N"}


@dataclass(slots=True)
class Generated:
    """Labelled claims, and how many of each kind were dropped as they hold after all."""

    rows: pa.Table
    dropped: Counter[str] = field(default_factory=Counter)

    def claims(self) -> list[Claim]:
        """As claims of the verifier, in order."""
        import json

        return [
            Claim(r["subject"], r["predicate"], r["object"], r["negated"],
                  json.loads(r["qualifiers"]) if r["qualifiers"] else {})
            for r in self.rows.to_pylist()
        ]  # fmt: skip


def generate(store: EmbeddedStore, count: int, *, seed: int = 5) -> Generated:
    """``count`` claims, as evenly over the kinds as the graph allows.

    The columns are :data:`COLUMNS`; ids are those of the graph, and names stand in ``subject_en``,
    ``object_en`` and, where there is one, ``subject_zh``, ``object_zh``.
    """
    snapshot, known = store.snapshot, registry()
    connection = claims_tables.tables_of(snapshot, known)
    say("  tables read")
    each = max(20, 3 * count // len(claims_kinds.KINDS))
    claims_kinds.make(connection, snapshot, known, each=each, seed=seed)
    say("  claims made")
    claims_labels.label(connection, snapshot, known)
    say("  claims labelled")
    rows = connection.sql(
        f"""SELECT n, kind, label, why, subject, predicate, object, q AS qualifiers, negated, p,
                   s, o, inverted
            FROM asked JOIN labelled USING (n) ORDER BY hash(n, {seed})"""
    ).to_arrow_table()
    connection.close()
    kinds, labels = rows["kind"].to_pylist(), rows["label"].to_pylist()
    may = [
        label in claims_kinds.KINDS[kind].labels for kind, label in zip(kinds, labels, strict=True)
    ]
    dropped = Counter(kind for kind, fits in zip(kinds, may, strict=True) if not fits)
    kept = rows.filter(pa.array(may))
    return Generated(kept.take(pa.array(_level(kept["kind"].to_pylist(), count))), dropped)


def _level(kinds: Sequence[str], count: int) -> list[int]:
    """Which rows to keep so that there are ``count``, each kind as many as the rarer allow."""
    by_kind: dict[str, list[int]] = defaultdict(list)
    for row, kind in enumerate(kinds):
        by_kind[kind].append(row)
    left, chosen = count, []
    for place, rows in enumerate(sorted(by_kind.values(), key=len)):
        take = min(len(rows), -(-left // (len(by_kind) - place)))
        chosen += rows[:take]
        left -= take
    return sorted(chosen)


@dataclass(slots=True)
class Told:
    """Verdicts of one verifier on generated claims."""

    who: str
    verdicts: Sequence[str]


def figures(made: Generated, told: Sequence[Told], *, graph: str) -> list[Figure]:
    """A row a kind and the sums; ``told`` are verifiers' verdicts on the same claims."""
    kinds, labels = (made.rows[name].to_pylist() for name in ("kind", "label"))
    found: list[Figure] = []
    for kind in dict.fromkeys(sorted(kinds, key=list(claims_kinds.KINDS).index)):
        rows = [n for n, name in enumerate(kinds) if name == kind]
        pairs = Counter((labels[n], told[0].verdicts[n]) for n in rows)
        wrong = sum(_false(labels[n], t.verdicts[n]) for t in told for n in rows)
        said = ", ".join(
            f"{SHORT[label]}>{SHORT[verdict]} {n:,}"
            for (label, verdict), n in sorted(pairs.items())
        )
        note = f"n={len(rows):,}; {said}"
        if made.dropped[kind]:
            note += f"; {made.dropped[kind]:,} others aren't what was meant"
        found.append(Figure(f"generated, {graph}", kind, wrong, "false", 0, note=note))
    for t in told:
        for verdict in ("SUPPORTED", "REFUTED"):
            false = sum(
                v == verdict and label != v for v, label in zip(t.verdicts, labels, strict=True)
            )
            missed = sum(
                label == verdict and v != label for v, label in zip(t.verdicts, labels, strict=True)
            )
            note = f"n={len(labels):,}, {labels.count(verdict):,} so labelled, {missed:,} missed"
            what = f"false {verdict}, {t.who}"
            found.append(Figure(f"generated, {graph}", what, false, "claims", 0, note=note))
    return found


def _false(label: str, verdict: str) -> bool:
    return verdict != label and verdict in {"SUPPORTED", "REFUTED"}


def judged(store: EmbeddedStore, made: Generated, *, singly: int) -> list[Told]:
    """The verdicts of the table's verifier on all, and of single claims' on the first ``singly``;
    beyond these the table's stand in."""
    tables = TableVerifier(store, registry())
    asked = made.rows.select(["subject", "predicate", "object", "qualifiers", "negated"])
    by_table = tables.verify(asked, proof=False)["verdict"].to_pylist()
    some = made.claims()[:singly]
    by_claim = [c.verdict for c in Verifier(store, registry()).claims(some)]
    return [Told("tables", by_table), Told(f"single claims ({len(some):,} of them)",
                                           [*by_claim, *by_table[len(some):]])]  # fmt: skip


def apart(told: Sequence[Told], singly: int) -> int:
    """On how many of the claims that both judged the verdicts differ."""
    both = zip(*(t.verdicts[:singly] for t in told), strict=True)
    return sum(len(set(verdicts)) > 1 for verdicts in both)


def differing(made: Generated, told: Sequence[Told]) -> list[dict[str, Any]]:
    """The claims whose verdicts aren't their labels."""
    labels = made.rows["label"].to_pylist()
    return [
        {**row, **{t.who: t.verdicts[n] for t in told}}
        for n, row in enumerate(made.rows.to_pylist())
        if any(t.verdicts[n] != labels[n] for t in told)
    ]
