"""The UMLS Metathesaurus in Rich Release Format: :class:`~kgmed.builders.umls.source.UmlsSource`.

:mod:`.files` finds the tables, :mod:`.rrf` reads them, :mod:`.release` says what the release is,
:mod:`.atoms` (MRSTY, MRCONSO), :mod:`.relations` (MRREL) and :mod:`.attributes` (MRDEF, MRSAT)
turn rows into domain rows; :mod:`.vocabularies` and :mod:`.semantic_types` say what their values
mean.
"""

from kgmed.builders.umls.source import UmlsSource

__all__ = ["UmlsSource"]
