"""MIRAGE: five benchmarks in one file, for retrieval-augmented generation, without contexts.

``benchmark.json``: {set: {id: {question, options, answer (letter)}}} with the sets medqa, medmcqa,
pubmedqa, bioasq and mmlu; https://github.com/Teddy-XiongGZ/MIRAGE. The options of pubmedqa and
bioasq are yes, no and maybe: they become yes_no items.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from kgmed.kg.qa import qa_items
from kgmed.reasoning.evaluation.benchmarks.format import Format, Given, Record, item_of
from kgmed.reasoning.evaluation.model import Item

SETS = ("medqa", "medmcqa", "pubmedqa", "bioasq", "mmlu")


def _read(given: Given) -> Iterator[Item]:
    for name, questions in given.every():
        for qa in qa_items(f"{given.where} set {name}", questions.items()):
            subject = qa.id.rpartition("-")[0] if name == "mmlu" else ""
            about = {"set": name, "subject": subject}
            yield item_of("mirage", qa, id=f"{name}/{qa.id}", about=about)


def _fits(sample: Sequence[tuple[str, Record]]) -> bool:
    return bool(sample) and all(
        name in SETS and all(isinstance(each, dict) for each in questions.values())
        for name, questions in sample
    )


FORMAT = Format(
    "mirage",
    "MIRAGE",
    "https://github.com/Teddy-XiongGZ/MIRAGE",
    "that of its five benchmarks",
    "benchmark.json",
    ("benchmark.json",),
    _fits,
    _read,
)
