"""Claim verification: a claim, and its verdict with the proof in words."""

from __future__ import annotations

from collections.abc import Iterator

from kgmed.builders.datasets.model import Block, Draft, Fact
from kgmed.builders.datasets.negatives import Negative
from kgmed.builders.datasets.negatives.model import told_of
from kgmed.builders.datasets.tasks import sources
from kgmed.builders.datasets.tasks.context import Context
from kgmed.builders.datasets.tasks.hard import Pair, facts, pairs
from kgmed.builders.datasets.tasks.teller import Teller
from kgmed.kg.model import Language

WANTED = ("REFUTED", "UNSUPPORTED", "NOT_COVERED")
_ASKS: dict[Language, tuple[str, ...]] = {
    "en": (
        "Verify this claim against the knowledge graph: {claim}",
        "Is this claim supported, refuted, unsupported or not covered? {claim}",
        "Check the following statement and give the proof. {claim}",
        "Fact-check: {claim}",
    ),
    "zh": (
        "请根据知识图谱核查以下说法：{claim}",
        "以下说法是被支持、被反驳、缺乏支持，还是未被覆盖？{claim}",
        "请核实下面的陈述并给出依据：{claim}",
        "事实核查：{claim}",
    ),
}
_SAYS: dict[str, dict[Language, str]] = {
    "SUPPORTED": {
        "en": "SUPPORTED. {source} states: {true}",
        "zh": "支持。{source}有此记载：{true}",
    },
    "DENIED": {
        "en": "REFUTED. {source} states the opposite: {true}",
        "zh": "反驳。{source}的记载与此相反：{true}",
    },
    "excluded": {
        "en": "REFUTED. {source} states: {true} The two exclude each other.",
        "zh": "反驳。{source}的记载是：{true}二者互相排斥。",
    },
    "reversed": {
        "en": "REFUTED. The direction is reversed; {source} states: {true}",
        "zh": "反驳。方向颠倒，{source}的记载是：{true}",
    },
    "REFUTED": {
        "en": "REFUTED. The claim joins kinds of things that the relation cannot join. {source} "
        "states: {true}",
        "zh": "反驳。该说法中两者的类别不可能有这种关系。{source}的记载是：{true}",
    },
    "UNSUPPORTED": {
        "en": "UNSUPPORTED. The graph covers both, but {silent} {has} no statement of this; that "
        "does not prove it false. The nearest statement is: {true}",
        "zh": "缺乏支持。图谱涵盖了两者，但{silent}没有这一记载；这并不证明其为假。"
        "最接近的记载是：{true}",
    },
    "NOT_COVERED": {
        "en": "NOT_COVERED. No source here covers both of them in this relation, so nothing can be "
        "concluded about the claim. A statement that exists is: {true}",
        "zh": "未覆盖。这里没有来源在这一关系上同时涵盖两者，因此无法对该说法下结论。"
        "现有的相关记载是：{true}",
    },
}
_MORE: dict[str, dict[Language, tuple[str, ...]]] = {
    "SUPPORTED": {
        "en": (
            "SUPPORTED. This is what {source} states: {true}",
            "SUPPORTED, on the ground of {source}. {true}",
        ),
        "zh": ("支持。依据来自{source}：{true}", "支持，{source}中写明：{true}"),
    },
    "UNSUPPORTED": {
        "en": (
            "UNSUPPORTED. Both are known to the graph, yet {silent} {has} nothing that says so, "
            "which leaves the claim open. What comes closest: {true}",
            "UNSUPPORTED. Nothing in {silent} bears the claim out; it may still be true. Stated "
            "instead is this: {true}",
        ),
        "zh": (
            "缺乏支持。两者图谱都有收录，可{silent}中找不到这样的说法，真伪尚不能定。"
            "与之最近的一条是：{true}",
            "缺乏支持。{silent}里没有任何一条能印证它，但它仍有可能成立。有记录的是：{true}",
        ),
    },
    "NOT_COVERED": {
        "en": (
            "NOT_COVERED. No source here speaks of the two in this respect, and so the "
            "claim can be neither upheld nor rejected. What one of them does state: {true}",
        ),
        "zh": (
            "未覆盖。就这一关系而言，这里的来源都没有同时谈到这两者，所以既不能认可也不能否定。"
            "能找到的相关内容是：{true}",
        ),
    },
}
"""Further ways to say a verdict."""
_VERDICT_OF = {"DENIED": "REFUTED", "excluded": "REFUTED", "reversed": "REFUTED"}


def claims(block: Block, lang: Language, context: Context) -> Iterator[Draft]:
    """One claim per fact: as it is stated, denied, or changed in one place."""
    teller = Teller(block, lang, context)
    told = [
        (fact, teller.number("claim", fact.ids[0]))
        for fact in facts(block)
        if teller.tellable(fact)
    ]
    changed = [fact for fact, chance in told if chance % 5 in (2, 3, 4)]
    false = pairs(teller, changed, task="claims", wanted=WANTED)
    following: Pair | None = next(false, None)
    for fact, chance in told:
        negative = None
        if following is not None and following.fact is fact:
            negative, following = following.false, next(false, None)
        if chance % 5 == 0:
            text = teller.sentence(_bare(fact), wording=chance >> 8, of=_end(fact, chance >> 4))
            yield _draft(teller, "SUPPORTED", text, fact, chance)
        elif chance % 5 == 1:
            text = teller.say.claim(
                fact.subject, fact.predicate, fact.object, teller.name, lang=lang,
                negated=True, wording=chance >> 8,
            )  # fmt: skip
            yield _draft(teller, "DENIED", text, fact, chance)
        elif negative is not None:
            yield from _false(teller, fact, negative, chance)
        else:
            text = teller.sentence(_bare(fact), wording=chance >> 8)
            yield _draft(teller, "SUPPORTED", text, fact, chance)


def _bare(fact: Fact) -> Fact:
    """A fact without its qualifiers: what the claim says is less than what the source says."""
    return Fact(fact.ids, fact.subject, fact.predicate, fact.object, fact.sources, fact.licences)


def _end(fact: Fact, chance: int) -> str:
    return fact.object if chance & 1 else fact.subject


def _false(teller: Teller, fact: Fact, negative: Negative, chance: int) -> Iterator[Draft]:
    claim = negative.claim
    ends = teller.name(claim.subject), teller.name(claim.object)
    if not all(ends) or ends[0].casefold() == ends[1].casefold():
        return
    text = teller.say.claim(
        claim.subject, claim.predicate, claim.object, teller.name, lang=teller.lang,
        wording=chance >> 8,
    )  # fmt: skip
    kind = negative.verdict
    if kind == "REFUTED" and negative.kind == "excluded_predicate":
        kind = "excluded"
    elif kind == "REFUTED" and negative.kind == "swapped":
        kind = "reversed"
    about = tuple(sorted({claim.subject, claim.object} - {fact.subject, fact.object}))
    yield _draft(teller, kind, text, fact, chance, negative=negative, about=about)


def _draft(
    teller: Teller,
    kind: str,
    text: str,
    fact: Fact,
    chance: int,
    *,
    negative: Negative | None = None,
    about: tuple[str, ...] = (),
) -> Draft:
    lang, context = teller.lang, teller.context
    wording = (chance >> 12) % len(_ASKS[lang])
    who = context.sources(fact.predicate, teller.categories(fact.subject))
    many = len(who) > 1
    says = (_SAYS[kind][lang], *_MORE.get(kind, {}).get(lang, ()))
    answer = (
        says[(chance >> 20) % len(says)]
        .replace("{source}", teller.opening(sources.stating([fact], context, lang)))
        .replace("{silent}", sources.silent(who, lang))
        .replace("{has}", "have" if many else "has")
        .replace("{true}", teller.sentence(fact))
    )
    if len(fact.sources) > 1 and lang == "en":
        answer = answer.replace(" states:", " state:").replace(" states the", " state the")
    messages = (("user", _ASKS[lang][wording].replace("{claim}", text)), ("assistant", answer))
    verdict = _VERDICT_OF.get(kind, kind)
    extra = {"verdict": verdict}
    key = kind
    if negative is not None:
        claim = negative.claim
        extra["negative"] = negative.kind
        key = " ".join((claim.subject, claim.predicate, claim.object))
    return Draft(
        "claim_verification", lang, messages, (fact,), wording, about=about, key=key, extra=extra,
        plausible=told_of(negative),
    )  # fmt: skip
