"""Run folders of invented records, as ``kgmed evaluate run`` writes them."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

LETTERS = "ABCD"
SUBJECTS = ("pharmacology", "anatomy", "surgery")
FAULTS = ("not_linked", "not_covered", "evidence_missed", "evidence_ignored", "refuted", "wrong")


def record(id: str = "1", *, correct: bool | None = True, **more: Any) -> dict[str, Any]:
    """A record with every field; ``said`` and ``abstained`` are what ``correct`` asks for."""
    said = {True: "A", False: "B", None: ""}[correct]
    return {
        "id": id, "benchmark": "exam", "kind": "choice", "lang": "en", "right": ["A"],
        "said": said, "correct": correct, "abstained": correct is None, "reason": "",
        "text": f"The answer is {said}." if said else "", "score": None, "claims": {},
        "citations": 0, "coverage": "covered",
        "error_kind": "wrong" if correct is False else "", "calls": 1, "prompt_tokens": 100,
        "completion_tokens": 20, "ms": 10.0, "about": {}, "error": "",
        "question": f"Question {id}?", "answer": "", **more,
    }  # fmt: skip


def records(
    n: int = 200,
    *,
    skill: float = 0.6,
    abstains: float = 0.1,
    seed: int = 0,
    grounded: bool = False,
) -> list[dict[str, Any]]:
    """Records of a run that is right on about ``skill`` of what it answers.

    Items are the same for every run of ``n``; ``grounded`` ones have claims and citations. The
    confidence is too high, as that of models is.
    """
    items, draws = random.Random(1), random.Random(seed)
    made = []
    for number in range(n):
        right = items.choice(LETTERS)
        difficulty = items.random()
        chance = min(1.0, max(0.0, skill + 0.5 - difficulty))
        abstained = draws.random() < abstains
        correct = None if abstained else draws.random() < chance
        said = "" if abstained else right
        if correct is False:
            said = draws.choice(LETTERS.replace(right, ""))
        lang = "zh" if number % 3 == 2 else "en"
        claims = (
            {"SUPPORTED": draws.randint(1, 3), "REFUTED": int(draws.random() < 0.1),
             "UNSUPPORTED": draws.randint(0, 1), "NOT_COVERED": draws.randint(0, 2)}
            if grounded and not abstained else {}
        )  # fmt: skip
        question = (
            f"华法林与第{number}种药物?" if lang == "zh" else f"Which drug is <b>{number}</b>?"
        )
        made.append(
            record(
                f"q{number}", correct=correct, right=[right], said=said, lang=lang, claims=claims,
                score=None if abstained else round(min(0.99, chance + 0.2 * draws.random()), 3),
                citations=len(claims), coverage=("covered", "linked", "none")[number % 3],
                error_kind=draws.choice(FAULTS) if correct is False else "",
                reason="no_evidence" if abstained else "",
                prompt_tokens=900 if grounded else 120, completion_tokens=draws.randint(5, 60),
                ms=round(draws.uniform(20, 200), 1), about={"subject": SUBJECTS[number % 3]},
                question=question,
            )
        )  # fmt: skip
    return made


def judgements(n: int = 120, *, skill: float = 0.8, seed: int = 0) -> list[dict[str, Any]]:
    """Records of a detector that is right on about ``skill`` of the texts."""
    draws = random.Random(seed)
    made = []
    for number in range(n):
        right, other = ("hallucinated", "supported")[:: 1 if number % 3 else -1]
        correct = draws.random() < skill
        made.append(
            record(
                f"t{number}", kind="judgement", benchmark="medhallu", right=[right],
                said=right if correct else other, correct=correct,
                score=round(draws.uniform(0.6 if correct else 0.4, 1), 3), calls=3,
            )
        )  # fmt: skip
    return made


def open_answers(n: int = 12, *, lang: str = "en", seed: int = 0) -> list[dict[str, Any]]:
    """Records of open questions whose answers share words with the reference."""
    draws = random.Random(seed)
    space = "" if lang == "zh" else " "
    answer = (
        "华法林与阿司匹林合用会增加出血风险"
        if lang == "zh"
        else "warfarin interacts with aspirin and raises the risk of bleeding"
    )
    made = []
    for number in range(n):
        said = [word for word in (answer.split(space) if space else answer) if draws.random() < 0.8]
        made.append(
            record(
                f"o{lang}{number}", kind="open", lang=lang, right=[], said="", correct=None,
                abstained=False, text=space.join(said),
                answer=answer,
            )
        )  # fmt: skip
    return made


def write_run(folder: Path, rows: Sequence[Mapping[str, Any]], **more: Any) -> Path:
    """A run folder of records; ``more`` are fields of run.json that differ from the usual."""
    folder.mkdir(parents=True)
    told = {
        "schema": "kgmed.run/1", "kgmed": "0.1.0",
        "benchmark": {"name": "exam", "digest": "d" * 64, "items": len(rows)},
        "method": folder.name, "settings": {}, "model": "scripted", "snapshot": "5" * 64,
        "seed": 0, "prompts": "", "started": "2026-01-01T00:00:00+00:00",
        "finished": "2026-01-01T00:01:00+00:00", **more,
    }  # fmt: skip
    (folder / "run.json").write_text(json.dumps(told), encoding="utf-8")
    lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    (folder / "records.jsonl").write_text(lines, encoding="utf-8")
    return folder
