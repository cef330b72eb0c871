"""Whether a text that holds a name means it: "cold" is a name, and mostly no mention of one.

A logistic model over features of the name, the way it matches, and how common its words are in
general English. Each feature is either there or not, and its weight is what it adds to the
log-odds, so that a mention's value can be added up by hand. The weights in ``quality.toml`` are
learnt by ``benchmarks/linking_train.py`` from texts with annotated mentions, over names that don't
come from these texts.

Beyond that, texts like one's own teach which names are no mentions there: a table of names with how
often each was seen, how often it was meant, and which concepts it meant (:meth:`Quality.learnt`).
What it says of a name is one more feature, with weights of its own. The table also holds words
before a name, and how often annotators took them into the mention ("hemorrhagic cystitis" where the
graph has cystitis): a mention is made longer by such words, with a note.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

from kgmed.kg.errors import DataError
from kgmed.kg.linking.english import zipf
from kgmed.kg.linking.normalize import CJK_FROM

THRESHOLD, WITH_TEXTS = 0.15, 0.35
"""A mention of at least this probability is linked in a text: without and with a table of names."""
HEADER = "kind\ttext\tseen\tmeant\tids"
KINDS = ("name", "modifier", "kind of modifier")
PRIOR = 2.0
"""What the model's value weighs beside a name's own counts, in occurrences."""
TAKEN = 0.6
"""A word before a name belongs to the mention where more than this share did."""
LIKE = 2.0
"""What words of its kind weigh beside a modifier's own counts, in occurrences."""


KNOWN = 3.5
"""The features tell apart words this common in English; rarer ones are alike to them."""


def _common(word: str) -> float:
    value = zipf(word)
    return value if value >= KNOWN else 0.0


def features(
    span: str, words: list[str], match: str, *, kind: str, exact_case: bool, concepts: int,
    sources: int,
) -> list[str]:  # fmt: skip
    """The features of a span of a text, wherever it stands.

    ``words`` are its tokens, ``match`` and ``kind`` those of the best name it matches,
    ``exact_case`` whether it is written as the name is. ``concepts`` have such a name, and
    ``sources`` give it to the first of them.

    >>> features("colds", ["colds"], "inflection", kind="synonym", exact_case=False, concepts=1,
    ...          sources=1)
    ['match inflection', 'kind synonym', '1 word', 'english 4.5', 'middling', 'source 1']
    """
    found = ["match " + match, "kind " + kind]
    if any(word > CJK_FROM for word in words):
        found.append(f"characters {min(len(words), 6)}")
        return found
    symbol = span.isupper()
    if len(words) == 1:
        found += _of_word(words[0], len(span), symbol=symbol and exact_case)
    else:
        found += _of_words(tuple(words))
    if symbol and len(span) <= 6:
        found.append("capitals" if exact_case else "capitals, other case")
    if concepts > 1:
        found.append("concepts 2+" if concepts < 4 else "concepts 4+")
    found.append("source 1" if sources == 1 else "sources 2+")
    return found


@lru_cache(maxsize=1 << 16)
def features_of_place(hyphens: int, before: str, after: str) -> tuple[str, ...]:
    """The features of where a span of words stands.

    ``hyphens`` counts the sides on which the word goes on behind a hyphen; ``before`` and ``after``
    are the tokens beside it, "" where a mark stands there.

    >>> features_of_place(1, "of", "")
    ('before common', 'after mark', 'hyphens 1')
    """
    found = _beside(before)[0], _beside(after)[1]
    if not hyphens:
        return found
    return (*found, "hyphens 1" if hyphens == 1 else "hyphens 2")


@lru_cache(maxsize=1 << 14)
def _of_word(word: str, letters: int, *, symbol: bool) -> tuple[str, ...]:
    """Features of a name of one word; a symbol is no word of English."""
    common = max(_common(word), _common(word[:-1]) if word.endswith("s") else 0.0)
    if symbol:
        common = 0.0
    found = ("1 word", f"english {math.floor(common * 2) / 2:g}" if common else "english rare",
             "short" if letters <= 3 else "long" if letters >= 7 else "middling")  # fmt: skip
    return (*found, "digit") if any(c.isdigit() for c in word) else found


@lru_cache(maxsize=1 << 14)
def _of_words(words: tuple[str, ...]) -> tuple[str, str]:
    """Features of a name of several words."""
    content = [word for word in words if len(word) > 1 or word.isdigit()]
    rarest = min(map(_common, content), default=0.0)
    return (
        f"{min(len(words), 4)} words",
        f"rarest {math.floor(rarest):g}" if rarest else "rarest rare",
    )


@lru_cache(maxsize=1 << 15)
def _beside(word: str) -> tuple[str, str]:
    """What kind of token stands beside a mention: a rare one may belong to a longer name."""
    common = _common(word)
    if not word:
        kind = "mark"
    elif len(word) == 1:
        kind = "letter"
    elif word.isdigit():
        kind = "number"
    else:
        kind = "common" if common >= 5.5 else f"{math.floor(common)}" if common else "rare"
    return f"before {kind}", f"after {kind}"


def learnt_key(span: str, key: str) -> str:
    """What a span is remembered by: its key, but a short one in capitals as it stands.

    >>> learnt_key("Cold", "cold"), learnt_key("NO", "no")
    ('cold', 'NO')
    """
    return span if len(span) <= 6 and span.isupper() else key


@dataclass(frozen=True, slots=True)
class Learnt:
    """What texts taught of a name: how often it was seen and meant, and which concepts it meant."""

    seen: int
    meant: int
    ids: tuple[str, ...] = ()

    @property
    def feature(self) -> str:
        """How it shows in the model.

        >>> Learnt(1, 1).feature, Learnt(2, 0).feature, Learnt(9, 6).feature
        ('texts always of 1', 'texts never of 2', 'texts mostly of 4')
        """
        size = next(n for n in (4, 2, 1) if self.seen >= n)
        if self.meant in {0, self.seen}:
            return f"texts {'always' if self.meant else 'never'} of {size}"
        share = self.meant / self.seen
        return (
            f"texts {'mostly' if share > 0.6 else 'half' if share > 0.35 else 'seldom'} of {size}"
        )


@lru_cache(maxsize=1 << 14)
def modifier_kind(word: str) -> str:
    """What a word that texts taught nothing of is judged by, as a modifier before a name.

    >>> modifier_kind("hemorrhagic"), modifier_kind("severe"), modifier_kind("2")
    ('-ic rare', '4', 'number')
    """
    if word.isdigit():
        return "number"
    if len(word) == 1:
        return "letter"
    common = _common(word)
    band = f"{math.floor(common)}" if common else "rare"
    ending = next((e for e in _ENDINGS if word.endswith(e) and len(word) > len(e) + 2), "")
    return f"-{ending} {band}" if ending else band


_ENDINGS = ("ic", "al", "ous", "ive", "ed", "ing", "ar", "ary", "ine", "oid", "ly", "ate", "id")


class Own(NamedTuple):
    """What is known of a span wherever it stands: what it is remembered by (:func:`learnt_key`),
    its features, the sources of the names it matches, and the log-odds of all that."""

    key: str
    features: tuple[str, ...]
    sources: frozenset[str]
    total: float


@dataclass(frozen=True)
class Quality:
    """Weights of features, and what texts taught of single names (:func:`learnt_key`).

    ``weights`` hold where there is no table of names, ``beside_texts`` where there is one.
    """

    weights: Mapping[str, float]
    beside_texts: Mapping[str, float] = field(default_factory=dict)
    names: Mapping[str, Learnt] = field(default_factory=dict)
    modifiers: Mapping[str, Learnt] = field(default_factory=dict)
    modifier_kinds: Mapping[str, Learnt] = field(default_factory=dict)
    threshold: float = THRESHOLD

    def own(self, key: str, found: Sequence[str], sources: Iterable[str]) -> Own:
        """Add up what is known of a span wherever it stands."""
        weights = self.beside_texts if self.names else self.weights
        total = weights.get("always", 0.0) + sum(weights.get(name, 0.0) for name in found)
        if self.names:
            seen = self.names.get(key)
            total += weights.get(seen.feature if seen else "texts unseen", 0.0)
        return Own(key, tuple(found), frozenset(sources), total)

    def of(self, own: Own, place: Sequence[str]) -> float:
        """The probability that a span is a mention, where it stands with these features."""
        weights = self.beside_texts if self.names else self.weights
        total = own.total
        for name in place:
            total += weights.get(name, 0.0)
        value = 1 / (1 + math.exp(-total))
        seen = self.names.get(own.key)
        return value if seen is None else (seen.meant + PRIOR * value) / (seen.seen + PRIOR)

    def takes(self, word: str) -> bool:
        """Whether a word before a name belongs to the mention; never, where no texts taught so."""
        if not self.modifiers:
            return False
        kind = self.modifier_kinds.get(modifier_kind(word))
        own = self.modifiers.get(word, Learnt(0, 0))
        like = (kind.meant + 1) / (kind.seen + 2) if kind is not None else 0.5
        return (own.meant + LIKE * like) / (own.seen + LIKE) > TAKEN

    def learnt(self, path: Path) -> Quality:
        """The same with what texts taught, in a TSV file.

        Its columns are the kind of row (:data:`KINDS`), the text, how often it was seen and meant
        and, of a name, the ids that it meant, most often first, joined by "|".
        """
        tables: dict[str, dict[str, Learnt]] = {kind: {} for kind in KINDS}
        with path.open(encoding="utf-8") as lines:
            head = next(lines, "").rstrip("\n")
            if head != HEADER:
                raise DataError(
                    f"{path} line 1: found {head[:60]!r}, expected {HEADER!r}. "
                    "Is it what benchmarks/linking_train.py writes?"
                )
            for number, line in enumerate(lines, 2):
                cells = line.rstrip("\n").split("\t")
                try:
                    kind, text, seen, meant, ids = cells
                    row = Learnt(int(seen), int(meant), tuple(filter(None, ids.split("|"))))
                    tables[kind][text] = row
                except (ValueError, KeyError) as error:
                    raise DataError(
                        f"{path} line {number}: found {line[:60]!r}, expected one of "
                        f"{', '.join(KINDS)}, a text, two numbers and ids, separated by tabs."
                    ) from error
        names, modifiers, kinds = (tables[kind] for kind in KINDS)
        return replace(
            self, names=names, modifiers=modifiers, modifier_kinds=kinds, threshold=WITH_TEXTS
        )


@lru_cache(maxsize=1)
def quality() -> Quality:
    """The weights that come with kgmed."""
    text = (files(__package__) / "quality.toml").read_text(encoding="utf-8")
    tables = tomllib.loads(text)
    return Quality(tables["weights"], tables["beside_texts"])
