"""Prompts made better: an optimizer over a program, measured by the verifier, kept as JSON."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kgmed.facade.evaluating import Evaluating, read_items
from kgmed.facade.models import connected
from kgmed.kg.errors import UsageError

if TYPE_CHECKING:
    import dspy

    from kgmed.reasoning.evaluation.model import Benchmark, Item
    from kgmed.reasoning.evaluation.run import Wanted
    from kgmed.reasoning.lm.connect import LanguageModel
    from kgmed.reasoning.optimize.compiled import Compiled
    from kgmed.reasoning.optimize.measure import Measure

DEV = 3
"""Each third item is one to measure on, where no file of these is given."""


class Optimizing(Evaluating):
    """The methods of a graph that optimize programs and score them."""

    def optimize(
        self,
        train: str | Path | Benchmark,
        out: str | Path,
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
        tell: Callable[[str], None] = lambda _text: None,
    ) -> Compiled:
        """Optimize a program's instructions and examples, and write it to ``out`` (JSON).

        ``train`` are questions with answers to learn from, ``dev`` those that the score is told
        over, by default each third of ``train``: files in the formats of :meth:`evaluate`, the
        first ``limit`` items of each, and of these a ``sample`` by chance. Of the folder of a
        dataset that kgmed exported it is the train split, so that the test split stays unseen.
        ``program`` is predict, cot, tot or constrained. ``optimizer`` is bootstrap (examples out of
        answers that went well), mipro, simba (instructions and examples) or gepa (instructions, by
        what the verifier says); it asks for about ``calls`` answers (200) and shows at most ``shots`` examples (3). What is worked
        towards is :data:`kgmed.reasoning.optimize.measure.WEIGHTS`. Where the endpoint is named
        here its answers are kept in a folder beside ``out`` (``.NAME.work``), so that a run that
        was ended goes on without asking again; it may be removed when all is done.

        Raises what :meth:`evaluate` does, :class:`~kgmed.kg.errors.UsageError` for an unknown
        optimizer, and :class:`~kgmed.kg.errors.MissingExtra` where its package is absent.
        """
        from kgmed.reasoning.lm.dspy_lm import dspy_package

        dspy = dspy_package()
        from dataclasses import asdict

        from kgmed.reasoning.evaluation.methods.recalled import by_form
        from kgmed.reasoning.evaluation.run import Wanted
        from kgmed.reasoning.optimize.compiled import Compiled
        from kgmed.reasoning.optimize.run import Bounds, Task, forecast, mean_score, optimized
        from kgmed.reasoning.programs.signatures import KINDS

        out = Path(out)
        learnt, measured, digests = _split(train, dev, format, Wanted(limit, sample, seed))
        given = {"calls": calls, "shots": shots, "concurrency": concurrency}
        work = out.with_name(f".{out.name}.work")
        bounds = Bounds(
            optimizer, seed=seed, work=work if optimizer == "gepa" else None,
            **{name: value for name, value in given.items() if value is not None},
        )  # fmt: skip
        with ExitStack() as stack:
            model = connected(
                lm, api_base, trusted, stack, concurrency=bounds.concurrency, timeout_s=timeout_s,
                cache=work,
            )  # fmt: skip
            forms = by_form([*learnt, *measured])
            kinds = tuple(kind for kind in KINDS if any(kind == own for own, _lang in forms))
            languages = tuple(sorted({lang for _kind, lang in forms}))
            module = self._in_turn(
                program, trusted=model.trusted, budget=budget, kinds=kinds, languages=languages
            )
            task = Task(module, learnt, measured, self._measure())
            told = forecast(task, bounds)
            tell(f"{len(learnt)} items to learn from, {len(measured)} to measure on; about "
                 f"{told['optimize'] + told['measure']:,} answers")  # fmt: skip
            with dspy.context(lm=model.lm):
                many = bounds.concurrency
                before = mean_score(module, measured, task.measure, concurrency=many)
                better = optimized(task, bounds, tell=tell)
                after = mean_score(better, measured, task.measure, concurrency=many)
                kept = better
                if after.total < before.total:
                    tell("what the optimizer found is worse; the program is kept as it was")
                    kept, after = module, before
            settings = asdict(bounds)
            del settings["work"]
            made = Compiled(
                program, kinds, languages, model.name, self.info().snapshot, optimizer,
                before.total, after.total, kept.dump_state(), budget, after.parts, settings,
                *digests, dspy=dspy.__version__,
            )  # fmt: skip
            made.save(out)
        return made

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
