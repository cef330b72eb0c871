"""The addresses under ``/v1``: each takes its values, and has the service answer them."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Annotated, Any

from fastapi import APIRouter, FastAPI, Path, Query, Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from kgmed.facade.graph import RANKS
from kgmed.serve.api import problems
from kgmed.serve.api.bodies import Ask, Checked, Claims, Drugs, Lang, Text
from kgmed.serve.api.gone import unless_gone
from kgmed.serve.engine import Engine
from kgmed.serve.service import Event, Service
from kgmed.wire import to_json, to_plain

Id = Annotated[str, Path(description="Any id of the concept.", examples=["drugbank:DB00682"])]
Limit = Annotated[int, Query(ge=1)]
Rank = Annotated[
    str,
    Query(
        description="By what predicates explain and how specific concepts are, or by how well the "
        "server's trained model ties the concepts on the way to both ends.",
        json_schema_extra={"enum": list(RANKS)},
    ),
]
JSON = "application/json"
EVENTS = "text/event-stream"


def engine_of(request: Request) -> Engine:
    """What answers in this worker."""
    found: Engine = request.app.state.engine
    return found


async def _json(request: Request, call: Callable[[Service], Any], **how: bool) -> Response:
    return Response(await unless_gone(request, engine_of(request).json(call, **how)),
                    media_type=JSON)  # fmt: skip


def router() -> APIRouter:
    """The addresses of the graph."""
    api = APIRouter(prefix="/v1")
    _graph(api)
    _questions(api)
    return api


def _shape(name: str) -> dict[str, Any]:
    """What says in the OpenAPI document which wire shape an address answers."""
    return {"openapi_extra": {"x-shape": name}, "response_class": Response, "response_model": None}


def _graph(api: APIRouter) -> None:
    @api.get("/info", tags=["graph"], **_shape("kgmed.info/1"))
    async def info(request: Request) -> Response:
        """What the graph is: hash, sizes, sources with releases and licences."""
        return await _json(request, Service.info)

    @api.get("/coverage", tags=["graph"], **_shape("kgmed.coverage/1"))
    async def coverage(request: Request) -> Response:
        """What each source states of which predicate, between which categories."""
        return await _json(request, Service.coverage)

    @api.get("/search", tags=["graph"], **_shape("kgmed.search/1"))
    async def search(
        request: Request,
        q: Annotated[str, Query(description="An id, a name, or its beginning.",
                                examples=["warfarin"])],
        lang: Lang | None = None,
        category: Annotated[str | None, Query(examples=["Drug"])] = None,
        limit: Limit = 10,
    ) -> Response:  # fmt: skip
        """Concepts by id or name."""
        return await _json(
            request, lambda s: s.search(q, lang=lang, category=category, limit=limit)
        )

    @api.get("/concepts", tags=["graph"], **_shape("kgmed.concepts/1"))
    async def concepts(
        request: Request,
        id: Annotated[list[str], Query(description="Any id of a concept; repeated for each.",
                                       examples=[["drugbank:DB00682", "drugbank:DB01118"]])],
    ) -> Response:  # fmt: skip
        """Concepts with their names, several at once: those at the ends of an answer's
        statements."""
        return await _json(request, lambda s: s.concepts(id))

    @api.get("/concepts/{id:path}/statements", tags=["graph"], **_shape("kgmed.statements/1"))
    async def statements(
        request: Request,
        id: Id,
        *,
        predicate: str | None = None,
        direction: Annotated[str, Query(pattern="^(out|in|both)$")] = "both",
        source: Annotated[str | None, Query(examples=["infores:drugcentral"])] = None,
        limit: Limit = 50,
        cursor: Annotated[str | None, Query(description="Of the page before.")] = None,
    ) -> Response:
        """A page of the statements at a concept."""
        return await _json(
            request,
            lambda s: s.statements(
                id, predicate=predicate, direction=direction, source=source, limit=limit,
                cursor=cursor,
            ),
        )  # fmt: skip

    @api.get("/concepts/{id:path}", tags=["graph"], **_shape("kgmed.concept/1"))
    async def concept(request: Request, id: Id) -> Response:
        """A concept with names, mappings, and its statements counted."""
        return await _json(request, lambda s: s.concept(id))

    @api.get("/statements/{id}", tags=["graph"], **_shape("kgmed.show/1"))
    async def statement(
        request: Request,
        id: Annotated[str, Path(description="Its id, or at least 8 of its first digits.",
                                examples=["bfe9226b56bfa1c60831747889d80c8d"])],
    ) -> Response:  # fmt: skip
        """A statement with its source, licence, and the concepts at its ends."""
        return await _json(request, lambda s: s.statement(id))

    @api.get("/paths", tags=["graph"], **_shape("kgmed.paths/1"))
    async def paths(
        request: Request,
        start: Annotated[str, Query(examples=["warfarin"])],
        end: Annotated[str, Query(examples=["VKORC1"])],
        *,
        hops: Annotated[int, Query(ge=1)] = 4,
        limit: Limit = 5,
        rank: Rank = "default",
    ) -> Response:
        """The best of the shortest paths between two concepts, given by id or name."""
        return await _json(
            request, lambda s: s.paths(start, end, hops=hops, limit=limit, rank=rank)
        )

    @api.get("/why", tags=["graph"], **_shape("kgmed.why/1"))
    async def why(
        request: Request,
        left: Annotated[str, Query(examples=["DOID:9477"])],
        right: Annotated[str, Query(examples=["UMLS:C0034065"])],
    ) -> Response:
        """Which mappings made two ids one concept, or which were refused."""
        return await _json(request, lambda s: s.why(left, right))

    @api.get("/diff", tags=["graph"], **_shape("kgmed.diff/1"))
    async def diff(request: Request) -> Response:
        """What changed against the snapshot that the server was given to compare with."""
        return await _json(request, Service.diff)

    @api.get("/samples", tags=["datasets"], **_shape("kgmed.sample/1"))
    async def samples(
        request: Request,
        task: Annotated[str, Query(examples=["yes_no"])],
        lang: Lang = "en",
        count: Annotated[int, Query(ge=1)] = 3,
    ) -> Response:
        """Rows of a dataset as an export writes them, with their statements; it takes seconds."""
        return await _json(request, lambda s: s.sample(task, lang=lang, count=count), sample=True)


def _questions(api: APIRouter) -> None:
    @api.post("/ask", tags=["questions"], **_shape("kgmed.answer/1"))
    async def ask(request: Request, body: Ask) -> Response:
        """An answer with its citations, or why there is none."""
        engine = engine_of(request)
        lm = engine.plain.asks_a_model(body.program)
        return await _json(
            request,
            lambda s: s.ask(
                body.question, lang=body.lang, program=body.program, limit=body.limit
            ),
            lm=lm,
        )  # fmt: skip

    @api.post("/ask/stream", tags=["questions"], response_class=StreamingResponse,
              response_model=None, openapi_extra={"x-shape": EVENTS})  # fmt: skip
    async def ask_stream(request: Request, body: Ask) -> Response:
        """The same while it is made, as server-sent events: `text` and `claim` while a model
        writes, `again` where that was a draft, `answer` at last, or `error`."""
        engine = engine_of(request)
        lm = engine.plain.asks_a_model(body.program)

        def call(service: Service) -> Iterator[Event]:
            return service.ask_events(
                body.question, lang=body.lang, program=body.program, limit=body.limit
            )

        events = engine.events(call, lm=lm)
        first = await unless_gone(request, _first(events))
        return StreamingResponse(_told(first, events), media_type=EVENTS)

    @api.post("/link", tags=["texts"], **_shape("kgmed.links/1"))
    async def link(request: Request, body: Text) -> Response:
        """The concepts that a text names, with offsets in code points."""
        return await _json(request, lambda s: s.link(body.text, lang=body.lang))

    @api.post("/verify", tags=["texts"], **_shape("kgmed.verification/1"))
    async def verify(request: Request, body: Checked) -> Response:
        """The claims of a text, each with its verdict and proof."""
        return await _json(
            request,
            lambda s: s.verify(body.text, lang=body.lang, plausibility=body.plausibility),
        )

    @api.post("/verify/triples", tags=["texts"], **_shape("kgmed.triples/1"))
    async def verify_triples(request: Request, body: Claims) -> Response:
        """The verdict of each row of claims."""
        return await _json(
            request,
            lambda s: s.verify_triples(
                body.triples, lang=body.lang, plausibility=body.plausibility
            ),
        )  # fmt: skip

    @api.post("/interactions", tags=["questions"], **_shape("kgmed.interactions/1"))
    async def interactions(request: Request, body: Drugs) -> Response:
        """Every pair of a list of drugs: listed, with severity and source, or not listed, which is
        no evidence of safety."""
        return await _json(request, lambda s: s.interactions(body.drugs, lang=body.lang))


async def _first(events: AsyncIterator[Event]) -> Event | None:
    return await anext(events, None)


async def _told(first: Event | None, events: AsyncIterator[Event]) -> AsyncIterator[bytes]:
    """Events as server-sent events; an error that comes late is one, too."""
    try:
        if first is not None:
            yield _event(first)
        async for event in events:
            yield _event(event)
    except Exception as error:
        _status, message = problems.of_error(error)
        yield _line("error", problems.body(_status, message).decode())


def _event(event: Event) -> bytes:
    if event.answer is not None:
        return _line("answer", to_json({"answer": event.answer}, indent=None))
    shown = {"claim": event.claim} if event.claim is not None else {"text": event.text}
    return _line(event.kind, json.dumps(to_plain(shown), ensure_ascii=False))


def _line(kind: str, data: str) -> bytes:
    return f"event: {kind}\ndata: {data}\n\n".encode("utf-8", "backslashreplace")


def health(app: FastAPI) -> None:
    """``/healthz``: the worker runs; ``/readyz``: it can answer."""

    @app.get("/healthz", tags=["server"], response_model=None)
    async def healthz() -> Response:
        """Whether the worker runs."""
        return JSONResponse({"ok": True})

    @app.get("/readyz", tags=["server"], response_model=None)
    async def readyz(request: Request) -> Response:
        """Whether it can answer; 503 where it can't."""
        engine = engine_of(request)
        told = engine.problems
        shown = {"ok": not told, "snapshot": engine.snapshot, "problems": list(told)}
        return JSONResponse(shown, 503 if told else 200)
