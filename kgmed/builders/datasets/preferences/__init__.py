"""Preference pairs: to one prompt an answer that the graph states, and one that it doesn't."""

from kgmed.builders.datasets.preferences.maker import KIND, Preferences
from kgmed.builders.datasets.preferences.pairs import TASKS

__all__ = ["KIND", "TASKS", "Preferences"]
