"""What a diff says of two snapshots, on builds of known content: one kind of change a test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from support import RowSource, concept, exact, source, tables_of

from kgmed.builders.pipeline import build
from kgmed.kg.diff.comparison import Comparison, compare
from kgmed.kg.diff.model import CONCEPT_KINDS, ConceptChange, StatementChange
from kgmed.kg.errors import UsageError
from kgmed.kg.store.snapshot import Snapshot

Rows = dict[str, Any]
Differ = Callable[..., Comparison]
TREATS = {"subject": "mesh:D1", "predicate": "treats", "object": "mesh:D2"}
HALF_LIFE = {
    "subject": "mesh:D1", "predicate": "half_life", "value": "36", "value_type": "number",
    "unit": "h",
}  # fmt: skip


def ids(*numbers: int, name: str = "thing {}", category: str = "Drug") -> dict[str, list[Rows]]:
    """Tables of concepts ``mesh:D1`` ... with their names."""
    return tables_of([concept(f"mesh:D{n}", name.format(n), category) for n in numbers])


@pytest.fixture
def snap(tmp_path: Path) -> Callable[..., Snapshot]:
    count = 0

    def run(*sources: RowSource) -> Snapshot:
        nonlocal count
        count += 1
        return build(list(sources), tmp_path / f"graph{count}").snapshot

    return run


@pytest.fixture
def differ(snap: Callable[..., Snapshot]) -> Iterator[Differ]:
    """Compare two lists of sources."""
    opened: list[Comparison] = []

    def run(old: list[RowSource], new: list[RowSource], **more: Any) -> Comparison:
        opened.append(compare(snap(*old), snap(*new), **more))
        return opened[-1]

    yield run
    for comparison in opened:
        comparison.close()


def graph(*statements: Rows, numbers: tuple[int, ...] = (1, 2, 3), **tables: Any) -> RowSource:
    """One source of some concepts and statements."""
    return source(**{**ids(*numbers), "statements": list(statements), **tables})


def counted(comparison: Comparison) -> tuple[int, int, int, int]:
    found = comparison.summary.statements
    return found.added, found.removed, found.changed, found.moved


def only_statement(comparison: Comparison) -> StatementChange:
    (change,) = comparison.statements()
    return change


def only_concept(comparison: Comparison) -> ConceptChange:
    (change,) = comparison.concepts()
    return change


def released(made: RowSource, release: str = "2027", licence: str = "CC0-1.0") -> RowSource:
    return replace(made, info=replace(made.info, release=release, licence=licence))


# Statements --------------------------------------------------------------------------------------


def test_equal_snapshots_are_the_same_at_once(snap: Callable[..., Snapshot]) -> None:
    first, second = snap(graph(TREATS, HALF_LIFE)), snap(graph(TREATS, HALF_LIFE))
    with compare(first, second) as found:
        assert found.summary.same
        assert found.summary.statements.unchanged == found.summary.statements.old == 2
        assert counted(found) == (0, 0, 0, 0)
        assert list(found.statements()) == list(found.concepts()) == []


def test_other_configurations_of_the_same_rows_are_the_same(differ: Differ) -> None:
    a, b = source("infores:a", **ids(1)), source("infores:b", **ids(2))
    found = differ([a, b], [b, a]).summary
    assert found.old.snapshot != found.new.snapshot
    assert found.same


def test_an_added_statement_is_there_in_full(differ: Differ) -> None:
    row = {**TREATS, "text": "It does.", "source_record": "R1", "publications": ["pubmed:1"],
           "qualifiers": '{"dose":"5 mg"}'}  # fmt: skip
    found = differ([graph()], [graph(row)])
    assert counted(found) == (1, 0, 0, 0)
    change = only_statement(found)
    assert (change.kind, change.before, change.reason) == ("added", {}, "")
    s = change.statement
    assert (s.subject, s.predicate, s.object) == ("mesh:D1", "treats", "mesh:D2")
    assert (s.text, s.source_record, s.publications) == ("It does.", ("R1",), ("pubmed:1",))
    assert s.qualifiers == {"dose": "5 mg"}
    assert (s.release, s.licence) == ("2026", "CC0-1.0")


def test_a_removed_statement_is_as_it_was(differ: Differ) -> None:
    found = differ([graph({**TREATS, "text": "It did."}, HALF_LIFE)], [graph(HALF_LIFE)])
    assert counted(found) == (0, 1, 0, 0)
    change = only_statement(found)
    assert (change.kind, change.statement.text) == ("removed", "It did.")


CHANGES: list[tuple[str, Any, Any]] = [
    ("text", "one", "two"),
    ("text", "", "two"),
    ("source_record", "R1", "R2"),
    ("publications", ["pubmed:1", "pubmed:2"], ["pubmed:2"]),
    ("publications", [], ["pubmed:2"]),
    ("release", "2025", "2026"),
    ("licence", "CC-BY-4.0", "CC0-1.0"),
    ("original_predicate", "may_treat", "treats"),
    ("knowledge_level", "prediction", "knowledge_assertion"),
    ("agent_type", "text_mining_agent", "manual_agent"),
]


@pytest.mark.parametrize("row", [TREATS, HALF_LIFE], ids=["object", "value"])
def test_a_changed_field_is_named_with_its_old_value(differ: Differ, row: Rows) -> None:
    numbers = tuple(range(1, 3 + len(CHANGES)))
    sides = [
        graph(
            *({**row, "subject": f"mesh:D{n}", field: values[side]}
              for n, (field, *values) in enumerate(CHANGES, 3)),
            numbers=numbers,
        )
        for side in (0, 1)
    ]  # fmt: skip
    found = differ(*[[side] for side in sides])
    assert counted(found) == (0, 0, len(CHANGES), 0)
    changes = {change.statement.subject: change for change in found.statements()}
    for n, (field, before, after) in enumerate(CHANGES, 3):
        change = changes[f"mesh:D{n}"]
        lists = field in {"source_record", "publications"}
        old, new = (
            tuple([v] if isinstance(v, str) else v) if lists else v for v in (before, after)
        )
        assert (change.kind, change.before) == ("changed", {field: old})
        assert getattr(change.statement, field) == new
    counts = found.summary.statements
    assert counts.fields == {
        field: sum(field == other for other, _, _ in CHANGES) for field, _, _ in CHANGES
    }
    assert counts.release_only == 1


def test_a_new_release_changes_every_statement_of_its_source_alone(differ: Differ) -> None:
    a, b = graph(TREATS, HALF_LIFE), source("infores:b", statements=[TREATS])
    found = differ([a, b], [released(a), b]).summary
    assert (found.statements.changed, found.statements.release_only) == (2, 2)
    mine = {entry.source: entry for entry in found.sources}
    assert (mine["infores:test"].old_releases, mine["infores:test"].new_releases) == (
        ("2026",), ("2027",),
    )  # fmt: skip
    assert mine["infores:test"].statements.fields == {"release": 2}
    assert mine["infores:b"].statements.changed == 0
    assert mine["infores:b"].statements.unchanged == 1


def test_a_new_licence_is_not_the_release_alone(differ: Differ) -> None:
    made = graph(TREATS)
    found = differ([made], [released(made, licence="CC-BY-4.0")]).summary
    assert found.statements.fields == {"release": 1, "licence": 1}
    assert found.statements.release_only == 0
    assert found.sources[0].new_licences == ("CC-BY-4.0",)


def test_another_value_is_another_statement(differ: Differ) -> None:
    found = differ([graph(HALF_LIFE)], [graph({**HALF_LIFE, "value": "40"})])
    assert counted(found) == (1, 1, 0, 0)
    values = {c.kind: c.statement.value for c in found.statements()}
    assert values["removed"] is not None
    assert values["added"] is not None
    assert (values["removed"].text, values["added"].text, values["added"].unit) == ("36", "40", "h")


def test_a_negated_statement_is_another_statement(differ: Differ) -> None:
    found = differ([graph(TREATS)], [graph({**TREATS, "negated": True})])
    assert counted(found) == (1, 1, 0, 0)
    assert {c.kind: c.statement.negated for c in found.statements()} == {
        "added": True, "removed": False,
    }  # fmt: skip


def test_a_symmetric_statement_told_the_other_way_is_the_same(differ: Differ) -> None:
    there = {"subject": "mesh:D1", "predicate": "interacts_with", "object": "mesh:D2"}
    back = {"subject": "mesh:D2", "predicate": "interacts_with", "object": "mesh:D1"}
    found = differ([graph(there)], [graph(back)])
    assert found.summary.same


def test_a_statement_whose_end_took_another_id_is_moved_not_changed(differ: Differ) -> None:
    mapping = exact("mesh:D1", "drugbank:DB1")
    found = differ([graph(TREATS, HALF_LIFE)], [graph(TREATS, HALF_LIFE, mappings=[mapping])])
    assert counted(found) == (0, 0, 0, 2)
    assert found.summary.statements.fields == {"subject": 2}
    for change in found.statements():
        assert change.before == {"subject": "mesh:D1"}
        assert change.statement.subject == "drugbank:DB1"
        assert change.statement.original_subject == "mesh:D1"


def test_an_override_moves_a_statement_and_a_renumbering_does_not(differ: Differ) -> None:
    override = source("override", mappings=[exact("mesh:D1", "mesh:D3")])
    made = graph(TREATS, {**TREATS, "subject": "mesh:D3"}, numbers=(1, 2, 3))
    more = source("infores:more", **tables_of([concept("doid:1", "sorts first", "Disease")]))
    found = differ([made], [override, made, more])
    assert counted(found) == (0, 0, 0, 1)
    change = only_statement(found)
    assert (change.before, change.statement.subject) == ({"subject": "mesh:D3"}, "mesh:D1")


def test_a_statement_can_be_changed_and_have_moved(differ: Differ) -> None:
    old = graph({**TREATS, "text": "one"})
    new = graph({**TREATS, "text": "two"}, mappings=[exact("mesh:D2", "umls:C0000002")])
    found = differ([old], [new])
    assert counted(found) == (0, 0, 1, 0)
    assert only_statement(found).before == {"object": "mesh:D2", "text": "one"}
    assert found.summary.statements.fields == {"object": 1, "text": 1}


def test_a_statement_made_broader_in_a_cycle_is_changed(differ: Differ) -> None:
    up = [
        {"subject": f"mesh:D{a}", "predicate": "subclass_of", "object": f"mesh:D{b}"}
        for a, b in [(1, 2), (2, 1)]
    ]
    found = differ([graph(up[0])], [graph(*up)])
    assert counted(found) == (1, 0, 1, 0)
    (change,) = found.statements(kinds=["changed"])
    assert (change.before, change.statement.predicate) == ({"predicate": "subclass_of"}, "broader")


def test_a_statement_lost_because_its_ends_became_one_says_so(differ: Differ) -> None:
    row = {"subject": "mesh:D1", "predicate": "related_to", "object": "mesh:D3"}
    apart, joint = graph(row, TREATS), graph(row, mappings=[exact("mesh:D1", "mesh:D3")])
    found = differ([apart], [joint])
    assert {c.statement.predicate: c.reason for c in found.statements()} == {
        "related_to": "one_concept", "treats": "",
    }  # fmt: skip
    assert (found.summary.statements.removed, found.summary.statements.joined) == (2, 1)
    back = differ([joint], [apart])
    assert {c.statement.predicate: c.reason for c in back.statements()} == {
        "related_to": "one_concept", "treats": "",
    }  # fmt: skip
    assert (back.summary.statements.added, back.summary.statements.parted) == (2, 1)


@pytest.mark.parametrize("parts", [1, 5])
def test_statements_come_in_the_order_of_their_ids(
    differ: Differ, parts: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kgmed.kg.diff.rows.PART_ROW", 4e9 * parts / 38)
    rows = [{**TREATS, "object": f"mesh:D{n}"} for n in range(2, 40)]
    numbers = tuple(range(1, 40))
    found = differ([graph(*rows[:20], numbers=numbers)], [graph(*rows[20:], numbers=numbers)])
    listed = [change.id for change in found.statements()]
    assert len(listed) == 38
    assert listed == sorted(listed)


def test_statements_can_be_asked_for_by_kind_and_field(differ: Differ) -> None:
    rows = [{**TREATS, "text": "one"}, {**HALF_LIFE, "source_record": "R1"}]
    new = [{**TREATS, "text": "two"}, {**HALF_LIFE, "source_record": "R2"},
           {**TREATS, "object": "mesh:D3"}]  # fmt: skip
    found = differ([graph(*rows)], [graph(*new)])
    assert [c.statement.object for c in found.statements(kinds=["added"])] == ["mesh:D3"]
    assert [c.before for c in found.statements(fields=["text"])] == [{"text": "one"}]
    with pytest.raises(UsageError, match="expected one of: added, removed, retracted"):
        found.statements(kinds=["novel"])  # type: ignore[list-item]
    with pytest.raises(UsageError, match="expected one of: subject, object"):
        found.statements(fields=["color"])


# Concepts ----------------------------------------------------------------------------------------


def test_an_added_concept_is_one_of_which_no_id_was_known(differ: Differ) -> None:
    change = only_concept(differ([graph(numbers=(1,))], [graph(numbers=(1, 2))]))
    assert (change.kind, change.id, change.name) == ("added", "mesh:D2", "thing 2")
    assert (change.before, change.after, change.sources) == ((), ("mesh:D2",), ("infores:test",))


def test_a_retired_concept_is_one_of_which_no_id_is_known(differ: Differ) -> None:
    change = only_concept(differ([graph(numbers=(1, 2))], [graph(numbers=(1,))]))
    assert (change.kind, change.id, change.name) == ("retired", "mesh:D2", "thing 2")
    assert (change.before, change.after) == (("mesh:D2",), ())


def test_a_concept_led_by_another_id_has_moved(differ: Differ) -> None:
    both = [*ids(1)["concepts"], {"id": "drugbank:DB1", "categories": ["Drug"]}]
    mapping = [exact("mesh:D1", "drugbank:DB1")]
    old = source(**{**ids(1), "concepts": both}, mappings=mapping)
    found = differ([old], [source(**ids(1), mappings=[exact("mesh:D1", "umls:C0000001"), *mapping],
                                  paths=[])])  # fmt: skip
    changes = {change.kind: change for change in found.concepts()}
    assert set(changes) == {"moved", "members_changed"}
    assert changes["moved"].before == ("drugbank:DB1",)
    assert changes["moved"].after == ("umls:C0000001",)
    assert changes["members_changed"].after == ("umls:C0000001",)


def test_a_concept_whose_leader_is_no_longer_known_goes_on_under_another_id(
    differ: Differ,
) -> None:
    old = source(**ids(1), mappings=[exact("mesh:D1", "umls:C0000001")])
    changes = {change.kind: change for change in differ([old], [source(**ids(1))]).concepts()}
    assert (changes["moved"].before, changes["moved"].after) == (("umls:C0000001",), ("mesh:D1",))
    assert changes["members_changed"].before == ("umls:C0000001",)


def test_concepts_that_became_one_are_merged(differ: Differ) -> None:
    mappings = [exact("mesh:D1", "mesh:D2"), exact("mesh:D2", "mesh:D3")]
    change = only_concept(differ([graph()], [graph(mappings=mappings)]))
    assert (change.kind, change.id) == ("merged", "mesh:D1")
    assert change.before == ("mesh:D1", "mesh:D2", "mesh:D3")


def test_a_concept_whose_ids_went_apart_is_split(differ: Differ) -> None:
    mappings = [exact("mesh:D1", "mesh:D2"), exact("mesh:D2", "mesh:D3")]
    change = only_concept(differ([graph(mappings=mappings)], [graph()]))
    assert (change.kind, change.id, change.before) == ("split", "mesh:D1", ("mesh:D1",))
    assert change.after == ("mesh:D1", "mesh:D2", "mesh:D3")


def test_an_id_that_went_to_another_concept_is_a_moved_member(differ: Differ) -> None:
    old = graph(mappings=[exact("mesh:D1", "mesh:D3")])
    new = graph(mappings=[exact("mesh:D2", "mesh:D3")])
    change = only_concept(differ([old], [new]))
    assert (change.kind, change.ids) == ("member_moved", ("mesh:D3",))
    assert (change.before, change.after) == (("mesh:D1",), ("mesh:D2",))


def test_parts_of_two_concepts_that_make_a_new_one_are_split_off_and_merged(
    differ: Differ,
) -> None:
    old = graph(numbers=(1, 2, 3, 4), mappings=[exact("mesh:D1", "mesh:D3"),
                                                exact("mesh:D2", "mesh:D4")])  # fmt: skip
    new = graph(numbers=(1, 2, 3, 4), mappings=[exact("mesh:D3", "mesh:D4")])
    changes = [(c.kind, c.before, c.after) for c in differ([old], [new]).concepts()]
    assert sorted(changes) == [
        ("merged", ("mesh:D1", "mesh:D2"), ("mesh:D3",)),
        ("split", ("mesh:D1",), ("mesh:D1", "mesh:D3")),
        ("split", ("mesh:D2",), ("mesh:D2", "mesh:D3")),
    ]


def test_a_renamed_concept_names_the_language(differ: Differ) -> None:
    zh = {"id": "mesh:D1", "language": "zh", "kind": "preferred"}
    old, new = ids(1), ids(1)
    old["names"].append({**zh, "text": "旧名"})
    new["names"].append({**zh, "text": "新名"})
    found = differ([source(**old)], [source(**new)])
    change = only_concept(found)
    assert (change.kind, change.language, change.name) == ("renamed", "zh", "thing 1")
    assert (change.before, change.after) == (("旧名",), ("新名",))
    assert [(n.language, n.added, n.removed) for n in found.summary.names] == [("zh", 1, 1)]


def test_other_categories_are_a_change_of_the_concept(differ: Differ) -> None:
    change = only_concept(differ([source(**ids(1))], [source(**ids(1, category="Disease"))]))
    assert (change.kind, change.before, change.after) == ("recategorized", ("Drug",), ("Disease",))


def test_concept_kinds_count_per_source(differ: Differ) -> None:
    a, b = source("infores:a", **ids(1, 2)), source("infores:b", **ids(2, 3))
    found = differ([a], [a, b]).summary
    counts = {entry.source: entry.concepts for entry in found.sources}
    assert (found.concepts.added, counts["infores:b"].added, counts["infores:a"].added) == (1, 1, 0)


# Names, mappings, paths --------------------------------------------------------------------------


def test_names_count_per_source_and_language(differ: Differ) -> None:
    more = [{"id": "mesh:D1", "text": text, "language": lang, "kind": "synonym"}
            for text, lang in [("alpha", "en"), ("beta", "en"), ("甲", "zh")]]  # fmt: skip
    a = source("infores:a", **ids(1))
    found = differ([a, source("infores:b", names=more[:1])],
                   [a, source("infores:b", names=more[1:])])  # fmt: skip
    rows = {entry.source: entry.names for entry in found.summary.sources}
    assert rows["infores:a"] == ()
    assert [(n.language, n.added, n.removed) for n in rows["infores:b"]] == [
        ("en", 1, 1), ("zh", 1, 0),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new"),
    [([], [("mesh:D1", "mesh:D3")]), ([("mesh:D1", "mesh:D3")], [("mesh:D2", "mesh:D3")])],
    ids=["merged", "member moved"],
)
def test_names_that_follow_their_concept_did_not_come_or_go(
    differ: Differ, old: list[tuple[str, str]], new: list[tuple[str, str]]
) -> None:
    sides = [graph(mappings=[exact(*pair) for pair in pairs]) for pairs in (old, new)]
    for first, second in (sides, sides[::-1]):
        assert differ([first], [second]).summary.names == ()


def test_mappings_count_by_source_and_status(differ: Differ) -> None:
    first = exact("mesh:D1", "umls:C0000001", confidence=0.9)
    rival = exact("mesh:D1", "umls:C0000002", confidence=0.9)
    more = tables_of([concept(f"umls:C000000{n}", f"u{n}", "Drug") for n in (1, 2)])
    hub = source("infores:hub", **more)
    old = source("infores:a", **ids(1), mappings=[first, exact("mesh:D1", "chebi:1")])
    new = source("infores:a", **ids(1), mappings=[first, rival])
    found = differ([hub, old], [hub, new]).summary.mappings
    assert (found.old, found.new, found.added, found.removed, found.restated) == (2, 2, 1, 1, 1)
    assert found.statuses == {"merged > refused": 1}


def test_a_mapping_of_another_confidence_is_restated(differ: Differ) -> None:
    old, new = (graph(mappings=[exact("mesh:D1", "chebi:1", confidence=c)]) for c in (0.5, 0.9))
    found = differ([old], [new]).summary
    assert (found.mappings.restated, found.mappings.statuses) == (1, {})
    assert not found.same


def test_curated_paths_count(differ: Differ) -> None:
    path = {"path": "P1", "start": "mesh:D1", "end": "mesh:D2", "position": 0,
            "subject": "mesh:D1", "predicate": "treats", "object": "mesh:D2"}  # fmt: skip
    found = differ([graph(TREATS)], [graph(TREATS, paths=[path])]).summary
    assert (found.paths_added, found.paths_removed, found.same) == (1, 0, False)


# One source, examples, files ---------------------------------------------------------------------


def test_one_source_alone_can_be_compared(differ: Differ) -> None:
    a, b = source("infores:a", **ids(1, 2), statements=[TREATS]), source("infores:b", **ids(3))
    changed = [source("infores:a", **ids(1, 2)), source("infores:b", **ids(3, 4))]
    both = differ([a, b], changed).summary
    assert (both.statements.removed, both.concepts.added) == (1, 1)
    mine = differ([a, b], changed, source="infores:a")
    assert counted(mine) == (0, 1, 0, 0)
    assert mine.summary.concepts.added == 0
    assert [entry.source for entry in mine.summary.sources] == ["infores:a"]
    other = differ([a, b], changed, source="b")
    assert other.summary.source == "infores:b"
    assert counted(other) == (0, 0, 0, 0)
    assert [change.kind for change in other.concepts()] == ["added"]
    assert [n.added for n in other.summary.names] == [1]


def test_an_unknown_source_is_refused_with_the_known_ones(differ: Differ) -> None:
    with pytest.raises(UsageError, match="expected one of: infores:test"):
        differ([graph()], [graph(TREATS)], source="infores:nobody")


def test_examples_are_the_first_of_each_kind_and_the_release_alone_comes_last(
    differ: Differ,
) -> None:
    rows = [{**TREATS, "object": f"mesh:D{n}"} for n in range(2, 12)]
    numbers = tuple(range(1, 12))
    old = graph(*rows, numbers=numbers)
    new = graph({**rows[0], "text": "new"}, *rows[1:8], numbers=(*numbers, 12, 13, 14))
    found = differ([old], [released(new)]).with_examples(2)
    kinds = [change.kind for change in found.statement_examples]
    assert sorted(kinds) == ["changed", "changed", "removed", "removed"]
    assert any("text" in change.before for change in found.statement_examples)
    assert [change.id for change in found.concept_examples] == ["mesh:D12", "mesh:D13"]
    assert found.names_of["mesh:D1"] == "thing 1"


def test_a_table_of_rows_keeps_one_line_a_row(differ: Differ, tmp_path: Path) -> None:
    row = {**TREATS, "text": 'two\tlines\r\n"quoted"', "publications": ["pubmed:1", "pubmed:2"]}
    found = differ([graph({**row, "text": "was"})], [graph(row)])
    found.write(tmp_path / "rows.tsv")
    heads, cells = (line.split("\t") for line in (tmp_path / "rows.tsv").read_text().splitlines())
    told = dict(zip(heads, cells, strict=True))
    assert (told["what"], told["kind"]) == ("statement", "changed")
    assert (told["text"], told["before"]) == ('two lines "quoted"', '{"text":"was"}')
    assert (told["publications"], told["negated"], told["name"]) == (
        "pubmed:1|pubmed:2", "false", "",
    )  # fmt: skip
    found.write(tmp_path / "rows.parquet")
    import pyarrow.parquet as pq

    (whole,) = pq.read_table(tmp_path / "rows.parquet").to_pylist()
    assert (whole["text"], whole["publications"]) == (row["text"], row["publications"])
    assert whole["sources"] is None


def test_every_kind_of_concept_change_has_a_count() -> None:
    from dataclasses import fields

    from kgmed.kg.diff.model import ConceptCounts

    assert tuple(field.name for field in fields(ConceptCounts)) == CONCEPT_KINDS


def test_the_work_folder_is_gone_after_closing(
    snap: Callable[..., Snapshot], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    with compare(snap(graph()), snap(graph(TREATS))) as found:
        assert list(temporary.iterdir())
        assert found.summary.statements.added == 1
    assert not list(temporary.iterdir())
