"""A listener for what loads and first uses tell."""

from __future__ import annotations


class Untold:
    """Takes what is told and tells nobody; the lines are kept."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def __call__(self, text: str) -> None:
        self.lines.append(text)

    update = note = __call__
