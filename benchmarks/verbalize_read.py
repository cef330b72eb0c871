"""Sentences read back: does a text verifier find in a sentence the statement it was written from?

Every wording of sampled statements is written, linked and extracted as ``kgmed verify`` does. A
sentence *agrees* where a claim of it has the statement's predicate, negation and ends; it is
*ambiguous* where only the link differs and the mention also names the statement's concept; it isn't
*linked* where a name isn't found, or only a part of it. All else is *misread*.
"""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from kgmed.facade import Graph
from kgmed.kg.linking.link import Link
from kgmed.kg.linking.linker import Linker
from kgmed.kg.model import Language, Statement
from kgmed.kg.predicates import Registry
from kgmed.kg.verbalize import Verbalizer
from kgmed.kg.verbalize.names import display_names
from kgmed.reasoning.claims.extract import extract
from kgmed.reasoning.claims.model import Claim

OUTCOMES = ("agrees", "ambiguous", "unlinked", "misread")


@dataclass(frozen=True, slots=True)
class Read:
    """One sentence and what was read in it; ``said`` is what else was read, in words."""

    predicate: str
    lang: Language
    inverse: bool
    wording: int
    outcome: str
    text: str
    said: str


@dataclass(slots=True)
class Tally:
    """How many sentences had which outcome, in all and by predicate and language."""

    total: Counter[str] = field(default_factory=Counter)
    by_predicate: dict[tuple[str, Language], Counter[str]] = field(
        default_factory=lambda: defaultdict(Counter)
    )
    misread: list[Read] = field(default_factory=list)

    def add(self, read: Read) -> None:
        self.total[read.outcome] += 1
        self.by_predicate[read.predicate, read.lang][read.outcome] += 1
        if read.outcome == "misread":
            self.misread.append(read)

    @property
    def extracted(self) -> float:
        """The share read right among the sentences whose names were found."""
        return share(self.total)


def share(counts: Counter[str]) -> float:
    """The share that agrees, among the sentences whose names link."""
    right = counts["agrees"] + counts["ambiguous"]
    return right / max(1, right + counts["misread"])


def sample(graph: Graph, count: int, *, seed: int, most: int | None = None) -> list[Statement]:
    """Statements of a graph at random, at most ``most`` of a predicate (None: no bound), whose
    ends have names."""
    chance = random.Random(seed)  # noqa: S311
    found = [s for s in graph.store.scan() if s.value is None and s.subject != s.object]
    names = display_names(
        graph.store, [id for s in found for id in (s.subject, s.object)], lang="en"
    )
    found = [s for s in found if names[s.subject] != s.subject and names[s.object] != s.object]
    chance.shuffle(found)
    kept: Counter[str] = Counter()
    chosen = []
    for statement in found:
        if most is not None and kept[statement.predicate] >= most:
            continue
        kept[statement.predicate] += 1
        chosen.append(statement)
        if len(chosen) == count:
            break
    return chosen


def read_back(
    graph: Graph,
    statements: Sequence[Statement],
    *,
    langs: Sequence[Language] = ("en", "zh"),
    negated: bool = False,
) -> Tally:
    """Write and read every wording, both ways, of each statement; ``negated`` denies them all."""
    tally = Tally()
    for read in reads(graph, statements, langs=langs, negated=negated):
        tally.add(read)
    return tally


def reads(
    graph: Graph, statements: Sequence[Statement], *, langs: Iterable[Language], negated: bool
) -> Iterator[Read]:
    """Each sentence with what was read in it."""
    say, linker = Verbalizer(graph.registry), Linker(graph.store)
    ids = [id for s in statements for id in (s.subject, s.object)]
    for lang in langs:
        names = display_names(graph.store, ids, lang=lang)
        for s in statements:
            denied = s.negated != negated
            for inverse in (False, True):
                for wording in range(say.wordings(s.predicate, lang, inverse=inverse)):
                    text = say.claim(
                        s.subject, s.predicate, s.object, names, lang=lang, negated=denied,
                        wording=wording, inverse=inverse,
                    )  # fmt: skip
                    links = linker.text(text)
                    claims, skipped = extract(text, links, graph.registry, lang=lang)
                    outcome = _outcome(s, denied, names, links, claims, graph.registry)
                    said = "; ".join(
                        [f"{'not ' * c.negated}{c.predicate}" for c in claims]
                        + [one.reason for one in skipped]
                    )
                    yield Read(s.predicate, lang, inverse, wording, outcome, text, said)


def _outcome(  # noqa: PLR0917
    s: Statement,
    denied: bool,
    names: dict[str, str],
    links: Sequence[Link],
    claims: Sequence[Claim],
    registry: Registry,
) -> str:
    entry = registry.get(s.predicate)
    symmetric = entry is not None and entry.symmetric
    said = [c for c in claims if c.predicate == s.predicate and c.negated == denied]
    ends = [(_id(c.subject), _id(c.object)) for c in said]
    wanted = {(s.subject, s.object)} | ({(s.object, s.subject)} if symmetric else set())
    if wanted & set(ends):
        return "agrees"
    for c in said:
        for subject, object in wanted:
            if subject in _ids(c.subject) and object in _ids(c.object):
                return "ambiguous"
    whole = {_plain(link.text) for link in links}
    if any(_plain(names[id]) not in whole for id in (s.subject, s.object)):
        return "unlinked"
    found = {id for link in links for id in _ids(link)}
    return "misread" if {s.subject, s.object} <= found else "unlinked"


def _plain(name: str) -> str:
    return name.casefold()


def _id(end: str | Link) -> str:
    return end if isinstance(end, str) else end.id


def _ids(end: str | Link) -> set[str]:
    return {end} if isinstance(end, str) else {end.id, *(other.id for other in end.alternatives)}
