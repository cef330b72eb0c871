"""A language model by its name: a folder, or what an OpenAI-compatible endpoint serves."""

from __future__ import annotations

from ipaddress import ip_address
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from kgmed.kg.errors import UsageError
from kgmed.reasoning.lm.base import Completion

TRIES = 4
"""How often a request is tried again, with growing pauses, before the run stops."""


class NamedModel(NamedTuple):
    """A model that can be asked, what it is called, and whether it runs on this machine."""

    complete: Completion
    name: str
    is_local: bool


def named_model(name: str, *, api_base: str = "", api_key: str = "") -> NamedModel:
    """The model of a name.

    A folder is run in this process (:class:`~kgmed.reasoning.lm.embedded.Embedded`). Anything else
    is what an endpoint at ``api_base`` calls it, or DSPy's ``provider/model`` without one. Raises
    :class:`~kgmed.kg.errors.UsageError` for a name that is neither,
    :class:`~kgmed.kg.errors.MissingExtra` without the packages.
    """
    folder = Path(name).expanduser()
    if folder.is_dir():
        if api_base:
            raise UsageError(
                f"Found --lm {name}, a folder, with --api-base {api_base}. A folder is run in this "
                "process; to ask an endpoint, give the name of the model that it serves."
            )
        from kgmed.reasoning.lm.embedded import Embedded

        embedded = Embedded(folder)
        return NamedModel(embedded, embedded.name, is_local=True)
    if not api_base and (name.startswith((".", "/", "~")) or "/" not in name):
        raise UsageError(
            f"Found --lm {name!r}: no such folder. Expected the folder of a model, the name of one "
            "that --api-base URL serves, or a provider/model of DSPy."
        )
    from kgmed.reasoning.lm.dspy_lm import DspyCompletion, dspy_package

    dspy = dspy_package()
    if api_base:
        model = f"openai/{name.removeprefix('openai/')}"
        lm = dspy.LM(
            model, api_base=api_base, api_key=api_key or "none", cache=False, num_retries=TRIES
        )
    else:
        given = {"api_key": api_key} if api_key else {}
        lm = dspy.LM(name, cache=False, num_retries=TRIES, **given)
    return NamedModel(DspyCompletion(lm), name, is_local=bool(api_base) and is_loopback(api_base))


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
