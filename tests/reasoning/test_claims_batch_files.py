"""Files of claims: every format in and out, nothing lost, order kept, runs resumed."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pcsv
import pyarrow.parquet as pq
import pytest

from kgmed.builders.overlay import make_overlay
from kgmed.facade import Graph
from kgmed.kg.errors import RowError, UsageError
from kgmed.reasoning.claims.batch import files, verify_file
from kgmed.reasoning.claims.batch.formats import FORMATS

ROWS = 60
NOTES = ['a, "quoted"\nnote', "", "plain", "tab\there", "中文"]


@pytest.fixture(scope="module")
def root(graph: Graph) -> Path:
    return graph.local_store().snapshot.root


@pytest.fixture(scope="module")
def given(graph: Graph) -> pa.Table:
    some = [s for s, _n in zip(graph.store.scan(), range(ROWS), strict=False)]
    return pa.table(
        {
            "n": [f"{n:03}" for n in range(ROWS)],
            "subject": [s.subject for s in some],
            "predicate": [s.predicate if n % 3 else "loves" for n, s in enumerate(some)],
            "object": [s.object for s in some],
            "note": [NOTES[n % len(NOTES)] for n in range(ROWS)],
        }
    )


def write(table: pa.Table, path: Path) -> Path:
    if path.suffix == ".parquet":
        pq.write_table(table, path)
    elif path.suffix in {".csv", ".tsv"}:
        delimiter = "," if path.suffix == ".csv" else "\t"
        pcsv.write_csv(table, path, pcsv.WriteOptions(delimiter=delimiter))
    elif FORMATS[path.suffix] == "jsonl":
        lines = (json.dumps(row, ensure_ascii=False) + "\n" for row in table.to_pylist())
        path.write_text("".join(lines), encoding="utf-8")
    else:
        with pa.ipc.new_file(str(path), table.schema) as writer:
            writer.write_table(table)
    return path


def read(path: Path) -> list[dict[str, object]]:
    if path.suffix == ".parquet":
        rows = pq.read_table(path).to_pylist()
    elif path.suffix in {".csv", ".tsv"}:
        parse = pcsv.ParseOptions(
            delimiter="," if path.suffix == ".csv" else "\t", newlines_in_values=True
        )
        convert = pcsv.ConvertOptions(column_types={"n": pa.string()})
        rows = pcsv.read_csv(path, parse_options=parse, convert_options=convert).to_pylist()
    elif FORMATS[path.suffix] == "jsonl":
        rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    else:
        with pa.ipc.open_file(str(path)) as file:
            rows = file.read_all().to_pylist()
    for row in rows:
        row["statements"] = (
            row["statements"].split("|")
            if isinstance(row["statements"], str)
            else row["statements"]
        )
        for name, value in row.items():
            row[name] = "" if value is None else value
        row["statements"] = [id for id in row["statements"] if id]
    return rows


@pytest.mark.parametrize("ending", FORMATS)
def test_every_format_gives_the_same_rows(
    ending: str, root: Path, given: pa.Table, tmp_path: Path
) -> None:
    source = write(given, tmp_path / f"in{ending}")
    expected = None
    for target in FORMATS:
        report = verify_file(root, source, tmp_path / f"out{target}", rows=25)
        assert report.rows == ROWS
        assert sum(report.verdicts.values()) == ROWS
        found = read(tmp_path / f"out{target}")
        assert [(row["n"], row["note"]) for row in found] == [
            (row["n"], row["note"]) for row in given.to_pylist()
        ]
        expected = expected or found
        assert found == expected
    assert {row["verdict"] for row in expected or []} == {"SUPPORTED", "NOT_COVERED"}


def test_a_killed_run_goes_on_after_its_finished_parts(
    root: Path, given: pa.Table, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = write(given, tmp_path / "in.csv")
    whole, target = tmp_path / "whole.jsonl", tmp_path / "out.jsonl"
    verify_file(root, source, whole, rows=10)
    written = files.write_part

    def killed(path: Path, *rest: object) -> None:
        if path.name == "000003.part":
            raise KeyboardInterrupt
        written(path, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(files, "write_part", killed)
    with pytest.raises(KeyboardInterrupt):
        verify_file(root, source, target, rows=10)
    assert not target.exists()
    monkeypatch.setattr(files, "write_part", written)
    told: list[int] = []
    report = verify_file(root, source, target, rows=10, progress=told.append)
    assert (report.resumed, report.rows, told[0], told[-1]) == (3, ROWS, 30, ROWS)
    assert target.read_bytes() == whole.read_bytes()
    assert not target.with_name("out.jsonl.parts").exists()


def test_parts_of_another_file_are_not_used(
    root: Path, given: pa.Table, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, target = write(given, tmp_path / "in.csv"), tmp_path / "out.csv"
    monkeypatch.setattr(files, "join", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        verify_file(root, source, target, rows=10)
    monkeypatch.undo()
    write(given.slice(1), source)
    report = verify_file(root, source, target, rows=10)
    assert (report.resumed, report.rows) == (0, ROWS - 1)


def test_several_processes_give_the_same_file(root: Path, given: pa.Table, tmp_path: Path) -> None:
    source = write(given, tmp_path / "in.csv")
    for count in (1, 2):
        verify_file(root, source, tmp_path / f"out{count}.csv", rows=10, processes=count)
    assert (tmp_path / "out1.csv").read_bytes() == (tmp_path / "out2.csv").read_bytes()


def test_a_graph_with_an_overlay_gives_the_verdicts_of_its_statements(
    root: Path, graph: Graph, given: pa.Table, tmp_path: Path
) -> None:
    import shutil

    own = tmp_path / "graph"
    shutil.copytree(root, own)
    first = given.slice(1, 1).to_pylist()[0]
    triple = (first["subject"], first["predicate"], first["object"])
    ids = graph.store.find_statements([triple])[0]
    lines = ["statement_id\treason\twho\tdate", *(f"{id}\twrong\tme\t2026-11-21" for id in ids)]
    (tmp_path / "errata.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    make_overlay(own, errata=[tmp_path / "errata.tsv"])
    source = write(given.slice(1, 2), tmp_path / "in.parquet")
    verify_file(own, source, tmp_path / "out.parquet")
    verdicts = [row["verdict"] for row in read(tmp_path / "out.parquet")]
    assert verdicts[0] != "SUPPORTED"
    assert verdicts[1] == "SUPPORTED"


@pytest.mark.parametrize(
    ("name", "text", "error", "words"),
    [
        ("a.xlsx", "x", UsageError, "expected one of .csv"),
        ("a.csv", "", UsageError, "no header line"),
        ("a.csv", "s,p,o\n1,2,3\n", UsageError, "found the columns s, p, o"),
        ("a.csv", "subject,predicate,object\na,b\n", UsageError, "Expected 3 columns, got 2"),
        ("a.parquet", "no parquet", UsageError, "can't be read as parquet"),
        ("a.jsonl", '{"subject": "a"}\n', RowError, "line 1: found no 'predicate'"),
        ("a.jsonl", "\n\nnot json\n", RowError, "expected a JSON object"),
        (
            "a.jsonl",
            '{"subject": "a", "predicate": "b", "object": "c", "rule": "d"}\n',
            RowError,
            "the field 'rule'",
        ),
    ],
)
def test_a_file_that_is_none_is_told(  # noqa: PLR0917
    root: Path, tmp_path: Path, name: str, text: str, error: type[Exception], words: str
) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(error, match=words):
        verify_file(root, tmp_path / name, tmp_path / "out.csv")


def test_no_such_file_and_no_such_folder_are_told(root: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no such file"):
        verify_file(root, tmp_path / "none.csv", tmp_path / "out.csv")
    with pytest.raises(UsageError, match="there is no folder"):
        verify_file(root, tmp_path / "none.csv", tmp_path / "none" / "out.csv")


def test_a_file_without_rows_gives_one_without_rows(root: Path, tmp_path: Path) -> None:
    source, target = tmp_path / "in.csv", tmp_path / "out.csv"
    source.write_text("subject,predicate,object\n", encoding="utf-8")
    assert verify_file(root, source, target).rows == 0
    assert target.read_text(encoding="utf-8").count("\n") == 1
