"""What a graph's facade answers: from the graph alone, or by a program on a language model."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kgmed.facade.how import COMPILED, DIRECT, How
from kgmed.facade.models import Connected, connected
from kgmed.facade.verifying import Verifying
from kgmed.kg.errors import ProgramWarning, UsageError

if TYPE_CHECKING:
    import dspy

    from kgmed.facade.how import Solved
    from kgmed.kg.model import Language
    from kgmed.kg.views.licensing import Terms
    from kgmed.reasoning.answer import Answer
    from kgmed.reasoning.claims.model import Verification
    from kgmed.reasoning.claims.texts import TextVerifier
    from kgmed.reasoning.evidence import Gatherer
    from kgmed.reasoning.lm.connect import LanguageModel
    from kgmed.reasoning.programs.examples import Examples
    from kgmed.reasoning.revision import Unsupported


class Asking(Verifying):
    """The methods of a graph that answer questions."""

    def ask(
        self,
        question: str,
        *,
        language: Language | None = None,
        limit: int | None = 20,
        program: Any = None,
        lm: str | LanguageModel | dspy.LM | None = None,
        api_base: str | None = None,
        timeout_s: float | None = None,
        options: Sequence[str] = (),
        examples: Solved | None = None,
        budget: int | None = None,
        samples: int | None = None,
        trusted: bool | None = None,
        revise: int | None = None,
        unsupported: Unsupported | None = None,
    ) -> Answer:
        """Answer a question in English or Chinese from the graph, with citations.

        Without ``program`` and ``lm`` the graph answers alone (``direct``); ``limit`` bounds the
        items in the text, ``Answer.items`` holds them all. A ``program`` on a language model is one
        of predict, cot, tot, self-consistency and constrained, or a ``dspy.Module`` that answers as
        these do; it is ``cot`` where only ``lm`` is given. ``lm`` is a model's name (with
        ``api_base``, the URL of the endpoint that serves it), a model that is connected, or a
        ``dspy.LM``; without one, the configured model is asked, else the embedded engine.
        ``timeout_s`` is how many seconds it may send nothing (120). ``options`` are the answers to
        choose from, ``examples`` solved questions that it is shown first, a file or records of
        :mod:`kgmed.kg.qa`; ``budget`` is about how many tokens of evidence are shown, ``samples``
        how many answers self-consistency votes on, ``trusted`` whether the model may see what isn't
        openly licensed.

        What a model answers is verified. Where a claim is refuted it is sent back with the proof,
        at most ``revise`` times (once, if that isn't said); what is still refuted then is taken
        out, and sentences that the graph doesn't bear out are marked, removed or kept as
        ``unsupported`` says. ``revise=0`` leaves the program's answer as it is, its refuted claims
        told beneath, and so is a module of your own left unless ``revise`` is given; with
        ``unsupported`` it is cleaned without being sent back.

        Raises :class:`~kgmed.kg.errors.UsageError` for what can't be a question or a program,
        :class:`~kgmed.kg.errors.MissingExtra` without DSPy, and
        :class:`~kgmed.kg.errors.LanguageModelError` where the model gives no answer.

        >>> graph = open_graph()
        >>> answer = graph.ask("does warfarin interact with amiodarone?")
        >>> answer.value, answer.items[0].qualifiers["severity"]
        (True, 'Critical')
        """
        how = How(
            program, lm, api_base, timeout_s, budget, samples, trusted, revise, unsupported,
            examples,
        ).chosen(options=options or None)  # fmt: skip
        if how.program == DIRECT:
            from kgmed.reasoning.programs.direct import Direct

            return Direct(self.store, self.registry).ask(question, language=language, limit=limit)
        return self._answered(question, how, language=language, options=options)

    def _answered(
        self,
        question: str,
        how: How,
        *,
        language: Language | None,
        options: Sequence[str],
        heard: Callable[[str], None] | None = None,
    ) -> Answer:
        """An answer of a language model, which ``heard`` listens to while it writes."""
        with ExitStack() as stack:
            model = connected(how.lm, how.api_base, how.trusted, stack, timeout_s=how.timeout_s)
            module, shown = self._module(how, model)
            if heard is not None and model.heard is not None:
                model = replace(model, lm=model.heard(heard))
            answer = self._asked(question, module, model, language=language, options=options)
        if shown is None:
            return answer
        return replace(answer, trace=(shown.as_entry(), *answer.trace))

    def program(
        self,
        name: str,
        *,
        budget: int | None = None,
        samples: int | None = None,
        trusted: bool = False,
        revise: int = 0,
        unsupported: Unsupported | None = None,
        **more: Any,
    ) -> Any:
        """A program on a language model as a ``dspy.Module``, to be composed, optimized and saved.

        Its evidence is this graph's, and only what is openly licensed unless the models that it
        will be run on are ``trusted`` with all of it. ``name`` may be the file of a compiled one
        (:meth:`optimize`). ``revise`` and ``unsupported`` put
        :class:`~kgmed.reasoning.programs.revise.VerifyAndRevise` around it. ``more`` are the
        program's own arguments.
        """
        from kgmed.reasoning.lm.dspy_lm import dspy_package

        dspy_package()
        from kgmed.reasoning.programs.registry import program

        compiled = None
        if name.endswith(COMPILED):
            from kgmed.reasoning.optimize.compiled import loaded, read_compiled

            compiled = read_compiled(Path(name))
            more = {"kinds": compiled.kinds, "languages": compiled.languages, **more}
            budget = budget if budget is not None else compiled.budget
        own = {"budget": budget, "samples": samples, **more}
        own = {key: value for key, value in own.items() if value is not None}
        kind = program(compiled.program if compiled is not None else name)
        made = kind(self.evidence(trusted=trusted), self._verified, **own)
        if compiled is not None:
            made = loaded(made, compiled, Path(name))
        return self._revised(made, made.tools.gatherer, revise, unsupported)

    def warn_unlike(self, program: Any, model: str) -> None:
        """Warn (:class:`~kgmed.kg.errors.ProgramWarning`) where a compiled program's file was made
        with another model, snapshot or kgmed; what is no such file is fine."""
        if not isinstance(program, str | Path) or not str(program).endswith(COMPILED):
            return
        from kgmed.reasoning.optimize.compiled import read_compiled

        unlike = read_compiled(Path(program)).unlike(model=model, snapshot=self.info().snapshot)
        if unlike:
            warnings.warn(f"{program}: {'; '.join(unlike)}", ProgramWarning, stacklevel=3)

    def _revised(
        self, module: Any, gatherer: Gatherer, rounds: int, unsupported: Unsupported | None
    ) -> Any:
        """A program with verifying and revising around it, where that is wanted."""
        if not rounds and unsupported is None:
            return module
        from kgmed.reasoning.programs.revise import VerifyAndRevise

        own = {name: getattr(module, name, None) for name in ("kinds", "languages")}
        own["budget"] = getattr(getattr(module, "tools", None), "budget", None)
        return VerifyAndRevise(
            gatherer, self._verified, program=module, rounds=rounds,
            unsupported=unsupported or "mark",
            **{name: value for name, value in own.items() if value is not None},
        )  # fmt: skip

    def _module(self, how: How, model: Connected) -> tuple[Any, Examples | None]:
        """The module that answers, a program by its name or a user's own, and the examples that it
        was given."""
        program = how.program
        if not isinstance(program, str):
            if not model.trusted:
                _refuse_restricted(program, model.name)
            gatherer = self.evidence(trusted=model.trusted)
            return self._revised(program, gatherer, how.rounds, how.unsupported), None
        self.warn_unlike(program, model.name)
        shown = None
        more: dict[str, Any] = {}
        if how.examples is not None:
            shown = self.examples(how.examples, trusted=model.trusted)
            more["examples"] = shown.shown
        made = self.program(
            program, budget=how.budget, samples=how.samples, trusted=model.trusted,
            revise=how.rounds, unsupported=how.unsupported, **more,
        )  # fmt: skip
        return made, shown

    def examples(self, solved: Solved, *, trusted: bool = False) -> Examples:
        """Solved questions as few-shot examples, each with this graph's evidence for its answer.

        ``solved`` is a file of questions with answers, or such records, in one of the forms of
        :mod:`kgmed.kg.qa`. One whose answer the evidence doesn't bear out is left out: a model
        would learn from it to answer past the evidence. ``trusted`` is as in :meth:`program`, which
        takes ``examples=graph.examples(...).shown``. Raises
        :class:`~kgmed.kg.errors.DataError` for records that aren't questions with answers, and
        :class:`~kgmed.kg.errors.UsageError` where none is left.
        """
        from kgmed.reasoning.lm.dspy_lm import dspy_package

        dspy_package()
        from kgmed.kg.qa import qa_items, read_qa
        from kgmed.reasoning.programs.examples import examples

        gatherer = self.evidence(trusted=trusted)
        if isinstance(solved, str | Path):
            return examples(read_qa(Path(solved)), gatherer, where=str(solved))
        return examples(qa_items("examples", solved), gatherer)

    def evidence(self, *, trusted: bool = False) -> Gatherer:
        """What gathers evidence from this graph; only the openly licensed for who isn't trusted."""
        from kgmed.reasoning.evidence import Gatherer

        return Gatherer(self.store, self.registry, terms=self._terms(trusted))

    def _terms(self, trusted: bool) -> Terms | None:
        """What lets only the openly licensed leave; None for who is trusted."""
        from kgmed.kg.views.licensing import Terms

        if trusted:
            return None
        return Terms(((row.infores, row.licence) for row in self.info().sources), ())

    def _verified(self, text: str, *, lang: Language | None = None) -> Verification:
        """A text's verification; the verifiers stay from one text to the next."""
        if lang not in self._verifiers:
            self._verifiers[lang] = self._text_verifier(self._verifier(lang), None)
        return self._verifiers[lang].verify(text, lang=lang)

    @cached_property
    def _verifiers(self) -> dict[Language | None, TextVerifier]:
        return {}

    def _asked(
        self,
        question: str,
        module: Any,
        model: Connected,
        *,
        language: Language | None,
        options: Sequence[str],
    ) -> Answer:
        import dspy

        from kgmed.reasoning.answering import Answering
        from kgmed.reasoning.programs.direct import check_question

        started = time.perf_counter()
        text = check_question(question)
        with dspy.context(lm=model.lm), model.counting() as counts:
            prediction = module(question=text, options=tuple(options), language=language)
        spent = round((time.perf_counter() - started) * 1000, 1)
        usage = {"calls": prediction.calls, **counts()}
        answering = Answering(self.store, self.registry, self._verified)
        name = getattr(module, "name", type(module).__name__)
        return answering.answer(
            prediction, program=name, model=model.name, usage=usage, elapsed_ms=spent
        )


def _refuse_restricted(module: Any, model: str) -> None:
    """Refuse a program that would show restricted evidence to a model that isn't trusted."""
    walk = getattr(module, "named_sub_modules", lambda: ())
    parts = [part for _name, part in walk()]
    gatherers = [getattr(getattr(part, "tools", None), "gatherer", None) for part in parts]
    shown = [demo for part in parts for demo in getattr(part, "demos", ())]
    if any(gatherer is not None and not gatherer.for_anybody for gatherer in gatherers) or any(
        demo.get("restricted") for demo in shown
    ):
        raise UsageError(
            f"Found a program or examples made with trusted=True and the model {model}, which "
            "isn't trusted with restricted evidence; expected graph.program(..., trusted=False), "
            "or trusted=True here where the model runs on a machine of yours."
        )
