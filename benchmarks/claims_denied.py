"""Explicit negatives: the open sources deny nothing, so an overlay of denials is laid on a copy.

Each denial is made of what the graph states or leaves open; the labels come from the same SQL as
those of the other generated claims, after the denials were put into its table.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import claims_labels
import claims_tables
import pyarrow as pa
from measure import Figure, say

from kgmed.builders.overlay import make_overlay
from kgmed.builders.source import SourceInfo, TableName, Tally, record_batch
from kgmed.kg.predicates import registry
from kgmed.kg.store.embedded import EmbeddedStore, open_store
from kgmed.reasoning.claims.model import Claim
from kgmed.reasoning.claims.verify import Verifier

DOSE = '{"dose":"high"}'
KINDS: dict[str, tuple[str, str, bool, str]] = {
    "denied": ("open", "", False, ""),
    "denial of what is denied": ("open", "", True, ""),
    "denied, the other way round": ("mirrored", "", False, ""),
    "denied and stated": ("stated", "", False, ""),
    "denial of what is denied and stated": ("stated", "", True, ""),
    "denied at a high dose, claimed in general": ("dosed", DOSE, False, ""),
    "denied at a high dose, claimed so": ("dosed", DOSE, False, DOSE),
    "denied, claimed of the parent predicate": ("parent", "", False, ""),
}
"""Kind -> which triples are denied, with which qualifiers; negation and qualifiers of the claim."""


@dataclass(slots=True)
class Denials:
    """A source of negated statements."""

    rows: list[dict[str, Any]]
    info: SourceInfo = field(
        default_factory=lambda: SourceInfo("infores:denials", "Denials", "1", "CC0-1.0")
    )
    tallies: dict[str, Tally] = field(default_factory=dict)
    findings: dict[str, list[dict[str, str]]] = field(default_factory=dict)

    def fingerprint(self) -> str:
        """A digest of the rows."""
        return hashlib.sha256(json.dumps(self.rows).encode()).hexdigest()

    def batches(self, table: TableName) -> Iterator[pa.RecordBatch]:
        """The rows, which are statements all."""
        rows = self.rows if table == "statements" else []
        self.tallies[table] = Tally(len(rows), len(rows))
        yield record_batch(table, rows)


def denied(store: EmbeddedStore, count: int, *, seed: int = 5) -> list[Figure]:
    """A row a kind: verdicts of single claims on a graph with an overlay of denials."""
    snapshot = store.snapshot
    connection = claims_tables.tables_of(snapshot, registry())
    run = connection.execute
    each = max(5, count // len(KINDS))
    run(
        f"""CREATE TABLE triple AS
        WITH shuffled AS (
            SELECT s, p, o, lead(o) OVER (PARTITION BY p ORDER BY hash(eid, {seed})) AS other,
                   row_number() OVER (PARTITION BY p ORDER BY hash(eid, {seed})) AS r,
                   hash(eid, {seed}) AS h, mirrors, parent
            FROM st JOIN pred ON name = p WHERE q = 0 AND NOT takes_value),
        free AS (SELECT * FROM shuffled a WHERE other <> s
                 AND NOT EXISTS (FROM st WHERE st.s = a.s AND st.o = other)
                 AND NOT EXISTS (FROM st WHERE st.o = a.s AND st.s = other)),
        drawn AS (SELECT *, row_number() OVER (PARTITION BY mirrors ORDER BY r, h) AS place
                  FROM free)
        (SELECT 'open' AS part, s, p, other AS o FROM drawn WHERE place <= {each}
                ORDER BY place LIMIT {each}) UNION ALL
        (SELECT 'mirrored', s, p, other FROM drawn WHERE mirrors AND place > {each}
                ORDER BY place LIMIT {each}) UNION ALL
        (SELECT 'dosed', s, p, other FROM drawn WHERE NOT mirrors AND place > {each}
                ORDER BY place LIMIT {each}) UNION ALL
        (SELECT 'parent', s, p, other FROM drawn WHERE NOT mirrors AND place > {2 * each}
                AND parent NOT IN ('', 'related_to') ORDER BY place LIMIT {each}) UNION ALL
        (SELECT 'stated', s, p, o FROM shuffled ORDER BY r, h LIMIT {each})"""
    )
    run(f"INSERT INTO qual SELECT max(q) + 1, '{DOSE}' FROM qual")
    run(
        f"""INSERT INTO denied SELECT s, p, o, CASE WHEN part = 'dosed' THEN
        (SELECT q FROM qual WHERE text = '{DOSE}') ELSE 0 END FROM triple"""
    )
    run("CREATE TABLE asked (n INTEGER, kind VARCHAR, s INTEGER, p VARCHAR, o INTEGER,"
        " q VARCHAR, negated BOOLEAN)")  # fmt: skip
    for kind, (part, _stated, negated, claimed) in KINDS.items():
        ends = "t.o, {}, t.s" if part == "mirrored" else "t.s, {}, t.o"
        predicate = "parent" if part == "parent" else "t.p"
        run(
            f"""INSERT INTO asked SELECT (SELECT count(*) FROM asked) + row_number() OVER () - 1,
            ?, {ends.format(predicate)}, ?, ? FROM triple t JOIN pred ON name = t.p
            WHERE part = ?""",
            [kind, claimed, negated, part],
        )
    claims_labels.label(connection, snapshot, registry())
    ids = "JOIN concept a ON a.cid = s JOIN concept b ON b.cid = o"
    rows = connection.sql(
        f"SELECT kind, label, a.id, p, b.id, q, negated FROM asked JOIN labelled USING (n) {ids}"
        " ORDER BY n"
    ).fetchall()
    told = connection.sql(f"SELECT part, a.id, p, b.id FROM triple {ids} ORDER BY ALL").fetchall()
    connection.close()
    source = Denials(
        [
            {"subject": s, "predicate": p, "object": o, "negated": True,
             "qualifiers": DOSE if part == "dosed" else "", "source_record": f"{part} {n}"}
            for n, (part, s, p, o) in enumerate(told)
        ]
    )  # fmt: skip
    claims = [
        Claim(s, p, o, negated, json.loads(q) if q else {})
        for _kind, _label, s, p, o, q, negated in rows
    ]
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "graph"
        shutil.copytree(snapshot.root, root)
        make_overlay(root, sources=[source], who="benchmark", reason="denials")
        over = open_store(root)
        checked = Verifier(over, registry()).claims(claims)
        over.close()
    figures = []
    for kind in KINDS:
        pairs = Counter(
            (row[1], found.verdict)
            for row, found in zip(rows, checked, strict=True)
            if row[0] == kind
        )
        wrong = sum(n for (label, verdict), n in pairs.items()
                    if label != verdict and verdict in {"SUPPORTED", "REFUTED"})  # fmt: skip
        note = f"n={sum(pairs.values()):,}; " + ", ".join(
            f"{label[0]}>{verdict[0]} {n:,}" for (label, verdict), n in sorted(pairs.items())
        )
        figures.append(Figure("denials, overlay", kind, wrong, "false", 0, note=note))
        say(f"  {kind}: {note}")
    return figures
