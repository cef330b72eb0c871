"""How varied the questions and answers are, beside templates as others write them, on one graph.

    kgmed export instructions --out DIR
    python benchmarks/dataset_diversity.py DIR [--graph GRAPH] [--texts 20000]

The peers' data come from a template for each relation (ClinicalGPT: a question and an answer of
each triple, https://arxiv.org/abs/2306.09968) or from a language model that is given triples in a
prompt (BenTsao, https://arxiv.org/abs/2304.06975: its data follow a few patterns of question). Both
are made again here by their description: one wording of question and answer for all relations
("template"), and four a language ("patterns"), of the same statements as kgmed's relation_qa and
reverse rows. For each: rows, the share of n-grams that differ (distinct-n; over as many texts as
the smallest set has, at most ``--texts``, drawn by seed), and of openings, the first four words.
The share depends on how long texts are: their median is given, too.
"""

from __future__ import annotations

import argparse
import json
import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

from kgmed import open_graph
from kgmed.builders.datasets.quality.diversity import diversity
from kgmed.facade import Graph
from kgmed.kg.model import Language
from kgmed.kg.overlap import compared
from kgmed.kg.verbalize.names import display_names

TASKS = ("relation_qa", "reverse")
Pair = tuple[str, str]
"""A question and an answer."""

_TEMPLATE: dict[Language, Pair] = {
    "en": ("What is the {relation} of {name}?", "The {relation} of {name} is {others}."),
    "zh": ("{name}的{relation}是什么？", "{name}的{relation}是{others}。"),
}
_PATTERNS: dict[Language, tuple[Pair, ...]] = {
    "en": (
        ("What is the {relation} of {name}?", "The {relation} of {name} includes {others}."),
        ("I have been told about {name}. What is its {relation}?",
         "Regarding {name}, the {relation} includes {others}."),
        ("Please tell me the {relation} of {name}.", "The {relation} of {name}: {others}."),
        ("A patient asks about {name} and its {relation}.",
         "For {name}, the usual {relation} is {others}."),
    ),
    "zh": (
        ("{name}的{relation}有哪些？", "{name}的{relation}包括{others}。"),
        ("请问{name}的{relation}是什么？", "{name}的{relation}有{others}。"),
        ("我想了解一下{name}的{relation}。", "关于{name}，其{relation}为{others}。"),
        ("患者询问{name}的{relation}，该如何回答？", "{name}常见的{relation}是{others}。"),
    ),
}  # fmt: skip


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--graph", default=None)
    parser.add_argument("--texts", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    graph = open_graph(options.graph) if options.graph else open_graph()
    sides = "  ".join(f"{side + ': distinct-1 -2 -3':25} median" for side in ("asked", "said"))
    print(f"{'':10} {'lang':4} {'rows':>8} {'texts':>7}  {sides}  openings")
    for lang in ("en", "zh"):
        own = list(exported(options.folder, lang))
        sets = {
            "kgmed": own,
            "template": list(made(graph, lang, (_TEMPLATE[lang],))),
            "patterns": list(made(graph, lang, _PATTERNS[lang])),
        }
        most = min(options.texts, *map(len, sets.values()))
        for name, pairs in sets.items():
            chance = random.Random(options.seed)  # noqa: S311
            show(name, lang, len(pairs), chance.sample(pairs, most))


def exported(folder: Path, lang: Language) -> Iterator[Pair]:
    """The questions and answers of kgmed's rows about relations."""
    for file in sorted(folder.glob("instructions/*.jsonl")):
        for line in file.open(encoding="utf-8"):
            row = json.loads(line)
            if row["lang"] == lang and row["task"] in TASKS:
                said = {message["role"]: message["content"] for message in row["messages"]}
                yield said["user"], said["assistant"]


def made(graph: Graph, lang: Language, wordings: Sequence[Pair]) -> Iterator[Pair]:
    """A question and an answer for each concept and relation, in each direction."""
    groups: dict[tuple[str, str, bool], list[str]] = defaultdict(list)
    for statement in graph.store.scan():
        if statement.value is None and not statement.negated:
            groups[statement.subject, statement.predicate, False].append(statement.object)
            groups[statement.object, statement.predicate, True].append(statement.subject)
    ids = sorted({id for (one, _, _), others in groups.items() for id in (one, *others)})
    names = display_names(graph.store, ids, lang=lang)
    for turn, ((id, predicate, inverse), others) in enumerate(sorted(groups.items())):
        if lang == "zh" and not all(_is_chinese(names[one]) for one in (id, *others)):
            continue
        wording = graph.registry[predicate].wording[lang]
        nouns = (*wording.inverse_nouns, *wording.nouns) if inverse else wording.nouns
        relation = nouns[0] if nouns else predicate.replace("_", " ")
        listed = ("、" if lang == "zh" else ", ").join(dict.fromkeys(names[one] for one in others))
        question, answer = wordings[turn % len(wordings)]
        given = {"name": names[id], "relation": relation, "others": listed}
        yield question.format(**given), answer.format(**given)


def _is_chinese(text: str) -> bool:
    return any("\u4e00" <= character <= "\u9fff" for character in text)


def show(name: str, lang: str, rows: int, pairs: Sequence[Pair]) -> None:
    """Print a row of the table."""
    cells = [f"{name:10} {lang:4} {rows:8,} {len(pairs):7,}"]
    for side in (0, 1):
        found = diversity(pair[side] for pair in pairs)
        shares = "  ".join(f"{found.distinct[n]:7.4f}" for n in (1, 2, 3))
        cells.append(f"{shares} {found.median:6}")
    openings = {tuple(compared(question)[:4]) for question, _answer in pairs}
    cells.append(f"{len(openings) / max(1, len(pairs)):8.4f}")
    print("  ".join(cells))


if __name__ == "__main__":
    main()
