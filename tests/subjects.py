"""The readers that mutated files are given to, each with its small files (:mod:`small`)."""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path

from mutations import Make, Shape, Subject, count_lines, table_shape, without_touched
from small import (
    KGX,
    KGX_JSON,
    OBO,
    OBO_GRAPH,
    RDF_LINES,
    RDF_TURTLE,
    RDF_XML,
    SSSOM,
    TABLES,
    TABLES_MAPPING,
    cmekg,
    drugbank,
    snomed,
    umls,
)

from kgmed.builders.cmekg import CMeKGSource
from kgmed.builders.drugbank import DrugBankSource
from kgmed.builders.kgx import KgxSource
from kgmed.builders.ontology import OboSource, RdfSource
from kgmed.builders.snomed import SnomedSource
from kgmed.builders.source import Source
from kgmed.builders.sssom import SssomSource
from kgmed.builders.tables import TablesSource
from kgmed.builders.tables.mapping import parse_recipe
from kgmed.builders.umls import UmlsSource

OF_TERMS = {"concepts": ("categories",), "mappings": ("subject_label",)}
"""A term's category is its branch's, and each mapping shows what its term is called."""

JSON_LINES = Shape("json", b"", without_touched, count_lines, is_quarantined=True)


def _folder(reader: type[UmlsSource | SnomedSource]) -> Make:
    return lambda folder, _name, on_error, aside: reader(
        folder, on_error=on_error, quarantine=aside
    )


def _file(reader: type[DrugBankSource | CMeKGSource | SssomSource | OboSource | RdfSource]) -> Make:
    return lambda folder, name, on_error, aside: reader(
        folder / name, on_error=on_error, quarantine=aside
    )


def _kgx(folder: Path, name: str, on_error: str, aside: Path) -> Source:
    ending = Path(name).suffix
    nodes, edges = folder / f"graph_nodes{ending}", folder / f"graph_edges{ending}"
    return KgxSource(nodes, edges, on_error=on_error, quarantine=aside)  # type: ignore[arg-type]


def _tables(folder: Path, _name: str, on_error: str, aside: Path) -> Source:
    mapping = parse_recipe(TABLES_MAPPING, where="ward.toml")
    return TablesSource(mapping, folder, on_error=on_error, quarantine=aside)  # type: ignore[arg-type]


def _stanzas(original: bytes, mutated: bytes) -> bytes | None:
    """An OBO file's header, and the stanzas that weren't touched."""
    before, after = (
        re.split(rb"(?m)^(?=\[[^\]\n]*\][ \t\r]*$)", data) for data in (original, mutated)
    )
    if before[0] != after[0]:
        return None
    known = {stanza.strip() for stanza in before}
    return b"".join([before[0], *(s.strip() + b"\n\n" for s in after[1:] if s.strip() in known)])


def _records(original: bytes, mutated: bytes) -> bytes | None:
    """A JSON document of a record a line, without a comma before what closes it."""
    kept = without_touched(original, mutated, header=1)
    return None if kept is None else re.sub(rb",\n(?=[\]}])", b"\n", kept)


def _unquoted(data: bytes) -> int | None:
    return None if b'"' in data else count_lines(data, header=5)


def _rows(data: bytes) -> int:
    return sum(bool(line.strip(b"\r")) for line in data.split(b"\n")) - 1


def _several_versions(name: str, touched: list[bytes], rest: list[bytes]) -> bool:
    """A touched row may be a component's newer version, or say that another's concept is retired,
    what it is called or which name is preferred."""
    if any(part in name for part in ("_Concept_", "Description", "Language", "TextDefinition")):
        return True
    ids = {line.partition(b"\t")[0] for line in rest}
    return any(line.partition(b"\t")[0] in ids for line in touched)


SUBJECTS = (
    Subject(
        "umls",
        "umls",
        umls(),
        _folder(UmlsSource),
        {".RRF": table_shape(b"|", once=True)},
        loose={
            "concepts": ("categories",),
            "names": ("kind",),
            "mappings": ("predicate", "confidence"),
            "statements": ("source_record", "original_predicate", "release", "licence",
                           "value_language"),
        },
    ),
    Subject(
        "snomed",
        "snomed",
        snomed(optional=False),
        _folder(SnomedSource),
        {".txt": table_shape(b"\t", header=1, once=True)},
        may_vanish=_several_versions,
    ),
    Subject(
        "snomed, optional files",
        "snomed",
        snomed(),
        _folder(SnomedSource),
        {".txt": table_shape(b"\t", header=1, once=True)},
        may_vanish=_several_versions,
    ),
    Subject(
        "drugbank",
        "drugbank",
        drugbank(),
        _file(DrugBankSource),
        {".xml": Shape("xml", b"", partial(without_touched, header=2))},
    ),
    Subject(
        "cmekg",
        "cmekg",
        cmekg(),
        _file(CMeKGSource),
        {
            ".jsonl": Shape("json", b"", without_touched),
            ".json": Shape("json", b"", _records),
            ".csv": Shape("table", b",", partial(without_touched, header=1)),
        },
        loose={"concepts": ("categories",)},
    ),
    Subject("kgx, tsv", "kgx", KGX, _kgx, {".tsv": table_shape(b"\t", header=1)}),
    Subject("kgx, jsonl", "kgx", KGX_JSON, _kgx, {".jsonl": JSON_LINES}),
    Subject(
        "sssom",
        "sssom",
        SSSOM,
        _file(SssomSource),
        {
            ".tsv": Shape(
                *("table", b"\t", partial(without_touched, header=5), _unquoted),
                header=5,
                is_quarantined=True,
            )
        },
    ),
    Subject(
        "tables",
        "tables",
        TABLES,
        _tables,
        {
            ".csv": Shape("table", b",", partial(without_touched, header=1)),
            ".tsv": Shape(
                *("table", b"\t", partial(without_touched, header=1), _rows),
                header=1,
                is_quarantined=True,
            ),
        },
    ),
    Subject("obo", "obo", OBO, _file(OboSource), {".obo": Shape("text", b" ", _stanzas)},
            loose=OF_TERMS, first_wins="id stated twice"),
    Subject("obo, json", "obo", OBO_GRAPH, _file(OboSource), {".json": Shape("json")}),
    Subject("rdf, n-triples", "rdf", RDF_LINES, _file(RdfSource),
            {".nt": Shape("text", b" ", without_touched, is_quarantined=True)}, loose=OF_TERMS),
    Subject("rdf, turtle", "rdf", RDF_TURTLE, _file(RdfSource), {".ttl": Shape("text", b" ")}),
    Subject("rdf, xml", "rdf", RDF_XML, _file(RdfSource), {".owl": Shape("xml")}),
)  # fmt: skip
"""Every reader, by the format it is given; ``reader`` is what they are counted under."""
