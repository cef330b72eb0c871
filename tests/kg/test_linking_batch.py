"""Many documents linked at once: order, several processes, and what breaks."""

from __future__ import annotations

import json
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from kgmed.facade import Graph
from kgmed.kg.errors import (
    CorruptSnapshot,
    KgmedError,
    MissingExtra,
    RowError,
    StoreError,
    UsageError,
)
from kgmed.kg.linking.batch import (
    CHUNK_CHARACTERS,
    CHUNK_DOCUMENTS,
    UNDER_WAY,
    Batch,
    How,
    chunks,
    itself,
)
from kgmed.kg.linking.documents import Document
from kgmed.kg.linking.links import LinkedDocument
from kgmed.kg.store.base import GraphStore

WORDS = ("gout", "warfarin", "华法林治疗", "no fever", "nothing here")
MANY = [Document(str(n), f"{WORDS[n % 5]} and aspirin") for n in range(200)]


def links_of(found: list[LinkedDocument]) -> list[tuple[str, list[str]]]:
    return [(linked.id, [link.id for link in linked]) for linked in found]


def test_several_processes_give_what_one_gives_in_the_same_order(graph: Graph) -> None:
    alone = list(graph.link_documents(MANY))
    assert list(graph.link_documents(MANY, processes=2)) == alone
    assert [linked.id for linked in alone] == [document.id for document in MANY]
    assert links_of(alone)[2][1][0] == "drugbank:DB00682"
    assert [linked.lang for linked in alone[:3]] == ["en", "en", "zh"]


def test_texts_get_their_number_as_id_and_documents_keep_theirs(graph: Graph) -> None:
    found = list(graph.link_documents(["gout", Document("b", "fever", lang="zh")], lang="en"))
    assert [(linked.id, linked.lang, len(linked)) for linked in found] == [
        ("1", "en", 1), ("b", "zh", 1),
    ]  # fmt: skip


def test_categories_keep_their_concepts_alone(graph: Graph) -> None:
    text = "warfarin for gout"
    assert [link.name for link in graph.link(text, categories=["Disease"])] == ["gout"]
    (found,) = graph.link_documents([text], categories=["Drug"])
    assert [link.name for link in found] == ["Warfarin"]
    with pytest.raises(UsageError, match="Found the category 'drug', expected"):
        graph.link(text, categories=["drug"])
    with pytest.raises(UsageError, match="Found lang 'fr'"):
        graph.link(text, lang="fr")  # type: ignore[arg-type]


def test_documents_are_read_while_others_are_linked_and_no_further(graph: Graph) -> None:
    read = 0

    def endless() -> Iterator[Document]:
        nonlocal read
        while True:
            read += 1
            yield Document(str(read), "gout " * 100)

    found = graph.link_documents(endless(), processes=2)
    for _ in range(5):
        next(found)
    assert read <= (UNDER_WAY * 2 + 2) * CHUNK_DOCUMENTS
    found.close()  # type: ignore[attr-defined]
    assert threading.active_count() < 10


def test_chunks_are_cut_by_count_and_by_length() -> None:
    long = [Document(str(n), "x" * (CHUNK_CHARACTERS // 2)) for n in range(5)]
    assert [len(chunk) for chunk in chunks(long)] == [2, 2, 1]
    assert list(chunks([])) == []


def refuses() -> GraphStore:
    raise CorruptSnapshot("names.sqlite: its checksum differs.")


def dies(linked: LinkedDocument) -> LinkedDocument:
    os._exit(9)


def test_an_error_of_a_worker_is_the_callers(graph: Graph) -> None:
    batch = Batch(graph.store, refuses, processes=2)
    with pytest.raises(CorruptSnapshot, match=r"names\.sqlite: its checksum differs"):
        list(batch.run(MANY, itself))


def test_a_worker_that_dies_is_said_and_nothing_hangs(graph: Graph) -> None:
    batch = graph._batch(How(), 2)
    with pytest.raises(StoreError, match="A worker process ended before its documents"):
        list(batch.run(MANY, dies))


def test_the_number_of_processes_is_checked(graph: Graph) -> None:
    with pytest.raises(UsageError, match="expected 1 or more, or 0"):
        list(graph.link_documents(["gout"], processes=-1))


@pytest.mark.parametrize(
    "error",
    [
        RowError("a.tsv", 7, found="4 fields", expected="5"),
        MissingExtra("torch", "rerank"),
        UsageError("Found this."),
        KgmedError(),
    ],
)
def test_errors_cross_between_processes_as_they_are(error: KgmedError) -> None:
    again = pickle.loads(pickle.dumps(error))  # noqa: S301
    assert type(again) is type(error)
    assert str(again) == str(error)
    assert vars(again) == vars(error)


# Files


Link = Callable[..., tuple[int, str, str]]


@pytest.fixture
def link(graph: Graph, tmp_path: Path) -> Link:
    def run(*arguments: str, stdin: bytes = b"") -> tuple[int, str, str]:
        command = [sys.executable, "-m", "kgmed.cli", "link", *arguments]
        done = subprocess.run(command, input=stdin, capture_output=True, cwd=tmp_path, check=False)
        return done.returncode, done.stdout.decode(), done.stderr.decode()

    return run


def rows(text: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in text.splitlines()]


def notes(folder: Path, count: int = 3) -> Path:
    path = folder / "notes.jsonl"
    lines = [json.dumps({"id": f"n{n}", "text": f"{WORDS[n % 5]} and gout"}) for n in range(count)]
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def test_a_file_is_linked_to_standard_output_as_json_lines(link: Link, tmp_path: Path) -> None:
    notes(tmp_path)
    code, out, err = link("--file", "notes.jsonl")
    assert code == 0
    assert [row["id"] for row in rows(out)] == ["n0", "n1", "n2"]
    assert rows(out)[0]["schema"] == "kgmed.linked/1"
    assert "3 documents, 6 links" in err
    assert link("--file", "notes.jsonl", "--quiet")[2] == ""


def test_documents_come_from_standard_input_where_their_format_is_given(link: Link) -> None:
    code, out, _ = link("--file", "-", "--from", "txt", "--lines", stdin=b"gout\n\nfever\n")
    assert code == 0
    assert [row["id"] for row in rows(out)] == ["stdin-1", "stdin-3"]
    assert link("--file", "-", stdin=b"gout")[0] == 2


def test_processes_write_the_same_file(link: Link, tmp_path: Path) -> None:
    notes(tmp_path, 150)
    for name, more in (("one.jsonl", ()), ("two.jsonl", ("--processes", "2"))):
        code, out, _ = link("--file", "notes.jsonl", "--out", name, *more)
        assert code == 0
        assert out == f"{name}: 150 documents, 270 links\n"
    assert (tmp_path / "one.jsonl").read_bytes() == (tmp_path / "two.jsonl").read_bytes()


def test_formats_and_a_page_are_written_at_once(link: Link, tmp_path: Path) -> None:
    notes(tmp_path)
    for out, more in (("a.pubtator.gz", ()), ("so", ("--format", "standoff"))):
        code, _, err = link("--file", "notes.jsonl", "--out", out, "--html", f"{out}.html", *more)
        assert (code, "Traceback" in err) == (0, False)
        assert (tmp_path / f"{out}.html").read_text(encoding="utf-8").count("<section>") == 3
    assert len(list((tmp_path / "so").iterdir())) == 6
    again = link("--file", "a.pubtator.gz", "--quiet")[1]
    assert [row["id"] for row in rows(again)] == ["n0", "n1", "n2"]


def test_a_page_alone_prints_no_links(link: Link, tmp_path: Path) -> None:
    notes(tmp_path)
    code, out, _ = link("--file", "notes.jsonl", "--html", "a.html")
    assert (code, out) == (0, "a.html: 3 documents, 6 links\n")
    code, out, _ = link("gout", "--html", "b.html")
    assert code == 0
    assert out.startswith("offsets\ttext\tid")
    assert "<mark" in (tmp_path / "b.html").read_text(encoding="utf-8")


def test_a_text_is_written_as_a_document(link: Link, tmp_path: Path) -> None:
    assert link("gout", "--out", "a.ann")[:2] == (0, "")
    assert (tmp_path / "a.txt").read_text(encoding="utf-8") == "gout"
    code, out, _ = link("warfrin", "--format", "jsonl")
    assert code == 0
    assert rows(out)[0]["links"][0]["id"] == "drugbank:DB00682"  # type: ignore[index]


def test_a_broken_line_stops_and_leaves_no_file_or_is_skipped_and_counted(
    link: Link, tmp_path: Path
) -> None:
    path = tmp_path / "notes.jsonl"
    path.write_text('{"id": 1, "text": "gout"}\n{"id": 2}\nno JSON\n{"id": 4, "text": "fever"}\n')
    code, out, err = link("--file", "notes.jsonl", "--out", "a.jsonl")
    assert (code, out) == (1, "")
    assert "notes.jsonl line 2: found no text among 'id'" in err
    assert [p.name for p in tmp_path.iterdir()] == ["notes.jsonl"]
    code, out, err = link("--file", "notes.jsonl", "--out", "a.jsonl", "--on-error", "skip")
    assert (code, out) == (0, "a.jsonl: 2 documents, 2 links\n")
    assert "skipped: notes.jsonl line 3: found no JSON" in err
    assert "skipped 2 documents" in err
    code, out, _ = link(
        "--file", "notes.jsonl", "--out", "b.jsonl", "--on-error", "skip", "--json", "--quiet"
    )
    counts = json.loads(out)
    assert (counts["documents"], counts["skipped"], len(counts["problems"])) == (2, 2, 2)
    assert counts["schema"] == "kgmed.linked_files/1"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "Found neither TEXT and --file: expected one of them"),
        (["gout", "--file", "notes.jsonl"], "Found both TEXT and --file"),
        (["--file", "notes.csv"], "expected one ending in"),
        (["--file", "notes.jsonl", "--from", "csv"], "expected one of: jsonl, pubtator, txt"),
        (["--file", "notes.jsonl", "--out", "a.csv"], "expected one ending in"),
        (
            ["--file", "notes.jsonl", "--format", "csv"],
            "expected one of: jsonl, pubtator, standoff",
        ),
        (["--file", "notes.jsonl", "--format", "standoff"], "Standoff is files"),
        (["--file", "notes.jsonl", "--out", "no/a.jsonl"], "there is no folder no"),
        (["--file", "notes.jsonl", "--out", "a.ann"], "an .ann file is of one document"),
        (["--file", "notes.jsonl", "--on-error", "maybe"], "expected one of: stop, skip"),
        (["--file", "notes.jsonl", "--processes", "-3"], "expected 1 or more"),
        (["gout", "--categories", "Drug,Bug"], "Found the category 'Bug'"),
        (["gout", "--lang", "fr"], "expected one of: en, zh"),
        (["gout", "--reranker", "nowhere"], "nowhere"),
    ],
)
def test_what_cant_be_done_is_said(
    link: Link, tmp_path: Path, arguments: list[str], message: str
) -> None:
    notes(tmp_path)
    code, out, err = link(*arguments)
    assert code in {1, 2}
    assert out == ""
    assert message in err
    assert "Traceback" not in err
    assert [path.name for path in tmp_path.iterdir()] == ["notes.jsonl"]


@pytest.mark.parametrize("processes", ["1", "2"])
def test_ctrl_c_leaves_no_file_and_no_process(graph: Graph, tmp_path: Path, processes: str) -> None:
    notes(tmp_path, 200_000)
    command = [sys.executable, "-m", "kgmed.cli", "link", "--file", "notes.jsonl"]
    command += ["--out", "a.jsonl", "--processes", processes]
    running = subprocess.Popen(
        command, cwd=tmp_path, stderr=subprocess.PIPE, start_new_session=True
    )
    partial = tmp_path / ".a.jsonl.partial"
    until = time.monotonic() + 60
    while not (partial.exists() and partial.stat().st_size) and time.monotonic() < until:
        time.sleep(0.05)
    os.killpg(running.pid, signal.SIGINT)  # as a terminal does: every process gets it
    _, err = running.communicate(timeout=60)
    assert running.returncode == 130
    assert b"Traceback" not in err
    assert [path.name for path in tmp_path.iterdir()] == ["notes.jsonl"]
    until = time.monotonic() + 30
    while is_alive(running.pid) and time.monotonic() < until:
        time.sleep(0.05)
    assert not is_alive(running.pid)


def is_alive(group: int) -> bool:
    """Whether a process of a group is left."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True
