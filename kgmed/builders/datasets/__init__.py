"""Datasets made of a graph."""
