"""How the graph's things are written in RDF: IRIs, language tags and literals, and back.

Predicates and categories have Biolink's IRIs (https://w3id.org/biolink/vocab/) where Biolink has
them; kgmed's own, and those that a source brought along, have ``urn:kgmed:predicate:NAME`` and
``urn:kgmed:category:NAME``. Every function here has an inverse: what was written is read back as it
was. Concepts' IRIs are in :mod:`kgmed.kg.iris`.
"""

from __future__ import annotations

import re
from datetime import date
from functools import cache
from urllib.parse import unquote

from kgmed.kg.categories import BIOLINK_FALLBACK, PARENTS
from kgmed.kg.curies import PREFIXES
from kgmed.kg.iris import URN, encoded, segment, to_curie, to_iri
from kgmed.kg.predicates import registry

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
RDFS = "http://www.w3.org/2000/01/rdf-schema#"
SKOS = "http://www.w3.org/2004/02/skos/core#"
OWL = "http://www.w3.org/2002/07/owl#"
XSD = "http://www.w3.org/2001/XMLSchema#"
DCTERMS = "http://purl.org/dc/terms/"
DCAT = "http://www.w3.org/ns/dcat#"
PROV = "http://www.w3.org/ns/prov#"
SSSOM = "https://w3id.org/sssom/"
BIOLINK = "https://w3id.org/biolink/vocab/"
INFORES = "https://w3id.org/biolink/infores/"
KGMED = f"{URN}vocab:"
PREDICATE, CATEGORY, QUALIFIER = f"{URN}predicate:", f"{URN}category:", f"{URN}qualifier:"
STATEMENT, MAPPING, PATH = f"{URN}statement:", f"{URN}mapping:", f"{URN}path:"
GRAPH, SNAPSHOT, SOURCE = f"{URN}graph:", f"{URN}snapshot:", f"{URN}source:"
PROVENANCE = f"{URN}provenance"
"""The named graph that says what the others are."""

PREFIXES_OF_FILES = {
    "rdf": RDF, "rdfs": RDFS, "skos": SKOS, "owl": OWL, "xsd": XSD, "dcterms": DCTERMS,
    "dcat": DCAT, "prov": PROV, "sssom": SSSOM, "biolink": BIOLINK, "infores": INFORES,
    "kgmed": KGMED, "statement": STATEMENT,
}  # fmt: skip
"""Prefixes that Turtle and TriG files declare."""

CITED = ("pubmed", "pmc", "doi")
"""Prefixes of publications that are written as IRIs; any other reference is a text."""

_TAG = re.compile(r"[a-z]{2,3}(-[a-z]{4})?(-([a-z]{2}|[0-9]{3}))?")
_PRIVATE = "-x-kgmed-"
_ESCAPES = {
    "\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t", "\b": "\\b", "\f": "\\f",
}  # fmt: skip
ESCAPES = _ESCAPES | {chr(n): f"\\u{n:04X}" for n in (*range(32), 127) if chr(n) not in _ESCAPES}
"""Character -> how N-Quads writes it in a literal; in an order in which they can be replaced."""
_ESCAPED = re.compile('["\\\\\x00-\x1f\x7f]')
DECIMAL = r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)"
DOUBLE = r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)[eE][+-]?[0-9]+"
DAY = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"


@cache
def _predicates() -> tuple[dict[str, str], dict[str, str]]:
    known = {
        name: BIOLINK + entry.biolink.removeprefix("biolink:")
        for name, entry in registry().items()
        if entry.biolink
    }
    return known, {iri: name for name, iri in known.items()}


def predicate_iri(name: str) -> str:
    """The IRI of a predicate.

    >>> predicate_iri("interacts_with")
    'https://w3id.org/biolink/vocab/pharmacologically_interacts_with'
    >>> predicate_iri("has_symptom"), predicate_iri("may be a")
    ('urn:kgmed:predicate:has_symptom', 'urn:kgmed:predicate:may%20be%20a')
    """
    return _predicates()[0].get(name) or PREDICATE + encoded(name)


def predicate_name(iri: str) -> str:
    """The predicate of an IRI, '' where there is none.

    >>> predicate_name(predicate_iri("treats")), predicate_name("urn:x")
    ('treats', '')
    """
    if iri.startswith(PREDICATE):
        return unquote(iri[len(PREDICATE) :])
    return _predicates()[1].get(iri, "")


def category_iri(name: str) -> str:
    """The IRI of a category.

    >>> category_iri("Disease"), category_iri("DrugClass")
    ('https://w3id.org/biolink/vocab/Disease', 'urn:kgmed:category:DrugClass')
    """
    own = name not in PARENTS or name in BIOLINK_FALLBACK
    return CATEGORY + encoded(name) if own else BIOLINK + name


def category_name(iri: str) -> str:
    """The category of an IRI, '' where there is none."""
    if iri.startswith(CATEGORY):
        return unquote(iri[len(CATEGORY) :])
    name = iri.removeprefix(BIOLINK)
    return name if name != iri and name in PARENTS and name not in BIOLINK_FALLBACK else ""


def source_iri(infores: str) -> str:
    """The IRI of a source.

    >>> source_iri("infores:ndfrt"), source_iri("override")
    ('https://w3id.org/biolink/infores/ndfrt', 'urn:kgmed:source:override')
    """
    name = infores.removeprefix("infores:")
    return INFORES + segment(name) if name != infores else SOURCE + segment(infores)


def source_name(iri: str) -> str:
    """The source of an IRI, '' where there is none."""
    if iri.startswith(SOURCE):
        return unquote(iri[len(SOURCE) :])
    return f"infores:{unquote(iri[len(INFORES) :])}" if iri.startswith(INFORES) else ""


def graph_iri(infores: str, release: str | None = None, licence: str = "") -> str:
    """The named graph of a source, or of its statements of one release and licence.

    >>> graph_iri("infores:ndfrt"), graph_iri("infores:ndfrt", "2014-07-07", "US-PD")
    ('urn:kgmed:graph:ndfrt', 'urn:kgmed:graph:ndfrt:2014-07-07:US-PD')
    """
    name = GRAPH + segment(infores.removeprefix("infores:") if ":" in infores else f":{infores}")
    return name if release is None else f"{name}:{segment(release)}:{segment(licence)}"


def language_tag(language: str) -> str:
    """The language tag of a name's language; '' for none.

    A tag is compared without regard to case, and has a form: a language that is no lower-case tag
    is kept in a private subtag (RFC 5646, section 2.2.7), in hexadecimal.

    >>> language_tag("zh"), language_tag("zh-Hant"), language_tag("simple English")[:20]
    ('zh', 'zh-hant-x-kgmed-7a682d48-616e74', 'und-x-kgmed-73696d70')
    """
    if not language or _TAG.fullmatch(language):
        return language
    lower = language.lower()
    digits = language.encode().hex()
    chunks = "-".join(digits[n : n + 8] for n in range(0, len(digits), 8))
    return f"{lower if _TAG.fullmatch(lower) else 'und'}{_PRIVATE}{chunks}"


def language_of(tag: str) -> str:
    """The language of a tag: what :func:`language_tag` was given.

    >>> language_of(language_tag("zh-Hant")), language_of("en")
    ('zh-Hant', 'en')
    """
    _, private, chunks = tag.partition(_PRIVATE)
    return bytes.fromhex(chunks.replace("-", "")).decode() if private else tag


def escaped(text: str) -> str:
    """A text as N-Quads writes it between quotes."""
    return _ESCAPED.sub(lambda found: ESCAPES[found[0]], text) if _ESCAPED.search(text) else text


def literal(text: str, *, tag: str = "", datatype: str = "") -> str:
    r"""A literal as N-Quads writes it.

    >>> literal('say "no"', tag="en"), literal("5", datatype=XSD + "integer")[:4]
    ('"say \\"no\\""@en', '"5"^')
    """
    end = f"@{tag}" if tag else f"^^<{datatype}>" if datatype else ""
    return f'"{escaped(text)}"{end}'


def value_datatype(text: str, type: str) -> str:
    """The datatype of a number or a date; '' where the text isn't one that XML Schema knows.

    >>> [value_datatype(*v).removeprefix(XSD) for v in (("5.0", "number"), ("5-10", "number"))]
    ['decimal', '']
    >>> value_datatype("2024-02-30", "date"), value_datatype("2024-02-29", "date")[-4:]
    ('', 'date')
    """
    if type == "number":
        if re.fullmatch(DECIMAL, text):
            return f"{XSD}decimal"
        return f"{XSD}double" if re.fullmatch(DOUBLE, text) else ""
    if type == "date" and re.fullmatch(DAY, text):
        try:
            date.fromisoformat(text)
        except ValueError:
            return ""
        return f"{XSD}date"
    return ""


def is_cited(publication: str) -> bool:
    """Whether a publication is written as an IRI."""
    prefix, _, local = publication.partition(":")
    return prefix in CITED and bool(local)


def publication_term(publication: str) -> str:
    """A publication as N-Quads writes it: an IRI where it is an id, else its text.

    >>> publication_term("pubmed:123"), publication_term("Smith 2001")
    ('<https://bioregistry.io/pubmed:123>', '"Smith 2001"')
    """
    return f"<{to_iri(publication)}>" if is_cited(publication) else literal(publication)


def word_term(word: str) -> str:
    """A mapping's justification as N-Quads writes it: an IRI of a known vocabulary, else text."""
    iri = to_iri(word) if ":" in word else ""
    known = bool(iri) and to_curie(iri) == word and not iri.startswith(URN)
    return f"<{iri}>" if known and word.split(":", maxsplit=1)[0] not in PREFIXES else literal(word)
