"""Wrong options and corruptions that a trained model chooses: how hard, and how many are true.

    python benchmarks/held_out.py FOLDER
    kgmed learn train --graph FOLDER/part
    python benchmarks/learned_negatives.py FOLDER [--share 0.25] [--json figures.json]

All is made over ``FOLDER/part``, where a tenth of what treats, interacts and targets is hidden: the
questions with four options and the preference pairs of a share of the concepts, by the datasets'
own tasks, as they are without a model and with one, and with several cuts. Then a verifier over
``FOLDER/whole`` tells which false statements are true: those were hidden. Of the questions two
simple solvers pick the option that has the most statements of the predicate, or the most
degree-weighted paths to what is asked about. Suggestions are the 100 most probable statements of a
predicate; how many of them, and of the first 10, were hidden?
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from held_out import HIDDEN

import kgmed
from kgmed.builders.datasets.block import PartBlock
from kgmed.builders.datasets.feed import Feed
from kgmed.builders.datasets.instructions import Instructions
from kgmed.builders.datasets.job import Settings
from kgmed.builders.datasets.model import Draft
from kgmed.builders.datasets.negatives import Claimed, Hardest
from kgmed.builders.datasets.preferences import Preferences
from kgmed.builders.datasets.prepare import prepare
from kgmed.facade.judging import Verdicts
from kgmed.kg.predicates import registry
from kgmed.reasoning.plausibility.methods.baselines import PathCounts
from kgmed.reasoning.plausibility.triples.data import read_triples
from kgmed.reasoning.plausibility.triples.negatives import Slots

CUTS = (None, 1.01, 0.99, 0.95, 0.9, 0.8, 0.5)
"""None: no model. 1.01: a model that leaves nothing out."""
DRAWS = 1_000
SUGGESTED = ("interacts_with", "treats", "inhibits", "antagonist_of", "agonist_of")


def drafts(graph: Any, feed: Feed, cut: float | None, kind: str, share: float) -> list[Draft]:
    """The drafts of a share of the concepts."""
    scorer = graph.scorer() if cut is not None else None

    def choose(_store: object) -> Hardest:
        return Hardest(scorer.score, cut)

    choosing = None if scorer is None else choose
    opening = graph._opening()
    if kind == "choice":
        maker: Any = Instructions(("multiple_choice",), ("messages",), opening, choose=choosing)
    else:
        maker = Preferences(("statement",), opening, choose=choosing)
    settings = Settings(maker.kind, maker.names, ("en",))
    numbers = np.arange(feed.parts[0], feed.parts[-1])
    chosen = np.sort(np.random.default_rng(0).choice(numbers, int(len(numbers) * share), False))
    making = maker.start(feed, settings)
    return list(making.drafts(PartBlock(feed, chosen)))


def claims(draft: Draft) -> list[Claimed]:
    """The false statements of a draft."""
    fact = draft.facts[0]
    words = draft.key.split(" ")
    if draft.task == "statement":
        kind, s, p, o = words[:4]
        return [Claimed(s, p, o)] if kind in ("object", "class_mate", "co_occurrence") else []
    asked = words[0]
    if fact.subject == asked:
        return [Claimed(asked, fact.predicate, end) for end in words[1:]]
    return [Claimed(end, fact.predicate, asked) for end in words[1:]]


def interval(hits: np.ndarray, of: np.ndarray) -> tuple[float, float, float]:
    """A share over drafts, and what 95% of bootstrap draws of them hold."""
    rng = np.random.default_rng(0)
    n = len(hits)
    drawn = []
    for _ in range(DRAWS):
        own = rng.integers(0, n, n)
        drawn.append(hits[own].sum() / of[own].sum())
    low, high = np.percentile(drawn, [2.5, 97.5])
    return tuple(round(float(x), 5) for x in (hits.sum() / of.sum(), low, high))


def turned_true(made: Sequence[Draft], verdicts: Verdicts, hidden: set[str]) -> dict[str, Any]:
    """The share of the false statements of hidden predicates that the whole graph supports."""
    told = [[c for c in claims(draft) if c.predicate in hidden] for draft in made]
    told = [own for own in told if own]
    said = iter(verdicts([claim for own in told for claim in own]))
    hits = np.array([sum(next(said) == "SUPPORTED" for _ in own) for own in told])
    of = np.array([len(own) for own in told])
    return {"statements": int(of.sum()), "true": interval(hits, of)}


class Solvers:
    """Pick an option by simple counts over the graph that the questions are of."""

    def __init__(self, graph: Any) -> None:
        self.triples = read_triples(graph.local_store().snapshot)
        every = np.arange(len(self.triples))
        self.slots, self.paths = Slots(self.triples, every), PathCounts(self.triples, every)

    def right(self, made: Sequence[Draft]) -> dict[str, tuple[float, float, float]]:
        """The share of questions that each gets right; a tie counts its part."""
        scores: dict[str, list[float]] = {"degree": [], "dwpc": []}
        for draft in made:
            asked, *others = draft.key.split(" ")
            fact = draft.facts[0]
            true = fact.other(asked)
            numbers = self.triples.numbers([asked, true, *others])
            if (numbers < 0).any():
                continue
            code = self.triples.codes([fact.predicate])[0]
            end = "object" if fact.subject == asked else "subject"
            found = {
                "degree": self.slots.degrees(code, end, numbers[1:]),
                "dwpc": self.paths.by_length(
                    np.full(4, numbers[0], np.int32), numbers[1:]
                )[1:].sum(0),
            }  # fmt: skip
            for name, values in found.items():
                best = values == values.max()
                scores[name].append(float(best[0]) / best.sum())
        return {
            name: interval(np.array(own), np.ones(len(own))) for name, own in scores.items()
        }  # fmt: skip


def precision(part: Any, verdicts: Verdicts) -> Iterator[dict[str, Any]]:
    """How many of the 10 and 100 most probable suggestions were hidden."""
    for predicate in SUGGESTED:
        start = time.process_time()
        found = part.learn_suggest(predicate, limit=100)
        seconds = time.process_time() - start
        said = verdicts([Claimed(s.subject, s.predicate, s.object) for s in found.suggestions])
        hits = [verdict == "SUPPORTED" for verdict in said]
        yield {
            "predicate": predicate, "of": len(hits), "at_10": sum(hits[:10]),
            "at_100": sum(hits[:100]), "looked_at": found.looked_at.concepts,
            "candidates": found.looked_at.candidates, "cpu_s": round(seconds, 1),
        }  # fmt: skip


def main() -> None:
    """Print a line of JSON for each thing measured."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--share", type=float, default=0.25)
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    part = kgmed.open_graph(str(asked.folder / "part"))
    whole = kgmed.open_graph(str(asked.folder / "whole"))
    verdicts, known = Verdicts(whole.store), registry()
    hidden = {name for top in HIDDEN for name in known.descendants(top)}
    rows: list[dict[str, Any]] = []
    for one in precision(part, verdicts):
        rows.append(one)
        print(json.dumps(one), flush=True)
    solvers = Solvers(part)
    with tempfile.TemporaryDirectory() as work:
        prepare(part.local_store().snapshot, Path(work, "feed"), languages=["en"])
        feed = Feed(Path(work, "feed"))
        for kind in ("choice", "statement"):
            for cut in CUTS:
                start = time.process_time()
                made = drafts(part, feed, cut, kind, asked.share)
                seconds = time.process_time() - start
                told = [p for draft in made for p in draft.plausible]
                row = {
                    "kind": kind, "cut": cut, "drafts": len(made), "cpu_s": round(seconds, 1),
                    "rows_per_cpu_s": round(len(made) / seconds),
                    "probability": round(float(np.mean(told)), 3) if told else None,
                    **turned_true(made, verdicts, hidden),
                    **({"right": solvers.right(made)} if kind == "choice" else {}),
                }  # fmt: skip
                rows.append(row)
                print(json.dumps(row), flush=True)
    if asked.json:
        asked.json.write_text(json.dumps(rows, indent=1) + "\n")


if __name__ == "__main__":
    main()
