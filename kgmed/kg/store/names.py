"""The SQLite half of a snapshot: concepts, ids, names, values, mappings and curated paths.

``key`` is clustered by normalised name, ``name`` by concept, so that a look-up reads few pages.
What a text may name is looked up by hash in a file beside it (:mod:`kgmed.kg.store.name_index`).
Full-text search runs over the keys with each Chinese character as a token of its own; fuzzy search
goes from a trigram index over the tokens to the names that hold the nearest ones.
"""

from __future__ import annotations

import json
import sqlite3
import zlib
from collections.abc import Iterable, Sequence
from itertools import islice, product
from pathlib import Path
from typing import Any

from kgmed.kg.errors import CorruptSnapshot
from kgmed.kg.linking.normalize import is_cjk, tokens
from kgmed.kg.model import Name
from kgmed.kg.store.name_index import SUFFIX, NameIndex

NAME_KINDS = ("preferred", "synonym", "abbreviation", "brand")
LIST_ITEM = "\x1f"
MAPPING_FIELDS = (
    "subject", "predicate", "object", "modifier", "justification", "confidence", "source",
    "subject_label", "object_label", "status", "reason",
)  # fmt: skip
"""The fields of :class:`kgmed.kg.model.Mapping`, in its order."""

TOKEN_HITS = 10
"""The shortest of so many hits per name asked for come first."""
FUZZY_MIN_LENGTH = 4
_TRIGRAM_HITS = 60
_TOKEN_CHOICES = 4
_FUZZY_QUERIES = 16
_AT_ONCE = 500
_REMEMBERED = 1 << 16
"""Ids whose concept numbers are remembered at most."""
"""Rows that a query asks for by their numbers."""


def pack(rows: Sequence[Sequence[object]]) -> bytes:
    """Rows as compressed JSON; :func:`unpack` reads them back.

    >>> unpack(pack([("a", 1.5)]))
    [['a', 1.5]]
    """
    return zlib.compress(json.dumps(rows, ensure_ascii=False).encode(), 6)


def unpack(blob: bytes) -> list[list[Any]]:
    """The rows that :func:`pack` compressed."""
    rows: list[list[Any]] = json.loads(zlib.decompress(blob))
    return rows


class Names:
    """Reads ``names.sqlite``. Numbers (cid, nid) stay inside the store."""

    def __init__(self, path: Path, sources: Sequence[str]) -> None:
        uri = f"{path.absolute().as_uri()}?mode=ro&immutable=1"
        self._database = sqlite3.connect(uri, uri=True, check_same_thread=False)
        self._database.execute("PRAGMA mmap_size=1099511627776")
        self._path = path
        self._sources = sources
        self._opened_index: NameIndex | None = None
        self._cids: dict[str, int] = {}

    @property
    def _index(self) -> NameIndex:
        if self._opened_index is None:
            self._opened_index = NameIndex(self._path.with_suffix(SUFFIX))
        return self._opened_index

    def query(self, sql: str, parameters: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """Run one read; a broken file becomes :class:`CorruptSnapshot`."""
        try:
            return self._database.execute(sql, parameters).fetchall()
        except sqlite3.DatabaseError as error:
            raise CorruptSnapshot(
                f"{self._path}: {error}. Run 'kgmed check', then build the graph again."
            ) from error

    def close(self) -> None:
        self._database.close()
        if self._opened_index is not None:
            self._opened_index.close()

    def cids(self, curies: Sequence[str]) -> list[int | None]:
        """Concept numbers of CURIEs, in order, remembered."""
        known = self._cids
        missed = list(dict.fromkeys(curie for curie in curies if curie not in known))
        if missed and len(known) + len(missed) > _REMEMBERED:
            known = self._cids = {}
            missed = list(dict.fromkeys(curies))
        for start in range(0, len(missed), _AT_ONCE):
            part = missed[start : start + _AT_ONCE]
            marks = ",".join("?" * len(part))
            known.update(self.query(f"SELECT curie, cid FROM curie WHERE curie IN ({marks})", part))
        return [known.get(curie) for curie in curies]

    def id_of(self, cid: int) -> str:
        """The id of a concept number."""
        row = self.query("SELECT id FROM concept WHERE cid = ?", (cid,))
        return str(row[0][0])

    def ids_of(self, cids: Sequence[int]) -> dict[int, str]:
        """The ids of many concept numbers."""
        found: dict[int, str] = {}
        for start in range(0, len(cids), _AT_ONCE):
            part = cids[start : start + _AT_ONCE]
            marks = ",".join("?" * len(part))
            found.update(self.query(f"SELECT cid, id FROM concept WHERE cid IN ({marks})", part))
        return found

    def concept(self, cid: int) -> tuple[str, list[str], list[str], list[str], dict[str, str]]:
        """(id, categories, sources, equivalent ids, preferred name per language)."""
        row = self.query(
            "SELECT id, categories, sources, equivalents, names FROM concept WHERE cid = ?", (cid,)
        )[0]
        split = [text.split(LIST_ITEM) if text else [] for text in row[1:4]]
        return row[0], split[0], split[1], split[2], json.loads(row[4]) if row[4] else {}

    def of_concept(self, cid: int) -> list[Name]:
        """All names of a concept, in the stored order: preferred first."""
        rows = self.query(
            "SELECT n.text, n.language, n.kind, n.source FROM concept c JOIN name n"
            " ON n.nid >= c.first_nid AND n.nid < c.past_nid WHERE c.cid = ? ORDER BY n.nid",
            (cid,),
        )
        return [self._name(*row) for row in rows]

    def _name(self, text: str, language: str, kind: int, source: int) -> Name:
        return Name(text, language, NAME_KINDS[kind], self._sources[source])  # type: ignore[arg-type]

    _COLUMNS = "n.cid, n.text, n.language, n.kind, n.source"
    _MATCHES = f"""SELECT {_COLUMNS} FROM
                   (SELECT rowid AS nid FROM fts WHERE fts MATCH ? LIMIT ?) f
                   JOIN name n USING (nid)"""

    def _hits(self, rows: list[tuple[Any, ...]]) -> list[tuple[int, Name]]:
        return [(row[0], self._name(*row[1:5])) for row in rows]

    def exact(self, key: str) -> list[tuple[int, Name]]:
        """Names whose key is ``key``."""
        sql = f"SELECT {self._COLUMNS} FROM key k JOIN name n USING (nid) WHERE k.key = ?"
        return self._hits(self.query(sql + " ORDER BY nid", (key,)))

    def held(self, hashes: Sequence[int]) -> list[int]:
        """The places of the hashes (:func:`kgmed.kg.linking.stems.name_hash`) of names."""
        return self._index.held(hashes)

    def hashed(self, hashes: Sequence[int], *, limit: int) -> list[list[tuple[int, Name]]]:
        """For each hash, the first names with it, in the stored order."""
        numbers = [self._index.numbers(hash, limit=limit) for hash in hashes]
        wanted = [nid for nids in numbers for nid in nids]
        known: dict[int, tuple[int, Name]] = {}
        for start in range(0, len(wanted), _AT_ONCE):
            part = wanted[start : start + _AT_ONCE]
            marks = ",".join("?" * len(part))
            sql = f"SELECT {self._COLUMNS}, n.nid FROM name n WHERE nid IN ({marks})"
            for cid, text, language, kind, source, nid in self.query(sql, part):
                known[nid] = cid, self._name(text, language, kind, source)
        return [[known[nid] for nid in sorted(nids)] for nids in numbers]

    def prefix(self, key: str, *, limit: int) -> list[tuple[int, Name]]:
        """Names whose key begins with ``key``, in key order."""
        sql = f"""SELECT {self._COLUMNS} FROM key k JOIN name n USING (nid)
                  WHERE k.key >= ? AND k.key < ? ORDER BY k.key, k.nid LIMIT ?"""
        return self._hits(self.query(sql, (key, key + "\U0010ffff", limit)))

    def tokens(self, words: Sequence[str], *, limit: int) -> list[tuple[int, Name]]:
        """Names that hold all of the words; the shortest of the first hits come first."""
        if not words:
            return []
        sql = f"{self._MATCHES} ORDER BY length(n.text), n.nid LIMIT ?"
        return self._hits(self.query(sql, (_all_of(words), limit * TOKEN_HITS, limit)))

    def first_matches(self, words: Sequence[str], *, limit: int) -> list[tuple[int, Name]]:
        """The first hits that :meth:`tokens` chooses from, in the stored order."""
        sql = f"{self._MATCHES} ORDER BY n.nid"
        return self._hits(self.query(sql, (_all_of(words), limit * TOKEN_HITS)))

    def fuzzy(self, key: str, *, limit: int) -> list[tuple[int, Name, int]]:
        """Names whose tokens lie within a few edits of those of ``key``, nearest first.

        A token of up to 8 characters may differ by one edit, a longer one by two; an edit is an
        insertion, deletion, substitution or swap of neighbours. Chinese names, whose tokens are
        characters, are found where all but one character agree.
        """
        words = tokens(key)
        if any(is_cjk(word[0]) for word in words):
            return self._fuzzy_chinese(words, key, limit=limit)
        choices = [self._near(word) for word in words]
        if not all(choices):
            return []
        found: dict[tuple[int, str], tuple[int, Name, int]] = {}
        combinations = sorted(
            islice(product(*choices), 256), key=lambda some: sum(distance for distance, _ in some)
        )
        for combination in combinations[:_FUZZY_QUERIES]:
            distance = sum(part for part, _ in combination)
            near = " ".join(word for _, word in combination)
            hits = self.exact(near) or self.tokens([w for _, w in combination], limit=limit)
            for cid, name in hits:
                found.setdefault((cid, name.text), (cid, name, distance))
        return self._nearest(found.values())[:limit]

    def _nearest(self, hits: Iterable[tuple[int, Name, int]]) -> list[tuple[int, Name, int]]:
        return sorted(hits, key=lambda hit: (hit[2], len(hit[1].text), self.place(hit[0])))

    def _near(self, word: str) -> list[tuple[int, str]]:
        """(edits, token) of the vocabulary's tokens nearest to ``word``, itself included."""
        if self.in_vocabulary([word]):
            return [(0, word)]
        if len(word) < FUZZY_MIN_LENGTH or not word.isalpha():
            return []
        allowed = 1 if len(word) <= 8 else 2
        alike = self.alike(sorted({word[i : i + 3] for i in range(len(word) - 2)}))
        near = {(edits(word, other, limit=allowed), other) for other in alike}
        swapped = [word[:i] + word[i + 1] + word[i] + word[i + 2 :] for i in range(len(word) - 1)]
        # a swap in a short word may leave no trigram whole
        near.update((1, other) for other in self.in_vocabulary(swapped))
        return sorted(hit for hit in near if hit[0] <= allowed)[:_TOKEN_CHOICES]

    def one_edit(self, word: str) -> list[str]:
        """The tokens of names that differ from a word in one edit; [] where it is one itself."""
        if self.is_word([word])[0]:
            return []
        tried = sorted(edited(word))
        return [other for other, held in zip(tried, self.is_word(tried), strict=True) if held]

    def is_word(self, words: Sequence[str]) -> list[bool]:
        """Whether each is a token of some name, of letters a-z alone."""
        return self._index.has_words(words)

    def in_vocabulary(self, words: Sequence[str]) -> list[str]:
        """Those of the words that are a token of some name."""
        marks = ",".join("?" * len(words))
        sql = f"SELECT term FROM vocabulary WHERE term IN ({marks})"
        return [row[0] for row in self.query(sql, words)]

    def alike(self, grams: Sequence[str]) -> list[str]:
        """The tokens that share most of the trigrams."""
        rows = self.query(
            "SELECT t FROM trigram WHERE trigram MATCH ? ORDER BY rank LIMIT ?",
            (" OR ".join(_quoted(gram) for gram in grams), _TRIGRAM_HITS),
        )
        return [row[0] for row in rows]

    def place(self, cid: int) -> float:
        """Where a concept number stands in the order of ids."""
        return cid

    def _fuzzy_chinese(
        self, words: list[str], key: str, *, limit: int
    ) -> list[tuple[int, Name, int]]:
        if not 5 <= len(words) <= 24:  # shorter names differ in one character from many others
            return []
        found: dict[tuple[int, str], tuple[int, Name, int]] = {}
        for left_out in range(len(words)):
            rest = words[:left_out] + words[left_out + 1 :]
            for cid, name in self.tokens(rest, limit=limit):
                distance = edits(key, name.text.casefold(), limit=1)
                if distance <= 1:
                    found.setdefault((cid, name.text), (cid, name, distance))
        return self._nearest(found.values())[:limit]


def _all_of(words: Sequence[str]) -> str:
    return " AND ".join(_quoted(word) for word in words)


def _quoted(word: str) -> str:
    return '"' + word.replace('"', '""') + '"'


def edited(word: str) -> set[str]:
    """The words of letters a-z that one edit makes of a word, itself left out.

    >>> sorted(edited("gout"))[:3], "gotu" in edited("gout")
    (['agout', 'aout', 'bgout'], True)
    """
    letters = "abcdefghijklmnopqrstuvwxyz"
    halves = [(word[:at], word[at:]) for at in range(len(word) + 1)]
    found = {left + right[1:] for left, right in halves if right}
    found |= {left + right[1] + right[0] + right[2:] for left, right in halves if len(right) > 1}
    found |= {left + letter + right[1:] for left, right in halves if right for letter in letters}
    found |= {left + letter + right for left, right in halves for letter in letters}
    return found - {word}


def edits(left: str, right: str, *, limit: int) -> int:
    """Edits between two words (optimal string alignment); ``limit + 1`` where there are more.

    >>> edits("warfrin", "warfarin", limit=2), edits("amiodraone", "amiodarone", limit=2)
    (1, 1)
    >>> edits("gout", "warfarin", limit=2)
    3
    """
    if abs(len(left) - len(right)) > limit:
        return limit + 1
    before: list[int] = []
    previous = list(range(len(right) + 1))
    for i, x in enumerate(left, 1):
        current = [i]
        for j, y in enumerate(right, 1):
            best = min(previous[j] + 1, current[-1] + 1, previous[j - 1] + (x != y))
            if i > 1 and j > 1 and x == right[j - 2] and left[i - 2] == y:
                best = min(best, before[j - 2] + 1)
            current.append(best)
        if min(current) > limit:
            return limit + 1
        before, previous = previous, current
    return min(previous[-1], limit + 1)
