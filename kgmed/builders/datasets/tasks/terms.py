"""Terms: which concept a name stands for, and what it is called in the other language."""

from __future__ import annotations

from collections.abc import Iterator

from kgmed.builders.datasets.model import Block, Draft, Entity, Fact
from kgmed.builders.datasets.tasks.context import Context
from kgmed.builders.datasets.tasks.teller import Teller, chunks
from kgmed.builders.datasets.tasks.told import told
from kgmed.kg.errors import UsageError
from kgmed.kg.linking.normalize import key as normalized
from kgmed.kg.model import Language, Name
from kgmed.kg.predicates import fill

SYNONYMS = 4
"""Further names of an entity that are asked about."""
_LINK: dict[Language, tuple[str, ...]] = {
    "en": (
        "Which concept does the {kind} “{term}” stand for? Give its identifier.",
        "Link the {kind} “{term}” to a concept.",
        "What is “{term}”? Give the preferred name and the identifier.",
    ),
    "zh": (
        "{kind}“{term}”指的是哪个概念？请给出其标识符。",
        "请将{kind}“{term}”链接到相应概念。",
        "“{term}”是什么？请给出首选名称和标识符。",
    ),
}
_LINKED: dict[Language, str] = {
    "en": "“{term}” is a {kind} of {name} ({id}){category}.",
    "zh": "“{term}”是{name}（{id}）的{kind}{category}。",
}
_PREFERRED: dict[Language, str] = {
    "en": "“{term}” is the preferred name of {id}{category}.",
    "zh": "“{term}”是{id}的首选名称{category}。",
}
_KINDS: dict[str, dict[Language, str]] = {
    "preferred": {"en": "term", "zh": "术语"},
    "synonym": {"en": "synonym", "zh": "同义词"},
    "brand": {"en": "brand name", "zh": "商品名"},
    "abbreviation": {"en": "abbreviation", "zh": "缩写"},
}
_MENTIONS: dict[Language, tuple[str, ...]] = {
    "en": (
        "Find the medical concepts in this sentence and give their identifiers: {text}",
        "Which concepts are mentioned here, and what are their identifiers? {text}",
    ),
    "zh": (
        "请找出下面句子中的医学概念并给出标识符：{text}",
        "下面这句话提到了哪些概念？请给出标识符。{text}",
    ),
}
_MENTIONED: dict[Language, str] = {
    "en": "{a}: {ida}\n{b}: {idb}",
    "zh": "{a}：{ida}\n{b}：{idb}",
}
_TERM: dict[Language, tuple[str, ...]] = {
    "en": (
        "What is the Chinese term for “{term}”?",
        "Translate the medical term “{term}” into Chinese.",
        "What is “{term}” called in Chinese?",
    ),
    "zh": (
        "“{term}”的英文是什么？",
        "请将医学术语“{term}”译成英文。",
        "“{term}”用英文怎么说？",
    ),
}
_BACK: dict[Language, tuple[str, ...]] = {
    "en": (
        "What is the English term for “{term}”?",
        "Translate the medical term “{term}” into English.",
    ),
    "zh": ("“{term}”的中文名称是什么？", "请将医学术语“{term}”译成中文。"),
}
_SENTENCE: dict[Language, tuple[str, ...]] = {
    "en": ("Translate into Chinese: {text}", "How would you say this in Chinese? {text}"),
    "zh": ("请译成英文：{text}", "请将下面这句话译成英文：{text}"),
}
_IS: dict[Language, str] = {
    "en": "“{term}” is “{other}” in {language}.",
    "zh": "“{term}”的{language}是“{other}”。",
}
_LANGUAGES: dict[Language, dict[Language, str]] = {
    "en": {"en": "English", "zh": "Chinese"},
    "zh": {"en": "英文", "zh": "中文"},
}
_OTHER: dict[Language, Language] = {"en": "zh", "zh": "en"}


def link(block: Block, lang: Language, context: Context) -> Iterator[Draft]:
    """The names of each entity, and the concepts of sentences made of facts.

    A name that several concepts have is left out, and so is one that only differs from the
    preferred name in case or inflection.
    """
    if context.names is None or context.store is None:
        raise UsageError("term linking needs all names and a graph: found none in the context.")
    teller = Teller(block, lang, context)
    lexicon = context.store.lexicon
    for some in chunks(block.entities):
        named = [entity for entity in some if teller.name(entity.id)]
        every = context.names([entity.id for entity in named])
        rows = [
            (entity, name)
            for entity, names in zip(named, every, strict=True)
            for name in _chosen(teller, entity, names)
        ]
        meant = lexicon.exact([normalized(name.text) for _entity, name in rows])
        for (entity, name), found in zip(rows, meant, strict=True):
            if {id for id, _name in found} <= {entity.id}:
                yield _linked(teller, entity, name)
    for fact in told(teller, chosen=lambda said: teller.number("mention", said) % 4 == 0):
        yield _mentioned(teller, fact)


def _chosen(teller: Teller, entity: Entity, names: list[Name]) -> list[Name]:
    own = [name for name in names if name.language == teller.lang and len(name.text) > 1]
    preferred = teller.name(entity.id)
    others = {
        normalized(n.text): n
        for n in own
        if normalized(n.text) not in ("", normalized(preferred)) and n.kind != "preferred"
    }
    chosen = teller.some_of(list(others.values()), SYNONYMS, "names", entity.id)
    if not teller.number("preferred", entity.id) % 2:
        chosen.append(Name(preferred, teller.lang, "preferred", ""))
    return chosen


def _linked(teller: Teller, entity: Entity, name: Name) -> Draft:
    lang = teller.lang
    wording = teller.number("link", entity.id, name.text)
    kind = _KINDS[name.kind][lang]
    answer = _PREFERRED[lang] if name.kind == "preferred" else _LINKED[lang]
    if lang == "en":
        answer = answer.replace("is a {kind}", f"is {_a(kind)}")
    what = teller.category(entity)
    told = (f"，属于{what}" if lang == "zh" else f", {_a(what)}") if what else ""
    asks = _LINK[lang]
    texts = [asks[wording % len(asks)], answer]
    question, answer = (
        text.replace("{kind}", kind)
        .replace("{category}", told)
        .replace("{id}", entity.id)
        .replace("{name}", teller.name(entity.id))
        .replace("{term}", name.text)
        for text in texts
    )
    messages = (("user", question), ("assistant", answer))
    return Draft(
        "term_linking", lang, messages, (), wording % len(asks), about=(entity.id,),
        key=f"{entity.id} {name.text}", extra={"kind": name.kind},
    )  # fmt: skip


def _a(noun: str) -> str:
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"


def _mentioned(teller: Teller, fact: Fact) -> Draft:
    lang = teller.lang
    wording = teller.number("mentions", fact.ids[0])
    text = teller.sentence(fact, wording=wording >> 4)
    asks = _MENTIONS[lang]
    answer = _MENTIONED[lang]
    for slot, id in (("a", fact.subject), ("b", fact.object)):
        answer = answer.replace("{id" + slot + "}", id)
    answer = fill(
        answer.replace("{a}", "{s}").replace("{b}", "{o}"),
        s=teller.name(fact.subject), o=teller.name(fact.object),
    )  # fmt: skip
    messages = (("user", asks[wording % len(asks)].replace("{text}", text)), ("assistant", answer))
    return Draft(
        "term_linking", lang, messages, (fact,), wording % len(asks), extra={"kind": "sentence"}
    )


def translate(block: Block, lang: Language, context: Context) -> Iterator[Draft]:
    """Terms both ways between English and Chinese, asked in ``lang``; and sentences out of it."""
    teller, other = Teller(block, lang, context), Teller(block, _OTHER[lang], context)
    for entity in block.entities:
        mine, its = teller.name(entity.id), other.name(entity.id)
        if mine and its and mine.casefold() != its.casefold():
            yield _term(teller, entity, (mine, its), _OTHER[lang])
            yield _term(teller, entity, (its, mine), lang)
    for fact in told(teller, other, chosen=lambda said: teller.number("translate", said) % 2 == 0):
        yield _sentence(teller, other, fact)


def _term(teller: Teller, entity: Entity, pair: tuple[str, str], into: Language) -> Draft:
    """A question for what the first of a pair of names is called in a language."""
    lang, (term, found) = teller.lang, pair
    asks = _BACK[lang] if into == lang else _TERM[lang]
    wording = teller.number("term", entity.id, term, into)
    answer = _IS[lang].replace("{language}", _LANGUAGES[lang][into])
    answer = answer.replace("{other}", found).replace("{term}", term)
    question = asks[wording % len(asks)].replace("{term}", term)
    return Draft(
        "translation", lang, (("user", question), ("assistant", answer)), (),
        wording % len(asks), about=(entity.id,), key=f"{entity.id} {into} {term}",
        extra={"kind": "term"},
    )  # fmt: skip


def _sentence(teller: Teller, other: Teller, fact: Fact) -> Draft:
    wording = teller.number("sentence", fact.ids[0])
    asks = _SENTENCE[teller.lang]
    text = teller.sentence(fact)
    question = asks[wording % len(asks)].replace("{text}", text)
    messages = (("user", question), ("assistant", other.sentence(fact)))
    return Draft(
        "translation", teller.lang, messages, (fact,), wording % len(asks),
        extra={"kind": "sentence"},
    )  # fmt: skip
