"""DrugBank: what comes out of which element, how interactions read, and which files are refused."""

from __future__ import annotations

import gzip
import json
import zipfile
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import pytest
from support import plain

from kgmed.builders.drugbank import DrugBankSource, stream
from kgmed.builders.drugbank.sentences import A, B, read_template
from kgmed.builders.source import Source, TableName, schema
from kgmed.kg.errors import DataError, RowError
from kgmed.kg.model import canonical_qualifiers

Row = dict[str, Any]
REAL = Path(__file__).parents[2] / "../shared/data/parser_only/drugbank_xml"
ROOT = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<drugbank xmlns="http://www.drugbank.ca"'
    ' version="5.1" exported-on="2025-01-02">\n'
)
VOCABULARY = "DrugBank ID,Accession Numbers,Common name,CAS,UNII,Synonyms,Standard InChI Key\n"


def drug(id: str, name: str, *parts: str, type: str = "small molecule") -> str:
    inner = "\n".join(parts)
    return (
        f'<drug type="{type}" created="2005-06-13" updated="2025-01-01">\n'
        f'<drugbank-id primary="true">{id}</drugbank-id>\n<name>{name}</name>\n{inner}\n</drug>\n'
    )


def element(tag: str, **fields: str) -> str:
    inner = "".join(
        f"<{name.replace('_', '-')}>{escape(text)}</{name.replace('_', '-')}>"
        for name, text in fields.items()
    )
    return f"<{tag}>{inner}</{tag}>\n"


def listed(tag: str, *entries: str) -> str:
    return f"<{tag}>\n{''.join(entries)}</{tag}>"


def interaction(id: str, name: str, description: str) -> str:
    return element("drug-interaction", drugbank_id=id, name=name, description=description)


def product(name: str, country: str = "US", code: str = "1-1") -> str:
    return element("product", name=name, ndc_product_code=code, country=country)


def polypeptide(id: str, name: str, gene: str = "") -> str:
    return (
        f'<polypeptide id="{id}" source="Swiss-Prot"><name>{name}</name>'
        f'<gene-name>{gene}</gene-name><organism ncbi-taxonomy-id="9606">Humans</organism>'
        "<synonyms><synonym>1.1.1.1</synonym><synonym>Other name</synonym></synonyms>"
        "<external-identifiers><external-identifier><resource>HUGO Gene Nomenclature Committee"
        " (HGNC)</resource><identifier>HGNC:3535</identifier></external-identifier>"
        "</external-identifiers></polypeptide>"
    )


def target(id: str, name: str, *inner: str, actions: tuple[str, ...] = (), tag: str = "target",
           known: str = "unknown") -> str:  # fmt: skip
    said = "".join(f"<action>{action}</action>" for action in actions)
    return (
        f"<{tag}><id>{id}</id><name>{name}</name><organism>Humans</organism>"
        f"<actions>{said}</actions><references><articles><article><pubmed-id>77</pubmed-id>"
        f"</article></articles></references><known-action>{known}</known-action>"
        f"{''.join(inner)}</{tag}>\n"
    )


def xml(path: Path, *drugs: str, root: str = ROOT) -> Path:
    path.write_text(root + "".join(drugs) + "</drugbank>\n", encoding="utf-8")
    return path


def source_of(tmp_path: Path, *drugs: str) -> DrugBankSource:
    return DrugBankSource(xml(tmp_path / "full database.xml", *drugs))


def read(source: Source, table: TableName) -> list[Row]:
    found = []
    for batch in source.batches(table):
        assert batch.schema == schema(table)
        found += batch.to_pylist()
    assert all(tally.adds_up for tally in source.tallies.values())
    return plain(found)


def stated(source: Source, predicate: str) -> list[Row]:
    return [row for row in read(source, "statements") if row["predicate"] == predicate]


def ends(rows: list[Row]) -> list[tuple[str, str]]:
    return [(row["subject"], row["object"]) for row in rows]


def qualifiers(row: Row) -> dict[str, str]:
    found: dict[str, str] = json.loads(row["qualifiers"]) if row["qualifiers"] else {}
    assert canonical_qualifiers(found) == row["qualifiers"]
    return found


def names(source: Source, id: str) -> dict[str, tuple[str, str]]:
    return {
        row["text"]: (row["language"], row["kind"])
        for row in read(source, "names")
        if row["id"] == id
    }


WARFARIN = drug("DB00682", "Warfarin")


def test_it_is_a_source_with_release_and_licence(tmp_path: Path) -> None:
    source = source_of(tmp_path, WARFARIN)
    assert isinstance(source, Source)
    info = source.info
    assert (info.release, info.licence) == ("5.1 2025-01-02", "DrugBank")
    assert read(source, "paths") == []


@pytest.mark.parametrize("ending", [".xml", ".xml.gz", ".xml.zip", ".zip"])
def test_plain_gz_and_zip_hold_the_same(tmp_path: Path, ending: str) -> None:
    content = (ROOT + WARFARIN + "</drugbank>").encode()
    path = tmp_path / f"drugbank_all_full_database{ending}"
    if ending.endswith(".zip"):
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("full database.xml", content)
    else:
        path.write_bytes(gzip.compress(content) if ending.endswith(".gz") else content)
    source = DrugBankSource(path)
    assert read(source, "concepts") == [
        {"id": "drugbank:DB00682", "categories": ["Drug", "SmallMolecule"]}
    ]


def test_elements_with_a_namespace_prefix_are_the_same(tmp_path: Path) -> None:
    path = tmp_path / "a.xml"
    path.write_text(
        '<d:drugbank xmlns:d="http://www.drugbank.ca" version="5.1"><d:drug type="biotech">'
        '<d:drugbank-id primary="true">DB00001</d:drugbank-id><d:name>Lepirudin</d:name>'
        "</d:drug></d:drugbank>"
    )
    assert names(DrugBankSource(path), "drugbank:DB00001") == {"Lepirudin": ("en", "preferred")}


def test_drugs_come_one_by_one_however_the_file_is_cut(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "PIECE_BYTES", 7)
    drugs = [drug(f"DB{n:05}", f"Drug {n}") for n in range(20)]
    found = list(stream.read_drugs(xml(tmp_path / "a.xml", *drugs)))
    assert [number for number, _ in found] == list(range(20))
    assert [one.findtext("name") for _, one in found] == [f"Drug {n}" for n in range(20)]


def test_groups_are_value_statements(tmp_path: Path) -> None:
    groups = listed("groups", "<group>approved</group>", "<group>withdrawn</group>")
    rows = stated(source_of(tmp_path, drug("DB00001", "X", groups)), "has_regulatory_status")
    assert [row["value"] for row in rows] == ["approved", "withdrawn"]


def test_synonyms_keep_their_languages(tmp_path: Path) -> None:
    synonyms = listed(
        "synonyms",
        '<synonym language="german/spanish" coder="">Warfarina</synonym>',
        '<synonym language="" coder="inn">Warfarinum</synonym>',
        '<synonym language="klingon" coder="">wIj</synonym>',
        '<synonym language="english" coder=""></synonym>',
    )
    source = source_of(tmp_path, drug("DB00682", "Warfarin", synonyms))
    found = {
        (row["text"], row["language"]) for row in read(source, "names") if row["kind"] == "synonym"
    }
    assert found == {
        ("Warfarina", "de"),
        ("Warfarina", "es"),
        ("Warfarinum", "en"),
        ("wIj", "en"),
    }
    assert source.findings["language that isn't known"] == [{"language": "klingon", "count": "1"}]


def test_texts_are_value_statements_with_their_lines(tmp_path: Path) -> None:
    parts = [f"<{tag}> {tag}&#13;\n2 </{tag}>" for tag in ("indication", "clearance", "toxicity")]
    rows = read(source_of(tmp_path, drug("DB00682", "W", *parts)), "statements")
    assert {(row["predicate"], row["value"], row["value_language"]) for row in rows} == {
        ("indication_text", "indication\n2", "en"),
        ("has_clearance", "clearance\n2", "en"),
        ("toxicity_text", "toxicity\n2", "en"),
    }


def test_a_salt_is_a_form_of_its_drug(tmp_path: Path) -> None:
    salt = element("salt", drugbank_id="DBSALT000001", name="Warfarin sodium", unii="6153CWM0CL")
    source = source_of(tmp_path, drug("DB00682", "Warfarin", listed("salts", salt)))
    assert ends(stated(source, "form_of")) == [("drugbank.salt:DBSALT000001", "drugbank:DB00682")]
    assert ("drugbank.salt:DBSALT000001", "unii:6153CWM0CL") in {
        (row["subject"], row["object"]) for row in read(source, "mappings")
    }


def test_categories_are_classes_by_mesh_id_or_name(tmp_path: Path) -> None:
    categories = listed(
        "categories",
        element("category", category="Anticoagulants", mesh_id="D000925"),
        element("category", category="Vitamin K Antagonists", mesh_id=""),
        element("category", category="Odd", mesh_id="no id"),
    )
    source = source_of(tmp_path, drug("DB00682", "Warfarin", categories))
    assert ends(stated(source, "in_drug_class")) == [
        ("drugbank:DB00682", "mesh:D000925"),
        ("drugbank:DB00682", "kgmed.drugclass:vitamin-k-antagonists"),
    ]
    assert source.tallies["full database.xml <category>"].skipped.total() == 1


def test_an_atc_code_is_a_broad_match_and_its_group_a_class(tmp_path: Path) -> None:
    levels = (("B01AA", "Vitamin K antagonists"), ("B01A", "ANTITHROMBOTIC AGENTS"))
    inner = "".join(f'<level code="{code}">{text}</level>' for code, text in levels)
    codes = f'<atc-codes><atc-code code="B01AA03">{inner}</atc-code></atc-codes>'
    source = source_of(tmp_path, drug("DB00682", "Warfarin", codes))
    assert ends(stated(source, "in_drug_class")) == [("drugbank:DB00682", "atc:B01AA")]
    assert ends(stated(source, "broader")) == [("atc:B01AA", "atc:B01A")]
    assert names(source, "atc:B01A") == {"Antithrombotic agents": ("en", "preferred")}
    mapping = read(source, "mappings")[0]
    assert (mapping["predicate"], mapping["object"]) == ("skos:broadMatch", "atc:B01AA03")


def test_external_identifiers_are_mappings(tmp_path: Path) -> None:
    entries = [
        element("external-identifier", resource=resource, identifier=identifier)
        for resource, identifier in (
            ("RxCUI", "11289"),
            ("ChEBI", "10033"),
            ("UniProtKB", "P01050"),
            ("ChEBI", "none"),
            ("Nowhere", "1"),
        )
    ]
    ids = "<drugbank-id>DB99999</drugbank-id><drugbank-id>APRD00341</drugbank-id>"
    parts = (ids, "<unii>5Q7ZVV76EI</unii>", listed("external-identifiers", *entries))
    source = source_of(tmp_path, drug("DB00682", "Warfarin", *parts))
    assert {
        (row["subject"], row["predicate"], row["object"]) for row in read(source, "mappings")
    } == {
        ("drugbank:DB99999", "IAO:0100001", "drugbank:DB00682"),
        ("drugbank:DB00682", "skos:exactMatch", "unii:5Q7ZVV76EI"),
        ("drugbank:DB00682", "oboInOwl:hasDbXref", "rxnorm:11289"),
        ("drugbank:DB00682", "oboInOwl:hasDbXref", "chebi:10033"),
        ("drugbank:DB00682", "skos:relatedMatch", "uniprot:P01050"),
    }
    assert source.findings["resource without a prefix"] == [{"resource": "Nowhere", "count": "1"}]


def test_a_pathway_has_its_drug_and_its_enzymes_once(tmp_path: Path) -> None:
    entry = (
        "<pathway><smpdb-id>SMP00278</smpdb-id><name>Warfarin Action</name><drugs><drug>"
        "<drugbank-id>DB00001</drugbank-id></drug></drugs><enzymes><uniprot-id>P00734</uniprot-id>"
        "</enzymes></pathway>"
    )
    two = (drug(id, id, listed("pathways", entry)) for id in ("DB00682", "DB00001"))
    source = source_of(tmp_path, *two)
    assert ends(stated(source, "participates_in")) == [
        ("drugbank:DB00682", "smpdb:SMP0000278"),
        ("uniprot:P00734", "smpdb:SMP0000278"),
        ("drugbank:DB00001", "smpdb:SMP0000278"),
    ]


def test_elements_that_are_not_read_are_listed(tmp_path: Path) -> None:
    parts = ("<patents><patent/><patent/></patents>", "<prices/>", "<groups><odd/></groups>")
    source = source_of(tmp_path, drug("DB00682", "Warfarin", *parts))
    read(source, "statements")
    assert source.findings["elements that aren't read"] == [
        {"element": "patents", "count": "2"},
        {"element": "groups/odd", "count": "1"},
    ]


# Targets ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("section", "action", "predicate", "qualified"),
    [
        ("targets", "inhibitor", "inhibits", {}),
        ("targets", "binder", "has_target", {}),
        ("targets", "unknown", "has_target", {}),
        ("targets", "", "has_target", {}),
        ("targets", "cleavage", "has_target", {"action": "cleavage"}),
        ("enzymes", "substrate", "metabolized_by", {}),
        ("enzymes", "inhibitor", "decreases_activity_of", {"strength": "strong"}),
        ("enzymes", "inducer", "increases_activity_of", {}),
        ("enzymes", "ligand", "has_enzyme", {"action": "ligand"}),
        ("carriers", "binder", "carried_by", {}),
        ("transporters", "substrate", "transported_by", {}),
        ("transporters", "inhibitor", "decreases_activity_of", {}),
    ],
)
def test_an_action_is_a_predicate(
    tmp_path: Path, section: str, action: str, predicate: str, qualified: dict[str, str]
) -> None:
    tag = section.removesuffix("s")
    strengths = "<inhibition-strength>strong</inhibition-strength><induction-strength/>"
    entry = target(
        "BE0000048",
        "Prothrombin",
        polypeptide("P00734", "Prothrombin"),
        strengths,
        actions=(action,),
        tag=tag,
    )
    source = source_of(tmp_path, drug("DB00682", "Warfarin", listed(section, entry)))
    row = next(row for row in read(source, "statements") if row["subject"] == "drugbank:DB00682")
    assert (row["predicate"], row["object"]) == (predicate, "uniprot:P00734")
    assert qualifiers(row) == qualified
    assert row["original_predicate"] == (f"{section}/{action}" if action else section)
    assert row["publications"] == ["pubmed:77"]


def test_each_action_is_a_statement_and_says_whether_it_is_the_drugs_own(tmp_path: Path) -> None:
    entry = target("BE1", "P", polypeptide("P00734", "P"), actions=("agonist", "inducer"),
                   known="yes")  # fmt: skip
    source = source_of(tmp_path, drug("DB00682", "Warfarin", listed("targets", entry)))
    rows = [row for row in read(source, "statements") if row["subject"] == "drugbank:DB00682"]
    assert [qualifiers(row) for row in rows] == [
        {"pharmacological_action": "yes"},
        {"pharmacological_action": "yes", "action": "inducer"},
    ]


def test_a_protein_has_its_gene_organism_and_targets_id(tmp_path: Path) -> None:
    entry = target("BE0000048", "Thrombin", polypeptide("P00734", "Prothrombin", "F2"))
    two = (drug(id, id, listed("targets", entry)) for id in ("DB00682", "DB00001"))
    source = source_of(tmp_path, *two)
    assert names(source, "uniprot:P00734") == {
        "Prothrombin": ("en", "preferred"),
        "F2": ("en", "abbreviation"),
        "Other name": ("en", "synonym"),
        "Thrombin": ("en", "synonym"),
    }
    assert ends(stated(source, "in_taxon")) == [("uniprot:P00734", "ncbitaxon:9606")]
    assert [(row["subject"], row["object"]) for row in read(source, "mappings")] == [
        ("uniprot:P00734", "hgnc:3535"),
        ("drugbank.target:BE0000048", "uniprot:P00734"),
    ]


def test_what_the_first_drug_leaves_out_of_a_protein_the_second_may_say(tmp_path: Path) -> None:
    bare = target("BE0000048", "Thrombin", polypeptide("P00734", ""))
    full = target("BE0000048", "Thrombin", polypeptide("P00734", "Prothrombin", "F2"))
    source = source_of(
        tmp_path,
        drug("DB00682", "Warfarin", listed("targets", bare)),
        drug("DB00001", "Lepirudin", listed("targets", full)),
    )
    assert names(source, "uniprot:P00734")["Prothrombin"] == ("en", "preferred")
    assert [row["id"] for row in read(source, "concepts")].count("uniprot:P00734") == 1


def test_a_group_of_proteins_keeps_drugbanks_id(tmp_path: Path) -> None:
    group = target(
        "BE0002", "GABA-A receptor", polypeptide("P14867", "a"), polypeptide("P47870", "b")
    )
    dna = target("BE0003", "DNA")
    source = source_of(tmp_path, drug("DB00682", "W", listed("targets", group, dna)))
    assert ends(stated(source, "has_target")) == [
        ("drugbank:DB00682", "drugbank.target:BE0002"),
        ("drugbank:DB00682", "drugbank.target:BE0003"),
    ]
    assert ends(stated(source, "part_of")) == [
        ("uniprot:P14867", "drugbank.target:BE0002"),
        ("uniprot:P47870", "drugbank.target:BE0002"),
    ]


# Interactions -----------------------------------------------------------------------------------

SENTENCES = [
    ("{0} may increase the hypotensive activities of {1}.", "hypotensive activity", "increased", B),
    ("{0} may decrease the sedative (CNS) activities of {1}.", "sedative activity", "decreased", B),
    ("{0} may decrease the excretion rate of {1} which could result in a higher serum level.",
     "excretion rate", "decreased", B),
    ("{0} can cause a decrease in the absorption of {1} resulting in a reduced level.",
     "absorption", "decreased", B),
    ("{0} may decrease effectiveness of {1} as a diagnostic agent.",
     "effectiveness as a diagnostic agent", "decreased", B),
    ("The metabolism of {1} can be decreased when combined with {0}.",
     "metabolism", "decreased", B),
    ("The serum concentration of {1} can be increased when it is combined with {0}.",
     "serum concentration", "increased", B),
    ("The therapeutic efficacy of {1} can be reduced when used in combination with {0}.",
     "therapeutic efficacy", "decreased", B),
    ("The serum concentration of the active metabolites of {1} can be reduced when {1} is used in"
     " combination with {0} resulting in a loss in efficacy.",
     "serum concentration of active metabolites", "decreased", B),
    ("The risk of a hypersensitivity reaction to {1} is increased when it is combined with {0}.",
     "risk of hypersensitivity reaction", "increased", B),
    ("The risk or severity of QTc prolongation can be increased when {0} is combined with {1}.",
     "risk of QTc prolongation", "increased", ""),
]  # fmt: skip


@pytest.mark.parametrize(("sentence", "aspect", "direction", "affected"), SENTENCES)
def test_a_sentence_says_what_happens_to_whom(
    sentence: str, aspect: str, direction: str, affected: str
) -> None:
    assert read_template(sentence.format(A, B)) == (aspect, direction, affected)
    turned = {A: B, B: A, "": ""}[affected]
    assert read_template(sentence.format(B, A)) == (aspect, direction, turned)


@pytest.mark.parametrize(
    "sentence",
    [
        "Increased toxicity.",
        "Foo may increase the sedative activities of Bar.",
        f"{A} may increase the sedative activities of {A}.",
        f"{A} and {B} may increase the sedative activities of {A}.",
        "",
        "The risk of " + "x" * 600 + f" can be increased when {A} is combined with {B}.",
    ],
)
def test_a_sentence_that_says_nothing_sure_gives_nothing(sentence: str) -> None:
    assert read_template(sentence) is None


def test_a_slot_of_another_name_is_the_other_drug() -> None:
    reading = read_template(f"{B} calcium may increase the sedative activities of Coumadin.")
    assert reading == ("sedative activity", "increased", A)


@pytest.mark.parametrize("sentence", [case[0] for case in SENTENCES])
def test_both_records_of_an_interaction_are_one_statement(tmp_path: Path, sentence: str) -> None:
    said = sentence.format("Insulin pork", "Insulin")
    source = source_of(
        tmp_path,
        drug("DB00071", "Insulin pork",
             listed("drug-interactions", interaction("DB00030", "Insulin", said))),
        drug("DB00030", "Insulin",
             listed("drug-interactions", interaction("DB00071", "Insulin pork", said))),
    )  # fmt: skip
    one, other = stated(source, "interacts_with")
    assert (one["subject"], one["object"]) == ("drugbank:DB00030", "drugbank:DB00071")
    same = {name for name in one if one[name] == other[name]}
    assert set(one) - same == {"source_record"}
    assert qualifiers(one).get("affected") in ("drugbank:DB00030", None)
    assert one["text"] == said


def test_the_build_keeps_one_statement_of_an_interaction_told_both_ways(tmp_path: Path) -> None:
    from kgmed.builders.pipeline import build

    said = "The metabolism of Warfarin can be decreased when combined with Aspirin."
    source = source_of(
        tmp_path,
        drug("DB00682", "Warfarin",
             listed("drug-interactions", interaction("DB00945", "Aspirin", said))),
        drug("DB00945", "Aspirin",
             listed("drug-interactions", interaction("DB00682", "Warfarin", said))),
    )  # fmt: skip
    report = build([source], tmp_path / "graph").report
    assert report.merge.statements["kept"] == 1
    assert report.merge.statements["the same statement of the same source"] == 1
    assert not report.merge.unknown_predicates


def test_the_share_of_sentences_parsed_is_a_finding(tmp_path: Path) -> None:
    interactions = listed(
        "drug-interactions",
        interaction("DB00945", "Aspirin", "Aspirin may increase the X activities of Warfarin."),
        interaction("DB00945", "Aspirin", "Bad with Aspirin."),
        interaction("DB00945", "Aspirin", ""),
    )
    source = source_of(tmp_path, drug("DB00682", "Warfarin", interactions))
    assert len(stated(source, "interacts_with")) == 3
    assert source.findings["interaction sentences parsed"] == [
        {"read": "3", "parsed": "1", "share": "33.33%"}
    ]
    assert source.findings["interaction sentence of another pattern"] == [
        {"sentence": "Bad with {partner}.", "count": "1"}
    ]


# Brands and products ----------------------------------------------------------------------------


def sold(*products: str, mixtures: tuple[tuple[str, str], ...] = (), brands: tuple[str, ...] = ()
         ) -> tuple[str, str, str]:  # fmt: skip
    return (
        listed("products", *products),
        listed("international-brands", *(element("international-brand", name=n) for n in brands)),
        listed("mixtures", *(element("mixture", name=n, ingredients=i) for n, i in mixtures)),
    )


def test_a_brand_of_one_drug_is_its_name(tmp_path: Path) -> None:
    parts = sold(product("Coumadin"), product("Coumadin", "Canada"), brands=("Marevan",))
    source = source_of(tmp_path, drug("DB00682", "Warfarin", *parts))
    assert {text for text, (_, kind) in names(source, "drugbank:DB00682").items()
            if kind == "brand"} == {"Coumadin", "Marevan"}  # fmt: skip
    assert not stated(source, "has_active_ingredient")


def test_a_generic_product_is_no_brand(tmp_path: Path) -> None:
    source = source_of(tmp_path, drug("DB00682", "Warfarin", *sold(product("WARFARIN"))))
    assert list(names(source, "drugbank:DB00682")) == ["Warfarin"]
    tally = source.tallies["full database.xml <product>"]
    assert dict(tally.skipped) == {"the drug's own name": 1}


def test_one_product_under_two_drugs_is_a_combination(tmp_path: Path) -> None:
    source = source_of(
        tmp_path,
        drug("DB00177", "Valsartan", *sold(product("Co-Diovan"), product("Co-Diovan", "EU", "2"))),
        drug("DB00999", "Hydrochlorothiazide", *sold(product("Co-Diovan"))),
    )
    rows = stated(source, "has_active_ingredient")
    combined = {(row["subject"], row["object"], qualifiers(row)["country"]) for row in rows}
    ids = {id for id, _, _ in combined}
    assert len(ids) == 2  # the European one was listed under one drug only
    assert {(object, country) for _, object, country in combined} == {
        ("drugbank:DB00177", "US"),
        ("drugbank:DB00999", "US"),
        ("drugbank:DB00177", "EU"),
    }
    assert all(names(source, id) == {"Co-Diovan": ("en", "preferred")} for id in ids)


def test_a_mixture_names_its_ingredients_by_drug_or_salt(tmp_path: Path) -> None:
    salt = listed("salts", element("salt", drugbank_id="DBSALT1", name="Amlodipine besylate"))
    mixtures = (("Exforge", "Amlodipine besylate + Valsartan + Unknownium"),)
    source = source_of(
        tmp_path,
        drug("DB00177", "Valsartan", *sold(mixtures=mixtures)),
        drug("DB00381", "Amlodipine", salt, *sold(mixtures=mixtures)),
    )
    rows = stated(source, "has_active_ingredient")
    assert sorted(row["object"] for row in rows) == ["drugbank:DB00177", "drugbank:DB00381"]
    assert source.findings["ingredient of a mixture that names no drug, or several"] == [
        {"ingredient": "Unknownium", "count": "2"}
    ]


def test_a_brand_that_is_another_drugs_name_is_a_product(tmp_path: Path) -> None:
    source = source_of(
        tmp_path,
        drug("DB00001", "Lepirudin", *sold(product("Warfarin"))),
        WARFARIN,
    )
    (row,) = stated(source, "has_active_ingredient")
    assert row["subject"].startswith("kgmed.product:warfarin.")
    assert row["object"] == "drugbank:DB00001"


def test_a_brand_of_two_drugs_is_two_products(tmp_path: Path) -> None:
    source = source_of(
        tmp_path,
        drug("DB00001", "A", *sold(product("Zorin", "US"))),
        drug("DB00002", "B", *sold(product("Zorin", "India"))),
    )
    rows = stated(source, "has_active_ingredient")
    assert len({row["subject"] for row in rows}) == 2
    assert [qualifiers(row) for row in rows] == [{"country": "US"}, {"country": "India"}]


# Files that are refused -------------------------------------------------------------------------

BOMB = (
    '<?xml version="1.0"?>\n<!DOCTYPE lolz [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>\n'
    '<drugbank version="5.1"><drug><name>&b;</name></drug></drugbank>'
)


@pytest.mark.parametrize(
    ("content", "line", "message"),
    [
        (BOMB, 2, "document type declaration"),
        ('<!DOCTYPE x SYSTEM "file:///etc/passwd"><drugbank version="5.1"/>', 1, "entities"),
        ('<drugbank version="6.0"><drug/></drugbank>', 1, "'6.0', expected version 5"),
        ("<drugbank/>", 1, "expected version 5"),
        ("<html></html>", 1, "root element <html>, expected <drugbank>"),
        (ROOT + "<drug>&unknown;</drug></drugbank>", 3, "undefined entity"),
        (ROOT + "<drug></drgu></drugbank>", 3, "mismatched tag"),
        (ROOT + WARFARIN, 8, "to its end. Is the download complete"),
        ("", 1, "no element found"),
        ("DB00682,Warfarin", 1, "well-formed"),
        ('<?xml version="1.0" encoding="nonsense"?><drugbank/>', 1, "encoding"),
    ],
)
def test_what_is_not_drugbank_5_is_refused_with_its_line(
    tmp_path: Path, content: str, line: int, message: str
) -> None:
    path = tmp_path / "a.xml"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(RowError, match=message) as caught:
        read(DrugBankSource(path), "concepts")
    assert caught.value.line == line


def test_a_file_without_drugs_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="found no drug"):
        read(DrugBankSource(xml(tmp_path / "a.xml")), "concepts")


def test_another_format_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.sdf"
    path.write_text("x")
    with pytest.raises(DataError, match=r"expected \.xml or \.csv"):
        DrugBankSource(path)


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="can't be read"):
        DrugBankSource(tmp_path / "none.xml")


@pytest.mark.parametrize(
    ("members", "message"),
    [
        (("../full database.xml",), "names inside the archive"),
        (("/etc/full database.xml",), "names inside the archive"),
        (("a.xml", "b.xml"), "found a.xml, b.xml, expected one"),
        (("readme.txt",), "found readme.txt, expected one"),
        ((), "found nothing"),
    ],
)
def test_an_odd_zip_is_refused(tmp_path: Path, members: tuple[str, ...], message: str) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for member in members:
            archive.writestr(member, ROOT + WARFARIN + "</drugbank>")
    with pytest.raises(DataError, match=message):
        DrugBankSource(path)


@pytest.mark.parametrize("ending", [".xml.gz", ".zip"])
def test_a_truncated_download_is_refused(tmp_path: Path, ending: str) -> None:
    content = ROOT + "".join(drug(f"DB{n:05}", f"D{n * 7919}") for n in range(999)) + "</drugbank>"
    path = tmp_path / f"a{ending}"
    if ending == ".zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("a.xml", content)
    else:
        path.write_bytes(gzip.compress(content.encode()))
    path.write_bytes(path.read_bytes()[:-300])
    with pytest.raises(DataError, match="Is the download complete"):
        read(DrugBankSource(path), "concepts")


BROKEN = [
    drug("DB00001", "Fine"),
    drug("no id", "Odd"),
    drug("DB00002", " "),
    drug("DB00001", "Fine again"),
    drug("DB00003", "Also fine",
         listed("drug-interactions", interaction("DB00001", "Fine", "x"),
                interaction("", "Nobody", "y"))),
    drug("DB00004", "Fine too", listed("targets", target("", "Nothing")),
         listed("salts", element("salt", drugbank_id="DBSALT1", name=""))),
]  # fmt: skip


def test_a_broken_element_stops_with_its_line(tmp_path: Path) -> None:
    for number, message in ((1, "'no id'"), (2, "without a name"), (4, "the partner ''")):
        path = xml(tmp_path / "a.xml", BROKEN[0], BROKEN[number])
        with pytest.raises(RowError, match=message) as caught:
            read(DrugBankSource(path), "concepts")
        line = path.read_text().splitlines()[caught.value.line - 1]
        assert line.startswith("<drug-interaction>" if number == 4 else "<drug type")
        assert "--on-error skip" in str(caught.value)


def test_broken_elements_are_set_aside_with_their_lines(tmp_path: Path) -> None:
    path = xml(tmp_path / "a.xml", *BROKEN)
    quarantine = tmp_path / "quarantine.tsv"
    source = DrugBankSource(path, on_error="skip", quarantine=quarantine)
    drugs = {row["id"] for row in read(source, "concepts") if "drugbank:" in row["id"]}
    assert drugs == {"drugbank:DB00001", "drugbank:DB00003", "drugbank:DB00004"}
    lines = path.read_text().splitlines()
    rows = [line.split("\t") for line in quarantine.read_text("utf-8").splitlines()[1:]]
    found = [(lines[int(line) - 1].partition(">")[0].split()[0], why) for _, line, why, _ in rows]
    assert found == [
        ("<drug", "drug without a primary DrugBank id"),
        ("<drug", "drug without a name"),
        ("<drug", "its id again"),
        ("<drug-interaction", "partner isn't a DrugBank id"),
        ("<target", "target without an id"),
        ("<salt", "salt without id or name"),
    ] or found[4:] == [
        ("<salt", "salt without id or name"),
        ("<target", "target without an id"),
    ]


def test_the_fingerprint_is_that_of_the_bytes(tmp_path: Path) -> None:
    before = source_of(tmp_path, WARFARIN).fingerprint()
    assert source_of(tmp_path, WARFARIN).fingerprint() == before
    assert source_of(tmp_path, WARFARIN, BROKEN[0]).fingerprint() != before


# The open vocabulary ----------------------------------------------------------------------------


def test_the_open_vocabulary_is_read(tmp_path: Path) -> None:
    path = tmp_path / "drugbank vocabulary.csv"
    path.write_text(
        VOCABULARY + 'DB00682,APRD00341,Warfarin,81-81-2,5Q7ZVV76EI,"Coumarin, x | Warfarina",K\n',
        encoding="utf-8-sig",
    )
    source = DrugBankSource(path)
    assert source.info.licence == "CC0-1.0"
    assert names(source, "drugbank:DB00682") == {
        "Warfarin": ("en", "preferred"),
        "Coumarin, x": ("en", "synonym"),
        "Warfarina": ("en", "synonym"),
    }
    assert [row["object"] for row in read(source, "mappings")] == [
        "cas:81-81-2",
        "unii:5Q7ZVV76EI",
    ]


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        (VOCABULARY + "DB1,,Warfarin,,,,\n", 2, "the id 'DB1'"),
        (VOCABULARY + "DB00682,,Warfarin\n", 2, "3 fields, expected 7"),
        (VOCABULARY + "DB00682,,,,,,\n", 2, "without a name"),
        (VOCABULARY + 'DB00682,,"Warfa', 2, "broken line"),
    ],
)
def test_a_broken_row_of_the_vocabulary_stops_with_its_line(
    tmp_path: Path, text: str, line: int, message: str
) -> None:
    path = tmp_path / "v.csv"
    path.write_text(text)
    with pytest.raises(RowError, match=message) as caught:
        read(DrugBankSource(path), "concepts")
    assert caught.value.line == line


def test_another_csv_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "v.csv"
    path.write_text("id,name\n")
    with pytest.raises(DataError, match="expected also DrugBank ID, Common name"):
        DrugBankSource(path)
    path.write_bytes(VOCABULARY.encode() + b"DB00682,,Warfar\xefn,,,,\n")
    with pytest.raises(DataError, match="isn't UTF-8"):
        read(DrugBankSource(path), "concepts")


# Real records -----------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["", "_biotech", "_small_molecule"])
def test_real_records_are_read(kind: str) -> None:
    path = REAL / f"drugbank_record{kind}.xml"
    if not path.exists():
        pytest.skip(f"{path} isn't here")
    source = DrugBankSource(path)
    assert source.info.release.startswith("5.1 ")
    assert len(stated(source, "interacts_with")) > 300
    assert source.findings["interaction sentences parsed"][0]["share"] == "100.00%"
    assert any("uniprot:P00734" in row["object"] for row in stated(source, "inhibits"))
    assert "action that predicates.toml lacks" not in source.findings
    from kgmed.kg.predicates import registry

    assert {row["predicate"] for row in read(source, "statements")} <= set(registry())
