"""A graph's mappings written as SSSOM: the round trip, licences, statuses, and the same bytes."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import pytest
from support import RowSource, exact, plain, source

from kgmed.builders.pipeline import build
from kgmed.builders.sssom import SssomSource
from kgmed.builders.sssom.metadata import parse_metadata
from kgmed.builders.sssom.prefixes import authority_of
from kgmed.builders.sssom.write import COLUMNS, expansion
from kgmed.facade import Graph, open_graph
from kgmed.kg.curies import PREFIXES
from kgmed.kg.errors import UsageError
from kgmed.kg.mapping_set import LeftOut

Row = dict[str, Any]


def licensed(infores: str, licence: str, *rows: Row) -> RowSource:
    made = source(infores, mappings=list(rows), concepts=[{"id": row["subject"]} for row in rows])
    info = made.info
    made.info = type(info)(info.infores, info.name, info.release, licence)
    return made


@pytest.fixture
def made(tmp_path: Path) -> Graph:
    """A graph of four sources: open, registered, under no known licence, and the user's own."""
    tie = [exact("mesh:D9", "mondo:8", confidence=0.9), exact("mesh:D9", "mondo:9", confidence=0.9)]
    build(
        [
            licensed("override", "", exact("mondo:1", "doid:7", modifier="Not")),
            licensed(
                "infores:open", "CC-BY-4.0",
                exact("mondo:1", "doid:1", subject_label='5 "ml"\tdose', object_label="two\nlines",
                      confidence=0.123456, justification="semapv:ManualMappingCuration"),
                exact("ward:感冒", "mondo:1", subject_label="感冒"),
                {**exact("mondo:1", "icd10:J00"), "predicate": "skos:broadMatch"},
                *tie,
            ),
            licensed("infores:umls", "UMLS", exact("umls:C0000001", "mondo:1")),
            licensed("infores:cmekg", "CMeKG", exact("cmekg:感冒(x-y)", "icd10:J00")),
        ],
        tmp_path / "graph",
    )  # fmt: skip
    return open_graph(tmp_path / "graph")


def read(path: Path) -> list[Row]:
    reader = SssomSource(path)
    rows = [row for batch in reader.batches("mappings") for row in batch.to_pylist()]
    (tally,) = reader.tallies.values()
    assert (tally.read, tally.kept) == (len(rows), len(rows))
    assert reader.findings == {}
    return plain(rows)


def ends(rows: list[Row]) -> set[tuple[str, str]]:
    return {(row["subject"], row["object"]) for row in rows}


def test_what_is_written_reads_back_with_no_row_refused(made: Graph, tmp_path: Path) -> None:
    out = tmp_path / "all.sssom.tsv"
    done = made.write_mappings(
        out, statuses=["merged", "related", "negative", "refused"],
        allow_restricted=["UMLS", "CMeKG"],
    )  # fmt: skip
    rows = {(row["subject"], row["object"]): row for row in read(out)}
    stored = {
        (m.subject, m.object): m
        for group in made.store.mappings(["mondo:1", "mesh:D9", "mondo:8", "mondo:9"])
        for m in group
    }
    assert done.rows == len(rows) == made.info().mappings == 8
    for pair, mapping in stored.items():
        assert rows[pair] == {
            "subject": mapping.subject,
            "predicate": mapping.predicate,
            "object": mapping.object,
            "modifier": mapping.modifier,
            "justification": mapping.justification or "semapv:UnspecifiedMatching",
            "confidence": round(mapping.confidence, 4),
            "subject_label": mapping.subject_label,
            "object_label": mapping.object_label,
            **({"source": mapping.source} if mapping.source.startswith("infores:") else {}),
            "status": mapping.status,
            **({"reason": mapping.reason} if mapping.reason else {}),
        }
    assert rows["mondo:1", "doid:1"]["subject_label"] == '5 "ml"\tdose'
    assert rows["mondo:1", "doid:7"]["modifier"] == "Not"


def test_refused_mappings_and_closed_licences_stay_out(made: Graph, tmp_path: Path) -> None:
    out = tmp_path / "open.sssom.tsv"
    done = made.write_mappings(out)
    assert ends(read(out)) == {
        ("mondo:1", "doid:1"), ("ward:感冒", "mondo:1"), ("mondo:1", "icd10:J00"),
        ("mondo:1", "doid:7"),
    }  # fmt: skip
    assert done.statuses == {"merged": 1, "negative": 1, "related": 2}
    assert done.left_out == (
        LeftOut("infores:cmekg", "CMeKG", "unknown", 1),
        LeftOut("infores:umls", "UMLS", "registered", 1),
    )
    assert done.licences == ("CC-BY-4.0",)
    refused = made.write_mappings(out, statuses=["refused"])
    assert ends(read(out)) == {("mesh:D9", "mondo:8"), ("mesh:D9", "mondo:9")}
    assert (refused.rows, refused.left_out) == (2, ())


def test_a_licence_or_a_source_may_be_named(made: Graph, tmp_path: Path) -> None:
    out = tmp_path / "m.tsv"
    for name in ("UMLS", "umls", "infores:umls"):
        done = made.write_mappings(out, allow_restricted=[name])
        assert [held.source for held in done.left_out] == ["infores:cmekg"]
        assert ("umls:C0000001", "mondo:1") in ends(read(out))


def test_what_is_under_two_licences_needs_both(tmp_path: Path) -> None:
    build([licensed("infores:a", "CMeKG AND UMLS", exact("mondo:1", "doid:1"))], tmp_path / "g")
    graph = open_graph(tmp_path / "g")
    out = tmp_path / "m.tsv"
    rows = [
        graph.write_mappings(out, allow_restricted=named).rows
        for named in ([], ["UMLS"], ["CMeKG"], ["UMLS", "CMeKG"])
    ]
    assert rows == [0, 0, 0, 1]
    assert read(out)[0]["object"] == "doid:1"


def test_a_prefix_keeps_the_mappings_of_its_ids(made: Graph, tmp_path: Path) -> None:
    out = tmp_path / "m.tsv"
    made.write_mappings(out, prefixes=["DOID", "ward"])
    assert ends(read(out)) == {
        ("mondo:1", "doid:1"), ("mondo:1", "doid:7"), ("ward:感冒", "mondo:1"),
    }  # fmt: skip
    assert made.write_mappings(out, prefixes=["nobody"]).rows == 0
    assert read(out) == []


def test_ids_that_no_uri_may_hold_are_percent_encoded(made: Graph, tmp_path: Path) -> None:
    out = tmp_path / "m.tsv"
    made.write_mappings(out, prefixes=["ward", "cmekg"], allow_restricted=["CMeKG"])
    ids = [
        line.split("\t")[0]
        for line in out.read_text(encoding="ascii", errors="replace").splitlines()
    ]
    assert ids[-2:] == ["cmekg:%E6%84%9F%E5%86%92%28x-y%29", "ward:%E6%84%9F%E5%86%92"]
    assert ends(read(out)) == {("cmekg:感冒(x-y)", "icd10:J00"), ("ward:感冒", "mondo:1")}


def test_every_row_says_whose_it_is_and_what_came_of_it(made: Graph, tmp_path: Path) -> None:
    out = tmp_path / "m.tsv"
    made.write_mappings(out, prefixes=["icd10"])
    line = out.read_text(encoding="utf-8").splitlines()[-1]
    row = dict(zip(COLUMNS, line.split("\t"), strict=True))
    assert row["mapping_provider"] == "https://w3id.org/biolink/infores/open"
    assert row["license"] == "https://creativecommons.org/licenses/by/4.0/"
    assert row["subject_source"] == "bioregistry:mondo"
    assert row["comment"] == "related: its predicate claims no identity"


def test_the_curie_map_has_every_prefix_and_no_date_is_written(made: Graph, tmp_path: Path) -> None:
    out = tmp_path / "m.tsv"
    made.write_mappings(out, allow_restricted=["UMLS", "CMeKG"])
    text = out.read_text(encoding="utf-8")
    head = [line[1:] for line in text.splitlines() if line.startswith("#")]
    metadata, ignored = parse_metadata(head)
    prefixes = metadata["curie_map"]
    assert isinstance(prefixes, dict)
    assert ignored == []
    assert {"mondo", "doid", "ward", "cmekg", "umls", "icd10", "skos", "semapv"} <= set(prefixes)
    assert metadata["mapping_set_id"] == f"urn:kgmed:snapshot:{made.info().snapshot}"
    assert "mapping_date" not in metadata


def test_the_same_graph_gives_the_same_bytes_and_gz_the_same_text(
    made: Graph, tmp_path: Path
) -> None:
    plain, again, packed = (tmp_path / name for name in ("a.tsv", "b.tsv", "a.tsv.gz"))
    for out in (plain, again, packed):
        made.write_mappings(out)
    assert plain.read_bytes() == again.read_bytes() == gzip.decompress(packed.read_bytes())
    first = packed.read_bytes()
    made.write_mappings(packed)
    assert packed.read_bytes() == first


def test_every_known_prefix_expands_to_its_own_authority() -> None:
    wrong = {
        prefix: expansion(prefix)
        for prefix in PREFIXES
        if authority_of(expansion(prefix)) not in {prefix, ""}
    }
    assert wrong == {}


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"statuses": ["mergd"]}, "Found status 'mergd', expected one of: merged, related"),
        ({"allow_restricted": ["UMSL"]}, "expected one of this graph's: CC-BY-4.0, CMeKG, UMLS"),
        ({"out": "nowhere/m.tsv"}, "there is no folder"),
        ({"out": "m.csv"}, "expected one ending in .tsv or .tsv.gz"),
    ],
)
def test_what_cannot_be_is_said_before_anything_is_written(
    made: Graph, tmp_path: Path, options: Row, says: str
) -> None:
    out = tmp_path / options.pop("out", "m.tsv")
    with pytest.raises(UsageError, match=says):
        made.write_mappings(out, **options)
    assert not out.exists()


def test_sssom_py_takes_the_file(made: Graph, tmp_path: Path) -> None:
    parsers = pytest.importorskip("sssom.parsers", reason="sssom (sssom-py) isn't installed")
    validators = pytest.importorskip("sssom.validators")
    out = tmp_path / "m.tsv"
    made.write_mappings(out, allow_restricted=["UMLS", "CMeKG"])
    reports = validators.validate(parsers.parse_sssom_table(str(out)))
    assert all(not report.results for report in reports.values())
