"""KGX out and in again: the same graph; and what other tools read is Biolink's."""

from __future__ import annotations

import csv
import gzip
import importlib
import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from support import RowSource, concept, source, tables_of

from kgmed.builders.kgx import KgxSource
from kgmed.builders.overlay import make_overlay
from kgmed.builders.pipeline import build
from kgmed.builders.sssom import SssomSource
from kgmed.facade import Graph, open_graph
from kgmed.kg.diff.comparison import compare
from kgmed.kg.layers import define
from kgmed.kg.predicates import registry
from kgmed.kg.store.embedded import open_store
from kgmed.kg.store.snapshot import Snapshot, open_snapshot
from kgmed.kg.views.kgx import EDGE_SLOTS, FORMATS, LISTS, NODE_SLOTS, Format, write_kgx

PHASES = [Phase.explicit, Phase.reuse, Phase.generate]
"""A build takes a second: without shrinking, which would take many."""
FEW = settings(max_examples=6, suppress_health_check=list(HealthCheck), phases=PHASES)
MANY = settings(max_examples=300, suppress_health_check=list(HealthCheck), phases=PHASES)
IDS = ["mesh:D1", "mesh:D2", "mondo:3", "acme:中 ".strip(), "umls:C0000005", "pubmed:7"]
PREDICATES = ["treats", "interacts_with", "subclass_of", "has_adverse_effect", "home|made\tone",
              "decreases_activity_of", "biolink:odd"]  # fmt: skip
ANY = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00\x1e\x1f"),
              max_size=12)  # fmt: skip
NASTY = st.sampled_from(
    ["", '"', "a|b", "tab\there", "line\nbreak", "\r\nboth", "back\\slash", "{}", "kgmed:{}",
     "中文 🧪", "u\u2028v", "w\u0085x", "'; DROP", " blanks ", "`tick`", "\ufeffmark", "null"]
)  # fmt: skip
TEXT = ANY | NASTY
SOURCES = ["infores:one", "infores:two"]


@st.composite
def graphs(draw: st.DrawFn) -> list[RowSource]:
    """Two sources that say nasty things of a few concepts."""
    made = []
    for infores in SOURCES:
        ids = draw(st.lists(st.sampled_from(IDS), min_size=1, unique=True))
        end = st.sampled_from(ids)
        names = draw(st.lists(st.tuples(
            end, TEXT.filter(str.strip), st.sampled_from(["en", "zh", ""]),
            st.sampled_from(["preferred", "synonym", "abbreviation", "brand"])), max_size=12,
        ))  # fmt: skip
        details = st.fixed_dictionaries({}, optional={
            "text": TEXT,
            "source_record": TEXT,
            "publications": st.lists(TEXT | st.just("pubmed:12"), max_size=2),
            "negated": st.booleans(),
            "original_predicate": TEXT,
            "knowledge_level": st.sampled_from(["prediction", "guess|work"]),
            "agent_type": st.sampled_from(["manual_agent", "a\tghost"]),
            "release": st.sampled_from(["", "2026", "of | old"]),
            "qualifiers": st.sampled_from(
                ["", '{"a|b":"c\\td"}', '{"dose":"5 mg","severity":"Critical"}']),
            "primary_knowledge_source": st.sampled_from(["", "infores:three"]),
        })  # fmt: skip
        edges = st.fixed_dictionaries(
            {"subject": end, "predicate": st.sampled_from(PREDICATES), "object": end}
        )
        values = st.fixed_dictionaries({
            "subject": end, "predicate": st.sampled_from(["has_definition", "home|made\tone"]),
            "value": TEXT.filter(bool), "value_type": st.sampled_from(["text", "number", "date"]),
            "unit": st.sampled_from(["", "mg|h"]), "value_language": st.sampled_from(["", "zh"]),
        })  # fmt: skip
        said = [
            {**row, **more}
            for row, more in draw(st.lists(st.tuples(edges | values, details), max_size=10))
        ]
        made.append(
            source(
                infores,
                concepts=[
                    {"id": id, "categories": draw(st.sampled_from(CATEGORIES))} for id in ids
                ],
                names=[
                    dict(zip(("id", "text", "language", "kind"), row, strict=True)) for row in names
                ],
                statements=said,
                mappings=draw(st.sampled_from(MAPPINGS)),
            )
        )
    return made


CATEGORIES: list[list[str]] = [[], ["Drug"], ["Disease", "Odd|one"], ["Drug", "Food"], ["Odd"]]
MAPPINGS: list[list[dict[str, Any]]] = [
    [],
    [{"subject": "mesh:D1", "predicate": "skos:exactMatch", "object": "chebi:1", "confidence": 1.0,
      "justification": "semapv:ManualMappingCuration", "subject_label": "a \t|\n b"}],
    [{"subject": "mesh:D2", "predicate": "skos:broadMatch", "object": "mondo:3",
      "justification": "semapv:LexicalMatching", "object_label": '"quoted"'}],
]  # fmt: skip


Tables = dict[str, list[tuple[Any, ...]]]


def rows_of(snapshot: Snapshot) -> Tables:
    """All that a graph holds, sources, order of names and statement ids included."""
    with duckdb.connect() as connection:
        define(connection, snapshot)
        queries = {
            "concepts": "SELECT id, categories, sources, equivalent_ids FROM concepts",
            "names": """
                SELECT id, row_number() OVER (PARTITION BY cid ORDER BY n) AS place, text, language,
                       kind, source FROM names JOIN concepts USING (cid)""",
            "statements": """
                SELECT r.id, a.id AS subject, b.id AS object, predicate, negated, value, value_type,
                       unit, value_language, qualifiers, source_record, publications, text,
                       original_subject, original_object, f.* EXCLUDE (profile)
                FROM rows r JOIN predicate USING (p) JOIN profile f USING (profile)
                JOIN concepts a ON a.cid = s LEFT JOIN concepts b ON b.cid = o""",
        }
        return {
            name: connection.execute(f"{query} ORDER BY ALL").fetchall()
            for name, query in queries.items()
        }


def differences(told: Tables, read: Tables) -> list[tuple[str, ...]]:
    """Rows of one graph and not of the other, a few of each table."""
    found = []
    for table, rows in told.items():
        for what, some, others in (("lost", rows, read[table]), ("more", read[table], rows)):
            found += [(what, table, repr(row)) for row in some if row not in others][:2]
    return found


ALL = ["infores:one", "infores:two", "infores:three"]


@contextmanager
def again(
    sources: list[RowSource], format: Format, *, compress: bool = False
) -> Iterator[tuple[Snapshot, Snapshot]]:
    """A graph, and the one that is read back from its KGX files."""
    with tempfile.TemporaryDirectory() as folder:
        first = build(sources, Path(folder, "first")).snapshot
        made = write_kgx(
            first, Path(folder, "kgx"), registry(), format=format, compress=compress,
            allow=[row["infores"] for row in first.manifest["sources"]],
        )  # fmt: skip
        second = build([KgxSource(made.nodes, made.edges)], Path(folder, "second")).snapshot
        assert made.concepts == second.manifest["counts"]["concepts"]
        yield first, second


def is_the_same_again(sources: list[RowSource], format: Format) -> None:
    with again(sources, format) as (first, second):
        found = differences(rows_of(first), rows_of(second))
        assert not found, "\n".join(map(" ".join, found))
        with compare(first, second) as found:
            assert found.summary.statements.unchanged == found.summary.statements.old


@pytest.mark.parametrize("format", FORMATS)
@FEW
@given(sources=graphs())
def test_kgx_read_back_is_the_same_graph(format: Format, sources: list[RowSource]) -> None:
    is_the_same_again(sources, format)


@pytest.mark.stress
@pytest.mark.parametrize("format", FORMATS)
@MANY
@given(sources=graphs())
def test_much_kgx_read_back_is_the_same_graph(format: Format, sources: list[RowSource]) -> None:
    is_the_same_again(sources, format)


@pytest.mark.parametrize("format", FORMATS)
def test_the_open_graph_read_back_is_the_same(graph: Graph, tmp_path: Path, format: Format) -> None:
    made = graph.write_kgx(tmp_path / "kgx", format=format)
    assert (made.leaving.whole, made.paths) == (True, graph.info().paths)
    files = KgxSource(made.nodes, made.edges)
    mappings = tmp_path / "m.sssom.tsv"
    graph.write_mappings(mappings, statuses=["merged", "related", "negative", "refused"])
    second = build([files, SssomSource(mappings)], tmp_path / "again").snapshot
    assert rows_of(second) == rows_of(graph.store.snapshot)
    with duckdb.connect() as connection:
        define(connection, graph.store.snapshot, prefix="a_")
        define(connection, second, prefix="b_")
        columns = """subject, predicate, object, modifier, justification, source, subject_label,
                     object_label, subject_cid, object_cid, confidence, status, reason"""
        lost = connection.execute(
            f"SELECT {columns} FROM a_mappings EXCEPT SELECT {columns} FROM b_mappings"
        ).fetchall()
        more = connection.execute(
            f"SELECT {columns} FROM b_mappings EXCEPT SELECT {columns} FROM a_mappings"
        ).fetchall()
    assert (lost[:3], more[:3]) == ([], [])


def test_the_same_graph_gives_the_same_bytes(tmp_path: Path, graph: Graph) -> None:
    for name in ("one", "two"):
        graph.write_kgx(tmp_path / name, format="tsv", compress=True)
    for file in ("nodes.tsv.gz", "edges.tsv.gz"):
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes()
    assert sorted(path.name for path in (tmp_path / "one").iterdir()) == [
        "edges.tsv.gz", "nodes.tsv.gz",
    ]  # fmt: skip


def test_an_overlay_is_written_as_it_is_read(tmp_path: Path) -> None:
    root, errata = tmp_path / "graph", tmp_path / "errata.tsv"
    ids = [concept(f"mesh:D{n}", f"thing {n}", "Drug") for n in (1, 2, 3)]
    facts = [{"subject": "mesh:D1", "predicate": "treats", "object": f"mesh:D{n}"} for n in (2, 3)]
    build([source("infores:one", **tables_of(ids), statements=facts)], root)
    gone = next(iter(open_store(root).scan()))
    errata.write_text(f"statement_id\treason\twho\tdate\n{gone.id}\twrong\tme\t2026-11-20\n")
    more = source("infores:two", names=[{"id": "mesh:D1", "text": "other", "language": "en"}],
                  statements=[{**facts[0], "predicate": "causes"}])  # fmt: skip
    make_overlay(root, errata=[errata], sources=[more])
    made = write_kgx(open_snapshot(root), tmp_path / "kgx", registry())
    second = build([KgxSource(made.nodes, made.edges)], tmp_path / "again").snapshot
    told = rows_of(open_snapshot(root))
    assert rows_of(second) == told
    assert len(told["statements"]) == 2
    assert gone.id not in Path(made.edges).read_text()


def cells(path: Path, slots: tuple[str, ...]) -> list[dict[str, Any]]:
    """A TSV's rows as other tools read it: tabs between cells, ``|`` in lists, no quotes."""
    with path.open(newline="") as file:
        rows = list(csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    assert tuple(rows[0]) == slots
    return [
        {
            slot: cell.split("|") if slot in LISTS else cell
            for slot, cell in zip(slots, row, strict=True)
            if cell
        }
        for row in rows[1:]
    ]


@FEW
@given(sources=graphs())
def test_both_formats_say_the_same(sources: list[RowSource]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        snapshot = build(sources, Path(folder, "graph")).snapshot
        out = Path(folder, "kgx")
        for format in FORMATS:
            write_kgx(snapshot, out, registry(), format=format, allow=SOURCES)
        for name, slots in (("nodes", NODE_SLOTS), ("edges", EDGE_SLOTS)):
            lines = (out / f"{name}.jsonl").read_text().split("\n")[:-1]
            records = [json.loads(line) for line in lines]
            assert all(set(record) <= set(slots) for record in records)
            table = cells(out / f"{name}.tsv", slots)
            for record, row in zip(records, table, strict=True):
                flat = {k: v for k, v in record.items() if k != "has_attribute"}
                assert set(flat) == set(row) - {"has_attribute"}
                assert (record["id"], record["category"]) == (row["id"], row["category"])


def test_every_row_follows_the_biolink_model(graph: Graph, tmp_path: Path) -> None:
    model = pytest.importorskip(
        "biolink_model.datamodel.pydanticmodel_v2", reason="biolink-model isn't installed"
    )
    made = graph.write_kgx(tmp_path)
    slots = importlib.import_module("yaml").safe_load(
        Path(model.__file__).parents[1].joinpath("schema/biolink_model.yaml").read_text()
    )["slots"]
    predicates = {f"biolink:{name.replace(' ', '_')}" for name in slots}
    for line in Path(made.nodes).read_text().split("\n")[:-1]:
        record = json.loads(line)
        for category in record["category"]:
            of = getattr(model, category.removeprefix("biolink:"))
            of.model_validate({**record, "category": [category]})
    for line in Path(made.edges).read_text().split("\n")[:-1]:
        record = json.loads(line)
        model.Association.model_validate(record)
        assert record["predicate"] in predicates, record["predicate"]


def test_what_a_licence_keeps_back_is_left_out_and_told(tmp_path: Path) -> None:
    ids = [concept(f"mesh:D{n}", f"thing {n}", "Drug") for n in (1, 2)]
    said = [{"subject": "mesh:D1", "predicate": "treats", "object": "mesh:D2"}]
    free = source("infores:free", **tables_of(ids), statements=said)
    held = source("infores:held", names=[{"id": "mesh:D1", "text": "secret", "language": "en"}],
                  statements=[{**said[0], "predicate": "causes", "licence": "UMLS"}])  # fmt: skip
    held.info = type(held.info)("infores:held", "Held", "1", "UMLS")
    build([free, held], tmp_path / "graph")
    with open_graph(tmp_path / "graph") as opened:
        made = opened.write_kgx(tmp_path / "kgx", compress=True)
        text = gzip.decompress(Path(made.nodes).read_bytes()).decode()
        assert (made.concepts, made.statements) == (2, 1)
        assert "secret" not in text
        (left,) = made.leaving.left_out
        assert (left.source, left.tier, left.statements, left.names) == (
            "infores:held", "registered", 1, 1,
        )  # fmt: skip
        made = opened.write_kgx(tmp_path / "kgx", allow_restricted=["UMLS"])
        assert (made.statements, made.leaving.whole) == (2, True)
        assert "secret" in Path(made.nodes).read_text()
