"""Overlays: retract and add statements of a built graph in seconds, without a build."""

from kgmed.builders.overlay.make import Made, drop_overlay, make_overlay

__all__ = ["Made", "drop_overlay", "make_overlay"]
