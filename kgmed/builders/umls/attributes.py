"""MRDEF and MRSAT: definitions, and those attributes that state something of a concept.

Attribute names:
https://www.nlm.nih.gov/research/umls/knowledge_sources/metathesaurus/release/attribute_names.html.
Most attributes are about a vocabulary's own record; the few that speak of the concept become values
(an accepted use, a strength) or cross-references to ids of other authorities.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from kgmed.builders.columns import make_batch
from kgmed.builders.umls.atoms import shape_of, stripped_sql
from kgmed.builders.umls.reading import (
    NO_CONCEPT,
    Ints,
    Mask,
    Reading,
    cui_curies,
    curated,
    is_empty,
    picked,
    sift,
)
from kgmed.builders.umls.rrf import Codes
from kgmed.builders.umls.work import cui_sql

if TYPE_CHECKING:
    import pyarrow as pa

NO_STATEMENT = "an attribute that states nothing of the concept"
OTHER_LANGUAGE = "a language that wasn't asked for"
XREF = "oboInOwl:hasDbXref"


class Attribute(NamedTuple):
    """What an attribute (ATN of a SAB) becomes: values of a predicate, or ids with a prefix."""

    sab: str
    atn: str
    predicate: str = ""
    prefix: str = ""
    strip: str = ""


ATTRIBUTES: tuple[Attribute, ...] = (
    Attribute("NCI", "ACCEPTED_THERAPEUTIC_USE_FOR", predicate="indication_text"),
    Attribute("RXNORM", "RXN_STRENGTH", predicate="specification"),
    Attribute("RXNORM", "RXN_AVAILABLE_STRENGTH", predicate="specification"),
    Attribute("HGNC", "ENSEMBLGENE_ID", prefix="ensembl"),
    Attribute("HGNC", "ENTREZGENE_ID", prefix="ncbigene"),
    Attribute("HGNC", "OMIM_ID", prefix="omim"),
    Attribute("NCI", "CAS_REGISTRY", prefix="cas"),
    Attribute("NCI", "CHEBI_ID", prefix="chebi", strip="CHEBI:"),
    Attribute("NCI", "ENTREZGENE_ID", prefix="ncbigene"),
    Attribute("NCI", "FDA_UNII_CODE", prefix="unii"),
    Attribute("NCI", "HGNC_ID", prefix="hgnc", strip="HGNC:"),
    Attribute("NCI", "NCBI_TAXON_ID", prefix="ncbitaxon"),
    Attribute("NCI", "OMIM_NUMBER", prefix="omim"),
    Attribute("NCI", "SWISS_PROT", prefix="uniprot"),
)


ATTRIBUTE = {"rule": "uint8", "cui": "int32", "value": "string", "atui": "string"}
"""Columns of the rows that wait for the rest of MRSAT."""


class Attributes:
    """Definitions and attributes of one reading; each table is read once for each time it is
    asked for, MRSAT once in all."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        self._ready = False

    # MRDEF ----------------------------------------------------------------------------------------

    def definitions(self) -> Iterator[pa.RecordBatch]:
        """Definitions as values of has_definition, under their vocabulary's licence."""
        import pyarrow as pa

        reading = self._reading
        sabs = Codes()
        seen = np.zeros(0, np.int64)
        columns = ("ATUI", "SAB", "DEF", "SUPPRESS")
        for records, (cuis,), tally in reading.rows("MRDEF.RRF", columns, "CUI"):
            numbers = sabs.column(records.columns["SAB"])
            more = np.bincount(numbers, minlength=len(sabs.texts))
            more[: len(seen)] += seen
            seen = more
            reasons = self._reasons(records.columns, cuis, sabs, numbers)
            reasons["an empty definition"] = is_empty(records.columns["DEF"])
            left = sift(tally, len(records), reasons)
            kept = int(left.sum())
            tally.kept += kept
            if not kept:
                continue
            out = {
                "subject": cui_curies(cuis[left]),
                "value": picked(records.columns["DEF"], left),
                "source_record": picked(records.columns["ATUI"], left),
                **self._provenance(sabs, numbers[left]),
            }
            constants = {
                "predicate": pa.scalar("has_definition"),
                "value_type": pa.scalar("text"),
                "original_predicate": pa.scalar("DEF"),
                **curated(),
            }
            out |= {name: pa.repeat(value, kept) for name, value in constants.items()}
            yield make_batch("statements", out, kept)
        reading.strangers("MRDEF.RRF", sabs, seen)

    def _reasons(
        self, columns: Mapping[str, pa.Array], cuis: Ints, sabs: Codes, numbers: Ints
    ) -> dict[str, Mask]:
        reading = self._reading
        reasons = reading.suppressed(columns["SUPPRESS"]) | reading.not_asked(columns["SAB"])
        wanted = reading.selection.languages
        if wanted is not None:
            languages = [reading.release.vocabulary(sab).language for sab in sabs.texts]
            other = np.array([bool(lang) and lang not in wanted for lang in languages], np.bool_)
            reasons[OTHER_LANGUAGE] = other[numbers]
        reasons[NO_CONCEPT] = ~reading.concepts.kept[cuis]
        return reasons

    def _provenance(self, sabs: Codes, numbers: Ints) -> dict[str, pa.Array]:
        """Source, release, licence and language of rows, by the numbers of their vocabularies."""
        import pyarrow as pa

        release = self._reading.release
        known = [release.vocabulary(sab) for sab in sabs.texts]
        place = pa.array(numbers)
        columns = {
            "primary_knowledge_source": [v.infores for v in known],
            "release": [release.version_of(v.sab) for v in known],
            "licence": [v.licence for v in known],
            "value_language": [v.language for v in known],
        }
        return {name: pa.array(texts, pa.string()).take(place) for name, texts in columns.items()}

    # MRSAT ----------------------------------------------------------------------------------------

    def _prepare(self) -> None:
        """Read MRSAT: what is wanted of it, to disk."""
        if self._ready or "MRSAT.RRF" not in self._reading.files.tables:
            return

        reading = self._reading
        reading.work.create("attribute", ATTRIBUTE)
        self._found = set[int]()
        place = {(a.sab, a.atn): n for n, a in enumerate(ATTRIBUTES)}
        sabs, names = Codes(), Codes()
        columns = ("ATUI", "ATN", "SAB", "ATV", "SUPPRESS")
        for records, (cuis,), tally in reading.rows("MRSAT.RRF", columns, "CUI"):
            sab = sabs.column(records.columns["SAB"])
            atn = names.column(records.columns["ATN"])
            rules = np.array(
                [[place.get((s, a), -1) for a in names.texts] for s in sabs.texts], np.int64
            )[sab, atn]
            value = records.columns["ATV"]
            reasons = {NO_STATEMENT: rules < 0}
            reasons |= self._reasons(records.columns, cuis, sabs, sab)
            reasons["an empty value"] = is_empty(value)
            left = sift(tally, len(records), reasons)
            tally.kept += int(left.sum())
            self._found.update(np.unique(rules[left]).tolist())
            atui = picked(records.columns["ATUI"], left)
            reading.work.insert("attribute", (rules[left], cuis[left], picked(value, left), atui))
        reading.work.finish("attribute")
        self._ready = True

    def values(self) -> Iterator[pa.RecordBatch]:
        """The attributes that are values."""
        import pyarrow as pa

        self._prepare()
        if not self._ready:
            return
        release = self._reading.release
        for number, attribute in enumerate(ATTRIBUTES):
            if not attribute.predicate or number not in self._found:
                continue
            vocabulary = release.vocabulary(attribute.sab)
            texts = {
                "predicate": attribute.predicate,
                "value_type": "text",
                "value_language": vocabulary.language,
                "original_predicate": attribute.atn,
                "primary_knowledge_source": vocabulary.infores,
                "release": release.version_of(attribute.sab),
                "licence": vocabulary.licence,
            }
            constants = {name: pa.scalar(text) for name, text in texts.items()} | curated()
            query = f"""SELECT {cui_sql("cui")} AS subject, value, atui AS source_record
                        FROM attribute WHERE rule = {number}"""
            yield from self._reading.work.batches(query, "statements", constants)

    def mappings(self) -> Iterator[pa.RecordBatch]:
        """The attributes that are ids of other authorities, as cross-references."""
        import pyarrow as pa

        self._prepare()
        if not self._ready:
            return
        work = self._reading.work
        shapeless = []
        constants = {
            "predicate": pa.scalar(XREF),
            "justification": pa.scalar("semapv:UnspecifiedMatching"),
        }
        for number, attribute in enumerate(ATTRIBUTES):
            if not attribute.prefix or number not in self._found:
                continue
            local = stripped_sql("value", attribute.strip)
            bare = f"(SELECT DISTINCT cui, {local} AS local FROM attribute WHERE rule = {number})"
            shaped = f"regexp_full_match(local, '{shape_of(attribute.prefix)}')"
            odd = work.connection.execute(
                f"SELECT count(*), min(local) FROM {bare} WHERE NOT {shaped}"
            ).fetchall()[0]
            if odd[0]:
                name = f"{attribute.sab} {attribute.atn}"
                shapeless.append({"attribute": name, "example": odd[1], "count": str(odd[0])})
            query = f"""SELECT {cui_sql("cui")} AS subject, '{attribute.prefix}:' || local AS object
                        FROM {bare} WHERE {shaped}"""
            yield from work.batches(query, "mappings", constants)
        self._reading.find("attributes without their authority's shape", shapeless)
