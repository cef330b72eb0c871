"""The OpenAPI document, and a page that shows it without fetching anything from elsewhere."""

from __future__ import annotations

from functools import cache
from html import escape
from typing import TYPE_CHECKING, Any

from starlette.responses import HTMLResponse, JSONResponse, Response

from kgmed.serve.api.problems import KINDS
from kgmed.wire import adapter

if TYPE_CHECKING:
    from fastapi import FastAPI

SCHEMAS = "#/components/schemas/"
EVENTS = ("text", "claim", "again", "answer", "error")
"""The events of a stream."""
STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem;
       color-scheme: light dark }
code, pre { font: 13px/1.4 ui-monospace, monospace } pre { overflow: auto; padding: .5rem;
       border: 1px solid } h2 { margin-top: 2rem } dt { margin-top: .5rem }
"""


def add(app: FastAPI) -> None:
    """``/openapi.json`` and ``/docs``."""

    @cache
    def document() -> dict[str, Any]:
        return made(app)

    @app.get("/openapi.json", include_in_schema=False, response_model=None)
    async def openapi() -> Response:
        """The OpenAPI document."""
        return JSONResponse(document())

    @app.get("/docs.css", include_in_schema=False, response_model=None)
    async def style() -> Response:
        """What the page looks like."""
        return Response(STYLE, media_type="text/css")

    @app.get("/docs", include_in_schema=False, response_model=None)
    async def docs() -> Response:
        """The same as a page."""
        return HTMLResponse(page(document()))


def made(app: FastAPI) -> dict[str, Any]:
    """The document: FastAPI's, with the wire shapes as answers and the one shape of errors."""
    from fastapi.openapi.utils import get_openapi

    found = get_openapi(
        title=app.title, version=app.version, description=app.description, routes=app.routes
    )
    schemas = found.setdefault("components", {}).setdefault("schemas", {})
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    schemas["Failure"] = _failure()
    found["components"]["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
    found["security"] = [{}, {"token": []}]
    for address, methods in found["paths"].items():
        for operation in methods.values():
            shape = operation.pop("x-shape", None)
            operation["responses"] = _responses(address, shape, schemas)
    return found


def _responses(address: str, shape: str | None, schemas: dict[str, Any]) -> dict[str, Any]:
    answer: dict[str, Any] = {"type": "object"}
    media = "application/json"
    if shape is not None and shape.startswith("kgmed."):
        answer = _shape(shape, schemas)
    elif shape is not None:
        media, answer = shape, _event()
    told = {"200": {"description": "What was asked for.", "content": {media: {"schema": answer}}}}
    codes = [503] if not address.startswith("/v1") else [400, 401, 404, 413, 429, 503, 504]
    for code in codes:
        if address == "/readyz":
            schema: dict[str, Any] = {"type": "object"}
        else:
            schema = {"$ref": f"{SCHEMAS}Failure"}
        told[str(code)] = {
            "description": KINDS[code].replace("_", " "),
            "content": {"application/json": {"schema": schema}},
        }
    return told


def _shape(name: str, schemas: dict[str, Any]) -> dict[str, Any]:
    """The schema of a wire shape, its parts among the document's."""
    schema = adapter(name).json_schema(ref_template=SCHEMAS + "{model}", mode="serialization")
    parts = schema.pop("$defs", {})
    title = schema.get("title", name)
    for part, made in {**parts, title: schema}.items():
        if schemas.setdefault(part, made) != made:
            raise ValueError(f"{name}: two schemas of the document are called {part}")
    return {"$ref": SCHEMAS + title}


def _event() -> dict[str, Any]:
    """One of the events that a stream is made of; ``data`` is JSON."""
    return {
        "type": "object",
        "properties": {"event": {"enum": list(EVENTS)}, "data": {"type": "string"}},
        "required": ["event", "data"],
    }


def _failure() -> dict[str, Any]:
    text = {"type": "string"}
    error = {
        "type": "object",
        "properties": {"kind": {**text, "enum": sorted(KINDS.values())}, "message": text,
                       "where": text},
        "required": ["kind", "message", "where"],
    }  # fmt: skip
    return {"type": "object", "properties": {"error": error}, "required": ["error"]}


def page(document: dict[str, Any]) -> str:
    """The document as one plain page: every address with its values, body and answers."""
    parts = [
        f"<!doctype html><html lang=en><meta charset=utf-8><title>kgmed REST</title>"
        f"<meta name=viewport content='width=device-width'><link rel=stylesheet href=/docs.css>"
        f"<h1>kgmed {escape(document['info']['version'])}</h1>"
        f"<p>{escape(document['info']['description'])}</p>"
        f"<p>As a document: <a href=/openapi.json>/openapi.json</a></p>"
    ]
    for address, methods in document["paths"].items():
        for method, operation in methods.items():
            parts.append(_operation(method.upper(), address, operation))
    return "\n".join(parts)


def _operation(method: str, address: str, operation: dict[str, Any]) -> str:
    rows = [f"<h2><code>{method} {escape(address)}</code></h2>"]
    rows.append(f"<p>{escape(operation.get('description') or operation['summary'])}</p><dl>")
    for value in operation.get("parameters", ()):
        schema = value.get("schema", {})
        default = f", default {schema['default']}" if "default" in schema else ""
        needed = " (needed)" if value.get("required") else ""
        told = escape(f"{value['in']}{needed}{default}. {value.get('description', '')}")
        rows.append(f"<dt><code>{escape(value['name'])}</code><dd>{told}")
    for media in operation.get("requestBody", {}).get("content", {}).values():
        name = media["schema"].get("$ref", "").rpartition("/")[2]
        rows.append(f"<dt>body<dd><code>{escape(name)}</code> as JSON")
    for code, answer in operation["responses"].items():
        schemas = (m["schema"].get("$ref", "") for m in answer.get("content", {}).values())
        names = ", ".join(filter(None, (ref.rpartition("/")[2] for ref in schemas)))
        rows.append(f"<dt>{code}<dd>{escape(answer['description'])} <code>{escape(names)}</code>")
    return "\n".join([*rows, "</dl>"])
