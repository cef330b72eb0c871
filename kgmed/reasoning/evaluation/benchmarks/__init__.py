"""Readers of the published formats of benchmarks, one a module."""

from kgmed.reasoning.evaluation.benchmarks.format import Format
from kgmed.reasoning.evaluation.benchmarks.reading import FORMATS, read_benchmark

__all__ = ["FORMATS", "Format", "read_benchmark"]
