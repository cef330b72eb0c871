"""A bare FastAPI application that answers what kgmed answered, out of a dict, by uvicorn as it
comes: ``python benchmarks/serve_peer.py answers.json``. It prints its URL."""

from __future__ import annotations

import json
import socket
import sys
from pathlib import Path

import uvicorn
from fastapi import FastAPI, Request, Response


def made(answers: dict[str, str]) -> FastAPI:
    """The application."""
    app = FastAPI()

    @app.get("/readyz")
    async def readyz() -> dict[str, bool]:
        return {"ok": True}

    @app.api_route("/{path:path}", methods=["GET", "POST"])
    async def answer(request: Request) -> Response:
        query = f"?{request.url.query}" if request.url.query else ""
        body = (await request.body()).decode()
        found = answers[f"{request.url.path}{query} {body}"]
        return Response(found, media_type="application/json")

    return app


if __name__ == "__main__":
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    print(f"http://127.0.0.1:{listening.getsockname()[1]}/", flush=True)
    held = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    config = uvicorn.Config(made(held), log_level="warning", access_log=False)
    uvicorn.Server(config).run(sockets=[listening])
