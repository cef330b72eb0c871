"""The form path: how two concepts are joined."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from kgmed.kg.model import Concept, Language, Path
from kgmed.kg.paths.find import MAX_STATEMENTS_READ, find_paths
from kgmed.kg.predicates import Registry
from kgmed.reasoning import compose
from kgmed.reasoning.answer import Answer
from kgmed.reasoning.programs.forms.context import Context
from kgmed.reasoning.programs.slots import Bound

PATH_HOPS = 4


def path(context: Context, bound: Bound, answer: Answer) -> Answer:
    """How two concepts are joined: a source's own path where it states one, else the shortest."""
    start, end = bound.links[0].id, bound.links[1].id
    store = context.retriever.store
    curated = _curated(context, bound, start, end)
    exhausted = True
    paths = curated
    if not paths:
        found = find_paths(store, start, end, registry=context.registry, hops=PATH_HOPS)
        paths, exhausted = list(found.paths), found.exhausted
    names = {"start": context.name(start), "end": context.name(end)}
    if not paths:
        text = context.phrase("path_none", hops=PATH_HOPS, **names)
        if not exhausted:
            text += " " + context.phrase("path_cut", n=f"{MAX_STATEMENTS_READ:,}")
        return replace(answer, reason="no_evidence", text=text)
    shown = paths[: context.limit]
    word = context.phrase("path_one" if len(paths) == 1 else "path_many")
    statements = {s.id: s for p in paths for s in p.statements}
    if curated:
        source = context.sources(statements.values())
        head = context.phrase("path_curated", n=len(paths), paths=word, source=source, **names)
    else:
        hops = len(paths[0].steps)
        head = context.phrase("path_found", n=len(paths), paths=word, hops=hops, **names)
    concepts = context.concepts([id for p in shown for id in p.nodes])
    lines = [head, *(path_line(p, concepts, context.registry, context.lang) for p in shown)]
    if not curated:
        lines.append(context.phrase("sources", sources=context.sources(statements.values())))
    return replace(
        answer, abstained=False, text="\n".join(lines), paths=tuple(paths), statements=statements
    )


def _curated(context: Context, bound: Bound, start: str, end: str) -> list[Path]:
    """Curated paths between the concepts or, for a drug, its forms and bases; one per record."""
    store = context.retriever.store
    predicate = bound.reading.predicate
    if predicate is not None and predicate not in context.registry:
        return []
    starts = [scope.id for scope in context.retriever.scopes(start, "has_target", "subject")]
    ends = [scope.id for scope in context.retriever.scopes(end, "treats", "object")]
    found = [p for a in starts for b in ends for p in store.curated_paths(a, b)]
    if not found and predicate is None:
        found = [p for a in starts for b in ends for p in store.curated_paths(b, a)]
    return found


def path_line(
    path: Path, concepts: Mapping[str, Concept], registry: Registry, lang: Language
) -> str:
    """A path in one line: names joined by predicates in arrows, each step cited."""
    first = concepts.get(path.nodes[0])
    parts = [first.name_in(lang) if first else path.nodes[0]]
    for step in path.steps:
        predicate = step.statement.predicate
        words = compose.relation(registry, predicate, lang)
        end = concepts.get(step.end)
        name = end.name_in(lang) if end else step.end
        cite = compose.cite([step.statement.id])
        arrow = f"--{words}-->" if step.direction == "out" else f"<--{words}--"
        parts.append(f"{arrow} {name} {cite}")
    return " ".join(parts)
