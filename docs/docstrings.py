"""What kgmed's docstrings hold of reStructuredText, as Markdown, for the website's Python pages."""

from __future__ import annotations

import re
from itertools import groupby
from typing import Any

from griffe import Extension

_ROLE = re.compile(r":\w+:`~?(?:[\w.]*\.)?(\w+)`")


def markdown(text: str) -> str:
    """A docstring's text with roles, double back quotes and doctests as Markdown has them.

    >>> markdown("Raises :class:`~kgmed.kg.errors.UsageError`, and ``None`` else.")
    'Raises `UsageError`, and `None` else.'
    >>> print(markdown("Adds.\\n\\n>>> 1 + 1\\n2"))
    Adds.
    <BLANKLINE>
    ```pycon
    >>> 1 + 1
    2
    ```
    """
    parts = []
    for block, lines in groupby(re.split(r"\n[ \t]*\n", text), key=_is_doctest):
        joined = "\n\n".join(lines)
        if block:
            parts.append(f"```pycon\n{joined.rstrip()}\n```")
        else:
            parts.append(re.sub(r"``([^`]+)``", r"`\1`", _ROLE.sub(r"`\1`", joined)))
    return "\n\n".join(parts)


def _is_doctest(block: str) -> bool:
    return block.lstrip().startswith(">>>")


class Docstrings(Extension):
    """Rewrites every docstring that is loaded."""

    def on_object(self, *, obj: Any, **_more: Any) -> None:
        """Called for each module, class, function and attribute."""
        if obj.docstring is not None:
            obj.docstring.value = markdown(obj.docstring.value)
