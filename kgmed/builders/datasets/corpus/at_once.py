"""The sentences of a part at once, as columns: the rows that :mod:`.sentences` makes one by one."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from hashlib import blake2b
from json.encoder import encode_basestring
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from kgmed.builders.datasets.corpus.forms import Formed
from kgmed.builders.datasets.corpus.sentences import OTHER, TASK, name_in
from kgmed.builders.datasets.corpus.told import (
    DIGITS,
    bytes_of,
    escaped,
    in_a_line,
    joined,
    texts_of,
)
from kgmed.builders.datasets.edges import hexadecimal
from kgmed.builders.datasets.feed import PartBlock
from kgmed.builders.datasets.job import Chunk
from kgmed.builders.datasets.rows import ID_BYTES
from kgmed.kg.model import Language
from kgmed.kg.verbalize import Verbalizer
from kgmed.kg.verbalize import qualifiers as words_of


def at_once(
    block: PartBlock, lang: Language, say: Verbalizer, *, snapshot: str, text_only: bool = False
) -> Iterator[Chunk]:
    """The sentences of a part's facts between concepts, as lines: of JSON, or ``text_only``."""
    feed, facts = block.feed, block.out
    numbers = np.unique(np.concatenate([facts.own, facts.other]))
    own, other = np.searchsorted(numbers, facts.own), np.searchsorted(numbers, facts.other)
    names = feed.names(lang).take(pa.array(numbers))
    told = ~names.is_null().to_numpy(zero_copy_only=False)
    named = told
    if (fallback := OTHER.get(lang)) and fallback in feed.languages():
        names = pc.coalesce(names, feed.names(fallback).take(pa.array(numbers)))
        named = ~names.is_null().to_numpy(zero_copy_only=False)
    kept = np.flatnonzero(
        named[own] & named[other] & (told[own] | told[other]) & (own != other)
        & feed.leaves[facts.own]
    )  # fmt: skip
    if not len(kept):
        return
    used = np.unique(np.concatenate([own[kept], other[kept]]))
    write = Formed(say, feed, numbers[used], names.take(pa.array(used)), lang=lang)
    signed = [feed.predicates[code] for code in range(len(feed.predicates))]
    code = facts.code[kept]
    counts = np.array([say.wordings(name, lang) for name, _ in signed])[code]
    first = np.frombuffer(facts.ids, ">u4").reshape(-1, 4)[kept, 0].astype(np.int64)
    wordings = first % counts
    texts = write.sentences(
        np.searchsorted(used, own[kept]),
        pa.DictionaryArray.from_arrays(pa.array(code, pa.int32()), [name for name, _ in signed]),
        np.searchsorted(used, other[kept]),
        wordings=wordings,
        negated=np.array([no for _, no in signed])[code],
        tails=_tails(block, kept, lang),
    )
    held = feed.held[facts.own[kept]] | feed.held[facts.other[kept]]
    lines = _Lines(block, kept, wordings, texts, lang=lang, snapshot=snapshot)
    for split, mask in (("train", ~held), ("test", held)):
        if mask.any():
            yield lines.chunk(split, mask, text_only=text_only)


def _tails(block: PartBlock, kept: npt.NDArray[Any], lang: Language) -> pa.Array | None:
    """The words of the qualifiers of facts, '' for none; None where no fact has some."""
    edges = block.out
    places = np.searchsorted(kept, edges.said_at)
    there = (places < len(kept)) & (kept[np.minimum(places, len(kept) - 1)] == edges.said_at)
    if not there.any():
        return None
    name = name_in(block, lang)

    def named(id: str) -> str:
        return name(id) or id

    known: dict[str, int] = {"": 0}
    told = [""]
    number = np.zeros(len(kept), np.int32)
    for place, text in zip(places[there].tolist(), edges.texts(there), strict=True):
        code = known.get(text)
        if code is None:
            code = known[text] = len(told)
            told.append(words_of.tail(json.loads(text), named, lang=lang))
        number[place] = code
    return pa.array(told, pa.large_string()).take(pa.array(number))


class _Lines:
    """The lines of a part's sentences."""

    def __init__(
        self, block: PartBlock, kept: npt.NDArray[Any], wordings: npt.NDArray[Any],
        texts: pa.Array, *, lang: Language, snapshot: str,
    ) -> None:  # fmt: skip
        facts = block.out
        self._feed, self._facts, self._kept = block.feed, facts, kept
        self._texts, self._lang, self._snapshot = texts, lang, snapshot
        self._digits = texts_of(hexadecimal(facts.ids), DIGITS).take(pa.array(kept))
        ids = self._digits.cast(pa.large_binary()).to_pylist()
        self._profile = facts.profile[kept]
        several = np.flatnonzero(np.isin(kept, facts.more_at)) if len(facts.more_at) else []
        self._several = {place: facts.more[int(kept[place])] for place in map(int, several)}
        self._statements: dict[int, list[str]] = {}
        for place, further in self._several.items():
            every = sorted({ids[place].decode(), *(id for _profile, id in further)})
            self._statements[place] = every
            ids[place] = "\x1f".join(every).encode()
        self._ends: dict[tuple[str, tuple[int, ...]], str] = {}
        heads = [
            f"{TASK}\x1f{lang}\x1f{n}\x1f\x1f\x1f".encode() for n in range(int(wordings.max()) + 1)
        ]
        self._row_ids = b"".join([
            blake2b(heads[n] + id, digest_size=ID_BYTES).digest()
            for n, id in zip(wordings.tolist(), ids, strict=True)
        ])  # fmt: skip

    def _profiles(self, place: int) -> tuple[int, ...]:
        further = [profile for profile, _id in self._several[place]]
        return tuple(sorted({int(self._profile[place]), *further}))

    def chunk(self, split: str, mask: npt.NDArray[np.bool_], *, text_only: bool) -> Chunk:
        """The rows of one side of the split."""
        rows = np.flatnonzero(mask)
        chosen = pa.array(rows)
        texts = self._texts.take(chosen)
        sources, licences, statements = self._counted(rows)
        numbers = np.frombuffer(self._row_ids, ">u8")[rows]
        ids = texts_of(hexadecimal(numbers.tobytes()), 2 * ID_BYTES)
        lowest = int(numbers.argmin())
        if text_only:
            plain = in_a_line(texts)
            lines = joined(plain, "\n")
            shown = {"id": ids[lowest].as_py(), "text": plain[lowest].as_py()}
            example = json.dumps(shown, ensure_ascii=False)
        else:
            lines = self._json(rows, ids, texts, split)
            example = lines[lowest].as_py()
        characters = pc.sum(pc.utf8_length(texts)).as_py()
        return Chunk(TASK, TASK, self._lang, split, bytes_of(lines), len(rows), characters,
                     sources, licences, statements, example)  # fmt: skip

    def _json(self, rows: npt.NDArray[Any], ids: pa.Array, texts: pa.Array, split: str) -> pa.Array:
        profiles = self._profile[rows]
        behind = [self._behind((n,), split) for n in range(len(self._feed.profiles))]
        ends = pa.array(behind, pa.large_string()).take(pa.array(profiles))
        said = self._digits.take(pa.array(rows))
        if self._several:
            places = np.array(list(self._several))
            at = np.searchsorted(rows, places)
            there = (at < len(rows)) & (rows[np.minimum(at, len(rows) - 1)] == places)
            mask = np.zeros(len(rows), bool)
            mask[at[there]] = True
            chosen = places[there].tolist()
            listed = ['","'.join(self._statements[place]) for place in chosen]
            said = pc.replace_with_mask(said, pa.array(mask), pa.array(listed, said.type))
            told = [self._behind(self._profiles(place), split) for place in chosen]
            ends = pc.replace_with_mask(ends, pa.array(mask), pa.array(told, ends.type))
        return joined(
            '{"id":"', ids,
            f'","task":"{TASK}","lang":"{self._lang}","text":"', escaped(texts),
            '","rationale":"","statements":["', said, ends,
        )  # fmt: skip

    def _behind(self, profiles: tuple[int, ...], split: str) -> str:
        """What stands behind the statements of a row whose statements are of these profiles."""
        known = self._ends.get((split, profiles))
        if known is None:
            known = self._ends[split, profiles] = self._made(profiles, split)
        return known

    def _made(self, profiles: tuple[int, ...], split: str) -> str:
        sources = sorted({source for n in profiles for source in self._feed.sources[n]})
        licences = sorted({text for n in profiles for text in self._feed.licences[n]})
        listed = ",".join(map(encode_basestring, sources))
        return (
            f'"],"sources":[{listed}],"licence":{encode_basestring(" AND ".join(licences))},'
            f'"split":"{split}","snapshot":"{self._snapshot}","extra":""}}\n'
        )

    def _counted(self, rows: npt.NDArray[Any]) -> tuple[Counter[str], Counter[str], bytes]:
        """Rows by source and by licence, and the ids of their statements."""
        sources: Counter[str] = Counter()
        licences: Counter[str] = Counter()
        single = np.ones(len(rows), bool)
        statements = [np.frombuffer(self._facts.ids, np.uint8).reshape(-1, 16)[self._kept[rows]]
                      .tobytes()]  # fmt: skip
        if self._several:
            several = np.array(sorted(self._several))
            single = ~np.isin(rows, several)
            places = np.intersect1d(rows, several).tolist()
            for profiles, n in Counter(map(self._profiles, places)).items():
                for source in {s for at in profiles for s in self._feed.sources[at]}:
                    sources[source] += n
                told = sorted({text for at in profiles for text in self._feed.licences[at]})
                licences[" AND ".join(told)] += n
            further = [id for place in places for _profile, id in self._several[place]]
            statements.append(bytes.fromhex("".join(further)))
        found, counts = np.unique(self._profile[rows[single]], return_counts=True)
        for profile, n in zip(found.tolist(), counts.tolist(), strict=True):
            for source in self._feed.sources[profile]:
                sources[source] += n
            licences[" AND ".join(self._feed.licences[profile])] += n
        return sources, licences, b"".join(statements)
