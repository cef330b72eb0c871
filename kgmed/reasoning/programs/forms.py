"""One function per form of question: links in, an answer out.

Each takes the context, the bound reading and an answer to fill, and returns the filled answer:
with items and citations, or abstained with the reason. None treats absence as a "no".
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

from kgmed.kg.categories import is_a
from kgmed.kg.categories import label as category_label
from kgmed.kg.curies import PREFIXES
from kgmed.kg.linking.linker import main_category
from kgmed.kg.model import Concept, Language, Path, Statement, Step
from kgmed.kg.paths.find import MAX_STATEMENTS_READ, find_paths
from kgmed.kg.predicates import Registry, fill
from kgmed.reasoning import compose
from kgmed.reasoning.answer import Answer, Form, Item
from kgmed.reasoning.programs.slots import Bound
from kgmed.reasoning.retrieve import End, Hit, Retriever

PATH_HOPS = 4
INTERACTS = "interacts_with"
MEMBERSHIP = ("in_drug_class", "has_role")
"""What "is a" may also mean: "is warfarin an anticoagulant"."""


@dataclass(frozen=True, slots=True)
class Context:
    """What every form needs."""

    retriever: Retriever
    registry: Registry
    lang: Language
    limit: int | None

    def phrase(self, key: str, /, **parts: object) -> str:
        return compose.phrase(self.lang, key, **parts)

    def join(self, parts: Sequence[str]) -> str:
        return compose.join(self.lang, parts)

    def noun(self, predicate: str, count: int = 2) -> str:
        return compose.noun(self.registry, predicate, self.lang, count=count)

    def concepts(self, ids: Iterable[str]) -> dict[str, Concept]:
        """Concepts by id."""
        wanted = list(dict.fromkeys(ids))
        found = self.retriever.store.concepts(wanted)
        return {c.id: c for c in found if c is not None}

    def name(self, id: str) -> str:
        """The name of a concept in the answer's language."""
        found = self.retriever.store.concepts([id])[0]
        return found.name_in(self.lang) if found else id

    def titles(self) -> dict[str, str]:
        """Source id -> its name."""
        return {row.infores: row.name for row in self.retriever.store.info().sources}

    def sources(self, statements: Iterable[Statement]) -> str:
        """The sources of statements, in words."""
        pairs = sorted({(s.primary_knowledge_source, s.release) for s in statements})
        return compose.source_names(pairs, self.titles(), lang=self.lang)

    def sources_of(self, predicate: str) -> str:
        """The sources that a graph has for a predicate, in words; '' for none."""
        pairs = [(s, r) for s, r, _n in self.retriever.sources_of(predicate)]
        return compose.source_names(pairs, self.titles(), lang=self.lang)

    def sentence(self, statement: Statement) -> str:
        """A statement as a cited sentence."""
        concepts = self.concepts([statement.subject, statement.object])
        names = {id: concept.name_in(self.lang) for id, concept in concepts.items()}
        text = compose.sentence(self.registry, statement, names, self.lang)
        return f"{text} {compose.cite([statement.id])}"


# Items --------------------------------------------------------------------------------------------


def _items(
    context: Context, hits: Sequence[Hit], *, category: str | None, wanted: Mapping[str, str]
) -> tuple[list[Item], dict[str, Statement]]:
    """Hits -> one item per concept at the other end: worst severity first, then by name.

    ``category`` and ``wanted`` qualifiers are what the question asks for.
    """
    statements = context.retriever.statements(
        list(dict.fromkeys(hit.edge.statement for hit in hits))
    )
    concepts = context.concepts([id for hit in hits for id in (hit.other, hit.scope.id)])
    by_other: dict[str, list[Hit]] = {}
    for hit in hits:
        statement = statements.get(hit.edge.statement)
        if statement is None or any(statement.qualifiers.get(k) != v for k, v in wanted.items()):
            continue
        by_other.setdefault(hit.other, []).append(hit)
    items = []
    for other, group in by_other.items():
        concept = concepts[other]
        if category and not _fits(concept, category):
            continue
        ids = list(dict.fromkeys(hit.edge.statement for hit in group))
        ids.sort(key=lambda id: (compose.severity_rank(_severity(statements[id])), id))
        direct = [hit for hit in group if hit.scope.level == "itself"]
        first = (direct or group)[0]
        via = "" if direct else _via(context, first, concepts)
        items.append(
            Item(
                other,
                concept.name_in(context.lang),
                main_category(concept),
                _merged_qualifiers([statements[id] for id in ids]),
                tuple(ids),
                via=via,
            )
        )
    items.sort(key=_item_order)
    kept = {id: statements[id] for item in items for id in item.statements}
    return items, kept


def _item_order(item: Item) -> tuple[int, bool, str, str]:
    rank = compose.severity_rank(item.qualifiers.get("severity", ""))
    return rank, bool(item.via), item.name.casefold(), item.id


def _fits(concept: Concept, category: str) -> bool:
    """Whether a concept is what was asked for; sources name targets by gene or by protein."""
    wanted = ("Gene", "Protein") if category in {"Gene", "Protein"} else (category,)
    return any(is_a(have, w) or is_a(w, have) for have in concept.categories for w in wanted)


def _severity(statement: Statement) -> str:
    return statement.qualifiers.get("severity", "")


def _merged_qualifiers(statements: Sequence[Statement]) -> dict[str, str]:
    """The worst severity; of every other qualifier the values, joined where they differ."""
    merged: dict[str, list[str]] = {}
    for statement in statements:
        for name, value in statement.qualifiers.items():
            merged.setdefault(name, []).append(value)
    result = {}
    for name, values in sorted(merged.items()):
        distinct = list(dict.fromkeys(values))
        result[name] = distinct[0] if name == "severity" else "; ".join(sorted(distinct))
    return result


def _via(context: Context, hit: Hit, concepts: Mapping[str, Concept]) -> str:
    name = concepts[hit.scope.id].name_in(context.lang)
    return context.phrase(f"via_{hit.scope.level}", name=name)


def _groups(
    context: Context, items: Sequence[Item], statements: Mapping[str, Statement]
) -> dict[str, str]:
    """Item -> the title it is listed under: its severity, or the sub-predicate that states it."""
    titles: dict[str, str] = {}
    for item in items:
        severity = item.qualifiers.get("severity")
        if severity:
            titles[item.id] = compose.severity(context.lang, severity)
        else:
            predicate = statements[item.statements[0]].predicate
            known = predicate in context.registry
            titles[item.id] = context.noun(predicate) if known else predicate
    if len(set(titles.values())) == 1 and not any(i.qualifiers.get("severity") for i in items):
        return dict.fromkeys(titles, "")
    return titles


def _breakdown(context: Context, items: Sequence[Item]) -> str:
    """ " (26 Critical, 114 Significant)" where severities are stated."""
    counts = Counter(item.qualifiers.get("severity", "") for item in items)
    if set(counts) == {""} or not counts:
        return ""
    parts = [
        f"{n} {compose.severity(context.lang, value)}"
        for value, n in sorted(counts.items(), key=lambda pair: compose.severity_rank(pair[0]))
        if value
    ]
    comma = compose.PHRASES[context.lang]["comma"]
    return context.phrase("breakdown", parts=comma.join(parts))


def _reading_noun(context: Context, bound: Bound, count: int) -> str:
    """What the items are called: the asked-for category, or the predicate's noun for that end."""
    reading = bound.reading
    assert reading.predicate is not None  # noqa: S101  forms with items have one
    wording = context.registry[reading.predicate].wording[context.lang]
    if reading.given == "object" and not context.registry[reading.predicate].symmetric:
        nouns = (wording.inverse_noun if count == 1 else ()) or wording.inverse_nouns
        if nouns:
            return nouns[0]
        return category_label(
            reading.category or "NamedThing", language=context.lang, plural=count != 1
        )
    return context.noun(reading.predicate, count)


def _nothing(context: Context, answer: Answer, predicate: str, id: str, noun: str) -> Answer:
    """Abstain: not covered, or covered with no evidence; the sources that were read are named."""
    name = context.name(id)
    sources = context.sources_of(predicate)
    if not sources:
        text = context.phrase("predicate_absent", predicate=noun)
        return replace(answer, reason="not_covered", text=text)
    own = context.retriever.store.degrees([id])[0]
    if not own:
        text = context.phrase("not_covered", predicate=noun, name=name)
        text += " " + context.phrase("covered_by", predicate=noun, sources=sources)
        return replace(answer, reason="not_covered", text=text)
    text = context.phrase("no_evidence", name=name, noun=noun, sources=sources)
    return replace(answer, reason="no_evidence", text=text)


# Forms --------------------------------------------------------------------------------------------


def listing(context: Context, bound: Bound, answer: Answer) -> Answer:
    """list, reverse and count: what stands at the other end of a predicate."""
    reading, link = bound.reading, bound.links[0]
    predicate = _predicate(reading.predicate)
    if context.registry[predicate].takes_value:
        return value(context, bound, answer)
    hits = context.retriever.hits(link.id, predicate, reading.given)
    items, statements = _items(context, hits, category=reading.category, wanted=reading.qualifiers)
    if not items:
        return _nothing(context, answer, predicate, link.id, _reading_noun(context, bound, 2))
    head = "count_head" if reading.form == "count" else "list_head"
    lines = [
        context.phrase(
            head,
            name=context.name(link.id),
            n=len(items),
            noun=_reading_noun(context, bound, len(items)),
            breakdown=_breakdown(context, items),
        )
    ]
    if reading.form != "count":
        groups = _groups(context, items, statements)
        lines.append(compose.grouped(context.lang, items, limit=context.limit, groups=groups))
    lines.append(context.phrase("sources", sources=context.sources(statements.values())))
    return replace(
        answer,
        abstained=False,
        text="\n".join(lines),
        items=tuple(items),
        value=len(items) if reading.form == "count" else None,
        statements=statements,
    )


def _predicate(name: str | None) -> str:
    assert name is not None  # noqa: S101  the parser gives these forms a predicate
    return name


def yes_no(context: Context, bound: Bound, answer: Answer) -> Answer:
    """True where a statement says so, false only where one denies it or states the reverse."""
    reading = bound.reading
    predicate = _predicate(reading.predicate)
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
        first = context.sentence(statements[reverse[0].edge.statement])
        text = context.phrase("no", sentence=context.phrase("reversed", sentence=first))
        items: list[Item] = []
    else:
        items, statements = _items(context, hits, category=None, wanted={})
        sentences = []
        for id in dict.fromkeys(id for item in items for id in item.statements):
            sentences.append(context.sentence(statements[id]))
        vias = sorted({_via(context, h, concepts) for h in hits if h.scope.level != "itself"})
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
    names = (context.name(subject), context.name(object))
    template = context.registry[predicate].wording[context.lang].sentence[0]
    if both:
        sources = compose.source_names(both, context.titles(), lang=context.lang)
        lines.append(
            context.phrase("unlisted", sentence=fill(template, s=names[0], o=names[1]), sources=sources)
        )
        lines.append(context.phrase("no_safety"))
        return replace(answer, reason="no_evidence", text=" ".join(lines))
    for (id, _end), found in zip(ends, covering, strict=True):
        if not found:
            lines.append(context.phrase("not_covered", predicate=noun, name=context.name(id)))
    known = context.sources_of(predicate)
    if known:
        lines.append(context.phrase("covered_by", predicate=noun, sources=known))
    lines.append(context.phrase("no_safety"))
    return replace(answer, reason="not_covered", text=" ".join(lines))


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
    predicate = _predicate(reading.predicate)
    statements = context.retriever.store.values(
        [link.id], predicates=context.retriever.below(predicate)
    )[0]
    if not statements:
        return _nothing(context, answer, predicate, link.id, context.noun(predicate))
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
    own = [s for s in concept.sources] if not sources else sources  # noqa: C416
    titles = context.titles()
    words = [titles.get(source, source) for source in own]
    return [context.phrase("sources", sources=context.join(words))] if words else []


def shared(context: Context, bound: Bound, answer: Answer) -> Answer:
    """What two or more concepts have in common at the other end of a predicate."""
    reading = bound.reading
    predicate = _predicate(reading.predicate)
    per_slot = [context.retriever.hits(link.id, predicate, reading.given) for link in bound.links]
    common = set.intersection(*({hit.other for hit in hits} for hits in per_slot))
    hits = [hit for group in per_slot for hit in group if hit.other in common]
    items, statements = _items(context, hits, category=reading.category, wanted=reading.qualifiers)
    names = context.join([context.name(link.id) for link in bound.links])
    if not items:
        for link, group in zip(bound.links, per_slot, strict=True):
            if not group:
                noun = _reading_noun(context, bound, 2)
                return _nothing(context, answer, predicate, link.id, noun)
        text = context.phrase(
            "shared_none",
            names=names,
            noun=_reading_noun(context, bound, 2),
            sources=context.sources_of(predicate),
        )
        return replace(answer, reason="no_evidence", text=text)
    words = [f"{item.name} {compose.cite(item.statements)}" for item in items[: context.limit]]
    noun = _reading_noun(context, bound, len(items))
    lines = [
        context.phrase("shared", names=names, n=len(items), noun=noun),
        compose.PHRASES[context.lang]["comma"].join(words),
        context.phrase("sources", sources=context.sources(statements.values())),
    ]
    return replace(
        answer,
        abstained=False,
        text="\n".join(lines),
        items=tuple(items),
        value=len(items) if reading.counted else None,
        statements=statements,
    )


def pairwise(context: Context, bound: Bound, answer: Answer) -> Answer:
    """Which of a list interact; unlisted pairs are printed as unlisted, never as safe."""
    predicate = bound.reading.predicate or INTERACTS
    links = list({link.id: link for link in bound.links}.values())
    names = {link.id: context.name(link.id) for link in links}
    items: list[Item] = []
    statements: dict[str, Statement] = {}
    unlisted: list[str] = []
    for a, b in combinations(links, 2):
        yes, _no = context.retriever.between(a.id, predicate, b.id)
        label = f"{names[a.id]} + {names[b.id]}"
        if not yes:
            unlisted.append(label)
            continue
        found, cited = _items(context, yes, category=None, wanted={})
        statements |= cited
        ids = tuple(dict.fromkeys(id for item in found for id in item.statements))
        via = next((item.via for item in found if item.via), "")
        qualifiers = _merged_qualifiers([cited[id] for id in ids])
        items.append(Item(f"{a.id}|{b.id}", label, "", qualifiers, ids, via=via))
    items.sort(key=_item_order)
    total = len(links) * (len(links) - 1) // 2
    sources = context.sources(statements.values()) or context.sources_of(predicate)
    lines = [context.phrase("pairs_head", n=len(items), total=total, sources=sources)]
    for item in items:
        severity = compose.severity(context.lang, item.qualifiers.get("severity", ""))
        detail = " ".join(filter(None, [severity, f"({item.via})" if item.via else ""]))
        lines.append(f"{item.name}: {detail} {compose.cite(item.statements)}")
    if unlisted:
        lines.append(context.phrase("pairs_unlisted", pairs="; ".join(unlisted)))
    if not items:
        return replace(answer, reason="no_evidence", text="\n".join(lines))
    return replace(
        answer, abstained=False, text="\n".join(lines), items=tuple(items), statements=statements
    )


def path(context: Context, bound: Bound, answer: Answer) -> Answer:
    """How two concepts are joined: a source's own path where it states one, else the shortest."""
    start, end = bound.links[0].id, bound.links[1].id
    store = context.retriever.store
    curated = _curated(context, bound, start, end)
    exhausted = True
    paths = curated
    if not paths:
        found = find_paths(store, start, end, registry=context.registry, hops=PATH_HOPS)
        paths, exhausted = list(found.paths), found.exhausted
    names = {"start": context.name(start), "end": context.name(end)}
    if not paths:
        text = context.phrase("path_none", hops=PATH_HOPS, **names)
        if not exhausted:
            text += " " + context.phrase("path_cut", n=f"{MAX_STATEMENTS_READ:,}")
        return replace(answer, reason="no_evidence", text=text)
    shown = paths[: context.limit]
    word = context.phrase("path_one" if len(paths) == 1 else "path_many")
    statements = {s.id: s for p in paths for s in p.statements}
    if curated:
        source = context.sources(statements.values())
        head = context.phrase("path_curated", n=len(paths), paths=word, source=source, **names)
    else:
        hops = len(paths[0].steps)
        head = context.phrase("path_found", n=len(paths), paths=word, hops=hops, **names)
    concepts = context.concepts([id for p in shown for id in p.nodes])
    lines = [head, *(path_line(p, concepts, context.registry, context.lang) for p in shown)]
    if not curated:
        lines.append(context.phrase("sources", sources=context.sources(statements.values())))
    return replace(
        answer, abstained=False, text="\n".join(lines), paths=tuple(paths), statements=statements
    )


def _curated(context: Context, bound: Bound, start: str, end: str) -> list[Path]:
    """Curated paths between the concepts or, for a drug, its forms and bases; one per record."""
    store = context.retriever.store
    predicate = bound.reading.predicate
    if predicate is not None and predicate not in context.registry:
        return []
    starts = [scope.id for scope in context.retriever.scopes(start, "has_target", "subject")]
    ends = [scope.id for scope in context.retriever.scopes(end, "treats", "object")]
    found = [p for a in starts for b in ends for p in store.curated_paths(a, b)]
    if not found and predicate is None:
        found = [p for a in starts for b in ends for p in store.curated_paths(b, a)]
    return found


def path_line(
    path: Path, concepts: Mapping[str, Concept], registry: Registry, lang: Language
) -> str:
    """A path in one line: names joined by predicates in arrows, each step cited."""
    first = concepts.get(path.nodes[0])
    parts = [first.name_in(lang) if first else path.nodes[0]]
    for step in path.steps:
        predicate = step.statement.predicate
        words = predicate.replace("_", " ")
        end = concepts.get(step.end)
        name = end.name_in(lang) if end else step.end
        cite = compose.cite([step.statement.id])
        if lang == "zh" and predicate in registry:
            nouns = registry[predicate].wording["zh"]
            words = (nouns.verbs or nouns.nouns or (words,))[0]
        arrow = f"--{words}-->" if step.direction == "out" else f"<--{words}--"
        parts.append(f"{arrow} {name} {cite}")
    return " ".join(parts)


def define(context: Context, bound: Bound, answer: Answer) -> Answer:
    """What a concept is: category, definition, names, ids, and what the graph lists of it."""
    link = bound.links[0]
    concept = context.concepts([link.id])[link.id]
    store = context.retriever.store
    name = concept.name_in(context.lang)
    category = category_label(main_category(concept), language=context.lang)
    article = ""
    if context.lang == "en":
        article = "an " if category[0] in "aeiou" else "a "
    lines = [context.phrase("define_head", name=name, article=article, category=category)]
    statements: dict[str, Statement] = {}
    if "has_definition" in context.registry:
        for statement in store.values([link.id], predicates=["has_definition"])[0][:1]:
            assert statement.value is not None  # noqa: S101  the store's values have one
            statements[statement.id] = statement
            noun = context.noun("has_definition", 1)
            text = f"{statement.value.text} {compose.cite([statement.id])}"
            lines.append(context.phrase("define_value", noun=noun, value=text))
    names = [n.text for n in store.lexicon.names([link.id])[0] if n.text != name]
    distinct = list({n.casefold(): n for n in reversed(names)}.values())[::-1]
    if distinct:
        shown = distinct[:8]
        if len(distinct) > len(shown):
            shown.append(context.phrase("more", n=len(distinct) - len(shown)))
        comma = compose.PHRASES[context.lang]["comma"]
        lines.append(context.phrase("define_names", names=comma.join(shown)))
    lines.append(context.phrase("define_ids", ids=context.join(concept.equivalent_ids)))
    counts, examples = _counts(context, link.id)
    if counts:
        lines.append(context.phrase("define_counts", counts=context.join(counts)))
    cited = context.retriever.statements(examples)
    statements |= cited
    if statements:
        lines.append(context.phrase("sources", sources=context.sources(statements.values())))
    item = Item(concept.id, name, main_category(concept), {}, tuple(statements))
    return replace(
        answer, abstained=False, text="\n".join(lines), items=(item,), statements=statements
    )


def _counts(context: Context, id: str) -> tuple[list[str], list[str]]:
    """ "140 drug interactions" ... by predicate and end, most first; an example statement of each."""
    edges = context.retriever.store.neighbors([id])[0]
    groups: dict[tuple[str, bool], list[str]] = {}
    for edge in edges:
        entry = context.registry.get(edge.predicate)
        if entry is None or edge.negated:
            continue
        outward = edge.subject == id or entry.symmetric
        groups.setdefault((edge.predicate, outward), []).append(edge.statement)
    counts, examples = [], []
    for (predicate, outward), ids in sorted(groups.items(), key=lambda g: (-len(g[1]), g[0])):
        wording = context.registry[predicate].wording[context.lang]
        nouns = wording.nouns if outward else wording.inverse_nouns
        if nouns:
            many = len(ids) != 1
            singular = wording.noun if outward else wording.inverse_noun
            word = nouns[0] if many or not singular else singular[0]
            counts.append(f"{len(ids)} {word} {compose.cite(ids[:1])}")
            examples.append(ids[0])
    return counts[:8], examples[:8]


def compare(context: Context, bound: Bound, answer: Answer) -> Answer:
    """Two concepts side by side: what both have, what only one has, by predicate."""
    links = bound.links[:2]
    names = [context.name(link.id) for link in links]
    predicate = bound.reading.predicate
    wanted = None if predicate is None else context.retriever.below(predicate)
    sides = [_outgoing(context, link.id, wanted) for link in links]
    both: list[str] = []
    only: list[list[str]] = [[], []]
    items: list[Item] = []
    cited: list[str] = []
    predicates = sorted(set(sides[0]) | set(sides[1]))
    concepts = context.concepts(
        [id for side in sides for ends in side.values() for id in ends] + [x.id for x in links]
    )
    for predicate in predicates:
        left, right = sides[0].get(predicate, {}), sides[1].get(predicate, {})
        common = sorted(set(left) & set(right))
        if common:
            shown = [concepts[id].name_in(context.lang) for id in common]
            both.append(f"{context.noun(predicate, len(common))} {_some(context, shown)}")
            for id in common:
                ids = (left[id], right[id])
                cited += ids
                items.append(
                    Item(
                        id,
                        concepts[id].name_in(context.lang),
                        main_category(concepts[id]),
                        {"predicate": predicate},
                        ids,
                    )
                )
        for place, (mine, theirs) in enumerate(((left, right), (right, left))):
            rest = sorted(set(mine) - set(theirs))
            if rest:
                shown = [concepts[id].name_in(context.lang) for id in rest]
                noun = context.noun(predicate, len(rest))
                only[place].append(f"{len(rest)} {noun} {_some(context, shown)}")
                cited += [mine[id] for id in rest]
    lines = []
    for link, name in zip(links, names, strict=True):
        category = category_label(main_category(concepts[link.id]), language=context.lang)
        article = ("an " if category[0] in "aeiou" else "a ") if context.lang == "en" else ""
        lines.append(context.phrase("define_head", name=name, article=article, category=category))
    if both:
        lines.append(context.phrase("compare_same", text="; ".join(both)))
    for name, rest in zip(names, only, strict=True):
        if rest:
            lines.append(context.phrase("compare_only", name=name, text="; ".join(rest)))
    statements = context.retriever.statements(list(dict.fromkeys(cited)))
    if not statements:
        noun = context.join(names)
        return replace(answer, reason="no_evidence", text="\n".join(lines) + f" ({noun})")
    lines.append(context.phrase("sources", sources=context.sources(statements.values())))
    return replace(
        answer, abstained=False, text="\n".join(lines), items=tuple(items), statements=statements
    )


def _outgoing(context: Context, id: str, wanted: Sequence[str] | None) -> dict[str, dict[str, str]]:
    """Predicate -> concept at the other end -> a statement; outward edges of known predicates."""
    result: dict[str, dict[str, str]] = {}
    for edge in context.retriever.store.neighbors([id], predicates=wanted)[0]:
        entry = context.registry.get(edge.predicate)
        if entry is None or edge.negated or not (edge.subject == id or entry.symmetric):
            continue
        other = edge.object if edge.subject == id else edge.subject
        result.setdefault(edge.predicate, {}).setdefault(other, edge.statement)
    return result


def _some(context: Context, names: Sequence[str], *, most: int = 5) -> str:
    shown = sorted(names, key=str.casefold)[:most]
    text = compose.PHRASES[context.lang]["comma"].join(shown)
    if len(names) > most:
        text += " " + context.phrase("more", n=len(names) - most)
    return context.phrase("breakdown", parts=text).strip()


FORMS: dict[Form | None, Callable[[Context, Bound, Answer], Answer]] = {
    "list": listing,
    "reverse": listing,
    "count": listing,
    "yes_no": yes_no,
    "value": value,
    "shared": shared,
    "pairwise": pairwise,
    "path": path,
    "define": define,
    "compare": compare,
}
