"""Comparing runs: on the same items, of the same files, with what differs said."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations

from kgmed.kg.errors import UsageError
from kgmed.reasoning.evaluation.comparison.aligned import item_rows, same_answers, with_grading
from kgmed.reasoning.evaluation.comparison.drops import change_of, drops, plain_runs
from kgmed.reasoning.evaluation.comparison.model import (
    GROUPS,
    Compared,
    Comparison,
    Group,
    Pair,
    Part,
)
from kgmed.reasoning.evaluation.judging.model import Judged
from kgmed.reasoning.evaluation.measures.accuracy import PENALTY, graded, outcomes
from kgmed.reasoning.evaluation.measures.paired import holm, paired
from kgmed.reasoning.evaluation.measures.resampling import STANDARD, Resampling, share
from kgmed.reasoning.evaluation.measures.summary import COVERAGES, measure
from kgmed.reasoning.evaluation.runs import Key, Record, Run, key

MOST_PARTS = 12
"""Values of one field that are told apart; the rest, with the fewest items, is one part."""
_OTHERS = "(others)"
_SHORT = 60


def compare(
    runs: Sequence[Run],
    *,
    mixed: bool = False,
    all_pairs: bool = False,
    penalty: float = PENALTY,
    how: Resampling = STANDARD,
    judged: Judged | None = None,
) -> Comparison:
    """Runs side by side, on the items that all of them have.

    Pairs are the first run with each other one, or all with ``all_pairs``. A run that asked the
    items otherwise is held against the plain run of the same method alone, where that is here
    (:mod:`kgmed.reasoning.evaluation.comparison.drops`). Runs over other files of questions are
    refused unless ``mixed``; other snapshots, versions, models, seeds and items left out become
    notes. ``judged`` is what a language model made of these runs' answers. Raises
    :class:`~kgmed.kg.errors.UsageError` for runs that have no item in
    common, for ones over other files, and where one item has other right answers in two runs.
    """
    if not runs:
        raise UsageError("Found no run, expected the folder of one or more.")
    if not mixed:
        _same_files(runs)
    plain = plain_runs(runs)
    changed = drops(runs, plain, penalty=penalty, how=how)
    runs = [run for place, run in enumerate(runs) if place not in plain]
    by_key = [{key(record): record for record in run.records} for run in runs]
    common = [k for k in by_key[0] if all(k in held for held in by_key[1:])]
    if not common:
        raise UsageError(
            f"Found no item that all of {', '.join(run.name for run in runs)} have, expected runs"
            " over the same questions."
        )
    aligned = with_grading([[held[k] for k in common] for held in by_key])
    same_answers(runs, aligned)
    found = [
        _compared(run, records, penalty=penalty, how=how)
        for run, records in zip(runs, aligned, strict=True)
    ]
    return Comparison(
        runs=tuple(found),
        pairs=_pairs(runs, common, aligned, all_pairs=all_pairs, penalty=penalty, how=how),
        parts=tuple(_parts(aligned, how)),
        items=tuple(item_rows(common, aligned)),
        notes=(*_notes(runs, found, len(common)), *_unjudged(runs, judged)),
        drops=changed,
        judged=judged,
        penalty=penalty,
        resampling={"resamples": how.resamples, "seed": how.seed, "level": how.level},
    )


def _same_files(runs: Sequence[Run]) -> None:
    first = runs[0]
    for run in runs[1:]:
        if run.digest != first.digest:
            raise UsageError(
                f"Found {first.name} over {first.benchmark} ({first.digest[:12]}) and {run.name}"
                f" over {run.benchmark} ({run.digest[:12]}): other files of questions, expected the"
                " same. Give --mixed to compare them on the items that both have."
            )


def _compared(run: Run, records: Sequence[Record], *, penalty: float, how: Resampling) -> Compared:
    return Compared(
        name=run.name,
        method=run.method,
        model=run.model,
        benchmark=run.benchmark,
        digest=run.digest,
        snapshot=run.snapshot,
        version=run.version,
        seed=run.seed,
        prompts=run.prompts,
        started=run.started,
        finished=run.finished,
        settings=run.settings,
        left_out=len(run.records) - len(records),
        missing=max(0, run.items - len(run.records)),
        measures=measure(records, penalty=penalty, how=how),
    )


def _pairs(
    runs: Sequence[Run],
    common: Sequence[Key],
    aligned: Sequence[Sequence[Record]],
    *,
    all_pairs: bool,
    penalty: float,
    how: Resampling,
) -> tuple[Pair, ...]:
    held = [{key(record) for record in graded(records)} for records in aligned]
    places = [place for place, k in enumerate(common) if all(k in one for one in held)]
    chosen = list(combinations(range(len(runs)), 2))
    if not all_pairs:
        chosen = [pair for pair in chosen if pair[0] == 0]
    if not places:
        return ()
    found = []
    for a, b in chosen:
        first, second = ([aligned[run][place] for place in places] for run in (a, b))
        items: dict[Group, list[int]] = {group: [] for group in GROUPS}
        for place, one, other in zip(places, first, second, strict=True):
            items[_group(one["correct"] is True, other["correct"] is True)].append(place)
        found.append((a, b, paired(first, second, penalty=penalty, how=how), items))
    adjusted = holm([result.p for _, _, result, _ in found])
    return tuple(
        Pair(
            runs[a].name,
            runs[b].name,
            result,
            p,
            {group: tuple(places) for group, places in items.items()},
        )
        for (a, b, result, items), p in zip(found, adjusted, strict=True)
    )


def _group(first: bool, second: bool) -> Group:
    if first:
        return "both" if second else "only_first"
    return "only_second" if second else "neither"


def _parts(aligned: Sequence[Sequence[Record]], how: Resampling) -> Iterator[Part]:
    """Accuracy by each field that tells graded items apart; the first record that has it says."""
    places_graded = sorted(
        {n for records in aligned for n, record in enumerate(records) if graded([record])}
    )
    aligned = [[records[place] for place in places_graded] for records in aligned]
    for by, values in _fields(aligned).items():
        counts = Counter(value for value in values if value)
        if len(counts) < (1 if by == "coverage" else 2):
            continue
        kept = [value for value, _ in counts.most_common(MOST_PARTS)]
        ordered = sorted(kept, key=_order)
        if len(counts) > MOST_PARTS:
            ordered.append(_OTHERS)
        named = [value if value in kept else _OTHERS if value else "" for value in values]
        for part in ordered:
            places = [place for place, value in enumerate(named) if value == part]
            accuracy = []
            for records in aligned:
                own = graded([records[place] for place in places])
                right, _ = outcomes(own)
                accuracy.append(share(right, right * 0 + 1, how))
            yield Part(by, part, len(places), tuple(accuracy))


def _fields(aligned: Sequence[Sequence[Record]]) -> Mapping[str, list[str]]:
    several = list(zip(*aligned, strict=True))
    fields = {
        name: [next((str(r[name]) for r in own if r[name]), "") for own in several]
        for name in ("benchmark", "kind", "lang", "coverage")
    }
    for name in sorted({str(name) for records in aligned for r in records for name in r["about"]}):
        values = [
            next((str(r["about"][name]) for r in own if r["about"].get(name)), "")
            for own in several
        ]
        # a field of which nearly every item has its own value (a page, an id) tells nothing
        if len(set(values)) <= max(MOST_PARTS, len(values) // 4):
            fields[name] = values
    return fields


def _order(value: str) -> tuple[int, str]:
    return (COVERAGES.index(value) if value in COVERAGES else len(COVERAGES), value)


def _notes(runs: Sequence[Run], found: Sequence[Compared], common: int) -> Iterator[str]:
    words = {
        "benchmark": "benchmarks",
        "digest": "files of questions",
        "snapshot": "snapshots of the graph",
        "version": "versions of kgmed",
        "model": "models",
        "seed": "seeds",
    }
    for name, several in words.items():
        values = [str(getattr(run, name)) for run in runs]
        told_apart = (
            set(values) - {""} if name == "snapshot" else set(values)
        )  # closed book has none
        if len(told_apart) > 1:
            long = _SHORT if name == "model" else 12
            told = ", ".join(
                f"{run.name}: {(value or 'none')[:long]}"
                for run, value in zip(runs, values, strict=True)
            )
            yield f"The runs have different {several} ({told})."
    for run in runs:
        if change_of(run):
            yield (
                f"{run.name} asked its items otherwise ({change_of(run)}), and there is no plain"
                " run of the same method and settings here to hold it against."
            )
    for one in found:
        if one.missing:
            yield f"{one.name} lacks {one.missing:,} of the items that it was to be asked."
        if one.left_out:
            yield (
                f"{one.name} has {one.left_out:,} more items, which others lack: compared are"
                f" {common:,}."
            )
        failed = one.measures.accuracy.failed
        if failed:
            yield f"{one.name} failed on {failed:,} items, which count as not answered."
        if any(text.bleu is None for text in one.measures.texts):
            yield 'BLEU needs sacrebleu: pip install "kgmed[evaluate]".'


def _unjudged(runs: Sequence[Run], judged: Judged | None) -> Iterator[str]:
    if judged is None:
        return
    known = {one.run for one in judged.marked}
    for run in runs:
        if run.name not in known:
            yield f"{run.name} isn't among the runs that {judged.judge} judged."
