"""MCP servers for tests: a subprocess over its standard input and output, one over HTTP, and one in
this process; and a call of every tool."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from mcp.client.client import Client
from mcp.client.stdio import StdioServerParameters, stdio_client

from kgmed.serve.mcp.server import made
from kgmed.serve.options import Options

T = TypeVar("T")
TOKEN = "a-token-for-tests-0123456789"  # noqa: S105
COMMAND = [sys.executable, "-m", "kgmed.cli", "mcp"]
CALLS: dict[str, dict[str, Any]] = {
    "ask": {"question": "drug interactions of warfarin", "limit": 5},
    "interactions": {"drugs": ["warfarin", "amiodarone", "metformin", "xyzzy"]},
    "verify_text": {"text": "Warfarin interacts with amiodarone. Warfarin treats gout."},
    "verify_triples": {
        "triples": [{"subject": "warfarin", "predicate": "interacts_with", "object": "amiodarone"}]
    },
    "search": {"text": "warf"},
    "link": {"text": "Warfarin and 阿司匹林"},
    "concept": {"id": "DB00682"},
    "statements": {"id": "DB00682", "predicate": "treats"},
    "statement": {"id": "4db0062d"},
    "paths": {"start": "warfarin", "end": "VKORC1"},
    "explain_mapping": {"left": "DOID:9477", "right": "UMLS:C0034065"},
    "coverage": {"predicate": "treats"},
    "info": {},
    "export_sample": {"task": "yes_no", "count": 2},
}
"""A call of every tool that a server of the open graph offers."""


def stdio(*options: str) -> Client:
    """A client of ``kgmed mcp`` as a subprocess."""
    command, *rest = [*COMMAND, "--quiet", *options]
    return Client(
        stdio_client(StdioServerParameters(command=command, args=rest, env=dict(os.environ)))
    )


def inside(options: Options | None = None, **given: Any) -> Client:
    """A client of a server in this process; without options, of the open graph."""
    return Client(made(options or Options("kgmed:open", **given)))


@contextmanager
def http(*options: str, **environment: str) -> Iterator[str]:
    """The URL of ``kgmed mcp --http`` as a subprocess."""
    process = subprocess.Popen(
        [*COMMAND, "--http", "--port", "0", "--quiet", "--access-log", "none", *options],
        stdout=subprocess.PIPE, text=True, env={**os.environ, **environment},
    )  # fmt: skip
    assert process.stdout is not None
    try:
        url = process.stdout.readline().strip()
        assert url.endswith("/mcp"), "the server didn't start"
        yield url
    finally:
        process.terminate()
        process.wait(30)
        process.stdout.close()


def using(client: Client, work: Callable[[Client], Awaitable[T]]) -> T:
    """What comes of work with a client; what it raises comes as it is, not in the group that the
    client's tasks make of it."""

    async def run() -> T:
        raised: Exception | None = None
        async with client as opened:
            try:
                return await work(opened)
            except Exception as error:
                raised = error
        assert raised is not None
        raise raised

    return asyncio.run(run())


def text_of(result: Any) -> str:
    """The one text of a tool's result."""
    (content,) = result.content
    return str(content.text)
