"""Learns which names of a text are mentions, from texts with annotated mentions.

    python benchmarks/linking_train.py weights --plain GRAPH --graph GRAPH [--texts PUBTATOR]
    python benchmarks/linking_train.py names --graph GRAPH --out names.tsv [--texts PUBTATOR]

``weights`` writes kgmed/kg/linking/quality.toml: the weights of a logistic model over the features
of kgmed.kg.linking.quality, with an L2 penalty. The graph ``--plain`` holds no names from the texts
(linking_dictionary.py --no-training), else every name it has would be a mention. The weights beside
a table of names are learnt from ``--graph``, which has them, and a table made anew for each text
from all others; a name that only the text itself gave is left out.

``names`` writes that table from all texts: how often each name of a graph was seen, how often it
was meant, and which concepts; and which words before a name were taken into its mention. Windows
inside a longer one that is meant count for nothing: the longest match hides them. The texts are
BC5CDR's training set. (Thresholds in quality.py were chosen on the development set.)
"""

from __future__ import annotations

import argparse
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from linking_dictionary import TRAINING
from linking_score import Gold, read_pubtator

from kgmed.facade import open_graph
from kgmed.kg.curies import normalize
from kgmed.kg.linking import quality
from kgmed.kg.linking.finding import Finder
from kgmed.kg.linking.matching import Matcher
from kgmed.kg.linking.quality import HEADER, KINDS, Learnt, Own, Quality, modifier_kind
from kgmed.kg.linking.ranking import Ranker
from kgmed.kg.linking.segment import Tokens, read
from kgmed.kg.linking.spans import Mention
from kgmed.kg.linking.stems import FUNCTION_WORDS

PENALTY = 1.0
ROUNDS = 30
LEAST = 5
"""A feature of fewer windows has no weight of its own."""
MARKED = ("DiseaseOrPhenotypicFeature", "ChemicalEntity", "Drug")
"""What the texts' annotators marked: of other concepts nothing is learnt."""
OF_TEXTS = {"infores:bc5cdr"}
TARGET = Path(quality.__file__).with_name("quality.toml")
HEAD = """\
# What each feature of a name in a text adds to the log-odds that the text means it
# (kgmed/kg/linking/quality.py). Learnt by benchmarks/linking_train.py from BC5CDR's training texts:
# {n:,} windows that are names of a dictionary without names from these texts and, beside a table of
# what other texts taught of each name, {m:,} windows of a dictionary with them.
"""


@dataclass(frozen=True, slots=True)
class Window:
    """A window that is a name: its key, features, sources, whether it is meant, and which ids.

    It is also meant where a mention ends with it: ``taken`` are the words before it in the mention,
    ``left`` the one before the mention.
    """

    key: str
    features: list[str]
    sources: Collection[str]
    meant: bool
    ids: tuple[str, ...] = ()
    taken: tuple[str, ...] = ()
    left: str = ""


@dataclass(frozen=True)
class Recording(Quality):
    """Keeps what it is asked about, and lets everything pass."""

    asked: list[tuple[str, list[str], Collection[str]]] = field(default_factory=list)

    def of(self, own: Own, place: Sequence[str]) -> float:
        """Remember; 1."""
        self.asked.append((own.key, [*own.features, *place], own.sources))
        return 1.0


@dataclass(frozen=True, slots=True)
class Read:
    """An annotated text, its tokens, its windows that are names, and what the model is asked."""

    gold: Gold
    tokens: Tokens
    windows: list[tuple[Mention, str, list[str], Collection[str]]]


def texts(graph: str, path: Path) -> list[Read]:
    """Annotated texts, read with the names of a graph."""
    found = []
    with open_graph(graph) as opened:
        recording = Recording({})
        ranker = Ranker(opened.store)
        finder = Finder(Matcher(opened.store.lexicon), recording)
        for gold in read_pubtator(path):
            recording.asked.clear()
            tokens = read(gold.text)
            pairs = zip(finder.exact(tokens), recording.asked, strict=True)
            marked = [(m, *asked) for m, asked in pairs if ranker.has(m.hits, MARKED)]
            found.append(Read(gold, tokens, marked))
    return found


def windows(one: Read, without: Collection[str] = ()) -> Iterator[Window]:
    """The windows of a text, without those of some names and those inside a longer one that is
    meant."""
    there = {(m.start, m.end): m.ids for m in one.gold.mentions}
    by_end = {end: start for start, end in there}
    seen = [row for row in one.windows if row[1] not in without]
    meant = [(m.start, m.end) for m, *_ in seen if (m.start, m.end) in there]
    tokens = one.tokens
    for mention, key, found, sources in seen:
        span = mention.start, mention.end
        if any(a <= span[0] and span[1] <= b and (a, b) != span for a, b in meant):
            continue
        start = by_end.get(mention.end, mention.start + 1)
        first = mention.first
        while start < tokens.starts[first] and first > 0 and not tokens.gaps[first]:
            first -= 1
        whole = tokens.starts[first] == start
        first = first if whole else mention.first
        yield Window(
            key, found, sources, whole, there[start, span[1]] if whole else (),
            tuple(tokens.words[first : mention.first]),
            "" if not first or tokens.gaps[first] else tokens.words[first - 1],
        )  # fmt: skip


def table(rows: Iterable[Window]) -> dict[str, Learnt]:
    """What windows teach of names."""
    seen: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    ids: dict[str, Counter[str]] = defaultdict(Counter)
    for row in rows:
        if row.taken:
            continue  # what the name means with other words before it
        seen[row.key][0] += 1
        seen[row.key][1] += row.meant
        if len(row.ids) == 1:
            ids[row.key][normalize(f"mesh:{row.ids[0]}")] += 1
    return {
        key: Learnt(n, right, tuple(id for id, _ in ids[key].most_common()))
        for key, (n, right) in sorted(seen.items())
    }


def beside_texts(read_: list[Read]) -> list[Window]:
    """The windows of each text as if it were new: names that it alone gave aren't there, and a
    feature more says what all other texts teach of the name."""
    totals = table(row for one in read_ for row in windows(one))
    found = []
    for one in read_:
        own = table(windows(one))
        alone = {
            key
            for _, key, _, sources in one.windows
            if set(sources) <= OF_TEXTS
            and totals.get(key, Learnt(0, 0)).seen == own.get(key, Learnt(0, 0)).seen
        }
        for row in windows(one, alone):
            all_, mine = totals.get(row.key, Learnt(0, 0)), own.get(row.key, Learnt(0, 0))
            rest = Learnt(all_.seen - mine.seen, all_.meant - mine.meant)
            feature = rest.feature if rest.seen else "texts unseen"
            found.append(replace(row, features=[*row.features, feature]))
    return found


def modifiers(rows: Iterable[Window]) -> tuple[dict[str, Learnt], dict[str, Learnt]]:
    """How often each word before a meant name, and each kind of word, was taken with it."""
    counts: tuple[dict[str, list[int]], ...] = (
        defaultdict(lambda: [0, 0]), defaultdict(lambda: [0, 0])
    )  # fmt: skip
    for row in rows:
        if row.meant:
            for word, taken in [(word, 1) for word in row.taken] + [(row.left, 0)] * bool(row.left):
                if word in FUNCTION_WORDS:
                    continue
                for count, key in zip(counts, (word, modifier_kind(word)), strict=True):
                    count[key][0] += 1
                    count[key][1] += taken
    own, kinds = ({key: Learnt(*n) for key, n in sorted(count.items())} for count in counts)
    return own, kinds


def learn(rows: list[Window]) -> dict[str, float]:
    """Weights by Newton's method (iteratively reweighted least squares)."""
    counts = Counter(name for row in rows for name in row.features)
    names = ["always", *sorted(name for name, n in counts.items() if n >= LEAST)]
    place = {name: at for at, name in enumerate(names)}
    x = np.zeros((len(rows), len(names)))
    x[:, 0] = 1
    for at, row in enumerate(rows):
        for name in row.features:
            if name in place:
                x[at, place[name]] = 1
    y = np.array([row.meant for row in rows], float)
    penalty = np.full(len(names), PENALTY)
    penalty[0] = 0.01
    weights = np.zeros(len(names))
    for _ in range(ROUNDS):
        p = 1 / (1 + np.exp(-x @ weights))
        gradient = x.T @ (y - p) - penalty * weights
        hessian = (x * (p * (1 - p))[:, None]).T @ x + np.diag(penalty)
        weights += np.linalg.solve(hessian, gradient)
    p = 1 / (1 + np.exp(-x @ weights))
    right = ((p > 0.5) == (y > 0.5)).mean()
    print(f"{len(rows):,} windows, {y.mean():.1%} meant; {right:.1%} told right")
    return dict(zip(names, weights.tolist(), strict=True))


def write_names(graph: str, path: Path, out: Path) -> None:
    """Write the table of names and modifiers that annotated texts teach."""
    read_ = texts(graph, path)
    named = table(row for one in read_ for row in windows(one))
    tables = (named, *modifiers(beside_texts(read_)))
    lines = [
        f"{kind}\t{key}\t{row.seen}\t{row.meant}\t{'|'.join(row.ids)}\n"
        for kind, learnt in zip(KINDS, tables, strict=True)
        for key, row in learnt.items()
    ]
    out.write_text(f"{HEADER}\n{''.join(lines)}", "utf-8")
    print(", ".join(f"{len(t):,} {k}" for k, t in zip(KINDS, tables, strict=True)))


def main() -> None:
    """Write what is asked for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("what", choices=["weights", "names"])
    parser.add_argument("--graph", required=True, help="with names from the texts")
    parser.add_argument("--plain", help="without; for weights")
    parser.add_argument("--texts", type=Path, default=Path("../shared/data") / TRAINING)
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    if given.what == "names":
        write_names(given.graph, given.texts, given.out)
        return
    read_ = texts(given.graph, given.texts)
    plain = [row for one in texts(given.plain, given.texts) for row in windows(one)]
    rows = beside_texts(read_)
    text = HEAD.format(n=len(plain), m=len(rows))
    for name, some in (("weights", plain), ("beside_texts", rows)):
        text += f"\n[{name}]\n"
        text += "".join(f'"{key}" = {value:.2f}\n' for key, value in learn(some).items())
    (given.out or TARGET).write_text(text, "utf-8")


if __name__ == "__main__":
    main()
