"""Claims whose labels are known by how they were made.

(a) true claims (statements as they stand, worded by the inverse, generalised to the parent
predicate, denied) and hard negatives by kind; (c) DrugMechDB paths whose statements were taken out
of a copy of the graph; (d) all statements of the graph. What proposes negatives is the table's
verifier, what judges them the one of single claims, which works over statements, not arrays.
"""

from __future__ import annotations

import json
import random
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import islice
from pathlib import Path

import pyarrow as pa
from measure import Figure, database, say

from kgmed.builders.datasets.negatives import KINDS, Claimed, negatives
from kgmed.builders.overlay import make_overlay
from kgmed.kg.model import Statement
from kgmed.kg.predicates import registry
from kgmed.kg.store.embedded import EmbeddedStore, open_store
from kgmed.reasoning.claims.batch import TableVerifier
from kgmed.reasoning.claims.model import Checked, Claim
from kgmed.reasoning.claims.rules import Assertion, Facts, holds
from kgmed.reasoning.claims.verify import Verifier

HELD_OUT = 0.1


def accuracy(store: EmbeddedStore, *, negatives: int, own: int) -> list[Figure]:
    """All figures."""
    tables = TableVerifier(store, registry())
    figures = own_statements(store, tables, own)
    figures += generated(store, tables, negatives)
    figures += held_out(store)
    return figures


def _table(claims: Sequence[Claimed], negated: Sequence[bool] = ()) -> pa.Table:
    return pa.table(
        {
            "subject": [c.subject for c in claims],
            "predicate": [c.predicate for c in claims],
            "object": [c.object for c in claims],
            "qualifiers": [json.dumps(dict(c.qualifiers)) if c.qualifiers else "" for c in claims],
            "negated": list(negated) or [False] * len(claims),
        }
    )


def own_statements(store: EmbeddedStore, tables: TableVerifier, most: int) -> list[Figure]:
    """(d) Each statement, with its qualifiers: SUPPORTED, and a denial as a denial."""
    found: Counter[str] = Counter()
    statements = (s for s in islice(store.scan(), most) if s.object)
    while block := list(islice(statements, 100_000)):
        claims = [Claimed(s.subject, s.predicate, s.object, s.qualifiers) for s in block]
        told = tables.verify(_table(claims, [s.negated for s in block]), proof=False)
        found.update(told.column("verdict").to_pylist())
    count = sum(found.values())
    say(f"  own statements: {dict(found)}")
    return [
        Figure("own statements", "refuted", found["REFUTED"], "claims", 0, note=f"n={count:,}"),
        Figure("own statements", "not supported", count - found["SUPPORTED"], "claims", 0),
    ]


def generated(store: EmbeddedStore, tables: TableVerifier, count: int) -> list[Figure]:
    """(a) Half true, half hard negatives."""
    chance = random.Random(5)  # noqa: S311  a workload, not a secret
    every = store.snapshot.manifest["counts"]["statements"]
    share = min(1.0, 4 * count / (every * len(KINDS)))

    def verdicts(claims: Sequence[Claimed]) -> list[str]:
        told: list[str] = tables.verify(_table(claims), proof=False)["verdict"].to_pylist()
        return told

    made = negatives(store, verdicts, seed=5, share=share)
    wrong = list(islice(made, count // 2))
    chosen = [s for s in store.scan() if s.object and chance.random() < 2 * count / every]
    true = list(islice(_true(chosen, chance), count - len(wrong)))
    single = Verifier(store, registry())
    figures = _of_true(true, single.claims([claim for _kind, claim in true]))
    checked = single.claims([_claim(n.claim) for n in wrong])
    by_kind: dict[str, Counter[str]] = {}
    unfounded = 0
    for negative, found in zip(wrong, checked, strict=True):
        by_kind.setdefault(negative.kind, Counter())[found.verdict] += 1
        if found.verdict == "REFUTED":
            unfounded += not _holds(store, found)
    differ = sum(n.verdict != c.verdict for n, c in zip(wrong, checked, strict=True))
    for kind, verdict_counts in sorted(by_kind.items()):
        n = sum(verdict_counts.values())
        note = f"n={n:,}; " + ", ".join(f"{v} {c:,}" for v, c in verdict_counts.most_common())
        supported = verdict_counts["SUPPORTED"]
        what = f"{kind}: supported"
        figures.append(Figure("negatives", what, supported, "claims", 0, note=note))
    what = "refuted by a proof that doesn't hold when checked again"
    figures.append(Figure("negatives", what, unfounded, "claims", 0))
    figures.append(Figure("tables and single claims", "that differ", differ, "claims", 0))
    return figures


def _holds(store: EmbeddedStore, found: Checked) -> bool:
    """Whether a refutation's rule makes it of the proof's own statements alone."""
    subject, predicate, object = found.claim.triple
    concepts = store.concepts([subject, object])
    facts = Facts(registry(), categories={c.id: c.categories for c in concepts if c})
    assertion = Assertion(subject, predicate, object, found.claim.qualifiers)
    return found.proof is not None and holds(found.proof, assertion, facts)


def _claim(claimed: Claimed) -> Claim:
    return Claim(claimed.subject, claimed.predicate, claimed.object, qualifiers=claimed.qualifiers)


def _true(statements: Iterable[Statement], chance: random.Random) -> Iterable[tuple[str, Claim]]:
    """Claims that hold because a statement does."""
    known = registry()
    for s in statements:
        entry = known.get(s.predicate)
        if entry is None or s.negated:
            continue
        kind = chance.choice(("statement", "inverse", "parent", "denial"))
        if kind == "denial":
            yield kind, Claim(s.subject, s.predicate, s.object, negated=True)
        elif kind == "inverse":
            yield kind, Claim(s.object, entry.inverse, s.subject, qualifiers=s.qualifiers)
        elif kind == "parent" and entry.parent:
            yield kind, Claim(s.subject, entry.parent, s.object)
        else:
            yield "statement", Claim(s.subject, s.predicate, s.object, qualifiers=s.qualifiers)


def _of_true(made: Sequence[tuple[str, Claim]], checked: Sequence[Checked]) -> list[Figure]:
    wrong: Counter[str] = Counter()
    counts = Counter(kind for kind, _claim in made)
    for (kind, _made), found in zip(made, checked, strict=True):
        wrong[kind] += found.verdict != ("REFUTED" if kind == "denial" else "SUPPORTED")
    return [
        Figure("true claims", f"{kind}: otherwise than they are", wrong[kind], "claims", 0,
               note=f"n={counts[kind]:,}")
        for kind in sorted(counts)
    ]  # fmt: skip


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
