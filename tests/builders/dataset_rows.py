"""Rows of the open graph for tests of the instruction tasks, and what their texts say when read."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from kgmed.builders.datasets.model import Block, Draft
from kgmed.builders.datasets.tasks import TASKS, Context, context_of, read_block
from kgmed.facade import Graph
from kgmed.facade.judging import Verdicts
from kgmed.kg.linking.normalize import key
from kgmed.kg.model import Language
from kgmed.kg.predicates import registry
from kgmed.reasoning.claims.model import Checked

KNOWN = (
    "drugbank:DB00682",  # warfarin
    "drugbank:DB00331",  # metformin
    "drugbank:DB00945",  # acetylsalicylic acid
    "drugbank:DB01118",  # amiodarone
    "drugbank:DB00758",  # clopidogrel
    "umls:C0020538",  # hypertension
)


def context_for(graph: Graph, *, seed: int = 0) -> Context:
    return context_of(graph.store, registry(), verdicts=Verdicts(graph.store), seed=seed)


def block_of(graph: Graph, *, some: int, seed: int = 1) -> Block:
    """The known concepts and some others, half of them with Chinese names."""
    store = graph.store
    ends = sorted({end for s in store.scan() for end in (s.subject, s.object) if end})
    chance = random.Random(seed)
    chosen = chance.sample(ends, 4 * some)
    named = [c.id for c in store.concepts(chosen) if c is not None and "zh" in c.names]
    ids = {*KNOWN, *named[: some // 2], *chosen[: some - some // 2]}
    return read_block(store, sorted(ids))


def rows(graph: Graph, block: Block, task: str, lang: Language, *, seed: int = 0) -> list[Draft]:
    return list(TASKS[task].make(block, lang, context_for(graph, seed=seed)))


def answer(draft: Draft) -> str:
    return "\n".join(text for role, text in draft.messages if role == "assistant")


def question(draft: Draft) -> str:
    return next(text for role, text in draft.messages if role == "user")


@dataclass(frozen=True, slots=True)
class Read:
    """A claim that a row's answer makes when it is read, and whether the row bears it out."""

    draft: Draft
    checked: Checked
    agrees: bool
    homonym: bool


def read_back(graph: Graph, drafts: Sequence[Draft], lang: Language) -> Iterator[Read]:
    """What the verifier finds in the answers alone.

    A claim agrees if the graph supports it by one of the row's statements; or, denied or told as
    unlisted, if the graph doesn't support what the row calls unlisted. A ``homonym`` is a claim
    about a name that several concepts of the graph have.
    """
    store = graph.store
    for draft in drafts:
        mine = {id for fact in draft.facts for id in fact.ids}
        stated = {(fact.subject, fact.predicate, fact.object) for fact in draft.facts}
        for checked in graph.verify(answer(draft), lang=lang).claims:
            claim = checked.claim
            proof = {s.id for s in checked.proof.statements} if checked.proof else set()
            ends = set(claim.triple[::2])
            told_false = bool(ends & set(draft.about)) or " ".join(claim.triple) == draft.key
            if checked.verdict == "SUPPORTED":
                agrees = bool(proof & mine) or claim.triple in stated
            else:
                agrees = told_false or claim.negated
            texts = [e.text if not isinstance(e, str) else e for e in (claim.subject, claim.object)]
            meant = store.lexicon.exact([key(text) for text in texts])
            homonym = any(len({id for id, _name in found}) > 1 for found in meant)
            yield Read(draft, checked, agrees, homonym)
