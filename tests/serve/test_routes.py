"""Every address answers its wire shape, and every error the one shape of errors."""

from __future__ import annotations

import json
import re
from dataclasses import asdict
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

import pytest
from serving import served

from kgmed.serve.limits import Limits
from kgmed.wire import SHAPES, adapter

if TYPE_CHECKING:
    import httpx

WARFARIN = "drugbank:DB00682"
PAIR = "does warfarin interact with amiodarone?"
GETS = [
    ("/v1/info", {}, "kgmed.info/1"),
    ("/v1/coverage", {}, "kgmed.coverage/1"),
    ("/v1/search", {"q": "warf"}, "kgmed.search/1"),
    ("/v1/concepts", {"id": [WARFARIN, "DB01118"]}, "kgmed.concepts/1"),
    (f"/v1/concepts/{WARFARIN}", {}, "kgmed.concept/1"),
    ("/v1/concepts/drugbank%3ADB00682", {}, "kgmed.concept/1"),
    (f"/v1/concepts/{WARFARIN}/statements", {"limit": 3}, "kgmed.statements/1"),
    ("/v1/statements/bfe9226b56bfa1c60831747889d80c8d", {}, "kgmed.show/1"),
    ("/v1/paths", {"start": "warfarin", "end": "VKORC1"}, "kgmed.paths/1"),
    ("/v1/why", {"left": "DOID:9477", "right": "UMLS:C0034065"}, "kgmed.why/1"),
    ("/v1/samples", {"task": "translation", "count": 1}, "kgmed.sample/1"),
]
POSTS = [
    ("/v1/ask", {"question": PAIR}, "kgmed.answer/1"),
    ("/v1/ask", {"question": "华法林的药物相互作用", "limit": 3}, "kgmed.answer/1"),
    ("/v1/link", {"text": "Warfarin for gout"}, "kgmed.links/1"),
    ("/v1/verify", {"text": "Warfarin interacts with amiodarone."}, "kgmed.verification/1"),
    ("/v1/verify/triples", {"triples": [
        {"subject": "warfarin", "predicate": "interacts_with", "object": "amiodarone"}]},
        "kgmed.triples/1"),
    ("/v1/interactions", {"drugs": ["warfarin", "amiodarone"]}, "kgmed.interactions/1"),
]  # fmt: skip


def problem(response: httpx.Response) -> tuple[int, str, str]:
    """(status, kind, message) of an answer in the shape of errors."""
    shown = response.json()
    assert set(shown) == {"error"}
    assert set(shown["error"]) == {"kind", "message", "where"}
    return response.status_code, shown["error"]["kind"], shown["error"]["message"]


@pytest.mark.parametrize(("address", "values", "shape"), GETS)
def test_what_is_read_has_its_shape(
    client: httpx.Client, address: str, values: dict[str, Any], shape: str
) -> None:
    found = client.get(address, params=values)
    assert found.status_code == 200, found.text
    assert found.json()["schema"] == shape
    adapter(shape).validate_json(found.content)


@pytest.mark.parametrize(("address", "body", "shape"), POSTS)
def test_what_is_asked_has_its_shape(
    client: httpx.Client, address: str, body: dict[str, Any], shape: str
) -> None:
    found = client.post(address, json=body)
    assert found.status_code == 200, found.text
    assert found.json()["schema"] == shape
    adapter(shape).validate_json(found.content)


def test_an_answer_is_what_the_graph_answers(client: httpx.Client, graph: Any) -> None:
    from kgmed.wire import to_plain

    found = client.post("/v1/ask", json={"question": PAIR}).json()
    own = json.loads(json.dumps(to_plain(graph.ask(PAIR))))
    assert {**found, "elapsed_ms": 0} == {**own, "elapsed_ms": 0}


def events(text: str) -> list[tuple[str, Any]]:
    """(event, data) of server-sent events."""
    found = []
    for block in text.strip().split("\n\n"):
        kind, data = block.split("\n")
        found.append((kind.removeprefix("event: "), json.loads(data.removeprefix("data: "))))
    return found


def test_a_stream_ends_with_the_answer(client: httpx.Client) -> None:
    with client.stream("POST", "/v1/ask/stream", json={"question": PAIR}) as found:
        assert found.headers["content-type"].startswith("text/event-stream")
        told = events(found.read().decode())
    assert [kind for kind, _ in told] == ["answer"]
    assert told[0][1]["answer"]["value"] is True
    adapter("kgmed.answer/1").validate_python(told[0][1]["answer"])


def test_what_cant_be_asked_is_told_before_the_stream(client: httpx.Client) -> None:
    found = client.post("/v1/ask/stream", json={"question": " "})
    assert problem(found)[:2] == (400, "bad_request")


ERRORS: list[tuple[int, str, str, dict[str, Any]]] = [
    (404, "GET", "/v1/nix", {}),
    (404, "GET", "/nix", {}),
    (404, "GET", "/v1/", {}),
    (404, "GET", "/v1/info/", {}),
    (404, "GET", "/v1/concepts/DB99999", {}),
    (400, "GET", "/v1/concepts", {}),
    (400, "GET", "/v1/concepts?id=", {}),
    (400, "GET", "/v1/concepts", {"params": {"id": ["DB00682"] * 201}}),
    (400, "GET", "/v1/concepts/%00", {}),
    (404, "GET", "/v1/statements/00000000", {}),
    (404, "GET", "/v1/paths?start=nosuchthing&end=gout", {}),
    (405, "PUT", "/v1/info", {}),
    (405, "DELETE", f"/v1/concepts/{WARFARIN}", {}),
    (405, "GET", "/v1/ask", {}),
    (400, "GET", "/v1/search", {}),
    (400, "GET", "/v1/search?q=", {}),
    (400, "GET", "/v1/search?q=gout&limit=0", {}),
    (400, "GET", "/v1/search?q=gout&limit=x", {}),
    (400, "GET", "/v1/search?q=gout&limit=99999999999999999999", {}),
    (400, "GET", "/v1/search?q=%00", {}),
    (400, "GET", "/v1/search?q=gout&lang=de", {}),
    (400, "GET", f"/v1/concepts/{WARFARIN}/statements?direction=up", {}),
    (400, "GET", "/v1/paths?start=a", {}),
    (400, "GET", "/v1/diff", {}),
    (400, "GET", "/v1/samples?task=nonsense", {}),
    (400, "POST", "/v1/ask", {"json": {}}),
    (400, "POST", "/v1/ask", {"json": []}),
    (400, "POST", "/v1/ask", {"json": {"question": 5}}),
    (400, "POST", "/v1/ask", {"json": {"question": "gout", "lm": "http://evil.example/v1"}}),
    (400, "POST", "/v1/ask", {"json": {"question": "gout", "program": "cot"}}),
    (400, "POST", "/v1/ask", {"json": {"question": "gout", "program": "../x.json"}}),
    (400, "POST", "/v1/ask", {"json": {"question": "gout", "limit": -1}}),
    (400, "POST", "/v1/ask", {"json": {"question": "x" * 2001}}),
    (400, "POST", "/v1/verify", {"json": {"text": "x" * 20_001}}),
    (400, "POST", "/v1/interactions", {"json": {"drugs": ["warfarin"]}}),
    (400, "POST", "/v1/verify/triples", {"json": {"triples": [{}] * 501}}),
]


@pytest.mark.parametrize(("status", "method", "address", "more"), ERRORS)
def test_an_error_has_its_shape_and_status(
    client: httpx.Client, status: int, method: str, address: str, more: dict[str, Any]
) -> None:
    found = client.request(method, address, **more)
    assert problem(found)[0] == status, found.text


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[" * 100_000, b'{"question": "\xff"}', b"\x00", b'{"question": 1e999}']
)
def test_a_body_that_isnt_json_is_refused(client: httpx.Client, body: bytes) -> None:
    found = client.post("/v1/ask", content=body, headers={"content-type": "application/json"})
    assert problem(found)[:2] == (400, "bad_request")


def test_half_a_character_is_refused_and_no_failure(client: httpx.Client) -> None:
    found = client.post(
        "/v1/ask", content=b'{"question": "\\ud800"}', headers={"content-type": "application/json"}
    )
    assert problem(found)[:2] == (400, "bad_request")


def test_health_and_readiness_say_what_is_served(client: httpx.Client, graph: Any) -> None:
    assert client.get("/healthz").json() == {"ok": True}
    found = client.get("/readyz")
    assert found.status_code == 200
    assert found.json()["snapshot"] == graph.info().snapshot


def test_the_document_names_every_address_and_shape(client: httpx.Client) -> None:
    document = client.get("/openapi.json").json()
    told = {(m.upper(), a) for a, methods in document["paths"].items() for m in methods}
    asked = {("GET", a.partition("?")[0]) for a, *_ in GETS if "drugbank" not in a}
    asked |= {("POST", a) for a, *_ in POSTS}
    asked |= {("GET", "/v1/concepts/{id}"), ("GET", "/v1/concepts/{id}/statements"),
              ("GET", "/v1/statements/{id}"), ("GET", "/v1/diff"), ("POST", "/v1/ask/stream"),
              ("GET", "/healthz"), ("GET", "/readyz")}  # fmt: skip
    assert told == {one for one in asked if "bfe922" not in one[1]}
    assert "422" not in json.dumps(document)
    references = set(re.findall(r'"#/components/schemas/([^"]+)"', json.dumps(document)))
    schemas = document["components"]["schemas"]
    assert references <= set(schemas)
    for address, body, _shape in POSTS:
        sent = document["paths"][address]["post"]["requestBody"]["content"]["application/json"]
        fields = schemas[sent["schema"]["$ref"].rpartition("/")[2]]["properties"]
        assert set(body) <= set(fields), address


def test_what_isnt_there_is_told_without_a_command(client: httpx.Client) -> None:
    for address in ("concepts/DB99999", "concepts/nonsense%20text", "why?left=X:1&right=X:2"):
        status, _kind, message = problem(client.get(f"/v1/{address}"))
        assert status == 404
        assert "kgmed" not in message


def test_the_server_says_what_it_offers() -> None:
    limits = Limits(question=100, hops=2, timeout_s=7.5)
    with served(limits=limits) as client:
        offer = client.get("/v1/info").json()["service"]
        assert (offer["programs"], offer["program"], offer["lm"]) == (["direct"], "direct", False)
        assert {**offer["limits"], **asdict(limits)} == offer["limits"]
        long = "x" * (offer["limits"]["question"] + 1)
        assert client.post("/v1/ask", json={"question": long}).status_code == 400
        name = "x" * (offer["limits"]["id"] + 1)
        assert client.get("/v1/search", params={"q": name}).status_code == 400
        assert client.get("/v1/search", params={"q": name[1:]}).status_code == 200


def test_shapes_that_are_only_served_are_published() -> None:
    names = {"concepts", "search", "concept", "statements", "interactions", "triples", "sample"}
    assert {f"kgmed.{name}/1" for name in names} <= set(SHAPES)


class _Links(HTMLParser):
    """What a page fetches, and whether it holds scripts or styles of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.fetched: list[str] = []
        self.inline: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        found = dict(attributes)
        if tag in {"script", "link", "img", "iframe"}:
            self.fetched.append(found.get("src") or found.get("href") or "")
        if tag in {"script", "style"} and not found.get("src"):
            self.inline.append(tag)
        self.inline += [name for name in found if name == "style" or name.startswith("on")]


def test_the_page_of_the_document_fetches_nothing_from_elsewhere(client: httpx.Client) -> None:
    page = client.get("/docs")
    assert page.status_code == 200
    read = _Links()
    read.feed(page.text)
    assert read.fetched == ["/docs.css"]
    assert not read.inline
    assert client.get("/docs.css").headers["content-type"].startswith("text/css")
    assert "/v1/interactions" in page.text
