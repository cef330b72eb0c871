"""The instruction tasks: what is made of the facts of a block, one short module each.

>>> sorted(TASKS)[:3]
['abstention', 'claim_verification', 'comparison']
>>> TASKS["relation_qa"].description
'what a predicate holds of an entity: complete, ordered answers'
"""

from kgmed.builders.datasets.tasks.abstain import abstain
from kgmed.builders.datasets.tasks.choice import choice
from kgmed.builders.datasets.tasks.claims import claims
from kgmed.builders.datasets.tasks.compare import compare
from kgmed.builders.datasets.tasks.context import (
    Context,
    TaskKind,
    context_of,
    read_block,
    read_entities,
)
from kgmed.builders.datasets.tasks.describe import describe
from kgmed.builders.datasets.tasks.dialogue import dialogue
from kgmed.builders.datasets.tasks.multihop import multihop
from kgmed.builders.datasets.tasks.relation import relation, reverse
from kgmed.builders.datasets.tasks.terms import link, translate
from kgmed.builders.datasets.tasks.yes_no import yes_no

_STORE = frozenset({"store"})
_VERDICTS = frozenset({"store", "verdicts"})

TASKS: dict[str, TaskKind] = {
    kind.name: kind
    for kind in (
        TaskKind("description", "what an entity is, and what is said of it", describe),
        TaskKind(
            "relation_qa",
            "what a predicate holds of an entity: complete, ordered answers",
            relation,
        ),
        TaskKind("reverse", "which entities a predicate holds of: from object to subject", reverse),
        TaskKind(
            "yes_no",
            "closed questions, half of them hard negatives; unlisted is never a no",
            yes_no,
            _VERDICTS,
        ),
        TaskKind(
            "multiple_choice",
            "one true option among three that the verifier finds unsupported",
            choice,
            _VERDICTS,
        ),
        TaskKind(
            "multi_hop",
            "questions over two steps or more, with the path as rationale",
            multihop,
            _STORE,
        ),
        TaskKind(
            "comparison", "what two entities share, and what is listed for one", compare, _STORE
        ),
        TaskKind(
            "dialogue",
            "two to five turns; the physician side asks for what is missing first",
            dialogue,
            _VERDICTS,
        ),
        TaskKind("abstention", "questions that no source answers, and saying so", abstain),
        TaskKind(
            "claim_verification", "a claim, its verdict and the proof in words", claims, _VERDICTS
        ),
        TaskKind(
            "term_linking",
            "a name, synonym, brand or abbreviation, or a sentence, to concepts and ids",
            link,
            frozenset({"store", "names"}),
        ),
        TaskKind("translation", "terms and sentences between English and Chinese", translate),
    )
}
"""Name -> task."""

__all__ = ["TASKS", "Context", "TaskKind", "context_of", "read_block", "read_entities"]
