"""Sentences written: a second's count beside the plain loop, and the share that reads back.

    python benchmarks/verbalize.py [--graph URI] [--copies N] [--read N] [--json FILE]

The open graph's statements, ``--copies`` times over, are written with their grammar, wordings in
turn; beside it, in the same run, the loop that people write: an f-string of subject, predicate
words and object, without agreement, capitals or a second wording. ``--read`` statements are then
written in every wording and read back as ``kgmed verify`` reads. The exit code is 1 where a target
is missed.
"""

from __future__ import annotations

import argparse
import platform
import sys
import time
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow as pa
from measure import Figure, anonymous_bytes, say, table, write_json
from verbalize_read import OUTCOMES, Tally, read_back, sample, share

from kgmed.facade import Graph, open_graph
from kgmed.kg.model import Language
from kgmed.kg.predicates import registry
from kgmed.kg.verbalize import Verbalizer
from kgmed.kg.verbalize.batch import Sentences
from kgmed.kg.verbalize.names import display_names

REPEAT = 3


def statements(graph: Graph, copies: int) -> tuple[list[str], np.ndarray, pa.Array, np.ndarray]:
    """(ids, subject numbers, predicates, object numbers), the graph's rows ``copies`` times."""
    rows = [s for s in graph.store.scan() if s.value is None]
    numbers: dict[str, int] = {}
    for row in rows:
        for id in (row.subject, row.object):
            numbers.setdefault(id, len(numbers))
    ends = np.array([(numbers[r.subject], numbers[r.object]) for r in rows], np.int64)
    predicates = pa.array([r.predicate for r in rows]).dictionary_encode()
    codes = np.tile(predicates.indices.to_numpy(), copies)
    many = pa.DictionaryArray.from_arrays(pa.array(codes), predicates.dictionary)
    return list(numbers), np.tile(ends[:, 0], copies), many, np.tile(ends[:, 1], copies)


def rates(graph: Graph, copies: int) -> list[Figure]:
    """Sentences a second: in a batch, one at a time, and the plain loop."""
    ids, subjects, predicates, objects = statements(graph, copies)
    count = len(subjects)
    talker, figures = Verbalizer(registry()), []
    words = [name.replace("_", " ") for name in predicates.dictionary.to_pylist()]
    for lang in ("en", "zh"):
        say(f"{count:,} sentences, {lang}")
        known = display_names(graph.store, ids, lang=lang)
        names = [known[id] for id in ids]
        begin = time.perf_counter()
        writer = Sentences(talker, names, lang=lang)
        forms = time.perf_counter() - begin
        turn = np.arange(count)
        before = anonymous_bytes()
        batch = best(partial(writer.sentences, subjects, predicates, objects, wordings=turn))
        grown = (anonymous_bytes() - before) / 1e6
        columns = subjects.tolist(), predicates.indices.to_pylist(), objects.tolist()

        def loop(names: list[str] = names, columns: tuple[list[int], ...] = columns) -> list[str]:
            return [f"{names[s]} {words[p]} {names[o]}." for s, p, o in zip(*columns, strict=True)]

        plain = best(loop)
        figures += [
            Figure(
                "write", f"sentences in a batch, all wordings, {lang}", count / batch, "/s",
                1_000_000, "at least", "an f-string a row, one wording, no grammar", count / plain,
                f"{grown:.0f} MB more",
            ),
            Figure("write", f"forms of names, made once, {lang}", len(names) / forms, "/s"),
        ]  # fmt: skip
        figures.append(one_by_one(graph, talker, known, lang))
    return figures


def one_by_one(graph: Graph, talker: Verbalizer, names: dict[str, str], lang: Language) -> Figure:
    """The rate of :meth:`Verbalizer.statement`."""
    rows = [s for s in graph.store.scan() if s.value is None]
    spent = best(lambda: [talker.statement(s, names, lang=lang) for s in rows])
    return Figure("write", f"statements one by one, {lang}", len(rows) / spent, "/s", 50_000,
                  "at least")  # fmt: skip


def best(call: object) -> float:
    """The shortest of some runs, in seconds."""
    spent = []
    for _ in range(REPEAT):
        begin = time.perf_counter()
        call()  # type: ignore[operator]
        spent.append(time.perf_counter() - begin)
    return min(spent)


def reading(graph: Graph, count: int) -> list[Figure]:
    """The share of sentences that give their claim back."""
    figures = []
    for negated in (False, True):
        chosen = sample(graph, count if not negated else count // 5, seed=7)
        begin = time.perf_counter()
        tally = read_back(graph, chosen, negated=negated)
        spent = time.perf_counter() - begin
        what = "denied" if negated else "as stated"
        counts = ", ".join(f"{tally.total[name]:,} {name}" for name in OUTCOMES)
        total = tally.total.total()
        agree = (tally.total["agrees"] + tally.total["ambiguous"]) / total
        figures += [
            Figure("read back", f"right where both names link, {what}", 100 * tally.extracted, "%",
                   99, "at least", note=f"{counts}; {total / spent:,.0f}/s"),
            Figure("read back", f"right of all sentences, {what}", 100 * agree, "%"),
        ]  # fmt: skip
        print_by_predicate(tally, what)
    return figures


def print_by_predicate(tally: Tally, what: str) -> None:
    """The share of each predicate and language, and the sentences that were misread."""
    print(f"\n{what}: share right where both names link (unlinked apart)\n")
    for (predicate, lang), counts in sorted(tally.by_predicate.items()):
        print(
            f"{predicate:36} {lang}  {100 * share(counts):6.2f} %  of "
            f"{counts.total() - counts['unlinked']:6,}  ({counts['unlinked']:,} unlinked)"
        )
    print()
    for read in tally.misread[:60]:
        print(f"misread [{read.predicate} {read.lang}] {read.text}  -> {read.said}")
    print(f"{len(tally.misread)} misread\n")


def main() -> int:
    """Run; 1 where a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--graph", help="a graph's URI; default: the open graph")
    parser.add_argument("--copies", type=int, default=40)
    parser.add_argument("--read", type=int, default=5000)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    with open_graph(options.graph) as graph:
        figures = rates(graph, options.copies)
        if options.read:
            say(f"{options.read:,} statements read back in every wording")
            figures += reading(graph, options.read)
    print(table(figures))
    if options.json:
        write_json(options.json, figures, machine=platform.processor(), graph=options.graph or "")
    return 1 if any(figure.verdict == "MISS" for figure in figures) else 0


if __name__ == "__main__":
    sys.exit(main())
