"""Judges the answers of runs: each by itself, and those of two runs against each other.

:mod:`kgmed.reasoning.evaluation.judging.files` tells of the folder. Rows are kept as they come;
what was ended goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import combinations
from pathlib import Path
from typing import Any

import dspy

from kgmed.kg.errors import KgmedError, UsageError
from kgmed.reasoning.bulk import CONCURRENCY, Asked, Journal, Question, answer_all
from kgmed.reasoning.evaluation.judging.files import (
    JUDGED_SCHEMA,
    MARKS_FILE,
    PAIRS_FILE,
    answered,
    begun,
    digest_of,
    read_rows,
    summed,
    told_of,
)
from kgmed.reasoning.evaluation.judging.judges import Marking, Preferring
from kgmed.reasoning.evaluation.judging.model import Judged
from kgmed.reasoning.evaluation.measures.resampling import STANDARD, Resampling
from kgmed.reasoning.evaluation.runs import Record, Run

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
    marking, preferring = modules
    held = [answered(run) for run in runs]
    if not any(held):
        raise UsageError("Found no answer in these runs, expected some to judge.")

    async def mark(record: Record) -> dict[str, Any]:
        made = await marking.acall(record)
        return {"marks": made.marks, "reason": made.reason, "calls": made.calls}

    async def prefer(one: Record, other: Record) -> dict[str, Any]:
        made = await preferring.acall(one, other)
        return {"better": made.better, "swayed": made.swayed, "reason": made.reason,
                "calls": made.calls}  # fmt: skip

    alone = [
        ({"run": run.name, "id": record["id"]}, (record,))
        for run, mine in zip(runs, held, strict=True)
        for record in mine.values()
    ]
    pairs = [
        ({"first": runs[a].name, "second": runs[b].name, "id": held[a][item]["id"]},
         (held[a][item], held[b][item]))
        for a, b in combinations(range(len(runs)), 2)
        for item in held[a] if item in held[b]
    ]  # fmt: skip
    head = {
        "schema": JUDGED_SCHEMA, "judge": model.name, "runs": [told_of(run) for run in runs],
        "marks": len(alone), "pairs": len(pairs),
    }  # fmt: skip
    begun(out, head)
    digest = digest_of(head)
    given = {"model": model, "concurrency": concurrency, "tell": tell}
    marks = await _asked(out / MARKS_FILE, alone, mark, digest, **given)
    both = await _asked(out / PAIRS_FILE, pairs, prefer, digest, **given)
    return summed(model.name, [run.name for run in runs], marks, both, how)


async def _asked(
    path: Path, tasks: Sequence[tuple[dict[str, Any], tuple[Record, ...]]],
    ask: Callable[..., Any], digest: str, *, model: Any, concurrency: int, tell: Tell,
) -> list[dict[str, Any]]:  # fmt: skip
    """A row for each task, in order; from the file where it is there for the same runs."""
    if path.exists() or not tasks:
        return read_rows(path, digest, len(tasks))

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
    return read_rows(path, digest, len(tasks))
