"""From candidates to evidence: ranked, told in groups, varied, within a token budget.

Statements of one relation and one concept are one sentence with a list. Groups are taken by what
they were found for (the question's relation, what joins its concepts, paths, the rest), then by how
much the predicate explains, how severe it is, and whether the question's words speak of it; each
further group of a relation counts less, and what wasn't asked for is listed in short, so that a
budget isn't spent on one thing. There, a neighbour that everything is joined to comes last.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import log2

from kgmed.kg.errors import UsageError
from kgmed.kg.model import Language, Path, Statement
from kgmed.kg.paths.rank import path_score, statement_score
from kgmed.kg.predicates import Registry
from kgmed.kg.store.base import GraphStore
from kgmed.kg.verbalize import Verbalizer
from kgmed.kg.verbalize.qualifiers import severity_rank
from kgmed.kg.verbalize.size import tokens_of
from kgmed.kg.views.licensing import Terms
from kgmed.reasoning.evidence.candidates import Candidate, Candidates, Finder
from kgmed.reasoning.evidence.expand import Expander
from kgmed.reasoning.evidence.model import Evidence, Kind, Piece, Withheld
from kgmed.reasoning.evidence.names import leaving_names, plain

BUDGET = 600
"""Tokens of evidence for a question: with the program's own words and the answer, 1,000."""
LEAST_BUDGET = 50
LISTED: Mapping[Kind, int] = {"asked": 120, "between": 40, "path": 0, "about": 6}
"""Members of a list that are told, at most; a sentence says how many more there are."""
_RANK: Mapping[Kind, float] = {"asked": 4.0, "between": 3.0, "path": 0.8, "about": 0.0}
_CURATED = 1.5
"""What it counts that a source states a path as one."""
_ASKED_PATH = 2.0
"""What it counts that the question asks how two concepts are joined."""
_SEVERE = 0.1
"""What each step of severity counts."""
_MILDEST = 4
_SPOKEN = 1.5
"""What it counts that the question's words speak of a predicate."""
_AGAIN = 0.35
"""What each earlier group of the same predicate takes from a group's score."""
_HUB = 0.03
_LABEL = 4
"""Tokens of a number in brackets and a line's end."""
_MOST_VALUES = 4


@dataclass(slots=True)
class _Group:
    """Statements that are told in one sentence, of one concept and one relation."""

    kind: Kind
    anchor: str
    statements: list[Statement] = field(default_factory=list)
    score: float = 0.0
    path: Path | None = None


class Gatherer:
    """Gathers evidence from one store.

    ``terms`` (:class:`~kgmed.kg.views.licensing.Terms`) says which sources' statements and names
    may leave; None lets all of them, which is right for a model on this machine or a trusted one.
    """

    def __init__(
        self, store: GraphStore, registry: Registry, *, terms: Terms | None = None
    ) -> None:
        self._store, self._registry, self._terms = store, registry, terms
        self._finder = Finder(store, registry)
        self.say = Verbalizer(registry)
        self.expander = Expander(store, registry, terms=terms)

    @property
    def for_anybody(self) -> bool:
        """Whether it gathers nothing that may not leave."""
        if self._terms is not None:
            return True
        sources = [(row.infores, row.licence) for row in self._store.info().sources]
        terms = Terms(sources, ())
        return all(terms.lets_source(source) for source, _licence in sources)

    def gather(
        self,
        question: str,
        *,
        language: Language | None = None,
        options: Sequence[str] = (),
        budget: int = BUDGET,
    ) -> Evidence:
        """The evidence on a question, in at most about ``budget`` tokens.

        ``options`` are the answers it offers; what joins them to the question counts as well.
        Raises :class:`~kgmed.kg.errors.UsageError` for a budget below 50.
        """
        if budget < LEAST_BUDGET:
            raise UsageError(
                f"Found a budget of {budget} tokens, expected at least {LEAST_BUDGET}: a sentence "
                "of evidence has about 15."
            )
        found = self._finder.find(question, language=language, options=options)
        statements, withheld = self._allowed(found)
        groups = [*self._grouped(found, statements), *self._paths(found, statements)]
        self._weigh(groups, found, question)
        names = leaving_names(
            self._store,
            [*(link.id for link in found.links), *(end for g in groups for end in _ends(g))],
            lang=found.lang, terms=self._terms,
        )  # fmt: skip
        pieces, told = self._chosen(groups, names, found.lang, budget)
        return Evidence(
            question, found.lang, tuple(found.links), tuple(pieces),
            {id: statements[id] for id in told}, withheld,
            len(statements.keys() - told), self._store.info().snapshot, names,
            found.asked, found.whether,
        )  # fmt: skip

    # What may be told

    def _allowed(self, found: Candidates) -> tuple[dict[str, Statement], tuple[Withheld, ...]]:
        """The candidates' statements that may leave, and how many may not, by source."""
        ids = dict.fromkeys(candidate.edge.statement for candidate in found.edges)
        rows = [s for s in self._store.statements(list(ids)) if s is not None]
        rows += found.values
        rows += [step.statement for path in found.paths for step in path.steps]
        kept: dict[str, Statement] = {}
        held: Counter[tuple[str, str]] = Counter()
        for row in {row.id: row for row in rows}.values():
            if row.retracted is not None:
                continue
            if self._terms is None or self._terms.lets(row.primary_knowledge_source, row.licence):
                kept[row.id] = row
            else:
                held[row.primary_knowledge_source, row.licence] += 1
        withheld = (Withheld(*key, n) for key, n in sorted(held.items()))
        return kept, tuple(withheld)

    # Groups

    def _grouped(self, found: Candidates, statements: Mapping[str, Statement]) -> Iterator[_Group]:
        """Candidates in groups, each statement in the first group that takes it."""
        groups: dict[tuple[object, ...], _Group] = {}
        taken: set[str] = set()
        said: dict[tuple[object, ...], Candidate] = {}
        for candidate in found.edges:
            statement = statements.get(candidate.edge.statement)
            if statement is None or statement.id in taken:
                continue
            taken.add(statement.id)
            edge = candidate.edge
            ends = (edge.subject, edge.predicate, edge.object, edge.negated)
            first = said.setdefault(ends, candidate)
            key = self._key(first, statement)
            group = groups.setdefault(key, _Group(first.kind, first.anchor))
            group.statements.append(statement)
        yield from groups.values()
        values = [s for s in found.values if s.id in statements]
        for value in values:
            kind: Kind = "asked" if value.predicate == found.asked else "about"
            yield _Group(kind, value.subject, [value])

    def _key(self, candidate: Candidate, statement: Statement) -> tuple[object, ...]:
        entry = self._registry.get(statement.predicate)
        symmetric = entry is not None and entry.symmetric
        outward = symmetric or candidate.edge.subject == candidate.anchor
        qualifiers = tuple(sorted(statement.qualifiers.items()))
        return (candidate.kind, candidate.anchor, statement.predicate, outward, statement.negated,
                qualifiers)  # fmt: skip

    def _paths(self, found: Candidates, statements: Mapping[str, Statement]) -> Iterator[_Group]:
        seen: set[tuple[str, ...]] = set()
        for path in found.paths:
            rows = [step.statement for step in path.steps]
            if path.nodes not in seen and all(row.id in statements for row in rows):
                seen.add(path.nodes)
                yield _Group("path", path.nodes[0], rows, path=path)

    # Rank

    def _weigh(self, groups: list[_Group], found: Candidates, question: str) -> None:
        """Score the groups, order their members, and put the best first."""
        ends = list(dict.fromkeys(end for g in groups for end in _ends(g)))
        degrees = dict(zip(ends, self._store.degrees(ends), strict=True))
        spoken = self._spoken(question.casefold(), found.lang, {
            s.predicate for g in groups for s in g.statements})  # fmt: skip
        if any(group.kind == "asked" for group in groups):
            spoken -= {found.asked}  # what is left of it wasn't asked for
        for group in groups:
            group.score = _RANK[group.kind]
            if group.path is not None:
                group.score += _ASKED_PATH * (found.form == "path")
                within = [degrees[id] for id in group.path.nodes[1:-1]]
                group.score += path_score(group.path, within, self._registry)
                group.score += _CURATED * bool(group.path.curated)
                continue
            group.statements.sort(key=lambda s: _order(s, group, degrees))
            first = group.statements[0]
            group.score += statement_score(first, self._registry)
            group.score += _SPOKEN * (first.predicate in spoken)
            severity = severity_rank(first.qualifiers.get("severity", ""))
            group.score += _SEVERE * max(0, _MILDEST - severity)
            group.score -= _HUB * log2(degrees[_other(first, group.anchor)] + 2)
        groups.sort(key=lambda g: (-g.score, g.anchor, g.statements[0].id))
        again: Counter[tuple[str, str]] = Counter()
        for group in groups:
            what = (group.anchor, group.statements[0].predicate if group.path is None else "path")
            group.score -= _AGAIN * again[what]
            again[what] += 1
        groups.sort(key=lambda g: (-g.score, g.anchor, g.statements[0].id))

    def spoken(self, question: str, lang: Language) -> frozenset[str]:
        """The graph's predicates that a question's words speak of."""
        held = set(self._store.info().predicates)
        return frozenset(self._spoken(question.casefold(), lang, held))

    def concepts_in(self, text: str) -> tuple[str, ...]:
        """The concepts that a text names, each once."""
        return self._finder.concepts_in(text)

    def sentence(
        self, statements: Sequence[Statement], about: str, names: Mapping[str, str], lang: Language
    ) -> str:
        """Statements of one predicate about one concept, in one sentence."""
        return self.say.grouped(statements, names, lang=lang, about=about)

    def told_of(self, evidence: Evidence, piece: Piece, ids: Collection[str]) -> str:
        """What a piece says of some concepts, in a sentence; "" where it says nothing of them."""
        if piece.path is not None:
            return piece.text if set(ids) & set(piece.path.nodes) else ""
        rows = [evidence.statements[id] for id in piece.statements]
        held = [s for s in rows if s.subject in ids or s.object in ids]
        if not held or any(s.value is not None for s in held):
            return ""
        if len(held) == len(rows):
            return piece.text
        shared = set.intersection(*({s.subject, s.object or ""} for s in held)) - {""}
        about = min(shared, key=lambda end: (end in ids, end), default="")
        return self.sentence(held, about, evidence.names, evidence.lang) if about else ""

    def _spoken(self, question: str, lang: Language, predicates: set[str]) -> set[str]:
        """The predicates that the question's words speak of."""
        found = set()
        for name in predicates:
            entry = self._registry.get(name)
            if entry is None:
                continue
            wording = entry.wording[lang]
            cues = (*wording.cues, *wording.nouns, *wording.noun, *wording.inverse_nouns)
            if any(cue.casefold() in question for cue in cues if cue):
                found.add(name)
        return found

    # Choice

    def _chosen(
        self, groups: Sequence[_Group], names: Mapping[str, str], lang: Language, budget: int
    ) -> tuple[list[Piece], set[str]]:
        """The pieces that fit, best first, and the statements they tell."""
        pieces: list[Piece] = []
        told: set[str] = set()
        values: Counter[str] = Counter()
        left = float(budget)
        for group in groups:
            if group.path is None and all(s.id in told for s in group.statements):
                continue
            if group.statements[0].value is not None:
                values[group.anchor] += 1
                if values[group.anchor] > _MOST_VALUES and group.kind != "asked":
                    continue
            text, shown = self._told(group, names, lang, left - _LABEL)
            if not text:
                continue
            left -= tokens_of(text) + _LABEL
            ids = tuple(dict.fromkeys(s.id for s in shown))
            told.update(ids)
            about = tuple(dict.fromkeys(end for s in shown for end in (s.subject, s.object) if end))
            pieces.append(Piece(len(pieces) + 1, text, group.kind, ids, about, group.path))
            if left < LEAST_BUDGET / 4:
                break
        return pieces, told

    def _told(
        self, group: _Group, names: Mapping[str, str], lang: Language, room: float
    ) -> tuple[str, list[Statement]]:
        """A group's sentence in so many tokens, and the statements told; "" where none fits."""
        if group.path is not None:
            text = self.say.path(group.path, names, lang=lang)
            return (text, group.statements) if tokens_of(text) <= room else ("", [])
        members = list(dict.fromkeys(_other(s, group.anchor) for s in group.statements))
        size = min(len(members), LISTED[group.kind])
        while size:
            kept = set(members[:size])
            shown = [s for s in group.statements if _other(s, group.anchor) in kept]
            text = self._sentence(group, shown, len(members) - size, names, lang)
            if tokens_of(text) <= room:
                return text, shown
            size = min(size - 1, int(size * room / max(1, tokens_of(text))))
        return "", []

    def _sentence(
        self, group: _Group, shown: list[Statement], more: int, names: Mapping[str, str],
        lang: Language,
    ) -> str:  # fmt: skip
        first = shown[0]
        if first.value is not None:
            return plain(self.say.statement(first, names, lang=lang))
        told = group.statements if more else shown
        limit = len({_other(s, group.anchor) for s in shown}) if more else None
        return self.say.grouped(told, names, lang=lang, about=group.anchor, limit=limit)


def _other(statement: Statement, anchor: str) -> str:
    if statement.value is not None:
        return statement.subject
    return statement.object if statement.subject == anchor else statement.subject


def _ends(group: _Group) -> list[str]:
    return [end for s in group.statements for end in (s.subject, s.object) if end]


def _order(
    statement: Statement, group: _Group, degrees: Mapping[str, int]
) -> tuple[int, float, str]:
    """Worst severity first; then, of what wasn't asked for, what is less of a hub."""
    severity = severity_rank(statement.qualifiers.get("severity", ""))
    other = _other(statement, group.anchor)
    hub = 0.0 if group.kind == "asked" else log2(degrees[other] + 2)
    return severity, hub, other
