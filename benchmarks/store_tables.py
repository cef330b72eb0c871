"""Synthetic merged tables of UMLS's size and shape, as :mod:`kgmed.kg.store.write` documents them.

Nothing here comes from a licensed source. Degrees follow a power law with twenty hubs that have
statements on both sides; half of the statements join concepts with neighbouring numbers, as
hierarchies do. Word and character frequencies follow a power law too. The same scale and seed give
the same rows. Memory is about 10 bytes a statement and one chunk.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from kgmed.kg.store.csr import DETAIL_FIELDS

CONCEPTS, NAMES, STATEMENTS = 4_000_000, 15_000_000, 50_000_000
PREDICATES, SOURCES, HUBS, WORDS = 300, 20, 20, 150_000
CHUNK = 1_000_000

KNOWN_PREDICATES = (
    "subclass_of", "broader", "interacts_with", "treats", "has_phenotype", "has_target",
    "contraindicated_in", "has_active_ingredient", "form_of", "in_drug_class", "inhibits",
    "part_of", "located_in", "causes", "diagnoses", "has_metabolite",
)  # fmt: skip
NEGATED = ("treats", "causes", "has_phenotype", "interacts_with")
CATEGORIES = (
    "Disease", "Drug", "Gene", "Protein", "PhenotypicFeature", "Procedure", "OrganismTaxon",
    "GrossAnatomicalStructure", "BiologicalProcess", "ChemicalEntity", "Device", "ClinicalFinding",
)  # fmt: skip
PREFIXES = ("snomedct", "mesh", "rxnorm", "ncit")
LANGUAGES = ("en", "zh", "es")
KINDS = ("preferred", "synonym", "abbreviation", "brand")


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much of everything."""

    concepts: int
    names: int
    statements: int

    @classmethod
    def of(cls, scale: float) -> Sizes:
        """Scale 1 is UMLS: 4M concepts, 15M names, 50M statements."""
        return cls(int(CONCEPTS * scale), int(NAMES * scale), int(STATEMENTS * scale))


@dataclass(frozen=True, slots=True)
class Dictionaries:
    """The rows of ``predicate_code`` and ``profile_code``, and the sources of names."""

    predicates: list[tuple[int, str, bool]]
    profiles: list[tuple[int, str, str, str, str, str, str]]
    sources: list[str]


def dictionaries() -> Dictionaries:
    """Predicates in the order of (name, negated); one profile per source and predicate."""
    names = [*KNOWN_PREDICATES, *(f"relation_{n:03d}" for n in range(PREDICATES))][:PREDICATES]
    pairs = sorted([(name, False) for name in names] + [(name, True) for name in NEGATED])
    sources = [f"infores:source-{n:02d}" for n in range(SOURCES)]
    asserted = ("knowledge_assertion", "manual_agent")
    profiles = [
        (number * len(pairs) + p, source, "2026AA", "UMLS-1", name, *asserted)
        for number, source in enumerate(sources)
        for p, (name, _negated) in enumerate(pairs)
    ]  # fmt: skip
    return Dictionaries([(p, *pair) for p, pair in enumerate(pairs)], profiles, sources)


def make_tables(folder: Path, *, scale: float, seed: int = 7) -> Dictionaries:
    """Write all tables but ``ids`` and the names' keys, which :mod:`store` makes in SQL.

    ``names_raw.parquet`` is the names table without ``key``.
    """
    folder.mkdir(parents=True, exist_ok=True)
    sizes, coded = Sizes.of(scale), dictionaries()
    _concepts(folder, sizes, coded, np.random.default_rng([seed, 1]))
    _names(folder, sizes, coded, seed)
    _statements(folder, sizes, coded, seed)
    _values(folder, sizes, coded, np.random.default_rng([seed, 4]))
    _mappings(folder, sizes, np.random.default_rng([seed, 5]))
    empty = {"path": pa.string(), "start": pa.int32(), "end": pa.int32(), "steps": pa.string()}
    pq.write_table(pa.schema(list(empty.items())).empty_table(), folder / "paths.parquet")
    return coded


def zipf(n: int, size: Any, exponent: float, rng: np.random.Generator) -> npt.NDArray[np.int64]:
    """Ranks 0..n-1 with probability falling as rank^-exponent (exponent below 1)."""
    power = 1 - exponent
    x = ((n**power - 1) * rng.random(size) + 1) ** (1 / power)
    return np.minimum(x.astype(np.int64) - 1, n - 1)


def _ranges(total: int) -> Iterator[tuple[int, int]]:
    for begin in range(0, total, CHUNK):
        yield begin, min(begin + CHUNK, total)


def _numbered(prefix: str, numbers: Any, width: int) -> pa.Array:
    digits = pc.utf8_lpad(pa.array(numbers).cast(pa.string()), width=width, padding="0")
    return pc.binary_join_element_wise(prefix, digits, "")


def concept_ids(numbers: npt.NDArray[Any]) -> pa.Array:
    """``umls:C0000001`` for number 0."""
    return _numbered("umls:C", numbers + 1, 7)


def _lists(values: pa.Array, counts: npt.NDArray[Any]) -> pa.Array:
    offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)
    return pa.ListArray.from_arrays(pa.array(offsets), values)


def _concepts(folder: Path, sizes: Sizes, coded: Dictionaries, rng: np.random.Generator) -> None:
    categories, sources = pa.array(CATEGORIES), pa.array(coded.sources)
    schema = pa.schema(
        {
            "cid": pa.int32(),
            "id": pa.string(),
            "categories": pa.list_(pa.string()),
            "sources": pa.list_(pa.string()),
            "equivalent_ids": pa.list_(pa.string()),
        }
    )
    with pq.ParquetWriter(folder / "concepts.parquet", schema, compression="zstd") as writer:
        for begin, end in _ranges(sizes.concepts):
            n, cids = end - begin, np.arange(begin, end)
            leaders = concept_ids(cids)
            kinds = 1 + (rng.random(n) < 0.06)  # 6% of UMLS concepts have several types
            first = rng.integers(0, len(CATEGORIES), n)
            kind = _within(first, kinds, len(CATEGORIES))
            given = rng.integers(1, 4, n)
            origin = _within(rng.integers(0, SOURCES, n), given, SOURCES)
            more = rng.choice(4, n, p=[0.4, 0.35, 0.15, 0.1])
            others = pc.binary_join_element_wise(
                pa.array(PREFIXES).take(pa.array(_within(rng.integers(0, 4, n), more, 4))),
                pa.array(np.repeat(cids, more) * 7 + 100_003).cast(pa.string()),
                ":",
            )
            place = np.concatenate([np.arange(n), np.repeat(np.arange(n), more)])
            own_first = np.argsort(place, kind="stable")
            ids = pa.concat_arrays([leaders, others]).take(pa.array(own_first))
            rows = [
                pa.array(cids, pa.int32()),
                leaders,
                _lists(categories.take(pa.array(kind)), kinds),
                _lists(sources.take(pa.array(origin)), given),
                _lists(ids, more + 1),
            ]
            writer.write_batch(pa.record_batch(rows, schema=schema))


def _within(first: npt.NDArray[Any], counts: npt.NDArray[Any], modulus: int) -> npt.NDArray[Any]:
    """For each row, ``counts`` consecutive numbers from ``first``, modulo ``modulus``."""
    ends = np.cumsum(counts)
    inner = np.arange(ends[-1] if len(ends) else 0) - np.repeat(ends - counts, counts)
    return (np.repeat(first, counts) + inner) % modulus


# Names -------------------------------------------------------------------------------------------

_ONSETS = [*"bcdfghklmnprstvxz", "ch", "ph", "th", "tr", "pl", "gl"]
_VOWELS = ["a", "e", "i", "o", "u", "y", "ia", "eo"]
_ENDINGS = ["itis", "osis", "emia", "ectomy", "pathy", "algia", "oma", "ol", "ine", "ate", "gen",
            "ic", "al", "us", "um", ""]  # fmt: skip


def _words(rng: np.random.Generator) -> pa.Array:
    syllables = np.array([a + b for a in _ONSETS for b in _VOWELS])
    endings = np.array(_ENDINGS)
    n = WORDS * 3
    parts = syllables[rng.integers(0, len(syllables), (n, 3))]
    length, ending = rng.integers(1, 4, n), endings[rng.integers(0, len(endings), n)]
    made = {
        "".join(row[:k]) + end
        for row, k, end in zip(parts.tolist(), length.tolist(), ending.tolist(), strict=True)
    }
    words = np.array(sorted(made))
    rng.shuffle(words)
    return pa.array(words[:WORDS])


def _names(folder: Path, sizes: Sizes, coded: Dictionaries, seed: int) -> None:
    rng = np.random.default_rng([seed, 2])
    words = _words(rng)
    capitalised = pc.utf8_capitalize(words)
    accents = str.maketrans("aeiou", "áéíóú")
    accented = pa.array(
        [w.translate(accents) if i % 3 == 0 else w for i, w in enumerate(words.to_pylist())]
    )
    characters = pa.array([chr(0x4E00 + int(i)) for i in rng.choice(6000, 3000, replace=False)])
    counts = 1 + np.bincount(
        rng.permutation(sizes.concepts)[
            zipf(sizes.concepts, sizes.names - sizes.concepts, 0.35, rng)
        ],
        minlength=sizes.concepts,
    )
    owners = np.repeat(np.arange(sizes.concepts, dtype=np.int32), counts)
    separators, languages = pa.array([" ", " ", " ", " ", ", ", "-"]), pa.array(LANGUAGES)
    kinds, sources = pa.array(KINDS), pa.array(coded.sources)
    schema = pa.schema(
        {
            "nid": pa.int32(),
            "cid": pa.int32(),
            "text": pa.string(),
            "language": pa.string(),
            "kind": pa.string(),
            "source": pa.string(),
        }
    )
    with pq.ParquetWriter(folder / "names_raw.parquet", schema, compression="zstd") as writer:
        for begin, end in _ranges(sizes.names):
            n, owner = end - begin, owners[begin:end]
            before = owners[begin - 1] if begin else -1
            first = np.diff(owner, prepend=before) != 0
            language = rng.choice(3, n, p=[0.48, 0.36, 0.16])
            language[first] = 0
            picks = zipf(len(words), (n, 5), 0.8, rng)
            long = rng.choice(5, n, p=[0.12, 0.3, 0.3, 0.18, 0.1]) + 1
            picks[np.arange(n), long - 1] = rng.integers(0, len(words), n)  # few names are shared
            separator = separators.take(pa.array(rng.integers(0, 6, n)))
            english = _joined(words, picks, long, separator, capitalised)
            spanish = _joined(accented, picks, long, separator, accented)
            chinese = _joined(
                characters, zipf(3000, (n, 8), 0.5, rng), rng.integers(2, 9, n), "", characters
            )
            which = pa.array(language)
            text = pc.if_else(
                pc.equal(which, 1), chinese, pc.if_else(pc.equal(which, 2), spanish, english)
            )
            kind = rng.choice([1, 2, 3], n, p=[0.85, 0.1, 0.05])
            kind[first] = 0
            rows = [
                pa.array(np.arange(begin, end), pa.int32()),
                pa.array(owner),
                text,
                languages.take(which),
                kinds.take(pa.array(kind)),
                sources.take(pa.array(rng.integers(0, SOURCES, n))),
            ]
            writer.write_batch(pa.record_batch(rows, schema=schema))


def _joined(parts: pa.Array, picks: Any, counts: Any, separator: Any, first: pa.Array) -> pa.Array:
    """The first ``counts`` of each row's picks, joined; the first word comes from ``first``."""
    nothing = pa.scalar(None, pa.string())
    columns = [first.take(pa.array(picks[:, 0]))]
    for place in range(1, picks.shape[1]):
        column = parts.take(pa.array(picks[:, place]))
        columns.append(pc.if_else(pa.array(counts > place), column, nothing))
    return pc.binary_join_element_wise(*columns, separator, null_handling="skip")


# Statements --------------------------------------------------------------------------------------

_OBJECT_BITS, _PREDICATE_BITS, _SOURCE_BITS = 22, 9, 5


def _statement_keys(sizes: Sizes, coded: Dictionaries, seed: int) -> npt.NDArray[np.int64]:
    """(subject, predicate, object, source) packed in 58 bits, sorted; a few are duplicates."""
    n = sizes.concepts
    ranked = np.random.default_rng([seed, 3]).permutation(n).astype(np.int32)
    codes = np.random.default_rng([seed, 3, 1]).permutation(len(coded.predicates))
    keys = np.empty(sizes.statements, np.int64)
    for part, (begin, end) in enumerate(_ranges(sizes.statements)):
        rng, size = np.random.default_rng([seed, 3, 2, part]), end - begin
        s, o = ranked[zipf(n, size, 0.55, rng)], ranked[zipf(n, size, 0.55, rng)]
        near = rng.random(size) < 0.5
        shift = rng.geometric(0.002, size) * rng.choice([-1, 1], size)
        o = np.where(near, (s + shift) % n, o)
        hub = rng.random(size)
        chosen = ranked[zipf(HUBS, size, 0.9, rng)]
        o = np.where(hub < 0.02, chosen, o)
        s = np.where(hub > 0.98, chosen, s)
        o = np.where(s == o, (o + 1) % n, o)
        p = codes[zipf(len(codes), size, 0.95, rng)]
        key = keys[begin:end]
        key[:] = s
        key <<= _PREDICATE_BITS
        key |= p
        key <<= _OBJECT_BITS
        key |= o
        key <<= _SOURCE_BITS
        key |= (p * 7 + zipf(3, size, 0.9, rng)) % SOURCES  # three sources have a predicate
    keys.sort()
    return keys


def hubs(scale: float, *, seed: int = 7) -> list[int]:
    """Numbers of the hub concepts, the largest first."""
    concepts = Sizes.of(scale).concepts
    ranked = np.random.default_rng([seed, 3]).permutation(concepts)
    return [int(n) for n in ranked[:HUBS]]


def _statements(folder: Path, sizes: Sizes, coded: Dictionaries, seed: int) -> None:
    keys = _statement_keys(sizes, coded, seed)
    schema = pa.schema(
        {
            "eid": pa.int32(),
            "s": pa.int32(),
            "p": pa.uint16(),
            "o": pa.int32(),
            "profile": pa.uint32(),
            "id": pa.binary(),
            **dict.fromkeys(DETAIL_FIELDS, pa.string()),
        }
    )
    written, begin = 0, 0
    with pq.ParquetWriter(
        folder / "statements.parquet",
        schema,
        compression="zstd",
        compression_level=1,
        use_dictionary=["p", "profile", *DETAIL_FIELDS],
    ) as writer:
        while begin < len(keys):
            end = min(begin + CHUNK, len(keys))
            while end < len(keys) and keys[end] >> _SOURCE_BITS == keys[end - 1] >> _SOURCE_BITS:
                end += 1  # the order inside equal (s, p, o) is by id
            part = np.unique(keys[begin:end])
            batch = _statement_rows(part, written, len(coded.predicates), schema)
            writer.write_batch(batch)
            written += batch.num_rows
            begin = end


def _statement_rows(
    keys: npt.NDArray[np.int64], first: int, codes: int, schema: pa.Schema
) -> pa.RecordBatch:
    high, low = _mixed(keys, 0x9E3779B97F4A7C15), _mixed(keys, 0xD1B54A32D192ED03)
    order = np.lexsort((low, high, keys >> _SOURCE_BITS))
    keys, high, low = keys[order], high[order], low[order]
    s = keys >> (_PREDICATE_BITS + _OBJECT_BITS + _SOURCE_BITS)
    p = (keys >> (_OBJECT_BITS + _SOURCE_BITS)) & ((1 << _PREDICATE_BITS) - 1)
    o = (keys >> _SOURCE_BITS) & ((1 << _OBJECT_BITS) - 1)
    source = keys & ((1 << _SOURCE_BITS) - 1)
    detailed = (low & np.uint64(0xFF)) < 10  # 3.9%
    return pa.record_batch(
        [
            pa.array(np.arange(first, first + len(keys)), pa.int32()),
            pa.array(s, pa.int32()),
            pa.array(p, pa.uint16()),
            pa.array(o, pa.int32()),
            pa.array(source * codes + p, pa.uint32()),
            _blobs(high, low),
            *_details(detailed, keys),
        ],
        schema=schema,
    )


def _mixed(keys: npt.NDArray[np.int64], salt: int) -> npt.NDArray[np.uint64]:
    """splitmix64 of the keys: a stand-in for the sha256 of a source's own words."""
    x = keys.astype(np.uint64) * np.uint64(salt) + np.uint64(salt >> 7)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        x = (x ^ (x >> np.uint64(shift))) * np.uint64(factor)
    return x ^ (x >> np.uint64(31))


def _blobs(high: npt.NDArray[np.uint64], low: npt.NDArray[np.uint64]) -> pa.Array:
    data = np.column_stack([high, low]).astype(">u8").tobytes()
    offsets = np.arange(0, len(data) + 1, 16, dtype=np.int32)
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(data)]
    return pa.Array.from_buffers(pa.binary(), len(high), buffers)


def _details(present: npt.NDArray[np.bool_], keys: npt.NDArray[np.int64]) -> list[pa.Array]:
    """The DETAIL_FIELDS columns: '' but for the rows where ``present``."""
    some = keys[present]
    numbers = pa.array(some % 10_000_019).cast(pa.string())
    sentence = pc.binary_join_element_wise(
        "The risk or severity of reaction", numbers,
        "can be increased when the first is combined with the second.", " ",
    )  # fmt: skip
    severity = pa.array(['{"severity":"major"}', '{"severity":"moderate"}', ""])
    filled = {
        "source_record": pc.binary_join_element_wise("record", numbers, ":"),
        "publications": pc.binary_join_element_wise("pmid", numbers, ":"),
        "text": sentence,
        "original_subject": pc.binary_join_element_wise("snomedct", numbers, ":"),
        "original_object": pa.array([""] * len(some), pa.string()),
        "qualifiers": severity.take(pa.array(some % 3)),
    }
    place = np.cumsum(present) - 1
    take = pa.array(np.where(present, place, 0), mask=~present)
    return [pc.fill_null(filled[name].take(take), "") for name in DETAIL_FIELDS]


def _values(folder: Path, sizes: Sizes, coded: Dictionaries, rng: np.random.Generator) -> None:
    """Statements with a value: one for each hundred with an object."""
    n, codes = sizes.statements // 100, len(coded.predicates)
    keys = np.unique(rng.integers(0, sizes.concepts << _PREDICATE_BITS, n))
    s, p = keys >> _PREDICATE_BITS, (keys & ((1 << _PREDICATE_BITS) - 1)) % codes
    order = np.lexsort((p, s))
    s, p, keys = s[order], p[order], keys[order]
    nothing = pa.array([""] * len(keys), pa.string())
    columns = {
        "s": pa.array(s, pa.int32()),
        "p": pa.array(p, pa.uint16()),
        "profile": pa.array(p, pa.uint32()),
        "id": _blobs(_mixed(keys, 0xA0761D6478BD642F), _mixed(keys, 0xE7037ED1A0B428DB)),
        "value_type": pa.array(["text"] * len(keys)),
        "value": pc.binary_join_element_wise(
            "One tablet by mouth every", pa.array(keys % 24).cast(pa.string()), "hours.", " "
        ),
        "unit": nothing,
        "value_language": pa.array(["en"] * len(keys)),
        **dict.fromkeys(DETAIL_FIELDS, nothing),
    }
    pq.write_table(pa.table(columns), folder / "values.parquet", compression="zstd")


def _mappings(folder: Path, sizes: Sizes, rng: np.random.Generator) -> None:
    """One mapping for every fourth concept."""
    cids = np.arange(0, sizes.concepts, 4)
    n = len(cids)

    def constant(text: str) -> pa.Array:
        return pa.array([text] * n, pa.string())

    columns = {
        "subject": concept_ids(cids),
        "predicate": constant("skos:exactMatch"),
        "object": pc.binary_join_element_wise(
            "mesh", pa.array(cids * 7 + 100_003).cast(pa.string()), ":"
        ),
        "modifier": constant(""),
        "justification": constant("semapv:ManualMappingCuration"),
        "confidence": pa.array(rng.integers(50, 100, n) / 100),
        "source": constant("infores:source-00"),
        "subject_label": constant(""),
        "object_label": constant(""),
        "status": constant("merged"),
        "reason": constant(""),
        "subject_cid": pa.array(cids, pa.int32()),
        "object_cid": pa.array(cids, pa.int32()),
    }
    pq.write_table(pa.table(columns), folder / "mappings.parquet", compression="zstd")
