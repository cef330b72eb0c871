"""Paths between concepts."""
