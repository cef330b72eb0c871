"""The names that an answer's statements and paths are read by."""

from __future__ import annotations

from dataclasses import replace

from kgmed.kg.paths.found import with_names as path_with_names
from kgmed.kg.store.base import GraphStore
from kgmed.reasoning.answer import Answer


def with_names(answer: Answer, store: GraphStore) -> Answer:
    """An answer that knows what the concepts of its statements and paths are called, in its own
    language."""
    ends = [id for s in answer.statements.values() for id in (s.subject, s.object) if id]
    ids = list(dict.fromkeys([*ends, *(id for path in answer.paths for id in path.nodes)]))
    if not ids:
        return answer
    names = {c.id: c.name_in(answer.lang) for c in store.concepts(ids) if c is not None}
    paths = tuple(path_with_names(path, names) for path in answer.paths)
    return replace(answer, names=names, paths=paths)
