"""What must hold of any two graphs: a diff leads from the one to the other, and back."""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support import RowSource, concept, exact, source, tables_of

from kgmed.builders.pipeline import build
from kgmed.kg.diff.comparison import Comparison, compare
from kgmed.kg.model import Statement
from kgmed.kg.store.embedded import EmbeddedStore

IDS = [f"mesh:D{n}" for n in range(5)] + ["umls:C0000001", "doid:1"]
FEW = settings(max_examples=8, suppress_health_check=[HealthCheck.too_slow])

words = st.sampled_from(["", "one", "two"])
edges = st.fixed_dictionaries(
    {
        "subject": st.sampled_from(IDS[:5]),
        "predicate": st.sampled_from(["treats", "interacts_with", "subclass_of"]),
        "object": st.sampled_from(IDS[:5]),
        "negated": st.booleans(),
        "text": words,
        "source_record": words,
        "qualifiers": st.sampled_from(["", '{"dose":"1"}']),
        "release": st.sampled_from(["", "2025"]),
    }
)
values = st.fixed_dictionaries(
    {
        "subject": st.sampled_from(IDS[:5]),
        "predicate": st.just("half_life"),
        "value": st.sampled_from(["1", "2"]),
        "value_type": st.just("number"),
        "text": words,
    }
)
mappings = st.lists(
    st.builds(exact, st.sampled_from(IDS[:5]), st.sampled_from(IDS)).filter(
        lambda row: row["subject"] != row["object"]
    ),
    max_size=3,
)
names = st.lists(st.sampled_from(["a", "b", "c"]), min_size=5, max_size=5)


@st.composite
def graphs(draw: st.DrawFn) -> list[RowSource]:
    titles = draw(names)
    present = draw(st.sets(st.integers(0, 4), min_size=1))
    found = [concept(IDS[n], titles[n], "Drug") for n in sorted(present)]
    rows = draw(st.lists(edges, max_size=8)) + draw(st.lists(values, max_size=3))
    first = source("infores:a", **tables_of(found), mappings=draw(mappings), statements=rows)
    return [first, source("infores:b", statements=draw(st.lists(edges, max_size=2)))]


@contextmanager
def built(*sides: list[RowSource]) -> Iterator[list[EmbeddedStore]]:
    with tempfile.TemporaryDirectory() as folder:
        roots = [Path(folder, str(n)) for n in range(len(sides))]
        for root, sources in zip(roots, sides, strict=True):
            build(sources, root)
        stores = [EmbeddedStore(root) for root in roots]
        yield stores
        for store in stores:
            store.close()


def statements(store: EmbeddedStore) -> dict[str, Statement]:
    ids = sorted(classes(store))
    found = [*store.scan(), *(s for rows in store.values(ids) for s in rows)]
    return {statement.id: statement for statement in found}


def classes(store: EmbeddedStore) -> dict[str, frozenset[str]]:
    """Leader -> members."""
    leaders = {id for id in store.resolve(IDS) if id is not None}
    return {c.id: frozenset(c.equivalent_ids) for c in store.concepts(sorted(leaders)) if c}


def compared(old: EmbeddedStore, new: EmbeddedStore) -> Comparison:
    return compare(old.snapshot, new.snapshot)


@FEW
@given(graphs(), graphs())
def test_a_diff_leads_from_the_old_statements_and_concepts_to_the_new(
    first: list[RowSource], second: list[RowSource]
) -> None:
    with built(first, second) as (a, b), compared(a, b) as forth, compared(b, a) as back:
        rows, target = statements(a), statements(b)
        counts = forth.summary.statements
        assert (counts.old, counts.new) == (len(rows), len(target))
        for change in forth.statements():
            if change.kind == "removed":
                assert rows.pop(change.id) == change.statement
                continue
            if change.kind == "added":
                assert change.id not in rows
            else:
                old = rows[change.id]
                assert change.before
                assert {n: getattr(old, n) for n in change.before} == change.before
                moved = set(change.before) <= {"subject", "object"}
                assert change.kind == ("moved" if moved else "changed")
            rows[change.id] = change.statement
        assert rows == target
        kinds = Counter(change.kind for change in forth.statements())
        assert kinds == Counter({k: n for k in ("added", "removed", "changed", "moved")
                                 if (n := getattr(counts, k))})  # fmt: skip
        other = back.summary.statements
        assert (other.added, other.removed, other.moved, other.changed, other.fields) == (
            counts.removed, counts.added, counts.moved, counts.changed, counts.fields,
        )  # fmt: skip
        assert told(forth) == expected(classes(a), classes(b))


def told(found: Comparison) -> dict[str, set[Any]]:
    """The concept rows whose kinds ``expected`` knows."""
    rows: dict[str, set[Any]] = {}
    for change in found.concepts():
        if change.kind not in {"renamed", "recategorized", "members_changed"}:
            key = (change.before, change.after, change.ids)
            rows.setdefault(change.kind, set()).add(key)
    return rows


def expected(old: dict[str, frozenset[str]], new: dict[str, frozenset[str]]) -> dict[str, set[Any]]:
    """The module's definitions, member by member."""

    def order(members: frozenset[str], leader: str) -> tuple[str, ...]:
        return (leader, *sorted(members - {leader}))

    heir = {}
    for id, members in old.items():
        near = [n for n, others in new.items() if members & others]
        if near:
            heir[id] = min(near, key=lambda n: (id not in new[n], -len(members & new[n]), n))
    came = {n: sorted(o for o, h in heir.items() if h == n) for n in new}
    rows: dict[str, set[Any]] = {}

    def tell(kind: str, *key: tuple[str, ...]) -> None:
        rows.setdefault(kind, set()).add(key)

    for n, members in new.items():
        near_old = sorted(o for o in old if old[o] & members)
        if not near_old:
            tell("added", (), order(members, n), ())
        elif len(came[n]) > 1:
            tell("merged", tuple(came[n]), (n,), ())
        elif not came[n] and len(near_old) > 1:
            tell("merged", tuple(near_old), (n,), ())
        elif len(came[n]) == 1 and came[n] != [n]:
            tell("moved", tuple(came[n]), (n,), ())
    for o, members in old.items():
        near_new = sorted(n for n in new if new[n] & members)
        if not near_new:
            tell("retired", order(members, o), (), ())
        fresh = [n for n in near_new if not came[n]]
        if fresh:
            tell("split", (o,), (heir[o], *fresh), ())
        for n in near_new:
            if n != heir[o] and came[n]:
                tell("member_moved", (o,), (n,), tuple(sorted(members & new[n])))
    return rows


@settings(FEW, max_examples=4)
@given(graphs(), graphs())
def test_the_files_hold_the_rows_that_are_listed(
    first: list[RowSource], second: list[RowSource]
) -> None:
    import duckdb
    from pydantic import TypeAdapter

    from kgmed.kg.diff.model import ConceptChange, StatementChange

    with (
        built(first, second) as (a, b),
        compared(a, b) as found,
        tempfile.TemporaryDirectory() as folder,
    ):
        listed = [*found.concepts(), *found.statements()]
        target = Path(folder, "rows.jsonl")
        found.write(target)
        lines = [json.loads(line) for line in target.read_text(encoding="utf-8").splitlines()]
        kinds = {"concept": TypeAdapter(ConceptChange), "statement": TypeAdapter(StatementChange)}
        assert [kinds[line["what"]].validate_python(line["row"]) for line in lines] == listed
        tsv = "delim = '\t', quote = '', header = true, all_varchar = true"
        for name, reader in (
            ("rows.parquet", "read_parquet('{}')"),
            ("rows.tsv", f"read_csv('{{}}', {tsv})"),
        ):
            found.write(Path(folder, name))
            table = reader.format(Path(folder, name))
            rows = duckdb.execute(f"SELECT what, kind, id FROM {table}").fetchall()
            assert rows == [
                ("concept" if isinstance(row, ConceptChange) else "statement", row.kind, row.id)
                for row in listed
            ]
