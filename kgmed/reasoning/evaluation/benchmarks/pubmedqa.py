"""PubMedQA: questions on an abstract without its conclusion, answered yes, no or maybe.

``ori_pqal.json``: {PMID: {QUESTION, CONTEXTS, LABELS, MESHES, YEAR, LONG_ANSWER, final_decision}},
of which ``test_ground_truth.json`` ({PMID: decision}) names the 500 of the official test split;
https://github.com/pubmedqa/pubmedqa. Where that file stands beside, its items alone are read, and
the others counted. An item's ``answer`` is the abstract's conclusion.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from kgmed.kg.errors import DataError
from kgmed.kg.qa import qa_items
from kgmed.kg.records import records
from kgmed.reasoning.evaluation.benchmarks.format import Format, Given, has, item_of
from kgmed.reasoning.evaluation.model import Item

TRUTH = "test_ground_truth.json"
OUTSIDE = "not in the official test split"
UNANSWERED = "without an answer"


def _read(given: Given) -> Iterator[Item]:
    pairs = given.every()
    tests = _tests(given, given.files[0].parent / TRUTH)
    kept = []
    for id, record in pairs:
        if tests and id not in tests:
            given.notes[OUTSIDE] += 1
        elif not record.get("final_decision"):
            given.notes[UNANSWERED] += 1
        else:
            kept.append((id, record))
    missing = set(tests) - {id for id, _record in pairs}
    if missing:
        raise DataError(
            f"{given.where}: found {len(pairs)} records, expected the {len(missing)} others that "
            f"{TRUTH} names ({min(missing)} ...). Is the download complete?"
        )
    for (id, record), qa in zip(kept, qa_items(given.where, kept), strict=True):
        decision = qa.answer.casefold()
        if tests and tests[id] != decision:
            raise DataError(
                f"{given.where}: found {decision!r} for {id}, and {tests[id]!r} in {TRUTH}."
                " Take both files of one release."
            )
        about = {"year": record.get("YEAR"), "split": "test" if tests else ""}
        item = item_of("pubmedqa", qa, kind="yes_no", about=about)
        yield replace(item, right=(decision,), answer=qa.explanation or qa.answer)


def _tests(given: Given, path: Path) -> dict[str, str]:
    """The decisions of the test split by PMID; {} where its file isn't there."""
    if not path.exists():
        return {}
    given.used.append(path)
    (whole,) = [record for _id, record in records(path)][:1] or [None]
    if not isinstance(whole, dict) or not all(isinstance(v, str) for v in whole.values()):
        raise DataError(f'{path}: expected {{"PMID": "yes", ...}}, as PubMedQA publishes it.')
    return {str(id): decision.casefold() for id, decision in whole.items()}


FORMAT = Format(
    "pubmedqa",
    "PubMedQA",
    "https://github.com/pubmedqa/pubmedqa",
    "MIT",
    "data/ori_pqal.json, with data/test_ground_truth.json beside it",
    ("ori_pqal.json", "data/ori_pqal.json"),
    has("QUESTION", "final_decision"),
    _read,
    (TRUTH,),
)
