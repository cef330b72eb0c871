"""Measures a model: the same held-out questions with nothing, with passages, with the graph, and
with the graph and verification; detectors over held-out claims; what samples and trees cost."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kgmed.facade import Graph
from kgmed.reasoning.evaluation.comparison.compare import compare
from kgmed.reasoning.evaluation.comparison.page import page
from kgmed.reasoning.evaluation.comparison.tables import headline, tables
from kgmed.reasoning.evaluation.measures.accuracy import graded
from kgmed.reasoning.evaluation.runs import read_runs
from kgmed.reasoning.lm.connect import LanguageModel
from kgmed.reasoning.pages.formats import markdown

METHODS = ("closed", "rag", "graph", "verified")
DETECTORS = ("verifier", "judge", "evidence-judge", "chain-of-verification", "sample-agreement")
SLOW = ("graph-cot", "graph-sc", "graph-tot")
"""Methods that are timed one question at a time, the first as what the others are held against."""
ONE_BY_ONE = "one-by-one"
SAMPLES, VOTES = 3, 5
"""Samples of the sampling detector, and of self-consistency."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What is measured: held-out ``questions`` and ``claims`` of the exported ``dataset``, so many
    ``timed`` questions of the slow methods, with ``budget`` tokens of evidence."""

    dataset: Path
    questions: int
    claims: int
    timed: int
    budget: int
    seed: int = 0


def measure(
    graph: Graph, model: LanguageModel, out: Path, asked: Asked, *, concurrency: int
) -> dict[str, Any]:
    """Run methods and detectors into folders of ``out``; how fast they were, what share of the
    answers is right or has a refuted claim, and what an answer of the slow methods takes."""
    same: dict[str, Any] = {"lm": model, "budget": asked.budget, "seed": asked.seed}
    begun, before = time.monotonic(), model.usage.as_dict()
    for methods, sample in ((METHODS, asked.questions), (DETECTORS, asked.claims)):
        graph.evaluate(
            asked.dataset, out, methods=methods, sample=sample, samples=SAMPLES,
            concurrency=concurrency, **same,
        )  # fmt: skip
    spent = time.monotonic() - begun
    used = {name: n - before[name] for name, n in model.usage.as_dict().items()}
    graph.evaluate(
        asked.dataset, out / ONE_BY_ONE, methods=SLOW, sample=asked.timed, samples=VOTES,
        concurrency=1, **same,
    )  # fmt: skip
    return {
        "calls": used["calls"], "seconds": round(spent, 1),
        "prompt_tokens_s": round(used["prompt_tokens"] / spent),
        "completion_tokens_s": round(used["completion_tokens"] / spent, 1),
        "answers": {name: answers(out / name) for name in METHODS},
        "one_by_one_ms": {name: _median_ms(out / ONE_BY_ONE / name) for name in SLOW},
    }  # fmt: skip


def compared(out: Path) -> str:
    """The tables of methods and of detectors in Markdown; a page of each is written beside them."""
    parts = []
    for name, methods in (("methods", METHODS), ("detectors", DETECTORS)):
        found = compare(read_runs([out / method for method in methods]))
        (out / f"{name}.html").write_text(page(found), encoding="utf-8")
        parts.append(markdown(tables(found), found.notes, head=headline(found)))
    return "\n".join(parts)


def answers(run: Path) -> dict[str, dict[str, int]]:
    """Of a run, by language: items, how many were answered and how many of all are right; of the
    answers, how many have a claim that the graph refutes, and how many one that it covers and
    doesn't bear out."""
    found = {}
    records = _records(run)
    for lang in sorted({str(one["lang"]) for one in records}):
        own = [one for one in records if one["lang"] == lang]
        said = [one for one in own if not one["abstained"]]
        found[lang] = {
            "items": len(own), "answered": len(said),
            "right": sum(one["correct"] is True for one in graded(own)),
            "refuted": sum(bool(one["claims"].get("REFUTED")) for one in said),
            "unsupported": sum(bool(one["claims"].get("UNSUPPORTED")) for one in said),
        }  # fmt: skip
    return found


def answer_table(found: Mapping[str, Mapping[str, Mapping[str, int]]]) -> list[str]:
    """:func:`answers` of several methods as lines of a Markdown table."""
    lines = ["| method | language | right of all | answered | answers with a refuted claim | "
             "with an unsupported one |", "|---|---|---|---|---|---|"]  # fmt: skip
    for method, by_lang in found.items():
        for lang, n in by_lang.items():
            said = n["answered"] or 1
            lines.append(
                f"| {method} | {lang} | {n['right']}/{n['items']} ({n['right'] / n['items']:.1%}) "
                f"| {n['answered']} | {n['refuted']} ({n['refuted'] / said:.1%}) "
                f"| {n['unsupported']} ({n['unsupported'] / said:.1%}) |"
            )
    return lines


def _records(run: Path) -> Sequence[Mapping[str, Any]]:
    with (run / "records.jsonl").open(encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def _median_ms(run: Path) -> float:
    values = sorted(one["ms"] for one in _records(run))
    return round(values[len(values) // 2], 1)
