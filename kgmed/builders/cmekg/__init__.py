"""CMeKG, the Chinese medical knowledge graph, in the four shapes that it is found in."""

from __future__ import annotations

from kgmed.builders.cmekg.source import CMeKGSource

__all__ = ["CMeKGSource"]
