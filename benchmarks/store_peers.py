"""The same questions put to peers, on a subset that fits their memory: a handicap in their favour.

Statements: the first million of the snapshot; names: the first million (fuzzy: 200,000). A peer
that isn't installed is left out.
"""

from __future__ import annotations

import importlib.util
import random
import sqlite3
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from measure import database, latencies, p50_p99, say, seconds

from kgmed.kg.linking.normalize import key

STATEMENTS, NAMES, FUZZY_NAMES, QUESTIONS = 1_000_000, 1_000_000, 200_000, 200_000

Triple = tuple[str, str, str]
Measured = dict[tuple[str, str], tuple[str, float]]
"""(area, beginning of the figure's text) -> (peer, value in the figure's unit)."""


def peers(tables: Path, predicates: list[str]) -> Measured:
    """Run every peer that is installed."""
    found: Measured = {}
    names = _names(tables)
    _sqlite_names(names, found)
    _attempt("rapidfuzz", lambda: _rapidfuzz(names[:FUZZY_NAMES], found))
    _attempt("flashtext2", lambda: _flashtext2(names, found))
    numbers = _statements(tables)
    _duckdb(numbers, found)
    triples = [
        (f"umls:C{s + 1:07d}", predicates[p], f"umls:C{o + 1:07d}") for s, p, o in numbers.tolist()
    ]
    questions = _questions(triples)
    _sqlite_statements(triples, questions, found)
    _attempt("pyoxigraph", lambda: _pyoxigraph(triples, questions, found))
    _attempt("networkx", lambda: _networkx(triples, found))
    return found


def _attempt(package: str, run: Callable[[], None]) -> None:
    if importlib.util.find_spec(package) is None:
        say(f"  {package} isn't installed: left out")
        return
    run()
    say(f"  {package} done")


def _names(tables: Path) -> list[str]:
    query = f"SELECT text FROM read_parquet('{tables / 'names.parquet'}') LIMIT {NAMES}"
    return [row[0] for row in database().sql(query).fetchall()]


def _statements(tables: Path) -> np.ndarray:
    path = tables / "statements.parquet"
    columns = database().sql(f"SELECT s, p, o FROM '{path}' LIMIT {STATEMENTS}").fetchnumpy()
    return np.column_stack([columns[name].astype(np.int32) for name in "spo"])


def _questions(triples: list[Triple]) -> list[Triple]:
    """Half of them true."""
    rng = random.Random(5)  # noqa: S311
    chosen = rng.choices(triples, k=QUESTIONS)
    return [t if n % 2 else (t[0], t[1], chosen[n - 1][2]) for n, t in enumerate(chosen)]


def _sqlite_names(names: list[str], found: Measured) -> None:
    base = sqlite3.connect(":memory:")
    base.execute("CREATE TABLE name(text TEXT, n INT)")
    base.executemany("INSERT INTO name VALUES (?, ?)", ((text, n) for n, text in enumerate(names)))
    base.execute("CREATE INDEX by_text ON name(text COLLATE NOCASE)")
    rng = random.Random(5)  # noqa: S311
    asked = rng.sample(names, min(2000, len(names)))
    exact = "SELECT n FROM name WHERE text = ? COLLATE NOCASE"
    spent = latencies(lambda text: base.execute(exact, (text,)).fetchall(), asked)
    found["names", "exact"] = ("sqlite3 NOCASE index in memory, 1M names", p50_p99(spent)[1])
    like = "SELECT n FROM name WHERE text COLLATE NOCASE >= ? AND text COLLATE NOCASE < ? LIMIT 20"
    starts = [text[:5] for text in asked]
    spent = latencies(lambda t: base.execute(like, (t, t + "\U0010ffff")).fetchall(), starts)
    found["names", "prefix"] = ("sqlite3 NOCASE index in memory, 1M names", p50_p99(spent)[1])


def _rapidfuzz(names: list[str], found: Measured) -> None:
    from rapidfuzz import process

    keys = [key(text) for text in names]
    asked = [k[:2] + k[3:] for k in keys if len(k) > 8 and k.isascii()][:100]
    spent = latencies(lambda text: process.extract(text, keys, limit=20), asked)
    found["names", "fuzzy, one letter"] = ("rapidfuzz extract over 200k names", p50_p99(spent)[1])


def _flashtext2(names: list[str], found: Measured) -> None:
    from flashtext2 import KeywordProcessor

    processor = KeywordProcessor(case_sensitive=False)
    keys = [key(text) for text in names]

    def fill() -> None:
        for text in keys:
            processor.add_keyword(text, text)

    found["name index", "names/s"] = ("flashtext2, 1M names in memory", len(keys) / seconds(fill))


def _duckdb(numbers: np.ndarray, found: Measured) -> None:
    import pyarrow as pa

    rng = np.random.default_rng(5)
    asked = numbers[rng.integers(0, len(numbers), 1_000_000)]
    asked[::2, 2] = rng.integers(0, len(numbers), len(asked[::2]))
    base = database()
    for name, rows in (("st", numbers), ("asked", asked)):
        table = pa.table({c: pa.array(rows[:, n]) for n, c in enumerate("spo")})
        base.register("rows", table)
        base.execute(f"CREATE TABLE {name} AS SELECT * FROM rows")
    query = "SELECT count(*) FROM asked SEMI JOIN st USING (s, p, o)"
    spent = seconds(lambda: base.execute(query).fetchall(), repeat=3)
    found["batch", "1,000,000 triples as ids"] = ("duckdb semi join, 1M statements", spent)


def _sqlite_statements(triples: list[Triple], questions: list[Triple], found: Measured) -> None:
    base = sqlite3.connect(":memory:")
    base.execute("CREATE TABLE st(s TEXT, p TEXT, o TEXT, PRIMARY KEY(s, p, o)) WITHOUT ROWID")
    base.executemany("INSERT OR IGNORE INTO st VALUES (?, ?, ?)", triples)
    sql = "SELECT 1 FROM st WHERE s = ? AND p = ? AND o = ?"
    part = questions[:50_000]
    spent = seconds(lambda: [base.execute(sql, triple).fetchone() for triple in part])
    found["batch", "one by one"] = ("sqlite3 in memory, 1M statements", len(part) / spent)


def _pyoxigraph(triples: list[Triple], questions: list[Triple], found: Measured) -> None:
    from pyoxigraph import NamedNode, Quad, Store

    def quad(triple: Triple) -> Any:
        return Quad(*(NamedNode(f"https://example.org/{term}") for term in triple))

    store = Store()
    store.bulk_extend(quad(triple) for triple in triples)
    spent = seconds(lambda: [quad(triple) in store for triple in questions])
    spent *= 1_000_000 / len(questions)
    found["batch", "1,000,000 triples as CURIEs"] = ("pyoxigraph, 1M statements", spent)


def _networkx(triples: list[Triple], found: Measured) -> None:
    import networkx as nx

    graph = nx.MultiDiGraph()
    graph.add_edges_from((s, o, p) for s, p, o in triples)
    rng = random.Random(5)  # noqa: S311
    nodes = rng.sample(sorted(graph), 2000)

    def around(node: str) -> object:
        both = (graph.out_edges(node, keys=True), graph.in_edges(node, keys=True))
        return [edge for edges in both for edge in islice(edges, 100)]

    spent = latencies(around, nodes)
    found["neighbours", "limit 100"] = ("networkx MultiDiGraph, 1M statements", p50_p99(spent)[1])
    undirected = nx.Graph(graph)

    def path(pair: tuple[str, str]) -> object:
        try:
            return nx.bidirectional_shortest_path(undirected, *pair)
        except nx.NetworkXNoPath:
            return None

    pairs = list(zip(nodes[:300], nodes[300:600], strict=True))
    spent = latencies(path, pairs)
    found["paths <= 4 hops", "search, random"] = ("networkx, 1M statements", p50_p99(spent)[1])
    rate = len(pairs) / (sum(spent) / 1000)
    found["batch", "random pairs within 3"] = ("networkx, any length, 1M statements", rate)
