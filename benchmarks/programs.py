"""What the programs on a language model cost, and how often they are right: questions of the open
graph, made from its statements over all forms, in English and Chinese.

    python benchmarks/programs.py                                  # 500 questions, embedded engine
    python benchmarks/programs.py --lm NAME --api-base URL --questions 100 --programs cot,tot

A question's right answer is a statement that it was made from. Tokens are those that the model
counts (the embedded engine: about what large models' tokenizers make of the text). The peers'
figures are those they publish, on their own questions, graphs and models; they show the size of
things, no race.
"""

from __future__ import annotations

import argparse
import random
import re
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from measure import Figure, p50_p99, say, table, write_json

from kgmed.facade import Graph, open_graph
from kgmed.facade.how import LM_PROGRAMS, REVISE
from kgmed.kg.model import Statement
from kgmed.reasoning.lm.connect import LanguageModel, connect
from kgmed.reasoning.lm.settings import LMSettings
from kgmed.settings import lm_settings

PEERS = (
    ("KG_RAG (GPT-3.5)", "1", "3,694", "", "https://arxiv.org/abs/2311.17330"),
    ("Graph-constrained reasoning", "2", "231", "3.6 s", "https://arxiv.org/abs/2410.13080"),
    ("Think-on-Graph", "11.6", "7,069", "16.1 s", "https://arxiv.org/abs/2307.07697"),
)
MOST_TOKENS = 1_000
"""Tokens of a grounded question, on average."""
UNLISTED = "unlisted yes_no"
"""A question for yes or no about what the graph doesn't list: neither is right."""

TEMPLATES: dict[str, dict[str, dict[str, str]]] = {
    "interacts_with": {
        "en": {"list": "drug interactions of {s}", "yes_no": "Does {s} interact with {o}?",
               "choice": "Which of these interacts with {s}?"},
        "zh": {"list": "{s}的药物相互作用", "yes_no": "{s}与{o}有相互作用吗？",
               "choice": "以下哪种与{s}存在相互作用？"},
    },
    "treats": {
        "en": {"reverse": "Which drugs treat {o}?", "yes_no": "Does {s} treat {o}?",
               "path": "How does {s} treat {o}?", "choice": "What does {s} treat?"},
        "zh": {"reverse": "哪些药物治疗{o}？", "yes_no": "{s}能治疗{o}吗？",
               "path": "{s}如何治疗{o}？", "choice": "{s}可用于治疗什么？"},
    },
    "inhibits": {
        "en": {"list": "What does {s} inhibit?", "yes_no": "Does {s} inhibit {o}?",
               "choice": "What does {s} inhibit?"},
        "zh": {"list": "{s}抑制什么？", "yes_no": "{s}抑制{o}吗？", "choice": "{s}抑制以下哪个？"},
    },
    "has_role": {
        "en": {"list": "What are the roles of {s}?", "choice": "Which role does {s} have?"},
        "zh": {"list": "{s}有哪些作用？", "choice": "{s}具有以下哪种作用？"},
    },
    "subclass_of": {
        "en": {"list": "What kind of thing is {s}?", "yes_no": "Is {s} a kind of {o}?"},
        "zh": {"yes_no": "{s}是{o}的一种吗？"},
    },
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Question:
    """A question, its options if it has any, and the concepts of a right answer."""

    text: str
    form: str
    lang: str
    options: tuple[str, ...]
    right: str
    expected: frozenset[str]


def made(graph: Graph, count: int, seed: int) -> list[Question]:
    """So many questions, as many of each predicate, form and language as there can be."""
    chance = random.Random(seed)  # noqa: S311  no secret
    kinds = [(p, lang, form) for p, langs in TEMPLATES.items() for lang, forms in langs.items()
             for form in forms]  # fmt: skip
    kinds += [(p, lang, UNLISTED) for p, lang, form in kinds if form == "yes_no"]
    rows = {p: _rows(graph, p, chance) for p in TEMPLATES}
    streams = [_stream(graph, rows[kind[0]], kind, chance) for kind in kinds]
    found: dict[tuple[str, tuple[str, ...]], Question] = {}
    while len(found) < count and streams:
        for stream in list(streams):
            question = next(stream, None)
            if question is None:
                streams.remove(stream)
            elif len(found) < count:
                found[question.text, question.options] = question
    return list(found.values())


def _rows(graph: Graph, predicate: str, chance: random.Random) -> list[Statement]:
    rows = [s for s in graph.store.scan(predicate=predicate) if s.object and not s.negated]
    rows.sort(key=lambda s: s.id)
    chance.shuffle(rows)
    return rows[:20_000]


def _stream(
    graph: Graph, rows: Sequence[Statement], kind: tuple[str, str, str], chance: random.Random
) -> Iterator[Question]:
    """Questions of one predicate, language and form, from statements in turn."""
    predicate, lang, form = kind
    template = TEMPLATES[predicate][lang][form.removeprefix("unlisted ")]
    for row in rows:
        others = [s.object or "" for s in chance.sample(rows, min(12, len(rows)))]
        ids = [row.subject, row.object or "", *others]
        names = [_name(c, lang) for c in graph.store.concepts(ids)]
        if not names[0] or not names[1]:
            continue
        options: tuple[str, ...] = ()
        if form in {"choice", UNLISTED}:
            here = [(row.subject, predicate, id) for id in others]
            there = [(id, predicate, row.subject) for id in others]
            told = graph.store.has_statements([*here, *there])
            held = {id for (s, _p, o), known in zip([*here, *there], told, strict=True) if known
                    for id in (s, o)}  # fmt: skip
            wrong = {n for id, n in zip(others, names[2:], strict=True) if n and id not in held}
            if len(wrong - {names[1]}) < 3:
                continue
            if form == UNLISTED:
                names[1] = chance.choice(sorted(wrong - {names[1]}))
            else:
                options = tuple(chance.sample([names[1], *sorted(wrong - {names[1]})[:3]], 4))
        expected = frozenset({row.subject if form == "reverse" else row.object or ""})
        text = template.format(s=names[0], o=names[1])
        yield Question(text, form, lang, options, names[1], expected)


def _name(concept: object, lang: str) -> str:
    name = concept.name_in(lang) if concept is not None else ""  # type: ignore[attr-defined]
    is_zh = re.search(r"[\u3400-\u9fff]", name) is not None
    return name if is_zh == (lang == "zh") and len(name) < 60 else ""


def is_right(question: Question, answer: object) -> bool:
    """Whether an answer says what the graph states."""
    if question.form == "choice":
        return answer.value == question.right  # type: ignore[attr-defined]
    if question.form == UNLISTED:
        return answer.value is None  # type: ignore[attr-defined]
    if question.form == "yes_no":
        return answer.value is True  # type: ignore[attr-defined]
    if question.form == "path":
        return bool(answer.statements)  # type: ignore[attr-defined]
    ends = {end for s in answer.statements.values() for end in (s.subject, s.object)}  # type: ignore[attr-defined]
    return bool(question.expected & ends)


def run(
    graph: Graph, name: str, questions: Sequence[Question], model: LanguageModel
) -> list[Figure]:
    """Ask a program all questions; its figures."""
    usage: Counter[str] = Counter()
    spent, answered, right, cited, claims = [], 0, Counter(), 0, Counter()
    asked: Counter[str] = Counter()
    rounds = removed = 0
    program = graph.program(name, revise=REVISE)  # as `kgmed ask` does
    for question in questions:
        begin = time.perf_counter()
        answer = graph.ask(question.text, program=program, lm=model,
                           options=question.options, language=question.lang)  # fmt: skip
        spent.append(1e3 * (time.perf_counter() - begin))
        usage.update(answer.usage)
        asked[question.form] += 1
        right[question.form] += is_right(question, answer)
        answered += not answer.abstained
        cited += not answer.abstained and bool(answer.statements)
        rounds += answer.rounds or 0
        removed += answer.removed
        claims.update(claim.verdict for claim in answer.claims)
    n = len(questions)
    say(f"{name}: {n} questions, {answered} answered, {sum(right.values())} right; "
        + ", ".join(f"{form} {right[form]}/{asked[form]}" for form in asked)
        + f"; claims {dict(claims)}; sent back {rounds} times, {removed} sentences removed"
    )  # fmt: skip
    tokens = (usage["prompt_tokens"] + usage["completion_tokens"]) / n
    p50, p99 = p50_p99(spent)
    target = MOST_TOKENS if name != "self-consistency" else None
    return [
        Figure(name, "calls a question", usage["calls"] / n, ""),
        Figure(name, "prompt tokens", usage["prompt_tokens"] / n, ""),
        Figure(name, "completion tokens", usage["completion_tokens"] / n, ""),
        Figure(name, "tokens a question", tokens, "", target),
        Figure(name, "median latency", p50, "ms"),
        Figure(name, "p99 latency", p99, "ms"),
        Figure(name, "answered", 100 * answered / n, "%", sense="at least"),
        Figure(name, "right", 100 * sum(right.values()) / n, "%", sense="at least"),
        Figure(name, "answers with a citation", 100 * cited / max(1, answered), "%", 100.0,
               "at least"),
        Figure(name, "claims refuted", 100 * claims["REFUTED"] / max(1, sum(claims.values())), "%"),
    ]  # fmt: skip


def main() -> int:
    """Run and print; 1 where a target is missed."""
    reader = argparse.ArgumentParser(description=__doc__)
    reader.add_argument("--questions", type=int, default=500)
    reader.add_argument("--programs", default=",".join(LM_PROGRAMS))
    reader.add_argument("--lm", default="embedded")
    reader.add_argument("--api-base")
    reader.add_argument("--seed", type=int, default=7)
    reader.add_argument("--json", type=Path)
    given = reader.parse_args()
    settings = lm_settings(name=given.lm, api_base=given.api_base) or LMSettings(given.lm)
    with open_graph() as graph, connect(settings) as model:
        questions = made(graph, given.questions, given.seed)
        say(f"{len(questions)} questions: {dict(Counter((q.form, q.lang) for q in questions))}")
        for warm in ("drug interactions of warfarin", "华法林的药物相互作用"):
            graph.ask(warm, program="cot", lm=model)
        figures = []
        for name in given.programs.split(","):
            figures += run(graph, name, questions, model)
    for peer, calls, tokens, latency, source in PEERS:
        say(f"peer, as published: {peer}: {calls} calls, {tokens} tokens {latency}  {source}")
    print(table(figures))
    if given.json:
        write_json(given.json, figures, questions=len(questions), lm=given.lm, seed=given.seed)
    return int(any(figure.verdict == "MISS" for figure in figures))


if __name__ == "__main__":
    sys.exit(main())
