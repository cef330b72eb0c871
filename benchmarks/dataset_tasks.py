"""Rows of each instruction task and language from the open graph: how many, how fast, how varied.

    python benchmarks/dataset_tasks.py [--tasks T,..] [--seed N]

Prints rows, rows a second (CPU time of one core, without writing), the statements used and
distinct-2: the share of word pairs (pairs of characters in Chinese) that differ, over 20,000
answers at most.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterable, Sequence
from itertools import pairwise

from kgmed import open_graph
from kgmed.builders.datasets.model import Draft
from kgmed.builders.datasets.tasks import TASKS, context_of, read_block
from kgmed.builders.datasets.tasks.questions import unasked
from kgmed.facade.judging import Verdicts
from kgmed.kg.model import Language

LANGUAGES: tuple[Language, ...] = ("en", "zh")
TEXTS = 20_000


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tasks", default=",".join(TASKS))
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    graph = open_graph()
    store = graph.store
    context = context_of(store, graph.registry, verdicts=Verdicts(store), seed=options.seed)
    ids = sorted({end for s in store.scan() for end in (s.subject, s.object) if end})
    block = read_block(store, ids)
    total = dict.fromkeys(LANGUAGES, 0)
    used: dict[str, set[str]] = {lang: set() for lang in LANGUAGES}
    print(f"{'task':20} {'lang':4} {'rows':>8} {'rows/s':>8} {'statements':>10} {'distinct-2':>10}")
    for name in options.tasks.split(","):
        for lang in LANGUAGES:
            start = time.process_time()
            drafts = list(TASKS[name].make(block, lang, context))
            seconds = time.process_time() - start
            ids_used = {id for draft in drafts for fact in draft.facts for id in fact.ids}
            used[lang] |= ids_used
            total[lang] += len(drafts)
            varied = distinct(answers(drafts), lang)
            print(
                f"{name:20} {lang:4} {len(drafts):8,} {len(drafts) / seconds:8,.0f} "
                f"{len(ids_used):10,} {varied:10.3f}",
                flush=True,
            )
    stated = store.info().predicates
    for lang in LANGUAGES:
        left = {name: stated[name] for name in unasked(lang) if name in stated}
        print(f"no question form ({lang}): {left or 'none'}")
        print(f"{'all':20} {lang:4} {total[lang]:8,} {'':8} {len(used[lang]):10,}")


def answers(drafts: Sequence[Draft]) -> list[str]:
    """What the assistant says, of some drafts spread over all."""
    step = max(1, len(drafts) // TEXTS)
    return [
        text for draft in drafts[::step] for role, text in draft.messages if role == "assistant"
    ]


def distinct(texts: Iterable[str], lang: Language) -> float:
    """Distinct-2 (Li et al., NAACL 2016, https://aclanthology.org/N16-1014): pairs of neighbouring
    words that differ, by all pairs."""
    seen: set[tuple[str, str]] = set()
    count = 0
    for text in texts:
        words = list(text) if lang == "zh" else text.split()
        pairs = list(pairwise(words))
        seen.update(pairs)
        count += len(pairs)
    return len(seen) / count if count else 0.0


if __name__ == "__main__":
    main()
