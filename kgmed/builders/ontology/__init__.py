"""Ontologies as sources: OBO and OBO Graph JSON through pyobo, OWL and other RDF through rdflib.

Both readers take a local file, never fetch, and hold one ontology in memory: neither library
streams. Their extra is ``kgmed[ontology]``.
"""

from __future__ import annotations

from kgmed.builders.ontology.obo import OboSource
from kgmed.builders.ontology.rdf import RdfSource

__all__ = ["OboSource", "RdfSource"]
