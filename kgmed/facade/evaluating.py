"""How well a model answers with a graph and without it: methods over the items of benchmarks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kgmed.facade.asking import Asking
from kgmed.facade.how import COMPILED
from kgmed.facade.models import connected
from kgmed.kg.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    import dspy

    from kgmed.kg.model import Language
    from kgmed.kg.views.licensing import Terms
    from kgmed.reasoning.evaluation.judging.model import Judged
    from kgmed.reasoning.evaluation.methods.passages import Passages
    from kgmed.reasoning.evaluation.methods.registry import Method, Setup
    from kgmed.reasoning.evaluation.model import Benchmark, Item
    from kgmed.reasoning.evaluation.run import Ran
    from kgmed.reasoning.lm.connect import LanguageModel


USUAL = {
    False: ("closed-cot", "rag-cot", "graph-cot", "verified"),
    True: ("verifier", "judge", "chain-of-verification", "sample-agreement"),
}
"""What is compared unless said: methods, or where all items are answers to judge, detectors."""


class Evaluating(Asking):
    """The methods of a graph that run benchmarks, and have runs judged."""

    def evaluate(
        self,
        benchmark: str | Path | Benchmark,
        out: str | Path,
        *,
        methods: Sequence[str] = (),
        format: str | None = None,
        limit: int | None = None,
        sample: int | None = None,
        change: str | None = None,
        solved: str | Path | Benchmark | None = None,
        passages: Sequence[str | Path] = (),
        lm: str | LanguageModel | dspy.LM | None = None,
        api_base: str | None = None,
        timeout_s: float | None = None,
        trusted: bool | None = None,
        shots: int | None = None,
        samples: int | None = None,
        revise: int | None = None,
        budget: int | None = None,
        seed: int = 0,
        concurrency: int | None = None,
        tell: Callable[[str], None] = lambda _text: None,
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
        ``seed`` chooses examples and
        sample. The model is named as for :meth:`ask`.

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
        from kgmed.reasoning.evaluation.methods.registry import DETECTORS
        from kgmed.reasoning.evaluation.records import Recorder
        from kgmed.reasoning.evaluation.run import Plan, Wanted, asked_items, run_method

        asked = read_items(benchmark, format)
        known = read_items(solved, None) if solved is not None else None
        judgements = all(item.kind == "judgement" for item in asked.items) or (
            bool(methods) and all(name in DETECTORS for name in methods)
        )
        chosen = [self._method(name) for name in dict.fromkeys(methods or USUAL[judgements])]
        wrong = [one.name for one in chosen if (one.name in DETECTORS) != judgements]
        if wrong:
            what = "answers to judge" if judgements else "questions"
            raise UsageError(
                f"{asked.name} holds {what}; {', '.join(wrong)} can't be asked those. Methods and "
                "detectors are run apart."
            )
        wanted = Wanted(limit, sample, seed)
        items, left_out = asked_items(asked, wanted, judgements=judgements)
        if change is not None:
            items = self._changed(items, change, seed, left_out)
        if not items:
            raise UsageError(f"{asked.name}: found no item that can be asked ({left_out}).")
        covered = CoverageReader(self.store, self.registry).read(items)
        found = {one.id: one.level for one in covered}
        own = {"shots": shots, "samples": samples, "rounds": revise, "budget": budget}
        own = {name: value for name, value in own.items() if value is not None}
        ran: list[Ran] = []
        with ExitStack() as stack:
            model = connected(
                lm, api_base, trusted, stack, concurrency=concurrency, timeout_s=timeout_s
            )
            setup = self._setup(model.trusted, _unasked(known, items), passages, seed=seed, **own)
            settings = {
                "change": change or "", "sample": sample, "trusted": model.trusted,
                "solved": known.digest if known is not None else "",
                "passages": [str(path) for path in passages], **own,
                "temperature": model.lm.kwargs.get("temperature"),
                "max_tokens": model.lm.kwargs.get("max_tokens"),
            }  # fmt: skip
            recorder = Recorder(self._verified, setup.gatherer.concepts_in, found)
            for one in chosen:
                tell(f"{one.name}: {one.description}")
                self.warn_unlike(one.description, model.name)
                with dspy.context(lm=model.lm):
                    module = one.make(setup)
                plan = Plan(
                    one.name, module, asked, items, self.info().snapshot, seed, settings, left_out
                )
                ran.append(blocking(run_method(
                    Path(out) / one.name, plan, recorder, model,
                    concurrency=concurrency or CONCURRENCY,
                    tell=lambda text, name=one.name: tell(f"{name}: {text}"),  # type: ignore[misc]
                )))  # fmt: skip
        return ran

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
        """What methods are made of; passages are made once, when a method wants them."""
        from kgmed.reasoning.evaluation.methods.passages import PassageGatherer
        from kgmed.reasoning.evaluation.methods.registry import Setup

        gatherer = self.evidence(trusted=trusted)
        terms = self._terms(trusted)
        return Setup(
            gatherer, self._verified, cache(partial(self._passages, files, terms)),
            partial(PassageGatherer, self.store, self.registry, terms=terms),
            solved=solved, trusted=trusted, **more,
        )  # fmt: skip

    def _passages(
        self, files: Sequence[str | Path], terms: Terms | None
    ) -> Mapping[Language, Passages]:
        from kgmed.reasoning.evaluation.methods.passages import Passages, of_files, of_graph

        languages: tuple[Language, ...] = ("en", "zh")
        if files:
            texts = of_files([Path(path) for path in files])
        else:
            texts = {
                lang: of_graph(self.store, self.registry, lang, terms=terms) for lang in languages
            }
        return {lang: Passages(found) for lang, found in texts.items() if found}


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
