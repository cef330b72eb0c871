"""A scripted OpenAI-compatible server in the standard library: says what a test tells it to.

    with ScriptedLM(lambda body: "Aspirin [1].") as server:
        ... LMSettings(server.name, server.url) ...
        assert server.requests[0].body["messages"][-1]["content"] == ...

``answer`` is a function of the request's JSON that gives a text, a :class:`Reply` (status, headers,
delays, a body that breaks off, thoughts apart) or a list of either, one for each of ``n``; without
it the server writes the least that the request's schema allows, or ``ok``. ``script`` holds what
comes before that: each request takes the next, so that ``[busy(1), broken()]`` is a 429, then a
500, then answers. Refusals are worded as vLLM 0.32 words them.
"""

from __future__ import annotations

import json
import re
import socket
import struct
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

CONTEXT = 2048
"""Tokens that the scripted model takes; a word of a prompt counts as one."""


@dataclass(frozen=True)
class Reply:
    """One answer, or a refusal where ``status`` isn't 200 (``text`` is its message then).

    ``delay_s`` passes before the first byte, ``pause_s`` between words of a stream. ``cut`` closes
    the connection after so many bytes of the body. ``body`` is sent as it is, whatever it is.
    """

    text: str = ""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    reasoning: str = ""
    finish: str = "stop"
    delay_s: float = 0.0
    pause_s: float = 0.0
    cut: int | None = None
    body: bytes | None = None
    kind: str = "BadRequestError"


Answer = str | Reply | Sequence["str | Reply"]


class Seen(NamedTuple):
    """A request as it came: its path, its JSON, its headers (lower case), and when (seconds)."""

    path: str
    body: dict[str, Any]
    headers: dict[str, str]
    time: float


def busy(retry_after: str | float | None = None) -> Reply:
    """A 429."""
    headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
    return Reply("Rate limit reached", 429, headers, kind="RateLimitError")


def broken(status: int = 500) -> Reply:
    """A server that failed."""
    return Reply("EngineCore encountered an issue.", status, kind="InternalServerError")


def unauthorized() -> Reply:
    """A key that isn't taken, as vLLM says it with --api-key."""
    return Reply(status=401, body=b'{"error":"Unauthorized"}')


def no_template() -> Reply:
    """A model whose tokenizer has no chat template."""
    return Reply(
        "As of transformers v4.44, default chat template is no longer allowed, so you must provide "
        "a chat template if the tokenizer does not define one.",
        400,
    )


def overflow(found: int = 5000) -> Reply:
    """A prompt that is too long."""
    return Reply(
        f"This model's maximum context length is {CONTEXT} tokens. However, you requested 256 "
        f"output tokens and your prompt contains {found} input tokens, for a total of "
        f"{found + 256} tokens. Please reduce the length of the input prompt or the number of "
        f"requested output tokens. (parameter=input_tokens, value={found})",
        400,
    )


def least(schema: Mapping[str, Any]) -> Any:
    """The least that a JSON Schema allows; of an array one item, so that there is something."""
    if "$ref" in schema or "$defs" in schema or "anyOf" in schema:
        return least(_resolved(schema))
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return schema["enum"][0]
    kind = schema.get("type", "string")
    kind = kind[0] if isinstance(kind, list) else kind
    if kind == "object":
        return {name: least(part) for name, part in schema.get("properties", {}).items()}
    if kind == "array":
        return [least(schema["items"])] if "items" in schema else []
    if kind == "string":
        return "x" * int(schema.get("minLength", 1))
    return {"integer": schema.get("minimum", 0), "number": schema.get("minimum", 0), "null": None,
            "boolean": True}[kind]  # fmt: skip


def _resolved(schema: Mapping[str, Any], named: Mapping[str, Any] | None = None) -> Any:
    named = {**(named or {}), **schema.get("$defs", {})}
    if "$ref" in schema:
        return _resolved(named[schema["$ref"].rpartition("/")[2]], named)
    if "anyOf" in schema:
        return _resolved(schema["anyOf"][0], named)

    def walk(part: Any) -> Any:
        if isinstance(part, dict):
            return _resolved(part, named) if "$ref" in part or "anyOf" in part else {
                name: walk(value) for name, value in part.items() if name != "$defs"
            }  # fmt: skip
        return [walk(item) for item in part] if isinstance(part, list) else part

    return walk(dict(schema))


def plain(body: Mapping[str, Any]) -> str:
    """What is answered where a test says nothing: by the request's schema or choices, or ``ok``."""
    form = body.get("response_format") or {}
    if form.get("type") == "json_schema":
        return json.dumps(least(form["json_schema"]["schema"]))
    return str((body.get("structured_outputs") or {}).get("choice", ["ok"])[0])


class ScriptedLM:
    """The server; see the module. It listens on this machine alone, at ``url``."""

    def __init__(
        self,
        answer: Callable[[dict[str, Any]], Answer] = plain,
        *,
        script: Iterable[Answer] = (),
        models: Sequence[str] = ("scripted",),
        api_key: str = "",
        port: int = 0,
    ) -> None:
        self.answer, self.models, self.api_key = answer, tuple(models), api_key
        self.script = deque(script)
        self.requests: list[Seen] = []
        self.under_way = self.most_under_way = 0
        self.lock = threading.Lock()
        self._port = port
        self._server: _Server | None = None

    @property
    def name(self) -> str:
        """The first model that is served."""
        return self.models[0]

    @property
    def url(self) -> str:
        """The base URL, with /v1."""
        return f"http://127.0.0.1:{self._port}/v1"

    def start(self) -> ScriptedLM:
        """Listen, on the same port as before where it did so already."""
        self._server = _Server(("127.0.0.1", self._port), _Handler)
        self._server.scripted = self
        self._port = self._server.server_port
        threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        ).start()
        return self

    def kill(self) -> None:
        """Be gone, as after kill -9: the port is closed, open connections are reset."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server.reset_all()
            self._server = None

    def __enter__(self) -> ScriptedLM:
        return self.start()

    def __exit__(self, *_error: object) -> None:
        self.kill()

    def replies(self, body: dict[str, Any]) -> list[Reply]:
        """What is answered to a request."""
        with self.lock:
            given = self.script.popleft() if self.script else None
        if given is None:
            if body.get("model") not in self.models:
                named = body.get("model")
                text = f"The model `{named}` does not exist."
                return [Reply(text, 404, kind="NotFoundError")]
            given = self.answer(body)
        listed = [given] if isinstance(given, str | Reply) else list(given)
        made = [one if isinstance(one, Reply) else Reply(one) for one in listed]
        return made * (int(body.get("n") or 1)) if len(made) == 1 else made


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256
    scripted: ScriptedLM

    def __init__(self, *arguments: Any) -> None:
        self._open: set[socket.socket] = set()
        super().__init__(*arguments)

    def get_request(self) -> tuple[socket.socket, Any]:
        connection, address = super().get_request()
        self._open.add(connection)
        return connection, address

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        super().shutdown_request(request)

    def reset_all(self) -> None:
        for connection in list(self._open):
            try:
                linger = struct.pack("ii", 1, 0)  # a reset, not an orderly end
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is none of the test's business."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing."""

    def do_GET(self) -> None:
        lm = self.server.scripted
        if self.path == "/health":
            self._send(200, b"")
        elif not self._key_is_right():
            self._refuse(unauthorized())
        elif self.path == "/v1/models":
            listed = [{"id": name, "object": "model", "max_model_len": CONTEXT, "root": name}
                      for name in lm.models]  # fmt: skip
            self._send(200, json.dumps({"object": "list", "data": listed}).encode())
        else:
            self._send(404, b'{"detail":"Not Found"}')

    def do_POST(self) -> None:
        lm = self.server.scripted
        length = int(self.headers.get("Content-Length") or 0)
        sent = self.rfile.read(length)
        if len(sent) < length:  # the client was killed while it sent
            self.close_connection = True
            return
        body = json.loads(sent or b"{}")
        headers = {name.lower(): value for name, value in self.headers.items()}
        with lm.lock:
            lm.requests.append(Seen(self.path, body, headers, time.monotonic()))
            lm.under_way += 1
            lm.most_under_way = max(lm.most_under_way, lm.under_way)
        try:
            if self.path != "/v1/chat/completions":
                self._send(404, b'{"detail":"Not Found"}')
            elif not self._key_is_right():
                self._refuse(unauthorized())
            else:
                self._answer(body, lm.replies(body))
        finally:
            with lm.lock:
                lm.under_way -= 1

    def _answer(self, body: dict[str, Any], replies: list[Reply]) -> None:
        first = replies[0]
        time.sleep(first.delay_s)
        if first.status != 200 or first.body is not None:
            self._refuse(first)
        elif body.get("stream"):
            self._stream(body, first)
        else:
            choices = [{"index": n, "finish_reason": one.finish, "message": _message(one)}
                       for n, one in enumerate(replies)]  # fmt: skip
            made = {**_head(body, "chat.completion"), "choices": choices,
                    "usage": _usage(body, replies)}  # fmt: skip
            self._send(200, json.dumps(made).encode(), headers=first.headers, cut=first.cut)

    def _stream(self, body: dict[str, Any], reply: Reply) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        self.close_connection = True
        head = _head(body, "chat.completion.chunk")
        pieces = [("reasoning_content", reply.reasoning)] if reply.reasoning else []
        pieces += [("content", word) for word in re.findall(r"\s*\S+|\s+$", reply.text)]
        written = 0
        for name, text in pieces:
            delta = {"role": "assistant", name: text}
            written += self._event({**head, "choices": [
                {"index": 0, "delta": delta, "finish_reason": None}]})  # fmt: skip
            time.sleep(reply.pause_s)
            if reply.cut is not None and written > reply.cut:
                return
        end = {"index": 0, "delta": {}, "finish_reason": reply.finish}
        self._event({**head, "choices": [end]})
        self._event({**head, "choices": [], "usage": _usage(body, [reply])})
        self.wfile.write(b"data: [DONE]\n\n")

    def _event(self, event: dict[str, Any]) -> int:
        written = self.wfile.write(f"data: {json.dumps(event)}\n\n".encode())
        self.wfile.flush()
        return written

    def _refuse(self, reply: Reply) -> None:
        body = reply.body
        if body is None:
            error = {"message": reply.text, "type": reply.kind, "code": reply.status}
            body = json.dumps({"error": {**error, "param": None}}).encode()
        self._send(reply.status, body, headers=reply.headers, cut=reply.cut)

    def _send(
        self, status: int, body: bytes, *, headers: Mapping[str, str] | None = None,
        cut: int | None = None,
    ) -> None:  # fmt: skip
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body if cut is None else body[:cut])
        self.close_connection = self.close_connection or cut is not None

    def _key_is_right(self) -> bool:
        wanted = self.server.scripted.api_key
        return not wanted or self.headers.get("Authorization") == f"Bearer {wanted}"


def _head(body: Mapping[str, Any], kind: str) -> dict[str, Any]:
    return {"id": "chatcmpl-1", "object": kind, "created": 0, "model": body.get("model")}


def _message(reply: Reply) -> dict[str, Any]:
    thoughts = {"reasoning_content": reply.reasoning} if reply.reasoning else {}
    return {"role": "assistant", "content": reply.text, **thoughts}


def _usage(body: Mapping[str, Any], replies: Sequence[Reply]) -> dict[str, Any]:
    prompt = sum(len(str(turn.get("content")).split()) for turn in body.get("messages", ()))
    written = sum(len(f"{one.reasoning} {one.text}".split()) for one in replies)
    return {"prompt_tokens": prompt, "completion_tokens": written,
            "total_tokens": prompt + written}  # fmt: skip


if __name__ == "__main__":
    with ScriptedLM(port=int(sys.argv[1])) as running:
        print(f"--lm {running.name} --api-base {running.url}", flush=True)
        threading.Event().wait()
