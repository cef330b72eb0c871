"""The build: identity, merging, drug levels and the report, on small sources of known content."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support import RowSource, concept, exact, source, tables_of

from kgmed.builders.pipeline import Build, build
from kgmed.kg.errors import ConfigError, DataError
from kgmed.kg.model import statement_id
from kgmed.kg.store.embedded import EmbeddedStore
from kgmed.kg.why import why

Maker = Callable[..., tuple[Build, EmbeddedStore]]


@pytest.fixture
def make(tmp_path: Path) -> Maker:
    count = 0

    def run(*sources: RowSource) -> tuple[Build, EmbeddedStore]:
        nonlocal count
        count += 1
        made = build(list(sources), tmp_path / str(count))
        return made, EmbeddedStore(tmp_path / str(count))

    return run


def test_exact_mappings_make_one_concept_led_by_authority(make: Maker) -> None:
    ids = [concept("doid:1", "gout", "Disease"), concept("mesh:D1", "Gout", "Disease")]
    _, store = make(
        source("infores:a", **tables_of(ids), mappings=[exact("doid:1", "mesh:D1")]),
        source("infores:b", mappings=[exact("mesh:D1", "umls:C0000001")]),
    )
    assert store.resolve(["mesh:D1", "doid:1"]) == ["umls:C0000001"] * 2
    found = store.concepts(["doid:1"])[0]
    assert found is not None
    assert found.equivalent_ids == ("umls:C0000001", "doid:1", "mesh:D1")
    assert found.sources == ("infores:a",)


def test_equal_statements_of_two_sources_stay_two(make: Maker) -> None:
    ids = tables_of([concept("mesh:D1", "a", "Drug"), concept("mesh:D2", "b", "Disease")])
    row = {"subject": "mesh:D1", "predicate": "treats", "object": "mesh:D2"}
    _, store = make(
        source("infores:a", **ids, statements=[row]), source("infores:b", statements=[row])
    )
    found = store.statements([e.statement for e in store.neighbors(["mesh:D1"])[0]])
    assert sorted(s.primary_knowledge_source for s in found if s) == ["infores:a", "infores:b"]


def test_rows_of_one_source_that_say_the_same_become_one_with_all_records(make: Maker) -> None:
    ids = tables_of([concept("mesh:D1", "a", "Drug"), concept("mesh:D2", "b", "Drug")])
    there = {"subject": "mesh:D1", "predicate": "interacts_with", "object": "mesh:D2",
             "source_record": "R1", "publications": ["pubmed:2"]}  # fmt: skip
    back = {"subject": "mesh:D2", "predicate": "interacts_with", "object": "mesh:D1",
            "source_record": "R2", "publications": ["pubmed:1", "pubmed:2"]}  # fmt: skip
    made, store = make(source(**ids, statements=[there, back]))
    (edge,) = store.neighbors(["mesh:D1"])[0]
    (found,) = store.statements([edge.statement])
    assert found is not None
    assert found.source_record == ("R1", "R2")
    assert found.publications == ("pubmed:1", "pubmed:2")
    assert made.report.merge.statements["the same statement of the same source"] == 1


def test_interactions_with_other_qualifiers_are_not_merged(make: Maker) -> None:
    ids = tables_of([concept("mesh:D1", "a", "Drug"), concept("mesh:D2", "b", "Drug")])
    rows = [
        {"subject": "mesh:D1", "predicate": "interacts_with", "object": "mesh:D2", "qualifiers": q}
        for q in ("", '{"severity":"Critical"}')
    ]
    _, store = make(source(**ids, statements=rows))
    assert len(store.neighbors(["mesh:D1"])[0]) == 2


@pytest.mark.parametrize("negated", [False, True])
@pytest.mark.parametrize("qualifiers", ["", '{"severity":"重要"}'])
def test_the_id_computed_in_sql_is_the_id_of_the_model(
    make: Maker, negated: bool, qualifiers: str
) -> None:
    ids = tables_of([concept("mesh:D1", "a", "Drug"), concept("mesh:D2", "b", "Disease")])
    row = {"subject": "mesh:D1", "predicate": "treats", "object": "mesh:D2", "negated": negated,
           "qualifiers": qualifiers}  # fmt: skip
    _, store = make(source(**ids, statements=[row]))
    (edge,) = store.neighbors(["mesh:D1"])[0]
    assert edge.statement == statement_id(
        primary_knowledge_source="infores:test",
        subject="mesh:D1",
        predicate="treats",
        object="mesh:D2",
        negated=negated,
        qualifiers=qualifiers,
    )


def test_a_mapping_fix_keeps_statement_ids(make: Maker) -> None:
    ids = tables_of([concept("mesh:D1", "a", "Drug"), concept("mesh:D2", "b", "Disease")])
    row = {"subject": "mesh:D1", "predicate": "treats", "object": "mesh:D2"}
    _, plain = make(source(**ids, statements=[row]))
    mapped = source(**ids, statements=[row], mappings=[exact("mesh:D1", "drugbank:DB1")])
    _, other = make(mapped)
    assert other.resolve(["mesh:D1"]) == ["drugbank:DB1"]
    first = [e.statement for e in plain.neighbors(["mesh:D1"])[0]]
    assert first == [e.statement for e in other.neighbors(["mesh:D1"])[0]]
    (found,) = other.statements(first)
    assert found is not None
    assert (found.subject, found.original_subject) == ("drugbank:DB1", "mesh:D1")


def test_a_statement_between_merged_ids_is_counted_not_kept(make: Maker) -> None:
    ids = tables_of([concept("mesh:D1", "a", "Drug"), concept("chebi:1", "a", "Drug")])
    row = {"subject": "mesh:D1", "predicate": "related_to", "object": "chebi:1"}
    made, _ = make(source(**ids, statements=[row], mappings=[exact("mesh:D1", "chebi:1")]))
    assert made.report.merge.statements["both ends are one concept"] == 1


def test_a_cycle_of_subclasses_becomes_broader_and_is_listed(make: Maker) -> None:
    ids = tables_of([concept(f"doid:{i}", f"d{i}", "Disease") for i in range(5)])
    rows = [
        {"subject": f"doid:{a}", "predicate": "subclass_of", "object": f"doid:{b}"}
        for a, b in [(0, 1), (1, 2), (2, 0), (3, 0), (2, 4)]
    ]
    made, store = make(source(**ids, statements=rows))
    kept = {(s.subject, s.object) for s in store.scan(predicate="subclass_of")}
    assert kept == {("doid:3", "doid:0"), ("doid:2", "doid:4")}
    assert len(list(store.scan(predicate="broader"))) == 3
    assert len(made.report.merge.cycles) == 3


def test_a_tie_is_refused_and_why_says_so(make: Maker) -> None:
    ids = tables_of([concept("mondo:1", "odd disease", "Disease")])
    rows = [exact("mondo:1", "umls:C0000001"), exact("mondo:1", "umls:C0000002")]
    more = tables_of(
        [concept("umls:C0000001", "x", "Disease"), concept("umls:C0000002", "y", "Disease")]
    )
    made, store = make(source("infores:a", **ids, mappings=rows), source("infores:b", **more))
    assert made.report.identity.refused == {"tie": 2}
    explained = why(store, "mondo:1", "umls:C0000001")
    assert not explained.same
    assert explained.against[0].status == "refused"
    assert "tie" in explained.against[0].reason


def test_an_agreeing_label_breaks_what_would_be_a_tie(make: Maker) -> None:
    ids = tables_of([concept("mondo:1", "odd disease", "Disease")])
    rows = [exact("mondo:1", "umls:C0000001"), exact("mondo:1", "umls:C0000002")]
    more = tables_of(
        [
            concept("umls:C0000001", "Odd Disease", "Disease"),
            concept("umls:C0000002", "y", "Disease"),
        ]
    )
    _, store = make(source("infores:a", **ids, mappings=rows), source("infores:b", **more))
    assert store.resolve(["mondo:1"]) == ["umls:C0000001"]
    explained = why(store, "mondo:1", "umls:C0000001")
    assert [m.object for m in explained.chain] == ["umls:C0000001"]


def test_a_negative_mapping_is_never_joined(make: Maker) -> None:
    ids = tables_of([concept("doid:1", "a", "Disease"), concept("hp:1", "a", "Disease")])
    rows = [exact("doid:1", "hp:1"), exact("doid:1", "hp:1", modifier="Not")]
    _, store = make(source(**ids, mappings=rows))
    assert store.resolve(["doid:1", "hp:1"]) == ["doid:1", "hp:1"]


def test_an_id_that_contradicts_the_name_beside_it_is_refused_and_listed(make: Maker) -> None:
    names = tables_of(
        [
            concept("drugbank:DB00257", "Clotrimazole", "Drug"),
            concept("drugbank:DB00210", "Adapalene", "Drug"),
        ]
    )
    wrong = tables_of([concept("mesh:D000068816", "Adapalene", "Drug")])
    row = exact(
        "mesh:D000068816", "drugbank:DB00257", object_label="Adapalene", subject_label="Adapalene"
    )
    made, store = make(
        source("infores:names", **names), source("infores:paths", **wrong, mappings=[row])
    )
    assert store.resolve(["mesh:D000068816"]) == ["mesh:D000068816"]
    (listed,) = made.report.identity.contradictions
    assert (listed["id"], listed["label"], listed["elsewhere"]) == (
        "drugbank:DB00257", "Adapalene", "Clotrimazole",
    )  # fmt: skip


def test_a_classification_code_joins_only_one_to_one_with_an_agreeing_label(make: Maker) -> None:
    ids = tables_of(
        [concept("mondo:1", "gout", "Disease"), concept("mondo:2", "nephritis", "Disease")]
    )
    codes = tables_of(
        [
            concept("icd10:M10", "Gout", "Disease"),
            concept("icd10:N05", "Nephritic syndrome", "Disease"),
        ]
    )
    rows = [exact("mondo:1", "icd10:M10"), exact("mondo:2", "icd10:N05")]
    _, store = make(source("infores:a", **ids, mappings=rows), source("infores:b", **codes))
    assert store.resolve(["icd10:M10", "icd10:N05"]) == ["mondo:1", "icd10:N05"]


def test_an_override_wins(make: Maker) -> None:
    ids = tables_of([concept("mondo:1", "a", "Disease"), concept("mondo:2", "b", "Disease")])
    _, store = make(
        source("override", mappings=[exact("mondo:1", "mondo:2")]), source("infores:a", **ids)
    )
    assert store.resolve(["mondo:2"]) == ["mondo:1"]


def test_a_negative_override_wins_too(make: Maker) -> None:
    ids = tables_of([concept("doid:1", "a", "Disease"), concept("mesh:D1", "a", "Disease")])
    _, store = make(
        source("override", mappings=[exact("doid:1", "mesh:D1", modifier="Not")]),
        source("infores:a", **ids, mappings=[exact("doid:1", "mesh:D1")]),
    )
    assert store.resolve(["mesh:D1"]) == ["mesh:D1"]


def test_unknown_predicates_and_categories_are_kept_and_reported(make: Maker) -> None:
    ids = tables_of([concept("mesh:D1", "a", "Gadget"), concept("mesh:D2", "b", "Drug")])
    row = {"subject": "mesh:D1", "predicate": "frobnicates", "object": "mesh:D2"}
    made, store = make(source(**ids, statements=[row]))
    assert [s.predicate for s in store.scan()] == ["frobnicates"]
    assert made.report.merge.unknown_predicates == {"frobnicates": 1}
    assert made.report.merge.unknown_categories == {"Gadget": 1}


def test_the_first_source_s_name_is_preferred_and_the_others_stay(make: Maker) -> None:
    first = tables_of([concept("mesh:D1", "Warfarin", "Drug")])
    second = tables_of([concept("mesh:D1", "WARFARIN", "Drug")])
    _, store = make(source("infores:a", **first), source("infores:b", **second))
    names = store.lexicon.names(["mesh:D1"])[0]
    assert [(n.text, n.kind, n.source) for n in names] == [
        ("Warfarin", "preferred", "infores:a"),
        ("WARFARIN", "synonym", "infores:b"),
    ]


def test_curated_paths_keep_every_way_from_start_to_end(make: Maker) -> None:
    ids = tables_of([concept(f"mesh:D{i}", f"n{i}", "Drug") for i in range(5)])
    links = [(0, 1), (0, 2), (1, 3), (2, 3), (3, 4)]
    rows = [
        {"subject": f"mesh:D{a}", "predicate": "positively_regulates", "object": f"mesh:D{b}"}
        for a, b in links
    ]
    paths = [
        {"path": "P1", "start": "mesh:D0", "end": "mesh:D3", "position": n, **row}
        for n, row in enumerate(rows[:4])
    ]
    _, store = make(source(**ids, statements=rows, paths=paths))
    found = store.curated_paths("mesh:D0", "mesh:D3")
    assert {path.nodes for path in found} == {
        ("mesh:D0", "mesh:D1", "mesh:D3"),
        ("mesh:D0", "mesh:D2", "mesh:D3"),
    }
    assert len(found) == 2
    assert {path.curated for path in found} == {"P1"}
    assert store.curated_paths("mesh:D3", "mesh:D0") == []


def test_a_reader_whose_counts_do_not_add_up_fails_the_build(tmp_path: Path) -> None:
    class Careless(RowSource):
        def batches(self, table: Any) -> Any:
            yield from super().batches(table)
            self.tallies[table].read += 1

    ids = tables_of([concept("mesh:D1", "a", "Drug")])
    with pytest.raises(DataError, match="don't add up"):
        build([Careless(rows=ids)], tmp_path / "graph")  # type: ignore[arg-type]
    assert not list((tmp_path / "graph" / "generations").iterdir())


def test_nothing_to_build_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="nothing to build"):
        build([], tmp_path / "graph")


def test_two_files_of_one_source_do_not_multiply_its_rows(make: Maker) -> None:
    ids = tables_of([concept("mesh:D1", "a", "Drug"), concept("mesh:D2", "b", "Disease")])
    row = {"subject": "mesh:D1", "predicate": "treats", "object": "mesh:D2",
           "primary_knowledge_source": "infores:a"}  # fmt: skip
    made, _ = make(source("infores:a", **ids, statements=[row]), source("infores:a", **ids))
    assert made.report.merge.statements["read"] == 1


def test_a_salt_mapped_to_its_base_is_not_the_base(make: Maker) -> None:
    salt = tables_of([concept("ndfrt:N0000145871", "testosterone cypionate", "Drug")])
    base = tables_of([concept("ndfrt:N0000145872", "testosterone", "Drug")])
    bank = tables_of([concept("drugbank:DB00624", "Testosterone", "Drug")])
    form = {"subject": "ndfrt:N0000145871", "predicate": "form_of", "object": "ndfrt:N0000145872"}
    rows = [
        exact("ndfrt:N0000145871", "drugbank:DB00624", confidence=0.99),
        exact("ndfrt:N0000145872", "drugbank:DB00624", confidence=0.8),
    ]
    _, store = make(
        source("infores:a", **salt, statements=[form], mappings=rows),
        source("infores:b", **base),
        source("infores:c", **bank),
    )
    ids = ["ndfrt:N0000145871", "ndfrt:N0000145872"]
    assert store.resolve(ids) == ["ndfrt:N0000145871", "drugbank:DB00624"]


def test_a_cross_reference_to_several_ids_joins_only_where_a_label_agrees(make: Maker) -> None:
    ids = tables_of([concept("doid:1", "kaposi sarcoma", "Disease")])
    codes = tables_of(
        [concept("ncit:C1", "Kaposi Sarcoma", "Disease"), concept("ncit:C2", "skin one", "Disease")]
    )
    rows = [
        {**exact("doid:1", code), "predicate": "oboInOwl:hasDbXref"}
        for code in ("ncit:C1", "ncit:C2")
    ]
    _, store = make(source("infores:a", **ids, mappings=rows), source("infores:b", **codes))
    assert store.resolve(["ncit:C1", "ncit:C2"]) == ["doid:1", "ncit:C2"]
