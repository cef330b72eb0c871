"""What it costs that the same items are asked otherwise: a run with ``--change`` beside the plain
run of the same method.

Another case, a typo or another name leaves the right answer as it was, so that a difference is the
method's own. A run is held against its plain one on the items that both were asked: those that
couldn't be changed are in the plain run alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from kgmed.reasoning.evaluation.comparison.aligned import item_rows, same_answers, with_grading
from kgmed.reasoning.evaluation.comparison.model import Drop
from kgmed.reasoning.evaluation.measures.accuracy import graded, outcomes
from kgmed.reasoning.evaluation.measures.paired import holm, paired
from kgmed.reasoning.evaluation.measures.resampling import Resampling, share
from kgmed.reasoning.evaluation.runs import Run, key

CHANGE = "change"
"""The setting of a run that says how its items were asked otherwise; "" in a plain one."""


def plain_runs(runs: Sequence[Run]) -> dict[int, int]:
    """The places of changed runs, each with the place of its plain run: the first of the same
    method, model, prompts' settings and file. A changed run without a plain one isn't in it."""
    found = {}
    for place, run in enumerate(runs):
        if change_of(run):
            alike = (n for n, other in enumerate(runs) if _is_plain(other, run))
            plain = next(alike, None)
            if plain is not None:
                found[place] = plain
    return found


def change_of(run: Run) -> str:
    """How the items of a run were asked otherwise; "" for a plain one."""
    return str(run.settings.get(CHANGE) or "")


def drops(
    runs: Sequence[Run], plain: Mapping[int, int], *, penalty: float, how: Resampling
) -> tuple[Drop, ...]:
    """Each changed run held against its plain one; p is adjusted (Holm) for how many there are.
    Where two have no item in common there is nothing to hold, and it is left out."""
    found = [
        drop
        for other, one in plain.items()
        if (drop := _drop(runs[one], runs[other], penalty, how)) is not None
    ]
    adjusted = holm([drop.found.p for drop in found])
    return tuple(replace(drop, p_adjusted=p) for drop, p in zip(found, adjusted, strict=True))


def _is_plain(run: Run, changed: Run) -> bool:
    return not change_of(run) and _made_by(run) == _made_by(changed)


def _made_by(run: Run) -> tuple[object, ...]:
    settings = {name: value for name, value in run.settings.items() if name != CHANGE}
    return run.method, run.model, run.digest, run.seed, settings


def _drop(plain: Run, changed: Run, penalty: float, how: Resampling) -> Drop | None:
    by_key = [{key(record): record for record in run.records} for run in (plain, changed)]
    common = [k for k in by_key[0] if k in by_key[1]]
    aligned = with_grading([[held[k] for k in common] for held in by_key])
    same_answers((plain, changed), aligned)
    places = [n for n, own in enumerate(zip(*aligned, strict=True)) if len(graded(own)) == 2]
    if not places:
        return None
    one, other = ([records[n] for n in places] for records in aligned)
    rights = [outcomes(records)[0] for records in (one, other)]
    accuracy, now = (share(right, right * 0 + 1, how) for right in rights)
    # the question as it was asked otherwise is the one to read
    rows = list(item_rows([common[n] for n in places], (other, one)))
    rows = [replace(row, said=row.said[::-1]) for row in rows]
    lost = [row for row in rows if row.said[0].correct is True and row.said[1].correct is not True]
    won = [row for row in rows if row.said[1].correct is True and row.said[0].correct is not True]
    known = plain.left_out
    return Drop(
        change_of(changed), changed.method, plain.name, changed.name, accuracy, now,
        paired(one, other, penalty=penalty, how=how), 1.0,
        {why: n for why, n in changed.left_out.items() if why not in known},
        tuple(lost), tuple(won),
    )  # fmt: skip
