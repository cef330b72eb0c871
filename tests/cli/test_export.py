"""``kgmed export``: what it writes, what it says, and what it refuses."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from pathlib import Path

import pyoxigraph
import pytest
from support import concept, source, tables_of

from kgmed.builders.pipeline import build
from kgmed.wire import adapter

KGMED = [sys.executable, "-m", "kgmed.cli"]
FORMS = {"rdf": "kgmed.rdf/1", "kgx": "kgmed.kgx/1", "neo4j": "kgmed.neo4j/1"}


def export(*arguments: str | Path, cwd: Path) -> tuple[int, str, str]:
    """Run ``kgmed export`` on the graph of the folder."""
    command = [*KGMED, "export", *map(str, arguments), "--graph", "graph"]
    done = subprocess.run(command, capture_output=True, cwd=cwd, check=False)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a graph, a third of which isn't open."""
    folder = tmp_path_factory.mktemp("export")
    drugs = [concept(f"mesh:D{n}", f"thing {n} 药", "Drug") for n in (1, 2, 3)]
    said = {"subject": "mesh:D1", "predicate": "interacts_with", "object": "mesh:D2"}
    free = source(
        "infores:free", **tables_of(drugs),
        statements=[said, {**said, "object": "mesh:D3"},
                    {"subject": "mesh:D1", "predicate": "has_definition", "value": "a thing",
                     "value_type": "text", "value_language": "en"}],
    )  # fmt: skip
    held = source("infores:held", statements=[{**said, "predicate": "treats"}])
    held.info = type(held.info)("infores:held", "Held", "1", "UMLS")
    build([free, held], folder / "graph")
    return folder


@pytest.mark.parametrize(
    ("name", "format", "quads"),
    [
        ("g.nq", pyoxigraph.RdfFormat.N_QUADS, True),
        ("g.trig.gz", pyoxigraph.RdfFormat.TRIG, True),
        ("g.nt", pyoxigraph.RdfFormat.N_TRIPLES, False),
        ("g.ttl.gz", pyoxigraph.RdfFormat.TURTLE, False),
    ],
)
def test_rdf_is_written_in_the_format_of_the_ending(
    name: str, format: pyoxigraph.RdfFormat, quads: bool, work: Path, tmp_path: Path
) -> None:
    code, out, err = export("rdf", "--out", tmp_path / name, cwd=work)
    assert code == 0, err
    raw = (tmp_path / name).read_bytes()
    data = gzip.decompress(raw) if name.endswith(".gz") else raw
    found = list(pyoxigraph.parse(data, format=format))
    interacts = "https://w3id.org/biolink/vocab/pharmacologically_interacts_with"
    assert sum(quad.predicate.value == interacts for quad in found) == 2
    assert f"{len(found):,} {'quads' if quads else 'triples'} (" in out
    assert "2 statements" in out
    assert "left out: 1 of infores:held, licence UMLS (registered)" in err
    assert "let out by --allow-restricted infores:held" in err


def test_plain_rdf_has_the_triples_alone(work: Path, tmp_path: Path) -> None:
    code, _, err = export("rdf", "--out", "full.nt", cwd=work)
    assert code == 0, err
    code, _, err = export("rdf", "--out", tmp_path / "plain.nt", "--plain", cwd=work)
    assert code == 0, err
    full, plain = (work / "full.nt").read_text(), (tmp_path / "plain.nt").read_text()
    assert 0 < plain.count("\n") < full.count("\n")
    assert plain.count("interacts_with> <") == full.count("interacts_with> <") == 2


def test_what_is_named_leaves_and_the_format_may_be_said(work: Path, tmp_path: Path) -> None:
    code, out, err = export(
        "rdf", "--out", tmp_path / "graph.txt", "--format", "nquads",
        "--allow-restricted", "UMLS", cwd=work,
    )  # fmt: skip
    assert (code, "left out" in err) == (0, False)
    assert "3 statements" in out
    assert "biolink/vocab/treats" in (tmp_path / "graph.txt").read_text()


@pytest.mark.parametrize("form", FORMS)
def test_json_is_the_published_shape(form: str, work: Path, tmp_path: Path) -> None:
    target = tmp_path / ("g.nq" if form == "rdf" else "out")
    code, out, err = export(form, "--out", target, "--json", cwd=work)
    assert code == 0, err
    if form != "neo4j":
        adapter(FORMS[form]).validate_json(out)
    assert json.loads(out)["schema"] == FORMS[form]
    assert target.exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["rdf", "--out", "x.nq", "--allow-restricted", "CC-BY-3.0"], "expected one of this graph"),
        (["rdf", "--out", "x.csv"], "expected"),
        (["rdf", "--out", "x.nq", "--format", "csv"], "nquads"),
        (["rdf", "--out", "nowhere/x.nq"], "nowhere"),
        (["kgx", "--out", "x", "--format", "csv"], "expected one of: jsonl, tsv"),
        (["neo4j", "--out", "graph"], "Name an empty or a new folder"),
        (["neo4j", "--out", "x", "--format", "json"], "expected one of: csv, parquet"),
    ],
    ids=" ".join,
)
def test_what_cannot_be_written_is_refused_in_words(
    arguments: list[str], message: str, work: Path
) -> None:
    before = sorted(path.name for path in work.iterdir())
    code, out, err = export(*arguments, cwd=work)
    assert code in {1, 2}
    assert message in err
    assert "Traceback" not in err
    assert out == ""
    assert sorted(path.name for path in work.iterdir()) == before
