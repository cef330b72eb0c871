"""KGX graphs: node and edge files as TSV or JSON Lines, plain or gzipped.

Follows https://github.com/biolink/kgx (specification/kgx-format.md) and its own readers and
writers where the text is silent: TSV is unquoted (a quote is data), lists are joined with ``|``,
an empty cell is absent. Columns are slots of the Biolink model
(https://biolink.github.io/biolink-model/). Concepts, names and mappings come from node files,
statements from edge files.

Qualifiers: Biolink says ``subject_aspect_qualifier`` and ``object_aspect_qualifier``, which turn
wrong when a statement is read from its other end. Here the object's become ``aspect`` with
``affected``, the CURIE it happens to, and the subject's ``actor_aspect`` with ``actor``.

Suggestions of a trained model are set aside until a curator accepts them
(:mod:`kgmed.builders.suggestions.review`).

:mod:`.read` reads rows, :mod:`.nodes` and :mod:`.edges` (with :mod:`.qualifiers`) make domain rows
of them, :mod:`.graphs` of those that kgmed wrote.
"""

from kgmed.builders.kgx.source import KgxSource

__all__ = ["KgxSource"]
