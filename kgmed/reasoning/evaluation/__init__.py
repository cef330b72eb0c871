"""Benchmarks, methods and measures: how much a graph helps a model, and on what it can."""
