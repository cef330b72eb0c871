"""The version of the build, apart from everything that it imports: a question reads it."""

from kgmed.kg.linking.stems import VERSION
from kgmed.kg.store.snapshot import FORMAT

BUILD_VERSION = 10
"""Raised whenever the build makes another graph of the same sources."""
MADE_BY = f"{FORMAT}.{BUILD_VERSION}.{VERSION}"
"""What a graph is made anew for: the format of its files, the build, the index of names."""
