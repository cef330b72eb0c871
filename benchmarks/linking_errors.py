"""What a linker gets wrong on the training texts of BC5CDR, by class, with examples.

    python benchmarks/linking_errors.py [--data ../shared/data] [--folds 5] [--out FILE]

The dictionary never holds names of the texts that it links, which would hide what is missing: each
fifth of the texts is linked with the names of the other four. ``--folds 0`` leaves all of them out.
Classes are by rule, the first that fits.
"""

from __future__ import annotations

import argparse
import json
import re
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from linking_dictionary import TRAINING, Dictionary, build_graph, read_dictionary
from linking_run import Run, link_texts
from linking_score import Found, Gold, Mention, read_pubtator, score
from store import apart

from kgmed.kg.linking.normalize import key, variants

Row = tuple[str, str, str]
"""Class, text, what to know about it."""

SMALL = frozenset("a an and by for from in of on or the to type with without induced".split())  # noqa: SIM905
ADJECTIVE = re.compile(r"\w+(?:ic|al|ous|ive|ed|ar|oid|ary|ant|ent|form)", re.IGNORECASE)


class Known:
    """The dictionary by what the classes ask."""

    def __init__(self, made: Dictionary) -> None:
        self.keys: dict[str, set[str]] = defaultdict(set)
        self.bags: dict[tuple[str, ...], set[str]] = defaultdict(set)
        self.close: dict[str, set[str]] = defaultdict(set)
        for entry in made.entries:
            normal = key(entry.name)
            self.keys[normal].add(entry.id)
            self.bags[_bag(normal)].add(entry.id)
            self.close[normal.replace(" ", "")].add(entry.id)
        self.ids = {entry.id for entry in made.entries}


def _bag(normal: str) -> tuple[str, ...]:
    return tuple(sorted(set(normal.split()) - SMALL))


def is_short(text: str) -> bool:
    """Whether it looks like an abbreviation or a symbol."""
    letters = [c for c in text if c.isalpha()]
    upper = sum(c.isupper() for c in letters)
    return len(text) <= 6 and bool(letters) and upper * 2 >= len(letters) and upper > 1


def defined(gold: Gold, text: str) -> bool:
    """Whether the text stands in brackets somewhere, or before some."""
    return bool(re.search(rf"\(\s*{re.escape(text)}\s*[,;)]|{re.escape(text)}\s*\(", gold.text))


def missed_class(known: Known, gold: Gold, mention: Mention, found: Iterable[Found]) -> Row:
    """Why a link is missing."""
    normal, ids = key(mention.text), set(mention.ids)
    overlapping = [f for f in found if f[0] < mention.end and mention.start < f[1]]
    over = "; ".join(f"{gold.text[a:b]!r}={id}" for a, b, id in overlapping)
    same = [f for f in overlapping if (f[0], f[1]) == (mention.start, mention.end)]
    note = f"{'|'.join(mention.ids)}; {over}"
    if same:
        has = (
            "the right one is among the name's ids"
            if ids & known.keys[normal]
            else "name hasn't it"
        )
        return f"wrong id, {has}", mention.text, note
    if len(mention.ids) > 1:
        return "several things in one mention (coordination)", mention.text, note
    if not ids & known.ids:
        return "id isn't in the dictionary", mention.text, note
    if ids & known.keys.get(normal, set()):
        why = "another span was taken" if overlapping else "not taken at all"
        return f"name is there, {why}", mention.text, note
    if normal in known.keys:
        return "name is there for another id only", mention.text, note
    if is_short(mention.text):
        told = "defined in the text" if defined(gold, mention.text) else "not defined"
        return f"abbreviation, {told}", mention.text, note
    for form in variants(normal):
        if ids & known.keys.get(form, set()):
            return "plural or singular", mention.text, note
    if ids & known.close.get(normal.replace(" ", ""), set()):
        return "space or hyphen", mention.text, note
    if ids & known.bags.get(_bag(normal), set()):
        return "word order or small words", mention.text, note
    if " " not in normal and ADJECTIVE.fullmatch(normal):
        return "adjective of a disease", mention.text, note
    if any(id in ids for _, _, id in overlapping):
        return "a part of it was linked to its id", mention.text, note
    return "a name that the dictionary lacks", mention.text, note


def wrong_class(gold: Gold, link: Found, there: Sequence[Mention], categories: set[str]) -> Row:
    """Why a link is wrong."""
    start, end, id = link
    text = gold.text[start:end]
    for mention in there:
        if mention.start < end and start < mention.end:
            note = f"{id}; {mention.text!r}={'|'.join(mention.ids) or 'no id'}"
            if (mention.start, mention.end) == (start, end):
                return ("wrong id" if mention.ids else "annotated without an id"), text, note
            right = "right id" if id in mention.ids else "wrong id"
            if mention.start <= start and end <= mention.end:
                return f"part of a longer mention, {right}", text, note
            return f"longer than or across a mention, {right}", text, note
    if is_short(text):
        return "not annotated: a short symbol", text, id
    if not categories & {"Disease", "Drug", "ChemicalEntity", "PhenotypicFeature"}:
        return "not annotated: neither disease nor chemical", text, f"{id} {sorted(categories)}"
    return "not annotated: said to be a disease or chemical", text, f"{id} {sorted(categories)}"


def tell(title: str, rows: Iterable[Row], examples: int) -> list[str]:
    """A class a paragraph: its count and its most frequent texts."""
    by_class: dict[str, Counter[str]] = defaultdict(Counter)
    notes: dict[tuple[str, str], str] = {}
    for name, text, note in rows:
        by_class[name][text.lower()] += 1
        notes.setdefault((name, text.lower()), note)
    total = sum(c.total() for c in by_class.values())
    lines = [f"## {title}: {total:,}"]
    for name, texts in sorted(by_class.items(), key=lambda item: -item[1].total()):
        shown = ", ".join(f"{text} x{n}" for text, n in texts.most_common(examples))
        lines.append(f"{texts.total():5,} {name} ({len(texts):,} texts): {shown}")
        first = texts.most_common(1)[0][0]
        lines.append(f"        e.g. {first}: {notes[name, first]}")
    return lines


def names_to_drop(documents: Sequence[Gold], found: dict[str, list[Found]]) -> list[str]:
    """Texts that were linked wrongly more often than rightly, the costliest first."""
    right, wrong = Counter[str](), Counter[str]()
    for gold in documents:
        there = {(m.start, m.end): m.ids for m in gold.mentions}
        for start, end, id in found.get(gold.id, ()):
            counted = right if id in there.get((start, end), ()) else wrong
            counted[gold.text[start:end].lower()] += 1
    bad = [(wrong[t], right[t], t) for t in wrong if wrong[t] > right[t]]
    lines = [f"## Texts that are wrong more often than right: {len(bad):,}, "
             f"{sum(w for w, _, _ in bad):,} wrong links"]  # fmt: skip
    return lines + [f"{w:5} wrong, {r} right: {t}" for w, r, t in sorted(bad, reverse=True)[:80]]


def folds(documents: Sequence[Gold], count: int) -> Iterator[tuple[list[Gold], list[Gold]]]:
    """(texts whose names are taken, texts to link); with 0, none and all."""
    if not count:
        yield [], list(documents)
    for fold in range(count):
        yield (
            [d for n, d in enumerate(documents) if n % count != fold],
            [d for n, d in enumerate(documents) if n % count == fold],
        )


def main() -> None:
    """Link the training texts, sort the errors into classes, print them."""
    here = Path(__file__).parents[1]
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--data", type=Path, default=here / "../shared/data")
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--examples", type=int, default=12)
    parser.add_argument("--out", type=Path, help="write every error to this JSON Lines file")
    chosen = parser.parse_args()
    documents = list(read_pubtator(chosen.data / TRAINING))
    missed: list[Row] = []
    wrong: list[Row] = []
    found: dict[str, list[Found]] = {}
    for named, asked in folds(documents, chosen.folds):
        made = read_dictionary(chosen.data, texts=named)
        with tempfile.TemporaryDirectory() as folder:
            build_graph(made, Path(folder) / "graph")
            texts = [(d.id, d.text) for d in asked]
            run: Run = apart(link_texts, str(Path(folder) / "graph"), texts, {}, {})
        found |= run.found
        scores, known = score(asked, run.found), Known(made)
        missed += [missed_class(known, g, m, run.found.get(g.id, ())) for g, m in scores.missed]
        wrong += [
            wrong_class(g, f, g.mentions, set(made.categories.get(f[2], ())))
            for g, f in scores.wrong
        ]
    print(f"training texts: {score(documents, found)} (mention | link | document)\n")
    lines = tell("Missed", missed, chosen.examples) + tell("Wrong", wrong, chosen.examples)
    print("\n".join(lines + names_to_drop(documents, found)))
    if chosen.out:
        rows: list[dict[str, Any]] = [
            {"kind": kind, "class": name, "text": text, "note": note}
            for kind, some in (("missed", missed), ("wrong", wrong))
            for name, text, note in some
        ]
        text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        chosen.out.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
