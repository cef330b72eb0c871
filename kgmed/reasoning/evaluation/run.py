"""A run: one method over the items of a benchmark, a record each, in a folder of its own.

    run.json        what was run: benchmark and method, model, snapshot, settings, how long it took
    records.jsonl   a record an item, in their order (:mod:`kgmed.reasoning.evaluation.records`)
    program.json    the prompts: the instructions and examples of the method's module

:mod:`kgmed.reasoning.evaluation.runs` tells their fields, and reads them. What is answered is kept
as it comes; a run that was ended goes on with the same settings.
"""

from __future__ import annotations

import json
import random
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import dspy

from kgmed.kg.errors import KgmedError, OutputError
from kgmed.kg.version import VERSION
from kgmed.reasoning.bulk import CONCURRENCY, Asked, Done, Journal, Question, answer_all
from kgmed.reasoning.evaluation.methods.asking import form_of, inputs_of
from kgmed.reasoning.evaluation.model import Benchmark, Item
from kgmed.reasoning.evaluation.records import Recorder
from kgmed.reasoning.evaluation.runs import RECORDS_FILE, RUN_FILE, RUN_SCHEMA

PROGRAM = "program.json"
_ELSEWHERE = "Name another folder (--out), or remove this run's."


@dataclass(frozen=True, slots=True)
class Ran:
    """A run that came to its end."""

    folder: Path
    method: str
    done: Done
    left_out: Mapping[str, int]

    def _repr_html_(self) -> str:
        from kgmed.reasoning.display.runs import ran_html

        return ran_html(self)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which items of a file: the first ``limit``, and of these a ``sample`` by chance, as even over
    kinds and languages as they allow."""

    limit: int | None = None
    sample: int | None = None
    seed: int = 0


def asked_items(
    benchmark: Benchmark, wanted: Wanted, *, judgements: bool = False
) -> tuple[list[Item], dict[str, int]]:
    """The wanted items among those that programs can be asked, or those that detectors can, and
    how many can't be asked, by reason. Runs over one file are over the same."""
    left_out: Counter[str] = Counter()
    items: list[Item] = []
    for item in benchmark.items:
        if (item.kind == "judgement") != judgements:
            what = "no judgement" if judgements else "a judgement, which detectors are for"
            left_out[what] += 1
        elif not judgements and form_of(item) is None:
            left_out["several right options, or more than 12"] += 1
        elif wanted.limit is None or len(items) < wanted.limit:
            items.append(item)
    if wanted.sample is not None:
        items = drawn(items, wanted.sample, wanted.seed)
    return items, dict(left_out)


def drawn(items: Sequence[Item], most: int, seed: int) -> list[Item]:
    """So many items by chance, in their order: of each kind and language as many as of another,
    where there are enough."""
    chance = random.Random(seed)  # noqa: S311  a choice, no secret
    places: dict[tuple[str, str], list[int]] = {}
    for place, item in enumerate(items):
        places.setdefault((item.kind, item.lang), []).append(place)
    groups = sorted((sorted(group), key) for key, group in places.items())
    groups.sort(key=lambda pair: len(pair[0]))
    chosen: list[int] = []
    for number, (group, _key) in enumerate(groups):
        share = (most - len(chosen)) // (len(groups) - number)
        chosen += chance.sample(group, min(share, len(group)))
    return [items[place] for place in sorted(chosen)]


@dataclass(frozen=True, slots=True)
class Plan:
    """What is run: a method's module over items of a benchmark. ``snapshot``, ``seed`` and
    ``settings`` are what else decides the answers, ``left_out`` counts items that aren't asked, by
    reason."""

    method: str
    module: Any
    benchmark: Benchmark
    items: Sequence[Item]
    snapshot: str
    seed: int
    settings: Mapping[str, Any]
    left_out: Mapping[str, int]


async def run_method(
    folder: Path,
    plan: Plan,
    recorder: Recorder,
    model: Any,
    *,
    concurrency: int = CONCURRENCY,
    tell: Callable[[str], None] = lambda _text: None,
) -> Ran:
    """Ask a method's module all items of a plan; one that came to its end isn't run again.

    ``model`` is what reaches the language model (:class:`kgmed.facade.models.Connected`). Raises
    :class:`~kgmed.kg.errors.OutputError` for a folder of another run, and
    :class:`~kgmed.kg.errors.LanguageModelError` where the model is gone.
    """
    module, items = plan.module, plan.items
    asked = {"name": plan.benchmark.name, "digest": plan.benchmark.digest, "items": len(items),
             "left_out": dict(plan.left_out)}  # fmt: skip
    head = {
        "schema": RUN_SCHEMA, "kgmed": VERSION, "benchmark": asked, "method": plan.method,
        "model": model.name, "snapshot": plan.snapshot, "seed": plan.seed,
        "settings": dict(plan.settings),
    }  # fmt: skip
    rows = held(folder, items)
    known = _prepared(folder, head)
    if "finished" in known and len(rows) == len(items):
        done = Done(len(items), len(items), known["failed"], 0.0, 0)
        return Ran(folder, plan.method, done, plan.left_out)
    prompts = _same_prompts(folder / PROGRAM, module)
    by_id = {item.id: item for item in items}
    grounded = getattr(module, "grounded", True)

    async def ask(question: Question) -> Asked:
        item = by_id[question.id]
        started = time.perf_counter()
        with dspy.context(lm=model.lm), model.counting() as counts:
            prediction = await module.acall(**inputs_of(item))
        usage = counts()
        ms = 1000 * (time.perf_counter() - started)
        made = recorder.record(item, prediction, usage, ms, grounded=grounded)
        return Asked(made, usage.get("prompt_tokens", 0) + usage.get("completion_tokens", 0))

    def failed(question: Question, error: KgmedError) -> Mapping[str, Any]:
        return recorder.failed(by_id[question.id], str(error))

    questions = [Question(item.id, item.question, item.options) for item in items]
    with Journal(folder / RECORDS_FILE, _digest(head)) as journal:
        for number, row in rows.items():  # the file was damaged, or the run ended just after it
            if number not in journal and not row.get("error"):
                journal.add(number, row)
        done = await answer_all(
            questions, ask, journal, concurrency=concurrency, tell=tell, failed=failed
        )
    spent = known.get("seconds", 0.0) + done.seconds
    ended = {"prompts": prompts, "seconds": round(spent, 2), "failed": done.failed}
    _written(folder / RUN_FILE, {**known, **ended, "finished": _now()})
    return Ran(folder, plan.method, done, plan.left_out)


def _same_prompts(path: Path, module: Any) -> str:
    """Keep a module's instructions and examples, or give it those that a run began with; their
    digest."""
    if path.exists():
        try:
            state = path.read_text(encoding="utf-8")
            module.load_state(json.loads(state))
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise OutputError(
                f"{path}: can't be read ({error}), expected the prompts that this run began with. "
                "Remove the run's folder, or name another one, to run it anew."
            ) from error
    else:
        state = json.dumps(module.dump_state(), default=str, ensure_ascii=False, indent=1) + "\n"
        path.write_text(state, encoding="utf-8")
    return sha256(state.encode()).hexdigest()[:32]


def begun(folder: Path) -> bool:
    """Whether a run was begun in a folder: its prompts are there, and are taken from there."""
    return (folder / PROGRAM).is_file()


def finished(folder: Path, items: Sequence[Item]) -> bool:
    """Whether a run of these items came to its end in a folder, and its records are all there."""
    return "finished" in _settings(folder) and len(held(folder, items)) == len(items)


def held(folder: Path, items: Sequence[Item]) -> dict[int, dict[str, Any]]:
    """The records that a run's file holds, by the place of their item; a line that can't be read is
    passed over. None where nothing says what run they are of."""
    if not _settings(folder):
        return {}
    try:
        lines = (folder / RECORDS_FILE).read_text(encoding="utf-8", errors="replace").split("\n")
    except OSError:
        return {}
    places = {item.id: place for place, item in enumerate(items)}
    found: dict[int, dict[str, Any]] = {}
    for line in lines:
        try:
            row = json.loads(line)
        except ValueError:
            continue
        if isinstance(row, dict) and row.get("id") in places:
            found[places[row["id"]]] = row
    return dict(sorted(found.items()))


def _settings(folder: Path) -> dict[str, Any]:
    try:
        found: Any = json.loads((folder / RUN_FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _prepared(folder: Path, head: Mapping[str, Any]) -> dict[str, Any]:
    """Make a run's folder, or go on with one of the same run; what its ``run.json`` holds."""
    path = folder / RUN_FILE
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if path.exists():
            known = _read(path)
            changed = _changed(known, head)
            if changed:
                raise OutputError(
                    f"{folder}: found a run with another {', '.join(changed)}. Give the same again "
                    "to go on with it, or name another folder (--out)."
                )
            return known
        begun = {**head, "started": _now()}
        _written(path, begun)
        return begun
    except OSError as error:
        raise OutputError(f"{folder}: can't be written ({error.strerror or error}).") from error


def _read(path: Path) -> dict[str, Any]:
    try:
        found: Any = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise OutputError(
            f"{path}: can't be read ({error}), expected a run's settings. {_ELSEWHERE}"
        ) from error
    schema = found.get("schema") if isinstance(found, dict) else None
    if schema != RUN_SCHEMA:
        by = f", made by kgmed {found['kgmed']}" if schema and found.get("kgmed") else ""
        raise OutputError(
            f"{path}: found the schema {schema!r}{by}, expected {RUN_SCHEMA!r}, a run of this "
            f"version of kgmed. {_ELSEWHERE}"
        )
    return dict(found)


def _changed(known: Mapping[str, Any], head: Mapping[str, Any]) -> list[str]:
    """What of a run is other than it was, settings by their names."""
    names: list[str] = []
    for key, value in head.items():
        own = known.get(key)
        if own == value:
            continue
        if isinstance(value, dict) and isinstance(own, dict):
            inner = [name for name in {**own, **value} if own.get(name) != value.get(name)]
            names += [_differs(name, own.get(name), value.get(name)) for name in inner]
        else:
            names.append(_differs(key, own, value))
    return names


def _differs(name: str, own: object, now: object) -> str:
    """What a setting was and is, where that is short.

    >>> _differs("seed", 0, 7), _differs("left_out", {}, {"x": 1})
    ('seed (0, now 7)', 'left_out')
    """
    plain = str | int | float | None
    if not isinstance(own, plain) or not isinstance(now, plain):
        return name
    was, is_now = (str(one)[:16] if one not in {"", None} else "none" for one in (own, now))
    return f"{name} ({was}, now {is_now})"


def _written(path: Path, value: Mapping[str, Any]) -> None:
    work = path.with_name(f".{path.name}.new")
    work.write_text(json.dumps(value, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    work.replace(path)


def _digest(head: Mapping[str, Any]) -> str:
    return sha256(json.dumps(head, sort_keys=True, default=str).encode()).hexdigest()[:32]


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
