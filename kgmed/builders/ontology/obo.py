"""OBO files and OBO Graph JSON, read by pyobo from a local path.

OBO 1.2 and 1.4: https://owlcollab.github.io/oboformat/doc/GO.format.obo-1_4.html. OBO Graphs:
https://github.com/geneontology/obographs. pyobo (https://pyobo.readthedocs.io) standardises the ids
by the Bioregistry and never fetches anything here: imports are listed, not followed. It gives up on
a whole file, or drops a clause silently, where it meets what it doesn't know; so the file's clauses
are checked and counted before pyobo sees them, and what pyobo left out is reported.
"""

from __future__ import annotations

import io
import re
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from kgmed.builders.columns import Curies
from kgmed.builders.forecast import InputFile, survey_files
from kgmed.builders.ontology.obo_text import Stanza, read_header, read_obo_file
from kgmed.builders.ontology.obograph import OboGraphs, json_header
from kgmed.builders.ontology.pyobo_ids import SKOS, count_lost, curie_of
from kgmed.builders.ontology.terms import (
    ABBREVIATIONS,
    XREF,
    Mapping,
    Name,
    Relation,
    Term,
    TermSource,
    quiet,
)
from kgmed.builders.quarantine import append
from kgmed.builders.rows import OnError, counted, digest, split_name
from kgmed.builders.source import REPLACED_BY, SourceInfo
from kgmed.builders.sssom.metadata import licence_of
from kgmed.kg.curies import PREFIXES, is_well_formed, normalize_prefix
from kgmed.kg.errors import DataError, MissingExtra

if TYPE_CHECKING:
    from pyobo import Term as PyoboTerm

READER_VERSION = "obo 3"
PACE = 800.0
"""Seconds to read a million terms."""
FORMATS = (".obo", ".json")

INFORES = {"doid": "infores:disease-ontology", "hp": "infores:hpo"}
"""Bioregistry prefix -> information resource, where the two differ."""

LICENCE_URL = re.compile(r"https?://(?:creativecommons\.org|spdx\.org)/[\w./-]+")

_ESCAPE = re.compile(r"\\(.)")


class OboSource(TermSource):
    """One ontology as ``.obo`` or OBO Graph ``.json``, plain or gzipped.

    ``prefix`` limits it to the terms of one prefix; without it, all that the Bioregistry knows are
    read. ``version`` and ``info`` win over what the header says. ``category`` is given to every
    term; without it, the prefix or the branch decides (:mod:`.categories`). Synonyms other than
    EXACT, and obsolete terms, are counted and left out; what an obsolete term is replaced by is an
    exact mapping.

    The whole file is held in memory, some 40 kB a term while pyobo reads it: the
    8,948 terms of the Disease Ontology of 2015 take 5 s and 400 MB.

    Raises :class:`~kgmed.kg.errors.MissingExtra` without pyobo,
    :class:`~kgmed.kg.errors.RowError` for a line that isn't OBO.
    """

    def __init__(
        self,
        path: Path | str,
        *,
        prefix: str | None = None,
        version: str | None = None,
        info: SourceInfo | None = None,
        category: str = "",
        on_error: OnError = "stop",
        quarantine: Path | None = None,
    ) -> None:
        super().__init__(category)
        self.path = Path(path)
        ending = split_name(self.path)[1]
        if ending not in FORMATS:
            raise DataError(
                f"{self.path}: found a file of format {ending or 'unknown'!r}, expected .obo or"
                ' .json, plain or .gz. OWL and Turtle are read as type = "rdf".'
            )
        self._is_json = ending == ".json"
        self._prefix = normalize_prefix(prefix) if prefix else ""
        self._on_error: OnError = on_error
        self._quarantine = quarantine
        self.info = _info(
            json_header(self.path) if self._is_json else read_header(self.path),
            self.path,
            prefix,
            version,
            info,
        )

    def fingerprint(self) -> str:
        """SHA-256 over the file's bytes, the options and the reader's version."""
        said = f"{READER_VERSION} {self._on_error} {self._prefix} {self._category} {self.info}"
        return digest(said, [("ontology", self.path)])

    def survey(self) -> list[InputFile]:
        """The file, with its terms by its size."""
        return survey_files([self.path], rows={".obo": b"\n[", ".json": b'"lbl"'}, pace=PACE)

    def load(self) -> list[Term]:
        """Read the file through pyobo; tallies count its terms and their clauses."""
        self.tallies.clear()
        _need_pyobo()
        with quiet("pyobo", "obonet", "curies", "bioregistry"):
            if self._is_json:
                return OboGraphs(self, self.path, self._prefix).terms()
            return self._load()

    def _load(self) -> list[Term]:
        import networkx
        import obonet
        import pyobo

        file = read_obo_file(self.path, self._on_error)
        tally = self.tally(self.path.name)
        for problem in file.problems:
            tally.read += 1
            tally.skipped[problem.reason] += 1
        append(self._quarantine, file.problems)
        if file.imports:
            self.find("ontology imported, not read", [{"import": each} for each in file.imports])
        curies = Curies()
        raw = {curies.one(stanza.id) or stanza.id: stanza for stanza in file.terms}
        if not raw:
            raise DataError(f"{self.path}: found no [Term], expected an ontology in OBO.")
        groups: dict[str, int] = Counter(id.partition(":")[0] for id in raw if ":" in id)
        wanted = [self._prefix] if self._prefix else sorted(groups)
        registered = {prefix: name for prefix in wanted if (name := _registered(prefix))}
        if not registered:
            raise DataError(
                f"{self.path}: found ids of {', '.join(sorted(groups)) or 'no prefix'}, expected"
                " a prefix of https://bioregistry.io, by which pyobo reads ids. Save the ontology"
                ' as Turtle (robot convert) and read it as type = "rdf" with prefixes.'
            )
        try:
            graph: networkx.MultiDiGraph[str] = obonet.read_obo(
                io.StringIO(file.text(self._prefix or next(iter(registered)))),
                ignore_obsolete=False,
            )
            found: dict[str, PyoboTerm] = {}
            for prefix in registered.values():
                graph.graph["ontology"] = prefix
                ontology = pyobo.from_obonet(graph, version="0", enrich_metadata=False)
                names = {
                    curie_of(typedef.reference): typedef.reference.name or ""
                    for typedef in ontology.typedefs or ()
                }
                for term in ontology.iter_terms():
                    found[curie_of(term.reference)] = term
        except Exception as error:
            raise DataError(f"{self.path}: pyobo can't read it: {error}") from error
        return self._convert(raw, found, set(registered), file.typedefs | names)

    def _convert(
        self,
        raw: dict[str, Stanza],
        found: dict[str, PyoboTerm],
        registered: set[str],
        typedefs: dict[str, str],
    ) -> list[Term]:
        tally = self.tally(self.path.name)
        lost = _Lost()
        terms = []
        for id, stanza in raw.items():
            tally.read += 1
            prefix = id.partition(":")[0]
            read = found.get(id)
            if read is None:
                if self._prefix and prefix != self._prefix:
                    tally.skipped["a term of another prefix"] += 1
                elif prefix not in registered:
                    tally.skipped["a prefix that the Bioregistry doesn't know"] += 1
                    lost.prefixes[prefix] += 1
                else:
                    tally.skipped["an id that pyobo doesn't read"] += 1
                continue
            term = self._term(id, read, stanza, typedefs, lost)
            if term.is_obsolete:
                tally.skipped["obsolete term"] += 1
            else:
                tally.kept += 1
            terms.append(term)
        self.find("prefix that the Bioregistry doesn't know", counted("prefix", lost.prefixes))
        self.find("xref that pyobo doesn't read", counted("xref", lost.xrefs))
        return terms

    def _term(
        self,
        id: str,
        read: PyoboTerm,
        stanza: Stanza,
        typedefs: dict[str, str],
        lost: _Lost,
    ) -> Term:
        term = Term(id, bool(read.is_obsolete))
        for replacement in read.get_replaced_by():
            term.mappings.append(Mapping(REPLACED_BY, curie_of(replacement), editorial=True))
        aside = self.tally(f"{self.path.name}: clauses of obsolete terms")
        if term.is_obsolete:
            aside.read += stanza.clauses
            aside.skipped["obsolete term"] += stanza.clauses
            return term
        name = read.reference.name or ""
        if name:
            term.names.append(Name(_plain(name), "preferred"))
        self._synonyms(term, read, stanza)
        self._relations(term, read, stanza, typedefs)
        self._xrefs(term, read, stanza, lost)
        for other in read.alt_ids:
            term.mappings.append(Mapping(REPLACED_BY, curie_of(other), editorial=True))
        for predicate, object in read.get_mappings(include_xrefs=False):
            if predicate.prefix == "skos" and predicate.identifier in SKOS:
                term.mappings.append(Mapping(f"skos:{predicate.identifier}", curie_of(object)))
        for object in read.equivalent_to:
            term.mappings.append(Mapping("owl:equivalentClass", curie_of(object)))
        if read.definition:
            term.definitions.append((_plain(str(read.definition)), ""))
        return term

    def _synonyms(self, term: Term, read: PyoboTerm, stanza: Stanza) -> None:
        tally = self.tally(f"{self.path.name}: synonyms")
        tally.read += stanza.synonyms
        kept = Counter[str]()
        for synonym in read.synonyms:
            scope = synonym.specificity or "RELATED"
            if scope != "EXACT":
                kept[f"{scope} synonym"] += 1
                continue
            kind = "synonym"
            if synonym.type is not None and curie_of(synonym.type) in ABBREVIATIONS:
                kind = "abbreviation"
            term.names.append(Name(_plain(synonym.name), kind, synonym.language or ""))
            tally.kept += 1
        tally.skipped.update(kept)
        count_lost(tally, stanza.synonyms - len(read.synonyms))

    def _relations(
        self, term: Term, read: PyoboTerm, stanza: Stanza, typedefs: dict[str, str]
    ) -> None:
        hierarchy = self.tally(f"{self.path.name}: is_a")
        hierarchy.read += stanza.parents
        hierarchy.kept += len(read.parents)
        term.parents = [curie_of(parent) for parent in read.parents]
        count_lost(hierarchy, stanza.parents - len(read.parents))
        tally = self.tally(f"{self.path.name}: relationships")
        tally.read += stanza.relations
        kept = 0
        for predicate, objects in read.relationships.items():
            label = curie_of(predicate)
            name = predicate.name or typedefs.get(label, "")
            term.relations += [Relation(label, curie_of(object), name) for object in objects]
            kept += len(objects)
        tally.kept += kept
        count_lost(tally, stanza.relations - kept)

    def _xrefs(self, term: Term, read: PyoboTerm, stanza: Stanza, lost: _Lost) -> None:
        tally = self.tally(f"{self.path.name}: xrefs")
        tally.read += len(stanza.xrefs)
        for xref in read.xrefs:
            term.mappings.append(Mapping(XREF, curie_of(xref)))
        known = [
            reference.identifier.casefold() for reference in (*read.xrefs, *read.equivalent_to)
        ]
        cited = [object.identifier.casefold() for _, object in read.iterate_object_properties()]
        for written in stanza.xrefs:
            local = written.partition(":")[2].casefold()
            if local and any(map(local.endswith, known)):
                tally.kept += 1
            elif local and any(map(local.endswith, cited)):
                tally.skipped["a publication or a page"] += 1
            elif ":/" in written or not local:
                tally.skipped["a page, not an id"] += 1
            elif known_to_kgmed := _well_formed(written):
                tally.kept += 1
                term.mappings.append(Mapping(XREF, known_to_kgmed))
            else:
                tally.skipped["an id that pyobo doesn't read"] += 1
                lost.xrefs[written[:200]] += 1


@dataclass(slots=True)
class _Lost:
    """Ids that pyobo didn't read."""

    prefixes: Counter[str] = field(default_factory=Counter)
    xrefs: Counter[str] = field(default_factory=Counter)


def _info(
    header: list[tuple[str, str]],
    path: Path,
    prefix: str | None,
    version: str | None,
    given: SourceInfo | None,
) -> SourceInfo:
    """What a header says of its ontology, less what is given."""
    said = dict(reversed(header))
    ontology = said.get("ontology", "").partition("/")[0].lower()
    own = normalize_prefix(prefix or ontology or split_name(path)[0])
    release = release_of(said.get("data-version", ""), said.get("date", ""))
    urls = [
        match[0].rstrip(".")
        for tag, value in header
        if tag in {"property_value", "remark"} and (match := LICENCE_URL.search(value))
    ]
    infores = (given.infores if given else "") or INFORES.get(own, f"infores:{own}")
    return SourceInfo(
        infores,
        (given.name if given else "") or own.upper(),
        (given.release if given else "") or version or release,
        (given.licence if given else "") or (licence_of(urls[0]) if urls else ""),
        (given.url if given else "") or "",
        (given.attribution if given else "") or "",
    )


def release_of(version: str, date: str = "") -> str:
    """An ontology's release: the date in its version, the version, or the header's date.

    >>> release_of("doid/releases/2026-07-31/subsets/DO_cancer_slim.obo")
    '2026-07-31'
    >>> release_of("1.2"), release_of("", "14:05:2015 16:40")
    ('1.2', '2015-05-14')
    """
    match = re.search(r"\d{4}-\d\d-\d\d", version)
    if match:
        return match[0]
    if version:
        return version.rpartition("/")[2]
    match = re.match(r"(\d\d):(\d\d):(\d{4})", date)
    return f"{match[3]}-{match[2]}-{match[1]}" if match else ""


def _need_pyobo() -> None:
    try:
        import pyobo  # noqa: F401
    except ImportError as error:
        raise MissingExtra("pyobo", "ontology") from error


def _registered(prefix: str) -> str:
    """The Bioregistry's name of a prefix, '' where it has none."""
    import bioregistry

    return bioregistry.normalize_prefix(prefix) or ""


def _well_formed(written: str) -> str:
    """A CURIE of a prefix that kgmed knows better than pyobo does; '' for any other.

    >>> _well_formed("ICD11:2A81.Z"), _well_formed("ICD9CM:230-234.99")
    ('icd11:2A81.Z', '')
    """
    curie = Curies().one(written)
    known = curie.partition(":")[0] in PREFIXES
    return curie if known and is_well_formed(curie) else ""


def _plain(text: str) -> str:
    """A text without OBO's escapes.

    >>> _plain(r'a \\"mirror\\" of\\, it')
    'a "mirror" of, it'
    """
    if "\\" not in text:
        return text
    return _ESCAPE.sub(lambda match: {"n": " ", "W": " ", "t": " "}.get(match[1], match[1]), text)
