"""Displays as values: what a notebook shows where a cell ends with one, and what can be kept."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path as FilePath

from kgmed.kg.errors import OutputError, UsageError

_SVG = re.compile(r"<svg.*</svg>", re.DOTALL)


@dataclass(frozen=True, slots=True)
class View:
    """HTML that a notebook shows; ``str()`` gives the HTML."""

    html: str

    def _repr_html_(self) -> str:
        return self.html

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {len(self.html):,} characters>"

    def __str__(self) -> str:
        return self.html


@dataclass(frozen=True, slots=True, repr=False)
class Picture(View):
    """A picture: inline SVG, with what it leaves out below it."""

    @property
    def svg(self) -> str:
        """The SVG alone; raises :class:`~kgmed.kg.errors.UsageError` where nothing was drawn."""
        found = _SVG.search(self.html)
        if found is None:
            raise UsageError("Found nothing that is drawn, expected at least one concept.")
        return found.group()

    def save(self, path: str | FilePath) -> None:
        """Write the SVG to a file, on white ground in black; raises
        :class:`~kgmed.kg.errors.OutputError` where that can't be done."""
        svg = self.svg.replace("max-width:none;", "background:#fff;color:#111;", 1)
        try:
            FilePath(path).write_text(svg + "\n", encoding="utf-8")
        except OSError as error:
            raise OutputError(f"{path}: can't be written ({error.strerror or error}).") from error
