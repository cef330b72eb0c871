"""The application of one worker."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from kgmed.serve.api import problems
from kgmed.serve.api.access import access_log
from kgmed.serve.api.gate import Gate
from kgmed.serve.engine import Engine
from kgmed.serve.options import Options
from kgmed.serve.rates import Rates

if TYPE_CHECKING:
    from fastapi import FastAPI

STATIC = Path(__file__).parents[1] / "static"
"""The explorer page."""
DESCRIPTION = (
    "A medical knowledge graph that answers, links, verifies and explains, with a source for each "
    "line. Errors are {error: {kind, message, where}}. It is never medical advice."
)


def make(options: Options, rates: Rates | None = None) -> Gate:
    """The ASGI application that serves a graph as ``options`` say.

    ``rates`` are shared by all workers.
    """
    return Gate(made(options), options, rates=rates, log=access_log(options.access_log))


def made(options: Options) -> FastAPI:
    """The addresses, with nothing before them."""
    from fastapi import FastAPI
    from fastapi.exceptions import RequestValidationError
    from starlette.exceptions import HTTPException

    import kgmed
    from kgmed.serve.api import openapi, routes

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        engine = Engine(options)
        app.state.engine = engine
        try:
            yield
        finally:
            engine.close()

    app = FastAPI(
        title="kgmed", version=kgmed.__version__, description=DESCRIPTION, lifespan=lifespan,
        docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False,
    )  # fmt: skip
    app.include_router(routes.router())
    routes.health(app)
    openapi.add(app)
    _pages(app)
    for kind, handler in problems.HANDLERS.items():
        app.add_exception_handler(kind, handler)
    app.add_exception_handler(RequestValidationError, problems.invalid)
    app.add_exception_handler(HTTPException, problems.http_error)
    return app


def _pages(app: FastAPI) -> None:
    """The explorer: ``/`` and what it is made of under ``/static``."""
    from starlette.responses import FileResponse, Response
    from starlette.staticfiles import StaticFiles

    if not (STATIC / "index.html").is_file():
        return
    app.mount("/static", StaticFiles(directory=STATIC), name="static")

    @app.get("/", include_in_schema=False, response_model=None)
    async def page() -> Response:
        """The explorer."""
        return FileResponse(STATIC / "index.html")
