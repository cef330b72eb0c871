"""Whether a name of the open graph still links to its concept when it is written otherwise.

    python benchmarks/linking_robustness.py [--graph kgmed:open] [--mentions 500] [--failures]

A seeded sample of names of several categories; each counts where the name as it stands links to its
concept, and its changed form is no other concept's name and holds no other word of the vocabulary
by a typo. Asked as a mention alone, and inside a sentence, where the whole changed form must be
linked. Brands and Chinese names are asked for the concepts whose English name links.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from linking_changes import CHANGES, Change
from linking_run import options
from measure import database, say

from kgmed.facade import Graph, open_graph
from kgmed.kg.linking.linker import Linker
from kgmed.kg.linking.normalize import is_cjk, key, tokens

SHARES = {
    "Disease": 30, "Drug": 25, "DrugClass": 10, "PhenotypicFeature": 10, "BiologicalProcess": 8,
    "ChemicalEntity": 5, "Protein": 4, "Gene": 3, "OrganismTaxon": 2, "GrossAnatomicalStructure": 3,
}  # fmt: skip
"""Category -> its share of the sample in %; the first that a concept has counts."""

UNSUITED = {"word order": frozenset(("Drug", "OrganismTaxon", "Gene"))}
"""Kind of change -> categories whose names nobody writes so ("hydrochloride, colesevelam")."""

TARGET, TYPO_TARGET = 95.0, 90.0
SENTENCES = ("The note says {0} and nothing else.", "What is known about {0}?", "{0} was recorded.")
CHINESE_SENTENCES = ("病历中提到{0}。", "请问{0}是什么意思？", "记录为{0}，其余不详。")


@dataclass(frozen=True, slots=True)
class Sample:
    """A name of a concept."""

    id: str
    text: str
    category: str
    language: str
    kind: str


@dataclass(slots=True)
class Outcome:
    """How one kind of change went."""

    alone: Counter[bool] = field(default_factory=Counter)
    within: Counter[bool] = field(default_factory=Counter)
    skipped: Counter[str] = field(default_factory=Counter)
    failures: list[tuple[str, ...]] = field(default_factory=list)


def share(counted: Counter[bool]) -> float:
    """The share of those that still link, in %."""
    return 100 * counted[True] / counted.total() if counted.total() else 0.0


def read_names(graph: Graph) -> list[Sample]:
    """All names of 3 to 60 characters that are one concept's only."""
    tables = graph.local_store().snapshot.folder / "tables"
    rows = database().sql(
        f"""SELECT c.id, n.text, c.categories, n.language, n.kind
            FROM read_parquet('{tables / "names.parquet"}') n
            JOIN read_parquet('{tables / "concepts.parquet"}') c USING (cid)
            WHERE length(n.text) <= 60 AND (length(n.text) >= 3 OR n.language = 'zh')
              AND key IN (SELECT key FROM read_parquet('{tables / "names.parquet"}')
                          GROUP BY key HAVING count(DISTINCT cid) = 1)
            ORDER BY n.nid"""
    )
    return [
        Sample(id, text, next((c for c in SHARES if c in categories), ""), language, kind)
        for id, text, categories, language, kind in rows.fetchall()
    ]


def mixed(names: Sequence[Sample], rng: Random) -> Iterator[Sample]:
    """The names in a seeded order that keeps the shares of categories while they last."""
    piles: dict[str, list[Sample]] = defaultdict(list)
    for name in names:
        if name.category:
            piles[name.category].append(name)
    for pile in piles.values():
        rng.shuffle(pile)
    while piles:
        category = rng.choices(list(piles), [SHARES[c] for c in piles])[0]
        yield piles[category].pop()
        if not piles[category]:
            del piles[category]


class Asking:
    """Asks the linker, and knows the words and names of the graph."""

    def __init__(self, graph: Graph, names: Sequence[Sample]) -> None:
        self.linker = Linker(graph.store)
        self._fuzzy = options(self.linker.text, fuzzy=True)
        self._lexicon = graph.store.lexicon
        self._words = {word for name in names for word in tokens(key(name.text))}
        self._known: dict[tuple[str, str, str], str] = {}

    def alone(self, text: str) -> tuple[str, str]:
        """(id, why) of the first candidate for a mention."""
        found = self.linker.mention(text)
        return (found[0].id, found[0].why) if found else ("", "nothing")

    def within(self, text: str, sentence: str, *, fuzzy: bool = False) -> tuple[str, str]:
        """(id, why) of the link of just this text in a sentence."""
        whole = sentence.format(text)
        start = sentence.index("{0}")
        more: dict[str, Any] = self._fuzzy if fuzzy else {}
        links = self.linker.text(whole, **more)
        for link in links:
            if (link.start, link.end) == (start, start + len(text)):
                return link.id, link.why
        return "", "; ".join(f"{link.text} -> {link.name}" for link in links) or "nothing"

    def links(self, name: Sample, sentence: str) -> tuple[bool, bool]:
        """Whether a name as it stands links to its concept, alone and in the sentence."""
        for where, ask in (("", self.alone), (sentence, None)):
            if (name.id, name.text, where) not in self._known:
                found = ask(name.text) if ask else self.within(name.text, sentence)
                self._known[name.id, name.text, where] = found[0]
        known = self._known
        return (
            known[name.id, name.text, ""] == name.id,
            known[name.id, name.text, sentence] == name.id,
        )

    def another(self, name: Sample, changed: str, *, is_typo: bool) -> str:
        """Why a changed form doesn't stand for the concept any more; '' where it does."""
        if is_typo and any(word in self._words for word in _new_words(name.text, changed)):
            return "another word"
        hits = self._lexicon.exact([key(changed)])[0]
        return "another name" if any(id != name.id for id, _ in hits) else ""


def _new_words(before: str, after: str) -> set[str]:
    return set(tokens(key(after))) - set(tokens(key(before)))


def is_symbol(text: str) -> bool:
    """Whether a name is a short symbol, whose case keeps it apart from a word of a text."""
    return len(text) <= 5 and sum(c.isupper() for c in text) > 1


def changed_names(
    asking: Asking, names: Sequence[Sample], what: str, change: Change, *, mentions: int, seed: int
) -> Outcome:
    """Change names until so many were asked."""
    rng, out = Random(f"{seed} {what}"), Outcome()  # noqa: S311
    usual = [
        n
        for n in names
        if n.language == "en"
        and n.kind in {"preferred", "synonym"}
        and n.category not in UNSUITED.get(what, ())
    ]
    for name in mixed(usual, rng):
        if out.alone.total() >= mentions <= out.within.total():
            break
        sentence = rng.choice(SENTENCES)
        changed = change(name.text, rng)
        if changed is None or changed == name.text:
            out.skipped["no such form"] += 1
            continue
        if reason := asking.another(name, changed, is_typo=what == "one typo"):
            out.skipped[reason] += 1
            continue
        alone, within = asking.links(name, sentence)
        if not alone:
            out.skipped["unlinked as it stands"] += 1
        if what == "case" and is_symbol(name.text):
            within = False  # "WAS" is a gene, "was" in a sentence is not
        if what == "word order" and "," in changed:
            within = False  # indexes invert, sentences don't
        alone &= out.alone.total() < mentions
        within &= out.within.total() < mentions
        _ask(asking, out, (name, changed, sentence), alone=alone, within=within, what=what)
    return out


def _ask(
    asking: Asking,
    out: Outcome,
    asked: tuple[Sample, str, str],
    *,
    alone: bool,
    within: bool,
    what: str,
) -> None:
    name, changed, sentence = asked
    if alone:
        id, why = asking.alone(changed)
        out.alone[id == name.id] += 1
        if id != name.id:
            out.failures.append((what, "alone", name.text, changed, name.id, id, why))
    if within:
        id, why = asking.within(changed, sentence, fuzzy=what == "one typo")
        out.within[id == name.id] += 1
        if id != name.id:
            out.failures.append((what, "in text", name.text, changed, name.id, id, why))


def other_names(
    asking: Asking, names: Sequence[Sample], what: str, *, mentions: int, seed: int
) -> Outcome:
    """Ask brands, or Chinese names, of concepts whose English name links."""
    rng, out = Random(f"{seed} {what}"), Outcome()  # noqa: S311
    english = {n.id: n for n in reversed(names) if n.language == "en" and n.kind == "preferred"}
    if what == "brand for generic":
        wanted = [n for n in names if n.kind == "brand" and n.language == "en"]
    else:
        wanted = [n for n in names if n.language == "zh" and n.kind != "brand"]
    for name in mixed(wanted, rng):
        if out.alone.total() >= mentions:
            break
        plain = english.get(name.id)
        if plain is None:
            out.skipped["no English name of its own"] += 1
            continue
        sentence = rng.choice(SENTENCES)
        alone, within = asking.links(plain, sentence)
        if not alone:
            out.skipped["unlinked as it stands"] += 1
        if any(is_cjk(c) for c in name.text):
            sentence = rng.choice(CHINESE_SENTENCES)
        asked = (Sample(name.id, plain.text, name.category, "en", ""), name.text, sentence)
        _ask(asking, out, asked, alone=alone, within=within, what=what)
    return out


def outcomes(graph: Graph, *, mentions: int, seed: int) -> dict[str, Outcome]:
    """All kinds of change."""
    names = read_names(graph)
    say(f"{len(names):,} names of one concept each")
    asking = Asking(graph, names)
    found = {}
    for what, change in CHANGES.items():
        found[what] = changed_names(asking, names, what, change, mentions=mentions, seed=seed)
        say(f"  {what} done")
    for what in ("brand for generic", "Chinese for English"):
        found[what] = other_names(asking, names, what, mentions=mentions, seed=seed)
        say(f"  {what} done")
    return found


def table(found: dict[str, Outcome]) -> tuple[str, bool]:
    """The Markdown table, and whether every target is met."""
    lines = ["| change | target | mention alone | | in a sentence | | left out |",
             "|---|--:|--:|--:|--:|--:|---|"]  # fmt: skip
    met = True
    for what, out in found.items():
        target = TYPO_TARGET if what == "one typo" else TARGET
        cells = []
        for counted in (out.alone, out.within):
            good = share(counted) >= target
            met &= good
            cells.append(f"{share(counted):.1f} % of {counted.total()}")
            cells.append("PASS" if good else "MISS")
        skipped = ", ".join(f"{n:,} {reason}" for reason, n in out.skipped.most_common())
        lines.append(f"| {what} | {target:.0f} % | {' | '.join(cells)} | {skipped} |")
    return "\n".join(lines), met


def main() -> None:
    """Print the table, and on request what failed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--graph", default="kgmed:open")
    parser.add_argument("--mentions", type=int, default=500, help="of each kind of change")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--failures", type=Path, help="also write what failed to this TSV file")
    chosen = parser.parse_args()
    with open_graph(chosen.graph) as graph:
        found = outcomes(graph, mentions=chosen.mentions, seed=chosen.seed)
    text, met = table(found)
    print(text)
    if chosen.failures:
        rows = [row for out in found.values() for row in out.failures]
        head = ("change", "where", "name", "written", "expected", "found", "why")
        lines = "".join("\t".join(row) + "\n" for row in [head, *rows])
        chosen.failures.write_text(lines, encoding="utf-8")
        say(f"{len(rows):,} failures in {chosen.failures}")
    sys.exit(0 if met else 1)


if __name__ == "__main__":
    main()
