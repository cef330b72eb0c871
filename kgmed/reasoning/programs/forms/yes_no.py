"""The form yes/no: true where a statement says so, false only where one denies it."""

from __future__ import annotations

from dataclasses import replace

from kgmed.kg.model import Path, Step
from kgmed.kg.verbalize import Verbalizer
from kgmed.reasoning import compose
from kgmed.reasoning.answer import Answer, Item
from kgmed.reasoning.programs.forms.context import MEMBERSHIP, Context, predicate_of
from kgmed.reasoning.programs.forms.items import items_of, via_phrase
from kgmed.reasoning.programs.forms.mechanisms import path_line
from kgmed.reasoning.programs.slots import Bound
from kgmed.reasoning.retrieve import End, Hit


def yes_no(context: Context, bound: Bound, answer: Answer) -> Answer:
    """True where a statement says so, false only where one denies it or states the reverse."""
    reading = bound.reading
    predicate = predicate_of(reading.predicate)
    subject, object = bound.links[0].id, bound.links[1].id
    yes, no = context.retriever.between(subject, predicate, object)
    if predicate == "subclass_of":
        for other in MEMBERSHIP:
            yes = yes or context.retriever.between(subject, other, object)[0]
    hits = yes or no
    statements = context.retriever.statements(
        list(dict.fromkeys(hit.edge.statement for hit in hits))
    )
    if not hits and context.registry[predicate].transitive:
        chained = _chained(context, answer, predicate, (subject, object))
        if chained is not None:
            return chained
    reverse: list[Hit] = []
    if not hits and context.registry[predicate].asymmetric:
        reverse = context.retriever.between(object, predicate, subject)[0]
        statements = context.retriever.statements([hit.edge.statement for hit in reverse])
    if not hits and not reverse:
        return _unlisted(context, bound, answer, predicate)
    concepts = context.concepts([id for hit in hits or reverse for id in (hit.other, hit.scope.id)])
    if reverse:
        first = context.sentences([statements[reverse[0].edge.statement]])[0]
        text = context.phrase("no", sentence=context.phrase("reversed", sentence=first))
        items: list[Item] = []
    else:
        items, statements = items_of(context, hits, category=None, wanted={})
        ids = dict.fromkeys(id for item in items for id in item.statements)
        sentences = context.sentences(statements[id] for id in ids)
        vias = sorted({via_phrase(context, h, concepts) for h in hits if h.scope.level != "itself"})
        if all(h.other not in {subject, object} for h in hits):
            ends = sorted({concepts[h.other].name_in(context.lang) for h in hits})
            vias.append(context.phrase("via_narrower", name=context.join(ends[:3])))
        shown = context.join(sentences[:3]) + "".join(f" ({via})" for via in vias)
        kind = "yes" if yes else "no"
        if reading.safety:
            kind = "safety_listed"
        text = context.phrase(kind, sentence=shown)
    text += "\n" + context.phrase("sources", sources=context.sources(statements.values()))
    verdict = None if reading.safety else bool(yes)
    return replace(
        answer, abstained=False, text=text, items=tuple(items), value=verdict, statements=statements
    )


def _chained(
    context: Context, answer: Answer, predicate: str, ends: tuple[str, str]
) -> Answer | None:
    """Yes by a chain of a transitive predicate, no by a chain the other way; None without one."""
    for verdict, (start, end) in ((True, ends), (False, ends[::-1])):
        if not verdict and not context.registry[predicate].asymmetric:
            continue
        chain = context.retriever.chain(start, predicate, end)
        if not chain:
            continue
        statements = context.retriever.statements([edge.statement for edge in chain])
        path = Path(tuple(Step(statements[edge.statement], "out") for edge in chain))
        concepts = context.concepts(path.nodes)
        line = path_line(path, concepts, context.registry, context.lang)
        text = context.phrase("yes", sentence=line)
        if not verdict:
            text = context.phrase("no", sentence=context.phrase("reversed", sentence=line))
        text += "\n" + context.phrase("sources", sources=context.sources(statements.values()))
        return replace(
            answer, abstained=False, text=text, value=verdict, paths=(path,), statements=statements
        )
    return None


def _unlisted(context: Context, bound: Bound, answer: Answer, predicate: str) -> Answer:
    """Null: who was asked and doesn't list it, or that nobody here speaks of it."""
    reading = bound.reading
    subject, object = bound.links[0].id, bound.links[1].id
    noun = context.noun(predicate)
    either: End = "subject"
    ends: tuple[tuple[str, End], ...] = ((subject, "subject"), (object, "object"))
    if context.registry[predicate].symmetric:
        ends = ((subject, either), (object, either))
    covering = [set(context.retriever.covering_sources(id, predicate, end)) for id, end in ends]
    both = sorted(covering[0] & covering[1])
    lines = [context.phrase("safety_unlisted")] if reading.safety else []
    about_safety = reading.safety or predicate in {"interacts_with", "contraindicated_in"}
    absence = "no_safety" if about_safety else "no_denial"
    names = (context.name(subject), context.name(object))
    if both:
        sources = compose.source_names(both, context.titles(), lang=context.lang)
        said = Verbalizer(context.registry).claim_clause(
            subject, predicate, object, dict(zip((subject, object), names, strict=True)),
            lang=context.lang,
        )  # fmt: skip
        lines.append(context.phrase("unlisted", sentence=said, sources=sources))
        lines.append(context.phrase(absence))
        return replace(answer, reason="no_evidence", text=" ".join(lines))
    for (id, _end), found in zip(ends, covering, strict=True):
        if not found:
            lines.append(context.phrase("not_covered", predicate=noun, name=context.name(id)))
    known = context.sources_of(predicate)
    if known:
        lines.append(context.phrase("covered_by", predicate=noun, sources=known))
    lines.append(context.phrase(absence))
    return replace(answer, reason="not_covered", text=" ".join(lines))
