"""Words of an answer, English and Chinese: pure functions over what was found.

Both languages have the same phrases; a test compares the keys. Facts come in as items and
statements; nothing here looks anything up.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from kgmed.kg.display import words
from kgmed.kg.model import Language, Statement
from kgmed.kg.predicates import Registry
from kgmed.kg.verbalize import Verbalizer
from kgmed.kg.verbalize.lists import join
from kgmed.kg.verbalize.qualifiers import severity, severity_rank
from kgmed.reasoning.answer import Item

__all__ = [
    "PHRASES", "SHORT_ID", "cite", "grouped", "join", "noun", "phrase", "relation", "sentence",
    "severity", "severity_rank", "source_names",
]  # fmt: skip

SHORT_ID = 8
"""Digits of a statement id in running text; ``kgmed show`` takes them."""

PHRASES: dict[Language, dict[str, str]] = {
    "en": {
        "comma": ", ",
        "list_head": "{name}: {n} {noun}{breakdown}.",
        "count_head": "{n} {noun} of {name}{breakdown}.",
        "breakdown": " ({parts})",
        "group": "{group} ({n}): {items}.",
        "more": "and {n} more",
        "read_as": 'Read "{text}" as {name} ({why}).',
        "yes": "Yes: {sentence}.",
        "no": "No: {sentence}.",
        "denied": "a source states that it is not so",
        "reversed": "the sources state the reverse: {sentence}",
        "unlisted": '"{sentence}" is not listed in {sources}.',
        "no_safety": "This is not evidence of safety, nor that it is untrue.",
        "no_denial": "This is not evidence that it is untrue.",
        "safety_listed": "kgmed doesn't judge safety. An interaction is listed: {sentence}.",
        "safety_unlisted": "kgmed doesn't judge safety.",
        "not_covered": "The graph holds nothing of {predicate} for {name}, so it can't say.",
        "covered_by": "Its statements of {predicate} come from {sources}.",
        "predicate_absent": "The graph holds no statements of {predicate} at all.",
        "not_linked": 'No concept of the graph is named "{text}".',
        "near": "Near names: {names}.",
        "ambiguous": '"{text}" may be {names}. Ask again with one of these names or ids.',
        "no_evidence": "{name}: no {noun} listed in {sources}. "
        "This is not evidence that there are none.",
        "id_value": "{name}: {label} {value}.",
        "id_absent": "{name}: the graph knows no {label}. Its ids: {ids}.",
        "id_mapped": "{name} has no {label} of its own; mapped to: {codes}.",
        "value": "{name}, {noun}: {value}",
        "shared": "{names} share {n} {noun}.",
        "shared_none": "{names} share no {noun} in {sources}. "
        "This is not evidence that there are none.",
        "pair_listed": "{a} and {b}: {detail}",
        "pairs_head": "{n} of {total} pairs are listed as interacting in {sources}.",
        "pairs_unlisted": "Not listed, which is no evidence of safety: {pairs}.",
        "path_curated": "{start} to {end}: {n} curated {paths} ({source}).",
        "path_found": "{start} to {end}: {n} {paths} of {hops} statements found in the graph.",
        "path_one": "path",
        "path_many": "paths",
        "path_none": "No path of {hops} statements or fewer joins {start} and {end} in the graph.",
        "path_cut": "The search was cut after {n} statements read.",
        "define_head": "{name} is {article}{category}.",
        "define_value": "{noun}: {value}",
        "define_names": "Also called: {names}.",
        "define_ids": "Ids: {ids}.",
        "define_counts": "The graph lists {counts}.",
        "compare_same": "Both: {text}.",
        "compare_only": "Only {name}: {text}.",
        "compare_counts": "{name}: {counts}.",
        "via_form": "stated of its form {name}",
        "via_base": "stated of {name}",
        "via_class": "by class: {name}",
        "via_ingredient": "by ingredient: {name}",
        "via_narrower": "stated of {name}",
        "via_broader": "stated of {name}",
        "fuzzy": "spelling",
        "sources": "Sources: {sources}.",
        "not_understood": "kgmed doesn't understand this question.",
        "statement_is": "{sentence}",
    },
    "zh": {
        "comma": "、",
        "list_head": "{name}：{n} 个{noun}{breakdown}。",
        "count_head": "{name}共有 {n} 个{noun}{breakdown}。",
        "breakdown": "（{parts}）",
        "group": "{group}（{n}）：{items}。",
        "more": "另有 {n} 个",
        "read_as": "“{text}”按 {name} 理解（{why}）。",
        "yes": "是：{sentence}。",
        "no": "否：{sentence}。",
        "denied": "有来源明确否定",
        "reversed": "来源所载方向相反：{sentence}",
        "unlisted": "{sources} 未列出“{sentence}”。",
        "no_safety": "未列出不代表安全，也不代表不成立。",
        "no_denial": "未列出不代表不成立。",
        "safety_listed": "kgmed 不判断是否安全。已列出相互作用：{sentence}。",
        "safety_unlisted": "kgmed 不判断是否安全。",
        "not_covered": "图谱中没有 {name} 的{predicate}信息，无法回答。",
        "covered_by": "{predicate}信息来自 {sources}。",
        "predicate_absent": "图谱中没有任何{predicate}信息。",
        "not_linked": "图谱中没有名为“{text}”的概念。",
        "near": "相近名称：{names}。",
        "ambiguous": "“{text}”可能指 {names}。请用其中一个名称或编号重新提问。",
        "no_evidence": "{name}：{sources} 未列出{noun}。未列出不代表没有。",
        "id_value": "{name}：{label} {value}。",
        "id_absent": "{name}：图谱中没有其 {label}。已有编号：{ids}。",
        "id_mapped": "{name}没有等同的{label}；相关映射：{codes}。",
        "value": "{name}的{noun}：{value}",
        "shared": "{names}共有 {n} 个{noun}。",
        "shared_none": "{sources} 未列出 {names} 共有的{noun}。未列出不代表没有。",
        "pair_listed": "{a}与{b}：{detail}",
        "pairs_head": "{total} 对中有 {n} 对在 {sources} 中列有相互作用。",
        "pairs_unlisted": "未列出（不代表安全）：{pairs}。",
        "path_curated": "{start}到{end}：{n} 条人工整理的{paths}（{source}）。",
        "path_found": "{start}到{end}：在图谱中找到 {n} 条长度为 {hops} 的{paths}。",
        "path_one": "路径",
        "path_many": "路径",
        "path_none": "图谱中 {start} 与 {end} 之间没有长度不超过 {hops} 的路径。",
        "path_cut": "搜索在读取 {n} 条陈述后停止。",
        "define_head": "{name}是一种{article}{category}。",
        "define_value": "{noun}：{value}",
        "define_names": "又称：{names}。",
        "define_ids": "编号：{ids}。",
        "define_counts": "图谱列有 {counts}。",
        "compare_same": "共同：{text}。",
        "compare_only": "仅{name}：{text}。",
        "compare_counts": "{name}：{counts}。",
        "via_form": "来源所述为其形式 {name}",
        "via_base": "来源所述为 {name}",
        "via_class": "按类别：{name}",
        "via_ingredient": "按成分：{name}",
        "via_narrower": "来源所述为 {name}",
        "via_broader": "来源所述为 {name}",
        "fuzzy": "拼写",
        "sources": "来源：{sources}。",
        "not_understood": "kgmed 未能理解这个问题。",
        "statement_is": "{sentence}",
    },
}


def phrase(lang: Language, key: str, /, **parts: object) -> str:
    """One phrase, filled.

    >>> phrase("en", "more", n=3)
    'and 3 more'
    """
    return PHRASES[lang][key].format(**parts)


def cite(ids: Sequence[str]) -> str:
    """Statement ids in brackets, shortened.

    >>> cite(["8f537b0da669def208865ec83ed3af76"])
    '[8f537b0d]'
    """
    return "".join(f"[{id[:SHORT_ID]}]" for id in ids)


def source_names(
    pairs: Sequence[tuple[str, str]], titles: Mapping[str, str], *, lang: Language
) -> str:
    """Sources with their releases, in words.

    >>> source_names([("infores:ndfrt", "2014-07-07")], {"infores:ndfrt": "NDF-RT"}, lang="en")
    'NDF-RT (2014-07-07)'
    """
    words = [
        f"{titles.get(source, source.removeprefix('infores:'))} ({release})" if release
        else titles.get(source, source.removeprefix("infores:"))
        for source, release in pairs
    ]  # fmt: skip
    return join(lang, words)


def noun(registry: Registry, predicate: str, lang: Language, *, count: int = 2) -> str:
    """The relational noun of a predicate: "drug interactions", "drug interaction"."""
    wording = registry[predicate].wording[lang]
    if count == 1 and wording.noun:
        return wording.noun[0]
    if wording.nouns:
        return wording.nouns[0]
    return relation(registry, predicate, lang)


def relation(registry: Registry, predicate: str, lang: Language) -> str:
    """What stands on the arrow of a path: the predicate's words without its ends.

    >>> from kgmed.kg.predicates import registry
    >>> relation(registry(), "interacts_with", "en"), relation(registry(), "unheard_of", "zh")
    ('interacts with', 'unheard of')
    """
    return words.relation(predicate, lang, known=registry)


def sentence(
    registry: Registry, statement: Statement, names: Mapping[str, str], lang: Language
) -> str:
    """A statement as a sentence without its full stop; a denied one says so."""
    return Verbalizer(registry).clause(statement, names, lang=lang)


def grouped(
    lang: Language, items: Sequence[Item], *, limit: int | None, groups: Mapping[str, str]
) -> str:
    """Items in words, grouped by severity or sub-predicate, each cited; at most ``limit`` of them.

    ``groups`` maps an item's id to the title of its group, '' for none.
    """
    titles = list(dict.fromkeys(groups.get(item.id, "") for item in items))
    lines = []
    left = len(items) if limit is None else limit
    for title in titles:
        members = [item for item in items if groups.get(item.id, "") == title]
        shown = members[: max(0, left)]
        left -= len(shown)
        if not shown:
            continue
        words = [
            item.name + (f" ({item.via})" if item.via else "") + f" {cite(item.statements[:1])}"
            for item in shown
        ]
        if len(members) > len(shown):
            words.append(phrase(lang, "more", n=len(members) - len(shown)))
        text = PHRASES[lang]["comma"].join(words)
        lines.append(
            phrase(lang, "group", group=title, n=len(members), items=text) if title else text
        )
    return "\n".join(lines)
