"""The Metathesaurus: what is read of its tables, in which direction, and what bad files say."""

from __future__ import annotations

import gzip
import zipfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from kgmed.builders.identity import IdentityRules, resolve_identity
from kgmed.builders.source import COLUMNS as DOMAIN
from kgmed.builders.source import REPLACED_BY, Source, TableName, schema
from kgmed.builders.staging import connect, open_staged, stage
from kgmed.builders.synthetic import write
from kgmed.builders.synthetic.expected import expected
from kgmed.builders.umls import UmlsSource, rrf
from kgmed.builders.umls.files import TABLE
from kgmed.builders.umls.rrf import COLUMNS
from kgmed.builders.umls.semantic_types import SEMANTIC_TYPES
from kgmed.builders.umls.vocabularies import CODE_RULES, OPEN_LICENCES, RESTRICTION_LEVELS, infores
from kgmed.kg.categories import PARENTS
from kgmed.kg.errors import ConfigError, DataError, RowError
from kgmed.kg.licences import licence

Row = dict[str, str]
Rows = list[dict[str, Any]]

WARFARIN, ASPIRIN, TABLET, DRUG = "C0043031", "C0004057", "C0975121", "C1254351"
CLOTTING, VESSEL, BLEEDING = "C0005778", "C0005847", "C0019080"
VOCABULARIES = {
    "MTH": "0", "MSH": "0", "SNOMEDCT_US": "9", "RXNORM": "0", "NCI": "0", "HPO": "0", "OMIM": "0",
    "DRUGBANK": "0", "ICD10": "3", "ICD10CM": "4", "SCTSPA": "9", "MDR": "3", "AOD": "0",
    "HGNC": "0", "GO": "0",
}  # fmt: skip


# Rows as the published tables have them -----------------------------------------------------------


def line(table: str, **fields: str) -> str:
    unknown = set(fields) - set(COLUMNS[table])
    assert not unknown, unknown
    return "".join(fields.get(name, "") + "|" for name in COLUMNS[table])


def atom(cui: str, text: str, **fields: str) -> str:
    defaults = {
        "LAT": "ENG", "TS": "P", "LUI": "L0000001", "STT": "PF", "SUI": "S0000001", "ISPREF": "Y",
        "AUI": "A00000001", "SAB": "MTH", "TTY": "PN", "CODE": "NOCODE", "SRL": "0",
        "SUPPRESS": "N",
    }  # fmt: skip
    return line("MRCONSO.RRF", **(defaults | {"CUI": cui, "STR": text} | fields))


def code(sab: str, cui: str, code: str, text: str = "x", tty: str = "PT", **fields: str) -> str:
    return atom(cui, text, SAB=sab, TTY=tty, CODE=code, SCUI=code, **fields)


def rel(cui1: str, rel: str, cui2: str, rela: str = "", **fields: str) -> str:
    defaults = {
        "AUI1": "A1", "STYPE1": "SCUI", "AUI2": "A2", "STYPE2": "SCUI", "RUI": "R1", "SAB": "MTH",
        "SL": "MTH", "SUPPRESS": "N",
    }  # fmt: skip
    said = {"CUI1": cui1, "REL": rel, "CUI2": cui2, "RELA": rela}
    return line("MRREL.RRF", **(defaults | said | fields))


def sty(cui: str, tui: str) -> str:
    return line("MRSTY.RRF", CUI=cui, TUI=tui, STN="A", STY=SEMANTIC_TYPES[tui].name, ATUI="AT1")


def definition(cui: str, text: str, sab: str = "MSH", **fields: str) -> str:
    defaults = {"AUI": "A1", "ATUI": "AT1", "SUPPRESS": "N"}
    return line("MRDEF.RRF", **(defaults | {"CUI": cui, "SAB": sab, "DEF": text} | fields))


def attribute(cui: str, sab: str, name: str, value: str, **fields: str) -> str:
    said = {"CUI": cui, "SAB": sab, "ATN": name, "ATV": value, "ATUI": "AT1", "SUPPRESS": "N"}
    return line("MRSAT.RRF", **(said | fields))


def vocabulary(sab: str, srl: str = "0", **fields: str) -> str:
    defaults = {
        "VSAB": f"{sab}_2024", "RSAB": sab, "IMETA": "2024AB", "SRL": srl, "LAT": "ENG",
        "CURVER": "Y", "SABIN": "Y",
    }  # fmt: skip
    return line("MRSAB.RRF", **(defaults | fields))


def inverse(rela: str, other: str) -> Iterator[str]:
    for label, its in ((rela, other), (other, rela)):
        yield line("MRDOC.RRF", DOCKEY="RELA", VALUE=label, TYPE="rela_inverse", EXPL=its)


def tables(**changes: Sequence[str]) -> dict[str, list[str]]:
    """A release of six concepts; ``MRREL=[...]`` sets a table, ``MRREL=None`` leaves it out."""
    whole: dict[str, list[str]] = {
        "MRCONSO": [
            atom(WARFARIN, "warfarin"), atom(ASPIRIN, "aspirin"), atom(TABLET, "warfarin tablet"),
            atom(DRUG, "drug"), atom(CLOTTING, "clotting"), atom(VESSEL, "vessel"),
            atom(BLEEDING, "bleeding"),
        ],
        "MRSTY": [
            sty(WARFARIN, "T109"), sty(WARFARIN, "T121"), sty(ASPIRIN, "T121"), sty(TABLET, "T200"),
            sty(DRUG, "T121"), sty(CLOTTING, "T042"), sty(VESSEL, "T023"), sty(BLEEDING, "T046"),
        ],
        "MRSAB": [
            vocabulary(sab, srl, LAT="SPA" if sab == "SCTSPA" else "ENG")
            for sab, srl in VOCABULARIES.items()
        ],
        "MRRANK": [
            line("MRRANK.RRF", RANK=f"{rank:04d}", SAB=sab, TTY=tty, SUPPRESS="N")
            for rank, (sab, tty) in enumerate(
                reversed([("MTH", "PN"), ("RXNORM", "IN"), ("MSH", "MH"), ("MSH", "ET"),
                          ("SNOMEDCT_US", "PT"), ("SNOMEDCT_US", "SY"), ("NCI", "PT")])
            )
        ],
        "MRDOC": [*inverse("has_mood", "mood_of")],
    }  # fmt: skip
    whole |= {name: list(rows) for name, rows in changes.items() if rows is not None}
    return {f"{n}.RRF": rows for n, rows in whole.items() if changes.get(n, ()) is not None}


def meta(folder: Path, **changes: Any) -> Path:
    """The tables as MetamorphoSys writes them."""
    target = folder / "META"
    target.mkdir(parents=True, exist_ok=True)
    for name, rows in tables(**changes).items():
        (target / name).write_text("".join(row + "\n" for row in rows), encoding="utf-8")
    return folder


def read(source: Source, table: TableName) -> Rows:
    found = []
    for batch in source.batches(table):
        assert batch.schema == schema(table)
        found += batch.to_pylist()
    assert all(tally.adds_up for tally in source.tallies.values()), source.tallies
    return found


Read = Callable[..., Rows]


@pytest.fixture
def statements(tmp_path: Path) -> Read:
    def of(*rows: str, **options: Any) -> Rows:
        return read(UmlsSource(meta(tmp_path, MRREL=rows), **options), "statements")

    return of


@pytest.fixture
def mappings(tmp_path: Path) -> Read:
    def of(*rows: str) -> Rows:
        source = UmlsSource(meta(tmp_path, MRCONSO=[*tables()["MRCONSO.RRF"], *rows]))
        return read(source, "mappings")

    return of


def triple(row: dict[str, Any]) -> tuple[str, str, str]:
    return row["subject"], row["predicate"], row["object"]


def umls(cui: str) -> str:
    return f"umls:{cui}"


def test_it_is_a_source_with_release_and_licence(tmp_path: Path) -> None:
    source = UmlsSource(meta(tmp_path))
    assert isinstance(source, Source)
    assert (source.info.infores, source.info.release) == ("infores:umls", "2024AB")
    assert source.info.licence == "UMLS"


# Concepts -----------------------------------------------------------------------------------------


def test_a_concept_has_the_categories_of_all_its_semantic_types(tmp_path: Path) -> None:
    found = {row["id"]: row["categories"] for row in read(UmlsSource(meta(tmp_path)), "concepts")}
    assert found[umls(WARFARIN)] == ["Drug", "SmallMolecule"]
    assert found[umls(VESSEL)] == ["GrossAnatomicalStructure"]
    assert len(found) == 7


def test_there_are_127_semantic_types_each_with_a_known_category() -> None:
    assert len(SEMANTIC_TYPES) == 127
    assert {kind.category for kind in SEMANTIC_TYPES.values()} <= set(PARENTS)


def test_an_unknown_semantic_type_is_reported(tmp_path: Path) -> None:
    rows = [*tables()["MRSTY.RRF"], line("MRSTY.RRF", CUI=WARFARIN, TUI="T999")]
    source = UmlsSource(meta(tmp_path, MRSTY=rows))
    assert len(read(source, "concepts")) == 7
    kind = "semantic type that kgmed doesn't know"
    assert source.findings[kind] == [{"TUI": "T999", "count": "1"}]
    assert source.tallies["MRSTY.RRF"].skipped == {"a " + kind: 1}


def test_a_concept_without_a_semantic_type_is_kept_and_reported(tmp_path: Path) -> None:
    source = UmlsSource(meta(tmp_path, MRSTY=[sty(WARFARIN, "T121"), sty("C0000001", "T121")]))
    assert len(read(source, "concepts")) == 7
    assert len(source.findings["concept without a semantic type"]) == 6
    assert source.tallies["MRSTY.RRF"].skipped == {"a concept without a kept name": 1}


def test_semantic_types_choose_concepts_and_what_is_said_of_them(tmp_path: Path) -> None:
    rows = [rel(ASPIRIN, "RO", WARFARIN), rel(VESSEL, "RO", WARFARIN)]
    source = UmlsSource(meta(tmp_path, MRREL=rows), semantic_types=["Pharmacologic Substance"])
    assert {r["id"] for r in read(source, "concepts")} == {
        umls(WARFARIN), umls(ASPIRIN), umls(DRUG),
    }  # fmt: skip
    assert len(read(source, "names")) == 3
    assert len(read(source, "statements")) == 1
    assert source.tallies["MRREL.RRF"].skipped == {"a concept that isn't kept": 1}


def test_an_unknown_semantic_type_asked_for_lists_the_valid_ones(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="T047 Disease or Syndrome"):
        UmlsSource(meta(tmp_path), semantic_types=["T000"])


# Names --------------------------------------------------------------------------------------------


def names(tmp_path: Path, *rows: str, **options: Any) -> set[tuple[str, str, str]]:
    source = UmlsSource(meta(tmp_path, MRCONSO=rows), **options)
    return {(r["text"], r["language"], r["kind"]) for r in read(source, "names")}


def test_mrrank_chooses_the_preferred_name(tmp_path: Path) -> None:
    assert names(
        tmp_path,
        atom(WARFARIN, "Warfarin (substance)", SAB="SNOMEDCT_US", TTY="SY"),
        atom(WARFARIN, "Warfarin", SAB="MSH", TTY="MH", TS="S"),
        atom(WARFARIN, "warfarin preparation", SAB="NCI", TTY="PT"),
    ) == {
        ("Warfarin", "en", "preferred"),
        ("Warfarin (substance)", "en", "synonym"),
        ("warfarin preparation", "en", "synonym"),
    }


def test_of_equal_ranks_ts_stt_and_ispref_choose(tmp_path: Path) -> None:
    found = names(
        tmp_path,
        atom(WARFARIN, "A", TS="S"),
        atom(WARFARIN, "B", STT="VO"),
        atom(WARFARIN, "C", ISPREF="N"),
        atom(WARFARIN, "D"),
    )
    assert ("D", "en", "preferred") in found


def test_each_language_has_its_own_preferred_name(tmp_path: Path) -> None:
    rows = (
        atom(WARFARIN, "warfarin"),
        atom(WARFARIN, "华法林", LAT="CHI", SAB="MSH"),
        atom(WARFARIN, "warfarina", LAT="SPA", SAB="SCTSPA"),
    )
    assert names(tmp_path, *rows) == {
        ("warfarin", "en", "preferred"),
        ("华法林", "zh", "preferred"),
        ("warfarina", "es", "preferred"),
    }
    assert names(tmp_path, *rows, languages=["zh", "ENG"]) == {
        ("warfarin", "en", "preferred"),
        ("华法林", "zh", "preferred"),
    }


def test_one_text_is_one_name_of_a_concept(tmp_path: Path) -> None:
    rows = [atom(WARFARIN, "warfarin"), atom(WARFARIN, "warfarin", SAB="NCI")]
    assert names(tmp_path, *rows) == {("warfarin", "en", "preferred")}


def test_brands_and_abbreviations_are_told_apart(tmp_path: Path) -> None:
    found = names(
        tmp_path,
        atom(WARFARIN, "warfarin"),
        atom(WARFARIN, "Coumadin", SAB="RXNORM", TTY="BN"),
        atom(WARFARIN, "WRF", SAB="NCI", TTY="AB"),
    )
    assert found >= {("Coumadin", "en", "brand"), ("WRF", "en", "abbreviation")}


def test_quotes_non_bmp_characters_and_controls_are_data(tmp_path: Path) -> None:
    found = names(tmp_path, atom(WARFARIN, '5" tube, 𠮷 "x'), atom(ASPIRIN, "a\x1fb\u2028c"))
    assert found == {('5" tube, 𠮷 "x', "en", "preferred"), ("a b\u2028c", "en", "preferred")}


@pytest.mark.parametrize("flag", ["O", "Y", "E"])
def test_suppressed_names_are_counted_and_may_be_kept(tmp_path: Path, flag: str) -> None:
    rows = [atom(WARFARIN, "warfarin"), atom(WARFARIN, "old", SUPPRESS=flag)]
    source = UmlsSource(meta(tmp_path, MRCONSO=rows))
    assert len(read(source, "names")) == 1
    assert list(source.tallies["MRCONSO.RRF"].skipped.values()) == [1]
    assert f"SUPPRESS={flag}" in next(iter(source.tallies["MRCONSO.RRF"].skipped))
    assert len(read(UmlsSource(tmp_path, suppress=()), "names")) == 2


def test_a_concept_of_suppressed_names_only_is_none(tmp_path: Path) -> None:
    rows = [atom(WARFARIN, "warfarin"), atom(ASPIRIN, "aspirin", SUPPRESS="O")]
    source = UmlsSource(meta(tmp_path, MRCONSO=rows, MRREL=[rel(ASPIRIN, "RO", WARFARIN)]))
    assert [row["id"] for row in read(source, "concepts")] == [umls(WARFARIN)]
    assert read(source, "statements") == []
    assert source.tallies["MRREL.RRF"].skipped == {"a concept that isn't kept": 1}


def test_sources_choose_vocabularies(tmp_path: Path) -> None:
    rows = [atom(WARFARIN, "warfarin"), atom(WARFARIN, "w", SAB="NCI")]
    assert names(tmp_path, *rows, sources=["NCI"]) == {("w", "en", "preferred")}
    with pytest.raises(ConfigError, match="'NOPE', expected some of UMLS 2024AB's: AOD, DRUGBANK"):
        UmlsSource(tmp_path, sources=["NOPE"])


# Statements: direction ----------------------------------------------------------------------------


def test_rela_is_what_the_second_concept_has_to_the_first(statements: Read) -> None:
    """UMLS Reference Manual, NBK9685, section 3.3.9, of MRREL: "Note also the direction of REL -
    the relationship which the SECOND concept or atom (with Concept Unique Identifier CUI2 and Atom
    Unique Identifier AUI2) HAS TO the FIRST concept or atom (with Concept Unique Identifier CUI1
    and Atom Unique Identifier AUI1)". So ``warfarin|RO|tablet|has_active_ingredient``: the tablet
    has warfarin as its active ingredient."""
    row = rel(WARFARIN, "RO", TABLET, "has_active_ingredient", SAB="SNOMEDCT_US")
    (found,) = statements(row)
    assert triple(found) == (umls(TABLET), "has_active_ingredient", umls(WARFARIN))


@pytest.mark.parametrize("row", [
    rel(WARFARIN, "PAR", DRUG, "inverse_isa", SAB="NCI"),
    rel(DRUG, "CHD", WARFARIN, "isa", SAB="NCI"),
])  # fmt: skip
def test_isa_and_inverse_isa_say_the_same(statements: Read, row: str) -> None:
    (found,) = statements(row)
    assert triple(found) == (umls(WARFARIN), "subclass_of", umls(DRUG))


@pytest.mark.parametrize("row", [
    rel(WARFARIN, "PAR", DRUG, SAB="MSH"),  # the second is a parent of the first
    rel(DRUG, "CHD", WARFARIN, SAB="MSH"),
    rel(WARFARIN, "RB", DRUG, SAB="MSH"),  # the second is broader
    rel(DRUG, "RN", WARFARIN, SAB="MSH"),
])  # fmt: skip
def test_a_hierarchy_that_is_not_said_to_be_isa_is_broader(statements: Read, row: str) -> None:
    (found,) = statements(row)
    assert triple(found) == (umls(WARFARIN), "broader", umls(DRUG))


def test_parents_of_an_obo_ontology_are_true_is_a_but_its_rb_is_not(statements: Read) -> None:
    par, broader = statements(
        rel(CLOTTING, "PAR", BLEEDING, SAB="HPO"), rel(ASPIRIN, "RB", DRUG, SAB="HPO")
    )
    found = {triple(row) for row in (par, broader)}
    assert (umls(CLOTTING), "subclass_of", umls(BLEEDING)) in found
    assert (umls(ASPIRIN), "broader", umls(DRUG)) in found


def test_a_row_and_its_inverse_row_are_one_statement(tmp_path: Path) -> None:
    rows = [
        rel(WARFARIN, "RO", BLEEDING, "has_finding_site", SAB="SNOMEDCT_US", RUI="R1"),
        rel(BLEEDING, "RO", WARFARIN, "finding_site_of", SAB="SNOMEDCT_US", RUI="R2"),
    ]
    source = UmlsSource(meta(tmp_path, MRREL=rows))
    (found,) = read(source, "statements")
    assert triple(found) == (umls(BLEEDING), "has_finding_site", umls(WARFARIN))
    assert found["original_predicate"] == "has_finding_site"
    assert source.tallies["MRREL.RRF"].skipped == {"the inverse row of a kept one": 1}
    assert "statement without its inverse row" not in source.findings


def test_both_rows_of_a_symmetric_relation_are_one_statement(statements: Read) -> None:
    (found,) = statements(rel(WARFARIN, "RO", ASPIRIN), rel(ASPIRIN, "RO", WARFARIN))
    assert triple(found) == (umls(ASPIRIN), "related_to", umls(WARFARIN))


def test_a_single_direction_is_kept_and_reported(tmp_path: Path) -> None:
    row = rel(BLEEDING, "RO", WARFARIN, "finding_site_of")
    source = UmlsSource(meta(tmp_path, MRREL=[row]))
    (found,) = read(source, "statements")
    assert triple(found) == (umls(BLEEDING), "has_finding_site", umls(WARFARIN))
    assert source.findings["statement without its inverse row"] == [
        {"table": "MRREL.RRF", "count": "1"}
    ]


def test_mrdoc_pairs_labels_that_the_registry_lacks(tmp_path: Path) -> None:
    rows = [rel(WARFARIN, "RO", ASPIRIN, "mood_of"), rel(ASPIRIN, "RO", WARFARIN, "has_mood")]
    source = UmlsSource(meta(tmp_path, MRREL=rows))
    (found,) = read(source, "statements")
    assert triple(found) == (umls(WARFARIN), "has_mood", umls(ASPIRIN))
    assert source.findings["RELA that predicates.toml lacks"] == [
        {"RELA": "has_mood", "count": "1"},
        {"RELA": "mood_of", "count": "1"},
    ]


def test_an_inverse_that_only_mrdoc_knows_takes_the_registrys_predicate(tmp_path: Path) -> None:
    doc = [*inverse("has_finding_site", "site_of_some_finding")]
    rows = [rel(BLEEDING, "RO", WARFARIN, "site_of_some_finding")]
    (found,) = read(UmlsSource(meta(tmp_path, MRREL=rows, MRDOC=doc)), "statements")
    assert triple(found) == (umls(BLEEDING), "has_finding_site", umls(WARFARIN))


def test_an_unknown_label_without_an_inverse_keeps_its_name_and_direction(tmp_path: Path) -> None:
    source = UmlsSource(meta(tmp_path, MRREL=[rel(WARFARIN, "RO", ASPIRIN, "smells_of")]))
    (found,) = read(source, "statements")
    assert triple(found) == (umls(ASPIRIN), "smells_of", umls(WARFARIN))
    assert [kind for kind in source.findings if "RELA" in kind] == [
        "RELA that predicates.toml lacks",
        "RELA without an inverse in MRDOC.RRF: both directions are kept",
    ]


# Statements: what is kept -------------------------------------------------------------------------


def test_rows_that_state_nothing_between_concepts_are_counted_apart(tmp_path: Path) -> None:
    rows = [
        rel(WARFARIN, "SY", WARFARIN, "translation_of"),
        rel(WARFARIN, "SIB", ASPIRIN),
        rel(WARFARIN, "AQ", BLEEDING),
        rel(BLEEDING, "QB", WARFARIN),
        rel(WARFARIN, "XR", BLEEDING),
        rel(WARFARIN, "DEL", BLEEDING),
        rel(WARFARIN, "RO", ASPIRIN, SUPPRESS="O"),
        rel(WARFARIN, "RO", "C9999999"),
    ]
    source = UmlsSource(meta(tmp_path, MRREL=rows))
    assert read(source, "statements") == []
    assert source.tallies["MRREL.RRF"].skipped == {
        "both ends are one concept": 1,
        "siblings (SIB): they follow from their parents": 1,
        "allowed qualifier (AQ, QB)": 2,
        "states that no mapping was found (XR)": 1,
        "deleted concept (DEL)": 1,
        "suppressed: obsolete (SUPPRESS=O)": 1,
        "a concept that isn't kept": 1,
    }


def test_one_fact_of_two_vocabularies_is_two_statements(statements: Read) -> None:
    found = statements(
        rel(DRUG, "CHD", WARFARIN, "isa", SAB="NCI", RUI="R2"),
        rel(DRUG, "CHD", WARFARIN, "isa", SAB="NCI", RUI="R3", AUI1="A9"),
        rel(DRUG, "CHD", WARFARIN, "isa", SAB="SNOMEDCT_US", RUI="R1"),
    )
    assert sorted((r["primary_knowledge_source"], r["source_record"]) for r in found) == [
        ("infores:ncit", "R2"),
        ("infores:snomedct", "R1"),
    ]


def test_a_statement_names_its_vocabulary_release_and_licence(statements: Read) -> None:
    rows = statements(
        *(rel(ASPIRIN, "RO", WARFARIN, SAB=sab) for sab in ("SNOMEDCT_US", "NCI", "MSH", "AOD"))
    )
    found = {r["primary_knowledge_source"]: (r["release"], r["licence"]) for r in rows}
    assert found == {
        "infores:snomedct": ("SNOMEDCT_US_2024 (UMLS 2024AB)", "UMLS-SRL-9"),
        "infores:ncit": ("NCI_2024 (UMLS 2024AB)", "CC-BY-4.0"),
        "infores:mesh": ("MSH_2024 (UMLS 2024AB)", "UMLS-SRL-0"),
        "infores:umls-aod": ("AOD_2024 (UMLS 2024AB)", "UMLS-SRL-0"),
    }
    assert {r["knowledge_level"] for r in rows} == {"knowledge_assertion"}


def test_a_role_group_is_a_qualifier_and_group_0_is_none(statements: Read) -> None:
    found = statements(
        rel(VESSEL, "RO", BLEEDING, "has_finding_site", RG="1"),
        rel(VESSEL, "RO", CLOTTING, "has_finding_site", RG="0"),
        rel(VESSEL, "RO", CLOTTING, "has_finding_site"),
    )
    assert sorted(row["qualifiers"] for row in found) == ["", '{"role_group":"1"}']


def test_a_vocabulary_that_mrsab_lacks_is_reported_and_its_licence_is_the_strictest(
    tmp_path: Path,
) -> None:
    source = UmlsSource(meta(tmp_path, MRREL=[rel(ASPIRIN, "RO", WARFARIN, SAB="NEW")]))
    (found,) = read(source, "statements")
    assert (found["licence"], found["primary_knowledge_source"]) == ("UMLS", "infores:umls-new")
    assert source.findings["vocabulary that MRSAB.RRF lacks"] == [
        {"vocabulary": "NEW", "table": "MRREL.RRF", "count": "1"}
    ]


def test_licences_of_the_metathesaurus_are_registered_but_for_those_open_to_everyone() -> None:
    assert {licence(f"UMLS-SRL-{level}").tier for level in RESTRICTION_LEVELS} == {"registered"}
    assert {licence(name).tier for name in OPEN_LICENCES.values()} == {"open"}


# Definitions and attributes -----------------------------------------------------------------------


def test_a_definition_is_a_value_under_its_vocabularys_licence(tmp_path: Path) -> None:
    rows = [
        definition(WARFARIN, "An anticoagulant."),
        definition(WARFARIN, "Un anticoagulante.", "SCTSPA"),
        definition(WARFARIN, "old", SUPPRESS="O"),
        definition("C9999999", "of nothing"),
    ]
    source = UmlsSource(meta(tmp_path, MRDEF=rows))
    found = read(source, "statements")
    assert [(r["predicate"], r["value"], r["value_type"], r["object"]) for r in found] == [
        ("has_definition", "An anticoagulant.", "text", ""),
        ("has_definition", "Un anticoagulante.", "text", ""),
    ]
    assert [(r["value_language"], r["licence"]) for r in found] == [
        ("en", "UMLS-SRL-0"),
        ("es", "UMLS-SRL-9"),
    ]
    assert source.tallies["MRDEF.RRF"].skipped.total() == 2
    assert len(read(UmlsSource(tmp_path, languages=["en"]), "statements")) == 1


def test_attributes_that_speak_of_the_concept_are_values_or_references(tmp_path: Path) -> None:
    rows = [
        attribute(WARFARIN, "NCI", "ACCEPTED_THERAPEUTIC_USE_FOR", "Thromboembolism"),
        attribute(TABLET, "RXNORM", "RXN_AVAILABLE_STRENGTH", "5 MG"),
        attribute(WARFARIN, "NCI", "CHEBI_ID", "CHEBI:10033"),
        attribute(WARFARIN, "NCI", "FDA_UNII_CODE", "not a unii"),
        attribute(WARFARIN, "MSH", "MN", "D03.383"),
    ]
    source = UmlsSource(meta(tmp_path, MRSAT=rows))
    assert {(r["subject"], r["predicate"], r["value"]) for r in read(source, "statements")} == {
        (umls(WARFARIN), "indication_text", "Thromboembolism"),
        (umls(TABLET), "specification", "5 MG"),
    }
    (found,) = read(source, "mappings")
    assert triple(found) == (umls(WARFARIN), "oboInOwl:hasDbXref", "chebi:10033")
    assert source.tallies["MRSAT.RRF"].skipped == {
        "an attribute that states nothing of the concept": 1
    }
    assert source.findings["attributes without their authority's shape"] == [
        {"attribute": "NCI FDA_UNII_CODE", "example": "not a unii", "count": "1"}
    ]


# Codes --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("sab", "given", "curie"), [
    ("SNOMEDCT_US", "372756006", "snomedct:372756006"),
    ("RXNORM", "11289", "rxnorm:11289"),
    ("NCI", "C945", "ncit:C945"),
    ("HPO", "HP:0001892", "hp:0001892"),
    ("OMIM", "122700", "omim:122700"),
    ("DRUGBANK", "DB00682", "drugbank:DB00682"),
    ("GO", "GO:0007596", "go:0007596"),
    ("HGNC", "HGNC:23663", "hgnc:23663"),
])  # fmt: skip
def test_a_code_is_an_editors_exact_mapping(
    mappings: Read, sab: str, given: str, curie: str
) -> None:
    (found,) = mappings(code(sab, WARFARIN, given))
    assert triple(found) == (curie, "skos:exactMatch", umls(WARFARIN))
    assert found["justification"] == "semapv:ManualMappingCuration"
    assert (found["confidence"], found["modifier"]) == (1.0, "")


@pytest.mark.parametrize("sab", ["ICD10", "ICD10CM", "MDR"])
def test_a_classifications_code_is_broader_than_its_concepts(mappings: Read, sab: str) -> None:
    given = "10046999" if sab == "MDR" else "R58"
    (found,) = mappings(code(sab, BLEEDING, given))
    assert (found["subject"], found["predicate"]) == (umls(BLEEDING), "skos:broadMatch")
    assert found["object"].endswith(f":{given}")


@pytest.mark.parametrize(("tty", "predicate"), [
    ("MH", "skos:exactMatch"), ("NM", "skos:exactMatch"),
    ("ET", "skos:narrowMatch"), ("PEP", "skos:narrowMatch"),
])  # fmt: skip
def test_a_mesh_code_is_exact_for_its_heading_only(
    mappings: Read, tty: str, predicate: str
) -> None:
    (found,) = mappings(code("MSH", WARFARIN, "D014859", tty=tty))
    assert triple(found) == ("mesh:D014859", predicate, umls(WARFARIN))


def test_one_mesh_code_under_two_concepts_is_exact_for_one(mappings: Read) -> None:
    found = mappings(
        code("MSH", WARFARIN, "D014859", tty="MH"),
        code("MSH", WARFARIN, "D014859", tty="ET"),
        code("MSH", ASPIRIN, "D014859", tty="ET"),
    )
    assert {triple(row) for row in found} == {
        ("mesh:D014859", "skos:exactMatch", umls(WARFARIN)),
        ("mesh:D014859", "skos:narrowMatch", umls(ASPIRIN)),
    }


def test_a_code_with_names_under_two_concepts_is_exact_for_the_better_name(
    mappings: Read,
) -> None:
    found = mappings(
        code("SNOMEDCT_US", ASPIRIN, "372756006", tty="SY"),
        code("SNOMEDCT_US", WARFARIN, "372756006", tty="PT"),
    )
    assert {triple(row) for row in found} == {
        ("snomedct:372756006", "skos:exactMatch", umls(WARFARIN)),
        ("snomedct:372756006", "skos:closeMatch", umls(ASPIRIN)),
    }


def test_a_translation_carries_the_code_of_what_it_translates(mappings: Read) -> None:
    found = mappings(
        code("SNOMEDCT_US", WARFARIN, "372756006"),
        code("SCTSPA", WARFARIN, "372756006", LAT="SPA"),
    )
    assert len(found) == 1


def test_snomeds_id_is_its_scui(mappings: Read) -> None:
    row = atom(WARFARIN, "x", SAB="SNOMEDCT_US", TTY="PT", CODE="C-81230", SCUI="372756006")
    (found,) = mappings(row)
    assert found["subject"] == "snomedct:372756006"


def test_names_without_a_code_map_nothing_and_are_counted(tmp_path: Path) -> None:
    rows = [
        atom(WARFARIN, "a", SAB="NCI", CODE="NOCODE"),
        atom(WARFARIN, "b", SAB="SNOMEDCT_US", CODE="372756006", SCUI=""),
        code("OMIM", WARFARIN, "MTHU000012"),
        code("AOD", WARFARIN, "0000004257"),
    ]
    source = UmlsSource(meta(tmp_path, MRCONSO=rows))
    assert read(source, "mappings") == []
    assert source.findings["name without a code"] == [
        {"SAB": "NCI", "count": "1"},
        {"SAB": "SNOMEDCT_US", "count": "1"},
    ]
    assert source.findings["codes without their vocabulary's shape"] == [
        {"prefix": "omim", "example": "MTHU000012", "count": "1"}
    ]
    assert source.findings["vocabulary whose codes aren't mapped"] == [{"SAB": "AOD", "count": "1"}]


def test_two_drugbank_ids_under_one_concept_are_reported(tmp_path: Path) -> None:
    rows = [code("DRUGBANK", WARFARIN, "DB00682"), code("DRUGBANK", WARFARIN, "DB14055")]
    source = UmlsSource(meta(tmp_path, MRCONSO=rows))
    assert len(read(source, "mappings")) == 2
    assert source.findings["concept with several ids of a strict authority"] == [
        {"id": umls(WARFARIN), "codes": "drugbank:DB00682 drugbank:DB14055"}
    ]


def test_identity_joins_codes_and_concepts_as_the_editors_did(tmp_path: Path) -> None:
    rows = [
        *tables()["MRCONSO.RRF"],
        code("SNOMEDCT_US", WARFARIN, "372756006"),
        code("SNOMEDCT_US", WARFARIN, "48603004"),
        code("RXNORM", WARFARIN, "11289", tty="IN"),
        code("DRUGBANK", WARFARIN, "DB00682"),
        code("MSH", WARFARIN, "D014859", tty="MH"),
        code("MSH", TABLET, "D014859", tty="ET"),
        code("ICD10", BLEEDING, "R58"),
    ]
    source = UmlsSource(meta(tmp_path / "umls", MRCONSO=rows))
    staged = stage(source, tmp_path / "staged")
    with connect(tmp_path) as connection:
        open_staged(connection, [staged])
        report = resolve_identity(connection, IdentityRules())
        leaders = dict(connection.execute("SELECT id, leader FROM id_class").fetchall())
    codes = ("snomedct:372756006", "snomedct:48603004", "rxnorm:11289", "drugbank:DB00682",
             "mesh:D014859")  # fmt: skip
    assert {leaders[curie] for curie in codes} == {umls(WARFARIN)}
    assert leaders[umls(TABLET)] == umls(TABLET)
    assert leaders["icd10:R58"] == "icd10:R58"
    assert report.refused == {}


def test_every_rule_of_a_code_is_of_a_known_shape() -> None:
    assert all(rule.prefix == rule.prefix.lower() for rule in CODE_RULES.values())


# What became of retired CUIs ----------------------------------------------------------------------

OLD, OLDER = "C9000001", "C9000002"


def retired(cui: str, rel: str, to: str = "") -> str:
    return line("MRCUI.RRF", CUI1=cui, VER="2020AA", REL=rel, CUI2=to, MAPIN="Y" if to else "")


def successors(source: UmlsSource) -> list[tuple[str, str, str, float | None]]:
    return [
        (row["subject"].removeprefix("umls:"), row["predicate"], row["object"][5:],
         row["confidence"])
        for row in read(source, "mappings") if row["subject"] in {f"umls:{OLD}", f"umls:{OLDER}"}
    ]  # fmt: skip


def test_a_name_without_a_language_is_counted_not_kept(tmp_path: Path) -> None:
    source = UmlsSource(meta(tmp_path, MRCONSO=[atom(WARFARIN, "x", LAT=""), atom(ASPIRIN, "y")]))
    assert [row["text"] for row in read(source, "names")] == ["y"]
    assert source.tallies["MRCONSO.RRF"].skipped == {"a name without a language": 1}


def test_a_retired_cui_is_what_it_was_merged_into(tmp_path: Path) -> None:
    source = UmlsSource(meta(tmp_path, MRCUI=[retired(OLD, "SY", WARFARIN)]))
    assert successors(source) == [(OLD, "IAO:0100001", WARFARIN, 1.0)]
    (row,) = (r for r in read(source, "mappings") if r["subject"] == f"umls:{OLD}")
    assert (row["justification"], row["subject_label"]) == ("semapv:ManualMappingCuration", "")


def test_a_cui_merged_into_several_is_none_of_them(tmp_path: Path) -> None:
    rows = [retired(OLD, "SY", WARFARIN), retired(OLD, "SY", ASPIRIN),
            retired(OLDER, "SY", ASPIRIN), retired(OLDER, "RO", DRUG)]  # fmt: skip
    assert sorted(successors(UmlsSource(meta(tmp_path, MRCUI=rows)))) == [
        (OLD, "skos:closeMatch", ASPIRIN, None),
        (OLD, "skos:closeMatch", WARFARIN, None),
        (OLDER, "IAO:0100001", ASPIRIN, 1.0),
        (OLDER, "skos:relatedMatch", DRUG, None),
    ]


@pytest.mark.parametrize("rel", ["RO", "RB", "RN"])
def test_a_bequeathed_cui_is_related(tmp_path: Path, rel: str) -> None:
    source = UmlsSource(meta(tmp_path, MRCUI=[retired(OLD, rel, WARFARIN)]))
    assert successors(source) == [(OLD, "skos:relatedMatch", WARFARIN, None)]


def test_every_row_of_mrcui_is_counted(tmp_path: Path) -> None:
    rows = [
        retired(OLD, "SY", WARFARIN), retired(OLD, "SY", WARFARIN), retired(OLDER, "DEL"),
        retired(OLDER, "SUBX"), retired(OLDER, "XX", WARFARIN), retired(ASPIRIN, "SY", WARFARIN),
        retired(OLDER, "SY", "C9999999"), retired(OLDER, "RN", OLD),
    ]  # fmt: skip
    source = UmlsSource(meta(tmp_path, MRCUI=rows))
    assert len(successors(source)) == 1
    tally = source.tallies["MRCUI.RRF"]
    assert (tally.read, tally.kept, tally.adds_up) == (8, 1, True)
    assert tally.skipped == {
        "the same successor again": 1,
        "deleted without a successor (DEL)": 1,
        "left out of the subset (SUBX)": 1,
        "a REL of MRCUI that kgmed doesn't know": 1,
        "the retired CUI is a concept of this release": 1,
        "a concept that isn't kept": 2,
    }
    assert source.findings["a REL of MRCUI that kgmed doesn't know"] == [
        {"REL": "XX", "count": "1"}
    ]


def test_a_successor_that_is_no_cui_is_a_bad_row(tmp_path: Path) -> None:
    quarantine = tmp_path / "bad.tsv"
    rows = [retired(OLD, "SY", WARFARIN), retired(OLDER, "SY"), retired(OLDER, "DEL")]
    folder = meta(tmp_path, MRCUI=rows)
    with pytest.raises(RowError, match=r"MRCUI.RRF line 2: found CUI2 '', expected C and seven"):
        read(UmlsSource(folder), "mappings")
    source = UmlsSource(folder, on_error="skip", quarantine=quarantine)
    assert successors(source) == [(OLD, "IAO:0100001", WARFARIN, 1.0)]
    assert source.tallies["MRCUI.RRF"].skipped["CUI2 isn't a CUI"] == 1
    assert rows[1] in quarantine.read_text(encoding="utf-8")


# A whole release ----------------------------------------------------------------------------------


def test_a_synthetic_release_gives_what_its_generator_expects(tmp_path: Path) -> None:
    write("umls", tmp_path, scale=0.001, seed=1)
    source, graph = UmlsSource(tmp_path), expected(0.001, 1, sources=["umls"])
    sab_of = {infores(sab): sab for sab in vocabularies_of(tmp_path)}
    found = {
        (r["subject"], tree(r["predicate"]), r["object"], r["value"], r["qualifiers"],
         sab_of[r["primary_knowledge_source"]])
        for r in read(source, "statements")
    }  # fmt: skip
    assert found == {
        (f.subject, tree(f.predicate), f.object, f.value, f.qualifiers, f.vocabulary)
        for f in graph.statements
    }
    named = read(source, "names")
    assert {(r["id"], r["text"], r["language"]) for r in named} == set(graph.names)
    chosen = {(r["id"], r["language"]): r["text"] for r in named if r["kind"] == "preferred"}
    for (id, _source), texts in graph.preferred.items():
        assert {language: chosen[id, language] for language in texts} == texts
    exact = {
        r["subject"]: r["object"]
        for r in read(source, "mappings")
        if r["predicate"] in {"skos:exactMatch", REPLACED_BY}
    }
    assert {code: exact[code] for code in graph.same} == graph.same
    assert {r["id"] for r in read(source, "concepts")} == graph.concepts


def tree(predicate: str) -> str:
    """Cycles of subclass_of become broader only when all sources are merged."""
    return "broader" if predicate == "subclass_of" else predicate


def vocabularies_of(folder: Path) -> set[str]:
    rows = (folder / "MRSAB.RRF").read_text(encoding="utf-8").splitlines()
    return {row.split("|")[COLUMNS["MRSAB.RRF"].index("RSAB")] for row in rows}


# Where the tables lie -----------------------------------------------------------------------------


def contents(source: UmlsSource) -> dict[str, set[str]]:
    return {table: {str(row) for row in read(source, table)} for table in DOMAIN}


RELATED = [rel(DRUG, "CHD", WARFARIN, "isa", SAB="NCI"), rel(ASPIRIN, "RO", WARFARIN)]


def parts(rows: Sequence[str], count: int) -> list[bytes]:
    """A table cut in the middle of lines, as parts are."""
    data = "".join(row + "\n" for row in rows).encode()
    size = len(data) // count + 1
    return [data[place : place + size] for place in range(0, len(data), size)]


def distribution(folder: Path, *, stored: bool, **changes: Any) -> Path:
    """A zip file of .nlm files with cut and compressed tables, as NLM distributes them."""
    how = zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED
    folder.mkdir(parents=True, exist_ok=True)
    nlm = [folder / "2024ab-1-meta.nlm", folder / "2024ab-2-meta.nlm"]
    with zipfile.ZipFile(nlm[0], "w") as first, zipfile.ZipFile(nlm[1], "w") as second:
        for name, rows in tables(**changes).items():
            for number, data in enumerate(parts(rows, 3)):
                target = second if number == 2 else first
                inside = f"2024AB/META/{name}.a{'abc'[number]}.gz"
                target.writestr(inside, gzip.compress(data), how)
        first.writestr("2024AB/META/CHANGE/MERGEDCUI.RRF", "C0000001|C0000002|\n")
        first.writestr("2024AB/META/release.dat", "umls.release.name=2024AB\n")
    with zipfile.ZipFile(folder / "umls-2024AB-full.zip", "w") as outer:
        for path in nlm:
            outer.write(path, f"2024AB-full/{path.name}", how)
            path.unlink()
        outer.writestr("2024AB-full/mmsys.zip", b"not looked into")
    return folder / "umls-2024AB-full.zip"


@pytest.mark.parametrize("stored", [True, False])
def test_the_distributions_archive_gives_what_the_plain_files_do(
    tmp_path: Path, stored: bool
) -> None:
    plain = UmlsSource(meta(tmp_path / "plain", MRREL=RELATED))
    archive = distribution(tmp_path / "zip", stored=stored, MRREL=RELATED)
    assert contents(UmlsSource(archive)) == contents(plain)
    assert contents(UmlsSource(archive.parent)) == contents(plain)


def test_gz_files_and_their_parts_give_what_the_plain_files_do(tmp_path: Path) -> None:
    plain = UmlsSource(meta(tmp_path / "plain", MRREL=RELATED))
    folder = tmp_path / "gz" / "META"
    folder.mkdir(parents=True)
    for name, rows in tables(MRREL=RELATED).items():
        if name == "MRCONSO.RRF":
            for number, data in enumerate(parts(rows, 3)):
                (folder / f"{name}.a{'abc'[number]}.gz").write_bytes(gzip.compress(data))
        else:
            members = b"".join(gzip.compress(data) for data in parts(rows, 2))
            (folder / f"{name}.gz").write_bytes(members)
    assert contents(UmlsSource(tmp_path / "gz")) == contents(plain)


def test_blocks_of_any_size_give_the_same_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = contents(UmlsSource(meta(tmp_path, MRREL=RELATED)))
    for size in (1, 100, 333):
        monkeypatch.setattr(rrf, "BLOCK_BYTES", size)
        monkeypatch.setattr(rrf, "_CHUNK", 64)
        assert contents(UmlsSource(tmp_path)) == whole


def test_rows_in_another_order_give_the_same_graph(tmp_path: Path) -> None:
    again = {name.removesuffix(".RRF"): rows[::-1] for name, rows in tables().items()}
    first = UmlsSource(meta(tmp_path / "a", MRREL=RELATED))
    second = UmlsSource(meta(tmp_path / "b", **again, MRREL=RELATED[::-1]))
    assert contents(first) == contents(second)


def test_reading_twice_gives_the_same_rows_and_counts(tmp_path: Path) -> None:
    rows = [definition(WARFARIN, "An anticoagulant.")]
    source = UmlsSource(meta(tmp_path, MRREL=RELATED, MRDEF=rows))
    first, tallies = contents(source), {k: (t.read, t.kept) for k, t in source.tallies.items()}
    assert contents(source) == first
    assert {k: (t.read, t.kept) for k, t in source.tallies.items()} == tallies


def test_the_fingerprint_follows_bytes_and_choices_not_the_folder(tmp_path: Path) -> None:
    first = UmlsSource(meta(tmp_path / "a")).fingerprint()
    assert UmlsSource(meta(tmp_path / "b")).fingerprint() == first
    assert UmlsSource(tmp_path / "b", languages=["en"]).fingerprint() != first
    assert UmlsSource(meta(tmp_path / "c", MRREL=RELATED)).fingerprint() != first


def test_what_waits_on_disk_is_removed(tmp_path: Path) -> None:
    work = tmp_path / "work"
    work.mkdir()
    source = UmlsSource(meta(tmp_path, MRREL=RELATED), work=work)
    contents(source)
    assert list(work.iterdir())
    source.close()
    assert not list(work.iterdir())


def test_windows_line_ends_a_missing_last_one_and_blank_lines_are_read(tmp_path: Path) -> None:
    whole = contents(UmlsSource(meta(tmp_path, MRREL=RELATED)))
    path = tmp_path / "META" / "MRCONSO.RRF"
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n").strip())
    assert contents(UmlsSource(tmp_path)) == whole
    path.write_bytes(path.read_bytes().replace(b"\r\n", b"\n\n", 2))
    source = UmlsSource(tmp_path)
    assert contents(source) == whole
    assert source.tallies["MRCONSO.RRF"].skipped == {"blank line": 2}


# Releases -----------------------------------------------------------------------------------------


def test_optional_tables_that_are_missing_are_named(tmp_path: Path) -> None:
    source = UmlsSource(meta(tmp_path, MRRANK=None, MRDOC=None))
    assert [row["table"] for row in source.findings["table that isn't there"]] == [
        "MRREL.RRF", "MRDEF.RRF", "MRSAT.RRF", "MRCUI.RRF", "MRRANK.RRF", "MRDOC.RRF",
        "MRFILES.RRF",
    ]  # fmt: skip
    assert contents(source)["names"]


@pytest.mark.parametrize("name", ["MRSTY", "MRCONSO", "MRSAB"])
def test_a_missing_table_is_an_error_that_says_what_was_found(tmp_path: Path, name: str) -> None:
    with pytest.raises(DataError, match=rf"found MR.*but no {name}\.RRF.*complete\?"):
        UmlsSource(meta(tmp_path, **{name: None}))


def test_the_release_is_release_dats_mrdocs_or_mrsabs(tmp_path: Path) -> None:
    named = line("MRDOC.RRF", DOCKEY="RELEASE", VALUE="umls.release.name", EXPL="2025AA")
    assert UmlsSource(meta(tmp_path, MRDOC=[named])).info.release == "2025AA"
    (tmp_path / "META" / "release.dat").write_text("umls.release.name=2025AA\n")
    assert UmlsSource(tmp_path).info.release == "2025AA"


def test_two_releases_mixed_are_an_error(tmp_path: Path) -> None:
    meta(tmp_path)
    (tmp_path / "META" / "release.dat").write_text("umls.release.name=2023AB\n")
    with pytest.raises(DataError, match=r"2023AB \(release.dat\) and 2024AB \(MRSAB.RRF\)"):
        UmlsSource(tmp_path)


def test_two_current_versions_of_a_vocabulary_are_an_error(tmp_path: Path) -> None:
    rows = [vocabulary("MTH"), vocabulary("MTH", VSAB="MTH_2023")]
    with pytest.raises(DataError, match="two current versions of MTH"):
        UmlsSource(meta(tmp_path, MRSAB=rows))
    rows = [vocabulary("MTH", VSAB="MTH_2023", CURVER="N"), vocabulary("MTH")]
    assert UmlsSource(meta(tmp_path, MRSAB=rows)).tallies["MRSAB.RRF"].adds_up


def test_one_table_in_two_folders_is_an_error(tmp_path: Path) -> None:
    meta(tmp_path / "2024AA")
    meta(tmp_path / "2024AB")
    with pytest.raises(DataError, match="found two copies"):
        UmlsSource(tmp_path)


def test_a_row_count_that_mrfiles_contradicts_is_an_error_or_a_finding(tmp_path: Path) -> None:
    rows = [line("MRFILES.RRF", FIL="MRCONSO.RRF", RWS="8")]
    with pytest.raises(DataError, match=r"found 7 rows, expected 8 \(MRFILES.RRF of UMLS 2024AB\)"):
        read(UmlsSource(meta(tmp_path, MRFILES=rows)), "names")
    source = UmlsSource(tmp_path, on_error="skip")
    assert len(read(source, "names")) == 7
    kind = "table with another number of rows than MRFILES.RRF says"
    assert source.findings[kind] == [{"table": "MRCONSO.RRF", "rows": "7", "MRFILES": "8"}]


def test_a_bad_row_before_another_of_its_block_is_set_aside_too(tmp_path: Path) -> None:
    quarantine = tmp_path / "bad.tsv"
    rows = [atom("0043031", "no CUI"), atom(WARFARIN, "17 fields")[:-1].replace("PF|", "")]
    folder = meta(tmp_path, MRCONSO=[*rows, atom(WARFARIN, "warfarin")])
    source = UmlsSource(folder, on_error="skip", quarantine=quarantine)
    assert len(read(source, "names")) == 1
    text = quarantine.read_text(encoding="utf-8")
    assert all(row in text for row in rows)
    assert len(text.splitlines()) == 3


# Bad files ----------------------------------------------------------------------------------------

BAD_ROWS = {
    "17 fields": (atom(WARFARIN, "w")[:-1].replace("PF|", ""), "17 fields, expected 18"),
    "19 fields": (atom(WARFARIN, "a|b"), "19 fields, expected 18"),
    "no pipe at the end": (atom(WARFARIN, "w", CVF="256")[:-1], "18 fields, the last without |"),
    "not a CUI": (atom("0043031", "w"), "CUI '0043031', expected C and seven digits"),
    "a long CUI": (atom("C00430310", "w"), "CUI 'C00430310', expected C and seven digits"),
    "letters in a CUI": (atom("C00430é", "w"), "CUI 'C00430é', expected C and seven digits"),
}


@pytest.mark.parametrize("row", BAD_ROWS)
def test_a_bad_row_is_an_error_with_its_line_or_set_aside(tmp_path: Path, row: str) -> None:
    bad, message = BAD_ROWS[row]
    if row == "17 fields":
        bad += "|"
    good = [atom(WARFARIN, "warfarin"), atom(ASPIRIN, "aspirin")]
    meta(tmp_path, MRCONSO=[good[0], bad, good[1]])
    with pytest.raises(RowError, match=r"MRCONSO\.RRF line 2: found ") as raised:
        read(UmlsSource(tmp_path), "names")
    assert message in str(raised.value)
    quarantine = tmp_path / "quarantine.tsv"
    source = UmlsSource(tmp_path, on_error="skip", quarantine=quarantine)
    assert len(read(source, "names")) == 2
    tally = source.tallies["MRCONSO.RRF"]
    assert (tally.read, tally.kept, tally.skipped.total()) == (3, 2, 1)
    assert quarantine.read_text(encoding="utf-8").split("\t")[-1] == bad + "\n"


def test_another_encoding_is_an_error_that_says_how_to_convert(tmp_path: Path) -> None:
    meta(tmp_path)
    row = atom(WARFARIN, "Ménière").encode("latin-1") + b"\n"
    path = tmp_path / "META" / "MRCONSO.RRF"
    path.write_bytes(path.read_bytes() + row)
    with pytest.raises(RowError, match=r"line 8: found byte 0xe9.*expected UTF-8.*iconv"):
        read(UmlsSource(tmp_path), "names")
    assert len(read(UmlsSource(tmp_path, on_error="skip"), "names")) == 7


def compressed(tmp_path: Path, data: bytes) -> UmlsSource:
    meta(tmp_path, MRCONSO=None)
    (tmp_path / "META" / "MRCONSO.RRF.gz").write_bytes(data)
    return UmlsSource(tmp_path)


@pytest.mark.parametrize("damage", [
    lambda data: data[: len(data) // 2],
    lambda data: data[:-4],
    lambda data: data[:-8] + bytes(8),
    lambda data: data + b"rubbish",
    lambda data: b"",
    lambda data: b"not gzip at all",
])  # fmt: skip
def test_a_damaged_gz_file_is_an_error(tmp_path: Path, damage: Callable[[bytes], bytes]) -> None:
    data = gzip.compress("\n".join(tables()["MRCONSO.RRF"]).encode())
    with pytest.raises(DataError, match=r"MRCONSO\.RRF\.gz: found damaged gzip data.*complete\?"):
        read(compressed(tmp_path, damage(data)), "names")


def test_padding_after_a_gz_file_is_none_of_its_content(tmp_path: Path) -> None:
    data = gzip.compress("\n".join(tables()["MRCONSO.RRF"]).encode()) + bytes(100)
    assert len(read(compressed(tmp_path, data), "names")) == 7


@pytest.mark.parametrize("name", ["../MRCONSO.RRF", "/etc/MRCONSO.RRF", "..\\MRSTY.RRF", "C:x"])
def test_names_that_leave_the_archive_are_refused(tmp_path: Path, name: str) -> None:
    path = tmp_path / "umls.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(name, "x")
    with pytest.raises(DataError, match="expected names inside the archive"):
        UmlsSource(path)


def test_a_truncated_archive_is_an_error(tmp_path: Path) -> None:
    path = distribution(tmp_path, stored=True)
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(DataError, match=r"found an? .*archive.*complete\?"):
        UmlsSource(path)


def test_a_missing_part_is_an_error(tmp_path: Path) -> None:
    meta(tmp_path, MRCONSO=None)
    for suffix in ("aa", "ac"):
        (tmp_path / "META" / f"MRCONSO.RRF.{suffix}.gz").write_bytes(gzip.compress(b""))
    with pytest.raises(DataError, match=r"parts aa, ac of MRCONSO\.RRF, expected also ab"):
        UmlsSource(tmp_path)


def test_a_folder_without_tables_says_what_is_expected(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"found no table.*expected the folder META"):
        UmlsSource(tmp_path)
    with pytest.raises(DataError, match="there is no such file or folder"):
        UmlsSource(tmp_path / "nowhere")


def test_tables_are_told_by_their_names() -> None:
    assert TABLE.fullmatch("MRCONSO.RRF.ab.gz")
    assert not TABLE.fullmatch("MRCONSO.RRF.bak")
