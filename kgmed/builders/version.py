"""The version of the build, apart from everything that it imports: a question reads it."""

BUILD_VERSION = 10
"""Raised whenever the build makes another graph of the same sources."""
