"""What a build will read, told before it reads: files, rows, time and disk."""

from __future__ import annotations

import gzip
import shutil
from pathlib import Path

import pytest
from mutations import Subject
from small import put
from subjects import SUBJECTS
from support import source

from kgmed.builders.forecast import InputFile, Surveyed, estimated_rows, forecast, survey_files
from kgmed.builders.rows import opened
from kgmed.builders.source import TABLES


@pytest.mark.parametrize("subject", SUBJECTS, ids=lambda subject: subject.name)
def test_every_reader_tells_its_files_and_about_how_many_rows_they_have(
    tmp_path: Path, subject: Subject
) -> None:
    if subject.reader in {"obo", "rdf"}:
        pytest.importorskip("pyobo" if subject.reader == "obo" else "rdflib")
    folder = put(subject.files, tmp_path / "files")
    name = min(subject.files)
    made = subject.make(folder, name, "stop", tmp_path / "aside")
    assert isinstance(made, Surveyed)
    files = made.survey()
    there = {path.name: path.stat().st_size for path in folder.rglob("*") if path.is_file()}
    assert {file.name: file.bytes for file in files}.items() <= there.items()
    for table in TABLES:
        for _batch in made.batches(table):
            pass
    counts = [tally.read for tally in made.tallies.values()]
    told = sum(file.rows for file in files)  # DrugBank's are its interactions
    assert any(read / 3 <= told <= read * 3 for read in (sum(counts), max(counts)))
    assert sum(file.seconds for file in files) > 0


def test_the_rows_of_a_long_file_are_told_from_its_beginning(tmp_path: Path) -> None:
    plain, packed = tmp_path / "rows.tsv", tmp_path / "rows.tsv.gz"
    text = b"".join(b"%d\tdrug %d\ttreats\n" % (n, n % 97) for n in range(200_000))
    plain.write_bytes(text)
    packed.write_bytes(gzip.compress(text))
    rows, guessed = (file.rows for file in survey_files([plain, packed, plain]))
    assert rows == pytest.approx(200_000, rel=0.1)
    assert guessed == pytest.approx(200_000, rel=0.6)
    assert estimated_rows(lambda: opened(plain), 0) > 0
    (tmp_path / "empty.tsv").touch()
    assert survey_files([tmp_path / "empty.tsv"]) == [InputFile("empty.tsv", 0, 0)]


def test_a_disk_that_is_too_small_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = forecast([source()], tmp_path / "not" / "yet" / "there")
    assert found.free == pytest.approx(shutil.disk_usage(tmp_path).free, rel=0.1)
    assert not [line for line in found.lines() if "may not fit" in line]
    assert found.lines()[0] == "with Test"
    usage = type(shutil.disk_usage(tmp_path))(100, 99, 1)
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage)
    lines = forecast([source()], tmp_path).lines()
    assert lines[-1] == "only 1 bytes of disk are free: the build may not fit"
