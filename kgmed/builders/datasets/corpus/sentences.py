"""A sentence a fact: one by one, and a part's at once.

Both ways write the same rows. A fact's wording follows from its id, so that a corpus has all
wordings of a predicate, and the same one for the same fact each time.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from hashlib import blake2b
from json.encoder import encode_basestring
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from kgmed.builders.datasets.edges import Edges, hexadecimal
from kgmed.builders.datasets.feed import PartBlock
from kgmed.builders.datasets.job import Chunk
from kgmed.builders.datasets.model import Draft, Fact
from kgmed.builders.datasets.rows import ID_BYTES
from kgmed.kg.model import Language
from kgmed.kg.verbalize import Verbalizer
from kgmed.kg.verbalize import qualifiers as words_of
from kgmed.kg.verbalize.batch import Sentences

TASK = "sentences"
_SAFE = '[\\x00-\\x1f"\\\\]'
"""What JSON escapes in a text."""
OTHER: dict[Language, Language] = {"zh": "en"}
"""The language whose name stands in where a concept has none: a gene has no Chinese symbol."""


def name_in(block: PartBlock, lang: Language) -> Callable[[str], str | None]:
    """The name of a concept in a text of a language, None where it can't be told."""
    other = OTHER.get(lang)
    if other is None or other not in block.near.names:
        return lambda id: block.name(id, lang)
    return lambda id: block.name(id, lang) or block.name(id, other)


def tellable(block: PartBlock, fact: Fact, lang: Language) -> bool:
    """Whether a fact can be told in a language: both ends have names, one of them in it, and what
    its qualifiers speak of; a value that is in another language can't."""
    if fact.subject == fact.object:
        return False
    name = name_in(block, lang)
    ends = [fact.subject] if fact.value is not None else [fact.subject, fact.object]
    if fact.value is not None and fact.value.language not in ("", lang):
        return False
    return all(map(name, ends)) and any(block.name(end, lang) for end in ends)


def wording_of(fact: Fact, count: int) -> int:
    """The wording of a fact, of so many."""
    return int(fact.ids[0][:8], 16) % count


def singly(
    block: PartBlock, lang: Language, say: Verbalizer, *, only_values: bool = False
) -> Iterator[Draft]:
    """The sentences of a part's facts, one by one."""
    name = name_in(block, lang)

    def named(id: str) -> str:
        return name(id) or id

    for fact in _values(block) if only_values else _facts(block):
        if not tellable(block, fact, lang):
            continue
        wording = wording_of(fact, say.wordings(fact.predicate, lang))
        told = say.claim(
            fact.subject, fact.predicate, fact.value if fact.value is not None else fact.object,
            named, lang=lang, negated=fact.negated, qualifiers=fact.qualifiers, wording=wording,
        )  # fmt: skip
        yield Draft(TASK, lang, (("", told),), (fact,), wording)


def _facts(block: PartBlock) -> Iterator[Fact]:
    for entity in block.entities:
        for facts in entity.said.values():
            yield from facts


def _values(block: PartBlock) -> Iterator[Fact]:
    for number in block.rows:
        if block.feed.leaves[number]:
            yield from block.valued(number)


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
    write = Sentences(say, names.take(pa.array(used)).to_pylist(), lang=lang)
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
    lines = _Lines(block, facts, kept, wordings, texts, lang, snapshot)
    for split, mask in (("train", ~held), ("test", held)):
        if mask.any():
            yield lines.chunk(split, mask, text_only=text_only)


def _tails(block: PartBlock, kept: npt.NDArray[Any], lang: Language) -> pa.Array | None:
    """The words of the qualifiers of facts, '' for none; None where no fact has some."""
    said = block.out.qualifiers
    if not said:
        return None
    name = name_in(block, lang)
    known: dict[str, str] = {}
    tails = [""] * len(kept)
    for place, fact in enumerate(kept.tolist()):
        text = said.get(fact)
        if text:
            if text not in known:
                known[text] = words_of.tail(json.loads(text), lambda id: name(id) or id, lang=lang)
            tails[place] = known[text]
    return pa.array(tails, pa.large_string())


class _Lines:
    """The lines of a part's sentences."""

    def __init__(
        self, block: PartBlock, facts: Edges, kept: npt.NDArray[Any],
        wordings: npt.NDArray[Any], texts: pa.Array, lang: Language, snapshot: str,
    ) -> None:  # fmt: skip
        self._feed, self._facts, self._kept = block.feed, facts, kept
        self._texts, self._lang, self._snapshot = texts, lang, snapshot
        digits = hexadecimal(facts.ids)
        self._ids = [digits[32 * at : 32 * at + 32] for at in kept.tolist()]
        self._profile = facts.profile[kept]
        self._several = {
            place: facts.more[at] for place, at in enumerate(kept.tolist()) if at in facts.more
        } if facts.more else {}  # fmt: skip
        for place, further in self._several.items():
            every = {self._ids[place], *(id.encode() for _profile, id in further)}
            self._ids[place] = b"\x1f".join(sorted(every))
        self._ends: dict[tuple[str, tuple[int, ...]], str] = {}
        heads = [f"{TASK}\x1f{lang}\x1f{n}\x1f\x1f\x1f".encode()
                 for n in range(int(wordings.max()) + 1)]  # fmt: skip
        self._row_ids = [
            blake2b(heads[n] + id, digest_size=ID_BYTES).hexdigest()
            for n, id in zip(wordings.tolist(), self._ids, strict=True)
        ]

    def _profiles(self, place: int) -> tuple[int, ...]:
        further = [profile for profile, _id in self._several[place]]
        return tuple(sorted({int(self._profile[place]), *further}))

    def chunk(self, split: str, mask: npt.NDArray[np.bool_], *, text_only: bool) -> Chunk:
        """The rows of one side of the split."""
        rows = np.flatnonzero(mask)
        chosen = pa.array(rows)
        texts = self._texts.take(chosen)
        sources, licences, statements = self._counted(rows)
        ids = [self._row_ids[place] for place in rows.tolist()]
        lowest = min(range(len(ids)), key=ids.__getitem__)
        if text_only:
            plain = pc.replace_substring(texts, "\n", " ")
            lines = _joined(plain, "\n")
            example = json.dumps({"id": ids[lowest], "text": plain[lowest].as_py()},
                                 ensure_ascii=False)  # fmt: skip
        else:
            lines = self._json(rows, ids, texts, split)
            example = lines[lowest].as_py()
        characters = pc.sum(pc.utf8_length(texts)).as_py()
        return Chunk(TASK, TASK, self._lang, split, _bytes(lines), len(rows), characters,
                     sources, licences, statements, example)  # fmt: skip

    def _json(
        self, rows: npt.NDArray[Any], ids: list[str], texts: pa.Array, split: str
    ) -> pa.Array:
        profiles = self._profile[rows]
        behind = [self._behind((n,), split) for n in range(len(self._feed.profiles))]
        ends = pa.array(behind, pa.large_string()).take(pa.array(profiles))
        said = pa.array([id.decode() for id in map(self._ids.__getitem__, rows.tolist())],
                        pa.large_string())  # fmt: skip
        if self._several:
            place_of = {place: at for at, place in enumerate(rows.tolist())}
            changed = {place_of[place]: place for place in self._several if place in place_of}
            said, ends = said.to_pylist(), ends.to_pylist()
            for at, place in changed.items():
                said[at] = said[at].replace("\x1f", '","')
                ends[at] = self._behind(self._profiles(place), split)
            said, ends = pa.array(said, pa.large_string()), pa.array(ends, pa.large_string())
        return _joined(
            '{"id":"', pa.array(ids, pa.large_string()),
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


def escaped(texts: pa.Array) -> pa.Array:
    """Texts as they stand between the quotes of a JSON text."""
    unsafe = pc.match_substring_regex(texts, _SAFE)
    if not pc.any(unsafe).as_py():
        return texts
    written = [encode_basestring(text)[1:-1] for text in texts.filter(unsafe).to_pylist()]
    return pc.replace_with_mask(texts, unsafe, pa.array(written, pa.large_string()))


def _joined(*parts: Any) -> pa.Array:
    large = [pa.scalar(part, pa.large_string()) if isinstance(part, str) else part
             for part in parts]  # fmt: skip
    return pc.binary_join_element_wise(*large, pa.scalar("", pa.large_string()))


def _bytes(lines: pa.Array) -> memoryview:
    """The bytes of a column of texts, one after the other, as they lie in memory."""
    _valid, offsets, data = lines.buffers()
    ends = np.frombuffer(offsets, np.int64)[lines.offset : lines.offset + len(lines) + 1]
    return memoryview(data)[int(ends[0]) : int(ends[-1])]
