"""MCP over standard input and output: for an agent that starts the server itself."""

from __future__ import annotations

import anyio

from kgmed.serve.engine import Engine
from kgmed.serve.mcp.server import made
from kgmed.serve.options import Options


def serve(options: Options) -> None:
    """Serve until standard input ends.

    Nothing but the protocol goes to standard output: whatever else would be printed there goes to
    standard error.
    """
    engine = Engine(options)  # before anything is claimed, so that an error is told as any other
    server = made(options, lambda: engine)

    async def run() -> None:
        from mcp.server.stdio import stdio_server

        async with stdio_server() as (reader, writer):
            await server.run(reader, writer, server.create_initialization_options())

    anyio.run(run)
