"""What a graph's facade answers while the model is still writing."""

from __future__ import annotations

import contextvars
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, Literal

from kgmed.facade.asking import Asking
from kgmed.facade.how import DIRECT, How

if TYPE_CHECKING:
    from kgmed.facade.how import Solved
    from kgmed.kg.model import Language
    from kgmed.reasoning.answer import Answer
    from kgmed.reasoning.claims.model import Checked
    from kgmed.reasoning.lm.connect import LanguageModel
    from kgmed.reasoning.revision import Unsupported


@dataclass(frozen=True, slots=True)
class Part:
    """A part of an answer as it comes: a ``sentence`` of the model's with its claims' verdicts;
    ``again`` where the model begins another answer and what was said before is a draft; at last
    the ``answer``, which alone holds."""

    kind: Literal["sentence", "again", "answer"]
    text: str = ""
    claims: tuple[Checked, ...] = ()
    answer: Answer | None = None


class AskingStreams(Asking):
    """The method of a graph that answers while the model writes."""

    def ask_stream(
        self,
        question: str,
        *,
        language: Language | None = None,
        limit: int | None = 20,
        program: Any = None,
        lm: str | LanguageModel | None = None,
        api_base: str | None = None,
        timeout_s: float | None = None,
        options: Sequence[str] = (),
        examples: Solved | None = None,
        budget: int | None = None,
        samples: int | None = None,
        trusted: bool | None = None,
        revise: int | None = None,
        unsupported: Unsupported | None = None,
    ) -> Iterator[Part]:
        """:meth:`ask`, sentence by sentence: each part as soon as it is there, the answer last.

        A sentence is what the model writes, with numbers of the evidence; it is a draft until the
        answer comes, which is verified as a whole, revised and cited. Programs that gather samples
        or names (self-consistency, constrained), direct, and a ``dspy.LM`` of one's own give the
        answer alone. The program runs in a thread, which goes on where no more is asked for.

        >>> *sentences, last = open_graph().ask_stream("Which drugs treat gout?", lm="embedded")
        >>> sentences[0].claims[0].verdict, last.answer.abstained
        ('SUPPORTED', False)
        """
        how = How(
            program, lm, api_base, timeout_s, budget, samples, trusted, revise, unsupported,
            examples,
        ).chosen(options=options or None)  # fmt: skip
        if how.program == DIRECT:
            answer = self.ask(question, language=language, limit=limit, program=DIRECT)
            yield Part("answer", answer.text, answer=answer)
            return
        parts: SimpleQueue[Part | BaseException] = SimpleQueue()

        def work() -> None:
            try:
                made = self._answered(
                    question, how, language=language, options=options,
                    heard=_Listening(self, parts, language).heard,
                )  # fmt: skip
                parts.put(Part("answer", made.text, answer=made))
            except BaseException as error:  # the caller's to raise
                parts.put(error)

        context = contextvars.copy_context()
        threading.Thread(target=context.run, args=(work,), daemon=True).start()
        while True:
            part = parts.get()
            if isinstance(part, BaseException):
                raise part
            yield part
            if part.kind == "answer":
                return


class _Listening:
    """Verifies the sentences of an answer as they become whole."""

    def __init__(
        self, graph: Asking, parts: SimpleQueue[Part | BaseException], language: Language | None
    ) -> None:
        self._graph, self._parts, self._language = graph, parts, language
        self._told = 0
        self._begun = False

    def heard(self, text: str) -> None:
        """All that a call has written so far."""
        from kgmed.reasoning.claims.texts import whole
        from kgmed.reasoning.lm.streamed import answer_so_far

        if not text:
            self._begun, self._told = self._begun or self._told > 0, 0
            return
        answer = answer_so_far(text)
        over = len(answer) if _is_closed(text, answer) else self._told + whole(answer[self._told :])
        said = answer[self._told : over]
        self._told = over
        if said.strip():
            self._say(said.strip())

    def _say(self, sentence: str) -> None:
        from kgmed.reasoning.programs.citing import without_numbers

        if self._begun:
            self._begun = False
            self._parts.put(Part("again"))
        found = self._graph._verified(without_numbers(sentence), lang=self._language)
        self._parts.put(Part("sentence", sentence, found.claims))


def _is_closed(text: str, answer: str) -> bool:
    """Whether the answer's string has ended."""
    from kgmed.reasoning.lm.streamed import answer_so_far

    return bool(answer) and answer_so_far(f"{text}x") == answer
