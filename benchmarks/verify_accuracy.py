"""Claims whose labels are known by where they come from: the graph's own statements, DrugMechDB
paths whose statements were taken out of a copy of it, and the package's own hard negatives.
"""

from __future__ import annotations

import json
import random
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

import pyarrow as pa
from measure import Figure, database, say

from kgmed.builders.datasets.negatives import KINDS, Claimed, negatives
from kgmed.builders.overlay import make_overlay
from kgmed.kg.predicates import registry
from kgmed.kg.store.embedded import EmbeddedStore, open_store
from kgmed.reasoning.claims.batch import TableVerifier
from kgmed.reasoning.claims.model import Checked, Claim
from kgmed.reasoning.claims.rules import Assertion, Facts, holds
from kgmed.reasoning.claims.verify import Verifier

HELD_OUT = 0.1


def own_statements(store: EmbeddedStore, most: int, *, graph: str) -> list[Figure]:
    """(d) Each statement between concepts, with its qualifiers: SUPPORTED, and a denial as one."""
    snapshot = store.snapshot
    tables, folder = TableVerifier(store, registry()), snapshot.folder / "tables"
    codes = snapshot.manifest["predicates"]
    names = pa.array([name for name, _negated in codes])
    denials = pa.array([bool(negated) for _name, negated in codes])
    found: Counter[str] = Counter()
    begin = time.perf_counter()
    with database() as connection:
        ids = connection.sql(f"SELECT id FROM '{folder / 'concepts.parquet'}' ORDER BY cid")
        curies = pa.chunked_array(ids.to_arrow_table().column("id"))
        rows = connection.sql(
            f"SELECT s, p, o, qualifiers FROM '{folder / 'statements.parquet'}' LIMIT {most}"
        )
        for batch in rows.to_arrow_reader(200_000):
            columns = {
                "subject": curies.take(batch["s"]),
                "predicate": names.take(batch["p"]),
                "object": curies.take(batch["o"]),
                "qualifiers": batch["qualifiers"],
                "negated": denials.take(batch["p"]),
            }
            told = tables.verify(pa.table(columns), proof=False)
            found.update(told.column("verdict").to_pylist())
    count = sum(found.values())
    say(f"  own statements of {graph}: {dict(found)}")
    note = f"n={count:,}, in {time.perf_counter() - begin:,.0f} s"
    area = f"own statements, {graph}"
    return [
        Figure(area, "refuted", found["REFUTED"], "claims", 0, note=note),
        Figure(area, "not supported", count - found["SUPPORTED"], "claims", 0),
    ]


def hard_negatives(store: EmbeddedStore, count: int) -> list[Figure]:
    """Those of :mod:`kgmed.builders.datasets.negatives`, proposed by the table's verifier and
    judged by that of single claims, which works over statements, not arrays."""
    tables = TableVerifier(store, registry())
    every = store.snapshot.manifest["counts"]["statements"]
    share = min(1.0, 4 * count / (every * len(KINDS)))

    def verdicts(claims: Sequence[Claimed]) -> list[str]:
        told: list[str] = tables.verify(_table(claims), proof=False)["verdict"].to_pylist()
        return told

    wrong = list(islice(negatives(store, verdicts, seed=5, share=share), count))
    checked = Verifier(store, registry()).claims([_claim(n.claim) for n in wrong])
    by_kind: dict[str, Counter[str]] = {}
    unfounded = 0
    for negative, found in zip(wrong, checked, strict=True):
        by_kind.setdefault(negative.kind, Counter())[found.verdict] += 1
        if found.verdict == "REFUTED":
            unfounded += not _holds(store, found)
    figures = []
    for kind, counts in sorted(by_kind.items()):
        said = ", ".join(f"{verdict} {n:,}" for verdict, n in counts.most_common())
        note = f"n={sum(counts.values()):,}; {said}"
        what = f"{kind}: supported"
        figures.append(Figure("hard negatives", what, counts["SUPPORTED"], "claims", 0, note=note))
    what = "refuted by a proof that doesn't hold when checked again"
    figures.append(Figure("hard negatives", what, unfounded, "claims", 0))
    differ = sum(n.verdict != c.verdict for n, c in zip(wrong, checked, strict=True))
    what = "tables and single claims differ"
    figures.append(Figure("hard negatives", what, differ, "claims", 0))
    return figures


def _table(claims: Sequence[Claimed]) -> pa.Table:
    return pa.table(
        {
            "subject": [c.subject for c in claims],
            "predicate": [c.predicate for c in claims],
            "object": [c.object for c in claims],
            "qualifiers": [json.dumps(dict(c.qualifiers)) if c.qualifiers else "" for c in claims],
        }
    )


def _holds(store: EmbeddedStore, found: Checked) -> bool:
    """Whether a refutation's rule makes it of the proof's own statements alone."""
    subject, predicate, object = found.claim.triple
    concepts = store.concepts([subject, object])
    facts = Facts(registry(), categories={c.id: c.categories for c in concepts if c})
    assertion = Assertion(subject, predicate, object, found.claim.qualifiers)
    return found.proof is not None and holds(found.proof, assertion, facts)


def _claim(claimed: Claimed) -> Claim:
    return Claim(claimed.subject, claimed.predicate, claimed.object, qualifiers=claimed.qualifiers)


def held_out(store: EmbeddedStore) -> list[Figure]:
    """(c) Paths taken out by an overlay on a copy; each of their statements is then claimed."""
    snapshot = store.snapshot
    with database() as connection:
        paths = connection.sql(
            f"SELECT path, steps FROM '{snapshot.folder}/tables/paths.parquet' ORDER BY path"
        ).fetchall()
    if not paths:
        return [Figure("held-out paths", "refuted", 0, "claims", 0, note="no curated paths")]
    chance = random.Random(5)  # noqa: S311
    chosen = chance.sample(paths, max(1, int(len(paths) * HELD_OUT)))
    ids = sorted({id for _p, steps in chosen for line in json.loads(steps) for id, _way in line})
    statements = [s for s in store.statements(ids) if s is not None]
    with tempfile.TemporaryDirectory() as folder:
        root, errata = Path(folder) / "graph", Path(folder) / "errata.tsv"
        shutil.copytree(snapshot.root, root)
        lines = [f"{s.id}\theld out\tbenchmark\t2026-11-21" for s in statements]
        errata.write_text(
            "\n".join(["statement_id\treason\twho\tdate", *lines]) + "\n", encoding="utf-8"
        )
        make_overlay(root, errata=[errata])
        left = open_store(root)
        claims = [Claim(s.subject, s.predicate, s.object) for s in statements]
        checked = Verifier(left, registry()).claims(claims)
        left.close()
    found = Counter(c.verdict for c in checked)
    by_rule = Counter(c.proof.rule for c in checked if c.verdict == "SUPPORTED" and c.proof)
    note = f"n={len(claims):,} of {len(chosen):,} paths; " + ", ".join(
        f"{verdict} {n:,}" for verdict, n in found.most_common()
    )
    note += "; supported by other statements: " + ", ".join(
        f"{rule} {n:,}" for rule, n in by_rule.most_common()
    )
    return [Figure("held-out paths", "refuted", found["REFUTED"], "claims", 0, note=note)]
