"""A language model by its name: a folder, or what an OpenAI-compatible endpoint serves."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from kgmed.kg.errors import UsageError
from kgmed.reasoning.lm.base import Completion
from kgmed.reasoning.lm.settings import LMSettings, is_loopback

__all__ = ["NamedModel", "is_loopback", "named_model"]


class NamedModel(NamedTuple):
    """A model that can be asked, what it is called, and whether it runs on this machine."""

    complete: Completion
    name: str
    is_local: bool


def named_model(
    name: str, *, api_base: str = "", api_key: str = "", concurrency: int = 16
) -> NamedModel:
    """The model of a name.

    A folder is run in this process (:class:`~kgmed.reasoning.lm.embedded.Embedded`). Anything else
    is what an endpoint at ``api_base`` calls it, or DSPy's ``provider/model`` without one
    (:func:`~kgmed.reasoning.lm.connect.connect`). Raises
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
    from kgmed.reasoning.lm.connect import connect

    settings = LMSettings(name, api_base, api_key, concurrency=concurrency)
    local = bool(api_base) and is_loopback(settings.api_base)
    return NamedModel(connect(settings), name, is_local=local)
