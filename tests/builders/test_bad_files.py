"""The bad files that every user meets one day: each refused with what to do, its rows set aside.

One entry a file. It is made from a small valid synthetic release (:mod:`small`), and the message
has to say which file, which line where there is one, what was found, what was expected, and what to
do. Where a row is at fault, ``on_error="skip"`` counts it and sets it aside, and reads the rest.
"""

from __future__ import annotations

import gzip
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pytest
import small

from kgmed.builders.cmekg import CMeKGSource
from kgmed.builders.drugbank import DrugBankSource
from kgmed.builders.ontology import RdfSource
from kgmed.builders.rows import OnError
from kgmed.builders.snomed import SnomedSource
from kgmed.builders.source import TABLES, Source, schema
from kgmed.builders.umls import UmlsSource
from kgmed.kg.errors import DataError, RowError

MRCONSO, MRSAB = "META/MRCONSO.RRF", "META/MRSAB.RRF"
TERMS = "Snapshot/Terminology"
CONCEPTS = f"{TERMS}/sct2_Concept_Snapshot_INT_20240131.txt"
DESCRIPTIONS = f"{TERMS}/sct2_Description_Snapshot-en_INT_20240131.txt"
DRUGS = "full database.xml"

BOMB = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
DOCTYPE = f'<!DOCTYPE x [<!ENTITY a0 "lol">{BOMB}]>\n'.encode()

READERS: dict[str, tuple[small.Files, Callable[[Path, OnError, Path | None], Source]]] = {
    "umls": (
        small.umls(),
        lambda folder, on_error, aside: UmlsSource(folder, on_error=on_error, quarantine=aside),
    ),
    "snomed": (
        small.snomed(),
        lambda folder, on_error, aside: SnomedSource(
            next(folder.glob("*.zip"), folder), on_error=on_error, quarantine=aside
        ),
    ),
    "drugbank": (
        small.drugbank(),
        lambda folder, on_error, aside: DrugBankSource(
            next(iter(sorted(folder.iterdir()))), on_error=on_error, quarantine=aside
        ),
    ),
    "cmekg": (
        {name: small.cmekg()[name] for name in ("spo_list.json",)},
        lambda folder, on_error, aside: CMeKGSource(folder, on_error=on_error, quarantine=aside),
    ),
    "owl": (
        small.RDF_XML,
        lambda folder, on_error, aside: RdfSource(
            folder / "ward.owl", on_error=on_error, quarantine=aside
        ),
    ),
}


class Bad(NamedTuple):
    """A bad file: what makes it of a valid one, and what its message has to say. ``reason``: what
    the row is counted under where rows are skipped, '' where the file is refused either way."""

    reader: str
    breaks: Callable[[Path], None]
    file: str
    line: int | None
    found: str
    expected: str
    do: str
    reason: str = ""


# What breaks a file -------------------------------------------------------------------------------


def edit(name: str, change: Callable[[bytes], bytes]) -> Callable[[Path], None]:
    """Change a file's bytes."""
    return lambda folder: _write(folder / name, change((folder / name).read_bytes()))


def edit_line(name: str, line: int, change: Callable[[bytes], bytes]) -> Callable[[Path], None]:
    """Change one line, counted from 1."""

    def in_line(data: bytes) -> bytes:
        lines = data.split(b"\n")
        lines[line - 1] = change(lines[line - 1])
        return b"\n".join(lines)

    return edit(name, in_line)


def _write(path: Path, data: bytes) -> None:
    path.write_bytes(data)


def cut_gz(name: str) -> Callable[[Path], None]:
    """A file compressed, and its last bytes lost."""

    def breaks(folder: Path) -> None:
        path = folder / name
        path.with_name(f"{path.name}.gz").write_bytes(gzip.compress(path.read_bytes())[:-9])
        path.unlink()

    return breaks


def zipped(archive: str, *extra: str) -> Callable[[Path], None]:
    """All files in an archive, with one that would lie outside of it."""

    def breaks(folder: Path) -> None:
        files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
        with zipfile.ZipFile(folder / archive, "w") as target:
            for path in files:
                target.write(path, path.relative_to(folder))
            for name in extra:
                target.writestr(name, "x")
        for path in files:
            path.unlink()

    return breaks


def remove(name: str) -> Callable[[Path], None]:
    """A file that isn't there."""
    return lambda folder: (folder / name).unlink()


def another(name: str, data: bytes) -> Callable[[Path], None]:
    """A file that doesn't belong to the others."""

    def breaks(folder: Path) -> None:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)

    return breaks


def spanish_names(folder: Path) -> None:
    """The Spanish Extension's language reference set, without its descriptions."""
    english = next(folder.rglob("*LanguageSnapshot-en*"))
    english.with_name(english.name.replace("-en_", "-es_")).write_bytes(english.read_bytes())


def from_last_year(folder: Path) -> None:
    """The concepts of the release before, beside those of this one."""
    path = folder / CONCEPTS
    path.with_name(path.name.replace("20240131", "20230731")).write_bytes(path.read_bytes())


def without_field(row: bytes) -> bytes:
    return row.replace(b"|PF|", b"|").replace(b"|VO|", b"|")


def wrong_digit(row: bytes) -> bytes:
    cells = row.split(b"\t")
    cells[0] = cells[0][:-1] + b"%d" % ((int(cells[0][-1:]) + 1) % 10)
    return b"\t".join(cells)


BAD: dict[str, Bad] = {
    "a truncated .gz": Bad(
        "umls", cut_gz(MRCONSO), "MRCONSO.RRF.gz", None,
        "damaged gzip data", "a whole .gz file", "Is the download complete?",
    ),
    "a truncated .gz of DrugBank": Bad(
        "drugbank", cut_gz(DRUGS), "full database.xml.gz", None,
        "damaged gzip data", "a whole .gz file", "Is the download complete?",
    ),
    "17 fields": Bad(
        "umls", edit_line(MRCONSO, 3, without_field), "MRCONSO.RRF", 3,
        "17 fields", "18 (MRCONSO.RRF of UMLS", "Is the download complete",
        "wrong number of fields",
    ),
    "wrong encoding": Bad(
        "snomed", edit_line(DESCRIPTIONS, 4, lambda row: row.replace(b"disease", b"enferm\xe9")),
        "sct2_Description_Snapshot-en", 4,
        "byte 0xe9 at position", "UTF-8 text", "Convert the file: iconv", "not UTF-8",
    ),
    "a ZIP with ../ names, of SNOMED CT": Bad(
        "snomed", zipped("release.zip", "../../evil.txt"), "release.zip", None,
        "'../../evil.txt'", "names inside the archive", "don't use the file",
    ),
    "a ZIP with ../ names, of UMLS": Bad(
        "umls", zipped("2099AA-full.zip", "../MRCONSO.RRF"), "2099AA-full.zip", None,
        "'../MRCONSO.RRF'", "names inside the archive", "download it again",
    ),
    "a ZIP with ../ names, of DrugBank": Bad(
        "drugbank", zipped("all-full-database.zip", "../evil.xml"), "all-full-database.zip", None,
        "'../evil.xml'", "names inside the archive", "fetch it again",
    ),
    "an entity bomb": Bad(
        "drugbank", edit(DRUGS, lambda data: data.replace(b"<drugbank ", DOCTYPE + b"<drugbank ")),
        DRUGS, 2, "a document type declaration", "none: DrugBank's files have none",
        "download it again",
    ),
    "an entity bomb in OWL": Bad(
        "owl", edit("ward.owl", lambda data: data.replace(b'"1.0"?>\n', b'"1.0"?>\n' + DOCTYPE)),
        "ward.owl", None, "an entity made of entities", "entities that abbreviate namespaces",
        "write it without its DOCTYPE",
    ),
    "an edition without its language's Description": Bad(
        "snomed", spanish_names, "sct2_Description_Snapshot-es_INT_20240131.txt", None,
        "found no sct2_Description", "expected one", "Is the download or the unpacking complete?",
    ),
    "another major version of DrugBank": Bad(
        "drugbank", edit(DRUGS, lambda data: data.replace(b'version="5.1"', b'version="6.0"')),
        DRUGS, 2, "DrugBank of version '6.0'", "version 5", "Download a release of DrugBank 5",
    ),
    "an SCTID with a wrong check digit": Bad(
        "snomed", edit_line(CONCEPTS, 3, wrong_digit), "sct2_Concept_Snapshot", 3,
        "found id ", "the check digit", "Was the id typed, or rounded by a spreadsheet?",
        "id with a wrong check digit",
    ),
    "a CMeKG JSON cut in the middle": Bad(
        "cmekg", edit("spo_list.json", lambda data: data[: len(data) * 3 // 4]), "spo_list.json", 5,
        "JSON that is cut off", "a whole document", "is the download complete?",
    ),
    "a missing MRSTY": Bad(
        "umls", remove("META/MRSTY.RRF"), "MRSTY.RRF", None,
        "but no MRSTY.RRF", "A Metathesaurus has one", "is the download",
    ),
    "two releases of UMLS mixed": Bad(
        "umls", another("META/release.dat", b"umls.release.name=2024AB\n"), "release", None,
        "files of two releases, 2024AB (release.dat) and", "expected one",
        "Give the files of one release",
    ),
    "two releases of SNOMED CT mixed": Bad(
        "snomed", from_last_year, "sct2_Concept_Snapshot_INT_20230731.txt", None,
        "found releases mixed: ", "expected files of one", "Name the folder of the release to read",
    ),
}  # fmt: skip


def rows(source: Source) -> dict[str, list[dict[str, Any]]]:
    """All rows of a source, and its tallies checked."""
    found = {
        table: pa.Table.from_batches(source.batches(table), schema(table)).to_pylist()
        for table in TABLES
    }
    assert source.tallies
    assert all(tally.adds_up for tally in source.tallies.values())
    return found


ROWS = [name for name, bad in BAD.items() if bad.reason]


@pytest.mark.parametrize("name", READERS)
def test_a_small_release_is_valid(tmp_path: Path, name: str) -> None:
    if name == "owl":
        pytest.importorskip("rdflib", reason="needs the extra 'ontology'")
    files, make = READERS[name]
    found = rows(make(small.put(files, tmp_path / name), "stop", None))
    assert found["concepts"]
    assert found["statements"]


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_is_refused_with_what_to_do(tmp_path: Path, name: str) -> None:
    bad = BAD[name]
    files, make = READERS[bad.reader]
    bad.breaks(small.put(files, tmp_path / "release"))
    with pytest.raises(DataError) as caught:
        rows(make(tmp_path / "release", "stop", None))
    message = str(caught.value)
    assert bad.file in message
    for said in (bad.found, bad.expected, bad.do):
        assert said in message
    line = caught.value.line if isinstance(caught.value, RowError) else None
    assert line == bad.line
    assert (f" line {bad.line}: " in message) == (bad.line is not None)


@pytest.mark.parametrize("name", [name for name in BAD if name not in ROWS])
def test_a_bad_file_is_refused_when_rows_are_skipped_too(tmp_path: Path, name: str) -> None:
    bad = BAD[name]
    files, make = READERS[bad.reader]
    bad.breaks(small.put(files, tmp_path / "release"))
    with pytest.raises(DataError) as caught:
        rows(make(tmp_path / "release", "skip", tmp_path / "aside.tsv"))
    assert bad.found in str(caught.value)


@pytest.mark.parametrize("name", ROWS)
def test_a_bad_row_is_counted_and_set_aside_and_the_rest_is_read(tmp_path: Path, name: str) -> None:
    bad = BAD[name]
    files, make = READERS[bad.reader]
    folder, aside = small.put(files, tmp_path / "release"), tmp_path / "aside.tsv"
    before = make(folder, "stop", None)
    rows(before)
    bad.breaks(folder)
    (path,) = [path for path in folder.rglob("*") if bad.file in path.name]
    source = make(folder, "skip", aside)
    found = rows(source)
    tally, whole = source.tallies[path.name], before.tallies[path.name]
    assert tally.skipped[bad.reason] == 1
    assert tally.read == whole.read == tally.kept + sum(tally.skipped.values())
    lines = path.read_bytes().split(b"\n")
    (entry,) = aside.read_bytes().split(b"\n")[1:-1]
    assert bad.line is not None
    expected = [str(path).encode(), b"%d" % bad.line, bad.reason.encode(), lines[bad.line - 1]]
    assert entry.split(b"\t", 3) == expected
    del lines[bad.line - 1]
    path.write_bytes(b"\n".join(lines))
    again = rows(make(folder, "stop", None))
    for table, those in found.items():
        assert sorted(map(str, those)) == sorted(map(str, again[table]))
