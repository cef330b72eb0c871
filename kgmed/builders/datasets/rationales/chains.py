"""Chains of thought for a user's own questions: the graph's paths from what a question names to
what its answer names.

A path is a reason for an answer if it starts at something the question speaks of, ends at the
answer, its statements explain (:mod:`kgmed.kg.paths.rank`), and

- no step takes back the one before (:func:`explains`): that two drugs treat one disease, or have
  one role, says nothing of either;
- where there are options, none of the wrong ones is reached from the same concept by the same
  predicates: what speaks for two options decides nothing.

Where no path is left there is no row; the counts say why. The idea is MedReason's
(https://arxiv.org/abs/2504.00993), without a model: every sentence of the rationale is a statement.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from kgmed.builders.datasets.model import Draft, Fact
from kgmed.kg.linking.language import detect_language
from kgmed.kg.linking.link import Link
from kgmed.kg.linking.linker import Linker
from kgmed.kg.model import Language, Path, Statement
from kgmed.kg.paths.find import find_paths
from kgmed.kg.paths.rank import path_score
from kgmed.kg.predicates import Registry
from kgmed.kg.qa import YES_NO, QaItem
from kgmed.kg.store.base import GraphStore
from kgmed.kg.verbalize import Verbalizer

MAX_HOPS = 2
PATHS = 3
"""Paths of a rationale at most."""
NAMED = 12
"""Concepts of a question from which paths are sought at most; the surest mentions first."""
POOL = 16
"""Shortest paths between two concepts that are looked at."""
ALONE = frozenset(
    (
        "interacts_with",
        "correlated_with",
        "positively_correlated_with",
        "negatively_correlated_with",
        "chemically_similar_to",
        "coexists_with",
    )
)
"""Predicates that lead no further: their two ends have something to do with each other."""
LEAST_SCORE = 0.35
"""Paths that explain less are no reason (:func:`~kgmed.kg.paths.rank.path_score`)."""
LEAST_LINK = 0.9
"""The least score of a link that a path may start or end at."""
LEAST_SHARE = 0.4
"""The share of an answer's characters that a concept's name makes up, where it is what is meant."""
REASONS = (
    "answer is yes, no or maybe",
    "question names nothing",
    "answer names nothing",
    "question names the answer",
    "no path that explains",
    "paths lead to wrong options as well",
)
"""Why a question has no row."""

_WORDS: dict[Language, dict[str, str]] = {
    "en": {
        "names": "The question speaks of {names}.",
        "so": "So the answer is {answer}.",
        "option": "So the answer is {letter}: {answer}.",
        "and": ", ",
        "last": " and ",
        "space": " ",
    },
    "zh": {
        "names": "题目涉及{names}。",
        "so": "因此答案是{answer}。",
        "option": "因此答案是{letter}：{answer}。",
        "and": "、",
        "last": "和",
        "space": "",
    },
}


@dataclass(slots=True)
class Counts:
    """What became of questions: rows made, and by reason those without one."""

    questions: int = 0
    rows: int = 0
    without: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class Rationales:
    """Makes rationales over a graph. ``lets`` says which statements may leave, by (source,
    licence)."""

    store: GraphStore
    registry: Registry
    linker: Linker
    lets: Callable[[str, str], bool] = lambda _source, _licence: True
    hops: int = MAX_HOPS
    paths: int = PATHS

    def rows(self, items: Iterable[QaItem], counts: Counts) -> Iterator[Draft]:
        """A draft for each question that a path explains; ``counts`` is filled with the rest."""
        for item in items:
            counts.questions += 1
            made = self.row(item)
            if isinstance(made, str):
                counts.without[made] += 1
            else:
                counts.rows += 1
                yield made

    def row(self, item: QaItem) -> Draft | str:
        """The draft of a question, or the reason (of :data:`REASONS`) why there is none."""
        if not item.options and item.answer.lower() in YES_NO:
            return REASONS[0]
        lang = self.language(item)
        starts = _sure(self.linker.text(item.question))
        if not starts:
            return REASONS[1]
        ends = _named(self.linker, item.answer)
        if not ends:
            return REASONS[2]
        targets = dict.fromkeys(link.id for link in ends)
        sources = [id for id in dict.fromkeys(link.id for link in starts) if id not in targets]
        if not sources:
            return REASONS[3]
        found = self._found(sources[:NAMED], list(targets))
        if not found:
            return REASONS[4]
        found = self._deciding(found, item, targets)
        if not found:
            return REASONS[5]
        return self._draft(item, lang, found[: self.paths])

    @staticmethod
    def language(item: QaItem) -> Language:
        """The language of a question, by its characters."""
        return detect_language(item.question)

    def _found(self, sources: Sequence[str], targets: Sequence[str]) -> list[Path]:
        """The paths that explain, one for each pair of ends at most, the best first."""
        ranked = []
        for start in sources:
            for end in targets:
                for path in self._between(start, end):
                    score = self._score(path)
                    if score >= LEAST_SCORE and explains(path) and self._may_leave(path):
                        ranked.append((-score, len(path.steps), start, end, path))
                        break
        ranked.sort(key=lambda row: row[:4])
        return [path for *_, path in ranked]

    def _between(self, start: str, end: str) -> Sequence[Path]:
        return find_paths(
            self.store, start, end, registry=self.registry, hops=self.hops, limit=POOL
        ).paths

    def _deciding(
        self, found: Sequence[Path], item: QaItem, targets: Collection[str]
    ) -> list[Path]:
        """The paths whose like leads to no wrong option."""
        wrong = [text for key, text in item.options.items() if key not in item.letters]
        others = {link.id for text in wrong for link in _named(self.linker, text)}
        others.difference_update(targets)
        kept = []
        for path in found:
            start, shape = path.steps[0].start, _shape(path)
            alike = (_shape(p) for end in sorted(others) for p in self._between(start, end))
            if shape not in alike:
                kept.append(path)
        return kept

    def _score(self, path: Path) -> float:
        between = [step.end for step in path.steps[:-1]]
        return path_score(path, self.store.degrees(between), self.registry)

    def _may_leave(self, path: Path) -> bool:
        return all(
            self.lets(s.primary_knowledge_source, s.licence)
            for s in (step.statement for step in path.steps)
        )

    def _draft(self, item: QaItem, lang: Language, found: Sequence[Path]) -> Draft:
        say, words = Verbalizer(self.registry), _WORDS[lang]
        ids = list(dict.fromkeys(id for path in found for id in _concepts(path)))
        concepts = dict(zip(ids, self.store.concepts(ids), strict=True))
        names = {id: c.name_in(lang) if c is not None else id for id, c in concepts.items()}
        named = list(dict.fromkeys(names[path.steps[0].start] for path in found))
        sentences = [words["names"].format(names=_listed(named, lang))]
        sentences += [say.path(path, names, lang=lang) for path in found]
        last = words["option"] if item.letters else words["so"]
        letter = ", ".join(item.letters)
        sentences.append(last.format(letter=letter, answer=item.answer.rstrip(".。")))
        rationale = words["space"].join(sentences)
        asked = item.question
        if item.options:
            asked += "\n" + "\n".join(f"{key}. {text}" for key, text in item.options.items())
        statements = {step.statement.id: step.statement for path in found for step in path.steps}
        return Draft(
            task="rationale",
            lang=lang,
            messages=(("user", asked), ("assistant", rationale)),
            facts=tuple(map(_fact, statements.values())),
            rationale=rationale,
            key=item.id,
            extra={"item": item.id, "answer": letter or item.answer},
        )


def explains(path: Path) -> bool:
    """Whether no step of a path takes back the one before, and none is a mere interaction.

    Two steps over one predicate lead on where they go the same way (a kind of a kind) and it isn't
    symmetric; else they join things that have something in common. An interaction says something
    of its two ends alone.
    """
    steps = path.steps
    if len(steps) > 1 and any(step.statement.predicate in ALONE for step in steps):
        return False
    return not any(
        one.statement.predicate == two.statement.predicate and one.direction != two.direction
        for one, two in pairwise(steps)
    )


def _shape(path: Path) -> tuple[tuple[str, str], ...]:
    return tuple((step.statement.predicate, step.direction) for step in path.steps)


def _sure(links: Iterable[Link]) -> list[Link]:
    """The mentions to start from: sure of their concept, not denied; the surest first."""
    kept = [
        link
        for link in links
        if link.score >= LEAST_LINK and not link.negated and link.experiencer == "patient"
    ]
    return sorted(kept, key=lambda link: (-link.mention, link.start))


def _named(linker: Linker, answer: str) -> list[Link]:
    """What an answer names, rather than mentions: of its text, each is at least two fifths."""
    least = LEAST_SHARE * len(answer.strip())
    return [link for link in _sure(linker.text(answer)) if link.end - link.start >= least]


def _concepts(path: Path) -> Iterator[str]:
    yield path.steps[0].start
    for step in path.steps:
        yield step.end


def _listed(names: Sequence[str], lang: Language) -> str:
    words = _WORDS[lang]
    if len(names) < 2:
        return "".join(names)
    return words["and"].join(names[:-1]) + words["last"] + names[-1]


def _fact(statement: Statement) -> Fact:
    return Fact(
        (statement.id,),
        statement.subject,
        statement.predicate,
        statement.object,
        (statement.primary_knowledge_source,),
        (statement.licence,),
        statement.negated,
        statement.qualifiers,
        statement.value,
    )
