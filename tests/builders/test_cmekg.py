"""CMeKG: four shapes, two encodings, what becomes a concept, and what is noise."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from kgmed.builders.cmekg import CMeKGSource
from kgmed.builders.cmekg.source import concept_id
from kgmed.builders.rows import OnError
from kgmed.builders.source import Source, TableName, schema
from kgmed.kg.curies import is_well_formed, normalize
from kgmed.kg.errors import DataError, RowError

Row = dict[str, Any]
FORMAT = Path(__file__).parents[2] / "../shared/data/open/cmekg_format/train_example.json"

TRIPLES = [
    ("偏头痛", "临床表现", "畏光"),
    ("偏头痛", "药物治疗", "布洛芬"),
    ("布洛芬", "用法用量", "口服，一次1片"),
    ("布洛芬", "禁忌证", "活动性消化道溃疡"),
]


def spo(*triples: tuple[str, ...]) -> Row:
    return {"text": "训练用的句子", "spo_list": [list(triple) for triple in triples]}


def records(*triples: tuple[str, ...]) -> list[Row]:
    found: dict[str, Row] = {}
    for subject, label, text in triples:
        found.setdefault(subject, {"中心词": subject}).setdefault(label, []).append(text)
    return list(found.values())


def dump(*triples: tuple[str, ...]) -> Row:
    sections: dict[str, list[Row]] = {"疾病": [], "药物": []}
    for record in records(*triples):
        name = record.pop("中心词")
        section = "药物" if name == "布洛芬" else "疾病"
        sections[section].append({"名称": name, **record})
    return sections


def as_json(path: Path, value: Any, encoding: str = "utf-8", indent: int | None = None) -> Path:
    path.write_bytes(json.dumps(value, ensure_ascii=False, indent=indent).encode(encoding))
    return path


def as_lines(path: Path, *values: Any, encoding: str = "utf-8") -> Path:
    lines = (json.dumps(value, ensure_ascii=False) + "\n" for value in values)
    path.write_bytes("".join(lines).encode(encoding))
    return path


def as_csv(path: Path, *rows: tuple[str, ...], encoding: str = "utf-8") -> Path:
    path.write_bytes("".join(",".join(row) + "\r\n" for row in rows).encode(encoding))
    return path


def read(source: Source, table: TableName) -> list[Row]:
    found = []
    for batch in source.batches(table):
        assert batch.schema == schema(table)
        found += batch.to_pylist()
    assert all(tally.adds_up for tally in source.tallies.values())
    return found


def source_of(tmp_path: Path, *triples: tuple[str, ...], on_error: OnError = "stop") -> CMeKGSource:
    return CMeKGSource(as_json(tmp_path / "cmekg.json", [spo(*triples)]), on_error=on_error)


def facts(source: Source) -> set[tuple[str, str, str]]:
    return {
        (row["subject"], row["predicate"], row["object"] or row["value"])
        for row in read(source, "statements")
    }


def skipped(source: CMeKGSource) -> dict[str, int]:
    read(source, "statements")
    return dict(next(iter(source.tallies.values())).skipped)


EXPECTED = {
    ("cmekg:偏头痛", "has_symptom", "cmekg:畏光"),
    ("cmekg:布洛芬", "treats", "cmekg:偏头痛"),
    ("cmekg:布洛芬", "has_dosage", "口服，一次1片"),
    ("cmekg:布洛芬", "contraindicated_in", "cmekg:活动性消化道溃疡"),
}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize(
    "shape",
    ["spo", "spo indented", "spo lines", "records", "record lines", "one record after another",
     "dump", "dump indented", "csv", "csv without a header"],
)  # fmt: skip
def test_every_shape_and_encoding_says_the_same(tmp_path: Path, shape: str, encoding: str) -> None:
    path = tmp_path / ("a.csv" if "csv" in shape else "a.json")
    if shape.startswith("spo"):
        if shape == "spo lines":
            as_lines(path, *(spo(triple) for triple in TRIPLES), encoding=encoding)
        else:
            indent = 1 if "indented" in shape else None
            as_json(path, [spo(triple) for triple in TRIPLES], encoding, indent)
    elif shape == "records":
        as_json(path, records(*TRIPLES), encoding)
    elif shape == "record lines":
        as_lines(path, *records(*TRIPLES), encoding=encoding)
    elif shape == "one record after another":
        text = "\n".join(json.dumps(r, ensure_ascii=False, indent=1) for r in records(*TRIPLES))
        path.write_bytes(text.encode(encoding))
    elif shape.startswith("dump"):
        as_json(path, dump(*TRIPLES), encoding, 1 if "indented" in shape else None)
    else:
        header = [] if "without" in shape else [("头实体", "关系", "尾实体")]
        rows = [(s, p, f'"{o}"') for s, p, o in TRIPLES]
        as_csv(path, *header, *rows, encoding=encoding)
    source = CMeKGSource(path)
    assert isinstance(source, Source)
    assert facts(source) == EXPECTED
    named = "GB18030" if encoding == "gb18030" else "UTF-8"
    assert source.findings["encoding of each file"] == [{"file": path.name, "encoding": named}]
    assert next(iter(source.tallies.values())).kept == 4


def test_a_gzipped_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.json.gz"
    path.write_bytes(gzip.compress(json.dumps([spo(*TRIPLES)]).encode()))
    assert facts(CMeKGSource(path)) == EXPECTED


def test_a_folder_is_all_its_files(tmp_path: Path) -> None:
    as_json(tmp_path / "a.json", [spo(TRIPLES[0])])
    as_csv(tmp_path / "b.csv", TRIPLES[1])
    assert len(facts(CMeKGSource(tmp_path))) == 2


def test_the_release_is_the_version_in_the_name(tmp_path: Path) -> None:
    path = as_json(tmp_path / "cmekg-v5.2.json", [spo()])
    assert CMeKGSource(path).info.release == "5.2"
    assert source_of(tmp_path).info.release == "unversioned"


def test_the_licence_lets_nothing_out(tmp_path: Path) -> None:
    from kgmed.kg.licences import licence

    assert licence(source_of(tmp_path).info.licence).tier == "unknown"


def test_synonymous_predicates_are_one(tmp_path: Path) -> None:
    words = ("禁忌", "禁忌证", "禁忌症")
    source = source_of(tmp_path, *(("布洛芬", word, "孕妇") for word in words))
    found = read(source, "statements")
    assert {row["predicate"] for row in found} == {"contraindicated_in"}
    assert {row["original_predicate"] for row in found} == set(words)


def test_the_reverse_predicates_turn_round(tmp_path: Path) -> None:
    source = source_of(tmp_path, ("癫痫", "病因", "脑外伤"), ("癫痫", "治疗", "丙戊酸钠"))
    assert facts(source) == {
        ("cmekg:脑外伤", "causes", "cmekg:癫痫"),
        ("cmekg:丙戊酸钠", "treats", "cmekg:癫痫"),
    }


def test_under_an_unknown_predicate_only_a_subject_is_a_concept(tmp_path: Path) -> None:
    source = source_of(
        tmp_path,
        ("癫痫", "鉴别诊断", "晕厥"),
        ("癫痫", "鉴别诊断", "癔症"),
        ("晕厥", "临床表现", "意识丧失"),
    )
    found = {(row["predicate"], row["object"], row["value"]) for row in read(source, "statements")}
    assert ("鉴别诊断", "cmekg:晕厥", "") in found
    assert ("鉴别诊断", "", "癔症") in found
    assert "cmekg:癔症" not in {row["id"] for row in read(source, "concepts")}
    assert source.findings["predicate that predicates.toml lacks"] == [
        {"predicate": "鉴别诊断", "count": "2"}
    ]


def test_categories_come_from_the_sides_of_the_predicates(tmp_path: Path) -> None:
    source = source_of(tmp_path, *TRIPLES)
    assert {row["id"]: row["categories"] for row in read(source, "concepts")} == {
        "cmekg:偏头痛": ["Disease"],
        "cmekg:畏光": ["PhenotypicFeature"],
        "cmekg:布洛芬": ["Drug"],
        "cmekg:活动性消化道溃疡": ["DiseaseOrPhenotypicFeature"],
    }


def test_the_part_of_a_dump_is_the_category_of_its_records(tmp_path: Path) -> None:
    value = {
        "诊疗": [{"名称": "脑电图", "相关疾病": ["癫痫"]}],
        "食谱": [{"名称": "粥", "功效": "养胃"}],
    }
    source = CMeKGSource(as_json(tmp_path / "a.json", value))
    categories = {row["id"]: row["categories"] for row in read(source, "concepts")}
    assert categories["cmekg:脑电图"] == ["Procedure"]
    assert source.findings["part of a dump that isn't known"] == [{"part": "食谱", "count": "1"}]


def test_spellings_of_one_name_are_one_concept(tmp_path: Path) -> None:
    source = source_of(
        tmp_path, ("维生素　Ｂ１２", "主治", "贫血"), ("维生素B12", "主治", "神经炎")
    )
    names = [row for row in read(source, "names") if row["id"] == "cmekg:维生素b12"]
    assert [(row["text"], row["kind"]) for row in names] == [
        ("维生素B12", "preferred"),
        ("维生素　Ｂ１２", "synonym"),
    ]


def test_the_order_of_rows_does_not_count(tmp_path: Path) -> None:
    triples = [*TRIPLES, ("维生素　Ｂ１２", "主治", "贫血"), ("维生素B12", "主治", "神经炎")]
    tables: tuple[TableName, ...] = ("concepts", "names", "statements")
    one = source_of(tmp_path, *triples)
    first = [sorted(map(str, read(one, table))) for table in tables]
    other = source_of(tmp_path, *reversed(triples))
    assert [sorted(map(str, read(other, table))) for table in tables] == first


def test_an_id_is_a_curie_without_what_urls_and_lists_can_not_hold() -> None:
    for name in ("t(9：22)%", 'a|b "c"', "13-三体综合征", "A/B\t型", "&nbsp;x"):
        id = concept_id(name)
        assert normalize(id) == id
        assert is_well_formed(id)
        assert not set(id.removeprefix("cmekg:")) & set(' :%|"<>/#?&')


def test_icd10_codes_are_mappings_and_synonyms_names(tmp_path: Path) -> None:
    record = {"中心词": "偏头痛", "ICD-10": "G43.9", "ICD10": "看病历", "同义词": ["偏头风"]}
    source = CMeKGSource(as_json(tmp_path / "a.json", record))
    mapping = read(source, "mappings")
    assert [(row["subject"], row["object"], row["subject_label"]) for row in mapping] == [
        ("cmekg:偏头痛", "icd10:G43.9", "偏头痛")
    ]
    assert {row["text"]: row["kind"] for row in read(source, "names")} == {
        "偏头痛": "preferred",
        "偏头风": "synonym",
    }
    assert skipped(source) == {"not an ICD-10 code": 1}


@pytest.mark.parametrize(
    ("triple", "reason"),
    [
        (("癫痫", "并发症", " "), "empty"),
        (("癫痫", "并发症", "。、"), "punctuation"),
        (("癫痫", "并发症", "12."), "a number"),
        (("癫痫", "并发症", "癫痫。"), "the same as its subject"),
        (("癫痫", "并发症", "肺炎<br/>"), "HTML"),
        (("癫痫", "并发症", "肺炎&nbsp;"), "HTML"),
        (("癫痫", "并发症", "肺\ufffd"), "damaged characters"),
        (("癫痫", "并发症", "\ud83d"), "damaged characters"),
        (("癫痫", "并发症", "尚不明确。"), "a placeholder"),
        (("癫痫", "并发症", "痛" * 41), "too long for a concept"),
        (("癫痫", "并发症", "头痛。伴呕吐"), "a sentence, not a concept"),
        (("布洛芬", "用法用量", "<b>口服</b>"), "HTML"),
        (("布洛芬", "用法用量", "服" * 20_001), "too long for a statement"),
        (("", "并发症", "肺炎"), "subject: empty"),
        (("3", "并发症", "肺炎"), "subject: a number"),
        (("癫痫", "", "肺炎"), "predicate: empty"),
    ],
)
def test_noise_is_skipped_under_its_reason(
    tmp_path: Path, triple: tuple[str, str, str], reason: str
) -> None:
    path = tmp_path / "a.json"
    path.write_text(json.dumps([spo(triple)]), encoding="utf-8")
    source = CMeKGSource(path)
    assert facts(source) == set()
    assert skipped(source) == {reason: 1}


def test_a_number_and_a_sentence_may_be_values(tmp_path: Path) -> None:
    source = source_of(tmp_path, ("布洛芬", "规格", "0.2"), ("布洛芬", "注意事项", "慎用。遵医嘱"))
    assert len(facts(source)) == 2


def test_what_was_too_long_is_listed(tmp_path: Path) -> None:
    source = source_of(tmp_path, ("布洛芬", "禁忌", "对本品过敏" * 10))
    read(source, "statements")
    assert source.findings["sentence where a concept belongs"] == [
        {"subject": "布洛芬", "predicate": "禁忌", "text": "对本品过敏" * 10}
    ]


# Broken files -----------------------------------------------------------------------------------


@pytest.mark.parametrize("value", [[spo(*TRIPLES)] * 3, dump(*TRIPLES), records(*TRIPLES)])
def test_a_document_cut_anywhere_is_an_error_with_the_position(tmp_path: Path, value: Any) -> None:
    text = json.dumps(value, ensure_ascii=False, indent=1)
    for end in range(1, len(text) - 1, 7):
        path = tmp_path / "cut.json"
        path.write_text(text[:end], encoding="utf-8")
        source = CMeKGSource(path)
        with pytest.raises(RowError, match=r"cut\.json line \d+: .* at column \d+"):
            read(source, "statements")


def test_the_position_of_a_cut_is_where_the_file_ends(tmp_path: Path) -> None:
    path = tmp_path / "cut.json"
    path.write_text('[{"中心词": "癫痫",\n "并发症": ["肺炎", "窒息"', encoding="utf-8")
    with pytest.raises(RowError) as caught:
        read(CMeKGSource(path), "statements")
    assert caught.value.line == 2
    assert "cut off" in str(caught.value)
    assert "download complete" in str(caught.value)


def test_a_cut_character_is_a_cut_file(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(json.dumps([spo(*TRIPLES * 9)], ensure_ascii=False).encode()[:-40])
    text = path.read_bytes()
    path.write_bytes(text[: text.rindex("溃".encode()) + 2])
    with pytest.raises(RowError, match="cut off at the end of the file"):
        read(CMeKGSource(path), "statements")


def test_bytes_of_another_encoding_in_utf8_are_an_error(tmp_path: Path) -> None:
    good = json.dumps(spo(*TRIPLES), ensure_ascii=False).encode()
    path = tmp_path / "a.json"
    path.write_bytes(good + b"\n" + '{"中心词": "癫痫"}'.encode("gb18030") + b"\n")
    with pytest.raises(RowError, match=r"line 2: found byte 0x\w\w, which isn't UTF-8"):
        read(CMeKGSource(path), "statements")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "an empty file"),
        ("﻿".encode("utf-16"), "UTF-16"),
        (b"\x80\xff\xff", "neither UTF-8 nor GB18030"),
        (b"hello world", "expected JSON or a CSV of triples"),
        (b"[1, 2]", "found a number, expected an object"),
        (b'{"a": 1}', "found an object with a"),
        (b'[{"spo_list": [["a", "b"]]}]', "found a list of 2, expected a triple"),
        (b'[{"spo_list": []}] x', "expected the end of the file"),
        (b'[{"spo_list": [] "x"}, {}' + b" " * 200 + b"]", "text that isn't JSON"),
        (b"[" * 100_000, "nested too deep"),
        (b"subject,predicate,object\na,b\n", "2 fields, expected 3"),
    ],
)
def test_what_is_not_cmekg_is_refused(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(content)
    with pytest.raises(DataError, match=message) as caught:
        read(CMeKGSource(path), "statements")
    assert "a.json" in str(caught.value)


def test_a_truncated_gz_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "a.json.gz"
    rows = [spo((f"病{n}", "并发症", f"症{n * 7919}")) for n in range(500)]
    path.write_bytes(gzip.compress(json.dumps(rows).encode())[:-500])
    with pytest.raises(DataError, match="damaged gzip"):
        read(CMeKGSource(path), "statements")


def test_bad_records_are_set_aside(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    as_lines(path, spo(*TRIPLES), ["x"], {"中心词": "癫痫", "并发症": [True]})
    with path.open("ab") as file:
        file.write(b'{"broken": \n')
    quarantine = tmp_path / "quarantine.tsv"
    source = CMeKGSource(path, on_error="skip", quarantine=quarantine)
    assert facts(source) == EXPECTED
    assert sum(skipped(source).values()) == 3
    lines = quarantine.read_text(encoding="utf-8").splitlines()
    assert [line.split("\t")[1] for line in lines[1:]] == ["2", "3", "4"]


@pytest.mark.parametrize(
    "row", ['"癫痫,并发症,骨折', '癫痫,"并发症"x,骨折', "癫痫,骨折", '癫痫,"并发症,骨折']
)
def test_a_row_with_a_quote_too_many_costs_no_other_row(tmp_path: Path, row: str) -> None:
    path = as_csv(tmp_path / "a.csv", ("subject", "predicate", "object"), *TRIPLES)
    whole = facts(CMeKGSource(path))
    lines = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join([lines[0], row, *lines[1:]]) + "\n", encoding="utf-8")
    quarantine = tmp_path / "quarantine.tsv"
    source = CMeKGSource(path, on_error="skip", quarantine=quarantine)
    assert facts(source) == whole
    assert sum(skipped(source).values()) == 1
    (entry,) = quarantine.read_text(encoding="utf-8").splitlines()[1:]
    assert entry.split("\t")[1::2] == ["2", row]


def test_a_first_row_that_cannot_be_cut_refuses_the_file(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text('"object,predicate,subject\n癫痫,并发症,骨折\n', encoding="utf-8")
    with pytest.raises(RowError, match="line 1: found a value that begins with a quote"):
        facts(CMeKGSource(path, on_error="skip"))


def test_the_fingerprint_is_that_of_the_bytes(tmp_path: Path) -> None:
    one = source_of(tmp_path, *TRIPLES)
    before = one.fingerprint()
    assert CMeKGSource(one.paths).fingerprint() == before
    assert source_of(tmp_path, *TRIPLES[1:]).fingerprint() != before


def test_a_large_file_is_read_piece_by_piece(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from kgmed.builders.cmekg import text

    monkeypatch.setattr(text, "PIECE", 64)
    rows = [spo((f"病{n}", "临床表现", f"症状{n}号")) for n in range(50)]
    for value in (rows, {"疾病": [{"名称": f"病{n}", "并发症": f"症{n}号"} for n in range(50)]}):
        source = CMeKGSource(as_json(tmp_path / "a.json", value, indent=1))
        assert len(facts(source)) == 50


def test_the_example_of_cmekg_tools_is_read() -> None:
    if not FORMAT.exists():
        pytest.skip(f"{FORMAT} isn't here")
    source = CMeKGSource(FORMAT)
    found = facts(source)
    tally = source.tallies[FORMAT.name]
    expected = sum(len(record["spo_list"]) for record in json.loads(FORMAT.read_text("utf-8")))
    assert tally.read == expected
    assert ("cmekg:13-三体综合征", "has_symptom", "cmekg:特殊面容") in found
    assert "predicate that predicates.toml lacks" not in source.findings
