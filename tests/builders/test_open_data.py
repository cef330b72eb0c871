"""The open graph: its committed tables, the sources that read them, the extraction behind them."""

from __future__ import annotations

import gzip
import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from support import plain

from kgmed.builders.open_data.files import (
    extraction,
    gzip_bytes,
    read_tsv,
    split_constants,
    tables_folder,
    to_tsv,
)
from kgmed.builders.open_data.own import KINDS, product_id
from kgmed.builders.open_data.sources import KEYS, OpenSource, open_sources
from kgmed.builders.source import COLUMNS, TABLES, Source, schema
from kgmed.kg.categories import PARENTS
from kgmed.kg.curies import is_well_formed, normalize
from kgmed.kg.errors import DataError
from kgmed.kg.licences import licence

Row = dict[str, Any]
ROOT = Path(__file__).parents[2]
DATA = ROOT.parent / "shared" / "data" / "open"
WARFARIN = "ndfrt:N0000148057"


@pytest.fixture(scope="module")
def sources() -> dict[str, OpenSource]:
    return {source.key: source for source in open_sources()}


@pytest.fixture(scope="module")
def tables(sources: dict[str, OpenSource]) -> dict[tuple[str, str], list[Row]]:
    """Every row of every table: (source, table) -> rows."""
    return {
        (key, table): plain([row for batch in source.batches(table) for row in batch.to_pylist()])
        for key, source in sources.items()
        for table in TABLES
    }


def statements(tables: dict[tuple[str, str], list[Row]], key: str) -> list[Row]:
    return tables[key, "statements"]


def test_every_source_is_a_source(sources: dict[str, OpenSource]) -> None:
    assert tuple(sources) == KEYS
    assert all(isinstance(source, Source) for source in sources.values())


def test_batches_have_the_schema_of_the_protocol(sources: dict[str, OpenSource]) -> None:
    for source in sources.values():
        for table in TABLES:
            for batch in source.batches(table):
                assert batch.schema == schema(table)


def test_drugcentral_is_apart_and_can_be_left_out(tables: dict[tuple[str, str], list[Row]]) -> None:
    keys = [source.key for source in open_sources(drugcentral=False)]
    assert set(KEYS) - set(keys) == {"drugcentral", "ncbi_gene"}
    for key in keys:
        used = {row[end] for row in statements(tables, key) for end in ("subject", "object")}
        assert not any(str(id).startswith("ncbigene:") for id in used)


def test_every_licence_lets_kgmed_redistribute(sources: dict[str, OpenSource]) -> None:
    for key, source in sources.items():
        its = licence(source.info.licence)
        assert its.tier == "open"
        assert its.share_alike == (key == "drugcentral")


def test_notice_credits_every_source(sources: dict[str, OpenSource]) -> None:
    notice = (ROOT / "NOTICE").read_text(encoding="utf-8")
    for key, source in sources.items():
        if key != "kgmed":
            assert f"(files {key}.*)" in notice
            assert source.info.attribution


def test_releases_are_those_of_the_files(sources: dict[str, OpenSource]) -> None:
    releases = {key: source.info.release for key, source in sources.items()}
    assert releases["ndfrt"] == "2014-07-07"
    assert releases["doid"] == "2026-07-31"
    assert releases["mondo"] == "2026-08-04"
    assert all(releases.values())


def test_committed_tables_hold_ids_names_and_relations_only() -> None:
    columns = {column for table in COLUMNS.values() for column in table} - {"text", "value"}
    for path in tables_folder().iterdir():
        if path.name.endswith(".tsv.gz"):
            header = gzip.decompress(path.read_bytes()).split(b"\n")[0].decode().split("\t")
            allowed = columns | ({"text"} if ".names." in path.name else set())
            assert set(header) <= allowed


def test_no_name_is_a_sentence(tables: dict[tuple[str, str], list[Row]]) -> None:
    for (_, table), rows in tables.items():
        if table == "names":
            assert not [
                row for row in rows if re.search(r"[a-z]\. [A-Z][a-z]+ .*\.$", str(row["text"]))
            ]
            assert max((len(str(row["text"])) for row in rows), default=0) < 300


def test_committed_tables_are_small() -> None:
    sizes = [len(path.read_bytes()) for path in tables_folder().iterdir() if path.is_file()]
    assert sum(sizes) < 6_000_000


def test_warfarin_has_140_interaction_partners(tables: dict[tuple[str, str], list[Row]]) -> None:
    rows = [
        row for row in statements(tables, "ndfrt") if WARFARIN in (row["subject"], row["object"])
    ]
    assert Counter(row["qualifiers"] for row in rows) == {
        '{"severity":"Critical"}': 26,
        '{"severity":"Significant"}': 114,
    }
    assert len({row["subject"] for row in rows} | {row["object"] for row in rows}) == 141


def test_every_interaction_has_its_record_and_predicate(
    tables: dict[tuple[str, str], list[Row]],
) -> None:
    rows = statements(tables, "ndfrt")
    assert len(rows) == len({row["source_record"] for row in rows}) == 5265
    assert {row["predicate"] for row in rows} == {"interacts_with"}
    assert {row["original_predicate"] for row in rows} == {"VA Drug Interaction"}


def test_warfarin_of_ndf_rt_is_drugbanks_and_rxnorms(
    tables: dict[tuple[str, str], list[Row]],
) -> None:
    exact = {
        row["object"]
        for key in ("ndfrt", "kgmed")
        for row in tables[key, "mappings"]
        if row["subject"] == WARFARIN and row["predicate"] == "skos:exactMatch"
    }
    assert exact == {"rxnorm:11289", "drugbank:DB00682"}


def test_a_salt_is_a_form_of_its_base_and_not_the_same(
    tables: dict[tuple[str, str], list[Row]],
) -> None:
    names = {
        row["id"]: row["text"] for row in tables["ndfrt", "names"] if row["kind"] == "preferred"
    }
    forms = {
        str(names[row["subject"]]): str(names.get(row["object"], row["object"]))
        for row in statements(tables, "kgmed")
        if row["predicate"] == "form_of" and row["subject"] in names
    }
    assert forms["clopidogrel bisulfate"].casefold() == "clopidogrel"
    assert forms["atorvastatin calcium"].casefold() == "atorvastatin"
    assert forms["warfarin sodium"] == "warfarin"
    ions = ("potassium", "lithium", "iron", "ferrous", "calcium", "magnesium", "zinc", "aluminum")
    assert not [form for form in forms if form.casefold().startswith(ions)]


def test_an_ester_with_its_own_mesh_id_is_a_form_of_the_base(
    tables: dict[tuple[str, str], list[Row]],
) -> None:
    ester, base = "mesh:D015643", "drugbank:DB00199"  # erythromycin ethylsuccinate, erythromycin
    found = {
        row["object"]: row["predicate"]
        for row in tables["drugmechdb", "mappings"]
        if row["subject"] == ester
    }
    assert found[base] == "skos:broadMatch"
    assert (ester, "form_of", base) in {
        (row["subject"], row["predicate"], row["object"]) for row in statements(tables, "kgmed")
    }


def test_form_of_is_kgmeds_own_conclusion(tables: dict[tuple[str, str], list[Row]]) -> None:
    rows = [row for key in KEYS for row in statements(tables, key) if row["predicate"] == "form_of"]
    assert len(rows) > 400
    for row in rows:
        assert row["primary_knowledge_source"] == "infores:kgmed"
        assert row["knowledge_level"] == "logical_entailment"
        assert row["agent_type"] == "automated_agent"
        assert row["subject"] != row["object"]


def test_digoxin_is_in_the_class_that_ndf_rt_speaks_of(
    tables: dict[tuple[str, str], list[Row]],
) -> None:
    classes = {row["subject"]: row["object"] for row in statements(tables, "kgmed")
               if row["predicate"] == "in_drug_class"}  # fmt: skip
    digitalis = classes["drugbank:DB00390"]
    assert {"id": digitalis, "text": "digitalis", "language": "en", "kind": "preferred"} in tables[
        "ndfrt", "names"
    ]


def test_st_johns_wort_has_two_names_and_one_nui(tables: dict[tuple[str, str], list[Row]]) -> None:
    found = {row["id"] for row in tables["ndfrt", "names"]
             if row["text"] in ("hypericum perforatum", "St. John's wort")}  # fmt: skip
    assert len(found) == 1


def test_each_of_4846_paths_leads_from_its_drug_to_its_disease(
    tables: dict[tuple[str, str], list[Row]],
) -> None:
    paths: dict[object, list[Row]] = {}
    for row in tables["drugmechdb", "paths"]:
        paths.setdefault(row["path"], []).append(row)
    assert len(paths) == 4846
    assert sum(map(len, paths.values())) == 32640
    for rows in paths.values():
        nodes = {row["subject"] for row in rows} | {row["object"] for row in rows}
        assert {rows[0]["start"], rows[0]["end"]} <= nodes
        positions = [row["position"] for row in rows]
        assert len(set(positions)) == len(positions)


def test_every_link_of_a_path_is_a_statement(tables: dict[tuple[str, str], list[Row]]) -> None:
    key = ("subject", "predicate", "object", "qualifiers")
    stated = {tuple(row[column] for column in key) for row in statements(tables, "drugmechdb")}
    assert {tuple(row[column] for column in key) for row in tables["drugmechdb", "paths"]} <= stated
    assert len(stated) == len(statements(tables, "drugmechdb"))


def test_reversed_links_keep_their_own_words(tables: dict[tuple[str, str], list[Row]]) -> None:
    rows = [row for row in statements(tables, "drugmechdb")
            if "caused by" in str(row["original_predicate"])]  # fmt: skip
    assert {row["predicate"] for row in rows} == {"causes"}


def test_a_drug_that_harms_is_no_treatment(tables: dict[tuple[str, str], list[Row]]) -> None:
    treated = {(row["subject"], row["object"]) for row in statements(tables, "drugmechdb")
               if row["predicate"] == "treats"}  # fmt: skip
    harmed = {(row["subject"], row["object"]) for row in statements(tables, "drugmechdb")
              if row["predicate"] == "contraindicated_in"}  # fmt: skip
    assert len(harmed) == 8
    # a record of clortermine says both itself
    assert treated & harmed == {("drugbank:DB01527", "mesh:D000856")}


def test_no_reference_is_a_page_of_drugbank(tables: dict[tuple[str, str], list[Row]]) -> None:
    for key in KEYS:
        for row in statements(tables, key):
            assert not any("drugbank" in str(reference) for reference in row["publications"])


def test_mycoplasma_pneumonia_is_no_name_of_bacterial_conjunctivitis(
    tables: dict[tuple[str, str], list[Row]], sources: dict[str, OpenSource]
) -> None:
    names = {row["text"] for row in tables["drugmechdb", "names"] if row["id"] == "mesh:D003234"}
    assert "Pneumonia due to Mycoplasma pneumoniae" not in names
    found = sources["drugmechdb"].findings["name is another id's"]
    assert "mesh:D003234" in {row["id"] for row in found}


def test_a_contradicted_drugbank_id_is_listed_and_less_sure(
    tables: dict[tuple[str, str], list[Row]], sources: dict[str, OpenSource]
) -> None:
    found = sources["drugmechdb"].findings["DrugBank id of another drug"]
    doubted = {(row["node"], row["id"]) for row in found}
    assert ("mesh:D000657", "drugbank:DB00285") in doubted  # amoxapine beside venlafaxine's id
    assert len(doubted) >= 11
    confidence = {
        (row["subject"], row["object"]): row["confidence"]
        for row in tables["drugmechdb", "mappings"]
    }
    assert {confidence[pair] for pair in doubted} == {0.6}
    assert confidence["mesh:D014859", "drugbank:DB00682"] is None


def test_malformed_ids_are_mended_only_where_one_reading_fits(
    tables: dict[tuple[str, str], list[Row]], sources: dict[str, OpenSource]
) -> None:
    findings = sources["drugmechdb"].findings
    mended = {row["id"]: row["mended"] for row in findings["malformed id, mended"]}
    assert mended["drugbank:B02362"] == "drugbank:DB02362"
    assert mended["uniprot:P3535"] == "uniprot:P35354"
    assert mended["go:005507"] == "go:0055072"  # by its name; padded it would be another term
    kept = {row["id"] for row in findings["malformed id, kept"]}
    concepts = [str(row["id"]) for key in KEYS for row in tables[key, "concepts"]]
    assert {id for id in concepts if not is_well_formed(id)} == kept


def test_a_treatment_says_whether_it_modifies_the_disease(
    tables: dict[tuple[str, str], list[Row]],
) -> None:
    rows = statements(tables, "pharmacotherapydb")
    assert Counter(row["qualifiers"] for row in rows) == {
        '{"kind":"disease-modifying"}': 755,
        '{"kind":"symptomatic"}': 390,
    }
    assert {row["predicate"] for row in rows} == {"treats"}


def test_disease_ontology_has_hierarchy_and_symptoms(
    tables: dict[tuple[str, str], list[Row]],
) -> None:
    counts = Counter(row["predicate"] for row in statements(tables, "doid"))
    assert counts["subclass_of"] == 12296
    assert counts["has_symptom"] == 2219


def test_no_meddra_id_is_shipped(tables: dict[tuple[str, str], list[Row]]) -> None:
    for key in KEYS:
        for row in tables[key, "mappings"]:
            assert not str(row["object"]).startswith("meddra:")
            assert not str(row["subject"]).startswith("meddra:")


def test_unsure_mappings_are_kept_below_every_threshold(
    tables: dict[tuple[str, str], list[Row]],
) -> None:
    unsure = [row for row in tables["biomappings", "mappings"] if row["confidence"] is not None]
    assert len(unsure) == 58
    assert {row["confidence"] for row in unsure} == {0.3}


def test_drugcentral_states_targets_by_action(tables: dict[tuple[str, str], list[Row]]) -> None:
    counts = Counter(row["predicate"] for row in statements(tables, "drugcentral"))
    assert counts["inhibits"] == 1493
    assert counts["positive_allosteric_modulator_of"] == 278
    classes = ("in_drug_class", "has_role", "has_mechanism_of_action", "has_physiologic_effect",
               "has_chemical_structure_class")  # fmt: skip
    assert sum(counts[predicate] for predicate in classes) == 10959


def test_ids_are_curies_in_kgmeds_spelling(tables: dict[tuple[str, str], list[Row]]) -> None:
    for (key, table), rows in tables.items():
        columns = {"mappings": ("subject", "object"), "statements": ("subject", "object")}
        for column in columns.get(table, ("id",) if table in ("concepts", "names") else ()):
            wrong = {str(row[column]) for row in rows if normalize(str(row[column])) != row[column]}
            assert not wrong, (key, table)


def test_categories_and_name_kinds_are_kgmeds(tables: dict[tuple[str, str], list[Row]]) -> None:
    for (_, table), rows in tables.items():
        for row in rows:
            if table == "concepts":
                assert row["categories"]
                assert set(row["categories"]) <= set(PARENTS)
            elif table == "names":
                assert row["kind"] in KINDS
                assert row["language"] in ("en", "zh")


def test_both_ends_of_every_statement_are_concepts(
    tables: dict[tuple[str, str], list[Row]],
) -> None:
    concepts = {row["id"] for key in KEYS for row in tables[key, "concepts"]}
    ends = {row[end] for key in KEYS for row in statements(tables, key)
            for end in ("subject", "object")}  # fmt: skip
    assert ends <= concepts


def test_only_genes_lack_a_name(tables: dict[tuple[str, str], list[Row]]) -> None:
    named = {row["id"] for key in KEYS for row in tables[key, "names"]}
    nameless = {str(row["id"]) for key in KEYS for row in tables[key, "concepts"]} - named
    assert {id.partition(":")[0] for id in nameless} <= {"ncbigene"}
    assert len(nameless) <= 137


def test_the_open_graph_is_large_enough(tables: dict[tuple[str, str], list[Row]]) -> None:
    concepts = {row["id"] for key in KEYS for row in tables[key, "concepts"]}
    assert len(concepts) >= 20_000
    assert sum(len(statements(tables, key)) for key in KEYS) >= 45_000


def test_tallies_of_reading_add_up(
    sources: dict[str, OpenSource], tables: dict[tuple[str, str], list[Row]]
) -> None:
    for source in sources.values():
        assert all(tally.adds_up for tally in source.tallies.values())
        for table, count in extraction()["sources"][source.key]["tables"].items():
            assert source.tallies[f"{source.key}.{table}.tsv.gz"].read == count


def test_tallies_of_the_extraction_add_up() -> None:
    for entry in extraction()["sources"].values():
        for tally in entry["tallies"].values():
            assert tally["read"] == tally["kept"] + sum(tally["skipped"].values())


def test_fingerprint_is_stable_and_each_sources_own(sources: dict[str, OpenSource]) -> None:
    again = {source.key: source.fingerprint() for source in open_sources()}
    assert again == {key: source.fingerprint() for key, source in sources.items()}
    assert len(set(again.values())) == len(KEYS)


def test_a_products_ingredients_are_statements(tables: dict[tuple[str, str], list[Row]]) -> None:
    products = [row for row in statements(tables, "kgmed")
                if row["predicate"] == "has_active_ingredient"]  # fmt: skip
    if not products:
        pytest.skip("products.tsv isn't there")
    assert {str(row["subject"]).partition(":")[0] for row in products} == {"kgmed.product"}


def test_product_id_is_a_curie() -> None:
    assert product_id("Co-amoxiclav") == "kgmed.product:co-amoxiclav"


def test_unknown_source_is_an_error() -> None:
    with pytest.raises(DataError, match="expected one of drugcentral"):
        OpenSource("hetionet")


def test_a_tab_in_a_value_is_an_error() -> None:
    with pytest.raises(DataError, match="tab or line break"):
        to_tsv(["id"], [["a\tb"]], where="x")


def test_constant_columns_are_not_in_the_file() -> None:
    columns, constants, rows = split_constants(
        ["id", "kind"], [{"id": "b", "kind": "x"}, {"id": "a", "kind": "x"}]
    )
    assert (columns, constants, rows) == (["id"], {"kind": "x"}, [["a"], ["b"]])


def test_texts_that_look_like_nulls_or_numbers_stay_text() -> None:
    table = read_tsv(to_tsv(["id", "text"], [["a", "NA"], ["b", ""], ["c", "007"]], where="x"))
    assert table.column("text").to_pylist() == ["NA", "", "007"]


def test_gzip_header_holds_no_time() -> None:
    assert gzip_bytes(b"x")[4:8] == b"\0\0\0\0"


def test_extracting_again_gives_the_committed_tables() -> None:
    if not DATA.is_dir():
        pytest.skip(f"the publishers' files aren't at {DATA}")
    from kgmed.builders.open_data.extract.write import build

    files = build(DATA)
    folder = tables_folder()
    committed = {path.name for path in folder.iterdir() if path.name.endswith(".tsv.gz")}
    assert {name for name in files if name.endswith(".tsv.gz")} == committed
    for name, data in files.items():
        there = folder.joinpath(name).read_bytes()
        if name.endswith(".gz"):  # zlib builds differ in how they deflate; the text may not
            assert gzip.decompress(data) == gzip.decompress(there), name
        elif name.endswith(".json"):
            assert json.loads(data) == json.loads(there)
