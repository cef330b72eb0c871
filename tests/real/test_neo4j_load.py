"""Loads on a real Neo4j server: killed, continued, pruned, by differences, of any text."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import neo4j
import pytest
from neo4j_server import run, server
from support import concept, exact, source, tables_of
from untold import Untold

from kgmed.builders.overlay import make_overlay
from kgmed.builders.pipeline import build
from kgmed.facade import load_graph, open_graph, server_address
from kgmed.kg.errors import ServerError, StoreError, UsageError
from kgmed.kg.store.embedded import open_store
from kgmed.kg.store.neo4j.connection import Connection
from kgmed.kg.store.neo4j.store import Neo4jStore

pytestmark = pytest.mark.real

SOURCE = "infores:test"
PREDICATES = ("treats", "interacts_with", "has_symptom", "home_made")
LOADING = """
import sys
from kgmed.kg.store.neo4j import load, plan
from kgmed.cli import main
plan.BATCH_ROWS = 40
sys.argv[0] = "kgmed"
main()
"""
"""The command, in batches so small that a load takes long enough to be killed."""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """A server of this module's own, to be killed."""
    with server(tmp_path_factory.mktemp("own")) as found:
        yield found


def _rows(concepts: int, statements: int, *, seed: int, drop: int = 0) -> dict[str, Any]:
    """Tables of a source; ``drop`` leaves every so manieth row out, and changes others."""
    chance = random.Random(seed)
    kinds = ("Drug", "Disease", "Gene", "NamedThing", "HomeMade")
    nodes = [concept(f"mesh:D{n:06d}", f"thing {n} 药{n}", kinds[n % 5]) for n in range(concepts)]
    edges = {}
    for n in range(statements):
        low, high = chance.sample(range(concepts), 2)
        row = {
            "subject": f"mesh:D{low:06d}", "predicate": chance.choice(PREDICATES),
            "object": f"mesh:D{high:06d}", "negated": n % 19 == 0, "source_record": f"R{n}",
            "publications": [f"pubmed:{n}", "doi:x"] if n % 3 == 0 else [],
            "text": f"第{n}行\nline" if n % 5 == 0 else "",
            "qualifiers": '{"severity":"Critical"}' if n % 7 == 0 else "",
        }  # fmt: skip
        edges[n] = row
    values = [
        {"subject": f"mesh:D{n:06d}", "predicate": "has_definition", "value": f"thing no. {n}",
         "value_type": "text", "value_language": "en"}
        for n in range(0, concepts, 3)
    ]  # fmt: skip
    mappings = [exact(f"mesh:D{n:06d}", f"umls:C{n:07d}") for n in range(0, concepts, 4)]
    if drop:
        gone = {f"mesh:D{n:06d}" for n in range(0, concepts, drop)}
        nodes = [entry for entry in nodes if entry["concept"]["id"] not in gone]
        for entry in nodes[::7]:
            entry["concept"]["categories"] = ["Disease", "Protein"]
            entry["name"]["text"] += " renamed"
        edges = {
            n: {**row, "predicate": "new_made" if n % 40 == 1 else row["predicate"],
                "text": "another text" if n % 9 == 0 else row["text"]}
            for n, row in edges.items()
            if n % drop and not {row["subject"], row["object"]} & gone
        }  # fmt: skip
        values = [row for row in values[1::2] if row["subject"] not in gone]
        mappings = [row for row in mappings if row["subject"] not in gone][:-3]
        mappings.append(exact("mesh:D000002", "mesh:D000003"))
    tables = tables_of(nodes)
    return {**tables, "statements": [*edges.values(), *values], "mappings": mappings}


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("first") / "graph"
    build([source(SOURCE, **_rows(400, 3_000, seed=1))], root)
    return root


@pytest.fixture(scope="module")
def second(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A graph of two generations, the older equal to ``first``."""
    root = tmp_path_factory.mktemp("second") / "graph"
    build([source(SOURCE, **_rows(400, 3_000, seed=1))], root)
    build([source(SOURCE, **_rows(400, 3_000, seed=1, drop=13))], root)
    return root


def assert_same(root: Path, uri: str) -> None:
    """Everything that a graph holds, asked for in every way, is the same on the server."""
    here = open_store(root)
    there = Neo4jStore(server_address(uri), home=root.parent / "no-home")
    try:
        assert there.check() == []
        assert list(there.scan()) == list(here.scan())
        ids = [c for row in here.scan() for c in (row.subject, row.object)]
        names = here._names.query("SELECT curie FROM curie ORDER BY 1")
        ids = sorted({*ids, *(row[0] for row in names)})
        for method in ("resolve", "concepts", "degrees", "neighbors", "values", "mappings"):
            assert getattr(there, method)(ids) == getattr(here, method)(ids), method
        found = [s.id for s in here.scan()] + [s.id for v in here.values(ids) for s in v]
        found += [s.id for s in here.retracted()]
        assert there.statements(found) == here.statements(found)
        assert there.lexicon.names(ids) == here.lexicon.names(ids)
        assert there.coverage() == here.coverage()
        labels = there._read("MATCH (c:Concept) RETURN c.id, labels(c), c.categories")
        for id, held, categories in labels:
            assert {*held} == {"Concept", *categories}, id
    finally:
        here.close()
        there.close()


def _empty(uri: str) -> None:
    connection = Connection(server_address(uri))
    try:
        while connection.command("MATCH (n) WITH n LIMIT 5000 DETACH DELETE n RETURN count(*)") != [
            [0]
        ]:
            pass
        for name, kind in connection.read("SHOW INDEXES YIELD name, type RETURN name, type"):
            if name.startswith("kgmed_") and kind == "FULLTEXT":
                connection.command(f"DROP INDEX {name} IF EXISTS")
    finally:
        connection.close()


def _begin(*arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", LOADING, "load", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )


def _progress(uri: str) -> int:
    """Rows that a load has merged, 0 where it hasn't begun."""
    import json

    connection = Connection(server_address(uri))
    try:
        rows = connection.read("MATCH (s:Snapshot) RETURN s.progress")
    finally:
        connection.close()
    return sum(json.loads(rows[0][0] or "{}").values()) if rows else 0


def _until(uri: str, rows: int) -> int:
    for _ in range(600):
        done = _progress(uri)
        if done >= rows:
            return done
        time.sleep(0.05)
    raise AssertionError(f"no load came to {rows} rows")


def test_a_load_goes_on_after_its_client_was_killed(home: tuple[str, Path], first: Path) -> None:
    uri, _folder = home
    _empty(uri)
    kills = 0
    for rows in (500, 2_000, 4_000):
        process = _begin(uri, "--graph", str(first))
        done = _until(uri, rows)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        kills += 1
        with pytest.raises(StoreError, match="isn't complete"):
            open_graph(uri)
        assert _progress(uri) >= done
    before = _progress(uri)
    made = load_graph(uri, first, tell=Untold())
    assert (made.continued, made.mode, kills) == (True, "new", 3)
    whole = load_graph(uri, first, again=True, tell=Untold())
    assert sum(made.merged.values()) == sum(whole.merged.values()) - before
    assert not any(whole.removed.values())
    assert_same(first, uri)


def test_a_load_goes_on_after_the_server_was_killed(home: tuple[str, Path], first: Path) -> None:
    uri, folder = home
    _empty(uri)
    process = _begin(uri, "--graph", str(first))
    _until(uri, 1_000)
    pid = folder / "run" / "server.pid"
    os.kill(int(pid.read_text()), signal.SIGKILL)
    pid.unlink()  # the number may stay taken, by what is left of the process
    time.sleep(1)
    assert process.poll() is None  # in mid-load, without a server
    port = uri.rpartition(":")[2]
    run("start", folder, port, timeout_s=180)
    output, _errors = process.communicate(timeout=300)
    assert process.returncode == 0, output
    assert_same(first, uri)


def test_a_batch_whose_end_was_not_heard_of_is_there_once(
    home: tuple[str, Path], first: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    uri, _folder = home
    _empty(uri)
    calls = 0

    def lossy(self: Connection, work: Any, **given: Any) -> Any:
        """Commits, and every third time loses the answer."""
        nonlocal calls
        calls += given["write"]
        result = run_whole(self, work, **given)
        if given["write"] and calls % 3 == 0:
            lost = neo4j.exceptions.ServiceUnavailable("connection lost")
            raise ServerError("lost") from lost
        return result

    run_whole = Connection.run
    monkeypatch.setattr(Connection, "run", lossy)
    monkeypatch.setattr("kgmed.kg.store.neo4j.plan.BATCH_ROWS", 100)
    monkeypatch.setattr("kgmed.kg.store.neo4j.load._WAIT_S", 0.0)
    made = load_graph(uri, first, tell=Untold())
    monkeypatch.undo()
    assert (made.mode, calls > 60) == ("new", True)
    assert_same(first, uri)


def test_a_second_load_stops_the_first(home: tuple[str, Path], first: Path) -> None:
    uri, _folder = home
    _empty(uri)
    process = _begin(uri, "--graph", str(first))
    _until(uri, 500)
    load_graph(uri, first, tell=Untold())
    output, _errors = process.communicate(timeout=60)
    assert (process.returncode, "another load took over" in output) == (1, True)
    assert_same(first, uri)


def test_loading_again_changes_nothing(home: tuple[str, Path], first: Path) -> None:
    uri, _folder = home
    load_graph(uri, first, prune=True, tell=Untold())
    connection = Connection(server_address(uri))
    count = "MATCH (n) OPTIONAL MATCH (n)-[r]->() RETURN count(DISTINCT n), count(r)"
    before = connection.read(count)
    assert load_graph(uri, first, tell=Untold()).mode == "same"
    made = load_graph(uri, first, again=True, tell=Untold())
    assert connection.read(count) == before
    connection.close()
    assert not any(made.removed.values())
    assert_same(first, uri)


def test_another_graph_is_loaded_only_where_what_is_gone_may_be_removed(
    home: tuple[str, Path], first: Path, second: Path
) -> None:
    uri, _folder = home
    load_graph(uri, first, prune=True, tell=Untold())
    with pytest.raises(UsageError, match="Give --prune"):
        load_graph(uri, second, tell=Untold())
    made = load_graph(uri, second, prune=True, tell=Untold())
    assert made.mode == "prune"
    for kind in ("statements", "values", "mappings", "identifiers", "names", "concepts"):
        assert made.removed[kind] > 0, kind
    assert_same(second, uri)


def test_a_diff_sends_only_what_differs(home: tuple[str, Path], first: Path, second: Path) -> None:
    uri, _folder = home
    load_graph(uri, first, prune=True, tell=Untold())
    made = load_graph(uri, second, old=f"{second}@previous", tell=Untold())
    assert made.mode == "diff"
    whole = load_graph(uri, second, again=True, tell=Untold())
    assert 0 < sum(made.merged.values()) < sum(whole.merged.values()) / 2
    assert not any(whole.removed.values())
    assert_same(second, uri)
    with pytest.raises(UsageError, match="--diff with"):
        load_graph(uri, first, old=f"{second}@previous", tell=Untold())


def test_a_diff_that_was_killed_goes_on(home: tuple[str, Path], first: Path, second: Path) -> None:
    uri, _folder = home
    load_graph(uri, first, prune=True, tell=Untold())
    process = _begin(uri, "--graph", str(second), "--diff", f"{second}@previous")
    connection = Connection(server_address(uri))
    while connection.read("MATCH (s:Snapshot) RETURN s.state") == [["complete"]]:
        time.sleep(0.02)
    connection.close()
    _until(uri, 200)
    process.kill()
    process.communicate()
    with pytest.raises(UsageError, match="isn't complete"):
        load_graph(uri, second, tell=Untold())
    made = load_graph(uri, second, old=f"{second}@previous", tell=Untold())
    assert (made.mode, made.continued) == ("diff", True)
    assert_same(second, uri)


def test_an_overlay_is_loaded_by_what_it_changes(home: tuple[str, Path], tmp_path: Path) -> None:
    uri, _folder = home
    root = tmp_path / "graph"
    build([source(SOURCE, **_rows(400, 3_000, seed=1))], root)
    load_graph(uri, root, prune=True, tell=Untold())
    store = open_store(root)
    gone = [s.id for s in list(store.scan())[::100]]
    gone += [store.values(["mesh:D000003"])[0][0].id]
    store.close()
    errata = tmp_path / "errata.tsv"
    rows = "".join(f"{id}\t错\tme\t2026-11-20\n" for id in gone)
    errata.write_text("statement_id\treason\twho\tdate\n" + rows, encoding="utf-8")
    more = {
        **tables_of([concept("mesh:N1", "a new thing", "Drug")]),
        "statements": [{"subject": "mesh:N1", "predicate": "treats", "object": "mesh:D000001"}],
    }
    make_overlay(root, errata=[errata], sources=[source("infores:more", **more)])
    made = load_graph(uri, root, old=f"{root}@previous", tell=Untold())
    assert made.removed["statements"] == len(gone) - 1
    assert made.removed["values"] == 1
    assert made.merged["retracted"] == len(gone)
    assert sum(made.merged.values()) < 1_000
    assert_same(root, uri)
    with open_graph(uri) as graph:
        retracted = graph.store.statements([gone[0][:12]])[0]
    assert retracted is not None
    assert retracted.retracted is not None
    assert retracted.retracted.reason == "错"


def test_nodes_that_kgmed_did_not_load_are_left_alone(home: tuple[str, Path], first: Path) -> None:
    uri, _folder = home
    _empty(uri)
    connection = Connection(server_address(uri))
    connection.command("CREATE (:Concept {id: 'mine'}), (:Patient {id: 1})")
    with pytest.raises(UsageError, match="1 Concept nodes that kgmed didn't load"):
        load_graph(uri, first, prune=True, tell=Untold())
    connection.command("MATCH (n:Concept) DELETE n")
    load_graph(uri, first, tell=Untold())
    load_graph(uri, first, again=True, tell=Untold())
    assert connection.read("MATCH (n:Patient) RETURN n.id") == [[1]]
    connection.close()
    assert_same(first, uri)


# Names as data ------------------------------------------------------------------------------------

HOSTILE = [
    "`", "``", "a`b", "') DETACH DELETE (n) //", "`]->(x) DETACH DELETE x //", "\\u0060", "\\",
    "x\\", '"', "'", "$id", "{id: 1}", "line\nline", "tab\tx", "a\u2028b", "\ufeffx", "💊 药",
    "\U00010000", "\uffff", "\ue000", "e\u0301", "MATCH (n) RETURN n", "//", "/*", "a,b;c|d",
    "/* DETACH */", "true", "null", "%27", "&amp;", "x" * 9_000, "　", "ｆｕｌｌ",
]  # fmt: skip


@pytest.mark.parametrize("plain", [False, True], ids=["any text", "none beyond U+FFFF"])
def test_text_of_any_kind_is_only_text(plain: bool, home: tuple[str, Path], tmp_path: Path) -> None:
    uri, _folder = home
    nodes, rows, mappings = [], [], []
    texts = [text for text in HOSTILE if not plain or max(text) <= "\uffff"]
    for n, text in enumerate(texts):
        id = f"mesh:{text[:60]}".replace("\n", " ").replace("\t", " ")
        entry = concept(id, text, text[:60].strip() or "Drug")
        nodes.append(entry)
        rows.append(
            {"subject": nodes[n - 1]["concept"]["id"] if n else id, "object": "mesh:D1",
             "predicate": text[:60].strip() or "treats", "text": text, "source_record": text,
             "publications": [text, "x"], "qualifiers": '{"note":"' + str(n) + '"}'}
        )  # fmt: skip
        rows.append({"subject": id, "predicate": text[:60].strip() or "said", "value": text,
                     "value_type": "text", "unit": text[:9]})  # fmt: skip
        mappings.append(exact(id, f"umls:C{n:07d}", subject_label=text, object_label=text))
    nodes.append(concept("mesh:D1", "hub", "Drug"))
    made = source(SOURCE, **tables_of(nodes), statements=rows, mappings=mappings)
    build([made], tmp_path / "graph")
    load_graph(uri, tmp_path / "graph", prune=True, tell=Untold())
    assert_same(tmp_path / "graph", uri)
    here = open_store(tmp_path / "graph")
    there = open_graph(uri).store
    predicates = sorted({s.predicate for s in here.scan()})
    assert len(predicates) > 25
    ids = [entry["concept"]["id"] for entry in nodes]
    for predicate in predicates:
        given: dict[str, Any] = {"predicates": [predicate]}
        for limit in (None, 1, 5):
            given["limit"] = limit
            assert there.neighbors(ids, **given) == here.neighbors(ids, **given)
        del given["limit"]
        assert there.values(ids, **given) == here.values(ids, **given)
        triples = [(id, predicate, "mesh:D1") for id in ids]
        assert there.find_statements(triples) == here.find_statements(triples)
        assert list(there.scan(predicate=predicate)) == list(here.scan(predicate=predicate))
    assert isinstance(there, Neo4jStore)
    assert there._sorts is plain  # who sorts where there is a limit
    for limit in (1, 2, 9, 20):
        assert there.neighbors(ids, limit=limit) == here.neighbors(ids, limit=limit)
    here.close()
    there.close()


def test_nulls_and_back_ticks_asked_for_are_only_text(home: tuple[str, Path], first: Path) -> None:
    uri, _folder = home
    load_graph(uri, first, prune=True, tell=Untold())
    with open_graph(uri) as graph:
        store = graph.store
        for text in [*HOSTILE, "\0", "a\0b", "mesh:D000001\0"]:
            assert store.resolve([text]) == [None]
            assert store.neighbors(["mesh:D000001"], predicates=[text]) == [[]]
            assert store.find_statements([("mesh:D000001", text, "mesh:D000002")]) == [[]]
            assert store.between([("mesh:D000001", text)], predicates=[text]) == [[]]
            assert store.values([text], predicates=[text]) == [[]]
            assert store.statements([text]) == [None]
            assert store.curated_paths(text, text) == []
            assert list(store.scan(predicate=text)) == []
            assert store.expand([text], predicates=[text]) == [[]]
    assert_same(first, uri)
