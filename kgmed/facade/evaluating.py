"""How well a model answers with a graph and without it: methods over the items of benchmarks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict, Unpack

from kgmed.facade.asking import Asking
from kgmed.facade.how import COMPILED
from kgmed.facade.models import connected, may_see
from kgmed.kg.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    import dspy

    from kgmed.kg.model import Language
    from kgmed.kg.views.licensing import Terms
    from kgmed.reasoning.evaluation.judging.model import Judged
    from kgmed.reasoning.evaluation.methods.passages import PassageGatherer, Passages
    from kgmed.reasoning.evaluation.methods.registry import Method, Setup
    from kgmed.reasoning.evaluation.model import Benchmark, Item
    from kgmed.reasoning.evaluation.run import Ran
    from kgmed.reasoning.evaluation.told import MethodForecast
    from kgmed.reasoning.lm.connect import LanguageModel


USUAL = {
    False: ("closed-cot", "rag-cot", "graph-cot", "verified"),
    True: ("verifier", "judge", "chain-of-verification", "sample-agreement"),
}
"""What is compared unless said: methods, or where all items are answers to judge, detectors."""


class What(TypedDict, total=False):
    """What is asked, and by which methods; :meth:`Evaluating.evaluate` tells of each."""

    methods: Sequence[str]
    format: str | None
    limit: int | None
    sample: int | None
    change: str | None
    solved: str | Path | Benchmark | None
    passages: Sequence[str | Path]
    shots: int | None
    samples: int | None
    revise: int | None
    budget: int | None
    seed: int


@dataclass(frozen=True, slots=True)
class Planned:
    """The items and methods of an evaluation; ``own`` are the bounds that were named."""

    benchmark: Benchmark
    items: Sequence[Item]
    methods: Sequence[Method]
    left_out: Mapping[str, int]
    change: str
    solved: Sequence[Item]
    solved_digest: str
    passages: Sequence[str | Path]
    own: Mapping[str, Any]


class Evaluating(Asking):
    """The methods of a graph that run benchmarks, and have runs judged."""

    def evaluate(
        self,
        benchmark: str | Path | Benchmark,
        out: str | Path,
        *,
        lm: str | LanguageModel | dspy.LM | None = None,
        api_base: str | None = None,
        timeout_s: float | None = None,
        trusted: bool | None = None,
        concurrency: int | None = None,
        prices: tuple[float, float] | None = None,
        forecast: Callable[[Sequence[MethodForecast]], None] | None = None,
        tell: Callable[[str], None] = lambda _text: None,
        **what: Unpack[What],
    ) -> list[Ran]:
        """Ask a language model the items of a benchmark by each of some methods.

        ``benchmark`` is a file in its published format, told by its fields or named by ``format``
        (:mod:`kgmed.reasoning.evaluation.benchmarks`), or the items themselves; ``limit`` asks the
        first so many, ``sample`` so many of these by chance, as even over kinds of question and
        languages as they allow; ``change`` asks them otherwise: in another case, with typos, by
        another name, a brand, or names of the other language
        (:mod:`kgmed.reasoning.evaluation.robustness.perturb`).

        Each of ``methods`` (:mod:`kgmed.reasoning.evaluation.methods.registry`) gets a folder of
        its own in ``out``, a record an item; a run that was ended goes on when the same is called
        again, one that came to its end is left. ``solved`` are questions with answers for few-shot
        methods, none of which is asked; ``passages`` are files or folders of text for ``rag`` ones,
        by default what the graph states in sentences. ``shots``, ``samples``, ``revise`` and
        ``budget`` bound examples, samples of a vote, rounds of revision and tokens of evidence;
        ``seed`` chooses examples and sample. The model is named as for :meth:`ask`. ``forecast`` is
        told, before a model is asked, what :meth:`forecast_evaluation` tells.

        Raises :class:`~kgmed.kg.errors.UsageError` for an unknown method or format,
        :class:`~kgmed.kg.errors.DataError` for a file that isn't in its format,
        :class:`~kgmed.kg.errors.OutputError` for a folder of other runs, and
        :class:`~kgmed.kg.errors.LanguageModelError` where the model is gone.
        """
        from kgmed.reasoning.lm.dspy_lm import dspy_package

        dspy = dspy_package()
        from kgmed.reasoning.blocking import blocking
        from kgmed.reasoning.bulk import CONCURRENCY
        from kgmed.reasoning.evaluation.coverage import CoverageReader
        from kgmed.reasoning.evaluation.records import Recorder
        from kgmed.reasoning.evaluation.run import Plan, begun, run_method

        plan = self._planned(benchmark, what)
        seed = what.get("seed", 0)
        covered = CoverageReader(self.store, self.registry).read(plan.items)
        found = {one.id: one.level for one in covered}
        ran: list[Ran] = []
        with ExitStack() as stack:
            model = connected(
                lm, api_base, trusted, stack, concurrency=concurrency, timeout_s=timeout_s
            )
            setup = self._setup(model.trusted, plan.solved, plan.passages, seed=seed, **plan.own)
            settings = {
                "change": plan.change, "sample": what.get("sample"), "trusted": model.trusted,
                "solved": plan.solved_digest, **plan.own,
                "passages": [str(path) for path in plan.passages],
                "temperature": model.lm.kwargs.get("temperature"),
                "max_tokens": model.lm.kwargs.get("max_tokens"),
            }  # fmt: skip
            recorder = Recorder(self._verified, setup.gatherer.concepts_in, found)
            if forecast is not None:
                forecast(_foreseen(plan, setup, Path(out), prices))
            for one in plan.methods:
                tell(f"{one.name}: {one.description}")
                self.warn_unlike(one.description, model.name)
                folder = Path(out) / one.name
                with dspy.context(lm=model.lm):
                    module = one.make(replace(setup, begun=begun(folder)))
                planned = Plan(
                    one.name, module, plan.benchmark, plan.items, self.info().snapshot, seed,
                    settings, plan.left_out,
                )  # fmt: skip
                ran.append(blocking(run_method(
                    folder, planned, recorder, model, concurrency=concurrency or CONCURRENCY,
                    tell=lambda text, name=one.name: tell(f"{name}: {text}"),  # type: ignore[misc]
                )))  # fmt: skip
        return ran

    def forecast_evaluation(
        self,
        benchmark: str | Path | Benchmark,
        out: str | Path | None = None,
        *,
        lm: str | LanguageModel | dspy.LM | None = None,
        api_base: str | None = None,
        trusted: bool | None = None,
        prices: tuple[float, float] | None = None,
        **what: Unpack[What],
    ) -> list[MethodForecast]:
        """About what :meth:`evaluate` would ask a model, method by method; none is asked.

        The prompts of some items are made as they will be, and put to a stand-in; the rest is their
        mean. What runs in ``out`` have answered already is taken off. ``prices`` are those of a
        million tokens of prompts and of answers. The model decides only whether restricted evidence
        is in the prompts. Raises as :meth:`evaluate` does.
        """
        from kgmed.reasoning.lm.dspy_lm import dspy_package

        dspy_package()
        plan = self._planned(benchmark, what)
        may = may_see(lm, api_base, trusted)
        setup = self._setup(may, plan.solved, plan.passages, seed=what.get("seed", 0), **plan.own)
        return _foreseen(plan, setup, None if out is None else Path(out), prices)

    def _planned(self, benchmark: str | Path | Benchmark, what: What) -> Planned:
        """What is asked, and by which methods."""
        from kgmed.reasoning.evaluation.methods.registry import DETECTORS
        from kgmed.reasoning.evaluation.run import Wanted, asked_items

        asked = read_items(benchmark, what.get("format"))
        solved = what.get("solved")
        known = read_items(solved, None) if solved is not None else None
        named = what.get("methods") or ()
        judgements = all(item.kind == "judgement" for item in asked.items) or (
            bool(named) and all(name in DETECTORS for name in named)
        )
        named = named or USUAL[judgements]
        chosen = [self._method(name) for name in dict.fromkeys(named)]
        wrong = [one.name for one in chosen if (one.name in DETECTORS) != judgements]
        if wrong:
            kind = "answers to judge" if judgements else "questions"
            raise UsageError(
                f"{asked.name} holds {kind}; {', '.join(wrong)} can't be asked those. Methods and "
                "detectors are run apart."
            )
        wanted = Wanted(what.get("limit"), what.get("sample"), what.get("seed", 0))
        items, left_out = asked_items(asked, wanted, judgements=judgements)
        change = what.get("change")
        if change is not None:
            items = self._changed(items, change, what.get("seed", 0), left_out)
        if not items:
            raise UsageError(f"{asked.name}: found no item that can be asked ({_told(left_out)}).")
        given = {name: what.get(name) for name in ("shots", "samples", "budget")}
        own = {**given, "rounds": what.get("revise")}
        return Planned(
            asked, items, chosen, left_out, change or "", _unasked(known, items),
            known.digest if known is not None else "", what.get("passages", ()),
            {name: value for name, value in own.items() if value is not None},
        )  # fmt: skip

    def judge(
        self,
        runs: Sequence[str | Path],
        out: str | Path,
        *,
        lm: str | LanguageModel | dspy.LM | None = None,
        api_base: str | None = None,
        timeout_s: float | None = None,
        concurrency: int | None = None,
        tell: Callable[[str], None] = lambda _text: None,
    ) -> Judged:
        """Have a language model judge the answers of runs: marks from 1 to 5 for each by itself
        (professional, safe, fluent, helpful), and which of two runs' answers to an item is better,
        asked both ways round.

        ``out`` is a folder of its own for the judgements, a row each; a run that was ended goes on.
        A judge's opinion is no verdict. Raises :class:`~kgmed.kg.errors.UsageError` for folders
        that are no runs, and where nothing was answered.
        """
        from kgmed.reasoning.lm.dspy_lm import dspy_package

        dspy_package()
        from kgmed.reasoning.blocking import blocking
        from kgmed.reasoning.bulk import CONCURRENCY
        from kgmed.reasoning.evaluation.judging.judges import Marking, Preferring
        from kgmed.reasoning.evaluation.judging.run import judge
        from kgmed.reasoning.evaluation.runs import read_runs

        found = read_runs([Path(run) for run in runs])
        with ExitStack() as stack:
            model = connected(
                lm, api_base, None, stack, concurrency=concurrency, timeout_s=timeout_s
            )
            gatherer = self.evidence()
            modules = Marking(gatherer, self._verified), Preferring(gatherer, self._verified)
            return blocking(judge(
                found, Path(out), modules, model, concurrency=concurrency or CONCURRENCY, tell=tell
            ))  # fmt: skip

    def _changed(
        self, items: Sequence[Item], change: Any, seed: int, left_out: dict[str, int]
    ) -> list[Item]:
        """Items asked otherwise; those that can't be are counted among ``left_out``."""
        from kgmed.reasoning.evaluation.robustness.perturb import Perturber

        made = Perturber(self.store, seed=seed).changed(items, change)
        left_out.update(made.left_out)
        return list(made.items)

    def _method(self, name: str) -> Method:
        """A method by its name, or a compiled program by its file."""
        from kgmed.reasoning.evaluation.methods.registry import Method, method

        if not name.endswith(COMPILED):
            return method(name)
        return Method(
            Path(name).stem, name, lambda setup: self.program(name, trusted=setup.trusted)
        )

    def _setup(
        self, trusted: bool, solved: Sequence[Item], files: Sequence[str | Path], **more: Any
    ) -> Setup:
        """What methods are made of."""
        from kgmed.reasoning.evaluation.methods.registry import Setup

        gatherer = self.evidence(trusted=trusted)
        terms = self._terms(trusted)
        return Setup(
            gatherer, self._verified, cache(partial(self._passages, files, terms)),
            solved=solved, trusted=trusted, **more,
        )  # fmt: skip

    def _passages(self, files: Sequence[str | Path], terms: Terms | None) -> PassageGatherer:
        from kgmed.reasoning.evaluation.methods.passages import (
            PassageGatherer,
            Passages,
            of_files,
            of_graph,
        )

        texts = of_files([Path(path) for path in files]) if files else {}

        def passages(lang: Language) -> Passages | None:
            own = texts.get(lang, ())
            if not files:
                own = of_graph(self.store, self.registry, lang, terms=terms)
            return Passages(own) if own else None

        return PassageGatherer(self.store, self.registry, passages, terms=terms)


def read_items(
    benchmark: str | Path | Benchmark, format: str | None, *, split: str = "test"
) -> Benchmark:
    """The items of a file or a folder, or those that are given; ``split`` is the one that is read
    in a folder of a dataset of kgmed's own."""
    from kgmed.reasoning.evaluation.benchmarks import read_benchmark
    from kgmed.reasoning.evaluation.model import Benchmark

    if isinstance(benchmark, Benchmark):
        return benchmark
    path = Path(benchmark)
    return read_benchmark(path, format, split=split if path.is_dir() else "test")


def _unasked(known: Benchmark | None, items: Sequence[Item]) -> list[Item]:
    """The solved items whose question isn't asked."""
    asked = {item.question for item in items}
    return [
        item for item in (known.items if known is not None else ()) if item.question not in asked
    ]


def _foreseen(
    plan: Planned, setup: Setup, out: Path | None, prices: tuple[float, float] | None
) -> list[MethodForecast]:
    """About what each method will ask, some items rendered."""
    from kgmed.reasoning.evaluation.forecast import forecast
    from kgmed.reasoning.evaluation.run import begun

    told = []
    for one in plan.methods:
        folder = None if out is None else out / one.name
        mine = replace(setup, begun=folder is not None and begun(folder))
        told.append(forecast(
            one.name, partial(one.make, mine), plan.items, folder=folder, prices=prices,
            left_out=plan.left_out,
        ))  # fmt: skip
    return told


def _told(left_out: Mapping[str, int]) -> str:
    """Items that are left out, in words.

    >>> _told({"no drug with a sure brand": 3})
    'left out: 3 no drug with a sure brand'
    """
    return "left out: " + (", ".join(f"{n:,} {why}" for why, n in left_out.items()) or "none")
