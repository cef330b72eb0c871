"""A proof in one plain sentence, English and Chinese. Both have the same phrases; a test compares
the keys."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from kgmed.kg import categories
from kgmed.kg.model import Language, Statement
from kgmed.kg.predicates import Registry
from kgmed.kg.verbalize import Verbalizer
from kgmed.reasoning import compose
from kgmed.reasoning.claims.model import Proof
from kgmed.reasoning.claims.rules import Assertion

PHRASES: dict[Language, dict[str, str]] = {
    "en": {
        "states": "{sources} state{s}: {stated}.",
        "implies": "{sources} state{s}: {stated}; this implies that {claim}.",
        "form": "{sources} state{s}: {stated}; forms of one drug share this, so {claim}.",
        "product": "{sources} state{s}: {stated}; a product has what its ingredient has, so "
        "{claim}.",
        "by_class": "By class: {sources} state{s}: {stated}; so {claim}.",
        "some_narrower": "{sources} state{s}: {stated}; so in some cases {claim}.",
        "plausible_chain": "{sources} state{s}: {stated}; that makes it plausible that {claim}, "
        "no more.",
        "explicit_negative": "{sources} {denies} it: {stated}.",
        "asymmetric_reverse": "{sources} state{s} the reverse: {stated}; both can't hold.",
        "excludes": "{sources} state{s}: {stated}; that excludes that {claim}.",
        "ill_typed": "{name} is a {category}, so it can't be that {claim}.",
        "opposes": "Safety: {sources} state{s}: {stated}.",
        "opposes_direction": "{sources} state{s} the opposite effect: {stated}; both may hold, by "
        "tissue, dose or disease.",
        "conflict": "Sources disagree. {name}",
        "covered": "{sources} speak{s} of both under this relation and {doesnt} state that "
        "{claim}. That is no evidence that it is untrue.",
        "qualifiers_differ": "It is stated otherwise: {stated} ({sources}).",
        "members_only": "The graph says it of members of the class ({count}), not of the class: "
        "{claim}.",
        "some_only": "The graph states it in some cases only, which neither bears out nor refutes "
        "a denial.",
        "no_value": "The claim names no value.",
        "not_linked": "{name} is no concept of the graph.",
        "unknown_predicate": "The graph and its table of predicates have no predicate '{name}'.",
        "predicate_absent": "The graph holds no statements of this relation at all: {claim}.",
        "subject_not_covered": "The graph holds nothing of this relation for {subject}.",
        "object_not_covered": "The graph holds nothing of this relation for {object}.",
        "no_common_source": "No one source speaks of both {subject} and {object} under this "
        "relation.",
        "ambiguous": "The text may mean {name}; they would get different verdicts.",
        "uncertain_link": "It would be refuted, but the text doesn't surely name {name}.",
    },
    "zh": {
        "states": "{sources}记载：{stated}。",
        "implies": "{sources}记载：{stated}；由此可知：{claim}。",
        "form": "{sources}记载：{stated}；同一药物的不同形式共有此性质，因此{claim}。",
        "product": "{sources}记载：{stated}；制剂具有其成分的此性质，因此{claim}。",
        "by_class": "按类别：{sources}记载：{stated}；因此{claim}。",
        "some_narrower": "{sources}记载：{stated}；因此在部分情形下{claim}。",
        "plausible_chain": "{sources}记载：{stated}；这仅提示可能{claim}。",
        "explicit_negative": "{sources}明确否定：{stated}。",
        "asymmetric_reverse": "{sources}所载方向相反：{stated}；二者不能同时成立。",
        "excludes": "{sources}记载：{stated}；这排除了{claim}。",
        "ill_typed": "{name}属于{category}，因此不可能{claim}。",
        "opposes": "安全提示：{sources}记载：{stated}。",
        "opposes_direction": "{sources}记载相反的作用：{stated}；"
        "因组织、剂量或疾病不同，二者可能都成立。",
        "conflict": "来源不一致。{name}",
        "covered": "{sources}在此关系下收录了双方，但未记载“{claim}”。未记载不代表不成立。",
        "qualifiers_differ": "所载有所不同：{stated}（{sources}）。",
        "members_only": "图谱仅对该类别的成员有此记载（{count}），对类别本身没有：{claim}。",
        "some_only": "图谱仅记载部分情形成立，既不支持也不反驳这一否定。",
        "no_value": "此陈述未给出数值或内容。",
        "not_linked": "图谱中没有概念{name}。",
        "unknown_predicate": "图谱及其谓词表中没有谓词“{name}”。",
        "predicate_absent": "图谱中没有任何此关系的记载：{claim}。",
        "subject_not_covered": "图谱中没有{subject}的此关系信息。",
        "object_not_covered": "图谱中没有{object}的此关系信息。",
        "no_common_source": "没有一个来源在此关系下同时收录{subject}和{object}。",
        "ambiguous": "文中所指可能是{name}，其结论不同。",
        "uncertain_link": "本应判为不成立，但文中所指不一定是{name}。",
    },
}

_AGREEING = (
    {"s": "s", "denies": "denies", "doesnt": "doesn't"},
    {"s": "", "denies": "deny", "doesnt": "don't"},
)
"""Verbs of one source, and of several."""
_PLAIN = ("statement", "inverse", "symmetric", "value")
_IMPLIES = ("sub_predicate", "transitive", "property_chain", "inherited")


@dataclass(frozen=True, slots=True)
class Speaker:
    """What words need to know: the language, the predicates, the sources' and concepts' names."""

    lang: Language
    registry: Registry
    titles: Mapping[str, str]
    names: Mapping[str, str]
    categories: Mapping[str, tuple[str, ...]]

    def name(self, id: str) -> str:
        return self.names.get(id, id)

    def claim(self, assertion: Assertion) -> str:
        """What an assertion says, as a clause."""
        return Verbalizer(self.registry).claim_clause(
            assertion.subject,
            assertion.predicate,
            assertion.object,
            self.names,
            lang=self.lang,
            inverse=assertion.inverted,
        )

    def stated(self, statements: tuple[Statement, ...]) -> str:
        sentences = [
            compose.sentence(self.registry, statement, self.names, self.lang)
            + f" [{statement.id[: compose.SHORT_ID]}]"
            for statement in statements
        ]
        return compose.join(self.lang, list(dict.fromkeys(sentences)))

    def sources(self, pairs: set[tuple[str, str]]) -> str:
        return compose.source_names(sorted(pairs), self.titles, lang=self.lang)

    def say(self, proof: Proof, assertion: Assertion, *, reason: str = "") -> str:
        """A proof in one sentence; ``reason`` where nothing decided the claim."""
        rule = proof.rule
        key = "states" if rule in _PLAIN else "implies" if rule in _IMPLIES else rule
        if rule == "not_covered":
            key = reason
        if rule == "opposes" and proof.premises[0].startswith("direction"):
            key = "opposes_direction"
        pairs = {(s.primary_knowledge_source, s.release) for s in proof.statements}
        if rule == "covered":
            known = (text.removeprefix("covered by ") for text in proof.premises)
            pairs = {(text, "") for text in known if text.startswith("infores:")}
        named, category = "", ""
        if rule == "ill_typed":
            end = assertion.subject if proof.premises[0].startswith("subject") else assertion.object
            first = next(iter(self.categories.get(end, ())), "")
            named, category = self.name(end), categories.label(first, language=self.lang)
        return PHRASES[self.lang][key].format(
            sources=self.sources(pairs),
            stated=self.stated(proof.statements),
            claim=self.claim(assertion),
            subject=self.name(assertion.subject),
            object=self.name(assertion.object),
            count=next(iter(proof.premises), ""),
            name=named,
            category=category,
            **_AGREEING[len({source for source, _release in pairs}) > 1],
        )

    def phrase(self, key: str, name: str) -> str:
        """A phrase about one thing alone: a claim that no assertion could be made of, or what was
        said before."""
        return PHRASES[self.lang][key].format(name=name)
