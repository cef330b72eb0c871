"""What a served graph offers, to whoever asks: REST, the page and MCP stand on this.

Each method takes plain values, checks them against the limits, and gives a wire shape
(:data:`kgmed.wire.SHAPES`). Like a graph, a service is used in one thread.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from kgmed.facade.graph import RANKS
from kgmed.facade.how import DIRECT, LM_PROGRAMS
from kgmed.kg.errors import UsageError
from kgmed.serve.limits import (
    ID_LENGTH,
    Limits,
    language,
    number_within,
    one_of,
    text_within,
    texts_within,
)

if TYPE_CHECKING:
    from kgmed.facade import Graph
    from kgmed.kg.diff.model import Diff
    from kgmed.kg.linking.links import Links
    from kgmed.kg.model import Statement
    from kgmed.kg.why import Why
    from kgmed.reasoning.answer import Answer, Withheld
    from kgmed.reasoning.claims.model import VerifiedClaim
    from kgmed.reasoning.lm.connect import LanguageModel
    from kgmed.reasoning.plausibility.scorer import Scorer
    from kgmed.serve.shapes import (
        Concepts,
        ConceptShown,
        Interactions,
        Sample,
        Search,
        Statements,
        Triples,
    )
    from kgmed.wire import Coverage, Info, Paths, Shown, Verified

S = TypeVar("S", "ConceptShown", "Statements", "Interactions", "Triples", "Paths", "Verified")
DIRECTIONS = ("out", "in", "both")


@dataclass(frozen=True, slots=True)
class Event:
    """A part of an answer as it comes: ``text`` and ``claim`` while a model writes, ``again`` where
    what came before is a draft, at last the ``answer``, which alone holds."""

    kind: Literal["text", "claim", "again", "answer"]
    text: str = ""
    claim: VerifiedClaim | None = None
    answer: Answer | None = None


class Service:
    """Answers from one graph, within ``limits``.

    ``lm`` is the language model that programs ask, None where only the graph answers; no request
    names one. ``changes`` is a diff to another snapshot, where the server was given one.
    ``withheld`` are the sources of which the graph's store hides what may not leave, ``allow`` the
    licences and sources that may leave though they aren't open. ``scorer`` is the trained model
    that may be asked about unsupported claims and to rank paths, None where the server was given
    none.

    >>> service = Service(open_graph())
    >>> service.ask("does warfarin interact with amiodarone?").value
    True
    """

    def __init__(
        self,
        graph: Graph,
        limits: Limits | None = None,
        *,
        lm: LanguageModel | str | None = None,
        program: str | None = None,
        changes: Diff | None = None,
        withheld: Sequence[str] = (),
        allow: Sequence[str] = (),
        scorer: Scorer | None = None,
    ) -> None:
        self.graph = graph
        self.limits = limits or Limits()
        self._lm = lm
        self._program = program or ("cot" if lm is not None else DIRECT)
        self._changes = changes
        self._scorer = scorer
        self._samples: dict[tuple[str, str], list[dict[str, Any]]] = {}
        self._hidden, self._allow = tuple(withheld), tuple(allow)
        one_of(self._program, "program", self.programs)

    @property
    def programs(self) -> tuple[str, ...]:
        """The programs that a question may name."""
        return (DIRECT, *(LM_PROGRAMS if self._lm is not None else ()))

    def asks_a_model(self, program: str | None) -> bool:
        """Whether a question with this program is put to the language model."""
        return (program or self._program) != DIRECT

    # The graph

    def info(self) -> Info:
        """What the graph is, and what is offered of it."""
        from kgmed.wire import Info, Offer

        limits = {one.name: getattr(self.limits, one.name) for one in fields(self.limits)}
        limits["id"] = ID_LENGTH
        offer = Offer(self.programs, self._program, self._lm is not None, limits,
                      self._scorer.learned.name if self._scorer is not None else "")  # fmt: skip
        return Info(self.graph.info(), withheld=self._hidden, service=offer)

    def coverage(self) -> Coverage:
        """What each source states of which predicate."""
        from kgmed.wire import Coverage

        return Coverage(tuple(self.graph.coverage()), self._snapshot)

    @property
    def _snapshot(self) -> str:
        return self.graph.info().snapshot

    def search(
        self, text: str, *, lang: str | None = None, category: str | None = None, limit: int = 10
    ) -> Search:
        """Concepts by an id, a name or the beginning of one; ``lang`` is that of the name shown."""
        from kgmed.serve.search import search

        text_within(text, "q", ID_LENGTH)
        number_within(limit, "limit", 1, self.limits.rows)
        if category is not None:
            self._category(category)
        shown = language(lang) or "en"
        return search(self.graph, text, lang=shown, category=category, limit=limit)

    def concept(self, id: str) -> ConceptShown:
        """A concept with its names, mappings, and its statements counted."""
        from kgmed.serve.concepts import concept

        self._fresh()
        return self._told(concept(self.graph, self._id(id, "id"), most=self.limits.edges))

    def concepts(self, ids: Sequence[str]) -> Concepts:
        """Concepts by id, with their names: those at the ends of statements, all at once."""
        from kgmed.serve.concepts import concepts

        return concepts(self.graph, texts_within(ids, "id", least=1, most=self.limits.rows))

    def statements(
        self,
        id: str,
        *,
        predicate: str | None = None,
        direction: str = "both",
        source: str | None = None,
        limit: int = 50,
        cursor: str | None = None,
    ) -> Statements:
        """A page of the statements at a concept: edges out of it, into it, then values."""
        from kgmed.serve.concepts import statements

        one_of(direction, "direction", DIRECTIONS)
        number_within(limit, "limit", 1, self.limits.rows)
        if predicate is not None:
            one_of(predicate, "predicate", self.graph.info().predicates)
        if source is not None:
            one_of(source, "source", {row.infores for row in self.graph.info().sources})
        if cursor is not None:
            text_within(cursor, "cursor", 64)
        self._fresh()
        found = statements(
            self.graph, self._id(id, "id"), predicate=predicate, direction=direction,
            source=source, limit=limit, cursor=cursor,
        )  # fmt: skip
        return self._told(found)

    def statement(self, id: str) -> Shown:
        """A statement by its id, or at least 8 of its first digits, with the concepts at its
        ends."""
        from kgmed.wire import Shown

        found = self.graph.statement(text_within(id, "id", 64))
        ends = self.graph.store.concepts([end for end in (found.subject, found.object) if end])
        concepts = {c.id: c for c in ends if c is not None}
        return Shown(statement=found, concepts=concepts, snapshot=self._snapshot)

    def paths(
        self, start: str, end: str, *, hops: int = 4, limit: int = 5, rank: str = "default"
    ) -> Paths:
        """The best of the shortest paths between two concepts, given by id or name; ``rank`` is
        ``default``, or ``learned``: by the trained model."""
        from kgmed.wire import Paths

        scorer = self._asked(one_of(rank, "rank", RANKS) == "learned", "rank=learned")
        number_within(hops, "hops", 1, self.limits.hops)
        number_within(limit, "limit", 1, self.limits.paths)
        self._id(start, "start"), self._id(end, "end")
        self._fresh()
        ends = [self.graph.named(start), self.graph.named(end)]
        how: dict[str, Any] = {} if scorer is None else {"rank": rank, "model": scorer}
        found = self.graph.find_paths(*ends, hops=hops, limit=limit, **how)
        ids = list(dict.fromkeys([*ends, *(node for path in found for node in path.nodes)]))
        concepts = {c.id: c for c in self.graph.store.concepts(ids) if c is not None}
        return self._told(Paths(ends[0], ends[1], hops, tuple(found), concepts, self._snapshot))

    def why(self, left: str, right: str) -> Why:
        """Which mappings made two ids one concept, or which were refused."""
        return self.graph.why(self._id(left, "left"), self._id(right, "right"))

    def diff(self) -> Diff:
        """What changed against the other snapshot that the server was given."""
        if self._changes is None:
            raise UsageError(
                "This server was given no other snapshot to compare with; expected it to be started"
                " with --diff OLD."
            )
        return self._changes

    # Questions and texts

    def ask(
        self,
        question: str,
        *,
        lang: str | None = None,
        program: str | None = None,
        limit: int = 20,
    ) -> Answer:
        """An answer with its citations; ``limit`` bounds the items in its text."""
        how = self._how(question, lang, program, limit)
        self._fresh()
        return self._bounded(self.graph.ask(question, limit=limit, **how))

    def ask_events(
        self,
        question: str,
        *,
        lang: str | None = None,
        program: str | None = None,
        limit: int = 20,
    ) -> Iterator[Event]:
        """The same while it is made: sentences with their claims' verdicts, the answer last.

        What can't be asked is told before the first event.
        """
        how = self._how(question, lang, program, limit)
        return self._events(question, limit, how)

    def _events(self, question: str, limit: int, how: Mapping[str, Any]) -> Iterator[Event]:
        from kgmed.reasoning.claims.model import verified_claim

        self._fresh()
        for part in self.graph.ask_stream(question, limit=limit, **how):
            if part.answer is not None:
                yield Event("answer", answer=self._bounded(part.answer))
            elif part.kind == "again":
                yield Event("again")
            else:
                yield Event("text", part.text)
                for checked in part.claims:
                    yield Event("claim", claim=verified_claim(checked))

    def _how(
        self, question: str, lang: str | None, program: str | None, limit: int
    ) -> dict[str, Any]:
        text_within(question, "question", self.limits.question)
        number_within(limit, "limit", 1, self.limits.items)
        how: dict[str, Any] = {"language": language(lang)}
        how["program"] = one_of(program or self._program, "program", self.programs)
        if how["program"] != DIRECT:
            how["lm"] = self._lm
        return how

    def _bounded(self, answer: Answer) -> Answer:
        """An answer with at most so many items, and what those cite; and what was left out of
        it."""
        hidden = self._come_upon()
        if hidden:
            answer = replace(answer, withheld=(*answer.withheld, *hidden))
        most = self.limits.items
        if len(answer.items) <= most:
            return answer
        items = answer.items[:most]
        cited = {id for item in items for id in item.statements}
        cited |= {step.statement.id for path in answer.paths for step in path.steps}
        return replace(
            answer,
            items=items,
            statements={id: s for id, s in answer.statements.items() if id in cited},
            items_left_out=len(answer.items) - most,
        )

    def link(self, text: str, *, lang: str | None = None) -> Links:
        """The concepts that a text names."""
        text_within(text, "text", self.limits.text)
        return self.graph.link(text, lang=language(lang))

    def verify(self, text: str, *, lang: str | None = None, plausibility: bool = False) -> Verified:
        """The claims of a text, each with its verdict and proof; with ``plausibility``, what the
        trained model says of those that are unsupported."""
        from kgmed.wire import verified

        text_within(text, "text", self.limits.text)
        scorer = self._asked(plausibility, "plausibility=true")
        self._fresh()
        return self._told(
            verified(self.graph.verify(text, lang=language(lang), plausibility=scorer))
        )

    def verify_triples(
        self,
        rows: Sequence[Mapping[str, Any]],
        *,
        lang: str | None = None,
        plausibility: bool = False,
    ) -> Triples:
        """The verdict of each row: ``subject``, ``predicate``, ``object`` (ids or names), maybe
        ``negated`` and ``qualifiers``; further columns are carried through. With ``plausibility``,
        what the trained model says of those that are unsupported, in the language ``lang``, else
        in that of each row."""
        from kgmed.serve.triples import verify_triples

        if not isinstance(rows, list | tuple) or not 1 <= len(rows) <= self.limits.triples:
            found = len(rows) if isinstance(rows, list | tuple) else type(rows).__name__
            raise UsageError(
                f"Found {found} in triples, expected a list of 1 to {self.limits.triples:,} rows."
            )
        told_in = language(lang)
        scorer = self._asked(plausibility, "plausibility=true")
        self._fresh()
        return self._told(verify_triples(self.graph, rows, lang=told_in, scorer=scorer))

    def _asked(self, wanted: bool, found: str) -> Scorer | None:
        """The trained model where it is ``wanted``; ``found`` is what asks for it."""
        if not wanted:
            return None
        if self._scorer is None:
            raise UsageError(
                f"Found {found}, and this server was given no trained model; expected it to be "
                "started with --model NAME. 'kgmed learn train' makes one."
            )
        return self._scorer

    def interactions(self, drugs: Sequence[str], *, lang: str | None = None) -> Interactions:
        """Every pair of a list of drugs: listed, with severity and source, or not listed."""
        from kgmed.serve.interactions import interactions

        texts = texts_within(drugs, "drugs", least=2, most=self.limits.drugs)
        self._fresh()
        return self._told(interactions(self.graph, texts, language(lang) or "en"))

    def sample(self, task: str, *, lang: str = "en", count: int = 3) -> Sample:
        """A few rows of a dataset's task, with the statements behind them."""
        from kgmed.builders.datasets.instructions import known_tasks
        from kgmed.serve.samples import sample, sample_rows

        one_of(task, "task", known_tasks())
        one_of(lang, "lang", ("en", "zh"))
        number_within(count, "count", 1, self.limits.samples)
        if (task, lang) not in self._samples:
            self._samples[task, lang] = sample_rows(
                self.graph, task, lang, self.limits.samples, allow=self._allow,
                timeout_s=self.limits.sample_timeout_s, look=self.graph.store.info,
            )  # fmt: skip
        return sample(self.graph, task, lang, self._samples[task, lang][:count])

    # What may not leave

    def _fresh(self) -> None:
        """Forget what earlier queries came upon."""
        self._come_upon()

    def _come_upon(self) -> tuple[Withheld, ...]:
        """The hidden statements that this query came upon, by source and licence."""
        store = getattr(self.graph.store, "inner", self.graph.store)
        take = getattr(store, "take_withheld", None)
        if take is None:
            return ()
        from kgmed.reasoning.answer import Withheld

        return tuple(Withheld(source, licence, n) for (source, licence), n in take().items())

    def _told(self, shape: S) -> S:
        """A shape with what was left out of it."""
        found = self._come_upon()
        return replace(shape, withheld=found) if found else shape

    # Checks

    def _id(self, value: str, where: str) -> str:
        return text_within(value, where, ID_LENGTH)

    def _category(self, name: str) -> None:
        from kgmed.kg.categories import PARENTS

        one_of(name, "category", {*PARENTS, *self.graph.info().categories})

    def cited(self, ids: Sequence[str]) -> dict[str, Statement]:
        """Statements by id."""
        return {s.id: s for s in self.graph.store.statements(ids) if s is not None}
