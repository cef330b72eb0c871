"""SSSOM mapping sets: TSV with embedded metadata, or with a metadata file beside it.

Follows https://mapping-commons.github.io/sssom/spec-formats-tsv/ (SSSOM 1.0, and ``match_type`` of
before 0.9.1 is named in errors). Values may be quoted as in RFC 4180, and then hold tabs and line
breaks. Mappings become mappings and labels names; a mapping asserts no concept. A user's override
file has this format too. :mod:`.write` writes those of a graph.

Suggestions of a trained model (:mod:`kgmed.builders.suggestions`) are no mappings: those that a
curator accepted become statements, the others are set aside.

CURIEs are normalised by their prefix. Only a prefix that kgmed doesn't know is looked up in the
set's ``curie_map``: where it maps to an authority's own URI it stands for that authority.

:mod:`.files` opens a file, :mod:`.metadata` reads its metadata and :mod:`.prefixes` its
prefixes, :mod:`.check` checks its rows; :mod:`.convert` and :mod:`.suggested` make domain rows of
them.
"""

from kgmed.builders.sssom.source import SssomSource

__all__ = ["SssomSource"]
