"""CURIEs as IRIs and back: what RDF and SSSOM files call a concept.

An authority's own IRIs come first (https://bioregistry.io has them), then the Bioregistry's
(``https://bioregistry.io/prefix:id``). A prefix that nobody registered, a user's own, gets
``urn:kgmed:prefix:id``. What no IRI may hold, and ``%`` itself, is percent-encoded, so that
:func:`to_curie` gives back exactly what :func:`to_iri` was given.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from urllib.parse import quote, unquote

from kgmed.kg.curies import PREFIXES

VOCABULARIES = {
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "owl": "http://www.w3.org/2002/07/owl#",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "oboInOwl": "http://www.geneontology.org/formats/oboInOwl#",
    "semapv": "https://w3id.org/semapv/vocab/",
    "sssom": "https://w3id.org/sssom/",
}
"""Prefixes of mapping predicates and justifications, as the rest of kgmed writes them."""

PROPERTIES = {
    "biolink": "https://w3id.org/biolink/vocab/",
    "IAO": "http://purl.obolibrary.org/obo/IAO_",
}
"""Prefixes of further properties."""

OBO = ("mondo", "doid", "hp", "chebi", "ncit", "symp", "go", "uberon", "cl", "pr", "vo",
       "ncbitaxon")  # fmt: skip
URIS = {
    "umls": ("https://uts.nlm.nih.gov/uts/umls/concept/",
             "http://linkedlifedata.com/resource/umls/id/"),
    "snomedct": ("http://snomed.info/id/", "http://purl.bioontology.org/ontology/SNOMEDCT/"),
    "mesh": ("http://id.nlm.nih.gov/mesh/", "https://meshb.nlm.nih.gov/record/ui?ui="),
    "omim": ("https://omim.org/entry/", "https://www.omim.org/entry/"),
    "orphanet": ("http://www.orpha.net/ORDO/Orphanet_",),
    "efo": ("http://www.ebi.ac.uk/efo/EFO_",),
    "icd10cm": ("http://purl.bioontology.org/ontology/ICD10CM/",),
    "icd11": ("http://id.who.int/icd/entity/",),
    "drugbank": ("https://go.drugbank.com/drugs/", "https://www.drugbank.ca/drugs/"),
    "rxnorm": ("http://purl.bioontology.org/ontology/RXNORM/",),
    "wikidata": ("http://www.wikidata.org/entity/",),
    "uniprot": ("http://purl.uniprot.org/uniprot/",),
}  # fmt: skip
"""Bioregistry prefix -> URIs that its authority's ids begin with (https://bioregistry.io), beyond
those of OBO, identifiers.org and bioregistry.io, which follow a pattern. The first is written."""

OWN = ("cmekg", "kgmed.product", "kgmed.drugclass")
"""Prefixes that kgmed made; the Bioregistry doesn't hold them."""

BIOREGISTRY = "https://bioregistry.io/"
URN = "urn:kgmed:"
RESERVED = (
    "id", "vocab", "predicate", "category", "qualifier", "statement", "mapping", "path", "graph",
    "source", "snapshot", "provenance",
)  # fmt: skip
"""What kgmed's own things are called after ``urn:kgmed:``; a user's prefix of such a name comes
after ``urn:kgmed:id:``."""

_PLAIN = "A-Za-z0-9._~:/@!$&()*+,;=-"
_NOT_PLAIN = re.compile(f"[^{_PLAIN}]")


def encoded(text: str) -> str:
    """A text as part of an IRI: as it is where it may be, else percent-encoded as a whole.

    >>> encoded("C0043031"), encoded("感冒"), encoded("50%")
    ('C0043031', '%E6%84%9F%E5%86%92', '50%25')
    """
    return quote(text, safe="") if _NOT_PLAIN.search(text) else text


def encoded_sql(column: str) -> str:
    """The SQL of :func:`encoded`."""
    return (
        f"CASE WHEN regexp_matches({column}, '[^{_PLAIN}]') THEN url_encode({column})"
        f" ELSE {column} END"
    )


def segment(text: str) -> str:
    """A text as one segment of a URN, which holds no colon.

    >>> segment("INT 20240131"), segment("a:b")
    ('INT%2020240131', 'a%3Ab')
    """
    return quote(text, safe="")


@cache
def expansion(prefix: str) -> str:
    """The IRI that ids of a prefix begin with.

    >>> expansion("mondo"), expansion("snomedct"), expansion("ward")
    ('http://purl.obolibrary.org/obo/MONDO_', 'http://snomed.info/id/', 'urn:kgmed:ward:')
    """
    if prefix in VOCABULARIES:
        return VOCABULARIES[prefix]
    if prefix in PROPERTIES:
        return PROPERTIES[prefix]
    if prefix in OBO:
        return f"http://purl.obolibrary.org/obo/{PREFIXES[prefix].biolink}_"
    if prefix in URIS:
        return URIS[prefix][0]
    if prefix in PREFIXES and prefix not in OWN:
        return f"{BIOREGISTRY}{prefix}:"
    return f"{URN}{'id:' if prefix in RESERVED else ''}{segment(prefix)}:"


def to_iri(curie: str) -> str:
    """The IRI of a CURIE.

    >>> to_iri("mondo:0005136"), to_iri("cmekg:感冒")
    ('http://purl.obolibrary.org/obo/MONDO_0005136', 'urn:kgmed:cmekg:%E6%84%9F%E5%86%92')
    """
    prefix, _, local = curie.partition(":")
    return expansion(prefix) + encoded(local)


def iri_sql(column: str, prefixes: list[str]) -> str:
    """The SQL of :func:`to_iri`; ``prefixes`` are those that occur in the column."""
    head = f"split_part({column}, ':', 1)"
    cases = " ".join(f"WHEN {_text(name)} THEN {_text(expansion(name))}" for name in prefixes)
    local = encoded_sql(local_sql(column))
    return f"concat(CASE {head} WHEN '' THEN '' {cases} ELSE '' END, {local})"


def local_sql(column: str) -> str:
    """The SQL of what comes after a CURIE's prefix."""
    return f"substr({column}, strpos({column}, ':') + 1)"


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


@cache
def _bases() -> tuple[dict[str, str], Callable[[str], re.Match[str] | None]]:
    known = (*VOCABULARIES, *PROPERTIES, *(name for name in PREFIXES if name not in OWN))
    bases = {expansion(prefix): prefix for prefix in known}
    longest = sorted(bases, key=len, reverse=True)
    return bases, re.compile("|".join(map(re.escape, longest))).match


def to_curie(iri: str) -> str:
    """The CURIE of an IRI that :func:`to_iri` made, '' for any other.

    >>> to_curie("http://snomed.info/id/386661006"), to_curie(to_iri("statement:a%20b"))
    ('snomedct:386661006', 'statement:a%20b')
    >>> to_curie("https://example.org/x"), to_curie("urn:kgmed:statement:8f53")
    ('', '')
    """
    bases, match = _bases()
    found = match(iri)
    if found:
        local = iri[found.end() :]
        return f"{bases[found[0]]}:{unquote(local) if '%' in local else local}" if local else ""
    if not iri.startswith(URN):
        return ""
    prefix, _, local = iri[len(URN) :].partition(":")
    if prefix == "id":
        prefix, _, local = local.partition(":")
    elif prefix in RESERVED:
        return ""
    return f"{unquote(prefix)}:{unquote(local)}" if prefix and local else ""
