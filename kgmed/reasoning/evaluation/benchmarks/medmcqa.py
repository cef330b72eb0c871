"""MedMCQA: questions of Indian entrance exams, with four options.

JSON Lines: ``question``, ``opa`` to ``opd``, ``cop`` (the right option, from 1; from 0 in the
copies of the Hugging Face hub), ``subject_name``, ``topic_name``, ``choice_type``, ``exp``;
https://github.com/medmcqa/medmcqa. The test part has no ``cop``, or -1: such questions are counted
and left out. ``choice_type`` "multi" doesn't mean that several options are right.
"""

from __future__ import annotations

from collections.abc import Iterator

from kgmed.kg.qa import qa_items
from kgmed.reasoning.evaluation.benchmarks.format import Format, Given, Pairs, has, item_of
from kgmed.reasoning.evaluation.model import Item

UNANSWERED = "without an answer"


def _read(given: Given) -> Iterator[Item]:
    pairs: Pairs = []
    for id, record in given.every():
        if record.get("cop") in (None, -1, "", "-1"):
            given.notes[UNANSWERED] += 1
        else:
            cop = record["cop"]
            whole = isinstance(cop, str) and cop.isdigit()
            pairs.append((id, {**record, "cop": int(cop)} if whole else record))
    for (_id, record), qa in zip(pairs, qa_items(given.where, pairs), strict=True):
        about = {"subject": record.get("subject_name"), "topic": record.get("topic_name"),
                 "choice": record.get("choice_type")}  # fmt: skip
        yield item_of("medmcqa", qa, about=about)


FORMAT = Format(
    "medmcqa",
    "MedMCQA",
    "https://github.com/medmcqa/medmcqa",
    "MIT (questions: Apache-2.0 on the Hugging Face hub)",
    "dev.json",
    ("dev.json", "data/dev.json"),
    has("question", "opa", "opb"),
    _read,
)
