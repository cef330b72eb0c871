"""Prompts made better: an optimizer over a program, measured by the verifier, kept as JSON."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kgmed.facade.evaluating import Evaluating, read_items
from kgmed.facade.models import connected, may_see
from kgmed.kg.errors import UsageError

if TYPE_CHECKING:
    import dspy

    from kgmed.reasoning.evaluation.model import Benchmark, Item
    from kgmed.reasoning.evaluation.run import Wanted
    from kgmed.reasoning.lm.connect import LanguageModel
    from kgmed.reasoning.optimize.compiled import Compiled
    from kgmed.reasoning.optimize.measure import Measure
    from kgmed.reasoning.optimize.plan import OptimizeForecast
    from kgmed.reasoning.optimize.run import Bounds, Task

DEV = 3
"""Each third item is one to measure on, where no file of these is given."""


class Optimizing(Evaluating):
    """The methods of a graph that optimize programs and score them."""

    def optimize(
        self,
        train: str | Path | Benchmark,
        out: str | Path | None = None,
        *,
        program: str = "cot",
        optimizer: str = "bootstrap",
        dev: str | Path | Benchmark | None = None,
        format: str | None = None,
        limit: int | None = None,
        sample: int | None = None,
        lm: str | LanguageModel | dspy.LM | None = None,
        api_base: str | None = None,
        timeout_s: float | None = None,
        trusted: bool | None = None,
        calls: int | None = None,
        shots: int | None = None,
        budget: int | None = None,
        seed: int = 0,
        concurrency: int | None = None,
        force: bool = False,
        prices: tuple[float, float] | None = None,
        forecast: Callable[[OptimizeForecast], None] | None = None,
        tell: Callable[[str], None] = lambda _text: None,
    ) -> Compiled:
        """Optimize a program's instructions and examples, and write it to ``out`` (JSON), by
        default :func:`program_file`.

        ``train`` are questions with answers to learn from, ``dev`` those that the score is told
        over, by default each third of ``train``: files in the formats of :meth:`evaluate`, the
        first ``limit`` items of each, and of these a ``sample`` by chance. Of the folder of a
        dataset that kgmed exported it is the train split, so that the test split stays unseen.
        ``program`` is predict, cot, tot or constrained. ``optimizer`` is bootstrap (examples out of
        answers that went well), mipro, simba (instructions and examples) or gepa (instructions, by
        what the verifier says); it asks for about ``calls`` answers (200) and shows at most
        ``shots`` examples (3). What is worked towards is
        :data:`kgmed.reasoning.optimize.measure.WEIGHTS`. Where the endpoint is named here its
        answers are kept in a folder beside ``out`` (``.NAME.work``), so that a run that was ended
        goes on without asking again; it may be removed when all is done. A program of another model
        or snapshot that lies at ``out`` isn't replaced without ``force``. ``forecast`` is told,
        before the model is asked, what :meth:`forecast_optimization` tells.

        Raises what :meth:`evaluate` does, :class:`~kgmed.kg.errors.UsageError` for an unknown
        optimizer, and :class:`~kgmed.kg.errors.MissingExtra` where its package is absent.
        """
        from kgmed.reasoning.lm.dspy_lm import dspy_package

        dspy = dspy_package()
        from dataclasses import asdict

        from kgmed.reasoning.evaluation.run import Wanted
        from kgmed.reasoning.optimize.compiled import Compiled, see_that_it_may_go
        from kgmed.reasoning.optimize.run import forecast as foreseen
        from kgmed.reasoning.optimize.run import mean_score, optimized

        out = program_file(program, optimizer) if out is None else Path(out)
        snapshot = self.info().snapshot
        learnt, measured, digests = _split(train, dev, format, Wanted(limit, sample, seed))
        work = out.with_name(f".{out.name}.work")
        bounds = _bounds(
            optimizer, calls=calls, shots=shots, concurrency=concurrency, seed=seed, work=work
        )
        with ExitStack() as stack:
            model = connected(
                lm, api_base, trusted, stack, concurrency=bounds.concurrency, timeout_s=timeout_s,
                cache=work,
            )  # fmt: skip
            if not force or out.is_dir():
                see_that_it_may_go(out, model=model.name, snapshot=snapshot)
            task = self._task(program, learnt, measured, trusted=model.trusted, budget=budget)
            module = task.module
            if forecast is not None:
                forecast(foreseen(task, bounds, prices))
            with dspy.context(lm=model.lm):
                many = bounds.concurrency
                tell(f"measuring {program} as it is over {len(measured):,} items")
                before = mean_score(
                    module, measured, task.measure, concurrency=many, tell=_of("before", tell)
                )
                tell(f"{before.total:.4f} before; {optimizer} learns from {len(learnt):,} items")
                better = optimized(task, bounds, tell=_of(optimizer, tell))
                tell(f"measuring what came of it over {len(measured):,} items")
                after = mean_score(
                    better, measured, task.measure, concurrency=many, tell=_of("now", tell)
                )
                kept = better
                if after.total < before.total:
                    tell("what the optimizer found is worse; the program is kept as it was")
                    kept, after = module, before
            settings = asdict(bounds)
            del settings["work"]
            made = Compiled(
                program, module.kinds, module.languages, model.name, snapshot, optimizer,
                before.total, after.total, kept.dump_state(), budget, after.parts, settings,
                *digests, dspy=dspy.__version__,
            )  # fmt: skip
            made.save(out)
        return made

    def forecast_optimization(
        self,
        train: str | Path | Benchmark,
        *,
        program: str = "cot",
        optimizer: str = "bootstrap",
        dev: str | Path | Benchmark | None = None,
        format: str | None = None,
        limit: int | None = None,
        sample: int | None = None,
        lm: str | LanguageModel | dspy.LM | None = None,
        api_base: str | None = None,
        trusted: bool | None = None,
        calls: int | None = None,
        shots: int | None = None,
        budget: int | None = None,
        seed: int = 0,
        prices: tuple[float, float] | None = None,
    ) -> OptimizeForecast:
        """About what :meth:`optimize` would ask a model at most, to optimize, to measure, and to
        reflect on the answers; none is asked. Raises as :meth:`optimize` does."""
        from kgmed.reasoning.lm.dspy_lm import dspy_package

        dspy_package()
        from kgmed.reasoning.evaluation.run import Wanted
        from kgmed.reasoning.optimize.run import forecast

        learnt, measured, _digests = _split(train, dev, format, Wanted(limit, sample, seed))
        bounds = _bounds(optimizer, calls=calls, shots=shots)
        may = may_see(lm, api_base, trusted)
        task = self._task(program, learnt, measured, trusted=may, budget=budget)
        return forecast(task, bounds, prices)

    def score(
        self,
        program: str | Path,
        dev: str | Path | Benchmark,
        *,
        format: str | None = None,
        limit: int | None = None,
        sample: int | None = None,
        seed: int = 0,
        lm: str | LanguageModel | dspy.LM | None = None,
        api_base: str | None = None,
        timeout_s: float | None = None,
        trusted: bool | None = None,
        concurrency: int | None = None,
    ) -> float:
        """The mean score (0-1) of a program, by its name or compiled and in a file, over items with
        right answers: the measure that :meth:`optimize` works towards."""
        from kgmed.reasoning.lm.dspy_lm import dspy_package

        dspy = dspy_package()
        from kgmed.reasoning.evaluation.run import Wanted, asked_items
        from kgmed.reasoning.optimize.run import mean_score

        items, _left_out = asked_items(read_items(dev, format), Wanted(limit, sample, seed))
        with ExitStack() as stack:
            model = connected(
                lm, api_base, trusted, stack, concurrency=concurrency, timeout_s=timeout_s
            )
            module = self._in_turn(str(program), trusted=model.trusted)
            self.warn_unlike(program, model.name)
            with dspy.context(lm=model.lm):
                many = concurrency or 8
                return mean_score(module, items, self._measure(), concurrency=many).total

    def _task(
        self, program: str, learnt: list[Item], measured: list[Item], *, trusted: bool,
        budget: int | None,
    ) -> Task:  # fmt: skip
        """What is optimized, with predictors for the forms of question that there are."""
        from kgmed.reasoning.evaluation.methods.recalled import by_form
        from kgmed.reasoning.optimize.run import Task
        from kgmed.reasoning.programs.signatures import KINDS

        forms = by_form([*learnt, *measured])
        kinds = tuple(kind for kind in KINDS if any(kind == own for own, _lang in forms))
        languages = tuple(sorted({lang for _kind, lang in forms}))
        module = self._in_turn(
            program, trusted=trusted, budget=budget, kinds=kinds, languages=languages
        )
        return Task(module, learnt, measured, self._measure())

    def _in_turn(self, program: str, *, trusted: bool, **more: Any) -> Any:
        """A program whose graph is asked by one thread at a time."""
        from kgmed.reasoning.optimize.run import OneAtATime
        from kgmed.reasoning.programs.base import Tools

        made = self.program(program, trusted=trusted, **more)
        for _name, part in made.named_sub_modules():
            tools = getattr(part, "tools", None)
            if tools is not None:
                gatherer: Any = OneAtATime(tools.gatherer)
                part.tools = Tools(gatherer, OneAtATime(tools.verify), tools.budget)
        return made

    def _measure(self) -> Measure:
        from kgmed.reasoning.optimize.measure import Measure
        from kgmed.reasoning.optimize.run import OneAtATime

        return Measure(OneAtATime(self._verified), OneAtATime(self.evidence().concepts_in))


def program_file(program: str, optimizer: str) -> Path:
    """Where a compiled program goes unless said, in the working directory.

    >>> program_file("cot", "gepa").as_posix()
    'prompts/programs/cot-gepa.json'
    """
    return Path("prompts", "programs", f"{Path(program).stem}-{optimizer}.json")


def _bounds(optimizer: str, *, seed: int = 0, work: Path | None = None, **given: Any) -> Bounds:
    from kgmed.reasoning.optimize.run import Bounds

    own: Any = {name: value for name, value in given.items() if value is not None}
    chosen: Any = optimizer  # checked there
    return Bounds(chosen, seed=seed, work=work if optimizer == "gepa" else None, **own)


def _of(name: str, tell: Callable[[str], None]) -> Callable[[str], None]:
    return lambda text: tell(f"{name}: {text}")


def _split(
    train: str | Path | Benchmark, dev: str | Path | Benchmark | None, format: str | None,
    wanted: Wanted,
) -> tuple[list[Item], list[Item], tuple[str, str]]:  # fmt: skip
    """(items to learn from, items to measure on, the files' digests)."""
    from kgmed.reasoning.evaluation.run import asked_items

    given = read_items(train, format, split="train")
    learnt, left_out = asked_items(given, wanted)
    if dev is not None:
        other = read_items(dev, format)
        measured, left_out = asked_items(other, wanted)
        asked = {item.question for item in measured}
        learnt = [item for item in learnt if item.question not in asked]
        digests = given.digest, other.digest
    else:
        measured = learnt[DEV - 1 :: DEV]
        learnt = [item for place, item in enumerate(learnt, 1) if place % DEV]
        digests = given.digest, given.digest
    if len(learnt) < 2 or not measured:
        raise UsageError(
            f"Found {len(learnt)} items to learn from and {len(measured)} to measure on (left out: "
            f"{left_out or 'none'}), expected at least 2 and 1."
        )
    return learnt, measured, digests
