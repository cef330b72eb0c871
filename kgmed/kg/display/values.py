"""The graph's own values as displays: concepts, statements, paths, parts of a graph, identity."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from kgmed.kg.display.drawn import DRAWN, path_picture, paths_picture, statements_picture
from kgmed.kg.display.html import (
    SHOWN,
    Html,
    counted,
    facts,
    few,
    folded,
    heading,
    note,
    rest,
    source_of,
    table,
)
from kgmed.kg.display.words import relation, sentence
from kgmed.kg.model import Language

if TYPE_CHECKING:
    from kgmed.kg.model import Concept, Path, Statement
    from kgmed.kg.model import Mapping as SssomMapping
    from kgmed.kg.store.base import GraphInfo
    from kgmed.kg.views.subgraph import Subgraph
    from kgmed.kg.why import Why

_PATHS = 5


def concept_html(concept: Concept) -> Html:
    """A concept: its names by language, categories, ids and sources."""
    names = [(f"name ({lang})", name) for lang, name in concept.names.items()]
    return Html(heading(concept.name, concept.id) + facts([
        *names,
        ("category", few(concept.categories)),
        ("ids", few(concept.equivalent_ids, SHOWN)),
        ("sources", few(concept.sources, SHOWN)),
    ]))  # fmt: skip


def statement_html(
    statement: Statement, names: Mapping[str, str] | None = None, *, lang: Language = "en"
) -> Html:
    """A statement: what it says, its qualifiers, and where it comes from; a retracted one says so
    first."""
    names = names or {}
    value = statement.value
    gone = statement.retracted
    over = ""
    if gone is not None:
        over = note(
            f"✗ RETRACTED by {gone.who}, {gone.date}: {gone.reason}. It is evidence for nothing."
        )
    return Html(over + heading(sentence(statement, names, lang), statement.id[:8]) + facts([
        ("subject", _end(statement.subject, names)),
        ("predicate", ("not " if statement.negated else "") + statement.predicate),
        ("object", _end(statement.object, names)),
        ("value", f"{value.text} {value.unit}".strip() if value is not None else ""),
        *((name.replace("_", " "), text) for name, text in statement.qualifiers.items()),
        ("source", source_of(statement.primary_knowledge_source, statement.release)),
        ("licence", statement.licence),
        ("record", few(statement.source_record)),
        ("publications", few(statement.publications)),
        ("its own words", statement.text),
        ("id", statement.id),
    ]))  # fmt: skip


def _end(id: str, names: Mapping[str, str]) -> str:
    return f"{names[id]} ({id})" if id in names else id


def statements_table(
    statements: Sequence[Statement],
    names: Mapping[str, str],
    *,
    lang: Language = "en",
    limit: int = SHOWN,
    more: str = ".statements",
) -> Html:
    """Statements as a table: both ends by name, and where each comes from."""
    rows = [
        (
            names.get(s.subject, s.subject),
            ("not " if s.negated else "") + relation(s.predicate, lang),
            names.get(s.object, s.object) if s.value is None
            else f"{s.value.text} {s.value.unit}".strip(),
            few([f"{name}: {value}" for name, value in s.qualifiers.items()]),
            s.id[:8],
            source_of(s.primary_knowledge_source, s.release),
            s.licence,
        )
        for s in statements[:limit]
    ]  # fmt: skip
    heads = ["subject", "predicate", "object", "qualifiers", "statement", "source", "licence"]
    if rows and not any(row[3] for row in rows):
        heads = [*heads[:3], *heads[4:]]
        rows = [(*row[:3], *row[4:]) for row in rows]  # type: ignore[misc]
    return Html(table(heads, rows) + rest(len(statements) - len(rows), more))


def path_html(
    path: Path,
    names: Mapping[str, str] | None = None,
    *,
    lang: Language = "en",
    concepts: Mapping[str, Concept] | None = None,
) -> Html:
    """A path: its picture, and a row per statement."""
    names = {**path.names, **(names or {})}
    title = heading("curated path", path.curated) if path.curated else ""
    cites = statements_table(path.statements, names, lang=lang)
    return Html(title + path_picture(path, names, lang=lang, concepts=concepts) + cites)


def paths_html(
    paths: Sequence[Path], *, concepts: Mapping[str, Concept] | None = None, lang: Language = "en"
) -> Html:
    """Several paths on one picture, and a line each."""
    if not paths:
        return note("no path")
    if len(paths) == 1:
        return path_html(paths[0], concepts=concepts, lang=lang)
    names = {id: name for path in paths for id, name in path.names.items()}
    shown = paths[:_PATHS]
    rows = [(n, path_line(path, lang=lang)) for n, path in enumerate(shown, 1)]
    drawn = paths_picture(shown, names, lang=lang, concepts=concepts)
    return Html(drawn + table(("path", "its statements"), rows) + rest(len(paths) - len(shown)))


def path_line(path: Path, *, lang: Language = "en") -> str:
    """A path in one line of text: names joined by predicates in arrows.

    >>> from kgmed.kg.model import Path, Statement, Step
    >>> step = Step(Statement("1", "x:a", "inhibits", "x:b"), "in")
    >>> path_line(Path((step,), names={"x:a": "A"}))
    'x:b ←inhibits— A'
    """
    if not path.steps:
        return ""
    parts = [path.names.get(path.nodes[0], path.nodes[0])]
    for step in path.steps:
        word = relation(step.statement.predicate, lang)
        arrow = f"—{word}→" if step.direction == "out" else f"←{word}—"
        parts += [arrow, path.names.get(step.end, step.end)]
    return " ".join(parts)


def subgraph_html(part: Subgraph, *, lang: Language = "en", limit: int = DRAWN) -> Html:
    """A part of a graph: its picture, its statements, and its values folded."""
    names = part.names(lang)
    title = heading(
        few([names.get(id, id) for id in part.starts]) or "part of the graph",
        besides=f"{len(part.concepts):,} concepts, {len(part.statements):,} statements",
    )
    drawn = statements_picture(
        part.statements,
        names,
        concepts=part.concepts,
        starts=part.starts,
        lang=lang,
        limit=limit,
    )
    values = statements_table(part.values, names, lang=lang, more=".values") if part.values else ""
    rows = statements_table(part.statements, names, lang=lang)
    return Html(
        title + drawn + folded(f"statements ({len(part.statements):,})", rows)
        + folded(f"values ({len(part.values):,})", values) + note(part.cut)
    )  # fmt: skip


def why_html(why: Why) -> Html:
    """Why two ids are one concept, or aren't: the mappings, with their sources."""
    if why.same:
        said = "✓ one concept" if why.chain or why.left == why.right else "✓ one concept, one id"
        mappings: tuple[SssomMapping, ...] = why.chain
    else:
        mappings = why.against
        said = "✗ two concepts" if mappings else "✗ two concepts; no mapping joins them"
    title = heading(f"{why.left} and {why.right}: {said}")
    return Html(title + (mappings_table(mappings) if mappings else ""))


def mappings_table(mappings: Sequence[SssomMapping], *, limit: int = SHOWN) -> Html:
    """Mappings as a table."""
    rows = [
        (
            m.subject, f"{m.modifier} {m.predicate}".strip(), m.object,
            f"{m.confidence:g}" if m.confidence else "", source_of(m.source),
            m.status + (f": {m.reason}" if m.reason else ""),
            " / ".join(filter(None, (m.subject_label, m.object_label))),
        )
        for m in mappings[:limit]
    ]  # fmt: skip
    heads = ("subject", "predicate", "object", "confidence", "source", "status", "labels")
    return Html(table(heads, rows) + rest(len(mappings) - len(rows)))


def info_html(info: GraphInfo) -> Html:
    """What a graph is: sizes, snapshot and sources, with their licences."""
    over = f"an overlay on {info.overlay.base[:16]}" if info.overlay is not None else ""
    sizes = {"concepts": info.concepts, "names": info.names, "statements": info.statements,
             "values": info.values, "mappings": info.mappings, "paths": info.paths}  # fmt: skip
    sources = table(
        ("source", "release", "licence", "concepts", "statements"),
        [(s.name, s.release, s.licence, s.concepts, s.statements) for s in info.sources],
        limit=SHOWN, more=".sources",
    )  # fmt: skip
    return Html(
        heading(info.uri, info.snapshot[:16], besides=over)
        + facts([
            ("sizes", ", ".join(f"{n:,} {name}" for name, n in sizes.items())),
            ("predicates", counted(info.predicates, 8)),
            ("categories", counted(info.categories, 8)),
            ("created", info.created),
        ])
        + sources
    )  # fmt: skip
