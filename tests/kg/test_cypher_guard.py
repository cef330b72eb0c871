"""What ``kgmed cypher`` lets through to a server, and what it refuses before one sees it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kgmed.kg.errors import UsageError
from kgmed.kg.store.neo4j.guard import ADMIN, PROCEDURES, WRITES, refuse_writes, tokens

READING = [
    "MATCH (n) RETURN n",
    "match (n:Concept {id: $id})-[r:treats]->(m) return m.name order by m.name limit 5;",
    "MATCH (n) WHERE n.name = 'CREATE (m)' RETURN n",
    'MATCH (n) WHERE n.name = "x\\" DELETE n //" RETURN n',
    "MATCH (n:`SET`) RETURN n.`delete` AS `DROP ``it```",
    "MATCH (n) // DELETE n\nRETURN n",
    "MATCH (n) /* DELETE n */ RETURN n",
    "RETURN 'http://x' AS a, '/*' AS b, '*/' AS c",
    "CALL { MATCH (n) RETURN n LIMIT 1 } RETURN n",
    "MATCH (n) CALL (n) { MATCH (n)--(m) RETURN count(m) AS c } RETURN n, c",
    "CALL db.labels() YIELD label RETURN label",
    "CALL db.labels",
    "CALL `db`.`labels`()",
    "CALL db . labels ()",
    "CALL db.index.fulltext.queryNodes('kgmed_name_text', '\"a b\"') YIELD node RETURN node",
    "SHOW INDEXES",
    "OPTIONAL MATCH (n) RETURN n",
    "RETURN '中文 \U0001f9ea' AS x",
]  # fmt: skip
REFUSED = [
    "CREATE (n)",
    "MATCH (n) SET n.x = 1",
    "MATCH (n) DETACH DELETE n",
    "merge (n {id: 1})",
    "MATCH (n) REMOVE n.x",
    "DROP INDEX x",
    "MATCH (n) FOREACH (x IN [1] | SET n.x = x)",
    "LOAD CSV FROM 'file:///etc/passwd' AS row RETURN row",
    "LOAD/**/CSV FROM 'http://x' AS row RETURN row",
    "RETURN 1 /* */ CREATE (n)",
    "RETURN 'a' // '\nCREATE (n)",
    "RETURN 'a\\\\' CREATE (n) RETURN '",
    "MATCH (n:`a``b`) CREATE (m)",
    "RETURN '\\u0027 CREATE (n) //'",
    "MATCH (n:`a\\u0060) CREATE (m) //`) RETURN n",
    "\\u0043REATE (n)",
    "MATCH (n) CALL (n) { CREATE (m) } RETURN n",
    "MATCH (n) CALL { WITH n RETURN 1 AS x } IN TRANSACTIONS OF 10 ROWS RETURN x",
    "MATCH (n) CALL { WITH n RETURN 1 AS x } IN 3 CONCURRENT TRANSACTIONS RETURN x",
    "CALL apoc.load.json('http://x')",
    "CALL db.createLabel('x')",
    "CALL `db`.`createLabel`('x')",
    "CALL `db.createLabel`('x')",
    "CALL db.labels.x()",
    "CALL dbms.killQuery('x')",
    "CALL",
    "CALL 'db.labels'",
    "SHOW USERS",
    "SHOW",
    "SHOW ALL PRIVILEGES",
    "RETURN 1 // \r ' \nCREATE (n) // '",
    "CREATE USER x SET PASSWORD 'y'",
    "USE other MATCH (n) RETURN n",
    "EXPLAIN MATCH (n) RETURN n",
    "PROFILE MATCH (n) RETURN n",
    "CYPHER 25 MATCH (n) RETURN n",
    "RETURN 1; RETURN 2",
    "",
    ";",
    "RETURN 'open",
    "RETURN `open",
    "RETURN 1 /* open",
]


@pytest.mark.parametrize("query", READING)
def test_a_query_that_reads_is_let_through(query: str) -> None:
    refuse_writes(query)


@pytest.mark.parametrize("query", REFUSED)
def test_a_query_that_may_do_more_is_refused(query: str) -> None:
    with pytest.raises(UsageError):
        refuse_writes(query)


def test_the_procedures_called_are_told() -> None:
    assert refuse_writes("CALL db.labels() YIELD label CALL dbms.components() RETURN 1") == {
        "db.labels", "dbms.components",
    }  # fmt: skip
    for name in PROCEDURES:
        assert refuse_writes(f"CALL {name}()") == {name}


texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r"), max_size=20)
words = st.sampled_from(sorted(WRITES | ADMIN))


@st.composite
def hidden(draw: st.DrawFn) -> str:
    """A piece of a query that holds any text where it is no more than text."""
    text = draw(texts) + " " + draw(words) + " (n) " + draw(texts)
    kind = draw(st.sampled_from(["single", "double", "name", "line", "block"]))
    if kind == "single":
        return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
    if kind == "double":
        return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if kind == "name":
        return "`" + text.replace("\\", "").replace("`", "``") + "`"
    if kind == "line":
        return "0 // " + text.replace("\n", "").replace("\\", "") + "\n"
    return "0 /* " + text.replace("*", "").replace("\\", "") + " */"


@given(st.lists(hidden(), min_size=1, max_size=4))
def test_words_inside_quotes_and_comments_are_only_text(pieces: list[str]) -> None:
    refuse_writes("RETURN " + ", ".join(pieces))


@given(st.lists(hidden(), max_size=3), words, st.lists(hidden(), max_size=3), st.randoms())
def test_a_word_that_writes_is_found_after_any_quotes_and_comments(
    before: list[str], word: str, after: list[str], chance: object
) -> None:
    cased = "".join(chance.choice((c.lower(), c.upper())) for c in word)  # type: ignore[attr-defined]
    query = f"RETURN {', '.join([*before, '0'])} {cased} {', '.join([*after, '0'])}"
    with pytest.raises(UsageError):
        refuse_writes(query)


@given(st.text(max_size=60))
def test_any_text_is_cut_into_pieces_or_refused_in_our_words(query: str) -> None:
    try:
        found = list(tokens(query))
    except UsageError:
        return
    plain = "".join(token.text for token in found if token.kind in {"word", "sign"})
    assert all(c in query for c in plain)
