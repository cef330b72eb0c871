"""Labelled sentences, read by models that are right, careless or inventive: what of it is kept."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from scripted import Scripted, answer, claim

from kgmed.facade import Graph
from kgmed.kg.linking.link import Link
from kgmed.kg.linking.linker import Linker
from kgmed.kg.predicates import registry
from kgmed.reasoning.claims.decompose import Decomposer

DATA = Path(__file__).parents[1] / "data"
EVERY = 5
"""One sentence of so many is read, to save time."""
Reader = Callable[[str, dict[str, Any]], dict[str, Any]]


def rows() -> Iterator[dict[str, Any]]:
    for name in ("claims_en.jsonl", "claims_zh.jsonl"):
        lines = (DATA / name).read_text("utf-8").splitlines()
        yield from (json.loads(line) for line in lines[::EVERY])


def right(text: str, label: dict[str, Any]) -> dict[str, Any]:
    return claim(text, label["subject_text"], label["predicate"], label["object_text"],
                 negated=label["negated"])  # fmt: skip


def careless(text: str, label: dict[str, Any]) -> dict[str, Any]:
    """Takes what is denied for stated, and the other way round."""
    return right(text, {**label, "negated": not label["negated"]})


def inventive(text: str, label: dict[str, Any]) -> dict[str, Any]:
    """Names something that the sentence doesn't, which the graph holds."""
    return right(text, {**label, "object_text": "hydroxychloroquine" if "A" <= text[0] <= "z"
                        else "羟氯喹"})  # fmt: skip


@pytest.fixture(scope="module")
def linker(graph: Graph) -> Linker:
    return Linker(graph.store)


def kept(reader: Reader, linker: Linker) -> tuple[int, int, Counter[str]]:
    """Claims that were labelled, that are kept as labelled (ends that no concept has aside), and
    why the others aren't."""
    labelled = same = 0
    reasons: Counter[str] = Counter()
    model = Scripted("")
    decomposer = Decomposer(model)
    for row in rows():
        text = row["text"]
        model.answers = [answer(*(reader(text, label) for label in row["claims"]))]
        claims, skipped = decomposer(text, linker, registry())
        found = Counter(
            (one.predicate, one.subject.text.casefold(), one.object.text.casefold())
            for one in claims
            if isinstance(one.subject, Link) and isinstance(one.object, Link)
        )
        wanted = Counter(
            (one["predicate"], one["subject_text"].casefold(), one["object_text"].casefold())
            for one in row["claims"]
        )
        labelled += wanted.total()
        same += (wanted & found).total() if reader is not inventive else found.total()
        reasons.update(one.reason for one in skipped if one.claimed)
    return labelled, same, reasons


def test_what_a_right_reader_says_is_kept(linker: Linker) -> None:
    labelled, same, reasons = kept(right, linker)
    assert labelled > 150
    assert same >= 0.97 * labelled, reasons


def test_what_a_careless_reader_says_is_not(linker: Linker) -> None:
    labelled, same, reasons = kept(careless, linker)
    assert same <= 0.01 * labelled, reasons


def test_what_an_inventive_reader_says_is_not(linker: Linker) -> None:
    labelled, same, reasons = kept(inventive, linker)
    assert same <= 0.01 * labelled, reasons
    assert reasons["name not in the text"] >= 0.97 * labelled
