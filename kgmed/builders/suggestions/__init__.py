"""Suggestions for curators: written as candidates, and read back once they are reviewed."""
