"""MRREL: statements between concepts, in the direction that the documentation gives them.

"Note also the direction of REL - the relationship which the SECOND concept or atom (with Concept
Unique Identifier CUI2 and Atom Unique Identifier AUI2) HAS TO the FIRST concept or atom"
(UMLS Reference Manual, section 3.3.9, https://www.ncbi.nlm.nih.gov/books/NBK9685/). So a row
``C1|...|REL|C2|...|RELA`` says ``C2 RELA C1``, and ``C1|...|PAR|C2`` says that C2 is a parent of
C1. Each row has its inverse row; the two are one statement here, of which one is stored and the
other counted. MRDOC says which RELA is whose inverse.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from kgmed.builders.rows import counted
from kgmed.builders.umls.reading import (
    NO_CONCEPT,
    Ints,
    Mask,
    Reading,
    curated,
    is_in,
    picked,
    sift,
)
from kgmed.builders.umls.rrf import Codes
from kgmed.builders.umls.vocabularies import LEFT_OUT, TRUE_IS_A
from kgmed.builders.umls.work import cui_sql
from kgmed.kg.model import canonical_qualifiers

if TYPE_CHECKING:
    import pyarrow as pa

    from kgmed.builders.source import Tally
    from kgmed.kg.predicates import Registry

SELF_LOOP = "both ends are one concept"
INVERSE = "the inverse row of a kept one"
AGAIN = "the same statement again, of other atoms"

COLUMNS = ("REL", "RELA", "RUI", "SAB", "RG", "SUPPRESS")
ROW = {
    "s": "int32",
    "o": "int32",
    "predicate": "uint16",
    "sab": "uint16",
    "rg": "int32",
    "label": "uint32",
    "rui": "string",
}
"""Columns of the rows that wait for the rest of MRREL."""

_MOST = 1 << 16
"""More RELs, RELAs, vocabularies or predicates than any release has."""


class Meaning(NamedTuple):
    """What a label says, read from CUI2 to CUI1: a predicate, and whether it states its reverse.

    ``is_known``: predicates.toml has it. ``is_alone``: its inverse label isn't known.
    """

    predicate: str
    is_reversed: bool = False
    is_symmetric: bool = False
    is_known: bool = True
    is_alone: bool = False


class Labels:
    """Reads labels (REL, RELA, SAB) as predicates of the registry."""

    def __init__(self, registry: Registry, inverses: Mapping[str, str]) -> None:
        self._registry = registry
        self._inverses = dict(inverses)
        for label, inverse in inverses.items():
            self._inverses.setdefault(inverse, label)

    def read(self, rel: str, rela: str, sab: str) -> Meaning:
        """The predicate of one row's labels.

        >>> from kgmed.kg.predicates import registry
        >>> labels = Labels(registry(), {"has_mood": "mood_of"})
        >>> labels.read("PAR", "inverse_isa", "NCI")[:2], labels.read("PAR", "", "MSH")[:2]
        (('subclass_of', True), ('broader', True))
        >>> labels.read("RO", "mood_of", "NCI")[:2]
        ('has_mood', True)
        """
        if rela:
            return self._rela(rela)
        if rel in ("PAR", "CHD") and sab in TRUE_IS_A:
            return Meaning("subclass_of", is_reversed=rel == "PAR")
        found = self._registry.from_label("umls", rel)
        if found is None:
            return Meaning(rel, is_known=False, is_alone=True)
        return Meaning(found[0].name, found[1], found[0].symmetric)

    def _rela(self, rela: str) -> Meaning:
        inverse = self._inverses.get(rela, "")
        for label, turned in ((rela, False), (inverse, True)):
            found = self._registry.from_label("umls", label)
            if found is not None:
                return Meaning(found[0].name, found[1] != turned, found[0].symmetric)
        if not inverse:
            return Meaning(rela, is_known=False, is_alone=True)
        name = min(rela, inverse, key=lambda text: (text.startswith("inverse_"), text))
        return Meaning(name, name != rela, rela == inverse, is_known=False)


class Relations:
    """The statements of MRREL; the table is read once for each time they are asked for."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Stream the statements, each once per vocabulary; fills MRREL's tally."""
        if "MRREL.RRF" not in self._reading.files.tables:
            return
        self._collect()
        tally = self._reading.tallies["MRREL.RRF"]
        self._merge(tally)
        yield from self._out()
        self._reading.work.drop("relation")

    def _collect(self) -> None:
        from kgmed.kg.predicates import registry

        reading = self._reading
        reading.work.create("row", ROW)
        self._labels = Labels(registry(), reading.release.inverses)
        self._sabs, self._words, self._predicates = Codes(), Codes(), Codes()
        self._groups = Codes([""])
        self._known: dict[int, tuple[Meaning, int]] = {}
        self._unknown: Counter[str] = Counter()
        self._alone: Counter[str] = Counter()
        seen = np.zeros(0, np.int64)
        left_out: dict[str, set[str]] = {}
        for rel, reason in LEFT_OUT.items():
            left_out.setdefault(reason, set()).add(rel)
        for records, (first, second), tally in reading.rows("MRREL.RRF", COLUMNS, "CUI1", "CUI2"):
            columns = records.columns
            sabs = self._sabs.column(columns["SAB"])
            more = np.bincount(sabs, minlength=len(self._sabs.texts))
            more[: len(seen)] += seen
            seen = more
            kept = reading.concepts.kept
            reasons = reading.suppressed(columns["SUPPRESS"]) | reading.not_asked(columns["SAB"])
            reasons[SELF_LOOP] = first == second
            for reason, rels in left_out.items():
                reasons[reason] = is_in(columns["REL"], rels)
            reasons[NO_CONCEPT] = ~(kept[first] & kept[second])
            left = sift(tally, len(records), reasons)
            if left.any():
                self._keep(columns, first, second, sabs, left)
        reading.strangers("MRREL.RRF", self._sabs, seen)
        reading.find("RELA that predicates.toml lacks", counted("RELA", self._unknown))
        alone = "RELA without an inverse in MRDOC.RRF: both directions are kept"
        reading.find(alone, counted("RELA", self._alone))

    def _keep(
        self,
        columns: dict[str, pa.Array],
        first: Ints,
        second: Ints,
        sabs: Ints,
        left: Mask,
    ) -> None:

        columns = {name: picked(column, left) for name, column in columns.items()}
        first, second, sabs = first[left], second[left], sabs[left]
        rels = self._words.column(columns["REL"])
        relas = self._words.column(columns["RELA"])
        combined = (rels * _MOST + relas) * _MOST + sabs
        combos, place, counts = np.unique(combined, return_inverse=True, return_counts=True)
        said = [self._said(int(c), int(n)) for c, n in zip(combos, counts, strict=True)]
        predicate = np.array([item[0] for item in said], np.int64)[place]
        turned = np.array([item[1] for item in said], np.bool_)[place]
        symmetric = np.array([item[2] for item in said], np.bool_)[place]
        word = np.array([item[3] for item in said], np.int64)[place]
        # A row states CUI2 RELA CUI1; the end with the smaller CUI comes first where either may.
        turned = np.where(symmetric, second > first, turned)
        subject, object_ = np.where(turned, first, second), np.where(turned, second, first)
        groups = self._groups.column(columns["RG"])
        groups[groups == self._groups.number("0")] = 0  # 0 is no group, as nothing is
        label = word + turned * _MOST
        rows = (subject, object_, predicate, sabs, groups, label, columns["RUI"])
        self._reading.work.insert("row", rows)

    def _said(self, combined: int, count: int) -> tuple[int, bool, bool, int]:
        """Predicate, reversed, symmetric, label; counts labels that aren't known."""
        rest, sab = divmod(combined, _MOST)
        rel, rela = (self._words.texts[number] for number in divmod(rest, _MOST))
        label = rela or rel
        found = self._known.get(combined)
        if found is None:
            meaning = self._labels.read(rel, rela, self._sabs.texts[sab])
            found = self._known[combined] = (meaning, self._words.number(label))
        meaning, word = found
        if not meaning.is_known:
            self._unknown[label] += count
        if meaning.is_alone:
            self._alone[label] += count
        number = self._predicates.number(meaning.predicate)
        return number, meaning.is_reversed, meaning.is_symmetric, word

    def _merge(self, tally: Tally) -> None:
        """One row per statement and vocabulary; the rest are its inverse rows and repetitions."""
        work = self._reading.work
        work.finish("row")
        work.materialize(
            "relation",
            f"""
            SELECT s, o, predicate, sab, rg, (min(label) % {_MOST})::USMALLINT AS label,
                   min(rui) AS rui, count(*)::INT AS n,
                   (count(*) FILTER (WHERE label >= {_MOST}))::INT AS turned
            FROM row GROUP BY ALL""",
        )
        work.drop("row")
        statements, rows, inverse, single = work.connection.execute("""
            SELECT count(*), coalesce(sum(n), 0),
                   coalesce(sum(CASE WHEN n > turned THEN turned ELSE 0 END), 0),
                   count(*) FILTER (WHERE turned = 0 OR turned = n) FROM relation""").fetchall()[0]
        tally.kept += int(statements)
        for reason, count in ((INVERSE, inverse), (AGAIN, rows - statements - inverse)):
            if count:
                tally.skipped[reason] += int(count)
        rows_alone = [{"table": "MRREL.RRF", "count": str(single)}] if single else []
        self._reading.find("statement without its inverse row", rows_alone)

    def _out(self) -> Iterator[pa.RecordBatch]:
        import pyarrow as pa

        reading, connection = self._reading, self._reading.work.connection
        release, groups = reading.release, self._groups.texts
        vocabularies = [
            (n, release.vocabulary(sab).infores, release.version_of(sab),
             release.vocabulary(sab).licence)
            for n, sab in enumerate(self._sabs.texts)
        ]  # fmt: skip
        for table, names, rows in (
            ("vocabulary", ("sab", "infores", "release", "licence"), vocabularies),
            ("predicate", ("predicate", "name"), list(enumerate(self._predicates.texts))),
            ("word", ("label", "name"), list(enumerate(self._words.texts))),
            ("role_group", ("rg", "qualifiers"), list(enumerate(map(_role_group, groups)))),
        ):
            kinds = [pa.int64(), *[pa.string()] * (len(names) - 1)]
            data = pa.table(
                [pa.array([row[n] for row in rows], kind) for n, kind in enumerate(kinds)], names
            )
            connection.register("incoming", data)
            connection.execute(f"CREATE OR REPLACE TABLE {table} AS SELECT * FROM incoming")
            connection.unregister("incoming")
        query = f"""
            SELECT {cui_sql("s")} AS subject, p.name AS predicate, {cui_sql("o")} AS object,
                   g.qualifiers, rui AS source_record, w.name AS original_predicate,
                   v.infores AS primary_knowledge_source, v.release, v.licence
            FROM relation JOIN vocabulary v USING (sab) JOIN predicate p USING (predicate)
            JOIN word w USING (label) JOIN role_group g USING (rg)"""
        yield from reading.work.batches(query, "statements", curated())


def _role_group(rg: str) -> str:
    """RG as qualifiers; 0 is no group.

    >>> _role_group("2"), _role_group("0")
    ('{"role_group":"2"}', '')
    """
    return canonical_qualifiers({"role_group": rg} if rg not in ("", "0") else {})
