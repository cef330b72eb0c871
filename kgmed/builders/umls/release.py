"""What a release is: its name, its vocabularies (MRSAB), ranks (MRRANK), inverse labels (MRDOC).

Section 3.3 of the UMLS Reference Manual, https://www.ncbi.nlm.nih.gov/books/NBK9685/.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from kgmed.builders.rows import BadRows
from kgmed.builders.source import Tally
from kgmed.builders.umls.files import Files
from kgmed.builders.umls.rrf import read_rows
from kgmed.builders.umls.vocabularies import infores, iso_language, licence_of
from kgmed.kg.errors import DataError

RELEASE = re.compile(r"\d{4}A[A-D]|\d{6}")
"""2024AB, or 202408 for the NCI Metathesaurus, which is in the same format."""

NOT_AVAILABLE = "Not Available"


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """A source vocabulary: its version with name (VSAB), language, restriction level (SRL)."""

    sab: str
    vsab: str
    language: str
    srl: str

    @property
    def infores(self) -> str:
        """Its information resource."""
        return infores(self.sab)

    @property
    def licence(self) -> str:
        """The licence of its statements."""
        return licence_of(self.sab, self.srl)


@dataclass(frozen=True, slots=True)
class Release:
    """A release of the Metathesaurus.

    ``ranks``: (SAB, TTY) -> MRRANK's rank, higher is preferred. ``inverses``: RELA -> its inverse,
    as MRDOC says. ``rows``: table -> the number of its rows that MRFILES says.
    """

    name: str
    vocabularies: Mapping[str, Vocabulary]
    ranks: Mapping[tuple[str, str], int]
    inverses: Mapping[str, str]
    rows: Mapping[str, int]

    def vocabulary(self, sab: str) -> Vocabulary:
        """A vocabulary; of one that MRSAB lacks, nothing is known."""
        return self.vocabularies.get(sab) or Vocabulary(sab, sab, "", "")

    def version_of(self, sab: str) -> str:
        """What a vocabulary's statements name as their release."""
        return f"{self.vocabulary(sab).vsab} (UMLS {self.name})"


def read_release(files: Files, bad: BadRows, tallies: dict[str, Tally]) -> Release:
    """Read the small tables. Raises :class:`DataError` where two releases are mixed."""
    rows = _rows(files, "MRFILES.RRF", ("FIL", "RWS"), bad, tallies)
    expected: Counter[str] = Counter()
    for file, count in rows:
        if count.isdigit():
            expected[file.partition(".RRF")[0] + ".RRF"] += int(count)
    vocabularies, newest = _vocabularies(files, bad, tallies)
    inverses: dict[str, str] = {}
    documented = ""
    for key, value, kind, text in _rows(
        files, "MRDOC.RRF", ("DOCKEY", "VALUE", "TYPE", "EXPL"), bad, tallies
    ):
        if key == "RELA" and kind == "rela_inverse" and text and text != NOT_AVAILABLE:
            inverses[value] = text
        elif key == "RELEASE" and value == "umls.release.name":
            documented = text.strip()
    ranks = {
        (sab, tty): int(rank)
        for rank, sab, tty in _rows(files, "MRRANK.RRF", ("RANK", "SAB", "TTY"), bad, tallies)
        if rank.isdigit()
    }
    name = _name(files, documented, newest)
    return Release(name, vocabularies, ranks, inverses, dict(expected))


def _rows(
    files: Files, name: str, columns: tuple[str, ...], bad: BadRows, tallies: dict[str, Tally]
) -> list[tuple[str, ...]]:
    """A small table's rows, all kept; none where the release has no such table."""
    table = files.tables.get(name)
    if table is None:
        return []
    tally = tallies[name] = Tally()
    rows: list[tuple[str, ...]] = []
    for records in read_rows(table, columns, bad=bad, tally=tally):
        rows += zip(*(records.columns[c].to_pylist() for c in columns), strict=True)
        tally.kept += len(records)
    return rows


def _vocabularies(
    files: Files, bad: BadRows, tallies: dict[str, Tally]
) -> tuple[dict[str, Vocabulary], str]:
    """The current version of each vocabulary, and the newest release that any was added in."""
    table = files.require("MRSAB.RRF")
    columns = ("RSAB", "VSAB", "LAT", "SRL", "IMETA", "CURVER")
    found: dict[str, Vocabulary] = {}
    newest = ""
    rows = _rows(files, "MRSAB.RRF", columns, bad, tallies)
    tally = tallies["MRSAB.RRF"]
    for sab, vsab, lat, srl, imeta, current in sorted(rows, key=lambda row: row[5] != "Y"):
        if sab in found:
            if current == "Y" and found[sab].vsab != vsab:
                raise DataError(
                    f"{table.path}: found two current versions of {sab}, {found[sab].vsab} and "
                    f"{vsab}, expected one. Two releases are mixed; give the files of one."
                )
            tally.kept -= 1
            tally.skipped["another version of the vocabulary"] += 1
            continue
        found[sab] = Vocabulary(sab, vsab or sab, iso_language(lat) if lat else "", srl)
        if RELEASE.fullmatch(imeta):
            newest = max(newest, imeta)
    return found, newest


def _name(files: Files, documented: str, newest: str) -> str:
    """The release's name, from release.dat, MRDOC or MRSAB, which must agree."""
    said: dict[str, str] = {}
    for text in files.release_dat:
        match = re.search(r"^umls\.release\.name=(\S+)", text, re.MULTILINE)
        if match:
            if said.get("release.dat", match[1]) != match[1]:
                raise _mixed(files, {"release.dat": said["release.dat"], "another": match[1]})
            said["release.dat"] = match[1]
    if documented:
        said["MRDOC.RRF"] = documented
    if newest and (not said or any(newest > name for name in said.values())):
        said["MRSAB.RRF"] = newest
    if len(set(said.values())) > 1:
        raise _mixed(files, said)
    if not said:
        raise DataError(
            f"{files.root}: found no release name in release.dat, MRDOC.RRF or MRSAB.RRF (IMETA), "
            "expected one such as 2024AB. Are these files of the Metathesaurus?"
        )
    return next(iter(said.values()))


def _mixed(files: Files, said: dict[str, str]) -> DataError:
    told = " and ".join(f"{name} ({where})" for where, name in said.items())
    return DataError(
        f"{files.root}: found files of two releases, {told}, expected one. "
        "Give the files of one release, in a folder of their own."
    )
