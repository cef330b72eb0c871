"""Tables by a mapping: what becomes of columns, of mistakes in the mapping, and of bad rows."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support import plain

from kgmed.builders import rows as reader_rows
from kgmed.builders.pipeline import build
from kgmed.builders.source import Source, SourceInfo, TableName, schema
from kgmed.builders.tables import TablesSource
from kgmed.builders.tables.mapping import Recipe, parse_recipe, read_recipe, recipe_names
from kgmed.kg.errors import ConfigError, DataError, RowError
from kgmed.kg.licences import licence
from kgmed.kg.model import canonical_qualifiers
from kgmed.kg.predicates import registry

Row = dict[str, Any]

DRUGS = """
[[nodes]]
path = "drugs.csv"
id = { column = "drugbank", prefix = "drugbank" }
name = "name"
category = { constant = "Drug" }
synonyms = { column = "also", separator = ";" }
mappings = [{ id = { column = "rxcui", prefix = "rxnorm" } }]
"""
INTERACTIONS = """
[[edges]]
path = "ddi.tsv"
subject = { column = "a", prefix = "drugbank" }
predicate = { constant = "interacts_with" }
object = { column = "b", prefix = "drugbank" }
qualifiers = { severity = { column = "level", values = { H = "Major" } } }
"""


def source(folder: Path, mapping: str, **options: Any) -> TablesSource:
    return TablesSource(parse_recipe(mapping, where="test"), folder, **options)


def read(source: Source, table: TableName) -> list[Row]:
    found = []
    for batch in source.batches(table):
        assert batch.schema == schema(table)
        assert batch.num_rows <= reader_rows.BATCH_ROWS
        found += batch.to_pylist()
    assert all(tally.adds_up for tally in source.tallies.values())
    return plain(found)


def said(source: Source) -> list[tuple[str, str, str]]:
    return [(r["subject"], r["predicate"], r["object"]) for r in read(source, "statements")]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "drugs.csv").write_text(
        'drugbank,name,also,rxcui\nDB00682,Warfarin,"华法林; Coumadin;",11289\nDB00945,Aspirin,,\n',
        encoding="utf-8",
    )
    (tmp_path / "ddi.tsv").write_text(
        "a\tb\tlevel\tnote\nDB00682\tDB00945\tH\tsee\nDB00682\tDB00316\t\t\n", encoding="utf-8"
    )
    return tmp_path


def test_it_is_a_source(folder: Path) -> None:
    assert isinstance(source(folder, DRUGS), Source)


def test_columns_become_concepts_names_and_mappings(folder: Path) -> None:
    made = source(folder, DRUGS)
    assert read(made, "concepts") == [
        {"id": "drugbank:DB00682", "categories": ["Drug"]},
        {"id": "drugbank:DB00945", "categories": ["Drug"]},
    ]
    names = [(r["id"][-3:], r["text"], r["language"], r["kind"]) for r in read(made, "names")]
    assert names == [
        ("682", "Warfarin", "en", "preferred"),
        ("945", "Aspirin", "en", "preferred"),
        ("682", "华法林", "zh", "synonym"),
        ("682", "Coumadin", "en", "synonym"),
    ]
    [mapping] = read(made, "mappings")
    assert (mapping["subject"], mapping["object"]) == ("drugbank:DB00682", "rxnorm:11289")
    assert (mapping["predicate"], mapping["subject_label"]) == ("oboInOwl:hasDbXref", "Warfarin")
    assert read(made, "statements") == []


def test_columns_become_statements_with_qualifiers(folder: Path) -> None:
    made = source(folder, INTERACTIONS)
    first, second = read(made, "statements")
    assert said(made)[0] == ("drugbank:DB00682", "interacts_with", "drugbank:DB00945")
    assert first["qualifiers"] == canonical_qualifiers({"severity": "Major"})
    assert second["qualifiers"] == ""
    assert made.findings["columns that the mapping doesn't read"] == [
        {"file": "ddi.tsv", "columns": "note"}
    ]


def test_a_mapping_builds_a_graph(folder: Path, tmp_path: Path) -> None:
    info = SourceInfo("infores:ward", "Ward", "2026", "CC0-1.0")
    made = build([source(folder, DRUGS + INTERACTIONS, info=info)], tmp_path / "graph")
    assert made.snapshot.manifest["counts"]["statements"] == 2
    assert made.report.sources[0].files["ddi.tsv"]["read"] == 2


def test_values_may_be_the_object(tmp_path: Path) -> None:
    (tmp_path / "h.csv").write_text("id,hours\nDB1,40\nDB2,36\n")
    mapping = """
        [[edges]]
        path = "h.csv"
        subject = { column = "id", prefix = "drugbank" }
        predicate = { constant = "has_half_life" }
        value = "hours"
        value_type = { constant = "number" }
        unit = { constant = "h" }"""
    row = read(source(tmp_path, mapping), "statements")[0]
    assert (row["object"], row["value"], row["value_type"], row["unit"]) == (
        "",
        "40",
        "number",
        "h",
    )


def test_predicates_of_a_column_may_be_mapped_turned_known_or_kept(tmp_path: Path) -> None:
    lines = ["D1,cures,M1", "M1,is cured by,D1", "D1,may treat,M1", "M1,may_be_treated_by,D1"]
    lines += ["D1,smells of,M1", "D1,biolink:treats,M1"]
    (tmp_path / "e.csv").write_text("s,p,o\n" + "\n".join(lines))
    mapping = """
        [[edges]]
        path = "e.csv"
        subject = { column = "s", prefix = "ward" }
        object = { column = "o", prefix = "ward" }
        predicate.column = "p"
        predicate.vocabulary = "umls"
        predicate.values = { cures = "treats", "is cured by" = "^treats" }
    """
    made = source(tmp_path, mapping)
    found = said(made)
    assert set(found) == {("ward:D1", "treats", "ward:M1"), ("ward:D1", "smells_of", "ward:M1")}
    assert made.findings["predicate that predicates.toml lacks"] == [
        {"predicate": "smells_of", "count": "1"}
    ]
    assert [row["original_predicate"] for row in read(made, "statements")][1] == "is cured by"


def test_a_row_may_be_left_out_by_value_or_by_column_and_is_counted(tmp_path: Path) -> None:
    (tmp_path / "e.csv").write_text("s,p,o,t\na,x,b,1\na,mirror,b,1\na,x,b,2\na,mirror,b,2\n")
    mapping = """
        [[edges]]
        path = "e.csv"
        where = { t = ["1"] }
        subject = { column = "s", prefix = "ward" }
        object = { column = "o", prefix = "ward" }
        predicate = { column = "p", values = { x = "treats", mirror = "!told the other way too" } }
    """
    made = source(tmp_path, mapping)
    assert len(said(made)) == 1
    assert made.tallies["e.csv"].skipped == {"t isn't 1": 2, "told the other way too": 1}


def test_ids_by_key_and_pad(tmp_path: Path) -> None:
    (tmp_path / "n.csv").write_text("id,of\n1945,HPO\nDB1,DrugBank\n")
    mapping = """
        [[nodes]]
        path = "n.csv"
        id.column = "id"
        id.prefix_column = "of"
        id.prefixes = { HPO = "hp", DrugBank = "drugbank" }
        id.pad = { hp = 7 }
    """
    ids = [row["id"] for row in read(source(tmp_path, mapping), "concepts")]
    assert ids == ["hp:0001945", "drugbank:DB1"]


def test_an_id_of_an_unknown_kind_says_which_kinds_there_are(tmp_path: Path) -> None:
    (tmp_path / "n.csv").write_text("id\nGene::9\nGnee::10\n")
    mapping = """
        [[nodes]]
        path = "n.csv"
        id = { column = "id", split = "::", prefixes = { Gene = "ncbigene" } }
    """
    with pytest.raises(RowError, match=r"n.csv line 3: found id 'Gnee::10'.*Did you mean Gene\?"):
        read(source(tmp_path, mapping), "concepts")


def test_a_distinct_mapping_takes_equal_rows_once_in_the_files_order(tmp_path: Path) -> None:
    (tmp_path / "e.csv").write_text("id,name,x\n" + "b,B,1\na,A,2\nb,B,3\n" * 3)
    mapping = """
        [[nodes]]
        path = "e.csv"
        distinct = true
        id = { column = "id", prefix = "ward" }
        name = "name"
    """
    made = source(tmp_path, mapping)
    assert [row["id"] for row in read(made, "concepts")] == ["ward:b", "ward:a"]
    assert made.tallies["e.csv"].skipped == {"repeated row": 7}


def test_names_only_rows_assert_no_concept(tmp_path: Path) -> None:
    (tmp_path / "t.txt").write_text("C1|Fever|ENG|PT\nC1|发热|CHS|SY\nC1|Pyrexia||odd\n")
    mapping = """
        [[nodes]]
        path = "t.txt"
        delimiter = "|"
        columns = ["cid", "text", "lang", "tty"]
        names_only = true
        id = { column = "cid", prefix = "bios" }
        name = "text"
        language = { column = "lang", values = { ENG = "en", CHS = "zh" } }
        kind = { column = "tty", values = { PT = "preferred", SY = "synonym" } }
    """
    made = source(tmp_path, mapping)
    assert read(made, "concepts") == []
    found = [(row["text"], row["language"], row["kind"]) for row in read(made, "names")]
    assert found == [
        ("Fever", "en", "preferred"),
        ("发热", "zh", "synonym"),
        ("Pyrexia", "en", "synonym"),
    ]
    assert made.findings["kind of name that kgmed doesn't know"] == [{"kind": "odd", "count": "1"}]


def test_publications_are_references(tmp_path: Path) -> None:
    (tmp_path / "e.csv").write_text("s,o,refs\na,b,15383697; https://a.org/x\n")
    mapping = """
        [[edges]]
        path = "e.csv"
        subject = { column = "s", prefix = "ward" }
        object = { column = "o", prefix = "ward" }
        predicate = { constant = "treats" }
        publications = { column = "refs", prefix = "pmid", separator = ";" }
    """
    [row] = read(source(tmp_path, mapping), "statements")
    assert row["publications"] == ["pubmed:15383697", "https://a.org/x"]


@pytest.mark.parametrize("ending", [".parquet", ".csv.gz", ".tsv", ".tsv.gz"])
def test_formats_say_the_same(folder: Path, tmp_path: Path, ending: str) -> None:
    rows = [("DB00682", "Warfarin", "华法林; Coumadin;", "11289"), ("DB00945", "Aspirin", "", "")]
    header = ("drugbank", "name", "also", "rxcui")
    path = tmp_path / f"other{ending}"
    if ending == ".parquet":
        columns = dict(zip(header, map(list, zip(*rows, strict=True)), strict=True))
        pq.write_table(pa.table(columns), path)
    else:
        comma = "," if ".csv" in ending else "\t"
        text = "\r\n".join(comma.join(row) for row in (header, *rows)) + "\r\n"
        data = ("\ufeff" + text).encode()
        path.write_bytes(gzip.compress(data) if ending.endswith(".gz") else data)
    made = source(tmp_path, DRUGS.replace("drugs.csv", path.name))
    for table in ("concepts", "names", "mappings"):
        assert read(made, table) == read(source(folder, DRUGS), table)


def test_a_compressed_file_stands_in_for_the_plain_one_of_its_name(folder: Path) -> None:
    (folder / "ddi.tsv.gz").write_bytes(gzip.compress((folder / "ddi.tsv").read_bytes()))
    (folder / "ddi.tsv").unlink()
    assert len(said(source(folder, INTERACTIONS))) == 2


def test_several_files_of_one_shape_are_read_in_the_order_of_their_names(tmp_path: Path) -> None:
    for letter in "ba":
        (tmp_path / f"x_{letter}.csv").write_text(f"id\n{letter}\n")
    mapping = '[[nodes]]\npath = "x_*.csv"\nid = { column = "id", prefix = "ward" }'
    made = source(tmp_path, mapping)
    assert [row["id"] for row in read(made, "concepts")] == ["ward:a", "ward:b"]
    assert set(made.tallies) == {"x_a.csv", "x_b.csv"}


# Mistakes in a mapping


def test_a_column_that_is_not_there_is_named_with_what_it_may_have_meant(folder: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        source(folder, DRUGS.replace('"name"', '"nmae"').replace('"rxcui"', '"rx_cui"'))
    text = str(caught.value)
    assert "name reads the column 'nmae', which isn't there. Did you mean name?" in text
    assert "mappings.id reads the column 'rx_cui', which isn't there. Did you mean rxcui?" in text
    assert "Its columns are: drugbank, name, also, rxcui." in text


def test_a_file_that_is_not_there_is_named_with_what_the_folder_holds(folder: Path) -> None:
    with pytest.raises(ConfigError, match=r"drug.csv: there is no such file. Did you mean drugs"):
        source(folder, DRUGS.replace("drugs.csv", "drug.csv"))


def test_an_optional_file_may_be_absent(folder: Path) -> None:
    extra = INTERACTIONS.replace("ddi.tsv", 'more.tsv"\noptional = true\n#')
    made = source(folder, DRUGS + extra)
    assert read(made, "statements") == []
    assert made.findings["optional file that isn't there"] == [{"file": "more.tsv"}]


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ("nmae = 'x'", "nmae"),
        ('name = { column = "a", constant = "b" }', "exactly one of column, columns and constant"),
        ('name = { column = "a", pattern = "(" }', "isn't a regular expression"),
        ('name = { column = "a", pattern = "a" }', "0 groups, expected one"),
    ],
)
def test_a_wrong_mapping_is_refused_by_its_key(wrong: str, says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        parse_recipe(f'[[nodes]]\npath = "x.csv"\nid = "id"\n{wrong}', where="kgmed.toml")


def test_a_recipe_that_does_not_exist_lists_those_that_do() -> None:
    with pytest.raises(ConfigError, match=r"'hetionett'.*bios, ddinter.*Did you mean hetionet\?"):
        read_recipe("hetionett")


def test_a_mapping_of_nothing_is_refused() -> None:
    with pytest.raises(ConfigError, match="neither nodes nor edges"):
        TablesSource(Recipe())


# Bad rows


def bad(tmp_path: Path, text: str | bytes, name: str = "ddi.tsv") -> Path:
    data = text if isinstance(text, bytes) else text.encode()
    (tmp_path / name).write_bytes(data)
    return tmp_path


HEADER = "a\tb\tlevel\n"
GOOD = "DB00682\tDB00945\tH\n"


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("DB1\tDB2\n", r"line 3: found 2 fields .*expected 3"),
        ("DB1\tDB2\tH\tI\n", r"line 3: found 4 fields .*expected 3"),
        ("DB1\t\tH\n", r"line 3: found an empty object, expected a CURIE"),
        ("DB1\tDB 2\tH\n", r"line 3: found object 'drugbank:DB 2', expected a CURIE"),
    ],
)
def test_a_bad_row_is_an_error_with_its_line(tmp_path: Path, line: str, says: str) -> None:
    with pytest.raises(RowError, match=says):
        said(source(bad(tmp_path, HEADER + GOOD + line + GOOD), INTERACTIONS))


def test_bytes_of_another_encoding_are_an_error_with_their_line(tmp_path: Path) -> None:
    data = (HEADER + GOOD).encode() + "DB1\tDB2\t重\n".encode("gb18030")
    with pytest.raises(RowError, match=r"line 3: .*iconv -f GB18030"):
        said(source(bad(tmp_path, data), INTERACTIONS))


def test_a_quote_that_is_never_closed_is_an_error_with_its_line(tmp_path: Path) -> None:
    text = (HEADER + GOOD).replace("\t", ",") + 'DB1,"DB2,H\n' + GOOD.replace("\t", ",")
    mapping = INTERACTIONS.replace("ddi.tsv", "ddi.csv")
    with pytest.raises(RowError, match=r"line 3: .*quote = ''"):
        said(source(bad(tmp_path, text, "ddi.csv"), mapping))


def test_a_truncated_gzip_is_an_error(tmp_path: Path) -> None:
    data = gzip.compress((HEADER + GOOD * 5000).encode())[:-40]
    with pytest.raises(DataError, match="Is the download complete"):
        said(source(bad(tmp_path, data, "ddi.tsv.gz"), INTERACTIONS))


def test_an_empty_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="empty file"):
        source(bad(tmp_path, ""), INTERACTIONS)


def test_bad_rows_are_set_aside_and_counted(tmp_path: Path) -> None:
    lines = [GOOD, "DB1\tDB2\n", "DB1\t\tH\n", "\n", "DB3\tDB4\tH\n", "DB5\tDB 6\t\n"]
    folder = bad(tmp_path, HEADER + "".join(lines))
    quarantine = tmp_path / "aside.tsv"
    made = source(folder, INTERACTIONS, on_error="skip", quarantine=quarantine)
    assert len(said(made)) == 2
    tally = made.tallies["ddi.tsv"]
    assert (tally.read, tally.kept) == (5, 2)
    assert tally.skipped == {
        "wrong number of fields": 1,
        "object is empty": 1,
        "object isn't a CURIE": 1,
    }
    path = folder / "ddi.tsv"
    assert quarantine.read_text().splitlines() == [
        "file\tline\treason\trow",
        f"{path}\t3\twrong number of fields\tDB1\tDB2",
        f"{path}\t4\tobject is empty\tDB1\t\tH",
        f"{path}\t7\tobject isn't a CURIE\tDB5\tDB 6\t",
    ]
    said(made)
    assert len(quarantine.read_text().splitlines()) == 4


CSV = INTERACTIONS.replace("ddi.tsv", "ddi.csv")


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (",DB1,DB2,", "wrong number of fields"),  # shifted; DuckDB takes an empty field too many
        ('DB1,"DB2,H', "text after a closing quote"),  # closed by a later row's quote
        ('DB1,DB2,"H', "text after a closing quote"),
        ('DB1,"DB2"x,H', "text after a closing quote"),
        ("DB1,DB2,\udcff", "not UTF-8"),
    ],
)
def test_a_bad_row_costs_no_other_row(tmp_path: Path, row: str, reason: str) -> None:
    others = 'DB00682,DB00945,H\nDB00316,"DB00945","H"\nDB01050,DB00945,"L, or so"\n'
    whole = f"a,b,level\n{others}"
    clean = said(source(bad(tmp_path, whole, "ddi.csv"), CSV))
    broken = whole.replace("\n", f"\n{row}\n", 1).encode("utf-8", "surrogateescape")
    folder, aside = bad(tmp_path, broken, "ddi.csv"), tmp_path / "aside.tsv"
    made = source(folder, CSV, on_error="skip", quarantine=aside)
    assert said(made) == clean
    tally = made.tallies["ddi.csv"]
    assert (tally.read, tally.kept, tally.skipped) == (4, 3, {reason: 1})
    entry = aside.read_bytes().split(b"\n")[1].split(b"\t", 3)
    assert (entry[1], entry[3]) == (b"2", row.encode("utf-8", "surrogateescape"))
    with pytest.raises(RowError, match="line 2: "):
        said(source(folder, CSV))


def test_a_field_too_many_is_told_in_an_unquoted_table_too(tmp_path: Path) -> None:
    with pytest.raises(RowError, match=r"line 3: found 4 fields .*expected 3"):
        said(source(bad(tmp_path, HEADER + GOOD + "\tDB1\tDB2\t\n"), INTERACTIONS))


def test_a_blank_line_before_the_header_is_no_header(tmp_path: Path) -> None:
    clean = said(source(bad(tmp_path, HEADER + GOOD), INTERACTIONS))
    assert said(source(bad(tmp_path, "\n" + HEADER + GOOD), INTERACTIONS)) == clean


@pytest.mark.parametrize("encoding", ["latin-1", "utf-16"])
def test_bad_rows_of_another_encoding_cost_no_other_row(tmp_path: Path, encoding: str) -> None:
    mapping = CSV.replace('path = "ddi.csv"', f'path = "ddi.csv"\nencoding = "{encoding}"')
    text = 'a,b,level\nDB1,DB2\nDB00682,DB00945,"é"\n'
    (tmp_path / "ddi.csv").write_bytes(text.encode(encoding))
    made = source(tmp_path, mapping, on_error="skip")
    [row] = read(made, "statements")
    assert json.loads(row["qualifiers"]) == {"severity": "é"}
    assert made.tallies["ddi.csv"].skipped == {"wrong number of fields": 1}


def test_a_mapping_that_fits_no_column_lists_not_all_of_a_long_header(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        source(bad(tmp_path, "\t".join("x" * 1000 for _ in range(100)) + "\n"), INTERACTIONS)
    assert len(str(caught.value)) < 3000


def test_a_line_number_counts_the_lines_of_quoted_values(tmp_path: Path) -> None:
    text = 'a,b,level\nDB1,DB2,"two\nlines"\nDB1,,H\n'
    mapping = INTERACTIONS.replace("ddi.tsv", "ddi.csv")
    with pytest.raises(RowError, match="line 4: found an empty object"):
        said(source(bad(tmp_path, text, "ddi.csv"), mapping))


def test_the_stores_separators_become_spaces_and_are_counted(tmp_path: Path) -> None:
    made = source(bad(tmp_path, HEADER + "DB1\tDB2\tve\x1fry\x00\n"), INTERACTIONS)
    [row] = read(made, "statements")
    assert json.loads(row["qualifiers"]) == {"severity": "ve ry"}
    assert made.findings["control characters, now spaces"] == [{"file": "ddi.tsv", "count": "2"}]


@settings(
    max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    cut=st.integers(0, 10**6), put=st.binary(max_size=12), name=st.sampled_from(["x.csv", "x.tsv"])
)
def test_any_bytes_are_read_or_refused_in_kgmeds_words(
    tmp_path: Path, cut: int, put: bytes, name: str
) -> None:
    comma = b"," if name == "x.csv" else b"\t"
    data = (HEADER + GOOD * 4 + 'DB7\t"DB8"\t"a ""b"" c"\n').encode().replace(b"\t", comma)
    cut %= len(data)
    bad(tmp_path, data[:cut] + put + data[cut + len(put) :], name)
    mapping = INTERACTIONS.replace("ddi.tsv", name)
    try:
        made = source(tmp_path, mapping, on_error="skip")
        said(made)
    except (DataError, ConfigError):
        pass


def test_rows_come_in_the_files_order_in_batches_of_bounded_size(tmp_path: Path) -> None:
    count = 120_001
    text = HEADER + "".join(f"DB{n}\tDB0\t\n" for n in range(count))
    made = source(bad(tmp_path, text), INTERACTIONS)
    subjects = [row["subject"] for row in read(made, "statements")]
    assert subjects == [f"drugbank:DB{n}" for n in range(count)]


def test_the_fingerprint_is_of_the_bytes_and_the_mapping(folder: Path) -> None:
    before = source(folder, INTERACTIONS).fingerprint()
    assert source(folder, INTERACTIONS).fingerprint() == before
    assert source(folder, INTERACTIONS.replace("Major", "High")).fingerprint() != before
    (folder / "ddi.tsv").write_text(HEADER + "DB1\tDB3\tH\n")
    assert source(folder, INTERACTIONS).fingerprint() != before


# Recipes, each on a small file of the published shape


def recipe(name: str, folder: Path, files: dict[str, str]) -> TablesSource:
    for file, text in files.items():
        path = folder / file
        path.parent.mkdir(parents=True, exist_ok=True)
        data = text.encode()
        path.write_bytes(gzip.compress(data) if file.endswith(".gz") else data)
    return TablesSource(name, folder)


@pytest.mark.parametrize("name", recipe_names())
def test_the_licence_of_a_recipe_is_known(name: str) -> None:
    stated = read_recipe(name).licence
    assert not stated or licence(stated).tier != "unknown"  # of BIOS, the user states it


@pytest.mark.parametrize("name", ["ddinter", "sider"])
def test_share_alike_and_noncommercial_are_duties_of(name: str) -> None:
    its = licence(read_recipe(name).licence)
    assert (its.share_alike, its.noncommercial, its.attribution) == (True, True, True)
    assert its.tier == "noncommercial"


@pytest.mark.parametrize("name", recipe_names())
def test_a_recipe_uses_only_predicates_that_kgmed_knows(name: str) -> None:
    for edges in read_recipe(name).edges:
        named = {edges.predicate.constant, *edges.predicate.values.values()} - {""}
        named = {text.removeprefix("^") for text in named if not text.startswith("!")}
        assert named <= set(registry())


def test_hetionet(tmp_path: Path) -> None:
    nodes = [
        "id\tname\tkind",
        "Anatomy::UBERON:0000178\tblood\tAnatomy",
        "Compound::DB00682\tWarfarin\tCompound",
        "Disease::DOID:9477\tembolism\tDisease",
        "Gene::1559\tCYP2C9\tGene",
        "Side Effect::C0019080\tHaemorrhage\tSide Effect",
        "Pharmacologic Class::N0000175961\tVitamin K antagonist\tPharmacologic Class",
        "Pathway::PC7_1\tA pathway\tPathway",
        "Symptom::D005334\tFever\tSymptom",
    ]
    edges = [
        "source\tmetaedge\ttarget",
        "Anatomy::UBERON:0000178\tAuG\tGene::1559",
        "Compound::DB00682\tCcSE\tSide Effect::C0019080",
        "Compound::DB00682\tCtD\tDisease::DOID:9477",
        "Pharmacologic Class::N0000175961\tPCiC\tCompound::DB00682",
        "Gene::1559\tGr>G\tGene::1559",
    ]
    made = recipe(
        "hetionet",
        tmp_path,
        {
            "hetionet-v1.0-nodes.tsv": "\n".join(nodes) + "\n",
            "hetionet-v1.0-edges.sif.gz": "\n".join(edges) + "\n",
        },
    )
    concepts = {row["id"]: row["categories"] for row in read(made, "concepts")}
    assert concepts == {
        "uberon:0000178": ["GrossAnatomicalStructure"],
        "drugbank:DB00682": ["Drug"],
        "doid:9477": ["Disease"],
        "ncbigene:1559": ["Gene"],
        "umls:C0019080": ["PhenotypicFeature"],
        "ndfrt:N0000175961": ["DrugClass"],
        "hetionet.pathway:PC7_1": ["Pathway"],
        "mesh:D005334": ["PhenotypicFeature"],
    }
    rows = read(made, "statements")
    assert [(r["subject"], r["predicate"], r["object"]) for r in rows] == [
        ("ncbigene:1559", "expressed_in", "uberon:0000178"),
        ("drugbank:DB00682", "has_adverse_effect", "umls:C0019080"),
        ("drugbank:DB00682", "treats", "doid:9477"),
        ("drugbank:DB00682", "in_drug_class", "ndfrt:N0000175961"),
        ("ncbigene:1559", "regulates", "ncbigene:1559"),
    ]
    assert json.loads(rows[0]["qualifiers"]) == {"aspect": "expression", "direction": "increased"}
    assert json.loads(rows[2]["qualifiers"]) == {"kind": "disease-modifying"}
    assert not made.findings
    assert (made.info.infores, made.info.release) == ("infores:hetionet", "1.0")


def test_primekg(tmp_path: Path) -> None:
    drug = "3,DB00682,drug,Warfarin,DrugBank"
    disease = '4,13924_12592,disease,"osteo, grouped",MONDO_grouped'
    single = "5,5136,disease,kuru,MONDO"
    gene = "6,1559,gene/protein,CYP2C9,NCBI"
    sign = "7,1945,effect/phenotype,Fever,HPO"
    triples = [
        ("indication", "indication", drug, disease),
        ("indication", "indication", disease, drug),
        ("drug_protein", "enzyme", drug, gene),
        ("drug_protein", "enzyme", gene, drug),
        ("disease_phenotype_negative", "phenotype absent", single, sign),
        ("disease_phenotype_negative", "phenotype absent", sign, single),
        ("disease_disease", "parent-child", single, disease),
        ("disease_disease", "parent-child", disease, single),
    ]
    ends = ",".join(
        f"{end}_{column}" for end in "xy" for column in ("index", "id", "type", "name", "source")
    )
    lines = [f"relation,display_relation,{ends}", *(",".join(triple) for triple in triples)]
    made = recipe("primekg", tmp_path, {"kg.csv": "\n".join(lines) + "\n"})
    assert {row["id"] for row in read(made, "concepts")} == {
        "drugbank:DB00682",
        "primekg.disease:13924_12592",
        "mondo:0005136",
        "ncbigene:1559",
        "hp:0001945",
    }
    assert [(r["predicate"], r["object"]) for r in read(made, "mappings")] == [
        ("skos:narrowMatch", "mondo:0013924"),
        ("skos:narrowMatch", "mondo:0012592"),
    ]
    rows = read(made, "statements")
    assert [(r["subject"], r["predicate"], r["object"], r["negated"]) for r in rows[:3]] == [
        ("drugbank:DB00682", "treats", "primekg.disease:13924_12592", False),
        ("drugbank:DB00682", "has_enzyme", "ncbigene:1559", False),
        ("mondo:0005136", "has_phenotype", "hp:0001945", True),
    ]
    assert {r["predicate"] for r in rows[3:]} == {"related_to"}
    assert made.tallies["kg.csv (mapping 2)"].skipped == {"told the other way round too": 3}
    assert made.tallies["kg.csv (mapping 1)"].skipped == {"repeated row": 3}
    assert "predicate that predicates.toml lacks" not in made.findings
    assert "xref that isn't a CURIE" not in made.findings


def test_ddinter(tmp_path: Path) -> None:
    header = "DDInterID_A,Drug_A,DDInterID_B,Drug_B,Level\n"
    made = recipe(
        "ddinter",
        tmp_path,
        {
            "ddinter_downloads_code_A.csv": header
            + 'DDInter1,Abacavir,DDInter9,"Iron (II, III)",Major\n',
            "ddinter_downloads_code_B.csv": header
            + "DDInter1,Abacavir,DDInter8,Orlistat,Unknown\n",
        },
    )
    assert [(r["id"], r["text"]) for r in read(made, "names")] == [
        ("ddinter:DDInter1", "Abacavir"),
        ("ddinter:DDInter1", "Abacavir"),
        ("ddinter:DDInter9", "Iron (II, III)"),
        ("ddinter:DDInter8", "Orlistat"),
    ]
    assert [r["qualifiers"] for r in read(made, "statements")] == ['{"severity":"Major"}', ""]
    assert not made.findings


def test_sider(tmp_path: Path) -> None:
    flat, stereo = "CID100003016", "CID000003016"
    rash = "PT\tC0015230\tRash\n"
    made = recipe(
        "sider",
        tmp_path,
        {
            "drug_names.tsv": f"{flat}\tdiazepam\n",
            "drug_atc.tsv": f"{flat}\tN05BA01\n",
            "meddra_all_se.tsv.gz": f"{flat}\t{stereo}\tC0015230\tLLT\tC0015230\tRash\n"
            f"{flat}\t{stereo}\tC0015230\t{rash}",
            "meddra_freq.tsv.gz": f"{flat}\t{stereo}\tC0015230\t\t1-10%\t0.01\t0.1\t{rash}"
            f"{flat}\t{stereo}\tC0015230\tplacebo\t1%\t0.01\t0.01\t{rash}",
            "meddra_all_indications.tsv.gz": f"{flat}\tC0003467\tNLP_indication\tanxiety"
            f"\tPT\tC0003467\tAnxiety\n{flat}\tC0015230\ttext_mention\tx\t{rash}",
        },
    )
    assert [row["id"] for row in read(made, "concepts")] == [
        "pubchem.compound:3016",
        "umls:C0015230",
        "umls:C0003467",
    ]
    assert [(r["subject"], r["object"]) for r in read(made, "mappings")] == [
        ("pubchem.compound:3016", "atc:N05BA01")
    ]
    rows = read(made, "statements")
    assert [(r["predicate"], r["object"], r["qualifiers"]) for r in rows] == [
        ("has_adverse_effect", "umls:C0015230", ""),
        ("has_adverse_effect", "umls:C0015230", '{"frequency":"1-10%"}'),
        ("treats", "umls:C0003467", ""),
    ]
    assert made.tallies["meddra_freq.tsv.gz"].skipped == {"placebo isn't empty": 1}


@pytest.mark.parametrize("version", [2, 3])
def test_bios(tmp_path: Path, version: int) -> None:
    relations = {
        2: (
            "Relations.txt",
            ["R1|CN1|CN2|4|may treat", "R2|CN2|CN3|1|is a", "R3|CN3|CN2|2|reverse is a"],
        ),
        3: (
            "RelationTriplets.txt",
            [
                "R1|CN1|warfarin|4|may treat|CN2|embolism",
                "R2|CN2|embolism|1|is a|CN3|disease",
                "R3|CN3|disease|2|reverse is a|CN2|embolism",
            ],
        ),
    }
    file, lines = relations[version]
    made = recipe(
        "bios",
        tmp_path,
        {
            "CoreData/ConceptTerms.txt": 'CN1|TN1|warfarin "Marevan"|ENG|PT\n'
            "CN1|TN2|华法林|CHS|PT\n",
            "CoreData/SemanticTypes.txt": "CN1|7|Chemical or Drug\nCN2|1|Disease or Syndrome\n",
            f"CoreData/{file}": "\n".join(lines) + "\n",
        },
    )
    assert [(r["id"], r["categories"]) for r in read(made, "concepts")] == [
        ("bios:CN1", ["ChemicalEntity"]),
        ("bios:CN2", ["Disease"]),
    ]
    assert [(r["text"], r["language"]) for r in read(made, "names")] == [
        ('warfarin "Marevan"', "en"),
        ("华法林", "zh"),
    ]
    assert said(made) == [("bios:CN1", "treats", "bios:CN2"), ("bios:CN2", "broader", "bios:CN3")]
    assert made.tallies[file].skipped == {"states its inverse row again": 1}
    with pytest.raises(ConfigError, match="no such file"):
        TablesSource("bios", tmp_path / "nowhere")
