"""Judges the answers of runs: each by itself, and those of two runs against each other.

``marks.jsonl`` has a row a run and item that was answered, ``pairs.jsonl`` a row an item that both
of two runs answered. Rows are kept as they come; what was ended goes on.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from hashlib import sha256
from itertools import combinations
from pathlib import Path
from typing import Any

import dspy
import numpy as np

from kgmed.kg.errors import KgmedError, UsageError
from kgmed.reasoning.bulk import CONCURRENCY, Asked, Journal, Question, answer_all
from kgmed.reasoning.evaluation.judging.judges import MARKS, Marking, Preferring
from kgmed.reasoning.evaluation.judging.model import Judged, Marked, Preferred
from kgmed.reasoning.evaluation.measures.paired import holm, mcnemar
from kgmed.reasoning.evaluation.measures.resampling import STANDARD, Resampling, mean
from kgmed.reasoning.evaluation.runs import Record, Run, completed, key

MARKS_FILE, PAIRS_FILE = "marks.jsonl", "pairs.jsonl"
Tell = Callable[[str], None]


async def judge(
    runs: Sequence[Run],
    out: Path,
    modules: tuple[Marking, Preferring],
    model: Any,
    *,
    concurrency: int = CONCURRENCY,
    how: Resampling = STANDARD,
    tell: Tell = lambda _text: None,
) -> Judged:
    """Mark the answers of runs, and compare them pair by pair. ``model`` is what reaches the
    language model. Raises :class:`~kgmed.kg.errors.UsageError` where nothing was answered."""
    out.mkdir(parents=True, exist_ok=True)
    marking, preferring = modules
    answered = [_answered(run) for run in runs]
    if not any(answered):
        raise UsageError("Found no answer in these runs, expected some to judge.")
    told = {"model": model.name, "runs": [[run.name, run.digest, run.prompts] for run in runs]}

    async def mark(record: Record) -> dict[str, Any]:
        made = await marking.acall(record)
        return {"marks": made.marks, "reason": made.reason, "calls": made.calls}

    async def prefer(one: Record, other: Record) -> dict[str, Any]:
        made = await preferring.acall(one, other)
        return {"better": made.better, "swayed": made.swayed, "reason": made.reason,
                "calls": made.calls}  # fmt: skip

    alone = [
        ({"run": run.name, "id": record["id"]}, (record,))
        for run, mine in zip(runs, answered, strict=True)
        for record in mine.values()
    ]
    pairs = [
        ({"first": runs[a].name, "second": runs[b].name, "id": answered[a][item]["id"]},
         (answered[a][item], answered[b][item]))
        for a, b in combinations(range(len(runs)), 2)
        for item in answered[a] if item in answered[b]
    ]  # fmt: skip
    given = {"model": model, "concurrency": concurrency, "tell": tell}
    marks = await _asked(out / MARKS_FILE, alone, mark, told, **given)
    both = await _asked(out / PAIRS_FILE, pairs, prefer, told, **given)
    return Judged(
        model.name,
        tuple(_marked(run.name, [r for r in marks if r["run"] == run.name], how) for run in runs),
        _adjusted([_preferred(one.name, other.name, both) for one, other in combinations(runs, 2)]),
    )


async def _asked(
    path: Path, tasks: Sequence[tuple[dict[str, Any], tuple[Record, ...]]],
    ask: Callable[..., Any], told: Mapping[str, Any], *, model: Any, concurrency: int, tell: Tell,
) -> list[dict[str, Any]]:  # fmt: skip
    """A row for each task, in order; from the file where it is there for the same runs."""
    digest = sha256(json.dumps([path.name, told], sort_keys=True).encode()).hexdigest()[:32]
    if path.exists():
        rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        if [row.get("of") for row in rows] == [digest] * len(tasks):
            return rows
        raise UsageError(
            f"{path}: found the judgements of other runs or another model, expected a folder of "
            "its own for these."
        )
    if not tasks:
        return []

    async def one(question: Question) -> Asked:
        head, records = tasks[int(question.id)]
        with dspy.context(lm=model.lm), model.counting() as counts:
            made = await ask(*records)
        usage = counts()
        tokens = usage.get("prompt_tokens", 0) + usage.get("completion_tokens", 0)
        return Asked({**head, **made, "error": "", "of": digest}, tokens)

    def failed(question: Question, error: KgmedError) -> Mapping[str, Any]:
        return {**tasks[int(question.id)][0], "error": str(error), "of": digest}

    questions = [Question(str(n), "") for n in range(len(tasks))]
    with Journal(path, digest) as journal:
        await answer_all(questions, one, journal, concurrency=concurrency, tell=tell, failed=failed)
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def _answered(run: Run) -> dict[Any, Record]:
    """The items that a run answered, with their records."""
    every = map(completed, run.records)
    return {key(record): record for record in every if record["text"] and not record["abstained"]}


def _marked(run: str, rows: Sequence[Mapping[str, Any]], how: Resampling) -> Marked:
    known = [row["marks"] for row in rows if row.get("marks")]
    marks = {
        name: mean(np.array([one[name] for one in known], float), how) for name in MARKS if known
    }
    return Marked(run, len(rows), len(rows) - len(known), marks)


def _preferred(first: str, second: str, rows: Sequence[Mapping[str, Any]]) -> Preferred:
    mine = [row for row in rows if (row["first"], row["second"]) == (first, second)]
    better = Counter(str(row.get("better", "")) for row in mine)
    return Preferred(
        first, second, len(mine), better["first"], better["second"], better["equal"],
        sum(bool(row.get("swayed")) for row in mine), better[""],
        mcnemar(better["first"], better["second"]),
    )  # fmt: skip


def _adjusted(found: Sequence[Preferred]) -> tuple[Preferred, ...]:
    adjusted = holm([one.p for one in found])
    return tuple(replace(one, p_adjusted=p) for one, p in zip(found, adjusted, strict=True))
