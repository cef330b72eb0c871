"""One thing or two, through the readers: tiny valid files in, classes of ids out.

What a reader says of its ids (a code's CUI, a salt, a retired concept, a brand) decides as much as
the rules do. Helpers that write the files are those of the readers' own tests.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import pytest
from identity_rows import Case, Resolved, in_memory, resolved
from test_cmekg import as_json
from test_drugbank import drug, element, listed, polypeptide, product, target, xml
from test_kgx import tsv
from test_ontology import obo
from test_snomed import CTV3, POSSIBLY, REPLACED_BY, SAME_AS, Rf2
from test_sssom import COLUMNS, MANUAL
from test_sssom import write as sssom
from test_umls import atom, code, meta, sty

from kgmed.builders.cmekg import CMeKGSource
from kgmed.builders.drugbank import DrugBankSource
from kgmed.builders.kgx import KgxSource
from kgmed.builders.snomed import SnomedSource
from kgmed.builders.source import Source, SourceInfo
from kgmed.builders.sssom import SssomSource
from kgmed.builders.umls import UmlsSource

Resolve = Callable[..., Resolved]
CLOSE = ("related", "its predicate claims no identity")
HAS_ACTIVE_INGREDIENT, IS_MODIFICATION_OF = "127489000", "738774007"


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with in_memory() as connection:
        yield connection


@pytest.fixture
def identity(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> Resolve:
    def of(*sources: Source) -> Resolved:
        return resolved(connection, tmp_path / "staged", *sources)

    return of


def umls(folder: Path, *rows: str, types: dict[str, str] | None = None) -> UmlsSource:
    """A Metathesaurus of these names; ``types``: CUI -> TUI."""
    typed = [sty(cui, tui) for cui, tui in (types or {}).items()]
    return UmlsSource(meta(folder / "umls", MRCONSO=rows, MRSTY=typed, MRREL=[]))


def snomed(folder: Path, release: Rf2) -> SnomedSource:
    return SnomedSource(release.write(folder / "snomed"))


def drugbank(folder: Path, *drugs: str) -> DrugBankSource:
    return DrugBankSource(xml(folder / "full database.xml", *drugs))


def mapping_set(folder: Path, *rows: tuple[str, ...], infores: str = "infores:set") -> SssomSource:
    """Exact mappings of ``subject, object[, subject label, object label[, confidence]]``."""
    header = (*COLUMNS, "subject_label", "object_label", "confidence")
    lines = []
    for subject, object, *more in rows:
        labels = (*more, "", "", "")[:3]
        lines.append((subject, "skos:exactMatch", object, MANUAL, *labels))
    path = sssom(folder / f"{infores[8:]}.sssom.tsv", *lines, header=header)
    return SssomSource(path, info=SourceInfo(infores, "A set", "1", "CC0-1.0"))


def said(*lines: str) -> Source:
    """A source of rows, written as in ``identity_cases.txt``."""
    case = Case("")
    for line in lines:
        case.add(line)
    (only,) = case.sources()
    return only


def entry(resource: str, identifier: str) -> str:
    return element("external-identifier", resource=resource, identifier=identifier)


def salts(*rows: str) -> str:
    return listed("salts", *rows)


# UMLS: codes and CUIs -----------------------------------------------------------------------------


def test_a_mesh_code_is_its_headings_cui_and_broader_than_that_of_an_entry_term(
    tmp_path: Path, identity: Resolve
) -> None:
    found = identity(
        umls(
            tmp_path,
            code("MSH", "C0043031", "D014859", "Warfarin", "MH"),
            code("MSH", "C0376218", "D014859", "Warfarin Sodium", "ET"),
            code("MSH", "C0699129", "D014859", "Coumadin", "ET"),
        )
    )
    assert found.leader["mesh:D014859"] == "umls:C0043031"
    assert found.apart("umls:C0043031", "umls:C0376218", "umls:C0699129")
    assert found.fate("mesh:D014859", "umls:C0376218") == CLOSE


def test_a_mesh_code_whose_heading_is_not_in_the_release_is_none_of_its_cuis(
    tmp_path: Path, identity: Resolve
) -> None:
    found = identity(
        umls(
            tmp_path,
            code("MSH", "C0209368", "D009173", "Mycophenolate Mofetil", "ET"),
            code("MSH", "C0883242", "D009173", "Mycophenolic Acid Morpholinoethyl Ester", "ET"),
        )
    )
    assert found.apart("mesh:D009173", "umls:C0209368", "umls:C0883242")


def test_a_supplementary_concept_is_exact_by_its_own_name_only(
    tmp_path: Path, identity: Resolve
) -> None:
    found = identity(
        umls(
            tmp_path,
            code("MSH", "C0070166", "C055162", "clopidogrel", "NM"),
            code("MSH", "C0732555", "C055162", "clopidogrel bisulfate", "N1"),
        )
    )
    assert found.one("mesh:C055162", "umls:C0070166")
    assert found.apart("mesh:C055162", "umls:C0732555")


def test_a_set_that_maps_an_entry_terms_cui_to_the_heading_is_outranked_by_the_editors(
    tmp_path: Path, identity: Resolve
) -> None:
    found = identity(
        umls(
            tmp_path,
            code("MSH", "C0043031", "D014859", "Warfarin", "MH"),
            code("MSH", "C0376218", "D014859", "Warfarin Sodium", "ET"),
        ),
        mapping_set(tmp_path, ("UMLS:C0376218", "MESH:D014859", "Warfarin Sodium", "Warfarin")),
    )
    assert found.one("mesh:D014859", "umls:C0043031")
    status, reason = found.fate("umls:C0376218", "mesh:D014859")
    assert (status, "umls ids are unique" in reason) == ("refused", True)


def test_several_snomed_ids_under_one_cui_are_one_morphology_and_disorder_too(
    tmp_path: Path, identity: Resolve
) -> None:
    release = Rf2()
    release.concept("Infarct (morphologic abnormality)", "Infarct", id="55641003")
    disorder = release.concept("Infarction (disorder)", "Infarction")
    found = identity(
        umls(
            tmp_path,
            code("SNOMEDCT_US", "C0021308", "55641003", "Infarct"),
            code("SNOMEDCT_US", "C0021308", disorder, "Infarction"),
            types={"C0021308": "T046"},
        ),
        snomed(tmp_path, release),
    )
    assert found.one("umls:C0021308", "snomedct:55641003", f"snomedct:{disorder}")


def test_a_snomed_id_named_under_two_cuis_goes_with_the_preferred_term(
    tmp_path: Path, identity: Resolve
) -> None:
    found = identity(
        umls(
            tmp_path,
            code("SNOMEDCT_US", "C0015967", "386661006", "Fever", "PT"),
            code("SNOMEDCT_US", "C0743973", "386661006", "Febrile", "SY"),
        )
    )
    assert found.leader["snomedct:386661006"] == "umls:C0015967"
    assert found.apart("umls:C0015967", "umls:C0743973")
    assert found.fate("snomedct:386661006", "umls:C0743973") == CLOSE


def test_ingredient_and_precise_ingredient_of_rxnorm_stay_two_where_umls_has_two_cuis(
    tmp_path: Path, identity: Resolve
) -> None:
    found = identity(
        umls(
            tmp_path,
            code("RXNORM", "C0025598", "6809", "metformin", "IN"),
            code("RXNORM", "C0770893", "235743", "metformin hydrochloride", "PIN"),
            code("DRUGBANK", "C0025598", "DB00331", "Metformin"),
            atom("C0770893", "metformin", SAB="NCI"),
        )
    )
    assert found.one("umls:C0025598", "rxnorm:6809", "drugbank:DB00331")
    assert found.one("umls:C0770893", "rxnorm:235743")
    assert found.apart("umls:C0025598", "umls:C0770893")


def test_several_rxnorm_ids_under_one_cui_are_one(tmp_path: Path, identity: Resolve) -> None:
    found = identity(
        umls(
            tmp_path,
            code("RXNORM", "C0054836", "2002", "carbamazepine 100 MG", "SCD"),
            code("RXNORM", "C0054836", "308976", "carbamazepine 100 MG Oral Tablet", "SCD"),
        )
    )
    assert found.one("umls:C0054836", "rxnorm:2002", "rxnorm:308976")


def test_a_classification_code_of_umls_is_broader_than_what_is_filed_under_it(
    tmp_path: Path, identity: Resolve
) -> None:
    found = identity(
        umls(
            tmp_path,
            code("ICD10", "C0018099", "M10", "Gout"),
            code("MDR", "C0018099", "10018627", "Gout"),
        )
    )
    assert found.apart("umls:C0018099", "icd10:M10", "meddra:10018627")
    assert found.fate("umls:C0018099", "icd10:M10") == CLOSE


def test_a_gene_and_its_disease_in_umls_stay_two_though_a_set_mixes_up_the_symbol(
    tmp_path: Path, identity: Resolve
) -> None:
    found = identity(
        umls(
            tmp_path,
            code("HGNC", "C1413365", "HGNC:1884", "CFTR", "ACR"),
            code("HPO", "C0010674", "HP:0000001", "Cystic Fibrosis"),
            types={"C1413365": "T028", "C0010674": "T047"},
        ),
        mapping_set(tmp_path, ("MONDO:0009061", "UMLS:C1413365", "cystic fibrosis", "")),
    )
    assert found.one("hgnc:1884", "umls:C1413365")
    status, reason = found.fate("mondo:0009061", "umls:C1413365")
    assert (status, "their categories exclude each other" in reason) == ("refused", True)


def test_an_organism_of_the_taxonomy_is_not_the_infection_of_its_name(
    tmp_path: Path, identity: Resolve
) -> None:
    found = identity(
        umls(
            tmp_path,
            code("NCBI", "C0026926", "1773", "Mycobacterium tuberculosis", "SCN"),
            atom("C0026926", "Tuberculosis"),
            atom("C0041296", "Tuberculosis"),
            types={"C0026926": "T007", "C0041296": "T047"},
        ),
        mapping_set(
            tmp_path,
            ("MONDO:0018076", "UMLS:C0026926", "tuberculosis", "Tuberculosis"),
            ("MONDO:0018076", "UMLS:C0041296", "tuberculosis", "Tuberculosis"),
        ),
    )
    assert found.one("mondo:0018076", "umls:C0041296")
    assert found.one("ncbitaxon:1773", "umls:C0026926")
    assert found.apart("umls:C0026926", "umls:C0041296")


def test_of_two_drugs_under_a_cui_the_one_that_drugbank_calls_by_its_preferred_name_is_it(
    tmp_path: Path, identity: Resolve
) -> None:
    found = identity(
        umls(
            tmp_path,
            atom("C0039601", "testosterone"),
            code("DRUGBANK", "C0039601", "DB00624", "Testosterone"),
            code("DRUGBANK", "C0039601", "DB13943", "Testosterone cypionate"),
        ),
        drugbank(
            tmp_path,
            drug("DB00624", "Testosterone"),
            drug("DB13943", "Testosterone cypionate"),
        ),
    )
    assert found.one("umls:C0039601", "drugbank:DB00624")
    assert found.apart("umls:C0039601", "drugbank:DB13943")


# SNOMED CT: substances, products, situations, retired concepts ------------------------------------


def warfarin_and_its_product() -> Rf2:
    release = Rf2()
    release.concept("Warfarin (substance)", "Warfarin", id="372756006")
    release.concept(
        "Product containing warfarin (medicinal product)", "Warfarin-containing product",
        id="48603004",
    )  # fmt: skip
    release.related("48603004", HAS_ACTIVE_INGREDIENT, "372756006")
    return release


def test_a_substance_and_its_product_are_one_where_umls_puts_them_under_one_cui(
    tmp_path: Path, identity: Resolve
) -> None:
    found = identity(
        umls(
            tmp_path,
            code("RXNORM", "C0043031", "11289", "warfarin", "IN"),
            code("SNOMEDCT_US", "C0043031", "372756006", "Warfarin"),
            code("SNOMEDCT_US", "C0043031", "48603004", "Warfarin-containing product"),
            types={"C0043031": "T121"},
        ),
        snomed(tmp_path, warfarin_and_its_product()),
    )
    assert found.one("umls:C0043031", "rxnorm:11289", "snomedct:372756006", "snomedct:48603004")


def test_a_substance_and_its_product_are_two_where_nobody_puts_them_together(
    tmp_path: Path, identity: Resolve
) -> None:
    found = identity(snomed(tmp_path, warfarin_and_its_product()))
    assert found.apart("snomedct:372756006", "snomedct:48603004")


def test_a_modified_substance_of_snomed_stays_out_of_its_bases_heading(
    tmp_path: Path, identity: Resolve
) -> None:
    release = Rf2()
    base = release.concept("Diclofenac (substance)", "Diclofenac")
    salt = release.concept("Diclofenac sodium (substance)", "Diclofenac sodium")
    release.related(salt, IS_MODIFICATION_OF, base)
    found = identity(
        snomed(tmp_path, release),
        mapping_set(
            tmp_path,
            (f"SCTID:{base}", "MESH:D004008", "Diclofenac", "Diclofenac"),
            (f"SCTID:{salt}", "MESH:D004008", "Diclofenac sodium", "Diclofenac"),
        ),
    )
    assert found.one(f"snomedct:{base}", "mesh:D004008")
    status, reason = found.fate(f"snomedct:{salt}", "mesh:D004008")
    assert (status, reason) == ("related", "maps a form to what it is a form of")


@pytest.mark.parametrize(
    ("associations", "is_one"),
    [
        ([(SAME_AS, 0)], True),
        ([(REPLACED_BY, 0), (REPLACED_BY, 1)], False),
        ([(SAME_AS, 0), (REPLACED_BY, 1)], False),
        ([(POSSIBLY, 0)], False),
    ],
    ids=["the same as one", "replaced by two", "the same as one, replaced by another", "possibly"],
)
def test_a_retired_snomed_concept_is_what_it_is_surely_and_solely_replaced_by(
    tmp_path: Path, identity: Resolve, associations: list[tuple[str, int]], is_one: bool
) -> None:
    release = Rf2()
    live = [
        release.concept("Type 2 diabetes mellitus (disorder)", "Type 2 diabetes mellitus"),
        release.concept("Diabetes mellitus (disorder)", "Diabetes mellitus"),
    ]
    old = release.concept("Maturity-onset diabetes (disorder)", active=False)
    for refset, successor in associations:
        release.association(refset, old, live[successor])
    found = identity(snomed(tmp_path, release))
    assert found.one(f"snomedct:{old}", f"snomedct:{live[0]}") is is_one
    assert found.leader[f"snomedct:{live[0]}"] == f"snomedct:{live[0]}"


def test_a_retired_disorder_that_became_a_situation_is_not_that_situation(
    tmp_path: Path, identity: Resolve
) -> None:
    release = Rf2()
    history = release.concept("History of gout (situation)", "History of gout")
    old = release.concept("Gout in the past (disorder)", active=False)
    release.association(SAME_AS, old, history)
    found = identity(snomed(tmp_path, release))
    assert found.apart(f"snomedct:{old}", f"snomedct:{history}")


def test_a_family_history_in_snomed_is_not_the_disease_that_a_set_maps_it_to(
    tmp_path: Path, identity: Resolve
) -> None:
    release = Rf2()
    family = release.concept("Family history: Gout (situation)", "Gout")
    gout = release.concept("Gout (disorder)", "Gout")
    found = identity(
        snomed(tmp_path, release),
        mapping_set(
            tmp_path,
            (f"SCTID:{family}", "MONDO:0005393", "Gout", "gout"),
            (f"SCTID:{gout}", "MONDO:0005393", "Gout", "gout"),
        ),
    )
    assert found.one(f"snomedct:{gout}", "mondo:0005393")
    assert found.apart(f"snomedct:{family}", "mondo:0005393")


def test_a_disorder_is_not_its_icd_10_code_though_the_map_asks_for_no_more(
    tmp_path: Path, identity: Resolve
) -> None:
    release = Rf2()
    gout = release.concept("Gout (disorder)", "Gout")
    release.icd(gout, "M10.9")
    found = identity(snomed(tmp_path, release), said('who icd10:M10.9 "Gout"  Disease'))
    assert found.apart(f"snomedct:{gout}", "icd10:M10.9")


def test_a_read_code_is_the_concept_that_alone_had_it(tmp_path: Path, identity: Resolve) -> None:
    release = Rf2()
    gout = release.concept("Gout (disorder)", "Gout")
    acute = release.concept("Acute arthritis (disorder)", "Acute arthritis")
    chronic = release.concept("Chronic arthritis (disorder)", "Chronic arthritis")
    release.code(CTV3, gout, "C34..")
    release.code(CTV3, acute, "N06..")
    release.code(CTV3, chronic, "N06..")
    found = identity(snomed(tmp_path, release))
    assert found.one(f"snomedct:{gout}", "ctv3:C34..")
    assert found.apart(f"snomedct:{acute}", f"snomedct:{chronic}", "ctv3:N06..")


# DrugBank: salts, brands, identifiers -------------------------------------------------------------


def test_a_salt_of_drugbank_is_the_rxnorm_salt_that_shares_its_unii_not_the_drug(
    tmp_path: Path, identity: Resolve
) -> None:
    salt = element("salt", drugbank_id="DBSALT000075", name="Warfarin sodium", unii="6153CWM0CL")
    found = identity(
        drugbank(tmp_path, drug("DB00682", "Warfarin", "<unii>5Q7ZVV76EI</unii>", salts(salt))),
        mapping_set(tmp_path, ("RXNORM:114194", "UNII:6153CWM0CL", "warfarin sodium", "")),
    )
    assert found.one("drugbank.salt:DBSALT000075", "unii:6153CWM0CL", "rxnorm:114194")
    assert found.one("drugbank:DB00682", "unii:5Q7ZVV76EI")
    assert found.apart("drugbank:DB00682", "drugbank.salt:DBSALT000075")


def test_a_salt_with_the_number_of_its_base_is_still_no_base(
    tmp_path: Path, identity: Resolve
) -> None:
    salt = element("salt", drugbank_id="DBSALT000075", name="Warfarin sodium", cas_number="81-81-2")
    found = identity(
        drugbank(
            tmp_path, drug("DB00682", "Warfarin", "<cas-number>81-81-2</cas-number>", salts(salt))
        )
    )
    assert found.apart("drugbank:DB00682", "drugbank.salt:DBSALT000075", "cas:81-81-2")


def test_an_id_that_drugbank_gave_up_is_the_drug_that_has_it_now(
    tmp_path: Path, identity: Resolve
) -> None:
    old = "<drugbank-id>DB00006</drugbank-id><drugbank-id>BTD00000</drugbank-id>"
    found = identity(
        drugbank(tmp_path, drug("DB10006", "Bivalirudin", old)),
        mapping_set(tmp_path, ("MESH:C074619", "DRUGBANK:DB00006", "bivalirudin", "Bivalirudin")),
    )
    assert found.leader["drugbank:DB00006"] == "drugbank:DB10006"
    assert found.one("mesh:C074619", "drugbank:DB10006")


def test_a_brand_of_one_drug_is_its_name_and_that_of_a_combination_is_a_product(
    tmp_path: Path, identity: Resolve
) -> None:
    both = product("Percocet", code="63481-623")
    found = identity(
        drugbank(
            tmp_path,
            drug("DB00316", "Acetaminophen", listed("products", product("Tylenol"), both)),
            drug("DB00497", "Oxycodone", listed("products", both)),
        )
    )
    (percocet,) = (id for id in found.leader if id.startswith("kgmed.product:percocet"))
    assert not any(id.startswith("kgmed.product:tylenol") for id in found.leader)
    assert found.apart(percocet, "drugbank:DB00316", "drugbank:DB00497")


def test_a_combinations_product_is_none_of_its_ingredients_though_a_set_says_so(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path, identity: Resolve
) -> None:
    both = listed("products", product("Percocet", code="63481-623"))
    drugs = drug("DB00316", "Acetaminophen", both), drug("DB00497", "Oxycodone", both)
    first = identity(drugbank(tmp_path, *drugs))
    (percocet,) = (id for id in first.leader if id.startswith("kgmed.product:"))
    found = resolved(
        connection,
        tmp_path / "again",
        drugbank(tmp_path, *drugs),
        mapping_set(tmp_path, (percocet, "RXNORM:7804"), ("DRUGBANK:DB00497", "RXNORM:7804")),
    )
    assert found.apart(percocet, "drugbank:DB00497")


def test_a_hormone_as_a_drug_is_not_the_protein_that_its_record_cites(
    tmp_path: Path, identity: Resolve
) -> None:
    found = identity(
        drugbank(
            tmp_path,
            drug(
                "DB00030",
                "Insulin human",
                listed("external-identifiers", entry("UniProtKB", "P01308")),
                type="biotech",
            ),
        )
    )
    assert found.apart("drugbank:DB00030", "uniprot:P01308")
    assert found.fate("drugbank:DB00030", "uniprot:P01308") == CLOSE


def test_a_target_is_its_only_protein_and_neither_is_the_gene(
    tmp_path: Path, identity: Resolve
) -> None:
    factor = polypeptide("P00734", "Prothrombin", "F2")
    found = identity(
        drugbank(
            tmp_path,
            drug("DB00006", "Bivalirudin", listed("targets", target("BE01", "Thrombin", factor))),
        )
    )
    assert found.one("drugbank.target:BE01", "uniprot:P00734")
    assert found.apart("uniprot:P00734", "hgnc:3535")


def test_an_rxcui_that_two_drugs_cite_is_the_one_that_rxnorm_calls_alike(
    tmp_path: Path, identity: Resolve
) -> None:
    cited = listed("external-identifiers", entry("RxCUI", "2556"))
    found = identity(
        drugbank(
            tmp_path,
            drug("DB00215", "Citalopram", cited),
            drug("DB01175", "Escitalopram", cited),
        ),
        said('umls rxnorm:2556 "citalopram"  Drug'),
    )
    assert found.one("drugbank:DB00215", "rxnorm:2556")
    assert found.apart("drugbank:DB01175", "rxnorm:2556")


def test_an_atc_code_is_broader_than_its_drug(tmp_path: Path, identity: Resolve) -> None:
    codes = '<atc-codes><atc-code code="B01AA03"></atc-code></atc-codes>'
    found = identity(
        drugbank(tmp_path, drug("DB00682", "Warfarin", codes)),
        said('who atc:B01AA03 "Warfarin"  DrugClass'),
    )
    assert found.apart("drugbank:DB00682", "atc:B01AA03")


# Ontologies, mapping sets, graphs -----------------------------------------------------------------


def mondo(folder: Path, *terms: str) -> Source:
    header = "format-version: 1.2\ndata-version: mondo/releases/2026-08-04/mondo.obo\n"
    return obo(folder, f"{header}ontology: mondo\n\n" + "\n\n".join(terms) + "\n")


def term(id: str, name: str, *clauses: str) -> str:
    return "\n".join(("[Term]", f"id: {id}", f"name: {name}", *clauses))


def test_an_alternative_id_of_an_ontology_is_the_term_which_leads(
    tmp_path: Path, identity: Resolve
) -> None:
    pytest.importorskip("pyobo", reason="needs the extra 'ontology'")
    found = identity(
        mondo(tmp_path, term("MONDO:0005148", "type 2 diabetes mellitus", "alt_id: MONDO:0000815"))
    )
    assert found.leader["mondo:0000815"] == "mondo:0005148"


def test_an_obsolete_term_is_its_only_replacement_and_none_of_two(
    tmp_path: Path, identity: Resolve
) -> None:
    pytest.importorskip("pyobo", reason="needs the extra 'ontology'")
    gone = "is_obsolete: true"
    found = identity(
        mondo(
            tmp_path,
            term("MONDO:0005498", "botulism"),
            term("MONDO:0016453", "foodborne botulism"),
            term("MONDO:0000456", "obsolete food poisoning", gone, "replaced_by: MONDO:0016453"),
            term("MONDO:0000457", "obsolete botulisms", gone, "replaced_by: MONDO:0016453",
                 "replaced_by: MONDO:0005498"),
            term("MONDO:0000458", "obsolete toxin", gone, "consider: MONDO:0005498"),
        )
    )  # fmt: skip
    assert found.one("mondo:0000456", "mondo:0016453")
    assert found.apart("mondo:0005498", "mondo:0016453")
    assert found.apart("mondo:0000457", "mondo:0016453")
    assert found.apart("mondo:0000457", "mondo:0005498")
    assert "mondo:0000458" not in found.leader


def test_a_narrower_synonym_does_not_make_two_cross_references_agree(
    tmp_path: Path, identity: Resolve
) -> None:
    pytest.importorskip("pyobo", reason="needs the extra 'ontology'")
    found = identity(
        mondo(
            tmp_path,
            term("MONDO:0005015", "diabetes mellitus",
                 'synonym: "diabetes" EXACT []', 'synonym: "neonatal diabetes" NARROW []',
                 "xref: NCIT:C2985", "xref: NCIT:C99114"),
        ),
        said('ncit ncit:C2985 "Diabetes"'),
        said('nci2 ncit:C99114 "Neonatal Diabetes"'),
    )  # fmt: skip
    assert found.one("mondo:0005015", "ncit:C2985")
    assert found.apart("mondo:0005015", "ncit:C99114")


def test_the_labels_of_a_mapping_set_break_a_tie(tmp_path: Path, identity: Resolve) -> None:
    found = identity(
        mapping_set(
            tmp_path,
            ("MONDO:0007186", "UMLS:C0017168", "gastroesophageal reflux disease",
             "Gastroesophageal reflux disease"),
            ("MONDO:0007186", "UMLS:C0558176", "gastroesophageal reflux disease",
             "Acid reflux in pregnancy"),
        )
    )  # fmt: skip
    assert found.one("mondo:0007186", "umls:C0017168")
    assert found.apart("mondo:0007186", "umls:C0558176")


def test_what_a_set_denies_stays_two_though_another_graph_calls_it_the_same(
    tmp_path: Path, identity: Resolve
) -> None:
    header = (*COLUMNS, "predicate_modifier")
    denied = ("HP:0001945", "skos:exactMatch", "SYMP:0000613", MANUAL, "Not")
    nodes = tsv(
        tmp_path / "nodes.tsv",
        ("id", "category", "name", "same_as"),
        ("HP:0001945", "biolink:PhenotypicFeature", "Fever", "SYMP:0000613"),
    )
    found = identity(
        SssomSource(sssom(tmp_path / "not.sssom.tsv", denied, header=header)),
        KgxSource(nodes, None),
    )
    assert found.apart("hp:0001945", "symp:0000613")


def test_a_graph_that_calls_a_drugs_heading_a_disease_does_not_split_the_drug(
    tmp_path: Path, identity: Resolve
) -> None:
    nodes = tsv(
        tmp_path / "nodes.tsv",
        ("id", "category", "name", "same_as"),
        ("MESH:C493870", "biolink:Disease", "bedaquiline", "DRUGBANK:DB08903"),
    )
    found = identity(drugbank(tmp_path, drug("DB08903", "Bedaquiline")), KgxSource(nodes, None))
    assert found.one("mesh:C493870", "drugbank:DB08903")


# CMeKG --------------------------------------------------------------------------------------------


def test_a_chinese_disease_is_its_icd_10_code_where_its_english_name_is_the_codes(
    tmp_path: Path, identity: Resolve
) -> None:
    records = [
        {"中心词": "痛风", "ICD-10": "M10", "英文名": "gout", "临床表现": "关节痛"},
        {"中心词": "高尿酸血症", "ICD-10": "E79.0", "临床表现": "关节痛"},
    ]
    found = identity(
        CMeKGSource(as_json(tmp_path / "cmekg.json", records)),
        said('who icd10:M10 "Gout"', 'who icd10:E79.0 "Hyperuricaemia without arthritis"'),
    )
    assert found.one("cmekg:痛风", "icd10:M10")
    assert found.apart("cmekg:高尿酸血症", "icd10:E79.0")


def test_two_chinese_diseases_with_one_icd_10_code_are_two_and_neither_is_the_code(
    tmp_path: Path, identity: Resolve
) -> None:
    records = [
        {"中心词": "急性胰腺炎", "ICD-10": "K85", "英文名": "Acute pancreatitis", "症状": "腹痛"},
        {"中心词": "胰腺脓肿", "ICD-10": "K85", "症状": "腹痛"},
    ]
    found = identity(
        CMeKGSource(as_json(tmp_path / "cmekg.json", records)),
        said('who icd10:K85 "Acute pancreatitis"'),
    )
    assert found.apart("cmekg:急性胰腺炎", "cmekg:胰腺脓肿", "icd10:K85")


def test_a_chinese_name_in_full_width_letters_is_the_same_concept(
    tmp_path: Path, identity: Resolve
) -> None:
    records = [
        {"中心词": "维生素Ｂ１２缺乏", "症状": "乏力"},
        {"中心词": "维生素B12 缺乏", "症状": "头晕"},
    ]
    found = identity(CMeKGSource(as_json(tmp_path / "cmekg.json", records)))
    assert sorted(found.leader) == ["cmekg:乏力", "cmekg:头晕", "cmekg:维生素b12缺乏"]
