r"""Whether a Cypher query only reads: the first of three walls, before a server sees it.

A query is cut into words, names in back-ticks, strings and signs; comments are dropped. Words that
write, or that reach beyond the graph, are refused wherever they stand outside of strings and
back-ticks, even as the name of a property: what is refused once too often can be put into
back-ticks, what is let through once too often can't be taken back. ``\uXXXX`` is refused, because
Neo4j decodes it before it looks for the end of a string
(https://neo4j.com/docs/cypher-manual/5/syntax/parsing/). The other walls are the server's own: the
type of the query as it explains it, and the READ access mode that the query runs in.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal, NamedTuple

from kgmed.kg.errors import UsageError

PROCEDURES = frozenset(
    {
        "db.index.fulltext.listAvailableAnalyzers",
        "db.index.fulltext.queryNodes",
        "db.index.fulltext.queryRelationships",
        "db.info",
        "db.labels",
        "db.propertyKeys",
        "db.relationshipTypes",
        "db.schema.nodeTypeProperties",
        "db.schema.relTypeProperties",
        "db.schema.visualization",
        "dbms.components",
    }
)
"""The procedures that may be called; each of them only reads the graph or its schema."""

# fmt: off
WRITES = frozenset((
    "CREATE", "INSERT", "MERGE", "SET", "DELETE", "DETACH", "NODETACH", "REMOVE", "DROP",
    "FOREACH", "LOAD",
))
ADMIN = frozenset((
    "ALTER", "DEALLOCATE", "DENY", "DRYRUN", "ENABLE", "GRANT", "REALLOCATE", "RENAME", "REVOKE",
    "START", "STOP", "TERMINATE", "TRANSACTION", "TRANSACTIONS", "USE",
))
SHOWN = frozenset((
    "CONSTRAINT", "CONSTRAINTS", "FULLTEXT", "FUNCTION", "FUNCTIONS", "INDEX", "INDEXES",
    "LOOKUP", "POINT", "PROCEDURE", "PROCEDURES", "RANGE", "TEXT", "VECTOR",
))
"""What may follow SHOW: the schema, and what can be called."""
# fmt: on

_DECODED = re.compile(r"\\u+[0-9A-Fa-f]{4}")
_WORD = re.compile(r"[^\W\d]\w*")


class Token(NamedTuple):
    """A piece of a query; ``text`` of a string or a name is what stands inside its quotes."""

    kind: Literal["word", "name", "string", "sign"]
    text: str

    def is_sign(self, text: str) -> bool:
        """Whether it is this sign, not in quotes."""
        return self.kind == "sign" and self.text == text


def tokens(query: str) -> Iterator[Token]:
    """The pieces of a query. Raises :class:`~kgmed.kg.errors.UsageError` where one has no end.

    >>> [token.text for token in tokens("MATCH (n:`a``b`) // all\\nRETURN 'it\\\\'s'")]
    ['MATCH', '(', 'n', ':', 'a`b', ')', 'RETURN', "it's"]
    """
    place = 0
    while place < len(query):
        sign = query[place]
        if sign.isspace():
            place += 1
        elif query.startswith("//", place):
            end = query.find("\n", place)
            place = len(query) if end < 0 else end
        elif query.startswith("/*", place):
            end = query.find("*/", place + 2)
            if end < 0:
                raise UsageError("The query holds a comment, /*, without its end, */.")
            place = end + 2
        elif sign in "'\"`":
            text, place = _quoted(query, place)
            yield Token("name" if sign == "`" else "string", text)
        elif word := _WORD.match(query, place):
            yield Token("word", word.group())
            place = word.end()
        else:
            yield Token("sign", sign)
            place += 1


def _quoted(query: str, start: int) -> tuple[str, int]:
    """What stands in the quotes that open at ``start``, and the place after them.

    A back-tick inside a name is doubled; a string has escapes with a backslash.
    """
    quote, text, place = query[start], "", start + 1
    while place < len(query):
        sign = query[place]
        if sign == "\\" and quote != "`":
            text += query[place + 1 : place + 2]
            place += 2
        elif sign != quote:
            text += sign
            place += 1
        elif quote == "`" and query.startswith("``", place):
            text += quote
            place += 2
        else:
            return text, place + 1
    raise UsageError(f"The query opens a {quote} that it doesn't close.")


def refuse_writes(query: str) -> set[str]:
    """Raise :class:`~kgmed.kg.errors.UsageError` for a query that may do more than read.

    Returns the procedures that it calls.

    >>> refuse_writes("MATCH (n {name: 'DELETE'}) RETURN n /* CREATE */")
    set()
    >>> refuse_writes("MATCH (n) DELETE n")
    Traceback (most recent call last):
    ...
    kgmed.kg.errors.UsageError: Found DELETE in the query, ...
    """
    if _DECODED.search(query):
        raise UsageError(
            r"Found \u and digits in the query: write the character itself, or give it as a "
            "parameter."
        )
    if "\r" in query.replace("\r\n", "\n"):
        raise UsageError("Found a carriage return in the query, expected lines that end as usual.")
    found = list(tokens(query))
    while found and found[-1].is_sign(";"):
        found.pop()
    if not found:
        raise UsageError("The query is empty.")
    first = found[0].text.upper()
    if first in {"EXPLAIN", "PROFILE", "CYPHER"}:
        raise UsageError(f"Found a query that begins with {first}; give the query without it.")
    called: set[str] = set()
    for n, token in enumerate(found):
        if token.is_sign(";"):
            raise UsageError("Found several queries, expected one.")
        if token.kind != "word":
            continue
        word, rest = token.text.upper(), found[n + 1 :]
        if word in WRITES or word in ADMIN:
            raise UsageError(
                f"Found {word} in the query, expected one that only reads the graph. Where it is "
                f"a name, write it in back-ticks: `{token.text}`."
            )
        if word == "CALL":
            called |= _called(rest)
        elif word == "SHOW" and not (rest and rest[0].text.upper() in SHOWN):
            raise UsageError(
                f"Found SHOW {rest[0].text if rest else ''}, expected SHOW and one of: "
                f"{', '.join(sorted(SHOWN))}."
            )
    return called


def _called(rest: list[Token]) -> set[str]:
    """The procedure that CALL names, or none for a subquery; one not in the list is refused."""
    if not rest or rest[0].kind == "sign":
        if rest and rest[0].text in "({":
            return set()
        raise UsageError("Found CALL without a procedure or a subquery.")
    name = ""
    for token in rest:
        if token.kind == "string" or (token.kind == "sign" and token.text != "."):
            break
        if token.kind in {"word", "name"} and name and not name.endswith("."):
            break
        name += token.text
    if name not in PROCEDURES:
        raise UsageError(
            f"Found a call of {name}, expected one of: {', '.join(sorted(PROCEDURES))}."
        )
    return {name}
