"""IRIs as CURIEs: by the reader's own prefixes, the authorities' patterns, or the file's."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping

from kgmed.builders.columns import Curies
from kgmed.builders.sssom.prefixes import authority_of
from kgmed.kg.iris import VOCABULARIES

_OBO = re.compile(r"https?://purl\.obolibrary\.org/obo/([A-Za-z][A-Za-z.-]*)_([\w.-]+)$")
_OBO_PROPERTY = re.compile(r"https?://purl\.obolibrary\.org/obo/([\w-]+#[\w-]+)$")
_ENDS = re.compile(r"[#/:=_]")

OTHERS = {
    "dcterms": "http://purl.org/dc/terms/",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
}
"""Vocabularies beyond those of SSSOM."""


class Iris:
    """Makes CURIEs of IRIs; ``unknown`` counts the namespaces of those that it can't."""

    def __init__(self, prefixes: Mapping[str, str], of_file: Mapping[str, str]) -> None:
        own = sorted(prefixes.items(), key=lambda item: -len(item[1]))
        spoken = sorted(of_file.items(), key=lambda item: -len(item[1]))
        vocabularies = (VOCABULARIES | OTHERS).items()
        self._own = [(base, prefix) for prefix, base in own if base]
        self._file = [(base, prefix) for prefix, base in spoken if prefix and base]
        self._vocabularies = [(base, prefix) for prefix, base in vocabularies]
        self._curies = Curies()
        self._known: dict[str, str] = {}
        self.unknown: Counter[str] = Counter()

    def __call__(self, iri: str) -> str:
        """The CURIE, or ''."""
        found = self._known.get(iri)
        if found is None:
            found = self._known[iri] = self._make(iri)
            if not found:
                self.unknown[namespace_of(iri)] += 1
        return found

    def literal(self, text: str) -> str:
        """A CURIE written as text, or as an IRI; '' for neither."""
        return self(text) if "://" in text else self._curies.one(text)

    def _make(self, iri: str) -> str:
        for base, prefix in self._own:
            if iri.startswith(base):
                return self._curies.one(f"{prefix}:{iri[len(base) :]}")
        for base, prefix in self._vocabularies:
            if iri.startswith(base):
                return f"{prefix}:{iri[len(base) :]}"
        match = _OBO.match(iri)
        if match:
            return self._curies.one(f"{match[1].lower()}:{match[2]}")
        match = _OBO_PROPERTY.match(iri)
        if match:
            return f"obo:{match[1]}"
        for end in reversed([found.end() for found in _ENDS.finditer(iri)]):
            prefix = authority_of(iri[:end])
            if prefix and iri[end:]:
                return self._curies.one(f"{prefix}:{iri[end:]}")
        for base, prefix in self._file:
            if iri.startswith(base):
                return self._curies.one(f"{prefix}:{iri[len(base) :]}")
        return ""


def namespace_of(iri: str) -> str:
    """An IRI without its last part.

    >>> namespace_of("http://ward.org/terms#fever"), namespace_of("urn:x")
    ('http://ward.org/terms#', 'urn:')
    """
    ends = [found.end() for found in re.finditer(r"[#/:]", iri)]
    return iri[: ends[-1]] if ends else iri
