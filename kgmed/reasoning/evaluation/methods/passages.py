"""Plain-text retrieval, as most systems do it: passages found by their words (BM25).

The passages are the graph's own statements in sentences, or a user's texts; what is found stands
where a graph's evidence would, so that the two ways to it can be compared and nothing else differs.
The ranking is that of bm25s (https://github.com/xhluca/bm25s), with its defaults.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Any

from kgmed.kg.errors import DataError, MissingExtra, UsageError
from kgmed.kg.linking.language import detect_language
from kgmed.kg.model import Language, Statement
from kgmed.kg.predicates import Registry
from kgmed.kg.records import records
from kgmed.kg.store.base import GraphStore
from kgmed.kg.verbalize import Verbalizer
from kgmed.kg.verbalize.size import tokens_of
from kgmed.kg.views.licensing import Terms
from kgmed.reasoning.evidence import BUDGET, Evidence, Gatherer, Piece
from kgmed.reasoning.evidence.names import leaving_names

MOST_STATEMENTS = 2_000_000
"""Statements of a graph whose passages are made and held in memory: some 2 GB."""
LISTED = 20
"""Members of a list that a passage tells."""
LONGEST = 120
"""Tokens of a passage; a longer text is cut into several, between sentences."""
FOUND = 40
"""Passages that are looked at for one question."""
_AT_ONCE = 5_000
_WORD = re.compile(r"[a-z0-9]+|[\u3400-\u9fff]+")
_SENTENCE = re.compile(r"(?<=[.!?])\s+|(?<=[。！？])")


class Passages:
    """Passages of one language, found by their words."""

    def __init__(self, texts: Sequence[str]) -> None:
        try:
            import bm25s
        except ImportError as error:
            raise MissingExtra("bm25s", "evaluate") from error
        if not texts:
            raise DataError("Found no passage of text, expected at least one.")
        self.texts = list(texts)
        self._index = bm25s.BM25()
        self._index.index([words(text) for text in self.texts], show_progress=False)

    def __len__(self) -> int:
        return len(self.texts)

    def best(self, question: str, most: int = FOUND) -> list[str]:
        """The passages that share the most telling words with a question, the best first."""
        asked = words(question)
        if not asked:
            return []
        most = min(most, len(self.texts))
        found, scores = self._index.retrieve([asked], k=most, show_progress=False)
        pairs = zip(found[0].tolist(), scores[0].tolist(), strict=True)
        return [self.texts[place] for place, score in pairs if score > 0]


class PassageGatherer(Gatherer):
    """A gatherer whose evidence are passages of text. ``passages`` gives those of a language, asked
    for once a question is in it."""

    def __init__(
        self,
        store: GraphStore,
        registry: Registry,
        passages: Callable[[Language], Passages | None],
        *,
        terms: Terms | None = None,
    ) -> None:
        super().__init__(store, registry, terms=terms)
        self._passages = cache(passages)
        self._snapshot = store.info().snapshot

    def gather(
        self,
        question: str,
        *,
        language: Language | None = None,
        options: Sequence[str] = (),
        budget: int = BUDGET,
    ) -> Evidence:
        """The best passages for a question and its options, in at most about ``budget`` tokens."""
        lang = language or detect_language(question)
        held = self._passages(lang)
        asked = "\n".join([question, *options])
        left = budget
        pieces: list[Piece] = []
        for text in held.best(asked) if held is not None else ():
            spent = tokens_of(text) + 4
            if spent > left:
                continue
            left -= spent
            pieces.append(Piece(len(pieces) + 1, text, "about", ()))
        return Evidence(question, lang, pieces=tuple(pieces), snapshot=self._snapshot)


def words(text: str) -> list[str]:
    """The words of a text as they are searched for: Latin words, and pairs of Chinese characters.

    >>> words("Warfarin interacts with 阿司匹林")
    ['warfarin', 'interacts', 'with', '阿司', '司匹', '匹林']
    """
    found: list[str] = []
    for run in _WORD.findall(text.casefold()):
        if run[0] < "\u3400" or len(run) == 1:
            found.append(run)
        else:
            found += [run[at : at + 2] for at in range(len(run) - 1)]
    return found


def of_graph(
    store: GraphStore, registry: Registry, lang: Language, *, terms: Terms | None = None
) -> list[str]:
    """What a graph states, in sentences: of each concept, predicate by predicate, from either end.

    ``terms`` says what may leave. Raises :class:`~kgmed.kg.errors.UsageError` for a graph that is
    too large to be held as text.
    """
    count = store.info().statements
    if count > MOST_STATEMENTS:
        raise UsageError(
            f"Found {count:,} statements, expected at most {MOST_STATEMENTS:,} for plain-text "
            "retrieval in memory. Export a corpus (`kgmed export corpus`) and name its files."
        )
    say = Verbalizer(registry)
    rows = [
        s for s in store.scan()
        if s.retracted is None
        and (terms is None or terms.lets(s.primary_knowledge_source, s.licence))
    ]  # fmt: skip
    ends = list(dict.fromkeys(end for s in rows for end in (s.subject, s.object) if end))
    names: dict[str, str] = {}
    for start in range(0, len(ends), _AT_ONCE):
        names |= leaving_names(store, ends[start : start + _AT_ONCE], lang=lang, terms=terms)
    texts = [
        say.grouped(group, names, lang=lang, limit=LISTED, about=about)
        for about, group in _groups(rows)
    ]
    return list(dict.fromkeys(texts))


def of_files(paths: Iterable[Path]) -> dict[Language, list[str]]:
    """The texts of files, or of all files in folders, by language: a text a line, or records with
    ``text``; a long one is cut into passages. Raises
    :class:`~kgmed.kg.errors.DataError` for a record without a text."""
    found: dict[Language, list[str]] = {"en": [], "zh": []}
    for path in paths:
        files = sorted(path.rglob("*.*")) if path.is_dir() else [path]
        for file in files:
            if path.is_dir() and (file.name.startswith(".") or file.suffix not in _TEXTS):
                continue
            for number, (_id, record) in enumerate(records(file), 1):
                text = record if isinstance(record, str) else _text_of(file, number, record)
                for part in passages_in(text):
                    found[detect_language(part)].append(part)
    return {lang: texts for lang, texts in found.items() if texts}


def passages_in(text: str) -> list[str]:
    """A text in passages of at most about :data:`LONGEST` tokens, cut between sentences.

    >>> passages_in("One. Two.")
    ['One. Two.']
    """
    parts: list[str] = []
    for sentence in filter(None, _SENTENCE.split(_one_line(text))):
        last = parts[-1] if parts else ""
        if not last or tokens_of(last) + tokens_of(sentence) > LONGEST:
            parts.append(sentence)
        else:
            parts[-1] = f"{last}{'' if last[-1] in '。！？' else ' '}{sentence}"
    return parts


def _one_line(text: str) -> str:
    """A text on one line."""
    return " ".join(text.split())


_TEXTS = frozenset({".jsonl", ".txt", ".parquet"})


def _text_of(file: Path, number: int, record: Any) -> str:
    text = record.get("text") if isinstance(record, Mapping) else None
    if not isinstance(text, str):
        raise DataError(f"{file} record {number}: found no text, expected a field 'text'.")
    return text


def _groups(rows: Sequence[Statement]) -> Iterator[tuple[str, list[Statement]]]:
    """(a concept, statements of one predicate and sign that it is an end of), by either end."""

    def key(s: Statement) -> tuple[str, str, bool, bool, str]:
        return (s.subject, s.predicate, s.negated, s.value is None, _said(s))

    for (subject, *_rest), alike in groupby(sorted(rows, key=key), key):
        yield subject, list(alike)
    by_object: dict[tuple[str, str, bool, str], list[Statement]] = defaultdict(list)
    for s in rows:
        if s.object:
            by_object[s.object, s.predicate, s.negated, _said(s)].append(s)
    for (object, *_rest), group in by_object.items():
        yield object, group[: 10 * LISTED]


def _said(s: Statement) -> str:
    return "\x1f".join(f"{name}={value}" for name, value in sorted(s.qualifiers.items()))
