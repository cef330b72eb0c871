"""Terms of an ontology -> concepts, names, statements and mappings."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from kgmed.builders.columns import language_of, make_batch
from kgmed.builders.ontology.categories import categories_of
from kgmed.builders.rows import BATCH_ROWS, counted, without_separators
from kgmed.builders.source import SourceInfo, TableName, Tally

if TYPE_CHECKING:
    import pyarrow as pa

    from kgmed.kg.predicates import Registry

XREF = "oboInOwl:hasDbXref"
CURATED = "semapv:ManualMappingCuration"
UNSPECIFIED = "semapv:UnspecifiedMatching"

ABBREVIATIONS = ("omo:0003000", "omo:0003012")
"""Synonym types of OMO (http://purl.obolibrary.org/obo/omo.owl): abbreviation, acronym."""

DEFINED_BY = "iao:0000115"


@dataclass(slots=True)
class Name:
    """A name of a term; ``language`` is '' where the file gives none."""

    text: str
    kind: str = "synonym"
    language: str = ""


@dataclass(slots=True)
class Relation:
    """A relationship to another term: ``label`` is a CURIE of the relation, ``name`` its name."""

    label: str
    object: str
    name: str = ""


@dataclass(slots=True)
class Mapping:
    """Another id of a term. An ``editorial`` one is the ontology's own, not a guess: of the two ids
    one is retired, the term's where it is obsolete, else the other."""

    predicate: str
    object: str
    editorial: bool = False


@dataclass(slots=True)
class Term:
    """One term, ids normalised. An obsolete one is no concept, but its mappings hold."""

    id: str
    is_obsolete: bool = False
    names: list[Name] = field(default_factory=list)
    parents: list[str] = field(default_factory=list)
    relations: list[Relation] = field(default_factory=list)
    mappings: list[Mapping] = field(default_factory=list)
    definitions: list[tuple[str, str]] = field(default_factory=list)  # text, language


class TermSource:
    """A source made of terms: what OBO's and RDF's readers share.

    A reader sets ``info`` and gives :meth:`load`, which fills ``tallies`` and ``findings``.
    """

    info: SourceInfo

    def __init__(self, category: str = "") -> None:
        self.tallies: dict[str, Tally] = {}
        self.findings: dict[str, list[dict[str, str]]] = {}
        self.unknown: Counter[str] = Counter()  # predicates, while statements are made
        self._category = category
        self._loaded: tuple[list[Term], dict[str, tuple[str, ...]]] | None = None

    def load(self) -> list[Term]:
        """Read the file's terms."""
        raise NotImplementedError

    def batches(self, table: TableName) -> Iterator[pa.RecordBatch]:
        """Stream one table's rows; the file is read once for all of them."""
        if table == "paths":  # the last table of a build: let the terms go
            self._loaded = None
            return
        if self._loaded is None:
            terms = self.load()
            live = {term.id: term.parents for term in terms if not term.is_obsolete}
            self._loaded = terms, categories_of(live, default=self._category)
        terms, categories = self._loaded
        self.unknown.clear()
        for start in range(0, len(terms), _CHUNK):
            chunk = terms[start : start + _CHUNK]
            batch = _MAKERS[table](self, chunk, categories)
            for at in range(0, batch.num_rows, BATCH_ROWS):
                yield batch.slice(at, BATCH_ROWS)
        if table == "statements":
            self.find("predicate that predicates.toml lacks", counted("predicate", self.unknown))

    def find(self, kind: str, rows: list[dict[str, str]]) -> None:
        """Set one kind of finding; none where there are no rows."""
        self.findings.pop(kind, None)
        if rows:
            self.findings[kind] = rows

    def tally(self, label: str) -> Tally:
        """The tally of a file or of one kind of its clauses."""
        return self.tallies.setdefault(label, Tally())


@contextmanager
def quiet(*names: str) -> Iterator[None]:
    """Keep a library from printing a line for each thing that it drops: they are counted."""
    loggers = [logging.getLogger(name) for name in names]
    levels = [logger.level for logger in loggers]
    try:
        for logger in loggers:
            logger.setLevel(logging.CRITICAL)
        yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)


_CHUNK = 10_000
"""Terms turned into batches at once."""


def _concepts(
    _source: TermSource, terms: list[Term], categories: dict[str, tuple[str, ...]]
) -> pa.RecordBatch:
    import pyarrow as pa

    live = [term for term in terms if not term.is_obsolete]
    kinds = [list(categories[term.id]) for term in live]
    columns = {
        "id": pa.array([term.id for term in live], pa.string()),
        "categories": pa.array(kinds, pa.list_(pa.string())),
    }
    return make_batch("concepts", columns, len(live))


def _names(
    _source: TermSource, terms: list[Term], _categories: dict[str, tuple[str, ...]]
) -> pa.RecordBatch:
    import pyarrow as pa

    rows = [
        (term.id, text, name.language or language_of(name.text), name.kind)
        for term in terms
        if not term.is_obsolete
        for name in term.names
        if (text := without_separators(name.text)).strip()
    ]
    names = ("id", "text", "language", "kind")
    columns = {
        column: pa.array([row[at] for row in rows], pa.string()) for at, column in enumerate(names)
    }
    return make_batch("names", columns, len(rows))


def _mappings(
    _source: TermSource, terms: list[Term], _categories: dict[str, tuple[str, ...]]
) -> pa.RecordBatch:
    import pyarrow as pa

    rows = []
    for term in terms:
        label = next((name.text for name in term.names if name.kind == "preferred"), "")
        for mapping in term.mappings:
            if mapping.object != term.id:
                # An editorial assignment bears no label: it isn't to be judged by names.
                shown = "" if mapping.editorial else without_separators(label)
                why, sure = (CURATED, 1.0) if mapping.editorial else (UNSPECIFIED, None)
                subject, object = term.id, mapping.object
                if mapping.editorial and not term.is_obsolete:
                    subject, object = object, subject
                rows.append((subject, mapping.predicate, object, shown, why, sure))
    names = ("subject", "predicate", "object", "subject_label", "justification", "confidence")
    columns = {
        column: pa.array(
            [row[at] for row in rows], pa.float64() if column == "confidence" else pa.string()
        )
        for at, column in enumerate(names)
    }
    return make_batch("mappings", columns, len(rows))


def _statements(
    source: TermSource, terms: list[Term], _categories: dict[str, tuple[str, ...]]
) -> pa.RecordBatch:
    import pyarrow as pa

    from kgmed.kg.predicates import registry

    known = registry()
    names = ("subject", "predicate", "object", "value", "value_language", "original_predicate")
    rows: list[tuple[str, ...]] = []
    for term in terms:
        if term.is_obsolete:
            continue
        for parent in term.parents:
            rows.append((term.id, "subclass_of", parent, "", "", "rdfs:subClassOf"))
        for relation in term.relations:
            name, turned, is_known = predicate_of(relation, known)
            if not is_known:
                source.unknown[name] += 1
            subject, object = (relation.object, term.id) if turned else (term.id, relation.object)
            rows.append((subject, name, object, "", "", relation.label))
        for text, language in term.definitions:
            clean = without_separators(text)
            spoken = language or language_of(text)
            rows.append((term.id, "has_definition", "", clean, spoken, DEFINED_BY))
    columns: dict[str, pa.Array] = {
        column: pa.array([row[at] for row in rows], pa.string()) for at, column in enumerate(names)
    }
    count = len(rows)
    columns |= {
        "value_type": pa.array(["text" if row[3] else "" for row in rows], pa.string()),
        "knowledge_level": pa.repeat(pa.scalar("knowledge_assertion"), count),
        "agent_type": pa.repeat(pa.scalar("manual_agent"), count),
    }
    return make_batch("statements", columns, count)


def predicate_of(relation: Relation, known: Registry) -> tuple[str, bool, bool]:
    """kgmed's name of a relation, whether it states the reverse, and whether it is known.

    By its label in ``predicates.toml``, else by its own name, which is kept where none is known.

    >>> from kgmed.kg.predicates import registry
    >>> predicate_of(Relation("ro:0002200", "hp:1"), registry())
    ('has_phenotype', False, True)
    >>> predicate_of(Relation("doid:smells_of", "hp:1", "smells of"), registry())
    ('smells_of', False, False)
    """
    found = known.from_label("obo", relation.label)
    if found is not None:
        return found[0].name, found[1], True
    own = relation.label.partition("#")[2] or relation.label.partition(":")[2]
    name = "_".join((relation.name or own).split()).lower()
    if name not in known and own in known:
        name = own
    return name or relation.label, False, name in known


_MAKERS: dict[
    str,
    Callable[[TermSource, list[Term], dict[str, tuple[str, ...]]], pa.RecordBatch],
] = {
    "concepts": _concepts,
    "names": _names,
    "mappings": _mappings,
    "statements": _statements,
}
