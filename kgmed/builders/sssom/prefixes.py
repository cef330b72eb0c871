"""The prefixes of a mapping set, written kgmed's way."""

from __future__ import annotations

from collections import Counter
from functools import cache

from kgmed.builders.sssom.metadata import Metadata, bare
from kgmed.kg.curies import PREFIXES, normalize_prefix
from kgmed.kg.iris import OBO, URIS, VOCABULARIES

_VOCABULARY_SPELLINGS = {name.lower(): name for name in VOCABULARIES} | {"oio": "oboInOwl"}


class Prefixes:
    """Writes the prefixes of one mapping set kgmed's way."""

    def __init__(self, metadata: Metadata) -> None:
        given = metadata.get("curie_map", {})
        self._map = given if isinstance(given, dict) else {}
        self.unknown: Counter[str] = Counter()
        self.contradictions: list[dict[str, str]] = []
        for prefix, uri in sorted(self._map.items()):
            known, meant = normalize_prefix(prefix), authority_of(uri)
            if known in PREFIXES and meant and meant != known:
                self.contradictions.append(
                    {"prefix": prefix, "uri": uri, "read as": known, "URI of": meant}
                )

    def entity(self, prefix: str) -> str:
        """The prefix of a subject or object."""
        known = normalize_prefix(prefix)
        if known in PREFIXES:
            return known
        meant = authority_of(self._map.get(prefix, ""))
        if not meant and prefix not in self._map and prefix not in VOCABULARIES:
            self.unknown[prefix] += 1
        return meant or known

    def term(self, prefix: str) -> str:
        """The prefix of a predicate or justification."""
        uri = self._map.get(prefix, "")
        for name, its in VOCABULARIES.items():
            if uri == its:
                return name
        return _VOCABULARY_SPELLINGS.get(prefix.lower(), prefix)


def authority_of(uri: str) -> str:
    """The Bioregistry prefix whose ids' URIs begin so, '' where kgmed knows none.

    >>> authority_of("http://purl.obolibrary.org/obo/MONDO_"), authority_of("https://acme.org/")
    ('mondo', '')
    """
    return _authorities().get(bare(uri), "")


@cache
def _authorities() -> dict[str, str]:
    found: dict[str, str] = {}
    for prefix in PREFIXES:
        for base in ("identifiers.org/", "bioregistry.io/"):
            found[bare(f"https://{base}{prefix}:")] = prefix
            found[bare(f"https://{base}{prefix}/")] = prefix
    for prefix in OBO:
        found[bare(f"http://purl.obolibrary.org/obo/{PREFIXES[prefix].biolink}_")] = prefix
    for prefix, uris in URIS.items():
        found |= {bare(uri): prefix for uri in uris}
    return found
