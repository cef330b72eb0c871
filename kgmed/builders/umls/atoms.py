"""MRSTY and MRCONSO: concepts with their categories, names, and the codes that NLM's editors put
under each concept.

Columns and values: https://www.ncbi.nlm.nih.gov/books/NBK9685/, section 3.3.

A code's assignment to a CUI is an editor's: a mapping of confidence 1.0. One code has one exact
CUI, that of its highest-ranked name; further CUIs that hold names of it are close. Two kinds of
code are broader than what is filed under them: those of classifications (``umls:C
skos:broadMatch icd10:...``), and those of MeSH for all but the heading's own concept (``mesh:D
skos:narrowMatch umls:C``).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from kgmed.builders.columns import make_batch
from kgmed.builders.resolve import STRICT_AUTHORITIES
from kgmed.builders.rows import LISTED, counted
from kgmed.builders.umls.reading import (
    Ints,
    Mask,
    Reading,
    cui_curies,
    is_empty,
    is_in,
    picked,
    sift,
)
from kgmed.builders.umls.rrf import Codes
from kgmed.builders.umls.semantic_types import CATEGORIES, SEMANTIC_TYPES
from kgmed.builders.umls.vocabularies import (
    CODE_RULES,
    HEADINGS,
    LANGUAGES,
    NAME_KINDS,
    NO_CODE,
    PATTERNS,
    CodeRule,
    code_rule,
    iso_language,
    name_kind,
)
from kgmed.builders.umls.work import cui_sql
from kgmed.kg.curies import PREFIXES

if TYPE_CHECKING:
    import pyarrow as pa

    from kgmed.builders.rows import Records

BATCH = 100_000
JUSTIFICATION = "semapv:ManualMappingCuration"
ATOM = {
    "cui": "int32",
    "language": "uint8",
    "text": "string",
    "rank": "int32",
    "kind": "uint8",
}
CODE = {"rule": "uint8", "local": "string", "cui": "int32", "rank": "int32", "heading": "bool"}
"""Columns of the rows that wait for the rest of MRCONSO."""

RULES: tuple[CodeRule, ...] = tuple(dict.fromkeys(CODE_RULES.values()))


class Atoms:
    """The concepts, names and codes of one reading; both tables are read once, at first use."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        self._ready = False

    def prepare(self) -> None:
        """Read MRSTY and MRCONSO: fills ``reading.concepts``, and names and codes on disk."""
        if self._ready:
            return
        typed = self._read_semantic_types()
        self._read_atoms()
        self._count_semantic_types(typed)
        self._ready = True

    # Semantic types -------------------------------------------------------------------------------

    def _read_semantic_types(self) -> list[npt.NDArray[np.int32]]:
        """Fill what concepts are; returns the CUI numbers of the rows that may be kept."""
        reading, concepts = self._reading, self._reading.concepts
        reading.files.require("MRSTY.RRF")
        wanted = reading.selection.semantic_types
        tuis = Codes()
        unknown: Counter[str] = Counter()
        typed: list[npt.NDArray[np.int32]] = []
        for records, (cuis,), tally in reading.rows("MRSTY.RRF", ("TUI",), "CUI"):
            numbers = tuis.column(records.columns["TUI"])
            known = np.array([tui in SEMANTIC_TYPES for tui in tuis.texts], np.bool_)
            bits = np.array([_bit(tui) for tui in tuis.texts], np.uint64)
            asked = np.array([wanted is None or tui in wanted for tui in tuis.texts], np.bool_)
            odd = ~known[numbers]
            unknown.update(picked(records.columns["TUI"], odd).to_pylist())
            left = sift(tally, len(records), {"a semantic type that kgmed doesn't know": odd})
            np.bitwise_or.at(concepts.categories, cuis[left], bits[numbers[left]])
            concepts.asked[cuis[asked[numbers]]] = True
            typed.append(cuis[left].astype(np.int32))
        if wanted is None:
            concepts.asked[:] = True
        reading.find("semantic type that kgmed doesn't know", counted("TUI", unknown))
        return typed

    def _count_semantic_types(self, typed: list[npt.NDArray[np.int32]]) -> None:
        tally = self._reading.tallies["MRSTY.RRF"]
        kept = sum(int(self._reading.concepts.kept[cuis].sum()) for cuis in typed)
        left = sum(map(len, typed)) - kept
        tally.kept = kept
        if left:
            tally.skipped["a concept without a kept name"] += left
        kept_numbers = np.flatnonzero(self._reading.concepts.kept)
        bare = kept_numbers[self._reading.concepts.categories[kept_numbers] == 0]
        rows = [{"id": curie} for curie in cui_curies(bare[:LISTED]).to_pylist()]
        if len(bare) > LISTED:
            rows.append({"id": f"{len(bare) - LISTED:,} more"})
        self._reading.find("concept without a semantic type", rows)

    # Names and codes ------------------------------------------------------------------------------

    def _read_atoms(self) -> None:
        reading, work = self._reading, self._reading.work
        reading.files.require("MRCONSO.RRF")
        self._languages, self._sabs, self._types = Codes(), Codes(), Codes()
        self._rules: set[int] = set()
        self._without_code: Counter[str] = Counter()
        self._unmapped: Counter[str] = Counter()
        columns = (
            "LAT", "TS", "STT", "ISPREF", "SCUI", "SAB", "TTY", "CODE", "STR", "SUPPRESS",
        )  # fmt: skip
        seen = np.zeros(0, np.int64)
        work.create("atom", ATOM)
        work.create("code", CODE)
        for records, (cuis,), tally in reading.rows("MRCONSO.RRF", columns, "CUI"):
            languages = self._languages.column(records.columns["LAT"])
            sabs = self._sabs.column(records.columns["SAB"])
            seen = _added(seen, np.bincount(sabs, minlength=len(self._sabs.texts)))
            left = sift(tally, len(records), self._reasons(records, cuis, languages))
            tally.kept += int(left.sum())
            if left.any():
                reading.concepts.kept[cuis[left]] = True
                self._keep(records, cuis, languages, sabs, left)
        work.finish("atom", "code")
        reading.strangers("MRCONSO.RRF", self._sabs, seen)
        odd = Counter(lat for lat in self._languages.texts if lat not in LANGUAGES)
        reading.find("language without an ISO code", counted("LAT", odd))
        reading.find("vocabulary whose codes aren't mapped", counted("SAB", self._unmapped))
        reading.find("name without a code", counted("SAB", self._without_code))

    def _reasons(self, records: Records, cuis: Ints, languages: Ints) -> dict[str, Mask]:
        reading = self._reading
        reasons = reading.suppressed(records.columns["SUPPRESS"])
        reasons |= reading.not_asked(records.columns["SAB"])
        wanted = reading.selection.languages
        if wanted is not None:
            asked = np.array([iso_language(lat) in wanted for lat in self._languages.texts])
            reasons["a language that wasn't asked for"] = ~asked[languages]
        if reading.selection.semantic_types is not None:
            other = ~reading.concepts.asked[cuis]
            reasons["a concept of a semantic type that wasn't asked for"] = other
        reasons["an empty name"] = is_empty(records.columns["STR"])
        reasons["a name without a language"] = is_in(records.columns["LAT"], {""})
        return reasons

    def _keep(self, records: Records, cuis: Ints, languages: Ints, sabs: Ints, left: Mask) -> None:

        columns = {name: picked(column, left) for name, column in records.columns.items()}
        cuis, languages, sabs = cuis[left], languages[left], sabs[left]
        types = self._types.column(columns["TTY"])
        pairs, place = np.unique(sabs * len(self._types.texts) + types, return_inverse=True)
        known = [divmod(int(pair), len(self._types.texts)) for pair in pairs]
        named = [(self._sabs.texts[sab], self._types.texts[tty]) for sab, tty in known]
        ranks = np.array([self._reading.release.ranks.get(pair, 0) for pair in named], np.int64)
        kinds = np.array([name_kind(tty) for _, tty in named], np.uint8)
        heads = np.array([tty in HEADINGS for _, tty in named], np.bool_)
        # TS, STT and ISPREF say which of the strings of one type NLM itself prefers.
        rank = ranks[place] * 8
        for weight, (name, value) in ((4, ("TS", "P")), (2, ("STT", "PF")), (1, ("ISPREF", "Y"))):
            rank += weight * is_in(columns[name], {value})
        work = self._reading.work
        work.insert("atom", (cuis, languages, columns["STR"], rank, kinds[place]))
        self._keep_codes(columns, cuis, sabs, rank, heads[place])

    def _keep_codes(
        self, columns: dict[str, pa.Array], cuis: Ints, sabs: Ints, rank: Ints, heads: Mask
    ) -> None:
        import pyarrow as pa
        import pyarrow.compute as pc

        texts = self._sabs.texts
        place = {rule: number for number, rule in enumerate(RULES)}
        said = [code_rule(sab) for sab in texts]
        rules = np.array([-1 if rule is None else place[rule] for rule in said], np.int64)
        by_scui = np.array([rule is not None and rule.column == "SCUI" for rule in said], np.bool_)
        local = pc.if_else(pa.array(by_scui[sabs]), columns["SCUI"], columns["CODE"])
        none = pc.is_in(local, value_set=pa.array(sorted(NO_CODE))).to_numpy(zero_copy_only=False)
        has_rule = rules[sabs] >= 0
        for counter, mask in ((self._unmapped, ~has_rule), (self._without_code, has_rule & none)):
            counts = np.bincount(sabs[mask], minlength=len(texts))
            counter.update({texts[n]: int(counts[n]) for n in np.flatnonzero(counts)})
        good = has_rule & ~none
        self._rules.update(np.unique(rules[sabs][good]).tolist())
        self._reading.work.insert(
            "code", (rules[sabs][good], picked(local, good), cuis[good], rank[good], heads[good])
        )

    # Out ------------------------------------------------------------------------------------------

    def concepts(self) -> Iterator[pa.RecordBatch]:
        """The kept concepts with their categories."""
        import pyarrow as pa

        self.prepare()
        concepts = self._reading.concepts
        every = np.flatnonzero(concepts.kept)
        for first in range(0, len(every), BATCH):
            cuis = every[first : first + BATCH]
            masks, place = np.unique(concepts.categories[cuis], return_inverse=True)
            lists = pa.array([_categories(int(mask)) for mask in masks], pa.list_(pa.string()))
            columns = {"id": cui_curies(cuis), "categories": lists.take(pa.array(place))}
            yield make_batch("concepts", columns, len(cuis))

    def names(self) -> Iterator[pa.RecordBatch]:
        """One row per concept, language and text; the highest rank is the preferred name."""
        self.prepare()
        codes = ", ".join(f"'{iso_language(lat)}'" for lat in self._languages.texts) or "''"
        kinds = ", ".join(f"'{kind}'" for kind in NAME_KINDS)
        query = f"""
            WITH name AS (SELECT cui, language, text, max(rank) AS rank, min(kind) AS kind
                          FROM atom GROUP BY ALL),
            best AS (SELECT cui, language, min((-rank, text)) AS best FROM name GROUP BY ALL)
            SELECT {cui_sql("cui")} AS id, text, [{codes}][language + 1] AS language,
                   CASE WHEN best = (-rank, text) THEN 'preferred' ELSE [{kinds}][kind + 1] END
                     AS kind
            FROM name JOIN best USING (cui, language)"""
        yield from self._reading.work.batches(query, "names", {})

    def mappings(self) -> Iterator[pa.RecordBatch]:
        """The codes of each concept. Codes without their vocabulary's shape become a finding."""
        import pyarrow as pa

        self.prepare()
        work = self._reading.work
        constants = {
            "justification": pa.scalar(JUSTIFICATION),
            "confidence": pa.scalar(1.0, pa.float64()),
        }
        shapeless: list[dict[str, str]] = []
        several: list[dict[str, str]] = []
        bare = " ".join(
            f"WHEN {number} THEN {stripped_sql('local', rule.strip)}"
            for number, rule in enumerate(RULES)
            if rule.strip
        )
        work.materialize(
            "pair",
            f"""
            WITH bare AS (SELECT rule, CASE rule {bare} ELSE local END AS local, cui, rank, heading
                          FROM code),
            pair AS (SELECT rule, local, cui, max(rank) AS rank, bool_or(heading) AS heading,
                            count(*) AS n FROM bare GROUP BY ALL)
            SELECT *, rank() OVER (PARTITION BY rule, local ORDER BY heading DESC, rank DESC) = 1
                      AS first
            FROM pair""",
        )
        for number in sorted(self._rules):
            rule = RULES[number]
            placed = f"pair WHERE rule = {number} AND"
            shaped = f"regexp_full_match(local, '{shape_of(rule.prefix)}')"
            shapeless += _rows(work.connection.execute(
                f"""SELECT '{rule.prefix}', min(local), sum(n)::BIGINT FROM {placed} NOT {shaped}
                HAVING count(*) > 0""").fetchall(), ("prefix", "example", "count"))  # fmt: skip
            if rule.prefix in STRICT_AUTHORITIES:
                codes = f"string_agg('{rule.prefix}:' || local, ' ' ORDER BY local)"
                several += _rows(work.connection.execute(
                    f"""SELECT {cui_sql("cui")}, {codes} FROM {placed} first AND {shaped}
                    GROUP BY cui HAVING count(*) > 1 ORDER BY 1 LIMIT {LISTED}"""
                ).fetchall(), ("id", "codes"))  # fmt: skip
            query = f"{_mapping_sql(rule)} FROM {placed} {shaped}"
            yield from work.batches(query, "mappings", constants)
        work.drop("pair")
        self._reading.find("codes without their vocabulary's shape", shapeless)
        self._reading.find("concept with several ids of a strict authority", several)


def _mapping_sql(rule: CodeRule) -> str:
    code, concept = f"'{rule.prefix}:' || local", cui_sql("cui")
    if rule.kind == "class":
        return f"SELECT {concept} AS subject, 'skos:broadMatch' AS predicate, {code} AS object"
    exact, other = "first", "skos:closeMatch"
    if rule.kind == "heading":
        exact, other = "first AND heading", "skos:narrowMatch"
    predicate = f"CASE WHEN {exact} THEN 'skos:exactMatch' ELSE '{other}' END"
    return f"SELECT {code} AS subject, {predicate} AS predicate, {concept} AS object"


def shape_of(prefix: str) -> str:
    """The regular expression of an authority's local ids."""
    known = PREFIXES.get(prefix)
    return PATTERNS.get(prefix) or (known.pattern if known else r"\S+")


def stripped_sql(column: str, start: str) -> str:
    """The SQL of a column's texts without ``start`` in front."""
    if not start:
        return column
    bare = f"substr({column}, {len(start) + 1})"
    return f"CASE WHEN starts_with({column}, '{start}') THEN {bare} ELSE {column} END"


def _rows(rows: list[tuple[object, ...]], names: tuple[str, ...]) -> list[dict[str, str]]:
    return [dict(zip(names, map(str, row), strict=True)) for row in rows]


def _bit(tui: str) -> int:
    kind = SEMANTIC_TYPES.get(tui)
    return 0 if kind is None else 1 << CATEGORIES.index(kind.category)


def _categories(mask: int) -> list[str]:
    return sorted(name for place, name in enumerate(CATEGORIES) if mask >> place & 1)


def _added(total: Ints, more: Ints) -> Ints:
    """Counts by number, of which ``more`` may have more numbers."""
    out = more.astype(np.int64)
    out[: len(total)] += total
    return out
