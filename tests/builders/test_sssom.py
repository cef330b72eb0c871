"""SSSOM mapping sets: metadata, mappings, labels, and rows that break the format."""

from __future__ import annotations

import csv
import gzip
import io
from pathlib import Path
from typing import Any, Literal

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from support import plain

from kgmed.builders import rows
from kgmed.builders.source import Source, SourceInfo, TableName, schema
from kgmed.builders.sssom import SssomSource
from kgmed.builders.sssom.metadata import licence_of, parse_metadata
from kgmed.kg.errors import DataError, RowError
from kgmed.kg.licences import LICENCES

Row = dict[str, Any]
DATA = Path(__file__).parents[2].parent / "shared" / "data" / "open"
COLUMNS = ("subject_id", "predicate_id", "object_id", "mapping_justification")
MANUAL = "semapv:ManualMappingCuration"
SAME = ("MONDO:0005136", "skos:exactMatch", "UMLS:C0024530", MANUAL)


def write(
    path: Path,
    *lines: tuple[str, ...],
    header: tuple[str, ...] = COLUMNS,
    metadata: str = "",
    end: str = "\n",
) -> Path:
    text = "".join(f"#{line}{end}" for line in metadata.splitlines())
    text += "".join("\t".join(line) + end for line in (header, *lines))
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    return path


def read(source: Source, table: TableName = "mappings") -> list[Row]:
    found = []
    for batch in source.batches(table):
        assert batch.schema == schema(table)
        found += batch.to_pylist()
    assert all(tally.adds_up for tally in source.tallies.values())
    return plain(found)


def test_it_is_a_source_of_mappings_and_names_only(tmp_path: Path) -> None:
    source = SssomSource(write(tmp_path / "a.sssom.tsv", SAME))
    assert isinstance(source, Source)
    assert read(source, "concepts") == read(source, "statements") == read(source, "paths") == []


def test_a_row_is_a_mapping(tmp_path: Path) -> None:
    header = (*COLUMNS, "predicate_modifier", "confidence", "subject_label", "object_label")
    path = write(
        tmp_path / "a.sssom.tsv",
        (*SAME, "Not", "0.25", "malaria", "疟疾"),
        (*SAME, "", "", "malaria", ""),
        header=header,
    )
    negative, positive = read(SssomSource(path))
    assert negative == {
        "subject": "mondo:0005136",
        "predicate": "skos:exactMatch",
        "object": "umls:C0024530",
        "modifier": "Not",
        "justification": MANUAL,
        "confidence": 0.25,
        "subject_label": "malaria",
        "object_label": "疟疾",
    }
    assert (positive["modifier"], positive["confidence"]) == ("", None)
    names = read(SssomSource(path), "names")
    assert [(r["id"], r["text"], r["language"], r["kind"]) for r in names] == [
        ("mondo:0005136", "malaria", "en", "synonym"),
        ("umls:C0024530", "疟疾", "zh", "synonym"),
    ]


def test_the_metadata_give_release_licence_and_url(tmp_path: Path) -> None:
    metadata = (
        "mapping_set_id: https://w3id.org/x/m.sssom.tsv\nmapping_set_title: Mine\n"
        "mapping_set_version: '2026-01-02'\nlicense: https://creativecommons.org/licenses/by/4.0/"
    )
    path = write(tmp_path / "My set.sssom.tsv", SAME, metadata=metadata)
    assert SssomSource(path).info == SourceInfo(
        "infores:my-set", "Mine", "2026-01-02", "CC-BY-4.0", "https://w3id.org/x/m.sssom.tsv"
    )
    given = SourceInfo("override", "Your overrides", "", "UMLS")
    filled = SssomSource(path, info=given).info
    assert (filled.infores, filled.name) == ("override", "Your overrides")
    assert (filled.release, filled.licence) == ("2026-01-02", "UMLS")


def test_metadata_may_lie_in_a_file_of_their_own(tmp_path: Path) -> None:
    path = write(tmp_path / "a.sssom.tsv", SAME)
    bare = SssomSource(path)
    assert bare.info.release == ""
    external = tmp_path / "other.yml"
    external.write_text("mapping_set_version: 7\n# a comment\n")
    assert SssomSource(path, metadata=external).info.release == "7"
    (tmp_path / "a.sssom.yml").write_text("mapping_set_version: 8\n")
    beside = SssomSource(path)
    assert beside.info.release == "8"
    assert beside.fingerprint() != bare.fingerprint()


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a: b", {"a": "b"}),
        (" a: b\n c: 'it''s'  # why", {"a": "b", "c": "it's"}),
        ('a: "x: #1"\nb: null\nc:', {"a": "x: #1", "b": "", "c": ""}),
        ("m:\n  A: http://a#\n  'B.c': \"http://b/\"", {"m": {"A": "http://a#", "B.c": "http://b/"}}),
        ("l:\n  - x\n  - 'y, z'", {"l": ["x", "y, z"]}),
        ("l:\n- x\n- y\nk: v", {"l": ["x", "y"], "k": "v"}),
        ("l: [x, 'y, z']\nm: {A: http://a, B: \"b,c\"}",
         {"l": ["x", "y, z"], "m": {"A": "http://a", "B": "b,c"}}),
        ("d: one\n  two\nk: v", {"d": "one two", "k": "v"}),
        ("d: |\n  one\n  two", {"d": "one two"}),
        ("a: b\t\t\n\n# c\n---", {"a": "b"}),
        (" m:\n   A: http://a\nk: v", {"m": {"A": "http://a"}, "k": "v"}),
    ],
)  # fmt: skip
def test_metadata_are_read_as_yaml(text: str, found: dict[str, Any]) -> None:
    assert parse_metadata(text.split("\n")) == (found, [])


def test_metadata_that_are_not_understood_are_a_finding(tmp_path: Path) -> None:
    metadata = " This is our set.\ncurie_map:\n  HP: http://purl.obolibrary.org/obo/HP_"
    source = SssomSource(write(tmp_path / "a.tsv", SAME, metadata=metadata))
    assert source.findings["metadata lines that weren't understood"] == [
        {"file": "a.tsv", "line": "This is our set."}
    ]


@given(st.lists(st.text(max_size=20), max_size=12))
def test_metadata_of_any_text_never_fail(lines: list[str]) -> None:
    parse_metadata(lines)


def test_known_prefixes_win_over_the_curie_map(tmp_path: Path) -> None:
    metadata = (
        "curie_map:\n  SCTID: http://snomed.info/id/\n"
        "  DX: http://purl.obolibrary.org/obo/MONDO_\n  ACME: https://acme.org/\n"
        "  HP: http://purl.obolibrary.org/obo/DOID_\n  OIO: http://www.geneontology.org/formats/oboInOwl#"
    )
    path = write(
        tmp_path / "a.tsv",
        ("DX:0000001", "skos:exactMatch", "SCTID:64572001", MANUAL),
        ("HP:1", "OIO:hasDbXref", "ACME:5", MANUAL),
        ("HP:1", "SKOS:broadMatch", "Other:5", MANUAL),
        metadata=metadata,
    )
    source = SssomSource(path)
    assert [(r["subject"], r["predicate"], r["object"]) for r in read(source)] == [
        ("mondo:0000001", "skos:exactMatch", "snomedct:64572001"),
        ("hp:1", "oboInOwl:hasDbXref", "ACME:5"),
        ("hp:1", "skos:broadMatch", "Other:5"),
    ]
    contradiction = source.findings["curie_map gives a prefix another's URI"][0]
    assert (contradiction["prefix"], contradiction["URI of"]) == ("HP", "doid")
    unknown = source.findings["prefix that neither kgmed nor the curie_map knows"]
    assert [row["prefix"] for row in unknown] == ["Other"]


def test_a_term_that_was_not_found_maps_nothing(tmp_path: Path) -> None:
    path = write(
        tmp_path / "a.tsv",
        ("HP:1", "skos:exactMatch", "sssom:NoTermFound", MANUAL, "", "x"),
        ("", "skos:exactMatch", "HP:1", MANUAL, "rdfs literal", "fever"),
        (*SAME, "", "malaria"),
        header=(*COLUMNS, "subject_type", "subject_label"),
    )
    source = SssomSource(path)
    assert len(read(source)) == 1
    assert dict(source.tallies["a.tsv"].skipped) == {
        "sssom:NoTermFound: the set found no counterpart": 1,
        "a literal, not an entity": 1,
    }
    assert [row["text"] for row in read(source, "names")] == ["malaria"]


@pytest.mark.parametrize("missing", COLUMNS)
def test_a_missing_column_is_named(tmp_path: Path, missing: str) -> None:
    header = tuple(name for name in COLUMNS if name != missing)
    path = write(tmp_path / "a.tsv", header=header, metadata="license: CC0")
    with pytest.raises(DataError) as error:
        SssomSource(path)
    assert f"line 2: found the columns {', '.join(header)}" in str(error.value)
    assert f"expected also {missing}. Add" in str(error.value)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "no header line"),
        ("# a: b\n", "no header line"),
        (",".join(COLUMNS), "separated by commas"),
        ("\t".join((*COLUMNS[:3], "match_type")), "before 0.9.1"),
        ("\t".join((*COLUMNS, "subject_id")), "'subject_id' twice"),
        ("\t".join((*COLUMNS, "\udcff")), "iconv"),
    ],
)
def test_a_file_of_another_shape_is_an_error(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "a.tsv"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(DataError, match=says):
        SssomSource(path)


def test_files_of_two_licences_are_two_sources(tmp_path: Path) -> None:
    paths = [
        write(tmp_path / f"{name}.tsv", SAME, metadata=f"license: {name}")
        for name in ("CC0", "CC-BY-4.0")
    ]
    with pytest.raises(DataError, match=r"CC0-1\.0, CC-BY-4\.0"):
        SssomSource(paths)
    given = SourceInfo("infores:x", "x", "1", "UMLS")
    assert len(read(SssomSource(paths, info=given))) == 2


BAD = {
    "subject_id is empty": ("", *SAME[1:]),
    "subject_id isn't a CURIE": ("http://purl.obolibrary.org/obo/MONDO_1", *SAME[1:]),
    "object_id isn't a CURIE": (*SAME[:2], "malaria", MANUAL),
    "predicate_id is empty": (SAME[0], "", *SAME[2:]),
    "mapping_justification isn't a CURIE": (*SAME[:3], "manual"),
    "confidence isn't in 0-1": (*SAME, "1.5"),
    "unknown predicate_modifier": (*SAME, "", "Never"),
    "wrong number of fields": SAME[:3],
    "not UTF-8": (*SAME, "\udcff"),
    "a quote that is never closed": (*SAME, "", "", '"mild'),
    "text after a closing quote": (*SAME, "", "", '"mild" pain'),
}


def bad_file(tmp_path: Path, bad: tuple[str, ...]) -> tuple[Path, str]:
    header = (*COLUMNS, "confidence", "predicate_modifier", "subject_label")
    width = len(header) if len(bad) > 3 else 0
    bad = bad + ("",) * (width - len(bad))
    good = (*SAME, "", "", "malaria")
    path = write(tmp_path / "a.tsv", good, bad, good, header=header, metadata="license: CC0")
    return path, "\t".join(bad)


@pytest.mark.parametrize("reason", BAD)
def test_a_bad_row_is_an_error_with_its_line(tmp_path: Path, reason: str) -> None:
    path, _ = bad_file(tmp_path, BAD[reason])
    with pytest.raises(RowError) as error:
        read(SssomSource(path))
    assert error.value.line == 4
    assert "expected" in str(error.value)


def test_a_quoted_value_with_a_line_that_is_not_utf_8_is_a_bad_row(tmp_path: Path) -> None:
    path, _ = bad_file(tmp_path, (*SAME, "", "", '"two\n\udcff\nmore"'))
    with pytest.raises(RowError, match="line 4: found byte 0xff at position 1, expected UTF-8"):
        read(SssomSource(path))


@pytest.mark.parametrize("reason", BAD)
def test_a_bad_row_is_set_aside_verbatim(tmp_path: Path, reason: str) -> None:
    path, row = bad_file(tmp_path, BAD[reason])
    quarantine = tmp_path / "bad.tsv"
    source = SssomSource(path, on_error="skip", quarantine=quarantine)
    assert len(read(source)) == 2
    assert len(read(source, "names")) == 1
    assert dict(source.tallies["a.tsv"].skipped) == {reason: 1}
    written = quarantine.read_bytes().split(b"\n")
    head = f"{path}\t4\t{reason}\t".encode()
    assert written[1:] == [head + row.encode("utf-8", "surrogateescape"), b""]


@pytest.mark.parametrize("value", ["nan", "-0.1", "1_0", "95%", "inf"])
def test_a_confidence_is_a_number_from_0_to_1(tmp_path: Path, value: str) -> None:
    path = write(tmp_path / "a.tsv", (*SAME, value), header=(*COLUMNS, "confidence"))
    with pytest.raises(RowError, match="confidence"):
        read(SssomSource(path))


def test_a_row_over_several_lines_is_set_aside_whole(tmp_path: Path) -> None:
    header = (*COLUMNS, "subject_label")
    bad = ("malaria", *SAME[1:], '"two\nlines"')
    path = write(tmp_path / "a.tsv", (*SAME, '"a\nb"'), bad, header=header)
    quarantine = tmp_path / "bad.tsv"
    source = SssomSource(path, on_error="skip", quarantine=quarantine)
    assert [row["subject_label"] for row in read(source)] == ["a\nb"]
    cells = [line.split("\t", 3) for line in quarantine.read_text().splitlines()[1:]]
    assert [cell[1] for cell in cells] == ["4", "5"]
    assert "\n".join(cell[3] for cell in cells) == "\t".join(bad)


def test_windows_line_ends_gzip_and_a_byte_order_mark_are_tolerated(tmp_path: Path) -> None:
    path = write(tmp_path / "a.tsv", SAME, metadata="license: CC0", end="\r\n")
    packed = tmp_path / "a.sssom.tsv.gz"
    packed.write_bytes(gzip.compress(b"\xef\xbb\xbf" + path.read_bytes()))
    source = SssomSource(packed)
    assert source.info.licence == "CC0-1.0"
    assert read(source)[0]["justification"] == MANUAL


def test_separators_of_the_store_become_spaces_and_are_counted(tmp_path: Path) -> None:
    path = write(tmp_path / "a.tsv", (*SAME, "a\x1eb"), header=(*COLUMNS, "subject_label"))
    source = SssomSource(path)
    assert read(source)[0]["subject_label"] == "a b"
    assert source.findings["control characters, now spaces"] == [{"file": "a.tsv", "count": "1"}]


LABEL = st.text(
    st.characters(exclude_categories=["Cs", "Cc"]) | st.sampled_from('"\t\n'), max_size=20
) | st.sampled_from(['5" nail', "华法林", "a\u2028b", 'say ""', "مرض"])


@settings(max_examples=200, deadline=None)
@given(
    labels=st.lists(LABEL, min_size=1, max_size=10),
    block_bytes=st.sampled_from([5, 40, 1 << 20]),
    quote_all=st.booleans(),
)
@example(labels=["ends a block\nhere"], block_bytes=5, quote_all=False)
def test_quoted_labels_of_any_script_come_back_as_written(
    tmp_path_factory: pytest.TempPathFactory,
    labels: list[str],
    block_bytes: int,
    quote_all: bool,
) -> None:
    text = io.StringIO()
    quoting: Literal[0, 1] = csv.QUOTE_ALL if quote_all else csv.QUOTE_MINIMAL
    writer = csv.writer(text, delimiter="\t", lineterminator="\n", quoting=quoting)
    writer.writerow((*COLUMNS, "subject_label"))
    writer.writerows((*SAME, label) for label in labels)
    path = tmp_path_factory.mktemp("sssom") / "a.tsv"
    path.write_bytes(text.getvalue().encode())
    with pytest.MonkeyPatch.context() as patch:
        source = SssomSource(path)
        patch.setattr(rows, "BLOCK_BYTES", max(block_bytes, 5))
        assert [row["subject_label"] for row in read(source)] == [s.strip() for s in labels]


def test_every_licence_is_known_by_its_url_and_id() -> None:
    for licence in LICENCES.values():
        known = licence_of(licence.url)  # several of one URL (UMLS's levels): the first of them
        assert LICENCES[known].url == licence.url
        assert licence_of(licence.id.lower()) == licence.id
    assert licence_of("https://acme.org/terms") == "https://acme.org/terms"
    assert licence_of("https://creativecommons.org/licenses/by/4.0/legalcode") == "CC-BY-4.0"


def test_the_fingerprint_is_of_the_bytes(tmp_path: Path) -> None:
    one = SssomSource(write(tmp_path / "a.tsv", SAME))
    two = SssomSource(write(tmp_path / "b.tsv", SAME, SAME), info=one.info)
    assert one.fingerprint() != two.fingerprint()
    assert one.fingerprint() == SssomSource(tmp_path / "a.tsv").fingerprint()


REAL = [
    ("mondo_sssom/mondo_exactmatch_umls.sssom.tsv", 21_660, "umls"),
    ("mondo_sssom/mondo_exactmatch_sctid.sssom.tsv", 9_120, "snomedct"),
    ("mondo_sssom/mondo_exactmatch_icd11.foundation.sssom.tsv", 4_633, "icd11"),
    ("mondo_sssom/mondo_hasdbxref_hp.sssom.tsv", 579, "hp"),
    ("biomappings/positive.sssom.tsv", 11_719, ""),
    ("biomappings/unsure.sssom.tsv", 105, ""),
]


@pytest.mark.parametrize(("name", "count", "prefix"), REAL)
def test_published_mapping_sets_are_read_to_the_row(name: str, count: int, prefix: str) -> None:
    path = DATA / name
    if not path.is_file():
        pytest.skip(f"{path} isn't here: it is real data, not part of the repository")
    source = SssomSource(path)
    found = read(source)
    assert len(found) == source.tallies[path.name].kept == count
    assert source.findings == {}
    assert {row["justification"].partition(":")[0] for row in found} == {"semapv"}
    if prefix:
        assert {row["object"].partition(":")[0] for row in found} == {prefix}
        assert (source.info.release, source.info.licence) == ("2026-08-04", "CC0-1.0")
        assert found[0]["subject_label"]
