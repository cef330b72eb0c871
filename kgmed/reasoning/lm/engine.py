"""The embedded engine: a language model's place taken by rules, so that programs run without a
server.

It reads the question and the numbered evidence in a prompt and answers from that evidence alone
(:mod:`kgmed.reasoning.lm.extractive`): deterministic, in about a millisecond, in English and
Chinese. Written for DSPy 3.4, whose ``dspy.LM`` takes it as ``engine``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from kgmed.kg.verbalize.size import tokens_of
from kgmed.reasoning.lm.dspy_lm import dspy_package
from kgmed.reasoning.lm.extractive import Reader

if TYPE_CHECKING:
    from dspy.lm15 import Request, Response

NAME = "embedded"
_FENCE = re.compile(r"<text ([0-9a-f]+)>\n(.*?)\n</text \1>", re.DOTALL)
_FIELD = re.compile(r"^\[\[ ## (\w+) ## \]\]\n", re.MULTILINE)
_MARKED = re.compile(r"`\[\[ ## (\w+) ## \]\]`")
_NAMED = re.compile(r"`(\w+)`")


class EmbeddedEngine:
    """A DSPy engine: ``dspy.LM("embedded", engine=EmbeddedEngine())``, or :func:`embedded_lm`."""

    name = NAME

    def complete(self, request: Request) -> Response:
        """The answer to a request, in the form that it asks for."""
        from dspy import lm15

        user = request.messages[-1].text or ""
        prompt = "\n".join([*(m.text or "" for m in request.messages), str(request.system or "")])
        text = self.text_of(user, _schema(request.config.response_format), request)
        spent, made = tokens_of(prompt), tokens_of(text)
        return lm15.Response(
            id=None, model=request.model, finish_reason="stop",
            message=lm15.Message.assistant([lm15.TextPart(text)]),
            usage=lm15.Usage(input_tokens=spent, output_tokens=made, total_tokens=spent + made),
        )  # fmt: skip

    def text_of(self, user: str, schema: Mapping[str, Any] | None, request: Request) -> str:
        """What is answered to the user's last message."""
        config = request.config
        return answered(
            user, schema, seed=config.seed or 0, temperature=float(config.temperature or 0.0)
        )

    def stream(self, request: Request) -> Iterator[Any]:
        from dspy import lm15

        return iter(lm15.response_to_events(self.complete(request)))

    def close(self) -> None:
        """Nothing is open."""

    def dump_state(self) -> dict[str, Any]:
        return {}

    @classmethod
    def load_state(cls, _state: dict[str, Any]) -> EmbeddedEngine:
        return cls()


class AsyncEmbeddedEngine:
    """:class:`EmbeddedEngine` for DSPy's asynchronous calls."""

    name = NAME

    async def complete(self, request: Request) -> Response:
        return EmbeddedEngine().complete(request)

    async def close(self) -> None:
        """Nothing is open."""

    def dump_state(self) -> dict[str, Any]:
        return {}

    @classmethod
    def load_state(cls, _state: dict[str, Any]) -> AsyncEmbeddedEngine:
        return cls()


def embedded_lm(**settings: Any) -> Any:
    """A ``dspy.LM`` of the embedded engine; ``settings`` are ``dspy.LM``'s. Raises
    :class:`~kgmed.kg.errors.MissingExtra` without DSPy."""
    dspy = dspy_package()
    given = {"cache": False, **settings}
    return dspy.LM(NAME, engine=EmbeddedEngine(), async_engine=AsyncEmbeddedEngine(), **given)


def answered(
    user: str,
    schema: Mapping[str, Any] | None = None,
    *,
    seed: int = 0,
    temperature: float = 0.0,
) -> str:
    """The answer to a user's message: JSON, or fields under markers where it asks for these.

    >>> print(answered("[[ ## question ## ]]\\nWhich drugs treat gout?\\n\\n[[ ## evidence ## ]]\\n"
    ...                "[1] Colchicine treats gout.\\n\\nJSON: `answerable`, `answer`"))
    {"answerable": true, "answer": "Colchicine treats gout [1]."}
    """
    inputs, asked = read(user)
    marked = _MARKED.findall(asked)
    names = [n for n in marked if n != "completed"] or _NAMED.findall(asked)
    shapes: dict[str, Mapping[str, Any]] = {name: {} for name in names}
    if schema is not None:
        shapes = dict(schema.get("properties", {}))
    if not shapes:
        shapes = {"answer": {}}
        marked = marked or ["answer"]
    filled = _reader().fill(inputs, shapes, seed=seed, temperature=temperature)
    if marked and schema is None:
        fields = (f"[[ ## {name} ## ]]\n{_written(value)}" for name, value in filled.items())
        return "\n\n".join([*fields, "[[ ## completed ## ]]"])
    return json.dumps(filled, ensure_ascii=False)


def read(user: str) -> tuple[dict[str, str], str]:
    """The inputs of a user's message by name, and what it says after them of the outputs.

    What stands in a fence is data: a marker in there begins no field.
    """
    held: list[str] = []

    def keep(found: re.Match[str]) -> str:
        held.append(found[2])
        return f"\x00{len(held) - 1}\x00"

    user = user.replace("\x00", "")
    bare = _FENCE.sub(keep, user)
    parts = _FIELD.split(bare)
    inputs = dict(zip(parts[1::2], parts[2::2], strict=True))
    asked = parts[0] if len(parts) == 1 else ""
    if inputs:
        last = list(inputs)[-1]
        body, found, asked = inputs[last].rpartition("\n\n")
        inputs[last] = body if found else inputs[last]
    else:
        inputs = {"question": user}

    def put(text: str) -> str:
        return re.sub("\x00(\\d+)\x00", lambda m: held[int(m[1])], text).strip()

    return {name: put(text) for name, text in inputs.items()}, asked


@cache
def _reader() -> Reader:
    return Reader()


def _schema(asked: Any) -> Mapping[str, Any] | None:
    """The JSON Schema that a request asks for; None where it asks for none."""
    if not isinstance(asked, Mapping):
        return None
    inner = asked.get("json_schema", asked)
    found = inner.get("schema") if isinstance(inner, Mapping) else None
    return found if isinstance(found, Mapping) else None


def _written(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
