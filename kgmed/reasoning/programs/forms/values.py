"""The form value: ids of a concept, and values that statements give it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from kgmed.kg.curies import PREFIXES
from kgmed.kg.linking.ranking import main_category
from kgmed.kg.model import Concept, Language
from kgmed.reasoning import compose
from kgmed.reasoning.answer import Answer, Item
from kgmed.reasoning.programs.forms.absence import nothing
from kgmed.reasoning.programs.forms.context import Context, predicate_of
from kgmed.reasoning.programs.slots import Bound


def value(context: Context, bound: Bound, answer: Answer) -> Answer:
    """An id of a concept, or a value that a statement gives it."""
    reading, link = bound.reading, bound.links[0]
    concept = context.concepts([link.id])[link.id]
    name = concept.name_in(context.lang)
    if reading.id_prefix is not None:
        label = id_label(reading.id_prefix, context.lang)
        found = [c for c in concept.equivalent_ids if c.partition(":")[0] == reading.id_prefix]
        if not found:
            return _mapped_id(context, answer, concept, reading.id_prefix)
        shown = context.join([curie.partition(":")[2] for curie in found])
        text = context.phrase("id_value", name=name, label=label, value=shown)
        why = _why_ids(context, concept, found)
        return replace(
            answer, abstained=False, text="\n".join([text, *why]),
            value=found[0].partition(":")[2],
            items=tuple(Item(curie, name, main_category(concept)) for curie in found),
        )  # fmt: skip
    predicate = predicate_of(reading.predicate)
    statements = context.retriever.store.values(
        [link.id], predicates=context.retriever.below(predicate)
    )[0]
    if not statements:
        noun = context.noun(predicate)
        return nothing(context, answer, predicate, link.id, noun, covered=False)
    lines = []
    for statement in statements[: context.limit]:
        assert statement.value is not None  # noqa: S101  the store's values have one
        text = f"{statement.value.text} {statement.value.unit}".strip()
        line = context.phrase("value", name=name, noun=context.noun(predicate, 1), value=text)
        lines.append(f"{line} {compose.cite([statement.id])}")
    lines.append(context.phrase("sources", sources=context.sources(statements)))
    first = statements[0].value
    return replace(
        answer, abstained=False, text="\n".join(lines),
        value=first.text if first else None, statements={s.id: s for s in statements},
    )  # fmt: skip


FAMILIES = {"icd10": ("icd10", "icd10cm")}
"""An id asked for by one name may be any of these: people say ICD-10 for both editions."""


def _mapped_id(context: Context, answer: Answer, concept: Concept, prefix: str) -> Answer:
    """Codes that a mapping gives without claiming identity: a classification's, mostly."""
    name, label = concept.name_in(context.lang), id_label(prefix, context.lang)
    wanted = FAMILIES.get(prefix, (prefix,))
    titles = context.titles()
    codes: dict[str, str] = {}
    for mapping in context.retriever.store.mappings([concept.id])[0]:
        for code in (mapping.subject, mapping.object):
            if mapping.status == "related" and code.partition(":")[0] in wanted:
                source = titles.get(mapping.source, mapping.source)
                codes.setdefault(code, f"{code} ({mapping.predicate}, {source})")
    if not codes:
        ids = context.join(concept.equivalent_ids)
        text = context.phrase("id_absent", name=name, label=label, ids=ids)
        return replace(answer, reason="no_evidence", text=text)
    text = context.phrase(
        "id_mapped", name=name, label=label, codes=context.join([*codes.values()])
    )
    category = main_category(concept)
    return replace(
        answer,
        abstained=False,
        text=text,
        value=next(iter(codes)).partition(":")[2],
        items=tuple(Item(code, name, category) for code in codes),
    )


def id_label(prefix: str, lang: Language) -> str:
    """What an authority's ids are called.

    >>> id_label("drugbank", "en"), id_label("icd10", "zh")
    ('DrugBank id', 'ICD-10 编码')
    """
    label = PREFIXES[prefix].label
    if lang == "zh":
        for english, chinese in ((" id", " 编号"), (" code", " 编码")):
            label = label.removesuffix(english) + chinese if label.endswith(english) else label
    return label


def _why_ids(context: Context, concept: Concept, ids: Sequence[str]) -> list[str]:
    """The sources of the mappings that name these ids."""
    mappings = context.retriever.store.mappings([concept.id])[0]
    sources = sorted(
        {m.source for m in mappings if m.status == "merged" and {m.subject, m.object} & set(ids)}
    )
    own = sources or concept.sources
    titles = context.titles()
    words = [titles.get(source, source) for source in own]
    return [context.phrase("sources", sources=context.join(words))] if words else []
