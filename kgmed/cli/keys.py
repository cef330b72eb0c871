"""The key of an endpoint, where a command names a model and the library connects it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from kgmed.kg.errors import UsageError

KEY = "KGMED_API_KEY"


@contextmanager
def keyed(variable: str | None) -> Iterator[None]:
    """Within it, the key is what the variable that ``--api-key-env`` names holds.

    Raises :class:`~kgmed.kg.errors.UsageError` where the environment has no such variable.
    """
    if variable is None:
        yield
        return
    found = os.environ.get(variable, "")
    if not found:
        raise UsageError(
            f"Found no variable {variable} in the environment, expected the endpoint's key in it: "
            f"export {variable}=..."
        )
    before = os.environ.get(KEY)
    os.environ[KEY] = found
    try:
        yield
    finally:
        os.environ.pop(KEY)
        if before is not None:
            os.environ[KEY] = before
