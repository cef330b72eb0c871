"""What an endpoint says of itself: HTTP in the standard library, for questions that no program asks
of a model."""

from __future__ import annotations

import json
from http.client import HTTPException
from typing import Any, NamedTuple
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen


class Reply(NamedTuple):
    """What came back: the status (0 where nothing did), the body, and what went wrong, if so."""

    status: int
    body: Any
    wrong: str = ""

    @property
    def words(self) -> str:
        """The endpoint's own words for a refusal, on one line."""
        body = self.body
        if isinstance(body, dict):
            error = body.get("error", body.get("detail", body.get("message", body)))
            body = error.get("message", error) if isinstance(error, dict) else error
        return self.wrong or " ".join(str(body).split())[:300]


def ask(
    url: str, *, api_key: str = "", send: dict[str, Any] | None = None, timeout_s: float = 30.0
) -> Reply:
    """GET a URL, or POST JSON to it; the body is read as JSON, or as text where it is none."""
    headers = {"Content-Type": "application/json", "Accept": "application/json"}
    if api_key:
        headers["Authorization"] = f"Bearer {api_key}"
    data = None if send is None else json.dumps(send).encode()
    request = Request(url, data=data, headers=headers)  # noqa: S310 - checked by endpoint_url
    try:
        with urlopen(request, timeout=timeout_s) as response:  # noqa: S310
            return Reply(response.status, _parsed(response.read()))
    except HTTPError as error:
        with error:
            return Reply(error.code, _parsed(error.read()))
    except URLError as error:
        return Reply(0, None, str(error.reason))
    except TimeoutError:
        return Reply(0, None, f"nothing came for {timeout_s:g} s")
    except (OSError, HTTPException) as error:
        return Reply(0, None, f"{type(error).__name__}: {error}")


def served_models(api_base: str, api_key: str = "", *, timeout_s: float = 30.0) -> tuple[str, ...]:
    """The names of the models that an endpoint serves; none where it doesn't tell."""
    reply = ask(f"{api_base}/models", api_key=api_key, timeout_s=timeout_s)
    return tuple(str(one["id"]) for one in model_cards(reply))


def model_cards(reply: Reply) -> list[dict[str, Any]]:
    """The models of a reply to ``GET /models``."""
    listed = reply.body.get("data") if isinstance(reply.body, dict) else None
    if reply.status != 200 or not isinstance(listed, list):
        return []
    return [one for one in listed if isinstance(one, dict) and "id" in one]


def _parsed(body: bytes) -> Any:
    text = body.decode("utf-8", "replace")
    try:
        return json.loads(text)
    except ValueError:
        return text
