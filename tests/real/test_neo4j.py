"""The open graph on a real Neo4j server: every answer is the embedded store's."""

from __future__ import annotations

import csv
import json
import os
import random
import socket
import struct
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from neo4j_server import server
from store_equality import CHECKS, Some, compare
from untold import Untold

from kgmed.facade import Graph, load_graph, open_graph, server_address
from kgmed.kg.errors import (
    ConfigError,
    FormatVersion,
    NotAGraph,
    ServerError,
    StoreError,
    UsageError,
)
from kgmed.kg.store.neo4j.address import Address
from kgmed.kg.store.neo4j.connection import Connection
from kgmed.kg.store.neo4j.cypher import ask_cypher
from kgmed.kg.store.neo4j.guard import refuse_writes
from kgmed.kg.store.neo4j.store import Neo4jStore
from kgmed.wire import to_json

pytestmark = pytest.mark.real

WORDINGS = Path(__file__).parents[1] / "reasoning" / "wordings.tsv"


@pytest.fixture(scope="module")
def uri(neo4j_uri: str) -> str:
    """A server that holds the open graph."""
    load_graph(neo4j_uri, prune=True, tell=Untold())
    return neo4j_uri


@pytest.fixture(scope="module")
def served(uri: str, graph: Graph) -> Iterator[Graph]:
    with open_graph(uri, progress=Untold()) as opened:
        yield opened


# Every method -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def some(graph: Graph) -> Some:
    return Some(graph.local_store())


@pytest.mark.parametrize("method", CHECKS)
def test_a_method_gives_the_same(method: str, graph: Graph, served: Graph, some: Some) -> None:
    compare(method, graph.local_store(), served.store, some)


# Names --------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def fetched(uri: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Neo4jStore]:
    """A store whose home has no graph, so that names come from the server."""
    home = tmp_path_factory.mktemp("empty-home")
    tell = Untold()
    store = Neo4jStore(server_address(uri), home=home, progress=tell)
    assert not (home / "lexicons").exists()  # nothing is fetched before a name is asked for
    store.lexicon.exact(["gout"])
    assert any("fetching" in line for line in tell.lines)
    yield store
    store.close()


def test_fetched_names_are_those_of_the_graph(
    fetched: Neo4jStore, graph: Graph, some: Some
) -> None:
    compare("names", graph.local_store(), fetched, some)


def test_names_are_fetched_once(fetched: Neo4jStore, uri: str) -> None:
    home = fetched._home
    folders = [path.name for path in (home / "lexicons").iterdir()]
    assert folders == [fetched.info().snapshot]
    tell = Untold()
    again = Neo4jStore(server_address(uri), home=home, progress=tell)
    assert again.lexicon.exact(["gout"])[0]
    again.close()
    assert tell.lines == []


def test_a_lexicon_that_is_not_whole_is_fetched_again(
    fetched: Neo4jStore, uri: str, tmp_path: Path
) -> None:
    folder = tmp_path / "lexicons" / fetched.info().snapshot
    folder.mkdir(parents=True)
    source = fetched._home / "lexicons" / folder.name
    (folder / "lexicon.json").write_bytes((source / "lexicon.json").read_bytes())
    (folder / "names.sqlite").write_bytes((source / "names.sqlite").read_bytes()[:100_000])
    store = Neo4jStore(server_address(uri), home=tmp_path)
    assert store.lexicon.exact(["gout"]) == fetched.lexicon.exact(["gout"])
    store.close()


# Answers and commands -----------------------------------------------------------------------------


def _wordings() -> list[str]:
    text = WORDINGS.read_text(encoding="utf-8").removeprefix("# ")
    rows = csv.DictReader(text.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE)
    return [row["question"] for row in rows]


def _without_times(text: str) -> str:
    """Output without the time that it took, and that at which the snapshot was built."""
    lines = text.splitlines()
    return "\n".join(n for n in lines if '"elapsed_ms"' not in n and '"created"' not in n)


def test_every_wording_has_the_same_answer_byte_for_byte(graph: Graph, served: Graph) -> None:
    questions = _wordings()
    assert len(questions) >= 200
    for question in questions:
        here, there = (to_json(g.ask(question, limit=20)) for g in (graph, served))
        assert _without_times(there) == _without_times(here), question


def _kgmed(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "kgmed.cli", *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **environment},
    )


@pytest.mark.parametrize(
    "arguments",
    [
        ["ask", "drug interactions of warfarin", "--json"],
        ["ask", "华法林治疗什么"],
        ["link", "Warfarin or ibuprofen for acute gout", "--json"],
        ["show", "DB00682", "--json"],
        ["show", "warfarin"],
        ["paths", "imatinib", "ABL1", "--json"],
        ["paths", "warfarin", "gout", "--json"],
        ["why", "DOID:9477", "UMLS:C0034065", "--json"],
        ["info", "--json"],
        ["coverage", "--json"],
        ["ask", "what is the weather?", "--json"],
    ],
    ids=" ".join,
)
def test_a_command_prints_the_same_for_either_back_end(
    arguments: list[str], uri: str, served: Graph
) -> None:
    here, there = _kgmed(*arguments), _kgmed(*arguments, "--graph", uri)
    assert there.returncode == here.returncode, there.stderr

    def said(text: str) -> str:
        return _without_times(text).replace(Address.parse(uri).uri, "kgmed:open")

    assert said(there.stdout) == said(here.stdout)


def test_check_and_mappings_work_on_a_server(uri: str, served: Graph, tmp_path: Path) -> None:
    done = _kgmed("check", "--graph", uri)
    assert (done.returncode, uri in done.stdout) == (0, True)
    files = [tmp_path / "here.tsv", tmp_path / "there.tsv"]
    for file, more in zip(files, ([], ["--graph", uri]), strict=True):
        assert _kgmed("mappings", "--out", str(file), *more).returncode == 0
    here, there = (sorted(file.read_text(encoding="utf-8").splitlines()) for file in files)
    assert there == here


# Other tools' forms -------------------------------------------------------------------------------

PARTS: list[dict[str, Any]] = [
    {"concepts": ["warfarin"], "predicates": ["interacts_with", "has_half_life"]},
    {"concepts": ["imatinib", "gout"], "hops": 2, "limit": 2_000, "truncate": True},
    {"concepts": ["华法林", "DB01118"], "hops": 0},
    {"concepts": None, "sources": ["drugcentral"], "predicates": ["treats"], "truncate": True,
     "limit": 3_000},
]  # fmt: skip


@pytest.mark.parametrize("part", PARTS, ids=str)
def test_a_part_for_networkx_is_the_same_in_the_same_order(
    part: dict[str, Any], graph: Graph, served: Graph
) -> None:
    here, there = graph.to_networkx(**part), served.to_networkx(**part)
    assert here.number_of_nodes() > 0
    assert there.graph == here.graph
    assert list(there.nodes(data=True)) == list(here.nodes(data=True))
    assert list(there.edges(keys=True, data=True)) == list(here.edges(keys=True, data=True))


@pytest.mark.filterwarnings("ignore::DeprecationWarning:rdflib.*")
@pytest.mark.parametrize("part", [*PARTS[:1], *PARTS[2:3]], ids=str)
def test_a_part_as_rdf_is_the_same(part: dict[str, Any], graph: Graph, served: Graph) -> None:
    def quads(opened: Graph) -> set[tuple[str, ...]]:
        found = {tuple(str(term) for term in quad) for quad in opened.to_rdf(**part).quads()}
        return {quad for quad in found if opened.info().created not in quad}

    assert len(quads(graph)) > 20
    assert quads(served) == quads(graph)


@pytest.mark.parametrize(
    "form",
    [
        lambda graph, out: graph.tables(),
        lambda graph, out: graph.to_pyg(),
        lambda graph, out: graph.write_rdf(out / "graph.nq"),
        lambda graph, out: graph.write_kgx(out),
        lambda graph, out: graph.export_neo4j(out),
    ],
    ids=["tables", "pyg", "rdf", "kgx", "neo4j"],
)
def test_forms_of_a_whole_graph_name_the_graph_that_was_loaded(
    form: Any, uri: str, served: Graph, tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match="Name the graph that was loaded") as told:
        form(served, tmp_path)
    assert Address.parse(uri).uri in str(told.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("form", [["kgx"], ["rdf"], ["neo4j"]], ids=" ".join)
def test_an_export_of_a_server_is_refused_in_words(
    form: list[str], uri: str, served: Graph, tmp_path: Path
) -> None:
    done = _kgmed("export", *form, "--out", str(tmp_path / "x.nq"), "--graph", uri)
    assert (done.returncode, "Name the graph that was loaded" in done.stderr) == (2, True)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "arguments", [["diff", "URI", "kgmed:open"], ["overlay", "URI", "--list"]], ids=" ".join
)
def test_what_needs_generations_is_refused_in_words(arguments: list[str], uri: str) -> None:
    given = uri.replace("://", "://neo4j:hidden@")
    done = _kgmed(*(given if word == "URI" else word for word in arguments))
    assert done.returncode == 2
    assert "server" in done.stderr
    assert "hidden" not in done.stderr + done.stdout


# Cypher -------------------------------------------------------------------------------------------


def test_a_query_gives_plain_rows(uri: str, served: Graph) -> None:
    found = ask_cypher(
        server_address(uri),
        "MATCH p = (c:Concept {id: $id})-[r:interacts_with]->(d:Concept) WITH p, c, r, d"
        " ORDER BY d.id LIMIT 1 RETURN c, r, p, date('2026-01-02') AS day,"
        " duration('P1DT2S') AS time, [1.5, null, true] AS list",
        {"id": "drugbank:DB00682"},
    )
    concept, relationship, path, *rest = found.rows[0]
    assert concept["labels"] == ["Concept", "Drug"]
    assert concept["properties"]["name"] == "Warfarin"
    assert (relationship["type"], relationship["start"]) == ("interacts_with", "drugbank:DB00682")
    assert path["nodes"][0] == concept
    assert path["relationships"] == [relationship]
    assert rest == ["2026-01-02", "P1DT2S", [1.5, None, True]]
    json.dumps(found.rows)


def test_rows_are_limited(uri: str, served: Graph) -> None:
    found = ask_cypher(server_address(uri), "UNWIND range(1, 1000000) AS n RETURN n", limit=7)
    assert ([row[0] for row in found.rows], found.more) == ([1, 2, 3, 4, 5, 6, 7], True)


def test_time_is_limited(uri: str, served: Graph) -> None:
    with pytest.raises(ServerError, match="longer than 1 s"):
        ask_cypher(
            server_address(uri), "UNWIND range(1, 10000000000) AS n RETURN sum(n)", timeout_s=1
        )


def test_the_server_refuses_what_writes_even_without_the_guard(uri: str, served: Graph) -> None:
    connection = Connection(server_address(uri))
    try:
        assert connection.kind_of("MATCH (n) SET n.x = 1", {}) != "r"
        with pytest.raises(ServerError, match="read access mode"):
            connection.some("CREATE (n:Intruder) RETURN n", {}, limit=1)
        with pytest.raises(ServerError, match="read access mode"):
            connection.read("MATCH (c:Concept) SET c.x = 1")
        assert connection.read("MATCH (n:Intruder) RETURN count(n)") == [[0]]
    finally:
        connection.close()


def test_what_the_guard_lets_through_only_reads(uri: str, served: Graph) -> None:
    """Soups of words and quotes: what the guard lets through and the server reads as a query is
    of the type that only reads."""
    chance = random.Random(3)
    pieces = [
        "MATCH (n)", "RETURN 1 AS x", "RETURN n", "'", '"', "`", "//", "\n", "/*", "*/", "\\", "``",
        "CREATE (m)", "SET n.x = 1", "DELETE n", "'CREATE (m)'", "`a`", "WITH n", "WITH 1 AS n",
        "CALL {", "}", "CALL db.labels()", "WHERE n.x = 'a'", "n", ",", "+ 'x'", "AS y", "(", ")",
        "MERGE (q)", "UNWIND [1] AS z", "YIELD label", "SHOW INDEXES", ";", "REMOVE n.x", "\\'",
    ]  # fmt: skip
    connection = Connection(server_address(uri))
    read = 0
    try:
        for _ in range(4_000):
            start = ["MATCH (n)"] if chance.random() < 0.7 else []
            words = start + chance.choices(pieces, k=chance.randint(1, 5)) + ["RETURN 1 AS x"]
            query = " ".join(words)
            try:
                refuse_writes(query)
            except UsageError:
                continue
            try:
                kind = connection.kind_of(query, {})
            except ServerError:
                continue
            assert kind == "r", query
            read += 1
    finally:
        connection.close()
    assert read > 100


def test_the_command_prints_json_and_refuses_writes(uri: str, served: Graph) -> None:
    query = "MATCH (c:Concept {id: $id}) RETURN c.name AS name"
    given = ["--graph", uri, "--parameters", '{"id": "drugbank:DB00682"}']
    done = _kgmed("cypher", query, *given, "--json")
    assert json.loads(done.stdout)["rows"] == [["Warfarin"]]
    assert _kgmed("cypher", query, *given).stdout == "name\nWarfarin\n"
    refused = _kgmed("cypher", "MATCH (c) DETACH DELETE c", *given)
    assert (refused.returncode, "DETACH" in refused.stderr) == (2, True)


# Servers that can't be used -----------------------------------------------------------------------


def _problem(uri: str, **settings: str) -> str:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in settings.items():
            patch.setenv(f"KGMED_NEO4J_{name}", value)
        with pytest.raises(StoreError) as caught:
            open_graph(uri)
    return str(caught.value)


def test_an_unreachable_server_is_told_of() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        problem = _problem(f"bolt://neo4j:hidden@127.0.0.1:{port}")
    assert f"bolt://127.0.0.1:{port}: the server can't be reached" in problem
    assert "hidden" not in problem


def test_a_wrong_database_is_told_of_with_those_there_are(uri: str) -> None:
    problem = _problem(uri, DATABASE="nowhere")
    assert "no database 'nowhere', expected one of: neo4j" in problem


def test_a_scheme_with_tls_on_a_server_without_is_told_of(uri: str) -> None:
    assert "speak TLS" in _problem(uri.replace("bolt://", "bolt+s://"))


def test_a_password_is_asked_for_and_checked(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    if os.environ.get("KGMED_TEST_NEO4J"):
        monkeypatch.delenv("NEO4J_PASSWORD", raising=False)
    monkeypatch.setenv("NEO4J_PASSWORD", "right horse")
    with server(tmp_path_factory.mktemp("locked")) as (uri, _home):
        hint = "Set KGMED_NEO4J_USER and KGMED_NEO4J_PASSWORD"
        for problem in (
            _problem(uri),
            _problem(uri, **{"PASSWORD": "wrong horse"}),
            _problem(uri.replace("://", "://neo4j:wrong%20horse@")),
            _problem(uri.replace("://", "://nobody:right%20horse@")),
        ):
            assert f"{uri}: the server refuses" in problem
            assert hint in problem
            assert "horse" not in problem
        for given in (
            {"PASSWORD": "right horse"},
            {"PASSWORD": "right horse", "USER": "neo4j"},
        ):
            assert "no graph of kgmed" in _problem(uri, **given)
        inside = uri.replace("://", "://neo4j:right%20horse@")
        assert "no graph of kgmed" in _problem(inside)
        routed = inside.replace("bolt://", "neo4j://")
        assert "no graph of kgmed" in _problem(routed)
        connection = Connection(server_address(inside))
        assert "horse" not in repr(connection) + repr(connection.address)
        connection.close()
        done = _kgmed("info", "--graph", inside)
        assert (done.returncode, "horse" in done.stderr + done.stdout) == (1, False)


def test_a_timeout_that_is_no_number_is_told_of(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KGMED_NEO4J_TIMEOUT", "soon")
    with pytest.raises(ConfigError, match="KGMED_NEO4J_TIMEOUT='soon'"):
        open_graph("bolt://localhost")


@pytest.fixture
def old_server() -> Iterator[str]:
    """The words of a Neo4j 4.4 over Bolt 4.4, as far as its greeting."""

    def packed(fields: dict[str, str]) -> bytes:
        body = bytes([0xA0 + len(fields)])
        for name, value in fields.items():
            for text in (name, value):
                data = text.encode()
                head = bytes([0x80 + len(data)]) if len(data) < 16 else bytes([0xD0, len(data)])
                body += head + data
        message = b"\xb1\x70" + body
        return struct.pack(">H", len(message)) + message + b"\0\0"

    def serve() -> None:
        while True:
            try:
                client, _address = listening.accept()
            except OSError:
                return
            with client:
                client.recv(20)
                client.sendall(b"\0\0\x04\x04")
                while client.recv(4096):
                    client.sendall(packed({"server": "Neo4j/4.4.30", "connection_id": "bolt-1"}))

    listening = socket.create_server(("127.0.0.1", 0))
    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield f"bolt://127.0.0.1:{listening.getsockname()[1]}"
    listening.close()


def test_an_older_server_is_told_of(old_server: str) -> None:
    problem = _problem(old_server)
    assert "found the server Neo4j/4.4.30, expected Neo4j 5 or later" in problem


@pytest.mark.parametrize(
    ("change", "kind", "said"),
    [
        ("REMOVE s:Snapshot SET s:Hidden", NotAGraph, "no graph of kgmed"),
        ("SET s.state = 'loading'", StoreError, "isn't complete"),
        ("SET s.schema = 2", FormatVersion, "shape 2, expected 1"),
    ],
)
def test_a_marker_that_is_not_right_is_told_of(
    change: str, kind: type[StoreError], said: str, uri: str, served: Graph
) -> None:
    back = {
        "REMOVE s:Snapshot SET s:Hidden": "MATCH (s:Hidden) REMOVE s:Hidden SET s:Snapshot",
        "SET s.state = 'loading'": "MATCH (s:Snapshot) SET s.state = 'complete'",
        "SET s.schema = 2": "MATCH (s:Snapshot) SET s.schema = 1",
    }
    connection = Connection(server_address(uri))
    try:
        connection.command(f"MATCH (s:Snapshot) {change}")
        with pytest.raises(kind, match=said):
            open_graph(uri)
    finally:
        connection.command(back[change])
        connection.close()


def test_a_store_that_is_open_sees_that_a_load_begins(
    uri: str, served: Graph, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kgmed.kg.store.neo4j.store._WATCH_S", 0.0)
    connection = Connection(server_address(uri))
    try:
        connection.command("MATCH (s:Snapshot) SET s.state = 'loading'")
        with pytest.raises(StoreError, match="the database changed"):
            served.store.resolve(["drugbank:DB00682"])
    finally:
        connection.command("MATCH (s:Snapshot) SET s.state = 'complete'")
        connection.close()
    assert served.store.resolve(["drugbank:DB00682"]) == ["drugbank:DB00682"]


def test_an_embedded_question_imports_no_driver(graph: Graph) -> None:
    code = (
        "import sys; sys.argv = ['kgmed', 'ask', 'gout', '-q']\n"
        "from kgmed.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "print([m for m in sys.modules if m == 'neo4j' or m.startswith('neo4j.')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert done.stdout.splitlines()[-1] == b"[]"
