"""SNOMED CT: Release Format 2 (RF2) into concepts, names, statements and mappings."""

from kgmed.builders.snomed.source import SnomedSource

__all__ = ["SnomedSource"]
