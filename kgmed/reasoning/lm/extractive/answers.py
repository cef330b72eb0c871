"""What the evidence of a prompt says, field by field of the programs' signatures."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from random import Random
from typing import Any

from kgmed.kg.model import Language
from kgmed.kg.predicates import Registry
from kgmed.reasoning.lm.extractive.evidence import Fit, Line, Matcher, Prompt
from kgmed.reasoning.lm.extractive.words import holds, keys

MOST_LINES, MOST_ANSWER, MOST_QUOTE, MOST_STEP, MOST_THOUGHTS = 3, 600, 220, 120, 4
LEAST_SCORE = 2
HEAT = 0.5
"""How much a temperature of 1 shakes the scores of lines."""
_NOT = re.compile(r"\b(?:not|except|least)\b|不属于|不是|不包括|除外|除了|错误", re.IGNORECASE)
PHRASES: dict[Language, dict[str, str]] = {
    "en": {
        "missing": "The evidence doesn't answer this.",
        "yes": "Yes: {quote}",
        "no": "No: {quote}",
        "maybe": "The evidence doesn't say it outright. {quote}",
        "judge": "Whether that is safe isn't for the evidence to judge. {quote}",
        "chosen": "{option}: {quote}",
        "asks": "The question asks about {names}.",
        "so": "So the evidence that counts is {numbers}.",
    },
    "zh": {
        "missing": "证据不足以回答。",
        "yes": "是：{quote}",
        "no": "否：{quote}",
        "maybe": "证据没有直接说明。{quote}",
        "judge": "证据不能判断是否安全。{quote}",
        "chosen": "{option}：{quote}",
        "asks": "问题问的是{names}。",
        "so": "因此依据的证据是{numbers}。",
    },
}


class Reader:
    """Fills the output fields of a prompt from its inputs.

    ``seed`` and ``temperature`` vary which of the lines that fit are quoted; at temperature 0 the
    same prompt gives the same answer.
    """

    def __init__(self, predicates: Registry | None = None) -> None:
        self._matcher = Matcher(predicates)

    def fill(
        self,
        inputs: Mapping[str, str],
        wanted: Mapping[str, Mapping[str, Any]],
        *,
        seed: int = 0,
        temperature: float = 0.0,
    ) -> dict[str, Any]:
        """A value for each field that is ``wanted`` (name: its JSON Schema, {} for text)."""
        chance = Random(f"{seed}:{inputs.get('question', '')}")  # noqa: S311  no secret
        told = inputs.get("evidence") or inputs.get("candidates", "")
        prompt = self._matcher.read(inputs.get("question", ""), told)
        fits = self._matcher.fits(prompt, chance=chance, heat=HEAT * temperature)
        if "thoughts" in wanted:
            made: dict[str, Any] = {"thoughts": _thoughts(prompt, fits)}
        elif "names" in wanted:
            made = _names(prompt, fits, inputs.get("candidates", "").splitlines())
        elif "choice" in wanted:
            made = _choice(prompt, fits, _options(inputs.get("options", "")))
        elif "verdict" in wanted:
            made = _verdict(prompt, fits)
        else:
            made = _open(prompt, fits)
        used = made.pop("used", [])
        made.setdefault("steps", _steps(prompt, used))
        made.setdefault("citations", [line.number for line in used])
        made.setdefault("reasoning", " ".join(made["steps"]))
        return {name: made[name] if name in made else _other(shape, made)
                for name, shape in wanted.items()}  # fmt: skip


def _say(prompt: Prompt, key: str, **parts: str) -> str:
    return PHRASES[prompt.lang][key].format(**parts)


def _missing(prompt: Prompt, **more: Any) -> dict[str, Any]:
    return {"answerable": False, "answer": _say(prompt, "missing"), "used": [], **more}


def _bearing(prompt: Prompt, fits: Sequence[Fit]) -> list[Fit]:
    """The lines that bear on the question: about its names, and about what it asks of them."""
    most = max((fit.names for fit in fits), default=0)
    if prompt.names and not most:
        return []
    if prompt.form == "path":
        return [fit for fit in fits if fit.names == len(prompt.names)]
    if prompt.form == "yes_no":
        most = len(prompt.names)
    about = [fit for fit in fits if fit.names == most]
    if prompt.predicate:
        return [fit for fit in about if fit.says]
    if prompt.rest and not prompt.form:
        best = max((fit.common for fit in about), default=0)
        return [fit for fit in about if fit.common and fit.common >= best]
    return about


def _open(prompt: Prompt, fits: Sequence[Fit]) -> dict[str, Any]:
    bearing = _bearing(prompt, fits)
    if not bearing:
        return _missing(prompt)
    used = [fit.line for fit in bearing[:MOST_LINES]]
    texts: list[str] = []
    room = MOST_ANSWER
    for line in used:
        if texts and room < MOST_QUOTE:
            break
        text = cut(line, room)
        texts.append(text)
        room -= len(text) + 1
    return {"answerable": True, "answer": _joined(prompt, texts), "used": used[: len(texts)]}


def _verdict(prompt: Prompt, fits: Sequence[Fit]) -> dict[str, Any]:
    both = [fit for fit in fits if prompt.names and fit.names == len(prompt.names)]
    said = [fit for fit in both if fit.says or not prompt.predicate]
    if len(prompt.names) < 2:
        bearing = _bearing(prompt, fits) if prompt.names else []
        said = [fit for fit in bearing if prompt.rest and prompt.rest <= keys(fit.line.text)]
        both = bearing[:1]
    if not both:
        return _missing(prompt, verdict="maybe")
    chosen = said[0] if said else both[0]
    verdict = "maybe"
    if said and not prompt.judges:
        verdict = "no" if chosen.line.denies(prompt.names) else "yes"
    key = "judge" if prompt.judges else verdict
    text = _say(prompt, key, quote=cut(chosen.line, MOST_QUOTE))
    return {"answerable": True, "verdict": verdict, "answer": text, "used": [chosen.line]}


def _choice(prompt: Prompt, fits: Sequence[Fit], options: Mapping[str, str]) -> dict[str, Any]:
    """The option that the best line names; the one that none does where the question says "not"."""
    found: dict[str, Fit] = {}
    for fit in fits:
        if prompt.names and not fit.names:
            continue
        for letter, text in options.items():
            if letter not in found and holds(fit.line.text, text):
                found[letter] = fit
    first = next(iter(options), "A")
    if not found:
        return _missing(prompt, choice=first)
    order = sorted(found, key=lambda letter: -found[letter].score)
    if _NOT.search(prompt.question):
        unheld = [letter for letter in options if letter not in found]
        said = [letter for letter in found if found[letter].says]
        rest = unheld or [letter for letter in options if letter not in said] or order[-1:]
        text = f"{options[rest[0]]}: " if prompt.lang == "en" else f"{options[rest[0]]}："
        quoted = [found[letter].line for letter in order[:2]]
        text += " ".join(cut(line, MOST_QUOTE) for line in quoted)
        return {"answerable": True, "choice": rest[0], "answer": text, "used": quoted}
    letter = order[0]
    line = found[letter].line
    quote = cut(line, MOST_QUOTE, keep=options[letter])
    text = _say(prompt, "chosen", option=options[letter], quote=quote)
    return {"answerable": True, "choice": letter, "answer": text, "used": [line]}


def _names(prompt: Prompt, fits: Sequence[Fit], candidates: Sequence[str]) -> dict[str, Any]:
    own = {name.casefold() for name in prompt.names}
    offered = [c.strip() for c in candidates if c.strip() and not c.startswith(("<text", "</text"))]
    offered = [name for name in offered if name.casefold() not in own]
    used, names = [], []
    for fit in _bearing(prompt, fits):
        held = [name for name in offered if holds(fit.line.text, name) and name not in names]
        if held:
            used.append(fit.line)
            names += held
    if not names:
        return _missing(prompt, names=[])
    return {"answerable": True, "names": names[:24], "answer": ", ".join(names), "used": used[:12]}


def _thoughts(prompt: Prompt, fits: Sequence[Fit]) -> list[dict[str, Any]]:
    """The ways on that speak of what is asked, scored by how much of it they do."""
    found = []
    for fit in fits:
        asked = float(fit.says) if prompt.predicate else fit.common / max(1, len(prompt.rest))
        score = round(3 * fit.names / max(1, len(prompt.names)) + 7 * asked)
        if score >= LEAST_SCORE:
            found.append({"number": fit.line.number, "score": min(10, score),
                          "thought": cut(fit.line, MOST_QUOTE, cite=False)})  # fmt: skip
    return found[:MOST_THOUGHTS]


def _steps(prompt: Prompt, used: Sequence[Line]) -> list[str]:
    """The way to the answer: what is asked about, the lines, which of them count."""
    if not used:
        return [_say(prompt, "missing")]
    steps = []
    if prompt.names:
        steps.append(_say(prompt, "asks", names=_listed(prompt, prompt.names)))
    steps += [cut(line, MOST_STEP) for line in used]
    numbers = _listed(prompt, [f"[{line.number}]" for line in used])
    return [*steps, _say(prompt, "so", numbers=numbers)]


def _listed(prompt: Prompt, parts: Sequence[str]) -> str:
    return ("、" if prompt.lang == "zh" else ", ").join(parts)


def _joined(prompt: Prompt, texts: Sequence[str]) -> str:
    return ("" if prompt.lang == "zh" else " ").join(texts)


def _options(text: str) -> dict[str, str]:
    found = re.findall(r"^([A-Z])\. (.+)$", text, re.MULTILINE)
    return {letter: option.strip() for letter, option in found}


def cut(line: Line, most: int, *, cite: bool = True, keep: str = "") -> str:
    """A line in at most so many characters: a list ends earlier, and what is left is still true.

    ``keep`` is a member that has to stay: where the list would end before it, it comes last.

    >>> cut(Line(1, "Warfarin interacts with aspirin, amiodarone and ibuprofen."), 45)
    'Warfarin interacts with aspirin [1].'
    >>> cut(Line(1, "华法林与氟康唑、红霉素、戊巴比妥和绿茶存在相互作用。"), 24)
    '华法林与氟康唑和绿茶存在相互作用 [1]。'
    """
    text = line.cited if cite else line.text
    if len(text) <= most:
        return text
    stop = line.text[-1:] if line.text[-1:] in ".。" else "."
    tail = f" [{line.number}]{stop}" if cite else stop
    body = line.text.rstrip(".。")
    comma = "、" in body and re.search(r"[\u3400-\u9fff]", body) is not None
    if comma:  # the verb may stand behind the list: its last member and what follows stay
        last = max(body.rfind("和"), body.rfind("等"), body.rfind("、"))
        tail = body[last:] + tail
        body = body[:last]
    head = body[: max(1, most - len(tail))]
    ends = [head.rfind(mark) for mark in (("、",) if comma else ("; ", ", "))]
    head = head[: max(ends)] if max(ends) > 0 else head
    if keep and not holds(head + tail, keep):
        starts = [head.find(mark) for mark in ("; ", ", ", "、") if mark in head]
        first = head[: min(starts)] if starts else head
        head = f"{first}{'、' if comma else ', '}{keep}"
    if head.count("(") > head.count(")"):
        head = head[: head.rfind("(")].rstrip()
    return f"{head.rstrip(' ;,、')}{tail}"


def _other(shape: Mapping[str, Any], made: Mapping[str, Any]) -> Any:
    """A value for a field of somebody else's signature: the quotes, or an empty value."""
    empty: dict[str, Callable[[], Any]] = {"array": list, "object": dict, "integer": int,
                                           "number": float, "boolean": bool}  # fmt: skip
    if options := shape.get("enum"):
        return options[0]
    kind = shape.get("type", "string")
    return empty[kind]() if kind in empty else made.get("answer", "")
