"""How a language model is reached and asked; what the command line, the environment or kgmed.toml
said, as one value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from ipaddress import ip_address
from math import isfinite
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from kgmed.kg.errors import UsageError

EMBEDDED = "embedded"
"""The name of the deterministic engine that needs no server and no weights."""


@dataclass(frozen=True, slots=True)
class LMSettings:
    """A language model, and how it is asked.

    ``name`` is what the endpoint at ``api_base`` calls it; without an ``api_base`` it is
    ``embedded`` (the deterministic engine), a folder with a model (run in this process), or a
    ``provider/model`` of DSPy. ``timeout_s`` is how long the endpoint may send nothing, the wait
    for the first token of a stream or for a whole answer; ``retries`` how often a request is sent
    again after it failed for a passing reason; ``concurrency`` how many are under way at a time.
    ``max_tokens``, ``temperature`` and ``seed`` hold for what doesn't say otherwise. ``trusted``
    says that restricted evidence may be sent to a machine that isn't this one. ``cache`` is the
    folder in which answers are kept for next time; nothing is kept without one.

    Raises :class:`~kgmed.kg.errors.UsageError` for what can't be: a URL that is none, a timeout of
    nothing.
    """

    name: str
    api_base: str = ""
    api_key: str = field(default="", repr=False)
    timeout_s: float = 120.0
    retries: int = 4
    concurrency: int = 16
    max_tokens: int = 1024
    temperature: float = 0.0
    seed: int | None = None
    trusted: bool = False
    cache: Path | None = None

    def __post_init__(self) -> None:
        if not self.name.strip():
            raise UsageError("Found no name of a language model, expected --lm NAME (or KGMED_LM).")
        if self.api_base:
            object.__setattr__(self, "api_base", endpoint_url(self.api_base))
        _at_least("timeout_s", self.timeout_s, above=0)
        _at_least("retries", self.retries, least=0)
        _at_least("concurrency", self.concurrency, least=1)
        _at_least("max_tokens", self.max_tokens, least=1)
        _at_least("temperature", self.temperature, least=0)

    @property
    def is_embedded(self) -> bool:
        """Whether the deterministic engine is meant."""
        return self.name == EMBEDDED and not self.api_base

    @property
    def folder(self) -> Path | None:
        """The folder whose model is run in this process; None where another one is meant."""
        path = Path(self.name).expanduser()
        return path if not self.api_base and not self.is_embedded and path.is_dir() else None

    @property
    def trust(self) -> tuple[bool, str]:
        """Whether restricted evidence may be sent, and why.

        >>> LMSettings("m", "http://127.0.0.1:8000").trust
        (True, 'it runs on this machine')
        >>> LMSettings("m", "https://api.example.org/v1").trust[0]
        False
        """
        if self.is_embedded or self.folder is not None:
            return True, "it runs in this process"
        if self.api_base and is_loopback(self.api_base):
            return True, "it runs on this machine"
        if self.trusted:
            return True, "the settings say so (trusted)"
        where = urlsplit(self.api_base).hostname or self.name.partition("/")[0]
        return False, f"{where} is another machine, and nobody marked it as trusted"

    def as_dict(self) -> dict[str, Any]:
        """The settings as JSON takes them, without the key."""
        kept = {one.name: getattr(self, one.name) for one in fields(self) if one.name != "api_key"}
        return {**kept, "cache": None if self.cache is None else str(self.cache)}

    @classmethod
    def from_dict(cls, state: Mapping[str, Any]) -> LMSettings:
        """The settings that :meth:`as_dict` gave."""
        cache = state.get("cache")
        return cls(**{**state, "cache": None if cache is None else Path(cache)})


def endpoint_url(url: str) -> str:
    """The base URL of an OpenAI-compatible endpoint, without a slash at its end.

    A URL without a path gets ``/v1``, where vLLM and most others serve.

    >>> endpoint_url("http://localhost:8000"), endpoint_url("https://h/openai/v1/")
    ('http://localhost:8000/v1', 'https://h/openai/v1')
    """
    parts = urlsplit(url.strip())
    try:
        port = parts.port
    except ValueError:
        port = -1
    if parts.scheme not in {"http", "https"} or not parts.hostname or port == -1 or parts.query:
        raise UsageError(
            f"Found the endpoint {url!r}, expected a URL such as http://localhost:8000/v1."
        )
    path = parts.path.rstrip("/") or "/v1"
    for tail in ("/chat/completions", "/models", "/completions"):
        path = path.removesuffix(tail)
    return f"{parts.scheme}://{parts.netloc}{path}"


def is_loopback(url: str) -> bool:
    """Whether a URL is of this machine.

    >>> is_loopback("http://127.0.0.1:8000/v1"), is_loopback("https://api.example.org/v1")
    (True, False)
    """
    host = urlsplit(url).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _at_least(
    name: str, found: float, *, least: float | None = None, above: float | None = None
) -> None:
    wrong = (
        not isfinite(found)
        or (least is not None and found < least)
        or (above is not None and found <= above)
    )
    if wrong:
        expected = f"{least} or more" if least is not None else f"above {above}"
        raise UsageError(f"Found {name}={found!r} for the language model, expected {expected}.")
