"""Results as compact text: what a model reads where it is given no structured content.

Statements are cited by the first digits of their ids, and every text names its sources with release
and licence. What stands in a source's own words is shown as a quotation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

from kgmed.kg.verbalize.qualifiers import severity
from kgmed.kg.verbalize.verbalizer import Verbalizer
from kgmed.reasoning.compose import cite
from kgmed.reasoning.plausibility.uses.words import meanings, nearest
from kgmed.reasoning.programs.forms import path_line

if TYPE_CHECKING:
    from kgmed.kg.diff.model import Diff
    from kgmed.kg.linking.links import Links
    from kgmed.kg.model import Concept, Language, Statement
    from kgmed.kg.model import Mapping as SameAs
    from kgmed.kg.predicates import Registry
    from kgmed.kg.why import Why
    from kgmed.reasoning.answer import Answer
    from kgmed.reasoning.claims.model import Plausibility
    from kgmed.serve.mcp.pages import Page
    from kgmed.serve.shapes import (
        ConceptShown,
        Interactions,
        Sample,
        Search,
        Statements,
        Triples,
    )
    from kgmed.wire import Coverage, Info, Offer, Paths, Shown, Verified

Writer: TypeAlias = "Callable[[Any, Page], list[str]]"
QUOTED = 300
"""Characters of a source's own text."""


class Words:
    """Writes results in one language; names of predicates are the registry's."""

    def __init__(self, registry: Registry, lang: Language) -> None:
        self.registry, self.lang = registry, lang
        self._say = Verbalizer(registry)

    def of(self, page: Page) -> str:
        """A page as text, what may not leave and what comes after it told at the end."""
        writer: Writer = getattr(self, _WRITERS[page.shape.schema])
        lines = [line for line in writer(page.shape, page) if line]
        for row in getattr(page.shape, "withheld", ()):
            where = getattr(row, "source", row)
            licence = f" ({row.licence})" if hasattr(row, "licence") else ""
            count = f"{row.statements:,} statements" if hasattr(row, "statements") else "some"
            lines.append(f"Withheld, as they may not leave: {count} of {where}{licence}.")
        if page.left or page.cursor:
            how = f'; go on with cursor "{page.cursor}"' if page.cursor else ""
            lines.append(f"{f'{page.left:,}' if page.left else 'There is'} more{how}.")
        return "\n".join([*lines, *([page.hint] if page.hint else [])])

    # Questions

    def answer(self, found: Answer, page: Page) -> list[str]:
        lines = [found.text] if not page.start else []
        if page.start:
            lines += [f"{item.name} ({item.id}){self._said(item)}" for item in found.items]
        if found.abstained:
            lines.append(f"Abstained: {found.reason}. Absence is no evidence of the contrary.")
        if found.claims:
            verdicts = [claim.verdict for claim in found.claims]
            counts = ", ".join(f"{verdicts.count(v)} {v}" for v in dict.fromkeys(verdicts))
            lines.append(f"Claims in this text, checked against the graph: {counts}.")
        return [*lines, licences(found.statements.values()), found.notice]

    def interactions(self, found: Interactions, page: Page) -> list[str]:
        lines = [found.text] if page.is_whole else self._pairs(found, page)
        for drug in found.drugs:
            if drug.rivals:
                lines.append(
                    f"{drug.text!r} was read as {drug.name} ({drug.id}); it may also be "
                    f"{', '.join(drug.rivals[:5])}."
                )
        if found.unread:
            unread = ", ".join(repr(name) for name in found.unread)
            lines.append(f"Not looked up, as no concept has the name: {unread}.")
        return [*lines, licences(found.statements.values()), found.notice]

    def _pairs(self, found: Interactions, page: Page) -> list[str]:
        names = {drug.id: drug.name for drug in found.drugs}
        listed = [pair.item for pair in found.pairs if pair.item is not None]
        unlisted = [f"{names[p.left]} + {names[p.right]}" for p in found.pairs if not p.listed]
        lines = [f"Pairs {page.start + 1} to {page.start + len(found.pairs)}:"]
        lines += [f"{item.name}:{self._said(item)}" for item in listed]
        if unlisted:
            lines.append("Not listed, which is no evidence of safety: " + "; ".join(unlisted) + ".")
        return lines

    def _said(self, item: Any) -> str:
        graded = severity(self.lang, item.qualifiers.get("severity", ""))
        via = f"({item.via})" if item.via else ""
        return "".join(f" {part}" for part in (graded, via, cite(item.statements)) if part)

    # Claims

    def verified(self, found: Verified, page: Page) -> list[str]:
        lines = []
        for n, claim in enumerate(found.claims, page.start + 1):
            reason = f", {claim.reason}" if claim.reason else ""
            rule = f" by {claim.proof.rule}" if claim.proof and not claim.reason else ""
            words = f" {claim.proof.words}" if claim.proof and claim.proof.words else ""
            lines.append(f"{n}. {claim.verdict}{rule}{reason}: {claim.text!r}.{words}")
            lines += [f"   Against it: {proof.words}" for proof in claim.against[:2]]
            lines += self._plausible(claim.plausibility)
        lines += meanings([claim.plausibility for claim in found.claims], self.lang)
        if not page.start:
            if not found.claims:
                lines.append("No claim was found that the graph's predicates can say.")
            lines += [
                f"Not a claim ({skipped.reason}): {skipped.text[:QUOTED]!r}"
                for skipped in found.skipped[:10]
            ]
        cited = [s for c in found.claims if c.proof is not None for s in c.proof.statements]
        near = on_paths(claim.plausibility for claim in found.claims)
        return [*lines, licences([*cited, *near])]

    def triples(self, found: Triples, page: Page) -> list[str]:
        lines = []
        for n, row in enumerate(found.rows, page.start + 1):
            reason = f" ({row.reason})" if row.reason else f" by {row.rule}" if row.rule else ""
            denied = "not " if row.row.get("negated") else ""
            claim = f"{row.row['subject']} {denied}{row.row['predicate']} {row.row['object']}"
            lines.append(f"{n}. {row.verdict}{reason}: {claim} {cite(row.statements)}".rstrip())
            lines += self._plausible(row.plausibility)
        lines += meanings([row.plausibility for row in found.rows], self.lang)
        near = on_paths(row.plausibility for row in found.rows)
        return [*lines, licences([*found.statements.values(), *near])]

    def _plausible(self, told: Plausibility | None) -> list[str]:
        if told is None:
            return []
        return [f"   {told.words}", *(f"   {nearest(one, self.lang)}" for one in told.paths)]

    # The graph

    def search(self, found: Search, page: Page) -> list[str]:
        if not found.hits:
            return [f"No concept has a name or id like {found.text!r}."]
        return [
            f"{hit.id}  {hit.name} ({hit.category}), {hit.statements:,} statements"
            + ("" if hit.match == hit.name else f"; found by {hit.how} {hit.match!r}")
            for hit in found.hits
        ]

    def concept(self, found: ConceptShown, page: Page) -> list[str]:
        one = found.concept
        lines = [
            f"{one.name_in(self.lang)} ({one.id}), {', '.join(one.categories)}",
            "Also: " + ", ".join(id for id in one.equivalent_ids[:20] if id != one.id),
            "Names: " + "; ".join(f"{n.text} ({n.language}, {n.kind})" for n in found.names),
            f"Statements: {found.statements:,}"
            + ("" if found.counted else "; counted by predicate over the first alone"),
        ]
        ways = {"out": "", "in": " (it is the object)"}
        lines += [f"  {c.predicate}{ways[c.direction]}: {c.statements:,}" for c in found.counts]
        return [*lines, "Sources: " + ", ".join(found.sources)]

    def statements(self, found: Statements, page: Page) -> list[str]:
        lines = [self._sentence(one, found.concepts) for one in found.rows]
        return [*lines, licences(found.rows)] if lines else [f"{found.id}: no such statements."]

    def shown(self, found: Shown, page: Page) -> list[str]:
        one = found.statement
        if one is None:
            return []
        lines = [self._sentence(one, found.concepts)]
        if one.text:
            lines.append(f"In its source's words: {one.text[:QUOTED]!r}")
        lines.append(
            f"Id {one.id}; as its source has it: {one.original_subject} {one.original_predicate} "
            f"{one.original_object}; record {', '.join(one.source_record) or '(none)'}"
        )
        if one.publications:
            lines.append("Publications: " + ", ".join(one.publications[:10]))
        if one.retracted:
            lines.append(f"Retracted {one.retracted.date}: {one.retracted.reason}. No evidence.")
        return [*lines, licences([one])]

    def _sentence(self, one: Statement, concepts: Mapping[str, Concept]) -> str:
        def named(id: str) -> str:
            return concepts[id].name_in(self.lang) if id in concepts else id

        other = f" ({one.subject} -> {one.object})" if one.object else f" ({one.subject})"
        return f"{self._say.statement(one, named, lang=self.lang)} {cite([one.id])}{other}"

    def paths(self, found: Paths, page: Page) -> list[str]:
        lines = [path_line(path, found.concepts, self.registry, self.lang) for path in found.paths]
        if not lines:
            return [f"No path of {found.hops} statements or fewer joins {found.start} and "
                    f"{found.end} in this graph."]  # fmt: skip
        return [*lines, licences(s.statement for path in found.paths for s in path.steps)]

    def why(self, found: Why, page: Page) -> list[str]:
        ends = [f"{id} ({of or 'no concept'})" for id, of in
                zip((found.left, found.right), found.concepts, strict=True)]  # fmt: skip
        if found.left == found.right:
            return [f"{ends[0]}: one id."]
        if found.same:
            told = [_mapping(one) for one in found.chain]
            head = f"{found.left} and {found.right} are one concept, {found.concepts[0]}:"
            return [head, *(told or ["a source states both ids without a mapping row."])]
        against = [f"{_mapping(one)}; {one.status}: {one.reason}" for one in found.against]
        head = f"{ends[0]} and {ends[1]} are not one concept."
        return [head, *(against or ["No mapping of any source joins them."])]

    def links(self, found: Links, page: Page) -> list[str]:
        lines = []
        for link in found.links:
            marks = "; negated" if link.negated else ""
            rivals = ", ".join(f"{r.name} ({r.id})" for r in link.alternatives[:3])
            marks += f"; it may also be {rivals}" if rivals else ""
            lines.append(
                f"{link.text!r} at {link.start}: {link.name} ({link.id}, {link.category}), "
                f"{link.score:.2f}, {link.why}{marks}"
            )
        return lines or ["The text names no concept of the graph."]

    # About the graph

    def info(self, found: Info, page: Page) -> list[str]:
        graph = found.info
        return [
            f"{graph.uri}, snapshot {graph.snapshot[:16]}: {graph.concepts:,} concepts, "
            f"{graph.names:,} names, {graph.statements + graph.values:,} statements.",
            *(f"{s.infores}: {s.name} {s.release} ({s.licence}), {s.statements:,} statements"
              for s in graph.sources),
            "Predicates: " + ", ".join(graph.predicates),
            "Categories: " + ", ".join(graph.categories),
            *([self._offer(found.service)] if found.service else []),
        ]  # fmt: skip

    def _offer(self, offer: Offer) -> str:
        most = offer.limits
        programs = ", ".join(p + " (unless said)" * (p == offer.program) for p in offer.programs)
        model = f" Plausibility by the model `{offer.plausibility}`." if offer.plausibility else ""
        return (
            f"Programs: {programs}. At most: {most['question']:,} characters of a question, "
            f"{most['text']:,} of a text, {most['drugs']} drugs, {most['triples']} claims.{model}"
        )

    def coverage(self, found: Coverage, page: Page) -> list[str]:
        return [
            f"{row.source} {row.release}: {row.subject_category} {row.predicate} "
            f"{row.object_category or '(value)'}, {row.statements:,} statements"
            for row in found.rows
        ] or ["No source states that."]

    def diff(self, found: Diff, page: Page) -> list[str]:
        counts = found.statements
        lines = [
            f"Old: {found.old.graph}, snapshot {found.old.snapshot[:16]}; new: {found.new.graph}, "
            f"snapshot {found.new.snapshot[:16]}.",
            "Nothing differs." if found.same else "Statements: " + ", ".join(
                f"{getattr(counts, name):,} {name}" for name in counts.shown
            ),
        ]  # fmt: skip
        for change in found.statement_examples:
            one = change.statement
            ends = [found.names_of.get(id, id) for id in (one.subject, one.object)]
            lines.append(f"{change.kind}: {ends[0]} {one.predicate} {ends[1]} {cite([one.id])}")
        lines += [
            f"{c.kind}: {c.name} ({c.id}) {'; '.join(c.before)} -> {'; '.join(c.after)}"
            for c in found.concept_examples
        ]
        return lines

    def sample(self, found: Sample, page: Page) -> list[str]:
        lines = []
        for row in found.rows:
            lines += [f"{m['role']}: {m['content']}" for m in row.get("messages", ())]
            lines.append(f"  {cite(row.get('statements', ()))}")
        return [*lines, licences(found.statements.values())]


def on_paths(told: Iterable[Plausibility | None]) -> list[Statement]:
    """The statements of the nearest paths."""
    return [s for one in told if one is not None for path in one.paths for s in path.statements]


def licences(statements: Iterable[Statement]) -> str:
    """The sources of statements, each with release and licence; "" where there are none."""
    found = dict.fromkeys(
        f"{s.primary_knowledge_source} {s.release} ({s.licence or 'unknown licence'})"
        for s in statements
    )
    return f"Sources and licences: {'; '.join(found)}." if found else ""


def _mapping(one: SameAs) -> str:
    ends = [f"{id} ({label})" if label else id for id, label in
            ((one.subject, one.subject_label), (one.object, one.object_label))]  # fmt: skip
    denied = "not " if one.modifier else ""
    return f"{ends[0]} {denied}{one.predicate} {ends[1]}, {one.source}, {one.confidence:.2f}"


_WRITERS = {
    "kgmed.answer/1": "answer",
    "kgmed.interactions/1": "interactions",
    "kgmed.verification/1": "verified",
    "kgmed.triples/1": "triples",
    "kgmed.search/1": "search",
    "kgmed.concept/1": "concept",
    "kgmed.statements/1": "statements",
    "kgmed.show/1": "shown",
    "kgmed.paths/1": "paths",
    "kgmed.why/1": "why",
    "kgmed.links/1": "links",
    "kgmed.info/1": "info",
    "kgmed.coverage/1": "coverage",
    "kgmed.diff/1": "diff",
    "kgmed.sample/1": "sample",
}
"""Shape -> the method that writes it."""
