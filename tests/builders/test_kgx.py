"""KGX files: what is read from them, and what happens to rows that break the format."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import plain

from kgmed.builders import rows
from kgmed.builders.kgx import KgxSource
from kgmed.builders.rows import Block, OnError, read_clean
from kgmed.builders.source import Source, SourceInfo, TableName, schema
from kgmed.kg.errors import DataError, RowError
from kgmed.kg.model import canonical_qualifiers

Row = dict[str, Any]
EDGE = ("subject", "predicate", "object")
INTERACTION = ("DRUGBANK:DB00682", "biolink:interacts_with", "DRUGBANK:DB00945")


def tsv(path: Path, *lines: tuple[str, ...], end: str = "\n") -> Path:
    path.write_bytes("".join("\t".join(line) + end for line in lines).encode())
    return path


def jsonl(path: Path, *records: Row) -> Path:
    path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    return path


def read(source: Source, table: TableName) -> list[Row]:
    found = []
    for batch in source.batches(table):
        assert batch.schema == schema(table)
        found += batch.to_pylist()
    assert all(tally.adds_up for tally in source.tallies.values())
    return plain(found)


def edge(tmp_path: Path, columns: tuple[str, ...] = (), cells: tuple[str, ...] = ()) -> Row:
    path = tsv(tmp_path / "one_edges.tsv", EDGE + columns, INTERACTION + cells)
    return read(KgxSource(None, path), "statements")[0]


def qualifiers(row: Row) -> dict[str, str]:
    found: dict[str, str] = json.loads(row["qualifiers"]) if row["qualifiers"] else {}
    assert canonical_qualifiers(found) == row["qualifiers"]
    return found


def test_it_is_a_source(tmp_path: Path) -> None:
    assert isinstance(KgxSource(None, tsv(tmp_path / "e.tsv", EDGE)), Source)


def test_an_edge_is_a_statement(tmp_path: Path) -> None:
    columns = ("id", "negated", "primary_knowledge_source", "knowledge_level", "agent_type")
    cells = ("urn:uuid:1", "true", "infores:x", "prediction", "automated_agent")
    row = edge(tmp_path, (*columns, "publications"), (*cells, "PMID:1|https://a.org/x| |PMID:2"))
    assert row == {
        "subject": "drugbank:DB00682",
        "predicate": "interacts_with",
        "object": "drugbank:DB00945",
        "value": "",
        "value_type": "",
        "unit": "",
        "value_language": "",
        "qualifiers": "",
        "negated": True,
        "source_record": "urn:uuid:1",
        "publications": ["pubmed:1", "https://a.org/x", "pubmed:2"],
        "text": "",
        "original_predicate": "biolink:interacts_with",
        "knowledge_level": "prediction",
        "agent_type": "automated_agent",
        "primary_knowledge_source": "infores:x",
        "release": "",
        "licence": "",
    }


def test_an_edge_of_three_columns_has_defaults(tmp_path: Path) -> None:
    row = edge(tmp_path)
    assert (row["knowledge_level"], row["agent_type"]) == ("not_provided", "not_provided")
    assert (row["negated"], row["publications"], row["qualifiers"]) == (False, [], "")


def test_a_reversed_predicate_turns_the_edge_round(tmp_path: Path) -> None:
    path = tsv(
        tmp_path / "e.tsv",
        EDGE,
        ("MONDO:1", "biolink:treated_by", "DRUGBANK:DB1"),
        ("DRUGBANK:DB2", "biolink:treats", "MONDO:2"),
    )
    turned, straight = read(KgxSource(None, path), "statements")
    assert (turned["subject"], turned["predicate"], turned["object"]) == (
        "drugbank:DB1",
        "treats",
        "mondo:1",
    )
    assert turned["original_predicate"] == "biolink:treated_by"
    assert (straight["subject"], straight["object"]) == ("drugbank:DB2", "mondo:2")


def test_kgmeds_own_predicates_are_known_with_and_without_the_prefix(tmp_path: Path) -> None:
    path = tsv(
        tmp_path / "e.tsv",
        EDGE,
        ("MONDO:1", "biolink:has_symptom", "HP:1"),
        ("MONDO:1", "has_symptom", "HP:2"),
    )
    source = KgxSource(None, path)
    assert {row["predicate"] for row in read(source, "statements")} == {"has_symptom"}
    assert not source.findings


def test_an_unknown_predicate_keeps_its_name_and_is_counted(tmp_path: Path) -> None:
    path = tsv(
        tmp_path / "e.tsv",
        EDGE,
        ("MONDO:1", "biolink:smells_of", "HP:1"),
        ("MONDO:2", "biolink:smells_of", "HP:1"),
        ("MONDO:2", "RO:0009999", "HP:1"),
    )
    source = KgxSource(None, path)
    found = [row["predicate"] for row in read(source, "statements")]
    assert found == ["smells_of", "smells_of", "RO:0009999"]
    assert source.findings["predicate that predicates.toml lacks"] == [
        {"predicate": "smells_of", "count": "2"},
        {"predicate": "RO:0009999", "count": "1"},
    ]


def test_columns_that_are_not_bookkeeping_are_qualifiers(tmp_path: Path) -> None:
    columns = ("severity", "frequency_qualifier", "qualified_predicate", "dose", "category")
    cells = ("Critical", "HP:0040281", "biolink:causes", "", "biolink:Association")
    assert qualifiers(edge(tmp_path, columns, cells)) == {
        "severity": "Critical",
        "frequency": "HP:0040281",
        "qualified_predicate": "causes",
    }


def test_qualifiers_of_an_end_say_whose_they_are_by_id(tmp_path: Path) -> None:
    columns = ("object_aspect_qualifier", "object_direction_qualifier", "subject_form_qualifier")
    found = qualifiers(edge(tmp_path, columns, ("activity", "decreased", "oral")))
    assert found == {
        "affected": "drugbank:DB00945",
        "aspect": "activity",
        "direction": "decreased",
        "actor": "drugbank:DB00682",
        "actor_form": "oral",
    }


def test_two_columns_of_one_qualifier_lose_nothing(tmp_path: Path) -> None:
    columns = ("severity", "severity_qualifier")
    assert qualifiers(edge(tmp_path, columns, ("mild", "HP:1"))) == {
        "severity": "mild",
        "severity_qualifier": "HP:1",
    }
    assert qualifiers(edge(tmp_path, columns, ("mild", "mild"))) == {"severity": "mild"}


def test_many_qualifier_columns_of_many_values_stay_with_their_rows(tmp_path: Path) -> None:
    columns = tuple(f"q{n}" for n in range(12))
    lines = [INTERACTION + tuple(f"{n}-{row}" for n in range(12)) for row in range(300)]
    source = KgxSource(None, tsv(tmp_path / "e.tsv", EDGE + columns, *lines))
    for number, row in enumerate(read(source, "statements")):
        assert qualifiers(row) == {f"q{n}": f"{n}-{number}" for n in range(12)}


def test_a_node_is_a_concept_with_names_and_mappings(tmp_path: Path) -> None:
    path = tsv(
        tmp_path / "g_nodes.tsv",
        ("id", "category", "name", "synonym", "xref", "equivalent_identifiers", "description"),
        (
            "SNOMEDCT:386661006",
            "biolink:PhenotypicFeature|biolink:Odd",
            "Fever",
            "发热|Pyrexia|Fever|",
            "UMLS:C0015967|https://x.org/1|fever",
            "SNOMEDCT:386661006|HP:0001945",
            "hot",
        ),
        ("HP:1", "", "", "", "", "", ""),
    )
    source = KgxSource(path, None)
    assert read(source, "concepts") == [
        {"id": "snomedct:386661006", "categories": ["PhenotypicFeature", "Odd"]},
        {"id": "hp:1", "categories": []},
    ]
    assert [(r["text"], r["language"], r["kind"]) for r in read(source, "names")] == [
        ("Fever", "en", "preferred"),
        ("发热", "zh", "synonym"),
        ("Pyrexia", "en", "synonym"),
    ]
    mappings = read(source, "mappings")
    assert [(r["predicate"], r["object"]) for r in mappings] == [
        ("oboInOwl:hasDbXref", "umls:C0015967"),
        ("skos:exactMatch", "hp:0001945"),
    ]
    assert {r["subject_label"] for r in mappings} == {"Fever"}
    assert {r["confidence"] for r in mappings} == {None}
    assert source.findings["category that kgmed doesn't know"] == [
        {"category": "Odd", "count": "1"}
    ]
    assert {row["xref"] for row in source.findings["xref that isn't a CURIE"]} == {
        "https://x.org/1",
        "fever",
    }
    assert source.findings["node columns that aren't read"] == [
        {"file": "g_nodes.tsv", "columns": "description"}
    ]
    assert read(source, "statements") == []
    assert source.tallies["g_nodes.tsv"].read == 2


def test_jsonl_says_the_same_as_tsv(tmp_path: Path) -> None:
    columns = ("negated", "publications", "severity", "score", "object_aspect_qualifier")
    cells = ("true", "PMID:1|PMID:2", "mild", "0.5", "activity")
    header = EDGE + columns
    as_tsv = tsv(tmp_path / "e.tsv", header, INTERACTION + cells, INTERACTION + ("",) * 5)
    records: list[Row] = [
        dict(zip(header, INTERACTION + cells, strict=True))
        | {"negated": True, "publications": ["PMID:1", "PMID:2"], "score": 0.5},
        dict(zip(EDGE, INTERACTION, strict=True)) | {"severity": None},
    ]
    as_jsonl = jsonl(tmp_path / "e.jsonl", *records)
    assert read(KgxSource(None, as_tsv), "statements") == read(
        KgxSource(None, as_jsonl), "statements"
    )
    node = {"id": "HP:1", "category": ["biolink:Disease"], "name": "a", "synonym": ["b|c", " "]}
    source = KgxSource(jsonl(tmp_path / "n.jsonl", node, {"id": "HP:2", "xref": "HP:3"}), None)
    assert [row["text"] for row in read(source, "names")] == ["a", "b|c"]
    assert [row["object"] for row in read(source, "mappings")] == ["hp:3"]


def test_several_files_plain_and_gzipped_are_one_graph(tmp_path: Path) -> None:
    one = tsv(tmp_path / "a.tsv", EDGE, INTERACTION)
    two = tmp_path / "b.tsv.gz"
    two.write_bytes(gzip.compress(one.read_bytes()))
    (tmp_path / "c").mkdir()
    three = tsv(tmp_path / "c" / "a.tsv", EDGE, INTERACTION)
    source = KgxSource(None, [one, two, three])
    assert len(read(source, "statements")) == 3
    assert len(source.tallies) == 3


def test_a_byte_order_mark_and_windows_line_ends_are_tolerated(tmp_path: Path) -> None:
    path = tsv(tmp_path / "e.tsv", EDGE, INTERACTION, end="\r\n")
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert read(KgxSource(None, path), "statements")[0]["object"] == "drugbank:DB00945"


def test_a_file_without_a_last_line_end_is_whole(tmp_path: Path) -> None:
    path = tsv(tmp_path / "e.tsv", EDGE, INTERACTION, INTERACTION)
    path.write_bytes(path.read_bytes().rstrip())
    assert len(read(KgxSource(None, path), "statements")) == 2


def test_quotes_are_data_in_tsv(tmp_path: Path) -> None:
    path = tsv(tmp_path / "n.tsv", ("id", "name"), ("HP:1", '"mild" pain'), ("HP:2", '"open'))
    assert [row["text"] for row in read(KgxSource(path, None), "names")] == ['"mild" pain', '"open']


def test_separators_of_the_store_become_spaces_and_are_counted(tmp_path: Path) -> None:
    path = tsv(tmp_path / "n.tsv", ("id", "name"), ("HP:1", "a\x00b\x1ec\x1fd"))
    source = KgxSource(path, None)
    assert read(source, "names")[0]["text"] == "a b c d"
    kind = "control characters, now spaces"
    assert source.findings[kind] == [{"file": "n.tsv", "count": "3"}]
    source = KgxSource(jsonl(tmp_path / "n.jsonl", {"id": "HP:1", "name": "a\x1eb\x00c"}), None)
    assert read(source, "names")[0]["text"] == "a b c"
    assert source.findings[kind] == [{"file": "n.jsonl", "count": "2"}]


BAD_EDGES = {
    "subject is empty": ("", "biolink:treats", "HP:1", ""),
    "subject isn't a CURIE": ("warfarin", "biolink:treats", "HP:1", ""),
    "object is empty": ("HP:1", "biolink:treats", " ", ""),
    "object isn't a CURIE": ("HP:1", "biolink:treats", "http://purl.obolibrary.org/obo/HP_1", ""),
    "predicate is empty": ("HP:1", "", "HP:1", ""),
    "negated isn't true or false": ("HP:1", "biolink:treats", "HP:1", "perhaps"),
    "wrong number of fields": ("HP:1", "biolink:treats", "HP:1"),
    "not UTF-8": ("HP:1", "biolink:treats", "HP:1", "\udcff"),
}


def bad_file(tmp_path: Path, bad: tuple[str, ...]) -> Path:
    good = (*INTERACTION, "")
    path = tmp_path / "e.tsv"
    lines = [(*EDGE, "negated"), good, bad, good]
    text = "".join("\t".join(line) + "\n" for line in lines)
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    return path


@pytest.mark.parametrize("reason", BAD_EDGES)
def test_a_bad_edge_is_an_error_with_its_line(tmp_path: Path, reason: str) -> None:
    path = bad_file(tmp_path, BAD_EDGES[reason])
    with pytest.raises(RowError) as error:
        read(KgxSource(None, path), "statements")
    assert error.value.line == 3
    assert str(path) in str(error.value)
    assert "expected" in str(error.value)


@pytest.mark.parametrize("reason", BAD_EDGES)
def test_a_bad_edge_is_set_aside_verbatim(tmp_path: Path, reason: str) -> None:
    path, quarantine = bad_file(tmp_path, BAD_EDGES[reason]), tmp_path / "q" / "bad.tsv"
    source = KgxSource(None, path, on_error="skip", quarantine=quarantine)
    for _ in range(2):  # a second pass writes nothing twice
        assert len(read(source, "statements")) == 2
    tally = source.tallies["e.tsv"]
    assert (tally.read, tally.kept, dict(tally.skipped)) == (3, 2, {reason: 1})
    row = "\t".join(BAD_EDGES[reason]).encode("utf-8", "surrogateescape")
    assert quarantine.read_bytes() == (
        b"file\tline\treason\trow\n" + f"{path}\t3\t{reason}\t".encode() + row + b"\n"
    )


BAD_JSON = {
    "not JSON": '{"subject": "HP:1"',
    "not a JSON object": '["HP:1"]',
    "half a surrogate pair": '{"subject": "HP:\\ud800"}',
    "predicate is empty": '{"subject": "HP:1", "object": "HP:2", "predicate": null}',
    "subject isn't a CURIE": '{"subject": 5, "object": "HP:2", "predicate": "biolink:treats"}',
}


@pytest.mark.parametrize(("reason", "line"), [*BAD_JSON.items(), ("not JSON", "[" * 100_000)])
def test_a_bad_json_line_is_an_error_or_set_aside(tmp_path: Path, reason: str, line: str) -> None:
    good = json.dumps(dict(zip(EDGE, INTERACTION, strict=True)))
    path = tmp_path / "e.jsonl"
    path.write_text(f"{good}\n{line}\n{good}\n", encoding="utf-8")
    with pytest.raises(RowError) as error:
        read(KgxSource(None, path), "statements")
    assert error.value.line == 2
    quarantine = tmp_path / "bad.tsv"
    source = KgxSource(None, path, on_error="skip", quarantine=quarantine)
    assert len(read(source, "statements")) == 2
    assert dict(source.tallies["e.jsonl"].skipped) == {reason: 1}
    assert quarantine.read_text().split("\n")[1] == f"{path}\t2\t{reason}\t{line}"


def test_the_first_bad_row_of_a_file_is_the_one_reported(tmp_path: Path) -> None:
    path = tsv(tmp_path / "e.tsv", EDGE, ("x", "y", "z"), ("a", "b"), ("", "", ""))
    with pytest.raises(RowError) as error:
        read(KgxSource(None, path), "statements")
    assert error.value.line == 2


def test_every_table_of_a_node_file_leaves_out_the_same_rows(tmp_path: Path) -> None:
    lines = [("id", "name"), ("HP:1", "a"), ("fever", "b"), ("HP:2", "c"), ("HP:3",)]
    quarantine = tmp_path / "bad.tsv"
    path = tsv(tmp_path / "n.tsv", *lines)
    source = KgxSource(path, None, on_error="skip", quarantine=quarantine)
    assert [row["id"] for row in read(source, "concepts")] == ["hp:1", "hp:2"]
    assert [row["id"] for row in read(source, "names")] == ["hp:1", "hp:2"]
    assert read(source, "mappings") == []
    assert len(quarantine.read_text().splitlines()) == 3


def test_blank_lines_are_counted_apart(tmp_path: Path) -> None:
    path = tsv(tmp_path / "e.tsv", EDGE, INTERACTION, ("",), INTERACTION, ("",))
    source = KgxSource(None, path)
    assert len(read(source, "statements")) == 2
    assert dict(source.tallies["e.tsv"].skipped) == {"blank line": 2}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "empty file"),
        ("id\tcategory\nHP:1\t\n", "expected also subject, predicate, object"),
        ("subject,predicate,object\n", "not separated by tabs"),
        ("subject\tpredicate\tobject\tsubject\n", "'subject' twice"),
        ("subject\tpredicate\tobject\t\n", "no name for column 4"),
        ("subject\tpredicate\tobject\t\udcff\n", "iconv"),
    ],
)
def test_a_file_of_another_shape_is_an_error(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "e.tsv"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(DataError, match=says):
        read(KgxSource(None, path), "statements")


def test_a_file_of_another_format_lists_the_formats(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"jsonl\.gz"):
        KgxSource(tmp_path / "graph.json", None)
    with pytest.raises(DataError, match="found none"):
        KgxSource(None, [])


def test_a_missing_or_cut_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"e\.tsv: can't be read"):
        read(KgxSource(None, tmp_path / "e.tsv"), "statements")
    cut = tmp_path / "e.tsv.gz"
    cut.write_bytes(gzip.compress(b"x" * 10_000)[:20])
    with pytest.raises(DataError, match="download complete"):
        read(KgxSource(None, cut), "statements")
    cut.write_bytes(b"subject\tpredicate\tobject\n")
    with pytest.raises(DataError, match="damaged gzip"):
        read(KgxSource(None, cut), "statements")


def test_the_fingerprint_is_of_the_bytes(tmp_path: Path) -> None:
    info = SourceInfo("infores:x", "x", "1", "CC0-1.0")
    one = tsv(tmp_path / "a.tsv", EDGE, INTERACTION)
    same = tsv(tmp_path / "b.tsv", EDGE, INTERACTION)
    other = tsv(tmp_path / "c.tsv", EDGE, INTERACTION, INTERACTION)
    first, second, third = (
        KgxSource(None, path, info=info).fingerprint() for path in (one, same, other)
    )
    assert first == second != third


def test_the_file_names_the_source_without_info(tmp_path: Path) -> None:
    source = KgxSource(tsv(tmp_path / "My Graph_nodes.tsv", ("id",)), None)
    assert (source.info.infores, source.info.name) == ("infores:my-graph", "My Graph")
    assert source.info.licence == ""


@pytest.mark.parametrize("block_bytes", [7, 64, 1 << 20])
def test_blocks_and_batches_of_any_size_give_the_same_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, block_bytes: int
) -> None:
    lines = [INTERACTION if n % 7 else ("bad", f"{n}", "") for n in range(200)]
    path = tsv(tmp_path / "e.tsv", EDGE, *lines)
    monkeypatch.setattr(rows, "BLOCK_BYTES", block_bytes)
    monkeypatch.setattr("kgmed.builders.kgx.source.BATCH_ROWS", 16)
    quarantine = tmp_path / f"{block_bytes}.tsv"
    source = KgxSource(None, path, on_error="skip", quarantine=quarantine)
    assert len(read(source, "statements")) == 171
    numbers = [line.split("\t")[1:5:3] for line in quarantine.read_text().splitlines()[1:]]
    assert numbers == [[str(n + 2), str(n)] for n in range(0, 200, 7)]


def test_a_line_that_never_ends_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rows, "BLOCK_BYTES", 8)
    monkeypatch.setattr(rows, "LINE_BYTES", 100)
    path = tmp_path / "e.jsonl"
    path.write_text("{" * 1000)
    with pytest.raises(RowError, match="without a line end"):
        read(KgxSource(None, path), "statements")


TEXT = st.text(
    st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=30
) | st.sampled_from(["华法林", "вода", "مرض", "a\u2028b", "x\x85y", '"', "a\rb", "\ufeffz", "🩺"])


@settings(max_examples=150, deadline=None)
@given(names=st.lists(TEXT, min_size=1, max_size=8), crlf=st.booleans())
def test_names_in_any_script_come_back_as_written(
    tmp_path_factory: pytest.TempPathFactory, names: list[str], crlf: bool
) -> None:
    folder = tmp_path_factory.mktemp("kgx")
    lines = [(f"HP:{n}", name) for n, name in enumerate(names)]
    end = "\r\n" if crlf else "\n"
    wanted = [(f"hp:{n}", name.strip()) for n, name in enumerate(names) if name.strip()]
    for path in (
        tsv(folder / "n.tsv", ("id", "name"), *lines, end=end),
        jsonl(folder / "n.jsonl", *({"id": id, "name": name} for id, name in lines)),
    ):
        found = read(KgxSource(path, None), "names")
        assert [(row["id"], row["text"]) for row in found] == wanted


CELL = st.text(st.sampled_from('ab \t\n\r"|é\x85\u2028\ufeff'), max_size=6)


@settings(max_examples=300, deadline=None)
@given(text=CELL.flatmap(lambda a: CELL.map(lambda b: a + "\t" + b)))
def test_what_arrow_reads_is_what_splitting_each_line_gives(text: str) -> None:
    block = Block(2, text.encode())
    table = read_clean(block, 0, ("x", "y"))
    if table is not None:
        split = [line.split("\t") for line in block.lines]
        assert [list(row.values()) for row in table.to_pylist()] == split


def test_the_readers_options_are_the_documented_ones(tmp_path: Path) -> None:
    options: tuple[OnError, ...] = ("stop", "skip")
    path = tsv(tmp_path / "e.tsv", EDGE, ("bad", "bad", "bad"))
    for option in options:
        source = KgxSource(None, path, on_error=option)
        if option == "stop":
            with pytest.raises(RowError, match="--on-error skip"):
                read(source, "statements")
        else:
            assert read(source, "statements") == []
            assert source.tallies["e.tsv"].skipped.total() == 1
