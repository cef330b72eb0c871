"""Documents read from files: what each format gives, and what is said of those that are broken."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kgmed.kg.errors import DataError, RowError, UsageError
from kgmed.kg.linking import documents
from kgmed.kg.linking.documents import Document, Mention, read_documents
from kgmed.kg.linking.links import LinkedDocument
from kgmed.kg.linking.written import pubtator

ABSTRACT = (
    "6794356|t|Lithium toxicity.\n"
    "6794356|a|A newborn | with cyanosis.\n"
    "6794356\t0\t7\tLithium\tChemical\tD008094\n"
    "6794356\t35\t43\tcyanosis\tDisease\tD003490\n"
    "6794356\tCID\tD008094\tD003490\n"
)


@pytest.fixture
def file(tmp_path: Path) -> Callable[[str, str | bytes], Path]:
    def write(name: str, content: str | bytes) -> Path:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write


Write = Callable[[str, str | bytes], Path]


def test_a_text_file_is_one_document_as_it_stands(file: Write) -> None:
    text = "Fièvre\r\nand 华法林\n\n"
    assert list(read_documents(file("note.v2.txt", text))) == [Document("note.v2", text)]


def test_a_byte_order_mark_is_no_character_of_a_text(file: Write) -> None:
    (found,) = read_documents(file("a.txt", b"\xef\xbb\xbfgout"))
    assert found.text == "gout"


def test_lines_of_a_text_file_are_documents_by_line_number(file: Write) -> None:
    path = file("notes.txt", "gout\n\n  \nfever\r\n")
    assert list(read_documents(path, lines=True)) == [
        Document("notes-1", "gout"), Document("notes-4", "fever"),
    ]  # fmt: skip


def test_json_lines_have_ids_languages_and_mentions(file: Write) -> None:
    rows: list[dict[str, Any]] = [
        {"id": "a", "text": "无痛风", "lang": "zh", "mentions": [{"start": 1, "end": 3}]},
        {"id": 7, "text": "gout", "more": [1]},
        {"text": "fever"},
    ]
    path = file("a.jsonl", "\n".join(json.dumps(row) for row in rows))
    assert list(read_documents(path)) == [
        Document("a", "无痛风", None, (Mention(1, 3, "痛风"),), "zh"),
        Document("7", "gout"),
        Document("3", "fever"),
    ]


def test_pubtator_joins_title_and_abstract_by_one_character(file: Write) -> None:
    first, second = read_documents(file("a.PubTator.txt", ABSTRACT + "\n\n2|t|Only a title\n"))
    assert first.text == "Lithium toxicity.\nA newborn | with cyanosis."
    assert first.title_end == 17
    assert [m.text for m in first.mentions] == ["Lithium", "cyanosis"]
    assert first.mentions[1] == Mention(35, 43, "cyanosis", "D003490", "Disease")
    assert second == Document("2", "Only a title", 12)


def test_pubtator_documents_need_no_empty_line_between_them(file: Write) -> None:
    path = file("a.pubtator", "1|t|gout\n1|a|x\n2|t|fever\n2|a|y\n")
    assert [document.text for document in read_documents(path)] == ["gout\nx", "fever\ny"]


@pytest.mark.parametrize("name", ["a.jsonl.gz", "a.PUBTATOR.gz", "a.txt.gz", "a.pubtator.txt.gz"])
def test_compressed_files_are_read_by_the_name_within(tmp_path: Path, name: str) -> None:
    content = {"j": '{"id": "1", "text": "gout"}', "p": "1|t|gout\n", "t": "gout"}
    path = tmp_path / name
    path.write_bytes(gzip.compress(content[name.lower().removeprefix("a.")[0]].encode()))
    assert [document.text for document in read_documents(path)] == ["gout"]


def test_the_files_of_a_folder_are_read_by_name(file: Write, tmp_path: Path) -> None:
    file("b.txt", "fever")
    file("a.txt", "gout")
    file("c.md", "no document")
    assert [document.id for document in read_documents(tmp_path)] == ["a", "b"]


BROKEN = [
    ("a.jsonl", "{'text': 1}", 1, "found no JSON"),
    ("a.jsonl", "[" * 100_000, 1, "found no JSON (RecursionError)"),
    ("a.jsonl", '\n["gout"]', 2, "found a JSON list"),
    ("a.jsonl", '{"id": 1, "note": "x"}', 1, "found no text among 'id', 'note'"),
    ("a.jsonl", '{"text": null}', 1, "found no text"),
    ("a.jsonl", '{"id": [1], "text": "x"}', 1, "found the id [1]"),
    ("a.jsonl", '{"id": "", "text": "x"}', 1, "found the id ''"),
    ("a.jsonl", '{"text": "x", "lang": "fr"}', 1, "expected en or zh"),
    ("a.jsonl", '{"text": "x", "title_end": 2}', 1, "an offset within the text, 0-1"),
    ("a.jsonl", '{"text": "x", "mentions": [{"start": "0"}]}', 1, "found other mentions"),
    ("a.jsonl", '{"text": "a\\ud800"}', 1, "the lone surrogate U+D800 at offset 1"),
    ("a.jsonl", '{"text": "a\\u0000b"}', 1, "the control character U+0000 at offset 1"),
    ("a.jsonl", '{"id": "a\\u001b", "text": "b"}', 1, "U+001B in the id"),
    ("a.jsonl", b'{"text": "\xff"}', 1, "found the byte 0xff, expected UTF-8 text"),
    ("a.jsonl", '{"text": "gout", "mentions": [{"start": 2, "end": 9}]}', 1, "0-4"),
    ("a.jsonl", '{"text": "gout", "mentions": [{"start": -2, "end": 3}]}', 1, "at -2-3"),
    ("a.jsonl", '{"id": 1, "text": "x"}\n{"id": "1", "text": "y"}', 2, "a second time"),
    ("a.txt", b"gout\n\xc3\x28", 2, "found the byte 0xc3"),
    ("a.txt", "a\x07", 1, "the control character U+0007 at offset 1"),
    ("a.pubtator", "gout\n", 1, "expected ID|t|TITLE"),
    ("a.pubtator", "1|a|gout\n", 1, "expected ID|t|TITLE"),
    ("a.pubtator", "1|t|gout\n1|a|x\n2\t0\t4\tgout\tDisease\tD1\n", 3, "an annotation of 1"),
    ("a.pubtator", "1|t|gout\n1\t0\t99\tgout\tDisease\tD1\n", 2, "offsets within the text, 0-4"),
    ("a.pubtator", "1|t|gout\n1\t-1\t4\tgout\tDisease\tD1\n", 2, "at -1-4"),
    ("a.pubtator", "1|t|gout\n1\t3\t3\t\tDisease\tD1\n", 2, "at 3-3"),
    ("a.pubtator", "1|t|gout\n1\t0\t3\tgou!\tDisease\tD1\n", 2, "what stands there, 'gou'"),
    ("a.pubtator", "1|t|gout\n1\t0x\t4\tgout\tDisease\tD1\n", 2, "whole numbers as offsets"),
    ("a.pubtator", "1|t|gout\n\n1|t|fever\n", 3, "the id '1' a second time"),
]


@pytest.mark.parametrize(("name", "content", "line", "message"), BROKEN)
def test_a_broken_document_is_an_error_with_file_and_line(
    file: Write, name: str, content: str | bytes, line: int, message: str
) -> None:
    path = file(name, content)
    with pytest.raises(RowError) as caught:
        list(read_documents(path))
    assert message in str(caught.value)
    assert str(caught.value).startswith(f"{path} line {line}: ")


@pytest.mark.parametrize(
    ("name", "content"),
    [(name, content) for name, content, _, message in BROKEN if name == "a.jsonl"],
)
def test_what_follows_a_broken_line_is_read_where_it_may_be_passed_over(
    file: Write, name: str, content: str | bytes
) -> None:
    raw = content.encode() if isinstance(content, str) else content
    problems: list[DataError] = []
    path = file(name, raw + b'\n{"id": "last", "text": "gout"}\n')
    found = list(read_documents(path, bad=problems.append))
    assert found[-1] == Document("last", "gout")
    assert len(problems) == 1


def test_a_broken_pubtator_document_is_passed_over_whole(file: Write) -> None:
    problems: list[DataError] = []
    path = file("a.pubtator", "1|t|gout\n1\t0\t99\tx\tD\tD1\n\n2|t|fever\n")
    assert [d.id for d in read_documents(path, bad=problems.append)] == ["2"]
    assert len(problems) == 1


def test_line_feeds_tabs_and_form_feeds_are_text(file: Write) -> None:
    assert next(read_documents(file("a.txt", "gout\t\n\f\v\r\n\x85\u2028"))).text


def test_a_text_that_is_too_long_is_refused(file: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "MAX_TEXT", 10)
    for name, content in (
        ("a.txt", "华" * 11),
        ("b.txt", "a" * 99),
        ("c.jsonl", '{"text": "12345678901"}'),
    ):
        with pytest.raises(RowError, match=r"expected at most 10"):
            list(read_documents(file(name, content)))
    assert len(next(read_documents(file("d.txt", "华" * 10))).text) == 10


def test_a_damaged_archive_and_a_missing_file_are_said(file: Write, tmp_path: Path) -> None:
    whole = gzip.compress(b'{"text": "gout"}\n' * 1000)
    for path in (file("a.jsonl.gz", whole[:-20]), file("b.txt.gz", b"plain")):
        with pytest.raises(DataError, match="found damaged gzip data"):
            list(read_documents(path))
    with pytest.raises(DataError, match="can't be read"):
        list(read_documents(tmp_path / "none.txt"))


def test_a_name_that_says_no_format_needs_one(file: Write) -> None:
    path = file("notes.csv", "gout")
    with pytest.raises(UsageError, match=r"expected one ending in .*\.jsonl"):
        list(read_documents(path))
    assert [document.text for document in read_documents(path, format="txt")] == ["gout"]
    with pytest.raises(UsageError, match="expected one of: jsonl, pubtator, txt"):
        list(read_documents(path, format="csv"))


TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=40)


@given(TEXTS, TEXTS)
def test_a_pubtator_document_reads_as_it_was_written(title: str, abstract: str) -> None:
    text = f"{title}\n{abstract}"
    written = pubtator(LinkedDocument("7", text, "en", (), title_end=len(title)))
    lines = [*enumerate(written.removesuffix("\n\n").split("\n"), 1)]
    found = documents._of_pubtator(Path("x"), lines)
    assert isinstance(found, tuple)
    plain = text.replace("\u2028", " ").replace("\u2029", " ")
    assert found[1] == Document("7", plain, len(title))
