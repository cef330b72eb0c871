"""SNOMED CT's RF2 files: what is read from them, at which date, and what is refused."""

from __future__ import annotations

import json
import random
import uuid
import zipfile
from collections import defaultdict
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import plain

from kgmed.builders.pipeline import build
from kgmed.builders.snomed import SnomedSource
from kgmed.builders.snomed.sctid import check_digit, have_check_digit, is_sctid
from kgmed.builders.source import TABLES, Source, TableName, schema
from kgmed.kg.errors import DataError, RowError, UsageError
from kgmed.kg.model import canonical_qualifiers
from kgmed.kg.store.embedded import EmbeddedStore

Row = dict[str, Any]

OLD, MIDDLE, DATE = "20200131", "20230731", "20260101"
MODULE, PRIMITIVE, CASE = "900000000000207008", "900000000000074008", "900000000000448009"
FSN, SYNONYM, DEFINITION = "900000000000003001", "900000000000013009", "900000000000550004"
US, GB, SPANISH = "900000000000509007", "900000000000508004", "448879004"
PREFERRED, ACCEPTABLE = "900000000000548007", "900000000000549004"
INFERRED, STATED = "900000000000011006", "900000000000010007"
SOME = "900000000000451002"
IS_A, FINDING_SITE, DUE_TO, LATERALITY = "116680003", "363698007", "42752001", "272741003"
STRENGTH = "1142135004"
SAME_AS, REPLACED_BY, POSSIBLY = "900000000000527005", "900000000000526001", "900000000000523009"
MOVED_TO, REFERS_TO = "900000000000524003", "900000000000531004"
ICD10, ICD10CM, CTV3 = "447562003", "6011000124106", "900000000000497000"
CLASSIFIED, NOT_CLASSIFIED = "447637006", "447638001"

VERSION = ["id", "effectiveTime", "active", "moduleId"]
MEMBER = [*VERSION, "refsetId", "referencedComponentId"]
TERM = [*VERSION, "conceptId", "languageCode", "typeId", "term", "caseSignificanceId"]
GROUP = ["relationshipGroup", "typeId", "characteristicTypeId", "modifierId"]
FILES: dict[str, tuple[str, list[str]]] = {
    "concept": ("sct2_Concept_{kind}", [*VERSION, "definitionStatusId"]),
    "description": ("sct2_Description_{kind}-{language}", TERM),
    "text_definition": ("sct2_TextDefinition_{kind}-{language}", TERM),
    "relationship": ("sct2_Relationship_{kind}", [*VERSION, "sourceId", "destinationId", *GROUP]),
    "concrete_value": (
        "sct2_RelationshipConcreteValues_{kind}",
        [*VERSION, "sourceId", "value", *GROUP],
    ),
    "language": ("der2_cRefset_Language{kind}-{language}", [*MEMBER, "acceptabilityId"]),
    "association": ("der2_cRefset_Association{kind}", [*MEMBER, "targetComponentId"]),
    "simple_map": ("der2_sRefset_SimpleMap{kind}", [*MEMBER, "mapTarget"]),
    "extended_map": (
        "der2_iisssccRefset_ExtendedMap{kind}",
        [*MEMBER, "mapGroup", "mapPriority", "mapRule", "mapAdvice", "mapTarget",
         "correlationId", "mapCategoryId"],
    ),
}  # fmt: skip
PER_LANGUAGE = ("description", "text_definition", "language")


def sctid(item: int, partition: str = "00") -> str:
    """A valid SCTID of an item number."""
    digits = f"{item}{partition}"
    return digits + check_digit(digits)


class Rf2:
    """Rows of a small release, every version that was ever added; every id valid.

    A component is added with ``time`` and ``active``; adding it again with its ``id`` is its next
    version. A Snapshot is written with the newest version of each, a Delta with those of its date.
    """

    def __init__(self, edition: str = "INT", date: str = DATE) -> None:
        self.edition, self.date = edition, date
        self.rows: dict[tuple[str, str], list[list[str]]] = defaultdict(list)
        self.next = 100_000

    def _add(
        self, content: str, id: str, time: str, active: bool, *cells: str, language: str = ""
    ) -> str:
        self.rows[content, language].append([id, time, "01"[active], MODULE, *cells])
        return id

    def _id(self, partition: str) -> str:
        self.next += 1
        return sctid(self.next, partition)

    def _member(self, content: str, refset: str, *cells: str, language: str = "") -> str:
        self.next += 1
        member = str(uuid.UUID(int=self.next))
        return self._add(content, member, OLD, True, refset, *cells, language=language)

    def concept(
        self,
        fsn: str,
        *preferred: str,
        id: str = "",
        active: bool = True,
        time: str = OLD,
        language: str = "en",
    ) -> str:
        """A concept with its fully specified name, and a term that US and GB English prefer."""
        id = self._add("concept", id or self._id("00"), time, active, PRIMITIVE)
        if fsn:
            self.term(id, fsn, kind=FSN, language=language)
        for term in preferred:
            self.term(id, term, us=PREFERRED, gb=PREFERRED, language=language)
        return id

    def term(
        self,
        concept: str,
        term: str,
        *,
        kind: str = SYNONYM,
        us: str = "",
        gb: str = "",
        spanish: str = "",
        language: str = "en",
        active: bool = True,
    ) -> str:
        """A description, with its acceptability per language reference set."""
        content = "text_definition" if kind == DEFINITION else "description"
        id = self._add(
            content, self._id("01"), OLD, active, concept, language, kind, term, CASE,
            language=language,
        )  # fmt: skip
        for refset, acceptability in ((US, us), (GB, gb), (SPANISH, spanish)):
            if acceptability:
                self._member("language", refset, id, acceptability, language=language)
        return id

    def related(
        self,
        source: str,
        type: str,
        destination: str,
        *,
        group: int = 0,
        id: str = "",
        active: bool = True,
        time: str = OLD,
        characteristic: str = INFERRED,
    ) -> str:
        """A relationship; one to a value where the destination is written as a value."""
        content = "relationship" if destination.isdigit() else "concrete_value"
        return self._add(
            content, id or self._id("02"), time, active, source, destination, str(group), type,
            characteristic, SOME,
        )  # fmt: skip

    def association(self, refset: str, component: str, target: str) -> str:
        return self._member("association", refset, component, target)

    def code(self, refset: str, concept: str, target: str) -> str:
        return self._member("simple_map", refset, concept, target)

    def icd(
        self, concept: str, target: str, rule: str = "TRUE", advice: str = "", *,
        group: int = 1, priority: int = 1, refset: str = ICD10,
    ) -> str:  # fmt: skip
        category = CLASSIFIED if target else NOT_CLASSIFIED
        return self._member(
            "extended_map", refset, concept, str(group), str(priority), rule,
            advice or f"ALWAYS {target}", target, "447561005", category,
        )  # fmt: skip

    def name(self, content: str, kind: str = "Snapshot", language: str = "en") -> str:
        """A file's name in this release."""
        stem = FILES[content][0].format(kind=kind, language=language)
        return f"{stem}_{self.edition}_{self.date}.txt"

    def write(self, folder: Path, *kinds: str, end: str = "\n") -> Path:
        """Write the release types, the Snapshot by default, with all their files."""
        places = dict.fromkeys([*((c, "en" * (c in PER_LANGUAGE)) for c in FILES), *self.rows])
        for kind in kinds or ("Snapshot",):
            for content, language in places:
                rows = self.rows[content, language]
                if kind == "Snapshot":
                    newest = {row[0]: row for row in sorted(rows, key=lambda row: row[1])}
                    rows = list(newest.values())
                elif kind == "Delta":
                    rows = [row for row in rows if row[1] == self.date]
                where = "Terminology" if content in TERMINOLOGY else "Refset"
                path = folder / kind / where / self.name(content, kind, language)
                path.parent.mkdir(parents=True, exist_ok=True)
                lines = ["\t".join(cells) + end for cells in (FILES[content][1], *rows)]
                path.write_bytes("".join(lines).encode())
        return folder


TERMINOLOGY = ("concept", "description", "text_definition", "relationship", "concrete_value")


def read(source: Source, table: TableName) -> list[Row]:
    found = []
    for batch in source.batches(table):
        assert batch.schema == schema(table)
        columns = zip(batch.schema.names, batch.columns, strict=True)
        assert [name for name, values in columns if values.null_count] in ([], ["confidence"])
        found += batch.to_pylist()
    assert all(tally.adds_up for tally in source.tallies.values())
    return plain(found)


def statements(source: Source) -> list[tuple[str, str, str]]:
    return [
        (row["subject"], row["predicate"], row["object"] or row["value"])
        for row in read(source, "statements")
    ]


def curie(id: str) -> str:
    return f"snomedct:{id}"


@pytest.fixture
def release() -> Rf2:
    """The root, and nothing else."""
    rf2 = Rf2()
    rf2.concept("SNOMED CT Concept (SNOMED RT+CTV3)", "SNOMED CT Concept", id="138875005")
    return rf2


# What the files are -------------------------------------------------------------------------------


def test_it_is_a_source_that_names_its_edition_and_release(tmp_path: Path, release: Rf2) -> None:
    source = SnomedSource(release.write(tmp_path))
    assert isinstance(source, Source)
    info = source.info
    assert (info.infores, info.release, info.licence) == (
        "infores:snomedct",
        f"INT {DATE}",
        "SNOMEDCT",
    )
    assert info.name == "SNOMED CT International Edition"


def test_an_editions_name_is_read_from_the_file_names(tmp_path: Path, release: Rf2) -> None:
    release.edition = "US1000124"
    info = SnomedSource(release.write(tmp_path)).info
    assert (info.name, info.release) == ("SNOMED CT US1000124", f"US1000124 {DATE}")


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_both_line_ends_and_a_byte_order_mark_are_read(
    tmp_path: Path, release: Rf2, end: str
) -> None:
    release.write(tmp_path, end=end)
    path = tmp_path / "Snapshot" / "Terminology" / release.name("concept")
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert [row["id"] for row in read(SnomedSource(tmp_path), "concepts")] == ["snomedct:138875005"]
    assert "SNOMED CT Concept" in [row["text"] for row in read(SnomedSource(tmp_path), "names")]


def test_a_zip_gives_what_its_folder_gives(tmp_path: Path) -> None:
    folder = everything().write(tmp_path / "folder")
    archive = zipped(folder, tmp_path / "release.zip")
    for table in TABLES:
        assert read(SnomedSource(archive), table) == read(SnomedSource(folder), table)


def test_an_unneeded_file_is_listed_not_read(tmp_path: Path, release: Rf2) -> None:
    release.write(tmp_path)
    (tmp_path / f"sct2_StatedRelationship_Snapshot_INT_{DATE}.txt").write_text("nonsense")
    source = SnomedSource(tmp_path)
    read(source, "concepts")
    assert source.findings["RF2 files that aren't read"] == [
        {"file": f"sct2_StatedRelationship_Snapshot_INT_{DATE}.txt"}
    ]


def test_tables_may_be_read_again_after_all_were(tmp_path: Path) -> None:
    source = SnomedSource(everything().write(tmp_path))
    once = [read(source, table) for table in TABLES]
    tallies = dict(source.tallies)
    assert [read(source, table) for table in reversed(TABLES)] == once[::-1]
    assert source.tallies == tallies


def test_the_order_of_rows_changes_nothing(tmp_path: Path) -> None:
    rf2 = everything()
    first = SnomedSource(rf2.write(tmp_path / "a", "Full"))
    for rows in rf2.rows.values():
        random.Random(4).shuffle(rows)
    second = SnomedSource(rf2.write(tmp_path / "b", "Full"))
    for table in TABLES:
        assert read(first, table) == read(second, table)
    assert first.findings == second.findings


# Concepts and names -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tag", "category"),
    [
        ("disorder", "Disease"),
        ("finding", "ClinicalFinding"),
        ("situation", "SituationWithExplicitContext"),
        ("substance", "ChemicalEntity"),
        ("medicinal product", "Drug"),
        ("organism", "OrganismTaxon"),
        ("body structure", "GrossAnatomicalStructure"),
        ("regime/therapy", "Procedure"),
        ("qualifier value", "NamedThing"),
    ],
)
def test_the_semantic_tag_gives_the_category(
    tmp_path: Path, release: Rf2, tag: str, category: str
) -> None:
    id = release.concept(f"Thing (in brackets) ({tag})")
    source = SnomedSource(release.write(tmp_path))
    assert {"id": curie(id), "categories": [category]} in read(source, "concepts")
    assert "semantic tag that kgmed doesn't know" not in source.findings


def test_an_unknown_tag_is_counted(tmp_path: Path, release: Rf2) -> None:
    id = release.concept("Thing (gadget)")
    source = SnomedSource(release.write(tmp_path))
    assert {"id": curie(id), "categories": ["NamedThing"]} in read(source, "concepts")
    assert source.findings["semantic tag that kgmed doesn't know"] == [
        {"tag": "gadget", "count": "1"}
    ]


def test_a_concept_without_a_fully_specified_name_is_listed(tmp_path: Path, release: Rf2) -> None:
    id = release.concept("")
    source = SnomedSource(release.write(tmp_path))
    assert len(read(source, "concepts")) == 2
    assert source.findings["active concept without a fully specified name"] == [{"id": id}]


def test_an_inactive_concept_is_counted_with_its_names_and_relationships(
    tmp_path: Path, release: Rf2
) -> None:
    old = release.concept("Grippe (disorder)", "Grippe", active=False)
    release.related(old, IS_A, "138875005")
    source = SnomedSource(release.write(tmp_path))
    assert curie(old) not in {row["id"] for row in read(source, "concepts") + read(source, "names")}
    assert statements(source) == []
    assert source.tallies[release.name("concept")].skipped == {"inactive": 1}
    assert source.tallies[release.name("description")].skipped == {"of a retired concept": 2}
    assert source.tallies[release.name("relationship")].skipped == {"of a retired concept": 1}
    assert source.tallies[release.name("language")].skipped == {
        "of a description that is not used": 2
    }


def names_of(source: Source, id: str) -> set[tuple[str, str, str]]:
    return {
        (row["text"], row["language"], row["kind"])
        for row in read(source, "names")
        if row["id"] == curie(id)
    }


def dialects(release: Rf2) -> str:
    id = release.concept("Hemorrhage (morphologic abnormality)")
    release.term(id, "Hemorrhage", us=PREFERRED)
    release.term(id, "Haemorrhage", gb=PREFERRED)
    release.term(id, "Bleeding", us=ACCEPTABLE, gb=ACCEPTABLE)
    release.term(id, "Bleed", active=False)
    return id


def test_the_language_refset_chooses_the_preferred_term(tmp_path: Path, release: Rf2) -> None:
    id = dialects(release)
    release.write(tmp_path)
    full = ("Hemorrhage (morphologic abnormality)", "en", "synonym")
    assert names_of(SnomedSource(tmp_path), id) == {
        full,
        ("Hemorrhage", "en", "preferred"),
        ("Haemorrhage", "en", "synonym"),
        ("Bleeding", "en", "synonym"),
    }
    assert names_of(SnomedSource(tmp_path, language_refsets=[GB]), id) == {
        full,
        ("Hemorrhage", "en", "synonym"),
        ("Haemorrhage", "en", "preferred"),
        ("Bleeding", "en", "synonym"),
    }


def test_without_a_preferred_term_the_name_without_its_tag_is(tmp_path: Path, release: Rf2) -> None:
    id = release.concept("Left (qualifier value)")
    release.term(id, "Sinister", us=ACCEPTABLE)
    assert names_of(SnomedSource(release.write(tmp_path)), id) == {
        ("Left (qualifier value)", "en", "synonym"),
        ("Left", "en", "preferred"),
        ("Sinister", "en", "synonym"),
    }


def test_each_language_has_its_preferred_term(tmp_path: Path, release: Rf2) -> None:
    id = release.concept("Asthma (disorder)", "Asthma")
    release.term(id, "asma (trastorno)", kind=FSN, language="es")
    release.term(id, "asma", language="es", spanish=PREFERRED)
    release.term(id, "asma bronquial", language="es", spanish=ACCEPTABLE)
    source = SnomedSource(release.write(tmp_path))
    assert names_of(source, id) == {
        ("Asthma (disorder)", "en", "synonym"),
        ("Asthma", "en", "preferred"),
        ("asma (trastorno)", "es", "synonym"),
        ("asma", "es", "preferred"),
        ("asma bronquial", "es", "synonym"),
    }
    assert {"id": curie(id), "categories": ["Disease"]} in read(source, "concepts")


@pytest.mark.parametrize(
    "term", ['Said "ah" | twice', '"quoted"', '"', "𝛃-blocker 😀", "A\u2028B\u0085C", "a\\tb,c"]
)
def test_a_term_is_data_to_its_last_character(tmp_path: Path, release: Rf2, term: str) -> None:
    id = release.concept("Thing (finding)", term)
    assert (term, "en", "preferred") in names_of(SnomedSource(release.write(tmp_path)), id)


def test_control_characters_in_a_term_become_spaces(tmp_path: Path, release: Rf2) -> None:
    id = release.concept("Thing (finding)", "a\x1fb")
    source = SnomedSource(release.write(tmp_path))
    assert ("a b", "en", "preferred") in names_of(source, id)
    assert source.findings["control characters, now spaces"] == [
        {"file": release.name("description"), "count": "1"}
    ]


# Statements ---------------------------------------------------------------------------------------


def test_is_a_is_subclass_of(tmp_path: Path, release: Rf2) -> None:
    asthma = release.concept("Asthma (disorder)", "Asthma")
    record = release.related(asthma, IS_A, "138875005")
    (row,) = read(SnomedSource(release.write(tmp_path)), "statements")
    assert row == {
        "subject": curie(asthma),
        "predicate": "subclass_of",
        "object": "snomedct:138875005",
        "value": "",
        "value_type": "",
        "unit": "",
        "value_language": "",
        "qualifiers": "",
        "negated": False,
        "source_record": record,
        "publications": [],
        "text": "",
        "original_predicate": IS_A,
        "knowledge_level": "knowledge_assertion",
        "agent_type": "manual_agent",
        "primary_knowledge_source": "",
        "release": "",
        "licence": "",
    }


def test_an_attribute_is_the_predicate_of_its_label(tmp_path: Path, release: Rf2) -> None:
    asthma, airway = (
        release.concept("Asthma (disorder)"),
        release.concept("Airway (body structure)"),
    )
    release.related(asthma, FINDING_SITE, airway)
    assert statements(SnomedSource(release.write(tmp_path))) == [
        (curie(asthma), "has_finding_site", curie(airway))
    ]


def test_due_to_is_causes_the_other_way_round(tmp_path: Path, release: Rf2) -> None:
    effect, cause = release.concept("Scar (disorder)"), release.concept("Burn (disorder)")
    release.related(effect, DUE_TO, cause)
    assert statements(SnomedSource(release.write(tmp_path))) == [
        (curie(cause), "causes", curie(effect))
    ]


def test_an_unknown_attribute_is_named_by_its_concept(tmp_path: Path, release: Rf2) -> None:
    release.concept("Laterality (attribute)", id=LATERALITY)
    arm, left = (
        release.concept("Left arm (body structure)"),
        release.concept("Left (qualifier value)"),
    )
    release.related(arm, LATERALITY, left)
    source = SnomedSource(release.write(tmp_path))
    assert statements(source) == [(curie(arm), "laterality", curie(left))]
    assert source.findings["attribute that predicates.toml lacks"] == [
        {"predicate": "laterality", "typeId": LATERALITY, "name": "Laterality", "count": "1"}
    ]


def test_role_groups_are_qualifiers(tmp_path: Path, release: Rf2) -> None:
    fracture = release.concept("Fracture of arm and leg (disorder)")
    sites = [release.concept(f"{name} (body structure)") for name in ("Arm", "Leg")]
    for group, site in enumerate(sites, 1):
        release.related(fracture, FINDING_SITE, site, group=group)
    found = read(SnomedSource(release.write(tmp_path)), "statements")
    assert [json.loads(row["qualifiers"]) for row in found] == [
        {"role_group": "1"},
        {"role_group": "2"},
    ]
    assert all(canonical_qualifiers(json.loads(r["qualifiers"])) == r["qualifiers"] for r in found)


def test_inactive_and_stated_relationships_are_not_statements(tmp_path: Path, release: Rf2) -> None:
    asthma = release.concept("Asthma (disorder)")
    release.related(asthma, IS_A, "138875005", active=False)
    release.related(asthma, IS_A, "138875005", characteristic=STATED)
    source = SnomedSource(release.write(tmp_path))
    assert statements(source) == []
    assert source.tallies[release.name("relationship")].skipped == {
        "inactive": 1,
        "stated or qualifying, not of the inferred view": 1,
    }


@pytest.mark.parametrize(
    ("written", "value", "kind"),
    [
        ("#500", "500", "number"),
        ("#-0.25", "-0.25", "number"),
        ('"a "b" | c"', 'a "b" | c', "text"),
        ("true", "true", "text"),
    ],
)
def test_a_concrete_value_is_a_value(
    tmp_path: Path, release: Rf2, written: str, value: str, kind: str
) -> None:
    release.concept("Has presentation strength numerator value (attribute)", id=STRENGTH)
    tablet = release.concept("Product (clinical drug)")
    release.related(tablet, STRENGTH, written, group=1)
    (row,) = read(SnomedSource(release.write(tmp_path)), "statements")
    assert row["predicate"] == "has_presentation_strength_numerator_value"
    assert (row["object"], row["value"], row["value_type"]) == ("", value, kind)
    assert row["qualifiers"] == '{"role_group":"1"}'


def test_a_text_definition_is_a_value_in_its_language(tmp_path: Path, release: Rf2) -> None:
    asthma = release.concept("Asthma (disorder)")
    release.term(asthma, 'A "reversible" narrowing | of airways.', kind=DEFINITION, us=PREFERRED)
    source = SnomedSource(release.write(tmp_path))
    (row,) = read(source, "statements")
    assert (row["predicate"], row["value_language"]) == ("has_definition", "en")
    assert row["value"] == 'A "reversible" narrowing | of airways.'
    assert source.tallies[release.name("language")].kept == 3


# Mappings -----------------------------------------------------------------------------------------


def mappings(source: Source) -> set[tuple[str, str, str]]:
    found = read(source, "mappings")
    assert {row["justification"] for row in found} <= {"semapv:ManualMappingCuration"}
    return {(row["subject"], row["predicate"], row["object"]) for row in found}


def test_an_icd_code_is_a_broad_match_and_its_rule_a_value_in_full(
    tmp_path: Path, release: Rf2
) -> None:
    release.concept("Map source concept is properly classified (foundation metadata concept)",
                    id=CLASSIFIED)  # fmt: skip
    diabetes = release.concept("Type 2 diabetes mellitus (disorder)")
    advice = 'ALWAYS E11.9 | POSSIBLE REQUIREMENT FOR "ADDITIONAL" CODE'
    record = release.icd(diabetes, "E11.9", "TRUE", advice)
    source = SnomedSource(release.write(tmp_path))
    assert mappings(source) == {(curie(diabetes), "skos:broadMatch", "icd10:E11.9")}
    (row,) = read(source, "statements")
    assert (row["predicate"], row["value"]) == ("has_classification_code", "E11.9")
    assert (row["source_record"], row["original_predicate"]) == (record, ICD10)
    qualifiers = json.loads(row["qualifiers"])
    assert canonical_qualifiers(qualifiers) == row["qualifiers"]
    assert qualifiers == {
        "classification": "icd10",
        "map_advice": advice,
        "map_category": "Map source concept is properly classified",
        "map_group": "1",
        "map_priority": "1",
        "map_rule": "TRUE",
    }


def test_a_code_under_a_condition_is_only_related(tmp_path: Path, release: Rf2) -> None:
    cyst = release.concept("Cyst (disorder)")
    release.icd(cyst, "N83.2", "IFA 248152002 | Female (finding) |", priority=1)
    release.icd(cyst, "N50.8", "OTHERWISE TRUE", priority=2)
    assert mappings(SnomedSource(release.write(tmp_path))) == {
        (curie(cyst), "skos:relatedMatch", "icd10:N83.2"),
        (curie(cyst), "skos:broadMatch", "icd10:N50.8"),
    }


def test_a_map_row_without_a_code_says_why(tmp_path: Path, release: Rf2) -> None:
    thing = release.concept("Thing (disorder)")
    why = "MAP SOURCE CONCEPT CANNOT BE CLASSIFIED WITH AVAILABLE DATA"
    release.icd(thing, "", "TRUE", why)
    source = SnomedSource(release.write(tmp_path))
    assert mappings(source) == set()
    assert statements(source) == [(curie(thing), "has_classification_code", why)]


def test_icd_10_cm_codes_lose_their_placeholder_as_ids_only(tmp_path: Path, release: Rf2) -> None:
    fracture = release.concept("Fracture (disorder)")
    release.icd(fracture, "S52.501?", refset=ICD10CM)
    source = SnomedSource(release.write(tmp_path))
    assert mappings(source) == {(curie(fracture), "skos:broadMatch", "icd10cm:S52.501")}
    assert statements(source)[0][2] == "S52.501?"


def test_simple_maps_are_cross_references(tmp_path: Path, release: Rf2) -> None:
    asthma, cancer = release.concept("Asthma (disorder)"), release.concept("Neoplasm (disorder)")
    other = release.concept("Acme map (foundation metadata concept)")
    release.code(CTV3, asthma, "H33..")
    release.code("446608001", cancer, "8000/1")
    release.code(other, asthma, "a1")
    source = SnomedSource(release.write(tmp_path))
    assert mappings(source) == {
        (curie(asthma), "oboInOwl:hasDbXref", "ctv3:H33.."),
        (curie(cancer), "skos:broadMatch", "icdo:8000/1"),
        (curie(asthma), "skos:relatedMatch", f"snomedct.map.{other}:a1"),
    }
    (row,) = source.findings["map that kgmed doesn't know"]
    assert (row["refsetId"], row["name"], row["count"]) == (other, "Acme map", "1")


@pytest.mark.parametrize("refset", [SAME_AS, REPLACED_BY])
def test_a_retired_concept_is_its_one_successor(tmp_path: Path, release: Rf2, refset: str) -> None:
    new = release.concept("Influenza (disorder)", "Influenza")
    old = release.concept("Grippe (disorder)", "Grippe", active=False)
    release.association(refset, old, new)
    source = SnomedSource(release.write(tmp_path))
    (row,) = read(source, "mappings")
    assert (row["subject"], row["predicate"], row["object"]) == (
        curie(old),
        "IAO:0100001",
        curie(new),
    )
    assert (row["confidence"], row["subject_label"], row["object_label"]) == (1.0, "", "")
    assert "retired concept without one successor" not in source.findings


def test_several_retired_concepts_may_have_one_successor(tmp_path: Path, release: Rf2) -> None:
    new = release.concept("Influenza (disorder)")
    old = [release.concept(f"Flu {n} (disorder)", active=False) for n in range(2)]
    for id in old:
        release.association(SAME_AS, id, new)
    assert mappings(SnomedSource(release.write(tmp_path))) == {
        (curie(id), "IAO:0100001", curie(new)) for id in old
    }


def test_of_several_successors_none_is_the_same(tmp_path: Path, release: Rf2) -> None:
    new = [release.concept(f"Flu {n} (disorder)") for n in "AB"]
    old = release.concept("Flu (disorder)", active=False)
    release.association(SAME_AS, old, new[0])
    release.association(REPLACED_BY, old, new[1])
    source = SnomedSource(release.write(tmp_path))
    assert mappings(source) == {(curie(old), "skos:closeMatch", curie(id)) for id in new}
    found = source.findings["retired concept without one successor"]
    assert [(row["association"], row["successor"]) for row in found] == [
        ("REPLACED BY", new[1]),
        ("SAME AS", new[0]),
    ]
    assert {row["not merged because"] for row in found} == {"it names 2 successors"}


def test_possibly_equivalent_is_listed_and_related(tmp_path: Path, release: Rf2) -> None:
    new, old = release.concept("Flu (disorder)"), release.concept("Cold (disorder)", active=False)
    release.association(POSSIBLY, old, new)
    source = SnomedSource(release.write(tmp_path))
    assert mappings(source) == {(curie(old), "skos:closeMatch", curie(new))}
    assert source.findings["retired concept without one successor"] == [
        {
            "id": old,
            "name": "Cold (disorder)",
            "association": "POSSIBLY EQUIVALENT TO",
            "successor": new,
            "its name": "Flu (disorder)",
            "not merged because": "POSSIBLY EQUIVALENT TO is no identity",
        }
    ]


def test_a_disorder_never_becomes_the_situation_about_it(tmp_path: Path, release: Rf2) -> None:
    new = release.concept("History of asthma (situation)")
    old = release.concept("History of asthma (disorder)", active=False)
    release.association(REPLACED_BY, old, new)
    source = SnomedSource(release.write(tmp_path))
    assert mappings(source) == {(curie(old), "skos:closeMatch", curie(new))}
    (row,) = source.findings["retired concept without one successor"]
    assert row["not merged because"] == "one is a situation, the other is not"


def test_an_active_concept_is_never_moved(tmp_path: Path, release: Rf2) -> None:
    one, other = release.concept("Flu (disorder)"), release.concept("Influenza (disorder)")
    release.association(SAME_AS, one, other)
    assert mappings(SnomedSource(release.write(tmp_path))) == {
        (curie(one), "skos:closeMatch", curie(other))
    }


def test_associations_of_descriptions_and_namespaces_are_counted(
    tmp_path: Path, release: Rf2
) -> None:
    flu = release.concept("Flu (disorder)")
    release.association(REFERS_TO, release.term(flu, "Grippe"), flu)
    release.association(MOVED_TO, release.concept("Gone (disorder)", active=False), flu)
    source = SnomedSource(release.write(tmp_path))
    assert mappings(source) == set()
    assert source.tallies[release.name("association")].skipped == {
        "about a description": 1,
        "names a namespace, no concept": 1,
    }


def test_a_retired_concept_without_any_successor_is_counted(tmp_path: Path, release: Rf2) -> None:
    release.concept("Gone (disorder)", active=False)
    source = SnomedSource(release.write(tmp_path))
    read(source, "mappings")
    assert source.findings["retired concept without any successor"] == [{"count": "1"}]


def test_in_the_built_graph_a_retired_id_is_its_successor(tmp_path: Path, release: Rf2) -> None:
    new = release.concept("Influenza (disorder)", "Influenza")
    release.related(new, IS_A, "138875005")
    middle = release.concept("Grippe (disorder)", active=False)
    old = release.concept("La grippe (disorder)", active=False)
    release.association(REPLACED_BY, old, middle)
    release.association(SAME_AS, middle, new)
    made = build([SnomedSource(release.write(tmp_path / "rf2"))], tmp_path / "graph")
    assert made.report.identity.mappings == {"merged": 2}
    assert made.report.merge.statements["kept"] == 1
    (found,) = EmbeddedStore(tmp_path / "graph").concepts([curie(old)])
    assert found is not None
    assert found.name == "Influenza"
    assert {curie(id) for id in (old, middle, new)} == set(found.equivalent_ids)


# Release types and dates --------------------------------------------------------------------------


def history() -> tuple[Rf2, str, str]:
    """A concept that moves below another parent, and one that is retired and comes back."""
    rf2 = Rf2()
    rf2.concept("Root (SNOMED RT+CTV3)", id="138875005")
    rf2.concept("Disease (disorder)", id="64572001", time=MIDDLE)
    flu = rf2.concept("Influenza (disorder)")
    first = rf2.related(flu, IS_A, "138875005")
    rf2.related(flu, IS_A, "138875005", id=first, active=False, time=MIDDLE)
    rf2.related(flu, IS_A, "64572001", time=MIDDLE)
    back = rf2.concept("Phlogiston (substance)")
    rf2.concept("", id=back, active=False, time=MIDDLE)
    rf2.concept("", id=back, active=True, time=DATE)
    return rf2, flu, back


@pytest.mark.parametrize(
    ("date", "parent", "is_back"),
    [("2020-01-31", "138875005", True), (20240101, "64572001", False), (None, "64572001", True)],
)
def test_a_full_release_tells_the_state_at_a_date(
    tmp_path: Path, date: str | int | None, parent: str, is_back: bool
) -> None:
    rf2, flu, back = history()
    source = SnomedSource(rf2.write(tmp_path, "Full"), date=date)
    assert statements(source) == [(curie(flu), "subclass_of", curie(parent))]
    assert (curie(back) in {row["id"] for row in read(source, "concepts")}) == is_back


def test_rows_after_the_date_and_older_states_are_counted(tmp_path: Path) -> None:
    rf2, _, _ = history()
    source = SnomedSource(rf2.write(tmp_path, "Full"), date=MIDDLE)
    read(source, "concepts")
    assert source.tallies[rf2.name("concept", "Full")].skipped == {
        "after the date": 1,
        "inactive": 1,
        "superseded by a newer row": 1,
    }
    assert source.info.release == f"INT {DATE}, as of {MIDDLE}"


def test_snapshot_and_full_tell_the_same_of_today(tmp_path: Path) -> None:
    rf2, _, _ = history()
    snapshot = SnomedSource(rf2.write(tmp_path / "s"))
    full = SnomedSource(rf2.write(tmp_path / "f", "Full"))
    for table in TABLES:
        assert read(snapshot, table) == read(full, table)


def test_of_a_whole_package_the_snapshot_is_read(tmp_path: Path) -> None:
    rf2, _, _ = history()
    rf2.write(tmp_path, "Snapshot", "Full", "Delta")
    now, then = SnomedSource(tmp_path), SnomedSource(tmp_path, date=MIDDLE)
    assert {file.release_type for file in now.release.files} == {"Snapshot"}
    assert {file.release_type for file in then.release.files} == {"Full"}


def test_a_newer_delta_brings_a_snapshot_up_to_its_date(tmp_path: Path) -> None:
    rf2, flu, back = history()
    before = Rf2(date=MIDDLE)
    before.rows |= {
        place: [row for row in rows if row[1] < DATE] for place, rows in rf2.rows.items()
    }
    before.write(tmp_path)
    rf2.write(tmp_path, "Delta")
    source = SnomedSource(tmp_path)
    assert source.info.release == f"INT {DATE}"
    assert {curie(back), curie(flu)} <= {row["id"] for row in read(source, "concepts")}
    assert source.tallies[before.name("concept")].skipped == {"superseded by a newer row": 1}


def test_two_rows_of_one_time_are_listed(tmp_path: Path, release: Rf2) -> None:
    id = release.concept("Flu (disorder)")
    release.concept("", id=id, active=False)
    source = SnomedSource(release.write(tmp_path, "Full"))
    assert curie(id) in {row["id"] for row in read(source, "concepts")}
    assert source.findings["id with two rows of one effectiveTime"] == [
        {"file of": "concept", "id": id}
    ]


def test_the_fingerprint_is_of_bytes_and_options(tmp_path: Path) -> None:
    rf2, _, _ = history()
    rf2.write(tmp_path, "Full")
    made = [
        SnomedSource(tmp_path).fingerprint(),
        SnomedSource(tmp_path, date=MIDDLE).fingerprint(),
        SnomedSource(tmp_path, language_refsets=[GB]).fingerprint(),
    ]
    assert SnomedSource(tmp_path).fingerprint() == made[0]
    rf2.concept("New (disorder)")
    rf2.write(tmp_path, "Full")
    assert len({*made, SnomedSource(tmp_path).fingerprint()}) == 4


# What is refused ----------------------------------------------------------------------------------


def refusal(path: Path, **options: Any) -> str:
    with pytest.raises(DataError) as caught:
        SnomedSource(path, **options)
    return str(caught.value)


def test_a_delta_alone_is_refused(tmp_path: Path) -> None:
    rf2, _, _ = history()
    text = refusal(rf2.write(tmp_path, "Delta"))
    assert "found a Delta release only" in text
    assert "Put the Snapshot or Full files of the release before into the same folder" in text


def test_a_snapshot_cannot_tell_an_earlier_state(tmp_path: Path, release: Rf2) -> None:
    text = refusal(release.write(tmp_path), date=MIDDLE)
    assert f"found a Snapshot of {DATE} only" in text
    assert "Add the Full files" in text


def test_two_releases_mixed_are_refused(tmp_path: Path, release: Rf2) -> None:
    release.write(tmp_path)
    Rf2(date=MIDDLE).write(tmp_path / "old")
    text = refusal(tmp_path)
    assert "found releases mixed" in text
    assert MIDDLE in text
    assert DATE in text


def test_a_delta_older_than_the_snapshot_is_refused(tmp_path: Path, release: Rf2) -> None:
    release.write(tmp_path)
    Rf2(date=MIDDLE).write(tmp_path, "Delta")
    assert "found releases mixed: a Delta of 20230731" in refusal(tmp_path)


def test_two_editions_mixed_are_refused(tmp_path: Path, release: Rf2) -> None:
    release.write(tmp_path)
    Rf2(edition="US1000124").write(tmp_path)
    text = refusal(tmp_path)
    assert "found editions mixed: " in text
    assert "INT (" in text
    assert "US1000124 (" in text


def test_one_file_in_two_folders_is_refused(tmp_path: Path, release: Rf2) -> None:
    release.write(tmp_path / "a")
    release.write(tmp_path / "b")
    assert "twice, in " in refusal(tmp_path)


def test_an_edition_without_its_languages_descriptions_is_refused(
    tmp_path: Path, release: Rf2
) -> None:
    id = release.concept("Asthma (disorder)")
    release.term(id, "asma", language="es", spanish=PREFERRED)
    release.write(tmp_path)
    (tmp_path / "Snapshot" / "Terminology" / release.name("description", language="es")).unlink()
    text = refusal(tmp_path)
    assert f"found no sct2_Description_Snapshot-es_INT_{DATE}.txt, expected one" in text


@pytest.mark.parametrize("content", ["concept", "description", "relationship", "language"])
def test_a_missing_file_is_named(tmp_path: Path, release: Rf2, content: str) -> None:
    release.write(tmp_path)
    (path,) = tmp_path.rglob(release.name(content))
    path.unlink()
    assert f"found no {path.name}, expected one" in refusal(tmp_path)


def test_what_is_no_release_is_refused(tmp_path: Path) -> None:
    assert "found no RF2 file" in refusal(tmp_path)
    assert "there is no such folder or file" in refusal(tmp_path / "nothing")
    plain = tmp_path / "release.zip"
    plain.write_bytes(b"not a zip")
    assert "Give release.zip itself" in refusal(tmp_path)
    assert "found no readable zip" in refusal(plain)


@pytest.mark.parametrize(
    "name", ["../evil.txt", "/etc/evil.txt", "a/../../evil.txt", "..\\evil.txt"]
)
def test_a_zip_with_names_outside_it_is_refused(tmp_path: Path, release: Rf2, name: str) -> None:
    archive = zipped(release.write(tmp_path / "r"), tmp_path / "release.zip")
    with zipfile.ZipFile(archive, "a") as file:
        file.writestr(name, "x")
    assert "expected names inside the archive" in refusal(archive)


def test_a_damaged_member_of_a_zip_is_a_data_error(tmp_path: Path) -> None:
    archive = zipped(everything().write(tmp_path / "r"), tmp_path / "release.zip")
    data = bytearray(archive.read_bytes())
    data[60:90] = bytes(30)
    archive.write_bytes(data)
    with pytest.raises(DataError):
        read(SnomedSource(archive), "concepts")


@pytest.mark.parametrize(
    "options", [{"date": "yesterday"}, {"date": 20250230}, {"language_refsets": ["US"]}]
)
def test_arguments_that_mean_nothing_are_refused(
    tmp_path: Path, release: Rf2, options: Any
) -> None:
    release.write(tmp_path)
    with pytest.raises(UsageError, match="expected"):
        SnomedSource(tmp_path, **options)


def test_a_language_refset_that_the_release_lacks_is_refused(tmp_path: Path, release: Rf2) -> None:
    source = SnomedSource(release.write(tmp_path), language_refsets=[SPANISH])
    with pytest.raises(DataError, match=f"found no row of {SPANISH}, expected one of {GB}, {US}"):
        read(source, "names")


Edit = Callable[[list[str]], None]


def set_cell(column: int, text: str) -> Edit:
    def edit(cells: list[str]) -> None:
        cells[column] = text

    return edit


BAD: list[tuple[str, Edit, str, str]] = [
    ("concept", set_cell(0, "138875006"), "id 138875006", "the check digit 5 after 13887500"),
    ("concept", set_cell(0, "1.38875E8"), "id '1.38875E8'", "an SCTID: 6-18 digits"),
    ("concept", set_cell(0, sctid(5555, "01")), "id 5555", "the SCTID of a concept"),
    ("concept", set_cell(1, "20261301"), "effectiveTime '20261301'", "a date such as"),
    ("concept", set_cell(1, "20270101"), "effectiveTime 20270101 in a file of 20260101", "before"),
    ("concept", set_cell(2, "true"), "active 'true'", "0 or 1"),
    ("concept", set_cell(3, "1"), "moduleId '1'", "an SCTID"),
    ("concept", list.pop, "4 fields", "5"),
    ("concept", lambda cells: cells.append(""), "6 fields", "5"),
    ("description", set_cell(4, "138875006"), "conceptId 138875006", "check digit"),
    ("description", set_cell(5, "?"), "languageCode '?'", "a language code"),
    ("description", set_cell(7, " "), "an empty term", "a text"),
    ("relationship", set_cell(5, "9" * 19), "destinationId '999", "an SCTID: 6-18 digits"),
    ("relationship", set_cell(6, "-1"), "relationshipGroup '-1'", "a whole number"),
    ("relationship", set_cell(7, "116680004"), "typeId 116680004", "check digit"),
    ("concrete_value", set_cell(5, "500"), "value '500'", "a value such as #2.5"),
    ("language", set_cell(0, "no-uuid"), "id 'no-uuid'", "a UUID"),
    ("language", set_cell(5, "138875006"), "referencedComponentId 138875006", "check digit"),
    ("simple_map", set_cell(6, ""), "an empty mapTarget", "a text"),
    ("extended_map", set_cell(6, "x"), "mapGroup 'x'", "a whole number"),
]


@pytest.mark.parametrize(("content", "edit", "found", "expected"), BAD)
def test_a_bad_row_stops_with_its_line_or_is_set_aside(
    tmp_path: Path, content: str, edit: Edit, found: str, expected: str
) -> None:
    rf2 = everything()
    cells = list(rf2.rows[content, "en" * (content in PER_LANGUAGE)][0])
    edit(cells)
    rf2.write(tmp_path)
    (path,) = tmp_path.rglob(rf2.name(content))
    lines = path.read_bytes().split(b"\n")
    lines.insert(2, "\t".join(cells).encode())
    path.write_bytes(b"\n".join(lines))
    with pytest.raises(RowError) as caught:
        read(SnomedSource(tmp_path), "concepts")
    assert (caught.value.line, caught.value.file) == (3, str(path))
    assert found in caught.value.found
    assert expected in caught.value.expected
    quarantine = tmp_path / "aside" / "quarantine.tsv"
    source = SnomedSource(tmp_path, on_error="skip", quarantine=quarantine)
    kept = [row for table in TABLES for row in read(source, table)]
    clean = SnomedSource(everything().write(tmp_path / "clean"))
    assert kept == [row for table in TABLES for row in read(clean, table)]
    (line,) = quarantine.read_text().splitlines()[1:]
    assert line.split("\t", 3)[:2] == [str(path), "3"]
    assert line.split("\t", 3)[3] == "\t".join(cells)
    tally, before = source.tallies[path.name], clean.tallies[path.name]
    assert (tally.read, tally.kept) == (before.read + 1, before.kept)


def test_a_line_that_is_not_utf_8_is_an_error_with_its_line(tmp_path: Path, release: Rf2) -> None:
    release.concept("Flu (disorder)")
    release.write(tmp_path)
    (path,) = tmp_path.rglob(release.name("description"))
    path.write_bytes(path.read_bytes().replace(b"Flu", b"Gr\xfcppe"))
    with pytest.raises(RowError, match="line 4: found byte 0xfc at position"):
        read(SnomedSource(tmp_path), "names")


def test_a_blank_line_is_counted(tmp_path: Path, release: Rf2) -> None:
    release.write(tmp_path)
    (path,) = tmp_path.rglob(release.name("concept"))
    path.write_bytes(path.read_bytes() + b"\n")
    source = SnomedSource(tmp_path)
    assert len(read(source, "concepts")) == 1
    assert source.tallies[path.name].skipped == {"blank line": 1}


@pytest.mark.parametrize("text", ["", "id,effectiveTime\n", "id\teffectiveTime\n1\t2\n", "\xff\n"])
def test_a_file_with_another_header_is_refused(tmp_path: Path, release: Rf2, text: str) -> None:
    release.write(tmp_path)
    (path,) = tmp_path.rglob(release.name("concept"))
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(DataError, match=r"sct2_Concept_Snapshot_INT_20260101\.txt"):
        read(SnomedSource(tmp_path), "concepts")


# Check digits -------------------------------------------------------------------------------------

PUBLISHED = (
    *("138875005", "116680003", "64572001", "22298006", "73211009", "900000000000207008"),
    *("6011000124106", "448879004", "999002271000000101", "100005", "101013", "32570521000036109"),
)


@pytest.mark.parametrize("id", PUBLISHED)
def test_published_ids_pass_and_their_neighbours_fail(id: str) -> None:
    assert is_sctid(id)
    for place, digit in enumerate(id):
        for other in "0123456789":
            changed = id[:place] + other + id[place + 1 :]
            assert is_sctid(changed) == (other == digit)
    for place, (left, right) in enumerate(pairwise(id)):
        swapped = id[:place] + right + left + id[place + 2 :]
        assert is_sctid(swapped) == (left == right)


@given(st.lists(st.integers(10**5, 10**18 - 1), min_size=1))
def test_all_at_once_and_one_by_one_agree(ids: list[int]) -> None:
    ids += [int(sctid(id // 10_000 + 100)) for id in ids]
    assert have_check_digit(np.array(ids)).tolist() == [is_sctid(str(id)) for id in ids]


# A release with a row of every kind ---------------------------------------------------------------


def everything() -> Rf2:
    """A release with a row of every kind."""
    rf2 = Rf2()
    rf2.concept("Root (SNOMED RT+CTV3)", "Root", id="138875005")
    rf2.concept("Laterality (attribute)", "Laterality", id=LATERALITY)
    left = rf2.concept("Left (qualifier value)", 'Left | "sinister"')
    arm = rf2.concept("Arm (body structure)", "Arm 💪")
    pain = rf2.concept("Pain in arm (finding)", "Pain in arm")
    rf2.term(pain, "dolor de brazo", language="es", spanish=PREFERRED)
    rf2.term(pain, "Pain that is felt in an arm.", kind=DEFINITION, us=PREFERRED)
    old = rf2.concept("Arm pain (finding)", active=False)
    for id in (left, arm, pain):
        rf2.related(id, IS_A, "138875005")
    rf2.related(pain, FINDING_SITE, arm, group=1)
    rf2.related(arm, LATERALITY, left, group=1)
    rf2.related(arm, STRENGTH, "#2")
    rf2.association(SAME_AS, old, pain)
    rf2.code(CTV3, pain, "N2450")
    rf2.icd(pain, "M79.62")
    return rf2


def zipped(folder: Path, archive: Path) -> Path:
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        for path in sorted(folder.rglob("*.txt")):
            file.write(path, Path("SnomedCT_Release") / path.relative_to(folder))
    return archive
