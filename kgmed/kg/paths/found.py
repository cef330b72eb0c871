"""Paths that were found, as a list that shows in a notebook."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from kgmed.kg.model import Concept, Path


class Paths(list[Path]):
    """Paths, the best first: a list, with the ``concepts`` along them by id.

    In a notebook it shows as one picture of them all; a path of it shows alone.
    """

    def __init__(self, paths: Iterable[Path] = (), concepts: Mapping[str, Concept] | None = None):
        super().__init__(paths)
        self.concepts = dict(concepts or {})

    def _repr_html_(self) -> str:
        from kgmed.kg.display.values import paths_html

        return paths_html(self, concepts=self.concepts)


def with_names(path: Path, names: Mapping[str, str]) -> Path:
    """A path that knows what its concepts are called.

    >>> from kgmed.kg.model import Statement, Step
    >>> path = Path((Step(Statement("1", "x:a", "inhibits", "x:b"), "out"),))
    >>> with_names(path, {"x:a": "A", "x:c": "C"}).names
    {'x:a': 'A'}
    """
    return replace(path, names={id: names[id] for id in path.nodes if id in names})
