"""Measures over the records of a run: pure functions, which need no graph and no model."""
