"""A prompt's evidence read back: numbered lines, and how well each fits a question."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random

from kgmed.kg.linking.normalize import is_cjk
from kgmed.kg.model import Language
from kgmed.kg.predicates import Registry, registry
from kgmed.reasoning.denial import denies
from kgmed.reasoning.lm.extractive.words import Relations, holds, keys
from kgmed.reasoning.question import Reading, parse

_LINE = re.compile(r"^\[(\d{1,3})\] (.+)$")
_SAID = re.compile(r"^= (.+): (.+)$")
_APART = re.compile(r"\b(?:together|safe|safely|combine[ds]?|along)\b|一起|同时|合用|联用|安全",
                    re.IGNORECASE)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Line:
    """A numbered line of evidence."""

    number: int
    text: str

    def denies(self, names: Sequence[str]) -> bool:
        """Whether it says that something is not so; a "non-" in these names says nothing."""
        return denies(self.text, names)

    @property
    def cited(self) -> str:
        """The line as a sentence with its number before the stop."""
        stop = self.text[-1:] if self.text[-1:] in ".。" else "."
        return f"{self.text.rstrip('.。')} [{self.number}]{stop}"


@dataclass(frozen=True, slots=True)
class Fit:
    """How a line fits a question: names of it that it has, whether it says the relation that was
    asked, other words in common, and a score of all that."""

    line: Line
    names: int
    says: bool
    common: int
    score: float


@dataclass(slots=True)
class Prompt:
    """A question with its evidence, as they stand in a prompt."""

    question: str
    lines: list[Line]
    lang: Language
    names: list[str] = field(default_factory=list)
    predicate: str = ""
    form: str = ""
    judges: bool = False
    """Whether it asks to judge whether two things may be taken together."""
    rest: frozenset[str] = frozenset()
    """What it asks, its names aside."""


class Matcher:
    """Reads prompts, and fits their lines to their questions."""

    def __init__(self, predicates: Registry | None = None) -> None:
        self._registry = predicates or registry()
        self._relations = Relations(self._registry)

    def read(self, question: str, evidence: str) -> Prompt:
        """A question and the text of its evidence."""
        lines, said = [], {}
        for text in evidence.splitlines():
            if found := _LINE.match(text.strip()):
                lines.append(Line(int(found[1]), found[2]))
            elif found := _SAID.match(text.strip()):
                said[found[1].casefold()] = found[2]
        lang: Language = "zh" if any(map(is_cjk, question)) else "en"
        prompt = Prompt(question, lines, lang, judges=bool(_APART.search(question)))
        reading = self._reading(prompt, said)
        if reading is not None:
            prompt.predicate, prompt.form = reading.predicate or "", reading.form
            prompt.names = [_named(slot.text, said) for slot in reading.slots]
            prompt.judges |= reading.safety
        else:
            held = [name for s, name in said.items() if s in question.casefold()]
            prompt.names = list(dict.fromkeys([*held, *_spoken(question, lines)]))
        taken = frozenset[str]().union(*(keys(name) for name in [*prompt.names, *said]))
        prompt.rest = keys(question) - taken
        return prompt

    def _reading(self, prompt: Prompt, said: dict[str, str]) -> Reading | None:
        """The first way to read the question whose names the evidence has, else the first."""
        _lang, readings = parse(prompt.question, registry=self._registry, language=prompt.lang)
        for reading in readings:
            names = [_named(slot.text, said) for slot in reading.slots]
            if names and all(any(holds(line.text, n) for line in prompt.lines) for n in names):
                return reading
        return readings[0] if readings and readings[0].slots else None

    def fits(
        self, prompt: Prompt, lines: Sequence[Line] = (), *, chance: Random | None = None,
        heat: float = 0.0,
    ) -> list[Fit]:  # fmt: skip
        """The lines, the best fit first; ``chance`` and ``heat`` vary the order."""
        found = []
        for line in lines or prompt.lines:
            names = sum(holds(line.text, name) for name in prompt.names)
            says = bool(prompt.predicate) and self._relations.says(
                line.text, prompt.predicate, prompt.lang
            )
            common = len(prompt.rest & keys(line.text))
            score = 3.0 * names + 2.0 * says + common - 0.02 * line.number
            score += heat * chance.gauss(0, 1) if chance is not None else 0.0
            found.append(Fit(line, names, says, common, score))
        return sorted(found, key=lambda fit: -fit.score)


def _named(text: str, said: dict[str, str]) -> str:
    """What the evidence calls something of the question."""
    return said.get(text.casefold(), text)


def _spoken(question: str, lines: Sequence[Line]) -> list[str]:
    """The words and runs of words of a question that lines begin with: what they are about."""
    words = list(re.findall(r"[\w\-]+", question))
    runs = [" ".join(words[a:b]) for a in range(len(words)) for b in range(a + 1, len(words) + 1)
            if b - a < 6]  # fmt: skip
    if any(map(is_cjk, question)):
        bare = "".join(words)
        runs += [bare[a:b] for a in range(len(bare)) for b in range(a + 2, min(a + 12, len(bare)))]
    starts = [line.text.casefold() for line in lines]
    held = [run for run in runs if keys(run) and any(
        start.startswith(run.casefold()) and holds(start, run) for start in starts)]  # fmt: skip
    return [run for run in held if not any(run != other and run in other for other in held)]
