"""Abstentions: a fair question that the graph has no answer to, and how to say so.

Asked of a thing are only predicates that a source states of other things of its category. Salts,
forms and products are left out, because what is said of their parent drug or ingredients may hold
of them; so are groups, because their members may have what is asked for; and what shares its name
with another concept.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from kgmed.builders.datasets.model import Block, Draft, Entity
from kgmed.builders.datasets.tasks import sources
from kgmed.builders.datasets.tasks.context import Context
from kgmed.builders.datasets.tasks.questions import Asked, asked, say
from kgmed.builders.datasets.tasks.teller import Teller, chunks
from kgmed.kg.model import Language

PER_ENTITY = 2
ENOUGH = 100
"""Statements of a predicate about things of a category, for its absence to be worth a row."""
_ASKED: dict[str, tuple[tuple[str, bool], ...]] = {
    "Drug": (
        ("interacts_with", False), ("treats", False), ("contraindicated_in", False),
        ("has_adverse_effect", False), ("has_mechanism_of_action", False), ("inhibits", False),
        ("has_metabolite", False), ("in_drug_class", False), ("has_physiologic_effect", False),
        ("has_active_ingredient", True),
    ),
    "Disease": (
        ("has_symptom", False), ("treats", True), ("causes", True), ("located_in", False),
        ("has_phenotype", False), ("prevents", True), ("contraindicated_in", True),
    ),
    "PhenotypicFeature": (("has_symptom", True), ("treats", True), ("causes", True)),
    "Gene": (("inhibits", True), ("agonist_of", True), ("antagonist_of", True)),
    "Protein": (("decreases_activity_of", True), ("participates_in", False)),
    "OrganismTaxon": (("causes", False),),
}  # fmt: skip
_BELONGS_ELSEWHERE = ("form_of", "has_active_ingredient", "has_ingredient")
_GROUPS = ("subclass_of", "in_drug_class", "form_of", "has_role")
_SAYS: dict[Language, tuple[str, ...]] = {
    "en": (
        "Not listed: {sources} {has} nothing on the {things}. This is not evidence that there "
        "are none.",
        "I cannot answer that from the graph. The {things} are not listed in {sources}, and what "
        "is not listed may still exist.",
        "{sources} {does} not list any {things}. Absence from these data is not evidence of "
        "absence; another source is needed.",
    ),
    "zh": (
        "未收录：{sources}中没有关于{things}的记载。这不能证明其不存在。",
        "根据知识图谱无法回答。{sources}未收录{things}，而未收录并不等于没有。",
        "{sources}没有列出{things}。数据中没有记载不能作为不存在的证据，需要查阅其他来源。",
    ),
}


_Stated = tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]
"""The predicates that an entity is the subject and the object of, and its categories."""


def abstain(block: Block, lang: Language, context: Context) -> Iterator[Draft]:
    """Up to two questions per entity that nothing in the graph answers."""
    teller = Teller(block, lang, context)
    known: dict[_Stated, list[tuple[str, bool, Asked]]] = {}
    for some in chunks(block.entities):
        plans: list[tuple[Entity, list[tuple[str, bool, Asked]]]] = []
        for entity in some:
            stated = tuple(entity.said), tuple(entity.of), entity.categories
            open_ = known.get(stated)
            if open_ is None:
                open_ = known[stated] = list(_questions(*stated, teller))
            if open_ and _askable(teller.name(entity.id)):
                plans.append((entity, open_))
        alone = teller.alone(entity.id for entity, _open in plans)
        for entity, open_ in plans:
            if entity.id in alone:
                yield from _asked(teller, entity, open_)


def _askable(name: str) -> bool:
    """Whether a thing may be asked about by its name: one that is turned round for an index
    ("hypertension, essential, 8") is nobody's question."""
    return bool(name) and ", " not in name


def _asked(teller: Teller, entity: Entity, open_: list[tuple[str, bool, Asked]]) -> Iterator[Draft]:
    for predicate, inverse, words in teller.some_of(open_, PER_ENTITY, "abstain", entity.id):
        yield _draft(teller, entity, predicate, words, inverse=inverse)


def _questions(
    stated: tuple[str, ...], stated_of: tuple[str, ...], categories: tuple[str, ...], teller: Teller
) -> Iterator[tuple[str, bool, Asked]]:
    """What isn't stated of an entity, nor of what belongs to it: by the predicates that are."""
    if any(p in stated for p in _BELONGS_ELSEWHERE) or any(p in stated_of for p in _GROUPS):
        return
    said, of = _implied(teller, stated), _implied(teller, stated_of)
    for category in categories:
        for predicate, inverse in _ASKED.get(category, ()):
            entry = teller.registry.get(predicate)
            symmetric = entry is not None and entry.symmetric
            if predicate in (of if inverse else said) or (symmetric and predicate in of):
                continue
            words = asked(predicate, teller.lang, inverse=inverse)
            count = teller.context.counted.get((predicate, "^" * inverse + category), 0)
            if words is not None and count >= ENOUGH:
                yield predicate, inverse, words


def _implied(teller: Teller, predicates: Sequence[str]) -> set[str]:
    """Predicates that are stated, and those that they imply or are implied by."""
    found: set[str] = set()
    for predicate in predicates:
        found.update(teller.registry.ancestors(predicate), teller.registry.descendants(predicate))
    return found


def _draft(teller: Teller, entity: Entity, predicate: str, words: Asked, *, inverse: bool) -> Draft:
    lang, name = teller.lang, teller.name(entity.id)
    chance = teller.number("abstain", entity.id, predicate)
    wording = chance % len(words.asks)
    who = teller.context.sources(predicate, entity.categories, inverse=inverse)
    many = len(who) > 1
    answer = (
        _SAYS[lang][(chance >> 8) % len(_SAYS[lang])]
        .replace("{sources}", sources.silent(who, lang))
        .replace("{has}", "have" if many else "has")
        .replace("{does}", "do" if many else "does")
        .replace("{things}", say(words.things, name, lang))
    )
    messages = (("user", say(words.asks[wording], name, lang)), ("assistant", answer))
    return Draft(
        "abstention", lang, messages, (), wording, about=(entity.id,),
        key=f"{entity.id} {'^' if inverse else ''}{predicate}", extra={"reason": "no_evidence"},
    )  # fmt: skip
