"""The tools: what each is for, what it takes, which shape it gives, and how that is had."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from kgmed.kg.errors import UsageError
from kgmed.serve.mcp import arguments as given
from kgmed.serve.mcp.pages import Page, cut, cut_answer, place

if TYPE_CHECKING:
    from kgmed.serve.service import Service

Get = Callable[["Service", Any, int], Page]
"""A page of what a service answers to arguments, of at most so many rows."""


FULL = "There may be more; a greater limit gives them."


@dataclass(frozen=True, slots=True)
class Tool:
    """One tool. ``description`` tells an agent when to use it; ``shape`` is the wire shape of its
    structured result. ``slow`` says that it takes seconds; ``needs_diff`` that a server offers it
    only where it was given another snapshot."""

    name: str
    title: str
    description: str
    arguments: type[given.Arguments]
    shape: str
    get: Get
    slow: bool = False
    needs_diff: bool = False


def _search(service: Service, asked: given.Search, count: int) -> Page:
    found = service.search(asked.text, lang=asked.lang, category=asked.category, limit=count)
    return Page(found, hint=FULL if len(found.hits) == count else "")


def _concept(service: Service, asked: given.Concept, count: int) -> Page:
    found = service.concept(asked.id)
    start = place(asked.cursor, snapshot(service))
    return cut(found, ["names", "mappings"], start, count, snapshot(service))


def _statements(service: Service, asked: given.Statements, count: int) -> Page:
    found = service.statements(
        asked.id, predicate=asked.predicate, direction=asked.direction, source=asked.source,
        limit=count, cursor=asked.cursor,
    )  # fmt: skip
    return Page(found, int(asked.cursor is not None), None, found.cursor or "")


def _statement(service: Service, asked: given.Statement, _count: int) -> Page:
    return Page(service.statement(asked.id))


def _paths(service: Service, asked: given.Paths, count: int) -> Page:
    found = service.paths(asked.start, asked.end, hops=asked.hops, limit=count, rank=asked.rank)
    return Page(found, hint=FULL if len(found.paths) == count else "")


def ask(service: Service, asked: given.Ask, count: int) -> Page:
    """A page of an answer."""
    start = place(asked.cursor, snapshot(service))
    if start and service.asks_a_model(asked.program):
        raise UsageError("cursor: found one with a question to a model, expected program direct.")
    answer = service.ask(asked.question, lang=asked.lang, program=asked.program, limit=asked.limit)
    return cut_answer(answer, start, count)


def _interactions(service: Service, asked: given.Drugs, count: int) -> Page:
    found = service.interactions(asked.drugs, lang=asked.lang)
    return cut(found, ["pairs"], place(asked.cursor, snapshot(service)), count, snapshot(service))


def _verify_text(service: Service, asked: given.Checked, count: int) -> Page:
    found = service.verify(asked.text, lang=asked.lang, plausibility=asked.plausibility)
    return cut(found, ["claims"], place(asked.cursor, snapshot(service)), count, snapshot(service))


def _verify_triples(service: Service, asked: given.Triples, count: int) -> Page:
    rows = [row.model_dump() for row in asked.triples]
    found = service.verify_triples(rows, lang=asked.lang, plausibility=asked.plausibility)
    return cut(found, ["rows"], place(asked.cursor, snapshot(service)), count, snapshot(service))


def _link(service: Service, asked: given.Text, count: int) -> Page:
    found = service.link(asked.text, lang=asked.lang)
    return cut(found, ["links"], place(asked.cursor, snapshot(service)), count, snapshot(service))


def _why(service: Service, asked: given.Mapping, _count: int) -> Page:
    return Page(service.why(asked.left, asked.right))


def _info(service: Service, _asked: given.Nothing, _count: int) -> Page:
    return Page(service.info())


def _coverage(service: Service, asked: given.Coverage, count: int) -> Page:
    found = service.coverage()
    _known(asked.predicate, "predicate", [row.predicate for row in found.rows])
    _known(asked.source, "source", [row.source for row in found.rows])
    ends = [end for row in found.rows for end in (row.subject_category, row.object_category)]
    _known(asked.category, "category", filter(None, ends))
    rows = tuple(
        row
        for row in found.rows
        if asked.predicate in {None, row.predicate}
        and asked.source in {None, row.source}
        and asked.category in {None, row.subject_category, row.object_category}
    )
    start = place(asked.cursor, snapshot(service))
    return cut(replace(found, rows=rows), ["rows"], start, count, snapshot(service))


def _known(value: str | None, where: str, known: Any) -> None:
    if value is not None:
        from kgmed.serve.limits import one_of

        one_of(value, where, set(known))


def _diff(service: Service, _asked: given.Nothing, _count: int) -> Page:
    return Page(service.diff())


def _sample(service: Service, asked: given.Sample, _count: int) -> Page:
    return Page(service.sample(asked.task, lang=asked.lang, count=asked.count))


def snapshot(service: Service) -> str:
    """The hash of the graph that answers."""
    return service.graph.info().snapshot


TOOLS: Sequence[Tool] = (
    Tool(
        "ask", "Ask a question",
        "Answer a medical question from the graph, every line cited: interactions, side effects, "
        "indications, targets, yes/no, counts, ids, what two drugs share, how a drug works. Use "
        "it first. It abstains rather than guess; what isn't listed is no evidence of safety.",
        given.Ask, "kgmed.answer/1", ask,
    ),
    Tool(
        "interactions", "Check a drug list",
        "Check every pair of a list of drugs: listed with severity and source, or not listed, "
        "which is never the same as safe. Use it for a medication list.",
        given.Drugs, "kgmed.interactions/1", _interactions,
    ),
    Tool(
        "verify_text", "Verify a text",
        "Check the claims of a text (an answer that you wrote, a paragraph) against the graph: "
        "SUPPORTED, REFUTED, UNSUPPORTED or NOT_COVERED, each with a proof from statements. Rules "
        "decide, no model. Use it before you hand out a medical text.",
        given.Checked, "kgmed.verification/1", _verify_text,
    ),
    Tool(
        "verify_triples", "Verify triples",
        "Check claims that you have as subject, predicate and object (ids or names). Use it "
        "instead of verify_text where you know exactly what is claimed.",
        given.Triples, "kgmed.triples/1", _verify_triples,
    ),
    Tool(
        "search", "Find concepts",
        "Find concepts by id, name or beginning of a name. Use it for the id of one thing; for "
        "all that a text names, use link.",
        given.Search, "kgmed.search/1", _search,
    ),
    Tool(
        "link", "Link a text",
        "Find the concepts that a text names, with place, score and rivals; negation is marked. "
        "Use it to turn prose into ids.",
        given.Text, "kgmed.links/1", _link,
    ),
    Tool(
        "concept", "Show a concept",
        "A concept's names in both languages, equivalent ids, mappings, and its statements "
        "counted by predicate. Use it before statements, to see what there is.",
        given.Concept, "kgmed.concept/1", _concept,
    ),
    Tool(
        "statements", "List neighbours",
        "The statements at a concept, and so its neighbours, page by page; by predicate, "
        "direction, source. Use it to explore where ask has no form for the question.",
        given.Statements, "kgmed.statements/1", _statements,
    ),
    Tool(
        "statement", "Show a statement",
        "One statement by id, or by the 8 digits cited in [ ]: source, record, release, licence, "
        "publications, original ids. Use it to check a citation.",
        given.Statement, "kgmed.show/1", _statement,
    ),
    Tool(
        "paths", "Find paths",
        "The best of the shortest paths between two concepts, each step cited. Use it for how two "
        "things are connected. A path is a connection, no proof of cause.",
        given.Paths, "kgmed.paths/1", _paths,
    ),
    Tool(
        "explain_mapping", "Explain a mapping",
        "Why two ids are one concept: the chain of mappings with sources; or which mapping was "
        "refused and why. Use it when codes of two vocabularies seem to disagree.",
        given.Mapping, "kgmed.why/1", _why,
    ),
    Tool(
        "coverage", "Show coverage",
        "Which source states how much of which predicate between which categories. Use it to "
        "judge an abstention or NOT_COVERED: whether the graph could know at all.",
        given.Coverage, "kgmed.coverage/1", _coverage,
    ),
    Tool(
        "info", "Show the graph",
        "Snapshot hash, sizes, sources with releases and licences, predicates and categories. "
        "Use it once, to cite the graph or to learn the names that other tools take.",
        given.Nothing, "kgmed.info/1", _info,
    ),
    Tool(
        "export_sample", "Sample a dataset",
        "A few rows of an instruction dataset as an export would write them, with the statements "
        "behind them. It takes seconds. Use it to see a task before exporting it.",
        given.Sample, "kgmed.sample/1", _sample, slow=True,
    ),
    Tool(
        "diff", "Show what changed",
        "What changed between this snapshot and the older one that the server was started with: "
        "counts, and examples of each kind. Use it for what is new in a release.",
        given.Nothing, "kgmed.diff/1", _diff, needs_diff=True,
    ),
)  # fmt: skip
"""Every tool, those that an agent should think of first at the top."""
BY_NAME = {tool.name: tool for tool in TOOLS}
