"""Synthetic sources are what the published formats ask for, and refer to each other."""

from __future__ import annotations

import csv
import json
import re
import subprocess
import sys
import uuid
import xml.etree.ElementTree as ET
from collections import Counter, defaultdict
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from kgmed.builders.synthetic import SOURCES, Expected, World, expected, umls, write
from kgmed.builders.synthetic.cmekg import FILES as CMEKG_FILES
from kgmed.builders.synthetic.cmekg_facts import PREDICATES, VARIANTS
from kgmed.builders.synthetic.drugbank import XML_NAME
from kgmed.builders.synthetic.rf2 import FILES as RF2_FILES
from kgmed.builders.synthetic.text import is_verhoeff, uuids, verhoeff, words
from kgmed.builders.synthetic.world import RF2_DATE
from kgmed.kg.errors import UsageError

SCALE, SEED = 0.002, 7
REAL = Path(__file__).parents[3] / "shared" / "data" / "parser_only" / "drugbank_xml"
NS = "{http://www.drugbank.ca}"

FIELDS = {"MRCONSO": 18, "MRREL": 16, "MRSTY": 6, "MRDEF": 8, "MRSAT": 13, "MRRANK": 4,
          "MRSAB": 25, "MRDOC": 4, "MRCUI": 7}  # fmt: skip
"""Columns of each table in the UMLS Reference Manual, chapter 3."""

DRUG_ORDER = """
    drugbank-id name description cas-number unii average-mass monoisotopic-mass state groups
    general-references synthesis-reference indication pharmacodynamics mechanism-of-action
    toxicity metabolism absorption half-life protein-binding route-of-elimination
    volume-of-distribution clearance classification salts synonyms products international-brands
    mixtures packagers manufacturers prices categories affected-organisms dosages atc-codes
    ahfs-codes pdb-entries fda-label msds patents food-interactions drug-interactions sequences
    calculated-properties experimental-properties external-identifiers external-links pathways
    reactions snp-effects snp-adverse-drug-reactions targets enzymes carriers transporters
""".split()  # noqa: SIM905
"""Elements of a drug in drugbank.xsd 5.1."""


@pytest.fixture(scope="module")
def world() -> World:
    return World(SCALE, SEED)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("synthetic")
    for source in SOURCES:
        write(source, folder / source, scale=SCALE, seed=SEED)
    return folder


@pytest.fixture(scope="module")
def graph() -> Expected:
    return expected(SCALE, SEED)


@pytest.fixture(scope="module")
def rrf(files: Path) -> dict[str, list[list[str]]]:
    return {
        name: [
            line.split("|")
            for line in (files / "umls" / f"{name}.RRF").read_text("utf-8").split("\n")[:-1]
        ]
        for name in FIELDS
    }


def rf2(files: Path, table: str, view: str = "Snapshot") -> list[dict[str, str]]:
    path = files / "snomed" / view / RF2_FILES[table][0].format(view, RF2_DATE)
    text = path.read_bytes().decode()
    header, *rows = text.removesuffix("\r\n").split("\r\n")
    columns = header.split("\t")
    return [dict(zip(columns, row.split("\t"), strict=True)) for row in rows if row]


@pytest.fixture(scope="module")
def drugs(files: Path) -> list[ET.Element]:
    root = ET.parse(files / "drugbank" / XML_NAME).getroot()  # noqa: S314  # our own file
    assert root.tag == f"{NS}drugbank"
    assert root.get("version") == "5.1"
    return list(root)


def tag(element: ET.Element) -> str:
    return element.tag.removeprefix(NS)


# Made-up words and ids ----------------------------------------------------------------------------


def test_words_of_distinct_numbers_differ_in_every_script() -> None:
    numbers = np.arange(30_000)
    for script in range(8):
        assert len(set(words(numbers, script=script, after="").to_pylist())) == len(numbers)


def test_check_digits_are_those_of_real_sctids() -> None:
    ids = [138875005, 116680003, 363698007, 900000000000207008]
    assert verhoeff(np.array(ids) // 10).tolist() == ids


def test_uuids_are_of_version_4() -> None:
    made = uuids(1, "x", np.arange(100)).to_pylist()
    assert all(str(uuid.UUID(text)) == text and uuid.UUID(text).version == 4 for text in made)
    assert len(set(made)) == 100


# UMLS ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("table", FIELDS)
def test_rrf_rows_have_their_columns_and_a_trailing_pipe(
    rrf: dict[str, list[list[str]]], table: str
) -> None:
    assert {len(row) for row in rrf[table]} == {FIELDS[table] + 1}
    assert {row[-1] for row in rrf[table]} == {""}


def test_mrconso_has_the_published_proportions(rrf: dict[str, list[list[str]]]) -> None:
    rows = rrf["MRCONSO"]
    languages = Counter(row[1] for row in rows)
    assert 4.7 < len(rows) / len({row[0] for row in rows}) < 5.5
    assert len(languages) == 25
    assert 0.6 < languages["ENG"] / len(rows) < 0.75
    assert languages["SPA"] > languages["FRE"]
    assert {row[16] for row in rows} == {"N", "O", "Y", "E"}
    assert {row[11] for row in rows} >= {"SNOMEDCT_US", "RXNORM", "MSH", "DRUGBANK", "NCI", "ICD10"}
    assert any(row[13] == "NOCODE" and row[9] == "" for row in rows)


def test_every_atom_has_an_id_of_its_own_and_every_language_one_preferred_atom(
    rrf: dict[str, list[list[str]]],
) -> None:
    rows = rrf["MRCONSO"]
    assert len({row[7] for row in rows}) == len(rows)
    preferred = Counter((r[0], r[1]) for r in rows if (r[2], r[4], r[6]) == ("P", "PF", "Y"))
    assert set(preferred.values()) == {1}
    assert set(preferred) == {(row[0], row[1]) for row in rows if row[16] == "N"}


def test_names_hold_the_hard_cases(graph: Expected) -> None:
    large = World(0.01, SEED)
    concept = np.arange(large.concepts)
    texts = large.names(concept, large.kind(concept)).to_pylist()
    assert any('"' in text for text in texts)
    assert any(ord(character) > 0xFFFF for text in texts for character in text)
    assert any("&" in text and "<" in text for text in texts)
    assert not any("|" in text for text in texts)
    assert any("|" in name.text for name in graph.names), "RF2 terms may hold a pipe"


def test_every_mrrel_row_has_its_inverse_row(rrf: dict[str, list[list[str]]]) -> None:
    inverse = {tuple(row[:2]): row[3] for row in rrf["MRDOC"] if row[2].endswith("_inverse")}
    rows = Counter((r[0], r[1], r[3], r[4], r[5], r[7], r[10], r[14]) for r in rrf["MRREL"])
    turned = Counter()
    for (c1, a1, rel, c2, a2, rela, sab, suppress), count in rows.items():
        other = inverse["RELA", rela] if rela else ""
        turned[c2, a2, inverse["REL", rel], c1, a1, other, sab, suppress] += count
    assert rows == turned


def test_mrrel_has_the_published_proportions_and_known_atoms(
    rrf: dict[str, list[list[str]]],
) -> None:
    rows, atoms = rrf["MRREL"], {(row[0], row[7]) for row in rrf["MRCONSO"]}
    assert 0.39 < sum(row[0] == row[4] for row in rows) / len(rows) < 0.45
    assert 0.5 < sum(row[7] == "" for row in rows) / len(rows) < 0.58
    assert all((row[0], row[1]) in atoms and (row[4], row[5]) in atoms for row in rows)
    assert len({row[8] for row in rows}) == len(rows)


def test_the_second_concept_is_the_child_where_rel_is_chd(
    rrf: dict[str, list[list[str]]], world: World
) -> None:
    taxa = world.blocks["taxon"]
    for row in rrf["MRREL"]:
        if row[10] == "NCBI" and row[3] == "CHD":
            parent, child = (int(cui[1:]) - world.first_cui - taxa.cui for cui in (row[0], row[4]))
            assert row[7] == "isa"
            assert (child - 1) // 5 == parent


def test_small_tables_cover_what_the_large_ones_name(rrf: dict[str, list[list[str]]]) -> None:
    assert {tuple(row[11:13]) for row in rrf["MRCONSO"]} <= {
        tuple(row[1:3]) for row in rrf["MRRANK"]
    }
    used = {row[11] for row in rrf["MRCONSO"]} | {row[10] for row in rrf["MRREL"]}
    level = {row[3]: row[13] for row in rrf["MRSAB"]}
    assert used <= set(level)
    assert {level[sab] for sab in ("RXNORM", "MSH", "NCI")} == {"0"}
    assert (level["ICD10"], level["SNOMEDCT_US"]) == ("3", "9")
    assert all(row[15] == level[row[11]] for row in rrf["MRCONSO"])
    types = Counter(row[0] for row in rrf["MRSTY"])
    assert set(types) == {row[0] for row in rrf["MRCONSO"]}
    assert 0.04 < sum(count > 1 for count in types.values()) / len(types) < 0.08


def test_expected_treatments_are_those_of_mrrel(
    rrf: dict[str, list[list[str]]], graph: Expected
) -> None:
    rows = {
        (f"umls:{row[4]}", f"umls:{row[0]}")
        for row in rrf["MRREL"]
        if row[7] == "may_treat" and row[14] == "N"
    }
    told = {(f.subject, f.object) for f in graph.statements
            if f.predicate == "treats" and f.source == "umls"}  # fmt: skip
    assert told == rows


def test_expected_names_of_umls_are_its_unsuppressed_atoms(
    rrf: dict[str, list[list[str]]],
) -> None:
    alone = expected(SCALE, SEED, sources=["umls"])
    rows = {(f"umls:{row[0]}", row[14]) for row in rrf["MRCONSO"] if row[16] == "N"}
    assert {(name.id, name.text) for name in alone.names} == rows


def test_chunks_make_no_difference(
    files: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(umls, "CHUNK", 606)
    write("umls", tmp_path, scale=SCALE, seed=SEED)
    for name in ("MRCONSO.RRF", "MRREL.RRF"):
        whole, parts = (
            sorted(line.split(b"|R1")[0] for line in (folder / name).read_bytes().splitlines())
            for folder in (files / "umls", tmp_path)
        )
        assert whole == parts


# SNOMED CT ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("table", RF2_FILES)
def test_rf2_ids_are_valid_and_unique(files: Path, table: str) -> None:
    rows = rf2(files, table)
    ids = [row["id"] for row in rows]
    assert rows
    assert len(set(ids)) == len(ids)
    if "refsetId" in rows[0]:
        assert all(str(uuid.UUID(id)) == id for id in ids)
    else:
        assert all(is_verhoeff(id) and 6 <= len(id) <= 18 for id in ids)
    for row in rows:
        for column, value in row.items():
            if column.endswith("Id") and value and column != "id":
                assert is_verhoeff(value), (column, value)


@pytest.mark.parametrize("table", RF2_FILES)
def test_snapshot_is_the_last_of_full_and_delta_this_release(files: Path, table: str) -> None:
    full, snapshot, delta = (rf2(files, table, v) for v in ("Full", "Snapshot", "Delta"))
    last: dict[str, dict[str, str]] = {}
    for row in sorted(full, key=lambda row: row["effectiveTime"]):
        last[row["id"]] = row
    assert last == {row["id"]: row for row in snapshot}
    now = [row for row in full if row["effectiveTime"] == str(RF2_DATE)]
    assert sorted(map(str, delta)) == sorted(map(str, now))
    assert len({(row["id"], row["effectiveTime"]) for row in full}) == len(full)


def test_active_relationships_join_active_concepts_that_were_there(files: Path) -> None:
    concepts = {row["id"]: row for row in rf2(files, "concept")}
    full = sorted(rf2(files, "concept", "Full"), key=lambda row: row["effectiveTime"])
    first: dict[str, str] = {}
    for row in full:
        first.setdefault(row["id"], row["effectiveTime"])
    for row in rf2(files, "relationship", "Full"):
        for end in (row["sourceId"], row["destinationId"]):
            assert end in concepts
            assert first[end] <= row["effectiveTime"]
    for row in rf2(files, "relationship"):
        if row["active"] == "1":
            assert concepts[row["sourceId"]]["active"] == "1"
            assert concepts[row["destinationId"]]["active"] == "1"


def test_every_concept_has_one_fsn_and_one_preferred_term_per_dialect(files: Path) -> None:
    concepts = {row["id"] for row in rf2(files, "concept")}
    live = {row["id"]: row for row in rf2(files, "description") if row["active"] == "1"}
    fsn = Counter(r["conceptId"] for r in live.values() if r["typeId"] == "900000000000003001")
    assert fsn == Counter(concepts)
    preferred = Counter(
        (live[row["referencedComponentId"]]["conceptId"], row["refsetId"])
        for row in rf2(files, "language")
        if row["acceptabilityId"] == "900000000000548007"
        and live[row["referencedComponentId"]]["typeId"] != "900000000000003001"
    )
    assert set(preferred.values()) == {1}
    assert {concept for concept, _ in preferred} == concepts


def test_rf2_has_the_published_proportions(files: Path, world: World) -> None:
    concepts, descriptions = rf2(files, "concept"), rf2(files, "description")
    assert 0.03 < sum(row["active"] == "0" for row in concepts) / len(concepts) < 0.05
    assert 0.08 < sum(row["active"] == "0" for row in descriptions) / len(descriptions) < 0.14
    assert 4 < len(descriptions) / world.snomed < 5
    assert 8 < len(rf2(files, "relationship")) / world.snomed < 11


def test_role_groups_concrete_values_and_successors(files: Path) -> None:
    groups = defaultdict(set)
    for row in rf2(files, "relationship"):
        if row["active"] == "1" and row["typeId"] == "363698007":
            groups[row["sourceId"]].add(row["relationshipGroup"])
    assert {"1", "2"} in groups.values()
    assert all(row["value"].startswith("#") for row in rf2(files, "concrete"))
    retired = {row["id"] for row in rf2(files, "concept") if row["active"] == "0"}
    moved = rf2(files, "association")
    assert {row["referencedComponentId"] for row in moved} == retired
    assert len({row["refsetId"] for row in moved}) == 3


def test_the_extended_map_has_rules_with_a_last_resort(files: Path) -> None:
    groups = defaultdict(list)
    for row in rf2(files, "extended"):
        groups[row["referencedComponentId"]].append(row)
    assert any(len(rows) == 2 for rows in groups.values())
    for rows in groups.values():
        rows.sort(key=lambda row: row["mapPriority"])
        assert rows[-1]["mapRule"] in {"TRUE", "OTHERWISE TRUE"}
        assert all(row["mapAdvice"].endswith(row["mapTarget"]) for row in rows)


# DrugBank -----------------------------------------------------------------------------------------


def test_elements_of_drugs_stand_in_the_published_order(drugs: list[ET.Element]) -> None:
    required = set(DRUG_ORDER) - {"unii", "average-mass", "monoisotopic-mass", "sequences", "msds",
                                  "fda-label", "calculated-properties"}  # fmt: skip
    for drug in drugs:
        places = [DRUG_ORDER.index(tag(child)) for child in drug]
        assert places == sorted(places)
        assert required <= {tag(child) for child in drug}
        assert drug.get("type") in {"small molecule", "biotech"}


@pytest.mark.skipif(not REAL.exists(), reason="the real records aren't here")
def test_elements_stand_in_the_order_of_real_records(drugs: list[ET.Element]) -> None:
    before: set[tuple[str, str, str]] = set()

    def walk(element: ET.Element, path: str, found: set[tuple[str, str, str]]) -> None:
        here = f"{path}/{tag(element)}"
        kinds = list(dict.fromkeys(map(tag, element)))
        found.update((here, a, b) for n, a in enumerate(kinds) for b in kinds[n + 1 :])
        for child in element:
            walk(child, here, found)

    for path in sorted(REAL.glob("*.xml")):
        for drug in ET.parse(path).getroot():  # noqa: S314  # a test file
            walk(drug, "", before)
    mine: set[tuple[str, str, str]] = set()
    for drug in drugs:
        walk(drug, "", mine)
    assert not {(path, b, a) for path, a, b in mine} & before
    sections = re.compile("/(enzymes/enzyme|carriers/carrier|transporters/transporter)")
    paths = {sections.sub("/targets/target", path) for path, _, _ in mine}
    unseen = {"/drug/salts/salt"}  # none of the real records has a salt
    assert paths - unseen <= {sections.sub("/targets/target", path) for path, _, _ in before}


def test_interactions_are_told_both_ways_but_for_a_few(
    drugs: list[ET.Element], graph: Expected
) -> None:
    names, told = {}, {}
    for drug in drugs:
        id = drug.findtext(f"{NS}drugbank-id")
        names[id] = drug.findtext(f"{NS}name")
        for entry in drug.iter(f"{NS}drug-interaction"):
            other = entry.findtext(f"{NS}drugbank-id")
            assert (id, other) not in told
            assert other != id
            told[id, other] = entry.findtext(f"{NS}description")
    one_way = [pair for pair in told if pair[::-1] not in told]
    differently = [pair for pair in told if told.get(pair[::-1], told[pair]) != told[pair]]
    assert 0 < len(one_way) < len(told) / 50
    assert 0 < len(differently) < len(told) / 50
    for (id, other), text in told.items():
        assert names[id] in text
        assert names[other] in text
    pairs = {frozenset(pair) for pair in told}
    facts = [
        f for f in graph.statements if (f.source, f.predicate) == ("drugbank", "interacts_with")
    ]
    assert len({frozenset((f.subject, f.object)) for f in facts}) == len(pairs)
    assert len({(f.subject, f.object) for f in facts}) == len(pairs), "each pair in one order"
    assert len(facts) == len(pairs) + len(differently) // 2


def test_all_that_acts_is_expected(drugs: list[ET.Element], graph: Expected) -> None:
    proteins = {p.get("id") for drug in drugs for p in drug.iter(f"{NS}polypeptide")}
    known = {graph.same.get(f"uniprot:{id}", f"uniprot:{id}") for id in proteins}
    assert known <= graph.concepts
    assert all(is_there.get("ncbi-taxonomy-id") == "9606"
               for drug in drugs for is_there in drug.iter(f"{NS}polypeptide")
               for is_there in is_there.iter(f"{NS}organism"))  # fmt: skip


# CMeKG --------------------------------------------------------------------------------------------


def cmekg_triples(files: Path) -> dict[str, list[tuple[str, str, str]]]:
    folder = files / "cmekg"
    spo = json.loads((folder / CMEKG_FILES[0]).read_text("utf-8"))
    records = json.loads((folder / CMEKG_FILES[1]).read_text("gb18030"))
    dump = json.loads((folder / CMEKG_FILES[2]).read_text("utf-8"))
    with (folder / CMEKG_FILES[3]).open(encoding="gb18030", newline="") as file:
        rows = list(csv.reader(file))
    assert rows[0] == ["subject", "predicate", "object"]

    def of(record: dict[str, list[str]], field: str) -> list[tuple[str, str, str]]:
        name = record[field]
        return [(name, p, o) for p, objects in record.items() if p != field for o in objects]

    return {
        CMEKG_FILES[0]: [tuple(t) for entry in spo for t in entry["spo_list"]],
        CMEKG_FILES[1]: [t for record in records for t in of(record, "中心词")],
        CMEKG_FILES[2]: [t for part in dump.values() for r in part for t in of(r, "名称")],
        CMEKG_FILES[3]: [tuple(row) for row in rows[1:]],
    }


def test_cmekg_has_23_predicates_over_four_shapes(files: Path) -> None:
    triples = cmekg_triples(files)
    words = {p for rows in triples.values() for _, p, _ in rows}
    assert len(PREDICATES) == 23
    assert words == {*PREDICATES, *VARIANTS.values(), "ICD-10", "所属科室"}
    assert all(len(rows) > 50 for rows in triples.values())
    values = sum(p.triples for p in PREDICATES.values() if not p.object)
    assert 0.2 < values / sum(p.triples for p in PREDICATES.values()) < 0.3


def test_gb18030_files_are_not_utf8(files: Path) -> None:
    for name in (CMEKG_FILES[1], CMEKG_FILES[3]):
        with pytest.raises(UnicodeDecodeError):
            (files / "cmekg" / name).read_text("utf-8")


def test_every_cmekg_subject_and_object_concept_is_expected(files: Path, graph: Expected) -> None:
    named = {name.text for name in graph.names if name.language == "zh"}
    plain = {variant: word for word, variant in VARIANTS.items()}
    for rows in cmekg_triples(files).values():
        for subject, predicate, object in rows:
            assert subject in named
            plain = {v: k for k, v in VARIANTS.items()}.get(predicate, predicate)
            if (
                PREDICATES.get(plain)
                and PREDICATES[plain].object
                and object not in {"", "。", "、"}
            ):
                assert object in named


# One world ----------------------------------------------------------------------------------------


def test_codes_of_mrconso_are_those_of_the_other_sources(
    files: Path, rrf: dict[str, list[list[str]]], drugs: list[ET.Element]
) -> None:
    codes = defaultdict(set)
    for row in rrf["MRCONSO"]:
        codes[row[11]].add(row[13])
    concepts = {row["id"]: row["active"] for row in rf2(files, "concept")}
    assert codes["SNOMEDCT_US"] <= set(concepts)
    assert {"0", "1"} == {concepts[code] for code in codes["SNOMEDCT_US"]}
    assert codes["DRUGBANK"] < {drug.findtext(f"{NS}drugbank-id") for drug in drugs}
    rxcuis = {e[1].text for d in drugs for e in d.iter(f"{NS}external-identifier")
              if e[0].text == "RxCUI"}  # fmt: skip
    assert rxcuis <= codes["RXNORM"]
    icd = {row[2] for rows in cmekg_triples(files).values() for row in rows if row[1] == "ICD-10"}
    assert icd
    assert icd <= codes["ICD10"]
    assert {row["mapTarget"] for row in rf2(files, "extended")} - {""} <= codes["ICD10"]


def test_one_snomed_concept_in_seven_shares_its_cui(rrf: dict[str, list[list[str]]]) -> None:
    found = defaultdict(set)
    for row in rrf["MRCONSO"]:
        if row[11:13] == ["SNOMEDCT_US", "PT"]:
            found[row[0]].add(row[13])
    shared = sum(len(codes) > 1 for codes in found.values())
    assert 0.1 < shared / sum(map(len, found.values())) < 0.16


def test_cmekg_links_to_umls_and_keeps_strings_of_its_own(graph: Expected) -> None:
    ends = {f.subject.partition(":")[0] for f in graph.statements if f.source == "cmekg"}
    assert ends == {"umls", "cmekg"}


def test_expected_ids_are_leaders(graph: Expected) -> None:
    assert not graph.concepts & set(graph.same)
    assert set(graph.same.values()) <= graph.concepts
    assert {name.id for name in graph.names} <= graph.concepts
    assert {pair[1].partition(":")[0] for pair in graph.refused} == {"rxnorm", "drugbank"}
    tied = [drug for drug in graph.concepts if drug.startswith("drugbank:")]
    assert tied


def test_a_circle_of_is_a_is_only_broader(graph: Expected, world: World) -> None:
    first = world.blocks["disease"].cui
    root, child = (f"umls:{cui}" for cui in world.cuis(np.array([first, first + 1])).to_pylist())
    between = {f.predicate for f in graph.statements if {f.subject, f.object} == {root, child}}
    assert "broader" in between
    assert "subclass_of" not in between


def test_without_umls_sources_keep_their_own_ids() -> None:
    alone = expected(SCALE, SEED, sources=["snomed", "drugbank", "cmekg"])
    assert not any(id.startswith("umls:") for id in alone.concepts)


def test_the_same_seed_writes_the_same_bytes(files: Path, tmp_path: Path) -> None:
    for source in ("snomed", "drugbank", "cmekg"):
        write(source, tmp_path / source, scale=SCALE, seed=SEED)
        for path in (tmp_path / source).rglob("*.*"):
            if path.is_file():
                assert path.read_bytes() == (files / path.relative_to(tmp_path)).read_bytes()


def test_another_seed_is_another_world() -> None:
    assert expected(SCALE, 1).statements != expected(SCALE, 2).statements


def test_sizes_at_scale_1_are_the_real_ones() -> None:
    real = World(1, 1)
    assert abs(real.concepts - 3_400_000) < 1000
    assert abs(real.snomed - 360_000) < 1000
    assert real.drugs == 16_600
    names = [int(kind) for kind in np.unique(real.kind(np.arange(real.concepts)))]
    assert all(b - a == 1 for a, b in pairwise(names))


@pytest.mark.parametrize("scale", [0, -1, 3])
def test_a_scale_out_of_range_is_refused(scale: float) -> None:
    with pytest.raises(UsageError, match="scale"):
        World(scale, 1)


def test_synth_on_the_command_line(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "kgmed.cli", "synth"]
    good = [*command, "cmekg", "--scale", "0.001", "--seed", "5", "--out", str(tmp_path), "--json"]
    done = subprocess.run(good, capture_output=True, check=True)
    assert set(json.loads(done.stdout)["rows"]["cmekg"]) == set(CMEKG_FILES)
    bad = subprocess.run(
        [*command, "cmkeg", "--out", str(tmp_path)], capture_output=True, check=False
    )
    assert bad.returncode == 2
    assert b"umls, snomed, drugbank, cmekg, all" in bad.stderr
