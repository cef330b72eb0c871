"""Corpora for continued pretraining: the graph in sentences, passages and narratives.

Each task is a config of its own; with packing there is one more, ``packed``.
"""

from kgmed.builders.datasets.corpus.maker import KIND, TASKS, Corpus

__all__ = ["KIND", "TASKS", "Corpus"]
