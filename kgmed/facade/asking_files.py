"""What a graph's facade answers of files: many questions side by side, each once."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kgmed.facade.asking_streams import AskingStreams
from kgmed.facade.how import DIRECT, How
from kgmed.facade.models import Connected, connected
from kgmed.kg.errors import UsageError

if TYPE_CHECKING:
    import dspy

    from kgmed.facade.how import Solved
    from kgmed.kg.model import Language
    from kgmed.reasoning.bulk import Done
    from kgmed.reasoning.bulk.run import Ask
    from kgmed.reasoning.lm.connect import LanguageModel
    from kgmed.reasoning.revision import Unsupported


class AskingFiles(AskingStreams):
    """The method of a graph that answers the questions of a file."""

    def ask_file(
        self,
        path: str | Path,
        out: str | Path,
        *,
        language: Language | None = None,
        limit: int | None = 20,
        program: Any = None,
        lm: str | LanguageModel | dspy.LM | None = None,
        api_base: str | None = None,
        timeout_s: float | None = None,
        examples: Solved | None = None,
        budget: int | None = None,
        samples: int | None = None,
        trusted: bool | None = None,
        revise: int | None = None,
        unsupported: Unsupported | None = None,
        concurrency: int | None = None,
        tell: Callable[[str], None] = lambda _text: None,
    ) -> Done:
        """Answer the questions of a file into another, as :meth:`ask` would, side by side.

        ``path`` holds a question a line (.txt), or records with ``question``, and with options to
        choose from where they have any (:mod:`kgmed.kg.records`, :mod:`kgmed.kg.qa`); ``direct``
        doesn't look at options. ``out`` is JSON Lines in the order of the questions: each record's
        ``id``, then the fields of :class:`~kgmed.reasoning.answer.Answer`, or ``error`` where there
        is none. ``concurrency`` is how many questions, and how many requests to the model, are
        under way at once (16); ``tell`` is told how far the run is.

        What is answered is kept beside ``out``, under its name and ``.part``, as it comes: a run
        that was ended goes on when the same is called again. Raises
        :class:`~kgmed.kg.errors.LanguageModelError` where the model is gone, and what :meth:`ask`,
        :func:`~kgmed.reasoning.bulk.read_questions` and :class:`~kgmed.reasoning.bulk.Journal`
        raise.
        """
        from kgmed.reasoning.blocking import blocking
        from kgmed.reasoning.bulk import CONCURRENCY, Journal, answer_all, digest, read_questions

        path, out = Path(path), Path(out)
        if path.absolute() == out.absolute():
            raise UsageError(f"{out}: found the questions' own file, expected another to write to.")
        if concurrency is not None and concurrency < 1:
            raise UsageError(f"Found concurrency={concurrency}, expected at least 1.")
        questions = read_questions(path)
        how = How(
            program, lm, api_base, timeout_s, budget, samples, trusted, revise, unsupported,
            examples,
        ).chosen()  # fmt: skip
        told: dict[str, Any] = {"snapshot": self.info().snapshot, "language": language}
        with ExitStack() as stack:
            if how.program == DIRECT:
                told |= {"program": DIRECT, "limit": limit}
                ask = self._direct_asker(language, limit)
            else:
                model = connected(
                    lm, api_base, trusted, stack, concurrency=concurrency, timeout_s=timeout_s
                )
                module, shown = self._module(how, model)
                told |= {
                    "program": how.program if isinstance(how.program, str) else _state(program),
                    "model": model.name, "trusted": model.trusted, "budget": budget,
                    "samples": samples, "revise": how.rounds, "unsupported": unsupported,
                    "asked": _asked_as(model.lm),
                }  # fmt: skip
                if shown is not None:
                    tell(shown.as_entry()["text"])
                    told["examples"] = [one.toDict() for one in shown.shown]
                ask = self._asker(module, model, language)

            async def run() -> Done:
                with Journal(out, digest(questions, told)) as journal:
                    return await answer_all(
                        questions, ask, journal, concurrency=concurrency or CONCURRENCY, tell=tell
                    )

            return blocking(run())

    def _direct_asker(self, language: Language | None, limit: int | None) -> Ask:
        from kgmed.reasoning.bulk import Asked, Question
        from kgmed.reasoning.programs.direct import Direct
        from kgmed.wire import to_plain

        direct = Direct(self.store, self.registry)

        async def ask(question: Question) -> Asked:
            answer = direct.ask(question.text, language=language, limit=limit)
            return Asked({"id": question.id, **to_plain(answer)})

        return ask

    def _asker(self, module: Any, model: Connected, language: Language | None) -> Ask:
        import dspy

        from kgmed.reasoning.answering import Answering
        from kgmed.reasoning.bulk import Asked, Question
        from kgmed.reasoning.programs.direct import check_question
        from kgmed.wire import to_plain

        answering = Answering(self.store, self.registry, self._verified)
        name = getattr(module, "name", type(module).__name__)
        waits = hasattr(module, "aforward")

        async def ask(question: Question) -> Asked:
            started = time.perf_counter()
            given = {"question": check_question(question.text), "language": language,
                     "options": tuple(question.options.values())}  # fmt: skip
            with dspy.context(lm=model.lm), model.counting() as counts:
                prediction = await module.acall(**given) if waits else module(**given)
            usage = {"calls": prediction.calls, **counts()}
            answer = answering.answer(
                prediction, program=name, model=model.name, usage=usage,
                elapsed_ms=round((time.perf_counter() - started) * 1000, 1),
            )  # fmt: skip
            tokens = usage.get("prompt_tokens", 0) + usage.get("completion_tokens", 0)
            return Asked({"id": question.id, **to_plain(answer)}, tokens)

        return ask


def _state(module: Any) -> list[str]:
    """What tells a user's module from another: its name, its instructions and examples."""
    state = json.dumps(module.dump_state(), sort_keys=True, default=str)
    return [type(module).__qualname__, state]


def _asked_as(lm: Any) -> dict[str, Any]:
    """How a model is asked, as far as that changes its answers."""
    return {name: lm.kwargs.get(name) for name in ("temperature", "max_tokens", "seed")}
