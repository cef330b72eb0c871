"""What a language model is asked for, and what can answer: any function of a request.

A model is plugged in as a callable that takes a :class:`Request` and gives the text that the model
wrote. How it is reached, how often it is tried again and what it costs is the callable's business.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from kgmed.kg.errors import KgmedError, LanguageModelError


@dataclass(frozen=True, slots=True)
class Request:
    """A prompt whose answer is to be JSON of a schema, or any text where there is none.

    ``system`` and ``user`` are what is sent; ``fields`` are the parts that ``user`` is made of, for
    who composes the messages otherwise. ``schema`` is a JSON Schema that endpoints take in strict
    mode (every property required, none besides), None for free text; ``name`` is what it is called.
    ``max_tokens`` bounds the answer. ``temperature`` (0 or more) and ``seed`` are the model's own
    where they are None. ``sample`` numbers answers to one and the same prompt: where a model is
    sampled, another number gives another answer.
    """

    system: str
    user: str
    schema: Mapping[str, Any] | None
    name: str
    fields: Mapping[str, str] = field(default_factory=dict)
    max_tokens: int = 2048
    temperature: float | None = None
    seed: int | None = None
    sample: int = 0

    @property
    def drawn(self) -> int | None:
        """The seed of this one answer: that of the request and the number of the sample.

        >>> Request("", "Hi", None, "greeting", seed=7, sample=2).drawn
        9
        """
        return None if self.seed is None else self.seed + self.sample

    @property
    def messages(self) -> list[dict[str, str]]:
        """The messages as OpenAI-compatible endpoints take them.

        >>> Request("Be brief.", "Hi", {}, "greeting").messages[1]
        {'role': 'user', 'content': 'Hi'}
        """
        system = [{"role": "system", "content": self.system}] if self.system else []
        return [*system, {"role": "user", "content": self.user}]

    @property
    def response_format(self) -> dict[str, Any] | None:
        """The schema as OpenAI-compatible endpoints, vLLM among them, take it, strict; None for
        free text.

        https://platform.openai.com/docs/guides/structured-outputs
        """
        if self.schema is None:
            return None
        described = {"name": self.name, "strict": True, "schema": dict(self.schema)}
        return {"type": "json_schema", "json_schema": described}


class Completion(Protocol):
    """What completes a prompt: gives the text that a model wrote for a request.

    An answer that was cut short, or isn't JSON, is given as it is. Where there is no answer it
    raises; what isn't a :class:`~kgmed.kg.errors.KgmedError` becomes a
    :class:`~kgmed.kg.errors.LanguageModelError`.
    """

    def __call__(self, request: Request, /) -> str: ...


def completed(complete: Completion, request: Request) -> str:
    """The answer to a request; whatever fails, fails as a :class:`KgmedError`."""
    try:
        answer: object = complete(request)
    except KgmedError:
        raise
    except Exception as error:
        told = " ".join(str(error).split())[:300]
        raise LanguageModelError(
            f"The language model gave no answer ({type(error).__name__}: {told}). Is it running, "
            "and does it take a prompt of this length?"
        ) from error
    if not isinstance(answer, str):
        raise LanguageModelError(
            f"The language model's function returned {type(answer).__name__}, expected the text "
            "that the model wrote (str)."
        )
    return answer
