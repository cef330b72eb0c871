"""The prefixes of the ids that kgmed's own readers and tables give are in its registry."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from kgmed.builders.drugbank.vocabularies import RESOURCES
from kgmed.builders.open_data.sources import open_sources
from kgmed.builders.snomed.codes import MAPS
from kgmed.builders.source import TABLES
from kgmed.builders.tables.mapping import Ids, read_recipe, recipe_names
from kgmed.builders.umls.attributes import ATTRIBUTES
from kgmed.builders.umls.vocabularies import CODE_RULES
from kgmed.kg.curies import PREFIXES, normalize, normalize_prefix, to_biolink
from kgmed.kg.iris import VOCABULARIES


def of_readers() -> Iterator[tuple[str, str]]:
    yield from ((prefix, f"DrugBank: {name}") for name, (prefix, _) in RESOURCES.items())
    yield from ((prefix, f"SNOMED CT: map {id}") for id, prefix in MAPS.items())
    yield from ((rule.prefix, f"UMLS: {sab}") for sab, rule in CODE_RULES.items())
    yield from ((a.prefix, f"UMLS: {a.sab} {a.atn}") for a in ATTRIBUTES if a.prefix)
    for recipe in recipe_names():
        mapping = read_recipe(recipe)
        for table in (*mapping.nodes, *mapping.edges):
            for key, cell in table.cells():
                if isinstance(cell, Ids):
                    for prefix in (cell.prefix, *cell.prefixes.values()):
                        if prefix:
                            yield prefix, f"recipe {recipe}: {key}"


def test_every_prefix_of_a_reader_is_registered() -> None:
    assert [(prefix, where) for prefix, where in of_readers() if prefix not in PREFIXES] == []


def test_every_prefix_of_the_open_graph_is_registered() -> None:
    columns = ("id", "subject", "object", "start", "end")
    found = {
        id.partition(":")[0]
        for source in open_sources()
        for table in TABLES
        for batch in source.batches(table)
        for name in columns
        if name in batch.schema.names
        for id in batch.column(name).to_pylist()
        if id
    }
    assert len(found) > 20
    assert found - PREFIXES.keys() - VOCABULARIES.keys() == set()


@pytest.mark.parametrize("prefix", PREFIXES)
def test_each_spelling_of_a_prefix_means_that_one(prefix: str) -> None:
    entry = PREFIXES[prefix]
    spellings = {prefix, prefix.upper(), entry.biolink, *entry.synonyms}
    assert {normalize_prefix(spelling) for spelling in spellings} == {prefix}
    assert to_biolink(f"{prefix}:1") == f"{entry.biolink}:1"


def test_a_phenotypic_series_is_no_entry_of_omim() -> None:
    assert normalize("OMIMPS:118220") == "omim.ps:118220" != normalize("OMIM:118220")


def test_the_bioregistrys_newer_spelling_of_a_target_is_the_same_id() -> None:
    assert normalize("drugbank.bioentity:BE0000048") == normalize("drugbank.target:BE0000048")
