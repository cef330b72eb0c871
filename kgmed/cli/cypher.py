"""``kgmed cypher``: one reading query to a graph on a Neo4j server."""

from __future__ import annotations

import json
import sys
from typing import Annotated, Any

import typer

from kgmed.cli.opening import Progress
from kgmed.cli.options import AsJson, GraphUri, Quiet
from kgmed.cli.output import echo, print_table


def cypher(
    query: Annotated[str, typer.Argument(help="A Cypher query that only reads; - for stdin.")],
    graph: GraphUri = None,
    *,
    parameters: Annotated[
        str, typer.Option("--parameters", metavar="JSON", help="Values of $names, as an object.")
    ] = "{}",
    limit: Annotated[
        int, typer.Option("--limit", "-n", min=1, help="Rows to print at most.")
    ] = 100,
    timeout: Annotated[
        float | None,
        typer.Option(
            "--timeout",
            metavar="S",
            help="Seconds that the query may take. Default: KGMED_NEO4J_TIMEOUT, else 60.",
        ),
    ] = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Ask a graph on a Neo4j server in Cypher; nothing that writes is let through."""
    from kgmed.facade import server_address
    from kgmed.kg.errors import UsageError
    from kgmed.kg.store.neo4j.address import is_server, shown
    from kgmed.kg.store.neo4j.cypher import ask_cypher
    from kgmed.settings import settings
    from kgmed.wire import to_json

    name = graph or settings().graph
    if not is_server(name):
        raise UsageError(
            f"Found the graph {shown(name)}, expected one on a Neo4j server: --graph bolt://HOST."
        )
    if timeout is not None and timeout <= 0:
        raise UsageError(f"Found --timeout {timeout:g}, expected a number of seconds above 0.")
    text = sys.stdin.read() if query == "-" else query
    values = _object(parameters)
    with Progress(quiet=quiet).during(f"asking {shown(name)}"):
        found = ask_cypher(server_address(name), text, values, limit=limit, timeout_s=timeout)
    if as_json:
        echo(to_json(found))
        return
    print_table(found.columns, [[written(cell) for cell in row] for row in found.rows])
    if found.more and not quiet:
        sys.stderr.write(f"kgmed: there are more rows (--limit {limit})\n")


def _object(text: str) -> dict[str, Any]:
    from kgmed.kg.errors import UsageError

    try:
        found = json.loads(text)
    except ValueError as error:
        raise UsageError(f"Found --parameters that aren't JSON: {error}.") from error
    if not isinstance(found, dict):
        raise UsageError("Found --parameters of another kind, expected a JSON object.")
    return found


def written(value: Any) -> str:
    """A plain value in a cell: a node and a relationship as Cypher draws them.

    >>> written({"labels": ["Drug"], "properties": {"id": "x", "n": 1}})
    '(:Drug {id: "x", n: 1})'
    """
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return "[" + ", ".join(_inner(item) for item in value) + "]"
    if isinstance(value, dict):
        keys = set(value)
        if keys == {"labels", "properties"}:
            return f"({''.join(f':{label}' for label in value['labels'])} {_map(value)})"
        if keys == {"type", "start", "end", "properties"}:
            start, end = (value[side] or "" for side in ("start", "end"))
            return f"({start})-[:{value['type']} {_map(value)}]->({end})"
        if keys == {"nodes", "relationships"}:
            return ", ".join(map(written, [*value["nodes"][:1], *value["relationships"]]))
        return _pairs(value)
    return json.dumps(value)


def _inner(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str) else written(value)


def _map(value: dict[str, Any]) -> str:
    return _pairs(value["properties"])


def _pairs(value: dict[str, Any]) -> str:
    return "{" + ", ".join(f"{name}: {_inner(item)}" for name, item in value.items()) + "}"
