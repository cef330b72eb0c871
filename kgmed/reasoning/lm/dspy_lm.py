"""DSPy's language models and modules as a :class:`~kgmed.reasoning.lm.base.Completion`.

Written for DSPy 3.4 (https://dspy.ai), which is imported when one is plugged in.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from pydantic_core import to_json

from kgmed.kg.errors import MissingExtra, UsageError
from kgmed.reasoning.lm.base import Request

if TYPE_CHECKING:
    import dspy


class DspyCompletion:
    """Completes by a ``dspy.LM``, or by a ``dspy.Module`` whose inputs are the request's fields.

    An LM is sent the request's own messages and schema. A module (``dspy.Predict`` of
    :func:`~kgmed.reasoning.claims.decompose.claims_signature`, optimized or not, or one that holds
    it) composes its messages itself, by the adapter that DSPy is configured with
    (``dspy.JSONAdapter`` suits); its outputs are the answer. Raises
    :class:`~kgmed.kg.errors.UsageError` for anything else, and
    :class:`~kgmed.kg.errors.MissingExtra` without DSPy.
    """

    def __init__(self, given: dspy.LM | dspy.Module) -> None:
        dspy = dspy_package()
        if not isinstance(given, dspy.BaseLM | dspy.Module):
            raise UsageError(
                f"Found {type(given).__name__}, expected a dspy.LM or a dspy.Module such as "
                "dspy.Predict(claims_signature('en'))."
            )
        self._given = given
        self._is_lm = isinstance(given, dspy.BaseLM)

    def __call__(self, request: Request, /) -> str:
        return self._by_lm(request) if self._is_lm else self._by_module(request)

    def _by_lm(self, request: Request) -> str:
        answer = self._given(as_lm15(request, self._given.model))
        return answer_text(answer.message.parts)

    def _by_module(self, request: Request) -> str:
        from dspy.utils.exceptions import AdapterParseError

        try:
            prediction = self._given(**request.fields)
        except AdapterParseError as error:
            return str(error.lm_response or "")  # not as asked for: the reader's to tell
        return to_json(dict(prediction.items()), serialize_unknown=True).decode()


def as_lm15(request: Request, model: str) -> Any:
    """A request as DSPy's client takes it."""
    from dspy import lm15

    form = None
    if request.schema is not None:
        form = {"type": "json_schema", "name": request.name, "strict": True,
                "schema": dict(request.schema)}  # fmt: skip
    return lm15.Request(
        model=model,
        messages=(lm15.Message.user(request.user),),
        system=request.system or None,
        config=lm15.Config(
            max_tokens=request.max_tokens,
            temperature=request.temperature,
            seed=request.drawn,
            response_format=form,
        ),
    )


def answer_text(parts: Iterable[Any]) -> str:
    """What a model wrote, without its thoughts. DSPy's client has read JSON with a choice in it
    already (a "data" part); it is JSON text again."""
    texts = (
        to_json(part.value).decode() if part.type == "data" else part.text
        for part in parts
        if part.type in {"text", "data"}
    )
    return "".join(texts)


def dspy_package() -> Any:
    """DSPy, imported now; raises :class:`~kgmed.kg.errors.MissingExtra` where it isn't.

    LiteLLM, which DSPy imports for what its own client doesn't know, is kept from fetching prices.
    """
    os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "true")
    try:
        import dspy
    except ImportError as error:
        raise MissingExtra("dspy", "llm") from error
    return dspy
