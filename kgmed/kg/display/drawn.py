"""Statements and paths as pictures: which concepts are drawn, and what their lines say."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain

from kgmed.kg.display.html import Html, few, source_of
from kgmed.kg.display.picture import Line, Node, picture, texts
from kgmed.kg.display.words import relation, symmetric
from kgmed.kg.model import Concept, Language, Path, Statement

DRAWN = 25
"""Concepts that a picture shows."""
_SAME = 6
"""Lines from which on a picture with one predicate says it once, above all of them."""


def statements_picture(
    statements: Sequence[Statement],
    names: Mapping[str, str],
    *,
    concepts: Mapping[str, Concept] | None = None,
    kinds: Mapping[str, str] | None = None,
    starts: Sequence[str] = (),
    lang: Language = "en",
    limit: int = DRAWN,
    title: str = "",
) -> Html:
    """Statements between concepts as a picture of at most ``limit`` concepts.

    Those drawn are ``starts``, and then their neighbours of each predicate in turn, the nearest
    first. ``concepts``, or ``kinds``, say the categories, ``names`` what stands in the boxes. What
    is left out is said below.
    """
    joining = sorted((one for one in statements if one.object), key=lambda s: s.predicate)
    every = list(dict.fromkeys(chain(starts, *((s.subject, s.object) for s in joining))))
    kept = _chosen(joining, every, starts, limit)
    drawn = [s for s in joining if s.subject in kept and s.object in kept]
    kinds = {**(kinds or {}), **_kinds(concepts)}
    nodes = [_node(id, names, kinds, main=id in starts) for id in every if id in kept]
    words = {relation(s.predicate, lang) for s in drawn}
    once = len(words) == 1 and len(drawn) >= _SAME
    lines = [_line(s, names, lang, bare=once) for s in drawn]
    title = title or few([names.get(id, id) for id in starts or every], 3)
    made = picture(
        nodes, lines, title=title, start=starts[0] if starts else "",
        described=few(list(texts(nodes, [_line(s, names, lang) for s in drawn])), DRAWN),
    )  # fmt: skip
    said = []
    if once:
        said.append(f"each line: {next(iter(words))}")
    if len(every) > len(nodes):
        said.append(f"… {len(every) - len(nodes):,} more concepts")
    if len(joining) > len(drawn):
        said.append(f"… {len(joining) - len(drawn):,} more statements")
    below = Html(f"<p><small>{'; '.join(map(_escaped, said))}</small></p>" if said else "")
    return Html(made + below)


def _escaped(text: str) -> str:
    from kgmed.kg.linking.html import plain

    return plain(text)


def path_picture(
    path: Path, names: Mapping[str, str], *, lang: Language = "en",
    concepts: Mapping[str, Concept] | None = None,
) -> Html:  # fmt: skip
    """A path as a chain, from left to right, or downwards where it is long."""
    ends = {path.nodes[0], path.nodes[-1]} if path.steps else set()
    nodes = [
        _node(id, names, _kinds(concepts), main=id in ends) for id in dict.fromkeys(path.nodes)
    ]
    lines = [_line(statement, names, lang) for statement in path.statements]
    return picture(
        nodes, lines, start=path.nodes[0] if path.nodes else "", both=False,
        chain=len(nodes) == len(path.nodes),
        title=f"path from {nodes[0].name} to {nodes[-1].name}" if nodes else "path",
        described="; ".join(texts(nodes, lines)),
    )  # fmt: skip


def paths_picture(
    paths: Sequence[Path], names: Mapping[str, str], *, lang: Language = "en",
    concepts: Mapping[str, Concept] | None = None,
) -> Html:  # fmt: skip
    """Several paths on one picture."""
    statements = list({s.id: s for path in paths for s in path.statements}.values())
    ends = list(dict.fromkeys(end for path in paths for end in (path.nodes[0], path.nodes[-1])))
    return statements_picture(statements, names, concepts=concepts, starts=ends, lang=lang)


def _chosen(
    statements: Sequence[Statement], every: Sequence[str], starts: Sequence[str], limit: int
) -> set[str]:
    """The concepts that are drawn where there are more than ``limit``."""
    kept = dict.fromkeys(starts[:limit])
    if not kept and every:
        counts: dict[str, int] = {}
        for id in chain.from_iterable((s.subject, s.object) for s in statements):
            counts[id] = counts.get(id, 0) + 1
        kept = {max(counts, key=counts.__getitem__): None}
    if len(every) <= limit:
        return set(every)
    while len(kept) < limit:
        waiting: dict[tuple[str, bool], list[str]] = {}
        for s in statements:
            if (s.subject in kept) != (s.object in kept):
                other = s.object if s.subject in kept else s.subject
                waiting.setdefault((s.predicate, s.subject in kept), []).append(other)
        new = list(_in_turn(waiting.values()))
        if not new:  # a part of its own
            new = [id for id in every if id not in kept][:1]
        for id in new[: limit - len(kept)]:
            kept[id] = None
    return set(kept)


def _in_turn(lists: Iterable[Sequence[str]]) -> Iterable[str]:
    """The first of each list, then the second of each; each once."""
    rows = list(lists)
    found: dict[str, None] = {}
    for place in range(max(map(len, rows), default=0)):
        found |= {row[place]: None for row in rows if place < len(row)}
    return found


def _kinds(concepts: Mapping[str, Concept] | None) -> dict[str, str]:
    return {id: c.categories[0] for id, c in (concepts or {}).items() if c.categories}


def _node(id: str, names: Mapping[str, str], kinds: Mapping[str, str], *, main: bool) -> Node:
    return Node(id, names.get(id) or id, kinds.get(id, ""), main)


def _line(
    statement: Statement, names: Mapping[str, str], lang: Language, *, bare: bool = False
) -> Line:
    word = relation(statement.predicate, lang)
    a, b = (names.get(id, id) for id in (statement.subject, statement.object))
    denied = ("不" if lang == "zh" else "not ") if statement.negated else ""
    cited = source_of(statement.primary_knowledge_source, statement.release)
    return Line(
        statement.subject,
        statement.object,
        "" if bare else denied + word,
        arrow=not symmetric(statement.predicate),
        negated=statement.negated,
        told=f"{a} {denied}{word} {b} [{statement.id[:8]}] {cited}".strip(),
    )
