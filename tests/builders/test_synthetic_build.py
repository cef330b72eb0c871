"""The whole build over synthetic UMLS, SNOMED CT, DrugBank and CMeKG: what comes out is the graph
that their generator expects, whatever the order of the rows."""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import pytest

from kgmed.builders.cmekg import CMeKGSource
from kgmed.builders.drugbank import DrugBankSource
from kgmed.builders.pipeline import Build, build
from kgmed.builders.snomed import SnomedSource
from kgmed.builders.source import Source
from kgmed.builders.synthetic import expected, write
from kgmed.builders.synthetic.expected import UNCHECKED, Expected, Fact, Name
from kgmed.builders.umls import UmlsSource
from kgmed.builders.umls.vocabularies import infores
from kgmed.kg.model import Statement, canonical_qualifiers
from kgmed.kg.predicates import registry
from kgmed.kg.store.embedded import EmbeddedStore

SCALE, SEED = 0.01, 1
SOURCES = ("umls", "snomed", "drugbank", "cmekg")
INFORES = {"infores:snomedct": "snomed", "infores:drugbank": "drugbank", "infores:cmekg": "cmekg"}


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("synthetic")
    for source in SOURCES:
        write(source, folder / source, scale=SCALE, seed=SEED)
    return folder


def sources(files: Path) -> list[Source]:
    return [
        UmlsSource(files / "umls"),
        SnomedSource(files / "snomed"),
        DrugBankSource(files / "drugbank"),
        CMeKGSource(files / "cmekg"),
    ]


@pytest.fixture(scope="module")
def built(files: Path, tmp_path_factory: pytest.TempPathFactory) -> Build:
    return build(sources(files), tmp_path_factory.mktemp("graph") / "graph")


@pytest.fixture(scope="module")
def store(built: Build) -> Iterator[EmbeddedStore]:
    store = EmbeddedStore(built.snapshot.root)
    yield store
    store.close()


@pytest.fixture(scope="module")
def graph() -> Expected:
    return expected(SCALE, SEED)


@pytest.fixture(scope="module")
def vocabularies(files: Path) -> dict[str, str]:
    """Information resource -> SAB, of the release's own list."""
    rows = (files / "umls" / "MRSAB.RRF").read_text(encoding="utf-8").splitlines()
    return {infores(row.split("|")[3]): row.split("|")[3] for row in rows}


def fact(statement: Statement, vocabularies: dict[str, str]) -> Fact:
    """A statement as the generator writes it down."""
    value, source = statement.value, statement.primary_knowledge_source
    ends = (statement.subject, statement.object)
    if (known := registry().get(statement.predicate)) and known.symmetric and value is None:
        ends = (min(ends), max(ends))  # stored by the source's ids, expected by the concepts'
    in_umls = "(UMLS " in statement.release
    return Fact(
        ends[0],
        statement.predicate,
        ends[1],
        value.text if value else "",
        value.type if value else "",
        value.language if value else "",
        canonical_qualifiers(statement.qualifiers),
        statement.negated,
        "umls" if in_umls else INFORES[source],
        vocabularies[source] if in_umls else "",
    )


def test_every_statement_is_expected_and_every_expected_one_is_there(
    store: EmbeddedStore, graph: Expected, vocabularies: dict[str, str]
) -> None:
    valued = store.values(sorted(graph.concepts))
    every = chain(store.scan(), *valued)
    found = {fact(statement, vocabularies) for statement in every}
    found = {f for f in found if (f.source, f.predicate) not in UNCHECKED}
    wanted = {f for f in graph.statements if (f.source, f.predicate) not in UNCHECKED}
    assert sorted(found - wanted)[:5] == []
    assert sorted(wanted - found)[:5] == []


def test_every_expected_concept_is_there_under_its_expected_id(
    store: EmbeddedStore, graph: Expected
) -> None:
    ids = sorted(graph.concepts)
    assert [
        (id, found) for id, found in zip(ids, store.resolve(ids), strict=True) if found != id
    ] == []
    moved = sorted(graph.same.items())
    leaders = store.resolve([id for id, _leader in moved])
    assert [
        (*pair, found) for pair, found in zip(moved, leaders, strict=True) if found != pair[1]
    ] == []


def test_what_the_generator_wants_refused_is_apart(store: EmbeddedStore, graph: Expected) -> None:
    together = [
        pair for pair in sorted(graph.refused) if len({*store.resolve(list(pair)), None}) < 3
    ]
    assert together == []


def test_every_name_is_there(store: EmbeddedStore, graph: Expected) -> None:
    ids = sorted(graph.concepts)
    found = {
        Name(id, name.text, name.language)
        for id, names in zip(ids, store.lexicon.names(ids), strict=True)
        for name in names
    }
    assert sorted(graph.names - found)[:5] == []


def test_the_report_adds_up(built: Build) -> None:
    built.report.check()
    for source in built.report.sources:
        assert source.files, source.name


def test_shuffled_rows_give_the_same_snapshot(files: Path, built: Build, tmp_path: Path) -> None:
    shuffled, chance = tmp_path / "shuffled", random.Random(7)
    for path in sorted(files.rglob("*")):
        if path.is_file():
            target = shuffled / path.relative_to(files)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(_shuffled(path, chance))
    again = build(sources(shuffled), tmp_path / "graph")
    assert again.snapshot.manifest["snapshot"] == built.snapshot.manifest["snapshot"]


def _shuffled(path: Path, chance: random.Random) -> bytes:
    """A file of one row per line in another order, below its header; any other file as it is."""
    data = path.read_bytes()
    if path.suffix not in {".RRF", ".txt", ".csv"}:
        return data
    lines = data.splitlines(keepends=True)
    head = [] if path.suffix == ".RRF" else lines[:1]
    body = lines[len(head) :]
    chance.shuffle(body)
    return b"".join([*head, *body])
