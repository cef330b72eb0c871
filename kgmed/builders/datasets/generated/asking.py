"""What a language model is asked for rows, and what it answers: the model itself is handed in."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, NamedTuple

from kgmed.kg.errors import UsageError
from kgmed.kg.model import Language
from kgmed.prompts import fenced, prompt

LANGUAGES: tuple[Language, ...] = ("en", "zh")
MOST_LINE = 400
"""Code points of a sentence of the graph that a prompt holds."""
MOST_TEXT = 6_000
"""Code points of the data of a prompt."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One request: a prompt, the JSON Schema of its answer (None for free text), and which of
    several answers to the same prompt it is."""

    system: str
    user: str
    schema: Mapping[str, Any] | None
    name: str
    max_tokens: int
    temperature: float | None
    seed: int | None
    sample: int = 0


class Answered(NamedTuple):
    """What a model wrote, and the tokens that it took; 0 where nobody counts them."""

    text: str
    prompt_tokens: int = 0
    completion_tokens: int = 0


class Spent(NamedTuple):
    """Answers, and the tokens of their prompts and of themselves."""

    answers: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0


Ask = Callable[[Iterable[Asked]], Iterator[Answered]]
"""Gives the answers to requests, in their order; it may take some in ahead."""


@dataclass(frozen=True, slots=True)
class Model:
    """How a model is asked: what decides its answers.

    ``name`` is what the card calls it, ``temperature`` is 0 or more, ``samples`` how many answers
    are asked for to each prompt, ``max_tokens`` bounds an answer, ``seed`` that of the first.
    ``decomposed`` says that a model takes the answers apart into claims as well.
    """

    name: str
    temperature: float = 0.7
    samples: int = 1
    max_tokens: int = 1024
    seed: int = 0
    decomposed: bool = False

    def __post_init__(self) -> None:
        for name, least in (("temperature", 0), ("samples", 1), ("max_tokens", 1)):
            value = getattr(self, name)
            if not value >= least:
                raise UsageError(f"Found {name}={value}, expected {least} or more.")
        if self.samples > 1 and not self.temperature:
            raise UsageError(
                f"Found samples={self.samples} with temperature=0, at which every sample is the "
                "same. Expected a temperature above 0, or one sample."
            )

    def as_settings(self, prompts: Sequence[str]) -> dict[str, Any]:
        """What decides the rows besides the graph: the model, how it is asked, and the prompts'
        digest."""
        return {
            "model": self.name, "temperature": self.temperature, "samples": self.samples,
            "max_tokens": self.max_tokens, "seed": self.seed, "decomposed": self.decomposed,
            "prompts": ", ".join(prompts), "prompt_digest": prompts_digest(prompts),
        }  # fmt: skip

    def asked(
        self, name: str, lang: Language, schema: Mapping[str, Any] | None, **values: str
    ) -> Asked:
        """The first request of a prompt; ``values`` fill its slots."""
        filled = prompt(name, lang).filled(**values)
        return Asked(
            filled.system, filled.user, schema, name, self.max_tokens, self.temperature, self.seed
        )


def prompts_digest(names: Sequence[str]) -> str:
    """A digest of prompts, in all their languages.

    >>> len(prompts_digest(["paraphrase"]))
    16
    """
    told = [(name, lang, *_parts(name, lang)) for name in sorted(names) for lang in LANGUAGES]
    return sha256(json.dumps(told, ensure_ascii=False).encode()).hexdigest()[:16]


def _parts(name: str, lang: Language) -> tuple[str, str]:
    found = prompt(name, lang)
    return found.system, found.user


def data(lines: Iterable[str]) -> str:
    """Lines as the data of a prompt: each on one line and cut, in a fence, numbered from 1.

    >>> print(data(["Warfarin treats thrombosis.", "a\\nb"]).splitlines()[2])
    2. a b
    """
    told = [f"{n}. {' '.join(text.split())[:MOST_LINE]}" for n, text in enumerate(lines, 1)]
    return fenced("\n".join(told)[:MOST_TEXT])


def read_object(answer: str) -> dict[str, Any] | None:
    """The JSON object of an answer, whatever stands around it; None where there is none.

    >>> read_object('Sure:\\n```json\\n{"texts": []}\\n```')
    {'texts': []}
    >>> read_object('{"texts": [') is None
    True
    """
    decoder = json.JSONDecoder()
    at = answer.find("{")
    while at >= 0:
        try:
            found, _end = decoder.raw_decode(answer, at)
        except (ValueError, RecursionError):
            at = answer.find("{", at + 1)
            continue
        return found if isinstance(found, dict) else None
    return None
