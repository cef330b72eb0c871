"""What every request passes: host, rate, token, size and time, and what answers carry."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from serving import TOKEN, connections_of, port_of, served

from kgmed.kg.errors import UsageError
from kgmed.serve.options import Options, checked
from kgmed.serve.rates import Rates

if TYPE_CHECKING:
    import httpx

    from kgmed.facade import Graph

JSON = {"content-type": "application/json"}


def bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}


def test_a_request_to_another_host_is_refused(client: httpx.Client) -> None:
    port = port_of(client)
    for host in ("evil.example", f"evil.example:{port}", "10.1.2.3", "localhost.evil.example", "",
                 "localhost@evil.example", "[", "127.0.0.1.nip.io"):  # fmt: skip
        found = client.get("/v1/info", headers={"host": host})
        assert found.status_code == 400, host
        assert found.json()["error"]["where"] in {"host", ""}
    for host in ("localhost", f"127.0.0.1:{port}", "[::1]:99", "LOCALHOST"):
        assert client.get("/v1/info", headers={"host": host}).status_code == 200


def test_two_hosts_are_refused(client: httpx.Client) -> None:
    found = said(client, b"GET /v1/info HTTP/1.1\r\nhost: localhost\r\nhost: evil\r\n\r\n")
    assert found.startswith(b"HTTP/1.1 400")


def test_a_name_given_at_start_is_ours() -> None:
    with served(hosts=("kg.example.org",)) as client:
        for host, status in (("kg.example.org", 200), ("KG.example.org:443", 200), ("kg.org", 400)):
            assert client.get("/healthz", headers={"host": host}).status_code == status


def test_answers_carry_what_keeps_browsers_safe(client: httpx.Client) -> None:
    for address in ("/v1/info", "/docs", "/nix", "/healthz"):
        headers = client.get(address).headers
        assert "default-src 'self'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["x-frame-options"] == "DENY"
        assert "server" not in headers
        assert "access-control-allow-origin" not in headers
    assert client.get("/v1/info").headers["cache-control"] == "no-store"


def test_head_is_answered_as_get_without_the_body(client: httpx.Client) -> None:
    for address in ("/v1/info", "/healthz", "/docs", "/v1/concepts/DB00682"):
        found, head = client.get(address), client.head(address)
        assert (head.status_code, head.content) == (200, b"")
        assert head.headers["content-length"] == found.headers["content-length"]
    assert client.head("/v1/ask").status_code == 405
    assert client.head("/v1/nix").status_code == 404
    assert client.get("/healthz").json() == {"ok": True}  # the connection is where it should be


def test_other_sites_may_not_read_answers_unless_named(client: httpx.Client) -> None:
    asked = {"origin": "https://a.example", "access-control-request-method": "POST"}
    assert client.options("/v1/ask", headers=asked).status_code == 405
    with served(origins=("https://a.example",)) as other:
        found = other.options("/v1/ask", headers=asked)
        assert found.status_code == 204
        assert found.headers["access-control-allow-origin"] == "https://a.example"
        assert "POST" in found.headers["access-control-allow-methods"]
        found = other.get("/v1/info", headers={"origin": "https://a.example"})
        assert found.headers["access-control-allow-origin"] == "https://a.example"
        assert found.headers["vary"] == "Origin"
        assert "access-control-allow-credentials" not in found.headers
        for origin in ("https://b.example", "null", "https://a.example.evil"):
            found = other.get("/v1/info", headers={"origin": origin})
            assert "access-control-allow-origin" not in found.headers


def test_without_the_token_nothing_of_the_graph_is_told() -> None:
    with served(token=TOKEN) as client:
        for headers in ({}, bearer("wrong-token-0123456789"), bearer(TOKEN + "x"),
                        bearer(TOKEN[:-1]), {"authorization": f"Basic {TOKEN}"},
                        {"authorization": TOKEN}):  # fmt: skip
            for address in ("/v1/info", "/v1/nix", "/v1/concepts/DB00682"):
                found = client.get(address, headers=headers)
                assert found.status_code == 401
                assert found.json()["error"]["kind"] == "no_token"
                assert found.headers["www-authenticate"].startswith("Bearer")
            found = client.post("/v1/ask", json={"question": "gout"}, headers=headers)
            assert found.status_code == 401
        assert client.get("/v1/info", headers=bearer(TOKEN)).status_code == 200
        assert client.get("/v1/info", params={"token": TOKEN}).status_code == 401
        assert client.get("/healthz").status_code == 200


def test_one_client_that_asks_too_often_is_told_to_wait() -> None:
    with served(rate=2.0, burst=5) as client:
        found = [client.get("/v1/info") for _ in range(12)]
        assert [one.status_code for one in found[:5]] == [200] * 5
        late = next(one for one in found if one.status_code == 429)
        assert late.json()["error"]["kind"] == "too_many"
        assert int(late.headers["retry-after"]) >= 1
        assert client.get("/healthz").status_code == 200
        time.sleep(float(late.headers["retry-after"]) + 0.5)
        assert client.get("/v1/info").status_code == 200


def test_clients_behind_a_proxy_are_told_apart() -> None:
    with served(rate=1.0, burst=2, proxies=("127.0.0.1",), token=TOKEN) as client:

        def asked(address: str) -> int:
            headers = {"x-forwarded-for": f"1.1.1.1, {address}", **bearer(TOKEN)}
            return client.get("/v1/info", headers=headers).status_code

        assert [asked("203.0.113.1") for _ in range(4)][-1] == 429
        assert asked("203.0.113.2") == 200


def test_who_isnt_a_proxy_cant_say_whom_a_request_is_from() -> None:
    with served(rate=1.0, burst=2) as client:
        codes = [
            client.get("/v1/info", headers={"x-forwarded-for": f"203.0.113.{n}"}).status_code
            for n in range(5)
        ]
    assert 429 in codes


def test_a_bucket_fills_at_its_rate() -> None:
    rates = Rates(2.0, 3)
    assert [rates.wait_s("a", 100.0) for _ in range(3)] == [0, 0, 0]
    assert rates.wait_s("a", 100.0) == pytest.approx(0.5)
    assert rates.wait_s("b", 100.0) == 0
    assert rates.wait_s("a", 100.4) > 0
    assert rates.wait_s("a", 100.5) == 0
    assert rates.wait_s("a", 100.5) > 0
    assert [rates.wait_s("a", 200.0) for _ in range(4)][:3] == [0, 0, 0]


# Bodies


def test_a_body_that_is_too_large_is_refused_before_it_is_read(client: httpx.Client) -> None:
    head = b"POST /v1/ask HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"
    found = said(client, head + b"content-length: 9999999\r\n\r\n")
    assert found.startswith(b"HTTP/1.1 413")
    assert b"connection: close" in found.lower()
    assert b'"too_large"' in found


def test_a_body_of_unknown_size_is_counted(client: httpx.Client) -> None:
    head = b"POST /v1/ask HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"
    part = b"10000\r\n" + b"x" * 65_536 + b"\r\n"
    # no more than is too much: what a server hasn't read when it closes may cost its answer
    found = said(client, head + b"transfer-encoding: chunked\r\n\r\n" + part * 16 + b"1\r\nx\r\n")
    assert found.startswith(b"HTTP/1.1 413")
    assert b'"too_large"' in found


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_a_body_that_a_foreign_page_could_send_is_refused(client: httpx.Client, kind: str) -> None:
    found = client.post("/v1/ask", content=b'{"question": "gout"}', headers={"content-type": kind})
    assert found.status_code == 400
    assert found.json()["error"]["where"] == "content-type"


# Slow clients


def said(client: httpx.Client, sent: bytes, *, wait_s: float = 20) -> bytes:
    """All that the server answers to some bytes, until it closes; b"" where it just does."""
    with socket.create_connection(("127.0.0.1", port_of(client)), timeout=wait_s) as connection:
        connection.sendall(sent)
        found = b""
        try:
            while part := connection.recv(65_536):
                found += part
                if b"\r\n\r\n" in found and b"connection: close" not in found.lower():
                    break
        except ConnectionError:
            pass
        return found


def closed_after(connection: socket.socket) -> float:
    """Seconds until the server ends a connection on which nothing more is sent."""
    started = time.monotonic()
    try:
        while connection.recv(4096):
            pass
    except ConnectionError:
        pass
    return time.monotonic() - started


def drip(connection: socket.socket, text: bytes) -> None:
    """A byte now and then."""
    for letter in text:
        connection.sendall(bytes([letter]))
        time.sleep(0.1)


def test_a_header_that_comes_too_slowly_ends_the_connection() -> None:
    with served(header_timeout_s=1.0) as client:
        for begun in (b"", b"GET /v1/info HTTP/1.1\r\nhost: loc"):
            with socket.create_connection(("127.0.0.1", port_of(client)), 60) as connection:
                connection.sendall(begun)
                assert 0.5 < closed_after(connection) < 30
        with (
            socket.create_connection(("127.0.0.1", port_of(client)), 60) as connection,
            pytest.raises(ConnectionError),
        ):
            drip(connection, b"GET /" + b"x" * 600)
        assert client.get("/healthz").status_code == 200


def test_a_second_request_may_not_be_slower_than_the_first() -> None:
    with (
        served(header_timeout_s=1.0) as client,
        socket.create_connection(("127.0.0.1", port_of(client)), 60) as connection,
    ):
        connection.sendall(b"GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n")
        assert connection.recv(4096).startswith(b"HTTP/1.1 200")
        connection.sendall(b"GET /heal")
        assert 0.5 < closed_after(connection) < 12  # a connection may be idle for 15 s


def test_a_body_that_comes_too_slowly_is_refused() -> None:
    with served(body_timeout_s=1.0) as client:
        head = b"POST /v1/ask HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"
        found = said(client, head + b"content-length: 100\r\n\r\n{")
        assert found.startswith(b"HTTP/1.1 408")
        assert b'"too_slow"' in found


def test_a_client_that_doesnt_read_is_cut_off() -> None:
    with served(send_timeout_s=1.0) as client, socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.connect(("127.0.0.1", port_of(client)))
        request = b"GET /v1/coverage HTTP/1.1\r\nhost: localhost\r\n\r\n"
        connection.sendall(request * 60)  # some 10 MB of answers
        assert soon(lambda: connections_of(client) == 1)
        assert soon(lambda: connections_of(client) == 0)
        assert client.get("/healthz").status_code == 200


def soon(holds: Callable[[], bool]) -> bool:
    """Whether something comes to hold within a minute."""
    for _ in range(600):
        if holds():
            return True
        time.sleep(0.1)
    return False


def test_slow_clients_dont_keep_others_waiting() -> None:
    with served(header_timeout_s=5.0, connections=300) as client:
        slow = [socket.create_connection(("127.0.0.1", port_of(client)), 20) for _ in range(200)]
        try:
            for connection in slow:
                connection.sendall(b"GET / HT")
            started = time.monotonic()
            assert client.get("/v1/info").status_code == 200
            assert time.monotonic() - started < 4
        finally:
            for connection in slow:
                connection.close()


def test_a_connection_too_many_is_told_so() -> None:
    with served(connections=5, header_timeout_s=30.0) as client:
        port = port_of(client)
        held = [socket.create_connection(("127.0.0.1", port), 20) for _ in range(5)]
        assert soon(lambda: connections_of(client) == 5)
        with socket.create_connection(("127.0.0.1", port), 20) as connection:
            found = connection.recv(4096)
        for one in held:
            one.close()
        assert found.startswith(b"HTTP/1.1 503")
        assert b'"unavailable"' in found
        assert soon(lambda: connections_of(client) == 0)
        assert client.get("/healthz").status_code == 200


# Paths and logs


@pytest.mark.parametrize("path", [
    "/static/../api/app.py", "/static/..%2f..%2fapi/app.py", "/static/%2e%2e/%2e%2e/engine.py",
    "/static//etc/passwd", "/static/....//engine.py", "/..%5c..%5cengine.py",
    "/v1/../../../etc/passwd", "//etc/passwd", "/static/%00",
])  # fmt: skip
def test_no_path_leads_out_of_what_is_served(client: httpx.Client, path: str) -> None:
    sent = f"GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n"
    found = said(client, sent.encode())
    assert found.split(b" ")[1] in {b"404", b"400", b"405"}, found[:200]
    assert b"root:" not in found
    assert b"import" not in found


def lines(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_the_log_tells_no_question_unless_asked(tmp_path: Path) -> None:
    log = tmp_path / "access.jsonl"
    with served(access_log=str(log)) as client:
        client.post("/v1/ask", json={"question": "what is gout?"})
        client.get("/v1/search", params={"q": "secretword"})
        client.get("/v1/concepts/DB00682")
        client.get("/nix/secretword%0A")
    told = lines(log)
    assert [(row["method"], row["route"], row["status"]) for row in told] == [
        ("POST", "/v1/ask", 200), ("GET", "/v1/search", 200),
        ("GET", "/v1/concepts/{id:path}", 200), ("GET", "(none)", 404),
    ]  # fmt: skip
    keys = {"time", "method", "route", "status", "ms", "bytes", "client"}
    assert all(set(row) == keys for row in told)
    assert told[0]["client"] == "127.0.0.1"
    assert told[0]["bytes"]
    for word in ("gout", "secretword", "DB00682"):
        assert word not in log.read_text()


def test_the_log_tells_questions_where_that_is_wanted(tmp_path: Path) -> None:
    log = tmp_path / "access.jsonl"
    with served(access_log=str(log), log_questions=True) as client:
        client.post("/v1/ask", json={"question": "what is gout?"})
        client.get("/v1/search", params={"q": "gout"})
    asked, sought = lines(log)
    assert "what is gout?" in str(asked["body"])
    assert sought["query"] == "q=gout"


# What is refused at the start


def refused(store: object, text: str, **given: object) -> None:
    options = Options("kgmed:open", **given)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match=text):
        checked(options, store, rate=None)  # type: ignore[arg-type]


def test_what_leaves_needs_a_token(graph: Graph) -> None:
    for given in ({"host": "0.0.0.0"}, {"host": "::"}, {"host": "192.168.1.5"},
                  {"hosts": ("kg.example.org",)}, {"proxies": ("127.0.0.1",)}):  # fmt: skip
        refused(graph.store, "and no token", **given)
        found = checked(
            Options("kgmed:open", token=TOKEN, **given),  # type: ignore[arg-type]
            graph.store, rate=None,
        )  # fmt: skip
        assert found.leaves
        assert found.rate > 0
    own = checked(Options("kgmed:open"), graph.store, rate=None)
    assert not own.leaves
    assert own.rate == 0


def test_options_that_make_no_sense_are_refused(graph: Graph) -> None:
    refused(graph.store, "token of 3", token="abc")
    refused(graph.store, "token", token="a token with blanks in it")
    refused(graph.store, "allow-origin", origins=("*",))
    refused(graph.store, "allow-origin", origins=("https://a.example/",))
    refused(graph.store, "behind-proxy", proxies=("proxy",), token=TOKEN)
    refused(graph.store, "allow-restricted", allow=("umls",))
    refused(graph.store, "licence or source", allow=("nix",), token=TOKEN, host="0.0.0.0")


def test_a_token_is_never_shown(graph: Graph) -> None:
    assert TOKEN not in repr(Options("kgmed:open", token=TOKEN))
