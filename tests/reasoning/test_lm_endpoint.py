"""A model behind an OpenAI-compatible endpoint is asked as the request says, where DSPy is."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from kgmed.kg.errors import LanguageModelError
from kgmed.reasoning.lm.base import Request, completed
from kgmed.reasoning.lm.settings import LMSettings, is_loopback


class Endpoint(ThreadingHTTPServer):
    """Answers chat completions with what was asked; ``status`` other than 200 is an error."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.asked: list[dict[str, Any]] = []
        self.status = 200

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/v1"


class Handler(BaseHTTPRequestHandler):
    server: Endpoint

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.asked.append({"path": self.path, **asked})
        said = {"role": "assistant", "content": f"heard: {asked['messages'][-1]['content']}"}
        good = {
            "id": "1", "object": "chat.completion", "created": 0, "model": asked["model"],
            "choices": [{"index": 0, "message": said, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
        }  # fmt: skip
        bad = {"error": {"message": "no such model"}}
        body = json.dumps(good if self.server.status == 200 else bad).encode()
        self.send_response(self.server.status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    pytest.importorskip("dspy", reason="needs dspy: pip install 'kgmed[llm]'")
    with Endpoint() as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def connected(endpoint: Endpoint) -> Any:
    from kgmed.reasoning.lm.connect import connect

    return connect(LMSettings("tiny", endpoint.url))


def test_what_the_request_says_reaches_the_endpoint(endpoint: Endpoint) -> None:
    model = connected(endpoint)
    assert (model.name, model.identity, model.trusted) == ("tiny", "tiny", True)
    schema = {"type": "object", "properties": {}, "required": [], "additionalProperties": False}
    request = Request("Be brief.", "Hi", schema, "greeting", max_tokens=17, temperature=0.25,
                      seed=40, sample=2)  # fmt: skip
    assert model(request) == "heard: Hi"
    assert model(Request("", "Bye", None, "x")) == "heard: Bye"
    first, second = endpoint.asked
    assert first["path"] == "/v1/chat/completions"
    assert (first["model"], first["temperature"], first["seed"]) == ("tiny", 0.25, 42)
    assert 17 in (first.get("max_tokens"), first.get("max_completion_tokens"))
    assert first["messages"][0] == {"role": "system", "content": "Be brief."}
    assert first["response_format"]["json_schema"]["schema"] == schema
    assert "response_format" not in second


def test_an_endpoint_that_refuses_is_an_error_of_ours(endpoint: Endpoint) -> None:
    model = connected(endpoint)
    endpoint.status = 404
    with pytest.raises(LanguageModelError, match=r"no chat completions|no such model"):
        completed(model, Request("", "Hi", None, "x"))


def test_what_is_on_this_machine() -> None:
    assert is_loopback("http://localhost:8000/v1")
    assert is_loopback("http://[::1]:8000/v1")
    assert not is_loopback("http://10.0.0.3:8000/v1")
    assert not is_loopback("http://localhost.example.org/v1")
