"""The same items said otherwise: what is right stays right."""

from kgmed.reasoning.evaluation.robustness.perturb import CHANGES, Change, Changed, Perturber

__all__ = ["CHANGES", "Change", "Changed", "Perturber"]
