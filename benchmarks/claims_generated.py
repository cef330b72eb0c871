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
    """Verdicts of one verifier on the first of the generated claims."""

    who: str
    verdicts: Sequence[str]


def judged(store: EmbeddedStore, made: Generated, *, singly: int) -> list[Told]:
    """What the table's verifier says of all, and that of single claims of the first ``singly``."""
    asked = made.rows.select(["subject", "predicate", "object", "qualifiers", "negated"])
    by_table = TableVerifier(store, registry()).verify(asked, proof=False)
    some = Verifier(store, registry()).claims(made.claims()[:singly])
    return [
        Told("tables", by_table["verdict"].to_pylist()),
        Told("single claims", [checked.verdict for checked in some]),
    ]


def figures(made: Generated, told: Sequence[Told], *, graph: str) -> list[Figure]:
    """A row a kind, with what the first of ``told`` says of it, and the sums for each."""
    area, kinds = f"generated, {graph}", made.rows["kind"].to_pylist()
    labels = made.rows["label"].to_pylist()
    pairs: dict[str, Counter[tuple[str, str]]] = defaultdict(Counter)
    false: Counter[str] = Counter()
    for t in told:
        for kind, label, verdict in zip(kinds, labels, t.verdicts, strict=False):
            false[kind] += verdict != label and verdict in {"SUPPORTED", "REFUTED"}
            if t is told[0]:
                pairs[kind][label, verdict] += 1
    found: list[Figure] = []
    for kind in claims_kinds.KINDS:
        if kind not in pairs:
            continue
        said = sorted(pairs[kind].items())
        note = f"n={sum(pairs[kind].values()):,}; " + ", ".join(
            f"{SHORT[label]}>{SHORT[verdict]} {n:,}" for (label, verdict), n in said
        )
        if made.dropped[kind]:
            note += f"; {made.dropped[kind]:,} others aren't what was meant"
        found.append(Figure(area, kind, false[kind], "false", 0, note=note))
    for t in told:
        both = list(zip(labels, t.verdicts, strict=False))
        for verdict in ("SUPPORTED", "REFUTED"):
            wrong = sum(said == verdict and label != said for label, said in both)
            missed = sum(label == verdict and said != label for label, said in both)
            labelled = sum(label == verdict for label, _said in both)
            note = f"n={len(both):,}, {labelled:,} so labelled, {missed:,} missed"
            what = f"false {verdict}, {t.who}"
            found.append(Figure(area, what, wrong, "claims", 0, note=note))
    return found


def apart(told: Sequence[Told]) -> int:
    """On how many of the claims that both judged the verdicts differ."""
    return sum(len(set(said)) > 1 for said in zip(*(t.verdicts for t in told), strict=False))


def differing(made: Generated, told: Told) -> list[dict[str, Any]]:
    """The claims whose verdicts aren't their labels."""
    rows = zip(made.rows.to_pylist(), told.verdicts, strict=False)
    return [{**row, "verdict": said} for row, said in rows if said != row["label"]]
